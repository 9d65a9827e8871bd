"""What offices take: the tables and layers of a plan or a register, in the formats they ask for."""

import datetime as dt
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from gridplan.domain import Finding, Plan
from gridplan.errors import OutputError
from gridplan.export.geojson import write_geojson
from gridplan.export.plan import in_contract
from gridplan.export.shapefile import MAPPING, write_shapefiles
from gridplan.layers import read_plan, read_run, read_table
from gridplan.register import with_states
from gridplan.tables import (
    TABLES,
    describe_tables,
    find_field,
    typed_table,
    write_csvs,
    write_workbook,
)
from gridplan.tables.encoding import check_encoding

FORMATS = ("csv", "xlsx", "shp", "geojson")
"""What a package may hold."""

_STATES = ("code_status", "valid_from", "valid_to")
_SHOWN = 3


@dataclass(frozen=True)
class Wish:
    """How a package is to look.

    Parameters
    ----------
    formats
        Some of ``FORMATS``.
    encoding
        ``utf-8`` or ``gbk``, of CSV files and shapefiles.
    language
        ``en`` or ``zh``, of the workbook.
    date
        Stands in workbook and shapefiles.
    household_basis
        ``registered``, ``resident``, ``dwelling`` or "".
    """

    formats: Sequence[str]
    encoding: str
    language: str
    date: dt.date
    household_basis: str = ""


def with_plan(
    out: Path, held: Mapping[str, pd.DataFrame]
) -> tuple[Plan, dict[str, pd.DataFrame], list[Finding]]:
    """Read the plan and the tables of an output folder, to go out with those of a register.

    Parameters
    ----------
    out
        Output folder of a run.
    held
        Tables of the register; empty where there is none.

    Returns
    -------
    tuple
        The plan; its tables as they were written, ``grid_register`` with the status that the
        register gives its codes, and those of the register; and what did not fit together.
    """
    plan = read_plan(out)
    there = [name for name in TABLES if (out / "tables" / f"{name}.csv").is_file()]
    tables = {name: typed_table(name, read_table(out, name), plan.zone_layers) for name in there}
    findings: list[Finding] = []
    if held:
        grids = tables["grid_register"]
        tables["grid_register"], findings = with_states(grids, plan, held["code_register"])
    return plan, {**tables, **held}, findings


def spoken(out: Path) -> tuple[str, str]:
    """Language and household basis that a run was made with."""
    made = read_run(out).get("configuration", {})
    language = made.get("project", {}).get("language", "en")
    basis = made.get("inputs", {}).get("units", {}).get("household_basis", "")
    return str(language), str(basis)


def write_package(
    folder: Path,
    tables: Mapping[str, pd.DataFrame],
    plan: Plan | None,
    wish: Wish,
    *,
    overwrite: bool = False,
) -> list[Finding]:
    """Write tables, and the layers of a plan, in the formats asked for; all of it or nothing.

    Parameters
    ----------
    folder
        Gets ``<table>.csv``, ``gridplan.xlsx`` (``codes.xlsx`` without a plan), ``shp/`` and
        ``geojson/``. Other files in it stay.
    tables
        Tables by name.
    plan
        The plan; None for a register alone, which has no layers.
    wish
        How it is to look.
    overwrite
        Whether files that are there may be replaced.

    Returns
    -------
    list of Finding
        What the formats could not hold as it is.

    Raises
    ------
    OutputError
        Where they cannot hold it at all, or files are in the way.
    """
    zone_layers = plan.zone_layers if plan else ()
    tables = describe_tables(tables, zone_layers)
    layers = _layers(plan, tables) if plan and {"shp", "geojson"} & set(wish.formats) else {}
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        draft.mkdir(parents=True)
        try:
            findings = _write(draft, tables, layers, plan, wish)
            _put(draft, folder, overwrite=overwrite)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror})") from error
    return findings


def _layers(plan: Plan, tables: Mapping[str, pd.DataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Layers in the form of the contract; grids with the status of their codes."""
    layers = {
        name: _rounded(name, in_contract(name, layer, plan.zone_layers), plan.zone_layers)
        for name, layer in plan.layers().items()
    }
    states = tables["grid_register"].set_index("grid_code")
    grids = layers["grids"]
    extra = {name: grids["grid_code"].map(states[name]).fillna("") for name in _STATES}
    return {**layers, "grids": grids.assign(**extra)}


def _rounded(name: str, layer: gpd.GeoDataFrame, zone_layers: Sequence[str]) -> gpd.GeoDataFrame:
    """Round decimal numbers as the tables do."""
    about = {str(c): find_field(name, str(c), zone_layers) for c in layer.columns}
    places = {c: f.decimals for c, f in about.items() if f and f.decimals is not None}
    return layer.assign(**{c: layer[c].astype(float).round(n) for c, n in places.items()})


def _write(
    folder: Path,
    tables: Mapping[str, pd.DataFrame],
    layers: Mapping[str, gpd.GeoDataFrame],
    plan: Plan | None,
    wish: Wish,
) -> list[Finding]:
    findings: list[Finding] = []
    zone_layers = plan.zone_layers if plan else ()
    if "csv" in wish.formats:
        findings += check_encoding(tables, wish.encoding)
        write_csvs(tables, folder, encoding=wish.encoding)
    if "xlsx" in wish.formats:
        findings += write_workbook(
            tables,
            folder / ("gridplan.xlsx" if plan else "codes.xlsx"),
            wish.language,
            date=wish.date,
            household_basis=wish.household_basis,
            zone_layers=zone_layers,
        )
    if "shp" in wish.formats:
        findings += check_encoding(layers, wish.encoding)
        findings += _write_shapefiles(folder / "shp", layers, zone_layers, wish)
    if "geojson" in wish.formats:
        (folder / "geojson").mkdir()
        write_geojson(layers, folder / "geojson")
    return findings


def _write_shapefiles(
    folder: Path,
    layers: Mapping[str, gpd.GeoDataFrame],
    zone_layers: Sequence[str],
    wish: Wish,
) -> list[Finding]:
    folder.mkdir()
    mapping, findings = write_shapefiles(
        layers, folder, encoding=wish.encoding, date=wish.date, zone_layers=zone_layers
    )
    write_csvs({MAPPING: mapping}, folder, encoding=wish.encoding)
    return findings


def _put(draft: Path, folder: Path, *, overwrite: bool) -> None:
    """Move what was written to its place, once nothing is in the way."""
    files = sorted(path.relative_to(draft) for path in draft.rglob("*") if path.is_file())
    there = [str(file) for file in files if (folder / file).exists()]
    if there and not overwrite:
        more = f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else ""
        raise OutputError(
            f"{folder}: {', '.join(there[:_SHOWN])}{more} exist already; add --overwrite to "
            "replace them, or choose another folder"
        )
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (draft / file).replace(folder / file)
