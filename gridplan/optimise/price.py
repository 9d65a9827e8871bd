"""Proof without the whole pool: grids are enumerated only as far as the prices of nodes allow.

Column generation with the enumeration as pricing: a branch ends where no completion can have a
negative reduced cost. When none is left, the relaxation is solved over all grids; one more pass
then lists every grid whose reduced cost is within the gap, and no better plan can use another.
"""

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.budget import Budget
from gridplan.optimise.enumerate import Enumerator, Found
from gridplan.optimise.exact import Answer, Partitioning, counts, steepness
from gridplan.optimise.lp import Prices, Relaxation, members
from gridplan.optimise.piece import Piece, score
from gridplan.optimise.pool import Pool
from gridplan.optimise.problem import Floats, Ints
from gridplan.optimise.search import grid_value

EDGE = 1e-7  # reduced cost that still counts as negative
PER_ROOT = 40  # columns taken from one root before the next has its turn
PER_ROUND = 150
PORTION = 100_000


class Pricer:
    """Column generation on one piece, within a number of enumeration steps.

    Parameters
    ----------
    piece, seen
        The piece, and connected grids that may serve as first columns, shape (grids, n).
    upper
        Cost of the best known plan, the constant left out.
    budget, steps
        Counts the work; enumeration steps allowed.
    """

    def __init__(
        self, piece: Piece, seen: NDArray[np.bool_], upper: float, budget: Budget, steps: int
    ) -> None:
        self.piece, self.budget, self.steps = piece, budget, steps
        self.upper = upper
        self.best: Ints | None = None
        self.steep = steepness(piece)
        self.relaxation = Relaxation(piece.n, 4 * self.steep, central=True)
        cap = seen @ piece.cap
        self.inside = seen[(cap >= piece.terms.lo) & (cap <= piece.terms.hi)]
        self.cost = np.array([grid_value(piece, row) for row in self.inside])
        self.fruit: dict[int, int] = {}  # grids that a root gave in the last round

    def spent(self) -> bool:
        """Whether the steps or the budget are used up."""
        return self.steps <= 0 or self.budget.over()

    def collect(self, prices: Floats, per_root: int, most: int) -> tuple[Found, bool]:
        """Grids of small reduced cost, and whether they are all."""
        search = Enumerator(self.piece, 0, prices)
        search.roots.sort(key=lambda root: -self.fruit.get(root, 0))
        parts, count, complete = [], 0, True
        fruit: dict[int, int] = {}
        while not search.done and count < most and not self.spent():
            before = search.steps
            part = search.portion(PORTION, per_root)
            self.steps -= search.steps - before
            self.budget.spend(2 * (search.steps - before))
            parts.append(part)
            count += len(part.cost)
            fruit[search.root] = len(part.cost)
            if len(part.cost) >= per_root:
                search.skip_root()
                complete = False
        self.fruit = fruit
        complete &= search.done and not search.too_wide
        return Found(*(np.concatenate(column) for column in zip(*parts, strict=True))), complete

    def converge(self, grids: int) -> tuple[float, Prices | None]:
        """Bound of the relaxation over all grids, and the prices that prove it.

        No prices where the steps ran out, or where the bound alone ends the case.
        """
        bound = -np.inf
        while not self.spent():
            prices = self.relaxation.solve(grids)
            if self._restock(prices):
                continue
            flat = np.concatenate([prices.node, [prices.grid, -EDGE]])
            found, complete = self.collect(flat, PER_ROOT, PER_ROUND)
            inside = members(found.mask, self.piece.n)
            if complete:
                reduced = found.cost - inside @ prices.node - prices.grid
                worst = min(-EDGE, float(reduced.min(initial=0.0)))
                value = float(prices.node.sum()) + grids * (prices.grid + worst)
                bound = max(bound, value)
                if bound >= self.upper - 1e-7:
                    return bound, None
                if not len(found.cost):
                    return (np.inf, None) if prices.bare > 1e-3 else (bound, prices)
            self.relaxation.add(inside, found.cost)
        return bound, None

    def _restock(self, prices: Prices) -> bool:
        """Add the grids of the search that have a negative reduced cost; whether there were any."""
        reduced = self.cost - self.inside @ prices.node - prices.grid
        ready = np.flatnonzero(reduced < -EDGE)
        chosen = ready[np.argsort(reduced[ready], kind="stable")[:PER_ROUND]]
        self.relaxation.add(self.inside[chosen], self.cost[chosen])
        self.budget.spend(len(reduced))
        return len(chosen) > 0

    def settle(self, grids: int, room: int) -> tuple[float, float, bool]:
        """Best plan with a number of grids; two bounds as in `Partitioning`, and whether proven."""
        bound, prices = self.converge(grids)
        if prices is None:
            return bound, bound, bound >= self.upper - 1e-7
        gap = self.upper - bound + 2 * grids * EDGE
        flat = np.concatenate([prices.node, [prices.grid, gap]])
        found, complete = self.collect(flat, room, room)
        if not complete:
            return bound, bound, False
        pool = Pool(self.piece.n, [found], self.steep)
        work = Partitioning(self.piece, pool, self.upper, self.steep, self.budget, quick=False)
        work.seed(None)
        _, proven = work.settle(grids)
        if work.best is not None:
            self.upper, self.best = work.upper, work.best
        return bound, max(bound, proven), work.unsure >= self.upper - 1e-7


def prove_priced(
    piece: Piece,
    plan: Ints,
    seen: NDArray[np.bool_],
    budget: Budget,
    *,
    grids: int | None,
    steps: int,
    room: int,
) -> Answer:
    """Best plan of a piece by branch-and-bound pricing, as far as the steps reach.

    Parameters
    ----------
    piece, plan
        The piece, and the best known plan: within the range and true to all rules.
    seen
        Connected grids that keep all rules and may serve, those of the plan among them.
    budget, grids
        As for `prove`.
    steps, room
        Enumeration steps, and grids held at the end.
    """
    upper = score(piece, plan).cost - piece.constant
    work = Pricer(piece, seen, upper, budget, steps)
    choices = counts(piece, 0) if grids is None else range(grids, grids + 1)
    start = int(plan.max()) + 1
    relaxed, bound, proven = work.settle(start, room)
    bounds = [bound]
    for side in (range(start + 1, choices.stop), range(start - 1, choices.start - 1, -1)):
        for k in side:
            before = work.upper
            relaxed, bound, sure = work.settle(k, room)
            bounds.append(bound)
            proven &= sure
            if work.upper == before and relaxed >= before - 1e-7:
                break
            if not sure and work.spent():
                bounds.append(-np.inf)
                break
    least = min([*bounds, work.upper])
    return Answer(work.best, least + piece.constant, proven and not budget.over())
