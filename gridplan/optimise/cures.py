"""Ways to relax a problem, and what each of them leaves of a breach.

Every function returns the problem with one rule less, or one fact other than it is. `Bench` solves
them with little effort; what it reports as left is reached by a plan, so that it can be had.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from gridplan.optimise.problem import Floats, Ints, Problem
from gridplan.optimise.solve import Solution, solve

Rule = TypeVar("Rule")
Lock = tuple[str, str, str]


@dataclass(frozen=True)
class Cure:
    """Something that would lower a breach, or allow a plan at all.

    Parameters
    ----------
    kind
        ``divide-unit``, ``split-block``, ``soften-layer``, ``drop-lock``, ``other-count``,
        ``add-link``, ``merge-community``, ``allow-range`` or ``more-effort``.
    text
        What to do, in words.
    breach
        Breach in households of a plan that was found with it; None where it was not tried, or
        does not help without others.
    """

    kind: str
    text: str
    breach: int | None = None


@dataclass(frozen=True)
class Cause:
    """Something that forces a breach, or leaves no plan at all.

    Parameters
    ----------
    kind
        ``unit-over-max``, ``block-over-max``, ``community-under-min``, ``component-under-min``,
        ``no-number-of-grids``, ``fixed-count``, ``nest``, ``whole``, ``locks``, ``dead-end``,
        ``indivisible``, ``conflict``, ``enumeration`` or ``unproven``.
    message
        What forces it, in words, with numbers and ids.
    layer
        Jurisdiction layer it is about, or empty.
    place
        Unit, block or zone it is about, or empty.
    value, limit
        Households found and allowed; None where the cause has no such number.
    cures
        What would lower the breach, the one that leaves least first.
    """

    kind: str
    message: str
    layer: str = ""
    place: str = ""
    value: int | None = None
    limit: int | None = None
    cures: tuple[Cure, ...] = ()

    @property
    def sentence(self) -> str:
        """The cause and its first cure in words."""
        if not self.cures:
            return self.message
        cure = self.cures[0]
        if cure.breach is None:
            return f"{self.message}; cure: {cure.text}"
        left = "no breach" if not cure.breach else f"a breach of {cure.breach}"
        return f"{self.message}; cure: {cure.text} (leaves {left})"


def ranked(cures: Iterable[Cure | None], below: int | None = None) -> tuple[Cure, ...]:
    """Cures by the breach they leave, those not tried last; those that do not help left out."""
    known = [cure for cure in cures if cure is not None]
    useful = [c for c in known if c.breach is None or below is None or c.breach < below]
    return tuple(sorted(useful, key=lambda c: (c.breach is None, c.breach or 0)))


def least_set(rules: Sequence[Rule], forced: Callable[[Sequence[Rule]], bool]) -> list[Rule]:
    """A smallest set of rules that still forces something: none of them can be left out.

    Parameters
    ----------
    rules
        Rules that force it together.
    forced
        Whether some of the rules force it without the others.
    """
    kept = list(rules)
    for rule in rules:
        fewer = [other for other in kept if other is not rule]
        if forced(fewer):
            kept = fewer
    return kept


class Bench:
    """Solves relaxed problems with little effort, and only so many of them.

    Parameters
    ----------
    effort, seed
        Of every trial.
    tries
        Number of trials; after that cures are named but not tried.
    """

    def __init__(self, effort: float, seed: int, tries: int) -> None:
        self.effort, self.seed, self.tries = effort, seed, tries

    def solve(self, problem: Problem) -> Solution | None:
        """A plan of a relaxed problem; None where there is none or the trials are used up."""
        if self.tries <= 0:
            return None
        self.tries -= 1
        found = solve(problem, effort=self.effort, seed=self.seed)
        if found.stopped == "interrupt":
            raise KeyboardInterrupt
        return None if found.status == "infeasible" else found

    def breach(self, problem: Problem) -> int | None:
        """Breach of a plan of a relaxed problem, None as in `solve`."""
        found = self.solve(problem)
        return None if found is None else found.breach

    def cure(self, kind: str, text: str, problem: Problem) -> Cure | None:
        """A cure with the breach it leaves, or None where not even it has a plan."""
        if self.tries <= 0:
            return Cure(kind, text)
        found = self.solve(problem)
        return None if found is None else Cure(kind, text, found.breach)


def softened(problem: Problem, layers: Iterable[str]) -> Problem:
    """The problem with some layers soft."""
    return replace(problem, modes={**problem.modes, **dict.fromkeys(layers, "soft")})


def unlocked(problem: Problem, locks: Iterable[Lock]) -> Problem:
    """The problem without some of its locks."""
    gone = set(locks)
    return replace(problem, locks=tuple(lock for lock in problem.locks if lock not in gone))


def unblocked(problem: Problem, block: str) -> Problem:
    """The problem with one block divided into its units."""
    return replace(problem, block=tuple(None if b == block else b for b in problem.block))


def linked(problem: Problem, pairs: Iterable[tuple[int, int]]) -> Problem:
    """The problem with links between some pairs of units, given by their positions."""
    new = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    nothing = np.zeros(len(new))
    return replace(
        problem,
        edges=np.concatenate([problem.edges, new]),
        shared_m=np.concatenate([problem.shared_m, nothing]),
        cost_m=np.concatenate([problem.cost_m, nothing]),
    )


def divided(problem: Problem, unit: int, parts: int) -> Problem:
    """The problem with one unit in equal parts that all touch each other and its neighbours.

    The first part keeps the unit's id and position; all leave its block.
    """
    n, extra = len(problem.node_ids), parts - 1
    at = np.concatenate([np.arange(n), np.full(extra, unit)])
    mine = [unit, *range(n, n + extra)]
    households = problem.households[at]
    households[mine] = _shares(int(problem.households[unit]), parts)
    area = problem.area_m2[at]
    area[mine] = problem.area_m2[unit] / parts
    edges, shared, cost = _edges_divided(problem, unit, mine)
    name, taken = problem.node_ids[unit], set(problem.node_ids)
    ids = (*problem.node_ids, *_fresh(name, extra, taken))
    return replace(
        problem,
        node_ids=ids,
        households=households,
        area_m2=area,
        block=tuple(None if i in mine else problem.block[at[i]] for i in range(len(at))),
        edges=edges,
        shared_m=shared,
        cost_m=cost,
        zones={layer: tuple(zones[i] for i in at) for layer, zones in problem.zones.items()},
        previous=None if problem.previous is None else tuple(problem.previous[i] for i in at),
    )


def _shares(total: int, parts: int) -> list[int]:
    return [total * (i + 1) // parts - total * i // parts for i in range(parts)]


def _fresh(name: str, number: int, taken: set[str]) -> list[str]:
    """Ids after a unit's own that no unit has."""
    free: list[str] = []
    tail = 2
    while len(free) < number:
        if f"{name}/{tail}" not in taken:
            free.append(f"{name}/{tail}")
        tail += 1
    return free


def _edges_divided(problem: Problem, unit: int, mine: list[int]) -> tuple[Ints, Floats, Floats]:
    """Edges when one unit becomes several: its borders shared out, links between the parts."""
    touches = (problem.edges == unit).any(axis=1)
    weight = np.where(touches, 1.0 / len(mine), 1.0)
    edges, shared, cost = problem.edges, problem.shared_m * weight, problem.cost_m * weight
    copies = [np.where(edges[touches] == unit, part, edges[touches]) for part in mine[1:]]
    inner = np.array([(a, b) for a in mine for b in mine if a < b], dtype=np.int64).reshape(-1, 2)
    nothing = np.zeros(len(inner))
    return (
        np.concatenate([edges, *copies, inner]),
        np.concatenate([shared, *[shared[touches] for _ in copies], nothing]),
        np.concatenate([cost, *[cost[touches] for _ in copies], nothing]),
    )


def range_of(problem: Problem, assignment: Ints) -> tuple[int, int]:
    """The range within which every grid of a plan lies, at least that of the problem."""
    held = np.bincount(np.unique(assignment, return_inverse=True)[1], problem.households)
    return min(problem.min, int(held.min())), max(problem.max, int(held.max()))
