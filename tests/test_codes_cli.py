"""``gridplan codes``: draft, adopt, verify, history, as of a day, export."""

import io
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from gridplan.cli import gridplan
from gridplan.register import check_table, verify
from gridplan.register.verify import with_known_names
from tests.jobs import CONFIG, chess_town
from tests.test_database import SECRET, server  # noqa: F401

WEST, EAST = "110101001001", "110101001002"
QUICK = CONFIG.replace("maps = []", "maps = []\nreport = false")
WITH_REGISTER = QUICK + '\n[codes]\nregister = "grids.sqlite"\n'


def call(*arguments: object) -> Result:
    """Run gridplan."""
    return CliRunner().invoke(gridplan, [str(argument) for argument in arguments])


def done(*arguments: object) -> str:
    """Run gridplan, which must succeed; return what it said."""
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def partitioned(town: Path, out: Path, *more: object) -> Path:
    """Divide a town."""
    done("partition", town, "-o", out, "--date", "2026-01-01", "-q", *more)
    return out


def assignment(folder: Path, *, shift: int = 0) -> Path:
    """A hand-made plan: columns of squares; with a shift West's squares 0-2 form no column."""
    rows = [f"u{i:02d},{'W' if i % 8 < 4 else 'E'}{i % 8}" for i in range(32)]
    if shift:
        rows[0], rows[1] = "u00,W1", "u01,W1"
    path = folder / f"hand{shift}.csv"
    path.write_text("unit_id,grid\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def adopted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the job, its plan in ``out``, and the register it was adopted into."""
    folder = tmp_path_factory.mktemp("adopted")
    town = chess_town(folder, config=WITH_REGISTER)
    partitioned(town, folder / "out", "--assignment", assignment(folder))
    said = done("codes", "issue", folder / "out", "--date", "2026-01-01")
    assert said == "grids.sqlite: from 2026-01-01 on, grids: 8 created\n"
    return folder


@pytest.fixture
def folder(adopted: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to be changed."""
    return Path(shutil.copytree(adopted, tmp_path / "copy"))


def test_adopting_leaves_the_plan_as_it_is(adopted: Path, tmp_path: Path) -> None:
    """No byte of OUT changes, and a second adoption has nothing to do."""
    before = {p: p.read_bytes() for p in sorted((adopted / "out").rglob("*")) if p.is_file()}
    said = done("codes", "issue", adopted / "out", "--date", "2026-02-02")
    assert said == "grids.sqlite holds this plan since 2026-01-01; nothing to do.\n"
    assert {
        p: p.read_bytes() for p in sorted((adopted / "out").rglob("*")) if p.is_file()
    } == before


def test_the_register_is_sound(adopted: Path) -> None:
    """The register, the plan's table and its workbook pass their verification."""
    tables = adopted / "out" / "tables"
    for place in (adopted / "grids.sqlite", tables / "grid_register.csv", tables / "gridplan.xlsx"):
        assert done("codes", "verify", place) == "codes: sound\n"
    assert json.loads(done("codes", "verify", adopted / "grids.sqlite", "--json")) == []


def test_the_same_plan_keeps_its_codes(folder: Path) -> None:
    """Divided again beside the register, every grid keeps its code, whatever its label."""
    again = partitioned(folder / "town.toml", folder / "again", "--assignment", assignment(folder))
    old, new = (
        (out / "tables" / "grid_register.csv").read_text(encoding="utf-8-sig")
        for out in (folder / "out", again)
    )
    assert old.count('"provisional"') == 8
    assert new == old.replace('"provisional"', '"active"')
    codes = "tables/building_codes.csv"
    assert (again / codes).read_bytes() == (folder / "out" / codes).read_bytes()
    assert "nothing to do" in done("codes", "issue", again)


def test_retired_codes_are_skipped(folder: Path) -> None:
    """A plan beside the register never proposes a code that is spent."""
    register = folder / "grids.sqlite"
    done(
        *("codes", "retire", f"{WEST}001", "--reason", "torn down"),
        *("--register", register, "--date", "2026-06-01"),
    )
    day = ("--date", "2027-01-01")
    again = partitioned(
        folder / "town.toml", folder / "again", "--assignment", assignment(folder), *day
    )
    table = pd.read_csv(again / "tables" / "grid_register.csv", dtype=str, encoding="utf-8-sig")
    west = table[table["community_code"] == WEST]
    assert west["grid_code"].tolist() == [f"{WEST}00{i}" for i in (2, 3, 4, 5)]
    assert west["code_status"].tolist() == ["active"] * 3 + ["provisional"]
    assert west["valid_from"].tolist() == ["2026-01-01"] * 3 + ["2027-01-01"]
    said = done("codes", "issue", again, "--date", "2027-01-01")
    assert said.endswith("grids: 1 created, 7 kept\n")
    assert call("codes", "issue", folder / "out", "--date", "2028-01-01").exit_code == 1
    assert "codes: sound" in done("codes", "verify", register)


def test_a_finished_run_is_not_resumed_beside_another_register(folder: Path) -> None:
    """``--resume`` knows that codes have changed in the register since."""
    town, out = folder / "town.toml", folder / "out2"
    hand = ("--assignment", assignment(folder))
    partitioned(town, out, *hand)
    arguments = ("partition", town, "-o", out, "--resume", "--date", "2026-01-01", *hand)
    assert "complete already" in done(*arguments)
    register = ("--register", folder / "grids.sqlite")
    done("codes", "retire", f"{WEST}001", "--reason", "x", *register, "--date", "2026-06-01")
    assert call(*arguments).exit_code == 1


def test_history_in_words(folder: Path) -> None:
    """A code's life reads as sentences; an unknown code is an error."""
    town = folder / "town.toml"
    changed = partitioned(town, folder / "new", "--assignment", assignment(folder, shift=1))
    done("codes", "issue", changed, "--date", "2027-01-01", "--despite-audit")
    told = done("codes", "history", f"{WEST}001", "-c", town)
    assert told.splitlines()[:2] == [
        f"{WEST}001: residential grid 'Grid 1' in community {WEST}",
        "2026-01-01: issued with 400 households",
    ]
    assert "2027-01-01: reshaped with 300 households; 1 units with 100 households left" in told
    assert told.endswith("active since 2026-01-01\n")
    events = json.loads(done("codes", "history", f"{WEST}001", "-c", town, "--json"))
    assert [event["kind"] for event in events] == ["created", "reshaped"]
    assert "never issued this code" in call("codes", "history", "9", "-c", town).stderr


def test_the_register_of_a_day_and_its_export(folder: Path) -> None:
    """What is exported for a day is what stood there, byte for byte, and reads back."""
    town = folder / "town.toml"
    before = done("codes", "as-of", "2026-01-01", "-c", town)
    register = ("--register", folder / "grids.sqlite")
    done("codes", "retire", EAST, "--reason", "merged", *register, "--date", "2027-01-01")
    assert done("codes", "as-of", "2026-12-31", "-c", town) == before
    export = folder / "codes"
    done("codes", "export", export, "-c", town, "--language", "zh", "--date", "2027-01-01")
    names = ["code_about.csv", "code_crosswalk.csv", "code_lineage.csv", "code_register.csv"]
    assert sorted(p.name for p in export.iterdir()) == [
        *names, "codes.xlsx", "data_dictionary.csv"
    ]  # fmt: skip
    about = (export / "code_about.csv").read_text(encoding="utf-8-sig")
    assert "row by row from north to south" in about
    assert "自北向南分行" in about
    book = load_workbook(export / "codes.xlsx")
    assert book.sheetnames == ["编码规则", "编码登记簿", "登记簿沿革", "登记簿新旧对照", "数据字典"]
    sheet = book["编码登记簿"]
    assert [cell.value for cell in sheet[1]][:6] == [
        *("层级", "编码", "类型", "上级编码", "名称", "编码状态")
    ]
    assert done("codes", "verify", export / "code_register.csv") == "codes: sound\n"
    assert "add --overwrite" in call("codes", "export", export, "-c", town).stderr
    day = ("--as-of", "2026-01-01", "--overwrite")
    done("codes", "export", export, "-c", town, *day)
    assert (export / "code_register.csv").read_text(encoding="utf-8-sig") == before


def test_a_broken_plan_is_not_adopted(folder: Path) -> None:
    """A plan that breaks a promise needs ``--despite-audit``."""
    run = folder / "out" / "run.json"
    record = json.loads(run.read_text(encoding="utf-8"))
    record["audit"] = [{"kind": "grids-overlap", "severity": "broken", "message": "they overlap"}]
    run.write_text(json.dumps(record), encoding="utf-8")
    refused = call("codes", "issue", folder / "out")
    assert refused.exit_code == 1
    assert "breaks 1 promise, the first: they overlap" in refused.stderr
    assert call("codes", "issue", folder / "out", "--despite-audit").exit_code == 0


def test_a_register_must_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an option and without a configuration the command says what to do."""
    monkeypatch.chdir(tmp_path)
    refused = call("codes", "history", "1")
    assert refused.exit_code == 2
    assert "--register" in refused.output


def test_a_register_on_a_server(folder: Path, server: str) -> None:  # noqa: F811
    """The address may stand in the configuration; no output and no message holds its password."""
    address = f"postgresql://planner:{SECRET}@{server}"
    town = folder / "town.toml"
    town.write_text(town.read_text().replace('"grids.sqlite"', f'"{address}"'))
    out = partitioned(town, folder / "server", "--assignment", assignment(folder))
    said = [
        done("codes", "issue", out, "--date", "2026-01-01"),
        done("codes", "verify", address),
        done("codes", "history", f"{WEST}001", "-c", town),
        done("codes", "issue", out, "--json"),
        call("codes", "history", "nowhere", "-c", town).output,
    ]
    again = partitioned(town, folder / "again", "--assignment", assignment(folder))
    done("codes", "export", folder / "codes", "-c", town)
    assert "8 created" in said[0]
    assert SECRET not in "".join(said)
    for place in (out, again, folder / "codes"):
        files = [p for p in sorted(place.rglob("*")) if p.is_file()]
        assert files
        assert not [p for p in files if SECRET.encode() in p.read_bytes()]


def table(*rows: tuple[str, ...]) -> pd.DataFrame:
    """An office's register: code, community, status, first and last day."""
    names = ["code", "parent", "status", "valid_from", "valid_to"]
    return pd.DataFrame(rows, columns=names)


def on(code: str, community: str = WEST) -> tuple[str, ...]:
    """A code in use."""
    return (code, community, "active", "2026-01-01", "")


def off(code: str) -> tuple[str, ...]:
    """A retired code."""
    return (code, WEST, "retired", "2026-01-01", "2026-12-31")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([on(f"{WEST}001"), off(f"{WEST}002"), on(f"{WEST}003")], []),
        ([on(f"{WEST}001"), on(f"{WEST}01")], ["code-format"]),
        ([on(f"{WEST}001"), on(f"{EAST}002")], ["code-format"]),
        ([on(f"{WEST}001"), on("")], ["code-missing"]),
        ([on(f"{WEST}001"), on(f"{WEST}002", "")], ["code-parent"]),
        ([on(f"{WEST}001"), on(f"{WEST}001")], ["code-duplicate"]),
        ([off(f"{WEST}001"), on(f"{WEST}001")], ["code-reused"]),
        ([on(f"{WEST}001"), on(f"{WEST}004")], ["code-gap"]),
        ([(f"{WEST}001", WEST, "retired", "2026-01-01", "")], ["code-dates"]),
        ([(f"{WEST}001", WEST, "active", "2026-01-01", "2026-12-31")], ["code-dates"]),
        ([(f"{WEST}001", WEST, "retired", "2026-02-01", "2026-01-01")], ["code-dates"]),
        ([(f"{WEST}001", WEST, "retired", "2026-02-01", "2026-01-31")], []),
    ],
)
def test_what_verify_finds(rows: list[tuple[str, ...]], expected: list[str]) -> None:
    """Form, parents, duplicates, gaps, reuse and dates each have their finding, and only it."""
    assert [finding.kind for finding in check_table(table(*rows))] == expected


