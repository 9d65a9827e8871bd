"""Buildings above the maximum divided by their stairwells: each becomes a unit of its own."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan.domain import Finding, Severity
from gridplan.layers.columns import some
from gridplan.layers.cut import Floats, Shapes, cut_by_shares
from gridplan.layers.homes import home_codes
from gridplan.layers.notes import Notes
from gridplan.layers.spread import largest_remainder
from gridplan.layers.tally import Method

if TYPE_CHECKING:
    from gridplan.config import Config

DIFFERS_SHARE = 0.1
"""Stairwells that miss their building's households by more than this share do not divide it."""

TOUCH_M = 1e-6
"""A neighbour whose border runs within this of the end of a cut gets a vertex there, in metres."""


@dataclass(frozen=True)
class Division:
    """What became of the buildings that were divided.

    Parameters
    ----------
    units
        The units, with every divided building replaced by its stairwells; sorted by id.
    buildings
        The divided buildings as they were: ``building_id``, ``households``, ``community_code``,
        and footprints.
    stairwells
        ``unit_id``, ``building_id``, ``stairwell``, ``position`` (from 1, along the building),
        ``households``.
    """

    units: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    stairwells: pd.DataFrame


def divide_towers(
    config: "Config",
    units: gpd.GeoDataFrame,
    stairwells: pd.DataFrame,
    communities: gpd.GeoDataFrame,
    notes: Notes,
) -> Division | None:
    """Cut every building above the maximum into its stairwells.

    Parameters
    ----------
    config
        The job.
    units
        Columns as of ``Inputs.units``, sorted by id.
    stairwells
        From `read_stairwells`.
    communities
        As read, to keep all stairwells of a building in one.
    notes
        ``building-divided`` and the reasons why a building is not are added.

    Returns
    -------
    Division or None
        None where no building was divided.
    """
    large = units[units["households"] > config.grids.max]
    by_building = dict(list(stairwells.groupby("building_id", sort=True)))
    homes = home_codes(large, communities, config.topology.snap_community_m)
    taken = set(units["unit_id"])
    strips, cut, points = [], [], []
    for at, unit in large.iterrows():
        own = by_building.get(unit["unit_id"])
        own = None if own is None else _usable(unit, own, notes)
        if own is None:
            continue
        pieces = cut_by_shares(unit["geometry"], own["share"].tolist())
        ids = [f"{unit['unit_id']}-{name}" for name in own["stairwell"]]
        if clash := sorted(taken & set(ids)):
            notes.problems.append(
                f"inputs.units: building {unit['unit_id']} is divided into {some(ids)}, but "
                f"{some(clash)} is the id of another unit; rename the unit or the stairwell"
            )
            continue
        strips.append(_strips(unit, own, ids, pieces, homes[at]))
        cut.append(at)
        points.append(_new_corners(unit["geometry"], pieces))
        _list_divided(unit, own, homes[at], config.grids.max, notes)
    if not cut:
        return None
    corners = np.concatenate(points)
    return _division(units, pd.concat(strips, ignore_index=True), cut, homes, corners)


def _division(
    units: gpd.GeoDataFrame,
    table: pd.DataFrame,
    cut: list[int],
    homes: "pd.Series[str]",
    corners: Floats,
) -> Division:
    """Put the strips in the place of their buildings."""
    rest = units.drop(index=cut)
    shapes = _with_corners(rest, corners)
    rest = rest.set_geometry(shapes, crs=units.crs)
    joined = pd.concat([rest, table[list(units.columns)]], ignore_index=True)
    buildings = gpd.GeoDataFrame(
        {
            "building_id": units.loc[cut, "unit_id"].to_numpy(),
            "households": units.loc[cut, "households"].to_numpy(),
            "community_code": homes[cut].to_numpy(),
        },
        geometry=units.loc[cut].geometry.to_numpy(),
        crs=units.crs,
    )
    columns = ["unit_id", "building_id", "stairwell", "position", "households"]
    return Division(
        gpd.GeoDataFrame(joined, geometry="geometry", crs=units.crs).sort_values(
            "unit_id", kind="stable", ignore_index=True
        ),
        buildings.sort_values("building_id", kind="stable", ignore_index=True),
        pd.DataFrame(table[columns]),
    )


