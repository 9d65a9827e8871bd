"""Columns of an input table as text ids and household counts, with every problem named."""

from difflib import get_close_matches

import numpy as np
import pandas as pd

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


def has_columns(
    frame: pd.DataFrame, where: str, wanted: dict[str, str | None], problems: list[str]
) -> bool:
    """Note every configured column that the table does not have.

    Parameters
    ----------
    frame
        The table as read.
    where
        The place to name, such as ``inputs.units (city.gpkg, layer "units")``.
    wanted
        Configuration key to column name; None where the key is not set.
    problems
        Lines are added here.
    """
    missing = {k: c for k, c in wanted.items() if c is not None and c not in frame.columns}
    for key, column in missing.items():
        problems.append(
            f'{where}: no column "{column}" ({key} = "{column}"); {nearest(column, frame.columns)}'
        )
    return not missing


def as_text(values: pd.Series) -> pd.Series:
    """Turn a column of any type into stripped text; integers lose no digit, blanks become missing."""
    if pd.api.types.is_float_dtype(values.dtype):
        known = values.dropna()
        if (known == known.round()).all() and (known.abs() < 2**53).all():
            values = values.astype("Int64")
    text = values.astype("string").str.strip()
    return text.mask(text == "").astype(object).where(text.notna() & (text != ""), None)


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
    numbers = pd.to_numeric(values, errors="coerce")
    wrong = {
        "is missing": values.isna(),
        "is no number": values.notna() & numbers.isna(),
        "is negative": numbers < 0,
        "is no whole number": numbers.notna() & (numbers != np.floor(numbers)),
        "is not finite": np.isinf(numbers.astype(float)),
    }
    before = len(problems)
    for what, mask in wrong.items():
        if mask.any():
            cases = [f"{i} = {v!r}" for i, v in zip(ids[mask], values[mask], strict=True)]
            problems.append(
                f'{where}: column "{column}" {what} in {len(cases)} features ({some(cases)}); '
                "give whole numbers of households, 0 or more"
            )
    return numbers.astype("int64") if len(problems) == before else None
