"""Who could serve which grid, and at what price."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.config.people import People, Role
from gridplan.domain import GridKind, Plan

Floats = NDArray[np.float64]

FARTHEST_KM = 10.0
"""Homes farther than this from a grid count as so far, so that no price outweighs a gap."""


@dataclass(frozen=True)
class Zoned:
    """Households of every grid, and of those that lie in each zone, as "layer:zone"."""

    total: "pd.Series[int]"
    parts: pd.DataFrame

    def within(self, grids: NDArray[np.int64]) -> "Zoned":
        """The same of some grids, by their positions among these."""
        at = pd.Series(np.arange(len(grids)), index=grids)
        own = self.parts[self.parts["grid"].isin(grids)]
        total = self.total.reindex(grids, fill_value=0).set_axis(at.to_numpy())
        return Zoned(total, own.assign(grid=own["grid"].map(at)))


def list_offers(plan: Plan, staff: pd.DataFrame, section: People, zoned: Zoned) -> pd.DataFrame:
    """List every pair of a person and a grid that the person could serve.

    Who names communities serves grids of these; who names zones alone, grids with households in
    them; who names neither, grids within reach of home.

    Parameters
    ----------
    plan
        The finished plan.
    staff
        Columns as of ``read_staff``; some of the people or all.
    section
        Roles and prices.
    zoned
        ``find_zoned`` of the plan.

    Returns
    -------
    pandas.DataFrame
        ``person`` and ``grid`` (positions in staff and in the grids), ``share`` (of the grid's
        households in the person's zones; missing without zones), ``kept`` (whether it was the
        person's last year; missing where nothing is known), ``price`` (km); sorted.
    """
    shares = _zone_shares(staff, zoned)
    pairs = _pairs(plan, staff, section, shares)
    pairs = pairs[_wanted(plan, staff, section, pairs)].reset_index(drop=True)
    found = pairs.merge(shares, on=["person", "grid"], how="left")
    person, grid = found["person"].to_numpy(), found["grid"].to_numpy()
    has_zones = staff["zones"].ne("").to_numpy()[person]
    found["share"] = found["share"].fillna(0.0).where(has_zones)
    found["kept"] = _kept(plan, staff, person, grid)
    away = np.where(has_zones, 1 - found["share"].fillna(0.0), 0.0)
    fresh = (found["kept"] == 0).to_numpy(dtype=np.float64)
    price = section.distance * _distance_km(plan, staff, person, grid)
    found["price"] = np.round(price + section.zone * away + section.change * fresh, 6)
    return found.sort_values(["person", "grid"], kind="stable", ignore_index=True)


def each_of(staff: pd.DataFrame, column: str) -> pd.DataFrame:
    """``person`` and each thing of a list, one row each."""
    lists = staff[column].str.split(";").reset_index(drop=True)
    table = lists.explode().rename_axis("person").reset_index()
    return table[table[column] != ""]


def find_zoned(plan: Plan, staff: pd.DataFrame) -> Zoned:
    """Find the households in every grid and zone; the zones only where somebody names any."""
    columns = ["grid_code", "households", *plan.zone_layers]
    units = pd.DataFrame(plan.units)[columns]
    position = pd.Series(np.arange(len(plan.grids)), index=plan.grids["grid_code"])
    units = units.assign(grid=units["grid_code"].map(position))
    total = units.groupby("grid")["households"].sum()
    parts = []
    for layer in plan.zone_layers if staff["zones"].ne("").any() else ():
        inside = units[units[layer].notna() & (units["households"] > 0)]
        counts = inside.groupby(["grid", layer], observed=True)["households"].sum().reset_index()
        counts["zones"] = f"{layer}:" + counts[layer].astype(str)
        parts.append(counts[["grid", "zones", "households"]])
    none: list[int] = []
    empty = pd.DataFrame({"grid": none, "zones": pd.Series(dtype=object), "households": none})
    return Zoned(total, pd.concat(parts, ignore_index=True) if parts else empty)


def _zone_shares(staff: pd.DataFrame, zoned: Zoned) -> pd.DataFrame:
    """Share of the households of every grid that lies in the person's zones, where there is any."""
    served = each_of(staff, "zones").merge(zoned.parts, on="zones")
    # Zones of several layers: the share is of the layer that holds most of the grid's households.
    served["layer"] = served["zones"].str.split(":").str[0]
    by_layer = served.groupby(["person", "grid", "layer"])["households"].sum()
    best = by_layer.groupby(["person", "grid"]).max().reset_index()
    best["share"] = best["households"] / best["grid"].map(zoned.total).clip(lower=1)
    return best[["person", "grid", "share"]]


def _pairs(plan: Plan, staff: pd.DataFrame, section: People, shares: pd.DataFrame) -> pd.DataFrame:
    homes = pd.DataFrame(
        {"communities": plan.grids["community_code"], "grid": np.arange(len(plan.grids))}
    )
    by_place = each_of(staff, "communities").merge(homes, on="communities")[["person", "grid"]]
    unplaced = staff["communities"].eq("").to_numpy()
    by_zone = shares.loc[unplaced[shares["person"]], ["person", "grid"]]
    near = _near_home(plan, staff, section.reach_m, unplaced & staff["zones"].eq("").to_numpy())
    pairs = pd.concat([by_place, by_zone, near], ignore_index=True).astype("int64")
    return pairs.drop_duplicates().sort_values(["person", "grid"], ignore_index=True)


def _near_home(
    plan: Plan, staff: pd.DataFrame, reach_m: float, free: NDArray[np.bool_]
) -> pd.DataFrame:
    known = np.flatnonzero(free & staff[["x", "y"]].notna().all(axis=1).to_numpy())
    points = shapely.points(staff["x"].to_numpy()[known], staff["y"].to_numpy()[known])
    row, grid = plan.grids.sindex.query(points, predicate="dwithin", distance=reach_m)
    return pd.DataFrame({"person": known[row], "grid": grid})


def _wanted(
    plan: Plan, staff: pd.DataFrame, section: People, pairs: pd.DataFrame
) -> NDArray[np.bool_]:
    """Whether the role serves such a grid: unit grids only where the configuration says so."""
    roles = section.all_roles()
    known = staff["role"].isin(roles).to_numpy()
    both = staff["role"].isin([key for key, role in roles.items() if role.per_unit_grid > 0])
    unit = (plan.grids["grid_kind"] == GridKind.UNIT.value).to_numpy()[pairs["grid"]]
    person = pairs["person"].to_numpy()
    wanted: NDArray[np.bool_] = known[person] & (~unit | both.to_numpy()[person])
    return wanted


def _kept(
    plan: Plan, staff: pd.DataFrame, person: NDArray[np.int64], grid: NDArray[np.int64]
) -> pd.Series:
    """1 where the grid was the person's last year, 0 where others were, missing where none."""
    codes = plan.grids["grid_code"].to_numpy()
    had = [frozenset(text.split(";")) - {""} for text in staff["previous"]]
    told = np.flatnonzero(np.array([len(own) > 0 for own in had], dtype=bool)[person])
    values = np.full(len(person), np.nan)
    values[told] = [codes[g] in had[p] for p, g in zip(person[told], grid[told], strict=True)]
    return pd.Series(values)


def _distance_km(
    plan: Plan, staff: pd.DataFrame, person: NDArray[np.int64], grid: NDArray[np.int64]
) -> Floats:
    """Kilometres from home to the grid, 0 inside it and where no home is known."""
    known = staff["x"].notna().to_numpy()[person]
    homes = shapely.points(staff["x"].to_numpy(), staff["y"].to_numpy())
    km = np.zeros(len(person))
    grids = plan.grids.geometry.to_numpy()
    km[known] = shapely.distance(homes[person[known]], grids[grid[known]]) / 1000
    return np.minimum(km, FARTHEST_KM)


def needed(plan: Plan, role: Role) -> NDArray[np.int64]:
    """How many people of a role every grid needs."""
    unit = (plan.grids["grid_kind"] == GridKind.UNIT.value).to_numpy()
    return np.where(unit, role.per_unit_grid, role.per_grid).astype(np.int64)
