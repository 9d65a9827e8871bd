"""The GeoPackage, the run record and the output folder."""

import datetime as dt
import json
import math
import sqlite3
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from gridplan.domain import Plan
from gridplan.errors import OutputError
from gridplan.export import (
    MARKER,
    OutputFolder,
    mask_credentials,
    open_output,
    write_plan,
    write_run,
    write_whole,
)
from gridplan.tables import LAYERS

CRS = "EPSG:26986"
HOSTILE = "=cmd|' /C calc'!A1\n\"第一\",\x00" + "长" * 400


def boxes(*corners: tuple[float, float]) -> list[shapely.Polygon]:
    """Squares of 100 m with these lower left corners."""
    return [shapely.box(x, y, x + 100, y + 100) for x, y in corners]


def small_plan() -> Plan:
    """Two grids of one community, rows on purpose in the wrong order, one hostile name."""
    grids = gpd.GeoDataFrame(
        {
            "grid_code": ["C1-002", "C1-001"],
            "grid_name": ["Grid 2", HOSTILE],
            "grid_kind": "residential",
            "community_code": "C1",
            "street_code": "",
            "households": np.array([300, 260], dtype=np.int64),
            "range_status": "in",
            "institution_id": "",
            "parts": 1,
            "area_m2": 10_000.0,
            "perimeter_m": 400.0,
            "polsby_popper": math.pi / 4,
            "police_main": ["P1", None],
            "police_main_share": [1.0, math.nan],
            "police_zones": [1, 0],
        },
        geometry=boxes((100, 0), (0, 0)),
        crs=CRS,
    )
    communities = gpd.GeoDataFrame(
        {
            "community_code": ["C1"],
            "community_name": ["东门社区"],
            "street_code": [""],
            "households": [560],
            "grids": [2],
            "status": ["feasible"],
            "gap": [math.nan],
            "stopped": [""],
        },
        geometry=[shapely.box(0, 0, 200, 100)],
        crs=CRS,
    )
    streets = gpd.GeoDataFrame(
        {
            "street_code": [""],
            "street_name": ["Sample"],
            "communities": [1],
            "grids": [2],
            "households": [560],
        },
        geometry=[shapely.box(0, 0, 200, 100)],
        crs=CRS,
    )
    units = gpd.GeoDataFrame(
        {
            "unit_id": ["u2", "u1"],
            "grid_code": ["C1-002", "C1-001"],
            "community_code": "C1",
            "households": [300, 260],
            "police": ["P1", None],
        },
        geometry=boxes((100, 0), (0, 0)),
        crs=CRS,
    )
    facilities = gpd.GeoDataFrame(
        {"facility_id": ["f1"], "grid_code": ["C1-001"], "name": ["kiosk"], "kind": [""]},
        geometry=[shapely.Point(10, 10)],
        crs=CRS,
    )
    roads = gpd.GeoDataFrame(
        {"road_id": ["r1"], "grid_code": ["C1-001"], "name": ["解放路"], "length_m": [50.0]},
        geometry=[shapely.LineString([(0, 0), (50, 0)])],
        crs=CRS,
    )
    return Plan(
        grids,
        communities,
        streets,
        units,
        {"facilities": facilities, "roads": roads},
        ("police",),
    )


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Write the small plan as a GeoPackage."""
    write_plan(small_plan(), tmp_path / "plan.gpkg")
    return tmp_path / "plan.gpkg"


def test_layers_stand_in_contract_order(written: Path) -> None:
    """The file holds exactly the plan's layers, in the order of the contract."""
    names = pyogrio.list_layers(written)[:, 0].tolist()
    assert names == ["grids", "communities", "streets", "units", "facilities", "roads"]


def test_columns_are_exactly_those_of_the_contract(written: Path) -> None:
    """Columns and order are the dictionary's, with the zone columns filled in."""
    grids = pyogrio.read_dataframe(written, layer="grids")
    plain = [name for name in LAYERS["grids"] if "<" not in name]
    zones = ["police_main", "police_main_share", "police_zones", "geometry"]
    assert list(grids.columns) == plain + zones
    units = pyogrio.read_dataframe(written, layer="units")
    given = ["unit_id", "grid_code", "community_code", "households"]
    assert given == [name for name in LAYERS["units"] if name in given]
    assert list(units.columns) == [*given, "police", "geometry"]


