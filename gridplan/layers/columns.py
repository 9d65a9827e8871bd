"""Columns of an input table as text ids and household counts, with every problem named."""

from difflib import get_close_matches

import numpy as np
import pandas as pd

from gridplan.domain import Finding, Severity
from gridplan.layers.notes import Notes

NAME_BYTES = 10
"""Longest name of a column in a shapefile."""

CUT_NAMES = "names_cut"
"""Mark in ``attrs`` of a table whose names may have been cut."""

_SHOWN = 5


def some(values: object, limit: int = _SHOWN) -> str:
    """List the first few of many values for a message."""
    items = [str(v) for v in values]  # type: ignore[attr-defined]
    more = f" and {len(items) - limit} more" if len(items) > limit else ""
    return ", ".join(items[:limit]) + more


def nearest(name: str, candidates: object) -> str:
    """Suggest the nearest candidate, or list what there is."""
    names = [str(c) for c in candidates if c != "geometry"]  # type: ignore[attr-defined]
    folded = {n.casefold(): n for n in reversed(names)}
    close = get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    if close:
        return f'did you mean "{folded[close[0]]}"?'
    return f"there is: {some(names, 12)}" if names else "there is none"


def find_columns(
    frame: pd.DataFrame, role: str, where: str, wanted: dict[str, str | None], notes: Notes
) -> bool:
    """See that the table has the configured columns; note every one that is missing.

    A shapefile cuts names to 10 bytes. Where a configured name is missing, and its first 10 bytes
    are a column, that column gets the full name, and a finding says so.

    Parameters
    ----------
    frame
        The table as read; a column cut to 10 bytes is renamed in place.
    role, where
        The place to name, such as ``units`` and ``inputs.units (city.gpkg, layer "units")``.
    wanted
        Configuration key to column name; None where the key is not set.
    notes
        Problems and findings are added here.

    Returns
    -------
    bool
        Whether every column is there.
    """
    missing = {k: c for k, c in wanted.items() if c is not None and c not in frame.columns}
    asked = {c for c in wanted.values() if c is not None}
    for key, column in dict(missing).items():
        short = _cut_name(column, frame)
        longer = {c for c in asked if short and _cut_name(c, frame) == short}
        if short and short not in asked and len(longer) == 1:
            if column not in frame.columns:
                frame.columns = [column if c == short else c for c in frame.columns]
            message = (
                f'{where}: column "{short}" is taken for {key} = "{column}", as a shapefile '
                f'keeps 10 bytes of a name; write {key} = "{short}" to settle it'
            )
            notes.findings.append(Finding("column-cut", Severity.INFO, message, layer=role))
            del missing[key]
        else:
            notes.problems.append(
                f'{where}: no column "{column}" ({key} = "{column}"); '
                f"{nearest(column, frame.columns)}"
            )
    return not missing


def _cut_name(column: str, frame: pd.DataFrame) -> str:
    """The column of a shapefile that a longer name was cut to; "" where there is none."""
    if not frame.attrs.get(CUT_NAMES):
        return ""
    for codec in ("utf-8", "gb18030", "big5"):
        stored = column.encode(codec, "ignore")
        short = stored[:NAME_BYTES].decode(codec, "ignore")
        if len(stored) > NAME_BYTES and short in frame.columns:
            return short
    return ""


def as_text(values: pd.Series) -> pd.Series:
    """Turn a column of any type into stripped text; blanks become None.

    Whole numbers come out without a decimal point, also where a missing value made the column
    one of floats. Text keeps its leading zeros.
    """
    if pd.api.types.is_float_dtype(values.dtype):
        known = values.dropna()
        if (known == known.round()).all() and (known.abs() < 2**53).all():
            values = values.astype("Int64")
    text = values.astype("string").str.strip().to_numpy(dtype=object, na_value="")
    text[text == ""] = None
    number, words = pd.factorize(text)  # equal texts become one text: names and kinds of a city
    shared = np.concatenate([words, np.array([None], dtype=object)])[number]
    return pd.Series(shared, index=values.index, name=values.name, dtype=object)


