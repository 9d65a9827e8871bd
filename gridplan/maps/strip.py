"""What stands around the map on a grid's sheet: legend and scale below it, text, small print."""

from collections.abc import Mapping

from gridplan.maps.flow import PlacedItem
from gridplan.maps.furniture import SMALL_PT, TEXT_PT, draw_sample, draw_scale
from gridplan.maps.marks import Sheet
from gridplan.maps.page import INSET_MM, Rect
from gridplan.maps.palette import FAINT_INK, SOFT_INK
from gridplan.maps.pen import Pen

SCALE_MM = 58.0
SAMPLE_MM = 8.0
ROW_MM = 4.4
RULE = "#DDDEE1"  # between rows


def draw_strip(pen: Pen, sheet: Sheet, words: Mapping[str, str]) -> None:
    """Legend in rows, scale bar and north arrow, below the map."""
    strip = sheet.page.panel
    draw_scale(pen, sheet, words, Rect(strip.right - SCALE_MM, strip.y + 2.5, SCALE_MM, 14))
    x, y = strip.x, strip.top - 2.0 - ROW_MM
    room = strip.right - SCALE_MM - 6
    for key in sheet.keys:
        text = pen.shortened(key.text, TEXT_PT, 38)
        width = SAMPLE_MM + 1.5 + pen.lettering.width_mm(text, TEXT_PT) + 4.5
        if x + width - 4.5 > room and x > strip.x:
            x, y = strip.x, y - ROW_MM
        if y < strip.y - 0.5:
            return
        draw_sample(pen, key, Rect(x, y + 0.4, SAMPLE_MM, 3.0))
        pen.write(x + SAMPLE_MM + 1.5, y + 1.0, text, TEXT_PT)
        x += width


def draw_text(pen: Pen, items: tuple[PlacedItem, ...]) -> None:
    """Headings, sentences and rows at their places."""
    for placed in items:
        item = placed.item
        if item.rule_mm is not None:
            y = placed.y - item.rule_mm
            colour = FAINT_INK if item.tied else RULE
            pen.line([placed.x, placed.x + placed.width], [y, y], colour, 0.12)
        for text in item.words:
            pen.write(
                placed.x + text.x,
                placed.y - text.y,
                text.text,
                text.size_pt,
                bold=text.bold,
                colour=text.colour,
                align=text.align,
            )


def draw_foot(pen: Pen, sheet: Sheet, words: Mapping[str, str], number: int) -> None:
    """Small print on one line, and the number of the page where there are several."""
    count = len(sheet.text)
    page = words["page_of"].format(number + 1, count) if count > 1 else ""
    width = sheet.page.width - 2 * INSET_MM
    pen.write(INSET_MM + width, INSET_MM, page, SMALL_PT, colour=SOFT_INK, align="right")
    room = width - (pen.lettering.width_mm(page, SMALL_PT) + 3 if page else 0)
    notes = words["separator"].join(sheet.notes)
    size = pen.fitted(notes, SMALL_PT, room)
    pen.write(INSET_MM, INSET_MM, notes, size, colour=SOFT_INK)
