"""Towers: a building above the maximum is cut into its stairwells, and nothing else is."""

import csv
import datetime as dt
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridplan.audit import audit_plan
from gridplan.config import Config
from gridplan.domain import Finding, Plan, Severity
from gridplan.errors import ConfigError, LayerError
from gridplan.layers import Inputs, read_exceptions, read_inputs, read_plan
from gridplan.layers.addresses import in_number_order
from gridplan.layers.cut import cut_by_shares, long_axis
from gridplan.pipeline import Options, partition
from gridplan.propose import propose_config
from tests.jobs import tables
from tests.worlds import box, chessboard, communities, point, units, write_town

HOME = communities(box(0, 0, 100, 60))
TOWER = box(20, 20, 60, 15)
SECTION = (
    '\n[inputs.stairwells]\npath = "stairs.csv"\nunit = "b"\nstairwell = "s"\nhouseholds = "n"\n'
)
STAIRS = "b,s,n\nu000,10,200\nu000,2,300\nu000,1,100\n"


def buildings(tower: shapely.Geometry = TOWER, held: int = 600) -> gpd.GeoDataFrame:
    """A tower and two houses."""
    return units([tower, box(5, 40, 20, 15), box(70, 40, 20, 15)], [held, 150, 150])


def job(folder: Path, table: gpd.GeoDataFrame, stairs: str = STAIRS, more: str = "") -> Path:
    """Write a town with a table of stairwells."""
    (folder / "stairs.csv").write_text(stairs, encoding="utf-8")
    return write_town(folder, HOME, table, more=SECTION + more)


def read(path: Path) -> Inputs:
    """Read a job."""
    return read_inputs(Config.load(path))


def held(inputs: Inputs) -> dict[str, int]:
    """Households by unit id."""
    return dict(zip(inputs.units["unit_id"], inputs.units["households"], strict=True))


def kinds(inputs: Inputs) -> list[str]:
    """Kinds of the findings of reading."""
    return [f.kind for f in inputs.findings]


@given(
    shares=st.lists(st.integers(1, 300), min_size=2, max_size=7),
    angle=st.floats(0, 360),
    notch=st.floats(0, 0.9),
)
@settings(max_examples=40, deadline=None)
def test_strips_have_their_shares(shares: list[int], angle: float, notch: float) -> None:
    """They make up the footprint, match vertex for vertex, and have area as asked for, in order."""
    flat = shapely.Polygon([(0, 0), (60, 0), (60, 20), (35, 20), (35, 20 - 20 * notch), (0, 20)])
    shape = shapely.affinity.translate(shapely.affinity.rotate(flat, angle), 512_000, 3_384_000)
    strips = cut_by_shares(shape, shares)
    assert shapely.coverage_is_valid(strips)
    assert shapely.union_all(strips).symmetric_difference(shape).area < 1e-6 * shape.area
    np.testing.assert_allclose(
        shapely.area(strips) / shape.area, np.array(shares) / sum(shares), atol=1e-7
    )
    _, along, _ = long_axis(shape)
    steps = np.diff(shapely.get_coordinates(shapely.centroid(strips)) @ along)
    assert (steps > 0).all() if along[1] > -abs(along[0]) - 1e-9 else (steps < 0).all()


def test_names_in_number_order() -> None:
    """2 comes before 10, and 二 before 三."""
    names = ["10单元", "三单元", "2单元", "一单元", "B", "a2", "A10"]
    ordered = ["一单元", "2单元", "三单元", "10单元", "a2", "A10", "B"]
    assert sorted(names, key=in_number_order) == ordered


def test_a_tower_becomes_its_stairwells(tmp_path: Path) -> None:
    """In their order from west to east, area in proportion to households, listed."""
    inputs = read(job(tmp_path, buildings()))
    assert held(inputs) == {
        "u000-1": 100, "u000-10": 200, "u000-2": 300, "u001": 150, "u002": 150
    }  # fmt: skip
    assert inputs.stairwells is not None
    assert inputs.stairwells["unit_id"].tolist() == ["u000-1", "u000-2", "u000-10"]
    assert inputs.stairwells["position"].tolist() == [1, 2, 3]
    shapes = inputs.units.set_index("unit_id").geometry
    widths = shapes[inputs.stairwells["unit_id"]].bounds
    np.testing.assert_allclose(widths["maxx"] - widths["minx"], [10, 30, 20], atol=1e-6)
    assert (np.diff(widths["minx"]) > 0).all()
    methods = inputs.units.set_index("unit_id")["households_method"].to_dict()
    assert methods["u000-1"] == "stairwells"
    assert methods["u001"] == "given"
    (finding,) = inputs.findings
    assert (finding.kind, finding.severity, finding.place, finding.community_code) == (
        "building-divided", Severity.EXCEPTION, "u000", "c1"
    )  # fmt: skip
    assert "(1: 100, 2: 300, 10: 200)" in finding.message
    assert inputs.divided is not None
    assert inputs.divided.geometry.iloc[0].equals(TOWER)


