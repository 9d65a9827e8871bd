"""Finished pieces of work on disk, so that a run that was interrupted need not do them again.

A piece is a set of columns in one file, whole or not at all, with a digest in front: where that
does not hold, or the piece is of something else, it counts as missing. Numbers are written as they
lie in memory, shapes as WKB, all else as JSON; nothing that is read can do more than be wrong.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.export import write_whole

Columns = Mapping[str, "pd.Series[Any]"]
Answer = TypeVar("Answer")

BROKEN = (OSError, ValueError, KeyError, TypeError, IndexError, shapely.errors.ShapelyError)
"""What comes up where something that is read is not what was written."""


@dataclass(frozen=True)
class Shelf:
    """Where the finished pieces of a job stand; the process that finishes one puts it there.

    Parameters
    ----------
    place
        Folder of its own.
    job
        What the pieces are of; they are known again by that.
    """

    place: Path
    job: str

    def take(
        self,
        key: bytes,
        make: Callable[[], Answer],
        write: Callable[[Answer], Columns],
        read: Callable[[Columns], Answer],
    ) -> Answer:
        """Take a piece from the shelf, or make it and put it there.

        Parameters
        ----------
        key
            Tells the pieces of the job apart.
        make
            Does the work.
        write, read
            Turn the answer into columns, and back; ``read`` raises where they do not fit.

        Raises
        ------
        OutputError
            Where the folder or the disk does not allow it.
        """
        name = hashlib.sha256(self.job.encode() + key).hexdigest()
        path = self.place / f"{name}.part"
        answer = _found(path, name, read)
        if answer is None:
            answer = make()
            put(path, pack(write(answer), name))
        return answer

    def clear(self) -> None:
        """Remove all pieces; what cannot be removed goes with the checkpoints."""
        shutil.rmtree(self.place, ignore_errors=True)


def _found(path: Path, name: str, read: Callable[[Columns], Answer]) -> Answer | None:
    """Read a piece; None where there is none, or it is not what was written."""
    try:
        return read(unpack(get(path), name))
    except BROKEN:
        return None


def put(path: Path, data: bytes) -> str:
    """Write a file with the digest of its content in front; return the digest.

    Raises
    ------
    OutputError
        Where the folder or the disk does not allow it.
    """
    digest = hashlib.sha256(data).hexdigest()
    write_whole(path, digest.encode() + b"\n" + data)
    return digest


def get(path: Path, digest: str = "") -> bytes:
    """Read a file whose digest holds.

    Raises
    ------
    ValueError
        Where it does not, or the digest is another one.
    """
    told, _, data = path.read_bytes().partition(b"\n")
    found = hashlib.sha256(data).hexdigest()
    if found.encode() != told or digest not in ("", found):
        raise ValueError(path.name)
    return data


def pack(columns: Columns, name: str = "") -> bytes:
    """Write columns, which may differ in length, under a name."""
    written = {t: _column(columns[t]) for t in columns}
    told = [
        {"name": t, "rows": len(columns[t]), "kind": kind, "dtype": dtype, "bytes": len(data)}
        for t, (kind, dtype, data) in written.items()
    ]
    head = json.dumps({"name": name, "columns": told}).encode()
    return b"".join([head, b"\n", *(data for _, _, data in written.values())])


def unpack(data: bytes, name: str = "") -> "dict[str, pd.Series[Any]]":
    """Read the columns that were written under a name.

    Raises
    ------
    ValueError
        Where the name is another one; other errors of ``BROKEN`` where nothing fits.
    """
    line, _, rest = data.partition(b"\n")
    head = json.loads(line)
    if head["name"] != name:
        raise ValueError(head["name"])
    found, at = {}, 0
    for told in head["columns"]:
        content = rest[at : at + told["bytes"]]
        at += told["bytes"]
        found[told["name"]] = _values(told["kind"], told["dtype"], content, told["rows"])
    return found


def plain(value: object) -> object:
    """A NumPy number as Python has it, for JSON.

    Raises
    ------
    TypeError
        Where it is none.
    """
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be kept")


def _column(values: "pd.Series[Any]") -> tuple[str, str, bytes]:
    """Write a column: how, its type, and the bytes."""
    dtype = str(values.dtype)
    if dtype == "geometry":
        return "shapes", dtype, _packed(shapely.to_wkb(values.to_numpy()).tolist())
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iufb":
        return "numbers", values.dtype.str, np.ascontiguousarray(values.to_numpy()).tobytes()
    items = values.tolist()
    if values.dtype != object:
        items = [None if empty else item for item, empty in zip(items, values.isna(), strict=True)]
    kind = "tuples" if any(isinstance(item, tuple) for item in items) else "items"
    return kind, dtype, json.dumps(items, default=plain).encode()


def _packed(shapes: list[bytes | None]) -> bytes:
    """Lengths of the shapes (-1: none), then the shapes."""
    lengths = np.array([-1 if s is None else len(s) for s in shapes], dtype="<i8")
    return lengths.tobytes() + b"".join(s for s in shapes if s is not None)


def _values(kind: str, dtype: str, data: bytes, rows: int) -> "pd.Series[Any]":
    """Read a column."""
    if kind == "shapes":
        return pd.Series(gpd.array.GeometryArray(_unpacked(data, rows)))
    if kind == "numbers":
        return pd.Series(np.frombuffer(data, dtype=dtype).copy())
    items = json.loads(data)
    if kind == "tuples":
        items = [tuple(item) if isinstance(item, list) else item for item in items]
    return pd.Series(items, dtype=dtype)


def _unpacked(data: bytes, rows: int) -> NDArray[np.object_]:
    """Read shapes."""
    lengths = np.frombuffer(data[: 8 * rows], dtype="<i8")
    ends = 8 * rows + np.cumsum(np.maximum(lengths, 0))
    shapes = [
        None if length < 0 else data[end - length : end]
        for length, end in zip(lengths.tolist(), ends.tolist(), strict=True)
    ]
    return np.asarray(shapely.from_wkb(np.array(shapes, dtype=object)), dtype=object)
