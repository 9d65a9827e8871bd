"""Divide one community anew with little change: which grids are opened, and what comes of it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise import Problem, Solution, evaluate
from gridplan.optimise.solve import number_by_first
from gridplan.redivide.least import (
    SMALL,
    Effort,
    Found,
    cheapest,
    fewest_moved,
    overflow,
    weighed,
)
from gridplan.redivide.past import Past, households_moved
from gridplan.redivide.policy import Change, Policy
from gridplan.redivide.region import Layout, cut_out, disturbed, lay_out, parts_of

Ints = NDArray[np.int64]

TRIES, FEW_TRIES = 48, 12
"""Sets of neighbours that are tried one by one before whole rings of them are added, and on ground
of many units."""

CROWD = 6
"""More old grids than this at once are searched at once."""

FEW = 3
"""Most neighbours of such a set."""

CONTESTED = 6
"""Sets that serve equally well and are compared by cost."""


@dataclass(frozen=True, eq=False)
class Revision:
    """How a community is divided anew; travels with its problem.

    Parameters
    ----------
    past
        What its units were.
    policy
        What may change.
    """

    past: Past
    policy: Policy

    def solve(
        self, problem: Problem, *, effort: float, time_limit_s: float, seed: int
    ) -> tuple[Solution, Change]:
        """Divide the community anew.

        Returns
        -------
        Solution
            Of the whole community. ``optimal`` means that with these grids opened no plan in
            range is better: fewer households moved, then less cost, where least change is asked
            for; less cost with change weighed, else.
        Change
            What it changes.
        """
        return _Reviser(problem, self, Effort(effort, time_limit_s, seed)).run()


@dataclass(eq=False)
class _Part:
    """Ground that was divided anew, and the core of it that could not stay."""

    core: Ints
    units: Ints
    grids: frozenset[int]
    found: Found
    fewest: bool | None = None


class _Try(NamedTuple):
    """What is proven of some opened grids: no plan in range, or the fewest households moved."""

    size: int
    never: bool
    least: int


def _none_smaller(tried: list[_Try], size: int, moved: int) -> bool:
    """Whether no plan that opens fewer grids moves as few households, as far as was tried."""
    return size <= FEW and all(t.never or t.least > moved for t in tried if t.size < size)


@dataclass(eq=False)
class _Reviser:
    """The steps from the old grids to the new ones."""

    problem: Problem
    revision: Revision
    effort: Effort

    def __post_init__(self) -> None:
        self.past, self.policy = self.revision.past, self.revision.policy
        self.layout: Layout = lay_out(self.problem)
        held = {a for kind, a, _ in self.problem.locks if kind == "frozen"}
        self.frozen = {i for i, name in enumerate(self.layout.names) if name in held}

    @property
    def least(self) -> bool:
        return self.policy.least or self.policy.scope == "minimal"

    def run(self) -> tuple[Solution, Change]:
        parts: list[_Part] = []
        waiting = self._first_parts()
        while waiting:
            units = waiting.pop(0)
            part = self._divide(units)
            if part is None:
                return self._no_plan(), self._change(np.zeros(0, dtype=np.int64), [])
            met = [p for p in parts if p.grids & part.grids]
            if met:  # two places want the same neighbour: they are divided together
                parts = [p for p in parts if p not in met]
                joined = [units, *(p.core for p in met)]
                waiting.insert(0, np.unique(np.concatenate(joined)))
                continue
            parts.append(part)
        return self._together(parts)

    def _first_parts(self) -> list[Ints]:
        """Ground that must or may be divided anew, in pieces that do not touch."""
        opened = self._opened() - self.frozen
        wrong_number = self.problem.grids not in (None, len(self.layout.names))
        if wrong_number and self.policy.scope == "minimal":
            opened = set(range(len(self.layout.names))) - self.frozen
        loose = np.flatnonzero(self.layout.home < 0)
        parts = parts_of(self.layout, self.layout.units_of(opened, loose.tolist()))
        if self.problem.grids is not None and parts:  # they share the number
            return [np.sort(np.concatenate(parts))]
        return parts

    def _opened(self) -> set[int]:
        everything = set(range(len(self.layout.names)))
        if self.policy.scope == "all" or self.problem.name in self.policy.named:
            return everything
        if self.policy.scope == "named":
            return {i for i in everything if self.layout.names[i] in self.policy.named}
        return disturbed(self.problem, self.layout)

    def _divide(self, units: Ints) -> _Part | None:
        """Divide some ground anew, with as few more grids as a plan in range needs."""
        grids = self._grids_in(units)
        if self.policy.scope != "minimal" and (grids or self.policy.scope == "all"):
            return self._as_named(units, grids)
        return self._grow(units, grids)

    def _grow(self, units: Ints, grids: frozenset[int]) -> _Part | None:
        """Open more and more old grids until a plan is in range and more would not help.

        A wider scope is preferred where it moves fewer households; where the next size brings
        nothing, growing ends.
        """
        chosen: _Part | None = None
        worst: _Part | None = None
        tried: list[_Try] = []
        floor = overflow(cut_out(self.problem, units))
        for size, sets in self._growing(units):
            if chosen is not None and size > FEW:
                break
            deep = size > FEW or (size == 0 and len(grids) > CROWD)
            made = [p for more in sets if (p := self._opening(units, grids, more, deep=deep))]
            tried += [self._told(size, part) for part in made]
            served = [part for part in made if self._serves(part)]
            if not made:
                continue
            if not served and chosen is None:
                worst = min([*made, *([worst] if worst else [])], key=lambda p: p.found.breach)
                bound = made[-1].found.breach_bound
                continue
            best = self._choose(served) if served else None
            if best is None or (chosen and best.found.moved >= chosen.found.moved):
                break
            chosen = replace(best, fewest=_none_smaller(tried, size, best.found.moved))
            if best.found.moved <= floor or size > FEW:
                break
        if chosen is None and worst is not None:
            return self._settled(worst, bound)
        return chosen

    def _opening(
        self, units: Ints, grids: frozenset[int], more: tuple[int, ...], *, deep: bool
    ) -> _Part | None:
        """Divide some ground together with some more old grids."""
        wider = self.layout.units_of(grids | set(more), units.tolist())
        found = self._attempt(wider, deep=deep)
        return None if found is None else _Part(units, wider, self._grids_in(wider), found)

    def _serves(self, part: _Part) -> bool:
        """Whether its plan misses the range by no more than oversized blocks force."""
        return part.found.breach <= self._unavoidable(part.units)

    def _told(self, size: int, part: _Part) -> _Try:
        never = part.found.breach_bound > self._unavoidable(part.units)
        return _Try(size, never, part.found.least)

    def _as_named(self, units: Ints, grids: frozenset[int]) -> _Part | None:
        """Divide the ground that was asked for, and no more."""
        found = self._attempt(units)
        if found is None:
            return None
        found = self._best(units, found)
        if len(units) < len(self.layout.home):  # more ground might mend what this cannot
            forced = min(found.breach_bound, self._unavoidable(units))
            found = replace(found, breach_bound=forced)
        return _Part(units, units, grids, found)

    def _attempt(self, units: Ints, *, deep: bool = True) -> Found | None:
        """Divide some ground by what the policy asks for, in range where that is possible."""
        problem = cut_out(self.problem, units, self._count_for(units))
        past = self.past.only(units)
        if self.least:
            return fewest_moved(problem, past, self.effort, deep=deep)
        return weighed(problem, past, self.effort)

    def _best(self, units: Ints, found: Found) -> Found:
        """The cheapest plan of some ground that moves as few."""
        if not self.least:
            return found
        problem = cut_out(self.problem, units, self._count_for(units))
        return cheapest(problem, self.past.only(units), found, self.effort)

    def _choose(self, served: list[_Part]) -> _Part:
        """Of plans that open as few grids: the fewest households moved, then the least cost."""
        served.sort(key=lambda p: (p.found.moved, sorted(p.grids)))
        least = served[0].found.moved
        even = [part for part in served if part.found.moved == least][:CONTESTED]
        for part in even:
            part.found = self._best(part.units, part.found)
        whole = {id(p): self._cost_with(p) for p in even}
        return min(even, key=lambda p: (p.found.breach, p.found.moved, whole[id(p)]))

    def _cost_with(self, part: _Part) -> float:
        """Cost of the community with this part divided so and all else as it was."""
        return round(evaluate(self.problem, self._labels([part]))[1], 9)

    def _settled(self, part: _Part, breach_bound: int) -> _Part:
        """The plan that misses the range by least; all that it could reach was opened in vain."""
        found = self._best(part.units, part.found)
        part.found = replace(found, breach_bound=min(breach_bound, found.breach))
        part.fewest = False
        return part

    def _grids_in(self, units: Ints) -> frozenset[int]:
        return frozenset(self.layout.home[units].tolist()) - {-1}

    def _count_for(self, units: Ints) -> int | None:
        """Grids that a fixed number leaves for some ground; None where none is fixed."""
        if self.problem.grids is None:
            return None
        outside = len(self.layout.names) - len(self._grids_in(units))
        return max(1, self.problem.grids - outside)

    def _unavoidable(self, units: Ints) -> int:
        """Breach that blocks above the maximum force by themselves."""
        size: dict[str, int] = {}
        for i in units.tolist():
            name = self.problem.block[i] or f"\n{i}"
            size[name] = size.get(name, 0) + int(self.problem.households[i])
        return sum(max(0, h - self.problem.max) for h in size.values())

    def _growing(self, units: Ints) -> Iterator[tuple[int, list[tuple[int, ...]]]]:
        """Sets of old grids to open beside some units, the smallest first, then ring after ring."""
        yield 0, [()]
        tried = 0
        usual = len(self.layout.home) / max(1, len(self.layout.names))
        most = TRIES if FEW * usual <= SMALL else FEW_TRIES
        for size in range(1, FEW + 1):
            sets = self._connected(units, size)
            if tried + len(sets) > most:
                break
            tried += len(sets)
            if sets:
                yield size, sets
        ring: set[int] = set()
        while True:
            near = self._near(self.layout.units_of(ring, units.tolist()))
            if not near:
                return
            ring |= set(near)
            yield FEW + 1, [tuple(sorted(ring))]

    def _near(self, units: Ints) -> list[int]:
        return [grid for grid in self.layout.neighbours(units) if grid not in self.frozen]

    def _connected(self, units: Ints, size: int) -> list[tuple[int, ...]]:
        """Sets of as many old grids that hang together with some units."""
        sets: set[tuple[int, ...]] = {()}
        for _ in range(size):
            sets = {
                tuple(sorted((*chosen, grid)))
                for chosen in sets
                for grid in self._near(self.layout.units_of(set(chosen), units.tolist()))
            }
            if len(sets) > TRIES:
                break
        return sorted(sets)

    def _labels(self, parts: Collection[_Part]) -> Ints:
        """Grid of every unit: the old ones, and those of the parts."""
        label = self.layout.home.copy()
        label[label < 0] = len(self.layout.names)  # units that no part has placed yet
        first = len(self.layout.names) + 1
        for part in parts:
            label[part.units] = first + part.found.assignment
            first += int(part.found.assignment.max()) + 1
        return number_by_first(label)

    def _together(self, parts: list[_Part]) -> tuple[Solution, Change]:
        label = self._labels(parts)
        breach, cost = evaluate(self.problem, label)
        rest = np.setdiff1d(np.arange(len(label)), np.concatenate([[], *(p.units for p in parts)]))
        bound = sum(p.found.breach_bound for p in parts) + self._unavoidable(rest.astype(np.int64))
        short = breach - bound
        change = self._change(label, parts)
        gaps = [p.found.gap for p in parts]
        known = short <= 0 and None not in gaps and not (self.least and change.moved > change.least)
        gap = sum(g for g in gaps if g is not None)
        solution = Solution(
            status="optimal" if known and gap <= 1e-6 else "feasible",
            breach=breach,
            breach_bound=min(breach, bound),
            objective=cost,
            bound=cost - gap if known else None,
            gap=gap / max(abs(cost), 1e-9) if known else None,
            grids=int(label.max()) + 1,
            assignment=label,
            effort=sum(p.found.effort for p in parts),
            seconds=sum(p.found.seconds for p in parts),
            stopped=next((p.found.stopped for p in parts if p.found.stopped), ""),
            reason="",
        )
        return solution, change

    def _change(self, label: Ints, parts: list[_Part]) -> Change:
        known = np.array([name is not None for name in self.problem.previous or ()], dtype=bool)
        h = self.problem.households
        moved = households_moved(self.problem, self.past, label) if len(label) else (0, 0)
        grids = sorted(set().union(*(p.grids for p in parts)))
        asked = [p.fewest for p in parts if p.fewest is not None]
        return Change(
            opened=tuple(self.layout.names[i] for i in grids),
            households=int(h[known].sum()),
            unchanged=int(h[known & self.past.unchanged].sum()),
            moved=moved[0],
            unchanged_moved=moved[1],
            least=sum(p.found.least for p in parts),
            fewest=all(asked) if self.policy.scope == "minimal" else None,
        )

    def _no_plan(self) -> Solution:
        nobody = np.full(len(self.problem.node_ids), -1, dtype=np.int64)
        return Solution("infeasible", 0, 0, None, None, None, 0, nobody, 0, 0.0, "", "")
