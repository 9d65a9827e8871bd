"""A workbook under way: openpyxl makes all of it but the rows, which come in as text."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.properties import PageSetupProperties

from gridplan.errors import OutputError

_A4 = 9  # paper size in the file format
_SHEETS = "xl/worksheets/"
_END = b"</sheetData>"


class Book:
    """A workbook whose sheets get their rows when it is saved."""

    def __init__(self) -> None:
        self._book = Workbook(write_only=True)
        self._bodies: list[Iterable[str]] = []

    def sheet(self, title: str) -> Any:
        """Add an empty sheet that prints on A4 across, its first row on every page."""
        sheet: Any = self._book.create_sheet(title)
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = _A4
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.page_setup.fitToHeight = 0
        sheet.print_title_rows = "1:1"
        return sheet

    def fill(self, rows: Iterable[str]) -> None:
        """Give the next sheet that has none its rows, as text (``sheet_text``)."""
        self._bodies.append(rows)

    def save(self, path: Path, date: dt.date) -> None:
        """Save with every clock in the file set to the midnight that ``date`` begins with.

        Raises
        ------
        OutputError
            Where the file cannot be written.
        """
        moment = dt.datetime.combine(date, dt.time())
        self._book.properties.creator = "gridplan"
        self._book.properties.created = moment
        draft, final = io.BytesIO(), io.BytesIO()
        self._book.save(draft)
        with zipfile.ZipFile(draft) as source, zipfile.ZipFile(final, "w") as target:
            for name in source.namelist():
                with target.open(_entry(name, moment), "w") as file:
                    for part in self._parts(name, source.read(name), moment):
                        file.write(part)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(final.getvalue())
        except OSError as error:
            said = f"{path}: the workbook cannot be written ({error.strerror})"
            raise OutputError(said) from error

    def _parts(self, name: str, data: bytes, moment: dt.datetime) -> Iterable[bytes]:
        """Parts of a file of the workbook: a sheet with its rows, the properties with the date."""
        if name.startswith(_SHEETS) and _END in data:
            number = int(name.removeprefix(_SHEETS).removeprefix("sheet").removesuffix(".xml"))
            head, end, tail = data.rpartition(_END)
            yield head
            for rows in self._bodies[number - 1]:
                yield rows.encode()
            yield end + tail
            return
        if name == "docProps/core.xml":
            stamp = f"{moment:%Y-%m-%dT%H:%M:%SZ}".encode()
            data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, data)
        yield data


def _entry(name: str, moment: dt.datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (max(moment.year, 1980), moment.month, moment.day, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3
    return entry
