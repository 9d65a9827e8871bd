"""Measures of grids and of their alignment with zones.

Tables in, ``Series`` with the same index out.

Words as in the design: a zone is *touched* by a grid, and the pair is an *incidence*, when the grid
has at least one household in the zone. Everything here is a pure function of its arguments.
"""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridplan.domain import GridKind, RangeStatus


def _polygons(geometry: gpd.GeoSeries) -> npt.NDArray[np.object_]:
    shapes: npt.NDArray[np.object_] = np.asarray(geometry.geometry.array).astype(np.object_)
    return shapes


def area_m2(geometry: gpd.GeoSeries) -> "pd.Series[float]":
    """Area of each polygon.

    Parameters
    ----------
    geometry
        Polygons in a projected CRS in metres.

    Returns
    -------
    pandas.Series
        Square metres; 0 where the geometry is missing.
    """
    area = np.nan_to_num(shapely.area(_polygons(geometry)))
    return pd.Series(area, index=geometry.index, name="area_m2")


def perimeter_m(geometry: gpd.GeoSeries) -> "pd.Series[float]":
    """Length of all rings of each polygon, holes included.

    Parameters
    ----------
    geometry
        Polygons in a projected CRS in metres.

    Returns
    -------
    pandas.Series
        Metres; 0 where the geometry is missing.
    """
    length = np.nan_to_num(shapely.length(_polygons(geometry)))
    return pd.Series(length, index=geometry.index, name="perimeter_m")


def polsby_popper(geometry: gpd.GeoSeries) -> "pd.Series[float]":
    """Compactness of each polygon, 4πA ÷ P²: 1 for a circle, π/4 for a square.

    Polsby, D. D. and Popper, R. D. (1991), The third criterion: compactness as a procedural
    safeguard against partisan gerrymandering. Yale Law & Policy Review 9(2).

    Parameters
    ----------
    geometry
        Polygons in a projected CRS; holes add to the perimeter.

    Returns
    -------
    pandas.Series
        0..1; NaN where the polygon is missing or empty.
    """
    area, perimeter = area_m2(geometry), perimeter_m(geometry)
    ratio = 4 * np.pi * area / (perimeter**2).where(perimeter > 0)
    return ratio.rename("polsby_popper")


def parts(geometry: gpd.GeoSeries) -> "pd.Series[int]":
    """Count the parts of each polygon that hang together over edges; a corner is no border.

    Parameters
    ----------
    geometry
        Polygons or multipolygons. Parts that share an edge count as one, and a ring that touches
        itself so that its inside falls apart counts as several.

    Returns
    -------
    pandas.Series
        Counts; 0 where the geometry is missing or empty.
    """
    shapes = _polygons(geometry).copy()
    mend = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    # The union of the pieces joins what shares an edge and nothing else.
    shapes[mend] = [
        shapely.union_all(shapely.make_valid(shapely.get_parts(s))) for s in shapes[mend]
    ]
    pieces, owner = shapely.get_parts(shapes, return_index=True)
    inside = (shapely.get_dimensions(pieces) == 2) & ~shapely.is_empty(pieces)
    count = np.bincount(owner[inside], minlength=len(shapes))
    return pd.Series(count, index=geometry.index, name="parts")


def deviation(households: "pd.Series[int]", target: float) -> "pd.Series[float]":
    """Households above or below the target, as a share of it: (h − target) ÷ target."""
    return ((households - target) / target).rename("deviation")


def breach(households: "pd.Series[int]", minimum: int, maximum: int) -> "pd.Series[int]":
    """Households by which each grid misses the range: max(0, min − h, h − max)."""
    short, long = (minimum - households).clip(lower=0), (households - maximum).clip(lower=0)
    return (short + long).rename("breach")


def range_status(
    households: "pd.Series[int]", minimum: int, maximum: int, kind: "pd.Series[str] | None" = None
) -> "pd.Series[str]":
    """Where each grid lies against the range, both ends of which count as inside.

    Parameters
    ----------
    households
        Households of each grid.
    minimum, maximum
        The range, in households.
    kind
        ``residential`` or ``unit`` on the same index; unit grids are exempt. Left out: all
        residential.

    Returns
    -------
    pandas.Series
        ``in``, ``under``, ``over`` or ``exempt``.
    """
    status = np.select(
        [households < minimum, households > maximum],
        [RangeStatus.UNDER.value, RangeStatus.OVER.value],
        RangeStatus.IN.value,
    )
    result = pd.Series(status, index=households.index, name="range_status", dtype="str")
    return result if kind is None else result.mask(kind == GridKind.UNIT, RangeStatus.EXEMPT.value)


