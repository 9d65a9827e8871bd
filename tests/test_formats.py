"""Files as offices send them: zips, TopoJSON, KML and workbooks."""

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyproj
import pytest

from gridplan.layers.notes import Notes
from gridplan.layers.source import read_features, read_table
from tests.sections import Section
from tests.worlds import CRS, box

TOWN = pyproj.CRS(CRS)
NAMES = ["东城", "西城"]


def two_squares() -> gpd.GeoDataFrame:
    """Two squares with names."""
    shapes = [box(0, 0), box(20, 0)]
    return gpd.GeoDataFrame({"id": ["01", "02"], "name": NAMES}, geometry=shapes, crs=CRS)


def zipped(folder: Path, members: dict[str, str], *, inside: str = "") -> Path:
    """A zip of GBK shapefiles without a .cpg; member name to the name of its first square."""
    for stem, name in members.items():
        table = two_squares()
        table.loc[0, "name"] = name
        table.to_file(folder / f"{stem}.shp", encoding="gbk")
    with zipfile.ZipFile(folder / "t.zip", "w") as archive:
        for stem in members:
            for suffix in (".shp", ".shx", ".dbf", ".prj"):
                archive.write(folder / f"{stem}{suffix}", f"{inside}{stem}{suffix}")
        archive.writestr("__MACOSX/t.shp", b"")
        archive.writestr("readme.txt", b"hello")
    return folder / "t.zip"


@pytest.mark.parametrize("inside", ["", "data/2020/"])
@pytest.mark.parametrize("stem", ["units", "单元"])
@pytest.mark.parametrize("chosen", [False, True])
def test_a_zipped_shapefile_is_read_in_place(
    tmp_path: Path, stem: str, inside: str, chosen: bool
) -> None:
    """One shapefile in a zip needs no name, wherever in the zip it lies."""
    path = zipped(tmp_path, {stem: "东城"}, inside=inside)
    notes = Notes()
    section = Section(path, layer=stem if chosen else None)
    frame = read_features("units", section, TOWN, notes)
    assert notes.problems == []
    assert frame is not None
    assert frame["name"].tolist() == NAMES
    assert frame.area.round(3).tolist() == [400.0, 400.0]


def test_members_of_a_zip_are_layers(tmp_path: Path) -> None:
    """Several files in a zip are named; ``layer`` chooses one."""
    path = zipped(tmp_path, {"units": "南城", "zones": "北城"})
    notes = Notes()
    assert read_table("units", Section(path), notes) is None
    assert "the zip holds 2 files (units.shp, zones.shp)" in notes.problems[0]
    assert 'choose one with layer = "units"' in notes.problems[0]
    assert read_table("units", Section(path, layer="zonse"), notes) is None
    assert 'the zip has no file "zonse"; did you mean "zones"?' in notes.problems[1]
    frame = read_table("units", Section(path, layer="zones"), notes)
    assert frame is not None
    assert frame["name"][0] == "北城"


def test_a_zip_of_a_geopackage(tmp_path: Path) -> None:
    """``layer`` chooses a layer of the only file in a zip."""
    for layer in ("a", "b"):
        two_squares().to_file(tmp_path / "t.gpkg", layer=layer)
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.write(tmp_path / "t.gpkg", "t.gpkg")
    notes = Notes()
    frame = read_features("units", Section(tmp_path / "t.zip", layer="b"), TOWN, notes)
    assert frame is not None
    assert frame["name"].tolist() == NAMES
    assert read_table("units", Section(tmp_path / "t.zip"), notes) is None
    assert "it has 2 layers (a, b)" in notes.problems[0]


def test_a_broken_zip_is_named(tmp_path: Path) -> None:
    """A file that is no zip is one line."""
    (tmp_path / "t.zip").write_bytes(b"no zip")
    notes = Notes()
    assert read_table("units", Section(tmp_path / "t.zip"), notes) is None
    assert notes.problems[0].startswith("inputs.units (t.zip): cannot be read: ")


