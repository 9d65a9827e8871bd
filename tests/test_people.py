"""People: read, proposed for grids, counted, and never named where they must not be."""

import datetime as dt
import json
import re
from itertools import product
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from gridplan import pipeline
from gridplan.config import Config
from gridplan.config.people import ROLES, People
from gridplan.errors import LayerError
from gridplan.layers import read_table
from gridplan.maps import people_sections
from gridplan.optimise.assign import IDLE, MISSING, OVERLOAD, Offers, assign
from gridplan.people.groups import list_groups
from gridplan.people.offers import find_zoned
from gridplan.people.roster import make_roster, staff_register
from gridplan.people.statistics import statistics
from gridplan.pipeline import Options, Result, partition
from tests.jobs import CONFIG, CRS, SOUTH, WEST, chess_town
from tests.people_worlds import row_of_grids, staff_table
from tests.worlds import chessboard, communities, town, units

DATE = dt.date(2026, 1, 31)


# ---- reading -------------------------------------------------------------------------------


def staffed(folder: Path, table: str, more: str = "") -> pd.DataFrame:
    """Read a staff table beside a town of one community; ``c1`` is its code."""
    (folder / "staff.csv").write_text(table, encoding="utf-8")
    shapes = chessboard(4, 4)
    inputs, _ = town(
        folder,
        communities(*chessboard(1, 1, 80)),
        units(shapes),
        more=f'[inputs.staff]\npath = "staff.csv"\n{more}',
    )
    assert inputs.staff is not None
    return inputs.staff


def test_staff_is_read_by_its_usual_names(tmp_path: Path) -> None:
    """Columns are found by their names, roles by any of theirs; lists come in one form."""
    staff = staffed(
        tmp_path,
        "工号,姓名,角色,社区代码,网格数\n2,乙,网格员,c1，c1,3\n1,甲,Cleaner,,\n",
    )
    assert staff["person_id"].tolist() == ["1", "2"]
    assert staff["role"].tolist() == ["cleaner", "grid_worker"]
    assert staff["communities"].tolist() == ["", "c1"]
    assert staff["serves"].tolist() == [0, 3]
    assert staff["load_limit"].isna().all()


def test_problems_of_staff_come_at_once(tmp_path: Path) -> None:
    """Ids that repeat or look personal and numbers that are none are refused; no id is shown."""
    with pytest.raises(LayerError) as caught:
        staffed(
            tmp_path,
            "person_id,role,grids,load_limit\n13812345678,cleaner,two,-1\n"
            "110101199003071234,cleaner,1,\nA,cleaner,1,\nA,cleaner,1,\n",
        )
    text = "\n".join(caught.value.problems)
    for part in ("repeats 1 ids", "mobile telephones", "identity cards", "(two)", "(-1)"):
        assert part in text
    assert "13812345678" not in text
    assert "110101199003071234" not in text


def test_staff_needs_an_id_and_a_role(tmp_path: Path) -> None:
    """A table without the two says which key names their column."""
    with pytest.raises(LayerError, match=r"name it with role = in \[inputs.staff\]"):
        staffed(tmp_path, "person_id,job\nA,cleaner\n")


def test_unknown_roles_and_places_are_listed(tmp_path: Path) -> None:
    """Who has an unknown role stays in the table without one; unknown places are named."""
    (tmp_path / "staff.csv").write_text(
        "person_id,role,communities,zones\nA,astronaut,c9,police:X\n", encoding="utf-8"
    )
    more = '[inputs.staff]\npath = "staff.csv"\n'
    inputs, _ = town(
        tmp_path, communities(*chessboard(1, 1, 80)), units(chessboard(4, 4)), more=more
    )
    found = {(f.kind, f.place) for f in inputs.findings if f.layer == "staff"}
    assert found == {
        ("staff-role-unknown", ""),
        ("staff-place-unknown", "c9"),
        ("staff-place-unknown", "police:X"),
    }
    assert inputs.staff is not None
    assert inputs.staff["role"].tolist() == [""]


