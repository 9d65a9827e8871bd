"""The benchmark's own judge, parts and report, on problems small enough to check by hand."""

import dataclasses
import io
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import cities, launch
from benchmarks.judge import Judge, Verdict
from benchmarks.keeper import Keeper
from benchmarks.launch import to_record
from benchmarks.part import parts_of
from benchmarks.peers import PEERS, gridplan_solve
from benchmarks.records import Record, Size, add_record, read_records
from benchmarks.report import cases_of, class_name, in_time, kind_of, read_reference, report
from benchmarks.run import HERE, main, problems, sample
from gridplan.optimise import Problem, evaluate
from gridplan.sample import config_text, make_city, write_city


def row(**changes: Any) -> dict[str, Any]:
    """Four lots in a row, 200 households and 100 m2 each, borders of 30 m."""
    data: dict[str, Any] = {
        "name": "row",
        "min": 250,
        "max": 500,
        "target": 375,
        "nodes": {"id": list("abcd"), "households": [200] * 4, "area_m2": [100.0] * 4},
        "edges": {"u": [0, 1, 2], "v": [1, 2, 3], "shared_m": [30.0] * 3},
        "zones": {"police": ["P", "P", "P", "Q"]},
    }
    return data | changes


def lattice(seed: int, **changes: Any) -> dict[str, Any]:
    """Twenty lots in a rectangle with random households and two layers."""
    rng = np.random.default_rng(seed)
    place = np.arange(20).reshape(4, 5)
    u = np.concatenate([place[:, :-1].ravel(), place[:-1].ravel()])
    v = np.concatenate([place[:, 1:].ravel(), place[1:].ravel()])
    data: dict[str, Any] = {
        "name": "lattice",
        "nodes": {
            "id": [f"u{i}" for i in range(20)],
            "households": rng.integers(0, 200, 20).tolist(),
            "area_m2": rng.uniform(100, 900, 20).tolist(),
        },
        "edges": {
            "u": u.tolist(),
            "v": v.tolist(),
            "shared_m": rng.uniform(5, 60, len(u)).tolist(),
            "cost_m": rng.uniform(2, 60, len(u)).tolist(),
        },
        "zones": {
            "police": [f"P{i}" for i in rng.integers(0, 3, 20)],
            "school": [None if i == 0 else f"S{i}" for i in rng.integers(0, 4, 20)],
        },
        "weights": {"police": 1.5, "per_grid": 0.3, "change": 1.0},
        "previous": [None if i == 0 else f"old{i}" for i in rng.integers(0, 4, 20)],
    }
    return data | changes


def test_cost_by_hand() -> None:
    """Two halves: P needs two grids and gets two, Q one and one; each grid is 25 above target."""
    value = Judge(row()).verdict([0, 0, 1, 1])
    scale = 4 * (400 / (800 / 375)) ** 0.5
    assert value[:3] == (0, 0, 0)
    assert value.cost == pytest.approx(0.02 + 30 / scale)


@pytest.mark.parametrize(
    ("labels", "breach"), [([0, 0, 0, 1], 150), ([0, 0, 0, 0], 300), ([0, 1, 2, 3], 200)]
)
def test_breach_by_hand(labels: list[int], breach: int) -> None:
    """Households below 250 and above 500 are counted, grid by grid."""
    assert Judge(row()).verdict(labels).breach == breach


@pytest.mark.parametrize("seed", range(8))
def test_agrees_with_the_optimiser(seed: int) -> None:
    """Two independent readings of section 11 give the same breach and cost to any assignment."""
    data = lattice(seed)
    labels = np.random.default_rng(seed + 100).integers(0, 5, 20)
    breach, _, cost = Judge(data).measure(labels)
    theirs = evaluate(Problem.from_dict(data), labels)
    assert breach == theirs[0]
    assert cost == pytest.approx(theirs[1])


