"""Everything on the sheet that is not the map: title, legend, figures, scale bar, north arrow."""

from collections.abc import Mapping

import numpy as np
import shapely
from matplotlib.patches import Circle

from gridplan.maps.ink import area_patch, points, polygon_path
from gridplan.maps.marks import Bar, Fill, Geometries, Key, Sheet, Stroke
from gridplan.maps.page import EDGE_MM, Rect, round_length
from gridplan.maps.palette import ALARM, FAINT_INK, INK, PAPER, SOFT_INK
from gridplan.maps.pen import Pen, leading_mm

HEADING_PT = 8.5
TEXT_PT = 7.0
SMALL_PT = 5.6
ROW_MM = 4.7
BAR_ROW_MM = 3.9
GAP_MM = 5.0
PALE, STRONG = "#E4E4DF", "#45566B"


def draw_header(pen: Pen, sheet: Sheet) -> None:
    """Title and subtitle on the left, kind of map on the right."""
    head = sheet.page.header
    kicker_width = pen.lettering.width_mm(sheet.kicker, 11)
    room = head.width - kicker_width - 12
    size = pen.fitted(sheet.title, 22, room, bold=True)
    title = sheet.title
    if size < 12:
        size = 12.0
        title = pen.shortened(title, size, room, bold=True)
    pen.write(head.x, head.top - 8.6, title, size, bold=True)
    subtitle = pen.shortened(sheet.subtitle, 9.5, head.width)
    pen.write(head.x, head.top - 15.6, subtitle, 9.5, colour=SOFT_INK)
    pen.write(head.right, head.top - 8.6, sheet.kicker, 11, colour=SOFT_INK, align="right")


def draw_frames(pen: Pen, sheet: Sheet) -> None:
    """Neat line around the sheet and frame around the map."""
    draw_neat_line(pen, sheet)
    pen.box(sheet.page.frame, edge=INK, width_mm=0.3, order=60)


def draw_neat_line(pen: Pen, sheet: Sheet) -> None:
    """Line around all that stands on the sheet."""
    width, height = sheet.page.width - 2 * EDGE_MM, sheet.page.height - 2 * EDGE_MM
    pen.box(Rect(EDGE_MM, EDGE_MM, width, height), edge=INK, width_mm=0.5, order=60)


def draw_panel(pen: Pen, sheet: Sheet, words: Mapping[str, str]) -> None:
    """Legend, figures, chart, overview, scale and small print beside or below the map."""
    if sheet.page.landscape:
        _draw_side_panel(pen, sheet, words)
    else:
        _draw_foot_panel(pen, sheet, words)


def _draw_side_panel(pen: Pen, sheet: Sheet, words: Mapping[str, str]) -> None:
    panel = sheet.page.panel
    x, width = panel.x, panel.width
    floor = draw_notes(pen, sheet, x, panel.y, width)
    floor = draw_scale(pen, sheet, words, Rect(x, floor + 3, width, 15))
    if len(sheet.locator) > 1 or sheet.frames:
        floor = draw_locator(pen, sheet, words, Rect(x, floor + GAP_MM, width, 42))
    top = draw_facts(pen, sheet, words, x, panel.top, width)
    top = draw_legend(pen, sheet, words, x, top - GAP_MM, width)
    draw_chart(pen, sheet, words, Rect(x, floor + GAP_MM, width, top - floor - 2 * GAP_MM))


def _draw_foot_panel(pen: Pen, sheet: Sheet, words: Mapping[str, str]) -> None:
    panel = sheet.page.panel
    gap = 7.0
    width = (panel.width - 3 * gap) / 4
    columns = [panel.x + i * (width + gap) for i in range(4)]
    draw_facts(pen, sheet, words, columns[0], panel.top, width)
    draw_notes(pen, sheet, columns[0], panel.y, width)
    draw_legend(pen, sheet, words, columns[1], panel.top, width)
    draw_chart(pen, sheet, words, Rect(columns[2], panel.y, width, panel.height))
    floor = draw_scale(pen, sheet, words, Rect(columns[3], panel.y, width, 15))
    if len(sheet.locator) > 1 or sheet.frames:
        room = panel.top - floor - GAP_MM
        draw_locator(pen, sheet, words, Rect(columns[3], floor + GAP_MM, width, room))


def _heading(pen: Pen, text: str, x: float, top: float, width: float) -> float:
    pen.write(x, top - 3.2, text, HEADING_PT, bold=True)
    pen.line([x, x + width], [top - 4.9, top - 4.9], FAINT_INK, 0.15)
    return top - 6.4