def test_values_read_back(written: Path) -> None:
    """Rows are sorted by code, missing values are nulls, only control characters are replaced."""
    grids = pyogrio.read_dataframe(written, layer="grids")
    assert grids["grid_code"].tolist() == ["C1-001", "C1-002"]
    assert grids["grid_name"][0] == HOSTILE.replace("\x00", "\ufffd")
    assert grids["police_main"].isna().tolist() == [True, False]
    assert grids["police_main_share"].isna().tolist() == [True, False]
    assert grids["households"].tolist() == [260, 300]
    assert pyogrio.read_dataframe(written, layer="roads")["name"].tolist() == ["解放路"]


def test_types_and_crs_of_every_layer(written: Path) -> None:
    """Polygons and lines are multi throughout, points are points, the CRS is the plan's."""
    kinds = {
        name: pyogrio.read_info(written, layer=name)["geometry_type"]
        for name in pyogrio.list_layers(written)[:, 0]
    }
    assert kinds == {
        "grids": "MultiPolygon",
        "communities": "MultiPolygon",
        "streets": "MultiPolygon",
        "units": "MultiPolygon",
        "facilities": "Point",
        "roads": "MultiLineString",
    }
    info = pyogrio.read_info(written, layer="grids")
    assert info["crs"] == CRS
    kinds = dict(zip(info["fields"], info["dtypes"], strict=True))
    assert kinds["households"].startswith("int")
    assert kinds["area_m2"] == "float64"
    assert kinds["grid_code"] == "object"
    assert pyogrio.read_dataframe(written, layer="grids").geom_type.eq("MultiPolygon").all()


@pytest.mark.parametrize(("version", "number"), [("1.2", 10200), ("1.3", 10300)])
def test_version_of_the_geopackage(tmp_path: Path, version: str, number: int) -> None:
    """The GeoPackage declares the version that was asked for."""
    write_plan(small_plan(), tmp_path / "plan.gpkg", version=version)
    with sqlite3.connect(tmp_path / "plan.gpkg") as base:
        assert base.execute("PRAGMA user_version").fetchone() == (number,)
    base.close()


def test_row_order_of_the_plan_does_not_matter(tmp_path: Path) -> None:
    """A plan in another row order leaves the same rows in the same order."""
    plan = small_plan()
    turned = Plan(
        plan.grids[::-1],
        plan.communities,
        plan.streets,
        plan.units[::-1],
        plan.extra,
        plan.zone_layers,
    )
    write_plan(plan, tmp_path / "a.gpkg")
    write_plan(turned, tmp_path / "b.gpkg")
    for layer in ("grids", "units"):
        one, two = (pyogrio.read_dataframe(tmp_path / f, layer=layer) for f in ("a.gpkg", "b.gpkg"))
        pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(two))


def test_empty_extra_layer_keeps_its_columns(tmp_path: Path) -> None:
    """A layer without features is written with all its columns."""
    plan = small_plan()
    none = {"facilities": plan.extra["facilities"].iloc[:0]}
    write_plan(
        Plan(plan.grids, plan.communities, plan.streets, plan.units, none, ("police",)),
        tmp_path / "plan.gpkg",
    )
    info = pyogrio.read_info(tmp_path / "plan.gpkg", layer="facilities")
    assert list(info["fields"]) == ["facility_id", "grid_code", "name", "kind"]


