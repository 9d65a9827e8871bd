"""Bound and proof without the whole pool: column generation over all grids of a piece.

The relaxation of the set partitioning is solved over the grids met so far; `branch` finds those
that its prices make worth adding. Any prices give a bound (Lagrange), so work that ends early
leaves one too. When no grid is worth adding, all grids whose reduced cost lies within a part of the
gap are listed: a plan that uses another costs more than the bound by that part. Where they are too
many, cuts on triples of nodes make the relaxation tighter first.
"""

from typing import NamedTuple

import numpy as np

from gridplan.optimise.crowd import Crowd
from gridplan.optimise.enumerate import Found
from gridplan.optimise.exact import Answer, Partitioning, counts, steepness
from gridplan.optimise.lp import Prices
from gridplan.optimise.number import BRIEF, EDGE, PER_ROUND, Known, Number, Table
from gridplan.optimise.piece import score
from gridplan.optimise.pool import Pool
from gridplan.optimise.problem import Floats, Ints
from gridplan.optimise.search import Search, grid_value

WORK = 20  # steps that a cut counts for
SOLVED = 150  # columns times nodes of a relaxation that count as one cut
CLOSE = 0.05  # of the gap: what a relaxation may fall short of its value before it is tightened
FEW = 10  # grids found by a sweep, up to which its cuts were too few
ROAMED = 8  # changes of a grid that count as one cut
NEAR = 2000  # grids of the relaxation that plans are made of
SHARE = 0.5  # part of the cuts left that one number of grids may take for its relaxation
SWEEPS = 3  # sweeps over all roots that a number of grids may make at least, cuts allowing
PARTS = ((0.25, 0.05), (0.5, 0.1), (1.0, 0.3))  # of the gap to list, of the cuts left to spend


