"""From a sheet to files."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from gridplan.maps.furniture import draw_frames, draw_header, draw_neat_line, draw_panel
from gridplan.maps.ink import draw_mark
from gridplan.maps.lettering import MM_PER_POINT, Lettering
from gridplan.maps.marks import Dots, Sheet, colours_of
from gridplan.maps.page import Page
from gridplan.maps.palette import FAINT_INK, GROUND, INK, PAPER, SOFT_INK
from gridplan.maps.pen import Pen
from gridplan.maps.placing import LEADING, Board, Placed, PlacedName
from gridplan.maps.png import png_bytes
from gridplan.maps.strip import draw_foot, draw_strip, draw_text
from gridplan.maps.words import words

DPI = 180
MM_PER_INCH = 25.4
# Whatever the machine's own matplotlib settings are, a map is a map.
SETTINGS = {
    "svg.fonttype": "path",
    "svg.hashsalt": "gridplan",
    "pdf.fonttype": 42,
    "path.simplify": True,
    "path.simplify_threshold": 0.1,
    "axes.formatter.useoffset": False,
    "text.usetex": False,
    "text.hinting": "none",
    "text.antialiased": True,
    "path.effects": [],
    "path.sketch": None,
}


def settled() -> AbstractContextManager[None]:
    """Settings of matplotlib while maps are drawn; a document is closed under them too."""
    return mpl.rc_context(SETTINGS)  # type: ignore[arg-type]


def render(
    sheet: Sheet,
    folder: Path,
    formats: Sequence[str],
    lettering: Lettering,
    language: str,
    pages: PdfPages | None = None,
) -> int:
    """Draw one sheet into ``folder``, one file per format (``png``, ``pdf``, ``svg``).

    A sheet of several pages is one PDF, but as many pictures; from the second on they have the
    number of the page in their name.

    Parameters
    ----------
    sheet
        What to draw.
    folder
        Where to; it exists.
    formats
        Of the files.
    lettering, language
        Fonts and vocabulary.
    pages
        A document that the sheet is added to as well.

    Returns
    -------
    int
        Pages drawn; ``files_of`` tells the files.
    """
    lettering.load()
    vocabulary = words(language)
    with settled():
        figures = [_figure(sheet, lettering, vocabulary)]
        figures += [
            _further(sheet, lettering, vocabulary, number) for number in range(1, len(sheet.text))
        ]
        for ending in formats:
            _write(figures, folder, sheet, ending)
        for figure in figures if pages is not None else ():
            pages.savefig(figure)  # type: ignore[union-attr]
    return len(figures)


def _figure(sheet: Sheet, lettering: Lettering, vocabulary: Mapping[str, str]) -> Figure:
    page = sheet.page
    figure, paper = _blank(page)
    frame = page.frame
    place = (
        frame.x / page.width,
        frame.y / page.height,
        frame.width / page.width,
        frame.height / page.height,
    )
    west, south, east, north = page.window
    ground = figure.add_axes(place, xlim=(west, east), ylim=(south, north), facecolor=GROUND)
    ground.set_axis_off()
    ground.patch.set_visible(True)
    ground.set_zorder(1)
    pen = Pen(paper, lettering)
    for order, mark in enumerate(sheet.marks):
        draw_mark(ground, mark, float(order))
    _write_labels(pen, sheet)
    draw_frames(pen, sheet)
    draw_header(pen, sheet)
    if sheet.text:
        draw_strip(pen, sheet, vocabulary)
        draw_text(pen, sheet.text[0])
        draw_foot(pen, sheet, vocabulary, 0)
    else:
        draw_panel(pen, sheet, vocabulary)
    return figure


def _further(
    sheet: Sheet, lettering: Lettering, vocabulary: Mapping[str, str], number: int
) -> Figure:
    """A page that goes on with the text of a grid's sheet."""
    figure, paper = _blank(sheet.page)
    pen = Pen(paper, lettering)
    draw_neat_line(pen, sheet)
    draw_header(pen, sheet)
    draw_text(pen, sheet.text[number])
    draw_foot(pen, sheet, vocabulary, number)
    return figure


def _blank(page: Page) -> tuple[Figure, Axes]:
    """Make a sheet of paper with axes in mm over all of it."""
    size = (page.width / MM_PER_INCH, page.height / MM_PER_INCH)
    figure = Figure(figsize=size, dpi=DPI, facecolor=PAPER)
    FigureCanvasAgg(figure)
    paper = figure.add_axes((0, 0, 1, 1), xlim=(0, page.width), ylim=(0, page.height))
    paper.set_axis_off()
    paper.set_zorder(2)
    paper.patch.set_alpha(0)
    return figure, paper


def _write_labels(pen: Pen, sheet: Sheet) -> None:
    board = Board(sheet.page, pen.lettering)
    for mark in sheet.marks:
        if isinstance(mark, Dots):
            board.avoid(mark.geometry, mark.size_mm)
    for placed in board.place(sheet.labels):
        _write_label(pen, placed)
    for name in board.name_lines(sheet.names, sheet.borders):
        _write_name(pen, name)


def _write_label(pen: Pen, placed: Placed) -> None:
    if placed.leader is not None:
        (x0, y0), (x1, y1) = placed.leader
        pen.line([x0, x1], [y0, y1], PAPER, 0.6, order=46)
        pen.line([x0, x1], [y0, y1], SOFT_INK, 0.2, order=47)
    y = placed.y + sum(line.size_pt for line in placed.lines) * LEADING * MM_PER_POINT / 2
    for line in placed.lines:
        height = line.size_pt * MM_PER_POINT
        # the optical middle of a line lies a third of its size above the base line
        baseline = y - LEADING * height / 2 - 0.36 * height
        pen.write(
            placed.x,
            baseline,
            line.text,
            line.size_pt,
            bold=line.bold,
            colour=line.colour or INK,
            align="center",
            halo=PAPER,
        )
        y -= LEADING * height


def _write_name(pen: Pen, placed: PlacedName) -> None:
    pen.write(
        placed.x,
        placed.y,
        placed.name.text,
        placed.name.size_pt,
        colour=placed.name.colour or FAINT_INK,
        align="center",
        anchor="center_baseline",
        angle=placed.angle,
        halo=PAPER,
        halo_mm=0.3,
    )


def files_of(stem: str, ending: str, pages: int) -> list[str]:
    """Names of the files of a sheet: one PDF, but a picture a page."""
    more = range(2, 1 if ending == "pdf" else pages + 1)
    return [f"{stem}.{ending}", *(f"{stem}_{number}.{ending}" for number in more)]


def _write(figures: Sequence[Figure], folder: Path, sheet: Sheet, ending: str) -> None:
    paths = [folder / name for name in files_of(sheet.stem, ending, len(figures))]
    if ending == "pdf":
        with PdfPages(paths[0], metadata=about(sheet.title)) as pages:
            for figure in figures:
                pages.savefig(figure)
        return
    for path, figure in zip(paths, figures, strict=True):
        if ending == "png":
            path.write_bytes(_png(figure, colours_of(sheet.keys)))
        else:
            figure.savefig(
                path, format="svg", metadata={"Title": sheet.title, "Date": None, "Creator": None}
            )


def about(title: str) -> dict[str, str | None]:
    """What a PDF says of itself: its title, and nothing that differs from run to run."""
    return {
        "Title": title,
        "Creator": "gridplan",
        "Producer": None,
        "CreationDate": None,
        "ModDate": None,
    }


def _png(figure: Figure, kept: Sequence[str]) -> bytes:
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    return png_bytes(pixels, DPI, kept)
