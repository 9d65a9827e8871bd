"""The auditor: a right plan has no findings, and every broken promise has its own."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from gridplan import metrics
from gridplan.audit import DECIDED, LISTED_KINDS, Kind, audit_plan
from gridplan.config import Config
from gridplan.domain import Finding, Plan, Severity
from gridplan.errors import LayerError
from gridplan.export import write_plan
from gridplan.layers import read_plan
from gridplan.layers.inputs import Inputs

EPSG = "EPSG:26986"
SIDE = 100.0

TOML = """
[project]
name = "Town"
crs = "EPSG:26986"

[inputs]
path = "town.gpkg"

[inputs.communities]
layer = "communities"
code = "community_code"

[inputs.units]
layer = "units"
id = "unit_id"
households = "households"
keep_together = "block_id"

[inputs.zones.police]
layer = "police"
id = "zone_id"
mode = "{police}"

[inputs.zones.school]
column = "school"
mode = "{school}"

[inputs.barriers.river]
layer = "river"
mode = "{river}"

[grids]
min = 250
max = 500

[codes]
profile = "{profile}"
"""


def box(x: float, y: float, width: float = 1, height: float = 1) -> shapely.Polygon:
    """Make a rectangle of squares."""
    return shapely.box(x * SIDE, y * SIDE, (x + width) * SIDE, (y + height) * SIDE)


@dataclass
class Town:
    """A town of square cells: what the inputs hold, and which grid every cell belongs to.

    Two communities of 6 x 4 cells side by side, 25 households a cell; each is divided into a west
    and an east grid of 300 households.
    """

    cells: dict[str, shapely.Geometry] = field(default_factory=dict)
    rows: dict[str, dict[str, object]] = field(default_factory=dict)
    options: dict[str, str] = field(
        default_factory=lambda: {
            "police": "soft",
            "school": "soft",
            "river": "soft",
            "profile": "auto",
        }
    )
    links: pd.DataFrame | None = None
    river: list[shapely.Geometry] = field(default_factory=list)
    listed: list[dict[str, object]] = field(default_factory=list)
    given: dict[str, shapely.Geometry] = field(default_factory=dict)
    extra: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)

    def add(
        self, x: int, y: int, community: str, grid: int, *, households: int = 25, width: int = 1
    ) -> str:
        """Add one cell; returns its unit id."""
        unit = f"u{x:02}{y:02}"
        self.cells[unit] = box(x, y, width)
        self.rows[unit] = {
            "households": households,
            "community_code": community,
            "grid_code": f"{community}-{grid:03}",
            "block_id": None,
            "police": "P1" if x < 3 else "P2",
            "school": "S1",
        }
        return unit

    def set(self, units: list[str] | str, **values: object) -> None:
        """Change what units hold."""
        for unit in [units] if isinstance(units, str) else units:
            self.rows[unit].update(values)

    def table(self) -> gpd.GeoDataFrame:
        """Cells and what they hold, sorted by unit."""
        units = sorted(self.rows)
        frame = pd.DataFrame([{"unit_id": u, **self.rows[u]} for u in units])
        frame["block_id"] = frame["block_id"].astype("object")
        return gpd.GeoDataFrame(frame, geometry=[self.cells[u] for u in units], crs=EPSG)

    def config(self, folder: Path) -> Config:
        """Load the configuration, through a file as in life."""
        path = folder / "town.toml"
        path.write_text(TOML.format(**self.options), encoding="utf-8")
        return Config.load(path)

    def inputs(self) -> Inputs:
        """Make the inputs that the town was made from."""
        table = self.table()
        homes = table.dissolve("community_code").geometry
        communities = gpd.GeoDataFrame(
            {
                "community_code": homes.index.to_numpy(),
                "community_name": "",
                "street_code": "",
                "grid_count": pd.array([None] * len(homes), dtype="Int64"),
            },
            geometry=homes.to_numpy(),
            crs=EPSG,
        )
        units = table[["unit_id", "households", "block_id", "school", "geometry"]].copy()
        units.geometry = [self.given.get(u, self.cells[u]) for u in units["unit_id"]]
        units["community_code"] = pd.Series(None, index=units.index, dtype="object")
        ground = table.union_all()
        police = gpd.GeoDataFrame({"zone_id": ["P1", "P2"]}, geometry=[ground] * 2, crs=EPSG)
        return Inputs(
            crs=CRS(EPSG),
            communities=communities,
            streets=gpd.GeoDataFrame(
                {"street_code": [""], "street_name": ["Town"]}, geometry=[ground], crs=EPSG
            ),
            units=units,
            zones={"police": police},
            barriers={"river": gpd.GeoDataFrame(geometry=self.river, crs=EPSG)},
            links=self.links,
            extra=self.extra,
        )

    def plan(self) -> Plan:
        """Make the plan of these assignments."""
        table = self.table()
        units = table.drop(columns="block_id")
        groups = table.groupby("grid_code")
        grids = gpd.GeoDataFrame(
            {
                "grid_code": sorted(groups.groups),
                "grid_name": "",
                "grid_kind": "residential",
                "street_code": "",
            },
            geometry=[shapely.coverage_union_all(rows.geometry.to_numpy()) for _, rows in groups],
            crs=EPSG,
        )
        grids["community_code"] = groups["community_code"].first().to_numpy()
        grids["households"] = groups["households"].sum().to_numpy()
        grids["range_status"] = metrics.range_status(grids["households"], 250, 500)
        for measure in ("parts", "area_m2", "perimeter_m", "polsby_popper"):
            grids[measure] = getattr(metrics, measure)(grids.geometry)
        for layer in ("police", "school"):
            grids = grids.join(metrics.zone_measures(units, layer), on="grid_code")
        return Plan(
            grids=grids,
            communities=self._communities(grids),
            streets=self._streets(grids),
            units=units,
            extra={
                name: frame.assign(grid_code=self.code_at(frame), **{"length_m": frame.length})
                for name, frame in self.extra.items()
            },
            zone_layers=("police", "school"),
        )

    def code_at(self, frame: gpd.GeoDataFrame) -> list[str]:
        """Grid of every feature, by the cell at its middle; "" outside."""
        table = self.table()
        spots = shapely.point_on_surface(frame.geometry.to_numpy())
        at, cell = table.sindex.query(spots, predicate="within")
        codes = np.full(len(frame), "", dtype=object)
        codes[at] = table["grid_code"].to_numpy()[cell]
        return codes.tolist()

    def _communities(self, grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        missed = metrics.breach(grids["households"], 250, 500)
        grouped = grids.assign(missed=missed).groupby("community_code")
        breach = grouped["missed"].sum().to_numpy() > 0
        return gpd.GeoDataFrame(
            {
                "community_code": sorted(grouped.groups),
                "community_name": "",
                "street_code": "",
                "households": grouped["households"].sum().to_numpy(),
                "grids": grouped.size().to_numpy(),
                "status": np.where(breach, "breach", "optimal"),
                "gap": 0.0,
                "stopped": "",
            },
            geometry=[shapely.coverage_union_all(rows.geometry.to_numpy()) for _, rows in grouped],
            crs=EPSG,
        )

    def _streets(self, grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(
            {
                "street_code": [""],
                "street_name": ["Town"],
                "communities": [grids["community_code"].nunique()],
                "grids": [len(grids)],
                "households": [grids["households"].sum()],
            },
            geometry=[grids.union_all()],
            crs=EPSG,
        )

    def audit(self, folder: Path, plan: Plan | None = None) -> list[Finding]:
        """Audit the town's plan, or another one."""
        columns = ["kind", "community_code", "grid_code", "place", "other", "value"]
        listed = pd.DataFrame(self.listed).reindex(columns=columns)
        inputs = INPUTS if self is TOWN else self.inputs()
        return audit_plan(plan or self.plan(), inputs, self.config(folder), listed)


