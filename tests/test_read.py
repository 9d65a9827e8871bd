"""Reading a job: all problems of all layers at once, and inputs that no row order changes."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridplan.config import Config
from gridplan.errors import LayerError
from gridplan.layers import Inputs, read_inputs
from gridplan.text import guard
from tests.worlds import (
    CRS,
    EAST,
    NORTH,
    box,
    chessboard,
    communities,
    line,
    point,
    town,
    units,
    write_town,
)

HOME = communities(box(0, 0, 40, 40))
BOARD = units(chessboard(2, 2))


def problems(path: Path) -> tuple[str, ...]:
    """Read a job that must fail, and return its lines."""
    with pytest.raises(LayerError) as caught:
        read_inputs(Config.load(path))
    assert all("\n" not in line for line in caught.value.problems)
    return caught.value.problems


def test_inputs_have_their_contract(tmp_path: Path) -> None:
    """Columns, types, order and hashes of a small job."""
    table = units(chessboard(2, 2), [0, 5, 6, 7], block=["b", None, None, "b"])
    more = 'keep_together = "block_id"\n[inputs.zones.police]\ncolumn = "beat"'
    inputs, _ = town(tmp_path, HOME, table.assign(beat=[1, 2, 2, None]), more=more)
    assert inputs.crs.to_epsg() == 4547
    assert inputs.communities["community_code"].tolist() == ["c1"]
    assert inputs.streets[["street_code", "street_name"]].to_numpy().tolist() == [["", "Town"]]
    assert inputs.units["unit_id"].tolist() == ["u000", "u001", "u002", "u003"]
    assert inputs.units["households"].tolist() == [0, 5, 6, 7]
    assert inputs.units["households"].dtype == np.int64
    assert inputs.units["block_id"].tolist() == ["b", None, None, "b"]
    assert inputs.units["police"].tolist() == ["1", "2", "2", None]
    assert sorted(inputs.hashes) == ["communities.gpkg", "units.gpkg"]
    assert inputs.findings == ()


def test_all_problems_of_all_layers_at_once(tmp_path: Path) -> None:
    """One run names what is wrong in every layer, one line each."""
    more = """
