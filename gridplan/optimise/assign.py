"""Which person serves which grid: the fewest missing, loads within limits, at least price."""

from collections.abc import Iterator
from dataclasses import dataclass

import highspy
import numpy as np
import pulp
from numpy.typing import NDArray

from gridplan.errors import SolverError
from gridplan.optimise.contract import components
from gridplan.optimise.problem import Floats, Ints

MISSING = 1000.0
"""Price of a person that a grid lacks."""

OVERLOAD = 100.0
"""Price of a load above its limit, for each time the limit."""

IDLE = 20.0
"""Price of a person who serves no grid."""

BATCH = 400
"""Offers up to which independent parts are solved in one model."""

NODES = 10_000
"""Branch-and-bound nodes of a model, at most."""


@dataclass(frozen=True, eq=False)
class Offers:
    """Who could serve which grid.

    Parameters
    ----------
    person, grid
        Positions of the two of every offer, shape (offers,); no pair twice.
    price
        Of every offer, 0 or more, in the unit of the prices above.
    serves
        Grids that each person may serve, shape (people,).
    limit
        Most load of each person; infinite where there is none, shape (people,).
    need, most
        People that each grid needs, and may have, shape (grids,).
    load
        Of each grid, shape (grids,).
    """

    person: Ints
    grid: Ints
    price: Floats
    serves: Ints
    limit: Floats
    need: Ints
    most: Ints
    load: Floats


def assign(offers: Offers) -> NDArray[np.bool_]:
    """Choose offers.

    Parameters
    ----------
    offers
        Sorted as their ids are, so that equal offers have equal answers.

    Returns
    -------
    numpy.ndarray
        Whether each offer is taken, shape (offers,).

    Raises
    ------
    SolverError
        Where HiGHS fails.
    """
    taken = np.zeros(len(offers.person), dtype=bool)
    for rows in _batches(offers):
        taken[rows] = _solved(offers, rows)
    return taken


def _batches(offers: Offers) -> Iterator[Ints]:
    """Independent parts of the offers, small ones together."""
    if not len(offers.person):
        return
    people = len(offers.serves)
    part, _ = components(people + len(offers.need), offers.person, offers.grid + people)
    mine = part[offers.person]
    order = np.argsort(mine, kind="stable")
    batch: list[Ints] = []
    for rows in np.split(order, np.flatnonzero(np.diff(mine[order])) + 1):
        if batch and sum(map(len, batch)) + len(rows) > BATCH:
            yield np.sort(np.concatenate(batch))
            batch = []
        batch.append(rows)
    yield np.sort(np.concatenate(batch))


def _solved(offers: Offers, rows: Ints) -> NDArray[np.bool_]:
    model = pulp.LpProblem("people", pulp.LpMinimize)
    x = {k: model.add_variable(f"x{k}", cat=pulp.LpBinary) for k in rows.tolist()}
    price = [(x[k], float(offers.price[k])) for k in x]
    by_grid = _grouped(offers.grid, rows)
    by_person = _grouped(offers.person, rows)
    for g, own in by_grid.items():
        served = pulp.LpAffineExpression((x[k], 1) for k in own)
        model += served <= int(offers.most[g])
        if offers.need[g]:
            missing = model.add_variable(f"missing{g}", 0, int(offers.need[g]))
            model += served + missing >= int(offers.need[g])
            price.append((missing, MISSING))
    for p, own in by_person.items():
        serves = pulp.LpAffineExpression((x[k], 1) for k in own)
        model += serves <= int(offers.serves[p])
        idle = model.add_variable(f"idle{p}", 0, 1)
        model += serves + idle >= 1
        price.append((idle, IDLE))
        limit = float(offers.limit[p])
        if np.isfinite(limit):
            load = pulp.LpAffineExpression((x[k], float(offers.load[offers.grid[k]])) for k in own)
            over = model.add_variable(f"over{p}", 0)
            model += load - over <= limit
            price.append((over, OVERLOAD / limit))
    model += pulp.LpAffineExpression(price)
    _run(model)
    return np.array([round(x[k].value() or 0.0) == 1 for k in rows.tolist()], dtype=bool)


def _grouped(key: Ints, rows: Ints) -> dict[int, list[int]]:
    groups: dict[int, list[int]] = {}
    for k in rows.tolist():
        groups.setdefault(int(key[k]), []).append(k)
    return groups


def _run(model: pulp.LpProblem) -> None:
    """Solve with HiGHS on one thread; what a limit of nodes stopped is the best plan met."""
    kinds = highspy.HighsModelStatus
    status = kinds.kNotset
    for presolve in ("choose", "off"):  # see `master.choose`
        options = {"presolve": presolve, "mip_max_nodes": NODES, "random_seed": 0}
        model.solve(pulp.HiGHS(msg=False, gapRel=0.0, threads=1, **options))
        status = model.solverModel.getModelStatus()
        if status != kinds.kSolveError:
            break
    if status not in (kinds.kOptimal, kinds.kSolutionLimit):
        words = model.solverModel.modelStatusToString(status)
        raise SolverError(f"HiGHS left the assignment of people as '{words}'")