def test_an_upright_tower_is_cut_from_south_to_north(tmp_path: Path) -> None:
    """The order of the stairwells, too, may come from a column."""
    stairs = "b,s,n,rank\nu000,x,200,3\nu000,y,300,1\nu000,z,100,2\n"
    inputs = read(job(tmp_path, buildings(box(30, 2, 15, 55)), stairs, 'order = "rank"\n'))
    assert inputs.stairwells is not None
    assert inputs.stairwells["stairwell"].tolist() == ["y", "z", "x"]
    shapes = inputs.units.set_index("unit_id").geometry
    south = shapes[inputs.stairwells["unit_id"]].bounds["miny"]
    assert (np.diff(south) > 0).all()


def test_stairwells_as_a_column_of_the_units(tmp_path: Path) -> None:
    """Pairs of name and households, in the order of the cell."""
    table = buildings().assign(stairs=["乙:300; 甲：300", "1:75;2:75", None])
    inputs = read(write_town(tmp_path, HOME, table, more='stairwells = "stairs"'))
    assert held(inputs) == {"u000-乙": 300, "u000-甲": 300, "u001": 150, "u002": 150}
    assert inputs.stairwells is not None
    assert inputs.stairwells["stairwell"].tolist() == ["乙", "甲"]


def test_wrong_cells_are_named(tmp_path: Path) -> None:
    """Layer, feature, column, value, cure; a bare number of stairwells is no mistake."""
    table = buildings().assign(stairs=["1:300;1:300", "3", "1:many"])
    path = write_town(tmp_path, HOME, table, more='stairwells = "stairs"')
    with pytest.raises(LayerError) as caught:
        read(path)
    (line,) = caught.value.problems
    assert line.startswith('inputs.units (units.gpkg): column "stairs" cannot be read in 2 feat')
    assert "(u000 = 1:300;1:300, u002 = 1:many)" in line


def test_wrong_rows_are_named_at_once(tmp_path: Path) -> None:
    """Blank buildings and names, counts and orders that are none."""
    stairs = "b,s,n,rank\nu000,1,-3,1\n,2,5,2\nu000,,5,3\nu000,4,x,four\n"
    with pytest.raises(LayerError) as caught:
        read(job(tmp_path, buildings(), stairs, 'order = "rank"\n'))
    text = "\n".join(caught.value.problems)
    for part in (
        'column "b" is empty in 1 rows (row 2)',
        'column "s" is empty in 1 rows (row 3)',
        'column "n" is negative in 1 features (u000 1 = -3)',
        'column "n" is no number in 1 features (u000 4 = x)',
        'column "rank" is no number in 1 rows (u000 4 = four)',
    ):
        assert part in text


def test_rows_of_one_stairwell_add_up(tmp_path: Path) -> None:
    """A register with a row per household serves as well."""
    stairs = "b,s\n" + "u000,1\n" * 280 + "u000,2\n" * 320
    path = job(tmp_path, buildings(), stairs)
    path.write_text(path.read_text().replace('households = "n"', "households = 1"))
    assert held(read(path)) == {"u000-1": 280, "u000-2": 320, "u001": 150, "u002": 150}


@pytest.mark.parametrize(
    ("table", "stairs", "found", "divided"),
    [
        (buildings(held=500), "u000,1,250\nu000,2,250\n", [], False),
        (buildings(), "u000,1,600\n", [], False),
        (buildings(), "u000,1,300\nu000,2,100\n", ["stairwells-differ"], False),
        (buildings(), "u000,1,300\nu000,2,290\n", ["stairwells-differ", "building-divided"], True),
        (buildings(point(30, 30)), "u000,1,300\nu000,2,300\n", ["stairwells-unusable"], False),
        (
            buildings(),
            "u000,1,300\nu000,2,0\nu000,3,300\n",
            ["stairwell-empty", "building-divided"],
            True,
        ),
        (
            buildings(),
            "u000,1,300\nu000,2,300\nu9,1,4\n",
            ["stairwell-unknown", "building-divided"],
            True,
        ),
    ],
)
def test_when_a_building_is_divided(
    tmp_path: Path, table: gpd.GeoDataFrame, stairs: str, found: list[str], divided: bool
) -> None:
    """Above the maximum only, where the stairwells say enough; the total is kept in any case."""
    inputs = read(job(tmp_path, table, "b,s,n\n" + stairs))
    assert kinds(inputs) == found
    assert ("u000" not in held(inputs)) is divided
    assert sum(held(inputs).values()) == int(table["households"].sum())


