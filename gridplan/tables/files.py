"""Tables as CSV files that open the same everywhere and are the same byte for byte."""

from collections.abc import Iterator, Mapping
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
    paths = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            path = folder / f"{name}.csv"
            with path.open("wb") as file:
                for number, text in enumerate(_pieces(name, table)):
                    file.write(encode(text, encoding, mark=number == 0))
            paths.append(path)
    except OSError as error:
        raise OutputError(f"{folder}: tables cannot be written ({error.strerror})") from error
    return paths


def csv_text(name: str, table: pd.DataFrame) -> str:
    """Write one table as CSV text, without the BOM."""
    return "".join(_pieces(name, table))


def _pieces(name: str, table: pd.DataFrame) -> Iterator[str]:
    """Text of a table piece by piece, the heading first: a city's tables are long."""
    ordered = in_order(_rounded(name, table))
    yield ",".join(_quoted(str(column)) for column in ordered) + LINE_END
    for start in range(0, len(ordered), _ROWS):
        rows = ordered.iloc[start : start + _ROWS]
        columns = [_column(name, str(column), rows[column]) for column in rows]
        yield LINE_END.join(map(",".join, zip(*columns, strict=True))) + LINE_END


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
