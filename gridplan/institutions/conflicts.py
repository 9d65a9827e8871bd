"""Unit grids that would leave dwellings which no grid in range could hold: refused, with a price.

What dwellings need is told by numbers: a connected part of a community needs some number of grids
within the range. A unit grid takes ground and dormitories out of its community; where the parts
that are left miss the range by more than they did with it, it is in the way.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

from gridplan.institutions.decide import Decision, Measure


@dataclass(frozen=True)
class Refusal:
    """A unit grid that is refused, or kept by override although it does harm.

    Parameters
    ----------
    institution_id, community_code
        Whose, and where.
    price
        Households by which dwellings would miss the range because of it.
    part
        Households of the part that it leaves without a grid in range.
    around
        A unit of that part.
    """

    institution_id: str
    community_code: str
    price: int
    part: int
    around: str

    @property
    def sentence(self) -> str:
        """The conflict in words."""
        return (
            f"in community {self.community_code} it would leave a part of {self.part} households "
            f"around unit {self.around} without a grid in range: {self.price} households would be "
            "missed or too many"
        )

    def apply(self, decision: Decision) -> Decision:
        """Turn the institution down, with the price as a row of its own."""
        row = Measure("range", "breach_households", str(self.price), "<= 0", False)
        why = f"refused: {self.sentence}; override it to have it all the same ({decision.reason})"
        return decision.turned_down(row, why)

    def note(self, decision: Decision) -> Decision:
        """Keep the decision of planners, with the price as a row of its own."""
        row = Measure("range", "breach_households", str(self.price), "<= 0", False)
        reason = f"{decision.reason}; {self.sentence}"
        return Decision(
            **{**vars(decision), "measures": (*decision.measures, row)} | {"reason": reason}
        )


def find_refusals(
    graph: "nx.Graph[str]",
    grounds: Mapping[str, Collection[str]],
    kept: Collection[str],
    community_code: str,
    *,
    minimum: int,
    maximum: int,
    joins: bool,
) -> list[Refusal]:
    """Find the unit grids of one community that leave dwellings without a grid in range.

    Parameters
    ----------
    graph
        All ground of the community, that of unit grids too: node per unit (or per premises without
        units) with ``households``; borders and links.
    grounds
        Nodes of every unit grid, by institution.
    kept
        Institutions that planners want as unit grids whatever it costs.
    community_code
        For the words.
    minimum, maximum
        Range of households.
    joins
        Whether parts without households are joined to others (`graph.join_parts`); else they need
        a grid as well.

    Returns
    -------
    list of Refusal
        Refusals in the order in which they were found: the one whose return saves most comes
        first, then the smaller id. Harm that only kept ones do is noted last.
    """
    case = _Case(graph, grounds, minimum, maximum, joins)
    standing = set(grounds)
    found: list[Refusal] = []
    least = case.breach(())
    while (now := case.breach(standing)) > least and (open_to := sorted(standing - set(kept))):
        saved = {name: now - case.breach(standing - {name}) for name in open_to}
        if max(saved.values()) <= 0:
            saved = {n: s for n, s in saved.items() if case.touches_worst(n, standing)} or saved
        best = min(saved, key=lambda n: (-saved[n], n))
        price = saved[best] if saved[best] > 0 else now - least
        found.append(case.refusal(best, standing, community_code, price))
        standing.discard(best)
    floor = case.breach(standing)
    for refusal in found[::-1]:  # one that was in nobody's way after all
        if case.breach(standing | {refusal.institution_id}) <= floor:
            standing.add(refusal.institution_id)
    found = [r for r in found if r.institution_id not in standing]
    return found + list(case.harm(sorted(standing & set(kept)), standing, community_code))


class _Case:
    """The community while its unit grids are tried."""

    def __init__(
        self,
        graph: "nx.Graph[str]",
        grounds: Mapping[str, Collection[str]],
        minimum: int,
        maximum: int,
        joins: bool,
    ) -> None:
        self.graph, self.grounds = graph, grounds
        self.minimum, self.maximum, self.joins = minimum, maximum, joins
        position = {node: i for i, node in enumerate(graph)}
        self._near = [[position[m] for m in graph[node]] for node in graph]
        self._households = [graph.nodes[node]["households"] for node in graph]
        self._taken = {
            name: [position[n] for n in nodes if n in position] for name, nodes in grounds.items()
        }

    def parts(self, standing: Collection[str]) -> list[tuple[int, list[str]]]:
        """Connected parts of what is left: households and nodes."""
        taken = {node for name in standing for node in self.grounds[name]}
        rest = self.graph.subgraph(n for n in self.graph if n not in taken)
        parts = sorted(sorted(part) for part in nx.connected_components(rest))
        size = [sum(self.graph.nodes[n]["households"] for n in part) for part in parts]
        return list(zip(size, parts, strict=True))

    def breach(self, standing: Collection[str]) -> int:
        """Households by which the parts miss the range, at the least."""
        return sum(self.miss(households) for households in self._sizes(standing))

    def _sizes(self, standing: Collection[str]) -> Iterator[int]:
        """Households of the connected parts of what is left."""
        seen = bytearray(len(self._near))
        for name in standing:
            for node in self._taken[name]:
                seen[node] = 1
        for start in range(len(seen)):
            if seen[start]:
                continue
            seen[start], open_ends, households = 1, [start], 0
            while open_ends:
                node = open_ends.pop()
                households += self._households[node]
                for other in self._near[node]:
                    if not seen[other]:
                        seen[other] = 1
                        open_ends.append(other)
            yield households

    def miss(self, households: int) -> int:
        """Least breach of a part that is divided into grids of its own."""
        if not households:
            return 0 if self.joins else self.minimum
        fewest = max(1, -(-households // self.maximum))
        options = {max(1, households // self.minimum), fewest, max(1, fewest - 1)}
        return min(
            max(0, k * self.minimum - households, households - k * self.maximum) for k in options
        )

    def touches_worst(self, name: str, standing: Collection[str]) -> bool:
        """Tell whether an institution borders the part that misses the range by most."""
        _, worst = max(self.parts(standing), key=lambda p: (self.miss(p[0]), p[1]))
        around = {m for n in self.grounds[name] if n in self.graph for m in self.graph[n]}
        return not around.isdisjoint(worst)

    def refusal(
        self, name: str, standing: Collection[str], community_code: str, price: int
    ) -> Refusal:
        """Tell what an institution does: the part beside it that misses the range by most."""
        around = {m for n in self.grounds[name] if n in self.graph for m in self.graph[n]}
        parts = self.parts(standing)
        beside = [p for p in parts if not around.isdisjoint(p[1])] or parts
        size, nodes = max(beside, key=lambda p: (self.miss(p[0]), p[1][0])) if beside else (0, [""])
        return Refusal(name, community_code, price, size, nodes[0])

    def harm(
        self, names: Sequence[str], standing: Collection[str], community_code: str
    ) -> Iterator[Refusal]:
        """Price what stays by override."""
        now = self.breach(standing)
        for name in names:
            price = now - self.breach([other for other in standing if other != name])
            if price > 0:
                yield self.refusal(name, standing, community_code, price)
