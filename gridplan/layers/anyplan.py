"""Any division into grids, ours or not: a run's folder, polygons, or a table of units."""

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from gridplan.domain import Finding, Plan, Severity
from gridplan.errors import LayerError
from gridplan.layers.columns import as_text, nearest, some, unique_ids, whole_numbers
from gridplan.layers.given import Given, parsed, reworded
from gridplan.layers.notes import Notes
from gridplan.layers.planfile import PLAN_LAYERS, read_plan
from gridplan.layers.repair import usable_polygons
from gridplan.layers.shares import largest_share
from gridplan.layers.source import read_features, read_table
from gridplan.text import unguard

Ints = NDArray[np.int64]

NEAR_M = 50.0
"""A point of the same id farther off than this is another unit, in metres."""

_GRID = (
    *("grid_code", "grid", "grid_id", "gridcode", "gridid", "grid_no", "grid_name"),
    *("网格编码", "网格编号", "网格代码", "网格号", "网格id", "网格", "wgbm", "wgbh", "wgdm"),
)
_GRID_ALONE = ("code", "id", "name", "编码", "编号", "代码", "名称", "label", "zone_id", "district")
_UNIT = (
    *("unit_id", "unit", "unitid", "unit_code", "building_id", "lot_id", "block_id"),
    *("单元编号", "基本单元", "楼栋编号", "楼栋编码", "楼栋"),
)
_UNIT_ALONE = ("id", "编号", "geoid")
_HOUSEHOLDS = ("households", "household", "hh", "户数", "hs")
_MACHINE = {"fid", "objectid", "ogc_fid", "oid", "shape_area", "shape_length", "shape_leng"}


@dataclass(frozen=True)
class AnyPlan:
    """A division into grids as its file has it, whoever made it.

    Parameters
    ----------
    name
        What was asked for, for messages.
    grids
        ``grid`` (text, unique) and polygons, sorted by grid; None where only a table is at hand.
    units
        ``unit_id`` (text, unique), ``grid`` (None where it is in none), ``households`` (Int64,
        missing where unknown), sorted by id; a GeoDataFrame with cells or points where the file has
        them. None where only polygons are at hand.
    written
        The whole plan where gridplan wrote it.
    findings
        What reading noticed or mended.
    """

    name: str
    grids: gpd.GeoDataFrame | None
    units: pd.DataFrame | None
    written: Plan | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def places(self) -> gpd.GeoDataFrame | None:
        """The units with their shapes; None where the file has no shapes of units."""
        return self.units if isinstance(self.units, gpd.GeoDataFrame) else None


def read_any_plan(given: Path | str, *, crs: CRS | None = None, role: str = "plan") -> AnyPlan:
    """Read a division into grids from whatever holds it.

    Parameters
    ----------
    given
        Output folder of a run, its ``plan.gpkg``, polygons of grids in any readable format,
        polygons or points of units with a column of grids, or a table with the columns ``unit_id``
        and ``grid``. Layer, columns and CRS that cannot be told from their names follow behind
        bars, as in ``hand.gpkg|layer=grids|grid=NAME`` (``layer``, ``grid``, ``unit``,
        ``households``, ``crs``, ``datum``, ``encoding``, ``where``).
    crs
        Projected CRS to bring it to; its own where None (UTM where that is in degrees).
    role
        What it is called in messages, such as ``old plan``.

    Raises
    ------
    LayerError
        Naming everything that keeps it from being read.
    """
    source = parsed(str(given), role)
    path = Path(str(source.path))
    if path.is_dir() or _is_ours(path, source):
        return _ours(read_plan(path), str(given), crs)
    notes = Notes()
    try:
        return _read(source, str(given), crs, notes, role)
    except LayerError as err:
        lines = (reworded(line, role) for line in err.problems)
        raise LayerError(lines, err.findings) from err


