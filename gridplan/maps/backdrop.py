"""What lies under and around the grids: context that the plan itself does not hold."""

from dataclasses import dataclass, field

import geopandas as gpd


@dataclass(frozen=True, eq=False)
class Backdrop:
    """Layers to draw under the grids, all in the CRS of the plan; any of them may be missing.

    Parameters
    ----------
    roads
        Lines; ``name`` and ``kind`` (class such as ``primary`` or ``主干路``) where known.
    buildings
        Footprints, or lots where there are no footprints.
    water
        Polygons, lines or both.
    rail
        Lines.
    stairwells
        Footprints of the stairwells that a building above the maximum was divided into, with
        ``stairwell``.
    zones
        Jurisdiction layers by name; kept for maps that show them.
    """

    roads: gpd.GeoDataFrame | None = None
    buildings: gpd.GeoDataFrame | None = None
    water: gpd.GeoDataFrame | None = None
    rail: gpd.GeoDataFrame | None = None
    stairwells: gpd.GeoDataFrame | None = None
    zones: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
