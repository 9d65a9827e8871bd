"""Where a register is kept, and how many clients share it: one writes at a time, none is lost.

On SQLite a writer takes the file's only write lock (``BEGIN IMMEDIATE``) before it reads anything
it decides on; on PostgreSQL it takes an advisory lock that ends with its transaction. What a client
that dies has half written is rolled back by the database. A register that is busy is tried again
until ``PATIENCE_S`` is over.
"""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sql
from sqlalchemy import Connection, Engine, event

from gridplan.config.address import is_address, is_database, masked
from gridplan.errors import CodeError
from gridplan.register.schema import ABOUT, FORMAT, make_tables

Answer = TypeVar("Answer")

PATIENCE_S = 120.0
"""How long a busy register is tried again, in seconds."""

_WAIT_S = 15  # one wait for a lock
_PAUSES_S = (0.002, 0.03)  # first and longest pause before a busy register is tried again
_IDLE_S = 120  # a client that falls silent inside a transaction is cut off
_CONNECT_S = 10
_LOCK = (  # one statement: others wait while this client's answers travel
    "WITH limits AS MATERIALIZED (SELECT set_config('lock_timeout', :wait, true), "
    "set_config('idle_in_transaction_session_timeout', :idle, true)) "
    "SELECT pg_advisory_xact_lock("
    "hashtextextended('gridplan.register:' || current_schema(), 0)) FROM limits"
)
_BUSY_STATES = ("40001", "40P01", "55P03")  # serialisation, deadlock, lock not available
_BUSY_WORDS = ("database is locked", "database table is locked", "database schema is locked")
_SCHEME = re.compile(r"postgres(?:ql)?(?:\+[a-z0-9_]+)?(?=://)", re.IGNORECASE)
_WRITES = "gridplan_writes"


class Register:
    """A code register, opened by ``open_register``; close it, or use it as a context manager.

    Parameters
    ----------
    engine
        Gives connections to the database.
    name
        The register in messages, no password in it.
    geopackage
        Whether the file is to open in a GIS as well.
    secrets
        Texts that no message may hold.
    """

    def __init__(
        self, engine: Engine, name: str, *, geopackage: bool = False, secrets: tuple[str, ...] = ()
    ) -> None:
        self.name = name
        self._engine = engine
        self._geopackage = geopackage
        self._secrets = tuple(filter(None, secrets))
        self._seen = False

    def read(self, work: Callable[[Connection], Answer]) -> Answer:
        """Do some reading on one state of the register.

        Raises
        ------
        CodeError
            Where the register cannot be reached, or is none.
        """

        def reading(connection: Connection) -> Answer:
            self._see_format(connection)
            return work(connection)

        answer = self._tried(reading, writes=False)
        self._seen = True
        return answer

    def write(
        self, work: Callable[[Connection], Answer], *, about: dict[str, str] | None = None
    ) -> Answer:
        """Do some work that nobody else's can mix with; all of it holds, or nothing.

        Parameters
        ----------
        work
            Reads and writes through the connection; may be done again from the start where the
            register is busy, so it must have no other effect.
        about
            Head of the register, made first where there is none yet; None where there must be one.

        Raises
        ------
        CodeError
            Where the register cannot be reached or stays busy, and whatever ``work`` raises.
        """

        def writing(connection: Connection) -> Answer:
            if about is not None:
                self._make(connection, about)
            self._see_format(connection)
            return work(connection)

        answer = self._tried(writing, writes=True)
        self._seen = True
        return answer

    def exists(self) -> bool:
        """Tell whether the tables are there."""
        return self._tried(_has_tables, writes=False)

    def _make(self, connection: Connection, about: dict[str, str]) -> None:
        """Make the tables where they are missing; the caller has the write lock."""
        if self._seen or _has_tables(connection):
            return
        make_tables(connection, geopackage=self._geopackage)
        rows = [{"key": key, "value": value} for key, value in sorted(about.items())]
        connection.execute(ABOUT.insert(), [{"key": "format", "value": FORMAT}, *rows])

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    def __enter__(self) -> "Register":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _see_format(self, connection: Connection) -> None:
        """Refuse a database that holds no register, or one of another version."""
        if self._seen:
            return
        if not _has_tables(connection):
            raise CodeError(
                f"{self.name}: holds no code register; `gridplan codes issue OUT` makes one"
            )
        query = sql.select(ABOUT.c.value).where(ABOUT.c.key == "format")
        found = connection.execute(query).scalar()
        if found != FORMAT:
            raise CodeError(
                f"{self.name}: is a register of format {found!r}, this version reads {FORMAT!r}"
            )

    def _tried(self, work: Callable[[Connection], Answer], *, writes: bool) -> Answer:
        """Run a transaction; again, from the start, while others keep the register busy."""
        until = time.monotonic() + PATIENCE_S
        pause = _PAUSES_S[0]
        while True:
            try:
                return self._once(work, writes=writes)
            except sql.exc.DBAPIError as error:
                if not _is_busy(error) or time.monotonic() > until:
                    raise self._failure(error) from None
            except sql.exc.SQLAlchemyError as error:
                raise self._failure(error) from None
            time.sleep(pause)
            pause = min(2 * pause, _PAUSES_S[1])

    def _once(self, work: Callable[[Connection], Answer], *, writes: bool) -> Answer:
        with self._engine.connect() as connection:
            shared = connection.execution_options(**{_WRITES: writes})
            if shared.dialect.name == "postgresql":
                level: Any = "READ COMMITTED" if writes else "REPEATABLE READ"
                shared = shared.execution_options(isolation_level=level)
            with shared.begin():
                if shared.dialect.name == "postgresql" and writes:
                    _lock_postgresql(shared)
                return work(shared)

    def _failure(self, error: Exception) -> CodeError:
        """Say why the database refused, in one line and without credentials."""
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        if isinstance(error, sql.exc.DBAPIError) and _is_busy(error):
            reason = f"it stayed busy for {PATIENCE_S:.0f} s; try again"
        for secret in self._secrets:
            reason = reason.replace(secret, "***")
        return CodeError(f"{self.name}: the register cannot be used: {masked(reason)}")


