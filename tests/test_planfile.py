"""Plans and assignments read back from their files."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pyogrio
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from gridplan.errors import LayerError
from gridplan.layers import (
    config_of_run,
    read_assignment,
    read_exceptions,
    read_plan,
    read_run,
    read_table,
)
from gridplan.layers.planfile import PLAN_LAYERS, Unread
from tests.worlds import chessboard, units

IDS = pd.Series(["01", "02", "03"])


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    """Write a hand-made plan."""
    path = folder / "plan.csv"
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize("column", ["grid", "grid_code"])
def test_an_assignment_is_text(tmp_path: Path, column: str) -> None:
    """Ids keep their zeros, also behind a byte order mark and an apostrophe that guards them."""
    path = write(tmp_path, f"unit_id,{column},note\n01,7,\n02,07,x\n03,7,\n", "utf-8-sig")
    table = read_assignment(path, IDS)
    assert table.to_numpy().tolist() == [["01", "7"], ["02", "07"], ["03", "7"]]


def test_all_misfits_of_an_assignment_at_once(tmp_path: Path) -> None:
    """Doubles, strangers, units left out and empty grids are told together."""
    path = write(tmp_path, "unit_id,grid\n01,a\n01,b\n9,a\n02,\n")
    with pytest.raises(LayerError) as caught:
        read_assignment(path, IDS)
    assert caught.value.problems == (
        "plan.csv: 1 units are named twice; keep one row each: 01",
        "plan.csv: 1 units are not among the units of the job; delete or mend them: 9",
        "plan.csv: 1 units are missing; give each its grid: 03",
        "plan.csv: 1 units have no grid; fill it: 02",
    )


def test_wrong_files_are_named(tmp_path: Path) -> None:
    """A missing file or column, and a plan without its layers, are errors of our own."""
    with pytest.raises(LayerError, match="file not found"):
        read_assignment(tmp_path / "none.csv", IDS)
    with pytest.raises(LayerError, match='no column "unit_id"; did you mean "unitid"'):
        read_assignment(write(tmp_path, "unitid,grid\n1,2\n"), IDS)
    with pytest.raises(LayerError, match="cannot be read"):
        read_assignment(write(tmp_path, "unit_id,grid\n东,1\n", "gbk"), IDS)
    with pytest.raises(LayerError, match="file not found; give the output folder"):
        read_plan(tmp_path)
    with pytest.raises(LayerError, match="file not found; give the output folder"):
        read_run(tmp_path)
    units(chessboard(1, 1)).to_file(tmp_path / "plan.gpkg", layer="units")
    with pytest.raises(LayerError) as caught:
        read_plan(tmp_path)
    assert len(caught.value.problems) == 3
    (tmp_path / "run.json").write_text("[]")
    with pytest.raises(LayerError, match="not a record"):
        read_run(tmp_path)


def test_no_exceptions_are_an_empty_table(tmp_path: Path) -> None:
    """A folder without the table gives its columns and no row."""
    table = read_exceptions(tmp_path)
    assert table.empty
    assert {"kind", "place", "other", "value", "limit", "message"} <= set(table.columns)


def test_the_configuration_of_a_run_is_found_or_asked_for(tmp_path: Path) -> None:
    """The user's choice goes first, then the record; a lost one is an error with its cure."""
    run = {"configuration_file": "../job.toml"}
    with pytest.raises(LayerError, match="has moved; name it with --config"):
        config_of_run(tmp_path / "out", run)
    mine = tmp_path / "mine.toml"
    assert config_of_run(tmp_path / "out", run, mine) == mine
    (tmp_path / "job.toml").touch()
    (tmp_path / "out").mkdir()
    assert config_of_run(tmp_path / "out", run).samefile(tmp_path / "job.toml")


def test_some_kinds_of_exceptions_and_some_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what is wanted is read, row by row, and guards are taken back from all of it."""
    monkeypatch.setattr("gridplan.layers.planfile.ROWS", 1)
    path = tmp_path / "tables" / "exceptions.csv"
    path.parent.mkdir()
    path.write_text("kind,place,value\nlink,'=a,1\nother,b,\nlink,'c,01\n", "utf-8-sig")
    every = read_exceptions(tmp_path)
    assert every["place"].tolist() == ["=a", "b", "'c"]
    assert read_exceptions(tmp_path, {"link"}).to_numpy().tolist() == [
        ["link", "=a", "1"],
        ["link", "'c", "01"],
    ]
    assert list(read_exceptions(tmp_path, {"none"}).columns) == ["kind", "place", "value"]
    assert read_table(tmp_path, "exceptions", ["place", "no"]).equals(every[["place"]])
    path.write_text("kind,place\n", "utf-8-sig")
    assert read_exceptions(tmp_path, {"link"}).empty


def test_large_layers_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shapes read a few at a time are those of the whole, also where numbers are missing."""
    made = units([shapely.box(x, 0, x + 1, 1) for x in range(9)])
    layers = {name: made.assign(grid_code=[f"0{x}" for x in range(9)]) for name in PLAN_LAYERS}
    for name, layer in (layers | {"roads": made}).items():
        pyogrio.write_dataframe(layer, tmp_path / "plan.gpkg", layer=name)
    with closing(sqlite3.connect(tmp_path / "plan.gpkg")) as file:
        for trigger in file.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            file.execute(f'DROP TRIGGER "{trigger[0]}"')  # they need functions of a library
        file.execute("DELETE FROM units WHERE fid IN (1, 4, 5)")
        file.commit()
    whole = read_plan(tmp_path)
    monkeypatch.setattr("gridplan.layers.planfile.PIECE", 2)
    parts = read_plan(tmp_path, unread=True)
    for name in PLAN_LAYERS:
        assert_geodataframe_equal(parts.layers()[name], whole.layers()[name])
    assert len(parts.units) == 6
    assert_geodataframe_equal(parts.extra["roads"], whole.extra["roads"])
    assert isinstance(parts.extra, Unread)
    pieces = list(parts.extra.pieces("roads", ["unit_id"], 4))
    assert [len(piece) for piece in pieces] == [4, 4, 1]
    assert list(pieces[0].columns) == ["unit_id", "geometry"]
    with pytest.raises(KeyError):
        parts.extra["walks"]
