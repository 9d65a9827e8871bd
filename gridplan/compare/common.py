"""One base for two plans: the same units with their households, in the grid of either plan."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan.config import Config
from gridplan.domain import Finding, Severity
from gridplan.errors import LayerError
from gridplan.layers import AnyPlan, Inputs, grids_of_units
from gridplan.layers.shares import shares_of
from gridplan.units import place_units
from gridplan.zones import with_zones

GONE_SHARE = 0.5
"""A unit of the old plan is gone where less of its area than this lies in units of the new one."""


@dataclass(frozen=True)
class Common:
    """What two plans divide, and how.

    Parameters
    ----------
    units
        ``unit_id``, ``households`` (int64), ``community_code`` ("" where unknown), ``old_grid`` and
        ``new_grid`` (None where in none), one column per zone layer, sorted by id; a GeoDataFrame
        where the units have shapes.
    basis
        What ``households`` counts: ``households``, ``units`` (nobody knows the households) or
        ``m2`` (nobody knows the units: pieces of ground in both).
    zone_layers
        Names of the jurisdiction layers.
    findings
        What was noticed.
    """

    units: pd.DataFrame
    basis: str
    zone_layers: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def units_of_job(inputs: Inputs, config: Config) -> gpd.GeoDataFrame:
    """Units of a job with their communities and zones, as a base to compare plans on."""
    near = config.topology.snap_community_m
    placed = place_units(inputs.units, inputs.communities, nearest_m=near, findings=[])
    return with_zones(placed, inputs.zones, config.inputs.zone_modes(), [])


def bring_together(
    old: AnyPlan, new: AnyPlan, base: gpd.GeoDataFrame | None = None, zones: tuple[str, ...] = ()
) -> Common:
    """Put two plans on the same units.

    The units are ``base``, else those of the new plan, else those of the old one. A plan without
    units gives each of them the grid that holds most of it; where neither plan has any, the pieces
    of ground that the two cut each other into stand for them.

    Parameters
    ----------
    old, new
        The plans, in one projected CRS.
    base
        ``unit_id``, ``households`` (missing where unknown), polygons or points; columns of zones.
    zones
        Which columns of ``base`` are zone layers.

    Raises
    ------
    LayerError
        Where the two have nothing in common by which they could be brought together.
    """
    if base is None and old.units is None and new.units is None:
        return _overlaid(old, new)
    source = next(p for p in (new, old) if p.units is not None) if base is None else None
    units = base if source is None else source.units
    assert units is not None
    units = _placed(units, old, new)
    found = {}
    for side, plan in (("old", old), ("new", new)):
        table = grids_of_units(plan, units)
        _require(plan, table, side)
        found[f"{side}_grid"] = table["grid"]
    units = units.drop(columns="grid", errors="ignore").assign(**found)
    units = _counted(units, (new, old))
    units, layers = _described(units, zones, (new, old))
    units, gone = _with_gone(units, old) if source is not None and source is new else (units, [])
    units, basis = _weighed(units)
    shown = units.sort_values("unit_id", kind="stable", ignore_index=True)
    findings = (*old.findings, *new.findings, *gone, *_lost(shown))
    return Common(shown, basis, layers, findings)


def _placed(units: pd.DataFrame, old: AnyPlan, new: AnyPlan) -> pd.DataFrame:
    """Give units of a table the shapes that the other plan has for them."""
    places = next((p.places for p in (new, old) if p.places is not None), None)
    if places is None or isinstance(units, gpd.GeoDataFrame):
        return units
    shapes = places.set_index("unit_id").geometry.reindex(units["unit_id"]).to_numpy()
    placed: pd.DataFrame = gpd.GeoDataFrame(units, geometry=shapes, crs=places.crs)
    return placed


def _require(plan: AnyPlan, table: pd.DataFrame, side: str) -> None:
    if not table["grid"].isna().all():
        return
    why = "none of the units lies in it" if plan.units is None else "they share no unit"
    raise LayerError(
        f"the {side} plan ({plan.name}) cannot be brought together with the other: {why}; look at "
        "their ids and CRS, or give units with shapes by --units FILE or --config FILE"
    )


def _counted(units: pd.DataFrame, plans: tuple[AnyPlan, ...]) -> pd.DataFrame:
    """Fill missing households from whichever plan knows them, the newer one first."""
    held = units["households"].astype("Int64")
    for plan in plans:
        if plan.units is not None and held.isna().any():
            known = plan.units.set_index("unit_id")["households"]
            other = pd.Series(known.reindex(units["unit_id"]).to_numpy(), index=units.index)
            held = held.fillna(other.astype("Int64"))
    return units.assign(households=held)


def _described(
    units: pd.DataFrame, zones: tuple[str, ...], plans: tuple[AnyPlan, ...]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Add communities and zones that a written plan knows."""
    written = next((p.written for p in plans if p.written is not None), None)
    if written is not None and not zones and "community_code" not in units:
        zones = written.zone_layers
        known = written.units.set_index("unit_id").reindex(units["unit_id"])
        for column in ("community_code", *zones):
            units = units.assign(**{column: known[column].to_numpy(dtype=object)})
    if "community_code" not in units:
        units = units.assign(community_code="")
    codes = units["community_code"]
    return units.assign(community_code=codes.where(codes.notna(), "").astype(str)), zones


