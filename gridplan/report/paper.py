"""Sheets of A4 that fill from the top: headings, paragraphs, tables that go on overleaf."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from gridplan.maps.lettering import MM_PER_POINT, Lettering
from gridplan.maps.page import Rect
from gridplan.maps.palette import FAINT_INK, INK, SOFT_INK
from gridplan.maps.pen import Pen
from gridplan.text import clean_text

WIDTH, HEIGHT, MARGIN = 210.0, 297.0, 17.0
INNER = WIDTH - 2 * MARGIN
FLOOR = 20.0
TEXT_PT, TABLE_PT, LEADING = 8.5, 7.6, 1.38
GAP = 2.6  # between columns, mm
RULE, BLUE, BAND, GROUND, GREEN = "#D9DADE", "#2F5F8F", "#E6EFE2", "#E6E8EC", "#3F6435"
LINES_MAX = 40  # of one cell
SETTINGS = {"pdf.fonttype": 42, "text.usetex": False, "text.hinting": "none", "path.sketch": None}


@dataclass(frozen=True)
class Column:
    """One column of a table: heading, share of the width, and whether it holds numbers."""

    title: str
    share: float
    number: bool = False


@dataclass
class Paper:
    """A document while it is written.

    Parameters
    ----------
    lettering
        Fonts.
    footer
        Stands at the foot of every sheet, before its number.
    """

    lettering: Lettering
    footer: str
    sheets: list[tuple[Figure, Pen]] = field(default_factory=list)
    y: float = 0.0

    def __post_init__(self) -> None:
        self.lettering.load()
        self.turn()

    @property
    def pen(self) -> Pen:
        """Writes on the sheet at hand, in mm from its lower left corner."""
        return self.sheets[-1][1]

    def turn(self) -> None:
        """Begin a new sheet."""
        figure = Figure(figsize=(WIDTH / 25.4, HEIGHT / 25.4), facecolor="#FFFFFF")
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(0, HEIGHT))
        axes.set_axis_off()
        self.sheets.append((figure, Pen(axes, self.lettering)))
        self.y = HEIGHT - MARGIN

    def need(self, height: float) -> None:
        """Turn the sheet where less than this height (mm) is left."""
        if self.y - height < FLOOR:
            self.turn()

    def shown(self, text: str) -> str:
        """Return text of one line, characters without a glyph replaced."""
        return self.lettering.shown(clean_text(text), text)

    def write(
        self, text: str, x: float, y: float, size_pt: float, *, bold: bool = False,
        colour: str = INK, right: bool = False,
    ) -> None:  # fmt: skip
        """Write one line; ``y`` is its base line."""
        align = "right" if right else "left"
        self.pen.write(x, y, text, size_pt, bold=bold, colour=colour, align=align)  # type: ignore[arg-type]

    def lines(self, text: str, size_pt: float, width: float) -> list[str]:
        """Break a text into lines of at most ``width`` mm; very long ones are cut short."""
        found = self.pen.wrapped(self.shown(text), size_pt, width)
        return [part for line in found for part in self._broken(line, size_pt, width)][:LINES_MAX]

    def _broken(self, line: str, size_pt: float, width: float) -> list[str]:
        """Break a word that no line is wide enough for."""
        parts = []
        while self.lettering.width_mm(line, size_pt) > width and len(line) > 1:
            count = max(1, int(len(line) * width / self.lettering.width_mm(line, size_pt)) - 1)
            parts.append(line[:count])
            line = line[count:]
        return [*parts, line]

    def bar(self, rect: Rect, colour: str) -> None:
        """Fill a rectangle."""
        self.pen.box(rect, fill=colour, order=30)

    def centred(self, text: str, x: float, y: float, size_pt: float, colour: str) -> None:
        """Write one line around ``x``."""
        self.pen.write(x, y, text, size_pt, colour=colour, align="center")

    def paragraph(
        self, text: str, *, size_pt: float = TEXT_PT, colour: str = INK, bold: bool = False,
        x: float = MARGIN, width: float = INNER, after: float = 2.0,
    ) -> None:  # fmt: skip
        """Write a text, broken into lines."""
        step = size_pt * MM_PER_POINT * LEADING
        for line in self.lines(text, size_pt, width):
            self.need(step)
            self.y -= step
            self.write(line, x, self.y + 0.28 * step, size_pt, bold=bold, colour=colour)
        self.y -= after

    def heading(self, text: str, *, room: float = 30.0) -> None:
        """Write the title of a part, with room for what follows on the same sheet."""
        self.need(room)
        self.y -= 9 if self.y < HEIGHT - MARGIN else 5
        self.write(self.pen.shortened(self.shown(text), 13, INNER, bold=True), MARGIN, self.y, 13,
                   bold=True)  # fmt: skip
        self.pen.line([MARGIN, WIDTH - MARGIN], [self.y - 2] * 2, INK, 0.25)
        self.y -= 5.5

    def small_heading(self, text: str, *, room: float = 20.0) -> None:
        """Write the title of a table or chart."""
        self.need(room)
        self.y -= 6
        self.write(self.pen.shortened(self.shown(text), 9.5, INNER, bold=True), MARGIN, self.y, 9.5,
                   bold=True)  # fmt: skip
        self.y -= 2.4

    def table(
        self, columns: Sequence[Column], rows: Sequence[Sequence[str]], *, bold_last: bool = False
    ) -> None:
        """Write a table; its heading stands on every sheet that it goes on to."""
        whole = sum(column.share for column in columns)
        room = INNER - GAP * (len(columns) - 1)
        widths = [room * column.share / whole for column in columns]
        step = TABLE_PT * MM_PER_POINT * LEADING
        self.need(2 * step + self._tall(rows[0] if rows else [], widths) * step + 6)
        if any(column.title for column in columns):
            self._table_row([column.title for column in columns], columns, widths, head=True)
        for number, row in enumerate(rows):
            bold = bold_last and number == len(rows) - 1
            tall = self._tall(row, widths)
            if self.y - tall * step - 2.2 < FLOOR:
                self.turn()
                if any(column.title for column in columns):
                    self._table_row([c.title for c in columns], columns, widths, head=True)
            self._table_row(row, columns, widths, bold=bold)
        self.y -= 2.5

    def _tall(self, row: Sequence[str], widths: Sequence[float]) -> int:
        """Lines that a row takes."""
        cells = zip(row, widths, strict=False)
        return max([1, *(len(self.lines(text, TABLE_PT, width)) for text, width in cells)])

    def _table_row(
        self, row: Sequence[str], columns: Sequence[Column], widths: Sequence[float],
        *, head: bool = False, bold: bool = False,
    ) -> None:  # fmt: skip
        step = TABLE_PT * MM_PER_POINT * LEADING
        x, tall = MARGIN, 1
        cells = [self.lines(text, TABLE_PT, w) for text, w in zip(row, widths, strict=True)]
        tall = max(tall, *(len(lines) for lines in cells))
        for lines, column, width in zip(cells, columns, widths, strict=True):
            offset = tall - len(lines) if head else 0  # headings stand on their rule
            for number, line in enumerate(lines):
                y = self.y - (offset + number + 1) * step - 0.3
                at = x + width if column.number else x
                self.write(
                    line, at, y + 0.2 * step, TABLE_PT, bold=head or bold, right=column.number
                )
            x += width + GAP
        self.y -= tall * step + 1.5
        colour, thick = (INK, 0.3) if head else (RULE, 0.15)
        self.pen.line([MARGIN, WIDTH - MARGIN], [self.y] * 2, colour, thick)
        self.y -= 0.7

    def box(self, height: float) -> Rect:
        """Take a strip of this height over the whole width, for a chart."""
        self.need(height)
        self.y -= height
        return Rect(MARGIN, self.y, INNER, height)

    def data(self, title: str) -> bytes:
        """Finish the document: number the sheets, return it as PDF without dates."""
        total = len(self.sheets)
        for number, (_, pen) in enumerate(self.sheets, start=1):
            pen.line([MARGIN, WIDTH - MARGIN], [13, 13], FAINT_INK, 0.12)
            footer = pen.shortened(self.shown(self.footer), 7, INNER - 20)
            pen.write(MARGIN, 9, footer, 7, colour=SOFT_INK)
            pen.write(WIDTH - MARGIN, 9, f"{number} / {total}", 7, colour=SOFT_INK, align="right")
        file = BytesIO()
        about = {
            "Title": clean_text(title), "CreationDate": None, "ModDate": None,
            "Creator": "gridplan", "Producer": None,
        }  # fmt: skip
        with mpl.rc_context(SETTINGS), PdfPages(file, metadata=about) as pages:  # type: ignore[arg-type]
            for figure, _ in self.sheets:
                pages.savefig(figure)
        return file.getvalue()
