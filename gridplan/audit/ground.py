"""The ground a plan divides: what hangs together with what, and what joins the rest."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import shapely

from gridplan.audit.adjacency import Borders, components, find_borders
from gridplan.audit.kinds import Kind
from gridplan.audit.measures import Measured
from gridplan.audit.sides import led_across
from gridplan.audit.view import Bools, Ints, View, positions

METRES_SLACK = 1.0
"""How far the listed length of a link may be from the measured one, in metres."""


@dataclass(frozen=True)
class Ground:
    """Neighbours and connected parts among the units of a plan.

    Parameters
    ----------
    view
        The plan beside its inputs.
    all_borders
        Pairs of cells that share at least ``min_shared_m``, hard barriers left out.
    borders
        Those of one community, between units of the same unit grid or of none.
    link_a, link_b
        Pairs of one community that the inputs declare as linked, or that are listed as such and
        that a bridge joins.
    """

    view: View
    all_borders: Borders
    borders: Borders
    link_a: Ints
    link_b: Ints

    @cached_property
    def part(self) -> Ints:
        """Connected part of every unit, by its smallest unit, declared links included."""
        a, b = np.r_[self.borders.a, self.link_a], np.r_[self.borders.b, self.link_b]
        return components(len(self.view.units), a, b)

    @cached_property
    def edges(self) -> tuple[Ints, Ints]:
        """Borders and links that a grid may cross: those between two nested zones are not."""
        a, b = np.r_[self.borders.a, self.link_a], np.r_[self.borders.b, self.link_b]
        free = np.ones(len(a), dtype=bool)
        for layer, section in self.view.config.inputs.zones.items():
            if section.mode == "nest":
                zone = pd.factorize(self.view.units[layer])[0]
                free &= (zone[a] == zone[b]) | (zone[a] < 0) | (zone[b] < 0)
        return a[free], b[free]

    @cached_property
    def island(self) -> Ints:
        """Part of every unit that no hard rule divides, by its smallest unit."""
        return components(len(self.view.units), *self.edges)

    @cached_property
    def block(self) -> Ints:
        """Block of every unit, by its smallest unit: touching units that are kept together."""
        view = self.view
        given = view.inputs.units["block_id"].reindex(view.source_of).reset_index(drop=True)
        known = (view.source_of >= 0) & given.notna().to_numpy()
        name = np.where(known, pd.factorize(given)[0], -1)
        a, b = self.borders.a, self.borders.b
        same = (name[a] == name[b]) & (name[a] >= 0)
        return components(len(view.units), a[same], b[same])

    @cached_property
    def bound(self) -> Ints:
        """What hard rules keep in one grid, by its smallest unit: blocks and whole zones that fit.

        Where such groups overlap into one that no grid could hold, or that two nested zones
        divide, which of them yields is not the audit's to say: none counts as bound.
        """
        view = self.view
        groups = [self.block]
        for layer, section in view.config.inputs.zones.items():
            if section.mode == "whole":
                groups.append(self._fitting(pd.factorize(view.units[layer])[0]))
        maximum = view.config.grids.max
        single = np.arange(len(view.units))
        groups = [np.where(self.total(g)[g] > maximum, single, g) for g in groups]
        joined = components(len(single), np.tile(single, len(groups)), np.concatenate(groups))
        fits = (self.total(joined)[joined] <= maximum) & ~self._crosses_nest(joined)
        return np.where(fits, joined, single)

    def _fitting(self, zone: Ints) -> Ints:
        """Group the units of each zone part that hangs together inside its community."""
        a, b = np.r_[self.borders.a, self.link_a], np.r_[self.borders.b, self.link_b]
        same = (zone[a] == zone[b]) & (zone[a] >= 0)
        piece = components(len(zone), a[same], b[same])
        table = pd.DataFrame({"home": self.view.community_of, "zone": zone, "piece": piece})
        torn = table.groupby(["home", "zone"])["piece"].transform("nunique") > 1
        return np.where(torn, np.arange(len(zone)), piece)

    def _crosses_nest(self, label: Ints) -> Bools:
        """Tell which units are in a group with two zones of a nested layer."""
        crosses = np.zeros(len(label), dtype=bool)
        for layer, section in self.view.config.inputs.zones.items():
            if section.mode == "nest":
                count = self.view.units.groupby(label)[layer].transform("nunique")
                crosses |= count.to_numpy() > 1
        return crosses

    @cached_property
    def neighbours(self) -> tuple[Ints, Ints]:
        """All neighbours of all units, one after another, and where each unit's begin."""
        return _one_after_another(len(self.view.units), *self.edges)

    @cached_property
    def _bordering(self) -> tuple[Ints, Ints]:
        """The same over borders alone."""
        return _one_after_another(len(self.view.units), self.borders.a, self.borders.b)

    def pieces(self, members: Ints) -> Ints:
        """Smallest unit of the connected piece of every member, over borders between members."""
        near, start = self._bordering
        units, own = np.unique(members, return_inverse=True)
        begin, count = start[units], start[units + 1] - start[units]
        one = np.repeat(np.arange(len(units)), count)
        other = near[np.arange(count.sum()) + np.repeat(begin - np.cumsum(count) + count, count)]
        at = np.minimum(np.searchsorted(units, other), len(units) - 1)
        inside = units[at] == other
        return units[components(len(units), one[inside], at[inside])][own]

    def around(self, units: Ints) -> Ints:
        """Units next to some others, without those themselves."""
        near, start = self.neighbours
        found = [near[start[i] : start[i + 1]] for i in units]
        return np.setdiff1d(np.concatenate(found) if found else units[:0], units)

    @cached_property
    def bound_households(self) -> Ints:
        """Households of each group that hard rules keep together, by label."""
        return self.total(self.bound)

    @cached_property
    def small_part(self) -> Bools:
        """Units whose connected part has fewer households than a grid needs."""
        return self.small(self.part)

    @cached_property
    def listed_joins(self) -> tuple[Ints, Ints]:
        """Parts that every listed join of parts connects."""
        rows = self.view.rows(Kind.PART_JOINED)
        a, b = (positions(self.view.units["unit_id"], rows[end]) for end in ("place", "other"))
        known = (a >= 0) & (b >= 0)
        return self.part[a[known]], self.part[b[known]]

    def total(self, label: Ints) -> Ints:
        """Households of each part, by label."""
        count = np.bincount(label, weights=self.view.households, minlength=len(label))
        return count.astype(np.int64)

    def small(self, label: Ints) -> Bools:
        """Units whose part has fewer households than a grid needs."""
        return np.asarray(self.total(label)[label] < self.view.config.grids.min)


