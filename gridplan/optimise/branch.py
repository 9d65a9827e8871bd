"""Branch and bound for the connected grid of least reduced cost, one root after the other.

What `enumerate` does with masks and a knapsack, this does with arrays and least cuts: a step costs
twenty times as much, and reaches where masks end and where the knapsack sees nothing, because the
borders among free nodes count in the bound. A search that is stopped still leaves a valid bound:
the least of what was left open.
"""

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.area import reachable
from gridplan.optimise.budget import Budget
from gridplan.optimise.compiled import kernel
from gridplan.optimise.decisions import FREE, IN, OUT, Tree, decide, follow, put, undo
from gridplan.optimise.enumerate import least_split
from gridplan.optimise.flow import FIXED, Network, network, reset
from gridplan.optimise.piece import Kernel, Piece
from gridplan.optimise.problem import Floats, Ints
from gridplan.optimise.reduced import SAFE, around_root, charge, estimate, offer
from gridplan.optimise.triples import triples_of

FIRST, LATER = 12, 5  # household prices tried for the bound of a root, and of a branch
PORTION = 20_000  # cuts between two looks at the clock
ROOM = 8192  # sets kept between two harvests


@kernel
def towards(k: Kernel, t: Tree, root: int, member: Ints) -> int:
    """First node on the shortest way from the root's part of a set to another part, or -1."""
    tail = around_root(k, t, root, member)
    for i in range(tail):
        t.way[t.queue[i]] = -1
    head = 0
    while head < tail:
        v = t.queue[head]
        head += 1
        for e in range(k.ptr[v], k.ptr[v + 1]):
            u = k.adj[e]
            if t.mark[u] != 0 or t.state[u] == OUT:
                continue
            t.mark[u] = 1
            t.way[u] = v
            if member[u] == 1:
                first: int = u
                while t.way[t.way[first]] >= 0:
                    first = t.way[first]
                return first
            t.queue[tail] = u
            tail += 1
    return -1


@kernel
def choose_node(k: Kernel, t: Tree, root: int) -> int:
    """Node to decide next: on the way to a part cut off, else where two sets differ; -1: none."""
    for side in range(2):
        first: int = towards(k, t, root, t.sets[side])
        if first >= 0 and t.state[first] == FREE:
            return first
    best, size, differs = -1, -1, False
    for i in range(t.counts[0]):
        v = t.local[i]
        if t.state[v] != FREE:
            continue
        other = t.sets[0, v] != t.sets[1, v]
        if (other and not differs) or (other == differs and k.h[v] > size):
            best, size, differs = v, k.h[v], other
    return best


@kernel
def open_root(net: Network, t: Tree, k: Kernel, root: int, price: Floats) -> None:
    """Set the search up: local nodes, their costs, nothing decided."""
    n = len(k.h)
    reset(net)
    reachable(k, t.rank, root, k.hi, t.far)
    t.counts[:4] = 0
    t.sets[:] = 0
    t.member[:] = 0
    old = t.counts[4]
    for v in range(n):
        if t.far[v] > k.hi:
            t.state[v] = OUT
            net.excess[v] = -FIXED
            continue
        t.state[v] = FREE
        t.local[t.counts[0]] = v
        t.counts[0] += 1
        t.base[v] = -price[v]
        for e in range(k.optr[v], k.optr[v + 1]):
            if old >= 0 and k.oid[e] != old:
                t.base[v] += k.change * k.oval[e]
        net.excess[v] = -t.base[v]
        for e in range(k.ptr[v], k.ptr[v + 1]):
            if t.far[k.adj[e]] > k.hi:
                t.base[v] += 0.5 * k.wt[e]
    for i in range(len(k.lw)):
        net.excess[n + i] = -k.lw[i]
    t.triples.first[:] = -1


@kernel
def begin(
    net: Network,
    t: Tree,
    k: Kernel,
    root: int,
    price: Floats,
    enough: float,
    top: float,
    tighten: bool,
) -> None:
    """Start the search below a root for sets of reduced cost below ``enough``."""
    open_root(net, t, k, root, price)
    t.counts[5] = -1
    t.values[0] = 0.0
    t.values[1] = t.values[2] = enough - (k.per_grid - price[len(k.h)])
    if k.cap[root] > k.hi:
        return
    put(net, t, root, IN)
    if not follow(net, t, k, root):
        return
    charge(net, t, k, t.last[root])
    bound = estimate(net, t, k, root, FIRST, top, tighten)
    t.last[root] = t.values[0]
    if bound < t.values[1] - SAFE:
        t.counts[5] = descend(t, k, root, 0, bound, tighten)


@kernel
def walk(
    net: Network, t: Tree, k: Kernel, root: int, limit: int, top: float, tighten: bool
) -> None:
    """Search on until everything is searched, or cuts or the room for sets are used up."""
    depth = t.counts[5]
    while depth >= 0 and t.counts[2] < limit and t.counts[3] < len(t.found):
        if t.todo[depth] == 0 or t.bound[depth] >= t.values[1] - SAFE:
            depth -= 1
            continue
        undo(net, t, t.length[depth])
        charge(net, t, k, t.rate[depth])
        side = IN if t.todo[depth] == 2 else OUT
        t.todo[depth] -= 1
        if not decide(net, t, k, t.node[depth], side) or not follow(net, t, k, root):
            continue
        bound = max(t.bound[depth], estimate(net, t, k, root, LATER, top, tighten))
        if bound < t.values[1] - SAFE:
            depth = descend(t, k, root, depth + 1, bound, tighten)
    t.counts[5] = depth


