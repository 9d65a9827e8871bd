"""The one judge of all plans: section 11 of the design, with no line of gridplan in it."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
TERMS = {"compactness": 1.0, "balance": 0.25, "per_grid": 0.0, "change": 0.0}


class Verdict(NamedTuple):
    """What a plan is worth; the smaller tuple is the better plan.

    ``broken`` counts broken hard rules, ``breach`` households outside the range, ``whole`` the
    grids that zones of mode whole touch, ``cost`` is the objective.
    """

    broken: int
    breach: int
    whole: int
    cost: float

    def beats(self, other: "Verdict", tolerance: float = 1e-6) -> bool:
        """Whether this plan is better by more than rounding."""
        if self[:3] != other[:3]:
            return self[:3] < other[:3]
        return self.cost < other.cost - tolerance


class Judge:
    """One problem file, ready to judge plans of it.

    Parameters
    ----------
    data
        The parsed JSON of design section 11.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        nodes, edges = data["nodes"], data["edges"]
        self.name = str(data.get("name", "problem"))
        self.ids = [str(i) for i in nodes["id"]]
        self.n = len(self.ids)
        self.low, self.high = int(data.get("min", 250)), int(data.get("max", 500))
        self.target = float(data.get("target") or (self.low + self.high) / 2)
        self.households: Ints = np.asarray(nodes["households"], dtype=np.int64)
        self.area_m2: Floats = np.asarray(nodes["area_m2"], dtype=np.float64)
        self.block = list(nodes.get("block") or [None] * self.n)
        self.u: Ints = np.asarray(edges["u"], dtype=np.int64)
        self.v: Ints = np.asarray(edges["v"], dtype=np.int64)
        shared = edges.get("shared_m") or [0.0] * len(self.u)
        self.cost_m: Floats = np.asarray(edges.get("cost_m") or shared, dtype=np.float64)
        self.zones = {k: list(v) for k, v in (data.get("zones") or {}).items()}
        self.modes = {k: (data.get("modes") or {}).get(k, "soft") for k in self.zones}
        self.weights = {**dict.fromkeys(self.zones, 1.0), **TERMS, **(data.get("weights") or {})}
        self.grids = data.get("grids")
        self.previous = data.get("previous")
        self.locks = [_lock(lock) for lock in data.get("locks") or []]
        self.scale_m = self._scale()
        self.zone_index = {layer: self._numbered(layer) for layer in self.zones}
        self.least = {layer: self._least_incidences(layer) for layer in self.zones}
        self.near = self._near()
        self.kept = kept_together(self)
        self.part = _parts(self.n, self.near)
        self.part_sizes = np.bincount(self.part, minlength=1)

    def _scale(self) -> float:
        households, area = float(self.households.sum()), float(self.area_m2.sum())
        if households <= 0 or area <= 0:
            return math.inf
        return 4 * math.sqrt(area / (households / self.target))

    def _numbered(self, layer: str) -> Ints:
        """Zone of every unit as a number; -1 where it has none or no households."""
        names = {
            z: i for i, z in enumerate(sorted({z for z in self.zones[layer] if z is not None}))
        }
        found = [names.get(z, -1) for z in self.zones[layer]]
        return np.where(self.households > 0, np.array(found, dtype=np.int64), -1)

    def _least_incidences(self, layer: str) -> int:
        zone = self.zone_index[layer]
        inside = np.bincount(zone[zone >= 0], self.households[zone >= 0])
        return int(np.ceil(inside / self.high).sum())

    def _near(self) -> list[list[int]]:
        """Units a grid may walk to: over borders, and inside blocks."""
        near: list[list[int]] = [[] for _ in range(self.n)]
        pairs = list(zip(self.u.tolist(), self.v.tolist(), strict=True))
        for members in _groups(self.block):
            pairs += [(members[0], other) for other in members[1:]]
        for a, b in pairs:
            near[a].append(b)
            near[b].append(a)
        return near

    def measure(self, labels: NDArray[np.integer]) -> tuple[int, int, float]:
        """Breach, grids touched by whole zones, and cost, whatever hard rules say."""
        grid = np.unique(labels, return_inverse=True)[1]
        count = int(grid.max()) + 1
        h = np.bincount(grid, self.households, count)
        breach = int(np.maximum(0, np.maximum(self.low - h, h - self.high)).sum())
        whole, cost = 0, 0.0
        for layer, zone in self.zone_index.items():
            counted = zone >= 0
            touched = len(np.unique(zone[counted] * count + grid[counted]))
            cost += self.weights[layer] * (touched - self.least[layer])
            whole += touched if self.modes[layer] == "whole" else 0
        cut = float(self.cost_m[grid[self.u] != grid[self.v]].sum())
        half = max((self.high - self.low) / 2, 0.5)
        cost += self.weights["compactness"] * cut / self.scale_m
        cost += self.weights["balance"] * float((((h - self.target) / half) ** 2).sum())
        cost += self.weights["per_grid"] * count
        cost += self.weights["change"] * self._moved(grid) / self.target
        return breach, whole, cost

    def _moved(self, grid: NDArray[np.integer]) -> int:
        if self.previous is None or not self.weights["change"]:
            return 0
        origin: dict[int, dict[str, int]] = {}
        for unit, old in enumerate(self.previous):
            if old is not None:
                sums = origin.setdefault(int(grid[unit]), {})
                sums[old] = sums.get(old, 0) + int(self.households[unit])
        return sum(sum(sums.values()) - max(sums.values()) for sums in origin.values())

    def faults(self, labels: Sequence[int] | NDArray[np.integer]) -> list[str]:
        """Every hard rule that a plan breaks, in words."""
        label = [int(x) for x in labels]
        if len(label) != self.n:
            return [f"{len(label)} labels for {self.n} units"]
        grids: dict[int, list[int]] = {}
        for unit, name in enumerate(label):
            grids.setdefault(name, []).append(unit)
        found = [f"grid {g} is in pieces" for g, units in grids.items() if not self._joined(units)]
        found += [f"grid {g} has no households" for g, units in grids.items() if self._empty(units)]
        found += [f"{self.ids[m[0]]} is torn off" for m in self.kept if _several(label, m)]
        for layer in (x for x in self.zones if self.modes[x] == "nest"):
            zones = self.zones[layer]
            crossed = (g for g, units in grids.items() if _several(zones, units, skip=None))
            found += [f"grid {g} crosses {layer}" for g in crossed]
        if self.grids is not None and len(grids) != self.grids:
            found.append(f"{len(grids)} grids where {self.grids} are fixed")
        found += [f"lock {' '.join(lock)}" for lock in self.locks if not self._kept(lock, label)]
        return found

    def _joined(self, units: list[int]) -> bool:
        inside, seen, queue = set(units), {units[0]}, [units[0]]
        while queue:
            for other in self.near[queue.pop()]:
                if other in inside and other not in seen:
                    seen.add(other)
                    queue.append(other)
        return len(seen) == len(inside)

    def _empty(self, units: list[int]) -> bool:
        alone = len(units) == self.part_sizes[self.part[units[0]]]
        return not alone and not self.households[units].any()

    def _kept(self, lock: tuple[str, str, str], label: list[int]) -> bool:
        kind, a, b = lock
        place = {unit: i for i, unit in enumerate(self.ids)}
        if kind == "frozen":
            old = [i for i, name in enumerate(self.previous or []) if name == a]
            return {i for i, g in enumerate(label) if g == label[old[0]]} == set(old)
        if b not in place:
            old = [i for i, name in enumerate(self.previous or []) if name == b]
            place[b] = max(old, key=lambda i: (self.households[i], self.ids[i]))
        return (label[place[a]] == label[place[b]]) == (kind != "apart")

    def verdict(self, labels: Sequence[int] | NDArray[np.integer]) -> Verdict:
        """Judge a whole plan; labels may be any whole numbers, one a unit."""
        faults = self.faults(labels)
        return Verdict(len(faults), *self.measure(np.asarray(labels, dtype=np.int64)))


