"""Two plans side by side: the same measures, on the same households."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan import metrics
from gridplan.compare.common import Common
from gridplan.domain import GridKind, Plan
from gridplan.layers import AnyPlan
from gridplan.layers.shares import shares_of

MOSTLY = 0.9
"""Ground without units belongs to a unit grid where more than this share of it lies in one."""


@dataclass(frozen=True)
class Range:
    """What a grid should hold, in households."""

    min: int = 250
    max: int = 500
    target: float = 375.0


def side_by_side(common: Common, old: AnyPlan, new: AnyPlan, limits: Range) -> pd.DataFrame:
    """Measure both plans.

    Households, communities and zones are those of ``common`` for either plan; polygons are each
    plan's own, or dissolved from the units where it has none and these tile.

    Returns
    -------
    pandas.DataFrame
        ``measure``, ``old``, ``new``, ``change`` (new − old), in a fixed order. Measures that only
        households tell are left out where ``common`` counts something else.
    """
    written = {
        "old": next((p.written for p in (old, new) if p.written is not None), None),
        "new": next((p.written for p in (new, old) if p.written is not None), None),
    }
    columns = {
        side: _measured(common, plan, f"{side}_grid", limits, written[side])
        for side, plan in (("old", old), ("new", new))
    }
    table = pd.DataFrame(columns).rename_axis("measure").reset_index()
    return table.assign(change=table["new"] - table["old"])


def grid_polygons(common: Common, plan: AnyPlan, column: str) -> gpd.GeoDataFrame | None:
    """Polygons of a plan's grids: its own, or dissolved from tiling units; None without either."""
    if plan.grids is not None or not isinstance(common.units, gpd.GeoDataFrame):
        return plan.grids
    units = common.units[common.units[column].notna()]
    shapes = units.geometry.to_numpy()
    if not np.isin(shapely.get_type_id(shapes), (3, 6)).all():
        return None
    if not shapely.coverage_is_valid(shapes):
        return None
    rows = units.groupby(column, sort=True).indices
    merged = [shapely.coverage_union_all(shapes[at]) for at in rows.values()]
    return gpd.GeoDataFrame({"grid": [str(g) for g in rows]}, geometry=merged, crs=units.crs)


def _measured(
    common: Common, plan: AnyPlan, column: str, limits: Range, written: Plan | None
) -> "pd.Series[float]":
    units = common.units[common.units[column].notna()]
    units = units.assign(grid_code=units[column].astype(str))
    found: dict[str, float] = {}
    shapes = grid_polygons(common, plan, column)
    names = set(units["grid_code"]) | (set() if shapes is None else set(shapes["grid"]))
    found["grids"] = float(len(names))
    if common.basis == "households":
        found |= _households(units, grid_kinds(units, shapes, names, written), limits)
    found |= _shapes(shapes)
    if common.basis == "households":
        for layer in common.zone_layers:
            found |= _alignment(units, layer, limits)
    return pd.Series(found, dtype="float64")


def grid_kinds(
    units: pd.DataFrame, shapes: gpd.GeoDataFrame | None, names: set[str], written: Plan | None
) -> "pd.Series[str]":
    """Kind of every grid: ``unit`` where all of it lies in unit grids of a plan of ours.

    Parameters
    ----------
    units
        ``unit_id``, ``grid_code``.
    shapes
        ``grid`` and polygons, where known; they decide for grids without units.
    names
        Every grid.
    written
        The plan of ours whose unit grids count; all are residential where None.
    """
    kind = pd.Series(GridKind.RESIDENTIAL.value, index=sorted(names), dtype=object)
    if written is None:
        return kind
    theirs = written.grids[written.grids["grid_kind"] == GridKind.UNIT.value]
    inside = written.units.loc[written.units["grid_code"].isin(theirs["grid_code"]), "unit_id"]
    exempt = units["unit_id"].isin(inside).groupby(units["grid_code"]).all()
    kind[exempt.index[exempt.to_numpy(dtype=bool)]] = GridKind.UNIT.value
    if shapes is not None and len(theirs):
        bare = shapes[~shapes["grid"].isin(units["grid_code"])]
        held = shares_of(bare.geometry.to_numpy(), theirs).groupby("shape")["share"].sum()
        kind[bare["grid"].iloc[held.index[held > MOSTLY]]] = GridKind.UNIT.value
    return kind


def _households(units: pd.DataFrame, kind: "pd.Series[str]", limits: Range) -> dict[str, float]:
    held = units.groupby("grid_code")["households"].sum().reindex(kind.index, fill_value=0)
    status = metrics.range_status(held, limits.min, limits.max, kind).value_counts()
    homes = held[(kind != GridKind.UNIT.value).to_numpy()]
    off = metrics.deviation(homes, limits.target).abs()
    return {
        "households": float(held.sum()),
        **{name: float(status.get(name, 0)) for name in ("in", "under", "over", "exempt")},
        "breach": float(metrics.breach(homes, limits.min, limits.max).sum()),
        "households_least": float(homes.min()) if len(homes) else np.nan,
        "households_median": float(homes.median()) if len(homes) else np.nan,
        "households_most": float(homes.max()) if len(homes) else np.nan,
        "deviation": float(off.mean()) if len(off) else np.nan,
    }


def _shapes(grids: gpd.GeoDataFrame | None) -> dict[str, float]:
    names = ("compactness", "compactness_least", "grids_in_parts", "border_m")
    if grids is None or grids.empty:
        return dict.fromkeys(names, np.nan)
    shapes = grids.geometry
    compact = metrics.polsby_popper(shapes)
    values = (
        float(compact.mean()),
        float(compact.min()),
        float((metrics.parts(shapes) > 1).sum()),
        inner_border_m(grids),
    )
    return dict(zip(names, values, strict=True))


def inner_border_m(grids: gpd.GeoDataFrame) -> float:
    """Metres of border between two grids, each once: (Σ perimeters − perimeter of all) ÷ 2."""
    shapes = grids.geometry.to_numpy()
    tidy = shapely.coverage_is_valid(shapes)
    ground = shapely.coverage_union_all(shapes) if tidy else shapely.union_all(shapes)
    return float(shapely.length(shapes).sum() - shapely.length(ground)) / 2


def _alignment(units: pd.DataFrame, layer: str, limits: Range) -> dict[str, float]:
    return {
        f"excess:{layer}": float(metrics.excess_incidences(units, layer, limits.max).sum()),
        f"straddles:{layer}": float(metrics.straddles(units, layer).sum()),
        f"one_zone:{layer}": metrics.households_in_one_zone(units, layer),
    }
