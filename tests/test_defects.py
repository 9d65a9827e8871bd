"""Every defect a layer can have, planted one by one in a small town: what ``check`` must say.

``DEFECTS`` is the twin of ``docs/findings.md``: each row names the planted feature, the finding,
its severity, the metres moved, the place where it must stand, and whether a plan follows.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from gridplan.check import REPAIRS, Checked, check
from gridplan.cli import gridplan
from gridplan.config import Config
from gridplan.domain import Finding, Severity
from tests.conftest import ROOT
from tests.worlds import CRS, EAST, NORTH, box, lots

ERROR, WARNING, REPAIRED, EXCEPTION, INFO = "error", "warning", "repaired", "exception", "info"
SIDE = 200.0
HOMES = {"c1": (0, 0), "c2": (200, 0), "c3": (0, 200), "c4": (200, 200)}
TOTAL = 64 * 25

CONFIG = """
[project]
name = "Town"
crs = "EPSG:4547"
[inputs]
path = "town.gpkg"
[inputs.communities]
layer = "communities"
code = "id"
street = "street"
[inputs.streets]
layer = "streets"
code = "id"
[inputs.units]
layer = "units"
id = "id"
households = "households"
[inputs.zones.police]
layer = "police"
id = "id"
[solve]
workers = 1
effort = 0.01
[outputs]
maps = []
tables = ["csv"]
report = false
[topology]
"""

Town = dict[str, gpd.GeoDataFrame]
Plant = Callable[[Town], None]


def _layer(shapes: dict[str, shapely.Geometry], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"id": list(shapes), **columns}, geometry=list(shapes.values()), crs=CRS
    )


def sound_town() -> Town:
    """Four communities of 200 m in two streets, 16 lots of 25 households each, two zones."""
    return {
        "communities": _layer(
            {code: box(x, y, SIDE, SIDE) for code, (x, y) in HOMES.items()},
            street=["s1", "s1", "s2", "s2"],
        ),
        "streets": _layer({"s1": box(0, 0, 400, 200), "s2": box(0, 200, 400, 200)}),
        "units": _layer(
            {f"u{i:02}": shape for i, shape in enumerate(lots(8, 8, size=40, street=10))},
            households=25,
        ),
        "police": _layer({"p1": box(0, 0, 200, 400), "p2": box(200, 0, 200, 400)}),
    }


def ring(*points: tuple[float, float]) -> shapely.Polygon:
    """Polygon through places in metres from the town's corner, valid or not."""
    return shapely.Polygon([(EAST + x, NORTH + y) for x, y in points])


def redraw(layer: str, feature: str, shape: shapely.Geometry | None) -> Plant:
    """Give a feature another shape."""

    def plant(town: Town) -> None:
        table = town[layer]
        shapes = [
            shape if i == feature else s for i, s in zip(table["id"], table.geometry, strict=True)
        ]
        town[layer] = table.set_geometry(gpd.GeoSeries(shapes, crs=CRS))

    return plant


def add(layer: str, feature: str, shape: shapely.Geometry | None, **columns: object) -> Plant:
    """Add a feature."""

    def plant(town: Town) -> None:
        row = gpd.GeoDataFrame({"id": [feature], **columns}, geometry=[shape], crs=CRS)
        town[layer] = gpd.GeoDataFrame(pd.concat([town[layer], row], ignore_index=True), crs=CRS)

    return plant


def both(*plants: Plant) -> Plant:
    """Plant several things."""

    def plant(town: Town) -> None:
        for one in plants:
            one(town)

    return plant


def put(layer: str, feature: str, column: str, value: object) -> Plant:
    """Give a feature another value."""

    def plant(town: Town) -> None:
        town[layer].loc[town[layer]["id"] == feature, column] = value

    return plant


def loop(
    size: float, x: float = 0, y: float = 0, width: float = 200, height: float = 200
) -> shapely.Polygon:
    """Rectangle whose ring crosses itself near its lower left corner."""
    points = [(width, 0), (width, height), (0, height), (size, 0), (0, size)]
    return ring(*[(x + a, y + b) for a, b in points])


