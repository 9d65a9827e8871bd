"""Golden tables: what the chess town must give, byte for byte."""

import datetime as dt
from pathlib import Path

import pytest

from gridplan.config import Config
from gridplan.pipeline import Options, partition
from tests.jobs import chess_town

TABLES = ("grid_register", "building_codes", "zone_crosswalk", "exceptions", "reconciliation")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables of the chess town, whose optimum is unique."""
    folder = tmp_path_factory.mktemp("golden")
    config = Config.load(chess_town(folder))
    partition(config, folder / "out", Options(date=dt.date(2026, 1, 31)))
    return folder / "out" / "tables"


@pytest.mark.parametrize("name", TABLES)
def test_table_is_as_agreed(
    town: Path, golden: Path, name: str, request: pytest.FixtureRequest
) -> None:
    """A table changes only on purpose; ``--update-golden`` writes it anew."""
    expected = golden / f"{name}.csv"
    actual = (town / f"{name}.csv").read_bytes()
    if request.config.getoption("--update-golden"):
        expected.parent.mkdir(exist_ok=True)
        expected.write_bytes(actual)
    assert expected.read_bytes() == actual
