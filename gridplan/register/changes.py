"""What a draft does to the codes that are registered: worked out before anything is written."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from gridplan.codes import (
    NOBODY,
    CodedGrid,
    Flows,
    find_continued,
    find_flows,
    heirs,
    is_majority,
    members_hash,
    under_new_ids,
)
from gridplan.codes.numbered import used_numbers
from gridplan.domain import Level
from gridplan.register.draft import Draft, Place
from gridplan.register.read import ACTIVE, Registered


class EventKind(StrEnum):
    """What can happen to a code."""

    CREATED = "created"
    KEPT = "kept"
    RESHAPED = "reshaped"
    SPLIT = "split"
    MERGED = "merged"
    RECODED = "recoded"
    RETIRED = "retired"


ENDS = {EventKind.SPLIT: "split into", EventKind.MERGED: "merged into", EventKind.RECODED: "now"}
"""Why a code was retired, before the codes that followed it."""


@dataclass(frozen=True)
class Event:
    """One line of a code's life.

    Parameters
    ----------
    kind, level, code
        What happened to which code.
    other
        The code that followed, for split, merged and recoded.
    parent, name, geometry_hash, units_hash, households
        The state of the code after the event; of what passed on for ``other``.
    note
        For a reader.
    """

    kind: EventKind
    level: Level
    code: str
    other: str = ""
    parent: str = ""
    name: str = ""
    geometry_hash: str = ""
    units_hash: str = ""
    households: int = 0
    note: str = ""


@dataclass(frozen=True)
class State:
    """What the register holds about the grids and places that a draft touches.

    Parameters
    ----------
    grids
        Active grids in the draft's communities, and others that hold its units.
    used
        Community of every grid code ever issued in the draft's communities.
    known
        Rows of the draft's grid codes, by code, whatever their status and community.
    places
        Rows of the draft's district, streets and communities, and of the communities of ``grids``.
    last
        Date of the last event of every code of ``grids`` and ``places``.
    sizes
        Active grids of each community of ``grids`` that the draft does not divide.
    written
        ``members_hash`` of ``grids`` by code, where their units are not as they were written.
    """

    grids: tuple[CodedGrid, ...]
    used: Mapping[str, str]
    known: Mapping[str, Registered]
    places: Mapping[tuple[Level, str], Registered]
    last: Mapping[tuple[Level, str], str]
    sizes: Mapping[str, int]
    written: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Changes:
    """What a draft changes.

    Parameters
    ----------
    problems
        Why it cannot be adopted; nothing else counts where there are any.
    events
        In the order they are written.
    retired
        Reason by level and code.
    flows
        Old code, new code, units, households then and now.
    """

    problems: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    retired: Mapping[tuple[Level, str], str] = field(default_factory=dict)
    flows: tuple[tuple[str, str, int, int, int], ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether the register holds the very same division already."""
        return all(event.kind == EventKind.KEPT for event in self.events)


def find_changes(draft: Draft, state: State) -> Changes:
    """Work out what a draft changes, and why it cannot be adopted.

    Parameters
    ----------
    draft
        What is to be registered.
    state
        What is registered, read under the lock that the change will be written under.
    """
    used = used_numbers(draft.profile, draft.communities(), state.used)
    written = {g.grid_code: members_hash(g.units) for g in state.grids} | dict(state.written)
    state = replace(state, grids=under_new_ids(state.grids, draft.parts))
    flows = find_flows(state.grids, draft.grids)
    kept = find_continued(state.grids, draft.grids, flows, draft.profile, used)
    problems = [
        *_illegal_codes(draft, state, kept),
        *_left_behind(draft, state),
        *_too_early(draft, state),
    ]
    if problems:
        return Changes(problems=tuple(problems))
    ends = [
        replace(e, units_hash=written[e.code]) if e.kind == EventKind.RETIRED else e
        for e in _ends(draft, state, flows, kept)
    ]
    born = [*_places(draft, state), *_grids(draft, state, kept, written)]
    gone = _emptied(draft, state, ends)
    retired = {(e.level, e.code): e.note for e in [*ends, *gone] if e.kind == EventKind.RETIRED}
    return Changes(
        events=(*born, *ends, *gone),
        retired=retired,
        flows=tuple(
            (state.grids[i].grid_code, draft.grids[j].grid_code, f.units, f.households_old,
             f.households_new)
            for (i, j), f in flows.items()
        ),
    )  # fmt: skip


