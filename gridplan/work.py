"""Where the work runs: this process, or a pool of them; each community is one piece of it."""

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from gridplan.config.sections import Solve
from gridplan.export import write_whole
from gridplan.optimise import Problem, Solution, solve
from gridplan.prepare import Task


def worker_count(workers: int) -> int:
    """Count the processes to use; 0 means every core that this process may run on."""
    if workers:
        return workers
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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
    for task, solution in _run(waiting, settings):
        if not solution.stopped:
            _keep(solution, checkpoint(task.community_code))
        yield task, solution


def _run(tasks: list[Task], settings: Solve) -> Iterator[tuple[Task, Solution]]:
    workers = min(worker_count(settings.workers), len(tasks))
    if workers <= 1:
        for task in tasks:
            yield task, _solve_one(task.problem, settings)
        return
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    try:
        pending: dict[Future[Solution], Task] = {
            pool.submit(_solve_one, task.problem, settings): task for task in tasks
        }
        while pending:
            done, _ = wait(pending, return_when=FIRST_COMPLETED)
            for future in sorted(done, key=lambda f: pending[f].community_code):
                yield pending.pop(future), future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _solve_one(problem: Problem, settings: Solve) -> Solution:
    return solve(
        problem,
        effort=settings.effort,
        time_limit_s=settings.time_limit_s,
        seed=settings.seed,
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
