"""What a grid's border runs along: roads, water, railways, institutions, other grids."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry

from gridplan.maps.ground import road_layer
from gridplan.maps.lettering import tidy
from gridplan.maps.marks import Geometries
from gridplan.maps.page import Bounds
from gridplan.maps.roads import WIDTH_M, road_ranks
from gridplan.maps.subject import Subject, geometries, within

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

JITTER_M = 2.0  # detail of a border that is no change of direction
PIECE_M = 8.0
REACH_M = 8.0  # from a border to what it runs along, beyond half the width of that
TURNED = 35.0  # degrees at most between a border and what it runs along
NAMELESS_M = 8.0  # a thing with a name may be this much farther away than one without
SMALL_PART = 0.05
LEAST_M, LEAST_SHARE = 15.0, 0.08  # of a side: what is shorter goes unsaid


class Along(StrEnum):
    """What a stretch of border runs along."""

    ROAD = "road"
    WATER = "water"
    RAIL = "rail"
    PLACE = "place"
    GRID = "grid"
    NOTHING = "nothing"


SIDES = ("north", "east", "south", "west")


@dataclass(frozen=True)
class Stretch:
    """Part of a border.

    Parameters
    ----------
    ring
        Number of the ring: 0 for the outline of the largest part, then other parts, then holes.
    hole
        Whether the ring is a hole.
    side
        One of `SIDES`: where it lies, seen from the grid.
    along, name
        What it runs along; ``name`` is empty where that has none, and a grid's code for a grid.
    length_m
        Metres.
    """

    ring: int
    hole: bool
    side: str
    along: Along
    name: str
    length_m: float


@dataclass(frozen=True)
class Neighbour:
    """A grid beside another: its code, metres of common border, and on which sides."""

    grid_code: str
    shared_m: float
    sides: tuple[str, ...]


@dataclass(frozen=True)
class Border:
    """The whole border of a grid: stretches clockwise from the north, neighbours by length."""

    stretches: tuple[Stretch, ...]
    neighbours: tuple[Neighbour, ...]


@dataclass(frozen=True, eq=False)
class _Pieces:
    """A ring in pieces of a few metres, clockwise."""

    middle: Floats
    length: Floats
    direction: Floats  # radians, of the border there
    side: Ints
    outward: Floats


def border_of(subject: Subject, shape: Geometry, grid_code: str) -> Border:
    """Find what the border of a grid runs along.

    Parameters
    ----------
    subject
        The plan and its backdrop.
    shape
        Polygon of the grid, metres.
    grid_code
        Its code.
    """
    west, south, east, north = shapely.bounds(shape).tolist()
    reach = max(WIDTH_M.values()) / 2 + REACH_M
    window = (west - reach, south - reach, east + reach, north + reach)
    lines = _lines_near(subject, window, grid_code)
    others = _grids_near(subject, window, grid_code)
    stretches: list[Stretch] = []
    shared: dict[str, list[tuple[str, float]]] = {}
    for number, (ring, hole) in enumerate(_rings(shape)):
        pieces = _pieces(ring, hole)
        beside = others.beside(pieces)
        for side, code, length in zip(pieces.side, beside, pieces.length, strict=True):
            if code:
                shared.setdefault(code, []).append((SIDES[side], float(length)))
        stretches += _stretches(number, hole, pieces, lines.along(pieces), beside)
    return Border(tuple(stretches), _neighbours(shared))


def _neighbours(shared: dict[str, list[tuple[str, float]]]) -> tuple[Neighbour, ...]:
    found = []
    for code, pieces in shared.items():
        total = sum(length for _, length in pieces)
        by_side = {side: sum(m for s, m in pieces if s == side) for side in SIDES}
        sides = tuple(s for s in SIDES if by_side[s] >= min(LEAST_M, 0.5 * total) > 0)
        found.append(Neighbour(code, total, sides))
    return tuple(sorted(found, key=lambda n: (-round(n.shared_m, 1), n.grid_code)))


def _rings(shape: Geometry) -> Iterator[tuple[Geometry, bool]]:
    """Outlines of the parts, largest first and tiny ones left out, then holes."""
    parts = shapely.get_parts(shape)
    parts = parts[np.argsort(-shapely.area(parts), kind="stable")]
    parts = parts[shapely.area(parts) >= SMALL_PART * shapely.area(shape)]
    for part in parts.tolist():
        yield shapely.get_exterior_ring(part), False
    for ring in shapely.get_rings(parts).tolist():
        if shapely.length(ring) > 4 * LEAST_M and not _is_outline(ring, parts):
            yield ring, True


def _is_outline(ring: Geometry, parts: Geometries) -> bool:
    return bool(shapely.equals_identical(ring, shapely.get_exterior_ring(parts)).any())


def _pieces(ring: Geometry, hole: bool) -> _Pieces:
    ring = shapely.simplify(ring, JITTER_M)
    # land lies to the right of a clockwise outline, and of a hole that turns the other way
    ring = shapely.reverse(ring) if bool(shapely.is_ccw(ring)) != hole else ring
    corners = shapely.get_coordinates(_from_north_west(ring))
    length = np.hypot(*np.diff(corners, axis=0).T)
    side = _sides(corners, length)
    count = np.maximum(1, np.ceil(length / PIECE_M)).astype(np.int64)
    edge = np.repeat(np.arange(len(length)), count)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    share = ((step + 0.5) / count[edge])[:, None]
    step_xy = np.diff(corners, axis=0)
    unit = step_xy / np.maximum(length, 1e-9)[:, None]
    return _Pieces(
        middle=corners[edge] + share * step_xy[edge],
        length=(length / count)[edge],
        direction=np.arctan2(step_xy[:, 1], step_xy[:, 0])[edge],
        side=side[edge],
        outward=np.column_stack([-unit[:, 1], unit[:, 0]])[edge],
    )


def _from_north_west(ring: Geometry) -> Geometry:
    """The same ring, begun at its north-western corner."""
    corners = shapely.get_coordinates(ring)[:-1]
    first = int(np.lexsort((corners[:, 0], np.round(corners[:, 0] - corners[:, 1], 3)))[0])
    corners = np.roll(corners, -first, axis=0)
    return shapely.linearrings(np.vstack([corners, corners[:1]]))


def _sides(corners: Floats, length: Floats) -> Ints:
    """Side of the grid, index of `SIDES`, of every edge of its simplified outline.

    A grid is seldom straight with the compass, so its sides are those of the rectangle that it
    lies in most nearly, and a notch belongs to the side that it is a notch of.
    """
    box = shapely.bounds(shapely.linestrings(corners))
    coarse = max(3 * JITTER_M, 0.07 * float(np.hypot(box[2] - box[0], box[3] - box[1])))
    kept = shapely.get_coordinates(shapely.simplify(shapely.linestrings(corners), coarse))
    if len(kept) < 4:
        kept = corners
    place = _places(corners, kept)
    long = np.searchsorted(place, np.arange(len(length)), side="right") - 1
    direction = np.arctan2(*np.diff(kept, axis=0).T[::-1])
    weight = np.hypot(*np.diff(kept, axis=0).T)
    pull = np.sum(weight * np.exp(4j * direction))
    tilt = float(np.angle(pull)) / 4 if abs(pull) > 0.2 * weight.sum() else 0.0
    # heading east is the northern side of a clockwise outline
    turn = np.round((direction - tilt) / (np.pi / 2)).astype(np.int64)
    return np.asarray((-turn % 4)[long], dtype=np.int64)


def _places(corners: Floats, kept: Floats) -> Ints:
    """Positions in ``corners`` of a simplified line's vertices, which are some of them in order."""
    places, at = [], 0
    for corner in kept[:-1]:
        while not (corners[at] == corner).all():
            at += 1
        places.append(at)
        at += 1
    return np.array(places, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class _Lines:
    """Straight pieces of everything that a border may run along."""

    tree: shapely.STRtree
    direction: Floats
    reach: Floats
    owner: Ints
    owners: tuple[tuple[Along, str], ...]
    water: Geometries

    def along(self, pieces: _Pieces) -> list[tuple[Along, str] | None]:
        """What each piece runs along; None where that is nothing on the ground."""
        found: list[tuple[Along, str] | None] = [None] * len(pieces.length)
        spots = shapely.points(pieces.middle)
        if len(self.owner):
            farthest = float(self.reach.max())
            piece, line = self.tree.query(spots, predicate="dwithin", distance=farthest)
            away = shapely.distance(spots[piece], self.tree.geometries[line])
            turned = np.abs(pieces.direction[piece] - self.direction[line]) % np.pi
            near = (away <= self.reach[line]) & (
                np.minimum(turned, np.pi - turned) <= np.radians(TURNED)
            )
            piece, line, away = piece[near], line[near], away[near]
            nameless = np.array([not name for _, name in self.owners])[self.owner[line]]
            order = np.lexsort((self.owner[line], np.round(away + NAMELESS_M * nameless, 2), piece))
            piece, line = piece[order], line[order]
            for i in np.flatnonzero(np.diff(piece, prepend=-1)).tolist():
                found[int(piece[i])] = self.owners[int(self.owner[line[i]])]
        if len(self.water):
            wet = shapely.STRtree(self.water).query(spots, predicate="within")[0]
            for i in sorted(set(wet.tolist())):
                if found[i] is None:
                    found[i] = (Along.WATER, "")
        return found


def _lines_near(subject: Subject, window: Bounds, grid_code: str) -> _Lines:
    owners: list[tuple[Along, str]] = []  # one a feature
    lines: list[Geometries] = []
    owner: list[Ints] = []
    reach: list[Floats] = []
    for along, layer, least in _things(subject, window, grid_code):
        segments, row = _segments(geometries(layer), window)
        names = _names(layer)
        lines.append(segments)
        owner.append(row + len(owners))
        reach.append(least[row] + REACH_M)
        owners += [(along, subject.lettering.shown(name, "")) for name in names]
    # by kind and name, so that the order of rows decides nothing
    told = sorted(set(owners))
    number = {one: i for i, one in enumerate(told)}
    rank = np.array([number[one] for one in owners], dtype=np.int64)
    every = np.concatenate(lines) if lines else np.empty(0, dtype=object)
    ends = shapely.get_coordinates(every).reshape(-1, 2, 2)
    direction = np.arctan2(ends[:, 1, 1] - ends[:, 0, 1], ends[:, 1, 0] - ends[:, 0, 0])
    return _Lines(
        tree=shapely.STRtree(every),
        direction=direction,
        reach=np.concatenate(reach) if reach else np.empty(0),
        owner=rank[np.concatenate(owner)] if owner else np.empty(0, dtype=np.int64),
        owners=tuple(told),
        water=_surfaces(subject, window),
    )


def _things(
    subject: Subject, window: Bounds, grid_code: str
) -> Iterator[tuple[Along, gpd.GeoDataFrame, Floats]]:
    """Layers that a border may run along, with half the width (m) of each feature."""
    roads = within(road_layer(subject), window)
    if roads is not None:
        half = np.array([0.0, *(WIDTH_M[rank] / 2 for rank in sorted(WIDTH_M))])
        yield Along.ROAD, roads, half[road_ranks(roads)]
    for along, layer in (
        (Along.WATER, subject.backdrop.water),
        (Along.RAIL, subject.backdrop.rail),
        (Along.PLACE, subject.plan.extra.get("institutions")),
    ):
        near = within(layer, window)
        if near is not None and along is Along.PLACE:
            other = np.array([bool(name) for name in _names(near)])
            other &= (near["grid_code"] != grid_code).to_numpy()  # its own is inside, not beyond
            near = near[other & (shapely.get_dimensions(geometries(near)) == 2)]
        if near is not None and len(near):
            yield along, near, np.zeros(len(near))


def _surfaces(subject: Subject, window: Bounds) -> Geometries:
    water = within(subject.backdrop.water, window)
    if water is None:
        return np.empty(0, dtype=object)
    shapes = geometries(water)
    return np.asarray(shapes[shapely.get_dimensions(shapes) == 2], dtype=object)


def _names(layer: gpd.GeoDataFrame) -> list[str]:
    if "name" not in layer.columns:
        return [""] * len(layer)
    return [tidy(name) if isinstance(name, str) else "" for name in layer["name"]]


def _segments(shapes: Geometries, window: Bounds) -> tuple[Geometries, Ints]:
    """Straight pieces of lines and outlines inside the window, and the row each is of."""
    clipped = shapely.clip_by_rect(np.where(
        shapely.get_dimensions(shapes) == 2, shapely.boundary(shapes), shapes
    ), *window)  # fmt: skip
    parts, row = shapely.get_parts(clipped, return_index=True)
    straight = shapely.get_dimensions(parts) == 1
    parts, row = parts[straight], row[straight]
    corners, line = shapely.get_coordinates(parts, return_index=True)
    if len(corners) == 0:
        return np.empty(0, dtype=object), np.empty(0, dtype=np.int64)
    same = line[:-1] == line[1:]
    ends = np.stack([corners[:-1][same], corners[1:][same]], axis=1)
    return shapely.linestrings(ends), row[line[:-1][same]].astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Others:
    """The grids around a grid."""

    tree: shapely.STRtree
    codes: tuple[str, ...]

    def beside(self, pieces: _Pieces) -> list[str]:
        """Code of the grid beyond each piece; empty where there is none."""
        found = [""] * len(pieces.length)
        spots = shapely.points(pieces.middle + 1.5 * pieces.outward)
        piece, grid = self.tree.query_nearest(spots, max_distance=2 * JITTER_M)
        order = np.lexsort((grid, piece))
        for i in order[::-1].tolist():  # the first of several as near wins
            found[int(piece[i])] = self.codes[int(grid[i])]
        return found


def _grids_near(subject: Subject, window: Bounds, grid_code: str) -> _Others:
    near = within(subject.plan.grids, window)
    assert near is not None
    near = near[near["grid_code"] != grid_code]
    codes = tuple(str(code) for code in near["grid_code"])
    return _Others(shapely.STRtree(geometries(near)), codes)


def _stretches(
    ring: int,
    hole: bool,
    pieces: _Pieces,
    along: Sequence[tuple[Along, str] | None],
    beside: Sequence[str],
) -> list[Stretch]:
    """Sum up the pieces: side by side from the north, what comes first first."""
    beyond = [(Along.GRID, code) if code else (Along.NOTHING, "") for code in beside]
    what = [thing or other for thing, other in zip(along, beyond, strict=True)]
    found = []
    for number, side in enumerate(SIDES):
        mine = np.flatnonzero(pieces.side == number).tolist()
        total: dict[tuple[Along, str], float] = {}
        for i in mine:
            total[what[i]] = total.get(what[i], 0.0) + float(pieces.length[i])
        least = min(max(LEAST_M, LEAST_SHARE * sum(total.values())), max(total.values(), default=0))
        found += [
            Stretch(ring, hole, side, thing, name, metres)
            for (thing, name), metres in total.items()
            if metres >= least - 1e-9
        ]
    return found