def test_roles_can_be_changed_and_added() -> None:
    """A shipped role keeps what is not given; a new one gets its name from its key."""
    people = People.model_validate(
        {"roles": {"cleaner": {"per_grid": 0}, "tree_warden": {"per_grid": 1}}}
    )
    roles = people.all_roles()
    assert list(roles) == [*ROLES, "tree_warden"]
    assert roles["cleaner"].per_grid == 0
    assert (roles["cleaner"].serves, roles["cleaner"].name_zh) == (2, "保洁员")
    assert roles["tree_warden"].name == "Tree warden"


# ---- assignment ----------------------------------------------------------------------------


def drawn_offers(seed: int) -> Offers:
    """A small case with random prices, needs and limits."""
    random = np.random.default_rng(seed)
    people, grids = 3, 3
    pairs = [(p, g) for p in range(people) for g in range(grids) if random.random() < 0.8]
    person, grid = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    return Offers(
        person, grid, random.random(len(pairs)).round(3) * 10,
        serves=random.integers(1, 4, people),
        limit=np.where(random.random(people) < 0.5, 500.0, np.inf),
        need=random.integers(0, 3, grids), most=random.integers(1, 4, grids),
        load=random.integers(200, 400, grids).astype(float),
    )  # fmt: skip


def price_of(offers: Offers, taken: np.ndarray) -> float:
    """Price of a choice by its definition; infinite where it breaks a rule."""
    served = np.bincount(offers.grid[taken], minlength=len(offers.need))
    serves = np.bincount(offers.person[taken], minlength=len(offers.serves))
    if (served > offers.most).any() or (serves > offers.serves).any():
        return np.inf
    load = np.bincount(
        offers.person[taken], offers.load[offers.grid[taken]], minlength=len(offers.serves)
    )
    offered = np.isin(np.arange(len(offers.serves)), offers.person)
    wanted = np.isin(np.arange(len(offers.need)), offers.grid)
    missing = np.maximum(0, offers.need - served)[wanted].sum()
    over = np.maximum(0, load - offers.limit) / np.where(np.isfinite(offers.limit), offers.limit, 1)
    idle = ((serves == 0) & offered).sum()
    return float(
        offers.price[taken].sum() + MISSING * missing + OVERLOAD * over.sum() + IDLE * idle
    )


@pytest.mark.parametrize("seed", range(12))
def test_assignment_is_the_cheapest(seed: int) -> None:
    """No choice of offers costs less, of all there are."""
    offers = drawn_offers(seed)
    count = len(offers.person)
    best = min(
        price_of(offers, np.array(choice, dtype=bool)) for choice in product((0, 1), repeat=count)
    )
    assert price_of(offers, assign(offers)) == pytest.approx(best, abs=1e-6)


def served(*people: dict[str, object], count: int = 3, **roles: object) -> dict[str, list[str]]:
    """Grids of every person that is proposed for a row of grids."""
    staff = staff_table(*people)
    roster = make_roster(row_of_grids(count), staff, People.model_validate(roles))
    codes = roster.serving.groupby("person")["grid_code"].agg(list)
    return {staff["person_id"][p]: own for p, own in codes.items()}


def test_home_decides() -> None:
    """Without more, everybody serves the grid nearest to home."""
    west, east = {"x": 10.0, "y": 50.0}, {"x": 290.0, "y": 50.0}
    middle = {"x": 150.0, "y": 50.0}
    assert served(east, west, middle) == {"P1": ["c1003"], "P2": ["c1001"], "P3": ["c1002"]}


def test_zones_weigh_more_than_a_short_way() -> None:
    """Who serves a zone gets a grid in it, though another is nearer."""
    one = {"x": 290.0, "y": 50.0, "zones": "police:A", "communities": "c1"}
    assert served(one)["P1"] in (["c1001"], ["c1002"])


def test_zones_alone_name_the_grids() -> None:
    """Who names zones and no community serves grids with households in them alone."""
    assert served({"zones": "police:A", "serves": 3}) == {"P1": ["c1001", "c1002"]}


