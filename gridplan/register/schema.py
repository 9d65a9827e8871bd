"""The tables of a code register, the same in SQLite, in a GeoPackage and in PostgreSQL."""

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

FORMAT = "gridplan-register-1"
"""Stands in every register; another format is refused."""

METADATA = MetaData()


def _table(name: str, *columns: Column[int] | Column[str] | Index | UniqueConstraint) -> Table:
    """Make a table with a number of its own for every row; SQLite never gives one out again."""
    return Table(
        f"gridplan_{name}",
        METADATA,
        Column("id", Integer, primary_key=True, autoincrement=True),
        *columns,
        sqlite_autoincrement=True,
    )


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, default="", server_default=text("''"))


def _needed(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _adoption() -> Column[int]:
    return Column("adoption", Integer, ForeignKey("gridplan_adoptions.id"), nullable=False)


ABOUT = _table("register", Column("key", Text, nullable=False, unique=True), _text("value"))
"""Format, numbering rule and the like, by key."""

ADOPTIONS = _table(
    "adoptions",
    _needed("digest"),
    _text("date"),
    _text("project"),
    _text("profile"),
    _text("source"),
    _text("reason"),
)
"""Every change of the register, in the order it was made."""

CODES = _table(
    "codes",
    _needed("level"),
    _needed("code"),
    _text("kind"),
    _text("parent"),
    _text("name"),
    _text("project"),
    _text("profile"),
    _needed("valid_from"),
    Column("valid_to", Text, nullable=True),
    _needed("status"),
    _text("reason"),
    _text("geometry_hash"),
    _text("units_hash"),
    _count("households"),
    UniqueConstraint("level", "code", name="gridplan_codes_once"),
    Index("gridplan_codes_parent", "level", "parent"),
)
"""Every code that was ever issued; a row never goes away, so no code comes twice."""

EVENTS = _table(
    "code_events",
    _adoption(),
    _needed("date"),
    _needed("kind"),
    _needed("level"),
    _needed("code"),
    _text("other"),
    _text("parent"),
    _text("name"),
    _text("geometry_hash"),
    _text("units_hash"),
    _count("households"),
    _text("note"),
    Index("gridplan_code_events_code", "level", "code"),
    Index("gridplan_code_events_other", "level", "other"),
)
"""What happened to a code and when; rows are only ever added."""

FLOWS = _table(
    "code_flows",
    _adoption(),
    _needed("date"),
    _needed("old_code"),
    _needed("new_code"),
    _count("units"),
    _count("households_old"),
    _count("households_new"),
    Index("gridplan_code_flows_old", "old_code"),
    Index("gridplan_code_flows_new", "new_code"),
)
"""Units and households that passed from one grid code to another."""

MEMBERS = _table(
    "code_units",
    _needed("code"),
    _needed("unit_id"),
    _count("households"),
    UniqueConstraint("code", "unit_id", name="gridplan_code_units_once"),
    Index("gridplan_code_units_unit", "unit_id"),
)
"""Units of every active grid, by which next year's grids are recognised."""

_SPATIAL_REF_SYS = (
    "CREATE TABLE IF NOT EXISTS gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, "
    "srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL, "
    "organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT)"
)
_CONTENTS = (
    "CREATE TABLE IF NOT EXISTS gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, "
    "data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '', "
    "last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), "
    "min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER, "
    "CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id))"
)
_GEOMETRY_COLUMNS = (  # empty, but a GIS lists no table of a file without it
    "CREATE TABLE IF NOT EXISTS gpkg_geometry_columns (table_name TEXT NOT NULL, "
    "column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, "
    "z TINYINT NOT NULL, m TINYINT NOT NULL, "
    "CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name))"
)
_WGS84 = (
    'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,'
    'AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,'
    'AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],'
    'AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]'
)
_SYSTEMS = (
    ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined"),
    ("Undefined geographic SRS", 0, "NONE", 0, "undefined"),
    ("WGS 84 geodetic", 4326, "EPSG", 4326, _WGS84),
)


def make_tables(connection: Connection, *, geopackage: bool) -> None:
    """Make the tables that are missing, inside the caller's transaction.

    Parameters
    ----------
    connection
        With an open transaction that no other writer shares.
    geopackage
        Whether the file is to open in a GIS as well.
    """
    METADATA.create_all(connection, checkfirst=True)
    if geopackage:
        _list_in_geopackage(connection)


def _list_in_geopackage(connection: Connection) -> None:
    """Make a GeoPackage of the file where it is none, and list the tables as attributes."""
    if not connection.exec_driver_sql("PRAGMA application_id").scalar():
        connection.exec_driver_sql(f"PRAGMA application_id = {int.from_bytes(b'GPKG')}")
        connection.exec_driver_sql("PRAGMA user_version = 10300")
    connection.exec_driver_sql(_SPATIAL_REF_SYS)
    connection.exec_driver_sql(_CONTENTS)
    connection.exec_driver_sql(_GEOMETRY_COLUMNS)
    for row in _SYSTEMS:
        connection.exec_driver_sql(
            "INSERT OR IGNORE INTO gpkg_spatial_ref_sys (srs_name, srs_id, organization, "
            "organization_coordsys_id, definition) VALUES (?, ?, ?, ?, ?)",
            row,
        )
    for table in METADATA.sorted_tables:
        connection.exec_driver_sql(
            "INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier) "
            "VALUES (?, 'attributes', ?)",
            (table.name, table.name),
        )
