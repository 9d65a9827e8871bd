"""The community of a shape, where reading must know it before units are placed."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray


def home_codes(
    units: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, nearest_m: float
) -> "pd.Series[str]":
    """Find the community of units by the rule of design section 10.

    The unit's own column wins; else the community with the largest share of its area, then the
    smallest code; a unit outside every community joins the nearest.

    Parameters
    ----------
    units
        ``community_code`` (missing where geometry decides) and shapes in metres.
    communities
        ``community_code`` and polygons in metres, sorted by code.
    nearest_m
        How far outside every community a unit may lie, in metres.

    Returns
    -------
    pandas.Series
        Codes with the index of ``units``; None where a unit lies outside every community.
    """
    codes = communities["community_code"].to_numpy(dtype=object)
    given = units["community_code"]
    named = given.isin(codes).to_numpy()
    home = given.where(named, None).to_numpy(dtype=object).copy()
    free = np.flatnonzero(~named)
    found = _largest(units.geometry.to_numpy()[free], communities)
    lost = np.flatnonzero(found < 0)
    if len(lost):
        shapes = units.geometry.to_numpy()[free[lost]]
        (row, area), metres = communities.sindex.nearest(
            shapes, max_distance=max(nearest_m, 1e-9), return_all=True, return_distance=True
        )
        near = pd.DataFrame({"row": row, "area": area, "metres": metres})
        near = near.sort_values(["row", "metres", "area"]).drop_duplicates("row")
        found[lost[near["row"]]] = near["area"].to_numpy()
    home[free] = np.where(found >= 0, codes[found], None)
    return pd.Series(home, index=units.index, dtype=object)


def _largest(shapes: NDArray[np.object_], areas: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Position of the area that holds most of each shape, the first of equals; -1 for none."""
    shape, area = areas.sindex.query(shapes, predicate="intersects")
    ground = areas.geometry.to_numpy()
    share = np.ones(len(shape))
    several = np.flatnonzero(pd.Series(shape).duplicated(keep=False).to_numpy())
    total = shapely.area(shapes[shape[several]])
    part = shapely.area(shapely.intersection(shapes[shape[several]], ground[area[several]]))
    share[several] = np.divide(part, total, out=np.ones_like(part), where=total > 0).round(9)
    table = pd.DataFrame({"shape": shape, "area": area, "share": share})
    table = table.sort_values(["shape", "share", "area"], ascending=[True, False, True])
    first = table.drop_duplicates("shape")
    found = np.full(len(shapes), -1, dtype=np.int64)
    found[first["shape"]] = first["area"]
    return found