@pytest.mark.parametrize(
    ("profile", "code"),
    [
        ("cjt349-20", f"010200{WEST}01"),
        ("cjt213-14", f"{WEST}01"),
        ("gbt47678-15", f"{WEST}001"),
        ("X{community_code}.{seq:02}", f"X{WEST}.01"),
    ],
)
def test_verify_by_another_profile(profile: str, code: str) -> None:
    """A named profile is what codes are held against; the object class is read from the code."""
    assert check_table(table(on(code)), profile) == []
    assert [f.kind for f in check_table(table(on(code + "9")), profile)] == ["code-format"]


def test_gaps_in_a_block_are_told_from_the_block_on() -> None:
    """Numbers reserved to unit grids leave no gap below them."""
    rows = [on(f"{WEST}001"), on(f"{WEST}901"), on(f"{WEST}903")]
    (gap,) = check_table(table(*rows), "beijing-15?block=901")
    assert "number 902 is missing" in gap.message


def test_offices_files_are_read(tmp_path: Path) -> None:
    """Chinese headings, words for the status, GBK and numbers in quotes are understood."""
    path = tmp_path / "登记表.csv"
    lines = ["网格编码,社区代码,编码状态", f"{WEST}001,{WEST},在用", f"{WEST}001,{WEST},作废"]
    path.write_bytes("\r\n".join(lines).encode("gbk"))
    assert [finding.kind for finding in verify(path)] == ["code-reused"]
    result = call("codes", "verify", path)
    assert result.exit_code == 4
    assert "code-reused" in result.stdout
    assert "not to be trusted" in result.stdout
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    assert "no column of grid codes" in call("codes", "verify", other).stderr
    assert "no such register" in call("codes", "verify", tmp_path / "none.sqlite").stderr
    assert "file not found" in call("codes", "verify", tmp_path / "none.csv").stderr


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh", f"网格编码{WEST}001出现在2行"), ("en", f"grid code {WEST}001 stands in 2 rows")],
)
def test_verify_speaks_the_language_of_the_project(
    tmp_path: Path, language: str, said: str
) -> None:
    """With a configuration the findings are in its language; as JSON they stay English."""
    spoken = QUICK.replace('language = "en"', f'language = "{language}"')
    town = chess_town(tmp_path, config=spoken)
    path = tmp_path / "codes.csv"
    path.write_text(f"grid_code\n{WEST}001\n{WEST}001\n", encoding="utf-8")
    result = call("codes", "verify", path, "--config", town)
    assert result.exit_code == 4, result.output
    assert said in result.stdout
    assert "stands in 2 rows" in call("codes", "verify", path, "--config", town, "--json").stdout


