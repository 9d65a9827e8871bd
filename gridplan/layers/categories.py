"""What makes work beside the households: elderly, rental, shops, by register or by units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridplan.layers.columns import as_text, find_columns, some
from gridplan.layers.institutions import NO, YES
from gridplan.layers.notes import Notes
from gridplan.layers.source import describe
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


@dataclass(frozen=True)
class Written:
    """What a source says of every row.

    Parameters
    ----------
    source, where
        ``units`` or ``households``, and its place for messages.
    table
        The source as it stands, or those of its columns that count a category.
    owner
        Unit id of every row, missing where it is on none.
    """

    source: str
    where: str
    table: pd.DataFrame
    owner: pd.Series


def kept_columns(
    config: "Config", sources: Mapping[str, tuple[pd.DataFrame | None, pd.Series | None]]
) -> tuple[Written, ...]:
    """Keep what the categories are counted by, so that no source is read twice.

    Parameters
    ----------
    config
        The job.
    sources
        Table and owner of its rows, by source; None where there is no such source.
    """
    kept = []
    for source, (table, owner) in sources.items():
        names = {column for of, column in _columns(config).values() if of == source}
        if names and table is not None and owner is not None:
            # With a column missing all names are needed to say which one may be meant.
            few = pd.DataFrame(table[sorted(names)]) if names <= set(table) else table
            where = describe(source, getattr(config.inputs, source))
            kept.append(Written(source, where, few, owner))
    return tuple(kept)


def read_categories(
    config: "Config",
    units: gpd.GeoDataFrame | None,
    division: Division | None,
    written: Sequence[Written],
    notes: Notes,
) -> Categories | None:
    """Count the categories of ``[workload.categories]`` that stand in the register or the units.

    Parameters
    ----------
    config
        The job.
    units, division
        As read; None where they could not be.
    written
        As of `kept_columns`, before buildings were divided.
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
    tables = {each.source: each for each in written}
    towers = [] if division is None else division.buildings["building_id"].tolist()
    owners = pd.Index([*units["unit_id"], *towers]).unique()
    counts: dict[str, pd.Series] = {}
    read: dict[str, float] = {}
    for source in ("units", "households"):
        columns = {name: column for name, (table, column) in of.items() if table == source}
        if not columns:
            continue
        rows = _rows(columns, tables.get(source), notes)
        if rows is None:
            return None
        by_unit = rows.groupby("owner", sort=False)[list(columns)].sum().reindex(owners)
        for name in columns:
            read[name] = float(rows[name].sum())
            counts[name] = by_unit[name]
    table = pd.DataFrame({name: counts[name] for name in of}).fillna(0.0)
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


def _rows(
    columns: dict[str, str],
    written: Written | None,
    notes: Notes,
) -> pd.DataFrame | None:
    """Rows of one source: ``owner`` (unit id, missing where none), one column per category."""
    if written is None:
        notes.problems.append(
            f"[workload.categories.{min(columns)}] of: there is no register; give one in "
            '[inputs.households], or write of = "units"'
        )
        return None
    return _numbers(written.table, columns, written.where, written.owner, notes)


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
        place, different = pd.factorize(table[column], use_na_sentinel=False)
        text = as_text(pd.Series(different))
        word = text.fillna("").str.casefold()
        flags = np.where(word.isin(YES), 1.0, np.where(word.isin({*NO, ""}), 0.0, np.nan))
        each = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64)
        each = np.where(np.isnan(each), flags, each)
        wrong = ~(np.isfinite(each) & (each >= 0))
        if wrong.any():
            notes.problems.append(
                f'{where}: column "{column}" has {int(wrong[place].sum())} values that are '
                f"neither numbers, 0 or more, nor flags ({some(sorted(set(text[wrong])))}); "
                "mend them"
            )
        found[name] = each[place]
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
