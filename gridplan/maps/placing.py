"""Where texts go: inside their polygon if they fit, else beside it, never over each other."""

from dataclasses import dataclass, replace
from itertools import pairwise
from math import atan2, degrees, hypot

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry
from shapely.ops import substring

from gridplan.maps.lettering import MM_PER_POINT, Lettering
from gridplan.maps.marks import Label, LineName, TextLine, Variant
from gridplan.maps.page import Page

Boxes = NDArray[np.float64]

LEADING = 1.22  # line height in ems
PAD_MM = 0.5
# Candidate positions along each side of a polygon's bounds: at most, with less care, mm apart.
STEPS, FEWER_STEPS, STEP_MM = 25, 11, 0.5
AT_HOME = 0.62  # of a text that reaches over its border: least part inside
NEAREST = 80  # places that are tried for a text on a leader
REPEAT_MM = 170.0  # a long road is named again after this


@dataclass(frozen=True)
class Placed:
    """A label with its place on paper (mm); ``leader`` runs from the place it names."""

    lines: Variant
    x: float
    y: float
    leader: tuple[tuple[float, float], tuple[float, float]] | None = None


@dataclass(frozen=True)
class PlacedName:
    """A line's name, centred at (x, y) mm and turned by ``angle`` degrees."""

    name: LineName
    x: float
    y: float
    angle: float
    stacked: bool = False


