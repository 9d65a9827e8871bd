"""A community that misses the range, laid out for the search for causes."""

from functools import cached_property

import numpy as np

from gridplan.optimise.contract import Contracted, components, contract
from gridplan.optimise.cures import Bench, Cure, linked
from gridplan.optimise.enumerate import least_split
from gridplan.optimise.objective import range_breach
from gridplan.optimise.problem import Ints, Problem
from gridplan.optimise.solve import Solution


class Case:
    """A problem, its plan of some breach, and the means to try cures.

    Parameters
    ----------
    problem
        The community.
    solution
        Its plan.
    bench
        Where relaxed problems are solved.
    """

    def __init__(self, problem: Problem, solution: Solution, bench: Bench) -> None:
        self.problem, self.solution, self.bench = problem, solution, bench

    @cached_property
    def parts(self) -> Contracted:
        """The problem as the optimiser sees it."""
        return contract(self.problem)

    @cached_property
    def component(self) -> Ints:
        """Connected part of every unit where no line but a missing border divides."""
        problem = self.problem
        last: dict[str, int] = {}
        pairs = [tuple(edge) for edge in problem.edges.tolist()]
        for i, block in enumerate(problem.block):
            if block is not None:
                pairs.append((last.get(block, i), i))
                last[block] = i
        u, v = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        return components(len(problem.node_ids), u, v)[0]

    @cached_property
    def counted(self) -> Ints:
        """Households of every unit that count for the range, oversized nodes cut at the maximum."""
        counted = self.problem.households.copy()
        for _, members in self.nodes:
            over = int(counted[members].sum()) - self.problem.max
            for unit in sorted(members.tolist(), key=lambda i: -counted[i]):
                cut = min(int(counted[unit]), max(0, over))
                counted[unit] -= cut
                over -= cut
        return counted

    @cached_property
    def nodes(self) -> list[tuple[tuple[int, int], Ints]]:
        """Units of every node of the contracted problem, by (piece, node)."""
        found: dict[tuple[int, int], list[int]] = {}
        where = zip(self.parts.piece_of.tolist(), self.parts.node_of.tolist(), strict=True)
        for unit, key in enumerate(where):
            found.setdefault(key, []).append(unit)
        return [(key, np.array(found[key], dtype=np.int64)) for key in sorted(found)]

    @cached_property
    def missing(self) -> Ints:
        """Units of the grids outside the range, in the order of their ids."""
        grid = np.unique(self.solution.assignment, return_inverse=True)[1]
        held = np.bincount(grid, self.problem.households).astype(np.int64)
        outside = np.flatnonzero((range_breach(self.problem, held) > 0)[grid])
        return np.array(sorted(outside.tolist(), key=self.problem.node_ids.__getitem__), np.int64)

    @cached_property
    def by_numbers(self) -> int:
        """Breach that oversized nodes and the totals of the pieces force by themselves."""
        return self.parts.forced + sum(self.least(piece.total) for piece in self.parts.pieces)

    def least(self, households: int) -> int:
        """Least breach of households that may be divided at will."""
        return int(least_split(households, self.problem.min, self.problem.max)[households])

    def first(self, units: Ints) -> str:
        """Smallest id of some units."""
        return str(min(self.problem.node_ids[i] for i in units.tolist()))

    def groups(self, label: Ints) -> list[Ints]:
        """Units of every label, by smallest id."""
        found = [np.flatnonzero(label == x) for x in np.unique(label)]
        return sorted(found, key=self.first)

    def cure(self, kind: str, text: str, problem: Problem) -> Cure | None:
        """A cure with the breach it leaves, or None where not even it has a plan."""
        return self.bench.cure(kind, text, problem)

    def helps(self, breach: int | None) -> bool:
        """Whether a trial left less than the plan has."""
        return breach is not None and breach < self.solution.breach

    def link(self, inside: Ints, outside: Ints) -> Cure | None:
        """The best link from some units to others, tried; None where none helps.

        All links from the largest unit are tried at once; the one that the plan then uses is tried
        alone.
        """
        ids, h = self.problem.node_ids, self.problem.households
        hub = min(inside.tolist(), key=lambda i: (-h[i], ids[i]))
        found = self.bench.solve(linked(self.problem, [(hub, i) for i in outside.tolist()]))
        if found is None or not self.helps(found.breach):
            return None
        mates = outside[found.assignment[outside] == found.assignment[hub]]
        if not len(mates):
            return None
        end = min(mates.tolist(), key=ids.__getitem__)
        text = f"declare a link between units {ids[hub]} and {ids[end]}, or the like"
        return self.cure("add-link", text, linked(self.problem, [(hub, end)]))