def bow_tie(x: float, y: float, width: float, height: float) -> shapely.Polygon:
    """Rectangle with two corners exchanged."""
    return ring((x, y), (x + width, y + height), (x + width, y), (x, y + height))


def nested(outer: shapely.Polygon, inner: shapely.Polygon) -> shapely.MultiPolygon:
    """Two shells, one inside the other."""
    return shapely.MultiPolygon([outer, inner])


def holed(shape: shapely.Polygon, hole: shapely.Polygon) -> shapely.Polygon:
    """Shape with a ring written as its hole, wherever that lies."""
    return shapely.Polygon(shape.exterior, [hole.exterior])


C1 = box(0, 0, SIDE, SIDE)
LOT = box(5, 5, 40, 40)  # u00
NEXT = box(55, 5, 40, 40)  # u01
FAR_LOT = box(-39, 5, 40, 40)


@dataclass(frozen=True)
class Defect:
    """One planted defect and what must come of it."""

    name: str
    plant: Plant
    kind: str
    severity: str
    layer: str
    place: str
    other: str = ""
    value: float | None = None  # in m2, or as the kind's page says
    within: shapely.Geometry | None = None  # where it must stand in findings.gpkg
    says: str = ""  # words of the message
    households: int | None = TOTAL  # in the plan; None: no plan
    more: str = ""  # lines added to [topology]


LENIENT = "warn_moved_share = 0.01\ngap_width_m = 0.5\nmax_moved_unit_share = 1.0"
NARROW = "max_overlap_m2 = 10\nmax_moved_share = 0.004"

