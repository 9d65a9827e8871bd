"""Promise 3: every building, institution, road segment and facility is attributed to its grid."""

from collections.abc import Iterator, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan.audit.kinds import Kind
from gridplan.audit.measures import Measured
from gridplan.audit.shape import EXTRA_IDS
from gridplan.audit.view import Bools, Floats, Ints, Shapes, View, broken, positions, valid
from gridplan.domain import Finding, Severity
from gridplan.layers.planfile import Unread

SLIVER = 0.1
"""Part of a feature within a grid that is too small to count, in metres or m²."""

ROAD_SLACK = 1e-3
"""Share of a road's length that cutting at grid borders may lose."""

BORDER_M = 1.0
"""How far beside a grid a road may run and still be its border, in metres."""

PIECE = 25_000
"""Features of a layer that are looked at together."""

PREPARED = 100_000
"""Vertices of polygons that are prepared together: that takes more memory than the polygons."""


def check_features(view: View) -> Iterator[Finding]:
    """Judge every layer of things that the inputs give to be attributed."""
    for layer in sorted(view.inputs.extra):
        given = view.inputs.extra[layer]
        if len(given) and layer in EXTRA_IDS:
            yield from _layer(view, layer, given)


def check_road_lengths(view: View, measured: Measured) -> Iterator[Finding]:
    """Judge how many metres of every road are attributed."""
    given, plan = view.inputs.extra.get("roads"), view.plan
    if given is not None and "roads" in plan.extra and len(given):
        yield from _lengths(given, _written_m(plan.extra), measured.grounds)


def _layer(view: View, layer: str, given: gpd.GeoDataFrame) -> Iterator[Finding]:
    key = EXTRA_IDS[layer]
    if layer not in view.plan.extra:
        yield broken(
            Kind.FEATURE_MISSING,
            f"the inputs give {len(given)} {layer}, the plan has none; run partition again",
            layer=layer,
            value=0.0,
            limit=float(len(given)),
        )
        return
    told: list[pd.Series[str]] = []
    astray: list[Finding] = []
    for held in _pieces(view.plan.extra, layer, [key, "grid_code"]):
        grid = positions(view.grids["grid_code"], _codes(held))
        ids = held[key].astype(str)
        told.append(ids[grid >= 0])
        astray += _elsewhere(view, layer, held.assign(key=ids), grid)
    free = given[positions(pd.concat(told), given[key].astype(str)) < 0]
    inside = _inside(valid(free.geometry.to_numpy()), view.tiles)
    yield from _unattributed(layer, free[key].astype(str)[inside])
    yield from _outside(layer, int((~inside).sum()), len(given))
    yield from astray


def _pieces(
    extra: Mapping[str, gpd.GeoDataFrame], layer: str, columns: list[str], *, shapes: bool = True
) -> Iterator[gpd.GeoDataFrame]:
    """Some columns of a layer of the plan, in pieces where it is still in a file."""
    if isinstance(extra, Unread):
        yield from extra.pieces(layer, columns, PIECE, shapes=shapes)
    else:
        yield extra[layer]


def _written_m(extra: Mapping[str, gpd.GeoDataFrame]) -> "pd.Series[float]":
    """Metres of every road that the plan attributes, by its id."""
    columns = ["road_id", "grid_code", "length_m", "share"]
    held = pd.concat(map(_metres, _pieces(extra, "roads", columns, shapes=False)))
    total: pd.Series[float] = held.groupby(level=0).sum()
    return total


def _metres(held: pd.DataFrame) -> "pd.Series[float]":
    """Metres of every feature that count as attributed, by the id of its road."""
    metres = pd.to_numeric(held["length_m"], errors="coerce").where(_codes(held) != "", 0)
    if "share" in held:  # a road on a border stands once for each of its grids
        metres = metres * pd.to_numeric(held["share"], errors="coerce")
    return metres.fillna(0).set_axis(pd.Index(held["road_id"].astype(str)))


def _codes(held: pd.DataFrame) -> "pd.Series[str]":
    """Grid of every feature, as text."""
    code = held["grid_code"]
    text: pd.Series[str] = code.astype("object").where(code.notna(), "").astype(str)
    return text


def _inside(shapes: Shapes, grids: Shapes) -> Bools:
    """Tell which features have more than a sliver of themselves within some grid."""
    row, grid = shapely.STRtree(grids).query(shapes, predicate="intersects")
    part = shapely.intersection(shapes[row], grids[grid])
    flat = shapely.get_dimensions(shapes[row])
    size = np.choose(flat, [np.ones(len(row)), shapely.length(part), shapely.area(part)])
    keep = np.zeros(len(shapes), dtype=bool)
    keep[row[size > SLIVER]] = True
    return keep


