"""All that the optimiser says about one community, and how it is asked.

Workers load this module and what it needs, and neither layers nor geometry: a worker of a large
machine should cost little.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from gridplan.optimise import Problem, Solution, alternatives, ledger, solve
from gridplan.optimise.alternatives import Alternative, trade_off
from gridplan.optimise.explain import explain
from gridplan.optimise.ledger import LayerLine, layer_ledger
from gridplan.optimise.objective import cut_metres

BLINK = 1e-3  # seconds for work whose time is up before it began

FAILED = "failed"
"""Status of a community whose solver broke down; the other three are the optimiser's own."""


@dataclass(frozen=True, eq=False)
class Answer:
    """All that the optimiser says about one community.

    Parameters
    ----------
    solution
        The plan and its proof.
    ledger
        What it reaches for each layer beside the least possible; empty where there is no plan.
    alternatives
        Where any are asked for: the plan itself, measured like the others, then the others.
    cut_m
        Metres of border between its grids, as they count; 0 where there is no plan.
    change
        What a re-division says of its change, as JSON holds it; None where nothing was re-divided.
    causes
        What forces a breach of the range, or leaves no plan at all, in sentences.
    """

    solution: Solution
    ledger: tuple[LayerLine, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    cut_m: float = 0.0
    change: dict[str, Any] | None = None
    causes: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to try: neither a hand nor a breakdown has stopped it."""
        stopped = {self.solution.stopped, *(line.stopped for line in self.ledger)}
        stopped.update(a.solution.stopped for a in self.alternatives)
        return self.solution.status != FAILED and "interrupt" not in stopped


def failed(cause: str) -> Answer:
    """Answer for a community whose solver broke down."""
    return Answer(
        Solution(
            status=FAILED,
            breach=0,
            breach_bound=0,
            objective=None,
            bound=None,
            gap=None,
            grids=0,
            assignment=np.empty(0, dtype=np.int64),
            effort=0,
            seconds=0.0,
            stopped="",
            reason=cause,
        )
    )


class Change(Protocol):
    """What a re-division says of its change."""

    def to_dict(self) -> dict[str, Any]:
        """Write it as JSON holds it."""


class Revision(Protocol):
    """How one community is divided anew, beside a plan that exists; picklable."""

    def solve(
        self, problem: Problem, *, effort: float, time_limit_s: float, seed: int
    ) -> tuple[Solution, Change]:
        """Divide the community; the answer depends on the arguments alone."""


Piece = tuple[int, Problem, Solution | Revision | None]
"""A community: its number among all, its problem, and a plan that exists or how one is revised."""


@dataclass(frozen=True)
class Solver:
    """Answer a community; what a process needs for it travels along.

    Parameters
    ----------
    effort, time_limit_s, seed
        As of ``optimise.solve``.
    count
        Number of alternatives wanted.
    """

    effort: float
    time_limit_s: float
    seed: int
    count: int

    def __call__(self, piece: Piece) -> Answer:
        """Answer; the number of the piece says nothing about it.

        Raises
        ------
        KeyboardInterrupt
            On Ctrl-C, also where the optimiser has taken it as a sign to stop early.
        """
        _, problem, made = piece
        try:
            answer = self._answer(problem, made)
        except Exception as error:  # one community must not stop the others
            return failed(f"{type(error).__name__}: {error}")
        if answer.solution.stopped == "interrupt":
            raise KeyboardInterrupt
        return answer

    def _answer(self, problem: Problem, made: Solution | Revision | None) -> Answer:
        asked: dict[str, Any] = {
            "effort": self.effort,
            "time_limit_s": self.time_limit_s,
            "seed": self.seed,
        }
        change = None
        if made is None:
            solution = solve(problem, **asked)
        elif isinstance(made, Solution):
            solution = made
        else:
            solution, changed = made.solve(problem, **asked)
            change = changed.to_dict()
        if solution.objective is None or solution.stopped == "interrupt":
            return Answer(solution, change=change, causes=_causes(problem, solution))
        return Answer(
            solution,
            self._ledger(problem, solution),
            self._others(problem, solution),
            round(cut_metres(problem, solution.assignment), 3),
            change,
            () if made is solution else _causes(problem, solution),
        )

    def _ledger(self, problem: Problem, solution: Solution) -> tuple[LayerLine, ...]:
        left_s = max(BLINK, self.time_limit_s - solution.seconds) if self.time_limit_s else 0.0
        lines = layer_ledger(
            problem,
            solution.assignment,
            effort=ledger.EFFORT * min(1.0, self.effort),
            time_limit_s=left_s,
            seed=self.seed,
        )
        return tuple(lines)

    def _others(self, problem: Problem, solution: Solution) -> tuple[Alternative, ...]:
        if not self.count:
            return ()
        worth = trade_off(problem, solution, solution.assignment)
        others = alternatives.alternatives(
            problem,
            solution,
            count=self.count,
            effort=alternatives.EFFORT * min(1.0, self.effort),
            time_limit_s=self.time_limit_s,
            seed=self.seed,
        )
        return (Alternative(solution, worth, ""), *others)


def _causes(problem: Problem, solution: Solution) -> tuple[str, ...]:
    """Why the range is missed, or there is no plan, as far as it is known."""
    if solution.stopped == "interrupt":
        return ()
    found = explain(problem, solution)
    return tuple(cause.sentence for cause in found if cause.kind != "unproven")
