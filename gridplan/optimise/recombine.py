"""The best plan made of grids that a search has met, whichever plans they came from.

Annealing forgets: one plan has the best grids here, another there. To choose among all of them is a
set partitioning of a thousand columns, which the exact engine does in some hundredths of a second
(Rochat and Taillard 1995, for routes in place of grids).
"""

from gridplan.optimise.exact import Partitioning, counts, scan, steepness
from gridplan.optimise.number import Known
from gridplan.optimise.pool import pool_of
from gridplan.optimise.search import Search


class Recombiner:
    """Recombines the grids of a search, as often as asked.

    Parameters
    ----------
    search
        The search; better plans are offered to it.
    """

    def __init__(self, search: Search) -> None:
        self.search = search
        self.known = Known(search.piece)

    def turn(self, *, quick: bool) -> None:
        """Offer the best plan of all grids met so far, once a plan is within the range.

        ``quick`` does without integer programmes, and may miss it then.
        """
        search, piece, known = self.search, self.search.piece, self.known
        assert search.best is not None
        best = search.best[0]
        if not search.seen or best.broken or best.excess or search.budget.over():
            return
        known.learn(search.grids_seen())
        fits = (known.size >= piece.terms.lo) & (known.size <= piece.terms.hi)
        work = Partitioning(
            piece,
            pool_of(known.inside[fits], known.cost[fits]),
            best.cost - piece.constant,
            steepness(piece),
            search.budget,
            quick=quick,
        )
        work.seed(None)
        scan(work, counts(piece, 0, search.grids), int(search.plan.max()) + 1)
        if work.best is not None:
            search.offer(work.best)
