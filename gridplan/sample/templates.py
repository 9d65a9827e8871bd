"""A bank of ways to divide one community's land into street blocks.

A community's land is a patch of the lattice. It is cut into strips and each strip into blocks, so
that local roads meet in T-junctions as often as they cross.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gridplan.sample.kinds import Bools, Ints

BANK_SIZE = 40
SIDES = ("west", "east", "south", "north")


@dataclass(frozen=True)
class Bank:
    """Block patterns, padded to the same number of blocks.

    Parameters
    ----------
    raster
        (bank, rows, columns): the block of every quad of the patch.
    rects
        (bank, blocks, 4): first and past-the-end row, first and past-the-end column.
    count
        Blocks per pattern.
    strip, place
        (bank, blocks): the strip a block lies in and its place there.
    upright
        Whether the strips run north-south.
    gift
        (bank, 4): a block on the west, east, south, north side whose loss leaves the rest
        connected.
    core
        A block that touches no side, -1 where there is none.
    """

    raster: Ints
    rects: Ints
    count: Ints
    strip: Ints
    place: Ints
    upright: Bools
    gift: Ints
    core: Ints


def draw_bank(rows: int, columns: int, seed: int) -> Bank:
    """Draw ``BANK_SIZE`` patterns for patches of ``rows`` by ``columns`` quads."""
    rng = np.random.default_rng([seed, 2])
    patterns = [_pattern(rows, columns, k % 2 == 1, rng) for k in range(BANK_SIZE)]
    most = max(len(rects) for _, rects, _ in patterns)
    blocks = np.zeros((BANK_SIZE, most, 4), np.int64)
    labels = np.zeros((BANK_SIZE, most, 2), np.int64)
    raster = np.zeros((BANK_SIZE, rows, columns), np.int64)
    gift = np.zeros((BANK_SIZE, 4), np.int64)
    core = np.full(BANK_SIZE, -1, np.int64)
    for k, (_, rects, strips) in enumerate(patterns):
        blocks[k, : len(rects)] = rects
        labels[k, : len(rects)] = strips
        for b, (i0, i1, j0, j1) in enumerate(rects):
            raster[k, i0:i1, j0:j1] = b
        gift[k], core[k] = _edges(np.array(rects), np.array(strips), rows, columns, rng)
    return Bank(
        raster=raster,
        rects=blocks,
        count=np.array([len(rects) for _, rects, _ in patterns]),
        strip=labels[:, :, 0],
        place=labels[:, :, 1],
        upright=np.array([upright for upright, _, _ in patterns]),
        gift=gift,
        core=core,
    )


Rects = list[tuple[int, int, int, int]]


def _pattern(
    rows: int, columns: int, upright: bool, rng: np.random.Generator
) -> tuple[bool, Rects, list[tuple[int, int]]]:
    """Cut strips, then blocks in each strip."""
    across, along = (columns, rows) if upright else (rows, columns)
    rects: Rects = []
    strips: list[tuple[int, int]] = []
    for s, (a0, a1) in enumerate(_cuts(across, rng)):
        for p, (b0, b1) in enumerate(_cuts(along, rng)):
            rects.append((b0, b1, a0, a1) if upright else (a0, a1, b0, b1))
            strips.append((s, p))
    return upright, rects, strips


def _cuts(total: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Cut 0..total into parts of two to four, most of them three."""
    ends = [0]
    while ends[-1] < total:
        left = total - ends[-1]
        parts = [p for p in (2, 3, 3, 3, 4) if left - p >= 2 or left == p]
        ends.append(ends[-1] + int(rng.choice(parts)))
    return list(pairwise(ends))


def _edges(
    rects: Ints, strips: Ints, rows: int, columns: int, rng: np.random.Generator
) -> tuple[list[int], int]:
    """Choose a block to give away on every side, and one in the middle."""
    i0, i1, j0, j1 = rects.T
    crowded = np.bincount(strips[:, 0])[strips[:, 0]] >= 2
    on_side = (j0 == 0, j1 == columns, i0 == 0, i1 == rows)
    gifts = [int(rng.choice(np.flatnonzero(side & crowded))) for side in on_side]
    inner = np.flatnonzero((j0 > 0) & (j1 < columns) & (i0 > 0) & (i1 < rows) & crowded)
    return gifts, int(inner[0]) if len(inner) else -1
