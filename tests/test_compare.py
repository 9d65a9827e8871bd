"""Two plans side by side, and the audit of plans that others made."""

import json
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from gridplan.cli.group import gridplan
from gridplan.compare import Comparison, Range, compare, compare_files
from gridplan.compare.agreement import (
    best_match,
    crosswalk,
    matched_share,
    rand_indices,
    variation_of_information,
)
from gridplan.compare.changes import change_kinds, changed_grids
from gridplan.compare.measures import grid_kinds
from gridplan.domain import Plan
from gridplan.errors import LayerError
from gridplan.layers import grids_of_units, read_any_plan
from tests.jobs import CRS, chess_town, squares

OLD = [f"{'W' if x < 4 else 'E'}{y // 2}{x % 4 // 2}" for y in range(4) for x in range(8)]
"""Grids of 2 x 2 squares: four in the west, four in the east."""


def pairs_of(old: list[object], new: list[object], weight: list[int] | None = None) -> pd.DataFrame:
    """Crosswalk of two lists of labels."""
    frame = pd.DataFrame({"old": old, "new": new, "weight": weight or [1] * len(old)})
    return crosswalk(frame["old"], frame["new"], frame["weight"])


def units(grid: list[str]) -> gpd.GeoDataFrame:
    """The chess town's units with a grid each."""
    return gpd.GeoDataFrame(
        {"unit_id": [f"u{i:02d}" for i in range(32)], "households": 100, "grid": grid},
        geometry=squares(8, 4),
        crs=CRS,
    )


def moved() -> list[str]:
    """The plan after one unit of W00 went to W01."""
    grid = list(OLD)
    grid[1] = "W01"
    return grid


def write(folder: Path, name: str, table: gpd.GeoDataFrame) -> str:
    """Write a plan as the form that its file name says."""
    path = folder / name
    plain = pd.DataFrame(table.drop(columns="geometry"))
    polygons = table.dissolve("grid").reset_index()[["grid", "geometry"]]
    match path.suffix:
        case ".csv":
            path.write_bytes(plain.to_csv(index=False).encode("gb18030"))
        case ".xlsx":
            plain.to_excel(path, index=False)
        case ".gpkg":
            table.to_file(path, layer="hand")
        case ".geojson":
            polygons.to_crs("EPSG:4326").to_file(path)
        case _:
            polygons.to_file(path)
    return str(path)


def test_the_best_match_is_the_best() -> None:
    """No one-to-one matching keeps more households; the answer is one to one."""
    draw = np.random.default_rng(7)
    for _ in range(60):
        rows, old, new = draw.integers(1, 30), draw.integers(1, 8), draw.integers(1, 8)
        pairs = pairs_of(
            [f"a{i}" for i in draw.integers(0, old, rows)],
            [f"b{i}" for i in draw.integers(0, new, rows)],
            draw.integers(0, 20, rows).tolist(),
        )
        match = best_match(pairs)
        held = pairs.set_index(["old_grid", "new_grid"])["households"]
        graph: nx.Graph[str] = nx.Graph()
        for a, b, n in pairs[["old_grid", "new_grid", "households"]].itertuples(index=False):
            graph.add_edge(a, b, weight=n)
        best = sum(graph[a][b]["weight"] for a, b in nx.max_weight_matching(graph))
        assert sum(int(held[pair]) for pair in match.items()) == best
        assert len(set(match.values())) == len(match)


def test_measures_of_agreement_have_their_known_values() -> None:
    """Equal plans agree wholly; two textbook cases come out as computed by hand."""
    same = pairs_of([*"aabb"], [*"xxyy"])
    assert rand_indices(same) == (1.0, 1.0)
    assert variation_of_information(same) == 0
    split = pairs_of([*"aabb"], [*"xxyz"])
    assert rand_indices(split) == pytest.approx((5 / 6, 4 / 7))
    crossed = pairs_of([*"aabb"], [*"xyxy"])
    assert variation_of_information(crossed) == pytest.approx(2.0)
    assert matched_share(crossed, best_match(crossed)) == 0.5
    nobody = pairs_of(["a"], [None])
    assert np.isnan([matched_share(nobody, {}), variation_of_information(nobody)]).all()
    assert np.isnan(rand_indices(nobody)).all()