def test_further_columns_follow_the_contract(tmp_path: Path) -> None:
    """Columns beyond the contract are kept, after it; nullable integers stay integers."""
    plan = small_plan()
    beds = pd.array([None], dtype="Int64")
    facilities = plan.extra["facilities"].assign(beds=beds)[
        ["beds", *LAYERS["facilities"], "geometry"]
    ]
    write_plan(
        Plan(
            plan.grids,
            plan.communities,
            plan.streets,
            plan.units,
            {"facilities": facilities},
            ("police",),
        ),
        tmp_path / "plan.gpkg",
    )
    info = pyogrio.read_info(tmp_path / "plan.gpkg", layer="facilities")
    assert list(info["fields"]) == ["facility_id", "grid_code", "name", "kind", "beds"]


def test_missing_columns_are_named_all_at_once(tmp_path: Path) -> None:
    """Every missing column and a strange CRS are reported together and nothing is written."""
    plan = small_plan()
    broken = Plan(
        plan.grids.drop(columns=["parts", "police_zones"]),
        plan.communities,
        plan.streets.to_crs("EPSG:4326"),
        plan.units,
        {},
        ("police",),
    )
    with pytest.raises(OutputError) as caught:
        write_plan(broken, tmp_path / "plan.gpkg")
    assert len(caught.value.problems) == 3
    assert "parts" in caught.value.problems[0]
    assert "EPSG:4326" in caught.value.problems[2]
    assert not (tmp_path / "plan.gpkg").exists()


