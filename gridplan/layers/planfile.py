"""Read a written plan back, and assignments made by hand."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from gridplan.domain import Plan
from gridplan.errors import LayerError
from gridplan.layers.columns import as_text, nearest, some
from gridplan.text import unguard

PLAN_LAYERS = ("grids", "communities", "streets", "units")
"""Layers that every plan has."""

PIECE = 25_000
"""Features whose shapes are read together: what they are read from takes much memory as well."""

ROWS = 25_000
"""Rows of a table that are looked at together."""

_OPTIONAL = ("buildings", "institutions", "facilities", "public_spaces", "roads", "walks")
_TEXT = ("grid_code", "community_code", "street_code", "unit_id", "building_id", "stairwell")


class Unread(Mapping[str, gpd.GeoDataFrame]):
    """Layers of a plan that are read anew whenever they are asked for, and not kept.

    Parameters
    ----------
    path
        The GeoPackage.
    names
        Its layers.
    """

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self.path, self.names = path, names

    def __getitem__(self, name: str) -> gpd.GeoDataFrame:
        if name not in self.names:
            raise KeyError(name)
        return _layer(self.path, name)

    def __contains__(self, name: object) -> bool:
        return name in self.names  # without reading it

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def outline(self, name: str) -> gpd.GeoDataFrame:
        """Read the columns of a layer, with its first feature at most."""
        return _layer(self.path, name, max_features=1)

    def pieces(
        self, name: str, columns: Sequence[str], count: int, *, shapes: bool = True
    ) -> Iterator[gpd.GeoDataFrame]:
        """Read some columns of a layer, so many features at a time, without shapes if need be."""
        how = {"columns": [*columns], "read_geometry": shapes}
        for where in _parts(self.path, name, count):
            yield _layer(self.path, name, where=where, **how)


def read_plan(folder: Path, without: Collection[str] = (), *, unread: bool = False) -> Plan:
    """Read the layers of ``plan.gpkg``.

    Parameters
    ----------
    folder
        Output folder of a run, or the GeoPackage itself.
    without
        Layers to leave out that not every plan has.
    unread
        Whether ``extra`` stays in the file and is read whenever it is asked for, as in a large city
        it takes much memory.

    Raises
    ------
    LayerError
        Where the file or one of its layers is missing.
    """
    path = folder / "plan.gpkg" if folder.is_dir() else folder
    if not path.is_file():
        raise LayerError(f"{path}: file not found; give the output folder of gridplan partition")
    try:
        present = [str(name) for name, _ in pyogrio.list_layers(path)]
    except (OSError, RuntimeError, pyogrio.errors.DataSourceError) as err:
        raise LayerError(f"{path}: cannot be read: {str(err).splitlines()[0]}") from err
    missing = [name for name in PLAN_LAYERS if name not in present]
    if missing:
        raise LayerError(f'{path}: no layer "{name}"; a plan has it' for name in missing)
    more = [name for name in _OPTIONAL if name in present and name not in without]
    layers = {name: _layer(path, name) for name in PLAN_LAYERS}
    return Plan(
        **layers,
        extra=Unread(path, more) if unread else {name: _layer(path, name) for name in more},
        zone_layers=_zone_layers(layers["grids"]),
    )


def _parts(path: Path, name: str, count: int) -> list[str | None]:
    """Take a layer apart: conditions that so many features at most meet; None is for all."""
    key = str(pyogrio.read_info(path, layer=name)["fid_column"]).replace('"', '""')
    how = {"columns": [], "read_geometry": False, "return_fids": True}
    ids = np.sort(pyogrio.raw.read(path, layer=name, **how)[1])
    ends = [(ids[at : at + count][0], ids[at : at + count][-1]) for at in range(0, len(ids), count)]
    if not key or not ends:
        return [None]
    return [f'"{key}" BETWEEN {first} AND {last}' for first, last in ends]


def _large(path: Path, name: str) -> gpd.GeoDataFrame:
    """Read a layer, the shapes in parts."""
    frame = pyogrio.read_dataframe(path, layer=name, read_geometry=False, fid_as_index=True)
    shapes = np.empty(len(frame), dtype=object)
    for where in _parts(path, name, PIECE):
        how = {"columns": [], "return_fids": True, "where": where}
        _, ids, words, _ = pyogrio.raw.read(path, layer=name, **how)
        shapes[frame.index.get_indexer(ids)] = shapely.from_wkb(words)
    crs = pyogrio.read_info(path, layer=name)["crs"]
    return gpd.GeoDataFrame(frame.reset_index(drop=True), geometry=shapes, crs=crs)


def _layer(path: Path, name: str, **how: Any) -> gpd.GeoDataFrame:
    info = pyogrio.read_info(path, layer=name)
    if not how and info["geometry_type"] and info["features"] > PIECE:
        frame = _large(path, name)
    else:
        frame = pyogrio.read_dataframe(path, layer=name, **how)
    for column in _TEXT:
        if column in frame:
            blank = "" if column == "street_code" else None
            text = as_text(frame[column])
            frame[column] = text.where(text.notna(), blank)
    return frame


def _zone_layers(grids: gpd.GeoDataFrame) -> tuple[str, ...]:
    ending = "_main_share"
    return tuple(str(c).removesuffix(ending) for c in grids.columns if str(c).endswith(ending))


def read_exceptions(folder: Path, kinds: Collection[str] = ()) -> pd.DataFrame:
    """Read ``tables/exceptions.csv`` of an output folder, all text; empty where there is none.

    Parameters
    ----------
    folder
        The output folder.
    kinds
        The kinds that are wanted, so that the others take no memory; all where there is none.
    """
    path = folder / "tables" / "exceptions.csv"
    columns = ["kind", "severity", "community_code", "grid_code", "layer", "place", "other"]
    if not path.is_file():
        return pd.DataFrame(columns=[*columns, "value", "limit", "message"], dtype=object)
    with pd.read_csv(
        path, dtype=str, keep_default_na=False, encoding="utf-8-sig", chunksize=ROWS
    ) as reader:
        parts = [
            _unguarded(part[part["kind"].isin(kinds)] if kinds and "kind" in part else part)
            for part in reader
        ]
    return pd.concat(parts, ignore_index=True)


def read_table(folder: Path, name: str, columns: Collection[str] = ()) -> pd.DataFrame:
    """Read ``tables/<name>.csv`` of an output folder, all text; empty where there is none.

    Parameters
    ----------
    folder, name
        The output folder, and the table.
    columns
        The columns that are wanted, as far as they are there; all where there is none.
    """
    path = folder / "tables" / f"{name}.csv"
    if not path.is_file():
        return pd.DataFrame(dtype=object)
    try:
        table = pd.read_csv(
            path,
            dtype=str,
            keep_default_na=False,
            encoding="utf-8-sig",
            usecols=lambda column: not columns or column in columns,
        )
    except (OSError, ValueError, UnicodeError) as err:
        raise LayerError(f"{path}: cannot be read: {str(err).splitlines()[0]}") from err
    return _unguarded(table)


def _unguarded(table: pd.DataFrame) -> pd.DataFrame:
    """Take back what ``guard`` did, looking closely at the few texts that it can have changed."""
    for column in table:
        told = table[column].str.startswith("'", na=False).to_numpy(dtype=bool)
        if told.any():
            table[column] = table[column].where(~told, table[column][told].map(unguard))
    return table


def read_assignment(path: Path, unit_ids: pd.Series) -> pd.DataFrame:
    """Read a hand-made plan: which grid every unit belongs to.

    Parameters
    ----------
    path
        CSV with the columns ``unit_id`` and ``grid`` (or ``grid_code``).
    unit_ids
        Ids of the units to be assigned.

    Returns
    -------
    pandas.DataFrame
        ``unit_id``, ``grid``, one row per unit.

    Raises
    ------
    LayerError
        Naming units that are missing, unknown or named twice.
    """
    if not path.is_file():
        raise LayerError(f"{path}: file not found")
    try:
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig")
    except (OSError, ValueError, UnicodeError) as err:
        raise LayerError(f"{path}: cannot be read: {str(err).splitlines()[0]}") from err
    grid = next((c for c in ("grid", "grid_code") if c in table), "grid")
    problems = [
        f'{path.name}: no column "{c}"; {nearest(c, table.columns)}'
        for c in ("unit_id", grid)
        if c not in table
    ]
    if problems:
        raise LayerError(problems)
    table = pd.DataFrame({"unit_id": as_text(table["unit_id"]), "grid": as_text(table[grid])})
    table = table.map(unguard, na_action="ignore")
    problems = _misfits(table, set(unit_ids), path.name)
    if problems:
        raise LayerError(problems)
    return table


def _misfits(table: pd.DataFrame, units: set[str], file: str) -> list[str]:
    ids = table["unit_id"]
    cases = {
        "are named twice; keep one row each": sorted(set(ids[ids.duplicated() & ids.notna()])),
        "are not among the units of the job; delete or mend them": sorted(
            set(ids.dropna()) - units
        ),
        "are missing; give each its grid": sorted(units - set(ids)),
        "have no grid; fill it": sorted(set(ids[table["grid"].isna()].dropna())),
    }
    return [f"{file}: {len(who)} units {what}: {some(who)}" for what, who in cases.items() if who]


def read_run(folder: Path) -> dict[str, Any]:
    """Read ``run.json`` of an output folder.

    Raises
    ------
    LayerError
        Where it is missing or damaged.
    """
    path = folder / "run.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as err:
        raise LayerError(f"{path}: file not found; give the output folder of a run") from err
    except (OSError, ValueError) as err:
        raise LayerError(f"{path}: cannot be read: {err}") from err
    if not isinstance(record, dict):
        raise LayerError(f"{path}: not a record of gridplan")
    return record


def config_of_run(folder: Path, run: Mapping[str, Any], given: Path | None = None) -> Path:
    """Tell which configuration a run was made with.

    Parameters
    ----------
    folder
        Output folder of the run.
    run
        Its ``run.json``.
    given
        Named by the user; it goes first.

    Raises
    ------
    LayerError
        Where the recorded one is no longer there.
    """
    file = given or folder / str(run.get("configuration_file", "gridplan.toml"))
    if given is None and not file.is_file():
        raise LayerError(f"{file}: the configuration has moved; name it with --config")
    return file
