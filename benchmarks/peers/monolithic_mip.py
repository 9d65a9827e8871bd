"""One MIP for the whole part: units to labels, contiguity by flow, in PuLP with HiGHS."""

import numpy as np
import pulp

from benchmarks.keeper import Keeper
from benchmarks.part import Part
from benchmarks.peers import Proof, UnfitError

VERSION_OF = ("pulp", "highspy")
MOST = 60_000  # flow and assignment variables
STEP = 5  # households between the secants that stand for the squared deviation
NEAR = 1e-2  # largest gap still called proven; the secants are that coarse
FAR = 100.0  # a bound farther away than this says nothing


def improve(part: Part, keeper: Keeper, seed: int) -> Proof | None:
    """Solve once, with the rest of the time as HiGHS' limit."""
    most = part.counts()[-1] if len(part.counts()) == 1 else max(part.counts())
    if part.n == 1 or most == 1:
        return None
    if most * (part.n + 2 * len(part.u)) > MOST:
        raise UnfitError(f"{part.n} nodes and {most} labels make more than {MOST:,} variables")
    model = _Model(part, most)
    solver = pulp.HiGHS(
        msg=False, timeLimit=max(0.1, keeper.left()), gapRel=0.0, threads=1, random_seed=seed
    )
    model.problem.solve(solver)
    labels = model.labels()
    if labels is None:
        return None
    keeper.offer(part, labels)
    info = model.problem.solverModel.getInfo()
    finished = str(model.problem.solverModel.getModelStatus()).endswith("kOptimal")
    shortfall = float(info.objective_function_value - info.mip_dual_bound)
    if shortfall > FAR:
        return None  # the price of a breach drowns the bound of the cost
    return Proof(finished and shortfall <= NEAR, max(0.0, shortfall))


class _Model:
    """Variables and rows."""

    def __init__(self, part: Part, most: int) -> None:
        self.part, self.most = part, most
        self.problem = pulp.LpProblem("part", pulp.LpMinimize)
        nodes, labels = range(part.n), range(most)
        self.x = pulp.LpVariable.dicts("x", (nodes, labels), cat="Binary")
        self.root = pulp.LpVariable.dicts("r", (nodes, labels), cat="Binary")
        self.used = pulp.LpVariable.dicts("y", labels, cat="Binary")
        self.out = pulp.LpVariable.dicts("b", labels, lowBound=0)
        self.parted = pulp.LpVariable.dicts("c", range(len(part.u)), 0, 1)
        self.problem += self._cost()
        for i in nodes:
            self.problem += pulp.lpSum(self.x[i][g] for g in labels) == 1
        for g in labels:
            self._label(g)
        for g in labels[1:]:
            self.problem += self.used[g] <= self.used[g - 1]

    def _label(self, g: int) -> None:
        part, judge, problem = self.part, self.part.judge, self.problem
        h = pulp.lpSum(int(part.households[i]) * self.x[i][g] for i in range(part.n))
        problem += h >= judge.low * self.used[g] - self.out[g]
        problem += h <= judge.high * self.used[g] + self.out[g]
        problem += pulp.lpSum(self.root[i][g] for i in range(part.n)) == self.used[g]
        for e, (a, b) in enumerate(zip(part.u.tolist(), part.v.tolist(), strict=True)):
            problem += self.parted[e] >= self.x[a][g] - self.x[b][g]
            problem += self.parted[e] >= self.x[b][g] - self.x[a][g]
        self._flow(g)
        self._deviation(g, h)

    def _flow(self, g: int) -> None:
        """Every unit of a label draws one unit of flow, and only the root gives any."""
        part, problem = self.part, self.problem
        arcs = [*zip(part.u.tolist(), part.v.tolist(), strict=True)]
        arcs += [(b, a) for a, b in arcs]
        flow = pulp.LpVariable.dicts(f"f{g}", range(len(arcs)), lowBound=0)
        into: list[list[pulp.LpVariable]] = [[] for _ in range(part.n)]
        away: list[list[pulp.LpVariable]] = [[] for _ in range(part.n)]
        for e, (a, b) in enumerate(arcs):
            away[a].append(flow[e])
            into[b].append(flow[e])
        room = part.n - 1
        for i in range(part.n):
            drawn = pulp.lpSum(into[i]) - pulp.lpSum(away[i])
            problem += drawn >= self.x[i][g] - part.n * self.root[i][g]
            problem += pulp.lpSum(into[i]) <= room * self.x[i][g]
            problem += self.root[i][g] <= self.x[i][g]

    def _deviation(self, g: int, h: pulp.LpAffineExpression) -> None:
        """Squared deviation from below by secants; exact every STEP households."""
        judge, part = self.part.judge, self.part
        weight, half = judge.weights["balance"], (judge.high - judge.low) / 2
        largest = max(judge.high, int(part.households.max()))
        knots = np.arange(max(0, judge.low - 10 * STEP), largest + 10 * STEP, STEP)
        values = ((knots - judge.target) / half) ** 2
        slopes = np.diff(values) / STEP
        for knot, value, slope in zip(knots[:-1], values[:-1], slopes, strict=True):
            # an unused label has no households and no deviation
            start = float(value - slope * knot)
            self.problem += self.squared[g] * 1.0 >= float(slope) * h + start * self.used[g]
        self.problem += self.squared[g] <= 1e4 * self.used[g]
        self.weight = weight

    def _cost(self) -> pulp.LpAffineExpression:
        part, judge = self.part, self.part.judge
        labels = range(self.most)
        self.squared = pulp.LpVariable.dicts("q", labels, lowBound=0)
        cost = judge.weights["per_grid"] * pulp.lpSum(self.used[g] for g in labels)
        cost += judge.weights["balance"] * pulp.lpSum(self.squared[g] for g in labels)
        rate = judge.weights["compactness"] / judge.scale_m
        cost += pulp.lpSum(rate * float(m) * self.parted[e] for e, m in enumerate(part.cost_m))
        for layer, zones in part.zones.items():
            for zone in sorted(set().union(*zones)):
                for g in labels:
                    touch = pulp.LpVariable(f"z_{layer}_{zone}_{g}".replace(" ", "_"), 0, 1)
                    cost += judge.weights[layer] * touch
                    for i in (i for i, mine in enumerate(zones) if zone in mine):
                        self.problem += touch >= self.x[i][g]
        return cost + 1e3 * pulp.lpSum(self.out[g] for g in labels)

    def labels(self) -> list[int] | None:
        """Label of every node, or None where HiGHS has found no plan."""
        found = [[self.x[i][g].value() for g in range(self.most)] for i in range(self.part.n)]
        if any(value is None for row in found for value in row):
            return None
        table = np.array(found, dtype=float)
        return None if table.max() < 0.5 else [int(g) for g in table.argmax(axis=1)]
