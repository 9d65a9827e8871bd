"""Chinese of the values that columns of several tables share."""

LEVELS = {"district": "区县", "street": "街道", "community": "社区", "grid": "网格"}
KINDS = {"residential": "住宅网格", "unit": "单位网格(专属网格)"}
EVENTS = {
    "created": "新设",
    "kept": "未变",
    "reshaped": "调整",
    "split": "拆分",
    "merged": "合并",
    "recoded": "改码",
    "retired": "作废",
}
