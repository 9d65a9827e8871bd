"""Where the work runs: this process, or a pool of them; each community is one piece of it."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from gridplan.config.sections import Solve
from gridplan.export import write_whole
from gridplan.optimise import Problem, Solution, alternatives, ledger, solve
from gridplan.optimise.alternatives import Alternative, TradeOff, trade_off
from gridplan.optimise.ledger import LayerLine, layer_ledger
from gridplan.prepare import Task
from gridplan.processes import process_count, run_pieces

CUT = ("time", "interrupt")  # what makes an answer unrepeatable
BLINK = 1e-3  # seconds for work whose time is up before it began


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
    """

    solution: Solution
    ledger: tuple[LayerLine, ...] = ()
    alternatives: tuple[Alternative, ...] = ()

    @property
    def repeatable(self) -> bool:
        """Whether neither the clock nor a hand has stopped any of it."""
        stopped = {self.solution.stopped, *(line.stopped for line in self.ledger)}
        stopped.update(a.solution.stopped for a in self.alternatives)
        return stopped.isdisjoint(CUT)


def solve_all(
    tasks: list[Task],
    settings: Solve,
    checkpoint: Callable[[str], Path],
    *,
    count: int = 0,
    made: Mapping[str, Solution] = MappingProxyType({}),
) -> Iterator[tuple[Task, Answer]]:
    """Solve every community, the largest first, in whatever order they finish.

    Parameters
    ----------
    tasks
        One per community.
    settings
        Effort, seed, time limit and workers.
    checkpoint
        File of a community's finished work; what is there already is not done again.
    count
        Number of alternatives wanted.
    made
        Plans that exist already, by community code, such as those made by hand; they are measured
        and not sought.

    Yields
    ------
    tuple
        The task and the answer, which depends on the task alone.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C, also where the optimiser has taken it as a sign to stop early.
    """
    waiting = []
    for task in tasks:
        done = _restore(checkpoint(task.community_code))
        if done is None:
            waiting.append((task, made.get(task.community_code)))
        else:
            yield task, done
    waiting.sort(key=lambda w: (-len(w[0].problem.node_ids), w[0].community_code))
    one = _Solver(settings.effort, settings.time_limit_s, settings.seed, count)
    workers = min(process_count(settings.workers), len(waiting))
    for (task, _), answer in run_pieces(one, waiting, workers):
        if answer.repeatable:
            _keep(answer, checkpoint(task.community_code))
        yield task, answer


@dataclass(frozen=True)
class _Solver:
    """Answer a task; what a process needs for it travels along."""

    effort: float
    time_limit_s: float
    seed: int
    count: int

    def __call__(self, waiting: tuple[Task, Solution | None]) -> Answer:
        task, solution = waiting
        problem = task.problem
        if solution is None:
            solution = solve(
                problem, effort=self.effort, time_limit_s=self.time_limit_s, seed=self.seed
            )
        if solution.stopped == "interrupt":
            raise KeyboardInterrupt
        if solution.objective is None:
            return Answer(solution)
        return Answer(solution, self._ledger(problem, solution), self._others(problem, solution))

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


def _keep(answer: Answer, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {
        **answer.solution.to_dict(),
        "ledger": [asdict(line) for line in answer.ledger],
        "alternatives": [
            {
                "solution": a.solution.to_dict(),
                "trade_off": asdict(a.trade_off),
                "question": a.question,
            }
            for a in answer.alternatives
        ],
    }
    write_whole(path, json.dumps(record).encode())


def _restore(path: Path) -> Answer | None:
    if not path.is_file():
        return None
    try:
        record = json.loads(path.read_bytes())
        lines, others = record.pop("ledger"), record.pop("alternatives")
        return Answer(
            _solution(record),
            tuple(_line(x) for x in lines),
            tuple(_alternative(x) for x in others),
        )
    except (ValueError, KeyError, TypeError):
        return None  # a torn file counts as no checkpoint


def _solution(record: dict[str, Any]) -> Solution:
    labels = np.array(record.pop("assignment"), dtype=np.int64)
    return Solution(assignment=labels, **record)


def _line(record: dict[str, Any]) -> LayerLine:
    split = tuple((str(zone), int(grids)) for zone, grids in record.pop("split"))
    return LayerLine(split=split, **record)


def _alternative(record: dict[str, Any]) -> Alternative:
    worth = TradeOff(**record["trade_off"])
    return Alternative(_solution(record["solution"]), worth, record["question"])
