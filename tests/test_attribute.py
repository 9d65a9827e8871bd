"""The grid of every object; roads cut at grid borders lose no metre."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridplan.attribute import attribute_all
from gridplan.domain import Finding
from tests.worlds import CRS, box, line, point

GRIDS = gpd.GeoDataFrame(
    {"grid_code": ["g2", "g1", "g3"]},
    geometry=[box(100, 0, 100, 100), box(0, 0, 100, 100), box(0, 100, 200, 100)],
    crs=CRS,
)


def roads(*lines: shapely.Geometry) -> gpd.GeoDataFrame:
    """Roads r0, r1, ..."""
    ids = [f"r{i}" for i in range(len(lines))]
    return gpd.GeoDataFrame({"road_id": ids, "name": "", "kind": ""}, geometry=list(lines), crs=CRS)


def cut(*lines: shapely.Geometry) -> tuple[list[tuple[str, str, float, float]], list[Finding]]:
    """Id, grid, metres and share of every piece, and the findings."""
    findings: list[Finding] = []
    found = attribute_all({"roads": roads(*lines)}, GRIDS, findings)["roads"]
    assert found["length_m"].tolist() == found.length.tolist()
    columns = (found["road_id"], found["grid_code"], found["length_m"].round(2), found["share"])
    return list(zip(*columns, strict=True)), findings


def test_a_road_is_cut_at_grid_borders() -> None:
    """Each grid has its stretch, to the very border."""
    pieces, findings = cut(line((50, 50), (150, 50)))
    assert pieces == [("r0", "g1", 50.0, 1.0), ("r0", "g2", 50.0, 1.0)]
    assert findings == []


def test_a_road_along_a_border_belongs_to_both_sides() -> None:
    """On the border, or within a metre of it, both grids have the road, each a half of it."""
    pieces, _ = cut(line((100, 10), (100, 90)), line((100.6, 10), (100.6, 90)))
    assert pieces == [(r, g, 80.0, 0.5) for r in ("r0", "r1") for g in ("g1", "g2")]


def test_a_road_joins_and_leaves_a_border() -> None:
    """Inside, along and inside again: no metre is counted twice, none is lost."""
    pieces, _ = cut(line((50, 50), (100, 50), (100, 90), (150, 90)))
    assert [p[1] for p in pieces] == ["g1", "g1", "g2", "g2"]
    assert [p[3] for p in pieces] == [1.0, 0.5, 1.0, 0.5]
    assert sum(p[2] * p[3] for p in pieces) == pytest.approx(140)
    assert pieces[0][2] == pytest.approx(49)  # the last metre before the border runs on it


def test_a_border_road_follows_the_grids_beside_it() -> None:
    """Where the neighbour changes along one straight road, the shares change with it."""
    pieces, _ = cut(line((0, 100), (200, 100)))
    held = {p[1]: p[2] for p in pieces if p[3] == 0.5}
    assert held["g3"] == pytest.approx(200, abs=10)
    assert held["g1"] == pytest.approx(100, abs=10)
    assert sum(p[2] * p[3] for p in pieces) == pytest.approx(200)


def test_roads_outside_are_listed() -> None:
    """What lies in no grid has an empty code and is a warning."""
    pieces, findings = cut(line((300, 0), (300, 50)), line((150, 50), (250, 50)))
    assert pieces == [("r0", "", 50.0, 1.0), ("r1", "", 49.0, 1.0), ("r1", "g2", 51.0, 1.0)]
    (finding,) = findings
    assert (finding.kind, finding.layer, finding.value) == ("object-outside", "roads", 2.0)


def test_public_spaces_have_one_grid() -> None:
    """A square on a border belongs to the grid that holds most of it, a point to where it lies."""
    shapes = [box(90, 40, 40, 20), box(40, 80, 20, 40), point(150, 150), point(-50, 0)]
    layer = gpd.GeoDataFrame(
        {"public_space_id": list("abcd"), "name": "", "kind": ""}, geometry=shapes, crs=CRS
    )
    findings: list[Finding] = []
    found = attribute_all({"public_spaces": layer}, GRIDS, findings)["public_spaces"]
    assert found["grid_code"].tolist() == ["g2", "g1", "g3", ""]
    assert [(f.kind, f.place) for f in findings] == [("object-outside", "d")]


def test_an_institution_joins_the_grid_with_the_longer_border() -> None:
    """Where two grids hold as much of it, the longer stretch of its outline decides."""
    wedge = shapely.Polygon(
        [(p.x, p.y) for p in map(lambda xy: point(*xy), [(90, 10), (100, 10), (100, 30), (90, 30)])]
    )
    mirrored = shapely.Polygon(
        [(p.x, p.y) for p in map(lambda xy: point(*xy), [(100, 10), (140, 20), (100, 20)])]
    )
    shape = shapely.union_all([wedge, mirrored])
    assert wedge.area == mirrored.area == 200
    layer = gpd.GeoDataFrame(
        {"institution_id": ["i"], "name": "", "kind": ""}, geometry=[shape], crs=CRS
    )
    found = attribute_all({"institutions": layer}, GRIDS, [])["institutions"]
    assert found["grid_code"].tolist() == ["g2"]
    assert found[["grid_codes", "grid_kind"]].to_numpy().tolist() == [["g2", "residential"]]


def test_an_institution_between_two_grids_joins_the_aligned_one() -> None:
    """Share and border being equal, the grid whose main zone is the institution's has it."""
    layer = gpd.GeoDataFrame(
        {"institution_id": ["i", "j"], "name": "", "kind": ""},
        geometry=[box(90, 10, 20, 20), box(90, 50, 20, 20)],
        crs=CRS,
    )
    grids = GRIDS.assign(grid_kind="residential", police_main=["P2", "P1", None])
    units = gpd.GeoDataFrame(
        {"unit_id": ["a", "b"], "police": ["P2", "P1"]},
        geometry=[box(0, 0, 200, 40), box(0, 40, 200, 60)],
        crs=CRS,
    )
    found = attribute_all({"institutions": layer}, grids, [], units)["institutions"]
    assert found["grid_code"].tolist() == ["g2", "g1"]
    plain = attribute_all({"institutions": layer}, grids, [])["institutions"]
    assert plain["grid_code"].tolist() == ["g1", "g1"]


