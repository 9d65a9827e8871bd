"""The exact engine: all grids of a piece, then the cheapest choice of them, with its proof."""

from dataclasses import dataclass

import numpy as np

from gridplan.optimise.budget import Budget
from gridplan.optimise.cover import search_cover
from gridplan.optimise.crowd import Crowd
from gridplan.optimise.enumerate import Enumerator, Found
from gridplan.optimise.lp import Prices, Relaxation, violated
from gridplan.optimise.master import choose
from gridplan.optimise.piece import Piece, Score, score
from gridplan.optimise.pool import Pool
from gridplan.optimise.problem import Floats, Ints
from gridplan.optimise.search import grid_value
from gridplan.optimise.wide import WideEnumerator

TOLERANCE = 1e-9
ROUND = 250  # columns added in one round of pricing
FEW = 1500  # columns that the last integer programme takes at ease
MANY = 6000
CUTTING = 12  # rounds of cuts
BRANCHING = 4e7  # of an integer programme: its nodes times columns times rows
ROOTS = 4  # part of all steps that a root may take where masks are too narrow: one in so many
DIVE = 200_000  # steps of the depth-first search before the integer programme takes over


@dataclass(frozen=True)
class Answer:
    """What the exact engine found for a piece.

    Parameters
    ----------
    plan
        Grid of every node, or None where nothing better than the given plan exists.
    bound
        Proven lower bound of the value (cost and ``steep`` times the excess); infinite where no
        plan exists.
    proven
        Whether the better of ``plan`` and the given plan is optimal.
    """

    plan: Ints | None
    bound: float
    proven: bool


def steepness(piece: Piece) -> float:
    """A power of two above any difference in cost between plans of a piece."""
    terms = piece.terms
    k = min(piece.n, max(1, piece.total))
    most = float(piece.w.sum()) + terms.per_grid * k
    times = np.bincount(piece.labels.index, minlength=len(piece.label_weight))
    most += float((times * piece.label_weight).sum())
    most += terms.change * float(piece.old.value.sum())
    widest = max(float(piece.h.sum()) - terms.target, terms.target) / terms.half
    most += terms.balance * widest * widest + k * terms.balance * (terms.target / terms.half) ** 2
    return float(2.0 ** np.ceil(np.log2(most + 2.0)))


def gather(
    search: Enumerator | WideEnumerator, budget: Budget, steps: int, room: int
) -> list[Found] | None:
    """All grids that a plan within the slack can hold, or None where they are too many."""
    found: list[Found] = []
    count = 0
    while not search.done:
        if search.steps >= steps or count >= room or budget.over():
            budget.spend(search.steps)
            return None
        found.append(search.portion(min(500_000, steps - search.steps + 1), 200_000))
        count += len(found[-1].cost)
    budget.spend(search.steps)
    return None if search.too_wide else found


