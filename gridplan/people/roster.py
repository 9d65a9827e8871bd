"""The people proposed for every grid, what is missing, and who has too much."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridplan.config.people import People, Role
from gridplan.domain import Finding, Plan, Severity
from gridplan.layers.columns import some
from gridplan.optimise.assign import Offers, assign
from gridplan.people.groups import list_groups
from gridplan.people.offers import find_zoned, list_offers, needed
from gridplan.people.words import as_words, one_word
from gridplan.processes import run_pieces
from gridplan.text import many

Ints = NDArray[np.int64]

MANY = 1_000_000
"""People that a grid may have where the configuration sets no limit."""

SHARED = 6_000
"""People from which on roles are shared among processes, which take seconds to start."""


@dataclass(frozen=True)
class Roster:
    """Who serves which grid.

    Parameters
    ----------
    serving
        ``person`` (position in the staff), ``grid_code``, ``role``, ``share``, ``kept`` as of
        ``list_offers``; sorted by person, then code.
    findings
        Missing roles, people with too many grids or households, people without a grid.
    """

    serving: pd.DataFrame
    findings: tuple[Finding, ...]


def make_roster(plan: Plan, staff: pd.DataFrame, section: People, workers: int = 1) -> Roster:
    """Propose people for the grids.

    Parameters
    ----------
    plan
        The finished plan; its grids sorted by code.
    staff
        Columns as of ``read_staff``, sorted by id.
    section
        Roles and prices.
    workers
        Processes among which the roles of many people are shared; the answer does not depend on it.

    Raises
    ------
    SolverError
        Where HiGHS fails.
    """
    roles, zoned = section.all_roles(), find_zoned(plan, staff)
    groups = sorted(list_groups(plan, staff, section, zoned), key=lambda g: -len(g.people))
    listed: dict[int, pd.DataFrame] = {}

    def asked() -> Iterator[tuple[int, Offers]]:
        for number, group in enumerate(groups):
            part, people = group.part(plan), staff.iloc[group.people]
            own = list_offers(part, people, section, zoned.within(group.grids))
            if len(own):
                person, grid = group.people[own["person"]], group.grids[own["grid"]]
                listed[number] = own[["share", "kept"]].assign(person=person, grid=grid)
                yield number, _offers(part, people, roles[group.role], own)

    crew = workers if len(staff) >= SHARED else 1
    parts = [
        listed.pop(number)[answer].assign(role=groups[number].role)
        for (number, _), answer in run_pieces(_taken, asked(), crew)
    ]
    serving = pd.concat(parts) if parts else _nobody()
    serving["grid_code"] = plan.grids["grid_code"].to_numpy()[serving["grid"]]
    serving = serving.sort_values(["person", "grid_code"], kind="stable", ignore_index=True)
    findings = [
        *_missing(plan, serving, roles),
        *_shared(plan, staff, serving, roles),
        *_overloaded(plan, staff, serving, roles),
        *_idle(staff, serving, roles),
    ]
    columns = ["person", "grid_code", "role", "share", "kept"]
    return Roster(serving[columns], tuple(findings))


def _nobody() -> pd.DataFrame:
    """No offer that is taken."""
    columns = ["person", "grid", "share", "kept", "role"]
    numbers = {"person": "int64", "grid": "int64", "share": "float64", "kept": "float64"}
    return pd.DataFrame(columns=columns).astype(numbers)


def _taken(piece: tuple[int, Offers]) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Choose the offers of a group."""
    return assign(piece[1])


def _offers(plan: Plan, staff: pd.DataFrame, role: Role, own: pd.DataFrame) -> Offers:
    """Numbers of some people of one role, and of some grids, for the optimiser."""
    serves = staff["serves"].to_numpy()
    alone = role.most == 1
    return Offers(
        person=own["person"].to_numpy(np.int64),
        grid=own["grid"].to_numpy(np.int64),
        price=own["price"].to_numpy(np.float64),
        serves=np.where(serves > 0, serves, role.serves).astype(np.int64),
        limit=limits(staff, role) if alone else np.full(len(staff), np.inf),
        need=needed(plan, role),
        most=np.full(len(plan.grids), MANY if role.most is None else role.most, dtype=np.int64),
        load=plan.grids["households"].to_numpy(np.float64),
    )


