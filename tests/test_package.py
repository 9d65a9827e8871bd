"""What offices take: shapefiles, GeoJSON and GBK, of a plan and of its register."""

import datetime as dt
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from gridplan.domain import Finding
from gridplan.errors import OutputError
from gridplan.export import shapefile
from gridplan.export.geojson import write_geojson
from gridplan.export.package import Wish, write_package
from gridplan.export.shapefile import short_names, write_shapefiles
from gridplan.layers.dbf import read_dbf
from gridplan.tables import LAYERS, find_field, layer_columns
from gridplan.tables.encoding import check_encoding, encode
from tests.test_export import HOSTILE, small_plan

DAY = dt.date(2026, 1, 31)
CRS = "EPSG:4547"
HERE = shapely.box(500_000, 3_400_000, 500_100, 3_400_100)


def layer(**columns: Any) -> gpd.GeoDataFrame:
    """Squares in a row, with these columns."""
    rows = len(next(iter(columns.values())))
    shapes = [shapely.affinity.translate(HERE, 100 * i) for i in range(rows)]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def shapefiles(
    folder: Path, encoding: str = "utf-8", **layers: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, list[Finding]]:
    """Write layers as shapefiles into a new folder."""
    folder.mkdir()
    return write_shapefiles(layers, folder, encoding=encoding, date=DAY)


@pytest.mark.parametrize(("encoding", "page", "number"), [("gbk", "GBK", 0x4D),
                                                          ("utf-8", "UTF-8", 0)])  # fmt: skip
def test_chinese_text_reads_back(tmp_path: Path, encoding: str, page: str, number: int) -> None:
    """In both encodings text, numbers, blanks and shapes come back; the ``.cpg`` says which."""
    written = layer(
        facility_id=["F1", "F2"], grid_code=["110101001001001", ""], name=["第一网格·消火栓", None],
        length_m=[12.346, np.nan], households=pd.array([7, None], dtype="Int64"),
    )  # fmt: skip
    shapefiles(tmp_path / "shp", encoding, facilities=written)
    path = tmp_path / "shp" / "facilities.shp"
    back = gpd.read_file(path)
    assert list(back.columns) == ["SSBS", "WGBM", "MC", "CD", "HS", "geometry"]
    assert back["MC"].tolist()[0] == "第一网格·消火栓"
    assert back[["WGBM", "MC"]].iloc[1].isna().all()
    assert back["CD"].iloc[0] == 12.35
    assert back["HS"].iloc[0] == 7
    assert back[["CD", "HS"]].iloc[1].isna().all()
    assert back.crs.to_epsg() == 4547
    assert (shapely.normalize(back.geometry.values) == shapely.normalize(written.geometry)).all()
    assert path.with_suffix(".cpg").read_text() == page
    head = path.with_suffix(".dbf").read_bytes()[:32]
    assert (head[29], tuple(head[1:4])) == (number, (126, 1, 31))
    told = read_dbf(path)
    assert told is not None
    assert told.declared in {"gbk": ("gb18030", "gbk"), "utf-8": ("utf-8",)}[encoding]
    path.with_suffix(".cpg").unlink()
    if encoding == "gbk":
        assert gpd.read_file(path)["MC"].iloc[0] == "第一网格·消火栓"


@pytest.mark.parametrize("name", LAYERS)
def test_every_field_has_a_short_name(name: str) -> None:
    """Whatever the layer, its names have at most ten bytes of ASCII and are all different."""
    zones = ("police", "property", "school")
    columns = [*layer_columns(name, zones), "a_very_long_column", "a_very_long_one", "楼层", "MC"]
    names = short_names(name, columns, zones)
    assert len(set(names)) == len(columns)
    assert [n for n in names if n.upper() != n] == []
    assert all(n.isascii() and 1 <= len(n) <= 10 for n in names)
    known = find_field(name, columns[0], zones)
    assert known is not None
    assert names[0] == known.abbreviation


