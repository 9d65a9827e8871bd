"""Other plans that are nearly as good, and what each gives up for what it gains.

Every alternative answers a question put to the same optimiser: what if one term mattered more or
less, if there were one grid more or fewer, if the border between two grids had to move, if a grid
had to be divided elsewhere? The questions only add to the hard rules, so that every answer keeps
those of the community; each is then measured by the community's own objective.
"""

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from typing import NamedTuple

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.contract import ConflictError, Contracted, contract
from gridplan.optimise.kept import keeps_rules
from gridplan.optimise.objective import cut_metres, evaluate, excess_incidences
from gridplan.optimise.problem import Ints, Problem
from gridplan.optimise.solve import PROVEN, Solution, gap_of, solve

EFFORT = 0.3
"""Effort for each question where the plan itself had an effort of 1."""

MORE, LESS = 4.0, 0.25
"""Factors on the weight of a term that is to matter more, or less."""


@dataclass(frozen=True)
class TradeOff:
    """What a plan is worth, term by term.

    Parameters
    ----------
    breach
        Households by which its grids miss the range.
    objective
        Cost (design section 11).
    dearer
        Cost above the best plan's, as a share of it.
    grids
        Number of grids.
    excess
        Excess incidences by layer.
    cut_m
        Metres of border between grids, as they count.
    fewest, most
        Households of the smallest and of the largest grid.
    moved
        Households whose grid differs from the best plan's.
    """

    breach: int
    objective: float
    dearer: float
    grids: int
    excess: dict[str, int]
    cut_m: float
    fewest: int
    most: int
    moved: int


@dataclass(frozen=True, eq=False)
class Alternative:
    """One plan beside the best.

    Parameters
    ----------
    solution
        The plan, measured by the community's own objective; its bound is that of the best plan.
    trade_off
        What it is worth, term by term.
    question
        What was asked for to find it, in words.
    """

    solution: Solution
    trade_off: TradeOff
    question: str


class _Question(NamedTuple):
    text: str
    problem: Problem


def alternatives(
    problem: Problem,
    best: Solution,
    *,
    count: int,
    effort: float = EFFORT,
    time_limit_s: float = 0.0,
    seed: int = 0,
    difference: float = 0.05,
    within: float = 0.5,
) -> list[Alternative]:
    """Distinct plans of the same breach and nearly the same cost, the cheapest first.

    Parameters
    ----------
    problem
        The community.
    best
        Its best known plan.
    count
        Number of plans wanted; fewer where no more were found.
    effort
        Counted work for each question.
    time_limit_s
        Seconds for all questions together; 0: no limit. Where it strikes, the answer is no longer
        repeatable, and every alternative says that it was stopped by ``time``.
    seed
        Seed of the search.
    difference
        Least share of households whose grid differs from that of the best plan, and of every other
        alternative.
    within
        Most that a plan may cost above the best plan, as a share of it.

    Returns
    -------
    list
        Up to ``count`` alternatives; none for a problem without a plan.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C, unlike ``solve``, which then answers with what it has.
    """
    if count < 1 or best.objective is None:
        return []
    deadline = time.perf_counter() + time_limit_s if time_limit_s else math.inf
    found = list(_answers(problem, best, 4 * count + 4, effort, seed, deadline))
    if time.perf_counter() >= deadline:
        found = [replace(a, solution=replace(a.solution, stopped="time")) for a in found]
    limit = best.objective + within * max(abs(best.objective), PROVEN)
    total = max(1, int(problem.households.sum()))
    kept: list[Alternative] = []
    for plan in sorted(found, key=lambda a: (a.trade_off.objective, a.trade_off.moved, a.question)):
        others = [best, *(other.solution for other in kept)]
        if plan.trade_off.objective > limit or len(kept) == count:
            break
        distances = (
            households_apart(problem, other.assignment, plan.solution.assignment)
            for other in others
        )
        if all(d > 0 and d >= difference * total for d in distances):
            kept.append(plan)
    return kept


def trade_off(problem: Problem, best: Solution, assignment: NDArray[np.integer]) -> TradeOff:
    """Measure a plan term by term, beside the best plan (which may be the same).

    Parameters
    ----------
    problem
        The community.
    best
        Its best known plan; it must have one.
    assignment
        Grid of every unit, any whole numbers, shape (n,).
    """
    grid = np.unique(assignment, return_inverse=True)[1]
    held = np.bincount(grid, problem.households).astype(np.int64)
    breach, cost = evaluate(problem, grid)
    first = cost if best.objective is None else best.objective
    return TradeOff(
        breach=breach,
        objective=cost,
        dearer=(cost - first) / max(abs(first), 1e-9),
        grids=len(held),
        excess={layer: excess_incidences(problem, layer, grid) for layer in problem.zones},
        cut_m=cut_metres(problem, grid),
        fewest=int(held.min()),
        most=int(held.max()),
        moved=households_apart(problem, best.assignment, grid),
    )