def limits(staff: pd.DataFrame, role: Role) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Most households of every person: the staff table's, else the role's, else infinite."""
    otherwise = np.inf if role.load_limit is None else role.load_limit
    return staff["load_limit"].fillna(otherwise).to_numpy(np.float64)


def _missing(plan: Plan, serving: pd.DataFrame, roles: dict[str, Role]) -> Iterator[Finding]:
    """List the grids that have fewer people of a role than they need.

    A community that has nobody of a role is listed once, with its grids.
    """
    grids = pd.DataFrame(plan.grids)[["grid_code", "community_code"]]
    for key, role in roles.items():
        counts = serving.loc[serving["role"] == key, "grid_code"].value_counts()
        have = grids["grid_code"].map(counts).fillna(0).astype("int64")
        table = grids.assign(have=have, need=needed(plan, role))
        table = table[table["need"] > 0]
        bare = table.groupby("community_code")["have"].transform("sum") == 0
        for code, own in table[bare].groupby("community_code", sort=True):
            yield _none_at_all(str(code), key, role, own)
        for row in table[~bare & (table["have"] < table["need"])].itertuples(index=False):
            yield _too_few(row, key, role)


def _none_at_all(code: str, key: str, role: Role, own: pd.DataFrame) -> Finding:
    return Finding(
        "role-missing",
        Severity.WARNING,
        f"community {code} has no {role.name.lower()} for its {many(len(own), 'grid')}: "
        f"{some(own['grid_code'])}; appoint some",
        layer="communities",
        place=code,
        other=key,
        community_code=code,
        value=0.0,
        limit=float(own["need"].sum()),
    )


def _too_few(row: Any, key: str, role: Role) -> Finding:
    has = f"only {row.have} of {row.need}" if row.have else "no"
    return Finding(
        "role-missing",
        Severity.WARNING,
        f"grid {row.grid_code} has {has} {role.name.lower()}; appoint one, or let one with few "
        "grids serve it too",
        layer="grids",
        place=str(row.grid_code),
        other=key,
        community_code=str(row.community_code),
        value=float(row.have),
        limit=float(row.need),
    )


def _shared(
    plan: Plan, staff: pd.DataFrame, serving: pd.DataFrame, roles: dict[str, Role]
) -> Iterator[Finding]:
    """List who serves more grids than one person of the role does."""
    home = plan.grids.set_index("grid_code")["community_code"]
    most = serving["role"].map({key: role.serves for key, role in roles.items()}).astype("int64")
    count = serving.groupby("person")["person"].transform("size")
    for person, own in serving[count > most].groupby("person", sort=True):
        role = roles[str(own["role"].iloc[0])]
        who, grids = staff["person_id"].iloc[int(str(person))], own["grid_code"]
        yield Finding(
            "worker-shared",
            Severity.WARNING,
            f"{who} ({role.name.lower()}) serves {len(own)} grids, {some(grids)}, where one of "
            f"this role serves {role.serves}; appoint another",
            layer="staff",
            place=str(who),
            other=str(grids.iloc[0]),
            community_code=str(home[grids.iloc[0]]),
            value=float(len(own)),
            limit=float(role.serves),
        )


def _overloaded(
    plan: Plan, staff: pd.DataFrame, serving: pd.DataFrame, roles: dict[str, Role]
) -> Iterator[Finding]:
    """List who has more households than the limit, of roles of which a grid has one."""
    load = loads(plan, serving)
    for key, role in roles.items():
        if role.most != 1:
            continue
        limit = limits(staff, role)
        people = np.unique(serving.loc[serving["role"] == key, "person"].to_numpy(np.int64))
        above = load.reindex(people).to_numpy() > limit[people]
        for person in people[above].tolist():
            who = staff["person_id"].iloc[person]
            yield Finding(
                "load-over-limit",
                Severity.WARNING,
                f"{who} ({role.name.lower()}) has {load[person]} households in the grids served, "
                f"above the limit of {limit[person]:g}; appoint another, or raise the limit",
                layer="staff",
                place=str(who),
                value=float(load[person]),
                limit=float(limit[person]),
            )


def _idle(staff: pd.DataFrame, serving: pd.DataFrame, roles: dict[str, Role]) -> Iterator[Finding]:
    """List, role by role, the people that no grid was found for."""
    idle = ~staff.index.isin(serving["person"]) & staff["role"].isin(roles).to_numpy()
    for key, own in staff[idle].groupby("role", sort=True):
        yield Finding(
            "staff-idle",
            Severity.INFO,
            f"{len(own)} people ({roles[str(key)].name.lower()}) serve no grid, as all that they "
            f"could serve have enough, or there are none: {some(own['person_id'])}",
            layer="staff",
            value=float(len(own)),
        )


def loads(plan: Plan, serving: pd.DataFrame) -> "pd.Series[int]":
    """Households of all grids that a person serves, by position in the staff."""
    households = plan.grids.set_index("grid_code")["households"]
    mine = serving["grid_code"].map(households)
    found: pd.Series[int] = mine.groupby(serving["person"]).sum().astype("int64")
    return found


def staff_register(
    plan: Plan, staff: pd.DataFrame, roster: Roster, section: People, language: str, *, names: bool
) -> pd.DataFrame:
    """Table of the people, one row for each grid served, one for who serves none.

    Parameters
    ----------
    plan, staff, roster, section
        As of `make_roster`.
    language
        ``en`` or ``zh``: of the names of roles.
    names
        Whether names and telephone numbers are filled in.
    """
    serving, roles = roster.serving, section.all_roles()
    people = staff[["person_id", "name", "phone", "role", "load_limit"]]
    people = people.assign(person=np.arange(len(staff)))
    table = people.merge(serving.drop(columns="role"), on="person", how="left")
    grids = plan.grids.set_index("grid_code")
    title = {k: (r.name_zh if language == "zh" else r.name) for k, r in roles.items()}
    limit = {k: r.load_limit for k, r in roles.items()}
    count = serving.groupby("person").size()
    served = table["grid_code"].notna()
    year = table["kept"].map({1.0: "kept", 0.0: "new"})
    return pd.DataFrame(
        {
            "person_id": table["person_id"],
            "grid_code": as_words(table["grid_code"].fillna("")),
            "community_code": as_words(table["grid_code"].map(grids["community_code"]).fillna("")),
            "role": as_words(table["role"]),
            "role_name": as_words(table["role"].map(title).fillna("")),
            "grids_served": table["person"].map(count).fillna(0).astype("int64"),
            "households": table["grid_code"].map(grids["households"]).astype("Int64"),
            "load": table["person"].map(loads(plan, serving)).fillna(0).astype("int64"),
            "load_limit": table["load_limit"].fillna(table["role"].map(limit).astype("float64")),
            "zone_share": table["share"],
            "last_year": as_words(year.fillna("").where(served, "")),
            "person_name": table["name"] if names else one_word("", len(table)),
            "phone": table["phone"] if names else one_word("", len(table)),
        }
    )
