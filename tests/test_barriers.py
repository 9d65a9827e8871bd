"""Hard barriers through units, roads across them, and pockets behind them."""

import datetime as dt
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridplan.barriers import CROSSING_M, Barrier, list_crossed_units, runs_along
from gridplan.borders import border_table
from gridplan.config import Config
from gridplan.crossings import find_crossings
from gridplan.domain import Finding, Severity
from gridplan.layers import read_inputs
from gridplan.pipeline import Options, audit_folder, partition
from gridplan.prepare import Task, community_tasks, prepare_ground
from gridplan.topology import shared_edges
from tests.worlds import CRS, box, chessboard, communities, line, point, units, write_town


def wall(*shapes: shapely.Geometry, hard: bool = True) -> Barrier:
    """A barrier layer."""
    return Barrier("wall", np.array(shapes, dtype=object), hard)


def shared(
    shapes: list[shapely.Geometry], barrier: Barrier, standing: list[shapely.Geometry] | None = None
) -> dict[tuple[int, int], float]:
    """Metres of border that a grid may cross, by pair."""
    cells = units(shapes, community="c1")
    own = None if standing is None else np.array(standing, dtype=object)
    table = border_table(cells, [barrier], near_m=2, discount=0.5, standing=own)
    pairs = zip(table["a"], table["b"], strict=True)
    return dict(zip(pairs, table["shared_m"].round(1), strict=True))


def crossed(shape: shapely.Geometry, barrier: Barrier) -> list[Finding]:
    """Findings on one unit."""
    findings: list[Finding] = []
    list_crossed_units(units([shape], community="c1"), [barrier], findings)
    return findings


ROW = [box(0, 0, 20, 20), box(20, 0, 20, 20), box(40, 0, 20, 20)]


@pytest.mark.parametrize(("x", "cut"), [(25, (0, 1)), (35, (1, 2))])
def test_a_wall_through_a_unit_cuts_its_lesser_side(x: float, cut: tuple[int, int]) -> None:
    """The unit lies where most of it is; the other side's border is as hard as the wall."""
    found = shared(ROW, wall(line((x, -50), (x, 50))))
    assert found == {(0, 1): 20.0, (1, 2): 20.0} | {cut: 0.0}


def test_a_wall_through_two_units_that_stand_on_either_side() -> None:
    """Their border runs across the wall; neither side of it joins both main parts."""
    shapes = [box(0, 0, 20, 20), box(-10, 20, 20, 20), box(0, 40, 20, 20)]
    shapes = list(shapely.coverage_clean(np.array(shapes, dtype=object)))
    found = shared(shapes, wall(line((5, -5), (5, 65))))
    assert found == {(0, 1): pytest.approx(0.1, abs=0.15), (1, 2): pytest.approx(0.1, abs=0.15)}


def test_a_wall_that_ends_inside_cuts_nothing() -> None:
    """A dead end, a soft barrier, and one beside the units leave every border."""
    whole = {(0, 1): 20.0, (1, 2): 20.0}
    assert shared(ROW, wall(line((30, -5), (30, 12)))) == whole
    assert shared(ROW, wall(line((30, -50), (30, 50)), hard=False)) == whole
    assert shared(ROW, wall(line((0, -8), (60, -8)))) == whole


def test_a_river_through_a_unit_cuts_its_lesser_side() -> None:
    """A polygon divides like a line; its own water belongs to neither side."""
    assert shared(ROW, wall(box(24, -50, 6, 120))) == {(0, 1): 0.0, (1, 2): 20.0}


def test_a_cell_stands_where_its_building_does() -> None:
    """A grown cell that took a park beyond the wall stays on its building's side."""
    beyond = wall(line((25, -50), (25, 50)))
    assert shared(ROW, beyond, [ROW[0], box(20.5, 5, 3, 3), ROW[2]])[0, 1] == 20.0
    assert shared(ROW, beyond, [ROW[0], point(22, 5), ROW[2]])[1, 2] == 0.0


@pytest.mark.parametrize(
    ("barrier", "metres", "severity"),
    [
        (line((5, -50), (5, 50)), 18.0, Severity.WARNING),
        (line((10, -5), (10, 11)), 10.0, Severity.INFO),
        (box(8, -50, 2, 120), 36.0, Severity.WARNING),
    ],
    ids=["line", "dead end", "river"],
)
def test_a_unit_that_a_barrier_runs_through_is_listed(
    barrier: shapely.Geometry, metres: float, severity: Severity
) -> None:
    """With the metres inside; a warning where it divides the unit."""
    (finding,) = crossed(box(0, 0), wall(barrier))
    assert (finding.kind, finding.place, finding.other) == ("barrier-through-unit", "u000", "wall")
    assert finding.value == pytest.approx(metres, abs=0.2)
    assert finding.severity is severity


def test_a_barrier_along_a_unit_is_not_through_it() -> None:
    """On its border, beside it, or a river that it ends in; a soft one never."""
    for shape in (line((0, -5), (0, 50)), line((-4, -5), (-4, 50)), box(15, -50, 90, 120)):
        assert crossed(box(0, 0), wall(shape)) == []
    assert crossed(box(0, 0), wall(line((5, -50), (5, 50)), hard=False)) == []