def households_apart(problem: Problem, one: Ints, other: Ints) -> int:
    """Households whose grid differs between two plans, with grids matched to keep the most."""
    pairs, inverse = np.unique(np.column_stack([one, other]), axis=0, return_inverse=True)
    shared = np.bincount(inverse.ravel(), problem.households, len(pairs)).astype(np.int64)
    graph: nx.Graph[tuple[str, int]] = nx.Graph()
    for (a, b), households in zip(pairs.tolist(), shared.tolist(), strict=True):
        graph.add_edge(("one", a), ("other", b), weight=households)
    matched = nx.max_weight_matching(graph)
    kept = sum(graph.edges[pair]["weight"] for pair in matched)
    return int(problem.households.sum()) - int(kept)


def _answers(
    problem: Problem, best: Solution, tries: int, effort: float, seed: int, deadline: float
) -> Iterator[Alternative]:
    """Answer the first questions, and keep what obeys the community's rules."""
    try:
        parts = contract(problem)
    except ConflictError:  # the best plan was made by hand
        return
    for _, question in zip(range(tries), _questions(problem, best, parts), strict=False):
        left_s = deadline - time.perf_counter()
        if left_s <= 0:
            return
        limit_s = left_s if math.isfinite(deadline) else 0.0
        found = solve(question.problem, effort=effort, time_limit_s=limit_s, seed=seed)
        if found.stopped == "interrupt":
            raise KeyboardInterrupt
        if found.objective is None or found.breach > best.breach:
            continue
        if keeps_rules(problem, parts, best.assignment, found.assignment):
            solution = _judged(problem, best, found)
            worth = trade_off(problem, best, found.assignment)
            yield Alternative(solution, worth, question.text)


def _judged(problem: Problem, best: Solution, found: Solution) -> Solution:
    """The plan with what the community's own objective says about it."""
    breach, cost = evaluate(problem, found.assignment)
    bound = best.bound if breach == best.breach else None
    optimal = bound is not None and breach == best.breach_bound and cost - bound <= PROVEN
    return replace(
        found,
        status="optimal" if optimal else "feasible",
        breach=breach,
        breach_bound=best.breach_bound,
        objective=cost,
        bound=bound,
        gap=gap_of(cost, bound),
    )


def _questions(problem: Problem, best: Solution, parts: Contracted) -> Iterator[_Question]:
    """Questions of every kind in turn, the most promising of each kind first."""
    kinds = (
        _moved_borders(problem, best.assignment, parts),
        chain(_other_weights(problem), _other_counts(problem, best.grids)),
        _divided_grids(problem, best.assignment, parts),
    )
    for row in zip_longest(*kinds):
        yield from (question for question in row if question is not None)


def _other_weights(problem: Problem) -> Iterator[_Question]:
    """One term more, or less, important."""
    layers = [x for x in problem.zones if problem.modes[x] == "soft"]
    for factor, word in ((MORE, "more"), (LESS, "less")):
        for term in [*layers, "balance", "compactness"]:
            weight = problem.weights[term]
            if weight == 0 and factor == LESS:
                continue
            other = factor * weight if weight else 1.0
            yield _Question(
                f"{word} weight on {term}",
                replace(problem, weights={**problem.weights, term: other}),
            )


def _other_counts(problem: Problem, grids: int) -> Iterator[_Question]:
    """One grid more, or fewer."""
    if problem.grids is None:
        for number in (grids + 1, grids - 1):
            if number >= 1:
                yield _Question(f"{number} grids", replace(problem, grids=number))


def _moved_borders(problem: Problem, grid: Ints, parts: Contracted) -> Iterator[_Question]:
    """For each pair of neighbouring grids, the dearest piece of their border taken away."""
    seen: set[tuple[int, int]] = set()
    for u, v in _by_metres(problem, parts, dearest=True):
        pair = (int(min(grid[u], grid[v])), int(max(grid[u], grid[v])))
        if pair[0] != pair[1] and pair not in seen:
            seen.add(pair)
            yield _locked(problem, "together", u, v)


def _divided_grids(problem: Problem, grid: Ints, parts: Contracted) -> Iterator[_Question]:
    """For each grid, a border along the cheapest line inside it."""
    seen: set[int] = set()
    for u, v in _by_metres(problem, parts, dearest=False):
        if grid[u] == grid[v] and int(grid[u]) not in seen:
            seen.add(int(grid[u]))
            yield _locked(problem, "apart", u, v)


def _by_metres(problem: Problem, parts: Contracted, *, dearest: bool) -> Iterable[tuple[int, int]]:
    """Edges that a grid may cross or not, by metres that count, then by unit ids."""
    u, v = problem.edges.T
    free = (parts.piece_of[u] == parts.piece_of[v]) & (parts.node_of[u] != parts.node_of[v])
    ids, sign = problem.node_ids, -1.0 if dearest else 1.0

    def rank(edge: int) -> tuple[float, tuple[str, ...]]:
        names = tuple(sorted((ids[u[edge]], ids[v[edge]])))
        return sign * float(problem.cost_m[edge]), names

    order = sorted(np.flatnonzero(free).tolist(), key=rank)
    return ((int(u[edge]), int(v[edge])) for edge in order)


def _locked(problem: Problem, kind: str, u: int, v: int) -> _Question:
    a, b = sorted((problem.node_ids[u], problem.node_ids[v]))
    words = "in one grid" if kind == "together" else "in two grids"
    locks = (*problem.locks, (kind, a, b))
    return _Question(f"units {a} and {b} {words}", replace(problem, locks=locks))
