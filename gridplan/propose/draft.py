"""One section of the proposed file for each role: which keys, from which columns, and why."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from gridplan.layers.peek import ColumnInfo, LayerInfo
from gridplan.propose import words
from gridplan.propose.clauses import bridge_filter, class_filter
from gridplan.propose.columns import (
    pick_households,
    pick_id,
    pick_name,
    pick_reference,
    pick_text,
)
from gridplan.propose.roles import Guess, Roles, column_kind
from gridplan.propose.traits import pick_traits
from gridplan.propose.words import ZONES, Words, ZoneKind, match

MAX_HOUSEHOLDS = 500

_ZONE_BY_NAME = {kind.name: kind for kind in ZONES}
_ID_WORDS = {
    "communities": words.COMMUNITY,
    "streets": words.STREET,
    "units": words.UNIT,
}


@dataclass
class Draft:
    """One section of the file.

    Parameters
    ----------
    place
        Its name, such as ``inputs.units``.
    why
        What the guess rests on.
    info
        Its layer, None for a column of the units or where nothing was found.
    keys
        Values by key; None marks a blank that the user must fill in.
    maybe
        Values that are written as comments, for the user to take or leave.
    remarks
        What to say behind a key.
    active
        False: the whole section is written as a comment.
    """

    place: str
    why: str
    info: LayerInfo | None = None
    keys: dict[str, object] = field(default_factory=dict)
    maybe: dict[str, object] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    active: bool = True

    def blanks(self) -> list[str]:
        """Keys that the user must fill in."""
        return [key for key, value in self.keys.items() if value is None]


def drafts(roles: Roles) -> list[Draft]:
    """Draft every input section, in the order of the file.

    Parameters
    ----------
    roles
        Which layer is for what.
    """
    register = roles.others.get("households")
    communities = _communities(roles.communities)
    units = _units(roles.units, communities, register)
    found = [communities]
    if roles.streets is not None:
        found.append(_streets(roles.streets))
        _join_streets(communities, found[-1])
    found.append(units)
    _put_totals(communities, units, register)
    if register is not None:
        found.append(_register(register, units))
    stairwells = roles.others.get("stairwells") or register
    if stairwells is not None and (draft := _stairwells(stairwells, units, register)):
        found.append(draft)
    found += _zones(roles, units)
    found += [_barrier(name, guess) for name, guess in roles.barriers.items()]
    for name, guess in roles.others.items():
        if name in ("institutions", "facilities", "buildings", "roads"):
            found.append(_objects(name, guess))
        elif name not in ("households", "stairwells"):
            found.append(_table(name, guess))
    return found


def _communities(guess: Guess | None) -> Draft:
    draft = _start("communities", guess)
    if guess is None:
        draft.keys = {"path": None, "code": None}
        return draft
    code = pick_id(guess.info, words.COMMUNITY)
    _put(draft, "code", code, "no column without repeats and blanks")
    name = pick_name(guess.info, words.COMMUNITY, (code.name,) if code else ())
    if name is not None:
        draft.keys["name"] = name.name
    street = pick_text(guess.info, words.STREET, tuple(c.name for c in (code, name) if c))
    if street is not None:
        draft.maybe["street"] = street.name
    return draft


def _streets(guess: Guess) -> Draft:
    draft = _start("streets", guess)
    code = pick_id(guess.info, words.STREET)
    _put(draft, "code", code, "no column without repeats and blanks")
    draft.active = code is not None
    name = pick_name(guess.info, words.STREET, (code.name,) if code else ())
    if name is not None:
        draft.keys["name"] = name.name
    return draft


def _join_streets(communities: Draft, streets: Draft) -> None:
    """Name the communities' column of street codes, where one fits."""
    if communities.info is None or streets.info is None:
        return
    code = streets.info.column(str(streets.keys["code"]))
    column = pick_reference(communities.info, words.STREET, code)
    if column is not None and column.name != communities.keys["code"]:
        communities.keys["street"] = column.name
        communities.maybe.pop("street", None)


def _units(guess: Guess | None, communities: Draft, register: Guess | None) -> Draft:
    draft = _start("units", guess)
    if guess is None:
        draft.keys = {"path": None, "id": None, "households": None}
        return draft
    info = guess.info
    _put(draft, "id", pick_id(info, words.UNIT), "no column without repeats and blanks")
    _put_households(draft, info, register)
    code = communities.info.column(str(communities.keys["code"])) if communities.info else None
    community = pick_reference(info, words.COMMUNITY, code)
    if community is not None and community.name != draft.keys["id"]:
        draft.maybe["community"] = community.name
        draft.remarks["community"] = "wins over geometry"
    stairwells = next((c for c in info.columns if _lists_stairwells(c)), None)
    if stairwells is not None:
        draft.keys["stairwells"] = stairwells.name
        draft.remarks["stairwells"] = "buildings above the maximum are divided by them"
    block = _block(info, draft)
    if block is not None:
        draft.maybe["keep_together"] = block.name
        draft.remarks["keep_together"] = "units with the same value stay in one grid"
    return draft


