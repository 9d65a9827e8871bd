"""Geometry as columns of whole numbers: small steps from the plan's south-western corner."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gridplan.maps.marks import Geometries
from gridplan.maps.web.pack import Ints, Pack


@dataclass(frozen=True)
class Lattice:
    """Origin of the page's coordinates in the plan's CRS, in metres, and their steps in a metre."""

    x0: float
    y0: float
    per_metre: int = 10

    def places(self, xy: NDArray[np.float64]) -> Ints:
        """Whole coordinates, shape (n, 2), of places in the plan's CRS."""
        moved = (xy - (self.x0, self.y0)) * self.per_metre
        return np.rint(moved).astype(np.int64)


def put_shapes(pack: Pack, name: str, shapes: Geometries, lattice: Lattice) -> None:
    """Add polygons or lines: rings per feature, points per ring, and the points.

    The last point of a ring is left out, holes are rings like any other (the page fills by the
    even-odd rule), points that fall together are one. Points, empty and missing shapes are features
    without rings.
    """
    rings, owner, closed = _rings(shapes)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    points = lattice.places(xy)
    same = np.zeros(len(points), dtype=bool)
    same[1:] = (ring[1:] == ring[:-1]) & (points[1:] == points[:-1]).all(axis=1)
    last = np.zeros(len(points), dtype=bool)
    if len(points):
        last[:-1] = ring[1:] != ring[:-1]
        last[-1] = True
    keep = ~same & ~(last & closed[ring])
    keep = _reclosed(keep, points, ring, closed)
    size = np.bincount(ring[keep], minlength=len(rings))
    enough = size >= np.where(closed, 3, 2)
    keep &= enough[ring]
    pack.column(f"{name}.rings", np.bincount(owner[enough], minlength=len(shapes)))
    pack.column(f"{name}.points", size[enough])
    pack.column(f"{name}.x", points[keep, 0], delta=True)
    pack.column(f"{name}.y", points[keep, 1], delta=True)


def _reclosed(
    keep: NDArray[np.bool_], points: Ints, ring: Ints, closed: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Drop the last kept point of a closed ring where rounding made it equal to the first."""
    kept = np.flatnonzero(keep)
    if not len(kept):
        return keep
    starts = np.flatnonzero(np.r_[True, ring[kept][1:] != ring[kept][:-1]])
    ends = np.r_[starts[1:], len(kept)] - 1
    first, last = kept[starts], kept[ends]
    double = (points[first] == points[last]).all(axis=1) & closed[ring[first]] & (first != last)
    keep = keep.copy()
    keep[last[double]] = False
    return keep


def _rings(shapes: Geometries) -> tuple[Geometries, Ints, NDArray[np.bool_]]:
    """Rings of polygons and lines as they are, their features, and which of them are closed."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    dimension = shapely.get_dimensions(parts)
    rings, part = shapely.get_rings(parts[dimension == 2], return_index=True)
    of_rings = owner[dimension == 2][part]
    lines, of_lines = parts[dimension == 1], owner[dimension == 1]
    every = np.r_[rings, lines].astype(object)
    of_every = np.r_[of_rings, of_lines].astype(np.int64)
    closed = np.r_[np.ones(len(rings), bool), np.zeros(len(lines), bool)]
    order = np.argsort(of_every, kind="stable")
    return every[order], of_every[order], closed[order]


def label_spots(shapes: Geometries, lattice: Lattice) -> tuple[Ints, Ints]:
    """Middle and radius of the largest circle inside each polygon, where a label has most room."""
    spots = np.zeros((len(shapes), 2), dtype=np.int64)
    radius = np.zeros(len(shapes), dtype=np.int64)
    real = np.flatnonzero(shapely.area(shapes) > 0)
    if len(real):
        rough = np.sqrt(shapely.area(shapes[real])) / 25
        circles = shapely.maximum_inscribed_circle(shapes[real], tolerance=rough)
        spots[real] = lattice.places(shapely.get_coordinates(shapely.get_point(circles, 0)))
        radius[real] = np.rint(shapely.length(circles) * lattice.per_metre).astype(np.int64)
    return spots, radius
