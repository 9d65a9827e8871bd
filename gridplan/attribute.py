"""Attribution: the grid of every facility, institution, building and road."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.domain import Finding, Severity
from gridplan.layers.columns import some
from gridplan.topology import Shapes
from gridplan.units import largest_share

BORDER_M = 1.0
"""A road nearer than this to a grid border runs on it, in metres."""

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
        ``grid_code`` and polygons that tile the communities.
    findings
        One ``object-outside`` per layer with objects in no grid is added.

    Returns
    -------
    dict
        The layers with ``grid_code`` ("" where an object lies in no grid). Roads are cut at grid
        borders and carry ``length_m``; a stretch on a border goes to the smaller code.
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
    codes: NDArray[np.object_] = np.r_[grids["grid_code"].to_numpy(dtype=object), [""]]
    return codes[row]


def _cut_roads(roads: gpd.GeoDataFrame, grids: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if roads.empty:
        return roads.assign(grid_code="", length_m=0.0)
    lines = roads.geometry.to_numpy()
    inner = shapely.buffer(grids.geometry.to_numpy(), -BORDER_M)
    road, grid = shapely.STRtree(inner).query(lines, predicate="intersects")
    inside = shapely.intersection(lines[road], inner[grid])
    rest = _rest(lines, inner, road, grid)
    reach = shapely.buffer(shapely.coverage_union_all(grids.geometry.to_numpy()), BORDER_M)
    shapely.prepare(reach)
    pieces, owner = _stretches(
        np.r_[shapely.intersection(rest, reach), shapely.difference(rest, reach)]
    )
    owner %= len(lines)
    near = _nearest_grid(pieces, grids)
    shapes = np.r_[inside, pieces]
    table = pd.DataFrame({"road": np.r_[road, owner], "grid": np.r_[grid, near]})
    order = table.sort_values(["road", "grid"], kind="stable").index.to_numpy()
    table, shapes = table.loc[order].reset_index(drop=True), shapes[order]
    first = table.drop_duplicates(["road", "grid"])
    groups = np.split(shapes, first.index.to_numpy()[1:])
    merged = [_merged(group) for group in groups]
    found = roads.drop(columns="geometry").iloc[first["road"]].reset_index(drop=True)
    found["grid_code"] = _codes(grids, first["grid"].to_numpy())
    cut = gpd.GeoDataFrame(found, geometry=merged, crs=roads.crs)
    cut["length_m"] = shapely.length(cut.geometry.to_numpy())
    keep = (cut["length_m"] > SHORTEST_ROAD_M) | ~cut.duplicated("road_id", keep=False)
    return cut[keep].sort_values(["road_id", "grid_code"], kind="stable", ignore_index=True)


def _merged(pieces: Shapes) -> shapely.Geometry:
    """Join lines end to end; points where a road only touches a grid are left out."""
    parts = shapely.get_parts(pieces)
    lines = parts[shapely.get_dimensions(parts) == 1]
    return shapely.line_merge(shapely.multilinestrings(lines))


def _rest(lines: Shapes, inner: Shapes, road: NDArray[np.int64], grid: NDArray[np.int64]) -> Shapes:
    """Take from each road what lies inside a grid; a border or the outside is left."""
    rest = lines.copy()
    meets, first = np.unique(road, return_index=True)
    grounds = [
        shapely.multipolygons(shapely.get_parts(near)) for near in np.split(inner[grid], first[1:])
    ]
    rest[meets] = shapely.difference(lines[meets], np.array(grounds, dtype=object))
    return rest


def _stretches(lines: Shapes) -> tuple[Shapes, NDArray[np.int64]]:
    """Every straight stretch of the lines, with the position of its line."""
    parts, owner = shapely.get_parts(lines, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    same = part[1:] == part[:-1]
    stretches = shapely.linestrings(np.stack([xy[:-1][same], xy[1:][same]], axis=1))
    return stretches, owner[part[:-1][same]]


def _nearest_grid(pieces: Shapes, grids: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Find the first grid within reach of each piece's middle; -1 where there is none."""
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    piece, grid = grids.sindex.query(middle, predicate="dwithin", distance=BORDER_M)
    first = pd.Series(grid, index=piece, dtype="int64").groupby(level=0).min()
    return first.reindex(range(len(pieces)), fill_value=-1).to_numpy()


def _list_outside(name: str, layer: gpd.GeoDataFrame, findings: list[Finding]) -> None:
    lost = layer[layer["grid_code"] == ""]
    if len(lost):
        ids = lost[layer.columns[0]]
        what = "stretches" if name == "roads" else "objects"
        findings.append(
            Finding(
                "object-outside",
                Severity.WARNING,
                f"{name}: {len(lost)} {what} lie outside every community and have no grid "
                f"({some(ids)})",
                layer=name,
                place=str(ids.iloc[0]),
                value=float(len(lost)),
            )
        )
