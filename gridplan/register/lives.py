"""Does the lineage of a register bear out its codes? Every life begins once and ends once."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pandas as pd
import sqlalchemy as sql
from sqlalchemy import Connection

from gridplan.codes import members_hash
from gridplan.domain import Finding, Level, Severity
from gridplan.register.changes import EventKind, day_before
from gridplan.register.read import ACTIVE, RETIRED
from gridplan.register.schema import CODES, EVENTS, MEMBERS
from gridplan.register.store import Register

_FOLLOWED = (EventKind.SPLIT, EventKind.MERGED, EventKind.RECODED)
_Key = tuple[str, str]
_Row = dict[str, Any]


def check_lives(register: Register) -> tuple[pd.DataFrame, list[Finding]]:
    """Check every code against its events and its units.

    Returns
    -------
    pandas.DataFrame
        The codes as ``check_table`` takes them.
    list of Finding
        All ``broken``: what a hand in the database, or a fault, has left.
    """

    def work(connection: Connection) -> tuple[list[_Row], list[_Row], list[_Row]]:
        tables = (CODES, EVENTS, MEMBERS)
        codes, events, members = (
            [dict(row) for row in connection.execute(sql.select(t).order_by(t.c.id)).mappings()]
            for t in tables
        )
        return codes, events, members

    codes, events, members = register.read(work)
    rows = {(row["level"], row["code"]): row for row in codes}
    lives: dict[_Key, list[_Row]] = defaultdict(list)
    for event in events:
        lives[event["level"], event["code"]].append(event)
    findings = [*_strangers(rows, events)]
    for key, row in sorted(rows.items()):
        findings += _life(row, lives[key])
    findings += _units(rows, members)
    names = ["level", "code", "parent", "kind", "status", "valid_from", "valid_to", "profile"]
    table = pd.DataFrame(codes, columns=names).astype(object).fillna("")
    return table, findings


def _strangers(rows: dict[_Key, _Row], events: list[_Row]) -> Iterator[Finding]:
    """Name codes that the lineage tells of and the register has not."""
    named = {(e["level"], e["code"]) for e in events}
    named |= {(e["level"], e["other"]) for e in events if e["other"]}
    for level, code in sorted(named - set(rows)):
        yield _broken(
            f"{level} {code}: the lineage tells of it, but its row is gone; "
            "a code is never deleted",
            code,
        )


def _life(row: _Row, events: list[_Row]) -> Iterator[Finding]:
    """Check one code's life."""
    code = f"{row['level']} {row['code']}"
    count = Counter(event["kind"] for event in events)
    if count[EventKind.CREATED] != 1 or events[0]["kind"] != EventKind.CREATED:
        yield _broken(
            f"{code}: was created {count[EventKind.CREATED]} times, not once", row["code"]
        )
        return
    if events[0]["date"] != row["valid_from"]:
        yield _broken(
            f"{code}: created on {events[0]['date']}, but valid from {row['valid_from']}",
            row["code"],
        )
    ends = count[EventKind.RETIRED]
    if ends != (row["status"] == RETIRED) or row["status"] not in (ACTIVE, RETIRED):
        yield _broken(f"{code}: is {row['status']}, but was retired {ends} times", row["code"])
    elif ends:
        yield from _end(code, row, events)
    if [e["date"] for e in events] != sorted(e["date"] for e in events):
        yield _broken(f"{code}: its events are not in the order of their dates", row["code"])
    state = [e for e in events if e["kind"] not in _FOLLOWED][-1]
    for name in ("parent", "name", "geometry_hash", "units_hash"):
        if (state[name] or "") != (row[name] or ""):
            yield _broken(
                f"{code}: its {name} is {row[name]!r}, but its last event says {state[name]!r}",
                row["code"],
            )


def _end(code: str, row: _Row, events: list[_Row]) -> Iterator[Finding]:
    """Check the end of a retired code: it is the last event, and its date fits."""
    if events[-1]["kind"] != EventKind.RETIRED:
        yield _broken(f"{code}: something happened to it after it was retired", row["code"])
        return
    last = day_before(pd.Timestamp(events[-1]["date"]).date())
    if last != row["valid_to"]:
        yield _broken(
            f"{code}: its last day is {row['valid_to']}, but it was retired on "
            f"{events[-1]['date']}",
            row["code"],
        )


def _units(rows: dict[_Key, _Row], members: list[_Row]) -> Iterator[Finding]:
    """Check that active grids have the units they were registered with, each unit once."""
    units: dict[str, dict[str, int]] = defaultdict(dict)
    homes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for member in members:
        units[member["code"]][member["unit_id"]] = member["households"]
    for (level, code), row in sorted(rows.items()):
        if level != Level.GRID:
            continue
        mine = units.pop(code, {})
        for unit in mine:
            homes[row["project"], unit].append(code)
        if row["status"] == RETIRED and mine:
            yield _broken(f"grid {code}: is retired, but still has {len(mine)} units", code)
        if row["status"] == ACTIVE and members_hash(mine) != row["units_hash"]:
            yield _broken(f"grid {code}: its units are not those it was registered with", code)
    for (_, unit), codes in sorted(homes.items()):
        if len(codes) > 1:
            yield _broken(f"unit {unit} is in several active grids: {', '.join(codes)}", codes[0])
    for code in sorted(units):
        yield _broken(f"grid {code}: has units, but no row", code)


def _broken(message: str, code: str) -> Finding:
    return Finding("code-life", Severity.BROKEN, message, layer="register", place=code)