def test_last_year_goes_on() -> None:
    """Whoever served a grid last year keeps it, though it is farther."""
    one = {"x": 10.0, "y": 50.0, "communities": "c1", "previous": "c1003"}
    two = {"x": 290.0, "y": 50.0, "communities": "c1", "previous": "c1001"}
    found = served(one, two, count=3)
    assert (found["P1"], found["P2"]) == (["c1003"], ["c1001"])


def test_nobody_out_of_reach_serves() -> None:
    """Who names no place serves grids near home, and nobody's home is far enough away."""
    assert served({"x": 9_000.0, "y": 50.0}) == {}
    assert served({}) == {}


def test_unit_grids_need_whom_the_configuration_says() -> None:
    """A unit grid is served only by roles that it needs, and lacks them otherwise."""
    plan = row_of_grids(2, unit=(1,))
    staff = staff_table({"communities": "c1", "serves": 5})
    assert make_roster(plan, staff, People()).serving["grid_code"].tolist() == ["c1001"]
    wanted = People.model_validate({"roles": {"grid_worker": {"per_unit_grid": 1}}})
    assert make_roster(plan, staff, wanted).serving["grid_code"].tolist() == ["c1001", "c1002"]


ALONE = {"roles": {k: {"per_grid": 0} for k in ROLES if k != "grid_worker"}}


def test_groups_of_a_large_city_answer_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """People of communities apart from each other are proposed alike in groups and all at once."""
    plan = row_of_grids(6)
    plan.grids.loc[3:, "community_code"] = "c2"
    homes = [(10.0, "c1"), (590.0, "c2"), (290.0, "c1"), (310.0, "c2"), (150.0, "c1")]
    staff = staff_table(*({"x": x, "y": 50.0, "communities": c} for x, c in homes))
    whole = make_roster(plan, staff, People())
    monkeypatch.setattr("gridplan.people.groups.TOGETHER", 1)
    groups = make_roster(plan, staff, People())
    pd.testing.assert_frame_equal(groups.serving, whole.serving)
    assert groups.findings == whole.findings
    assert len(whole.serving) == 5


