"""The sheet of paper: orientation, scale and where things stand on it, in millimetres."""

from dataclasses import dataclass, replace
from math import ceil, floor, log10

Bounds = tuple[float, float, float, float]

PAPERS = {"A3": (420.0, 297.0), "8K": (368.0, 260.0)}
"""Papers that maps may be drawn on: width and height in mm, lying down."""

A3_MM, A4_MM = PAPERS["A3"], (297.0, 210.0)
EDGE_MM = 8.0  # paper edge to neat line
INSET_MM = 14.0  # paper edge to content
HEADER_MM = 22.0
SIDE_PANEL_MM = 72.0
GUTTER_MM = 5.0
AIR = 1.045  # ground shown around the subject
MANTISSAS: tuple[float, ...] = (1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2, 2.2, 2.5, 2.8, 3, 3.2, 3.5)
MANTISSAS += (4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 9, 10)
LARGEST, SMALLEST, STEP = 1000.0, 3000.0, 250.0  # denominators of community sheets
MOST_DETAILS = 12
OVERLAP = 0.06  # of a detail sheet's ground that the next one shows again


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
    paper
        Its name, such as ``A3``.
    """

    width: float
    height: float
    header: Rect
    frame: Rect
    panel: Rect
    scale: float
    window: Bounds
    paper: str = "A3"

    @property
    def landscape(self) -> bool:
        """Whether the sheet is wider than high."""
        return self.width > self.height

    def metres(self, millimetres: float) -> float:
        """Ground length of a length on paper."""
        return millimetres * self.scale / 1000


def lay_out(subject: Bounds, foot_mm: float, paper: str = "A3") -> Page:
    """Lay out the sheet, landscape or portrait, that shows ``subject`` (metres) largest.

    ``foot_mm`` is the height of the panel below the map of a portrait sheet.
    """
    return min(_turned(subject, foot_mm, paper), key=lambda page: page.scale)


def lay_out_community(
    community: Bounds, foot_mm: float, paper: str = "A3"
) -> tuple[Page, tuple[Page, ...]]:
    """Lay out a community: one sheet where 1:3,000 or larger will do, else one and details.

    Parameters
    ----------
    community
        Its bounds, metres.
    foot_mm
        Height of the panel below the map of a portrait sheet.
    paper
        ``A3`` or ``8K``.

    Returns
    -------
    whole
        The sheet that shows all of it, at 1:1,000 or the next smaller of steps of 250; at a round
        scale beyond 1:3,000 where it is too large for that.
    details
        Nothing, or the sheets that cover it, row by row from the north-west, at the largest scale
        of the same steps that needs no more sheets than 1:3,000 does. More than 12 would be a
        book: then the scale is smaller.
    """
    pages = _turned(community, foot_mm, paper)
    whole = min((_at(page, _stepped(_needed(page, community))) for page in pages),
                key=lambda p: p.scale)  # fmt: skip
    if whole.scale <= SMALLEST:
        return whole, ()
    choices = (_details(community, page) for page in pages)
    return min(pages, key=lambda p: p.scale), min(choices, key=lambda d: (len(d), d[0].scale))


def _stepped(scale: float) -> float:
    return max(LARGEST, ceil(scale / STEP - 1e-9) * STEP)


def _details(subject: Bounds, page: Page) -> tuple[Page, ...]:
    """Sheets like ``page`` that cover ``subject`` in rows and columns."""
    scale, counts = SMALLEST, _counts(subject, page, SMALLEST)
    while counts[0] * counts[1] > MOST_DETAILS:
        scale = round_scale(scale * 1.01)
        counts = _counts(subject, page, scale)
    while LARGEST < scale <= SMALLEST and _counts(subject, page, scale - STEP) == counts:
        scale -= STEP
    west, south, east, north = subject
    stride = _stride(page, scale)
    left = (west + east - (counts[0] - 1) * stride[0]) / 2
    top = (south + north + (counts[1] - 1) * stride[1]) / 2
    return tuple(
        _at(page, scale, (left + i * stride[0], top - j * stride[1]))
        for j in range(counts[1])
        for i in range(counts[0])
    )


def _stride(page: Page, scale: float) -> tuple[float, float]:
    """Metres from one detail sheet to the next."""
    k = (1 - OVERLAP) * scale / 1000
    return page.frame.width * k, page.frame.height * k


def _counts(subject: Bounds, page: Page, scale: float) -> tuple[int, int]:
    """Columns and rows of detail sheets."""
    west, south, east, north = subject
    across, down = _stride(page, scale)
    return max(1, ceil((east - west) / across)), max(1, ceil((north - south) / down))


def _at(page: Page, scale: float, centre: tuple[float, float] | None = None) -> Page:
    """Return ``page`` at another scale, around the same or another centre (metres)."""
    west, south, east, north = page.window
    x, y = centre or ((west + east) / 2, (south + north) / 2)
    half_x, half_y = page.frame.width * scale / 2000, page.frame.height * scale / 2000
    return replace(page, scale=scale, window=(x - half_x, y - half_y, x + half_x, y + half_y))


def centred(page: Page, x: float, y: float) -> Page:
    """Return ``page`` at its scale around another centre, metres."""
    return _at(page, page.scale, (x, y))


def _turned(subject: Bounds, foot_mm: float, paper: str) -> list[Page]:
    """The sheet lying down and standing up."""
    long, short = PAPERS[paper]
    sides = ((long, short), (short, long))
    return [replace(_page(*side, subject, foot_mm), paper=paper) for side in sides]


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
    return fitted(Page(width, height, header, frame, panel, 1.0, subject))


def fitted(page: Page, least: float = 200.0) -> Page:
    """Return ``page`` at the largest round scale (1:``least`` at most) that shows its window."""
    return _at(page, round_scale(max(_needed(page, page.window), least)))


def _needed(page: Page, subject: Bounds) -> float:
    """Largest scale, not rounded, at which the frame holds ``subject`` and some air."""
    west, south, east, north = subject
    per_mm = max((east - west) / page.frame.width, (north - south) / page.frame.height)
    return per_mm * AIR * 1000


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
