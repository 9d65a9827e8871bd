"""Work in several processes: every piece once, errors and interruptions end it cleanly."""

import gc
import pickle
import signal
import subprocess
import sys
import time
from math import factorial, sqrt
from multiprocessing import active_children
from pathlib import Path

import numpy as np
import pytest
import shapely

from gridplan.crew import CODE, ElsewhereError
from gridplan.processes import Parcel, get_ready, process_count, run_pieces
from tests.conftest import SAMPLE
from tests.worlds import box


@pytest.mark.parametrize("workers", [1, 2])
def test_every_piece_is_answered_once(workers: int) -> None:
    """All pieces come back with their answers, whatever the number of workers."""
    pieces = range(9)
    assert sorted(run_pieces(factorial, pieces, workers)) == [(n, factorial(n)) for n in pieces]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_piece_reaches_the_caller(workers: int) -> None:
    """What a piece raises is raised here."""
    with pytest.raises(ValueError, match=r"domain|negative"):
        list(run_pieces(sqrt, [1.0, -1.0], workers))


class ObstinateError(Exception):
    """An error that cannot be made again from what it says."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(f"{first} of {second}")


def obstinate(piece: int) -> int:
    """Raise it."""
    raise ObstinateError(piece, 2)


def test_an_error_tells_where_it_was_raised() -> None:
    """The cause is the traceback of the other process, also of errors that cannot travel."""
    with pytest.raises(ValueError, match=r"domain|nonneg") as found:
        list(run_pieces(sqrt, [-1.0], 2))
    assert isinstance(found.value.__cause__, ElsewhereError)
    with pytest.raises(RuntimeError, match="ObstinateError: 1 of 2") as found:
        list(run_pieces(obstinate, [1], 2))
    assert "raise ObstinateError(piece, 2)" in str(found.value.__cause__)


def test_a_large_piece_and_a_large_answer_pass_each_other() -> None:
    """What is larger than a pipe holds goes there and back."""
    pieces = [np.full(300_000, n) for n in range(5)]
    found = {int(piece[0]): int(answer[-1]) for piece, answer in run_pieces(np.negative, pieces, 2)}
    assert found == {n: -n for n in range(5)}


def test_pieces_left_over_are_let_go() -> None:
    """Who needs no more answers leaves no process behind."""
    before = set(active_children())
    for _ in run_pieces(factorial, range(1000), 2):
        break
    gc.collect()
    assert set(active_children()) <= before


def test_a_parcel_keeps_its_shapes() -> None:
    """What goes to another process comes out the same, missing and empty shapes too."""
    shapes = np.array([box(0.1, 0.2, 1, 1), None, shapely.Polygon()], dtype=object)
    parcel: Parcel = pickle.loads(pickle.dumps(Parcel(shapes)))
    assert shapely.to_wkb(parcel.shapes).tolist() == shapely.to_wkb(shapes).tolist()


def has_read(module: str) -> bool:
    """Tell whether a process has read a module already."""
    return module in sys.modules


@pytest.mark.skipif(sys.platform != "linux", reason="processes come from a server on Linux only")
def test_processes_begin_with_the_code_they_need() -> None:
    """What most pieces need was read once, by the server that all processes come from."""
    get_ready(2)
    answers = dict(run_pieces(has_read, [*CODE, "gridplan.nothing"], 2))
    assert answers == {**dict.fromkeys(CODE, True), "gridplan.nothing": False}


def test_workers_are_counted() -> None:
    """0 means every core; any other number is taken as it is."""
    assert process_count(3) == 3
    assert process_count(0) >= 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals of another kind on Windows")
def test_interrupting_a_run_stops_everything(tmp_path: Path) -> None:
    """SIGINT ends the run with exit code 130, one line, no output folder and no stray process."""
    run = subprocess.Popen(
        [sys.executable, "-m", "gridplan", "partition", SAMPLE, "-o", tmp_path / "out",
         "--effort", "50", "--workers", "2", "--no-maps"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (tmp_path / "out.partial").exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(3)
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=60)  # ends when no process holds stderr any more
    assert run.returncode == 130
    assert said.strip() == "Interrupted."
    assert not (tmp_path / "out").exists()
