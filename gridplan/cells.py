"""Cells: the ground around every basic unit, so that the units of a community tile it.

Units that tile are used as they are. Others (lots with streets between them, buildings, points) keep
their own footprint and grow into the gaps: Voronoi regions of the outline points that face a gap,
only inside the gap, cut along barriers, nest lines and roads, so that borders run mid-street or on
the road's centre line. One clean of the whole city then makes neighbours match vertex for vertex,
across communities too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.domain import Finding, Severity
from gridplan.errors import TopologyError
from gridplan.topology import TILE_TOLERANCE, Shapes, absorb_parts

POINT_SPACING_M = 2.0
"""Distance of the points on an outline from which cells grow, in metres."""

SLIVER_M = 0.05
"""Gaps between cells narrower than this are closed, in metres."""

SIMPLIFY_M = 0.3
"""Size of the bends that are taken out of grown borders, in metres."""

OVERLAP_M2 = 1.0
"""Overlaps of two units above this are listed, in square metres."""


@dataclass(frozen=True)
class _Seeds:
    """What grows in one community: unit positions and their footprints inside it."""

    unit: NDArray[np.int64]
    shape: Shapes


def grow_cells(
    units: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    *,
    cut_lines: Sequence[Shapes],
    tolerance_m: float,
    findings: list[Finding],
) -> gpd.GeoDataFrame:
    """Turn units into cells that tile every community.

    Parameters
    ----------
    units
        ``unit_id``, ``community_code`` and polygons or points, sorted by id.
    communities
        ``community_code`` and a coverage of polygons, sorted by code.
    cut_lines
        Lines along which grown cells are cut, such as barriers, in the same CRS.
    tolerance_m
        Vertices nearer than this are one.
    findings
        ``unit-shares-cell``, ``unit-overlaps`` and ``unit-multipart`` are added.

    Returns
    -------
    geopandas.GeoDataFrame
        The units with their cell as geometry, and ``shares`` (the unit whose ground they share,
        missing for most).

    Raises
    ------
    TopologyError
        Where the cells do not tile their community in the end.
    """
    home = np.searchsorted(communities["community_code"], units["community_code"]).astype(np.int64)
    areas = communities.geometry.to_numpy()
    shapes = units.geometry.to_numpy()
    if _tile(shapes, home, areas):
        return units.assign(shares=None)
    footprints = _footprints(shapes, home, areas, units, tolerance_m, findings)
    host = _hosts(footprints, shapes, home, areas)
    _list_shared(units, host, findings)
    parts, owner = _grow_all(footprints, host, shapes, home, areas, cut_lines)
    cells = _settle(parts, owner, host, footprints, home, areas, tolerance_m)
    _refuse_gaps(cells, home, communities)
    sharing = host != np.arange(len(host))
    shares = np.where(sharing, units["unit_id"].to_numpy()[host], None)
    return units.assign(shares=shares).set_geometry(cells, crs=units.crs)


def _tile(shapes: Shapes, home: NDArray[np.int64], areas: Shapes) -> bool:
    if (shapely.get_dimensions(shapes) < 2).any():
        return False
    filled = np.bincount(home, weights=shapely.area(shapes), minlength=len(areas))
    total = shapely.area(areas)
    if (np.abs(filled - total) > TILE_TOLERANCE * total).any():
        return False
    return bool(shapely.coverage_is_valid(np.r_[shapes]))


def _footprints(
    shapes: Shapes,
    home: NDArray[np.int64],
    areas: Shapes,
    units: gpd.GeoDataFrame,
    tolerance_m: float,
    findings: list[Finding],
) -> Shapes:
    """Polygon units without overlaps, clipped to their community; empty where nothing is left."""
    polygonal = shapely.get_dimensions(shapes) == 2
    footprints = np.full(len(shapes), shapely.Polygon(), dtype=object)
    if not polygonal.any():
        return footprints
    given = shapes[polygonal]
    clean = shapely.coverage_clean(given, snapping_distance=tolerance_m, gap_width=0.0)
    _list_overlaps(units[polygonal], given, clean, findings)
    clipped = clean.copy()
    crossing = ~shapely.covered_by(clean, areas[home[polygonal]])
    clipped[crossing] = shapely.intersection(clean[crossing], areas[home[polygonal]][crossing])
    footprints[polygonal] = _polygonal(clipped)
    return footprints


def _polygonal(shapes: Shapes) -> Shapes:
    """Keep the polygons of every shape; line and point debris of a clipping goes."""
    debris = ~np.isin(shapely.get_type_id(shapes), (3, 6))
    if not debris.any():
        return shapes
    result = shapes.copy()
    parts, owner = shapely.get_parts(shapes[debris], return_index=True)
    keep = shapely.get_dimensions(parts) == 2
    result[debris] = _unions(parts[keep], owner[keep], int(debris.sum()))
    return result


def _unions(parts: Shapes, owner: NDArray[np.int64], count: int) -> Shapes:
    """Union of the parts of every owner; empty where it has none."""
    result = np.full(count, shapely.Polygon(), dtype=object)
    order = np.argsort(owner, kind="stable")
    parts, owner = parts[order], owner[order]
    first = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]]) if len(owner) else np.empty(0, int)
    size = np.diff(np.r_[first, len(owner)])
    result[owner[first[size == 1]]] = parts[first[size == 1]]
    for at, n in zip(first[size > 1], size[size > 1], strict=True):
        result[owner[at]] = shapely.union_all(parts[at : at + n])
    return result


def _list_overlaps(
    units: gpd.GeoDataFrame, given: Shapes, clean: Shapes, findings: list[Finding]
) -> None:
    lost = shapely.area(given) - shapely.area(clean)
    for i in np.flatnonzero(lost > OVERLAP_M2):
        unit_id = units["unit_id"].iloc[i]
        findings.append(
            Finding(
                "unit-overlaps",
                Severity.REPAIRED,
                f"unit {unit_id} overlaps its neighbours; {lost[i]:.1f} m² of it went to them",
                layer="units",
                place=str(unit_id),
                community_code=str(units["community_code"].iloc[i]),
                value=round(float(lost[i]), 2),
                limit=OVERLAP_M2,
            )
        )


def _hosts(
    footprints: Shapes, shapes: Shapes, home: NDArray[np.int64], areas: Shapes
) -> NDArray[np.int64]:
    """For every unit the unit whose ground it stands on; itself for nearly all.

    A point inside a footprint, several points at one place, or a unit with no ground left in its
    community stand on another unit's ground.
    """
    count = len(shapes)
    host = np.arange(count)
    bare = np.flatnonzero(shapely.is_empty(footprints))
    if not len(bare):
        return host
    spots = shapely.point_on_surface(shapes[bare])
    away = ~shapely.intersects(spots, areas[home[bare]])
    lines = shapely.shortest_line(areas[home[bare[away]]], spots[away])
    spots[away] = shapely.get_point(lines, 0)
    solid = np.flatnonzero(~shapely.is_empty(footprints))
    tree = shapely.STRtree(footprints[solid])
    row, hit = tree.query(spots, predicate="dwithin", distance=0.01)
    same = home[bare[row]] == home[solid[hit]]
    inside = pd.Series(solid[hit[same]], index=row[same]).groupby(level=0).min()
    host[bare[inside.index]] = inside.to_numpy()
    free = np.setdiff1d(np.arange(len(bare)), inside.index)
    xy = np.round(shapely.get_coordinates(spots[free]), 2)
    first = pd.DataFrame(xy).assign(home=home[bare[free]], unit=bare[free])
    host[bare[free]] = first.groupby([0, 1, "home"])["unit"].transform("min").to_numpy()
    own = free[host[bare[free]] == bare[free]]
    footprints[bare[own]] = shapely.intersection(
        shapely.buffer(spots[own], 0.25, quad_segs=4), areas[home[bare[own]]]
    )
    return host


def _list_shared(units: gpd.GeoDataFrame, host: NDArray[np.int64], findings: list[Finding]) -> None:
    ids = units["unit_id"].to_numpy()
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
                community_code=str(units["community_code"].iloc[i]),
            )
        )


def _grow_all(
    footprints: Shapes,
    host: NDArray[np.int64],
    shapes: Shapes,
    home: NDArray[np.int64],
    areas: Shapes,
    cut_lines: Sequence[Shapes],
) -> tuple[Shapes, NDArray[np.int64]]:
    """Footprints and gap pieces of every community, each with its unit (-1: nobody's yet)."""
    lines = (
        np.concatenate([_as_lines(group) for group in cut_lines])
        if cut_lines
        else np.empty(0, object)
    )
    tree = shapely.STRtree(lines)
    order = np.argsort(home, kind="stable")
    own = order[host[order] == order]
    bounds = np.searchsorted(home[own], np.arange(len(areas) + 1))
    parts, owners = [], []
    for i, area in enumerate(areas):
        members = own[bounds[i] : bounds[i + 1]]
        near = np.sort(tree.query(area, predicate="intersects"))
        seeds = _Seeds(members, footprints[members])
        piece, owner = _grow(seeds, area, lines[near])
        parts.append(piece)
        owners.append(owner)
    return np.concatenate(parts), np.concatenate(owners)


def _as_lines(shapes: Shapes) -> Shapes:
    polygonal = shapely.get_dimensions(shapes) == 2
    return np.where(polygonal, shapely.boundary(shapes), shapes)


def _grow(seeds: _Seeds, area: object, lines: Shapes) -> tuple[Shapes, NDArray[np.int64]]:
    """Footprints of one community and the pieces of its gaps, each with its unit."""
    if not len(seeds.unit):
        return np.array([area], dtype=object), np.array([-1])
    ground = shapely.union_all(seeds.shape)
    outline = _outline_points(seeds, ground)
    faces = _faces(area, lines)
    residents = _residents(outline, faces)
    settled = [
        _divide(face, outline, who) for face, who in zip(faces, residents, strict=True) if len(who)
    ]
    empty = np.array([len(who) == 0 for who in residents])
    settled.append(_divide_empty(faces[empty], outline, area))
    regions = np.concatenate([pieces for pieces, _ in settled])
    who = np.concatenate([owner for _, owner in settled])
    pieces = _without(regions, seeds.shape)
    keep = ~shapely.is_empty(pieces)
    owner = np.r_[np.arange(len(seeds.unit)), who[keep]]
    pieces = np.concatenate([seeds.shape, pieces[keep]])
    return pieces, np.where(owner >= 0, seeds.unit[owner], -1)


def _faces(area: object, lines: Shapes) -> Shapes:
    """Cut the ground of a community along the lines."""
    if not len(lines):
        return np.array([area], dtype=object)
    network = shapely.union_all(
        np.r_[shapely.intersection(lines, area), [shapely.boundary(area)]]
    )
    faces = shapely.get_parts(shapely.polygonize([network]))
    return faces[shapely.intersects(shapely.point_on_surface(faces), area)]


def _residents(outline: list[NDArray[np.float64]], faces: Shapes) -> list[NDArray[np.int64]]:
    """Units that stand in each face: those with most of their outline points in it."""
    if len(faces) == 1:
        return [np.arange(len(outline))]
    unit = np.repeat(np.arange(len(outline)), [len(o) for o in outline])
    spots = shapely.points(np.concatenate(outline))
    face, spot = shapely.STRtree(spots).query(faces, predicate="intersects")
    table = pd.DataFrame({"unit": unit[spot], "face": face}).value_counts().reset_index()
    table = table.sort_values(["unit", "count", "face"], ascending=[True, False, True])
    best = table.drop_duplicates("unit").sort_values(["face", "unit"])
    ends = np.searchsorted(best["face"], np.arange(1, len(faces)))
    return np.split(best["unit"].to_numpy(dtype=np.int64), ends)


def _clipped(regions: Shapes, face: object) -> Shapes:
    shapely.prepare(face)
    crossing = ~shapely.covers(face, regions)
    regions = regions.copy()
    regions[crossing] = shapely.intersection(regions[crossing], face)
    return regions


def _without(regions: Shapes, footprints: Shapes) -> Shapes:
    """Take the footprints out of the regions."""
    region, footprint = shapely.STRtree(footprints).query(regions, predicate="intersects")
    order = np.lexsort((footprint, region))
    region, footprint = region[order], footprint[order]
    meets, first = np.unique(region, return_index=True)
    near = [shapely.multipolygons(shapely.get_parts(g)) if len(g) > 1 else g[0]
            for g in np.split(footprints[footprint], first[1:])]
    result = regions.copy()
    result[meets] = shapely.difference(regions[meets], np.array(near, dtype=object))
    return result


def _outline_points(seeds: _Seeds, ground: object) -> list[NDArray[np.float64]]:
    """Points along the part of every footprint's outline that faces the gap."""
    border = shapely.intersection(shapely.boundary(seeds.shape), shapely.boundary(ground))
    dense = shapely.segmentize(border, POINT_SPACING_M)
    xy, owner = shapely.get_coordinates(dense, return_index=True)
    table = pd.DataFrame(np.round(xy, 3)).assign(owner=owner).drop_duplicates([0, 1])
    splits = np.searchsorted(table["owner"], np.arange(1, len(seeds.unit)))
    return np.split(table[[0, 1]].to_numpy(), splits)


def _divide(
    face: object, outline: list[NDArray[np.float64]], who: NDArray[np.int64]
) -> tuple[Shapes, NDArray[np.int64]]:
    """Share one face among the units ``who``, each taking what is nearest to its outline."""
    regions, who = _regions(face, outline, who)
    if len(who) == 0:
        return np.array([face], dtype=object), np.array([-1])
    return _clipped(regions, face), who


def _divide_empty(
    faces: Shapes, outline: list[NDArray[np.float64]], area: object
) -> tuple[Shapes, NDArray[np.int64]]:
    """Share the faces where no unit stands (a park, a river) among the units around them."""
    if not len(faces):
        return faces, np.empty(0, np.int64)
    regions, who = _regions(area, outline, np.arange(len(outline)))
    if not len(who):
        return faces, np.full(len(faces), -1)
    face, region = shapely.STRtree(regions).query(faces, predicate="intersects")
    pieces = shapely.intersection(faces[face], regions[region])
    keep = shapely.area(pieces) > 0
    return pieces[keep], who[region[keep]]


def _regions(
    area: object, outline: list[NDArray[np.float64]], who: NDArray[np.int64]
) -> tuple[Shapes, NDArray[np.int64]]:
    """Voronoi regions of the units' outlines; units without outline towards a gap have none."""
    who = np.array([w for w in who if len(outline[w])], dtype=np.int64)
    if len(who) < 2:
        return np.array([area] * len(who), dtype=object), who
    points = np.concatenate([outline[w] for w in who])
    regions = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(points), extend_to=area, ordered=True)
    )
    ends = np.cumsum([len(outline[w]) for w in who])
    merged = [shapely.coverage_union_all(r) for r in np.split(regions, ends[:-1])]
    return np.array(merged, dtype=object), who


