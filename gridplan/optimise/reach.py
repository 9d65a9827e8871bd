"""Into the range first: a breach is mended where it can be, or proven where it cannot."""

import math

from gridplan.optimise.bound import quick_bound
from gridplan.optimise.corners import forced_excess
from gridplan.optimise.search import Search
from gridplan.optimise.windows import windows_of

TURNS = 6  # new plans while a plan of less breach might exist
STEPS, MOST = 2000, 1e6  # steps of one, a node and at all, for a whole effort
MEND = 4e6  # work on windows around grids out of range, likewise, for every plan that was better
LEAST_MEND = 400_000  # which no draft goes below: both bounds are a promise


def reaches(search: Search, least: int) -> bool:
    """Whether the best plan keeps the hard rules and misses the range by no more than any must."""
    return search.best is not None and search.best[0] <= (0, least, math.inf)


def reach_range(
    search: Search, effort: float, seed: int, least: tuple[float, int]
) -> tuple[float, int]:
    """Try harder while a plan of less breach might exist: the exact engine needs it to be fast.

    Parameters
    ----------
    search
        The search, with a plan; better ones are offered to it.
    effort, seed
        As of ``solve``.
    least
        Lower bounds of cost and excess by arithmetic.

    Returns
    -------
    tuple
        Lower bounds of the cost of plans of least excess, and of the excess.
    """
    assert search.best is not None
    looked_at = None
    for turn in range(TURNS + 1):
        if search.best is not looked_at:
            least = _proven(search, least)
            if not reaches(search, least[1]):
                _mend(search, effort, seed)
                least = _proven(search, least)
            looked_at = search.best
        if reaches(search, least[1]) or turn == TURNS:
            break
        search.start(int(min(STEPS * search.piece.n, MOST) * min(1.0, effort)))
    return least


def _mend(search: Search, effort: float, seed: int) -> None:
    """Solve windows around the grids out of range exactly."""
    assert search.best is not None
    if search.best[0].broken:
        return
    windows = windows_of(search, max(LEAST_MEND, MEND * min(1.0, effort)), seed)
    windows.mend()
    search.budget.spend(windows.budget.spent)
    search.offer(windows.plan)


def _proven(search: Search, least: tuple[float, int]) -> tuple[float, int]:
    """The bounds, with what corners around grids out of range force."""
    assert search.best is not None
    known = search.best[0]
    if known.broken or known.excess <= least[1]:
        return least
    forced = forced_excess(search.piece, search.plan)
    return least if forced <= least[1] else quick_bound(search.piece, search.grids, forced)
