"""Keeps the best plan of a run and writes every improvement down at once."""

import json
import time
from collections.abc import Iterable
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from benchmarks.judge import Ints, Judge, Verdict
from benchmarks.part import Part


class Keeper:
    """The best plan so far, on the clock of this process' processor time.

    A run killed by its limit or by memory leaves what it had found.

    Parameters
    ----------
    judge
        The problem.
    seconds
        Processor seconds allowed from the call of `start`.
    out
        Where every improvement goes, one JSON object a line.
    goal
        A proven optimum, which no plan beats: who has reached it may stop.
    """

    def __init__(
        self, judge: Judge, seconds: float, out: TextIO, goal: Verdict | None = None
    ) -> None:
        self.judge, self.seconds, self.out, self.goal = judge, seconds, out, goal
        self.plan: Ints = np.zeros(judge.n, dtype=np.int64)
        self.value: Verdict | None = None
        self.began = time.process_time()
        self.deadline = self.began + seconds
        self.offered = 0

    def start(self) -> None:
        """Start the clock."""
        self.began = time.process_time()
        self.deadline = self.began + self.seconds
        self.say(kind="start")

    def say(self, **line: Any) -> None:
        """Write one line."""
        self.out.write(json.dumps(line) + "\n")
        self.out.flush()

    def passed(self) -> float:
        """Seconds since the start."""
        return time.process_time() - self.began

    def left(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self.deadline - time.process_time())

    def over(self) -> bool:
        """Whether the time is up, or nothing is left to be found."""
        return time.process_time() >= self.deadline or self.at_goal()

    def at_goal(self) -> bool:
        """Whether the best plan is worth the proven optimum."""
        return bool(self.goal and self.value and not self.goal.beats(self.value))

    def share(self, parts: list[Part], index: int) -> None:
        """Give a part its share of the time left, by its size."""
        rest = sum(part.n for part in parts[index:])
        left = self.began + self.seconds - time.process_time()
        self.deadline = time.process_time() + left * parts[index].n / rest

    def begin(self, parts: list[Part]) -> None:
        """Take every part as one grid, the plan to improve on."""
        for number, part in enumerate(parts):
            self.plan[part.units] = number * self.judge.n
        self.value = self.judge.verdict(self.plan)
        self.note(self.plan, self.value)

    def worth(
        self, part: Part, labels: Iterable[int] | NDArray[np.integer]
    ) -> tuple[int, int, float]:
        """Breach, whole and cost of the problem, were this part divided so."""
        return self.judge.measure(self._with(part, labels))

    def _with(self, part: Part, labels: Iterable[int] | NDArray[np.integer]) -> Ints:
        plan = self.plan.copy()
        label = np.unique(np.asarray(labels, dtype=np.int64), return_inverse=True)[1]
        plan[part.units] = plan[part.units].min() // self.judge.n * self.judge.n + label[part.node]
        return plan

    def offer(self, part: Part, labels: Iterable[int] | NDArray[np.integer]) -> bool:
        """Offer a division of a part, one label a node; True when it is the best so far."""
        self.offered += 1
        assert self.value is not None
        plan = self._with(part, labels)
        measured = self.judge.measure(plan)
        if self.value.broken == 0 and measured >= self.value[1:]:
            return False
        value = Verdict(len(self.judge.faults(plan)), *measured)
        if value >= self.value:
            return False
        self.plan, self.value = plan, value
        self.note(plan, value)
        return True

    def note(self, plan: Ints, value: Verdict, **more: Any) -> None:
        """Write a plan down with the seconds it took."""
        self.say(kind="plan", seconds=self.passed(), value=list(value), plan=plan.tolist(), **more)
