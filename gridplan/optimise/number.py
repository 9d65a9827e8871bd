"""Plans with one number of grids: their relaxation, and what finds grids for it."""

from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.branch import Brancher
from gridplan.optimise.crowd import Crowd
from gridplan.optimise.lp import Prices, Relaxation, holds_two, violated
from gridplan.optimise.narrow import Walker
from gridplan.optimise.piece import Piece
from gridplan.optimise.problem import Floats, Ints
from gridplan.optimise.roam import STEPS, Roamer
from gridplan.optimise.search import grid_value

Table = NDArray[np.bool_]

EDGE = 1e-7  # reduced cost that still counts as negative
SHARPEST = (
    2e-8  # what a sweep may leave of it: sums over all grids stay below what a proof may lack
)
SURE = 8e-7  # what a bound may lack of a cost that it proves
PER_ROUND = 150  # grids added before the relaxation is solved again
BRIEF = 1024  # cuts for a root at first
BOX = 3.0  # highest price of a node at first, in nodes of average cost
TRIPLES, RATE = 40, 0.67  # cuts on triples added at a time: at least, and a node
LOOSE = 8.0  # times that of the first box up to which it is widened before a sweep
FEW = 10  # grids found by a sweep, up to which its cuts were too few
DEAR, DELAYS = (
    1.0,
    8,
)  # cuts of a dear root, in those at first; sweeps in turn without such
SMOOTH = 0.6  # weight of the prices of the best bound in those of a sweep
HARD = 16 * BRIEF  # cuts of a root from which on a number of grids is taken as one of large grids
LARGE = 8.25  # nodes a grid from which roots are dear: prices are smoothed, sweeps end early
USED = 1e-3  # of a grid, from which on grids like it are looked for
ROUGH = 1e-3  # reduced cost that those must have, in grids of average cost
BARE = 1e-6  # of the nodes left to stand-ins


class Known:
    """All grids met so far, each once."""

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self.have: set[bytes] = set()
        self.inside = np.zeros((0, piece.n), dtype=bool)
        self.cost, self.size = np.zeros(0), np.zeros(0)

    def learn(self, inside: Table) -> None:
        """Remember grids, shape (grids, n)."""
        fresh = []
        for i, row in enumerate(inside):
            if (key := row.tobytes()) not in self.have:
                self.have.add(key)
                fresh.append(i)
        if not fresh:
            return
        inside = inside[fresh]
        self.inside = np.concatenate([self.inside, inside])
        self.cost = np.concatenate([self.cost, [grid_value(self.piece, row) for row in inside]])
        self.size = np.concatenate([self.size, inside @ self.piece.cap])


