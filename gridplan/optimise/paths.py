"""Shortest ways through a network of numbered places."""

from typing import NamedTuple

import numpy as np

from gridplan.optimise.compiled import kernel
from gridplan.optimise.problem import Floats, Ints


class Network(NamedTuple):
    """Places joined by ways that can be walked in both directions.

    Parameters
    ----------
    first
        Where the neighbours of a place begin, shape (places + 1,).
    near, metres
        Neighbour and length of every way, each way twice, shape (2 · ways,).
    """

    first: Ints
    near: Ints
    metres: Floats


def make_network(places: int, u: Ints, v: Ints, metres: Floats) -> Network:
    """Sort ways by the place that they leave; neighbours of a place in the order of their number.

    Parameters
    ----------
    places
        How many there are, numbered from 0.
    u, v, metres
        Ends and length of every way, shape (ways,).
    """
    start, end, length = np.r_[u, v], np.r_[v, u], np.r_[metres, metres]
    order = np.lexsort((length, end, start))
    first = np.searchsorted(start[order], np.arange(places + 1))
    return Network(first.astype(np.int64), end[order].astype(np.int64), length[order])


def ways_from(network: Network, sources: Ints) -> tuple[Floats, Ints]:
    """Length of the shortest way from every source to every place, and the place before it.

    Returns
    -------
    metres : numpy.ndarray
        Shape (sources, places); infinite where there is no way.
    before : numpy.ndarray
        int64, the same shape; -1 at the source and where there is no way.
    """
    return _ways_from(*network, np.ascontiguousarray(sources, dtype=np.int64))


@kernel
def _ways_from(first: Ints, near: Ints, length: Floats, sources: Ints) -> tuple[Floats, Ints]:
    places = len(first) - 1
    metres = np.full((len(sources), places), np.inf)
    before = np.full((len(sources), places), -1, dtype=np.int64)
    for row in range(len(sources)):
        _walk(first, near, length, sources[row], metres[row], before[row])
    return metres, before


@kernel
def _walk(
    first: Ints, near: Ints, length: Floats, source: int, metres: Floats, before: Ints
) -> None:
    """Dijkstra's algorithm with a heap that keeps outdated entries."""
    key = np.empty(len(near) + 1)
    place = np.empty(len(near) + 1, dtype=np.int64)
    metres[source] = 0.0
    key[0], place[0], size = 0.0, source, 1
    while size:
        at, here = key[0], place[0]
        size -= 1
        _sink(key, place, size)
        if at > metres[here]:
            continue
        for e in range(first[here], first[here + 1]):
            there, far = near[e], at + length[e]
            if far < metres[there]:
                metres[there] = far
                before[there] = here
                _rise(key, place, size, far, there)
                size += 1


@kernel
def _rise(key: Floats, place: Ints, at: int, far: float, there: int) -> None:
    """Add an entry at the end of the heap."""
    while at > 0:
        up = (at - 1) >> 1
        if key[up] < far or (key[up] == far and place[up] <= there):
            break
        key[at], place[at] = key[up], place[up]
        at = up
    key[at], place[at] = far, there


@kernel
def _sink(key: Floats, place: Ints, size: int) -> None:
    """Put the last entry, which stands at ``size``, in place of the first."""
    far, there = key[size], place[size]
    at = 0
    while True:
        down = 2 * at + 1
        if down >= size:
            break
        other = down + 1
        if other < size and (
            key[other] < key[down] or (key[other] == key[down] and place[other] < place[down])
        ):
            down = other
        if far < key[down] or (far == key[down] and there <= place[down]):
            break
        key[at], place[at] = key[down], place[down]
        at = down
    key[at], place[at] = far, there
