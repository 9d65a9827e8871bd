"""The table a director forwards: what there is, community by community, street, and in all."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gridplan.config.people import Role
from gridplan.domain import GridKind, Level, Plan, RangeStatus
from gridplan.layers.categories import POPULATION, Categories
from gridplan.people.offers import needed
from gridplan.people.roster import Roster


def statistics(
    plan: Plan,
    roles: Mapping[str, Role],
    roster: Roster | None,
    workload: pd.DataFrame | None,
    categories: Categories | None,
) -> pd.DataFrame:
    """Count per community, street and in all.

    Parameters
    ----------
    plan
        The finished plan.
    roles, roster
        Who serves which grid; None where no staff was given.
    workload
        Columns of ``tables/workload``; households take its place where it is None.
    categories
        Holds the population, where it was given.

    Returns
    -------
    pandas.DataFrame
        Columns of ``tables/statistics``.
    """
    grids = _grids(plan, roles, roster, workload, categories)
    parts = [
        _level(Level.DISTRICT, grids.assign(code="", name="")),
        _level(Level.STREET, _named(grids, plan.streets, "street")),
        _level(Level.COMMUNITY, _named(grids, plan.communities, "community")),
    ]
    return pd.concat(parts, ignore_index=True)


def _grids(
    plan: Plan,
    roles: Mapping[str, Role],
    roster: Roster | None,
    workload: pd.DataFrame | None,
    categories: Categories | None,
) -> pd.DataFrame:
    """One row per grid with all that is counted."""
    table = pd.DataFrame(plan.grids)[
        ["grid_code", "community_code", "street_code", "grid_kind", "range_status", "households"]
    ].copy()
    home = table["grid_kind"] == GridKind.RESIDENTIAL.value
    table["home"] = home
    table["in_range"] = home & (table["range_status"] == RangeStatus.IN.value)
    table["population"] = _population(plan, categories)
    own = None if workload is None else workload.set_index("grid_code")
    load = table["households"] if own is None else table["grid_code"].map(own["workload"])
    table["load"] = load.astype("float64").where(home)
    walk = np.nan if own is None else table["grid_code"].map(own["walk_m"])
    table["walk_m"] = pd.Series(walk, index=table.index, dtype="float64").where(home)
    table["missing"], table["covered"] = _staffing(plan, roles, roster)
    table["people"] = _served(plan, roster)
    return table


def _population(plan: Plan, categories: Categories | None) -> pd.Series:
    if categories is None or POPULATION not in categories.counts:
        return pd.Series(np.nan, index=plan.grids.index)
    people = plan.units["unit_id"].map(categories.counts.set_index("unit_id")[POPULATION])
    total = people.groupby(plan.units["grid_code"].to_numpy()).sum()
    found: pd.Series = plan.grids["grid_code"].map(total).fillna(0.0)
    return found


def _staffing(
    plan: Plan, roles: Mapping[str, Role], roster: Roster | None
) -> tuple["pd.Series", "pd.Series"]:
    """People that each grid lacks, and whether a full-time one serves it; missing without staff."""
    blank = pd.Series(np.nan, index=plan.grids.index)
    if roster is None:
        return blank, blank
    missing = np.zeros(len(plan.grids))
    covered = np.zeros(len(plan.grids), dtype=bool)
    for key, role in roles.items():
        counts = roster.serving.loc[roster.serving["role"] == key, "grid_code"].value_counts()
        have = plan.grids["grid_code"].map(counts).fillna(0).to_numpy(np.int64)
        missing += np.maximum(0, needed(plan, role) - have)
        covered |= (have > 0) & role.full_time
    index = plan.grids.index
    return pd.Series(missing, index=index), pd.Series(covered.astype(float), index=index)


def _served(plan: Plan, roster: Roster | None) -> pd.Series:
    """People that serve each grid, as sets of positions."""
    if roster is None:
        return pd.Series([frozenset()] * len(plan.grids), index=plan.grids.index)
    groups = roster.serving.groupby("grid_code")["person"].agg(frozenset)
    held = [groups.get(code, frozenset()) for code in plan.grids["grid_code"]]
    return pd.Series(held, index=plan.grids.index)


def _named(grids: pd.DataFrame, layer: pd.DataFrame, level: str) -> pd.DataFrame:
    names = layer.set_index(f"{level}_code")[f"{level}_name"]
    code = grids[f"{level}_code"].fillna("")
    return grids.assign(code=code, name=code.map(names).fillna(""))


def _level(level: Level, grids: pd.DataFrame) -> pd.DataFrame:
    """One row for every community, or street, or for all."""
    groups = grids.groupby("code", sort=True)
    homes = groups["home"].sum().astype("int64")
    covered = grids["covered"].where(grids["home"]).groupby(grids["code"]).sum(min_count=1)
    deviation = groups["load"].std(ddof=0)
    mean = groups["load"].mean()
    table = pd.DataFrame(
        {
            "level": level.value,
            "code": homes.index,
            "name": groups["name"].first(),
            "communities": groups["community_code"].nunique(),
            "households": groups["households"].sum(),
            "population": groups["population"].sum(min_count=1).round().astype("Int64"),
            "residential_grids": homes,
            "unit_grids": groups.size() - homes,
            "grids_in_range": groups["in_range"].sum().astype("int64"),
            "people": groups["people"].agg(lambda sets: len(frozenset().union(*sets))),
            "grids_covered": covered.astype("Int64"),
            "coverage": covered / homes.where(homes > 0),
            "people_missing": groups["missing"].sum(min_count=1).astype("Int64"),
            "load_mean": mean,
            "load_least": groups["load"].min(),
            "load_most": groups["load"].max(),
            "load_spread": deviation / mean.where(mean > 0),
            "walk_mean_m": groups["walk_m"].mean(),
            "walk_most_m": groups["walk_m"].max(),
        }
    )
    return table.reset_index(drop=True)
