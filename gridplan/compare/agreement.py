"""How far two divisions agree, as numbers: pure functions of who lives in which two grids."""

from collections.abc import Sequence
from heapq import heappop, heappush
from math import comb, log2

import pandas as pd

Worth = list[dict[int, int]]


def crosswalk(
    old: "pd.Series[str]", new: "pd.Series[str]", weight: "pd.Series[int]"
) -> pd.DataFrame:
    """Households that each old grid gives to each new one.

    Parameters
    ----------
    old, new
        Grid of every unit in either plan; missing where it is in none.
    weight
        Households of every unit (or another whole measure), on the same index.

    Returns
    -------
    pandas.DataFrame
        ``old_grid``, ``new_grid`` ("" for none), ``units``, ``households``, ``share_of_old``,
        ``share_of_new`` (0..1; 0 of a grid without households), sorted; pairs that share units but
        no household are kept.
    """
    table = pd.DataFrame({"old_grid": old, "new_grid": new, "households": weight})
    table[["old_grid", "new_grid"]] = table[["old_grid", "new_grid"]].fillna("").astype(str)
    grouped = table.groupby(["old_grid", "new_grid"], sort=True)["households"]
    pairs = grouped.agg(units="size", households="sum").reset_index()
    for side in ("old", "new"):
        total = pairs.groupby(f"{side}_grid")["households"].transform("sum")
        share = pairs["households"] / total.where(total > 0)
        pairs[f"share_of_{side}"] = share.fillna(0.0)
    return pairs


def best_match(pairs: pd.DataFrame) -> dict[str, str]:
    """Pair every old grid with one new grid so that most households keep their grid.

    A maximum-weight matching of the bipartite graph of ``pairs``: each old and each new grid is in
    one pair at most, and the sum of the households in both grids of a pair is the largest possible;
    of such matchings one that keeps most units.
    Found by shortest augmenting paths with potentials; Kuhn, H. W. (1955), The Hungarian method for
    the assignment problem, Naval Research Logistics Quarterly 2.

    Parameters
    ----------
    pairs
        ``old_grid``, ``new_grid``, ``units``, ``households``; rows without one of the grids are
        left out.

    Returns
    -------
    dict
        New grid by old grid; grids without a partner that shares a unit are not there.
    """
    rows = pairs[(pairs["old_grid"] != "") & (pairs["new_grid"] != "")]
    scale = int(rows["units"].sum()) + 1
    old, old_ids = pd.factorize(rows["old_grid"], sort=True)
    new, new_ids = pd.factorize(rows["new_grid"], sort=True)
    # Every old grid may also stay alone for nothing, at a column of its own behind the real ones.
    worth: Worth = [{len(new_ids) + i: 0} for i in range(len(old_ids))]
    counts = zip(old, new, rows["households"], rows["units"], strict=True)
    for i, j, held, units in counts:
        worth[int(i)][int(j)] = int(held) * scale + int(units)
    mates = _assigned(worth, len(new_ids) + len(old_ids))
    return {str(old_ids[i]): str(new_ids[j]) for i, j in enumerate(mates) if j < len(new_ids)}


def _assigned(worth: Worth, columns: int) -> list[int]:
    """Column of every row in a maximum-weight matching that leaves out no row."""
    mate, partner, price = [-1] * len(worth), [-1] * columns, [0] * columns
    for row in range(len(worth)):
        column, came = _cheapest_path(row, worth, mate, partner, price)
        while column >= 0:
            at = came[column]
            partner[column], mate[at], column = at, column, mate[at]
    return mate


