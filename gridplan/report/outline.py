"""The outline of a plan in whole tenths of a small picture, for the first page."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridplan.domain import Plan, RangeStatus
from gridplan.maps.palette import map_colours

OUT_OF_RANGE = (RangeStatus.UNDER.value, RangeStatus.OVER.value)
SIZE = 360.0  # of the longer side
GRIDS_MAX = 1_500  # beyond that only those out of range are drawn
COMMUNITIES_MAX = 2_000  # beyond that streets are drawn in their place

Ring = NDArray[np.float64]
"""Corners of a ring, shape (n, 2), y downwards, the first one not repeated."""


@dataclass(frozen=True, eq=False)
class Outline:
    """Rings of communities and grids.

    Parameters
    ----------
    width, height
        Of the picture.
    communities
        Colour and rings of each, neighbours in different colours; of streets where communities are
        too many to see.
    grids
        Rings of all grids; none where they are too many to see.
    out
        Code and rings of grids out of range.
    """

    width: float
    height: float
    communities: tuple[tuple[str, tuple[Ring, ...]], ...]
    grids: tuple[Ring, ...]
    out: tuple[tuple[str, tuple[Ring, ...]], ...]


def outline_of(plan: Plan) -> Outline:
    """Simplify a plan to what a small picture can show; borders that two share stay alike."""
    communities = plan.communities.sort_values("community_code", kind="stable")
    if len(communities) > COMMUNITIES_MAX:
        communities = plan.streets.sort_values("street_code", kind="stable")
    west, south, east, north = np.asarray(communities.total_bounds, dtype=float).tolist()
    scale = SIZE / max(east - west, north - south, 1.0)
    place = (west, north, scale)
    colours = map_colours(np.asarray(communities.geometry.array, dtype=object))
    grids = plan.grids.sort_values("grid_code", kind="stable").reset_index(drop=True)
    rings = _rings(grids, place)
    bad = np.asarray(grids["range_status"].isin(OUT_OF_RANGE), dtype=bool)
    shown = len(grids) <= GRIDS_MAX
    return Outline(
        (east - west) * scale,
        (north - south) * scale,
        tuple(zip(colours, _rings(communities, place), strict=True)),
        tuple(ring for own in rings for ring in own) if shown else (),
        tuple(
            (str(code), own)
            for code, own, out in zip(grids["grid_code"], rings, bad, strict=True)
            if out
        ),
    )


def _rings(layer: gpd.GeoDataFrame, place: tuple[float, float, float]) -> list[tuple[Ring, ...]]:
    shapes = np.asarray(layer.geometry.array, dtype=object)
    # Holes turn the other way than what they are in, so that fills and hatches leave them out.
    thin = shapely.orient_polygons(shapely.coverage_simplify(shapes, 0.5 / place[2]))
    return [tuple(_ring(ring, place) for ring in _borders(shape)) for shape in thin]


def _borders(shape: shapely.Geometry) -> list[shapely.Geometry]:
    polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return [ring for part in polygons for ring in (part.exterior, *part.interiors)]


def _ring(ring: shapely.Geometry, place: tuple[float, float, float]) -> Ring:
    west, north, scale = place
    xy = (shapely.get_coordinates(ring)[:-1] - (west, north)) * (scale, -scale)
    return np.asarray(np.rint(xy * 10) / 10 + 0.0, dtype=np.float64)
