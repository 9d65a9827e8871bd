"""A household register counted into the units, by unit id or by place."""

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from gridplan.layers.columns import as_text, find_columns, household_counts, some
from gridplan.layers.notes import Notes
from gridplan.layers.source import describe, read_features, read_table

if TYPE_CHECKING:
    from gridplan.config.inputs import Register


def count_register(
    section: "Register", ids: pd.Series, units: gpd.GeoDataFrame, crs: CRS, notes: Notes
) -> pd.Series | None:
    """Count the rows of a register into the units.

    Parameters
    ----------
    section
        Where the register is, and its columns.
    ids
        Unit ids, with the index of ``units``.
    units
        Units with their shapes in ``crs``.
    crs
        The project's CRS.
    notes
        Problems are added, and a ``household-unplaced`` warning for rows that match no unit.

    Returns
    -------
    pandas.Series or None
        int64 households with the index of ``ids``; None where a problem was noted.
    """
    located = section.unit is None
    table: pd.DataFrame | None
    if located:
        table = read_features("households", section, crs, notes)
    else:
        table = read_table("households", section, notes)
    where = describe("households", section)
    counted = section.count if isinstance(section.count, str) else None
    wanted = {"unit": section.unit, "count": counted}
    if table is None or not find_columns(table, "households", where, wanted, notes):
        return None
    rows = pd.Series([f"row {i + 1}" for i in range(len(table))], index=table.index, dtype=object)
    name = rows if section.unit is None else as_text(table[section.unit])
    counts = _counts(section, table, name, where, notes)
    if counts is None:
        return None
    if located:
        owner, what = _unit_at(table, units, ids), "lies in no unit"
    else:
        owner, what = name.where(name.isin(set(ids)), None), "matches no unit"
    lost = owner.isna()
    if lost.any():
        _list_unplaced(what, name[lost].fillna(rows[lost]), counts[lost], where, notes)
    total = counts.groupby(owner).sum().reindex(ids.to_numpy(), fill_value=0)
    return pd.Series(total.to_numpy(), index=ids.index, dtype="int64")


def _counts(
    section: "Register", table: pd.DataFrame, name: pd.Series, where: str, notes: Notes
) -> pd.Series | None:
    if isinstance(section.count, int):
        return pd.Series(section.count, index=table.index, dtype="int64")
    return household_counts(table[section.count], name, where, section.count, notes.problems)


def _unit_at(points: pd.DataFrame, units: gpd.GeoDataFrame, ids: pd.Series) -> pd.Series:
    """Unit that each row lies in, the smallest id where several do; missing where none does."""
    row, unit = units.sindex.query(points["geometry"].to_numpy(), predicate="intersects")
    hits = pd.DataFrame({"row": row, "unit": ids.to_numpy()[unit]}).dropna()
    first = hits.sort_values("unit", kind="stable").drop_duplicates("row").set_index("row")["unit"]
    return first.reindex(points.index).astype(object)


def _list_unplaced(
    what: str, places: pd.Series, counts: pd.Series, where: str, notes: Notes
) -> None:
    households = int(counts.sum())
    named = sorted(set(places))
    rows = "one row" if len(places) == 1 else f"{len(places)} rows"
    notes.warn(
        "household-unplaced",
        f"{where}: {rows} with {households} households: the row {what} ({some(named)}); "
        "they are not in the plan",
        "households",
        place=named[0],
        value=float(households),
    )
