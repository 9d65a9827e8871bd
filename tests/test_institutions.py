"""Unit grids: five tests, overrides, ground, communities crossed, refusals, and their audit."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from gridplan.audit import audit_plan
from gridplan.config import Config
from gridplan.config.institutions import InstitutionRules, Override
from gridplan.domain import Plan, Severity
from gridplan.errors import ConfigError, LayerError
from gridplan.institutions import Facts, decide, find_refusals, measure_institutions
from gridplan.layers import read_exceptions, read_inputs, read_plan, read_table
from gridplan.pipeline import Options, partition
from gridplan.prepare import prepare_ground
from tests.conftest import SAMPLE
from tests.worlds import CRS, box, chessboard, communities, line, point, units, write_town

RULES = InstitutionRules()
GOOD = Facts(
    "I1",
    "Hospital",
    parts=1,
    compactness=0.7,
    area_m2=12_000,
    floor_area_m2=5_000,
    staff=20,
    students=0,
    nonresidential_share=1.0,
    households=0,
    clear_border=1.0,
    permanent=1,
    body="Health Bureau",
)
NAN = float("nan")


def test_a_good_institution_passes_all_tests() -> None:
    """Every test has its measures with value and threshold, and all are passed."""
    decision = decide(GOOD, RULES)
    assert decision.unit_grid
    assert decision.tests_passed
    rows = [(m.test, m.measure, m.value, m.threshold, m.passed) for m in decision.measures]
    assert rows[:4] == [
        ("whole", "parts", "1", "<= 1", True),
        ("whole", "compactness", "0.7", ">= 0.15", True),
        ("large", "area_m2", "12000", ">= 10000", True),
        ("large", "floor_area_m2", "5000", ">= 20000", False),
    ]
    assert list(dict.fromkeys(m.test for m in decision.measures)) == [
        "whole", "large", "non-residential", "permanent", "able",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("test", "facts"),
    [
        ("whole", {"parts": 2}),
        ("whole", {"compactness": 0.149}),
        ("whole", {"parts": NAN, "compactness": NAN}),
        ("large", {"area_m2": 9_999.9}),
        ("non-residential", {"nonresidential_share": 0.49}),
        ("non-residential", {"households": 101}),
        ("non-residential", {"clear_border": 0.49}),
        ("permanent", {"permanent": 0}),
        ("permanent", {"permanent": NAN}),
        ("permanent", {"permanent": NAN, "years": 2.9}),
        ("able", {"body": ""}),
    ],
)
def test_each_test_alone_can_fail(test: str, facts: Mapping[str, float]) -> None:
    """One fact beyond its threshold, or unknown, fails its test and no other."""
    decision = decide(replace(GOOD, **facts), RULES)  # type: ignore[arg-type]
    assert not decision.unit_grid
    assert decision.reason.startswith(f"fails {test} (")
    assert ";" not in decision.reason


@pytest.mark.parametrize(
    "facts",
    [
        {"area_m2": 10_000},
        {"area_m2": 1, "floor_area_m2": 20_000},
        {"area_m2": 1, "staff": 100},
        {"area_m2": 1, "students": 500},
        {"households": 100, "nonresidential_share": 0.5, "clear_border": 0.5},
        {"permanent": NAN, "years": 3},
    ],
)
def test_thresholds_are_included(facts: Mapping[str, float]) -> None:
    """A value on the threshold passes, and one kind of size is enough."""
    assert decide(replace(GOOD, **facts), RULES).unit_grid  # type: ignore[arg-type]


def test_an_override_flips_either_way_and_keeps_its_reason() -> None:
    """Planners decide; the tests stay on record beside their reason."""
    no = decide(GOOD, RULES, Override(unit_grid=False, reason="to be moved"))
    yes = decide(replace(GOOD, body=""), RULES, Override(unit_grid=True, reason="office promised"))
    assert (no.unit_grid, no.tests_passed, no.overridden) == (False, True, True)
    assert (yes.unit_grid, yes.tests_passed) == (True, False)
    assert "to be moved" in no.reason
    assert "office promised" in yes.reason
    assert yes.measures[-1].test == "override"


def layer(shapes: Sequence[shapely.Geometry], **traits: object) -> gpd.GeoDataFrame:
    """Institutions ``I1``, ``I2``, ...: permanent, with a body, large by their staff."""
    table = {
        "institution_id": [f"I{i + 1}" for i in range(len(shapes))],
        "name": "",
        "kind": "",
        "floor_area_m2": 0.0,
        "staff": 200.0,
        "students": 0.0,
        "permanent": 1.0,
        "years": NAN,
        "body": "Bureau",
    } | traits
    return gpd.GeoDataFrame(table, geometry=list(shapes), crs=CRS)


def test_premises_are_measured() -> None:
    """Half inside belongs to it; a dwelling on the border makes it unclear, a road does not."""
    houses = units([box(0, 0), box(30, 0), box(90, 0), box(100, 40)], [0, 7, 30, 50])
    (facts,) = measure_institutions(layer([box(0, 0, 100, 60)]), houses, [], RULES)
    assert (facts.parts, facts.area_m2, facts.households) == (1, 6000, 37)
    assert facts.nonresidential_share == pytest.approx(1 / 3, abs=1e-4)
    # u003 stands wall to wall: 20 m of its side, a metre below it, and one round the corner.
    assert facts.clear_border == pytest.approx(1 - 22 / 320, abs=1e-3)
    road = np.array([line((100, -50), (100, 100))], dtype=object)
    (facts,) = measure_institutions(layer([box(0, 0, 100, 60)]), houses, [road], RULES)
    assert facts.clear_border == pytest.approx(1.0, abs=1e-3)


def test_a_point_has_no_premises() -> None:
    """Nothing is known of the ground of a point, so it is no unit grid."""
    (facts,) = measure_institutions(layer([point(5, 5)]), units([box(0, 0)]), [], RULES)
    assert decide(facts, RULES).reason.startswith("fails whole (parts unknown")


# ---- whole jobs ---------------------------------------------------------------------------------

KEYS = """
[inputs.institutions]
path = "institutions.gpkg"
id = "institution_id"
floor_area = "floor_area_m2"
staff = "staff"
students = "students"
permanent = "permanent"
body = "body"

