"""Basic units with their households."""

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from gridplan.layers.columns import (
    as_text,
    find_columns,
    household_counts,
    some,
    text_or,
    unique_ids,
)
from gridplan.layers.notes import Notes
from gridplan.layers.register import count_register
from gridplan.layers.repair import usable_polygons
from gridplan.layers.source import describe, read_features

if TYPE_CHECKING:
    from gridplan.config import Config


def read_units(config: "Config", crs: CRS, notes: Notes) -> gpd.GeoDataFrame | None:
    """Read the basic units and count their households.

    Parameters
    ----------
    config
        The job.
    crs
        The project's CRS.
    notes
        Problems and findings are added.

    Returns
    -------
    geopandas.GeoDataFrame or None
        Columns as of ``Inputs.units``, sorted by id; None where a problem was noted.
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
    households = _households(config, ids, frame, crs, notes)
    if households is None or not unique:
        return None
    zones = config.inputs.zones
    table = gpd.GeoDataFrame(
        {
            "unit_id": ids,
            "households": households,
            "community_code": text_or(None, frame, section.community),
            "block_id": text_or(None, frame, section.keep_together),
            **{name: as_text(frame[z.column]) for name, z in zones.items() if z.column},
        },
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    )
    table = table.sort_values("unit_id", kind="stable", ignore_index=True)
    return _with_shape(table, where, notes)


def _wanted(config: "Config") -> dict[str, str | None]:
    """Columns of the units that the configuration names."""
    section = config.inputs.units
    counted = section.households if isinstance(section.households, str) else None
    return {
        "id": section.id,
        "households": None if config.inputs.households else counted,
        "community": section.community,
        "keep_together": section.keep_together,
        **{f"zones.{n}.column": z.column for n, z in config.inputs.zones.items() if z.column},
    }


def _households(
    config: "Config", ids: pd.Series, frame: gpd.GeoDataFrame, crs: CRS, notes: Notes
) -> pd.Series | None:
    """Households of every unit, from the register or a column; at least one unit has some."""
    section = config.inputs.units
    where, column = describe("units", section), section.households
    counts: pd.Series | None
    if config.inputs.households is not None:
        counts = count_register(config.inputs.households, ids, frame, crs, notes)
        cause = ""
    elif isinstance(column, str):
        counts = household_counts(frame[column], ids, where, column, notes.problems)
        cause = f' (column "{column}" is 0 everywhere)'
    else:
        counts = pd.Series(1 if column is None else column, index=frame.index, dtype="int64")
        cause = " (the layer is empty)"
    if counts is not None and not (counts > 0).any():
        notes.problems.append(
            f"{where}: no unit has a household{cause}; name the column that holds them"
        )
        return None
    return counts


def _with_shape(table: gpd.GeoDataFrame, where: str, notes: Notes) -> gpd.GeoDataFrame:
    """Keep the units with a usable shape; a household without one is a problem."""
    usable = usable_polygons(table, "units", "unit_id", notes.findings, points_too=True)
    lost = table[~table["unit_id"].isin(usable["unit_id"]) & (table["households"] > 0)]
    if len(lost):
        notes.problems.append(
            f"{where}: {len(lost)} units with households have no usable shape "
            f"({some(lost['unit_id'])}); draw them, or their {int(lost['households'].sum())} "
            "households would be lost"
        )
    return usable
