"""Which column of a layer is its id, its name, its households."""

from gridplan.layers.peek import ColumnInfo, LayerInfo
from gridplan.propose import words
from gridplan.propose.words import Words, match

_MAX_PER_UNIT = 20_000  # more households in one building is a population, or an id


def pick_id(info: LayerInfo, own: Words = (), *, unique: bool = True) -> ColumnInfo | None:
    """Choose the column that names the features.

    Parameters
    ----------
    info
        The layer.
    own
        Words for what the layer holds: ``unit_id`` names units better than ``block_id``.
    unique
        Only a column without blanks and repeats will do; otherwise one with the most values.
    """
    usable = [c for c in info.columns if _may_be_id(c) and (c.unique or not unique)]
    return max(usable, key=lambda c: (_id_score(c, own), c.distinct), default=None)


def _may_be_id(column: ColumnInfo) -> bool:
    if column.kind not in ("text", "integer") or column.distinct == 0:
        return False
    measured = match(column.name, words.MEASURE) or match(column.name, words.HOUSEHOLDS)
    return _is_code(column) or not measured


def _is_code(column: ColumnInfo) -> bool:
    return match(column.name, words.CODE) > 0 or _initials(column.name, "dm", "bm", "bh")


def _id_score(column: ColumnInfo, own: Words) -> float:
    if match(column.name, words.MACHINE):
        return 0.5
    score = 3.0 * column.distinct / column.rows
    score += 2.0 if _is_code(column) else 0.0
    score += float(match(column.name, own))
    score += 0.5 * sum(match(column.name, (word,)) > 0 for word in own)
    return score - (2.5 if match(column.name, words.NAME) else 0.0)


def pick_text(info: LayerInfo, wanted: Words, taken: Words = ()) -> ColumnInfo | None:
    """Choose the column of text that is called like one of the words; the best fit, then first."""
    fitting = [
        c
        for c in info.columns
        if c.kind in ("text", "integer") and match(c.name, wanted) and c.name not in taken
    ]
    texts = [c for c in fitting if c.kind == "text"] or fitting
    return max(texts, key=lambda c: match(c.name, wanted)) if texts else None


def pick_name(info: LayerInfo, own: Words = (), taken: Words = ()) -> ColumnInfo | None:
    """Choose the column of names; ``community_name`` before ``street_name`` in communities."""
    texts = [c for c in info.columns if c.kind == "text" and c.name not in taken]
    fitting = [c for c in texts if match(c.name, words.NAME) or _initials(c.name, "mc")]
    return max(fitting, key=lambda c: match(c.name, own) + match(c.name, words.NAME), default=None)


def _initials(name: str, *endings: str) -> bool:
    """Whether a short name ends like the initials of 名称, 代码, 编码, 编号."""
    return name.isascii() and len(name) <= 6 and name.lower().endswith(endings)


def pick_households(info: LayerInfo) -> ColumnInfo | None:
    """Choose the column of household counts: whole numbers, none negative, called so."""
    fitting = [c for c in info.columns if _is_households(c)]
    return max(fitting, key=lambda c: match(c.name, words.HOUSEHOLDS), default=None)


def _is_households(column: ColumnInfo) -> bool:
    if column.kind != "integer" or column.low is None or column.high is None:
        return False
    in_bounds = column.low >= 0 and 0 < column.high <= _MAX_PER_UNIT
    called = match(column.name, words.HOUSEHOLDS) > 0
    other = match(column.name, words.PEOPLE) or match(column.name, ("id", "code", "编号", "编码"))
    return in_bounds and called and not other


def pick_reference(info: LayerInfo, wanted: Words, target: ColumnInfo | None) -> ColumnInfo | None:
    """Choose the column that points at features of another layer.

    Parameters
    ----------
    info
        The layer that points.
    wanted
        Words for what it points at.
    target
        The id column of what it points at: a column of the same name, or called by the words and
        with the same kind of values, will do.
    """
    if target is None:
        return None
    same = info.column(target.name)
    if same is not None and same.kind == target.kind:
        return same
    alike = [c for c in info.columns if c.kind == target.kind and _like(c, target)]
    fitting = [c for c in alike if match(c.name, wanted)]
    return max(fitting, key=lambda c: bool(match(c.name, words.CODE)), default=None)


def _like(column: ColumnInfo, target: ColumnInfo) -> bool:
    """Whether sample values have lengths that occur in the target's."""
    lengths = {len(value) for value in target.sample}
    return bool(column.sample) and {len(value) for value in column.sample} <= lengths
