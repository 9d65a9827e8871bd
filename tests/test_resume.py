"""What survives: killed runs and workers, torn checkpoints, a full disk, a solver that breaks."""

import datetime as dt
import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from benchmarks.cluster import Cluster
from benchmarks.kills import Job, kept, stage_of, strike, tables
from gridplan import answers, grounds, prepare, work
from gridplan.answers import Answer, failed
from gridplan.checkpoints import keep, restore
from gridplan.cluster import greet, run_on_cluster
from gridplan.config import Config
from gridplan.config.sections import Solve
from gridplan.errors import ConfigError, GridplanError, OutputError, SolverError
from gridplan.export import folder as export_folder
from gridplan.export import whole
from gridplan.grounds import read_ground, write_ground
from gridplan.layers import read_inputs
from gridplan.optimise import Problem, Solution, solve
from gridplan.pipeline import Options, audit_folder, partition
from gridplan.prepare import Ground
from gridplan.processes import run_pieces
from gridplan.sample import config_text, make_city, write_city
from tests.deadly import POISON, die_of_poison, die_once, nap
from tests.jobs import CONFIG, chess_town
from tests.test_work import row_of_houses

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL on Windows")

DATE = dt.date(2026, 1, 31)
PLAIN = Options(date=DATE)
WEST, EAST = "110101001001", "110101001002"


def wait_for(ready: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process lives; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


# processes


def test_dead_process_is_replaced(tmp_path: Path) -> None:
    """Every piece is answered once, though one process after the other is killed."""
    marks = [tmp_path / f"m{i}" for i in range(3)]
    found = sorted((mark.name, answer) for mark, answer in run_pieces(die_once, marks, 2))
    assert found == [(mark.name, mark.name) for mark in marks]


def test_only_the_deadly_piece_is_given_up() -> None:
    """A piece that kills its process every time is named; all others are answered."""
    found = dict(run_pieces(die_of_poison, range(6), 2, lambda n: -n))
    assert found == {n: -n if n == POISON else n**2 for n in range(6)}


def test_deadly_piece_ends_a_run_that_needs_it() -> None:
    """Where nobody can do without a piece, the error says that its process died."""
    with pytest.raises(SolverError, match="process died"):
        list(run_pieces(die_of_poison, [POISON, 1], 2))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="asks /proc whether processes live")
def test_killed_run_leaves_no_process(tmp_path: Path) -> None:
    """The workers of a run that is killed end too."""
    parent = subprocess.Popen([sys.executable, "-m", "tests.deadly", str(tmp_path)])
    wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
    workers = [int(path.name) for path in tmp_path.iterdir()]
    assert all(map(alive, workers))
    parent.kill()
    parent.wait()
    wait_for(lambda: not any(map(alive, workers)), 20)


# checkpoints


def test_torn_checkpoint_is_told(tmp_path: Path) -> None:
    """A file that lost or changed any byte counts as none; so does that of another problem."""
    task = row_of_houses([90] * 9)
    path = tmp_path / "c1"
    answer = Answer(solve(task.problem), cut_m=10.0, causes=("the block is too large",))
    keep(answer, task.problem, path)
    good = path.read_bytes()
    found = restore(path, task.problem)
    assert found is not None
    assert found.solution.to_dict() == answer.solution.to_dict()
    assert found.causes == answer.causes
    assert restore(path, replace(task.problem, max=600)) is None
    lot = np.random.default_rng(0)
    torn = [b"", b"{}", b"\n", good[:-1], good + b" ", bytes(len(good)), good.replace(b"9", b"8")]
    torn += [good[:at] for at in lot.integers(0, len(good), 20).tolist()]
    for data in torn:
        path.write_bytes(data)
        assert restore(path, task.problem) is None, data[:80]


def same_frames(one: Ground, two: Ground) -> None:
    """Every table alike to the last bit, types and kinds of missing values too."""
    for field in fields(one):
        a, b = getattr(one, field.name), getattr(two, field.name)
        if not isinstance(a, pd.DataFrame):
            assert repr(a) == repr(b)
            continue
        assert type(a) is type(b)
        pd.testing.assert_frame_equal(
            pd.DataFrame(a), pd.DataFrame(b), check_exact=True, check_index_type="exact"
        )
        if isinstance(a, gpd.GeoDataFrame):
            assert a.crs == b.crs
            assert a.geometry.to_wkb().tolist() == b.geometry.to_wkb().tolist()
            a, b = a.drop(columns="geometry"), b.drop(columns="geometry")
        assert repr(a.to_numpy().tolist()) == repr(b.to_numpy().tolist())


