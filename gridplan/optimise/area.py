"""The surroundings of a root as bit masks: what a grid that starts there can reach.

Nodes out of reach are condensed into the components they form, so that not the piece but the
neighbourhood of a root must fit into a mask.
"""

from typing import NamedTuple

import numpy as np

from gridplan.optimise.compiled import kernel
from gridplan.optimise.piece import Kernel, Piece
from gridplan.optimise.problem import Floats, Ints

LOCAL = 62  # nodes of a signed 64-bit mask, with one bit to spare for the carry

_ISOLATE = 0x03F79D71B4CB0A89


def _bit_table() -> Ints:
    table = np.zeros(64, dtype=np.int64)
    for k in range(64):
        table[((_ISOLATE << k) & (2**64 - 1)) >> 58] = k
    return table


class Area(NamedTuple):
    """What a root can reach, as masks; the working memory of one root's enumeration."""

    bits: Ints
    node: Ints  # piece node of a local node, -1 for a condensed component
    place: Ints  # local node of a piece node, -1
    near: Ints
    clash: Ints
    cap: Ints
    split: Ints  # least excess of dividing n households into grids
    price: Floats  # of every piece node; then that of a grid, and what a grid may cost beyond
    ratio: Floats  # scratch of the bound: gain a household, households, households by label
    size: Ints
    ahead: Floats


class Stack(NamedTuple):
    """One row per depth of the search."""

    inside: Ints
    outside: Ints
    front: Ints
    number: Ints  # households that count for the range, all households, least excess of the rest
    money: Floats  # labels, cut
    seen: Ints
    old: Floats


@kernel
def lowest(bits: Ints, mask: int) -> int:
    """Position of the lowest set bit of a mask that is not 0."""
    place: int = bits[(((mask & -mask) * 0x03F79D71B4CB0A89) >> 58) & 63]
    return place


@kernel
def flood(area: Area, start: int, within: int) -> int:
    """Local nodes that ``start`` reaches inside ``within``."""
    seen = start
    front = start
    while front != 0:
        v = lowest(area.bits, front)
        front &= front - 1
        new = area.near[v] & within & ~seen
        seen |= new
        front |= new
    return seen


@kernel
def weigh(area: Area, mask: int) -> int:
    """Households of a set of local nodes."""
    total = 0
    while mask != 0:
        total += area.cap[lowest(area.bits, mask)]
        mask &= mask - 1
    return total


@kernel
def reachable(k: Kernel, rank: Ints, root: int, most: int, far: Ints) -> None:
    """Least households of a path from the root to every node of its rank or later, capped."""
    n = len(k.h)
    done = np.zeros(n, dtype=np.bool_)
    for v in range(n):
        far[v] = most + 1
    far[root] = k.cap[root]
    while True:
        best = -1
        for v in range(n):
            if not done[v] and far[v] <= most and (best < 0 or far[v] < far[best]):
                best = v
        if best < 0:
            return
        done[best] = True
        for e in range(k.ptr[best], k.ptr[best + 1]):
            u = k.adj[e]
            if rank[u] >= rank[root] and far[best] + k.cap[u] < far[u]:
                far[u] = far[best] + k.cap[u]


@kernel
def clashes(k: Kernel, a: int, b: int) -> bool:
    """Whether two nodes may not share a grid."""
    found = False
    for layer in range(k.nest.shape[0]):
        if k.nest[layer, a] >= 0 and k.nest[layer, b] >= 0:
            found |= k.nest[layer, a] != k.nest[layer, b]
    for e in range(k.aptr[a], k.aptr[a + 1]):
        found |= k.apart[e] == b
    return found


@kernel
def condense_rest(k: Kernel, area: Area, far: Ints, most: int, first: int) -> int:
    """Give each component out of reach one local node; return the number of local nodes."""
    n = len(k.h)
    count = first
    queue = np.empty(n, dtype=np.int64)
    for start in range(n):
        if far[start] <= most or area.place[start] >= 0:
            continue
        if count >= 62:
            return 63
        area.place[start] = count
        queue[0] = start
        size = 1
        head = 0
        while head < size:
            v = queue[head]
            head += 1
            area.cap[count] += k.cap[v]
            for e in range(k.ptr[v], k.ptr[v + 1]):
                u = k.adj[e]
                if far[u] > most and area.place[u] < 0:
                    area.place[u] = count
                    queue[size] = u
                    size += 1
        count += 1
    return count


@kernel
def survey(k: Kernel, far: Ints, order: Ints, most: int, area: Area) -> int:
    """Fill the area of a root; return its number of reachable nodes, or -1 when too many.

    Local nodes are numbered in the order given, and decided in that order.
    """
    area.near[:] = 0
    area.clash[:] = 0
    area.cap[:] = 0
    area.node[:] = -1
    free = 0
    area.place[:] = -1
    for v in order:
        if far[v] <= most:
            if free >= 62:
                return -1
            area.place[v] = free
            area.node[free] = v
            area.cap[free] = k.cap[v]
            free += 1
    count = condense_rest(k, area, far, most, free)
    if count > 62:
        return -1
    area.node[62] = count
    link(k, area, free)
    return free


@kernel
def link(k: Kernel, area: Area, free: int) -> None:
    """Fill in which local nodes touch, and which may not share a grid."""
    for v in range(len(k.h)):
        for e in range(k.ptr[v], k.ptr[v + 1]):
            if area.place[v] != area.place[k.adj[e]]:
                area.near[area.place[v]] |= 1 << area.place[k.adj[e]]
    for a in range(free):
        for b in range(free):
            if a != b and clashes(k, area.node[a], area.node[b]):
                area.clash[a] |= 1 << b


def sweep_order(piece: Piece) -> Ints:
    """Rank of every node in a breadth-first sweep from a node at the rim."""
    n, k = piece.n, piece.kernel
    start = 0
    rank = np.empty(n, dtype=np.int64)
    for _ in range(3):
        seen = np.zeros(n, dtype=bool)
        seen[start] = True
        queue = [start]
        for v in queue:
            for u in k.adj[k.ptr[v] : k.ptr[v + 1]].tolist():
                if not seen[u]:
                    seen[u] = True
                    queue.append(u)
        rank[queue] = np.arange(len(queue))
        start = queue[-1]
    return rank


BITS = _bit_table()
