"""Tables as CSV files that open the same everywhere and are the same byte for byte."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gridplan.errors import OutputError
from gridplan.tables.dictionary import find_field
from gridplan.tables.encoding import encode
from gridplan.tables.values import as_numbers, as_texts, in_order, is_text, number_texts
from gridplan.text import guard

LINE_END = "\r\n"
"""Line end of every CSV file, on every platform."""

_TRIMMED = {"value", "limit"}
_ROWS = 100_000  # written at a time


def write_csvs(
    tables: Mapping[str, pd.DataFrame], folder: Path, *, encoding: str = "utf-8"
) -> list[Path]:
    """Write each table to ``folder/<name>.csv``.

    UTF-8 with BOM, or GBK; English headings, lines ended by CR LF, sorted by the first column and
    then the others. Text is in double quotes, numbers are not, so that codes stay text for whoever
    looks; a missing value is empty. Cells that begin like a formula get an apostrophe (``text``).

    Parameters
    ----------
    tables
        Tables by name, as ``build_tables`` makes them.
    folder
        Made where it is missing.
    encoding
        ``utf-8`` or ``gbk``; ``check_encoding`` tells what GBK cannot hold.

    Returns
    -------
    list of pathlib.Path
        The files written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: tables cannot be written ({error.strerror})") from error
    parts = (part for name, table in tables.items() for part in parts_of(name, table))
    put_together(((part, part.written(encoding)) for part in parts), folder)
    return [folder / f"{name}.csv" for name in tables]


def csv_text(name: str, table: pd.DataFrame) -> str:
    """Write one table as CSV text, without the BOM."""
    return "".join(part.lines() for part in parts_of(name, table))


@dataclass(frozen=True, eq=False)
class Part:
    """Some rows of a table in their order, which another process can write.

    Parameters
    ----------
    name
        Of the table.
    number
        Of the part; the first has the heading.
    rows
        As ``parts_of`` makes them.
    """

    name: str
    number: int
    rows: pd.DataFrame

    def lines(self) -> str:
        """The rows as CSV text."""
        head = ",".join(_quoted(str(column)) for column in self.rows) + LINE_END
        columns = [_column(self.name, str(column), self.rows[column]) for column in self.rows]
        body = LINE_END.join(map(",".join, zip(*columns, strict=True)))
        return (head if self.number == 0 else "") + (body + LINE_END if len(self.rows) else "")

    def written(self, encoding: str = "utf-8") -> bytes:
        """The same as it stands in the file."""
        return encode(self.lines(), encoding, mark=self.number == 0)


def parts_of(name: str, table: pd.DataFrame) -> Iterator[Part]:
    """Take a table apart, its rows in order: those of a city are long."""
    ordered = in_order(_rounded(name, table))
    for number, start in enumerate(range(0, max(len(ordered), 1), _ROWS)):
        yield Part(name, number, ordered.iloc[start : start + _ROWS])


def put_together(parts: Iterable[tuple[Part, bytes]], folder: Path) -> None:
    """Write parts that come in whatever order into the files of their tables.

    Parameters
    ----------
    parts
        Every part with what ``written`` made of it.
    folder
        Where the files are; it is there.

    Raises
    ------
    OutputError
        Where a file cannot be written.
    """
    early: dict[tuple[str, int], bytes] = {}
    due: dict[str, int] = {}
    try:
        for part, text in parts:
            early[part.name, part.number] = text
            while (key := (part.name, due.get(part.name, 0))) in early:
                with (folder / f"{part.name}.csv").open("ab" if key[1] else "wb") as file:
                    file.write(early.pop(key))
                due[part.name] = key[1] + 1
    except OSError as error:
        raise OutputError(f"{folder}: tables cannot be written ({error.strerror})") from error


def _rounded(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Round decimal numbers to what is written, so that rows are in order as they stand there."""
    rounded: dict[str, pd.Series] = {}
    for column in map(str, table.select_dtypes("float")):
        about = find_field(name, column)
        places = about.decimals if about and about.decimals is not None else 6
        rounded[column] = table[column].round(places)
    return table.assign(**rounded)


def _column(table: str, name: str, column: pd.Series) -> list[str]:
    if is_text(column):
        texts = as_texts(column)
        quoted = {text: _quoted(text) for text in set(texts)}
        return [quoted[text] for text in texts]
    about = find_field(table, name)
    decimals = about.decimals if about else None
    return number_texts(as_numbers(column, decimals), decimals, trim=name in _TRIMMED or not about)


def _quoted(text: str) -> str:
    return '"' + guard(text).replace('"', '""') + '"' if text else ""