keep_together = "blok_id"
[inputs.zones.police]
path = "none.gpkg"
id = "beat"
[inputs.barriers.river]
path = "communities.gpkg"
where = "kind = 'river'"
[inputs.roads]
path = "communities.gpkg"
name = "nam"
[inputs.links]
path = "links.csv"
[inputs.locks]
path = "locks.csv"
"""
    (tmp_path / "links.csv").write_text("a,b\nu000,u009\nu001,\n")
    (tmp_path / "locks.csv").write_text("kind,a,b\ntogehter,u000,u001\n,u000,u001\n")
    path = write_town(tmp_path, HOME, BOARD.assign(block_id="b"), more=more)
    path.write_text(path.read_text().replace('code = "community_code"', 'code = "code"'))
    lines = problems(path)
    starts = [
        'inputs.communities (communities.gpkg): no column "code" (code = "code"); there is',
        'inputs.units (units.gpkg): no column "blok_id" (keep_together = "blok_id"); did you mean',
        "inputs.zones.police (none.gpkg): file not found",
        "inputs.barriers.river (communities.gpkg): where = ",
        'inputs.roads (communities.gpkg): no column "nam"',
        "inputs.links (links.csv): a link needs two units, but one is missing: row 2",
        "inputs.locks (locks.csv): unknown kinds of lock: (empty), togehter; choose from together",
    ]
    assert len(lines) == len(starts)
    for text, start in zip(lines, starts, strict=True):
        assert text.startswith(start)


def test_guarded_locks_name_the_units_they_mean(tmp_path: Path) -> None:
    """An id that a spreadsheet would run is the same with the apostrophe before it and without."""
    ids = ["=1+1", "-5", "+x", "'=x"]
    for name, write in (("plain", str), ("guarded", guard)):
        folder = tmp_path / name
        folder.mkdir()
        table = pd.DataFrame({"kind": "in", "a": map(write, ids[:2]), "b": map(write, ids[1:3])})
        if write is guard:
            table.loc[2] = ["in", "''=x", "'@d"]
        table.to_csv(folder / "locks.csv", index=False, encoding="utf-8-sig")
        more = '[inputs.locks]\npath = "locks.csv"\n'
        inputs, _ = town(folder, HOME, BOARD.assign(unit_id=ids), more=more)
        assert inputs.locks is not None
        ends = inputs.locks[["a", "b"]].to_numpy().tolist()
        rest = [["'=x", "@d"]] if write is guard else []
        assert ends == [*rest, ["-5", "+x"], ["=1+1", "-5"]]


@pytest.mark.parametrize(
    ("households", "message"),
    [
        ([1, -2, 3, 4], "is negative in 1 features (u001 = -2"),
        ([1, 2.5, 3, 4], "is no whole number in 1 features (u001 = 2.5"),
        (["1", "two", "3", "4"], "is no number in 1 features (u001 = two"),
        ([1, np.nan, 3, 4], "is missing in 1 features (u001 = nothing"),
        ([0, 0, 0, 0], 'no unit has a household (column "households" is 0 everywhere)'),
    ],
)
def test_wrong_households_stop_the_job(
    tmp_path: Path, households: list[object], message: str
) -> None:
    """Negative, fractional, text, missing and all-zero counts are named with their feature."""
    path = write_town(tmp_path, HOME, BOARD.assign(households=households))
    (only,) = problems(path)
    assert only.startswith("inputs.units (units.gpkg): ")
    assert message in only


def test_repeated_ids_and_wrong_households_together(tmp_path: Path) -> None:
    """An id problem hides no household problem of the same layer."""
    table = BOARD.assign(unit_id=["a", "a", None, "b"], households=[1, 2, 3, -4])
    lines = problems(write_town(tmp_path, HOME, table))
    assert [text.split("; ")[0] for text in lines] == [
        'inputs.units (units.gpkg): column "unit_id" is empty in 1 of 4 features',
        'inputs.units (units.gpkg): column "unit_id" repeats 1 ids: a',
        'inputs.units (units.gpkg): column "households" is negative in 1 features (b = -4)',
    ]


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ([4, 3, 2, 11], ["11", "2", "3", "4"]),
        ([4.0, 3.0, 2.0, 11.0], ["11", "2", "3", "4"]),
        (["007", "7", "b", "a"], ["007", "7", "a", "b"]),
    ],
)
def test_ids_are_text_in_text_order(tmp_path: Path, ids: list[object], text: list[str]) -> None:
    """Integers, floats and text with leading zeros all become text ids."""
    inputs, _ = town(tmp_path, HOME, BOARD.assign(unit_id=ids))
    assert inputs.units["unit_id"].tolist() == text


def with_register(folder: Path, rows: str, keys: str) -> Inputs:
    """Read the board with a register of these rows."""
    (folder / "register.csv").write_text(rows)
    more = f'[inputs.households]\npath = "register.csv"\n{keys}'
    return town(folder, HOME, BOARD, more=more)[0]


def test_a_register_counts_into_units(tmp_path: Path) -> None:
    """Rows are summed by unit; rows of unknown units are a warning with their households."""
    rows = "unit,n\nu000,2\nu000,3\nu002,1\nx9,4\n,1\n"
    inputs = with_register(tmp_path, rows, 'unit = "unit"\ncount = "n"')
    assert inputs.units["households"].tolist() == [5, 0, 1, 0]
    (finding,) = inputs.findings
    assert (finding.kind, finding.value) == ("household-unplaced", 5.0)
    assert "2 rows with 5 households: the row matches no unit (row 5, x9)" in finding.message


def test_a_register_row_is_one_household(tmp_path: Path) -> None:
    """Without a count every row counts one."""
    inputs = with_register(tmp_path, "unit\nu000\nu000\nu001\n", 'unit = "unit"')
    assert inputs.units["households"].tolist() == [2, 1, 0, 0]


def test_a_register_of_places_counts_into_units(tmp_path: Path) -> None:
    """Points count into the unit they lie in; on a border, into the smaller id."""
    spots = [point(5, 5), point(20, 5), point(30, 30), point(900, 900)]
    lines = "".join(f"{p.x},{p.y},2\n" for p in spots)
    inputs = with_register(tmp_path, "x,y,n\n" + lines, f'count = "n"\ncrs = "{CRS}"')
    assert inputs.units["households"].tolist() == [4, 0, 0, 2]
    (finding,) = inputs.findings
    assert "outside every community (row 4)" in finding.message


def test_a_wrong_register_stops_the_job(tmp_path: Path) -> None:
    """Wrong counts of a register are named by unit."""
    (tmp_path / "register.csv").write_text("unit,n\nu000,2\nu001,-3\n")
    more = '[inputs.households]\npath = "register.csv"\nunit = "unit"\ncount = "n"'
    (only,) = problems(write_town(tmp_path, HOME, BOARD, more=more))
    assert 'inputs.households (register.csv): column "n" is negative' in only
    assert "(u001 = -3)" in only


def test_wrong_shapes_are_mended_or_named(tmp_path: Path) -> None:
    """A bow-tie is rebuilt and listed; a unit with households and no shape stops the job."""
    corners = [(20, 0), (20, 20), (0, 20), (0.5, 0), (0, 0.5)]
    bow = shapely.Polygon([(EAST + x, NORTH + y) for x, y in corners])
    table = units([bow, *chessboard(2, 2)[1:], line((0, 0), (9, 9))], [1, 1, 1, 1, 0])
    inputs, _ = town(tmp_path, HOME, table)
    assert [(f.kind, f.place) for f in inputs.findings] == [
        ("ring-repaired", "u000"),
        ("shape-unusable", "u004"),
    ]
    assert inputs.units.geometry.is_valid.all()
    assert inputs.units["unit_id"].tolist() == ["u000", "u001", "u002", "u003"]
    table.loc[4, "households"] = 9
    (only,) = problems(write_town(tmp_path, HOME, table))
    assert "1 units with households have no usable shape (u004)" in only


def test_a_community_without_a_polygon_stops_the_job(tmp_path: Path) -> None:
    """Every community needs ground."""
    homes = communities(box(0, 0, 40, 40), shapely.Polygon())
    (only,) = problems(write_town(tmp_path, homes, BOARD))
    assert "communities without a polygon: c2; every community needs a polygon" in only


def test_multipoints_of_one_point_are_points(tmp_path: Path) -> None:
    """Address layers often come as multipoints."""
    table = units([shapely.MultiPoint([point(5, 5)]), shapely.MultiPoint([point(9, 5)])])
    inputs, _ = town(tmp_path, HOME, table)
    assert inputs.units.geom_type.tolist() == ["Point", "Point"]


def test_a_left_out_crs_is_estimated(tmp_path: Path) -> None:
    """The project's CRS is the UTM zone of the communities, and the findings say so."""
    path = write_town(tmp_path, HOME.to_crs(4326), BOARD)
    path.write_text(path.read_text().replace('crs = "EPSG:4547"\n', ""))
    inputs = read_inputs(Config.load(path))
    assert inputs.crs.to_epsg() == 32650
    assert inputs.communities.crs == inputs.units.crs == inputs.crs
    assert inputs.communities.area[0] == pytest.approx(1600, rel=2e-3)
    assert [f.kind for f in inputs.findings] == ["crs-estimated"]