def test_stairwells_that_differ_a_little_are_an_estimate(tmp_path: Path) -> None:
    """They share the building's own households in proportion."""
    inputs = read(job(tmp_path, buildings(), "b,s,n\nu000,1,300\nu000,2,290\n"))
    assert held(inputs)["u000-1"] == 305
    assert held(inputs)["u000-2"] == 295
    methods = inputs.units.set_index("unit_id")["households_method"]
    assert methods["u000-1"] == "estimated"


def test_an_id_that_is_taken_is_refused(tmp_path: Path) -> None:
    """A stairwell must not take the id of another unit."""
    table = buildings().assign(unit_id=["u", "u-1", "x"])
    with pytest.raises(LayerError, match="is the id of another unit; rename"):
        read(job(tmp_path, table, "b,s,n\nu,1,300\nu,2,300\n"))


def test_two_ways_at_once_are_refused(tmp_path: Path) -> None:
    """A table and a column would contradict each other."""
    path = job(tmp_path, buildings().assign(stairs="1:2"))
    text = path.read_text().replace('id = "unit_id"', 'id = "unit_id"\nstairwells = "stairs"')
    path.write_text(text)
    with pytest.raises(ConfigError, match="keep one of the two"):
        Config.load(path)


def test_stairwells_stay_in_the_community_of_their_building(tmp_path: Path) -> None:
    """A building across a border is not torn apart by it."""
    homes = communities(box(0, 0, 60, 60), box(60, 0, 40, 60))
    (tmp_path / "stairs.csv").write_text("b,s,n\nu000,1,300\nu000,2,300\n")
    inputs = read(write_town(tmp_path, homes, buildings(), more=SECTION))
    own = inputs.units[inputs.units["unit_id"].str.startswith("u000")]
    assert own["community_code"].tolist() == ["c1", "c1"]


def test_units_that_tile_still_match(tmp_path: Path) -> None:
    """Neighbours of a divided lot get the vertices of its cuts."""
    board = units(chessboard(5, 3), [*[50] * 7, 600, *[50] * 7])
    inputs = read(job(tmp_path, board, "b,s,n\nu007,1,400\nu007,2,200\n"))
    assert len(inputs.units) == 16
    assert shapely.coverage_is_valid(inputs.units.geometry.to_numpy())
    assert shapely.area(inputs.units.geometry.to_numpy()).sum() == pytest.approx(6000)


