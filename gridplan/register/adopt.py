"""Changes of a register: each in one transaction, all or nothing."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sql
from sqlalchemy import Connection

from gridplan.codes import BANDING_RULE, BANDING_RULE_ZH
from gridplan.domain import Level
from gridplan.errors import CodeError
from gridplan.register.changes import (
    Changes,
    Event,
    EventKind,
    State,
    day_before,
    find_changes,
)
from gridplan.register.draft import Draft
from gridplan.register.read import (
    ACTIVE,
    RETIRED,
    Registered,
    active_grids,
    last_dates,
    rows_below,
    rows_of,
    rows_under,
)
from gridplan.register.schema import ADOPTIONS, CODES, EVENTS, FLOWS, MEMBERS
from gridplan.register.store import Register

ABOUT_REGISTER = {
    "numbering": BANDING_RULE,
    "numbering_zh": BANDING_RULE_ZH,
    "numbering_later": "Later grids get the numbers after the highest one that their community "
    "ever used, in the same order. A code goes on while the households that the old and the new "
    "grid share exceed half of both. A retired code is never used again.",
}
"""Head of every register."""


@dataclass(frozen=True)
class Adopted:
    """What an adoption wrote.

    Parameters
    ----------
    counts
        Grid codes by what happened to them; a code may count for several things.
    already
        Date on which this very plan was adopted before, where nothing was left to do.
    """

    counts: Mapping[str, int]
    already: str = ""


def adopt(register: Register, draft: Draft) -> Adopted:
    """Register a plan, all or nothing; the register is made where there is none.

    Parameters
    ----------
    register
        Opened with ``create``.
    draft
        The plan.

    Raises
    ------
    CodeError
        With every code that is spent or means another grid; nothing is then written.
    """

    def work(connection: Connection) -> Adopted:
        state = _state(connection, draft)
        changes = find_changes(draft, state)
        if changes.problems:
            raise CodeError(changes.problems)
        digest = draft.digest()
        if changes.nothing:
            before = sql.select(sql.func.max(ADOPTIONS.c.date)).where(ADOPTIONS.c.digest == digest)
            date = connection.execute(before).scalar()
            if date is not None:
                return Adopted({}, already=str(date))
        _write(connection, draft, state, changes, digest)
        kinds = Counter(e.kind for e in _once(changes.events) if e.level == Level.GRID)
        return Adopted({str(kind): kinds[kind] for kind in EventKind if kinds[kind]})

    return register.write(work, about=ABOUT_REGISTER)


def _once(events: Iterable[Event]) -> list[Event]:
    """One event per code and kind: a split into three counts once."""
    return list({(event.code, event.kind): event for event in events}.values())


def _state(connection: Connection, draft: Draft) -> State:
    """Read everything a draft touches, in few queries: others wait meanwhile."""
    here = draft.communities()
    issued = rows_under(connection, here)
    units = [*(unit for grid in draft.grids for unit in grid.units), *draft.parts]
    grids = active_grids(connection, issued, units, draft.project)
    outside = sorted({grid.community_code for grid in grids} - set(here))
    above = [place.code for place in draft.places if place.level != Level.COMMUNITY]
    strange = {grid.grid_code for grid in draft.grids} - set(issued)
    levels = (Level.DISTRICT, Level.STREET, Level.COMMUNITY, Level.GRID)
    rows = rows_of(connection, [*above, *here, *outside, *strange], levels)
    known = {code: row for (level, code), row in rows.items() if level == Level.GRID}
    touched = [*here, *(grid.grid_code for grid in grids)]
    return State(
        grids=grids,
        used={code: row.parent for code, row in issued.items()},
        known=issued | known,
        places={key: row for key, row in rows.items() if key[0] != Level.GRID},
        last=last_dates(connection, touched, [Level.COMMUNITY, Level.GRID]),
        sizes=_sizes(connection, outside),
    )


def _sizes(connection: Connection, communities: Sequence[str]) -> dict[str, int]:
    counted = sql.select(sql.func.count()).where(
        CODES.c.level == str(Level.GRID), CODES.c.status == ACTIVE
    )
    return {
        code: int(connection.execute(counted.where(CODES.c.parent == code)).scalar() or 0)
        for code in communities
    }


def _write(
    connection: Connection, draft: Draft, state: State, changes: Changes, digest: str
) -> None:
    """Write a change; the caller's transaction makes it whole."""
    row = {
        "digest": digest,
        "date": draft.date.isoformat(),
        "project": draft.project,
        "profile": draft.profile.spelling,
        "source": draft.source,
        "reason": "",
    }
    adoption = _adoption(connection, row)
    _retire(connection, changes.retired, draft.date)
    _write_codes(connection, draft, changes.events)
    _write_events(connection, changes.events, adoption, draft.date)
    _write_members(connection, draft, state)
    flows = [
        {
            "adoption": adoption,
            "date": draft.date.isoformat(),
            "old_code": old,
            "new_code": new,
            "units": units,
            "households_old": then,
            "households_new": now,
        }
        for old, new, units, then, now in changes.flows
    ]
    _insert(connection, FLOWS, flows)


def _adoption(connection: Connection, row: Mapping[str, str]) -> int:
    found = connection.execute(ADOPTIONS.insert().returning(ADOPTIONS.c.id), [dict(row)])
    return int(found.scalar_one())


