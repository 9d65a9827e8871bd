"""Compiled moves on whole plans: random spanning trees to start from, then annealing.

A move gives one node to a neighbouring grid without breaking contiguity, and is accepted as in
simulated annealing.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.compiled import kernel
from gridplan.optimise.piece import Kernel
from gridplan.optimise.problem import Floats, Ints


class State(NamedTuple):
    """A plan with the sums that make a move cheap to judge; one row per grid."""

    at: Ints
    cap: Ints
    h: Ints
    size: Ints
    label: NDArray[np.int32]
    zone: NDArray[np.int32]  # nodes by zone of a nested layer
    touch: NDArray[np.int32]  # zones touched by nested layer
    old: Floats
    stamp: Ints
    queue: Ints
    seed: Ints


@kernel
def random_int(seed: Ints, n: int) -> int:
    """Next whole number below n from the generator whose state is ``seed``."""
    seed[0] = seed[0] * 6364136223846793005 + 1442695040888963407
    drawn: int = ((seed[0] >> 33) & 0x7FFFFFFF) % n
    return drawn


@kernel
def random_real(seed: Ints) -> float:
    """Next number in [0, 1)."""
    return random_int(seed, 1 << 30) / (1 << 30)


@kernel
def grid_term(k: Kernel, cap: int, h: int, strong: float) -> float:
    """What a grid of these sizes costs: balance, the worker, and the range as a penalty."""
    off = (h - k.target) / k.half
    miss = max(0, k.lo - cap, cap - k.hi)
    if cap == 0:
        miss += k.hi
    return k.balance * off * off + k.per_grid + strong * miss


@kernel
def put(k: Kernel, s: State, v: int, g: int, sign: int) -> None:
    """Add node v to the sums of grid g (sign 1) or take it away (sign -1)."""
    s.cap[g] += sign * k.cap[v]
    s.h[g] += sign * k.h[v]
    s.size[g] += sign
    for e in range(k.lptr[v], k.lptr[v + 1]):
        s.label[g, k.lid[e]] += sign
    for layer in range(k.nest.shape[0]):
        zone = k.nest[layer, v]
        if zone >= 0:
            before = s.zone[g, zone]
            s.zone[g, zone] += sign
            if before == 0 or before + sign == 0:
                s.touch[g, layer] += sign
    for e in range(k.optr[v], k.optr[v + 1]):
        s.old[g, k.oid[e]] += sign * k.oval[e]


@kernel
def moved(k: Kernel, s: State, g: int) -> float:
    """Households of grid g that come from another old grid than most."""
    largest = 0.0
    total = 0.0
    for i in range(k.olds):
        total += s.old[g, i]
        largest = max(largest, s.old[g, i])
    return total - largest


@kernel
def rules_delta(k: Kernel, s: State, v: int, a: int, b: int) -> int:
    """Change in broken hard rules when v goes from a to b."""
    delta = 0
    for e in range(k.aptr[v], k.aptr[v + 1]):
        delta += (s.at[k.apart[e]] == b) - (s.at[k.apart[e]] == a)
    for e in range(k.tptr[v], k.tptr[v + 1]):
        delta += (s.at[k.tied[e]] == a) - (s.at[k.tied[e]] == b)
    for layer in range(k.nest.shape[0]):
        zone = k.nest[layer, v]
        if zone >= 0:
            if s.zone[a, zone] == 1 and s.touch[a, layer] > 1:
                delta -= 1
            if s.zone[b, zone] == 0 and s.touch[b, layer] > 0:
                delta += 1
    return delta


@kernel
def delta_of(k: Kernel, s: State, v: int, a: int, b: int, strong: float) -> float:
    """Change in cost when node v goes from grid a to grid b."""
    delta = 0.0
    for e in range(k.ptr[v], k.ptr[v + 1]):
        g = s.at[k.adj[e]]
        if g == a:
            delta += k.wt[e]
        elif g == b:
            delta -= k.wt[e]
    for e in range(k.lptr[v], k.lptr[v + 1]):
        label = k.lid[e]
        if s.label[a, label] == 1:
            delta -= k.lw[label]
        if s.label[b, label] == 0:
            delta += k.lw[label]
    delta += grid_term(k, s.cap[b] + k.cap[v], s.h[b] + k.h[v], strong)
    delta -= grid_term(k, s.cap[b], s.h[b], strong) + grid_term(k, s.cap[a], s.h[a], strong)
    if s.size[a] > 1:
        delta += grid_term(k, s.cap[a] - k.cap[v], s.h[a] - k.h[v], strong)
    if k.nest.shape[0] > 0 or len(k.apart) > 0 or len(k.tied) > 0:
        delta += 1000.0 * strong * rules_delta(k, s, v, a, b)
    return delta


@kernel
def moved_delta(k: Kernel, s: State, v: int, a: int, b: int) -> float:
    """Change in the cost of moved households when node v goes from grid a to grid b."""
    if k.olds == 0 or k.optr[v] == k.optr[v + 1]:
        return 0.0
    before = moved(k, s, a) + moved(k, s, b)
    for e in range(k.optr[v], k.optr[v + 1]):
        s.old[a, k.oid[e]] -= k.oval[e]
        s.old[b, k.oid[e]] += k.oval[e]
    after = moved(k, s, a) + moved(k, s, b)
    for e in range(k.optr[v], k.optr[v + 1]):
        s.old[a, k.oid[e]] += k.oval[e]
        s.old[b, k.oid[e]] -= k.oval[e]
    return k.change * (after - before)


@kernel
def stays_whole(k: Kernel, s: State, v: int, a: int) -> bool:
    """Whether grid a stays connected without node v."""
    s.stamp[len(k.h)] += 1
    mark = s.stamp[len(k.h)]
    waiting = 0
    first = -1
    for e in range(k.ptr[v], k.ptr[v + 1]):
        u = k.adj[e]
        if s.at[u] == a:
            waiting += 1
            first = u
    if waiting <= 1:
        return waiting == 1 or s.size[a] == 1
    for e in range(k.ptr[v], k.ptr[v + 1]):
        if s.at[k.adj[e]] == a:
            s.stamp[k.adj[e]] = -mark
    s.stamp[v] = mark
    s.stamp[first] = mark
    s.queue[0] = first
    size = 1
    head = 0
    waiting -= 1
    while head < size and waiting > 0:
        x = s.queue[head]
        head += 1
        for e in range(k.ptr[x], k.ptr[x + 1]):
            u = k.adj[e]
            if s.at[u] == a and s.stamp[u] != mark:
                if s.stamp[u] == -mark:
                    waiting -= 1
                s.stamp[u] = mark
                s.queue[size] = u
                size += 1
    return waiting == 0


@kernel
def copy_into(target: Ints, source: Ints) -> None:
    """Copy a plan; a loop compiles faster than a slice."""
    for i in range(len(source)):
        target[i] = source[i]


@kernel
def anneal(
    k: Kernel, s: State, best: Ints, course: Floats, steps: int, strong: float, fixed: bool
) -> None:
    """Move nodes between grids while the temperature falls; ``best`` is the best plan seen.

    ``course`` holds the change in cost (with penalties) since the start, its least value, the
    temperature, and what the temperature is multiplied by every n steps.
    """
    n = len(k.h)
    now = course[0]
    heat = course[2]
    for step in range(steps):
        if step % n == n - 1:
            heat *= course[3]
            if now < course[1] - 1e-9:
                course[1] = now
                copy_into(best, s.at)
        v = random_int(s.seed, n)
        if k.ptr[v] == k.ptr[v + 1]:
            continue
        a = s.at[v]
        b = s.at[k.adj[k.ptr[v] + random_int(s.seed, k.ptr[v + 1] - k.ptr[v])]]
        if a == b or (fixed and s.size[a] == 1):
            continue
        delta = delta_of(k, s, v, a, b, strong) + moved_delta(k, s, v, a, b)
        if delta > 0 and random_real(s.seed) >= np.exp(-delta / heat):
            continue
        if stays_whole(k, s, v, a):
            put(k, s, v, a, -1)
            put(k, s, v, b, 1)
            s.at[v] = b
            now += delta
    if now < course[1] - 1e-9:
        course[1] = now
        copy_into(best, s.at)
    course[0] = now
    course[2] = heat


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


def fresh_state(k: Kernel, at: Ints, grids: int, seed: Ints) -> State:
    """The sums of a plan whose grids are numbered 0 to grids - 1."""
    n = len(k.h)
    zones = int(k.nest.max()) + 1 if k.nest.size else 0
    node = np.repeat(np.arange(n), np.diff(k.lptr))
    label = np.zeros((grids, len(k.lw)), np.int32)
    np.add.at(label, (at[node], k.lid), 1)
    zone = np.zeros((grids, zones), np.int32)
    touch = np.zeros((grids, len(k.nest)), np.int32)
    for i, layer in enumerate(k.nest):
        known = layer >= 0
        np.add.at(zone, (at[known], layer[known]), 1)
        pairs = np.unique(np.column_stack([at[known], layer[known]]), axis=0)
        np.add.at(touch[:, i], pairs[:, 0], 1)
    old = np.zeros((grids, k.olds))
    node = np.repeat(np.arange(n), np.diff(k.optr))
    np.add.at(old, (at[node], k.oid), k.oval)
    return State(
        at.copy(),
        np.bincount(at, k.cap, grids).astype(np.int64),
        np.bincount(at, k.h, grids).astype(np.int64),
        np.bincount(at, minlength=grids).astype(np.int64),
        label,
        zone,
        touch,
        old,
        np.zeros(n + 1, np.int64),
        np.zeros(n, np.int64),
        seed,
    )
