"""A short round past all places, and a proven bound below which no round can be.

Up to `EXACT` places the shortest round is found by dynamic programming. Beyond, rounds are improved
by turning stretches around and moving them (2-opt, Or-opt), shaken and improved again; the bound
is that of Held and Karp, by ascent over the prices of 1-trees. Work is counted, not timed.
"""

from dataclasses import dataclass

import numpy as np

from gridplan.optimise.compiled import kernel
from gridplan.optimise.problem import Floats, Ints

EXACT = 12  # places up to which the shortest round is found by dynamic programming
SHAKES, PAIRS = 300, 1_000_000  # times that a round is shaken, at most, and pairs looked at in all
ROUNDS = 1000  # steps of the ascent, at most
CLOSE = 1e-4  # a round so near to its bound, in parts of it, is good enough


@dataclass(frozen=True)
class Tour:
    """A round through all places.

    Parameters
    ----------
    order
        The places, each once, from place 0; the way back to it is not listed. Shape (n,).
    length
        Of the round, in the unit of the distances.
    bound
        No round is shorter, proven; equal to ``length`` where it is the shortest.
    """

    order: Ints
    length: float
    bound: float


def short_tour(metres: Floats) -> Tour:
    """Find a short round.

    Parameters
    ----------
    metres
        Distances between places, symmetric, 0 or more, finite, shape (n, n), n >= 1. That no
        detour is shorter than the way itself is needed for nothing here.
    """
    metres = np.ascontiguousarray(metres, dtype=np.float64)
    n = len(metres)
    if n <= EXACT:
        order = _shortest(metres) if n > 3 else np.arange(n)
        length = round_length(metres, order)
        return Tour(order, length, length)
    order = _improved(metres, _nearest(metres))
    bound = _held_karp(metres, _length(metres, order), ROUNDS, CLOSE)
    order = _shaken(metres, order, bound, min(SHAKES, PAIRS // (n * n)), CLOSE)
    length = round_length(metres, order)
    return Tour(order, length, min(bound, length))


def round_length(metres: Floats, order: Ints) -> float:
    """Length of a round: every place after the other, and back to the first."""
    return float(metres[order, np.roll(order, -1)].sum())


@kernel
def _length(d: Floats, order: Ints) -> float:
    total = 0.0
    for i in range(len(order)):
        total += d[order[i - 1], order[i]]
    return total


@kernel
def _shortest(d: Floats) -> Ints:
    """Dynamic programming over the sets of places passed, place 0 the start."""
    m = len(d) - 1
    best = np.full((1 << m, m), np.inf)
    last = np.full((1 << m, m), -1, dtype=np.int64)
    for j in range(m):
        best[1 << j, j] = d[0, j + 1]
    for passed in range(1, 1 << m):
        for j in range(m):
            if best[passed, j] < np.inf:
                _go_on(d, best, last, passed, j)
    passed = (1 << m) - 1
    j = 0
    for k in range(m):
        if best[passed, k] + d[k + 1, 0] < best[passed, j] + d[j + 1, 0]:
            j = k
    order = np.zeros(m + 1, dtype=np.int64)
    for place in range(m, 0, -1):
        order[place] = j + 1
        passed, j = passed & ~(1 << j), last[passed, j]
    return order


@kernel
def _go_on(d: Floats, best: Floats, last: Ints, passed: int, j: int) -> None:
    """From place j + 1, after the places passed, to every other one."""
    for k in range(len(d) - 1):
        if passed >> k & 1:
            continue
        far = best[passed, j] + d[j + 1, k + 1]
        more = passed | 1 << k
        if far < best[more, k]:
            best[more, k] = far
            last[more, k] = j


@kernel
def _nearest(d: Floats) -> Ints:
    """Go on to the nearest place not yet passed, from place 0."""
    n = len(d)
    order = np.zeros(n, dtype=np.int64)
    passed = np.zeros(n, dtype=np.bool_)
    passed[0] = True
    for place in range(1, n):
        here, there = order[place - 1], -1
        for k in range(n):
            if not passed[k] and (there < 0 or d[here, k] < d[here, there]):
                there = k
        order[place] = there
        passed[there] = True
    return order


@kernel
def _improved(d: Floats, order: Ints) -> Ints:
    """Turn stretches around and move them until nothing of the kind shortens the round."""
    order = order.copy()
    while _turned(d, order) or _moved(d, order):
        pass
    return order


@kernel
def _turned(d: Floats, order: Ints) -> bool:
    """2-opt: turn the stretch that gains most around; place 0 stays first."""
    n = len(order)
    gain, left, right = 1e-9, -1, -1
    for i in range(1, n - 1):
        for j in range(i + 1, n):
            a, b, c, e = order[i - 1], order[i], order[j], order[(j + 1) % n]
            more = d[a, b] + d[c, e] - d[a, c] - d[b, e]
            if more > gain:
                gain, left, right = more, i, j
    if left < 0:
        return False
    order[left : right + 1] = order[left : right + 1][::-1].copy()
    return True


@kernel
def _moved(d: Floats, order: Ints) -> bool:
    """Or-opt: move the stretch of up to three places that gains most, either way around."""
    n = len(order)
    gain, first, count, where, turned = 1e-9, -1, 0, 0, False
    for size in range(1, 4):
        for i in range(1, n - size + 1):
            a, b = order[i - 1], order[i]
            c, e = order[i + size - 1], order[(i + size) % n]
            freed = d[a, b] + d[c, e] - d[a, e]
            for j in range(n):  # between the places at j and j + 1
                if i - 1 <= j < i + size:
                    continue
                p, q = order[j], order[(j + 1) % n]
                if freed - (d[p, b] + d[c, q] - d[p, q]) > gain:
                    gain = freed - (d[p, b] + d[c, q] - d[p, q])
                    first, count, where, turned = i, size, j, False
                if freed - (d[p, c] + d[b, q] - d[p, q]) > gain:
                    gain = freed - (d[p, c] + d[b, q] - d[p, q])
                    first, count, where, turned = i, size, j, True
    if first < 0:
        return False
    stretch = order[first : first + count].copy()
    if turned:
        stretch = stretch[::-1].copy()
    rest = np.concatenate((order[:first], order[first + count :]))
    at = where + 1 if where < first else where + 1 - count
    order[:at] = rest[:at]
    order[at : at + count] = stretch
    order[at + count :] = rest[at:]
    return True


@kernel
def _shaken(d: Floats, order: Ints, bound: float, shakes: int, close: float) -> Ints:
    """Swap two stretches by lot (double bridge) and improve, keeping what is not longer."""
    n = len(order)
    best, short = order.copy(), _length(d, order)
    state = np.uint64(88172645463325252)
    for _ in range(shakes):
        if short <= bound * (1.0 + close):
            break
        cuts = np.zeros(3, dtype=np.int64)
        for k in range(3):
            state ^= state << np.uint64(13)
            state ^= state >> np.uint64(7)
            state ^= state << np.uint64(17)
            cuts[k] = 1 + np.int64(state % np.uint64(n - 1))
        cuts.sort()
        a, b, c = cuts
        fresh = np.concatenate((best[:a], best[b:c], best[a:b], best[c:]))
        fresh = _improved(d, fresh)
        length = _length(d, fresh)
        if length < short + 1e-9:
            best, short = fresh, length
    return best


@kernel
def _held_karp(d: Floats, upper: float, rounds: int, close: float) -> float:
    """Ascent over the prices of places; the best 1-tree bound met."""
    n = len(d)
    price, push = np.zeros(n), np.zeros(n)
    best, stride, stale = 0.0, 1.0, 0
    for _ in range(rounds):
        value, degree = _one_tree(d, price)
        if value > best + 1e-9 * upper:
            stale = 0
        else:
            stale += 1
        best = max(best, value)
        off = 0.0
        for i in range(n):
            off += (degree[i] - 2.0) ** 2
        if off == 0.0 or best * (1.0 + close) >= upper or stride < 1e-4:
            break
        if stale >= 20:
            stride, stale = stride / 2.0, 0
        step = stride * max(upper - value, close * upper) / off
        for i in range(n):
            push[i] = 0.7 * (degree[i] - 2.0) + 0.3 * push[i]
            price[i] += step * push[i]
    return best


@kernel
def _one_tree(d: Floats, price: Floats) -> tuple[float, Floats]:
    """Shortest tree over all places but 0, with the two shortest ways from 0, less the prices."""
    n = len(d)
    degree = np.zeros(n)
    near = np.full(n, np.inf)
    link = np.full(n, 1, dtype=np.int64)
    held = np.zeros(n, dtype=np.bool_)
    value, here = 0.0, 1
    held[0] = held[1] = True
    for _ in range(n - 2):
        there = -1
        for k in range(2, n):
            if held[k]:
                continue
            far = d[here, k] + price[here] + price[k]
            if far < near[k]:
                near[k], link[k] = far, here
            if there < 0 or near[k] < near[there]:
                there = k
        held[there] = True
        value += near[there]
        degree[there] += 1.0
        degree[link[there]] += 1.0
        here = there
    one, two = -1, -1
    for k in range(1, n):
        far = d[0, k] + price[0] + price[k]
        if one < 0 or far < d[0, one] + price[0] + price[one]:
            one, two = k, one
        elif two < 0 or far < d[0, two] + price[0] + price[two]:
            two = k
    value += d[0, one] + d[0, two] + 2.0 * price[0] + price[one] + price[two]
    degree[0] = 2.0
    degree[one] += 1.0
    degree[two] += 1.0
    return value - 2.0 * price.sum(), degree