DEFECTS = [
    # --- communities: rings
    Defect("communities loop", redraw("communities", "c1", loop(2)), "ring-repaired", REPAIRED,
           "communities", "c1", value=3.92, within=box(0, 0, 3, 3), says="its area was 3"),
    Defect("communities wide loop", redraw("communities", "c1", loop(20)), "ring-repaired",
           WARNING, "communities", "c1", value=327.3, within=box(10, 10, 10, 10)),
    Defect("communities wide loop allowed", redraw("communities", "c1", loop(20)),
           "ring-repaired", REPAIRED, "communities", "c1", more=LENIENT),
    Defect("communities wide loop forbidden", redraw("communities", "c1", loop(20)),
           "ring-repaired", ERROR, "communities", "c1", more="max_moved_share = 0.005",
           households=None, says="raise topology.max_moved_share"),
    Defect("communities bow-tie", redraw("communities", "c1", bow_tie(0, 0, 200, 200)),
           "ring-repaired", ERROR, "communities", "c1", value=20_000, within=C1,
           says="redraw it", households=None),
    Defect("communities nested shells", redraw("communities", "c1", nested(C1, box(98, 98, 2, 2))),
           "ring-repaired", REPAIRED, "communities", "c1", value=4, within=box(97, 97, 4, 4),
           says="nested shells"),
    Defect("communities wide nested shells",
           redraw("communities", "c1", nested(C1, box(50, 50, 30, 30))), "ring-repaired", ERROR,
           "communities", "c1", value=900, within=C1, households=None),
    Defect("communities hole outside", redraw("communities", "c1", holed(C1, box(-10, 50, 3, 3))),
           "ring-repaired", REPAIRED, "communities", "c1", value=18, within=box(-10, 50, 3, 3)),
    # --- communities: features
    Defect("communities feature twice", add("communities", "c1", C1, street="s1"),
           "feature-repeated", REPAIRED, "communities", "c1", within=C1),
    Defect("communities id twice", add("communities", "c1", box(-50, 0, 50, 50), street="s1"),
           "id-repeated", ERROR, "communities", "c1", within=box(-50, 0, 250, 200),
           says='town.gpkg, layer "communities"', households=None),
    Defect("communities shape twice", add("communities", "c9", C1, street="s1"), "shape-repeated",
           WARNING, "communities", "c9", "c1", value=40_000, within=C1, households=None),
    Defect("communities null", redraw("communities", "c1", None), "shape-missing", ERROR,
           "communities", "c1", says="every community needs a polygon", households=None),
    Defect("communities empty", redraw("communities", "c1", shapely.Polygon()), "shape-missing",
           ERROR, "communities", "c1", households=None),
    Defect("communities parts", redraw("communities", "c1", C1.union(box(-50, 0, 20, 20))),
           "community-multipart", INFO, "communities", "c1", value=2),
    # --- communities: overlaps and gaps
    Defect("communities sliver overlap", redraw("communities", "c1", box(0, 0, 200.1, 200)),
           "community-overlap", REPAIRED, "communities", "c1", "c2", value=20,
           within=box(200, 0, 0.1, 200)),
    Defect("communities overlap", redraw("communities", "c1", box(0, 0, 201, 200)),
           "community-overlap", WARNING, "communities", "c1", "c2", value=200,
           within=box(200, 0, 1, 200)),
    Defect("communities wide overlap", redraw("communities", "c1", box(0, 0, 230, 200)),
           "community-overlap", ERROR, "communities", "c1", "c2", value=6000,
           within=box(200, 0, 30, 200), households=None),
    Defect("communities wide small overlap",
           redraw("communities", "c1", C1.union(box(200, 100, 4, 5))), "community-overlap",
           WARNING, "communities", "c1", "c2", value=20, within=box(200, 100, 4, 5)),
    Defect("communities wide small overlap refused",
           redraw("communities", "c1", C1.union(box(200, 100, 4, 5))), "community-overlap", ERROR,
           "communities", "c1", "c2", value=20, more=NARROW, households=None),
    Defect("communities enclave without a hole",
           add("communities", "c5", box(50, 50, 50, 50), street="s1"), "community-overlap", ERROR,
           "communities", "c1", "c5", value=2500, within=box(50, 50, 50, 50), households=None),
    Defect("communities open sliver gap", redraw("communities", "c2", box(200.1, 0, 199.9, 200)),
           "gap-closed", REPAIRED, "communities", "c1", "c2", value=20,
           within=box(200, 0, 0.1, 200)),
    Defect("communities open gap", redraw("communities", "c2", box(201, 0, 199, 200)),
           "gap-closed", WARNING, "communities", "c1", "c2", value=200,
           within=box(200, 0, 1, 200)),
    Defect("communities open gap kept", redraw("communities", "c2", box(201, 0, 199, 200)),
           "edges-matched", INFO, "communities", "c4", more=LENIENT),
    Defect("communities gap refused", redraw("communities", "c2", box(201, 0, 199, 200)),
           "gap-closed", ERROR, "communities", "c1", "c2", more=NARROW, households=None),
    Defect("communities enclosed sliver gap",
           redraw("communities", "c1", C1.difference(box(199.5, 100, 0.5, 20))), "gap-closed",
           REPAIRED, "communities", "c1", "c2", value=10, within=box(199.5, 100, 0.5, 20)),
    Defect("communities enclosed gap",
           redraw("communities", "c1", C1.difference(box(196, 60, 4, 30))), "gap-left", WARNING,
           "communities", "c1", "c2", value=120, within=box(196, 60, 4, 30)),
    Defect("communities wedge", redraw("communities", "c2",
           ring((200, 0), (400, 0), (400, 200), (200, 200), (200.005, 100))), "community-repaired",
           REPAIRED, "communities", "c1", value=0.5, says="its area was"),
    Defect("communities near-coincident edges", redraw("communities", "c2",
           ring((200, 0), (400, 0), (400, 200), (200, 200), (200.0003, 100))), "edges-matched",
           REPAIRED, "communities", "c1", value=0.03, within=box(199, 0, 2, 200)),
    Defect("communities missing vertex", redraw("communities", "c2",
           ring((200, 0), (400, 0), (400, 200), (200, 200), (200, 100))), "edges-matched", INFO,
           "communities", "c1", value=0, within=box(199, 0, 2, 200)),
    # --- communities in streets
    Defect("communities straddle streets",
           both(redraw("streets", "s1", box(0, 0, 400, 190)),
                redraw("streets", "s2", box(0, 190, 400, 210))),
           "community-beyond-street", WARNING, "communities", "c1", "s2", value=2000,
           within=box(0, 190, 200, 10), says="names street s1"),
    Defect("communities beyond every street", redraw("streets", "s1", box(10, 0, 390, 200)),
           "community-beyond-street", WARNING, "communities", "c1", value=2000,
           within=box(0, 0, 10, 200), says="in no street"),
    Defect("communities in another street", put("communities", "c3", "street", "s1"),
           "community-beyond-street", ERROR, "communities", "c3", "s2", value=40_000,
           within=box(0, 200, 200, 200), says="correct its street", households=None),
    # --- streets
    Defect("streets loop", redraw("streets", "s1", loop(2, width=400)), "ring-repaired", REPAIRED,
           "streets", "s1", within=box(0, 0, 3, 3)),
    Defect("streets bow-tie", redraw("streets", "s1", bow_tie(0, 0, 400, 200)), "ring-repaired",
           WARNING, "streets", "s1", value=40_000, within=box(0, 0, 400, 200)),
    Defect("streets nested shells",
           redraw("streets", "s1", nested(box(0, 0, 400, 200), box(9, 9, 2, 2))), "ring-repaired",
           REPAIRED, "streets", "s1", value=4, within=box(8, 8, 4, 4)),
    Defect("streets feature twice", add("streets", "s1", box(0, 0, 400, 200)), "feature-repeated",
           REPAIRED, "streets", "s1", within=box(0, 0, 400, 200)),
    Defect("streets id twice", add("streets", "s1", box(0, 0, 40, 20)), "id-repeated", ERROR,
           "streets", "s1", households=None),
    Defect("streets shape twice", add("streets", "s9", box(0, 0, 400, 200)), "shape-repeated",
           WARNING, "streets", "s9", "s1", value=80_000),
    Defect("streets null", redraw("streets", "s1", None), "shape-unusable", WARNING, "streets",
           "s1"),
    Defect("streets overlap", redraw("streets", "s1", box(0, 0, 400, 210)), "layer-overlap",
           WARNING, "streets", "s1", "s2", value=4000, within=box(0, 200, 400, 10)),
    # --- zones
    Defect("zones loop", redraw("police", "p1", loop(2, height=400)), "ring-repaired", REPAIRED,
           "police", "p1", within=box(0, 0, 3, 3)),
    Defect("zones bow-tie", redraw("police", "p1", bow_tie(0, 0, 200, 400)), "ring-repaired",
           WARNING, "police", "p1", value=40_000),
    Defect("zones nested shells",
           redraw("police", "p1", nested(box(0, 0, 200, 400), box(9, 9, 2, 2))), "ring-repaired",
           REPAIRED, "police", "p1", value=4),
    Defect("zones feature twice", add("police", "p1", box(0, 0, 200, 400)), "feature-repeated",
           REPAIRED, "police", "p1"),
    Defect("zones shape twice", add("police", "p9", box(0, 0, 200, 400)), "shape-repeated",
           WARNING, "police", "p9", "p1", value=80_000),
    Defect("zones null", add("police", "p9", None), "shape-unusable", WARNING, "police", "p9"),
    Defect("zones sliver", add("police", "p9", box(0, -0.1, 400, 0.1)), "shape-sliver", WARNING,
           "police", "p9", value=0.1, within=box(0, -0.1, 400, 0.1)),
    Defect("zones overlap", redraw("police", "p1", box(0, 0, 220, 400)), "zones-overlap", WARNING,
           "police", "p1", "p2", value=8000),
    Defect("zones gap", redraw("police", "p1", box(0, 0, 200, 400).difference(box(9, 9, 5, 5))),
           "zone-hole", INFO, "police", "p1", value=25),
    # --- units
    Defect("units loop", redraw("units", "u00", loop(0.5, 5, 5, 40, 40)), "ring-repaired",
           REPAIRED, "units", "u00", within=box(5, 5, 1, 1)),
    Defect("units wide loop", redraw("units", "u00", loop(8, 5, 5, 40, 40)), "ring-repaired",
           WARNING, "units", "u00", within=box(5, 5, 8, 8)),
    Defect("units bow-tie", redraw("units", "u00", bow_tie(5, 5, 40, 40)), "ring-repaired", ERROR,
           "units", "u00", value=800, within=LOT, says="max_moved_unit_share", households=None),
    Defect("units bow-tie allowed", redraw("units", "u00", bow_tie(5, 5, 40, 40)),
           "ring-repaired", WARNING, "units", "u00", value=800, within=LOT,
           more=LENIENT),
    Defect("units nested shells", redraw("units", "u00", nested(LOT, box(20, 20, 1, 1))),
           "ring-repaired", REPAIRED, "units", "u00", value=1, within=LOT),
    Defect("units id twice", add("units", "u00", box(5, 5, 9, 9), households=1), "id-repeated",
           ERROR, "units", "u00", within=LOT, households=None),
    Defect("units id thrice", both(add("units", "u00", LOT, households=1),
           add("units", "u00", LOT, households=2)), "layer-wrong", ERROR, "units", "",
           says="repeats 1 ids: u00", households=None),
    Defect("units shape twice", add("units", "u99", LOT, households=5), "shape-repeated", WARNING,
           "units", "u99", "u00", value=1600, within=LOT, households=TOTAL + 5),
    Defect("units null without households", add("units", "u99", None, households=0),
           "shape-unusable", WARNING, "units", "u99"),
    Defect("units null with households", add("units", "u99", None, households=7), "shape-missing",
           ERROR, "units", "u99", value=7, households=None),
    Defect("units empty", add("units", "u99", shapely.Polygon(), households=7), "shape-missing",
           ERROR, "units", "u99", value=7, households=None),
    Defect("units empty in words", add("units", "u99", shapely.Polygon(), households=7),
           "layer-wrong", ERROR, "units", "", says="(u99", households=None),
    Defect("units sliver", add("units", "u99", box(50, 5, 0.05, 40), households=0),
           "shape-sliver", WARNING, "units", "u99", value=0.05, within=box(50, 5, 0.05, 40)),
    Defect("units parts",
           redraw("units", "u00", shapely.MultiPolygon([box(5, 5, 10, 40), box(96, 96, 8, 8)])),
           "unit-multipart", EXCEPTION, "units", "u00", value=2),
    Defect("units sliver overlap", redraw("units", "u00", box(5, 5, 50.03, 40)), "unit-overlaps",
           REPAIRED, "units", "u00", "u01", value=1.2, within=box(55, 5, 0.03, 40)),
    Defect("units overlap", redraw("units", "u00", box(5, 5, 70, 40)), "unit-overlaps", WARNING,
           "units", "u00", "u01", value=800, within=box(55, 5, 20, 40)),
    Defect("units duplicate loses all", add("units", "u99", LOT, households=5), "unit-overlaps",
           WARNING, "units", "u99", "u00", value=1600, within=LOT, households=TOTAL + 5),
    Defect("units straddle", redraw("units", "u03", box(170, 5, 40, 40)), "unit-straddles",
           EXCEPTION, "units", "u03", value=0.25, says="community c1"),
    Defect("units straddle in halves", redraw("units", "u03", box(180, 5, 40, 40)),
           "unit-straddles", EXCEPTION, "units", "u03", value=0.5, says="community c1"),
    Defect("units outside", redraw("units", "u00", box(-45, 5, 40, 40)), "unit-nearest",
           EXCEPTION, "units", "u00", value=5),
    Defect("units far outside", redraw("units", "u00", box(-145, 5, 40, 40)), "unit-outside",
           WARNING, "units", "u00", value=25, households=TOTAL - 25),
]  # fmt: skip


