"""Plans without proof: whole plans from spanning trees, then annealed unit moves."""

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.budget import Budget
from gridplan.optimise.moves import anneal, carve, fresh_state
from gridplan.optimise.piece import Piece, Score, score
from gridplan.optimise.problem import Ints

SLICE = 400_000  # steps between two looks at the budget
NOTED, MOST_SEEN = 200, 20_000  # nodes up to which grids met are noted, and how many
NOTE = 40  # steps a node between two notes
HOT, WARM, COLD = 2.0, 0.15, 0.02  # temperatures in units of a typical move
LOOSE, STRICT = 1.0, 30.0  # price of a household outside the range, likewise


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
    """

    def __init__(self, piece: Piece, budget: Budget, grids: int | None, seed: int) -> None:
        self.piece, self.budget, self.grids = piece, budget, grids
        self.seed = np.array([seed * 7919 + 12345], dtype=np.int64)
        self.unit = cost_unit(piece)
        self.hard = bool(len(piece.apart) or len(piece.tied) or piece.nest.size)
        self.options = likely_counts(piece, grids)
        self.best: tuple[Score, Ints] | None = None
        self.seen: dict[bytes, None] = {}
        self.tries = 0

    def offer(self, plan: Ints) -> None:
        """Keep a plan if it is the best so far."""
        wrong = self.grids not in (None, len(np.unique(plan)))
        found = score(self.piece, plan)
        if not found.broken:
            self._note(plan)
        found = found._replace(broken=found.broken + wrong)
        if self.best is None or found < self.best[0]:
            self.best = (found, renumbered(plan))

    def _note(self, plan: Ints) -> None:
        """Remember the grids of a plan that keeps the hard rules."""
        if self.piece.n <= NOTED and len(self.seen) < MOST_SEEN:
            table = np.packbits(plan == np.unique(plan)[:, None], axis=1)
            self.seen.update(dict.fromkeys(row.tobytes() for row in table))

    def grids_seen(self) -> NDArray[np.bool_]:
        """Grids of the plans met on the way, shape (grids, n)."""
        table = np.array([np.frombuffer(row, dtype=np.uint8) for row in self.seen])
        return np.unpackbits(table, axis=1, count=self.piece.n).astype(bool)

    @property
    def plan(self) -> Ints:
        """The best plan so far."""
        assert self.best is not None
        return self.best[1]

    def start(self, steps: int) -> None:
        """Anneal a new plan from a random spanning tree."""
        plan = np.zeros(self.piece.n, dtype=np.int64)
        carve(self.piece.kernel, plan, self._count(), self.seed)
        self.tries += 1
        self.improve(plan, steps, HOT)

    def _count(self) -> int:
        """Number of grids of the next try: the likely ones in turn, then those around the best."""
        if self.tries < min(3, len(self.options)) or self.best is None:
            return self.options[self.tries % len(self.options)]
        best = int(self.plan.max()) + 1
        if self.grids is not None:
            return self.grids
        return max(1, best + (self.tries % 2) * (1 - self.tries // 2 % 2 * 2))

    def improve(self, plan: Ints, steps: int, hot: float) -> None:
        """Anneal a plan, first loosely, then with the range enforced, and offer the result."""
        plan = self._anneal(plan, steps, hot, LOOSE)
        self.offer(self._anneal(plan, steps // 8 + 1000, 2 * COLD, STRICT))

    def _anneal(self, plan: Ints, steps: int, hot: float, strong: float) -> Ints:
        plan = renumbered(plan)
        kernel, n = self.piece.kernel, self.piece.n
        state = fresh_state(kernel, plan, int(plan.max()) + 1, self.seed)
        best = plan.copy()
        cooling = (COLD / hot) ** (n / max(n, steps))
        course = np.array([0.0, 0.0, hot * self.unit, cooling])
        fixed = self.grids is not None
        while steps > 0 and not self.budget.over():
            now = min(steps, max(SLICE // n, 1) * n if n > NOTED else NOTE * n)
            anneal(kernel, state, best, course, now, strong * self.unit, fixed)
            if n <= NOTED and not self.hard:
                self._note(state.at)
            self.budget.spend(now)
            steps -= now
        return best


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
