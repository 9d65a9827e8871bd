"""Colours that every reader can tell apart, and which polygon gets which."""

import heapq
from math import cos, radians, sin

import numpy as np
import shapely
from numpy.typing import NDArray

INK = "#26282B"
SOFT_INK = "#5C6066"
FAINT_INK = "#8A8F96"
PAPER = "#FFFFFF"
GROUND = "#F3F2EE"
MAGENTA = "#B40D74"  # of grid borders in the Beijing standard; dark enough for every reader
ALARM = "#B3261E"
WATER = "#9BC5E3"
WATER_EDGE = "#5B9AC6"

# Lightness, chroma, hue in Oklch. Found by search: any two stay apart to readers without red, green
# or blue cones (0.06 in Oklab) and on a copier (steps of 0.027 in lightness), none is near magenta,
# and magenta borders show on all of them (contrast 3:1).
SHADES = (
    (0.889, 0.058, 69),
    (0.861, 0.066, 283),
    (0.822, 0.059, 191),
    (0.950, 0.050, 129),
    (0.806, 0.061, 45),
    (0.918, 0.055, 223),
)


def oklch_to_rgb(lightness: float, chroma: float, hue_deg: float) -> tuple[float, float, float]:
    """Gamma-encoded sRGB (0 to 1) of a colour in Oklch, after B. Ottosson (2020)."""
    a, b = chroma * cos(radians(hue_deg)), chroma * sin(radians(hue_deg))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    red, green, blue = (_encode(channel) for channel in linear)
    return red, green, blue


def _encode(linear: float) -> float:
    value = min(max(linear, 0.0), 1.0)
    return 12.92 * value if value <= 0.0031308 else 1.055 * float(value ** (1 / 2.4)) - 0.055


def hexadecimal(rgb: tuple[float, float, float]) -> str:
    """``#RRGGBB`` of a colour."""
    return "#" + "".join(f"{round(255 * channel):02X}" for channel in rgb)


def mixed(over: str, under: str, share: float) -> str:
    """Colour that shows where ``over`` lies on ``under`` and covers that share of it."""
    pairs = zip(bytes.fromhex(over[1:]), bytes.fromhex(under[1:]), strict=True)
    red, green, blue = ((share * a + (1 - share) * b) / 255 for a, b in pairs)
    return hexadecimal((red, green, blue))


MAP_COLOURS = tuple(hexadecimal(oklch_to_rgb(*shade)) for shade in SHADES)


def touching_pairs(polygons: NDArray[np.object_], reach_m: float = 0.05) -> NDArray[np.int64]:
    """Index pairs, shape (n, 2) with i < j, of polygons that touch, at a corner too."""
    if len(polygons) == 0:
        return np.empty((0, 2), dtype=np.int64)
    pairs = shapely.STRtree(polygons).query(polygons, predicate="dwithin", distance=reach_m).T
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    return np.asarray(pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))], dtype=np.int64)


def colour_numbers(count: int, pairs: NDArray[np.int64], colours: int) -> NDArray[np.int64]:
    """Give each of ``count`` polygons a colour number that differs from its neighbours'.

    The polygon whose neighbours show most colours is served next (D. Brélaz 1979), ties by number
    of neighbours, then by position; it takes the free colour used least so far. Where no colour
    is free it takes the one that fewest neighbours have.
    """
    neighbours: list[list[int]] = [[] for _ in range(count)]
    for i, j in pairs.tolist():
        neighbours[i].append(j)
        neighbours[j].append(i)
    around = np.zeros((count, colours), dtype=np.int64)
    used = np.zeros(colours, dtype=np.int64)
    chosen = np.full(count, -1, dtype=np.int64)
    queue = [(0, -len(neighbours[i]), i) for i in range(count)]
    heapq.heapify(queue)
    while queue:
        _, _, i = heapq.heappop(queue)
        if chosen[i] >= 0:
            continue
        colour = int(np.lexsort((np.arange(colours), used, around[i]))[0])
        chosen[i] = colour
        used[colour] += 1
        for j in neighbours[i]:
            around[j, colour] += 1
            if chosen[j] < 0:
                shown = int(np.count_nonzero(around[j]))
                heapq.heappush(queue, (-shown, -len(neighbours[j]), j))
    return chosen


def map_colours(polygons: NDArray[np.object_]) -> tuple[str, ...]:
    """One colour of `MAP_COLOURS` per polygon, neighbours different."""
    numbers = colour_numbers(len(polygons), touching_pairs(polygons), len(MAP_COLOURS))
    return tuple(MAP_COLOURS[number] for number in numbers)
