"""Which person serves which grid: the fewest missing, loads within limits, at least price."""

from collections.abc import Iterator
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray

from gridplan.errors import SolverError
from gridplan.optimise.contract import components
from gridplan.optimise.lp import quiet_highs
from gridplan.optimise.problem import Floats, Ints
from gridplan.optimise.program import INF, Program

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

WHOLE = 1e-6
"""How far from 0 or 1 an offer of the relaxation may be to count as taken or not."""


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


def _program(offers: Offers, rows: Ints) -> Program:
    """Offers to take or leave, and what it costs to lack people, idle, or go above a limit."""
    grids, at_grid = np.unique(offers.grid[rows], return_inverse=True)
    people, at_person = np.unique(offers.person[rows], return_inverse=True)
    short, limited = offers.need[grids] > 0, np.isfinite(offers.limit[people])
    limit, load = offers.limit[people], offers.load[offers.grid[rows]]
    program = Program()
    offer = program.columns(offers.price[rows], 1.0)
    missing = program.columns(MISSING, offers.need[grids][short])
    idle = program.columns(np.full(len(people), IDLE), 1.0)
    over = program.columns(OVERLOAD / limit[limited], INF)

    served = program.rows(-INF, offers.most[grids])
    program.put(served[at_grid], offer)
    needed = np.zeros(len(grids), dtype=np.int64)
    needed[short] = program.rows(offers.need[grids][short], INF)
    those = np.flatnonzero(short[at_grid])
    program.put(needed[at_grid[those]], offer[those])
    program.put(needed[short], missing)
    program.put(program.rows(-INF, offers.serves[people])[at_person], offer)
    busy = program.rows(np.ones(len(people)), INF)
    program.put(busy[at_person], offer)
    program.put(busy, idle)
    carried = np.zeros(len(people), dtype=np.int64)
    carried[limited] = program.rows(-INF, limit[limited])
    those = np.flatnonzero(limited[at_person] & (load > 0))
    program.put(carried[at_person[those]], offer[those], load[those])
    program.put(carried[limited], over, -1.0)
    return program


def _solved(offers: Offers, rows: Ints) -> NDArray[np.bool_]:
    """Choose among some offers.

    Without limits of load this is a flow, whose relaxation has whole vertices; with limits that do
    not bind as well. Only what is left goes to branch and bound.
    """
    program = _program(offers, rows)
    value = _run(program, whole=0)[: len(rows)]
    if np.abs(value - value.round()).max() > WHOLE:
        value = _run(program, whole=len(rows))[: len(rows)]
    return np.asarray(value.round() == 1)


def _run(program: Program, whole: int) -> Floats:
    """Solve with HiGHS on one thread, the first columns whole.

    What a limit of nodes stopped is the best plan met.
    """
    kinds = highspy.HighsModelStatus
    status = kinds.kNotset
    for presolve in ("choose", "off"):  # see `master.choose`
        highs = quiet_highs()
        highs.setOptionValue("mip_rel_gap", 0.0)
        highs.setOptionValue("presolve", presolve)
        highs.setOptionValue("mip_max_nodes", NODES)
        program.hand_over(highs, whole)
        highs.run()
        status = highs.getModelStatus()
        if status != kinds.kSolveError:
            break
    if status not in (kinds.kOptimal, kinds.kSolutionLimit):
        words = highs.modelStatusToString(status)
        raise SolverError(f"HiGHS left the assignment of people as '{words}'")
    return np.array(highs.getSolution().col_value)