def write(folder: Path, town: Town, more: str = "") -> Path:
    """Write a town and its configuration."""
    for name, layer in town.items():
        layer.to_file(folder / "town.gpkg", layer=name, driver="GPKG")
    path = folder / "town.toml"
    path.write_text(CONFIG + more, encoding="utf-8")
    return path


def look(job: Path, *options: str) -> tuple[int, list[dict[str, object]]]:
    """Run ``gridplan check --json``; exit code and findings."""
    answer = CliRunner().invoke(gridplan, ["check", str(job), "--json", *options])
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer.exit_code, json.loads(answer.stdout)["findings"]


def plan_of(job: Path, out: Path) -> gpd.GeoDataFrame:
    """Divide the town, see that the audit agrees, and read the grids."""
    answer = CliRunner().invoke(gridplan, ["partition", str(job), "--no-maps", "-o", str(out)])
    assert answer.exit_code == 0, answer.output
    assert CliRunner().invoke(gridplan, ["audit", str(out), "-q"]).exit_code == 0
    return gpd.read_file(out / "plan.gpkg", layer="grids")


def test_the_sound_town_has_nothing_to_find(tmp_path: Path) -> None:
    """What the rows below find is planted, and nothing else."""
    job = write(tmp_path, sound_town())
    assert look(job, "--strict") == (0, [])
    assert plan_of(job, tmp_path / "out")["households"].sum() == TOTAL


