"""Borders, barriers, links and blocks: who may share a grid with whom."""

from collections.abc import Sequence

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridplan.barriers import Barrier
from gridplan.borders import border_table
from gridplan.domain import Finding, Severity
from gridplan.graph import community_graph, join_parts, settle_blocks
from gridplan.units import place_units
from tests.worlds import box, chessboard, communities, line, units

NONE = pd.DataFrame({"a": [], "b": [], "note": []}, dtype=object)


def borders(
    shapes: Sequence[shapely.Geometry],
    *barriers: Barrier,
    near_m: float = 12,
    discount: float = 0.5,
) -> dict[tuple[int, int], tuple[float, float, float, tuple[str, ...]]]:
    """Per pair: shared, cost and hard metres, and what runs along the border."""
    cells = units(shapes, community="c1")
    table = border_table(cells, barriers, near_m=near_m, discount=discount)
    columns = (table[c].round(3) for c in ("shared_m", "cost_m", "hard_m"))
    values = zip(*columns, table["along"], strict=True)
    return dict(zip(zip(table["a"], table["b"], strict=True), values, strict=True))


def barrier(*shapes: shapely.Geometry, hard: bool = False, name: str = "road") -> Barrier:
    """One barrier layer."""
    return Barrier(name, np.array(shapes, dtype=object), hard)


def test_metres_are_right_and_a_corner_is_no_border() -> None:
    """A 2 x 2 board of 20 m squares has four borders of 20 m and no diagonal."""
    expected = (20.0, 20.0, 0.0, ())
    assert borders(chessboard(2, 2)) == {
        (0, 1): expected,
        (0, 2): expected,
        (1, 3): expected,
        (2, 3): expected,
    }


def test_borders_between_communities_do_not_count() -> None:
    """Only pairs of one community are in the table."""
    cells = units(chessboard(3, 1), community=["c1", "c1", "c2"])
    table = border_table(cells, [], near_m=12, discount=0.5)
    assert table[["a", "b"]].to_numpy().tolist() == [[0, 1]]


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), st.integers(1, 6))
def test_a_board_has_its_rook_neighbours(columns: int, rows: int) -> None:
    """Pairs and metres of any board are those of a lattice."""
    found = borders(chessboard(columns, rows))
    lattice = nx.grid_2d_graph(rows, columns)
    pairs = {tuple(sorted((a * columns + b, c * columns + d))) for (a, b), (c, d) in lattice.edges}
    assert set(found) == pairs
    assert all(shared == 20.0 for shared, *_ in found.values())


@pytest.mark.parametrize("offset", [0.0, 0.3, 8.0, -11.0])
def test_a_soft_barrier_makes_a_border_cheap(offset: float) -> None:
    """A road on the border or beside it halves the cost and is named; metres stay."""
    road = line((20 + offset, -50), (20 + offset, 50))
    assert borders(chessboard(2, 1), barrier(road)) == {(0, 1): (20.0, 10.0, 0.0, ("road",))}


@pytest.mark.parametrize("offset", [0.0, 8.0])
def test_a_hard_barrier_cuts(offset: float) -> None:
    """A hard barrier along the border takes its metres away."""
    road = line((20 + offset, -50), (20 + offset, 50))
    found = borders(chessboard(2, 1), barrier(road, hard=True))
    assert found == {(0, 1): (0.0, 0.0, 20.0, ("road",))}


def test_a_barrier_far_away_does_not_count() -> None:
    """A road that runs 13 m beside the border changes nothing."""
    far = line((33, -50), (33, 50))
    assert borders(chessboard(2, 1), barrier(far, hard=True)) == {(0, 1): (20.0, 20.0, 0.0, ())}


def test_a_barrier_across_leaves_the_side_where_both_stand() -> None:
    """The units lie on the larger side of it, and so does their border; a soft one cuts nothing."""
    across = line((-50, 7), (50, 7))
    (row,) = borders(chessboard(2, 1), barrier(across, hard=True)).values()
    assert row[:3] == pytest.approx((13.0, 13.0, 7.0), abs=0.1)
    assert borders(chessboard(2, 1), barrier(across)) == {(0, 1): (20.0, 20.0, 0.0, ())}


def test_a_border_in_the_river_is_along_the_river() -> None:
    """Mid-river borders count, however wide the river polygon is."""
    banks = [box(0, 0, 100, 100), box(0, 100, 100, 100)]
    river = box(-10, 60, 120, 80)
    found = borders(banks, barrier(river, hard=True, name="river"))
    assert found == {(0, 1): (0.0, 0.0, 100.0, ("river",))}


def test_a_border_partly_along_a_barrier() -> None:
    """Metres are split; a barrier is named where it follows more than half of the border."""
    left = shapely.Polygon([*box(0, 0, 20, 30).exterior.coords])
    left = shapely.segmentize(left, 10)
    right = shapely.segmentize(box(20, 0, 20, 30), 10)
    short = barrier(line((22, -5), (22, 9)), hard=True, name="wall")
    long = barrier(line((18, -5), (18, 22)), name="road")
    (row,) = borders([left, right], short, long).values()
    assert row == (20.0, 15.0, 10.0, ("road",))


