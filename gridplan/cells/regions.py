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


def voronoi_regions(
    area: shapely.Geometry, xy: Floats, unit: Ints, bends_m: float
) -> tuple[Shapes, Ints]:
    """Find what is nearest to each unit, with small bends taken out of the borders.

    Parameters
    ----------
    area
        The ground to share; the regions reach beyond it.
    xy
        float64 (k, 2), points of the units in metres, every place once.
    unit
        int64 (k,), ascending: the unit of each point.
    bends_m
        Size of the bends that are taken out, in metres.

    Returns
    -------
    regions : numpy.ndarray
        Polygons that match vertex for vertex.
    unit : numpy.ndarray
        int64, ascending: the unit of each region.
    """
    units, who = np.unique(unit, return_inverse=True)
    if len(units) < 2:
        return np.array([area] * len(units), dtype=object), units
    regions = _strung(area, xy + SPREADS_M[0] * _scatter(xy), who, len(units))
    if regions is None:
        regions = _dissolved(area, xy, np.searchsorted(who, np.arange(1, len(units))))
    return shapely.coverage_simplify(regions, bends_m, simplify_boundary=False), units


def _strung(area: shapely.Geometry, xy: Floats, who: Ints, count: int) -> Shapes | None:
    """Regions from a triangulation; None where arithmetic does not give sound ones."""
    low_x, low_y, high_x, high_y = shapely.bounds(area)
    low = np.minimum([low_x, low_y], xy.min(axis=0))
    high = np.maximum([high_x, high_y], xy.max(axis=0))
    centre, size = (low + high) / 2, float(np.hypot(*(high - low)))
    xy = np.r_[xy - centre, FRAME * size * _AROUND]
    try:
        corners, across = _triangles(xy)
    except RuntimeError:  # as Qhull's failures come up
        return None
    label = np.r_[who, [count] * len(_AROUND)][corners]
    ring, spots, owner = _rings(xy, corners, across, label, count)
    if not np.array_equal(np.unique(owner), np.arange(count)) or np.bincount(ring).min() < 3:
        return None
    rings = shapely.linearrings(spots + centre, indices=ring)
    regions = _filled(rings, owner, count)
    return regions if shapely.is_valid(regions).all() else None


def _triangles(xy: Floats) -> tuple[Ints, Ints]:
    """Corners of every triangle, anticlockwise, and the triangle across each side from there on."""
    from matplotlib.tri import Triangulation  # Qhull, at a third of the time that GEOS takes

    mesh = Triangulation(xy[:, 0], xy[:, 1])
    return mesh.triangles.astype(np.int64), mesh.neighbors.astype(np.int64)


def _rings(
    xy: Floats, corners: Ints, across: Ints, label: Ints, count: int
) -> tuple[Ints, Floats, Ints]:
    """String the borders between labels below ``count``, each label on the left of its own.

    A step of a ring is a side of a triangle from a point of its label to one of another: it enters
    this triangle across this side, and leaves it by the side that leads back to its label.

    Returns
    -------
    ring : numpy.ndarray
        int64 (k,), ascending: the ring of each step.
    spots : numpy.ndarray
        float64 (k, 2), where the step ends: the middle of the circle around its triangle.
    owner : numpy.ndarray
        int64, the label of each ring.
    """
    ahead = np.roll(label, -1, axis=1)
    triangle, side = np.nonzero((label != ahead) & (label < count))
    beyond = (side + 2) % 3
    back = np.where(label[triangle, beyond] == label[triangle, side], (side + 1) % 3, beyond)
    then = across[triangle, back]
    turned = np.argmax(across[then] == triangle[:, None], axis=1)
    number = np.full(label.shape, -1)
    number[triangle, side] = np.arange(len(side))
    ring, step = _cycles(number[then, turned])
    centres = _centres(xy[corners[triangle]])
    first = np.searchsorted(ring, np.arange(ring[-1] + 1 if len(ring) else 0))
    return ring, centres[step], label[triangle, side][step[first]]


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
    bb, cc = (b * b).sum(axis=1), (c * c).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):  # corners in one line; no sound region
        x = (c[:, 1] * bb - b[:, 1] * cc) / double
        y = (b[:, 0] * cc - c[:, 0] * bb) / double
    middle: Floats = corners[:, 0] + np.stack([x, y], axis=1)
    return middle


def _filled(rings: Shapes, owner: Ints, count: int) -> Shapes:
    """One polygon for every owner, whose outer rings run anticlockwise."""
    order = np.argsort(owner, kind="stable")
    rings, owner = rings[order], owner[order]
    result = np.empty(count, dtype=object)
    first = np.searchsorted(owner, np.arange(count))
    several = np.bincount(owner, minlength=count) > 1
    result[~several] = shapely.polygons(rings[first[~several]])
    for at in np.flatnonzero(several):
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