def features() -> dict[str, gpd.GeoDataFrame]:
    """One of everything inside the town, and a facility far away."""
    layers = {
        "facilities": ("facility_id", [shapely.Point(50, 50), shapely.Point(9e5, 9e5)]),
        "buildings": ("building_id", [shapely.box(110, 110, 120, 120)]),
        "institutions": ("institution_id", [shapely.box(410, 110, 420, 120)]),
        "roads": ("road_id", [shapely.LineString([(10, 150), (90, 150)])]),
    }
    return {
        name: gpd.GeoDataFrame(
            {key: [f"{name}-{i}" for i in range(len(shapes))], "name": "", "kind": ""},
            geometry=shapes,
            crs=EPSG,
        )
        for name, (key, shapes) in layers.items()
    }


def town() -> Town:
    """Make the right town."""
    made = Town()
    for x in range(12):
        for y in range(4):
            made.add(x, y, "A" if x < 6 else "B", 1 if x % 6 < 3 else 2)
    return made


TOWN = replace(town(), extra=features())
PLAN = TOWN.plan()
INPUTS = TOWN.inputs()


def shown(findings: list[Finding], *severities: Severity) -> list[str]:
    """Kinds of the findings of these severities, each once."""
    return sorted({f.kind for f in findings if f.severity in severities})


def broken(findings: list[Finding]) -> list[str]:
    """Kinds of the broken promises."""
    return shown(findings, Severity.BROKEN)


def excepted(findings: list[Finding]) -> list[str]:
    """Kinds of the verified exceptions."""
    return shown(findings, Severity.EXCEPTION)


def column(plan: Plan, layer: str, row: int, **values: object) -> Plan:
    """Change one row of a layer of a plan."""
    frame = plan.layers()[layer].copy()
    for name, value in values.items():
        if not isinstance(value, int):
            frame[name] = frame[name].astype("object")
        frame.loc[frame.index[row], name] = value
    return with_layer(plan, layer, frame)


def with_layer(plan: Plan, layer: str, frame: gpd.GeoDataFrame | None) -> Plan:
    """Replace or remove a layer of a plan."""
    if layer in ("grids", "communities", "streets", "units"):
        return replace(plan, **{layer: frame})
    extra = {name: old for name, old in plan.extra.items() if name != layer}
    return replace(plan, extra=extra if frame is None else {**extra, layer: frame})


def geometry(plan: Plan, layer: str, row: int, shape: object) -> Plan:
    """Change the geometry of one feature; grids are measured again."""
    frame = plan.layers()[layer].copy()
    shapes = frame.geometry.to_numpy().copy()
    shapes[row] = shape
    frame = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=EPSG))
    if layer == "grids":
        for measure in ("parts", "area_m2", "perimeter_m", "polsby_popper"):
            frame[measure] = getattr(metrics, measure)(frame.geometry)
    return with_layer(plan, layer, frame)


def test_a_right_plan_has_no_finding_but_a_remark(tmp_path: Path) -> None:
    """Nothing is broken, nothing is an exception; the facility far away is only mentioned."""
    findings = TOWN.audit(tmp_path, PLAN)
    assert [(f.kind, f.severity) for f in findings] == [("feature-outside", Severity.INFO)]


def test_row_order_changes_nothing(tmp_path: Path) -> None:
    """The same findings, in the same order, from shuffled layers."""
    made = town()
    made.set("u0000", households=500)
    plan = made.plan()
    shuffled = replace(
        plan, grids=plan.grids[::-1], units=plan.units.sample(frac=1, random_state=3)
    )
    assert made.audit(tmp_path, plan) == made.audit(tmp_path, shuffled)


def test_regions_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Borders looked at two units at a time give the findings of the whole at once."""
    plans = [PLAN, vertex_lost(PLAN), grid_moved(PLAN), unit_dropped(PLAN)]
    whole = [TOWN.audit(tmp_path, plan) for plan in plans]
    monkeypatch.setattr("gridplan.audit.regions.REGION", 2)
    assert [TOWN.audit(tmp_path, plan) for plan in plans] == whole


def test_processes_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Regions that two processes measure give the findings of the whole at once."""
    whole = TOWN.audit(tmp_path, grid_moved(PLAN))
    monkeypatch.setattr("gridplan.audit.regions.REGION", 2)
    monkeypatch.setattr("gridplan.audit.measures.ALONE", 0)
    monkeypatch.setattr("gridplan.audit.measures.process_count", lambda _: 2)
    assert TOWN.audit(tmp_path, grid_moved(PLAN)) == whole


