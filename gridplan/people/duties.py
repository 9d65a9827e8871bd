"""The catalogue of duties, grid by grid: how much there is to do, and who answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridplan.config.catalogue import Catalogue, Item
from gridplan.config.people import Role
from gridplan.domain import Finding, GridKind, Plan, Severity
from gridplan.layers.columns import some
from gridplan.people.objects import Count
from gridplan.people.roster import Roster
from gridplan.people.words import as_words, one_word, stacked
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

    def by_role(self, codes: pd.Index) -> "dict[str, _People]":
        """Who serves each of some grids, by role."""
        if self.staff is None or self.roster is None:
            return {}
        serving = self.roster.serving
        at = codes.get_indexer(pd.Index(serving["grid_code"]))
        ids, names = self.staff["person_id"].to_numpy(), self.staff["name"].to_numpy()
        found = {}
        for role in self.roles:
            rows = np.flatnonzero((serving["role"] == role).to_numpy())
            rows = rows[np.argsort(at[rows], kind="stable")]
            person = serving["person"].to_numpy()[rows]
            there = np.bincount(at[rows], minlength=len(codes))
            named = _joined(names[person], there) if self.names else _joined(names[:0], 0 * there)
            found[role] = _People(there > 0, _joined(ids[person], there), named)
        return found


@dataclass(frozen=True, eq=False)
class _People:
    """Whether there is anybody of a role in each grid, and their ids and names."""

    there: NDArray[np.bool_]
    ids: NDArray[np.object_]
    names: NDArray[np.object_]


def _joined(words: NDArray[np.object_], count: NDArray[np.int64]) -> NDArray[np.object_]:
    """Put so many words after the others into one text; that of one word is the word itself."""
    end = np.cumsum(count)
    texts = np.full(len(count), "", dtype=object)
    texts[count == 1] = words[end[count == 1] - 1]
    for k in np.flatnonzero(count > 1).tolist():
        texts[k] = "; ".join(words[end[k] - count[k] : end[k]])
    return texts


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
    every = pd.Index(plan.grids["grid_code"])
    serving = who.by_role(every)
    tables, totals = [], []
    findings: list[Finding] = []
    for key, item in catalogue.items.items():
        grids = pd.DataFrame(plan.grids).drop(columns="geometry")
        if item.communities:
            grids = grids[grids["community_code"].isin(item.communities)]
        answers = _answers(every, grids, item, serving, who, language)
        things = [thing for thing in item.objects if thing in counts]
        for thing in things:
            tables.append(_rows(key, item, thing, counts[thing], answers, language))
            totals.append(_total(key, thing, counts[thing], grids["grid_code"]))
        findings += _absent(key, item, things, counts, shipped=key in catalogue.shipped)
        findings += _unanswered(key, item, answers, staffed=who.roster is not None)
    table = stacked(tables) if tables else pd.DataFrame()
    return Duties(table, pd.DataFrame(totals), tuple(findings))


def _answers(
    every: pd.Index,
    grids: pd.DataFrame,
    item: Item,
    serving: Mapping[str, _People],
    who: Staffed,
    language: str,
) -> pd.DataFrame:
    """Who answers for an item in every grid that has it."""
    at = every.get_indexer(pd.Index(grids["grid_code"]))
    words = list(dict.fromkeys(["", *item.roles, BODY]))
    unit = (grids["grid_kind"] == GridKind.UNIT.value).to_numpy()
    otherwise = item.roles[0] if who.roster is None and item.roles else ""
    choice = np.where(unit, words.index(BODY), words.index(otherwise))
    ids, names = np.full((2, len(grids)), "", dtype=object)
    for role in reversed([role for role in item.roles if role in serving]):
        people = serving[role]
        there = people.there[at]
        choice[there] = words.index(role)
        ids[there], names[there] = people.ids[at[there]], people.names[at[there]]
    institutions = grids.get("institution_id", pd.Series("", index=grids.index)).fillna("")
    titles = [_title(role, who.roles, language) for role in words]
    return pd.DataFrame(
        {
            "grid_code": as_words(grids["grid_code"]),
            "role": as_words(np.array(words, dtype=object)[choice]),
            "role_name": as_words(np.array(titles, dtype=object)[choice]),
            "person_id": as_words(ids),
            "institution_id": as_words(institutions.where(choice == words.index(BODY), "")),
            "person_name": as_words(names),
        }
    )


def _title(role: str, roles: Mapping[str, Role], language: str) -> str:
    if role == BODY:
        return "责任单位" if language == "zh" else "Responsible body"
    if role not in roles:
        return ""
    return roles[role].name_zh if language == "zh" else roles[role].name


def _rows(
    key: str, item: Item, thing: str, count: Count, answers: pd.DataFrame, language: str
) -> pd.DataFrame:
    told = {"item": key, "item_name": item.title(language), "object": thing, "unit": count.unit}
    quantity = count.by_grid.reindex(answers["grid_code"].astype(object)).to_numpy(np.float64)
    return answers.assign(
        **{name: one_word(text, len(answers)) for name, text in told.items()}, quantity=quantity
    )


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
