"""Whole plans to start from: random spanning trees, cut branch by branch."""

import numpy as np

from gridplan.optimise.compiled import kernel
from gridplan.optimise.moves import random_int, random_real
from gridplan.optimise.piece import Kernel
from gridplan.optimise.problem import Ints


@kernel
def span(k: Kernel, at: Ints, region: int, root: int, seed: Ints, order: Ints, up: Ints) -> int:
    """Random spanning tree of a region from a root; long borders are preferred as branches."""
    n = len(k.h)
    inside = np.zeros(n, dtype=np.bool_)
    rim = np.empty(len(k.adj) + 1, dtype=np.int64)
    tail = np.empty(len(k.adj) + 1, dtype=np.int64)
    order[0] = root
    up[root] = -1
    inside[root] = True
    count = 1
    size = 0
    last = root
    while True:
        if last >= 0:
            for e in range(k.ptr[last], k.ptr[last + 1]):
                if at[k.adj[e]] == region and not inside[k.adj[e]]:
                    rim[size] = e
                    tail[size] = last
                    size += 1
        if size == 0:
            return count
        i = random_int(seed, size)
        j = random_int(seed, size)
        if k.wt[rim[j]] > k.wt[rim[i]]:
            i = j
        v = k.adj[rim[i]]
        last = -1
        if not inside[v]:
            inside[v] = True
            up[v] = tail[i]
            order[count] = v
            count += 1
            last = v
        size -= 1
        rim[i] = rim[size]
        tail[i] = tail[size]


@kernel
def shortfall(h: int, parts: int, lo: int, hi: int) -> int:
    """Least excess of dividing h households into a number of grids."""
    return max(0, parts * lo - h, h - parts * hi)


@kernel
def best_branch(
    k: Kernel, order: Ints, up: Ints, count: int, parts: int, below: Ints, seed: Ints
) -> tuple[int, int]:
    """Branch of a spanning tree to cut off, and the number of grids it is to hold."""
    total = 0
    for i in range(count):
        below[order[i]] = k.cap[order[i]]
    for i in range(count - 1, 0, -1):
        below[up[order[i]]] += below[order[i]]
    total = below[order[0]]
    least = 1e18
    node = order[count - 1]
    share = 1
    for i in range(1, count):
        h = below[order[i]]
        near = min(parts - 1, max(1, int(h * parts / max(1, total) + 0.5)))
        for a in range(max(1, near - 1), min(parts - 1, near + 1) + 1):
            miss = shortfall(h, a, k.lo, k.hi) + shortfall(total - h, parts - a, k.lo, k.hi)
            off = 10.0 + miss if miss > 0 else abs(h / a - total / parts) / k.half
            off += random_real(seed)
            if off < least:
                least, node, share = off, order[i], a
    return node, share


@kernel
def carve(k: Kernel, at: Ints, parts: int, seed: Ints) -> int:
    """Divide a connected piece into ``parts`` connected grids; return how many there are."""
    n = len(k.h)
    order = np.empty(n, dtype=np.int64)
    up = np.empty(n, dtype=np.int64)
    below = np.empty(n, dtype=np.int64)
    todo = np.ones(parts + 1, dtype=np.int64)
    todo[0] = parts
    at[:] = 0
    made = 1
    region = 0
    while region < made:
        root = -1
        size = 0
        for v in range(n):
            if at[v] == region:
                size += 1
                if random_int(seed, size) == 0:
                    root = v
        if todo[region] <= 1 or size <= 1:
            region += 1
            continue
        count = span(k, at, region, root, seed, order, up)
        node, share = best_branch(k, order, up, count, todo[region], below, seed)
        at[node] = made
        for i in range(count):
            v = order[i]
            if up[v] >= 0 and at[up[v]] == made:
                at[v] = made
        todo[made] = share
        todo[region] -= share
        made += 1
    return made
