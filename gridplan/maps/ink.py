"""Marks to matplotlib artists: one artist per style, never one per feature."""

from dataclasses import replace

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform
from numpy.typing import NDArray

from gridplan.maps.lettering import MM_PER_POINT
from gridplan.maps.marks import Areas, Dots, Fill, Geometries, Lines, Mark, Stroke
from gridplan.maps.page import Page

CLIP_MM = 12.0  # kept around the frame
CHUNK = 4000  # polygons in one path: Agg's rasteriser holds only so many cells


def draw_mark(axes: Axes, mark: Mark, order: float) -> None:
    """Draw one mark on ``axes``, whose data are metres, at z-order ``order``."""
    if isinstance(mark, Areas):
        _draw_areas(axes, mark, order)
    elif isinstance(mark, Lines):
        _draw_lines(axes, mark, order)
    else:
        _draw_dots(axes, mark, order)


def points(millimetres: float) -> float:
    """Typographic points of a length in mm."""
    return millimetres / MM_PER_POINT


def _draw_areas(axes: Axes, mark: Areas, order: float) -> None:
    colours = mark.colours or (mark.fill.colour,) * len(mark.geometry)
    wanted = np.asarray(colours, dtype=object)
    for colour in sorted(set(colours)):
        chosen = mark.geometry[wanted == colour]
        for start in range(0, len(chosen), CHUNK):
            patch = area_patch(polygon_path(chosen[start : start + CHUNK]), mark.fill, colour)
            patch.set_zorder(order)
            axes.add_patch(patch)


def area_patch(path: Path, fill: Fill, colour: str) -> PathPatch:
    """Patch of one path in a fill's style."""
    return PathPatch(
        path,
        facecolor=colour,
        edgecolor=fill.edge or "none",
        linewidth=points(fill.edge_mm),
        alpha=fill.alpha,
        joinstyle="round",
    )


def polygon_path(polygons: Geometries) -> Path:
    """One compound path of every ring; holes turn the other way, so they stay empty."""
    parts = shapely.get_parts(polygons)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    if len(parts) == 0:
        return Path(np.empty((0, 2)))
    rings = shapely.get_rings(shapely.orient_polygons(parts))
    return _compound(rings, closed=True)


def _compound(lines: Geometries, *, closed: bool) -> Path:
    coordinates, owner = shapely.get_coordinates(lines, return_index=True)
    codes = np.full(len(coordinates), Path.LINETO, dtype=Path.code_type)
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    codes[first] = Path.MOVETO
    if closed:
        codes[np.append(first[1:], len(codes)) - 1] = Path.CLOSEPOLY
    return Path(coordinates, codes)


def _draw_lines(axes: Axes, mark: Lines, order: float) -> None:
    segments = line_segments(mark.geometry)
    if not segments:
        return
    stroke = mark.stroke
    if stroke.casing:
        width = stroke.width_mm + 2 * stroke.casing_mm
        casing = Stroke(stroke.casing, width, alpha=stroke.alpha)
        axes.add_collection(_collection(segments, casing, order), autolim=False)
    axes.add_collection(_collection(segments, stroke, order + 0.1), autolim=False)


def line_segments(lines: Geometries) -> list[NDArray[np.float64]]:
    """Coordinates of every line and every ring, one array each."""
    parts = shapely.get_parts(lines)
    polygons = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings = shapely.get_rings(parts[polygons])
    straight = parts[shapely.get_dimensions(parts) == 1]
    pieces = np.concatenate([straight, rings])
    coordinates, owner = shapely.get_coordinates(pieces, return_index=True)
    return np.split(coordinates, np.flatnonzero(np.diff(owner)) + 1) if len(coordinates) else []


def _collection(
    segments: list[NDArray[np.float64]], stroke: Stroke, order: float
) -> LineCollection:
    width = points(stroke.width_mm)
    # matplotlib scales dash patterns by the line width; here they are lengths on paper
    dash = (0.0, [points(d) / max(width, 1e-6) for d in stroke.dash_mm]) if stroke.dash_mm else None
    return LineCollection(
        segments,
        colors=stroke.colour,
        linewidths=width,
        linestyles=[dash] if dash else "solid",
        capstyle="butt" if stroke.dash_mm or stroke.butt else "round",
        joinstyle="round",
        alpha=stroke.alpha,
        zorder=order,
    )


