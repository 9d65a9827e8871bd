"""Two neighbouring grids divided anew, against all divisions there are."""

import math

import numpy as np
import pytest
from optimise_oracle import oracle
from optimise_worlds import problem

from gridplan.optimise import rounds
from gridplan.optimise.budget import Budget
from gridplan.optimise.contract import contract
from gridplan.optimise.objective import evaluate
from gridplan.optimise.piece import Score
from gridplan.optimise.search import Search
from gridplan.optimise.windows import smooth

ROWS = np.array([0] * 6 + [1] * 3, dtype=np.int64)


@pytest.mark.parametrize("seed", range(6))
def test_a_pair_is_divided_as_well_as_it_can_be(seed: int) -> None:
    """A window that holds the whole problem ends in its optimum; a wider one is not opened."""
    world = problem(3, 3, seed)
    parted = contract(world)
    (piece,) = parted.pieces
    search = Search(piece, Budget(math.inf), None, 0)
    search.offer(ROWS)
    before = search.best
    smooth(search, 1e6, 0, (2,), piece.n - 1)
    assert search.best is before
    smooth(search, 1e6, 0, (2,), piece.n)
    assert search.best is not before
    assert evaluate(world, search.plan[parted.node_of]) == pytest.approx(oracle(world))


def test_short_turns_divide_pairs_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """After hasty annealings the plan is better than without, and never worse."""
    monkeypatch.setattr(rounds, "TURN", (10, 10))
    monkeypatch.setattr(rounds, "MIX", (1, 1))
    monkeypatch.setattr(rounds, "SOUGHT", 1)

    def found(seed: int) -> Score:
        (piece,) = contract(problem(8, 7, seed)).pieces
        search = Search(piece, Budget(math.inf), None, seed)
        rounds.first_rounds(search, 1.0, seed)
        assert search.best is not None
        return search.best[0]

    divided = [found(seed) for seed in range(6)]
    monkeypatch.setattr(rounds, "PAIRS", 0)
    plain = [found(seed) for seed in range(6)]
    assert all(a <= b for a, b in zip(divided, plain, strict=True))
    assert sum(a < b for a, b in zip(divided, plain, strict=True)) >= 3
