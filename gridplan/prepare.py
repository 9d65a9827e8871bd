"""From layers as read to one problem per community: clean, place, grow, connect."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely

from gridplan.barriers import barriers_of, hard_layers, list_crossed_units
from gridplan.carve import carve
from gridplan.communities import clean_communities, list_shapes
from gridplan.config import Config
from gridplan.crossings import add_crossings, list_pockets, list_useless_links
from gridplan.domain import Finding, Severity
from gridplan.errors import ConfigError
from gridplan.graph import community_graph, join_parts, settle_blocks
from gridplan.layers.inputs import Inputs
from gridplan.layers.nesting import weigh_unit_overlaps
from gridplan.optimise.problem import Problem
from gridplan.problems import to_problem
from gridplan.shelf import Shelf
from gridplan.topology import Shapes
from gridplan.units import place_units
from gridplan.wholes import list_whole_conflicts
from gridplan.workload import unit_loads
from gridplan.zones import with_zones

Frame = TypeVar("Frame", bound=pd.DataFrame)

LOTS_SHARE = 0.5
"""Units that cover more than this share of the ground are lots: their gaps are the streets."""


@dataclass(frozen=True)
class Ground:
    """The cells of the whole city, ready to be divided.

    Parameters
    ----------
    cells
        ``unit_id``, ``households``, ``community_code``, ``block_id``, ``shares``,
        ``institution_id`` (of the unit grid it stands in, else None), one column per zone layer,
        polygons that tile the communities; sorted by community, then unit.
    bare
        ``community_code``, ``institution_id`` and cell of ground without any unit: communities,
        and premises of unit grids.
    borders
        ``border_table`` of the cells outside unit grids with unit ids, and ``community_code``.
    crossings
        ``find_crossings`` of them.
    findings
        What was mended and listed on the way.
    decisions
        Test by test why each institution is or is not a unit grid; None where none were given.
    """

    cells: gpd.GeoDataFrame
    bare: gpd.GeoDataFrame
    borders: pd.DataFrame
    crossings: pd.DataFrame
    findings: tuple[Finding, ...]
    decisions: pd.DataFrame | None = None

    @property
    def residential(self) -> gpd.GeoDataFrame:
        """The cells outside unit grids: what is to be divided."""
        return self.cells[self.cells["institution_id"].isna()]

    def restricted(self, codes: Collection[str]) -> "Ground":
        """Keep only some communities, as they stand in the whole city."""
        keep = list(codes)
        return Ground(
            self.cells[self.cells["community_code"].isin(keep)].reset_index(drop=True),
            self.bare[self.bare["community_code"].isin(keep)].reset_index(drop=True),
            self.borders[self.borders["community_code"].isin(keep)].reset_index(drop=True),
            self.crossings[self.crossings["community_code"].isin(keep)].reset_index(drop=True),
            tuple(f for f in self.findings if not f.community_code or f.community_code in keep),
            self.decisions,
        )


def prepare_ground(inputs: Inputs, config: Config, shelf: Shelf | None = None) -> Ground:
    """Turn the layers into cells with their borders.

    Parameters
    ----------
    inputs
        The job's layers.
    config
        Its configuration.
    shelf
        Where finished pieces are kept for a run that is resumed; nowhere where left out.

    Raises
    ------
    TopologyError
        Where communities or cells cannot be made to tile.
    """
    findings: list[Finding] = []
    communities = clean_communities(
        inputs.communities,
        tolerance_m=config.topology.tolerance_m,
        gap_width_m=config.topology.gap_width_m,
        max_overlap_m2=config.topology.max_overlap_m2,
        warn_share=config.topology.warn_moved_share,
        max_share=config.topology.max_moved_share,
        findings=findings,
    )
    units = place_units(
        inputs.units,
        communities,
        nearest_m=config.topology.snap_community_m,
        findings=findings,
    )
    units = with_zones(units, inputs.zones, config.inputs.zone_modes(), findings)
    carved = carve(
        inputs,
        config,
        units,
        communities,
        cut_lines=_cut_lines(inputs, config, units, communities),
        findings=findings,
        shelf=shelf,
    )
    cells = carved.cells
    weigh_unit_overlaps(inputs.units, findings, config.topology)
    _list_empty(cells, carved.bare, findings)
    list_shapes(communities, findings)
    _list_multipart(cells, findings)
    list_useless_links(inputs.links, cells, findings)
    list_crossed_units(units, barriers_of(inputs, config), findings)
    # A unit grid is nobody's way: what only it would join is not joined.
    ours = cells.loc[cells["institution_id"].isna(), "unit_id"]
    borders, crossings = (
        pairs[pairs["a"].isin(ours) & pairs["b"].isin(ours)].reset_index(drop=True)
        for pairs in (carved.borders, carved.crossings)
    )
    return Ground(cells, carved.bare, borders, crossings, tuple(findings), carved.decisions)


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
    """List the communities whose residential ground has no household."""
    cells, bare = (frame[frame["institution_id"].isna()] for frame in (cells, bare))
    households = cells.groupby("community_code")["households"].sum()
    empty = sorted({*bare["community_code"], *households[households == 0].index})
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


@dataclass(frozen=True)
class Task:
    """One community to solve: its code, its graph's problem, and what was listed for it."""

    community_code: str
    problem: Problem
    findings: tuple[Finding, ...]


