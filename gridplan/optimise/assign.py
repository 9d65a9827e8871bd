"""Which person serves which grid: the fewest missing, loads within limits, at least price."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

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

INF = highspy.kHighsInf
Terms = Sequence[tuple[str, float]]


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


@dataclass(frozen=True)
class _Model:
    """Columns (price, upper bound, whether whole) and rows (terms, bounds) of a model."""

    columns: dict[str, tuple[float, float, bool]] = field(default_factory=dict)
    rows: list[tuple[Terms, float, float]] = field(default_factory=list)

    def column(self, name: str, price: float, most: float, *, whole: bool = False) -> str:
        """Add a column that is 0 at least."""
        self.columns[name] = (price, most, whole)
        return name

    def row(self, terms: Terms, low: float = -INF, high: float = INF) -> None:
        """Add a row."""
        self.rows.append((terms, low, high))


def _solved(offers: Offers, rows: Ints) -> NDArray[np.bool_]:
    model = _Model()
    price = offers.price[rows].tolist()
    names = [f"x{k}" for k in rows.tolist()]
    for name, each in zip(names, price, strict=True):
        model.column(name, each, 1.0, whole=True)
    load = offers.load[offers.grid[rows]].tolist()
    for g, own in _grouped(offers.grid[rows]).items():
        served = [(names[k], 1.0) for k in own]
        model.row(served, high=float(offers.most[g]))
        if need := float(offers.need[g]):
            model.row([*served, (model.column(f"missing{g}", MISSING, need), 1.0)], low=need)
    for p, own in _grouped(offers.person[rows]).items():
        serves = [(names[k], 1.0) for k in own]
        model.row(serves, high=float(offers.serves[p]))
        model.row([*serves, (model.column(f"idle{p}", IDLE, 1.0), 1.0)], low=1.0)
        limit = float(offers.limit[p])
        if np.isfinite(limit):
            over = model.column(f"over{p}", OVERLOAD / limit, INF)
            model.row([*((names[k], load[k]) for k in own if load[k]), (over, -1.0)], high=limit)
    value = _run(model)
    return np.array([round(value[name]) == 1 for name in names], dtype=bool)


def _grouped(key: Ints) -> dict[int, list[int]]:
    """Positions of every key, in the order of their first."""
    groups: dict[int, list[int]] = {}
    for k, one in enumerate(key.tolist()):
        groups.setdefault(one, []).append(k)
    return groups


def _run(model: _Model) -> dict[str, float]:
    """Solve with HiGHS on one thread; what a limit of nodes stopped is the best plan met.

    PuLP would take three times as long to hand a model of this kind over as HiGHS does to solve it.
    """
    kinds = highspy.HighsModelStatus
    status = kinds.kNotset
    names = sorted(model.columns)
    for presolve in ("choose", "off"):  # see `master.choose`
        highs = quiet_highs()
        highs.setOptionValue("mip_rel_gap", 0.0)
        highs.setOptionValue("presolve", presolve)
        highs.setOptionValue("mip_max_nodes", NODES)
        _hand_over(highs, model, names)
        highs.run()
        status = highs.getModelStatus()
        if status != kinds.kSolveError:
            break
    if status not in (kinds.kOptimal, kinds.kSolutionLimit):
        words = highs.modelStatusToString(status)
        raise SolverError(f"HiGHS left the assignment of people as '{words}'")
    return dict(zip(names, highs.getSolution().col_value, strict=True))


def _hand_over(highs: highspy.Highs, model: _Model, names: list[str]) -> None:
    """Give a model to HiGHS, the columns in the order of their names."""
    empty = np.array([], dtype=np.int32)
    columns = [model.columns[name] for name in names]
    price, most = (np.array([column[k] for column in columns]) for k in range(2))
    count = len(names)
    highs.addCols(count, price, np.zeros(count), most, 0, empty, empty, np.array([]))
    whole = np.flatnonzero([column[2] for column in columns]).astype(np.int32)
    kind = np.full(len(whole), highspy.HighsVarType.kInteger)
    highs.changeColsIntegrality(len(whole), whole, kind)
    at = {name: k for k, name in enumerate(names)}
    terms = [term for row, _, _ in model.rows for term in row]
    starts = np.r_[0, np.cumsum([len(row) for row, _, _ in model.rows])[:-1]]
    highs.addRows(
        len(model.rows),
        np.array([low for _, low, _ in model.rows]),
        np.array([high for _, _, high in model.rows]),
        len(terms),
        starts.astype(np.int32),
        np.array([at[name] for name, _ in terms], dtype=np.int32),
        np.array([value for _, value in terms], dtype=np.float64),
    )
