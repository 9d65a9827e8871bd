"""Fixtures and options that all tests share."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

# The tests outlive no power failure, so no layer need wait for the disk.
os.environ.setdefault("OGR_SQLITE_SYNCHRONOUS", "OFF")

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
SAMPLE = ROOT / "configs" / "sample.toml"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--update-golden``."""
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite tests/golden from what comes out"
    )


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of the real layers; the test is skipped where it is not there."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"the real layers are not here ({SHARED.name}/data beside the project)")
    return SHARED


@pytest.fixture
def quick_folder(tmp_path: Path) -> Iterator[Path]:
    """An empty folder, in memory where the system has such a place, for many small commits."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Path:
    """Folder of the golden files."""
    return ROOT / "tests" / "golden"


def _has_cjk_font() -> bool:
    from gridplan.maps.lettering import find_lettering

    return not find_lettering(["网格"])[1]


def chromium() -> str | None:
    """Path of the system's Chromium or Chrome, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for path in map(shutil.which, names) if path), None)


@cache
def qgis_python() -> str | None:
    """Path of a Python that knows QGIS: the system's own, as a rule."""
    names = (os.environ.get("GRIDPLAN_QGIS_PYTHON"), "/usr/bin/python3", shutil.which("python3"))
    for path in filter(None, names):
        if Path(path).exists():
            probe = [path, "-c", "import qgis.core"]
            if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
                return path
    return None


PROGRAMS = {
    "chromium": lambda: chromium() is not None,
    "cjk-font": _has_cjk_font,
    "qgis": lambda: qgis_python() is not None,
    "libreoffice": lambda: shutil.which("soffice") is not None,
}


def need(program: str) -> None:
    """Skip where a program is missing, or fail where ``GRIDPLAN_REQUIRE`` names it."""
    if PROGRAMS[program]():
        return
    required = os.environ.get("GRIDPLAN_REQUIRE", "").split(",")
    if program in [name.strip() for name in required]:
        pytest.fail(f"{program} is required here and missing")
    pytest.skip(f"{program} is not on this machine")
