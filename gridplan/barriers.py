"""Barriers: which borders run along one, which units it runs through, and on which side they lie.

A unit is never cut. Where a hard barrier divides the ground of one, the unit lies on the side where
it stands, and the borders of its lesser parts are as hard as the barrier.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.config import Config
from gridplan.domain import Finding, Severity
from gridplan.layers.inputs import Inputs
from gridplan.processes import Parcel
from gridplan.topology import Shapes, SharedEdges, unions

PARALLEL = np.sqrt(0.5)
"""A border runs along a line when it turns from it by less than 45 degrees (the cosine of that)."""

PIECE_SEGMENTS = 8
"""Segments of a piece of a barrier, for a search."""

CROSSING_M = 0.5
"""Nearer than this to a line, in metres, the direction is not asked: the border lies on it."""

BLADE_M = 0.02
"""Half the width of what a barrier line takes out of a unit that it divides, in metres."""

REACH_M = 0.05
"""A border belongs to a part of a unit that is no farther away than this, in metres."""

LESSER_M2 = 1.0
"""Parts of a divided unit smaller than this are digitising slips, in m2."""

INSET_M = 1.0
"""A barrier runs through a unit where it is deeper inside than this, in metres."""

DIVIDED_SHARE = 0.05
"""A unit whose lesser parts hold more than this share of its ground is divided."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Barrier:
    """One barrier layer.

    Parameters
    ----------
    name
        As in the configuration.
    shapes
        Its lines and polygons.
    hard
        Whether no grid crosses it.
    crossings
        What joins the two sides of a hard one: ``bridges``, ``roads`` or ``links`` alone.
    """

    name: str
    shapes: Shapes
    hard: bool
    crossings: Literal["bridges", "roads", "links"] = "bridges"


def barriers_of(inputs: Inputs, config: Config) -> list[Barrier]:
    """Every barrier layer of a job, in the order of the configuration."""
    sections = config.inputs.barriers
    return [
        Barrier(
            name, layer.geometry.to_numpy(), sections[name].mode == "hard", sections[name].crossings
        )
        for name, layer in inputs.barriers.items()
    ]


def hard_layers(inputs: Inputs, config: Config) -> dict[str, gpd.GeoDataFrame]:
    """The barrier layers that no grid crosses, by name."""
    sections = config.inputs.barriers
    return {name: layer for name, layer in inputs.barriers.items() if sections[name].mode == "hard"}


def runs_along(
    edges: SharedEdges, shapes: Shapes, near_m: float, cells: Shapes | None = None
) -> NDArray[np.bool_]:
    """Tell for every border segment whether it follows the nearest of the shapes.

    Parameters
    ----------
    edges
        Border segments.
    shapes
        Lines, best in short pieces, and polygons.
    near_m
        How near to a shape a segment must run, in metres.
    cells
        The polygons that share the edges: only those near a shape are looked at.
    """
    result = np.zeros(len(edges.left), dtype=bool)
    if not len(shapes) or not len(result):
        return result
    flat = shapely.get_dimensions(shapes) == 2
    # To a point outside, a polygon is its outline; inside it is no distance away.
    pieces = short_pieces(np.r_[shapes[~flat], shapely.boundary(shapes[flat])])
    tree = shapely.STRtree(pieces)
    wanted = np.arange(len(result))
    if cells is not None:
        near = _near_bounds(shapely.STRtree(shapes), cells, near_m)
        wanted = np.flatnonzero(near[edges.left] & near[edges.right])
    start, end = edges.start[wanted], edges.end[wanted]
    xy = (start + end) / 2
    middle = shapely.points(xy)
    (segment, piece), metres = tree.query_nearest(
        middle, max_distance=near_m, all_matches=False, return_distance=True
    )
    towards = shapely.get_coordinates(shapely.shortest_line(middle[segment], pieces[piece]))
    across = towards[1::2] - towards[::2]
    along = end[segment] - start[segment]
    size = np.hypot(*across.T) * np.hypot(*along.T)
    sine = np.abs(across[:, 0] * along[:, 1] - across[:, 1] * along[:, 0])
    result[wanted[segment]] = (metres <= CROSSING_M) | (sine >= PARALLEL * size)
    for polygon in shapes[flat]:
        result[wanted[_inside(polygon, xy)]] = True
    return result


def _near_bounds(tree: shapely.STRtree, cells: Shapes, near_m: float) -> NDArray[np.bool_]:
    """Tell which cells may be as near as that to a shape, going by their bounds."""
    low_x, low_y, high_x, high_y = shapely.bounds(cells).T
    by = near_m + CROSSING_M
    around = shapely.box(low_x - by, low_y - by, high_x + by, high_y + by)
    near = np.zeros(len(cells), dtype=bool)
    near[tree.query(around)[0]] = True
    return near


