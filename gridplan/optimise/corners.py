"""Breach that no plan avoids because of a few nodes in a corner, proven there.

A corner is a small set of nodes. In any plan its nodes lie in connected sets that either are grids
of their own, and miss the range by what they miss it, or reach out through a node beside the
corner, a gate, and bring at least its households and their own into one grid. What lies beyond the
gates is forgotten, so the least by which a choice of such sets misses the range is a lower bound
for every plan. A corner that does not prove enough takes in the lightest gate that a choice with
less breach went through, and tries again.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from gridplan.optimise.piece import Piece
from gridplan.optimise.problem import Ints

MOST = 16  # nodes of a corner
STEPS = 20_000  # sets looked at for one grid out of range
ALL_STEPS = 200_000  # and for all of a piece


class Corner(NamedTuple):
    """Nodes, those with what lies beside them, and the excess that they force on any plan."""

    inner: frozenset[int]
    closed: frozenset[int]
    excess: int


def forced_excess(piece: Piece, plan: Ints) -> int:
    """Lower bound of a piece's excess, in households, from corners around grids out of range.

    Parameters
    ----------
    piece
        A connected piece.
    plan
        Grid of every node, numbered from 0, shape (n,); where it keeps the range the bound is 0.
    """
    return sum(corner.excess for corner in corners(piece, plan))


def corners(piece: Piece, plan: Ints) -> list[Corner]:
    """Corners that share no node with each other, nor with what lies beside each other.

    A grid that reaches into several of them misses the range by their sum, so they add up.
    """
    held = np.bincount(plan, piece.cap).astype(np.int64)
    terms = piece.terms
    miss = np.maximum(0, np.maximum(terms.lo - held, held - terms.hi))
    proof = _Proof(piece)
    settled: list[Corner] = []
    for grid in np.argsort(-miss, kind="stable")[: int((miss > 0).sum())].tolist():
        nodes = np.flatnonzero(plan == grid)
        if len(nodes) > MOST + 1:
            continue
        if held[grid] > terms.hi:  # the heaviest node is the first gate
            nodes = np.delete(nodes, int(np.argmax(piece.cap[nodes])))
        settled = _joined(proof, settled, frozenset(nodes.tolist()), int(miss[grid]))
    return settled


def _joined(
    proof: "_Proof", settled: list[Corner], inner: frozenset[int], excess: int
) -> list[Corner]:
    """The corners with another one, joined with those that it meets; as they are if it fails."""
    rest = settled
    while (found := proof.grown(inner, excess)) is not None:
        met = [corner for corner in rest if corner.closed & found.closed]
        if not met:
            return [*rest, found]
        rest = [corner for corner in rest if corner not in met]
        inner = found.inner.union(*(corner.inner for corner in met))
        excess += sum(corner.excess for corner in met)
    return settled


class _Proof:
    """Proves corners of a piece, with counted work."""

    def __init__(self, piece: Piece) -> None:
        self.terms, self.cap = piece.terms, piece.cap.tolist()
        kernel = piece.kernel
        self.ptr, self.adj = kernel.ptr, kernel.adj
        self.left = ALL_STEPS

    def near(self, node: int) -> frozenset[int]:
        """Nodes beside a node."""
        return frozenset(self.adj[self.ptr[node] : self.ptr[node + 1]].tolist())

    def grown(self, inner: frozenset[int], excess: int) -> Corner | None:
        """A corner around some nodes that forces an excess, or None where none was found."""
        steps = min(STEPS, self.left)
        self.left -= steps
        while 0 < len(inner) <= MOST and steps > 0:
            puzzle = _Puzzle(self, inner, excess, steps)
            escape = puzzle.solve()
            steps = puzzle.steps
            if escape is None:
                self.left += steps
                return Corner(inner, inner.union(puzzle.gates), excess) if steps > 0 else None
            if not escape:
                break
            inner |= {min(escape, key=lambda gate: (self.cap[gate], gate))}
        self.left += max(0, steps)
        return None


class _Puzzle:
    """Looks for a choice of sets for the nodes of a corner that misses the range by less.

    Nodes of the corner are bits; every bit that is set in ``beside[i]`` is a neighbour of node i.
    """

    def __init__(self, proof: _Proof, inner: frozenset[int], excess: int, steps: int) -> None:
        nodes = sorted(inner)
        place = {node: 1 << i for i, node in enumerate(nodes)}
        near = [proof.near(node) for node in nodes]
        self.lo, self.hi = proof.terms.lo, proof.terms.hi
        self.cap = [proof.cap[node] for node in nodes]
        self.beside = [sum(place[x] for x in found & inner) for found in near]
        self.out = [found - inner for found in near]
        self.gates = sorted(frozenset().union(*self.out))
        self.load = {gate: proof.cap[gate] for gate in self.gates}
        self.used: list[int] = []
        self.excess, self.steps = excess, steps

    def solve(self) -> list[int] | None:
        """Gates of a choice that misses less, or None where there is none or the steps are up."""
        return self.used if self._settle((1 << len(self.cap)) - 1, 0) else None

    def _settle(self, left: int, missed: int) -> bool:
        """Whether the nodes left can be settled; then ``used`` tells the gates."""
        if not left:
            return True
        first = left & -left
        for chosen, cap in self._sets(first, left):
            rest = left & ~chosen
            for gate in self._ways(chosen):
                before = self.load[gate]
                more = max(0, before + cap - self.hi) - max(0, before - self.hi)
                if missed + more < self.excess:
                    self.load[gate] = before + cap
                    self.used.append(gate)
                    if self._settle(rest, missed + more):
                        return True
                    self.used.pop()
                    self.load[gate] = before
            alone = max(0, self.lo - cap, cap - self.hi)
            if missed + alone < self.excess and self._settle(rest, missed + alone):
                return True
        return False

    def _ways(self, chosen: int) -> list[int]:
        """Gates beside a set."""
        bits = [i for i in range(len(self.cap)) if chosen >> i & 1]
        return sorted(frozenset().union(*(self.out[i] for i in bits)))

    def _sets(self, first: int, left: int) -> Iterator[tuple[int, int]]:
        """Connected sets among the nodes left that hold the first, with their households."""
        i = first.bit_length() - 1
        waiting = [(first, self.beside[i] & left & ~first, first, self.cap[i])]
        while waiting and self.steps > 0:
            chosen, rim, closed, cap = waiting.pop()
            self.steps -= 1
            if cap - self.hi >= self.excess:
                continue
            yield chosen, cap
            while rim:
                bit = rim & -rim
                rim ^= bit
                closed |= bit
                i = bit.bit_length() - 1
                more = self.beside[i] & left & ~closed & ~chosen
                waiting.append((chosen | bit, rim | more, closed, cap + self.cap[i]))
