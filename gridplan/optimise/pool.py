"""All grids found for a piece, and their reduced costs."""

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.compiled import kernel
from gridplan.optimise.enumerate import Found
from gridplan.optimise.lp import Prices, members
from gridplan.optimise.problem import Floats, Ints


@kernel
def reduce_costs(mask: Ints, cost: Floats, table: Floats, out: Floats) -> None:
    """Cost less the prices of the nodes inside, with one table look-up per byte of a mask."""
    words = mask.shape[1]
    for j in range(len(cost)):
        total = cost[j]
        for w in range(words):
            word = mask[j, w]
            for b in range(8):
                total -= table[8 * w + b, (word >> (8 * b)) & 255]
        out[j] = total


@kernel
def charge_cuts(mask: Ints, triples: Ints, price: Floats, out: Floats) -> None:
    """Subtract the price of every cut from the columns that hold two nodes of its triple."""
    for c in range(len(triples)):
        i, j, k = triples[c, 0], triples[c, 1], triples[c, 2]
        for m in range(len(out)):
            two = (mask[m, i >> 6] >> (i & 63)) & 1
            two += (mask[m, j >> 6] >> (j & 63)) & 1
            two += (mask[m, k >> 6] >> (k & 63)) & 1
            if two >= 2:
                out[m] -= price[c]


def byte_table(price: Floats, words: int) -> Floats:
    """Sum of prices for every value of every byte of a mask, shape (8 * words, 256)."""
    padded = np.zeros(64 * words)
    padded[: len(price)] = price
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    return np.ascontiguousarray(padded.reshape(8 * words, 8) @ bits.T)


class Pool:
    """Grids of a piece as masks with cost; ``cost`` holds what a plan pays for the grid."""

    def __init__(self, n: int, found: list[Found], steep: float) -> None:
        self.n = n
        words = (n + 63) // 64
        empty = Found(np.zeros((0, words), np.int64), np.zeros(0), np.zeros(0, np.int64))
        found = [empty, *found]
        self.mask = np.concatenate([f.mask for f in found])
        self.excess = np.concatenate([f.excess for f in found])
        self.cost = np.concatenate([f.cost for f in found]) + steep * self.excess

    def __len__(self) -> int:
        return len(self.cost)

    def reduced(self, prices: Prices, triples: Ints) -> Floats:
        """Reduced cost of every grid."""
        out = np.empty(len(self.cost))
        reduce_costs(self.mask, self.cost, byte_table(prices.node, self.mask.shape[1]), out)
        active = np.flatnonzero(prices.cut < -1e-12)
        charge_cuts(self.mask, triples[active], prices.cut[active], out)
        return out - prices.grid

    def sizes(self) -> Floats:
        """Number of nodes of every grid."""
        out = np.empty(len(self.cost))
        table = byte_table(-np.ones(self.n), self.mask.shape[1])
        reduce_costs(self.mask, np.zeros(len(out)), table, out)
        return out

    def inside(self, columns: Ints) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        """Which node lies in which of the columns, shape (columns, n)."""
        return members(self.mask[columns], self.n)


def pool_of(inside: NDArray[np.bool_], cost: Floats) -> Pool:
    """Grids within the range, shape (grids, n), and what a plan pays for each."""
    words = (inside.shape[1] + 63) // 64
    wide = np.zeros((len(inside), 64 * words), dtype=bool)
    wide[:, : inside.shape[1]] = inside
    mask = np.packbits(wide, axis=1, bitorder="little").view("<i8").astype(np.int64)
    return Pool(inside.shape[1], [Found(mask, cost, np.zeros(len(cost), dtype=np.int64))], 0.0)
