"""What is attributed to grids: facilities, institutions, buildings, public spaces, roads."""

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS

from gridplan.domain import Finding, Severity
from gridplan.layers.columns import find_columns, nearest, text_or, unique_ids
from gridplan.layers.filters import FilterError, select
from gridplan.layers.institutions import TRAITS, add_traits
from gridplan.layers.mismatch import spot
from gridplan.layers.notes import Notes
from gridplan.layers.repair import in_shape_order, usable_shapes
from gridplan.layers.source import describe, read_features

if TYPE_CHECKING:
    from gridplan.config import Config

EXTRA_LAYERS = {
    "facilities": "facility_id",
    "institutions": "institution_id",
    "buildings": "building_id",
    "public_spaces": "public_space_id",
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
        Problems are added, and findings for what is mended or left out.

    Returns
    -------
    geopandas.GeoDataFrame or None
        The id, ``name`` and ``kind`` ("" where unknown) and geometry, sorted by id; roads have
        ``bridge`` (bool) besides where the configuration tells bridges by a filter, institutions
        what ``add_traits`` adds. Features
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
    if name == "institutions":
        wanted |= {key: getattr(section, key) for key in TRAITS}
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
    if name == "roads" and section.bridges:
        try:
            table["bridge"] = select(frame, section.bridges)
        except FilterError as err:
            notes.problems.append(f"{where}: bridges = {section.bridges!r}: {err}")
            return None
    if name == "institutions" and not add_traits(table, frame, section, where, notes):
        return None
    table = usable_shapes(table, name, notes.findings, id_column if wanted["id"] else None)
    table = _lines_only(table, name, where, notes)
    if not wanted["id"]:
        table = _numbered(table, id_column)
    else:
        unique_ids(table[id_column], where, wanted["id"], notes.problems)
        table = table.sort_values(id_column, kind="stable", ignore_index=True)
    if name == "institutions":
        _note_unknown(table[id_column], config, notes)
    return table


def _note_unknown(ids: pd.Series, config: "Config", notes: Notes) -> None:
    """Note overrides of institutions that the layer does not have."""
    for place in sorted(set(config.institutions.overrides) - set(ids)):
        notes.problems.append(
            f"[institutions.overrides.{place}]: no institution has this id; {nearest(place, ids)}"
        )


def _lines_only(table: gpd.GeoDataFrame, name: str, where: str, notes: Notes) -> gpd.GeoDataFrame:
    """Leave out roads that are no lines: their metres in a grid cannot be measured."""
    line = shapely.get_dimensions(table.geometry.to_numpy()) == 1
    if name != "roads" or line.all():
        return table
    first = in_shape_order(table[~line]).geometry.iloc[0]
    notes.findings.append(
        Finding(
            "road-not-line",
            Severity.WARNING,
            f"{where}: {int((~line).sum())} features are no lines and are left out; give the "
            "middle lines of the roads",
            layer="roads",
            value=float((~line).sum()),
            at=spot(first),
        )
    )
    return table[line].reset_index(drop=True)


def _numbered(table: gpd.GeoDataFrame, id_column: str) -> gpd.GeoDataFrame:
    """Number features by name, kind and shape, so that row order does not matter."""
    table = in_shape_order(table)
    table = table.sort_values(["name", "kind"], kind="stable", ignore_index=True)
    width = max(4, len(str(len(table))))
    table[id_column] = [f"{i:0{width}d}" for i in range(1, len(table) + 1)]
    return table
