"""An interrupt is heard, whatever a library that is being loaded makes of it."""

import importlib
import signal
import sys
import time
from pathlib import Path

import pytest

from gridplan.cli.interrupts import heard

SWALLOWS = """
import signal
lost = False
try:
    signal.raise_signal(signal.SIGINT)
except BaseException:
    lost = True
"""


@pytest.fixture(autouse=True)
def _default_handler() -> None:
    """Tests start from Python's own handler."""
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def load(folder: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Import a library that catches all there is; tell whether it caught an interrupt."""
    (folder / "swallows.py").write_text(SWALLOWS, encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "swallows", raising=False)
    lost = importlib.import_module("swallows").lost
    assert isinstance(lost, bool)
    return lost


def test_without_care_it_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the rest of this file is for."""
    assert load(tmp_path, monkeypatch)


def test_an_interrupt_waits_for_the_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library does not see it; it acts when the library is there."""
    lost = []

    def run() -> None:
        lost.append(load(tmp_path, monkeypatch))
        time.sleep(30)

    with pytest.raises(KeyboardInterrupt), heard():
        run()
    assert lost == [False]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_elsewhere_it_acts_at_once() -> None:
    """Outside of an import nothing waits."""
    with pytest.raises(KeyboardInterrupt), heard():
        signal.raise_signal(signal.SIGINT)


def test_another_handler_is_left_alone() -> None:
    """Whoever embeds the command line keeps what they set."""

    def mine(number: int, frame: object) -> None:
        raise ValueError(number)

    signal.signal(signal.SIGINT, mine)
    try:
        with heard():
            assert signal.getsignal(signal.SIGINT) is mine
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
