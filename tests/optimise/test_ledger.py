"""The ledger counts what is split and proves how little could be."""

from itertools import product

import numpy as np
import pytest
from optimise_oracle import fitting_zones, keeps_rules, neighbours, partitions, whole_touches
from optimise_paths import community
from optimise_worlds import problem

from gridplan.optimise import Problem, evaluate, solve
from gridplan.optimise.least import floor_of
from gridplan.optimise.ledger import LayerLine, in_all, layer_ledger
from gridplan.optimise.objective import excess_incidences


def ledger(p: Problem, plan: list[int]) -> dict[str, LayerLine]:
    """Lines of a plan by layer."""
    return {line.layer: line for line in layer_ledger(p, np.array(plan))}


def ring(zones: list[str]) -> Problem:
    """Four units of 150 households around a yard."""
    sides = [(0, 1), (1, 2), (2, 3), (0, 3)]
    return community([150, 150, 150, 150], sides, zones={"police": zones})


def least_by_hand(p: Problem, layer: str) -> int:
    """Least excess of a layer among plans of least breach and whole zones, by trying all."""
    near = neighbours(p)
    zones = fitting_zones(p, near)
    best = (np.inf, np.inf, np.inf)
    for labels in partitions(len(p.node_ids)):
        whole = all(len({labels[i] for i in units}) == 1 for units in zones)
        if whole and keeps_rules(p, labels, near):
            grid = np.array(labels)
            excess = excess_incidences(p, layer, grid)
            best = min(best, (evaluate(p, grid)[0], whole_touches(p, labels), excess))
    return int(best[2])


def test_needless_split_is_told_from_the_minimum() -> None:
    """A plan that splits a zone without need stands beside a proven minimum of none."""
    p = ring(["A", "A", "B", "B"])
    line = ledger(p, [0, 1, 1, 0])["police"]
    assert (line.incidences, line.excess, line.least, line.proven) == (4, 2, 0, True)
    assert line.split == (("A", 2), ("B", 2))
    assert (line.aligned, line.households) == (0, 600)
    assert line.sentence == "police: 2 zones split; none is the proven minimum"


def test_plan_in_pieces_proves_nothing() -> None:
    """Beside a hand-made plan whose grids fall apart no minimum is claimed."""
    p = community([150, 150, 150, 150], zones={"police": ["A", "A", "B", "B"]})
    line = ledger(p, [0, 1, 1, 0])["police"]
    assert (line.excess, line.least, line.proven) == (2, 0, False)
    assert line.sentence == "police: 2 zones split; no minimum proven"


def test_split_that_its_size_forces() -> None:
    """A zone above the maximum is split without excess; a grid in two zones is not aligned."""
    p = community([250, 250, 250, 100], zones={"police": ["A", "A", "A", "B"]})
    line = ledger(p, [0, 0, 1, 1])["police"]
    assert (line.excess, line.least, line.proven, line.splits) == (0, 0, True, 1)
    assert line.aligned == 500
    assert line.sentence == "police: 1 zone split, once; 1 is the proven minimum"


def test_excess_that_no_plan_avoids() -> None:
    """A minimum above zero is proven by solving for the layer alone."""
    p = community([100, 400, 300], zones={"police": ["A", "B", "A"]})
    assert floor_of(p, "police", 0) == 0
    line = ledger(p, [0, 0, 1])["police"]
    assert (line.excess, line.least, line.proven) == (1, 1, True)
    assert line.sentence == "police: 1 zone split, once; 1 is the proven minimum"


def test_without_effort_only_sizes_are_counted() -> None:
    """What would have to be solved stays open, and says why."""
    p = community([100, 400, 300], zones={"police": ["A", "B", "A"]})
    line = layer_ledger(p, np.array([0, 0, 1]), effort=0)[0]
    assert (line.excess, line.least, line.proven, line.stopped) == (1, 0, False, "effort")
    assert line.sentence == "police: 1 zone split, once; no minimum proven"