def _settle(
    parts: Shapes,
    owner: NDArray[np.int64],
    host: NDArray[np.int64],
    footprints: Shapes,
    home: NDArray[np.int64],
    areas: Shapes,
    tolerance_m: float,
) -> Shapes:
    """Clean the pieces of the whole city at once and join them to one cell per unit."""
    group = _group_of(parts, owner, home, areas)
    cells, cell_owner, cell_group = _share_ground(*_join(parts, owner, group), host)
    cells = shapely.coverage_clean(cells, snapping_distance=tolerance_m, gap_width=SLIVER_M)
    pieces, index = shapely.get_parts(cells, return_index=True)
    piece_owner, piece_group = cell_owner[index].copy(), cell_group[index]
    _disown_detached(pieces, piece_owner, footprints)
    piece_owner = absorb_parts(pieces, piece_owner, piece_group)
    joined = _coverage_unions(pieces, piece_owner, len(footprints))
    return _simplify(joined, home)


def _group_of(
    parts: Shapes, owner: NDArray[np.int64], home: NDArray[np.int64], areas: Shapes
) -> NDArray[np.int64]:
    group = np.where(owner >= 0, home[owner], -1)
    nobody = np.flatnonzero(owner < 0)
    if len(nobody):
        tree = shapely.STRtree(areas)
        row, hit = tree.query(shapely.point_on_surface(parts[nobody]), predicate="intersects")
        group[nobody[row]] = hit
    return group


