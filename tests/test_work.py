"""What the workers hand back beside the plan: ledger, alternatives, checkpoints, interruptions."""

import datetime as dt
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from gridplan import answers, metrics, pipeline, work
from gridplan.config import Config
from gridplan.config.sections import Solve
from gridplan.optimise import Problem, Solution, solve
from gridplan.pipeline import Options, partition
from gridplan.prepare import Task
from tests.conftest import SAMPLE
from tests.jobs import CONFIG, chess_town, tables

DATE = dt.date(2026, 1, 31)
TWO = Options(date=DATE, alternatives=2)
EFFORT = Solve(workers=1, effort=0.5)


def row_of_houses(households: list[int]) -> Task:
    """A row of units in three police areas, as a task."""
    n = len(households)
    data = {
        "name": "row",
        "min": 250,
        "max": 500,
        "nodes": {
            "id": [f"u{i}" for i in range(n)],
            "households": households,
            "area_m2": [100.0] * n,
        },
        "edges": {
            "u": list(range(n - 1)),
            "v": list(range(1, n)),
            "shared_m": [10.0 + i for i in range(n - 1)],
        },
        "zones": {"police": ["ABC"[i * 3 // n] for i in range(n)]},
    }
    return Task("c1", Problem.from_dict(data), ())


def read(out: Path, name: str) -> pd.DataFrame:
    """A table of an output, codes as text."""
    path = out / "tables" / f"{name}.csv"
    return pd.read_csv(path, encoding="utf-8-sig", dtype={"community_code": str})


def test_alignment_agrees_with_the_plan(tmp_path: Path) -> None:
    """What the table says is split is what measuring the written units gives."""
    result = partition(Config.load(chess_town(tmp_path)), tmp_path / "out", Options(date=DATE))
    assert result is not None
    units = pd.DataFrame(result.plan.units.drop(columns="geometry"))
    table = read(tmp_path / "out", "alignment").set_index("community_code")
    for code, own in units.groupby("community_code"):
        line = table.loc[code]
        assert line["splits"] == metrics.splits(own, "police").sum()
        assert line["excess_incidences"] == metrics.excess_incidences(own, "police", 500).sum()
        assert line["incidences"] == metrics.incidences(own, "police").shape[0]
        assert line["households"] == own["households"].sum()
        assert (line["proven"], line["least_splits"], line["split_zones"]) == ("yes", 2, 2)
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    (line,) = record["communities"]["110101001001"]["ledger"]
    assert (line["layer"], line["excess"], line["least"], line["proven"]) == ("police", 0, 0, True)


def test_no_layers_no_lines(tmp_path: Path) -> None:
    """Without jurisdictions the table has its heading alone, and no alternatives are written."""
    config = CONFIG.replace('[inputs.zones.police]\nlayer = "police"\nid = "station"\n', "")
    partition(
        Config.load(chess_town(tmp_path, config=config)), tmp_path / "out", Options(date=DATE)
    )
    assert len(read(tmp_path / "out", "alignment")) == 0
    assert not (tmp_path / "out" / "tables" / "alternatives.csv").exists()


def test_alternatives_are_the_same_whatever_runs_them(tmp_path: Path) -> None:
    """One worker or two, rows shuffled or not: byte-identical tables of alternatives."""
    plain = Config.load(chess_town(tmp_path / "a"))
    mixed = Config.load(chess_town(tmp_path / "b", shuffle=1)).replace({"solve.workers": 2})
    partition(plain, tmp_path / "one", TWO)
    partition(mixed, tmp_path / "two", TWO)
    one = tables(tmp_path / "one")
    assert {"alternatives.csv", "alternative_units.csv", "alignment.csv"} <= set(one)
    assert one == tables(tmp_path / "two")


def test_alternatives_add_up(tmp_path: Path) -> None:
    """Number 0 is the plan; every alternative places every unit, in as many grids as it says."""
    result = partition(Config.load(chess_town(tmp_path)), tmp_path / "out", TWO)
    assert result is not None
    plans = read(tmp_path / "out", "alternatives").set_index(["community_code", "alternative"])
    units = read(tmp_path / "out", "alternative_units")
    for key, own in units.groupby(["community_code", "alternative"]):
        assert len(own) == 16
        assert own["grid"].min() == 1
        assert own["grid"].max() == own["grid"].nunique() == plans.loc[key, "grids"]
    assert (plans["breach"] == 0).all()
    assert (plans.xs(0, level="alternative")["households_moved"] == 0).all()
    assert (plans.drop(0, level="alternative")["households_moved"] > 0).all()
    best = {s.code: s.solution.objective for s in result.solved}
    for code, cost in plans.xs(0, level="alternative")["objective"].items():
        assert cost == pytest.approx(best[code], abs=1e-6)
    dictionary = read(tmp_path / "out", "data_dictionary")
    assert "police_excess" in set(dictionary["field_name"])


def test_resume_brings_alternatives_back_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is computed twice, and the tables of a resumed run are the same bytes."""
    config = Config.load(chess_town(tmp_path))
    partition(config, tmp_path / "whole", TWO)
    with monkeypatch.context() as broken:
        broken.setattr(pipeline, "assemble", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            partition(config, tmp_path / "out", TWO)
    monkeypatch.setattr(answers.Solver, "__call__", lambda *_: pytest.fail("done again"))
    partition(config, tmp_path / "out", replace(TWO, resume=True))
    assert tables(tmp_path / "out") == tables(tmp_path / "whole")


def test_hand_made_plan_has_its_ledger(tmp_path: Path) -> None:
    """A plan that splits without need is told so, and alternatives to it are found."""
    units = [f"u{i:02d}" for i in range(32)]
    strips = [f"g{i // 8}{i % 8 // 4}" for i in range(32)]  # each row of four squares is a grid
    pd.DataFrame({"unit_id": units, "grid": strips}).to_csv(tmp_path / "hand.csv", index=False)
    options = replace(TWO, assignment=tmp_path / "hand.csv")
    result = partition(Config.load(chess_town(tmp_path)), tmp_path / "out", options)
    assert result is not None
    line = read(tmp_path / "out", "alignment").iloc[0]
    assert (line["splits"], line["least_splits"], line["proven"]) == (6, 2, "yes")
    assert line["split_list"] == "A (4); B (4)"
    assert (read(tmp_path / "out", "alternatives")["dearer"] < 0).any()


def test_alternative_can_be_taken(tmp_path: Path) -> None:
    """Rows of one number are a hand-made plan, and cost what the table says."""
    config = Config.load(chess_town(tmp_path))
    partition(config, tmp_path / "out", TWO)
    units = read(tmp_path / "out", "alternative_units")
    units[units["alternative"] == 1].to_csv(tmp_path / "hand.csv", index=False)
    taken = partition(
        config, tmp_path / "taken", Options(date=DATE, assignment=tmp_path / "hand.csv")
    )
    assert taken is not None
    plans = read(tmp_path / "out", "alternatives").set_index(["community_code", "alternative"])
    for s in taken.solved:
        cost = plans.loc[(s.code, 1), "objective"]
        assert s.solution.objective == pytest.approx(cost, abs=1e-6)


def test_answer_that_ran_out_is_kept(tmp_path: Path) -> None:
    """What was stopped by effort or time is finished and never done again."""
    task = row_of_houses([120] * 9)

    def run() -> work.Answer:
        ((_, answer),) = work.solve_all([task], EFFORT, lambda code: tmp_path / code)
        return answer

    def given(stopped: str) -> Solution:
        return replace(solve(task.problem), stopped=stopped)

    for stopped in ("time", "effort"):
        (tmp_path / "c1").unlink(missing_ok=True)
        made = {"c1": given(stopped)}
        list(work.solve_all([task], EFFORT, lambda code: tmp_path / code, made=made))
        assert run().solution.stopped == stopped


def test_checkpoint_keeps_everything(tmp_path: Path) -> None:
    """What comes back from a checkpoint equals what went in; a torn file is done again."""
    task = row_of_houses([90] * 18)
    answers = []
    for _ in range(2):
        found = work.solve_all([task], EFFORT, lambda code: tmp_path / code, count=2)
        answers += [answer for _, answer in found]
    first, second = answers
    assert first.ledger == second.ledger != ()
    assert len(first.alternatives) > 1
    assert [(a.question, a.trade_off, a.solution.to_dict()) for a in first.alternatives] == [
        (a.question, a.trade_off, a.solution.to_dict()) for a in second.alternatives
    ]
    whole = (tmp_path / "c1").read_bytes()
    (tmp_path / "c1").write_bytes(whole[: len(whole) // 2])
    ((_, again),) = work.solve_all([task], EFFORT, lambda code: tmp_path / code, count=2)
    assert again.ledger == first.ledger


def test_interrupted_answer_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the optimiser takes Ctrl-C as a sign to stop early, the run ends all the same."""
    task = row_of_houses([120] * 9)
    stopped = replace(solve(task.problem), stopped="interrupt")
    monkeypatch.setattr(answers, "solve", lambda *_, **__: stopped)
    with pytest.raises(KeyboardInterrupt):
        list(work.solve_all([task], EFFORT, lambda code: tmp_path / code))
    assert not (tmp_path / "c1").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of another kind on Windows")
def test_interrupting_one_worker_is_clean(tmp_path: Path) -> None:
    """SIGINT in the only process: exit code 130, one line, no output folder."""
    run = subprocess.Popen(
        [sys.executable, "-m", "gridplan", "partition", SAMPLE, "-o", tmp_path / "out",
         "--workers", "1", "--effort", "50", "--no-maps"],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 180
    kept = tmp_path / "out.partial" / "checkpoints"
    while not any(kept.glob("*.json")) and time.monotonic() < deadline:
        time.sleep(0.05)  # until libraries are loaded, the import of which would swallow it
    run.send_signal(signal.SIGINT)
    try:
        _, said = run.communicate(timeout=60)
    finally:
        run.kill()
    assert (run.returncode, said.strip()) == (130, "Interrupted.")
    assert not (tmp_path / "out").exists()
