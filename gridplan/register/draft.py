"""A plan as it is put before the register: its streets, communities and grids, checked."""

import datetime as dt
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from gridplan.codes import (
    CodedGrid,
    Parts,
    Profile,
    configured_profile,
    drawn_grids,
    geometry_hashes,
    members_hash,
    parts_of_units,
)
from gridplan.config import Config
from gridplan.domain import Level, Plan
from gridplan.errors import CodeError
from gridplan.layers import config_of_run, read_plan, read_run, read_table
from gridplan.text import many

_SHOWN = 5
_DISTRICT = 6  # digits of GB/T 2260
_TWELVE = re.compile("[0-9]{12}")
_BAD = ("broken", "error")


@dataclass(frozen=True)
class Place:
    """A district, a street or a community.

    Parameters
    ----------
    level, code, parent, name
        ``parent`` is the street of a community and the district of a street, the district of a
        community without street, empty where there is none.
    households
        Households in it.
    geometry_hash
        From ``geometry_hashes``; empty where the plan does not tell, as it holds a part of it.
    """

    level: Level
    code: str
    parent: str
    name: str
    households: int
    geometry_hash: str


@dataclass(frozen=True)
class Draft:
    """What is to be registered.

    Parameters
    ----------
    date
        First day of validity of what it changes.
    project
        Name of the district; grids are matched across communities inside one project alone.
    profile
        How the grid codes are written.
    places
        The district where its code is known, streets and communities.
    grids
        Grids with their codes and units.
    source
        Where the plan came from, for the record.
    gone
        Units that no longer exist, where the plan tells them from units of others.
    parts
        What became of units whose ids are not what they were, where the plan tells.
    """

    date: dt.date
    project: str
    profile: Profile
    places: tuple[Place, ...]
    grids: tuple[CodedGrid, ...]
    source: str = ""
    gone: frozenset[str] = frozenset()
    parts: Parts = field(default_factory=dict)

    def communities(self) -> list[str]:
        """Codes of its communities, sorted."""
        return sorted(place.code for place in self.places if place.level == Level.COMMUNITY)

    def digest(self) -> str:
        """SHA-256 (hex) of what it would register, but for the date and the source."""
        lines = [
            f"{p.level}\t{p.code}\t{p.parent}\t{p.name}\t{p.geometry_hash}" for p in self.places
        ]
        lines += [
            f"{g.grid_code}\t{g.community_code}\t{g.grid_kind}\t{g.grid_name}\t{g.households}\t"
            f"{g.geometry_hash}\t{members_hash(g.units)}"
            for g in self.grids
        ]
        return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def read_draft(
    out: Path, date: dt.date, *, config_file: Path | None = None, despite_audit: bool = False
) -> tuple[Draft, Config]:
    """Read the plan in an output folder as a draft.

    Parameters
    ----------
    out
        Output folder of ``gridplan partition``; nothing in it is changed.
    date
        First day of validity.
    config_file
        Configuration of the job; the one that the run recorded where left out.
    despite_audit
        Whether a plan may be adopted whose audit found broken promises.

    Raises
    ------
    GridplanError
        Where the folder, the configuration or the plan cannot be read, or the plan is not fit to
        be adopted.
    """
    run = read_run(out)
    file = config_of_run(out, run, config_file)
    broken = [
        found for found in [*run.get("audit", []), *run.get("findings", [])]
        if found.get("severity") in _BAD
    ]  # fmt: skip
    if broken and not despite_audit:
        raise CodeError(
            f"{out.name}: the plan breaks {many(len(broken), 'promise')}, the first: "
            f"{broken[0].get('message', broken[0].get('kind'))}; mend it, or adopt it all the same "
            "with --despite-audit"
        )
    config = Config.load(file)
    plan = read_plan(out)
    codes = plan.communities["community_code"]
    draft = draft_of(
        plan,
        configured_profile(config.codes, codes),
        config.project.name,
        date,
        source=out.name,
        district=config.project.code or common_district(codes),
        whole=not run.get("only") and not broken,
    )
    units = read_table(out, "unit_crosswalk")
    if not units.empty:
        gone = frozenset(units["unit_before"]) - frozenset(units["unit_id"])
        draft = replace(draft, gone=gone, parts=parts_of_units(units))
    return draft, config


def common_district(codes: Iterable[str]) -> str:
    """First six digits of community codes that have 12 each; empty where they differ."""
    found = {code[:_DISTRICT] if _TWELVE.fullmatch(code) else "" for code in codes}
    return found.pop() if len(found) == 1 else ""


