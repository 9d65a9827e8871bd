"""What is attributed to grids and drawn: facilities, institutions, buildings, roads."""

from typing import TYPE_CHECKING

import geopandas as gpd
from pyproj import CRS

from gridplan.layers.columns import find_columns, text_or, unique_ids
from gridplan.layers.notes import Notes
from gridplan.layers.repair import in_shape_order, usable_shapes
from gridplan.layers.source import describe, read_features

if TYPE_CHECKING:
    from gridplan.config import Config

EXTRA_LAYERS = {
    "facilities": "facility_id",
    "institutions": "institution_id",
    "buildings": "building_id",
    "roads": "road_id",
}
"""Layers of objects, and the column that names one of their features."""


def read_objects(config: "Config", name: str, crs: CRS, notes: Notes) -> gpd.GeoDataFrame | None:
    """Read one layer of objects.

    Parameters
    ----------
    config
        The job.
    name
        One of ``EXTRA_LAYERS``.
    crs
        The project's CRS.
    notes
        Problems are added.

    Returns
    -------
    geopandas.GeoDataFrame or None
        The id, ``name`` and ``kind`` ("" where unknown) and geometry, sorted by id. Features
        without an id column are numbered by name, kind and shape, whatever the order of rows.
        None where the layer is not given, or a problem was noted.
    """
    section = getattr(config.inputs, name)
    if section is None:
        return None
    frame = read_features(name, section, crs, notes)
    where = describe(name, section)
    wanted = {key: getattr(section, key) for key in ("id", "name", "kind")}
    if name == "roads" and section.class_:
        wanted["class"] = section.class_
    if frame is None or not find_columns(frame, name, where, wanted, notes):
        return None
    id_column = EXTRA_LAYERS[name]
    table = gpd.GeoDataFrame(
        {
            id_column: text_or(None, frame, wanted["id"]),
            "name": text_or("", frame, wanted["name"]),
            "kind": text_or("", frame, wanted.get("class") or wanted["kind"]),
        },
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    )
    table = usable_shapes(table)
    if not wanted["id"]:
        return _numbered(table, id_column)
    unique_ids(table[id_column], where, wanted["id"], notes.problems)
    return table.sort_values(id_column, kind="stable", ignore_index=True)


def _numbered(table: gpd.GeoDataFrame, id_column: str) -> gpd.GeoDataFrame:
    """Number features by name, kind and shape, so that row order does not matter."""
    table = in_shape_order(table)
    table = table.sort_values(["name", "kind"], kind="stable", ignore_index=True)
    width = max(4, len(str(len(table))))
    table[id_column] = [f"{i:0{width}d}" for i in range(1, len(table) + 1)]
    return table
