"""Another level: streets divided into new communities, and these into grids."""

import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from gridplan.cli.group import gridplan
from gridplan.config import Config
from gridplan.domain import Level, Severity
from gridplan.errors import ConfigError
from gridplan.layers import read_inputs, read_plan
from gridplan.levels import level_pattern, street_job, workable
from gridplan.pipeline import Options, audit_folder, partition
from gridplan.prepare import prepare_ground
from gridplan.redraw import redraw
from tests.jobs import CONFIG, SIDE, WEST, chess_town, tables

STREETS = CONFIG.replace('code = "code"\n', 'code = "code"\nstreet = "street"\n').replace(
    "maps = []", 'maps = []\nreport = false\ntables = ["csv"]'
)
LEVEL = """
[communities]
min = 700
max = 1100
"""
OFFICE = "110101001"


def office(folder: Path, more: str = LEVEL, *, shuffle: int | None = None) -> Path:
    """Write the chess town as one street of two communities of 1,600 households."""
    config = chess_town(folder, config=STREETS + more, shuffle=shuffle)
    path = folder / "town.gpkg"
    homes = gpd.read_file(path, layer="communities")
    homes.assign(street=OFFICE).to_file(path, layer="communities", driver="GPKG")
    return config


OPTIONS = Options(maps=False, level=Level.COMMUNITY)