def test_unwritable_place_is_an_output_error(tmp_path: Path) -> None:
    """A path below a file is an OutputError, not a traceback of the driver."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_plan(small_plan(), tmp_path / "file" / "plan.gpkg")
    with pytest.raises(OutputError, match="cannot be written"):
        write_run(tmp_path / "file" / "run.json", {})


def test_run_record_is_canonical(tmp_path: Path) -> None:
    """Keys are sorted, NaN is null, NumPy, dates, paths and sets become plain; bytes are exact."""
    record = {
        "seed": np.int64(3),
        "date": dt.date(2024, 3, 1),
        "out": Path("out"),
        "gap": math.nan,
        "bound": np.float64("inf"),
        "names": {"丙", "甲"},
        "communities": [{"status": "optimal", "gap": 0.0}],
    }
    write_run(tmp_path / "run.json", record)
    expected = """{
  "bound": null,
  "communities": [
    {
      "gap": 0.0,
      "status": "optimal"
    }
  ],
  "date": "2024-03-01",
  "format": "gridplan-run-1",
  "gap": null,
  "names": [
    "丙",
    "甲"
  ],
  "out": "out",
  "seed": 3
}
"""
    assert (tmp_path / "run.json").read_bytes() == expected.encode()


def test_run_record_refuses_what_it_cannot_hold(tmp_path: Path) -> None:
    """An object of no plain kind is a mistake in the program and leaves no file."""
    with pytest.raises(TypeError, match="object"):
        write_run(tmp_path / "run.json", {"x": object()})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "value",
    [
        "postgresql://planner:hunter2@db:5432/city",
        "postgresql+psycopg://planner:hunter2 @b/c@db/city",
        "PG:host=db user=planner password=hunter2 dbname=city",
        "postgresql://db/city?user=a&password=hunter2",
        "PG:host=db password='hunter2 x'",
        "could not read postgresql://a:hunter2@db/x: refused",
    ],
)
def test_credentials_never_reach_the_record(tmp_path: Path, value: str) -> None:
    """No password in an address, a connection string or a message survives."""
    write_run(tmp_path / "run.json", {"inputs": [{"path": value}], "note": {"PASSWORD": "hunter2"}})
    text = (tmp_path / "run.json").read_text("utf-8")
    assert "hunter2" not in text
    assert "***" in text


def test_plain_text_keeps_its_words() -> None:
    """Masking leaves paths and sentences alone."""
    for text in ("city.gpkg", "C:\\data\\a@b.csv", "see https://example.org/x", "a = b"):
        assert mask_credentials(text) == text


def test_write_whole_leaves_no_draft(tmp_path: Path) -> None:
    """A file is replaced whole and no temporary one stays."""
    write_whole(tmp_path / "a" / "x.json", b"1")
    write_whole(tmp_path / "a" / "x.json", b"2")
    assert [path.read_bytes() for path in (tmp_path / "a").iterdir()] == [b"2"]


def finish(folder: OutputFolder, text: str = "plan") -> None:
    """Write what a run leaves at the least."""
    (folder.path / "plan.gpkg").write_text(text)
    folder.write_run({"seed": 0})


def finished(out: Path, signature: str = "s1", text: str = "plan", **options: bool) -> None:
    """Run once, successfully."""
    with open_output(out, signature=signature, **options) as folder:
        finish(folder, text)


def crashed(out: Path, signature: str = "s1", *, checkpoint: bool = True) -> None:
    """Run once and fail, with or without a checkpoint."""

    def work() -> None:
        with open_output(out, signature=signature) as folder:
            if checkpoint:
                write_whole(folder.checkpoint_path("C1"), b"{}")
            (folder.path / "plan.gpkg").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        work()


def names(folder: Path) -> list[str]:
    """Names in a folder, sorted."""
    return sorted(path.name for path in folder.iterdir())


def test_output_appears_whole(tmp_path: Path) -> None:
    """OUT is not there while the run works, and complete with nothing else afterwards."""
    out = tmp_path / "deep" / "out"
    with open_output(out, signature="s") as folder:
        finish(folder)
        write_whole(folder.checkpoint_path("C1"), b"{}")
        assert not out.exists()
        assert folder.path == tmp_path / "deep" / "out.partial"
    assert names(out) == ["plan.gpkg", "run.json"]
    assert names(tmp_path / "deep") == ["out"]
    assert json.loads((out / "run.json").read_text())["signature"] == "s"


def test_failure_before_a_checkpoint_leaves_nothing(tmp_path: Path) -> None:
    """A run that fails early leaves neither OUT nor OUT.partial nor the folders made for them."""
    crashed(tmp_path / "deep" / "er" / "out", checkpoint=False)
    assert names(tmp_path) == []


def test_failure_after_a_checkpoint_can_be_resumed(tmp_path: Path) -> None:
    """Checkpoints stay for --resume with the same signature; half-written files do not."""
    out = tmp_path / "out"
    crashed(out)
    assert names(tmp_path) == ["out.partial"]
    with open_output(out, resume=True, signature="s1") as folder:
        assert folder.resumed
        assert folder.checkpoint_path("C1").exists()
        assert names(folder.path) == [".gridplan-lock", MARKER, "checkpoints"]
        finish(folder)
    assert names(out) == ["plan.gpkg", "run.json"]


def test_another_signature_starts_anew(tmp_path: Path) -> None:
    """Unfinished work of another signature is not used, and a finding says so."""
    out = tmp_path / "out"
    crashed(out)
    folder = open_output(out, resume=True, signature="s2")
    assert not folder.resumed
    assert [finding.kind for finding in folder.findings] == ["resume-anew"]
    assert not folder.checkpoint_path("C1").exists()


def test_unfinished_work_is_dropped_without_resume(tmp_path: Path) -> None:
    """Without --resume a partial folder of ours is started over in silence."""
    out = tmp_path / "out"
    crashed(out)
    folder = open_output(out, signature="s1")
    assert (folder.resumed, folder.findings) == (False, ())
    assert names(folder.path) == [".gridplan-lock", MARKER]


def test_existing_output_needs_overwrite(tmp_path: Path) -> None:
    """An existing OUT stays as it is and the error names the cure."""
    out = tmp_path / "out"
    finished(out, text="old")
    with pytest.raises(OutputError, match="--overwrite"):
        open_output(out, signature="s2")
    assert (out / "plan.gpkg").read_text() == "old"
    assert names(tmp_path) == ["out"]


def test_overwrite_replaces_when_the_new_one_is_finished(tmp_path: Path) -> None:
    """With --overwrite the old result stands until the new one is whole, then is gone."""
    out = tmp_path / "out"
    finished(out, text="old")
    with open_output(out, overwrite=True, signature="s2") as folder:
        assert (out / "plan.gpkg").read_text() == "old"
        finish(folder, "new")
    assert (out / "plan.gpkg").read_text() == "new"
    assert names(tmp_path) == ["out"]


def test_failed_overwrite_keeps_the_old_result(tmp_path: Path) -> None:
    """A run that fails with --overwrite leaves the old result untouched."""
    out = tmp_path / "out"
    finished(out, text="old")
    with pytest.raises(RuntimeError), open_output(out, overwrite=True, signature="s2"):
        raise RuntimeError
    assert (out / "plan.gpkg").read_text() == "old"
    assert names(tmp_path) == ["out"]


def test_overwrite_carries_over_what_is_not_ours(tmp_path: Path) -> None:
    """A planner's own file in OUT survives --overwrite."""
    out = tmp_path / "out"
    finished(out, text="old")
    (out / "my map.qgz").write_text("mine")
    finished(out, "s2", "new", overwrite=True)
    assert (out / "my map.qgz").read_text() == "mine"
    assert (out / "plan.gpkg").read_text() == "new"


