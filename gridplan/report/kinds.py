"""What each kind of finding means and what cures it, in a line for a planner.

The same as ``docs/findings.md`` and ``docs/audit.md``, in both languages. Kinds whose sentence
names the cure have a heading in ``titles``; one that is unknown is shown by its own name.
"""

from collections.abc import Mapping

from gridplan.report.titles import TITLES

Lines = tuple[str, str, str, str]
"""Meaning and cure in English, meaning and cure in Chinese."""

KINDS: Mapping[str, Lines] = {
    "no-plan-in-range": (
        "No plan in range",
        "As the cause says.",
        "无法全部达标",
        "见原因说明。",
    ),
    "block-over-max": (
        "One unit holds more than a grid may",
        "Give its stairwells in [inputs.stairwells].",
        "单个单元户数超过网格上限",
        "在[inputs.stairwells]中给出其楼道。",
    ),
    "building-divided": (
        "A building above the maximum is divided by its stairwells",
        "Tell residents which grid is theirs.",
        "超过上限的楼栋按楼梯间划分",
        "请告知居民所属网格。",
    ),
    "component-under-min": (
        "A part has fewer households than a grid needs",
        "Declare a link to a neighbour with room, or merge the community.",
        "独立部分户数不足",
        "声明与相邻部分的连接，或合并社区。",
    ),
    "community-conflict": (
        "The hard rules conflict; the community is not divided",
        "As the cause says; then run again.",
        "硬约束相互冲突，该社区未划分",
        "按原因说明修改后重新运行。",
    ),
    "community-empty": (
        "A community without households is one grid",
        "None needed; check the household register.",
        "社区无住户，整体为一个网格",
        "无需处理；请核对户数登记。",
    ),
    "link": (
        "A declared link joins what no border joins",
        "Walk it once.",
        "使用了声明的连接",
        "请实地走访确认。",
    ),
    "part-joined": (
        "A part too small to be a grid was joined to the nearest",
        "Declare a better link where there is one.",
        "过小的独立部分并入最近部分",
        "如有更合适的通道，请声明连接。",
    ),
    "unit-straddles": (
        "A unit reaches into another community; it goes whole to one",
        "Redraw the unit or the border where it should not.",
        "单元跨越社区界线，整体归入其一",
        "如有不妥，请修改单元或界线。",
    ),
    "unit-nearest": (
        "A unit outside every community joined the nearest",
        "Correct its place, or the border.",
        "社区外的单元归入最近社区",
        "请修正其位置或社区界线。",
    ),
    "unit-outside": (
        "A unit lies outside every community and is not in the plan",
        "Correct its place, or raise topology.snap_community_m.",
        "单元在所有社区之外，未纳入方案",
        "请修正其位置，或调大topology.snap_community_m。",
    ),
    "unit-multipart": (
        "A unit lies in several parts",
        "Give its parts as units of their own.",
        "单元由多个部分组成",
        "将各部分作为独立单元。",
    ),
    "unit-overlaps": (
        "A unit overlapped its neighbours; ground went to them",
        "Redraw the units where much moved.",
        "单元重叠，重叠部分归相邻单元",
        "变动较大处请重新绘制。",
    ),
    "unit-shares-cell": (
        "A unit without ground of its own takes a strip of another's",
        "Give it a place of its own.",
        "单元无独立用地，分占他单元用地",
        "请赋予其独立位置。",
    ),
    "unit-without-zone": (
        "Units with households lie in no zone of a layer",
        "Draw the zone where there should be one.",
        "有住户的单元不属于任何辖区",
        "应有辖区处请补绘。",
    ),
    "block-split": (
        "Units to be kept together do not touch",
        "Check keep_together.",
        "应保持一体的单元不相邻",
        "请核对keep_together。",
    ),
    "block-divided": (
        "A block above the maximum is divided",
        "Agree who serves which part.",
        "超过上限的整体被划分",
        "请与管理单位商定分工。",
    ),
    "community-repaired": (
        "Overlaps and slivers along a community's border were closed",
        "Redraw the border where much moved.",
        "社区界线的重叠与缝隙已修复",
        "变动较大处请重新绘制。",
    ),
    "community-changed": (
        "A community's outline differs from the input's",
        "Repair the communities where they overlap or leave gaps.",
        "社区轮廓与输入不同",
        "请修复重叠或缝隙处。",
    ),
    "ring-repaired": (
        "Rings of a polygon were rebuilt",
        "Compare with the source where the area is large.",
        "多边形环已重建",
        "面积变动较大处请与原图核对。",
    ),
    "object-outside": (
        "Objects outside every community have no grid",
        "None, or extend the communities.",
        "社区之外的对象没有所属网格",
        "无需处理，或扩展社区范围。",
    ),
    "household-unplaced": (
        "Rows of the household register match no unit",
        "Mend the register or the units.",
        "户数登记中的记录找不到对应单元",
        "请修正登记或单元。",
    ),
    "link-useless": (
        "A declared link joins nothing",
        "Mend the link.",
        "声明的连接无效",
        "请修正连接。",
    ),
    "datum-suspected": (
        "A layer seems shifted by a web map",
        "Set datum where the layer comes from such a map.",
        "图层疑似带有网络地图偏移",
        "如来自网络地图，请设置datum。",
    ),
    "map-font": (
        "No font has the characters of the names",
        "Install a font with Chinese characters.",
        "本机字体缺少所需汉字",
        "请安装中文字体。",
    ),
    "grid-out-of-range": (
        "A grid is out of range without a verified reason",
        "Move units to or from a neighbour, or solve with more effort.",
        "网格超出范围且原因未获验证",
        "与相邻网格调整单元，或加大计算量。",
    ),
    "incidence-small": (
        "A grid has fewer than five households in a zone",
        "Check the zone's border: probably digitised with an offset.",
        "网格在某辖区内不足5户",
        "请核对辖区界线，可能存在数字化偏移。",
    ),
    "feature-outside": (
        "Features lie outside every grid",
        "None needed.",
        "要素在所有网格之外",
        "无需处理。",
    ),
    "zone-divided": (
        "A zone to be kept whole lies in several grids",
        "See whether another layer or a lock is in the way.",
        "应保持完整的辖区被分割",
        "请检查其他图层或锁定是否冲突。",
    ),
}


def meaning(kind: str, language: str) -> str:
    """What a kind of finding means; its own name where nothing is written about it."""
    if kind in TITLES:
        return TITLES[kind][1 if language == "zh" else 0]
    lines = KINDS.get(kind)
    if lines is None:
        return kind
    return lines[2] if language == "zh" else lines[0]


def cure(kind: str, language: str) -> str:
    """What cures a kind of finding; empty where nothing is written about it."""
    lines = KINDS.get(kind)
    if lines is None:
        return ""
    return lines[3] if language == "zh" else lines[1]
