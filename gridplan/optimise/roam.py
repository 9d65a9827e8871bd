"""Grids of small reduced cost around known ones, by local search.

Column generation needs an exact search only to know that nothing is left: what prices make worth
adding mostly lies a few nodes away from the grids in use. A step here takes a fiftieth of the time
that `branch` takes for a least cut, and says nothing about bounds.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.area import clashes
from gridplan.optimise.compiled import kernel
from gridplan.optimise.decisions import rest_around
from gridplan.optimise.enumerate import least_split
from gridplan.optimise.piece import Kernel, Piece
from gridplan.optimise.problem import Floats, Ints
from gridplan.optimise.reduced import balance_of
from gridplan.optimise.triples import Triples, triples_of

STEPS = 40  # changes of a grid before the next has its turn
REST = 4  # changes during which a node that was changed is left alone, and up to two more
PART = 0.5  # of the best reduced cost so far from which on a grid is kept
ROOM = 4096  # grids kept at a time


class Walk(NamedTuple):
    """The set that is being changed, with the sums that make a change cheap to judge."""

    member: Ints  # 1 where a node is in, shape (n,)
    near: Ints  # neighbours that are in, shape (n,)
    until: Ints  # change from which on a node may be changed again
    label: Ints  # nodes in by label
    old: Floats  # households in by old grid
    pair: Ints  # nodes in by triple
    mark: Ints  # scratch
    queue: Ints
    size: Ints  # nodes, households for the range, and for the balance
    price: Floats  # of nodes, then of a household outside the range


@kernel
def moved(k: Kernel, w: Walk, v: int, sign: int) -> float:
    """What moving a set's node changes in the cost of households moved."""
    after, most, top = 0.0, 0.0, 0.0
    for e in range(k.optr[v], k.optr[v + 1]):
        w.old[k.oid[e]] += sign * k.oval[e]
        after += sign * k.oval[e]
    for i in range(k.olds):
        top = max(top, w.old[i])
    for e in range(k.optr[v], k.optr[v + 1]):
        w.old[k.oid[e]] -= sign * k.oval[e]
    for i in range(k.olds):
        most = max(most, w.old[i])
    return k.change * (after - top + most)


@kernel
def outside(k: Kernel, w: Walk, cap: int) -> float:
    """Price of the households by which a set misses the range."""
    return float(max(0, k.lo - cap, cap - k.hi) * w.price[len(k.h)])


@kernel
def shift(k: Kernel, w: Walk, x: Triples, v: int) -> float:
    """What changing sides changes for a node in the reduced cost, households outside included."""
    sign = 1 - 2 * w.member[v]
    border = 0.5 * k.deg[v]
    for e in range(k.ptr[v], k.ptr[v + 1]):
        if w.member[k.adj[e]] == 1:
            border -= k.wt[e]
    total = sign * (border - w.price[v])
    alone = 0 if sign > 0 else 1
    for e in range(k.lptr[v], k.lptr[v + 1]):
        if w.label[k.lid[e]] == alone:
            total += sign * k.lw[k.lid[e]]
    for i in range(x.ptr[v], x.ptr[v + 1]):
        if w.pair[x.which[i]] == 1 + alone:
            total += sign * x.price[x.which[i]]
    cap, h = w.size[1], w.size[2]
    total += balance_of(k, float(h + sign * k.h[v])) - balance_of(k, float(h))
    total += outside(k, w, cap + sign * k.cap[v]) - outside(k, w, cap)
    if k.change != 0.0 and k.optr[v] < k.optr[v + 1]:
        total += moved(k, w, v, sign)
    return float(total)


@kernel
def turn(k: Kernel, w: Walk, x: Triples, v: int) -> None:
    """Put a node in or out."""
    sign = 1 - 2 * w.member[v]
    w.member[v] += sign
    for e in range(k.ptr[v], k.ptr[v + 1]):
        w.near[k.adj[e]] += sign
    for e in range(k.lptr[v], k.lptr[v + 1]):
        w.label[k.lid[e]] += sign
    for e in range(k.optr[v], k.optr[v + 1]):
        w.old[k.oid[e]] += sign * k.oval[e]
    for i in range(x.ptr[v], x.ptr[v + 1]):
        w.pair[x.which[i]] += sign
    w.size[0] += sign
    w.size[1] += sign * k.cap[v]
    w.size[2] += sign * k.h[v]


@kernel
def connected_without(k: Kernel, w: Walk, v: int) -> bool:
    """Whether the set hangs together without one of its nodes."""
    start = -1
    for e in range(k.ptr[v], k.ptr[v + 1]):
        if w.member[k.adj[e]] == 1:
            start = k.adj[e]
    if start < 0:
        return False
    w.mark[:] = 0
    w.mark[start] = w.mark[v] = 1
    w.queue[0] = start
    head, tail = 0, 1
    while head < tail:
        for e in range(k.ptr[w.queue[head]], k.ptr[w.queue[head] + 1]):
            u = k.adj[e]
            if w.mark[u] == 0 and w.member[u] == 1:
                w.mark[u] = 1
                w.queue[tail] = u
                tail += 1
        head += 1
    whole: bool = tail == w.size[0] - 1
    return whole