def _usable(unit: "pd.Series[Any]", own: pd.DataFrame, notes: Notes) -> pd.DataFrame | None:
    """Stairwells by which a building can be divided, adding up to its households; else None."""
    name, total = str(unit["unit_id"]), int(unit["households"])
    said = int(own["households"].sum())
    lived_in = own[own["households"] > 0].reset_index(drop=True)
    lived_in["share"] = lived_in["households"]
    for empty in own.loc[own["households"] == 0, "stairwell"]:
        notes.findings.append(
            Finding(
                "stairwell-empty",
                Severity.INFO,
                f"building {name}: stairwell {empty} has no household, so it gets no strip",
                layer="units",
                place=name,
            )
        )
    if abs(said - total) > DIFFERS_SHARE * total:
        notes.warn(
            "stairwells-differ",
            f"building {name} has {total} households, but its stairwells {said}; mend one of the "
            "two; it is not divided",
            "units",
            place=name,
            value=float(said),
        )
        return None
    if len(lived_in) < 2:
        return None
    if shapely.get_dimensions(unit["geometry"]) < 2:
        notes.warn(
            "stairwells-unusable",
            f"building {name} with {total} households is a point, so its stairwells cannot divide "
            "it; draw its footprint",
            "units",
            place=name,
            value=float(total),
        )
        return None
    if said == total:
        return lived_in.assign(method=Method.STAIRWELLS.value)
    notes.warn(
        "stairwells-differ",
        f"building {name} has {total} households, but its stairwells {said}; they share the "
        f"{total} in proportion, an estimate; mend one of the two",
        "units",
        place=name,
        value=float(said),
    )
    shared = largest_remainder(lived_in["households"].to_numpy(dtype=float), total)
    return lived_in.assign(households=shared, method=Method.ESTIMATED.value)


def _strips(
    unit: "pd.Series[Any]",
    own: pd.DataFrame,
    ids: list[str],
    pieces: Shapes,
    home: str | None,
) -> pd.DataFrame:
    table = pd.DataFrame([unit] * len(ids)).reset_index(drop=True)
    return table.assign(
        unit_id=ids,
        households=own["households"].to_numpy(dtype="int64"),
        households_method=own["method"].to_numpy(),
        community_code=home,
        building_id=unit["unit_id"],
        stairwell=own["stairwell"].to_numpy(),
        position=np.arange(1, len(ids) + 1),
        geometry=pieces,
    )


def _new_corners(shape: shapely.Geometry, pieces: Shapes) -> Floats:
    """Points of the outline where a cut begins or ends."""
    own = {tuple(xy) for xy in shapely.get_coordinates(shape)}
    new = sorted({tuple(xy) for xy in shapely.get_coordinates(pieces)} - own)
    return np.array(new, dtype=float).reshape(-1, 2)


def _with_corners(units: gpd.GeoDataFrame, corners: Floats) -> Shapes:
    """Give neighbours that touch a divided building its new vertices, so that they still match."""
    shapes: Shapes = units.geometry.to_numpy().copy()
    points = shapely.points(corners)
    point, unit = units.sindex.query(points, predicate="dwithin", distance=TOUCH_M)
    for at in np.unique(unit):
        if shapely.get_dimensions(shapes[at]) == 2:
            near = shapely.multipoints(points[point[unit == at]])
            shapes[at] = shapely.snap(shapes[at], near, TOUCH_M)
    return shapes


def _list_divided(
    unit: "pd.Series[Any]", own: pd.DataFrame, home: str | None, limit: int, notes: Notes
) -> None:
    shares = ", ".join(
        f"{n}: {h}" for n, h in zip(own["stairwell"], own["households"], strict=True)
    )
    notes.findings.append(
        Finding(
            "building-divided",
            Severity.EXCEPTION,
            f"building {unit['unit_id']} has {unit['households']} households, more than a grid may "
            f"hold; it is cut into its {len(own)} stairwells ({shares})",
            layer="units",
            place=str(unit["unit_id"]),
            community_code=home or "",
            value=float(unit["households"]),
            limit=float(limit),
        )
    )
