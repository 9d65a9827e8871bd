"""Problem to Solution: contract, solve every piece, put the answers together."""

import math
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from gridplan.optimise.allocate import Value, settle_shares
from gridplan.optimise.bound import quick_bound
from gridplan.optimise.budget import Budget
from gridplan.optimise.contract import ConflictError, Contracted, contract
from gridplan.optimise.cover import search_cover
from gridplan.optimise.enumerate import Enumerator
from gridplan.optimise.exact import Answer, gather, prove, steepness
from gridplan.optimise.lp import Relaxation, violated
from gridplan.optimise.objective import evaluate
from gridplan.optimise.piece import Piece, Score, score
from gridplan.optimise.pool import Pool
from gridplan.optimise.price import prove_priced
from gridplan.optimise.problem import Ints, Problem
from gridplan.optimise.search import Search
from gridplan.optimise.windows import Windows

PROVEN = 1e-6  # largest gap of a plan called optimal
TRIES = 8  # long annealings, each of LENGTH moves a node, MOST moves in all
LENGTH = 10_000
MOST = 30e6
PRICED = 130  # nodes up to which a proof by pricing is tried
WINDOWS = 30e6  # work on exact windows


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
    """A plan of one piece and what is proven about it.

    Parameters
    ----------
    plan
        Grid of every node, numbered from 0.
    known
        What the plan is worth; a plan that breaks a hard rule is none.
    bound, excess_bound
        Lower bounds of the cost at the plan's excess, and of the excess.
    stopped
        What ended the work before a proof, or empty.
    """

    plan: Ints
    known: Score
    bound: float
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
    work = _Work(parts.pieces, budget, effort, seed)
    if problem.grids is None or len(parts.pieces) == 1:
        outcomes = work.every(problem.grids)
    else:
        outcomes = work.shared(problem.grids)
    seconds = time.perf_counter() - start
    if not outcomes or any(outcome.known.broken for outcome in outcomes):
        return _no_plan(problem, conflict_text(problem, parts, outcomes), seconds)
    return _assemble(problem, parts, outcomes, budget, seconds)


class _Work:
    """Solves pieces, each number of grids once."""

    def __init__(self, pieces: tuple[Piece, ...], budget: Budget, effort: float, seed: int) -> None:
        self.pieces, self.budget, self.effort, self.seed = pieces, budget, effort, seed
        self.done: dict[tuple[int, int | None], Outcome] = {}

    def one(self, number: int, grids: int | None) -> Outcome:
        key = (number, grids)
        if key not in self.done:
            piece = self.pieces[number]
            self.done[key] = solve_piece(piece, self.budget, self.effort, self.seed, grids)
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


def solve_piece(
    piece: Piece, budget: Budget, effort: float, seed: int, grids: int | None
) -> Outcome:
    """Best plan of one connected piece within the effort."""
    if piece.n == 1 or piece.total == 0 or grids == 1:
        known = score(piece, np.zeros(piece.n, dtype=np.int64))
        if grids is not None and grids > max(1, int((piece.cap > 0).sum())):
            known = known._replace(broken=1)
        return Outcome(np.zeros(piece.n, np.int64), known, known.cost, known.excess, "")
    search = Search(piece, budget, grids, seed)
    for _ in range(6 if piece.n <= 64 else 3):
        search.start(100 * piece.n + 2000)
    answer = None
    try:
        answer = _best_effort(search, budget, effort, seed)
    except KeyboardInterrupt:
        budget.interrupt()
    return _outcome(search, answer)


def _best_effort(search: Search, budget: Budget, effort: float, seed: int) -> Answer | None:
    """The exact engine where its pool fits, else the search and a proof by pricing."""
    _reach_range(search, effort)
    steps, room = int(6e6 * effort), int(1.5e6 * effort)
    answer = prove(search.piece, search.plan, budget, grids=search.grids, steps=steps, room=room)
    if answer is None:
        improve(search, effort, seed)
        answer = _proof(search, effort)
    if answer is not None and answer.plan is not None:
        search.offer(answer.plan)
    return answer


def _outcome(search: Search, answer: Answer | None) -> Outcome:
    """The best plan of a search and what an answer proves about it."""
    assert search.best is not None
    known, plan = search.best
    if answer is not None and answer.proven:
        return Outcome(plan, known, known.cost, known.excess, "")
    bound, excess_bound = quick_bound(search.piece, search.grids)
    if answer is not None and known.excess == excess_bound:
        # the answer bounds cost and steep excess together, and no plan has less excess
        bound = max(bound, answer.bound - steepness(search.piece) * known.excess)
    return Outcome(plan, known, min(bound, known.cost), excess_bound, "effort")


def _reach_range(search: Search, effort: float) -> None:
    """Try harder while a plan of less breach might exist: the exact engine needs it to be fast."""
    least = quick_bound(search.piece, search.grids)[1]
    for _ in range(6):
        if search.best is None or search.best[0] <= (0, least, math.inf):
            return
        search.start(int(min(2000 * search.piece.n, 1e6) * min(1.0, effort)))


def _proof(search: Search, effort: float) -> Answer | None:
    """Proof by pricing, for plans within the range; None where it does not reach."""
    assert search.best is not None
    if search.best[0].broken or search.best[0].excess or search.piece.n > PRICED:
        return None
    if not Enumerator(search.piece, 0).fits():
        return None
    return prove_priced(
        search.piece,
        search.plan,
        search.grids_seen(),
        search.budget,
        grids=search.grids,
        steps=int(20e6 * effort),
        room=int(300_000 * effort),
    )


def improve(search: Search, effort: float, seed: int) -> None:
    """Long annealing from several starts, then exact windows on the best plan."""
    piece, budget = search.piece, search.budget
    total = min(TRIES * LENGTH * piece.n, MOST) * effort
    tries = max(1, min(TRIES, round(total / (LENGTH * piece.n))))
    for _ in range(tries):
        search.start(int(total / tries))
    local = Budget(WINDOWS * effort)
    local.deadline = budget.deadline
    windows = Windows(piece, search.plan, local, fixed=search.grids is not None, seed=seed)
    for size in (2, 3):
        windows.run(size, rounds=3)
    budget.spend(local.spent)
    search.offer(windows.plan)


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
        gap=None if bound is None else max(0.0, cost - bound) / max(abs(cost), 1e-9),
        grids=int(assignment.max()) + 1,
        assignment=assignment,
        effort=budget.spent,
        seconds=seconds,
        stopped=budget.stopped or stopped,
        reason="",
    )


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
    pool = Pool(piece.n, gather(piece, 0, Budget(math.inf), 1000, 1000) or [], 1.0)
    inside, use = pool.inside(np.arange(len(pool))), np.ones(len(pool))
    relaxation = Relaxation(piece.n, 1.0)
    prices = relaxation.solve(None)._replace(cut=-np.ones(1))
    extra = pool.reduced(prices, violated(inside, use, 1))
    search_cover(pool.mask, inside, pool.cost, extra, grids=2, lower=0.0, upper=1.0, limit=10)