def _inside(polygon: shapely.Geometry, xy: Floats) -> Ints:
    """Positions of the points in a polygon."""
    low, high = np.split(shapely.bounds(polygon), 2)
    may = np.flatnonzero(((xy >= low) & (xy <= high)).all(axis=1))
    shapely.prepare(polygon)
    inside: Ints = may[shapely.intersects_xy(polygon, xy[may])]
    shapely.destroy_prepared(polygon)
    return inside


@dataclass(frozen=True)
class Near:
    """What of a barrier layer is near some ground, to be sent to another process.

    Parameters
    ----------
    name, hard
        Of the layer.
    pieces
        Its short pieces.
    whole
        The shapes that they are of, where it is hard: a soft layer divides no unit.
    """

    name: str
    hard: bool
    pieces: Parcel
    whole: Parcel


class Searched:
    """A barrier layer and its short pieces, which can be searched."""

    def __init__(self, barrier: Barrier) -> None:
        self.barrier, self.pieces = barrier, short_pieces(barrier.shapes)
        self.tree, self.whole = shapely.STRtree(self.pieces), shapely.STRtree(barrier.shapes)

    def near(self, ground: shapely.Geometry) -> Near:
        """Find what is near some ground."""
        pieces = self.pieces[np.sort(self.tree.query(ground))]
        shapes = self.barrier.shapes[np.sort(self.whole.query(ground))]
        whole = shapes if self.barrier.hard else shapes[:0]
        return Near(self.barrier.name, self.barrier.hard, Parcel(pieces), Parcel(whole))


def meeting(hard: Shapes, cells: Shapes) -> tuple[Ints, Ints]:
    """Pairs of cells and barrier shapes that meet, by position.

    A river through the whole city is near every cell, going by its bounds: it is prepared once
    where a search would walk along it for each of them.
    """
    cell, line = shapely.STRtree(hard).query(cells)
    shapely.prepare(hard)
    meets = shapely.intersects(hard[line], cells[cell])
    shapely.destroy_prepared(hard)
    return cell[meets].astype(np.int64), line[meets].astype(np.int64)


def short_pieces(shapes: Shapes) -> Shapes:
    """Cut lines into pieces of a few segments; polygons and short pieces stay as they are.

    A search for what is nearest would measure the whole of a road that runs through the city.
    """
    parts = shapely.get_parts(shapes)
    lines = parts[shapely.get_dimensions(parts) == 1]
    points = shapely.get_num_points(lines)
    count = -(-(points - 1) // PIECE_SEGMENTS)
    line = np.repeat(np.arange(len(lines)), count)
    first = PIECE_SEGMENTS * (np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count))
    size = np.minimum(PIECE_SEGMENTS, points[line] - 1 - first) + 1
    piece = np.repeat(np.arange(len(line)), size)
    at = np.arange(len(piece)) - np.repeat(np.cumsum(size) - size, size)
    start = (np.cumsum(points) - points)[line] + first
    xy = shapely.get_coordinates(lines)[start[piece] + at]
    pieces = shapely.linestrings(xy, indices=piece) if len(xy) else lines
    cut: Shapes = np.r_[parts[shapely.get_dimensions(parts) != 1], pieces]
    return cut


@dataclass(frozen=True)
class Divided:
    """Units whose ground hard barriers divide.

    Parameters
    ----------
    unit
        int64 (k,), ascending positions of the units.
    main
        (k,) polygons: the part that each stands on.
    lesser_m2
        float64 (k,), m2 of its other parts.
    """

    unit: Ints
    main: Shapes
    lesser_m2: Floats


def divided_ground(cells: Shapes, barriers: Sequence[Barrier], standing: Shapes) -> Divided:
    """Find the units that hard barriers divide, and the side on which each stands.

    Parameters
    ----------
    cells
        (n,) polygons in metres.
    barriers
        Soft ones divide nothing.
    standing
        (n,) the units' own shapes, polygons or points; the part with most of it is the main one,
        then the largest.
    """
    hard = np.concatenate([np.empty(0, dtype=object), *[b.shapes for b in barriers if b.hard]])
    unit, line = meeting(hard, cells)
    inside = shapely.intersection(hard[line], cells[unit])
    flat = shapely.get_dimensions(inside) > 0
    unit, inside = unit[flat], inside[flat]
    met, owner = np.unique(unit, return_inverse=True)
    blades = unions(shapely.buffer(inside, BLADE_M, cap_style="square"), owner, len(met))
    parts, at = shapely.get_parts(shapely.difference(cells[met], blades), return_index=True)
    table = pd.DataFrame({"at": at, "part": np.arange(len(parts)), "area": shapely.area(parts)})
    table["own"] = _own_ground(parts, standing[met][at])
    order = table.sort_values(["at", "own", "area"], ascending=[True, False, False])
    best = order.drop_duplicates("at")
    lesser = table.groupby("at")["area"].sum().to_numpy() - best["area"].to_numpy()
    keep = lesser > LESSER_M2
    main = best["part"].to_numpy()[keep]
    return Divided(met[best["at"].to_numpy()[keep]], parts[main], lesser[keep])


