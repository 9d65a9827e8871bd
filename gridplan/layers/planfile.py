"""Read a written plan back, and assignments made by hand."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from gridplan.domain import Plan
from gridplan.errors import LayerError
from gridplan.layers.columns import as_text, nearest, some
from gridplan.text import unguard

PLAN_LAYERS = ("grids", "communities", "streets", "units")
"""Layers that every plan has."""

_OPTIONAL = ("buildings", "institutions", "facilities", "public_spaces", "roads", "walks")
_TEXT = ("grid_code", "community_code", "street_code", "unit_id", "building_id", "stairwell")


def read_plan(folder: Path, without: Collection[str] = ()) -> Plan:
    """Read the layers of ``plan.gpkg``.

    Parameters
    ----------
    folder
        Output folder of a run, or the GeoPackage itself.
    without
        Layers to leave out that not every plan has.

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
    wanted = [*PLAN_LAYERS, *(name for name in _OPTIONAL if name not in without)]
    layers = {name: _layer(path, name) for name in wanted if name in present}
    return Plan(
        **{name: layers[name] for name in PLAN_LAYERS},
        extra={name: layers[name] for name in _OPTIONAL if name in layers},
        zone_layers=_zone_layers(layers["grids"]),
    )


def _layer(path: Path, name: str) -> gpd.GeoDataFrame:
    frame = pyogrio.read_dataframe(path, layer=name)
    for column in _TEXT:
        if column in frame:
            blank = "" if column == "street_code" else None
            text = as_text(frame[column])
            frame[column] = text.where(text.notna(), blank)
    return frame


def _zone_layers(grids: gpd.GeoDataFrame) -> tuple[str, ...]:
    ending = "_main_share"
    return tuple(str(c).removesuffix(ending) for c in grids.columns if str(c).endswith(ending))


def read_exceptions(folder: Path) -> pd.DataFrame:
    """Read ``tables/exceptions.csv`` of an output folder, all text; empty where there is none."""
    path = folder / "tables" / "exceptions.csv"
    columns = ["kind", "severity", "community_code", "grid_code", "layer", "place", "other"]
    if not path.is_file():
        return pd.DataFrame(columns=[*columns, "value", "limit", "message"], dtype=object)
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    return table.map(unguard)


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Read ``tables/<name>.csv`` of an output folder, all text; empty where there is none."""
    path = folder / "tables" / f"{name}.csv"
    if not path.is_file():
        return pd.DataFrame(dtype=object)
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError, UnicodeError) as err:
        raise LayerError(f"{path}: cannot be read: {str(err).splitlines()[0]}") from err
    return table.map(unguard)


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
