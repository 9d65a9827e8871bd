"""Where the work runs: this process, or a pool of them; each community is one piece of it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gridplan.config.sections import Solve
from gridplan.export import write_whole
from gridplan.optimise import Solution, solve
from gridplan.prepare import Task
from gridplan.processes import process_count, run_pieces


def solve_all(
    tasks: list[Task], settings: Solve, checkpoint: Callable[[str], Path]
) -> Iterator[tuple[Task, Solution]]:
    """Solve every community, the largest first, in whatever order they finish.

    Parameters
    ----------
    tasks
        One per community.
    settings
        Effort, seed, time limit and workers.
    checkpoint
        File of a community's finished work; what is there already is not solved again.

    Yields
    ------
    tuple
        The task and its solution. The solution depends on the task alone.
    """
    waiting = []
    for task in tasks:
        done = _restore(checkpoint(task.community_code))
        if done is None:
            waiting.append(task)
        else:
            yield task, done
    waiting.sort(key=lambda t: (-len(t.problem.node_ids), t.community_code))
    one = _Solver(settings.effort, settings.time_limit_s, settings.seed)
    workers = min(process_count(settings.workers), len(waiting))
    for task, solution in run_pieces(one, waiting, workers):
        if not solution.stopped:
            _keep(solution, checkpoint(task.community_code))
        yield task, solution


@dataclass(frozen=True)
class _Solver:
    """Solve a task; what a process needs for it travels along."""

    effort: float
    time_limit_s: float
    seed: int

    def __call__(self, task: Task) -> Solution:
        return solve(
            task.problem, effort=self.effort, time_limit_s=self.time_limit_s, seed=self.seed
        )


def _keep(solution: Solution, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(solution.to_dict()).encode())


def _restore(path: Path) -> Solution | None:
    if not path.is_file():
        return None
    try:
        answer = json.loads(path.read_bytes())
        labels = np.array(answer.pop("assignment"), dtype=np.int64)
        return Solution(assignment=labels, **answer)
    except (ValueError, KeyError, TypeError):
        return None  # a torn file counts as no checkpoint