[solve]
workers = 1
effort = 0.02

[outputs]
maps = []
report = false
tables = ["csv"]
"""


class Run:
    """One job from its layers to its audit."""

    def __init__(
        self,
        folder: Path,
        homes: gpd.GeoDataFrame,
        table: gpd.GeoDataFrame,
        places: gpd.GeoDataFrame,
        more: str = "",
    ) -> None:
        places.to_file(folder / "institutions.gpkg")
        file = write_town(folder, homes, table, more=KEYS + more)
        self.config = Config.load(file)
        self.out = folder / "out"
        result = partition(self.config, self.out, Options(date=dt.date(2026, 1, 31)))
        assert result is not None
        self.result = result
        self.plan: Plan = read_plan(self.out)
        self.decisions = read_table(self.out, "institution_decisions")

    @property
    def unit_grids(self) -> gpd.GeoDataFrame:
        """The unit grids, by institution and community."""
        grids = self.plan.grids[self.plan.grids["grid_kind"] == "unit"]
        return grids.sort_values(["institution_id", "community_code"])

    def verdicts(self) -> dict[str, str]:
        """The decision on every institution."""
        said = self.decisions.groupby("institution_id")["unit_grid"].first()
        return {str(name): str(verdict) for name, verdict in said.items()}

    def row(self, name: str, test: str) -> pd.Series:
        """One row of the decisions."""
        rows = self.decisions[self.decisions["institution_id"] == name]
        return rows[rows["test"] == test].iloc[0]

    def broken(self, **changed: object) -> list[str]:
        """Kinds of what an audit calls broken, with some of its arguments changed."""
        given = {
            "plan": self.plan,
            "inputs": read_inputs(self.config),
            "config": self.config,
            "exceptions": read_exceptions(self.out),
            "decisions": self.decisions,
        } | changed
        findings = audit_plan(**given)  # type: ignore[arg-type]
        return sorted(f.kind for f in findings if f.severity == Severity.BROKEN)


def town(
    *, columns: int = 10, rows: int = 6, step: float = 40, households: int = 7
) -> gpd.GeoDataFrame:
    """Houses of 20 m with gardens between them."""
    shapes = [box(10 + c * step, 10 + r * step) for r in range(rows) for c in range(columns)]
    return units(shapes, households)


def test_grown_ground_is_cut_along_the_premises(tmp_path: Path) -> None:
    """The unit grid is its premises to the millimetre, but runs around houses on its border."""
    houses = town()
    premises = box(125, 85, 150, 70)  # a quarter of the houses at x = 130 lies inside on no side
    held = houses.geometry.within(premises)
    houses.loc[held, "households"] = 0
    run = Run(tmp_path, communities(box(0, 0, 400, 240)), houses, layer([premises]))
    (ground,) = run.unit_grids.geometry
    assert shapely.area(shapely.symmetric_difference(ground, premises)) < 0.01
    assert run.unit_grids["range_status"].tolist() == ["exempt"]
    assert run.result.broken == ()
    assert run.plan.communities["households"].sum() == houses["households"].sum()


def test_ground_runs_around_houses_on_the_border(tmp_path: Path) -> None:
    """A house mostly inside belongs to it as a whole, one mostly outside not at all."""
    houses = town()
    premises = box(135, 85, 145, 70)  # through 130-150: 15 m inside; through 270-290: 10 of 20
    houses.loc[houses.intersects(premises), "households"] = 0
    run = Run(tmp_path, communities(box(0, 0, 400, 240)), houses, layer([box(135, 85, 140, 70)]))
    (ground,) = run.unit_grids.geometry
    members = run.plan.units[run.plan.units["grid_code"] == run.unit_grids["grid_code"].iloc[0]]
    assert len(members) == 8  # four columns, two rows; those at x = 270 lie a quarter inside
    inside = houses[houses["unit_id"].isin(members["unit_id"])].geometry
    assert all(ground.buffer(1e-6).covers(inside))
    others = houses[~houses["unit_id"].isin(members["unit_id"])].geometry
    assert ground.buffer(-1e-6).intersection(shapely.union_all(others.to_numpy())).area < 0.01
    assert run.result.broken == ()


def test_tiling_units_lie_half_inside(tmp_path: Path) -> None:
    """Where units tile, a unit grid takes those that lie at least half inside, and no others."""
    table = units(chessboard(8, 5, 50), 25)
    premises = box(75, 50, 199, 100)  # half of the column at 50, nearly half of that at 250
    table.loc[table.geometry.intersects(premises.buffer(-1)), "households"] = 0
    homes = communities(box(0, 0, 400, 250))
    run = Run(tmp_path, homes, table, layer([premises]), LOTS)
    (ground,) = run.unit_grids.geometry
    assert ground.equals(box(50, 50, 200, 100))
    assert run.result.broken == ()


def test_premises_without_units_are_a_grid(tmp_path: Path) -> None:
    """A park without a single unit is a grid of its own, of no household."""
    run = Run(
        tmp_path,
        communities(box(0, 0, 400, 360)),
        town(),
        layer([box(40, 245, 300, 100)], staff=2.0),
    )
    assert run.unit_grids["households"].tolist() == [0]
    assert run.unit_grids["area_m2"].iloc[0] == pytest.approx(30_000, abs=0.01)
    assert run.result.broken == ()


def test_one_grid_in_every_community_that_is_crossed(tmp_path: Path) -> None:
    """The tests look at the whole, each community gets a grid, and the id is the same."""
    homes = communities(box(0, 0, 200, 240), box(200, 0, 200, 240), box(400, 0, 200, 240))
    houses = town(columns=15, households=12)
    places = layer(
        [box(120, 80, 160, 80), box(395, 165, 90, 70)],  # 80 m on either side; 5 m of 90
        staff=[1.0, 200.0],
    )
    houses.loc[houses.intersects(shapely.union_all(places.geometry.to_numpy())), "households"] = 0
    run = Run(tmp_path, homes, houses, places)
    grids = run.unit_grids
    assert grids["institution_id"].tolist() == ["I1", "I1", "I2"]
    assert grids["community_code"].tolist() == ["c1", "c2", "c3"]
    assert run.row("I1", "large")["value"] == "12800"  # neither half alone is large
    held = read_table(run.out, "institution_codes")
    assert held["institution_id"].tolist() == ["I1", "I1", "I2"]
    assert held["community_code"].tolist() == ["c1", "c2", "c3"]
    assert run.result.broken == ()


def test_dormitories_count_in_totals_but_not_in_the_range(tmp_path: Path) -> None:
    """Households on the premises are the unit grid's, which is exempt; none is lost."""
    houses = town()
    premises = box(120, 80, 160, 80)
    inside = houses.geometry.within(premises)
    houses.loc[inside, "households"] = 0
    houses.loc[houses.index[inside][0], "households"] = 60
    run = Run(tmp_path, communities(box(0, 0, 400, 240)), houses, layer([premises]))
    assert run.unit_grids[["households", "range_status"]].to_numpy().tolist() == [[60, "exempt"]]
    assert run.plan.grids["households"].sum() == houses["households"].sum()
    table = read_table(run.out, "reconciliation")
    assert table["households_difference"].tolist() == ["0"]
    assert run.result.broken == ()


