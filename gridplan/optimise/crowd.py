"""Zones that should stay whole and cannot: how often plans touch them, apart from the cost.

Such a touch outranks the cost by a price so steep that a relaxation which saves a part of one
bounds nothing else. Where a plan is known to touch these zones no more often than any must, all
other plans worth a look touch them just as often: a row of the relaxation, and no cost.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.piece import Piece
from gridplan.optimise.problem import Floats, Ints


@dataclass(frozen=True, eq=False)
class Crowd:
    """Rows that a plan keeps: touches of some labels, at least and, where it counts, exactly.

    Parameters
    ----------
    piece
        The piece whose steep labels these are.
    row
        Row of every label, -1 for those that are not steep, shape (labels,).
    least
        Touches by row, shape (rows,).
    """

    piece: Piece
    row: Ints
    least: Floats

    @property
    def extra(self) -> float:
        """What the touches cost beyond the plain weights."""
        return self.piece.steep * float(self.least.sum())

    @cached_property
    def plain(self) -> Piece:
        """The piece without the steep price."""
        weight = self.piece.label_weight - np.where(self.row >= 0, self.piece.steep, 0.0)
        return replace(self.piece, label_weight=weight, steep=0.0)

    @cached_property
    def most(self) -> Floats:
        """Highest price of a touch by row that leaves no label with a weight below 0."""
        weight = self.plain.label_weight
        found = [weight[self.row == row].min(initial=np.inf) for row in range(len(self.least))]
        return np.maximum(0.0, np.array(found, dtype=np.float64))

    def touched(self, inside: NDArray[np.bool_]) -> Floats:
        """Touches by grid and row, for grids of shape (grids, n)."""
        count = np.zeros((len(inside), len(self.least)))
        labels = self.piece.labels
        for label in np.flatnonzero(self.row >= 0).tolist():
            nodes = labels.node[labels.index == label]
            count[:, self.row[label]] += inside[:, nodes].any(axis=1)
        return count

    def weights(self, price: Floats) -> Floats:
        """Weights of all labels where a touch has a price by row, shape (labels,)."""
        weight = self.plain.label_weight.copy()
        steep = self.row >= 0
        weight[steep] = np.maximum(0.0, weight[steep] - price[self.row[steep]])
        return weight


def steep_labels(piece: Piece) -> Ints:
    """Labels whose touches outrank the cost."""
    if piece.steep <= 0.0:
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(piece.label_weight >= piece.steep)


def crowd_by_size(piece: Piece, plan: Ints) -> Crowd | None:
    """Rows where the sizes of its zones alone force all touches of a plan, else None.

    The plan must be within the range, so that a zone touches as many grids as it fills.
    """
    steep = steep_labels(piece)
    if not len(steep):
        return None
    inside = plan == np.unique(plan)[:, None]
    row = np.full(len(piece.label_weight), -1, dtype=np.int64)
    row[steep] = np.arange(len(steep))
    least = np.maximum(1.0, np.ceil(_held(piece, steep) / piece.terms.hi))
    crowd = Crowd(piece, row, least)
    tight = bool((crowd.touched(inside).sum(axis=0) == least).all())
    return crowd if tight else None


def _held(piece: Piece, labels: Ints) -> Floats:
    """Households by label that no grid can hold more than the maximum of."""
    size = np.bincount(piece.labels.index, piece.cap[piece.labels.node], len(piece.label_weight))
    return np.asarray(size[labels], dtype=np.float64)
