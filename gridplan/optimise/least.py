"""The least that any plan could split a jurisdiction layer, by arithmetic or by solving.

Three steps, each only where the one before leaves it open: the sizes of the zones; whether a plan
exists that splits none of them beyond these, which is quick, as whole zones are few nodes; the
community with this layer alone in its objective.
"""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gridplan.optimise.bound import quick_bound
from gridplan.optimise.budget import Budget
from gridplan.optimise.contract import ConflictError, Contracted, components, contract
from gridplan.optimise.exact import prove, steepness
from gridplan.optimise.kept import keeps_rules
from gridplan.optimise.objective import evaluate, excess_incidences, perimeter_scale
from gridplan.optimise.piece import Piece, Score
from gridplan.optimise.problem import TERMS, Ints, Problem
from gridplan.optimise.search import Search

ROUNDING = 1e-6  # an excess is a whole number; a bound that misses one by less counts as it
BORDER = 0.1  # cost of all borders together: breaks ties, which are slow, and buys no incidence
TRIES = 8  # annealings of a question
SHORT, LONG = 100, 10_000  # their moves a node: always, and for a whole effort
STEPS, ROOM = 6e6, 1.5e6  # enumeration for a whole effort: steps, and grids held in memory
DRAFT = (
    0.015  # effort below which only what arithmetic or a plan of whole zones tells is looked for
)
FEW = 1  # annealings of a question then


class Known(NamedTuple):
    """A plan with what every layer needs to know of it.

    Parameters
    ----------
    problem
        The community.
    grid
        Grid of every unit, shape (n,).
    breach
        Households by which its grids miss the range.
    parts
        The community contracted.
    """

    problem: Problem
    grid: Ints
    breach: int
    parts: Contracted


def known_plan(problem: Problem, grid: Ints) -> Known | None:
    """The plan, or None where it breaks hard rules, as one made by hand may."""
    u, v = problem.edges.T
    inside = grid[u] == grid[v]
    if components(len(grid), u[inside], v[inside])[1] > len(np.unique(grid)):
        return None
    try:
        parts = contract(problem)
    except ConflictError:
        return None
    known = Known(problem, grid, evaluate(problem, grid)[0], parts)
    return known if keeps_rules(problem, parts, grid, grid) else None


class Work(NamedTuple):
    """Effort, seconds (0: no limit) and seed of the work on one layer."""

    effort: float
    time_limit_s: float
    seed: int


class Least(NamedTuple):
    """Lower bound of a layer's excess, whether a plan reaches it, and what ended the work."""

    excess: int
    proven: bool
    stopped: str


class _Answer(NamedTuple):
    """What a solved question says: a bound, the excess of its plan if it counts, what ended it."""

    bound: int
    reached: int | None
    stopped: str


def least_excess(known: Known, layer: str, work: Work) -> Least:
    """Bound a layer's excess in plans that miss the range by no more than the known one."""
    floor = _floor(known.problem, layer, known)
    reached = excess_incidences(known.problem, layer, known.grid)
    draft = work.effort < DRAFT
    stopped = "" if work.effort else "effort"
    for ask in (_ask_unsplit,) if draft else (_ask_unsplit, _ask_alone):
        if floor >= reached or not work.effort:
            break
        answer = ask(known, layer, floor, work)
        floor, stopped = max(floor, answer.bound), answer.stopped
        reached = reached if answer.reached is None else min(reached, answer.reached)
    if floor >= reached:
        return Least(reached, proven=True, stopped="")
    return Least(floor, proven=False, stopped=stopped or ("effort" if draft else ""))


def _ask_unsplit(known: Known, layer: str, floor: int, work: Work) -> _Answer:
    """A plan divides a zone beyond its size, which is one more at least, or is among these."""
    question = alone(known.problem, layer)
    if floor > _floor(replace(question, grids=None), layer, known):
        return _Answer(floor, None, "")  # the number of grids forces more than the zones do
    locks = _together(known, layer)
    question = replace(question, locks=(*question.locks, *locks))
    try:
        parts = contract(question)
    except ConflictError:
        return _Answer(floor + 1, None, "")
    found = _solved(question, parts, work)
    if found is None:
        return _Answer(floor, None, "effort")
    if found.breach_bound > known.breach:
        return _Answer(floor + 1, None, found.stopped)
    among = _bound(found, known.breach, floor)
    return _Answer(min(floor + 1, among), _reached(known, layer, found), found.stopped)


