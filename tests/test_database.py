"""Layers from a real PostGIS server, started for the tests and stopped after them."""

import glob
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pyproj
import pytest
from click.testing import CliRunner

from gridplan.cli import gridplan
from gridplan.config import Config
from gridplan.errors import LayerError
from gridplan.layers import read_inputs
from gridplan.layers.notes import Notes
from gridplan.layers.source import describe, read_features, read_table
from tests.conftest import PROGRAMS, need
from tests.jobs import chess_town
from tests.sections import Section
from tests.worlds import CRS, box, chessboard, communities, units, write_town

SECRET = "s3cret-word"
TABLE = '区."Units; DROP"'


def program(name: str) -> str | None:
    """Path of a server program, which Debian keeps out of the way."""
    places = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))  # noqa: PTH207
    return shutil.which(name) or (places[-1] if places else None)


def has_postgis() -> bool:
    """Whether a server with PostGIS can be started and talked to here."""
    controls = glob.glob("/usr/share/postgresql/*/extension/postgis.control")  # noqa: PTH207
    modules = ("sqlalchemy", "psycopg")
    return (
        program("initdb") is not None
        and bool(controls)
        and all(importlib.util.find_spec(module) for module in modules)
    )


PROGRAMS.setdefault("postgis", has_postgis)


