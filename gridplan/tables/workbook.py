"""Tables as one workbook in the language of the office."""

import datetime as dt
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from gridplan.errors import OutputError
from gridplan.tables.dictionary import TEXTS, find_field
from gridplan.tables.fields import HOUSEHOLD_BASES, Field
from gridplan.tables.values import as_numbers, as_texts, is_text

_A4 = 9  # paper size in the file format
_MAX_ROWS = 1_048_575  # of a sheet, without the heading
_MAX_CHARACTERS = 32_767  # of a cell
_WIDTHS = (8, 60)  # narrowest and widest column, in characters
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
) -> None:
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
    """
    book = Workbook(write_only=True)
    for name, table in tables.items():
        columns = [
            _column(
                str(column),
                find_field(name, str(column), zone_layers),
                table[column],
                language,
                household_basis,
            )
            for column in table
        ]
        for title, rows in _pages(_sheet_title(name, language), len(table)):
            _write_sheet(book, title, columns, rows)
    _save(book, path, dt.datetime.combine(date, dt.time()))


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


def _pages(title: str, rows: int) -> Iterator[tuple[str, range]]:
    """Split a table that a sheet cannot hold into numbered sheets."""
    for number, start in enumerate(range(0, max(rows, 1), _MAX_ROWS), start=1):
        name = title if number == 1 else f"{title} {number}"
        yield name, range(start, min(start + _MAX_ROWS, rows))


def _write_sheet(book: Workbook, title: str, columns: Sequence[_Column], rows: range) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    last = get_column_letter(len(columns))
    sheet.auto_filter.ref = f"A1:{last}{len(rows) + 1}"
    _print_across(sheet)
    for number, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = column.width()
    sheet.append([_heading_cell(sheet, column.heading) for column in columns])
    cells = [_body_cell(sheet, column) for column in columns]
    for row in rows:
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
