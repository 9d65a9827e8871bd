"""All grids of a piece whose roots reach more nodes than a mask has bits.

The same tree as in `enumerate`, with arrays in place of masks: a step costs about as much, but only
what was found is tested for what it leaves over, so that far more steps are made.
"""

from typing import NamedTuple

import numpy as np

from gridplan.optimise.compiled import kernel
from gridplan.optimise.enumerate import Found, least_split, price_of
from gridplan.optimise.piece import Kernel, Piece
from gridplan.optimise.problem import Floats, Ints


class Growth(NamedTuple):
    """A set while it grows; rows by depth, the nodes in the order in which they came."""

    node: Ints
    place: Ints  # of the next candidate
    ready: Ints  # candidates
    households: Ints  # that count for the range, and all, shape (depths, 2)
    money: Floats  # labels and cut, shape (depths, 2)
    zone: Ints  # of every nested layer, -1 for none, shape (depths, layers)
    candidate: Ints
    met: Ints  # nodes: 1 where in the set, excluded or a candidate
    inside: Ints
    labels: Ints  # nodes of the set by label
    old: Floats
    queue: Ints
    mark: Ints
    split: Ints


@kernel
def fits(k: Kernel, g: Growth, d: int, v: int, most: int) -> bool:
    """Whether a node may join the set at depth d."""
    if g.households[d, 0] + k.cap[v] > most:
        return False
    for layer in range(k.nest.shape[0]):
        zone = k.nest[layer, v]
        if zone >= 0 and g.zone[d, layer] >= 0 and g.zone[d, layer] != zone:
            return False
    apart = False
    for e in range(k.aptr[v], k.aptr[v + 1]):
        apart |= g.inside[k.apart[e]] == 1
    return not apart


@kernel
def enter(k: Kernel, g: Growth, d: int, v: int) -> None:
    """Make the set at depth d that at depth d - 1 with a node more."""
    g.node[d] = v
    g.households[d, 0] = g.households[d - 1, 0] + k.cap[v]
    g.households[d, 1] = g.households[d - 1, 1] + k.h[v]
    for layer in range(k.nest.shape[0]):
        g.zone[d, layer] = max(g.zone[d - 1, layer], k.nest[layer, v])
    worth = g.money[d - 1, 0]
    for e in range(k.lptr[v], k.lptr[v + 1]):
        g.labels[k.lid[e]] += 1
        if g.labels[k.lid[e]] == 1:
            worth += k.lw[k.lid[e]]
    g.money[d, 0] = worth
    cut = g.money[d - 1, 1] + k.deg[v]
    count = g.ready[d - 1]
    for e in range(k.ptr[v], k.ptr[v + 1]):
        u = k.adj[e]
        if g.inside[u] == 1:
            cut -= 2.0 * k.wt[e]
        if g.met[u] == 0:
            g.met[u] = 1
            g.candidate[count] = u
            count += 1
    g.money[d, 1] = cut
    g.ready[d] = count
    g.place[d] = g.place[d - 1]
    for e in range(k.optr[v], k.optr[v + 1]):
        g.old[k.oid[e]] += k.oval[e]
    g.inside[v] = 1


@kernel
def leave(k: Kernel, g: Growth, d: int) -> None:
    """Take back what came at depth d."""
    v = g.node[d]
    g.inside[v] = 0
    for e in range(k.lptr[v], k.lptr[v + 1]):
        g.labels[k.lid[e]] -= 1
    for e in range(k.optr[v], k.optr[v + 1]):
        g.old[k.oid[e]] -= k.oval[e]
    for i in range(g.ready[d - 1], g.ready[d]):
        g.met[g.candidate[i]] = 0


@kernel
def rest_splits(k: Kernel, g: Growth, most: int) -> int:
    """Least excess of what a set leaves over, once above ``most`` no matter by how much."""
    excess: int = 0
    for v in range(len(k.h)):
        g.mark[v] = g.inside[v]
    for start in range(len(k.h)):
        if g.mark[start] == 1:
            continue
        g.mark[start] = 1
        g.queue[0] = start
        head, tail, total = 0, 1, 0
        while head < tail:
            v = g.queue[head]
            head += 1
            total += k.cap[v]
            for e in range(k.ptr[v], k.ptr[v + 1]):
                u = k.adj[e]
                if g.mark[u] == 0:
                    g.mark[u] = 1
                    g.queue[tail] = u
                    tail += 1
        excess += g.split[total]
        if excess > most:
            return excess
    return excess