def _join(
    parts: Shapes, owner: NDArray[np.int64], group: NDArray[np.int64]
) -> tuple[Shapes, NDArray[np.int64], NDArray[np.int64]]:
    """One piece per owner; nobody's pieces stay as they are."""
    owned = owner >= 0
    who = np.unique(owner[owned])
    position = np.searchsorted(who, owner[owned])
    cells = _polygonal(_unions(parts[owned], position, len(who)))
    at = np.searchsorted(owner[owned], who, sorter=np.argsort(owner[owned], kind="stable"))
    first = np.argsort(owner[owned], kind="stable")[at]
    return (
        np.r_[cells, _polygonal(parts[~owned])],
        np.r_[who, owner[~owned]],
        np.r_[group[owned][first], group[~owned]],
    )


def _disown_detached(pieces: Shapes, owner: NDArray[np.int64], footprints: Shapes) -> None:
    """Take from a unit the pieces of its cell that do not touch its own ground."""
    many = pd.Series(owner).duplicated(keep=False).to_numpy() & (owner >= 0)
    at = np.flatnonzero(many)
    overlap = shapely.area(shapely.intersection(pieces[at], footprints[owner[at]]))
    table = pd.DataFrame({"owner": owner[at], "overlap": overlap, "area": shapely.area(pieces[at])})
    best = table.groupby("owner")["overlap"].transform("max")
    detached = (overlap < 0.01) & (best >= 0.01).to_numpy()
    owner[at[detached]] = -1


