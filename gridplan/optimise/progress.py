"""What `solve` tells on the way: the plan of the whole problem whenever it improves."""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from gridplan.optimise.contract import Contracted
from gridplan.optimise.objective import evaluate
from gridplan.optimise.piece import Score
from gridplan.optimise.problem import Ints, Problem


class Progress(NamedTuple):
    """The best plan so far.

    Parameters
    ----------
    seconds
        Since the start, without compiling.
    breach, objective
        Of the plan, as in a `Solution`.
    bound
        Proven lower bound of the cost, or None where nothing is proven yet.
    assignment
        Grid of every unit, shape (n,).
    """

    seconds: float
    breach: int
    objective: float
    bound: float | None
    assignment: Ints


Listener = Callable[[Progress], None]


class Trail:
    """Puts the plans of the pieces together and tells a listener of every improvement.

    Parameters
    ----------
    problem, parts
        What is solved.
    began
        Value of `time.perf_counter` at the start.
    listener
        Who is told, or None.
    """

    def __init__(
        self, problem: Problem, parts: Contracted, began: float, listener: Listener | None
    ) -> None:
        self.problem, self.parts, self.began, self.listener = problem, parts, began, listener
        self.plans: dict[int, tuple[Score, Ints]] = {}
        self.told: tuple[Score, float | None] | None = None

    def plan(self, number: int, known: Score, plan: Ints) -> None:
        """A better plan of a piece; told once every piece has a plan that keeps the hard rules."""
        if self.listener is None or known.broken:
            return
        self.plans[number] = (known, plan)
        if len(self.plans) == len(self.parts.pieces):
            self._tell(self._joined(), None)

    def final(self, assignment: Ints, bound: float | None) -> None:
        """The answer itself."""
        if self.listener is not None:
            self._tell(assignment, bound)

    def _joined(self) -> Ints:
        label = np.zeros(len(self.problem.node_ids), dtype=np.int64)
        first = 0
        for number, (_, plan) in sorted(self.plans.items()):
            mine = self.parts.piece_of == number
            label[mine] = first + plan[self.parts.node_of[mine]]
            first += int(plan.max()) + 1
        return label

    def _tell(self, assignment: Ints, bound: float | None) -> None:
        assert self.listener is not None
        breach, cost = evaluate(self.problem, assignment)
        whole = _whole_touched(self.problem, assignment)
        value = Score(breach, whole, cost)
        if self.told is not None:
            worse = value >= self.told[0]
            if worse and (bound is None or bound == self.told[1] or value > self.told[0]):
                return
        self.told = (value, bound)
        passed = time.perf_counter() - self.began
        self.listener(Progress(passed, breach, cost, bound, assignment))


def _whole_touched(problem: Problem, grid: Ints) -> int:
    """Grids with households in a zone of a layer in mode whole, summed over zones."""
    counted = problem.households > 0
    touched = {
        (layer, zone, g)
        for layer, zones in problem.zones.items()
        if problem.modes[layer] == "whole"
        for zone, g, here in zip(zones, grid.tolist(), counted.tolist(), strict=True)
        if here and zone is not None
    }
    return len(touched)
