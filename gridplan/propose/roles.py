"""What each layer is for: guessed from its name, its geometry, its columns and its size."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from gridplan.layers.peek import LayerInfo
from gridplan.propose import words
from gridplan.propose.columns import pick_households, pick_id, pick_name
from gridplan.propose.words import ZONES, Words, ZoneKind, match

_CERTAIN = 4.0
_FEW = 5  # units per community, at least


@dataclass
class Guess:
    """A layer in a role, and why it was taken for it."""

    info: LayerInfo
    why: str
    sure: bool = True


@dataclass
class Roles:
    """The layers of a job by role; what has none is ``unused``."""

    communities: Guess | None = None
    streets: Guess | None = None
    units: Guess | None = None
    zones: dict[str, list[Guess]] = field(default_factory=dict)
    barriers: dict[str, Guess] = field(default_factory=dict)
    others: dict[str, Guess] = field(default_factory=dict)
    unused: list[LayerInfo] = field(default_factory=list)


def fit(info: LayerInfo, wanted: Words) -> int:
    """How well a layer's name fits, or its file's where the file holds nothing else."""
    own = match(info.layer, wanted)
    return max(own, match(info.path.stem, wanted)) if info.alone else own


def zone_kind(info: LayerInfo) -> ZoneKind | None:
    """Kind of jurisdiction that a polygon layer's name speaks of, unless it is something else."""
    if info.geometry not in ("polygon", "mixed"):
        return None
    exact_elsewhere = any(
        fit(info, w) == 3 for w in (words.COMMUNITY, words.STREET, words.UNIT, words.INSTITUTION)
    )
    return None if exact_elsewhere else _best_kind([info.layer, *_stem(info)])


def column_kind(name: str) -> ZoneKind | None:
    """Kind of jurisdiction that a column's name speaks of."""
    return _best_kind([name])


def _stem(info: LayerInfo) -> list[str]:
    return [info.path.stem] if info.alone else []


def _best_kind(names: list[str]) -> ZoneKind | None:
    """Prefer the longest word found: 社区卫生服务 is about health."""

    def length(kind: ZoneKind) -> int:
        found = [w for w in kind.words if any(match(name, (w,)) for name in names)]
        return max(map(len, found), default=0)

    best = max(ZONES, key=length)
    return best if length(best) else None


def assign(layers: Iterable[LayerInfo]) -> Roles:
    """Give every layer a role, or none.

    Parameters
    ----------
    layers
        Readable layers, as ``peek`` lists them.
    """
    rest = [info for info in layers if info.features and not info.problem]
    roles = Roles()
    kinds = {id(info): zone_kind(info) for info in rest}
    plain = [info for info in rest if kinds[id(info)] is None and fit(info, words.GRID) == 0]
    roles.units = _units(plain)
    roles.communities = _communities(plain, roles.units)
    roles.streets = _streets(plain, roles)
    taken = _take(rest, [roles.units, roles.communities, roles.streets])
    for info in taken:
        if (kind := kinds[id(info)]) is not None:
            why = f"its name speaks of {kind.name}"
            roles.zones.setdefault(kind.name, []).append(Guess(info, why))
    for guesses in roles.zones.values():
        guesses.sort(key=lambda g: (len(words.tokens(g.info.layer)), g.info.layer))
    rest = _take(taken, [guess for guesses in roles.zones.values() for guess in guesses])
    rest = _roads(rest, roles)
    rest = _named(rest, roles)
    roles.unused = rest
    return roles


def _take(layers: list[LayerInfo], guesses: list[Guess | None] | list[Guess]) -> list[LayerInfo]:
    gone = {id(guess.info) for guess in guesses if guess is not None}
    return [info for info in layers if id(info) not in gone]


def _units(layers: list[LayerInfo]) -> Guess | None:
    ranked = sorted(
        (info for info in layers if info.geometry in ("polygon", "mixed", "point")),
        key=lambda info: (-_unit_score(info), info.layer),
    )
    if not ranked:
        return None
    best = ranked[0]
    score = _unit_score(best)
    if score < _CERTAIN:
        return None
    counted = pick_households(best)
    reasons = []
    if fit(best, words.UNIT):
        reasons.append("its name")
    if counted is not None:
        reasons.append(f"its column {counted.name}")
    reasons.append(f"its {best.features:,} features")
    return Guess(best, ", ".join(reasons), sure=fit(best, words.UNIT) > 0)