def draw_facts(
    pen: Pen, sheet: Sheet, words: Mapping[str, str], x: float, top: float, width: float
) -> float:
    """Key figures, a row each; returns the lower edge."""
    top = _heading(pen, words["figures"], x, top, width)
    for name, value in sheet.facts:
        room = width - pen.lettering.width_mm(value, TEXT_PT, bold=True) - 2
        size = pen.fitted(name, TEXT_PT, room)
        pen.write(x, top - 3, name, size, colour=SOFT_INK)
        pen.write(x + width, top - 3, value, TEXT_PT, bold=True, align="right")
        top -= ROW_MM
    return top


def draw_legend(
    pen: Pen, sheet: Sheet, words: Mapping[str, str], x: float, top: float, width: float
) -> float:
    """Legend, one row a key; returns the lower edge."""
    top = _heading(pen, words["legend"], x, top, width)
    for key in sheet.keys:
        draw_sample(pen, key, Rect(x, top - 3.7, 11, 3.3))
        room = width - 14
        pen.write(x + 14, top - 3, key.text, pen.fitted(key.text, TEXT_PT, room))
        top -= ROW_MM
    return top


def draw_sample(pen: Pen, key: Key, rect: Rect) -> None:
    """Draw the sample of ink of a legend's entry."""
    middle = rect.y + rect.height / 2
    if isinstance(key.sample, Stroke):
        if key.sample.colour == PAPER:  # a white road needs a ground to be seen on
            pen.box(rect, fill=PALE, order=41)
        _stroke_sample(pen, key.sample, rect, middle)
        if key.ties is not None:
            _stroke_sample(pen, key.ties, rect, middle)
        return
    if key.dot:
        centre = (rect.x + rect.width / 2, middle)
        fill = key.sample
        pen.axes.add_patch(
            Circle(
                centre,
                0.85,
                facecolor=fill.colour,
                edgecolor=fill.edge,
                linewidth=points(fill.edge_mm),
                zorder=45,
            )
        )
        return
    _area_sample(pen, key, key.sample, rect)


def _area_sample(pen: Pen, key: Key, fill: Fill, rect: Rect) -> None:
    colours = key.colours or (fill.colour,)
    step = rect.width / len(colours)
    for i, colour in enumerate(colours):
        pen.box(
            Rect(rect.x + i * step, rect.y, step, rect.height),
            fill=colour,
            alpha=fill.alpha,
            order=42,
        )
    if key.hatch is not None:
        box = shapely.box(rect.x, rect.y, rect.right, rect.top)
        for offset in np.arange(-rect.height, rect.width, 1.5).tolist():
            ends = [(rect.x + offset, rect.y), (rect.x + offset + rect.height, rect.top)]
            if key.hatch.colour == ALARM:  # the alarm pattern falls, the unit grids' rises
                ends = [(rect.x + offset, rect.top), (rect.x + offset + rect.height, rect.y)]
            cut = shapely.get_coordinates(shapely.intersection(box, shapely.linestrings(ends)))
            if len(cut):
                pen.line(cut[:, 0], cut[:, 1], key.hatch.colour, key.hatch.width_mm, order=43)
    edge = key.outline.colour if key.outline else fill.edge or FAINT_INK
    width = key.outline.width_mm if key.outline else max(fill.edge_mm, 0.12)
    pen.box(rect, edge=edge, width_mm=width, order=44)


def _stroke_sample(pen: Pen, stroke: Stroke, rect: Rect, middle: float) -> None:
    width_mm = min(stroke.width_mm, 1.9)
    if stroke.casing:
        width = width_mm + 2 * stroke.casing_mm
        pen.line([rect.x, rect.right], [middle, middle], stroke.casing, width, order=42)
    if not stroke.dash_mm:
        pen.line([rect.x, rect.right], [middle, middle], stroke.colour, width_mm, order=43)
        return
    x, i = rect.x, 0
    while x < rect.right:
        end = min(x + stroke.dash_mm[i % len(stroke.dash_mm)], rect.right)
        if i % 2 == 0:
            pen.line([x, end], [middle, middle], stroke.colour, stroke.width_mm, order=43)
        x, i = end, i + 1