def open_register(address: Path | str, *, create: bool = False) -> Register:
    """Open a register.

    Parameters
    ----------
    address
        A file (SQLite; ``.gpkg`` opens in a GIS too), or ``postgresql://...``. User and password
        may stand in the address or come from the environment (PGUSER, PGPASSWORD, a password file).
    create
        Whether a file that does not exist may be made.

    Raises
    ------
    CodeError
        Where the file is missing, or the driver is. No message holds a password.
    """
    text = str(address)
    if is_address(text):
        return _open_server(text)
    path = Path(address).absolute()
    if path.is_dir() or not path.parent.is_dir():
        raise CodeError(f"{path}: is no place for a register; name a file in an existing folder")
    if not create and not path.is_file():
        raise CodeError(f"{path}: no such register; `gridplan codes issue OUT` makes it")
    return Register(_file_engine(path), path.name, geopackage=path.suffix.lower() == ".gpkg")


def _open_server(address: str) -> Register:
    if not is_database(address):
        raise CodeError(f"{masked(address)}: a register is a file or postgresql://...")
    _, _, userinfo = address.rpartition("@")[0].rpartition("//")
    try:
        url = sql.make_url(_SCHEME.sub("postgresql+psycopg", address, count=1))
        secrets = (
            os.environ.get("PGPASSWORD", ""),
            userinfo.partition(":")[2],
            str(url.password or ""),
            *(str(value) for key, value in url.query.items() if "pass" in key),
        )
        engine = sql.create_engine(url, connect_args={"connect_timeout": _CONNECT_S}, pool_size=1)
    except ModuleNotFoundError:
        raise CodeError(
            f"{masked(address)}: a register in PostgreSQL needs: pip install gridplan[postgis]"
        ) from None
    except (sql.exc.SQLAlchemyError, ValueError):
        raise CodeError(f"{masked(address)}: is no address of a database") from None
    return Register(engine, masked(address), secrets=secrets)


def _has_tables(connection: Connection) -> bool:
    return bool(sql.inspect(connection).has_table(ABOUT.name))


def _lock_postgresql(connection: Connection) -> None:
    """Wait until no other writer is in this register; the lock ends with the transaction."""
    connection.execute(sql.text(_LOCK), {"wait": f"{_WAIT_S}s", "idle": f"{_IDLE_S}s"})


def _file_engine(path: Path) -> Engine:
    """Make an engine whose writers take the file's write lock before they read."""
    engine = sql.create_engine(
        sql.URL.create("sqlite", database=str(path)), connect_args={"timeout": _WAIT_S}
    )

    @event.listens_for(engine, "connect")
    def _plain(connection: Any, _: object) -> None:
        connection.isolation_level = None  # the driver would begin late, and not IMMEDIATE
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get(_WRITES, True):
            # Waiting writers ask again in ``_tried``: the library's own waits grow to 0.1 s.
            connection.exec_driver_sql("PRAGMA busy_timeout = 0")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {_WAIT_S * 1000}")

    return engine


def _is_busy(error: sql.exc.DBAPIError) -> bool:
    """Tell whether a transaction failed only because of others, and nothing of it holds."""
    if getattr(error.orig, "sqlstate", None) in _BUSY_STATES:
        return True
    reason = str(error.orig).casefold()
    return isinstance(error, sql.exc.OperationalError) and any(w in reason for w in _BUSY_WORDS)
