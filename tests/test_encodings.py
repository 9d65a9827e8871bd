"""Text in GBK, Big5, UTF-8 and Western letters, declared, undeclared and declared wrongly."""

import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridplan.config import Config
from gridplan.domain import Severity
from gridplan.errors import LayerError
from gridplan.layers import read_inputs
from gridplan.layers.encodings import codec_named, decoded, guess
from gridplan.layers.notes import Notes
from gridplan.layers.source import read_features, read_table
from tests.sections import Section
from tests.worlds import CRS, box, chessboard, communities, units, write_town

MAINLAND = ["东城社区", "幸福小区", "和平里街道", "朝阳门派出所"]
TAIWAN = ["中正區", "重慶南路", "龍安國小", "信義派出所"]
WESTERN = ["Montréal", "Zürich", "Bogotá", "Älvsjö"]
LANGUAGE_BYTE = 29


@pytest.mark.parametrize(
    ("texts", "stored", "told"),
    [
        (MAINLAND, "gbk", "gb18030"),
        (MAINLAND, "utf-8", "utf-8"),
        (TAIWAN, "big5", "cp950"),
        (TAIWAN, "utf-8", "utf-8"),
        (TAIWAN, "gbk", "gb18030"),
        (WESTERN, "cp1252", "cp1252"),
        (["东"], "gbk", "gb18030"),
        (["北區"], "big5", "cp950"),
    ],
)
def test_encodings_are_told_apart(texts: list[str], stored: str, told: str) -> None:
    """The encoding that a text was written in is found, and the evidence names it."""
    found = guess([text.encode(stored) for text in texts] + [b"plain"])
    assert found is not None
    assert found.codec == told
    assert told in found.evidence


def test_ascii_needs_no_guess() -> None:
    """There is nothing to tell about plain text."""
    assert guess([b"abc", b"", b"12"]) is None


def test_nonsense_fits_nothing() -> None:
    """Bytes of no encoding are not given one."""
    found = guess([b"\x80\xff\xff\x81 \xff", b"\xff\xfe\xff"])
    assert found is not None
    assert found.codec == ""


def test_a_last_character_cut_in_half_is_dropped() -> None:
    """A text that fills its field may end in half a character, no other may."""
    stored = "东城社区".encode("gbk")[:7]
    assert decoded([stored], "gb18030", 7) == ["东城社"]
    assert decoded([stored], "gb18030", 9) is None
    assert decoded([b"a\nb", "东".encode()], "utf-8") == ["a\nb", "东"]


@pytest.mark.parametrize(
    ("name", "codec"),
    [("GBK", "gb18030"), ("936", "gb18030"), ("UTF-8", "utf-8"), ("Big5", "cp950"), ("?", None)],
)
def test_names_of_encodings(name: str, codec: str | None) -> None:
    """Names as .cpg files write them."""
    assert codec_named(name) == codec


def shapefile(
    folder: Path,
    texts: list[str],
    encoding: str,
    *,
    cpg: str | None = None,
    language: int = 0,
    column: str = "name",
) -> Section:
    """A shapefile in an encoding that its .cpg or its header tells, or neither does."""
    ids = [f"{i:02d}" for i in range(len(texts))]
    shapes = [box(20 * i, 0) for i in range(len(texts))]
    table = gpd.GeoDataFrame({"id": ids, column: texts}, geometry=shapes, crs=CRS)
    path = folder / "t.shp"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table.to_file(path, encoding=encoding)
    data = bytearray(path.with_suffix(".dbf").read_bytes())
    data[LANGUAGE_BYTE] = language
    path.with_suffix(".dbf").write_bytes(data)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg)
    return Section(path)


@pytest.mark.parametrize("column", ["name", "名称"])
@pytest.mark.parametrize(
    ("texts", "encoding", "cpg", "language", "severity"),
    [
        (MAINLAND, "gbk", "GBK", 0, None),
        (MAINLAND, "gbk", None, 0x4D, None),
        (MAINLAND, "gbk", None, 0, Severity.INFO),
        (MAINLAND, "gbk", None, 0x57, Severity.INFO),
        (MAINLAND, "gbk", "UTF-8", 0, Severity.WARNING),
        (MAINLAND, "gbk", "ISO-8859-1", 0, Severity.WARNING),
        (MAINLAND, "utf-8", None, 0, Severity.INFO),
        (MAINLAND, "utf-8", "UTF-8", 0, None),
        (TAIWAN, "big5", None, 0, Severity.INFO),
        (TAIWAN, "big5", None, 0x4F, None),
        (TAIWAN, "big5", "950", 0, None),
        (WESTERN, "cp1252", "ISO-8859-1", 0x57, None),
    ],
)
def test_shapefiles_in_any_encoding(
    tmp_path: Path,
    texts: list[str],
    encoding: str,
    cpg: str | None,
    language: int,
    severity: Severity | None,
    column: str,
) -> None:
    """Names and text are right; a guess is a finding with its evidence and the line to add."""
    if encoding in ("cp1252", "big5") and column != "name":
        column = {"big5": "名稱", "cp1252": "prénom"}[encoding]
    section = shapefile(tmp_path, texts, encoding, cpg=cpg, language=language, column=column)
    notes = Notes()
    frame = read_table("units", section, notes)
    assert frame is not None
    assert frame[column].tolist() == texts
    if severity is None:
        assert notes.findings == []
    else:
        (finding,) = notes.findings
        assert (finding.kind, finding.severity) == ("encoding-guessed", severity)
        assert "plausible characters" in finding.message
        assert 'add encoding = "' in finding.message
        assert "to [inputs.units]" in finding.message


