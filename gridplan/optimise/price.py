"""Bound and proof without the whole pool: column generation over all grids of a piece.

The relaxation of the set partitioning is solved over the grids met so far; `branch` finds those
that its prices make worth adding. Any prices give a bound (Lagrange), so work that ends early
leaves one too. When no grid is worth adding, all grids whose reduced cost lies within a part of the
gap are listed: a plan that uses another costs more than the bound by that part. Where they are too
many, cuts on triples of nodes make the relaxation tighter first.
"""

from bisect import insort

import numpy as np

from gridplan.optimise.crowd import Crowd
from gridplan.optimise.exact import Answer, Partitioning, counts, steepness
from gridplan.optimise.few import LOOK, divide, few
from gridplan.optimise.lines import Line
from gridplan.optimise.lp import Prices
from gridplan.optimise.number import (
    BRIEF,
    EDGE,
    PER_ROUND,
    SHARPEST,
    SURE,
    Known,
    Number,
    Table,
)
from gridplan.optimise.piece import score
from gridplan.optimise.pool import pool_of
from gridplan.optimise.problem import Floats, Ints
from gridplan.optimise.search import Search, grid_value

WORK = 20  # steps that a cut counts for
SOLVED = 150  # columns times nodes of a relaxation that count as one cut
CLOSE = 0.05  # of the gap: what a relaxation may fall short of its value before it is tightened
GAIN = 0.1  # of the gap that cuts on triples must add, or what is left is listed at length
HALF = 0.5  # of the cuts left that each such part of a list may spend
ROAMED = 8  # changes of a grid that count as one cut
NEAR = 2000  # grids of the relaxation that plans are made of
SHARE = 0.5  # part of the cuts left that one number of grids may take for its relaxation
SWEEPS = 3  # sweeps over all roots that a number of grids may make at least, cuts allowing
USEFUL = 0.1  # of what bound and relaxation lack that a sweep must add, or it ends with a grid
DEEP = 0.3  # of the cuts of a sweep that may be spent again on the roots of least bound
DEEPEST = -0.01  # bound from which on a root is left as it is
GLANCE = 50  # looks at an integer programme of more than few grids
SHARP = 0.1  # weight of earlier prices from which on they are left out
PARTS = (
    (0.25, 0.05),
    (0.5, 0.1),
    (0.75, 0.2),
    (1.0, 0.3),
)  # of the gap to list, of the cuts left to spend