def draw_chart(pen: Pen, sheet: Sheet, words: Mapping[str, str], room: Rect) -> None:
    """Households per grid against the range: a bar each, or a histogram when there are many."""
    if not sheet.bars or room.height < 30:
        return
    low, high = sheet.grid_range
    heading = f"{words['per_grid']} ({words['range'].format(f'{low:,}', f'{high:,}')})"
    top = room.top - 3.2
    size = pen.fitted(heading, HEADING_PT, room.width, bold=True)
    pen.write(room.x, top, heading, size, bold=True)
    pen.line([room.x, room.right], [room.top - 4.9] * 2, FAINT_INK, 0.15)
    rest = Rect(room.x, room.y, room.width, room.height - 7.4)
    told_apart = len({bar.text for bar in sheet.bars}) == len(sheet.bars)
    if told_apart and len(sheet.bars) * BAR_ROW_MM <= rest.height:
        _draw_bars(pen, sheet, rest)
    else:
        _draw_histogram(pen, sheet, words, rest)


def _draw_bars(pen: Pen, sheet: Sheet, room: Rect) -> None:
    low, high = sheet.grid_range
    texts = [bar.text for bar in sheet.bars]
    widest = max(pen.lettering.width_mm(text, SMALL_PT + 0.6) for text in texts)
    left = room.x + min(widest, room.width * 0.4) + 2
    most = max(max(bar.households for bar in sheet.bars), high) * 1.04
    unit = (room.right - left - 8) / most
    height = len(sheet.bars) * BAR_ROW_MM
    band = Rect(left + low * unit, room.top - height, (high - low) * unit, height)
    pen.box(band, fill="#ECECE8", order=41)
    for i, bar in enumerate(sheet.bars):
        _draw_bar(pen, bar, room, left, unit, room.top - (i + 1) * BAR_ROW_MM)
    for limit in (low, high):
        x = left + limit * unit
        pen.line([x, x], [band.y, band.top], SOFT_INK, 0.15, order=44)
    pen.line([left, left], [band.y, band.top], INK, 0.2, order=44)


def _draw_bar(pen: Pen, bar: Bar, room: Rect, left: float, unit: float, y: float) -> None:
    ink = ALARM if bar.alarm else INK
    text = pen.shortened(bar.text, SMALL_PT + 0.6, left - room.x - 1.5)
    pen.write(left - 1.5, y + 1.1, text, SMALL_PT + 0.6, align="right", colour=ink)
    length = bar.households * unit
    edge = ALARM if bar.alarm else SOFT_INK
    rect = Rect(left, y + 0.55, length, BAR_ROW_MM - 1.1)
    pen.box(rect, fill=bar.colour, edge=edge, width_mm=0.15, order=43)
    number = f"{bar.households:,}"
    pen.write(room.right, y + 1.1, number, 5.9, colour=ink, bold=bar.alarm, align="right")


def _draw_histogram(pen: Pen, sheet: Sheet, words: Mapping[str, str], room: Rect) -> None:
    low, high = sheet.grid_range
    step = max((high - low) / 10, 1.0)
    values = np.array([bar.households for bar in sheet.bars], dtype=float)
    edges = low + step * np.arange(-4, 15)
    inner = np.clip(values, edges[0], edges[-1] - step / 2)
    counts, _ = np.histogram(inner, edges)
    counts[13] += np.count_nonzero(values == high)  # both ends of the range are inside it
    counts[14] -= np.count_nonzero(values == high)
    height = min(room.height - 8.5, 42.0)
    base = room.top - height - 1
    unit = room.width / (len(edges) - 1)
    pen.box(Rect(room.x + 4 * unit, base, 10 * unit, height), fill="#ECECE8", order=41)
    most = max(int(counts.max()), 1)
    for i, count in enumerate(counts.tolist()):
        if count > 0:
            inside = 4 <= i < 14
            bar = Rect(room.x + (i + 0.08) * unit, base, unit * 0.84, count / most * (height - 4))
            pen.box(bar, fill="#7C8FA3" if inside else ALARM, order=43)
            middle = bar.x + bar.width / 2
            pen.write(middle, bar.top + 0.8, f"{count:,}", 4.8, align="center", colour=SOFT_INK)
    pen.line([room.x, room.right], [base, base], INK, 0.2, order=44)
    for value, i in ((low, 4), (high, 14)):
        x = room.x + i * unit
        pen.line([x, x], [base - 1, base + height], SOFT_INK, 0.15, order=44)
        pen.write(x, base - 3.6, f"{value:,}", SMALL_PT, align="center", colour=SOFT_INK)
    pen.write(room.right, base - 6.4, words["households"], SMALL_PT, align="right", colour=SOFT_INK)


