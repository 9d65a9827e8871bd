"""Real files with real defects: a right layer with its repairs listed, or words; no traceback."""

import re
from pathlib import Path

import pyproj
import pytest
from click.testing import CliRunner

from gridplan.cli import gridplan
from gridplan.config import Config
from gridplan.domain import Finding, Severity
from gridplan.errors import LayerError
from gridplan.layers import read_inputs
from gridplan.layers.coordinates import name_undeclared
from gridplan.layers.notes import Notes
from gridplan.layers.repair import usable_polygons
from gridplan.layers.source import read_features
from tests.sections import Section

SCHOOL = 'crs = "EPSG:2248"'


@pytest.mark.parametrize(
    ("file", "crs", "features", "km2", "repairs"),
    [
        ("baltimore_mixed_crs/blocks_3857.gpkg", 2804, 1286, 40.2, 0),
        ("baltimore_mixed_crs/csas_2804_raw.gpkg", 2804, 7, 39.8, 2),
        ("baltimore_mixed_crs/zoning_2804_raw.gpkg", 2804, 369, 56.7, 3),
        ("baltimore_mixed_crs/police_4326.geojson", 2804, 9, 211.1, 0),
        ("china_gbk/shanghai_shp/区县界_area.shp", 4549, 17, 6787, 0),
        ("co_precincts/DenverCo_precincts2020_orig.zip", 26913, 356, 401.3, 0),
        ("co_precincts/CO_bad_gap_region.zip", 26913, 15, 926.7, 0),
        ("taipei_3d/base_63000030_3d.geojson", 3826, 1270, 11.4, 0),
        ("tongling/districts_wgs84.geojson", 4547, 4, 2990, 0),
    ],
)
def test_files_that_read_right(
    shared: Path, file: str, crs: int, features: int, km2: float, repairs: int
) -> None:
    """Every feature is there, in metres, valid, with nothing of its ground lost."""
    notes, found = Notes(), list[Finding]()
    system = pyproj.CRS.from_epsg(crs)
    frame = read_features("units", Section(shared / "data" / "messy" / file), system, notes)
    assert notes.problems == []
    assert frame is not None
    usable = usable_polygons(frame.assign(row=range(len(frame))), "units", "row", found)
    assert len(usable) == features
    assert usable.geometry.is_valid.all()
    assert not usable.has_z.any()
    assert usable.area.sum() / 1e6 == pytest.approx(km2, rel=0.01)
    assert [f.kind for f in found] == ["ring-repaired"] * repairs


def test_chinese_text_is_right(shared: Path) -> None:
    """GBK text that only the header of the DBF declares."""
    path = shared / "data" / "messy" / "china_gbk" / "shanghai_shp" / "区县界_area.shp"
    notes = Notes()
    frame = read_features("units", Section(path), pyproj.CRS.from_epsg(4549), notes)
    assert frame is not None
    assert {"浦东新区", "崇明县", "黄浦区"} <= set(frame["NAME"])
    assert notes.findings == []


@pytest.mark.parametrize(
    ("file", "crs", "proposed"),
    [
        ("baltimore_mixed_crs/school_feet_no_prj/school.shp", 2804, "EPSG:2248"),
        ("cambridge_parcels_topojson/parcels_fy2014.topojson", 26986, "EPSG:4326"),
    ],
)
def test_files_without_a_crs(shared: Path, file: str, crs: int, proposed: str) -> None:
    """The error proposes the right system; with it the layer reads."""
    path = shared / "data" / "messy" / file
    notes, system = Notes(), pyproj.CRS.from_epsg(crs)
    assert read_features("units", Section(path), system, notes) is None
    name_undeclared(notes, system)
    assert f'if that is right, add crs = "{proposed}" to [inputs.units]' in notes.problems[0]
    frame = read_features("units", Section(path, crs=proposed), system, notes)
    assert frame is not None
    assert len(notes.problems) == 1


def test_repeated_and_missing_ids_are_named(shared: Path, tmp_path: Path) -> None:
    """The parcels of a TopoJSON repeat ids; the error names column and values, all at once."""
    folder = shared / "data"
    text = f"""
[project]
name = "Cambridge"
crs = "EPSG:26986"
[inputs.communities]
path = "{(folder / "cambridge" / "cambridge_ma.gpkg").as_posix()}"
layer = "communities"
code = "community_id"
[inputs.units]
path = "{(folder / "messy/cambridge_parcels_topojson/parcels_fy2014.topojson").as_posix()}"
crs = "EPSG:4326"
id = "ML"
households = 1
"""
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(LayerError) as caught:
        read_inputs(Config.load(tmp_path / "c.toml"))
    lines = caught.value.problems
    assert 'column "ML" is empty in 1 of 13116 features; give every feature an id' in lines[0]
    assert re.search(r'column "ML" repeats \d+ ids: -, ---, ', lines[1])


def messy_job(shared: Path, folder: Path, *lines: str) -> Path:
    """The coherent messy job, with lines added to its school layer."""
    text = (shared / "configs" / "messy_baltimore.toml").read_text()
    text = text.replace('"../data', f'"{(shared / "data").as_posix()}')
    text = text.replace('id = "zone"', "\n".join(['id = "zone"', *lines]))
    (folder / "job.toml").write_text(text)
    return folder / "job.toml"


def test_the_messy_job_names_the_line_it_needs(shared: Path, tmp_path: Path) -> None:
    """One layer has no CRS; the error proposes exactly the line that is right."""
    with pytest.raises(LayerError) as caught:
        read_inputs(Config.load(messy_job(shared, tmp_path)))
    (only,) = caught.value.problems
    assert only.startswith("inputs.zones.school (school.shp): the layer has no CRS")
    assert f"if that is right, add {SCHOOL} to [inputs.zones.school]" in only


def test_the_messy_job_keeps_its_ground_and_households(shared: Path, tmp_path: Path) -> None:
    """Communities whose parts are written as holes keep them, and with them their households."""
    inputs = read_inputs(Config.load(messy_job(shared, tmp_path, SCHOOL)))
    repaired = [f for f in inputs.findings if f.layer == "communities"]
    assert [(f.kind, f.place) for f in repaired] == [
        ("ring-repaired", "4"),
        ("ring-repaired", "44"),
    ]
    assert all(f.value is not None and f.value < 2000 for f in repaired)
    ground = inputs.communities.union_all()
    inside = inputs.units.representative_point().intersects(ground)
    assert inputs.units.loc[inside, "households"].sum() >= 32_700
    assert [f for f in inputs.findings if f.severity is Severity.WARNING] == []


def test_the_messy_job_becomes_a_plan(shared: Path, tmp_path: Path) -> None:
    """With the line added, partition ends with an audit that passes."""
    job = messy_job(shared, tmp_path, SCHOOL)
    options = ["--no-maps", "--effort", "0.05", "--workers", "1", "-o", str(tmp_path / "out")]
    result = CliRunner().invoke(gridplan, ["partition", str(job), *options])
    assert result.exit_code == 0, result.output
    assert "every promise holds" in result.output
