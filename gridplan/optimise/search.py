"""Plans without proof: whole plans from spanning trees, annealed, and annealed again.

Where grids hold many nodes each, a single node changes little: what moves there is first a group of
them, in a coarse piece whose plan the single nodes then refine.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.anneal import anneal, fresh_course
from gridplan.optimise.budget import Budget
from gridplan.optimise.coarse import condense, strength_of
from gridplan.optimise.desk import fresh_desk
from gridplan.optimise.earlier import old_plan
from gridplan.optimise.moves import fresh_state
from gridplan.optimise.piece import Piece, Score, score
from gridplan.optimise.problem import Ints
from gridplan.optimise.trees import carve

SLICE = 20_000  # steps between two looks at the budget
NOTED, MOST_SEEN = 200, 20_000  # nodes up to which grids met are noted, and how many
NOTE = 100  # steps a node between two notes
HOT = 2.0  # first temperature of a new plan, in units of a typical move
WARM = (0.2, 0.4, 0.7)  # that of a plan annealed again, in turn
SMALL = 200  # nodes up to which a new plan keeps its number of grids; groups move only above
COARSE, GROUPS = 24, 12  # nodes a grid from which they move in groups, and groups a grid
ROUGH, FINE = 800, 0.2  # steps a group, and the first temperature of the nodes after them
AROUND = (-1, 0, -1, 1)  # grids of later starts, beside those of the best plan
FEWER = (0.93, 1.0, 0.87)  # grids to start with beside those of target size, where they are many


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
    wanted = [best, best - 1, best + 1] if best < 12 else [round(best * f) for f in FEWER]
    return [k for k in wanted if min(fewest, most) <= k <= most] or [most]


def carved(piece: Piece, grids: int, seed: Ints) -> Ints:
    """A plan of so many grids from a random spanning tree."""
    plan = np.zeros(piece.n, dtype=np.int64)
    carve(piece.kernel, plan, grids, seed)
    return renumbered(plan)


def renumbered(plan: Ints) -> Ints:
    """The same plan with grids numbered from 0."""
    return np.unique(plan, return_inverse=True)[1].astype(np.int64)


class Search:
    """Annealing of a piece.

    Parameters
    ----------
    piece
        The piece.
    budget
        Counts the work.
    grids
        Fixed number of grids, or None.
    seed
        Seed of everything random.
    tell
        Called with every plan that is better than all before.
    """

    def __init__(
        self,
        piece: Piece,
        budget: Budget,
        grids: int | None,
        seed: int,
        tell: Callable[[Score, Ints], None] | None = None,
    ) -> None:
        self.piece, self.budget, self.grids, self.tell = piece, budget, grids, tell
        self.seed = np.array([seed * 7919 + 12345], dtype=np.int64)
        self.unit = cost_unit(piece)
        self.desk = fresh_desk(piece)
        self.hard = bool(len(piece.apart) or len(piece.tied) or piece.nest.size)
        self.options = likely_counts(piece, grids)
        self.coarse = piece.n > max(SMALL, COARSE * self.options[0]) and not self.hard
        self.random = np.random.default_rng(seed)
        self.best: tuple[Score, Ints] | None = None
        self.seen: dict[bytes, None] = {}
        self.starts = self.tries = 0

    def offer(self, plan: Ints) -> None:
        """Keep a plan if it is the best so far."""
        wrong = self.grids not in (None, len(np.unique(plan)))
        found = score(self.piece, plan)
        if not found.broken:
            self._note(plan)
        found = found._replace(broken=found.broken + wrong)
        if self.best is None or found < self.best[0]:
            self.best = (found, renumbered(plan))
            if self.tell is not None:
                self.tell(*self.best)

    def _worth(self, plan: Ints) -> Score:
        """The score as the moves count it: a grid without households is a miss, no broken rule."""
        known = score(self.piece, plan)
        bare = int((np.bincount(plan, self.piece.cap) == 0).sum())
        miss = known.excess + bare * self.piece.terms.hi
        return Score(known.broken - bare, miss, known.cost)

    def _note(self, plan: Ints) -> None:
        """Remember the grids of a plan that keeps the hard rules."""
        if self.piece.n <= NOTED and len(self.seen) < MOST_SEEN:
            table = np.packbits(plan == np.unique(plan)[:, None], axis=1)
            self.seen.update(dict.fromkeys(row.tobytes() for row in table))

    def grids_seen(self) -> NDArray[np.bool_]:
        """Grids of the plans met on the way, shape (grids, n)."""
        rows = [np.frombuffer(row, dtype=np.uint8) for row in self.seen]
        table = np.array(rows, dtype=np.uint8).reshape(len(rows), -(-self.piece.n // 8))
        return np.unpackbits(table, axis=1, count=self.piece.n).astype(bool)

    @property
    def plan(self) -> Ints:
        """The best plan so far."""
        assert self.best is not None
        return self.best[1]

    def start(self, steps: int, hot: float = HOT) -> None:
        """Anneal a new plan from a random spanning tree; before the first, look at the old one."""
        if self.tries == 0 and (before := old_plan(self.piece)) is not None:
            self.offer(before)
        count = self._count()
        self.starts += 1
        self.tries += 1
        if self.coarse:
            self._anneal(self._in_groups(hot, count), steps, FINE)
        else:
            # else a number that just fits the range would give way to one that fits easily
            kept = self.piece.n <= SMALL
            self._anneal(carved(self.piece, count, self.seed), steps, hot, kept=kept)

    def again(self, steps: int) -> None:
        """Anneal the best plan once more, from a lower temperature; its groups first, in turn."""
        self.tries += 1
        warm = WARM[self.tries % len(WARM)]
        if self.coarse and self.tries % 2 == 0:
            self._anneal(self._in_groups(warm), steps, FINE)
        else:
            self._anneal(self.plan, steps, warm)

    def _in_groups(self, hot: float, count: int = 0) -> Ints:
        """Anneal groups of nodes: of a new plan of so many grids; for 0, those of the best plan."""
        piece, goal = self.piece, GROUPS * self.options[0]
        inside = np.zeros(piece.n, dtype=np.int64) if count else self.plan
        strength = strength_of(piece, self.desk)
        group, groups = condense(piece, inside, goal, self.random, strength)
        small = Search(piece.condensed(group, groups), self.budget, self.grids, 0)
        small.seed = self.seed
        if count:
            plan = carved(small.piece, count, self.seed)
        else:
            plan = np.zeros(groups, dtype=np.int64)
            plan[group] = inside
        small._anneal(plan, ROUGH * groups, hot)
        return small.plan[group]

    def _count(self) -> int:
        """Number of grids of a start: the likely ones in turn, then those around the best."""
        if self.starts < len(self.options) or self.best is None:
            return self.options[self.starts % len(self.options)]
        if self.grids is not None:
            return self.grids
        return max(1, int(self.plan.max()) + 1 + AROUND[self.starts % len(AROUND)])

    def _anneal(self, plan: Ints, steps: int, hot: float, *, kept: bool = False) -> None:
        """Anneal a plan, its number of grids kept or not, and offer the best one met."""
        piece, n = self.piece, self.piece.n
        if not len(piece.u):
            self.offer(plan)
            return
        grids = int(plan.max()) + 1
        state = fresh_state(piece.kernel, plan, grids, min(n, grids + grids // 4 + 4), self.seed)
        course = fresh_course(self._worth(plan), hot, self.unit, steps)
        best, done, fixed = plan.copy(), 0, kept or self.grids is not None
        portion = min(SLICE, NOTE * n) if n <= NOTED else SLICE
        while done < steps and not self.budget.over():
            work = min(portion, steps - done)
            work = anneal(piece.kernel, state, self.desk, best, course, work, fixed)
            if n <= NOTED and not self.hard:
                self._note(state.at)
            self.budget.spend(work)
            done += work
        self.offer(best)


def grid_value(piece: Piece, inside: NDArray[np.bool_], steep: float = 1024.0) -> float:
    """Cost of one grid, half its border included, and its excess at a steep price."""
    terms = piece.terms
    h, cap = int(piece.h[inside].sum()), int(piece.cap[inside].sum())
    labels = np.unique(piece.labels.index[inside[piece.labels.node]])
    cost = float(piece.label_weight[labels].sum())
    cost += 0.5 * float(piece.w[inside[piece.u] != inside[piece.v]].sum())
    cost += terms.balance * ((h - terms.target) / terms.half) ** 2 + terms.per_grid
    old = inside[piece.old.node]
    if old.any():
        sums = np.bincount(piece.old.index[old], piece.old.value[old])
        cost += terms.change * float(sums.sum() - sums.max())
    return cost + steep * max(0, terms.lo - cap, cap - terms.hi)