def draft_of(
    plan: Plan,
    profile: Profile,
    project: str,
    date: dt.date,
    *,
    source: str = "",
    district: str = "",
    whole: bool = True,
) -> Draft:
    """Make the draft of a plan.

    Parameters
    ----------
    plan
        The plan.
    profile
        How its codes are written.
    project
        Name of the district.
    date
        First day of validity.
    source
        Where the plan came from, for the record.
    district
        Code of the district; empty where it has none.
    whole
        Whether the plan divides every community of its streets, so that their outlines are whole.

    Raises
    ------
    CodeError
        With every code that is missing, does not fit, or stands twice, and every grid, community or
        unit without a parent.
    """
    grids = plan.grids.reset_index(drop=True)
    units = pd.DataFrame(plan.units)[["unit_id", "grid_code", "households"]]
    members = units.rename(columns={"grid_code": "grid"})
    drawn = drawn_grids(grids.set_index("grid_code", drop=False).rename_axis(None), members)
    places = [*_district(plan, project, district), *_places(plan, district, whole=whole)]
    draft = Draft(date, project, profile, tuple(places), drawn, source)
    lines = [*_faults(draft), *_unit_faults(units, set(grids["grid_code"].astype(str)))]
    if lines:
        raise CodeError(lines)
    return draft


def _district(plan: Plan, project: str, code: str) -> Iterator[Place]:
    """The district above everything, where its code is known."""
    if code:
        households = int(plan.communities["households"].sum())
        yield Place(Level.DISTRICT, code, "", project, households, "")


def _places(plan: Plan, district: str, *, whole: bool) -> Iterator[Place]:
    """Streets and communities; a project without streets has one of empty code, which is none."""
    streets = plan.streets[plan.streets["street_code"].fillna("") != ""]
    levels = (
        (Level.STREET, streets, "street_code", "street_name", None),
        (Level.COMMUNITY, plan.communities, "community_code", "community_name", "street_code"),
    )
    for level, layer, code, name, parent in levels:
        outlines = geometry_hashes(layer.geometry) if len(layer) else []
        for (_, row), outline in zip(layer.iterrows(), outlines, strict=True):
            above = (_text(row[parent]) if parent else "") or district
            drawn = outline if whole or level == Level.COMMUNITY else ""
            yield Place(
                level, _text(row[code]), above, _text(row[name]), int(row["households"]), drawn
            )


def _text(value: object) -> str:
    return str(value) if isinstance(value, str) else ""


def _faults(draft: Draft) -> Iterator[str]:
    """Say what is wrong with the codes of a draft by itself."""
    places = {(place.level, place.code) for place in draft.places}
    yield from draft.profile.misfits(draft.communities())
    counts = Counter(grid.grid_code for grid in draft.grids)
    for code, count in sorted(counts.items()):
        if count > 1:
            yield f"grids: grid_code {code!r} is given to {count} grids; number each grid once"
    for grid in draft.grids:
        read = draft.profile.parse(grid.grid_code, grid.community_code)
        if (Level.COMMUNITY, grid.community_code) not in places:
            yield (
                f"grids: grid {grid.grid_code!r} lies in community {grid.community_code!r}, which "
                "the plan has not"
            )
        elif read is None or read.kind not in ("", grid.grid_kind):
            yield (
                f"grids: grid_code {grid.grid_code!r} of a {grid.grid_kind} grid in community "
                f"{grid.community_code!r} does not fit profile {draft.profile.name!r}; run "
                "`gridplan partition` again"
            )
    for place in draft.places:
        above = {(Level.STREET, place.parent), (Level.DISTRICT, place.parent)}
        if place.parent and not above & places:
            yield (
                f"communities: {place.code!r} names street {place.parent!r}, which the plan has not"
            )


def _unit_faults(units: pd.DataFrame, grids: set[str]) -> Iterator[str]:
    """Say which units stand twice, or in a grid that there is not."""
    twice = sorted(set(units["unit_id"][units["unit_id"].duplicated()].astype(str)))
    if twice:
        yield f"units: {len(twice)} units stand in the plan twice: {_some(twice)}"
    lost = sorted(set(units["unit_id"][~units["grid_code"].astype(str).isin(grids)].astype(str)))
    if lost:
        yield f"units: {len(lost)} units lie in no grid of the plan: {_some(lost)}"


def _some(items: list[str]) -> str:
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return ", ".join(items[:_SHOWN]) + more
