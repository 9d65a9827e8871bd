"""The objective recomputed from an assignment (design section 11), with nothing clever in it."""

import math

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.problem import Floats, Ints, Problem


def evaluate(problem: Problem, assignment: NDArray[np.integer]) -> tuple[int, float]:
    """Breach and cost of a plan.

    Parameters
    ----------
    problem
        The community.
    assignment
        Grid of every unit, any whole numbers, shape (n,).

    Returns
    -------
    tuple
        Breach in households, and cost as defined in design section 11. A household counts as
        moved where its grid took more households from another old grid than from its own, and a
        unit without an old grid is never moved.
    """
    labels, grid = np.unique(np.asarray(assignment), return_inverse=True)
    count = len(labels)
    households = np.bincount(grid, problem.households, count).astype(np.int64)
    weights = problem.weights
    cost = sum(weights[x] * excess_incidences(problem, x, grid) for x in problem.zones)
    cost += weights["compactness"] * cut_metres(problem, grid) / perimeter_scale(problem)
    load = np.bincount(grid, problem.balanced, count)
    deviation = (load - problem.target) / half_range(problem)
    cost += weights["balance"] * float(np.sum(deviation**2))
    cost += weights["per_grid"] * count
    cost += weights["change"] * households_moved(problem, grid) / problem.target
    return int(range_breach(problem, households).sum()), float(cost)


def range_breach(problem: Problem, households: Ints) -> Ints:
    """Households by which each grid misses the range, shape as given."""
    return np.maximum(0, np.maximum(problem.min - households, households - problem.max))


def half_range(problem: Problem) -> float:
    """Half the width of the range in households; half a household where the range has no width."""
    return max((problem.max - problem.min) / 2, 0.5)


def perimeter_scale(problem: Problem) -> float:
    """P of design section 11 in metres: the outline of a square grid of target size.

    Infinite, so that compactness costs nothing, where there is no household or no area.
    """
    total = float(problem.households.sum())
    area = float(problem.area_m2.sum())
    if total <= 0 or area <= 0:
        return math.inf
    return 4 * math.sqrt(area / (total / problem.target))


def cut_metres(problem: Problem, grid: NDArray[np.integer]) -> float:
    """Metres of border between different grids, each border once, as they count."""
    apart = grid[problem.edges[:, 0]] != grid[problem.edges[:, 1]]
    return float(problem.cost_m[apart].sum())


def excess_incidences(problem: Problem, layer: str, grid: NDArray[np.integer]) -> int:
    """Incidences of one layer beyond what the sizes of its zones force."""
    names = sorted({zone for zone in problem.zones[layer] if zone is not None})
    code = {name: i for i, name in enumerate(names)}
    zone = np.array([-1 if z is None else code[z] for z in problem.zones[layer]], dtype=np.int64)
    counted = (zone >= 0) & (problem.households > 0)
    pairs = np.unique(np.column_stack([grid[counted], zone[counted]]), axis=0)
    sizes: Floats = np.bincount(zone[counted], problem.households[counted], len(names)).astype(
        float
    )
    return len(pairs) - int(np.ceil(sizes / problem.max).sum())


def households_moved(problem: Problem, grid: NDArray[np.integer]) -> int:
    """Households whose grid took more households from another old grid than from theirs."""
    if problem.previous is None:
        return 0
    moved = 0
    for label in np.unique(grid):
        origin: dict[str, int] = {}
        for unit in np.flatnonzero(grid == label):
            old = problem.previous[unit]
            if old is not None:
                origin[old] = origin.get(old, 0) + int(problem.households[unit])
        moved += sum(origin.values()) - max(origin.values(), default=0)
    return moved