def test_resume_of_a_finished_run_is_done(tmp_path: Path) -> None:
    """--resume on a finished OUT of the same signature has nothing to do; others are refused."""
    out = tmp_path / "out"
    finished(out)
    with open_output(out, resume=True, signature="s1") as folder:
        assert folder.done
        assert folder.path == out
    assert names(out) == ["plan.gpkg", "run.json"]
    with pytest.raises(OutputError, match="--overwrite"):
        open_output(out, resume=True, signature="s2")


@pytest.mark.parametrize("place", ["out", "out.partial", "out.replaced"])
@pytest.mark.parametrize("record", [None, "{}", "[1]", "{", '{"format": "other"}'])
def test_a_folder_of_someone_else_is_never_touched(
    tmp_path: Path, place: str, record: str | None
) -> None:
    """A folder without our record is refused even with --overwrite, and keeps every file."""
    (tmp_path / place).mkdir()
    (tmp_path / place / "thesis.doc").write_text("years of work")
    if record is not None:
        (tmp_path / place / "run.json").write_text(record)
    before = names(tmp_path / place)
    with pytest.raises(OutputError, match="no run of gridplan left"):
        open_output(tmp_path / "out", overwrite=True, resume=True, signature="s")
    assert names(tmp_path / place) == before
    assert names(tmp_path) == [place]


def test_an_empty_folder_is_free(tmp_path: Path) -> None:
    """An empty OUT is used without --overwrite, and so is an OUT.partial with a lock alone."""
    for place in ("out", "out.partial"):
        (tmp_path / place).mkdir()
    (tmp_path / "out.partial" / ".gridplan-lock").touch()
    finished(tmp_path / "out")
    assert names(tmp_path) == ["out"]


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    """OUT that is a file is refused."""
    (tmp_path / "out").write_text("x")
    with pytest.raises(OutputError, match="is a file"):
        open_output(tmp_path / "out", overwrite=True, signature="s")


