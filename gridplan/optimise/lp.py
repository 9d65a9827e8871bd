"""The linear relaxation of the set partitioning over the columns seen so far, warm in HiGHS."""

from typing import NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray

from gridplan.errors import SolverError
from gridplan.optimise.compiled import kernel
from gridplan.optimise.crowd import Crowd
from gridplan.optimise.problem import Floats, Ints


def quiet_highs() -> highspy.Highs:
    """HiGHS without output, on one thread: another number in the same process solves nothing."""
    highs = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 0)):
        highs.setOptionValue(option, value)
    return highs


def members(mask: Ints, n: int) -> NDArray[np.bool_]:
    """Masks as a table of truth values, shape (columns, n)."""
    node = np.arange(n)
    return ((mask[:, node >> 6] >> (node & 63)) & 1).astype(bool)


class Prices(NamedTuple):
    """Optimum of a relaxation: its value and the prices that prove it.

    Parameters
    ----------
    value
        Value, stand-ins included.
    node, grid, cut
        Price of every node, of a grid, and of every cut (0 or less).
    use
        How far every added column is used.
    stand_in
        How far every stand-in is used: what they take of the nodes and of the number of grids.
    touch
        Price of a touch by row of a crowd, shape (rows,).
    """

    value: float
    node: Floats
    grid: float
    cut: Floats
    use: Floats
    stand_in: Floats
    touch: Floats

    @property
    def bare(self) -> float:
        """How much is left to stand-ins."""
        return float(self.stand_in.sum())


class Relaxation:
    """Choose columns, each node once, with a given number of grids, at least cost.

    Parameters
    ----------
    n
        Nodes of the piece.
    penalty
        Cost of leaving a node uncovered: the highest price that a node can have.
    central
        For column generation: prices come from the middle of the optimal ones (interior point) and
        not from a corner, and may not fall below ``-penalty`` either. They lead straighter, but
        end less sharply. Above anything that a plan can cost, ``penalty`` holds nothing back;
        below, it keeps early prices sane, and `widen` takes back what still binds at the end.
    crowd
        Touches of zones that a plan makes, each row exactly; None: none are counted. With
        ``central`` a touch earns no more than the weight of its zone, so that the cost of a grid
        stays one that least cuts can hold.
    """

    def __init__(
        self, n: int, penalty: float, *, central: bool = False, crowd: Crowd | None = None
    ) -> None:
        self.n = n
        self.touch = np.zeros(0) if crowd is None else crowd.least
        rows_of = np.arange(n + 1, n + 1 + len(self.touch))
        self.highs = quiet_highs()
        self.highs.setOptionValue("presolve", "off")
        self.highs.setOptionValue("solver", "ipm" if central else "simplex")
        self.highs.setOptionValue("run_crossover", "off" if central else "choose")
        inf = highspy.kHighsInf
        for _ in range(n):
            self.highs.addRow(1.0, 1.0, 0, np.array([], np.int32), np.array([], np.float64))
        self.highs.addRow(-inf, inf, 0, np.array([], np.int32), np.array([], np.float64))
        for least in self.touch.tolist():
            self.highs.addRow(least, least, 0, np.array([], np.int32), np.array([], np.float64))
        # stand-ins, so that every choice of columns is feasible at a price: one a node, and two
        # that lift or lower the number of grids; in reverse, those that let nodes be covered twice
        # and, for touches, one that adds them and one that takes them
        rows = np.concatenate([np.arange(n), [n, n], np.arange(n if central else 0)])
        sign = np.concatenate([np.ones(n + 1), -np.ones(len(rows) - n - 1)])
        rows = np.concatenate([rows, rows_of, rows_of])
        sign = np.concatenate([sign, -np.ones(len(rows_of)), np.ones(len(rows_of))])
        self.spare = len(rows)
        self.penalty = np.full(self.spare, penalty)
        self.earned = np.zeros(self.spare, dtype=bool)
        self.dearest = np.full(len(self.touch), np.inf)
        if central and crowd is not None:
            self.earned[self.spare - len(rows_of) :] = True
            self.penalty[self.earned] = self.dearest = crowd.most
        self.highs.addCols(
            self.spare,
            self.penalty,
            np.zeros(self.spare),
            np.full(self.spare, inf),
            self.spare,
            np.arange(self.spare, dtype=np.int32),
            rows.astype(np.int32),
            sign,
        )
        self.inside = np.zeros((0, n), dtype=bool)
        self.cost = np.zeros(0)
        self.cuts = np.zeros((0, 3), dtype=np.int64)
        self.solved: tuple[int | None, Prices] | None = None

    def add(self, inside: NDArray[np.bool_], cost: Floats, touched: Floats | None = None) -> None:
        """Add columns, given as a table of truth values of shape (columns, n).

        ``touched`` are their touches by row of the crowd, if there is one.
        """
        grid = np.ones((len(cost), 1))
        touched = np.zeros((len(cost), 0)) if touched is None else touched
        rows = np.concatenate([inside, grid, touched, holds_two(inside, self.cuts)], axis=1)
        where, index = np.nonzero(rows)
        starts = np.searchsorted(where, np.arange(len(cost))).astype(np.int32)
        inf = np.full(len(cost), highspy.kHighsInf)
        zero = np.zeros(len(cost))
        values = rows[where, index]
        self.highs.addCols(
            len(cost), cost, zero, inf, len(index), starts, index.astype(np.int32), values
        )
        self.solved = None
        self.inside = np.concatenate([self.inside, inside])
        self.cost = np.concatenate([self.cost, cost])

    def widen(self, used: NDArray[np.bool_]) -> None:
        """Double the highest price where stand-ins are used, shape (stand-ins,)."""
        self.penalty[used] *= 2.0
        self.solved = None
        for column in np.flatnonzero(used).tolist():
            self.highs.changeColCost(column, self.penalty[column])

    def cut(self, triples: Ints) -> None:
        """Of the grids with two or three nodes of a triple, a plan holds at most one."""
        for column in holds_two(self.inside, triples).T:
            index = (np.flatnonzero(column) + self.spare).astype(np.int32)
            self.highs.addRow(-highspy.kHighsInf, 1.0, len(index), index, np.ones(len(index)))
        self.cuts = np.concatenate([self.cuts, triples])
        self.solved = None

    def solve(self, grids: int | None) -> Prices:
        """Optimum for a number of grids (None: free); the same again while nothing changes."""
        if self.solved is None or self.solved[0] != grids:
            self.solved = grids, self._solve(grids)
        return self.solved[1]

    def _solve(self, grids: int | None) -> Prices:
        inf = highspy.kHighsInf
        low, high = (-inf, inf) if grids is None else (float(grids), float(grids))
        self.highs.changeRowBounds(self.n, low, high)
        self.highs.run()
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            self.highs.clearSolver()  # a basis can go stale; from scratch the same model solves
            self.highs.run()
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            status = self.highs.modelStatusToString(self.highs.getModelStatus())
            raise SolverError(f"HiGHS left a linear relaxation as '{status}'")
        solution = self.highs.getSolution()
        dual = np.array(solution.row_dual)
        use = np.array(solution.col_value)
        first = self.n + 1 + len(self.touch)
        return Prices(
            float(self.highs.getInfo().objective_function_value),
            dual[: self.n],
            float(dual[self.n]),
            np.minimum(dual[first:], 0.0),
            use[self.spare :],
            np.where(self.earned, 0.0, use[: self.spare]),
            np.minimum(dual[self.n + 1 : first], self.dearest),
        )


