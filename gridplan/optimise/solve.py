"""Problem to Solution: contract, solve every piece, put the answers together."""

import math
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gridplan.optimise.bound import quick_bound
from gridplan.optimise.budget import Budget
from gridplan.optimise.contract import ConflictError, Contracted, contract
from gridplan.optimise.exact import prove
from gridplan.optimise.objective import evaluate
from gridplan.optimise.piece import Piece, score
from gridplan.optimise.problem import Ints, Problem
from gridplan.optimise.search import first_plan, polish
from gridplan.optimise.windows import Windows

PROVEN = 1e-6  # largest gap of a plan called optimal


@dataclass(frozen=True, eq=False)
class Solution:
    """Answer to a problem (design section 11).

    Parameters
    ----------
    status
        ``optimal``, ``feasible`` or ``infeasible``.
    breach, breach_bound
        Households by which the plan misses the range, and the proven least.
    objective, bound, gap
        Cost, its proven lower bound at the least breach, and their relative difference; None
        where nothing is proven or there is no plan.
    grids
        Number of grids.
    assignment
        Grid of every unit, numbered by first unit, shape (n,).
    effort
        Counted work.
    seconds
        Wall time without compiling.
    stopped
        Empty, ``effort``, ``time`` or ``interrupt``.
    reason
        Why there is no plan, in words.
    """

    status: str
    breach: int
    breach_bound: int
    objective: float | None
    bound: float | None
    gap: float | None
    grids: int
    assignment: Ints
    effort: int
    seconds: float
    stopped: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """The answer as JSON can hold it."""
        return {**asdict(self), "assignment": self.assignment.tolist()}


@dataclass(frozen=True, eq=False)
class Outcome:
    """A plan of one piece and what is proven about it."""

    plan: Ints
    bound: float  # lower bound of the cost at the plan's excess
    excess_bound: int
    stopped: str


def solve(
    problem: Problem, *, effort: float = 1.0, time_limit_s: float = 0.0, seed: int = 0
) -> Solution:
    """Divide a community into grids, with the least breach first and then at least cost.

    Parameters
    ----------
    problem
        The community.
    effort
        Counted work allowed: 0.1 for a draft, 10 for a final plan. Results depend on it and not
        on the clock.
    time_limit_s
        Seconds allowed; 0: no limit. A run that it stops is no longer repeatable.
    seed
        Seed of the search.

    Returns
    -------
    Solution
        The best plan found and what is proven about it. ``infeasible`` only where hard rules
        contradict each other.
    """
    warm_up()
    start = time.perf_counter()
    try:
        parts = contract(problem)
    except ConflictError as conflict:
        return _no_plan(problem, str(conflict), time.perf_counter() - start)
    budget = Budget(math.inf, time_limit_s)
    counts = _shares(parts, problem.grids)
    if isinstance(counts, str):
        return _no_plan(problem, counts, time.perf_counter() - start)
    outcomes = [
        solve_piece(piece, budget, effort, seed, grids)
        for piece, grids in zip(parts.pieces, counts, strict=True)
    ]
    return _assemble(problem, parts, outcomes, budget, time.perf_counter() - start)


def solve_piece(
    piece: Piece, budget: Budget, effort: float, seed: int, grids: int | None
) -> Outcome:
    """Best plan of one connected piece within the effort."""
    if piece.n == 1 or piece.total == 0 or grids == 1:
        plan = np.zeros(piece.n, dtype=np.int64)
        known = score(piece, plan)
        return Outcome(plan, known.cost, known.excess, "")
    plan = first_plan(piece, budget, grids, seed, tries=6 if piece.n <= 80 else 4)
    answer = prove(
        piece, plan, budget, grids=grids, steps=int(6e6 * effort), room=int(1.5e6 * effort)
    )
    if answer is not None:
        plan = plan if answer.plan is None else answer.plan
        known = score(piece, plan)
        if answer.proven:
            return Outcome(plan, known.cost, known.excess, "")
    else:
        plan = _improve(piece, plan, budget, effort, seed, grids)
    known = score(piece, plan)
    bound, excess_bound = quick_bound(piece, grids)
    return Outcome(plan, min(bound, known.cost), excess_bound, "effort")


