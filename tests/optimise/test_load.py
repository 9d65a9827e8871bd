"""Balance by workload: loads beside households, against brute force and every bound."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import test_price
from optimise_oracle import oracle
from optimise_worlds import problem

from gridplan.errors import ConfigError
from gridplan.optimise import Problem, evaluate, solve
from gridplan.optimise.narrow import Walker

VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "balance only": {"weights": {"police": 0, "school": 0, "compactness": 0, "balance": 2}},
    "nest": {"modes": {"police": "nest"}},
    "two grids": {"grids": 2},
    "dear grids": {"weights": {"per_grid": 0.8, "balance": 1.0}},
}
KINDS = ("uneven", "heavy", "light", "some")


def loaded(p: Problem, kind: str, seed: int = 0) -> Problem:
    """The problem with loads that have little to do with households."""
    random = np.random.default_rng(seed)
    h = p.households
    loads = {
        "uneven": random.permutation(h),
        "heavy": h * random.integers(1, 6, len(h)),
        "light": h // random.integers(2, 9, len(h)),
        "some": np.where(random.random(len(h)) < 0.4, h * 3, 0),
    }
    return replace(p, load=loads[kind].astype(np.int64))


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("kind", KINDS)
def test_equals_brute_force(variant: str, kind: str) -> None:
    """With loads the answer is the best of all partitions, and its cost is that of its grids."""
    for seed, (nx, ny) in enumerate(((2, 4), (3, 3))):
        p = loaded(problem(nx, ny, seed, **VARIANTS[variant]), kind, seed)
        best, found = oracle(p), solve(p)
        if best.breach == np.inf:
            assert found.status == "infeasible"
            continue
        assert found.status == "optimal"
        assert found.breach == best.breach
        assert found.objective == pytest.approx(best.cost, abs=1e-6)
        assert evaluate(p, found.assignment) == (found.breach, found.objective)


def test_loads_of_households_change_nothing() -> None:
    """Loads that equal the households give the very same answer as none."""
    p = problem(5, 4, 3)
    same = replace(p, load=p.households.copy())
    one, other = solve(p), solve(same)
    assert (one.assignment == other.assignment).all()
    assert one.objective == other.objective


def test_loads_even_out() -> None:
    """Where all cost is balance, loads come out more even than households alone make them."""
    weights = {"police": 0, "school": 0, "compactness": 0, "balance": 1.0}
    p = loaded(problem(6, 5, 1, weights=weights), "uneven")
    bare = replace(p, load=None)
    spread = {}
    for name, found in (("load", solve(p)), ("households", solve(bare))):
        spread[name] = np.bincount(found.assignment, p.load).std()
        sums = np.bincount(found.assignment, p.households)
        assert ((sums >= p.min) & (sums <= p.max)).all()
    assert spread["load"] < spread["households"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("variant", ["plain", "balance only", "whole", "change"])
def test_pricing_holds_with_loads(variant: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is listed and bounded below a reduced cost is right with loads too."""
    plain = test_price.world
    monkeypatch.setattr(test_price, "world", lambda v, seed: loaded(plain(v, seed), kind, seed))
    for limit in (3, 10**6):
        test_price.test_bounds_hold_however_early_the_search_is_stopped(variant, limit)
    test_price.test_lists_exactly_the_grids_below_a_reduced_cost(variant, 1, Walker)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["small", "large", "masks"])
def test_column_generation_holds_with_loads(
    way: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan proven by column generation is the best of all partitions with loads too."""
    plain = test_price.world
    monkeypatch.setattr(test_price, "world", lambda v, seed: loaded(plain(v, seed), kind, seed))
    for cuts in (50, 10**6):
        test_price.test_column_generation_agrees_with_brute_force("plain", cuts, way, monkeypatch)


def test_problem_files_hold_loads() -> None:
    """Loads are written, read back, and refused where they are none."""
    p = loaded(problem(2, 3, 0), "uneven")
    data = p.to_dict()
    assert Problem.from_dict(data).to_dict() == data
    assert "load" not in problem(2, 3, 0).to_dict()["nodes"]
    data["nodes"]["load"] = [-1, 2]
    with pytest.raises(ConfigError, match=r"nodes\.load has 2 values where 6 are needed"):
        Problem.from_dict(data)
    with pytest.raises(ConfigError, match=r"nodes\.load\[0\] is -1"):
        replace(p, load=np.full(6, -1))