def _ask_alone(known: Known, layer: str, floor: int, work: Work) -> _Answer:
    question = alone(known.problem, layer)
    found = _solved(question, contract(question), work)
    if found is None:
        return _Answer(floor, None, "effort")
    bound = _bound(found, known.breach, floor)
    return _Answer(bound, _reached(known, layer, found), found.stopped)


class _Found(NamedTuple):
    """Plan of a question: its breach and assignment, a bound of each, what ended the work."""

    breach: int
    breach_bound: int
    bound: float
    assignment: Ints
    stopped: str


def _solved(question: Problem, parts: Contracted, work: Work) -> _Found | None:
    """Search and relaxation, without the integer programmes, whose time nobody can foretell.

    None where no plan was found, and where several parts share a fixed number of grids.
    """
    if question.grids is not None and len(parts.pieces) > 1:
        return None
    budget = Budget(math.inf, work.time_limit_s)
    label, first = np.zeros(len(question.node_ids), dtype=np.int64), 0
    bounds = [_solved_piece(piece, question.grids, budget, work) for piece in parts.pieces]
    for number, (plan, _) in enumerate(bounds):
        mine = parts.piece_of == number
        label[mine] = first + plan[parts.node_of[mine]]
        first += int(plan.max()) + 1
    gaps = [gap for _, gap in bounds]
    if any(gap.broken for gap in gaps):
        return None
    breach, cost = evaluate(question, label)
    return _Found(
        breach,
        breach - sum(gap.excess for gap in gaps),
        cost - math.fsum(gap.cost for gap in gaps),
        label,
        budget.stopped or ("effort" if any(gap.cost > ROUNDING for gap in gaps) else ""),
    )


def _solved_piece(
    piece: Piece, grids: int | None, budget: Budget, work: Work
) -> tuple[Ints, Score]:
    """Plan of a connected piece, and how far it may lie above the best in breach and cost."""
    cost, excess = quick_bound(piece, grids)
    search = Search(piece, budget, grids, work.seed)
    enough = Score(0, excess, cost + BORDER)  # no incidence more than the sizes of the zones force
    steps = SHORT * piece.n + int(LONG * work.effort * piece.n)
    for _ in range(TRIES if work.effort >= DRAFT else FEW):
        search.start(steps)
        if search.best is not None and search.best[0] <= enough:
            break
    assert search.best is not None
    known, plan = search.best
    if known > enough and not known.broken and work.effort >= DRAFT:
        answer = prove(
            piece,
            plan,
            budget,
            grids=grids,
            steps=int(STEPS * work.effort),
            room=int(ROOM * work.effort),
            quick=True,
        )
        if answer is not None and answer.plan is not None:
            search.offer(answer.plan)
            known, plan = search.best
        if answer is not None and answer.proven:
            return plan, Score(0, 0, 0.0)
        if answer is not None and known.excess == excess:
            cost = max(cost, answer.bound - steepness(piece) * excess)
    return plan, Score(known.broken, known.excess - excess, known.cost - cost)


def _bound(found: _Found, breach: int, floor: int) -> int:
    """The bound of the excess; that of another breach says nothing."""
    if found.breach != breach or found.breach_bound != breach:
        return floor
    return math.ceil(found.bound - BORDER - ROUNDING)


def _reached(known: Known, layer: str, found: _Found) -> int | None:
    """Excess of a plan that is no worse than the known one in range and hard rules."""
    if found.breach > known.breach:
        return None
    if not keeps_rules(known.problem, known.parts, known.grid, found.assignment):
        return None
    return excess_incidences(known.problem, layer, found.assignment)


