"""Plans of few grids, proven by one integer programme: which node lies in which grid.

A choice of grids has the stronger relaxation, but it needs the grids, and where three or four hold
many nodes each, those that matter take long to find. Here one variable says whether a node lies in
a grid and another whether a border leaves it. That grids are connected is asked for where a plan
met is not: two parts of a grid need a node of what lies around one of them.
"""

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.budget import Budget
from gridplan.optimise.contract import components
from gridplan.optimise.crowd import Crowd
from gridplan.optimise.lp import quiet_highs
from gridplan.optimise.piece import Piece, score
from gridplan.optimise.problem import Ints
from gridplan.optimise.program import INF, Program

GRIDS, NODES = 4, 64  # most of either that this is tried with
LARGE = 10  # nodes a grid from which it pays
SECANTS = 4000  # rows of balance at most
LOOK = 1300  # work that goes by between two looks of HiGHS at its limits
EXACT = 1e-7  # gap at which HiGHS ends


@dataclass(frozen=True, eq=False)
class Divided:
    """What an integer programme says about plans with a number of grids.

    Parameters
    ----------
    plan
        The best plan, or None where it was not found.
    bound
        Lower bound of the cost of all such plans, without the piece's constant; infinite where
        there is none.
    looks
        Work done, in looks of HiGHS at its limits.
    """

    plan: Ints | None
    bound: float
    looks: int


def few(piece: Piece, grids: int) -> bool:
    """Whether plans of a piece have so few and so large grids that this pays."""
    wide = (piece.kernel.top - piece.kernel.low) * grids > SECANTS
    return grids <= GRIDS and LARGE * grids <= piece.n <= NODES and not wide


def divide(
    piece: Piece,
    grids: int,
    lo: int,
    hi: int,
    *,
    upper: float,
    plan: Ints,
    looks: int,
    budget: Budget,
    crowd: Crowd | None = None,
) -> Divided:
    """Best plan of a number of grids, or as good a bound as the work allows.

    Parameters
    ----------
    piece
        The piece; of its terms the range is not read.
    grids, lo, hi
        Number of grids, and the least and most households of each that count for the range.
    upper
        Cost without the piece's constant from which on plans are of no interest.
    plan
        A known plan, with any number of grids.
    looks, budget
        Work allowed, and what watches the clock.
    crowd
        Touches that a plan may make at most; the piece has no price for them.
    """
    seeds = far_apart(piece, grids)
    program, where, whole = _program(piece, seeds, lo, hi, crowd)
    base = grids * piece.terms.per_grid + piece.terms.change * float(piece.old.value.sum())
    watch = _Watch(upper - base, looks, budget)
    highs = quiet_highs()
    for option, value in (("mip_rel_gap", 0.0), ("mip_abs_gap", EXACT)):
        highs.setOptionValue(option, value)
    highs.setOptionValue("mip_heuristic_effort", 0.0)  # good plans are known
    program.hand_over(highs, whole)
    highs.cbMipInterrupt.subscribe(watch.look)
    best, bound = None, -np.inf
    while not watch.over():
        if len(np.unique(plan)) == grids:
            _start(highs, where, plan, seeds)
        highs.run()
        status, kinds = highs.getModelStatus(), highspy.HighsModelStatus
        if status == kinds.kInfeasible:
            return Divided(best, np.inf, watch.looks)
        if status not in (kinds.kOptimal, kinds.kInterrupt):
            break  # no answer, not even a bound
        bound = max(bound, highs.getInfo().mip_dual_bound + base)
        if status == kinds.kInterrupt:
            break
        found = np.array(highs.getSolution().col_value)[where].argmax(axis=1).astype(np.int64)
        if _connect(highs, where, piece, found):
            best = None if score(piece, found).broken else found
            break
    return Divided(best, bound, watch.looks)


class _Watch:
    """Ends HiGHS when a bound is high enough or the work is done.

    HiGHS looks at its limits at the same points of its work on every machine, so counting these
    looks bounds the work alike everywhere.
    """

    def __init__(self, enough: float, most: int, budget: Budget) -> None:
        self.enough, self.most, self.budget = enough, most, budget
        self.looks = 0

    def look(self, event: Any) -> None:
        """Called by HiGHS."""
        try:
            self.looks += 1
            high = event.data_out.mip_dual_bound >= self.enough
            event.data_in.user_interrupt = high or self.over()
        except KeyboardInterrupt:
            self.budget.interrupt()
            event.data_in.user_interrupt = True

    def over(self) -> bool:
        """Whether the work or the time is used up."""
        return self.looks >= self.most or self.budget.over()