def _with_gone(units: pd.DataFrame, old: AnyPlan) -> tuple[pd.DataFrame, list[Finding]]:
    """Add the units that only the old plan has, and whose ground no unit of the new one covers."""
    if old.units is None:
        return units, []
    gone = old.units[~old.units["unit_id"].isin(units["unit_id"])]
    if isinstance(gone, gpd.GeoDataFrame) and isinstance(units, gpd.GeoDataFrame) and len(gone):
        held = shares_of(gone.geometry.to_numpy(), units[["unit_id", "geometry"]])
        covered = held.groupby("shape")["share"].sum().reindex(range(len(gone)), fill_value=0.0)
        gone = gone[(covered < GONE_SHARE).to_numpy()]
    if gone.empty:
        return units, []
    rows = gone.drop(columns="grid").assign(old_grid=gone["grid"], new_grid=None, community_code="")
    blank = {c: None for c in units.columns if c not in rows}
    columns = [c for c in units.columns if c != "geometry" or "geometry" in rows]
    rows = pd.DataFrame(rows.assign(**blank))[columns]
    crs = getattr(units, "crs", None)
    both = pd.concat([pd.DataFrame(units), rows], ignore_index=True)
    if crs is not None:
        both = gpd.GeoDataFrame(both, geometry=both["geometry"].to_numpy(), crs=crs)
    message = f"{len(gone)} units of the old plan are not in the new one"
    return both, [Finding("compare-units-gone", Severity.INFO, message, value=float(len(gone)))]


def _weighed(units: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Whole households of every unit; each counts once where nobody knows any."""
    held = units["households"].astype("Int64")
    known = bool(held.notna().any())
    weights = held.fillna(0).astype("int64") if known else pd.Series(1, index=units.index)
    if known and int(weights.sum()) == 0:
        known, weights = False, pd.Series(1, index=units.index)
    return units.assign(households=weights.astype("int64")), "households" if known else "units"


def _lost(units: pd.DataFrame) -> list[Finding]:
    """List the units that one plan leaves without a grid."""
    kinds = {"old": "compare-not-in-old", "new": "compare-not-in-new"}
    found = []
    for side, other in (("old", "new"), ("new", "old")):
        lost = units[units[f"{side}_grid"].isna() & units[f"{other}_grid"].notna()]
        if len(lost):
            held = int(lost["households"].sum())
            message = f"{len(lost)} units ({held} households) are in no grid of the {side} plan"
            found.append(Finding(kinds[side], Severity.INFO, message, value=float(len(lost))))
    return found


def _overlaid(old: AnyPlan, new: AnyPlan) -> Common:
    """Pieces of ground in both plans, weighed by whole square metres."""
    if old.grids is None or new.grids is None:
        raise LayerError("two tables without units have nothing to compare; give --units FILE")
    one, other = old.grids.geometry.to_numpy(), new.grids.geometry.to_numpy()
    i, j = shapely.STRtree(other).query(one, predicate="intersects")
    area = np.round(shapely.area(shapely.intersection(one[i], other[j]))).astype(np.int64)
    i, j, area = i[area > 0], j[area > 0], area[area > 0]
    if not len(area):
        raise LayerError(
            f"{old.name} and {new.name} share no ground; look at the CRS of both (FILE|crs=...)"
        )
    first, second = (p["grid"].to_numpy(dtype=object) for p in (old.grids, new.grids))
    rows: Mapping[str, object] = {
        "unit_id": [f"{a} / {b}" for a, b in zip(first[i], second[j], strict=True)],
        "households": area,
        "community_code": "",
        "old_grid": first[i],
        "new_grid": second[j],
    }
    units = pd.DataFrame(rows).sort_values("unit_id", kind="stable", ignore_index=True)
    return Common(units, "m2", findings=(*old.findings, *new.findings))
