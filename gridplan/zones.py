"""Jurisdiction zones: the zone of every unit, and what is odd about a layer."""

from collections.abc import Iterator, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.domain import Finding, Severity
from gridplan.layers.columns import some
from gridplan.layers.shares import best_shares, shares_of
from gridplan.topology import Shapes
from gridplan.units import LISTED_SHARE

FEW_SHARE = 0.1
"""Fewer households than this share outside every zone look like a gap in the layer."""

CROSSING_SHARE = 0.05
"""A unit crosses a zone line where more than this share of it lies outside its zone."""

MOST_LISTED = 500
"""Units crossing the lines of one layer that are listed one by one; the rest is summed up."""

OVERLAP_M2 = 1.0
"""Zones that overlap by more than this are listed, in m2."""

SAME_SHARE = 0.99
"""Two layers are the same where they divide at least this share of the households alike."""


def with_zones(
    units: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    modes: Mapping[str, str],
    findings: list[Finding],
) -> gpd.GeoDataFrame:
    """Add the zone of every unit in every jurisdiction layer.

    Parameters
    ----------
    units
        As for ``zone_of_units``, with one column per layer that stands on the units.
    layers
        The polygon layers.
    modes
        Mode by layer, in the order of the configuration.
    findings
        Those of ``zone_of_units`` and ``list_same_layers`` are added.
    """
    units = units.copy()
    for name, mode in modes.items():
        if name in layers:
            units[name] = zone_of_units(units, layers[name], name, findings, mode=mode)
        else:
            list_without_zone(units, units[name], name, findings)
    list_same_layers(units, list(modes), findings)
    return units


def zone_of_units(
    units: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    name: str,
    findings: list[Finding],
    *,
    mode: str = "soft",
) -> pd.Series:
    """Find the zone that holds most of every unit's area, and list what is odd about the layer.

    Parameters
    ----------
    units
        ``unit_id``, ``households``, ``community_code`` and their own shapes in metres.
    zones
        ``zone_id`` and polygons, sorted by id; overlapping zones go by the larger share.
    name
        The zone layer, for the findings.
    findings
        ``unit-without-zone`` (one a layer), ``unit-crosses-zones``, ``zones-overlap``,
        ``zone-multipart`` and ``zone-hole`` are added.
    mode
        Of the layer; a unit across a line of a nested layer is a warning.

    Returns
    -------
    pandas.Series
        Zone ids with the index of ``units``, missing where a unit lies in none.
    """
    shapes = units.geometry.to_numpy()
    shares = shares_of(shapes, zones)
    row, share = best_shares(shares, len(shapes))
    ids = np.r_[zones["zone_id"].to_numpy(dtype=object), [None]]
    found = pd.Series(ids[row], index=units.index, dtype=object)
    _list_shapes(zones, name, mode, findings)
    _list_overlaps(units, zones, name, shares, findings)
    _list_crossing(units, zones, name, mode, shares, (row, share), findings)
    list_without_zone(units, found, name, findings)
    return found


def list_without_zone(
    units: gpd.GeoDataFrame, zone: pd.Series, name: str, findings: list[Finding]
) -> None:
    """List the units with households that lie in no zone of a layer, as one finding.

    Parameters
    ----------
    units
        ``unit_id`` and ``households``.
    zone
        Zone of every unit, missing where none.
    name
        The zone layer.
    findings
        ``unit-without-zone`` is added: a warning where they are few, as they look like a gap.
    """
    left = units[zone.isna() & (units["households"] > 0)]
    if left.empty:
        return
    few = left["households"].sum() < FEW_SHARE * units["households"].sum()
    findings.append(
        Finding(
            "unit-without-zone",
            Severity.WARNING if few else Severity.INFO,
            f"{name}: {len(left)} units with {int(left['households'].sum())} households lie in "
            f"no zone ({some(left['unit_id'])}); they count for no zone of this layer",
            layer=name,
            place=str(left["unit_id"].iloc[0]),
            value=float(left["households"].sum()),
        )
    )