def test_repairs_are_measured_in_metres_without_a_project_crs(tmp_path: Path) -> None:
    """Communities in degrees come to metres before anything of them is judged."""
    ring = [(0, 0), (40, 0), (40, 40), (2, 40), (-2, 38), (0, 38), (0, 40)]
    home = shapely.Polygon([(EAST + x, NORTH + y) for x, y in ring])
    path = write_town(tmp_path, communities(home).to_crs(4326), BOARD)
    path.write_text(path.read_text().replace('crs = "EPSG:4547"\n', ""))
    (found,) = [f for f in read_inputs(Config.load(path)).findings if f.kind == "ring-repaired"]
    assert "its area was 1" in found.message


def test_roads_that_are_no_lines_are_left_out(tmp_path: Path) -> None:
    """The metres of a road's surface cannot be measured; it is named at its place."""
    roads = gpd.GeoDataFrame(geometry=[line((0, 5), (40, 5)), box(10, 10, 4, 4)], crs=CRS)
    roads.to_file(tmp_path / "roads.gpkg")
    more = '[inputs.roads]\npath = "roads.gpkg"'
    inputs, _ = town(tmp_path, HOME, BOARD, more=more)
    assert len(inputs.extra["roads"]) == 1
    (found,) = [f for f in inputs.findings if f.kind == "road-not-line"]
    assert found.at is not None
    assert shapely.Point(found.at).within(box(10, 10, 4, 4))


