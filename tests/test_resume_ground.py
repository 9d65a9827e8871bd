"""What survives of the ground: pieces that were finished while cells grew are not made again."""

import datetime as dt
import hashlib
import shutil
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.kills import stage_of, tables
from gridplan import borders
from gridplan.cells import grow
from gridplan.cells.place import Grown, Place
from gridplan.config import Config
from gridplan.layers import read_inputs
from gridplan.pipeline import Options, partition
from gridplan.prepare import Ground, prepare_ground
from gridplan.sample import config_text, make_city, write_city
from gridplan.shelf import Shelf, pack, unpack

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL on Windows")

PLAIN = Options(date=dt.date(2026, 1, 31), maps=False)

DIES = """
import os, signal, sys
from gridplan.cells import grow
from gridplan.cli import main
grow.TOGETHER_UNITS = 1
real, places = grow.grow_place, []
def grow_place(place):
    places.append(place)
    if len(places) == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(place)
grow.grow_place = grow_place
main()
"""
"""A run of the command line that is killed at its fifth community or premises."""

SPREADS = """
from gridplan.cells import grow
from gridplan.cli import main
grow.TOGETHER_UNITS, grow.ALONE_UNITS = 1, 0
main()
"""
"""A run that grows cells in other processes however small the city is."""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of three communities, whose units do not tile them."""
    folder = tmp_path_factory.mktemp("city")
    made = make_city(communities=3)
    write_city(made, folder)
    more = "\n[solve]\neffort = 0.05\nworkers = 1\n\n[outputs]\nmaps = []\nreport = false\n"
    (folder / "city.toml").write_text(config_text(made) + more, encoding="utf-8")
    return folder / "city.toml"


@pytest.fixture(scope="module")
def undisturbed(city: Path) -> dict[str, bytes]:
    """Tables of a run that nobody disturbed."""
    partition(Config.load(city), city.parent / "whole", PLAIN)
    return tables(city.parent / "whole")


@pytest.fixture
def grown(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Communities and premises that are grown from now on, each a piece of its own."""
    found: list[bytes] = []
    real = grow.grow_place

    def noted(place: Place) -> Grown:
        found.append(place.key)
        return real(place)

    monkeypatch.setattr(grow, "grow_place", noted)
    monkeypatch.setattr(grow, "TOGETHER_UNITS", 1)
    return found


def command(code: str, city: Path, out: Path, *more: str) -> "subprocess.Popen[bytes]":
    """Start a division in a process of its own."""
    asked = ["partition", str(city), "-o", str(out), "-q", "--no-maps", "--date", "2026-01-31"]
    return subprocess.Popen([sys.executable, "-c", code, *asked, *more])


def pieces(out: Path) -> list[Path]:
    """Pieces of its ground that a run has left."""
    return sorted((out.parent / f"{out.name}.partial").glob("checkpoints/*/pieces/[!.]*.part"))


def short(data: bytes, name: str) -> bytes:
    """Take a column out of a piece, and make its digest hold."""
    columns = unpack(data.partition(b"\n")[2], name)
    packed = pack(dict(list(columns.items())[1:]), name)
    return hashlib.sha256(packed).hexdigest().encode() + b"\n" + packed


def same(one: Ground, two: Ground) -> None:
    """Every table alike to the last bit."""
    for field in fields(one):
        a, b = getattr(one, field.name), getattr(two, field.name)
        if isinstance(a, pd.DataFrame):
            a, b = (pack({str(name): table[name] for name in table.columns}) for table in (a, b))
        assert a == b, field.name


def test_killed_while_growing_goes_on(
    city: Path, undisturbed: dict[str, bytes], grown: list[bytes], tmp_path: Path
) -> None:
    """What was grown before the kill is taken up, only the rest is grown; the same tables."""
    out = tmp_path / "out"
    assert command(DIES, city, out).wait() == -9
    assert (stage_of(out), len(pieces(out))) == ("growing", 4)
    assert partition(Config.load(city), out, replace(PLAIN, resume=True)) is not None
    assert len(grown) == len(set(grown)) > 4
    assert tables(out) == undisturbed
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert not list(out.rglob("*.part"))
    everything = len(grown) + 4
    grown.clear()
    prepare_ground(read_inputs(Config.load(city)), Config.load(city))
    assert len(grown) == everything


def test_workers_keep_what_they_finish(
    city: Path, undisturbed: dict[str, bytes], grown: list[bytes], tmp_path: Path
) -> None:
    """Pieces of two workers whose run was killed are taken up by a run that has none."""
    out = tmp_path / "out"
    running = command(SPREADS, city, out, "--workers", "2")
    while running.poll() is None and len(pieces(out)) < 3:
        time.sleep(0.01)
    running.kill()
    running.wait()
    prepare_ground(read_inputs(Config.load(city)), Config.load(city))
    everything = set(grown)
    grown.clear()
    assert partition(Config.load(city), out, replace(PLAIN, resume=True)) is not None
    assert set(grown) < everything
    assert len(grown) <= len(everything) - 3
    assert tables(out) == undisturbed


def test_torn_and_foreign_pieces_are_made_again(
    city: Path, grown: list[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A piece counts only whole, in its own place and for its own job, cells and borders alike."""
    job = Config.load(city)
    inputs = read_inputs(job)
    measured = []
    real = borders._borders
    monkeypatch.setattr(
        borders, "_borders", lambda run, **more: measured.append(run) or real(run, **more)
    )

    def again(shelf: Shelf) -> tuple[int, int]:
        """Prepare the ground; how much of it was made."""
        grown.clear()
        measured.clear()
        same(prepare_ground(inputs, job, shelf), ground)
        return len(grown), len(measured)

    ground = prepare_ground(inputs, job)
    shelf = Shelf(tmp_path / "pieces", "job")
    most = (len(grown), len(measured))
    assert most > (4, 0)
    assert again(shelf) == most
    assert again(shelf) == (0, 0)
    assert again(replace(shelf, job="another")) == most

    shutil.rmtree(shelf.place)
    assert again(shelf) == most
    kept = {path: path.read_bytes() for path in sorted(shelf.place.iterdir())}
    assert len(kept) == sum(most)
    others = [*list(kept.values())[1:], b""]
    for bad in (
        [data[:-1] for data in kept.values()],
        [data + b" " for data in kept.values()],
        others,
        [short(data, path.stem) for path, data in kept.items()],
    ):
        for path, data in zip(kept, bad, strict=True):
            path.write_bytes(data)
        assert again(shelf) == most
    assert {path: path.read_bytes() for path in sorted(shelf.place.iterdir())} == kept


def test_pieces_go_when_the_ground_stands(
    city: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """While communities are solved the ground is kept once, not twice."""
    monkeypatch.setattr(
        "gridplan.answers.solve", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        partition(Config.load(city), tmp_path / "out", PLAIN)
    assert stage_of(tmp_path / "out") == "ground"
    assert not list(tmp_path.rglob("pieces"))