def mended(finding: Finding) -> bool:
    """Whether a finding tells of a repair, however much it moved."""
    heavy = finding.severity == WARNING and finding.kind in REPAIRS
    return heavy or finding.severity == REPAIRED


def shared(defect: Defect) -> str:
    """Name the job in which a defect is planted, each in a town of its own.

    All from which a plan follows stand together. A problem of one layer may hide the next, so those
    that stop a job share it only where they are found at the same stage.
    """
    if defect.households is not None:
        return defect.more.replace("\n", ", ") or "a plan follows"
    if defect.kind in ("community-overlap", "shape-repeated", "gap-closed"):
        return f"coverage {defect.more}".strip()
    return f"{defect.name.split(' ', 1)[1]} {defect.more}".strip()


JOBS = {name: [d for d in DEFECTS if shared(d) == name] for name in map(shared, DEFECTS)}
FAR = 2000.0


@dataclass(frozen=True)
class Look:
    """One job of several towns, what ``check`` found, and where each town stands."""

    job: Path
    checked: Checked
    towns: dict[str, tuple[str, float]]  # by defect: mark of its ids, metres to the east


@pytest.fixture(scope="module")
def look_at(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Look]:
    """Write and check a job once."""
    known: dict[str, Look] = {}

    def get(name: str) -> Look:
        if name not in known:
            known[name] = built(tmp_path_factory.mktemp("job"), JOBS[name])
        return known[name]

    return get


