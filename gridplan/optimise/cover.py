"""Exact cover by depth-first search over columns of small reduced cost, in compiled code.

The gap between the relaxation and the best known plan leaves a handful of columns in a small
window; this search then ends long before a general solver has built its model.
"""

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.compiled import kernel
from gridplan.optimise.problem import Floats, Ints


@kernel
def free_of(mask: Ints, j: int, covered: Ints) -> bool:
    """Whether column j overlaps nothing that is covered."""
    shared = 0
    for w in range(len(covered)):
        shared |= mask[j, w] & covered[w]
    return shared == 0


@kernel
def next_open(order: Ints, covered: Ints, start: int) -> int:
    """First place in ``order`` from ``start`` on whose node is not covered, or the length."""
    for i in range(start, len(order)):
        if not (covered[order[i] >> 6] >> (order[i] & 63)) & 1:
            return i
    return len(order)


@kernel
def dive(
    mask: Ints,
    cost: Floats,
    extra: Floats,
    order: Ints,
    first: Ints,
    listed: Ints,
    lower: float,
    upper: float,
    limit: int,
    best: Ints,
) -> int:
    """Cheapest cover by as many columns as ``best`` has room for, if below ``upper``.

    ``first`` and ``listed`` name the columns of every place in ``order``, cheapest first; a cover
    costs ``lower`` and the extra of its columns or more. Returns the steps used.
    """
    grids = len(best)
    words = mask.shape[1]
    covered = np.zeros((grids + 1, words), dtype=np.int64)
    place = np.zeros(grids + 1, dtype=np.int64)
    at = np.zeros(grids + 1, dtype=np.int64)
    pick = np.zeros(grids + 1, dtype=np.int64)
    value = np.zeros(grids + 1)
    at[0] = first[0]
    depth = 0
    steps = 0
    while depth >= 0 and steps < limit:
        steps += 1
        node = place[depth]
        dear = upper - lower - value[depth]
        if at[depth] >= first[node + 1] or extra[listed[at[depth]]] >= dear:
            depth -= 1
            continue
        j = listed[at[depth]]
        at[depth] += 1
        if not free_of(mask, j, covered[depth]):
            continue
        pick[depth] = j
        for w in range(words):
            covered[depth + 1, w] = covered[depth, w] | mask[j, w]
        value[depth + 1] = value[depth] + extra[j]
        onward = next_open(order, covered[depth + 1], node)
        if onward == len(order):
            total = cost[pick[:grids]].sum()
            if depth + 1 == grids and total < upper:
                upper = total
                best[:] = pick[:grids]
        elif depth + 1 < grids:
            depth += 1
            place[depth] = onward
            at[depth] = first[onward]
    return steps


def search_cover(
    mask: Ints,
    inside: NDArray[np.bool_],
    cost: Floats,
    extra: Floats,
    *,
    grids: int,
    lower: float,
    upper: float,
    limit: int,
) -> tuple[Ints | None, bool, int]:
    """Columns of the cheapest cover that costs less than ``upper``.

    Parameters
    ----------
    mask, inside
        The columns as masks and as a table, in ascending order of ``extra``.
    cost, extra
        Cost and reduced cost of every column, the second 0 or more.
    grids
        Columns that a cover has.
    lower, upper
        Bound that the reduced costs come on top of, and what a cover must stay below.
    limit
        Steps allowed.

    Returns
    -------
    tuple
        The columns or None, whether the search ended by itself, and its steps.
    """
    times = inside.sum(axis=0)
    if not times.all():
        return None, True, 1
    order = np.argsort(times, kind="stable").astype(np.int64)
    first = np.concatenate([[0], np.cumsum(times[order])]).astype(np.int64)
    listed = np.nonzero(inside[:, order].T)[1].astype(np.int64)
    best = np.full(grids, -1, dtype=np.int64)
    extra = np.maximum(extra, 0.0)
    steps = dive(mask, cost, extra, order, first, listed, lower, upper, limit, best)
    return (None if best[0] < 0 else best), steps < limit, int(steps)