@pytest.mark.parametrize(
    ("labels", "changes", "word"),
    [
        ([0, 1, 2, 0], {}, "in pieces"),
        ([0, 0, 1], {}, "labels"),
        ([0, 0, 0, 1], {"modes": {"police": "nest"}}, ""),
        ([0, 0, 1, 1], {"modes": {"police": "nest"}}, "crosses police"),
        ([0, 0, 1, 1], {"grids": 3}, "3 are fixed"),
        ([0, 0, 1, 1], {"locks": [{"kind": "together", "a": "b", "b": "c"}]}, "lock together"),
        ([0, 0, 1, 1], {"locks": [["apart", "b", "c"]]}, ""),
        ([0, 0, 1, 1], {}, ""),
    ],
)
def test_faults(labels: list[int], changes: dict[str, Any], word: str) -> None:
    """Every broken hard rule is named, and nothing else is."""
    faults = Judge(row(**changes)).faults(labels)
    assert len(faults) == (1 if word else 0)
    assert all(word in fault for fault in faults)


def test_blocks_stay_together_and_join_what_they_hold() -> None:
    """A torn block is a fault; the two ends of a row are one grid when they are one block."""
    data = row()
    data["nodes"]["block"] = ["K", None, None, "K"]
    judge = Judge(data)
    assert judge.faults([0, 1, 1, 0]) == []
    assert any("torn" in fault for fault in judge.faults([0, 0, 1, 1]))


def test_a_grid_without_households_is_a_fault_unless_alone() -> None:
    """A park is no grid, but an island of it may be."""
    data = row()
    data["nodes"]["households"] = [200, 200, 300, 0]
    assert Judge(data).faults([0, 0, 1, 2]) == ["grid 2 has no households"]
    data["edges"] = {"u": [0, 1], "v": [1, 2], "shared_m": [30.0, 30.0]}
    assert Judge(data).faults([0, 0, 1, 2]) == []


def test_a_whole_zone_that_fits_is_one_node() -> None:
    """It may not be torn, and peers see it as one block."""
    data = row(zones={"property": ["X", "X", None, None]}, modes={"property": "whole"})
    judge = Judge(data)
    assert judge.kept == [[0, 1]]
    assert judge.faults([0, 1, 1, 1])
    (part,) = parts_of(judge)
    assert part.households.tolist() == [400, 200, 200]


def test_parts_are_what_borders_join() -> None:
    """A nested layer cuts its borders; every part knows its units, borders and likely counts."""
    parts = parts_of(Judge(row(modes={"police": "nest"})))
    assert [part.units.tolist() for part in parts] == [[0, 1, 2], [3]]
    assert parts[0].counts() == [2]
    assert parts[0].neighbours() == [[1], [0, 2], [1]]
    assert np.isfinite(parts[0].places).all()


def test_keeper_keeps_the_best_and_writes_every_improvement() -> None:
    """A worse plan and a plan in pieces are dropped."""
    out = io.StringIO()
    judge = Judge(row())
    keeper = Keeper(judge, 10.0, out)
    (part,) = parts_of(judge)
    keeper.start()
    keeper.begin([part])
    offers = [keeper.offer(part, plan) for plan in ([0, 0, 0, 1], [0, 0, 1, 1], [0, 1, 1, 0])]
    assert offers == [True, True, False]
    assert keeper.value == judge.verdict([0, 0, 1, 1])
    kinds = [json.loads(line)["kind"] for line in out.getvalue().splitlines()]
    assert kinds == ["start", "plan", "plan", "plan"]


def test_a_peer_may_stop_at_a_proven_optimum() -> None:
    """Not before: a plan that the optimum beats leaves it running."""
    judge = Judge(row())
    keeper = Keeper(judge, 10.0, io.StringIO(), judge.verdict([0, 0, 1, 1]))
    (part,) = parts_of(judge)
    keeper.start()
    keeper.begin([part])
    keeper.offer(part, [0, 0, 0, 1])
    assert not keeper.over()
    keeper.offer(part, [1, 1, 0, 0])
    assert keeper.over()
    assert keeper.left() > 5


def test_time_is_the_processor_time_of_the_peer() -> None:
    """A process that sleeps spends none, so a busy machine takes nothing from a peer."""
    code = "import sys, time; print(1, flush=True); time.sleep(30)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        born = time.perf_counter() - 1000
        passed = launch._passed(child.pid, born)
        child.kill()
    assert passed < 100 if Path("/proc").is_dir() else passed >= 1000
    assert launch._passed(0, born) >= 1000