def test_links_and_locks_of_a_tower_lead_to_its_stairwells(tmp_path: Path) -> None:
    """A link to the nearest stairwell, a lock to each."""
    more = '[inputs.links]\npath = "links.csv"\n[inputs.locks]\npath = "locks.csv"\n'
    (tmp_path / "links.csv").write_text("a,b\nu002,u000\nu001,u000\n")
    (tmp_path / "locks.csv").write_text("kind,a,b\napart,u000,u001\n")
    inputs = read(job(tmp_path, buildings(), more=more))
    assert inputs.links is not None
    assert inputs.links[["a", "b"]].to_numpy().tolist() == [["u001", "u000-1"], ["u002", "u000-10"]]
    assert inputs.locks is not None
    assert inputs.locks["a"].tolist() == ["u000-1", "u000-10", "u000-2"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A town whose tower stands in two grids: its configuration and output."""
    folder = tmp_path_factory.mktemp("tower")
    table = buildings()
    layer = gpd.GeoDataFrame(
        {"key": ["T", "H"]}, geometry=[TOWER, box(5, 40, 20, 15)], crs=table.crs
    )
    layer.to_file(folder / "buildings.gpkg")
    more = '[inputs.buildings]\npath = "buildings.gpkg"\nid = "key"\n'
    more += "[outputs]\nmaps = []\nreport = false\n[solve]\nworkers = 1\n"
    path = job(folder, table, more=more)
    result = partition(Config.load(path), folder / "out", Options(date=dt.date(2026, 1, 31)))
    assert result is not None
    return path, folder / "out"


def rows(out: Path, name: str) -> list[dict[str, str]]:
    """Rows of a table."""
    with (out / "tables" / f"{name}.csv").open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_tables_tell_which_stairwell_is_in_which_grid(run: tuple[Path, Path]) -> None:
    """Stairwells in their order; the building with all of its grids; units with their method."""
    _, out = run
    stairs = rows(out, "stairwells")
    assert [r["stairwell"] for r in stairs] == ["1", "2", "10"]
    codes = sorted({r["grid_code"] for r in stairs})
    assert len(codes) == 2
    tower = next(r for r in rows(out, "building_codes") if r["building_id"] == "T")
    assert tower["grid_codes"] == ";".join(codes)
    house = next(r for r in rows(out, "building_codes") if r["building_id"] == "H")
    assert house["grid_codes"] == house["grid_code"]
    plan = read_plan(out)
    assert plan.units.set_index("unit_id")["stairwell_order"]["u000-10"] == 3
    assert plan.units.set_index("unit_id")["building_id"]["u001"] is None
    (total,) = [r for r in rows(out, "household_ledger") if r["source"] == "all"]
    assert (total["households_in"], total["placed"], total["difference"]) == ("900", "900", "0")


def test_row_order_changes_nothing(run: tuple[Path, Path], tmp_path: Path) -> None:
    """Shuffled stairwells and units give the same bytes."""
    _, out = run
    head, *lines = STAIRS.splitlines()
    path = job(tmp_path, buildings().iloc[::-1], "\n".join([head, *lines[::-1]]) + "\n",
               "[outputs]\nmaps = []\nreport = false\n[solve]\nworkers = 1\n")  # fmt: skip
    partition(Config.load(path), tmp_path / "out", Options(date=dt.date(2026, 1, 31)))
    again = tables(tmp_path / "out")
    assert again["stairwells.csv"] == tables(out)["stairwells.csv"]
    assert again["grid_register.csv"] == tables(out)["grid_register.csv"]


def audited(run: tuple[Path, Path], change: object = None, listed: bool = True) -> list[Finding]:
    """Audit the run after a change of its inputs or plan."""
    path, out = run
    config = Config.load(path)
    inputs, plan, exceptions = read_inputs(config), read_plan(out), read_exceptions(out)
    if not listed:
        exceptions = exceptions[exceptions["kind"] != "building-divided"]
    if callable(change):
        inputs, plan = change(inputs, plan)
    return audit_plan(plan, inputs, config, exceptions)


def test_the_audit_verifies_the_cut(run: tuple[Path, Path]) -> None:
    """A right one is an exception that says which stairwell is in which grid."""
    findings = audited(run)
    assert not [f.message for f in findings if f.severity == Severity.BROKEN]
    (found,) = [f for f in findings if f.kind == "building-divided"]
    assert found.severity == Severity.EXCEPTION
    assert found.place == "u000"


def test_an_unlisted_cut_is_broken(run: tuple[Path, Path]) -> None:
    """What the office is not told is no exception."""
    (found,) = [f for f in audited(run, listed=False) if f.severity == Severity.BROKEN]
    assert (found.kind, found.place) == ("building-cut", "u000")
    assert "does not list it" in found.message


def other_footprint(inputs: Inputs, plan: Plan) -> tuple[Inputs, Plan]:
    """Say that the building is larger than its strips."""
    assert inputs.divided is not None
    return replace(inputs, divided=inputs.divided.set_geometry([box(20, 20, 60, 16)])), plan


def fewer_households(inputs: Inputs, plan: Plan) -> tuple[Inputs, Plan]:
    """Say that the building fits a grid."""
    assert inputs.divided is not None
    return replace(inputs, divided=inputs.divided.assign(households=500)), plan


def lost_households(inputs: Inputs, plan: Plan) -> tuple[Inputs, Plan]:
    """Say that the building has more households than its stairwells."""
    assert inputs.divided is not None
    return replace(inputs, divided=inputs.divided.assign(households=650)), plan


def exchanged(inputs: Inputs, plan: Plan) -> tuple[Inputs, Plan]:
    """Exchange the order of two stairwells."""
    assert inputs.stairwells is not None
    return replace(inputs, stairwells=inputs.stairwells.iloc[[1, 0, 2]]), plan


def other_area(inputs: Inputs, plan: Plan) -> tuple[Inputs, Plan]:
    """Cut in thirds."""
    table = inputs.units.copy()
    at = [table.index[table["unit_id"] == f"u000-{n}"][0] for n in (1, 2, 10)]
    table.loc[at, "geometry"] = cut_by_shares(TOWER, [1, 1, 1])
    return replace(inputs, units=table), plan


def other_name(inputs: Inputs, plan: Plan) -> tuple[Inputs, Plan]:
    """Write another stairwell into the plan."""
    changed = plan.units.assign(stairwell=plan.units["stairwell"].replace("2", "9"))
    return inputs, replace(plan, units=changed)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (other_footprint, "miss or exceed its footprint by 60.00 m²"),
        (fewer_households, "its 500 households fit one grid"),
        (lost_households, "its stairwells hold 600 of its 650 households"),
        (exchanged, "do not follow each other"),
        (other_area, "too large or too small for its households"),
        (other_name, "stairwell of u000-2 is 9, it should be 2"),
    ],
)
def test_a_wrong_cut_is_broken(run: tuple[Path, Path], change: object, says: str) -> None:
    """Each way to cut wrongly is named."""
    broken = [f.message for f in audited(run, change) if f.severity == Severity.BROKEN]
    assert any(says in line for line in broken), broken


def city(
    folder: Path,
    unit_columns: dict[str, object],
    totals: dict[str, list[int]] | None = None,
    **tables: str,
) -> Path:
    """Write communities, buildings and tables for ``gridplan init`` to look at."""
    homes = communities(box(0, 0, 40, 100), box(40, 0, 60, 100))[["community_code", "geometry"]]
    shapes = chessboard(6, 4, 10)
    ids = {"building_id": [f"B{i:03}" for i in range(24)]}
    homes.assign(**(totals or {})).to_file(folder / "communities.gpkg")
    table = gpd.GeoDataFrame({**ids, **unit_columns}, geometry=shapes, crs=homes.crs)
    table.to_file(folder / "buildings.gpkg")
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def test_init_proposes_a_table_of_stairwells(tmp_path: Path) -> None:
    """With its columns, and the buildings it names."""
    folder = city(
        tmp_path, {"households": 30}, stairwells="building_id,stairwell,households\nB001,1,9\n"
    )
    proposed = propose_config(folder)
    config = Config.parse(proposed.text, folder / "gridplan.toml")
    section = config.inputs.stairwells
    assert section is not None
    assert (section.unit, section.stairwell, section.households) == (
        "building_id", "stairwell", "households"
    )  # fmt: skip
    assert any("divided by them" in line for line in proposed.guesses)


def test_init_sees_stairwells_in_a_register_and_in_a_column(tmp_path: Path) -> None:
    """A register with a row per stairwell serves; a column of pairs comes before it."""
    text = "building_id,stairwell,households\nB001,1,9\nB001,2,8\n"
    (tmp_path / "one").mkdir()
    folder = city(tmp_path / "one", {"floors": 6}, register=text)
    config = Config.parse(propose_config(folder).text, folder / "gridplan.toml")
    assert config.inputs.stairwells is not None
    assert config.inputs.stairwells.path == folder / "register.csv"
    (tmp_path / "two").mkdir()
    folder = city(tmp_path / "two", {"households": 30, "doors": ["1:20;2:10"] * 24}, register=text)
    config = Config.parse(propose_config(folder).text, folder / "gridplan.toml")
    assert config.inputs.units.stairwells == "doors"
    assert config.inputs.stairwells is None


def test_init_joins_a_register_by_address(tmp_path: Path) -> None:
    """Where both have addresses and nothing better."""
    addresses = [f"文化路{i}号" for i in range(24)]
    folder = city(
        tmp_path, {"地址": addresses}, 户籍登记="户号,地址,户数\n1,文化路1号,3\n2,文化路2号,4\n"
    )
    config = Config.parse(propose_config(folder).text, folder / "gridplan.toml")
    assert config.inputs.households is not None
    assert config.inputs.households.address == "地址"
    assert config.inputs.units.address == "地址"


def test_init_spreads_totals_where_nothing_else_is_there(tmp_path: Path) -> None:
    """Totals of the communities, by the floors of the buildings."""
    folder = city(tmp_path, {"floors": [6] * 24}, {"households": [300, 400]})
    config = Config.parse(propose_config(folder).text, folder / "gridplan.toml")
    assert config.inputs.communities.households == "households"
    assert config.inputs.units.floors == "floors"
    assert config.inputs.units.households is None
