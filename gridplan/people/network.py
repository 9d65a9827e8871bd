"""The roads around a community as a network that can be walked, with buildings snapped to it."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gridplan.optimise.contract import components
from gridplan.optimise.paths import Network, make_network, ways_from

Shapes = NDArray[np.object_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BEYOND_M = 300.0
"""How far beyond the community roads are walked, in metres."""

EXACT_M = 0.001
"""Places nearer than this are one, in metres."""


@dataclass(frozen=True)
class Ways:
    """A network with stops on it.

    Parameters
    ----------
    network
        Places joined by straight stretches of road.
    at
        x and y of every place in metres, shape (places, 2).
    stop
        Place of every shape that was snapped, shape (shapes,).
    off_road_m
        From there to the shape, in metres, shape (shapes,).
    bridged_m
        Length of every straight way that was added between parts of the network without a road
        from one to the other.
    """

    network: Network
    at: Floats
    stop: Ints
    off_road_m: Floats
    bridged_m: tuple[float, ...]

    def between(self, stops: Ints) -> tuple[Floats, Ints]:
        """Metres from each of some places to every place, and the place before it."""
        return ways_from(self.network, stops)


def lay_ways(roads: Shapes, ground: shapely.Geometry, shapes: Shapes) -> Ways | None:
    """Make the network of a community.

    Roads are joined wherever they cross, a bridge and the road beneath it too.

    Parameters
    ----------
    roads
        Lines in metres, in the order of their ids.
    ground
        The community.
    shapes
        Buildings, and the office: polygons or points. Each stops where a road is nearest to its
        middle.

    Returns
    -------
    Ways or None
        None where there is no road.
    """
    stretches = _stretches(roads, ground)
    if not len(stretches) or not len(shapes):
        return None
    segment, place, off_road = _snapped(stretches, shapes)
    ends = stretches.reshape(-1, 2)
    points = np.concatenate([ends, place])
    keys = np.round(points / EXACT_M).astype(np.int64)
    _, first, node = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    node = node.reshape(-1).astype(np.int64)
    at = points[first]
    stop = node[len(ends) :]
    u, v = _cut(stretches, node, segment, place)
    bridges = _bridges(at, u, v, stop)
    u, v = np.r_[u, bridges[:, 0]], np.r_[v, bridges[:, 1]]
    metres = np.hypot(*(at[u] - at[v]).T)
    added = tuple(float(m) for m in metres[len(metres) - len(bridges) :])
    return Ways(make_network(len(at), u, v, metres), at, stop, off_road, added)


def _stretches(roads: Shapes, ground: shapely.Geometry) -> Floats:
    """Straight stretches of the roads in reach, cut where they meet, shape (stretches, 2, 2)."""
    reach = shapely.buffer(ground, BEYOND_M)
    shapely.prepare(reach)
    near = roads[shapely.intersects(reach, roads)]
    if not len(near):
        return np.empty((0, 2, 2))
    inside = np.where(shapely.covered_by(near, reach), near, shapely.intersection(near, reach))
    noded = shapely.get_parts(shapely.union_all(inside, grid_size=EXACT_M))
    noded = noded[shapely.get_dimensions(noded) == 1]
    xy, line = shapely.get_coordinates(noded, return_index=True)
    same = line[1:] == line[:-1]
    return np.stack([xy[:-1][same], xy[1:][same]], axis=1)


def _snapped(stretches: Floats, shapes: Shapes) -> tuple[Ints, Floats, Floats]:
    """Stretch nearest to the middle of every shape, the place on it, the metres to the shape."""
    lines = shapely.linestrings(stretches)
    middle = shapely.point_on_surface(shapes)
    shape, segment = shapely.STRtree(lines).query_nearest(middle, all_matches=True)
    order = np.lexsort((segment, shape))
    _, first = np.unique(shape[order], return_index=True)  # of several as near, the first
    segment = segment[order][first]
    way = shapely.shortest_line(lines[segment], middle)
    place = shapely.get_coordinates(shapely.get_point(way, 0))
    return segment.astype(np.int64), place, shapely.distance(lines[segment], shapes)


def _cut(stretches: Floats, node: Ints, segment: Ints, place: Floats) -> tuple[Ints, Ints]:
    """Ways between neighbours on each stretch: its ends and the stops between them."""
    count = len(stretches)
    whose = np.r_[np.repeat(np.arange(count), 2), segment]
    start = stretches[whose, 0]
    along = np.hypot(*(np.concatenate([stretches.reshape(-1, 2), place]) - start).T)
    order = np.lexsort((node, along, whose))
    same = whose[order][1:] == whose[order][:-1]
    u, v = node[order][:-1][same], node[order][1:][same]
    apart = u != v
    return u[apart], v[apart]


def _bridges(at: Floats, u: Ints, v: Ints, stop: Ints) -> Ints:
    """Shortest straight ways that join every part with a stop to the one with most stops."""
    part, count = components(len(at), u, v)
    stops = np.bincount(part[stop], minlength=count)
    order = np.argsort(-stops, kind="stable")
    joined = part == order[0]
    found = []
    for other in order[1 : int((stops > 0).sum())]:
        mine, theirs = np.flatnonzero(joined), np.flatnonzero(part == other)
        tree = shapely.STRtree(shapely.points(at[mine]))
        (row, near), metres = tree.query_nearest(
            shapely.points(at[theirs]), all_matches=False, return_distance=True
        )
        best = int(np.lexsort((near, row, metres))[0])
        found.append((theirs[row[best]], mine[near[best]]))
        joined |= part == other
    return np.array(found, dtype=np.int64).reshape(-1, 2)
