"""What a sheet is made of: plain descriptions of ink, drawn later and maybe elsewhere.

A sheet is composed where the plan is and drawn in a worker process, so everything here is small,
frozen and picklable. Geometry is in metres of the plan's CRS, widths and sizes in millimetres and
points on paper.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from shapely import Geometry

from gridplan.maps.flow import PlacedItem
from gridplan.maps.page import Bounds, Page

Geometries = NDArray[np.object_]


@dataclass(frozen=True)
class Fill:
    """How an area is filled and edged."""

    colour: str
    edge: str = ""
    edge_mm: float = 0.0
    alpha: float = 1.0


@dataclass(frozen=True)
class Stroke:
    """How a line is drawn; ``dash_mm`` alternates ink and gap; the casing lies under all lines."""

    colour: str
    width_mm: float
    dash_mm: tuple[float, ...] = ()
    casing: str = ""
    casing_mm: float = 0.0
    butt: bool = False
    alpha: float = 1.0


@dataclass(frozen=True, eq=False)
class Areas:
    """Polygons; ``colours`` (one each) win over the fill's own."""

    geometry: Geometries
    fill: Fill
    colours: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines of one stroke."""

    geometry: Geometries
    stroke: Stroke


@dataclass(frozen=True, eq=False)
class Dots:
    """Points as small discs."""

    geometry: Geometries
    fill: Fill
    size_mm: float = 1.6


Mark = Areas | Lines | Dots


@dataclass(frozen=True)
class TextLine:
    """One line of a label."""

    text: str
    size_pt: float
    bold: bool = False
    colour: str = ""


Variant = tuple[TextLine, ...]


@dataclass(frozen=True, eq=False)
class Label:
    """A label that belongs to an area or a point.

    Parameters
    ----------
    home
        Polygon or point, metres.
    variants
        What to write, fullest first.
    must
        Whether it is worth a leader line when it fits nowhere inside; otherwise it is left out.
    """

    home: Geometry
    variants: tuple[Variant, ...]
    must: bool = True


@dataclass(frozen=True, eq=False)
class LineName:
    """A name to be written along a line, where it fits."""

    line: Geometry
    text: str
    size_pt: float
    colour: str


@dataclass(frozen=True)
class Key:
    """One entry of the legend: a sample of ink and what it means."""

    text: str
    sample: Fill | Stroke
    colours: tuple[str, ...] = ()
    hatch: Stroke | None = None
    outline: Stroke | None = None
    ties: Stroke | None = None
    dot: bool = False


def colours_of(keys: Iterable[Key]) -> tuple[str, ...]:
    """Every colour that a legend explains."""
    return tuple(colour for key in keys for colour in (*key.colours, key.sample.colour))


@dataclass(frozen=True)
class Bar:
    """Households of one grid, for the chart."""

    text: str
    households: int
    colour: str
    alarm: bool = False


@dataclass(frozen=True, eq=False)
class Sheet:
    """One map, ready to be drawn.

    Parameters
    ----------
    stem
        File name without its ending.
    marks
        Ink, lowest first.
    labels, names
        Texts on the map: those of areas and points in order of importance, those along lines.
    keys, facts, bars, grid_range
        Content of the panel.
    borders
        Lines that names of roads must not run along.
    locator, focus
        Polygons of the small overview, and which of them to highlight.
    notes
        Small print: date, CRS, source, program.
    frames, frame
        Ground of the detail sheets that belong together (metres), and the number of this one,
        from 1; 0 for the sheet that shows all of it.
    text
        Of a grid's sheet: what stands below the map, page by page.
    bookmark
        Its entry in the outline of an atlas.
    """

    stem: str
    page: Page
    title: str
    subtitle: str
    kicker: str
    marks: tuple[Mark, ...]
    labels: tuple[Label, ...]
    names: tuple[LineName, ...]
    keys: tuple[Key, ...]
    facts: tuple[tuple[str, str], ...]
    bars: tuple[Bar, ...]
    grid_range: tuple[int, int]
    notes: tuple[str, ...]
    borders: Geometries = field(default_factory=lambda: np.empty(0, dtype=object))
    locator: Geometries = field(default_factory=lambda: np.empty(0, dtype=object))
    focus: tuple[int, ...] = ()
    frames: tuple[Bounds, ...] = ()
    frame: int = 0
    text: tuple[tuple[PlacedItem, ...], ...] = ()
    bookmark: str = ""
