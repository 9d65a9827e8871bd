"""From units to cells that tile their communities."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.cells.divide import Edges, share_gaps
from gridplan.cells.footprints import find_footprints, find_hosts
from gridplan.cells.settle import SNAP_M, settle_cells
from gridplan.domain import Finding, Severity
from gridplan.errors import TopologyError
from gridplan.processes import process_count, run_pieces
from gridplan.topology import TILE_TOLERANCE, Shapes, free_edges, uncovered_m2

Ints = NDArray[np.int64]

ALONE_UNITS = 30_000
"""Up to this many units one process is done before others have started."""


def grow_cells(
    units: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    *,
    cut_lines: Sequence[Shapes],
    tolerance_m: float,
    findings: list[Finding],
    workers: int = 1,
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
    shapes = units.geometry.to_numpy()
    if _tile(shapes, home, areas):
        return units.assign(shares=pd.Series([None] * len(units), index=units.index, dtype=object))
    footprints = find_footprints(units, home, areas, tolerance_m=tolerance_m, findings=findings)
    host = find_hosts(footprints, shapes, home, areas)
    lines = _lines(cut_lines)
    workers = process_count(workers) if len(units) > ALONE_UNITS else 1
    while True:
        parts, owner, group = _grow_all(footprints, host, home, areas, lines, workers)
        cells = settle_cells(
            parts, owner, group, host=host, footprints=footprints, tolerance_m=tolerance_m
        )
        if not _rehouse(cells, host, footprints, home):
            break
    _refuse(cells, units, home, communities)
    ids = units["unit_id"].to_numpy(dtype=object)
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
    if not shapely.coverage_is_valid(shapes):
        return False
    return bool((uncovered_m2(shapes, home, areas) <= TILE_TOLERANCE * total).all())


def _lines(groups: Sequence[Shapes]) -> Shapes:
    """Put all lines into one array, polygons as their outlines."""
    shapes = np.concatenate([np.empty(0, dtype=object), *groups])
    polygonal = shapely.get_dimensions(shapes) == 2
    lines: Shapes = np.where(polygonal, shapely.boundary(shapes), shapes)
    return lines


@dataclass(frozen=True)
class _Place:
    """One community and what its gaps are shared by, as of ``share_gaps``."""

    index: int
    area: shapely.Geometry
    footprints: Shapes
    edges: Edges
    lines: Shapes


def _share(place: _Place) -> tuple[Shapes, Ints]:
    return share_gaps(place.area, place.footprints, place.edges, place.lines)


def _grow_all(
    footprints: Shapes, host: Ints, home: Ints, areas: Shapes, lines: Shapes, workers: int
) -> tuple[Shapes, Ints, Ints]:
    """Footprints and gap pieces of every community, with their unit (-1: nobody) and community."""
    hosts = np.flatnonzero(host == np.arange(len(host)))
    own = hosts[np.argsort(home[hosts], kind="stable")]
    start, end, unit = free_edges(footprints[own])
    ends = np.searchsorted(home[own], np.arange(len(areas) + 1))
    edges = np.searchsorted(unit, ends)
    tree = shapely.STRtree(lines)
    places = (
        _Place(
            i,
            area,
            footprints[own[ends[i] : ends[i + 1]]],
            Edges(
                start[edges[i] : edges[i + 1]],
                end[edges[i] : edges[i + 1]],
                unit[edges[i] : edges[i + 1]] - ends[i],
            ),
            lines[np.sort(tree.query(area, predicate="intersects"))],
        )
        for i, area in enumerate(areas)
    )
    parts, owners = [footprints[own]] * (len(areas) + 1), [own] * (len(areas) + 1)
    for place, (pieces, who) in run_pieces(_share, places, workers):
        i = place.index
        parts[i + 1], owners[i + 1] = pieces, np.where(who >= 0, own[who + ends[i]], -1)
    group = np.repeat(np.arange(len(areas)), [len(o) for o in owners[1:]])
    return np.concatenate(parts), np.concatenate(owners), np.r_[home[own], group]


def _rehouse(cells: Shapes, host: Ints, footprints: Shapes, home: Ints) -> bool:
    """Make units whose ground vanished guests of the nearest unit; tell whether there were any."""
    alone = host == np.arange(len(host))
    lost = np.flatnonzero(shapely.is_empty(cells) & alone)
    firm = np.flatnonzero(~shapely.is_empty(cells) & alone)
    moved = False
    for unit in lost:
        near = firm[home[firm] == home[unit]]
        if len(near):
            metres = shapely.distance(footprints[unit], footprints[near])
            host[host == unit] = near[int(np.argmin(metres))]
            moved = True
    footprints[lost] = shapely.Polygon()
    return moved


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
    cells: Shapes, units: gpd.GeoDataFrame, home: Ints, communities: gpd.GeoDataFrame
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
    wrong = uncovered_m2(cells, home, areas)
    limit = np.maximum(TILE_TOLERANCE * shapely.area(areas), SNAP_M * shapely.length(areas))
    problems += [
        f"community {codes[i]}: its cells miss or exceed it by {wrong[i]:.2f} m²; look for units "
        "that overlap or lie twice in the same place"
        for i in np.flatnonzero(wrong > limit)
    ]
    loose = shapely.coverage_invalid_edges(cells)
    unmatched = np.unique(home[~shapely.is_empty(loose)])
    problems += [
        f"community {codes[i]}: its cells do not match vertex for vertex; raise "
        "topology.tolerance_m, or look for units that nearly touch"
        for i in unmatched
    ]
    if problems:
        raise TopologyError(problems)