def draw_locator(pen: Pen, sheet: Sheet, words: Mapping[str, str], room: Rect) -> float:
    """Small overview with the subject of the sheet highlighted; returns the upper edge."""
    key = "sheet_index" if sheet.frames else "location"
    top = _heading(pen, words[key], room.x, room.top, room.width)
    place = Rect(room.x, room.y, room.width, top - room.y - 0.5)
    frames = np.array([shapely.box(*window) for window in sheet.frames], dtype=object)
    west, south, east, north = shapely.total_bounds(np.concatenate([sheet.locator, frames]))
    k = min(place.width / max(east - west, 1e-9), place.height / max(north - south, 1e-9))
    shift = (
        place.x + (place.width - (east - west) * k) / 2,
        place.y + (place.height - (north - south) * k) / 2,
    )

    def small(shapes: Geometries) -> Geometries:
        moved = shapely.transform(shapes, lambda xy: (xy - (west, south)) * k + shift)
        return np.asarray(moved, dtype=object)

    shapes = small(sheet.locator)
    focus = np.isin(np.arange(len(shapes)), sheet.focus)
    for chosen, colour in ((shapes[~focus], PALE), (shapes[focus], STRONG)):
        patch = area_patch(polygon_path(chosen), Fill(colour, PAPER, 0.12), colour)
        patch.set_zorder(42)
        pen.axes.add_patch(patch)
    _draw_index(pen, sheet, small(frames))
    return room.top


def _draw_index(pen: Pen, sheet: Sheet, frames: Geometries) -> None:
    """Numbered frames of the detail sheets, the one at hand filled."""
    for number, (west, south, east, north) in enumerate(shapely.bounds(frames).tolist(), start=1):
        mine = number == sheet.frame
        rect = Rect(west, south, east - west, north - south)
        fill = STRONG if mine else "none"
        pen.box(rect, fill=fill, edge=INK, width_mm=0.15, alpha=0.75, order=43)
        size = min(9.0, rect.height * 1.4)
        pen.write(
            (west + east) / 2,
            (south + north) / 2,
            f"{number}",
            size,
            bold=mine,
            colour=PAPER if mine else INK,
            align="center",
            anchor="center_baseline",
        )


def draw_scale(pen: Pen, sheet: Sheet, words: Mapping[str, str], room: Rect) -> float:
    """Scale bar and north arrow; returns the upper edge."""
    page = sheet.page
    length_m = round_length(page.metres(min(room.width - 22, 60)))
    length = length_m / page.scale * 1000
    y = room.y + 4.6
    for i in range(4):
        fill = INK if i % 2 == 0 else PAPER
        part = Rect(room.x + i * length / 4, y, length / 4, 1.5)
        pen.box(part, fill=fill, edge=INK, width_mm=0.15, order=42)
    in_km = length_m >= 2000
    unit = words["km"] if in_km else words["m"]
    for share in (0.0, 0.5, 1.0):
        value = f"{length_m * share / (1000 if in_km else 1):,.6g}"
        text = f"{value} {unit}" if share == 1.0 else value
        pen.write(
            room.x + share * length,
            y - 3.1,
            text,
            SMALL_PT + 0.4,
            align="left" if share == 0 else "center",
        )
    scale = words["scale"].format(f"{page.scale:,.0f}", page.paper)
    pen.write(room.x, y + 3.2, scale, TEXT_PT, bold=True)
    _draw_north(pen, words["north"], room.right - 5.5, room.y + 1.0)
    return room.top


def _draw_north(pen: Pen, text: str, x: float, y: float) -> None:
    pen.shape([(x, y + 9), (x - 2.7, y), (x, y + 2)], fill=PAPER, edge=INK, width_mm=0.2)
    pen.shape([(x, y + 9), (x + 2.7, y), (x, y + 2)], fill=INK, edge=INK, width_mm=0.2)
    pen.write(x, y + 10, text, 9, bold=True, align="center")


def draw_notes(pen: Pen, sheet: Sheet, x: float, y: float, width: float) -> float:
    """Small print, last line at the bottom; returns the upper edge."""
    lines = [line for note in sheet.notes for line in pen.wrapped(note, SMALL_PT, width)]
    for line in reversed(lines):
        pen.write(x, y + 0.4, line, SMALL_PT, colour=SOFT_INK)
        y += leading_mm(SMALL_PT, 1.4)
    return y