def _coverage_unions(pieces: Shapes, owner: NDArray[np.int64], count: int) -> Shapes:
    order = np.argsort(owner, kind="stable")
    pieces, owner = pieces[order], owner[order]
    pieces, owner = pieces[owner >= 0], owner[owner >= 0]
    result = np.full(count, shapely.Polygon(), dtype=object)
    first = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    for at, end in zip(first, np.r_[first[1:], len(owner)], strict=True):
        own = pieces[at:end]
        result[owner[at]] = own[0] if len(own) == 1 else shapely.coverage_union_all(own)
    return result


def _simplify(cells: Shapes, home: NDArray[np.int64]) -> Shapes:
    """Take small bends out of inner borders; what communities share stays as it is."""
    result = cells.copy()
    solid = np.flatnonzero(~shapely.is_empty(cells))
    order = solid[np.argsort(home[solid], kind="stable")]
    for members in np.split(order, np.flatnonzero(np.diff(home[order])) + 1):
        result[members] = shapely.coverage_simplify(
            cells[members], SIMPLIFY_M, simplify_boundary=False
        )
    return result


def _share_ground(
    cells: Shapes, owner: NDArray[np.int64], group: NDArray[np.int64], host: NDArray[np.int64]
) -> tuple[Shapes, NDArray[np.int64], NDArray[np.int64]]:
    """Cut the cells that several units stand on into strips, one a unit."""
    guests = pd.Series(np.arange(len(host))).groupby(host)
    shared = {int(h): np.sort(m.to_numpy()) for h, m in guests if len(m) > 1}
    if not shared:
        return cells, owner, group
    at = np.flatnonzero(np.isin(owner, list(shared)))
    strips = [cut_strips(cells[i], len(shared[int(owner[i])])) for i in at]
    who = [shared[int(owner[i])] for i in at]
    groups = np.repeat(group[at], [len(w) for w in who])
    return (
        np.concatenate([np.delete(cells, at), *strips]),
        np.concatenate([np.delete(owner, at), *who]),
        np.concatenate([np.delete(group, at), groups]),
    )


