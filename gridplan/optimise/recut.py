"""Compiled moves of whole grids: two or three neighbours are joined and cut again along a tree.

A random spanning tree of the joined grids, drawn to follow long borders and common zones, offers
each of its edges as a cut; the best one is taken. One grid may be cut in two and two may be joined,
which is how the number of grids changes.
"""

import numpy as np

from gridplan.optimise.compiled import kernel
from gridplan.optimise.desk import Desk
from gridplan.optimise.moves import (
    State,
    cost_delta,
    level,
    miss_delta,
    missed,
    moved_delta,
    random_int,
    random_real,
    rules_delta,
    shift,
)
from gridplan.optimise.piece import Kernel


@kernel
def join(k: Kernel, s: State, d: Desk, start: int, joined: int) -> int:
    """Gather the nodes of the first ``joined`` slots from a start; return their number."""
    d.node[0] = start
    d.place[start] = 0
    size = 1
    head = 0
    while head < size:
        v = d.node[head]
        head += 1
        for e in range(k.ptr[v], k.ptr[v + 1]):
            u = k.adj[e]
            g = s.at[u]
            mine = g == d.slot[0] or (joined > 1 and g == d.slot[1])
            mine = mine or (joined > 2 and g == d.slot[2])
            if mine and d.place[u] < 0:
                d.place[u] = size
                d.node[size] = u
                size += 1
    return size


@kernel
def name_labels(k: Kernel, d: Desk, size: int) -> int:
    """Give the labels of the joined nodes columns; return their number."""
    columns = 0
    for i in range(size):
        for e in range(k.lptr[d.node[i]], k.lptr[d.node[i] + 1]):
            if d.local[k.lid[e]] < 0:
                d.local[k.lid[e]] = columns
                d.names[columns] = k.lid[e]
                columns += 1
    return columns


@kernel
def grow_tree(k: Kernel, s: State, d: Desk, root: int, part: int) -> int:
    """Random spanning tree of the joined nodes of a part; return how many it reaches."""
    picky = 1 << random_int(s.seed, 4)
    d.order[0] = root
    d.up[root] = -1
    d.depth[root] = 0
    d.part[root] = -1 - part
    count = 1
    size = 0
    last = root
    while True:
        v = d.node[last]
        for e in range(k.ptr[v], k.ptr[v + 1]):
            i = d.place[k.adj[e]]
            if i >= 0 and d.part[i] == part:
                d.rim[size] = e
                size += 1
        last = -1
        while size > 0 and last < 0:
            best = random_int(s.seed, size)
            for _ in range(picky - 1):
                i = random_int(s.seed, size)
                if d.liking[d.rim[i]] > d.liking[d.rim[best]]:
                    best = i
            e = d.rim[best]
            size -= 1
            d.rim[best] = d.rim[size]
            i = d.place[k.adj[e]]
            if d.part[i] == part:
                last = i
                d.part[i] = -1 - part
                d.up[i] = d.place[d.tail[e]]
                d.depth[i] = d.depth[d.up[i]] + 1
                d.order[count] = i
                count += 1
        if last < 0:
            break
    for i in range(count):
        d.part[d.order[i]] = part
    return count


@kernel
def charge_paths(k: Kernel, d: Desk, i: int, part: int) -> None:
    """Charge every border of a node, once, to the tree edges that would cut it."""
    v = d.node[i]
    for e in range(k.ptr[v], k.ptr[v + 1]):
        x = d.place[k.adj[e]]
        if x < i or d.part[x] != part:
            continue
        y = i
        while x != y:
            if d.depth[x] >= d.depth[y]:
                d.cut[x] += k.wt[e]
                x = d.up[x]
            else:
                d.cut[y] += k.wt[e]
                y = d.up[y]


