"""Causes of a breach that follow from numbers alone."""

from collections.abc import Iterator

import numpy as np

from gridplan.optimise.case import Case
from gridplan.optimise.cures import Cause, Cure, divided, ranked, softened, unblocked
from gridplan.optimise.problem import Ints, Problem

SHOWN = 3  # places that a message names


def by_numbers(case: Case) -> Iterator[Cause]:
    """Oversized units and blocks, parts and nested zones that no number of grids divides."""
    yield from _units_over(case)
    yield from _blocks_over(case)
    yield from _components(case)
    yield from _nested(case)


def _units_over(case: Case) -> Iterator[Cause]:
    problem = case.problem
    over = np.flatnonzero(problem.households > problem.max).tolist()
    for unit in sorted(over, key=problem.node_ids.__getitem__):
        name, held = problem.node_ids[unit], int(problem.households[unit])
        yield Cause(
            "unit-over-max",
            f"unit {name} alone holds {held} households, {held - problem.max} above the maximum of "
            f"{problem.max}, and cannot be divided",
            place=name,
            value=held,
            limit=problem.max,
            cures=ranked([_stairwells(case, unit)], case.solution.breach),
        )


def _stairwells(case: Case, unit: int) -> Cure | None:
    """Divide a unit into as few equal parts as bring the breach lowest."""
    name, held = case.problem.node_ids[unit], int(case.problem.households[unit])
    fewest = max(2, -(-held // case.problem.max))
    tried: list[Cure | None] = []
    for parts in (fewest, 2 * fewest):
        text = f"give the stairwells of unit {name}, at least {parts}, in [inputs.stairwells]"
        tried.append(case.cure("divide-unit", text, divided(case.problem, unit, parts)))
        if tried[-1] is None or not tried[-1].breach:
            break
    return next(iter(ranked(tried)), None)


def _blocks_over(case: Case) -> Iterator[Cause]:
    problem = case.problem
    names = sorted({block for block in problem.block if block is not None})
    for block in names:
        members = np.array([b == block for b in problem.block])
        held, largest = (int(f(problem.households[members])) for f in (np.sum, np.max))
        if held <= problem.max or largest == held:
            continue
        text = f"divide block {block} into its {members.sum()} units, or into fewer pieces"
        cure = case.cure("split-block", text, unblocked(problem, block))
        yield Cause(
            "block-over-max",
            f"block {block} of {members.sum()} units holds {held} households, "
            f"{held - problem.max} above the maximum of {problem.max}",
            place=block,
            value=held,
            limit=problem.max,
            cures=ranked([cure], case.solution.breach),
        )


def _components(case: Case) -> Iterator[Cause]:
    groups = case.groups(case.component)
    for units in groups:
        held = int(case.counted[units].sum())
        if not case.least(held):
            continue
        if len(groups) == 1:
            yield _community(case, held)
        else:
            yield _component(case, units, held)


def _community(case: Case, held: int) -> Cause:
    """A community of one part whose households fill no number of grids."""
    below = held < case.problem.min
    return Cause(
        "community-under-min" if below else "no-number-of-grids",
        f"the community has {held} households{_arithmetic(case.problem, held)}",
        value=held,
        limit=_nearest(case.problem, held),
        cures=(
            Cure("merge-community", f"merge it with a neighbour: {_needs(case.problem, held)}"),
        ),
    )


def _component(case: Case, units: Ints, held: int) -> Cause:
    """A part that no border joins to the rest, whose households fill no number of grids."""
    place, below = case.first(units), held < case.problem.min
    outside = np.setdiff1d(np.arange(len(case.component)), units)
    merge = Cure("merge-community", f"join it to a neighbour: {_needs(case.problem, held)}")
    number = "1 unit" if len(units) == 1 else f"{len(units)} units"
    return Cause(
        "component-under-min" if below else "no-number-of-grids",
        f"the part around unit {place} ({number}) is joined to nothing else and has {held} "
        f"households{_arithmetic(case.problem, held)}",
        place=place,
        value=held,
        limit=_nearest(case.problem, held),
        cures=ranked([case.link(units, outside), merge], case.solution.breach),
    )


def _arithmetic(problem: Problem, held: int) -> str:
    """Why some households fill no number of grids."""
    if held < problem.min:
        return f", {problem.min - held} below the minimum of {problem.min}"
    k = held // problem.max
    return (
        f": {_grids(k)} can hold {k * problem.max} at most, and {_grids(k + 1)} need "
        f"{(k + 1) * problem.min} at least"
    )


def _grids(number: int) -> str:
    return "1 grid" if number == 1 else f"{number} grids"


def _nearest(problem: Problem, held: int) -> int:
    """Next larger number of households that fills some number of grids."""
    return (held // problem.max + 1) * problem.min


def _needs(problem: Problem, held: int) -> str:
    fewer = held - held // problem.max * problem.max
    more = f"it needs {_nearest(problem, held) - held} more households"
    return more if held < problem.min else f"{more}, or {fewer} fewer"


def _nested(case: Case) -> Iterator[Cause]:
    """Pieces between nested lines that no number of grids divides, by the layers around them."""
    blamed: dict[tuple[str, ...], list[tuple[str, int]]] = {}
    for units in case.groups(case.parts.piece_of):
        held = int(case.counted[units].sum())
        layers = walls(case, units)
        if layers and case.least(held):
            blamed.setdefault(layers, []).append((_zone_text(case, units, layers), held))
    for layers in sorted(blamed):
        yield _nest_cause(case, layers, blamed[layers])


def walls(case: Case, units: Ints) -> tuple[str, ...]:
    """Nested layers whose lines run along the rim of some units."""
    problem = case.problem
    inside = np.zeros(len(problem.node_ids), dtype=bool)
    inside[units] = True
    u, v = problem.edges.T
    rim = np.flatnonzero(inside[u] != inside[v]).tolist()
    found = []
    for layer in (x for x in problem.zones if problem.modes[x] == "nest"):
        zone = problem.zones[layer]
        if any(zone[u[e]] and zone[v[e]] and zone[u[e]] != zone[v[e]] for e in rim):
            found.append(layer)
    return tuple(found)


def _zone_text(case: Case, units: Ints, layers: tuple[str, ...]) -> str:
    """Zones of some layers that units lie in."""
    zones = [
        sorted({zone for i in units if (zone := case.problem.zones[layer][i]) is not None})
        for layer in layers
    ]
    name = " and ".join(zone for inside in zones for zone in inside)
    return f"{name} around unit {case.first(units)}"


def _nest_cause(case: Case, layers: tuple[str, ...], pieces: list[tuple[str, int]]) -> Cause:
    shown = ", ".join(f"{name} has {held} households" for name, held in pieces[:SHOWN])
    more = f", and {len(pieces) - SHOWN} others" if len(pieces) > SHOWN else ""
    sets: list[tuple[str, ...]] = [(layer,) for layer in layers]
    if len(layers) > 1:
        sets.append(layers)
    cures = [
        case.cure("soften-layer", f"make {_layers(x)} soft", softened(case.problem, x))
        for x in sets
    ]
    return Cause(
        "nest",
        f"no grid may cross the lines of {_layers(layers)}, and between them are parts that no "
        f"number of grids fills: {shown}{more}",
        layer=layers[0],
        place=pieces[0][0].split(" around unit ")[0],
        value=pieces[0][1],
        limit=_nearest(case.problem, pieces[0][1]),
        cures=ranked(cures, case.solution.breach),
    )


def _layers(layers: tuple[str, ...]) -> str:
    return f"layer {layers[0]}" if len(layers) == 1 else f"layers {' and '.join(layers)}"
