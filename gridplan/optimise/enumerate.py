"""Every connected grid of a piece that could be part of a plan, in compiled code.

Grids are grown node by node from a root, each set once: later siblings exclude earlier ones. A
branch dies as soon as a component of what is left over could not be divided into grids any more;
what would be cut off and is too small for a grid is taken along at once. The cost is kept while a
set grows. Where prices of nodes are given, a branch also dies as soon as no completion can have a
small reduced cost: this reaches much further than the whole pool does.
"""

from typing import NamedTuple

import numpy as np

from gridplan.optimise.area import (
    BITS,
    LOCAL,
    Area,
    Stack,
    flood,
    lowest,
    reachable,
    survey,
    sweep_order,
    weigh,
)
from gridplan.optimise.compiled import kernel
from gridplan.optimise.piece import Kernel, Piece
from gridplan.optimise.problem import Floats, Ints
from gridplan.optimise.promise import promising, worth


class Found(NamedTuple):
    """Grids found: masks over piece nodes, cost, excess."""

    mask: Ints
    cost: Floats
    excess: Ints


@kernel
def join(k: Kernel, area: Area, stack: Stack, d: int, v: int) -> None:
    """Add a local node to the set at depth d: households, labels, cut and origin."""
    node = area.node[v]
    stack.number[d, 0] += k.cap[node]
    stack.number[d, 1] += k.h[node]
    for e in range(k.lptr[node], k.lptr[node + 1]):
        label = k.lid[e]
        if stack.seen[d, label] == 0:
            stack.seen[d, label] = 1
            stack.money[d, 0] += k.lw[label]
    cut = k.deg[node]
    inside = stack.inside[d]
    for e in range(k.ptr[node], k.ptr[node + 1]):
        u = area.place[k.adj[e]]
        if (inside >> u) & 1:
            cut -= 2.0 * k.wt[e]
    stack.money[d, 1] += cut
    for e in range(k.optr[node], k.optr[node + 1]):
        stack.old[d, k.oid[e]] += k.oval[e]
    stack.inside[d] |= 1 << v


@kernel
def leftovers(area: Area, stack: Stack, d: int, inside: int, outside: int, least: int) -> int:
    """Components of what is left: those to take along as a mask, or -1 where one is hopeless."""
    whole = (1 << area.node[62]) - 1
    rest = whole & ~inside
    take = 0
    excess = 0
    while rest != 0:
        part = flood(area, rest & -rest, rest)
        rest &= ~part
        h = weigh(area, part)
        if h >= least:
            excess += area.split[h]
        elif part & outside == 0:
            take |= part
        else:
            return -1
    stack.number[d, 2] = excess
    return take


@kernel
def grow(k: Kernel, area: Area, stack: Stack, d: int, v: int, slack: int) -> bool:
    """Make the set at depth d + 1: that of depth d with node v and what this cuts off."""
    outside = stack.outside[d] | area.clash[v]
    inside = stack.inside[d] | (1 << v)
    take = leftovers(area, stack, d + 1, inside, outside, max(1, k.lo - slack))
    if take < 0:
        return False
    if stack.number[d, 0] + area.cap[v] + weigh(area, take) > k.hi + slack:
        return False
    stack.inside[d + 1] = stack.inside[d]
    stack.number[d + 1, 0] = stack.number[d, 0]
    stack.number[d + 1, 1] = stack.number[d, 1]
    stack.money[d + 1, 0] = stack.money[d, 0]
    stack.money[d + 1, 1] = stack.money[d, 1]
    for i in range(len(k.lw)):
        stack.seen[d + 1, i] = stack.seen[d, i]
    for i in range(k.olds):
        stack.old[d + 1, i] = stack.old[d, i]
    join(k, area, stack, d + 1, v)
    near = area.near[v] | stack.front[d]
    while take != 0:
        t = lowest(area.bits, take)
        take &= take - 1
        if (outside >> t) & 1:
            return False
        outside |= area.clash[t]
        near |= area.near[t]
        join(k, area, stack, d + 1, t)
    stack.outside[d + 1] = outside
    stack.front[d + 1] = near & ~outside & ~stack.inside[d + 1]
    priced = area.price[len(k.h) + 1] < 1e300
    if stack.number[d + 1, 0] >= k.lo - slack and not priced:
        return True
    whole = (1 << area.node[62]) - 1
    reach = flood(area, stack.inside[d + 1], whole & ~outside)
    if weigh(area, reach) < k.lo - slack:
        return False
    return not priced or promising(k, area, stack, d + 1, reach)