@kernel
def least_open(t: Tree) -> float:
    """Least bound of what was not searched, or the limit that found sets have set."""
    left: float = t.values[1]
    for depth in range(t.counts[5] + 1):
        if t.todo[depth] > 0:
            left = min(left, t.bound[depth])
    return left


@kernel
def descend(t: Tree, k: Kernel, root: int, depth: int, bound: float, tighten: bool) -> int:
    """Note a branch to be searched; what is decided to the end is a leaf and is kept at once."""
    v = choose_node(k, t, root)
    if v < 0:
        if not tighten:
            for i in range(t.counts[0]):
                t.member[t.local[i]] = 1 if t.state[t.local[i]] == IN else 0
            offer(k, t, root, tighten)
        return depth - 1
    t.node[depth] = v
    t.todo[depth] = 2
    t.bound[depth] = bound
    t.rate[depth] = t.values[0]
    t.length[depth] = t.counts[1]
    return depth


def by_size(piece: Piece) -> Ints:
    """Rank of every node, most households first: later roots reach little."""
    rank = np.empty(piece.n, dtype=np.int64)
    rank[np.argsort(-piece.h, kind="stable")] = np.arange(piece.n)
    return rank


class Brancher:
    """Finds the grids of small reduced cost of a piece, whatever its size.

    Parameters
    ----------
    piece
        The piece; its terms hold the range of a grid.
    """

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self.collect = False  # whether a search for the best grid keeps others that it meets, too
        k = self.kernel = piece.kernel
        n, ints = piece.n, np.int64
        none = np.zeros((0, 3), ints)
        self.net = network(k, none)
        self.top = float(k.hi) if bool((piece.h == piece.cap).all()) else float(piece.h.sum())
        self.tree = Tree(
            rank=by_size(piece),
            split=least_split(piece.total, k.lo, k.hi),
            far=np.zeros(n, ints),
            local=np.zeros(n, ints),
            state=np.zeros(n, ints),
            trail=np.zeros(n, ints),
            base=np.zeros(n),
            labels=np.zeros(max(1, len(k.lw)), ints),
            mark=np.zeros(n, ints),
            queue=np.zeros(n, ints),
            way=np.zeros(n + 1, ints),
            member=np.zeros(n, ints),
            sets=np.zeros((2, n), ints),
            node=np.zeros(n + 2, ints),
            todo=np.zeros(n + 2, ints),
            length=np.zeros(n + 2, ints),
            rate=np.zeros(n + 2),
            bound=np.zeros(n + 2),
            last=np.zeros(n),
            counts=np.array([0, 0, 0, 0, -1, -1, 0], dtype=ints),
            values=np.zeros(3),
            found=np.zeros((ROOM, n), np.uint8),
            triples=triples_of(none, n),
        )

    def cut(self, triples: Ints) -> None:
        """Count these triples of nodes, shape (triples, 3), in place of those before."""
        self.net = network(self.kernel, triples)
        self.tree = self.tree._replace(triples=triples_of(triples, self.piece.n))

    def search(
        self,
        root: int,
        price: Floats,
        enough: float,
        limit: int,
        budget: Budget,
        *,
        tighten: bool,
    ) -> tuple[float, NDArray[np.bool_], int]:
        """Search the grids of one root.

        Parameters
        ----------
        root
            Node of the piece.
        price
            Price of every node, then that of a grid, then (0 or less) of every triple, shape
            (n + 1 + triples,).
        enough
            Reduced cost from which on grids are not looked for.
        limit
            Least cuts allowed.
        budget
            Watches the clock.
        tighten
            Whether only the best grid is looked for, and others kept that are met; else all are
            found.

        Returns
        -------
        tuple
            Lower bound of the reduced cost, at most ``enough``; grids found, shape (grids, n);
            cuts made.
        """
        t, k, cuts = self.tree, self.kernel, 0
        t.triples.price[:] = -price[len(k.h) + 1 :]
        t.counts[6] = self.collect
        bound, parts = enough, []
        for old in self._old_grids(root):
            t.counts[4] = old
            begin(self.net, t, k, root, price, enough, self.top, tighten)
            t.counts[2] = 0
            while t.counts[5] >= 0 and cuts < limit and not budget.over():
                portion = min(PORTION, limit - cuts)
                t.counts[2] = 0
                walk(self.net, t, k, root, portion, self.top, tighten)
                cuts += int(t.counts[2])
                if t.counts[3] == len(t.found):
                    parts.append(t.found.astype(bool))
                    t.counts[3] = 0
            cuts += 1
            bound = min(bound, least_open(t) + k.per_grid - price[len(k.h)])
            parts.append(t.found[: t.counts[3]].astype(bool))
        return bound, np.unique(np.concatenate(parts), axis=0), cuts

    def _old_grids(self, root: int) -> list[int]:
        """Old grids that a grid of this root may count as kept: each makes change a node cost."""
        k = self.kernel
        if not k.olds:
            return [-1]
        reachable(k, self.tree.rank, root, k.hi, self.tree.far)
        near = self.tree.far[self.piece.old.node] <= k.hi
        return np.unique(self.piece.old.index[near]).tolist() or [-1]
