"""From two plans to everything that a reader asks about them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from gridplan.compare.agreement import (
    best_match,
    crosswalk,
    matched_share,
    rand_indices,
    variation_of_information,
)
from gridplan.compare.changes import changed_grids, moved_units
from gridplan.compare.common import Common, bring_together, units_of_job
from gridplan.compare.measures import Range, grid_polygons, side_by_side
from gridplan.config import Config
from gridplan.domain import Finding
from gridplan.errors import LayerError
from gridplan.layers import AnyPlan, read_any_plan, read_inputs, read_places, read_run


@dataclass(frozen=True)
class Comparison:
    """Everything about two plans.

    Parameters
    ----------
    common
        The units of both.
    agreement
        ``matched_share``, ``rand``, ``adjusted_rand``, ``variation_bits`` and the counts beside
        them; see ``agreement`` for the formulas.
    metrics, grids, crosswalk, moved
        Tables of ``side_by_side``, ``changed_grids``, ``crosswalk`` and ``moved_units``.
    old_shapes, new_shapes
        ``grid`` and polygons; None where nobody has them.
    """

    common: Common
    agreement: dict[str, float | int | str]
    metrics: pd.DataFrame
    grids: pd.DataFrame
    crosswalk: pd.DataFrame
    moved: pd.DataFrame
    old_shapes: gpd.GeoDataFrame | None = None
    new_shapes: gpd.GeoDataFrame | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was noticed."""
        return self.common.findings

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by the names of their files."""
        summary = pd.DataFrame(
            {"measure": list(self.agreement), "value": [str(v) for v in self.agreement.values()]}
        )
        return {
            "agreement": summary,
            "metrics": self.metrics.round(4),
            "grids": self.grids.round(6),
            "crosswalk": self.crosswalk.round(6),
            "moved_units": self.moved,
        }


def compare(
    old: AnyPlan,
    new: AnyPlan,
    *,
    base: gpd.GeoDataFrame | None = None,
    zones: tuple[str, ...] = (),
    limits: Range | None = None,
) -> Comparison:
    """Compare two plans in one projected CRS.

    Parameters
    ----------
    old, new
        The plans.
    base, zones
        Units to compare them on, and which of their columns are zones; see ``bring_together``.
    limits
        What a grid should hold; 250 to 500 where None.

    Raises
    ------
    LayerError
        Where the two cannot be brought together.
    """
    common = bring_together(old, new, base, zones)
    units = common.units
    pairs = crosswalk(units["old_grid"], units["new_grid"], units["households"])
    match = best_match(pairs)
    moved = moved_units(units, match)
    return Comparison(
        common=common,
        agreement=_agreement(common, pairs, match, moved),
        metrics=side_by_side(common, old, new, limits or Range()),
        grids=changed_grids(pairs, match),
        crosswalk=pairs,
        moved=moved if common.basis != "m2" else moved.iloc[:0],
        old_shapes=grid_polygons(common, old, "old_grid"),
        new_shapes=grid_polygons(common, new, "new_grid"),
    )


def _agreement(
    common: Common, pairs: pd.DataFrame, match: dict[str, str], moved: pd.DataFrame
) -> dict[str, float | int | str]:
    both = pairs[(pairs["old_grid"] != "") & (pairs["new_grid"] != "")]
    rand, adjusted = rand_indices(pairs)
    same = both[both["old_grid"] == both["new_grid"]]
    total = int(both["households"].sum())
    went = moved[moved["what"] == "moved"]
    return {
        "basis": common.basis,
        "in_both": total,
        "only_old": int(pairs.loc[pairs["new_grid"] == "", "households"].sum()),
        "only_new": int(pairs.loc[pairs["old_grid"] == "", "households"].sum()),
        "matched_share": round(matched_share(pairs, match), 6),
        "same_name_share": round(int(same["households"].sum()) / total, 6) if total else 0.0,
        "rand": round(rand, 6),
        "adjusted_rand": round(adjusted, 6),
        "variation_bits": round(variation_of_information(pairs), 6),
        "moved_units": len(went) if common.basis != "m2" else 0,
        "moved": int(went["households"].sum()),
    }


def compare_files(
    old: str,
    new: str,
    *,
    config: Path | None = None,
    units: str | None = None,
    limits: Range | None = None,
) -> Comparison:
    """Read two plans, whoever made them, and compare them.

    Parameters
    ----------
    old, new
        As ``read_any_plan`` takes them.
    config
        Configuration whose units, households, zones and range are used; None for those of the
        plans.
    units
        File of units to compare them on, with its columns behind bars.
    limits
        What a grid should hold; else that of the configuration, or of the run that made a plan.

    Raises
    ------
    GridplanError
        Where something cannot be read, or the two cannot be brought together.
    """
    job = None if config is None else Config.load(config)
    inputs = None if job is None else read_inputs(job)
    crs = None if inputs is None else inputs.crs
    first = read_any_plan(old, crs=crs, role="old plan")
    crs = crs or _crs_of(first)
    second = read_any_plan(new, crs=crs, role="new plan")
    if crs is None and _crs_of(second) is not None:
        first = read_any_plan(old, crs=_crs_of(second), role="old plan")
    base: gpd.GeoDataFrame | None = None
    zones: tuple[str, ...] = ()
    if units is not None:
        base = read_places(units, crs=crs or _crs_of(second))
    elif job is not None and inputs is not None:
        base, zones = units_of_job(inputs, job), tuple(job.inputs.zones)
    limits = limits or _limits(job, old, new)
    return compare(first, second, base=base, zones=zones, limits=limits)


def _crs_of(plan: AnyPlan) -> CRS | None:
    layer = plan.grids if plan.grids is not None else plan.places
    return None if layer is None else CRS.from_user_input(layer.crs)


def _limits(job: Config | None, old: str, new: str) -> Range:
    """Range of the configuration, else of the run that made the newer plan."""
    if job is not None:
        return Range(job.grids.min, job.grids.max, float(job.grids.target))
    for name in (new, old):
        folder = Path(name)
        if (folder / "run.json").is_file():
            try:
                grids: dict[str, Any] = read_run(folder)["configuration"]["grids"]
                return Range(int(grids["min"]), int(grids["max"]), float(grids["target"]))
            except (LayerError, KeyError, TypeError, ValueError):
                continue
    return Range()
