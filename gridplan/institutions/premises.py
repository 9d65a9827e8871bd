"""What an institution's premises measure: size, shape, who lives there, how clear its border is."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.config.institutions import InstitutionRules
from gridplan.institutions.decide import Facts
from gridplan.layers.shares import shares_of
from gridplan.topology import Shapes, unions

HALF = 0.5
"""A unit belongs to premises that hold at least this share of it."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def measure_institutions(
    layer: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    lines: Sequence[Shapes],
    rules: InstitutionRules,
) -> list[Facts]:
    """Measure every institution, its whole premises at once, whatever communities they cross.

    Parameters
    ----------
    layer
        Institutions as read.
    units
        ``households`` and own shapes of all units.
    lines
        Roads and barriers: borders along them are clear.
    rules
        How near is along.

    Returns
    -------
    list of Facts
        In the order of the layer.
    """
    premises = solid(layer.geometry.to_numpy())
    flat = ~shapely.is_empty(premises)
    unit, place = members(units.geometry.to_numpy(), premises)
    households = units["households"].to_numpy()
    table = pd.DataFrame(
        {
            "parts": np.where(flat, shapely.get_num_geometries(premises), np.nan),
            "compactness": np.where(flat, _compactness(premises), np.nan),
            "area_m2": np.where(flat, shapely.area(premises), np.nan),
            "nonresidential_share": np.where(
                flat, _without_homes(units, unit, place, len(layer)), np.nan
            ),
            "households": np.where(
                flat, np.bincount(place, households[unit], minlength=len(layer)), np.nan
            ),
            "clear_border": np.where(
                flat, _clear_border(premises, units, (unit, place), lines, rules), np.nan
            ),
        }
    ).round(4)
    given = ["floor_area_m2", "staff", "students", "permanent", "years"]
    for column in given:
        table[column] = layer[column].to_numpy() if column in layer else np.nan
    table["body"] = layer["body"].to_numpy() if "body" in layer else ""
    ids, names = layer["institution_id"], layer["name"]
    return [
        Facts(str(i), str(n), **{str(key): value for key, value in row.items()})
        for i, n, row in zip(ids, names, table.to_dict("records"), strict=True)
    ]


def solid(shapes: Shapes) -> Shapes:
    """Polygons, parts that touch joined into one; empty for points and lines."""
    result = np.full(len(shapes), shapely.Polygon(), dtype=object)
    flat = shapely.get_dimensions(shapes) == 2
    result[flat] = shapely.union_all(shapes[flat][:, None], axis=1) if flat.any() else []
    return result


def members(shapes: Shapes, premises: Shapes) -> tuple[Ints, Ints]:
    """Find the units that lie at least half inside premises.

    Returns
    -------
    tuple
        int64 positions of units and of the premises, pair by pair.
    """
    table = shares_of(shapes, gpd.GeoSeries(premises))
    inside = table[table["share"] >= HALF]
    return inside["shape"].to_numpy(dtype=np.int64), inside["area"].to_numpy(dtype=np.int64)


def half_inside(shapes: Shapes, ground: shapely.Geometry) -> NDArray[np.bool_]:
    """Tell which of the units that meet some ground lie at least half inside it."""
    shapely.prepare(ground)
    inside: NDArray[np.bool_] = shapely.covered_by(shapes, ground)
    over = np.flatnonzero(~inside & (shapely.area(shapes) > 0))
    part = shapely.area(shapely.intersection(shapes[over], ground))
    # A point or a line has no area to lie half inside with; rounded as in ``shares_of``.
    inside |= shapely.area(shapes) == 0
    inside[over] = (part / shapely.area(shapes[over])).round(9) >= HALF
    return inside


def _compactness(premises: Shapes) -> Floats:
    length = shapely.length(premises)
    area, share = 4 * np.pi * shapely.area(premises), np.zeros(len(premises))
    np.divide(area, length**2, out=share, where=length > 0)
    return share


def _without_homes(units: gpd.GeoDataFrame, unit: Ints, place: Ints, count: int) -> Floats:
    """Share of the ground under units that is under units without households; 1 without units."""
    area = shapely.area(units.geometry.to_numpy()[unit])
    number = np.bincount(place, minlength=count)
    pointlike = np.bincount(place, area, minlength=count) == 0
    weight = np.where(pointlike[place], 1.0, area)
    empty = units["households"].to_numpy()[unit] == 0
    total = np.bincount(place, weight, minlength=count)
    free = np.bincount(place, weight * empty, minlength=count)
    return np.divide(free, total, out=np.ones(count), where=number > 0)


def _clear_border(
    premises: Shapes,
    units: gpd.GeoDataFrame,
    inside: tuple[Ints, Ints],
    lines: Sequence[Shapes],
    rules: InstitutionRules,
) -> Floats:
    """Share of the border that no dwelling outside stands on, but across a road or a barrier."""
    border = shapely.boundary(premises)
    homes = np.flatnonzero(units["households"].to_numpy() > 0)
    shapes = units.geometry.to_numpy()
    place, home = shapely.STRtree(shapes[homes]).query(
        border, predicate="dwithin", distance=rules.dwelling_near_m
    )
    own = pd.MultiIndex.from_arrays(inside[::-1])
    outside = ~pd.MultiIndex.from_arrays([place, homes[home]]).isin(own)
    place, home = place[outside], homes[home[outside]]
    near = shapely.buffer(shapes[home], rules.dwelling_near_m)
    faced = shapely.intersection(border[place], near)
    met, owner = np.unique(place, return_inverse=True)
    unclear = unions(faced, owner, len(met))
    unclear = _off_lines(unclear, np.concatenate([np.empty(0, dtype=object), *lines]), rules)
    share = np.zeros(len(premises))
    share[met] = shapely.length(unclear) / shapely.length(border[met])
    return 1.0 - share


def _off_lines(border: Shapes, lines: Shapes, rules: InstitutionRules) -> Shapes:
    """Take away what runs near roads and barriers."""
    row, line = shapely.STRtree(lines).query(
        border, predicate="dwithin", distance=rules.road_near_m
    )
    met, owner = np.unique(row, return_inverse=True)
    along = unions(shapely.buffer(lines[line], rules.road_near_m), owner, len(met))
    left = border.copy()
    left[met] = shapely.difference(border[met], along)
    return left