LOTS = "\n[institutions]\nmin_clear_border = 0.0\n"
"""Dwellings on lots stand on every border."""

WALL = layer([box(120, 0, 40, 120)])
"""An institution across the whole community, with 150 households west of it and 500 east."""


def walled() -> gpd.GeoDataFrame:
    """A tiling of 13 by 3 lots of 40 m; the fourth column is the institution's."""
    table = units(chessboard(13, 3, 40), 0)
    x = table.geometry.bounds["minx"] - table.geometry.bounds["minx"].min()
    table.loc[x < 120, "households"] = 20
    table.loc[x > 150, "households"] = 20
    return table


def test_a_unit_grid_in_the_way_is_refused_with_its_price(tmp_path: Path) -> None:
    """A part of 180 households cut off could be no grid: 70 households are the price."""
    run = Run(tmp_path, communities(box(0, 0, 520, 120)), walled(), WALL, LOTS)
    assert run.verdicts() == {"I1": "no"}
    row = run.row("I1", "range")
    assert (row["value"], row["threshold"], row["passed"]) == ("70", "<= 0", "no")
    assert "180 households" in row["reason"]
    (told,) = (f for f in run.result.findings if f.kind == "unit-grid-refused")
    assert (told.place, told.value) == ("I1", 70.0)
    assert run.result.broken == ()


