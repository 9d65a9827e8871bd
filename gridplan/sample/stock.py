"""The building layer: drawn footprints with ids, uses, floors and households."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan.sample.buildings import draw_buildings, households_by_stairwell
from gridplan.sample.kinds import HOMES, USES, Ints, Use
from gridplan.sample.land import SMALL_COMPOUND, frame
from gridplan.sample.names import numbered
from gridplan.sample.plots import Planted
from gridplan.sample.shapes import Ground

SMALL_COMMUNITY_FLATS = 205
_FLOOR_M = {"residential": 2.9, "industrial": 7.0}


@dataclass(frozen=True)
class Stairwells:
    """Row of the building, number from 1 and households of every stairwell."""

    row: Ints
    number: Ints
    households: Ints


def build_stock(
    ground: Ground, lots: pd.DataFrame, planted: Planted, corridor: Any, seed: int
) -> tuple[gpd.GeoDataFrame, Stairwells]:
    """Build the city: its buildings and their stairwells.

    Columns: building_id, community_code, use, kind, floors, stairwells, households, height_m,
    floor_area_m2, year_built, shops, and for the other layers lot, use_code, kiosk, community
    (patch). Sorted by community, then lot.
    """
    drawn = draw_buildings(lots, ground.warp, seed)
    free = ~shapely.intersects(drawn["geometry"].to_numpy(), corridor)
    drawn = drawn[free]
    drawn["community"] = lots["community"].to_numpy()[drawn["lot"]]
    drawn["community_code"] = lots["community_code"].to_numpy()[drawn["lot"]]
    drawn = drawn.sort_values(["community_code", "lot"], kind="stable").reset_index(drop=True)
    emptied = _thin_out(drawn, planted)
    row, number, households = households_by_stairwell(drawn, seed)
    drawn["households"] = np.bincount(row, households, len(drawn)).astype(np.int64)
    return _attributes(drawn, emptied, seed), Stairwells(row, number, households)


def _thin_out(drawn: pd.DataFrame, planted: Planted) -> Ints:
    """Leave about two hundred flats in the small community; the other buildings store goods."""
    mine = (drawn["community"] == planted.small).to_numpy()
    flats = (drawn["stairwells"] * drawn["floors"] * drawn["flats"]).to_numpy()
    emptied = mine & (flats > 0) & (np.cumsum(np.where(mine, flats, 0)) > SMALL_COMMUNITY_FLATS)
    drawn.loc[emptied, ["stairwells", "flats"]] = 0
    return np.flatnonzero(emptied)


def _attributes(drawn: pd.DataFrame, emptied: Ints, seed: int) -> gpd.GeoDataFrame:
    rng = np.random.default_rng([seed, 14])
    code = drawn["use"].to_numpy()
    use = np.array([u.use for u in USES], object)[code]
    kind = np.array([u.kind for u in USES], object)[code]
    served = HOMES[code] & (drawn["stairwells"] == 0).to_numpy()
    use[served], kind[served] = "utility", "shed"
    use[emptied], kind[emptied] = "industrial", "storage"
    kind[drawn["kiosk"]] = "kiosk"
    floors = np.where(drawn["kiosk"], 1, drawn["floors"])
    storey = pd.Series(use).map(_FLOOR_M).fillna(4.0).to_numpy()
    floor_area = shapely.area(drawn["geometry"].to_numpy()) * floors
    tower = kind == "tower"
    return frame(
        {
            "building_id": _ids(drawn),
            "community_code": drawn["community_code"].to_numpy(),
            "use": use,
            "kind": kind,
            "floors": floors,
            "stairwells": drawn["stairwells"].to_numpy(),
            "households": drawn["households"].to_numpy(),
            "height_m": np.round(floors * storey, 1),
            "floor_area_m2": np.round(floor_area, 1),
            "year_built": np.where(tower, 2004, 1986) + rng.integers(0, 18, len(drawn)),
            "shops": np.where(kind == "shops", np.maximum(1, drawn["length"] // 7), 0).astype(int),
            "lot": drawn["lot"].to_numpy(),
            "use_code": code,
            "kiosk": drawn["kiosk"].to_numpy(),
            "community": drawn["community"].to_numpy(),
        },
        drawn["geometry"].to_numpy(),
    )


def _ids(drawn: pd.DataFrame) -> Any:
    """Numbered ids; planted buildings have ids of their own."""
    code = drawn["use"].to_numpy()
    ids = numbered("B", np.arange(1, len(drawn) + 1), max(6, len(str(len(drawn)))))
    great = np.flatnonzero(code == Use.GREAT_TOWER)
    ids[great] = numbered("BX-TOWER-", np.arange(1, len(great) + 1), 1)
    isle = np.flatnonzero(code == Use.ISLAND)
    ids[isle] = numbered("BX-ISLAND-", np.arange(1, len(isle) + 1), 1)
    return ids


def join_compounds(buildings: gpd.GeoDataFrame, compounds: gpd.GeoDataFrame) -> None:
    """Add ``compound_id`` and, for compounds small enough to stay together, ``block_id``."""
    by_lot = compounds.set_index("lot")
    compound = by_lot["zone_id"].reindex(buildings["lot"])
    small = by_lot["households"].reindex(buildings["lot"]).to_numpy() <= SMALL_COMPOUND
    buildings["compound_id"] = compound.to_numpy()
    buildings["block_id"] = compound.where(small).to_numpy()