def test_every_kind_of_change_is_told() -> None:
    """Unchanged, split, merged, redrawn, created and retired grids are told apart."""
    pairs = pairs_of(
        ["u", "s", "s", "m1", "m2", "x1", "x1", "x2", None, "r", "u"],
        ["U", "S1", "S2", "M", "M", "X1", "X2", "X2", "C", None, None],
    )
    kinds = change_kinds(pairs)
    assert {grid: kind for (_, grid), kind in kinds.items()} == {
        **{"u": "U", "s": "S", "m1": "M", "m2": "M", "x1": "X", "x2": "X", "r": "R"},
        **{"U": "U", "S1": "S", "S2": "S", "M": "M", "X1": "X", "X2": "X", "C": "C"},
    }
    table = changed_grids(pairs, best_match(pairs))
    assert sorted(g for g in table["old_grid"] if g) == sorted({*pairs["old_grid"]} - {""})
    assert sorted(g for g in table["new_grid"] if g) == sorted({*pairs["new_grid"]} - {""})
    assert table["households_old"].sum() == 10
    assert table["households_new"].sum() == 9


def compared(old: str, new: str, **more: str) -> Comparison:
    """Compare two files."""
    return compare_files(old, new, **more)  # type: ignore[arg-type]


FORMS = ("hand.csv", "hand.xlsx", "hand.gpkg", "hand.geojson", "hand.shp")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_plan_compares_alike(tmp_path: Path, form: str) -> None:
    """A table, units or polygons of the same plan give the same agreement and moves."""
    old = write(tmp_path, "old.gpkg", units(OLD))
    found = compared(old, write(tmp_path, form, units(moved())))
    assert found.agreement["basis"] == "households"
    assert found.agreement["in_both"] == 3200
    assert found.agreement["matched_share"] == pytest.approx(31 / 32)
    assert found.moved[["unit_id", "old_grid", "new_grid", "what"]].to_numpy().tolist() == [
        ["u01", "W00", "W01", "moved"]
    ]
    assert set(found.grids.loc[found.grids["change"] != "U", "old_grid"]) == {"W00", "W01"}
    rows = found.metrics.set_index("measure")
    assert rows.loc["in", ["old", "new"]].tolist() == [8, 8]
    assert rows.loc["households_least", ["old", "new"]].tolist() == [400, 300]


def test_measures_stand_side_by_side(tmp_path: Path) -> None:
    """Border, compactness, range and deviation are each plan's own."""
    old = write(tmp_path, "old.geojson", units(OLD))
    found = compared(write(tmp_path, "new.gpkg", units(moved())), old)
    rows = found.metrics.set_index("measure")
    # Reversed: the old plan is the one with the moved unit; GeoJSON went through degrees.
    assert rows.loc["border_m", "new"] == pytest.approx(2000, abs=0.01)
    assert rows.loc["border_m", "old"] == pytest.approx(2100, abs=0.01)
    assert rows.loc["compactness", "new"] == pytest.approx(np.pi / 4, abs=1e-6)
    assert rows.loc["deviation", "old"] == pytest.approx(
        (6 * 25 + 75 + 125) / 8 / 375, abs=1e-6
    )  # fmt: skip
    assert rows.loc["breach", "change"] == 0


def test_row_order_changes_no_comparison(tmp_path: Path) -> None:
    """Shuffled plans give the same tables."""
    order = np.random.default_rng(3).permutation(32)
    plain, mixed = units(moved()), units(moved()).iloc[order]
    old = write(tmp_path, "old.gpkg", units(OLD))
    one = compared(old, write(tmp_path, "a.csv", plain)).tables()
    other = compared(old, write(tmp_path, "b.csv", mixed)).tables()
    for name, table in one.items():
        pd.testing.assert_frame_equal(table, other[name])


