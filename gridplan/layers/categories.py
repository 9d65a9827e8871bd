"""What makes work beside the households: elderly, rental, shops, by register or by units."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from gridplan.layers.columns import as_text, find_columns, some
from gridplan.layers.institutions import NO, YES
from gridplan.layers.notes import Notes
from gridplan.layers.register import find_owners
from gridplan.layers.source import describe, read_features, read_table
from gridplan.layers.spread import largest_remainder
from gridplan.layers.towers import Division

if TYPE_CHECKING:
    from gridplan.config import Config

Floats = NDArray[np.float64]


POPULATION = "(population)"
"""Name of the people in the counts; no category can have it."""


@dataclass(frozen=True)
class Categories:
    """Counts of every category that a column gives.

    Parameters
    ----------
    counts
        ``unit_id`` and one column per category (float64), one row per unit, sorted by id.
    read
        Total of every category as it stands in its source, placed on a unit or not.
    """

    counts: pd.DataFrame
    read: Mapping[str, float] = field(default_factory=dict)


def read_categories(
    config: "Config",
    units: gpd.GeoDataFrame | None,
    division: Division | None,
    communities: gpd.GeoDataFrame | None,
    crs: CRS,
    notes: Notes,
) -> Categories | None:
    """Count the categories of ``[workload.categories]`` that stand in the register or the units.

    Parameters
    ----------
    config
        The job.
    units, division
        As read; None where they could not be.
    communities
        As read.
    crs
        The project's CRS.
    notes
        Problems are added.

    Returns
    -------
    Categories or None
        None where no category is of a column, or a problem was noted.
    """
    of = _columns(config)
    if not of or units is None:
        return None
    frame = _units_again(config, crs)
    if frame is None:
        return None  # the problem stands with the units
    counts: dict[str, pd.Series] = {}
    read: dict[str, float] = {}
    for source in ("units", "households"):
        columns = {name: column for name, (table, column) in of.items() if table == source}
        if not columns:
            continue
        rows = _rows(config, source, columns, frame, communities, crs, notes)
        if rows is None:
            return None
        for name in columns:
            read[name] = float(rows[name].sum())
            counts[name] = rows.groupby("owner")[name].sum()
    table = pd.DataFrame({name: counts[name].reindex(frame["unit_id"]) for name in of}).fillna(0.0)
    return Categories(_by_unit(table, units, division), read)


def _columns(config: "Config") -> dict[str, tuple[str, str]]:
    """Source and column of every category that a column gives, and of the population."""
    categories = {} if config.workload is None else config.workload.categories
    found: dict[str, tuple[str, str]] = {
        name: (c.of, str(c.column)) for name, c in categories.items() if c.column is not None
    }
    register, units = config.inputs.households, config.inputs.units
    if register is not None and register.persons is not None:
        found[POPULATION] = ("households", register.persons)
    elif units.persons is not None:
        found[POPULATION] = ("units", units.persons)
    return found


def _units_again(config: "Config", crs: CRS) -> gpd.GeoDataFrame | None:
    """Read the units once more, as they stand: columns, footprints before towers are divided."""
    section = config.inputs.units
    frame = read_features("units", section, crs, Notes())
    if frame is None or section.id not in frame:
        return None
    address = as_text(frame[section.address]) if section.address in frame else None
    return frame.assign(unit_id=as_text(frame[section.id]), address=address)


def _rows(
    config: "Config",
    source: str,
    columns: dict[str, str],
    frame: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame | None,
    crs: CRS,
    notes: Notes,
) -> pd.DataFrame | None:
    """Rows of one source: ``owner`` (unit id, missing where none), one column per category."""
    if source == "units":
        where = describe("units", config.inputs.units)
        return _numbers(frame, columns, where, frame["unit_id"], notes)
    section = config.inputs.households
    if section is None:
        notes.problems.append(
            f"[workload.categories.{min(columns)}] of: there is no register; give one in "
            '[inputs.households], or write of = "units"'
        )
        return None
    by_place = section.unit is None and section.address is None
    quiet = Notes()  # what is wrong with the register itself has been told
    reader = read_features("households", section, crs, quiet) if by_place else None
    table = reader if by_place else read_table("households", section, quiet)
    if table is None:
        return None
    key = section.unit or section.address
    rows = pd.DataFrame({"said": None if key is None else as_text(table[key])}, index=table.index)
    rows["households"] = 1
    find_owners(rows, table, section, frame[["unit_id", "address", "geometry"]], communities)
    owner = rows["owner"].where(rows["fate"] == "", None)
    return _numbers(table, columns, describe("households", section), owner, notes)


def _numbers(
    table: pd.DataFrame, columns: dict[str, str], where: str, owner: pd.Series, notes: Notes
) -> pd.DataFrame | None:
    """Numbers of every category; a blank is 0, a flag 1 or 0."""
    wanted: dict[str, str | None] = {f"categories.{k}.column": c for k, c in columns.items()}
    if not find_columns(table, where.split(".")[1].split(" ")[0], where, wanted, notes):
        return None
    before = len(notes.problems)
    found: dict[str, object] = {"owner": owner}
    for name, column in columns.items():
        text = as_text(table[column])
        word = text.fillna("").str.casefold()
        flags = np.where(word.isin(YES), 1.0, np.where(word.isin({*NO, ""}), 0.0, np.nan))
        values = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64)
        values = np.where(np.isnan(values), flags, values)
        wrong = ~(np.isfinite(values) & (values >= 0))
        if wrong.any():
            notes.problems.append(
                f'{where}: column "{column}" has {int(wrong.sum())} values that are neither '
                f"numbers, 0 or more, nor flags ({some(sorted(set(text[wrong])))}); mend them"
            )
        found[name] = values
    return pd.DataFrame(found, index=table.index) if len(notes.problems) == before else None


def _by_unit(
    table: pd.DataFrame, units: gpd.GeoDataFrame, division: Division | None
) -> pd.DataFrame:
    """One row per unit; what a divided building has goes to its stairwells by households."""
    counts = table.reindex(units["unit_id"]).fillna(0.0)
    if division is not None:
        for building, own in division.stairwells.groupby("building_id", sort=True):
            if building in table.index:
                total = table.loc[building].to_numpy(dtype=np.float64)
                counts.loc[own["unit_id"]] = _shared(total, own["households"])
    return counts.rename_axis("unit_id").reset_index()


def _shared(total: Floats, households: pd.Series) -> Floats:
    """Share totals out by households: whole ones stay whole, shape (stairwells, categories)."""
    weight = households.to_numpy(dtype=np.float64)
    columns = [
        largest_remainder(weight, int(value)).astype(np.float64)
        if value == int(value)
        else value * weight / weight.sum()
        for value in total
    ]
    return np.stack(columns, axis=1)