def community_tasks(
    inputs: Inputs,
    ground: Ground,
    config: Config,
    previous: Mapping[str, str] | None = None,
    lost: dict[str, str] | None = None,
    *,
    largest_first: bool = False,
) -> Iterator[Task]:
    """Turn the ground of every community into a problem, in the order of their codes.

    Parameters
    ----------
    inputs, ground, config
        The job.
    previous
        Old grid of every unit that had one; None where nothing is re-divided.
    lost
        Gets the cause by the code of each community for which that fails, and the others go on;
        None: the first failure ends all.
    largest_first
        Whether those with most units come first: what is begun last should be short.

    Yields
    ------
    Task
        One per community that has units outside unit grids.
    """
    shaper = _Shaper(inputs, ground, config, previous)
    rows = sorted(shaper.cells.groupby("community_code", sort=True).indices.items())
    if largest_first:
        rows.sort(key=lambda item: -len(item[1]))
    for code, own in rows:
        try:
            task = shaper.task(str(code), shaper.cells.iloc[own])
        except Exception as error:
            if lost is None:
                raise
            lost[str(code)] = f"{type(error).__name__}: {error}"
        else:
            yield task


class _Shaper:
    """Turns one community after the other into a problem."""

    def __init__(
        self,
        inputs: Inputs,
        ground: Ground,
        config: Config,
        previous: Mapping[str, str] | None,
    ) -> None:
        residential = ground.residential
        self.inputs, self.config, self.previous = inputs, config, previous
        self.modes = config.inputs.zone_modes()
        # Thousands of small tables are cut from these: few columns, of plain objects, are quick.
        columns = ["unit_id", "households", "community_code", *self.modes, "geometry"]
        self.cells = _plain(residential[columns])
        borders, crossings = _plain(ground.borders), _plain(ground.crossings)
        self.borders = dict(list(borders.groupby("community_code", sort=True)))
        self.crossings = dict(list(crossings.groupby("community_code", sort=True)))
        self.none, self.no_way = borders.iloc[:0], crossings.iloc[:0]
        self.hard = hard_layers(inputs, config)
        self.counts = inputs.communities.set_index("community_code")["grid_count"]
        self.links = _by_community(inputs.links, residential)
        by_load = config.grids.measure == "workload"
        self.load = unit_loads(inputs, ground.cells, config) if by_load else None
        self.blocks = _wanted_blocks(residential)
        columns = ["unit_id", *self.modes]
        zones = pd.DataFrame(residential[columns]).set_index("unit_id").astype(object)
        self.zones = zones.where(zones.notna(), None)
        self.inner = set(ground.cells["unit_id"]) - set(residential["unit_id"])

    def task(self, code: str, cells: gpd.GeoDataFrame) -> Task:
        """Turn the cells of a community into a problem."""
        findings: list[Finding] = []
        graph = self._graph(code, cells, findings)
        wanted = {unit: self.blocks[unit] for unit in graph.nodes if unit in self.blocks}
        maximum = self.config.grids.max
        block = settle_blocks(graph, wanted, code, maximum=maximum, findings=findings)
        list_whole_conflicts(cells, graph, block, self.modes, maximum=maximum, findings=findings)
        count, old = self.counts.get(code), self.previous
        problem = to_problem(
            code,
            graph,
            self.zones,
            block,
            self.config,
            grids=None if pd.isna(count) else int(count),
            locks=_locks_of(self.inputs.locks, set(graph.nodes), self.inner, old or {}, findings),
            previous=old,
            load=self.load,
        )
        return Task(code, problem, tuple(findings))

    def _graph(
        self, code: str, cells: gpd.GeoDataFrame, findings: list[Finding]
    ) -> "nx.Graph[str]":
        """What borders what, over bridges and joined parts too."""
        borders, ways = self.borders.get(code, self.none), self.crossings.get(code, self.no_way)
        least = self.config.grids.min
        graph = community_graph(
            cells,
            borders,
            self.links.get(code),
            min_shared_m=self.config.graph.min_shared_m,
            findings=findings,
        )
        add_crossings(graph, cells, ways, findings=findings)
        list_pockets(graph, cells, borders, self.hard, ways, below=least, findings=findings)
        if self.config.graph.join_parts:
            join_parts(graph, cells, below=least, findings=findings)
        return graph