def incidences(units: pd.DataFrame, layer: str) -> pd.DataFrame:
    """Every (grid, zone) pair of one jurisdiction layer that has at least one household.

    Parameters
    ----------
    units
        ``grid_code``, ``households`` and the column ``layer``: the zone of each unit, missing where
        it lies in none.
    layer
        Name of that column.

    Returns
    -------
    pandas.DataFrame
        ``grid_code``, ``zone_id``, ``households`` and ``share`` (0..1, of all households of the
        grid, those outside every zone included), sorted by grid and zone.
    """
    total = units.groupby("grid_code", sort=True)["households"].sum()
    living = units[(units["households"] > 0) & units[layer].notna()]
    pairs = living.groupby(["grid_code", layer], sort=True)["households"].sum().reset_index()
    pairs.columns = pd.Index(["grid_code", "zone_id", "households"])
    pairs["share"] = pairs["households"] / total.reindex(pairs["grid_code"]).to_numpy()
    return pairs


def _codes(units: pd.DataFrame, column: str) -> "pd.Index[str]":
    """Sorted codes of a column, as an index of that name."""
    codes: pd.Index[str] = pd.Index(sorted(units[column].dropna().unique()), name=column)
    return codes


def zone_measures(units: pd.DataFrame, layer: str) -> pd.DataFrame:
    """Zones, main zone and main share of every grid, at once.

    Parameters
    ----------
    units, layer
        As for `incidences`.

    Returns
    -------
    pandas.DataFrame
        ``<layer>_main``, ``<layer>_main_share``, ``<layer>_zones`` by ``grid_code``, sorted.
    """
    pairs = incidences(units, layer)
    grids = _codes(units, "grid_code")
    order = ["grid_code", "households", "zone_id"]
    pairs = pairs.sort_values(order, ascending=[True, False, True], kind="stable")
    main = pairs.drop_duplicates("grid_code").set_index("grid_code").reindex(grids)
    count = pairs.groupby("grid_code").size().reindex(grids, fill_value=0)
    return pd.DataFrame(
        {
            f"{layer}_main": main["zone_id"],
            f"{layer}_main_share": main["share"].astype("float64"),
            f"{layer}_zones": count.astype("int64"),
        },
        index=grids,
    )


def zones_touched(units: pd.DataFrame, layer: str) -> "pd.Series[int]":
    """Zones of a layer in which each grid has at least one household, indexed by ``grid_code``."""
    count: pd.Series[int] = zone_measures(units, layer)[f"{layer}_zones"]
    return count


def main_zone(units: pd.DataFrame, layer: str) -> "pd.Series[str]":
    """Zone of a layer that holds most households of each grid; of equals the smallest id.

    Indexed by ``grid_code``; missing where the grid has no household in any zone.
    """
    main: pd.Series[str] = zone_measures(units, layer)[f"{layer}_main"]
    return main


def main_share(units: pd.DataFrame, layer: str) -> "pd.Series[float]":
    """Share (0..1) of each grid's households that lie in its main zone, by ``grid_code``.

    The denominator is all households of the grid; NaN where it has none in any zone.
    """
    share: pd.Series[float] = zone_measures(units, layer)[f"{layer}_main_share"]
    return share


def straddles(units: pd.DataFrame, layer: str) -> "pd.Series[int]":
    """Zones touched − 1 of each grid, 0 where it touches none; their sum is the layer's."""
    return (zones_touched(units, layer) - 1).clip(lower=0).rename("straddles")


def splits(units: pd.DataFrame, layer: str) -> "pd.Series[int]":
    """Grids touched − 1 of each zone with households, by ``zone_id``; their sum is the layer's.

    Counted over the units given: pass one community to leave out the splits its border causes.
    """
    count = incidences(units, layer).groupby("zone_id").size()
    return (count - 1).rename("splits")


def excess_incidences(units: pd.DataFrame, layer: str, maximum: int) -> "pd.Series[int]":
    """Incidences that no plan needs: 0 where a layer is perfectly aligned.

    Per community: incidences − Σ over zones ⌈zone households in the community ÷ max⌉. Grids above
    the maximum can push it below 0.

    Parameters
    ----------
    units
        ``community_code``, ``grid_code``, ``households`` and the column ``layer``.
    layer
        Name of the zone column.
    maximum
        Upper end of the range, in households.

    Returns
    -------
    pandas.Series
        Counts by ``community_code``, sorted; every community of ``units`` is there.
    """
    codes = _codes(units, "community_code")
    living = units[(units["households"] > 0) & units[layer].notna()]
    pairs = living[["community_code", "grid_code", layer]].drop_duplicates()
    held = living.groupby(["community_code", layer])["households"].sum()
    needed = (-(-held // maximum)).groupby("community_code").sum()
    touched = pairs.groupby("community_code").size()
    excess = touched.reindex(codes, fill_value=0) - needed.reindex(codes, fill_value=0)
    return excess.rename("excess_incidences")


def households_in_one_zone(units: pd.DataFrame, layer: str) -> float:
    """Share (0..1) of all households whose grid touches exactly one zone of the layer.

    A planner reads it as "households whose grid has one police area". NaN without households.
    """
    zones = zones_touched(units, layer)
    households = units.groupby("grid_code")["households"].sum().reindex(zones.index)
    total = float(households.sum())
    return float(households[zones == 1].sum()) / total if total else float("nan")
