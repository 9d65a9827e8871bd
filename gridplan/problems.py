"""One community's graph as the numbers that the optimiser reads."""

from collections.abc import Mapping

import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridplan.config import Config
from gridplan.optimise.problem import Problem


def to_problem(
    name: str,
    graph: "nx.Graph[str]",
    zones: pd.DataFrame,
    block: dict[str, str],
    config: Config,
    *,
    grids: int | None = None,
    locks: tuple[tuple[str, str, str], ...] = (),
    previous: Mapping[str, str] | None = None,
    load: pd.Series | None = None,
) -> Problem:
    """Write one community's graph as the numbers that the optimiser reads.

    Parameters
    ----------
    name
        Community code.
    graph
        Adjacency graph over unit ids.
    zones
        Zone id per unit (index) and layer (columns), None where none; of more units than these,
        perhaps.
    block
        Block id of the units that stay together.
    config
        Range, target, modes and weights.
    grids
        Fixed number of grids, or None.
    locks
        Locks of this community.
    previous
        Old grid of every unit that had one, or None altogether.
    load
        Workload per unit (index) that balance goes by, of more units than these, perhaps; None:
        households.
    """
    ids = sorted(graph.nodes)
    position = {unit: i for i, unit in enumerate(ids)}
    edges = sorted(
        (*sorted((position[a], position[b])), border["shared_m"], border["cost_m"])
        for a, b, border in graph.edges(data=True)
    )
    zones = zones.loc[ids]
    households = np.array([graph.nodes[i]["households"] for i in ids], dtype=np.int64)
    sections = config.inputs.zones
    objective = config.objective
    return Problem(
        name=name,
        min=config.grids.min,
        max=config.grids.max,
        target=float(config.grids.target),
        node_ids=tuple(ids),
        households=households,
        area_m2=np.round([graph.nodes[i]["area_m2"] for i in ids], 2),
        block=tuple(block.get(i) for i in ids),
        edges=np.array([e[:2] for e in edges], dtype=np.int64).reshape(-1, 2),
        shared_m=np.round([e[2] for e in edges], 3).astype(np.float64),
        cost_m=np.round([e[3] for e in edges], 3).astype(np.float64),
        zones={
            layer: tuple(None if z is None else str(z) for z in zones[layer].tolist())
            for layer in sections
        },
        modes={layer: section.mode for layer, section in sections.items()},
        weights={
            **{layer: section.weight for layer, section in sections.items()},
            "compactness": objective.compactness,
            "balance": objective.balance,
            "per_grid": objective.per_grid,
            "change": objective.change,
        },
        grids=grids,
        previous=None if previous is None else tuple(previous.get(i) for i in ids),
        locks=locks,
        load=None if load is None else _scaled(load.loc[ids], households),
    )


def _scaled(load: pd.Series, households: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Loads scaled to the sum of the households, so that target and range mean the same."""
    total = float(load.sum())
    if total <= 0:
        return None
    scaled = load.to_numpy(dtype=np.float64) * (float(households.sum()) / total)
    return np.rint(scaled).astype(np.int64)
