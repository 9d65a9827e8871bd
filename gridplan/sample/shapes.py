"""From labels on the lattice to polygons and lines that match vertex for vertex."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from gridplan.sample.kinds import Bools, Floats, Ints
from gridplan.sample.layout import Layout, Ways
from gridplan.sample.warp import Warp


@dataclass(frozen=True)
class Ground:
    """The lattice on the ground.

    Parameters
    ----------
    nodes
        (nv + 1, nu + 1, 2): ground coordinates of the lattice's nodes, metres.
    """

    layout: Layout
    warp: Warp
    nodes: Floats

    @classmethod
    def of(cls, layout: Layout, warp: Warp) -> "Ground":
        """Bend the lattice."""
        u, v = np.meshgrid(layout.u, layout.v)
        return cls(layout, warp, warp(u, v))

    def block_at(self, xy: Floats) -> Ints:
        """Block under ground points (n, 2), -1 outside the city and on water."""
        i, j = self.quads_at(xy)
        u, v = self.warp.inverse(xy)
        inside = (u > self.layout.u[0]) & (u < self.layout.u[-1])
        inside &= (v > self.layout.v[0]) & (v < self.layout.v[-1])
        return np.asarray(np.where(inside, self.layout.block_of[i, j], -1), np.int64)

    def quads_at(self, xy: Floats) -> tuple[Ints, Ints]:
        """Row and column of the quad under ground points (n, 2)."""
        u, v = self.warp.inverse(xy)
        i = np.searchsorted(self.layout.v, v) - 1
        j = np.searchsorted(self.layout.u, u) - 1
        return (
            np.clip(i, 0, len(self.layout.v) - 2),
            np.clip(j, 0, len(self.layout.u) - 2),
        )


def dissolve(
    ground: Ground, labels: Ints, extra: tuple[Floats, Ints] | None = None
) -> tuple[Ints, Floats]:
    """Polygons of equal labels; -1 is left out.

    Parameters
    ----------
    ground
        The lattice.
    labels
        (nv, nu): label of every quad.
    extra
        Further parts, such as an island, and their labels.

    Returns
    -------
    tuple
        Sorted labels and one (multi)polygon each. Neighbours share every vertex.
    """
    faces = shapely.get_parts(shapely.polygonize(_borders(ground, labels)))
    inside = shapely.point_on_surface(faces)
    i, j = ground.quads_at(shapely.get_coordinates(inside))
    found = labels[i, j]
    if extra is not None:
        faces, found = np.append(faces, extra[0]), np.append(found, extra[1])
    order = np.argsort(found, kind="stable")
    order = order[found[order] >= 0]
    return gather(faces[order], found[order])


def gather(parts: Floats, labels: Ints) -> tuple[Ints, Floats]:
    """Join parts with the same label (sorted) to multipolygons; single parts stay polygons."""
    names, first, count = np.unique(labels, return_index=True, return_counts=True)
    shapes = np.asarray(parts[first], object)
    many = count > 1
    if many.any():
        rank = np.repeat(np.cumsum(many) - 1, count)
        chosen = np.repeat(many, count)
        shapes[many] = shapely.multipolygons(parts[chosen], indices=rank[chosen])
    return np.asarray(names, np.int64), shapes


def _borders(ground: Ground, labels: Ints) -> Floats:
    """Two-point lines along every edge between different labels."""
    upright = _differs(labels)
    level = _differs(labels.T).T
    i, j = np.nonzero(upright)
    p, q = np.nonzero(level)
    nodes = ground.nodes
    ends = np.concatenate(
        [
            np.stack([nodes[i, j], nodes[i + 1, j]], axis=1),
            np.stack([nodes[p, q], nodes[p, q + 1]], axis=1),
        ]
    )
    return np.asarray(shapely.linestrings(ends))


def _differs(labels: Ints) -> Bools:
    padded = np.pad(labels, ((0, 0), (1, 1)), constant_values=-1)
    return np.asarray(padded[:, :-1] != padded[:, 1:])


def way_lines(ground: Ground, ways: Ways) -> pd.DataFrame:
    """Lines along the lattice, cut at junctions and where the class changes.

    Returns
    -------
    pandas.DataFrame
        way (``Way``), upright (bool), line (index of the lattice line), start, stop (node indices
        along it), geometry.
    """
    reach = _degree(ways) != 2
    level = _runs(ways.level, reach, ground.nodes)
    upright = _runs(ways.upright.T, reach.T, ground.nodes.transpose(1, 0, 2))
    lines = pd.concat([level.assign(upright=False), upright.assign(upright=True)])
    return lines.reset_index(drop=True)


def _degree(ways: Ways) -> Ints:
    """Ways that meet at every node."""
    upright = np.pad((ways.upright > 0).astype(np.int64), ((1, 1), (0, 0)))
    level = np.pad((ways.level > 0).astype(np.int64), ((0, 0), (1, 1)))
    return np.asarray(upright[:-1] + upright[1:] + level[:, :-1] + level[:, 1:])


def _runs(edges: Ints, junction: Bools, nodes: Floats) -> pd.DataFrame:
    """Join the edges of one class along the second axis."""
    line, k = np.nonzero(edges)
    way = edges[line, k]
    fresh = np.ones(len(line), bool)
    fresh[1:] = (line[1:] != line[:-1]) | (k[1:] != k[:-1] + 1) | (way[1:] != way[:-1])
    fresh |= junction[line, k]
    run = np.cumsum(fresh) - 1
    last = np.append(fresh[1:], True)
    points = np.concatenate([nodes[line, k], nodes[line[last], k[last] + 1]])
    owner = np.concatenate([run, run[last]])
    order = np.argsort(owner, kind="stable")
    return pd.DataFrame(
        {
            "way": way[fresh],
            "line": line[fresh],
            "start": k[fresh],
            "stop": k[last] + 1,
            "geometry": shapely.linestrings(points[order], indices=owner[order]),
        }
    )
