"""Where the polygons of one layer do not fit each other: overlaps, narrow gaps, enclosed gaps."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

Shapes = NDArray[np.object_]

LISTED_M2 = 0.01
"""Overlaps and gaps below this are the noise of arithmetic, in square metres."""

MITRE_LIMIT = 20.0
"""Corners of the outline sharper than about 6 degrees count as narrow gaps."""


@dataclass(frozen=True)
class Overlaps:
    """Pairs of polygons that cover the same ground.

    Parameters
    ----------
    left, right
        int64 (k,), positions of the two, ``left < right``, ascending.
    area_m2
        float64 (k,), ground that both cover.
    ground
        (k,) that ground.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    area_m2: NDArray[np.float64]
    ground: Shapes


def find_overlaps(
    shapes: Shapes, suspect: NDArray[np.bool_] | None = None, *, least_m2: float = LISTED_M2
) -> Overlaps:
    """Find every pair of polygons that overlap.

    Parameters
    ----------
    shapes
        (n,) valid polygons in metres.
    suspect
        (n,), polygons of which at least one is in every pair; all where None.
    least_m2
        Smaller overlaps are left out, in square metres.
    """
    look = np.arange(len(shapes)) if suspect is None else np.flatnonzero(suspect)
    row, other = shapely.STRtree(shapes).query(shapes[look], predicate="intersects")
    pairs = np.sort(np.c_[look[row], other], axis=1)
    pairs = np.unique(pairs[pairs[:, 0] < pairs[:, 1]], axis=0).reshape(-1, 2)
    ground = shapely.intersection(shapes[pairs[:, 0]], shapes[pairs[:, 1]])
    area = shapely.area(ground)
    keep = area >= least_m2
    return Overlaps(pairs[keep, 0], pairs[keep, 1], area[keep], ground[keep])


def narrow_gaps(shapes: Shapes, width_m: float) -> tuple[Shapes, NDArray[np.int64]]:
    """Find the gaps between polygons that are narrower than a width, open at an end or not.

    Each gap is cut where its neighbours change, and each piece has the first of the polygons
    beside it as its owner, so that no polygon gets a thread along the border of others.

    Parameters
    ----------
    shapes
        Valid polygons in metres, sorted so that the first may win.
    width_m
        Narrower gaps are found, in metres.

    Returns
    -------
    pieces : numpy.ndarray
        Polygons, without noise below ``LISTED_M2``.
    owner : numpy.ndarray
        int64, position of the polygon that each piece lies beside.
    """
    empty = np.array([], dtype=object), np.array([], dtype=np.int64)
    if width_m <= 0:
        return empty
    whole = shapely.union_all(shapes)
    half = width_m / 2 * (1 + 1e-6)
    style = {"join_style": "mitre", "mitre_limit": MITRE_LIMIT}
    closed = shapely.buffer(shapely.buffer(whole, half, **style), -half, **style)
    gaps = shapely.get_parts(shapely.difference(closed, whole))
    gaps = gaps[(shapely.get_dimensions(gaps) == 2) & (shapely.area(gaps) >= LISTED_M2)]
    gaps = gaps[~_in_wide_holes(gaps, whole, closed)]
    gap, near = shapely.STRtree(shapes).query(gaps, predicate="dwithin", distance=1e-6)
    pieces: list[shapely.Geometry] = []
    owner: list[int] = []
    for i, members in pd.Series(near).groupby(gap):
        if members.nunique() > 1:  # else a notch in the outline of one polygon
            for part, who in _shared_out(gaps[int(str(i))], sorted(members), shapes, width_m):
                pieces.append(part)
                owner.append(who)
    return (np.array(pieces, dtype=object), np.array(owner, dtype=np.int64)) if owner else empty


def _in_wide_holes(
    gaps: Shapes, whole: shapely.Geometry, closed: shapely.Geometry
) -> NDArray[np.bool_]:
    """Whether a gap is only the narrow end of an enclosed one that stays open."""
    holes = enclosed_gaps(whole)
    wide = holes[shapely.area(shapely.difference(holes, closed)) >= LISTED_M2]
    inside = np.zeros(len(gaps), dtype=bool)
    at, _ = shapely.STRtree(wide).query(shapely.point_on_surface(gaps), predicate="within")
    inside[at] = True
    return inside


def _shared_out(
    gap: shapely.Geometry, members: list[int], shapes: Shapes, width_m: float
) -> list[tuple[shapely.Geometry, int]]:
    found = []
    for who in members:
        reach = shapely.buffer(shapely.intersection(shapes[who], gap.buffer(width_m)), width_m)
        part = shapely.intersection(gap, reach)
        gap = shapely.difference(gap, reach)
        if shapely.area(part) >= LISTED_M2:
            found.append((part, who))
    return found


def enclosed_gaps(whole: shapely.Geometry) -> Shapes:
    """Polygons of the holes of a ground, the largest first."""
    parts = shapely.get_parts(whole)
    rings = [ring for part in parts for ring in getattr(part, "interiors", ())]
    holes = shapely.polygons(rings) if rings else np.array([], dtype=object)
    return np.asarray(holes[np.argsort(-shapely.area(holes), kind="stable")])


def spot(shape: shapely.Geometry) -> tuple[float, float]:
    """A point on a shape, as the place of a finding."""
    point = shapely.point_on_surface(shape)
    return round(float(shapely.get_x(point)), 3), round(float(shapely.get_y(point)), 3)
