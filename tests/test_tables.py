"""The tables of a plan, as CSV files and as a workbook, and the data dictionary."""

import csv
import datetime as dt
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridplan.codes import REGISTER_TABLES
from gridplan.domain import Finding, Plan, Severity
from gridplan.errors import OutputError
from gridplan.tables import (
    FIELDS,
    LAYERS,
    TABLES,
    build_tables,
    find_field,
    guard,
    reconcile,
    renew_page,
    unguard,
    write_csvs,
    write_tables,
    write_workbook,
)
from gridplan.tables.dictionary import TEXTS
from gridplan.tables.files import csv_text

DATE = dt.date(2024, 3, 1)
CRS = "EPSG:26986"
ATTACK = "=cmd|' /C calc'!A1"
DOCS = Path(__file__).parents[1] / "docs" / "file-formats.md"


def frame(**columns: object) -> gpd.GeoDataFrame:
    """Make a layer whose geometry does not matter here."""
    table = pd.DataFrame(columns)
    return gpd.GeoDataFrame(table, geometry=[shapely.box(0, 0, 1, 1)] * len(table), crs=CRS)


def town(*, buildings: bool = False) -> Plan:
    """Two communities, three grids, four units; police covers two of them, school all."""
    grids = frame(
        grid_code=["110108011005001", "110108011004002", "110108011004001"],
        grid_name=["第一网格", "第二网格", ATTACK],
        grid_kind=["unit", "residential", "residential"],
        community_code=["110108011005", "110108011004", "110108011004"],
        street_code="110108011",
        households=[0, 300, 260],
        range_status=["exempt", "in", "in"],
        parts=1,
        area_m2=[1e6 / 3, 10_000.0, 2_500.004],
        perimeter_m=400.0,
        polsby_popper=0.5,
    )
    communities = frame(
        community_code=["110108011004", "110108011005", "110108011006"],
        community_name=["东门", "西门", "港口"],
        street_code="110108011",
        households=[560, 0, 0],
        grids=[2, 1, 0],
        status="optimal",
        gap=[0.0, 0.0, math.nan],
        stopped="",
    )
    units = frame(
        unit_id=["u4", "-2", "+1+1", "u1"],
        grid_code=["110108011005001", "110108011004002", "110108011004001", "110108011004001"],
        community_code=["110108011005", "110108011004", "110108011004", "110108011004"],
        households=[0, 300, 100, 160],
        police=["P9", "P1", None, "P2"],
        school=["S1", "S1", "S1", "S2"],
    )
    streets = frame(street_code=["110108011"], street_name=["中关村"])
    extra = {
        "facilities": frame(
            facility_id=["f2", "f1"],
            grid_code=["110108011004001", None],
            name=["@SUM(A1)", "亭"],
            kind="",
        ),
        "roads": frame(
            road_id=["r1", "r1"],
            grid_code=["110108011004002", "110108011004001"],
            name="解放路",
            length_m=[12.346, 7.0],
            share=[1.0, 0.5],
        ),
    }
    if buildings:
        extra["buildings"] = frame(
            building_id=["b2", "b1"], grid_code=["110108011004001", "110108011005001"], name=""
        )
    return Plan(grids, communities, streets, units, extra, ("police", "school"))


FINDINGS = (
    Finding(
        "part-joined",
        Severity.EXCEPTION,
        'joined to "u1",\nby 12.3 m',
        layer="units",
        place="+1+1",
        other="u1",
        community_code="110108011004",
        value=12.3456,
    ),
    Finding("block-over-max", Severity.EXCEPTION, "-", place="u1", value=800, limit=500),
    Finding("community-empty", Severity.INFO, "港口", place="110108011005001", value=-0.0),
    Finding("outside", Severity.WARNING, "x", layer="facilities", place="f1"),
)


def tables_of(plan: Plan, findings: Sequence[Finding] = FINDINGS) -> dict[str, pd.DataFrame]:
    """All tables of a plan whose units were read as they stand in it."""
    read = pd.DataFrame(plan.units)[["unit_id", "households", "community_code"]]
    return dict(
        build_tables(plan, findings, reconcile(read, plan), date=DATE, household_basis="registered")
    )


