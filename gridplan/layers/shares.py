"""Which area holds how much of a shape: the measure by which shapes are attributed to areas."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

Shapes = NDArray[np.object_]


def largest_share(
    shapes: Shapes, areas: gpd.GeoDataFrame
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the area that holds most of every shape; the first row wins a tie.

    Parameters
    ----------
    shapes
        (n,) polygons or points.
    areas
        Polygons, sorted so that the first may win.

    Returns
    -------
    row : numpy.ndarray
        int64 (n,), position in ``areas``; -1 where a shape meets none.
    share : numpy.ndarray
        float64 (n,), share of the shape's own area that lies in it; 1 for a point.
    """
    return best_shares(shares_of(shapes, areas), len(shapes))


def best_shares(table: pd.DataFrame, count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Pick the largest of the shares of each of ``count`` shapes, as ``largest_share`` does."""
    best = table.sort_values(["shape", "share", "area"], ascending=[True, False, True])
    best = best.drop_duplicates("shape")
    row = np.full(count, -1, dtype=np.int64)
    share = np.zeros(count)
    row[best["shape"]] = best["area"]
    share[best["shape"]] = best["share"]
    return row, share


def shares_of(shapes: Shapes, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Measure the share of each shape in each area it meets; a point has the share 1.

    Returns
    -------
    pandas.DataFrame
        ``shape`` and ``area`` (positions), ``share`` (of the shape's own area, more than 0).
    """
    grounds = areas.geometry.to_numpy()
    shape, area = areas.sindex.query(shapes)
    shapely.prepare(grounds)
    share = np.ones(len(shape))
    partly = np.flatnonzero(~shapely.covers(grounds[area], shapes[shape]))
    meets = shapely.intersects(grounds[area[partly]], shapes[shape[partly]])
    shapely.destroy_prepared(grounds)  # an index is much larger than its polygon
    share[partly[~meets]] = 0
    partly = partly[meets]
    total = shapely.area(shapes[shape[partly]])
    part = shapely.area(shapely.intersection(shapes[shape[partly]], grounds[area[partly]]))
    share[partly] = np.divide(part, total, out=np.ones_like(part), where=total > 0)
    # Rounded, so that halves are equal whatever the arithmetic leaves in the last digit.
    table = pd.DataFrame({"shape": shape, "area": area, "share": share.round(9)})
    return table[table["share"] > 0]