def test_english_headings_of_a_workbook_are_known() -> None:
    """``Grid code`` is ``grid_code``; our own apostrophes are taken off."""
    known = with_known_names(pd.DataFrame({"Grid code": ["'=1"], "Community code": [WEST]}), "x")
    assert known["code"].tolist() == ["=1"]


def exported(folder: Path, *more: object) -> pd.DataFrame:
    """Export the plan in ``out`` to ``office``; return the register's table."""
    done("codes", "export", folder / "office", "--plan", folder / "out", "--overwrite", *more)
    path = folder / "office" / "grid_register.csv"
    return pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False)


def test_an_adopted_plan_goes_out_with_the_status_of_its_codes(folder: Path) -> None:
    """The plan says provisional, what is exported says active or retired, on any day."""
    plain = exported(folder, "--register", folder / "grids.sqlite")
    assert set(plain["code_status"]) == {"active"}
    day = ("--date", "2026-06-01")
    done("codes", "retire", f"{WEST}001", "--reason", "x", "-c", folder / "town.toml", *day)
    now = exported(folder)
    ended = now[now["code_status"] == "retired"]
    assert ended["grid_code"].tolist() == [f"{WEST}001"]
    assert ended["valid_to"].tolist() == ["2026-05-31"]
    assert set(exported(folder, "--as-of", "2026-05-31")["code_status"]) == {"active"}
    names = {p.name for p in (folder / "office").iterdir()}
    assert {"building_codes.csv", "code_register.csv", "gridplan.xlsx"} <= names
    tables = folder / "out" / "tables"
    same = "zone_crosswalk.csv", "building_codes.csv", "reconciliation.csv"
    for name in same:
        assert (folder / "office" / name).read_bytes() == (tables / name).read_bytes()


