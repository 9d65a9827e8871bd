"""Six jurisdictions over the same land, each drawn by another office for another reason."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridplan.sample.kinds import Floats, Ints
from gridplan.sample.layout import Layout
from gridplan.sample.plots import Plots


@dataclass(frozen=True)
class ZoneLabels:
    """Zone number of every plot, one layer each; numbers are dense and start at 0."""

    residents_groups: Ints
    sanitation: Ints
    health: Ints
    police: Ints
    school: Ints


def draw_zones(layout: Layout, plots: Plots, seed: int) -> ZoneLabels:
    """Assign every plot to one zone of each layer that covers the district."""
    rng = np.random.default_rng([seed, 8])
    block = plots.table["block"].to_numpy()
    centre_u, centre_v = _centres(layout)
    return ZoneLabels(
        residents_groups=_dense(_groups(layout, plots, rng)),
        sanitation=_dense(_sections(layout, centre_v))[block],
        health=_dense(_nearest(layout, centre_u, centre_v, 1.9, rng))[block],
        police=_dense(_beats(layout, rng))[block],
        school=_dense(_nearest(layout, centre_u, centre_v, 1.25, rng))[block],
    )


def _dense(labels: Ints) -> Ints:
    return np.asarray(np.unique(labels, return_inverse=True)[1], np.int64)


def _centres(layout: Layout) -> tuple[Floats, Floats]:
    """Middle of every block (lattice metres)."""
    blocks = layout.blocks
    u = (layout.u[blocks["j0"]] + layout.u[blocks["j1"]]) / 2
    v = (layout.v[blocks["i0"]] + layout.v[blocks["i1"]]) / 2
    return u, v


def _groups(layout: Layout, plots: Plots, rng: np.random.Generator) -> Ints:
    """Residents' groups: a block, half a block, or two blocks side by side; inside a community."""
    blocks = layout.blocks
    owner = np.arange(len(blocks))
    before = owner - 1
    beside = (blocks["place"] % 2 == 1).to_numpy() & (rng.random(len(owner)) < 0.3)
    same = plots.community[before] == plots.community
    own = plots.community == blocks["patch"].to_numpy()
    beside &= same & own & own[before]
    owner = np.where(beside, before, owner)
    block = plots.table["block"].to_numpy()
    alone = (owner == np.arange(len(owner))) & ~np.isin(np.arange(len(owner)), owner[beside])
    halved = alone & (rng.random(len(owner)) < 0.3)
    first = np.searchsorted(block, np.arange(len(owner)))
    second = np.arange(len(block)) > first[block]
    return np.asarray(owner[block] * 2 + (second & halved[block]), np.int64)


def _beats(layout: Layout, rng: np.random.Generator) -> Ints:
    """Police areas: each patch in two, along its strips.

    The police kept the borders of before blocks were exchanged between communities, and here and
    there one area reaches into the next patch.
    """
    blocks, patches, size = layout.blocks, layout.patches, layout.size
    patch = blocks["patch"].to_numpy()
    middle = blocks.groupby("patch")["strip"].transform("max").to_numpy() / 2
    part = blocks["strip"].to_numpy() > middle + rng.choice([-0.25, 0.25], size.communities)[patch]
    upright = layout.bank.upright[blocks["pattern"].to_numpy()]
    upright_of = np.zeros(size.communities, bool)
    upright_of[patch] = upright
    step = np.where(upright_of, 1, size.columns)
    ahead = np.arange(size.communities) + step
    exists = (ahead < size.communities) & (~upright_of | (patches.column < size.columns - 1))
    ahead = np.where(exists, ahead, 0)
    joined = exists & (upright_of == upright_of[ahead]) & (patches.bank == patches.bank[ahead])
    joined &= rng.random(size.communities) < 0.5
    beat = patch * 2 + part
    return np.asarray(np.where(part & joined[patch], ahead[patch] * 2, beat), np.int64)


def _sections(layout: Layout, centre_v: Floats) -> Ints:
    """Sanitation sections: the land on both sides of the road that a team sweeps."""
    patches = layout.patches
    patch = layout.blocks["patch"].to_numpy()
    row = patches.row[patch]
    low = layout.v[layout.first_row[row]]
    high = layout.v[layout.first_row[row] + layout.size.quads_v]
    upper = (centre_v > (low + high) / 2).astype(np.int64)
    # The river divides what would be one section along its two banks.
    road = (row + upper) * 2 + (patches.bank[patch] % 2)
    return np.asarray(road * layout.size.columns + patches.column[patch], np.int64)


def _nearest(layout: Layout, u: Floats, v: Floats, reach: float, rng: np.random.Generator) -> Ints:
    """Areas around seats some ``reach`` patches apart, on one bank of the river."""
    bank = layout.patches.bank[layout.blocks["patch"].to_numpy()]
    width = reach * (layout.u[-1] / layout.size.columns)
    height = reach * (layout.v[-1] / layout.size.rows)
    a, b = (u / width).astype(np.int64), (v / height).astype(np.int64)
    seats = rng.uniform(0.15, 0.85, (int(b.max()) + 3, int(a.max()) + 3, 2))
    best = np.full(len(u), np.inf)
    label = np.zeros(len(u), np.int64)
    for q, p in np.ndindex(3, 3):
        row, column = b + q, a + p  # the table of seats is one wider than the city on every side
        at_u = (column - 1 + seats[row, column, 0]) * width
        at_v = (row - 1 + seats[row, column, 1]) * height
        far = np.hypot(u - at_u, v - at_v)
        nearer = far < best
        best = np.where(nearer, far, best)
        label = np.where(nearer, row * seats.shape[1] + column, label)
    return np.asarray(label * (int(bank.max()) + 1) + bank, np.int64)


ZONE_TEXT = {
    "residents_groups": ("RG", "第{n}居民小组", "Residents' Group {n}", "居民委员会"),
    "sanitation": ("SA", "环卫{n}段", "Sanitation Section {n}", "城市管理所"),
    "health": ("HE", "第{n}卫生服务片", "Health Service Area {n}", "社区卫生服务中心"),
    "police": ("PO", "第{n}警务区", "Police Area {n}", "派出所"),
    "school": ("SC", "第{n}学区", "Primary School Area {n}", "小学"),
}


def zone_table(layer: str, count: int) -> pd.DataFrame:
    """Ids and names of the zones of a layer: zone_id, name, name_en, body."""
    prefix, zh, en, body = ZONE_TEXT[layer]
    number = pd.Series(np.arange(1, count + 1)).astype(str)
    return pd.DataFrame(
        {
            "zone_id": prefix + number.str.zfill(4 if count < 10_000 else 6),
            "name": _fill(zh, number),
            "name_en": _fill(en, number),
            "body": body,
        }
    )


def _fill(text: str, number: "pd.Series[str]") -> "pd.Series[str]":
    before, after = text.split("{n}")
    return before + number + after
