"""Tables as one workbook in the language of the office."""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from gridplan.domain import Finding, Severity
from gridplan.processes import run_pieces
from gridplan.sentences import told
from gridplan.tables.book import Book
from gridplan.tables.dictionary import TEXTS, find_field
from gridplan.tables.fields import HOUSEHOLD_BASES, Field
from gridplan.tables.pages import MOST_PAGES, PARTS, Page, Paged, grid_pages, paged
from gridplan.tables.sheet_text import Filled, Value, cell_text, column_rows, page_rows
from gridplan.tables.values import as_numbers, as_texts, is_text
from gridplan.text import clean_text, file_stems

ROWS_MAX = 100_000
"""Rows of a table up to which it has a sheet; larger ones stand in their CSV files alone."""

PAGED_GRIDS_MAX = 3_000
"""Grids up to which each has a page; a metropolis would get thousands of workbooks of them."""


_WIDTHS = (8, 60)  # narrowest and widest column, in characters
PAGE_FOLDER = "grid_pages"
"""Folder of the pages of grids, where one workbook cannot hold them all."""

_PAGE_WIDTHS = (26, 26, 16, 16, 22, 26, 18)  # of the columns of a grid's page
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")


@dataclass(frozen=True)
class _Column:
    """One column of a sheet: heading, number format, values."""

    heading: str
    number_format: str
    values: Sequence[str | int | float | None]
    text: bool

    def width(self) -> float:
        """Width for the longest of the first thousand cells, within bounds."""
        shown = [self.heading, *(str(value) for value in self.values[:1000] if value is not None)]
        longest = max(_cells_wide(line) for text in shown for line in (text.splitlines() or [""]))
        return float(min(max(longest + 3, _WIDTHS[0]), _WIDTHS[1]))


def write_workbook(
    tables: Mapping[str, pd.DataFrame],
    path: Path,
    language: str,
    *,
    date: dt.date,
    household_basis: str = "",
    zone_layers: Sequence[str] = (),
    workers: int = 1,
) -> list[Finding]:
    """Write all tables into one workbook, a sheet each.

    Headings, sheet names and fixed values in the chosen language; frozen and filtered heading row;
    codes and all other text as text cells, whatever they begin with; numbers as numbers.

    Parameters
    ----------
    tables
        Tables by name, as ``build_tables`` makes them.
    path
        File to write, ``.xlsx``.
    language
        ``en`` or ``zh``.
    date
        Stands in the file as its date, so that equal tables make equal files.
    household_basis
        ``registered``, ``resident`` or ``dwelling``: printed in the heading of household columns.
    zone_layers
        Names of the jurisdiction layers, in the order of the configuration.
    workers
        Processes that write where there are pages of very many grids; all comes out the same.

    Returns
    -------
    list of Finding
        Tables above ``ROWS_MAX`` rows, and pages of more than ``PAGED_GRIDS_MAX`` grids, which are
        left out.
    """
    look = (language, household_basis, tuple(zone_layers), date)
    rows = {name: len(table) for name, table in tables.items()}
    books, findings = make_books(tables, rows, path, *look)
    for _ in run_pieces(_call, books, workers if len(books) > 1 else 1):
        pass
    return findings


def is_kept(name: str, rows: Mapping[str, int]) -> bool:
    """Whether a workbook shows a table in a sheet or on pages of grids.

    Parameters
    ----------
    name
        Of the table.
    rows
        Rows of it and of the tables before it.
    """
    return rows[name] <= ROWS_MAX or (
        name in PARTS and rows.get("grid_register", 0) <= PAGED_GRIDS_MAX
    )


