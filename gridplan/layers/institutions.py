"""What is known about an institution besides its shape: size, permanence, who answers for it."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridplan.layers.columns import as_text, some
from gridplan.layers.notes import Notes

if TYPE_CHECKING:
    import geopandas as gpd

    from gridplan.config.inputs import Institutions

TRAITS = ("floor_area", "staff", "students", "permanent", "years", "body")
"""Keys of ``[inputs.institutions]`` that name columns of traits."""

NUMBERS = {
    "floor_area": "floor_area_m2",
    "staff": "staff",
    "students": "students",
    "years": "years",
}
"""Traits that are numbers, and their columns in the layer as read."""

YES = frozenset({"1", "true", "t", "yes", "y", "是"})
NO = frozenset({"0", "false", "f", "no", "n", "否"})


def add_traits(
    table: "gpd.GeoDataFrame",
    frame: pd.DataFrame,
    section: "Institutions",
    where: str,
    notes: Notes,
) -> bool:
    """Add the traits of institutions to their layer.

    Parameters
    ----------
    table
        The layer; ``floor_area_m2``, ``staff``, ``students``, ``years`` (float64, NaN where
        unknown), ``permanent`` (1.0, 0.0, NaN where unknown) and ``body`` ("" where nobody is
        named) are added.
    frame
        The table as read, row by row the same.
    section
        Names the columns; a trait without one is unknown for all.
    where
        The place to name in problems.
    notes
        Problems are added.

    Returns
    -------
    bool
        Whether every value could be read.
    """
    before = len(notes.problems)
    for key, column in NUMBERS.items():
        table[column] = _numbers(frame, getattr(section, key), where, notes)
    table["permanent"] = _flags(frame, section.permanent, where, notes)
    named = pd.Series([None] * len(frame)) if section.body is None else as_text(frame[section.body])
    table["body"] = named.where(named.notna(), "").to_numpy(dtype=object)
    return len(notes.problems) == before


def _numbers(
    frame: pd.DataFrame, column: str | None, where: str, notes: Notes
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    if column is None:
        return np.full(len(frame), np.nan)
    text = as_text(frame[column])
    values = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64)
    wrong = text.notna().to_numpy() & ~(np.isfinite(values) & (values >= 0))
    _note(text[wrong], column, "numbers, 0 or more", where, notes)
    return values


def _flags(
    frame: pd.DataFrame, column: str | None, where: str, notes: Notes
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    if column is None:
        return np.full(len(frame), np.nan)
    text = as_text(frame[column])
    word = text.str.casefold() if text.notna().any() else text
    values = np.where(word.isin(YES), 1.0, np.where(word.isin(NO), 0.0, np.nan))
    wrong = text.notna().to_numpy() & np.isnan(values)
    _note(text[wrong], column, "1 or 0, true or false, yes or no, 是 or 否", where, notes)
    return values


def _note(wrong: pd.Series, column: str, cure: str, where: str, notes: Notes) -> None:
    if len(wrong):
        notes.problems.append(
            f'{where}: column "{column}" has {len(wrong)} values that cannot be read '
            f"({some(sorted(set(wrong)))}); give {cure}, or leave them empty"
        )
