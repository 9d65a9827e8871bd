"""What the columns about households mean: how they are known, stairwells, and the ledger."""

from gridplan.tables.fields import Field

_METHODS = {
    "given": "单元属性",
    "counted": "点位计数",
    "register": "登记册",
    "stairwells": "单元楼道",
    "estimated": "估算",
}
_SOURCES = {"units": "基本单元", "households": "登记册", "communities": "社区总数", "all": "合计"}


def _count(name: str, zh: str, abbreviation: str, en: str, about: str) -> Field:
    return Field(
        f"household_ledger.{name}", zh, abbreviation, "N", "9", "M", en, about, "households"
    )


HOUSEHOLD_FIELDS = (
    Field(
        "households_method",
        "户数来源方式",
        "HSLY",
        "C",
        "12",
        "O",
        "how the households are known: `given` by a column of the units, `counted` from points, "
        "`register` (joined by id or address), `stairwells` of a divided building, or `estimated` "
        "from a total",
        "单元属性(given)、点位计数(counted)、登记册(register)、楼道(stairwells)或由总数估算(estimated)",
        values_zh=_METHODS,
    ),
    Field(
        "units.building_id",
        "建筑物标识",
        "JZWBS",
        "C",
        "64",
        "O",
        "building that was divided into this unit; only where buildings were divided",
        "被拆分的建筑物标识；仅在有拆分时出现",
    ),
    Field(
        "stairwell",
        "楼道(单元门)",
        "DYM",
        "C",
        "50",
        "O",
        "stairwell of a divided building; empty for a whole one",
        "被拆分建筑物的楼道；未拆分为空",
    ),
    Field(
        "stairwell_order",
        "楼道次序",
        "DYMXH",
        "N",
        "4",
        "O",
        "place of the stairwell along the building, from 1",
        "楼道在建筑物中的次序，自1起",
    ),
    Field(
        "grid_codes",
        "全部网格编码",
        "WGBMS",
        "C",
        "200",
        "O",
        "every grid that a building divided by its stairwells lies in, separated by `;`; "
        "only where buildings were divided",
        "按楼道拆分的建筑物所在的全部网格，以分号分隔；仅在有拆分时出现",
    ),
    Field(
        "household_ledger.source",
        "来源",
        "LY",
        "C",
        "20",
        "M",
        "input that the households come from: `units`, `households` (the register), `communities` "
        "(totals), and `all` of them",
        "户数来源：基本单元(units)、登记册(households)、社区总数(communities)、合计(all)",
        values_zh=_SOURCES,
    ),
    Field(
        "household_ledger.file", "文件", "WJ", "C", "200", "C", "its file and layer", "文件和图层"
    ),
    _count("households_in", "读入户数", "DRHS", "as read, every row counted", "读入户数，逐行计"),
    _count("placed", "落位户数", "LWHS", "in a grid of this plan", "已落入本方案网格的户数"),
    _count(
        "unlocated",
        "未定位户数",
        "WDWHS",
        "of rows that fit no unit, or several",
        "未匹配到单元或匹配到多个单元的户数",
    ),
    _count(
        "duplicated",
        "重复户数",
        "CFHS",
        "of rows that repeat another, or that a finer source counts already",
        "重复行或已由更细来源计入的户数",
    ),
    _count(
        "outside",
        "社区外户数",
        "SQWHS",
        "outside every community",
        "不在任何社区内的户数",
    ),
    _count(
        "left_out",
        "未划分户数",
        "WHFHS",
        "in communities that this run did not divide",
        "本次未划分社区的户数",
    ),
    _count(
        "difference",
        "差额",
        "CE",
        "read less all the others; must be 0",
        "读入减其余各项，应为0",
    ),
)
"""Named ``table.column`` where the column means something else in other tables."""
