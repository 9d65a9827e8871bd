"""Run independent pieces of work in processes of their own, a few at a time."""

import ctypes
import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event
from typing import Any, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

from gridplan import crew
from gridplan.crew import Crew
from gridplan.errors import SolverError

Piece = TypeVar("Piece")
Answer = TypeVar("Answer")

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
        crew.ready()


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

    A process that dies takes nothing with it: the piece that it had in hand is done again. The
    processes end when this one ends, however it ends.

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
    yield from Crew(function, workers, lost).work(iter(pieces))


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
