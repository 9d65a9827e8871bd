"""Roads by class: how wide, in which order, and what they are called."""

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridplan.maps.lettering import Lettering
from gridplan.maps.marks import Geometries, LineName, Lines, Stroke
from gridplan.maps.page import Page
from gridplan.maps.palette import PAPER
from gridplan.maps.styles import MAIN_CASING, MAIN_ROAD, ROAD_CASING

LOCAL = 3
RANKS = {
    1: "motorway trunk primary expressway highway freeway major arterial "
    "高速公路 快速路 主干路 主干道",
    2: "secondary tertiary collector minor_arterial 次干路 次干道",
    4: "path footway pedestrian cycleway track steps alley service lane "
    "小路 巷 步行街 人行道 内部道路",
}
RANK_OF = {word: rank for rank, listed in RANKS.items() for word in listed.split()}
# Ground width in metres, and the least and most of it on paper in mm, by rank.
WIDTH_M = {1: 22.0, 2: 15.0, 3: 9.0, 4: 3.5}
LEAST_MM = {1: 0.9, 2: 0.65, 3: 0.42, 4: 0.22}
MOST_MM = {1: 5.0, 2: 3.6, 3: 2.4, 4: 0.9}
CASING_MM = 0.12
TEXT_PT = {1: 7.5, 2: 6.8, 3: 6.0, 4: 5.2}


def road_ranks(roads: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Rank of each road, 1 (main) to 4 (path), by its ``kind``; 3 where that says nothing."""
    if "kind" not in roads.columns:
        return np.full(len(roads), LOCAL, dtype=np.int64)
    kinds = roads["kind"].fillna("").astype(str).str.strip().str.lower()
    return np.array([_rank(kind) for kind in kinds], dtype=np.int64)


def _rank(kind: str) -> int:
    plain = kind.removesuffix("_link")
    return RANK_OF.get(plain, LOCAL)


def road_stroke(rank: int, page: Page, weight: float = 1.0) -> Stroke:
    """Cased stroke of a road class at the scale of the page."""
    width = WIDTH_M[rank] / page.scale * 1000
    width = float(np.clip(width, LEAST_MM[rank] * weight, MOST_MM[rank]))
    main = rank <= 2
    return Stroke(
        MAIN_ROAD if main else PAPER,
        width,
        casing=MAIN_CASING if main else ROAD_CASING,
        casing_mm=CASING_MM * max(weight, 0.6),
    )


def road_marks(
    geometry: Geometries, ranks: NDArray[np.int64], page: Page, weight: float = 1.0
) -> list[Lines]:
    """Casings of all roads below the roads themselves, so that junctions are open."""
    casings, surfaces = [], []
    for rank in sorted(set(ranks.tolist()), reverse=True):
        stroke = road_stroke(rank, page, weight)
        chosen = geometry[ranks == rank]
        width = stroke.width_mm + 2 * stroke.casing_mm
        casings.append(Lines(chosen, Stroke(stroke.casing, width)))
        surfaces.append(Lines(chosen, Stroke(stroke.colour, stroke.width_mm)))
    return casings + surfaces


def road_names(
    names: Iterable[object],
    geometry: Geometries,
    ranks: NDArray[np.int64],
    lettering: Lettering,
    size: float,
    colour: str,
) -> list[LineName]:
    """One name for each road of several lines, main roads first, then the longest."""
    texts = [text if isinstance(text, str) else "" for text in names]
    grouped: dict[tuple[str, int], list[int]] = {}
    for i, text in enumerate(texts):
        there = not shapely.is_empty(geometry[i])
        if there and text.strip() and lettering.writes(text.strip()):
            grouped.setdefault((text.strip(), int(ranks[i])), []).append(i)
    found = []
    for (text, rank), members in grouped.items():
        lines = shapely.get_parts(geometry[members])
        line = shapely.line_merge(shapely.union_all(lines))
        found.append((rank, -float(shapely.length(line)), text, line))
    found.sort(key=lambda entry: entry[:3])
    return [LineName(line, text, TEXT_PT[rank] * size, colour) for rank, _, text, line in found]
