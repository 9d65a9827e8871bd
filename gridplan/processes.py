"""Run independent pieces of work in processes of their own, a few at a time."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import islice
from multiprocessing import active_children, get_context
from typing import TypeVar

Piece = TypeVar("Piece")
Answer = TypeVar("Answer")


def process_count(workers: int) -> int:
    """Count the processes to use; 0 means every core that this process may run on."""
    if workers:
        return workers
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_pieces(
    function: Callable[[Piece], Answer], pieces: Iterable[Piece], workers: int
) -> Iterator[tuple[Piece, Answer]]:
    """Apply a function to every piece, in whatever order they finish.

    Parameters
    ----------
    function
        Of one argument; it and the pieces must be picklable.
    pieces
        Taken a few at a time, so that they need not all exist at once.
    workers
        Processes; 1 or less works in this one.

    Yields
    ------
    tuple
        The piece and what the function made of it.
    """
    if workers <= 1:
        for piece in pieces:
            yield piece, function(piece)
        return
    # Fresh processes on every system: a forked one could inherit a locked cache.
    pool = ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_leave_interrupts_to_the_parent
    )
    try:
        yield from _collect(pool, function, iter(pieces), workers)
    except BaseException:
        for child in active_children():
            child.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _collect(
    pool: ProcessPoolExecutor,
    function: Callable[[Piece], Answer],
    pieces: Iterator[Piece],
    workers: int,
) -> Iterator[tuple[Piece, Answer]]:
    turn = 0
    pending: dict[Future[Answer], tuple[int, Piece]] = {}
    while True:
        for piece in islice(pieces, 2 * workers - len(pending)):
            pending[pool.submit(function, piece)] = (turn, piece)
            turn += 1
        if not pending:
            return
        done, _ = wait(pending, return_when=FIRST_COMPLETED)
        for future in sorted(done, key=lambda f: pending[f][0]):
            _, piece = pending.pop(future)
            yield piece, future.result()
