"""Large problems: moves keep their sums and the hard rules, the clock is heeded, answers repeat."""

import json
import math
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from optimise_oracle import keeps_rules, neighbours, parts_of
from optimise_worlds import lattice, problem

from gridplan.optimise import Problem, Progress, evaluate, solve
from gridplan.optimise.anneal import anneal, fresh_course
from gridplan.optimise.budget import Budget
from gridplan.optimise.contract import contract
from gridplan.optimise.desk import fresh_desk
from gridplan.optimise.moves import fresh_state
from gridplan.optimise.piece import Piece, Score, score
from gridplan.optimise.search import AROUND, SLICE, Search, renumbered

KINDS = ("plain", "nest", "locks", "previous", "parks")


def world(kind: str, seed: int) -> Problem:
    """A lattice of 63 units with one more difficulty."""
    data = lattice(9, 7, seed, mean=60)
    ids, rng = data["nodes"]["id"], np.random.default_rng(seed)
    if kind == "nest":
        data["zones"]["ward"] = [None if i % 5 == 0 else f"W{i % 9 // 5}" for i in range(63)]
        data["modes"] = {"ward": "nest"}
    if kind == "locks":
        data["locks"] = [["apart", ids[0], ids[1]], ["apart", ids[8], ids[17]]]
        data["locks"] += [["together", ids[30], ids[50]]]
    if kind == "previous":
        data["previous"] = [f"old{i % 9 // 3}{i // 27}" for i in range(63)]
        data["weights"] = {"change": 2.0}
    if kind == "parks":
        for i in rng.permutation(63)[:25].tolist():
            data["nodes"]["households"][i] = 0
    return Problem.from_dict(data)


def in_one_piece(piece: Piece, plan: np.ndarray) -> bool:  # type: ignore[type-arg]
    """Whether every grid of a plan of a piece is connected."""
    near: dict[int, set[int]] = {i: set() for i in range(piece.n)}
    for a, b in zip(piece.u.tolist(), piece.v.tolist(), strict=True):
        if plan[a] == plan[b]:
            near[a].add(b)
            near[b].add(a)
    return len(parts_of(near)) == len(np.unique(plan))


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_moves_keep_their_sums(kind: str, fixed: bool) -> None:
    """After every portion the plan is in whole grids, and all sums are those of a fresh count."""
    piece = max(contract(world(kind, 4)).pieces, key=lambda p: p.n)
    search = Search(piece, Budget(math.inf), 5 if fixed else None, 1)
    search.start(0)
    plan, seed = renumbered(search.plan), np.array([99], dtype=np.int64)
    grids = int(plan.max()) + 1
    state = fresh_state(piece.kernel, plan, grids, grids + 3, seed)
    start = search._worth(plan)
    course, best = fresh_course(start, 2.0, search.unit, 60_000), plan.copy()
    seen = set()
    for _ in range(20):
        anneal(piece.kernel, state, fresh_desk(piece), best, course, 3_000, fixed)
        seen.add(int((state.size > 0).sum()))
        used = np.flatnonzero(state.size > 0)
        again = fresh_state(piece.kernel, state.at, grids, grids + 3, seed)
        for name in ("cap", "h", "size", "label", "zone", "touch", "old"):
            assert np.array_equal(getattr(state, name), getattr(again, name)), name
        if piece.terms.change:
            assert np.array_equal(state.origin, again.origin)
        height = int(state.free[-1])
        assert set(state.free[:height].tolist()) == set(range(grids + 3)) - set(used.tolist())
        now = search._worth(renumbered(state.at))
        assert course.value == pytest.approx(list(now))
        assert in_one_piece(piece, state.at)
    assert Score(*course.least) <= start
    assert search._worth(renumbered(best))[:2] == tuple(course.least[:2])
    assert seen == {grids} if fixed else len(seen) > 1


def test_new_plans_go_round_the_number_of_grids(monkeypatch: pytest.MonkeyPatch) -> None:
    """The likely numbers first, then those around the best plan's; each plan keeps its own."""
    piece = contract(problem(9, 7, 1, mean=60)).pieces[0]
    met: list[int] = []
    offer = Search.offer

    def offered(search: Search, plan: np.ndarray) -> None:  # type: ignore[type-arg]
        met.append(len(np.unique(plan)))
        if search.best is None:
            offer(search, plan)

    monkeypatch.setattr(Search, "offer", offered)
    search = Search(piece, Budget(math.inf), None, 0)
    likely = len(search.options)
    for _ in range(likely + 8):
        search.start(50 * piece.n)
    assert met[:likely] == search.options
    turned = [AROUND[i % len(AROUND)] for i in range(likely, likely + 8)]
    assert met[likely:] == [search.options[0] + more for more in turned]
    assert set(turned) == {-1, 0, 1}


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("nest", {}),
        ("locks", {}),
        ("parks", {}),
        ("plain", {"grids": 9}),
        ("locks", {"grids": 11}),
        ("previous", {"grids": 8}),
    ],
)
def test_hard_rules_are_kept(kind: str, changes: dict[str, Any]) -> None:
    """Nested layers, locks, parks and a fixed number hold in a plan of 63 units."""
    p = Problem.from_dict(world(kind, 7).to_dict() | changes)
    found = solve(p, effort=0.02)
    assert found.status != "infeasible"
    assert keeps_rules(p, found.assignment.tolist(), neighbours(p))
    assert evaluate(p, found.assignment) == (found.breach, found.objective)