def as_server(*command: str) -> None:
    """Run a program as the user that may run a server, who is never root."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run([*prefix, *command], capture_output=True, text=True, cwd="/", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of an empty PostGIS database, ``host:port/name``, that asks for a password."""
    need("postgis")
    folder = Path(tempfile.mkdtemp(prefix="postgis-"))
    (folder / "secret").write_text(SECRET)
    if os.geteuid() == 0:
        for path in (folder, folder / "secret"):
            shutil.chown(path, "postgres")
    data, port = str(folder / "data"), free_port()
    initdb, control = str(program("initdb")), str(program("pg_ctl"))
    pwfile = str(folder / "secret")
    as_server(
        *(initdb, "-D", data, "-U", "planner", "-A", "scram-sha-256", f"--pwfile={pwfile}"),
        *("--no-sync", "-E", "UTF8", "--locale=C.UTF-8"),
    )
    options = f"-h 127.0.0.1 -p {port} -c unix_socket_directories={folder} -c fsync=off"
    as_server(control, "-D", data, "-w", "-s", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"127.0.0.1:{port}/postgres"
    finally:
        as_server(control, "-D", data, "-s", "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def city(server: str) -> str:
    """Address, with credentials, of a database with a table of units in a schema of odd names."""
    import psycopg

    address = f"postgresql://planner:{SECRET}@{server}"
    rows = [(f"u{i}", f"东城{i}号", 25, s.wkt) for i, s in enumerate(chessboard(2, 2))]
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis")
        connection.execute("CREATE SCHEMA 区")
        connection.execute(
            f"CREATE TABLE {TABLE} (unit_id text, name text, households int, "
            "shape geometry(Polygon, 4547))"
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {TABLE} VALUES (%s, %s, %s, ST_GeomFromText(%s, 4547))", rows
            )
        connection.execute("CREATE TABLE register (unit text, n int)")
        connection.execute("INSERT INTO register VALUES ('u0', 3), ('u1', NULL)")
    return address


def test_a_table_is_a_layer(city: str) -> None:
    """Shapes, CRS, Chinese text and numbers come as from a file; odd names are quoted."""
    notes = Notes()
    section = Section(city, layer="区.Units; DROP", where="unit_id <> 'u3'")
    frame = read_features("units", section, pyproj.CRS(CRS), notes)
    assert notes.problems == []
    assert isinstance(frame, gpd.GeoDataFrame)
    frame = frame.sort_values("unit_id")
    assert frame["name"].tolist() == ["东城0号", "东城1号", "东城2号"]
    assert frame["households"].tolist() == [25, 25, 25]
    assert frame.area.tolist() == [400.0] * 3


def test_a_table_without_shapes_is_a_register(city: str) -> None:
    """A plain table of schema public needs no schema; its nulls are missing."""
    frame = read_table("households", Section(city, layer="register"), Notes())
    assert frame is not None
    assert frame["unit"].tolist() == ["u0", "u1"]
    assert frame["n"].isna().tolist() == [False, True]


def test_credentials_come_from_the_environment(
    server: str, city: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PGUSER and PGPASSWORD serve an address without them."""
    monkeypatch.setenv("PGUSER", "planner")
    monkeypatch.setenv("PGPASSWORD", SECRET)
    section = Section(f"postgresql://{server}", layer="public.register")
    assert read_table("households", section, Notes()) is not None


def test_a_job_reads_from_the_database(city: str, tmp_path: Path) -> None:
    """A whole job with its units in PostGIS; the password is in no hash, finding or message."""
    path = write_town(tmp_path, communities(box(0, 0, 40, 40)), units(chessboard(2, 2)))
    text = path.read_text().replace('"units.gpkg"', f'"{city}"\nlayer = "区.Units; DROP"')
    path.write_text(text, encoding="utf-8")
    inputs = read_inputs(Config.load(path))
    assert inputs.units["households"].tolist() == [25] * 4
    assert SECRET not in repr((inputs.hashes, inputs.findings))


def test_no_output_holds_the_password(city: str, tmp_path: Path) -> None:
    """A plan from a database passes its audit, and no file of it holds the password."""
    import psycopg

    path = chess_town(tmp_path)
    table = gpd.read_file(tmp_path / "town.gpkg", layer="units")
    with psycopg.connect(city, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE town (id text, households int, geom geometry(Polygon, 4547))")
        rows = zip(table["id"], table["households"].tolist(), table.geometry.to_wkt(), strict=True)
        cursor.executemany("INSERT INTO town VALUES (%s, %s, ST_GeomFromText(%s, 4547))", rows)
    text = path.read_text().replace('layer = "units"', f'path = "{city}"\nlayer = "public.town"')
    path.write_text(text)
    out = tmp_path / "out"
    result = CliRunner().invoke(gridplan, ["partition", str(path), "-o", str(out)])
    assert result.exit_code == 0, result.output
    assert SECRET not in result.output
    files = [file for file in sorted(out.rglob("*")) if file.is_file()]
    assert len(files) > 5
    assert [file for file in files if SECRET.encode() in file.read_bytes()] == []


def complaint(address: str, layer: str | None) -> str:
    """The problem with which reading fails; it must not hold the password."""
    notes = Notes()
    section = Section(address, layer=layer)
    assert read_table("units", section, notes) is None
    (only,) = notes.problems
    assert SECRET not in only
    assert "\n" not in only
    return only


def test_what_the_database_lacks_is_named(city: str, server: str) -> None:
    """No table, a slip in its name, a wrong password and no server are one line each."""
    assert 'say which table with layer = "schema.table"; there is: public.register' in complaint(
        city, None
    )
    assert 'no table "public.registr"; did you mean "public.register"?' in complaint(
        city, "public.registr"
    )
    wrong = city.replace(SECRET, SECRET + "x")
    assert "password authentication failed" in complaint(wrong, "register")
    gone = f"postgresql://planner:{SECRET}@127.0.0.1:{free_port()}/postgres"
    assert "cannot be read" in complaint(gone, "register")


def test_a_filter_never_reaches_the_database(city: str) -> None:
    """``where`` is read by our own filter, which knows no SQL beyond comparisons."""
    notes = Notes()
    section = Section(city, layer="register", where="n = 3; DROP TABLE register")
    assert read_table("households", section, notes) is None
    assert "where = " in notes.problems[0]
    assert read_table("households", Section(city, layer="register"), Notes()) is not None


def test_descriptions_hide_the_password() -> None:
    """A source is named without its password."""
    address = f"postgresql://planner:{SECRET}@host/city"
    assert SECRET not in describe("units", Section(address, layer="units"))


def test_a_missing_driver_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the optional packages the error says what to install."""
    monkeypatch.setitem(__import__("sys").modules, "sqlalchemy", None)
    path = write_town(tmp_path, communities(box(0, 0, 40, 40)), units(chessboard(2, 2)))
    address = f"postgresql://planner:{SECRET}@127.0.0.1/city"
    text = path.read_text().replace('"units.gpkg"', f'"{address}"\nlayer = "units"')
    path.write_text(text)
    with pytest.raises(LayerError, match=r"a database needs: pip install gridplan\[postgis\]"):
        read_inputs(Config.load(path))
