"""The chart of a grid of settings: one small picture for each measure, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from gridplan.maps.lettering import Lettering, find_lettering
from gridplan.maps.palette import FAINT_INK, INK, PAPER, SOFT_INK
from gridplan.maps.png import png_bytes

DPI = 150
ACROSS = 3  # pictures in a row
WIDE, TALL = 2.75, 2.15  # of one picture, in inches
TITLE_PT = 7.5
LABELLED = 8  # points up to which each has its number
SERIES = ("#1F5FA8", "#B40D74", "#2E7D4F", "#B26A00", "#6A4FB3", "#4A4E54", "#0E8C8C", "#A33B20")
MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "workers": "workers needed (residential grids)",
        "in_range": "residential grids in range, %",
        "change": "moved against no. {first}, % of households",
        "previous": "moved against the old plan, % of households",
        "border_m": "border between grids, km",
        "aligned": "grid in one {layer} zone, % of households",
        "failed": "{count} of {all} scenarios failed",
    },
    "zh": {
        "workers": "所需网格员（住宅网格数）",
        "in_range": "户数合规的住宅网格，%",
        "change": "与方案{first}相比换了网格的住户，%",
        "previous": "与原方案相比换了网格的住户，%",
        "border_m": "网格间边界，千米",
        "aligned": "网格只涉及一个{layer}分区的住户，%",
        "failed": "{all}个方案中{count}个失败",
    },
}


@dataclass(frozen=True)
class _Panel:
    """One measure: its title, its values by scenario, how they are written, the most there is."""

    title: str
    values: np.ndarray
    decimals: int
    most: float = np.inf


def draw_trade_off(
    table: pd.DataFrame, varied: Sequence[str], language: str, *, previous: bool = False
) -> bytes:
    """Draw the scenarios as a PNG: the first setting along the axis, the others as lines.

    Parameters
    ----------
    table
        As ``gridplan.batch.tradeoff.trade_off`` makes it.
    varied
        The settings that were varied.
    language
        ``en`` or ``zh``; English where no font of this machine has the characters.
    previous
        Whether change is against a previous plan, and not against the first scenario.
    """
    panels, lettering = _worded(table, language, previous)
    with mpl.rc_context({"font.family": list(lettering.families), "font.size": TITLE_PT}):
        lettering.load()
        rows = ceil(len(panels) / ACROSS)
        lines = _lines(table, varied)
        head = 0.34 + 0.2 * (len(lines) > 1)
        height = rows * TALL + head
        figure = Figure(figsize=(ACROSS * WIDE, height), dpi=DPI, facecolor=PAPER)
        canvas = FigureCanvasAgg(figure)
        axes = figure.subplots(rows, ACROSS, squeeze=False)
        for ax, panel in zip(axes.flat, panels, strict=False):
            _draw(ax, panel, table, varied[0], lines, lettering)
        for ax in axes.flat[len(panels) :]:
            ax.set_axis_off()
        _head(figure, axes.flat[0], table, lines, language)
        figure.subplots_adjust(
            left=0.055, right=0.985, bottom=0.48 / height, top=1 - (head + 0.2) / height,
            wspace=0.24, hspace=0.58,
        )  # fmt: skip
        canvas.draw()  # type: ignore[no-untyped-call]
        pixels = np.asarray(canvas.buffer_rgba()).copy()  # type: ignore[no-untyped-call]
    return png_bytes(pixels, DPI)


def _worded(table: pd.DataFrame, language: str, previous: bool) -> tuple[list[_Panel], Lettering]:
    """Name the pictures in the language, or in English where no font has it."""
    for tongue in (language, "en"):
        panels = _panels(table, WORDS[tongue], "previous" if previous else "change")
        lettering, findings = find_lettering([*(p.title for p in panels), *WORDS[tongue].values()])
        if not findings:
            break
    return panels, lettering


def _panels(table: pd.DataFrame, w: Mapping[str, str], change: str) -> list[_Panel]:
    done = table.loc[table["grids"].notna(), "scenario"]
    first = int(done.iloc[0])
    layers = [str(c).removesuffix("_aligned") for c in table if str(c).endswith("_aligned")]

    def column(name: str, factor: float) -> np.ndarray:
        return pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float) * factor

    return [
        _Panel(w["workers"], column("workers", 1), 0),
        _Panel(w["in_range"], column("in_range", 100), 1, 100),
        _Panel(w[change].format(first=first), column("change", 100), 1, 100),
        _Panel(w["border_m"], column("border_m", 1e-3), 1),
        *(
            _Panel(w["aligned"].format(layer=layer), column(f"{layer}_aligned", 100), 1, 100)
            for layer in layers
        ),
    ]


def _lines(table: pd.DataFrame, varied: Sequence[str]) -> dict[str, np.ndarray]:
    """Rows of each line of a picture, by its name: one for each combination of other settings."""
    if len(varied) == 1:
        return {"": np.arange(len(table))}
    names = table[list(varied[1:])].astype(str)
    label = names.apply(
        lambda row: ", ".join(f"{k} = {v}" for k, v in row.items()), axis=1
    ).to_numpy()
    return {str(name): np.flatnonzero(label == name) for name in dict.fromkeys(label)}


def _draw(
    ax: Axes,
    panel: _Panel,
    table: pd.DataFrame,
    key: str,
    lines: Mapping[str, np.ndarray],
    lettering: Lettering,
) -> None:
    x, ticks = _positions(table[key])
    for number, rows in enumerate(lines.values()):
        order = rows[np.argsort(x[rows], kind="stable")]
        ax.plot(
            x[order], panel.values[order], color=SERIES[number % len(SERIES)], linewidth=1.2,
            marker=MARKS[number % len(MARKS)], markersize=3.6, clip_on=False,
        )  # fmt: skip
        if len(lines) == 1 and len(order) <= LABELLED:
            _numbers(ax, x[order], panel.values[order], panel.decimals)
    title = lettering.shortened(panel.title, TITLE_PT, (WIDE - 0.5) * 25.4)
    ax.set_title(title, loc="left", fontsize=TITLE_PT, color=INK, pad=9)
    ax.set_xticks(list(ticks), list(ticks.values()))
    ax.set_xlabel(key, fontsize=7, color=SOFT_INK, labelpad=2)
    ax.margins(x=0.08, y=0.18)
    ax.tick_params(colors=SOFT_INK, labelsize=7, length=2.5, width=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set(color=FAINT_INK, linewidth=0.6)
    _settle_axis(ax, panel)


def _settle_axis(ax: Axes, panel: _Panel) -> None:
    """Give values that hardly differ an axis that does not make mountains of them."""
    known = panel.values[np.isfinite(panel.values)]
    low, high = float(known.min()), float(known.max())
    least = max(0.04 * abs(high), 0.5 if panel.decimals else 2)
    if high - low < least:
        middle = (low + high) / 2
        ax.set_ylim(middle - least, middle + least)
    bottom, top = ax.get_ylim()
    ax.set_ylim(max(bottom, 0), min(top, panel.most))
    ax.yaxis.set_major_locator(mpl.ticker.MaxNLocator(4, integer=panel.decimals == 0))
    ax.yaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda v, _: f"{v:,.6g}"))


def _positions(values: pd.Series) -> tuple[np.ndarray, dict[float, str]]:
    """Place of every scenario along the axis, and the ticks: to scale where all are numbers."""
    known = list(dict.fromkeys(values))
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in known)
    place = {v: float(v) if numbers else float(i) for i, v in enumerate(known)}
    x = np.array([place[v] for v in values])
    return x, {place[v]: f"{v:g}" if numbers else str(v) for v in known}


def _numbers(ax: Axes, x: np.ndarray, y: np.ndarray, decimals: int) -> None:
    for at, value in zip(x, y, strict=True):
        if np.isfinite(value):
            ax.annotate(
                f"{value:,.{decimals}f}", (at, value), xytext=(0, 4.5), ha="center", va="bottom",
                textcoords="offset points", fontsize=6.5, color=INK,
            )  # fmt: skip


def _head(
    figure: Figure,
    ax: Axes,
    table: pd.DataFrame,
    lines: Mapping[str, np.ndarray],
    language: str,
) -> None:
    """Name the lines, and say how many scenarios failed."""
    if len(lines) > 1:
        figure.legend(
            ax.get_lines(), list(lines), loc="upper left", ncols=min(4, len(lines)),
            frameon=False, fontsize=7, labelcolor=INK, handlelength=1.8,
        )  # fmt: skip
    missing = int(table["grids"].isna().sum())
    if missing:
        text = WORDS[language]["failed"].format(count=missing, all=len(table))
        figure.text(0.985, 0.985, text, ha="right", va="top", fontsize=7, color="#B3261E")
