"""The register's tables as an office reads them."""

import datetime as dt

import pandas as pd

from gridplan.register.store import Register
from gridplan.register.views import read_about, read_codes, read_events, read_flows

TITLES = {
    "code_register": "编码登记簿",
    "code_lineage": "编码沿革",
    "code_crosswalk": "新旧网格对照",
    "code_about": "编码规则",
}
_HEADINGS = {
    "level": "层级",
    "code": "编码",
    "kind": "类型",
    "parent": "上级编码",
    "name": "名称",
    "code_status": "编码状态",
    "valid_from": "初始日期",
    "valid_to": "终止日期",
    "reason": "原因",
    "households": "户数",
    "profile": "编码规则",
    "project": "项目",
    "geometry_hash": "图形摘要",
    "date": "日期",
    "other": "相关编码",
    "note": "备注",
    "adoption": "批次",
    "old_code": "旧网格编码",
    "new_code": "新网格编码",
    "units": "单元数",
    "households_old": "原户数",
    "households_new": "现户数",
    "key": "项",
    "value": "内容",
}
_VALUES = {
    "street": "街道",
    "community": "社区",
    "grid": "网格",
    "residential": "住宅网格",
    "unit": "单位网格(专属网格)",
    "active": "在用",
    "retired": "作废",
    "created": "新设",
    "kept": "未变",
    "reshaped": "调整",
    "split": "拆分",
    "merged": "合并",
    "recoded": "改码",
}
_FIXED = ("level", "kind", "code_status")


def register_tables(register: Register, date: dt.date | None = None) -> dict[str, pd.DataFrame]:
    """Make the tables of a register: its head, its codes, their lineage and what passed on.

    Parameters
    ----------
    register
        The register.
    date
        As it stood at the end of this day; everything where None.
    """
    events, flows = read_events(register), read_flows(register)
    if date is not None:
        day = date.isoformat()
        events, flows = events[events["date"] <= day], flows[flows["date"] <= day]
    return {
        "code_about": pd.DataFrame(sorted(read_about(register).items()), columns=["key", "value"]),
        "code_register": read_codes(register, date),
        "code_lineage": events,
        "code_crosswalk": flows,
    }


def in_chinese(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Translate titles, headings and fixed values, for a workbook."""
    translated = {}
    for name, table in tables.items():
        fixed = {column: table[column].replace(_VALUES) for column in _FIXED if column in table}
        translated[TITLES.get(name, name)] = table.assign(**fixed).rename(columns=_HEADINGS)
    return translated
