"""The rules of the house: who may import whom, and what nobody does."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "gridplan"
ORDER = (
    "errors",
    "domain",
    "text",
    "crew",
    "processes",
    "cluster",
    "sentences",
    "config",
    "layers",
    "propose",
    "topology",
    "communities",
    "units",
    "zones",
    "wholes",
    "institutions",
    "metrics",
    "codes",
    "register",
    "tables",
    "export",
    "shelf",
    "cells",
    "optimise",
    "redivide",
    "barriers",
    "borders",
    "graph",
    "crossings",
    "carve",
    "workload",
    "problems",
    "prepare",
    "grounds",
    "check",
    "audit",
    "roads",
    "attribute",
    "assemble",
    "people",
    "foreign",
    "maps",
    "compare",
    "report",
    "sample",
    "answers",
    "checkpoints",
    "work",
    "solved",
    "drawing",
    "runs",
    "log",
    "division",
    "outputs",
    "provenance",
    "levels",
    "pipeline",
    "redraw",
    "batch",
    "cli",
)
"""Every part of the package; each may import only parts that stand before it."""

AUDIT_MAY = {"errors", "domain", "processes", "config", "layers", "metrics"}
READERS = {"read_file", "read_dataframe", "read_csv", "read_excel", "read_parquet", "read_postgis"}
WRITERS = {"to_file", "write_dataframe", "to_csv", "to_excel", "to_parquet", "savefig"}


def modules() -> list[Path]:
    """Every module of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def part(path: Path) -> str:
    """Name the part a module belongs to."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Dotted names that a module imports, type-checking imports included."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def parts_imported(path: Path) -> set[str]:
    """Parts of gridplan that a module imports."""
    names = {name.split(".")[1] for name in imports(path) if name.startswith("gridplan.")}
    return (names & set(ORDER)) - {part(path)}


def calls(path: Path) -> set[str]:
    """Names of all functions and methods that a module calls."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            target = node.func
            found.add(
                target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
            )
    return found


def test_every_part_has_its_place() -> None:
    """A new part must be given its place in the order."""
    parts = {part(path) for path in modules()} - {"__init__", "__main__"}
    assert parts == set(ORDER)


@pytest.mark.parametrize("path", modules(), ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_imports_run_one_way(path: Path) -> None:
    """A part imports only what stands before it, so there can be no cycle."""
    name = part(path)
    if name in ("__init__", "__main__"):
        return
    before = set(ORDER[: ORDER.index(name)])
    assert parts_imported(path) <= before


@pytest.mark.parametrize("path", modules(), ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_special_libraries_stay_in_their_room(path: Path) -> None:
    """``click`` and ``rich`` belong to cli, ``pulp`` to optimise."""
    roots = {name.split(".")[0] for name in imports(path)}
    if part(path) not in ("cli", "__main__"):
        assert not roots & {"click", "rich"}
    if part(path) != "optimise":
        assert "pulp" not in roots


def test_audit_trusts_nobody() -> None:
    """The auditor shares no code with the optimiser: it sees six parts and no other."""
    for path in modules():
        if part(path) == "audit":
            assert parts_imported(path) <= AUDIT_MAY, path


def test_optimiser_never_measures_itself() -> None:
    """``optimise`` never imports ``metrics``."""
    for path in modules():
        if part(path) == "optimise":
            assert "metrics" not in parts_imported(path), path


@pytest.mark.parametrize("path", modules(), ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_files_are_read_and_written_in_few_rooms(path: Path) -> None:
    """Layers are read in ``layers``; results by export, tables, maps; sample its city."""
    name = part(path)
    if name != "layers":
        assert not calls(path) & READERS
    if name not in ("export", "tables", "maps", "report", "sample"):
        assert not calls(path) & WRITERS


@pytest.mark.parametrize("path", modules(), ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_nobody_prints_or_draws_lots_globally(path: Path) -> None:
    """No ``print``; random numbers come from generators with a seed."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print"
    roots = {name.split(".")[0] for name in imports(path)}
    assert "random" not in roots
    source = path.read_text(encoding="utf-8")
    for name in ("np.random.seed", "np.random.rand", "np.random.choice", "np.random.shuffle"):
        assert name not in source


def test_optimiser_sees_no_geometry() -> None:
    """The optimiser works on ids, integers and edges alone."""
    for path in modules():
        if part(path) == "optimise":
            roots = {name.split(".")[0] for name in imports(path)}
            assert not roots & {"shapely", "geopandas", "pyogrio"}, path
