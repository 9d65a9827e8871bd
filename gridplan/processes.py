"""Run independent pieces of work in processes of their own, a few at a time."""

import ctypes
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import active_children, connection, forkserver, get_context, parent_process
from multiprocessing.context import BaseContext
from threading import Event, Thread
from typing import Any, Generic, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

from gridplan.errors import SolverError

Piece = TypeVar("Piece")
Answer = TypeVar("Answer")

DEATHS = 3
"""Processes that may die over a piece before it is tried alone, once, and then given up."""

SERVED = sys.platform == "linux"
"""Whether processes come from one server that has read the code once for all of them."""

CODE = (
    "gridplan.answers",
    "gridplan.audit",
    "gridplan.cli",
    "gridplan.people",
    "gridplan.prepare",
    "gridplan.roads",
    "gridplan.tables",
)
"""What most processes of a run need: the server reads it, so that they begin with it."""

M_MMAP_THRESHOLD, LARGE = -3, 1 << 20
"""Option of glibc's ``mallopt``, and bytes of a block that stands apart from all others."""

DIED = "its process died each time (killed, or out of memory); use fewer workers"


class Parcel:
    """Geometries that go to another process as one block, many times faster than one by one.

    Parameters
    ----------
    shapes
        Geometries, None where there is none.
    """

    def __init__(self, shapes: NDArray[np.object_]) -> None:
        self.shapes = shapes

    def __reduce__(self) -> tuple[Any, ...]:
        return _opened, (shapely.to_wkb(self.shapes),)


def _opened(words: NDArray[np.object_]) -> Parcel:
    return Parcel(shapely.from_wkb(words))


def process_count(workers: int) -> int:
    """Count the processes to use; 0 means every core that this process may run on."""
    if workers:
        return workers
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def get_ready(workers: int) -> None:
    """Have the server of processes read the code while this process does so too.

    Parameters
    ----------
    workers
        As of ``process_count``; one worker needs no server.
    """
    if process_count(workers) > 1:
        _context()


