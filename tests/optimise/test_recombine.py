"""The best plan made of grids that a search has met, against an integer programme over them."""

import math

import numpy as np
import pulp
import pytest
from optimise_worlds import lattice
from test_large import in_one_piece

from gridplan.optimise import Problem
from gridplan.optimise.budget import Budget
from gridplan.optimise.contract import contract
from gridplan.optimise.recombine import Recombiner
from gridplan.optimise.search import Search, grid_value

STARTS, STEPS = 10, 50


def searched(seed: int, grids: int | None = None, **changes: object) -> Search:
    """A search on 80 lots that has met the grids of a few hasty plans."""
    (piece,) = contract(Problem.from_dict(lattice(10, 8, seed, mean=60, **changes))).pieces
    search = Search(piece, Budget(math.inf), grids, seed)
    for _ in range(STARTS):
        search.start(STEPS * piece.n)
    return search


def least_choice(search: Search, grids: int | None) -> float:
    """Cost of the cheapest plan of grids met that lie in the range, by an integer programme."""
    piece = search.piece
    inside = search.grids_seen()
    size = inside @ piece.cap
    inside = inside[(size >= piece.terms.lo) & (size <= piece.terms.hi)]
    model = pulp.LpProblem("oracle", pulp.LpMinimize)
    x = [model.add_variable(f"x{j}", cat=pulp.LpBinary) for j in range(len(inside))]
    model += pulp.lpSum(grid_value(piece, row) * one for row, one in zip(inside, x, strict=True))
    for node in range(piece.n):
        model += pulp.lpSum(x[j] for j in np.flatnonzero(inside[:, node])) == 1
    if grids is not None:
        model += pulp.lpSum(x) == grids
    model.solve(pulp.HiGHS(msg=False, gapRel=0.0, threads=1))
    return float(pulp.value(model.objective)) + piece.constant


@pytest.mark.parametrize("grids", [None, 13, 15])
def test_the_best_choice_of_all_grids_met(grids: int | None) -> None:
    """As cheap as any choice of the grids met, mostly cheaper than every plan met, and a plan."""
    gains = []
    for seed in range(4):
        search = searched(seed, grids)
        assert search.best is not None
        before = search.best[0].cost
        Recombiner(search).turn(quick=True)
        hasty = search.best[0].cost
        Recombiner(search).turn(quick=False)
        after, plan = search.best
        assert after.cost == pytest.approx(least_choice(search, grids))
        assert after.cost <= hasty <= before
        assert after.excess == after.broken == 0
        assert in_one_piece(search.piece, plan)
        assert grids in (None, len(np.unique(plan)))
        gains.append(before - after.cost)
    assert sum(gains) > 0.5


def test_grids_met_later_count_too() -> None:
    """A recombiner asked again knows what the search has met since."""
    search = searched(0)
    recombiner = Recombiner(search)
    recombiner.turn(quick=False)
    for _ in range(STARTS):
        search.start(STEPS * search.piece.n)
    recombiner.turn(quick=False)
    assert search.best is not None
    assert search.best[0].cost == pytest.approx(least_choice(search, None))


def test_no_plan_within_the_range_no_recombination() -> None:
    """A breach is mended by windows and corners, not here."""
    search = searched(0, min=374, max=376)
    assert search.best is not None
    assert search.best[0].excess > 0
    before = search.best
    Recombiner(search).turn(quick=False)
    assert search.best is before