def read_places(given: Path | str, *, crs: CRS | None, role: str = "units") -> gpd.GeoDataFrame:
    """Read units with shapes to attribute plans by.

    Parameters
    ----------
    given
        Any layer of polygons or points, with settings behind bars as in ``read_any_plan``.
    crs
        Projected CRS to bring it to; its own (or UTM) where None.
    role
        What it is called in messages.

    Returns
    -------
    geopandas.GeoDataFrame
        ``unit_id``, ``households`` (Int64, missing where the layer has no such column), shapes.

    Raises
    ------
    LayerError
        Naming everything that keeps it from being read.
    """
    source, notes = parsed(str(given), role), Notes()
    frame = _projected(source, crs, notes, role)
    where = f"{role} {source.path.name}" if source.path else role
    unit = source.unit or _named(frame, (*_UNIT, *_UNIT_ALONE))
    if unit is None or unit not in frame:
        notes.problems.append(
            f"{where}: which column names the units? there is: {some(_headings(frame), 12)}; "
            "write FILE|unit=COLUMN"
        )
        raise LayerError(notes.problems, notes.findings)
    units = _units(frame.assign(_grid="-"), unit, "_grid", source, where, notes)
    return gpd.GeoDataFrame(units.drop(columns="grid"), geometry="geometry", crs=frame.crs)


def grids_of_units(plan: AnyPlan, units: pd.DataFrame) -> pd.DataFrame:
    """Find the grid of every unit, by its id and else by its shape.

    A unit has the grid that the plan gives its id, unless the plan draws that id on other ground
    (a point: more than ``NEAR_M`` away); else the grid that holds most of its area (or its point).

    Parameters
    ----------
    plan
        The division, in the CRS of ``units``.
    units
        ``unit_id``, and polygons or points in metres where it is a GeoDataFrame.

    Returns
    -------
    pandas.DataFrame
        ``unit_id``, ``grid`` (None where it lies in none), ``how`` (``id``, ``area`` or "" for
        none), in the order of ``units``.
    """
    ids = units["unit_id"].to_numpy(dtype=object)
    grid = np.full(len(units), None, dtype=object)
    how = np.full(len(units), "", dtype=object)
    if plan.units is not None:
        row = pd.Index(plan.units["unit_id"]).get_indexer(ids)
        known = (row >= 0) & ~_moved_away(plan, row, units)
        held = plan.units["grid"].to_numpy(dtype=object)[row]
        known &= np.array([g is not None for g in held], dtype=bool)
        grid[known], how[known] = held[known], "id"
    rest = np.flatnonzero(how == "")
    if plan.grids is not None and isinstance(units, gpd.GeoDataFrame) and len(rest):
        found, _ = largest_share(units.geometry.to_numpy()[rest], plan.grids)
        inside = rest[found >= 0]
        grid[inside] = plan.grids["grid"].to_numpy(dtype=object)[found[found >= 0]]
        how[inside] = "area"
    return pd.DataFrame({"unit_id": ids, "grid": grid, "how": how}, index=units.index)


