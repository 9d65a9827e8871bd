"""Sections into columns and over pages: what stands where, measured before anything is drawn."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gridplan.maps.lettering import MM_PER_POINT, Lettering
from gridplan.maps.page import Rect
from gridplan.maps.palette import INK, SOFT_INK
from gridplan.maps.sections import Column, Section

HEADING_PT, TEXT_PT, HEAD_PT = 9.0, 7.6, 6.6
LEADING = 1.32
GUTTER_MM = 2.0  # between columns of a table
AFTER_MM = 4.0  # a section
TOGETHER = 6  # sentences


@dataclass(frozen=True)
class Words:
    """One line of text: its place counts from the upper left corner of its item, mm."""

    x: float
    y: float
    text: str
    size_pt: float
    bold: bool = False
    colour: str = INK
    align: Literal["left", "right"] = "left"


@dataclass(frozen=True)
class Item:
    """A strip over the width of a column that is never broken.

    Parameters
    ----------
    height
        Millimetres.
    words
        What is written on it.
    rule_mm
        Where a thin line runs across it, from its upper edge; None where none does.
    tied
        Whether it stays on the same column as the next one.
    repeat
        Strips that stand above it again where it begins a column.
    gap
        Whether it is only air, which a new column does not begin with.
    """

    height: float
    words: tuple[Words, ...] = ()
    rule_mm: float | None = None
    tied: bool = False
    repeat: tuple["Item", ...] = ()
    gap: bool = False


@dataclass(frozen=True)
class PlacedItem:
    """An item with its place: number of the column, and mm of paper of its upper left corner."""

    column: int
    x: float
    y: float
    width: float
    item: Item


def items_of(
    sections: Sequence[Section], width: float, lettering: Lettering, words: Mapping[str, str]
) -> list[Item]:
    """Measure sections as strips of a column ``width`` mm wide."""
    items: list[Item] = []
    for section in sections:
        if items:
            items.append(Item(AFTER_MM, gap=True))
        items.append(_heading(section.title, width, lettering))
        again = (_heading(words["continued"].format(section.title), width, lettering),)
        last = len(section.paragraphs) - 1
        for i, (lead, text) in enumerate(section.paragraphs):
            item = _paragraph(lead, text, width, lettering)
            # few sentences stay together; many may go on in the next column
            items.append(replace(item, repeat=again, tied=i < last <= TOGETHER))
        items += _table(section, width, lettering, again)
    return items


def _heading(text: str, width: float, lettering: Lettering) -> Item:
    line = lettering.shortened(lettering.shown(text, text), HEADING_PT, width, bold=True)
    return Item(7.4, (Words(0, 4.0, line, HEADING_PT, True),), 5.6, tied=True)


def _paragraph(lead: str, text: str, width: float, lettering: Lettering) -> Item:
    """A lead in bold, and the text beside it, hanging."""
    step = TEXT_PT * MM_PER_POINT * LEADING
    indent = lettering.width_mm(f"{lead}  ", TEXT_PT, bold=True) if lead and text else 0.0
    indent = min(max(indent, 12.0 if lead and text else 0.0), width / 3)
    lines = lettering.wrapped(lettering.shown(text, text), TEXT_PT, width - indent) if text else []
    parts = [Words(indent, step * (i + 0.78), line, TEXT_PT) for i, line in enumerate(lines)]
    if lead:
        parts.insert(0, Words(0, step * 0.78, lettering.shown(lead, lead), TEXT_PT, True))
    return Item(step * max(len(lines), 1) + 1.0, tuple(parts))


def _table(
    section: Section, width: float, lettering: Lettering, again: tuple[Item, ...]
) -> Iterator[Item]:
    columns = section.columns
    if not columns or not section.rows:
        return
    whole = sum(column.share for column in columns)
    room = width - GUTTER_MM * (len(columns) - 1)
    widths = [room * column.share / whole for column in columns]
    head: tuple[Item, ...] = ()
    if any(column.title for column in columns):
        titles = [column.title for column in columns]
        head = (replace(_row(titles, columns, widths, lettering, head=True), tied=True),)
        yield from head
    for cells in section.rows:
        yield replace(_row(cells, columns, widths, lettering), repeat=(*again, *head))


def _row(
    cells: Sequence[str],
    columns: Sequence[Column],
    widths: Sequence[float],
    lettering: Lettering,
    *,
    head: bool = False,
) -> Item:
    size = HEAD_PT if head else TEXT_PT
    step = size * MM_PER_POINT * LEADING
    parts: list[Words] = []
    x, tall = 0.0, 1
    for cell, column, width in zip(cells, columns, widths, strict=True):
        lines = lettering.wrapped(lettering.shown(cell, cell), size, width)[:4]
        lines = [lettering.shortened(line, size, width) for line in lines]
        at = x + width if column.number else x
        align: Literal["left", "right"] = "right" if column.number else "left"
        colour = SOFT_INK if head else INK
        for i, line in enumerate(lines):
            parts.append(Words(at, step * (i + 0.8), line, size, False, colour, align))
        tall = max(tall, len(lines))
        x += width + GUTTER_MM
    height = step * tall + 0.9
    return Item(height, tuple(parts), height - 0.3)


def flow(items: Sequence[Item], columns: Sequence[Rect], again: Sequence[Rect]) -> list[PlacedItem]:
    """Put strips into columns from the top, on to the next where one is full.

    Parameters
    ----------
    items
        In order.
    columns
        Of the first page, mm of paper.
    again
        Of every further page; as many of them as it takes.

    Returns
    -------
    list of PlacedItem
        ``column`` counts on over pages: ``len(columns)`` is the first column of the second page.
    """
    placed: list[PlacedItem] = []
    column, rect = 0, columns[0]
    y, fresh = rect.top, True
    for number, item in enumerate(items):
        if item.gap and fresh:
            continue
        needed = item.height + _following(items, number)
        if y - needed < rect.y - 1e-6 and not fresh:
            column += 1
            rect = _column(columns, again, column)
            y, fresh = rect.top, True
            if item.gap:
                continue
            for strip in item.repeat:
                placed.append(PlacedItem(column, rect.x, y, rect.width, strip))
                y -= strip.height
        placed.append(PlacedItem(column, rect.x, y, rect.width, item))
        y -= item.height
        fresh = False
    return placed


def _following(items: Sequence[Item], number: int) -> float:
    """Height of what must stay with an item: all tied ones after it, and the one after those."""
    height = 0.0
    while items[number].tied and number + 1 < len(items):
        number += 1
        height += items[number].height
    return height


def _column(columns: Sequence[Rect], again: Sequence[Rect], number: int) -> Rect:
    if number < len(columns):
        return columns[number]
    return again[(number - len(columns)) % len(again)]


def least_height(items: Sequence[Item], count: int, most: float, width: float) -> float | None:
    """Least height at which ``count`` equal columns hold all items; None above ``most`` mm."""
    low = sum(item.height for item in items) / count
    high = most
    if not _fits(items, count, high, width):
        return None
    while high - low > 1.0:
        middle = (low + high) / 2
        low, high = (low, middle) if _fits(items, count, middle, width) else (middle, high)
    return high


def _fits(items: Sequence[Item], count: int, height: float, width: float) -> bool:
    columns = [Rect(0, 0, width, height)] * count
    placed = flow(items, columns, columns)
    inside = all(p.y - p.item.height >= -1e-6 for p in placed)
    return inside and placed[-1].column < count if placed else True