def graph_of(
    shapes: Sequence[shapely.Geometry],
    households: int | list[int] = 25,
    *barriers: Barrier,
    links: pd.DataFrame | None = None,
    min_shared_m: float = 1.0,
) -> tuple["nx.Graph[str]", list[Finding]]:
    """Graph of one community and the findings."""
    cells = units(shapes, households, community="c1")
    table = border_table(cells, barriers, near_m=12, discount=0.5)
    ids = cells["unit_id"].to_numpy()
    table = table.assign(a=ids[table["a"]], b=ids[table["b"]])
    findings: list[Finding] = []
    graph = community_graph(cells, table, links, min_shared_m=min_shared_m, findings=findings)
    return graph, findings


def test_nodes_and_edges_carry_their_numbers() -> None:
    """Households, areas, metres and what runs along."""
    graph, _ = graph_of(chessboard(2, 1), [3, 4], barrier(line((20, -50), (20, 50))))
    assert dict(graph.nodes(data=True)) == {
        "u000": {"households": 3, "area_m2": pytest.approx(400)},
        "u001": {"households": 4, "area_m2": pytest.approx(400)},
    }
    assert graph.edges["u000", "u001"] == {
        "shared_m": 20.0,
        "cost_m": 10.0,
        "along": ("road",),
        "link": "",
    }


def test_short_borders_make_no_neighbours() -> None:
    """``min_shared_m`` decides, at 0 a corner is still none."""
    step = [box(0, 0), box(20, 19.5), box(-20, 20)]
    shapes = shapely.coverage_clean(np.array(step), snapping_distance=0.001)
    assert graph_of(shapes)[0].number_of_edges() == 0
    assert list(graph_of(shapes, min_shared_m=0.0)[0].edges) == [("u000", "u001")]


def test_links_join_and_are_listed() -> None:
    """A declared link joins two units over any distance; one along a border adds nothing."""
    links = pd.DataFrame(
        {
            "a": ["u000", "u000", "u001", "u001"],
            "b": ["u002", "u001", "u001", "x"],
            "note": "bridge",
        }
    )
    graph, findings = graph_of([box(0, 0), box(20, 0), box(70, 0)], links=links)
    assert graph.edges["u000", "u002"]["link"] == "declared"
    assert graph.edges["u000", "u001"]["link"] == ""
    assert graph.number_of_edges() == 2
    (finding,) = findings
    assert (finding.kind, finding.place, finding.other, finding.value) == (
        "link",
        "u000",
        "u002",
        50.0,
    )
    assert finding.severity is Severity.EXCEPTION
    assert "bridge" in finding.message


def test_small_parts_are_joined_to_the_nearest() -> None:
    """Parts below the minimum are linked, the smallest first; a part that can be a grid is not."""
    shapes = [box(0, 0), box(30, 0), box(100, 0), box(200, 0)]
    graph, _ = graph_of(shapes, [300, 10, 20, 400])
    findings: list[Finding] = []
    join_parts(graph, units(shapes, community="c1"), below=250, findings=findings)
    assert [(f.kind, f.place, f.other, f.value) for f in findings] == [
        ("part-joined", "u001", "u000", 10.0),
        ("part-joined", "u002", "u001", 50.0),
    ]
    assert sorted(map(len, nx.connected_components(graph))) == [1, 3]
    assert all(f.community_code == "c1" for f in findings)


def test_parts_that_stay_small_are_all_joined() -> None:
    """A community below the minimum ends as one part; a connected one gets no link."""
    shapes = [box(0, 0), box(30, 0), box(90, 0)]
    graph, _ = graph_of(shapes, 10)
    join_parts(graph, units(shapes, community="c1"), below=250, findings=[])
    assert nx.is_connected(graph)
    whole, _ = graph_of(chessboard(2, 2), 1)
    findings: list[Finding] = []
    join_parts(whole, units(chessboard(2, 2), community="c1"), below=250, findings=findings)
    assert findings == []


def test_blocks_are_settled() -> None:
    """Pieces that do not touch are blocks of their own; what no grid could hold is no block."""
    graph, _ = graph_of(chessboard(6, 1), [100, 100, 10, 100, 300, 600])
    findings: list[Finding] = []
    wanted = {"u000": "a", "u001": "a", "u003": "a", "u004": "b", "u005": "b", "x": "a"}
    final = settle_blocks(graph, wanted, "c1", maximum=500, findings=findings)
    assert final == {"u000": "a/1", "u001": "a/1"}
    assert [(f.kind, f.place, f.value, f.limit) for f in findings] == [
        ("block-split", "a", 2.0, 1.0),
        ("block-divided", "b", 900.0, 500.0),
        ("block-over-max", "u005", 600.0, 500.0),
    ]
    whole = settle_blocks(graph, {"u000": "a", "u001": "a"}, "c1", maximum=500, findings=[])
    assert whole == {"u000": "a", "u001": "a"}


def test_borders_measured_in_groups_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few communities at a time, in two processes, give the very table that all at once give."""
    homes = communities(*(box(60 * i, 0, 60, 40) for i in range(4)))
    table = place_units(units(chessboard(12, 2)), homes, nearest_m=0, findings=[])
    table = table.sample(frac=1, random_state=3).reset_index(drop=True)
    road = line((-5, 21), (90, 19), (245, 22))
    barriers = [
        Barrier("road", np.array([road], dtype=object), hard=False),
        Barrier("rail", np.array([line((121, -5), (119, 45))], dtype=object), hard=True),
    ]
    once = border_table(table, barriers, near_m=5, discount=0.5)
    monkeypatch.setattr("gridplan.borders.AT_ONCE", 7)
    grouped = border_table(table, barriers, near_m=5, discount=0.5, workers=2)
    pd.testing.assert_frame_equal(once, grouped)
    assert {"road"} <= {name for names in once["along"] for name in names}