def holds_two(inside: NDArray[np.bool_], triples: Ints) -> NDArray[np.bool_]:
    """Which columns hold at least two nodes of a triple, shape (columns, triples)."""
    count = np.zeros((len(inside), len(triples)), dtype=np.int8)
    for place in range(3):
        count += inside[:, triples[:, place]]
    return count >= 2


@kernel
def crowded_triples(pair: Floats, inside: NDArray[np.bool_], use: Floats, least: float) -> Ints:
    """Triples that the columns in use hold twice or more by more than ``least`` in all."""
    n = pair.shape[0]
    found = np.empty((2000, 4), dtype=np.int64)
    count = 0
    for i in range(n):
        for j in range(i + 1, n):
            for k in range(j + 1, n):
                total = pair[i, j] + pair[i, k] + pair[j, k]
                if total <= least or count >= 2000:
                    continue
                for f in range(len(use)):
                    if inside[f, i] and inside[f, j] and inside[f, k]:
                        total -= 2.0 * use[f]
                if total > least:
                    found[count, 0] = i
                    found[count, 1] = j
                    found[count, 2] = k
                    found[count, 3] = int(total * 1e6)
                    count += 1
    return found[:count]


def violated(inside: NDArray[np.bool_], use: Floats, most: int) -> Ints:
    """The triples whose cut a fractional solution violates most, shape (up to most, 3)."""
    part = use > 1e-7
    inside, use = inside[part], use[part]
    table = inside.astype(float)
    pair = (table * use[:, None]).T @ table
    found = crowded_triples(pair, np.ascontiguousarray(inside), use, 1.02)
    order = np.argsort(-found[:, 3], kind="stable")[:most]
    return np.asarray(found[order, :3], dtype=np.int64)
