"""Which coordinate system may a layer be in? Candidates ranked by where they put it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_crs_info
from pyproj.enums import PJType
from pyproj.exceptions import CRSError, ProjError

from gridplan.layers.notes import Bounds

_ALWAYS = ("EPSG:4326", "EPSG:4490", "EPSG:3857")
_FAMILIES = ("CGCS2000 / ", "WGS 84 / UTM", "NAD83 / ", "TWD97 / ", "ETRS89 / UTM", "Hong Kong")
_SIDE = 7
_SHOWN = 3
_LEAST = 0.3
_MARGIN = 0.02
_NEIGHBOUR = 3.0  # degrees: a layer may come in the system of the next zone


@dataclass(frozen=True)
class Candidate:
    """A CRS, and how well a layer fits with the others if it is in it.

    Parameters
    ----------
    code, name
        Such as ``EPSG:2248`` and ``NAD83 / Maryland (ftUS)``.
    overlap
        Share of the layer inside the other layers, or of them inside it, the greater; 0..1.
    own
        Share of the layer inside the area the CRS is made for, 0..1.
    likeness
        Shared part of the boxes of the layer and of the most similar other layer, 0..1.
    swapped
        The coordinates fit with their axes exchanged.
    """

    code: str
    name: str
    overlap: float
    own: float
    likeness: float
    swapped: bool = False

    def __str__(self) -> str:
        """Show it for a message."""
        turned = ", axes exchanged" if self.swapped else ""
        return f"{self.code} ({self.name}{turned}; overlap {self.overlap:.0%})"


def ranked(
    bounds: Bounds, others: Sequence[Bounds], *, first: Sequence[str] = ()
) -> list[Candidate]:
    """Rank the systems a layer may be in.

    Parameters
    ----------
    bounds
        Of the layer, in its unknown coordinates.
    others
        Of the other layers, in degrees; the first is the one to fit.
    first
        Systems preferred where several fit alike, such as those of the other layers.

    Returns
    -------
    list of Candidate
        At most three, the best first; those that overlap by less than 30 % are left out.
    """
    systems = _systems(others[0], first)
    found = [c for code, name in systems if (c := _judged(code, name, bounds, others))]
    if not found:
        turned = (bounds[1], bounds[0], bounds[3], bounds[2])
        found = [
            replace(c, swapped=True)
            for code, name in systems
            if (c := _judged(code, name, turned, others))
        ]
    found.sort(key=lambda c: (-round(c.overlap, 1), -round(c.own, 1), -round(c.likeness, 2)))
    return found[:_SHOWN]


def in_degrees(bounds: Bounds, crs: CRS) -> Bounds | None:
    """Bounds in degrees of the CRS's own datum; None where the CRS cannot take them."""
    geodetic = crs.geodetic_crs
    if geodetic is None:
        return None
    places = _grid(bounds)
    if not crs.is_geographic:
        try:
            turn = Transformer.from_crs(crs, geodetic, always_xy=True)
            places = np.array(turn.transform(places[0], places[1]), dtype=float)
        except ProjError:
            return None
    lon, lat = places
    if not np.isfinite(places).all() or np.abs(lat).max() > 90 or np.abs(lon).max() > 360:
        return None
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def overlap(one: Bounds, other: Bounds) -> float:
    """Share of one box inside the other, or of the other inside the one, the greater."""
    return max(_inside(one, other), _inside(other, one))


def touches(one: Bounds, other: Bounds) -> bool:
    """Whether two boxes have a place in common."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def usual_area(crs: CRS) -> Bounds | None:
    """Area a CRS is made for, in degrees."""
    area = crs.area_of_use
    if area is None or area.west > area.east:  # across the date line
        return None
    return area.west, area.south, area.east, area.north


def _systems(place: Bounds, first: Sequence[str]) -> list[tuple[str, str]]:
    """Systems to try, the preferred first: those given, the usual, those made for this place."""
    area = AreaOfInterest(*_around(place))
    local = [
        (f"EPSG:{info.code}", info.name)
        for info in query_crs_info("EPSG", PJType.PROJECTED_CRS, area_of_interest=area)
        if info.name.startswith(_FAMILIES)
    ]
    local.sort(key=lambda item: (_rank(item[1]), len(item[1]), item[0]))
    named = [(code, CRS.from_user_input(code).name) for code in dict.fromkeys((*first, *_ALWAYS))]
    return list(dict.fromkeys([*named, *local]))


def _around(place: Bounds) -> Bounds:
    west, south, east, north = place
    reach = _NEIGHBOUR
    return (
        max(-180.0, west - reach),
        max(-90.0, south - reach),
        min(180.0, east + reach),
        min(90.0, north + reach),
    )


def _rank(name: str) -> int:
    return 0 if "3-degree" in name or "ftUS" in name else 1


def _judged(code: str, name: str, bounds: Bounds, others: Sequence[Bounds]) -> Candidate | None:
    try:
        crs = CRS.from_user_input(code)
    except CRSError:
        return None
    placed, made_for = in_degrees(bounds, crs), usual_area(crs)
    if placed is None or (made_for is not None and not touches(_around(others[0]), made_for)):
        return None
    shared = overlap(placed, others[0])
    if shared < _LEAST:
        return None
    own = 1.0 if made_for is None else _inside(placed, made_for)
    return Candidate(code, name, shared, own, max(_likeness(placed, other) for other in others))


def _grid(bounds: Bounds) -> NDArray[np.float64]:
    x, y = np.meshgrid(
        np.linspace(bounds[0], bounds[2], _SIDE), np.linspace(bounds[1], bounds[3], _SIDE)
    )
    return np.stack([x.ravel(), y.ravel()])


def _inside(one: Bounds, other: Bounds) -> float:
    x, y = _grid(one)
    # A little margin, so that boxes that are alike but for rounding do.
    dx, dy = _MARGIN * (other[2] - other[0]), _MARGIN * (other[3] - other[1])
    within = (x >= other[0] - dx) & (x <= other[2] + dx)
    within &= (y >= other[1] - dy) & (y <= other[3] + dy)
    return float(within.mean())


def _likeness(one: Bounds, other: Bounds) -> float:
    width = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    height = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    both = (one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1])
    return width * height / (both - width * height) if both > width * height else 0.0