def far_apart(piece: Piece, count: int) -> Ints:
    """Nodes far from each other, shape (count,): no two are likely to share a grid."""
    near = np.zeros((piece.n, piece.n), dtype=bool)
    near[piece.u, piece.v] = near[piece.v, piece.u] = True
    far = np.full((piece.n, piece.n), piece.n)
    reach, step = np.eye(piece.n, dtype=bool), 0
    while (reach & (far == piece.n)).any():
        far[reach & (far == piece.n)] = step
        reach, step = reach @ near, step + 1
    chosen = [int(far.sum(axis=0).argmax())]
    while len(chosen) < count:
        least, total = far[chosen].min(axis=0), far[chosen].sum(axis=0)
        chosen.append(int(np.lexsort((-total, -least))[0]))
    return np.array(chosen, dtype=np.int64)


def _program(
    piece: Piece, seeds: Ints, lo: int, hi: int, crowd: Crowd | None
) -> tuple[Program, Ints, int]:
    """The programme, its column of every node in every grid, shape (n, grids), and whole columns.

    Of the grids, which are all alike, the first holds the first seed, and a grid none of the seeds
    before it.
    """
    program, grids = Program(), len(seeds)
    most = np.ones((piece.n, grids))
    for grid, seed in enumerate(seeds):
        most[seed, grid + 1 :] = 0.0
    where = program.columns(0.0, most)
    program.put(program.rows(np.ones(piece.n), 1.0)[:, None], where)
    program.put(program.rows(np.full(grids, max(1, lo)), hi), where, piece.cap[:, None])
    whole = where.size
    if len(piece.old.node):
        holds = program.columns(np.zeros((int(piece.old.index.max()) + 1, grids)), 1.0)
        whole += holds.size
        _add_change(program, where, holds, piece)
    _add_balance(program, where, piece, lo, hi)
    _add_borders(program, where, piece)
    _add_labels(program, where, piece, crowd)
    _add_rules(program, where, piece)
    return program, where, whole


def _add_balance(program: Program, where: Ints, piece: Piece, lo: int, hi: int) -> None:
    """Squared deviation, exact at whole households: never below any secant between two of them."""
    terms, grids = piece.terms, where.shape[1]
    if terms.balance <= 0:
        return
    plain = bool((piece.h == piece.cap).all())
    low, top = (lo, hi) if plain else (piece.kernel.low, piece.kernel.top)
    load = program.columns(np.zeros(grids), INF)
    same = program.rows(np.zeros(grids), 0.0)
    program.put(same, where, piece.h[:, None])
    program.put(same, load, -1.0)
    off = program.columns(np.full(grids, terms.balance), INF)
    at = np.arange(low, max(top, low + 1))
    value = ((at - terms.target) / terms.half) ** 2
    slope = (2 * (at - terms.target) + 1) / terms.half**2
    above = program.rows(np.broadcast_to(value - slope * at, (grids, len(at))), INF)
    program.put(above, off[:, None])
    program.put(above, load[:, None], -slope)


def _add_borders(program: Program, where: Ints, piece: Piece) -> None:
    """Half the cost of a border for either grid, and every node has a neighbour in its grid."""
    cut = program.columns(
        np.broadcast_to(0.5 * piece.w[:, None], (len(piece.u), where.shape[1])), 1.0
    )
    for one, other in ((piece.u, piece.v), (piece.v, piece.u)):
        rows = program.rows(np.zeros(cut.shape), INF)
        program.put(rows, cut)
        program.put(rows, where[one], -1.0)
        program.put(rows, where[other])
    alone = piece.cap >= piece.terms.lo
    rows = program.rows(np.where(alone[:, None], -1.0, np.zeros(where.shape)), INF)
    program.put(rows, where, -1.0)
    program.put(rows[piece.u], where[piece.v])
    program.put(rows[piece.v], where[piece.u])