@kernel
def price_of(k: Kernel, households: int, labels: float, cut: float, old: Floats) -> float:
    """Cost of a set as a grid, by its households, labels, cut and households by old grid."""
    off = (households - k.target) / k.half
    cost = labels + 0.5 * cut + k.balance * off * off + k.per_grid
    if k.olds > 0:
        largest = 0.0
        total = 0.0
        for i in range(k.olds):
            total += old[i]
            largest = max(largest, old[i])
        cost += k.change * (total - largest)
    return float(cost)


@kernel
def parted(k: Kernel, area: Area, inside: int) -> bool:
    """Whether a set holds one node of a tied pair without the other."""
    for v in range(len(k.h)):
        for e in range(k.tptr[v], k.tptr[v + 1]):
            a = area.place[v]
            b = area.place[k.tied[e]]
            if (inside >> a) & 1 != (inside >> b) & 1:
                return True
    return False


@kernel
def emit(k: Kernel, area: Area, stack: Stack, d: int, slack: int, found: Found, at: int) -> int:
    """Write the set at depth d down where it could be a grid of a plan; return the next place."""
    h = stack.number[d, 0]
    excess = max(0, k.lo - h, h - k.hi)
    if h == 0 or excess + stack.number[d, 2] > slack:
        return at
    if len(k.tied) > 0 and parted(k, area, stack.inside[d]):
        return at
    for w in range(found.mask.shape[1]):
        found.mask[at, w] = 0
    inside = stack.inside[d]
    while inside != 0:
        node = area.node[lowest(area.bits, inside)]
        inside &= inside - 1
        found.mask[at, node >> 6] |= 1 << (node & 63)
    labels, cut = stack.money[d, 0], stack.money[d, 1]
    found.cost[at] = price_of(k, stack.number[d, 1], labels, cut, stack.old[d])
    if found.cost[at] - worth(k, area, stack.inside[d]) >= area.price[len(k.h) + 1]:
        return at
    found.excess[at] = excess
    return at + 1


@kernel
def walk(k: Kernel, area: Area, stack: Stack, control: Ints, found: Found, slack: int) -> None:
    """Search on until the tree, the steps or the room for grids are used up.

    ``control`` holds depth, steps done, step limit, grids found.
    """
    room = len(found.cost) - 1
    priced = area.price[len(k.h) + 1] < 1e300
    whole = (1 << area.node[62]) - 1
    while control[0] >= 0 and control[1] < control[2] and control[3] < room:
        d = control[0]
        front = stack.front[d]
        if front == 0:
            control[0] = d - 1
            continue
        v = lowest(area.bits, front)
        bit = 1 << v
        stack.front[d] = front ^ bit
        control[1] += 1
        if stack.number[d, 0] + area.cap[v] <= k.hi + slack and grow(k, area, stack, d, v, slack):
            control[0] = d + 1
            control[3] = emit(k, area, stack, d + 1, slack, found, control[3])
        stack.outside[d] |= bit
        if priced and stack.front[d] != 0 and stack.inside[d] != 0:
            reach = flood(area, stack.inside[d], whole & ~stack.outside[d])
            if weigh(area, reach) < k.lo - slack or not promising(k, area, stack, d, reach):
                stack.front[d] = 0


def plant(area: Area, stack: Stack, root: int, free: int) -> None:
    """Put the root's area on an empty stack."""
    count = int(area.node[62])
    stack.inside[0] = 0
    stack.outside[0] = ((1 << count) - 1) ^ ((1 << free) - 1)
    stack.front[0] = 1 << int(area.place[root])
    stack.number[0] = 0
    stack.money[0] = 0.0
    stack.seen[0] = 0
    stack.old[0] = 0.0