def _one_after_another(count: int, a: Ints, b: Ints) -> tuple[Ints, Ints]:
    """Neighbours of ``count`` units, one after another, and where each unit's begin."""
    ends, others = np.r_[a, b], np.r_[b, a]
    order = np.argsort(ends, kind="stable")
    starts = np.searchsorted(ends[order], np.arange(count + 1))
    return others[order], starts.astype(np.int64)


def survey(view: View, measured: Measured) -> Ground:
    """Find the neighbours and the declared links of a plan's units."""
    borders = find_borders(view, measured.borders, measured.unmatched_m)
    borders = borders.where(borders.shared_m >= max(view.config.graph.min_shared_m, 1e-9))
    home = view.community_of
    # A unit grid is no way for the dwellings around it, nor they for it.
    apart = view.unit_grid_of
    inside = (home[borders.a] == home[borders.b]) & (home[borders.a] >= 0)
    inside &= apart[borders.a] == apart[borders.b]
    a, b = (np.r_[ends] for ends in zip(_declared(view), _found(view), strict=True))
    keep = (a >= 0) & (b >= 0)
    a, b = a[keep], b[keep]
    near = (home[a] == home[b]) & (a != b) & (apart[a] == apart[b])
    return Ground(view, borders, borders.where(inside), a[near], b[near])


