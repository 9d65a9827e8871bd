"""Lower bounds that hold without enumeration."""

import math

import numpy as np

from gridplan.optimise.enumerate import least_split
from gridplan.optimise.piece import Piece


def quick_bound(piece: Piece, grids: int | None, excess: int = 0) -> tuple[float, int]:
    """Lower bounds of the cost of plans of least excess, and of the excess in households.

    Every plan is known to have ``excess`` at least.
    """
    terms = piece.terms
    total, h = piece.total, float(piece.h.sum())
    if grids is None:
        excess = max(excess, int(least_split(total, terms.lo, terms.hi)[total]))
        choices = range(1, max(1, min(piece.n, total // max(1, terms.lo) + 2)) + 1)
    else:
        excess = max(excess, grids * terms.lo - total, total - grids * terms.hi)
        choices = range(grids, grids + 1)
    level = min(
        k * (terms.balance * ((h / k - terms.target) / terms.half) ** 2 + terms.per_grid)
        for k in choices
    )
    # the grids that a zone touches hold no more than their maximum and, together, the excess
    inside = np.bincount(piece.labels.index, piece.labels.value, len(piece.label_weight))
    plain = bool((piece.h == piece.cap).all())
    times = np.maximum(1, np.ceil((inside - excess) / terms.hi)) if plain else np.ones(len(inside))
    return piece.constant + level + math.fsum(piece.label_weight * times), excess