def test_a_sample_has_problems_of_every_class(tmp_path: Path) -> None:
    """So many of each size class, spread over its sizes, whatever their names."""
    for lots in (10, 20, 30, 50, 70):
        for each in (20, 90):
            nodes = {"id": list(range(lots)), "households": [each] * lots, "area_m2": [1.0] * lots}
            links = {"u": [*range(lots - 1)], "v": [*range(1, lots)]}
            data = {"nodes": nodes, "edges": {**links, "shared_m": [1.0] * (lots - 1)}}
            (tmp_path / f"{lots}-{each}.json").write_text(json.dumps(data), encoding="utf-8")
    tasks = list(problems([tmp_path], []))
    assert sample(tasks, 0) == tasks
    few = sample(tasks, 1)
    assert sorted(task.name for task in few) == [
        "20-20", "20-90", "50-20", "50-90", "70-20", "70-90"
    ]  # fmt: skip
    assert {kind_of(Size.of(t.judge)) for t in few} == {kind_of(Size.of(t.judge)) for t in tasks}


def blank(peer: str = "gridplan", **changes: Any) -> Record:
    """A record of the row before any run."""
    record = Record("row", "0" * 12, peer, 10.0, 0, Size.of(Judge(row())), "a machine")
    return dataclasses.replace(record, **changes)


def test_a_killed_run_keeps_what_it_had_found_in_time() -> None:
    """The last plan counts that stood within a tenth of the limit; it is judged again."""
    judge = Judge(row())
    plans = {3.0: [0, 0, 0, 1], 9.0: [0, 0, 1, 1], 12.0: [0, 1, 2, 3]}
    lines: list[dict[str, Any]] = [{"kind": "start"}]
    lines += [
        {"kind": "plan", "seconds": s, "value": list(judge.verdict(p)), "plan": p}
        for s, p in plans.items()
    ]
    record = to_record(blank("METIS"), judge, lines, "time", 33.0, "")
    assert record.value == judge.verdict([0, 0, 1, 1])
    assert (record.ended, record.proven, record.grids, record.found_s) == ("time", False, 2, 9.0)
    assert record.value is not None
    assert record.reached(record.value) == 9.0


def test_a_run_that_lies_about_its_plan_is_noted() -> None:
    """The value that counts is the judge's."""
    line = {"kind": "plan", "seconds": 1.0, "value": [0, 0, 0, 0.0], "plan": [0, 0, 1, 1]}
    record = to_record(blank("METIS"), Judge(row()), [line], "done", None, "")
    assert record.value == Judge(row()).verdict([0, 0, 1, 1])
    assert "judged differently" in record.note


def test_records_are_read_back(tmp_path: Path) -> None:
    """What is written is read; a torn last line is dropped; the last of a key counts."""
    path = tmp_path / "results.jsonl"
    value = Verdict(0, 0, 0, 1.5)
    record = blank(value=value, trace=[(0.5, value)], proven=True)
    for seconds in (1.0, 2.0):
        add_record(dataclasses.replace(record, seconds=seconds), path)
    path.write_text(path.read_text() + '{"problem": "torn')
    assert read_records(path) == {record.key: dataclasses.replace(record, seconds=2.0)}


def ran(peer: str, cost: float, found_s: float, **changes: Any) -> Record:
    """A finished run with one plan."""
    value = Verdict(0, 0, 0, cost)
    made = {"value": value, "seconds": found_s, "found_s": found_s, "trace": [(found_s, value)]}
    return blank(peer, **(made | changes))


def test_report_figures() -> None:
    """Shares, ratios and lists are those of the records."""
    records = [ran("gridplan", 2.0, 0.1, proven=True, gap=0.0), ran("METIS", 2.5, 40.0)]
    text = report(records, {"row": Verdict(0, 0, 0, 2.0)})
    assert "| gridplan | 1 | 100.0 % | 100.0 % | 100.0 % | 1.000 | 100.0 % |" in text
    assert "| METIS | 1 | 100.0 % | 100.0 % | 0.0 % | 1.250 | 0.0 % |" in text
    assert "A peer's plan is better than gridplan's: none" in text
    assert "Above the reference: none" in text


