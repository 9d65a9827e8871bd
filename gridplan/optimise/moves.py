"""Compiled moves of single nodes between grids: what they change, and whether they may be made.

Every change is exact and kept in three parts, (broken hard rules, households outside the range,
cost), so that the price of the range can follow the temperature.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.compiled import kernel
from gridplan.optimise.piece import Kernel
from gridplan.optimise.problem import Floats, Ints


class State(NamedTuple):
    """A plan with the sums that make a move cheap to judge; one row per grid, some to spare."""

    at: Ints
    cap: Ints
    h: Ints
    size: Ints
    label: NDArray[np.int32]
    zone: NDArray[np.int32]  # nodes by zone of a nested layer
    touch: NDArray[np.int32]  # zones touched by nested layer
    old: Floats
    origin: Floats  # households with an old grid, and most of them from one
    free: Ints  # rows without a node, a stack; its height comes last
    stamp: Ints
    queue: Ints
    seed: Ints


@kernel
def random_int(seed: Ints, n: int) -> int:
    """Next whole number below n from the generator whose state is ``seed``."""
    seed[0] = seed[0] * 6364136223846793005 + 1442695040888963407
    drawn: int = (((seed[0] >> 33) & 0x7FFFFFFF) * n) >> 31
    return drawn


@kernel
def random_real(seed: Ints) -> float:
    """Next number in [0, 1)."""
    return random_int(seed, 1 << 30) / (1 << 30)


@kernel
def missed(k: Kernel, cap: int) -> int:
    """Households by which a grid of this size misses the range; an empty one is worse than any."""
    miss = max(0, k.lo - cap, cap - k.hi)
    return miss + k.hi if cap == 0 else miss


@kernel
def level(k: Kernel, h: int) -> float:
    """What a grid of this size costs by itself: balance, and the worker."""
    off = (h - k.target) / k.half
    return k.balance * off * off + k.per_grid


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
    if k.change != 0.0 and k.optr[v] < k.optr[v + 1]:
        put_old(k, s, v, g, sign)


@kernel
def put_old(k: Kernel, s: State, v: int, g: int, sign: int) -> None:
    """Likewise for the households by old grid; the largest is looked up again only if it fell."""
    fell = False
    for e in range(k.optr[v], k.optr[v + 1]):
        before = s.old[g, k.oid[e]]
        s.old[g, k.oid[e]] = before + sign * k.oval[e]
        s.origin[g, 0] += sign * k.oval[e]
        s.origin[g, 1] = max(s.origin[g, 1], s.old[g, k.oid[e]])
        fell |= sign < 0 and before >= s.origin[g, 1]
    if fell:
        s.origin[g, 1] = 0.0
        for i in range(k.olds):
            s.origin[g, 1] = max(s.origin[g, 1], s.old[g, i])


@kernel
def shift(k: Kernel, s: State, v: int, b: int) -> None:
    """Give node v to grid b."""
    put(k, s, v, s.at[v], -1)
    put(k, s, v, b, 1)
    s.at[v] = b


@kernel
def moved_delta(k: Kernel, s: State, v: int, a: int, b: int) -> float:
    """Change in the cost of moved households when node v goes from grid a to grid b."""
    if k.change == 0.0 or k.optr[v] == k.optr[v + 1]:
        return 0.0
    before = s.origin[a, 0] - s.origin[a, 1] + s.origin[b, 0] - s.origin[b, 1]
    put_old(k, s, v, a, -1)
    put_old(k, s, v, b, 1)
    after = s.origin[a, 0] - s.origin[a, 1] + s.origin[b, 0] - s.origin[b, 1]
    put_old(k, s, v, b, -1)
    put_old(k, s, v, a, 1)
    delta: float = k.change * (after - before)
    return delta


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
def miss_delta(k: Kernel, s: State, v: int, a: int, b: int) -> int:
    """Change in households outside the range when node v goes from grid a to grid b."""
    delta = missed(k, s.cap[b] + k.cap[v]) - missed(k, s.cap[a])
    if s.size[b] > 0:
        delta -= missed(k, s.cap[b])
    if s.size[a] > 1:
        delta += missed(k, s.cap[a] - k.cap[v])
    return delta


@kernel
def cost_delta(k: Kernel, s: State, v: int, a: int, b: int) -> float:
    """Change in cost when node v goes from grid a to grid b; either may be empty without it."""
    delta = level(k, s.h[b] + k.h[v]) - level(k, s.h[a])
    if s.size[b] > 0:
        delta -= level(k, s.h[b])
    if s.size[a] > 1:
        delta += level(k, s.h[a] - k.h[v])
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
    return delta


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


def fresh_state(k: Kernel, at: Ints, grids: int, rows: int, seed: Ints) -> State:
    """The sums of a plan whose grids are numbered 0 to grids - 1, with rows for more grids."""
    n = len(k.h)
    zones = int(k.nest.max()) + 1 if k.nest.size else 0
    label = _table(np.repeat(at, np.diff(k.lptr)), k.lid, rows, len(k.lw))
    zone = np.zeros((rows, zones), np.int32)
    touch = np.zeros((rows, len(k.nest)), np.int32)
    for i, layer in enumerate(k.nest):
        known = layer >= 0
        mine = _table(at[known], layer[known], rows, zones)
        zone += mine
        touch[:, i] = (mine > 0).sum(axis=1)
    old = np.zeros((rows, k.olds))
    np.add.at(old, (np.repeat(at, np.diff(k.optr)), k.oid), k.oval)
    origin = np.column_stack([old.sum(axis=1), old.max(axis=1, initial=0.0)])
    free = np.append(np.arange(rows - 1, -1, -1), rows - grids)
    return State(
        at=at.copy(),
        cap=np.bincount(at, k.cap, rows).astype(np.int64),
        h=np.bincount(at, k.h, rows).astype(np.int64),
        size=np.bincount(at, minlength=rows).astype(np.int64),
        label=label,
        zone=zone,
        touch=touch,
        old=old,
        origin=origin,
        free=free.astype(np.int64),
        stamp=np.zeros(n + 1, np.int64),
        queue=np.zeros(n, np.int64),
        seed=seed,
    )


def _table(row: Ints, column: Ints, rows: int, columns: int) -> NDArray[np.int32]:
    """How often each (row, column) occurs, shape (rows, columns)."""
    flat = np.bincount(row * columns + column, minlength=rows * columns)
    return flat.astype(np.int32).reshape(rows, columns)
