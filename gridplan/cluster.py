"""Run independent pieces of work on a Dask cluster that somebody else started.

The cluster lends processors and nothing else: pieces travel to it a few at a time, answers come
back to the one process that keeps them, and whatever is lost on the way is sent again.
"""

import importlib
import logging
import pickle
import platform
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from typing import Any, Generic, TypeVar

from gridplan import __version__
from gridplan.errors import ConfigError, SolverError

Piece = TypeVar("Piece")
Answer = TypeVar("Answer")

PATIENCE_S = 60.0
"""How long a run waits for the scheduler, and for a worker where there is none."""

DECIDING = ("highspy", "networkx", "numba", "numpy", "pulp", "scipy")
"""Packages whose version can change a plan."""

_ADDRESS = re.compile(r"(tcp|tls|ucx|wss?)://\S+:\d+/?")
_LOOK_S = 2.0
_ALONE = threading.Lock()  # the solver takes a process for itself, whatever Dask's threads


def run_on_cluster(
    function: Callable[[Piece], Answer],
    pieces: Iterable[Piece],
    address: str,
    lost: Callable[[Piece], Answer],
) -> Iterator[tuple[Piece, Answer]]:
    """Apply a function to every piece on a cluster, in whatever order they finish.

    Parameters
    ----------
    function
        Of one argument; it, the pieces and the answers must be picklable.
    pieces
        Taken a few at a time, two for each worker.
    address
        Of the scheduler, such as ``tcp://10.0.0.5:8786``.
    lost
        Answers for a piece over which worker after worker died.

    Yields
    ------
    tuple
        The piece and what the function made of it.

    Raises
    ------
    ConfigError
        Dask is not installed, or the address is none.
    SolverError
        No scheduler answers, it went away, no worker is left, or workers run another version.
    """
    dask = _dask()
    with _silenced(), _connected(dask, address) as client:
        crew = _Crew(dask, client, address, function, lost)
        try:
            yield from crew.work(iter(pieces))
        finally:
            crew.drop()


def greet(address: str) -> None:
    """See that a scheduler answers and that its workers can do the work, before any is begun.

    Parameters
    ----------
    address
        Of the scheduler; where it is empty there is nothing to see.

    Raises
    ------
    ConfigError
        Dask is not installed, or the address is none.
    SolverError
        No scheduler answers, or a worker has no gridplan or another version.
    """
    if not address:
        return
    dask = _dask()
    with _silenced(), _connected(dask, address) as client:
        found = client.run(versions, on_error="return")
    expected = versions()
    problems = [
        f"{address}: {_unfit(where, expected, told)}"
        for where, told in sorted(found.items())
        if told != expected
    ]
    if problems:
        raise SolverError(problems)


def _unfit(where: str, expected: dict[str, str], told: object) -> str:
    """Say why a worker cannot do the work."""
    if not isinstance(told, dict):
        return (
            f"the worker {where} cannot run gridplan ({told}); install gridplan {__version__} "
            "where it runs"
        )
    differ = [f"{k} {told.get(k)} instead of {v}" for k, v in expected.items() if told.get(k) != v]
    return f"the worker {where} runs {', '.join(differ)}; every worker must have what this run has"


def versions() -> dict[str, str]:
    """Name everything whose version can change a plan, as it is in this process."""
    found = {"gridplan": __version__, "python": ".".join(platform.python_version_tuple()[:2])}
    for name in DECIDING:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


def _work(load: bytes, expected: dict[str, str]) -> bytes:
    """Do one piece on a worker, one at a time in each process."""
    here = versions()
    if here != expected:  # it came later than the greeting
        raise SolverError(_unfit(platform.node(), expected, here))
    function, piece = pickle.loads(load)
    with _ALONE:
        return pickle.dumps(function(piece))


