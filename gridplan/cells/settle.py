"""One coverage of the whole city from footprints and pieces of gaps."""

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

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


def settle_cells(
    parts: Shapes,
    owner: Ints,
    group: Ints,
    *,
    host: Ints,
    footprints: Shapes,
    tolerance_m: float,
) -> Shapes:
    """Join footprints and gap pieces to one cell per unit, clean for the whole city at once.

    Parameters
    ----------
    parts
        Polygons that tile the communities, but for the noise of arithmetic.
    owner, group
        int64, the unit (-1: nobody's) and the community of each part.
    host
        int64 (n,), by unit the unit on whose ground it stands.
    footprints
        (n,) ground of each unit; empty for a guest.
    tolerance_m
        Coarser snapping for a city that the fine one leaves unmatched, in metres.

    Returns
    -------
    numpy.ndarray
        (n,) cells, a coverage; empty for a unit that lost all its ground.
    """
    whole, owner, group = share_ground(*_join(parts, owner, group), host)
    cells = clean_coverage(whole, snap_m=SNAP_M, gap_m=SLIVER_M)
    if not shapely.coverage_is_valid(cells):
        cells = clean_coverage(whole, snap_m=tolerance_m, gap_m=SLIVER_M)
    pieces, index = shapely.get_parts(cells, return_index=True)
    owner, group = owner[index].copy(), group[index]
    _disown_detached(pieces, owner, footprints)
    owner = absorb_parts(pieces, owner, group)
    owner = _adopt_islands(pieces, owner, group)
    return _coverage_unions(pieces, owner, len(footprints))


def _join(parts: Shapes, owner: Ints, group: Ints) -> tuple[Shapes, Ints, Ints]:
    """One piece per owner; nobody's pieces stay as they are."""
    owned = owner >= 0
    who, first, position = np.unique(owner[owned], return_index=True, return_inverse=True)
    cells = polygons_of(unions(parts[owned], position, len(who)))
    return (
        np.r_[cells, polygons_of(parts[~owned])],
        np.r_[who, owner[~owned]],
        np.r_[group[owned][first], group[~owned]],
    )


def _disown_detached(pieces: Shapes, owner: Ints, footprints: Shapes) -> None:
    """Take from a unit the pieces of its cell away from its footprint; a guest keeps one piece."""
    many = pd.Series(owner).duplicated(keep=False).to_numpy() & (owner >= 0)
    at = np.flatnonzero(many)
    stands = shapely.area(shapely.intersection(pieces[at], footprints[owner[at]]))
    table = pd.DataFrame({"owner": owner[at], "stands": stands, "area": shapely.area(pieces[at])})
    best = table.groupby("owner")[["stands", "area"]].transform("max")
    has_ground = best["stands"] >= STANDS_M2
    keeps = (table["stands"] >= STANDS_M2).where(has_ground, table["area"] == best["area"])
    owner[at[~keeps.to_numpy()]] = -1


def _adopt_islands(pieces: Shapes, owner: Ints, group: Ints) -> Ints:
    """Give ground that touches no cell of its community, such as a bare island, to the nearest."""
    left = np.flatnonzero(owner < 0)
    if not len(left):
        return owner
    owner = owner.copy()
    island = _connected(pieces[left], group[left])
    for number in np.unique(island):
        own = left[island == number]
        offers = np.flatnonzero((owner >= 0) & (group == group[own[0]]))
        if len(offers):
            metres = shapely.distance(shapely.union_all(pieces[own]), pieces[offers])
            order = np.lexsort((owner[offers], np.round(metres, 3)))
            owner[own] = owner[offers[order[0]]]
    return owner


def _connected(pieces: Shapes, group: Ints) -> Ints:
    """Smallest member of the connected part of each piece."""
    edges = shared_edges(pieces)
    inside = group[edges.left] == group[edges.right]
    a, b = edges.left[inside], edges.right[inside]
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