@kernel
def parted(k: Kernel, g: Growth, d: int) -> bool:
    """Whether the set at depth d holds one node of a tied pair without the other."""
    for i in range(1, d + 1):
        v = g.node[i]
        for e in range(k.tptr[v], k.tptr[v + 1]):
            if g.inside[k.tied[e]] == 0:
                return True
    return False


@kernel
def keep(k: Kernel, g: Growth, d: int, slack: int, found: Found, at: int) -> int:
    """Write the set at depth d down where it could be a grid of a plan; return the next place."""
    cap = g.households[d, 0]
    excess = max(0, k.lo - cap, cap - k.hi)
    if cap == 0 or excess > slack or parted(k, g, d):
        return at
    if rest_splits(k, g, slack - excess) > slack - excess:
        return at
    for w in range(found.mask.shape[1]):
        found.mask[at, w] = 0
    for i in range(1, d + 1):
        v = g.node[i]
        found.mask[at, v >> 6] |= 1 << (v & 63)
    found.cost[at] = price_of(k, g.households[d, 1], g.money[d, 0], g.money[d, 1], g.old)
    found.excess[at] = excess
    return at + 1


@kernel
def walk(k: Kernel, g: Growth, control: Ints, found: Found, slack: int) -> None:
    """Search on until the tree, the steps or the room for grids are used up.

    ``control`` holds depth, steps done, step limit, grids found.
    """
    room = len(found.cost)
    while control[0] > 0 and control[1] < control[2] and control[3] < room:
        d = control[0]
        if g.place[d] == g.ready[d]:
            leave(k, g, d)
            control[0] = d - 1
            continue
        v = g.candidate[g.place[d]]
        g.place[d] += 1
        control[1] += 1
        if fits(k, g, d, v, k.hi + slack):
            enter(k, g, d + 1, v)
            control[0] = d + 1
            control[3] = keep(k, g, d + 1, slack, found, control[3])


class WideEnumerator:
    """Enumerates the grids of a piece in portions, as `Enumerator` does.

    Parameters
    ----------
    piece, slack
        As of `Enumerator`.
    each
        Steps that one root may take: where it takes more, the piece has too many grids.
    """

    def __init__(self, piece: Piece, slack: int, each: int) -> None:
        self.piece, self.slack, self.each = piece, slack, each
        k, n, ints = piece.kernel, piece.n, np.int64
        layers = k.nest.shape[0]
        self.growth = Growth(
            node=np.zeros(n + 2, ints),
            place=np.zeros(n + 2, ints),
            ready=np.zeros(n + 2, ints),
            households=np.zeros((n + 2, 2), ints),
            money=np.zeros((n + 2, 2)),
            zone=np.full((n + 2, layers), -1, ints),
            candidate=np.zeros(n, ints),
            met=np.zeros(n, ints),
            inside=np.zeros(n, ints),
            labels=np.zeros(max(1, len(k.lw)), ints),
            old=np.zeros(max(1, k.olds)),
            queue=np.zeros(n, ints),
            mark=np.zeros(n, ints),
            split=least_split(piece.total, k.lo, k.hi),
        )
        self.roots = np.argsort(-piece.cap, kind="stable").tolist()
        self.past: list[int] = []
        self.control = np.array([0, 0, 0, 0], dtype=ints)
        self.began = 0
        self.done = self.too_wide = False

    @property
    def steps(self) -> int:
        """Steps done so far."""
        return int(self.control[1])

    def portion(self, steps: int, room: int) -> Found:
        """Up to ``room`` further grids within ``steps`` further steps."""
        words = (self.piece.n + 63) // 64
        found = Found(np.zeros((room, words), np.int64), np.zeros(room), np.zeros(room, np.int64))
        control = self.control
        control[2:] = control[1] + steps, 0
        while control[1] < control[2] and control[3] < room:
            if control[0] == 0 and not self._next_root(found):
                break
            walk(self.piece.kernel, self.growth, control, found, self.slack)
            if control[1] - self.began > self.each:
                self.done = self.too_wide = True
                break
        count = int(control[3])
        return Found(found.mask[:count], found.cost[:count], found.excess[:count])

    def _next_root(self, found: Found) -> bool:
        """Begin with the next root; sets of earlier ones are all known."""
        g, k, control = self.growth, self.piece.kernel, self.control
        if not self.roots:
            self.done = True
            return False
        root = self.roots.pop(0)
        self.began = self.steps
        g.met[:] = 0
        g.met[[*self.past, root]] = 1
        self.past.append(root)
        g.place[0] = g.ready[0] = 0
        if k.cap[root] <= k.hi + self.slack:
            enter(k, g, 1, root)
            control[0] = 1
            control[3] = keep(k, g, 1, self.slack, found, int(control[3]))
        return True