def test_a_plan_left_in_its_file_has_the_same_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies in the grids, read piece by piece, is judged like the layers as a whole."""
    plan = with_layer(PLAN, "roads", PLAN.extra["roads"].assign(length_m=1.0))
    for layer in ("facilities", "roads"):
        codes = PLAN.extra[layer]["grid_code"].tolist()
        plan = with_layer(plan, layer, plan.extra[layer].assign(grid_code=codes[::-1]))
    plan = with_layer(plan, "buildings", plan.extra["buildings"].iloc[1:])
    write_plan(plan, tmp_path / "plan.gpkg")
    whole = TOWN.audit(tmp_path, read_plan(tmp_path))
    assert {"feature-missing", "road-length"} <= {f.kind for f in whole}
    for name in ("PIECE", "PREPARED"):
        monkeypatch.setattr(f"gridplan.audit.features.{name}", 1)
    assert TOWN.audit(tmp_path, read_plan(tmp_path, unread=True)) == whole


def test_rows_of_other_kinds_change_nothing(tmp_path: Path) -> None:
    """What other stages list is passed over, so that it need not be read at all."""
    made = town()
    made.set("u0000", households=500)
    before = made.audit(tmp_path)
    made.listed += [{"kind": "role-missing", "place": "u0000", "value": 9}]
    assert made.audit(tmp_path) == before
    assert "role-missing" not in LISTED_KINDS
    assert {"link", "no-plan-in-range"} <= LISTED_KINDS
    assert {"institution_id", "unit_grid"} <= set(DECIDED)


def grid_moved(plan: Plan) -> Plan:
    """Grid A-001 reaches 10 m into A-002 and beyond nothing else."""
    return geometry(plan, "grids", 0, shapely.box(0, 0, 310, 400))


def grid_shrunk(plan: Plan) -> Plan:
    """Grid A-001 leaves a strip of 10 m at the outer border."""
    return geometry(plan, "grids", 0, plan.grids.geometry[0] - shapely.box(0, 10, 10, 390))


def grid_beyond(plan: Plan) -> Plan:
    """Grid A-001 reaches 10 m out of the town."""
    return geometry(plan, "grids", 0, plan.grids.geometry[0] | shapely.box(-10, 10, 0, 390))


def vertex_lost(plan: Plan) -> Plan:
    """Drop the vertices of one side of the border between A-001 and A-002."""
    return geometry(plan, "grids", 0, shapely.box(0, 0, 300, 400))


def unit_dropped(plan: Plan) -> Plan:
    """One unit is not in the plan."""
    return with_layer(plan, "units", plan.units.iloc[1:])


def unit_doubled(plan: Plan) -> Plan:
    """One unit stands twice, in two grids."""
    again = plan.units.iloc[[0]].assign(grid_code="A-002")
    return with_layer(plan, "units", pd.concat([plan.units, again], ignore_index=True))


def unit_invented(plan: Plan) -> Plan:
    """Name a unit as the inputs do not."""
    return column(plan, "units", 0, unit_id="nobody")


def grid_doubled(plan: Plan) -> Plan:
    """Two features carry the code of one grid."""
    halves = [plan.grids.geometry[0] & box(0, y, 3, 2) for y in (0, 2)]
    both = plan.grids.iloc[[0, 0]].set_geometry(gpd.GeoSeries(halves, crs=EPSG, index=[0, 0]))
    rest = plan.grids.iloc[1:]
    return with_layer(plan, "grids", pd.concat([both, rest], ignore_index=True))


def facility(**values: object) -> Callable[[Plan], Plan]:
    """Change the row of a facility."""
    return lambda plan: column(plan, "facilities", 0, **values)


SUMS = [Kind.CELLS_DO_NOT_TILE, Kind.COLUMN_WRONG]
LOST = [Kind.CELLS_DO_NOT_TILE, Kind.COMMUNITY_GAP, Kind.UNIT_CUT]
BOW_TIE = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])

# What is broken, and every finding it must give: the cause and the sums that no longer hold.
BREAKS: list[tuple[Callable[[Plan], Plan], list[Kind]]] = [
    (grid_moved, [Kind.GRIDS_OVERLAP, Kind.CELLS_DO_NOT_TILE]),
    (grid_shrunk, [Kind.COMMUNITY_GAP, Kind.CELLS_DO_NOT_TILE, Kind.UNIT_CUT]),
    (grid_beyond, [Kind.GRID_OUTSIDE, Kind.CELLS_DO_NOT_TILE]),
    (vertex_lost, [Kind.BORDER_UNMATCHED]),
    (unit_dropped, [Kind.UNIT_MISSING, *SUMS]),
    (
        unit_doubled,
        [Kind.UNIT_TWICE, Kind.UNIT_CUT, Kind.HOUSEHOLDS_TOTAL, Kind.GRID_NOT_CONTIGUOUS, *SUMS],
    ),
    (unit_invented, [Kind.UNIT_UNKNOWN, Kind.UNIT_MISSING]),
    (grid_doubled, [Kind.CODE_DUPLICATE]),
    (lambda p: column(p, "units", 0, grid_code="A-009"), [Kind.UNIT_WITHOUT_GRID, *SUMS]),
    (lambda p: column(p, "units", 0, grid_code=None), [Kind.UNIT_WITHOUT_GRID, *SUMS]),
    (
        lambda p: column(p, "units", 0, community_code="B"),
        [Kind.UNIT_ELSEWHERE, Kind.COLUMN_WRONG],
    ),
    (lambda p: column(p, "units", 0, households=26), [Kind.HOUSEHOLDS_CHANGED, Kind.COLUMN_WRONG]),
    (lambda p: column(p, "units", 0, school="S2"), [Kind.ZONE_WRONG, Kind.COLUMN_WRONG]),
    (lambda p: column(p, "units", 0, police="P7"), [Kind.ZONE_WRONG, Kind.COLUMN_WRONG]),
    (
        lambda p: column(p, "grids", 0, community_code="B"),
        [
            Kind.UNIT_ELSEWHERE,
            Kind.GRID_OUTSIDE,
            Kind.COMMUNITY_GAP,
            Kind.CODE_MISFIT,
            Kind.COLUMN_WRONG,
        ],
    ),
    (
        lambda p: column(p, "grids", 0, community_code="Z"),
        [Kind.COMMUNITY_UNKNOWN, Kind.UNIT_ELSEWHERE, Kind.COMMUNITY_GAP, Kind.COLUMN_WRONG],
    ),
    (
        lambda p: column(p, "grids", 0, grid_code=""),
        [
            Kind.CODE_MISSING,
            Kind.UNIT_WITHOUT_GRID,
            Kind.FEATURE_MISSING,
            Kind.GRID_OUT_OF_RANGE,
            Kind.STATUS_DISHONEST,
            Kind.COLUMN_WRONG,
        ],
    ),
    (
        lambda p: column(p, "grids", 0, grid_kind="unit"),
        [Kind.UNIT_GRID_UNPROVEN, Kind.COLUMN_WRONG],
    ),
    (lambda p: column(p, "communities", 0, status="perfect"), [Kind.STATUS_DISHONEST]),
    (lambda p: column(p, "communities", 0, gap=0.1), [Kind.STATUS_DISHONEST]),
    (lambda p: column(p, "communities", 0, gap=-0.1), [Kind.STATUS_DISHONEST]),
    (lambda p: column(p, "communities", 0, status="breach"), [Kind.STATUS_DISHONEST]),
    (lambda p: with_layer(p, "facilities", None), [Kind.FEATURE_MISSING]),
    (lambda p: with_layer(p, "facilities", p.extra["facilities"][1:]), [Kind.FEATURE_MISSING]),
    (facility(grid_code=""), [Kind.FEATURE_MISSING]),
    (facility(grid_code="B-002"), [Kind.FEATURE_ELSEWHERE]),
    (lambda p: column(p, "roads", 0, length_m=70.0), [Kind.ROAD_LENGTH]),
    (lambda p: geometry(p, "grids", 0, None), [Kind.POLYGON_MISSING, *LOST]),
    (lambda p: geometry(p, "grids", 0, shapely.Point(1, 1)), [Kind.POLYGON_MISSING, *LOST]),
    (lambda p: geometry(p, "units", 0, None), [Kind.POLYGON_MISSING, Kind.CELLS_DO_NOT_TILE]),
    (lambda p: geometry(p, "units", 0, BOW_TIE), [Kind.POLYGON_INVALID, Kind.CELLS_DO_NOT_TILE]),
]


WRONG_COLUMNS: dict[str, dict[str, object]] = {
    "grids": {
        "grid_kind": "park",
        "households": 301,
        "range_status": "under",
        "parts": 2,
        "area_m2": 1.0,
        "perimeter_m": 1.0,
        "polsby_popper": 0.1,
        "police_main": "P2",
        "police_main_share": 0.5,
        "police_zones": 2,
        "school_main": None,
        "school_main_share": np.nan,
        "street_code": "S",
    },
    "communities": {"grids": 3, "households": 599, "street_code": "S"},
    "streets": {"communities": 3, "grids": 5, "households": 0},
}


def test_every_wrong_column_is_named(tmp_path: Path) -> None:
    """Whatever is recomputed differently is named with its layer, feature and column."""
    plan = PLAN
    for layer, values in WRONG_COLUMNS.items():
        plan = column(plan, layer, 0, **values)
    findings = [f for f in TOWN.audit(tmp_path, plan) if f.severity is Severity.BROKEN]
    named = [(f.layer, f.other) for f in findings if f.kind == "column-wrong"]
    assert {f.kind for f in findings} == {"column-wrong"}
    expected = [(layer, name) for layer, values in WRONG_COLUMNS.items() for name in values]
    assert sorted(named) == sorted(expected)


@pytest.mark.parametrize(("change", "kinds"), BREAKS)
def test_every_broken_promise_is_named(
    tmp_path: Path, change: Callable[[Plan], Plan], kinds: list[Kind]
) -> None:
    """One promise broken gives its finding and what follows from it, and nothing else."""
    found = broken(TOWN.audit(tmp_path, change(PLAN)))
    assert found == sorted(kind.value for kind in kinds)


def test_findings_say_where_what_and_how_to_cure(tmp_path: Path) -> None:
    """A finding names the grid, the value, the limit, and ends with what to do."""
    findings = TOWN.audit(tmp_path, column(PLAN, "grids", 0, households=301))
    finding = findings[0]
    assert (finding.place, finding.community_code, finding.other) == ("A-001", "A", "households")
    assert (finding.value, finding.limit) == (301.0, 300.0)
    assert "301" in finding.message
    assert "run partition again" in finding.message


def island(households: int = 25) -> Town:
    """Make the town with a cell of its west grid 500 m off the coast."""
    made = town()
    made.add(0, 9, "A", 1, households=households)
    return made


def listing(kind: str, place: str, other: str = "", value: float = 0.0) -> dict[str, object]:
    """Make a row of exceptions.csv."""
    return {
        "kind": kind,
        "community_code": "A",
        "grid_code": "",
        "place": place,
        "other": other,
        "value": value,
    }


def test_a_detached_cell_breaks_contiguity(tmp_path: Path) -> None:
    """Without a listed link a grid in two parts is broken, and says which part is loose."""
    findings = island().audit(tmp_path)
    assert broken(findings) == ["grid-not-contiguous"]
    assert "u0009" in findings[0].message


def test_a_corner_is_no_border(tmp_path: Path) -> None:
    """Two cells that meet at a corner only do not make one grid."""
    made = town()
    made.set("u0303", grid_code="A-001")
    made.set("u0203", grid_code="A-002")
    findings = made.audit(tmp_path)
    assert broken(findings) == ["grid-not-contiguous"]
    assert [f.place for f in findings if f.kind == "grid-not-contiguous"] == ["A-001", "A-002"]


def test_contiguity_agrees_with_a_search_by_hand(tmp_path: Path) -> None:
    """On forty random boards of 3 x 3 cells the broken grids are those a plain search finds."""
    rng = np.random.default_rng(7)
    made = Town()
    torn = set()
    for k in range(40):
        labels = rng.integers(1, 3, size=(3, 3))
        for x, y in np.ndindex(3, 3):
            made.add(4 * k + x, y, f"C{k:02}", int(labels[x, y]), households=60)
        torn |= {f"C{k:02}-{n:03}" for n in (1, 2) if islands(labels == n) > 1}
    findings = made.audit(tmp_path)
    named = {f.place for f in findings if f.kind == "grid-not-contiguous"}
    assert torn == named
    assert 10 < len(torn) < 70


def islands(mask: np.ndarray) -> int:  # type: ignore[type-arg]
    """Rook-connected pieces of a mask, by flooding."""
    left = {(int(x), int(y)) for x, y in np.argwhere(mask)}
    count = 0
    while left:
        queue, count = [left.pop()], count + 1
        while queue:
            x, y = queue.pop()
            steps = {(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)} & left
            left -= steps
            queue += steps
    return count


def test_a_verified_join_is_an_exception(tmp_path: Path) -> None:
    """A small part joined to the nearest cell, listed with its metres, is accepted."""
    made = island()
    made.listed = [listing("part-joined", "u0009", "u0003", 500.2)]
    findings = made.audit(tmp_path)
    assert broken(findings) == []
    assert excepted(findings) == ["part-joined"]


@pytest.mark.parametrize(
    ("households", "place", "other", "value", "why"),
    [
        (25, "u0009", "u0003", 400.0, "measures 500.0 m"),
        (25, "u0009", "u0203", 509.9, "nearest part is 500.0 m"),
        (300, "u0009", "u0003", 500.0, "large enough"),
        (25, "u0000", "u0001", 0.0, "hang together anyway"),
        (25, "u0009", "nobody", 500.0, "not in the plan"),
        (25, "u0009", "u0600", 1029.6, "different communities"),
    ],
)
def test_a_false_join_is_broken(
    tmp_path: Path, households: int, place: str, other: str, value: float, why: str
) -> None:
    """Wrong metres, a farther part, a large part, a join of nothing are not accepted."""
    made = island(households)
    made.listed = [listing("part-joined", place, other, value)]
    findings = made.audit(tmp_path)
    assert {"listing-false", "grid-not-contiguous"} <= set(broken(findings))
    assert excepted(findings) == []
    assert why in next(f.message for f in findings if f.kind == "listing-false")


def test_parts_joined_one_after_another_are_verified(tmp_path: Path) -> None:
    """Two islets join each other, then the shore: each row is the nearest in its turn."""
    made = island()
    made.add(0, 10, "A", 1)
    made.cells["u0010"] = box(0, 10.5)
    made.listed = [
        listing("part-joined", "u0010", "u0009", 50.0),
        listing("part-joined", "u0009", "u0003", 500.0),
    ]
    findings = made.audit(tmp_path)
    assert broken(findings) == []
    assert [f.kind for f in findings if f.severity is Severity.EXCEPTION] == ["part-joined"] * 2


def test_a_declared_link_is_an_exception_where_listed(tmp_path: Path) -> None:
    """The link of the inputs joins an island; unlisted or undeclared it is none."""
    made = island(150)
    made.links = pd.DataFrame({"a": ["u0203"], "b": ["u0009"], "note": ["ferry"]})
    assert broken(made.audit(tmp_path)) == ["grid-not-contiguous"]
    made.listed = [listing("link", "u0009", "u0203", 509.9)]
    findings = made.audit(tmp_path)
    assert (broken(findings), excepted(findings)) == ([], ["link"])
    made.links = None
    assert broken(made.audit(tmp_path)) == ["grid-not-contiguous", "listing-false"]


def test_a_hard_barrier_cuts_and_a_soft_one_does_not(tmp_path: Path) -> None:
    """Grids that span the river are torn where it is hard."""
    made = town()
    made.river = [shapely.LineString([(305, -50), (305, 450)])]
    for x in range(6):
        for y in range(4):
            made.set(f"u{x:02}{y:02}", grid_code=f"A-00{1 + (y > 1)}")
    assert broken(made.audit(tmp_path)) == []
    made.options["river"] = "hard"
    findings = made.audit(tmp_path)
    assert {(f.kind, f.place) for f in findings if f.severity is Severity.BROKEN} == {
        ("grid-not-contiguous", "A-001"),
        ("grid-not-contiguous", "A-002"),
    }


def test_a_unit_in_two_parts_needs_its_listing(tmp_path: Path) -> None:
    """A grid in two parts is accepted when a unit given in two parts is listed as such."""
    made = town()
    made.cells["u0003"] = shapely.MultiPolygon([box(0, 3), box(0, 9)])
    assert broken(made.audit(tmp_path)) == ["grid-not-contiguous"]
    made.listed = [listing("unit-multipart", "u0003", value=2)]
    findings = made.audit(tmp_path)
    assert (broken(findings), excepted(findings)) == ([], ["unit-multipart"])


def test_a_cell_in_two_parts_that_nothing_forces_is_broken(tmp_path: Path) -> None:
    """The unit is one building: listing its cell as multipart does not excuse the grid."""
    made = town()
    made.cells["u0003"] = shapely.MultiPolygon([box(0, 3), box(4, 4)])
    made.given["u0003"] = box(0.2, 3.2, 0.5, 0.5)
    made.listed = [listing("unit-multipart", "u0003", value=2)]
    assert broken(made.audit(tmp_path)) == ["grid-not-contiguous"]


def test_a_unit_above_the_maximum_alone_is_an_exception(tmp_path: Path) -> None:
    """A tower of 600 is a grid of its own; the rest stays in range."""
    made = town()
    made.set("u0000", households=600, grid_code="A-003")
    findings = made.audit(tmp_path)
    assert (broken(findings), excepted(findings)) == ([], ["block-over-max"])
    assert [(f.place, f.other, f.value) for f in findings if f.kind == "block-over-max"] == [
        ("u0000", "A-003", 600.0)
    ]


def test_a_tower_excuses_no_neighbour_that_could_go(tmp_path: Path) -> None:
    """A grid that holds more than the tower is broken; empty units are no matter."""
    made = town()
    made.set("u0000", households=600, grid_code="A-003")
    made.set("u0100", grid_code="A-003")
    findings = made.audit(tmp_path)
    assert broken(findings) == ["grid-out-of-range"]
    assert "the optimiser says breach, gap 0.00%" in findings[0].message
    made.set("u0100", households=0)
    made.set("u0200", households=50)
    assert excepted(made.audit(tmp_path)) == ["block-over-max"]


def walled() -> Town:
    """Make a town with a corner cell of 25 households that two towers of 600 cut off."""
    made = town()
    made.set(["u0100", "u0001"], households=600)
    made.set("u0100", grid_code="A-003")
    made.set("u0001", grid_code="A-004")
    made.set("u0101", households=150)
    return made


@pytest.mark.parametrize(
    ("households", "grid", "kinds"),
    [
        (25, "A-003", ([], ["block-over-max"])),
        (25, "A-005", (["grid-out-of-range"], ["block-over-max"])),
        (200, "A-003", (["grid-out-of-range"], ["block-over-max"])),
        (200, "A-005", ([], ["block-over-max", "component-under-min"])),
        (0, "A-005", (["grid-out-of-range"], ["block-over-max"])),
    ],
)
def test_a_pocket_behind_towers_goes_where_it_misses_least(
    tmp_path: Path, households: int, grid: str, kinds: tuple[list[str], list[str]]
) -> None:
    """It cannot be in range: 25 households are better with a tower, 200 better alone."""
    made = walled()
    made.set("u0000", households=households, grid_code=grid)
    findings = made.audit(tmp_path)
    assert (broken(findings), excepted(findings)) == kinds


def shut_in(households: int) -> Town:
    """Make a town with a corner cell whose only way out is a whole compound of 390 households."""
    made = town()
    made.options["school"] = "whole"
    made.set(["u0100", "u0001", "u0101"], school="K", households=130, grid_code="A-003")
    made.set("u0000", households=households, grid_code="A-004")
    made.set(["u0200", "u0201"], households=50)
    return made


def test_a_part_shut_in_by_a_compound_is_an_exception(tmp_path: Path) -> None:
    """Of 190 households none can join a compound of 390, and 140 are better with it than alone."""
    findings = shut_in(190).audit(tmp_path)
    assert (broken(findings), excepted(findings)) == ([], ["component-under-min"])
    made = shut_in(140)
    assert broken(made.audit(tmp_path)) == ["grid-out-of-range"]
    made.set("u0000", grid_code="A-003")
    findings = made.audit(tmp_path)
    assert (broken(findings), excepted(findings)) == ([], ["component-under-min"])
    assert "140 around unit u0000 can only join K (room for 110)" in findings[0].message


def test_a_way_out_with_room_is_no_excuse(tmp_path: Path) -> None:
    """With 110 households the compound has room, and where it may be divided there is always."""
    assert broken(shut_in(110).audit(tmp_path)) == ["grid-out-of-range"]
    made = shut_in(190)
    made.options["school"] = "soft"
    assert broken(made.audit(tmp_path)) == ["grid-out-of-range"]


def test_two_towers_in_one_grid_are_broken(tmp_path: Path) -> None:
    """Each could be a grid of its own with less breach."""
    made = walled()
    made.set(["u0000", "u0100", "u0001"], grid_code="A-003")
    assert broken(made.audit(tmp_path)) == ["grid-out-of-range"]


def small(households: int) -> Town:
    """Community A with so few households a cell that it is one grid below the minimum."""
    made = town()
    for unit, row in made.rows.items():
        if row["community_code"] == "A":
            made.set(unit, households=households, grid_code="A-001")
    return made


def test_a_community_below_the_minimum_is_an_exception(tmp_path: Path) -> None:
    """All of it is one grid; divided in two it is broken twice."""
    made = small(7)
    findings = made.audit(tmp_path)
    assert (broken(findings), excepted(findings)) == ([], ["component-under-min"])
    made.set([f"u0{x}0{y}" for x in range(3) for y in range(4)], grid_code="A-002")
    assert [f.kind for f in made.audit(tmp_path) if f.severity is Severity.BROKEN] == [
        "grid-out-of-range"
    ] * 2


def test_an_island_below_the_minimum_may_stand_alone(tmp_path: Path) -> None:
    """A whole detached part is excused, half of one is not."""
    made = island(25)
    made.set("u0009", grid_code="A-003")
    findings = made.audit(tmp_path)
    assert (broken(findings), excepted(findings)) == ([], ["component-under-min"])
    made.set("u0003", grid_code="A-003")
    assert "grid-out-of-range" in broken(made.audit(tmp_path))


def test_a_community_without_households_is_an_exception(tmp_path: Path) -> None:
    """A port is one grid of 0 households."""
    findings = small(0).audit(tmp_path)
    assert (broken(findings), excepted(findings)) == ([], ["community-empty"])


def test_a_community_without_units_is_an_exception(tmp_path: Path) -> None:
    """A lake has a grid and no unit; that is neither an empty grid nor a gap."""
    made = small(0)
    inputs, plan = made.inputs(), made.plan()
    rest = plan.units[plan.units["community_code"] != "A"]
    plan = column(with_layer(plan, "units", rest), "grids", 0, police_main=None)
    for name, value in {"police_zones": 0, "school_zones": 0, "school_main": None}.items():
        plan = column(plan, "grids", 0, **{name: value})
    plan = column(plan, "grids", 0, police_main_share=np.nan, school_main_share=np.nan)
    inputs = replace(inputs, units=inputs.units[inputs.units["unit_id"].isin(rest["unit_id"])])
    inputs = replace(inputs, units=inputs.units.reset_index(drop=True))
    findings = audit_plan(plan, inputs, made.config(tmp_path), pd.DataFrame())
    assert (broken(findings), excepted(findings)) == ([], ["community-empty"])


def test_a_compound_in_two_grids_is_broken_where_one_could_hold_it(tmp_path: Path) -> None:
    """Kept together: broken; above the maximum or in pieces: a verified exception."""
    made = town()
    made.set(["u0200", "u0300"], block_id="K")
    assert broken(made.audit(tmp_path)) == ["block-cut"]
    made.set(["u0200", "u0300"], households=255)
    made.set([f"u0{x}0{y}" for x in range(6) for y in range(1, 4)], households=10)
    findings = made.audit(tmp_path)
    assert (broken(findings), excepted(findings)) == ([], ["block-divided"])


def test_a_compound_in_pieces_may_be_in_two_grids(tmp_path: Path) -> None:
    """Two pieces that do not touch are two blocks."""
    made = town()
    made.set(["u0000", "u0500"], block_id="K")
    findings = made.audit(tmp_path)
    assert (broken(findings), excepted(findings)) == ([], ["block-split"])


def test_a_compound_above_the_maximum_in_one_grid_is_an_exception(tmp_path: Path) -> None:
    """Kept whole by hand it is an indivisible block."""
    made = town()
    made.set(["u0000", "u0100"], households=300, block_id="K", grid_code="A-003")
    findings = made.audit(tmp_path)
    assert (broken(findings), excepted(findings)) == ([], ["block-over-max"])
    assert findings[0].place == "K"


def test_a_nested_zone_may_not_be_crossed(tmp_path: Path) -> None:
    """Police areas meet at x = 3, where the grids do: moving one cell crosses."""
    made = town()
    made.options["police"] = "nest"
    assert broken(made.audit(tmp_path)) == []
    made.set("u0300", grid_code="A-001")
    assert broken(made.audit(tmp_path)) == ["nest-crossed"]


def test_a_nested_zone_makes_a_small_part(tmp_path: Path) -> None:
    """A zone of 100 households that no grid may cross is a part below the minimum."""
    made = town()
    made.options["school"] = "nest"
    made.set([f"u000{y}" for y in range(4)], school="S0", grid_code="A-003", households=20)
    made.set("u0100", households=50)
    assert excepted(made.audit(tmp_path)) == ["component-under-min"]
    made.options["school"] = "soft"
    assert broken(made.audit(tmp_path)) == ["grid-out-of-range"]


def test_a_whole_zone_that_is_divided_is_a_warning(tmp_path: Path) -> None:
    """It would fit into one grid, but another rule may be in its way."""
    made = town()
    made.options["school"] = "whole"
    made.set(["u0200", "u0300"], school="S2")
    findings = made.audit(tmp_path)
    assert broken(findings) == []
    assert shown(findings, Severity.WARNING) == ["zone-divided"]


def test_a_handful_of_households_in_a_zone_is_a_remark(tmp_path: Path) -> None:
    """Incidences below five households are probably digitising offsets."""
    made = town()
    made.set("u0000", households=4, school="S2")
    made.set("u0100", households=46)
    findings = made.audit(tmp_path)
    assert broken(findings) == []
    assert "incidence-small" in shown(findings, Severity.INFO)


def test_a_unit_belongs_where_most_of_it_lies(tmp_path: Path) -> None:
    """A unit of community A whose shape lies in B is elsewhere."""
    made = town()
    made.given["u0000"] = box(7.2, 0.2, 0.5, 0.5)
    findings = made.audit(tmp_path)
    assert broken(findings) == ["unit-elsewhere"]
    assert "100% of it lies there" in findings[0].message


def test_a_unit_off_the_map_joins_the_nearest_community(tmp_path: Path) -> None:
    """Within the limit it is an exception, beyond it broken; listed with wrong metres: false."""
    made = town()
    made.given["u0000"] = box(-0.4, 0, 0.1, 0.1)
    made.listed = [listing("unit-nearest", "u0000", value=30)]
    findings = made.audit(tmp_path)
    assert (broken(findings), excepted(findings)) == ([], ["unit-nearest"])
    made.listed = [listing("unit-nearest", "u0000", value=12)]
    assert broken(made.audit(tmp_path)) == ["listing-false"]
    made.listed = []
    made.given["u0000"] = box(-9, 0, 0.1, 0.1)
    assert broken(made.audit(tmp_path)) == ["unit-elsewhere"]


def test_a_unit_far_away_may_be_missing(tmp_path: Path) -> None:
    """A unit more than 50 m outside every community is an exception when it is left out."""
    made = town()
    plan = made.plan()
    made.add(90, 90, "A", 1)
    homes = made.inputs().communities
    homes.geometry = PLAN.communities.geometry.to_numpy()
    inputs = replace(made.inputs(), communities=homes)
    listed = pd.DataFrame([listing("unit-outside", "u9090")])
    findings = audit_plan(plan, inputs, made.config(tmp_path), listed)
    assert (broken(findings), excepted(findings)) == ([], ["unit-outside"])


def test_a_footprint_across_a_grid_border_is_cut(tmp_path: Path) -> None:
    """A building that reaches into the next grid is broken, into the next cell a warning."""
    made = town()
    made.given = {"u0200": box(2.2, 0, 1.1), "u0300": box(3.4, 0, 0.5)}
    assert broken(made.audit(tmp_path)) == ["footprint-cut"]
    made.given = {"u0100": box(1.2, 0, 1.1), "u0200": box(2.4, 0, 0.5)}
    findings = made.audit(tmp_path)
    assert broken(findings) == []
    assert shown(findings, Severity.WARNING) == ["footprint-off-cell"]


def test_a_footprint_that_another_unit_claims_is_no_cut(tmp_path: Path) -> None:
    """Where two input units overlap one had to yield."""
    made = town()
    made.given = {"u0200": box(2.2, 0, 1.1), "u0300": box(3.0, 0, 0.5)}
    assert broken(made.audit(tmp_path)) == []


def test_a_footprint_may_stray_by_half_a_metre(tmp_path: Path) -> None:
    """Grown borders are straightened, so less than half a metre on either side is no cut."""
    made = town()
    made.given = {"u0200": box(2.2, 0, 0.808), "u0300": box(3.4, 0, 0.5)}
    assert made.audit(tmp_path) == []


def test_a_unit_across_a_community_border_is_an_exception(tmp_path: Path) -> None:
    """It counts whole where most of it lies, and only its part there must be in its cell."""
    made = town()
    made.given = {"u0500": box(5.0, 0, 1.2), "u0600": box(6.3, 0, 0.5)}
    made.listed = [listing("unit-straddles", "u0500", value=0.17)]
    findings = made.audit(tmp_path)
    assert (broken(findings), excepted(findings)) == ([], ["unit-straddles"])


def test_units_on_one_spot_share_its_ground(tmp_path: Path) -> None:
    """Two units of one footprint divide its ground when that is listed; else it is cut."""
    made = town()
    made.given = {"u0200": box(2, 0, 2), "u0300": shapely.Point(250, 50)}
    assert broken(made.audit(tmp_path)) == ["footprint-cut"]
    made.listed = [listing("unit-shares-cell", "u0300", "u0200")]
    assert broken(made.audit(tmp_path)) == []


FALSE = [
    listing("block-over-max", "u0000", value=600),
    listing("block-over-max", "nobody", value=600),
    listing("component-under-min", "u0000", value=25),
    listing("component-under-min", "nobody", value=25),
    listing("community-empty", "A"),
    listing("unit-multipart", "u0000", value=2),
    listing("unit-multipart", "nobody", value=2),
    listing("unit-nearest", "u0000", value=3),
    listing("unit-nearest", "nobody", value=3),
    listing("unit-outside", "u0000"),
    listing("unit-outside", "nobody"),
    listing("unit-straddles", "u0000", value=0.5),
    listing("unit-straddles", "nobody", value=0.5),
    listing("link", "u0000", "u0001"),
]


def test_every_false_listing_is_broken(tmp_path: Path) -> None:
    """An exception that the town does not have is a false listing, one finding each."""
    made = town()
    made.listed = FALSE
    findings = [f for f in made.audit(tmp_path) if f.severity is Severity.BROKEN]
    assert {f.kind for f in findings} == {"listing-false"}
    assert len(findings) == len(FALSE)


def test_true_listings_are_accepted(tmp_path: Path) -> None:
    """What is listed and true gives no broken promise, with or without its households."""
    made = walled()
    made.set("u0000", households=200, grid_code="A-005")
    made.listed = [
        listing("block-over-max", "u0100", value=600),
        listing("block-over-max", "u0001", value=np.nan),
        listing("component-under-min", "u0000", value=200),
        listing("no-plan-in-range", "A", value=425),
        listing("some-other-remark", "whatever"),
    ]
    assert broken(made.audit(tmp_path)) == []
    made.listed[0]["value"] = 700
    assert broken(made.audit(tmp_path)) == ["listing-false"]


def test_an_outline_that_changed_is_told_in_square_metres(tmp_path: Path) -> None:
    """Input communities that overlap by a strip are a warning; by more than 1 % they are broken."""
    inputs = INPUTS
    for width, severity in ((1.0, Severity.WARNING), (50.0, Severity.BROKEN)):
        homes = inputs.communities.copy()
        homes.geometry = [box(0, 0, 6 + width / SIDE, 4), box(6, 0, 6, 4)]
        changed = replace(inputs, communities=homes)
        findings = audit_plan(PLAN, changed, TOWN.config(tmp_path), pd.DataFrame())
        assert (findings[0].kind, findings[0].severity) == ("community-changed", severity)
        assert findings[0].value == pytest.approx(400 * width)


def test_ground_of_the_inputs_in_no_grid_is_a_gap(tmp_path: Path) -> None:
    """The plan's own outline does not hide ground that the input community has."""
    inputs = INPUTS
    homes = inputs.communities.copy()
    homes.geometry = [box(-0.02, 0, 6.02, 4), box(6, 0, 6, 4)]
    changed = replace(inputs, communities=homes)
    findings = audit_plan(PLAN, changed, TOWN.config(tmp_path), pd.DataFrame())
    assert broken(findings) == ["community-gap"]
    assert findings[0].value == pytest.approx(800)


