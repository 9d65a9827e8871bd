"""Enumeration by arrays: the same grids as by masks, also where masks are too narrow."""

import math
import random
from typing import Any

import numpy as np
import pytest
from optimise_worlds import lattice

from benchmarks.invent import invent
from gridplan.optimise import Problem, solve
from gridplan.optimise.budget import Budget
from gridplan.optimise.contract import contract
from gridplan.optimise.enumerate import Enumerator
from gridplan.optimise.exact import gather
from gridplan.optimise.piece import Piece
from gridplan.optimise.wide import WideEnumerator

EVERY = 10**9


def grids(search: Enumerator | WideEnumerator) -> dict[bytes, tuple[float, int]]:
    """Cost and excess of every grid found, by mask; none is found twice."""
    found = gather(search, Budget(math.inf), EVERY, EVERY)
    assert found is not None
    rows = [
        (mask.tobytes(), (float(cost), int(excess)))
        for part in found
        for mask, cost, excess in zip(*part, strict=True)
    ]
    assert len(dict(rows)) == len(rows)
    return dict(rows)


def pieces(seed: int, **changes: Any) -> tuple[Piece, ...]:
    """Connected parts of a small lattice."""
    empty = changes.pop("empty", 0)
    data = lattice(4, 4, seed, **changes)
    data["nodes"]["households"][:empty] = [0] * empty
    return contract(Problem.from_dict(data)).pieces


def locked(seed: int) -> dict[str, Any]:
    """Pairs of units that must, and that may not, share a grid, and an old plan."""
    ids, chance = lattice(4, 4, seed)["nodes"]["id"], random.Random(seed)
    a, b, c, d = chance.sample(ids, 4)
    return {
        "locks": [["together", a, b], ["apart", c, d]],
        "previous": [chance.choice(["g1", "g2", "g3", None]) for _ in ids],
        "weights": {"change": 1.0},
    }


@pytest.mark.parametrize("slack", [0, 40])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("variant", ["plain", "nest", "locked", "towers", "empty"])
def test_same_grids_as_by_masks(variant: str, seed: int, slack: int) -> None:
    """Every grid once, with the same cost and excess."""
    changes: dict[str, dict[str, Any]] = {
        "plain": {},
        "nest": {"modes": {"police": "nest"}, "mean": 200},
        "locked": locked(seed),
        "towers": {"mean": 260},
        "empty": {"mean": 160, "empty": 5},
    }
    count = 0
    for piece in pieces(seed, **changes[variant]):
        wide, masks = WideEnumerator(piece, slack, EVERY), Enumerator(piece, slack)
        by_arrays, by_masks = grids(wide), grids(masks)
        assert by_arrays.keys() == by_masks.keys()
        for mask, (cost, excess) in by_masks.items():
            assert by_arrays[mask] == (pytest.approx(cost, abs=1e-9), excess)
        count += len(by_masks)
    assert count > 0


def test_portions_add_up() -> None:
    """Whatever the portions, the same grids come."""
    (piece,) = pieces(0)
    every = grids(WideEnumerator(piece, 0, EVERY))
    search, found = WideEnumerator(piece, 0, EVERY), []
    while not search.done:
        part = search.portion(7, 3)
        assert len(part.cost) <= 3
        found += [mask.tobytes() for mask in part.mask]
    assert sorted(found) == sorted(every)


def test_one_root_that_takes_too_much_ends_it() -> None:
    """Few steps for each root: the piece counts as one with too many grids."""
    (piece,) = pieces(0)
    search = WideEnumerator(piece, 0, 10)
    assert gather(search, Budget(math.inf), EVERY, EVERY) is None
    assert search.too_wide


def test_proves_what_no_mask_holds() -> None:
    """Units with more than 62 others in reach: optimal, and no other search is cheaper."""
    problem = Problem.from_dict(invent(75, 5.0, 1))
    (piece,) = contract(problem).pieces
    assert not Enumerator(piece, 0).fits()
    answer = solve(problem)
    assert answer.status == "optimal"
    assert answer.objective == pytest.approx(22.819629, abs=1e-6)
    assert np.bincount(answer.assignment, problem.households).min() >= problem.min
    other = solve(problem, effort=0.1, seed=1)
    assert other.objective is not None
    assert other.objective >= answer.objective - 1e-7
    assert other.bound is not None
    assert other.bound <= answer.objective + 1e-7


@pytest.mark.parametrize("limit", [0.5, 1.5])
def test_stops_in_time_and_claims_nothing(limit: float) -> None:
    """A large pool is left when the time is over, with a bound and without a claim."""
    problem = Problem.from_dict(invent(150, 5.0, 0))
    best = 42.411140
    answer = solve(problem, time_limit_s=limit)
    assert (answer.status, answer.stopped) == ("feasible", "time")
    assert answer.objective is not None
    assert answer.objective >= best - 1e-6
    assert answer.bound is not None
    assert answer.bound <= best