def test_who_serves_several_communities_joins_their_groups(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Communities that one person may serve, by name or near home, are together, others apart."""
    plan = row_of_grids(6)
    plan.grids["community_code"] = ["c1", "c2", "c3", "c4", "c5", "c5"]
    homes = zip((1, 2, 3, 4, 5, 5), (30.0, 160.0, 270.0, 330.0, 440.0, 580.0), strict=True)
    staff = staff_table(
        *({"communities": f"c{k}", "x": x, "y": -x} for k, x in homes),  # all as far as no other
        {"communities": "c1;c2", "x": 120.0, "y": -9.0},
        {"x": 355.0, "y": -31.0},
        {"communities": "c9"},
        {"x": 9e5, "y": 0.0},
        {"communities": "c1", "role": "cleaner"},
    )
    section = People(reach_m=58.0)
    whole = make_roster(plan, staff, section)
    monkeypatch.setattr("gridplan.people.groups.TOGETHER", 1)
    groups = list(list_groups(plan, staff, section, find_zoned(plan, staff)))
    workers = [(g.people.tolist(), g.grids.tolist()) for g in groups if g.role == "grid_worker"]
    assert workers == [([0, 1, 6], [0, 1]), ([2], [2]), ([3, 4, 5, 7], [3, 4, 5])]
    found = make_roster(plan, staff, section)
    pd.testing.assert_frame_equal(found.serving, whole.serving)
    assert found.findings == whole.findings


def test_gaps_and_double_loads_are_named() -> None:
    """A missing worker, one with too many grids, one with too many households, an idle one."""
    staff = staff_table(
        {"communities": "c1", "serves": 2, "load_limit": 500.0},
        {"communities": "c1", "role": "cleaner"},
    )
    roster = make_roster(row_of_grids(3), staff, People.model_validate(ALONE))
    found = {f.kind: f for f in roster.findings}
    assert set(found) == {"role-missing", "worker-shared", "load-over-limit"}
    assert (found["role-missing"].value, found["role-missing"].limit) == (0, 1)
    assert found["worker-shared"].place == "P1"
    assert (found["worker-shared"].value, found["worker-shared"].limit) == (2, 1)
    assert (found["load-over-limit"].value, found["load-over-limit"].limit) == (600, 500)
    more = staff_table(*({"communities": "c1"},) * 5)
    roster = make_roster(row_of_grids(3), more, People.model_validate(ALONE))
    assert [f.kind for f in roster.findings] == ["staff-idle"]


def test_a_role_that_a_community_lacks_is_listed_once() -> None:
    """Where nobody of a role is there, one finding names the community and its grids."""
    roster = make_roster(row_of_grids(3), staff_table(), People.model_validate(ALONE))
    assert [(f.kind, f.place, f.limit) for f in roster.findings] == [("role-missing", "c1", 3.0)]
    assert "c1001, c1002, c1003" in roster.findings[0].message


def test_load_limits_are_kept_where_they_can_be() -> None:
    """Of two people, nobody takes more households than the limit if the other can."""
    limited = {"communities": "c1", "serves": 3, "load_limit": 300.0, "x": 150.0, "y": 50.0}
    free = {"communities": "c1", "serves": 3, "x": 5000.0, "y": 50.0}
    found = served(limited, free)
    assert (len(found["P1"]), len(found["P2"])) == (1, 2)


@pytest.mark.parametrize("names", [True, False])
def test_register_of_staff_keeps_names_back(names: bool) -> None:
    """Names and telephones are blank unless asked for; everything else is the same."""
    staff = staff_table({"communities": "c1", "serves": 2}, {"role": "volunteer"})
    plan, people = row_of_grids(3), People()
    roster = make_roster(plan, staff, people)
    table = staff_register(plan, staff, roster, people, "en", names=names)
    assert table["person_id"].tolist() == ["P1", "P1", "P2"]
    assert table["load"].tolist() == [600, 600, 0]
    assert table["grid_code"].tolist()[2] == ""
    assert set(table["person_name"]) == ({"Somebody"} if names else {""})
    assert set(table["phone"]) == ({"000"} if names else {""})


def test_statistics_add_up() -> None:
    """Streets and the total are the sums of their communities; without staff nothing is said."""
    plan = row_of_grids(4, unit=(3,))
    staff = staff_table({"communities": "c1"}, {"communities": "c1"})
    roster = make_roster(plan, staff, People.model_validate(ALONE))
    roles = People.model_validate(ALONE).all_roles()
    table = statistics(plan, roles, roster, None, None).set_index("level")
    for level in ("district", "street", "community"):
        row = table.loc[level]
        assert (row["residential_grids"], row["unit_grids"], row["households"]) == (3, 1, 1200)
        assert (row["people"], row["grids_covered"], row["people_missing"]) == (2, 2, 1)
        assert row["coverage"] == pytest.approx(2 / 3)
        assert (row["load_mean"], row["load_spread"]) == (300, 0)
    bare = statistics(plan, roles, None, None, None)
    assert bare[["coverage", "people_missing", "population"]].isna().all(axis=None)


# ---- a whole run -------------------------------------------------------------------------------


MORE = """
[inputs.roads]
layer = "roads"
[inputs.facilities]
layer = "facilities"
kind = "kind"
[inputs.staff]
path = "staff.csv"
[duties]
catalogue = "duties.toml"
[workload]
office = "office"
walk_limit_m = 500.0
"""
DUTIES = """
[items.X1]
name = "Offices"
objects = ["facilities:office"]
roles = ["grid_worker"]
[items.X2]
name = "Nobody's"
objects = ["facilities"]
roles = []
"""


def carried_town(folder: Path) -> Path:
    """Write a town of two communities with roads, offices and people; return its TOML."""
    config = CONFIG.replace("maps = []", 'maps = ["png", "html"]') + MORE
    path = chess_town(folder, config=config)
    lines = [shapely.LineString([(WEST, y), (WEST + 800, y)]) for y in (SOUTH + 100, SOUTH + 300)]
    lines += [shapely.LineString([(WEST + x, SOUTH), (WEST + x, SOUTH + 400)]) for x in (200, 600)]
    roads = gpd.GeoDataFrame({"id": range(4)}, geometry=lines, crs=CRS)
    roads.to_file(folder / "town.gpkg", layer="roads")
    offices = [shapely.Point(WEST + x, SOUTH + 190) for x in (190, 590)]
    facilities = gpd.GeoDataFrame({"kind": ["office"] * 2}, geometry=offices, crs=CRS)
    facilities.to_file(folder / "town.gpkg", layer="facilities")
    (folder / "duties.toml").write_text(DUTIES, encoding="utf-8")
    rows = [
        (
            f"P{i}",
            f"Zqsecret-name-{i}",
            f"Zqsecret-phone-{i}",
            role,
            f"11010100100{1 + i % 2}",
            1 + 2 * (i == 0),
        )
        for i, role in enumerate(["grid_worker"] * 5 + ["grid_chief"] * 4 + ["cleaner"])
    ]
    staff = pd.DataFrame(rows, columns=["person_id", "name", "phone", "role", "community", "grids"])
    staff.to_csv(folder / "staff.csv", index=False, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """The same job with names and without, and what the second found."""
    folder = tmp_path_factory.mktemp("people")
    config = Config.load(carried_town(folder))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "perf_counter", lambda: 0.0)  # reports tell the seconds
        results = [
            partition(config.replace({"outputs.people": people}), folder / name, Options(date=DATE))
            for people, name in ((True, "on"), (False, "off"))
        ]
    assert results[1] is not None
    return folder, results[1]


def test_gaps_of_a_run_are_listed(runs: tuple[Path, Result]) -> None:
    """A run lists the gaps in its findings and in ``tables/exceptions``."""
    folder, result = runs
    wanted = {"role-missing", "worker-shared", "duty-without-role", "walk-over-limit"}
    assert wanted <= {f.kind for f in result.findings}
    table = pd.read_csv(folder / "off" / "tables" / "exceptions.csv")
    assert wanted <= set(table["kind"])


def plain(path: Path) -> object:
    """What a file holds, without what changes from run to run by the clock."""
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        return {s.title: [[cell.value for cell in row] for row in s.iter_rows()] for s in book}
    if path.suffix == ".gpkg":
        return {
            str(name): pd.DataFrame(pyogrio.read_dataframe(path, layer=name)).to_csv()
            for name, _ in pyogrio.list_layers(path)
        }
    if path.name == "run.json":
        run = json.loads(path.read_text(encoding="utf-8"))
        run["configuration"]["outputs"].pop("people")
        for community in run["communities"].values():
            community.pop("seconds")
        return run
    if path.name == "report.html":  # the last cell of a community: its seconds
        return re.sub(rb'<td class="n">\d+\.\d</td></tr>', b"", path.read_bytes())
    return path.read_bytes()


def blanked(cells: list[list[object]]) -> list[list[object]]:
    """A sheet without the fields that name somebody."""
    return [[None if "Zqsecret" in str(cell) else cell for cell in row] for row in cells]


NAMING = {"tables/staff_register.csv", "tables/duties.csv", "tables/gridplan.xlsx"}
"""Files in which people may be named, besides the sheets of grids."""
DIGESTS = "maps/redraw/files.json"
"""Digests of the files drawn, those of sheets that name people among them."""


def may_name(name: str) -> bool:
    """Whether people may be named in a file of a run."""
    return name in NAMING or name.startswith(("maps/grids/", "maps/atlas_"))


def test_people_change_only_the_fields_that_name_them(runs: tuple[Path, Result]) -> None:
    """Every file of a run is the same with people on and off, but for names and telephones."""
    folder, _ = runs
    on, off = folder / "on", folder / "off"
    files = sorted(p.relative_to(off).as_posix() for p in off.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(on).as_posix() for p in on.rglob("*") if p.is_file())
    assert {"tables", "maps"} <= {name.split("/")[0] for name in files}
    for name in files:
        if may_name(name) or name == DIGESTS:
            continue
        assert plain(on / name) == plain(off / name), name
    named, plainly = (json.loads((side / DIGESTS).read_bytes()) for side in (on, off))
    assert named.keys() == plainly.keys()
    assert all(may_name(f"maps/{name}") for name in named if named[name] != plainly[name])
    for name in ("staff_register", "duties"):
        first, second = (
            pd.read_csv(side / "tables" / f"{name}.csv", dtype=str) for side in (on, off)
        )
        secret = [c for c in first if c in ("person_name", "phone")]
        assert second[secret].isna().all(axis=None)
        assert first["person_name"].str.startswith("Zqsecret").any()
        pd.testing.assert_frame_equal(first.drop(columns=secret), second.drop(columns=secret))
    first, second = (plain(side / "tables" / "gridplan.xlsx") for side in (on, off))
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert list(first) == list(second)
    for sheet, cells in first.items():
        assert blanked(cells) == second[sheet], sheet


def test_nobody_is_named_where_people_are_off(runs: tuple[Path, Result]) -> None:
    """No file of a run holds a name or a telephone; with people on, only three do."""
    folder, _ = runs
    mark = b"Zqsecret"
    for path in sorted((folder / "off").rglob("*")):
        if path.is_file() and path.suffix != ".xlsx":
            assert mark not in path.read_bytes(), path
    for path in sorted((folder / "on").rglob("*")):
        if path.is_file() and path.suffix != ".xlsx" and mark in path.read_bytes():
            assert may_name(path.relative_to(folder / "on").as_posix())


def test_sheets_differ_in_names_alone(runs: tuple[Path, Result]) -> None:
    """What a grid's sheet tells is the same with people on and off, but for who they are."""
    folder, _ = runs
    tables = {
        side: {
            name: read_table(folder / side, name)
            for name in ("workload", "staff_register", "duties")
        }
        for side in ("on", "off")
    }
    bare = people_sections(tables["off"], "en", names=False)
    assert people_sections(tables["on"], "en", names=False) == bare
    named = people_sections(tables["on"], "zh", names=True)
    assert list(named) == list(bare)
    one = next(iter(named.values()))
    assert [s.title for s in one] == ["工作量", "人员", "事项"]
    assert any("Zqsecret-na" in cell for s in one for row in s.rows for cell in row)
    text = repr(bare)
    assert "Zqsecret" not in text
    assert not re.search(r"\b0 m\b|: 0\b", text)  # what a grid has none of is not told
    assert "Full-time worker" in text


def test_every_grid_has_its_page(runs: tuple[Path, Result]) -> None:
    """The workbook has a sheet per grid that names who carries it and every duty."""
    folder, result = runs
    book = openpyxl.load_workbook(folder / "off" / "tables" / "gridplan.xlsx")
    grids = result.plan.grids
    assert set(grids["grid_code"]) <= set(book.sheetnames)
    home = grids.loc[grids["grid_kind"] == "residential", "grid_code"].iloc[0]
    cells = [str(cell.value) for row in book[home].iter_rows() for cell in row]
    for text in ("Full-time worker", "Sanitation", "Nobody's", "People", "To be settled"):
        assert text in cells


def test_totals_of_duties_reconcile(runs: tuple[Path, Result]) -> None:
    """What is in grids, in others and in none adds up to what was read, for every duty."""
    folder, _ = runs
    table = pd.read_csv(folder / "off" / "tables" / "duty_totals.csv")
    assert len(table) > 5
    assert (table["difference"].abs() < 0.05).all()
    duties = pd.read_csv(folder / "off" / "tables" / "duties.csv", dtype={"grid_code": str})
    summed = duties.groupby(["item", "object"])["quantity"].sum()
    total = table.set_index(["item", "object"])["in_grids"]
    assert (summed - total).abs().max() < 1.0