def test_time_is_shared_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the clock strikes the line says so."""
    p = problem(8, 8, 4)
    plan = solve(p, effort=0.05).assignment
    clock = iter(range(10**6))
    monkeypatch.setattr("time.perf_counter", lambda: float(next(clock)))
    lines = layer_ledger(p, plan, time_limit_s=1.0)
    assert [x.stopped for x in lines if not x.proven] == ["time"] * 2


def test_lines_of_communities_add_up() -> None:
    """Sums say how many zones are split in all; one open minimum leaves the sum open."""
    tight = community([100, 400, 300], zones={"police": ["A", "B", "A"]})
    whole = ring(["A", "A", "B", "B"])
    lines = [
        *layer_ledger(tight, np.array([0, 0, 1])),
        *layer_ledger(whole, np.array([0, 1, 1, 0])),
    ]
    (total,) = in_all(lines)
    assert total.sentence == "police: 3 zones split; 1 is the proven minimum"
    lines.append(layer_ledger(tight, np.array([0, 0, 1]), effort=0)[0])
    (total,) = in_all(lines)
    assert total.sentence == "police: 4 zones split; at least 1 proven unavoidable"


def test_zone_in_two_parts_needs_no_solving() -> None:
    """A zone that lies in two detached parts is split at least once, by counting alone."""
    p = community([150, 150, 150, 150], [(0, 1), (2, 3)], zones={"police": ["A", "B", "A", "C"]})
    assert floor_of(p, "police", 0) == 1
    line = ledger(p, [0, 0, 1, 1])["police"]
    assert (line.excess, line.least, line.proven) == (1, 1, True)


def test_a_breach_saves_no_more_grids_than_it_has_households_for() -> None:
    """520, 510 and 1,800 of a zone save a grid each by 20, 10 and 300 households, then by 500."""
    p = community([520, 510, *[300] * 6], zones={"police": ["B", "C", *"AAAAAA"]})
    floors = {b: floor_of(p, "police", b) for b in (0, 9, 10, 29, 30, 329, 330, 829, 830, 9000)}
    assert list(floors.values()) == [0, 0, -1, -1, -2, -2, -3, -3, -4, -5]


def test_fixed_number_of_grids_counts() -> None:
    """Where every unit has a zone, each of a fixed number of grids is an incidence at least."""
    p = community([250, 250, 250], grids=3, zones={"police": ["A", "A", "A"]})
    assert floor_of(p, "police", 0) == 1
    line = ledger(p, [0, 1, 2])["police"]
    assert (line.excess, line.least, line.proven) == (1, 1, True)


def test_nothing_is_split() -> None:
    """A plan that follows every line says so."""
    p = community([300, 300], zones={"police": ["A", "B"]})
    line = ledger(p, [0, 1])["police"]
    assert line.sentence == "police: no zone split"
    assert line.aligned == line.households == 600


def test_units_without_zone_or_households_do_not_count() -> None:
    """Zones without a household and units without a zone touch no grid."""
    p = community([300, 0, 300], zones={"police": ["A", "B", None]})
    line = ledger(p, [0, 0, 1])["police"]
    assert (line.zones, line.incidences, line.aligned) == (1, 1, 300)


def test_minimum_is_that_of_plans_of_least_breach() -> None:
    """A plan that would split less by missing the range does not lower the minimum."""
    p = community([200, 200, 200], zones={"police": ["A", "B", "B"]})
    found = solve(p)
    line = ledger(p, found.assignment.tolist())["police"]
    assert line.least == least_by_hand(p, "police")
    assert line.proven


def test_mode_and_order_of_layers() -> None:
    """Lines come in the order of the problem, with their modes."""
    zones = {"school": ["S", "S"], "police": ["A", "B"]}
    p = community([300, 300], zones=zones, modes={"police": "nest"})
    assert [(x.layer, x.mode) for x in layer_ledger(p, np.array([0, 1]))] == [
        ("school", "soft"),
        ("police", "nest"),
    ]


@pytest.mark.parametrize(("seed", "mode"), list(product(range(5), ["soft", "nest"])))
def test_least_equals_brute_force(seed: int, mode: str) -> None:
    """The proven minimum of every layer is the one that trying every partition finds."""
    p = problem(2, 4, seed, modes={"police": mode})
    found = solve(p)
    for line in layer_ledger(p, found.assignment):
        assert line.proven
        assert line.least == least_by_hand(p, line.layer)
        assert line.least <= line.excess
        assert line.excess == excess_incidences(p, line.layer, found.assignment)


@pytest.mark.parametrize(("seed", "mean"), list(product([5, 6], [60, 110, 260])))
def test_bounds_hold_whatever_the_plan(seed: int, mean: int) -> None:
    """Plans in range and out of it, good ones and bad ones: no bound lies above the truth."""
    p = problem(2, 4, seed, mean=mean, modes={"school": "whole" if seed % 2 else "soft"})
    best = solve(p)
    for line in layer_ledger(p, best.assignment):
        true = least_by_hand(p, line.layer)
        assert line.least <= true
        assert line.least == true or not line.proven
