"""A connected part of a problem as arrays: what the exact engine and the search work on.

Nodes are contracted units. Cost is separable by grid: labels touched (a label is a zone of one
layer), half the cut border, balance, a constant and the households moved; `constant` holds what no
plan can change. Range is judged by `cap`, the households of a node cut off at the maximum, so that
the breach which a single oversized block forces is left out: what remains is called the excess.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.problem import Floats, Ints


class Kernel(NamedTuple):
    """The arrays of a piece in the form that compiled code reads (CSR).

    ``low`` and ``top`` are the least and the most of ``h`` that a grid in the range can have.
    """

    h: Ints
    cap: Ints
    ptr: Ints
    adj: Ints
    wt: Floats
    deg: Floats
    lptr: Ints
    lid: Ints
    lw: Floats
    nest: Ints
    aptr: Ints
    apart: Ints
    tptr: Ints
    tied: Ints
    optr: Ints
    oid: Ints
    oval: Floats
    olds: int
    low: int
    top: int
    lo: int
    hi: int
    target: float
    half: float
    balance: float
    per_grid: float
    change: float


class Terms(NamedTuple):
    """Range and weights, the same for all pieces of a problem."""

    lo: int
    hi: int
    target: float
    half: float
    balance: float
    per_grid: float
    change: float


class Pairs(NamedTuple):
    """A sparse table: a node, an index (of a label or an old grid) and a value per row."""

    node: Ints
    index: Ints  # type: ignore[assignment]
    value: Floats


@dataclass(frozen=True, eq=False)
class Piece:
    """A connected part of the contracted graph, see the module's head.

    Parameters
    ----------
    h, cap
        What balance goes by of every node, households or a load, and the households that count
        for the range, shape (n,).
    u, v, w
        Edges with u < v and their cost where cut, shape (m,).
    labels, label_weight
        Which node touches which label; cost of a (grid, label) pair.
    nest
        Zone of every node per nested layer, -1 for none, shape (layers, n).
    apart, tied
        Pairs of nodes that may not, and that must, share a grid, shape (a, 2).
    old
        Households of every node by old grid.
    terms
        Range and weights.
    constant
        Cost that no plan changes.
    steep
        Part of a label's weight that outranks the cost, for zones that should stay whole and
        cannot; 0: no label has it. Labels that weigh less do not have it.
    """

    h: Ints
    cap: Ints
    u: Ints
    v: Ints
    w: Floats
    labels: Pairs
    label_weight: Floats
    nest: Ints
    apart: Ints
    tied: Ints
    old: Pairs
    terms: Terms
    constant: float = 0.0
    steep: float = 0.0

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.h)

    @cached_property
    def total(self) -> int:
        """Households that count for the range."""
        return int(self.cap.sum())

    @cached_property
    def kernel(self) -> Kernel:
        """The same piece for compiled code."""
        n = self.n
        both = (np.concatenate([self.u, self.v]), np.concatenate([self.v, self.u]))
        ptr, adj, wt = _csr(n, both[0], both[1], np.concatenate([self.w, self.w]))
        lptr, lid, _ = _csr(n, self.labels.node, self.labels.index, self.labels.value)
        aptr, apart = _both_ways(n, self.apart)
        tptr, tied = _both_ways(n, self.tied)
        optr, oid, oval = _csr(n, self.old.node, self.old.index, self.old.value)
        return Kernel(
            h=self.h,
            cap=self.cap,
            ptr=ptr,
            adj=adj,
            wt=wt,
            deg=np.bincount(both[0], np.concatenate([self.w, self.w]), n).astype(np.float64),
            lptr=lptr,
            lid=lid,
            lw=self.label_weight,
            nest=np.ascontiguousarray(self.nest),
            aptr=aptr,
            apart=apart,
            tptr=tptr,
            tied=tied,
            optr=optr,
            oid=oid,
            oval=oval,
            olds=int(self.old.index.max()) + 1 if len(self.old.index) else 0,
            low=self.terms.lo if bool((self.h >= self.cap).all()) else 0,
            top=self.terms.hi if bool((self.h <= self.cap).all()) else int(self.h.sum()),
            **self.terms._asdict(),
        )

    def induced(self, nodes: Ints) -> "Piece":
        """The piece on some of the nodes, given in ascending order; edges outside are left out."""
        place = np.full(self.n, -1, dtype=np.int64)
        place[nodes] = np.arange(len(nodes))
        inside = (place[self.u] >= 0) & (place[self.v] >= 0)
        return replace(
            self,
            h=self.h[nodes],
            cap=self.cap[nodes],
            u=place[self.u[inside]],
            v=place[self.v[inside]],
            w=self.w[inside],
            labels=_select(self.labels, place),
            nest=self.nest[:, nodes],
            apart=_within(place[self.apart]),
            tied=_within(place[self.tied]),
            old=_select(self.old, place),
            constant=0.0,
        ).trimmed()

    def condensed(self, group: Ints, count: int) -> "Piece":
        """The piece whose nodes are groups of this one's nodes, numbered 0 to count - 1."""
        u, v, w = merge_edges(group[self.u], group[self.v], self.w)
        nest = np.full((len(self.nest), count), -1, dtype=np.int64)
        for layer, zones in enumerate(self.nest):
            np.maximum.at(nest[layer], group, zones)
        return replace(
            self,
            h=np.bincount(group, self.h, count).astype(np.int64),
            cap=np.bincount(group, self.cap, count).astype(np.int64),
            u=u,
            v=v,
            w=w,
            labels=merge_pairs(self.labels._replace(node=group[self.labels.node])),
            nest=nest,
            apart=group[self.apart],
            tied=group[self.tied],
            old=merge_pairs(self.old._replace(node=group[self.old.node])),
        ).trimmed()

    def trimmed(self) -> "Piece":
        """The same piece with the labels of a single node moved into the constant."""
        times = np.bincount(self.labels.index, minlength=len(self.label_weight))
        alive = np.flatnonzero(times > 1)
        place = np.full(len(times), -1, dtype=np.int64)
        place[alive] = np.arange(len(alive))
        keep = place[self.labels.index] >= 0
        node, index, value = (
            self.labels.node[keep],
            self.labels.index[keep],
            self.labels.value[keep],
        )
        olds, old_index = np.unique(self.old.index, return_inverse=True)
        del olds
        return replace(
            self,
            labels=Pairs(node, place[index], value),
            label_weight=self.label_weight[alive],
            old=self.old._replace(index=old_index.astype(np.int64)),
            constant=self.constant + float(self.label_weight[times == 1].sum()),
        )


