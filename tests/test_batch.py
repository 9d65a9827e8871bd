"""Many jobs in one go: which there are, what comes of them, and what settings trade."""

import csv
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from gridplan.batch import run as batch_run
from gridplan.batch.jobs import Job, as_value, read_jobs
from gridplan.batch.outcome import Outcome
from gridplan.batch.run import Settings, look_ahead, run_batch
from gridplan.batch.tradeoff import moved_share, trade_off, write_trade_off
from gridplan.batch.vary import read_vary, scenarios
from gridplan.cli.group import gridplan
from gridplan.config import Config
from gridplan.errors import ConfigError
from gridplan.pipeline import Options, partition
from gridplan.report.tradeoff import draw_trade_off
from tests.jobs import CONFIG, chess_town, tables

DATE = dt.date(2026, 1, 31)
QUICK = CONFIG + "report = false\n"
COMPANIONS = ("a", "b")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a town."""
    return chess_town(tmp_path_factory.mktemp("town"), config=QUICK)


@pytest.fixture(scope="module")
def done(town: Path) -> tuple[list[Outcome], Path]:
    """A batch of three: one good, one whose file is missing, one that breaks the range."""
    out = town.parent / "batch"
    jobs = [
        Job("good", town, out / "good"),
        Job("gone", town.with_name("gone.toml"), out / "gone"),
        Job("bad", town, out / "bad", (("grids.min", 450),)),
    ]
    return run_batch(jobs, Settings(out, workers=1, maps=False, date=DATE)), out


def command(*arguments: object) -> Result:
    """Run ``gridplan`` in this process; its exit code is what the command returns."""
    return CliRunner().invoke(
        gridplan, [str(a) for a in arguments], standalone_mode=False, catch_exceptions=True
    )


def rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def files(folder: Path, *names: str) -> None:
    """Make empty files."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


# which jobs there are


def test_patterns_find_configurations_in_order(tmp_path: Path) -> None:
    """A pattern names files in the order of their names; files of one name take their folder's."""
    files(tmp_path, "b/x.toml", "a/x.toml", "c/y.toml", "c/note.txt")
    jobs = read_jobs([str(tmp_path / "*" / "*.toml")], tmp_path / "out")
    assert [job.name for job in jobs] == ["a-x", "b-x", "y"]
    assert [job.out.name for job in jobs] == ["a-x", "b-x", "y"]
    assert {job.out.parent for job in jobs} == {tmp_path / "out"}


