"""How the gaps of one community are shared: faces between lines, Voronoi regions within them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.cells.regions import voronoi_regions
from gridplan.topology import Shapes

POINT_SPACING_M = 3.0
"""Distance of the points on an outline from which cells grow, in metres."""

FAR_SPACING_M = 6.0
"""The same where they grow into a face that nobody stands in, in metres."""

SIMPLIFY_M, FAR_SIMPLIFY_M = 0.5, 1.0
"""Size of the bends that are taken out of grown borders, there and elsewhere, in metres."""

CORNER_M = 0.5
"""Distance from a corner that two units share to the first point on either side, in metres."""

PROBE_M = 20.0
"""Distance of the points at which an empty face looks for units around it, in metres."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Outline:
    """Points along the outlines of the units of one community, where they face a gap.

    Parameters
    ----------
    xy
        float64 (k, 2), in metres.
    unit
        int64 (k,), ascending: the unit that each point belongs to.
    """

    xy: Floats
    unit: Ints

    def of(self, keep: Ints | NDArray[np.bool_]) -> "Outline":
        """Keep some of the points, in their order."""
        return Outline(self.xy[keep], self.unit[keep])


@dataclass(frozen=True)
class Edges:
    """Edges of the units of one community that no other unit has.

    Parameters
    ----------
    start, end
        float64 (k, 2), in metres.
    unit
        int64 (k,), ascending: the unit that each edge belongs to.
    """

    start: Floats
    end: Floats
    unit: Ints


def outline_points(edges: Edges, spacing_m: float) -> Outline:
    """Find the points from which the cells of one community grow.

    Parameters
    ----------
    edges
        Of its units.
    spacing_m
        Largest distance of two points on an edge, in metres.

    Returns
    -------
    Outline
        Points along every edge. Where two units meet, neither has the corner,
        and both a point equally far from it, so that their border begins exactly there.
    """
    if not len(edges.unit):
        return Outline(edges.start, edges.unit)
    run = edges.end - edges.start
    metres = np.maximum(np.hypot(*run.T), 1e-9)
    edge, share = _steps(metres, spacing_m)
    after, before = _meeting_corners(edges)
    near = np.minimum(CORNER_M, metres / 3) / metres
    edge = np.r_[edge, np.flatnonzero(after), np.flatnonzero(before)]
    share = np.r_[share, near[after], 1 - near[before]]
    xy = (edges.start[edge] + share[:, None] * run[edge]).round(3)
    unit = edges.unit[edge]
    place = _places(xy)
    order = np.lexsort((place, unit))
    xy, unit, place = xy[order], unit[order], place[order]
    first = np.r_[True, (place[1:] != place[:-1]) | (unit[1:] != unit[:-1])]
    xy, unit = xy[first], unit[first]
    alone = ~_repeated(place[first])
    return Outline(xy[alone], unit[alone])


def _places(xy: Floats) -> Ints:
    """One number for every millimetre, ascending by x, then by y."""
    steps: Ints = np.rint((xy - xy.min(axis=0)) * 1000).astype(np.int64)
    return steps[:, 0] << 32 | steps[:, 1]


def _repeated(place: Ints) -> NDArray[np.bool_]:
    """Tell which places stand there more than once."""
    order = np.argsort(place, kind="stable")
    same = place[order][1:] == place[order][:-1]
    repeated = np.zeros(len(place), dtype=bool)
    repeated[order] = np.r_[same, False] | np.r_[False, same]
    return repeated


def _steps(metres: Floats, spacing_m: float) -> tuple[Ints, Floats]:
    """Both ends of every edge and points evenly between: the edge, and the share of its length."""
    steps = np.maximum(np.ceil(metres / spacing_m), 1).astype(np.int64)
    edge = np.repeat(np.arange(len(metres)), steps + 1)
    first = np.cumsum(steps + 1) - steps - 1
    return edge, (np.arange(len(edge)) - first[edge]) / steps[edge]


