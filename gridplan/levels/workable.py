"""Streets of very many units: neighbours that belong together are contracted to blocks first."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from gridplan.levels.job import StreetJob
from gridplan.prepare import Ground

MOST_NODES = 10_000
"""Blocks of a street that the search still moves one by one."""

PIECES = 40
"""A contracted block holds at most the target of a community divided by this, in households."""


def workable(ground: Ground, job: StreetJob, most: int = MOST_NODES) -> Ground:
    """Contract the units of every street that has more than ``most`` of them.

    Neighbours with the longest common border come together first, as long as they are of one old
    community, of the same zone in every layer and together small. Streets of fewer units stay as
    they are. Which units stay together is decided by their ids and borders alone, never by order.

    Parameters
    ----------
    ground
        Cells of the streets.
    job
        The job one level up.
    most
        Blocks wanted at most; where the rules above allow no more joining, there may be more.

    Returns
    -------
    Ground
        With ``block_id`` of the cells filled.
    """
    cells = ground.cells
    counts = cells["community_code"].value_counts()
    if not (counts > most).any():
        return ground
    block = cells.set_index("unit_id")["block_id"].astype(object)
    for street in sorted(counts.index[counts > most]):
        here = cells[cells["community_code"] == street]
        borders = ground.borders[ground.borders["community_code"] == street]
        named = _contracted(here, borders, job, most)
        block.loc[list(named)] = list(named.values())
    return replace(ground, cells=cells.assign(block_id=block.to_numpy()))


def _contracted(
    cells: pd.DataFrame, borders: pd.DataFrame, job: StreetJob, most: int
) -> dict[str, str]:
    """Block of every unit of one street."""
    ids = cells["unit_id"].to_numpy(dtype=object)
    place = {unit: i for i, unit in enumerate(ids)}
    tree = list(range(len(ids)))
    held = [int(h) for h in cells["households"]]
    left = len(ids) - _keep_given(cells, tree, held)
    kind = _kinds(cells, job.home, list(job.config.inputs.zones))
    cap = max(1, int(job.config.grids.target / PIECES))
    near = borders[borders["shared_m"] >= max(job.config.graph.min_shared_m, 1e-9)]
    near = near.sort_values(["shared_m", "a", "b"], ascending=[False, True, True], kind="stable")
    for a, b in zip(near["a"], near["b"], strict=True):
        if left <= most:
            break
        if a not in place or b not in place or kind[place[a]] != kind[place[b]]:
            continue
        one, other = _root(tree, place[a]), _root(tree, place[b])
        if one != other and held[one] + held[other] <= cap:
            _join(tree, held, one, other)
            left -= 1
    size = np.bincount([_root(tree, i) for i in range(len(ids))], minlength=len(ids))
    return {
        str(unit): f"around {ids[_root(tree, i)]}"
        for i, unit in enumerate(ids)
        if size[_root(tree, i)] > 1
    }


def _kinds(cells: pd.DataFrame, home: Mapping[str, str], zones: list[str]) -> list[tuple[str, ...]]:
    """What two units must have in common: old community and zones."""
    columns = [cells[layer].astype(object).fillna("").astype(str) for layer in zones]
    old = (home.get(unit, "") for unit in cells["unit_id"])
    return list(zip(old, *columns, strict=True))


def _keep_given(cells: pd.DataFrame, tree: list[int], held: list[int]) -> int:
    """Join the units of blocks that are given, and those on one ground; how many were joined."""
    joined = 0
    place = {unit: i for i, unit in enumerate(cells["unit_id"])}
    pairs = [(i, place.get(host)) for i, host in enumerate(cells["shares"])]
    first: dict[str, int] = {}
    for i, block in enumerate(cells["block_id"]):
        if not pd.isna(block):
            pairs.append((i, first.setdefault(str(block), i)))
    for i, j in pairs:
        if j is not None and _root(tree, i) != _root(tree, j):
            _join(tree, held, _root(tree, i), _root(tree, j))
            joined += 1
    return joined


def _root(tree: list[int], item: int) -> int:
    while tree[item] != item:
        tree[item] = tree[tree[item]]
        item = tree[item]
    return item


def _join(tree: list[int], held: list[int], one: int, other: int) -> None:
    low, high = min(one, other), max(one, other)
    tree[high] = low
    held[low] += held[high]
