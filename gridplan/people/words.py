"""Text columns of long tables that hold each different text once: those of a city repeat few."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals


def as_words(texts: Iterable[object]) -> "pd.Categorical[object]":
    """Hold each different text once; none may be missing."""
    code, words = pd.factorize(pd.Series(texts, dtype=object))
    return pd.Categorical.from_codes(code, pd.Index(words, dtype=object))


def one_word(text: str, count: int) -> "pd.Categorical[object]":
    """Hold the same text in every row."""
    word = pd.Index([text], dtype=object)
    return pd.Categorical.from_codes(np.zeros(count, dtype=np.int8), word)


def stacked(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put tables with the same columns below each other, columns of words staying such.

    Parameters
    ----------
    tables
        At least one.
    """
    columns: dict[str, object] = {}
    for name, first in tables[0].items():
        parts = [table[name] for table in tables]
        words = isinstance(first.dtype, pd.CategoricalDtype)
        columns[str(name)] = (
            union_categoricals(parts) if words else pd.concat(parts, ignore_index=True)
        )
    return pd.DataFrame(columns)
