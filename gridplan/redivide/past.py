"""What a plan of one community changes for its households, by the rule that keeps codes.

A grid goes on where the households that old and new grid share exceed half of both, then and now.
A household moves where its grid of today is not the one that its old grid goes on as. Whether a
grid goes on follows from that grid alone, so the households moved are a sum over the grids. The
`change` term of the objective (see `optimise`) is never more: it counts a grid that goes on as
nothing as if it were its largest old grid.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise import Problem

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Past:
    """What is known of the units of a problem from the previous plan.

    Parameters
    ----------
    then
        Households that every unit had when it lay in its old grid (`Problem.previous`), shape (n,).
    unchanged
        Units that have as many households as before, shape (n,).
    size
        Households and units of every old grid then, wherever they are today.
    """

    then: Ints
    unchanged: NDArray[np.bool_]
    size: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def only(self, units: Ints) -> "Past":
        """What is known of some of the units."""
        return Past(self.then[units], self.unchanged[units], self.size)


class Moved(NamedTuple):
    """Households whose grid is another one than before, in all and in unchanged units."""

    households: int
    unchanged: int


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts what grids hold of every old grid, many grids at a time."""

    names: tuple[str, ...]
    now: Floats
    then: Floats
    units: Floats
    past: Past
    households: Ints

    def heirs(self, members: NDArray[np.bool_]) -> tuple[Ints, Floats]:
        """Find the old grid that goes on as each grid.

        Parameters
        ----------
        members
            Which unit lies in which grid, shape (grids, n).

        Returns
        -------
        heir : numpy.ndarray
            Position of the old grid in ``names``, -1 for none, shape (grids,).
        now : numpy.ndarray
            Households of today that each grid has from each old one, shape (grids, names).
        """
        inside = members.astype(np.float64)
        now, then, units = inside @ self.now, inside @ self.then, inside @ self.units
        whole = (inside @ self.households)[:, None]
        size = np.array([self.past.size.get(x, (0, 0)) for x in self.names], dtype=np.float64)
        size = size.reshape(-1, 2)
        by_household = (2 * then > size[:, 0]) & (2 * now > whole)
        by_unit = (2 * units > size[:, 1]) & (2 * units > inside.sum(axis=1)[:, None])
        main = np.where((size[:, 0] > 0) & (whole > 0), by_household, by_unit)
        found = main.any(axis=1) if len(self.names) else np.zeros(len(members), dtype=bool)
        heir = np.where(found, main.argmax(axis=1) if len(self.names) else 0, -1)
        return heir.astype(np.int64), now

    def moved(self, members: NDArray[np.bool_]) -> Ints:
        """Count the households in each grid whose old grid does not go on as it."""
        heir, now = self.heirs(members)
        stay = np.where(heir >= 0, np.take_along_axis(_padded(now), heir[:, None], 1)[:, 0], 0.0)
        moved: Ints = np.rint(now.sum(axis=1) - stay).astype(np.int64)
        return moved


def _padded(table: Floats) -> Floats:
    """The table with one more column, so that position -1 is there even where it is empty."""
    return np.column_stack([table, np.zeros(len(table))])


def tally_of(problem: Problem, past: Past) -> Tally:
    """Prepare to count what grids of a problem hold of every old grid."""
    old = problem.previous or (None,) * len(past.then)
    names = tuple(sorted({name for name in old if name is not None}))
    place = {name: i for i, name in enumerate(names)}
    units = np.zeros((len(old), len(names)))
    known = [i for i, name in enumerate(old) if name is not None]
    units[known, [place[str(old[i])] for i in known]] = 1.0
    return Tally(
        names,
        units * problem.households[:, None],
        units * past.then[:, None],
        units,
        past,
        problem.households,
    )


def goes_on(problem: Problem, past: Past, assignment: NDArray[np.integer]) -> dict[int, str]:
    """Find the grids that old ones go on as.

    Parameters
    ----------
    problem
        With the old grid of every unit.
    past
        What its units were.
    assignment
        Grid of every unit, shape (n,).

    Returns
    -------
    dict
        Old grid by label of the new one.
    """
    labels = np.unique(assignment)
    tally = tally_of(problem, past)
    heir, _ = tally.heirs(np.asarray(assignment)[None, :] == labels[:, None])
    return {
        int(label): tally.names[i]
        for label, i in zip(labels.tolist(), heir.tolist(), strict=True)
        if i >= 0
    }


def households_moved(problem: Problem, past: Past, assignment: NDArray[np.integer]) -> Moved:
    """Count the households whose grid is another one than before."""
    heir = goes_on(problem, past, assignment)
    old = problem.previous or (None,) * len(past.then)
    moved = np.array(
        [
            grid is not None and heir.get(label) != grid
            for label, grid in zip(np.asarray(assignment).tolist(), old, strict=True)
        ],
        dtype=bool,
    )
    return Moved(
        int(problem.households[moved].sum()),
        int(problem.households[moved & past.unchanged].sum()),
    )