def _illegal_codes(draft: Draft, state: State, kept: Mapping[int, int]) -> Iterator[str]:
    """Name each code that is spent, means another grid, or leaves its own grid."""
    again = "run `gridplan partition` again with [codes] register, which numbers beside it"
    for place in draft.places:
        row = state.places.get((place.level, place.code))
        if row is not None and row.status != ACTIVE:
            yield (
                f"{place.level} {place.code}: this code is retired (last day {row.valid_to}) and "
                "is never used again; give it a new code"
            )
    for j, grid in enumerate(draft.grids):
        row = state.known.get(grid.grid_code)
        before = state.grids[kept[j]].grid_code if j in kept else ""
        if row is not None and row.status != ACTIVE:
            yield (
                f"grid {grid.grid_code}: this code is retired (last day {row.valid_to}) and is "
                f"never used again; {again}"
            )
        elif row is not None and before != grid.grid_code:
            yield (
                f"grid {grid.grid_code}: this code means another grid since {row.valid_from}; "
                f"{again}"
            )
        elif row is None and before:
            yield f"grid {grid.grid_code}: this grid is registered as {before}; {again}"


def _left_behind(draft: Draft, state: State) -> Iterator[str]:
    """Name each grid of a community outside the plan that would keep a part of its units."""
    here = set(draft.communities())
    units = {unit for grid in draft.grids for unit in grid.units} | draft.gone
    for old in state.grids:
        stay = sum(unit not in units and not unit.startswith(NOBODY) for unit in old.units)
        if old.community_code not in here and stay:
            yield (
                f"grid {old.grid_code} of community {old.community_code}: the plan takes "
                f"{len(old.units) - stay} of its {len(old.units)} units but does not divide that "
                "community; divide and adopt both together"
            )


def _too_early(draft: Draft, state: State) -> Iterator[str]:
    """Say that what is written for a day is not changed from behind."""
    late = {date for date in state.last.values() if date > draft.date.isoformat()}
    if late:
        yield (
            f"date {draft.date}: these communities have entries of {max(late)}; a register is not "
            "changed before its last entry, choose --date from that day on"
        )


def _places(draft: Draft, state: State) -> Iterator[Event]:
    """Tell what happens to districts, streets and communities; what is not told has not moved."""
    for place in draft.places:
        row = state.places.get((place.level, place.code))
        if row is None:
            yield _placed(EventKind.CREATED, place)
            continue
        place = replace(place, geometry_hash=place.geometry_hash or row.geometry_hash)
        if (row.name, row.parent, row.geometry_hash) == (
            place.name,
            place.parent,
            place.geometry_hash,
        ):
            yield _placed(EventKind.KEPT, place)
        else:
            yield _placed(EventKind.RESHAPED, place, _place_note(row, place))


def _placed(kind: EventKind, place: Place, note: str = "") -> Event:
    return Event(
        kind, place.level, place.code, "", place.parent, place.name, place.geometry_hash, "",
        place.households, note,
    )  # fmt: skip


def _place_note(row: Registered, place: Place) -> str:
    said = []
    if row.name != place.name:
        said.append(f"its name was {row.name!r}")
    if row.parent != place.parent:
        said.append(f"it belonged to {row.parent or 'nothing above'}")
    if row.geometry_hash != place.geometry_hash:
        said.append("its border moved" if row.geometry_hash else "its outline is known now")
    return "; ".join(said)


def _grids(
    draft: Draft, state: State, kept: Mapping[int, int], written: Mapping[str, str]
) -> Iterator[Event]:
    """Tell what happens to the grids of the draft: created, kept or reshaped."""
    for j, grid in enumerate(draft.grids):
        if j not in kept:
            yield _drawn(EventKind.CREATED, grid)
            continue
        old = state.grids[kept[j]]
        same = (old.geometry_hash, old.grid_name) == (grid.geometry_hash, grid.grid_name)
        if same and written[old.grid_code] == members_hash(grid.units):
            yield _drawn(EventKind.KEPT, grid)
        else:
            yield _drawn(EventKind.RESHAPED, grid, _shape_note(old, grid))


def _drawn(kind: EventKind, grid: CodedGrid, note: str = "") -> Event:
    return Event(
        kind, Level.GRID, grid.grid_code, "", grid.community_code, grid.grid_name,
        grid.geometry_hash, members_hash(grid.units), grid.households, note,
    )  # fmt: skip