GOLDEN = {
    "grid_register": """\
"grid_code","grid_name","grid_kind","community_code","street_code","households","range_status",\
"area_m2","code_status","valid_from","valid_to"
"110108011004001","'=cmd|' /C calc'!A1","residential","110108011004","110108011",260,"in",\
2500.00,"provisional","2024-03-01",
"110108011004002","第二网格","residential","110108011004","110108011",300,"in",\
10000.00,"provisional","2024-03-01",
"110108011005001","第一网格","unit","110108011005","110108011",0,"exempt",\
333333.33,"provisional","2024-03-01",
""",
    "building_codes": """\
"unit_id","grid_code","households","community_code"
"'+1+1","110108011004001",100,"110108011004"
"-2","110108011004002",300,"110108011004"
"u1","110108011004001",160,"110108011004"
"u4","110108011005001",0,"110108011005"
""",
    "facility_codes": """\
"facility_id","grid_code","community_code","name","kind"
"f1",,,"亭",
"f2","110108011004001","110108011004","'@SUM(A1)",
""",
    "road_codes": """\
"road_id","grid_code","community_code","name","length_m","share"
"r1","110108011004001","110108011004","解放路",7.00,0.500000
"r1","110108011004002","110108011004","解放路",12.35,1.000000
""",
    "zone_crosswalk": """\
"grid_code","layer","zone_id","households","share"
"110108011004001","police","P2",160,0.6154
"110108011004001","school","S1",100,0.3846
"110108011004001","school","S2",160,0.6154
"110108011004002","police","P1",300,1.0000
"110108011004002","school","S1",300,1.0000
""",
    "exceptions": """\
"kind","severity","community_code","grid_code","layer","place","other","value","limit","message"
"block-over-max","exception",,"110108011004001",,"u1",,800,500,"'-"
"community-empty","info",,"110108011005001",,"110108011005001",,0,,"港口"
"outside","warning",,,"facilities","f1",,,,"x"
"part-joined","exception","110108011004","110108011004001","units","'+1+1","u1",12.346,,\
"joined to ""u1"",
by 12.3 m"
""",
    "reconciliation": """\
"community_code","households_in","households_out","households_difference","units_in","units_out",\
"units_difference"
"110108011004",560,560,0,3,3,0
"110108011005",0,0,0,1,1,0
"110108011006",0,0,0,0,0,0
""",
}


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_golden_tables(tmp_path: Path, name: str) -> None:
    """The small town's tables are these, byte for byte."""
    write_csvs(tables_of(town()), tmp_path)
    data = (tmp_path / f"{name}.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    # Only the newline inside a quoted cell is a bare one.
    expected = GOLDEN[name].replace("\n", "\r\n").replace('""u1"",\r\n', '""u1"",\n')
    assert data[3:].decode() == expected


def test_tables_of_a_plan(tmp_path: Path) -> None:
    """Every table of the contract is there, those of layers that were not given are not."""
    names = [
        "grid_register",
        "building_codes",
        "facility_codes",
        "road_codes",
        "zone_crosswalk",
        "exceptions",
        "reconciliation",
        "data_dictionary",
    ]
    assert [path.stem for path in write_csvs(tables_of(town()), tmp_path)] == names


def test_buildings_stand_for_units_where_given() -> None:
    """With a buildings layer the table lists buildings; a count that was not given is empty."""
    table = tables_of(town(buildings=True))["building_codes"]
    assert csv_text("building_codes", table).splitlines() == [
        '"building_id","grid_code","households","community_code"',
        '"b1","110108011005001",,"110108011005"',
        '"b2","110108011004001",,"110108011004"',
    ]


def test_columns_are_those_of_the_dictionary() -> None:
    """No table has a column that the dictionary does not know, in another order."""
    for name, table in tables_of(town()).items():
        expected = [column for column in TABLES[name] if column in table.columns]
        assert list(table.columns) == expected


def test_row_order_changes_no_byte(tmp_path: Path) -> None:
    """Shuffled layers and findings leave the same files."""
    plan = town()
    turned = Plan(
        plan.grids[::-1],
        plan.communities[::-1],
        plan.streets,
        plan.units[::-1],
        {name: layer[::-1] for name, layer in plan.extra.items()},
        plan.zone_layers,
    )
    one = write_csvs(tables_of(plan), tmp_path / "a")
    two = write_csvs(tables_of(turned, [*FINDINGS[::-1], *FINDINGS]), tmp_path / "b")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_empty_plan_of_findings_and_zones() -> None:
    """Without findings and zone layers the tables are empty but have their columns."""
    plan = town()
    bare = Plan(plan.grids, plan.communities, plan.streets, plan.units)
    tables = tables_of(bare, [])
    for name in ("exceptions", "zone_crosswalk"):
        assert csv_text(name, tables[name]).count("\r\n") == 1
        assert list(tables[name].columns) == list(TABLES[name])


def test_reconciliation_shows_what_is_lost() -> None:
    """A unit read but not attributed, one that moved and one without a community all show."""
    plan = town()
    read = pd.DataFrame(
        {
            "unit_id": ["u4", "-2", "+1+1", "u1", "lost", "nowhere"],
            "households": [0, 300, 100, 160, 40, 7],
            "community_code": ["110108011004", *["110108011004"] * 3, "X", None],
        }
    )
    table = reconcile(read, plan).set_index("community_code")
    assert table["households_difference"].to_dict() == {
        "": -7, "110108011004": 0, "110108011005": 0, "110108011006": 0, "X": -40,
    }  # fmt: skip
    assert table["units_difference"].tolist() == [-1, -1, 1, 0, -1]


@pytest.mark.parametrize(
    "text", ["=1", "+a", "-a", "@x", "\tx", "\rx", "\nx", " =1", "＝1", "＋", "'=1"]
)
def test_formula_like_cells_are_made_harmless(text: str) -> None:
    """What a spreadsheet would run gets an apostrophe, and gives it back."""
    assert guard(text) == "'" + text
    assert unguard(guard(text)) == text


@pytest.mark.parametrize("text", ["", "abc", "-5", "+3.25", "'t Hof", "''", "第一", "a=b", "1-2"])
def test_harmless_cells_stay_as_they_are(text: str) -> None:
    """Plain text and plain numbers are not touched."""
    assert guard(text) == text
    assert unguard(text) == text


@given(st.text(alphabet=st.sampled_from("'=+-@\t\r\n a1＝"), max_size=8))
def test_guard_round_trip(text: str) -> None:
    """Unguard gives back whatever guard was given, and no formula is left."""
    assert unguard(guard(text)) == text
    first = guard(text)[:1]
    assert first not in set("=@\t\r\n＝")
    assert first not in set("+-") or text[1:].isdigit()


HOSTILE = [
    ATTACK,
    'a"b,c',
    "line\nbreak",
    "\x00\x1f",
    "#N/A",
    "=1+1",
    "00123",
    "1e5",
    "长" * 40_000,
    "\ud800",
]


def test_rows_are_in_order_as_they_are_written() -> None:
    """Numbers that are equal once rounded leave the order to the next column."""
    roads = pd.DataFrame({"road_id": ["r", "r"], "length_m": [8.0000002, 8.0], "share": [0.2, 0.5]})
    lines = csv_text("road_codes", roads).splitlines()
    assert lines[1:] == ['"r",8.00,0.200000', '"r",8.00,0.500000']


def test_csv_survives_hostile_text() -> None:
    """Quotes, newlines, very long and unprintable text read back through the csv module."""
    table = pd.DataFrame(
        {"place": pd.Series(HOSTILE, dtype=object), "value": np.arange(len(HOSTILE)) + 0.5}
    )
    rows = list(csv.reader(io.StringIO(csv_text("exceptions", table), newline="")))
    assert rows[0] == ["place", "value"]
    clean = [
        text.replace("\x00", "\ufffd").replace("\x1f", "\ufffd").replace("\ud800", "\ufffd")
        for text in HOSTILE
    ]
    assert sorted(unguard(row[0]) for row in rows[1:]) == sorted(clean)
    assert {float(row[1]) for row in rows[1:]} == set(table["value"])


def test_numbers_stay_numbers() -> None:
    """Negative numbers, missing ones and infinities of number columns are plain cells."""
    table = pd.DataFrame(
        {
            "community_code": ["a", "b", "c", "d"],
            "households_difference": pd.array([-5, 0, None, 7], dtype="Int64"),
            "share": [-0.00001, 1 / 3, math.nan, math.inf],
            "limit": [-1.5, 1234567.0, 0.0005, math.nan],
        }
    )
    assert csv_text("reconciliation", table).splitlines()[1:] == [
        '"a",-5,0.0000,-1.5',
        '"b",0,0.3333,1234567',
        '"c",,,0',
        '"d",7,,',
    ]


def test_unknown_columns_are_written_by_their_type() -> None:
    """A column that the dictionary does not know is written by its type, without spare zeros."""
    table = pd.DataFrame({"a": ["007"], "b": [7], "c": [0.5], "d": [True], "e": [2.0]})
    assert csv_text("other", table).splitlines()[1] == '"007",7,0.5,"True",2'


def test_unwritable_folder_is_an_output_error(tmp_path: Path) -> None:
    """A file where the folder should be is an OutputError."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_csvs(tables_of(town()), tmp_path / "file")
    with pytest.raises(OutputError, match="cannot be written"):
        write_workbook(tables_of(town()), tmp_path / "file" / "x.xlsx", "en", date=DATE)


def workbook_of(tmp_path: Path, language: str) -> openpyxl.Workbook:
    """Write the small town's workbook and read it back."""
    path = tmp_path / f"{language}.xlsx"
    write_workbook(tables_of(town()), path, language, date=DATE, household_basis="registered")
    return openpyxl.load_workbook(path)


def test_workbook_in_chinese(tmp_path: Path) -> None:
    """Sheets, headings and fixed values are Chinese; households say whose they are."""
    book = workbook_of(tmp_path, "zh")
    assert book.sheetnames == [
        "网格登记表", "建筑物所属网格表", "设施所属网格表", "道路所属网格表",
        "网格与辖区对照表", "例外清单", "核对表", "数据字典",
    ]  # fmt: skip
    rows = list(book["网格登记表"].iter_rows(values_only=True))
    assert rows[0][:6] == (
        "网格编码",
        "网格名称",
        "网格类型",
        "社区代码",
        "街道代码",
        "户数（户籍）",
    )
    assert rows[3][2] == "单位网格(专属网格)"
    assert rows[3][6] == "免于考核"


def test_workbook_in_english(tmp_path: Path) -> None:
    """Sheets and headings are plain English with units."""
    book = workbook_of(tmp_path, "en")
    headings = [cell.value for cell in book["Grid register"][1]]
    assert headings[5] == "Households (registered)"
    assert headings[7] == "Area (m²)"
    assert headings[0] == "Grid code"


def test_codes_are_text_and_numbers_numbers_in_the_workbook(tmp_path: Path) -> None:
    """Codes of 15 digits are text cells of text format; counts and areas are numbers."""
    sheet = workbook_of(tmp_path, "en")["Grid register"]
    code, households, area = sheet["A2"], sheet["F2"], sheet["H4"]
    assert (code.value, code.data_type, code.number_format) == ("110108011004001", "s", "@")
    assert (households.value, households.data_type, households.number_format) == (260, "n", "0")
    assert (area.value, area.number_format) == (333333.33, "0.00")
    assert sheet["K2"].value is None


def test_no_cell_of_the_workbook_is_a_formula(tmp_path: Path) -> None:
    """Text that begins like a formula or reads like an error stays text, unchanged."""
    table = pd.DataFrame({"place": pd.Series(HOSTILE, dtype=object)})
    write_workbook({"exceptions": table}, tmp_path / "x.xlsx", "zh", date=DATE)
    cells = [
        row[0] for row in openpyxl.load_workbook(tmp_path / "x.xlsx").active.iter_rows(min_row=2)
    ]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.value for cell in cells[:3]] == HOSTILE[:3]
    assert [cell.value for cell in cells[4:8]] == HOSTILE[4:8]
    assert len(cells[8].value) == 32_767


