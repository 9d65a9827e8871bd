"""The main job from Python: same bytes whatever runs it, hand-made plans, resume, conflicts."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from gridplan.config import Config
from gridplan.domain import Severity
from gridplan.errors import InfeasibleError, LayerError
from gridplan.layers import read_plan
from gridplan.pipeline import Options, audit_folder, partition
from tests.jobs import CONFIG, chess_town, tables

DATE = dt.date(2026, 1, 31)


def test_chess_town_is_divided_perfectly(tmp_path: Path) -> None:
    """Each community of 1,600 households becomes four squares of 400, proven optimal."""
    result = partition(Config.load(chess_town(tmp_path)), tmp_path / "out", Options(date=DATE))
    assert result is not None
    assert sorted(result.plan.grids["households"]) == [400] * 8
    assert [s.solution.status for s in result.solved] == ["optimal", "optimal"]
    assert [f for f in result.audit if f.severity == Severity.BROKEN] == []
    codes = result.plan.grids["grid_code"]
    assert sorted(codes)[0] == "110101001001001"
    assert set(result.plan.grids["police_zones"]) == {1}


def test_row_order_and_workers_change_nothing(tmp_path: Path) -> None:
    """Shuffled rows and another number of workers give byte-identical tables."""
    plain = Config.load(chess_town(tmp_path / "a"))
    mixed = Config.load(chess_town(tmp_path / "b", shuffle=1)).replace({"solve.workers": 2})
    partition(plain, tmp_path / "one", Options(date=DATE))
    partition(mixed, tmp_path / "two", Options(date=DATE))
    assert tables(tmp_path / "one") == tables(tmp_path / "two")


def test_hash_seed_changes_nothing(tmp_path: Path) -> None:
    """Another PYTHONHASHSEED gives byte-identical tables."""
    job = chess_town(tmp_path)
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-m", "gridplan", "partition", job, "-o", tmp_path / seed,
             "--date", "2026-01-31", "-q"],
            env={**os.environ, "PYTHONHASHSEED": seed}, check=True,
        )  # fmt: skip
    assert tables(tmp_path / "1") == tables(tmp_path / "2")


def test_hand_made_plan_takes_the_same_road(tmp_path: Path) -> None:
    """``--assignment`` leads to the same outputs, and the audit judges it the same way."""
    config = Config.load(chess_town(tmp_path))
    first = partition(config, tmp_path / "out", Options(date=DATE))
    assert first is not None
    table = pd.DataFrame(first.plan.units[["unit_id", "grid_code"]])
    table.rename(columns={"grid_code": "grid"}).to_csv(tmp_path / "hand.csv", index=False)
    again = partition(
        config, tmp_path / "again", Options(date=DATE, assignment=tmp_path / "hand.csv")
    )
    assert again is not None
    assert again.broken == ()
    before, after = tables(tmp_path / "out"), tables(tmp_path / "again")
    assert before.keys() == after.keys()
    assert before["building_codes.csv"] == after["building_codes.csv"]


def test_bad_hand_made_plan_is_written_and_judged(tmp_path: Path) -> None:
    """A hand-made plan that breaks the range and contiguity is written; the audit names both."""
    config = Config.load(chess_town(tmp_path))
    units = [f"u{i:02d}" for i in range(32)]
    grid = ["x" if i in (0, 11) else f"g{i % 8 // 4}" for i in range(32)]
    pd.DataFrame({"unit_id": units, "grid": grid}).to_csv(tmp_path / "hand.csv", index=False)
    result = partition(
        config, tmp_path / "out", Options(date=DATE, assignment=tmp_path / "hand.csv")
    )
    assert result is not None
    kinds = {f.kind for f in result.broken}
    assert "grid-out-of-range" in kinds
    assert any("part" in kind or "contig" in kind for kind in kinds)


def test_assignment_problems_are_named(tmp_path: Path) -> None:
    """Missing, unknown and repeated units of an assignment give one line each."""
    config = Config.load(chess_town(tmp_path))
    rows = {"unit_id": ["u00", "u00", "zz"], "grid": ["a", "a", "a"]}
    pd.DataFrame(rows).to_csv(tmp_path / "hand.csv", index=False)
    with pytest.raises(LayerError) as caught:
        partition(config, tmp_path / "out", Options(date=DATE, assignment=tmp_path / "hand.csv"))
    assert len(caught.value.problems) == 3
    assert not (tmp_path / "out").exists()


def test_resume_solves_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that dies after solving goes on from its checkpoints and ends with the same tables."""
    from gridplan import answers, pipeline

    config = Config.load(chess_town(tmp_path))
    partition(config, tmp_path / "whole", Options(date=DATE))
    with monkeypatch.context() as broken:
        broken.setattr(pipeline, "assemble", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            partition(config, tmp_path / "out", Options(date=DATE))
    assert not (tmp_path / "out").exists()
    assert (tmp_path / "out.partial").is_dir()
    for name in ("solve", "layer_ledger"):
        monkeypatch.setattr(answers, name, lambda *_, **__: pytest.fail("done again"))
    partition(config, tmp_path / "out", Options(date=DATE, resume=True))
    assert tables(tmp_path / "out") == tables(tmp_path / "whole")
    assert not (tmp_path / "out.partial").exists()


def test_shapes_that_are_written_are_let_go(tmp_path: Path) -> None:
    """Without maps a run keeps no shapes of units in memory; files are those of a run with maps."""
    config = Config.load(chess_town(tmp_path))
    partition(config, tmp_path / "maps", Options(date=DATE))
    result = partition(config, tmp_path / "out", Options(date=DATE, maps=False))
    assert result is not None
    assert result.plan.units.geometry.isna().all()
    assert not result.plan.extra
    assert not result.plan.grids.geometry.isna().any()
    assert tables(tmp_path / "out") == tables(tmp_path / "maps")
    assert not read_plan(tmp_path / "out").units.geometry.isna().any()


def test_only_some_communities(tmp_path: Path) -> None:
    """``--only`` divides one community as the whole run would, and its audit knows that."""
    config = Config.load(chess_town(tmp_path))
    options = Options(date=DATE, only=("110101001002",))
    result = partition(config, tmp_path / "out", options)
    assert result is not None
    assert result.broken == ()
    assert set(result.plan.grids["community_code"]) == {"110101001002"}
    assert [f for f in audit_folder(tmp_path / "out") if f.severity == Severity.BROKEN] == []


def test_community_without_households_is_one_grid(tmp_path: Path) -> None:
    """A port or a lake is no error: one grid of 0 households and a finding."""
    job = chess_town(tmp_path)
    units = gpd.read_file(tmp_path / "town.gpkg", layer="units")
    units.loc[units.index % 8 >= 4, "households"] = 0
    units.to_file(tmp_path / "town.gpkg", layer="units", driver="GPKG")
    result = partition(Config.load(job), tmp_path / "out", Options(date=DATE))
    assert result is not None
    east = result.plan.grids[result.plan.grids["community_code"] == "110101001002"]
    assert list(east["households"]) == [0]
    assert "community-empty" in {f.kind for f in result.findings}
    assert result.broken == ()


def test_community_without_units_is_one_grid(tmp_path: Path) -> None:
    """A community in which nothing stands is one grid of 0 households too."""
    job = chess_town(tmp_path)
    units = gpd.read_file(tmp_path / "town.gpkg", layer="units")
    units[units.index % 8 < 4].to_file(tmp_path / "town.gpkg", layer="units", driver="GPKG")
    result = partition(Config.load(job), tmp_path / "out", Options(date=DATE))
    assert result is not None
    assert result.broken == ()
    assert len(result.plan.grids) == 5
    assert len(result.plan.units) == 16


def test_conflicting_hard_rules_end_with_exit_code_three(tmp_path: Path) -> None:
    """A fixed number of grids that nest zones forbid is named; nothing is written."""
    config = CONFIG.replace('id = "station"', 'id = "station"\nmode = "nest"')
    config = config.replace("max = 500", "max = 500\ncount = 1")
    with pytest.raises(InfeasibleError) as caught:
        partition(
            Config.load(chess_town(tmp_path, config=config)), tmp_path / "out", Options(date=DATE)
        )
    assert caught.value.exit_code == 3
    assert "110101001001" in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_households_in_are_households_out(tmp_path: Path) -> None:
    """The reconciliation shows no difference in any community."""
    partition(Config.load(chess_town(tmp_path)), tmp_path / "out", Options(date=DATE))
    table = pd.read_csv(tmp_path / "out" / "tables" / "reconciliation.csv", encoding="utf-8-sig")
    assert table["households_in"].sum() == 3200
    assert (table["households_difference"] == 0).all()


def test_locks_and_a_fixed_count_are_kept(tmp_path: Path) -> None:
    """Units locked together share a grid, units locked apart do not, and the count is exact."""
    config = CONFIG.replace("[grids]", '[inputs.locks]\npath = "locks.csv"\n\n[grids]\ncount = 5')
    job = chess_town(tmp_path, config=config)
    (tmp_path / "locks.csv").write_text(
        "kind,a,b,note\ntogether,u01,u02,a compound\napart,u00,u01,\n", encoding="utf-8"
    )
    result = partition(Config.load(job), tmp_path / "out", Options(date=DATE))
    assert result is not None
    grid = result.plan.units.set_index("unit_id")["grid_code"]
    assert grid["u01"] == grid["u02"]
    assert grid["u00"] != grid["u01"]
    assert set(result.plan.communities["grids"]) == {5}
    assert result.broken == ()


def test_conflict_in_one_community_does_not_stop_the_other(tmp_path: Path) -> None:
    """The rest is divided, the conflict is listed, and the audit knows what the folder holds."""
    config = CONFIG.replace('id = "station"', 'id = "station"\nmode = "nest"')
    job = chess_town(tmp_path, config=config.replace("[grids]", '[grids]\ncount = "wanted"'))
    homes = gpd.read_file(tmp_path / "town.gpkg", layer="communities")
    homes["wanted"] = [1 if code == "110101001001" else 4 for code in homes["code"]]
    homes.to_file(tmp_path / "town.gpkg", layer="communities", driver="GPKG")
    result = partition(Config.load(job), tmp_path / "out", Options(date=DATE))
    assert result is not None
    assert [f.kind for f in result.broken] == ["community-conflict"]
    assert set(result.plan.grids["community_code"]) == {"110101001002"}
    assert [f for f in audit_folder(tmp_path / "out") if f.severity == Severity.BROKEN] == []
    listed = pd.read_csv(tmp_path / "out" / "tables" / "exceptions.csv", dtype=str)
    assert "community-conflict" in set(listed["kind"])
