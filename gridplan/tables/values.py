"""What a value looks like in a cell: clean text, fixed decimals."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from gridplan.text import clean_text, is_clean

_TRIED = 3  # keys of an order that may suffice


def is_text(column: pd.Series) -> bool:
    """Tell whether a column holds text; a column of nothing but missing values does."""
    return not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(
        column.dtype
    )


def as_texts(column: pd.Series) -> list[str]:
    """Write every value of a text column, clean; missing values are empty, equal ones are one."""
    code, known = pd.factorize(column)
    words = known.tolist()
    if all(type(word) is str for word in words):
        joined = "".join(words)
        clean = words if is_clean(joined) else [clean_text(word) for word in words]
        texts: list[str] = np.array([*clean, ""], dtype=object)[code].tolist()
        return texts
    values = column.astype(object).where(column.notna(), "").tolist()
    texts = [value if type(value) is str else str(value) for value in values]
    return texts if is_clean("".join(texts)) else [clean_text(text) for text in texts]


def in_order(table: pd.DataFrame) -> pd.DataFrame:
    """Clean the text of a table and sort it by its first column, then the others.

    Text goes by code point, missing text is empty and comes first, missing numbers come last.
    """
    columns = {
        str(name): pd.Series(as_texts(table[name]), index=table.index, dtype=object)
        if is_text(table[name])
        else table[name]
        for name in table
    }
    cleaned = pd.DataFrame(columns)
    keys = deciding(cleaned, list(columns))
    ordered: pd.DataFrame = cleaned.sort_values(keys, kind="stable", ignore_index=True)
    return ordered


def deciding(table: pd.DataFrame, keys: list[str]) -> list[str]:
    """Drop the keys of an order that decide nothing, as those before them differ in every row."""
    for count in range(1, min(_TRIED, len(keys))):
        if not table.duplicated(keys[:count]).any():
            return keys[:count]
    return keys


def as_numbers(column: pd.Series, decimals: int | None) -> list[int | float | None]:
    """Round a column of numbers; missing and infinite values are None.

    Parameters
    ----------
    column
        Any numeric dtype.
    decimals
        Places to keep, for columns that are not whole numbers; None: 6.
    """
    if pd.api.types.is_integer_dtype(column.dtype):
        missing = column.isna()
        return [None if no else int(value) for value, no in zip(column, missing, strict=True)]
    values = np.round(column.to_numpy(dtype=float, na_value=np.nan), _places(decimals)) + 0.0
    return [float(value) if np.isfinite(value) else None for value in values]


def number_texts(
    values: Iterable[int | float | None], decimals: int | None, *, trim: bool
) -> list[str]:
    """Write numbers with fixed decimals, or ``trim`` their zeros; None is empty.

    Whole numbers have no point unless they are of a column with decimals.
    """
    pattern = f"%.{_places(decimals)}f"
    texts = ["" if value is None else _number(value, pattern) for value in values]
    if trim:
        texts = [text.rstrip("0").rstrip(".") if "." in text else text for text in texts]
    return texts


def _number(value: int | float, pattern: str) -> str:
    return str(value) if isinstance(value, int) else pattern % value


def _places(decimals: int | None) -> int:
    return 6 if decimals is None else decimals