def divided(folder: Path, more: str = LEVEL, *, shuffle: int | None = None) -> Path:
    """Divide the street of a town; its output."""
    result = partition(Config.load(office(folder, more, shuffle=shuffle)), folder / "out", OPTIONS)
    assert result is not None
    assert result.broken == ()
    return folder / "out"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A street divided into communities, and these into grids."""
    return divided(tmp_path_factory.mktemp("street"))


def register(out: Path) -> pd.DataFrame:
    """The new communities."""
    return pd.read_csv(out / "communities" / "tables" / "community_register.csv", dtype=str)


def test_new_communities_are_in_range_whole_and_tile_the_street(out: Path) -> None:
    """Every new community holds 700 to 1,100 households and hangs together; no ground is lost."""
    plan = read_plan(out)
    assert plan.communities["households"].between(700, 1100).all()
    assert plan.communities["households"].sum() == 3200
    shapes = plan.communities.geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    assert (shapely.get_num_geometries(shapes) == 1).all()
    assert shapely.area(shapes).sum() == pytest.approx(320_000)
    assert plan.grids["range_status"].eq("in").all()
    assert set(plan.grids["community_code"]) == set(plan.communities["community_code"])
    assert (plan.streets["communities"] == len(shapes)).all()


def test_both_levels_are_audited_from_what_is_written(out: Path) -> None:
    """``audit OUT`` judges the division of the street, then that of its communities."""
    assert json.loads((out / "run.json").read_text())["level"] == "community"
    assert [f for f in audit_folder(out) if f.severity == Severity.BROKEN] == []
    path = out / "communities" / "plan.gpkg"
    kept = path.read_bytes()
    level = read_plan(out / "communities").grids
    level.loc[0, "households"] += 1
    level.to_file(path, layer="grids", driver="GPKG")
    found = audit_folder(out)
    path.write_bytes(kept)
    assert "column-wrong" in {f.kind for f in found if f.severity == Severity.BROKEN}


def test_the_crosswalk_reconciles_with_both_levels(out: Path) -> None:
    """Every household of an old community is in one of its heirs."""
    rows = pd.read_csv(
        out / "communities" / "tables" / "community_crosswalk.csv",
        dtype={"old_community": str, "community_code": str},
    )
    assert rows.groupby("old_community")["households"].sum().tolist() == [1600, 1600]
    held = read_plan(out).communities.set_index("community_code")["households"]
    assert rows.groupby("community_code")["households"].sum().to_dict() == held.to_dict()
    assert rows.groupby("old_community")["share_of_old"].sum().to_numpy() == pytest.approx(1)
    assert rows.groupby("community_code")["share_of_new"].sum().to_numpy() == pytest.approx(1)


def test_codes_go_on_or_are_new(out: Path) -> None:
    """A community keeps its code by more than half of both; no other gets a code of the past."""
    rows = pd.read_csv(
        out / "communities" / "tables" / "community_crosswalk.csv",
        dtype={"old_community": str, "community_code": str},
    )
    table = register(out).set_index("community_code")
    old = {f"{OFFICE}001", f"{OFFICE}002"}
    for code, event in table["event"].items():
        same = rows[(rows["community_code"] == code) & (rows["old_community"] == code)]
        majority = ((same["share_of_old"] > 0.5) & (same["share_of_new"] > 0.5)).any()
        assert (event == "kept") == (code in old) == bool(majority)
    fresh = sorted(table.index[table["event"] == "new"])
    assert fresh == [f"{OFFICE}{3 + i:03}" for i in range(len(fresh))]
    assert table["community_name"].is_unique


def test_row_order_changes_no_table(tmp_path: Path, out: Path) -> None:
    """The same street in another order of rows gives the same bytes at both levels."""
    other = divided(tmp_path, shuffle=5)
    assert tables(other) == tables(out)
    assert tables(other / "communities") == tables(out / "communities")


def test_communities_in_range_stay_where_change_counts(tmp_path: Path) -> None:
    """With a heavy weight of change nothing moves that need not; codes and names stay."""
    more = "[communities]\nmin = 1500\nmax = 1700\nchange = 50.0\n"
    table = register(divided(tmp_path, more))
    assert table["community_code"].tolist() == [f"{OFFICE}001", f"{OFFICE}002"]
    assert table["community_name"].tolist() == ["West", "East"]
    assert table["event"].eq("kept").all()


@pytest.mark.parametrize(("weight", "most"), [(50.0, 100), (1.0, 400)])
def test_resizing_moves_as_little_as_needed(tmp_path: Path, weight: float, most: int) -> None:
    """One community is too large, one too small: one unit moves where change counts most."""
    path = office(tmp_path, f"[communities]\nmin = 1000\nmax = 1500\nchange = {weight}\n")
    units = gpd.read_file(tmp_path / "town.gpkg", layer="units")
    east = units.geometry.bounds["minx"] >= WEST + 4 * SIDE
    units.loc[east, "households"] = 60
    units.to_file(tmp_path / "town.gpkg", layer="units", driver="GPKG")
    partition(Config.load(path), tmp_path / "out", OPTIONS)
    table = register(tmp_path / "out")
    assert table["households"].astype(int).between(1000, 1500).all()
    rows = pd.read_csv(
        tmp_path / "out" / "communities" / "tables" / "community_crosswalk.csv",
        dtype={"old_community": str, "community_code": str},
    )
    moved = rows.loc[rows["old_community"] != rows["community_code"], "households"].sum()
    assert 100 <= moved <= most
    assert table["event"].eq("kept").all()


def test_the_street_job_is_a_job_like_any_other(tmp_path: Path) -> None:
    """Streets stand where communities stood; range, number and codes are those of the level."""
    config = Config.load(office(tmp_path, LEVEL + "count = 4\n"))
    inputs = read_inputs(config)
    job = street_job(inputs, config)
    assert job.inputs.communities["community_code"].tolist() == [OFFICE]
    assert job.inputs.communities["grid_count"].tolist() == [4]
    assert set(job.inputs.units["community_code"]) == {OFFICE}
    assert (job.config.grids.min, job.config.grids.max, job.config.grids.target) == (700, 1100, 900)
    assert config.grids.min == 250
    lost = inputs.communities.assign(street_code="")
    with pytest.raises(ConfigError, match=r"name their column: \[inputs.communities\] street"):
        street_job(replace(inputs, communities=lost), config)


def test_a_divided_building_keeps_to_one_community(tmp_path: Path) -> None:
    """Stairwells are a block of the street, unless they have a block already."""
    config = Config.load(office(tmp_path))
    inputs = read_inputs(config)
    stairs = pd.DataFrame({"unit_id": ["u00", "u01"], "building_id": "B7"})
    blocks = pd.Series([None] * 31 + ["yard"], dtype=object)
    units = inputs.units.assign(block_id=blocks)
    job = street_job(replace(inputs, units=units, stairwells=stairs), config)
    held = job.inputs.units.set_index("unit_id")["block_id"]
    assert held[held.notna()].to_dict() == {
        "u00": "building B7",
        "u01": "building B7",
        "u31": "yard",
    }
    assert job.inputs.stairwells is None


def test_very_large_streets_are_contracted(tmp_path: Path) -> None:
    """Neighbours of one old community and zone become blocks, small ones, until few are left."""
    config = Config.load(office(tmp_path, "[communities]\nmin = 4000\nmax = 12000\n"))
    job = street_job(read_inputs(config), config)
    ground = prepare_ground(job.inputs, job.config)
    assert workable(ground, job) is ground
    cells = workable(ground, job, most=20).cells
    named = cells[cells["block_id"].notna()]
    assert named["block_id"].nunique() + cells["block_id"].isna().sum() == 20
    for _, part in named.groupby("block_id"):
        assert len(part) == 2  # a fortieth of 8,000 households holds two units
        assert shapely.coverage_union_all(part.geometry.to_numpy()).geom_type == "Polygon"
        assert part["police"].nunique() == 1
        assert len({job.home[unit] for unit in part["unit_id"]}) == 1
    few = workable(ground, job, most=1).cells
    assert few.groupby("block_id").size().eq(2).all()


def test_patterns_follow_the_codes_that_exist() -> None:
    """``auto`` goes on counting where codes are a street's code and a number."""
    assert level_pattern("auto", {"10101": "10", "10102": "10"}) == "{community_code}{seq:03}"
    assert level_pattern("auto", {"107": "10"}) == "{community_code}{seq:01}"
    for odd in ({"A": "10"}, {"101": "10", "1022": "10"}, {"10": "10"}, {"10-1": "10"}):
        assert level_pattern("auto", odd) == "{community_code}-{seq:03}"
    assert level_pattern("{street_code}/{seq:02}", {}) == "{community_code}/{seq:02}"


