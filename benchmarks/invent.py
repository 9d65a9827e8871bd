"""Invented communities of exact sizes: Voronoi cells with households, jurisdictions and parks."""

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks.judge import Floats, Ints
from gridplan.borders import border_table

CELL_M2 = 4000.0
PARKS = 0.12  # share of cells without households where grids hold many blocks
ZONE_HOUSEHOLDS = {"police": 1600.0, "school": 2400.0, "residents_groups": 420.0}
WEIGHTS = {"police": 1.5, "school": 1.0, "residents_groups": 2.0}


def invent(blocks: int, blocks_per_grid: float, seed: int) -> dict[str, Any]:
    """A problem file of a community that is one square of Voronoi cells.

    Parameters
    ----------
    blocks
        Cells.
    blocks_per_grid
        Cells that a grid of target size holds on the average. Above 8 some cells are parks and
        the households are lumpier.
    seed
        The same seed gives the same community.
    """
    rng = np.random.default_rng([seed, blocks, int(10 * blocks_per_grid)])
    side = np.sqrt(blocks * CELL_M2)
    sites = _spread(rng, blocks, side)
    cells = _cells(sites, side)
    households = _households(rng, blocks, blocks_per_grid)
    zones = {}
    for layer, size in ZONE_HOUSEHOLDS.items():
        count = max(1, round(households.sum() / size))
        centres = rng.uniform(0, side, (count, 2))
        near = np.argmin(((sites[:, None] - centres[None]) ** 2).sum(axis=2), axis=1)
        zones[layer] = [f"{layer[0].upper()}{k}" for k in near]
    frame = gpd.GeoDataFrame(
        {"unit_id": [f"b{i:05d}" for i in range(blocks)], "community_code": "1"},
        geometry=list(cells),
        crs="EPSG:3857",
    )
    borders = border_table(frame, [], near_m=1.0, discount=0.5)
    borders = borders[borders["shared_m"] > 1.0]
    return {
        "name": f"voronoi-{blocks}-{blocks_per_grid:g}-{seed}",
        "min": 250,
        "max": 500,
        "target": 375,
        "nodes": {
            "id": frame["unit_id"].tolist(),
            "households": households.tolist(),
            "area_m2": np.round(shapely.area(cells), 2).tolist(),
            "x": np.round(sites[:, 0], 2).tolist(),
            "y": np.round(sites[:, 1], 2).tolist(),
        },
        "edges": {
            "u": borders["a"].tolist(),
            "v": borders["b"].tolist(),
            "shared_m": borders["shared_m"].round(3).tolist(),
        },
        "zones": zones,
        "weights": WEIGHTS,
    }


def _spread(rng: np.random.Generator, count: int, side: float) -> Floats:
    """Points in the square, moved once to the middle of their cells so that none is tiny."""
    points = rng.uniform(0, side, (count, 2))
    return np.asarray(shapely.get_coordinates(shapely.centroid(_cells(points, side))))


def _cells(points: Floats, side: float) -> NDArray[Any]:
    """Voronoi cell of every point within the square, in the order of the points."""
    square = shapely.box(0, 0, side, side)
    drawn = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(points), extend_to=square, ordered=True)
    )
    return np.asarray(shapely.intersection(drawn, square))


def _households(rng: np.random.Generator, count: int, per_grid: float) -> Ints:
    """Households of every cell, at most 480, 375 times the grids in all."""
    rough = rng.lognormal(0.0, 0.45 if per_grid <= 8 else 0.8, count)
    if per_grid > 8:
        rough[rng.random(count) < PARKS] = 0.0
    found = np.rint(rough * 375.0 * count / per_grid / rough.sum()).astype(np.int64)
    return np.asarray(np.minimum(found, 480))
