"""Cells of a sheet as text: a city has millions, and openpyxl takes 20 µs for each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from openpyxl.utils import get_column_letter

Value = str | int | float | None

_MAX_CHARACTERS = 32_767  # of a cell
_ROWS = 10_000  # written at a time


@dataclass(frozen=True)
class Filled:
    """A column of a sheet: its values, and the number of its style (0 for none)."""

    values: Sequence[Value]
    style: int


def column_rows(columns: Sequence[Filled], first: int) -> Iterator[str]:
    """Write rows from columns of equal length, some thousand at a time.

    Parameters
    ----------
    columns
        Of the sheet, from its left.
    first
        Number of the first row, from 1.
    """
    count = len(columns[0].values) if columns else 0
    for start in range(0, count, _ROWS):
        rows = range(start, min(start + _ROWS, count))
        names = [str(first + row) for row in rows]
        cells = [
            _column_cells(get_column_letter(number), column, rows, names)
            for number, column in enumerate(columns, start=1)
        ]
        lines = zip(names, zip(*cells, strict=True), strict=True)
        yield "".join([f'<row r="{name}">{"".join(line)}</row>' for name, line in lines])


def _column_cells(letter: str, column: Filled, rows: range, names: list[str]) -> list[str]:
    """Write the cells of a column; equal values share all but their address."""
    values, begin = column.values[rows.start : rows.stop], f'<c r="{letter}'
    ends = {value: cell_end(value, column.style) for value in set(values)}
    return [
        begin + name + ends[value] if ends[value] else ""
        for name, value in zip(names, values, strict=True)
    ]


def page_rows(rows: Sequence[Sequence[tuple[Value, int]]]) -> str:
    """Write rows of values and the numbers of their styles, from the first row of a sheet."""
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = [
            f'<c r="{get_column_letter(at)}{number}{end}'
            for at, (value, style) in enumerate(row, start=1)
            if (end := cell_end(value, style))
        ]
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    return "".join(lines)


def cell_end(value: Value, style: int) -> str:
    """Write a cell from behind its address on; nothing where it holds nothing and has no style.

    Text is text whatever it begins with, never a formula or an error.
    """
    look = f'" s="{style}"' if style else '"'
    if isinstance(value, str):
        return f'{look} t="inlineStr"{_inline(value)}'
    if value is None:
        return f'{look} t="n" />' if style else ""
    return f'{look} t="n"><v>{value:.16g}</v></c>'


def _inline(text: str) -> str:
    if not text:
        return " />"
    bare = text.strip()
    space = ' xml:space="preserve"' if bare and bare != text else ""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"><is><t{space}>{text}</t></is></c>"


def cell_text(text: str) -> str:
    """Bring line ends and length of a text into what a cell holds."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if len(text) <= _MAX_CHARACTERS else text[: _MAX_CHARACTERS - 1] + "…"
