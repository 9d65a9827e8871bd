"""Fixtures and options that all tests share."""

import os
import shutil
from pathlib import Path

import pytest

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
def golden(request: pytest.FixtureRequest) -> Path:
    """Folder of the golden files."""
    return ROOT / "tests" / "golden"


def _has_cjk_font() -> bool:
    from gridplan.maps.lettering import find_lettering

    return not find_lettering(["网格"])[1]


PROGRAMS = {
    "cjk-font": _has_cjk_font,
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
