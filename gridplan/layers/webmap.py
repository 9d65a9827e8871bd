"""Shifted datums of Chinese web maps, GCJ-02 and BD-09, to and from WGS 84.

CGCS2000 and WGS 84 differ by centimetres, so either may stand for the true datum here. The shift is
defined one way only, from true to shifted; the inverse is found by iteration and is exact to far
below a millimetre.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Shift = Callable[[Numbers, Numbers], tuple[Numbers, Numbers]]
Datum = Literal["gcj02", "bd09"]

DATUMS: tuple[Datum, ...] = ("gcj02", "bd09")
"""The shifted datums that can be undone."""

_AXIS_M = 6_378_245.0
_ECCENTRICITY2 = 0.006_693_421_622_965_943
_BD_TURN = np.pi * 3000.0 / 180.0
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_ROUNDS = 12


def in_china(lon: Numbers, lat: Numbers) -> NDArray[np.bool_]:
    """Whether places lie in the box in which the web maps shift coordinates.

    Parameters
    ----------
    lon, lat
        Degrees.
    """
    return (lon > _WEST) & (lon < _EAST) & (lat > _SOUTH) & (lat < _NORTH)


def to_shifted(lon: Numbers, lat: Numbers, datum: Datum) -> tuple[Numbers, Numbers]:
    """Shift WGS 84 coordinates as a web map does; outside China they stay.

    Parameters
    ----------
    lon, lat
        Degrees, any shape.
    datum
        ``gcj02`` or ``bd09``.
    """
    inside = in_china(lon, lat)
    east, north = _forward(datum)(lon, lat)
    return np.where(inside, east, lon), np.where(inside, north, lat)


def to_true(lon: Numbers, lat: Numbers, datum: Datum) -> tuple[Numbers, Numbers]:
    """Undo the shift of a web map; outside China coordinates stay.

    Parameters
    ----------
    lon, lat
        Shifted coordinates in degrees, any shape.
    datum
        ``gcj02`` or ``bd09``.

    Returns
    -------
    tuple of numpy.ndarray
        WGS 84 longitude and latitude in degrees.
    """
    forward = _forward(datum)
    east, north = lon.copy(), lat.copy()
    for _ in range(_ROUNDS):
        there, up = forward(east, north)
        east, north = east + (lon - there), north + (lat - up)
    inside = in_china(lon, lat)
    return np.where(inside, east, lon), np.where(inside, north, lat)


def _forward(datum: Datum) -> Shift:
    return _gcj02 if datum == "gcj02" else _bd09


def _gcj02(lon: Numbers, lat: Numbers) -> tuple[Numbers, Numbers]:
    x, y = lon - 105.0, lat - 35.0
    wave = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north += (wave + 20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi * y / 3.0)) * 2.0 / 3.0
    north += (160.0 * np.sin(np.pi * y / 12.0) + 320.0 * np.sin(np.pi * y / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east += (wave + 20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi * x / 3.0)) * 2.0 / 3.0
    east += (150.0 * np.sin(np.pi * x / 12.0) + 300.0 * np.sin(np.pi * x / 30.0)) * 2.0 / 3.0
    phi = np.radians(lat)
    magic = 1.0 - _ECCENTRICITY2 * np.sin(phi) ** 2
    meridian = _AXIS_M * (1.0 - _ECCENTRICITY2) / (magic * np.sqrt(magic))
    parallel = _AXIS_M / np.sqrt(magic) * np.cos(phi)
    return lon + np.degrees(east / parallel), lat + np.degrees(north / meridian)


def _bd09(lon: Numbers, lat: Numbers) -> tuple[Numbers, Numbers]:
    x, y = _gcj02(lon, lat)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_TURN)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006
