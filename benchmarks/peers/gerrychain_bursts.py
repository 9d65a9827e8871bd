"""GerryChain: a recursive tree for the start, short bursts of ReCom on section 11's cost."""

import itertools
import random
import warnings
from collections.abc import Callable
from functools import partial

import networkx as nx
from gerrychain import Partition, set_runtime_checks
from gerrychain.constraints import contiguous
from gerrychain.optimization import SingleMetricOptimizer
from gerrychain.partition import recursive_tree_part
from gerrychain.proposals import recom
from gerrychain.tree import bipartition_tree
from gerrychain.updaters import Tally

from benchmarks.keeper import Keeper
from benchmarks.part import Part

VERSION_OF = ("gerrychain",)
BURST = 10  # steps
FIRST, LATER = 20, 100  # bursts of every number of grids, and of the best one at a time
STARTS = 6  # chains kept at most
ATTEMPTS = 300  # spanning trees before a cut is given up
WIDER = (1.0, 1.0, 1.4, 2.0, 2.9)  # tolerances of a start, in widths of the range
BREACH, WHOLE = 1e6, 1e4  # prices of a household outside the range and of a zone's grid


class Chain:
    """A plan to go on from, with its value and the tolerance that it keeps.

    ``aligned`` chains draw trees that rather follow the jurisdictions.
    """

    def __init__(self, value: float, plan: Partition, wide: float, aligned: bool) -> None:
        self.value, self.plan, self.wide, self.aligned = value, plan, wide, aligned


def improve(part: Part, keeper: Keeper, seed: int) -> None:
    """Try the likely numbers of grids, then go on with the best until the time is up."""
    warnings.simplefilter("ignore")
    set_runtime_checks(False)
    most = int((part.households > 0).sum())
    counts = [k for k in part.counts() if 1 < k <= most][:3]
    walker = Walker(part, keeper, seed)
    chains = [c for k in counts if (c := walker.start(k)) is not None]
    for chain in chains:
        walker.walk(chain, FIRST)
    for turn in itertools.count():
        if not counts or keeper.over():
            return
        chains.sort(key=lambda c: c.value)
        if chains and walker.walk(chains[0], LATER):
            continue
        if chains:
            chains[0].aligned = not chains[0].aligned
        fresh = walker.start(counts[turn % len(counts)])
        if fresh is not None:
            walker.walk(fresh, LATER)
            chains = [fresh, *chains][:STARTS]


class Walker:
    """Starts and short bursts on one part."""

    def __init__(self, part: Part, keeper: Keeper, seed: int) -> None:
        self.part, self.keeper, self.random = part, keeper, random.Random(seed)
        self.started = 0
        low, high = part.judge.low, part.judge.high
        self.middle, self.width = (low + high) / 2, (high - low) / (high + low)
        self.graph: nx.Graph[int] = nx.Graph()
        for i, h in enumerate(part.households.tolist()):
            mine = {x: min(zones[i], default=-1) for x, zones in part.zones.items()}
            self.graph.add_node(i, households=h, **{f"zone {x}": z for x, z in mine.items()})
        heaviest = max([part.judge.weights[x] for x in part.zones], default=0.0) or 1.0
        self.surcharge = {f"zone {x}": part.judge.weights[x] / heaviest for x in part.zones}
        self.graph.add_edges_from(zip(part.u.tolist(), part.v.tolist(), strict=True))
        self.cut = partial(bipartition_tree, max_attempts=ATTEMPTS, allow_pair_reselection=True)

    def start(self, k: int) -> Chain | None:
        """A recursive tree plan of k grids, in range where one is found soon."""
        base = Partition(self.graph, {i: 0 for i in self.graph})
        mean = float(self.part.households.sum()) / k
        low, high = self.part.judge.low, self.part.judge.high
        inside = max(0.02, min(1 - low / mean, high / mean - 1))
        for wide in WIDER:
            if self.keeper.over():
                return None
            try:
                label = recursive_tree_part(
                    base.graph,
                    range(k),
                    mean,
                    "households",
                    min(0.99, inside * wide),
                    bipartition_tree_fn=self.cut,
                    rng=self.random,
                )
            except Exception:  # GerryChain raises several kinds where no cut is found
                continue
            tally = {"population": Tally("households", alias="population")}
            plan = Partition(self.graph, {i: label[i] for i in self.graph}, tally)
            self.started += 1
            return Chain(self.value(plan), plan, self.wide_for(plan), self.started % 2 == 1)
        return None

    def wide_for(self, plan: Partition) -> float:
        """Tolerance in which every grid of a plan lies, at least the range itself."""
        off = max(abs(h - self.middle) for h in plan["population"].values()) / self.middle
        return float(max(self.width, off))

    def value(self, plan: Partition) -> float:
        """Section 11 as one number; the keeper sees whatever is better than all before."""
        labels = plan.assignment.to_vector()
        worth = self.keeper.worth(self.part, labels)
        if self.keeper.value is None or self.keeper.value.broken or worth < self.keeper.value[1:]:
            self.keeper.offer(self.part, labels)
        return BREACH * worth[0] + WHOLE * worth[1] + worth[2]

    def walk(self, chain: Chain, bursts: int) -> bool:
        """Short bursts from a chain's plan; True when they found a better one."""
        step = partial(
            recom,
            pop_col="households",
            pop_target=self.middle,
            epsilon=chain.wide,
            region_surcharge=self.surcharge if chain.aligned else None,
            bipartition_tree_fn=self.cut,
        )
        optimizer = SingleMetricOptimizer(
            partial(_or_stay, step), contiguous, chain.plan, self.value, False, rng=self.random
        )
        for _ in optimizer.short_bursts(BURST, bursts):
            if self.keeper.over():
                break
        best = optimizer.best_part
        if best is None or optimizer.best_score >= chain.value:
            return False
        chain.value, chain.plan, chain.wide = optimizer.best_score, best, self.wide_for(best)
        return True


def _or_stay(step: Callable[..., Partition], plan: Partition, *, rng: random.Random) -> Partition:
    """A step of ReCom; the plan itself where the chosen pair cannot be cut within tolerance."""
    try:
        return step(plan, rng=rng)
    except Exception:  # GerryChain raises several kinds where no cut is found
        return plan.flip({})
