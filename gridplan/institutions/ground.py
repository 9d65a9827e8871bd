"""The ground of every unit grid: premises along their own outline, or the units inside them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.config.institutions import InstitutionRules
from gridplan.institutions.decide import Decision, Measure
from gridplan.institutions.premises import HALF, half_inside, solid
from gridplan.topology import Shapes, polygons_of, shared_edges

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Stand:
    """One unit grid: the ground of an institution in one community.

    Parameters
    ----------
    institution_id, community_code
        Whose, and where.
    ground
        Polygon in metres.
    units
        Ids of the units in it, sorted.
    """

    institution_id: str
    community_code: str
    ground: shapely.Polygon
    units: tuple[str, ...]


def find_ground(
    decisions: Sequence[Decision],
    layer: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    *,
    tiling: bool,
    rules: InstitutionRules,
    min_shared_m: float,
) -> tuple[list[Decision], list[Stand]]:
    """Find the ground of every institution that is decided to be a unit grid.

    Parameters
    ----------
    decisions
        One per institution, in the order of ``layer``.
    layer
        Institutions as read.
    units
        ``unit_id``, ``community_code`` and own shapes.
    communities
        ``community_code`` and a coverage of polygons, sorted by code.
    tiling
        Whether the units tile the communities: then a unit grid takes whole units.
    rules
        How small a part of premises may be.
    min_shared_m
        Least border that makes two units neighbours, in metres.

    Returns
    -------
    decisions : list of Decision
        Those without any ground turned down.
    stands : list of Stand
        Disjoint grounds, one per institution and community, sorted by both. Where premises
        overlap, the smaller ones have the ground.
    """
    wanted = [i for i, d in enumerate(decisions) if d.unit_grid]
    premises = solid(layer.geometry.to_numpy()[wanted])
    size = shapely.area(premises)
    order = sorted(range(len(wanted)), key=lambda k: (size[k], decisions[wanted[k]].institution_id))
    stock = _Stock(units)
    finder = (
        _ByUnits(stock, rules, min_shared_m) if tiling else _ByOutline(stock, communities, rules)
    )
    found = {}
    for k in order:
        name = decisions[wanted[k]].institution_id
        found[wanted[k]] = list(finder.stands(name, premises[k]))
    kept = [
        _turned_down(d, tiling) if i in found and not found[i] else d
        for i, d in enumerate(decisions)
    ]
    stands = [s for group in found.values() for s in group]
    return kept, sorted(stands, key=lambda s: (s.community_code, s.institution_id))


def _turned_down(decision: Decision, tiling: bool) -> Decision:
    need = ">= 1 unit half inside" if tiling else ">= 1 piece of ground"
    row = Measure("ground", "grounds", "0", need, False)
    why = "no unit lies at least half inside its premises" if tiling else "it has no premises"
    reason = f"there is no ground for it: {why}, or all of it is another unit grid's"
    return decision.turned_down(row, f"{reason} ({decision.reason})")


def _large_enough(parts: Mapping[str, float], rules: InstitutionRules) -> list[str]:
    """Communities whose part is worth a grid: the largest, and all above the limit."""
    if not parts:
        return []
    best = max(parts, key=lambda code: (parts[code], code))
    return sorted(c for c, m2 in parts.items() if c == best or m2 >= rules.min_part_m2)


class _Stock:
    """The units, ready to be searched, and which of them have a unit grid already."""

    def __init__(self, units: gpd.GeoDataFrame) -> None:
        self.shapes = units.geometry.to_numpy()
        self.home = units["community_code"].to_numpy(dtype=object)
        self.ids = units["unit_id"].to_numpy(dtype=object)
        self.tree = shapely.STRtree(self.shapes)
        self.used = np.zeros(len(units), dtype=bool)


class _ByOutline:
    """Premises cut along their own outline, around the footprints on it."""

    def __init__(
        self, stock: _Stock, communities: gpd.GeoDataFrame, rules: InstitutionRules
    ) -> None:
        self.stock, self.rules = stock, rules
        self.codes = communities["community_code"].to_numpy(dtype=object)
        self.areas = communities.geometry.to_numpy()
        self.around = shapely.STRtree(self.areas)
        self.taken: dict[str, list[shapely.Geometry]] = {}

    def stands(self, name: str, premises: shapely.Geometry) -> Iterator[Stand]:
        """Ground in every community that the premises reach, smaller premises served first."""
        near = np.sort(self.around.query(premises, predicate="intersects"))
        parts = {str(self.codes[i]): self._part(i, premises) for i in near}
        sizes = {code: part.area for code, (part, _) in parts.items() if not part.is_empty}
        for code in _large_enough(sizes, self.rules):
            part, inside = parts[code]
            self.taken.setdefault(code, []).append(part)
            ids = sorted(str(u) for u in self.stock.ids[inside])
            self.stock.used[inside] = True
            yield Stand(name, code, part, tuple(ids))

    def _part(self, community: int, premises: shapely.Geometry) -> tuple[shapely.Polygon, Ints]:
        """Largest piece of the premises in a community, with the units at least half in it."""
        area, code = self.areas[community], str(self.codes[community])
        part = _largest(shapely.intersection(premises, area))
        part = _largest(shapely.difference(part, shapely.union_all(self.taken.get(code, []))))
        near = np.sort(self.stock.tree.query(part, predicate="intersects"))
        near = near[(self.stock.home[near] == code) & ~self.stock.used[near]]
        half = half_inside(self.stock.shapes[near], part)
        inside, others = near[half], self.stock.shapes[near[~half]]
        flat = self.stock.shapes[inside][shapely.get_dimensions(self.stock.shapes[inside]) == 2]
        whole = shapely.union_all(np.r_[[part], shapely.intersection(flat, area)])
        others = others[shapely.get_dimensions(others) == 2]
        taken = np.r_[others, np.array(self.taken.get(code, []), dtype=object)]
        return _largest(shapely.difference(whole, shapely.union_all(taken))), inside


class _ByUnits:
    """The units of a tiling that lie at least half inside the premises."""

    def __init__(self, stock: _Stock, rules: InstitutionRules, min_shared_m: float) -> None:
        self.stock, self.rules, self.min_shared_m = stock, rules, min_shared_m

    def stands(self, name: str, premises: shapely.Geometry) -> Iterator[Stand]:
        """Units inside in every community that the premises reach, smaller premises first."""
        near = np.sort(self.stock.tree.query(premises, predicate="intersects"))
        near = near[~self.stock.used[near]]
        inside = near[half_inside(self.stock.shapes[near], premises)]
        groups = {
            str(code): self._hanging_together(inside[self.stock.home[inside] == code])
            for code in sorted(set(self.stock.home[inside]))
        }
        sizes = {c: float(shapely.area(self.stock.shapes[g]).sum()) for c, g in groups.items()}
        for code in _large_enough(sizes, self.rules):
            group = groups[code]
            self.stock.used[group] = True
            ground = shapely.coverage_union_all(self.stock.shapes[group])
            yield Stand(name, code, ground, tuple(sorted(str(u) for u in self.stock.ids[group])))

    def _hanging_together(self, group: Ints) -> Ints:
        """Largest connected part of some units, by area."""
        edges = shared_edges(self.stock.shapes[group])
        metres = pd.Series(edges.length_m).groupby([edges.left, edges.right]).sum()
        graph: nx.Graph[int] = nx.Graph(list(metres.index[metres >= self.min_shared_m]))
        graph.add_nodes_from(range(len(group)))
        parts = sorted(sorted(p) for p in nx.connected_components(graph))
        area = shapely.area(self.stock.shapes[group])
        return group[max(parts, key=lambda p: (round(float(area[p].sum()), 3), -p[0]))]


def _largest(shape: shapely.Geometry) -> shapely.Polygon:
    """Largest polygon of a geometry; empty where it has none."""
    pieces: Shapes = shapely.get_parts(polygons_of(np.array([shape], dtype=object)))
    if not len(pieces):
        return shapely.Polygon()
    return pieces[int(np.argmax(shapely.area(pieces).round(3)))]


__all__ = ["HALF", "Stand", "find_ground"]