def _plain(table: Frame) -> Frame:
    """Make the strings of a table plain objects."""
    words: list[str] = list(table.select_dtypes("string").columns)
    return table.astype(dict.fromkeys(words, object)) if len(words) else table


def _by_community(
    links: pd.DataFrame | None, cells: gpd.GeoDataFrame
) -> Mapping[object, pd.DataFrame]:
    """Links inside a community, by its code."""
    if links is None:
        return {}
    ends = pd.Index(cells["unit_id"]).get_indexer
    a, b = ends(links["a"]), ends(links["b"])
    home = cells["community_code"].to_numpy()
    inside = (a >= 0) & (b >= 0) & (home[a] == home[b])
    return dict(list(links[inside].groupby(home[a[inside]])))


def _wanted_blocks(cells: gpd.GeoDataFrame) -> dict[str, str]:
    """Blocks as given; units that share one unit's ground stay with it."""
    given = cells["block_id"].where(cells["block_id"].notna(), None)
    block = dict(zip(cells["unit_id"], given, strict=True))
    guests = cells[cells["shares"].notna()]
    for unit, host in zip(guests["unit_id"], guests["shares"], strict=True):
        name = block.get(host) or block[unit] or f"ground of {host}"
        block[host] = block[unit] = name
    return {unit: name for unit, name in block.items() if name is not None}


def _locks_of(
    locks: pd.DataFrame | None,
    units: set[str],
    inner: set[str],
    previous: Mapping[str, str],
    findings: list[Finding],
) -> tuple[tuple[str, str, str], ...]:
    """Locks of some units and their old grids; one that names a unit in a unit grid is left out."""
    if locks is None:
        return ()
    old = {previous[unit] for unit in units if unit in previous}
    inside = locks[locks["a"].isin(units) | ((locks["kind"] == "frozen") & locks["a"].isin(old))]
    rows = [(str(k), str(a), str(b or "")) for k, a, b in inside[["kind", "a", "b"]].to_numpy()]
    for kind, a, b in rows:
        if b in inner:
            message = f"lock {kind} {a} {b}: unit {b} lies in a unit grid; the lock has no effect"
            findings.append(Finding("lock-useless", Severity.WARNING, message, "units", a, b))
    return tuple(row for row in rows if row[2] not in inner)