class Board:
    """The map frame as labels fill it.

    Parameters
    ----------
    page
        Sheet; texts stay inside its frame.
    lettering
        Fonts that texts are measured in.
    """

    def __init__(self, page: Page, lettering: Lettering) -> None:
        self._page = page
        self._lettering = lettering
        frame = page.frame
        self._limits = shapely.box(frame.x + 1, frame.y + 1, frame.right - 1, frame.top - 1)
        self._taken: Boxes = np.empty((0, 4))
        self._better_clear: Boxes = np.empty((0, 4))
        self._leaders: list[Geometry] = []
        self._borders = shapely.STRtree([])

    def on_paper(self, geometry: Geometry) -> Geometry:
        """``geometry`` (metres) in mm on the sheet."""
        west, south = self._page.window[:2]
        frame, k = self._page.frame, 1000 / self._page.scale

        def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
            return (xy - (west, south)) * k + (frame.x, frame.y)

        return shapely.transform(geometry, move)

    def size_mm(self, variant: Variant) -> tuple[float, float]:
        """Width and height of a block of text."""
        widths = [self._lettering.width_mm(t.text, t.size_pt, bold=t.bold) for t in variant]
        height = sum(t.size_pt for t in variant) * LEADING * MM_PER_POINT
        return max(widths) + 2 * PAD_MM, height

    def avoid(self, points: NDArray[np.object_], size_mm: float) -> None:
        """Keep texts off symbols of a size at points (metres) as long as there is other room."""
        centres = shapely.get_coordinates(self.on_paper(shapely.centroid(points)))
        boxes = _boxes(centres, size_mm, size_mm)
        self._better_clear = np.vstack([self._better_clear, boxes])

    def place(self, labels: tuple[Label, ...]) -> list[Placed]:
        """Place labels, small areas first; the rest on leaders, or nowhere if not `must`."""
        homes = [self._home(label) for label in labels]
        order = np.argsort([shapely.area(home) for home in homes], kind="stable").tolist()
        placed: dict[int, Placed] = {}
        for i in order:
            if homes[i].is_empty:
                continue
            for attempt in (self._inside, self._across, self._beside):
                found = attempt(labels[i], homes[i])
                if found is not None:
                    placed[i] = found
                    break
        return [placed[i] for i in sorted(placed)]

    def _home(self, label: Label) -> Geometry:
        home = self.on_paper(label.home)
        if shapely.get_dimensions(home) == 2:
            home = shapely.simplify(home, 0.15)
            home = home if shapely.is_valid(home) else shapely.make_valid(home)
        home = shapely.intersection(home, self._limits)
        if shapely.get_dimensions(home) == 2:
            parts = shapely.get_parts(home)
            home = parts[int(np.argmax(shapely.area(parts)))]
        return home

    def _inside(self, label: Label, home: Geometry) -> Placed | None:
        if shapely.get_dimensions(home) < 2:
            return self._near_point(label, home)
        for variant in label.variants:
            width, height = self.size_mm(variant)
            centres = _lattice(home, width, height)
            boxes = _boxes(centres, width, height)
            shapely.prepare(home)
            fits = shapely.contains(home, shapely.box(*boxes.T)) & self._free(boxes, picky=True)
            if fits.any():
                best = _most_central(home, centres[fits], boxes[fits])
                return self._take(variant, centres[fits][best], width, height)
        return None

    def _across(self, label: Label, home: Geometry) -> Placed | None:
        """Allow a text to reach over its border, where most of it stays at home."""
        if shapely.get_dimensions(home) < 2:
            return None
        found: tuple[float, Variant, Boxes] = (AT_HOME, (), np.empty(0))
        for variant in label.variants:
            width, height = self.size_mm(variant)
            if shapely.area(home) <= found[0] * width * height:
                continue
            centres = _lattice(home, 0.0, 0.0, FEWER_STEPS)
            boxes = _boxes(centres, width, height)
            free = self._free(boxes) & self._within(boxes)
            centres, boxes = centres[free], boxes[free]
            if len(boxes):
                at_home = shapely.area(shapely.intersection(home, shapely.box(*boxes.T)))
                share = np.round(at_home / (width * height), 2)
                best = int(np.argmax(share))
                if share[best] > found[0]:
                    found = (float(share[best]), variant, centres[best])
        return self._take(found[1], found[2], *self.size_mm(found[1])) if found[1] else None

    def _beside(self, label: Label, home: Geometry) -> Placed | None:
        """Put a text on a leader line in the nearest free place."""
        if not label.must or shapely.get_dimensions(home) < 2:
            return None
        anchor = shapely.get_coordinates(_heart(home))[0]
        variant = label.variants[-1]
        width, height = self.size_mm(variant)
        turn, reach = np.meshgrid(np.arange(32) * np.pi / 16, np.arange(5.0, 60.0, 1.5))
        centres = anchor + np.column_stack(
            [(reach * np.cos(turn)).ravel() * 1.3, (reach * np.sin(turn)).ravel()]
        )
        boxes = _boxes(centres, width, height)
        free = np.flatnonzero(self._free(boxes) & self._within(boxes))
        free = free[np.argsort(np.hypot(*(centres[free] - anchor).T), kind="stable")]
        if not len(free):
            return None
        leaders = ((i, _leader(anchor, centres[i], boxes[i])) for i in free[:NEAREST].tolist())
        clear = (found for found in leaders if not self._crosses(found[1]))
        # in a crowd a leader may pass behind other texts, whose halo keeps them readable
        nearest = int(free[0])
        best, leader = next(clear, (nearest, _leader(anchor, centres[nearest], boxes[nearest])))
        self._leaders.append(leader)
        (x0, y0), (x1, y1) = shapely.get_coordinates(leader).tolist()
        placed = self._take(variant, centres[best], width, height)
        return replace(placed, leader=((x0, y0), (x1, y1)))

    def _near_point(self, label: Label, home: Geometry) -> Placed | None:
        anchor = shapely.get_coordinates(home)
        if len(anchor) == 0:
            return None
        for variant in label.variants:
            width, height = self.size_mm(variant)
            away = np.array([(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)])
            reach = np.array([width / 2 + 0.9, height / 2 + 0.6])
            centres = anchor[0] + away * reach
            boxes = _boxes(centres, width, height)
            free = np.flatnonzero(self._free(boxes, picky=True) & self._within(boxes))
            if len(free):
                return self._take(variant, centres[free[0]], width, height)
        return None

    def _take(self, variant: Variant, centre: Boxes, width: float, height: float) -> Placed:
        self._taken = np.vstack([self._taken, _boxes(centre[None, :], width, height)])
        return Placed(variant, float(centre[0]), float(centre[1]))

    def _free(self, boxes: Boxes, *, picky: bool = False) -> NDArray[np.bool_]:
        taken = np.vstack([self._taken, self._better_clear]) if picky else self._taken
        apart = (
            (boxes[:, None, 0] >= taken[None, :, 2])
            | (boxes[:, None, 2] <= taken[None, :, 0])
            | (boxes[:, None, 1] >= taken[None, :, 3])
            | (boxes[:, None, 3] <= taken[None, :, 1])
        )
        free: NDArray[np.bool_] = np.asarray(apart.all(axis=1), dtype=np.bool_)
        if self._leaders:
            leaders = shapely.union_all(np.array(self._leaders))
            free &= ~np.asarray(shapely.intersects(shapely.box(*boxes.T), leaders), dtype=np.bool_)
        return free

    def _within(self, boxes: Boxes) -> NDArray[np.bool_]:
        west, south, east, north = shapely.bounds(self._limits)
        inside: NDArray[np.bool_] = (
            (boxes[:, 0] >= west)
            & (boxes[:, 1] >= south)
            & (boxes[:, 2] <= east)
            & (boxes[:, 3] <= north)
        )
        return inside

    def _crosses(self, leader: Geometry) -> bool:
        boxes = shapely.box(*self._taken.T)
        others = self._leaders and shapely.intersects(leader, np.array(self._leaders)).any()
        return bool(shapely.intersects(leader, boxes).any() or others)

    def name_lines(
        self, names: tuple[LineName, ...], borders: NDArray[np.object_]
    ) -> list[PlacedName]:
        """Write names along straight stretches of their lines, or beside them along a border."""
        self._borders = shapely.STRtree([self.on_paper(line) for line in borders])
        done: list[PlacedName] = []
        rotated: list[Geometry] = []
        for name in names:
            for line in self._stretches(name):
                found = self._along(name, line, rotated)
                if found is not None:
                    done.append(found)
        return done

    def _stretches(self, name: LineName) -> list[Geometry]:
        line = shapely.intersection(self.on_paper(name.line), self._limits)
        merged = shapely.line_merge(line) if shapely.get_num_geometries(line) > 1 else line
        parts = shapely.get_parts(merged)
        parts = parts[shapely.length(parts) > 0]
        parts = parts[np.argsort(-shapely.length(parts), kind="stable")]
        pieces: list[Geometry] = []
        for part in parts[:2].tolist():
            count = max(1, int(shapely.length(part) / REPEAT_MM))
            cuts = np.linspace(0, 1, count + 1)
            pieces += [substring(part, a, b, normalized=True) for a, b in pairwise(cuts.tolist())]
        return pieces

    def _along(self, name: LineName, line: Geometry, rotated: list[Geometry]) -> PlacedName | None:
        width, height = self.size_mm((TextLine(name.text, name.size_pt),))
        room = shapely.length(line) - width
        if room < 0:
            return None
        starts = np.linspace(0, room, int(room / 3) + 1)
        a = shapely.get_coordinates(shapely.line_interpolate_point(line, starts))
        m = shapely.get_coordinates(shapely.line_interpolate_point(line, starts + width / 2))
        b = shapely.get_coordinates(shapely.line_interpolate_point(line, starts + width))
        chord = np.hypot(*(b - a).T)
        sag = np.hypot(*(m - (a + b) / 2).T)
        straight = (chord > 0.985 * width) & (sag < 0.25 * height)
        order = np.argsort(np.abs(starts - room / 2), kind="stable")
        for shift in (0.0, 0.95 * height, -0.95 * height):
            for i in order[straight[order]].tolist():
                away = _side(a[i], b[i]) * shift
                box = _turned(a[i] + away, b[i] + away, height)
                if self._clear(box, rotated) and not self._on_border(box, width):
                    rotated.append(box)
                    return _named(name, m[i] + away, b[i] - a[i])
        return None

    def _on_border(self, box: Geometry, width: float) -> bool:
        lines = self._borders.geometries[self._borders.query(box)]
        return float(shapely.length(shapely.intersection(lines, box)).sum()) > 0.4 * width

    def _clear(self, box: Geometry, rotated: list[Geometry]) -> bool:
        if not shapely.contains(self._limits, box):
            return False
        taken = shapely.box(*np.vstack([self._taken, self._better_clear]).T)
        others = np.array(rotated, dtype=object)
        return not (shapely.intersects(box, taken).any() or shapely.intersects(box, others).any())


