"""The fixed tables of the invented city: road classes, land uses and how each is built up."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Way(IntEnum):
    """What runs along an edge of the lattice, from nothing to a railway."""

    NONE = 0
    LANE = 1
    LOCAL = 2
    COLLECTOR = 3
    ARTERIAL = 4
    RAIL = 5


WAY_NAMES: Final = ("", "lane", "local", "collector", "arterial", "rail")
WAY_WIDTH_M: Final = np.array([0.0, 5.0, 14.0, 24.0, 40.0, 14.0])
# From the centre line to the edge of the building land: half the road, the pavement, some green.
SETBACK_M: Final = np.array([0.0, 4.5, 10.0, 16.0, 26.0, 21.0])


class Use(IntEnum):
    """Land use of a lot; ``USES`` says how each is built up."""

    OPEN_SLAB = 0
    GATED_SLAB = 1
    GATED_TOWER = 2
    OLD_TOWN = 3
    SHOPS = 4
    SCHOOL = 5
    PARK = 6
    MARKET = 7
    OFFICE = 8
    HOSPITAL = 9
    FACTORY = 10
    CAMPUS = 11
    GREAT_TOWER = 12
    BIG_COMPOUND = 13
    ISLAND = 14


@dataclass(frozen=True)
class BuildUp:
    """How lots of one use are built up.

    Parameters
    ----------
    use
        Value of the column ``use`` of the buildings.
    kind
        Value of the column ``kind``.
    pitch_u, pitch_v
        Spacing of the buildings along and across the lot (m).
    length, depth
        Largest footprint (m).
    gap_u, gap_v
        Least clear space between footprints (m).
    floors
        Least and largest number of floors.
    flats
        Least and largest number of flats per floor and stairwell; 0 where nobody lives.
    stair_m
        Metres of building per stairwell; 0 where the building is a tower or not for living.
    keep
        Share of the places that are built on.
    """

    use: str
    kind: str
    pitch_u: float
    pitch_v: float
    length: float
    depth: float
    gap_u: float
    gap_v: float
    floors: tuple[int, int]
    flats: tuple[int, int] = (0, 0)
    stair_m: float = 0.0
    keep: float = 1.0


_BUILD_UPS: Final = {
    Use.OPEN_SLAB: BuildUp(
        "residential", "slab", 70, 28, 100, 12.0, 7, 11, (5, 7), (2, 2), 13.5, 0.96
    ),
    Use.GATED_SLAB: BuildUp(
        "residential", "slab", 62, 32, 86, 13.0, 8, 14, (6, 9), (2, 2), 14.0, 0.97
    ),
    Use.GATED_TOWER: BuildUp(
        "residential", "tower", 46, 44, 27, 23.0, 15, 15, (15, 26), (4, 6), 0.0, 0.95
    ),
    Use.OLD_TOWN: BuildUp(
        "residential", "walk-up", 66, 27, 58, 11.0, 7, 10, (5, 6), (2, 2), 13.0, 0.97
    ),
    Use.SHOPS: BuildUp("commercial", "shops", 46, 18, 40, 12.0, 6, 2, (1, 3)),
    Use.SCHOOL: BuildUp("school", "school", 62, 40, 48, 16.0, 10, 16, (3, 5)),
    Use.PARK: BuildUp("public", "pavilion", 300, 300, 15, 10.0, 30, 30, (1, 1)),
    Use.MARKET: BuildUp("commercial", "market", 90, 80, 74, 58.0, 14, 16, (2, 6)),
    Use.OFFICE: BuildUp("office", "office", 62, 60, 38, 30.0, 20, 22, (6, 20)),
    Use.HOSPITAL: BuildUp("hospital", "hospital", 72, 52, 54, 24.0, 16, 20, (4, 14)),
    Use.FACTORY: BuildUp("industrial", "shed", 76, 54, 64, 36.0, 11, 14, (1, 2)),
    Use.CAMPUS: BuildUp("school", "college", 66, 48, 50, 20.0, 14, 20, (4, 7)),
    Use.GREAT_TOWER: BuildUp("residential", "tower", 300, 300, 58, 19.0, 14, 20, (33, 33), (5, 5)),
    Use.BIG_COMPOUND: BuildUp("residential", "tower", 54, 50, 27, 23.0, 18, 18, (16, 19), (4, 5)),
    Use.ISLAND: BuildUp("residential", "slab", 48, 60, 44, 11.0, 7, 6, (6, 6), (2, 2), 13.0),
}
USES: Final = tuple(_BUILD_UPS[use] for use in Use)
GATED: Final = np.isin(np.arange(len(Use)), [Use.GATED_SLAB, Use.GATED_TOWER, Use.BIG_COMPOUND])
HOMES: Final = np.array([u.flats[1] > 0 for u in USES])

# Institutions that stand on a lot of their own: kind in the layer, words of the name.
PREMISES: Final = {
    Use.SCHOOL: ("primary_school", "小学", "Primary School"),
    Use.PARK: ("park", "公园", "Park"),
    Use.MARKET: ("market", "市场", "Market"),
    Use.OFFICE: ("office", "办公区", "Offices"),
    Use.HOSPITAL: ("hospital", "医院", "Hospital"),
    Use.FACTORY: ("factory", "工厂", "Works"),
    Use.CAMPUS: ("campus", "学院", "College"),
}