def test_polygons_alone_compare_by_ground_or_by_given_units(tmp_path: Path) -> None:
    """Without units square metres count; with --units their households do."""
    old = write(tmp_path, "old.shp", units(OLD))
    new = write(tmp_path, "new.shp", units(moved()))
    ground = compared(old, new)
    assert ground.agreement["basis"] == "m2"
    assert ground.agreement["in_both"] == 320_000
    assert ground.agreement["matched_share"] == pytest.approx(31 / 32)
    assert "households" not in set(ground.metrics["measure"])
    lots = units(OLD).rename(columns={"unit_id": "LOT", "households": "HH"})
    lots.drop(columns="grid").to_file(tmp_path / "lots.gpkg", layer="lots")
    people = compared(old, new, units=f"{tmp_path / 'lots.gpkg'}|unit=LOT|households=HH")
    assert people.agreement["basis"] == "households"
    assert people.moved["unit_id"].tolist() == ["u01"]


def test_units_that_come_and_go_are_told_apart_from_moves(tmp_path: Path) -> None:
    """A demolished unit vanishes, a new one appears; renumbered ground does neither."""
    before, after = units(OLD), units(OLD)
    before.loc[0, "unit_id"] = "gone"
    before.loc[5, "unit_id"] = "renumbered"
    after = after.drop(index=0)
    extra = after.iloc[[0]].assign(unit_id="new", geometry=shapely.transform(
        after.geometry.iloc[[0]].to_numpy(), lambda xy: xy - [0, 5000]))  # fmt: skip
    after = pd.concat([after, extra], ignore_index=True)
    found = compared(
        write(tmp_path, "old.gpkg", before), write(tmp_path, "new.gpkg", gpd.GeoDataFrame(after))
    )
    assert found.moved[["unit_id", "what"]].to_numpy().tolist() == [
        ["gone", "vanished"],
        ["new", "appeared"],
    ]
    assert (found.grids["change"] == "U").all()
    total = int(found.crosswalk["households"].sum())
    assert total == found.agreement["in_both"] + 200 == 3300


def test_an_id_somewhere_else_is_another_unit(tmp_path: Path) -> None:
    """Where the plan draws an id far away, the ground decides."""
    other = units(OLD)
    other["unit_id"] = other["unit_id"].to_numpy()[::-1]
    plan = read_any_plan(write(tmp_path, "plan.gpkg", other), crs=units(OLD).crs)
    laid = grids_of_units(plan, units(OLD))
    assert laid["grid"].tolist() == OLD
    assert set(laid["how"]) == {"area"}


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    """Missing files, layers, columns and settings are named with their cure."""
    hand = str(tmp_path / "hand.gpkg")
    units(OLD).rename(columns={"grid": "no", "unit_id": "x"}).to_file(hand, layer="hand")
    cases = {
        str(tmp_path / "none.shp"): "file not found",
        f"{hand}|grid=nope": 'no column "nope"',
        f"{hand}|layers=hand": 'did you mean "layer"',
        f"{hand}|grid=": "grid has no value",
        hand: r"which column names the grids.*FILE\|grid=COLUMN",
        f"{hand}|layer=z": 'no layer "z"',
    }
    for given, why in cases.items():
        with pytest.raises(LayerError, match=why):
            read_any_plan(given)
    table = tmp_path / "t.csv"
    table.write_text("grid,n\na,1\n")
    with pytest.raises(LayerError, match="needs a column of units"):
        read_any_plan(table)
    table.write_text("unit_id,grid\nq1,a\nq2,b\n")
    with pytest.raises(LayerError, match="they share no unit"):
        compared(str(table), write(tmp_path, "u.csv", units(OLD)))


