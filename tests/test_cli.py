"""The command line: exit codes, the first line of errors, and what is left behind."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import geopandas as gpd
import pytest
import shapely
from click.testing import CliRunner, Result

from gridplan.cli import gridplan
from gridplan.text import many
from tests.jobs import CONFIG, chess_town


def run(*args: str | Path) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(gridplan, [str(a) for a in args])


@pytest.mark.parametrize("name", [None, *gridplan.commands])
def test_every_command_has_help_with_an_example(name: str | None) -> None:
    """``--help`` answers for each command and shows how to call it."""
    answer = run(*([name] if name else []), "--help")
    assert answer.exit_code == 0
    assert "gridplan " in answer.output
    if name:
        assert "Example" in answer.output


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and command of a command, by its words."""
    yield path
    for name, command in group.commands.items():
        inner = command if isinstance(command, click.Group) else None
        yield from commands(inner, (*path, name)) if inner else [(*path, name)]


@pytest.mark.parametrize("words", list(commands(gridplan)), ids=" ".join)
def test_help_is_clean_and_keeps_its_lines(words: tuple[str, ...]) -> None:
    """No help text shows a mark that is meant for click, and no example is joined with others."""
    text = run(*words, "--help").output
    assert "\\" not in text
    assert "\b" not in text
    lines = [line.strip() for line in text.splitlines()]
    assert any(re.match("(Example.*|A first run):$", line) for line in lines)


def test_one_is_said_as_one() -> None:
    """Counted things have a singular."""
    assert [many(n, "grid") for n in (0, 1, 2)] == ["0 grids", "1 grid", "2 grids"]