def make_books(
    tables: Mapping[str, pd.DataFrame],
    rows: Mapping[str, int],
    path: Path,
    language: str,
    household_basis: str,
    zone_layers: tuple[str, ...],
    date: dt.date,
) -> tuple[list[Callable[[], object]], list[Finding]]:
    """How to write the workbook and those of pages of grids beside it, as of ``write_workbook``.

    Parameters
    ----------
    tables
        Those that are kept (``is_kept``).
    rows
        Rows of all tables.
    path, language, household_basis, zone_layers, date
        As of ``write_workbook``.

    Returns
    -------
    tuple
        What writes each workbook and can go to another process; what is left out.
    """
    sheets = {name: table for name, table in tables.items() if len(table) <= ROWS_MAX}
    grids = rows.get("grid_register", 0)
    wanted = paged(tables) if 0 < grids <= PAGED_GRIDS_MAX else None
    count = 0 if wanted is None else len(wanted.sheets)
    here, apart = (wanted, None) if count <= MOST_PAGES else (None, wanted)
    look = _Look(language, household_basis, zone_layers, date)
    books: list[Callable[[], object]] = [partial(_write_tables, sheets, here, path, look)]
    if apart is not None:
        books += _page_books(apart, path.parent / PAGE_FOLDER, look)
    left_out = [*_left_out(rows), *([_unpaged(grids)] if grids > PAGED_GRIDS_MAX else [])]
    return books, left_out


@dataclass(frozen=True)
class _Look:
    """What all workbooks of a run have in common."""

    language: str
    basis: str
    zone_layers: tuple[str, ...]
    date: dt.date


def _call(book: Callable[[], object]) -> None:
    book()


def _write_tables(
    tables: Mapping[str, pd.DataFrame], pages: Paged | None, path: Path, look: _Look
) -> None:
    """Write the workbook of all tables, and of the pages of grids where they are few."""
    book = Book()
    for name, table in tables.items():
        shown = _translated(table) if look.language == "zh" else table
        columns = [
            _column(
                str(column),
                find_field(name, str(column), look.zone_layers),
                shown[column],
                look.language,
                look.basis,
            )
            for column in table
        ]
        _write_sheet(book, _sheet_title(name, look.language), columns, len(table))
    _write_pages(pages, path, look, book)


def _write_pages(pages: Paged | None, path: Path, look: _Look, book: Book | None = None) -> None:
    """Write the pages of grids into a workbook, and save it."""
    book = Book() if book is None else book
    for page in grid_pages(pages, look.language) if pages is not None else ():
        _write_page(book, page)
    book.save(path, look.date)


def _left_out(rows: Mapping[str, int]) -> Iterator[Finding]:
    """List the tables that are too long for a workbook that still opens."""
    for name, count in rows.items():
        if count > ROWS_MAX:
            yield Finding(
                "sheet-left-out",
                Severity.INFO,
                f"the workbook has no sheet {name}: its {count} rows are more than "
                f"{ROWS_MAX}; open {name}.csv, which has them all",
                layer=name,
                value=float(count),
                limit=float(ROWS_MAX),
            )


def _unpaged(grids: int) -> Finding:
    return Finding(
        "pages-left-out",
        Severity.INFO,
        f"there are no pages of grids in workbooks, as {grids} grids are more than "
        f"{PAGED_GRIDS_MAX}; take the tables, or divide some communities with --only",
        layer="grid_register",
        value=float(grids),
        limit=float(PAGED_GRIDS_MAX),
    )


def _page_books(pages: Paged, folder: Path, look: _Look) -> Iterator["partial[None]"]:
    """How to write pages of grids: a workbook per community, or more where it has many."""
    books: dict[str, Paged] = {}
    for home, own in pages.by_community():
        for number, batch in enumerate(own.batches(MOST_PAGES), start=1):
            books[home if number == 1 else f"{home}_{number}"] = batch
    for stem, batch in zip(file_stems(list(books)), books.values(), strict=True):
        yield partial(_write_pages, batch, folder / f"{stem}.xlsx", look)