def _shape_note(old: CodedGrid, new: CodedGrid) -> str:
    came = [count for unit, count in new.units.items() if unit not in old.units]
    left = [count for unit, count in old.units.items() if unit not in new.units]
    said = []
    if old.grid_name != new.grid_name:
        said.append(f"its name was {old.grid_name!r}")
    for units, word in ((came, "came"), (left, "left")):
        if units:
            said.append(f"{len(units)} units with {sum(units)} households {word}")
    if not said and old.geometry_hash == new.geometry_hash:
        return "same ground, its units have other ids"
    return "; ".join(said) or "same units, its border moved"


def _ends(draft: Draft, state: State, flows: Flows, kept: Mapping[int, int]) -> list[Event]:
    """Tell how the grids ended that do not go on, and what other grids gave to new ones."""
    going_on = {i: j for j, i in kept.items()}
    children = heirs(flows)
    events = []
    for i, old in enumerate(state.grids):
        followers = children.get(i, [])
        if i in going_on:
            born = [j for j in followers if j not in kept]
            events += [_passed(EventKind.SPLIT, draft, state, flows, i, j) for j in born]
            continue
        passed = [
            _passed(kind, draft, state, flows, i, j)
            for kind, j in _how_it_ended(draft, state, flows, i, followers)
        ]
        events += [*passed, _retired(old, passed)]
    return events


def _how_it_ended(
    draft: Draft, state: State, flows: Flows, i: int, followers: list[int]
) -> list[tuple[EventKind, int]]:
    """Say which new grid followed an old one, and how."""
    old = state.grids[i]
    main = [j for j in followers if is_majority(old, draft.grids[j], flows[i, j])]
    same = [j for j in main if set(draft.grids[j].units) == set(old.units)]
    elsewhere = [
        j
        for j in main
        if draft.grids[j].community_code != old.community_code
        or draft.profile.parse(old.grid_code, old.community_code) is None
    ]
    recoded = elsewhere or same
    rest = [j for j in followers if j not in recoded]
    kind = EventKind.SPLIT if len(followers) > 1 else EventKind.MERGED
    return [*((EventKind.RECODED, j) for j in recoded), *((kind, j) for j in rest)]


def _passed(kind: EventKind, draft: Draft, state: State, flows: Flows, i: int, j: int) -> Event:
    return Event(
        kind, Level.GRID, state.grids[i].grid_code, draft.grids[j].grid_code,
        households=flows[i, j].households_new,
        note=f"{flows[i, j].units} units",
    )  # fmt: skip


def _retired(old: CodedGrid, passed: list[Event]) -> Event:
    said = []
    for kind, words in ENDS.items():
        codes = sorted(event.other for event in passed if event.kind == kind)
        if codes:
            said.append(f"{words} {', '.join(codes)}")
    return Event(
        EventKind.RETIRED, Level.GRID, old.grid_code, "", old.community_code, old.grid_name,
        old.geometry_hash, members_hash(old.units), old.households,
        "; ".join(said) or "no grid of the new division holds a unit of it",
    )  # fmt: skip


def _emptied(draft: Draft, state: State, ends: list[Event]) -> list[Event]:
    """Retire the communities outside the plan whose last grids it took over."""
    home = {grid.grid_code: grid.community_code for grid in state.grids}
    parent = {grid.grid_code: grid.community_code for grid in draft.grids}
    gone = Counter(home[event.code] for event in ends if event.kind == EventKind.RETIRED)
    events = []
    for place in sorted(place for place, size in state.sizes.items() if gone[place] == size):
        followers = {parent[e.other] for e in ends if e.other and home[e.code] == place}
        kind = EventKind.SPLIT if len(followers) > 1 else EventKind.MERGED
        passed = [Event(kind, Level.COMMUNITY, place, heir) for heir in sorted(followers)]
        row = state.places[Level.COMMUNITY, place]
        note = f"{ENDS[kind]} {', '.join(sorted(followers))}"
        end = Event(
            EventKind.RETIRED, Level.COMMUNITY, place, "", row.parent, row.name,
            row.geometry_hash, "", row.households, note,
        )  # fmt: skip
        events += [*passed, end]
    return events


def day_before(date: dt.date) -> str:
    """Last day of what ends on a date."""
    return (date - dt.timedelta(days=1)).isoformat()