def built(folder: Path, defects: list[Defect]) -> Look:
    """Plant each defect in a town of its own and put the towns side by side."""
    towns: dict[str, tuple[str, float]] = {}
    layers: dict[str, list[gpd.GeoDataFrame]] = {}
    for number, defect in enumerate(defects):
        town = sound_town()
        defect.plant(town)
        mark, east = towns[defect.name] = f"~{number:02}", number * FAR
        for name, layer in town.items():
            ids = {c: layer[c] + mark for c in ("id", "street") if c in layer}
            moved = layer.assign(**ids).set_geometry(layer.translate(east))
            layers.setdefault(name, []).append(moved)
    city = {
        name: gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=CRS)
        for name, parts in layers.items()
    }
    job = write(folder, city, defects[0].more)
    return Look(job, check(Config.load(job)), towns)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda d: d.name.replace(" ", "-"))
def test_a_planted_defect_is_found(defect: Defect, look_at: Callable[[str], Look]) -> None:
    """The finding has the kind, severity, feature, metres and place of what was planted."""
    look = look_at(shared(defect))
    findings, (mark, east) = look.checked.findings, look.towns[defect.name]
    place, other = (i + mark if i else "" for i in (defect.place, defect.other))
    same = (defect.kind, defect.layer, place)
    hits = [i for i, f in enumerate(findings) if (f.kind, f.layer, f.place) == same]
    assert hits, findings
    hits = [i for i in hits if defect.says in findings[i].message]
    assert hits, [f.message for f in findings if f.kind == defect.kind]
    hit = findings[hits[0]]
    assert (hit.severity, hit.other) == (defect.severity, other)
    if defect.value is not None:
        assert hit.value == pytest.approx(defect.value, rel=0.02, abs=1e-3)
    if defect.within is not None:
        ground = shapely.affinity.translate(defect.within, east).buffer(0.01)
        assert look.checked.places is not None
        assert look.checked.places.geometry.iloc[hits[0]].within(ground)