def test_help_does_not_import_the_heavy_libraries() -> None:
    """``gridplan --help`` loads no geopandas, numba, matplotlib or pandas."""
    code = (
        "import sys; from gridplan.cli import gridplan\n"
        "try: gridplan(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'geopandas','numba','matplotlib','pandas','shapely','pulp','rich','pydantic'}\n"
        "sys.exit(len(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0


def test_module_runs_as_a_program() -> None:
    """``python -m gridplan --version`` answers."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "gridplan", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("gridplan, version ")
    assert time.perf_counter() - began < 30


def test_partition_writes_everything_and_audit_agrees(tmp_path: Path) -> None:
    """The main job leaves plan, tables and record; the audit of the folder passes."""
    job, out = chess_town(tmp_path), tmp_path / "out"
    answer = run("partition", job, "-o", out, "--date", "2026-01-31")
    assert answer.exit_code == 0, answer.output
    assert {p.name for p in out.iterdir()} == {
        "plan.gpkg", "plan.qgz", "report.html", "report.pdf", "run.json", "tables",
    }  # fmt: skip
    assert not (tmp_path / "out.partial").exists()
    assert "every promise holds" in answer.output
    assert run("audit", out).exit_code == 0


def test_json_summary(tmp_path: Path) -> None:
    """``--json`` gives one JSON document on stdout with status, bound and alignment."""
    answer = run("partition", chess_town(tmp_path), "-o", tmp_path / "out", "--json")
    summary = json.loads(answer.stdout)
    assert summary["range_status"] == {"in": 8}
    assert {c["status"] for c in summary["communities"].values()} == {"optimal"}
    assert summary["alignment"][0]["excess_incidences"] == 0


def test_existing_output_is_kept(tmp_path: Path) -> None:
    """A finished output is replaced only when asked; ``--resume`` of the same run is done."""
    job, out = chess_town(tmp_path), tmp_path / "out"
    assert run("partition", job, "-o", out, "-q").exit_code == 0
    before = (out / "run.json").read_bytes()
    refused = run("partition", job, "-o", out)
    assert refused.exit_code == 1
    assert "--overwrite" in refused.stderr
    again = run("partition", job, "-o", out, "--resume")
    assert again.exit_code == 0
    assert "complete already" in again.stdout
    assert (out / "run.json").read_bytes() == before
    assert run("partition", job, "-o", out, "--overwrite", "-q").exit_code == 0


@pytest.mark.parametrize(
    ("old", "new", "code", "first"),
    [
        ('households = "households"', 'households = "housholds"', 1,
         'Error: inputs.units (town.gpkg, layer "units"): no column "housholds" '
         '(households = "housholds"); did you mean "households"?'),
        ('path = "town.gpkg"', 'path = "city.gpkg"', 1,
         'Error: inputs.communities (city.gpkg, layer "communities"): file not found'),
        ('layer = "units"', 'layer = "unit"', 1,
         'Error: inputs.units (town.gpkg, layer "unit"): cannot be read: no layer "unit"'),
        ("min = 250", "mim = 250", 2,
         'Error: town.toml: [grids] mim: unknown key; did you mean "min"?'),
        ("min = 250", "min = 600", 2, "Error: town.toml: "),
        ('crs = "EPSG:4547"', 'crs = "EPSG:4490"', 2, "Error: town.toml: "),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_line(
    tmp_path: Path, old: str, new: str, code: int, first: str
) -> None:
    """Each problem gives one line and the right exit code; no traceback, nothing half written."""
    job = chess_town(tmp_path, config=CONFIG.replace(old, new, 1))
    answer = run("partition", job, "-o", tmp_path / "out")
    assert answer.exit_code == code
    lines = answer.stderr.splitlines()
    assert lines
    assert all(line.startswith("Error: ") for line in lines)
    assert (
        lines[0]
        .replace("cannot be read: no layer", "no layer")
        .startswith(first.replace("cannot be read: no layer", "no layer"))
    )
    assert "Traceback" not in answer.output
    assert {p.name for p in tmp_path.iterdir()} == {"town.gpkg", "town.toml"}


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    """Two broken layers give two lines, one run."""
    config = CONFIG.replace('code = "code"', 'code = "cod"').replace(
        'id = "station"', 'id = "post"'
    )
    answer = run("partition", chess_town(tmp_path, config=config), "-o", tmp_path / "out")
    assert answer.exit_code == 1
    assert len(answer.stderr.splitlines()) == 2


def test_missing_configuration_is_a_usage_error(tmp_path: Path) -> None:
    """A configuration that is not there: exit code 2 and how to get one."""
    answer = run("partition", tmp_path / "no.toml")
    assert answer.exit_code == 2
    assert "gridplan init" in answer.stderr


def test_unknown_community_is_named(tmp_path: Path) -> None:
    """``--only`` with a code that no community has."""
    answer = run("partition", chess_town(tmp_path), "-o", tmp_path / "out", "--only", "99")
    assert answer.exit_code == 2
    assert answer.stderr == "Error: --only 99: no community has this code\n"
    assert not (tmp_path / "out").exists()


def test_sample_then_partition(tmp_path: Path) -> None:
    """An invented city comes with a configuration that loads."""
    from gridplan.config import Config

    answer = run("sample", tmp_path / "city", "--communities", "4", "--seed", "3")
    assert answer.exit_code == 0, answer.output
    assert Config.load(tmp_path / "city" / "sample.toml").project.name
    assert run("sample", tmp_path / "city").exit_code == 1


def test_init_proposes_a_configuration(tmp_path: Path) -> None:
    """``init`` writes a file that loads, says what it guessed, and keeps an existing one."""
    from gridplan.config import Config

    chess_town(tmp_path)
    target = tmp_path / "new.toml"
    answer = run("init", tmp_path / "town.gpkg", "-o", target)
    assert answer.exit_code == 0, answer.output
    assert Config.load(target).inputs.units.households == "households"
    assert run("init", tmp_path / "town.gpkg", "-o", target).exit_code == 2


def test_schema_is_printed() -> None:
    """``init --schema`` prints a JSON Schema with every section."""
    schema = json.loads(run("init", "--schema").stdout)
    assert {"project", "inputs", "grids", "solve"} <= set(schema["properties"])


def test_dumped_problem_can_be_solved_alone(tmp_path: Path) -> None:
    """``--dump-problems`` writes files that ``solve`` reads, with the same answer."""
    job = chess_town(tmp_path)
    answer = run("partition", job, "-o", tmp_path / "out", "--dump-problems", tmp_path / "problems")
    assert answer.exit_code == 0
    files = sorted((tmp_path / "problems").iterdir())
    assert [f.name for f in files] == ["110101001001.json", "110101001002.json"]
    alone = json.loads(run("solve", files[0], "--json").stdout)
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    together = record["communities"]["110101001001"]
    assert alone["status"] == together["status"] == "optimal"
    assert alone["objective"] == together["objective"]
    assert "status" in run("solve", files[0]).stdout


def test_solve_shows_alternatives(tmp_path: Path) -> None:
    """``solve --alternatives`` adds plans to the table and to the JSON, and only when asked."""
    run("partition", chess_town(tmp_path), "-o", tmp_path / "out", "--dump-problems", tmp_path)
    path = tmp_path / "110101001001.json"
    assert "alternatives" not in json.loads(run("solve", path, "--json").stdout)
    answer = json.loads(run("solve", path, "--alternatives", "2", "--json").stdout)
    first, second = answer["alternatives"]
    assert answer["objective"] <= first["objective"] <= second["objective"]
    assert len(first["assignment"]) == 16
    assert first["excess"].keys() == {"police"}
    shown = run("solve", path, "--alternatives", "2").stdout
    assert first["question"] in shown
    assert "dearer" in shown


def test_terminal_says_what_is_split(tmp_path: Path) -> None:
    """One line a layer, beside its minimum; ``--json`` says the same."""
    job = chess_town(tmp_path)
    said = run("partition", job, "-o", tmp_path / "out", "--alternatives", "1").stdout
    assert "police: 4 zones split; 4 is the proven minimum\n" in said
    assert "2 alternatives in tables/alternatives.csv" in said
    summary = json.loads(run("partition", job, "-o", tmp_path / "two", "--json").stdout)
    (row,) = summary["alignment"]
    assert (row["split_zones"], row["least_splits"], row["proven"]) == (4, 4, True)


def test_problem_file_errors_are_named(tmp_path: Path) -> None:
    """A problem file that is none: every problem a line, exit code 2."""
    path = tmp_path / "bad.json"
    path.write_text('{"min": 250, "nodes": {"id": ["a"]}}', encoding="utf-8")
    answer = run("solve", path)
    assert answer.exit_code == 2
    assert all(line.startswith("Error: ") for line in answer.stderr.splitlines())


def test_check_lists_findings_at_their_places(tmp_path: Path) -> None:
    """A layer with a broken ring: a repair at its place, exit 0, and 1 with ``--strict``."""
    job = chess_town(tmp_path)
    units = gpd.read_file(tmp_path / "town.gpkg", layer="units")
    bow_tie = (
        "POLYGON ((500100 3400000, 500100 3400100, 500000 3400100, 500002 3400000, "
        "500000 3400002, 500100 3400000))"
    )
    units.loc[units["id"] == "u00", "geometry"] = shapely.from_wkt(bow_tie)
    units.to_file(tmp_path / "town.gpkg", layer="units", driver="GPKG")
    answer = run("check", job, "-o", tmp_path / "findings.gpkg")
    assert answer.exit_code == 0, answer.output
    assert "ring-repaired" in answer.stdout
    assert run("check", job, "--strict", "-q").exit_code == 1
    written = gpd.read_file(tmp_path / "findings.gpkg")
    ring = written[written["kind"] == "ring-repaired"].iloc[0]
    assert ring["place"] == "u00"
    assert ring.geometry.within(shapely.box(500000, 3400000, 500100, 3400100))


def test_check_reports_what_would_stop_partition(tmp_path: Path) -> None:
    """Errors of all layers come as findings, exit code 1."""
    config = CONFIG.replace('code = "code"', 'code = "cod"').replace(
        'id = "station"', 'id = "post"'
    )
    answer = run("check", chess_town(tmp_path, config=config), "--json")
    assert answer.exit_code == 1
    found = json.loads(answer.stdout)
    assert [f["severity"] for f in found["findings"]] == ["error", "error"]
    assert found["households"] == []
