"""METIS with restarts: many seeds, part counts and edge weights, and a filter behind."""

import numpy as np
import pymetis

from benchmarks.judge import Floats, Ints
from benchmarks.keeper import Keeper
from benchmarks.part import Part

VERSION_OF = ("pymetis",)
SLACK = (30, 100, 200, 330)  # imbalance allowed, thousandths of the mean
ALIGN = (0.0, 0.5, 1.0, 4.0)  # how much a torn jurisdiction counts beside metres
JITTER = (0.0, 0.3, 0.7)  # edge weights are lowered by up to this share, for other partitions
FINE = 1000.0  # METIS wants whole edge weights


def improve(part: Part, keeper: Keeper, seed: int) -> None:
    """Draw partitions until the time is up; the keeper drops what is in pieces or out of range."""
    graph = _Graph(part, seed)
    counts = [k for k in part.counts() if 1 < k < part.n][:7]
    likely = 0.5 ** np.arange(len(counts))
    while counts and not keeper.over():
        k = graph.random.choice(counts, p=likely / likely.sum())
        keeper.offer(part, graph.split(int(k)))


class _Graph:
    """A part in compressed rows."""

    def __init__(self, part: Part, seed: int) -> None:
        ends = np.concatenate([part.u, part.v]), np.concatenate([part.v, part.u])
        self.order = np.lexsort((ends[1], ends[0]))
        start = np.searchsorted(ends[0][self.order], np.arange(part.n + 1))
        self.graph = pymetis.CSRAdjacency(start, ends[1][self.order])
        self.households = part.households
        self.plain = part.judge.weights["compactness"] * part.cost_m / part.judge.scale_m
        self.apart = _apart(part)
        self.random = np.random.default_rng(seed)

    def split(self, k: int) -> list[int]:
        """Partition into k with a seed, an imbalance and edge weights drawn by lot."""
        draw = self.random
        weight = self.plain + draw.choice(ALIGN) * self.apart
        weight = weight * draw.uniform(1 - draw.choice(JITTER), 1.0, len(weight))
        options = pymetis.Options(
            seed=int(draw.integers(1, 2**30)),
            contig=1,
            ufactor=int(draw.choice(SLACK)),
            ncuts=int(draw.integers(1, 4)),
            niter=20,
        )
        found = pymetis.part_graph(
            k,
            adjacency=self.graph,
            vweights=self.households,
            eweights=_whole(np.concatenate([weight, weight])[self.order]),
            recursive=False,
            options=options,
        )
        return list(found.vertex_part)


def _apart(part: Part) -> Floats:
    """What cutting an edge tears of the jurisdictions, as an edge weight."""
    torn = np.zeros(len(part.u))
    for layer, zones in part.zones.items():
        same = [bool(zones[a] & zones[b]) for a, b in zip(part.u, part.v, strict=True)]
        torn += part.judge.weights[layer] * np.array(same, dtype=float) / 4
    return torn


def _whole(weights: Floats) -> Ints:
    return np.maximum(1, np.rint(weights * FINE)).astype(np.int64)
