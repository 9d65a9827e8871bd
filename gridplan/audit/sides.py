"""Hard barriers that run through cells: the side a cell lies on, and roads that lead across."""

import numpy as np
import shapely

from gridplan.audit.regions import Region, hard_layers
from gridplan.audit.view import Bools, Floats, Ints, Shapes, View

SLIP_M2 = 1.0
"""Parts of a divided cell smaller than this, in m2, are digitising slips."""

SLACK_M = 0.05
"""A border belongs to a part of a cell that is no farther from it, in metres."""

LANDING_M = 1.0
"""How much farther from a landing than ``graph.barrier_near_m`` a linked cell may be, in metres."""


def main_parts(region: Region) -> dict[int, shapely.Geometry]:
    """Part on which each unit stands whose cell hard barriers divide, by its place in a region."""
    barriers, cells, sources = region.hard, region.cells.shapes, region.sources.shapes
    cell, barrier = shapely.STRtree(barriers).query(cells, predicate="intersects")
    touching = shapely.touches(cells[cell], barriers[barrier])
    cell, barrier = cell[~touching], barriers[barrier[~touching]]
    found = {}
    for i in np.unique(cell):
        own = cells[i] if sources[i] is None else sources[i]
        part = _main_part(cells[i], barrier[cell == i], own)
        if part is not None:
            found[int(i)] = part
    return found


def _main_part(
    cell: shapely.Geometry, barriers: Shapes, own: shapely.Geometry
) -> shapely.Geometry | None:
    """Face of a cell between barriers with most of the unit's own shape; None if it is the only."""
    areal = shapely.get_dimensions(barriers) == 2
    lines = np.where(areal, shapely.boundary(barriers), barriers)
    inside = shapely.intersection(lines, cell)
    network = shapely.union_all([*inside, shapely.boundary(cell)])
    faces = shapely.get_parts(shapely.polygonize([network]))
    spots = shapely.point_on_surface(faces)
    faces = faces[shapely.intersects(cell, spots)]
    under = shapely.union_all(barriers[areal])
    faces = faces[~shapely.intersects(under, shapely.point_on_surface(faces))]
    area = shapely.area(faces)
    if len(faces) < 2 or area.sum() - area.max() <= SLIP_M2:
        return None
    if shapely.get_dimensions(own) == 2:
        held = shapely.area(shapely.intersection(faces, own))
    else:
        held = -shapely.distance(faces, own)
    best = np.lexsort((-area, -held.round(3)))[0]
    return None if area.sum() - area[best] <= SLIP_M2 else faces[best]


def open_metres(region: Region, a: Ints, b: Ints, start: Floats, end: Floats) -> Floats:
    """Metres of border segments that lie on the main parts of the cells on both sides."""
    metres: Floats = np.hypot(*(end - start).T)
    main = main_parts(region)
    if not main:
        return metres
    for i in np.flatnonzero(np.isin(a, list(main)) | np.isin(b, list(main))):
        border = shapely.LineString([start[i], end[i]])
        for unit in (int(a[i]), int(b[i])):
            if unit in main:
                border = border.intersection(main[unit].buffer(SLACK_M))
        metres[i] = border.length
    return metres


def led_across(view: View, a: Ints, b: Ints) -> Bools:
    """Tell which pairs of units a road joins that the configuration takes for a link.

    The stretch of a road on a hard barrier, with the two sides that the barrier's borders may be
    off, must reach both cells.
    """
    roads = view.inputs.extra.get("roads")
    joined = np.zeros(len(a), dtype=bool)
    if roads is None or roads.empty or not len(a):
        return joined
    near_m = view.config.graph.barrier_near_m
    none = np.zeros(len(roads), dtype=bool)
    bridges = roads["bridge"].to_numpy(dtype=bool) if "bridge" in roads else none
    stretches = [
        _stretches(roads.geometry.to_numpy()[counts], _hard(view, crossed_by))
        for crossed_by, counts in (("roads", ~none), ("bridges", bridges))
    ]
    ground = shapely.union_all(shapely.buffer(np.concatenate(stretches), near_m))
    spots = shapely.get_parts(ground)
    cells, tree = view.cells, shapely.STRtree(spots)
    reach_m = near_m + LANDING_M
    for k, ends in enumerate(zip(a, b, strict=True)):
        near = [set(tree.query(cells[i], "dwithin", reach_m).tolist()) for i in ends]
        joined[k] = bool(near[0] & near[1])
    return joined


def _hard(view: View, crossed_by: str) -> Shapes:
    """All hard barriers that such roads may cross."""
    return np.concatenate([np.empty(0, dtype=object), *hard_layers(view, crossed_by=crossed_by)])


def _stretches(roads: Shapes, barriers: Shapes) -> Shapes:
    """Parts of roads that lie on a barrier."""
    road, barrier = shapely.STRtree(barriers).query(roads, predicate="intersects")
    parts: Shapes = shapely.intersection(roads[road], barriers[barrier])
    return parts