def _lock(lock: Any) -> tuple[str, str, str]:
    parts = [lock.get("kind"), lock.get("a"), lock.get("b")] if isinstance(lock, Mapping) else lock
    kind, a, b = [*parts, ""][:3]
    return str(kind), str(a), str(b or "")


def _several(names: Sequence[Any], units: list[int], skip: object = ...) -> bool:
    return len({names[i] for i in units if names[i] is not skip}) > 1


def _groups(names: Sequence[Any]) -> list[list[int]]:
    """Members of every name that is not None, in the order of first appearance."""
    groups: dict[Any, list[int]] = {}
    for i, name in enumerate(names):
        if name is not None:
            groups.setdefault(name, []).append(i)
    return list(groups.values())


def _first_of(names: Sequence[Any]) -> Callable[[list[int]], str]:
    return lambda units: str(names[units[0]])


def _parts(n: int, near: list[list[int]]) -> Ints:
    """Connected part of every unit."""
    part = np.full(n, -1, dtype=np.int64)
    for start in range(n):
        if part[start] >= 0:
            continue
        number, queue = int(part.max()) + 1, [start]
        part[start] = number
        while queue:
            for other in near[queue.pop()]:
                if part[other] < 0:
                    part[other] = number
                    queue.append(other)
    return part


def kept_together(judge: Judge) -> list[list[int]]:
    """Units that no plan may part: blocks, and zones of mode whole that are connected and fit.

    Zones yield in the order of the layers where together they would outgrow the range or cross
    a nested layer.
    """
    root = list(range(judge.n))

    def group_of(units: Iterable[int]) -> list[int]:
        roots = {root[i] for i in units}
        return [i for i in range(judge.n) if root[i] in roots]

    def join(units: list[int]) -> None:
        for i in units:
            root[i] = units[0]

    for members in _groups(judge.block):
        join(group_of(members))
    frozen = {a for kind, a, _ in judge.locks if kind == "frozen"}
    old = [name if name in frozen else None for name in judge.previous or []]
    for members in _groups(old):
        join(group_of(members))
    nests = [judge.zones[x] for x in judge.zones if judge.modes[x] == "nest"]
    for layer in (x for x in judge.zones if judge.modes[x] == "whole"):
        free = [
            z if i >= len(old) or old[i] is None else None for i, z in enumerate(judge.zones[layer])
        ]
        for members in sorted(_groups(free), key=_first_of(free)):
            everyone = group_of(members)
            fits = judge.households[everyone].sum() <= judge.high and judge._joined(members)
            if fits and not any(_several(zones, everyone, skip=None) for zones in nests):
                join(everyone)
    return [units for units in _groups(root) if len(units) > 1]
