"""Pieces made coarse: nodes joined over strong edges, so that one move carries many of them."""

import numpy as np

from gridplan.optimise.contract import find
from gridplan.optimise.desk import Desk
from gridplan.optimise.piece import Piece
from gridplan.optimise.problem import Floats, Ints


def strength_of(piece: Piece, desk: Desk) -> Floats:
    """How gladly the ends of every edge share a grid, for their border and common zones."""
    return desk.liking[desk.tail < piece.kernel.adj]


def condense(
    piece: Piece, plan: Ints, goal: int, random: np.random.Generator, strength: Floats
) -> tuple[Ints, int]:
    """Groups of nodes inside grids, joined over strong edges until ``goal`` are left.

    Parameters
    ----------
    piece
        The piece.
    plan
        Grid of every node; a group stays in one.
    goal
        Number of groups wanted; more are left where grids are in more pieces.
    random
        Varies the strengths.
    strength
        How gladly the ends of every edge are joined; small groups come first.

    Returns
    -------
    tuple
        Group of every node, numbered from 0, and how many there are.
    """
    tree = list(range(piece.n))
    size = piece.cap.astype(float) + piece.total / piece.n
    inside = np.flatnonzero(plan[piece.u] == plan[piece.v])
    left = piece.n
    while left > goal and len(inside):
        roots = np.array([find(tree, i) for i in range(piece.n)])
        a, b = roots[piece.u[inside]], roots[piece.v[inside]]
        inside, a, b = inside[a != b], a[a != b], b[a != b]
        heat = strength[inside] * random.uniform(0.3, 1.0, len(inside)) / (size[a] * size[b])
        used: set[int] = set()
        for e in np.argsort(-heat, kind="stable").tolist():
            x, y = int(a[e]), int(b[e])
            if x in used or y in used or left <= goal:
                continue
            used.update((x, y))
            tree[max(x, y)] = min(x, y)
            size[min(x, y)] = size[x] + size[y]
            left -= 1
    roots = np.array([find(tree, i) for i in range(piece.n)])
    names, group = np.unique(roots, return_inverse=True)
    return group.astype(np.int64), len(names)
