"""What the duties are about, counted grid by grid, with what lies in no grid."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan.config.catalogue import HOUSEHOLDS
from gridplan.config.people import Category
from gridplan.domain import Plan
from gridplan.layers.inputs import Inputs
from gridplan.layers.shares import largest_share


@dataclass(frozen=True)
class Count:
    """One kind of object.

    Parameters
    ----------
    unit
        ``households``, ``features`` or ``m``.
    by_grid
        How many, by grid code; every grid of the plan.
    read
        How many there are in the input, in a grid or not.
    outside
        How many of them were found to lie in no grid of the plan.
    """

    unit: str
    by_grid: pd.Series
    read: float
    outside: float


def count_objects(
    things: list[str],
    plan: Plan,
    inputs: Inputs,
    per_unit: pd.DataFrame,
    categories: Mapping[str, Category],
) -> dict[str, Count]:
    """Count objects in every grid.

    Parameters
    ----------
    things
        ``households``, categories, layers, or kinds in layers, as in the catalogue.
    plan, inputs
        The finished plan and the layers it was made from.
    per_unit
        From ``unit_categories``, for the units of the plan.
    categories
        As configured.

    Returns
    -------
    dict
        By thing; one that the job knows nothing of is left out.
    """
    found = {thing: _counted(thing, plan, inputs, per_unit, categories) for thing in things}
    return {thing: count for thing, count in found.items() if count is not None}


def _counted(
    thing: str,
    plan: Plan,
    inputs: Inputs,
    per_unit: pd.DataFrame,
    categories: Mapping[str, Category],
) -> Count | None:
    head, _, kind = thing.partition(":")
    if head == HOUSEHOLDS:
        units = inputs.units
        away = units.loc[~units["unit_id"].isin(plan.units["unit_id"]), "households"].sum()
        total = _summed(plan, plan.units["households"])
        return Count("households", total, float(units["households"].sum()), float(away))
    if head in categories:
        return _of_category(head, categories[head], plan, inputs, per_unit)
    if head == "buildings" and head not in plan.extra:
        return None if kind else _units_as_buildings(plan, inputs)
    if head not in plan.extra or head not in inputs.extra:
        return None
    return _of_layer(head, kind, plan, inputs.extra[head])


def _summed(plan: Plan, values: "pd.Series") -> "pd.Series":
    """Sum a value of every unit by grid."""
    total = values.astype("float64").groupby(plan.units["grid_code"].to_numpy()).sum()
    return total.reindex(plan.grids["grid_code"]).fillna(0.0)


def _of_category(
    name: str, category: Category, plan: Plan, inputs: Inputs, per_unit: pd.DataFrame
) -> Count | None:
    counts = per_unit[name].reindex(plan.units["unit_id"]).set_axis(plan.units.index)
    if category.column is not None:
        if inputs.categories is None:
            return None
        table, read = inputs.categories.counts, inputs.categories.read[name]
        away = table.loc[~table["unit_id"].isin(plan.units["unit_id"]), name].sum()
        nowhere = read - table[name].sum()  # rows of the register that reached no unit
        unit = "households" if category.of == "households" else "features"
        return Count(unit, _summed(plan, counts), read, float(away + nowhere))
    layer = inputs.extra.get(category.of)
    if layer is None:
        return None
    kept = layer[layer["kind"].isin(category.kinds)] if category.kinds else layer
    row, _ = largest_share(kept.geometry.to_numpy(), plan.units)
    away = float((row < 0).sum())
    return Count("features", _summed(plan, counts), float(len(kept)), away)


def _units_as_buildings(plan: Plan, inputs: Inputs) -> Count:
    """Count the basic units where no buildings are given; a divided one once, in one grid."""
    strips = inputs.stairwells
    tower: dict[str, str] = {}
    if strips is not None:
        tower = dict(zip(strips["unit_id"], strips["building_id"], strict=True))
    units = pd.DataFrame({"unit_id": plan.units["unit_id"], "grid_code": plan.units["grid_code"]})
    units["building"] = [tower.get(unit, unit) for unit in units["unit_id"]]
    own = units.sort_values("unit_id", kind="stable").drop_duplicates("building")
    total = own.groupby("grid_code").size().reindex(plan.grids["grid_code"]).fillna(0)
    every = {tower.get(unit, unit) for unit in inputs.units["unit_id"]}
    away = len(every - set(own["building"]))
    return Count("features", total.astype("float64"), float(len(every)), float(away))


def _of_layer(head: str, kind: str, plan: Plan, layer: gpd.GeoDataFrame) -> Count:
    """Count features where they are attributed; roads in metres, shared between two grids."""
    placed = pd.DataFrame(plan.extra[head]).drop(columns="geometry")
    if kind:
        placed = placed[placed["kind"] == kind]
        layer = layer[layer["kind"] == kind]
    if head == "roads":
        size, unit = placed["length_m"] * placed["share"], "m"
        read = float(shapely.length(layer.geometry.to_numpy()).sum())
    else:
        size, unit = pd.Series(np.ones(len(placed)), index=placed.index), "features"
        read = float(len(layer))
    total = size.groupby(placed["grid_code"].fillna("").to_numpy()).sum()
    inside = total.reindex(plan.grids["grid_code"]).fillna(0.0)
    return Count(unit, inside, read, float(total.get("", 0.0)))