def _within(pairs: Ints) -> Ints:
    """The pairs with both ends present."""
    return pairs[(pairs >= 0).all(axis=1)]


def _both_ways(n: int, pairs: Ints) -> tuple[Ints, Ints]:
    ends = np.concatenate([pairs, pairs[:, ::-1]])
    ends = ends[ends[:, 0] != ends[:, 1]]
    ptr, other, _ = _csr(n, ends[:, 0], ends[:, 1], np.zeros(len(ends)))
    return ptr, other


def _select(pairs: Pairs, place: Ints) -> Pairs:
    keep = place[pairs.node] >= 0
    return Pairs(place[pairs.node[keep]], pairs.index[keep], pairs.value[keep])


def _csr(n: int, node: Ints, other: Ints, value: Floats) -> tuple[Ints, Ints, Floats]:
    order = np.lexsort((other, node))
    ptr = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(node, minlength=n), out=ptr[1:])
    return ptr, other[order].astype(np.int64), value[order].astype(np.float64)


def merge_edges(u: Ints, v: Ints, w: Floats) -> tuple[Ints, Ints, Floats]:
    """Edges with both ends apart, each pair once with the sum of its costs, u < v, sorted."""
    keep = u != v
    pair = np.column_stack([np.minimum(u, v)[keep], np.maximum(u, v)[keep]])
    unique, inverse = np.unique(pair, axis=0, return_inverse=True)
    total: Floats = np.bincount(inverse.ravel(), w[keep], len(unique)).astype(np.float64)
    return unique[:, 0].astype(np.int64), unique[:, 1].astype(np.int64), total


def merge_pairs(pairs: Pairs) -> Pairs:
    """The same table with each (node, index) once and its values summed, sorted."""
    key = np.column_stack([pairs.node, pairs.index])
    unique, inverse = np.unique(key, axis=0, return_inverse=True)
    value = np.bincount(inverse.ravel(), pairs.value, len(unique)).astype(np.float64)
    return Pairs(unique[:, 0].astype(np.int64), unique[:, 1].astype(np.int64), value)


class Score(NamedTuple):
    """What a plan of a piece is judged by, smaller is better, in this order."""

    broken: int
    excess: int
    cost: float


def score(piece: Piece, plan: NDArray[np.integer]) -> Score:
    """Broken hard rules, excess in households and cost of a plan of a piece, by plain code."""
    labels, grid = np.unique(plan, return_inverse=True)
    count, terms = len(labels), piece.terms
    h = np.bincount(grid, piece.h, count)
    cap = np.bincount(grid, piece.cap, count).astype(np.int64)
    excess = int(np.maximum(0, np.maximum(terms.lo - cap, cap - terms.hi)).sum())
    touched = np.unique(np.column_stack([grid[piece.labels.node], piece.labels.index]), axis=0)
    cost = piece.constant + float(piece.label_weight[touched[:, 1]].sum())
    cost += float(piece.w[grid[piece.u] != grid[piece.v]].sum())
    cost += terms.balance * float((((h - terms.target) / terms.half) ** 2).sum())
    cost += terms.per_grid * count + terms.change * _moved(piece.old, grid)
    broken = int((grid[piece.apart[:, 0]] == grid[piece.apart[:, 1]]).sum())
    broken += int((grid[piece.tied[:, 0]] != grid[piece.tied[:, 1]]).sum())
    broken += sum(_zones_beyond_one(grid, zones) for zones in piece.nest)
    broken += int((cap == 0).sum()) if piece.total else 0
    return Score(broken, excess, cost)


def _zones_beyond_one(grid: Ints, zones: Ints) -> int:
    known = zones >= 0
    pairs = np.unique(np.column_stack([grid[known], zones[known]]), axis=0)
    return len(pairs) - len(np.unique(pairs[:, 0]))


def _moved(old: Pairs, grid: Ints) -> float:
    if not len(old.node):
        return 0.0
    table = merge_pairs(old._replace(node=grid[old.node]))
    largest = np.zeros(int(table.node.max()) + 1)
    np.maximum.at(largest, table.node, table.value)
    return float(table.value.sum() - largest.sum())
