"""Whole numbers and texts as a few bytes: what the page carries instead of GeoJSON.

A pack is a JSON head and then one stream per column of whole numbers. A stream holds the numbers,
or their differences, zigzag-coded as variable-length bytes (seven bits a byte, least first), so
that small numbers of either sign take one byte. Everything is deflated and written in base64, which
holds neither ``<`` nor quotes and is therefore safe anywhere in an HTML page.
"""

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gridplan.text import clean_text

Ints = NDArray[np.int64]


@dataclass
class Pack:
    """Columns of whole numbers and JSON values under one roof, in the order they were added."""

    values: dict[str, object] = field(default_factory=dict)
    _columns: list[tuple[str, int, int, int]] = field(default_factory=list)
    _streams: list[bytes] = field(default_factory=list)

    def put(self, name: str, value: object) -> None:
        """Add a JSON value: text, numbers, lists or mappings of them."""
        self.values[name] = value

    def texts(self, name: str, texts: Sequence[object]) -> None:
        """Add texts, one per feature; control characters are replaced."""
        self.put(name, [clean_text(str(text)) for text in texts])

    def column(self, name: str, numbers: ArrayLike, *, delta: bool = False) -> None:
        """Add whole numbers; as differences from one to the next where ``delta``."""
        column = np.asarray(numbers, dtype=np.int64).ravel()
        stream = varints(np.diff(column, prepend=0) if delta else column)
        self._columns.append((name, len(column), len(stream), int(delta)))
        self._streams.append(stream)

    def to_text(self) -> str:
        """Deflate the pack and write it in base64."""
        head = {"columns": self._columns, "values": self.values}
        text = json.dumps(head, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        data = text.encode("utf-8", "replace")
        body = len(data).to_bytes(4, "little") + data + b"".join(self._streams)
        return base64.b64encode(zlib.compress(body, 9)).decode("ascii")


def varints(numbers: Ints) -> bytes:
    """Zigzag-coded variable-length bytes of whole numbers.

    >>> varints(np.array([0, -1, 1, 64])).hex()
    '0001028001'
    """
    rest = ((numbers << 1) ^ (numbers >> 63)).astype(np.uint64)
    size = np.ones(len(rest), dtype=np.int64)
    left = rest >> np.uint64(7)
    while left.any():
        size += left > 0
        left >>= np.uint64(7)
    end = np.cumsum(size)
    out = np.zeros(int(end[-1]) if len(end) else 0, dtype=np.uint8)
    place, step = end - size, 0
    live = np.arange(len(rest))
    while len(live):
        more = size[live] > step + 1
        out[place[live] + step] = (rest[live] & np.uint64(0x7F)) | (more * np.uint64(0x80))
        live = live[more]
        rest[live] >>= np.uint64(7)
        step += 1
    return out.tobytes()