BANKS = [box(0, 0, 100, 100), box(0, 140, 100, 100)]
RIVER = box(-50, 100, 200, 40)


def joined(
    *roads: shapely.Geometry,
    bridge: list[bool] | None = None,
    barrier: shapely.Geometry = RIVER,
    crossings: str = "bridges",
    cells: list[shapely.Geometry] | None = None,
    community: str | list[str] = "c1",
) -> list[tuple[str, str, str, bool]]:
    """Units, road and whether it is a link, of every crossing."""
    table = gpd.GeoDataFrame(
        {"road_id": [f"r{i}" for i in range(len(roads))]}, geometry=list(roads), crs=CRS
    )
    if bridge is not None:
        table["bridge"] = bridge
    river = Barrier("river", np.array([barrier], dtype=object), True, crossings)  # type: ignore[arg-type]
    homes = units(cells or BANKS, community=community)
    found = find_crossings(homes, [river], table, near_m=12)
    return [tuple(row) for row in found[["a", "b", "road_id", "taken"]].to_numpy(dtype=object)]


OVER = line((50, 20), (50, 220))


def test_a_bridge_over_a_river_is_found() -> None:
    """A road marked as a bridge is a link, another one a remark; the configuration may differ."""
    assert joined(OVER, bridge=[True]) == [("u000", "u001", "r0", True)]
    assert joined(OVER, bridge=[False]) == joined(OVER) == [("u000", "u001", "r0", False)]
    assert joined(OVER, crossings="roads") == [("u000", "u001", "r0", True)]
    assert joined(OVER, bridge=[True], crossings="links") == []


def test_a_bridge_in_pieces_is_one() -> None:
    """Pieces that meet over the water, or end at the banks, lead across."""
    halves = line((50, 90), (50, 125)), line((50, 125), (50, 150))
    assert joined(*halves, bridge=[True, True]) == [("u000", "u001", "r0", True)]
    deck = line((50, 100), (50, 140))
    assert joined(line((50, 20), (50, 100)), deck, bridge=[False, True])[0][3] is True


def test_roads_that_do_not_lead_across() -> None:
    """A pier, a road along the bank, one that dips into the water, one between communities."""
    pier, bank = line((50, 20), (50, 122)), line((0, 100), (100, 100))
    dip = line((0, 95), (40, 110), (80, 95))
    for road in (pier, bank, dip):
        assert joined(road, bridge=[True]) == []
    assert joined(OVER, bridge=[True], community=["c1", "c2"]) == []


@pytest.mark.parametrize("tracks", [(100.0,), (97.0, 103.0)], ids=["one track", "two tracks"])
def test_an_underpass_below_a_railway_is_found(tracks: tuple[float, ...]) -> None:
    """Once, however many tracks; a road that ends at the railway is none."""
    rail = shapely.union_all([line((-50, y), (150, y)) for y in tracks])
    cells = [box(0, 0, 100, 100), box(0, 100, 100, 100)]
    road = line((50, 20), (50, 180))
    expected = [("u000", "u001", "r0", True)]
    assert joined(road, bridge=[True], barrier=rail, cells=cells) == expected
    stub = line((50, 20), (50, tracks[0]))
    assert joined(stub, bridge=[True], barrier=rail, cells=cells) == []


def island(folder: Path, *, more: str = "", roads: bool = True) -> Config:
    """A bank of 600 households and an island of 100 behind a river drawn as a line."""
    shapes = [*chessboard(4, 3, 50), *[box(50 * c, 150, 50, 50) for c in range(4)]]
    river = gpd.GeoDataFrame({"k": [1]}, geometry=[line((-9, 150), (210, 150))], crs=CRS)
    river.to_file(folder / "river.gpkg")
    ways = [line((110, 10), (110, 190)), line((10, 10), (10, 90))]
    gpd.GeoDataFrame({"id": ["R1", "R2"], "b": ["bridge", None]}, geometry=ways, crs=CRS).to_file(
        folder / "roads.gpkg"
    )
    text = '[inputs.barriers.river]\npath = "river.gpkg"\nmode = "hard"\n'
    if roads:
        text += '[inputs.roads]\npath = "roads.gpkg"\nid = "id"\n'
    path = write_town(
        folder,
        communities(box(0, 0, 200, 200)),
        units(shapes, [50] * 12 + [25] * 4),
        more=text + more,
    )
    return Config.load(path)


def task_of(config: Config) -> Task:
    """The problem of the only community."""
    inputs = read_inputs(config)
    (task,) = community_tasks(inputs, prepare_ground(inputs, config), config)
    return task


def test_a_pocket_is_explained_with_its_cheapest_cure(tmp_path: Path) -> None:
    """Units, households, the barrier, and the road that leads there."""
    task = task_of(island(tmp_path))
    by_kind = {f.kind: f for f in task.findings}
    pocket = by_kind["barrier-pocket"]
    assert (pocket.place, pocket.value, pocket.limit) == ("u012", 100.0, 250.0)
    assert pocket.severity is Severity.WARNING
    for words in ("4 units", "u012, u013", "barrier river", "road R1", '"u010,u014"', "0 m"):
        assert words in pocket.message
    assert by_kind["crossing-found"].place == "u010"
    assert by_kind["part-joined"].value == 0.0


