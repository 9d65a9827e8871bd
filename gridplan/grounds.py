"""The prepared ground on disk, so that an interrupted run does not grow its cells again.

Tables are written in parts of some rows, each whole or not at all, and a list of the parts with
their digests comes last: without it, or where a digest does not hold, the ground counts as missing.
Numbers are written as they lie in memory, shapes as WKB, all else as JSON; nothing that is read can
do more than be wrong.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.config import Config
from gridplan.domain import Finding, Severity
from gridplan.export import OutputFolder, write_whole
from gridplan.layers.inputs import Inputs
from gridplan.prepare import Ground, prepare_ground

ROWS = 50_000
"""Rows of a part: what is held twice while it is written."""

LIST = "list.json"
BROKEN = (OSError, ValueError, KeyError, TypeError, IndexError, shapely.errors.ShapelyError)


def ground_of(inputs: Inputs, config: Config, folder: OutputFolder) -> Ground:
    """Prepare the ground, or take it from where an interrupted run of this very job left it.

    Parameters
    ----------
    inputs, config
        The job.
    folder
        Of the run; the ground stands among its checkpoints.

    Raises
    ------
    OutputError
        Where the ground cannot be written.
    TopologyError
        Where communities or cells cannot be made to tile.
    """
    place = folder.checkpoint_path("ground", "")
    job = _digest_of(inputs, folder.signature)
    ground = read_ground(place, job, inputs) if folder.resumed else None
    if ground is None:
        ground = prepare_ground(inputs, config)
        write_ground(ground, place, job)
    return ground


def write_ground(ground: Ground, place: Path, job: str) -> None:
    """Write a ground.

    Parameters
    ----------
    ground
        What is to be kept.
    place
        Folder of its own.
    job
        What it is of; it is known again by that.

    Raises
    ------
    OutputError
        Where the folder or the disk does not allow it.
    """
    kept: dict[str, Any] = {"job": job}
    for field in fields(ground):
        value = getattr(ground, field.name)
        if isinstance(value, pd.DataFrame):
            kept[field.name] = [
                _put(place / f"{field.name}-{number}.part", data)
                for number, data in enumerate(_parts(value))
            ]
        else:
            kept[field.name] = None if value is None else [asdict(finding) for finding in value]
    _put(place / LIST, json.dumps(kept, default=_plain).encode())


def read_ground(place: Path, job: str, inputs: Inputs) -> Ground | None:
    """Read a ground; None where there is none, it is torn, or it is of another job.

    Parameters
    ----------
    place, job
        As it was written.
    inputs
        The job's layers, whose CRS it has.
    """
    try:
        kept = json.loads(_get(place / LIST))
        if kept.pop("job") != job:
            return None
        findings = tuple(_finding(record) for record in kept.pop("findings"))
        tables: dict[str, Any] = {
            name: None if digests is None else _table(place, name, digests, inputs.crs)
            for name, digests in kept.items()
        }
        return Ground(**tables, findings=findings)
    except BROKEN:
        return None


def _digest_of(inputs: Inputs, signature: str) -> str:
    """What a ground is of: the run, and the communities, which a run may have made itself."""
    digest = hashlib.sha256(signature.encode())
    for layer, column in ((inputs.communities, "community_code"), (inputs.units, "unit_id")):
        digest.update("\n".join(layer[column].astype(str)).encode("utf-8", "surrogatepass"))
    for start in range(0, len(inputs.communities), ROWS):
        shapes = inputs.communities.geometry.to_numpy()[start : start + ROWS]
        digest.update(b"".join(shapely.to_wkb(shapes).tolist()))
    return digest.hexdigest()


def _put(path: Path, data: bytes) -> str:
    """Write a file with the digest of its content in front; return the digest."""
    digest = hashlib.sha256(data).hexdigest()
    write_whole(path, digest.encode() + b"\n" + data)
    return digest


def _get(path: Path, digest: str = "") -> bytes:
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


def _parts(table: pd.DataFrame) -> Iterator[bytes]:
    """Write a table, some rows at a time; an empty one has a part too, for its columns."""
    for start in range(0, max(len(table), 1), ROWS):
        part = table.iloc[start : start + ROWS]
        columns = [_column(part[name]) for name in part.columns]
        told = [
            {"name": name, "kind": kind, "dtype": dtype, "bytes": len(data)}
            for name, (kind, dtype, data) in zip(part.columns, columns, strict=True)
        ]
        head = json.dumps({"rows": len(part), "columns": told}).encode()
        yield b"".join([head, b"\n", *(data for _, _, data in columns)])


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
    return kind, dtype, json.dumps(items, default=_plain).encode()


def _packed(shapes: list[bytes | None]) -> bytes:
    """Lengths of the shapes (-1: none), then the shapes."""
    lengths = np.array([-1 if s is None else len(s) for s in shapes], dtype="<i8")
    return lengths.tobytes() + b"".join(s for s in shapes if s is not None)


def _table(place: Path, name: str, digests: list[str], crs: Any) -> pd.DataFrame:
    """Read a table from its parts."""
    parts = [
        _part(_get(place / f"{name}-{number}.part", digest))
        for number, digest in enumerate(digests)
    ]
    names = list(parts[0])
    columns = {n: pd.concat([part[n] for part in parts], ignore_index=True) for n in names}
    if "geometry" not in names:
        return pd.DataFrame(columns)
    table: pd.DataFrame = gpd.GeoDataFrame(columns, geometry="geometry", crs=crs)
    return table


def _part(data: bytes) -> "dict[str, pd.Series[Any]]":
    """Read the columns of a part."""
    line, _, rest = data.partition(b"\n")
    head = json.loads(line)
    found, at = {}, 0
    for told in head["columns"]:
        content = rest[at : at + told["bytes"]]
        at += told["bytes"]
        found[told["name"]] = _values(told["kind"], told["dtype"], content, head["rows"])
    return found


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


def _finding(record: dict[str, Any]) -> Finding:
    at = record.pop("at")
    severity = Severity(record.pop("severity"))
    return Finding(**record, severity=severity, at=None if at is None else tuple(at))


def _plain(value: object) -> object:
    """A NumPy number as Python has it.

    Raises
    ------
    TypeError
        Where it is none.
    """
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be kept")
