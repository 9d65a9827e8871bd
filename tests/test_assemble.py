"""From an assignment to the plan's layers."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gridplan.assemble import Outcome, assemble, hand_made, merge_cells
from gridplan.domain import Finding, Plan
from gridplan.prepare import prepare_ground
from tests.worlds import CRS, box, chessboard, communities, point, town, units

ZONES = (
    '[inputs.zones.police]\ncolumn = "beat"\n[inputs.facilities]\npath = "spots.gpkg"\nid = "id"'
)


def plan_of(folder: Path, labels: dict[str, dict[str, object]]) -> tuple[Plan, list[Finding]]:
    """Plan of a 6 x 2 board in two communities and a bare third one."""
    homes = communities(box(0, 0, 80, 40), box(80, 0, 40, 40), box(120, 0, 40, 40))
    table = units(chessboard(6, 2), 100).assign(beat=["p1"] * 3 + ["p2"] * 6 + [None] * 3)
    gpd.GeoDataFrame({"id": ["f1", "f2"]}, geometry=[point(5, 5), point(900, 0)], crs=CRS).to_file(
        folder / "spots.gpkg"
    )
    inputs, config = town(folder, homes, table, more=ZONES)
    outcomes = {
        code: Outcome(own, "optimal", 0.0 if code == "c1" else None, "")
        for code, own in labels.items()
    }
    findings: list[Finding] = []
    return assemble(inputs, prepare_ground(inputs, config), outcomes, config, findings), findings


WEST = ["u000", "u001", "u006", "u007"]
EAST = ["u002", "u003", "u008", "u009"]
LABELS: dict[str, dict[str, object]] = {
    "c1": {**dict.fromkeys(WEST, 1), **dict.fromkeys(EAST, 0)},
    "c2": dict.fromkeys(["u004", "u005", "u010", "u011"], 0),
}


def test_the_layers_of_a_plan(tmp_path: Path) -> None:
    """Grids, communities, streets, units and facilities have their columns and totals."""
    plan, findings = plan_of(tmp_path, LABELS)
    grids = plan.grids
    assert grids["grid_code"].tolist() == ["c1-001", "c1-002", "c2-001", "c3-001"]
    assert grids["households"].tolist() == [400, 400, 400, 0]
    assert grids["range_status"].tolist() == ["in", "in", "in", "under"]
    assert grids["parts"].tolist() == [1, 1, 1, 1]
    assert grids["area_m2"].tolist() == pytest.approx([1600] * 4)
    assert grids["perimeter_m"].tolist() == pytest.approx([160] * 4)
    assert grids["police_main"].iloc[:2].tolist() == ["p1", "p2"]
    assert grids["police_main_share"].iloc[:2].tolist() == [0.5, 0.5]
    assert grids["police_zones"].tolist() == [2, 2, 1, 0]
    homes = plan.communities
    assert homes[["community_code", "grids", "households", "status"]].to_numpy().tolist() == [
        ["c1", 2, 800, "optimal"],
        ["c2", 1, 400, "optimal"],
        ["c3", 1, 0, "breach"],
    ]
    assert homes["gap"].isna().tolist() == [False, True, False]
    assert plan.streets[["street_code", "communities", "grids"]].to_numpy().tolist() == [["", 3, 4]]
    assert plan.extra["facilities"]["grid_code"].tolist() == ["c1-001", ""]
    assert [(f.kind, f.place) for f in findings] == [("object-outside", "f2")]
    assert plan.units.set_index("unit_id")["grid_code"].loc[WEST].eq("c1-001").all()
    assert plan.zone_layers == ("police",)


def test_borders_stay_vertex_for_vertex(tmp_path: Path) -> None:
    """Dissolved grids, communities and streets are each a coverage over the same ground."""
    plan, _ = plan_of(tmp_path, LABELS)
    for layer in (plan.grids, plan.communities, plan.streets, plan.units):
        assert shapely.coverage_is_valid(layer.geometry.to_numpy())
    assert plan.grids.area.sum() == plan.streets.area.sum() == 160 * 40


def test_labels_do_not_change_codes(tmp_path: Path) -> None:
    """Codes follow places, not the labels that the optimiser happens to give."""
    one, _ = plan_of(tmp_path, LABELS)
    other: dict[str, dict[str, object]] = {
        "c1": {u: "b" if v == 0 else "z" for u, v in LABELS["c1"].items()},
        "c2": LABELS["c2"],
    }
    two, _ = plan_of(tmp_path, other)
    pd.testing.assert_frame_equal(
        pd.DataFrame(one.units.drop(columns="geometry")),
        pd.DataFrame(two.units.drop(columns="geometry")),
    )


def test_a_hand_made_plan_is_split_by_community() -> None:
    """A label that two communities use means two grids."""
    cells = units(chessboard(4, 1), community=["c1", "c1", "c2", "c2"])
    table = pd.DataFrame({"unit_id": cells["unit_id"][::-1], "grid": ["A", "A", "A", "B"]})
    assert hand_made(table, cells) == {
        "c1": {"u000": "B", "u001": "A"},
        "c2": {"u002": "A", "u003": "A"},
    }


def test_merging_keeps_what_does_not_touch() -> None:
    """Cells that meet at a corner stay two parts; one cell stays itself."""
    board = chessboard(2, 2)
    merged = merge_cells(pd.Series([board[0], board[3]]).to_numpy())
    assert shapely.get_num_geometries(merged) == 2
    assert merge_cells(pd.Series(board[:1]).to_numpy()) is board[0]
