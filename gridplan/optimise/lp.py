"""The linear relaxation of the set partitioning over the columns seen so far, kept warm in HiGHS."""

import highspy
import numpy as np
from numpy.typing import NDArray

from gridplan.errors import SolverError
from gridplan.optimise.problem import Floats, Ints


def quiet_highs() -> highspy.Highs:
    """HiGHS without output, on one thread: another number in the same process solves nothing."""
    highs = highspy.Highs()
    for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 0)):
        highs.setOptionValue(option, value)
    return highs


def members(mask: Ints, n: int) -> NDArray[np.bool_]:
    """Masks as a table of truth values, shape (columns, n)."""
    node = np.arange(n)
    return ((mask[:, node >> 6] >> (node & 63)) & 1).astype(bool)


class Relaxation:
    """Choose columns, each node once, with a given number of grids, at least cost.

    Parameters
    ----------
    n
        Nodes of the piece.
    penalty
        Cost of leaving a node uncovered, above anything that a plan can cost.
    """

    def __init__(self, n: int, penalty: float) -> None:
        self.n = n
        self.highs = quiet_highs()
        self.highs.setOptionValue("presolve", "off")
        self.highs.setOptionValue("solver", "simplex")
        inf = highspy.kHighsInf
        for _ in range(n):
            self.highs.addRow(1.0, 1.0, 0, np.array([], np.int32), np.array([], np.float64))
        self.highs.addRow(-inf, inf, 0, np.array([], np.int32), np.array([], np.float64))
        starts = np.arange(n, dtype=np.int32)
        self.highs.addCols(
            n, np.full(n, penalty), np.zeros(n), np.full(n, inf), n, starts, starts, np.ones(n)
        )
        self.count = 0

    def add(self, inside: NDArray[np.bool_], cost: Floats) -> None:
        """Add columns, given as a table of truth values of shape (columns, n)."""
        rows = np.column_stack([inside, np.ones(len(cost), dtype=bool)])
        where, index = np.nonzero(rows)
        starts = np.searchsorted(where, np.arange(len(cost))).astype(np.int32)
        inf = np.full(len(cost), highspy.kHighsInf)
        zero = np.zeros(len(cost))
        values = np.ones(len(index))
        self.highs.addCols(
            len(cost), cost, zero, inf, len(index), starts, index.astype(np.int32), values
        )
        self.count += len(cost)

    def solve(self, grids: int | None) -> tuple[float, Floats, float, Floats, float]:
        """Optimum for a number of grids (None: free).

        Returns
        -------
        tuple
            Value, price of every node, price of a grid, use of every added column, and how much
            of the nodes stays uncovered.
        """
        inf = highspy.kHighsInf
        low, high = (-inf, inf) if grids is None else (float(grids), float(grids))
        self.highs.changeRowBounds(self.n, low, high)
        self.highs.run()
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            status = self.highs.modelStatusToString(self.highs.getModelStatus())
            if status == "Infeasible":
                empty = np.zeros(0)
                return np.inf, empty, 0.0, empty, np.inf
            raise SolverError(f"HiGHS left a linear relaxation as '{status}'")
        solution = self.highs.getSolution()
        dual = np.array(solution.row_dual)
        value = np.array(solution.col_value)
        objective = float(self.highs.getInfo().objective_function_value)
        return objective, dual[:-1], float(dual[-1]), value[self.n :], float(value[: self.n].sum())