def text_or(
    otherwise: pd.Series | str | None, frame: pd.DataFrame, column: str | None
) -> pd.Series:
    """Read a column as text, with something else where it is missing or not configured.

    Parameters
    ----------
    otherwise
        One value, or one for every row.
    frame
        The table as read.
    column
        Its column; None where the configuration names none.
    """
    if isinstance(otherwise, pd.Series):
        instead = otherwise
    else:
        instead = pd.Series([otherwise] * len(frame), index=frame.index, dtype=object)
    if column is None:
        return instead
    text = as_text(frame[column])
    return text.where(text.notna(), instead)


def unique_ids(ids: pd.Series, where: str, column: str, problems: list[str]) -> bool:
    """Note missing and repeated ids."""
    missing = int(ids.isna().sum())
    if missing:
        problems.append(
            f'{where}: column "{column}" is empty in {missing} of {len(ids)} features; '
            "give every feature an id"
        )
    counts = ids.dropna().value_counts()
    repeated = sorted(counts[counts > 1].index)
    if repeated:
        problems.append(
            f'{where}: column "{column}" repeats {len(repeated)} ids: {some(repeated)}; '
            "ids must be unique"
        )
    return not missing and not repeated


def household_counts(
    values: pd.Series, ids: pd.Series, where: str, column: str, problems: list[str]
) -> pd.Series | None:
    """Read whole numbers of households, at least 0, naming every value that is none.

    Returns
    -------
    pandas.Series or None
        int64 with the same index; None when a problem was noted.
    """
    return whole_numbers(values, ids, where, column, problems, least=0, what="households")


def whole_numbers(
    values: pd.Series,
    ids: pd.Series,
    where: str,
    column: str,
    problems: list[str],
    *,
    least: int,
    what: str,
) -> pd.Series | None:
    """Read whole numbers that are not less than ``least``, naming every value that is none.

    Parameters
    ----------
    values
        The column, numbers or text.
    ids
        Names of the features, with the same index.
    where, column
        The place to name.
    problems
        One line is added per kind of wrong value.
    least
        Smallest number allowed.
    what
        What is counted, such as ``households``.

    Returns
    -------
    pandas.Series or None
        int64 with the same index; None when a problem was noted.
    """
    blank, numbers = _parsed(values)
    finite = numbers.notna() & (numbers.abs() < np.inf)
    wrong: dict[str, pd.Series] = {
        "is missing": blank,
        "is no number": ~blank & numbers.isna(),
        "is not finite": numbers.abs() == np.inf,
        "is negative" if least == 0 else f"is below {least}": finite & (numbers < least),
        "is no whole number": finite & (numbers >= least) & (numbers % 1 != 0),
    }
    before = len(problems)
    for fault, mask in wrong.items():
        if mask.any():
            shown = values[mask].astype("string").fillna("").str.strip().replace("", "nothing")
            cases = sorted(f"{i} = {v}" for i, v in zip(ids[mask], shown, strict=True))
            problems.append(
                f'{where}: column "{column}" {fault} in {len(cases)} features ({some(cases)}); '
                f"give whole numbers of {what}, {least} or more"
            )
    return numbers.astype("int64") if len(problems) == before else None


def _parsed(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Tell which values are blank, and read the others as float64; text once a different one."""
    place, different = pd.factorize(values, use_na_sentinel=False)
    each = pd.Series(different)
    blank = each.isna() | each.astype("string").str.strip().eq("").fillna(False).astype(bool)
    numbers = pd.to_numeric(each.where(~blank), errors="coerce").astype("float64")
    return (
        pd.Series(blank.to_numpy()[place], index=values.index),
        pd.Series(numbers.to_numpy()[place], index=values.index),
    )
