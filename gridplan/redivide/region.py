"""Ground that is divided anew while the rest stays: old grids and units that appeared."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise import Problem
from gridplan.optimise.objective import perimeter_scale

Ints = NDArray[np.int64]

PAIRED = ("together", "apart", "in")
"""Kinds of lock that name two units, or a unit and a grid."""


@dataclass(frozen=True, eq=False)
class Layout:
    """The old grids as they lie in a community of today.

    Parameters
    ----------
    home
        Old grid of every unit by its position in ``names``, -1 where it has none; a unit that
        appeared in the block of others has theirs. Shape (n,).
    names
        Old grids, sorted.
    near
        Pairs of units that must be seen together: neighbours, and those of one lock, shape (m, 2).
    """

    home: Ints
    names: tuple[str, ...]
    near: Ints

    def units_of(self, grids: Collection[int], loose: Iterable[int] = ()) -> Ints:
        """Units of some old grids, and some more units, ascending."""
        mine = np.isin(self.home, sorted(grids))
        mine[np.fromiter(loose, dtype=np.int64)] = True
        return np.flatnonzero(mine)

    def neighbours(self, units: Ints) -> list[int]:
        """Old grids that touch some units and hold none of them, ascending."""
        inside = np.zeros(len(self.home), dtype=bool)
        inside[units] = True
        a, b = self.near.T
        touched = np.r_[b[inside[a]], a[inside[b]]]
        found = set(self.home[touched].tolist()) - set(self.home[units].tolist()) - {-1}
        return sorted(found)


def lay_out(problem: Problem) -> Layout:
    """Read the old grids of a problem."""
    old = problem.previous or (None,) * len(problem.node_ids)
    names = sorted({name for name in old if name is not None})
    place = {name: i for i, name in enumerate(names)}
    home = np.array([-1 if name is None else place[name] for name in old], dtype=np.int64)
    block: dict[str, list[int]] = {}
    for unit, name in enumerate(problem.block):
        if name is not None:
            block.setdefault(name, []).append(unit)
    pairs = [tuple(edge) for edge in problem.edges.tolist()]
    for members in block.values():
        known = sorted({int(home[i]) for i in members} - {-1})
        if len(known) == 1:
            home[members] = known[0]
        pairs += [(members[0], i) for i in members[1:]]
    pairs += _locked_pairs(problem)
    near = np.array(sorted({tuple(sorted(p)) for p in pairs}), dtype=np.int64).reshape(-1, 2)
    return Layout(home, tuple(names), near)


def _locked_pairs(problem: Problem) -> list[tuple[int, int]]:
    """Pairs of units that a lock joins or parts."""
    place = {unit: i for i, unit in enumerate(problem.node_ids)}
    old = problem.previous or ()
    found = []
    for kind, a, b in problem.locks:
        if kind in PAIRED and a in place:
            other = place[b] if b in place else next(i for i, name in enumerate(old) if name == b)
            found.append((place[a], other))
    return found


def disturbed(problem: Problem, layout: Layout) -> set[int]:
    """Find the old grids that cannot stay as they are.

    They are out of range, fall apart, touch two zones of a nested layer, cut a block or a whole
    zone that fits in a grid, or are not what a lock wants.
    """
    count = len(layout.names)
    known = layout.home >= 0
    held = np.bincount(layout.home[known], problem.households[known], count)
    wrong = set(np.flatnonzero((held < problem.min) | (held > problem.max)).tolist())
    wrong |= _apart(problem, layout)
    wrong |= _in_two_zones(problem, layout)
    wrong |= _cut_blocks(problem, layout)
    return wrong | _against_locks(problem, layout)


def _apart(problem: Problem, layout: Layout) -> set[int]:
    """Old grids whose units do not hang together any more."""
    pairs = [(a, b) for a, b in problem.edges.tolist() if layout.home[a] == layout.home[b] >= 0]
    part = _components(len(layout.home), pairs)
    parts: dict[int, set[int]] = {}
    for i, grid in enumerate(layout.home.tolist()):
        if grid >= 0:
            parts.setdefault(grid, set()).add(part[i])
    return {grid for grid, pieces in parts.items() if len(pieces) > 1}


def _in_two_zones(problem: Problem, layout: Layout) -> set[int]:
    wrong = set()
    for layer in sorted(x for x in problem.zones if problem.modes[x] == "nest"):
        seen: dict[int, set[str]] = {}
        for grid, zone in zip(layout.home.tolist(), problem.zones[layer], strict=True):
            if grid >= 0 and zone is not None:
                seen.setdefault(grid, set()).add(zone)
        wrong |= {grid for grid, zones in seen.items() if len(zones) > 1}
    return wrong


def _cut_blocks(problem: Problem, layout: Layout) -> set[int]:
    """Old grids that cut a block, or a zone of mode whole that fits in a grid."""
    groups: list[Sequence[str | None]] = [problem.block]
    groups += [problem.zones[x] for x in sorted(problem.zones) if problem.modes[x] == "whole"]
    wrong = set()
    for number, names in enumerate(groups):
        members: dict[str, list[int]] = {}
        for i, name in enumerate(names):
            if name is not None:
                members.setdefault(name, []).append(i)
        for units in members.values():
            grids = {int(layout.home[i]) for i in units} - {-1}
            fits = number == 0 or int(problem.households[units].sum()) <= problem.max
            if len(grids) > 1 and fits:
                wrong |= grids
    return wrong


def _against_locks(problem: Problem, layout: Layout) -> set[int]:
    place = {unit: i for i, unit in enumerate(problem.node_ids)}
    grid_at = {name: i for i, name in enumerate(layout.names)}
    wrong = set()
    for kind, a, b in problem.locks:
        if kind not in PAIRED or a not in place:
            continue
        mine = int(layout.home[place[a]])
        other = int(layout.home[place[b]]) if b in place else grid_at[b]
        if (mine == other) == (kind == "apart"):
            wrong |= {mine, other} - {-1}
    return wrong


def parts_of(layout: Layout, units: Ints) -> list[Ints]:
    """Sets of units that hang together by neighbours, locks or a common old grid."""
    inside = set(units.tolist())
    first: dict[int, int] = {}
    pairs = [(a, b) for a, b in layout.near.tolist() if a in inside and b in inside]
    for i in units.tolist():
        grid = int(layout.home[i])
        if grid >= 0:
            pairs.append((first.setdefault(grid, i), i))
    part = _components(len(layout.home), pairs)
    found: dict[int, list[int]] = {}
    for i in units.tolist():
        found.setdefault(part[i], []).append(i)
    return [np.array(found[r], dtype=np.int64) for r in sorted(found)]


def cut_out(problem: Problem, units: Ints, grids: int | None = None) -> Problem:
    """The problem of some units, everything around them staying as it is.

    The border to the rest counts whatever the plan, and a zone costs once per grid, so that the
    cost differs from that of the whole by a constant.
    """
    place = np.full(len(problem.node_ids), -1, dtype=np.int64)
    place[units] = np.arange(len(units))
    inside = (place[problem.edges] >= 0).all(axis=1)
    ids = tuple(problem.node_ids[i] for i in units)
    old = problem.previous or (None,) * len(place)
    previous = tuple(old[i] for i in units)
    known = {*ids, *previous} - {None}
    part = replace(
        problem,
        node_ids=ids,
        households=problem.households[units],
        area_m2=problem.area_m2[units],
        block=tuple(problem.block[i] for i in units),
        edges=place[problem.edges[inside]],
        shared_m=problem.shared_m[inside],
        cost_m=problem.cost_m[inside],
        zones={x: tuple(zones[i] for i in units) for x, zones in problem.zones.items()},
        grids=grids,
        previous=previous,
        load=None if problem.load is None else problem.load[units],
        locks=tuple(
            lock for lock in problem.locks if lock[0] in PAIRED and {lock[1], lock[2]} <= known
        ),
    )
    return _at_scale_of(problem, part)


def _at_scale_of(problem: Problem, part: Problem) -> Problem:
    """Let a metre of border cost in a part what it costs in the whole."""
    here, whole = perimeter_scale(part), perimeter_scale(problem)
    if not (np.isfinite(here) and np.isfinite(whole)):
        return part
    weight = problem.weights["compactness"] * here / whole
    return replace(part, weights={**part.weights, "compactness": weight})


def with_cores(problem: Problem, free: int) -> Problem:
    """Join what lies deep inside each old grid, so that few units are left to choose.

    Units nearest to another old grid, or to ground that had none, stay free; the others of a grid
    become blocks, one for each piece of them that hangs together. Every plan of the answer is a
    plan of the problem, not the other way round.

    Parameters
    ----------
    problem
        With the old grid of every unit.
    free
        Units that stay free, about.
    """
    layout = lay_out(problem)
    depth = _depths(problem, layout)
    order = np.lexsort((np.array(problem.node_ids), depth))
    inner = np.ones(len(depth), dtype=bool)
    inner[order[:free]] = False
    inner &= layout.home >= 0
    inner |= np.isin(_block_numbers(problem), np.unique(_block_numbers(problem)[inner]))
    edges = problem.edges
    both = inner[edges[:, 0]] & inner[edges[:, 1]]
    both &= layout.home[edges[:, 0]] == layout.home[edges[:, 1]]
    pairs = [tuple(edge) for edge in edges[both].tolist()]
    first: dict[str, int] = {}
    for i in np.flatnonzero(inner).tolist():
        name = problem.block[i]
        if name is not None:
            pairs.append((first.setdefault(name, i), i))
    part = _components(len(inner), pairs)
    names = tuple(
        f"\n{part[i]}" if inner[i] else problem.block[i] for i in range(len(problem.node_ids))
    )
    return replace(problem, block=names)


def _block_numbers(problem: Problem) -> Ints:
    """A number for every block; units without one have numbers of their own."""
    known: dict[str, int] = {}
    n = len(problem.node_ids)
    return np.array(
        [
            i if name is None else known.setdefault(name, n + i)
            for i, name in enumerate(problem.block)
        ],
        dtype=np.int64,
    )


def _depths(problem: Problem, layout: Layout) -> Ints:
    """Steps from every unit to the nearest one of another old grid, or of none."""
    n = len(layout.home)
    near: list[list[int]] = [[] for _ in range(n)]
    for a, b in problem.edges.tolist():
        near[a].append(b)
        near[b].append(a)
    depth = np.full(n, n, dtype=np.int64)
    edge = [
        i
        for i in range(n)
        if layout.home[i] < 0 or any(layout.home[j] != layout.home[i] for j in near[i])
    ]
    depth[edge] = 0
    while edge:
        edge = sorted({j for i in edge for j in near[i] if depth[j] > depth[i] + 1})
        if edge:
            depth[edge] = depth[[min(near[i], key=lambda j: depth[j]) for i in edge]] + 1
    return depth


def _components(n: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Smallest unit that each hangs together with."""
    tree = list(range(n))

    def root(i: int) -> int:
        while tree[i] != i:
            tree[i] = tree[tree[i]]
            i = tree[i]
        return i

    for a, b in pairs:
        ra, rb = root(a), root(b)
        tree[max(ra, rb)] = min(ra, rb)
    return [root(i) for i in range(n)]
