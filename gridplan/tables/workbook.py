"""Tables as one workbook in the language of the office."""

import datetime as dt
import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from gridplan.domain import Finding, Severity
from gridplan.errors import OutputError
from gridplan.processes import run_pieces
from gridplan.sentences import told
from gridplan.tables.dictionary import TEXTS, find_field
from gridplan.tables.fields import HOUSEHOLD_BASES, Field
from gridplan.tables.pages import MOST_PAGES, Page, grid_pages
from gridplan.tables.values import as_numbers, as_texts, is_text
from gridplan.text import clean_text, file_stems

_A4 = 9  # paper size in the file format
ROWS_MAX = 100_000
"""Rows of a table up to which it has a sheet; larger ones stand in their CSV files alone."""

PAGED_GRIDS_MAX = 3_000
"""Grids up to which each has a page; a metropolis would get thousands of workbooks of them."""

SHARED_PAGES = 300
"""Pages from which on several processes write them; fewer are written before these have begun."""

_MAX_CHARACTERS = 32_767  # of a cell
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
    books, findings, many = make_books(tables, path, *look)
    for _ in run_pieces(_call, books, workers if many else 1):
        pass
    return findings


def make_books(
    tables: Mapping[str, pd.DataFrame],
    path: Path,
    language: str,
    household_basis: str,
    zone_layers: tuple[str, ...],
    date: dt.date,
) -> tuple[list[Callable[[], None]], list[Finding], bool]:
    """How to write the workbook and those of pages of grids beside it, as of ``write_workbook``.

    Returns
    -------
    tuple
        What writes each workbook and can go to another process; what is left out; whether there are
        pages of so many grids that several processes should write them.
    """
    kept = {name: table for name, table in tables.items() if len(table) <= ROWS_MAX}
    paged = len(tables.get("grid_register", ())) <= PAGED_GRIDS_MAX
    pages = grid_pages(tables, language) if paged else []
    here, apart = (pages, []) if len(pages) <= MOST_PAGES else ([], pages)
    look = _Look(language, household_basis, zone_layers, date)
    books: list[Callable[[], None]] = [partial(_write_tables, kept, here, path, look)]
    books += _page_books(apart, path.parent / PAGE_FOLDER, look)
    left_out = [*_left_out(tables), *([] if paged else [_unpaged(len(tables["grid_register"]))])]
    return books, left_out, len(pages) >= SHARED_PAGES


@dataclass(frozen=True)
class _Look:
    """What all workbooks of a run have in common."""

    language: str
    basis: str
    zone_layers: tuple[str, ...]
    date: dt.date


def _call(book: Callable[[], None]) -> None:
    book()


def _write_tables(
    tables: Mapping[str, pd.DataFrame], pages: Sequence[Page], path: Path, look: _Look
) -> None:
    """Write the workbook of all tables, and of the pages of grids where they are few."""
    book = Workbook(write_only=True)
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


def _write_pages(
    pages: Sequence[Page], path: Path, look: _Look, book: Workbook | None = None
) -> None:
    """Write the pages of grids into a workbook, and save it."""
    book = Workbook(write_only=True) if book is None else book
    for page in pages:
        _write_page(book, page)
    _save(book, path, dt.datetime.combine(look.date, dt.time()))