def test_a_refused_unit_grid_stands_by_override(tmp_path: Path) -> None:
    """Planners may have it all the same: the part is joined across it, and listed."""
    more = '[institutions.overrides.I1]\nunit_grid = true\nreason = "the hospital insists"\n'
    run = Run(tmp_path, communities(box(0, 0, 520, 120)), walled(), WALL, more)
    assert run.verdicts() == {"I1": "yes"}
    assert len(run.unit_grids) == 1
    assert "the hospital insists" in run.row("I1", "override")["reason"]
    assert run.row("I1", "range")["value"] == "70"
    kinds = {f.kind for f in run.result.findings}
    assert {"unit-grid-forced", "part-joined"} <= kinds
    assert run.result.broken == ()


def test_refusals_spare_who_is_in_nobodys_way() -> None:
    """Of two unit grids only the one that cuts dwellings off is refused."""
    graph: nx.Graph[str] = nx.Graph()
    nx.add_path(graph, ["west", "wall", "east", "park"])
    nx.set_node_attributes(graph, {"west": 100, "east": 300, "wall": 0, "park": 0}, "households")
    grounds = {"W": ["wall"], "P": ["park"]}
    found = find_refusals(graph, grounds, (), "c1", minimum=250, maximum=500, joins=True)
    assert [(r.institution_id, r.price, r.part) for r in found] == [("W", 150, 100)]
    kept = find_refusals(graph, grounds, ("W",), "c1", minimum=250, maximum=500, joins=True)
    assert [(r.institution_id, r.price) for r in kept] == [("W", 150)]


def test_dormitories_may_be_needed_for_the_range() -> None:
    """Without the 60 households of a campus the 280 around it are no grid: it is refused."""
    graph: nx.Graph[str] = nx.Graph([("a", "b")])
    nx.set_node_attributes(graph, {"a": 220, "b": 60}, "households")
    found = find_refusals(graph, {"C": ["b"]}, (), "c1", minimum=250, maximum=500, joins=True)
    assert [(r.institution_id, r.price) for r in found] == [("C", 30)]


def test_overlapping_premises_go_to_the_smaller(tmp_path: Path) -> None:
    """A clinic on a campus keeps its own ground; no ground is given twice."""
    houses = town()
    places = layer([box(120, 80, 200, 120), box(200, 85, 80, 70)])
    houses.loc[houses.intersects(places.geometry[0]), "households"] = 0
    run = Run(tmp_path, communities(box(0, 0, 400, 240)), houses, places)
    campus, clinic = run.unit_grids.geometry
    assert clinic.area == pytest.approx(80 * 70, abs=0.01)
    assert campus.intersection(clinic).area < 1e-6
    assert run.result.broken == ()


