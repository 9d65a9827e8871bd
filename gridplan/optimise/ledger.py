"""How far each jurisdiction layer is respected, beside the least that any plan could reach for it.

The least is that of the layer alone: the same community, hard rules and least breach, but nothing
else in the objective. So two layers cannot always reach their minimum in one plan.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.contract import ConflictError, contract
from gridplan.optimise.objective import evaluate, excess_incidences
from gridplan.optimise.problem import TERMS, Ints, Problem
from gridplan.optimise.solve import Solution, solve

ROUNDING = 1e-6  # an excess is a whole number; a bound that misses one by less counts as it


@dataclass(frozen=True)
class LayerLine:
    """One layer of the ledger.

    Parameters
    ----------
    layer, mode
        Name of the layer; ``soft``, ``nest`` or ``whole``.
    zones
        Zones with at least one household.
    incidences
        Pairs of a grid and a zone with at least one household.
    excess
        Incidences beyond those that the zones' sizes force; below 0 only with grids above the
        maximum.
    least
        Proven lower bound of the excess of any plan of least breach.
    proven
        Whether some plan of least breach is known to reach ``least``.
    split
        Zones that lie in more than one grid, with their number of grids.
    aligned, households
        Households of the grids that touch exactly one zone, and all households.
    """

    layer: str
    mode: str
    zones: int
    incidences: int
    excess: int
    least: int
    proven: bool
    split: tuple[tuple[str, int], ...]
    aligned: int
    households: int

    @property
    def splits(self) -> int:
        """Times that a zone is split: grids touched beyond the first, over all zones."""
        return self.incidences - self.zones

    @property
    def least_splits(self) -> int:
        """Proven lower bound of ``splits``: both measures differ by a constant."""
        return max(0, self.splits - self.excess + self.least)

    @property
    def sentence(self) -> str:
        """In words, such as "police: 3 zones are split, 4 times in all; 4 is the minimum"."""
        if not self.splits:
            return f"{self.layer}: no zone is split"
        zones = "1 zone is" if len(self.split) == 1 else f"{len(self.split)} zones are"
        times = "once" if self.splits == 1 else f"{self.splits} times"
        if self.proven:
            proof = f"{self.least_splits or 'none'} is the minimum"
        elif self.least_splits:
            proof = f"at least {self.least_splits} is proven"
        else:
            proof = "no minimum is proven"
        return f"{self.layer}: {zones} split, {times} in all; {proof}"


def layer_ledger(
    problem: Problem,
    assignment: NDArray[np.integer],
    *,
    effort: float = 0.1,
    time_limit_s: float = 0.0,
    seed: int = 0,
) -> list[LayerLine]:
    """Compare a plan with the least that each layer alone could reach.

    Parameters
    ----------
    problem
        The community.
    assignment
        Grid of every unit, any whole numbers, shape (n,).
    effort
        Counted work for each layer whose minimum does not follow from the sizes of its zones.
    time_limit_s
        Seconds for all layers together; 0: no limit. Where it strikes, the answer is no longer
        repeatable.
    seed
        Seed of the search.

    Returns
    -------
    list
        One line per layer, in the order of the problem.
    """
    breach = evaluate(problem, assignment)[0]
    return [
        _line(
            problem,
            layer,
            np.asarray(assignment, dtype=np.int64),
            breach,
            (effort, time_limit_s / len(problem.zones), seed),
        )
        for layer in problem.zones
    ]


def _line(
    problem: Problem, layer: str, grid: Ints, breach: int, work: tuple[float, float, int]
) -> LayerLine:
    held = _households(problem, layer, grid)
    touched: dict[str, int] = {}
    zones_of: dict[int, int] = {}
    for label, zone in held:
        touched[zone] = touched.get(zone, 0) + 1
        zones_of[label] = zones_of.get(label, 0) + 1
    alone = [label for label, zones in zones_of.items() if zones == 1]
    excess = excess_incidences(problem, layer, grid)
    least, proven = _least(problem, layer, excess, breach, work)
    return LayerLine(
        layer=layer,
        mode=problem.modes[layer],
        zones=len(touched),
        incidences=len(held),
        excess=excess,
        least=least,
        proven=proven,
        split=tuple((zone, n) for zone, n in sorted(touched.items()) if n > 1),
        aligned=int(problem.households[np.isin(grid, alone)].sum()),
        households=int(problem.households.sum()),
    )


def _households(problem: Problem, layer: str, label: Ints) -> dict[tuple[int, str], int]:
    """Households by label and zone, where there are any."""
    held: dict[tuple[int, str], int] = {}
    rows = zip(label.tolist(), problem.zones[layer], problem.households.tolist(), strict=True)
    for number, zone, households in rows:
        if zone is not None and households:
            held[number, zone] = held.get((number, zone), 0) + households
    return held


def _least(
    problem: Problem, layer: str, excess: int, breach: int, work: tuple[float, float, int]
) -> tuple[int, bool]:
    """Lower bound of a layer's excess at least breach, and whether a plan reaches it."""
    floor = floor_of(problem, layer, breach)
    if floor >= excess:
        return excess, True
    effort, time_limit_s, seed = work
    found = solve(alone(problem, layer), effort=effort, time_limit_s=time_limit_s, seed=seed)
    if found.objective is None or found.breach > breach:
        return floor, False  # its plan is worse than the known one, and so is its bound
    bound = floor
    if found.bound is not None:
        bound = max(floor, math.ceil(found.bound - ROUNDING))
    reached = _reached(problem, layer, found)
    if found.breach == breach:
        reached = min(reached, excess)
    least = min(bound, reached)
    known = found.breach == found.breach_bound
    return min(least, excess), known and least == reached <= excess


def _reached(problem: Problem, layer: str, found: Solution) -> int:
    return excess_incidences(problem, layer, found.assignment)


def alone(problem: Problem, layer: str) -> Problem:
    """The same community, with nothing but the excess of one layer as its cost."""
    kept = {x: z for x, z in problem.zones.items() if x == layer or problem.modes[x] != "soft"}
    return replace(
        problem,
        zones=kept,
        modes={x: problem.modes[x] for x in kept},
        weights={**dict.fromkeys(kept, 0.0), **dict.fromkeys(TERMS, 0.0), layer: 1.0},
    )


def floor_of(problem: Problem, layer: str, breach: int) -> int:
    """Lower bound of a layer's excess from sizes alone.

    A zone needs a grid in every connected part it reaches, and there as many as its households
    fill; where the range is missed a grid may hold more, and only the first counts.
    """
    try:
        parts = contract(problem).piece_of
    except ConflictError:
        return 0
    needed, sizes = 0, dict.fromkeys(problem.zones[layer], 0)
    for (_, zone), households in _households(problem, layer, parts).items():
        needed += 1 if breach else -(-households // problem.max)
        sizes[zone] += households
    if problem.grids is not None and None not in _lived_in(problem, layer):
        needed = max(needed, problem.grids)
    return needed - sum(-(-size // problem.max) for size in sizes.values())


def _lived_in(problem: Problem, layer: str) -> set[str | None]:
    rows = zip(problem.zones[layer], problem.households.tolist(), strict=True)
    return {zone for zone, households in rows if households}