def total(bounds: list[tuple[float, int]]) -> float:
    """Sum of the bounds of some roots."""
    return sum(bound for bound, _ in bounds)


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
        numbers = self._catch_up()
        self.known.learn(search.plan == np.unique(search.plan)[:, None])
        self.known.learn(search.grids_seen())
        if numbers[0].end is None and self.open(numbers[0]):
            self.relax(numbers[0], -np.inf)
        while ready := [number for number in numbers if self.open(number)]:
            ready.sort(key=self.bound)
            rival = self.bound(ready[1]) if len(ready) > 1 else np.inf
            self.settle(ready[0], room, rival)
        least = min(self.bound(number) for number in numbers)
        extra = 0.0 if self.crowd is None else self.crowd.extra
        return Answer(
            self.best,
            min(least, self.upper) + piece.constant + extra,
            proven=least >= self.upper - SURE,
        )

    def divide(self, looks: int) -> None:
        """Bounds of all numbers of grids by integer programmes, for `prove` to start from.

        Parameters
        ----------
        looks
            Work allowed for each number of few grids (`few.divide`); others get a glance.
        """
        for number in sorted(self._catch_up(), key=lambda x: few(self.piece, x.grids)):
            if self.bound(number) >= self.upper - SURE:
                continue
            answer = divide(
                self.piece,
                number.grids,
                number.lo,
                number.hi,
                upper=self.upper - 0.5 * SURE,
                plan=self.search.plan,
                looks=looks if few(self.piece, number.grids) else min(looks, GLANCE),
                budget=self.budget,
                crowd=self.crowd,
            )
            self.budget.spend(LOOK * answer.looks)
            number.proven = max(number.proven, answer.bound)
            if answer.plan is not None:
                cost = score(self.piece, answer.plan).cost - self.piece.constant
                if cost < self.upper:
                    self.upper, self.best = cost, answer.plan

    def _catch_up(self) -> list[Number]:
        """Take over a better plan of the search; all numbers of grids, the nearest to it first."""
        search, piece = self.search, self.piece
        cost = self.scale = score(piece, search.plan).cost - piece.constant
        if cost < self.upper:
            self.upper, self.best = cost, None
        start = int(search.plan.max()) + 1
        choices = sorted(counts(piece, 0, search.grids), key=lambda k: abs(k - start))
        return [self._number(k) for k in choices]

    def _number(self, grids: int) -> Number:
        if grids not in self.numbers:
            self.numbers[grids] = Number(
                self.piece, grids, self.scale, masks=self.masks, crowd=self.crowd
            )
        return self.numbers[grids]

    def floor(self, number: Number) -> float:
        """Best bound so far by prices (Lagrange), from sweeps over all grids of its range."""
        known = [x for x in self.lines if x.covers(number)]
        return max((line.floor(number.grids) for line in known), default=-np.inf)

    def bound(self, number: Number) -> float:
        """Bound of the cost of plans with a number of grids."""
        return max(self.floor(number), number.proven)

    def open(self, number: Number) -> bool:
        """Whether a number of grids may have a better plan, and there are cuts left to tell."""
        self.reserve = 0
        done = number.closed and number.listed
        return not done and self.bound(number) < self.upper - SURE and not self.spent()

    def spent(self) -> bool:
        """Whether the cuts that may be made now, or the budget, are used up."""
        return self.cuts <= self.reserve or self.budget.over()

    def settle(self, number: Number, room: int, rival: float) -> None:
        """List what may be better; where that is too much, tighten the relaxation by one step.

        ``rival`` is the bound from which on another number of grids has its turn.
        """
        if number.end is None:
            self.relax(number, -np.inf)
            return
        if not number.listed and not number.bare:
            self.list_all(number, room, rival)
        if not self.open(number) or self.bound(number) > rival:
            return
        if not number.closed:
            self.relax(number, 0.5 * (self.floor(number) + self.upper))
            if number.closed:
                number.listed = False  # once more, with all cuts that are left

    def relax(self, number: Number, goal: float) -> None:
        """Solve the relaxation over all grids with a number of them, and look for plans in it.

        It is tightened by cuts on triples while its floor is below the goal. Spends at most a part
        of the cuts left, so that other numbers have their turn.
        """
        self.reserve = int(self.cuts * (1.0 - SHARE)) if self.cuts > BRIEF * self.piece.n else 0
        self.reserve = max(0, min(self.reserve, self.cuts - SWEEPS * number.dear))
        more = number.end is None or number.tighten(4.0 * self.steep)
        searched: Prices | None = None
        while more and not self.spent():
            optimum = number.relaxation.solve(number.grids)
            self.pay(len(number.relaxation.cost) * self.piece.n // SOLVED)
            if number.restock(self.known, optimum):
                continue
            if optimum is not searched and (self.roam(number, optimum) or number.loosen(optimum)):
                continue
            searched = optimum
            prices = self.centred(number, optimum)
            least, fresh = self.sweep(number, prices, optimum)
            slack = self.note(number, prices, least)
            floor = self.floor(number)
            if floor >= self.upper - SURE:
                return
            short = slack
            if prices is not optimum:
                short += optimum.value - number.value(prices)
            if short > max(CLOSE * (self.upper - optimum.value), 2 * number.grids * EDGE):
                number.adapt(fresh, swept=bool(len(least)))
                continue
            number.idle = number.gain(optimum) < GAIN * (self.upper - optimum.value)
            number.note(prices, slack, last=not fresh and prices is optimum)
            more = not number.idle and floor < goal and number.tighten(4.0 * self.steep)
        chosen = number.nearest(NEAR)
        self.choose(number, number.relaxation.inside[chosen], number.relaxation.cost[chosen])

    def roam(self, number: Number, prices: Prices) -> bool:
        """Learn grids worth adding around those in use; whether there are any."""
        found, steps = number.roam(prices)
        self.pay(steps // ROAMED)
        self.known.learn(found)
        return len(found) > 0

    def sweep(self, number: Number, prices: Prices, optimum: Prices) -> tuple[Floats, int]:
        """Bounds of the reduced cost by root, ascending, and how many grids the relaxation lacks.

        No bounds where the work ended early. It does so, too, once grids are found and the bounds
        met so far are too low to be of use: the prices change first then.
        """
        price, base = number.price(prices), number.value(prices)
        needed = self.needed(number, optimum.value)
        number.stopped = False
        bounds: list[tuple[float, int]] = []
        cuts, fresh = self.cuts, 0
        for root in number.order():
            if fresh >= PER_ROUND or self.spent() or (fresh and number.puts_off(root)):
                return np.zeros(0), fresh
            limit, left = min(number.limit, self.cuts - self.reserve), self.cuts
            bound, found = self._search(number, root, price, -SHARPEST, limit, tighten=True)
            number.price_of[root] = left - self.cuts
            more = number.lacking(found, optimum)
            number.fruit[root] = 0.5 * number.fruit[root] + more
            fresh += more
            self.known.learn(found)
            insort(bounds, (bound, root))
            if fresh and base + total(bounds[: number.grids]) < needed:
                return np.zeros(0), fresh
        if number.stopped and not fresh and number.large:
            self.deepen(number, price, bounds, self.cuts - int(DEEP * (cuts - self.cuts)))
        number.dear, number.delays = cuts - self.cuts, 0
        return np.array([bound for bound, _ in bounds]), fresh

    def needed(self, number: Number, value: float) -> float:
        """Bound that a sweep must still be able to reach when it has found a grid."""
        if not number.large:
            return -np.inf
        floor = self.floor(number)
        if floor < 0.0 and self.cuts - self.reserve < number.limit * self.piece.n:
            return -np.inf  # the last chance of a bound
        floor = max(0.0, floor)
        return min(floor + USEFUL * (value - floor), value - CLOSE * (self.upper - value))

    def deepen(
        self, number: Number, price: Floats, bounds: list[tuple[float, int]], left: int
    ) -> None:
        """Raise the least bounds of roots that used all of their cuts: search each for less.

        A search that is stopped leaves the bound of what it has not seen, which is poor; one for
        grids of half the reduced cost may end. Goes on while more than ``left`` cuts are left.
        """
        spent: set[int] = set()
        while self.cuts > max(left, self.reserve) and not self.spent():
            least = [x for x in bounds[: number.grids] if x[1] not in spent and x[0] < DEEPEST]
            if not least:
                return
            bound, root = least[0]
            limit = min(number.limit, self.cuts - self.reserve)
            reached, found = self._search(number, root, price, 0.5 * bound, limit, tighten=True)
            self.known.learn(found)
            if reached < 0.5 * bound:
                spent.add(root)
            bounds.remove((bound, root))
            insort(bounds, (max(bound, reached), root))

    def centred(self, number: Number, optimum: Prices) -> Prices:
        """Prices between those of the relaxation and those of the best bound so far.

        The prices of the relaxation are wild while it lacks grids, and wild prices are hard to
        bound. Any bound is concave in the prices: those between bound better than the best so far,
        or a grid is found that the relaxation lacks (Wentges 1997).
        """
        known = [x for x in self.lines if x.serves(number)]
        if number.smooth < SHARP or not known:
            return optimum
        best = max(known, key=lambda line: line.floor(number.grids)).prices
        return number.between(best, optimum)

    def _search(
        self,
        number: Number,
        root: int,
        price: Floats,
        enough: float,
        limit: int,
        *,
        tighten: bool,
    ) -> tuple[float, Table]:
        bound, found, cuts = number.finder.search(
            root, price, enough, limit, self.budget, tighten=tighten
        )
        number.stopped |= cuts >= limit
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
        fixed = number.fixed(prices)
        line = Line(number.lo, number.hi, fixed, prices.grid, least, number.grids, prices)
        if line.floor(number.grids) > self.floor(number):
            self.lines.append(line)
        return max(0.0, -float(least[: number.grids].sum()))

    def choose(self, number: Number, inside: Table, cost: Floats) -> float:
        """Best plan of some grids, kept where it is better than known; bound of all their plans."""
        work = Partitioning(
            self.piece,
            pool_of(inside, cost),
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

    def list_all(self, number: Number, room: int, rival: float = np.inf) -> None:
        """Best plan with a number of grids, from all grids that one can hold, and its bound.

        A plan with a grid that was not listed costs more than prices say by that grid's reduced
        cost.
        """
        prices, edge = number.end, number.slack + 2 * number.grids * EDGE
        assert prices is not None
        base = number.value(prices) - edge
        number.listed = True
        for part, share in PARTS:
            step = part * (self.upper - base)
            if base + step <= number.proven:
                continue
            if number.proven > rival:
                number.listed = False
                return
            share = 1.0 if number.closed else max(share, HALF * number.idle)
            self.reserve = int(self.cuts * (1.0 - share))
            listed = self._list(number, prices, step + edge, room)
            if listed is None:
                break
            cost = np.array([grid_value(self.piece, row) for row in listed])
            within = self.choose(number, listed, cost)
            number.proven = max(number.proven, min(within, base + step, self.upper))
            if within < base + step or self.spent():
                break

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