@dataclass(eq=False)
class _Crew(Generic[Piece, Answer]):
    """The workers of a cluster and what they have in hand."""

    dask: Any
    client: Any
    address: str
    function: Callable[[Piece], Answer]
    lost: Callable[[Piece], Answer]
    pending: dict[Any, Piece] = field(default_factory=dict)
    suspects: list[Piece] = field(default_factory=list)
    expected: dict[str, str] = field(default_factory=versions)

    def work(self, pieces: Iterator[Piece]) -> Iterator[tuple[Piece, Answer]]:
        """Hand out a few pieces at a time, and collect.

        A piece on which workers died may only have been beside the one that killed them: it is
        done once more, alone, at the end.
        """
        yield from self._hand_out(pieces, alone=False)
        for piece in self.suspects:
            yield from self._hand_out(iter([piece]), alone=True)

    def _hand_out(self, pieces: Iterator[Piece], *, alone: bool) -> Iterator[tuple[Piece, Answer]]:
        while True:
            room = 2 * max(1, len(self._workers())) - len(self.pending)
            for piece in islice(pieces, max(0, room)):
                load = pickle.dumps((self.function, piece))
                future = self.client.submit(_work, load, self.expected, pure=False)
                self.pending[future] = piece
            if not self.pending:
                return
            for future in self._done():
                piece = self.pending.pop(future)
                if not alone and self._killed(future):
                    self.suspects.append(piece)
                    continue
                yield piece, self._answer(future, piece)

    def drop(self) -> None:
        """Tell the cluster that nobody waits any more."""
        if self.pending and self.client.status == "running":
            self.client.cancel(list(self.pending), force=True)

    def _done(self) -> list[Any]:
        """Wait until something is finished, as long as there is a worker."""
        alone_since = time.monotonic()
        while True:
            try:
                with self.client.as_current():
                    found = self.dask.wait(
                        list(self.pending), timeout=_LOOK_S, return_when="FIRST_COMPLETED"
                    )
                return [future for future in self.pending if future in found.done]
            except TimeoutError:
                if self._workers():
                    alone_since = time.monotonic()
                elif time.monotonic() - alone_since > PATIENCE_S:
                    raise SolverError(
                        f"{self.address}: the cluster has no worker; start some (`dask worker "
                        f"{self.address}`) and run again with --resume"
                    ) from None
            except (OSError, CancelledError) as error:
                raise self._gone() from error

    def _workers(self) -> dict[str, int]:
        try:
            return dict(self.client.nthreads())
        except (OSError, TimeoutError, CancelledError) as error:
            raise self._gone() from error

    def _killed(self, future: Any) -> bool:
        return future.status == "error" and isinstance(future.exception(), self.dask.KilledWorker)

    def _answer(self, future: Any, piece: Piece) -> Answer:
        try:
            answer: Answer = pickle.loads(future.result())
        except self.dask.KilledWorker:
            return self.lost(piece)
        except (OSError, CancelledError) as error:
            raise self._gone() from error
        except SolverError as error:
            raise SolverError(f"{self.address}: {error}") from error
        except (ImportError, AttributeError, RuntimeError) as error:
            text = _unfit("that did it", self.expected, _first(error))
            raise SolverError(f"{self.address}: {text}") from error
        return answer

    def _gone(self) -> SolverError:
        return SolverError(
            f"{self.address}: the scheduler went away; what is finished is kept, start the "
            "cluster again and run with --resume"
        )


def _dask() -> Any:
    try:
        return importlib.import_module("distributed")
    except ImportError as error:
        raise ConfigError("--scheduler needs Dask: pip install gridplan[cluster]") from error


@contextmanager
def _connected(dask: Any, address: str) -> Iterator[Any]:
    if not _ADDRESS.fullmatch(address):
        raise ConfigError(f"--scheduler {address}: no address; write tcp://HOST:PORT")
    try:
        client = dask.Client(address, timeout=PATIENCE_S, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise SolverError(
            f"{address}: no Dask scheduler answers there ({_first(error)}); start one with "
            "`dask scheduler` and workers with `dask worker ADDRESS`"
        ) from error
    try:
        yield client
    finally:
        client.close(timeout=_LOOK_S)


@contextmanager
def _silenced() -> Iterator[None]:
    """Keep what Dask says of lost connections off the terminal: the run tells what matters."""
    names = ("distributed", "distributed.client", "distributed.core", "distributed.comm", "tornado")
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _first(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
