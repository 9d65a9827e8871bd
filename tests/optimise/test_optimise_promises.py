"""What holds for every answer: bounds, contiguity, repeatability, honesty about being stopped."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optimise_oracle import neighbours, oracle, parts_of
from optimise_worlds import lattice, problem

from gridplan.errors import ConfigError
from gridplan.optimise import Problem, evaluate, read_problem, settle, solve, write_problem


def contiguous(p: Problem, assignment: np.ndarray) -> bool:  # type: ignore[type-arg]
    """Whether every grid is one piece."""
    near = neighbours(p)
    same = {i: {j for j in near[i] if assignment[i] == assignment[j]} for i in near}
    return len(parts_of(same)) == len(set(assignment.tolist()))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    effort=st.sampled_from([0.001, 1.0]),
    mean=st.integers(20, 300),
    balance=st.floats(0, 3),
    compactness=st.floats(0, 3),
)
def test_bound_optimum_objective(
    seed: int, effort: float, mean: int, balance: float, compactness: float
) -> None:
    """The bound never passes the optimum and the objective never undercuts it."""
    weights = {"balance": balance, "compactness": compactness}
    p = problem(2, 4, seed, mean=mean, weights=weights)
    best, found = oracle(p), solve(p, effort=effort)
    assert found.breach_bound <= best.breach <= found.breach
    if found.breach == best.breach:
        assert found.objective is not None
        assert found.objective >= best.cost - 1e-9
    if found.bound is not None:
        assert found.bound <= best.cost + 1e-6


@pytest.mark.parametrize(("nx", "ny", "mean"), [(9, 8, 40), (16, 15, 9)])
def test_large_plans_hold(nx: int, ny: int, mean: int) -> None:
    """Beyond enumeration the plan is contiguous, in range, and its bound is below its cost."""
    p = problem(nx, ny, 3, mean=mean)
    found = solve(p, effort=0.05)
    assert contiguous(p, found.assignment)
    assert found.breach == 0
    assert found.bound is not None
    assert found.objective is not None
    assert found.bound <= found.objective
    assert evaluate(p, found.assignment) == (found.breach, found.objective)


def test_draft_needs_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """A draft in range starts no programme over many grids and says that its plan is unproven."""

    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(settle, "Pricer", never)
    monkeypatch.setattr(settle, "improve", never)
    p = problem(9, 8, 3, mean=40)
    draft = solve(p, effort=0.1)
    assert (draft.status, draft.breach, draft.stopped) == ("feasible", 0, "effort")
    assert draft.bound is not None
    assert draft.objective is not None
    assert draft.bound < draft.objective
    assert solve(p, effort=0.1).assignment.tolist() == draft.assignment.tolist()


@pytest.mark.parametrize(("nx", "ny", "mean"), [(4, 5, 60), (10, 10, 15)])
def test_order_of_units_does_not_matter(nx: int, ny: int, mean: int) -> None:
    """Shuffled nodes and edges give the same plan, unit by unit."""
    p = problem(nx, ny, 1, mean=mean)
    rng = np.random.default_rng(0)
    nodes, edges = rng.permutation(len(p.node_ids)), rng.permutation(len(p.edges))
    place = np.argsort(nodes)
    shuffled = replace(
        p,
        node_ids=tuple(p.node_ids[i] for i in nodes),
        households=p.households[nodes],
        area_m2=p.area_m2[nodes],
        edges=place[p.edges[edges]][:, ::-1],
        shared_m=p.shared_m[edges],
        cost_m=p.cost_m[edges],
        zones={x: tuple(ids[i] for i in nodes) for x, ids in p.zones.items()},
    )
    one, other = solve(p, effort=0.02), solve(shuffled, effort=0.02)
    moved = other.assignment[place]
    pairs = set(zip(one.assignment.tolist(), moved.tolist(), strict=True))
    assert len(pairs) == one.grids == other.grids


def test_same_answer_twice() -> None:
    """The same problem, effort and seed give the same answer, timing aside."""
    p = problem(9, 8, 2, mean=40)
    one, other = solve(p, effort=0.05), solve(p, effort=0.05)
    assert one.to_dict() | {"seconds": 0} == other.to_dict() | {"seconds": 0}


def test_labels_count_from_the_first_unit() -> None:
    """Grids are numbered 0 to k - 1 in the order of their first unit."""
    found = solve(problem(4, 5, 4))
    seen = list(dict.fromkeys(found.assignment.tolist()))
    assert seen == list(range(found.grids))


def test_stopped_by_time_is_never_optimal() -> None:
    """A run that the clock cut short says so, and claims no optimum."""
    found = solve(problem(16, 15, 3, mean=9), time_limit_s=0.01)
    assert found.stopped == "time"
    assert found.status == "feasible"


def test_interrupt_keeps_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while improving returns the plan found so far."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(settle, "prove", interrupted)
    p = problem(5, 5, 3)
    found = solve(p)
    assert found.stopped == "interrupt"
    assert found.status == "feasible"
    assert contiguous(p, found.assignment)


def test_file_round_trip(tmp_path: Path) -> None:
    """A problem written to a file reads back to the same problem, every default filled in."""
    p = problem(2, 3, 0, locks=[["apart", "u00000", "u00003"]], grids=2)
    write_problem(p, tmp_path / "p.json")
    again = read_problem(tmp_path / "p.json")
    assert again.to_dict() == p.to_dict()
    assert p.weights["balance"] == 0.25
    assert p.modes == {"police": "soft", "school": "soft"}
    assert p.cost_m.tolist() == p.shared_m.tolist()


def test_answer_is_json() -> None:
    """The answer goes through JSON."""
    answer = json.loads(json.dumps(solve(problem(2, 3, 0)).to_dict()))
    assert answer["status"] == "optimal"
    assert answer["gap"] == pytest.approx(0, abs=1e-6)


def test_every_mistake_is_named() -> None:
    """All that is wrong with a problem is said at once."""
    data = lattice(2, 3, 0)
    data["nodes"]["households"][1] = -4
    data["nodes"]["id"][0] = data["nodes"]["id"][1]
    data |= {"modes": {"police": "hard"}, "weights": {"compctness": 1}, "grids": 0}
    with pytest.raises(ConfigError) as error:
        Problem.from_dict(data)
    text = str(error.value)
    for word in ("stands twice", "households[1]", "modes.police", "compctness", "grids is 0"):
        assert word in text


def test_missing_parts_are_named(tmp_path: Path) -> None:
    """A file that is no problem at all is refused with the keys it lacks."""
    (tmp_path / "p.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match="nodes is missing") as error:
        read_problem(tmp_path / "p.json")
    assert "edges" in str(error.value)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_problem(tmp_path / "none.json")


def test_reference_problems(shared: Path) -> None:
    """Every community of Da'an is proven at a cost no higher than the reference."""
    with (shared / "problems" / "reference.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["problem"].startswith("daan/")]
    assert len(rows) == 51
    worse = []
    for row in rows:
        found = solve(read_problem(shared / "problems" / f"{row['problem']}.json"))
        assert found.objective is not None
        proven = found.status == row["status"] and found.breach == int(row["breach"])
        if not proven or found.objective > float(row["cost"]) + 1e-6:
            worse.append((row["problem"], found.status, found.objective, row["cost"]))
    assert not worse


@pytest.mark.parametrize("limit", [0.05, 0.2, 0.5])
def test_bound_of_a_stopped_run_out_of_range_holds(limit: float) -> None:
    """Where a fixed count forces a breach, a run cut by the clock claims no more than is true."""
    task = problem(6, 7, 0, grids=10)
    best = solve(task, effort=3)
    cut = solve(task, effort=3, time_limit_s=limit)
    assert best.status == "optimal"
    assert cut.breach_bound <= best.breach
    if cut.breach == best.breach and cut.bound is not None:
        assert cut.bound <= best.objective + 1e-6
    if cut.status == "optimal":
        assert cut.objective == pytest.approx(best.objective, abs=1e-6)