class Line(NamedTuple):
    """What one sweep proves for every number of grids within its range.

    Parameters
    ----------
    lo, hi
        Range of the grids that it looked at.
    fixed, grid
        Prices of all nodes and triples together, and of a grid.
    least
        Least reduced cost by root, ascending.
    """

    lo: int
    hi: int
    fixed: float
    grid: float
    least: Floats

    def floor(self, grids: int) -> float:
        """Bound of the cost of a plan with a number of grids, no two of which share a root."""
        return self.fixed + grids * self.grid + float(self.least[:grids].sum())


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
    masks
        Whether to enumerate over masks in place of least cuts; the piece must fit (`narrow`).
    quick
        Whether to do without integer programmes.
    """

    def __init__(self, search: Search, *, masks: bool = False, quick: bool = False) -> None:
        self.search, self.masks, self.quick = search, masks, quick
        self.budget = search.budget
        self.cuts = self.reserve = 0
        self.begin(None)

    def begin(self, crowd: Crowd | None) -> None:
        """Start from nothing, on the piece without the price of touches that a plan must make."""
        piece = self.search.piece if crowd is None else crowd.plain
        self.piece, self.crowd = piece, crowd
        self.steep = steepness(piece)
        self.upper = self.scale = np.inf
        self.best: Ints | None = None
        self.known = Known(piece)
        self.lines: list[Line] = []
        self.numbers: dict[int, Number] = {}

    def prove(self, cuts: int, room: int) -> Answer:
        """Best plan of the piece, as far as the cuts reach.

        Parameters
        ----------
        cuts, room
            Least cuts allowed, and grids listed at the end at most.
        """
        search, piece = self.search, self.piece
        self.cuts = cuts
        cost = self.scale = score(piece, search.plan).cost - piece.constant
        if cost < self.upper:
            self.upper, self.best = cost, None
        self.known.learn(search.plan == np.unique(search.plan)[:, None])
        self.known.learn(search.grids_seen())
        choices = counts(piece, 0)
        if search.grids is not None:
            choices = range(search.grids, search.grids + 1)
        start = int(search.plan.max()) + 1
        nearest = sorted(choices, key=lambda k: abs(k - start))
        numbers = [self._number(k) for k in nearest]
        if numbers[0].end is None:
            self.relax(numbers[0], -np.inf)
        while ready := [number for number in numbers if self.open(number)]:
            self.settle(min(ready, key=self.bound), room)
        least = min(self.bound(number) for number in numbers)
        extra = 0.0 if self.crowd is None else self.crowd.extra
        return Answer(
            self.best,
            min(least, self.upper) + piece.constant + extra,
            proven=least >= self.upper - EDGE,
        )

    def _number(self, grids: int) -> Number:
        if grids not in self.numbers:
            self.numbers[grids] = Number(
                self.piece, grids, self.scale, masks=self.masks, crowd=self.crowd
            )
        return self.numbers[grids]

    def floor(self, number: Number) -> float:
        """Best bound so far by prices (Lagrange), from sweeps over all grids of its range."""
        known = [x for x in self.lines if x.lo <= number.lo and x.hi >= number.hi]
        return max((line.floor(number.grids) for line in known), default=-np.inf)

    def bound(self, number: Number) -> float:
        """Bound of the cost of plans with a number of grids."""
        return max(self.floor(number), number.proven)

    def open(self, number: Number) -> bool:
        """Whether a number of grids may have a better plan, and there are cuts left to tell."""
        self.reserve = 0
        done = number.closed and number.listed
        return not done and self.bound(number) < self.upper - EDGE and not self.spent()

    def spent(self) -> bool:
        """Whether the cuts that may be made now, or the budget, are used up."""
        return self.cuts <= self.reserve or self.budget.over()

    def settle(self, number: Number, room: int) -> None:
        """List what may be better; where that is too much, tighten the relaxation by one step."""
        if number.end is None:
            self.relax(number, -np.inf)
            return
        if not number.listed and not number.bare:
            number.proven = max(self.list_all(number, room), number.proven)
            number.listed = True
        if not number.closed and self.open(number):
            self.relax(number, 0.5 * (self.floor(number) + self.upper))

    def relax(self, number: Number, goal: float) -> None:
        """Solve the relaxation over all grids with a number of them, and look for plans in it.

        It is tightened by cuts on triples while its floor is below the goal. Spends at most a part
        of the cuts left, so that other numbers have their turn.
        """
        self.reserve = int(self.cuts * (1.0 - SHARE)) if self.cuts > BRIEF * self.piece.n else 0
        self.reserve = max(0, min(self.reserve, self.cuts - SWEEPS * number.dear))
        more = number.end is None or number.tighten(4.0 * self.steep)
        while more and not self.spent():
            prices = number.relaxation.solve(number.grids)
            self.pay(len(number.relaxation.cost) * self.piece.n // SOLVED)
            if number.restock(self.known, prices) or self.roam(number, prices):
                continue
            least, found = self.sweep(number, number.price(prices))
            slack = self.note(number, prices, least)
            self.known.learn(found)
            floor = self.floor(number)
            if floor >= self.upper - EDGE:
                return
            if slack > max(CLOSE * (self.upper - prices.value), 2 * number.grids * EDGE):
                number.limit *= 1 if len(found) > FEW else 4
                continue
            number.note(prices, slack, last=not len(found))
            more = floor < goal and number.tighten(4.0 * self.steep)
        chosen = number.nearest(NEAR)
        self.choose(number, number.relaxation.inside[chosen], number.relaxation.cost[chosen])

    def roam(self, number: Number, prices: Prices) -> bool:
        """Learn grids worth adding around those in use; whether there are any."""
        found, steps = number.roam(prices)
        self.pay(steps // ROAMED)
        self.known.learn(found)
        return len(found) > 0

    def sweep(self, number: Number, price: Floats) -> tuple[Floats, Table]:
        """Bounds of the reduced cost by root, ascending, and grids where it is negative.

        No bounds where the work ended early.
        """
        bounds: list[float] = []
        cuts = self.cuts
        parts, most = [np.zeros((0, self.piece.n), dtype=bool)], PER_ROUND
        for root in np.argsort(-number.fruit, kind="stable").tolist():
            if most <= 0 or self.spent():
                return np.zeros(0), np.concatenate(parts)
            limit = min(number.limit, self.cuts - self.reserve)
            bound, found = self._search(number, root, price, -EDGE, limit, tighten=True)
            number.fruit[root] = len(found)
            most -= len(found)
            bounds.append(bound)
            parts.append(found)
        number.dear = cuts - self.cuts
        return np.sort(bounds), np.concatenate(parts)

    def _search(
        self, number: Number, root: int, price: Floats, enough: float, limit: int, *, tighten: bool
    ) -> tuple[float, Table]:
        bound, found, cuts = number.finder.search(
            root, price, enough, limit, self.budget, tighten=tighten
        )
        self.pay(cuts)
        return bound, found

    def pay(self, cuts: int) -> None:
        """Count work as that of so many cuts."""
        self.cuts -= cuts
        self.budget.spend(WORK * cuts)

    def note(self, number: Number, prices: Prices, least: Floats) -> float:
        """Keep what a sweep proves, if it is the best yet for this number of grids.

        Returns by how much the relaxation may fall short of its value; infinite for no sweep.
        """
        if not len(least):
            return np.inf
        line = Line(number.lo, number.hi, number.fixed(prices), prices.grid, least)
        if line.floor(number.grids) > self.floor(number):
            self.lines.append(line)
        return max(0.0, -float(least[: number.grids].sum()))

    def choose(self, number: Number, inside: Table, cost: Floats) -> float:
        """Best plan of some grids, kept where it is better than known; bound of all their plans."""
        found = Found(packed(inside), cost, np.zeros(len(cost), dtype=np.int64))
        pool = Pool(self.piece.n, [found], self.steep)
        work = Partitioning(
            self.piece,
            pool,
            self.upper,
            self.steep,
            self.budget,
            quick=self.quick,
            crowd=self.crowd,
        )
        work.seed(None)
        bound = work.settle(number.grids)[1]
        if work.best is not None:
            self.upper, self.best = work.upper, work.best
        return min(bound, work.unsure)

    def list_all(self, number: Number, room: int) -> float:
        """Best plan with a number of grids, from all grids that one can hold; bound of its cost.

        A plan with a grid that was not listed costs more than prices say by that grid's reduced
        cost.
        """
        prices, edge = number.end, number.slack + 2 * number.grids * EDGE
        assert prices is not None
        base = number.fixed(prices) + number.grids * prices.grid - edge
        bound = -np.inf
        for part, share in PARTS:
            step = part * (self.upper - base)
            if base + step <= bound:
                continue
            self.reserve = 0 if number.closed else int(self.cuts * (1.0 - share))
            listed = self._list(number, prices, step + edge, room)
            if listed is None:
                break
            cost = np.array([grid_value(self.piece, row) for row in listed])
            within = self.choose(number, listed, cost)
            bound = max(bound, min(within, base + step, self.upper))
            if within < base + step or self.spent():
                break
        return bound

    def _list(self, number: Number, prices: Prices, enough: float, room: int) -> Table | None:
        """All grids whose reduced cost is below ``enough``, or None where they are too many."""
        price = number.price(prices)
        parts, count = [], 0
        for root in range(self.piece.n):
            limit = self.cuts - self.reserve
            bound, found = self._search(number, root, price, enough, limit, tighten=False)
            parts.append(found)
            count += len(found)
            if self.spent() or bound < enough - EDGE or count > room:
                return None
        return np.concatenate(parts)
