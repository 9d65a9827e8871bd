"""From layers as read to one problem per community: clean, place, grow, connect."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely

from gridplan.cells import grow_cells
from gridplan.config import Config
from gridplan.domain import Finding, Severity
from gridplan.errors import ConfigError
from gridplan.graph import Barrier, border_table, community_graph, join_parts, settle_blocks
from gridplan.layers.inputs import Inputs
from gridplan.optimise.problem import Problem
from gridplan.topology import Shapes, clean_communities
from gridplan.units import place_units, zone_of_units

LOTS_SHARE = 0.5
"""Units that cover more than this share of the ground are lots: their gaps are the streets."""


@dataclass(frozen=True)
class Ground:
    """The cells of the whole city, ready to be divided.

    Parameters
    ----------
    cells
        ``unit_id``, ``households``, ``community_code``, ``block_id``, ``shares``, one column per
        zone layer, polygons that tile the communities; sorted by community, then unit.
    bare
        ``community_code`` and cell of the communities without any unit.
    borders
        ``border_table`` of the cells with unit ids, and ``community_code``.
    findings
        What was mended and listed on the way.
    """

    cells: gpd.GeoDataFrame
    bare: gpd.GeoDataFrame
    borders: pd.DataFrame
    findings: tuple[Finding, ...]

    def restricted(self, codes: Collection[str]) -> "Ground":
        """Keep only some communities, as they stand in the whole city."""
        keep = list(codes)
        return Ground(
            self.cells[self.cells["community_code"].isin(keep)].reset_index(drop=True),
            self.bare[self.bare["community_code"].isin(keep)].reset_index(drop=True),
            self.borders[self.borders["community_code"].isin(keep)].reset_index(drop=True),
            tuple(f for f in self.findings if not f.community_code or f.community_code in keep),
        )


def prepare_ground(inputs: Inputs, config: Config) -> Ground:
    """Turn the layers into cells with their borders.

    Parameters
    ----------
    inputs
        The job's layers.
    config
        Its configuration.

    Raises
    ------
    TopologyError
        Where communities or cells cannot be made to tile.
    """
    findings: list[Finding] = []
    communities = clean_communities(
        inputs.communities, tolerance_m=config.topology.tolerance_m, findings=findings
    )
    units = place_units(
        inputs.units,
        communities,
        nearest_m=config.topology.snap_community_m,
        findings=findings,
    )
    for name, zones in inputs.zones.items():
        units[name] = zone_of_units(units, zones, name, findings)
    cells = grow_cells(
        _with_bare(units, communities),
        communities,
        cut_lines=_cut_lines(inputs, config, units, communities),
        tolerance_m=config.topology.tolerance_m,
        findings=findings,
    )
    bare = cells["unit_id"].isna()
    cells, bare_cells = cells[~bare].reset_index(drop=True), cells[bare].reset_index(drop=True)
    _list_empty(cells, bare_cells, findings)
    _list_shapes(communities, findings)
    _list_multipart(cells, findings)
    _list_useless_links(inputs.links, cells, findings)
    borders = border_table(
        cells,
        [
            Barrier(name, shapes.geometry.to_numpy(), config.inputs.barriers[name].mode == "hard")
            for name, shapes in inputs.barriers.items()
        ],
        near_m=config.graph.barrier_near_m,
        discount=config.objective.barrier_discount,
    )
    ids = cells["unit_id"].to_numpy()
    home = cells["community_code"].to_numpy()
    borders = borders.assign(
        community_code=home[borders["a"]], a=ids[borders["a"]], b=ids[borders["b"]]
    )
    return Ground(cells, bare_cells[["community_code", "geometry"]], borders, tuple(findings))


def restrict(inputs: Inputs, config: Config, codes: Collection[str]) -> Inputs:
    """Keep only some communities and the units that lie in them.

    Parameters
    ----------
    inputs, config
        The whole job.
    codes
        Community codes to keep.

    Raises
    ------
    ConfigError
        Naming codes that no community has.
    """
    known = inputs.communities["community_code"]
    unknown = sorted(set(codes) - set(known))
    if unknown:
        raise ConfigError(f"--only {code}: no community has this code" for code in unknown)
    placed = place_units(
        inputs.units,
        inputs.communities,
        nearest_m=config.topology.snap_community_m,
        findings=[],
    )
    inside = placed.loc[placed["community_code"].isin(list(codes)), "unit_id"]
    return replace(
        inputs,
        communities=inputs.communities[known.isin(list(codes))].reset_index(drop=True),
        units=inputs.units[inputs.units["unit_id"].isin(inside)].reset_index(drop=True),
    )


def _with_bare(units: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the whole ground of every community without units as a nameless unit."""
    bare = communities[~communities["community_code"].isin(units["community_code"])]
    rows = bare[["community_code", "geometry"]].assign(households=0)
    units = pd.concat([units, rows], ignore_index=True) if len(bare) else units
    return units.sort_values(["community_code", "unit_id"], kind="stable", ignore_index=True)