def test_nameless_polygons_are_numbered_by_place(tmp_path: Path) -> None:
    """Polygons without any column are numbered from north to south, in any order of rows."""
    shapes = units(OLD).dissolve("grid").geometry.to_numpy()
    for name, order in (("a", shapes), ("b", shapes[::-1])):
        gpd.GeoDataFrame(geometry=order, crs=CRS).to_file(tmp_path / f"{name}.gpkg")
    one, other = (read_any_plan(tmp_path / f"{n}.gpkg").grids for n in "ab")
    assert one is not None
    assert other is not None
    assert one["grid"].tolist() == [*"12345678"]
    assert shapely.equals(one.geometry.to_numpy(), other.geometry.to_numpy()).all()
    assert one.geometry.iloc[0].bounds[3] == one.total_bounds[3]


def test_unit_grids_of_ours_are_exempt_in_the_plan_of_others() -> None:
    """A grid of others is exempt where all of it, units or ground, lies in unit grids of ours."""
    table = units(OLD)
    table["grid_code"] = np.where(table["grid"] == "E11", "hospital", table["grid"])
    kind = np.where(table["grid_code"] == "hospital", "unit", "residential")
    grids = table.assign(grid_kind=kind).dissolve("grid_code").reset_index()
    ours = Plan(grids, grids, grids, table)
    theirs = units(OLD).assign(grid_code=OLD)
    empty = gpd.GeoDataFrame(
        {"grid": ["garden", "E00"]},
        geometry=[grids.geometry.iloc[-1].buffer(-30), grids.geometry.iloc[0]],
        crs=CRS,
    )
    assert grids["grid_code"].iloc[-1] == "hospital"
    found = grid_kinds(theirs, empty, {*OLD, "garden"}, ours)
    assert sorted(found.index[found == "unit"]) == ["E11", "garden"]
    assert set(grid_kinds(theirs, None, set(OLD), None)) == {"residential"}


def test_grids_without_households_have_partners_too() -> None:
    """Of matchings that keep as many households the one that keeps most units is taken."""
    pairs = pairs_of([*"aaabb"], [*"xxyyy"], [0] * 5)
    assert best_match(pairs) == {"a": "x", "b": "y"}


