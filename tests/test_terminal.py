"""What the terminal shows: its width, its colours, its language, the time that is left."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from gridplan.cli import gridplan, show
from gridplan.cli.progress import watched
from tests.jobs import CONFIG, chess_town

COLOUR = re.compile("\x1b\\[[0-9;]*(?:3|4|9|10)[0-9](?:;[0-9;]*)?m")
LONG = "Chaoyang Gardens and Riverside Residential Community of the Eastern Quarter"


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Configuration of a town whose range no community can keep, in Chinese, with long names."""
    folder = tmp_path_factory.mktemp("terminal")
    text = CONFIG.replace('language = "en"', 'language = "zh"').replace("min = 250", "min = 450")
    path = chess_town(folder, config=text.replace("max = 500", "max = 480") + "report = false\n")
    layer = gpd.read_file(folder / "town.gpkg", layer="communities")
    layer["name"] = [LONG, "东方红新村第三居民委员会辖区及周边单位宿舍区"]
    layer.to_file(folder / "town.gpkg", layer="communities", driver="GPKG")
    return path


@pytest.fixture(scope="module")
def said(job: Path) -> str:
    """What ``partition`` prints where no terminal is."""
    words = ["partition", str(job), "-o", str(job.parent / "out"), "--date", "2026-01-31"]
    answer = CliRunner().invoke(gridplan, words)
    assert answer.exit_code == 4, answer.output
    return answer.stdout


def test_tables_fit_80_columns(said: str) -> None:
    """Long names, Western and Chinese, are cut to the room; nothing is coloured in a file."""
    lines = said.splitlines()
    last = next(i for i, line in enumerate(lines) if line.startswith("Look at "))
    wide = [line for line in lines[:last] if cell_len(line) > 80]
    assert [line for line in wide if "zones split" not in line] == []
    assert any("…" in line for line in lines)
    assert "\x1b" not in said


def test_findings_speak_the_language_of_the_project(job: Path, said: str) -> None:
    """Sentences are Chinese where the project is; the same ones in ``--json`` stay English."""
    assert "户，高于上限480户20户" in said.replace("\n", "").replace(" ", "")
    audit = CliRunner().invoke(gridplan, ["audit", str(job.parent / "out")])
    assert "社区110101001001" in audit.stdout or "网格110101001001" in audit.stdout
    told = CliRunner().invoke(gridplan, ["audit", str(job.parent / "out"), "--json"])
    assert all(ord(max(row["message"])) < 0x2E80 for row in json.loads(told.stdout))
    places = job.parent / "findings.gpkg"
    checked = CliRunner().invoke(gridplan, ["check", str(job), "-o", str(places)])
    assert "check: " in checked.stdout
    messages = gpd.read_file(places)["message"]
    assert len(messages)
    assert all(ord(max(text)) >= 0x2E80 for text in messages)


def in_terminal(words: list[str], **settings: str) -> str:
    """What a command prints on a real terminal of 80 columns."""
    pty = pytest.importorskip("pty", reason="no pseudo-terminals on this system")
    ours, theirs = pty.openpty()
    known = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    settings = {**known, "TERM": "xterm-256color", "COLUMNS": "80", **settings}
    with subprocess.Popen(
        [sys.executable, "-m", "gridplan", *words], stdout=theirs, stderr=theirs, env=settings
    ) as running:
        os.close(theirs)
        text = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # Linux says so when the other end is closed
                break
            if not part:
                break
            text += part
        running.wait(timeout=60)
    os.close(ours)
    return text.decode("utf-8", "replace")


def test_colour_on_a_terminal_and_not_against_the_will(job: Path, said: str) -> None:
    """A terminal gets colours, one with NO_COLOR the same words without."""
    assert said
    out = str(job.parent / "out")
    coloured = in_terminal(["audit", out])
    plain = in_terminal(["audit", out], NO_COLOR="1")
    assert COLOUR.search(coloured)
    assert not COLOUR.search(plain)
    bare = [re.sub("\x1b\\[[0-9;]*m", "", text) for text in (coloured, plain)]
    assert bare[0] == bare[1]
    assert "promises broken" in bare[0]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Always."""
        return True


def test_time_left_is_told_while_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar counts communities and estimates the time left; a file gets nothing."""
    seen = Terminal()
    monkeypatch.setattr(sys, "stderr", seen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    answer = SimpleNamespace(status="optimal", breach=0, grids=3, gap=0.0)
    with watched(quiet=False) as progress:
        progress.total(3)
        progress.stage("solve")
        for code in ("C1", "C2"):
            progress.solved(SimpleNamespace(code=code, solution=answer))  # type: ignore[arg-type]
    text = re.sub("\x1b\\[[0-9;?]*[a-zA-Z]", "", seen.getvalue())
    assert "dividing communities" in text
    assert "2/3" in text
    assert re.search(r"left +[0-9:-]+", text)
    assert "C1: 3 grids, optimal" in text
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with watched(quiet=False) as progress:
        progress.stage("solve")
    assert sys.stderr.getvalue() == ""  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("statuses", "text"),
    [
        (["optimal"], "the community is proven optimal"),
        (["feasible"], "the community is not proven optimal"),
        (["optimal", "feasible"], "1 of 2 communities proven optimal"),
    ],
)
def test_one_community_is_said_as_one(statuses: list[str], text: str) -> None:
    """The summary minds the number of communities."""
    solved = [SimpleNamespace(solution=SimpleNamespace(status=status)) for status in statuses]
    assert show._proven(solved) == text  # type: ignore[arg-type]


def test_json_is_all_there_is_on_stdout(job: Path, said: str) -> None:
    """``--json`` prints one document and nothing else, also for a plan that misses the range."""
    assert said
    words = ["partition", str(job), "-o", str(job.parent / "again"), "--json"]
    answer = CliRunner().invoke(gridplan, words)
    summary = json.loads(answer.stdout)
    assert {"grids", "range_status", "communities", "alignment", "audit"} <= summary.keys()
    assert answer.stderr == ""
