"""The attribute file of a shapefile, written byte by byte.

Widths, decimals, encoding and date are ours to choose here; the library that writes the shapes
would guess the widths, put today's date into the file and write 0.1 as 0.100000000000000.
"""

import datetime as dt
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MAX_TEXT = 254
"""Bytes of the longest text."""

MAX_NUMBER = 20
"""Characters of the longest number."""

LANGUAGES = {"gbk": 0x4D, "utf-8": 0x00}
"""What the header says about the encoding; UTF-8 has no number and stands in the ``.cpg``."""

_VERSION = 0x03
_PREFIX = 32


@dataclass(frozen=True)
class DbfField:
    """One column of an attribute file.

    Parameters
    ----------
    name
        At most 10 bytes of ASCII.
    type
        ``C`` text, ``N`` number, ``D`` date.
    width, decimals
        Bytes of a value, and how many of them follow the point.
    values
        As they are written, at most ``width`` bytes each; empty for a missing one.
    """

    name: str
    type: str
    width: int
    decimals: int
    values: Sequence[bytes]

    @property
    def length(self) -> str:
        """Width and decimals as the data dictionary writes them."""
        return f"{self.width},{self.decimals}" if self.decimals else str(self.width)


def record_bytes(fields: Sequence[DbfField]) -> int:
    """Bytes of one row."""
    return 1 + sum(field.width for field in fields)


def dbf_bytes(fields: Sequence[DbfField], rows: int, encoding: str, date: dt.date) -> bytes:
    """Write a whole attribute file.

    Parameters
    ----------
    fields
        Its columns, each of ``rows`` values.
    rows
        Number of rows.
    encoding
        ``gbk`` or ``utf-8``, which the values are in already.
    date
        Stands in the header.
    """
    head = struct.pack(
        "<BBBBIHH17sBH",
        _VERSION,
        date.year - 1900,
        date.month,
        date.day,
        rows,
        _PREFIX + _PREFIX * len(fields) + 1,
        record_bytes(fields),
        b"",
        LANGUAGES[encoding],
        0,
    )
    return b"".join([head, *map(_described, fields), b"\r", _rows(fields, rows), b"\x1a"])


def _described(field: DbfField) -> bytes:
    return struct.pack(
        "<11sc4sBB14s",
        field.name.encode("ascii"),
        field.type.encode("ascii"),
        b"",
        field.width,
        field.decimals,
        b"",
    )


def _rows(fields: Sequence[DbfField], rows: int) -> bytes:
    """All rows, each begun by a blank that says it is not deleted; numbers stand to the right."""
    table = np.full((rows, record_bytes(fields)), ord(" "), dtype=np.uint8)
    start = 1
    for field in fields:
        justify = bytes.rjust if field.type == "N" else bytes.ljust
        cells = b"".join(justify(value, field.width) for value in field.values)
        flat = np.frombuffer(cells, dtype=np.uint8)
        table[:, start : start + field.width] = flat.reshape(rows, field.width)
        start += field.width
    return table.tobytes()
