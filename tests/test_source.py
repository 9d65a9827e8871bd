"""Reading one source: every format, CRS, and words for what cannot be read."""

import dataclasses
import warnings
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from gridplan.layers.notes import Notes
from gridplan.layers.source import file_hash, read_features, read_table
from tests.sections import Section

TOWN = CRS.from_epsg(4547)
X, Y = 500_000.0, 3_400_000.0


def squares() -> gpd.GeoDataFrame:
    """Two squares with Chinese names, one of them with a third dimension."""
    flat = shapely.box(X, Y, X + 10, Y + 10)
    high = shapely.force_3d(shapely.box(X + 10, Y, X + 20, Y + 10), 7.0)
    return gpd.GeoDataFrame(
        {"id": ["01", "02"], "name": ["东城", "西城"], "hh": [3, 4]},
        geometry=[flat, high],
        crs=TOWN,
    )


def as_gpkg(folder: Path) -> Section:
    """GeoPackage with one of two layers chosen."""
    squares().to_file(folder / "t.gpkg", layer="squares")
    squares().to_file(folder / "t.gpkg", layer="other")
    return Section(folder / "t.gpkg", layer="squares")


def as_geojson(folder: Path) -> Section:
    """GeoJSON, in degrees."""
    squares().to_crs(4326).to_file(folder / "t.geojson")
    return Section(folder / "t.geojson")


def as_shapefile(folder: Path) -> Section:
    """Shapefile in UTF-8."""
    squares().to_file(folder / "t.shp", encoding="utf-8")
    return Section(folder / "t.shp")


def as_gbk_shapefile(folder: Path) -> Section:
    """Shapefile in GBK, which its .cpg tells."""
    squares().to_file(folder / "t.shp", encoding="gbk")
    (folder / "t.cpg").write_text("GBK")
    return Section(folder / "t.shp")


def as_untold_shapefile(folder: Path) -> Section:
    """Shapefile in GBK, which only the configuration tells."""
    squares().to_file(folder / "t.shp", encoding="gbk")
    (folder / "t.cpg").unlink(missing_ok=True)
    return Section(folder / "t.shp", encoding="gbk")


def as_flatgeobuf(folder: Path) -> Section:
    """FlatGeobuf, which may store rows in its own order."""
    table = squares()
    table.geometry = shapely.force_3d(table.geometry.to_numpy())
    table.to_file(folder / "t.fgb", driver="FlatGeobuf")
    return Section(folder / "t.fgb")


def as_geoparquet(folder: Path) -> Section:
    """GeoParquet with an oddly named geometry column."""
    squares().rename_geometry("shape").to_parquet(folder / "t.parquet")
    return Section(folder / "t.parquet")


def as_wkt_csv(folder: Path) -> Section:
    """CSV with WKT and a byte order mark."""
    table = pd.DataFrame(squares().drop(columns="geometry"))
    table["WKT"] = shapely.to_wkt(squares().geometry.to_numpy(), output_dimension=3)
    table.to_csv(folder / "t.csv", index=False, encoding="utf-8-sig")
    return Section(folder / "t.csv", crs="EPSG:4547")


def as_gbk_csv(folder: Path) -> Section:
    """CSV with WKT in GBK."""
    section = as_wkt_csv(folder)
    text = (folder / "t.csv").read_text(encoding="utf-8-sig")
    (folder / "t.csv").write_text(text, encoding="gbk")
    return dataclasses.replace(section, encoding="gbk")


FORMATS = [
    as_gpkg,
    as_geojson,
    as_shapefile,
    as_gbk_shapefile,
    as_untold_shapefile,
    as_flatgeobuf,
    as_geoparquet,
    as_wkt_csv,
    as_gbk_csv,
]


