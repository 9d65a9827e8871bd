"""Grids of many small nodes: groups of them move first, and the plan they leave is refined."""

import math

import numpy as np
import pytest
from optimise_worlds import lattice
from test_large import in_one_piece

from gridplan.optimise import Problem
from gridplan.optimise.budget import Budget
from gridplan.optimise.coarse import condense, strength_of
from gridplan.optimise.contract import contract
from gridplan.optimise.desk import fresh_desk
from gridplan.optimise.piece import Piece, score
from gridplan.optimise.search import GROUPS, Search

SIDE, ZONE = 24, 8


def lots(seed: int = 0) -> tuple[Piece, np.ndarray]:  # type: ignore[type-arg]
    """A lattice of 576 lots in nine square zones of some 400 households each, and the zones."""
    row, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    zone = row // ZONE * (SIDE // ZONE) + column // ZONE
    data = lattice(SIDE, SIDE, seed, mean=6)
    data["zones"] = {"police": [f"P{z}" for z in zone], "school": [f"S{z // 3}" for z in zone]}
    parts = contract(Problem.from_dict(data))
    (piece,) = parts.pieces
    return piece, zone[np.argsort(parts.node_of)]


def test_groups_lie_in_grids_and_hang_together() -> None:
    """As many groups as were asked for, each a connected part of one grid, of similar size."""
    piece, zone = lots()
    strength = strength_of(piece, fresh_desk(piece))
    group, count = condense(piece, zone, 60, np.random.default_rng(3), strength)
    assert count == 60
    assert sorted(set(group.tolist())) == list(range(60))
    assert in_one_piece(piece, group)
    assert all(len(set(zone[group == g])) == 1 for g in range(60))
    assert np.bincount(group, piece.cap).max() < 4 * piece.total / 60


def test_strength_is_that_of_the_edge() -> None:
    """Border, half the weight of zones that both ends lie in, and a little for every edge."""
    piece, _ = lots()
    names: list[set[int]] = [set() for _ in range(piece.n)]
    for node, label in zip(piece.labels.node.tolist(), piece.labels.index.tolist(), strict=True):
        names[node].add(label)
    common = [
        0.5 * sum(piece.label_weight[label] for label in names[a] & names[b])
        for a, b in zip(piece.u.tolist(), piece.v.tolist(), strict=True)
    ]
    plain = piece.w + common
    assert strength_of(piece, fresh_desk(piece)) == pytest.approx(plain + 0.1 * np.median(plain))


@pytest.mark.parametrize("seed", range(3))
def test_groups_find_the_zones_that_single_lots_miss(seed: int) -> None:
    """One start finds every zone, where as much work on single lots is a fifth dearer and more."""
    piece, zone = lots(seed)
    by_groups = Search(piece, Budget(math.inf), None, seed)
    alone = Search(piece, Budget(math.inf), None, seed)
    assert by_groups.coarse
    alone.coarse = False
    worth = []
    for search in (by_groups, alone):
        search.start(50 * piece.n)
        assert search.best is not None
        assert search.best[0] == pytest.approx(score(piece, search.plan))
        assert in_one_piece(piece, search.plan)
        worth.append(search.best[0])
    assert worth[0] == pytest.approx(score(piece, zone))
    assert worth[1].cost > 1.15 * worth[0].cost


@pytest.mark.parametrize("grids", [None, 11])
def test_groups_of_a_plan_make_it_no_worse(grids: int | None) -> None:
    """Annealed again by its groups, the best plan stays the best, also with its number fixed."""
    piece, _ = lots()
    search = Search(piece, Budget(math.inf), grids, 5)
    search.start(20 * piece.n)
    for _ in range(4):
        assert search.best is not None
        before = search.best[0]
        search.again(20 * piece.n)
        assert search.best[0] <= before
        assert grids in (None, len(np.unique(search.plan)))
        assert in_one_piece(piece, search.plan)


def test_groups_move_only_where_grids_hold_many_nodes_and_no_hard_rule_binds() -> None:
    """Few nodes a grid, few nodes in all, or pairs that must part: single nodes move."""
    piece, _ = lots()
    assert Search(piece, Budget(math.inf), None, 0).coarse
    assert not Search(piece, Budget(math.inf), piece.n // GROUPS, 0).coarse
    assert not Search(piece.induced(np.arange(200)), Budget(math.inf), None, 0).coarse
    data = lattice(SIDE, SIDE, 0, mean=6)
    data["locks"] = [["apart", data["nodes"]["id"][0], data["nodes"]["id"][1]]]
    (apart,) = contract(Problem.from_dict(data)).pieces
    assert not Search(apart, Budget(math.inf), None, 0).coarse