def _unattributed(layer: str, ids: "pd.Series[str]") -> Iterator[Finding]:
    for place in sorted(ids):
        yield broken(
            Kind.FEATURE_MISSING,
            f"{layer}: {place} lies in a grid but has no grid_code; run partition again",
            layer=layer,
            place=place,
        )


def _outside(layer: str, count: int, of: int) -> Iterator[Finding]:
    if count:
        yield Finding(
            Kind.FEATURE_OUTSIDE.value,
            Severity.INFO,
            f"{count} of {of} {layer} lie outside every grid and have no grid_code",
            layer=layer,
            value=float(count),
            limit=float(of),
        )


def _elsewhere(view: View, layer: str, held: gpd.GeoDataFrame, grid: Ints) -> Iterator[Finding]:
    """Name features whose grid they do not reach although they lie in another one."""
    grids, shapes = view.tiles, valid(held.geometry.to_numpy())
    known = np.flatnonzero(grid >= 0)
    reach = BORDER_M if layer == "roads" else view.config.topology.tolerance_m
    away = known[~_near(grids, grid[known], shapes[known], reach)]
    away = away[_inside(shapes[away], grids)]
    for i in away:
        place, code = str(held["key"].iloc[i]), str(held["grid_code"].iloc[i])
        yield broken(
            Kind.FEATURE_ELSEWHERE,
            f"{layer}: {place} names grid {code} but lies in another; run partition again",
            layer=layer,
            place=place,
            other=code,
        )


def _near(areas: Shapes, at: Ints, shapes: Shapes, reach_m: float) -> Bools:
    """Whether each shape is near the area at the position given with it."""
    near = np.zeros(len(shapes), dtype=bool)
    for own in _prepared(areas, at):
        near[own] = shapely.dwithin(areas[at[own]], shapes[own], reach_m)
    return near


def _hold(areas: Shapes, at: Ints, shapes: Shapes) -> Bools:
    """Whether the area at the position given with each shape covers it."""
    held = np.zeros(len(shapes), dtype=bool)
    for own in _prepared(areas, at):
        held[own] = shapely.covers(areas[at[own]], shapes[own])
    return held


def _prepared(areas: Shapes, at: Ints) -> Iterator[Ints]:
    """Rows of ``at``, those of some areas after another, while these areas are prepared."""
    order = np.argsort(at, kind="stable")
    part = np.cumsum(shapely.get_num_coordinates(areas)) // PREPARED
    for number in np.unique(part):
        first, last = np.searchsorted(part, [number, number + 1])
        begin, end = np.searchsorted(at[order], [first, last])
        shapely.prepare(areas[first:last])
        yield order[begin:end]
        shapely.destroy_prepared(areas[first:last])


def _inside_m(lines: Shapes, grounds: Shapes) -> Floats:
    """Metres of every line that lie within some ground."""
    whole = np.asarray(shapely.length(lines))
    line, ground = shapely.STRtree(grounds).query(lines)
    covered = line[_hold(grounds, ground, lines[line])]
    metres = np.zeros(len(lines))
    metres[covered] = whole[covered]
    rest = ~np.isin(line, covered)
    line, ground = line[rest], ground[rest]
    parts = shapely.intersection(lines[line], grounds[ground])
    first = np.flatnonzero(np.diff(line, prepend=-1))
    for at, own in zip(line[first], np.split(parts, first[1:]), strict=False):
        metres[at] = shapely.length(shapely.union_all(own))  # a border counts once
    return metres


def _lengths(
    given: gpd.GeoDataFrame, total: "pd.Series[float]", grounds: Shapes
) -> Iterator[Finding]:
    """Name roads attributed with fewer metres than lie in grids, or with more than they have."""
    shapes = given.geometry.to_numpy()
    whole, inside = shapely.length(shapes), _inside_m(shapes, grounds)
    written = total.reindex(given["road_id"].astype(str), fill_value=0).to_numpy(dtype=float)
    slack = np.maximum(BORDER_M, ROAD_SLACK * whole)
    for i in np.flatnonzero((written < inside - slack) | (written > whole + slack)):
        place = str(given["road_id"].iloc[i])
        yield broken(
            Kind.ROAD_LENGTH,
            f"roads: {written[i]:.1f} m of {place} are attributed to grids; {inside[i]:.1f} m lie "
            f"in them, of {whole[i]:.1f} m in all; run partition again",
            layer="roads",
            place=place,
            value=round(float(written[i]), 2),
            limit=round(float(inside[i]), 2),
        )