def test_communities_must_be_those_of_the_inputs(tmp_path: Path) -> None:
    """A community without grids is missing, one that the inputs lack is unknown."""
    inputs = INPUTS
    other = inputs.communities.assign(community_code=["A", "Q"])
    other.geometry = [box(0, 0, 6, 4), box(40, 0, 6, 4)]
    changed = replace(inputs, communities=other)
    kinds = broken(audit_plan(PLAN, changed, TOWN.config(tmp_path), pd.DataFrame()))
    assert {"community-missing", "community-unknown"} <= set(kinds)


@pytest.mark.parametrize(
    ("code", "profile", "fits"),
    [
        ("110101001001001", "auto", True),
        ("11010100100100", "auto", False),
        ("110101001002001", "beijing-15", False),
        ("11010100100199", "cjt213-14", True),
        ("G/110101001001/07", "G/{{community_code}}/{{seq:02}}", True),
        ("G/110101001001/7", "G/{{community_code}}/{{seq:02}}", False),
    ],
)
def test_codes_fit_their_profile(tmp_path: Path, code: str, profile: str, fits: bool) -> None:
    """The code begins with its community's code and has as many digits as the profile says."""
    home = "110101001001"
    made = Town()
    made.options["profile"] = profile.replace("{{", "{").replace("}}", "}")
    made.add(0, 0, home, 1, households=300)
    made.set("u0000", grid_code=code)
    assert broken(made.audit(tmp_path)) == ([] if fits else ["code-misfit"])


