"""Lots: the building land of a plot, set back from the ways around it, in lattice metres."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from gridplan.sample.kinds import GATED, HOMES, SETBACK_M, Floats, Ints, Use, Way
from gridplan.sample.layout import Layout, Ways
from gridplan.sample.plots import Plots
from gridplan.sample.warp import Warp

SHOP_DEPTH_M = 19.0
LEAST_SIDE_M = 20.0
ISLAND_HALF_M = (128.0, 40.0)  # half length and half width of the island


@dataclass(frozen=True)
class Island:
    """Centre (lattice metres) of the island, its community and the plot at its bridgehead."""

    u: float
    v: float
    bank_v: float
    community: int
    plot: int


def draw_lots(layout: Layout, plots: Plots, ways: Ways, seed: int) -> pd.DataFrame:
    """Lots with their plot, community, use and rectangle ``u0``, ``u1``, ``v0``, ``v1``.

    ``gated`` marks walled compounds, ``flats`` how many a planted compound has (0: free). Plots
    along larger roads give a strip to shops, schools and colleges a part to sports; the rest of
    the plot is the main lot.
    """
    rng = np.random.default_rng([seed, 5])
    lots = _set_back(layout, plots, ways)
    shops = _take_shops(lots, rng)
    sports = _take_sports(lots, rng)
    lots["flats"] = _planted_flats(lots, plots)
    lots["gated"] = GATED[lots["use"]] & ((lots["flats"] > 0) | (rng.random(len(lots)) < 0.93))
    for extra in (shops, sports):
        extra["flats"], extra["gated"] = 0, False
    every = pd.concat([lots.assign(main=True), shops, sports], ignore_index=True)
    wide = (every["u1"] - every["u0"] >= LEAST_SIDE_M) & (every["v1"] - every["v0"] >= 15.0)
    return every[wide].sort_values(["plot", "main"], kind="stable").reset_index(drop=True)


def _planted_flats(lots: pd.DataFrame, plots: Plots) -> Ints:
    """Size of the planted compounds: one above any grid, a grid's worth, and half of that."""
    block = plots.table["block"].to_numpy()[lots["plot"]]
    planted = plots.planted
    sizes = {planted.compound: 720, planted.enclave: 400, planted.pocket: 190}
    flats = np.zeros(len(lots), np.int64)
    for place, size in sizes.items():
        flats[block == place] = size
    return flats


def _set_back(layout: Layout, plots: Plots, ways: Ways) -> pd.DataFrame:
    table = plots.table
    i0, i1, j0, j1 = (table[c].to_numpy() for c in ("i0", "i1", "j0", "j1"))
    west, east = ways.upright[i0, j0], ways.upright[i0, j1]
    south, north = ways.level[i0, j0], ways.level[i1, j0]
    return pd.DataFrame(
        {
            "plot": np.arange(len(table)),
            "community": plots.community[table["block"]],
            "use": table["use"].to_numpy(),
            "u0": layout.u[j0] + SETBACK_M[west],
            "u1": layout.u[j1] - SETBACK_M[east],
            "v0": layout.v[i0] + SETBACK_M[south],
            "v1": layout.v[i1] - SETBACK_M[north],
            "south": south,
            "north": north,
        }
    )


