"""Ground that several units stand on, cut into strips."""

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.layers.cut import long_axis
from gridplan.topology import Shapes


def cut_strips(shape: shapely.Geometry, count: int) -> Shapes:
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
    start, along, across = long_axis(shape)
    steps = np.linspace(0.0, 1.0, count + 1)
    steps[0], steps[-1] = -0.01, 1.01
    low = start + steps[:-1, None] * along - 0.01 * across
    high = start + steps[1:, None] * along - 0.01 * across
    rings = np.stack([low, high, high + 1.02 * across, low + 1.02 * across], axis=1)
    strips: Shapes = shapely.intersection(shape, shapely.polygons(rings))
    return strips


def share_ground(
    cells: Shapes, owner: NDArray[np.int64], host: NDArray[np.int64]
) -> tuple[Shapes, NDArray[np.int64]]:
    """Cut the cells that several units stand on into strips, one a unit.

    Parameters
    ----------
    cells
        (n,) polygons.
    owner
        int64 (n,), the unit of each; -1: nobody.
    host
        int64, by unit the unit on whose ground it stands.

    Returns
    -------
    tuple
        ``cells`` and ``owner`` with the strips in place of what was cut.
    """
    crowded = np.flatnonzero(np.bincount(host, minlength=len(host))[host] > 1)
    if not len(crowded):
        return cells, owner
    guests = pd.Series(crowded).groupby(host[crowded])
    shared = {int(str(unit)): np.sort(who.to_numpy()) for unit, who in guests}
    at = np.flatnonzero(np.isin(owner, list(shared)))
    # The largest part is cut; the others are nobody's, so that no strip is left without ground.
    parts, whole = shapely.get_parts(cells[at], return_index=True)
    largest = pd.Series(shapely.area(parts)).groupby(whole).idxmax().to_numpy()
    rest = np.setdiff1d(np.arange(len(parts)), largest)
    who = [shared[int(owner[i])] for i in at]
    strips = [cut_strips(parts[k], len(w)) for k, w in zip(largest, who, strict=True)]
    return (
        np.concatenate([np.delete(cells, at), *strips, parts[rest]]),
        np.concatenate([np.delete(owner, at), *who, np.full(len(rest), -1)]),
    )
