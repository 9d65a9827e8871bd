"""The auditor: a right plan has no findings, and every broken promise has its own."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from gridplan import metrics
from gridplan.audit import Kind, audit_plan
from gridplan.config import Config
from gridplan.domain import Finding, Plan, Severity
from gridplan.errors import LayerError
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
    """A rectangle of squares."""
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
        """The configuration, through a file as in life."""
        path = folder / "town.toml"
        path.write_text(TOML.format(**self.options), encoding="utf-8")
        return Config.load(path)

    def inputs(self) -> Inputs:
        """The inputs that the town was made from."""
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
            extra=features(),
        )

    def plan(self) -> Plan:
        """The plan that these assignments make."""
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
            geometry=[
                shapely.coverage_union_all(rows.geometry.to_numpy()) for _, rows in groups
            ],
            crs=EPSG,
        )
        grids["community_code"] = groups["community_code"].first().to_numpy()
        grids["households"] = groups["households"].sum().to_numpy()
        grids["range_status"] = metrics.range_status(grids["households"], 250, 500)
        for measure in ("parts", "area_m2", "perimeter_m", "polsby_popper"):
            grids[measure] = getattr(metrics, measure)(grids.geometry)
        for layer in ("police", "school"):
            grids[f"{layer}_main"] = metrics.main_zone(units, layer).to_numpy()
            grids[f"{layer}_main_share"] = metrics.main_share(units, layer).to_numpy()
            grids[f"{layer}_zones"] = metrics.zones_touched(units, layer).to_numpy()
        return Plan(
            grids=grids,
            communities=self._communities(grids),
            streets=self._streets(grids),
            units=units,
            extra={
                name: frame.assign(
                    grid_code=self.code_at(frame), **{"length_m": frame.length}
                )
                for name, frame in features().items()
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
            geometry=[
                shapely.coverage_union_all(rows.geometry.to_numpy()) for _, rows in grouped
            ],
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
        return audit_plan(plan or self.plan(), self.inputs(), self.config(folder), listed)


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
    """The right town."""
    made = Town()
    for x in range(12):
        for y in range(4):
            made.add(x, y, "A" if x < 6 else "B", 1 if x % 6 < 3 else 2)
    return made


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
    """The plan with one row of a layer changed."""
    frame = plan.layers()[layer].copy()
    for name, value in values.items():
        if isinstance(value, str):
            frame[name] = frame[name].astype("object")
        frame.loc[frame.index[row], name] = value
    return with_layer(plan, layer, frame)


def with_layer(plan: Plan, layer: str, frame: gpd.GeoDataFrame | None) -> Plan:
    """The plan with another layer, or without it."""
    if layer in ("grids", "communities", "streets", "units"):
        return replace(plan, **{layer: frame})
    extra = {name: old for name, old in plan.extra.items() if name != layer}
    return replace(plan, extra=extra if frame is None else {**extra, layer: frame})


def geometry(plan: Plan, layer: str, row: int, shape: object) -> Plan:
    """The plan with the geometry of one feature changed; grids are measured again."""
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
    findings = town().audit(tmp_path)
    assert [("feature-outside", Severity.INFO)] == [(f.kind, f.severity) for f in findings]


def test_row_order_changes_nothing(tmp_path: Path) -> None:
    """The same findings, in the same order, from shuffled layers."""
    made = town()
    made.set("u0000", households=500)
    plan = made.plan()
    shuffled = replace(plan, grids=plan.grids[::-1], units=plan.units.sample(frac=1, random_state=3))
    assert made.audit(tmp_path, plan) == made.audit(tmp_path, shuffled)


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
    """The border between A-001 and A-002 loses the vertices of one side only."""
    return geometry(plan, "grids", 0, shapely.box(0, 0, 300, 400))


def unit_dropped(plan: Plan) -> Plan:
    """One unit is not in the plan."""
    return with_layer(plan, "units", plan.units.iloc[1:])


def unit_doubled(plan: Plan) -> Plan:
    """One unit stands twice, in two grids."""
    again = plan.units.iloc[[0]].assign(grid_code="A-002")
    return with_layer(plan, "units", pd.concat([plan.units, again], ignore_index=True))


def unit_invented(plan: Plan) -> Plan:
    """A unit has a name that the inputs do not know."""
    return column(plan, "units", 0, unit_id="nobody")


def grid_doubled(plan: Plan) -> Plan:
    """Two features carry the code of one grid."""
    halves = [plan.grids.geometry[0] & box(0, y, 3, 2) for y in (0, 2)]
    both = plan.grids.iloc[[0, 0]].set_geometry(gpd.GeoSeries(halves, crs=EPSG, index=[0, 0]))
    rest = plan.grids.iloc[1:]
    return with_layer(plan, "grids", pd.concat([both, rest], ignore_index=True))


def facility(**values: object) -> Callable[[Plan], Plan]:
    """A facility row changed."""
    return lambda plan: column(plan, "facilities", 0, **values)


BREAKS: list[tuple[Callable[[Plan], Plan], list[Kind]]] = [
    (grid_moved, [Kind.GRIDS_OVERLAP, Kind.CELLS_DO_NOT_TILE]),
    (grid_shrunk, [Kind.COMMUNITY_GAP, Kind.CELLS_DO_NOT_TILE, Kind.UNIT_CUT]),
    (grid_beyond, [Kind.GRID_OUTSIDE, Kind.CELLS_DO_NOT_TILE]),
    (vertex_lost, [Kind.BORDER_UNMATCHED]),
    (unit_dropped, [Kind.UNIT_MISSING, Kind.CELLS_DO_NOT_TILE, Kind.COLUMN_WRONG]),
    (unit_doubled, [Kind.UNIT_TWICE, Kind.UNIT_CUT, Kind.HOUSEHOLDS_TOTAL]),
    (unit_invented, [Kind.UNIT_UNKNOWN, Kind.UNIT_MISSING]),
    (grid_doubled, [Kind.CODE_DUPLICATE]),
    (lambda p: column(p, "units", 0, grid_code="A-009"), [Kind.UNIT_WITHOUT_GRID]),
    (lambda p: column(p, "units", 0, grid_code=None), [Kind.UNIT_WITHOUT_GRID]),
    (lambda p: column(p, "units", 0, community_code="B"), [Kind.UNIT_ELSEWHERE]),
    (lambda p: column(p, "units", 0, households=26), [Kind.HOUSEHOLDS_CHANGED]),
    (lambda p: column(p, "units", 0, school="S2"), [Kind.ZONE_WRONG]),
    (lambda p: column(p, "units", 0, police="P7"), [Kind.ZONE_WRONG]),
    (lambda p: column(p, "grids", 0, community_code="B"), [Kind.UNIT_ELSEWHERE]),
    (lambda p: column(p, "grids", 0, community_code="Z"), [Kind.COMMUNITY_UNKNOWN]),
    (lambda p: column(p, "grids", 0, grid_code=""), [Kind.CODE_MISSING]),
    (lambda p: column(p, "grids", 0, grid_kind="park"), [Kind.COLUMN_WRONG]),
    (lambda p: column(p, "grids", 0, grid_kind="unit"), [Kind.UNIT_GRID_UNPROVEN]),
    (lambda p: column(p, "grids", 0, households=301), [Kind.COLUMN_WRONG]),
    (lambda p: column(p, "grids", 0, range_status="under"), [Kind.COLUMN_WRONG]),
    (lambda p: column(p, "grids", 0, parts=2), [Kind.COLUMN_WRONG]),
    (lambda p: column(p, "grids", 0, area_m2=1.0), [Kind.COLUMN_WRONG]),
    (lambda p: column(p, "grids", 0, perimeter_m=1.0), [Kind.COLUMN_WRONG]),
    (lambda p: column(p, "grids", 0, polsby_popper=0.1), [Kind.COLUMN_WRONG]),
    (lambda p: column(p, "grids", 0, polsby_popper=np.nan), [Kind.COLUMN_WRONG]),
    (lambda p: column(p, "grids", 0, police_main="P2"), [Kind.COLUMN_WRONG]),
    (lambda p: column(p, "grids", 0, police_main_share=0.5), [Kind.COLUMN_WRONG]),
    (lambda p: column(p, "grids", 0, police_zones=2), [Kind.COLUMN_WRONG]),
    (lambda p: column(p, "grids", 0, street_code="S"), [Kind.COLUMN_WRONG]),
    (lambda p: column(p, "communities", 0, grids=3), [Kind.COLUMN_WRONG]),
    (lambda p: column(p, "communities", 0, households=599), [Kind.COLUMN_WRONG]),
    (lambda p: column(p, "communities", 0, status="perfect"), [Kind.STATUS_DISHONEST]),
    (lambda p: column(p, "communities", 0, gap=0.1), [Kind.STATUS_DISHONEST]),
    (lambda p: column(p, "communities", 0, gap=-0.1), [Kind.STATUS_DISHONEST]),
    (lambda p: column(p, "communities", 0, status="breach"), [Kind.STATUS_DISHONEST]),
    (lambda p: column(p, "communities", 0, stopped="time"), [Kind.STATUS_DISHONEST]),
    (lambda p: column(p, "streets", 0, grids=5), [Kind.COLUMN_WRONG]),
    (lambda p: with_layer(p, "facilities", None), [Kind.FEATURE_MISSING]),
    (lambda p: with_layer(p, "facilities", p.extra["facilities"][1:]), [Kind.FEATURE_MISSING]),
    (facility(grid_code=""), [Kind.FEATURE_MISSING]),
    (facility(grid_code="B-002"), [Kind.FEATURE_ELSEWHERE]),
    (lambda p: column(p, "roads", 0, length_m=70.0), [Kind.ROAD_LENGTH]),
    (lambda p: geometry(p, "grids", 0, None), [Kind.POLYGON_MISSING]),
    (lambda p: geometry(p, "grids", 0, shapely.Point(1, 1)), [Kind.POLYGON_MISSING]),
    (lambda p: geometry(p, "units", 0, None), [Kind.POLYGON_MISSING]),
    (
        lambda p: geometry(p, "units", 0, shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])),
        [Kind.POLYGON_INVALID],
    ),
]


@pytest.mark.parametrize(("change", "kinds"), BREAKS)
def test_every_broken_promise_is_named(
    tmp_path: Path, change: Callable[[Plan], Plan], kinds: list[Kind]
) -> None:
    """One promise broken gives its finding; with codes and geometry intact, it alone."""
    made = town()
    found = broken(made.audit(tmp_path, change(made.plan())))
    expected = {kind.value for kind in kinds}
    assert expected <= set(found)
