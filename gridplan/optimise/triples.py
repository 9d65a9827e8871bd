"""Cuts on triples of nodes inside the pricing: of the grids with two of the three, a plan has one.

Every such cut has a price that a set with two or three nodes of the triple pays. That is not
submodular, so a least cut cannot hold it as it is. Once one of the nodes is decided to be in,
however, the other two are a label: who touches it pays. Until then the price is left out, which
keeps the bound valid (Jepsen et al. 2008 call the cuts subset-row inequalities).
"""

from typing import NamedTuple

import numpy as np

from gridplan.optimise.compiled import kernel
from gridplan.optimise.flow import FIXED, Network
from gridplan.optimise.problem import Floats, Ints


class Triples(NamedTuple):
    """Triples of nodes, with a node of the network each, behind those of the labels."""

    node: Ints  # shape (triples, 3)
    price: Floats  # 0 or more
    first: Ints  # the node that was the first to be in, or -1
    ptr: Ints  # triples of every node (CSR)
    which: Ints


def triples_of(node: Ints, n: int) -> Triples:
    """Triples of a piece with n nodes, without prices."""
    of = np.repeat(np.arange(len(node)), 3)
    order = np.lexsort((of, node.ravel()))
    ptr = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(node.ravel(), minlength=n), out=ptr[1:])
    first = np.full(len(node), -1, dtype=np.int64)
    return Triples(node, np.zeros(len(node)), first, ptr, of[order].astype(np.int64))


@kernel
def enter(net: Network, x: Triples, v: int) -> None:
    """Node v is in: of the triples that it is the first of, the other two become a label."""
    start = len(net.excess) - len(x.price)
    for i in range(x.ptr[v], x.ptr[v + 1]):
        triple = x.which[i]
        if x.first[triple] >= 0 or x.price[triple] <= 0.0:
            continue
        x.first[triple] = v
        a = start + triple
        net.excess[a] -= x.price[triple]
        for e in range(net.ptr[a], net.ptr[a + 1]):
            if net.to[e] == v:
                take_back(net, a, e, 0.0)


@kernel
def leave(net: Network, x: Triples, v: int) -> None:
    """Node v is free again."""
    start = len(net.excess) - len(x.price)
    for i in range(x.ptr[v], x.ptr[v + 1]):
        triple = x.which[i]
        if x.first[triple] != v:
            continue
        x.first[triple] = -1
        a = start + triple
        for e in range(net.ptr[a], net.ptr[a + 1]):
            take_back(net, a, e, FIXED)
        net.excess[a] = 0.0


@kernel
def take_back(net: Network, a: int, e: int, room: float) -> None:
    """Undo what flows into node a against its arc e, and leave that much room for it."""
    net.excess[net.to[e]] += net.left[e]
    net.excess[a] -= net.left[e]
    net.left[e] = 0.0
    net.left[net.back[e]] = room


@kernel
def toll(x: Triples, member: Ints, decided: bool) -> float:
    """What a set pays; with ``decided``, only for triples of which a node is decided to be in."""
    total = 0.0
    for i in range(len(x.price)):
        if x.price[i] <= 0.0 or (decided and x.first[i] < 0):
            continue
        if member[x.node[i, 0]] + member[x.node[i, 1]] + member[x.node[i, 2]] >= 2:
            total += x.price[i]
    return total