def _cheapest_path(
    start: int, worth: Worth, mate: list[int], partner: list[int], price: list[int]
) -> tuple[int, dict[int, int]]:
    """Find the free column that a row reaches most cheaply over rows already placed.

    Dijkstra on reduced costs (cost = −worth), which the prices keep from being negative; the prices
    are brought up to date.

    Returns
    -------
    column : int
        The free column.
    came : dict
        Row from which each column was reached.
    """
    far: dict[int, int] = {}
    came: dict[int, int] = {}
    closed: dict[int, int] = {}
    heap: list[tuple[int, int]] = []
    row, base = start, 0
    while True:
        costs = {column: -held - price[column] for column, held in worth[row].items()}
        zero = costs[mate[row]] if mate[row] >= 0 else min(costs.values())
        for column, cost in costs.items():
            step = base + cost - zero
            if column not in closed and step < far.get(column, step + 1):
                far[column], came[column] = step, row
                heappush(heap, (step, column))
        base, column = heappop(heap)
        while column in closed:
            base, column = heappop(heap)
        closed[column] = base
        if partner[column] < 0:
            break
        row = partner[column]
    for seen, distance in closed.items():
        price[seen] += distance - base
    return column, came


def matched_share(pairs: pd.DataFrame, match: dict[str, str]) -> float:
    """Share (0..1) of the households of both plans that live in a matched pair of grids."""
    both = pairs[(pairs["old_grid"] != "") & (pairs["new_grid"] != "")]
    same = both["old_grid"].map(match).fillna("") == both["new_grid"]
    total = int(both["households"].sum())
    return float(both.loc[same, "households"].sum()) / total if total else float("nan")


def rand_indices(pairs: pd.DataFrame) -> tuple[float, float]:
    """Rand index and adjusted Rand index, with a household as the unit of observation.

    With n_ij households in old grid i and new grid j, a_i and b_j the sums and n the total,
    Rand = 1 − (½ (Σ a_i² + Σ b_j²) − Σ n_ij²) ÷ C(n, 2): the share of pairs of households that
    both plans keep together or both keep apart. Rand, W. M. (1971), Objective criteria for the
    evaluation of clustering methods, JASA 66. Adjusted for chance,
    ARI = (Σ C(n_ij, 2) − E) ÷ (½ (Σ C(a_i, 2) + Σ C(b_j, 2)) − E) with
    E = Σ C(a_i, 2) Σ C(b_j, 2) ÷ C(n, 2). Hubert, L. and Arabie, P. (1985), Comparing partitions,
    Journal of Classification 2.

    Returns
    -------
    tuple of float
        Both are 1 for equal plans; NaN with fewer than two households.
    """
    cells, old, new = _counts(pairs)
    total = sum(cells)
    everybody = comb(total, 2)
    if not everybody:
        return float("nan"), float("nan")
    both, first, second = (sum(comb(n, 2) for n in counts) for counts in (cells, old, new))
    rand = (everybody + 2 * both - first - second) / everybody
    expected = first * second / everybody
    most = (first + second) / 2
    return rand, 1.0 if most == expected else (both - expected) / (most - expected)


def variation_of_information(pairs: pd.DataFrame) -> float:
    """Variation of information in bits: what one plan leaves unsaid about the other.

    VI = H(old | new) + H(new | old) = −Σ (n_ij ÷ n) (log2(n_ij ÷ a_i) + log2(n_ij ÷ b_j)); 0 for
    equal plans. Meilă, M. (2007), Comparing clusterings: an information based distance, Journal of
    Multivariate Analysis 98.
    """
    both = _both(pairs)
    total = int(both["households"].sum())
    if not total:
        return float("nan")
    first = both.groupby("old_grid")["households"].transform("sum")
    second = both.groupby("new_grid")["households"].transform("sum")
    rows = zip(both["households"], first, second, strict=True)
    bits = sum(float(n / total * (log2(n / a) + log2(n / b))) for n, a, b in rows)
    return max(0.0, -bits)


def _both(pairs: pd.DataFrame) -> pd.DataFrame:
    known = (pairs["old_grid"] != "") & (pairs["new_grid"] != "") & (pairs["households"] > 0)
    return pairs[known]


def _counts(pairs: pd.DataFrame) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
    """Households by pair of grids, by old and by new grid, as exact integers."""
    both = _both(pairs)
    sides = (both.groupby(side)["households"].sum() for side in ("old_grid", "new_grid"))
    old, new = ([int(n) for n in side] for side in sides)
    return [int(n) for n in both["households"]], old, new