def test_grid_counts_are_checked(tmp_path: Path) -> None:
    """Grids per community are whole numbers from 1, missing where free."""
    homes = communities(box(0, 0, 40, 40), box(40, 0, 40, 40))
    path = write_town(tmp_path, homes, BOARD, more='[grids]\ncount = "workers"')
    layer = homes[["community_code", "geometry"]]
    layer.assign(workers=[3, np.nan]).to_file(tmp_path / "communities.gpkg")
    inputs = read_inputs(Config.load(path))
    assert inputs.communities["grid_count"].isna().tolist() == [False, True]
    assert inputs.communities["grid_count"][0] == 3
    layer.assign(workers=[3, 0.5]).to_file(tmp_path / "communities.gpkg")
    (only,) = problems(path)
    assert 'column "workers" is below 1 in 1 features (c2 = 0.5)' in only


def test_streets_must_hold_the_communities(tmp_path: Path) -> None:
    """A community whose street is not in the street layer is named."""
    path = write_town(tmp_path, HOME, BOARD, more='[inputs.streets]\npath = "s.gpkg"\ncode = "s"')
    text = path.read_text().replace(
        'code = "community_code"', 'code = "community_code"\nstreet="s"'
    )
    path.write_text(text)
    HOME.assign(s="s9").to_file(tmp_path / "communities.gpkg")
    gpd.GeoDataFrame({"s": ["s1"]}, geometry=[box(0, 0)], crs=CRS).to_file(tmp_path / "s.gpkg")
    (only,) = problems(path)
    assert "communities whose street is not in this layer: c1" in only


MORE = """
keep_together = "block_id"
[inputs.zones.police]
path = "zones.gpkg"
id = "beat"
[inputs.barriers.river]
path = "lines.gpkg"
where = "kind = 'river'"
[inputs.roads]
path = "lines.gpkg"
kind = "kind"
[inputs.facilities]
path = "spots.gpkg"
id = "id"
[inputs.links]
path = "links.csv"
"""


