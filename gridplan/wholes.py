"""Zones in mode ``whole`` that get into each other's way, named before solving."""

from collections.abc import Iterator, Mapping, Sequence

import networkx as nx
import pandas as pd

from gridplan.domain import Finding, Severity
from gridplan.layers.columns import some


def list_whole_conflicts(
    cells: pd.DataFrame,
    graph: "nx.Graph[str]",
    block: Mapping[str, str],
    modes: Mapping[str, str],
    *,
    maximum: int,
    findings: list[Finding],
) -> None:
    """Name, before one community is solved, the ``whole`` zones that get into each other's way.

    Parameters
    ----------
    cells
        ``unit_id``, ``households``, ``community_code`` and one column per zone layer.
    graph
        Its adjacency graph over unit ids.
    block
        Block of the units that stay together.
    modes
        Mode by layer, in the order of the configuration: the earlier layer has its way.
    maximum
        Most households of a grid.
    findings
        ``whole-against-nest`` and ``whole-chain`` are added.
    """
    wholes = [name for name, mode in modes.items() if mode == "whole"]
    nests = [name for name, mode in modes.items() if mode == "nest"]
    if not wholes or not (nests or len(wholes) > 1 or block):
        return
    table = _Whole(cells, graph, block, maximum, nests)
    for name in wholes:
        members: dict[str, list[str]] = {}
        known = cells[name].notna().to_numpy()
        zones, ids = cells[name].to_numpy()[known], cells["unit_id"].to_numpy()[known]
        for zone, unit in zip(zones.tolist(), ids.tolist(), strict=True):
            members.setdefault(zone, []).append(unit)
        for zone, units in sorted(members.items()):
            table.add(name, str(zone), frozenset(units))
    findings += table.against_nest()
    findings += table.chains()


class _Whole:
    """Units of one community, joined zone after zone where the hard rules allow it."""

    def __init__(
        self,
        cells: pd.DataFrame,
        graph: "nx.Graph[str]",
        block: Mapping[str, str],
        maximum: int,
        nests: Sequence[str],
    ) -> None:
        ids = cells["unit_id"].tolist()
        self.households = dict(zip(ids, cells["households"].tolist(), strict=True))
        self.code = str(cells["community_code"].iloc[0])
        self.graph = graph
        self.maximum = maximum
        self.nests = {
            nest: dict(zip(ids, cells[nest].astype(object), strict=True)) for nest in nests
        }
        self.touching = {unit: frozenset([unit]) for unit in ids}
        self.joined = dict(self.touching)
        members: dict[str, list[str]] = {}
        for unit, name in block.items():
            members.setdefault(name, []).append(unit)
        for units in members.values():
            self._join(self.touching, frozenset(units))
            self._join(self.joined, frozenset(units))
        self.zones: list[tuple[str, str, frozenset[str]]] = []
        self.yielding: set[tuple[str, str]] = set()

    @staticmethod
    def _grown(groups: Mapping[str, frozenset[str]], units: frozenset[str]) -> frozenset[str]:
        return frozenset().union(*(groups[unit] for unit in units))

    def _join(self, groups: dict[str, frozenset[str]], units: frozenset[str]) -> None:
        whole = self._grown(groups, units)
        groups.update(dict.fromkeys(whole, whole))

    def _total(self, units: frozenset[str]) -> int:
        return int(sum(self.households[unit] for unit in units))

    def _hangs_together(self, units: frozenset[str]) -> bool:
        open_ends = [next(iter(units))]
        left = set(units) - set(open_ends)
        while open_ends:
            near = [unit for unit in self.graph.adj[open_ends.pop()] if unit in left]
            left.difference_update(near)
            open_ends += near
        return not left

    def _nested(self, units: frozenset[str], nest: str) -> dict[str, int]:
        """Households by zone of a nested layer, for the zones that the units lie in."""
        held: dict[str, int] = {}
        for unit in units:
            zone = self.nests[nest][unit]
            if not pd.isna(zone):
                held[str(zone)] = held.get(str(zone), 0) + self.households[unit]
        return dict(sorted(held.items()))

    def add(self, layer: str, zone: str, units: frozenset[str]) -> None:
        """Let a zone join its units, or yield where a hard rule or an earlier zone forbids it."""
        self.zones.append((layer, zone, units))
        whole = self._grown(self.joined, units)
        fits = self._hangs_together(units) and self._total(units) <= self.maximum
        if fits:  # a zone that is too large or torn by itself is no link of a chain
            self._join(self.touching, units)
        crosses = any(len(self._nested(whole, nest)) > 1 for nest in self.nests)
        if fits and not crosses and self._total(whole) <= self.maximum:
            self._join(self.joined, units)
        else:
            self.yielding.add((layer, zone))

    def against_nest(self) -> Iterator[Finding]:
        """Zones that a nested line crosses."""
        for layer, zone, units in self.zones:
            for nest in self.nests:
                held = self._nested(units, nest)
                if len(held) < 2:
                    continue
                parts = ", ".join(f"{name} {h}" for name, h in held.items())
                yield Finding(
                    "whole-against-nest",
                    Severity.WARNING,
                    f"zone {zone} of {layer} is to stay whole, but lies in {len(held)} zones of "
                    f"{nest}, which no grid crosses ({parts} households); it is divided into "
                    f"{len(held)} grids at least; redraw it, or make {layer} or {nest} soft",
                    layer=layer,
                    place=zone,
                    other=nest,
                    community_code=self.code,
                    value=float(len(held)),
                    limit=1.0,
                )

    def chains(self) -> Iterator[Finding]:
        """Zones that share units or blocks and so would all stay in one grid."""
        for chain in sorted(set(self.touching.values()), key=min):
            households = self._total(chain)
            links = [(x, z, u) for x, z, u in self.zones if u <= chain and u]
            if len(links) < 2 or any(units == chain for _, _, units in links):
                continue  # one zone holds all the others: no chain
            names = " – ".join(f"{zone} ({layer})" for layer, zone, _ in links)
            late = [f"{z} ({x})" for x, z, _ in links if (x, z) in self.yielding]
            ending = f"together they are kept in one grid of {households} households"
            if late:
                ending = (
                    f"together they have {households} households, and a grid holds "
                    f"{self.maximum}; {some(late)} yields, as the order in the configuration "
                    "decides; make one of the layers soft, or redraw the zones"
                )
                if households <= self.maximum:
                    ending = f"a nested line keeps {some(late)} out of one grid with the others"
            yield Finding(
                "whole-chain",
                Severity.WARNING if late else Severity.INFO,
                f"zones {names} overlap into a chain: {ending}",
                layer=links[0][0],
                place=links[0][1],
                other=links[-1][1],
                community_code=self.code,
                value=float(households),
                limit=float(self.maximum),
            )
