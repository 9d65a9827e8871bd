"""Small divisions put before a register, without any map."""

import datetime as dt
from collections.abc import Mapping, Sequence

from gridplan.codes import (
    CodedGrid,
    Profile,
    Standing,
    choose_profile,
    find_continued,
    find_flows,
    grid_name,
    members_hash,
    used_numbers,
)
from gridplan.domain import GridKind, Level
from gridplan.register import Draft, Place

PROJECT = "Chess Town"
WEST, EAST = "110101001001", "110101001002"
STREET = "110101001"
DAY = dt.date(2026, 1, 1)
BEIJING = choose_profile("beijing-15", [])

Units = Mapping[str, int]


def units(*names: str, households: int = 100) -> dict[str, int]:
    """Units of equal size."""
    return dict.fromkeys(names, households)


def grid(
    code: str, members: Units, *, kind: str = GridKind.RESIDENTIAL, name: str = ""
) -> CodedGrid:
    """A grid of these units, whose outline follows from them."""
    community = code[:12]
    outline = members_hash(members)
    label = name or grid_name(int(code[12:15] or 0), "en")
    return CodedGrid(code, community, kind, label, sum(members.values()), outline, members)


def draft(
    *grids: CodedGrid,
    date: dt.date = DAY,
    profile: Profile = BEIJING,
    communities: Sequence[str] = (),
    source: str = "",
    project: str = PROJECT,
    district: str = "",
    street_outline: str = "s",
) -> Draft:
    """A plan of the communities of these grids, all in one street, in a district where named."""
    codes = sorted({g.community_code for g in grids} | set(communities))
    places = [Place(Level.DISTRICT, district, "", project, 0, "")] if district else []
    places.append(Place(Level.STREET, STREET, district, "Main Street", 0, street_outline))
    for code in codes:
        households = sum(g.households for g in grids if g.community_code == code)
        places.append(
            Place(Level.COMMUNITY, code, STREET, f"Community {code[-1]}", households, code)
        )
    return Draft(date, project, profile, tuple(places), tuple(grids), source)


def numbered(community: str, groups: Sequence[Units], standing: Standing) -> tuple[CodedGrid, ...]:
    """Number a division beside what is registered, in the order of the groups."""
    drawn = [
        CodedGrid("", community, GridKind.RESIDENTIAL, "", sum(g.values()), members_hash(g), g)
        for g in groups
    ]
    used = used_numbers(BEIJING, [community], standing.used)
    flows = find_flows(standing.grids, drawn)
    kept = find_continued(standing.grids, drawn, flows, BEIJING, used)
    number = max(used[community], default=0)
    made = []
    for j, group in enumerate(groups):
        if j in kept:
            old = standing.grids[kept[j]]
            made.append(grid(old.grid_code, group, name=old.grid_name))
        else:
            number += 1
            made.append(grid(BEIJING.code(community, number), group))
    return tuple(made)
