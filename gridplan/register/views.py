"""A register as tables: as it stands, as it stood on a day, and the events of its codes."""

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sql
from sqlalchemy import Connection

from gridplan.codes import REGISTER_TABLES, Standing
from gridplan.config import Config
from gridplan.register.read import ACTIVE, RETIRED, standing_of
from gridplan.register.schema import ABOUT, ADOPTIONS, CODES, EVENTS, FLOWS
from gridplan.register.store import Register, open_register

COLUMNS = list(REGISTER_TABLES["code_register"])
"""Columns of the register as a table."""

LINEAGE = list(REGISTER_TABLES["code_lineage"])
"""Columns of the events as a table."""

_LEVELS = ("district", "street", "community", "grid")
_STATES = ("created", "kept", "reshaped")


def read_codes(register: Register, date: dt.date | None = None) -> pd.DataFrame:
    """Read the register as it stood at the end of a day.

    Parameters
    ----------
    register
        The register.
    date
        The day; everything that is written, also for days to come, where None.

    Returns
    -------
    pandas.DataFrame
        Columns ``COLUMNS``: every code that was valid by then, retired ones included; districts
        first, then streets, communities, grids. ``households`` are those at issue.
    """
    day = date.isoformat() if date else "9999-12-31"

    def work(connection: Connection) -> list[dict[str, Any]]:
        states: dict[tuple[str, str], dict[str, Any]] = {}
        shaped = sql.select(EVENTS).where(EVENTS.c.kind.in_(_STATES), EVENTS.c.date <= day)
        for event in connection.execute(shaped.order_by(EVENTS.c.id)).mappings():
            states[event["level"], event["code"]] = dict(event)
        issued = sql.select(CODES).where(CODES.c.valid_from <= day)
        return [
            _as_of(dict(row), states.get((row["level"], row["code"])), day)
            for row in connection.execute(issued).mappings()
        ]

    table = pd.DataFrame(register.read(work), columns=COLUMNS)
    rank = table["level"].map({level: i for i, level in enumerate(_LEVELS)})
    table = table.assign(rank=rank).sort_values(["rank", "code"], kind="stable", ignore_index=True)
    return table[COLUMNS]


def _as_of(row: Mapping[str, Any], state: Mapping[str, Any] | None, day: str) -> dict[str, Any]:
    """Write a row as it stood at the end of a day."""
    now = dict(row)
    if state is not None:
        now |= {name: state[name] for name in ("parent", "name", "geometry_hash")}
    ended = row["valid_to"] is not None and row["valid_to"] < day
    now |= {
        "code_status": RETIRED if ended else ACTIVE,
        "valid_to": row["valid_to"] if ended else "",
        "reason": row["reason"] if ended else "",
    }
    return {name: now[name] for name in COLUMNS}


def read_events(register: Register, code: str | None = None) -> pd.DataFrame:
    """Read the lineage: every event, or those that a code took part in.

    Returns
    -------
    pandas.DataFrame
        Columns ``LINEAGE``, in the order they were written. ``adoption`` numbers the changes.
    """
    query = sql.select(EVENTS).order_by(EVENTS.c.id)
    if code is not None:
        query = query.where(sql.or_(EVENTS.c.code == code, EVENTS.c.other == code))
    rows = register.read(lambda c: [dict(row) for row in c.execute(query).mappings()])
    return pd.DataFrame(rows, columns=LINEAGE)


def read_flows(register: Register, code: str | None = None) -> pd.DataFrame:
    """Read what passed from grid to grid: date, codes, units, households then and now."""
    query = sql.select(FLOWS).order_by(FLOWS.c.id)
    if code is not None:
        query = query.where(sql.or_(FLOWS.c.old_code == code, FLOWS.c.new_code == code))
    rows = register.read(lambda c: [dict(row) for row in c.execute(query).mappings()])
    return pd.DataFrame(rows, columns=list(REGISTER_TABLES["code_crosswalk"]))


def read_adoptions(register: Register) -> pd.DataFrame:
    """Read every change of the register, in the order they were made."""
    query = sql.select(ADOPTIONS).order_by(ADOPTIONS.c.id)
    rows = register.read(lambda c: [dict(row) for row in c.execute(query).mappings()])
    return pd.DataFrame(rows, columns=[column.name for column in ADOPTIONS.columns])


def read_about(register: Register) -> dict[str, str]:
    """Read the head of the register: its format and the numbering rule in words."""
    query = sql.select(ABOUT.c.key, ABOUT.c.value).order_by(ABOUT.c.key)
    return register.read(lambda c: {row.key: row.value for row in c.execute(query)})


def read_standing(
    register: Register, communities: list[str], units: list[str], project: str
) -> Standing:
    """Read what a new plan of some communities must respect; nothing where there is no register.

    Parameters
    ----------
    register
        The register; its tables may be missing still.
    communities, units
        Codes and ids of the plan.
    project
        Name of the district.
    """
    if not register.exists():
        return Standing()
    return register.read(lambda c: standing_of(c, communities, units, project))


def configured_standing(
    config: Config, communities: Iterable[str], units: Iterable[str]
) -> Standing | None:
    """Read what the configured register says about a plan; None where none is configured.

    Parameters
    ----------
    config
        The job.
    communities, units
        Codes and ids of its communities and units.

    Raises
    ------
    CodeError
        Where the register cannot be read; one that was not made yet is no error.
    """
    address = config.codes.register
    if address is None or (isinstance(address, Path) and not address.exists()):
        return None
    with open_register(address) as register:
        return read_standing(register, list(communities), list(units), config.project.name)


def register_tables(register: Register, date: dt.date | None = None) -> dict[str, pd.DataFrame]:
    """Make the tables of a register: its head, its codes, their lineage and what passed on.

    Parameters
    ----------
    register
        The register.
    date
        As it stood at the end of this day; everything where None.
    """
    events, flows = read_events(register), read_flows(register)
    if date is not None:
        day = date.isoformat()
        events, flows = events[events["date"] <= day], flows[flows["date"] <= day]
    return {
        "code_about": pd.DataFrame(sorted(read_about(register).items()), columns=["key", "value"]),
        "code_register": read_codes(register, date),
        "code_lineage": events,
        "code_crosswalk": flows,
    }
