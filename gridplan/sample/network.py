"""Roads, railways, bridges and the links that only they make."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan.sample.kinds import SETBACK_M, WAY_NAMES, WAY_WIDTH_M, Bools, Floats, Ints, Way
from gridplan.sample.land import frame
from gridplan.sample.lots import ISLAND_HALF_M, Island
from gridplan.sample.names import Words, numbered, place_names
from gridplan.sample.plots import avenue
from gridplan.sample.shapes import Ground


def corridor(ground: Ground) -> Any:
    """Land that the slanting avenue keeps free; empty where there is none."""
    line = avenue(ground.layout)
    if not len(line):
        return shapely.from_wkt("POLYGON EMPTY")
    bent = shapely.linestrings(_bent(ground, line[0], line[-1]))
    return shapely.buffer(bent, float(SETBACK_M[Way.ARTERIAL]))


def _bent(ground: Ground, start: Floats, stop: Floats) -> Floats:
    """Points every 25 m of a line that is straight in the lattice."""
    steps = max(2, int(np.hypot(*(stop - start)) // 25) + 1)
    t = np.linspace(0.0, 1.0, steps)
    return ground.warp(start[0] + t * (stop[0] - start[0]), start[1] + t * (stop[1] - start[1]))


@dataclass(frozen=True)
class Extras:
    """Roads off the lattice: way, structure and lines."""

    way: list[int]
    structure: list[str]
    lines: list[Any]

    def add(self, way: Way, structure: str, points: Floats) -> None:
        """Add one line."""
        self.way.append(int(way))
        self.structure.append(structure)
        self.lines.append(shapely.linestrings(points))


def road_layer(
    ground: Ground, lines: pd.DataFrame, island: Island | None, tunnel: Floats | None, seed: int
) -> gpd.GeoDataFrame:
    """Roads: road_id, name, name_en, road_class, width_m, structure (bridge, underpass or none).

    ``tunnel`` holds the ground points of the foot underpass below the railway.
    """
    extra = _off_lattice(ground, island, tunnel)
    roads = lines[lines["way"] != Way.RAIL].reset_index(drop=True)
    off = np.array(extra.way, np.int64)
    name = _road_names(ground, roads, off, seed)
    way = np.concatenate([roads["way"].to_numpy(), off])
    structure = np.concatenate([_structures(ground, roads), np.array(extra.structure, object)])
    return frame(
        {
            "road_id": numbered("R", np.arange(1, len(way) + 1), max(5, len(str(len(way))))),
            "name": name[0],
            "name_en": name[1],
            "road_class": np.array(WAY_NAMES, object)[way],
            "width_m": WAY_WIDTH_M[way],
            "structure": structure,
        },
        np.concatenate([roads["geometry"].to_numpy(), np.array(extra.lines, object)]),
    )


def _off_lattice(ground: Ground, island: Island | None, tunnel: Floats | None) -> Extras:
    extra = Extras([], [], [])
    line = avenue(ground.layout)
    if len(line):
        wet = ground.layout.river_rows
        banks = np.sort(ground.layout.v[np.concatenate([wet, wet + 1])])
        banks = banks[(banks > line[0, 1]) & (banks < line[-1, 1])]
        stops = np.concatenate([line[:1, 1], banks, line[-1:, 1]])
        slope = (line[-1, 0] - line[0, 0]) / (line[-1, 1] - line[0, 1])
        points = np.column_stack([line[0, 0] + (stops - line[0, 1]) * slope, stops])
        over = np.isin(stops[:-1], ground.layout.v[wet])
        for a, b, bridge in zip(points[:-1], points[1:], over, strict=True):
            extra.add(Way.ARTERIAL, "bridge" if bridge else "", _bent(ground, a, b))
    if island is not None:
        middle = np.array([island.u, island.v + 11.0])  # behind the houses
        shore = np.array([island.u, island.v + ISLAND_HALF_M[1]])
        bank = np.array([island.u, island.bank_v])
        half = np.array([ISLAND_HALF_M[0] * 0.8, 0.0])
        extra.add(Way.LANE, "", _bent(ground, middle - half, middle + half))
        extra.add(Way.LANE, "", _bent(ground, middle, shore))
        extra.add(Way.LANE, "bridge", _bent(ground, shore, bank))
    if tunnel is not None:
        extra.add(Way.LANE, "underpass", tunnel)
    return extra


def _structures(ground: Ground, roads: pd.DataFrame) -> Floats:
    """Bridges over rivers and underpasses below the railway."""
    layout = ground.layout
    upright = roads["upright"].to_numpy()
    bridge = upright & np.isin(roads["start"], layout.river_rows)
    rails = layout.patch_line_u[layout.rail_columns()]
    under = ~upright & (np.isin(roads["start"], rails) | np.isin(roads["stop"], rails))
    return np.select([bridge, under], ["bridge", "underpass"], "").astype(object)


def _road_names(ground: Ground, roads: pd.DataFrame, off: Ints, seed: int) -> tuple[Words, Words]:
    """One name a lattice line for through roads, one a community for the rest.

    ``off`` has the ways of the roads off the lattice: one name for the avenue, one for the lanes.
    """
    size = ground.layout.size
    upright = roads["upright"].to_numpy()
    through = (roads["way"] >= Way.COLLECTOR).to_numpy()
    reach = np.where(upright, size.quads_v, size.quads_u)
    piece = np.where(through, 0, 1 + roads["start"].to_numpy() // reach)
    keys = pd.DataFrame({"upright": upright, "line": roads["line"], "piece": piece})
    key = keys.groupby(["upright", "line", "piece"]).ngroup().to_numpy()
    key = np.concatenate([key, key.max() + 1 + (off == Way.LANE)])
    zh, en = place_names(int(key.max()) + 1, seed, theme=7)
    kind = np.select(
        [roads["way"] == Way.LANE, roads["way"] == Way.ARTERIAL, upright], [2, 3, 1], 0
    )
    kind = np.concatenate([kind, np.where(off == Way.LANE, 2, 3)])
    ending = np.array(["街", "路", "巷", "大道"], object)[kind]
    ending_en = np.array([" Street", " Road", " Lane", " Avenue"], object)[kind]
    return zh[key] + ending, en[key] + ending_en


def rail_layer(lines: pd.DataFrame, seed: int) -> gpd.GeoDataFrame:
    """Railway lines: rail_id, name, name_en."""
    rails = lines[lines["way"] == Way.RAIL]
    zh, en = place_names(max(1, len(rails)), seed, theme=8)
    return frame(
        {
            "rail_id": numbered("L", np.arange(1, len(rails) + 1), max(3, len(str(len(rails))))),
            "name": [zh[0] + "铁路"] * len(rails),
            "name_en": [en[0] + " Railway"] * len(rails),
        },
        rails["geometry"].to_numpy(),
    )


@dataclass(frozen=True)
class Crossing:
    """What joins two sets of buildings that nothing else joins.

    Parameters
    ----------
    kind, note
        For the columns of the same names.
    near, far
        Masks over the buildings.
    at
        Ground point (2,) of the bridgehead; missing where the nearest pair is meant.
    """

    kind: str
    note: str
    near: Bools
    far: Bools
    at: Floats | None = None


def link_layer(buildings: gpd.GeoDataFrame, crossings: list[Crossing]) -> gpd.GeoDataFrame:
    """Links: a, b (building ids), kind, note; a line between the two buildings."""
    middle = shapely.get_coordinates(shapely.centroid(buildings.geometry.to_numpy()))
    lived = buildings["households"].to_numpy() > 0
    used = [c for c in crossings if (c.near & lived).any() and (c.far & lived).any()]
    pairs = [_closest(middle, c.near & lived, c.far & lived, c.at) for c in used]
    ids = buildings["building_id"].to_numpy()
    return frame(
        {
            "a": [ids[a] for a, _ in pairs],
            "b": [ids[b] for _, b in pairs],
            "kind": [c.kind for c in used],
            "note": [c.note for c in used],
        },
        np.array([shapely.linestrings(middle[[a, b]]) for a, b in pairs], object),
    )


def _closest(middle: Floats, one: Bools, other: Bools, at: Floats | None) -> tuple[int, int]:
    """Find the nearest pair of two sets, or the nearest of each to a point."""
    a, b = np.flatnonzero(one), np.flatnonzero(other)
    if at is None:
        far = np.hypot(*(middle[a][:, None] - middle[b][None]).transpose(2, 0, 1))
    else:
        far = np.hypot(*(middle[a] - at).T)[:, None] + np.hypot(*(middle[b] - at).T)[None]
    i, j = np.unravel_index(int(far.argmin()), far.shape)
    return int(a[i]), int(b[j])


def tunnel_points(ground: Ground, links: gpd.GeoDataFrame) -> Floats | None:
    """Ground points of the foot underpass: where its link crosses the nearest railway."""
    mine = links[links["kind"] == "underpass"]
    if mine.empty:
        return None
    layout = ground.layout
    u, v = ground.warp.inverse(shapely.get_coordinates(mine.geometry.iloc[[0]]))
    rails = layout.u[layout.patch_line_u[layout.rail_columns()]]
    rail = rails[np.abs(rails - u.mean()).argmin()]
    reach = float(SETBACK_M[Way.RAIL]) - 2.0
    return _bent(ground, np.array([rail - reach, v.mean()]), np.array([rail + reach, v.mean()]))


def segment_sides(geometry: Floats, metres: float) -> Floats:
    """Points ``metres`` to the right of the middle of lines (n,)."""
    line = shapely.line_interpolate_point(geometry, 0.5, normalized=True)
    ahead = shapely.line_interpolate_point(geometry, 0.55, normalized=True)
    at, to = shapely.get_coordinates(line), shapely.get_coordinates(ahead)
    way = (to - at) / np.maximum(np.hypot(*(to - at).T), 1e-9)[:, None]
    return np.asarray(np.round(at + metres * np.column_stack([way[:, 1], -way[:, 0]]), 2))
