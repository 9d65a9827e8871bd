"""What a re-division adds to a run: the old grid of every unit, the codes in force, the rules."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd

from gridplan.codes import (
    CodedGrid,
    Standing,
    drawn_grids,
    grid_name,
    parts_of_units,
    under_new_ids,
)
from gridplan.codes.profiles import Profile
from gridplan.domain import GridKind
from gridplan.errors import ConfigError
from gridplan.layers.columns import nearest, some
from gridplan.optimise import Problem
from gridplan.redivide.before import Before, read_before
from gridplan.redivide.match import Matched, match_units
from gridplan.redivide.past import Past
from gridplan.redivide.policy import Change, Policy
from gridplan.redivide.revise import Revision


@dataclass(frozen=True)
class Wanted:
    """What is asked of a re-division.

    Parameters
    ----------
    previous
        The plan to be changed, as ``read_any_plan`` takes it.
    policy
        What may change.
    max_share
        Largest share of the households of unchanged units whose grid may be another one; None
        for no ceiling.
    """

    previous: str
    policy: Policy = field(default_factory=Policy)
    max_share: float | None = None


@dataclass(frozen=True)
class Redivision:
    """A re-division of one city.

    Parameters
    ----------
    wanted
        What is asked.
    before, matched
        The previous plan, and what became of its units.
    """

    wanted: Wanted
    before: Before
    matched: Matched

    @cached_property
    def home(self) -> dict[str, str]:
        """Old grid of every unit that had one; ground of a unit grid counts as new."""
        rows = self.matched.main
        kind = self.before.units.set_index("unit_id")["kind"]
        own = rows["unit_before"].map(kind).to_numpy() != GridKind.UNIT.value
        return dict(zip(rows["unit_id"][own], rows["grid_before"][own], strict=True))

    @cached_property
    def _then(self) -> dict[str, int]:
        rows = self.matched.main
        return dict(zip(rows["unit_id"], rows["households_before"].tolist(), strict=True))

    @cached_property
    def _unchanged(self) -> set[str]:
        return set(self.matched.unchanged["unit_id"])

    @cached_property
    def size(self) -> dict[str, tuple[int, int]]:
        """Households and units of every old grid then."""
        rows = self.matched.rows
        known = rows[rows["unit_before"] != ""].groupby("grid_before")
        households, units = known["households_before"].sum(), known["unit_before"].nunique()
        return {
            str(code): (int(h), int(n))
            for code, h, n in zip(households.index, households, units, strict=True)
        }

    def previous(self, units: Collection[str]) -> dict[str, str]:
        """Old grid of some units, as far as they had one."""
        return {unit: self.home[unit] for unit in units if unit in self.home}

    def revision(self, problem: Problem, policy: Policy | None = None) -> Revision:
        """Say how one community is divided anew."""
        old = problem.previous or ()
        then = [
            self._then[unit] if grid is not None else 0
            for unit, grid in zip(problem.node_ids, old, strict=True)
        ]
        unchanged = [unit in self._unchanged for unit in problem.node_ids]
        here = {str(grid): self.size[str(grid)] for grid in set(old) - {None}}
        past = Past(np.array(then, dtype=np.int64), np.array(unchanged, dtype=bool), here)
        return Revision(past, policy or self.wanted.policy)

    def no_change(self, problem: Problem) -> Change | None:
        """Say what keeping the old grids of a community changes: nothing.

        Returns
        -------
        Change or None
            None where they cannot simply stay: units came, went or changed households, or a grid
            lies in another community too.
        """
        held: dict[str, tuple[int, int]] = {}
        old = problem.previous or ()
        for unit, grid in zip(problem.node_ids, old, strict=True):
            if grid is None or unit not in self._unchanged:
                return None
            households, units = held.get(grid, (0, 0))
            held[grid] = households + self._then[unit], units + 1
        if any(self.size[grid] != size for grid, size in held.items()):
            return None
        total = sum(households for households, _ in held.values())
        return Change((), total, total, 0, 0, 0, None)

    def in_new_ids(self, standing: Standing) -> Standing:
        """Write what a register holds in the unit ids of today."""
        parts = parts_of_units(self.matched.rows.rename(columns={"grid_before": "old_grid_code"}))
        return replace(standing, grids=under_new_ids(standing.grids, parts))

    def standing(self, profile: Profile, language: str, cells: pd.DataFrame) -> Standing:
        """Say which codes are in force in some communities, where no register does.

        Parameters
        ----------
        profile
            How codes are written; a grid without a name gets one by its number.
        language
            ``en`` or ``zh``, for such names.
        cells
            ``unit_id`` and ``community_code`` of the units of these communities.
        """
        home = dict(zip(cells["unit_id"], cells["community_code"], strict=True))
        grids = self._old_grids(home, profile, language)
        used = {grid.grid_code: grid.community_code for grid in grids}
        here = set(cells["community_code"])
        spent = {code: place for code, place in self.before.spent.items() if place in here}
        kept = {grid.grid_code: self.before.since.get(grid.grid_code, "") for grid in grids}
        return Standing(grids, spent | used, {code: day for code, day in kept.items() if day})

    def touched(self, cells: pd.DataFrame) -> list[str]:
        """Old grids that some communities have to do with: by their units, or as theirs."""
        rows = self.matched.rows
        held = set(rows.loc[rows["unit_id"].isin(cells["unit_id"]), "grid_before"]) - {""}
        alive = set(rows.loc[(rows["unit_id"] != "") & (rows["grid_before"] != ""), "grid_before"])
        place = self.before.units.groupby("grid")["community_code"].first()
        empty = set(place.index) - alive
        here = set(cells["community_code"])
        return sorted(held | {str(code) for code in empty if place[code] in here})

    def _old_grids(
        self, home: Mapping[str, str], profile: Profile, language: str
    ) -> tuple[CodedGrid, ...]:
        """The old grids of some communities, in the unit ids of today."""
        cells = pd.DataFrame({"unit_id": list(home), "community_code": list(home.values())})
        touched = set(self.touched(cells))
        rows = self.matched.rows
        rows = rows[rows["grid_before"].isin(touched)]
        first = rows.drop_duplicates("unit_id").set_index("unit_id")["grid_before"]
        main = (rows["unit_id"] != "") & (rows["unit_id"].map(first) == rows["grid_before"])
        # units that are gone, and parts of merged ones, count for the old grid alone
        alone = "\n" + rows["unit_before"] + "\n" + rows["unit_id"]
        label = rows["unit_id"].where(main, alone)
        units: dict[str, dict[str, int]] = {code: {} for code in touched}
        columns = (rows["grid_before"], label, rows["households_before"].tolist())
        for code, unit, households in zip(*columns, strict=True):
            units[code][unit] = units[code].get(unit, 0) + households
        told = self._told(touched)
        found = []
        for code in sorted(touched):
            place, kind, name, outline = told.get(code, ("", "residential", "", ""))
            place = place or _most(units[code], home)
            if place not in home.values():  # its community is no more: only what is left counts
                units[code] = {u: h for u, h in units[code].items() if not u.startswith("\n")}
            read = profile.parse(code, place)
            name = name or (grid_name(read.seq, language) if read else code)
            total = sum(units[code].values())
            found.append(CodedGrid(code, place, kind, name, total, outline, units[code]))
        return tuple(found)

    def _told(self, codes: Collection[str]) -> dict[str, tuple[str, str, str, str]]:
        """Community, kind, name and outline of old grids, where gridplan wrote the plan."""
        if self.before.plan is None:
            return {}
        grids = self.before.plan.grids
        grids = grids[grids["grid_code"].isin(codes)].set_index("grid_code", drop=False)
        none = pd.DataFrame({"grid": [], "unit_id": [], "households": []})
        return {
            g.grid_code: (g.community_code, g.grid_kind, g.grid_name, g.geometry_hash)
            for g in drawn_grids(grids.rename_axis(None), none)
        }


def _most(units: Mapping[str, int], home: Mapping[str, str]) -> str:
    """Community of today that holds most units of an old grid; the smallest code of equals."""
    held: dict[str, int] = {}
    for unit in units:
        if unit in home:
            held[home[unit]] = held.get(home[unit], 0) + 1
    return min(held, key=lambda code: (-held[code], code), default="")


def prepare_redivision(wanted: Wanted, cells: gpd.GeoDataFrame) -> Redivision:
    """Read the previous plan and match its units with those of today.

    Parameters
    ----------
    wanted
        What is asked.
    cells
        ``unit_id``, ``households``, ``community_code`` and the ground of the units of today, of the
        whole city.

    Raises
    ------
    ConfigError
        Where a code of the scope names no old grid and no community.
    LayerError
        Where the previous plan cannot be read.
    """
    before = read_before(wanted.previous, cells)
    known = {*before.units["grid"], *cells["community_code"]}
    strange = sorted(set(wanted.policy.named) - known)
    if strange:
        raise ConfigError(
            f"--scope {code}: no grid of the previous plan and no community has this code; "
            f"{nearest(code, sorted(known))}"
            for code in strange
        )
    return Redivision(wanted, before, match_units(before, cells))


def check_only(job: Redivision, cells: pd.DataFrame, inside: Sequence[str]) -> None:
    """See that no old grid lies partly in communities that are left out.

    Parameters
    ----------
    job
        The re-division.
    cells
        ``unit_id`` and ``community_code`` of the whole city.
    inside
        Communities that are divided.

    Raises
    ------
    ConfigError
        Naming the communities that must be divided together.
    """
    home = cells.set_index("unit_id")["community_code"]
    rows = job.matched.main
    place = rows["unit_id"].map(home)
    within = place.isin(list(inside))
    crossing = set(rows.loc[within, "grid_before"]) & set(rows.loc[~within, "grid_before"])
    beyond = rows["grid_before"].isin(crossing) & ~within
    missing = sorted(set(place[beyond]))
    if missing:
        raise ConfigError(
            f"--only: grids {some(sorted(crossing))} of the previous plan lie in communities "
            f"{some(missing)} as well today; divide them together: add --only {missing[0]}"
        )


def sharing(job: Redivision, cells: pd.DataFrame, lost: Collection[str]) -> dict[str, str]:
    """Find the communities that must be left out with others, for they share old grids.

    Parameters
    ----------
    job
        The re-division.
    cells
        ``unit_id`` and ``community_code`` of what is divided.
    lost
        Communities that are left out.

    Returns
    -------
    dict
        Why, by community code.
    """
    rows = job.matched.main
    place = rows["unit_id"].map(cells.set_index("unit_id")["community_code"])
    pairs = pd.DataFrame({"grid": rows["grid_before"], "place": place}).dropna().drop_duplicates()
    split = pairs[pairs["grid"].duplicated(keep=False)]
    found: dict[str, str] = {}
    new = set(lost)
    while new:
        grids = split[split["place"].isin(new)]
        beside = split[split["grid"].isin(grids["grid"])].merge(grids, on="grid")
        beside = beside.sort_values(["place_x", "place_y"]).drop_duplicates("place_x")
        told = dict(zip(beside["place_x"].astype(str), beside["place_y"], strict=True))
        new = set(told) - set(lost) - set(found)
        found |= {
            code: f"grids of the previous plan lie in it and in community {told[code]}, which is "
            "left out"
            for code in new
        }
    return found