def test_whole_zones_and_two_parts() -> None:
    """A zone kept whole stays in one grid, and no grid joins two parts, with a fixed number."""
    data = lattice(9, 7, 5, mean=60)
    edges = list(zip(data["edges"]["u"], data["edges"]["v"], strict=True))
    open_ = [e for e, (a, b) in enumerate(edges) if (a % 9 < 4) == (b % 9 < 4)]
    data["edges"] = {key: [values[e] for e in open_] for key, values in data["edges"].items()}
    data["zones"]["compound"] = ["C" if i in (20, 21, 29, 30, 31) else None for i in range(63)]
    data |= {"modes": {"compound": "whole"}, "grids": 10}
    p = Problem.from_dict(data)
    found = solve(p, effort=0.02)
    assert keeps_rules(p, found.assignment.tolist(), neighbours(p))
    inside = [i for i in (20, 21) if i % 9 < 4]
    assert len({int(found.assignment[i]) for i in inside}) == 1


@pytest.mark.parametrize(
    ("nx", "ny", "mean", "changes"),
    [(6, 5, 60, {}), (20, 20, 70, {}), (5, 5, 70, {"modes": {"police": "whole"}})],
)
def test_told_of_every_improvement(nx: int, ny: int, mean: int, changes: dict[str, Any]) -> None:
    """What is told only gets better, is true, and ends with the answer."""
    p = problem(nx, ny, 2, mean=mean, **changes)
    told: list[Progress] = []
    found = solve(p, effort=0.02, on_improved=told.append)
    assert len(told) > 1
    for one, other in pairwise(told):
        assert one.seconds <= other.seconds
        assert other.breach <= one.breach
        if not changes and other.breach == one.breach:
            assert other.objective <= one.objective
        assert other.bound is not None or one.bound is None
    for progress in told:
        assert evaluate(p, progress.assignment) == (progress.breach, progress.objective)
    last = told[-1]
    assert (last.breach, last.objective, last.bound) == (found.breach, found.objective, found.bound)
    assert last.assignment.tolist() == found.assignment.tolist()


def test_nobody_listens_nothing_changes() -> None:
    """A listener does not change the answer."""
    p = problem(20, 20, 2, mean=70)
    alone, heard = solve(p, effort=0.02), solve(p, effort=0.02, on_improved=lambda _: None)
    assert alone.to_dict() | {"seconds": 0} == heard.to_dict() | {"seconds": 0}


def test_the_clock_is_looked_at_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """On 5,000 blocks little work lies between two looks at the clock, and none after the limit.

    The clock of this test counts the looks: it knows nothing of the speed of the machine.
    """
    p = problem(100, 50, 0, mean=70)
    solve(problem(3, 3, 0))
    looks: list[int] = []

    def look() -> float:
        looks.append(1)
        return float(len(looks))

    clock = SimpleNamespace(perf_counter=look)
    for name in ("solve", "budget", "progress"):
        monkeypatch.setattr(sys.modules[f"gridplan.optimise.{name}"], "time", clock)
    found = solve(p, time_limit_s=60.0)
    assert found.stopped == "time"
    assert found.breach == 0
    assert len(looks) <= 60 + 12
    assert found.effort <= 60 * 1.5 * SLICE


def test_same_answer_whatever_the_hash_and_the_threads() -> None:
    """Another seed of the hash and another number of threads change nothing."""
    code = (
        "import json; from optimise_worlds import problem; from gridplan.optimise import solve\n"
        "found = solve(problem(16, 15, 3, mean=70), effort=0.01)\n"
        "print(json.dumps(found.to_dict() | {'seconds': 0}))"
    )
    answers = []
    for seed, threads in (("0", "1"), ("77", "2")):
        settings = {"PYTHONHASHSEED": seed, "NUMBA_NUM_THREADS": threads}
        settings["OMP_NUM_THREADS"] = threads
        here = Path(__file__).parent
        settings["PYTHONPATH"] = os.pathsep.join([str(here), str(here.parent.parent)])
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, **settings},
            capture_output=True,
            check=True,
            text=True,
        )
        answers.append(json.loads(done.stdout))
    assert answers[0] == answers[1]
    assert answers[0]["breach"] == 0


def test_a_listed_start_is_no_better_than_the_end() -> None:
    """Annealing again never loses the best plan."""
    piece = contract(problem(12, 12, 2, mean=70)).pieces[0]
    search = Search(piece, Budget(math.inf), None, 0)
    search.start(2_000)
    first = search.best
    for _ in range(3):
        search.again(20_000)
    assert first is not None
    assert search.best is not None
    assert search.best[0] < first[0]
    assert score(piece, search.plan) == search.best[0]
