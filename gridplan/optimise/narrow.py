"""Grids of small reduced cost by enumeration over masks: for pieces whose roots reach 62 nodes.

A step takes a twentieth of the time of a least cut and prunes far less. Where few grids hold many
nodes each, least cuts see little, and so many cheap steps end sooner.
"""

import math

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.budget import Budget
from gridplan.optimise.enumerate import Enumerator
from gridplan.optimise.lp import members
from gridplan.optimise.piece import Piece
from gridplan.optimise.problem import Floats

STEPS = 20  # of the enumeration that count as one cut
PORTION = 400_000  # steps between two looks at the clock
EACH = 40  # grids taken from one root before the next has its turn
ROOM = 65_536


class Walker:
    """Finds the grids of small reduced cost of a narrow piece; `search` is as `Brancher`'s.

    Parameters
    ----------
    piece
        The piece; its terms hold the range of a grid.
    """

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        self.walk = Enumerator(piece, 0, np.zeros(piece.n + 2))

    def fits(self) -> bool:
        """Whether the piece is narrow enough."""
        return self.walk.fits()

    def search(
        self,
        root: int,
        price: Floats,
        enough: float,
        limit: int,
        budget: Budget,
        *,
        tighten: bool,
    ) -> tuple[float, NDArray[np.bool_], int]:
        """Search the grids of one root, as `Brancher.search` does.

        With ``tighten`` the search ends when it has found a few grids, and without a bound.
        """
        walk, room = self.walk, EACH if tighten else ROOM
        walk.begin(root, np.append(price, enough))
        masks, costs, count = [], [], 0
        while not walk.done and count < room and walk.steps < STEPS * limit and not budget.over():
            part = walk.portion(min(PORTION, STEPS * limit - walk.steps), room - count)
            masks.append(members(part.mask, self.piece.n))
            costs.append(part.cost)
            count += len(part.cost)
        found = np.concatenate([np.zeros((0, self.piece.n), dtype=bool), *masks])
        cuts = 1 + walk.steps // STEPS
        if not walk.done or walk.too_wide:
            return -math.inf, found, cuts
        if not tighten:
            return enough, found, cuts
        reduced = np.concatenate([[], *costs]) - found @ price[:-1] - price[-1]
        return float(min(enough, reduced.min(initial=math.inf))), found, cuts
