"""Processes that have one piece of work in hand each, so that it is known over which one dies."""

import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing import connection, forkserver, get_context, parent_process
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from threading import Thread
from typing import Any, Generic, TypeVar

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

PATIENCE_S = 5.0
"""Seconds that a process with nothing to do has to end by itself."""


class ElsewhereError(Exception):
    """Where in another process an error was raised: the cause of that error here."""


@dataclass
class _Job(Generic[Piece]):
    """A piece, and how often a process died over it."""

    piece: Piece
    deaths: int = 0


class Crew(Generic[Piece, Answer]):
    """Some processes that apply a function to pieces.

    Parameters
    ----------
    function
        Of one argument; it and the pieces must be picklable.
    workers
        Processes at a time.
    lost
        Answers for a piece over which every process died.
    """

    def __init__(
        self, function: Callable[[Piece], Answer], workers: int, lost: Callable[[Piece], Answer]
    ) -> None:
        self.function, self.workers, self.lost = function, workers, lost
        self._busy: dict[Connection, tuple[_Hand, _Job[Piece]]] = {}
        self._idle: list[_Hand] = []
        self._suspects: list[_Job[Piece]] = []
        self._next: list[_Job[Piece]] = []

    def work(self, pieces: Iterator[Piece]) -> Iterator[tuple[Piece, Answer]]:
        """Hand out a piece to every process, and the next when its answer is there.

        One piece more is taken in advance, so that no process waits while it is made.
        """
        try:
            self._hand_out(pieces)
            while self._busy:
                self._look_ahead(pieces)
                ready = connection.wait(list(self._busy))
                for pipe in [pipe for pipe in self._busy if pipe in ready]:
                    hand, job = self._busy.pop(pipe)
                    if hand.done():
                        self._idle.append(hand)
                        self._hand_out(pieces)
                        yield job.piece, hand.answer()
                    else:
                        self._died(hand, job)
                        self._hand_out(pieces)
            self.close()
            for job in self._suspects:
                yield job.piece, self._alone(job.piece)
        finally:
            self.close()

    def close(self) -> None:
        """End all processes, those that are at work at once."""
        for hand, _ in self._busy.values():
            hand.process.terminate()
        hands = [*self._idle, *(hand for hand, _ in self._busy.values())]
        self._idle.clear()
        self._busy.clear()
        for hand in hands:
            hand.pipe.close()
        for hand in hands:
            hand.leave()

    def _look_ahead(self, pieces: Iterator[Piece]) -> bool:
        """Have the next piece at hand; whether there is one."""
        if not self._next:
            self._next += map(_Job, islice(pieces, 1))
        return bool(self._next)

    def _hand_out(self, pieces: Iterator[Piece]) -> None:
        while len(self._busy) < self.workers:
            if not self._look_ahead(pieces):
                return
            job = self._next.pop(0)
            hand = self._idle.pop() if self._idle else _Hand(self.function)
            self._busy[hand.pipe] = hand, job
            hand.give(job.piece)

    def _died(self, hand: "_Hand", job: _Job[Piece]) -> None:
        hand.leave()
        job.deaths += 1
        (self._next if job.deaths < DEATHS else self._suspects).append(job)

    def _alone(self, piece: Piece) -> Answer:
        """Try a piece once more while nothing else runs, as memory may have been short."""
        hand = _Hand(self.function)
        self._busy[hand.pipe] = hand, _Job(piece)
        hand.give(piece)
        done = hand.done()
        del self._busy[hand.pipe]
        hand.leave()
        return hand.answer() if done else self.lost(piece)


class _Hand:
    """A process, and the pipe to it."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        context = _context()
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, function))  # type: ignore[attr-defined]
        self.process.start()
        theirs.close()
        self._told = b""

    def give(self, piece: object) -> None:
        """Send a piece; that the process has died is seen when its answer is waited for."""
        with suppress(OSError):
            self.pipe.send(piece)

    def done(self) -> bool:
        """Wait for the answer; False where the process died over it."""
        try:
            self._told = self.pipe.recv_bytes()
        except (EOFError, OSError):
            return False
        return True

    def answer(self) -> Any:
        """The answer that came; an error is raised here as it was there.

        Raises
        ------
        BaseException
            What the function raised.
        """
        value, error, where = pickle.loads(self._told)
        if error is not None:
            raise error from ElsewhereError(where)
        return value

    def leave(self) -> None:
        """Have the process end; one that does not is ended."""
        self.pipe.close()
        self.process.join(PATIENCE_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def ready() -> None:
    """Have the server of processes read the code while this process does so too."""
    _context()


def _context() -> BaseContext:
    """How processes start: from the server where there is one, else each from nothing.

    None is a fork of this one, which could inherit a locked cache.
    """
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


def _serve(pipe: Connection, function: Callable[[Any], Any]) -> None:
    """Answer one piece after another, until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # interrupts are for the parent
    Thread(target=_end_with_the_parent, daemon=True).start()
    with suppress(EOFError, OSError):  # of the pipe alone: the parent has closed it
        while True:
            pipe.send_bytes(_answered(function, pipe.recv()))


def _answered(function: Callable[[Any], Any], piece: object) -> bytes:
    """Value, error and where that was raised, as they go to the parent."""
    try:
        return pickle.dumps((function(piece), None, ""), protocol=5)
    except BaseException as error:  # also an interrupt that the function tells of
        where = traceback.format_exc()
        try:
            told = pickle.dumps((None, error, where), protocol=5)
            pickle.loads(told)
        except Exception:  # an error that cannot travel is told in words, with where it was raised
            told = pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}"), where))
        return told


def _end_with_the_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