def full_town(folder: Path, seed: int) -> Inputs:
    """Read a town of every kind of layer, its rows shuffled by the seed."""
    rng = np.random.default_rng(seed)
    homes = communities(box(0, 0, 40, 40), box(40, 0, 40, 40))
    table = units(chessboard(4, 2), [3, 1, 4, 1, 5, 9, 2, 6], block=["b", "b", *[None] * 6])
    zones = gpd.GeoDataFrame(
        {"beat": ["p2", "p1", "p1", None]},
        geometry=[box(40, 0, 40, 40), box(0, 0, 20, 40), box(20, 0, 20, 40), box(90, 0)],
        crs=CRS,
    )
    lines = gpd.GeoDataFrame(
        {"kind": ["river", "road", "road", "river"]},
        geometry=[
            line((40, 0), (40, 40)),
            line((0, 20), (80, 20)),
            line((0, 5), (80, 5)),
            line((1, 0), (1, 40)),
        ],
        crs=CRS,
    )
    spots = gpd.GeoDataFrame({"id": [2, 1]}, geometry=[point(1, 1), point(50, 1)], crs=CRS)
    links = pd.DataFrame({"a": ["u001", "u000"], "b": ["u003", "u007"]})

    def shuffled(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.iloc[rng.permutation(len(frame))] if seed else frame

    shuffled(zones).to_file(folder / "zones.gpkg")
    shuffled(lines).to_file(folder / "lines.gpkg")
    shuffled(spots).to_file(folder / "spots.gpkg")
    shuffled(links).to_csv(folder / "links.csv", index=False)
    return town(folder, shuffled(homes), shuffled(table), more=MORE)[0]


def test_row_order_changes_nothing(tmp_path: Path) -> None:
    """Shuffled rows of every layer give the same inputs, findings too."""
    first = full_town(tmp_path, 0)
    assert first.zones["police"]["zone_id"].tolist() == ["p1", "p2"]
    assert first.extra["roads"]["road_id"].tolist() == ["0001", "0002", "0003", "0004"]
    assert first.extra["facilities"]["facility_id"].tolist() == ["1", "2"]
    assert len(first.barriers["river"]) == 2
    assert [f.kind for f in first.findings] == ["zone-without-id"]
    for seed in (1, 2):
        other = full_town(tmp_path, seed)
        assert other.findings == first.findings
        assert other.links is not None
        pd.testing.assert_frame_equal(other.links, first.links)
        for name in ("communities", "units", "streets"):
            assert_same(getattr(other, name), getattr(first, name))
        for group in ("zones", "barriers", "extra"):
            for name, layer in getattr(first, group).items():
                assert_same(getattr(other, group)[name], layer)


def assert_same(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> None:
    """Two layers must be alike to the last bit."""
    assert shapely.to_wkb(one.geometry).tolist() == shapely.to_wkb(other.geometry).tolist()
    pd.testing.assert_frame_equal(
        pd.DataFrame(one.drop(columns="geometry")), pd.DataFrame(other.drop(columns="geometry"))
    )


def test_broken_shapes_of_objects_do_no_harm(tmp_path: Path) -> None:
    """A building with crossing rings is rebuilt, one without a shape left out."""
    corners = list(box(0, 0).exterior.coords)
    bow = shapely.Polygon([corners[0], corners[2], corners[1], corners[3], corners[0]])
    layer = gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=[bow, None], crs=CRS)
    layer.to_file(tmp_path / "b.gpkg")
    inputs, _ = town(tmp_path, HOME, BOARD, more='[inputs.buildings]\npath = "b.gpkg"\nname="name"')
    assert inputs.extra["buildings"].geometry.is_valid.tolist() == [True]
    assert inputs.extra["buildings"]["building_id"].tolist() == ["0001"]


def test_barriers_without_lines_are_a_warning(tmp_path: Path) -> None:
    """A filter that leaves nothing, or a layer of points, is named."""
    points = gpd.GeoDataFrame({"kind": ["a", "b"]}, geometry=[point(0, 0), point(1, 1)], crs=CRS)
    points.to_file(tmp_path / "p.gpkg")
    more = '[inputs.barriers.wall]\npath = "p.gpkg"\nwhere = "kind = \'a\'"'
    inputs, _ = town(tmp_path, HOME, BOARD, more=more)
    assert [f.kind for f in inputs.findings] == ["barrier-points", "barrier-empty"]
    assert inputs.barriers["wall"].empty
