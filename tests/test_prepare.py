"""From layers to problems: everything that a community is solved from."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridplan.errors import ConfigError
from gridplan.prepare import Task, community_tasks, prepare_ground, restrict
from tests.worlds import CRS, box, chessboard, communities, line, lots, town, units


def kinds(findings: object) -> list[tuple[str, str]]:
    """Kind and place of findings."""
    return [(f.kind, f.place) for f in findings]  # type: ignore[attr-defined]


def by_code(tasks: list[Task]) -> dict[str, Task]:
    """Tasks by community."""
    return {t.community_code: t for t in tasks}


def test_two_communities_become_two_problems(tmp_path: Path) -> None:
    """Nodes, edges, blocks, zones and weights of the problem file."""
    homes = communities(box(0, 0, 40, 40), box(40, 0, 40, 40))
    table = units(chessboard(4, 2), range(8), block=["b", "b", *[None] * 6])
    gpd.GeoDataFrame(
        {"beat": ["p1", "p2"]}, geometry=[box(0, 0, 30, 40), box(30, 0, 50, 40)], crs=CRS
    ).to_file(tmp_path / "zones.gpkg")
    more = 'keep_together="block_id"\n[inputs.zones.police]\npath="zones.gpkg"\nid="beat"\nweight=2'
    inputs, config = town(tmp_path, homes, table, more=more)
    ground = prepare_ground(inputs, config)
    assert kinds(ground.findings) == [
        ("unit-crosses-zones", "u001"),
        ("unit-crosses-zones", "u005"),
        ("zones-like-communities", ""),
    ]
    tasks = by_code(list(community_tasks(inputs, ground, config)))
    assert list(tasks) == ["c1", "c2"]
    problem = tasks["c1"].problem
    assert problem.node_ids == ("u000", "u001", "u004", "u005")
    assert problem.households.tolist() == [0, 1, 4, 5]
    assert problem.area_m2.tolist() == [400.0] * 4
    assert problem.block == ("b", "b", None, None)
    assert problem.edges.tolist() == [[0, 1], [0, 2], [1, 3], [2, 3]]
    assert problem.shared_m.tolist() == [20.0] * 4
    assert problem.cost_m.tolist() == [20.0] * 4
    # u001 and u005 lie half in each zone: the smaller id wins.
    assert problem.zones == {"police": ("p1",) * 4}
    assert tasks["c2"].problem.zones == {"police": ("p2",) * 4}
    assert problem.weights["police"] == 2.0
    assert problem.grids is None


def test_a_bare_community_is_kept_apart(tmp_path: Path) -> None:
    """It has no task, its cell is there, and a finding says so; so for one without households."""
    homes = communities(box(0, 0, 40, 40), box(40, 0, 40, 40), box(80, 0, 40, 40))
    shapes = [*chessboard(2, 2), box(80, 0, 40, 40)]
    inputs, config = town(tmp_path, homes, units(shapes, [5, 5, 5, 5, 0]))
    ground = prepare_ground(inputs, config)
    assert kinds(ground.findings) == [("community-empty", "c2"), ("community-empty", "c3")]
    assert ground.bare["community_code"].tolist() == ["c2"]
    assert shapely.area(ground.bare.geometry.to_numpy()).tolist() == [1600.0]
    assert ground.cells["unit_id"].tolist() == ["u000", "u001", "u002", "u003", "u004"]
    assert [t.community_code for t in community_tasks(inputs, ground, config)] == ["c1", "c3"]


def test_multipart_units_are_listed(tmp_path: Path) -> None:
    """A unit in two parts is an exception, as its grid may have as many."""
    two = shapely.union_all([box(0, 0), box(60, 0)])
    homes = communities(shapely.union_all([box(0, 0, 20, 20), box(60, 0, 20, 20)]))
    inputs, config = town(tmp_path, homes, units([two]))
    found = {f.kind: f for f in prepare_ground(inputs, config).findings}
    assert set(found) == {"community-multipart", "unit-multipart"}
    assert found["unit-multipart"].place == "u000"
    assert {f.value for f in found.values()} == {2.0}


def test_a_river_divides_and_a_bridge_joins(tmp_path: Path) -> None:
    """A hard river cuts every border along it; only the declared link crosses."""
    homes = communities(box(0, 0, 120, 130))
    shapes = [*lots(4, 2), *(shapely.affinity.translate(s, 0, 70) for s in lots(4, 2))]
    gpd.GeoDataFrame({"k": [1]}, geometry=[line((-9, 65), (130, 65))], crs=CRS).to_file(
        tmp_path / "river.gpkg"
    )
    (tmp_path / "links.csv").write_text("a,b,note\nu004,u008,bridge\n")
    more = (
        '[inputs.barriers.river]\npath="river.gpkg"\nmode="hard"\n[inputs.links]\npath="links.csv"'
    )
    inputs, config = town(tmp_path, homes, units(shapes, 100), more=more)
    (task,) = community_tasks(inputs, prepare_ground(inputs, config), config)
    south = np.arange(16) < 8
    edges = task.problem.edges
    crossing = edges[south[edges[:, 0]] != south[edges[:, 1]]]
    assert crossing.tolist() == [[4, 8]]
    assert kinds(task.findings) == [("link", "u004")]


def test_a_small_bank_is_joined(tmp_path: Path) -> None:
    """Without a bridge a bank below the minimum is linked to the other, listed; or not, as set."""
    homes = communities(box(0, 0, 40, 40))
    gpd.GeoDataFrame({"k": [1]}, geometry=[line((-9, 20), (50, 20))], crs=CRS).to_file(
        tmp_path / "river.gpkg"
    )
    more = '[inputs.barriers.river]\npath="river.gpkg"\nmode="hard"'
    table = units(chessboard(2, 2), [300, 300, 50, 50])
    inputs, config = town(tmp_path, homes, table, more=more)
    (task,) = community_tasks(inputs, prepare_ground(inputs, config), config)
    assert [(f.kind, f.value) for f in task.findings] == [
        ("barrier-pocket", 100.0),
        ("part-joined", 0.0),
    ]
    more += "\n[graph]\njoin_parts = false"
    inputs, config = town(tmp_path, homes, table, more=more)
    (task,) = community_tasks(inputs, prepare_ground(inputs, config), config)
    assert kinds(task.findings) == [("barrier-pocket", "u002")]
    assert len(task.problem.edges) == 2


def test_useless_links_are_listed(tmp_path: Path) -> None:
    """A link across communities joins nothing, and says so."""
    homes = communities(box(0, 0, 40, 40), box(40, 0, 40, 40))
    (tmp_path / "links.csv").write_text("a,b\nu001,u002\n")
    inputs, config = town(
        tmp_path, homes, units(chessboard(4, 2)), more='[inputs.links]\npath="links.csv"'
    )
    assert kinds(prepare_ground(inputs, config).findings) == [("link-useless", "u001")]


def test_nest_lines_cut_cells(tmp_path: Path) -> None:
    """Grown cells end at the line of a nested zone."""
    gpd.GeoDataFrame(
        {"z": ["a", "b"]}, geometry=[box(0, 0, 100, 30), box(0, 30, 100, 70)], crs=CRS
    ).to_file(tmp_path / "z.gpkg")
    homes = communities(box(0, 0, 100, 100))
    table = units([box(0, 0, 100, 20), box(0, 80, 100, 20)], 100)
    more = '[inputs.zones.duty]\npath="z.gpkg"\nid="z"\nmode="nest"'
    inputs, config = town(tmp_path, homes, table, more=more)
    cells = prepare_ground(inputs, config).cells
    assert cells["duty"].tolist() == ["a", "b"]
    assert cells.area.round(1).tolist() == [3000.0, 7000.0]


@pytest.mark.parametrize(("size", "expected"), [(8, [2500.0, 7500.0]), (45, [5000.0, 5000.0])])
def test_roads_cut_buildings_but_not_lots(
    tmp_path: Path, size: float, expected: list[float]
) -> None:
    """Where units cover little of the ground, roads are borders; lots meet mid-street."""
    gpd.GeoDataFrame({"k": [1]}, geometry=[line((-9, 25), (110, 25))], crs=CRS).to_file(
        tmp_path / "roads.gpkg"
    )
    homes = communities(box(0, 0, 100, 100))
    table = units([box(0, 0, 100, 0.5 * size), box(0, 100 - size, 100, size)], 100)
    if size > 40:
        table = units([box(0, 0, 100, size), box(0, 100 - size, 100, size)], 100)
    inputs, config = town(tmp_path, homes, table, more='[inputs.roads]\npath="roads.gpkg"')
    assert prepare_ground(inputs, config).cells.area.round(1).tolist() == expected


def test_units_on_shared_ground_are_one_block(tmp_path: Path) -> None:
    """Stacked units stay together; a block of one of them takes the others in."""
    homes = communities(box(0, 0, 100, 100))
    tower = box(10, 10)
    table = units([tower, tower, box(60, 60), box(60, 10)], 50, block=[None, "b", "b", None])
    inputs, config = town(tmp_path, homes, table, more='keep_together = "block_id"')
    (task,) = community_tasks(inputs, prepare_ground(inputs, config), config)
    block = dict(zip(task.problem.node_ids, task.problem.block, strict=True))
    assert block["u000"] == block["u001"] is not None
    assert block["u003"] is None


def test_only_some_communities(tmp_path: Path) -> None:
    """``--only`` keeps ground and inputs of some communities as they stand in the whole city."""
    homes = communities(box(0, 0, 40, 40), box(40, 0, 40, 40))
    inputs, config = town(tmp_path, homes, units(chessboard(4, 2)))
    ground = prepare_ground(inputs, config).restricted(["c2"])
    few = restrict(inputs, config, ["c2"])
    assert few.units["unit_id"].tolist() == ["u002", "u003", "u006", "u007"]
    assert ground.cells["unit_id"].tolist() == ["u002", "u003", "u006", "u007"]
    assert [t.community_code for t in community_tasks(few, ground, config)] == ["c2"]
    with pytest.raises(ConfigError, match="--only c9: no community has this code"):
        restrict(inputs, config, ["c9"])


def test_row_order_changes_no_problem(tmp_path: Path) -> None:
    """Shuffled rows of units and communities give the same problems to the last number."""
    homes = communities(box(0, 0, 120, 90), box(120, 0, 120, 90))
    table = units(lots(8, 3), range(24))
    first = _problems(tmp_path, homes, table)
    mixed = table.sample(frac=1, random_state=4).reset_index(drop=True)
    assert _problems(tmp_path, homes.iloc[::-1].reset_index(drop=True), mixed) == first


def _problems(folder: Path, homes: gpd.GeoDataFrame, table: gpd.GeoDataFrame) -> list[object]:
    inputs, config = town(folder, homes, table)
    tasks = community_tasks(inputs, prepare_ground(inputs, config), config)
    return [task.problem.to_dict() for task in tasks]


def test_counts_of_grids_reach_the_problem(tmp_path: Path) -> None:
    """A fixed number of grids is in the problem of its community."""
    homes = communities(box(0, 0, 40, 40))
    inputs, config = town(tmp_path, homes, units(chessboard(2, 2)), more="[grids]\ncount = 3")
    (task,) = community_tasks(inputs, prepare_ground(inputs, config), config)
    assert task.problem.grids == 3
    assert pd.isna(inputs.communities["grid_count"]).sum() == 0