def _improve(
    piece: Piece, plan: Ints, budget: Budget, effort: float, seed: int, grids: int | None
) -> Ints:
    local = Budget(3e8 * effort)
    local.deadline = budget.deadline
    fixed = grids is not None
    state = np.array([seed + 99], dtype=np.int64)
    for step in range(max(1, round(3 * effort))):
        windows = Windows(piece, plan, local, fixed=fixed, seed=seed + step)
        for size in (2, 3):
            windows.run(size, rounds=3)
        plan = windows.plan
        better = polish(piece, plan, state, 100 * piece.n, hot=0.1, fixed=fixed, strong=30)
        if score(piece, better) < score(piece, plan):
            plan = better
        if local.over():
            break
    budget.spend(local.spent)
    return plan


def _shares(parts: Contracted, grids: int | None) -> list[int | None] | str:
    """How many grids each piece gets; a text where a fixed number cannot be kept."""
    if grids is None:
        return [None] * len(parts.pieces)
    least = len(parts.pieces)
    most = sum(max(1, int((piece.cap > 0).sum())) for piece in parts.pieces)
    if not least <= grids <= most:
        return (
            f"{grids} grids were asked for, but the community falls into {least} parts that no "
            f"border joins and has {most} blocks with households: "
            f"a number from {least} to {most} is possible"
        )
    shares = [1] * least
    for _ in range(grids - least):
        rates = [
            piece.total / share if share < int((piece.cap > 0).sum()) else -1.0
            for piece, share in zip(parts.pieces, shares, strict=True)
        ]
        shares[int(np.argmax(rates))] += 1
    return [*shares]


def _assemble(
    problem: Problem, parts: Contracted, outcomes: list[Outcome], budget: Budget, seconds: float
) -> Solution:
    label = np.zeros(len(problem.node_ids), dtype=np.int64)
    first = 0
    for number, outcome in enumerate(outcomes):
        mine = parts.piece_of == number
        label[mine] = first + outcome.plan[parts.node_of[mine]]
        first += int(outcome.plan.max()) + 1
    assignment = number_by_first(label)
    breach, cost = evaluate(problem, assignment)
    costs = [score(p, o.plan).cost for p, o in zip(parts.pieces, outcomes, strict=True)]
    excess = [score(p, o.plan).excess for p, o in zip(parts.pieces, outcomes, strict=True)]
    breach_bound = breach - sum(excess) + sum(o.excess_bound for o in outcomes)
    shortfall = sum(c - o.bound for c, o in zip(costs, outcomes, strict=True))
    known = breach == breach_bound
    bound = cost - shortfall if known else None
    optimal = known and shortfall <= PROVEN
    stopped = next((o.stopped for o in outcomes if o.stopped), "")
    return Solution(
        status="optimal" if optimal else "feasible",
        breach=breach,
        breach_bound=breach_bound,
        objective=cost,
        bound=bound,
        gap=None if bound is None else max(0.0, cost - bound) / max(abs(cost), 1e-9),
        grids=int(assignment.max()) + 1,
        assignment=assignment,
        effort=budget.spent,
        seconds=seconds,
        stopped="time" if budget.out_of_time else stopped,
        reason="",
    )


def number_by_first(label: Ints) -> Ints:
    """Grid numbers in the order of their first unit, shape as given."""
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return np.asarray(rank[inverse], dtype=np.int64)


def _no_plan(problem: Problem, reason: str, seconds: float) -> Solution:
    nobody = np.full(len(problem.node_ids), -1, dtype=np.int64)
    return Solution(
        "infeasible", 0, 0, None, None, None, 0, nobody, 0, seconds, "", reason
    )


_warm: list[bool] = []


def warm_up() -> None:
    """Compile what is compiled at first use, so that ``seconds`` measures solving."""
    if _warm:
        return
    _warm.append(True)
    tiny = {
        "name": "warm-up",
        "min": 1,
        "max": 2,
        "nodes": {"id": list("abcd"), "households": [1] * 4, "area_m2": [1.0] * 4},
        "edges": {"u": [0, 1, 2], "v": [1, 2, 3], "shared_m": [1.0] * 3},
    }
    parts = contract(Problem.from_dict(tiny))
    solve_piece(parts.pieces[0], Budget(math.inf), 1.0, 0, None)
