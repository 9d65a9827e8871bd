"""Breach that a corner forces is proven there, and any other is mended at the lowest effort."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optimise_oracle import oracle
from optimise_worlds import lattice

from gridplan.optimise import Problem, solve
from gridplan.optimise.bound import quick_bound
from gridplan.optimise.budget import Budget
from gridplan.optimise.contract import contract
from gridplan.optimise.corners import corners, forced_excess
from gridplan.optimise.piece import score
from gridplan.optimise.search import Search
from gridplan.optimise.windows import Windows


def _tail(households: list[int], nx: int = 10, ny: int = 16) -> Problem:
    """A lattice with a row of units that hangs on its first unit alone, the gate."""
    data: dict[str, Any] = lattice(nx, ny, 3)
    n, more = nx * ny, len(households)
    data["nodes"]["id"] += [f"tail{i}" for i in range(more)]
    data["nodes"]["households"] += households
    data["nodes"]["households"][0] = 330
    data["nodes"]["area_m2"] += [400.0] * more
    data["edges"]["u"] += [0, *range(n, n + more - 1)]
    data["edges"]["v"] += list(range(n, n + more))
    data["edges"]["shared_m"] += [20.0] * more
    data["zones"] = {}
    return Problem.from_dict(data)


@pytest.mark.parametrize(
    ("households", "breach"), [([60, 60, 63], 13), ([60, 60, 50], 0), ([120, 127], 3)]
)
def test_low_effort_proves_what_a_corner_forces(households: list[int], breach: int) -> None:
    """A dead end too small for a grid and too large for its gate: the breach is proven needed."""
    answer = solve(_tail(households), effort=0.1)
    assert (answer.breach, answer.breach_bound) == (breach, breach)
    assert answer.bound is not None
    assert answer.objective is not None
    assert answer.bound <= answer.objective


def test_two_corners_add_up() -> None:
    """Two dead ends far from each other force the sum."""
    data = _tail([60, 60, 63]).to_dict()
    n = len(data["nodes"]["id"])
    last = 10 * 16 - 1
    data["nodes"]["households"][last] = 400
    for key, value in (("id", "other"), ("households", 120), ("area_m2", 300.0)):
        data["nodes"][key].append(value)
    if data["nodes"].get("block"):
        data["nodes"]["block"].append(None)
    for key, edge in (("u", last), ("v", n), ("shared_m", 10.0)):
        data["edges"][key].append(edge)
    for key in set(data["edges"]) - {"u", "v", "shared_m"}:
        data["edges"][key].append(10.0)
    answer = solve(Problem.from_dict(data), effort=0.1)
    assert (answer.breach, answer.breach_bound) == (33, 33)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(20, 450), min_size=8, max_size=8), st.integers(0, 255))
def test_corners_never_claim_too_much(households: list[int], plan: int) -> None:
    """Whatever the plan, what corners force is at most the least breach of all plans."""
    data = lattice(4, 2, 1)
    data["nodes"]["households"] = households
    problem = Problem.from_dict(data)
    piece = contract(problem).pieces[0]
    grids = np.unique([plan >> i & 1 for i in range(piece.n)], return_inverse=True)[1]
    assert sum(x.excess for x in corners(piece, grids)) <= oracle(problem).breach


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(60, 320), min_size=8, max_size=8), st.integers(1, 4))
def test_arithmetic_bounds_plans_of_least_excess(households: list[int], zones: int) -> None:
    """Where a breach is forced, zones still count for what their sizes force, and no more."""
    data = lattice(4, 2, zones)
    data["nodes"]["households"] = households
    problem = Problem.from_dict(data)
    best, found = oracle(problem), solve(problem)
    assert (found.breach, found.objective) == (best.breach, pytest.approx(best.cost))
    piece = contract(problem).pieces[0]
    known = score(piece, found.assignment)
    for excess in {0, known.excess}:
        cost, least = quick_bound(piece, None, excess)
        assert excess <= least <= known.excess
        assert least < known.excess or cost <= known.cost + 1e-9


def test_forced_breach_takes_no_grid_from_a_zone() -> None:
    """Of 20,178 households of one zone, 178 out of range and more spare it the 41st grid."""
    data = _tail([60, 60, 63]).to_dict()
    data["zones"] = {"police": ["P"] * len(data["nodes"]["id"])}
    assert sum(data["nodes"]["households"]) == 20_178
    piece = contract(Problem.from_dict(data)).pieces[0]
    none, few, many = (quick_bound(piece, None, excess)[0] for excess in (0, 13, 178))
    assert few == none
    assert many == pytest.approx(none - piece.label_weight[0])


def test_windows_mend_a_chain() -> None:
    """Surplus is carried over a path of grids to where there is room."""
    data = lattice(6, 1, 0)
    data["nodes"]["households"] = [260, 250, 250, 250, 240, 10]
    data["zones"] = {}
    piece = contract(Problem.from_dict(data)).pieces[0]
    plan = np.array([0, 1, 1, 2, 2, 2], dtype=np.int64)
    windows = Windows(piece, plan, Budget(1e6), fixed=False, seed=0)
    windows.mend()
    search = Search(piece, Budget(1e6), None, 0)
    search.offer(windows.plan)
    assert search.best is not None
    assert search.best[0].excess == 0
    assert forced_excess(piece, search.plan) == 0
