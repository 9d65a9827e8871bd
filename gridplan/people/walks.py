"""The daily walk of every grid: from the office past every building along the roads, and back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.config.people import Workload
from gridplan.domain import Finding, GridKind, Plan, Severity
from gridplan.layers.inputs import Inputs
from gridplan.optimise.tour import short_tour
from gridplan.people.network import BEYOND_M, Ways, lay_ways
from gridplan.people.words import as_words
from gridplan.processes import Parcel, beside
from gridplan.text import many

Shapes = NDArray[np.object_]
Ints = NDArray[np.int64]

COLUMNS = ("grid_code", "stops", "walk_m", "walk_bound_m", "off_road_m")
FAR_M = 100.0
"""A building farther than this from every road is listed, in metres."""

SHARED = 500
"""Communities from which on they are shared among processes, which take seconds to start."""


@dataclass(frozen=True)
class Walks:
    """The walk of every grid that has a building.

    Parameters
    ----------
    table
        ``grid_code``, ``stops`` (buildings passed), ``walk_m``, ``walk_bound_m`` (no round along
        these roads is shorter), ``off_road_m`` (from the road to the buildings and back, in all),
        and the round as a line; sorted by code.
    findings
        What a reader must know of them.
    """

    table: gpd.GeoDataFrame
    findings: tuple[Finding, ...]


@dataclass(frozen=True, eq=False)
class _Place:
    """A community that is walked: its buildings, sorted by id, and what lies around them.

    Parameters
    ----------
    code
        Of the community.
    ids, grids, buildings
        Id, grid and footprint of every building.
    office
        Where walks begin; None where nothing says.
    lacking
        Whether an office is wanted and there is none.
    roads, ground
        Roads near by, in the order of their ids, and the community itself.
    """

    code: str
    ids: Shapes
    grids: Shapes
    buildings: Parcel
    office: shapely.Geometry | None
    lacking: bool
    roads: Parcel
    ground: shapely.Geometry


Row = tuple[object, ...]
_Walked = tuple[str, list[Row], list[Finding]]


def draw_walks(plan: Plan, inputs: Inputs, section: Workload, workers: int = 1) -> Walks:
    """Find a short walk for every grid.

    Parameters
    ----------
    plan
        The finished plan.
    inputs
        The job's layers: roads, facilities, and buildings or units with their footprints.
    section
        Names the offices and the limit.
    workers
        Processes among which many communities are shared; the walks do not depend on it.
    """
    with walking(plan, inputs, section, workers) as walks:
        return walks()


@contextmanager
def walking(
    plan: Plan, inputs: Inputs, section: Workload, workers: int = 1
) -> Iterator[Callable[[], Walks]]:
    """Find the walks, as of ``draw_walks``, while something else is done.

    Yields
    ------
    callable
        Waits for them; it must be called before the block ends.
    """
    roads = inputs.extra.get("roads")
    if roads is None or roads.empty:
        message = "no walk is known, as there are no roads; give them in [inputs.roads]"
        missing = Finding("walk-without-roads", Severity.INFO, message, layer="roads")
        yield lambda: Walks(_table([], plan), (missing,))
        return
    places = _places(plan, inputs, section, roads.geometry.to_numpy())
    crew = workers if len(plan.communities) >= SHARED else 1
    with beside(_walked, places, crew) as answers:
        yield lambda: _gathered(answers(), plan, section)


def _gathered(answers: list[_Walked], plan: Plan, section: Workload) -> Walks:
    """Walks of all communities, in the order of these."""
    answers = sorted(answers, key=lambda walked: walked[0])
    table = _table([row for _, rows, _ in answers for row in rows], plan)
    findings = [finding for _, _, found in answers for finding in found]
    findings += _too_long(table, plan, section.walk_limit_m)
    return Walks(table, tuple(findings))


def _places(plan: Plan, inputs: Inputs, section: Workload, lines: Shapes) -> Iterator[_Place]:
    """Every community with buildings, one after another."""
    stops, offices = _buildings(plan, inputs), _offices(plan, section)
    ground = dict(zip(plan.communities["community_code"], plan.communities.geometry, strict=True))
    ids, grids = stops["id"].to_numpy(dtype=object), np.asarray(as_words(stops["grid_code"]))
    shapes, tree = stops.geometry.to_numpy(), shapely.STRtree(lines)
    for code, own in sorted(stops.groupby("community_code", sort=True).indices.items()):
        office = offices.get(str(code))
        west, south, east, north = shapely.bounds(ground[code])
        reach_m = BEYOND_M + FAR_M
        reach = shapely.box(west - reach_m, south - reach_m, east + reach_m, north + reach_m)
        yield _Place(
            str(code),
            ids[own],
            grids[own],
            Parcel(shapes[own]),
            office,
            office is None and section.office is not None,
            Parcel(lines[np.sort(tree.query(reach))]),
            ground[code],
        )


def _walked(place: _Place) -> _Walked:
    """Walks of one community, and what is odd about its ways."""
    office, shapes = place.office, place.buildings.shapes
    stops = shapes if office is None else np.r_[shapes, [office]]
    ways = lay_ways(place.roads.shapes, place.ground, stops)
    if ways is None:
        return place.code, [], []
    return place.code, list(_walks_of(place, ways)), list(_odd_ways(place, ways))


def _buildings(plan: Plan, inputs: Inputs) -> gpd.GeoDataFrame:
    """What is walked past: ``id``, ``grid_code``, ``community_code``, footprint; sorted by id."""
    layer = plan.extra.get("buildings")
    if layer is not None:
        table = layer[["building_id", "grid_code", "geometry"]]
        table = table.set_axis(["id", "grid_code", "geometry"], axis=1)
    else:
        own = inputs.units.set_index("unit_id").geometry.reindex(plan.units["unit_id"])
        table = gpd.GeoDataFrame(
            {"id": plan.units["unit_id"], "grid_code": plan.units["grid_code"]},
            geometry=own.to_numpy(),
            crs=plan.units.crs,
        )
    home = plan.grids.set_index("grid_code")["community_code"]
    table = table.assign(community_code=table["grid_code"].map(home))
    there = table["community_code"].notna() & ~table.geometry.isna() & ~table.geometry.is_empty
    found: gpd.GeoDataFrame = table[there].sort_values("id", kind="stable", ignore_index=True)
    return found


def _offices(plan: Plan, section: Workload) -> dict[str, shapely.Geometry]:
    """Office of every community; of several the one with the smallest id."""
    layer = plan.extra.get("facilities")
    if layer is None or section.office is None:
        return {}
    offices = layer[layer["kind"] == section.office].sort_values("facility_id", kind="stable")
    home = offices["grid_code"].map(plan.grids.set_index("grid_code")["community_code"])
    first = offices.assign(home=home).dropna(subset="home").drop_duplicates("home")
    return dict(zip(first["home"], first.geometry, strict=True))


def _walks_of(place: _Place, ways: Ways) -> Iterator[Row]:
    """One row for every grid of a community."""
    places, row = np.unique(ways.stop, return_inverse=True)
    metres, before = ways.between(places)
    row = row.reshape(-1)
    start = [] if place.office is None else [row[-1]]
    for grid in sorted(set(place.grids)):
        members = np.flatnonzero(place.grids == grid)
        stops = np.array(list(dict.fromkeys([*start, *row[members].tolist()])), dtype=np.int64)
        tour = short_tour(np.round(metres[np.ix_(stops, places[stops])], 3))
        path = _path(stops[tour.order], places, before)
        line = ways.at[path] if len(path) > 1 else np.repeat(ways.at[path], 2, axis=0)
        yield (
            str(grid),
            len(members),
            round(tour.length, 1),
            round(tour.bound, 1),
            round(2 * float(ways.off_road_m[members].sum()), 1),
            shapely.linestrings(line),
        )


def _path(order: Ints, places: Ints, before: Ints) -> Ints:
    """Every place that a round passes, from its first stop back to it."""
    path = [int(places[order[0]])]
    for here, there in zip(order, np.roll(order, -1), strict=True):
        way = []
        at = int(places[there])
        while at != places[here]:
            way.append(at)
            at = int(before[here, at])
        path += reversed(way)
    return np.array(path, dtype=np.int64)


def _table(rows: list[Row], plan: Plan) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(rows, columns=[*COLUMNS, "geometry"])
    numbers = {name: "float64" for name in COLUMNS[2:]}
    frame = frame.astype({"grid_code": object, "stops": "int64", **numbers})
    table = gpd.GeoDataFrame(frame, geometry="geometry", crs=plan.grids.crs)
    return table.sort_values("grid_code", kind="stable", ignore_index=True)


def _odd_ways(place: _Place, ways: Ways) -> Iterator[Finding]:
    """List what is odd about the ways of a community."""
    code = place.code
    if place.lacking:
        yield Finding(
            "office-missing",
            Severity.WARNING,
            f"community {code} has no office among the facilities; its walks begin at a "
            "building; add its office",
            layer="facilities",
            place=code,
            community_code=code,
        )
    if ways.bridged_m:
        yield Finding(
            "walk-off-road",
            Severity.WARNING,
            f"community {code}: no road joins {many(len(ways.bridged_m), 'part')} of its "
            f"network to the rest; walks cross there in a straight line, "
            f"{sum(ways.bridged_m):.0f} m in all; draw the road or the bridge",
            layer="roads",
            place=code,
            community_code=code,
            value=round(sum(ways.bridged_m), 1),
        )
    metres = ways.off_road_m[: len(place.ids)]
    far = np.flatnonzero(metres > FAR_M)
    if len(far):
        worst = int(far[np.argmax(metres[far])])
        yield Finding(
            "building-off-road",
            Severity.INFO,
            f"community {code}: {many(len(far), 'building')} farther than {FAR_M:.0f} m from "
            f"every road, {place.ids[worst]} by {metres[worst]:.0f} m; their walks leave "
            "that out; draw the roads inside the compound",
            layer="units",
            place=str(place.ids[worst]),
            community_code=code,
            value=round(float(metres[worst]), 1),
            limit=FAR_M,
        )


def _too_long(table: gpd.GeoDataFrame, plan: Plan, limit: float) -> Iterator[Finding]:
    """List the residential grids whose walk is above the limit."""
    grids = plan.grids.set_index("grid_code")
    long = table[table["walk_m"] > limit]
    for code, metres, bound in zip(
        long["grid_code"], long["walk_m"], long["walk_bound_m"], strict=True
    ):
        if grids.at[code, "grid_kind"] != GridKind.RESIDENTIAL.value:
            continue
        surely = "no round is in the limit" if bound > limit else f"at least {bound:.0f} m"
        yield Finding(
            "walk-over-limit",
            Severity.WARNING,
            f"grid {code}: a daily walk past every building is {metres:.0f} m long ({surely}); "
            "divide the grid otherwise, give it a second worker, or raise the limit",
            layer="grids",
            place=str(code),
            community_code=str(grids.at[code, "community_code"]),
            value=float(metres),
            limit=limit,
        )