def test_a_plan_that_was_not_adopted_stays_provisional(folder: Path) -> None:
    """Grids that the register does not hold as drawn keep their status, and are counted."""
    town = folder / "town.toml"
    partitioned(town, folder / "new", "--assignment", assignment(folder, shift=1))
    asked = ("codes", "export", folder / "office", "--plan", folder / "new")
    told = call(*asked, "-c", town)
    assert told.exit_code == 0
    assert "plan-not-adopted: 2 of 8 grids are not in the register" in told.stderr
    table = pd.read_csv(folder / "office" / "grid_register.csv", dtype=str)
    assert table["code_status"].value_counts().to_dict() == {"active": 8}
    (folder / "grids.sqlite").unlink()
    assert set(exported(folder)["code_status"]) == {"provisional"}


def test_layers_go_out_in_gbk(folder: Path) -> None:
    """CSV files and shapefiles in GBK; without a plan there are no layers to write."""
    done(
        *("codes", "export", folder / "office", "--plan", folder / "out", "--encoding", "gbk"),
        *("-f", "csv", "-f", "shp", "-f", "geojson"),
    )
    office = folder / "office"
    assert "网格编码" in (office / "data_dictionary.csv").read_bytes().decode("gbk")
    assert "社区代码" in (office / "shp" / "fields.csv").read_bytes().decode("gbk")
    assert (office / "shp" / "grids.cpg").read_text() == "GBK"
    assert (office / "geojson" / "units.geojson").is_file()
    assert not (office / "gridplan.xlsx").exists()
    refused = call("codes", "export", office, "--register", folder / "grids.sqlite", "-f", "shp")
    assert refused.exit_code == 2
    assert "name it: --plan" in refused.output


