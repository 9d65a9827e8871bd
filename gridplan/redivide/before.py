"""The plan that is to be changed: its grids, units and codes, whoever made it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from gridplan.domain import Finding, GridKind, Plan
from gridplan.errors import LayerError
from gridplan.layers import grids_of_units, read_any_plan, read_run, read_table


@dataclass(frozen=True)
class Before:
    """The division as it was.

    Parameters
    ----------
    name
        What was asked for, for messages and records.
    digest
        SHA-256 (hex) of its file.
    units
        ``unit_id`` (unique), ``grid``, ``households`` (Int64, missing where unknown), ``kind`` of
        the grid, ``community_code`` ("" where unknown); sorted by id. A GeoDataFrame in the
        project's CRS where the file has shapes of units.
    grids
        ``grid`` and polygons in the project's CRS; None where the file has none.
    plan
        All of it, where gridplan wrote it.
    since
        First day (YYYY-MM-DD) of codes, where known.
    spent
        Community of every code that ended before this plan; such a code is never used again.
    findings
        What reading noticed.
    """

    name: str
    digest: str
    units: pd.DataFrame
    grids: gpd.GeoDataFrame | None = None
    plan: Plan | None = None
    since: Mapping[str, str] = field(default_factory=dict)
    spent: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @property
    def shapes(self) -> gpd.GeoDataFrame | None:
        """The units with their shapes; None where the file has none."""
        return self.units if isinstance(self.units, gpd.GeoDataFrame) else None


def digest_of(given: str) -> str:
    """SHA-256 (hex) of the file of a previous plan.

    Raises
    ------
    LayerError
        Where there is no such file.
    """
    path = _file_of(given)
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as err:
        raise LayerError(
            f"previous plan {path}: cannot be read: {err.strerror}; give the output folder of "
            "gridplan partition, polygons of grids, or a table of units and grids"
        ) from err


def _file_of(given: str) -> Path:
    path = Path(given.split("|")[0])
    return path / "plan.gpkg" if path.is_dir() else path


def read_before(given: str, cells: gpd.GeoDataFrame) -> Before:
    """Read the plan to be changed.

    Parameters
    ----------
    given
        As ``read_any_plan`` takes it.
    cells
        Units of today with their ground, whose CRS the plan is brought to; polygons of grids alone
        are laid over them.

    Raises
    ------
    LayerError
        Where it cannot be read, or names no grid of any unit.
    """
    digest = digest_of(given)
    found = read_any_plan(given, crs=cells.crs, role="previous plan")
    if found.written is not None:
        since, spent = _history(Path(given))
        units = _written_units(found.written)
        return Before(
            given, digest, units, found.grids, found.written, since, spent, found.findings
        )
    units = found.units
    if units is None:
        laid = grids_of_units(found, cells)
        units = laid[["unit_id", "grid"]].assign(households=pd.array([pd.NA] * len(laid), "Int64"))
    units = units[units["grid"].notna()].sort_values("unit_id", ignore_index=True)
    if units.empty:
        raise LayerError(f"previous plan {given}: none of its grids holds a unit of the job")
    units = units.assign(kind=GridKind.RESIDENTIAL.value, community_code="")
    return Before(given, digest, units, found.grids, findings=found.findings)


def _written_units(plan: Plan) -> gpd.GeoDataFrame:
    """Units of a plan of ours."""
    grid = plan.grids.set_index("grid_code")
    units = plan.units.rename(columns={"grid_code": "grid"})
    units = units[["unit_id", "grid", "households", "geometry"]].assign(
        households=units["households"].astype("Int64"),
        kind=units["grid"].map(grid["grid_kind"]),
        community_code=units["grid"].map(grid["community_code"]),
    )
    return units.sort_values("unit_id", kind="stable", ignore_index=True)


def _history(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """First days and ended codes that a run's folder tells; nothing where a file came alone."""
    if not folder.is_dir():
        return {}, {}
    register = read_table(folder, "grid_register")
    since = (
        dict(zip(register["grid_code"], register["valid_from"], strict=True))
        if {"grid_code", "valid_from"} <= set(register)
        else {}
    )
    try:
        record: Mapping[str, Any] = read_run(folder)
    except LayerError:
        return since, {}
    spent = record.get("redivision", {}).get("spent", {})
    return since, {str(code): str(place) for code, place in spent.items()}
