"""How much work the units are: categories counted on them, and the load that balance goes by."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.config import Config
from gridplan.layers.inputs import Inputs
from gridplan.layers.shares import largest_share

Floats = NDArray[np.float64]

WALK_PER_ROOT_AREA = 0.92
"""Metres of a round for each square root of a cell's area in m2.

The shortest round through n places spread over an area A comes near 0.7124·√(n·A), which is the sum
of 0.7124·√a over cells of equal area a; along roads it is some 1.3 times as long.
"""


def unit_categories(inputs: Inputs, cells: gpd.GeoDataFrame, config: Config) -> pd.DataFrame:
    """Count every category of ``[workload.categories]`` on the units.

    Parameters
    ----------
    inputs
        The job's layers.
    cells
        ``unit_id`` and the ground of every unit; a feature counts for the cell with most of it.
    config
        Its configuration.

    Returns
    -------
    pandas.DataFrame
        One column per category (float64), by ``unit_id`` in the order of the cells.
    """
    ids = pd.Index(cells["unit_id"], name="unit_id")
    wanted = {} if config.workload is None else config.workload.categories
    given = None if inputs.categories is None else inputs.categories.counts.set_index("unit_id")
    table = pd.DataFrame(index=ids)
    for name, category in wanted.items():
        if category.of in ("households", "units"):
            counts = pd.Series(0.0, index=ids) if given is None else given[name].reindex(ids)
            table[name] = counts.fillna(0.0)
            continue
        layer = inputs.extra.get(category.of)
        table[name] = 0.0
        if layer is not None and len(layer):
            kept = layer[layer["kind"].isin(category.kinds)] if category.kinds else layer
            row, _ = largest_share(kept.geometry.to_numpy(), cells)
            table[name] = np.bincount(row[row >= 0], minlength=len(ids)).astype(np.float64)
    return table


def unit_loads(inputs: Inputs, cells: gpd.GeoDataFrame, config: Config) -> pd.Series:
    """Workload of every unit, as far as it is known before grids are: the walk is estimated.

    Parameters
    ----------
    inputs, cells, config
        As of `unit_categories`; the cells with ``households`` and polygons.

    Returns
    -------
    pandas.Series
        Households that ask for nothing more (float64), by ``unit_id``.
    """
    counts = unit_categories(inputs, cells, config)
    load: pd.Series = pd.Series(cells["households"].to_numpy(float), index=counts.index)
    if config.workload is None:
        return load
    for name, category in config.workload.categories.items():
        load += category.weight * counts[name]
    metres = WALK_PER_ROOT_AREA * np.sqrt(shapely.area(cells.geometry.to_numpy()))
    total: pd.Series = load + config.workload.per_walk_km * metres / 1000
    return total
