"""What happens to the codes when a plan follows another: events as the register writes them."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator

import pandas as pd

from gridplan.codes import Standing, configured_profile, members_hash
from gridplan.config import Config
from gridplan.domain import Level, Plan
from gridplan.errors import CodeError
from gridplan.redivide.job import Redivision
from gridplan.register.changes import Changes, State, find_changes
from gridplan.register.draft import Draft, common_district, draft_of
from gridplan.register.read import ACTIVE, RETIRED, Registered


def find_events(
    job: Redivision, plan: Plan, standing: Standing, config: Config, date: dt.date, *, whole: bool
) -> Changes:
    """Work out the events of the codes, by the very rule of the register.

    Parameters and errors are those of `outcome_of`.
    """
    draft = _draft(plan, config, date, whole=whole)
    grids = {
        grid.grid_code: _registered(
            Level.GRID, grid.grid_code, grid.community_code, grid.grid_name, grid.geometry_hash,
            ACTIVE,
        )
        for grid in standing.grids
    }  # fmt: skip
    retired = {
        code: _registered(Level.GRID, code, place, "", "", RETIRED)
        for code, place in standing.used.items()
        if code not in grids
    }
    homes = Counter(grid.community_code for grid in standing.grids)
    sizes = {code: homes[code] for code in sorted(set(homes) - set(draft.communities()))}
    # a table of units does not tell its communities
    places = {
        (Level.COMMUNITY, code): _registered(Level.COMMUNITY, code, "", "", "", ACTIVE)
        for code in sizes
    }
    places |= _places(job, config, date, whole=whole)
    rows = job.before.units.groupby("grid")["unit_id"]
    written = {str(code): members_hash(dict.fromkeys(ids, 0)) for code, ids in rows}
    state = State(standing.grids, standing.used, retired | grids, places, {}, sizes, written)
    changes = find_changes(draft, state)
    if changes.problems:
        raise CodeError(changes.problems)
    return changes


def _draft(plan: Plan, config: Config, date: dt.date, *, whole: bool) -> Draft:
    codes = plan.communities["community_code"]
    return draft_of(
        plan,
        configured_profile(config.codes, codes),
        config.project.name,
        date,
        district=config.project.code or common_district(codes),
        whole=whole,
    )


def _places(
    job: Redivision, config: Config, date: dt.date, *, whole: bool
) -> dict[tuple[Level, str], Registered]:
    """District, streets and communities as they were; nothing where the plan does not tell."""
    if job.before.plan is None:
        return {}
    try:
        draft = _draft(job.before.plan, config, date, whole=whole)
    except CodeError:  # codes of another kind than today's
        return {}
    return {
        (p.level, p.code): _registered(p.level, p.code, p.parent, p.name, p.geometry_hash, ACTIVE)
        for p in draft.places
    }


def _registered(
    level: Level, code: str, parent: str, name: str, outline: str, status: str
) -> Registered:
    return Registered(
        level=str(level), code=code, parent=parent, status=status, valid_from="", valid_to="",
        name=name, geometry_hash=outline, units_hash="", project="", profile="", kind="",
        households=0,
    )  # fmt: skip


def lineage_table(changes: Changes, date: dt.date) -> pd.DataFrame:
    """Write the events as the table ``lineage``."""
    return pd.DataFrame(_event_rows(changes, date), columns=LINEAGE)


LINEAGE = ["date", "event", "level", "code", "other", "households", "note"]


def _event_rows(changes: Changes, date: dt.date) -> Iterator[dict[str, object]]:
    for event in changes.events:
        yield {
            "date": date.isoformat(),
            "event": str(event.kind),
            "level": str(event.level),
            "code": event.code,
            "other": event.other,
            "households": event.households,
            "note": event.note,
        }
