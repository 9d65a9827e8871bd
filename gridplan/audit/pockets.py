"""Pockets: ground that only bound groups surround which are large enough to be a grid.

What lies in a pocket shares a grid with one of these groups or with nothing from outside. There are
few ways to share it out among them, and trying each tells whether any plan could miss the range
there by less.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from gridplan import metrics
from gridplan.audit.ground import Ground
from gridplan.audit.view import Ints

WAYS = 300_000
"""Ways of sharing a pocket out that are tried; of one with more the room alone tells."""


@dataclass(frozen=True)
class Pocket:
    """Ground between groups that are large enough to be a grid.

    Parameters
    ----------
    ground
        The plan's ground.
    inside
        Bound groups of the pocket, by label, shape (k,).
    exits
        Bound groups around it, each of at least the minimum, by label, shape (e,).
    """

    ground: Ground
    inside: Ints
    exits: Ints

    @property
    def households(self) -> int:
        """Households of the pocket."""
        return int(self.ground.bound_households[self.inside].sum())

    @property
    def exit_households(self) -> Ints:
        """Households of each exit, shape (e,)."""
        return self.ground.bound_households[self.exits]

    @cached_property
    def missed(self) -> int:
        """Households by which the plan's grids that reach into it or its exits miss the range."""
        view = self.ground.view
        units = np.flatnonzero(np.isin(self.ground.bound, np.r_[self.inside, self.exits]))
        grids = np.unique(view.grid_of[units])
        return _breach(self.ground, view.grid_households[grids[grids >= 0]])

    @cached_property
    def near(self) -> dict[int, frozenset[int]]:
        """Groups of the pocket and exits beside each group of the pocket."""
        return {int(g): frozenset(_beside(self.ground, int(g)).tolist()) for g in self.inside}

    @cached_property
    def ways(self) -> int:
        """Ways to share it out: each group with one of the exits or with none."""
        return int((len(self.exits) + 1) ** len(self.inside))

    def could_miss_less(self) -> bool:
        """Tell whether some way to share it out misses the range by less than the plan does.

        Only what no plan can avoid is counted: an exit with its share above the maximum, and what
        stays alone below the minimum. Two exits in one grid would leave less room, not more. Where
        there are too many ways, the household may be what is shared out, not the bound group.
        """
        return self._least_by_room < self.missed and (self.ways > WAYS or self._try_ways())

    @property
    def _least_by_room(self) -> int:
        """The least if households went one by one, or none of them."""
        limits, held = self.ground.view.config.grids, self.exit_households
        over = int(np.maximum(0, held - limits.max).sum())
        room = int(np.maximum(0, limits.max - held).sum())
        alone = max(0, limits.min - self.households)
        return over + min(alone, max(0, self.households - room) if len(held) else alone)

    def _try_ways(self) -> bool:
        held, maximum = self.ground.bound_households, self.ground.view.config.grids.max
        load = {int(e): int(held[e]) for e in self.exits}
        share: dict[int, int | None] = {}
        groups = self.inside.tolist()

        def better(k: int) -> bool:
            over = sum(max(0, households - maximum) for households in load.values())
            if over >= self.missed:
                return False
            if k == len(groups):
                return self._valid(share) and over + self._alone(share) < self.missed
            group, households = groups[k], int(held[groups[k]])
            share[group] = None
            if better(k + 1):
                return True
            for way in load:
                share[group] = way
                load[way] += households
                found = better(k + 1)
                load[way] -= households
                if found:
                    return True
            return False

        return better(0)

    def _valid(self, share: dict[int, int | None]) -> bool:
        """Tell whether every share hangs together with its exit."""
        return all(
            any(int(e) in self.near[g] for g in piece)
            for e in self.exits
            for piece in self._pieces([g for g, way in share.items() if way == e])
        )

    def _alone(self, share: dict[int, int | None]) -> int:
        """Households by which what joins no exit misses the range, each piece as one grid."""
        held = self.ground.bound_households
        pieces = self._pieces([g for g, way in share.items() if way is None])
        return _breach(self.ground, [int(held[list(piece)].sum()) for piece in pieces])

    def _pieces(self, groups: list[int]) -> list[set[int]]:
        left, pieces = set(groups), []
        while left:
            piece = queue = {left.pop()}
            while queue:
                queue = {h for g in queue for h in self.near[g]} & left
                left -= queue
                piece = piece | queue
            pieces.append(piece)
        return pieces


def tight_pocket(ground: Ground, members: Ints) -> Pocket | None:
    """Find the pocket that a grid holds some of, if no plan could miss the range there by less."""
    pocket = find_pocket(ground, members)
    return None if pocket is None or pocket.could_miss_less() else pocket


def find_pocket(ground: Ground, members: Ints) -> Pocket | None:
    """Find the pocket that a grid holds some of; None where it could hold a grid, or is none."""
    limits = ground.view.config.grids
    households = ground.bound_households
    light = [int(g) for g in np.unique(ground.bound[members]) if households[g] < limits.min]
    # Units without households that a heavy group took along may lie in the open.
    queue = [g for g in light if households[g]] or light
    inside, exits = set(queue), set[int]()
    while queue:
        if sum(int(households[g]) for g in inside) >= limits.min:
            return None
        for group in _beside(ground, queue.pop()).tolist():
            if households[group] >= limits.min:
                exits.add(group)
            elif group not in inside:
                inside.add(group)
                queue.append(group)
    if not inside:
        return None
    return Pocket(ground, np.array(sorted(inside)), np.array(sorted(exits), dtype=np.int64))


def _breach(ground: Ground, held: Ints | list[int]) -> int:
    limits = ground.view.config.grids
    return int(metrics.breach(pd.Series(held, dtype=np.int64), limits.min, limits.max).sum())


def _beside(ground: Ground, group: int) -> Ints:
    """Labels of the bound groups next to one."""
    return np.unique(ground.bound[ground.around(np.flatnonzero(ground.bound == group))])
