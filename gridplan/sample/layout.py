"""The ground plan in lattice coordinates: patches, rivers, street blocks, plots, ways.

The lattice is a grid of *quads* of some fifty metres. A *patch* is the land that one community
starts from; *blocks* divide a patch, *plots* divide a block, and all of them are unions of quads:
every outline drawn from them matches its neighbour vertex for vertex.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridplan.sample.kinds import Bools, Floats, Ints, Way
from gridplan.sample.templates import Bank, draw_bank

QUAD_M = (64.0, 60.0)
PATCH_QUADS = (9, 8)
RIVER_M = 150.0
RIVER_EVERY = 24  # patch rows between rivers in a large city
STREET_PATCHES = 3  # patches along each side of a street office's land
STREETS_PER_DISTRICT = 90
RAIL_EVERY = 12


@dataclass(frozen=True)
class Size:
    """How large the city is.

    Parameters
    ----------
    communities
        Number of patches with land.
    columns, rows
        Patches across and along; the last ones of the top row may be missing.
    quads_u, quads_v
        Quads of a patch across and along.
    """

    communities: int
    columns: int
    rows: int
    quads_u: int
    quads_v: int

    @classmethod
    def of(cls, communities: int, scale: float) -> "Size":
        """Size of a near-square city whose patches have ``scale`` times the usual land."""
        quads_u = max(7, round(PATCH_QUADS[0] * scale**0.5))
        quads_v = max(7, round(PATCH_QUADS[1] * scale**0.5))
        shape = quads_v * QUAD_M[1] / (quads_u * QUAD_M[0])
        columns = max(1, int(np.ceil(np.sqrt(communities * shape) - 1e-9)))
        return cls(communities, columns, -(-communities // columns), quads_u, quads_v)


@dataclass(frozen=True)
class Patches:
    """One row per patch: column, row, bank of the rivers, street office, district."""

    column: Ints
    row: Ints
    bank: Ints
    street: Ints
    district: Ints


@dataclass(frozen=True)
class Layout:
    """The lattice and what lies on it.

    Parameters
    ----------
    u, v
        Lattice lines (m), ``nu + 1`` and ``nv + 1`` of them.
    patch_line_u
        Indices of the upright lattice lines that bound patches.
    first_row
        Quad row in which each row of patches begins.
    river_rows
        Quad rows that are water.
    bank
        The patterns in use.
    patches, blocks
        ``blocks`` has one row per block: patch, i0, i1, j0, j1, strip, place, pattern.
    block_of
        (nv, nu): block of every quad, -1 on water and outside the city.
    """

    size: Size
    u: Floats
    v: Floats
    patch_line_u: Ints
    first_row: Ints
    river_rows: Ints
    bank: Bank
    patches: Patches
    blocks: pd.DataFrame
    block_of: Ints

    def rail_columns(self) -> Ints:
        """Borders between patch columns that the railway runs along."""
        borders = np.arange(1, self.size.columns)
        return np.asarray(borders[borders % RAIL_EVERY == 2], np.int64)

    def patch_at(self, row: int, column: int) -> int:
        """Give the number of the patch in a row and column."""
        return row * self.size.columns + column

    def core_block(self) -> int:
        """Give the block in the middle of the middle patch."""
        first = int(np.searchsorted(self.blocks["patch"], self.size.communities // 2))
        return first + int(self.bank.core[self.blocks["pattern"].to_numpy()[first]])


def draw_layout(size: Size, seed: int) -> Layout:
    """Lay out the patches and their blocks."""
    rng = np.random.default_rng([seed, 3])
    bank = draw_bank(size.quads_v, size.quads_u, seed)
    u = np.concatenate([[0.0], np.cumsum(_spacing(size.columns * size.quads_u, QUAD_M[0], rng))])
    wet = _wet_after(size)
    patches = _patches(size, wet)
    first_row = np.arange(size.rows) * size.quads_v + np.cumsum(np.r_[0, wet[:-1]])
    heights = _spacing(size.rows * size.quads_v, QUAD_M[1], rng)
    after = (np.flatnonzero(wet) + 1) * size.quads_v
    v = np.concatenate([[0.0], np.cumsum(np.insert(heights, after, RIVER_M))])
    river_rows = first_row[np.flatnonzero(wet)] + size.quads_v
    blocks, block_of = _blocks(size, patches, first_row, len(v) - 1, bank, rng)
    patch_line_u = np.arange(size.columns + 1) * size.quads_u
    return Layout(size, u, v, patch_line_u, first_row, river_rows, bank, patches, blocks, block_of)


def _spacing(count: int, metres: float, rng: np.random.Generator) -> Floats:
    return metres * rng.uniform(0.88, 1.12, count)


def _wet_after(size: Size) -> Bools:
    """Patch rows with a river on their north side."""
    row = np.arange(size.rows)
    first = min(size.rows // 3, RIVER_EVERY // 2)
    wet = (row % RIVER_EVERY == max(first, 1) - 1) & (row < size.rows - 1)
    return np.asarray(wet, bool)


def _patches(size: Size, wet: Bools) -> Patches:
    """Patches row by row from the south-west, with the street and district they belong to."""
    row, column = np.divmod(np.arange(size.communities), size.columns)
    bank_of_row = np.cumsum(np.r_[0, wet[:-1]])
    start = np.searchsorted(bank_of_row, bank_of_row)  # first row of the same bank
    chunk_of_row = (np.arange(size.rows) - start) // STREET_PATCHES
    band = np.cumsum(np.r_[0, np.diff(chunk_of_row) != 0] | np.r_[0, wet[:-1]])
    wide = -(-size.columns // STREET_PATCHES)
    key = band[row] * wide + column // STREET_PATCHES
    street = np.unique(key, return_inverse=True)[1]
    # Districts are squares of street offices, so that they hang together.
    side = int(STREETS_PER_DISTRICT**0.5)
    block = (band[row] // side) * wide + (column // STREET_PATCHES) // side
    return Patches(
        column=column,
        row=row,
        bank=bank_of_row[row],
        street=street,
        district=np.unique(block, return_inverse=True)[1],
    )


def _blocks(
    size: Size, patches: Patches, first_row: Ints, rows: int, bank: Bank, rng: np.random.Generator
) -> tuple[pd.DataFrame, Ints]:
    """Give every patch a pattern; number the blocks of the city and paint them on the quads."""
    count = size.communities
    pattern = rng.integers(0, len(bank.count), count)
    cored = np.flatnonzero(bank.core >= 0)
    pattern[count // 2] = cored[0]  # the enclave needs a block in the middle
    held = bank.count[pattern]
    offset = np.cumsum(held) - held
    patch = np.repeat(np.arange(count), held)
    inner = np.arange(held.sum()) - offset[patch]
    rect = bank.rects[pattern[patch], inner]
    base_i, base_j = first_row[patches.row[patch]], patches.column[patch] * size.quads_u
    blocks = pd.DataFrame(
        {
            "patch": patch,
            "i0": rect[:, 0] + base_i,
            "i1": rect[:, 1] + base_i,
            "j0": rect[:, 2] + base_j,
            "j1": rect[:, 3] + base_j,
            "strip": bank.strip[pattern[patch], inner],
            "place": bank.place[pattern[patch], inner],
            "pattern": pattern[patch],
        }
    )
    painted = np.full((rows, size.columns * size.quads_u), -1, np.int64)
    i = (first_row[patches.row][:, None] + np.arange(size.quads_v))[:, :, None]
    j = (patches.column[:, None] * size.quads_u + np.arange(size.quads_u))[:, None, :]
    painted[i, j] = bank.raster[pattern] + offset[:, None, None]
    return blocks, painted


@dataclass(frozen=True)
class Ways:
    """What runs along every edge of the lattice, as values of ``Way``.

    Parameters
    ----------
    upright
        (nv, nu + 1): edges between two quads of a row.
    level
        (nv + 1, nu): edges between two quads of a column.
    """

    upright: Ints
    level: Ints


def draw_ways(layout: Layout, plot_of: Ints) -> Ways:
    """Class every edge by what it divides; whole lines become arterials and railways."""
    patch_of = _lookup(layout.blocks["patch"].to_numpy(), layout.block_of)
    upright = _divides(plot_of, layout.block_of, patch_of)
    level = _divides(plot_of.T, layout.block_of.T, patch_of.T).T
    borders = np.arange(1, layout.size.columns)
    rail = layout.rail_columns()
    main = borders[(borders % 3 != 2) & ~np.isin(borders, rail)]
    for kind, lines in ((Way.ARTERIAL, main), (Way.RAIL, rail)):
        columns = layout.patch_line_u[lines]
        live = np.maximum(upright[:, columns], 0) > 0
        live[layout.river_rows] = live[layout.river_rows - 1] & live[layout.river_rows + 1]
        upright[:, columns] = np.where(live, kind, upright[:, columns])
    _raise_rows(layout, level)
    return Ways(upright, level)


def _divides(plot: Ints, block: Ints, patch: Ints) -> Ints:
    """Class of the edges between neighbours along the second axis, the outer ones included."""
    ways = np.zeros((plot.shape[0], plot.shape[1] + 1), np.int64)
    for labels, way in ((plot, Way.LANE), (block, Way.LOCAL), (patch, Way.COLLECTOR)):
        padded = np.pad(labels, ((0, 0), (1, 1)), constant_values=-1)
        ways[padded[:, :-1] != padded[:, 1:]] = way
    return ways


def _raise_rows(layout: Layout, level: Ints) -> None:
    """Make arterials of the rows between street offices and along the north banks."""
    patches = layout.patches
    first = layout.first_row
    street_of_row = np.full(layout.size.rows, -1)
    street_of_row[patches.row[patches.column == 0]] = patches.street[patches.column == 0]
    turn = np.flatnonzero(np.diff(street_of_row) != 0) + 1
    lines = first[turn]
    level[lines] = np.where(level[lines] > 0, Way.ARTERIAL, 0)


def _lookup(values: Ints, labels: Ints) -> Ints:
    """``values[labels]``, keeping -1."""
    return np.asarray(np.where(labels >= 0, values[labels], -1), np.int64)