class Number:
    """The relaxation for a number of grids, which narrows the range of each.

    The other grids take at most ``hi`` and at least ``lo`` households each.

    Parameters
    ----------
    piece
        The piece.
    grids
        Number of grids.
    upper
        Cost of a known plan.
    masks
        Whether grids are found over masks; there are no cuts on triples then.
    crowd
        Touches that a plan makes, of the piece without their price; None: none are counted.
    """

    def __init__(
        self,
        piece: Piece,
        grids: int,
        upper: float,
        *,
        masks: bool,
        crowd: Crowd | None = None,
    ) -> None:
        self.piece, self.grids, self.upper, self.masks = piece, grids, upper, masks
        self.crowd = crowd
        lo, hi, rest = piece.terms.lo, piece.terms.hi, grids - 1
        self.lo = max(lo, piece.total - rest * hi)
        self.hi = min(hi, piece.total - rest * lo)
        self.limit, self.dear = (
            BRIEF,
            0,
        )  # cuts for a root, and of the last sweep over all
        self.stopped = False  # whether a root of the last sweep used all of its cuts
        self.large = not masks and piece.n >= LARGE * grids
        self.smooth = SMOOTH if self.large else 0.0  # weight of earlier prices in a sweep
        # by root: grids that its searches brought, the older the less, and cuts of the last one
        self.fruit, self.price_of = np.zeros(piece.n), np.zeros(piece.n)
        self.delays = 0  # sweeps that ended before dear roots since the last over all roots
        self.end: Prices | None = None
        self.slack, self.last, self.tightened = 0.0, False, False
        self.proven = -np.inf
        self.listed = self.closed = False
        self.idle = False  # whether cuts on triples brought little the last time

    @cached_property
    def finder(self) -> Walker | Brancher:
        """What finds grids of small reduced cost."""
        terms = self.piece.terms._replace(lo=self.lo, hi=self.hi)
        # weights of labels change with the price of a touch
        weight = self.piece.label_weight.copy()
        narrowed = replace(self.piece, terms=terms, label_weight=weight)
        if self.masks:
            return Walker(narrowed)
        finder = Brancher(narrowed)
        finder.collect = self.large
        return finder

    @cached_property
    def roamer(self) -> Roamer:
        """What finds some of them sooner."""
        return Roamer(self.finder.piece)

    @cached_property
    def relaxation(self) -> Relaxation:
        """The relaxation over the grids met so far."""
        penalty = BOX * self.upper / self.piece.n
        return Relaxation(self.piece.n, penalty, central=True, crowd=self.crowd)

    def restock(self, known: Known, prices: Prices) -> bool:
        """Add known grids that have a negative reduced cost; whether there were any."""
        reduced = self.reduced(known.inside, known.cost, prices)
        ready = (reduced < -0.5 * EDGE) & (known.size >= self.lo) & (known.size <= self.hi)
        chosen = np.flatnonzero(ready)
        chosen = chosen[np.argsort(reduced[chosen], kind="stable")[:PER_ROUND]]
        if len(chosen):
            inside = known.inside[chosen]
            self.relaxation.add(inside, known.cost[chosen], self.touched(inside))
        return len(chosen) > 0

    def touched(self, inside: Table) -> Floats | None:
        """Touches of grids by row of the crowd, if there is one."""
        return None if self.crowd is None else self.crowd.touched(inside)

    def roam(self, prices: Prices) -> tuple[Table, int]:
        """Grids worth adding around those in use, and the steps that this took."""
        starts = np.flatnonzero(prices.use > USED)
        starts = starts[np.argsort(-prices.use[starts], kind="stable")[: 2 * self.piece.n]]
        inside = self.relaxation.inside[starts]
        value = self.reduced(inside, self.relaxation.cost[starts], prices)
        enough = -ROUGH * self.upper / self.grids
        found = self.roamer.around(inside, value, self.price(prices), enough)
        return found, STEPS * len(starts)

    def loosen(self, prices: Prices) -> bool:
        """Widen the box of prices where it binds, up to a few times; whether it did.

        What a sweep proves in a box that binds is lost with the box.
        """
        if prices.bare <= BARE or not self.large:
            return False
        used = prices.stand_in > BARE / len(prices.stand_in)
        used &= self.relaxation.penalty < LOOSE * BOX * self.upper / self.piece.n
        if used.any():
            self.relaxation.widen(used)
        return bool(used.any())

    def order(self) -> list[int]:
        """Roots for a sweep: those that brought grids, then the cheap ones."""
        dear = self.price_of if self.large else np.zeros(self.piece.n)
        order: list[int] = np.lexsort((dear, -np.floor(self.fruit))).tolist()
        return order

    def puts_off(self, root: int) -> bool:
        """Whether a sweep with grids found ends before a root that took many cuts the last time."""
        late = self.price_of[root] > DEAR * BRIEF and self.delays < DELAYS and self.large
        self.delays += late
        return bool(late)

    def adapt(self, fresh: int, *, swept: bool) -> None:
        """Learn from a sweep whose bound is too low, and from the grids that it brought."""
        if self.stopped and swept and self.limit >= HARD and isinstance(self.finder, Brancher):
            self.large = self.finder.collect = True
        if fresh <= FEW and (not self.large or (self.stopped and swept)):
            self.limit *= 4
        if self.large:
            self.smooth = SMOOTH if fresh else 0.5 * self.smooth

    def between(self, earlier: Prices, optimum: Prices) -> Prices:
        """Prices that weigh earlier ones by ``smooth``; triples added since had none."""
        w = self.smooth
        cut = (1.0 - w) * optimum.cut
        if earlier.cut.any():
            cut[: len(earlier.cut)] += w * earlier.cut
        return optimum._replace(
            node=w * earlier.node + (1.0 - w) * optimum.node,
            grid=w * earlier.grid + (1.0 - w) * optimum.grid,
            cut=cut,
            touch=w * earlier.touch + (1.0 - w) * optimum.touch,
        )

    def gain(self, optimum: Prices) -> float:
        """By how much the optimum is above the one noted before; infinite where none was."""
        if self.end is None or self.bare:
            return np.inf
        return optimum.value - self.end.value

    def note(self, prices: Prices, slack: float, *, last: bool) -> None:
        """Keep an optimum of the relaxation, and by how much it may fall short of its value.

        ``last`` tells whether no grid is left that could be added.
        """
        self.end, self.slack, self.last, self.listed = prices, slack, last, False
        self.tightened = False

    def tighten(self, dearest: float) -> bool:
        """Make room for a better optimum than that noted, once; whether there is any.

        No price above ``dearest`` makes a plan where there is none.
        """
        prices = self.end
        assert prices is not None
        if self.tightened:
            return True
        self.tightened = True
        if self.bare:
            used = prices.stand_in > BARE / len(prices.stand_in)
            if self.relaxation.penalty[used].min() > dearest:
                self.proven = np.inf
                return False
            self.relaxation.widen(used)
            return True
        known = self.relaxation.inside[: len(prices.use)]
        triples = violated(known, prices.use, max(TRIPLES, int(RATE * self.piece.n)))
        if isinstance(self.finder, Walker) or not len(triples):
            # of large grids, what the value falls short of is counted and not worth more
            self.closed, self.tightened = self.last or self.large, False
            return not self.closed
        self.smooth = SMOOTH if self.large else 0.0
        self.relaxation.cut(triples)
        self.finder.cut(self.relaxation.cuts)
        self.roamer.cut(self.relaxation.cuts)
        return True

    @property
    def bare(self) -> bool:
        """Whether the relaxation last ended with nodes left to stand-ins."""
        return self.end is not None and self.end.bare > BARE

    def price(self, prices: Prices) -> Floats:
        """Prices as finders read them; triples added since have none.

        That of a touch goes into the weights of labels, of which the finders have their own.
        """
        if self.crowd is not None:
            self.finder.piece.label_weight[:] = self.crowd.weights(prices.touch)
        late = len(self.relaxation.cuts) - len(prices.cut)
        return np.concatenate([prices.node, [prices.grid], prices.cut, np.zeros(late)])

    def reduced(self, inside: Table, cost: Floats, prices: Prices) -> Floats:
        """Reduced cost of grids."""
        tolls = holds_two(inside, self.relaxation.cuts[: len(prices.cut)]) @ prices.cut
        if self.crowd is not None:
            tolls = tolls + self.crowd.touched(inside) @ prices.touch
        return np.asarray(cost - inside @ prices.node - prices.grid - tolls)

    def fixed(self, prices: Prices) -> float:
        """Prices of all that a plan holds once, whatever its grids."""
        touches = 0.0 if self.crowd is None else float(prices.touch @ self.crowd.least)
        return float(prices.node.sum() + prices.cut.sum()) + touches

    def value(self, prices: Prices) -> float:
        """What prices say a plan costs, were no reduced cost negative."""
        return self.fixed(prices) + self.grids * prices.grid

    def lacking(self, inside: Table, optimum: Prices) -> int:
        """How many of these grids the relaxation lacks: their reduced cost is negative."""
        if not len(inside):
            return 0
        cost = np.array([grid_value(self.piece, row) for row in inside])
        return int((self.reduced(inside, cost, optimum) < -0.5 * EDGE).sum())

    def nearest(self, most: int) -> Ints:
        """Grids of the relaxation of least reduced cost."""
        prices = self.relaxation.solve(self.grids)
        reduced = self.reduced(self.relaxation.inside, self.relaxation.cost, prices)
        return np.argsort(reduced, kind="stable")[:most]