def _list_shapes(zones: gpd.GeoDataFrame, name: str, mode: str, findings: list[Finding]) -> None:
    """List zones in several parts and zones with holes."""
    shapes = zones.geometry.to_numpy()
    ids = zones["zone_id"].to_numpy()
    parts, owner = shapely.get_parts(shapes, return_index=True)
    count = np.bincount(owner, minlength=len(shapes))
    kept = "; it can be kept whole only where units join its parts" if mode == "whole" else ""
    for i in np.flatnonzero(count > 1):
        message = f"zone {ids[i]} of {name} lies in {count[i]} parts{kept}"
        findings.append(
            Finding(
                "zone-multipart",
                Severity.INFO,
                message,
                layer=name,
                place=str(ids[i]),
                value=float(count[i]),
            )
        )
    holed = np.bincount(owner, shapely.get_num_interior_rings(parts), len(shapes))
    for i in np.flatnonzero(holed):
        bare_m2, whole_m2 = _bare_holes(shapes, int(i), zones)
        inside = f"{bare_m2:.0f} m² of them in no zone" if bare_m2 >= OVERLAP_M2 else "other zones"
        findings.append(
            Finding(
                "zone-hole",
                Severity.INFO,
                f"zone {ids[i]} of {name} has {int(holed[i])} holes of {whole_m2:.0f} m², {inside}",
                layer=name,
                place=str(ids[i]),
                value=round(bare_m2, 1),
            )
        )


def _bare_holes(shapes: Shapes, i: int, zones: gpd.GeoDataFrame) -> tuple[float, float]:
    """Area of the holes of one zone that no zone fills, and of all its holes, in m2."""
    rings = [ring for part in shapely.get_parts(shapes[i]) for ring in part.interiors]
    holes = shapely.union_all(shapely.polygons(rings))
    near = np.setdiff1d(zones.sindex.query(holes, predicate="intersects"), [i])
    filled = shapely.area(shapely.intersection(holes, shapely.union_all(shapes[near])))
    return float(shapely.area(holes) - filled), float(shapely.area(holes))


def _list_overlaps(
    units: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    name: str,
    shares: pd.DataFrame,
    findings: list[Finding],
) -> None:
    """List pairs of zones that overlap, with the area and the households in it."""
    shapes, ids = zones.geometry.to_numpy(), zones["zone_id"].to_numpy()
    a, b = zones.sindex.query(shapes, predicate="intersects")
    a, b = a[a < b], b[a < b]
    over = ~shapely.touches(shapes[a], shapes[b])
    pairs = pd.DataFrame({"a": a[over], "b": b[over]}).sort_values(["a", "b"])
    both = shapely.intersection(shapes[pairs["a"]], shapes[pairs["b"]])
    pairs["m2"] = shapely.area(both)
    pairs = pairs[pairs["m2"] > OVERLAP_M2]
    if pairs.empty:
        return
    held = _households_in_both(units, shares)
    for i, j, square_m in pairs.itertuples(index=False):
        count, households = held.get((int(i), int(j)), (0, 0))
        findings.append(
            Finding(
                "zones-overlap",
                Severity.WARNING if households else Severity.INFO,
                f"zones {ids[i]} and {ids[j]} of {name} overlap by {square_m:.0f} m², with "
                f"{count} units and {households} households in it; a unit goes to the zone with "
                "the larger share of its area, then to the smaller id; redraw one of the zones",
                layer=name,
                place=str(ids[i]),
                other=str(ids[j]),
                value=round(float(square_m), 1),
                limit=OVERLAP_M2,
            )
        )


def _households_in_both(
    units: gpd.GeoDataFrame, shares: pd.DataFrame
) -> dict[tuple[int, int], tuple[int, int]]:
    """Units and households with ground in the overlap of two zones, by the zones' rows."""
    several = shares[shares["shape"].duplicated(keep=False)]
    meet = several.merge(several, on="shape", suffixes=("_a", "_b"))
    meet = meet[meet["area_a"] < meet["area_b"]]
    # Shares of zones that do not overlap add up to 1 at most.
    meet = meet[meet["share_a"] + meet["share_b"] > 1 + LISTED_SHARE]
    meet["households"] = units["households"].to_numpy()[meet["shape"]]
    held = meet.groupby(["area_a", "area_b"])["households"].agg(["size", "sum"])
    rows = held.itertuples(name=None)
    return {(int(a), int(b)): (int(n), int(total)) for (a, b), n, total in rows}


