"""What a value looks like in a cell: clean text, harmless formulas, fixed decimals.

A spreadsheet runs a cell that begins like a formula. In CSV files such a cell gets one apostrophe
in front; one that has apostrophes before such a beginning gets one more, so ``unguard`` brings back
exactly what was there. A text that is a plain number, such as ``-5``, is left alone.
"""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

_FORMULA = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@＝＋－＠])")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_GUARDED = re.compile(r"'+(?:[\t\r\n]|\s*[=+\-@＝＋－＠])")


def clean_text(text: str) -> str:
    """Replace what neither a workbook nor a GeoPackage can hold (control characters) by U+FFFD."""
    return _UNPRINTABLE.sub("\ufffd", text)


def guard(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run."""
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def unguard(text: str) -> str:
    """Take back what ``guard`` did."""
    return text[1:] if _GUARDED.match(text) else text


def is_text(column: pd.Series) -> bool:
    """Tell whether a column holds text; a column of nothing but missing values does."""
    return not pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_bool_dtype(
        column.dtype
    )


def as_texts(column: pd.Series) -> list[str]:
    """Write every value of a text column, clean; missing values are empty."""
    values = column.astype(object).where(column.notna(), "").tolist()
    texts = [value if type(value) is str else str(value) for value in values]
    clean = not _UNPRINTABLE.search("".join(texts))  # one search for all, as nearly all are
    return texts if clean else [clean_text(text) for text in texts]


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
    ordered: pd.DataFrame = pd.DataFrame(columns).sort_values(
        list(columns), kind="stable", ignore_index=True
    )
    return ordered


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
