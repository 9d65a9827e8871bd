"""Writing and drawing on the sheet itself, in millimetres from its lower left corner."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle

from gridplan.maps.ink import points
from gridplan.maps.lettering import MM_PER_POINT, Lettering
from gridplan.maps.page import Rect
from gridplan.maps.palette import INK
from gridplan.maps.writing import SHARE, Line, Writing

Colour = str
BOLD_STROKE = 0.045  # of the size: thickens a font that has no bold face


class Pen:
    """Draws on axes whose data are mm of paper.

    Parameters
    ----------
    axes
        Axes over the whole sheet.
    lettering
        Fonts.
    """

    def __init__(self, axes: Axes, lettering: Lettering) -> None:
        self.axes = axes
        self.lettering = lettering

    def write(
        self,
        x: float,
        y: float,
        text: str,
        size_pt: float,
        *,
        bold: bool = False,
        colour: Colour = INK,
        align: Literal["left", "center", "right"] = "left",
        anchor: Literal["baseline", "center_baseline"] = "baseline",
        angle: float = 0.0,
        halo: Colour = "",
        halo_mm: float = 0.45,
        order: float = 50.0,
    ) -> None:
        """Write one line of text, literally: no markup is understood."""
        stroke = BOLD_STROKE * size_pt if bold and not self.lettering.bold else 0.0
        halo_pt = 2 * points(halo_mm) + stroke if halo else 0.0
        line = Line(text, size_pt, colour, bold, stroke, halo, halo_pt)
        centred = anchor == "center_baseline"
        artist = Writing(
            x, y, line, self.lettering, share=SHARE[align], centred=centred, angle=angle
        )
        artist.set_zorder(order)
        self.axes.add_artist(artist)

    def fitted(self, text: str, size_pt: float, width: float, *, bold: bool = False) -> float:
        """Largest size up to ``size_pt`` at which ``text`` is at most ``width`` mm wide."""
        return self.lettering.fitted(text, size_pt, width, bold=bold)

    def shortened(self, text: str, size_pt: float, width: float, *, bold: bool = False) -> str:
        """``text``, cut with an ellipsis where it is wider than ``width`` mm."""
        return self.lettering.shortened(text, size_pt, width, bold=bold)

    def wrapped(self, text: str, size_pt: float, width: float) -> list[str]:
        """``text`` in lines of at most ``width`` mm, broken at spaces, else between characters."""
        return self.lettering.wrapped(text, size_pt, width)

    def line(
        self,
        xs: Sequence[float],
        ys: Sequence[float],
        colour: Colour = INK,
        width_mm: float = 0.2,
        *,
        order: float = 40.0,
    ) -> None:
        """Draw a polyline."""
        artist = Line2D(
            xs, ys, color=colour, linewidth=points(width_mm), solid_capstyle="butt", zorder=order
        )
        self.axes.add_line(artist)

    def box(
        self,
        rect: Rect,
        *,
        fill: Colour = "none",
        edge: Colour = "none",
        width_mm: float = 0.2,
        alpha: float = 1.0,
        order: float = 40.0,
    ) -> None:
        """Draw a rectangle."""
        self.axes.add_patch(
            Rectangle(
                (rect.x, rect.y),
                rect.width,
                rect.height,
                facecolor=fill,
                edgecolor=edge,
                linewidth=points(width_mm) if edge != "none" else 0.0,
                joinstyle="miter",
                alpha=alpha,
                zorder=order,
            )
        )

    def shape(
        self,
        corners: Sequence[tuple[float, float]],
        *,
        fill: Colour,
        edge: Colour = "none",
        width_mm: float = 0.2,
        order: float = 41.0,
    ) -> None:
        """Draw a filled polygon."""
        self.axes.add_patch(
            Polygon(
                np.asarray(corners),
                closed=True,
                facecolor=fill,
                edgecolor=edge,
                linewidth=points(width_mm) if edge != "none" else 0.0,
                zorder=order,
            )
        )


def leading_mm(size_pt: float, factor: float = 1.35) -> float:
    """Distance of base lines, mm."""
    return size_pt * MM_PER_POINT * factor