class Partitioning:
    """Set partitioning over a pool: one linear relaxation per possible number of grids."""

    def __init__(
        self,
        piece: Piece,
        pool: Pool,
        upper: float,
        steep: float,
        budget: Budget,
        *,
        quick: bool,
        crowd: Crowd | None = None,
    ) -> None:
        self.piece, self.pool, self.budget, self.steep = piece, pool, budget, steep
        self.quick, self.crowd = quick, crowd
        # touches that a plan must make are rows, and their price is in no cost but the search's
        every = np.arange(len(pool))
        self.touched = None if crowd is None else crowd.touched(pool.inside(every))
        self.upper = upper
        self.best: Ints | None = None
        dearest = 1 + int(pool.excess.max(initial=0)) * piece.n
        self.relaxation = Relaxation(piece.n, 4 * steep * dearest, crowd=crowd)
        self.added = np.zeros(len(pool), dtype=bool)
        self.unsure = np.inf  # least bound of a count that stayed open
        self.lines: list[tuple[float, float]] = []  # bound of no grid, and what each one adds

    def seed(self, plan: Ints | None) -> None:
        """First columns: the grids of a known plan, and the cheapest ones a household."""
        rate = self.pool.cost / self.pool.sizes()
        self._add(np.argsort(rate, kind="stable")[:ROUND])
        if plan is None:
            return
        inside = plan[None, :] == np.unique(plan)[:, None]
        value = [grid_value(self.piece, row, self.steep) for row in inside]
        self.relaxation.add(inside, np.array(value))

    def _add(self, columns: Ints) -> None:
        columns = columns[~self.added[columns]]
        self.added[columns] = True
        touched = None if self.touched is None else self.touched[columns]
        self.relaxation.add(self.pool.inside(columns), self.pool.cost[columns], touched)

    def lower(self, grids: int) -> tuple[float, Floats | None]:
        """Value of the relaxation for a number of grids, and the reduced costs at its end.

        The reduced costs are None where the bound or the budget ends the case. Cuts on triples of
        nodes are added while the gap leaves too many columns for a search.
        """
        relaxation = self.relaxation
        best, kept = -np.inf, None
        for cutting in range(CUTTING + 1):
            bound, reduced, use = self._converge(grids)
            if reduced is None:
                return max(bound, best), None
            if bound > best:
                best, kept = bound, reduced
            near = int((reduced < self.upper - bound + TOLERANCE).sum())
            if near <= FEW // 10 or cutting == CUTTING or self.budget.over():
                break
            triples = violated(relaxation.inside, use, 40)
            if not len(triples):
                break
            relaxation.cut(triples)
        return best, kept

    def _converge(self, grids: int) -> tuple[float, Floats | None, Floats]:
        """Price columns in until none is left with negative reduced cost."""
        relaxation = self.relaxation
        while True:
            prices = relaxation.solve(grids)
            reduced = self.pool.reduced(prices, relaxation.cuts)
            if self.touched is not None:
                reduced = reduced - self.touched @ prices.touch
            self.budget.spend(len(reduced) // 8 + 1000)
            worst = float(reduced.min(initial=0.0))
            bound = self._note(prices, grids, min(0.0, worst))
            if bound >= self.upper - TOLERANCE or self.budget.over():
                return bound, None, prices.use
            if worst >= -TOLERANCE:
                bare = prices.bare > 1e-7
                return (np.inf, None, prices.use) if bare else (bound, reduced, prices.use)
            ready = np.flatnonzero(reduced < -TOLERANCE)
            best = ready[np.argsort(reduced[ready], kind="stable")[:ROUND]]
            if self.added[best].all():
                return bound, reduced, prices.use
            self._add(best)

    def _note(self, prices: Prices, grids: int, worst: float) -> float:
        """Keep what prices prove for every number of grids (Lagrange); return it for this one."""
        rate = prices.grid + worst
        self.lines.append((prices.value - grids * prices.grid, rate))
        return prices.value + grids * worst

    def floor(self, grids: int) -> float:
        """Bound of plans with a number of grids from all prices so far."""
        return max((base + grids * rate for base, rate in self.lines), default=-np.inf)

    def settle(self, grids: int) -> tuple[float, float]:
        """Best plan with a number of grids, if better than known; returns two proven bounds.

        The first is that of the relaxation, the second that of the integer programme.
        """
        relaxed, reduced = self.lower(grids)
        if reduced is None:
            if relaxed < self.upper - TOLERANCE:  # stopped
                self.unsure = min(self.unsure, relaxed)
            return relaxed, relaxed
        proven = relaxed
        for most in (FEW // 4, FEW, MANY):
            near = np.flatnonzero(reduced < self.upper - relaxed + TOLERANCE)
            near = near[np.argsort(reduced[near], kind="stable")]
            chosen = near[:most]
            least = self._least(chosen, reduced, grids, relaxed)
            if least is None:
                break
            # what a plan costs at least that holds a column which was left out
            other = relaxed + reduced[near[most]] if len(near) > most else np.inf
            proven = max(proven, min(least, other))
            if proven >= self.upper - TOLERANCE:
                return relaxed, proven
            if len(chosen) == len(near) or self.budget.over():
                break
        self.unsure = min(self.unsure, proven)
        return relaxed, proven

    def _least(self, chosen: Ints, reduced: Floats, grids: int, relaxed: float) -> float | None:
        """Bound of all plans of the chosen columns, the best of which is kept; None: not asked."""
        if self._dive(chosen, reduced, grids, relaxed):
            return self.upper
        if self.quick:
            return None
        answer = choose(
            self.pool.inside(chosen),
            self.pool.cost[chosen],
            grids,
            node_limit=max(20, min(20_000, int(BRANCHING / (len(chosen) * self.piece.n)))),
            time_limit_s=self.budget.left_s(),
            touched=None if self.touched is None else self.touched[chosen],
            least=self.relaxation.touch,
        )
        self.budget.spend(2_000 * (1 + answer.nodes))
        if answer.columns is not None:
            self._take(chosen[answer.columns])
        return self.upper if answer.finished else min(answer.bound, self.upper)

    def _dive(self, chosen: Ints, reduced: Floats, grids: int, bound: float) -> bool:
        """Search the chosen columns by depth first; whether that was complete."""
        cost, extra = self.pool.cost[chosen], 0.0
        if self.touched is not None and self.crowd is not None:
            cost = cost + self.crowd.piece.steep * self.touched[chosen].sum(axis=1)
            extra = self.crowd.extra
        picked, complete, steps = search_cover(
            self.pool.mask[chosen],
            self.pool.inside(chosen),
            cost,
            reduced[chosen],
            grids=grids,
            lower=bound + extra,
            upper=self.upper + extra - TOLERANCE,
            limit=DIVE,
        )
        self.budget.spend(steps)
        if picked is not None:
            self._take(chosen[picked])
        return complete

    def _take(self, columns: Ints) -> None:
        value = float(self.pool.cost[columns].sum())
        if value < self.upper - TOLERANCE:
            self.upper = value
            inside = self.pool.inside(columns)
            self.best = np.argmax(inside, axis=0).astype(np.int64)


def counts(piece: Piece, slack: int, grids: int | None = None) -> range:
    """Numbers of grids that a plan within the slack can have; the fixed one where there is one."""
    if grids is not None:
        return range(grids, grids + 1)
    terms = piece.terms
    fewest = max(1, -(-(piece.total - slack) // terms.hi))
    most = min((piece.total + slack) // terms.lo, int((piece.cap > 0).sum()))
    return range(fewest, max(most, 1) + 1)


def prove(
    piece: Piece,
    plan: Ints | None,
    budget: Budget,
    *,
    grids: int | None = None,
    steps: int,
    room: int,
    quick: bool = False,
    wide: bool = False,
) -> Answer | None:
    """Best plan of a piece with its proof, or None where the piece has too many grids.

    Parameters
    ----------
    piece
        The piece.
    plan
        A plan to beat, or None.
    budget
        Counts the work; may stop it.
    grids
        Fixed number of grids, or None.
    steps, room
        Limits of the enumeration: steps, and grids held in memory.
    quick
        Whether to do without the integer programme where a depth-first search does not end.
    wide
        Whether to enumerate by arrays, for a piece that is too wide for masks.
    """
    known = None if plan is None else _usable(piece, plan, grids)
    slack = piece.terms.lo * piece.n + piece.total if known is None else known.excess
    search = WideEnumerator(piece, slack, steps // ROOTS) if wide else Enumerator(piece, slack)
    found = gather(search, budget, steps, room)
    if found is None:
        return None
    steep = steepness(piece)
    pool = Pool(piece.n, found, steep)
    upper = np.inf if known is None else known.cost - piece.constant + steep * known.excess
    work = Partitioning(piece, pool, upper, steep, budget, quick=quick)
    work.seed(None if known is None else plan)
    start = None if known is None or plan is None else len(np.unique(plan))
    bounds = scan(work, counts(piece, slack, grids), start)
    bound = min([*bounds, work.upper])
    proven = work.unsure >= work.upper - 1e-7 and not budget.over()
    return Answer(work.best, bound + piece.constant, proven)


def _usable(piece: Piece, plan: Ints, grids: int | None) -> Score | None:
    """What a plan is worth, or None where it breaks a hard rule."""
    known = score(piece, plan)
    return None if known.broken or grids not in (None, len(np.unique(plan))) else known


def scan(work: Partitioning, choices: range, start: int | None) -> list[float]:
    """Settle every possible number of grids, outwards from a known plan's.

    The relaxation is convex in the number of grids: where it is above the best plan of the numbers
    passed so far, it stays above.
    """
    if start is None or start not in choices:
        return [work.settle(k)[1] for k in choices]
    bounds = [work.settle(start)[1]]
    for side in (range(start + 1, choices.stop), range(start - 1, choices.start - 1, -1)):
        for k in side:
            floor, before = work.floor(k), work.upper
            if floor >= before - TOLERANCE:
                bounds.append(floor)
                break
            if work.budget.over():
                work.unsure = min(work.unsure, floor)
                bounds.append(floor)
                continue
            relaxed, bound = work.settle(k)
            bounds.append(bound)
            if work.upper == before and relaxed >= before - TOLERANCE:
                break
    return bounds
