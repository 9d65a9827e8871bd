"""Column generation and its branch and bound, against every set and every partition there is."""

import math
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from optimise_oracle import oracle
from optimise_worlds import problem

from gridplan.optimise import Problem
from gridplan.optimise.branch import Brancher
from gridplan.optimise.budget import Budget
from gridplan.optimise.contract import contract
from gridplan.optimise.flow import cut, network, reset
from gridplan.optimise.lines import Line
from gridplan.optimise.narrow import Walker
from gridplan.optimise.number import Number
from gridplan.optimise.piece import Piece, score
from gridplan.optimise.price import Pricer
from gridplan.optimise.roam import Roamer
from gridplan.optimise.search import Search, grid_value

NONE = np.zeros((0, 3), dtype=np.int64)

VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "nest": {"modes": {"police": "nest"}},
    "whole": {"modes": {"school": "whole"}},
    "balance only": {"weights": {"police": 0, "school": 0, "compactness": 0, "balance": 2}},
    "no balance": {"weights": {"balance": 0}},
    "change": {
        "previous": ["a", "a", "b", None, "b", "c", "c", "a", "b"],
        "weights": {"change": 0.7},
    },
    "locks": {"locks": []},
}


def world(variant: str, seed: int) -> Problem:
    """A community of 3 by 3 units."""
    changes = dict(VARIANTS[variant])
    if "locks" in changes:
        ids = problem(3, 3, seed).node_ids
        changes["locks"] = [["apart", ids[0], ids[5], ""], ["together", ids[1], ids[7], ""]]
    return problem(3, 3, seed, mean=150, **changes)


def whole_piece(p: Problem) -> Piece:
    """The largest piece of a problem."""
    return max(contract(p).pieces, key=lambda piece: piece.n)


def parts(piece: Piece, nodes: set[int]) -> list[set[int]]:
    """Connected parts of some nodes."""
    left, found = set(nodes), []
    while left:
        part, front = set(), [min(left)]
        while front:
            v = front.pop()
            if v in part:
                continue
            part.add(v)
            ends = [(piece.u, piece.v), (piece.v, piece.u)]
            front += [int(b) for x, y in ends for b in y[x == v] if int(b) in left]
        left -= part
        found.append(part)
    return found


