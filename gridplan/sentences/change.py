"""Chinese sentences of what a re-division says about the previous plan."""

from collections.abc import Mapping

from gridplan.sentences.patterns import Pairs


def _units(english: str, chinese: str) -> Pairs:
    return ((f"{{n:n}} units, {{h:n}} households: {english}", f"{{n}}个单元、{{h}}户：{chinese}"),)


CHANGE: Mapping[str, Pairs] = {
    "previous-unknown": (
        (
            "previous plan {name}: no unit of today is found in it, by id or by ground; every grid "
            "is new. Look whether it is of the same place and has the same unit ids",
            "原方案{name}：按标识与用地均未找到现有单元；所有网格均为新建。"
            "请核对是否为同一地区、单元标识是否一致",
        ),
    ),
    "community-kept": (
        (
            "community {code}: it could not be divided anew and keeps its old grids: {reason}; the "
            "others are divided. Run again with --resume to try it once more",
            "社区{code}：重新划分失败，保留原网格：{reason}；其他社区已划分。请用--resume重试",
        ),
    ),
    "units-appeared": _units("new since the previous plan", "原方案之后新增"),
    "units-vanished": _units("gone since the previous plan", "原方案之后消失"),
    "units-renamed": _units("the same ground under another id", "位置相同，标识变更"),
    "units-recut": _units("split or merged, matched by their ground", "拆分或合并，按用地对应"),
    "units-changed": _units(
        "more or fewer than in the previous plan, in all", "户数与原方案不同，合计增减"
    ),
}
"""Templates by kind of finding."""
