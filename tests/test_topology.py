"""Coverages: cleaning communities, shared and free edges, ground that nobody has."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridplan.communities import clean_communities
from gridplan.domain import Finding, Severity
from gridplan.errors import TopologyError
from gridplan.topology import (
    absorb_parts,
    free_edges,
    polygons_of,
    runs_of,
    shared_edges,
    uncovered_m2,
)
from tests.worlds import box, chessboard, communities


def test_a_clean_coverage_stays_as_it_is() -> None:
    """Communities that match vertex for vertex are not touched."""
    homes = communities(*chessboard(2, 2, 500))
    findings: list[Finding] = []
    assert clean_communities(homes, tolerance_m=0.01, findings=findings) is homes
    assert findings == []


def test_slivers_are_closed_and_listed() -> None:
    """A gap and an overlap of one metre are closed; what moved is a finding with its limit."""
    # The gap is closed on all sides, as one between the communities of a city is.
    homes = communities(
        box(0, 0, 500, 500),
        box(501, 0, 500, 500),
        box(0, 499.5, 1001, 500),
        box(0, -500, 1001, 500),
    )
    findings: list[Finding] = []
    clean = clean_communities(homes, tolerance_m=0.01, findings=findings)
    assert shapely.coverage_is_valid(clean.geometry.to_numpy(), gap_width=2.0)
    assert clean.area.sum() == pytest.approx(1001 * 1499.5)
    moved = {f.place: f for f in findings if f.kind == "community-repaired"}
    # The gap of 1 m and the overlap of half a metre, each between two neighbours.
    lost = shapely.area(shapely.difference(homes.geometry.to_numpy(), clean.geometry.to_numpy()))
    won = shapely.area(shapely.difference(clean.geometry.to_numpy(), homes.geometry.to_numpy()))
    assert [moved[c].value for c in homes["community_code"] if c in moved] == pytest.approx(
        [m for m in lost + won if m > 0.25], abs=0.01
    )
    for finding in moved.values():
        area = float(homes.set_index("community_code").area[finding.place])
        assert finding.limit == pytest.approx(0.01 * area)
        heavy = (finding.value or 0) > 0.001 * area
        assert finding.severity == (Severity.WARNING if heavy else Severity.REPAIRED)


def test_a_loss_and_a_gain_do_not_cancel_out() -> None:
    """A community that loses on one side what it wins on the other has moved both."""
    homes = communities(box(0, 0, 500, 500), box(501, 0, 500, 500), box(1000, 0, 500, 500))
    findings: list[Finding] = []
    clean_communities(homes, tolerance_m=0.01, findings=findings)
    moved = {f.place: f.value for f in findings if f.kind == "community-repaired"}
    assert sum(value or 0 for value in moved.values()) == pytest.approx(1000, abs=0.1)


def test_a_gap_beside_many_goes_to_each_its_part() -> None:
    """No community gets a thread along the border of others."""
    south = [box(i * 100, 0, 100, 100) for i in range(5)]
    north = [box(i * 100, 100.5, 100, 100) for i in range(5)]
    homes = communities(*south, *north)
    findings: list[Finding] = []
    clean = clean_communities(homes, tolerance_m=0.01, findings=findings)
    shapes = clean.geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes, gap_width=2.0)
    assert shapely.get_num_geometries(shapes).tolist() == [1] * 10
    assert (shapely.area(shapes) <= 10_051.1).all()
    assert shapely.area(shapes).sum() == pytest.approx(500 * 200.5, abs=0.1)


@pytest.mark.parametrize(
    "inner", [box(100, 100, 50, 50), box(0, 0, 500, 500), box(450, 0, 500, 500)]
)
def test_real_overlaps_are_refused(inner: shapely.Polygon) -> None:
    """An enclave without a hole, a duplicate and a wide overlap are named with both communities."""
    with pytest.raises(TopologyError) as caught:
        clean_communities(communities(box(0, 0, 500, 500), inner), tolerance_m=0.01, findings=[])
    assert "overlaps community" in str(caught.value)
    assert "c1" in str(caught.value)
    assert "c2" in str(caught.value)


def test_shared_edges_of_equal_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all segments have one sorting key, the same borders are found in the same order."""
    board = np.array(chessboard(4, 5, 10))
    wanted = shared_edges(board)
    monkeypatch.setattr("gridplan.topology._MIX", np.uint64(0))
    for name, values in vars(shared_edges(board)).items():
        assert np.array_equal(values, getattr(wanted, name))


