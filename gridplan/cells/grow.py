"""From units to cells that tile their communities."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.cells.columns import columns_of, grown_of
from gridplan.cells.footprints import lost_across
from gridplan.cells.outline import NO_OUTLINE, Outline, edges_of, match_outlines
from gridplan.cells.place import Grown, Place, grow_place
from gridplan.cells.settle import SLIVER_M, SNAP_M
from gridplan.domain import Finding, Severity
from gridplan.errors import TopologyError
from gridplan.processes import process_count, run_pieces
from gridplan.shelf import Shelf
from gridplan.topology import (
    TILE_TOLERANCE,
    Shapes,
    clean_coverage,
    runs_of,
    uncovered_m2,
)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ALONE_UNITS = 30_000
"""Up to this many units one process is done before others have started."""

OVERLAP_M2 = 1.0
"""Overlaps of two units above this are listed, in square metres."""

TOGETHER_UNITS = 400
"""Small communities are handed to another process together, up to about this many units."""

AT_ONCE = 20_000
"""Cells whose borders are compared at once."""


def grow_cells(
    units: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    *,
    cut_lines: Sequence[Shapes],
    tolerance_m: float,
    findings: list[Finding],
    workers: int = 1,
    known: dict[bytes, Grown] | None = None,
    shelf: Shelf | None = None,
) -> gpd.GeoDataFrame:
    """Turn units into cells that tile every community.

    Parameters
    ----------
    units
        ``unit_id`` (missing for the bare ground of a community without units), ``community_code``
        and polygons or points, in a fixed order; every community has one at least.
    communities
        ``community_code`` and a coverage of polygons, sorted by code.
    cut_lines
        Lines (or polygons with their outline) along which grown cells are cut, in the same CRS.
    tolerance_m
        Vertices nearer than this are one.
    findings
        ``unit-overlaps`` and ``unit-shares-cell`` are added.
    workers
        Processes for a large city, which change nothing else; 0 is every core.
    known
        Communities that were grown before with the same lines; what is grown now is added.
    shelf
        Where finished communities are kept, of a job with the same lines; nowhere where left out.

    Returns
    -------
    geopandas.GeoDataFrame
        The units with their cell as geometry, and ``shares`` (the unit whose ground they share,
        missing for most).

    Raises
    ------
    TopologyError
        Where the cells do not tile their community in the end, or a unit is left without a cell.
    """
    home = np.searchsorted(communities["community_code"], units["community_code"]).astype(np.int64)
    areas = communities.geometry.to_numpy()
    if _tile(units.geometry.to_numpy(), home, areas):
        return units.assign(shares=pd.Series([None] * len(units), index=units.index, dtype=object))
    workers = process_count(workers) if len(units) > ALONE_UNITS else 1
    matched = _matched(areas, tolerance_m)
    places = _places(units, home, matched, _lines(cut_lines), tolerance_m)
    grown = _grow_all(len(units), len(areas), places, workers, known, shelf)
    cells = match_outlines(grown.cells, matched, grown.outlines)
    grown.wrong_m2 += _shifted_m2(areas, matched)
    _refuse(cells, grown, units, home, communities)
    _list_overlaps(grown, units, home, matched, findings)
    ids, host = units["unit_id"].to_numpy(dtype=object), grown.host
    sharing = host != np.arange(len(host))
    _list_shared(ids, host, units["community_code"].to_numpy(), findings)
    shares = pd.Series(np.where(sharing, ids[host], None), index=units.index, dtype=object)
    return units.assign(shares=shares).set_geometry(cells, crs=units.crs)


def units_tile(units: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> bool:
    """Tell whether units tile their communities as they are, so that ``grow_cells`` keeps them."""
    home = np.searchsorted(communities["community_code"], units["community_code"]).astype(np.int64)
    return _tile(units.geometry.to_numpy(), home, communities.geometry.to_numpy())


def _tile(shapes: Shapes, home: Ints, areas: Shapes) -> bool:
    """Tell whether the units tile their communities as they are."""
    if (shapely.get_dimensions(shapes) < 2).any():
        return False
    total = shapely.area(areas)
    filled = np.bincount(home, weights=shapely.area(shapes), minlength=len(areas))
    if (np.abs(filled - total) > TILE_TOLERANCE * total).any():
        return False
    for own, around in _groups(np.arange(len(shapes)), home, areas):
        if not shapely.coverage_is_valid(shapes[np.r_[own, around]]):
            return False
    return bool((uncovered_m2(shapes, home, areas) <= TILE_TOLERANCE * total).all())


def _lines(groups: Sequence[Shapes]) -> Shapes:
    """Put all lines into one array, polygons as their outlines."""
    shapes = np.concatenate([np.empty(0, dtype=object), *groups])
    polygonal = shapely.get_dimensions(shapes) == 2
    lines: Shapes = np.where(polygonal, shapely.boundary(shapes), shapes)
    return lines


def _matched(areas: Shapes, tolerance_m: float) -> Shapes:
    """Communities that match vertex for vertex; with premises cut out they may not yet."""
    edges = edges_of(areas)
    short = bool((np.abs(edges.high - edges.low) <= SNAP_M).any())
    if short or not shapely.coverage_is_valid(areas):
        areas = clean_coverage(areas, snap_m=SNAP_M, gap_m=SLIVER_M)
        if not shapely.coverage_is_valid(areas):
            areas = clean_coverage(areas, snap_m=tolerance_m, gap_m=SLIVER_M)
    return areas


def _shifted_m2(before: Shapes, after: Shapes) -> Floats:
    """Ground that matching took from an area or gave to it."""
    shifted = np.zeros(len(before))
    changed = np.flatnonzero(~shapely.equals_exact(before, after, 0.0))
    shifted[changed] = shapely.area(shapely.symmetric_difference(before[changed], after[changed]))
    return shifted


def _places(
    units: gpd.GeoDataFrame, home: Ints, areas: Shapes, lines: Shapes, tolerance_m: float
) -> Iterator[tuple[Ints, Place]]:
    """Every community with the positions of its units."""
    shapes, bare = units.geometry.to_numpy(), units["unit_id"].isna().to_numpy()
    order = np.argsort(home, kind="stable")
    rows = np.split(order, np.searchsorted(home[order], np.arange(1, len(areas))))
    tree = shapely.STRtree(lines)
    for i, (area, own) in enumerate(zip(areas, rows, strict=True)):
        cuts = lines[np.sort(tree.query(area, predicate="intersects"))]
        yield own, Place(i, area, shapes[own], bare[own], cuts, tolerance_m)


@dataclass
class _City:
    """The cells of all communities before their outlines are matched; as of ``Grown``."""

    cells: Shapes
    host: Ints
    lost_m2: Floats
    beyond: list[Ints]
    outlines: list[Outline]
    wrong_m2: Floats
    sound: NDArray[np.bool_]

    def take(self, index: int, own: Ints, done: Grown) -> None:
        """Take over one community, whose units stand at ``own``."""
        self.cells[own], self.host[own] = done.cells, own[done.host]
        self.lost_m2[own] = done.lost_m2
        self.beyond[index] = own[done.beyond]
        self.outlines[index] = replace(done.outline, cell=own[done.outline.cell])
        self.wrong_m2[index], self.sound[index] = done.wrong_m2, done.sound


def _grow_all(
    units: int,
    areas: int,
    places: Iterator[tuple[Ints, Place]],
    workers: int,
    known: dict[bytes, Grown] | None,
    shelf: Shelf | None,
) -> _City:
    """Grow the cells of every community, each on its own."""
    city = _City(
        np.full(units, shapely.Polygon(), dtype=object),
        np.arange(units),
        np.zeros(units),
        [np.empty(0, dtype=np.int64)] * areas,
        [NO_OUTLINE] * areas,
        np.zeros(areas),
        np.ones(areas, dtype=bool),
    )
    rows: dict[int, Ints] = {}
    before = dict(known or {})

    def unknown() -> Iterator[Place]:
        for own, place in places:
            done = before.get(place.key) if before else None
            if done is not None:
                city.take(place.index, own, done)
            else:
                rows[place.index] = own
                yield place

    grow = partial(_grow_some, shelf=shelf)
    for some, answers in run_pieces(grow, _together(unknown()), workers):
        for place, done in zip(some, answers, strict=True):
            city.take(place.index, rows.pop(place.index), done)
            if known is not None:
                known[place.key] = done
    return city


def _together(places: Iterator[Place]) -> Iterator[list[Place]]:
    """Put small communities together, so that less is handed over."""
    some: list[Place] = []
    for place in places:
        some.append(place)
        if sum(len(p.shapes) for p in some) >= TOGETHER_UNITS:
            yield some
            some = []
    if some:
        yield some


def _grow_some(places: list[Place], shelf: Shelf | None) -> list[Grown]:
    """Grow the cells of some communities, or take them from the shelf."""

    def grow() -> list[Grown]:
        return [grow_place(place) for place in places]

    if shelf is None:
        return grow()
    key = b"cells" + b"".join(place.key for place in places)
    return shelf.take(key, grow, columns_of, partial(grown_of, places))


def _unmatched(cells: Shapes, grown: _City, home: Ints, areas: Shapes) -> Ints:
    """Communities whose cells do not match vertex for vertex, among themselves or with others."""
    border = np.unique(np.concatenate([o.cell for o in grown.outlines]))
    wrong = [np.flatnonzero(~grown.sound)]
    for own, around in _groups(border, home, areas):
        loose = shapely.coverage_invalid_edges(cells[np.r_[own, around]])
        wrong.append(home[own[~shapely.is_empty(loose[: len(own)])]])
    return np.unique(np.concatenate(wrong))


def _groups(cells: Ints, home: Ints, areas: Shapes) -> Iterator[tuple[Ints, Ints]]:
    """Cells of some communities, and those of the communities around them, group by group."""
    cells = cells[np.argsort(home[cells], kind="stable")]
    tree = shapely.STRtree(areas)
    for run in runs_of(home[cells], AT_ONCE):
        own = np.unique(home[cells[run]])
        around = np.setdiff1d(tree.query(areas[own], predicate="intersects")[1], own)
        yield cells[run], cells[np.isin(home[cells], around)]


def _list_overlaps(
    grown: _City,
    units: gpd.GeoDataFrame,
    home: Ints,
    areas: Shapes,
    findings: list[Finding],
) -> None:
    """List the units that lose ground to others, of their own community or of another."""
    ids, codes = units["unit_id"].to_numpy(), units["community_code"].to_numpy()
    beyond = np.concatenate(grown.beyond)
    lost = grown.lost_m2
    lost[beyond] += lost_across(units.geometry.to_numpy(), home, areas, beyond)
    for i in np.flatnonzero(lost > OVERLAP_M2):
        findings.append(
            Finding(
                "unit-overlaps",
                Severity.REPAIRED,
                f"unit {ids[i]} overlaps its neighbours; {lost[i]:.1f} m² of it went to them",
                layer="units",
                place=str(ids[i]),
                community_code=str(codes[i]),
                value=round(float(lost[i]), 2),
                limit=OVERLAP_M2,
            )
        )


def _list_shared(ids: Shapes, host: Ints, codes: Shapes, findings: list[Finding]) -> None:
    for i in np.flatnonzero(host != np.arange(len(host))):
        findings.append(
            Finding(
                "unit-shares-cell",
                Severity.EXCEPTION,
                f"unit {ids[i]} has no ground of its own in its community; "
                f"it takes a strip of the cell of unit {ids[host[i]]}",
                layer="units",
                place=str(ids[i]),
                other=str(ids[host[i]]),
                community_code=str(codes[i]),
            )
        )


def _refuse(
    cells: Shapes,
    grown: _City,
    units: gpd.GeoDataFrame,
    home: Ints,
    communities: gpd.GeoDataFrame,
) -> None:
    """Raise where cells do not tile their communities, naming the communities."""
    areas = communities.geometry.to_numpy()
    codes = communities["community_code"].to_numpy()
    ids = units["unit_id"].to_numpy()
    problems = [
        f"community {codes[home[i]]}: no ground is left for unit {ids[i]}; look for many units in "
        "one place, or give it a shape of its own"
        for i in np.flatnonzero(shapely.is_empty(cells))
    ]
    wrong = grown.wrong_m2
    limit = np.maximum(TILE_TOLERANCE * shapely.area(areas), SNAP_M * shapely.length(areas))
    problems += [
        f"community {codes[i]}: its cells miss or exceed it by {wrong[i]:.2f} m²; look for units "
        "that overlap or lie twice in the same place"
        for i in np.flatnonzero(wrong > limit)
    ]
    problems += [
        f"community {codes[i]}: its cells do not match vertex for vertex; raise "
        "topology.tolerance_m, or look for units that nearly touch"
        for i in _unmatched(cells, grown, home, areas)
    ]
    if problems:
        raise TopologyError(problems)
