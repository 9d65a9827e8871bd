"""The attribute file of a shapefile: what its bytes say about the encoding of its text."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gridplan.layers.columns import NAME_BYTES
from gridplan.layers.encodings import codec_named

_LDID = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "cp950", 0x78: "cp950"}
_FIELD = 32


@dataclass(frozen=True)
class Dbf:
    """Text of a DBF as stored.

    Parameters
    ----------
    declared
        Codec that the .cpg or the header names; None where neither does.
    told_by
        ``.cpg`` or ``header``, or "".
    names, texts
        Field names, and the different values of all text fields beyond ASCII.
    width
        Least width of a field that holds such text, in bytes.
    """

    declared: str | None
    told_by: str
    names: tuple[bytes, ...]
    texts: tuple[bytes, ...]
    width: int

    @property
    def evidence(self) -> tuple[list[bytes], int]:
        """What the encoding can be told by, and the width at which such a text may be cut.

        A name that fills its ten bytes may end in half a character, so that it counts only where
        there is nothing else.
        """
        whole = [name for name in self.names if len(name) < NAME_BYTES]
        known = [*whole, *self.texts]
        if any(not value.isascii() for value in known):
            return known, self.width
        return list(self.names), NAME_BYTES


def read_dbf(path: Path, member: str = "") -> Dbf | None:
    """Read the text of the DBF beside a .shp.

    Parameters
    ----------
    path
        The .shp, or the zip it lies in.
    member
        Name of the .shp in the zip.

    Returns
    -------
    Dbf or None
        None where there is no DBF or it is not in order, so that GDAL may have a word on it.
    """
    data = _companion(path, member, ".dbf")
    if data is None or len(data) < 2 * _FIELD:
        return None
    fields = _fields(data)
    if fields is None:
        return None
    declared, told_by = _declared(data, _companion(path, member, ".cpg"))
    texts, width = _texts(data, fields)
    return Dbf(declared, told_by, tuple(f[0] for f in fields), texts, width)


def _companion(path: Path, member: str, suffix: str) -> bytes | None:
    if not member:
        for ending in (suffix, suffix.upper()):
            if path.with_suffix(ending).is_file():
                return path.with_suffix(ending).read_bytes()
        return None
    wanted = (member.rpartition(".")[0] + suffix).casefold()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.casefold() == wanted:
                return archive.read(name)
    return None


def _declared(data: bytes, cpg: bytes | None) -> tuple[str | None, str]:
    if cpg is not None:
        codec = codec_named(cpg.decode("ascii", "ignore"))
        if codec:
            return codec, ".cpg"
    codec = _LDID.get(data[29])
    return codec, "header" if codec else ""


def _fields(data: bytes) -> list[tuple[bytes, str, int, int]] | None:
    """Name, type, offset and width of every field."""
    found, offset = [], 1
    for at in range(_FIELD, int.from_bytes(data[8:10], "little") - 1, _FIELD):
        entry = data[at : at + _FIELD]
        if entry[:1] == b"\r" or len(entry) < _FIELD:
            break
        name = entry[:11].split(b"\0")[0].strip()
        found.append((name, chr(entry[11]), offset, entry[16]))
        offset += entry[16]
    return found if offset == int.from_bytes(data[10:12], "little") else None


def _texts(data: bytes, fields: list[tuple[bytes, str, int, int]]) -> tuple[tuple[bytes, ...], int]:
    head = int.from_bytes(data[8:10], "little")
    size = int.from_bytes(data[10:12], "little")
    count = min(int.from_bytes(data[4:8], "little"), (len(data) - head) // size)
    rows = np.frombuffer(data, dtype=np.uint8, count=count * size, offset=head)
    rows = rows.reshape(count, size)
    texts: set[bytes] = set()
    widths = []
    for _, kind, offset, width in fields:
        if kind != "C" or not width:
            continue
        cells = rows[:, offset : offset + width]
        high = np.ascontiguousarray(cells[(cells > 0x7F).any(axis=1)])
        if len(high):
            widths.append(width)
            texts |= {v.strip(b" \0") for v in np.unique(high.view(f"S{width}").ravel()).tolist()}
    return tuple(sorted(texts)), min(widths, default=0)