def _moved_away(plan: AnyPlan, row: Ints, units: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which units the plan draws somewhere else under the same id."""
    away = np.zeros(len(units), dtype=bool)
    if plan.places is None or not isinstance(units, gpd.GeoDataFrame):
        return away
    at = np.flatnonzero(row >= 0)
    there = plan.places.geometry.to_numpy()[row[at]]
    here = units.geometry.to_numpy()[at]
    flat = (shapely.get_dimensions(here) == 2) & (shapely.get_dimensions(there) == 2)
    apart = shapely.distance(here, there) > NEAR_M  # False where either has no shape
    apart[flat] = shapely.area(shapely.intersection(here[flat], there[flat])) == 0
    away[at] = apart
    return away


def _is_ours(path: Path, source: Given) -> bool:
    """Tell a plan that gridplan wrote from other GeoPackages."""
    if path.suffix.casefold() != ".gpkg" or not path.is_file() or source.layer is not None:
        return False
    try:
        present = {str(name) for name, _ in pyogrio.list_layers(path)}
    except (OSError, RuntimeError, pyogrio.errors.DataSourceError):
        return False  # told by the reader
    return present.issuperset(PLAN_LAYERS)


def _ours(plan: Plan, name: str, crs: CRS | None) -> AnyPlan:
    """A plan of ours in the same words as any other."""
    if crs is not None:
        moved = {key: layer.to_crs(crs) for key, layer in plan.layers().items()}
        four = {key: moved.pop(key) for key in PLAN_LAYERS}
        plan = Plan(**four, extra=moved, zone_layers=plan.zone_layers)
    grids = plan.grids.rename(columns={"grid_code": "grid"})[["grid", "geometry"]]
    units = plan.units.rename(columns={"grid_code": "grid"})
    units = units[["unit_id", "grid", "households", "geometry"]]
    units = units.assign(households=units["households"].astype("Int64"))
    return AnyPlan(name, _sorted(grids, "grid"), _sorted(units, "unit_id"), plan)


def _sorted(frame: gpd.GeoDataFrame, key: str) -> gpd.GeoDataFrame:
    return frame.sort_values(key, kind="stable", ignore_index=True)


def _read(source: Given, name: str, crs: CRS | None, notes: Notes, role: str) -> AnyPlan:
    frame = read_table(role, source, notes)
    if isinstance(frame, gpd.GeoDataFrame):
        frame = _projected(source, crs, notes, role)
    if frame is None:
        raise LayerError(notes.problems, notes.findings)
    where = f"{role} {source.path.name}" if source.path else role
    unit, grid = _columns(frame, source, where, notes)
    if notes.problems:
        raise LayerError(notes.problems, notes.findings)
    if unit is not None and grid is not None:
        units = _units(frame, unit, grid, source, where, notes)
        return AnyPlan(name, _dissolved(units), units, findings=tuple(notes.findings))
    return AnyPlan(name, _grids(frame, grid, where, notes), None, findings=tuple(notes.findings))


def _projected(source: Given, crs: CRS | None, notes: Notes, role: str) -> gpd.GeoDataFrame:
    """Read a layer with shapes in metres."""
    frame = read_features(role, source, crs, notes)
    if frame is None:
        raise LayerError([reworded(line, role) for line in notes.problems], notes.findings)
    if crs is None and frame.crs.is_geographic:
        return frame.to_crs(frame.estimate_utm_crs())
    return frame


def _columns(
    frame: pd.DataFrame, source: Given, where: str, notes: Notes
) -> tuple[str | None, str | None]:
    """Columns of the units and of the grids; None for what the file does not tell."""
    table = not isinstance(frame, gpd.GeoDataFrame)
    for column in (source.unit, source.grid):
        if column is not None and column not in frame:
            notes.problems.append(f'{where}: no column "{column}"; {nearest(column, frame)}')
    unit = source.unit or _named(frame, _UNIT) or (_named(frame, _UNIT_ALONE) if table else None)
    grid = source.grid or _named(frame, _GRID)
    if grid is None and not (table or unit is not None):
        grid = _named(frame, _GRID_ALONE)
    others = [c for c in _headings(frame) if c.casefold() not in _MACHINE]
    if grid is None and len(others) == 1 and not table and unit is None:
        grid = others[0]
    if grid is None and (table or unit is not None or others):
        notes.problems.append(
            f"{where}: which column names the grids? there is: {some(_headings(frame), 12)}; "
            "write FILE|grid=COLUMN"
        )
    if unit is None and table:
        notes.problems.append(
            f"{where}: a table without shapes needs a column of units; there is: "
            f"{some(_headings(frame), 12)}; write FILE|unit=COLUMN"
        )
    if unit is not None and source.unit is None and not table and not frame[unit].is_unique:
        unit = None  # polygons of grids that also name something else
    return unit, grid


def _headings(frame: pd.DataFrame) -> list[str]:
    shapes = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    return [str(c) for c in frame.columns if c != shapes]


def _named(frame: pd.DataFrame, wanted: tuple[str, ...]) -> str | None:
    """First of some names that a table has a column of, whatever its case."""
    folded = {name.strip().casefold(): name for name in reversed(_headings(frame))}
    return next((folded[name] for name in wanted if name in folded), None)


def _units(
    frame: pd.DataFrame, unit: str, grid: str, source: Given, where: str, notes: Notes
) -> pd.DataFrame:
    """Units with their grids, and with their shapes where there are any."""
    ids, names = (as_text(frame[c]).map(unguard, na_action="ignore") for c in (unit, grid))
    unique_ids(ids, where, unit, notes.problems)
    column = source.households or _named(frame, _HOUSEHOLDS)
    held = pd.Series(pd.NA, index=frame.index, dtype="Int64")
    if column is not None and column not in frame:
        notes.problems.append(f'{where}: no column "{column}"; {nearest(column, frame)}')
    elif column is not None:
        counts = whole_numbers(
            frame[column], ids, where, column, notes.problems, least=0, what="households"
        )
        held = held if counts is None else counts.astype("Int64")
    if names.isna().all():
        notes.problems.append(f'{where}: column "{grid}" is empty; it should name the grids')
    if notes.problems:
        raise LayerError(notes.problems, notes.findings)
    if names.isna().any():
        lost = ids[names.isna()]
        message = f"{where}: {len(lost)} units are in no grid: {some(sorted(lost))}"
        notes.warn("plan-unit-without-grid", message, "plan", value=float(len(lost)))
    names = names.astype(object).where(names.notna(), None)
    table = pd.DataFrame({"unit_id": ids, "grid": names, "households": held})
    if isinstance(frame, gpd.GeoDataFrame):
        table = gpd.GeoDataFrame(table, geometry=frame.geometry.to_numpy(), crs=frame.crs)
    return table.sort_values("unit_id", kind="stable", ignore_index=True)


def _dissolved(units: pd.DataFrame) -> gpd.GeoDataFrame | None:
    """Polygons of the grids where the units have polygons; None where they have none."""
    if not isinstance(units, gpd.GeoDataFrame):
        return None
    shapes = units.geometry.to_numpy()
    kept = units["grid"].notna().to_numpy() & np.isin(shapely.get_type_id(shapes), (3, 6))
    return _one_each(units[kept][["grid", "geometry"]]) if kept.any() else None


def _one_each(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One polygon per grid, sorted by grid."""
    shapes = frame.geometry.to_numpy()
    rows = frame.groupby("grid", sort=True).indices
    tidy = shapely.coverage_is_valid(shapes)
    union = shapely.coverage_union_all if tidy else shapely.union_all
    merged = [shapes[at[0]] if len(at) == 1 else union(shapes[at]) for at in rows.values()]
    return gpd.GeoDataFrame({"grid": [str(g) for g in rows]}, geometry=merged, crs=frame.crs)


def _grids(frame: pd.DataFrame, column: str | None, where: str, notes: Notes) -> gpd.GeoDataFrame:
    """Polygons of grids that stand alone; without any column they are numbered."""
    if column is None:
        names = _numbered(frame)
        message = f"{where}: its grids have no names and were numbered from north to south"
        notes.findings.append(Finding("plan-numbered", Severity.INFO, message, layer="plan"))
    else:
        names = as_text(frame[column]).map(unguard, na_action="ignore")
    table = gpd.GeoDataFrame({"grid": names}, geometry=frame.geometry.to_numpy(), crs=frame.crs)
    blank = int(table["grid"].isna().sum())
    if blank:
        message = f"{where}: {blank} polygons name no grid and were left out"
        notes.warn("plan-polygon-unnamed", message, "plan", value=float(blank))
    table = table[table["grid"].notna()].reset_index(drop=True)
    table = usable_polygons(table, "plan", "grid", notes.findings)
    if table.empty:
        message = f"{where}: no polygon of a grid; give polygons, or a table of units and grids"
        raise LayerError([message], notes.findings)
    return _one_each(table)


def _numbered(frame: gpd.GeoDataFrame) -> pd.Series:
    """Numbers from north to south, then from west to east, whatever the order of rows."""
    bounds = frame.geometry.bounds
    order = np.lexsort((bounds["minx"], -bounds["maxy"]))
    width = len(str(len(frame)))
    numbers = np.empty(len(frame), dtype=object)
    numbers[order] = [f"{i + 1:0{width}}" for i in range(len(frame))]
    return pd.Series(numbers, index=frame.index, dtype=object)
