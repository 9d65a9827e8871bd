"""The sheet of paper: orientation, scale and where things stand on it, in millimetres."""

from dataclasses import dataclass
from math import floor, log10

Bounds = tuple[float, float, float, float]

A3_MM = (420.0, 297.0)
EDGE_MM = 8.0  # paper edge to neat line
INSET_MM = 14.0  # paper edge to content
HEADER_MM = 22.0
SIDE_PANEL_MM = 72.0
GUTTER_MM = 5.0
AIR = 1.045  # ground shown around the subject
MANTISSAS: tuple[float, ...] = (1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2, 2.2, 2.5, 2.8, 3, 3.2, 3.5)
MANTISSAS += (4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 9, 10)


@dataclass(frozen=True)
class Rect:
    """A rectangle on paper, mm from the lower left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Right edge, mm."""
        return self.x + self.width

    @property
    def top(self) -> float:
        """Upper edge, mm."""
        return self.y + self.height


@dataclass(frozen=True)
class Page:
    """One laid-out sheet.

    Parameters
    ----------
    width, height
        Paper, mm.
    header, frame, panel
        Title band, map frame, and the panel for legend and figures, on paper.
    scale
        Denominator of the map scale.
    window
        Ground that the frame shows: west, south, east, north in metres of the plan's CRS.
    """

    width: float
    height: float
    header: Rect
    frame: Rect
    panel: Rect
    scale: float
    window: Bounds

    @property
    def landscape(self) -> bool:
        """Whether the sheet is wider than high."""
        return self.width > self.height

    def metres(self, millimetres: float) -> float:
        """Ground length of a length on paper."""
        return millimetres * self.scale / 1000


def lay_out(subject: Bounds, foot_mm: float) -> Page:
    """Lay out the A3 sheet, landscape or portrait, that shows ``subject`` (metres) largest.

    ``foot_mm`` is the height of the panel below the map of a portrait sheet.
    """
    long, short = A3_MM
    pages = [_page(long, short, subject, foot_mm), _page(short, long, subject, foot_mm)]
    return min(pages, key=lambda page: page.scale)


def _page(width: float, height: float, subject: Bounds, foot_mm: float) -> Page:
    inner = Rect(INSET_MM, INSET_MM, width - 2 * INSET_MM, height - 2 * INSET_MM)
    header = Rect(inner.x, inner.top - HEADER_MM, inner.width, HEADER_MM)
    body = inner.height - HEADER_MM
    if width > height:
        frame = Rect(inner.x, inner.y, inner.width - SIDE_PANEL_MM - GUTTER_MM, body)
        panel = Rect(frame.right + GUTTER_MM, inner.y, SIDE_PANEL_MM, body)
    else:
        panel = Rect(inner.x, inner.y, inner.width, foot_mm)
        foot = foot_mm + GUTTER_MM
        frame = Rect(inner.x, inner.y + foot, inner.width, body - foot)
    scale, window = _window(subject, frame)
    return Page(width, height, header, frame, panel, scale, window)


def _window(subject: Bounds, frame: Rect) -> tuple[float, Bounds]:
    west, south, east, north = subject
    per_mm = max((east - west) / frame.width, (north - south) / frame.height) * AIR
    scale = round_scale(per_mm * 1000)
    half_x, half_y = frame.width * scale / 2000, frame.height * scale / 2000
    x, y = (west + east) / 2, (south + north) / 2
    return scale, (x - half_x, y - half_y, x + half_x, y + half_y)


def round_scale(least: float) -> float:
    """Smallest round scale denominator that is at least ``least``, and 200 or more."""
    least = max(least, 200.0)
    power = 10.0 ** floor(log10(least))
    return next(m * power for m in MANTISSAS if m * power >= least * (1 - 1e-9))


def round_length(most_m: float) -> float:
    """Largest of 1, 2, 4, 5, 6, 8 x 10^n metres that is at most ``most_m``."""
    power = 10.0 ** floor(log10(most_m))
    return max(
        m * power for m in (1.0, 2.0, 4.0, 5.0, 6.0, 8.0) if m * power <= most_m * (1 + 1e-9)
    )
