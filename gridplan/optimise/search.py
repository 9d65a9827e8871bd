"""Plans without proof: whole plans from spanning trees, then annealed unit moves."""

import numpy as np

from gridplan.optimise.budget import Budget
from gridplan.optimise.moves import anneal, carve, fresh_state
from gridplan.optimise.piece import Piece, Score, score
from gridplan.optimise.problem import Ints


def cost_unit(piece: Piece) -> float:
    """What a typical single move changes, so that temperatures follow the weights."""
    edge = float(np.median(piece.w)) if len(piece.w) else 0.0
    label = float(np.median(piece.label_weight)) if len(piece.label_weight) else 0.0
    return max(1e-3, edge + 0.5 * label + 0.5 * piece.terms.balance)


def likely_counts(piece: Piece, grids: int | None) -> list[int]:
    """Numbers of grids worth trying first, the likeliest first."""
    if grids is not None:
        return [grids]
    terms = piece.terms
    fewest = max(1, -(-piece.total // terms.hi))
    most = max(1, min(piece.total // terms.lo, int((piece.cap > 0).sum())))
    best = min(max(round(piece.total / terms.target), min(fewest, most)), most)
    return [k for k in (best, best - 1, best + 1) if min(fewest, most) <= k <= most] or [most]


def polish(
    piece: Piece,
    plan: Ints,
    seed: Ints,
    steps: int,
    *,
    hot: float = 1.0,
    fixed: bool = False,
    strong: float = 0.3,
) -> Ints:
    """Anneal a plan; temperatures and the price of a missing household are in cost units."""
    unit = cost_unit(piece)
    _, plan = np.unique(plan, return_inverse=True)
    plan = plan.astype(np.int64)
    state = fresh_state(piece.kernel, plan, int(plan.max()) + 1, seed)
    best = plan.copy()
    anneal(
        piece.kernel, state, best, steps, hot * unit, min(hot, 0.02) * unit, strong * unit, fixed
    )
    return best


def first_plan(piece: Piece, budget: Budget, grids: int | None, seed: int, tries: int) -> Ints:
    """Best of several annealed plans; always a plan, within the range where one was found."""
    state = np.array([seed * 7919 + 12345], dtype=np.int64)
    best: tuple[Score, Ints] | None = None
    options = likely_counts(piece, grids)
    steps = 200 * piece.n + 2000
    for attempt in range(tries):
        k = options[attempt % len(options)]
        plan = np.zeros(piece.n, dtype=np.int64)
        carve(piece.kernel, plan, k, state)
        plan = polish(piece, plan, state, steps, fixed=grids is not None)
        plan = polish(piece, plan, state, steps // 4, hot=0.05, fixed=grids is not None, strong=30)
        budget.spend(steps + steps // 4)
        found = (score(piece, plan), plan)
        if (best is None or found[0] < best[0]) and _right_count(plan, grids):
            best = found
        if best is not None and budget.over():
            break
    if best is None:
        return plan
    return best[1]


def _right_count(plan: Ints, grids: int | None) -> bool:
    return grids is None or len(np.unique(plan)) == grids
