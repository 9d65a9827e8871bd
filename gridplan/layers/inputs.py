"""What a job reads, as tables with a written column contract."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from gridplan.domain import Finding
from gridplan.layers.categories import Categories
from gridplan.layers.tally import Tally

if TYPE_CHECKING:
    from gridplan.config.catalogue import Catalogue


@dataclass(frozen=True)
class Inputs:
    """The layers of one job, all in ``crs`` (projected, metres), ids as text.

    Parameters
    ----------
    crs
        The project's projected CRS.
    communities
        ``community_code``, ``community_name``, ``street_code`` ("" where there are no streets),
        ``grid_count`` (Int64, missing where free), ``households_given`` (Int64, where totals are
        configured); polygons as read. Sorted by code.
    streets
        ``street_code``, ``street_name``; polygons as read, or dissolved from the communities.
    units
        ``unit_id`` (unique), ``households`` (int64, >= 0), ``households_method`` (see ``Method``),
        ``households_source`` (place of its tally), ``community_code`` (missing where geometry
        decides), ``block_id`` (missing where none), one text column per zone layer that
        stands on the units; polygons or points as read. Sorted by id.
    zones
        Per polygon zone layer ``zone_id`` and polygons. Layers given as a column are not here.
    barriers
        Per barrier its lines or polygons, already filtered.
    links
        ``a``, ``b`` (unit ids), ``note``.
    extra
        ``facilities``, ``institutions``, ``buildings``, ``public_spaces``, ``roads`` where given:
        ``facility_id``, ``institution_id``, ``building_id``, ``public_space_id`` or ``road_id``,
        then ``name`` and ``kind`` ("" where unknown), what ``add_traits`` adds, and geometry;
        ``roads`` with ``bridge`` (bool) where a filter tells bridges.
    locks
        Table as read, for the stage that uses it.
    staff
        People, columns as of ``read_staff``.
    duties
        The catalogue of what is to be done in a grid.
    categories
        What the register or the units count of ``[workload.categories]``; None where nothing.
    divided
        Buildings above the maximum that were cut into stairwells, as they were: ``building_id``,
        ``households``, ``community_code``, and footprints. Their stairwells stand in ``units``.
    stairwells
        ``unit_id``, ``building_id``, ``stairwell``, ``position`` (from 1, along the building),
        ``households``.
    tallies
        Households of every source as read, and what of them reached no unit.
    findings
        What reading noticed or mended.
    hashes
        SHA-256 of every file read, by its path as written in the configuration.
    """

    crs: CRS
    communities: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    zones: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    barriers: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    links: pd.DataFrame | None = None
    extra: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    locks: pd.DataFrame | None = None
    staff: pd.DataFrame | None = None
    duties: "Catalogue | None" = None
    categories: Categories | None = None
    divided: gpd.GeoDataFrame | None = None
    stairwells: pd.DataFrame | None = None
    tallies: tuple[Tally, ...] = ()
    findings: tuple[Finding, ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)

    def lean(self) -> "Inputs":
        """The same without what a written plan is not audited against.

        These are people, categories, tallies, names and kinds of things, and the shapes of zones.
        """
        zones = {name: shapeless(zone[["zone_id"]], self.crs) for name, zone in self.zones.items()}
        told, said = ["households_method", "households_source"], ["name", "kind"]
        return replace(
            self,
            units=self.units.drop(columns=told, errors="ignore"),
            zones=zones,
            extra={
                n: things.drop(columns=said, errors="ignore") for n, things in self.extra.items()
            },
            staff=None,
            categories=None,
            tallies=(),
        )


def shapeless(table: pd.DataFrame, crs: CRS) -> gpd.GeoDataFrame:
    """A layer whose shapes are missing, every one."""
    return gpd.GeoDataFrame(table, geometry=np.full(len(table), None), crs=crs)
