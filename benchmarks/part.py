"""What a peer sees: one connected part of a problem, blocks contracted to single nodes."""

from dataclasses import dataclass

import numpy as np

from benchmarks.judge import Floats, Ints, Judge


@dataclass(frozen=True, eq=False)
class Part:
    """A connected graph to divide.

    Parameters
    ----------
    judge
        The problem it belongs to.
    units
        Its units as positions in the problem, shape (units,).
    node
        Node of each of these units, shape (units,).
    households
        Households of every node, shape (n,).
    u, v, cost_m
        Borders between nodes, u < v, and the metres that count, shape (m,).
    zones
        By layer, the numbers of the zones with households in every node.
    places
        Coordinates of every node, shape (n, d): metres where the file has them, else steps from
        far-off nodes.
    """

    judge: Judge
    units: Ints
    node: Ints
    households: Ints
    u: Ints
    v: Ints
    cost_m: Floats
    zones: dict[str, list[set[int]]]
    places: Floats

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.households)

    def neighbours(self) -> list[list[int]]:
        """Neighbours of every node, sorted."""
        near: list[set[int]] = [set() for _ in range(self.n)]
        for a, b in zip(self.u.tolist(), self.v.tolist(), strict=True):
            near[a].add(b)
            near[b].add(a)
        return [sorted(s) for s in near]

    def counts(self) -> list[int]:
        """Numbers of grids that can be in range, those nearest to the target size first."""
        total, judge = int(self.households.sum()), self.judge
        if judge.grids is not None and len(self.units) == judge.n:
            return [int(judge.grids)]
        most = max(1, min(total // judge.low, int((self.households > 0).sum())))
        fewest = min(most, max(1, -(-total // judge.high)))
        best = total / judge.target
        return sorted(range(fewest, most + 1), key=lambda k: (abs(k - best), k))

    def indicators(self) -> Floats:
        """One column a zone, its layer's weight where a node has households in it."""
        columns = []
        for layer, zones in self.zones.items():
            for zone in sorted(set().union(*zones)):
                value = self.judge.weights[layer]
                columns.append([value if zone in mine else 0.0 for mine in zones])
        return np.array(columns, dtype=np.float64).T.reshape(self.n, -1)


def parts_of(judge: Judge, xy: Floats | None = None) -> list[Part]:
    """Cut a problem into connected parts; borders that no grid may cross are left out.

    Parameters
    ----------
    judge
        The problem.
    xy
        Coordinates of the units, shape (units, 2), where known.
    """
    group = np.arange(judge.n)
    for members in judge.kept:
        group[members] = members[0]
    group = np.unique(group, return_inverse=True)[1].astype(np.int64)
    count = int(group.max()) + 1
    u, v, cost_m = _borders(judge, group)
    component = _components(count, u, v)
    return [
        _part(judge, group, np.flatnonzero(component == c), (u, v, cost_m), xy)
        for c in range(int(component.max()) + 1)
    ]


def _borders(judge: Judge, group: Ints) -> tuple[Ints, Ints, Floats]:
    """Borders between groups, each once, with their metres summed."""
    open_ = group[judge.u] != group[judge.v]
    for layer in (x for x in judge.zones if judge.modes[x] == "nest"):
        zone = judge.zones[layer]
        borders = zip(judge.u.tolist(), judge.v.tolist(), strict=True)
        open_ &= [zone[a] is None or zone[b] is None or zone[a] == zone[b] for a, b in borders]
    ends = np.sort(np.column_stack([group[judge.u], group[judge.v]])[open_], axis=1)
    pairs, index = np.unique(ends, axis=0, return_inverse=True)
    metres = np.bincount(index.ravel(), judge.cost_m[open_], len(pairs))
    return pairs[:, 0], pairs[:, 1], metres.astype(np.float64)


def _components(n: int, u: Ints, v: Ints) -> Ints:
    label = np.arange(n)
    while True:
        low = label.copy()
        np.minimum.at(low, u, label[v])
        np.minimum.at(low, v, label[u])
        low = low[low]
        if np.array_equal(low, label):
            return np.unique(label, return_inverse=True)[1].astype(np.int64)
        label = low


def _part(
    judge: Judge, group: Ints, nodes: Ints, borders: tuple[Ints, Ints, Floats], xy: Floats | None
) -> Part:
    place = np.full(int(group.max()) + 1, -1, dtype=np.int64)
    place[nodes] = np.arange(len(nodes))
    units = np.flatnonzero(place[group] >= 0)
    node = place[group[units]]
    inside = place[borders[0]] >= 0
    u, v, cost_m = place[borders[0][inside]], place[borders[1][inside]], borders[2][inside]
    zones: dict[str, list[set[int]]] = {}
    for layer, index in judge.zone_index.items():
        zones[layer] = [set() for _ in nodes]
        for i, zone in zip(node.tolist(), index[units].tolist(), strict=True):
            if zone >= 0:
                zones[layer][i].add(zone)
    h = np.bincount(node, judge.households[units], len(nodes)).astype(np.int64)
    size = np.bincount(node, minlength=len(nodes))[:, None]
    if xy is None:
        places = _steps(len(nodes), u, v)
    else:
        places = (
            np.column_stack([np.bincount(node, xy[units, k], len(nodes)) for k in (0, 1)]) / size
        )
    return Part(judge, units, node, h, u, v, cost_m, zones, places)


def _steps(n: int, u: Ints, v: Ints) -> Floats:
    """Steps from three nodes far from each other, in the place of coordinates."""
    columns, start = [], 0
    for _ in range(4):
        steps = np.full(n, n)
        steps[start] = 0
        while True:
            new = steps.copy()
            np.minimum.at(new, u, steps[v] + 1)
            np.minimum.at(new, v, steps[u] + 1)
            if np.array_equal(new, steps):
                break
            steps = new
        columns.append(steps)
        start = int(np.argmax(np.min(columns, axis=0) if len(columns) > 1 else steps))
    return np.array(columns[1:], dtype=np.float64).T