def _put_totals(communities: Draft, units: Draft, register: Guess | None) -> None:
    """Spread totals of communities where nothing finer is known, or offer to."""
    total = pick_households(communities.info) if communities.info else None
    if total is None:
        return
    known = register is not None or units.keys.get("households") is not None
    (communities.maybe if known else communities.keys)["households"] = total.name
    communities.remarks["households"] = "spread over units where nothing finer is known"
    if known or units.info is None:
        return
    units.keys.pop("households", None)
    floors = pick_text(units.info, words.FLOORS)
    if floors is not None:
        units.keys["floors"] = floors.name


def _put_households(draft: Draft, info: LayerInfo, register: Guess | None) -> None:
    counted = pick_households(info)
    if counted is not None:
        draft.keys["households"] = counted.name
        draft.remarks["households"] = f"{counted.low:.0f} to {counted.high:.0f}"
        _put_basis(draft, counted.name)
    elif register is None:
        draft.keys["households"] = 1 if info.geometry == "point" else None
        draft.remarks["households"] = "no column is called so"


def _put_basis(draft: Draft, column: str) -> None:
    for basis, called in (
        ("registered", ("户籍", "registered", "hj", "hjhs")),
        ("resident", ("常住", "resident", "czhs")),
        ("dwelling", ("dwelling", "套数", "dwelling unit")),
    ):
        if match(column, called):
            draft.keys["household_basis"] = basis
            return
    draft.maybe["household_basis"] = "registered"
    draft.remarks["household_basis"] = "or resident, or dwelling: printed on tables and maps"


def _lists_stairwells(column: ColumnInfo) -> bool:
    """Whether the cells look like ``1:120;2:118``."""
    pairs = r"\s*[^;:]+:\s*\d+\s*(;\s*[^;:]+:\s*\d+\s*)+"
    return column.kind == "text" and any(re.fullmatch(pairs, value) for value in column.sample)


def _block(info: LayerInfo, draft: Draft) -> ColumnInfo | None:
    taken = (str(draft.keys["id"]), str(draft.maybe.get("community")))
    column = pick_text(info, words.BLOCK, taken)
    repeats = column is not None and 1 < column.distinct < info.features
    return column if repeats else None


def _register(guess: Guess, units: Draft) -> Draft:
    draft = _start("households", guess)
    own = units.info.column(str(units.keys["id"])) if units.info else None
    unit = pick_reference(guess.info, words.UNIT, own)
    count = pick_households(guess.info)
    address = pick_text(guess.info, words.ADDRESS)
    theirs = pick_text(units.info, words.ADDRESS) if units.info else None
    if unit is not None:
        draft.keys["unit"] = unit.name
    elif address is not None and theirs is not None and not guess.info.geometry:
        draft.keys["address"] = address.name
        units.keys["address"] = theirs.name
        units.remarks["address"] = "joined to the register's"
    elif not guess.info.geometry:
        draft.keys["unit"] = None
        draft.remarks["unit"] = "the column with the id of the unit"
    draft.keys["count"] = count.name if count else 1
    if "households" in units.keys:
        draft.active = False
        draft.why += "; the units have a column of their own, over which a register would win"
    return draft


def _stairwells(guess: Guess, units: Draft, register: Guess | None) -> Draft | None:
    """Propose stairwells of a table of their own, or of the register where it has such a column."""
    own = units.info.column(str(units.keys["id"])) if units.info else None
    name = pick_text(guess.info, words.STAIRWELL)
    unit = pick_reference(guess.info, words.UNIT, own)
    if guess is register and (name is None or unit is None):
        return None
    draft = _start("stairwells", guess)
    draft.why += "; buildings above the maximum are divided by them"
    draft.keys["unit"] = unit.name if unit else None
    draft.keys["stairwell"] = name.name if name else None
    count = pick_households(guess.info)
    draft.keys["households"] = count.name if count else 1
    draft.active = not draft.blanks() and "stairwells" not in units.keys
    return draft


def _zones(roles: Roles, units: Draft) -> Iterator[Draft]:
    households = _total(units)
    for kind in ZONES:
        for rank, guess in enumerate(roles.zones.get(kind.name, [])):
            yield _zone(kind, guess, households, rank)
    yield from _zone_columns(roles, units)


def _zone(kind: ZoneKind, guess: Guess, households: float, rank: int) -> Draft:
    draft = _start(f"zones.{kind.name}", guess)
    if rank:
        draft.place += f"_{rank + 1}"
        draft.active = False
        draft.why += "; another layer stands for this kind already"
    column = pick_id(guess.info, kind.words) or pick_id(guess.info, kind.words, unique=False)
    _put(draft, "id", column, "no column looks like an id")
    if column is None:
        draft.active = False
    elif not column.unique:
        count = f"{column.distinct} values in {guess.info.features} polygons"
        draft.remarks["id"] = f"{count}: a zone may have several parts"
    _put_mode(draft, kind, households / max(guess.info.features, 1))
    return draft


