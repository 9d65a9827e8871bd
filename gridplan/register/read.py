"""What a register holds, read inside a caller's transaction."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sql
from sqlalchemy import Column, Connection

from gridplan.codes import CodedGrid, Standing
from gridplan.domain import Level
from gridplan.register.schema import CODES, EVENTS, MEMBERS

ACTIVE, RETIRED = "active", "retired"
_BELOW = {Level.STREET: Level.COMMUNITY, Level.COMMUNITY: Level.GRID}
_CHUNK = 400  # values of one query; SQLite takes 999 at least


@dataclass(frozen=True)
class Registered:
    """A row of the register, as far as a change needs it."""

    level: str
    code: str
    parent: str
    status: str
    valid_from: str
    valid_to: str
    name: str
    geometry_hash: str
    units_hash: str
    project: str
    profile: str
    kind: str
    households: int


def rows_of(
    connection: Connection, codes: Iterable[str], levels: Sequence[Level]
) -> dict[tuple[Level, str], Registered]:
    """Read the rows of some codes, whatever their status."""
    query = sql.select(CODES).where(CODES.c.level.in_([str(level) for level in levels]))
    rows = _chunked(connection, query, CODES.c.code, codes)
    return {(Level(row["level"]), row["code"]): _registered(row) for row in rows}


def rows_under(connection: Connection, communities: Iterable[str]) -> dict[str, Registered]:
    """Read every grid that was ever issued in some communities, retired ones included."""
    query = sql.select(CODES).where(CODES.c.level == str(Level.GRID))
    rows = _chunked(connection, query, CODES.c.parent, communities)
    return {row["code"]: _registered(row) for row in rows}


def rows_below(
    connection: Connection, level: Level, codes: Iterable[str]
) -> dict[tuple[Level, str], Registered]:
    """Read every row right below some places of one level, retired ones included."""
    below = _BELOW[level]
    query = sql.select(CODES).where(CODES.c.level == str(below))
    rows = _chunked(connection, query, CODES.c.parent, codes)
    return {(below, row["code"]): _registered(row) for row in rows}


def _registered(row: Any) -> Registered:
    values: dict[str, Any] = {name: row[name] or "" for name in Registered.__dataclass_fields__}
    values["households"] = int(row["households"])
    return Registered(**values)


def active_grids(
    connection: Connection, here: Mapping[str, Registered], units: Iterable[str], project: str
) -> tuple[CodedGrid, ...]:
    """Read the active grids of some communities, and others of the project that share units.

    Parameters
    ----------
    connection
        In a transaction.
    here
        From ``rows_under`` of the plan's communities.
    units
        Ids of the plan's units. A grid of another community belongs to the answer where it holds
        one of them, since its community was merged, split or moved.
    project
        Name of the district.
    """
    rows = {code: row for code, row in here.items() if row.status == ACTIVE}
    holders = sql.select(MEMBERS.c.code).distinct()
    found = {row["code"] for row in _chunked(connection, holders, MEMBERS.c.unit_id, units)}
    elsewhere = rows_of(connection, found - set(here), [Level.GRID])
    rows |= {
        code: row
        for (_, code), row in elsewhere.items()
        if row.status == ACTIVE and row.project == project
    }
    members = members_of(connection, rows)
    return tuple(_grid(row, members.get(code)) for code, row in sorted(rows.items()))


def _grid(row: Registered, units: dict[str, int] | None) -> CodedGrid:
    """Write an active grid with the households that it was last registered with."""
    return CodedGrid(
        grid_code=row.code,
        community_code=row.parent,
        grid_kind=row.kind,
        grid_name=row.name,
        households=sum(units.values()) if units else row.households,
        geometry_hash=row.geometry_hash,
        units=units or {},
    )


def members_of(connection: Connection, codes: Iterable[str]) -> dict[str, dict[str, int]]:
    """Read the units of some active grids, with their households."""
    members: dict[str, dict[str, int]] = defaultdict(dict)
    columns = sql.select(MEMBERS.c.code, MEMBERS.c.unit_id, MEMBERS.c.households)
    for row in _chunked(connection, columns, MEMBERS.c.code, codes):
        members[row["code"]][row["unit_id"]] = row["households"]
    return members


def standing_of(
    connection: Connection, communities: Iterable[str], units: Iterable[str], project: str
) -> Standing:
    """Read what a new plan of some communities must respect."""
    here = rows_under(connection, communities)
    used = {code: row.parent for code, row in here.items()}
    since = {code: row.valid_from for code, row in here.items() if row.status == ACTIVE}
    return Standing(active_grids(connection, here, units, project), used, since)


def last_dates(
    connection: Connection, codes: Iterable[str], levels: Sequence[Level]
) -> dict[tuple[Level, str], str]:
    """Read the date of the last event of some codes."""
    query = sql.select(EVENTS.c.level, EVENTS.c.code, sql.func.max(EVENTS.c.date).label("date"))
    query = query.where(EVENTS.c.level.in_([str(level) for level in levels]))
    query = query.group_by(EVENTS.c.level, EVENTS.c.code)
    rows = _chunked(connection, query, EVENTS.c.code, codes)
    return {(Level(row["level"]), row["code"]): row["date"] for row in rows}


def _chunked(
    connection: Connection, query: Any, column: Column[str], values: Iterable[str]
) -> Iterator[Any]:
    """Read the rows whose column has one of many values, in portions that every database takes."""
    wanted = sorted(set(values))
    for start in range(0, len(wanted), _CHUNK):
        portion = query.where(column.in_(wanted[start : start + _CHUNK]))
        yield from connection.execute(portion).mappings().all()
