"""Working memory for cutting grids anew, and what is the same for all cuts of a piece."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.compiled import kernel
from gridplan.optimise.piece import Kernel, Piece
from gridplan.optimise.problem import Floats, Ints

TABLE = 1 << 20  # entries of the table of labels by subtree


class Desk(NamedTuple):
    """Working memory of a cut, and what is the same for all cuts of a piece."""

    tail: Ints  # node from which an entry of the adjacency leaves
    liking: Floats  # how gladly a tree takes an entry of the adjacency
    tour: Ints  # all nodes, neighbours close to each other
    node: Ints  # nodes of the joined grids
    place: Ints  # their position in `node`, else -1
    part: Ints  # of every joined node: the grid it is to get
    order: Ints  # positions in the order in which the tree met them
    up: Ints
    depth: Ints
    rim: Ints
    cap: Ints
    h: Ints
    cut: Floats
    label: NDArray[np.int32]
    local: Ints  # column of a label, else -1
    names: Ints  # label of a column
    slot: Ints  # rows of the grids joined and of those made, old grids of joined nodes after them


def fresh_desk(piece: Piece) -> Desk:
    """Working memory for a piece."""
    k, n = piece.kernel, piece.n
    tail = np.repeat(np.arange(n), np.diff(k.ptr))
    liking = k.wt.copy()
    common = np.zeros(len(k.adj))
    shared_weight(k, tail, common)
    liking += common
    floor = float(np.median(liking)) if len(liking) else 1.0
    ints = [np.zeros(n + 1, dtype=np.int64) for _ in range(8)]
    tour = np.empty(n, dtype=np.int64)
    walk(k, tour)
    return Desk(
        tail=tail,
        liking=liking + 0.1 * floor + 1e-9,
        tour=tour,
        node=ints[0],
        place=np.full(n, -1, dtype=np.int64),
        part=ints[1],
        order=ints[2],
        up=ints[3],
        depth=ints[4],
        rim=np.zeros(len(k.adj) + 1, dtype=np.int64),
        cap=ints[5],
        h=ints[6],
        cut=np.zeros(n + 1),
        label=np.zeros(TABLE, dtype=np.int32),
        local=np.full(len(k.lw) + 1, -1, dtype=np.int64),
        names=np.zeros(len(k.lw) + 1, dtype=np.int64),
        slot=np.zeros(8, dtype=np.int64),
    )


@kernel
def shared_weight(k: Kernel, tail: Ints, common: Floats) -> None:
    """Weight of the labels that both ends of every entry of the adjacency touch."""
    for e in range(len(tail)):
        for i in range(k.lptr[tail[e]], k.lptr[tail[e] + 1]):
            for j in range(k.lptr[k.adj[e]], k.lptr[k.adj[e] + 1]):
                if k.lid[i] == k.lid[j]:
                    common[e] += 0.5 * k.lw[k.lid[i]]


@kernel
def walk(k: Kernel, tour: Ints) -> None:
    """All nodes of a connected piece in breadth-first order."""
    seen = np.zeros(len(tour), dtype=np.bool_)
    size = 0
    for start in range(len(tour)):
        if seen[start]:
            continue
        seen[start] = True
        tour[size] = start
        head = size
        size += 1
        while head < size:
            v = tour[head]
            head += 1
            for e in range(k.ptr[v], k.ptr[v + 1]):
                if not seen[k.adj[e]]:
                    seen[k.adj[e]] = True
                    tour[size] = k.adj[e]
                    size += 1
