"""The workload of every grid: households, weighted categories, the daily walk."""

import geopandas as gpd
import numpy as np
import pandas as pd

from gridplan.config.people import Workload
from gridplan.domain import GridKind, Plan
from gridplan.people.words import as_words, one_word, stacked


def workload_table(
    plan: Plan, per_unit: pd.DataFrame, walks: gpd.GeoDataFrame, section: Workload
) -> pd.DataFrame:
    """Add up the workload of every grid.

    Parameters
    ----------
    plan
        The finished plan.
    per_unit
        From ``unit_categories``, for the units of the plan.
    walks
        Columns as of ``Walks.table``.
    section
        Weights.

    Returns
    -------
    pandas.DataFrame
        Columns of ``tables/workload``, one row per grid.
    """
    grids = pd.DataFrame(plan.grids).set_index("grid_code", drop=False)
    parts = category_table(plan, per_unit, section)
    extra = parts.groupby("grid_code")["load"].sum() if len(parts) else pd.Series(dtype="float64")
    walk = walks.set_index("grid_code")
    table = grids[["grid_code", "community_code", "grid_kind", "households"]].copy()
    table["category_load"] = grids["grid_code"].map(extra).fillna(0.0).astype("float64")
    table["stops"] = grids["grid_code"].map(walk["stops"]).fillna(0).astype("int64")
    for name in ("walk_m", "walk_bound_m", "off_road_m"):
        table[name] = grids["grid_code"].map(walk[name]).astype("float64")
    table["walk_load"] = (table["walk_m"].fillna(0.0) / 1000 * section.per_walk_km).round(1)
    table["workload"] = table["households"] + table["category_load"] + table["walk_load"]
    table["workload"] = table["workload"].round(1)
    table["load_ratio"] = table["workload"] / _usual(table)
    return table.reset_index(drop=True)


def _usual(table: pd.DataFrame) -> pd.Series:
    """Mean workload of the residential grids of the grid's community; missing where 0."""
    own = table["workload"].where(table["grid_kind"] == GridKind.RESIDENTIAL.value)
    mean = own.groupby(table["community_code"]).transform("mean")
    usual: pd.Series = mean.where(mean > 0)
    return usual


def category_table(plan: Plan, per_unit: pd.DataFrame, section: Workload) -> pd.DataFrame:
    """Columns of ``tables/workload_categories``: every category of every grid, with its load."""
    counts = per_unit.reindex(plan.units["unit_id"]).to_numpy(np.float64)
    total = pd.DataFrame(counts, columns=list(per_unit.columns))
    total = total.groupby(plan.units["grid_code"].to_numpy()).sum()
    total = total.reindex(plan.grids["grid_code"]).fillna(0.0)
    code = as_words(total.index)
    parts = [
        pd.DataFrame(
            {
                "grid_code": code,
                "category": one_word(str(name), len(code)),
                "quantity": total[name].to_numpy(),
                "weight": section.categories[name].weight,
                "load": np.round(total[name].to_numpy() * section.categories[name].weight, 3),
            }
        )
        for name in total.columns
    ]
    columns = ["grid_code", "category", "quantity", "weight", "load"]
    return stacked(parts) if parts else pd.DataFrame(columns=columns)
