"""A plan in the page's order and in the detail that the page can afford."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan.domain import Plan
from gridplan.maps.backdrop import Backdrop
from gridplan.maps.marks import Geometries
from gridplan.maps.subject import LOT_COVER, geometries
from gridplan.maps.web.details import Details
from gridplan.maps.web.shapes import Lattice

MANY = 40_000
"""From so many units on a page is drawn in less detail, to stay below 10 MB at 100,000."""


class Detail(NamedTuple):
    """Steps of coordinates in a metre, and the detail that lines may lose, in metres.

    ``fine_m`` is for roads and footprints, ``coarse_m`` for cells, water and railways, ``zones_m``
    for jurisdictions.
    """

    per_metre: int
    fine_m: float
    coarse_m: float
    zones_m: float


FULL, LESS = Detail(10, 0.3, 1.0, 1.5), Detail(2, 0.6, 3.0, 4.0)


@dataclass(frozen=True, eq=False)
class Subject:
    """A plan in the page's order: everything sorted, so that row order changes nothing."""

    plan: Plan
    backdrop: Backdrop
    details: Details
    head: Mapping[str, object]

    @cached_property
    def streets(self) -> gpd.GeoDataFrame:
        """Streets by code."""
        return _sorted(self.plan.streets, ["street_code"])

    @cached_property
    def communities(self) -> gpd.GeoDataFrame:
        """Communities by code."""
        return _sorted(self.plan.communities, ["community_code"])

    @cached_property
    def grids(self) -> gpd.GeoDataFrame:
        """Grids by community, then code."""
        return _sorted(self.plan.grids, ["community_code", "grid_code"])

    @cached_property
    def units(self) -> gpd.GeoDataFrame:
        """Units by community, grid, then id, so that a chunk of them lies together."""
        return _sorted(self.plan.units, ["community_code", "grid_code", "unit_id"])

    @cached_property
    def cells(self) -> Geometries:
        """Cells of the units without fine detail, still matching vertex for vertex."""
        cells = geometries(self.units)
        return np.asarray(shapely.coverage_simplify(cells, self.detail.coarse_m), dtype=object)

    @cached_property
    def grid_shapes(self) -> Geometries:
        """Grids as the cells of their units; as they are where a grid has no unit."""
        return merged(self.cells, self.units, "grid_code", self.grids)

    @cached_property
    def community_shapes(self) -> Geometries:
        """Communities as their grids."""
        return merged(self.grid_shapes, self.grids, "community_code", self.communities)

    @cached_property
    def lattice(self) -> Lattice:
        """Coordinates from the south-western corner of the communities, in whole metres."""
        west, south, _, _ = self.communities.total_bounds
        return Lattice(float(np.floor(west)), float(np.floor(south)), self.detail.per_metre)

    @cached_property
    def detail(self) -> Detail:
        """How much detail the page can afford."""
        return LESS if len(self.units) > MANY else FULL

    @cached_property
    def zone_ids(self) -> dict[str, list[str]]:
        """Sorted ids of the zones of every layer that have a unit."""
        return {
            layer: sorted(str(z) for z in self.units[layer].dropna().unique())
            for layer in self.plan.zone_layers
        }

    @cached_property
    def lots(self) -> bool:
        """Whether the footprints cover so much ground that they must be lots."""
        shapes = self.backdrop.buildings
        ground = float(self.communities.area.sum())
        return shapes is not None and float(shapes.area.sum()) > LOT_COVER * ground


def merged(
    shapes: Geometries, parts: pd.DataFrame, column: str, wholes: gpd.GeoDataFrame
) -> Geometries:
    """Dissolve a coverage by the code that its parts carry, in the order of the wholes."""
    result, members = geometries(wholes).copy(), parts.groupby(column, sort=True).indices
    for i, code in enumerate(wholes[column]):
        if code in members:
            result[i] = shapely.coverage_union_all(shapes[members[code]])
    return result


def _sorted(layer: gpd.GeoDataFrame, by: list[str]) -> gpd.GeoDataFrame:
    return layer.sort_values(by, kind="stable").reset_index(drop=True)