def _own_ground(parts: Shapes, standing: Shapes) -> Floats:
    """How much of its unit's own shape lies in each part: m2, or for a point less its distance."""
    point = shapely.get_dimensions(standing) < 2
    own = np.empty(len(parts))
    own[point] = -shapely.distance(parts[point], standing[point])
    own[~point] = shapely.area(shapely.intersection(parts[~point], standing[~point]))
    rounded: Floats = own.round(3)
    return rounded


def open_metres(edges: SharedEdges, divided: Divided) -> Floats:
    """Measure how much of every border segment belongs to the main parts of both units."""
    metres = edges.length_m
    row = np.full(int(max(edges.right.max(initial=-1), divided.unit.max(initial=-1))) + 1, -1)
    row[divided.unit] = np.arange(len(divided.unit))
    met = np.flatnonzero((row[edges.left] >= 0) | (row[edges.right] >= 0))
    lines = shapely.linestrings(np.stack([edges.start[met], edges.end[met]], axis=1))
    ground = shapely.buffer(divided.main, REACH_M)
    for side in (edges.left[met], edges.right[met]):
        cut = np.flatnonzero(row[side] >= 0)
        lines[cut] = shapely.intersection(lines[cut], ground[row[side[cut]]])
    metres[met] = shapely.length(lines)
    return metres


def list_crossed_units(
    units: gpd.GeoDataFrame, barriers: Sequence[Barrier], findings: list[Finding]
) -> None:
    """List the units that hard barriers run through.

    Parameters
    ----------
    units
        ``unit_id``, ``households``, ``community_code`` and their own shapes in metres.
    barriers
        All barrier layers.
    findings
        One ``barrier-through-unit`` per unit and barrier is added, with the metres inside: a
        warning where it divides the unit, else for information.
    """
    shapes = units.geometry.to_numpy()
    for barrier in (b for b in barriers if b.hard):
        unit, line = meeting(barrier.shapes, shapes)
        if not len(unit):
            continue
        met, owner = np.unique(unit, return_inverse=True)
        within = shapely.buffer(shapes[unit], -INSET_M)
        inner = shapely.length(shapely.intersection(_outline(barrier.shapes)[line], within))
        metres = np.bincount(owner, inner, len(met))
        divided = divided_ground(shapes[met], [barrier], shapes[met])
        lesser = np.zeros(len(met))
        lesser[divided.unit] = divided.lesser_m2 / shapely.area(shapes[met[divided.unit]])
        # The banks of a river that a unit ends in run through it, but do not divide it.
        flat = np.zeros(len(met), dtype=bool)
        np.logical_or.at(flat, owner, shapely.get_dimensions(barrier.shapes[line]) < 2)
        for k in np.flatnonzero((metres > INSET_M) & (flat | (lesser > DIVIDED_SHARE))):
            findings.append(
                _crossed(units.iloc[met[k]], barrier.name, float(metres[k]), float(lesser[k]))
            )


def _outline(shapes: Shapes) -> Shapes:
    lines: Shapes = np.where(shapely.get_dimensions(shapes) == 2, shapely.boundary(shapes), shapes)
    return lines


def _crossed(unit: "pd.Series[Any]", barrier: str, metres: float, lesser: float) -> Finding:
    side = (
        f"{lesser:.0%} of its ground lies beyond; the unit counts for the larger side and is no "
        "neighbour of what it touches on the other; divide it along the barrier"
        if lesser > DIVIDED_SHARE
        else "it does not divide it"
    )
    return Finding(
        "barrier-through-unit",
        Severity.WARNING if lesser > DIVIDED_SHARE else Severity.INFO,
        f"the hard barrier {barrier} runs {metres:.0f} m through unit {unit['unit_id']} "
        f"({unit['households']} households): {side}",
        layer="units",
        place=str(unit["unit_id"]),
        other=barrier,
        community_code=str(unit["community_code"]),
        value=round(metres, 1),
        limit=INSET_M,
    )