def test_topojson(tmp_path: Path) -> None:
    """TopoJSON is read with its shared arcs; it has no CRS, so the configuration says it."""
    arcs = [
        [[0, 0], [10, 0]],
        [[10, 0], [0, 10]],
        [[10, 10], [-10, 0], [0, -10]],
        [[10, 0], [10, 0], [0, 10], [-10, 0]],
    ]
    layer = {
        "type": "GeometryCollection",
        "geometries": [
            {"type": "Polygon", "arcs": [[0, 1, 2]], "properties": {"name": "东城"}},
            {"type": "Polygon", "arcs": [[3, -2]], "properties": {"name": "西城"}},
        ],
    }
    transform = {"scale": [0.0001, 0.0001], "translate": [114.0, 30.7]}
    topology = {"type": "Topology", "transform": transform, "arcs": arcs, "objects": {"u": layer}}
    (tmp_path / "t.topojson").write_text(json.dumps(topology), encoding="utf-8")
    section = Section(tmp_path / "t.topojson", crs="EPSG:4326")
    frame = read_features("units", section, TOWN, Notes())
    assert frame is not None
    assert frame["name"].tolist() == NAMES
    assert frame.geometry.is_valid.all()
    assert frame.area[0] == pytest.approx(frame.area[1], rel=1e-3)
    assert frame.geometry[0].intersection(frame.geometry[1]).length > 100


KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<Schema name="units" id="units"><SimpleField name="households" type="int"/></Schema>
<Folder><name>units</name>
<Placemark><name>东城</name>
<ExtendedData><SchemaData schemaUrl="#units"><SimpleData name="households">7</SimpleData>
</SchemaData></ExtendedData>
<Polygon><outerBoundaryIs><LinearRing><coordinates>
114,30.7,5 114.001,30.7,5 114.001,30.701,5 114,30.701,5 114,30.7,5
</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>
</Folder></Document></kml>
"""


def test_kml(tmp_path: Path) -> None:
    """KML is read with its extended data, in degrees, heights dropped."""
    (tmp_path / "t.kml").write_text(KML, encoding="utf-8")
    frame = read_features("units", Section(tmp_path / "t.kml"), TOWN, Notes())
    assert frame is not None
    assert frame["Name"].tolist() == ["东城"]
    assert frame["households"].astype(int).tolist() == [7]
    assert not frame.has_z.any()
    assert frame.area[0] == pytest.approx(95.7 * 110.9, rel=0.01)


def test_a_workbook_sheet_is_a_register(tmp_path: Path) -> None:
    """A sheet is chosen by name; blank rows are left out; codes that are text stay text."""
    rows = {"单元": ["007", None, "008"], "户数": [2, None, 3]}
    with pd.ExcelWriter(tmp_path / "t.xlsx") as book:
        pd.DataFrame({"x": [1]}).to_excel(book, sheet_name="about", index=False)
        pd.DataFrame(rows).to_excel(book, sheet_name="户口", index=False)
    notes = Notes()
    frame = read_table("households", Section(tmp_path / "t.xlsx", layer="户口"), notes)
    assert frame is not None
    assert frame["单元"].tolist() == ["007", "008"]
    assert frame["户数"].tolist() == [2, 3]
    assert read_table("households", Section(tmp_path / "t.xlsx", layer="户口册"), notes) is None
    assert 'no sheet "户口册"; did you mean "户口"?' in notes.problems[0]


def test_a_workbook_of_places_is_points(tmp_path: Path) -> None:
    """Columns of longitude and latitude make points of a sheet."""
    table = pd.DataFrame({"门牌": ["1号"], "经度": [114.0], "纬度": [30.7]})
    table.to_excel(tmp_path / "t.xlsx", index=False)
    section = Section(tmp_path / "t.xlsx", crs="EPSG:4490")
    frame = read_features("households", section, TOWN, Notes())
    assert frame is not None
    assert frame.geometry[0].x == pytest.approx(500_000, abs=0.01)