def _meeting_corners(edges: Edges) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which edges start, and which end, at a corner that two units have."""
    place, unit = _places(np.r_[edges.start, edges.end].round(3)), np.tile(edges.unit, 2)
    order = np.lexsort((unit, place))
    place, unit = place[order], unit[order]
    first = np.searchsorted(place, place)
    last = np.searchsorted(place, place, side="right") - 1
    meets = np.empty(len(unit), dtype=bool)
    meets[order] = unit[first] < unit[last]
    return meets[: len(edges.unit)], meets[len(edges.unit) :]


def share_gaps(
    area: shapely.Geometry, footprints: Shapes, edges: Edges, lines: Shapes
) -> tuple[Shapes, Ints, NDArray[np.bool_]]:
    """Share the ground of one community between its units.

    Parameters
    ----------
    area
        The community.
    footprints
        (n,) polygons inside it.
    edges
        Their edges that face a gap, ``unit`` counting in ``footprints``.
    lines
        Lines that no grown cell crosses.

    Returns
    -------
    pieces : numpy.ndarray
        Polygons of the gaps; with the footprints they tile the community.
    unit : numpy.ndarray
        int64, the unit of each piece, -1 where there is none.
    within : numpy.ndarray
        bool (n,), footprints that a piece of their unit holds already.
    """
    outline = outline_points(edges, POINT_SPACING_M)
    faces = _faces(area, lines)
    resident = _residents(outline, faces, footprints)
    order = np.argsort(resident[outline.unit], kind="stable")
    ends = np.searchsorted(resident[outline.unit[order]], np.arange(len(faces) + 1))
    empty = np.flatnonzero(np.diff(ends) == 0)
    settled = [_divide(faces, outline.of(order[ends[0] :]), resident)]
    if len(empty):
        settled.append(_divide_empty(faces[empty], outline_points(edges, FAR_SPACING_M)))
    regions = np.concatenate([region for region, _ in settled])
    unit = np.concatenate([who for _, who in settled])
    pieces, within = _without(regions, unit, footprints)
    keep = ~shapely.is_empty(pieces)
    return pieces[keep], unit[keep], within


def _faces(area: shapely.Geometry, lines: Shapes) -> Shapes:
    """Cut the ground of a community along the lines."""
    if not len(lines):
        return np.array([area], dtype=object)
    inside = shapely.intersection(lines, area)
    network = shapely.union_all(np.r_[inside, [shapely.boundary(area)]])
    faces: Shapes = shapely.get_parts(shapely.polygonize([network]))
    shapely.prepare(area)
    inner: NDArray[np.bool_] = shapely.intersects(area, shapely.point_on_surface(faces))
    kept: Shapes = faces[inner]
    return kept


def _residents(outline: Outline, faces: Shapes, footprints: Shapes) -> Ints:
    """Face in which each unit stands: the one with most of its outline points."""
    if len(faces) == 1:
        return np.zeros(len(footprints), dtype=np.int64)
    resident = np.full(len(footprints), -1, dtype=np.int64)
    unit, face = shapely.STRtree(faces).query(footprints, predicate="covered_by")
    resident[unit[::-1]] = face[::-1]
    # The few that a line runs through.
    spot = np.flatnonzero(resident[outline.unit] < 0)
    if not len(spot):
        return resident
    place, face = shapely.STRtree(faces).query(
        shapely.points(outline.xy[spot]), predicate="intersects"
    )
    table = pd.DataFrame({"unit": outline.unit[spot[place]], "face": face})
    table = table.value_counts().reset_index()
    table = table.sort_values(["unit", "count", "face"], ascending=[True, False, True])
    best = table.drop_duplicates("unit")
    resident[best["unit"].to_numpy()] = best["face"].to_numpy()
    return resident


def _divide(faces: Shapes, outline: Outline, resident: Ints) -> tuple[Shapes, Ints]:
    """Share every face among the units that stand in it, each taking what is nearest."""
    face = resident[outline.unit]
    regions, unit, face = voronoi_regions(faces, outline.xy, outline.unit, face, SIMPLIFY_M)
    shapely.prepare(faces)
    crossing = ~shapely.covers(faces[face], regions)
    regions[crossing] = shapely.intersection(regions[crossing], faces[face[crossing]])
    return regions, unit


def _divide_empty(faces: Shapes, outline: Outline) -> tuple[Shapes, Ints]:
    """Share the faces where no unit stands (a park, a river) among the units around them."""
    if not len(outline.unit):
        return faces, np.full(len(faces), -1)
    near = outline.of(_around(faces, outline))
    ground = shapely.union_all(faces)
    one = np.zeros(len(near.unit), dtype=np.int64)
    regions, unit, _ = voronoi_regions(np.array([ground]), near.xy, near.unit, one, FAR_SIMPLIFY_M)
    face, region = shapely.STRtree(regions).query(faces, predicate="intersects")
    pieces = shapely.intersection(faces[face], regions[region])
    keep = shapely.area(pieces) > 0
    return pieces[keep], unit[region[keep]]


def _around(faces: Shapes, outline: Outline) -> NDArray[np.bool_]:
    """Tell which outline points may be the nearest one to any place in the faces."""
    tree = shapely.STRtree(shapely.points(outline.xy))
    probes, face = shapely.get_coordinates(shapely.segmentize(faces, PROBE_M), return_index=True)
    (probe, _), metres = tree.query_nearest(
        shapely.points(probes), return_distance=True, all_matches=False
    )
    reach = np.zeros(len(faces))
    np.maximum.at(reach, face[probe], metres)
    # No place in a face is farther from its border than the radius of a circle of its area.
    reach += np.sqrt(shapely.area(faces) / np.pi) + PROBE_M
    _, near = tree.query(faces, predicate="dwithin", distance=reach)
    found = np.zeros(len(outline.unit), dtype=bool)
    found[near] = True
    return found


def _without(regions: Shapes, unit: Ints, footprints: Shapes) -> tuple[Shapes, NDArray[np.bool_]]:
    """Take the footprints out of the regions, but where a region meets and holds its own alone."""
    region, footprint = shapely.STRtree(footprints).query(regions, predicate="intersects")
    lone = np.flatnonzero(
        (np.bincount(region, minlength=len(regions))[region] == 1) & (unit[region] == footprint)
    )
    held = lone[shapely.covers(regions[region[lone]], footprints[footprint[lone]])]
    within = np.zeros(len(footprints), dtype=bool)
    within[footprint[held]] = True
    region, footprint = np.delete(region, held), np.delete(footprint, held)
    order = np.lexsort((footprint, region))
    region, footprint = region[order], footprint[order]
    parts, at = shapely.get_parts(footprints[footprint], return_index=True)
    meets, group = np.unique(region[at], return_inverse=True)
    result = regions.copy()
    result[meets] = shapely.difference(regions[meets], shapely.multipolygons(parts, indices=group))
    return result, within