def _unit_score(info: LayerInfo) -> float:
    other = max(fit(info, words.COMMUNITY), fit(info, words.STREET), fit(info, words.FACILITY))
    named = fit(info, words.UNIT)
    if other > named or fit(info, words.INSTITUTION) == 3:
        return 0.0
    score = 2.0 * named + (3.0 if pick_households(info) else 0.0)
    if info.geometry == "point" and not named:
        return 0.0
    return score + 0.5 * math.log10(info.features) if score else 0.0


def _communities(layers: list[LayerInfo], units: Guess | None) -> Guess | None:
    limit = units.info.features / _FEW if units else math.inf
    polygons = [
        info
        for info in layers
        if info.geometry in ("polygon", "mixed")
        and (units is None or info is not units.info)
        and info.features <= max(limit, 1)
    ]
    named = [info for info in polygons if fit(info, words.COMMUNITY)]
    if named:
        best = min(named, key=lambda i: (-fit(i, words.COMMUNITY), -i.features, i.layer))
        return Guess(best, f"its name, {best.features:,} polygons")
    return _unnamed_communities(polygons)


def _unnamed_communities(polygons: list[LayerInfo]) -> Guess | None:
    """Take the only layer that looks like named areas and is called nothing else."""
    plain = [
        info for info in polygons if pick_id(info) and pick_name(info) and not _has_other_name(info)
    ]
    if len(plain) != 1:
        return None
    return Guess(plain[0], "the only layer of named polygons far fewer than the units", sure=False)


def _has_other_name(info: LayerInfo) -> bool:
    others = (words.STREET, words.UNIT, words.RIVER, words.FACILITY, words.INSTITUTION)
    return any(fit(info, wanted) for wanted in others)


def _streets(layers: list[LayerInfo], roles: Roles) -> Guess | None:
    if roles.communities is None:
        return None
    fitting = [
        info
        for info in _take(layers, [roles.units, roles.communities])
        if info.geometry in ("polygon", "mixed")
        and fit(info, words.STREET)
        and info.features <= roles.communities.info.features
        and pick_id(info)
    ]
    if not fitting:
        return None
    best = min(fitting, key=lambda i: (-fit(i, words.STREET), -i.features, i.layer))
    return Guess(best, f"its name, {best.features:,} polygons")


def _roads(layers: list[LayerInfo], roles: Roles) -> list[LayerInfo]:
    """Give the fullest road layer to the maps, the sparsest to the barriers."""
    roads = [info for info in layers if info.geometry == "line" and fit(info, words.ROAD)]
    roads = [info for info in roads if not fit(info, words.RAIL)]
    if not roads:
        return layers
    by_size = sorted(roads, key=lambda info: (-info.features, info.layer))
    full, sparse = by_size[0], by_size[-1]
    roles.others["roads"] = Guess(full, f"its name, {full.features:,} lines")
    roles.barriers["roads"] = Guess(sparse, "borders along roads are welcome")
    used = [roles.others["roads"], roles.barriers["roads"]]
    return _take(layers, used)


_LINES = ("line", "polygon", "mixed")
_SHAPES = ("polygon", "mixed", "point")
_TABLE = ("",)
_BARRIERS: tuple[tuple[str, Words, Words], ...] = (
    ("rail", words.RAIL, ("line",)),
    ("river", words.RIVER, _LINES),
    ("wall", words.WALL, ("line",)),
)
_OTHERS: tuple[tuple[str, Words, Words], ...] = (
    ("links", words.LINK, ("", "line")),
    ("locks", words.LOCK, _TABLE),
    ("staff", words.STAFF, _TABLE),
    ("stairwells", words.STAIRWELLS, _TABLE),
    ("households", words.REGISTER, ("", "point")),
    ("institutions", words.INSTITUTION, _SHAPES),
    ("facilities", words.FACILITY, _SHAPES),
    ("buildings", words.BUILDING, ("polygon", "mixed")),
)


def _named(layers: list[LayerInfo], roles: Roles) -> list[LayerInfo]:
    for role, wanted, shapes in _BARRIERS:
        layers = _one(layers, role, wanted, shapes, roles.barriers)
    for role, wanted, shapes in _OTHERS:
        layers = _one(layers, role, wanted, shapes, roles.others)
    return layers


def _one(
    layers: list[LayerInfo], role: str, wanted: Words, shapes: Words, into: dict[str, Guess]
) -> list[LayerInfo]:
    fitting = [info for info in layers if info.geometry in shapes and fit(info, wanted)]
    if not fitting:
        return layers
    best = min(fitting, key=lambda info: (-fit(info, wanted), -info.features, info.layer))
    into[role] = Guess(best, "its name")
    return _take(layers, [into[role]])
