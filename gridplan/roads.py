"""Roads cut at grid borders; a road on a border belongs to the grids on both sides, in shares."""

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.processes import Parcel, run_pieces
from gridplan.topology import Shapes

BORDER_M = 1.0
"""A road nearer than this to a grid border runs on it, in metres."""

CROSSING_M = 4.0
"""A stretch near a border that is shorter than this crosses it and is cut there, in metres."""

STRETCH_M = 10.0
"""A road along a border is looked at in stretches of at most this length, in metres."""

SHORTEST_M = 0.01
"""Pieces of a road shorter than this are debris of the cutting, in metres."""

SHARE_DECIMALS = 6

SHARED = 30_000
"""Roads from which on they are shared among processes, which take seconds to start."""

AT_ONCE = 8_000
"""Roads that are cut together; cutting takes some 12 kB of memory for each."""

NEAR_M = 10.0
"""Grids farther than this from a road have nothing to do with it, in metres."""

STRIP_M = 2_000.0
"""Width of the strips of ground in which roads stand together, in metres."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Part:
    """Some roads that lie near each other, and the grids around them, by their positions."""

    roads: Ints
    lines: Parcel
    grids: Ints
    areas: Parcel


@dataclass(frozen=True, eq=False)
class _Cut:
    """Roads cut: of every piece its road, its grid (-1 for none), its share and its shape.

    ``shapes`` has each shape once: that of a stretch on a border is the same in both its grids.
    """

    road: Ints
    grid: Ints
    share: NDArray[np.float64]
    shape: Ints
    shapes: Parcel


def cut_roads(
    roads: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, workers: int = 1
) -> gpd.GeoDataFrame:
    """Cut roads at grid borders.

    Parameters
    ----------
    roads
        ``road_id`` and lines in metres, and any other columns.
    grids
        ``grid_code`` and polygons, sorted by code.
    workers
        Processes for the roads of a large city, which change nothing else.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per road, grid and share, sorted: ``grid_code`` ("" outside), ``length_m`` (metres
        of the stretch) and ``share`` (1 inside a grid; a stretch on a border stands once for each
        of its grids, the shares add up to 1). Length times share adds up to the whole road.
    """
    if roads.empty:
        return roads.assign(grid_code="", length_m=0.0, share=1.0)
    lines = roads.geometry.to_numpy()
    crew = workers if len(lines) > SHARED else 1
    parts = _parts(lines, grids.geometry.to_numpy())
    done = (cut for _, cut in run_pieces(_cut, parts, crew))
    table = _sorted(
        pd.concat(
            [_table(cut.road, cut.grid, cut.share, cut.shapes.shapes[cut.shape]) for cut in done]
        )
    )
    found = roads.drop(columns="geometry").iloc[table["road"]].reset_index(drop=True)
    codes = np.r_[grids["grid_code"].to_numpy(dtype=object), [""]]
    found["grid_code"] = codes[table["grid"].to_numpy()]
    shapes = table["shape"].to_numpy(dtype=object)
    cut = gpd.GeoDataFrame(found, geometry=shapes, crs=roads.crs)
    cut["length_m"] = shapely.length(shapes)
    cut["share"] = table["share"]
    keep = (cut["length_m"] > SHORTEST_M) | ~cut.duplicated("road_id", keep=False)
    return cut[keep].sort_values(
        ["road_id", "grid_code", "share"],
        ascending=[True, True, False],
        kind="stable",
        ignore_index=True,
    )


def _parts(lines: Shapes, areas: Shapes) -> Iterator[_Part]:
    """Roads with the grids that are near, all at once where they are not many."""
    if len(lines) <= AT_ONCE:
        yield _Part(np.arange(len(lines)), Parcel(lines), np.arange(len(areas)), Parcel(areas))
        return
    west, south, east, north = shapely.bounds(lines).T
    order = np.lexsort((south + north, np.floor((west + east) / (2 * STRIP_M))))
    tree = shapely.STRtree(areas)
    for first in range(0, len(order), AT_ONCE):
        rows = np.sort(order[first : first + AT_ONCE])
        w, s, e, n = (side[rows] for side in (west, south, east, north))
        around = shapely.box(w - NEAR_M, s - NEAR_M, e + NEAR_M, n + NEAR_M)
        near = np.unique(tree.query(around)[1])
        yield _Part(rows, Parcel(lines[rows]), near, Parcel(areas[near]))


def _cut(part: _Part) -> _Cut:
    """Cut some roads, and join what of a road lies in one grid with one share."""
    table = _pieces(part.lines.shapes, part.areas.shapes)
    table["share"] = table["share"].round(SHARE_DECIMALS)
    table = _sorted(table)
    first = table.drop_duplicates(["road", "grid", "share"])
    group = np.searchsorted(first.index.to_numpy(), np.arange(len(table)), side="right") - 1
    merged = _merged(table["shape"].to_numpy(dtype=object), group, len(first))
    shape, _ = pd.factorize(shapely.to_wkb(merged))
    _, place = np.unique(shape, return_index=True)
    return _Cut(
        part.roads[first["road"].to_numpy()],
        np.r_[part.grids, -1][first["grid"].to_numpy()],
        first["share"].to_numpy(),
        shape.astype(np.int64),
        Parcel(merged[place]),
    )


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    keys = ["road", "grid", "share"]
    return table.sort_values(keys, ascending=[True, True, False], kind="stable", ignore_index=True)


def _pieces(lines: Shapes, areas: Shapes) -> pd.DataFrame:
    """Every piece: ``road``, ``grid`` (-1 for none), ``share`` and ``shape``."""
    inner = shapely.buffer(areas, -BORDER_M)
    road, grid = shapely.STRtree(inner).query(lines, predicate="intersects")
    rest = _rest(lines, inner, road, grid)
    reach = shapely.buffer(shapely.coverage_union_all(areas), BORDER_M)
    within, beyond = _parted(rest, reach)
    runs, owner = _runs(within)
    away, whose = _runs(beyond)
    crossing, place = _crossings(runs, areas)
    along, on = _along(np.delete(runs, np.unique(crossing["run"])), areas)
    beside = np.delete(owner, np.unique(crossing["run"]))
    return pd.concat(
        [
            _table(road, grid, 1.0, shapely.intersection(lines[road], inner[grid])),
            _table(owner[crossing["run"]], place, 1.0, crossing["shape"].to_numpy(dtype=object)),
            _table(beside[on["run"]], on["grid"].to_numpy(), on["share"].to_numpy(), along),
            _table(whose, np.full(len(away), -1), 1.0, away),
        ],
        ignore_index=True,
    )


def _parted(lines: Shapes, reach: shapely.Geometry) -> tuple[Shapes, Shapes]:
    """Part of each line within the city's ground, and part beyond.

    Only lines that leave it are compared with its whole outline, which is long.
    """
    shapely.prepare(reach)
    leaves = ~shapely.covers(reach, lines)
    west, south, east, north = shapely.bounds(lines).T
    around = shapely.box(west - 1, south - 1, east + 1, north + 1)
    within = shapely.intersection(lines, np.where(leaves, reach, around))
    beyond = np.full(len(lines), shapely.LineString())
    beyond[leaves] = shapely.difference(lines[leaves], reach)
    return within, beyond


def _table(
    road: Ints, grid: Ints, share: "float | NDArray[np.float64]", shape: Shapes
) -> pd.DataFrame:
    return pd.DataFrame({"road": road, "grid": grid, "share": share, "shape": list(shape)}).astype(
        {"road": "int64", "grid": "int64", "share": "float64", "shape": object}
    )


def _crossings(runs: Shapes, areas: Shapes) -> tuple[pd.DataFrame, Ints]:
    """Short runs over a border, cut at it: ``run`` and ``shape``, and the grid of each.

    A short run that lies on a border, or partly outside, is none.
    """
    metres = shapely.length(runs)
    short = np.flatnonzero(metres < CROSSING_M)
    at, grid = shapely.STRtree(areas).query(runs[short], predicate="intersects")
    parts = shapely.intersection(runs[short[at]], areas[grid])
    table = pd.DataFrame({"run": short[at], "grid": grid, "metres": shapely.length(parts)})
    table["shape"] = list(parts)
    total = table.groupby("run")["metres"].transform("sum")
    own = metres[table["run"]]
    table = table[(abs(total - own) <= SHORTEST_M) & (table["metres"] > 0)]
    return table[["run", "shape"]], table["grid"].to_numpy(dtype=np.int64)


def _along(runs: Shapes, areas: Shapes) -> tuple[Shapes, pd.DataFrame]:
    """Stretches along borders, once for each grid beside them: ``run``, ``grid``, ``share``."""
    pieces, owner = _stretches(shapely.segmentize(runs, STRETCH_M))
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    tree = shapely.STRtree(areas)
    piece, grid = tree.query(middle, predicate="dwithin", distance=BORDER_M)
    lost = np.setdiff1d(np.arange(len(pieces)), piece)
    table = pd.DataFrame({"piece": np.r_[piece, lost], "grid": np.r_[grid, np.full(len(lost), -1)]})
    table["share"] = 1.0 / table.groupby("piece")["grid"].transform("size")
    table["run"] = owner[table["piece"]]
    return pieces[table["piece"]], table


def _runs(lines: Shapes) -> tuple[Shapes, Ints]:
    """Connected runs of lines, with the position of their line; points are left out."""
    parts, owner = shapely.get_parts(lines, return_index=True)
    flat = shapely.get_dimensions(parts) == 1
    parts, owner = parts[flat], owner[flat]
    met, group = np.unique(owner, return_inverse=True)
    merged = shapely.line_merge(shapely.multilinestrings(parts, indices=group))
    runs, whose = shapely.get_parts(merged, return_index=True)
    return runs, met[whose].astype(np.int64)


def _merged(pieces: Shapes, group: Ints, count: int) -> Shapes:
    """Join the lines of each group end to end; points where a road only touches are left out."""
    parts, piece = shapely.get_parts(pieces, return_index=True)
    lines = shapely.get_dimensions(parts) == 1
    own = group[piece[lines]]
    merged = np.full(count, shapely.line_merge(shapely.MultiLineString()))
    if len(own):
        there, number = np.unique(own, return_inverse=True)
        joined = shapely.multilinestrings(parts[lines], indices=number)
        merged[there] = shapely.line_merge(joined)
    return merged


def _rest(lines: Shapes, inner: Shapes, road: Ints, grid: Ints) -> Shapes:
    """Take from each road what lies inside a grid; a border or the outside is left."""
    rest = lines.copy()
    meets, first = np.unique(road, return_index=True)
    grounds = [
        shapely.multipolygons(shapely.get_parts(near)) for near in np.split(inner[grid], first[1:])
    ]
    rest[meets] = shapely.difference(lines[meets], np.array(grounds, dtype=object))
    return rest


def _stretches(lines: Shapes) -> tuple[Shapes, Ints]:
    """Every straight stretch of the lines, with the position of its line."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    same = line[1:] == line[:-1]
    stretches = shapely.linestrings(np.stack([xy[:-1][same], xy[1:][same]], axis=1))
    return stretches, line[:-1][same].astype(np.int64)
