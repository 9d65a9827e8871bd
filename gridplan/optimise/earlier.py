"""The previous plan as a plan of today: what a search that weighs change begins with."""

import numpy as np

from gridplan.optimise.piece import Piece
from gridplan.optimise.problem import Ints


def old_plan(piece: Piece) -> Ints | None:
    """Put every node in the grid that it was in, as far as grids still hang together.

    A node of several old grids goes to that of most households; one of none joins a neighbour; what
    is cut off from the rest of its grid is a grid of its own.

    Parameters
    ----------
    piece
        The piece.

    Returns
    -------
    numpy.ndarray or None
        Grid of every node, shape (n,); None where no node had one or change is not weighed.
    """
    if not len(piece.old.node):
        return None
    home = np.full(piece.n, -1, dtype=np.int64)
    order = np.lexsort((-piece.old.index, piece.old.value, piece.old.node))
    home[piece.old.node[order]] = piece.old.index[order]  # the last of a node stays
    u, v = np.concatenate([piece.u, piece.v]), np.concatenate([piece.v, piece.u])
    while True:
        offers = (home[u] < 0) & (home[v] >= 0)
        if not offers.any():
            break
        at, grid = u[offers], home[v[offers]]
        first = np.lexsort((grid, at))[::-1]
        home[at[first]] = grid[first]  # the smallest of a node stays
    return _components(piece.n, u, v, home)


def _components(n: int, u: Ints, v: Ints, home: Ints) -> Ints:
    """Connected parts of equal label, numbered from 0."""
    same = home[u] == home[v]
    u, v = u[same], v[same]
    part = np.arange(n)
    while True:
        least = part.copy()
        np.minimum.at(least, u, part[v])
        if (least == part).all():
            break
        part = least[least]
    return np.unique(part, return_inverse=True)[1].astype(np.int64)