def test_ground_comes_back_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In parts of any size; a torn, a mixed or a foreign one counts as none."""
    city = make_city(communities=2)
    write_city(city, tmp_path / "city")
    (tmp_path / "city" / "sample.toml").write_text(config_text(city), encoding="utf-8")
    job = Config.load(tmp_path / "city" / "sample.toml").replace({"solve.workers": 1})
    inputs = read_inputs(job)
    ground = prepare.prepare_ground(inputs, job)
    place = tmp_path / "ground"
    for rows in (7, 50_000):
        monkeypatch.setattr(grounds, "ROWS", rows)
        write_ground(ground, place, "job")
        found = read_ground(place, "job", inputs)
        assert found is not None
        same_frames(ground, found)
    assert read_ground(place, "another", inputs) is None
    part = place / "cells-0.part"
    good = part.read_bytes()
    other = (place / "borders-0.part").read_bytes()
    for data in (b"", good[:-1], good + b" ", other):
        part.write_bytes(data)
        assert read_ground(place, "job", inputs) is None
    part.unlink()
    assert read_ground(place, "job", inputs) is None


def test_resume_does_not_grow_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ended while it solved goes on from its ground; another job grows its own."""
    config = Config.load(chess_town(tmp_path))
    partition(config, tmp_path / "whole", PLAIN)
    grown = []

    def grow(*given: Any) -> Ground:
        grown.append(given)
        return prepare.prepare_ground(*given)

    monkeypatch.setattr(grounds, "prepare_ground", grow)
    with monkeypatch.context() as context:
        context.setattr(answers, "solve", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            partition(config, tmp_path / "out", PLAIN)
    assert stage_of(tmp_path / "out") == "ground"
    partition(config, tmp_path / "out", replace(PLAIN, resume=True))
    assert len(grown) == 1
    assert tables(tmp_path / "out") == tables(tmp_path / "whole")
    other = config.replace({"graph.min_shared_m": 2.0})
    partition(other, tmp_path / "out", replace(PLAIN, resume=True, overwrite=True))
    assert len(grown) == 2


def test_failure_has_no_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A community whose solver broke down is tried again; its cause is told."""
    task = row_of_houses([90] * 9)
    with monkeypatch.context() as broken:
        broken.setattr(answers, "solve", lambda *_, **__: 1 / 0)
        ((_, answer),) = work.solve_all([task], Solve(workers=1), lambda code: tmp_path / code)
    assert (answer.solution.status, answer.finished) == ("failed", False)
    assert "ZeroDivisionError" in answer.solution.reason
    assert not (tmp_path / "c1").exists()
    ((_, answer),) = work.solve_all([task], Solve(workers=1), lambda code: tmp_path / code)
    assert answer.finished


# one community fails


def break_in(monkeypatch: pytest.MonkeyPatch, *codes: str) -> None:
    """Let the solver break down in some communities."""

    def broken(problem: Problem, **asked: float) -> Solution:
        if problem.name in codes:
            raise MemoryError("no room")
        return solve(problem, **asked)

    monkeypatch.setattr(answers, "solve", broken)


def test_failing_community_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are written, the cause is told, and --resume does the missing one alone."""
    config = Config.load(chess_town(tmp_path))
    partition(config, tmp_path / "whole", PLAIN)
    with monkeypatch.context() as context:
        break_in(context, EAST)
        result = partition(config, tmp_path / "out", PLAIN)
    assert result is not None
    (finding,) = result.broken
    assert (finding.kind, finding.community_code) == ("community-failed", EAST)
    assert "MemoryError: no room" in finding.message
    assert set(result.plan.grids["community_code"]) == {WEST}
    assert audit_folder(tmp_path / "out") == list(result.audit)
    with monkeypatch.context() as context:
        break_in(context, WEST)  # what is finished is not done again
        again = partition(config, tmp_path / "out", replace(PLAIN, resume=True))
    assert again is not None
    assert again.broken == ()
    assert tables(tmp_path / "out") == tables(tmp_path / "whole")
    assert not (tmp_path / "out" / "checkpoints").exists()
    assert partition(config, tmp_path / "out", replace(PLAIN, resume=True)) is None


def test_community_without_a_problem_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What breaks while a community becomes a problem is told like what breaks in solving."""
    config = Config.load(chess_town(tmp_path))
    partition(config, tmp_path / "whole", PLAIN)
    real = prepare.settle_blocks

    def broken(graph: object, wanted: object, code: str, **more: object) -> dict[str, str]:
        if code == EAST:
            raise ValueError("a knot")
        return real(graph, wanted, code, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as context:
        context.setattr(prepare, "settle_blocks", broken)
        result = partition(config, tmp_path / "out", PLAIN)
    assert result is not None
    (finding,) = result.broken
    assert (finding.kind, finding.community_code) == ("community-failed", EAST)
    assert "ValueError: a knot" in finding.message
    assert set(result.plan.grids["community_code"]) == {WEST}
    again = partition(config, tmp_path / "out", replace(PLAIN, resume=True))
    assert again is not None
    assert tables(tmp_path / "out") == tables(tmp_path / "whole")


def test_resume_survives_a_kill_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checkpoints of a result with a failed community outlive a crash while they are fetched."""
    config = Config.load(chess_town(tmp_path))
    with monkeypatch.context() as context:
        break_in(context, EAST)
        partition(config, tmp_path / "out", PLAIN)
    with monkeypatch.context() as context:
        context.setattr(
            export_folder.shutil, "copytree", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            partition(config, tmp_path / "out", replace(PLAIN, resume=True))
    break_in(monkeypatch, WEST)
    result = partition(config, tmp_path / "out", replace(PLAIN, resume=True))
    assert result is not None
    assert result.broken == ()


def test_nothing_is_left_where_all_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every community fails the run does, with every cause, and writes nothing."""
    break_in(monkeypatch, WEST, EAST)
    with pytest.raises(SolverError) as caught:
        partition(Config.load(chess_town(tmp_path)), tmp_path / "out", PLAIN)
    assert len(caught.value.problems) == 2
    assert [path.name for path in tmp_path.glob("out*")] == ["out.partial"]
    assert kept(tmp_path / "out") == 0


def test_hopeless_run_leaves_nothing(tmp_path: Path) -> None:
    """What the input or the configuration is to blame for is not worth a prepared ground."""
    config = Config.load(chess_town(tmp_path, config=CONFIG + '\n[codes]\nprofile = "x{seq:01}"\n'))
    with pytest.raises(GridplanError):
        partition(config, tmp_path / "out", PLAIN)
    assert not list(tmp_path.glob("out*"))


# full disk


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="asks /proc which file is written")
def test_full_disk_keeps_what_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second checkpoint finds no room: a clear error, the first is kept and not done again."""
    config = Config.load(chess_town(tmp_path)).replace({"outputs.report": False})
    partition(config, tmp_path / "whole", PLAIN)
    real, calls = os.fsync, []

    def full(handle: int) -> None:
        name = Path(f"/proc/self/fd/{handle}").readlink().parent.name
        calls.append(name)
        if calls.count("checkpoints") == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    with monkeypatch.context() as context:
        context.setattr(whole.os, "fsync", full)
        with pytest.raises(OutputError, match=r"disk is full.*kept.*--resume"):
            partition(config, tmp_path / "out", PLAIN)
    assert kept(tmp_path / "out") == 1
    done = next((tmp_path / "out.partial" / "checkpoints").glob("*.json")).name.partition("-")[0]
    break_in(monkeypatch, done)
    partition(config, tmp_path / "out", replace(PLAIN, resume=True))
    assert tables(tmp_path / "out") == tables(tmp_path / "whole")


def test_system_that_refuses_to_write_is_named(tmp_path: Path) -> None:
    """Where a library cannot write its file: one line, exit code 1, checkpoints kept."""
    config = chess_town(tmp_path)
    limited = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000));"
        "from gridplan.cli import main; main()"
    )
    run = subprocess.run(
        [sys.executable, "-c", limited, "partition", config, "-o", tmp_path / "out", "-q"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (run.returncode, kept(tmp_path / "out")) == (1, 2), run.stderr
    assert run.stderr.startswith("Error: ")
    assert "Traceback" not in run.stderr


# kill -9 at random moments


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a town."""
    return chess_town(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def undisturbed(town: Path) -> dict[str, bytes]:
    """Tables of a run that nobody disturbed."""
    config = Config.load(town).replace({"outputs.report": False})
    partition(config, town.parent / "whole", replace(PLAIN, alternatives=1))
    return tables(town.parent / "whole")


def moment(lot: np.random.Generator, out: Path) -> Callable[[], bool]:
    """A random moment: some time after a random thing stands on the disk."""
    thing = str(lot.choice(["begun", "ground", "checkpoints", "plan.gpkg", "tables", "run.json"]))
    order = [
        "not begun",
        "begun",
        "growing",
        "ground",
        "checkpoints",
        "plan.gpkg",
        "tables",
        "plan.qgz",
        "run.json",
    ]
    delay_s = float(lot.uniform(0.0, 0.3))
    since: list[float] = []

    def reached() -> bool:
        stage = stage_of(out)
        if stage == "finished" or order.index(stage) >= order.index(thing):
            since.append(time.monotonic())
        return bool(since) and time.monotonic() - since[0] >= delay_s

    return reached


@pytest.mark.parametrize("seed", range(5))
def test_killed_run_goes_on(
    seed: int, town: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    """Killed at a random moment and resumed, a run leaves the same tables byte for byte."""
    lot = np.random.default_rng(seed)
    workers = "2" if seed == 4 else "1"
    job = Job(town, ("--alternatives", "1", "--workers", workers))
    out = tmp_path / "out"
    where = "process" if seed == 4 else "run"
    strike(job, out, where, moment(lot, out), None, seed)
    partition(
        Config.load(town).replace({"outputs.report": False}),
        out,
        replace(PLAIN, alternatives=1, resume=True, overwrite=True),
    )
    assert tables(out) == undisturbed
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


# a Dask cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A scheduler and two workers in processes of their own."""
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "1")
        with Cluster(2) as found:
            yield found


def test_killed_runs_on_a_cluster_go_on(
    cluster: Cluster, town: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    """The run is killed, resumed, and a worker killed under it: the same tables byte for byte."""
    lot = np.random.default_rng(7)
    job = Job(town, ("--alternatives", "1", "--scheduler", cluster.address))
    out = tmp_path / "out"
    strike(job, out, "run", moment(lot, out), cluster, 0)
    strike(job, out, "worker", moment(lot, out), cluster, 1, "--resume", "--overwrite")
    assert tables(out) == undisturbed


def test_lost_worker_loses_nothing(cluster: Cluster) -> None:
    """A worker is killed while pieces are on it: all come back once; a deadly one is given up."""
    found = []
    for piece, answer in run_on_cluster(nap, range(8), cluster.address, lambda n: -n):
        assert piece == answer
        if not found:
            cluster.kill_worker(0)
        found.append(piece)
    assert sorted(found) == list(range(8))
    ends = dict(run_on_cluster(die_of_poison, [1, 2, POISON], cluster.address, lambda n: -n))
    assert ends == {1: 1, 2: 4, POISON: -POISON}


def test_wrong_cluster_is_named(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """No address, nobody there, another version, or no Dask: each says what to do."""
    with pytest.raises(ConfigError, match="tcp://HOST:PORT"):
        greet("somewhere")
    monkeypatch.setattr("gridplan.cluster.PATIENCE_S", 1.0)
    with pytest.raises(SolverError, match="no Dask scheduler answers"):
        greet("tcp://127.0.0.1:9")
    cluster.client.wait_for_workers(2, timeout=60)
    greet(cluster.address)
    monkeypatch.setattr("gridplan.cluster.__version__", "99")
    with pytest.raises(SolverError, match="instead of 99"):
        greet(cluster.address)
    with pytest.raises(SolverError, match="instead of 99"):
        list(run_on_cluster(abs, [1], cluster.address, lambda n: n))
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError, match=r"gridplan\[cluster\]"):
        greet(cluster.address)


def test_failed_answer_is_told_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--log-json``: every line of stderr is JSON; what fails has the level error."""
    from gridplan.cli import main

    break_in(monkeypatch, EAST)
    arguments = ["partition", str(chess_town(tmp_path)), "-o", str(tmp_path / "out"), "-q"]
    monkeypatch.setattr(sys, "argv", ["gridplan", *arguments, "--log-json"])
    codes = []
    for _ in range(2):
        with pytest.raises(SystemExit) as left:
            main()
        codes.append(left.value.code)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert codes == [4, 1]  # the second time the folder is there
    bad = [line for line in lines if line["level"] == "error"]
    assert [line["event"] for line in bad] == ["solved", "broken", "error"]
    assert bad[0]["reason"] == failed("MemoryError: no room").solution.reason
    assert {"stage", "total", "done"} <= {line["event"] for line in lines}
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
