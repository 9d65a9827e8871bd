"""An invented city: every layer that a division into grids reads, drawn from one seed."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from gridplan.errors import ConfigError
from gridplan.sample.cases import (
    list_cases,
    needed_links,
    open_gates,
    staff_with_gaps,
    tall_stairwells,
    zones_of_buildings,
)
from gridplan.sample.land import (
    community_layers,
    compound_layer,
    green_layer,
    island_outline,
    water_layer,
    zone_layers,
)
from gridplan.sample.layout import Layout, Size, draw_layout, draw_ways
from gridplan.sample.lots import draw_lots, island_lot, place_island
from gridplan.sample.network import (
    corridor,
    rail_layer,
    road_layer,
    tunnel_points,
)
from gridplan.sample.people import draw_register
from gridplan.sample.places import facility_layer, institution_layer
from gridplan.sample.plots import Plots, draw_plots
from gridplan.sample.shapes import Ground, way_lines
from gridplan.sample.stock import build_stock, join_compounds
from gridplan.sample.warp import Warp
from gridplan.sample.zones import draw_zones

LEAST_PLANTED = 8
PORT_FROM = 12
# What an ordinary community comes to, measured on a city of five hundred.
UNITS_PER_COMMUNITY = 57.5
HOUSEHOLDS_PER_COMMUNITY = 2700.0


@dataclass(frozen=True)
class City:
    """Layers and tables of an invented city; docs/sample-city.md lists the columns.

    Parameters
    ----------
    districts, streets, communities
        Clean coverages, one dissolved from the other.
    buildings
        Basic units: footprints that do not touch.
    residents_groups, property, sanitation, health, police, school
        Jurisdictions; ``property`` holds the walled compounds, the others cover the district.
    institutions, facilities, roads, railway, water, green, links
        What else stands, runs and flows there.
    register, stairwells, staff
        Households by stairwell; stairwells of buildings above 500 households; people.
    planted
        The hard cases: case, layer, id, note.
    seed
        What all of it was drawn from.
    """

    districts: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    residents_groups: gpd.GeoDataFrame
    property: gpd.GeoDataFrame
    sanitation: gpd.GeoDataFrame
    health: gpd.GeoDataFrame
    police: gpd.GeoDataFrame
    school: gpd.GeoDataFrame
    institutions: gpd.GeoDataFrame
    facilities: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    railway: gpd.GeoDataFrame
    water: gpd.GeoDataFrame
    green: gpd.GeoDataFrame
    links: gpd.GeoDataFrame
    register: pd.DataFrame
    stairwells: pd.DataFrame
    staff: pd.DataFrame
    planted: pd.DataFrame
    seed: int

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Every layer by the name it has in the file."""
        return {k: v for k, v in vars(self).items() if isinstance(v, gpd.GeoDataFrame)}

    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by the name of its file."""
        return {
            name: getattr(self, name) for name in ("register", "stairwells", "staff", "planted")
        }


def make_city(
    *,
    communities: int | None = None,
    units: int | None = None,
    households: int | None = None,
    seed: int = 0,
    planted: bool | None = None,
    port: bool | None = None,
) -> City:
    """Draw a city.

    Parameters
    ----------
    communities
        Number of communities, exactly. Left out: 8, or as many as the next two call for.
    units, households
        Buildings or households wanted, met to within some 10 %. With ``communities`` they set the
        size of a community; not both at once then.
    seed
        The same seed and size give the same city.
    planted
        Whether the hard cases are in it; left out, from 8 communities on.
    port
        Whether one community has no households at all; left out, from 12 communities on.

    Returns
    -------
    City
        In EPSG:4547, metres.

    Raises
    ------
    ConfigError
        If a size is not positive, or the hard cases do not fit.
    """
    count, scale = _measure(communities, units, households)
    hard = count >= LEAST_PLANTED if planted is None else planted
    empty = (count >= PORT_FROM and hard) if port is None else port
    problems = []
    if hard and count < LEAST_PLANTED:
        problems.append(f"communities: {count} is too few for the hard cases, at least 8")
    if empty and not (hard and count >= PORT_FROM):
        problems.append(
            f"communities: {count} is too few for a port without households, at least 12"
        )
    if problems:
        raise ConfigError(problems)
    layout = draw_layout(Size.of(count, scale), seed)
    plots = draw_plots(layout, planted=hard, port=empty, seed=seed)
    return _assemble(layout, plots, seed)


def _measure(
    communities: int | None, units: int | None, households: int | None
) -> tuple[int, float]:
    """Work out the number of communities, and their size against the usual one."""
    sizes = {"communities": communities, "units": units, "households": households}
    bad = [
        f"{k}: {v} is not a positive number" for k, v in sizes.items() if v is not None and v < 1
    ]
    if units is not None and households is not None:
        bad.append("units, households: give one of them")
    if bad:
        raise ConfigError(bad)
    wanted = max((units or 0) / UNITS_PER_COMMUNITY, (households or 0) / HOUSEHOLDS_PER_COMMUNITY)
    if communities is None:
        return (max(1, round(wanted)) if wanted else LEAST_PLANTED), 1.0
    return communities, (wanted / communities if wanted else 1.0)


def _assemble(layout: Layout, plots: Plots, seed: int) -> City:
    ways = draw_ways(layout, plots.plot_of)
    ground = Ground.of(layout, Warp.seeded(seed))
    lines = way_lines(ground, ways)
    island = place_island(layout, plots)
    shore = np.empty(0, object) if island is None else island_outline(ground, island)
    owner, plot = (0, 0) if island is None else (island.community, island.plot)
    communities, streets, districts = community_layers(ground, plots, shore, owner, seed)
    lots = draw_lots(layout, plots, ways, seed)
    if island is not None:
        lots = pd.concat([lots, island_lot(island)], ignore_index=True)
    free = corridor(ground)
    lots["community_code"] = communities["community_code"].to_numpy()[lots["community"]]
    open_gates(ground, lots, free)
    buildings, stairs = build_stock(ground, lots, plots.planted, free, seed)
    compounds = compound_layer(ground, lots, buildings, seed)
    join_compounds(buildings, compounds)
    links = needed_links(ground, buildings, plots, lots, island)
    labels = draw_zones(layout, plots, seed)
    zones = zone_layers(ground, plots, labels, shore, plot)
    zone_of = zones_of_buildings(buildings, lots, labels, zones, plot)
    register = draw_register(buildings, stairs.row, stairs.number, stairs.households, seed)
    totals = np.bincount(buildings["community"], buildings["households"], len(communities))
    communities["households"] = totals.astype(np.int64)
    hard = plots.planted.small >= 0
    institutions = institution_layer(ground, lots, buildings, free, planted=hard, seed=seed)
    return City(
        districts=districts,
        streets=streets,
        communities=_shape_last(communities.sort_values("community_code")),
        residents_groups=zones["residents_groups"],
        property=compounds.drop(columns="lot"),
        sanitation=zones["sanitation"],
        health=zones["health"],
        police=zones["police"],
        school=zones["school"],
        institutions=institutions,
        facilities=facility_layer(ground, lots, lines, buildings),
        roads=road_layer(ground, lines, island, tunnel_points(ground, links), seed),
        railway=rail_layer(lines, seed),
        water=water_layer(ground, lots, shore, free, seed),
        green=green_layer(ground, lots),
        links=links,
        register=register,
        stairwells=tall_stairwells(buildings, register),
        staff=staff_with_gaps(communities, buildings, zone_of, plots.planted, seed),
        planted=list_cases(plots, communities, buildings, institutions),
        buildings=_shape_last(buildings.drop(columns=["lot", "use_code", "kiosk", "community"])),
        seed=seed,
    )


def _shape_last(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Move the geometry behind the other columns, as files have it."""
    columns = [c for c in layer.columns if c != "geometry"]
    return layer[[*columns, "geometry"]].reset_index(drop=True)