def divisible(piece: Piece, nodes: set[int]) -> bool:
    """Whether each part of what is left has households for some number of grids."""
    lo, hi = piece.terms.lo, piece.terms.hi
    sizes = [int(piece.cap[sorted(part)].sum()) for part in parts(piece, nodes)]
    return all(any(k * lo <= h <= k * hi for k in range(1, h // lo + 1)) for h in sizes)


def every_grid(piece: Piece) -> list[tuple[int, ...]]:
    """All sets that could be a grid of a plan in range."""
    found = []
    everything = set(range(piece.n))
    for size in range(1, piece.n + 1):
        for nodes in combinations(range(piece.n), size):
            h = int(piece.cap[list(nodes)].sum())
            chosen = set(nodes)
            if not piece.terms.lo <= h <= piece.terms.hi or len(parts(piece, chosen)) > 1:
                continue
            plan = np.array([0 if v in chosen else 1 for v in range(piece.n)])
            zones = [set(row[list(nodes)].tolist()) - {-1} for row in piece.nest]
            apart = any(a in chosen and b in chosen for a, b in piece.apart.tolist())
            tied = any(plan[a] != plan[b] for a, b in piece.tied.tolist())
            if any(len(z) > 1 for z in zones) or apart or tied:
                continue
            if divisible(piece, everything - chosen):
                found.append(nodes)
    return found


def reduced(
    piece: Piece,
    nodes: tuple[int, ...],
    price: np.ndarray[Any, Any],
    triples: np.ndarray[Any, Any] = NONE,
) -> float:
    """Reduced cost of a grid by plain code."""
    n = piece.n
    inside = np.isin(np.arange(n), nodes)
    held = [x for x, three in zip(price[n + 1 :], triples, strict=True) if inside[three].sum() >= 2]
    return grid_value(piece, inside) - float(price[:n][inside].sum() + price[n] + sum(held))


@pytest.mark.parametrize("finder", [Brancher, Walker])
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("seed", range(3))
def test_lists_exactly_the_grids_below_a_reduced_cost(
    variant: str, seed: int, finder: type[Brancher | Walker]
) -> None:
    """Over all roots, each grid below the limit is listed once, and no other set."""
    piece = whole_piece(world(variant, seed))
    price = np.random.default_rng(seed).normal(0.3, 0.4, piece.n + 1)
    brancher = finder(piece)
    value = {nodes: reduced(piece, nodes, price) for nodes in every_grid(piece)}
    enough = float(np.quantile(list(value.values()), 0.4)) if value else 0.0
    listed: list[tuple[int, ...]] = []
    for root in range(piece.n):
        bound, found, _ = brancher.search(
            root, price, enough, 10**6, Budget(math.inf), tighten=False
        )
        assert bound >= enough - 1e-9
        listed += [tuple(np.flatnonzero(row).tolist()) for row in found]
    assert len(listed) == len(set(listed))
    assert set(listed) == {nodes for nodes, cost in value.items() if cost < enough}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("limit", [4, 10**6])
def test_cuts_on_triples_are_priced(variant: str, limit: int) -> None:
    """With cuts on triples, too, the grids below a limit are listed, and bounds hold."""
    piece = whole_piece(world(variant, 4))
    rng = np.random.default_rng(11)
    every = list(combinations(range(piece.n), 3))
    triples = np.array(every)[rng.permutation(len(every))[:15]]
    tolls = -rng.exponential(0.3, len(triples)) * (rng.random(len(triples)) < 0.8)
    price = np.concatenate([rng.normal(0.5, 0.4, piece.n + 1), tolls])
    value = {nodes: reduced(piece, nodes, price, triples) for nodes in every_grid(piece)}
    brancher = Brancher(piece)
    brancher.cut(triples)
    rank = brancher.tree.rank
    enough = float(np.quantile(list(value.values()), 0.4)) if value else 0.0
    listed: list[tuple[int, ...]] = []
    for root in range(piece.n):
        mine = [v for g, v in value.items() if min(g, key=lambda v: rank[v]) == root]
        least = min([enough, *mine])
        for tighten in (True, False):
            bound, found, _ = brancher.search(
                root, price, enough, limit, Budget(math.inf), tighten=tighten
            )
            assert bound <= least + 1e-7 or not tighten
            if limit > 4 and tighten:
                assert bound == pytest.approx(least, abs=1e-7)
        listed += [tuple(np.flatnonzero(row).tolist()) for row in found]
    expected = {nodes for nodes, cost in value.items() if cost < enough}
    assert set(listed) <= expected if limit == 4 else set(listed) == expected


@pytest.mark.parametrize("variant", VARIANTS)
def test_roaming_meets_only_grids_below_a_reduced_cost(variant: str) -> None:
    """What local search keeps are grids that a plan can hold, each once and below the limit."""
    piece = whole_piece(world(variant, 4))
    rng = np.random.default_rng(5)
    every = list(combinations(range(piece.n), 3))
    triples = np.array(every)[rng.permutation(len(every))[:15]]
    tolls = -rng.exponential(0.3, len(triples))
    price = np.concatenate([rng.normal(0.6, 0.4, piece.n + 1), tolls])
    grids = every_grid(piece)
    value = {nodes: reduced(piece, nodes, price, triples) for nodes in grids}
    roamer = Roamer(piece)
    roamer.cut(triples)
    starts = np.array([np.isin(np.arange(piece.n), nodes) for nodes in grids])
    worth = np.array(list(value.values()))
    # twice: what one start leaves behind must not count for the next
    for _ in range(2):
        met = roamer.around(starts, worth, price, -0.01)
        found = [tuple(np.flatnonzero(row).tolist()) for row in met]
        assert len(found) == len(set(found))
        assert all(value[nodes] < -0.01 for nodes in found)
        least = min(value.values(), default=0.0)
        if least < -0.02:
            assert min(value[nodes] for nodes in found) == pytest.approx(least)


def test_what_a_relaxation_falls_short_of_is_part_of_its_bound() -> None:
    """A sweep bounds a plan even where it left grids of negative reduced cost."""
    piece = whole_piece(world("plain", 0))
    search = Search(piece, Budget(math.inf), None, 0)
    search.start(1000)
    pricer = Pricer(search)
    pricer.upper = 10.0
    number = Number(piece, 5, 10.0, masks=False)
    prices = number.relaxation.solve(5)
    least = np.linspace(-0.3, 0.5, piece.n)
    slack = pricer.note(number, prices, least)
    assert slack == pytest.approx(-least[:5].sum())
    value = prices.node.sum() + 5 * prices.grid
    assert pricer.floor(number) == pytest.approx(value - slack)
    assert pricer.note(number, prices, np.zeros(0)) == math.inf


def test_a_bound_from_a_narrower_range_is_not_taken_for_a_wider_one() -> None:
    """Fewer grids narrow the range: what a sweep over them proves says nothing of other numbers."""
    piece = whole_piece(world("plain", 0))
    search = Search(piece, Budget(math.inf), None, 0)
    search.start(1000)
    pricer = Pricer(search)
    pricer.upper = 10.0
    narrow, wide = (Number(piece, k, 10.0, masks=False) for k in (4, 5))
    assert (narrow.lo, narrow.hi) != (wide.lo, wide.hi)
    prices = narrow.relaxation.solve(4)
    line = Line(narrow.lo, narrow.hi, 5.0, 0.0, np.zeros(piece.n), 4, prices)
    pricer.lines.append(line)
    assert pricer.floor(narrow) == 5.0
    assert pricer.floor(wide) == -math.inf


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("limit", [3, 10**6])
def test_bounds_hold_however_early_the_search_is_stopped(variant: str, limit: int) -> None:
    """The bound of a root never exceeds its cheapest grid; without a limit it is reached."""
    piece = whole_piece(world(variant, 5))
    price = np.random.default_rng(7).normal(0.5, 0.5, piece.n + 1)
    brancher = Brancher(piece)
    rank = brancher.tree.rank
    grids = every_grid(piece)
    for root in range(piece.n):
        mine = [g for g in grids if min(g, key=lambda v: rank[v]) == root]
        least = min([reduced(piece, g, price) for g in mine], default=math.inf)
        bound, found, _ = brancher.search(root, price, 50.0, limit, Budget(math.inf), tighten=True)
        assert bound <= min(least, 50.0) + 1e-7
        for row in found:
            assert tuple(np.flatnonzero(row).tolist()) in mine
        if limit > 3:
            assert bound == pytest.approx(min(least, 50.0), abs=1e-7)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("way", ["small", "large", "masks"])
@pytest.mark.parametrize("cuts", [50, 700, 10**6])
def test_column_generation_agrees_with_brute_force(
    variant: str, cuts: int, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proven plan is the best of all partitions, bounds are not above it, as small or large."""
    masks = way == "masks"
    monkeypatch.setattr("gridplan.optimise.number.LARGE", 1 if way == "large" else 100)
    for seed in range(2):
        p = world(variant, seed)
        best, parted = oracle(p), contract(p)
        if best.breach or len(parted.pieces) > 1:
            continue
        piece = parted.pieces[0]
        search = Search(piece, Budget(math.inf), p.grids, 0)
        for _ in range(6):
            search.start(200)
        if search.best is None or search.best[0].broken or search.best[0].excess:
            continue
        answer = Pricer(search, masks=masks).prove(cuts, 10_000)
        plan = search.plan if answer.plan is None else answer.plan
        mine = score(piece, plan)
        offset = mine.cost - best_cost(p, piece, plan)
        assert not mine.broken
        assert not mine.excess
        assert answer.bound <= best.cost + offset + 1e-6
        if cuts > 700:
            assert answer.proven
            assert mine.cost == pytest.approx(best.cost + offset, abs=1e-6)


def best_cost(p: Problem, piece: Piece, plan: np.ndarray[Any, Any]) -> float:
    """Cost of a plan of the only piece as the problem counts it."""
    from gridplan.optimise import evaluate

    return evaluate(p, plan[contract(p).node_of])[1]


@pytest.mark.parametrize("seed", range(5))
def test_cut_is_the_least_of_all_sets(seed: int) -> None:
    """The side of the source costs no more than any other set; flow kept from before is no harm."""
    piece = whole_piece(problem(3, 3, seed))
    net = network(piece.kernel, NONE)
    rng = np.random.default_rng(seed)
    reset(net)
    net.excess[piece.n :] = -piece.kernel.lw
    before = np.zeros(piece.n)
    for _ in range(4):
        gain = rng.normal(0.0, 1.0, piece.n)
        net.excess[: piece.n] += gain - before
        before = gain
        cut(net)
        mine = sum(1 << v for v in range(piece.n) if net.side[v])
        least = min(set_cost(piece, nodes, gain) for nodes in range(2**piece.n))
        assert set_cost(piece, mine, gain) == pytest.approx(least, abs=1e-9)


def set_cost(piece: Piece, nodes: int, gain: np.ndarray[Any, Any]) -> float:
    """Labels, half the cut border and gains lost of a set given as a mask."""
    inside = np.array([(nodes >> v) & 1 for v in range(piece.n)], dtype=bool)
    labels = np.unique(piece.labels.index[inside[piece.labels.node]])
    border = 0.5 * float(piece.w[inside[piece.u] != inside[piece.v]].sum())
    return float(piece.label_weight[labels].sum()) + border - float(gain[inside].sum())


@pytest.mark.parametrize("variant", VARIANTS)
def test_bounds_of_roots_are_raised_and_stay_bounds(variant: str) -> None:
    """Searching stopped roots again for less raises their bounds, but above no grid of theirs."""
    piece = whole_piece(world(variant, 5))
    search = Search(piece, Budget(math.inf), None, 0)
    search.start(1000)
    pricer = Pricer(search)
    pricer.cuts, number = 10**6, Number(piece, 3, 10.0, masks=False)
    narrowed = number.finder.piece
    price = np.random.default_rng(7).normal(0.5, 0.5, piece.n + 1)
    rank = number.finder.tree.rank if isinstance(number.finder, Brancher) else np.zeros(0)
    grids = every_grid(narrowed)
    number.limit = 3
    before = [
        (pricer._search(number, root, price, -1e-7, 3, tighten=True)[0], root)
        for root in range(piece.n)
    ]
    after = sorted(before)
    pricer.deepen(number, price, after, 0)
    raised = {root: bound for bound, root in after}
    assert sorted(raised) == list(range(piece.n))
    for bound, root in before:
        mine = [g for g in grids if min(g, key=lambda v: rank[v]) == root]
        least = min([reduced(narrowed, g, price) for g in mine], default=math.inf)
        assert bound <= raised[root] <= min(least, -1e-7) + 1e-7


def test_prices_between_two_are_weighed() -> None:
    """Smoothed prices lie between earlier ones and an optimum; new triples had no price before."""
    piece = whole_piece(world("plain", 0))
    number = Number(piece, 4, 10.0, masks=False)
    optimum = number.relaxation.solve(4)
    later = optimum._replace(cut=np.array([-1.0, -2.0]))
    earlier = optimum._replace(node=optimum.node + 1.0, grid=3.0, cut=np.array([-0.5]))
    number.smooth = 0.25
    found = number.between(earlier, later)
    assert found.node == pytest.approx(optimum.node + 0.25)
    assert found.grid == pytest.approx(0.25 * 3.0 + 0.75 * optimum.grid)
    assert found.cut == pytest.approx([-0.875, -1.5])
