"""Measures: every formula against a figure worked out by hand."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridplan import metrics

SQUARE = shapely.box(0, 0, 10, 10)
CORNERS = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(1, 1, 2, 2)])
ADJOINING = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
BOW_TIE = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
PINCHED = shapely.Polygon(
    [(0, 0), (4, 0), (4, 4), (0, 4)], holes=[[(0, 2), (2, 3), (4, 2), (2, 1)]]
)
HOLED = shapely.Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], holes=[[(1, 1), (3, 1), (3, 3), (1, 3)]])


def series(*shapes: object, index: list[str] | None = None) -> gpd.GeoSeries:
    """Geometries in a projected CRS."""
    return gpd.GeoSeries(list(shapes), index=index, crs="EPSG:26986")


def units() -> pd.DataFrame:
    """Three grids in two communities, one unit outside every zone, one without households."""
    rows = [
        ("A", "A-1", "P1", 300),
        ("A", "A-1", "P2", 100),
        ("A", "A-2", "P2", 260),
        ("A", "A-2", "P1", 0),
        ("A", "A-2", None, 40),
        ("B", "B-1", "P1", 250),
        ("B", "B-1", "P1", 250),
        ("C", "C-1", None, 0),
    ]
    return pd.DataFrame(rows, columns=["community_code", "grid_code", "police", "households"])


def test_area_perimeter_and_compactness_of_a_square() -> None:
    """A square of 10 m has 100 m2, 40 m and the compactness π/4, on the index it came with."""
    geometry = series(SQUARE, index=["g"])
    assert metrics.area_m2(geometry).to_dict() == {"g": 100.0}
    assert metrics.perimeter_m(geometry).to_dict() == {"g": 40.0}
    assert math.pi / 4 == pytest.approx(metrics.polsby_popper(geometry)["g"])


def test_a_hole_adds_to_the_perimeter() -> None:
    """The ring of a hole counts as border."""
    assert metrics.perimeter_m(series(HOLED))[0] == 24.0


def test_missing_and_empty_polygons_measure_nothing() -> None:
    """Missing and empty geometry gives 0, 0 parts and no compactness, and no warning."""
    geometry = series(None, shapely.Polygon())
    assert metrics.area_m2(geometry).tolist() == [0.0, 0.0]
    assert metrics.perimeter_m(geometry).tolist() == [0.0, 0.0]
    assert metrics.parts(geometry).tolist() == [0, 0]
    assert metrics.polsby_popper(geometry).isna().all()


@pytest.mark.parametrize(
    ("shape", "count"),
    [
        (SQUARE, 1),
        (HOLED, 1),
        (CORNERS, 2),
        (ADJOINING, 1),
        (BOW_TIE, 2),
        (PINCHED, 2),
        (shapely.MultiPolygon([SQUARE, shapely.box(20, 0, 30, 10)]), 2),
        (shapely.GeometryCollection([SQUARE, shapely.Point(50, 50)]), 1),
    ],
)
def test_parts_hang_together_over_edges_only(shape: object, count: int) -> None:
    """A shared edge joins two parts; a corner, or a point where a ring touches itself, does not."""
    assert [count] == metrics.parts(series(shape)).tolist()


def test_parts_leaves_its_argument_alone() -> None:
    """Mending an invalid polygon happens on a copy."""
    geometry = series(BOW_TIE)
    metrics.parts(geometry)
    assert geometry[0] is BOW_TIE


def test_breach_counts_households_outside_the_range() -> None:
    """Both ends are inside; outside, every missing or surplus household counts."""
    households = pd.Series([0, 249, 250, 375, 500, 501, 800])
    assert metrics.breach(households, 250, 500).tolist() == [250, 1, 0, 0, 0, 1, 300]


def test_deviation_is_a_share_of_the_target() -> None:
    """(h − target) ÷ target."""
    assert metrics.deviation(pd.Series([0, 375, 450]), 375).tolist() == [-1.0, 0.0, 0.2]


def test_range_status_exempts_unit_grids() -> None:
    """Unit grids are exempt whatever they hold; the ends of the range are in."""
    households = pd.Series([249, 250, 500, 501, 0])
    kind = pd.Series(["residential"] * 4 + ["unit"])
    status = metrics.range_status(households, 250, 500, kind)
    assert status.tolist() == ["under", "in", "in", "over", "exempt"]
    assert metrics.range_status(households, 250, 500).tolist()[-1] == "under"


def test_incidences_need_a_household() -> None:
    """A zone touched by empty units only is no incidence; shares are of the whole grid."""
    pairs = metrics.incidences(units(), "police")
    assert list(pairs.itertuples(index=False, name=None)) == [
        ("A-1", "P1", 300, 0.75),
        ("A-1", "P2", 100, 0.25),
        ("A-2", "P2", 260, 260 / 300),
        ("B-1", "P1", 500, 1.0),
    ]


def test_zones_main_and_share_cover_every_grid() -> None:
    """Grids without any zone keep their row: 0 zones, no main zone, no share."""
    frame = units()
    assert metrics.zones_touched(frame, "police").to_dict() == {
        "A-1": 2,
        "A-2": 1,
        "B-1": 1,
        "C-1": 0,
    }
    main = metrics.main_zone(frame, "police")
    assert main.tolist()[:3] == ["P1", "P2", "P1"]
    assert pd.isna(main["C-1"])
    share = metrics.main_share(frame, "police")
    assert share.tolist()[:3] == [0.75, 260 / 300, 1.0]
    assert np.isnan(share["C-1"])


def test_main_zone_of_equals_is_the_smallest_id() -> None:
    """Ties go to the smallest zone id, whatever the order of the rows."""
    frame = pd.DataFrame({"grid_code": ["g", "g"], "households": [5, 5], "police": ["P9", "P10"]})
    assert metrics.main_zone(frame, "police")["g"] == "P10"
    assert metrics.main_zone(frame[::-1], "police")["g"] == "P10"


def test_straddles_and_splits_sum_over_grids_and_zones() -> None:
    """Straddles: zones − 1 per grid, never negative. Splits: grids − 1 per zone."""
    assert metrics.straddles(units(), "police").to_dict() == {
        "A-1": 1,
        "A-2": 0,
        "B-1": 0,
        "C-1": 0,
    }
    assert metrics.splits(units(), "police").to_dict() == {"P1": 1, "P2": 1}


def test_excess_incidences_of_each_community() -> None:
    """A needs P1 once and P2 once and has three pairs; B is aligned; C touches nothing."""
    assert metrics.excess_incidences(units(), "police", 500).to_dict() == {"A": 1, "B": 0, "C": 0}


def test_excess_incidences_allows_what_the_maximum_forces() -> None:
    """A zone of 600 households needs two grids of at most 500."""
    frame = pd.DataFrame(
        {
            "community_code": "A",
            "grid_code": ["1", "2"],
            "households": [300, 300],
            "police": "P",
        }
    )
    assert metrics.excess_incidences(frame, "police", 500).tolist() == [0]
    assert metrics.excess_incidences(frame, "police", 600).tolist() == [1]


def test_households_in_one_zone_is_the_share_a_planner_reads() -> None:
    """Grids A-2 and B-1 touch one police area: 800 of 1,200 households."""
    assert pytest.approx(metrics.households_in_one_zone(units(), "police")) == 800 / 1200
    empty = units().assign(households=0)
    assert math.isnan(metrics.households_in_one_zone(empty, "police"))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["g1", "g2", "g3"]),
            st.sampled_from(["z1", "z2", None]),
            st.integers(0, 3),
        ),
        min_size=1,
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_layer_measures_ignore_row_order_and_agree(rows: list, random: object) -> None:  # type: ignore[type-arg]
    """Counted by hand from sets; shuffling the rows changes nothing."""
    frame = pd.DataFrame(rows, columns=["grid_code", "police", "households"])
    frame["police"] = frame["police"].astype("str")
    pairs = {(g, z) for g, z, h in rows if h and z is not None}
    random.shuffle(rows)  # type: ignore[attr-defined]
    shuffled = pd.DataFrame(rows, columns=["grid_code", "police", "households"])
    shuffled["police"] = shuffled["police"].astype("str")
    table = metrics.incidences(frame, "police")
    pd.testing.assert_frame_equal(table, metrics.incidences(shuffled, "police"))
    assert pairs == set(zip(table["grid_code"], table["zone_id"], strict=True))
    touching = {g for g, _ in pairs}
    assert len(pairs) - len(touching) == metrics.straddles(frame, "police").sum()
    assert len(pairs) - len({z for _, z in pairs}) == metrics.splits(frame, "police").sum()
