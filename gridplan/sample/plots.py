"""Land use: which community a block belongs to, what stands on it, how it is divided."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from gridplan.sample.kinds import HOMES, Bools, Floats, Ints, Use
from gridplan.sample.layout import Layout

AVENUE_REACH_M = 60.0  # from the avenue to blocks that keep their plan

# What the first block of a community is for, in turn; the second is a market, a park or homes.
_CIVIC = (
    Use.SCHOOL,
    Use.PARK,
    Use.SCHOOL,
    Use.HOSPITAL,
    Use.CAMPUS,
    Use.SCHOOL,
    Use.OFFICE,
    Use.FACTORY,
)
_HOME_SHARES = {
    Use.OPEN_SLAB: 0.43,
    Use.GATED_SLAB: 0.28,
    Use.GATED_TOWER: 0.13,
    Use.OLD_TOWN: 0.09,
    Use.OFFICE: 0.04,
    Use.MARKET: 0.03,
}


@dataclass(frozen=True)
class Planted:
    """Where the hard cases stand; -1 where the city is too small for them.

    Parameters
    ----------
    tower, compound, enclave, pocket
        Blocks of the tower and the compound above 500 households, of the enclave, and of the land
        that the railway cuts off from its community.
    small, port, island
        Patches of the community below 250 households, of the one without any, and of the one that
        owns the island.
    """

    tower: int = -1
    compound: int = -1
    enclave: int = -1
    pocket: int = -1
    small: int = -1
    port: int = -1
    island: int = -1


@dataclass(frozen=True)
class Plots:
    """Blocks with their community, and the plots that divide them.

    Parameters
    ----------
    community
        Patch number of the community that owns each block.
    table
        One row per plot: block, use, i0, i1, j0, j1.
    plot_of
        (nv, nu): plot of every quad, -1 on water and outside.
    """

    community: Ints
    table: pd.DataFrame
    plot_of: Ints
    planted: Planted


def avenue(layout: Layout) -> Floats:
    """End points (2, 2) in lattice metres of the avenue that cuts across the rows.

    Empty (0, 2) in a small city. It keeps away from the block of the enclave.
    """
    size = layout.size
    if min(size.rows, size.columns) < 3:
        return np.empty((0, 2))
    top = layout.v[layout.first_row]
    row = 1 if size.rows == 3 else size.rows // 3
    height = layout.v[layout.first_row[row] + size.quads_v] - top[row]
    rise = 0.5 * height / (layout.u[layout.size.quads_u] - layout.u[0])
    longest = layout.u[layout.patch_line_u[2 if size.rows == 3 else -1]]
    lines = []
    for share in (0.62, 0.3, 0.95, 0.05, 1.1):
        start = np.array([0.0, top[row] + share * height])
        end_u = min(longest, (layout.v[-1] - 0.18 * height - start[1]) / rise)
        lines.append(np.array([start, start + np.array([end_u, rise * end_u])]))
    far = shapely.distance(shapely.linestrings(lines), block_boxes(layout)[layout.core_block()])
    return lines[int(np.argmax(far > AVENUE_REACH_M))]


def block_boxes(layout: Layout) -> Floats:
    """Rectangles of the blocks in lattice metres."""
    rect = layout.blocks
    u, v = layout.u, layout.v
    return np.asarray(shapely.box(u[rect["j0"]], v[rect["i0"]], u[rect["j1"]], v[rect["i1"]]))


def draw_plots(layout: Layout, *, planted: bool, port: bool, seed: int) -> Plots:
    """Give blocks to communities and uses to plots."""
    rng = np.random.default_rng([seed, 4])
    cases = _plant(layout, port) if planted else Planted()
    community = layout.blocks["patch"].to_numpy().copy()
    _exchange(layout, community, cases, rng)
    use = _block_uses(layout, community, cases, rng)
    table, plot_of = _divide(layout, use, cases, rng)
    return Plots(community, table, plot_of, cases)


def _plant(layout: Layout, port: bool) -> Planted:
    """Choose patches and blocks for the hard cases, away from the avenue."""
    blocks, bank = layout.blocks, layout.bank
    cut = _near_avenue(layout)
    area = (blocks["i1"] - blocks["i0"]) * (blocks["j1"] - blocks["j0"])

    def block_in(patch: int, quads: int) -> int:
        """Find the block of a patch, off the avenue, that is nearest to a size."""
        mine = blocks.index[(blocks["patch"] == patch) & ~cut]
        return int((area[mine] - quads).abs().sort_values(kind="stable").index[0])

    def first_of(patch: int) -> int:
        return int(np.searchsorted(blocks["patch"], patch))

    small = layout.patch_at(0, 2)
    return Planted(
        tower=block_in(layout.patch_at(0, 0), 9),
        compound=block_in(layout.patch_at(2, 0) if layout.size.rows == 3 else 1, 9),
        enclave=layout.core_block(),
        pocket=first_of(small) + int(bank.gift[blocks["pattern"].to_numpy()[first_of(small)], 0]),
        small=small,
        port=layout.patch_at(0, layout.size.columns - 1) if port else -1,
        island=layout.patch_at(_row_north_of_river(layout), 0),
    )


def _row_north_of_river(layout: Layout) -> int:
    return int(np.searchsorted(layout.first_row, layout.river_rows[0]))


def _near_avenue(layout: Layout) -> Bools:
    line = avenue(layout)
    if not len(line):
        return np.zeros(len(layout.blocks), bool)
    near = shapely.dwithin(block_boxes(layout), shapely.linestrings(line), AVENUE_REACH_M)
    return np.asarray(near, bool)


def _exchange(layout: Layout, community: Ints, cases: Planted, rng: np.random.Generator) -> None:
    """Let every second community own a block beyond its patch, so that borders are not straight.

    Patches of one parity give and the others take: a block given away always touches land that its
    new owner keeps. Only across collector roads, inside one street office.
    """
    size, patches, blocks = layout.size, layout.patches, layout.blocks
    giver = np.flatnonzero((patches.column + patches.row) % 2 == 1)
    side = rng.integers(0, 4, len(giver))
    row = patches.row[giver] + np.array([0, 0, -1, 1])[side]
    column = patches.column[giver] + np.array([-1, 1, 0, 0])[side]
    taker = row * size.columns + column
    inside = (row >= 0) & (column >= 0) & (column < size.columns) & (taker < size.communities)
    taker = np.where(inside, taker, giver)
    border = np.maximum(patches.column[giver], column)
    collector = (side >= 2) | ((border % 3 == 2) & ~np.isin(border, layout.rail_columns()))
    kept = np.isin(giver, [cases.small, cases.port]) | np.isin(taker, [cases.small, cases.port])
    held = blocks["patch"].to_numpy()
    first = np.searchsorted(held, giver)
    block = first + layout.bank.gift[blocks["pattern"].to_numpy()[first], side]
    free = ~np.isin(block, [cases.tower, cases.compound, cases.enclave])
    free &= giver != (held[cases.enclave] if cases.enclave >= 0 else -1)
    good = inside & collector & ~kept & free & (patches.street[giver] == patches.street[taker])
    community[block[good]] = taker[good]
    if cases.enclave >= 0:
        host = int(held[cases.enclave])
        above = host + size.columns
        community[cases.enclave] = above if above < size.communities else host - size.columns
    if cases.pocket >= 0:
        community[cases.pocket] = held[cases.pocket] - 1


def _block_uses(layout: Layout, community: Ints, cases: Planted, rng: np.random.Generator) -> Ints:
    """Use of every block: civic land first, homes on the rest."""
    order = np.lexsort((rng.random(len(community)), community))
    rank = np.empty(len(community), np.int64)
    starts = np.searchsorted(community[order], community[order])
    rank[order] = np.arange(len(community)) - starts
    use = np.full(len(community), int(Use.OPEN_SLAB))
    turn = (community * 5 + rng.integers(0, len(_CIVIC))) % len(_CIVIC)
    use = np.where(rank == 0, np.array(_CIVIC)[turn], use)
    second = rng.choice([Use.MARKET, Use.PARK, Use.OPEN_SLAB], len(use), p=[0.35, 0.35, 0.3])
    use = np.where(rank == 1, second, use)
    cut = _near_avenue(layout)
    use = np.where(cut, Use.OLD_TOWN, use)  # small houses line a road cut through later
    if cases.small >= 0:
        mine = community == cases.small
        use = np.where(mine, np.where(rank % 3 == 0, Use.MARKET, Use.FACTORY), use)
        use = np.where(mine & (rank == 1), Use.OLD_TOWN, use)
    use = np.where(community == cases.port, Use.FACTORY, use)
    homes = {
        cases.tower: Use.GREAT_TOWER,
        cases.compound: Use.BIG_COMPOUND,
        cases.enclave: Use.GATED_SLAB,
        cases.pocket: Use.GATED_SLAB,
    }
    for block, kind in homes.items():
        if block >= 0:
            use[block] = kind
    return np.asarray(use, np.int64)


def _divide(
    layout: Layout, use: Ints, cases: Planted, rng: np.random.Generator
) -> tuple[pd.DataFrame, Ints]:
    """Split blocks of homes in two along a lattice line; paint the plots."""
    blocks = layout.blocks
    i0, i1, j0, j1 = (blocks[c].to_numpy() for c in ("i0", "i1", "j0", "j1"))
    homes = HOMES[use] & (use != Use.BIG_COMPOUND) & (rng.random(len(use)) < 0.8)
    homes &= ~np.isin(np.arange(len(use)), [cases.enclave, cases.pocket])
    wide = np.where((j1 - j0) == (i1 - i0), rng.random(len(use)) < 0.6, (j1 - j0) > (i1 - i0))
    tower = np.arange(len(use)) == cases.tower  # its half has to be wide
    homes, wide = np.where(tower, j1 - j0 > 2, homes), wide | tower
    cut_j = np.where(homes & wide, np.where(tower, j0 + 2, rng.integers(j0 + 1, j1)), j1)
    cut_i = np.where(homes & ~wide, rng.integers(i0 + 1, i1), i1)
    split = homes.astype(np.int64)
    first = np.cumsum(split + 1) - (split + 1)
    block = np.repeat(np.arange(len(use)), split + 1)
    second = np.arange(len(block)) > first[block]
    table = pd.DataFrame(
        {
            "block": block,
            "use": _plot_uses(use[block], second, rng),
            "i0": np.where(second & (cut_i[block] < i1[block]), cut_i[block], i0[block]),
            "i1": np.where(second, i1[block], cut_i[block]),
            "j0": np.where(second & (cut_j[block] < j1[block]), cut_j[block], j0[block]),
            "j1": np.where(second, j1[block], cut_j[block]),
        }
    )
    ground = np.maximum(layout.block_of, 0)
    i, j = np.indices(layout.block_of.shape)
    beyond = (i >= cut_i[ground]) | (j >= cut_j[ground])
    plot_of = np.where(layout.block_of >= 0, first[ground] + beyond, -1)
    return table, np.asarray(plot_of, np.int64)


def _plot_uses(use: Ints, second: Bools, rng: np.random.Generator) -> Ints:
    """Vary what stands on the plots of ordinary blocks of homes."""
    kinds = np.array(list(_HOME_SHARES), np.int64)
    drawn = rng.choice(kinds, len(use), p=list(_HOME_SHARES.values()))
    # Offices and markets only as the second half of a block.
    drawn = np.where(~second & ~HOMES[drawn], Use.OPEN_SLAB, drawn)
    use = np.where(use == Use.OPEN_SLAB, drawn, use)
    use = np.where(second & (use == Use.GREAT_TOWER), Use.OPEN_SLAB, use)
    return np.asarray(use, np.int64)
