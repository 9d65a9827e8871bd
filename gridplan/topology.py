"""Clean coverages: polygons without overlaps that match vertex for vertex on shared edges.

GEOS repairs a coverage without a word, gives real overlaps to one side and empties duplicates:
whoever cleans one compares every polygon before and after, as ``communities`` does.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

TILE_TOLERANCE = 1e-6
"""Largest gap or overlap of a tiling, as a share of the area (design section 2)."""

Shapes = NDArray[np.object_]

_MIX = np.uint64(0x9E3779B97F4A7C15)

_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def clean_coverage(
    shapes: Shapes, *, snap_m: float, gap_m: float, overlaps_to: str = "longest_border"
) -> Shapes:
    """Remove overlaps, close narrow gaps and match vertices.

    Parameters
    ----------
    shapes
        Polygons in metres.
    snap_m
        Vertices nearer than this are one, in metres.
    gap_m
        Gaps narrower than this are closed, in metres.
    overlaps_to
        Who has the ground of an overlap: ``longest_border`` or ``min_area``.

    Returns
    -------
    numpy.ndarray
        A coverage; a duplicate, or what is swallowed, comes back empty.
    """
    with np.errstate(invalid="ignore"):  # GEOS computes with NaN inside, to no harm
        clean: Shapes = shapely.coverage_clean(
            shapes, snapping_distance=snap_m, gap_width=gap_m, merge_strategy=overlaps_to
        )
    return clean


def uncovered_m2(cells: Shapes, home: NDArray[np.int64], areas: Shapes) -> NDArray[np.float64]:
    """Measure how far cells are from tiling their areas.

    Parameters
    ----------
    cells
        (n,) polygons, a valid coverage within each area.
    home
        int64 (n,), position of each cell's area.
    areas
        (k,) polygons.

    Returns
    -------
    numpy.ndarray
        float64 (k,), m2 that are in the area or under its cells, but not both.
    """
    order = np.argsort(home, kind="stable")
    ends = np.searchsorted(home[order], np.arange(1, len(areas)))
    groups = np.split(cells[order], ends)
    ground = np.array([shapely.coverage_union_all(g) for g in groups], dtype=object)
    ground[shapely.is_missing(ground)] = shapely.Polygon()
    wrong: NDArray[np.float64] = shapely.area(shapely.symmetric_difference(ground, areas))
    return wrong


def polygons_of(shapes: Shapes, *, single: bool = False) -> Shapes:
    """Keep the polygons of every shape; line and point debris of a clipping goes.

    Parameters
    ----------
    shapes
        Geometries of any kind.
    single
        Whether a multipolygon of one part becomes a polygon too.
    """
    kinds = shapely.get_type_id(shapes)
    mixed = ~np.isin(kinds, _POLYGONAL)
    if single:
        mixed |= (kinds == _POLYGONAL[1]) & (shapely.get_num_geometries(shapes) == 1)
    if not mixed.any():
        return shapes
    result = shapes.copy()
    parts, owner = _polygon_parts(shapes[mixed])
    result[mixed] = unions(parts, owner, int(mixed.sum()))
    return result


def _polygon_parts(shapes: Shapes) -> tuple[Shapes, NDArray[np.int64]]:
    parts, owner = shapely.get_parts(shapes, return_index=True)
    while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        parts, index = shapely.get_parts(parts, return_index=True)
        owner = owner[index]
    keep = shapely.get_dimensions(parts) == 2
    return parts[keep], owner[keep]


def unions(parts: Shapes, owner: NDArray[np.int64], count: int) -> Shapes:
    """Join the parts of every owner 0 ... ``count - 1``; empty where it has none."""
    result = np.full(count, shapely.Polygon(), dtype=object)
    order = np.argsort(owner, kind="stable")
    parts, owner = parts[order], owner[order]
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    size = np.diff(np.r_[first, len(owner)])
    alone = first[size == 1]
    result[owner[alone]] = parts[alone]
    for at, n in zip(first[size > 1], size[size > 1], strict=True):
        result[owner[at]] = shapely.union_all(parts[at : at + n])
    return result


@dataclass(frozen=True)
class SharedEdges:
    """Border segments that two polygons of a coverage share.

    Parameters
    ----------
    left, right
        int64 (k,), indices of the two polygons, ``left < right``.
    start, end
        float64 (k, 2), the segment's ends in metres.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]

    @property
    def length_m(self) -> NDArray[np.float64]:
        """Length of every segment in metres."""
        run = self.end - self.start
        return np.hypot(run[:, 0], run[:, 1])


def shared_edges(shapes: Shapes) -> SharedEdges:
    """Find the segments that two polygons share, by matching vertices exactly.

    Parameters
    ----------
    shapes
        Polygons of a valid coverage.

    Returns
    -------
    SharedEdges
        Sorted by ``left``, ``right``, then by place.
    """
    low, high, who, _ = _segments(shapes)
    order = _twins_together(low, high, who)
    ahead, next_ = order[:-1], order[1:]
    twin = (low[ahead] == low[next_]).all(axis=1) & (high[ahead] == high[next_]).all(axis=1)
    twin &= who[ahead] != who[next_]
    first, left, right = ahead[twin], who[ahead[twin]], who[next_[twin]]
    a, b = low[first], high[first]
    keep = np.lexsort((b[:, 1], b[:, 0], a[:, 1], a[:, 0], left * len(shapes) + right))
    return SharedEdges(left[keep], right[keep], a[keep], b[keep])


