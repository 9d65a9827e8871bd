"""Promise 3: no building is cut. The shapes of the inputs against cells and grids."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import shapely

from gridplan.audit.adjacency import components
from gridplan.audit.kinds import Kind
from gridplan.audit.measures import Measured
from gridplan.audit.view import (
    Bools,
    Floats,
    Ints,
    Shapes,
    View,
    broken,
    excepted,
    positions,
    warned,
)
from gridplan.domain import Finding

SLACK_M = 0.5
"""How far the border of a cell may stray from a footprint's: grown borders are straightened."""

STRADDLE_SHARE = 0.01
"""Share of a footprint outside its community above which the unit is named."""


def check_footprints(view: View, measured: Measured) -> Iterator[Finding]:
    """Judge every footprint that was given as a polygon, inside its community."""
    shapes = view.source_shapes
    at = np.flatnonzero(
        (view.source_of >= 0)
        & (view.grid_of >= 0)
        & (view.community_of >= 0)
        & ~view.units["unit_id"].duplicated().to_numpy()
    )
    at = at[measured.off_cell[at]]
    whole = shapes[view.source_of[at]]
    areas = view.communities.geometry.to_numpy()
    inside = shapely.intersection(whole, areas[view.community_of[at]])
    yield from _straddling(view, at, whole, inside)
    yield from _off_cell(view, at, inside, shapes)


def _straddling(view: View, at: Ints, whole: Shapes, inside: Shapes) -> Iterator[Finding]:
    share = 1 - shapely.area(inside) / shapely.area(whole)
    for k in np.flatnonzero((share > STRADDLE_SHARE) & (share < 1)):
        where = view.unit_place(int(at[k]))
        yield excepted(
            Kind.UNIT_STRADDLES,
            f"unit {where['place']}: {share[k]:.0%} of its area lies outside its community; it "
            "counts as a whole here, correct the border where it should not be cut",
            **where,
            value=round(float(share[k]), 4),
            limit=STRADDLE_SHARE,
        )


def _off_cell(view: View, at: Ints, inside: Shapes, shapes: Shapes) -> Iterator[Finding]:
    out = shapely.difference(inside, view.cells[at])
    wide = _wide(out)
    at, out = at[wide], out[wide]
    out = _without(out, *_others(view, at, out, shapes))
    out = _without(out, *_shared_cells(view, at))
    wide = _wide(out)
    at, out = at[wide], out[wide]
    cut = shapely.difference(out, view.tiles[view.grid_of[at]])
    through = _wide(cut)
    area = shapely.area(np.where(through, cut, out))
    for i, crosses, m2 in zip(at, through, area, strict=True):
        where = view.unit_place(int(i))
        make, kind = (broken, Kind.FOOTPRINT_CUT) if crosses else (warned, Kind.FOOTPRINT_OFF_CELL)
        line = "grid" if crosses else "cell"
        yield make(
            kind,
            f"unit {where['place']}: {m2:.1f} m² of its shape lie outside its {line}; "
            "a border should run around it",
            **where,
            value=round(float(m2), 2),
            limit=0.0,
        )


def _wide(shapes: Shapes) -> Bools:
    """Tell which shapes are somewhere wider than twice the slack."""
    wide = np.zeros(len(shapes), dtype=bool)
    large = np.flatnonzero(shapely.area(shapes) > SLACK_M**2)
    wide[large] = ~shapely.is_empty(shapely.buffer(shapes[large], -SLACK_M))
    return wide


def _without(out: Shapes, row: Ints, other: Shapes) -> Shapes:
    """Take other shapes away from the rows they belong to."""
    result = out.copy()
    if not len(row):
        return result
    order = np.argsort(row, kind="stable")
    first = np.flatnonzero(np.diff(row[order], prepend=-1))
    for at, group in zip(row[order[first]], np.split(order, first[1:]), strict=True):
        result[at] = shapely.difference(out[at], shapely.union_all(other[group]))
    return result


def _others(view: View, at: Ints, out: Shapes, shapes: Shapes) -> tuple[Ints, Shapes]:
    """Ground that other input units claim as well: one of the two had to yield."""
    row, unit = shapely.STRtree(shapes).query(out, predicate="intersects")
    other = unit != view.source_of[at[row]]
    return row[other], shapes[unit[other]]


def _shared_cells(view: View, at: Ints) -> tuple[Ints, Shapes]:
    """Cells of units that stand on the same ground, as far as that is listed and true."""
    rows = view.listed[view.listed["kind"] == "unit-shares-cell"]
    guest = positions(view.units["unit_id"], rows["place"])
    host = positions(view.units["unit_id"], rows["other"])
    known = (guest >= 0) & (host >= 0)
    guest, host = guest[known], host[known]
    near = _distance(view, guest, host) <= SLACK_M
    group = components(len(view.units), guest[near], host[near])
    members = np.flatnonzero(np.isin(np.arange(len(group)), np.r_[guest[near], host[near]]))
    table = pd.DataFrame({"group": group[members], "unit": members})
    pairs = pd.DataFrame({"group": group[at], "row": np.arange(len(at))}).merge(table, on="group")
    return pairs["row"].to_numpy(), view.cells[pairs["unit"].to_numpy()]


def _distance(view: View, one: Ints, other: Ints) -> Floats:
    """Metres between the shapes that two units were given with."""
    shapes, source = view.inputs.units.geometry.to_numpy(), view.source_of
    known = (source[one] >= 0) & (source[other] >= 0)
    metres = np.full(len(one), np.inf)
    metres[known] = shapely.distance(shapes[source[one[known]]], shapes[source[other[known]]])
    return metres
