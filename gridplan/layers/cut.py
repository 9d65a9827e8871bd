"""A footprint cut into strips across its long axis."""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

Shapes = NDArray[np.object_]
Floats = NDArray[np.float64]

_STEPS = 60


def long_axis(shape: shapely.Geometry) -> tuple[Floats, Floats, Floats]:
    """Find the frame of a polygon: its smallest rectangle, along its long side.

    Returns
    -------
    tuple
        A corner of the rectangle, its long side (from west to east, or from south to north where
        it stands upright) and its short side, as vectors in metres.
    """
    corners = shapely.get_coordinates(shapely.oriented_envelope(shape))[:4]
    sides = np.roll(corners, -1, axis=0) - corners
    long = int(np.argmax(np.round(np.hypot(*sides.T), 6)))
    start, along, across = corners[long], sides[long], sides[(long + 1) % 4]
    if (round(along[0], 6), round(along[1], 6)) < (0.0, 0.0):
        start, along = start + along, -along
    return start, along, across


def cut_by_shares(shape: shapely.Geometry, shares: Sequence[float]) -> Shapes:
    """Cut a polygon across its long axis into strips with given shares of its area.

    Parameters
    ----------
    shape
        Valid polygon or multipolygon in metres.
    shares
        Above 0 each; only their proportions count.

    Returns
    -------
    numpy.ndarray
        The strips in order along the axis, from west to east, or from south to north where it is
        steeper than 45 degrees; they match vertex for vertex.
    """
    if len(shares) == 1:
        return np.array([shape], dtype=object)
    start, along, across = long_axis(shape)
    if -along[1] > abs(along[0]):  # steeper than 45 degrees: from south to north
        start, along = start + along, -along
    wanted = np.cumsum(shares)[:-1] / np.sum(shares) * shape.area
    low, high = np.zeros(len(wanted)), np.ones(len(wanted))
    for _ in range(_STEPS):
        middle = (low + high) / 2
        small = shapely.area(shapely.intersection(shape, _bands(middle, start, along, across)))
        low, high = np.where(small < wanted, middle, low), np.where(small < wanted, high, middle)
    cuts = (low + high) / 2
    ends = np.stack([start + cuts[:, None] * along + k * across for k in (-0.01, 1.01)], axis=1)
    network = shapely.union_all(np.r_[[shapely.boundary(shape)], shapely.linestrings(ends)])
    faces = shapely.get_parts(shapely.polygonize([network]))
    inner = shapely.point_on_surface(faces)
    inside = shapely.intersects(shape, inner)
    faces, inner = faces[inside], inner[inside]
    place = (shapely.get_coordinates(inner) - start) @ along / (along @ along)
    strip = np.searchsorted(cuts, place)
    strips = [shapely.coverage_union_all(faces[strip == k]) for k in range(len(shares))]
    return np.array(strips, dtype=object)


def _bands(ends: Floats, start: Floats, along: Floats, across: Floats) -> Shapes:
    """Rectangles over the frame from before its beginning to each end."""
    low, high = start - 0.01 * along - 0.01 * across, start - 0.01 * along + 1.01 * across
    far = (ends[:, None] + 0.01) * along
    count = len(ends)
    rings = np.stack(
        [np.tile(low, (count, 1)), low + far, high + far, np.tile(high, (count, 1))], axis=1
    )
    bands: Shapes = shapely.polygons(rings)
    return bands