def alone(problem: Problem, layer: str) -> Problem:
    """The same community, with the excess of one layer as its cost, and ties broken by borders.

    All borders together cost at most ``BORDER``.
    """
    kept = {x: z for x, z in problem.zones.items() if x == layer or problem.modes[x] != "soft"}
    metres, scale = float(problem.cost_m.sum()), perimeter_scale(problem)
    border = BORDER * scale / metres if metres and math.isfinite(scale) else 0.0
    weights = {**dict.fromkeys([*kept, *TERMS], 0.0), layer: 1.0, "compactness": border}
    return replace(problem, zones=kept, modes={x: problem.modes[x] for x in kept}, weights=weights)


def floor_of(problem: Problem, layer: str, breach: int) -> int:
    """Lower bound of a layer's excess from sizes alone.

    A zone needs a grid in every connected part it reaches, and there as many as its households
    fill, but for those that a breach lets its grids hold above the maximum.
    """
    try:
        parts = contract(problem).piece_of
    except ConflictError:
        return 0
    return _floor_within(problem, layer, breach, parts)


def _floor(problem: Problem, layer: str, known: Known) -> int:
    """The same where the parts are known: weights and the number of grids do not change them."""
    return _floor_within(problem, layer, known.breach, known.parts.piece_of)


def _floor_within(problem: Problem, layer: str, breach: int, parts: Ints) -> int:
    needed, sizes = 0, dict.fromkeys(problem.zones[layer], 0)
    saving: list[int] = []  # households above the maximum that save a grid of a zone, one by one
    for (_, zone), households in by_zone(problem, layer, parts).items():
        grids = -(-households // problem.max)
        needed += grids
        sizes[zone] += households
        if grids > 1:
            saving += [households - (grids - 1) * problem.max, *[problem.max] * (grids - 2)]
    needed -= int(np.searchsorted(np.cumsum(sorted(saving)), breach, side="right"))
    if problem.grids is not None and None not in _lived_in(problem, layer):
        needed = max(needed, problem.grids)
    return needed - sum(-(-size // problem.max) for size in sizes.values())


def by_zone(problem: Problem, layer: str, label: Ints) -> dict[tuple[int, str], int]:
    """Households by label (a grid, say) and zone, where there are any."""
    held: dict[tuple[int, str], int] = {}
    rows = zip(label.tolist(), problem.zones[layer], problem.households.tolist(), strict=True)
    for number, zone, households in rows:
        if zone is not None and households:
            held[number, zone] = held.get((number, zone), 0) + households
    return held


def _lived_in(problem: Problem, layer: str) -> set[str | None]:
    rows = zip(problem.zones[layer], problem.households.tolist(), strict=True)
    return {zone for zone, households in rows if households}


def _together(known: Known, layer: str) -> list[tuple[str, str, str]]:
    """Locks that keep every zone whole that one grid could hold, in each part by itself."""
    problem, parts = known.problem, known.parts.piece_of
    held = by_zone(problem, layer, parts)
    number = {key: k for k, key in enumerate(sorted(held))}
    group = [
        number[part, zone]
        if zone is not None and households and (known.breach or held[part, zone] <= problem.max)
        else -1
        for part, zone, households in zip(
            parts.tolist(), problem.zones[layer], problem.households.tolist(), strict=True
        )
    ]
    return [
        ("together", problem.node_ids[a], problem.node_ids[b])
        for a, b in _forest(problem, np.array(group, dtype=np.int64))
    ]


def _forest(problem: Problem, group: Ints) -> list[tuple[int, int]]:
    """Pairs of units that join every group, along borders where there are some."""
    u, v = problem.edges.T
    inside = (group[u] == group[v]) & (group[u] >= 0)
    part = components(len(group), u[inside], v[inside])[0]
    pairs = list(zip(u[inside].tolist(), v[inside].tolist(), strict=True))
    first = {int(p): i for i, p in reversed(list(enumerate(part)))}
    last: dict[int, int] = {}
    for unit in sorted(first.values()):
        label = int(group[unit])
        if label >= 0:
            if label in last:
                pairs.append((last[label], unit))
            last[label] = unit
    return pairs