def _declared(view: View) -> tuple[Ints, Ints]:
    links = view.inputs.links
    if links is None:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return tuple(positions(view.units["unit_id"], links[end]) for end in "ab")  # type: ignore[return-value]


def _found(view: View) -> tuple[Ints, Ints]:
    """Listed pairs that a bridge or an underpass of the inputs joins."""
    rows = view.rows(Kind.LINK_FOUND)
    a, b = (positions(view.units["unit_id"], rows[end]) for end in ("place", "other"))
    known = (a >= 0) & (b >= 0)
    a, b = a[known], b[known]
    true = led_across(view, a, b)
    return a[true], b[true]


@dataclass(frozen=True)
class Join:
    """A listed connection between two units, and why it does not hold (empty when it does)."""

    kind: Kind
    a: int
    b: int
    metres: float
    wrong: str
    row: int


def judge_joins(ground: Ground) -> list[Join]:
    """Verify every listed link and joined part."""
    view = ground.view
    joins = []
    for kind in (Kind.LINK, Kind.LINK_FOUND, Kind.PART_JOINED):
        rows = view.rows(kind)
        a, b = (positions(view.units["unit_id"], rows[end]) for end in ("place", "other"))
        for k, (row, value) in enumerate(rows["value"].items()):
            i, j = int(a[k]), int(b[k])
            joins.append(_judge(ground, kind, i, j, float(value), int(str(row))))
    return joins


def _judge(ground: Ground, kind: Kind, i: int, j: int, listed: float, row: int) -> Join:
    if i < 0 or j < 0 or i == j:
        return Join(kind, i, j, np.nan, "its two units are not in the plan", row)
    view = ground.view
    metres = float(shapely.distance(view.cells[i], view.cells[j]))
    if view.community_of[i] != view.community_of[j]:
        wrong = "its two units lie in different communities"
    elif abs(metres - listed) > METRES_SLACK:
        wrong = f"it is listed with {listed:.1f} m, but measures {metres:.1f} m"
    elif kind is not Kind.PART_JOINED:
        declared = ((ground.link_a == i) & (ground.link_b == j)).any()
        declared |= ((ground.link_a == j) & (ground.link_b == i)).any()
        none = {
            Kind.LINK: "the layer links does not declare it",
            Kind.LINK_FOUND: "no bridge or road that counts as one crosses a barrier there",
        }
        wrong = "" if declared else none[kind]
    else:
        wrong = _wrong_part(ground, i, j, metres)
    return Join(kind, i, j, metres, wrong, row)


def _wrong_part(ground: Ground, i: int, j: int, metres: float) -> str:
    if not ground.view.config.graph.join_parts:
        return "graph.join_parts is off"
    if ground.part[i] == ground.part[j]:
        return "its two units hang together anyway"
    small = ground.small_part
    if not (small[i] or small[j]):
        return "both parts are large enough to be a grid"
    nearest = min(_nearest_m(ground, *ends) for ends in ((i, j), (j, i)) if small[ends[0]])
    if metres > nearest + METRES_SLACK:
        return f"the nearest part is {nearest:.1f} m away, this one {metres:.1f} m"
    return ""


def _nearest_m(ground: Ground, i: int, j: int) -> float:
    """Metres from the part of unit ``i`` to the nearest unit that no other join has brought to it.

    Joins are made one after another; leaving out all that hang on the part by other joins allows
    for every order.
    """
    view, part = ground.view, ground.part
    a, b = ground.listed_joins
    low, high = sorted((part[i], part[j]))
    other = (np.minimum(a, b) != low) | (np.maximum(a, b) != high)
    cluster = components(len(part), a[other], b[other])[part]
    rest = np.flatnonzero(
        (view.community_of == view.community_of[i])
        & (cluster != cluster[i])
        & (view.unit_grid_of < 0)
    )
    if not len(rest):
        return np.inf
    _, metres = shapely.STRtree(view.cells[rest]).query_nearest(
        view.cells[part == part[i]], return_distance=True, all_matches=False
    )
    return float(metres.min())
