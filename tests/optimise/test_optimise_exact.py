"""The optimiser against brute force, on every term, mode and lock, and on worlds known by heart."""

import random
from typing import Any

import numpy as np
import pytest
from optimise_oracle import oracle
from optimise_worlds import lattice, problem

from gridplan.optimise import Problem, evaluate, solve

SHAPES = [(2, 3), (2, 4), (3, 3), (1, 6), (7, 1)]

VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "compactness only": {"weights": {"police": 0, "school": 0, "balance": 0}},
    "balance only": {"weights": {"police": 0, "school": 0, "compactness": 0, "balance": 2}},
    "alignment only": {"weights": {"compactness": 0, "balance": 0, "police": 2.5}},
    "few grids": {"weights": {"per_grid": 0.8}},
    "nest": {"modes": {"police": "nest"}},
    "whole": {"modes": {"school": "whole"}},
    "nest and whole": {"modes": {"police": "nest", "school": "whole"}},
    "two grids": {"grids": 2},
    "three grids": {"grids": 3},
    "tight range": {"min": 360, "max": 390, "target": 375},
}


def agree(p: Problem) -> None:
    """The answer must be proven and equal to the oracle's."""
    best, found = oracle(p), solve(p)
    if best.breach == np.inf:
        assert found.status == "infeasible"
        assert found.reason
        return
    assert found.status == "optimal"
    assert found.breach == found.breach_bound == best.breach
    assert found.objective == pytest.approx(best.cost, abs=1e-6)
    assert evaluate(p, found.assignment) == (found.breach, found.objective)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("seed", range(3))
def test_equals_brute_force(variant: str, seed: int) -> None:
    """The exact engine finds the optimum that trying every partition finds."""
    nx, ny = SHAPES[(seed + len(variant)) % len(SHAPES)]
    agree(problem(nx, ny, seed, **VARIANTS[variant]))


@pytest.mark.parametrize("seed", range(4))
def test_change_and_previous(seed: int) -> None:
    """Households moved are weighed against the previous plan."""
    rng = random.Random(seed)
    previous = [rng.choice(["g1", "g2", None]) for _ in range(8)]
    agree(problem(2, 4, seed, previous=previous, weights={"change": 1.0}))


@pytest.mark.parametrize("kind", ["together", "apart", "in"])
@pytest.mark.parametrize("seed", range(3))
def test_locks(kind: str, seed: int) -> None:
    """Locked pairs stay together or apart, neighbours or not."""
    data = lattice(3, 3, seed)
    a, b = random.Random(seed).sample(data["nodes"]["id"], 2)
    agree(Problem.from_dict(data | {"locks": [{"kind": kind, "a": a, "b": b}]}))


def test_frozen_grid() -> None:
    """A frozen grid comes back as it was, and the rest is solved around it."""
    data = lattice(3, 3, 5)
    previous = ["old" if i in (0, 1) else None for i in range(9)]
    p = Problem.from_dict(data | {"previous": previous, "locks": [["frozen", "old", ""]]})
    agree(p)
    assignment = solve(p).assignment
    assert [i for i in range(9) if assignment[i] == assignment[0]] == [0, 1]


@pytest.mark.parametrize("seed", range(12))
def test_hard_cases_mixed(seed: int) -> None:
    """Towers, empty units, blocks, torn graphs and fixed numbers, all at once."""
    rng = random.Random(seed)
    data = lattice(*SHAPES[seed % len(SHAPES)], seed)
    n = len(data["nodes"]["id"])
    data["nodes"]["households"][rng.randrange(n)] = rng.choice([0, 620, 900])
    data["nodes"]["households"][rng.randrange(n)] = 0
    data["nodes"]["block"] = [rng.choice([None, None, "A", "B"]) for _ in range(n)]
    keep = [rng.random() < 0.8 for _ in data["edges"]["u"]]
    data["edges"] = {
        key: [x for x, kept in zip(values, keep, strict=True) if kept]
        for key, values in data["edges"].items()
    }
    agree(Problem.from_dict(data | {"grids": rng.choice([None, None, 2, 3])}))


def line(households: list[int], **changes: Any) -> Problem:
    """Units in a row, one metre of border each."""
    n = len(households)
    data = {
        "name": "line",
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
            "shared_m": [1.0] * (n - 1),
        },
    }
    return Problem.from_dict(data | changes)


def test_two_perfect_halves() -> None:
    """Two grids of target size cost nothing but the border between them."""
    found = solve(line([375, 375]))
    assert (found.status, found.breach, found.grids) == ("optimal", 0, 2)
    assert found.assignment.tolist() == [0, 1]
    assert found.objective == pytest.approx(1 / (4 * 10.0))


def test_tower_stands_alone() -> None:
    """A tower above the maximum forces exactly its own breach, and nothing joins it."""
    found = solve(line([300, 800, 300]))
    assert (found.status, found.breach, found.breach_bound) == ("optimal", 300, 300)
    assert found.assignment.tolist() == [0, 1, 2]


def test_small_community_is_one_grid() -> None:
    """A community below the minimum is one grid, and that is proven."""
    found = solve(line([60, 60, 60]))
    assert (found.status, found.breach, found.breach_bound, found.grids) == ("optimal", 70, 70, 1)


def test_community_without_households() -> None:
    """A lake is one grid of no households, not an error."""
    found = solve(line([0, 0]))
    assert (found.status, found.grids) == ("optimal", 1)


def test_empty_unit_joins_a_grid() -> None:
    """A park never becomes a grid of its own while it has neighbours."""
    found = solve(line([300, 0, 300]))
    assert found.grids == 2
    assert found.assignment[1] in (found.assignment[0], found.assignment[2])


def test_parts_are_solved_apart() -> None:
    """Parts without a common border are divided each for itself, and the proof covers all."""
    data = line([300, 300, 300, 300]).to_dict()
    data["edges"] = {"u": [0, 2], "v": [1, 3], "shared_m": [1.0, 1.0], "cost_m": [1.0, 1.0]}
    found = solve(Problem.from_dict(data))
    assert found.status == "optimal"
    assert found.grids == 4


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"locks": [["apart", "u0", "u1"], ["together", "u0", "u1"]]}, ["u0", "u1", "apart"]),
        (
            {
                "zones": {"police": ["A", "B", "B"]},
                "modes": {"police": "nest"},
                "locks": [["together", "u0", "u1"]],
            },
            ["police", "u"],
        ),
        ({"grids": 7}, ["7 grids", "1 to 3"]),
    ],
)
def test_conflicts_are_named(changes: dict[str, Any], words: list[str]) -> None:
    """Hard rules that contradict each other end in infeasible, with the rules named."""
    found = solve(line([300, 300, 300], **changes))
    assert found.status == "infeasible"
    assert all(word in found.reason for word in words)
    assert found.objective is None