def test_shared_edges_know_both_sides() -> None:
    """Squares of a chessboard share one edge with each neighbour; corners share none."""
    edges = shared_edges(np.array(chessboard(2, 2, 10)))
    assert list(zip(edges.left.tolist(), edges.right.tolist(), strict=True)) == [
        (0, 1),
        (0, 2),
        (1, 3),
        (2, 3),
    ]
    assert edges.length_m.tolist() == [10.0] * 4


def test_edges_of_holes_count() -> None:
    """An enclave shares its whole outline with the hole around it."""
    enclave = box(10, 10, 10, 10)
    ring = shapely.difference(box(0, 0, 30, 30), enclave)
    edges = shared_edges(np.array([ring, enclave]))
    assert edges.length_m.sum() == 40.0
    start, _, owner = free_edges(np.array([ring, enclave]))
    assert owner.tolist() == [0] * 4
    assert len(start) == 4


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5), st.integers(1, 5))
def test_every_edge_is_shared_or_free(columns: int, rows: int) -> None:
    """Perimeters add up: twice the shared metres plus the free ones."""
    board = np.array(chessboard(columns, rows, 10))
    start, end, _ = free_edges(board)
    free = np.hypot(*(end - start).T).sum()
    assert 2 * shared_edges(board).length_m.sum() + free == shapely.length(board).sum()
    assert free == 20 * (columns + rows)


def test_ownerless_parts_go_to_the_longest_border() -> None:
    """A part without owner joins the neighbour that has most of its border, in its group only."""
    parts = np.array([*chessboard(3, 1, 10), shapely.union_all(chessboard(3, 2, 10)[3:])])
    group = np.array([0, 0, 0, 0])
    assert absorb_parts(parts, np.array([5, -1, 6, 7]), group).tolist() == [5, 5, 6, 7]
    assert absorb_parts(parts, np.array([5, -1, -1, -1]), group).tolist() == [5] * 4
    assert absorb_parts(parts, np.array([-1, -1, -1, 7]), group).tolist() == [7] * 4
    apart = np.array([0, 0, 0, 1])
    assert absorb_parts(parts, np.array([-1, -1, -1, 7]), apart).tolist() == [-1, -1, -1, 7]


def test_polygons_of_drops_debris() -> None:
    """Lines and points of a clipping go, nested collections are opened, nothing leaves nothing."""
    square = box(0, 0)
    inner = shapely.GeometryCollection([shapely.MultiPolygon([square]), shapely.Point(0, 0)])
    line = shapely.LineString([(0, 0), (1, 1)])
    shapes = np.array([square, shapely.GeometryCollection([inner, line]), line], dtype=object)
    result = polygons_of(shapes)
    assert [shapely.area(s) for s in result] == [400.0, 400.0, 0.0]
    assert all(s.geom_type == "Polygon" for s in result)


def test_uncovered_ground_is_measured() -> None:
    """Gaps and what sticks out both count; an area without cells is wholly uncovered."""
    areas = np.array([box(0, 0, 40, 20), box(100, 0), box(200, 0)])
    cells = np.array([box(0, 0), box(20, 0, 25, 20), box(100, 0)])
    wrong = uncovered_m2(cells, np.array([0, 0, 1]), areas)
    assert wrong.tolist() == [100.0, 0.0, 400.0]


def test_runs_hold_whole_groups() -> None:
    """Runs cover everything in order, cut no group, and are as large as the limit lets them be."""
    group = np.array([0, 0, 0, 1, 1, 4, 5, 5, 5, 5, 5, 6])
    runs = [group[run].tolist() for run in runs_of(group, 4)]
    assert runs == [[0, 0, 0], [1, 1, 4], [5, 5, 5, 5, 5], [6]]
    assert [group[run].tolist() for run in runs_of(group, 100)] == [group.tolist()]
    assert list(runs_of(group[:0], 4)) == []
