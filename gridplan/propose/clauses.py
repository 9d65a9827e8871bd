"""Filters on attributes, proposed from the values that a column has."""

from gridplan.layers.peek import ColumnInfo, LayerInfo
from gridplan.propose import words
from gridplan.propose.words import match

_NO = frozenset({"no", "n", "f", "false", "0", "none", "-1", "否", "无", ""})
_YES = frozenset({"yes", "y", "t", "true", "1", "是", "有"})


def class_filter(column: ColumnInfo) -> str:
    """Filter on the class of a road, spelled with one of its values."""
    if column.kind == "integer":
        return f"{_spelled(column)} = {next(iter(column.sample), 1)}"
    return f"{_spelled(column)} = {_text(next(iter(column.sample), ''))}"


def bridge_filter(info: LayerInfo) -> str | None:
    """Filter that picks the bridges and underpasses of a layer of roads; None where none is told.

    A column called so counts where it says yes or names the kind of structure; one in which every
    row has a value says of each road what it is, and only the values called so count.
    """
    terms = [_term(c) for c in info.columns if match(c.name, words.BRIDGE)]
    return " OR ".join(term for term in terms if term) or None


def _term(column: ColumnInfo) -> str | None:
    if column.kind == "integer":
        flags = column.low in (0, 1) and column.high == 1
        return f"{_spelled(column)} = 1" if flags else None
    if column.kind != "text" or not column.sample:
        return None
    values = [v for v in column.sample if _says_so(v, full=column.missing == 0)]
    if not values:
        return None
    if len(values) == 1:
        return f"{_spelled(column)} = {_text(values[0])}"
    return f"{_spelled(column)} IN ({', '.join(_text(v) for v in sorted(values))})"


def _says_so(value: str, *, full: bool) -> bool:
    said = value.strip().casefold()
    if said in _NO:
        return False
    return said in _YES or match(value, (*words.BRIDGE, "viaduct", "高架")) > 0 or not full


def _spelled(column: ColumnInfo) -> str:
    doubled = column.name.replace('"', '""')
    return column.name if column.name.isidentifier() else f'"{doubled}"'


def _text(value: str) -> str:
    doubled = value.replace("'", "''")
    return f"'{doubled}'"