def test_the_order_of_institutions_does_not_matter(tmp_path: Path) -> None:
    """Rows the other way round give the same tables, byte for byte."""
    houses = town()
    places = layer([box(120, 80, 200, 120), box(200, 85, 80, 70)])
    houses.loc[houses.intersects(places.geometry[0]), "households"] = 0
    texts = []
    for name, rows in (("one", places), ("other", places.iloc[::-1])):
        (tmp_path / name).mkdir()
        run = Run(tmp_path / name, communities(box(0, 0, 400, 240)), houses, rows)
        texts.append({p.name: p.read_bytes() for p in (run.out / "tables").glob("*.csv")})
    assert texts[0] == texts[1]


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A town with one campus that is a unit grid, and a shop that is none."""
    houses = town()
    premises = box(120, 80, 160, 80)
    houses.loc[houses.geometry.within(premises), "households"] = 0
    places = layer([premises, box(10, 10)], staff=[200.0, 3.0])
    folder = tmp_path_factory.mktemp("campus")
    return Run(
        folder,
        communities(box(0, 0, 400, 240)),
        houses,
        places,
        "\n[grids]\nmin = 250\nmax = 500\n",
    )


def test_a_small_institution_joins_the_grid_beside_it(campus: Run) -> None:
    """It lies in one residential grid, and the table says what it lacks."""
    held = campus.plan.extra["institutions"].set_index("institution_id")
    assert held["grid_kind"].to_dict() == {"I1": "unit", "I2": "residential"}
    assert campus.row("I2", "large")["reason"].startswith("fails large (area_m2 400, not >= 10000")


def test_audit_wants_the_tests_to_come_out_again(campus: Run) -> None:
    """A threshold that the campus does not reach makes its grid unproven."""
    assert campus.broken() == []
    strict = campus.config.replace({"institutions.min_staff": 201.0})
    assert campus.broken(config=strict.replace({"institutions.min_area_m2": 1e6})) == [
        "institution-misjudged",
        "unit-grid-unproven",
    ]


def test_audit_wants_the_table_to_say_so(campus: Run) -> None:
    """A unit grid without its row, or with a row that says no, is no exemption."""
    lost = campus.decisions[campus.decisions["institution_id"] != "I1"]
    assert campus.broken(decisions=lost) == ["institution-misjudged", "unit-grid-unproven"]
    said = campus.decisions.assign(unit_grid="no")
    assert campus.broken(decisions=said) == ["institution-misjudged", "unit-grid-unproven"]
    assert "unit-grid-unproven" in campus.broken(decisions=None)


def test_audit_sees_a_grid_made_exempt(campus: Run) -> None:
    """A residential grid that only calls itself a unit grid is not exempt."""
    grids = campus.plan.grids.copy()
    other = grids.index[grids["grid_kind"] == "residential"][0]
    grids.loc[other, ["grid_kind", "range_status", "institution_id"]] = ["unit", "exempt", "I2"]
    assert "unit-grid-unproven" in campus.broken(plan=replace(campus.plan, grids=grids))
    grids.loc[other, "institution_id"] = "I1"
    assert "unit-grid-unproven" in campus.broken(plan=replace(campus.plan, grids=grids))


def test_audit_knows_the_overrides(campus: Run) -> None:
    """An override that the table does not record, or that says no, is broken."""
    key = "institutions.overrides"
    no = campus.config.replace({key: {"I1": {"unit_grid": False, "reason": "moved"}}})
    assert campus.broken(config=no) == ["institution-misjudged", "unit-grid-unproven"]


def test_workbook_names_the_kinds_in_chinese(campus: Run, tmp_path: Path) -> None:
    """A Chinese workbook says 住宅网格 and 单位网格(专属网格)."""
    config = campus.config.replace({"project.language": "zh", "outputs.tables": ["xlsx"]})
    partition(config, tmp_path / "out", Options(date=dt.date(2026, 1, 31)))
    (file,) = (tmp_path / "out" / "tables").glob("*.xlsx")
    book = openpyxl.load_workbook(file)
    assert "单位网格(专属网格)认定表" in book.sheetnames
    cells = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row}
    assert {"住宅网格", "单位网格(专属网格)"} <= cells


def test_an_override_of_nobody_is_an_error(tmp_path: Path) -> None:
    """An id that no institution has is named, with the nearest one."""
    more = '[institutions.overrides.I11]\nunit_grid = true\nreason = "typing error"\n'
    with pytest.raises(LayerError, match=r"overrides.I11\]: no institution has this id"):
        Run(tmp_path, communities(box(0, 0, 400, 240)), town(), layer([box(0, 0)]), more)


def test_an_override_needs_a_reason(tmp_path: Path) -> None:
    """A decision against the tests without a reason is refused."""
    more = "[institutions.overrides.I1]\nunit_grid = true\n"
    with pytest.raises(ConfigError, match=r"\[institutions.overrides.I1\] reason: missing"):
        Run(tmp_path, communities(box(0, 0, 400, 240)), town(), layer([box(0, 0)]), more)


def test_an_override_without_ground_is_told(tmp_path: Path) -> None:
    """A point cannot be a grid, whatever planners say; the run says so and goes on."""
    more = '[institutions.overrides.I1]\nunit_grid = true\nreason = "important"\n'
    run = Run(tmp_path, communities(box(0, 0, 400, 240)), town(), layer([point(5, 5)]), more)
    assert run.verdicts() == {"I1": "no"}
    assert [f.kind for f in run.result.findings if "impossible" in f.kind] == [
        "unit-grid-impossible"
    ]
    assert run.result.broken == ()


def test_bad_traits_are_named(tmp_path: Path) -> None:
    """A number or a flag that cannot be read is an error with its column."""
    places = layer([box(0, 0)]).astype({"staff": object, "permanent": object})
    places[["staff", "permanent"]] = [["many", "perhaps"]]
    with pytest.raises(LayerError) as caught:
        Run(tmp_path, communities(box(0, 0, 400, 240)), town(), places)
    assert [line.split('"')[1] for line in caught.value.problems] == ["staff", "permanent"]


# ---- the sample city ----------------------------------------------------------------------------

PASSED = {
    *("I0001", "I0002", "I0004", "I0006", "I0007", "I0008", "I0009", "I0010", "I0011", "I0012"),
    *("I0014", "I0015", "I0016", "I0017", "I0018", "I0019", "I0020"),
}
"""Seen in the data: large enough, without dwellings, permanent, and answered for."""

FAILED = {
    "IX-TEMPORARY": "fails permanent (permanent no, not yes)",
    "IX-NOBODY": "fails able (body unknown, not named)",
    "I0013": "fails large (area_m2 9052.9424, not >= 10000, floor_area_m2 3685.8, not >= 20000, "
    "staff 33, not >= 100, students 409, not >= 500)",
    "I0024": "fails large (area_m2 19.975, not >= 10000, floor_area_m2 20, not >= 20000, staff 1, "
    "not >= 100, students 0, not >= 500)",
}


def decided(config: Config) -> pd.DataFrame:
    """The decision on every institution, with its reason."""
    table = prepare_ground(read_inputs(config), config).decisions
    assert table is not None
    return table.groupby("institution_id")[["unit_grid", "reason"]].first()


def test_the_sample_city_is_decided_as_its_data_call_for() -> None:
    """Every planted institution gets its decision, and the table says why."""
    table = decided(Config.load(SAMPLE))
    assert set(table.index[table["unit_grid"] == "yes"]) == PASSED
    assert table.loc[list(FAILED), "reason"].to_dict() == FAILED
    shops = table.drop([*PASSED, *FAILED])
    assert shops["reason"].str.startswith("fails large (").all()


def test_an_override_flips_a_decision_of_the_sample_city() -> None:
    """One override adds a unit grid, another takes one away; both are recorded, no other moves."""
    config = Config.load(SAMPLE)
    said = {
        "IX-NOBODY": {"unit_grid": True, "reason": "a new manager is named"},
        "I0020": {"unit_grid": False, "reason": "the college moves out"},
    }
    table = decided(config.replace({"institutions.overrides": said}))
    assert set(table.index[table["unit_grid"] == "yes"]) == (PASSED | {"IX-NOBODY"}) - {"I0020"}
    assert table.loc["IX-NOBODY", "reason"] == (
        "decided by override: a new manager is named "
        "(by the tests: fails able (body unknown, not named))"
    )
    assert table.loc["I0020", "reason"].startswith("decided by override: the college moves out")
