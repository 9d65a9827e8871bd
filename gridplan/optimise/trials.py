"""Causes of a breach that show when a rule is taken away, or when ground has one way out only."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import networkx as nx
import numpy as np

from gridplan.optimise.case import Case
from gridplan.optimise.cures import (
    Cause,
    Cure,
    Lock,
    divided,
    least_set,
    ranked,
    softened,
    unblocked,
    unlocked,
)
from gridplan.optimise.piece import Piece
from gridplan.optimise.problem import Ints

SHOWN = 3  # zones that a message names
ENDS = 3  # dead ends that are listed
HALVED = 3  # blocks and units that are divided for a trial


def by_trial(case: Case, *, numbers_suffice: bool) -> list[Cause]:
    """Rules and dead ends that a breach comes from.

    Parameters
    ----------
    case
        The community.
    numbers_suffice
        Whether the numbers account for the whole breach: only what somebody has set for this
        community, its count and its locks, is then tried.
    """
    causes = [*_count(case), *_locks(case)]
    if numbers_suffice or _settled(case, causes):
        return causes
    causes += [*_layers(case, "nest"), *_layers(case, "whole"), *_dead_ends(case)]
    return causes or list(_indivisible(case))


def _settled(case: Case, causes: Sequence[Cause]) -> bool:
    """Whether some cure leaves no more than the numbers force."""
    left = [cure.breach for cause in causes for cure in cause.cures if cure.breach is not None]
    return bool(left) and min(left) <= case.by_numbers


def _count(case: Case) -> Iterator[Cause]:
    problem, wanted = case.problem, case.problem.grids
    if wanted is None:
        return
    found = case.bench.solve(replace(problem, grids=None))
    if found is None or not case.helps(found.breach):
        return
    held = int(problem.households.sum())
    size = f"{held} households in {wanted} grids are {held / wanted:.0f} a grid"
    yield Cause(
        "fixed-count",
        f"the number of grids is fixed at {wanted}: {size}",
        value=wanted,
        limit=found.grids,
        cures=(
            Cure("other-count", f"allow {found.grids} grids instead of {wanted}", found.breach),
        ),
    )


def _locks(case: Case) -> Iterator[Cause]:
    problem, locks = case.problem, sorted(set(case.problem.locks))
    if not locks:
        return
    without = case.bench.breach(unlocked(problem, locks))
    if without is None or not case.helps(without):
        return

    def forced(kept: Sequence[Lock]) -> bool:
        """Whether these locks alone leave more than no locks do."""
        left = case.bench.breach(unlocked(problem, [x for x in locks if x not in kept]))
        return left is not None and left > without

    guilty = least_set(locks, forced)
    names = [" ".join(x).rstrip() for x in guilty]
    cures = [
        case.cure("drop-lock", f"drop the lock {name}", unlocked(problem, [lock]))
        for lock, name in zip(guilty, names, strict=True)
    ]
    yield Cause(
        "locks",
        f"{'a lock forces' if len(names) == 1 else 'locks force'} it: {'; '.join(names)}",
        place=guilty[0][1],
        cures=ranked(cures, case.solution.breach),
    )


def _layers(case: Case, mode: str) -> Iterator[Cause]:
    """Nested or whole layers without which the breach is less."""
    problem = case.problem
    for layer in (x for x in problem.zones if problem.modes[x] == mode):
        cure = case.cure("soften-layer", f"make layer {layer} soft", softened(problem, [layer]))
        if cure is None or not case.helps(cure.breach):
            continue
        zones = _zones(case, layer)
        rule = "no grid may cross its lines" if mode == "nest" else "its zones stay whole"
        yield Cause(
            mode,
            f"layer {layer} is {mode}: {rule}; the grids outside the range touch "
            f"{', '.join(zones[:SHOWN]) or 'none of its zones'}"
            f"{f' and {len(zones) - SHOWN} others' if len(zones) > SHOWN else ''}",
            layer=layer,
            place=_largest(case, layer),
            cures=(cure,),
        )


def _zones(case: Case, layer: str) -> list[str]:
    """Zones of the grids outside the range, with households and what they are chained to."""
    problem, names = case.problem, case.problem.zones[layer]
    touched = sorted({zone for i in case.missing.tolist() if (zone := names[i]) is not None})
    texts = []
    for zone in touched:
        units = np.array([i for i, name in enumerate(names) if name == zone], dtype=np.int64)
        node = _kept_with(case, units)
        held, whole = int(problem.households[units].sum()), int(problem.households[node].sum())
        chain = f", kept with others: {whole} in all" if whole > held else ""
        texts.append(f"zone {zone} ({held} households{chain})")
    return texts


def _kept_with(case: Case, units: Ints) -> Ints:
    """Units of the node that all of some units lie in; the same units where there is none."""
    keys = set(
        zip(case.parts.piece_of[units].tolist(), case.parts.node_of[units].tolist(), strict=True)
    )
    members = dict(case.nodes)
    return members[keys.pop()] if len(keys) == 1 else units


def _largest(case: Case, layer: str) -> str:
    """Zone of a layer with most households in the grids outside the range."""
    held: dict[str, int] = {}
    for i in case.missing.tolist():
        zone = case.problem.zones[layer][i]
        if zone is not None:
            held[zone] = held.get(zone, 0) + int(case.problem.households[i])
    return min(held, key=lambda zone: (-held[zone], zone), default="")


def _dead_ends(case: Case) -> Iterator[Cause]:
    """Nodes that are the only way out of ground too small to be a grid, and cannot take it all."""
    members = dict(case.nodes)
    found = [
        (members[number, node], np.concatenate([members[number, i] for i in behind]))
        for number, piece in enumerate(case.parts.pieces)
        for node, behind in _ends(piece)
    ]
    found.sort(key=lambda end: case.first(end[0]))
    for gate, behind in found[:ENDS]:
        yield _dead_end(case, gate, behind)


def _ends(piece: Piece) -> Iterator[tuple[int, list[int]]]:
    """Nodes of a piece, with the ground behind them that only they can take, but not all of it."""
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(piece.n))
    graph.add_edges_from(zip(piece.u.tolist(), piece.v.tolist(), strict=True))
    terms = piece.terms
    for node in sorted(nx.articulation_points(graph)):
        rest = graph.subgraph(i for i in graph if i != node)
        small = [
            part
            for part in nx.connected_components(rest)
            if 0 < int(piece.cap[sorted(part)].sum()) < terms.lo
        ]
        behind = sorted(i for part in small for i in part)
        if behind and int(piece.cap[node]) + int(piece.cap[behind].sum()) > terms.hi:
            yield node, behind


def _dead_end(case: Case, gate: Ints, behind: Ints) -> Cause:
    problem = case.problem
    at, beyond = (int(problem.households[units].sum()) for units in (gate, behind))
    name, place = case.first(gate), case.first(behind)
    kept = f"unit {name}" if len(gate) == 1 else f"the {len(gate)} units kept with unit {name}"
    others = np.setdiff1d(np.arange(len(problem.node_ids)), np.concatenate([gate, behind]))
    cures: list[Cure | None] = [case.link(behind, others)] if len(others) else []
    if len(gate) == 1:
        text = f"divide unit {name}, by its stairwells in [inputs.stairwells] for instance"
        cures.append(case.cure("divide-unit", text, divided(problem, int(gate[0]), 2)))
    cures += _blocks_undone(case, gate)
    return Cause(
        "dead-end",
        f"{beyond} households around unit {place}, too few for a grid of their own, can only go "
        f"with {kept} ({at} households): together they are {at + beyond}, "
        f"{at + beyond - problem.max} above the maximum",
        place=place,
        value=at + beyond,
        limit=problem.max,
        cures=ranked(cures, case.solution.breach),
    )


def _blocks_undone(case: Case, units: Ints) -> list[Cure | None]:
    """Blocks of some units, divided."""
    problem = case.problem
    names = {problem.block[i] for i in units.tolist()} - {None}
    sizes = {name: problem.block.count(name) for name in names if name is not None}
    return [
        case.cure("split-block", f"divide block {x} into its units", unblocked(problem, x))
        for x in sorted(sizes, key=lambda x: (-sizes[x], x))
        if sizes[x] > 1
    ][:HALVED]


def _indivisible(case: Case) -> Iterator[Cause]:
    """Blocks, then units, of the grids outside the range without which the breach is less."""
    problem, ids = case.problem, case.problem.node_ids
    cures = list(ranked(_blocks_undone(case, case.missing), case.solution.breach))
    large = sorted(case.missing.tolist(), key=lambda i: (-problem.households[i], ids[i]))[:HALVED]
    for unit in large if not cures else []:
        if problem.households[unit] > 1:
            text = f"divide unit {ids[unit]} ({problem.households[unit]} households)"
            cure = case.cure("divide-unit", text, divided(problem, unit, 2))
            cures += ranked([cure], case.solution.breach)
    if not cures or not case.helps(cures[0].breach):
        return
    what = "blocks" if cures[0].kind == "split-block" else "units"
    yield Cause(
        "indivisible",
        f"the {what} around unit {case.first(case.missing)} are too large to fit together within "
        "the range",
        place=case.first(case.missing),
        cures=ranked(cures),
    )
