"""``gridplan check`` on every messy file: a right layer with its repairs listed, or words."""

import collections
from pathlib import Path

import pytest

from gridplan.check import Checked, check
from gridplan.config import Config
from gridplan.domain import Severity

JOB = """
[project]
name = "Messy"
crs = "{crs}"
[inputs.communities]
path = "{communities}"
{keys}
[inputs.units]
path = "{units}"
{columns}
"""
PRECINCTS = 'code = "PRECID"\nname = "NAME"'
SINGLE = 'id = "PRECID"\nhouseholds = 1'


def look(
    shared: Path, folder: Path, crs: str, communities: str, keys: str, units: str, columns: str
) -> Checked:
    """Check a job whose communities and units come from two files of the real layers."""
    data = shared / "data"
    text = JOB.format(
        crs=crs,
        communities=(data / communities).as_posix(),
        keys=keys,
        units=(data / units).as_posix(),
        columns=columns,
    )
    (folder / "job.toml").write_text(text, encoding="utf-8")
    return check(Config.load(folder / "job.toml"))


def kinds(found: Checked) -> dict[str, int]:
    """How often each kind was found."""
    return dict(collections.Counter(f.kind for f in found.findings))


def errors(found: Checked) -> list[str]:
    """Messages of the errors."""
    return [f.message for f in found.findings if f.severity is Severity.ERROR]


def test_precincts_in_feet_are_mended_and_listed(shared: Path, tmp_path: Path) -> None:
    """Sliver gaps and overlaps are repairs; the real enclaves stay and are listed."""
    file = "messy/co_precincts/DenverCo_precincts2020_orig.zip"
    found = look(shared, tmp_path, "EPSG:26913", file, PRECINCTS, file, SINGLE)
    assert errors(found) == []
    repaired = [f for f in found.findings if f.kind == "community-repaired"]
    assert repaired
    assert all((f.value or 0) <= (f.limit or 0) for f in repaired)
    overlaps = [f for f in found.findings if f.kind == "community-overlap"]
    assert sum(f.value or 0 for f in overlaps) == pytest.approx(13, abs=1)
    closed = [f for f in found.findings if f.kind == "gap-closed"]
    # 4.6 m2 in slivers that the precincts enclose, 2.9 m2 in three that open to the outside.
    assert sum(f.value or 0 for f in closed) == pytest.approx(7.4, abs=0.1)
    left = [f for f in found.findings if f.kind == "gap-left"]
    assert sum(f.value or 0 for f in left) == pytest.approx(3.1e6, rel=0.05)
    assert all(f.at is not None for f in [*overlaps, *closed, *left])
    assert [f for f in found.strict().findings if f.severity is Severity.REPAIRED] == []


def test_real_overlaps_are_refused_in_words(shared: Path, tmp_path: Path) -> None:
    """7.9 ha that two precincts both claim is no slip: both pairs and all three holes are named."""
    file = "messy/co_precincts/CO_bad_gap_region.zip"
    found = look(shared, tmp_path, "EPSG:26913", file, PRECINCTS, file, SINGLE)
    overlaps = [f for f in found.findings if f.kind == "community-overlap" and (f.value or 0) > 100]
    assert sum(f.value or 0 for f in overlaps) == pytest.approx(79_000, rel=0.02)
    assert {f.severity for f in overlaps} == {Severity.ERROR}
    assert all(f.place and f.other and f.at for f in overlaps)
    left = sorted(f.value or 0 for f in found.findings if f.kind == "gap-left")
    assert left[-3:] == pytest.approx([8e3, 12e3, 3.18e6], rel=0.1)
    assert any("redraw their border" in line for line in errors(found))


def test_parcels_that_repeat_ids_are_named(shared: Path, tmp_path: Path) -> None:
    """Layer, column, values and cure of every fault of the parcels, also without a CRS."""
    parcels = "messy/cambridge_parcels_topojson/parcels_fy2014.topojson"
    home = ("cambridge/cambridge_ma.gpkg", 'layer = "communities"\ncode = "community_id"')
    columns = 'id = "ML"\nhouseholds = 1'
    bare = look(shared, tmp_path, "EPSG:26986", *home, parcels, columns)
    (only,) = errors(bare)
    assert 'add crs = "EPSG:4326" to [inputs.units]' in only
    found = look(shared, tmp_path, "EPSG:26986", *home, parcels, f'{columns}\ncrs = "EPSG:4326"')
    lines = errors(found)
    assert all(line.startswith("inputs.units (parcels_fy2014.topojson)") for line in lines)
    assert any('column "ML" is empty in 1 of 13116 features' in line for line in lines)
    assert any('column "ML" repeats' in line and "ids must be unique" in line for line in lines)
    assert {f.layer for f in found.findings if f.severity is Severity.ERROR} == {"units"}


@pytest.mark.parametrize(
    ("crs", "communities", "keys", "units", "columns", "listed"),
    [
        (
            "EPSG:4549",
            "messy/china_gbk/shanghai_shp/区县界_area.shp",
            'code = "ADMINCODE"\nname = "NAME"',
            "messy/china_gbk/shanghai_shp/区县界_area.shp",
            'id = "ADMINCODE"\nhouseholds = 1',
            set(),
        ),
        (
            "EPSG:3826",
            "taipei_daan/taipei_daan.gpkg",
            'layer = "communities"\ncode = "community_id"',
            "messy/taipei_3d/base_63000030_3d.geojson",
            'id = "CODEBASE"\nhouseholds = 1',
            set(),
        ),
        (
            "EPSG:4547",
            "messy/tongling/districts_wgs84.geojson",
            'code = "adcode"\nname = "name"',
            "messy/tongling/districts_wgs84.geojson",
            'id = "adcode"\nhouseholds = 1',
            {"community-multipart", "unit-multipart"},
        ),
    ],
    ids=["shanghai", "taipei", "tongling"],
)
def test_layers_that_are_right_stay_so(
    shared: Path,
    tmp_path: Path,
    crs: str,
    communities: str,
    keys: str,
    units: str,
    columns: str,
    listed: set[str],
) -> None:
    """No error, and whatever is moved is listed with its place."""
    found = look(shared, tmp_path, crs, communities, keys, units, columns)
    assert errors(found) == []
    assert listed <= set(kinds(found))
    assert found.places is not None
    moved = [f for f in found.findings if f.severity is Severity.REPAIRED]
    assert all(f.value is not None and f.place for f in moved)


def test_the_messy_job_lists_its_repairs(shared: Path, tmp_path: Path) -> None:
    """Five rings in two layers are rebuilt, with their metres; without its CRS the job is words."""
    text = (shared / "configs" / "messy_baltimore.toml").read_text(encoding="utf-8")
    text = text.replace('"../data', f'"{(shared / "data").as_posix()}')
    job = tmp_path / "job.toml"
    job.write_text(text, encoding="utf-8")
    (only,) = errors(check(Config.load(job)))
    assert 'add crs = "EPSG:2248" to [inputs.zones.school]' in only
    job.write_text(text.replace('id = "zone"', 'id = "zone"\ncrs = "EPSG:2248"'), encoding="utf-8")
    found = check(Config.load(job))
    assert errors(found) == []
    rings = [f for f in found.findings if f.kind == "ring-repaired"]
    assert sorted(f.layer for f in rings) == ["communities"] * 2 + ["zoning"] * 3
    assert all(f.at is not None and "its area was" in f.message for f in rings)