def test_problems_that_peers_did_not_get_count_for_gridplan_alone() -> None:
    """The median gap is that of all problems, comparisons are of those that peers got too."""
    size = Size(80, 80, 160, 3750, 8.0)
    ours = [
        ran("gridplan", 2.0, 0.1, problem=name, size=size, gap=gap)
        for name, gap in (("a", 0.02), ("b", 0.04), ("c", 0.5))
    ]
    text = report([*ours, ran("METIS", 2.5, 1.0, problem="a", size=size)], {})
    assert "3 problems, 1 of them given to the peers too" in text
    assert "60 to 200 blocks, 3 problems: median gap 4.00 %, proven 0.0 %." in text
    assert "| gridplan | 1 | 100.0 % |" in text


def test_what_is_settled_needs_no_peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --open peers get what is not proven or reached late; the report counts the rest."""
    runs = [ran("gridplan", 2.0, 0.1, problem="row", proven=True)]
    runs += [ran("gridplan", 2.0, 1.1, problem="late", proven=True)]
    runs += [ran("gridplan", 2.0, 0.1, problem="unproven")]
    untold = ran("gridplan", 2.0, 0.1, problem="untold", proven=True, trace=[])
    assert [case.settled for case in cases_of([*runs, untold], {})] == [False, True, False, False]
    text = report(runs, {})
    assert "Of the 3 problems without peers" in text
    assert "within 1 s on 1: no peer can be better there" in text
    assert "2 are open." in text
    got: list[tuple[str, str]] = []

    def launched(record: Record, *_: object) -> Record:
        got.append((record.problem, record.peer))
        return ran(record.peer, 2.0, 0.1, problem=record.problem, digest=record.digest, proven=True)

    monkeypatch.setattr("benchmarks.run.launch", launched)
    monkeypatch.setattr("benchmarks.run._machine", lambda: "a machine")
    (tmp_path / "row.json").write_text(json.dumps(row()), encoding="utf-8")
    words = ["--problems", str(tmp_path), "--seconds", "10", "--out", str(tmp_path / "R.md")]
    assert main([*words, "--open"]) == 0
    assert got == [("row", "gridplan")]
    assert main(words) == 0
    assert len(got) == len(PEERS)


def test_records_of_another_machine_answer_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They stay in the file, and neither stand for a run here nor enter its page."""
    (tmp_path / "row.json").write_text(json.dumps(row()), encoding="utf-8")
    (task,) = problems([tmp_path], [])
    file, page = tmp_path / "results.jsonl", tmp_path / "R.md"
    add_record(ran("gridplan", 3.5, 0.1, digest=task.digest, machine="elsewhere"), file)
    value = Verdict(0, 0, 0, 2.0)
    monkeypatch.setattr(
        "benchmarks.run.launch", lambda run, *_: dataclasses.replace(run, value=value)
    )
    monkeypatch.setattr("benchmarks.run._machine", lambda: "a machine")
    words = ["--problems", str(tmp_path), "--seconds", "10", "--only", "gridplan"]
    assert main([*words, "--out", str(page)]) == 0
    assert [r.machine for r in read_records(file).values()] == ["elsewhere", "a machine"]
    assert "Machine: a machine." in page.read_text(encoding="utf-8")


def test_the_published_page_is_what_the_published_records_say(shared: Path) -> None:
    """RESULTS.md is never written by hand, nor left behind by a change of the report."""
    page = (HERE / "RESULTS.md").read_text(encoding="utf-8")
    kept = read_records(HERE / "results.jsonl").values()
    mine = [r for r in kept if f"{r.limit_s:g} s a run" in page and f" {r.machine}. " in page]
    assert report(mine, read_reference([shared / "problems" / "any.json"])) == page


