"""Promise 1: every grid lies in one community, and the grids of a community tile it."""

from collections.abc import Iterator

import numpy as np
import shapely

from gridplan.audit.kinds import Kind
from gridplan.audit.measures import Measured
from gridplan.audit.view import (
    Bools,
    Floats,
    Ints,
    Shapes,
    View,
    broken,
    valid,
    warned,
)
from gridplan.domain import Finding, Severity

TILE_TOLERANCE = 1e-6
"""Largest gap or overlap, as a share of the community's area."""


def check_tiling(view: View, measured: Measured) -> Iterator[Finding]:
    """Judge grids against communities, against each other, and communities against the inputs."""
    yield from _known_communities(view)
    yield from _changed_communities(view)
    bad_m = measured.tile_unmatched_m
    overlaps = list(_overlaps(view, view.tiles, bad_m > 0))
    outside = list(_outside(view, measured.beyond_m2))
    yield from overlaps
    yield from outside
    yield from _gaps(view, measured.gap_m2)
    named = {code for finding in overlaps + outside for code in (finding.place, finding.other)}
    yield from _unmatched(view, bad_m, view.grids["grid_code"].isin(named).to_numpy())
    yield from _unmatched_cells(view, measured.unmatched_m)


def _known_communities(view: View) -> Iterator[Finding]:
    given = set(view.inputs.communities["community_code"].astype(str))
    held = set(view.grids["community_code"])
    for code in sorted(given - held):
        yield broken(
            Kind.COMMUNITY_MISSING,
            f"community {code} has no grid; see why its run failed in run.json",
            layer="communities",
            place=code,
            community_code=code,
        )
    for code in sorted(set(view.communities["community_code"]) - given):
        yield broken(
            Kind.COMMUNITY_UNKNOWN,
            f"community {code} is in the plan but not in the inputs; was it merged or renamed?",
            layer="communities",
            place=code,
            community_code=code,
        )
    for i in np.flatnonzero(view.community_of_grid < 0):
        where = view.grid_place(int(i))
        yield broken(
            Kind.COMMUNITY_UNKNOWN,
            f"grid {where['place']} names community {where['community_code']}, which the plan's "
            "layer communities does not have; correct community_code",
            **where,
        )


def _changed_communities(view: View) -> Iterator[Finding]:
    given = view.inputs.communities.set_index("community_code").geometry
    here = view.communities.set_index("community_code").geometry
    codes = sorted(set(given.index) & set(here.index))
    before = valid(given.loc[codes].to_numpy())
    after = here.loc[codes].to_numpy()
    area = shapely.area(before)
    band = view.config.topology.tolerance_m * shapely.length(before)
    limit = np.maximum(band, TILE_TOLERANCE * area)
    moved = shapely.area(shapely.symmetric_difference(before, after))
    taken = _Taken(view)
    for i in np.flatnonzero(moved > limit):
        bare = taken.bare_m2(before[i], str(codes[i]))
        if bare > limit[i]:
            yield _gap_finding(str(codes[i]), bare, float(limit[i]))
        far = moved[i] > view.config.topology.max_moved_share * area[i]
        yield Finding(
            Kind.COMMUNITY_CHANGED.value,
            Severity.BROKEN if far else Severity.WARNING,
            f"community {codes[i]}: the plan's outline differs from the input's by "
            f"{moved[i]:.1f} m²; look for communities that overlap, or units that reach beyond",
            layer="communities",
            place=codes[i],
            community_code=codes[i],
            value=round(float(moved[i]), 2),
            limit=round(float(limit[i]), 2),
        )


