"""Codes and names for the grids of a plan, beside those that a register holds already."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd
import shapely

from gridplan.codes.continuity import CodedGrid, find_continued, find_flows
from gridplan.codes.numbering import grid_name, number_grids
from gridplan.codes.profiles import Profile
from gridplan.codes.written import make_codes
from gridplan.domain import GridKind


@dataclass(frozen=True)
class Standing:
    """What a register holds about the communities of a plan.

    Parameters
    ----------
    grids
        Active grids.
    used
        Community of every grid code that was ever issued there, retired ones included.
    since
        First day (YYYY-MM-DD) of every code that is active there.
    """

    grids: tuple[CodedGrid, ...] = ()
    used: Mapping[str, str] = field(default_factory=dict)
    since: Mapping[str, str] = field(default_factory=dict)

    def digest(self) -> str:
        """SHA-256 (hex) of everything in it that can change the register of a plan."""
        text = "\n".join(
            [
                *sorted(self.used),
                *sorted(
                    f"{g.grid_code}\t{g.grid_kind}\t{members_hash(g.units)}" for g in self.grids
                ),
                *sorted(f"{code}\t{day}" for code, day in self.since.items()),
            ]
        )
        return hashlib.sha256(text.encode()).hexdigest()


def number_plan(
    grids: gpd.GeoDataFrame,
    members: pd.DataFrame,
    profile: Profile,
    language: str,
    standing: Standing | None = None,
) -> pd.DataFrame:
    """Give every grid of a plan its number, code and name.

    A grid that goes on from an active code keeps it (see ``continuity``); every other grid gets the
    numbers after the highest one that its community ever used, in the order of ``BANDING_RULE``.

    Parameters
    ----------
    grids
        ``community_code``, polygons in a projected CRS, and ``grid_kind`` where there are unit
        grids; any unique index.
    members
        ``grid`` (label in the index of ``grids``), ``unit_id``, ``households``.
    profile
        How codes are written.
    language
        ``en`` or ``zh``, for names.
    standing
        What the register holds; None where there is none.

    Returns
    -------
    pandas.DataFrame
        ``seq``, ``grid_code``, ``grid_name``; same index.

    Raises
    ------
    CodeError
        Where a sequence overflows, a community code does not fit or codes collide.
    """
    standing = standing or Standing()
    kind = kinds_of(grids)
    order = number_grids(grids)
    places = sorted(set(grids["community_code"]))
    used = used_numbers(profile, places, standing.used)
    drawn = drawn_grids(grids, members) if standing.grids else ()
    flows = find_flows(standing.grids, drawn)
    kept = find_continued(standing.grids, drawn, flows, profile, used)
    seq = _numbers(grids["community_code"], kind, order, profile, used, kept, standing.grids)
    codes = make_codes(profile, grids["community_code"], seq, kind)
    names = [
        standing.grids[kept[j]].grid_name if j in kept else grid_name(int(number), language)
        for j, number in enumerate(seq)
    ]
    return pd.DataFrame(
        {"seq": seq, "grid_code": codes, "grid_name": pd.Series(names, grids.index, dtype=object)}
    )


def kinds_of(grids: pd.DataFrame) -> pd.Series:
    """Kind of every grid; residential where the table does not say."""
    if "grid_kind" in grids:
        return grids["grid_kind"].astype(str)
    return pd.Series(GridKind.RESIDENTIAL.value, index=grids.index, dtype=object)


def used_numbers(
    profile: Profile, communities: Iterable[str], used: Mapping[str, str]
) -> dict[str, set[int]]:
    """Find the numbers that each community ever used, as far as this profile writes such codes.

    Parameters
    ----------
    profile
        How codes are written.
    communities
        Each has its entry in the answer.
    used
        Community by grid code.
    """
    numbers: dict[str, set[int]] = {str(code): set() for code in communities}
    for code, place in sorted(used.items()):
        read = profile.parse(code, place)
        if read is not None and place in numbers:
            numbers[place].add(read.seq)
    return numbers


def _numbers(
    community: pd.Series,
    kind: pd.Series,
    order: pd.Series,
    profile: Profile,
    used: Mapping[str, set[int]],
    kept: Mapping[int, int],
    old: Sequence[CodedGrid],
) -> pd.Series:
    """Keep the numbers of grids that go on, and count on for the others."""
    sizes = Counter(community)
    next_free: dict[tuple[str, str], int] = {}
    numbers = [0] * len(order)
    for j in sorted(range(len(order)), key=lambda j: (community.iloc[j], order.iloc[j])):
        place = str(community.iloc[j])
        if j in kept:
            read = profile.parse(old[kept[j]].grid_code, place)
            numbers[j] = read.seq if read else 0
            continue
        if profile.whole_is_zero and sizes[place] == 1 and 0 not in used[place]:
            continue
        block = kind.iloc[j] if profile.unit_block is not None else ""
        if (place, block) not in next_free:
            next_free[place, block] = _first_free(profile, kind.iloc[j], used[place])
        numbers[j] = next_free[place, block]
        next_free[place, block] += 1
    return pd.Series(numbers, index=order.index, name="seq", dtype="int64")


def _first_free(profile: Profile, kind: str, used: Iterable[int]) -> int:
    """Number after the highest one ever used, cancelled ones included."""
    numbers = profile.numbers(kind)
    return max((n for n in used if n in numbers), default=numbers.start - 1) + 1


def drawn_grids(grids: gpd.GeoDataFrame, members: pd.DataFrame) -> tuple[CodedGrid, ...]:
    """Write the grids of a plan as ``CodedGrid``.

    Parameters
    ----------
    grids
        ``community_code``, polygons; ``grid_code``, ``grid_name``, ``grid_kind`` where they have
        them; any unique index.
    members
        ``grid`` (label in the index of ``grids``), ``unit_id``, ``households``.
    """
    units: dict[object, dict[str, int]] = defaultdict(dict)
    rows = zip(members["grid"], members["unit_id"], members["households"], strict=True)
    for label, unit, households in rows:
        units[label][str(unit)] = int(households)
    blank = [""] * len(grids)
    columns = (
        grids.get("grid_code", blank),
        grids["community_code"],
        kinds_of(grids),
        grids.get("grid_name", blank),
        geometry_hashes(grids.geometry),
    )
    return tuple(
        CodedGrid(
            str(code), str(place), str(kind), str(name), sum(units[label].values()), outline,
            units[label],
        )
        for label, code, place, kind, name, outline in zip(grids.index, *columns, strict=True)
    )  # fmt: skip


def geometry_hashes(shapes: gpd.GeoSeries) -> list[str]:
    """SHA-256 (hex) of polygons rounded to 1 mm, whatever vertex they begin with.

    Parameters
    ----------
    shapes
        Polygons or multipolygons in a projected CRS, metres.
    """
    flat = shapely.force_2d(shapes.to_numpy())
    whole = [shapely.multipolygons(shapely.get_parts(shape)) for shape in flat]
    rounded = shapely.normalize(shapely.transform(whole, lambda xy: (xy * 1000).round()))
    return [hashlib.sha256(wkb).hexdigest() for wkb in shapely.to_wkb(rounded, byte_order=1)]


def members_hash(units: Mapping[str, int]) -> str:
    """SHA-256 (hex) of a set of unit ids."""
    return hashlib.sha256("\n".join(sorted(units)).encode()).hexdigest()