def test_list_as_toml(tmp_path: Path) -> None:
    """Settings stand nested or dotted; paths are relative to the list."""
    path = tmp_path / "jobs.toml"
    path.write_text(
        '[[jobs]]\nconfig = "a.toml"\nonly = ["c1", "c2"]\ngrids.min = 200\n"solve.effort" = 0.1\n'
        '[[jobs]]\nname = "next"\nconfig = "a.toml"\nout = "2027"\nprevious = "out/a"\n'
        'assignment = "hand.csv"\n',
        encoding="utf-8",
    )
    first, second = read_jobs([str(path)], tmp_path / "o")
    assert (first.name, first.only) == ("a", ("c1", "c2"))
    assert dict(first.changes) == {"grids.min": 200, "solve.effort": 0.1}
    assert first.config == tmp_path / "a.toml"
    assert second.out == tmp_path / "o" / "2027"
    assert second.previous == str(tmp_path / "out" / "a")
    assert second.assignment == tmp_path / "hand.csv"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_list_as_csv(tmp_path: Path, encoding: str) -> None:
    """A column with a dot is a setting, an empty cell is none; Chinese names in any encoding."""
    path = tmp_path / "jobs.csv"
    text = (
        "config,name,only,grids.min,project.language\n"
        "a.toml,和平街道第一社区网格划分任务,c1;c2,200,zh\na.toml,德胜街道第二社区网格划分任务,,,\n"
    )
    path.write_text(text, encoding=encoding)
    first, second = read_jobs([str(path)], tmp_path)
    assert (first.name, first.only) == ("和平街道第一社区网格划分任务", ("c1", "c2"))
    assert dict(first.changes) == {"grids.min": 200, "project.language": "zh"}
    assert (second.changes, second.only) == ((), ())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nothing/*.toml", "no file matches"),
        ("missing.toml", "no such file"),
        (".", "a folder; write"),
    ],
)
def test_what_names_no_job_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, says: str
) -> None:
    """An argument that names nothing is named, all of them at once, with exit code 2."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=says) as caught:
        read_jobs([text, "other.toml"], tmp_path)
    assert len(caught.value.problems) == 2
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("j.csv", "file,name\nx,y\n", 'no column "config"'),
        ("j.csv", "config,grid.size.min,mini\nx.toml,,3\n", "unknown key mini"),
        ("j.toml", "[[jobs]]\nname = 'a'\n", "job 1: no config"),
        ("j.toml", "jobs = 3\n", r"\[\[jobs\]\]"),
        ("j.csv", "config,name\nx.toml,a\ny.toml,a\n", "a: several jobs are called so"),
        ("j.csv", "config,name,out\nx.toml,a,o\ny.toml,b,o\n", "jobs a, b would all be written"),
    ],
)
def test_bad_list_is_told(tmp_path: Path, name: str, text: str, says: str) -> None:
    """What is wrong with a list of jobs is said before any is run."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=says):
        read_jobs([str(tmp_path / name)], tmp_path)


def test_values_are_read_as_toml_has_them() -> None:
    """Numbers, truth values and lists are such; plain text needs no quotes, and runs nothing."""
    texts = ["250", "0.5", "true", "[1, 2]", '"x"', "zh", "= 1\n[evil]", ""]
    assert [as_value(t) for t in texts] == [250, 0.5, True, [1, 2], "x", "zh", "= 1\n[evil]", ""]


# what comes of them


def test_one_bad_job_stops_nobody(done: tuple[list[Outcome], Path]) -> None:
    """The good one is written; of the others the cause and their own exit code are told."""
    outcomes, out = done
    assert [(o.status, o.exit_code) for o in outcomes] == [
        ("done", 0),
        ("failed", 2),
        ("broken", 4),
    ]
    assert "no such file" in outcomes[1].causes[0]
    assert "above the maximum" in outcomes[2].causes[0]
    assert (out / "good" / "plan.gpkg").is_file()
    assert not (out / "gone").exists()


def test_job_leaves_what_a_run_leaves(
    done: tuple[list[Outcome], Path], town: Path, tmp_path: Path
) -> None:
    """A job of a batch and a run by itself have the same tables, byte for byte."""
    partition(Config.load(town), tmp_path / "alone", Options(date=DATE, maps=False))
    assert tables(done[1] / "good") == tables(tmp_path / "alone")


def test_summary_adds_up(done: tuple[list[Outcome], Path], town: Path) -> None:
    """One line a job, by name: digests, seed, version, status, bound, seconds; so the manifest."""
    outcomes, out = done
    bad, gone, good = rows(out / "batch.csv")
    assert [row["job"] for row in (bad, gone, good)] == ["bad", "gone", "good"]
    assert [row["status"] for row in (bad, gone, good)] == ["broken", "failed", "done"]
    assert (good["communities"], good["optimal"], good["grids"], good["workers"]) == tuple("2288")
    assert (good["in_range"], good["households"], good["gap"]) == ("1", "3200", "0")
    assert good["objective"] == good["bound"]
    assert (good["seed"], good["version"]) == ("0", str(outcomes[0].run["version"]))
    assert good["configuration_digest"] == Config.load(town).replace({"solve.workers": 1}).digest()
    assert len(good["input_digests"].split()[-1]) == 64
    assert float(good["seconds"]) > 0
    assert float(good["border_m"]) == 1600
    assert gone["grids"] == gone["bound"] == ""
    record = json.loads((out / "batch.json").read_text(encoding="utf-8"))
    assert [job["job"] for job in record["jobs"]] == ["good", "gone", "bad"]
    answer = record["jobs"][0]["communities"]["110101001001"]
    assert (answer["status"], answer["gap"]) == ("optimal", 0.0)
    assert record["jobs"][2]["changes"] == {"grids.min": 450}
    assert record["jobs"][0]["configuration_in_effect"]["grids"]["min"] == 250


def test_resumed_batch_does_what_is_left(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was done is said to be so, and only the rest is done."""
    jobs = [Job(name, town, tmp_path / name) for name in COMPANIONS]
    settings = Settings(tmp_path, workers=1, maps=False, date=DATE)
    run_batch(jobs[:1], settings)
    seen: list[str] = []
    real = batch_run.partition

    def watched(config: Config, out: Path, options: Options, log: Any) -> Any:
        result = real(config, out, options, log)
        seen.append(f"{out.name} {'again' if result else 'complete'}")
        return result

    monkeypatch.setattr(batch_run, "partition", watched)
    outcomes = run_batch(jobs, replace(settings, resume=True))
    assert [o.status for o in outcomes] == ["done before", "done"]
    assert seen == ["a complete", "b again"]
    assert outcomes[0].measures == outcomes[1].measures


def test_jobs_run_side_by_side(town: Path, tmp_path: Path) -> None:
    """Two workers and two jobs: each in a process of its own, the same bytes, order as given."""
    jobs = [Job(name, town, tmp_path / name) for name in ("z", "a")]
    outcomes = run_batch(jobs, Settings(tmp_path, workers=2, maps=False, date=DATE))
    assert [o.job.name for o in outcomes] == ["z", "a"]
    assert [o.status for o in outcomes] == ["done", "done"]
    assert tables(tmp_path / "z") == tables(tmp_path / "a")


def test_job_that_breaks_down_is_told(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even an error that nobody foresaw stops the others."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(batch_run, "partition", broken)
    (outcome,) = run_batch([Job("a", town, tmp_path / "a")], Settings(tmp_path, workers=1))
    assert (outcome.status, outcome.causes) == ("failed", ("ZeroDivisionError: oops",))


def test_previous_plan_is_redivided(
    done: tuple[list[Outcome], Path], town: Path, tmp_path: Path
) -> None:
    """A job with a previous plan is a re-division of it: nothing changed, so codes go on."""
    job = Job("next", town, tmp_path / "next", previous=str(done[1] / "good"))
    (outcome,) = run_batch([job], Settings(tmp_path, workers=1, maps=False, date=DATE))
    assert (outcome.status, outcome.causes) == ("done", ())
    assert outcome.measures["change"] == 0
    old, new = (rows(folder / "tables" / "building_codes.csv") for folder in (
        done[1] / "good", job.out,
    ))  # fmt: skip
    assert [r["grid_code"] for r in old] == [r["grid_code"] for r in new]


def test_dry_run_does_nothing(town: Path, tmp_path: Path) -> None:
    """It says what would be done and everything that is wrong, and leaves no file."""
    (tmp_path / "old").mkdir()
    (tmp_path / "gone.toml").write_text(QUICK.replace("town.gpkg", "nowhere.gpkg"))
    jobs = [
        Job("new", town, tmp_path / "new"),
        Job("old", town, tmp_path / "old"),
        Job("bad", town, tmp_path / "x", (("grids.mini", 1), ("solve.effort", -1))),
        Job("gone", tmp_path / "gone.toml", tmp_path / "y"),
    ]
    found = list(look_ahead(jobs, Settings(tmp_path)))
    assert [(o.status, o.exit_code) for o in found] == [
        ("new", 0),
        ("exists", 0),
        ("failed", 2),
        ("failed", 1),
    ]
    assert len(found[2].causes) == 2
    assert "nowhere.gpkg" in found[3].causes[0]
    resumed = list(look_ahead(jobs, Settings(tmp_path, resume=True)))
    assert [o.status for o in resumed][:2] == ["new", "resumes"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["gone.toml", "old"]


# the command


def test_command_tells_what_failed(town: Path, tmp_path: Path) -> None:
    """Exit code 5 where a job failed; JSON on request; a dry run by default writes nothing."""
    listed = tmp_path / "jobs.csv"
    listed.write_text(f"config,name\n{town},a\n{town.parent / 'gone.toml'},b\n", encoding="utf-8")
    dry = command("batch", listed, "-o", tmp_path / "o", "--dry-run", "--json")
    assert (dry.return_value, [j["what"] for j in json.loads(dry.stdout)]) == (5, ["new", "failed"])
    assert not (tmp_path / "o").exists()
    ran = command(
        "batch", listed, "-o", tmp_path / "o", "--workers", 1, "--no-maps", "--json", "--effort", 2
    )
    answer = json.loads(ran.stdout)
    assert ran.return_value == 5
    assert [job["status"] for job in answer["jobs"]] == ["done", "failed"]
    record = json.loads((tmp_path / "o" / "batch.json").read_text(encoding="utf-8"))
    assert record["jobs"][0]["configuration_in_effect"]["solve"]["effort"] == 2


def test_command_varies_a_setting(town: Path, tmp_path: Path) -> None:
    """``--vary`` leaves a table and a chart, and a folder for each scenario; exit code 0."""
    ran = command(
        "batch", town, "-o", tmp_path, "--vary", "grids.min=250,300", "--workers", 1, "--no-maps"
    )
    assert ran.return_value == 0, ran.output
    table = rows(tmp_path / "scenarios.csv")
    assert [row["grids.min"] for row in table] == ["250", "300"]
    assert [row["change"] for row in table] == ["0", "0"]
    assert {row["police_aligned"] for row in table} == {"1"}
    assert "change: households in another grid" in " ".join(ran.output.split())
    with Image.open(tmp_path / "scenarios.png") as picture:
        assert picture.size[0] > 1000
    assert (tmp_path / "min-300" / "run.json").is_file()


def test_log_names_the_job(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--log-json``: every line is JSON and says which job it is of."""
    job = Job("the job", town, tmp_path / "a", (("grids.mini", 1),))
    run_batch([job], Settings(tmp_path, workers=1, log_json=True))
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["job"] for line in lines] == ["the job"]
    assert (lines[0]["level"], lines[0]["kind"]) == ("error", "ConfigError")


# scenarios


def test_every_combination_is_a_scenario(tmp_path: Path) -> None:
    """The last setting changes fastest; each has its own name, folder and settings."""
    varied = read_vary(["grids.min=200,250", "objective.per_grid=0,0.5"])
    made = scenarios([Job("x", tmp_path / "x.toml", changes=(("a.b", 1),))], varied, tmp_path)
    assert [job.name for job in made] == [
        "min-200_per_grid-0",
        "min-200_per_grid-0.5",
        "min-250_per_grid-0",
        "min-250_per_grid-0.5",
    ]
    assert len({job.out for job in made}) == 4
    assert dict(made[1].changes) == {"a.b": 1, "grids.min": 200, "objective.per_grid": 0.5}


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (["min=2"], "SECTION.KEY"),
        (["grids.min="], "SECTION.KEY"),
        (["grids.min=2,2"], "twice"),
        (["grids.min=2", "grids.min=3"], "twice"),
    ],
)
def test_bad_vary_is_told(texts: Sequence[str], says: str) -> None:
    """What cannot be varied is said."""
    with pytest.raises(ConfigError, match=says):
        read_vary(texts)


def test_vary_takes_one_configuration_and_some_sense(tmp_path: Path) -> None:
    """Two configurations, or a thousand scenarios, are an error."""
    jobs = [Job(name, tmp_path / name) for name in COMPANIONS]
    with pytest.raises(ConfigError, match="one configuration"):
        scenarios(jobs, read_vary(["grids.min=1"]), tmp_path)
    many = "grids.min=" + ",".join(map(str, range(501)))
    with pytest.raises(ConfigError, match="501 scenarios"):
        scenarios(jobs[:1], read_vary([many]), tmp_path)


def homes(grids: str, households: Sequence[int]) -> pd.DataFrame:
    """Units with one letter for the grid of each."""
    ids = [f"u{i}" for i in range(len(grids))]
    return pd.DataFrame({"unit_id": ids, "grid_code": list(grids), "households": households})


def test_change_counts_grids_that_share_more_than_half() -> None:
    """By hand: codes alone change nothing; what leaves its grid counts; a half is no majority."""
    ten = [10] * 6
    one = homes("aaabbb", ten)
    assert moved_share(one, homes("xxxyyy", ten)) == 0
    assert moved_share(one, homes("aabbbb", ten)) == round(10 / 60, 6)
    assert moved_share(one, homes("ababab", ten)) == round(20 / 60, 6)
    assert moved_share(homes("aabb", [10] * 4), homes("abab", [10] * 4)) == 1
    assert moved_share(one, homes("aaaaaa", ten)) == 1  # half of the new one is each old one


def test_failed_scenario_is_a_gap(tmp_path: Path, done: tuple[list[Outcome], Path]) -> None:
    """It has its line without numbers; change is counted from the first that was done."""
    outcomes = [done[0][1], done[0][0], done[0][2]]
    varied = read_vary(["grids.min=1,2,3"])
    outcomes = [
        replace(o, job=replace(o.job, changes=(("grids.min", i),)))
        for i, o in enumerate(outcomes, start=1)
    ]
    table = trade_off(outcomes, varied)
    assert table["status"].tolist() == ["failed", "done", "broken"]
    assert table["grids"].isna().tolist() == [True, False, False]
    assert table["change"].tolist()[1] == 0
    assert 0 < table["change"].tolist()[2] <= 1
    write_trade_off(table, varied, tmp_path, "zh")
    assert (tmp_path / "scenarios.png").stat().st_size > 5000
    write_trade_off(table.head(1).astype({"grids": object}), varied, tmp_path / "none", "en")
    assert not (tmp_path / "none" / "scenarios.png").exists()


def pixels(png: bytes, path: Path) -> np.ndarray:
    """Colours of a picture."""
    path.write_bytes(png)
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def test_chart_draws_every_line(tmp_path: Path) -> None:
    """Two lines in two colours; the same bytes twice; a layer's name from outside is only text."""
    table = pd.DataFrame(
        [
            {"scenario": i + 1, "grids.min": 200 + 50 * (i % 3), "objective.per_grid": i // 3,
             "grids": 10 + i, "workers": 10 + i, "in_range": 0.9 + i / 100, "change": i / 10,
             "border_m": 1000.0 * (i + 1), "$x_{1}<b>_aligned": 0.5 + i / 20}
            for i in range(6)
        ]
    )  # fmt: skip
    keys = ["grids.min", "objective.per_grid"]
    first = draw_trade_off(table, keys, "en")
    assert first == draw_trade_off(table, keys, "en")
    seen = pixels(first, tmp_path / "x.png")
    for colour in ((31, 95, 168), (194, 18, 126)):
        assert (np.abs(seen - colour).sum(axis=2) < 30).sum() > 200
    alone = draw_trade_off(table.head(3), keys[:1], "zh")
    assert (np.abs(pixels(alone, tmp_path / "y.png") - (194, 18, 126)).sum(axis=2) < 30).sum() == 0
