"""Mend the geometry of one layer as it comes in; every mend and every loss is a finding."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan.domain import Finding, Severity
from gridplan.layers.columns import some

_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def usable_polygons(
    frame: gpd.GeoDataFrame,
    role: str,
    id_column: str,
    findings: list[Finding],
    *,
    points_too: bool = False,
) -> gpd.GeoDataFrame:
    """Make rings valid and drop features without a usable shape.

    Parameters
    ----------
    frame
        Layer with ``id_column`` and geometry in metres.
    role
        Layer name for the findings.
    id_column
        Column that names a feature.
    findings
        One entry per mended or dropped feature group is added.
    points_too
        Whether points are usable as they are.

    Returns
    -------
    geopandas.GeoDataFrame
        Same columns; polygons only (or points where allowed), each valid.
    """
    shapes = frame.geometry.to_numpy()
    present = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    bad = present & ~shapely.is_valid(shapes)
    if bad.any():
        before = shapely.area(shapes[bad])
        mended = _polygons_of(
            shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
        )
        moved = np.abs(shapely.area(mended) - before)
        for place, metres in zip(frame[id_column].to_numpy()[bad], moved, strict=True):
            findings.append(
                Finding(
                    "ring-repaired",
                    Severity.REPAIRED,
                    f"{role} {place}: rings that cross or lie wrongly were rebuilt; "
                    f"its area changed by {metres:.1f} m²",
                    layer=role,
                    place=str(place),
                    value=float(metres),
                )
            )
        shapes = shapes.copy()
        shapes[bad] = mended
    kinds = shapely.get_type_id(shapes)
    good = present & np.isin(kinds, _POLYGONAL) & ~shapely.is_empty(shapes)
    if points_too:
        good |= present & (kinds == shapely.GeometryType.POINT)
    dropped = frame[id_column][~good]
    if len(dropped):
        findings.append(
            Finding(
                "shape-unusable",
                Severity.WARNING,
                f"{role}: {len(dropped)} features without a usable shape are left out "
                f"({some(dropped)}); draw them or delete them",
                layer=role,
                place=str(dropped.iloc[0]),
                value=float(len(dropped)),
            )
        )
    return frame.set_geometry(shapes, crs=frame.crs)[good].reset_index(drop=True)


def usable_shapes(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Drop features without geometry from a layer that is only drawn or measured along."""
    shapes = frame.geometry
    return frame[~(shapes.isna() | shapes.is_empty)].reset_index(drop=True)


def merge_same_id(frame: gpd.GeoDataFrame, id_column: str) -> gpd.GeoDataFrame:
    """Join the polygons of a zone that come as several features into one multipart zone."""
    if not frame[id_column].duplicated().any():
        return frame
    return frame.dissolve(id_column, as_index=False, sort=True)


def _polygons_of(shapes: np.ndarray) -> np.ndarray:
    """Keep the polygonal parts of each shape."""
    mixed = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    if not mixed.any():
        return shapes
    parts, owner = shapely.get_parts(shapes[mixed], return_index=True)
    keep = np.isin(shapely.get_type_id(parts), _POLYGONAL)
    grouped = (
        pd.Series(parts[keep]).groupby(owner[keep]).agg(lambda p: shapely.union_all(p.to_numpy()))
    )
    result = shapes.copy()
    rebuilt = np.array([shapely.Polygon()] * int(mixed.sum()), dtype=object)
    rebuilt[grouped.index.to_numpy()] = grouped.to_numpy()
    result[mixed] = rebuilt
    return result
