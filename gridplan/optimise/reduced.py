"""Reduced cost of the sets that `branch` meets, and its bound by least cuts."""

import numpy as np

from gridplan.optimise.area import clashes
from gridplan.optimise.compiled import kernel
from gridplan.optimise.decisions import Tree, rest_around
from gridplan.optimise.flow import Network, cut
from gridplan.optimise.piece import Kernel
from gridplan.optimise.problem import Ints
from gridplan.optimise.triples import toll

SAFE = 1e-9


@kernel
def plain_cost(k: Kernel, t: Tree, member: Ints) -> float:
    """Labels, half the cut border and node costs of a set."""
    total = 0.0
    t.labels[:] = 0
    for i in range(t.counts[0]):
        v = t.local[i]
        if member[v] == 0:
            continue
        total += t.base[v]
        for e in range(k.lptr[v], k.lptr[v + 1]):
            if t.labels[k.lid[e]] == 0:
                t.labels[k.lid[e]] = 1
                total += k.lw[k.lid[e]]
        for e in range(k.ptr[v], k.ptr[v + 1]):
            u = k.adj[e]
            if t.far[u] <= k.hi and member[u] == 0:
                total += 0.5 * k.wt[e]
    return total


@kernel
def balance_of(k: Kernel, h: float) -> float:
    """Balance cost of a grid."""
    return float(k.balance * ((h - k.target) / k.half) ** 2)


@kernel
def balance_less(k: Kernel, rate: float, top: float) -> tuple[float, float]:
    """Households of a grid where balance less ``rate`` a household is least, and that least."""
    if k.balance > 0:
        h = k.target + 0.5 * rate * k.half * k.half / k.balance
    else:
        h = top if rate > 0 else float(k.low)
    h = np.floor(min(max(h, float(k.low)), top))
    value = balance_of(k, h) - rate * h
    above = min(h + 1.0, top)
    if balance_of(k, above) - rate * above < value:
        return above, balance_of(k, above) - rate * above
    return h, value


@kernel
def around_root(k: Kernel, t: Tree, root: int, member: Ints) -> int:
    """Mark the part of a set around the root and list it in ``queue``; return its size."""
    t.mark[:] = 0
    head, tail = 0, 1
    t.queue[0] = root
    t.mark[root] = 1
    while head < tail:
        v = t.queue[head]
        head += 1
        for e in range(k.ptr[v], k.ptr[v + 1]):
            u = k.adj[e]
            if t.mark[u] == 0 and member[u] == 1:
                t.mark[u] = 1
                t.queue[tail] = u
                tail += 1
    return tail


@kernel
def offer(k: Kernel, t: Tree, root: int, tighten: bool) -> None:
    """Keep the part of the last set around the root, if it is a grid that costs little enough."""
    count = around_root(k, t, root, t.member)
    cap, h = 0, 0
    for i in range(count):
        cap += k.cap[t.queue[i]]
        h += k.h[t.queue[i]]
    at = t.counts[3]
    if cap < k.lo or cap > k.hi or at >= len(t.found):
        return
    value = plain_cost(k, t, t.mark) + balance_of(k, float(h)) + toll(t.triples, t.mark, False)
    if value >= t.values[2] or not lawful(k, t):
        return
    for v in range(len(k.h)):
        t.found[at, v] = t.mark[v]
    t.counts[3] = at + 1
    if tighten:
        t.values[1] = min(t.values[1], value)
        if t.counts[6] == 0:
            t.values[2] = t.values[1]


@kernel
def lawful(k: Kernel, t: Tree) -> bool:
    """Whether the marked set keeps the hard rules and leaves parts that can be divided."""
    t.way[:] = 0
    for a in range(len(k.h)):
        if t.mark[a] == 0:
            if t.way[a] == 0 and not divisible(k, t, a):
                return False
            continue
        for e in range(k.tptr[a], k.tptr[a + 1]):
            if t.mark[k.tied[e]] == 0:
                return False
        if k.nest.shape[0] == 0 and len(k.apart) == 0:
            continue
        for b in range(a):
            if t.mark[b] == 1 and clashes(k, a, b):
                return False
    return True


@kernel
def divisible(k: Kernel, t: Tree, start: int) -> bool:
    """Whether the part outside the marked set around ``start`` can be divided into grids."""
    total = rest_around(k, t.queue, start, t.mark, t.way)
    fits: bool = total >= max(1, k.lo) and t.split[total] == 0
    return fits


@kernel
def charge(net: Network, t: Tree, k: Kernel, rate: float) -> None:
    """Set the price of a household in the network."""
    change = rate - t.values[0]
    t.values[0] = rate
    for i in range(t.counts[0]):
        net.excess[t.local[i]] -= change * k.h[t.local[i]]


@kernel
def cut_at(net: Network, t: Tree, k: Kernel, rate: float, top: float) -> tuple[float, float]:
    """Bound with a price of a household, and the households of its set above those wanted."""
    charge(net, t, k, rate)
    cut(net)
    t.counts[2] += 1
    h = 0.0
    for i in range(t.counts[0]):
        v = t.local[i]
        t.member[v] = net.side[v]
        h += net.side[v] * k.h[v]
    want, rest = balance_less(k, rate, top)
    cost = plain_cost(k, t, t.member) + toll(t.triples, t.member, True)
    return cost + rate * h + rest, h - want


@kernel
def estimate(
    net: Network, t: Tree, k: Kernel, root: int, most: int, top: float, tighten: bool
) -> float:
    """Best bound over a few prices of a household, which is concave in the price.

    The price is moved to where the tangents on both sides meet. That of the best bound is left in
    the network.
    """
    rate = t.values[0]
    best, best_rate = -1e300, rate
    line = np.zeros((2, 3))  # price, bound and slope below and above
    known = np.zeros(2, dtype=np.bool_)
    for _ in range(most):
        bound, slope = cut_at(net, t, k, rate, top)
        if bound > best:
            best, best_rate = bound, rate
        if tighten:
            offer(k, t, root, tighten)
        side = 1 if slope < 0 else 0
        t.sets[side] = t.member
        if slope == 0.0:
            t.sets[1] = t.member
        if best >= t.values[1] - SAFE or slope == 0.0:
            break
        known[side] = True
        line[side, 0], line[side, 1], line[side, 2] = rate, bound, slope
        if not known.all():
            step = 2.0 * max(abs(rate), 0.05 / k.half)
            rate = rate + step if slope > 0 else rate - step
            continue
        width = line[1, 0] - line[0, 0]
        meet = (line[1, 1] - line[0, 1] + line[0, 2] * line[0, 0] - line[1, 2] * line[1, 0]) / (
            line[0, 2] - line[1, 2]
        )
        height = line[0, 1] + line[0, 2] * (meet - line[0, 0])
        if width < 1e-9 or height - best < 1e-7 + 1e-3 * abs(t.values[1] - best):
            break
        rate = min(max(meet, line[0, 0] + 0.1 * width), line[1, 0] - 0.1 * width)
    charge(net, t, k, best_rate)
    return best