def test_an_institution_inside_a_unit_grid_is_told_so() -> None:
    """A kiosk on a campus lies in the campus' grid, and its kind is that of the grid."""
    layer = gpd.GeoDataFrame(
        {"institution_id": ["campus", "kiosk"], "name": "", "kind": ""},
        geometry=[box(100, 0, 100, 100), box(150, 50, 5, 5)],
        crs=CRS,
    )
    grids = GRIDS.assign(
        grid_kind=["unit", "residential", "residential"], institution_id=["campus", "", ""]
    )
    found = attribute_all({"institutions": layer}, grids, [])["institutions"]
    assert found["grid_code"].tolist() == ["g2", "g2"]
    assert found["grid_kind"].tolist() == ["unit", "unit"]


def test_no_roads_are_no_roads() -> None:
    """An empty layer stays an empty layer with the columns it must have."""
    pieces, findings = cut()
    assert (pieces, findings) == ([], [])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(-50, 250), st.integers(-50, 250)), min_size=2, max_size=5),
        min_size=1,
        max_size=4,
    )
)
def test_no_metre_is_lost(paths: list[list[tuple[int, int]]]) -> None:
    """The pieces of a road are as long as the road, and each lies where its code says."""
    lines = [road for p in paths if (road := line(*p)).length and road.is_simple]
    layer = roads(*lines)
    found = attribute_all({"roads": layer}, GRIDS, [])["roads"]
    total = (found["length_m"] * found["share"]).groupby(found["road_id"]).sum()
    assert total.reindex(layer["road_id"], fill_value=0).to_numpy() == pytest.approx(
        layer.length.to_numpy(), abs=0.05
    )
    ground = GRIDS.set_index("grid_code").geometry.buffer(2.0)
    for code, shape in zip(found["grid_code"], found.geometry, strict=True):
        if code and shape.length < 50:
            assert ground[code].intersects(shape)


def test_objects_lie_in_the_grid_with_most_of_them() -> None:
    """Points on a border go to the smaller code, polygons to the larger share."""
    layer = gpd.GeoDataFrame(
        {"building_id": list("abcd"), "name": "", "kind": ""},
        geometry=[point(100, 50), box(95, 50), box(90, 50), box(900, 0)],
        crs=CRS,
    )
    findings: list[Finding] = []
    found = attribute_all({"buildings": layer}, GRIDS, findings)["buildings"]
    assert found["grid_code"].tolist() == ["g1", "g2", "g1", ""]
    assert [(f.kind, f.place, f.value) for f in findings] == [("object-outside", "d", 1.0)]


def test_row_order_changes_nothing() -> None:
    """Shuffled roads and grids give the same pieces."""
    rng = np.random.default_rng(3)
    lines = [line(*rng.uniform(0, 200, (4, 2)).tolist()) for _ in range(20)]
    layer = roads(*lines)
    one = attribute_all({"roads": layer}, GRIDS, [])["roads"]
    mixed = layer.sample(frac=1, random_state=2).reset_index(drop=True)
    other = attribute_all({"roads": mixed}, GRIDS.iloc[::-1], [])["roads"]
    assert one["grid_code"].tolist() == other["grid_code"].tolist()
    assert shapely.to_wkb(one.geometry).tolist() == shapely.to_wkb(other.geometry).tolist()


def test_a_stretch_on_a_border_is_one_shape() -> None:
    """Both grids of a stretch on their border have the same shape, which is held once."""
    table = attribute_all({"roads": roads(line((100, 10), (100, 90)))}, GRIDS, [])["roads"]
    on = table[table["share"] == 0.5]
    assert len(on) == 2
    assert on.geometry.iloc[0] is on.geometry.iloc[1]


def test_parts_and_processes_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Roads cut a few at a time, with the grids near them alone, or by two processes."""
    rng = np.random.default_rng(5)
    inside = [line(*rng.uniform(0, 200, (4, 2)).tolist()) for _ in range(20)]
    beyond = [line((150, y), (250, y + 7)) for y in (20, 90, 120)]
    layer = roads(*inside, *beyond, line((100, 10), (100, 90)), line((500, 0), (500, 50)))
    found = [attribute_all({"roads": layer}, GRIDS, [])["roads"]]
    monkeypatch.setattr("gridplan.roads.AT_ONCE", 4)
    monkeypatch.setattr("gridplan.roads.SHARED", 4)
    monkeypatch.setattr("gridplan.roads.STRIP_M", 50.0)
    found += [attribute_all({"roads": layer}, GRIDS, [], workers=n)["roads"] for n in (1, 2)]
    columns = ["road_id", "grid_code", "share", "length_m"]
    assert found[0][columns].equals(found[1][columns])
    assert found[1][columns].equals(found[2][columns])
    words = [shapely.to_wkb(table.geometry).tolist() for table in found]
    assert words[0] == words[1] == words[2]