def _draw_dots(axes: Axes, mark: Dots, order: float) -> None:
    if len(mark.geometry) == 0:
        return
    area = points(mark.size_mm) ** 2
    collection = PathCollection(
        [Path.unit_circle()],
        sizes=[area / 4],
        offsets=shapely.get_coordinates(shapely.centroid(mark.geometry)),
        offset_transform=axes.transData,
        facecolors=mark.fill.colour,
        edgecolors=mark.fill.edge or "none",
        linewidths=points(mark.fill.edge_mm),
        zorder=order,
    )
    collection.set_transform(IdentityTransform())
    axes.add_collection(collection, autolim=False)


def clipped(mark: Mark, page: Page) -> Mark:
    """``mark`` without what lies well outside the map's frame, so that files stay small."""
    margin = page.metres(CLIP_MM)
    west, south, east, north = page.window
    window = (west - margin, south - margin, east + margin, north + margin)
    if isinstance(mark, Dots):
        return mark
    geometry = np.asarray(shapely.clip_by_rect(mark.geometry, *window), dtype=object)
    there = ~shapely.is_empty(geometry)
    if isinstance(mark, Lines):
        return replace(mark, geometry=geometry[there])
    colours = tuple(c for c, kept in zip(mark.colours, there.tolist(), strict=False) if kept)
    return replace(mark, geometry=geometry[there], colours=colours)


def hatching(polygons: Geometries, spacing_m: float, *, rising: bool = True) -> Geometries:
    """Parallel lines at 45 degrees inside each polygon, ``spacing_m`` metres apart.

    Drawn as lines, not as a fill pattern, so that spacing and weight are the same at any
    resolution and in any format. Lines of neighbouring polygons are in register.
    """
    if len(polygons) == 0:
        return np.empty(0, dtype=object)
    lines = [_hatch_one(polygon, spacing_m, rising) for polygon in polygons]
    return np.array(lines, dtype=object)


def _hatch_one(polygon: object, spacing_m: float, rising: bool) -> object:
    west, south, east, north = shapely.bounds(polygon)
    sign = 1.0 if rising else -1.0
    # lines y = sign * x + c, at multiples of the spacing so that neighbours are in register
    corners = np.array([south, north])[:, None] - sign * np.array([west, east])[None, :]
    step = spacing_m * np.sqrt(2)
    c = np.arange(np.ceil(corners.min() / step), np.floor(corners.max() / step) + 1) * step
    ends = np.stack(
        [
            np.column_stack([np.full_like(c, west), sign * west + c]),
            np.column_stack([np.full_like(c, east), sign * east + c]),
        ],
        axis=1,
    )
    return shapely.intersection(polygon, shapely.multilinestrings(shapely.linestrings(ends)))


def border_network(polygons: Geometries) -> Geometries:
    """Lines of the polygons' borders, shared ones once, so that dashes do not double."""
    rings = shapely.get_rings(shapely.get_parts(polygons))
    coordinates, owner = shapely.get_coordinates(rings, return_index=True)
    if len(coordinates) == 0:
        return np.empty(0, dtype=object)
    inside = owner[:-1] == owner[1:]
    ends = np.stack([coordinates[:-1][inside], coordinates[1:][inside]], axis=1)
    key = np.round(ends * 1000).astype(np.int64)
    swap = (key[:, 0, 0] > key[:, 1, 0]) | (
        (key[:, 0, 0] == key[:, 1, 0]) & (key[:, 0, 1] > key[:, 1, 1])
    )
    key[swap] = key[swap][:, ::-1]
    _, first = np.unique(key.reshape(-1, 4), axis=0, return_index=True)
    merged = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(ends[np.sort(first)])))
    return np.asarray(shapely.get_parts(merged), dtype=object)
