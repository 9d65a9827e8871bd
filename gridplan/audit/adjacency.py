"""Which cells border on which, found anew from the polygons: segments matched end by end."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from gridplan.audit.regions import Region
from gridplan.audit.sides import open_metres
from gridplan.audit.view import Bools, Floats, Ints, Shapes, View

ON_BARRIER_M = 0.5
"""Nearer than this to a barrier a border lies on it, whatever their directions, in metres."""


@dataclass(frozen=True)
class Borders:
    """Pairs of cells that share a border.

    Parameters
    ----------
    a, b
        int64 (k,), positions of the two cells, ``a < b``, sorted.
    shared_m
        float64 (k,), metres of border that no hard barrier runs along or cuts off.
    """

    a: Ints
    b: Ints
    shared_m: Floats

    def where(self, keep: Bools) -> "Borders":
        """Keep some of the pairs."""
        return Borders(self.a[keep], self.b[keep], self.shared_m[keep])


def components(count: int, a: Ints, b: Ints) -> Ints:
    """Smallest member of the connected component of each of ``count`` nodes."""
    label: Ints = np.arange(count, dtype=np.int64)
    while True:
        low = np.minimum(label[a], label[b])
        lower = label.copy()
        np.minimum.at(lower, label[a], low)
        np.minimum.at(lower, label[b], low)
        lower = lower[lower]
        if np.array_equal(lower, label):
            return label
        label = lower


def find_borders(view: View, exact: pd.DataFrame, unmatched_m: Floats) -> Borders:
    """Find the borders between all cells of a plan, less the metres along hard barriers.

    Parameters
    ----------
    view
        The plan beside its inputs.
    exact
        ``borders_in`` of all its regions.
    unmatched_m
        Metres of border of every unit's cell that do not match its neighbours.
    """
    # Cells that miss a vertex of their neighbour share no segment: measure those pairs as lines.
    loose_a, loose_b, loose_m = _loose_pairs(view.cells, np.flatnonzero(unmatched_m > 0))
    loose = pd.DataFrame({"a": loose_a, "b": loose_b, "m": loose_m})
    table = pd.concat([exact, loose]).groupby(["a", "b"])["m"].max().reset_index()
    return Borders(
        table["a"].to_numpy(np.int64), table["b"].to_numpy(np.int64), table["m"].to_numpy(float)
    )


def borders_in(region: Region) -> pd.DataFrame:
    """Borders between the cells of a region and those after them.

    Returns
    -------
    pandas.DataFrame
        ``a``, ``b`` (positions of units, ``a < b``) and ``m`` (metres of segments that both have,
        less those along hard barriers).
    """
    a, b, start, end = _shared_segments(region.cells.shapes)
    ours = region.own[a]
    a, b, start, end = a[ours], b[ours], start[ours], end[ours]
    metres = open_metres(region, a, b, start, end)
    near = np.flatnonzero(np.isin(a, beside := _beside_hard(region)) & np.isin(b, beside))
    metres[near[_along_hard(region, start[near], end[near])]] = 0.0
    table = pd.DataFrame({"a": region.units[a], "b": region.units[b], "m": metres})
    return table.groupby(["a", "b"])["m"].sum().reset_index()


def _beside_hard(region: Region) -> Ints:
    """Cells so near to a hard barrier that their border may run along it."""
    reach = region.barrier_near_m + ON_BARRIER_M
    return np.unique(shapely.STRtree(region.cells.shapes).query(region.hard, "dwithin", reach)[1])


def _along_hard(region: Region, start: Floats, end: Floats) -> Bools:
    """Tell which segments run along a hard barrier: near it, turned from it by less than 45°."""
    along = np.zeros(len(start), dtype=bool)
    middle = shapely.points((start + end) / 2)
    direction = end - start
    near = region.barrier_near_m
    for shapes in (layer.shapes for layer in region.barriers):
        if not len(shapes) or not len(middle):
            continue
        (at, shape), metres = shapely.STRtree(shapes).query_nearest(
            middle, max_distance=near, all_matches=False, return_distance=True
        )
        ends = shapely.get_coordinates(shapely.shortest_line(middle[at], shapes[shape]))
        towards = ends[1::2] - ends[::2]
        turn = np.abs(towards[:, 0] * direction[at, 1] - towards[:, 1] * direction[at, 0])
        size = np.hypot(*towards.T) * np.hypot(*direction[at].T)
        along[at] |= (metres <= ON_BARRIER_M) | (turn >= np.sqrt(0.5) * size)
    return along


def _shared_segments(cells: Shapes) -> tuple[Ints, Ints, Floats, Floats]:
    """Cells on both sides of every segment that two cells share, and the segment's ends."""
    parts, cell = shapely.get_parts(cells, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    vertex = pd.factorize(xy[:, 0] + 1j * xy[:, 1])[0]
    step = np.flatnonzero((ring[1:] == ring[:-1]) & (vertex[1:] != vertex[:-1]))
    one, other = vertex[step], vertex[step + 1]
    key = np.minimum(one, other) * np.int64(len(xy) + 1) + np.maximum(one, other)
    order = np.argsort(key, kind="stable")
    owner = cell[part[ring[step]]][order]
    same = np.flatnonzero((key[order][1:] == key[order][:-1]) & (owner[1:] != owner[:-1]))
    a, b = np.minimum(owner[same], owner[same + 1]), np.maximum(owner[same], owner[same + 1])
    at = step[order[same]]
    return a.astype(np.int64), b.astype(np.int64), xy[at], xy[at + 1]


def _loose_pairs(cells: Shapes, loose: Ints) -> tuple[Ints, Ints, Floats]:
    """Pairs of cells that touch, one of which is loose, with the metres of their outlines' meet."""
    if not len(loose):
        return loose, loose, np.empty(0)
    row, other = shapely.STRtree(cells).query(cells[loose], predicate="intersects")
    one = loose[row]
    keep = (one != other) & ((one < other) | ~np.isin(other, loose))
    a, b = np.minimum(one[keep], other[keep]), np.maximum(one[keep], other[keep])
    lines = shapely.intersection(shapely.boundary(cells[a]), shapely.boundary(cells[b]))
    return a, b, np.asarray(shapely.length(lines))
