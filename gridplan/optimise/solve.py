"""Problem to Solution: contract, solve every piece, put the answers together."""

import math
import time
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from gridplan.optimise.allocate import Value, settle_shares
from gridplan.optimise.bound import quick_bound
from gridplan.optimise.budget import Budget
from gridplan.optimise.contract import ConflictError, Contracted, contract
from gridplan.optimise.cover import search_cover
from gridplan.optimise.enumerate import Enumerator
from gridplan.optimise.exact import gather
from gridplan.optimise.lp import Relaxation, violated
from gridplan.optimise.objective import evaluate
from gridplan.optimise.piece import Piece
from gridplan.optimise.pool import Pool
from gridplan.optimise.price import Pricer
from gridplan.optimise.problem import Ints, Problem
from gridplan.optimise.progress import Listener, Trail
from gridplan.optimise.search import Search
from gridplan.optimise.settle import Outcome, solve_piece
from gridplan.optimise.wide import WideEnumerator

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


def solve(
    problem: Problem,
    *,
    effort: float = 1.0,
    time_limit_s: float = 0.0,
    seed: int = 0,
    on_improved: Listener | None = None,
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
    on_improved
        Called with a `Progress` whenever the plan of the whole problem or its bound improves.

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
    if time_limit_s > 0:
        budget.deadline = start + time_limit_s
    trail = Trail(problem, parts, start, on_improved)
    work = _Work(parts.pieces, budget, effort, seed, trail)
    if problem.grids is None or len(parts.pieces) == 1:
        outcomes = work.every(problem.grids)
    else:
        outcomes = work.shared(problem.grids)
    seconds = time.perf_counter() - start
    if not outcomes or any(outcome.known.broken for outcome in outcomes):
        return _no_plan(problem, conflict_text(problem, parts, outcomes), seconds)
    found = _assemble(problem, parts, outcomes, budget, seconds)
    trail.final(found.assignment, found.bound)
    return found


class _Work:
    """Solves pieces, each number of grids once."""

    def __init__(
        self, pieces: tuple[Piece, ...], budget: Budget, effort: float, seed: int, trail: Trail
    ) -> None:
        self.pieces, self.budget, self.effort, self.seed = pieces, budget, effort, seed
        self.trail = trail
        self.done: dict[tuple[int, int | None], Outcome] = {}

    def one(self, number: int, grids: int | None) -> Outcome:
        key = (number, grids)
        if key not in self.done:
            piece = self.pieces[number]
            # shares of a fixed number are compared with each other: no plan counts by itself
            shared = grids is not None and len(self.pieces) > 1
            tell = None if shared else partial(self.trail.plan, number)
            self.done[key] = solve_piece(piece, self.budget, self.effort, self.seed, grids, tell)
        return self.done[key]

    def every(self, grids: int | None) -> list[Outcome]:
        """Every piece by itself."""
        return [self.one(number, grids) for number in range(len(self.pieces))]

    def shared(self, grids: int) -> list[Outcome]:
        """Pieces that share a fixed number of grids; empty where it cannot be kept."""
        lower = []
        for piece in self.pieces:
            numbers = range(1, min(grids, max(1, int((piece.cap > 0).sum()))) + 1)
            bounds = {k: quick_bound(piece, k) for k in numbers}
            lower.append({k: (0.0, float(excess), cost) for k, (cost, excess) in bounds.items()})

        def value(number: int, k: int) -> Value:
            known = self.one(number, k).known
            return float(known.broken), float(known.excess), known.cost

        shares = settle_shares(lower, grids, value)
        if shares is None:
            return []
        return [self.one(number, k) for number, k in enumerate(shares)]


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
    breach_bound = breach - sum(o.known.excess - o.excess_bound for o in outcomes)
    shortfall = sum(o.known.cost - o.bound for o in outcomes)
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
        gap=gap_of(cost, bound),
        grids=int(assignment.max()) + 1,
        assignment=assignment,
        effort=budget.spent,
        seconds=seconds,
        stopped=budget.stopped or stopped,
        reason="",
    )


def gap_of(cost: float, bound: float | None) -> float | None:
    """Relative difference; none where the plan counts as optimal."""
    if bound is None:
        return None
    return 0.0 if cost - bound <= PROVEN else (cost - bound) / max(abs(cost), 1e-9)


def number_by_first(label: Ints) -> Ints:
    """Grid numbers in the order of their first unit, shape as given."""
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return np.asarray(rank[inverse], dtype=np.int64)


def conflict_text(problem: Problem, parts: Contracted, outcomes: list[Outcome]) -> str:
    """Which hard rules leave no plan, and where."""
    rules = [f"nested layer {x}" for x in problem.zones if problem.modes[x] == "nest"]
    rules += [f"lock {kind} {a} {b}".rstrip() for kind, a, b in problem.locks]
    most = sum(max(1, int((piece.cap > 0).sum())) for piece in parts.pieces)
    if problem.grids is not None:
        rules.append(
            f"{problem.grids} grids where {len(parts.pieces)} to {most} are possible "
            "(parts that no border joins, blocks with households)"
        )
    broken = [number for number, outcome in enumerate(outcomes) if outcome.known.broken]
    around = ""
    if broken:
        units = [problem.node_ids[i] for i in np.flatnonzero(parts.piece_of == broken[0])]
        around = f" in the part around unit {min(units)}"
    proven = all(o.stopped == "" for o in outcomes if o.known.broken)
    verdict = "no plan keeps" if proven else "no plan was found that keeps"
    return f"{verdict} all hard rules{around}: {'; '.join(rules)}"


def _no_plan(problem: Problem, reason: str, seconds: float) -> Solution:
    nobody = np.full(len(problem.node_ids), -1, dtype=np.int64)
    return Solution("infeasible", 0, 0, None, None, None, 0, nobody, 0, seconds, "", reason)


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
    piece = parts.pieces[0]
    first = Search(piece, Budget(math.inf), None, 0)
    first.start(10)
    Pricer(first).prove(1000, 100)
    for search in (Enumerator(piece, 0), WideEnumerator(piece, 0, 1000)):
        pool = Pool(piece.n, gather(search, Budget(math.inf), 1000, 1000) or [], 1.0)
    inside, use = pool.inside(np.arange(len(pool))), np.ones(len(pool))
    relaxation = Relaxation(piece.n, 1.0)
    prices = relaxation.solve(None)._replace(cut=-np.ones(1))
    extra = pool.reduced(prices, violated(inside, use, 1))
    search_cover(pool.mask, inside, pool.cost, extra, grids=2, lower=0.0, upper=1.0, limit=10)