def spoil(plan: Plan) -> Plan:
    """Everything that makes a plan unreadable, at once."""
    plan = replace(
        plan,
        grids=plan.grids.drop(columns=["police_main", "parts"]),
        streets=plan.streets.iloc[:0],
        units=plan.units.to_crs("EPSG:4326"),
    )
    plan = column(plan, "communities", 0, households="many")
    return with_layer(plan, "roads", plan.extra["roads"].set_crs(None, allow_override=True))


def test_a_plan_that_cannot_be_read_names_every_reason(tmp_path: Path) -> None:
    """One error, one line per problem, each with the layer and what to do."""
    with pytest.raises(LayerError) as caught:
        TOWN.audit(tmp_path, spoil(PLAN))
    lines = caught.value.problems
    expected = [
        r'layer grids: no column "parts", "police_main"; ',
        r"layer communities: households is no whole number in A \('many'\)",
        r"layer streets: no features",
        r"layer units: coordinate system is EPSG:4326, the job's is EPSG:26986",
        r"layer roads: no coordinate system",
    ]
    assert len(lines) == len(expected)
    for line, pattern in zip(lines, expected, strict=True):
        assert re.search(pattern, line), line


def test_hostile_values_give_findings_or_one_error(tmp_path: Path) -> None:
    """Whatever stands in a column or a geometry, the audit answers, and never calls it right."""
    mixed = shapely.GeometryCollection([shapely.box(0, 0, 5, 5), shapely.Point(3, 3)])
    flat = shapely.Polygon([(0, 0), (1, 0), (2, 0), (0, 0)])
    twice = shapely.MultiPolygon([shapely.box(0, 0, 9, 9), shapely.box(5, 5, 15, 15)])
    spoilt = [geometry(PLAN, "grids", 0, shape) for shape in (mixed, flat, twice)]
    spoilt += [column(PLAN, "units", 0, households=value) for value in (np.inf, -1, 2.5)]
    spoilt += [column(PLAN, "grids", 0, **{name: None}) for name in ("community_code", "grid_kind")]
    spoilt += [geometry(PLAN, "institutions", 0, twice)]
    for plan in spoilt:
        try:
            findings = TOWN.audit(tmp_path, plan)
        except LayerError as error:
            assert error.problems  # noqa: PT017 - either answer will do
        else:
            assert broken(findings)


