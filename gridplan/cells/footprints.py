"""Footprints: the ground that every unit has for itself before anything grows."""

from typing import NamedTuple

import networkx as nx
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.topology import Shapes, clean_coverage, polygons_of

SCRAP_M2 = 1.0
"""Detached bits of a footprint smaller than this are debris of the clipping, in square metres."""

DISC_M = 0.25
"""Radius of the footprint that a point is given, in metres; smaller between near neighbours."""

SAME_PLACE_M = 0.1
"""Points nearer than this to each other, or to a footprint, stand on the same ground, in metres."""


class Footprints(NamedTuple):
    """Ground of the units of one community, without overlaps.

    Parameters
    ----------
    shapes
        (n,) polygons; empty for points and where nothing is left.
    lost_m2
        float64 (n,), ground that each unit lost to others of its community.
    beyond
        bool (n,), whether a unit reached beyond its community.
    """

    shapes: Shapes
    lost_m2: NDArray[np.float64]
    beyond: NDArray[np.bool_]


def find_footprints(
    shapes: Shapes, bare: NDArray[np.bool_], area: shapely.Geometry, *, tolerance_m: float
) -> Footprints:
    """Cut the polygon units of one community free of each other and clip them to it.

    Where two units overlap the smaller one has the ground.

    Parameters
    ----------
    shapes
        (n,) polygons or points in metres.
    bare
        bool (n,), what is no unit but the bare ground of a community without any.
    area
        The community.
    tolerance_m
        Vertices nearer than this are one.
    """
    footprints = np.full(len(shapes), shapely.Polygon(), dtype=object)
    footprints[bare] = area
    lost_m2, beyond = np.zeros(len(shapes)), np.zeros(len(shapes), dtype=bool)
    solid = np.flatnonzero((shapely.get_dimensions(shapes) == 2) & ~bare)
    if not len(solid):
        return Footprints(footprints, lost_m2, beyond)
    clean = shapes[solid]
    if not shapely.coverage_is_valid(clean, gap_width=tolerance_m):
        clean = clean_coverage(clean, snap_m=tolerance_m, gap_m=0.0, overlaps_to="min_area")
        lost_m2[solid] = shapely.area(shapes[solid]) - shapely.area(clean)
    shapely.prepare(area)
    crossing = ~shapely.covers(area, clean)
    clean[crossing] = shapely.intersection(clean[crossing], area)
    footprints[solid] = _without_scraps(polygons_of(clean), tolerance_m)
    beyond[solid] = crossing
    return Footprints(footprints, lost_m2, beyond)


