"""Pieces of work that end their own process, for the tests of what survives that."""

import os
import signal
import sys
import time
from pathlib import Path

from gridplan.processes import run_pieces

POISON = 3


def die_once(mark: Path) -> str:
    """End the process at the first call with a mark; answer at the second."""
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return mark.name


def die_of_poison(number: int) -> int:
    """End the process over one number, always; square the others."""
    if number == POISON:
        os.kill(os.getpid(), signal.SIGKILL)
    return number**2


def nap(number: int) -> int:
    """Take a while."""
    time.sleep(0.3)
    return number


def nap_for_ever(folder: Path) -> None:
    """Say who this is, and wait."""
    (folder / str(os.getpid())).touch()
    time.sleep(600)


if __name__ == "__main__":  # two workers that wait until their parent is gone
    list(run_pieces(nap_for_ever, [Path(sys.argv[1])] * 2, 2))
