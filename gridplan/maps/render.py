"""From a sheet to files."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from gridplan.maps.furniture import draw_frames, draw_header, draw_panel
from gridplan.maps.ink import draw_mark
from gridplan.maps.lettering import MM_PER_POINT, Lettering
from gridplan.maps.marks import Dots, Sheet
from gridplan.maps.palette import FAINT_INK, GROUND, INK, PAPER, SOFT_INK
from gridplan.maps.pen import Pen
from gridplan.maps.placing import LEADING, Board, Placed, PlacedName
from gridplan.maps.png import png_bytes
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


def render(
    sheet: Sheet, folder: Path, formats: Sequence[str], lettering: Lettering, language: str
) -> str:
    """Draw one sheet into ``folder``, one file per format (``png``, ``pdf``, ``svg``).

    Returns
    -------
    str
        The sheet's stem, so that a pool can say which one is done.
    """
    lettering.load()
    with mpl.rc_context(SETTINGS):  # type: ignore[arg-type]
        figure = _figure(sheet, lettering, language)
        for ending in formats:
            _write(figure, folder / f"{sheet.stem}.{ending}", ending)
    return sheet.stem


def _figure(sheet: Sheet, lettering: Lettering, language: str) -> Figure:
    page, vocabulary = sheet.page, words(language)
    size = (page.width / MM_PER_INCH, page.height / MM_PER_INCH)
    figure = Figure(figsize=size, dpi=DPI, facecolor=PAPER)
    FigureCanvasAgg(figure)
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
    paper = figure.add_axes((0, 0, 1, 1), xlim=(0, page.width), ylim=(0, page.height))
    paper.set_axis_off()
    pen = Pen(paper, lettering)
    ground.set_zorder(1)
    paper.set_zorder(2)
    paper.patch.set_alpha(0)
    for order, mark in enumerate(sheet.marks):
        draw_mark(ground, mark, float(order))
    _write_labels(pen, sheet)
    draw_frames(pen, sheet)
    draw_header(pen, sheet)
    draw_panel(pen, sheet, vocabulary)
    return figure


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


def _write(figure: Figure, path: Path, ending: str) -> None:
    if ending == "png":
        path.write_bytes(_png(figure))
    else:
        blank = {"pdf": ("CreationDate", "Creator", "Producer"), "svg": ("Date", "Creator")}
        figure.savefig(path, format=ending, metadata=dict.fromkeys(blank.get(ending, ()), None))


def _png(figure: Figure) -> bytes:
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    return png_bytes(np.ascontiguousarray(pixels[..., :3]), DPI)
