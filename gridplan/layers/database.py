"""Tables and views of a PostGIS database, read and never written to."""

import importlib
import os
from typing import Any

import geopandas as gpd
import pandas as pd

from gridplan.config.address import masked
from gridplan.layers.columns import nearest, some
from gridplan.layers.unreadable import UnreadableError

_DRIVER = "postgresql+psycopg"
_TIMEOUT_S = 10
_SHAPES = (
    "SELECT f_geometry_column FROM geometry_columns "
    "WHERE f_table_schema = :schema AND f_table_name = :table ORDER BY 1"
)
_POSTGIS = "SELECT to_regclass('geometry_columns')"
_TABLES = (
    "SELECT table_schema, table_name FROM information_schema.tables "
    "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') "
    "AND table_name NOT IN ('spatial_ref_sys', 'geometry_columns', 'geography_columns') "
    "ORDER BY 1, 2"
)


def read_database(address: str, layer: str | None) -> pd.DataFrame:
    """Read a table or view.

    Parameters
    ----------
    address
        ``postgresql://...``. User and password may stand in it or come from the environment
        (PGUSER, PGPASSWORD, a password file).
    layer
        ``table``, searched in schema ``public``, or ``schema.table``.

    Returns
    -------
    pandas.DataFrame
        A GeoDataFrame where the table has a geometry column.

    Raises
    ------
    UnreadableError
        No such table, or the server or the driver is not there. No message holds a password.
    """
    try:
        sql = importlib.import_module("sqlalchemy")
        importlib.import_module("psycopg")
    except ImportError as err:
        raise UnreadableError("a database needs: pip install gridplan[postgis]") from err
    try:
        url = sql.make_url(address)
        if url.drivername in ("postgres", "postgresql"):
            url = url.set(drivername=_DRIVER)
        engine = sql.create_engine(url, connect_args={"connect_timeout": _TIMEOUT_S})
        try:
            with engine.connect() as connection:
                return _read(sql, connection.execution_options(postgresql_readonly=True), layer)
        finally:
            engine.dispose()
    except (sql.exc.SQLAlchemyError, ImportError) as err:
        reason = str(getattr(err, "orig", None) or err)
        raise UnreadableError(f"cannot be read: {_without_password(reason, address)}") from None


def _read(sql: Any, connection: Any, layer: str | None) -> pd.DataFrame:
    """Read one table through an open connection; names are quoted by SQLAlchemy."""
    tables = [tuple(row) for row in connection.execute(sql.text(_TABLES))]
    schema, name = _chosen(tables, layer)
    spatial = connection.execute(sql.text(_POSTGIS)).scalar() is not None
    place = {"schema": schema, "table": name}
    shapes = list(connection.execute(sql.text(_SHAPES), place).scalars()) if spatial else []
    whole = sql.select(sql.literal_column("*")).select_from(sql.table(name, schema=schema))
    if not shapes:
        return pd.read_sql(whole, connection)
    if len(shapes) > 1:
        raise UnreadableError(
            f"the table has {len(shapes)} geometry columns ({some(shapes)}); make a view with one"
        )
    frame: pd.DataFrame = gpd.read_postgis(whole, connection, geom_col=shapes[0])
    return frame


def _chosen(tables: list[tuple[str, str]], layer: str | None) -> tuple[str, str]:
    """Find the table by its name, with or without its schema."""
    names = {f"{schema}.{name}": (schema, name) for schema, name in tables}
    plain = {name: (schema, name) for schema, name in tables if schema == "public"}
    if layer is None:
        raise UnreadableError(
            f'say which table with layer = "schema.table"; there is: {some(names, 12)}'
        )
    chosen = names.get(layer) or plain.get(layer)
    if chosen is None:
        raise UnreadableError(f'no table "{layer}"; {nearest(layer, names)}')
    return chosen


def _without_password(text: str, address: str) -> str:
    """First line of a driver's complaint, no password in it."""
    line = masked(" ".join(text.split()))
    secrets = [os.environ.get("PGPASSWORD", "")]
    _, _, userinfo = address.rpartition("@")[0].rpartition("//")
    secrets.append(userinfo.partition(":")[2])
    for secret in filter(None, secrets):
        line = line.replace(secret, "***")
    return line
