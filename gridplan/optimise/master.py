"""The last integer programme: which of a few thousand columns, each node once (the only PuLP)."""

from dataclasses import dataclass

import highspy
import numpy as np
import pulp
from numpy.typing import NDArray

from gridplan.errors import SolverError
from gridplan.optimise.problem import Floats, Ints


@dataclass(frozen=True)
class Chosen:
    """Answer of the integer programme.

    Parameters
    ----------
    columns
        Positions of the chosen columns, or None where no plan was found.
    bound
        Proven lower bound of the value; infinite where there is no plan.
    finished
        Whether HiGHS proved the answer.
    nodes
        Branch-and-bound nodes used.
    """

    columns: Ints | None
    bound: float
    finished: bool
    nodes: int


def choose(
    inside: NDArray[np.bool_],
    cost: Floats,
    grids: int | None,
    *,
    node_limit: int,
    time_limit_s: float = 0.0,
    touched: Floats | None = None,
    least: Floats | None = None,
) -> Chosen:
    """Cheapest choice of columns that covers every node once.

    Parameters
    ----------
    inside
        Which node lies in which column, shape (columns, n).
    cost
        Cost of every column.
    grids
        Number of columns to choose; None: any.
    node_limit
        Branch-and-bound nodes at most.
    time_limit_s
        Seconds at most; 0: none.
    touched, least
        What else every column holds, shape (columns, rows), and how much a plan holds of it.
    """
    if not inside.any(axis=0).all():
        return Chosen(None, float("inf"), True, 0)
    model = pulp.LpProblem("plan", pulp.LpMinimize)
    x = [model.add_variable(f"x{j}", cat=pulp.LpBinary) for j in range(len(cost))]
    model += pulp.LpAffineExpression(zip(x, cost.tolist(), strict=True))
    for node in range(inside.shape[1]):
        covering = np.flatnonzero(inside[:, node])
        model += pulp.LpAffineExpression((x[j], 1) for j in covering) == 1
    if grids is not None:
        model += pulp.LpAffineExpression((variable, 1) for variable in x) == grids
    if touched is not None and least is not None:
        for held, wanted in zip(touched.T, least.tolist(), strict=True):
            those = np.flatnonzero(held).tolist()
            model += pulp.LpAffineExpression((x[j], float(held[j])) for j in those) == wanted
    options: dict[str, object] = {"timeLimit": time_limit_s} if time_limit_s > 0 else {}
    for presolve in ("choose", "off"):
        # HiGHS 1.15 sometimes ends in presolve with a plan that breaks a row, and says so
        options |= {"presolve": presolve, "mip_max_nodes": node_limit, "random_seed": 0}
        model.solve(pulp.HiGHS(msg=False, gapRel=0.0, threads=1, **options))
        if model.solverModel.getModelStatus() != highspy.HighsModelStatus.kSolveError:
            break
    return _read(model, x, inside)


def _read(model: pulp.LpProblem, x: list[pulp.LpVariable], inside: NDArray[np.bool_]) -> Chosen:
    """What HiGHS itself says: PuLP calls a run that was stopped "Optimal"."""
    highs = model.solverModel
    status, info = highs.getModelStatus(), highs.getInfo()
    kinds = highspy.HighsModelStatus
    if status == kinds.kInfeasible:
        return Chosen(None, float("inf"), True, int(info.mip_node_count))
    if status not in (kinds.kOptimal, kinds.kTimeLimit, kinds.kSolutionLimit, kinds.kInterrupt):
        words = highs.modelStatusToString(status)
        raise SolverError(f"HiGHS left an integer programme as '{words}'")
    values = np.array([variable.value() or 0.0 for variable in x])
    picked = np.flatnonzero(np.round(values) == 1)
    whole = bool((inside[picked].sum(axis=0) == 1).all())
    return Chosen(
        picked if whole else None,
        float(info.mip_dual_bound),
        status == kinds.kOptimal and whole,
        int(max(0, info.mip_node_count)),
    )