def test_the_mapping_table_tells_every_column(tmp_path: Path) -> None:
    """Every field of every file is in the mapping table with its type, width and column."""
    given = layer(unit_id=["a"], grid_code=["g"], households=[3], note=["n"])
    mapping, _ = shapefiles(tmp_path / "shp", units=given)
    rows = list(zip(mapping["field"], mapping["column"], mapping["type"], strict=True))
    assert rows == [
        ("DYBS", "unit_id", "C"),
        ("WGBM", "grid_code", "C"),
        ("HS", "households", "N"),
        ("NOTE", "note", "C"),
    ]
    assert mapping["length"].tolist() == ["64", "40", "9", "1"]
    assert mapping["name_zh"].tolist() == ["基本单元标识", "网格编码", "户数", ""]


def test_a_date_that_is_none_stays_text(tmp_path: Path) -> None:
    """Days become dates; a column of that name with anything else in it is text."""
    given = layer(grid_code=["g", "h"], valid_from=["2026-01-01", ""], valid_to=["soon", ""])
    mapping, _ = shapefiles(tmp_path / "shp", grids=given)
    assert mapping["type"].tolist() == ["C", "D", "C"]
    back = gpd.read_file(tmp_path / "shp" / "grids.shp")
    assert back["ZZRQ"].tolist()[0] == "soon"
    assert str(back["CSRQ"].iloc[0])[:10] == "2026-01-01"
    assert back["CSRQ"].isna().tolist() == [False, True]


