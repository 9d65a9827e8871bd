"""Alternatives are other plans, nearly as good, that keep every rule."""

import numpy as np
import pytest
from optimise_oracle import keeps_rules, neighbours, whole_touches
from optimise_paths import community
from optimise_worlds import problem

from gridplan.optimise import Problem, evaluate, solve
from gridplan.optimise.alternatives import alternatives, households_apart, trade_off


@pytest.fixture(scope="module")
def world() -> Problem:
    """A community of twenty units with some choice."""
    return problem(4, 5, 3)


def test_distinct_sorted_and_measured_by_the_own_objective(world: Problem) -> None:
    """Alternatives differ from the best and each other, in the order of the original cost."""
    best = solve(world)
    found = alternatives(world, best, count=4)
    assert len(found) == 4
    costs = [a.solution.objective for a in found]
    assert costs == sorted(costs)
    plans = [best.assignment, *(a.solution.assignment for a in found)]
    total = int(world.households.sum())
    for i, plan in enumerate(plans):
        assert all(households_apart(world, plan, other) >= 0.05 * total for other in plans[:i])
    for a in found:
        assert evaluate(world, a.solution.assignment) == (a.solution.breach, a.solution.objective)
        assert a.solution.breach == best.breach
        assert a.solution.objective >= best.objective - 1e-9
        assert a.solution.bound == best.bound
        assert a.question


def test_repeatable(world: Problem) -> None:
    """The same call gives the same alternatives."""
    best = solve(world)
    one, two = (alternatives(world, best, count=2, seed=5) for _ in range(2))
    assert [a.question for a in one] == [a.question for a in two]
    assert all(
        np.array_equal(a.solution.assignment, b.solution.assignment)
        for a, b in zip(one, two, strict=True)
    )


@pytest.mark.parametrize("mode", ["nest", "whole"])
def test_hard_rules_hold(mode: str) -> None:
    """No question loosens a nested or whole layer, a lock or a block."""
    p = problem(3, 4, 1, modes={"school": mode}, locks=[["apart", "u00000", "u00005"]])
    best = solve(p)
    near = neighbours(p)
    for a in alternatives(p, best, count=5, difference=0.0, within=5.0):
        labels = a.solution.assignment.tolist()
        assert keeps_rules(p, labels, near)
        assert whole_touches(p, labels) <= whole_touches(p, best.assignment.tolist())


def test_only_plan() -> None:
    """A community with a single sensible plan has no alternative."""
    p = community([300, 300])
    assert alternatives(p, solve(p), count=3, within=0.5) == []


def test_none_wanted_or_no_plan() -> None:
    """No alternatives are made where none are wanted, or where there is no plan."""
    p = community([300, 300, 300])
    assert alternatives(p, solve(p), count=0) == []
    conflict = community([300, 300], locks=[["together", "a", "b"], ["apart", "a", "b"]])
    assert alternatives(conflict, solve(conflict), count=2) == []


def test_fixed_number_stays() -> None:
    """Where the number of grids is fixed no alternative has another."""
    p = problem(3, 4, 2, grids=3)
    found = alternatives(p, solve(p), count=4, difference=0.0, within=9.0)
    assert found
    assert {a.solution.grids for a in found} == {3}


def test_trade_off_by_hand() -> None:
    """Every term of the trade-off equals what counting by hand gives."""
    p = community([250, 250, 250, 250], zones={"police": ["A", "A", "B", "B"]})
    best = solve(p)
    row = trade_off(p, best, np.array([7, 9, 9, 3]))
    assert (row.breach, row.grids, row.excess) == (0, 3, {"police": 2})
    assert (row.cut_m, row.fewest, row.most) == (20.0, 250, 500)
    assert row.moved == 500
    assert row.objective == pytest.approx(evaluate(p, np.array([0, 1, 1, 2]))[1])
    assert row.dearer == pytest.approx(row.objective / best.objective - 1)


def test_households_apart() -> None:
    """Labels do not matter; what matters is who shares a grid with whom."""
    p = community([10, 20, 30])
    assert households_apart(p, np.array([0, 0, 1]), np.array([5, 5, 2])) == 0
    assert households_apart(p, np.array([0, 0, 1]), np.array([0, 1, 1])) == 20
    assert households_apart(p, np.array([0, 1, 1]), np.array([0, 0, 1])) == 20