def hold_little() -> None:
    """Have large blocks given back as soon as they are freed, where glibc would keep them."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE)
    arrow = sys.modules.get("pyarrow")  # columns of text, whose own pool keeps what is freed
    if arrow is not None:
        arrow.set_memory_pool(arrow.system_memory_pool())


def give_back() -> None:
    """Give freed memory back to the system, where its library keeps it for itself (glibc)."""
    gc.collect()
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def give_up(_: object) -> object:
    """End the run over a piece that cannot be done.

    Raises
    ------
    SolverError
        Always.
    """
    raise SolverError(f"a piece of the work cannot be done: {DIED}")


def run_pieces(
    function: Callable[[Piece], Answer],
    pieces: Iterable[Piece],
    workers: int,
    lost: Callable[[Piece], Answer] = give_up,  # type: ignore[assignment]
) -> Iterator[tuple[Piece, Answer]]:
    """Apply a function to every piece, in whatever order they finish.

    A process that dies takes nothing with it: the pieces that it and its fellows had in hand are
    done again. The processes end when this one ends, however it ends.

    Parameters
    ----------
    function
        Of one argument; it and the pieces must be picklable.
    pieces
        Taken a few at a time, so that they need not all exist at once.
    workers
        Processes; 1 or less works in this one.
    lost
        Answers for a piece over which every process died.

    Yields
    ------
    tuple
        The piece and what the function made of it.
    """
    if workers <= 1:
        for piece in pieces:
            yield piece, function(piece)
        return
    crew = _Crew(function, lost, workers)
    try:
        yield from crew.work(iter(pieces))
    except BaseException:
        for child in active_children():
            child.terminate()
        raise
    finally:
        crew.pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def beside(
    function: Callable[[Piece], Answer], pieces: Iterable[Piece], workers: int
) -> Iterator[Callable[[], list[Answer]]]:
    """Have pieces done in other processes while this one does something else.

    Parameters
    ----------
    function, pieces, workers
        As of `run_pieces`; with one worker all is done when it is asked for.

    Yields
    ------
    callable
        Waits for what is not done yet, and gives all answers, in whatever order they came. It must
        be called before the block ends.
    """
    if workers <= 1:
        yield lambda: [answer for _, answer in run_pieces(function, pieces, 1)]
        return
    left = Event()

    def work() -> list[Answer]:
        answers = []
        for _, answer in run_pieces(function, pieces, workers):
            answers.append(answer)
            if left.is_set():
                break  # nobody waits any more
        return answers

    with ThreadPoolExecutor(1) as thread:
        done = thread.submit(work)
        try:
            yield done.result
        except BaseException:
            left.set()
            raise


@dataclass(eq=False)
class _Job(Generic[Piece]):
    """One piece on its way: its turn, and how often a process died while it was in hand."""

    turn: int
    piece: Piece
    deaths: int = 0


@dataclass(eq=False)
class _Crew(Generic[Piece, Answer]):
    """The processes and what they have in hand."""

    function: Callable[[Piece], Answer]
    lost: Callable[[Piece], Answer]
    workers: int
    pool: ProcessPoolExecutor = field(init=False)
    pending: dict[Future[Answer], _Job[Piece]] = field(default_factory=dict)
    suspects: list[_Job[Piece]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pool = _fresh(self.workers)

    def work(self, pieces: Iterator[Piece]) -> Iterator[tuple[Piece, Answer]]:
        """Hand out a few pieces at a time, and collect."""
        turn = 0
        while True:
            for piece in islice(pieces, 2 * self.workers - len(self.pending)):
                self._hand_out(_Job(turn, piece))
                turn += 1
            if not self.pending:
                break
            done, _ = wait(self.pending, return_when=FIRST_COMPLETED)
            jobs = [(self.pending[future], future) for future in done]
            died = [job for job, future in jobs if _has_died(future)]
            for job, future in sorted(jobs, key=lambda j: j[0].turn):
                if job not in died:
                    del self.pending[future]
                    yield job.piece, future.result()
            if died:
                self._again()
        for job in self.suspects:
            yield job.piece, self._alone(job.piece)

    def _hand_out(self, job: _Job[Piece]) -> None:
        try:
            future = self.pool.submit(self.function, job.piece)
        except BrokenProcessPool as error:
            future = Future()
            future.set_exception(error)
        self.pending[future] = job

    def _again(self) -> None:
        """Begin with fresh processes after one died; nobody knows whose piece it was."""
        jobs = sorted(self.pending.values(), key=lambda job: job.turn)
        self.pending.clear()
        self.pool.shutdown(wait=True, cancel_futures=True)
        self.pool = _fresh(self.workers)
        for job in jobs:
            job.deaths += 1
            if job.deaths < DEATHS:
                self._hand_out(job)
            else:
                self.suspects.append(job)

    def _alone(self, piece: Piece) -> Answer:
        """Try a piece once more, by itself, so that it alone can be to blame."""
        self.pool.shutdown(wait=True)
        self.pool = _fresh(1)
        try:
            return self.pool.submit(self.function, piece).result()
        except BrokenProcessPool:
            return self.lost(piece)


def _has_died(future: "Future[Answer]") -> bool:
    return isinstance(future.exception(), BrokenProcessPool)


def _fresh(workers: int) -> ProcessPoolExecutor:
    """Start processes; none is a fork of this one, which could inherit a locked cache."""
    return ProcessPoolExecutor(workers, mp_context=_context(), initializer=_settle_in)


def _context() -> BaseContext:
    """How processes start: from the server where there is one, else each from nothing."""
    if not SERVED:
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload(list(CODE))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # which the server inherits
    try:
        forkserver.ensure_running()
    except OSError:  # such as a folder for temporary files with too long a name for its socket
        return get_context("spawn")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return context


def _settle_in() -> None:
    """Leave interrupts to the parent, and end when it is gone, even where it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
