"""The prepared ground on disk, so that an interrupted run does not grow its cells again.

Tables are written in parts of some rows, each whole or not at all, and a list of the parts with
their digests comes last: without it, or where a digest does not hold, the ground counts as missing.
While it is prepared, what is finished of it stands beside it on a shelf.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from gridplan.config import Config
from gridplan.domain import Finding, Severity
from gridplan.export import OutputFolder
from gridplan.layers.inputs import Inputs
from gridplan.prepare import Ground, prepare_ground
from gridplan.shelf import BROKEN, Shelf, get, pack, plain, put, unpack

ROWS = 50_000
"""Rows of a part: what is held twice while it is written."""

LIST = "list.json"
PIECES = "pieces"


def ground_of(inputs: Inputs, config: Config, folder: OutputFolder) -> Ground:
    """Prepare the ground, or take it from where an interrupted run of this very job left it.

    A run that ended before its ground was prepared left the pieces that were finished: only the
    others are made.

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
    shelf = Shelf(place / PIECES, job)
    ground = read_ground(place, job, inputs) if folder.resumed else None
    if ground is None:
        ground = prepare_ground(inputs, config, shelf)
        write_ground(ground, place, job)
    shelf.clear()
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
                put(place / f"{field.name}-{number}.part", data)
                for number, data in enumerate(_parts(value))
            ]
        else:
            kept[field.name] = None if value is None else [asdict(finding) for finding in value]
    put(place / LIST, json.dumps(kept, default=plain).encode())


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
        kept = json.loads(get(place / LIST))
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


def _parts(table: pd.DataFrame) -> Iterator[bytes]:
    """Write a table, some rows at a time; an empty one has a part too, for its columns."""
    for start in range(0, max(len(table), 1), ROWS):
        part = table.iloc[start : start + ROWS]
        yield pack({str(name): part[name] for name in part.columns})


def _table(place: Path, name: str, digests: list[str], crs: Any) -> pd.DataFrame:
    """Read a table from its parts."""
    parts = [
        unpack(get(place / f"{name}-{number}.part", digest))
        for number, digest in enumerate(digests)
    ]
    names = list(parts[0])
    columns = {n: pd.concat([part[n] for part in parts], ignore_index=True) for n in names}
    if "geometry" not in names:
        return pd.DataFrame(columns)
    table: pd.DataFrame = gpd.GeoDataFrame(columns, geometry="geometry", crs=crs)
    return table


def _finding(record: dict[str, Any]) -> Finding:
    at = record.pop("at")
    severity = Severity(record.pop("severity"))
    return Finding(**record, severity=severity, at=None if at is None else tuple(at))