def cut_strips(shape: object, count: int) -> Shapes:
    """Cut a polygon into strips of equal width across its long axis.

    Parameters
    ----------
    shape
        Polygon in metres.
    count
        Number of strips, at least 1.

    Returns
    -------
    numpy.ndarray
        The strips in order along the axis, from west to east (south to north where upright).
    """
    corners = shapely.get_coordinates(shapely.oriented_envelope(shape))[:4]
    sides = np.roll(corners, -1, axis=0) - corners
    long = int(np.argmax(np.round(np.hypot(*sides.T), 6)))
    start, along, across = corners[long], sides[long], sides[(long + 1) % 4]
    if (round(along[0], 6), round(along[1], 6)) < (0.0, 0.0):
        start, along = start + along, -along
    steps = np.linspace(0.0, 1.0, count + 1)
    steps[0], steps[-1] = -0.01, 1.01
    low = start + steps[:-1, None] * along - 0.01 * across
    high = start + steps[1:, None] * along - 0.01 * across
    rings = np.stack([low, high, high + 1.02 * across, low + 1.02 * across], axis=1)
    return shapely.coverage_clean(shapely.intersection(shape, shapely.polygons(rings)))


def _refuse_gaps(cells: Shapes, home: NDArray[np.int64], communities: gpd.GeoDataFrame) -> None:
    filled = np.bincount(home, weights=shapely.area(cells), minlength=len(communities))
    total = shapely.area(communities.geometry.to_numpy())
    codes = communities["community_code"].to_numpy()
    settled = np.bincount(home, minlength=len(communities)) > 0
    problems = [
        f"community {codes[i]}: its cells cover {filled[i]:.1f} of {total[i]:.1f} m²; "
        "look for units that overlap or lie twice in the same place"
        for i in np.flatnonzero(settled & (np.abs(filled - total) > 1e-4 * total))
    ]
    empty = np.flatnonzero(shapely.is_empty(cells))
    problems += [f"unit at position {i} has no cell" for i in empty[:5]]
    if problems:
        raise TopologyError(problems)
