"""The cells of one community, which knows nothing of its neighbours but their common border."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridplan.cells.divide import Edges, share_gaps
from gridplan.cells.footprints import find_footprints, find_hosts
from gridplan.cells.outline import Outline
from gridplan.cells.settle import Settled, settle_cells
from gridplan.processes import Parcel
from gridplan.topology import Shapes, free_edges, uncovered_m2

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Place:
    """One community and what its ground is shared by.

    Parameters
    ----------
    index
        Its position among the communities.
    area
        Its polygon.
    shapes
        (n,) its units as given.
    bare
        bool (n,), what is no unit but the bare ground of a community without any.
    lines
        Lines that no grown cell crosses.
    tolerance_m
        Vertices nearer than this are one.
    """

    index: int
    area: shapely.Geometry
    shapes: Shapes
    bare: NDArray[np.bool_]
    lines: Shapes
    tolerance_m: float

    @cached_property
    def key(self) -> bytes:
        """Tells places apart whose lines are the same."""
        words = (shapely.to_wkb(self.area), *shapely.to_wkb(self.shapes), self.bare.tobytes())
        return hashlib.blake2b(b"".join(words), digest_size=16).digest()

    def __reduce__(self) -> tuple[Any, ...]:
        shapes = Parcel(np.concatenate([[self.area], self.shapes, self.lines]))
        return _place, (self.index, shapes, self.bare, self.tolerance_m)


@dataclass(frozen=True)
class Grown:
    """The cells of one community.

    Parameters
    ----------
    cells
        (n,) polygons that tile it.
    host
        int64 (n,), the unit on whose ground each unit stands; itself for nearly all.
    lost_m2
        float64 (n,), ground that each unit lost to others.
    beyond
        int64, the units that reach beyond their community.
    outline
        Edges of the cells along its outline.
    wrong_m2
        Ground that is the community's or the cells', but not both.
    sound
        Whether the cells match each other.
    """

    cells: Shapes
    host: Ints
    lost_m2: NDArray[np.float64]
    beyond: Ints
    outline: Outline
    wrong_m2: float
    sound: bool

    def __reduce__(self) -> tuple[Any, ...]:
        rest = {name: value for name, value in vars(self).items() if name != "cells"}
        return _grown, (Parcel(self.cells), rest)


def _place(index: int, parcel: Parcel, bare: NDArray[np.bool_], tolerance_m: float) -> Place:
    area, shapes, lines = np.split(parcel.shapes, [1, 1 + len(bare)])
    return Place(index, area[0], shapes, bare, lines, tolerance_m)


def _grown(parcel: Parcel, rest: dict[str, Any]) -> Grown:
    return Grown(parcel.shapes, **rest)


def grow_place(place: Place) -> Grown:
    """Grow the cells of one community."""
    footprints, lost_m2, beyond = find_footprints(
        place.shapes, place.bare, place.area, tolerance_m=place.tolerance_m
    )
    host = find_hosts(footprints, place.shapes, place.area)
    settled = _settled(place, footprints, host)
    while _rehouse(settled.cells, host, footprints):
        settled = _settled(place, footprints, host)
    here, area = np.zeros(len(host), dtype=np.int64), np.array([place.area], dtype=object)
    return Grown(
        settled.cells,
        host,
        lost_m2,
        np.flatnonzero(beyond),
        settled.outline,
        float(uncovered_m2(settled.cells, here, area)[0]),
        settled.sound,
    )


def _settled(place: Place, footprints: Shapes, host: Ints) -> Settled:
    """Share the gaps and settle the cells."""
    own = np.flatnonzero(host == np.arange(len(host)))
    edges = Edges(*free_edges(footprints[own]))
    pieces, who, within = share_gaps(place.area, footprints[own], edges, place.lines)
    bare = own[~within]
    return settle_cells(
        place.area,
        np.r_[footprints[bare], pieces],
        np.r_[bare, np.where(who >= 0, own[who], -1)],
        host=host,
        footprints=footprints,
        tolerance_m=place.tolerance_m,
    )


def _rehouse(cells: Shapes, host: Ints, footprints: Shapes) -> bool:
    """Make units whose ground vanished guests of the nearest unit; tell whether there were any."""
    alone = host == np.arange(len(host))
    lost = np.flatnonzero(shapely.is_empty(cells) & alone)
    firm = np.flatnonzero(~shapely.is_empty(cells) & alone)
    if len(firm):
        for unit in lost:
            metres = shapely.distance(footprints[unit], footprints[firm])
            host[host == unit] = firm[int(np.argmin(metres))]
    footprints[lost] = shapely.Polygon()
    return bool(len(firm) and len(lost))