@pytest.mark.parametrize("name", JOBS, ids=lambda name: name.replace(" ", "-"))
def test_strictly_every_repair_is_an_error(name: str, look_at: Callable[[str], Look]) -> None:
    """And nothing else changes; without it, only what no plan follows from is an error."""
    checked = look_at(name).checked
    wrong = checked.count(Severity.ERROR)
    assert (wrong > 0) == (JOBS[name][0].households is None)
    repairs = [f for f in checked.findings if mended(f)]
    strict = checked.strict()
    assert not [f for f in strict.findings if mended(f)]
    assert strict.count(Severity.ERROR) == wrong + len(repairs)
    assert len(strict.findings) == len(checked.findings)


@pytest.mark.parametrize("name", JOBS, ids=lambda name: name.replace(" ", "-"))
def test_a_plan_follows_or_a_refusal_in_words(
    name: str, look_at: Callable[[str], Look], tmp_path: Path
) -> None:
    """The plan passes audit with all households; where none follows, every line is an error."""
    look, out = look_at(name), tmp_path / "out"
    if JOBS[name][0].households is not None:
        grids = plan_of(look.job, out)
        town = grids["community_code"].str.split("~").str[1]
        held = grids["households"].groupby("~" + town).sum()
        wanted = {look.towns[d.name][0]: d.households for d in JOBS[name]}
        assert held.to_dict() == wanted
        return
    answer = CliRunner().invoke(gridplan, ["partition", str(look.job), "-o", str(out)])
    assert answer.exit_code == 1
    assert all(line.startswith("Error: ") for line in answer.stderr.splitlines())
    assert not out.exists()


def test_a_unit_in_no_zone_is_found_at_its_place(tmp_path: Path) -> None:
    """A finding about a unit stands at the unit, also where its layer is that of the zones."""
    town = sound_town()
    redraw("police", "p1", box(0, 0, 200, 400).difference(box(0, 0, 50, 50)))(town)
    checked = check(Config.load(write(tmp_path, town)))
    assert checked.places is not None
    found = checked.places.set_index("kind").loc["unit-without-zone"]
    assert (found["layer"], found["place"]) == ("police", "u00")
    assert found["geometry"].within(LOT)


def test_a_unit_without_a_shape_is_found_in_its_community(tmp_path: Path) -> None:
    """Where the unit names its community, that is its place."""
    town = sound_town()
    town["units"]["home"] = "c1"
    add("units", "u99", None, households=7, home="c4")(town)
    job = write(tmp_path, town)
    text = job.read_text(encoding="utf-8")
    job.write_text(text.replace("[inputs.zones", 'community = "home"\n[inputs.zones'), "utf-8")
    checked = check(Config.load(job))
    assert checked.places is not None
    found = checked.places.set_index("kind").loc["shape-missing"]
    assert (found["place"], found["community_code"]) == ("u99", "c4")
    assert found["geometry"].within(box(200, 200, SIDE, SIDE))


