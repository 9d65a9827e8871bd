"""Promise 3: every unit is in one grid, whole, with the households it came with."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import shapely

from gridplan.audit.kinds import Kind
from gridplan.audit.measures import Measured
from gridplan.audit.tiling import TILE_TOLERANCE
from gridplan.audit.view import (
    Bools,
    Floats,
    Ints,
    Shapes,
    View,
    broken,
    excepted,
    positions,
    valid,
)
from gridplan.domain import Finding

SHARE_SLACK = 0.01
"""How much more of a unit may lie in another community than in its own: borders are cleaned."""


def check_members(view: View) -> Iterator[Finding]:
    """Judge units and their households."""
    yield from _unknown_units(view)
    yield from _missing_units(view)
    yield from _homeless_units(view)
    yield from _changed_households(view)
    yield from _elsewhere(view)


def check_cuts(view: View, measured: Measured) -> Iterator[Finding]:
    """Judge cells against their grids."""
    yield from _cut_cells(view, measured)
    yield from _untiled_grids(view)


def _unknown_units(view: View) -> Iterator[Finding]:
    for i in np.flatnonzero(view.source_of < 0):
        yield broken(
            Kind.UNIT_UNKNOWN,
            f"unit {view.unit_ids[i]} is in the plan but not in the inputs; was it demolished?",
            **view.unit_place(int(i)),
        )


def _missing_units(view: View) -> Iterator[Finding]:
    units = view.inputs.units
    absent = positions(view.units["unit_id"], units["unit_id"]) < 0
    at = np.flatnonzero(absent)
    if not len(at):
        return
    metres = shapely.distance(view.source_shapes[at], shapely.union_all(_given_communities(view)))
    named = units["community_code"].isin(view.inputs.communities["community_code"]).to_numpy()[at]
    far = (metres > view.config.topology.snap_community_m) & ~named
    for i, distance, excused in zip(at, metres, far, strict=True):
        unit, held = units["unit_id"].iloc[i], units["households"].iloc[i]
        if excused:
            yield excepted(
                Kind.UNIT_OUTSIDE,
                f"unit {unit} with {held} households lies {distance:.0f} m outside every "
                "community; correct its place or the communities",
                layer="units",
                place=str(unit),
                value=round(float(distance), 2),
                limit=view.config.topology.snap_community_m,
            )
        else:
            yield broken(
                Kind.UNIT_MISSING,
                f"unit {unit} with {held} households is in no grid; run partition again",
                layer="units",
                place=str(unit),
                value=float(held),
                limit=0.0,
            )


def _given_communities(view: View) -> Shapes:
    return valid(view.inputs.communities.geometry.to_numpy())


def _homeless_units(view: View) -> Iterator[Finding]:
    grids = view.grids["community_code"].to_numpy()
    for i in np.flatnonzero(view.grid_of < 0):
        code = view.units["grid_code"].iloc[i]
        yield broken(
            Kind.UNIT_WITHOUT_GRID,
            f"unit {view.unit_ids[i]} names "
            + (f"grid {code}, which the layer grids does not have" if code else "no grid")
            + "; correct grid_code",
            **view.unit_place(int(i)),
        )
    known = view.grid_of >= 0
    other = grids[view.grid_of] != view.units["community_code"].to_numpy()
    for i in np.flatnonzero(known & other):
        yield broken(
            Kind.UNIT_ELSEWHERE,
            f"unit {view.unit_ids[i]} names community {view.units['community_code'].iloc[i]}, but "
            f"its grid lies in {grids[view.grid_of[i]]}; correct one of the two",
            **view.unit_place(int(i)),
        )


def _cut_cells(view: View, measured: Measured) -> Iterator[Finding]:
    for i, share in zip(measured.cut, measured.cut_share, strict=True):
        if share > TILE_TOLERANCE:
            yield broken(
                Kind.UNIT_CUT,
                f"unit {view.unit_ids[i]}: {share:.2%} of its cell lies outside its grid "
                f"{view.units['grid_code'].iloc[i]}; dissolve the grids from the units again",
                **view.unit_place(int(i)),
                other=str(view.units["grid_code"].iloc[i]),
                value=float(share),
                limit=TILE_TOLERANCE,
            )


def _untiled_grids(view: View) -> Iterator[Finding]:
    known = view.grid_of >= 0
    filled = np.bincount(
        view.grid_of[known], weights=shapely.area(view.cells[known]), minlength=len(view.grids)
    )
    area = shapely.area(view.grids.geometry.to_numpy())
    held = np.bincount(view.grid_of[known], minlength=len(view.grids)) > 0
    for i in np.flatnonzero(held & (np.abs(filled - area) > TILE_TOLERANCE * area)):
        where = view.grid_place(int(i))
        yield broken(
            Kind.CELLS_DO_NOT_TILE,
            f"grid {where['place']}: its cells cover {filled[i]:.1f} of {area[i]:.1f} m²; "
            "dissolve the grids from the units again",
            **where,
            value=float(abs(filled[i] - area[i])),
            limit=float(TILE_TOLERANCE * area[i]),
        )


def _changed_households(view: View) -> Iterator[Finding]:
    known = np.flatnonzero(view.source_of >= 0)
    given = view.inputs.units["households"].to_numpy()[view.source_of[known]]
    differs = view.households[known] != given
    for i, before in zip(known[differs], given[differs], strict=True):
        yield broken(
            Kind.HOUSEHOLDS_CHANGED,
            f"unit {view.unit_ids[i]} has {view.households[i]} households in the plan and "
            f"{before} in the inputs; run partition again with these inputs",
            **view.unit_place(int(i)),
            value=float(view.households[i]),
            limit=float(before),
        )
    yield from _changed_totals(view, known, given)


def _changed_totals(view: View, known: Ints, given: Ints) -> Iterator[Finding]:
    """Totals of each community over all rows, so that a unit that stands twice shows."""
    codes = view.units["community_code"]
    held = view.units["households"].groupby(codes).sum()
    once = ~view.units["unit_id"].iloc[known].duplicated().to_numpy()
    home = codes.iloc[known[once]].to_numpy()
    meant = pd.Series(given[once]).groupby(home).sum().reindex(held.index, fill_value=0)
    doubled = set(codes[view.units["unit_id"].duplicated()])
    for code in held.index[(held != meant) & held.index.isin(sorted(doubled))]:
        yield broken(
            Kind.HOUSEHOLDS_TOTAL,
            f"community {code} has {held[code]} households in the plan and {meant[code]} in the "
            "inputs; a household counts once",
            layer="units",
            place=str(code),
            community_code=str(code),
            value=float(held[code]),
            limit=float(meant[code]),
        )


def _elsewhere(view: View) -> Iterator[Finding]:
    """Judge the community of every unit: its column wins, then the largest share of its area."""
    codes = view.inputs.communities["community_code"]
    known = np.flatnonzero((view.source_of >= 0) & (view.community_of >= 0))
    named = view.inputs.units["community_code"].iloc[view.source_of[known]]
    told = named.isin(codes).to_numpy()
    here = view.units["community_code"].to_numpy()[known]
    wrong = told & (named.to_numpy() != here)
    for i, code in zip(known[wrong], named[wrong], strict=True):
        yield _wrong_home(view, int(i), str(code), "its column says so")
    free = known[~told]
    yield from _by_shape(view, free, positions(codes, pd.Series(here[~told], dtype="str")))


def _wrong_home(view: View, i: int, code: str, why: str) -> Finding:
    return broken(
        Kind.UNIT_ELSEWHERE,
        f"unit {view.unit_ids[i]} is in community {view.units['community_code'].iloc[i]} but "
        f"belongs to {code}: {why}; run partition again",
        **view.unit_place(i),
        other=code,
    )


def _by_shape(view: View, units: Ints, home: Ints) -> Iterator[Finding]:
    shapes, areas = view.source_shapes[view.source_of[units]], _given_communities(view)
    units, home, shapes = units[home >= 0], home[home >= 0], shapes[home >= 0]
    shapely.prepare(areas)
    loose = ~shapely.covers(areas[home], shapes)
    shapely.destroy_prepared(areas)  # they are those of the inputs, which stay
    units, home, shapes = units[loose], home[loose], shapes[loose]
    row, area = shapely.STRtree(areas).query(shapes, predicate="intersects")
    part = _shares(shapes[row], areas[area])
    own = np.zeros(len(units))
    own[row[area == home[row]]] = part[area == home[row]]
    best = pd.DataFrame({"row": row, "area": area, "part": part})
    best = best.sort_values(["row", "part", "area"], ascending=[True, False, True])
    codes = view.inputs.communities["community_code"].to_numpy()
    for k, j, largest in best.drop_duplicates("row").itertuples(index=False):
        if largest > own[k] + SHARE_SLACK:
            why = f"{largest:.0%} of it lies there"
            yield _wrong_home(view, int(units[k]), str(codes[j]), why)
    yield from _snapped(view, units, home, shapes, ~np.isin(np.arange(len(units)), row))


def _shares(shapes: Shapes, areas: Shapes) -> Floats:
    whole = shapely.area(shapes)
    part = shapely.area(shapely.intersection(shapes, areas))
    share: Floats = np.divide(part, whole, out=np.ones(len(whole)), where=whole > 0)
    return share


def _snapped(
    view: View, units: Ints, home: Ints, shapes: Shapes, outside: Bools
) -> Iterator[Finding]:
    """Units outside every community: in the nearest one, and near enough."""
    areas = _given_communities(view)
    limit = view.config.topology.snap_community_m
    for k in np.flatnonzero(outside):
        metres = shapely.distance(shapes[k], areas)
        own, nearest = float(metres[home[k]]), float(metres.min())
        where = view.unit_place(int(units[k]))
        if own <= limit and own <= nearest + view.config.topology.tolerance_m:
            yield excepted(
                Kind.UNIT_NEAREST,
                f"unit {where['place']} lies {own:.1f} m outside every community and joined the "
                "nearest; correct its place or the community's border",
                **where,
                value=round(own, 2),
                limit=limit,
            )
        else:
            code = str(view.inputs.communities["community_code"].iloc[int(metres.argmin())])
            yield _wrong_home(view, int(units[k]), code, f"it is the nearest, {nearest:.0f} m off")
