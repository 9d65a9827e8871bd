"""Voronoi regions of the units around a gap, from the points on their outlines.

The diagram of all points is never made: most of its borders lie between two points of one unit and
would be dissolved again. A triangulation tells which points of different units are neighbours, and
the borders between those alone are strung to rings.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from gridplan.topology import Shapes

SPREADS_M = (1e-3, 1e-2, 5e-2)
"""How far outline points are scattered, in metres; the next one where a diagram fails."""

FRAME = 16.0
"""Distance of the three points around all others, in sizes of the ground that is shared."""

_AROUND = np.array([[0.96, 0.28], [-0.72, 0.69], [-0.24, -0.97]])
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93], dtype=np.uint64)
_HALF = np.uint64(32)
_LOW = np.uint64(2**32 - 1)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def voronoi_regions(
    areas: Shapes, xy: Floats, unit: Ints, area: Ints, bends_m: float
) -> tuple[Shapes, Ints, Ints]:
    """Find what is nearest to each unit in several areas, with small bends taken out of borders.

    Parameters
    ----------
    areas
        (n,) ground to share, each on its own; the regions reach beyond it.
    xy
        float64 (k, 2), points of the units in metres, every place once in an area.
    unit, area
        int64 (k,): the unit and the area of each point, ascending by area, then by unit.
    bends_m
        Size of the bends that are taken out, in metres.

    Returns
    -------
    regions : numpy.ndarray
        Polygons; those of an area match vertex for vertex. A unit alone in an area has all of it.
    unit, area : numpy.ndarray
        int64, of each region, ascending by area, then by unit.
    """
    if not len(unit):
        return np.empty(0, dtype=object), unit, area
    new = np.r_[True, (unit[1:] != unit[:-1]) | (area[1:] != area[:-1])]
    who, first = np.cumsum(new) - 1, np.flatnonzero(new)
    home = area[first]
    regions = areas[home]
    crowd = np.flatnonzero(np.bincount(home, minlength=len(areas)) > 1)
    runs = [slice(*np.searchsorted(area, [i, i + 1])) for i in crowd]
    shaken = xy + SPREADS_M[0] * _scatter(xy)
    strung = _strung(areas[crowd], [shaken[r] for r in runs], [who[r] for r in runs], len(first))
    for i, run in zip(crowd, runs, strict=True):
        own = slice(who[run.start], who[run.stop - 1] + 1)
        shapes = strung[own]
        if shapely.is_missing(shapes).any():
            starts = np.searchsorted(who[run], np.arange(own.start + 1, own.stop))
            shapes = _dissolved(areas[i], xy[run], starts)
        regions[own] = shapely.coverage_simplify(shapes, bends_m, simplify_boundary=False)
    return regions, unit[first], home


def _strung(areas: Shapes, xy: list[Floats], who: list[Ints], count: int) -> Shapes:
    """Regions of ``count`` units from triangulations; None where there is no sound one."""
    meshes = [_mesh(area, places) for area, places in zip(areas, xy, strict=True)]
    sound = [i for i, mesh in enumerate(meshes) if mesh is not None]
    if not sound:
        return np.full(count, None, dtype=object)
    places, corners, centres = zip(*(mesh for mesh in meshes if mesh is not None), strict=True)
    begin = np.cumsum([0, *(len(p) for p in places)])
    frame = np.full(len(_AROUND), count)
    label = np.concatenate([part for i in sound for part in (who[i], frame)])
    triangles = np.concatenate([c + n for c, n in zip(corners, begin, strict=False)])
    ring, spots, at, owner, broken = _rings(np.concatenate(places), triangles, label, count)
    spots = spots + np.array(centres)[np.searchsorted(begin, at, side="right") - 1]
    broken[owner[np.bincount(ring) < 3]] = True
    keep = ~broken[owner]
    rings = shapely.linearrings(spots[keep[ring]], indices=(np.cumsum(keep) - 1)[ring[keep[ring]]])
    regions = _filled(rings, owner[keep], count)
    regions[~shapely.is_valid(regions)] = None
    return regions


def _mesh(area: shapely.Geometry, xy: Floats) -> tuple[Floats, Ints, Floats] | None:
    """Triangulate scattered points and three far around: places off a centre, corners, centre."""
    low_x, low_y, high_x, high_y = shapely.bounds(area)
    low = np.minimum([low_x, low_y], xy.min(axis=0))
    high = np.maximum([high_x, high_y], xy.max(axis=0))
    centre, size = (low + high) / 2, float(np.hypot(*(high - low)))
    places = np.r_[xy - centre, FRAME * size * _AROUND]
    try:
        return places, _triangles(places), centre
    except RuntimeError:  # as Qhull's failures come up
        return None


def _triangles(xy: Floats) -> Ints:
    """Corners of every triangle, anticlockwise."""
    from matplotlib.tri import Triangulation  # Qhull, at a third of the time that GEOS takes

    return Triangulation(xy[:, 0], xy[:, 1]).triangles.astype(np.int64)


def _rings(
    xy: Floats, corners: Ints, label: Ints, count: int
) -> tuple[Ints, Floats, Ints, Ints, Bools]:
    """String the borders between labels below ``count``, each label on the left of its own.

    A step of a ring is a side of a triangle from a point of its label to one of another: it enters
    this triangle across this side, and leaves it by the side that leads back to its label.

    Returns
    -------
    ring : numpy.ndarray
        int64 (k,), ascending: the ring of each step.
    spots : numpy.ndarray
        float64 (k, 2), where the step ends: the middle of the circle around its triangle.
    at : numpy.ndarray
        int64 (k,), a corner of this triangle.
    owner : numpy.ndarray
        int64, the label of each ring.
    broken : numpy.ndarray
        bool (count,), labels whose rings do not close, or that have none.
    """
    here = label[corners]
    triangle, side = np.nonzero((here != np.roll(here, -1, axis=1)) & (here < count))
    own, beyond = here[triangle, side], (side + 2) % 3
    back = np.where(here[triangle, beyond] == own, (side + 1) % 3, beyond)
    ends = (corners[triangle, s] for s in (side, (side + 1) % 3, back, (back + 1) % 3))
    start, end, leave, enter = ends
    sides = start * len(xy) + end
    order = np.argsort(sides)
    found = order[np.searchsorted(sides[order], enter * len(xy) + leave).clip(max=len(order) - 1)]
    lost = sides[found] != enter * len(xy) + leave
    ring, step = _cycles(np.where(lost, np.arange(len(found)), found))
    centres = _centres(xy[corners[triangle]])
    first = np.searchsorted(ring, np.arange(ring[-1] + 1 if len(ring) else 0))
    broken = np.bincount(own, minlength=count) == 0
    broken[own[lost]] = True
    return ring, centres[step], start[step], own[step][first], broken


def _cycles(following: Ints) -> tuple[Ints, Ints]:
    """Walk along a permutation: the cycle of each step, ascending, and the steps in their order."""
    after, seen = following.tolist(), bytearray(len(following))
    steps: list[int] = []
    ends: list[int] = []
    for at in range(len(after)):
        if seen[at]:
            continue
        while not seen[at]:
            seen[at] = 1
            steps.append(at)
            at = after[at]
        ends.append(len(steps))
    sizes = np.diff(np.r_[0, np.array(ends, dtype=np.int64)])
    return np.repeat(np.arange(len(sizes)), sizes), np.array(steps, dtype=np.int64)


def _centres(corners: Floats) -> Floats:
    """Middle of the circle through the corners of each triangle."""
    b, c = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    double = 2 * (b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0])
    bb, cc = b[:, 0] ** 2 + b[:, 1] ** 2, c[:, 0] ** 2 + c[:, 1] ** 2
    with np.errstate(divide="ignore", invalid="ignore"):  # corners in one line; no sound region
        x = (c[:, 1] * bb - b[:, 1] * cc) / double
        y = (b[:, 0] * cc - c[:, 0] * bb) / double
    middle: Floats = corners[:, 0] + np.stack([x, y], axis=1)
    return middle


def _filled(rings: Shapes, owner: Ints, count: int) -> Shapes:
    """One polygon for every owner that has rings, whose outer ones run anticlockwise."""
    order = np.argsort(owner, kind="stable")
    rings, owner = rings[order], owner[order]
    result = np.empty(count, dtype=object)
    first = np.searchsorted(owner, np.arange(count))
    number = np.bincount(owner, minlength=count)
    result[number == 1] = shapely.polygons(rings[first[number == 1]])
    for at in np.flatnonzero(number > 1):
        result[at] = _nested(rings[owner == at])
    return result


def _nested(rings: Shapes) -> shapely.Geometry:
    """One polygon of several rings, each hole in the smallest part around it."""
    outer = shapely.is_ccw(rings)
    parts = shapely.polygons(rings[outer])
    parts = parts[np.argsort(shapely.area(parts), kind="stable")]
    holes: list[list[shapely.Geometry]] = [[] for _ in parts]
    for hole in rings[~outer]:
        around = np.flatnonzero(shapely.contains(parts, shapely.polygons(hole)))
        if len(around):
            holes[around[0]].append(hole)
    filled = [
        shapely.polygons(shapely.get_exterior_ring(part), own) if own else part
        for part, own in zip(parts, holes, strict=True)
    ]
    return filled[0] if len(filled) == 1 else shapely.multipolygons(filled)


def _dissolved(area: shapely.Geometry, xy: Floats, first: Ints) -> Shapes:
    """Regions as the union of those of all points of a unit: slow, and sound by construction."""
    for spread in SPREADS_M:
        try:
            points = shapely.multipoints(xy + spread * _scatter(xy))
            diagram = shapely.voronoi_polygons(points, extend_to=area, ordered=True)
            break
        except shapely.GEOSException:
            if spread == SPREADS_M[-1]:
                raise
    runs = np.split(shapely.get_parts(diagram), first)
    return np.array([shapely.coverage_union_all(run) for run in runs], dtype=object)


def _scatter(xy: Floats) -> Floats:
    """Offsets between -1 and 1 that look random but depend on the place alone.

    Points that lie on common circles, as the outlines of a drawn grid do, break diagrams.
    """
    keys = np.round(xy * 1000).astype(np.int64).view(np.uint64)
    mixed = keys[:, 0] * _MIX[0] ^ keys[:, 1] * _MIX[1]
    mixed = (mixed ^ (mixed >> _HALF)) * _MIX[2]
    mixed ^= mixed >> _HALF
    halves = np.stack([mixed >> _HALF, mixed & _LOW], axis=1)
    return halves.astype(np.float64) / 2**31 - 1