def test_the_district_is_the_top_of_the_register(folder: Path) -> None:
    """Its code is the first six digits of its communities; all levels hang together."""
    table = pd.read_csv(
        io.StringIO(done("codes", "as-of", "2026-01-01", "-c", folder / "town.toml")), dtype=str
    ).fillna("")
    assert table["level"].value_counts().to_dict() == {"grid": 8, "community": 2, "district": 1}
    parents = table.groupby("level")["parent"].unique().map(sorted).to_dict()
    assert parents == {"district": [""], "community": ["110101"], "grid": [WEST, EAST]}
    told = done("codes", "history", "110101", "-c", folder / "town.toml")
    assert told.startswith("110101: district 'Chess Town'\n")


def test_a_plan_of_one_community_leaves_the_district(folder: Path) -> None:
    """``--only`` divides a part of a district: what is above stays, the rest is not touched."""
    town = folder / "town.toml"
    partitioned(town, folder / "west", "--only", WEST)
    done("codes", "issue", folder / "west", "--date", "2027-01-01")
    for code in ("110101", EAST):
        events = json.loads(done("codes", "history", code, "-c", town, "--json"))
        assert [event["kind"] for event in events][1:] == ["kept"] * (code != EAST)
    assert "codes: sound" in done("codes", "verify", folder / "grids.sqlite")


def test_a_day_is_asked_of_a_register(tmp_path: Path) -> None:
    """A plan that no register holds has no past: --as-of is refused, and nothing is written."""
    config = QUICK + '\n[codes]\nregister = "none.sqlite"\n'
    out = partitioned(chess_town(tmp_path, config=config), tmp_path / "out")
    result = call("codes", "export", tmp_path / "x", "--plan", out, "--as-of", "2026-01-01")
    assert result.exit_code == 2
    assert "there is none; name it: --register" in result.stderr
    assert not (tmp_path / "x").exists()


def test_an_exported_workbook_is_verified(folder: Path) -> None:
    """The register's workbook passes, whatever its language and wherever the sheet stands."""
    for language in ("en", "zh"):
        office = folder / language
        done("codes", "export", office, "-c", folder / "town.toml", "--language", language)
        assert done("codes", "verify", office / "codes.xlsx") == "codes: sound\n"


def test_layers_with_codes_are_verified(folder: Path) -> None:
    """The plan, and what was exported of it, pass; a code that stands twice is found."""
    office = folder / "office"
    done("codes", "export", office, "--plan", folder / "out", "-f", "shp", "-f", "geojson")
    places = (
        folder / "out" / "plan.gpkg", office / "shp" / "grids.shp",
        office / "geojson" / "grids.geojson",
    )  # fmt: skip
    for place in places:
        assert done("codes", "verify", place) == "codes: sound\n"
    text = places[2].read_text(encoding="utf-8")
    places[2].write_text(text.replace(f"{WEST}002", f"{WEST}001"), encoding="utf-8")
    found = call("codes", "verify", places[2])
    assert found.exit_code == 4
    assert f"code-duplicate: grid code {WEST}001 stands in 2 rows" in found.stdout
    assert call("codes", "verify", folder / "office" / "none.gpkg").exit_code == 1


def test_codes_that_cannot_be_written_stop_a_run_at_once(tmp_path: Path) -> None:
    """A profile that no community code fits is told by ``check``, and before anything is solved."""
    town = chess_town(tmp_path, config=QUICK + '\n[codes]\nprofile = "cjt349-20"\n')
    for command in (("check", town), ("partition", town, "-o", tmp_path / "out")):
        refused = call(*command)
        assert refused.exit_code == 1
        assert "begins with the six digits of the object class" in " ".join(refused.output.split())
        assert refused.exception is None or isinstance(refused.exception, SystemExit)
    assert not list(tmp_path.glob("out*"))