def _take_shops(lots: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Cut a strip of shops off homes that face a collector or arterial road; shrinks ``lots``."""
    homes = HOMES[lots["use"]] & (lots["u1"] - lots["u0"] > 60) & (lots["v1"] - lots["v0"] > 85)
    homes &= ~lots["use"].isin([Use.BIG_COMPOUND, Use.GREAT_TOWER])
    busy = (Way.COLLECTOR, Way.ARTERIAL)
    north = lots["north"].isin(busy) & homes & (rng.random(len(lots)) < 0.5)
    south = lots["south"].isin(busy) & homes & ~north & (rng.random(len(lots)) < 0.4)
    strips = lots[north | south].assign(use=int(Use.SHOPS), main=False)
    upper = north[north | south]
    strips["v0"] = np.where(upper, strips["v1"] - SHOP_DEPTH_M, strips["v0"])
    strips["v1"] = np.where(upper, strips["v1"], strips["v0"] + SHOP_DEPTH_M)
    lots["v1"] -= np.where(north, SHOP_DEPTH_M + 3.0, 0.0)
    lots["v0"] += np.where(south, SHOP_DEPTH_M + 3.0, 0.0)
    return strips


def _take_sports(lots: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Cut the playing field off schools and colleges; shrinks ``lots``. ``use`` is -1."""
    taught = lots["use"].isin([Use.SCHOOL, Use.CAMPUS])
    fields = lots[taught].assign(use=-1, main=False)
    share = np.where(lots["use"] == Use.SCHOOL, 0.42, 0.34) * rng.uniform(0.9, 1.1, len(lots))
    split = lots["u0"] + share * (lots["u1"] - lots["u0"])
    fields["u1"] = split[taught]
    lots["u0"] = np.where(taught, split + 3.0, lots["u0"])
    return fields


def rect_outlines(
    warp: Warp, u0: Floats, u1: Floats, v0: Floats, v1: Floats, *, steps: int = 4
) -> Floats:
    """Polygons on the ground of lattice rectangles, each side in ``steps`` pieces."""
    t = np.arange(steps) / steps
    zero, one = np.zeros(steps), np.ones(steps)
    a = np.concatenate([t, one, 1 - t, zero, [0.0]])
    b = np.concatenate([zero, t, one, 1 - t, [0.0]])
    u = u0[:, None] + a * (u1 - u0)[:, None]
    v = v0[:, None] + b * (v1 - v0)[:, None]
    return np.asarray(shapely.polygons(warp(u, v)))


def oval_outlines(
    warp: Warp, u: Floats, v: Floats, half_u: Floats, half_v: Floats, *, power: float, points: int
) -> Floats:
    """Polygons on the ground of super-ellipses: power 1 is an ellipse, less is boxier."""
    turn = np.linspace(0.0, 2 * np.pi, points, endpoint=False)
    cos, sin = np.cos(turn), np.sin(turn)
    a = np.sign(cos) * np.abs(cos) ** power
    b = np.sign(sin) * np.abs(sin) ** power
    return np.asarray(
        shapely.polygons(warp(u[:, None] + half_u[:, None] * a, v[:, None] + half_v[:, None] * b))
    )


def place_island(layout: Layout, plots: Plots) -> Island | None:
    """Where the island lies: in the first river, before the middle of its community's bank."""
    patch = plots.planted.island
    if patch < 0:
        return None
    wet = int(layout.river_rows[0])
    column = int(layout.patches.column[patch]) * layout.size.quads_u + layout.size.quads_u // 2
    plot = int(plots.plot_of[wet + 1, column])
    owner = int(plots.community[plots.table["block"].to_numpy()[plot]])
    middle = (layout.v[wet] + layout.v[wet + 1]) / 2
    return Island(float(layout.u[column]), float(middle), float(layout.v[wet + 1]), owner, plot)


def island_lot(island: Island) -> pd.DataFrame:
    """Make the one lot on the island."""
    half_u, half_v = ISLAND_HALF_M[0] * 0.78, ISLAND_HALF_M[1] * 0.68
    return pd.DataFrame(
        {
            "plot": [-1],
            "community": [island.community],
            "use": [int(Use.ISLAND)],
            "u0": [island.u - half_u],
            "u1": [island.u + half_u],
            "v0": [island.v - half_v],
            "v1": [island.v + half_v],
            "flats": [0],
            "gated": [False],
            "main": [True],
        }
    )


def lot_centres(lots: pd.DataFrame) -> tuple[Floats, Floats]:
    """Middle of every lot (lattice metres)."""
    return (
        ((lots["u0"] + lots["u1"]) / 2).to_numpy(),
        ((lots["v0"] + lots["v1"]) / 2).to_numpy(),
    )


def uses_of(lots: pd.DataFrame) -> Ints:
    """Give the uses as plain integers; sports grounds have -1."""
    return lots["use"].to_numpy(np.int64)
