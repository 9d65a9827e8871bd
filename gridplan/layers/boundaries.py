"""Jurisdiction zones and barriers."""

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS

from gridplan.layers.columns import as_text, find_columns
from gridplan.layers.notes import Notes
from gridplan.layers.repair import (
    in_shape_order,
    list_repeated_shapes,
    merge_same_id,
    usable_polygons,
    usable_shapes,
    without_repeats,
)
from gridplan.layers.source import describe, read_features

if TYPE_CHECKING:
    from gridplan.config import Config


def read_zones(config: "Config", name: str, crs: CRS, notes: Notes) -> gpd.GeoDataFrame | None:
    """Read one jurisdiction layer.

    Parameters
    ----------
    config
        The job.
    name
        The layer's name in ``[inputs.zones]``.
    crs
        The project's CRS.
    notes
        Problems and findings are added.

    Returns
    -------
    geopandas.GeoDataFrame or None
        ``zone_id`` and polygons, one row per id, sorted by id; None where the layer is a column
        of the units, or a problem was noted.
    """
    section = config.inputs.zones[name]
    if section.id is None:
        return None
    frame = read_features(f"zones.{name}", section, crs, notes)
    where = describe(f"zones.{name}", section)
    if frame is None or not find_columns(frame, f"zones.{name}", where, {"id": section.id}, notes):
        return None
    table = in_shape_order(
        gpd.GeoDataFrame(
            {"zone_id": as_text(frame[section.id])},
            geometry=frame.geometry.to_numpy(),
            crs=frame.crs,
        )
    )
    nameless = table["zone_id"].isna()
    if nameless.any():
        notes.warn(
            "zone-without-id",
            f"{where}: {int(nameless.sum())} features without an id are left out; "
            f'fill column "{section.id}"',
            name,
            value=float(nameless.sum()),
        )
    table = table[~nameless].sort_values("zone_id", kind="stable", ignore_index=True)
    table = without_repeats(table, name, "zone_id", notes)
    usable = usable_polygons(table, name, "zone_id", notes.findings)
    zones = merge_same_id(usable, "zone_id")
    list_repeated_shapes(zones, name, "zone_id", notes.findings)
    return zones


def read_barrier(config: "Config", name: str, crs: CRS, notes: Notes) -> gpd.GeoDataFrame | None:
    """Read one barrier layer.

    Parameters
    ----------
    config
        The job.
    name
        The layer's name in ``[inputs.barriers]``.
    crs
        The project's CRS.
    notes
        Problems are added, and findings for what is mended or left out.

    Returns
    -------
    geopandas.GeoDataFrame or None
        Lines and polygons, in an order that does not depend on that of the rows.
    """
    section = config.inputs.barriers[name]
    frame = read_features(f"barriers.{name}", section, crs, notes)
    if frame is None:
        return None
    where = describe(f"barriers.{name}", section)
    frame = usable_shapes(frame[["geometry"]], name, notes.findings)
    flat = pd.Series(shapely.get_dimensions(frame.geometry.to_numpy())) < 1
    if flat.any():
        notes.warn(
            "barrier-points",
            f"{where}: {int(flat.sum())} points are left out; a barrier is a line or a polygon",
            name,
            value=float(flat.sum()),
        )
    frame = frame[~flat.to_numpy()]
    if frame.empty:
        hint = "check where = ..." if section.where else "look at the file"
        notes.warn("barrier-empty", f"{where}: no line or polygon is left; {hint}", name, value=0.0)
    return in_shape_order(frame)
