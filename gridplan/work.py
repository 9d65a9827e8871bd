"""Where the work runs: this process, a pool of them, or a Dask cluster; a community is one piece.

Wherever it runs, an answer depends on its community alone, and this process writes its checkpoint.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from types import MappingProxyType

from gridplan.answers import Answer, Piece, Revision, Solver, failed
from gridplan.checkpoints import keep, restore
from gridplan.cluster import run_on_cluster
from gridplan.config.sections import Solve
from gridplan.optimise import Solution
from gridplan.prepare import Task
from gridplan.processes import DIED, process_count, run_pieces

__all__ = ["Answer", "Revision", "solve_all"]


def solve_all(
    tasks: Iterable[Task],
    settings: Solve,
    checkpoint: Callable[[str], Path],
    *,
    count: int = 0,
    made: Mapping[str, Solution | Revision] = MappingProxyType({}),
    scheduler: str = "",
) -> Iterator[tuple[Task, Answer]]:
    """Solve every community, in whatever order they finish.

    Parameters
    ----------
    tasks
        One per community, the largest first, so that none is waited for; taken a few at a time.
    settings
        Effort, seed, time limit and workers.
    checkpoint
        File of a community's finished work; what is there already is not done again.
    count
        Number of alternatives wanted.
    made
        By community code, plans that exist already, such as those made by hand, which are measured
        and not sought; or how a plan that exists is to be revised.
    scheduler
        Address of a Dask scheduler whose workers do the work; processes of this machine do where
        it is empty.

    Yields
    ------
    tuple
        The task and the answer, which depends on the task alone. A community whose solver broke
        down has the status ``failed`` and the cause as its reason.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C, also where the optimiser has taken it as a sign to stop early.
    OutputError
        Where a checkpoint cannot be written; those that were written are kept.
    SolverError
        Where the cluster is not there, or not any more.
    """
    taken: dict[int, Task] = {}
    restored: list[tuple[Task, Answer]] = []

    def waiting() -> Iterator[Piece]:
        for number, task in enumerate(tasks):
            done = restore(checkpoint(task.community_code), task.problem)
            if done is not None:
                restored.append((task, done))
                continue
            taken[number] = task
            yield number, task.problem, made.get(task.community_code)

    one = Solver(settings.effort, settings.time_limit_s, settings.seed, count)
    for (number, _, _), answer in _run(one, waiting(), settings.workers, scheduler):
        yield from restored
        restored.clear()
        task = taken.pop(number)
        if answer.finished:
            keep(answer, task.problem, checkpoint(task.community_code))
        yield task, answer
    yield from restored


def _run(
    one: Solver, waiting: Iterator[Piece], workers: int, scheduler: str
) -> Iterator[tuple[Piece, Answer]]:
    first = list(islice(waiting, 2))
    pieces = chain(first, waiting)
    if not first:
        return iter(())
    if scheduler:
        return run_on_cluster(one, pieces, scheduler, _lost)
    return run_pieces(one, pieces, process_count(workers) if len(first) > 1 else 1, _lost)


def _lost(_: Piece) -> Answer:
    return failed(DIED)