def _put_mode(draft: Draft, kind: ZoneKind, per_zone: float) -> None:
    mode = kind.mode
    if mode == "whole" and per_zone > MAX_HOUSEHOLDS:
        mode = "soft"
        size = f"about {per_zone:,.0f} households a zone"
        draft.remarks["mode"] = f'"whole" for compounds that fit a grid, but here {size}'
    draft.keys["mode"] = mode
    if mode == "soft":
        draft.keys["weight"] = kind.weight


def _zone_columns(roles: Roles, units: Draft) -> Iterator[Draft]:
    """Jurisdictions that stand on the units as a column, where no layer has them."""
    if units.info is None:
        return
    seen = set(roles.zones)
    taken = {str(value) for value in (*units.keys.values(), *units.maybe.values())}
    for column in units.info.columns:
        kind = column_kind(column.name)
        several = 1 < column.distinct <= units.info.features / 5
        if kind is None or not several or column.name in taken or kind.name in seen:
            continue
        if column.kind not in ("text", "integer") or pick_households(units.info) == column:
            continue
        seen.add(kind.name)
        draft = Draft(
            f"inputs.zones.{kind.name}", f"a column of the units, {column.distinct} zones"
        )
        draft.keys["column"] = column.name
        _put_mode(draft, kind, _total(units) / column.distinct)
        yield draft


def _total(units: Draft) -> float:
    """Households of all units, estimated where the layer is long."""
    column = units.info.column(str(units.keys.get("households"))) if units.info else None
    if column is None or column.mean is None or units.info is None:
        return 0.0
    return column.mean * units.info.features


def _barrier(name: str, guess: Guess) -> Draft:
    draft = _start(f"barriers.{name}", guess)
    draft.keys["mode"] = "soft"
    if name == "roads":
        column = pick_text(guess.info, words.ROAD_CLASS)
        if column is not None:
            draft.maybe["where"] = class_filter(column)
            values = ", ".join(column.sample)
            draft.remarks["where"] = f"main roads only; values are {values}"
    if name in ("rail", "river", "wall"):
        draft.remarks["mode"] = '"hard" where nobody can cross it but by a link'
    return draft


def _objects(name: str, guess: Guess) -> Draft:
    draft = _start(name, guess)
    info = guess.info
    ident = pick_id(info, _words_of(name))
    label = pick_name(info, _words_of(name)) or (_road_name(info) if name == "roads" else None)
    if ident is not None and match(ident.name, words.CODE) and ident != label:
        draft.keys["id"] = ident.name
    if label is not None:
        draft.keys["name"] = label.name
    taken = tuple(str(value) for value in draft.keys.values())
    wanted = words.ROAD_CLASS if name == "roads" else words.KIND
    kind = pick_text(info, wanted, taken)
    if kind is not None:
        draft.keys["class" if name == "roads" else "kind"] = kind.name
    if name == "institutions":
        draft.keys |= pick_traits(info, tuple(str(value) for value in draft.keys.values()))
        draft.remarks |= dict.fromkeys(("permanent", "years"), "one of the five tests")
    bridges = bridge_filter(info) if name == "roads" else None
    if bridges:
        draft.keys["bridges"] = bridges
        draft.remarks["bridges"] = "they join the two sides of a hard barrier"
    return draft


def _words_of(name: str) -> Words:
    return {"institutions": words.INSTITUTION, "facilities": words.FACILITY}.get(
        name, words.BUILDING if name == "buildings" else words.ROAD
    )


def _road_name(info: LayerInfo) -> ColumnInfo | None:
    return pick_text(info, ("street", "road", "道路"))


def _table(name: str, guess: Guess) -> Draft:
    draft = _start(name, guess)
    if name == "links":
        for end in ("a", "b"):
            draft.keys[end] = end if guess.info.column(end) else None
            draft.remarks[end] = "the column with the id of a unit"
        draft.active = None not in draft.keys.values()
    return draft


def _start(name: str, guess: Guess | None) -> Draft:
    place = f"inputs.{name}"
    if guess is None:
        return Draft(place, "not found among the layers")
    doubt = "" if guess.sure else "; NOT SURE, please check"
    return Draft(place, guess.why + doubt, guess.info)


def _put(draft: Draft, key: str, column: ColumnInfo | None, otherwise: str) -> None:
    draft.keys[key] = column.name if column else None
    if column is None:
        draft.remarks[key] = otherwise
    elif column.sample:
        draft.remarks[key] = f"such as {', '.join(column.sample[:3])}"
