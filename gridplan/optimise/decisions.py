"""What `branch` has decided about the nodes below a root, and what follows from it.

Nodes are free, in or out. Deciding one draws in what would be cut off and is too small for a grid,
and puts out what clashes or can no longer be reached within the range.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.area import clashes
from gridplan.optimise.compiled import kernel
from gridplan.optimise.flow import FIXED, Network
from gridplan.optimise.piece import Kernel
from gridplan.optimise.problem import Floats, Ints
from gridplan.optimise.triples import Triples, enter, leave

FREE, IN, OUT = 0, 1, 2


class Tree(NamedTuple):
    """Working memory of the search below one root."""

    rank: Ints  # a grid belongs to its node of least rank, its root
    split: Ints  # least excess of dividing n households into grids
    far: Ints  # least households of a way from the root
    local: Ints  # nodes that the root can reach, counts[0] of them
    state: Ints  # FREE, IN or OUT
    trail: Ints  # nodes decided, in their order, counts[1] of them
    base: Floats  # cost of a node in the set, inner borders and the price of households left out
    labels: Ints  # scratch: labels met
    mark: Ints  # scratch: nodes met, or households on the way to them
    queue: Ints
    way: Ints  # scratch: the node before on the way from the root
    member: Ints  # the set last cut out
    sets: Ints  # the last sets below and above the households wanted, shape (2, n)
    # by depth
    node: Ints
    todo: Ints  # sides of the node still to search
    length: Ints  # of the trail
    rate: Floats  # price of a household
    bound: Floats
    last: Floats  # the price of a household that bounded a root best when it was last searched
    # local nodes, trail, cuts, sets found, old grid counted as kept (or -1), depth, whether sets
    # are kept that are no better than the last
    counts: Ints
    # price of a household in the network, limit for sets still looked for, and for those kept
    values: Floats
    found: NDArray[np.uint8]  # sets found, shape (ROOM, n)
    triples: Triples


@kernel
def put(net: Network, t: Tree, v: int, to: int) -> None:
    """Decide a free node."""
    t.state[v] = to
    t.trail[t.counts[1]] = v
    t.counts[1] += 1
    net.excess[v] += FIXED if to == IN else -FIXED
    if to == IN:
        enter(net, t.triples, v)


@kernel
def decide(net: Network, t: Tree, k: Kernel, v: int, to: int) -> bool:
    """Put a node in or out, and out what clashes with it; False where that contradicts."""
    if t.state[v] != FREE:
        agrees: bool = t.state[v] == to
        return agrees
    put(net, t, v, to)
    if to == OUT or (k.nest.shape[0] == 0 and len(k.apart) == 0):
        return True
    for i in range(t.counts[0]):
        u = t.local[i]
        if u != v and t.state[u] != OUT and clashes(k, v, u):
            if t.state[u] == IN:
                return False
            put(net, t, u, OUT)
    return True


@kernel
def undo(net: Network, t: Tree, length: int) -> None:
    """Free the nodes decided since the trail had that length."""
    while t.counts[1] > length:
        t.counts[1] -= 1
        v = t.trail[t.counts[1]]
        net.excess[v] += FIXED if t.state[v] == OUT else -FIXED
        if t.state[v] == IN:
            leave(net, t.triples, v)
        t.state[v] = FREE


@kernel
def rest_around(k: Kernel, queue: Ints, start: int, inside: Ints, seen: Ints) -> int:
    """Households that ``start`` reaches without nodes where ``inside`` is IN.

    The nodes are marked with 1 + start in ``seen``, where nodes not met before hold 0.
    """
    head, tail, total = 0, 1, 0
    queue[0] = start
    seen[start] = 1 + start
    while head < tail:
        v = queue[head]
        head += 1
        total += k.cap[v]
        for e in range(k.ptr[v], k.ptr[v + 1]):
            u = k.adj[e]
            if seen[u] == 0 and inside[u] != IN:
                seen[u] = 1 + start
                queue[tail] = u
                tail += 1
    return total


@kernel
def take_along(net: Network, t: Tree, k: Kernel) -> bool:
    """Put in what the set cuts off and is too small for a grid; False where it may not be."""
    t.mark[:] = 0
    for start in range(len(k.h)):
        if t.state[start] == IN or t.mark[start] != 0:
            continue
        if rest_around(k, t.queue, start, t.state, t.mark) >= max(1, k.lo):
            continue
        for v in range(len(k.h)):
            if t.mark[v] == 1 + start and not decide(net, t, k, v, IN):
                return False
    return True


@kernel
def drop_far(net: Network, t: Tree, k: Kernel, root: int, room: int) -> bool:
    """Put out what cannot be reached with ``room`` further households; False where it is in."""
    size = len(t.way)
    t.mark[:] = room + 1
    t.member[:] = 0
    head, tail = 0, 1
    t.way[0] = root
    t.mark[root] = 0
    while head != tail:
        v = t.way[head]
        head = (head + 1) % size
        t.member[v] = 0
        for e in range(k.ptr[v], k.ptr[v + 1]):
            u = k.adj[e]
            if t.state[u] == OUT:
                continue
            far = t.mark[v] + (k.cap[u] if t.state[u] == FREE else 0)
            if far < t.mark[u]:
                t.mark[u] = far
                if t.member[u] == 0:
                    t.member[u] = 1
                    t.way[tail] = u
                    tail = (tail + 1) % size
    reach = 0
    for i in range(t.counts[0]):
        v = t.local[i]
        if t.mark[v] <= room:
            reach += k.cap[v]
        elif t.state[v] == IN:
            return False
        elif t.state[v] == FREE:
            put(net, t, v, OUT)
    return reach >= k.lo


@kernel
def keep_tied(net: Network, t: Tree, k: Kernel) -> bool:
    """Nodes tied to a decided one follow it; False where they cannot."""
    for i in range(t.counts[0]):
        v = t.local[i]
        for e in range(k.tptr[v], k.tptr[v + 1]):
            if t.state[v] != FREE and not decide(net, t, k, k.tied[e], t.state[v]):
                return False
    return True


@kernel
def follow(net: Network, t: Tree, k: Kernel, root: int) -> bool:
    """Draw the conclusions of what is decided; False where no grid is left."""
    while True:
        length = t.counts[1]
        if not take_along(net, t, k) or (len(k.tied) > 0 and not keep_tied(net, t, k)):
            return False
        if t.counts[1] > length:
            continue
        room = k.hi
        for i in range(t.counts[0]):
            if t.state[t.local[i]] == IN:
                room -= k.cap[t.local[i]]
        if room < 0 or not drop_far(net, t, k, root, room):
            return False
        if t.counts[1] == length:
            return True