def test_report_hides_no_defeat() -> None:
    """A refuted proof, a better peer and a missed reference are listed by name."""
    records = [ran("gridplan", 2.0, 0.1, proven=True), ran("METIS", 1.5, 40.0)]
    text = report(records, {"row": Verdict(0, 0, 0, 1.5)})
    assert "Proofs refuted by a better plan (an error): 1" in text
    assert "A peer's plan is better than gridplan's: 1" in text
    assert "Above the reference: 1" in text


@pytest.mark.parametrize(
    ("ours", "theirs", "enough"), [(0.9, 1.0, True), (1.9, 40.0, True), (2.1, 40.0, False)]
)
def test_in_time(ours: float, theirs: float, enough: bool) -> None:
    """The best peer's plan is due within the larger of a second and a twentieth of its time."""
    (case,) = cases_of([ran("gridplan", 2.0, ours), ran("METIS", 2.0, theirs)], {})
    assert in_time(case.lead()) is enough


def test_gridplan_leaves_a_trace() -> None:
    """Every plan that gridplan tells of is judged and written down, each better than the last."""
    out = io.StringIO()
    data = lattice(3)
    gridplan_solve.answer(data, Keeper(Judge(data), 5.0, out), 0)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    plans = [line for line in lines if line["kind"] == "plan"]
    assert plans
    assert [line["value"] for line in plans] == sorted(
        (line["value"] for line in plans), reverse=True
    )
    assert all(Judge(data).verdict(line["plan"]) == Verdict(*line["value"]) for line in plans)
    assert lines[-1]["kind"] == "answer"
    assert lines[-1]["seconds"] >= plans[-1]["seconds"]


def test_a_plan_in_pieces_is_nobodys_best() -> None:
    """Broken rules count before breach and cost."""
    broken = ran("METIS", 1.0, 1.0, value=Verdict(1, 0, 0, 1.0))
    (case,) = cases_of([ran("gridplan", 2.0, 1.0), broken], {})
    assert case.known == Verdict(0, 0, 0, 2.0)
    assert case.rival is None


def test_every_size_has_a_class() -> None:
    """Ten classes, each with its own name."""
    names = [class_name((k, many)) for k in range(5) for many in (False, True)]
    assert len(set(names)) == 10
    assert names[0] == "up to 45 blocks, at most 8 blocks a grid"
    assert names[-1] == "above 200 blocks, more than 8 blocks a grid"


def test_problem_files_are_found_once(tmp_path: Path) -> None:
    """Files of the same name in a later folder are left out, and so is what is no problem."""
    for folder in ("one", "two"):
        (tmp_path / folder / "set").mkdir(parents=True)
        (tmp_path / folder / "set" / "row.json").write_text(json.dumps(row(name=folder)))
    (tmp_path / "two" / "other.json").write_text('{"rows": 1}')
    found = list(problems([tmp_path / "one", tmp_path / "two"], []))
    assert [(task.name, task.judge.name) for task in found] == [("set/row", "one")]


def test_growth_is_one_where_seconds_follow_units() -> None:
    """Ten times the units in ten times the seconds is linear, in a hundred times quadratic."""
    assert cities.exponent((1_000, 2.0), (10_000, 20.0)) == pytest.approx(1)
    assert cities.exponent((1_000, 2.0), (10_000, 200.0)) == pytest.approx(2)


def test_a_city_is_measured_stage_by_stage(tmp_path: Path) -> None:
    """Every stage has its seconds and memory, and the page a row for each and for all."""
    made = make_city(communities=2)
    write_city(made, tmp_path / "city")
    (tmp_path / "city" / "sample.toml").write_text(config_text(made), encoding="utf-8")
    cities.run_stages(tmp_path / "city" / "sample.toml", tmp_path / "small.json")
    city = cities.read_city(tmp_path / "small.json")
    assert tuple(stage.stage for stage in city.stages) == cities.STAGES
    assert city.communities == 2
    assert city.total.seconds == pytest.approx(sum(s.seconds for s in city.stages))
    twice = dataclasses.replace(city, units=2 * city.units)
    rows = [row for row in cities.page([city, twice]).splitlines() if row.startswith("| ")]
    assert len(rows) == 1 + 2 * (len(cities.STAGES) + 1)
    assert rows[-1].endswith("| 0.00 |")