def test_exceptions_without_their_columns_are_named(tmp_path: Path) -> None:
    """A table that is no list of exceptions is an error, an empty one is fine."""
    with pytest.raises(LayerError, match=r'exceptions.csv: no column "other", "place"'):
        audit_plan(
            PLAN,
            INPUTS,
            TOWN.config(tmp_path),
            pd.DataFrame([{"kind": "link", "community_code": "", "grid_code": "", "value": 1}]),
        )


def test_layers_without_geometry_are_named(tmp_path: Path) -> None:
    """A table where a layer belongs is an error that says so."""
    with pytest.raises(LayerError, match="layer units: no geometry"):
        TOWN.audit(tmp_path, replace(PLAN, units=pd.DataFrame(PLAN.units.drop(columns="geometry"))))


def test_every_kind_is_explained() -> None:
    """docs/audit.md has one row per kind in the code, and no other."""
    page = Path(__file__).parents[1].joinpath("docs", "audit.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \|", page, flags=re.MULTILINE)
    assert sorted(rows) == sorted(kind.value for kind in Kind)


def test_the_auditor_imports_nothing_of_the_optimiser() -> None:
    """It shares errors, domain, config, layers and metrics with the rest, and nothing else."""
    folder = Path(__file__).parents[1] / "gridplan" / "audit"
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py")))
    used = set(re.findall(r"^\s*from gridplan\.(\w+)", text, flags=re.MULTILINE))
    used |= set(re.findall(r"^\s*from gridplan import (\w+)", text, flags=re.MULTILINE))
    assert used <= {"audit", "errors", "domain", "processes", "config", "layers", "metrics"}
    assert "import gridplan." not in text
