"""Columns of a code register as ``gridplan codes export`` writes it."""

from gridplan.tables.fields import Field
from gridplan.tables.meanings import EVENTS, KINDS, LEVELS

REGISTER_TEXTS = {
    "code_about": ("About the codes", "编码规则", "format of the register and numbering rule"),
    "code_register": (
        "Code register",
        "编码登记簿",
        "every code that was ever issued, retired ones included: districts, streets, communities, "
        "grids",
    ),
    "code_lineage": ("Code lineage", "登记簿沿革", "what happened to each code, and when"),
    "code_crosswalk": (
        "Code crosswalk",
        "登记簿新旧对照",
        "households that passed from old grids to new ones",
    ),
}
"""Title in English and Chinese, and purpose, of each."""

_HS = "households"


def _of(table: str, *columns: Field) -> tuple[Field, ...]:
    """Give columns the meaning they have in one table alone."""
    return tuple(
        Field(
            f"{table}.{c.name}", c.name_zh, c.abbreviation, c.type, c.length, c.constraint,
            c.en, c.zh, c.unit, c.heading, c.values_zh,
        )
        for c in columns
    )  # fmt: skip


_LEVEL = Field(
    "level", "层级", "CJ", "C", "12", "M",
    "`district`, `street`, `community` or `grid`", "区县、街道、社区或网格", values_zh=LEVELS,
)  # fmt: skip
_DATE = Field("date", "日期", "RQ", "D", "10", "M", "day of the change", "变更日期")
_ADOPTION = Field(
    "adoption", "批次", "PC", "N", "9", "M", "number of the change it belongs to", "变更批次"
)

REGISTER_FIELDS = (
    *_of(
        "code_about",
        Field("key", "项", "XM", "C", "40", "M", "what is said", "项目"),
        Field("value", "内容", "NR", "C", "254", "M", "what it is", "内容"),
    ),
    *_of(
        "code_register",
        _LEVEL,
        Field("code", "编码", "BM", "C", "40", "M", "the code; never used again", "编码，终身唯一"),
        Field(
            "kind", "类型", "LX", "C", "20", "C", "of a grid, `residential` or `unit`",
            "网格类型：住宅网格(residential)、单位网格(unit)", values_zh=KINDS,
        ),
        Field("parent", "上级编码", "SJBM", "C", "40", "C", "code it lies in", "上级编码"),
        Field("name", "名称", "MC", "C", "100", "C", "its name", "名称"),
        Field(
            "code_status", "编码状态", "BMZT", "C", "12", "M", "`active` or `retired`",
            "在用(active)或作废(retired)", values_zh={"active": "在用", "retired": "作废"},
        ),
        Field("valid_from", "初始日期", "CSRQ", "D", "10", "M", "first day", "初始日期"),
        Field("valid_to", "终止日期", "ZZRQ", "D", "10", "C", "last day; empty while active",
              "终止日期；在用时为空"),
        Field("reason", "原因", "YY", "C", "254", "C", "why it was retired", "作废原因"),
        Field("households", "户数", "HS", "N", "9", "M", "households when it was issued",
              "设立时户数", _HS),
        Field("profile", "编码方案", "BMFA", "C", "100", "C", "coding rule of a grid", "编码方案"),
        Field("project", "项目", "XM", "C", "100", "M", "district that issued it", "所属项目"),
        Field("geometry_hash", "图形摘要", "TXZY", "C", "64", "C",
              "SHA-256 of its outline, to tell whether it moved", "边界摘要，用于判断边界是否变动"),
    ),
    *_of(
        "code_lineage",
        _DATE,
        Field(
            "kind", "变更类型", "BGLX", "C", "10", "M",
            "`created`, `kept`, `reshaped`, `split`, `merged`, `recoded` or `retired`",
            "新设、未变、调整、拆分、合并、改码或作废", values_zh=EVENTS,
        ),
        _LEVEL,
        Field("code", "编码", "BM", "C", "40", "M", "the code that it happened to", "编码"),
        Field("other", "相关编码", "XGBM", "C", "40", "C", "the code that followed, where one did",
              "承接编码"),
        Field("households", "户数", "HS", "N", "9", "M",
              "households after it; of what passed on, where a code followed", "变更后户数", _HS),
        Field("note", "备注", "BZ", "C", "254", "O", "more about it", "备注"),
        _ADOPTION,
    ),
    *_of(
        "code_crosswalk",
        _DATE,
        Field("old_code", "旧网格编码", "JWGBM", "C", "40", "M", "grid before", "旧网格编码"),
        Field("new_code", "新网格编码", "XWGBM", "C", "40", "M", "grid after", "新网格编码"),
        Field("units", "单元数", "DYS", "N", "9", "M", "basic units that both have", "共有单元数",
              "units"),
        Field("households_old", "原户数", "YHS", "N", "9", "M", "their households before",
              "共有单元原户数", _HS),
        Field("households_new", "现户数", "XHS", "N", "9", "M", "their households after",
              "共有单元现户数", _HS),
        _ADOPTION,
    ),
)  # fmt: skip
"""Every column, by ``table.column``."""