@kernel
def sum_tree(k: Kernel, d: Desk, count: int, part: int, columns: int) -> None:
    """Sums of every subtree: households, labels, and the border to the rest of the part."""
    for j in range(count):
        i = d.order[j]
        v = d.node[i]
        d.cap[i] = k.cap[v]
        d.h[i] = k.h[v]
        d.cut[i] = 0.0
        for c in range(columns):
            d.label[i * columns + c] = 0
        for e in range(k.lptr[v], k.lptr[v + 1]):
            d.label[i * columns + d.local[k.lid[e]]] = 1
    for j in range(count - 1, -1, -1):
        i = d.order[j]
        charge_paths(k, d, i, part)
        if j > 0:
            d.cap[d.up[i]] += d.cap[i]
            d.h[d.up[i]] += d.h[i]
            for c in range(columns):
                d.label[d.up[i] * columns + c] += d.label[i * columns + c]


@kernel
def side_value(k: Kernel, cap: int, h: int, grids: int, price: float) -> float:
    """What a side of a cut costs at least by its size when it holds a number of grids."""
    if grids == 1:
        return level(k, h) + price * missed(k, cap)
    miss = max(0, grids * k.lo - cap, cap - grids * k.hi)
    return grids * level(k, h // grids) + price * miss


@kernel
def best_cut(
    k: Kernel, s: State, d: Desk, count: int, left: int, columns: int, price: float, heat: float
) -> tuple[int, bool]:
    """Tree node whose branch is best cut off, and whether the branch (not the rest) is one grid.

    ``left`` grids are to be made of the tree.
    """
    root = d.order[0]
    least = 1e300
    node = -1
    branch = True
    for j in range(1, count):
        i = d.order[j]
        far, rest = d.cap[i], d.cap[root] - d.cap[i]
        base = d.cut[i]
        for c in range(columns):
            inside = d.label[i * columns + c]
            if inside > 0 and inside < d.label[root * columns + c]:
                base += k.lw[d.names[c]]
        base += heat * random_real(s.seed)
        hold, other = d.h[i], d.h[root] - d.h[i]
        value = base + side_value(k, far, hold, 1, price)
        value += side_value(k, rest, other, left - 1, price)
        if value < least:
            least, node, branch = value, i, True
        if left > 2:
            value = base + side_value(k, far, hold, left - 1, price)
            value += side_value(k, rest, other, 1, price)
            if value < least:
                least, node, branch = value, i, False
    return node, branch


@kernel
def divide(
    k: Kernel, s: State, d: Desk, size: int, parts: int, columns: int, price: float, heat: float
) -> bool:
    """Cut the joined nodes into parts, numbered in ``d.part``; whether that was possible."""
    for i in range(size):
        d.part[i] = 0
    count = size
    start = random_int(s.seed, size)
    for made in range(1, parts):
        count = grow_tree(k, s, d, start, 0)
        sum_tree(k, d, count, 0, columns)
        node, branch = best_cut(k, s, d, count, parts - made + 1, columns, price, heat)
        if node < 0:
            return False
        # order is breadth by meeting: a parent comes before its children
        start = -1
        d.part[node] = -9
        for j in range(count):
            i = d.order[j]
            if i != node and d.up[i] >= 0 and d.part[d.up[i]] == -9:
                d.part[i] = -9
        for j in range(count):
            i = d.order[j]
            d.part[i] = made if (d.part[i] == -9) == branch else 0
            if d.part[i] == 0 and start < 0:
                start = i
    return True


@kernel
def name_parts(s: State, d: Desk, size: int, joined: int, parts: int) -> None:
    """Replace the numbers of parts by rows of the state, so that few nodes move."""
    rows = max(joined, parts)
    height = s.free[len(s.free) - 1]
    for g in range(joined, rows):
        d.slot[g] = s.free[height - 1 - (g - joined)]
    taken = np.zeros(4, dtype=np.int64)
    row = np.zeros(4, dtype=np.int64)
    for p in range(parts):
        best = -1
        most = -1
        for g in range(rows):
            if taken[g] == 0:
                same = 0
                for i in range(size):
                    if d.part[i] == p and s.at[d.node[i]] == d.slot[g]:
                        same += 1
                if same > most:
                    best, most = g, same
        taken[best] = 1
        row[p] = d.slot[best]
    for i in range(size):
        d.part[i] = row[d.part[i]]


@kernel
def swap_all(k: Kernel, s: State, d: Desk, size: int) -> tuple[int, int, float]:
    """Give all joined nodes the grids they are to get; leaves what they had in their place.

    Returns the change in broken rules, households outside the range, and cost.
    """
    broken = 0
    miss = 0
    cost = 0.0
    for i in range(size):
        v, a, b = d.node[i], s.at[d.node[i]], d.part[i]
        d.part[i] = a
        if a != b:
            cost += cost_delta(k, s, v, a, b) + moved_delta(k, s, v, a, b)
            miss += miss_delta(k, s, v, a, b)
            broken += rules_delta(k, s, v, a, b)
            shift(k, s, v, b)
    return broken, miss, cost


@kernel
def undo(k: Kernel, s: State, d: Desk, size: int) -> None:
    """Take `swap_all` back."""
    for i in range(size):
        if s.at[d.node[i]] != d.part[i]:
            shift(k, s, d.node[i], d.part[i])


@kernel
def settle_rows(s: State, d: Desk, joined: int, parts: int) -> None:
    """After an accepted cut: note which rows are empty now."""
    top = len(s.free) - 1
    s.free[top] -= max(0, parts - joined)
    for g in range(max(joined, parts)):
        if s.size[d.slot[g]] == 0:
            s.free[s.free[top]] = d.slot[g]
            s.free[top] += 1


@kernel
def choose_grids(  # noqa: PLR0911 (a draw has many ends)
    k: Kernel, s: State, d: Desk, fixed: bool
) -> tuple[int, int, int]:
    """Draw neighbouring grids and how many to make of them: start, joined, parts.

    Nothing is joined where the draw does not fit.
    """
    e = random_int(s.seed, len(k.adj))
    v, u = d.tail[e], k.adj[e]
    a, b = s.at[v], s.at[u]
    draw = random_int(s.seed, 16)
    d.slot[0] = a
    spare = s.free[len(s.free) - 1]
    if draw < 1 and not fixed:
        ready = s.cap[a] >= 2 * k.lo - k.lo // 8 and spare > 0 and s.size[a] > 1
        return (v, 1, 2) if ready else (v, 0, 0)
    if a == b:
        return v, 0, 0
    d.slot[1] = b
    total = s.cap[a] + s.cap[b]
    if draw < 2 and not fixed:
        return (v, 2, 1) if total <= k.hi + k.hi // 8 else (v, 0, 0)
    if draw < 3 and not fixed:
        ready = total >= 3 * k.lo - k.lo // 8 and spare > 0
        return (v, 2, 3) if ready else (v, 0, 0)
    if draw < 10:
        return v, 2, 2
    # a third grid beside one of the two
    x = v if random_int(s.seed, 2) == 0 else u
    c = s.at[k.adj[k.ptr[x] + random_int(s.seed, k.ptr[x + 1] - k.ptr[x])]]
    if c in (a, b):
        return v, 2, 2
    d.slot[2] = c
    total += s.cap[c]
    if fixed or draw >= 13:
        return v, 3, 3
    return (v, 3, 2) if total <= 2 * k.hi + k.hi // 8 else (v, 3, 3)


@kernel
def recut(
    k: Kernel, s: State, d: Desk, price: float, heat: float, strong: float, fixed: bool
) -> tuple[int, int, int, float]:
    """Join some grids and cut them again; accepted as in annealing.

    Returns the work, and the change in broken rules, households outside the range, and cost.
    """
    start, joined, parts = choose_grids(k, s, d, fixed)
    if joined == 0:
        return 1, 0, 0, 0.0
    size = join(k, s, d, start, joined)
    columns = name_labels(k, d, size)
    ready = size >= parts and size * columns <= len(d.label)
    ready = ready and divide(k, s, d, size, parts, columns, price, heat)
    broken, miss, cost = 0, 0, 0.0
    if ready:
        name_parts(s, d, size, joined, parts)
        broken, miss, cost = swap_all(k, s, d, size)
        worse = cost + price * miss + strong * broken
        if worse > 0 and (worse > 16.0 * heat or random_real(s.seed) >= np.exp(-worse / heat)):
            undo(k, s, d, size)
            broken, miss, cost = 0, 0, 0.0
        else:
            settle_rows(s, d, joined, parts)
    for i in range(size):
        d.place[d.node[i]] = -1
    for c in range(columns):
        d.local[d.names[c]] = -1
    return size, broken, miss, cost
