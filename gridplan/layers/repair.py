"""Mend the geometry of one layer as it comes in; every mend and every loss is a finding."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.domain import Finding, Severity
from gridplan.layers.columns import some

_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)

Shapes = NDArray[np.object_]


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
    shapes = _simple_points(frame.geometry.to_numpy())
    present = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    bad = present & ~shapely.is_valid(shapes)
    if bad.any():
        mended = _valid_polygons(shapes[bad])
        # Rings that turn the wrong way around their shell count as negative area.
        moved = np.abs(shapely.area(mended) - np.abs(shapely.area(shapes[bad])))
        _list_mended(role, frame[id_column].to_numpy()[bad], moved, findings)
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


def _simple_points(shapes: Shapes) -> Shapes:
    """Copy the shapes, with every multipoint of one point as that point."""
    shapes = shapes.copy()
    alone = shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOINT
    alone &= shapely.get_num_geometries(shapes) == 1
    shapes[alone] = shapely.get_geometry(shapes[alone], 0)
    return shapes


def _list_mended(
    role: str, places: Shapes, moved: NDArray[np.float64], findings: list[Finding]
) -> None:
    for place, area in zip(places, moved, strict=True):
        findings.append(
            Finding(
                "ring-repaired",
                Severity.REPAIRED,
                f"{role} {place}: rings that cross or lie wrongly were rebuilt; "
                f"its area changed by {area:.1f} m²",
                layer=role,
                place=str(place),
                value=float(area),
            )
        )


def usable_shapes(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Drop features without geometry from a layer that is only drawn or measured along.

    Polygons with wrong rings are rebuilt, so that nothing later stumbles over them.
    """
    shapes = frame.geometry.to_numpy().copy()
    bad = ~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)
    bad &= shapely.get_dimensions(shapes) == 2
    shapes[bad] = _valid_polygons(shapes[bad])
    keep = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return frame.set_geometry(shapes, crs=frame.crs)[keep].reset_index(drop=True)


def in_shape_order(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Sort features by their coordinates, an order that does not depend on that of the rows."""
    keys = pd.Series(shapely.to_wkb(frame.geometry.to_numpy(), output_dimension=2), dtype=object)
    order = keys.map(lambda key: key or b"").sort_values(kind="stable").index
    return frame.iloc[order.to_numpy()].reset_index(drop=True)


def merge_same_id(frame: gpd.GeoDataFrame, id_column: str) -> gpd.GeoDataFrame:
    """Join the polygons of a zone that come as several features into one multipart zone."""
    if not frame[id_column].duplicated().any():
        return frame
    merged = frame.dissolve(id_column, as_index=False, sort=True)
    return merged[[id_column, "geometry"]]


def _valid_polygons(shapes: Shapes) -> Shapes:
    """Rebuild rings and keep the polygonal parts of each shape."""
    mended = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    loose = _has_loose_holes(shapes)
    # A "hole" outside its shell is a part of its own, written wrongly; it must not be lost.
    mended[loose] = shapely.make_valid(shapes[loose], method="linework")
    result = np.full(len(shapes), shapely.Polygon(), dtype=object)
    parts, owner = shapely.get_parts(mended, return_index=True)
    parts, index = shapely.get_parts(parts, return_index=True)
    owner = owner[index]
    keep = np.isin(shapely.get_type_id(parts), _POLYGONAL)
    for at in np.unique(owner[keep]):
        result[at] = shapely.union_all(parts[keep & (owner == at)])
    return result


def _has_loose_holes(shapes: Shapes) -> NDArray[np.bool_]:
    """Whether a hole of a polygon lies mostly outside the polygon's shell."""
    loose = np.zeros(len(shapes), dtype=bool)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    holed = shapely.get_num_interior_rings(parts) > 0
    for part, at in zip(parts[holed], owner[holed], strict=True):
        shell = shapely.make_valid(shapely.Polygon(part.exterior))
        holes = shapely.make_valid(shapely.polygons(list(part.interiors)))
        inside = shapely.area(shapely.intersection(holes, shell))
        loose[at] |= bool((inside < 0.5 * shapely.area(holes)).any())
    return loose