def _list_crossing(
    units: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    name: str,
    mode: str,
    shares: pd.DataFrame,
    best: tuple[NDArray[np.int64], NDArray[np.float64]],
    findings: list[Finding],
) -> None:
    """List the units that a zone line crosses, with their shares; the heaviest where too many."""
    row, share = best
    ids = zones["zone_id"].to_numpy()
    unit_ids, households = units["unit_id"].to_numpy(), units["households"].to_numpy()
    crossing = np.flatnonzero((row >= 0) & (share < 1 - CROSSING_SHARE))
    # Empty units matter only where a grid may not touch two zones.
    crossing = crossing if mode == "nest" else crossing[households[crossing] > 0]
    away = households[crossing] * (1 - share[crossing])
    order = crossing[np.lexsort((crossing, -away.round(6)))]
    rest = shares[shares["shape"].isin(order[:MOST_LISTED])]
    rest = rest.sort_values(["shape", "share", "area"], ascending=[True, False, True])
    others = dict(list(rest.groupby("shape")))
    severity = Severity.WARNING if mode == "nest" else Severity.INFO
    for i in np.sort(order[:MOST_LISTED]):
        parts = [f"{ids[z]} {s:.0%}" for z, s in others[i][["area", "share"]].to_numpy(object)]
        out = 1 - float(others[i]["share"].sum())
        parts += [f"no zone {out:.0%}"] if out > LISTED_SHARE else []
        second = others[i]["area"].iloc[1:2]
        line = "a nested line" if mode == "nest" else "a zone line"
        findings.append(
            Finding(
                "unit-crosses-zones",
                severity,
                f"unit {unit_ids[i]} ({households[i]} households) lies across {line} of {name}: "
                f"{', '.join(parts)}; it counts for {ids[row[i]]}",
                layer="units",
                place=str(unit_ids[i]),
                other=str(ids[second.iloc[0]]) if len(second) else "",
                community_code=str(units["community_code"].iloc[i]),
                value=round(float(share[i]), 4),
                limit=1 - CROSSING_SHARE,
            )
        )
    if len(order) > MOST_LISTED:
        more = order[MOST_LISTED:]
        findings.append(
            Finding(
                "unit-crosses-zones",
                severity,
                f"{len(more)} more units with {int(households[more].sum())} households lie across "
                f"lines of {name}; the {MOST_LISTED} with most households away are listed one by "
                "one",
                layer=name,
                value=float(len(more)),
            )
        )


def list_same_layers(
    units: gpd.GeoDataFrame, names: Sequence[str], findings: list[Finding]
) -> None:
    """List zone layers that divide the households as another layer, or the communities, do.

    Parameters
    ----------
    units
        ``households``, ``community_code`` and one column per zone layer.
    names
        The zone layers, in the order of the configuration.
    findings
        ``zones-same`` (a warning: two layers count the same thing twice) and
        ``zones-like-communities`` (the layer changes nothing) are added.
    """
    weight = units["households"].to_numpy(dtype=float)
    codes = {name: pd.factorize(units[name])[0] for name in ("community_code", *names)}
    for first, second in _pairs(["community_code", *names]):
        several = min(codes[first].max(initial=-1), codes[second].max(initial=-1)) > 0
        alike = _alike(codes[first], codes[second], weight) if several else 0.0
        if alike < SAME_SHARE:
            continue
        if first == "community_code":
            findings.append(
                Finding(
                    "zones-like-communities",
                    Severity.INFO,
                    f"{second} divides {alike:.1%} of the households as the communities do; no "
                    "grid crosses a community, so the layer changes nothing and may be left out",
                    layer=second,
                    value=round(alike, 4),
                    limit=SAME_SHARE,
                )
            )
            continue
        findings.append(
            Finding(
                "zones-same",
                Severity.WARNING,
                f"{second} divides {alike:.1%} of the households as {first} does, so the same "
                f"lines count twice; check path and layer of [inputs.zones.{second}], leave one "
                "of the two out, or give one the weight 0",
                layer=second,
                other=first,
                value=round(alike, 4),
                limit=SAME_SHARE,
            )
        )


def _pairs(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for i, second in enumerate(names):
        for first in names[:i]:
            yield first, second


def _alike(a: NDArray[np.int64], b: NDArray[np.int64], weight: NDArray[np.float64]) -> float:
    """Share of the weight in pairs of zones that are each other's largest part."""
    table = pd.DataFrame({"a": a, "b": b, "weight": weight})
    held = table.groupby(["a", "b"])["weight"].sum()
    total = held.sum()
    if total <= 0:
        return 0.0
    return float(min(held.groupby(level=side).max().sum() for side in ("a", "b")) / total)
