"""The hard cases and gaps that stand in the city on purpose, and their list."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan.sample.kinds import Bools, Ints, Use
from gridplan.sample.lots import Island, rect_outlines
from gridplan.sample.names import Words
from gridplan.sample.network import Crossing, link_layer
from gridplan.sample.people import ZONE_OF_ROLE, draw_staff
from gridplan.sample.plots import Planted, Plots
from gridplan.sample.shapes import Ground
from gridplan.sample.zones import ZoneLabels

GRID_MAX = 500
_CASES = (
    ("tower-over-max", "buildings", "BX-TOWER-1", "above 500 households in four stairwells"),
    ("compound-over-max", "property", "CX-BIG", "above 500 households"),
    ("community-under-min", "communities", "", "below 250 households"),
    ("community-empty", "communities", "", "a port without households"),
    ("island", "buildings", "BX-ISLAND-1", "reached only by the bridge in links"),
    ("enclave", "communities", "", "one part lies inside another community"),
    ("rail-pocket", "communities", "", "a block beyond the railway, joined by the underpass"),
    ("institution-temporary", "institutions", "IX-TEMPORARY", "a market that is not permanent"),
    ("institution-nobody", "institutions", "IX-NOBODY", "works without a responsible body"),
    ("staff-short", "staff", "", "too few full-time workers for any plan, no cleaner"),
    ("staff-shared", "staff", "", "one full-time worker for three grids"),
    ("duty-without-role", "duties", "X02", "an item that no role answers for"),
)


def open_gates(ground: Ground, lots: pd.DataFrame, corridor: Any) -> None:
    """No compound wall crosses the avenue: such lots become open ones."""
    held = np.flatnonzero(lots["gated"])
    walls = rect_outlines(
        ground.warp, *(lots[c].to_numpy()[held] for c in ("u0", "u1", "v0", "v1"))
    )
    cut = held[shapely.intersects(walls, corridor)]
    lots.loc[cut, "gated"] = False


def needed_links(
    ground: Ground,
    buildings: gpd.GeoDataFrame,
    plots: Plots,
    lots: pd.DataFrame,
    island: Island | None,
) -> gpd.GeoDataFrame:
    """Links of the island and of the land beyond the railway."""
    owner = buildings["community"].to_numpy()
    plot = lots["plot"].to_numpy()[buildings["lot"]]
    block = np.where(plot >= 0, plots.table["block"].to_numpy()[plot], -2)
    isle = (buildings["use_code"] == Use.ISLAND).to_numpy()
    beyond = (block == plots.planted.pocket) & (plots.planted.pocket >= 0)

    # The far end stands in no compound so large that the two would be above a grid's maximum.
    light = _kept_together(buildings) <= GRID_MAX // 2

    def rest(part: Bools) -> Bools:
        return np.isin(owner, owner[part]) & ~part & light

    bank = None if island is None else ground.warp(np.array(island.u), np.array(island.bank_v))
    return link_layer(
        buildings,
        [
            Crossing("bridge", "island reached by a bridge", isle, rest(isle), bank),
            Crossing("underpass", "land cut off by the railway", beyond, rest(beyond)),
        ],
    )


def _kept_together(buildings: gpd.GeoDataFrame) -> Ints:
    """Count the households of every building's compound, or its own where it is in none."""
    together = buildings["compound_id"].fillna(buildings["building_id"])
    counts = buildings["households"].groupby(together).transform("sum")
    return np.asarray(counts, np.int64)


def zones_of_buildings(
    buildings: gpd.GeoDataFrame,
    lots: pd.DataFrame,
    labels: ZoneLabels,
    zones: Mapping[str, gpd.GeoDataFrame],
    island_plot: int,
) -> dict[str, Words]:
    """Zone id of every building in the layers that staff are tied to."""
    plot = lots["plot"].to_numpy()[buildings["lot"]]
    isle = plot < 0
    found = {}
    for layer in ZONE_OF_ROLE.values():
        ids = zones[layer]["zone_id"].to_numpy(object)
        found[layer] = ids[getattr(labels, layer)[np.where(isle, island_plot, plot)]]
    found["residents_groups"][isle] = zones["residents_groups"]["zone_id"].iloc[-1]
    return found


def tall_stairwells(buildings: gpd.GeoDataFrame, register: pd.DataFrame) -> pd.DataFrame:
    """Stairwells of buildings above the maximum: building_id, stairwell, households."""
    tall = buildings.loc[buildings["households"] > GRID_MAX, "building_id"]
    mine = register["building_id"].isin(tall)
    return register.loc[mine, ["building_id", "stairwell", "households"]].reset_index(drop=True)


def staff_with_gaps(
    communities: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    zone_of: Mapping[str, Words],
    planted: Planted,
    seed: int,
) -> pd.DataFrame:
    """Staff, one community short of a worker and of cleaners, in another a worker with 3 grids.

    ``communities`` are in patch order, ``zone_of`` has the zone id of every building by layer.
    """
    inhabited = (buildings["households"] > 0).to_numpy()
    lived = buildings[inhabited]
    middle = shapely.get_coordinates(shapely.centroid(lived.geometry.to_numpy()))
    zones = {layer: ids[inhabited] for layer, ids in zone_of.items()}
    homes = pd.DataFrame(
        {"community": lived["community"].to_numpy(), "x": middle[:, 0], "y": middle[:, 1], **zones}
    )
    return draw_staff(communities, homes, *gap_patches(planted), seed)


def gap_patches(planted: Planted) -> tuple[Ints, Ints]:
    """Patches short of people, and with a shared worker: the two before the small community."""
    if planted.small < 0:
        none = np.empty(0, np.int64)
        return none, none
    return np.array([planted.small - 1]), np.array([planted.small - 2])


def list_cases(
    plots: Plots,
    communities: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    institutions: gpd.GeoDataFrame,
) -> pd.DataFrame:
    """List the planted cases that this city has: case, layer, id, community_code, note.

    ``communities`` are in patch order.
    """
    planted, owner = plots.planted, plots.community
    codes = communities["community_code"].to_numpy()
    patch = {
        "enclave": owner[planted.enclave],
        "rail-pocket": owner[planted.pocket],
        "community-under-min": planted.small,
        "community-empty": planted.port,
        "compound-over-max": owner[planted.compound],
    }
    where = {case: codes[at] for case, at in patch.items() if planted.small >= 0 and at >= 0}
    where["staff-short"], where["staff-shared"] = _staff_gaps(planted, codes)
    where["duty-without-role"] = where["staff-shared"]
    for case, layer, name, _ in _CASES:
        table = {"buildings": buildings, "institutions": institutions}.get(layer)
        if table is not None:
            found = table.loc[table[f"{layer[:-1]}_id"] == name, "community_code"]
            where[case] = found.iloc[0] if len(found) else ""
    rows = [
        (case, layer, name or where[case], where[case], note)
        for case, layer, name, note in _CASES
        if where.get(case)
    ]
    return pd.DataFrame(rows, columns=["case", "layer", "id", "community_code", "note"])


def _staff_gaps(planted: Planted, codes: Any) -> tuple[str, str]:
    short, shared = gap_patches(planted)
    return (codes[short[0]] if len(short) else "", codes[shared[0]] if len(shared) else "")