@pytest.mark.parametrize("write", FORMATS, ids=lambda f: f.__name__)
def test_every_format_reads_alike(tmp_path: Path, write: Callable[[Path], Section]) -> None:
    """Text, numbers and 2-D shapes in the project's CRS, from any format."""
    notes = Notes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # drivers remark on what they leave out in writing
        section = write(tmp_path)
    frame = read_features("units", section, TOWN, notes)
    assert notes.problems == []
    assert frame is not None
    frame = frame.sort_values("id", ignore_index=True)
    assert frame["id"].tolist() == ["01", "02"]
    assert frame["name"].tolist() == ["东城", "西城"]
    assert frame["hh"].astype(int).tolist() == [3, 4]
    assert frame.geometry.name == "geometry"
    assert not frame.has_z.any()
    assert frame.crs == TOWN
    assert frame.area.round(2).tolist() == [100.0, 100.0]
    assert frame.total_bounds.round(2).tolist() == [X, Y, X + 20, Y + 10]


@pytest.mark.parametrize("names", [("x", "y"), ("X", "Y"), ("easting", "northing")])
def test_a_csv_with_coordinates_is_points(tmp_path: Path, names: tuple[str, str]) -> None:
    """Columns x and y make points; a row without numbers has no shape; text keeps its zeros."""
    x, y = names
    (tmp_path / "t.csv").write_text(f"id,{x},{y}\n01,500000.5,3400000\n02,,\n03,a,b\n")
    notes = Notes()
    frame = read_features("units", Section(tmp_path / "t.csv", crs="EPSG:4547"), TOWN, notes)
    assert frame is not None
    assert frame["id"].tolist() == ["01", "02", "03"]
    assert frame.geometry.isna().tolist() == [False, True, True]
    assert (frame.geometry[0].x, frame.geometry[0].y) == (500000.5, 3400000.0)


def test_a_plain_csv_is_a_table(tmp_path: Path) -> None:
    """A table without coordinates is read as text, empty cells missing."""
    (tmp_path / "t.csv").write_text("unit,count\n007,2\n008,\n")
    notes = Notes()
    frame = read_table("households", Section(tmp_path / "t.csv"), notes)
    assert frame is not None
    assert frame["unit"].tolist() == ["007", "008"]
    assert frame["count"].isna().tolist() == [False, True]
    assert read_features("units", Section(tmp_path / "t.csv"), TOWN, notes) is None
    assert notes.problems == [
        "inputs.units (t.csv): it has no geometry; "
        "give a layer with shapes, or columns x and y, or WKT"
    ]


def test_feet_become_metres(tmp_path: Path) -> None:
    """A layer in US survey feet has its true area in the project's CRS."""
    feet = CRS.from_epsg(2232)
    table = gpd.GeoDataFrame(
        {"id": ["a"]}, geometry=[shapely.box(3_100_000, 1_700_000, 3_101_000, 1_701_000)], crs=feet
    )
    table.to_file(tmp_path / "t.gpkg")
    frame = read_features("units", Section(tmp_path / "t.gpkg"), CRS.from_epsg(26913), Notes())
    assert frame is not None
    assert frame.area[0] == pytest.approx((1000 * 1200 / 3937) ** 2, rel=1e-3)


def test_the_configured_crs_wins(tmp_path: Path) -> None:
    """``crs`` replaces a wrong CRS of the file, and gives one to a file without."""
    for crs in ("EPSG:4526", None):
        path = tmp_path / f"t{crs is None}.gpkg"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # 'crs' was not provided
            squares().set_crs(crs, allow_override=True).to_file(path)
        frame = read_features("units", Section(path, crs="EPSG:4547"), TOWN, Notes())
        assert frame is not None
        assert frame.total_bounds[0] == X


def test_a_filter_keeps_rows(tmp_path: Path) -> None:
    """``where`` is applied, and what is wrong with it is named."""
    as_gpkg(tmp_path)
    section = Section(tmp_path / "t.gpkg", "squares", where="hh > 3")
    notes = Notes()
    frame = read_features("units", section, TOWN, notes)
    assert frame is not None
    assert frame["id"].tolist() == ["02"]
    assert read_table("units", dataclasses.replace(section, where="hhh > 3"), notes) is None
    assert notes.problems == [
        "inputs.units (t.gpkg, layer \"squares\"): where = 'hhh > 3': "
        "there is no column 'hhh'; did you mean \"hh\"?"
    ]


