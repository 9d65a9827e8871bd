"""Bound and proof without the whole pool: column generation over all grids of a piece.

The relaxation of the set partitioning is solved over the grids met so far; `branch` finds those
that its prices make worth adding. Any prices give a bound (Lagrange), so work that ends early
leaves one too. When no grid is worth adding, all grids whose reduced cost lies within a part of the
gap are listed: a plan that uses another costs more than the bound by that part.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.branch import Brancher
from gridplan.optimise.enumerate import Found
from gridplan.optimise.exact import Answer, Partitioning, counts, steepness
from gridplan.optimise.lp import Prices, Relaxation
from gridplan.optimise.narrow import Walker
from gridplan.optimise.piece import score
from gridplan.optimise.pool import Pool
from gridplan.optimise.problem import Floats, Ints
from gridplan.optimise.search import Search, grid_value

Table = NDArray[np.bool_]

EDGE = 1e-7  # reduced cost that still counts as negative
PER_ROUND = 150  # grids added before the relaxation is solved again
BRIEF = 1024  # cuts for a root at first
BOX = 0.25  # highest price of a node at first, in grids of average cost
WORK = 20  # steps that a cut counts for
NEAR = 2000  # grids of the relaxation that plans are made of
SHARE = 0.6  # part of the cuts left that one number of grids may take for its relaxation
PARTS = (0.25, 0.5, 1.0)  # of the gap, within which grids are listed


def packed(inside: Table) -> Ints:
    """Grids as masks, shape (grids, words)."""
    words = (inside.shape[1] + 63) // 64
    wide = np.zeros((len(inside), 64 * words), dtype=bool)
    wide[:, : inside.shape[1]] = inside
    return np.packbits(wide, axis=1, bitorder="little").view("<i8").astype(np.int64)


class Pricer:
    """Column generation on one piece, in portions: what one has proven, the next starts from.

    Parameters
    ----------
    search
        The search whose plan is to be proven, within the range and true to all rules; the grids
        that it met are the first columns.
    """

    def __init__(self, search: Search) -> None:
        self.search = search
        self.piece, self.budget = search.piece, search.budget
        self.steep = steepness(self.piece)
        self.cuts = self.reserve = 0
        self.masks = False
        self.finder: Walker | Brancher
        self.upper = np.inf
        self.best: Ints | None = None
        self.limit = BRIEF
        self.fruit = np.zeros(self.piece.n)
        self.lines: list[tuple[float, float, Floats]] = []
        self.proven: dict[int, float] = {}
        self.ends: dict[int, Prices] = {}
        self.have: set[bytes] = set()
        self.known = np.zeros((0, self.piece.n), dtype=bool)
        self.cost, self.size = np.zeros(0), np.zeros(0)

    def prove(self, cuts: int, room: int, *, masks: bool = False) -> Answer:
        """Best plan of the piece, as far as the cuts reach.

        Parameters
        ----------
        cuts, room
            Least cuts allowed, and grids listed at the end at most.
        masks
            Whether to enumerate over masks in place of least cuts; the piece must fit (`narrow`).
        """
        search, piece = self.search, self.piece
        self.cuts, self.masks = cuts, masks
        cost = score(piece, search.plan).cost - piece.constant
        if cost < self.upper:
            self.upper, self.best = cost, None
        self.learn(search.plan == np.unique(search.plan)[:, None])
        self.learn(search.grids_seen())
        choices = counts(piece, 0)
        if search.grids is not None:
            choices = range(search.grids, search.grids + 1)
        start = int(search.plan.max()) + 1
        for k in sorted(choices, key=lambda k: abs(k - start)):
            if self.bound(k) < self.upper - EDGE and k not in self.ends and not self.spent():
                self.relax(k)
        for k in sorted(self.ends, key=self.bound):
            if self.bound(k) < self.upper - EDGE and not self.spent():
                self.proven[k] = max(self.list_all(k, room), self.bound(k))
        least = min(self.bound(k) for k in choices)
        return Answer(
            self.best,
            min(least, self.upper) + piece.constant,
            proven=least >= self.upper - EDGE,
        )

    def bound(self, grids: int) -> float:
        """Bound of the cost of plans with a number of grids."""
        return max(self.floor(grids), self.proven.get(grids, -np.inf))

    def learn(self, inside: Table) -> None:
        """Remember grids not known yet."""
        rows = [row.tobytes() for row in inside]
        fresh = [i for i, row in enumerate(rows) if row not in self.have]
        self.have.update(rows)
        if not fresh:
            return
        inside = inside[fresh]
        self.known = np.concatenate([self.known, inside])
        self.cost = np.concatenate([self.cost, [grid_value(self.piece, row) for row in inside]])
        self.size = np.concatenate([self.size, inside @ self.piece.cap])

    def start(self, grids: int) -> None:
        """Begin with a number of grids, which narrows the range of each.

        The other grids take at most ``hi`` and at least ``lo`` households each.
        """
        piece = self.piece
        lo, hi, rest = piece.terms.lo, piece.terms.hi, grids - 1
        lo, hi = max(lo, piece.total - rest * hi), min(hi, piece.total - rest * lo)
        self.lo, self.hi, self.limit = lo, hi, BRIEF
        self.relaxation = Relaxation(piece.n, BOX * self.upper / grids, central=True)
        narrowed = replace(piece, terms=piece.terms._replace(lo=lo, hi=hi))
        self.finder = Walker(narrowed) if self.masks else Brancher(narrowed)

    def fits(self) -> NDArray[np.bool_]:
        """Which of the grids known a plan with this number of grids can hold."""
        return (self.size >= self.lo) & (self.size <= self.hi)

    def spent(self) -> bool:
        """Whether the cuts or the budget are used up."""
        return self.cuts <= 0 or self.budget.over()

    def sweep(self, price: Floats, most: int) -> tuple[Floats, Table]:
        """Bounds of the reduced cost by root, ascending, and grids where it is negative.

        No bounds where the work ended early.
        """
        bounds: list[float] = []
        parts = [np.zeros((0, self.piece.n), dtype=bool)]
        for root in np.argsort(-self.fruit, kind="stable").tolist():
            if most <= 0 or self.cuts <= self.reserve or self.spent():
                return np.zeros(0), np.concatenate(parts)
            limit = min(self.limit, self.cuts - self.reserve)
            bound, found = self._search(root, price, -EDGE, limit, tighten=True)
            self.fruit[root] = len(found)
            most -= len(found)
            bounds.append(bound)
            parts.append(found)
        return np.sort(bounds), np.concatenate(parts)

    def _search(
        self, root: int, price: Floats, enough: float, limit: int, *, tighten: bool
    ) -> tuple[float, Table]:
        bound, found, cuts = self.finder.search(
            root, price, enough, limit, self.budget, tighten=tighten
        )
        self.cuts -= cuts
        self.budget.spend(WORK * cuts)
        return bound, found

    def floor(self, grids: int) -> float:
        """Best bound so far of the cost of a plan with a number of grids.

        By Lagrange: prices of all nodes, and the least reduced costs of as many different roots.
        """
        values = [fixed + grids * price + least[:grids].sum() for fixed, price, least in self.lines]
        return float(max(values, default=-np.inf))

    def relax(self, grids: int) -> None:
        """Solve the relaxation over all grids with a number of them, and look for plans in it.

        Spends at most a part of the cuts left, so that other numbers have their turn.
        """
        self.reserve = int(self.cuts * (1.0 - SHARE))
        self.start(grids)
        while self.cuts > self.reserve and not self.spent():
            prices = self.relaxation.solve(grids)
            if self._restock(prices):
                continue
            least, found = self.sweep(np.append(prices.node, prices.grid), PER_ROUND)
            if len(least):
                self._note(prices, least, grids)
            if self.floor(grids) >= self.upper - EDGE:
                return
            if len(found):
                self.learn(found)
            elif len(least) and least[0] >= -2.0 * EDGE:
                if prices.bare <= 1e-6:
                    self.ends[grids] = prices
                    break
                if self.relaxation.penalty > 4.0 * self.steep:
                    self.proven[grids] = np.inf  # no price is high enough: there is no such plan
                    return
                self.relaxation.widen()
            else:
                self.limit *= 4
        self._plan(grids)

    def _plan(self, grids: int) -> None:
        """Look for a better plan among the grids of the relaxation."""
        prices = self.relaxation.solve(grids)
        inside, cost = self.relaxation.inside, self.relaxation.cost
        reduced = cost - inside @ prices.node - prices.grid
        chosen = np.argsort(reduced, kind="stable")[:NEAR]
        self.choose(inside[chosen], cost[chosen], grids)

    def _note(self, prices: Prices, least: Floats, grids: int) -> None:
        """Keep what a sweep proves, if it is the best yet for this number of grids."""
        line = (float(prices.node.sum()), prices.grid, least)
        if line[0] + grids * line[1] + least[:grids].sum() > self.floor(grids):
            self.lines.append(line)

    def _restock(self, prices: Prices) -> bool:
        """Add known grids that have a negative reduced cost; whether there were any."""
        reduced = self.cost - self.known @ prices.node - prices.grid
        ready = np.flatnonzero((reduced < -0.5 * EDGE) & self.fits())
        chosen = ready[np.argsort(reduced[ready], kind="stable")[:PER_ROUND]]
        self.relaxation.add(self.known[chosen], self.cost[chosen])
        self.budget.spend(len(reduced))
        return len(chosen) > 0

    def choose(self, inside: Table, cost: Floats, grids: int) -> float:
        """Best plan of some grids, kept where it is better than known; bound of all their plans."""
        found = Found(packed(inside), cost, np.zeros(len(cost), dtype=np.int64))
        pool = Pool(self.piece.n, [found], self.steep)
        work = Partitioning(self.piece, pool, self.upper, self.steep, self.budget, quick=False)
        work.seed(None)
        bound = work.settle(grids)[1]
        if work.best is not None:
            self.upper, self.best = work.upper, work.best
        return min(bound, work.unsure)

    def list_all(self, grids: int, room: int) -> float:
        """Best plan with a number of grids, from all grids that one can hold; bound of its cost.

        A plan with a grid that was not listed costs more than the relaxation by that grid's
        reduced cost.
        """
        self.start(grids)
        base = bound = self.floor(grids)
        for part in PARTS:
            step = part * (self.upper - base) + 2 * grids * EDGE
            if base + step <= bound:
                continue
            listed = self._list(self.ends[grids], step, room)
            if listed is None:
                break
            cost = np.array([grid_value(self.piece, row) for row in listed])
            within = self.choose(listed, cost, grids)
            bound = max(bound, min(within, base + step, self.upper))
            if within < base + step or self.spent():
                break
        return bound

    def _list(self, prices: Prices, enough: float, room: int) -> Table | None:
        """All grids whose reduced cost is below ``enough``, or None where they are too many."""
        price = np.append(prices.node, prices.grid)
        parts, count = [], 0
        for root in range(self.piece.n):
            bound, found = self._search(root, price, enough, self.cuts, tighten=False)
            parts.append(found)
            count += len(found)
            if self.spent() or bound < enough - EDGE or count > room:
                return None
        return np.concatenate(parts)
