"""The workbook and the CSV files as an office program opens them."""

import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from gridplan.tables import write_csvs, write_workbook
from gridplan.text import unguard
from tests.conftest import need
from tests.test_package import DAY

OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
LONG = "01020011010801100408"  # 20 digits, a zero in front
ATTACKS = ["=1+1", "+1+1", "-1+1", "@SUM(1)", '=HYPERLINK("http://x","y")', "=cmd|' /C calc'!A0"]

Cell = tuple[str, str, str]  # type, text, formula
Sheet = list[list[Cell]]


def opened(folder: Path, *files: Path) -> dict[str, dict[str, Sheet]]:
    """Let LibreOffice open files and write down what it saw: sheets by name, by file."""
    command = [
        str(shutil.which("soffice")), "--headless", "--norestore",
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--convert-to", "fods", "--outdir", str(folder / "seen"), *map(str, files),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return {path.name: seen(folder / "seen" / f"{path.stem}.fods") for path in files}


def seen(path: Path) -> dict[str, Sheet]:
    """Read the sheets of a flat OpenDocument file."""
    root = ET.parse(path).getroot()  # what LibreOffice wrote just now
    return {
        str(sheet.get(f"{{{TABLE}}}name")): [
            [cell for each in row for cell in cells(each)]
            for row in sheet.iter(f"{{{TABLE}}}table-row")
        ]
        for sheet in root.iter(f"{{{TABLE}}}table")
    }


def cells(cell: ET.Element) -> list[Cell]:
    """A cell, as often as it is repeated; the blank rest of a row counts once."""
    kind = cell.get(f"{{{OFFICE}}}value-type", "")
    text = "\n".join("".join(p.itertext()) for p in cell.iter(f"{{{TEXT}}}p"))
    times = int(cell.get(f"{{{TABLE}}}number-columns-repeated", "1")) if kind else 1
    return [(kind, text, cell.get(f"{{{TABLE}}}formula", ""))] * times


def formulas(sheets: Mapping[str, Sheet]) -> list[Cell]:
    """Every cell that computes something."""
    return [cell for sheet in sheets.values() for row in sheet for cell in row if cell[2]]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Sheet]]:
    """A register and a table of facilities with hostile names, seen through LibreOffice."""
    need("libreoffice")
    folder = tmp_path_factory.mktemp("office")
    codes = [f"{LONG[:-1]}{i}" for i in range(len(ATTACKS))]
    tables = {
        "grid_register": pd.DataFrame(
            {"grid_code": codes, "grid_name": ATTACKS, "grid_kind": "unit", "households": 300}
        ),
        "facility_codes": pd.DataFrame(
            {"facility_id": [f"00{i}" for i in range(len(ATTACKS))], "name": ATTACKS}
        ),
    }
    write_workbook(tables, folder / "gridplan.xlsx", "zh", date=DAY)
    write_csvs(tables, folder)
    return opened(folder, folder / "gridplan.xlsx", folder / "facility_codes.csv")


def test_the_workbook_opens_with_codes_as_text(files: dict[str, dict[str, Sheet]]) -> None:
    """Every sheet is there under its Chinese name; codes keep all digits and zeros, as text."""
    book = files["gridplan.xlsx"]
    assert list(book)[:2] == ["网格登记表", "设施所属网格表"]
    head, *rows = (row for row in book["网格登记表"] if row[0][0])
    assert [text for _, text, _ in head[:4]] == ["网格编码", "网格名称", "网格类型", "户数"]
    assert [row[0][:2] for row in rows] == [
        ("string", f"{LONG[:-1]}{i}") for i in range(len(ATTACKS))
    ]
    assert {row[2][:2] for row in rows} == {("string", "单位网格(专属网格)")}
    assert {row[3][:2] for row in rows} == {("float", "300")}
    facilities = [row[0][:2] for row in book["设施所属网格表"] if row[0][0]][1:]
    assert facilities[:2] == [("string", "000"), ("string", "001")]


def test_nothing_in_the_workbook_computes(files: dict[str, dict[str, Sheet]]) -> None:
    """Texts that begin like a formula are texts to LibreOffice, whole and unchanged."""
    book = files["gridplan.xlsx"]
    assert formulas(book) == []
    names = [row[1][1] for row in book["网格登记表"] if row[0][0]][1:]
    assert names == ATTACKS


def test_nothing_in_a_csv_file_computes(files: dict[str, dict[str, Sheet]]) -> None:
    """A CSV file opened by a double click computes nothing and tells its Chinese apart."""
    sheets = files["facility_codes.csv"]
    assert formulas(sheets) == []
    (sheet,) = sheets.values()
    names = [row[1][1] for row in sheet if row[0][0]][1:]
    assert [unguard(name) for name in names] == ATTACKS
