"""What prices say about sets of nodes that still grow: the least reduced cost that lies ahead."""

from gridplan.optimise.area import Area, Stack, lowest
from gridplan.optimise.compiled import kernel
from gridplan.optimise.piece import Kernel
from gridplan.optimise.problem import Floats, Ints


@kernel
def knapsack(k: Kernel, ratio: Floats, size: Ints, items: int, h: int) -> float:
    """Least balance cost less gain when households are added in order of falling gain."""
    curve = k.balance / (k.half * k.half)
    off = h - k.target
    gain = 0.0
    for i in range(items):
        # one more household gains ratio and costs 2 * curve * off
        if 2.0 * curve * off >= ratio[i]:
            break
        more = float(size[i])
        if curve > 0:
            more = min(more, ratio[i] / (2.0 * curve) - off)
        more = min(more, k.top - k.target - off)
        gain += ratio[i] * more
        off += more
        if more < size[i]:
            break
    return curve * off * off - gain


@kernel
def worth(k: Kernel, area: Area, inside: int) -> float:
    """Sum of the prices of a set."""
    total = area.price[len(k.h)]
    while inside != 0:
        total += area.price[area.node[lowest(area.bits, inside)]]
        inside &= inside - 1
    return float(total)


@kernel
def promising(k: Kernel, area: Area, stack: Stack, d: int, reach: int) -> bool:  # noqa: C901
    """Whether some set between that at depth d and ``reach`` can have a small reduced cost.

    Contiguity and the borders among the nodes still free are forgotten, a label not yet touched is
    charged by household: what remains is a fractional knapsack of prices against balance. One
    function, since this is where the time goes and calls in here cost half of it.
    """
    n = len(k.h)
    inside = stack.inside[d]
    free = reach & ~inside
    items = 0
    fixed = stack.money[d, 0] + 0.5 * stack.money[d, 1] + k.per_grid - area.price[n]
    rest = inside
    while rest != 0:
        fixed -= area.price[area.node[lowest(area.bits, rest)]]
        rest &= rest - 1
    area.ahead[:] = 0.0
    rest = free
    while rest != 0:
        node = area.node[lowest(area.bits, rest)]
        rest &= rest - 1
        for e in range(k.lptr[node], k.lptr[node + 1]):
            area.ahead[k.lid[e]] += k.cap[node]
    room = max(1.0, float(k.hi - stack.number[d, 0]))
    while free != 0:
        node = area.node[lowest(area.bits, free)]
        free &= free - 1
        gain = area.price[node]
        for e in range(k.lptr[node], k.lptr[node + 1]):
            label = k.lid[e]
            if stack.seen[d, label] == 0:
                gain -= k.lw[label] * k.cap[node] / min(room, area.ahead[label])
        for e in range(k.ptr[node], k.ptr[node + 1]):
            u = area.place[k.adj[e]]
            if (inside >> u) & 1:
                gain += 0.5 * k.wt[e]
            elif not (reach >> u) & 1:
                gain -= 0.5 * k.wt[e]
        if k.h[node] == 0:
            fixed -= max(0.0, gain)
            continue
        rate = gain / k.h[node]
        at = items
        while at > 0 and area.ratio[at - 1] < rate:
            area.ratio[at] = area.ratio[at - 1]
            area.size[at] = area.size[at - 1]
            at -= 1
        area.ratio[at] = rate
        area.size[at] = k.h[node]
        items += 1
    least = knapsack(k, area.ratio, area.size, items, stack.number[d, 1])
    small: bool = fixed + least < area.price[n + 1]
    return small
