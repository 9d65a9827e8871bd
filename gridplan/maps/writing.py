"""One line of text as ink: laid out once, drawn on every kind of sheet."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.path import Path
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D, Affine2DBase

from gridplan.maps.lettering import MM_PER_POINT, Lettering, font_of

SHARE = {"left": 0.0, "center": 0.5, "right": 1.0}
"""Of the width of a text: what stands left of its place."""

HALF_HEIGHT = 0.37
"""Of the size of a text: half the height of its tall letters."""


@dataclass(frozen=True)
class Line:
    """One line of text and how it looks.

    Parameters
    ----------
    text
        Written literally: no markup is understood.
    size_pt
        Size, points.
    colour
        Of the letters.
    bold
        Whether in the bold face of the font, if it has one.
    thicker_pt
        How much thicker upright strokes are made, for a font without a bold face.
    halo, halo_pt
        Colour of a stroke around and below the letters, and its width; empty for none.
    """

    text: str
    size_pt: float
    colour: str
    bold: bool = False
    thicker_pt: float = 0.0
    halo: str = ""
    halo_pt: float = 0.0


class Writing(Artist):
    """A line of text on a sheet.

    Pictures get outlines of letters, which are kept from sheet to sheet; a PDF gets text that can
    be searched, on the same outlines where it has a halo.

    Parameters
    ----------
    x, y
        Its place, mm of paper: the base line at ``share`` of the width, or half way up the
        letters there where ``centred``.
    line
        What to write.
    lettering
        Fonts.
    share, centred, angle
        How it stands around its place; degrees against the clock.
    """

    def __init__(
        self,
        x: float,
        y: float,
        line: Line,
        lettering: Lettering,
        *,
        share: float = 0.0,
        centred: bool = False,
        angle: float = 0.0,
    ) -> None:
        super().__init__()
        self._place, self.line, self._lettering = (x, y), line, lettering
        self._share, self._centred, self._angle = share, centred, angle

    def draw(self, renderer: Any) -> None:
        """Draw the text with a renderer of matplotlib."""
        line = self.line
        scale = renderer.points_to_pixels(line.size_pt)
        width = self._lettering.width_mm(line.text, line.size_pt, bold=line.bold) / MM_PER_POINT
        away = (-self._share * width / line.size_pt, -HALF_HEIGHT * self._centred)
        x, y = self.get_transform().transform(self._place)

        def turned_by(aside: float) -> Affine2D:
            moved = Affine2D().translate(away[0] + aside, away[1]).scale(scale)
            return moved.rotate_deg(self._angle).translate(x, y)

        turned = turned_by(0.0)
        if line.halo_pt:
            self._ink(renderer, turned, line.halo, line.halo_pt)
        # moved, not stroked: what shows a PDF makes a hair of a stroke as wide as a pixel
        aside = line.thicker_pt / line.size_pt / 2
        for side in (-aside, aside) if aside else ():
            self._ink(renderer, turned_by(side), line.colour)
        if isinstance(renderer, RendererAgg):
            self._ink(renderer, turned, line.colour)
        else:
            self._text(renderer, turned)

    def _ink(
        self, renderer: Any, turned: Affine2DBase, colour: str, stroke_pt: float = 0.0
    ) -> None:
        """Fill the outlines of the letters, and draw them thicker by a stroke."""
        gc = renderer.new_gc()
        gc.set_foreground(colour)
        gc.set_linewidth(stroke_pt)
        gc.set_joinstyle("round")
        gc.set_capstyle("round")
        renderer.draw_path(gc, self._outline(), turned, gc.get_rgb())
        gc.restore()

    def _text(self, renderer: Any, turned: Affine2DBase) -> None:
        """Write text in a font, to be searched and copied."""
        line = self.line
        x, y = turned.transform((0.0, 0.0))
        y = renderer.get_canvas_width_height()[1] - y if renderer.flipy() else y
        gc = renderer.new_gc()
        gc.set_foreground(line.colour)
        font = self._lettering.font(line.size_pt, bold=line.bold)
        renderer.draw_text(gc, x, y, line.text, font, self._angle)
        gc.restore()

    def _outline(self) -> Path:
        lettering = self._lettering
        bold = self.line.bold and lettering.bold
        return _outline(lettering.families, self.line.text, bold)


@lru_cache(maxsize=4_000)
def _outline(families: tuple[str, ...], text: str, bold: bool) -> Path:
    """Outlines of a text of size 1, its base line beginning at (0, 0)."""
    font = font_of(families, text_to_path.FONT_SCALE, bold=bold)
    corners, codes = text_to_path.get_text_path(font, text)
    return Path(np.asarray(corners) / text_to_path.FONT_SCALE, codes)
