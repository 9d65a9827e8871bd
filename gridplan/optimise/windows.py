"""Exact re-optimisation of small windows of neighbouring grids until none improves."""

import math
from collections.abc import Iterable

import numpy as np

from gridplan.optimise.budget import Budget
from gridplan.optimise.coarse import condense
from gridplan.optimise.exact import Answer, prove
from gridplan.optimise.piece import Piece, score
from gridplan.optimise.problem import Ints
from gridplan.optimise.search import Search

STEPS = 250_000  # enumeration steps that a window may take
ROOM = 120_000  # grids that a window may hold
MENDED = (2, 3, 4)  # grids of windows around a grid out of range
WORST = 20  # such grids looked at at once
SETTING_UP = 2000  # work that a window of any size takes
COARSE = 30  # nodes of a window that has to be condensed


class Windows:
    """Improves a plan of a piece window by window.

    Parameters
    ----------
    piece, plan
        The piece and a plan of it.
    budget
        Counts the work.
    fixed
        Whether the number of grids must stay.
    seed
        Seed of the order of windows and of the condensing.
    widest
        Nodes of the largest window that is tried.
    """

    def __init__(
        self,
        piece: Piece,
        plan: Ints,
        budget: Budget,
        *,
        fixed: bool,
        seed: int,
        widest: float = math.inf,
    ) -> None:
        self.piece, self.budget, self.fixed, self.widest = piece, budget, fixed, widest
        self.plan = np.unique(plan, return_inverse=True)[1].astype(np.int64)
        self.next = int(self.plan.max()) + 1
        self.tried: set[tuple[int, ...]] = set()
        self.random = np.random.default_rng(seed)

    def run(self, size: int, rounds: int = 1) -> bool:
        """Try all windows of ``size`` grids until none improves; whether any did."""
        improved = False
        for _ in range(rounds):
            again = False
            for window in self._windows(size):
                if self.budget.over():
                    return improved
                again |= self._solve(window)
            improved |= again
            if not again:
                break
        return improved

    def mend(self) -> None:
        """Try windows of ever more grids around those out of range, until none is out of it."""
        for size in MENDED:
            while self._mended(size):
                pass

    def _mended(self, size: int) -> bool:
        """Whether one of the windows around the grids out of range made the plan better."""
        out = self._out_of_range()
        for window in self._windows(size, out) if out else ():
            self.budget.spend(SETTING_UP)
            if self.budget.over():
                return False
            if self._solve(window):
                return True
        return False

    def _out_of_range(self) -> list[int]:
        """Grids that miss the range most."""
        held, terms = np.bincount(self.plan, self.piece.cap), self.piece.terms
        missed = np.maximum(terms.lo - held, held - terms.hi)
        missed[np.setdiff1d(np.arange(len(held)), self.plan)] = 0
        worst = np.argsort(-missed, kind="stable")[:WORST]
        return [int(g) for g in worst if missed[g] > 0]

    def _near(self) -> dict[int, set[int]]:
        a, b = self.plan[self.piece.u], self.plan[self.piece.v]
        near: dict[int, set[int]] = {int(g): set() for g in np.unique(self.plan)}
        for x, y in np.unique(np.column_stack([a, b])[a != b], axis=0).tolist():
            near[x].add(y)
            near[y].add(x)
        return near

    def _windows(self, size: int, around: Iterable[int] = ()) -> list[tuple[int, ...]]:
        """Connected sets of grids that were not tried as they are, in random order.

        ``around``: grids of which every set holds one; none: all sets.
        """
        near = self._near()
        sets: set[tuple[int, ...]] = {(g,) for g in around or near}
        for _ in range(size - 1):
            sets = {
                tuple(sorted((*chosen, g)))
                for chosen in sets
                for g in set().union(*(near[x] for x in chosen)) - set(chosen)
            } or sets
        fresh = sorted(sets - self.tried)
        return [fresh[i] for i in self.random.permutation(len(fresh))]

    def _solve(self, window: tuple[int, ...]) -> bool:
        """Solve one window; whether the plan became better."""
        nodes = np.flatnonzero(np.isin(self.plan, window))
        gone = len(np.unique(self.plan[nodes])) < len(window)
        if gone or window in self.tried or len(nodes) > self.widest:
            return False
        self.tried.add(window)
        piece = self.piece.induced(nodes)
        plan = np.unique(self.plan[nodes], return_inverse=True)[1].astype(np.int64)
        grids = len(window) if self.fixed else None
        answer = None
        if piece.n <= 2 * COARSE:
            answer = self._prove(piece, plan, grids)
        better = None if answer is None else answer.plan
        if answer is None:
            better = self._coarse(piece, plan, grids)
        if better is None or not score(piece, better) < score(piece, plan):
            return False
        self.plan[nodes] = better + self.next
        self.next += int(better.max()) + 1
        return True

    def _prove(self, piece: Piece, plan: Ints, grids: int | None) -> Answer | None:
        return prove(piece, plan, self.budget, grids=grids, steps=STEPS, room=ROOM, quick=True)

    def _coarse(self, piece: Piece, plan: Ints, grids: int | None) -> Ints | None:
        """Solve a window whose nodes are condensed to a few inside each grid."""
        group, count = condense(piece, plan, min(COARSE, piece.n - 1), self.random, piece.w)
        small = piece.condensed(group, count)
        coarse_plan = np.zeros(count, dtype=np.int64)
        coarse_plan[group] = plan
        answer = self._prove(small, coarse_plan, grids)
        if answer is None or answer.plan is None:
            return None
        return np.asarray(answer.plan[group], dtype=np.int64)


def windows_of(search: Search, work: float, seed: int, widest: float = math.inf) -> Windows:
    """Windows of the best plan of a search, with work of their own and the time of the search."""
    budget = Budget(work)
    budget.deadline = search.budget.deadline
    fixed = search.grids is not None
    return Windows(search.piece, search.plan, budget, fixed=fixed, seed=seed, widest=widest)


def smooth(
    search: Search,
    work: float,
    seed: int,
    sizes: Iterable[int] = (2, 3),
    widest: float = math.inf,
) -> None:
    """Improve the best plan of a search by exact windows, which never leave the range."""
    windows = windows_of(search, work, seed, widest)
    for size in sizes:
        windows.run(size, rounds=3)
    search.budget.spend(windows.budget.spent)
    search.offer(windows.plan)