def test_limits_are_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too many columns, too wide a row, too large a file: all at once, each with its cure."""
    wide = layer(unit_id=["a"], **{f"c{i}": ["x" * 250] for i in range(300)})
    monkeypatch.setattr(shapefile, "MAX_BYTES", 150)
    with pytest.raises(OutputError) as caught:
        shapefiles(tmp_path / "shp", units=wide, grids=layer(grid_code=["g"]))
    text = str(caught.value)
    assert "units.shp: 301 columns, more than 255" in text
    assert "units.shp: a row of 75,065 bytes, more than 65,535" in text
    assert "units.dbf: about 0.0 GB, more than the 2 GB" in text
    assert "grids.dbf" not in text
    assert list((tmp_path / "shp").iterdir()) == []


def test_points_and_polygons_part_ways(tmp_path: Path) -> None:
    """A shapefile holds one kind of shape: a mixed layer becomes two files; an empty one is one."""
    mixed = layer(facility_id=["a", "b", "c"])
    mixed.geometry = [HERE.centroid, HERE, None]
    mapping, _ = shapefiles(tmp_path / "shp", facilities=mixed, roads=layer(road_id=["r"])[:0])
    names = {path.name for path in (tmp_path / "shp").glob("*.shp")}
    assert names == {"facilities_point.shp", "facilities_polygon.shp", "roads.shp"}
    counts = {n: len(gpd.read_file(tmp_path / "shp" / n)) for n in sorted(names)}
    assert counts == {"facilities_point.shp": 2, "facilities_polygon.shp": 1, "roads.shp": 0}
    assert set(mapping["file"]) == {"facilities_point", "facilities_polygon", "roads"}


@pytest.mark.parametrize(("encoding", "kept"), [("gbk", 127), ("utf-8", 84)])
def test_long_texts_are_cut_between_characters(tmp_path: Path, encoding: str, kept: int) -> None:
    """A text longer than a field keeps whole characters, and the column is named."""
    given = layer(grid_code=["g", "h"], grid_name=["长" * 400, "短"])
    _, findings = shapefiles(tmp_path / "shp", encoding, grids=given)
    assert [(f.kind, f.place, f.value) for f in findings] == [("text-cut", "grid_name", 1.0)]
    names = gpd.read_file(tmp_path / "shp" / "grids.shp")["WGMC"]
    assert names.tolist() == ["长" * kept, "短"]


def test_what_gbk_has_not_is_told() -> None:
    """Like characters stand in silently, others become ``?`` and a finding; ids are refused."""
    table = pd.DataFrame({"facility_id": ["a", "b"], "name": ["䶮里 12 m²", "甲"]})
    found = check_encoding({"facility_codes": table}, "gbk")
    assert [(f.kind, f.place, f.value) for f in found] == [("text-replaced", "name", 1.0)]
    assert encode("䶮里 12 m² − ñ", "gbk").decode("gbk") == "?里 12 m2 - n"
    assert check_encoding({"facility_codes": table}, "utf-8") == []
    with pytest.raises(OutputError, match="'facility_id' holds characters that GBK has not"):
        check_encoding({"t": pd.DataFrame({"facility_id": ["m²"]})}, "gbk")


def test_geojson_is_in_degrees_and_shares_its_vertices(tmp_path: Path) -> None:
    """Longitude and latitude, text and numbers as given; neighbours still match."""
    write_geojson({"grids": layer(grid_code=["甲", HOSTILE[:9]], area_m2=[1.25, 2.0])}, tmp_path)
    back = gpd.read_file(tmp_path / "grids.geojson")
    assert back.crs.to_epsg() == 4326
    assert (back.geometry.geom_type == "MultiPolygon").all()
    west, south, *_ = back.total_bounds
    assert 113 < west < 115
    assert 30 < south < 31
    assert back["grid_code"].tolist() == ["甲", HOSTILE[:9]]
    assert back["area_m2"].tolist() == [1.25, 2.0]
    one, other = (set(shapely.get_coordinates(g).flatten()) for g in back.geometry)
    assert len(one & other) >= 4


def wish(*formats: str, encoding: str = "utf-8") -> Wish:
    """A wish in English."""
    return Wish(formats, encoding, "en", DAY)


def register_table() -> dict[str, pd.DataFrame]:
    """The table that a package of layers needs: the status of every grid."""
    table = pd.DataFrame(
        {
            "grid_code": ["C1-001", "C1-002"], "grid_name": ["一", "=1+1"],
            "households": [260, 300], "code_status": "active", "valid_from": "2026-01-01",
            "valid_to": "",
        }
    )  # fmt: skip
    return {"grid_register": table}


def test_a_package_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    """What is in the way stops it before a file changes; other files in the folder stay."""
    folder = tmp_path / "office"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    (folder / "grid_register.csv").write_text("old")
    formats = ("csv", "xlsx", "shp", "geojson")
    with pytest.raises(OutputError, match=r"grid_register.csv exist already; add --overwrite"):
        write_package(folder, register_table(), small_plan(), wish(*formats))
    assert sorted(p.name for p in folder.iterdir()) == ["grid_register.csv", "notes.txt"]
    write_package(folder, register_table(), small_plan(), wish(*formats), overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == ["office"]
    assert (folder / "notes.txt").read_text() == "mine"
    assert {p.name for p in folder.iterdir()} == {
        "notes.txt", "grid_register.csv", "data_dictionary.csv", "gridplan.xlsx", "shp", "geojson"
    }  # fmt: skip
    states = gpd.read_file(folder / "shp" / "grids.shp")[["WGBM", "BMZT", "CSRQ"]].astype(str)
    assert states.iloc[0].tolist() == ["C1-001", "active", "2026-01-01"]
    geo = pyogrio.read_dataframe(folder / "geojson" / "grids.geojson", read_geometry=False)
    assert geo["code_status"].tolist() == ["active", "active"]


def test_packages_are_the_same_every_time(tmp_path: Path) -> None:
    """Equal plans make equal files, byte for byte."""
    for name in ("a", "b"):
        write_package(
            tmp_path / name, register_table(), small_plan(), wish("csv", "shp", "geojson")
        )
    first = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*.*"))
    assert len(first) > 20
    for path in first:
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes(), path