class _Taken:
    """Ground that grids and communities take."""

    def __init__(self, view: View) -> None:
        inputs = view.inputs.communities
        grids = view.tiles
        self.shapes = np.r_[grids, valid(inputs.geometry.to_numpy())]
        self.codes = np.r_[np.full(len(grids), None), inputs["community_code"].to_numpy(object)]
        self.tree = shapely.STRtree(self.shapes)

    def bare_m2(self, area: shapely.Geometry, code: str) -> float:
        """Ground of an input community in no grid, and in no other community, in m²."""
        near = np.sort(self.tree.query(area, predicate="intersects"))
        others = self.shapes[near[self.codes[near] != code]]
        return float(shapely.area(shapely.difference(area, shapely.union_all(others))))


def _gap_finding(code: str, gap: float, limit: float) -> Finding:
    return broken(
        Kind.COMMUNITY_GAP,
        f"community {code}: {gap:.2f} m² belong to no grid; give the ground to one",
        layer="communities",
        place=code,
        community_code=code,
        value=gap,
        limit=limit,
    )


def _overlaps(view: View, grids: Shapes, suspect: Bools) -> Iterator[Finding]:
    """Name every pair of grids that overlap."""
    at = np.flatnonzero(suspect)
    one, other = shapely.STRtree(grids[at]).query(grids[at], predicate="intersects")
    one, other = at[one[one < other]], at[other[one < other]]
    area = shapely.area(shapely.intersection(grids[one], grids[other]))
    limit = _limits(view)[one]
    hits = np.flatnonzero(area > limit)
    for k in hits[np.lexsort((other[hits], one[hits]))]:
        names = view.grids["grid_code"].iloc[[one[k], other[k]]].tolist()
        yield broken(
            Kind.GRIDS_OVERLAP,
            f"grids {names[0]} and {names[1]} overlap by {area[k]:.2f} m²; give the ground to one",
            **view.grid_place(int(one[k])),
            other=names[1],
            value=float(area[k]),
            limit=float(limit[k]),
        )


def _limits(view: View) -> Floats:
    """Ground that may be wrong in the community of every grid, in m²."""
    area = shapely.area(view.communities.geometry.to_numpy())
    own = np.where(view.community_of_grid >= 0, area[view.community_of_grid], 0.0)
    return np.asarray(TILE_TOLERANCE * own)


def _outside(view: View, beyond: Floats) -> Iterator[Finding]:
    """Name every grid that reaches beyond its community."""
    limit = _limits(view)
    for i in np.flatnonzero(beyond > limit):
        where = view.grid_place(int(i))
        yield broken(
            Kind.GRID_OUTSIDE,
            f"grid {where['place']} reaches {beyond[i]:.2f} m² beyond its community "
            f"{where['community_code']}; cut it at the border",
            **where,
            value=float(beyond[i]),
            limit=float(limit[i]),
        )


def _gaps(view: View, gap: Floats) -> Iterator[Finding]:
    limit = TILE_TOLERANCE * shapely.area(view.communities.geometry.to_numpy())
    for i in np.flatnonzero(gap > limit):
        code = str(view.communities["community_code"].iloc[i])
        yield _gap_finding(code, float(gap[i]), float(limit[i]))


def _unmatched(view: View, bad_m: Floats, named: Bools) -> Iterator[Finding]:
    for i in np.flatnonzero((bad_m > 0) & ~named):
        where = view.grid_place(int(i))
        yield broken(
            Kind.BORDER_UNMATCHED,
            f"grid {where['place']}: {bad_m[i]:.2f} m of its border do not match its neighbours "
            "vertex for vertex; snap the vertices, or dissolve the grids from the units again",
            **where,
            value=float(bad_m[i]),
            limit=0.0,
        )


def _unmatched_cells(view: View, bad_m: Floats) -> Iterator[Finding]:
    at: Ints = np.flatnonzero(bad_m > 0)
    if len(at):
        yield warned(
            Kind.CELLS_UNMATCHED,
            f"{len(at)} cells do not match their neighbours vertex for vertex "
            f"({bad_m.sum():.1f} m of border), first {view.unit_ids[at[0]]}; "
            "grids dissolved from them may not match either",
            **view.unit_place(int(at[0])),
            value=float(bad_m.sum()),
            limit=0.0,
        )