def test_the_configured_encoding_wins(tmp_path: Path) -> None:
    """``encoding`` is followed without a finding; where it cannot be, the error names a better."""
    section = shapefile(tmp_path, MAINLAND, "gbk", cpg="UTF-8")
    notes = Notes()
    frame = read_table("units", Section(section.path, encoding="gbk"), notes)
    assert frame is not None
    assert frame["name"].tolist() == MAINLAND
    assert notes.findings == []
    assert read_table("units", Section(section.path, encoding="utf-8"), notes) is None
    assert 'its text is not in the encoding "utf-8"' in notes.problems[0]
    assert 'looks like "gb18030"' in notes.problems[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "big5", "utf-16"])
def test_csv_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    """A CSV needs no byte order mark; only GBK and Big5 are guesses."""
    texts, column = (TAIWAN, "名稱") if encoding == "big5" else (MAINLAND, "名称")
    path = tmp_path / "t.csv"
    path.write_bytes((f"{column},n\n" + "".join(f"{t},1\n" for t in texts)).encode(encoding))
    notes = Notes()
    frame = read_table("households", Section(path), notes)
    assert frame is not None
    assert frame[column].tolist() == texts
    guessed = [f.kind for f in notes.findings]
    assert guessed == (["encoding-guessed"] if encoding in ("gbk", "big5") else [])


def test_text_in_no_encoding_is_named(tmp_path: Path) -> None:
    """Bytes that no encoding explains are an error that asks for one."""
    (tmp_path / "t.csv").write_bytes(b"id,n\n\x80\xff\xff\x81,1\n\xff\xfe\xff,2\n")
    notes = Notes()
    assert read_table("households", Section(tmp_path / "t.csv"), notes) is None
    assert "its text fits no encoding" in notes.problems[0]


def shapefile_town(folder: Path, columns: dict[str, object]) -> Path:
    """A town whose units come as a shapefile with ``columns``; its configuration."""
    path = write_town(folder, communities(box(0, 0, 40, 40)), units(chessboard(2, 2)))
    table = gpd.GeoDataFrame(columns, geometry=chessboard(2, 2), crs=CRS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names are cut
        table.to_file(folder / "units.shp", encoding="utf-8")
    text = path.read_text().replace("units.gpkg", "units.shp")
    path.write_text(text.replace('"households"', '"household_count"'))
    return path


def test_names_cut_to_ten_bytes_are_found(tmp_path: Path) -> None:
    """A configured name longer than a DBF allows is matched to its first ten bytes, listed."""
    ids = ["a", "b", "c", "d"]
    path = shapefile_town(tmp_path, {"unit_id": ids, "household_count": [1, 2, 3, 4]})
    inputs = read_inputs(Config.load(path))
    assert inputs.units["households"].tolist() == [1, 2, 3, 4]
    (finding,) = inputs.findings
    assert finding.kind == "column-cut"
    assert 'column "household_" is taken for households = "household_count"' in finding.message


def test_nulls_of_a_dbf_are_missing(tmp_path: Path) -> None:
    """A blank number of a DBF is missing, not 0, and its feature is named."""
    ids = ["a", "b", "c", "d"]
    path = shapefile_town(tmp_path, {"unit_id": ids, "household_count": [1, np.nan, 3, 4]})
    with pytest.raises(LayerError, match=r"is missing in 1 features \(b = nothing\)"):
        read_inputs(Config.load(path))


def test_cut_names_are_only_a_shapefile_s(tmp_path: Path) -> None:
    """In other formats a longer name is simply missing."""
    table = units(chessboard(2, 2)).rename(columns={"households": "household_"})
    path = write_town(tmp_path, communities(box(0, 0, 40, 40)), table)
    path.write_text(path.read_text().replace('"households"', '"household_count"'))
    with pytest.raises(LayerError, match='no column "household_count"'):
        read_inputs(Config.load(path))


@pytest.mark.parametrize(("encoding", "name"), [("utf-8", "名称代"), ("gbk", "a名称代码")])
@pytest.mark.parametrize("texts", [MAINLAND, ["a", "b"]])
def test_a_name_cut_in_half_a_character(
    tmp_path: Path, texts: list[str], encoding: str, name: str
) -> None:
    """Ten bytes may end inside a character, which is dropped; the rest of the name is read."""
    section = shapefile(tmp_path, texts, encoding, column="0123456789")
    path = section.path.with_suffix(".dbf") if isinstance(section.path, Path) else Path()
    whole = f"{name}说明".encode(encoding)[:10]
    path.write_bytes(path.read_bytes().replace(b"0123456789", whole))
    frame = read_table("units", section, Notes())
    assert frame is not None
    assert frame[name].tolist() == texts


def test_features_keep_their_shapes(tmp_path: Path) -> None:
    """Decoding the text does not touch the geometry."""
    frame = read_features("units", shapefile(tmp_path, MAINLAND, "gbk"), None, Notes())
    assert frame is not None
    assert shapely.area(frame.geometry.to_numpy()).tolist() == [400.0] * 4