def _named(name: LineName, middle: Boxes, direction: Boxes) -> PlacedName:
    angle = degrees(atan2(direction[1], direction[0]))
    angle = (angle + 90) % 180 - 90  # never upside down
    return PlacedName(name, float(middle[0]), float(middle[1]), angle)


def _turned(a: Boxes, b: Boxes, height: float) -> Geometry:
    side = _side(a, b) * height / 2
    return shapely.polygons(np.array([a + side, b + side, b - side, a - side]))


def _side(a: Boxes, b: Boxes) -> Boxes:
    along = (b - a) / max(hypot(*(b - a)), 1e-9)
    return np.array([-along[1], along[0]])


def _heart(home: Geometry) -> Geometry:
    """Centre of the largest circle inside."""
    return shapely.get_point(shapely.maximum_inscribed_circle(home, 0.2), 0)


def _lattice(home: Geometry, width: float, height: float, most: int = STEPS) -> Boxes:
    west, south, east, north = shapely.bounds(home)
    if east - west < width or north - south < height:
        return np.empty((0, 2))
    x = np.linspace(west + width / 2, east - width / 2, _steps(east - west - width, most))
    y = np.linspace(south + height / 2, north - height / 2, _steps(north - south - height, most))
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    heart = shapely.get_coordinates(_heart(home))
    return np.vstack([heart, grid])


def _steps(room: float, most: int) -> int:
    return int(np.clip(np.ceil(room / STEP_MM) + 1, 3, most))


def _boxes(centres: Boxes, width: float, height: float) -> Boxes:
    half = np.array([width / 2, height / 2])
    return np.hstack([centres - half, centres + half])


def _most_central(home: Geometry, centres: Boxes, boxes: Boxes) -> int:
    """Balance of room around the text and nearness to the polygon's centre."""
    room = shapely.distance(shapely.boundary(home), shapely.box(*boxes.T))
    centre = shapely.get_coordinates(shapely.centroid(home))[0]
    far = np.hypot(*(centres - centre).T) / np.sqrt(shapely.area(home))
    score = np.minimum(room, 2.5) / 2.5 - 1.2 * far
    return int(np.argmax(np.round(score, 4)))


def _leader(anchor: Boxes, centre: Boxes, box: Boxes) -> Geometry:
    near = np.clip(anchor, box[:2], box[2:])
    near = near + (centre - near) * 0.04
    return shapely.linestrings(np.array([anchor, near + (anchor - near) * 0.06]))
