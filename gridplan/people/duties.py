"""The catalogue of duties, grid by grid: how much there is to do, and who answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gridplan.config.catalogue import Catalogue, Item
from gridplan.config.people import Role
from gridplan.domain import Finding, GridKind, Plan, Severity
from gridplan.layers.columns import some
from gridplan.people.objects import Count
from gridplan.people.roster import Roster
from gridplan.text import many

BODY = "body"
"""Who answers in a unit grid that nobody of the roles serves: the institution's own body."""


@dataclass(frozen=True)
class Duties:
    """What is to be done in every grid.

    Parameters
    ----------
    table
        Columns of ``tables/duties``.
    totals
        Columns of ``tables/duty_totals``: every total beside the objects in the input.
    findings
        Items without a role, without a person, or about nothing.
    """

    table: pd.DataFrame
    totals: pd.DataFrame
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Staffed:
    """The people as duties need them; ``roster`` is None where no staff was given.

    Parameters
    ----------
    staff, roster
        The people and who serves which grid.
    roles
        Every role by its key.
    names
        Whether names are filled in.
    """

    staff: pd.DataFrame | None
    roster: Roster | None
    roles: Mapping[str, Role]
    names: bool

    def by_role(self) -> dict[tuple[str, str], list[int]]:
        """Positions of the people that serve a grid in a role, by role and grid code."""
        if self.roster is None:
            return {}
        groups = self.roster.serving.groupby(["role", "grid_code"], sort=True)["person"]
        return {(str(r), str(g)): sorted(people) for (r, g), people in groups}


def list_duties(
    plan: Plan, catalogue: Catalogue, counts: Mapping[str, Count], who: Staffed, language: str
) -> Duties:
    """Decompose the catalogue into grids.

    Parameters
    ----------
    plan
        The finished plan.
    catalogue
        Items by key.
    counts
        From ``count_objects``, of every object that an item names and the job has.
    who
        The people.
    language
        ``en`` or ``zh``: of the names of items and roles.
    """
    serving = who.by_role()
    tables, totals = [], []
    findings: list[Finding] = []
    for key, item in catalogue.items.items():
        grids = pd.DataFrame(plan.grids).drop(columns="geometry")
        if item.communities:
            grids = grids[grids["community_code"].isin(item.communities)]
        answers = _answers(grids, item, serving, who, language)
        things = [thing for thing in item.objects if thing in counts]
        for thing in things:
            tables.append(_rows(key, item, thing, counts[thing], answers, language))
            totals.append(_total(key, thing, counts[thing], grids["grid_code"]))
        findings += _absent(key, item, things, counts, shipped=key in catalogue.shipped)
        findings += _unanswered(key, item, answers, staffed=who.roster is not None)
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return Duties(table, pd.DataFrame(totals), tuple(findings))


def _answers(
    grids: pd.DataFrame,
    item: Item,
    serving: Mapping[tuple[str, str], list[int]],
    who: Staffed,
    language: str,
) -> pd.DataFrame:
    """Who answers for an item in every grid that has it."""
    rows = []
    ids, names = _texts(who)
    institutions = grids.get("institution_id", pd.Series("", index=grids.index)).fillna("")
    for code, kind, place in zip(grids["grid_code"], grids["grid_kind"], institutions, strict=True):
        role = next((r for r in item.roles if (r, code) in serving), "")
        people = serving.get((role, code), [])
        if not role and kind == GridKind.UNIT.value:
            role = BODY
        elif not role and who.roster is None and item.roles:
            role = item.roles[0]
        rows.append(
            {
                "grid_code": code,
                "role": role,
                "role_name": _title(role, who.roles, language),
                "person_id": "; ".join(ids[p] for p in people),
                "institution_id": place if role == BODY else "",
                "person_name": "; ".join(names[p] for p in people) if who.names else "",
            }
        )
    columns = ["grid_code", "role", "role_name", "person_id", "institution_id", "person_name"]
    return pd.DataFrame(rows, columns=columns)


def _texts(who: Staffed) -> tuple[list[str], list[str]]:
    """Ids and names of the people."""
    if who.staff is None:
        return [], []
    return who.staff["person_id"].tolist(), who.staff["name"].tolist()


def _title(role: str, roles: Mapping[str, Role], language: str) -> str:
    if role == BODY:
        return "责任单位" if language == "zh" else "Responsible body"
    if role not in roles:
        return ""
    return roles[role].name_zh if language == "zh" else roles[role].name


def _rows(
    key: str, item: Item, thing: str, count: Count, answers: pd.DataFrame, language: str
) -> pd.DataFrame:
    table = answers.copy()
    table["item"], table["item_name"] = key, item.title(language)
    table["object"], table["unit"] = thing, count.unit
    table["quantity"] = count.by_grid.reindex(table["grid_code"]).to_numpy(np.float64)
    return table


def _total(key: str, thing: str, count: Count, here: pd.Series) -> dict[str, object]:
    """Total of one object of an item beside what was read: nothing is lost between."""
    inside = float(count.by_grid.reindex(here).sum())
    every = float(count.by_grid.sum())
    return {
        "item": key,
        "object": thing,
        "unit": count.unit,
        "read": count.read,
        "in_grids": inside,
        "elsewhere": every - inside,
        "outside": count.outside,
        "difference": round(count.read - every - count.outside, 3) + 0.0,
    }


def _absent(
    key: str, item: Item, things: list[str], counts: Mapping[str, Count], *, shipped: bool
) -> Iterator[Finding]:
    """List what an item is about and the job does not have."""
    for thing in item.objects:
        empty = thing in things and ":" in thing and counts[thing].read == 0
        if thing in things and not empty:
            continue
        why = "none of this kind is there" if empty else "no layer or category of this name is read"
        yield Finding(
            "duty-object-missing",
            Severity.INFO if shipped else Severity.WARNING,
            f'duty {key} ({item.name}) concerns "{thing}", but {why}',
            layer="duties",
            place=key,
            other=thing,
        )


def _unanswered(key: str, item: Item, answers: pd.DataFrame, *, staffed: bool) -> Iterator[Finding]:
    """List an item that no role answers for, or nobody in some grids."""
    if not item.roles:
        yield Finding(
            "duty-without-role",
            Severity.WARNING,
            f"duty {key} ({item.name}) has no role that answers for it, in "
            f"{many(len(answers), 'grid')}; name one in its roles",
            layer="duties",
            place=key,
            value=float(len(answers)),
        )
        return
    bare = answers[(answers["person_id"] == "") & (answers["role"] != BODY)]
    if staffed and len(bare):
        yield Finding(
            "duty-unanswered",
            Severity.WARNING,
            f"duty {key} ({item.name}): in {many(len(bare), 'grid')} nobody answers, as no "
            f"{' or '.join(item.roles)} serves there: {some(bare['grid_code'])}",
            layer="duties",
            place=key,
            value=float(len(bare)),
        )
