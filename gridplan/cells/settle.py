"""One coverage of a community from footprints and pieces of gaps."""

from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from gridplan.cells.outline import Outline, fit_outline
from gridplan.cells.strips import share_ground
from gridplan.topology import (
    Shapes,
    absorb_parts,
    clean_coverage,
    polygons_of,
    shared_edges,
    unions,
)

SNAP_M = 1e-4
"""Vertices of neighbouring cells nearer than this are one: the noise of arithmetic, in metres."""

SLIVER_M = 0.05
"""Gaps between cells narrower than this are closed, in metres."""

STANDS_M2 = 0.01
"""A piece of a cell with less than this of its unit's footprint is not where the unit stands."""

Ints = NDArray[np.int64]


class Settled(NamedTuple):
    """Cells of one community, their edges along its outline, and whether they match each other."""

    cells: Shapes
    outline: Outline
    sound: bool


def settle_cells(
    area: shapely.Geometry,
    parts: Shapes,
    owner: Ints,
    *,
    host: Ints,
    footprints: Shapes,
    tolerance_m: float,
) -> Settled:
    """Join footprints and gap pieces of one community to one cell per unit, and clean them.

    Parameters
    ----------
    area
        The community.
    parts
        Polygons that tile it, but for the noise of arithmetic.
    owner
        int64, the unit of each part; -1: nobody's.
    host
        int64 (n,), by unit the unit on whose ground it stands.
    footprints
        (n,) ground of each unit; empty for a guest.
    tolerance_m
        Coarser snapping where the fine one leaves cells unmatched, in metres.

    Returns
    -------
    Settled
        (n,) cells, a coverage; empty for a unit that lost all its ground.
    """
    whole, owner = share_ground(*_join(parts, owner), host)
    snaps = (SNAP_M, SNAP_M, tolerance_m)
    for snap_m in snaps:
        clean = clean_coverage(whole, snap_m=snap_m, gap_m=SLIVER_M)
        cells = _one_each(clean, owner, footprints)
        cells, outline = fit_outline(cells, area, snap_m=snap_m)
        sound = bool(shapely.coverage_is_valid(cells) and shapely.is_valid(cells).all())
        if sound and not outline.loose:
            break
        whole, owner = _trimmed(area, whole, owner)
    return Settled(cells, outline, sound)


def _one_each(clean: Shapes, owner: Ints, footprints: Shapes) -> Shapes:
    """One cell per unit; what lost touch with its unit goes to a neighbour."""
    pieces, index = shapely.get_parts(clean, return_index=True)
    owner = owner[index].copy()
    _disown_detached(pieces, owner, footprints)
    owner = absorb_parts(pieces, owner, np.zeros(len(pieces), dtype=np.int64))
    return _coverage_unions(pieces, _adopt_islands(pieces, owner), len(footprints))


def _trimmed(area: shapely.Geometry, whole: Shapes, owner: Ints) -> tuple[Shapes, Ints]:
    """Cut off what reaches beyond the community, and add what is left of it as nobody's."""
    inside = polygons_of(shapely.intersection(whole, area))
    rest = shapely.get_parts(shapely.difference(area, shapely.union_all(whole)))
    rest = rest[shapely.area(rest) > 0]
    return np.r_[inside, rest], np.r_[owner, np.full(len(rest), -1)]


def _join(parts: Shapes, owner: Ints) -> tuple[Shapes, Ints]:
    """One piece per owner; nobody's pieces stay as they are."""
    owned = owner >= 0
    who, position = np.unique(owner[owned], return_inverse=True)
    cells = polygons_of(unions(parts[owned], position, len(who)))
    return np.r_[cells, polygons_of(parts[~owned])], np.r_[who, owner[~owned]]


def _disown_detached(pieces: Shapes, owner: Ints, footprints: Shapes) -> None:
    """Take from a unit the pieces of its cell away from its footprint; a guest keeps one piece."""
    count = np.bincount(owner[owner >= 0], minlength=len(footprints))
    at = np.flatnonzero((owner >= 0) & (count[owner] > 1))
    if not len(at):
        return
    who, area = owner[at], shapely.area(pieces[at])
    stands = shapely.area(shapely.intersection(pieces[at], footprints[who]))
    ground, largest = np.zeros((2, len(footprints)))
    np.maximum.at(ground, who, stands)
    np.maximum.at(largest, who, area)
    has_ground = ground[who] >= STANDS_M2
    owner[at[~np.where(has_ground, stands >= STANDS_M2, area == largest[who])]] = -1


def _adopt_islands(pieces: Shapes, owner: Ints) -> Ints:
    """Give ground that touches no cell, such as a bare island, to the nearest."""
    left = np.flatnonzero(owner < 0)
    offers = np.flatnonzero(owner >= 0)
    if not len(left) or not len(offers):
        return owner
    owner = owner.copy()
    island = _connected(pieces[left])
    for number in np.unique(island):
        own = left[island == number]
        metres = shapely.distance(shapely.union_all(pieces[own]), pieces[offers])
        order = np.lexsort((owner[offers], np.round(metres, 3)))
        owner[own] = owner[offers[order[0]]]
    return owner


def _connected(pieces: Shapes) -> Ints:
    """Smallest member of the connected part of each piece."""
    edges = shared_edges(pieces)
    a, b = edges.left, edges.right
    label = np.arange(len(pieces))
    while True:
        lower = label.copy()
        np.minimum.at(lower, a, label[b])
        np.minimum.at(lower, b, label[a])
        if np.array_equal(lower, label):
            return label
        label = lower


def _coverage_unions(pieces: Shapes, owner: Ints, count: int) -> Shapes:
    result = np.full(count, shapely.Polygon(), dtype=object)
    order = np.argsort(owner, kind="stable")
    order = order[owner[order] >= 0]
    pieces, owner = pieces[order], owner[order]
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    for at, end in zip(first, np.r_[first[1:], len(owner)], strict=True):
        own = pieces[at:end]
        result[owner[at]] = own[0] if len(own) == 1 else shapely.coverage_union_all(own)
    return result