@kernel
def allowed(k: Kernel, w: Walk, v: int) -> bool:
    """Whether a node may change sides as far as contiguity and hard rules go."""
    if w.member[v] == 1:
        return w.size[0] > 1 and connected_without(k, w, v)
    if k.nest.shape[0] == 0 and len(k.apart) == 0:
        return True
    agrees = True
    for u in range(len(k.h)):
        agrees &= w.member[u] == 0 or not clashes(k, v, u)
    return agrees


@kernel
def lawful(k: Kernel, w: Walk, split: Ints) -> bool:
    """Whether a set is within the range, holds what is tied, and leaves parts to be divided."""
    if w.size[1] < k.lo or w.size[1] > k.hi:
        return False
    for v in range(len(k.h)):
        for e in range(k.tptr[v], k.tptr[v + 1]):
            if w.member[v] != w.member[k.tied[e]]:
                return False
    w.mark[:] = 0
    for v in range(len(k.h)):
        if w.member[v] == 1 or w.mark[v] != 0:
            continue
        total = rest_around(k, w.queue, v, w.member, w.mark)
        if total < max(1, k.lo) or split[total] != 0:
            return False
    return True


@kernel
def best_turn(
    k: Kernel, w: Walk, x: Triples, step: int, value: float, best: float
) -> tuple[int, float]:
    """The node whose change of sides costs least, and what it costs; -1 where none may change."""
    found, least = -1, 1e300
    for v in range(len(k.h)):
        if w.member[v] == 0 and w.near[v] == 0:
            continue
        change = shift(k, w, x, v)
        if change >= least or (w.until[v] > step and value + change >= best - 1e-9):
            continue
        if allowed(k, w, v):
            found, least = v, change
    return found, least


@kernel
def roam(
    k: Kernel,
    w: Walk,
    x: Triples,
    split: Ints,
    start: NDArray[np.bool_],
    value: float,
    enough: float,
    steps: int,
    found: NDArray[np.bool_],
    at: int,
) -> int:
    """Change a set of reduced cost ``value`` step by step; keep cheap grids that it becomes.

    Returns the number of grids kept.
    """
    for v in range(len(k.h)):
        w.until[v] = 0
        if start[v] != (w.member[v] == 1):
            turn(k, w, x, v)
    best = enough
    for step in range(steps):
        v, change = best_turn(k, w, x, step, value, best)
        if v < 0 or at == len(found):
            break
        turn(k, w, x, v)
        value += change
        w.until[v] = step + 1 + REST + step % 3
        if value < PART * best and lawful(k, w, split):
            found[at] = w.member == 1
            at += 1
            best = min(best, value)
    return at


class Roamer:
    """Finds grids of small reduced cost around given ones.

    Parameters
    ----------
    piece
        The piece; its terms hold the range of a grid.
    """

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        k = self.kernel = piece.kernel
        self.split = least_split(piece.total, k.lo, k.hi)
        self.found = np.zeros((ROOM, piece.n), dtype=bool)
        self.cut(np.zeros((0, 3), dtype=np.int64))

    def cut(self, triples: Ints) -> None:
        """Count these triples of nodes, shape (triples, 3), in place of those before."""
        n, k, ints = self.piece.n, self.kernel, np.int64
        self.triples = triples_of(triples, n)
        self.walk = Walk(
            np.zeros(n, ints),
            np.zeros(n, ints),
            np.zeros(n, ints),
            np.zeros(max(1, len(k.lw)), ints),
            np.zeros(max(1, k.olds)),
            np.zeros(len(triples), ints),
            np.zeros(n, ints),
            np.zeros(n + 1, ints),
            np.zeros(3, ints),
            np.zeros(n + 1),
        )

    def around(
        self, starts: NDArray[np.bool_], value: Floats, price: Floats, enough: float
    ) -> NDArray[np.bool_]:
        """Grids whose reduced cost is below ``enough``, around those given.

        Parameters
        ----------
        starts, value
            Grids, shape (grids, n), and their reduced cost.
        price
            Price of every node, then that of a grid, then (0 or less) of every triple, shape
            (n + 1 + triples,).
        enough
            Reduced cost from which on grids are not kept, 0 or less.

        Returns
        -------
        ndarray
            Grids, each once, shape (grids, n).
        """
        n = self.piece.n
        self.walk.price[:n] = price[:n]
        self.walk.price[n] = np.abs(price[:n]).sum() / max(1, self.piece.total)
        self.triples.price[:] = -price[n + 1 :]
        at = 0
        for start, worth in zip(starts, value.tolist(), strict=True):
            at = roam(
                self.kernel,
                self.walk,
                self.triples,
                self.split,
                start,
                worth,
                enough,
                STEPS,
                self.found,
                at,
            )
        packed = np.packbits(self.found[:at], axis=1)
        return self.found[:at][np.sort(np.unique(packed, axis=0, return_index=True)[1])]