def _twins_together(
    low: NDArray[np.float64], high: NDArray[np.float64], who: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Order in which equal segments stand side by side, by owner: one sort in place of five."""
    key = np.zeros(len(low), dtype=np.uint64)
    for axis in (low[:, 0], low[:, 1], high[:, 0], high[:, 1]):
        key += np.ascontiguousarray(axis + 0.0).view(np.uint64)  # -0.0 is 0.0
        key *= _MIX
        key ^= key >> np.uint64(32)
    order = np.argsort(key, kind="stable")
    ahead, next_ = order[:-1], order[1:]
    alike = np.flatnonzero(key[ahead] == key[next_])
    a, b = ahead[alike], next_[alike]
    if ((low[a] == low[b]) & (high[a] == high[b])).all():
        return order
    return _by_place(low, high, who)  # two segments of one key


def _by_place(
    low: NDArray[np.float64], high: NDArray[np.float64], who: NDArray[np.int64]
) -> NDArray[np.int64]:
    return np.lexsort((who, high[:, 1], high[:, 0], low[:, 1], low[:, 0]))


def free_edges(
    shapes: Shapes,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Find the segments that only one polygon has.

    Parameters
    ----------
    shapes
        Polygons without overlaps, matching vertex for vertex where they touch.

    Returns
    -------
    start, end : numpy.ndarray
        float64 (k, 2), the segment's ends in metres, in the direction of the ring.
    owner : numpy.ndarray
        int64 (k,), ascending: the polygon.
    """
    low, high, who, swapped = _segments(shapes)
    order = _by_place(low, high, who)
    low, high, who, swapped = low[order], high[order], who[order], swapped[order]
    twin = _same_as_next(low, high)
    free = ~(np.r_[twin, False] | np.r_[False, twin])
    low, high, who, swapped = low[free], high[free], who[free], swapped[free, None]
    order = np.argsort(who, kind="stable")
    return (
        np.where(swapped, high, low)[order],
        np.where(swapped, low, high)[order],
        who[order],
    )


def _segments(
    shapes: Shapes,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
    """Segments of all rings with their lower end first, by owner; and whether they were turned."""
    rings, owner = rings_of(shapes)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    a, b = points[:-1][same], points[1:][same]
    who = owner[ring[:-1][same]]
    swap = (a[:, 0] > b[:, 0]) | ((a[:, 0] == b[:, 0]) & (a[:, 1] > b[:, 1]))
    low = np.where(swap[:, None], b, a)
    high = np.where(swap[:, None], a, b)
    return low, high, who, swap


def _same_as_next(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = (low[1:] == low[:-1]).all(axis=1) & (high[1:] == high[:-1]).all(
        axis=1
    )
    return same


def rings_of(shapes: Shapes) -> tuple[Shapes, NDArray[np.int64]]:
    """List the rings of polygons in the order of their coordinates, and the polygon of each."""
    parts, part_owner = shapely.get_parts(shapes, return_index=True)
    rings, ring_owner = shapely.get_rings(parts, return_index=True)
    return rings, part_owner[ring_owner].astype(np.int64)


def runs_of(group: NDArray[np.int64], at_once: int) -> Iterator[slice]:
    """Cut ascending group numbers into runs of whole groups.

    Parameters
    ----------
    group
        int64 (n,), ascending.
    at_once
        Most members of a run; a larger group is a run of its own.
    """
    ends = np.r_[np.flatnonzero(np.diff(group)) + 1, len(group)]
    start = 0
    while start < len(group):
        next_end = np.searchsorted(ends, start, side="right")
        last = np.searchsorted(ends, start + at_once, side="right") - 1
        stop = int(ends[max(last, next_end)])
        yield slice(start, stop)
        start = stop


def absorb_parts(
    parts: Shapes,
    owner: NDArray[np.int64],
    group: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Give every ownerless part of a coverage to the neighbour with the longest shared border.

    Parameters
    ----------
    parts
        Polygons of a valid coverage.
    owner
        Owner of each part, -1 where it has none.
    group
        Parts change hands within a group only (a community).

    Returns
    -------
    numpy.ndarray
        Owners without -1, but where a part touches no owned part of its group.
    """
    owner = owner.copy()
    if not (owner < 0).any():
        return owner
    edges = shared_edges(parts)
    inside = group[edges.left] == group[edges.right]
    inside &= (owner[edges.left] < 0) | (owner[edges.right] < 0)
    a, b, metres = _summed(
        np.r_[edges.left[inside], edges.right[inside]],
        np.r_[edges.right[inside], edges.left[inside]],
        np.tile(edges.length_m[inside], 2),
    )
    while True:
        open_ends = (owner[a] < 0) & (owner[b] >= 0)
        if not open_ends.any():
            return owner
        part, offer, border = _summed(a[open_ends], owner[b[open_ends]], metres[open_ends])
        order = np.lexsort((offer, -border, part))
        part, offer = part[order], offer[order]
        best = np.r_[True, part[1:] != part[:-1]]
        owner[part[best]] = offer[best]


def _summed(
    a: NDArray[np.int64], b: NDArray[np.int64], metres: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Sum up the metres of every pair, in the order of the pairs."""
    order = np.lexsort((b, a))
    a, b, metres = a[order], b[order], metres[order]
    first = np.flatnonzero(np.r_[True, (a[1:] != a[:-1]) | (b[1:] != b[:-1])][: len(a)])
    return a[first], b[first], np.add.reduceat(metres, first) if len(first) else metres
