"""The figures of whole runs: what the pages of ``benchmarks.scale`` and ``kills`` say of them."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from benchmarks import kills, scale
from benchmarks.scale import Run, Stage, Watch


def city(units: int, mode: str, seconds: float, cpu_s: float) -> Run:
    """A run of one long stage."""
    start = Stage("start", 0.0, 0.0, 50.0, 50.0)
    stages = (
        start,
        Stage("solve", seconds, cpu_s, 100.0, 150.0),
        Stage("audit", 0.0, 0.0, 90.0, 90.0),
    )
    return Run(units, units // 50, units * 25, units // 15, mode, stages, 0.99, 0.8, 0.1, 0)


RUNS = (
    city(1000, "1 worker", 100.0, 100.0),
    city(1000, "2 workers", 50.0, 100.0),
    city(10_000, "1 worker", 1000.0, 1000.0),
    city(10_000, "2 workers", 625.0, 1000.0),
)


def test_second_worker_and_growth_are_counted() -> None:
    """Twice as fast is an efficiency of 100 %; ten times the time for ten times the units is 1."""
    page = scale.page(RUNS, "A note.")
    assert "| 2 workers | 50 | 100 | 100 | 150 | 2.00 | 100% |" in page
    assert "| 2 workers | 625 | 1,000 | 100 | 150 | 1.60 | 80% |" in page
    assert scale.exponent(RUNS[0], RUNS[2]) == pytest.approx(1.0)
    assert "| 1,000 | 10,000 | 1.00 | 0.00 | 1.00 | 0.00 |" in page
    assert "A note." in page


def test_growth_is_that_of_the_mode_with_most_sizes(tmp_path: Path) -> None:
    """The page holds all runs of the folder, small cities first; sizes of another mode stay out."""
    runs = (*RUNS, city(100_000, "2 workers", 6250.0, 20_000.0))
    for number, run in enumerate(reversed(runs)):
        (tmp_path / f"city{number}-x.json").write_text(json.dumps(asdict(run)))
    assert scale.measured(tmp_path) == list(runs)
    page = scale.page(runs, "")
    assert "of all processes (2 workers)" in page
    assert "| 10,000 | 100,000 | 1.30 |" in page


def test_province_follows_from_the_largest_city() -> None:
    """By hand: 5 s a community at 80 % of two cores, so 100,000 take 86.8 hours."""
    page = scale.page(RUNS, "")
    assert "5.00 s of processor for each of its 200 communities" in page
    assert "two cores are used to 80%" in page
    assert "86.8 hours on 2 cores" in page
    assert "50 MB and 5.0 MB for each thousand units" in page


def test_nothing_follows_from_a_disturbed_run() -> None:
    """It has its row, its mark and its reason, and neither speed-up nor growth nor province."""
    late = replace(city(100_000, "1 worker", 90_000.0, 90_000.0), beside="tests beside")
    page = scale.page([*RUNS, late, city(100_000, "2 workers", 6250.0, 20_000.0)], "")
    rows = [row.split("|") for row in page.splitlines() if row.startswith("| 100,000 | ")]
    assert [row[4].strip() for row in rows[:2]] == ["1 worker*", "2 workers"]
    assert [row[9].strip() for row in rows[:2]] == ["", ""]
    assert "\\* 100,000 units, 1 worker: tests beside." in page
    assert "of all processes (2 workers)" in page
    assert "the city of 10,000 units takes" in page


def test_one_run_is_no_growth() -> None:
    """What cannot be known from what was measured is not said."""
    page = scale.page(RUNS[:1], "")
    assert "Growth needs two sizes." in page
    assert "needs a city on one worker and on two" in page


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="asks /proc what processes hold")
def test_watch_sees_the_children_too() -> None:
    """Memory and time of a process that another one started count for all, not for the run."""
    code = (
        "import subprocess, sys, time;"
        "p = subprocess.Popen([sys.executable, '-c', "
        "'x = bytearray(50_000_000); print(1, flush=True); import time; time.sleep(60)'],"
        "stdout=subprocess.PIPE); p.stdout.readline(); print(2, flush=True); time.sleep(60)"
    )
    run = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert run.stdout is not None
    run.stdout.readline()
    child = next(pid for pid, (parent, *_) in scale._processes().items() if parent == run.pid)
    watch = Watch(run.pid, ())
    watch.turn("end")
    os.kill(child, 9)
    run.kill()
    run.communicate()
    (stage,) = watch.stages
    assert stage.all_mb - stage.main_mb > 50
    assert 0 < stage.main_mb < 50


def test_page_of_kills_counts_what_is_the_same() -> None:
    """A run whose tables differ stands out."""
    found = [
        kills.Kill("processes", "run", 1.5, "checkpoints", 3, 4.0, same=True),
        kills.Kill("dask", "worker", 2.0, "begun", 0, 5.5, same=False),
    ]
    page = kills.page(found, "daan.toml", {"processes": 10.0, "dask": 12.0}, "")
    assert "**1 of 2 runs left the same bytes" in page
    assert "| dask | worker | 2.0 | begun | 0 | 5.5 | NO |" in page
    assert kills.victims("dask", 8, 0.25).count("worker") == 2
    assert kills.victims("processes", 3, 1.0) == ["process"] * 3
