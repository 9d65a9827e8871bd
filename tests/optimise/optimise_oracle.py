"""Brute force: every partition of a handful of units, judged by rules written down once more."""

import math
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from gridplan.optimise import Problem


class Best(NamedTuple):
    """Least breach, then least cost; infinite where the hard rules leave no plan."""

    breach: float
    cost: float


def partitions(n: int) -> Iterator[list[int]]:
    """All partitions of n items, as labels numbered by first item."""
    labels = [0] * n

    def extend(i: int, top: int) -> Iterator[list[int]]:
        if i == n:
            yield labels
            return
        for label in range(top + 1):
            labels[i] = label
            yield from extend(i + 1, max(top, label + 1))

    return extend(0, 0)


def connected(units: list[int], near: dict[int, set[int]]) -> bool:
    """Whether units form one piece."""
    inside, queue = set(units), [units[0]]
    seen = {units[0]}
    while queue:
        for other in near[queue.pop()] & inside - seen:
            seen.add(other)
            queue.append(other)
    return len(seen) == len(inside)


def neighbours(problem: Problem) -> dict[int, set[int]]:
    """Units that a grid may walk between: borders not cut by a nested layer, and blocks."""
    near: dict[int, set[int]] = {i: set() for i in range(len(problem.node_ids))}
    nests = [problem.zones[x] for x in problem.zones if problem.modes[x] == "nest"]
    pairs = [tuple(edge) for edge in problem.edges.tolist()]
    pairs = [(a, b) for a, b in pairs if not any(z[a] and z[b] and z[a] != z[b] for z in nests)]
    blocks = problem.block
    pairs += [(a, b) for a, b in combinations(near, 2) if blocks[a] and blocks[a] == blocks[b]]
    for a, b in pairs:
        near[a].add(b)
        near[b].add(a)
    return near


def parts_of(near: dict[int, set[int]]) -> list[list[int]]:
    """Connected parts of the units."""
    left, parts = set(near), []
    while left:
        part = {min(left)}
        while grown := set().union(*(near[i] for i in part)) - part:
            part |= grown
        parts.append(sorted(part))
        left -= part
    return parts


def keeps_rules(problem: Problem, labels: list[int], near: dict[int, set[int]]) -> bool:
    """Blocks, contiguity, nested layers, locks, empty grids and a fixed number."""
    grids: dict[int, list[int]] = {}
    for unit, label in enumerate(labels):
        grids.setdefault(label, []).append(unit)
    if problem.grids is not None and len(grids) != problem.grids:
        return False
    blocks = [b for b in problem.block if b]
    if any(len({labels[i] for i, b in enumerate(problem.block) if b == x}) > 1 for x in blocks):
        return False
    nests = [problem.zones[x] for x in problem.zones if problem.modes[x] == "nest"]
    parts = [set(part) for part in parts_of(near)]
    for units in grids.values():
        if not connected(units, near):
            return False
        if any(len({z[i] for i in units} - {None}) > 1 for z in nests):
            return False
        if not any(problem.households[i] for i in units) and set(units) not in parts:
            return False
    return all(keeps_lock(problem, labels, grids, lock) for lock in problem.locks)


def keeps_lock(
    problem: Problem, labels: list[int], grids: dict[int, list[int]], lock: tuple[str, str, str]
) -> bool:
    """One lock of design section 12."""
    kind, a, b = lock
    if kind == "frozen":
        assert problem.previous is not None
        old = [i for i, label in enumerate(problem.previous) if label == a]
        return sorted(grids[labels[old[0]]]) == old
    place = {unit: i for i, unit in enumerate(problem.node_ids)}
    together = labels[place[a]] == labels[place[b]]
    return together == (kind in ("together", "in"))


def whole_touches(problem: Problem, labels: list[int]) -> int:
    """Grids with households in a zone, summed over the zones of layers in mode whole."""
    touched = {
        (layer, zone, labels[i])
        for layer, zones in problem.zones.items()
        if problem.modes[layer] == "whole"
        for i, zone in enumerate(zones)
        if zone and problem.households[i]
    }
    return len(touched)


def fitting_zones(problem: Problem, near: dict[int, set[int]]) -> list[list[int]]:
    """Units of every zone in mode whole that is connected and within the maximum."""
    found = []
    for layer in (x for x in problem.zones if problem.modes[x] == "whole"):
        for zone in sorted({z for z in problem.zones[layer] if z}):
            units = [i for i, z in enumerate(problem.zones[layer]) if z == zone]
            small = sum(int(problem.households[i]) for i in units) <= problem.max
            if small and connected(units, near):
                found.append(units)
    return found


def cost_of(problem: Problem, labels: list[int]) -> tuple[int, float]:
    """Breach and cost by the letter of design section 11."""
    h = [int(x) for x in problem.households]
    sums: dict[int, int] = {}
    for label, households in zip(labels, h, strict=True):
        sums[label] = sums.get(label, 0) + households
    breach = sum(max(0, problem.min - s, s - problem.max) for s in sums.values())
    weights, half = problem.weights, (problem.max - problem.min) / 2
    cost = weights["per_grid"] * len(sums)
    loads = dict.fromkeys(sums, 0)
    for label, load in zip(labels, h if problem.load is None else problem.load, strict=True):
        loads[label] += int(load)
    cost += weights["balance"] * sum(((s - problem.target) / half) ** 2 for s in loads.values())
    for layer, zones in problem.zones.items():
        touched = {(labels[i], z) for i, z in enumerate(zones) if z and h[i]}
        for zone in {z for _, z in touched}:
            inside = sum(h[i] for i, z in enumerate(zones) if z == zone)
            cost -= weights[layer] * math.ceil(inside / problem.max)
        cost += weights[layer] * len(touched)
    scale = 4 * math.sqrt(float(problem.area_m2.sum()) / (sum(h) / problem.target))
    cut = sum(
        metres
        for (a, b), metres in zip(problem.edges.tolist(), problem.cost_m.tolist(), strict=True)
        if labels[a] != labels[b]
    )
    cost += weights["compactness"] * cut / scale
    if problem.previous is not None:
        cost += weights["change"] * moved(problem, labels, h) / problem.target
    return breach, cost


def moved(problem: Problem, labels: list[int], h: list[int]) -> int:
    """Households whose grid took more from another old grid than from theirs."""
    assert problem.previous is not None
    total = 0
    for label in set(labels):
        origin: dict[str, int] = {}
        for i, old in enumerate(problem.previous):
            if labels[i] == label and old:
                origin[old] = origin.get(old, 0) + h[i]
        total += sum(origin.values()) - max(origin.values(), default=0)
    return total


def oracle(problem: Problem) -> Best:
    """The optimum of a problem of up to nine units or so."""
    near = neighbours(problem)
    zones = fitting_zones(problem, near)
    best = (math.inf, math.inf, math.inf)
    for labels in partitions(len(problem.node_ids)):
        if any(len({labels[i] for i in units}) > 1 for units in zones):
            continue
        if not keeps_rules(problem, labels, near):
            continue
        breach, cost = cost_of(problem, labels)
        best = min(best, (breach, whole_touches(problem, labels), cost))
    return Best(best[0], best[2])
