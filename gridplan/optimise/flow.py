"""Least cuts that forget contiguity: the bound behind `branch`.

The cost of a grid without its contiguity is submodular: a border counts where it is cut, a label
where it is touched. With a price on households in place of the range and of the balance, the set of
least cost is one side of a minimum cut, and its cost is a lower bound for every connected grid.

The network is kept from one question to the next: what is decided about a node, and what a
household costs, only change what flows in and out of the node itself (Kohli and Torr 2005).
"""

from typing import NamedTuple

import numpy as np

from gridplan.optimise.compiled import kernel
from gridplan.optimise.piece import Kernel
from gridplan.optimise.problem import Floats, Ints

FIXED = 1e6  # above any cost: what keeps a decided node on its side
TINY = 1e-11


class Network(NamedTuple):
    """Nodes of a piece, its labels, then triples, with arcs both ways (CSR), and scratch memory.

    ``excess`` is what may still flow from the source into a node, or, below 0, on to the sink;
    ``side`` marks the nodes on the side of the source, which form the set.
    """

    ptr: Ints
    to: Ints
    back: Ints
    full: Floats
    left: Floats
    excess: Floats
    level: Ints
    at: Ints
    queue: Ints
    side: Ints
    path: Ints


def network(k: Kernel, triples: Ints) -> Network:
    """The empty network of a piece and of triples of its nodes, shape (triples, 3)."""
    n, labels = len(k.h), len(k.lw) + len(triples)
    node = np.repeat(np.arange(n), np.diff(k.ptr))
    holder = np.concatenate([np.repeat(np.arange(n), np.diff(k.lptr)), triples.ravel()])
    label = np.concatenate([k.lid, len(k.lw) + np.repeat(np.arange(len(triples)), 3)])
    tail = np.concatenate([node, holder, n + label])
    head = np.concatenate([k.adj, n + label, holder])
    room = np.concatenate([0.5 * k.wt, np.full(len(holder), FIXED), np.zeros(len(holder))])
    order = np.lexsort((head, tail))
    tail, head, room = tail[order], head[order], room[order]
    ptr = np.zeros(n + labels + 1, dtype=np.int64)
    np.cumsum(np.bincount(tail, minlength=n + labels), out=ptr[1:])
    back = np.empty(len(tail), dtype=np.int64)
    back[np.lexsort((tail, head))] = np.arange(len(tail))
    size = n + labels
    return Network(
        ptr,
        head.astype(np.int64),
        back,
        room,
        room.copy(),
        np.zeros(size),
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
        np.zeros(size, np.int64),
    )


@kernel
def layered(net: Network) -> bool:
    """Number nodes by their distance from the source; whether the sink can be reached."""
    size = len(net.excess)
    tail = 0
    for v in range(size):
        net.level[v] = -1
        net.at[v] = net.ptr[v]
        if net.excess[v] > TINY:
            net.level[v] = 0
            net.queue[tail] = v
            tail += 1
    head = 0
    reached = False
    while head < tail:
        v = net.queue[head]
        head += 1
        if net.excess[v] < -TINY:
            reached = True
            continue
        for e in range(net.ptr[v], net.ptr[v + 1]):
            u = net.to[e]
            if net.level[u] < 0 and net.left[e] > TINY:
                net.level[u] = net.level[v] + 1
                net.queue[tail] = u
                tail += 1
    return reached


@kernel
def advance(net: Network, v: int) -> int:
    """Next arc from a node that still has room and leads one layer on, or -1."""
    while net.at[v] < net.ptr[v + 1]:
        e = net.at[v]
        if net.left[e] > TINY and net.level[net.to[e]] == net.level[v] + 1:
            found: int = e
            return found
        net.at[v] += 1
    return -1


@kernel
def send(net: Network, start: int, end: int, length: int) -> int:
    """Send what the path of that length can take; return how much of the path is left open."""
    amount = min(net.excess[start], -net.excess[end])
    for i in range(length):
        amount = min(amount, net.left[net.path[i]])
    net.excess[start] -= amount
    net.excess[end] += amount
    kept = length
    for i in range(length - 1, -1, -1):
        e = net.path[i]
        net.left[e] -= amount
        net.left[net.back[e]] += amount
        if net.left[e] <= TINY:
            kept = i
    return kept


@kernel
def push(net: Network, start: int) -> None:
    """Send along shortest ways what the source still has for ``start`` (Dinic)."""
    length = 0
    v = start
    while net.excess[start] > TINY:
        if net.excess[v] < -TINY:
            kept = send(net, start, v, length)
            if kept < length:
                v = net.to[net.back[net.path[kept]]]
                length = kept
            continue
        e = advance(net, v)
        if e >= 0:
            net.path[length] = e
            length += 1
            v = net.to[e]
        elif length == 0:
            return
        else:
            length -= 1
            v = net.to[net.back[net.path[length]]]
            net.at[v] += 1


@kernel
def cut(net: Network) -> None:
    """Let everything flow that can; ``side`` then marks the least set of least cost."""
    size = len(net.excess)
    while layered(net):
        for v in range(size):
            if net.level[v] == 0:
                push(net, v)
    for v in range(size):
        net.side[v] = 1 if net.level[v] >= 0 else 0


@kernel
def reset(net: Network) -> None:
    """Take all flow back."""
    net.left[:] = net.full
    net.excess[:] = 0.0
