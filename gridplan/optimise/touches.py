"""The least number of times that a plan touches crowded zones, by sizes or by column generation.

What `least` does for the ledger, here for all crowded zones of a piece together and with the grids
that its search has met.
"""

from dataclasses import replace

import numpy as np

from gridplan.optimise.crowd import Crowd, crowd_by_size, steep_labels
from gridplan.optimise.piece import Pairs, Piece
from gridplan.optimise.price import Pricer
from gridplan.optimise.problem import Ints
from gridplan.optimise.search import Search

BORDER = 0.1  # cost of all borders together where a touch costs one: breaks ties, which are slow
LISTED = 20_000  # grids listed for it


def crowd_of(search: Search, cuts: int) -> Crowd | None:
    """Touches that every plan worth a look makes, where the best plan makes no more than any must.

    Parameters
    ----------
    search
        The search, with a plan within the range; a plan of fewer touches is offered to it.
    cuts
        Least cuts that a proof may take.
    """
    piece = search.piece
    steep = steep_labels(piece)
    crowd = crowd_by_size(piece, search.plan)
    if crowd is not None or not len(steep):
        return crowd
    row = np.full(len(piece.label_weight), -1, dtype=np.int64)
    row[steep] = 0
    inside = search.plan == np.unique(search.plan)[:, None]
    least = Crowd(piece, row, np.zeros(1)).touched(inside).sum(axis=0)
    return Crowd(piece, row, least) if _is_least(search, row, float(least[0]), cuts) else None


def _is_least(search: Search, row: Ints, touches: float, cuts: int) -> bool:
    """Whether no plan within the range makes fewer touches."""
    other = Search(_touches_alone(search.piece, row), search.budget, search.grids, 0)
    other.offer(search.plan)
    pricer = Pricer(other, quick=True)
    pricer.known.learn(search.grids_seen())
    # a plan of fewer touches costs less than this by a margin, all borders included
    pricer.upper = touches - 1.0 + 1.5 * BORDER
    answer = pricer.prove(cuts, LISTED)
    if answer.plan is not None:
        search.offer(answer.plan)
    return answer.plan is None and answer.proven


def _touches_alone(piece: Piece, row: Ints) -> Piece:
    """The piece with touches for its cost, and ties broken by borders."""
    none = np.zeros(0, dtype=np.int64)
    return replace(
        piece,
        w=piece.w * (BORDER / max(float(piece.w.sum()), 1e-9)),
        label_weight=(row >= 0).astype(np.float64),
        old=Pairs(none, none, np.zeros(0)),
        terms=piece.terms._replace(balance=0.0, per_grid=0.0, change=0.0),
        constant=0.0,
        steep=0.0,
    )