def test_every_sheet_is_frozen_filtered_and_sized(tmp_path: Path) -> None:
    """The heading row stays in view, filters span the table, columns fit their content."""
    for sheet in workbook_of(tmp_path, "zh"):
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
        assert len(sheet.title) <= 31
        widths = [sheet.column_dimensions[cell.column_letter].width for cell in sheet[1]]
        assert all(8 <= width <= 60 for width in widths)
    assert sheet["A1"].font.bold


def test_workbook_is_the_same_every_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal tables and dates make equal bytes, whatever the clock says."""
    tables = tables_of(town())
    write_workbook(tables, tmp_path / "a.xlsx", "en", date=DATE)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    write_workbook(tables, tmp_path / "b.xlsx", "en", date=DATE)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    properties = openpyxl.load_workbook(tmp_path / "a.xlsx").properties
    assert properties.created == properties.modified == dt.datetime(2024, 3, 1)


def test_workbooks_are_the_same_whoever_writes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The workbook and those of the pages of grids, written by one process or by two."""
    monkeypatch.setattr("gridplan.tables.workbook.MOST_PAGES", 1)
    tables = tables_of(town())
    codes = tables["grid_register"]["grid_code"]
    tables["duties"] = pd.DataFrame({"grid_code": codes, "item_name": "=b", "object": "o"}).reindex(
        columns=TABLES["duties"]
    )
    found = []
    for workers in (1, 2):
        folder = tmp_path / str(workers)
        write_workbook(tables, folder / "a.xlsx", "zh", date=DATE, workers=workers)
        found.append({p.name: p.read_bytes() for p in sorted(folder.rglob("*.xlsx"))})
    assert found[0] == found[1]
    assert len(found[0]) == 1 + len(codes)


