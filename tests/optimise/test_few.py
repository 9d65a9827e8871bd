"""Plans of few grids by one integer programme, against every partition there is."""

import math
import random
from typing import Any

import numpy as np
import pytest
from optimise_oracle import oracle
from optimise_worlds import lattice

from benchmarks.invent import invent
from gridplan.optimise import Problem, evaluate, few, solve
from gridplan.optimise.budget import Budget
from gridplan.optimise.contract import contract
from gridplan.optimise.exact import prove
from gridplan.optimise.few import Divided, divide, far_apart
from gridplan.optimise.piece import Piece, score
from gridplan.optimise.search import Search
from gridplan.optimise.touches import crowd_of

CORNERS = ["A", None, None, None, "C", None, None, None, "B"]
COURT = ["A", "A", "A", "A", None, None, None, None, None]
LOAD = [10, 400, 35, 120, 0, 90, 260, 75, 180]


def world(kind: str, seed: int, grids: int | None = None) -> Problem:
    """A community of 3 by 3 units."""
    chance, data = random.Random(seed), lattice(3, 3, seed, mean=115, grids=grids)
    if kind == "nest":
        data["zones"], data["modes"] = data["zones"] | {"quarter": CORNERS}, {"quarter": "nest"}
    if kind == "court":
        data["zones"], data["modes"] = data["zones"] | {"court": COURT}, {"court": "whole"}
    if kind == "tower":
        data["nodes"]["households"][chance.randrange(9)] = 620
    if kind == "empty":
        for i in chance.sample(range(9), 3):
            data["nodes"]["households"][i] = 0
    if kind == "loads":
        data["nodes"]["load"] = LOAD
    if kind == "locked":
        a, b, c, d = chance.sample(data["nodes"]["id"], 4)
        data["locks"] = [["together", a, b], ["apart", c, d]]
    if kind in ("locked", "old"):
        data["previous"] = [chance.choice(["g1", "g2", "g3", None]) for _ in range(9)]
        data["weights"] = {"change": 1.0}
    return Problem.from_dict(data)


def divided(piece: Piece, grids: int, **changes: Any) -> Divided:
    """A piece in so many grids, from no plan, with all work that it takes."""
    options = {"upper": math.inf, "looks": 10**6, "budget": Budget(math.inf)} | changes
    plan = np.zeros(piece.n, dtype=np.int64)
    return divide(piece, grids, piece.terms.lo, piece.terms.hi, plan=plan, **options)


@pytest.mark.parametrize("kind", ["plain", "nest", "tower", "loads", "empty", "locked", "old"])
def test_no_partition_is_better(kind: str) -> None:
    """With the number of grids given, the plan is the best of all, and none where there is none."""
    met = [0, 0]
    for seed in range(10):
        for grids in (2, 3):
            p = world(kind, seed, grids)
            parted = contract(p)
            assert len(parted.pieces) == 1
            best, answer = oracle(p), divided(parted.pieces[0], grids)
            within = best.breach <= parted.forced
            met[within] += 1
            if not within:
                assert answer.plan is None
                assert answer.bound == math.inf
                continue
            assert answer.plan is not None
            found = evaluate(p, answer.plan[parted.node_of])
            assert found == pytest.approx(best, abs=1e-6)
            fixed = parted.constant + parted.pieces[0].constant
            assert answer.bound + fixed == pytest.approx(best.cost, abs=1e-6)
    assert min(met) >= 3


def test_touches_of_crowded_zones_are_a_row() -> None:
    """Of the plans that touch a zone no more often than any must, the best one is found."""
    met = 0
    for seed in range(12):
        p = world("court", seed, 3)
        parted = contract(p)
        (piece,) = parted.pieces
        search = Search(piece, Budget(math.inf), 3, 0)
        for _ in range(8):
            search.start(300)
        assert search.best is not None
        crowd = None if search.best[0].excess else crowd_of(search, 10**6)
        if crowd is None:
            continue
        met += 1
        answer = divided(crowd.plain, 3, crowd=crowd)
        assert answer.plan is not None
        assert evaluate(p, answer.plan[parted.node_of]) == pytest.approx(oracle(p), abs=1e-6)
    assert met >= 2


def test_grids_in_two_parts_are_asked_for_a_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Zones that lie apart draw a grid into parts; the answer has none, and its bound holds."""
    asked = []
    ask = few._ask_way
    monkeypatch.setattr(few, "_ask_way", lambda *a: asked.append(1) or ask(*a))
    met = 0
    for seed in range(8):
        data = lattice(4, 3, seed, mean=80, weights={"police": 9.0, "compactness": 0.1})
        (piece,) = contract(Problem.from_dict(data)).pieces
        known = prove(piece, None, Budget(math.inf), grids=2, steps=10**8, room=10**7)
        assert known is not None
        assert known.plan is not None
        if (best := score(piece, known.plan)).excess:
            continue
        met += 1
        answer = divided(piece, 2)
        assert answer.plan is not None
        assert score(piece, answer.plan) == pytest.approx(best, abs=1e-6)
    assert met >= 3
    assert asked


def test_stopped_work_leaves_a_bound() -> None:
    """The bound of little work is below that of more, no plan is claimed, and repeats are alike."""
    (piece,) = contract(Problem.from_dict(invent(35, 12.0, 1))).pieces
    whole = divided(piece, 3)
    assert whole.plan is not None
    assert whole.looks > 40
    some = [divided(piece, 3, looks=looks) for looks in (0, 10, 40, 40)]
    assert [answer.plan for answer in some] == [None] * 4
    assert -math.inf == some[0].bound < some[1].bound <= some[2].bound <= whole.bound + 1e-6
    assert (some[2].bound, some[2].looks) == (some[3].bound, some[3].looks)


def test_ctrl_c_inside_keeps_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt that comes while HiGHS works ends it, and all later work."""
    (piece,) = contract(Problem.from_dict(invent(35, 12.0, 1))).pieces
    budget, calls = Budget(math.inf), []

    def over() -> bool:
        calls.append(1)
        if len(calls) == 30:
            raise KeyboardInterrupt
        return bool(budget.stopped)

    monkeypatch.setattr(budget, "over", over)
    answer = divided(piece, 3, budget=budget)
    assert budget.stopped == "interrupt"
    assert answer.plan is None
    assert answer.bound > 0


def test_few_large_grids_are_proven() -> None:
    """Prices alone leave this open for a minute: 45 blocks, three grids."""
    answer = solve(Problem.from_dict(invent(45, 12.0, 1)))
    assert answer.status == "optimal"
    assert answer.objective == pytest.approx(1.4242718, abs=1e-6)


def test_seeds_lie_far_apart() -> None:
    """On a way of nodes these are its ends, then what is farthest from both."""
    data = lattice(9, 1, 0)
    (piece,) = contract(Problem.from_dict(data)).pieces
    ends = np.flatnonzero(np.bincount(np.concatenate([piece.u, piece.v])) == 1)
    seeds = far_apart(piece, 3)
    assert set(seeds[:2]) == set(ends)
    assert len(set(seeds)) == 3