def test_what_is_only_drawn_is_mended_and_listed(tmp_path: Path) -> None:
    """Wrong rings and lost shapes of barriers and objects are findings, and a plan follows."""
    town = sound_town()
    loops = {"r1": loop(2, 60, 60, 9, 9), "r2": None, "r3": box(80, 80)}
    town["ponds"], town["clinics"] = _layer(loops), _layer(loops)
    more = """
[inputs.barriers.water]
layer = "ponds"
[inputs.facilities]
layer = "clinics"
id = "id"
"""
    job = write(tmp_path, town, more)
    checked = check(Config.load(job))
    found = {(f.kind, f.layer, f.place, f.severity) for f in checked.findings}
    assert {
        ("ring-repaired", "water", "", WARNING),
        ("shape-unusable", "water", "", WARNING),
        ("ring-repaired", "facilities", "r1", WARNING),
        ("shape-unusable", "facilities", "r2", WARNING),
    } <= found
    assert checked.places is not None
    rings = checked.places[checked.places["kind"] == "ring-repaired"]
    assert rings.within(box(60, 60, 9, 9)).all()
    assert plan_of(job, tmp_path / "out")["households"].sum() == TOTAL


def test_the_page_and_the_table_agree() -> None:
    """``docs/findings.md`` gives every kind the severities that are planted here."""
    page = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| `")]
    told = {row[1].strip(" `"): row[2] for row in rows}
    assert {d.kind for d in DEFECTS} <= set(told)
    assert [(d.kind, d.severity) for d in DEFECTS if d.severity not in told[d.kind]] == []


def test_findings_are_written_at_their_places(tmp_path: Path) -> None:
    """The file for QGIS has severity and place, strict or not; exit code 1 where strict."""
    town = sound_town()
    next(d for d in DEFECTS if d.name == "communities open gap").plant(town)
    job = write(tmp_path, town)
    for options, severity in (((), WARNING), (("--strict",), ERROR)):
        code, _ = look(job, "-o", str(tmp_path / "findings.gpkg"), *options)
        assert code == len(options)
        written = gpd.read_file(tmp_path / "findings.gpkg").set_index("kind")
        assert written.loc["gap-closed", "severity"] == severity
        assert written.loc["gap-closed", "geometry"].within(box(200, 0, 1, 200))


def test_every_square_metre_is_accounted_for(tmp_path: Path) -> None:
    """Area before and after of each community, and of them together, against the drawn shapes."""
    town = sound_town()
    redraw("communities", "c1", box(0, 0, 200.1, 200))(town)
    redraw("communities", "c4", box(200.2, 200, 199.8, 200))(town)
    _, findings = look(write(tmp_path, town))
    moved = {f["place"]: f["value"] for f in findings if f["kind"] == "community-repaired"}
    # The overlap goes to c1; the gap to the community beside it with the smaller code: c1 where
    # that lies within the width of a narrow gap, else c3.
    assert moved == pytest.approx({"c1": 0.4, "c2": 20, "c3": 39.6}, abs=0.01)
    (union,) = [f for f in findings if f["kind"] == "communities-union"]
    assert union["value"] == pytest.approx(40, abs=0.1)
    assert "20.0 m² of overlaps" in str(union["message"])
    assert "40.0 m² of narrow gaps" in str(union["message"])


def test_findings_stand_in_the_order_of_their_weight(tmp_path: Path) -> None:
    """Errors come first, and repairs noted before an error are told with it."""
    town = sound_town()
    redraw("units", "u01", loop(0.5, 55, 5, 40, 40))(town)
    redraw("communities", "c1", bow_tie(0, 0, 200, 200))(town)
    code, findings = look(write(tmp_path, town))
    assert code == 1
    assert [(f["severity"], f["place"]) for f in findings] == [(ERROR, "c1"), (REPAIRED, "u01")]


def test_row_order_changes_no_finding(tmp_path: Path) -> None:
    """Reversed rows give the same findings."""
    town = sound_town()
    for name in ("open gap", "overlap"):
        next(d for d in DEFECTS if d.name == f"communities {name}").plant(town)
    redraw("units", "u00", box(5, 5, 70, 40))(town)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = look(write(tmp_path / "a", town))
    turned = {name: layer.iloc[::-1].reset_index(drop=True) for name, layer in town.items()}
    assert look(write(tmp_path / "b", turned)) == first