def test_the_range_may_be_another(tmp_path: Path) -> None:
    """A stricter range counts the same grids otherwise."""
    plan = read_any_plan(write(tmp_path, "u.gpkg", units(OLD)))
    found = compare(plan, plan, limits=Range(450, 500, 475.0))
    rows = found.metrics.set_index("measure")["new"]
    assert (rows["under"], rows["breach"]) == (8, 400)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A divided town: its configuration and its output."""
    folder = tmp_path_factory.mktemp("town")
    config = chess_town(folder)
    done = CliRunner().invoke(
        gridplan, ["partition", str(config), "-o", str(folder / "out"), "--no-maps", "-q"]
    )
    assert done.exit_code == 0, done.output
    return config, folder / "out"


def test_the_command_line_compares(town: tuple[Path, Path], tmp_path: Path) -> None:
    """``compare`` writes tables, map and record, and answers as JSON."""
    config, out = town
    hand = write(tmp_path, "hand.csv", units(OLD))
    target = tmp_path / "compared"
    call = ["compare", str(out), hand, "--config", str(config), "-o", str(target)]
    shown = CliRunner().invoke(gridplan, call)
    assert shown.exit_code == 0, shown.output
    assert "matching grids" in shown.output
    assert (target / "maps" / "changes.png").stat().st_size > 10_000
    names = {p.stem for p in (target / "tables").glob("*.csv")}
    assert names == {"agreement", "metrics", "grids", "crosswalk", "moved_units"}
    assert json.loads((target / "run.json").read_text())["kind"] == "comparison"
    again = CliRunner().invoke(gridplan, call)
    assert again.exit_code == 1
    assert "--overwrite" in again.output
    answer = json.loads(CliRunner().invoke(gridplan, [*call[:3], "--json"]).output)
    assert answer["agreement"]["in_both"] == 3200
    assert {"excess:police", "border_m"} <= {row["measure"] for row in answer["metrics"]}


def audited(*call: str) -> tuple[int, list[dict[str, str]]]:
    """Exit code and findings of an audit."""
    done = CliRunner().invoke(gridplan, ["audit", *call, "--json"])
    assert done.exit_code in (0, 4), (done.output, done.exception)
    return done.exit_code, json.loads(done.output)


def test_a_good_plan_of_others_keeps_every_promise(town: tuple[Path, Path], tmp_path: Path) -> None:
    """A table, its polygons and our own output are judged alike."""
    config, out = town
    plans = [write(tmp_path, form, units(OLD)) for form in FORMS if form != "hand.geojson"]
    for plan in [*plans, str(out), str(out / "plan.gpkg")]:
        code, findings = audited("--plan", plan, "--config", str(config))
        assert (code, [f for f in findings if f["severity"] == "broken"]) == (0, []), plan


def test_a_bad_plan_of_others_is_named(town: tuple[Path, Path], tmp_path: Path) -> None:
    """Range, contiguity, gaps, overlaps, cut units and lost units are found in what others drew."""
    config, _ = town
    torn = list(OLD)
    torn[0], torn[20] = "E00", "W00"
    code, findings = audited(
        "--plan", write(tmp_path, "torn.csv", units(torn)), "--config", str(config)
    )
    assert code == 4
    kinds = {f["kind"] for f in findings if f["severity"] == "broken"}
    assert {"grid-not-contiguous", "grid-outside", "unit-elsewhere"} <= kinds
    drawn = units(OLD).dissolve("grid").reset_index()[["grid", "geometry"]]
    shapes = drawn.geometry.to_numpy().copy()
    at = {grid: i for i, grid in enumerate(drawn["grid"])}
    west, south, _, _ = drawn.total_bounds
    shapes[at["W00"]] = shapely.box(west, south, west + 250, south + 200)  # into W01, by half a lot
    shapes[at["E11"]] = shapely.intersection(
        shapes[at["E11"]], shapely.box(west, south, west + 770, south + 999)
    )
    drawn.set_geometry(shapes, crs=CRS).to_file(tmp_path / "drawn.gpkg")
    code, findings = audited("--plan", str(tmp_path / "drawn.gpkg"), "--config", str(config))
    kinds = {f["kind"] for f in findings if f["severity"] == "broken"}
    assert code == 4
    assert {"grids-overlap", "community-gap", "footprint-cut"} <= kinds
    assert not {"code-misfit", "column-wrong", "status-dishonest", "unit-cut"} & kinds


def test_a_part_of_a_city_is_audited_alone(town: tuple[Path, Path], tmp_path: Path) -> None:
    """A plan of one community is right with --only, and incomplete without."""
    config, _ = town
    west = units(OLD)[[x.startswith("W") for x in OLD]]
    plan = write(tmp_path, "west.shp", west)
    call = ("--plan", plan, "--config", str(config))
    assert audited(*call, "--only", "110101001001")[0] == 0
    code, findings = audited(*call)
    assert code == 4
    assert "community-missing" in {f["kind"] for f in findings}


def test_audit_takes_one_plan_or_the_other(town: tuple[Path, Path]) -> None:
    """OUT and --plan exclude each other; --plan needs --config."""
    config, out = town
    for call in ([], [str(out), "--plan", "x.csv"], ["--plan", "x.csv"], [str(out), "--only", "1"]):
        assert CliRunner().invoke(gridplan, ["audit", *call]).exit_code == 2
    assert CliRunner().invoke(
        gridplan, ["audit", "--plan", "none.csv", "-c", str(config)]
    ).exit_code == 1  # fmt: skip