def broken_gpkg(folder: Path) -> Section:
    """A file that is no GeoPackage."""
    (folder / "t.gpkg").write_bytes(b"not a database")
    return Section(folder / "t.gpkg")


def two_layers(folder: Path) -> Section:
    """A file of two layers, none chosen."""
    return dataclasses.replace(as_gpkg(folder), layer=None)


def wrong_layer(folder: Path) -> Section:
    """A layer with a slip in its name."""
    return dataclasses.replace(as_gpkg(folder), layer="sqares")


def no_crs(folder: Path) -> Section:
    """A shapefile without .prj."""
    as_shapefile(folder)
    (folder / "t.prj").unlink()
    return Section(folder / "t.shp")


def wrong_crs(folder: Path) -> Section:
    """A CRS that does not exist."""
    return dataclasses.replace(as_gpkg(folder), crs="EPSG:1")


def gbk_called_utf8(folder: Path) -> Section:
    """A CSV in GBK that the configuration calls UTF-8."""
    return dataclasses.replace(as_gbk_csv(folder), encoding="utf-8")


def encoding_unknown(folder: Path) -> Section:
    """An encoding that does not exist."""
    return dataclasses.replace(as_gbk_csv(folder), encoding="gbkk")


def wkt_wrong(folder: Path) -> Section:
    """A CSV whose second shape is no WKT."""
    (folder / "t.csv").write_text("id,wkt\n1,POINT (1 2)\n2,POINT (1\n3,\n")
    return Section(folder / "t.csv", crs="EPSG:4547")


def far_away(folder: Path) -> Section:
    """Coordinates that no projection can take."""
    table = squares().set_geometry(shapely.points([X, X], [Y, Y]), crs=TOWN)
    table.to_file(folder / "t.gpkg")
    return Section(folder / "t.gpkg", crs="EPSG:4326")


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda f: Section(f / "none.gpkg"), "inputs.units (none.gpkg): file not found: "),
        (broken_gpkg, "inputs.units (t.gpkg): cannot be read: "),
        (two_layers, "it has 2 layers (squares, other); choose one with layer = ..."),
        (wrong_layer, 'no layer "sqares"; did you mean "squares"?'),
        (no_crs, 'inputs.units (t.shp): the layer has no CRS; say which with crs = "EPSG:..."'),
        (wrong_crs, 'crs = "EPSG:1" is no known CRS; write one such as "EPSG:4547"'),
        (gbk_called_utf8, 'it is not in the encoding "utf-8"; leave encoding out'),
        (encoding_unknown, 'there is no encoding "gbkk"'),
        (wkt_wrong, 'column "wkt" is no WKT in 1 rows: row 2'),
        (
            far_away,
            "x 500000 to 500000, y 3400000 to 3400000 in EPSG:4326 do not lie in the area of",
        ),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(
    tmp_path: Path, write: Callable[[Path], Section], message: str
) -> None:
    """Nothing raises; one line names the input, the file, what is wrong and often the cure."""
    notes = Notes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        section = write(tmp_path)
    assert read_features("units", section, TOWN, notes) is None
    assert len(notes.problems) == 1
    assert message in notes.problems[0]
    assert "\n" not in notes.problems[0]


def test_a_hash_covers_companions_and_folders(tmp_path: Path) -> None:
    """The attributes of a shapefile count, and every file of a folder; the time does not."""
    as_shapefile(tmp_path)
    before, whole = file_hash(tmp_path / "t.shp"), file_hash(tmp_path)
    assert file_hash(tmp_path / "t.shp") == before
    data = bytearray((tmp_path / "t.dbf").read_bytes())
    data[-2] ^= 1
    (tmp_path / "t.dbf").write_bytes(data)
    assert file_hash(tmp_path / "t.shp") != before
    assert file_hash(tmp_path) != whole