def test_a_place_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    """OUT below a file is refused before any work is done."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be made"):
        open_output(tmp_path / "file" / "out", signature="s")


def test_working_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working folder and those above it are no place for a result."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for place in (".", "..", "/"):
        with pytest.raises(OutputError, match="working folder"):
            open_output(Path(place), overwrite=True, signature="s")


def test_inputs_inside_the_output_are_protected(tmp_path: Path) -> None:
    """A run that reads a file in OUT or OUT.partial is refused before anything is touched."""
    out = tmp_path / "out"
    finished(out)
    inside = out / "plan.gpkg"
    with pytest.raises(OutputError, match="is an input inside"):
        open_output(out, overwrite=True, signature="s2", protect=[tmp_path / "a.gpkg", inside])
    assert inside.exists()


def test_one_run_at_a_time(tmp_path: Path) -> None:
    """A second run on the same OUT is refused while the first one works, and disturbs nothing."""
    out = tmp_path / "out"
    with open_output(out, signature="s1") as folder:
        finish(folder)
        for resume in (False, True):
            with pytest.raises(OutputError, match="another run is writing"):
                open_output(out, signature="s1", resume=resume)
        assert (folder.path / "plan.gpkg").exists()
    finished(out, "s2", overwrite=True)
    assert names(tmp_path) == ["out"]


def test_a_killed_run_can_be_resumed(tmp_path: Path) -> None:
    """A process that is killed while it writes leaves no lock, and its checkpoints are found."""
    program = (
        "import os, sys; from pathlib import Path; from gridplan.export import *; "
        "f = open_output(Path(sys.argv[1]), signature='s1'); "
        "write_whole(f.checkpoint_path('C1'), b'{}'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "out")], check=False)
    with open_output(tmp_path / "out", signature="s1", resume=True) as folder:
        assert folder.resumed
        assert folder.checkpoint_path("C1").read_bytes() == b"{}"
        finish(folder)
    assert names(tmp_path / "out") == ["plan.gpkg", "run.json"]


def test_nothing_appears_without_a_run_record(tmp_path: Path) -> None:
    """A folder without run.json is never put at OUT."""
    folder = open_output(tmp_path / "out", signature="s")
    with pytest.raises(OutputError, match=r"run\.json is missing"):
        folder.commit()
    assert not (tmp_path / "out").exists()


def test_crash_between_the_two_renames_is_put_right(tmp_path: Path) -> None:
    """When the old result was moved aside and the new one not yet in place, the old one returns."""
    out = tmp_path / "out"
    finished(out, text="old")
    out.replace(tmp_path / "out.replaced")
    with pytest.raises(OutputError, match="--overwrite"):
        open_output(out, signature="s2")
    assert (out / "plan.gpkg").read_text() == "old"


def test_crash_before_the_old_result_is_deleted_is_put_right(tmp_path: Path) -> None:
    """When both results are there, the new one stays and the planner's files are carried over."""
    out = tmp_path / "out"
    finished(out, text="old")
    (out / "notes.txt").write_text("mine")
    out.replace(tmp_path / "out.replaced")
    finished(tmp_path / "new", text="new")
    (tmp_path / "new" / MARKER).write_text("{}")
    (tmp_path / "new").replace(out)
    assert open_output(out, resume=True, signature="s1").done
    assert names(tmp_path) == ["out"]
    assert names(out) == ["notes.txt", "plan.gpkg", "run.json"]
    assert (out / "plan.gpkg").read_text() == "new"


def test_failed_rename_puts_the_old_result_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the new folder cannot be renamed, the old one is back and the new one is kept."""
    out = tmp_path / "out"
    finished(out, text="old")
    folder = open_output(out, overwrite=True, signature="s2")
    finish(folder, "new")
    rename = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if self == folder.path:
            raise PermissionError(13, "in use")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OutputError, match="in use"):
        folder.commit()
    assert (out / "plan.gpkg").read_text() == "old"
    assert (folder.path / "plan.gpkg").read_text() == "new"


def test_output_through_a_link_stays_a_link(tmp_path: Path) -> None:
    """OUT that is a link to a folder keeps the link; the folder behind it is replaced."""
    finished(tmp_path / "real", text="old")
    (tmp_path / "out").symlink_to(tmp_path / "real", target_is_directory=True)
    finished(tmp_path / "out", "s2", "new", overwrite=True)
    assert (tmp_path / "out").is_symlink()
    assert (tmp_path / "real" / "plan.gpkg").read_text() == "new"


def test_checkpoint_names_are_safe_and_differ(tmp_path: Path) -> None:
    """Hostile community codes give distinct plain names inside the folder, whatever the case."""
    folder = open_output(tmp_path / "out", signature="s")
    codes = [
        "",
        "a",
        "A",
        "../../x",
        "CON",
        "社区一",
        "社区二",
        "x" * 5000,
        "a/b",
        "a\\b",
        "\n",
        HOSTILE,
    ]
    paths = [folder.checkpoint_path(code) for code in codes]
    assert len({path.name.lower() for path in paths}) == len(codes)
    for path in paths:
        assert path.parent == folder.path / "checkpoints"
        write_whole(path, b"{}")
        assert len(path.name) < 80