def lost_across(
    shapes: Shapes, home: NDArray[np.int64], areas: Shapes, beyond: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Measure the ground beyond their own community on which units of another one stand.

    Parameters
    ----------
    shapes
        (n,) units as given.
    home
        int64 (n,), position of each unit's community in ``areas``.
    areas
        Communities.
    beyond
        int64 (k,), the units that reach beyond their community.

    Returns
    -------
    numpy.ndarray
        float64 (k,), m2.
    """
    outside = shapely.difference(shapes[beyond], areas[home[beyond]])
    unit, other = shapely.STRtree(shapes).query(outside, predicate="intersects")
    strange = home[other] != home[beyond[unit]]
    unit, other = unit[strange], other[strange]
    kept = shapely.intersection(shapes[other], areas[home[other]])
    common = shapely.area(shapely.intersection(outside[unit], kept))
    return np.bincount(unit, weights=common, minlength=len(beyond)).astype(np.float64)


def _without_scraps(shapes: Shapes, tolerance_m: float) -> Shapes:
    """Drop small detached bits, and what is too thin to survive a clean."""
    result = shapes.copy()
    many = np.flatnonzero(shapely.get_num_geometries(shapes) > 1)
    if len(many):
        parts, owner = shapely.get_parts(shapes[many], return_index=True)
        size = pd.Series(shapely.area(parts))
        largest = size.groupby(owner).transform("max")
        keep = ((size >= SCRAP_M2) | (size == largest)).to_numpy()
        result[many] = polygons_of(
            shapely.multipolygons(parts[keep], indices=owner[keep]), single=True
        )
    small = np.flatnonzero(shapely.area(result) < SCRAP_M2)
    thin = small[shapely.is_empty(shapely.buffer(result[small], -2 * tolerance_m))]
    result[thin] = shapely.Polygon()
    return result


def find_hosts(footprints: Shapes, shapes: Shapes, area: shapely.Geometry) -> NDArray[np.int64]:
    """Find for every unit of a community the unit whose ground it stands on; itself for nearly all.

    A point inside a footprint, several points at one place, or a unit with no ground left in its
    community stand on another unit's ground. Every other unit without a footprint gets a small
    disc as its footprint.

    Parameters
    ----------
    footprints
        (n,) polygons as of ``find_footprints``; the discs are written into it.
    shapes
        (n,) units as given.
    area
        The community.

    Returns
    -------
    numpy.ndarray
        int64 (n,), position of the host.
    """
    host = np.arange(len(shapes))
    bare = np.flatnonzero(shapely.is_empty(footprints))
    if not len(bare):
        return host
    spots = _spots(shapes[bare], area)
    on = _on_footprint(spots, footprints)
    host[bare] = np.where(on >= 0, on, bare)
    free = np.flatnonzero(on < 0)
    first = _same_place(spots[free])
    host[bare[free]] = bare[free[first]]
    own = free[first == np.arange(len(free))]
    footprints[bare[own]] = _discs(spots[own], footprints, area)
    return host


def _spots(shapes: Shapes, area: shapely.Geometry) -> Shapes:
    """One place for every unit, moved to the border where it lies outside its community."""
    spots: Shapes = shapely.point_on_surface(shapes)
    away = ~shapely.intersects(spots, area)
    lines = shapely.shortest_line(area, spots[away])
    spots[away] = shapely.get_point(lines, 0)
    return spots


def _on_footprint(spots: Shapes, footprints: Shapes) -> NDArray[np.int64]:
    """First unit whose footprint is under each spot; -1 where none is."""
    solid = np.flatnonzero(~shapely.is_empty(footprints))
    spot, hit = shapely.STRtree(footprints[solid]).query(
        spots, predicate="dwithin", distance=SAME_PLACE_M
    )
    found = pd.Series(solid[hit], index=spot, dtype="int64").groupby(level=0).min()
    return found.reindex(range(len(spots)), fill_value=-1).to_numpy()


def _same_place(spots: Shapes) -> NDArray[np.int64]:
    """First spot that lies at the same place as each spot."""
    a, b = shapely.STRtree(spots).query(spots, predicate="dwithin", distance=SAME_PLACE_M)
    near = a < b
    first = np.arange(len(spots))
    places = nx.Graph(zip(a[near].tolist(), b[near].tolist(), strict=True))
    for place in nx.connected_components(places):
        first[list(place)] = min(place)
    return first


def _discs(spots: Shapes, footprints: Shapes, area: shapely.Geometry) -> Shapes:
    """Small discs around spots that touch neither each other nor a footprint."""
    radius = np.full(len(spots), DISC_M)
    solid = footprints[~shapely.is_empty(footprints)]
    for others, share, itself in ((spots, 0.45, True), (solid, 0.9, False)):
        (spot, _), metres = shapely.STRtree(others).query_nearest(
            spots,
            max_distance=2 * DISC_M,
            return_distance=True,
            exclusive=itself,
            all_matches=False,
        )
        np.minimum.at(radius, spot, np.maximum(share * metres, 0.01))
    discs = shapely.buffer(spots, radius, quad_segs=4)
    crossing = ~shapely.covers(area, discs)
    discs[crossing] = shapely.intersection(discs[crossing], area)
    return polygons_of(discs)
