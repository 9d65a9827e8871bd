"""How far each jurisdiction layer is respected, beside the least that any plan could reach for it.

The least is that of the layer alone: the same community, hard rules and breach, but nothing else in
the objective. So two layers cannot always reach their minimum in one plan.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gridplan.optimise.least import Least, Work, by_zone, known_plan, least_excess
from gridplan.optimise.objective import excess_incidences
from gridplan.optimise.problem import Ints, Problem

EFFORT = 0.1
"""Effort for each layer where the plan itself had an effort of 1."""

BLINK = 1e-3  # seconds for a layer whose time is up before it began


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
        Proven lower bound of the excess of any plan that keeps the hard rules and misses the range
        by no more than this one.
    proven
        Whether such a plan is known that reaches ``least``.
    split
        Zones that lie in more than one grid, with their number of grids.
    aligned, households
        Households of the grids that touch exactly one zone, and all households.
    stopped
        What ended the work before a proof: ``effort`` or ``time``; empty where nothing did.
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
    stopped: str = ""

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
        """In words, such as "police: 3 zones split, 4 times in all; 4 is the proven minimum"."""
        if not self.splits:
            return f"{self.layer}: no zone split"
        zones = "1 zone" if len(self.split) == 1 else f"{len(self.split)} zones"
        times = ", once" if self.splits == 1 else f", {self.splits} times in all"
        each_once = self.splits == len(self.split) > 1
        said = f"{self.layer}: {zones} split{'' if each_once else times}"
        if self.proven:
            return f"{said}; {self.least_splits or 'none'} is the proven minimum"
        if self.least_splits:
            return f"{said}; at least {self.least_splits} proven unavoidable"
        return f"{said}; no minimum proven"


def in_all(lines: Iterable[LayerLine]) -> list[LayerLine]:
    """Add up the lines of several communities, layer by layer in the order met.

    A zone that lies in two communities counts in each: that it is divided there is nobody's choice.
    """
    by_layer: dict[str, list[LayerLine]] = {}
    for line in lines:
        by_layer.setdefault(line.layer, []).append(line)
    return [_sum(of_layer) for of_layer in by_layer.values()]


def _sum(lines: Sequence[LayerLine]) -> LayerLine:
    return LayerLine(
        layer=lines[0].layer,
        mode=lines[0].mode,
        zones=sum(x.zones for x in lines),
        incidences=sum(x.incidences for x in lines),
        excess=sum(x.excess for x in lines),
        least=sum(x.least for x in lines),
        proven=all(x.proven for x in lines),
        split=tuple(pair for x in lines for pair in x.split),
        aligned=sum(x.aligned for x in lines),
        households=sum(x.households for x in lines),
        stopped=next((x.stopped for x in lines if x.stopped), ""),
    )


def layer_ledger(
    problem: Problem,
    assignment: NDArray[np.integer],
    *,
    effort: float = EFFORT,
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
        Counted work for each layer whose minimum does not follow from the sizes of its zones; 0:
        those minima stay open.
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
    grid = np.asarray(assignment, dtype=np.int64)
    known = known_plan(problem, grid)
    deadline = time.perf_counter() + time_limit_s
    lines = []
    for number, layer in enumerate(problem.zones):
        share_s = (deadline - time.perf_counter()) / (len(problem.zones) - number)
        work = Work(effort, max(BLINK, share_s) if time_limit_s else 0.0, seed)
        least = None if known is None else least_excess(known, layer, work)
        lines.append(_line(problem, layer, grid, least))
    return lines


def _line(problem: Problem, layer: str, grid: Ints, least: Least | None) -> LayerLine:
    held = by_zone(problem, layer, grid)
    touched: dict[str, int] = {}
    zones_of: dict[int, int] = {}
    for label, zone in held:
        touched[zone] = touched.get(zone, 0) + 1
        zones_of[label] = zones_of.get(label, 0) + 1
    alone = [label for label, zones in zones_of.items() if zones == 1]
    excess = excess_incidences(problem, layer, grid)
    if least is None:
        least = Least(min(0, excess), proven=False, stopped="")
    return LayerLine(
        layer=layer,
        mode=problem.modes[layer],
        zones=len(touched),
        incidences=len(held),
        excess=excess,
        least=least.excess,
        proven=least.proven,
        split=tuple((zone, n) for zone, n in sorted(touched.items()) if n > 1),
        aligned=int(problem.households[np.isin(grid, alone)].sum()),
        households=int(problem.households.sum()),
        stopped=least.stopped,
    )
