"""Basic units with their households."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from gridplan.domain import Finding, Severity
from gridplan.layers.categories import Written, kept_columns
from gridplan.layers.columns import (
    as_text,
    find_columns,
    household_counts,
    some,
    text_or,
    unique_ids,
    whole_numbers,
)
from gridplan.layers.homes import home_codes
from gridplan.layers.mismatch import spot
from gridplan.layers.notes import Notes
from gridplan.layers.register import Counted, count_register
from gridplan.layers.repair import (
    MOST_LISTED,
    in_shape_order,
    list_repeated_ids,
    usable_polygons,
)
from gridplan.layers.source import describe, read_features
from gridplan.layers.spread import spread_totals
from gridplan.layers.stairwells import read_stairwells
from gridplan.layers.tally import Method, Tally
from gridplan.layers.towers import Division, divide_towers

if TYPE_CHECKING:
    from gridplan.config import Config


@dataclass(frozen=True)
class Units:
    """The basic units, and the buildings that were divided into some of them.

    Parameters
    ----------
    table
        Columns as of ``Inputs.units``, sorted by id.
    division
        None where no building was divided.
    written
        Layer and register as they stand, for `read_categories`.
    """

    table: gpd.GeoDataFrame
    division: Division | None = None
    written: tuple[Written, ...] = ()


def read_units(
    config: "Config", communities: gpd.GeoDataFrame | None, crs: CRS, notes: Notes
) -> Units | None:
    """Read the basic units and count their households.

    Parameters
    ----------
    config
        The job.
    communities
        As read; None where they could not be: totals are then not spread, nor towers divided.
    crs
        The project's CRS.
    notes
        Problems, findings and tallies are added.

    Returns
    -------
    Units or None
        None where a problem was noted.
    """
    section = config.inputs.units
    frame = read_features("units", section, crs, notes)
    if frame is None:
        return None
    where = describe("units", section)
    if not find_columns(frame, "units", where, _wanted(config), notes):
        return None
    ids = as_text(frame[section.id])
    unique = unique_ids(ids, where, section.id, notes.problems)
    if not unique:
        _list_repeated(frame, ids, where, notes)
    counted = _counted(config, ids, frame, communities, crs, notes)
    floors = _floors(config, ids, frame, where, notes)
    written = None if section.stairwells is None else frame[section.stairwells]
    stairwells = read_stairwells(config, ids, written, notes)
    if counted is None or floors is None or not unique:
        return None
    notes.tallies.append(counted.tally)
    kept = kept_columns(
        config, {"units": (frame, ids), "households": (counted.table, counted.owner)}
    )
    table = _table(config, ids, frame, counted, floors)
    table = _with_shape(table, communities, where, notes)
    if config.inputs.communities.households is not None and communities is not None:
        home = home_codes(table, communities, config.topology.snap_community_m)
        table = spread_totals(config, table, home, communities, notes)
    table = table.drop(columns="floors")
    if not _somebody(config, table, communities, where, notes):
        return None
    if stairwells is None or communities is None:
        return Units(table, None, kept)
    division = divide_towers(config, table, stairwells, communities, notes)
    return Units(table if division is None else division.units, division, kept)


def _table(
    config: "Config", ids: pd.Series, frame: gpd.GeoDataFrame, counted: Counted, floors: pd.Series
) -> gpd.GeoDataFrame:
    """Put the columns of the units together, sorted by id; ``floors`` are for spreading totals."""
    section, zones = config.inputs.units, config.inputs.zones
    table = gpd.GeoDataFrame(
        {
            "unit_id": ids,
            "households": counted.households,
            "households_method": counted.method.value,
            "households_source": counted.tally.source,
            "community_code": text_or(None, frame, section.community),
            "block_id": text_or(None, frame, section.keep_together),
            **{name: as_text(frame[z.column]) for name, z in zones.items() if z.column},
            "floors": floors,
        },
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    )
    return table.sort_values("unit_id", kind="stable", ignore_index=True)


def _wanted(config: "Config") -> dict[str, str | None]:
    """Columns of the units that the configuration names."""
    section = config.inputs.units
    register = config.inputs.households
    counted = section.households if isinstance(section.households, str) else None
    by_address = register is not None and register.address is not None
    return {
        "id": section.id,
        "households": None if register else counted,
        "community": section.community,
        "keep_together": section.keep_together,
        "address": section.address if by_address else None,
        "floors": section.floors if config.inputs.communities.households else None,
        "stairwells": section.stairwells,
        **{f"zones.{n}.column": z.column for n, z in config.inputs.zones.items() if z.column},
    }


def _counted(
    config: "Config",
    ids: pd.Series,
    frame: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame | None,
    crs: CRS,
    notes: Notes,
) -> Counted | None:
    """Households of every unit, from the register or a column; 0 where only totals are given."""
    section = config.inputs.units
    where, column = describe("units", section), section.households
    register = config.inputs.households
    if register is not None:
        by_address = register.address is not None and section.address is not None
        address = as_text(frame[section.address]) if by_address else None
        units = frame[["geometry"]].assign(unit_id=ids, address=address)
        return count_register(register, units, communities, crs, notes)
    if isinstance(column, str):
        counts = household_counts(frame[column], ids, where, column, notes.problems)
        method = Method.GIVEN
    elif column is None:
        counts, method = pd.Series(0, index=frame.index, dtype="int64"), Method.GIVEN
    else:
        counts, method = pd.Series(column, index=frame.index, dtype="int64"), Method.COUNTED
    if counts is None:
        return None
    return Counted(counts, method, Tally("units", where, int(counts.sum())))


def _floors(
    config: "Config", ids: pd.Series, frame: gpd.GeoDataFrame, where: str, notes: Notes
) -> pd.Series | None:
    column = config.inputs.units.floors
    if column is None or config.inputs.communities.households is None:
        return pd.Series(1, index=frame.index, dtype="int64")
    return whole_numbers(frame[column], ids, where, column, notes.problems, least=0, what="floors")


def _somebody(
    config: "Config",
    table: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame | None,
    where: str,
    notes: Notes,
) -> bool:
    """See that one unit at least has households."""
    if (table["households"] > 0).any():
        return True
    column = config.inputs.units.households
    totals = config.inputs.communities.households
    if totals is not None and communities is None:
        return False  # the problem stands with the communities
    if totals is not None:
        cause = f' (nor does column "{totals}" of the communities give them any)'
    elif config.inputs.households is not None:
        cause = ""
    elif isinstance(column, str):
        cause = f' (column "{column}" is 0 everywhere)'
    else:
        cause = " (the layer is empty)"
    notes.problems.append(
        f"{where}: no unit has a household{cause}; name the column that holds them"
    )
    return False


def _list_repeated(frame: gpd.GeoDataFrame, ids: pd.Series, where: str, notes: Notes) -> None:
    """List the units whose id another has, at their places."""
    again = (ids.duplicated(keep=False) & ids.notna()).to_numpy()
    table = frame[["geometry"]].assign(unit_id=ids)[again]
    table = in_shape_order(table).sort_values("unit_id", kind="stable")[:MOST_LISTED]
    list_repeated_ids(table["unit_id"], table.geometry.to_numpy(), "units", where, notes)


def _list_shapeless(
    lost: gpd.GeoDataFrame, communities: gpd.GeoDataFrame | None, notes: Notes
) -> None:
    """List units with households but no shape, in the community that they name."""
    named = lost["community_code"]
    grounds = {}
    if communities is not None:
        mine = communities[communities["community_code"].isin(named)]
        grounds = dict(zip(mine["community_code"], mine.geometry, strict=True))
    for unit, code, households in list(
        zip(lost["unit_id"], named, lost["households"], strict=True)
    )[:MOST_LISTED]:
        notes.findings.append(
            Finding(
                "shape-missing",
                Severity.ERROR,
                f"unit {unit} with {households} households has no usable shape; draw it",
                layer="units",
                place=str(unit),
                community_code=str(code) if code in grounds else "",
                value=float(households),
                at=spot(grounds[code]) if code in grounds else None,
            )
        )


def _with_shape(
    table: gpd.GeoDataFrame, communities: gpd.GeoDataFrame | None, where: str, notes: Notes
) -> gpd.GeoDataFrame:
    """Keep the units with a usable shape; a household without one is a problem."""
    usable = usable_polygons(table, "units", "unit_id", notes.findings, points_too=True)
    lost = table[~table["unit_id"].isin(usable["unit_id"]) & (table["households"] > 0)]
    if len(lost):
        _list_shapeless(lost, communities, notes)
        notes.problems.append(
            f"{where}: {len(lost)} units with households have no usable shape "
            f"({some(lost['unit_id'])}); draw them, or their {int(lost['households'].sum())} "
            "households would be lost"
        )
    return usable