def test_tables_are_the_same_whoever_writes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CSV files and the workbook, written by one process or shared between two."""
    monkeypatch.setattr("gridplan.tables.shared.SHARED_ROWS", 1)
    tables, found = tables_of(town()), []
    for workers in (1, 2):
        folder = tmp_path / str(workers)
        left_out = write_tables(tables.items(), folder, language="en", date=DATE, workers=workers)
        assert left_out == []
        found.append({p.name: p.read_bytes() for p in sorted(folder.iterdir())})
    assert found[0] == found[1]
    assert set(found[0]) == {"gridplan.xlsx", *(f"{name}.csv" for name in tables)}


def test_long_tables_go_to_disk_as_they_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table too long for a workbook is written before the next is made, and is the same file."""
    tables = tables_of(town())
    write_tables(tables.items(), tmp_path / "whole", language="en", date=DATE, workbook=False)
    monkeypatch.setattr("gridplan.tables.workbook.ROWS_MAX", 2)
    there = []

    def made() -> Iterator[tuple[str, pd.DataFrame]]:
        for name, table in tables.items():
            there.append({path.stem for path in (tmp_path / "parts").glob("*.csv")})
            yield name, table

    left_out = write_tables(made(), tmp_path / "parts", language="en", date=DATE, workbook=False)
    long = [name for name, table in tables.items() if len(table) > 2]
    assert left_out == []
    assert there[-1] == set(long) - {"exceptions", "data_dictionary"}  # on pages; the last one
    monkeypatch.setattr("gridplan.tables.files._ROWS", 1)
    shared = tmp_path / "shared"
    write_tables(tables.items(), shared, language="en", date=DATE, workbook=False, workers=2)
    for name in tables:
        ways = ("whole", "parts", "shared")
        assert len({(tmp_path / way / f"{name}.csv").read_bytes() for way in ways}) == 1