def _cut_lines(
    inputs: Inputs, config: Config, units: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> list[Shapes]:
    """Lines that grown cells do not cross: barriers, nest zones; roads unless units are lots."""
    shapes = [layer.geometry.to_numpy() for layer in inputs.barriers.values()]
    shapes += [
        zones.geometry.to_numpy()
        for name, zones in inputs.zones.items()
        if config.inputs.zones[name].mode == "nest"
    ]
    covered = float(shapely.area(units.geometry.to_numpy()).sum())
    ground = float(shapely.area(communities.geometry.to_numpy()).sum())
    if "roads" in inputs.extra and covered < LOTS_SHARE * ground:
        shapes.append(inputs.extra["roads"].geometry.to_numpy())
    return shapes


def _list_empty(cells: gpd.GeoDataFrame, bare: gpd.GeoDataFrame, findings: list[Finding]) -> None:
    households = cells.groupby("community_code")["households"].sum()
    empty = sorted([*bare["community_code"], *households[households == 0].index])
    for code in empty:
        findings.append(
            Finding(
                "community-empty",
                Severity.EXCEPTION,
                f"community {code} has no household; it is one grid of 0 households",
                layer="communities",
                place=str(code),
                community_code=str(code),
                value=0.0,
            )
        )


def _list_shapes(communities: gpd.GeoDataFrame, findings: list[Finding]) -> None:
    """List the communities that lie in several parts (an enclave, an island) or have holes."""
    parts, owner = shapely.get_parts(communities.geometry.to_numpy(), return_index=True)
    holes = np.bincount(
        owner, weights=shapely.get_num_interior_rings(parts), minlength=len(communities)
    ).astype(int)
    counts = np.bincount(owner, minlength=len(communities))
    for code, several, open_rings in zip(communities["community_code"], counts, holes, strict=True):
        shapes = {
            "community-multipart": several if several > 1 else 0,
            "community-hole": open_rings,
        }
        words = {"community-multipart": "lies in {} parts", "community-hole": "has holes: {}"}
        for kind in sorted(kind for kind, number in shapes.items() if number):
            findings.append(
                Finding(
                    kind,
                    Severity.INFO,
                    f"community {code} {words[kind].format(shapes[kind])}",
                    layer="communities",
                    place=str(code),
                    community_code=str(code),
                    value=float(shapes[kind]),
                )
            )


def _list_multipart(cells: gpd.GeoDataFrame, findings: list[Finding]) -> None:
    parts = shapely.get_num_geometries(cells.geometry.to_numpy())
    for i in np.flatnonzero(parts > 1):
        unit_id = cells["unit_id"].iloc[i]
        findings.append(
            Finding(
                "unit-multipart",
                Severity.EXCEPTION,
                f"unit {unit_id} itself lies in {parts[i]} parts; its grid may have as many",
                layer="units",
                place=str(unit_id),
                community_code=str(cells["community_code"].iloc[i]),
                value=float(parts[i]),
                limit=1.0,
            )
        )


def _list_useless_links(
    links: pd.DataFrame | None, cells: gpd.GeoDataFrame, findings: list[Finding]
) -> None:
    """List the links that join nothing, as their units are not in one community."""
    if links is None:
        return
    home = cells.set_index("unit_id")["community_code"]
    a, b = links["a"].map(home), links["b"].map(home)
    for link in links[a.isna() | (a != b)].itertuples(index=False):
        findings.append(
            Finding(
                "link-useless",
                Severity.WARNING,
                f"the link between units {link.a} and {link.b} joins nothing: they do not lie in "
                "one community; no grid crosses its community's border",
                layer="links",
                place=str(link.a),
                other=str(link.b),
            )
        )


@dataclass(frozen=True)
class Task:
    """One community to solve: its code, its graph's problem, and what was listed for it."""

    community_code: str
    problem: Problem
    findings: tuple[Finding, ...]


def community_tasks(inputs: Inputs, ground: Ground, config: Config) -> Iterator[Task]:
    """Turn the ground of every community into a problem, in the order of their codes.

    Parameters
    ----------
    inputs, ground, config
        The job.

    Yields
    ------
    Task
        One per community that has units.
    """
    borders = dict(list(ground.borders.groupby("community_code", sort=True)))
    none = ground.borders.iloc[:0]
    counts = inputs.communities.set_index("community_code")["grid_count"]
    layers = list(config.inputs.zones)
    for code, cells in ground.cells.groupby("community_code", sort=True):
        findings: list[Finding] = []
        graph = community_graph(
            cells,
            borders.get(code, none),
            inputs.links,
            min_shared_m=config.graph.min_shared_m,
            findings=findings,
        )
        if config.graph.join_parts:
            join_parts(graph, cells, below=config.grids.min, findings=findings)
        block = settle_blocks(
            graph, _wanted_blocks(cells), str(code), maximum=config.grids.max, findings=findings
        )
        count = counts.get(code)
        problem = to_problem(
            str(code),
            graph,
            cells.set_index("unit_id")[layers],
            block,
            config,
            grids=None if pd.isna(count) else int(count),
            locks=_locks_of(inputs.locks, set(graph.nodes)),
        )
        yield Task(str(code), problem, tuple(findings))


def _wanted_blocks(cells: gpd.GeoDataFrame) -> dict[str, str]:
    """Blocks as given; units that share one unit's ground stay with it."""
    given = cells["block_id"].where(cells["block_id"].notna(), None)
    block = dict(zip(cells["unit_id"], given, strict=True))
    guests = cells[cells["shares"].notna()]
    for unit, host in zip(guests["unit_id"], guests["shares"], strict=True):
        name = block.get(host) or block[unit] or f"ground of {host}"
        block[host] = block[unit] = name
    return {unit: name for unit, name in block.items() if name is not None}


def _locks_of(locks: pd.DataFrame | None, units: set[str]) -> tuple[tuple[str, str, str], ...]:
    if locks is None:
        return ()
    inside = locks[locks["a"].isin(units)]
    return tuple(
        (str(k), str(a), str(b or "")) for k, a, b in inside[["kind", "a", "b"]].to_numpy()
    )


def to_problem(
    name: str,
    graph: "nx.Graph[str]",
    zones: pd.DataFrame,
    block: dict[str, str],
    config: Config,
    *,
    grids: int | None = None,
    locks: tuple[tuple[str, str, str], ...] = (),
) -> Problem:
    """Write one community's graph as the numbers that the optimiser reads.

    Parameters
    ----------
    name
        Community code.
    graph
        Adjacency graph over unit ids.
    zones
        Zone id per unit (index) and layer (columns), missing where none.
    block
        Block id of the units that stay together.
    config
        Range, target, modes and weights.
    grids
        Fixed number of grids, or None.
    locks
        Locks of this community.
    """
    ids = sorted(graph.nodes)
    position = {unit: i for i, unit in enumerate(ids)}
    edges = sorted(
        (*sorted((position[a], position[b])), border["shared_m"], border["cost_m"])
        for a, b, border in graph.edges(data=True)
    )
    zones = zones.loc[ids]
    sections = config.inputs.zones
    objective = config.objective
    return Problem(
        name=name,
        min=config.grids.min,
        max=config.grids.max,
        target=float(config.grids.target),
        node_ids=tuple(ids),
        households=np.array([graph.nodes[i]["households"] for i in ids], dtype=np.int64),
        area_m2=np.round([graph.nodes[i]["area_m2"] for i in ids], 2),
        block=tuple(block.get(i) for i in ids),
        edges=np.array([e[:2] for e in edges], dtype=np.int64).reshape(-1, 2),
        shared_m=np.round([e[2] for e in edges], 3).astype(np.float64),
        cost_m=np.round([e[3] for e in edges], 3).astype(np.float64),
        zones={
            layer: tuple(None if pd.isna(z) else str(z) for z in zones[layer]) for layer in sections
        },
        modes={layer: section.mode for layer, section in sections.items()},
        weights={
            **{layer: section.weight for layer, section in sections.items()},
            "compactness": objective.compactness,
            "balance": objective.balance,
            "per_grid": objective.per_grid,
            "change": objective.change,
        },
        grids=grids,
        locks=locks,
    )
