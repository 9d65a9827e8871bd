"""The outline of a community, vertex for vertex the same on both sides.

Communities are settled one by one, so the cells on both sides of a border must meet in the same
vertices without having seen each other. Every vertex of a cell on the outline stands at a corner of
the community, or a whole number of steps from the lower end of one of its edges: two communities
that cut a common edge in one place compute the very same vertex. What only one side has is then put
into the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gridplan.topology import Shapes, rings_of

STEP_M = 1e-5
"""Vertices on an edge of a community stand at whole steps along it, in metres."""

AT_ONCE = 20_000
"""Cells that are changed at once."""

CORNER, OFF = -1, -2

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Places = NDArray[np.complex128]


@dataclass(frozen=True)
class Edges:
    """Edges of areas, the lower end first.

    Parameters
    ----------
    low, high
        complex128 (k,), x + iy of the ends in metres.
    area
        int64 (k,), ascending: the area that each belongs to.
    """

    low: Places
    high: Places
    area: Ints

    def between(self, a: Places, b: Places) -> Ints:
        """Position of the edge between two corners; -1 where there is none."""
        corners = np.unique(np.r_[self.low, self.high])
        keys = _pair(corners, self.low, self.high)
        order = np.argsort(keys, kind="stable")
        wanted = _pair(corners, np.minimum(a, b), np.maximum(a, b))
        at = order[np.searchsorted(keys[order], wanted).clip(max=len(keys) - 1)]
        found: Ints = np.where(keys[at] == wanted, at, -1)
        return found


@dataclass(frozen=True)
class Outline:
    """Edges of cells along the outline of their community.

    Parameters
    ----------
    cell, at
        int64 (k,), the cell, and the position of the edge's first vertex among its coordinates.
    segment
        int64 (k,), the edge of the community as of ``edges_of``.
    low, high
        int64 (k,), steps from the lower end of that edge.
    forward
        bool (k,), whether the edge runs from ``low`` to ``high``.
    loose
        Edges of cells that face no other cell, and lie on no edge of the community.
    """

    cell: Ints
    at: Ints
    segment: Ints
    low: Ints
    high: Ints
    forward: Bools
    loose: int


_NONE = np.empty(0, dtype=np.int64)
NO_OUTLINE = Outline(_NONE, _NONE, _NONE, _NONE, _NONE, _NONE > 0, 0)


def edges_of(areas: Shapes) -> Edges:
    """List the edges of areas, ring by ring."""
    rings, owner = rings_of(areas)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    place = _places(xy)
    first = np.flatnonzero((ring[1:] == ring[:-1]) & (place[1:] != place[:-1]))
    a, b = place[first], place[first + 1]
    return Edges(np.minimum(a, b), np.maximum(a, b), owner[ring[first]])


def fit_outline(cells: Shapes, area: shapely.Geometry, *, snap_m: float) -> tuple[Shapes, Outline]:
    """Move the vertices of cells on the outline of their community to where both sides have them.

    Parameters
    ----------
    cells
        (n,) polygons that tile the community but for vertices up to ``snap_m`` off.
    area
        The community.
    snap_m
        Vertices of the outline nearer than this to one of its corners stand there, in metres.

    Returns
    -------
    cells : numpy.ndarray
        The cells, no vertex moved by more than twice ``snap_m``.
    outline : Outline
        Their edges along the outline.
    """
    edges = edges_of(np.array([area], dtype=object))
    xy = shapely.get_coordinates(cells)
    place, vertex = np.unique(_places(xy), return_inverse=True)
    first, owner, start = _free_edges(cells, vertex)
    ends = np.unique(vertex[np.r_[first, first + 1]])
    stand = _stand(place[ends], edges, snap_m)
    if (stand.place != place[ends]).any():
        place[ends] = stand.place
        cells = shapely.set_coordinates(cells.copy(), _xy(place[vertex]))
        if len(np.unique(place)) < len(place):  # two vertices have become one
            return fit_outline(shapely.remove_repeated_points(cells), area, snap_m=snap_m)
    number = np.full(len(place), -1)
    number[ends] = np.arange(len(ends))
    a, b = stand.of(number[vertex[first]]), stand.of(number[vertex[first + 1]])
    return cells, _along(a, b, edges, owner, first - start[owner])


def _free_edges(cells: Shapes, vertex: Ints) -> tuple[Ints, Ints, Ints]:
    """Edges that one cell alone has: first coordinate, cell; and where each cell begins."""
    rings, owner = rings_of(cells)
    ring = np.repeat(np.arange(len(rings)), shapely.get_num_coordinates(rings))
    first = np.flatnonzero((ring[1:] == ring[:-1]) & (vertex[1:] != vertex[:-1]))
    a, b = vertex[first], vertex[first + 1]
    keys = np.minimum(a, b) * (vertex.max(initial=0) + 1) + np.maximum(a, b)
    order = np.argsort(keys, kind="stable")
    twin = keys[order][1:] == keys[order][:-1]
    free = np.ones(len(keys), dtype=bool)
    free[order[np.r_[twin, False] | np.r_[False, twin]]] = False
    first = first[free]
    count = shapely.get_num_coordinates(cells)
    return first, owner[ring[first]], np.cumsum(count) - count


@dataclass(frozen=True)
class _Stand:
    """Where vertices stand: their place, their edge (or ``CORNER``, ``OFF``) and the step on it."""

    place: Places
    segment: Ints
    step: Ints

    def of(self, which: Ints) -> "_Stand":
        return _Stand(self.place[which], self.segment[which], self.step[which])

    def on(self, edges: Edges, segment: Ints) -> Ints:
        """Step on a certain edge each; -1 where a vertex does not stand on it."""
        low, high = edges.low[segment], edges.high[segment]
        corner = np.where(self.place == low, 0, _steps(low, high))
        corner[(self.place != low) & (self.place != high)] = -1
        inside = np.where(self.segment == segment, self.step, -1)
        step: Ints = np.where(self.segment == CORNER, corner, inside)
        return step


def _stand(place: Places, edges: Edges, snap_m: float) -> _Stand:
    """Find the nearest corner or whole step for every vertex near an edge."""
    tree = shapely.STRtree(shapely.linestrings(np.stack([_xy(edges.low), _xy(edges.high)], axis=1)))
    near, edge = tree.query_nearest(
        shapely.points(_xy(place)), max_distance=2 * snap_m, all_matches=False
    )
    segment, step = np.full(len(place), OFF), np.full(len(place), -1)
    low, high = edges.low[edge], edges.high[edge]
    run, given = _xy(high - low), _xy(place[near] - low)
    length = np.sqrt(_dot(run, run))
    metres = _dot(run, given) / length
    segment[near], step[near] = edge, np.rint(metres / STEP_M).astype(np.int64)
    result = place.copy()
    result[near] = _spot(low, high, step[near])
    reach = np.minimum(snap_m, length / 2)
    for corner, close in ((low, metres <= reach), (high, metres > length - reach)):
        segment[near[close]], result[near[close]] = CORNER, corner[close]
    return _Stand(result, segment, step)


def _along(a: _Stand, b: _Stand, edges: Edges, cell: Ints, at: Ints) -> Outline:
    """Edges from ``a`` to ``b`` as parts of the edges of the community."""
    segment = np.where(a.segment >= 0, a.segment, b.segment)
    both = np.flatnonzero((a.segment == CORNER) & (b.segment == CORNER))
    segment[both] = edges.between(a.place[both], b.place[both])
    start, end = a.on(edges, segment), b.on(edges, segment)
    fits = (segment >= 0) & (start >= 0) & (end >= 0)
    start, end = start[fits], end[fits]
    return Outline(
        cell[fits],
        at[fits],
        segment[fits],
        np.minimum(start, end),
        np.maximum(start, end),
        start < end,
        int((~fits).sum()),
    )


def match_outlines(cells: Shapes, areas: Shapes, outlines: Sequence[Outline]) -> Shapes:
    """Put the vertices that one side of a border has into the cells on the other.

    Parameters
    ----------
    cells
        (n,) polygons of all communities.
    areas
        The communities, matching vertex for vertex.
    outlines
        Of each community, ``cell`` counting in ``cells``.

    Returns
    -------
    numpy.ndarray
        The cells, which match vertex for vertex across the borders of communities too.
    """
    edges = edges_of(areas)
    corners = np.unique(np.r_[edges.low, edges.high])
    _, segment = np.unique(_pair(corners, edges.low, edges.high), return_inverse=True)
    begin = np.searchsorted(edges.area, np.arange(len(areas)))
    cell = np.concatenate([o.cell for o in outlines])
    at = np.concatenate([o.at for o in outlines])
    own = np.concatenate([o.segment + first for o, first in zip(outlines, begin, strict=True)])
    low, high = (np.concatenate([getattr(o, end) for o in outlines]) for end in ("low", "high"))
    forward = np.concatenate([o.forward for o in outlines])
    scale = int(high.max(initial=0)) + 1
    keys = segment[own] * scale
    knots = np.unique((keys + low)[low > 0])
    left = np.searchsorted(knots, keys + low, side="right")
    count = np.maximum(np.searchsorted(knots, keys + high) - left, 0)
    edge = np.repeat(np.arange(len(own)), count)
    turn = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    knot = left[edge] + np.where(forward[edge], turn, count[edge] - 1 - turn)
    spots = _spot(edges.low[own[edge]], edges.high[own[edge]], knots[knot] % scale)
    return _inserted(cells, cell[edge], at[edge], spots)


def _inserted(cells: Shapes, cell: Ints, at: Ints, spots: Places) -> Shapes:
    """Put vertices into cells, each after the vertex ``at``; those of one edge in their order."""
    order = np.argsort(cell, kind="stable")
    cell, at, spots = cell[order], at[order], spots[order]
    changed = np.unique(cell)
    result = cells.copy()
    for first in range(0, len(changed), AT_ONCE):
        here = changed[first : first + AT_ONCE]
        rows = slice(*np.searchsorted(cell, [here[0], here[-1] + 1]))
        of = np.searchsorted(here, cell[rows])
        result[here] = _with_vertices(cells[here], of, at[rows], spots[rows])
    return result


def _with_vertices(cells: Shapes, cell: Ints, at: Ints, spots: Places) -> Shapes:
    kind, xy, (rings, *outer) = shapely.to_ragged_array(cells)
    count = shapely.get_num_coordinates(cells)
    after = (np.cumsum(count) - count)[cell] + at + 1
    later = np.searchsorted(np.sort(after), rings, side="left")
    # A vertex before the end of a ring belongs to it, and moves all rings that follow.
    grown = np.insert(xy, after, _xy(spots), axis=0)
    filled = shapely.from_ragged_array(kind, grown, (rings + later, *outer))
    several = shapely.get_num_geometries(cells) > 1
    result: Shapes = np.where(several, filled, shapely.get_geometry(filled, 0))
    return result


def _pair(corners: Places, low: Places, high: Places) -> Ints:
    """One number for every pair of corners."""
    pair: Ints = np.searchsorted(corners, low) * len(corners) + np.searchsorted(corners, high)
    return pair


def _steps(low: Places, high: Places) -> Ints:
    """Number that stands for the higher end of an edge: beyond all steps on it."""
    run = _xy(high - low)
    steps: Ints = np.floor(np.sqrt(_dot(run, run)) / STEP_M).astype(np.int64) + 1
    return steps


def _spot(low: Places, high: Places, step: Ints) -> Places:
    """Place of a step on an edge: the same to the last bit for everyone who asks."""
    run = _xy(high - low)
    share = step * STEP_M / np.sqrt(_dot(run, run))
    return _places(_xy(low) + share[:, None] * run)


def _places(xy: NDArray[np.float64]) -> Places:
    places: Places = np.ascontiguousarray(xy).view(np.complex128).ravel()
    return places


def _xy(places: Places) -> NDArray[np.float64]:
    xy: NDArray[np.float64] = np.ascontiguousarray(places).view(np.float64).reshape(-1, 2)
    return xy


def _dot(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    dot: NDArray[np.float64] = a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1]
    return dot