@pytest.mark.parametrize("profile", ["{seq:03}", "{street_code}", "{street_code}{seq:03}{kind}"])
def test_a_wrong_pattern_is_told(tmp_path: Path, profile: str) -> None:
    """A pattern of communities has the street and a number, and nothing else."""
    path = office(tmp_path, LEVEL + f'profile = "{profile}"\n')
    with pytest.raises(ConfigError, match=r"\[communities\] profile"):
        Config.load(path)


def test_a_range_must_be_one(tmp_path: Path) -> None:
    """Bounds of communities are checked as those of grids are."""
    with pytest.raises(ConfigError, match=r"min .* must be below max"):
        Config.load(office(tmp_path, "[communities]\nmin = 3000\nmax = 1000\n"))


def test_the_command_line_divides_streets(tmp_path: Path) -> None:
    """``--level community`` with ``--only STREET``; unknown streets, --assignment are refused."""
    config = str(office(tmp_path))
    call = ["partition", config, "-o", str(tmp_path / "out"), "--level", "community", "--no-maps"]
    done = CliRunner().invoke(gridplan, [*call, "--only", OFFICE, "-q"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "communities" / "plan.gpkg").is_file()
    assert redraw(tmp_path / "out", ["html"]) == []
    again = CliRunner().invoke(gridplan, [*call, "--only", OFFICE, "--resume"])
    assert "nothing to do" in again.output
    wrong = CliRunner().invoke(gridplan, [*call, "--overwrite", "--only", "nowhere"])
    assert wrong.exit_code == 2
    assert "no street has this code" in wrong.output
    hand = CliRunner().invoke(gridplan, [*call, "--overwrite", "--assignment", config])
    assert hand.exit_code == 2


def test_a_resumed_run_is_the_same(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was solved of the streets before a crash is not solved again, nor changes anything."""
    config = Config.load(office(tmp_path))
    from gridplan import pipeline

    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "write_plan", crash)
        with pytest.raises(RuntimeError, match="power cut"):
            partition(config, tmp_path / "out", OPTIONS)
    names = {p.name.split("-")[0] for p in (tmp_path / "out.partial" / "checkpoints").iterdir()}
    assert f"street_{OFFICE}" in names
    partition(config, tmp_path / "out", replace(OPTIONS, resume=True))
    assert tables(tmp_path / "out") == tables(out)
    assert tables(tmp_path / "out" / "communities") == tables(out / "communities")
    assert np.isin(["communities"], [p.name for p in (tmp_path / "out").iterdir()]).all()
