"""Cells: they tile every community, keep footprints whole, and row order changes nothing."""

import pickle
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridplan.cells import cut_strips, grow_cells, units_tile
from gridplan.cells.divide import Edges, share_gaps
from gridplan.cells.grow import TOGETHER_UNITS, _together
from gridplan.cells.outline import fit_outline
from gridplan.cells.place import Grown, Place, grow_place
from gridplan.communities import clean_communities
from gridplan.domain import Finding
from gridplan.topology import clean_coverage, free_edges, shared_edges
from gridplan.units import place_units
from tests.worlds import (
    CRS,
    EAST,
    NORTH,
    assert_tiles,
    box,
    chessboard,
    communities,
    line,
    lots,
    point,
    units,
)

SQUARE = communities(box(0, 0, 100, 100))


def grow(
    table: gpd.GeoDataFrame,
    homes: gpd.GeoDataFrame = SQUARE,
    lines: Sequence[shapely.Geometry] = (),
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Place units, add bare communities as the main job does, and grow; the result must tile."""
    findings: list[Finding] = []
    placed = place_units(table, homes, nearest_m=50, findings=[])
    bare = homes[~homes["community_code"].isin(placed["community_code"])]
    if len(bare):
        rows = bare[["community_code", "geometry"]].assign(households=0)
        placed = pd.concat([placed, rows], ignore_index=True)
    placed = placed.sort_values(["community_code", "unit_id"], kind="stable", ignore_index=True)
    cuts = [np.array(lines, dtype=object)]
    cells = grow_cells(placed, homes, cut_lines=cuts, tolerance_m=0.01, findings=findings)
    assert_tiles(cells, homes)
    return cells, findings


def areas(cells: gpd.GeoDataFrame) -> dict[str, float]:
    """Area of every cell in m2, rounded."""
    return dict(zip(cells["unit_id"], cells.area.round(1), strict=True))


def off_cell_m2(cells: gpd.GeoDataFrame, table: gpd.GeoDataFrame) -> float:
    """Ground of the footprints that lies outside their own cells, in m2."""
    shapes = table.set_index("unit_id").loc[cells["unit_id"]].geometry.to_numpy()
    return float(shapely.area(shapely.difference(shapes, cells.geometry.to_numpy())).sum())


def test_units_that_tile_are_used_as_they_are() -> None:
    """A chessboard that tiles two communities is not touched."""
    homes = communities(box(0, 0, 40, 60), box(40, 0, 40, 60))
    table = units(chessboard(4, 3))
    cells, findings = grow(table, homes)
    own = cells.sort_values("unit_id").geometry.to_numpy()
    assert shapely.equals_exact(own, table.geometry.to_numpy()).all()
    assert findings == []
    assert cells["shares"].isna().all()


def test_lots_grow_to_the_middle_of_the_street() -> None:
    """Equal lots with equal streets get equal cells; no footprint loses ground."""
    homes = communities(box(0, 0, 120, 90))
    table = units(lots(4, 3))
    cells, findings = grow(table, homes)
    assert list(areas(cells).values()) == pytest.approx([900] * 12, abs=0.2)
    assert off_cell_m2(cells, table) == pytest.approx(0, abs=1e-3)
    assert findings == []


def test_borders_begin_where_neighbouring_lots_meet() -> None:
    """Where two lots touch, their border across the street starts at the common corner."""
    table = units([box(0, 0, 37, 45), box(37, 0, 63, 45), box(0, 55, 71, 45), box(71, 55, 29, 45)])
    cells, _ = grow(table)
    shapes = cells.geometry.to_numpy()
    corners = [point(37, 45), point(71, 55)]
    for i, corner in zip((0, 2), corners, strict=True):
        common = shapely.intersection(shapes[i], shapes[i + 1])
        assert shapely.distance(corner, common) < 1e-6
        reach = shapely.intersection(common, box(0, 45.1, 100, 9.8))
        assert abs(shapely.centroid(reach).x - corner.x) < 0.05


def test_cells_are_cut_along_lines() -> None:
    """A road through the gap becomes the border, wherever the middle would be."""
    table = units([box(0, 0, 100, 20), box(0, 80, 100, 20)])
    cells, _ = grow(table, lines=[line((-10, 30), (110, 30))])
    assert areas(cells) == {"u000": 3000.0, "u001": 7000.0}


def test_a_river_is_shared_by_its_banks() -> None:
    """The water belongs to the nearer bank; no cell reaches over the other bank."""
    table = units([box(0, 0, 50, 20), box(50, 0, 50, 20), box(0, 80, 100, 20)])
    river = box(-10, 40, 120, 20)
    cells, _ = grow(table, lines=[shapely.boundary(river)])
    assert list(areas(cells).values()) == pytest.approx([2500, 2500, 5000], abs=3)
    assert shapely.union_all(cells.geometry[:2].to_numpy()).bounds[3] == pytest.approx(
        3_400_050, abs=0.2
    )


def test_address_points_share_the_ground() -> None:
    """Four points in the quarters of a square get a quarter each."""
    cells, _ = grow(units([point(25, 25), point(75, 25), point(25, 75), point(75, 75)]))
    assert list(areas(cells).values()) == pytest.approx([2500] * 4, abs=30)


def test_stacked_points_stand_in_strips() -> None:
    """Points at one place share its cell in connected strips, each listed with its host."""
    cells, findings = grow(units([point(50, 50), point(50, 50.05), point(50, 50), point(90, 10)]))
    assert cells["shares"].tolist() == [None, "u000", "u000", None]
    assert [(f.kind, f.place, f.other) for f in findings] == [
        ("unit-shares-cell", "u001", "u000"),
        ("unit-shares-cell", "u002", "u000"),
    ]
    assert set(cells.geom_type) == {"Polygon"}


def test_a_point_in_a_building_shares_its_cell() -> None:
    """A point inside a footprint takes a strip of that footprint's cell."""
    cells, _ = grow(units([box(10, 10, 30, 30), point(20, 20), box(60, 60)]))
    assert cells["shares"].tolist() == [None, "u000", None]
    assert min(areas(cells).values()) > 1000
    assert set(cells.geom_type) == {"Polygon"}


def test_near_points_have_ground_of_their_own() -> None:
    """Points 0.3 m apart, or 0.15 m before a wall, keep separate cells and cut no wall."""
    table = units([point(50, 50), point(50.3, 50), box(10, 10, 20, 20), point(30.15, 20)])
    cells, findings = grow(table)
    assert findings == []
    assert cells["shares"].isna().all()
    assert off_cell_m2(cells.iloc[[2]], table) == pytest.approx(0, abs=0.05)


def test_duplicates_and_covered_units() -> None:
    """A duplicate shares its twin's cell; a unit inside a larger one keeps its own ground."""
    table = units([box(0, 0, 40, 40), box(0, 0, 40, 40), box(60, 60, 40, 40), box(70, 70, 5, 5)])
    cells, findings = grow(table)
    assert cells["shares"].tolist() == [None, "u000", None, None]
    assert areas(cells)["u003"] == 25.0
    lost = {f.place: f.value for f in findings if f.kind == "unit-overlaps"}
    assert lost == {"u001": 1600.0, "u002": 25.0}


def test_the_smaller_of_two_overlapping_units_has_the_ground() -> None:
    """Whatever the order of rows."""
    for shapes in (
        [box(0, 0, 60, 60), box(50, 0, 20, 60)],
        [box(50, 0, 20, 60), box(0, 0, 60, 60)],
    ):
        cells, findings = grow(units(shapes))
        small = shapes.index(box(50, 0, 20, 60))
        assert [(f.place, f.value) for f in findings] == [(f"u00{1 - small}", 600.0)]
        assert shapely.covers(cells.geometry[small].buffer(1e-6), box(50, 0, 20, 60))


def test_units_with_holes_and_an_enclave_community() -> None:
    """A courtyard belongs to its building; a community in the hole of another has its own cells."""
    enclave = box(60, 60, 20, 20)
    homes = communities(shapely.difference(box(0, 0, 100, 100), enclave), enclave)
    court = shapely.difference(box(5, 5, 30, 30), box(15, 15, 10, 10))
    cells, _ = grow(units([court, box(80, 10), box(62, 62, 4, 4), box(70, 70, 4, 4)]), homes)
    assert cells["community_code"].tolist() == ["c1", "c1", "c2", "c2"]
    assert shapely.contains(cells.geometry[0], point(20, 20))


def test_an_island_without_units_joins_the_nearest_unit() -> None:
    """A bare part of a community is one unit's, which is then multipart; nothing is lost."""
    homes = communities(shapely.union_all([box(0, 0, 100, 100), box(150, 0, 30, 30)]))
    cells, _ = grow(units([box(10, 10), box(70, 10), box(70, 70)]), homes)
    parts = dict(zip(cells["unit_id"], shapely.get_num_geometries(cells.geometry), strict=True))
    assert parts == {"u000": 1, "u001": 2, "u002": 1}


def test_islands_with_units_stay_apart() -> None:
    """Units of each part have the ground of their part."""
    homes = communities(shapely.union_all([box(0, 0, 100, 100), box(150, 0, 100, 100)]))
    cells, _ = grow(units([box(10, 10), box(60, 60), box(160, 10), box(210, 60)]), homes)
    assert set(cells.geom_type) == {"Polygon"}
    for cell, x in zip(cells.geometry, (0, 0, 150, 150), strict=True):
        assert shapely.covers(box(x, 0, 100, 100).buffer(1e-6), cell)


def test_a_community_without_units_is_one_bare_cell() -> None:
    """Its ground matches its neighbours vertex for vertex, and no finding names it."""
    homes = communities(box(0, 0, 100, 100), box(100, 0, 100, 100))
    cells, findings = grow(units([box(10, 10), box(60, 60)]), homes)
    assert cells["unit_id"].isna().tolist() == [False, False, True]
    assert cells.geometry[2].area == pytest.approx(10_000)
    assert findings == []


def test_units_outside_their_community() -> None:
    """A unit that its column puts elsewhere, and one in no community, have ground at the border."""
    homes = communities(box(0, 0, 100, 100), box(100, 0, 100, 100))
    table = units(
        [box(10, 10), box(150, 50), box(120, 50), box(-40, 40)],
        community=["c1", "c1", None, None],
    )
    cells, _ = grow(table, homes)
    home = dict(zip(cells["unit_id"], cells["community_code"], strict=True))
    assert home == {"u000": "c1", "u001": "c1", "u002": "c2", "u003": "c1"}


def test_a_unit_that_straddles_is_clipped() -> None:
    """The cell ends at the community's border; no scrap of the unit makes it multipart."""
    homes = communities(box(0, 0, 100, 100), box(100, 0, 100, 100))
    notched = shapely.union_all([box(70, 10, 40, 20), box(105, 10, 4, 60), box(99.99, 60, 9, 10)])
    cells, _ = grow(units([notched, box(150, 50), box(10, 50)]), homes)
    assert cells["community_code"].tolist() == ["c1", "c1", "c2"]
    assert set(cells.geom_type) == {"Polygon"}


def test_no_border_runs_through_a_building() -> None:
    """Narrow gaps, jogs and round walls: every footprint lies in its own cell."""
    jog = shapely.union_all([box(5, 5, 30, 30), box(35, 10, 0.3, 0.5), box(35, 20, 0.2, 5)])
    table = units(
        [jog, box(35.4, 5, 30, 30), point(80, 20).buffer(12), box(5, 35.1, 60, 20), box(70, 60)]
    )
    cells, findings = grow(table)
    assert findings == []
    assert off_cell_m2(cells, table) < 0.02


def test_strips_have_equal_width() -> None:
    """Strips run across the long axis, from west to east."""
    strips = cut_strips(box(0, 0, 90, 30), 3)
    assert [s.area for s in strips] == pytest.approx([900] * 3)
    assert [s.bounds[0] - 500_000 for s in strips] == pytest.approx([0, 30, 60])
    upright = cut_strips(box(0, 0, 30, 90), 3)
    assert [s.bounds[1] - 3_400_000 for s in upright] == pytest.approx([0, 30, 60])


def random_town(seed: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, list[shapely.Geometry]]:
    """Rectangles and points anywhere, some twice, in up to four communities with roads."""
    rng = np.random.default_rng(seed)
    cut = rng.integers(60, 240)
    grounds = [box(0, 0, cut, 150), box(0, 150, cut, 150), box(cut, 0, 300 - cut, 300)]
    hole = box(cut + 15, 20, 25, 25)
    grounds = [*grounds[:2], shapely.difference(grounds[2], hole), hole]
    count = int(rng.integers(2, 40))
    xy, size = rng.uniform(-20, 310, (count, 2)), rng.uniform(0.5, 40, (count, 2))
    shapes: list[shapely.Geometry] = []
    for (x, y), (width, height), kind in zip(xy, size, rng.random(count), strict=True):
        if shapes and kind < 0.15:
            shapes.append(shapes[int(rng.integers(len(shapes)))])
        else:
            shapes.append(point(x, y) if kind > 0.8 else box(x, y, width, height))
    roads = [line(*rng.uniform(-20, 320, (3, 2)).tolist()) for _ in range(int(rng.integers(0, 4)))]
    return communities(*grounds), units(shapes), roads


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_any_town_is_tiled_and_row_order_changes_nothing(seed: int) -> None:
    """Random towns tile, keep every unit and household, and shuffled rows give the same cells."""
    homes, table, roads = random_town(seed)
    homes = clean_communities(homes, tolerance_m=0.01, findings=[])
    cells, findings = grow(table, homes, roads)
    placed = place_units(table, homes, nearest_m=50, findings=[])
    named = cells[cells["unit_id"].notna()]
    assert sorted(named["unit_id"]) == sorted(placed["unit_id"])
    assert named["households"].sum() == placed["households"].sum()
    again, same = grow(table.sample(frac=1, random_state=seed), homes, roads)
    assert shapely.to_wkb(again.geometry).tolist() == shapely.to_wkb(cells.geometry).tolist()
    assert same == findings


@pytest.mark.parametrize("code", ["N02", "N13"])
def test_lots_of_a_real_neighbourhood(shared: Path, code: str) -> None:
    """Real lots of one small neighbourhood tile it; hardly a lot is cut."""
    path = shared / "data" / "cambridge" / "cambridge_ma.gpkg"
    homes = gpd.read_file(path, layer="communities")
    homes = homes[homes["community_id"] == code]
    homes = communities(*homes.geometry.to_crs(26986)).set_crs(26986, allow_override=True)
    table = gpd.read_file(path, layer="units", mask=homes.geometry.iloc[0]).to_crs(26986)
    inside = table.geometry.representative_point().within(homes.geometry.iloc[0])
    table = units(list(table.geometry[inside])).set_crs(26986, allow_override=True)
    road = gpd.read_file(path, layer="roads", mask=homes.geometry.iloc[0]).to_crs(26986)
    cells, _ = grow(table, homes, list(road.geometry[road["MAJORROAD"] == 1]))
    assert len(cells) == len(table) > 50
    clipped = table.set_geometry(table.intersection(homes.geometry.iloc[0]))
    assert off_cell_m2(cells, clipped) < 1e-4 * homes.area.sum()


def test_the_crs_is_kept() -> None:
    """Cells have the CRS of the units."""
    cells, _ = grow(units([box(10, 10)]))
    assert cells.crs == CRS


def test_the_number_of_processes_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes give the very cells that one gives, in the same order."""
    monkeypatch.setattr("gridplan.cells.grow.ALONE_UNITS", 0)
    homes = communities(*(box(100 * i, 0, 100, 100) for i in range(5)))
    rng = np.random.default_rng(4)
    places = rng.uniform(2, 88, (40, 2)) + np.c_[100.0 * (np.arange(40) % 5), np.zeros(40)]
    table = place_units(
        units([box(x, y, 9, 9) for x, y in places]), homes, nearest_m=0, findings=[]
    )
    table = table.sort_values(["community_code", "unit_id"], kind="stable", ignore_index=True)
    cuts = [np.array([line((0, 50), (500, 40))], dtype=object)]
    alone, both = (
        grow_cells(
            table, homes, cut_lines=cuts, tolerance_m=0.01, findings=[], workers=workers
        ).geometry.to_numpy()
        for workers in (1, 2)
    )
    assert (shapely.to_wkb(alone) == shapely.to_wkb(both)).all()


def test_footprints_that_nearly_touch_still_meet() -> None:
    """Sound footprints are not cleaned; a gap within the tolerance makes them unsound."""
    cells, findings = grow(units([box(0, 0, 50, 100), box(50.004, 0, 49.996, 100)]))
    assert findings == []
    assert areas(cells) == pytest.approx({"u000": 5000, "u001": 5000}, abs=1)


def uneven_city() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, list[shapely.Geometry]]:
    """Five communities, one within another, with slanting borders that roads cross, and lots."""
    corner, hole = (173.0, 141.0), box(210, 40, 31, 37)
    west = shapely.Polygon([(0, 0), (150, 0), corner, (140, 300), (0, 300)])
    east = shapely.Polygon([(150, 0), (400, 0), (400, 120), corner])
    north = shapely.Polygon([corner, (400, 120), (400, 300), (140, 300)])
    far = shapely.Polygon([(400, 0), (520, 0), (520, 300), (400, 300), (400, 120)])
    west, east, north, far = (
        shapely.transform(shape, lambda xy: np.add(xy, (EAST, NORTH)))
        for shape in (west, east, north, far)
    )
    homes = communities(west, shapely.difference(east, hole), north, hole, far)
    shapes = lots(17, 10, 19.3, 11.1)
    roads = [line((-10, 33), (530, 96)), line((70, -5), (333, 310)), line((0, 251), (520, 251))]
    return homes, units(shapes), roads


def test_a_community_grows_as_it_would_alone() -> None:
    """What the neighbours have adds vertices to its border; no cell wins or loses any ground."""
    homes, table, roads = uneven_city()
    city, _ = grow(table, homes, roads)
    for code in homes["community_code"]:
        own = homes[homes["community_code"] == code].reset_index(drop=True)
        inside = city[city["community_code"] == code]
        named = table["unit_id"].isin(inside["unit_id"])
        alone, _ = grow(table[named].assign(community_code=code), own, roads)
        assert alone["unit_id"].tolist() == inside["unit_id"].tolist()
        for one, other in zip(alone.geometry, inside.geometry, strict=True):
            assert shapely.area(shapely.symmetric_difference(one, other)) < 1e-6
            own_places, places = (
                set(map(tuple, shapely.get_coordinates(cell))) for cell in (one, other)
            )
            assert own_places <= places


def test_both_sides_of_a_border_have_the_same_vertices() -> None:
    """Across every border of two communities the cells name the same places, to the last bit."""
    homes, table, roads = uneven_city()
    cells, _ = grow(table, homes, roads)
    home = cells["community_code"].to_numpy()
    edges = shared_edges(cells.geometry.to_numpy())
    across = home[edges.left] != home[edges.right]
    metres = edges.length_m[across].sum()
    borders = [
        shapely.length(shapely.intersection(one, other))
        for i, one in enumerate(homes.geometry)
        for other in homes.geometry[i + 1 :]
    ]
    assert metres == pytest.approx(sum(borders), abs=1e-6)
    # The two sides cut the border in places of their own, not only where the roads do.
    assert across.sum() > 60


def test_one_clean_of_the_whole_city_finds_nothing_to_mend() -> None:
    """Communities settled one by one are what settling all at once would make of them."""
    homes, table, roads = uneven_city()
    cells, _ = grow(table, homes, roads)
    shapes = cells.geometry.to_numpy()
    clean = clean_coverage(shapes, snap_m=1e-4, gap_m=0.05)
    moved = shapely.area(shapely.symmetric_difference(clean, shapes))
    assert shapely.hausdorff_distance(clean, shapes).max() < 1e-4
    assert (moved < 1e-4 * shapely.length(shapes)).all()


def test_what_was_grown_before_is_not_grown_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second growth over other premises takes over the communities that are as they were."""
    homes, table, _ = uneven_city()
    placed = place_units(table, homes, nearest_m=0, findings=[])
    placed = placed.sort_values(["community_code", "unit_id"], ignore_index=True)
    asked: list[int] = []

    def counted(place: Place) -> Grown:
        asked.append(place.index)
        return grow_place(place)

    monkeypatch.setattr("gridplan.cells.grow.grow_place", counted)
    known: dict[bytes, Grown] = {}
    first, again = (
        grow_cells(placed, homes, cut_lines=[], tolerance_m=0.01, findings=[], known=known)
        for _ in range(2)
    )
    assert sorted(asked) == list(range(len(homes)))
    assert (shapely.to_wkb(first.geometry) == shapely.to_wkb(again.geometry)).all()
    gone = placed[placed["unit_id"] != placed["unit_id"].iloc[0]].reset_index(drop=True)
    grow_cells(gone, homes, cut_lines=[], tolerance_m=0.01, findings=[], known=known)
    assert asked[len(homes) :] == [0]


def _place(index: int, count: int) -> Place:
    shapes = np.array([box(5 + 8 * i, 10, 4, 6) for i in range(count)], dtype=object)
    lines = np.array([line((0, 50), (100, 50))], dtype=object)
    return Place(index, box(0, 0, 100, 100), shapes, np.zeros(count, dtype=bool), lines, 0.01)


def test_a_community_goes_to_another_process_and_back() -> None:
    """What is handed over as one block is the same on the other side, cells too."""
    place = _place(3, 9)
    there = pickle.loads(pickle.dumps(place))
    assert (there.index, there.key, there.tolerance_m) == (3, place.key, 0.01)
    assert there.lines.tolist() == place.lines.tolist()
    grown = grow_place(place)
    back: Grown = pickle.loads(pickle.dumps(grown))
    assert back.cells.tolist() == grown.cells.tolist()
    assert back.host.tolist() == grown.host.tolist()
    assert (back.outline.low == grown.outline.low).all()
    assert (back.wrong_m2, back.sound) == (grown.wrong_m2, True)


def test_small_communities_are_handed_over_together() -> None:
    """Every community once, in its order, and never more than needed at once."""
    sizes = [3, 5, TOGETHER_UNITS, 1, *[TOGETHER_UNITS // 2] * 3]
    bundles = list(_together(_place(i, n) for i, n in enumerate(sizes)))
    assert [[p.index for p in bundle] for bundle in bundles] == [[0, 1, 2], [3, 4, 5], [6]]


def test_a_region_around_its_own_footprint_is_left_whole() -> None:
    """Only where other footprints are met, or the own one is not covered, is anything taken out."""
    shapes = np.array([box(10, 10), box(70, 10, 10, 10), box(80, 10, 10, 10)], dtype=object)
    edges = Edges(*free_edges(shapes))
    pieces, unit, within = share_gaps(box(0, 0, 100, 100), shapes, edges, np.empty(0, dtype=object))
    assert within.tolist() == [True, False, False]
    held = np.isin(unit, np.flatnonzero(within))
    assert shapely.covers(pieces[unit == 0][0], shapes[0])
    loose = np.r_[pieces[~held], shapes[~within]]
    assert shapely.area(loose).sum() + shapely.area(pieces[held]).sum() == pytest.approx(10_000)


def test_communities_that_do_not_match_yet() -> None:
    """A corner that only one side of a border has is put into the other before cells grow."""
    homes = communities(box(0, 0, 100, 100), box(100, 0, 80, 43.7), box(100, 43.7, 80, 56.3))
    cells, _ = grow(units([box(10, 10), box(70, 70), box(110, 5), box(150, 80)]), homes)
    assert shapely.coverage_is_valid(cells.geometry.to_numpy())


def test_units_that_overlap_across_a_border() -> None:
    """Each keeps what lies in its own community; who loses ground to the other is listed."""
    homes = communities(box(0, 0, 100, 100), box(100, 0, 100, 100))
    table = units([box(60, 10, 45, 20), box(95, 10, 60, 20), box(10, 70)])
    cells, findings = grow(table, homes)
    assert cells["community_code"].tolist() == ["c1", "c1", "c2"]
    found = {f.place: f.value for f in findings if f.kind == "unit-overlaps"}
    assert found == {"u000": 100.0, "u001": 100.0}
    assert cells.set_index("unit_id").geometry["u000"].bounds[2] == pytest.approx(500_100)


def test_vertices_of_an_outline_stand_at_whole_steps() -> None:
    """Places that two sides compute with another last digit become one and the same."""
    area = shapely.Polygon([(0, 0), (70, 11), (70, 90), (0, 90)])
    places = []
    for noise in (0.0, 3e-9, -2e-9):
        cut = shapely.LineString([(35 + noise, 0), (35 + noise, 91)])
        lines = shapely.union(shapely.boundary(area), cut)
        cells = shapely.get_parts(shapely.polygonize([lines]))
        fitted, outline = fit_outline(cells, area, snap_m=1e-4)
        assert outline.loose == 0
        assert shapely.coverage_is_valid(fitted)
        places.append(set(map(tuple, shapely.get_coordinates(fitted))))
        same, _ = fit_outline(fitted, area, snap_m=1e-4)
        assert (shapely.to_wkb(same) == shapely.to_wkb(fitted)).all()
    assert places[0] == places[1] == places[2]


def test_a_city_that_is_compared_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mismatch across the border of two groups is found, and no group finds one that is none."""
    monkeypatch.setattr("gridplan.cells.grow.AT_ONCE", 5)
    homes = communities(*(box(40 * i, 0, 40, 60) for i in range(4)))
    tiling = chessboard(8, 3)
    table = place_units(units(tiling), homes, nearest_m=0, findings=[])
    table = table.sort_values(["community_code", "unit_id"], ignore_index=True)
    assert units_tile(table, homes)
    # One more vertex on one side of the border of two communities, off the line by a hair.
    ring = list(tiling[1].exterior.coords)
    ring.insert(1, (ring[0][0] + 1e-5, (ring[0][1] + ring[1][1]) / 2))
    shapes = table.geometry.to_numpy().copy()
    shapes[table["unit_id"] == "u001"] = shapely.Polygon(ring)
    assert not units_tile(table.set_geometry(shapes, crs=CRS), homes)
    uneven, lots_of_it, roads = uneven_city()
    grow(lots_of_it, uneven, roads)