def _insert(connection: Connection, table: sql.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(table.insert(), [dict(row) for row in rows])


def _retire(
    connection: Connection, retired: Mapping[tuple[Level, str], str], date: dt.date
) -> None:
    ended = CODES.update().where(
        CODES.c.level == sql.bindparam("its_level"), CODES.c.code == sql.bindparam("its_code")
    )
    rows = [
        {
            "its_level": str(level),
            "its_code": code,
            "status": RETIRED,
            "valid_to": day_before(date),
            "reason": reason,
        }
        for (level, code), reason in retired.items()
    ]
    if rows:
        connection.execute(ended, rows)
    spent = [{"its_code": code} for level, code in retired if level == Level.GRID]
    if spent:
        connection.execute(
            MEMBERS.delete().where(MEMBERS.c.code == sql.bindparam("its_code")), spent
        )


def _write_codes(connection: Connection, draft: Draft, events: Iterable[Event]) -> None:
    """Add the codes that are new, and the state of those that changed."""
    kinds = {grid.grid_code: grid.grid_kind for grid in draft.grids}
    new, changed = [], []
    for event in events:
        state = {
            "parent": event.parent,
            "name": event.name,
            "geometry_hash": event.geometry_hash,
            "units_hash": event.units_hash,
        }
        if event.kind == EventKind.CREATED:
            grid = event.level == Level.GRID
            new.append(
                {
                    **state,
                    "level": str(event.level),
                    "code": event.code,
                    "kind": kinds[event.code] if grid else "",
                    "project": draft.project,
                    "profile": draft.profile.spelling if grid else "",
                    "valid_from": draft.date.isoformat(),
                    "valid_to": None,
                    "status": ACTIVE,
                    "reason": "",
                    "households": event.households,
                }
            )
        elif event.kind == EventKind.RESHAPED:
            changed.append({**state, "its_level": str(event.level), "its_code": event.code})
    _insert(connection, CODES, new)
    if changed:
        mine = CODES.update().where(
            CODES.c.level == sql.bindparam("its_level"), CODES.c.code == sql.bindparam("its_code")
        )
        connection.execute(mine, changed)


def _write_events(
    connection: Connection, events: Iterable[Event], adoption: int, date: dt.date
) -> None:
    rows = [
        {
            **vars(event),
            "kind": str(event.kind),
            "level": str(event.level),
            "adoption": adoption,
            "date": date.isoformat(),
        }
        for event in events
    ]
    _insert(connection, EVENTS, rows)


def _write_members(connection: Connection, draft: Draft, state: State) -> None:
    """Write the units of every grid that they changed in, in place of those it had."""
    before = {grid.grid_code: grid.units for grid in state.grids}
    changed = [grid for grid in draft.grids if before.get(grid.grid_code) != grid.units]
    codes = [{"its_code": grid.grid_code} for grid in changed if grid.grid_code in before]
    if codes:
        connection.execute(
            MEMBERS.delete().where(MEMBERS.c.code == sql.bindparam("its_code")), codes
        )
    rows = [
        {"code": grid.grid_code, "unit_id": unit, "households": households}
        for grid in changed
        for unit, households in sorted(grid.units.items())
    ]
    _insert(connection, MEMBERS, rows)


def retire(register: Register, codes: Sequence[str], reason: str, date: dt.date) -> list[str]:
    """Retire grids that no new plan follows, or a whole community or street with all in it.

    Parameters
    ----------
    register
        The register.
    codes
        Codes of grids, communities or streets.
    reason
        Kept in the register.
    date
        First day on which they are not valid any more.

    Returns
    -------
    list of str
        Every code that was retired.

    Raises
    ------
    CodeError
        With every code that is unknown or retired already; nothing is then written.
    """

    def work(connection: Connection) -> list[str]:
        rows = _to_retire(connection, codes)
        last = last_dates(connection, [code for _, code in rows], list(Level))
        late = [
            f"{level} {code}: has an entry of {last[level, code]}, later than {date}; choose "
            "--date from that day on"
            for level, code in rows
            if last.get((level, code), "") > date.isoformat()
        ]
        if late:
            raise CodeError(late)
        digest = hashlib.sha256("\n".join(sorted(codes)).encode()).hexdigest()
        first = next(iter(rows.values()))
        head = {"date": date.isoformat(), "project": first.project, "profile": "", "source": ""}
        adoption = _adoption(connection, {**head, "digest": digest, "reason": reason})
        events = [
            Event(
                EventKind.RETIRED, level, code, "", row.parent, row.name, row.geometry_hash,
                row.units_hash, row.households, reason,
            )
            for (level, code), row in rows.items()
        ]  # fmt: skip
        _retire(connection, dict.fromkeys(rows, reason), date)
        _write_events(connection, events, adoption, date)
        return [code for _, code in rows]

    return register.write(work)


def _to_retire(connection: Connection, codes: Sequence[str]) -> dict[tuple[Level, str], Registered]:
    """Find the rows to retire: those named, and all that is active in them."""
    levels = [Level.GRID, Level.COMMUNITY, Level.STREET]
    rows = rows_of(connection, codes, levels)
    named = {next((level, code) for level in levels if (level, code) in rows)
             for code in {code for _, code in rows}}  # fmt: skip
    problems = [
        f"{code}: the register has no such grid, community or street"
        for code in codes
        if code not in {known for _, known in rows}
    ]
    problems += [
        f"{code}: is retired already (last day {rows[level, code].valid_to})"
        for level, code in sorted(named)
        if rows[level, code].status != ACTIVE
    ]
    if problems or not codes:
        raise CodeError(problems or "name the codes to retire")
    found = {key: rows[key] for key in named}
    for level in (Level.STREET, Level.COMMUNITY):
        places = [code for its, code in found if its == level]
        below = rows_below(connection, level, places)
        found |= {key: row for key, row in below.items() if row.status == ACTIVE}
    return {key: found[key] for level in levels for key in sorted(found) if key[0] == level}
