"""Footprints: the ground that every unit has for itself before anything grows."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.domain import Finding, Severity
from gridplan.topology import Shapes, clean_coverage, polygons_of

OVERLAP_M2 = 1.0
"""Overlaps of two units above this are listed, in square metres."""

SCRAP_M2 = 1.0
"""Detached bits of a footprint smaller than this are debris of the clipping, in square metres."""

DISC_M = 0.25
"""Radius of the footprint that a point is given, in metres; smaller between near neighbours."""

SAME_PLACE_M = 0.1
"""Points nearer than this to each other, or to a footprint, stand on the same ground, in metres."""


def find_footprints(
    units: gpd.GeoDataFrame,
    home: NDArray[np.int64],
    areas: Shapes,
    *,
    tolerance_m: float,
    findings: list[Finding],
) -> Shapes:
    """Cut polygon units free of each other and clip them to their community.

    Parameters
    ----------
    units
        ``unit_id`` (missing for the bare ground of a community without units), ``community_code``
        and polygons or points in metres.
    home
        int64 (n,), position of each unit's community in ``areas``.
    areas
        Communities, a coverage.
    tolerance_m
        Vertices nearer than this are one.
    findings
        One ``unit-overlaps`` per unit that loses ground to others is added.

    Returns
    -------
    numpy.ndarray
        (n,) polygons without overlaps. Where two units overlap the smaller one has the ground.
        Empty for points and where nothing is left.
    """
    shapes = units.geometry.to_numpy()
    footprints = np.full(len(shapes), shapely.Polygon(), dtype=object)
    bare = units["unit_id"].isna().to_numpy()
    footprints[bare] = areas[home[bare]]
    solid = np.flatnonzero((shapely.get_dimensions(shapes) == 2) & ~bare)
    if not len(solid):
        return footprints
    given, ground = shapes[solid], areas[home[solid]]
    clean = given.copy()
    if not shapely.coverage_is_valid(given, gap_width=tolerance_m):
        clean = clean_coverage(given, snap_m=tolerance_m, gap_m=0.0, overlaps_to="min_area")
        _list_overlaps(units.iloc[solid], given, clean, findings)
    shapely.prepare(areas)
    crossing = ~shapely.covers(ground, clean)
    clean[crossing] = shapely.intersection(clean[crossing], ground[crossing])
    footprints[solid] = _without_scraps(polygons_of(clean), tolerance_m)
    return footprints


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


def _list_overlaps(
    units: gpd.GeoDataFrame, given: Shapes, clean: Shapes, findings: list[Finding]
) -> None:
    lost = shapely.area(given) - shapely.area(clean)
    ids, homes = units["unit_id"].to_numpy(), units["community_code"].to_numpy()
    for i in np.flatnonzero(lost > OVERLAP_M2):
        findings.append(
            Finding(
                "unit-overlaps",
                Severity.REPAIRED,
                f"unit {ids[i]} overlaps its neighbours; {lost[i]:.1f} m² of it went to them",
                layer="units",
                place=str(ids[i]),
                community_code=str(homes[i]),
                value=round(float(lost[i]), 2),
                limit=OVERLAP_M2,
            )
        )


def find_hosts(
    footprints: Shapes, shapes: Shapes, home: NDArray[np.int64], areas: Shapes
) -> NDArray[np.int64]:
    """Find for every unit the unit whose ground it stands on; itself for nearly all.

    A point inside a footprint, several points at one place, or a unit with no ground left in its
    community stand on another unit's ground. Every other unit without a footprint gets a small
    disc as its footprint.

    Parameters
    ----------
    footprints
        (n,) polygons as of ``find_footprints``; the discs are written into it.
    shapes
        (n,) units as given.
    home
        int64 (n,), position of each unit's community in ``areas``.
    areas
        Communities.

    Returns
    -------
    numpy.ndarray
        int64 (n,), position of the host.
    """
    host = np.arange(len(shapes))
    bare = np.flatnonzero(shapely.is_empty(footprints))
    if not len(bare):
        return host
    spots = _spots(shapes[bare], areas[home[bare]])
    on = _on_footprint(spots, home[bare], footprints, home)
    host[bare] = np.where(on >= 0, on, bare)
    free = np.flatnonzero(on < 0)
    first = _same_place(spots[free], home[bare[free]])
    host[bare[free]] = bare[free[first]]
    own = free[first == np.arange(len(free))]
    footprints[bare[own]] = _discs(spots[own], footprints, areas[home[bare[own]]])
    return host


def _spots(shapes: Shapes, ground: Shapes) -> Shapes:
    """One place for every unit, moved to the border where it lies outside its community."""
    spots: Shapes = shapely.point_on_surface(shapes)
    away = ~shapely.intersects(spots, ground)
    lines = shapely.shortest_line(ground[away], spots[away])
    spots[away] = shapely.get_point(lines, 0)
    return spots


def _on_footprint(
    spots: Shapes, spot_home: NDArray[np.int64], footprints: Shapes, home: NDArray[np.int64]
) -> NDArray[np.int64]:
    """First unit of the same community whose footprint is under each spot; -1 where none is."""
    solid = np.flatnonzero(~shapely.is_empty(footprints))
    spot, hit = shapely.STRtree(footprints[solid]).query(
        spots, predicate="dwithin", distance=SAME_PLACE_M
    )
    same = spot_home[spot] == home[solid[hit]]
    found = pd.Series(solid[hit[same]], index=spot[same], dtype="int64").groupby(level=0).min()
    return found.reindex(range(len(spots)), fill_value=-1).to_numpy()


def _same_place(spots: Shapes, home: NDArray[np.int64]) -> NDArray[np.int64]:
    """First spot of the same community that lies at the same place as each spot."""
    a, b = shapely.STRtree(spots).query(spots, predicate="dwithin", distance=SAME_PLACE_M)
    near = (a < b) & (home[a] == home[b])
    first = np.arange(len(spots))
    places = nx.Graph(zip(a[near].tolist(), b[near].tolist(), strict=True))
    for place in nx.connected_components(places):
        first[list(place)] = min(place)
    return first


def _discs(spots: Shapes, footprints: Shapes, ground: Shapes) -> Shapes:
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
    crossing = ~shapely.covers(ground, discs)
    discs[crossing] = shapely.intersection(discs[crossing], ground[crossing])
    return polygons_of(discs)