def _write_page(book: Book, page: Page) -> None:
    """Write the page of a grid: all text as text, headings bold, columns as wide as a form's."""
    sheet = book.sheet(page.sheet)
    for number, width in enumerate(_PAGE_WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    styles: dict[tuple[bool, bool], int] = {}
    rows: list[list[tuple[Value, int]]] = []
    for position, row in enumerate(page.rows):
        strong = position in page.strong
        cells: list[tuple[Value, int]] = []
        for value in row:
            text = isinstance(value, str)
            if (text, strong) not in styles:
                styles[text, strong] = _page_style(sheet, text=text, strong=strong)
            shown = cell_text(clean_text(value)) if isinstance(value, str) else value
            cells.append((shown, styles[text, strong]))
        rows.append(cells)
    book.fill([page_rows(rows)])


def _page_style(sheet: object, *, text: bool, strong: bool) -> int:
    cell = WriteOnlyCell(sheet)
    if text:
        cell.number_format = "@"
    if strong:
        cell.font = Font(bold=True, size=13)
    return _style(cell)


def _style(cell: Any) -> int:
    """Number of the style of a cell in its workbook; 0 for none."""
    return int(cell.style_id) if cell.has_style else 0


def _translated(table: pd.DataFrame) -> pd.DataFrame:
    """Findings with their sentences in Chinese; other tables as they are."""
    if not {"kind", "message"} <= set(table.columns):
        return table
    pairs = zip(table["kind"], table["message"], strict=True)
    return table.assign(message=[told(str(kind), str(text), "zh") for kind, text in pairs])


def _column(
    name: str, about: Field | None, values: pd.Series, language: str, household_basis: str
) -> _Column:
    heading = _heading(name, about, language)
    if name == "households" and household_basis:
        english, chinese = HOUSEHOLD_BASES.get(household_basis, (household_basis, household_basis))
        heading += f"（{chinese}）" if language == "zh" else f" ({english})"
    if is_text(values):
        words = about.values_zh if about and language == "zh" else {}
        texts = [cell_text(words.get(text, text)) or None for text in as_texts(values)]
        return _Column(heading, "@", texts, text=True)
    decimals = about.decimals if about else None
    whole = pd.api.types.is_integer_dtype(values.dtype)
    return _Column(
        heading, _number_format(name, decimals, whole), as_numbers(values, decimals), False
    )


def _number_format(name: str, decimals: int | None, whole: bool) -> str:
    if whole:
        return "0"
    return "General" if decimals is None or name in {"value", "limit"} else f"0.{'0' * decimals}"


def _heading(name: str, about: Field | None, language: str) -> str:
    if about and language == "zh":
        return about.name_zh
    if about and about.heading:
        return about.heading
    words = name.replace("_", " ").removesuffix(" zh")
    suffix = " (Chinese)" if name.endswith("_zh") else ""
    return words[:1].upper() + words[1:] + suffix


def _sheet_title(name: str, language: str) -> str:
    text = TEXTS.get(name)
    title = name if text is None else text.title_zh if language == "zh" else text.title_en
    return _FORBIDDEN.sub("-", title)[:27]


def _write_sheet(book: Book, title: str, columns: Sequence[_Column], rows: int) -> None:
    sheet = book.sheet(title)
    sheet.freeze_panes = "A2"
    last = get_column_letter(len(columns))
    sheet.auto_filter.ref = f"A1:{last}{rows + 1}"
    widths = [column.width() for column in columns]
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.append([_heading_cell(sheet, column.heading) for column in columns])
    pairs = zip(columns, widths, strict=True)
    cells = [_body_cell(sheet, column, width) for column, width in pairs]
    styles = [_style(cell) if rows else 0 for cell in cells]
    filled = [Filled(c.values, style) for c, style in zip(columns, styles, strict=True)]
    book.fill(column_rows(filled, first=2))


def _heading_cell(sheet: object, heading: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=cell_text(heading))
    cell.data_type = "s"
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="FFE7ECF2")
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    return cell


def _body_cell(sheet: object, column: _Column, width: float) -> WriteOnlyCell:
    """Make a cell that looks as all of a column."""
    cell = WriteOnlyCell(sheet)
    cell.number_format = column.number_format
    if column.text and width == _WIDTHS[1]:
        cell.alignment = Alignment(vertical="top", wrap_text=True)
    return cell


def _cells_wide(text: str) -> int:
    """Columns of a fixed-width screen that a text takes; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
