"""Attribution: the grid of every facility, institution, building and road."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.domain import Finding, Severity
from gridplan.layers.columns import some
from gridplan.units import largest_share

SHORTEST_ROAD_M = 0.01
"""Pieces of a road shorter than this are debris of the cutting, in metres."""


def attribute_all(
    extra: Mapping[str, gpd.GeoDataFrame], grids: gpd.GeoDataFrame, findings: list[Finding]
) -> dict[str, gpd.GeoDataFrame]:
    """Find the grid of every object.

    Parameters
    ----------
    extra
        ``facilities``, ``institutions``, ``buildings``, ``roads``, as read.
    grids
        ``grid_code`` and polygons that tile the communities, sorted by code.
    findings
        One ``object-outside`` per layer with objects in no grid is added.

    Returns
    -------
    dict
        The layers with ``grid_code`` ("" where an object lies in no grid). Roads are cut at grid
        borders and carry ``length_m``; a piece that runs on a border goes to the smaller code.
    """
    grids = grids.sort_values("grid_code", ignore_index=True)
    result = {}
    for name, layer in extra.items():
        if name == "roads":
            found = _cut_roads(layer, grids)
        else:
            row, _ = largest_share(layer.geometry.to_numpy(), grids)
            found = layer.assign(grid_code=_codes(grids, row))
        _list_outside(name, found, findings)
        result[name] = found
    return result


def _codes(grids: gpd.GeoDataFrame, row: NDArray[np.int64]) -> NDArray[np.object_]:
    return np.r_[grids["grid_code"].to_numpy(dtype=object), [""]][row]


def _cut_roads(roads: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    lines, grounds = roads.geometry.to_numpy(), grids.geometry.to_numpy()
    road, grid = grids.sindex.query(lines, predicate="intersects")
    pieces, index = shapely.get_parts(
        shapely.intersection(lines[road], grounds[grid]), return_index=True
    )
    road, grid = road[index], grid[index]
    keep = shapely.length(pieces) > SHORTEST_ROAD_M
    pieces, road, grid = pieces[keep], road[keep], grid[keep]
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    at, touching = grids.sindex.query(middle, predicate="dwithin", distance=1e-6)
    owner = pd.Series(touching, index=at).groupby(level=0).min().reindex(range(len(pieces)))
    own = owner.to_numpy() == grid
    table = gpd.GeoDataFrame({"road": road[own], "grid": grid[own]}, geometry=pieces[own])
    joined = table.dissolve(["road", "grid"], as_index=False, sort=True)
    shapes = shapely.line_merge(joined.geometry.to_numpy())
    inside = roads.drop(columns="geometry").iloc[joined["road"]].reset_index(drop=True)
    inside["grid_code"] = _codes(grids, joined["grid"].to_numpy())
    outside = roads[~np.isin(np.arange(len(roads)), joined["road"])].assign(grid_code="")
    found = gpd.GeoDataFrame(inside, geometry=shapes, crs=roads.crs)
    if len(outside):
        found = pd.concat([found, outside], ignore_index=True)
    found["length_m"] = shapely.length(found.geometry.to_numpy())
    return found.sort_values(["road_id", "grid_code"], kind="stable", ignore_index=True)


def _list_outside(name: str, layer: gpd.GeoDataFrame, findings: list[Finding]) -> None:
    lost = layer[layer["grid_code"] == ""]
    if len(lost):
        ids = lost[layer.columns[0]]
        findings.append(
            Finding(
                "object-outside",
                Severity.WARNING,
                f"{name}: {len(lost)} lie outside every community and have no grid ({some(ids)})",
                layer=name,
                place=str(ids.iloc[0]),
                value=float(len(lost)),
            )
        )