def _left_out(tables: Mapping[str, pd.DataFrame]) -> Iterator[Finding]:
    """List the tables that are too long for a workbook that still opens."""
    for name, table in tables.items():
        if len(table) > ROWS_MAX:
            yield Finding(
                "sheet-left-out",
                Severity.INFO,
                f"the workbook has no sheet {name}: its {len(table)} rows are more than "
                f"{ROWS_MAX}; open {name}.csv, which has them all",
                layer=name,
                value=float(len(table)),
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


def _page_books(pages: Sequence[Page], folder: Path, look: _Look) -> Iterator["partial[None]"]:
    """How to write pages of grids: a workbook per community, or more where it has many."""
    books: dict[str, list[Page]] = {}
    for home, own in groupby(sorted(pages, key=_home), key=_home):
        for number, batch in enumerate(_batches(list(own)), start=1):
            books[home if number == 1 else f"{home}_{number}"] = batch
    for stem, batch in zip(file_stems(list(books)), books.values(), strict=True):
        yield partial(_write_pages, batch, folder / f"{stem}.xlsx", look)


def _batches(pages: list[Page]) -> Iterator[list[Page]]:
    """As many pages at a time as a workbook holds."""
    for start in range(0, len(pages), MOST_PAGES):
        yield pages[start : start + MOST_PAGES]


def _home(page: Page) -> str:
    return page.community_code


def _write_page(book: Workbook, page: Page) -> None:
    """Write the page of a grid: all text as text, headings bold, columns as wide as a form's."""
    sheet = book.create_sheet(page.sheet)
    _print_across(sheet)
    for number, width in enumerate(_PAGE_WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    for position, row in enumerate(page.rows):
        sheet.append([_page_cell(sheet, value, position in page.strong) for value in row])


def _page_cell(sheet: object, value: str | int | float | None, strong: bool) -> WriteOnlyCell:
    if isinstance(value, str):
        cell = WriteOnlyCell(sheet, value=_cell_text(clean_text(value)))
        cell.data_type = "s"
        cell.number_format = "@"
    else:
        cell = WriteOnlyCell(sheet, value=value)
    if strong:
        cell.font = Font(bold=True, size=13)
    return cell


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
        texts = [_cell_text(words.get(text, text)) or None for text in as_texts(values)]
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


def _write_sheet(book: Workbook, title: str, columns: Sequence[_Column], rows: int) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    last = get_column_letter(len(columns))
    sheet.auto_filter.ref = f"A1:{last}{rows + 1}"
    _print_across(sheet)
    for number, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = column.width()
    sheet.append([_heading_cell(sheet, column.heading) for column in columns])
    cells = [_body_cell(sheet, column) for column in columns]
    for row in range(rows):
        for cell, column in zip(cells, columns, strict=True):
            cell.value = column.values[row]
            if column.text and cell.value is not None:
                cell.data_type = "s"  # never a formula or an error, whatever it begins with
        sheet.append(cells)


def _print_across(sheet: Any) -> None:
    """All columns on one A4 page across, the heading on every page."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = _A4
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToHeight = 0
    sheet.print_title_rows = "1:1"


def _heading_cell(sheet: object, heading: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=_cell_text(heading))
    cell.data_type = "s"
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="FFE7ECF2")
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    return cell


def _body_cell(sheet: object, column: _Column) -> WriteOnlyCell:
    """Make the one cell that a column's values pass through; its style is made once."""
    cell = WriteOnlyCell(sheet)
    cell.number_format = column.number_format
    if column.text and column.width() == _WIDTHS[1]:
        cell.alignment = Alignment(vertical="top", wrap_text=True)
    return cell


def _cell_text(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if len(text) <= _MAX_CHARACTERS else text[: _MAX_CHARACTERS - 1] + "…"


def _cells_wide(text: str) -> int:
    """Columns of a fixed-width screen that a text takes; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _save(book: Workbook, path: Path, moment: dt.datetime) -> None:
    """Save with every clock in the file set to ``moment``."""
    book.properties.creator = "gridplan"
    book.properties.created = moment
    draft = io.BytesIO()
    book.save(draft)
    stamp = f"{moment:%Y-%m-%dT%H:%M:%SZ}".encode()
    final = io.BytesIO()
    with zipfile.ZipFile(draft) as source, zipfile.ZipFile(final, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, data)
            entry = zipfile.ZipInfo(
                name, (max(moment.year, 1980), moment.month, moment.day, 0, 0, 0)
            )
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            target.writestr(entry, data)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(final.getvalue())
    except OSError as error:
        raise OutputError(f"{path}: the workbook cannot be written ({error.strerror})") from error
