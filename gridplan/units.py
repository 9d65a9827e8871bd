"""Basic units: the community that each belongs to."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.domain import Finding, Severity
from gridplan.errors import TopologyError
from gridplan.layers.shares import largest_share

LISTED_SHARE = 0.01
"""A unit is listed as straddling when more than this share of it lies outside its community."""


def place_units(
    units: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    *,
    nearest_m: float,
    findings: list[Finding],
) -> gpd.GeoDataFrame:
    """Find the community of every unit.

    A community named by the unit's own column wins; else the one that holds most of its area, then
    the smallest code; a unit outside every community joins the nearest within ``nearest_m``.

    Parameters
    ----------
    units
        ``unit_id``, ``households``, ``community_code`` (missing where geometry decides), polygons
        or points in metres.
    communities
        ``community_code`` and polygons in metres, sorted by code.
    nearest_m
        How far outside every community a unit may lie, in metres.
    findings
        ``unit-straddles``, ``unit-nearest``, ``unit-outside`` and ``community-unknown`` are added.

    Returns
    -------
    geopandas.GeoDataFrame
        The units that have a community, ``community_code`` filled.

    Raises
    ------
    TopologyError
        Where no unit has one.
    """
    codes = communities["community_code"].to_numpy()
    named = units["community_code"].isin(codes)
    _list_unknown(units, named, findings)
    found, _ = largest_share(units.geometry.to_numpy(), communities)
    by_name = np.searchsorted(codes, units["community_code"].where(named, codes[0]).to_numpy())
    home = np.where(named, by_name, found)
    _list_straddling(units, communities, home, findings)
    home = _snap_outside(units, communities, home, nearest_m, findings)
    kept = home >= 0
    if len(units) and not kept.any():
        raise TopologyError(
            f"inputs.units: none of the {len(units)} units lies in a community or within "
            f"{nearest_m:g} m of one; look at the crs of both layers, and whether they are of the "
            "same place",
            findings,
        )
    placed = units[kept].assign(community_code=codes[home[kept]])
    return placed.reset_index(drop=True)


def _list_unknown(units: gpd.GeoDataFrame, named: pd.Series, findings: list[Finding]) -> None:
    wrong = units[units["community_code"].notna() & ~named]
    for unit_id, code in zip(wrong["unit_id"], wrong["community_code"], strict=True):
        findings.append(
            Finding(
                "community-unknown",
                Severity.WARNING,
                f"unit {unit_id} names community {code}, which does not exist; placed by its shape",
                layer="units",
                place=str(unit_id),
            )
        )


def _list_straddling(
    units: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    home: NDArray[np.int64],
    findings: list[Finding],
) -> None:
    codes = communities["community_code"].to_numpy()
    placed = np.flatnonzero(home >= 0)
    shapes = units.geometry.to_numpy()[placed]
    ground = communities.geometry.to_numpy()[home[placed]]
    crossing = np.flatnonzero(~shapely.covered_by(shapes, ground))
    part = shapely.area(shapely.intersection(shapes[crossing], ground[crossing]))
    total = shapely.area(shapes[crossing])
    away = 1 - np.divide(part, total, out=np.zeros_like(part), where=total > 0)
    for i in np.flatnonzero(away > LISTED_SHARE):
        at = placed[crossing[i]]
        unit_id, code = units["unit_id"].iloc[at], codes[home[at]]
        findings.append(
            Finding(
                "unit-straddles",
                Severity.EXCEPTION,
                f"unit {unit_id} belongs to community {code}; {away[i]:.0%} of it lies outside",
                layer="units",
                place=str(unit_id),
                community_code=str(code),
                value=round(float(away[i]), 4),
                limit=LISTED_SHARE,
            )
        )


def _snap_outside(
    units: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    home: NDArray[np.int64],
    nearest_m: float,
    findings: list[Finding],
) -> NDArray[np.int64]:
    outside = np.flatnonzero(home < 0)
    if not len(outside):
        return home
    home = home.copy()
    shapes = units.geometry.to_numpy()[outside]
    (row, near), metres = communities.sindex.nearest(
        shapes, max_distance=nearest_m, return_all=True, return_distance=True
    )
    offers = pd.DataFrame({"row": row, "community": near, "metres": metres})
    offers = offers.sort_values(["row", "metres", "community"]).drop_duplicates("row")
    codes = communities["community_code"].to_numpy()
    home[outside[offers["row"]]] = offers["community"].to_numpy()
    for i, community, distance in offers.itertuples(index=False):
        unit = units.iloc[outside[i]]
        findings.append(
            Finding(
                "unit-nearest",
                Severity.EXCEPTION,
                f"unit {unit.unit_id} lies {distance:.1f} m outside every community; "
                f"it joins the nearest, {codes[community]}",
                layer="units",
                place=str(unit.unit_id),
                community_code=str(codes[community]),
                value=round(float(distance), 2),
                limit=nearest_m,
            )
        )
    for i in np.flatnonzero(home < 0):
        unit = units.iloc[i]
        findings.append(
            Finding(
                "unit-outside",
                Severity.WARNING,
                f"unit {unit.unit_id} with {unit.households} households lies more than "
                f"{nearest_m:g} m outside every community; it is not in the plan",
                layer="units",
                place=str(unit.unit_id),
                value=float(unit.households),
            )
        )
    return home