def test_long_tables_have_no_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table too long for a workbook that still opens is left out, and that is said."""
    monkeypatch.setattr("gridplan.tables.workbook.ROWS_MAX", 2)
    tables = tables_of(town())
    long = [name for name, table in tables.items() if len(table) > 2]
    found = write_workbook(tables, tmp_path / "a.xlsx", "en", date=DATE)
    assert "building_codes" in long
    assert [(f.kind, f.layer) for f in found] == [("sheet-left-out", name) for name in long]
    sheets = openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames
    assert len(sheets) == len(tables) - len(long)
    assert "Building codes" not in sheets


def test_very_many_grids_have_no_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above a number of grids no pages are made, and that is said."""
    monkeypatch.setattr("gridplan.tables.workbook.PAGED_GRIDS_MAX", 1)
    monkeypatch.setattr("gridplan.tables.workbook.paged", lambda *_: pytest.fail("pages"))
    found = write_workbook(tables_of(town()), tmp_path / "a.xlsx", "en", date=DATE)
    assert [f.kind for f in found] == ["pages-left-out"]


def test_long_csv_is_written_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of a table add up to the whole, its heading once."""
    table = tables_of(town())["building_codes"]
    whole = csv_text("building_codes", table)
    monkeypatch.setattr("gridplan.tables.files._ROWS", 2)
    assert csv_text("building_codes", table) == whole
    assert len(whole.splitlines()) == len(table) + 1 > 3


def test_data_dictionary_describes_every_column() -> None:
    """Each column of each layer and table is described in both languages, also zone columns."""
    plan = town()
    rows = tables_of(plan)["data_dictionary"]
    units = rows[rows["table"] == "plan.gpkg:units"].set_index("field_name")
    held = [name for name in LAYERS["units"] if name in plan.units]
    assert list(units.index) == [*held, "police", "school"]
    assert units.loc["school", "abbreviation"] == "ZQ2"
    assert units.loc["households", "description_en"].endswith("(registered)")
    assert (rows["description_en"] != "").all()
    assert (rows["description_zh"] != "").all()
    assert set(rows["table"]) >= {*tables_of(plan), "plan.gpkg:grids", "plan.gpkg:roads"}


@pytest.mark.parametrize("table", [*LAYERS, *TABLES, *REGISTER_TABLES])
def test_abbreviations_are_short_and_unique(table: str) -> None:
    """Abbreviations are at most 10 bytes of capitals and digits and differ inside a table."""
    layers = ("police", "school", "health")
    names = [
        column.replace("<layer>", layer)
        for column in {**LAYERS, **TABLES, **REGISTER_TABLES}[table]
        for layer in (layers if "<layer>" in column else layers[:1])
    ]
    short = [find_field(table, name, layers).abbreviation for name in names]
    assert len(set(short)) == len(short)
    assert all(
        text.isascii() and text.isalnum() and text.isupper() and len(text) <= 10 for text in short
    )


def test_every_field_is_used_and_every_table_has_a_title() -> None:
    """The dictionary holds nothing that no layer or table has, and sheets have distinct names."""
    every = {**LAYERS, **TABLES, **REGISTER_TABLES}
    used = {f"{table}.{name}" for table, names in every.items() for name in names}
    used |= {name.split(".", 1)[1] for name in used}
    assert set(FIELDS) <= used
    assert set(TEXTS) == set(every)
    for titles in ([t.title_en for t in TEXTS.values()], [t.title_zh for t in TEXTS.values()]):
        assert len(set(titles)) == len(titles)


def test_documentation_is_fresh() -> None:
    """docs/file-formats.md holds what the dictionary says; its first lines say how to renew it."""
    text = DOCS.read_text("utf-8")
    assert renew_page(text) == text
    assert "| `polsby_popper` |" in text


def test_cells_written_as_text_read_back_the_same(tmp_path: Path) -> None:
    """Marks of XML, spaces at the ends, line ends, formulas, errors, missing and whole numbers."""
    texts = ['a & <b> "c"', " two ends ", "line\nline", "=1+1", "#N/A", None, "   ", "汉字", "7"]
    numbers = [0.0, 1.5, -2.25, np.nan, 1e15, 0.1 + 0.2, 3.0, 0.125, 5.0]
    table = pd.DataFrame({"place": texts, "value": numbers, "count": range(len(texts))})
    write_workbook({"exceptions": table}, tmp_path / "x.xlsx", "en", date=DATE)
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx").active
    rows = list(sheet.iter_rows(min_row=2))
    assert [row[0].value for row in rows] == texts
    assert all(row[0].data_type == "s" for row in rows if row[0].value is not None)
    rounded = [None if np.isnan(n) else pytest.approx(n, abs=1e-6) for n in numbers]
    assert [row[1].value for row in rows] == rounded
    assert [row[2].value for row in rows] == list(range(len(texts)))
    assert {row[0].number_format for row in rows} == {"@"}
    assert [cell.coordinate for cell in rows[-1]] == ["A10", "B10", "C10"]
