"""The documentation keeps up with the program."""

import ast
import re
from pathlib import Path

import pytest

from gridplan.cli import gridplan
from tests.conftest import ROOT

DOCS = ROOT / "docs"
WRITERS = {"Finding", "_link", "_block", "_note", "warn"}


def finding_kinds() -> set[str]:
    """First arguments of every ``Finding(...)`` outside the audit, where they are plain text."""
    kinds: set[str] = set()
    for path in sorted((ROOT / "gridplan").rglob("*.py")):
        if "audit" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                first = node.args[0]
                if name in WRITERS and isinstance(first, ast.Constant):
                    kinds.add(str(first.value))
    return kinds


def test_every_finding_has_its_line() -> None:
    """``docs/findings.md`` names every kind of finding that a run can list."""
    page = (DOCS / "findings.md").read_text(encoding="utf-8")
    kinds = finding_kinds()
    assert len(kinds) > 15
    assert {kind for kind in kinds if f"| `{kind}` |" not in page} == set()


def test_every_line_is_a_finding() -> None:
    """``docs/findings.md`` names no kind that the program does not know, and none twice."""
    page = (DOCS / "findings.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    told = [kind.strip(" `") for row in rows for kind in row.split(",")]
    code = "".join(p.read_text(encoding="utf-8") for p in sorted((ROOT / "gridplan").rglob("*.py")))
    assert [kind for kind in told if f'"{kind}"' not in code] == []
    assert len(told) == len(set(told))


def test_every_line_has_a_cure() -> None:
    """Kind, severity, meaning and cure: none of the four is blank."""
    page = (DOCS / "findings.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:-1] for line in page.splitlines() if line.startswith("| `")]
    assert [row[0] for row in rows if len(row) != 4 or not all(map(str.strip, row))] == []


@pytest.mark.parametrize("command", list(gridplan.commands))
def test_every_command_is_in_the_readme(command: str) -> None:
    """The README names every command."""
    assert f"gridplan {command}" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", sorted(p.name for p in DOCS.glob("*.md")))
def test_pictures_are_there_and_small(page: str) -> None:
    """Every picture of the documentation is there, says what it shows, and is below 150 kB."""
    text = (DOCS / page).read_text(encoding="utf-8")
    for about, target in re.findall(r"!\[(.*?)\]\((.*?)\)", text):
        assert about, target
        assert (DOCS / target).stat().st_size < 150_000, target


def test_gallery_shows_one_of_each() -> None:
    """The gallery names the command that makes it, and shows every picture that it makes."""
    text = (DOCS / "gallery.md").read_text(encoding="utf-8")
    assert "python docs/gallery.py" in text
    made = {"district", "street", "community", "grid", "page", "qgis", "report", "terminal"}
    assert set(re.findall(r"images/(\w+)\.png", text)) == made


@pytest.mark.parametrize("page", ["README.md", "DESIGN.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(page: str) -> None:
    """Every relative link of the front pages leads to a file."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in [part.split(")")[0] for part in text.split("](")[1:]]:
        if not target.startswith("http"):
            assert (ROOT / Path(target.split("#")[0])).exists(), target
