"""The plan of some ground that moves the fewest households, and then costs least.

The objective of the optimiser (`change`) counts a lower bound of what moves, so a plan whose moved
households equal that bound is proven. A new grid that goes on from no old one is free to it but not
to the households in it; so plans are sought for each number of grids that could be best, and
numbers that must move more are ruled out by counting.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise import Problem, Solution, evaluate, solve
from gridplan.optimise.extra import Priced, cheapest_with
from gridplan.redivide.past import Past, households_moved, tally_of
from gridplan.redivide.region import with_cores

STEEP = (8.0, 64.0, 512.0)
"""Weights of change by which the cheapest of the plans that move least is sought."""

COUNTS, FEW_COUNTS = 6, 2
"""Numbers of grids that are tried at most, and on ground of many units."""

SMALL = 40
"""Units up to which the exact engine is asked about all of them."""

FREE = (16, 26)
"""Units that are left free on larger ground, where what lies deep inside old grids stays."""

SHORT = 0.2
"""Effort for that, whatever is asked for."""

SLACK = 1e-6


@dataclass(frozen=True)
class Effort:
    """What the optimiser may spend on one problem."""

    effort: float
    time_limit_s: float
    seed: int

    def solve(self, problem: Problem) -> Solution:
        """Ask the optimiser."""
        return solve(problem, effort=self.effort, time_limit_s=self.time_limit_s, seed=self.seed)


@dataclass(frozen=True, eq=False)
class Found:
    """A plan of some ground.

    Parameters
    ----------
    assignment
        Grid of every unit, shape (n,).
    breach, breach_bound
        Households by which it misses the range, and the proven least.
    moved, least
        Households that move, and the proven least of any plan with that breach.
    cost
        By the weights of the problem.
    gap
        Cost that is not proven necessary among the plans that move as few; None where nothing is
        proven.
    effort, seconds, stopped
        As of `Solution`.
    settled
        Whether the exact engine has chosen it, so that a search would hardly better it.
    """

    assignment: NDArray[np.int64]
    breach: int
    breach_bound: int
    moved: int
    least: int
    cost: float
    gap: float | None
    effort: int
    seconds: float
    stopped: str
    settled: bool = False

    @property
    def worth(self) -> tuple[int, int, float]:
        """What plans of the same ground are compared by; smaller is better."""
        return self.breach, self.moved, round(self.cost, 9)


def fewest_moved(
    problem: Problem, past: Past, effort: Effort, *, deep: bool = True
) -> Found | None:
    """Find the plan that moves the fewest households of all that miss the range by least.

    Parameters
    ----------
    problem, past
        The ground.
    effort
        What may be spent.
    deep
        Whether to search where exact work finds no plan in range; else there is none then.

    Returns
    -------
    Found or None
        None where the hard rules conflict. Unless it is settled, its cost is whatever it is; see
        `cheapest`.
    """
    small = len(problem.node_ids) <= SMALL
    found, never = _exact(problem, past, effort) if small else (None, False)
    if found is not None:
        return found
    for free in () if small else FREE:
        near, _ = _exact(with_cores(problem, free), past, replace(effort, effort=SHORT))
        if near is not None:
            return replace(near, least=min(near.moved, _floor(problem)), gap=None)
    found = _by_counts(problem, past, effort) if deep or small else None
    if found is None or not never:
        return found
    return replace(found, breach_bound=max(found.breach_bound, min(found.breach, 1)))


def _exact(problem: Problem, past: Past, effort: Effort) -> tuple[Found | None, bool]:
    """The best plan in range by the exact engine, and whether it proves that there is none."""
    began = perf_counter()
    answer = cheapest_with(problem, tally_of(problem, past).moved, price=None, effort=effort.effort)
    if answer is None or answer.assignment is None:
        return None, answer is not None and answer.proven
    found = _measured(problem, past, answer, perf_counter() - began)
    return replace(found, least=found.moved if answer.proven else 0), False


def overflow(problem: Problem) -> int:
    """Households that old grids above the maximum give away in every plan in range."""
    return sum(max(0, size - problem.max) for size in _sizes(problem)[0].values())


def _floor(problem: Problem) -> int:
    """Households that every plan in range moves, whatever the number of grids, by counting.

    An old grid above the maximum gives the rest away; one below the minimum takes what new units
    cannot give, or ends.
    """
    sizes, new = _sizes(problem)
    under = (min(size, max(0, problem.min - size - new)) for size in sizes.values())
    return max(overflow(problem), *under, 0)


def _sizes(problem: Problem) -> tuple[dict[str, int], int]:
    """Households of today in every old grid, and in units that had none.

    A block above the maximum counts as the maximum, since it is in no grid within it.
    """
    held: dict[tuple[str, str], int] = {}
    new = 0
    rows = zip(problem.previous or (), problem.block, problem.households.tolist(), strict=True)
    for number, (name, block, households) in enumerate(rows):
        if name is None:
            new += households
        else:
            key = (name, block if block is not None else f"\n{number}")
            held[key] = held.get(key, 0) + households
    sizes: dict[str, int] = {}
    for (name, _), households in held.items():
        sizes[name] = sizes.get(name, 0) + min(households, problem.max)
    return sizes, new


def _measured(problem: Problem, past: Past, exact: Priced, seconds: float) -> Found:
    """A plan of the exact engine, measured."""
    assert exact.assignment is not None
    breach, cost = evaluate(problem, exact.assignment)
    moved = households_moved(problem, past, exact.assignment).households
    return Found(
        exact.assignment, breach, breach, moved, 0, cost, 0.0 if exact.proven else None,
        exact.effort, seconds, "" if exact.proven else "effort", settled=True,
    )  # fmt: skip


def _by_counts(problem: Problem, past: Past, effort: Effort) -> Found | None:
    """Find such a plan where there are too many grids, number of grids by number of grids."""
    best: Found | None = None
    bounds: list[int] = []
    breach_bounds: list[int] = []
    bare = _change_alone(problem)
    spent, seconds = 0, 0.0
    for count in _counts(problem):
        floor = _least_by_count(problem, past, count)
        if best is not None and best.breach == 0 and floor >= best.moved:
            bounds.append(floor)
            continue
        answer = effort.solve(replace(bare, grids=count))
        spent, seconds = spent + answer.effort, seconds + answer.seconds
        if answer.status == "infeasible":
            continue
        moved = households_moved(problem, past, answer.assignment).households
        found = Found(
            answer.assignment, answer.breach, answer.breach_bound, moved, moved,
            evaluate(problem, answer.assignment)[1], None, spent, seconds, answer.stopped,
        )  # fmt: skip
        if answer.breach_bound == 0:  # else no plan of this number competes with one in range
            bounds.append(max(floor, _bound_of(answer, bare)))
        breach_bounds.append(answer.breach_bound)
        if best is None or found.worth < best.worth:
            best = found
    if best is None:
        return None
    least = min(bounds, default=0) if best.breach == 0 and _all_counts(problem) else 0
    bound = min(breach_bounds) if _all_counts(problem) else 0
    return replace(
        best, least=min(least, best.moved), breach_bound=bound, effort=spent, seconds=seconds
    )


def cheapest(problem: Problem, past: Past, found: Found, effort: Effort) -> Found:
    """Find the cheapest plan that misses the range and moves households by no more than this one.

    Parameters
    ----------
    problem, past
        The ground.
    found
        A plan of it, from `fewest_moved`.
    effort
        What may be spent.
    """
    best = found
    spent, seconds = found.effort, found.seconds
    count = len(np.unique(found.assignment))
    if count == 1:
        return replace(found, gap=0.0)
    if found.settled:
        return found
    for weight in STEEP if len(problem.node_ids) <= SMALL else STEEP[1:]:
        weights = {**problem.weights, "change": weight * max(1.0, problem.weights["change"])}
        answer = effort.solve(replace(problem, weights=weights, grids=count))
        spent, seconds = spent + answer.effort, seconds + answer.seconds
        if answer.status == "infeasible":
            break
        moved = households_moved(problem, past, answer.assignment).households
        gap = None if answer.bound is None else max(0.0, (answer.objective or 0.0) - answer.bound)
        other = replace(
            found, assignment=answer.assignment, breach=answer.breach, moved=moved,
            cost=evaluate(problem, answer.assignment)[1], gap=gap, stopped=answer.stopped,
        )  # fmt: skip
        if other.worth < best.worth:
            best = other
        if (other.breach, other.moved) <= (found.breach, found.moved):
            break
    return replace(best, effort=spent, seconds=seconds)


def weighed(problem: Problem, past: Past, effort: Effort) -> Found | None:
    """Find the plan whose cost, change included as it is weighed, is least."""
    price, began = problem.weights["change"] / problem.target, perf_counter()
    small = len(problem.node_ids) <= SMALL
    count = tally_of(problem, past).moved
    exact = cheapest_with(problem, count, price=price, effort=effort.effort) if small else None
    if exact is None or exact.assignment is None:
        return _weighed_twice(problem, past, effort)
    found = _measured(problem, past, exact, perf_counter() - began)
    return replace(found, cost=_real_cost(problem, found))


def _weighed_twice(problem: Problem, past: Past, effort: Effort) -> Found | None:
    """Find such a plan where there are too many grids.

    A new grid that goes on from no old one is free to the optimiser's measure of change, so the
    number of grids that there were is tried as well where that occurs.
    """
    answers = [effort.solve(problem)]
    first = _told(problem, past, answers[0])
    if first is None:
        return None
    plans = [first]
    if problem.grids is None and first.moved > _counted(problem, answers[0]):
        answers.append(effort.solve(replace(problem, grids=_old_grids(problem))))
        second = _told(problem, past, answers[1])
        plans += [second] if second is not None else []
    best = min(plans, key=lambda p: (p.breach, p.cost))
    known = best.breach == answers[0].breach_bound and answers[0].bound is not None
    return replace(
        best,
        breach_bound=answers[0].breach_bound,
        gap=max(0.0, best.cost - (answers[0].bound or 0.0)) if known else None,
        effort=sum(a.effort for a in answers),
        seconds=sum(a.seconds for a in answers),
    )


def _told(problem: Problem, past: Past, answer: Solution) -> Found | None:
    """An answer of the optimiser with the households that it moves."""
    if answer.objective is None:
        return None
    moved = households_moved(problem, past, answer.assignment).households
    found = Found(
        answer.assignment, answer.breach, answer.breach_bound, moved, 0, 0.0, None, answer.effort,
        answer.seconds, answer.stopped,
    )  # fmt: skip
    return replace(found, cost=_real_cost(problem, found))


def _real_cost(problem: Problem, found: Found) -> float:
    """Cost of a plan with the households that really move."""
    bare = replace(problem, weights={**problem.weights, "change": 0.0})
    price = problem.weights["change"] / problem.target
    return evaluate(bare, found.assignment)[1] + price * found.moved


def _change_alone(problem: Problem) -> Problem:
    """The same problem where nothing costs anything but change."""
    weights = {**dict.fromkeys(problem.weights, 0.0), "change": 1.0}
    return replace(problem, weights=weights)


def _counted(problem: Problem, answer: Solution) -> float:
    """Households moved as the optimiser counts them."""
    bare = _change_alone(problem)
    return evaluate(bare, answer.assignment)[1] * problem.target


def _bound_of(answer: Solution, bare: Problem) -> int:
    """Households that every plan of this number of grids moves."""
    if answer.bound is None:
        return 0
    return max(0, math.ceil(answer.bound * bare.target - SLACK * bare.target))


def _range_of_counts(problem: Problem) -> tuple[int, int]:
    total = int(problem.households.sum())
    fewest, most = -(-total // problem.max), total // problem.min
    return max(1, min(fewest, most)), max(1, fewest, most)


def _old_grids(problem: Problem) -> int:
    return len({name for name in problem.previous or () if name is not None})


def _all_counts(problem: Problem) -> bool:
    """Whether every number of grids that could be in range is looked at."""
    fewest, most = _range_of_counts(problem)
    return problem.grids is not None or most - fewest < _most_counts(problem)


def _counts(problem: Problem) -> Iterator[int]:
    """Numbers of grids to try, that of the old grids first."""
    if problem.grids is not None:
        yield problem.grids
        return
    fewest, most = _range_of_counts(problem)
    near = min(max(_old_grids(problem), fewest), most)
    wanted = sorted(range(fewest, most + 1), key=lambda k: (abs(k - near), k))
    yield from wanted[: _most_counts(problem)]


def _most_counts(problem: Problem) -> int:
    return COUNTS if len(problem.node_ids) <= SMALL else FEW_COUNTS


def _least_by_count(problem: Problem, past: Past, count: int) -> int:
    """Households that move because grids begin or end, whatever the plan in range.

    Each grid more than before goes on from none, so all its households move but those of units
    that are new; of grids fewer than before, the smallest end.
    """
    sizes, new = _sizes(problem)
    floor = _floor(problem)
    if count > len(sizes):
        return max(floor, (count - len(sizes)) * problem.min - new)
    return max(floor, sum(sorted(sizes.values())[: len(sizes) - count]))
