"""Plans in range at least cost, where a grid costs something more that only the caller can count.

Any cost that follows from a grid alone can be added to the grids of the exact engine's pool: the
choice among them, and its proof, stay the same.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.budget import Budget
from gridplan.optimise.contract import ConflictError, contract
from gridplan.optimise.enumerate import Enumerator, Found
from gridplan.optimise.exact import Partitioning, counts, gather, steepness
from gridplan.optimise.piece import Piece, score
from gridplan.optimise.pool import Pool
from gridplan.optimise.problem import Floats, Ints, Problem
from gridplan.optimise.solve import number_by_first

Members = NDArray[np.bool_]
Count = Callable[[Members], NDArray[np.int64]]
"""What grids count beside their cost, by which unit lies in which of them, shape (grids, n)."""

STEPS, ROOM = 1e6, 8e4  # of the enumeration at effort 1, and grids held at its end
WORD = 63  # nodes that a mask of one word holds
PORTION = 20_000  # grids that are counted at a time


@dataclass(frozen=True, eq=False)
class Priced:
    """A plan in range, cheapest with what its grids count.

    Parameters
    ----------
    assignment
        Grid of every unit, shape (n,); None where no plan is in range.
    proven
        Whether no plan is better; where there is none, whether there can be none.
    effort
        Counted work.
    """

    assignment: Ints | None
    proven: bool
    effort: int


def cheapest_with(
    problem: Problem, count: Count, *, price: float | None, effort: float = 1.0
) -> Priced | None:
    """Find the plan in range that is cheapest with what its grids count.

    Parameters
    ----------
    problem
        The community; its own `change` is left out.
    count
        Whole number that every grid counts, from its units alone.
    price
        Cost of one of it; None: as much as outranks every other cost.
    effort
        Counted work allowed.

    Returns
    -------
    Priced or None
        None where there are too many grids, a number of grids is fixed for several parts that no
        border joins, or hard rules contradict each other.
    """
    problem = replace(problem, weights={**problem.weights, "change": 0.0})
    try:
        parts = contract(problem)
    except ConflictError:
        return None
    if problem.grids is not None and len(parts.pieces) > 1:
        return None
    budget = Budget(math.inf, 0.0)
    label = np.zeros(len(problem.node_ids), dtype=np.int64)
    first, proven = 0, True
    for number, piece in enumerate(parts.pieces):
        mine = np.flatnonzero(parts.piece_of == number)
        inside = _Inside(mine, parts.node_of[mine], len(label))
        found = _one(piece, inside, count, price, problem.grids, effort, budget)
        if found is None:
            return None
        plan, sure = found
        if plan is None:
            return Priced(None, sure, budget.spent)
        proven = proven and sure
        label[mine] = first + plan[inside.node]
        first += int(plan.max()) + 1
    return Priced(number_by_first(label), proven, budget.spent)


@dataclass(frozen=True, eq=False)
class _Inside:
    """The units of a piece, the node of each, and how many units there are in all."""

    units: Ints
    node: Ints
    all: int

    def members(self, nodes: Members) -> Members:
        """Which unit lies in which grid, from which node does, shape (grids, n)."""
        table = np.zeros((len(nodes), self.all), dtype=bool)
        table[:, self.units] = nodes[:, self.node]
        return table


def _one(
    piece: Piece,
    inside: _Inside,
    count: Count,
    price: float | None,
    grids: int | None,
    effort: float,
    budget: Budget,
) -> tuple[Ints | None, bool] | None:
    """Best plan of one piece and whether that is proven; None where it has too many grids."""
    whole = np.zeros(piece.n, dtype=np.int64)
    if piece.n == 1 or piece.total == 0:
        fits = score(piece, whole)[:2] == (0, 0) or piece.total == 0
        return (whole if fits and grids in (None, 1) else None), True
    choices = counts(piece, 0, grids)
    steps, room = int(STEPS * min(1.0, effort)), int(ROOM * min(1.0, effort))
    found = gather(Enumerator(piece, 0), budget, steps, room)
    if found is None:
        return None
    pool, steep = _priced(piece, found, inside, count, price)
    if not len(pool):
        return None, True
    work = Partitioning(piece, pool, np.inf, steep, budget, quick=True)
    work.seed(None)
    for k in choices:
        if k == 2 and piece.n < WORD:
            _take_pair(work, pool, piece.n)
        else:
            work.settle(k)
    return work.best, bool(work.unsure >= work.upper - 1e-7)


def _take_pair(work: Partitioning, pool: Pool, n: int) -> None:
    """Take the best plan of two grids: each grid's other half is looked up."""
    mask = pool.mask[:, 0]
    order = np.argsort(mask, kind="stable")
    other = ((1 << n) - 1) ^ mask
    at = np.minimum(np.searchsorted(mask[order], other), len(mask) - 1)
    rest = order[at]
    value = np.where(mask[rest] == other, pool.cost + pool.cost[rest], np.inf)
    best = int(np.argmin(value))
    if value[best] < work.upper:
        work.upper = float(value[best])
        work.best = (~pool.inside(np.array([best]))[0]).astype(np.int64)


def _priced(
    piece: Piece, found: list[Found], inside: _Inside, count: Count, price: float | None
) -> tuple[Pool, float]:
    """The grids with what they count in their cost, and a price above that of any plan."""
    outranking = steepness(piece)
    each = outranking if price is None else price
    kept = [f for f in found if len(f.cost)]
    pool = Pool(piece.n, [f._replace(excess=np.zeros_like(f.excess)) for f in kept], 0.0)
    counted: Floats = np.zeros(len(pool))
    for start in range(0, len(pool), PORTION):
        rows = np.arange(start, min(start + PORTION, len(pool)))
        counted[rows] = count(inside.members(pool.inside(rows)))
    pool.cost = pool.cost + each * counted
    return pool, outranking + each * float(counted.max(initial=0.0)) * piece.n
