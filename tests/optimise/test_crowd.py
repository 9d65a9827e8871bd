"""Zones that should stay whole and cannot: the least number of touches, and bounds beside it."""

import math
from typing import Any

import numpy as np
import pytest
from optimise_oracle import Best, neighbours, oracle, partitions, whole_touches
from optimise_oracle import keeps_rules as keeps
from optimise_worlds import lattice

from gridplan.optimise import Problem, evaluate, solve
from gridplan.optimise.budget import Budget
from gridplan.optimise.contract import contract
from gridplan.optimise.crowd import crowd_by_size, steep_labels
from gridplan.optimise.price import Pricer
from gridplan.optimise.search import Search, grid_value
from gridplan.optimise.touches import crowd_of

COURTS: dict[str, list[str | None]] = {
    "large": ["A", "A", "A", "A", None, None, None, None, None],
    "in two parts": ["A", None, "A", None, None, None, None, None, None],
    "both": ["A", "A", "A", "A", None, None, "B", None, "B"],
}


def world(court: str, seed: int, **changes: Any) -> Problem:
    """A community of 3 by 3 units, one layer of which should stay whole."""
    data = lattice(3, 3, seed, mean=150, **changes)
    data["zones"] = data["zones"] | {"court": COURTS[court]}
    return Problem.from_dict(data | {"modes": {"court": "whole"}})


def searched(p: Problem) -> Search | None:
    """A search with a plan within the range, or None."""
    parted = contract(p)
    if len(parted.pieces) > 1:
        return None
    search = Search(parted.pieces[0], Budget(math.inf), p.grids, 0)
    for _ in range(8):
        search.start(300)
    assert search.best is not None
    return None if search.best[0].broken or search.best[0].excess else search


def fewest_touches(p: Problem) -> int:
    """Least touches of all plans within the range, by trying every partition."""
    near, fewest = neighbours(p), 99
    for labels in partitions(len(p.node_ids)):
        held = np.bincount(labels, p.households)
        inside = bool(((held >= p.min) & (held <= p.max)).all())
        if inside and whole_touches(p, labels) < fewest and keeps(p, labels, near):
            fewest = whole_touches(p, labels)
    return fewest


@pytest.mark.parametrize("court", COURTS)
def test_touches_are_the_fewest_of_all_plans(court: str) -> None:
    """What is proven as the least number of touches is that of the best partition."""
    met = 0
    for seed in range(4):
        p = world(court, seed)
        search = searched(p)
        if search is None or not len(steep := steep_labels(search.piece)):
            continue
        crowd = crowd_of(search, 10**6)
        if crowd is None:  # a better plan may have been found on the way
            crowd = crowd_of(search, 10**6)
        assert crowd is not None
        others = len({z for z in COURTS[court] if z}) - len(steep)
        assert crowd.least.sum() + others == fewest_touches(p)
        met += 1
    assert met >= 2


@pytest.mark.parametrize("court", COURTS)
@pytest.mark.parametrize("cuts", [50, 700, 10**6])
def test_bounds_beside_a_crowd_hold(court: str, cuts: int) -> None:
    """With touches as a row, a bound is never above the optimum, and a proof finds it."""
    met = 0
    for seed in range(4):
        p = world(court, seed)
        best, search = oracle(p), searched(p)
        if search is None or best.breach:
            continue
        crowd = crowd_of(search, 10**6) or crowd_of(search, 10**6)
        if crowd is None:
            continue
        check_bound(p, search, best, Pricer(search), cuts)
        pricer = Pricer(search)
        pricer.begin(crowd)
        check_bound(p, search, best, pricer, cuts)
        met += 1
    assert met >= 2


def check_bound(p: Problem, search: Search, best: Best, pricer: Pricer, cuts: int) -> None:
    """A bound holds, and with enough cuts the plan is the best."""
    answer = pricer.prove(cuts, 10_000)
    if answer.plan is not None:
        search.offer(answer.plan)
    assert search.best is not None
    known, cost = search.best[0], evaluate(p, search.plan[contract(p).node_of])[1]
    assert answer.bound <= best.cost + known.cost - cost + 1e-6
    if cuts > 700:
        assert answer.proven
        assert cost == pytest.approx(best.cost, abs=1e-6)


def test_a_price_of_touches_leaves_reduced_costs_as_they_are() -> None:
    """Cost with the weights that a price leaves is the cost less the price of all touches."""
    search = next(x for x in (searched(world("both", seed)) for seed in range(9)) if x is not None)
    piece = search.piece
    crowd = crowd_of(search, 10**6) or crowd_of(search, 10**6)
    assert crowd is not None
    price = 0.6 * crowd.most
    inside = np.random.default_rng(3).random((40, piece.n)) < 0.4
    touched = crowd.touched(inside)
    for row, times in zip(inside, touched, strict=True):
        plain = grid_value(crowd.plain, row)
        assert grid_value(piece, row) == pytest.approx(plain + piece.steep * times.sum())
        weights = crowd.weights(price)
        labels = np.unique(piece.labels.index[row[piece.labels.node]])
        saved = (crowd.plain.label_weight - weights)[labels].sum()
        assert saved == pytest.approx(float(times @ price))


def test_a_zone_above_the_maximum_hides_no_gap() -> None:
    """A community whose layer cannot stay whole is proven as one without that layer is."""
    data = lattice(7, 6, 3, mean=90)
    data["zones"]["court"] = ["A" if i % 7 < 4 and i < 21 else None for i in range(42)]
    p = Problem.from_dict(data | {"modes": {"court": "whole"}})
    piece = contract(p).pieces[0]
    search, crowd = Search(piece, Budget(math.inf), None, 2), None
    while crowd is None and search.tries < 60:
        search.start(20_000)
        crowd = crowd_by_size(piece, search.plan)
    assert crowd is not None
    pricer = Pricer(search)
    pricer.begin(crowd)
    answer = pricer.prove(20_000, 1000)
    assert search.best is not None
    assert search.best[0].cost - answer.bound < 0.5 * piece.steep
    assert solve(p, effort=0.3).gap is not None
