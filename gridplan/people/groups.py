"""People of a role in groups that share no grid, so that a large city is not in memory at once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridplan.config.people import People
from gridplan.domain import Plan
from gridplan.optimise.contract import components
from gridplan.people.offers import Zoned, each_of, list_offers

Ints = NDArray[np.int64]

TOGETHER = 5_000
"""People of a role whose offers stand in memory together, where communities keep them apart."""


@dataclass(frozen=True, eq=False)
class Group:
    """Some people of a role, all the others of which serve grids of other communities.

    Parameters
    ----------
    role
        Its key.
    people, grids
        Positions in the staff, and of the grids of the communities concerned; sorted.
    """

    role: str
    people: Ints
    grids: Ints

    def part(self, plan: Plan) -> Plan:
        """The plan with the grids of the group alone."""
        if len(self.grids) == len(plan.grids):
            return plan
        return replace(plan, grids=plan.grids.iloc[self.grids].reset_index(drop=True))


def list_groups(plan: Plan, staff: pd.DataFrame, section: People, zoned: Zoned) -> Iterator[Group]:
    """List the groups of every role, the roles in their order.

    A role of few people is one group. Otherwise communities that one person may serve are together,
    and who may serve no grid at all is in no group.

    Parameters
    ----------
    plan, staff, section
        As of ``make_roster``.
    zoned
        ``find_zoned`` of the plan.
    """
    role_of = staff["role"].to_numpy()
    every = np.arange(len(plan.grids))
    home, codes = pd.factorize(plan.grids["community_code"])
    for key in section.all_roles():
        people = np.flatnonzero(role_of == key)
        if len(people) <= TOGETHER:
            yield Group(key, people, every)
            continue
        pairs = _served(plan, staff.iloc[people], section, zoned, home, pd.Index(codes))
        person, place = pairs["person"].to_numpy(), pairs["home"].to_numpy()
        same = person[1:] == person[:-1]
        part, _ = components(len(codes), place[:-1][same], place[1:][same])
        known, first = np.unique(person, return_index=True)
        count = np.bincount(part[place[first]], minlength=len(codes))
        number = ((np.cumsum(count) - count) // TOGETHER)[part]
        for k in np.unique(number[place]).tolist():
            own = number[place[first]] == k
            yield Group(key, people[known[own]], np.flatnonzero(number[home] == k))


def _served(
    plan: Plan, staff: pd.DataFrame, section: People, zoned: Zoned, home: Ints, codes: pd.Index
) -> pd.DataFrame:
    """``person`` and ``home`` (position in the codes) of every community that each may serve."""
    named = each_of(staff, "communities")
    named["home"] = codes.get_indexer(pd.Index(named["communities"]))
    free = np.flatnonzero(staff["communities"].eq("").to_numpy())
    offers = list_offers(plan, staff.iloc[free], section, zoned)
    near = pd.DataFrame({"person": free[offers["person"]], "home": home[offers["grid"]]})
    pairs = pd.concat([named.loc[named["home"] >= 0, ["person", "home"]], near]).astype("int64")
    return pairs.drop_duplicates().sort_values(["person", "home"], ignore_index=True)
