"""From a problem to pieces: blocks, whole zones, nested zones and locks become graph structure.

Units that stay together become one node; borders that no grid may cross are cut; frozen grids stand
alone; what is left falls into connected pieces that are solved one by one. Everything is done in
the order of the unit ids, so that the order of the input does not matter.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.objective import half_range, perimeter_scale
from gridplan.optimise.piece import Pairs, Piece, Terms, merge_edges, merge_pairs
from gridplan.optimise.problem import Floats, Ints, Problem

Tree = list[int]


class ConflictError(Exception):
    """Hard rules contradict each other; the text names the units, zones or locks."""


@dataclass(frozen=True, eq=False)
class Contracted:
    """A problem cut into independent pieces.

    Parameters
    ----------
    pieces
        The connected pieces, in the order of their smallest unit id.
    members
        Node of every unit inside its piece, and the piece of every unit, shape (n,) each.
    constant
        Cost that no plan changes and that belongs to no piece.
    forced
        Breach in households that oversized blocks force by themselves.
    """

    pieces: tuple[Piece, ...]
    piece_of: Ints
    node_of: Ints
    constant: float
    forced: int


def find(tree: Tree, item: int) -> int:
    """Root of an item in a union-find forest, with path halving."""
    while tree[item] != item:
        tree[item] = tree[tree[item]]
        item = tree[item]
    return item


def _union(tree: Tree, items: Iterable[int]) -> None:
    roots = sorted({find(tree, item) for item in items})
    for root in roots[1:]:
        tree[root] = roots[0]


class _Builder:
    """The steps from a problem to its pieces; every array is in the order of the unit ids."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        by_id = sorted(range(len(problem.node_ids)), key=problem.node_ids.__getitem__)
        self.order = np.array(by_id, dtype=np.int64)
        self.ids = [problem.node_ids[i] for i in self.order]
        self.place = {unit: i for i, unit in enumerate(self.ids)}
        rank = np.empty(len(self.order), dtype=np.int64)
        rank[self.order] = np.arange(len(self.order))
        self.rank = rank
        self.h = problem.households[self.order]
        self.load = problem.balanced[self.order]
        self.u, self.v, self.metres = merge_edges(
            rank[problem.edges[:, 0]], rank[problem.edges[:, 1]], problem.cost_m
        )
        self.zones = {x: [ids[i] for i in self.order] for x, ids in problem.zones.items()}
        old = problem.previous
        self.previous = [None] * len(self.ids) if old is None else [old[i] for i in self.order]
        self.tree: Tree = list(range(len(self.ids)))
        self.frozen: set[int] = set()
        self.loose: list[tuple[int, int]] = []
        self.crowded: list[tuple[str, str]] = []
        self.nest_layers = [x for x in problem.zones if problem.modes[x] == "nest"]

    def build(self) -> Contracted:
        self._join_blocks()
        self._join_frozen()
        self._join_locks()
        apart = self._apart_units()
        self._join_whole(apart)
        group, count = self._number_groups()
        nest = self._nest_zones(group, count)
        self._check_apart(apart, group)
        return self._pieces(group, count, nest, group[np.array(apart, np.int64).reshape(-1, 2)])

    def _join_blocks(self) -> None:
        blocks: dict[str, list[int]] = {}
        for i, position in enumerate(self.order):
            block = self.problem.block[position]
            if block is not None:
                blocks.setdefault(block, []).append(i)
        for members in blocks.values():
            _union(self.tree, members)

    def _join_frozen(self) -> None:
        for label in sorted({a for kind, a, _ in self.problem.locks if kind == "frozen"}):
            members = [i for i, old in enumerate(self.previous) if old == label]
            roots = {find(self.tree, i) for i in members}
            split = [i for i in range(len(self.ids)) if find(self.tree, i) in roots]
            extra = sorted(set(split) - set(members))
            if extra:
                raise ConflictError(
                    f"grid {label} is frozen, but the block of unit {self.ids[members[0]]} "
                    f"reaches beyond it to unit {self.ids[extra[0]]}"
                )
            _union(self.tree, members)
            self.frozen.update(members)

    def _pair(self, a: str, b: str) -> tuple[int, int]:
        """Places of two locked units; a previous grid stands for its largest unit."""
        if b not in self.place:
            members = [i for i, old in enumerate(self.previous) if old == b]
            return self.place[a], max(members, key=lambda i: (self.h[i], -i))
        return self.place[a], self.place[b]

    def _join_locks(self) -> None:
        """Contract locked pairs that touch; the others stay as rules."""
        locks = [lock for lock in self.problem.locks if lock[0] in ("together", "in")]
        waiting = sorted({self._pair(a, b) for _, a, b in locks})
        for a, b in waiting:
            if (a in self.frozen) != (b in self.frozen):
                raise ConflictError(
                    f"units {self.ids[a]} and {self.ids[b]} are locked together, "
                    "but one of them lies in a frozen grid"
                )
        touching = True
        while touching:
            joined = {
                tuple(sorted((find(self.tree, int(u)), find(self.tree, int(v)))))
                for u, v in zip(self.u, self.v, strict=True)
            }
            ends = {p: tuple(sorted(find(self.tree, end) for end in p)) for p in waiting}
            near = [p for p in waiting if ends[p] in joined or ends[p][0] == ends[p][1]]
            for a, b in near:
                _union(self.tree, (a, b))
            waiting = [p for p in waiting if p not in near]
            touching = bool(near and waiting)
        self.loose = waiting

    def _apart_units(self) -> list[tuple[int, int]]:
        locks = [lock for lock in self.problem.locks if lock[0] == "apart"]
        return sorted({self._pair(a, b) for _, a, b in locks})

    def _check_apart(self, apart: list[tuple[int, int]], group: Ints) -> None:
        for a, b in apart:
            if group[a] == group[b]:
                raise ConflictError(
                    f"units {self.ids[a]} and {self.ids[b]} are locked apart, "
                    "but a block or another lock keeps them together"
                )

    def _join_whole(self, apart: list[tuple[int, int]]) -> None:
        """Contract zones of mode whole where they are connected and fit; note the others."""
        nests = [self.zones[x] for x in self.nest_layers]
        for layer in (x for x in self.problem.zones if self.problem.modes[x] == "whole"):
            members: dict[str, list[int]] = {}
            for i, zone in enumerate(self.zones[layer]):
                if zone is not None and i not in self.frozen:
                    members.setdefault(zone, []).append(i)
            for zone in sorted(members):
                if self._fits(members[zone], nests, apart):
                    _union(self.tree, members[zone])
                else:
                    self.crowded.append((layer, zone))

    def _fits(
        self, units: list[int], nests: list[list[str | None]], apart: list[tuple[int, int]]
    ) -> bool:
        roots = {find(self.tree, i) for i in units}
        whole = [i for i in range(len(self.ids)) if find(self.tree, i) in roots]
        if sum(int(self.h[i]) for i in whole) > self.problem.max:
            return False
        if any(len({zones[i] for i in whole} - {None}) > 1 for zones in nests):
            return False
        inside = set(whole)
        if any(a in inside and b in inside for a, b in apart):
            return False
        tree = list(self.tree)
        chosen = set(units)
        for u, v in zip(self.u.tolist(), self.v.tolist(), strict=True):
            if u in chosen and v in chosen:
                _union(tree, (u, v))
        return len({find(tree, i) for i in units}) == 1

    def _number_groups(self) -> tuple[Ints, int]:
        roots = [find(self.tree, i) for i in range(len(self.ids))]
        number = {root: k for k, root in enumerate(dict.fromkeys(roots))}
        return np.array([number[root] for root in roots], dtype=np.int64), len(number)

    def _nest_zones(self, group: Ints, count: int) -> Ints:
        nest = np.full((len(self.nest_layers), count), -1, dtype=np.int64)
        first = 0  # zones are numbered through all nested layers
        for row, layer in enumerate(self.nest_layers):
            names = sorted({z for z in self.zones[layer] if z is not None})
            code = {name: first + k for k, name in enumerate(names)}
            for i, zone in enumerate(self.zones[layer]):
                if zone is None or i in self.frozen:
                    continue
                if nest[row, group[i]] not in (-1, code[zone]):
                    raise ConflictError(
                        f"unit {self.ids[i]} lies in zone {zone} of the nested layer {layer}, but "
                        f"a block or lock keeps it together with zone "
                        f"{names[nest[row, group[i]] - first]}"
                    )
                nest[row, group[i]] = code[zone]
            first += len(names)
        return nest

    def _labels(self, group: Ints) -> tuple[Pairs, Floats, float]:
        """Zones that cost something where a grid touches them, and the constant of the excess."""
        node: list[int] = []
        index: list[int] = []
        value_at: list[int] = []
        weight: list[float] = []
        constant = 0.0
        crowded = set(self.crowded)
        steep = self._steep()
        for layer, zones in self.zones.items():
            value = self.problem.weights[layer]
            touched: dict[str, dict[int, int]] = {}
            for i, zone in enumerate(zones):
                if zone is not None and self.h[i] > 0:
                    inside = touched.setdefault(zone, {})
                    inside[int(group[i])] = inside.get(int(group[i]), 0) + int(self.h[i])
            for zone in sorted(touched):
                constant -= value * -(-sum(touched[zone].values()) // self.problem.max)
                node += sorted(touched[zone])
                value_at += [touched[zone][g] for g in sorted(touched[zone])]
                index += [len(weight)] * len(touched[zone])
                weight.append(value + (steep if (layer, zone) in crowded else 0.0))
        pairs = Pairs(
            np.array(node, np.int64), np.array(index, np.int64), np.array(value_at, np.float64)
        )
        return pairs, np.array(weight, dtype=np.float64), constant

    def _steep(self) -> float:
        """A power of two above any difference in cost, for rules that outrank the cost."""
        problem = self.problem
        k = max(1.0, float(self.h.sum()) / problem.min)
        edges = problem.weights["compactness"] * float(problem.cost_m.sum())
        most = edges / perimeter_scale(problem) + problem.weights["per_grid"] * k
        most += sum(problem.weights[x] for x in problem.zones) * len(self.ids)
        largest = problem.max if problem.load is None else max(problem.max, int(self.load.sum()))
        most += k * problem.weights["balance"] * (largest / half_range(problem)) ** 2
        most += problem.weights["change"] * float(self.h.sum()) / problem.target
        return float(2.0 ** np.ceil(np.log2(most + 2.0)))

    def _old(self, group: Ints) -> Pairs:
        known = sorted({name for name in self.previous if name is not None})
        names = {name: k for k, name in enumerate(known)}
        used = self.problem.weights["change"] > 0
        units = [i for i, name in enumerate(self.previous) if used and name and self.h[i]]
        index = np.array([names[str(self.previous[i])] for i in units], dtype=np.int64)
        units_array = np.array(units, dtype=np.int64)
        return merge_pairs(Pairs(group[units_array], index, self.h[units_array].astype(float)))

    def _terms(self) -> Terms:
        weights = self.problem.weights
        return Terms(
            self.problem.min,
            self.problem.max,
            float(self.problem.target),
            half_range(self.problem),
            weights["balance"],
            weights["per_grid"],
            weights["change"] / self.problem.target,
        )

    def _pieces(self, group: Ints, count: int, nest: Ints, apart: Ints) -> Contracted:
        scale = self.problem.weights["compactness"] / perimeter_scale(self.problem)
        u, v, w = merge_edges(group[self.u], group[self.v], self.metres * scale)
        h = np.bincount(group, self.h, count).astype(np.int64)
        open_ = ~_crossing(nest, u, v) & ~self._walled(group, count, u, v, h, nest)
        cut = float(w[~open_].sum())
        cap = np.minimum(h, self.problem.max)
        labels, weight, constant = self._labels(group)
        full = Piece(
            h=np.bincount(group, self.load, count).astype(np.int64),
            cap=cap,
            u=u[open_],
            v=v[open_],
            w=w[open_],
            labels=labels,
            label_weight=weight,
            nest=nest,
            apart=apart,
            tied=group[np.array(self.loose, np.int64).reshape(-1, 2)],
            old=self._old(group),
            terms=self._terms(),
            steep=self._steep() if self.crowded else 0.0,
        )
        part, parts = components(count, full.u, full.v)
        self._check_reach(group, part)
        nodes = [np.flatnonzero(part == p) for p in range(parts)]
        place = np.empty(count, dtype=np.int64)
        for members in nodes:
            place[members] = np.arange(len(members))
        return Contracted(
            pieces=tuple(full.induced(members) for members in nodes),
            piece_of=part[group][self.rank],
            node_of=place[group][self.rank],
            constant=constant + cut,
            forced=int((h - cap).sum()),
        )

    def _walled(
        self, group: Ints, count: int, u: Ints, v: Ints, h: Ints, nest: Ints
    ) -> NDArray[np.bool_]:
        """Edges to cut around frozen grids and around empty ground that no grid could take."""
        alone = np.zeros(count, dtype=np.int64)
        alone[group[sorted(self.frozen)]] = 1 + group[sorted(self.frozen)]
        if len(nest):
            _isolate_empty(alone, u, v, h, nest)
        return np.asarray(alone[u] != alone[v], dtype=np.bool_)

    def _check_reach(self, group: Ints, part: Ints) -> None:
        for a, b in self.loose:
            if part[group[a]] != part[group[b]]:
                raise ConflictError(
                    f"units {self.ids[a]} and {self.ids[b]} are locked together, "
                    "but no chain of borders that a grid may cross joins them"
                )


def _crossing(nest: Ints, u: Ints, v: Ints) -> NDArray[np.bool_]:
    """Edges between different zones of a nested layer."""
    crossing = np.zeros(len(u), dtype=bool)
    for zones in nest:
        crossing |= (zones[u] != zones[v]) & (zones[u] >= 0) & (zones[v] >= 0)
    return crossing


def _isolate_empty(alone: Ints, u: Ints, v: Ints, h: Ints, nest: Ints) -> None:
    """Mark empty nodes of a nested zone from which no household of that zone can be reached."""
    n = len(h)
    near: list[list[int]] = [[] for _ in range(n)]
    for a, b in zip(u.tolist(), v.tolist(), strict=True):
        near[a].append(b)
        near[b].append(a)
    for start in np.flatnonzero((h == 0) & (nest >= 0).any(axis=0) & (alone == 0)).tolist():
        zone = nest[:, start]
        seen, queue = {start}, [start]
        while queue and not any(h[i] for i in queue):
            steps = {j for i in queue for j in near[i] if alone[j] == 0} - seen
            queue = sorted(
                j for j in steps if np.all((nest[:, j] == zone) | (nest[:, j] < 0) | (zone < 0))
            )
            seen.update(queue)
        if not queue:
            alone[sorted(seen)] = n + 1 + start


def components(n: int, u: Ints, v: Ints) -> tuple[Ints, int]:
    """Connected component of every node, numbered by smallest node, and their number."""
    tree = list(range(n))
    for a, b in zip(u.tolist(), v.tolist(), strict=True):
        ra, rb = find(tree, a), find(tree, b)
        tree[max(ra, rb)] = min(ra, rb)
    roots = np.array([find(tree, i) for i in range(n)], dtype=np.int64)
    unique, part = np.unique(roots, return_inverse=True)
    return part.astype(np.int64), len(unique)


def contract(problem: Problem) -> Contracted:
    """Cut a problem into independent pieces.

    Raises
    ------
    ConflictError
        When hard rules contradict each other.
    """
    return _Builder(problem).build()