def least_split(total: int, lo: int, hi: int) -> Ints:
    """Least excess of dividing 0 to ``total`` households into grids, shape (total + 1,)."""
    h = np.arange(total + 1)
    down, up = np.maximum(h // lo, 1), -(-h // hi)
    few = np.maximum(up, 1)
    cheapest = np.minimum(
        np.maximum(0, np.maximum(down * lo - h, h - down * hi)),
        np.maximum(0, np.maximum(few * lo - h, h - few * hi)),
    )
    return np.asarray(cheapest, dtype=np.int64)


class Enumerator:
    """Enumerates the grids of a piece in portions, so that a limit or Ctrl-C can stop it between.

    Parameters
    ----------
    piece
        The piece.
    slack
        Largest excess that a plan worth finding can have, in households.
    prices
        Price of every node, then that of a grid, then the reduced cost from which on grids are left
        out, shape (n + 2,); None: all grids are wanted.
    """

    def __init__(self, piece: Piece, slack: int, prices: Floats | None = None) -> None:
        self.piece, self.slack = piece, slack
        n, depth = piece.n, LOCAL + 2
        k = piece.kernel
        ints = np.int64
        self.area = Area(
            BITS,
            np.zeros(64, ints),
            np.zeros(n, ints),
            np.zeros(64, ints),
            np.zeros(64, ints),
            np.zeros(64, ints),
            least_split(piece.total, k.lo, k.hi),
            np.concatenate([np.zeros(n + 1), [np.inf]]) if prices is None else prices,
            np.zeros(64),
            np.zeros(64, ints),
            np.zeros(max(1, len(k.lw))),
        )
        self.stack = Stack(
            np.zeros(depth, ints),
            np.zeros(depth, ints),
            np.zeros(depth, ints),
            np.zeros((depth, 3), ints),
            np.zeros((depth, 2)),
            np.zeros((depth, max(1, len(k.lw))), ints),
            np.zeros((depth, max(1, k.olds))),
        )
        self.rank = sweep_order(piece)
        self.roots = np.argsort(self.rank, kind="stable").tolist()
        self.control = np.array([-1, 0, 0, 0], dtype=ints)
        self.words = (n + 63) // 64
        self.root = -1
        self.done = False
        self.too_wide = False

    def portion(self, steps: int, room: int) -> Found:
        """Up to ``room`` further grids within ``steps`` further steps."""
        found = Found(
            np.zeros((room + 1, self.words), np.int64),
            np.zeros(room + 1),
            np.zeros(room + 1, np.int64),
        )
        control, k = self.control, self.piece.kernel
        control[2] = control[1] + steps
        control[3] = 0
        while control[1] < control[2] and control[3] < room:
            if control[0] < 0 and not self._next_root():
                break
            walk(k, self.area, self.stack, control, found, self.slack)
        count = int(control[3])
        return Found(found.mask[:count], found.cost[:count], found.excess[:count])

    def _next_root(self) -> bool:
        if not self.roots:
            self.done = True
            return False
        self.root = root = self.roots.pop(0)
        free = self._survey(root)
        if free < 0:
            self.done = self.too_wide = True
            return False
        plant(self.area, self.stack, root, free)
        self.control[0] = 0
        return True

    def fits(self) -> bool:
        """Whether every root's surroundings fit into a mask."""
        return all(self._survey(root) >= 0 for root in self.roots)

    def _survey(self, root: int) -> int:
        """Fill the area of a root, farthest nodes first: this ends hopeless branches soonest."""
        most = self.piece.terms.hi + self.slack
        far = np.empty(self.piece.n, dtype=np.int64)
        reachable(self.piece.kernel, self.rank, root, most, far)
        order = np.argsort(-far, kind="stable").astype(np.int64)
        return int(survey(self.piece.kernel, far, order, most, self.area))

    def begin(self, root: int, prices: Floats) -> None:
        """Start anew with a single root, at other prices."""
        self.area.price[:] = prices
        self.roots, self.root, self.done = [root], -1, False
        self.control[:] = (-1, 0, 0, 0)

    @property
    def steps(self) -> int:
        """Steps done so far."""
        return int(self.control[1])