def _add_labels(program: Program, where: Ints, piece: Piece, crowd: Crowd | None) -> None:
    """Cost of labels by grid; touches of crowded zones are no more than must be."""
    node, label = piece.labels.node, piece.labels.index
    touch = program.columns(np.repeat(piece.label_weight[:, None], where.shape[1], axis=1), 1.0)
    rows = program.rows(np.zeros((len(node), where.shape[1])), INF)
    program.put(rows, touch[label])
    program.put(rows, where[node], -1.0)
    if crowd is not None:
        steep = np.flatnonzero(crowd.row >= 0)
        rows = program.rows(0.0, crowd.least)
        program.put(rows[crowd.row[steep]][:, None], touch[steep])


def _add_rules(program: Program, where: Ints, piece: Piece) -> None:
    """Nodes that stay together or apart, and one zone of a nested layer in a grid."""
    one, other = piece.tied.T
    rows = program.rows(np.zeros((len(one), where.shape[1])), 0.0)
    program.put(rows, where[one])
    program.put(rows, where[other], -1.0)
    one, other = piece.apart.T
    rows = program.rows(np.full((len(one), where.shape[1]), -INF), 1.0)
    program.put(rows, where[one])
    program.put(rows, where[other])
    for zones in piece.nest:
        known = np.flatnonzero(zones >= 0)
        names, zone = np.unique(zones[known], return_inverse=True)
        holds = program.columns(np.zeros((len(names), where.shape[1])), 1.0)
        program.put(program.rows(np.full(where.shape[1], -INF), 1.0), holds)
        rows = program.rows(np.zeros((len(known), where.shape[1])), INF)
        program.put(rows, holds[zone])
        program.put(rows, where[known], -1.0)


def _add_change(program: Program, where: Ints, holds: Ints, piece: Piece) -> None:
    """Households that stay with the one old grid that a grid keeps: all others are moved."""
    old = piece.old
    kept = program.columns(np.full(holds.shape, -piece.terms.change), INF)
    every = program.rows(np.full(holds.shape, -INF), 0.0)
    program.put(every, kept)
    program.put(every[old.index], where[old.node], -old.value[:, None])
    size = np.bincount(old.index, old.value)
    chosen = program.rows(np.full(holds.shape, -INF), 0.0)
    program.put(chosen, kept)
    program.put(chosen, holds, -size[:, None])
    program.put(program.rows(np.full(holds.shape[1], -INF), 1.0), holds)


def _start(highs: highspy.Highs, where: Ints, plan: Ints, seeds: Ints) -> None:
    """Tell HiGHS a plan, its grids in the order of the seeds."""
    order: dict[int, int] = {}
    for grid in [*plan[seeds].tolist(), *plan.tolist()]:
        order.setdefault(grid, len(order))
    mine = np.array([order[grid] for grid in plan.tolist()])
    value = (mine[:, None] == np.arange(where.shape[1])).ravel().astype(np.float64)
    highs.setSolution(where.size, where.ravel().astype(np.int32), value)


def _connect(highs: highspy.Highs, where: Ints, piece: Piece, plan: Ints) -> bool:
    """Whether the grids of a plan are connected; what this plan breaks is asked for from now on."""
    inner = plan[piece.u] == plan[piece.v]
    part, count = components(piece.n, piece.u[inner], piece.v[inner])
    size = np.bincount(part, piece.cap, count)
    whole = True
    for grid in np.unique(plan):
        parts = np.unique(part[plan == grid])
        main = parts[size[parts].argmax()]
        for other in parts[parts != main]:
            _ask_way(highs, where, piece, part == main, part == other)
            whole = False
    return whole


def _ask_way(
    highs: highspy.Highs,
    where: Ints,
    piece: Piece,
    main: NDArray[np.bool_],
    other: NDArray[np.bool_],
) -> None:
    """Two nodes, one of each part, share a grid only with a node around the second part."""
    around = np.zeros(piece.n, dtype=bool)
    around[piece.v[other[piece.u]]] = around[piece.u[other[piece.v]]] = True
    between = np.flatnonzero(around & ~other)
    ends = np.array([main.argmax(), other.argmax()])
    value = np.concatenate([[1.0, 1.0], -np.ones(len(between))])
    for column in where.T:
        index = np.concatenate([column[ends], column[between]]).astype(np.int32)
        highs.addRow(-INF, 1.0, len(index), index, value)
