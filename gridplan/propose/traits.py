"""Columns that tell whether an institution stands as a unit grid of its own."""

from collections.abc import Mapping

from gridplan.layers.peek import ColumnInfo, LayerInfo
from gridplan.propose.words import Words, match

_NUMBERS: Mapping[str, Words] = {
    "floor_area": (
        *("floor area", "floor space", "gross floor area", "gfa"),
        *("建筑面积", "总建筑面积", "jzmj", "zjzmj"),
    ),
    "staff": (
        *("staff", "employee", "worker", "headcount", "jobs"),
        *("职工", "职工数", "员工", "员工数", "从业人员", "教职工", "在职人数", "zgs", "ygs"),
    ),
    "students": (
        *("student", "pupil", "enrolment", "enrollment"),
        *("学生", "学生数", "在校生", "在校学生", "在校人数", "xss"),
    ),
}
_BODY: Words = (
    *("body", "responsible body", "responsible unit", "managing body", "operator"),
    *(
        "责任主体",
        "责任单位",
        "管理单位",
        "管理机构",
        "主管单位",
        "负责单位",
        "管理方",
        "gldw",
        "zrdw",
    ),
)
_PERMANENT: Words = (
    "permanent",
    "is permanent",
    "长期",
    "永久",
    "是否长期",
    "是否永久",
    "长期稳定",
)
_YEARS: Words = ("years", "remaining years", "tenure", "年限", "使用年限", "剩余年限", "租期")
_FLAGS = frozenset({"0", "1", "true", "false", "yes", "no", "y", "n", "t", "f", "是", "否"})
_MOST_YEARS = 150  # above this a number is the year itself


def pick_traits(info: LayerInfo, taken: tuple[str, ...] = ()) -> dict[str, str]:
    """Choose the columns of institutions that the five tests need.

    Parameters
    ----------
    info
        The layer of institutions.
    taken
        Columns that mean something else already.

    Returns
    -------
    dict
        Column by key of ``[inputs.institutions]``; a key without a fitting column is left out, and
        ``years`` where ``permanent`` is there.
    """
    free = [column for column in info.columns if column.name not in taken]
    found = {key: _best([c for c in free if _counts(c)], words) for key, words in _NUMBERS.items()}
    found["permanent"] = _best([c for c in free if _is_flag(c)], _PERMANENT)
    if found["permanent"] is None:
        found["years"] = _best([c for c in free if _is_span(c)], _YEARS)
    found["body"] = _best([c for c in free if c.kind == "text"], _BODY)
    return {key: column.name for key, column in found.items() if column is not None}


def _best(columns: list[ColumnInfo], words: Words) -> ColumnInfo | None:
    """The column called most like the words; the first of several."""
    called = [column for column in columns if match(column.name, words)]
    return max(called, key=lambda column: match(column.name, words), default=None)


def _counts(column: ColumnInfo) -> bool:
    return column.kind in ("integer", "number") and column.low is not None and column.low >= 0


def _is_flag(column: ColumnInfo) -> bool:
    values = {value.strip().casefold().removesuffix(".0") for value in column.sample}
    return bool(values) and values <= _FLAGS


def _is_span(column: ColumnInfo) -> bool:
    return _counts(column) and column.high is not None and column.high <= _MOST_YEARS