def test_a_pocket_without_a_road_gets_the_shortest_link(tmp_path: Path) -> None:
    """The row to add, with the metres; also where parts are not joined."""
    config = island(tmp_path, roads=False, more="[graph]\njoin_parts = false")
    (pocket,) = task_of(config).findings
    assert 'the shortest link is the row "u012,u008" in [inputs.links], 0 m' in pocket.message


def test_a_bridge_leaves_no_pocket(tmp_path: Path) -> None:
    """The filter on the roads picks it; it is listed, and an edge of the problem."""
    task = task_of(island(tmp_path, more="bridges = \"b = 'bridge'\""))
    (link,) = task.findings
    assert (link.kind, link.place, link.other) == ("link-found", "u010", "u014")
    assert link.severity is Severity.EXCEPTION
    assert [10, 14] in task.problem.edges.tolist()


def test_a_wrong_filter_on_bridges_is_named(tmp_path: Path) -> None:
    """Like every filter: the key, the text, the column."""
    config = island(tmp_path, more='bridges = "bridge = 1"')
    with pytest.raises(Exception, match=r"inputs\.roads.*bridges = 'bridge = 1'.*bridge"):
        read_inputs(config)


@pytest.mark.parametrize("mode", ["roads", "bridges", "links"])
def test_the_audit_verifies_found_links(tmp_path: Path, mode: str) -> None:
    """A plan over a found bridge keeps its promises; without any the part is joined."""
    config = island(tmp_path, more="bridges = \"b = 'bridge'\"")
    text = config.file.read_text().replace('mode = "hard"', f'mode = "hard"\ncrossings = "{mode}"')
    config.file.write_text(text + "\n[solve]\nworkers = 1\n[outputs]\nmaps = []\n")
    options = Options(date=dt.date(2026, 1, 31), maps=False)
    result = partition(Config.load(config.file), tmp_path / "out", options)
    assert result is not None
    assert [f.message for f in result.broken] == []
    kinds = {f.kind for f in result.audit if f.severity is Severity.EXCEPTION}
    assert ("part-joined" in kinds) == (mode == "links")


def test_a_plan_with_walls_through_its_units_passes_the_audit(tmp_path: Path) -> None:
    """The audit finds the same sides on its own, walls askew and dead ends included."""
    rng = np.random.default_rng(11)
    ends = rng.uniform(-20, 220, (6, 2, 2))
    walls = [line(*map(tuple, pair)) for pair in ends]
    gpd.GeoDataFrame({"k": range(6)}, geometry=walls, crs=CRS).to_file(tmp_path / "walls.gpkg")
    path = write_town(
        tmp_path,
        communities(box(0, 0, 200, 200)),
        units(chessboard(8, 8, 25), 20),
        more='[inputs.barriers.walls]\npath = "walls.gpkg"\nmode = "hard"\n[graph]\n'
        "barrier_near_m = 2\n[solve]\nworkers = 1\neffort = 0.1\n[outputs]\nmaps = []",
    )
    options = Options(date=dt.date(2026, 1, 31), maps=False)
    result = partition(Config.load(path), tmp_path / "out", options)
    assert result is not None
    assert [f.message for f in result.broken] == []
    assert sum(f.kind == "barrier-through-unit" for f in result.findings) > 5


def test_a_found_link_that_is_none_is_broken(tmp_path: Path) -> None:
    """The audit believes no listing: without a bridge that counts, the link is false."""
    config = island(
        tmp_path,
        more="bridges = \"b = 'bridge'\"\n[solve]\nworkers = 1\n[outputs]\nmaps = []",
    )
    out = tmp_path / "out"
    partition(config, out, Options(date=dt.date(2026, 1, 31), maps=False))
    text = config.file.read_text().replace("b = 'bridge'", "b = 'ford'")
    config.file.write_text(text)
    broken = {f.kind: f for f in audit_folder(out) if f.severity is Severity.BROKEN}
    assert set(broken) == {"listing-false", "grid-not-contiguous"}
    assert broken["listing-false"].other == "link-found"


def test_borders_along_and_inside_a_river() -> None:
    """Borders follow a river that is a polygon: on its banks and all through it, no farther."""
    cells = units(chessboard(12, 12, 10), community="c1")
    edges = shared_edges(cells.geometry.to_numpy())
    river = np.array([box(28, -50, 61, 500), shapely.LineString([(-10, 90), (130, 90)])])
    middle = shapely.points((edges.start + edges.end) / 2)
    upright = edges.start[:, 0] == edges.end[:, 0]
    wet = shapely.intersects(middle, river[0]) | (
        upright & (shapely.distance(middle, river[0]) <= 2)
    )
    wanted = wet | (shapely.distance(middle, river[1]) <= CROSSING_M)
    assert wanted.any()
    assert not wanted.all()
    for given in (None, cells.geometry.to_numpy()):
        assert (runs_along(edges, river, 2, given) == wanted).all()
