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

INF = highspy.kHighsInf


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


@dataclass(frozen=True, eq=False)
class _Program:
    """Columns from 0 up, the offers first, and rows, as HiGHS takes them."""

    price: Floats
    most: Floats
    row: Ints
    column: Ints
    value: Floats
    low: Floats
    high: Floats


def _program(offers: Offers, rows: Ints) -> _Program:
    """Columns: offers, people missing, people idle, loads above limits.

    Rows: people of each grid, people that it needs, grids of each person, those of nobody idle,
    loads of those with limits.
    """
    grids, at_grid = np.unique(offers.grid[rows], return_inverse=True)
    people, at_person = np.unique(offers.person[rows], return_inverse=True)
    short, limited = offers.need[grids] > 0, np.isfinite(offers.limit[people])
    counts = [len(rows), int(short.sum()), len(people), int(limited.sum())]
    missing, idle, over = np.cumsum(counts)[:3].tolist()
    serve, busy = len(grids) + counts[1], len(grids) + counts[1] + len(people)
    above = busy + len(people)
    needs, within = np.cumsum(short) - 1 + len(grids), np.cumsum(limited) - 1 + above
    offer, load = np.arange(len(rows)), offers.load[offers.grid[rows]]
    for_need = np.flatnonzero(short[at_grid])
    for_limit = np.flatnonzero(limited[at_person] & (load > 0))
    terms = (
        (at_grid, offer, 1.0),
        (needs[at_grid[for_need]], for_need, 1.0),
        (needs[short], missing + np.arange(counts[1]), 1.0),
        (serve + at_person, offer, 1.0),
        (busy + at_person, offer, 1.0),
        (busy + np.arange(len(people)), idle + np.arange(len(people)), 1.0),
        (within[at_person[for_limit]], for_limit, load[for_limit]),
        (within[limited], over + np.arange(counts[3]), -1.0),
    )
    limit = offers.limit[people][limited]
    free = (np.full(len(grids), -INF), np.full(counts[1], INF), np.full(len(people), -INF))
    return _Program(
        price=np.r_[offers.price[rows], np.full(counts[1], MISSING), np.full(counts[2], IDLE),
                    OVERLOAD / limit],
        most=np.r_[np.ones(len(rows)), offers.need[grids][short], np.ones(counts[2]),
                   np.full(counts[3], INF)],
        row=np.concatenate([row for row, _, _ in terms]),
        column=np.concatenate([column for _, column, _ in terms]),
        value=np.concatenate([np.broadcast_to(v, len(row)) for row, _, v in terms]),
        low=np.r_[free[0], offers.need[grids][short], free[2], np.ones(len(people)),
                  np.full(counts[3], -INF)],
        high=np.r_[offers.most[grids], free[1], offers.serves[people], np.full(len(people), INF),
                   limit],
    )  # fmt: skip


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


def _run(program: _Program, whole: int) -> Floats:
    """Solve with HiGHS on one thread, the first columns whole.

    What a limit of nodes stopped is the best plan met. PuLP would take three times as long to hand
    a model of this kind over as HiGHS does to solve it.
    """
    kinds = highspy.HighsModelStatus
    status = kinds.kNotset
    for presolve in ("choose", "off"):  # see `master.choose`
        highs = quiet_highs()
        highs.setOptionValue("mip_rel_gap", 0.0)
        highs.setOptionValue("presolve", presolve)
        highs.setOptionValue("mip_max_nodes", NODES)
        _hand_over(highs, program, whole)
        highs.run()
        status = highs.getModelStatus()
        if status != kinds.kSolveError:
            break
    if status not in (kinds.kOptimal, kinds.kSolutionLimit):
        words = highs.modelStatusToString(status)
        raise SolverError(f"HiGHS left the assignment of people as '{words}'")
    return np.array(highs.getSolution().col_value)


def _hand_over(highs: highspy.Highs, program: _Program, whole: int) -> None:
    """Give a model to HiGHS."""
    empty = np.array([], dtype=np.int32)
    count = len(program.price)
    highs.addCols(
        count, program.price, np.zeros(count), program.most, 0, empty, empty, np.array([])
    )
    if whole:
        kind = np.full(whole, highspy.HighsVarType.kInteger)
        highs.changeColsIntegrality(whole, np.arange(whole, dtype=np.int32), kind)
    order = np.lexsort((program.column, program.row))
    starts = np.searchsorted(program.row[order], np.arange(len(program.low)))
    highs.addRows(
        len(program.low),
        program.low,
        program.high,
        len(order),
        starts.astype(np.int32),
        program.column[order].astype(np.int32),
        program.value[order],
    )
