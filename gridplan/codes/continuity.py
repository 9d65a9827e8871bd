"""Which grid of a new division is which grid of the old one, and what flowed between the others.

A code goes on meaning its grid where the households that the old and the new grid share exceed half
of both (counted in units where one of the two has no households), the kind is the same and the
community is the same. Grids of equal outline are the same even where every unit has a new id.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gridplan.codes.profiles import Profile


@dataclass(frozen=True)
class CodedGrid:
    """A grid, drawn or registered.

    Parameters
    ----------
    grid_code
        Empty while it has none.
    community_code, grid_kind, grid_name
        As in the plan.
    households
        Households in it, when it was drawn or last registered.
    geometry_hash
        From ``geometry_hashes``; empty where unknown.
    units
        Households per unit id.
    """

    grid_code: str
    community_code: str
    grid_kind: str
    grid_name: str
    households: int
    geometry_hash: str
    units: Mapping[str, int] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Flow:
    """What an old grid gave to a new one.

    Parameters
    ----------
    units
        Units that both have.
    households_old, households_new
        Their households then and now.
    """

    units: int
    households_old: int
    households_new: int


Flows = dict[tuple[int, int], Flow]
"""Flows by the positions of the old and the new grid."""


def find_flows(old: Sequence[CodedGrid], new: Sequence[CodedGrid]) -> Flows:
    """Find what every old grid gave to every new one, by unit ids; by outline where none is shared.

    Parameters
    ----------
    old, new
        Two divisions of the same ground. No unit may stand in two grids of one of them.
    """
    home = {unit: (i, count) for i, grid in enumerate(old) for unit, count in grid.units.items()}
    units: Counter[tuple[int, int]] = Counter()
    then: Counter[tuple[int, int]] = Counter()
    now: Counter[tuple[int, int]] = Counter()
    for j, grid in enumerate(new):
        for unit, count in grid.units.items():
            if unit in home:
                pair = (home[unit][0], j)
                units[pair] += 1
                then[pair] += home[unit][1]
                now[pair] += count
    flows = {pair: Flow(units[pair], then[pair], now[pair]) for pair in sorted(units)}
    return flows | _same_outlines(old, new, flows)


def _same_outlines(old: Sequence[CodedGrid], new: Sequence[CodedGrid], flows: Flows) -> Flows:
    """Pair grids of one community that share no unit id with anyone but have the same outline."""
    known_old = {i for i, _ in flows}
    known_new = {j for _, j in flows}
    places = {
        (grid.community_code, grid.geometry_hash): i
        for i, grid in enumerate(old)
        if i not in known_old and grid.geometry_hash
    }
    found = {}
    for j, grid in enumerate(new):
        i = places.get((grid.community_code, grid.geometry_hash))
        if j not in known_new and i is not None:
            found[i, j] = Flow(
                max(len(old[i].units), len(grid.units)), old[i].households, grid.households
            )
    return found


def find_continued(
    old: Sequence[CodedGrid],
    new: Sequence[CodedGrid],
    flows: Flows,
    profile: Profile,
    used: Mapping[str, Iterable[int]],
) -> dict[int, int]:
    """Find the new grids that go on under the code of an old one.

    Parameters
    ----------
    old, new, flows
        Two divisions, and what flowed between them.
    profile
        How the new codes are written; a code that it does not write is not continued.
    used
        Per community code the numbers that were ever used, for ``cjt349-20`` alone.

    Returns
    -------
    dict
        Position of the new grid to position of the old one; one to one.
    """
    sizes = Counter(grid.community_code for grid in new)
    return {
        j: i
        for (i, j), flow in flows.items()
        if old[i].community_code == new[j].community_code
        and old[i].grid_kind == new[j].grid_kind
        and is_majority(old[i], new[j], flow)
        and _may_go_on(old[i], profile, sizes[new[j].community_code], used)
    }


def is_majority(old: CodedGrid, new: CodedGrid, flow: Flow) -> bool:
    """Tell whether what two grids share exceeds half of both."""
    if old.households and new.households:
        return 2 * flow.households_old > old.households and 2 * flow.households_new > new.households
    return 2 * flow.units > len(old.units) and 2 * flow.units > len(new.units)


def _may_go_on(
    old: CodedGrid, profile: Profile, grids: int, used: Mapping[str, Iterable[int]]
) -> bool:
    """Tell whether the profile still writes this code for this grid.

    Where 00 means "not subdivided", it ends when the community is divided, and the code of a grid
    that becomes the whole community ends, unless 00 is spent already.
    """
    read = profile.parse(old.grid_code, old.community_code)
    if read is None or read.kind not in ("", old.grid_kind):
        return False
    if not profile.whole_is_zero:
        return True
    if read.seq == 0:
        return grids == 1
    return grids > 1 or 0 in used.get(old.community_code, ())


def heirs(flows: Flows) -> dict[int, list[int]]:
    """List the new grids that got something of each old one."""
    found: dict[int, list[int]] = defaultdict(list)
    for i, j in flows:
        found[i].append(j)
    return dict(found)
