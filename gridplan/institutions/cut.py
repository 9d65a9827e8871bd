"""Communities with the ground of unit grids cut out: what cells are grown in, one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.institutions.ground import Stand
from gridplan.topology import Shapes, polygons_of

REACH_M = 1e-3
"""Ground nearer than this to premises touches them, in metres."""


@dataclass(frozen=True)
class Areas:
    """Ground in which cells are grown on their own.

    Parameters
    ----------
    frame
        ``community_code`` (a name of the area: the community's own code for its residential
        ground) and polygons, sorted by name.
    home
        Community code of each area, by name.
    institution
        Institution of each area that is a unit grid, by name.
    of_unit
        Name of the area of each unit that lies in a unit grid, by unit id.
    """

    frame: gpd.GeoDataFrame
    home: dict[str, str]
    institution: dict[str, str]
    of_unit: dict[str, str]


def cut_areas(
    communities: gpd.GeoDataFrame, units: gpd.GeoDataFrame, stands: Sequence[Stand]
) -> Areas:
    """Cut the ground of unit grids out of their communities.

    A piece of the rest where no unit stands and that touches premises, such as the strip behind
    them, goes to the premises with the longest border to it: it could be no grid.

    Parameters
    ----------
    communities
        ``community_code`` and a coverage of polygons, sorted by code.
    units
        ``unit_id``, ``community_code`` and own shapes.
    stands
        Disjoint grounds of unit grids.
    """
    codes = communities["community_code"].to_numpy(dtype=object)
    shapes = communities.geometry.to_numpy().copy()
    names = [f"{s.community_code} (premises of {s.institution_id})" for s in stands]
    held = {unit for s in stands for unit in s.units}
    outside = units[~units["unit_id"].isin(held)]
    grounds = np.array([s.ground for s in stands], dtype=object)
    place = pd.Series([s.community_code for s in stands], dtype=object)
    row = {code: i for i, code in enumerate(codes)}
    free, rows = outside.geometry.to_numpy(), outside.groupby("community_code").indices
    for code, own in place.groupby(place, sort=True).indices.items():
        at = row[code]
        rest = shapely.difference(shapes[at], shapely.union_all(grounds[own]))
        spots = shapely.point_on_surface(free[rows.get(code, [])])
        shapes[at], grounds[own] = _without_scraps(rest, grounds[own], spots)
    left = ~shapely.is_empty(shapes)
    frame = gpd.GeoDataFrame(
        {"community_code": [*codes[left], *names]},
        geometry=[*shapes[left], *grounds],
        crs=communities.crs,
    ).sort_values("community_code", kind="stable", ignore_index=True)
    return Areas(
        frame,
        {str(c): str(c) for c in codes} | dict(zip(names, place, strict=True)),
        {name: s.institution_id for name, s in zip(names, stands, strict=True)},
        {unit: name for name, s in zip(names, stands, strict=True) for unit in s.units},
    )


def _without_scraps(
    rest: shapely.Geometry, grounds: Shapes, spots: Shapes
) -> tuple[shapely.Geometry, Shapes]:
    """Give the pieces of a rest where nothing stands to the premises that they touch."""
    pieces = shapely.get_parts(polygons_of(np.array([rest], dtype=object)))
    lived = _lived_in(pieces, spots)
    grounds, keep = grounds.copy(), np.ones(len(pieces), dtype=bool)
    for i in np.flatnonzero(~lived):
        touching = shapely.intersection(shapely.buffer(pieces[i], REACH_M), grounds)
        metres = shapely.length(touching).round(3)
        if metres.any():
            k = int(np.argmax(metres))
            grounds[k] = shapely.union_all([grounds[k], pieces[i]])
            keep[i] = False
    left = pieces[keep]
    return (left[0] if len(left) == 1 else shapely.multipolygons(left)), grounds


def _lived_in(pieces: Shapes, spots: Shapes) -> NDArray[np.bool_]:
    """Tell in which pieces a unit stands; one that stands in none counts for the nearest."""
    lived = np.zeros(len(pieces), dtype=bool)
    if len(spots) and len(pieces):
        lived[shapely.STRtree(pieces).query_nearest(spots, all_matches=False)[1]] = True
    return lived
