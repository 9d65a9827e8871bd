"""Cells around every unit, with unit grids carved out first, and what borders what.

Whether a unit grid is in the way of its neighbours shows only when the ground is divided and its
borders are known. So the candidates are cut out, the cells grown and the graph looked at; where
one is refused, its ground goes back and the cells there grow once more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd

from gridplan.barriers import barriers_of
from gridplan.borders import border_table
from gridplan.cells import Grown, grow_cells, units_tile
from gridplan.config import Config
from gridplan.crossings import find_crossings
from gridplan.domain import Finding, Severity
from gridplan.institutions import (
    Areas,
    Decision,
    Measure,
    Refusal,
    Stand,
    cut_areas,
    decide,
    decision_table,
    find_ground,
    find_refusals,
    measure_institutions,
)
from gridplan.layers.inputs import Inputs
from gridplan.shelf import Shelf
from gridplan.topology import Shapes

NODE = ["unit_id", "households", "community_code", "institution_id"]
PAIR = ["community_code", "a", "b"]


@dataclass(frozen=True)
class Carved:
    """The ground of the city in cells.

    Parameters
    ----------
    cells
        The units with their cells, sorted by community, then unit; ``institution_id`` where a unit
        stands in a unit grid, else None.
    bare
        ``community_code``, ``institution_id`` and cell of ground without any unit: communities, or
        premises.
    borders
        ``border_table`` of the cells with unit ids, and ``community_code``.
    crossings
        ``find_crossings`` of the cells.
    decisions
        ``decision_table``; None where no institutions were given.
    """

    cells: gpd.GeoDataFrame
    bare: gpd.GeoDataFrame
    borders: pd.DataFrame
    crossings: pd.DataFrame
    decisions: pd.DataFrame | None


@dataclass(frozen=True)
class _Job:
    """What every attempt works on."""

    inputs: Inputs
    config: Config
    units: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    cut_lines: Sequence[Shapes]
    known: dict[bytes, Grown]
    shelf: Shelf | None


def carve(
    inputs: Inputs,
    config: Config,
    units: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    *,
    cut_lines: Sequence[Shapes],
    findings: list[Finding],
    shelf: Shelf | None = None,
) -> Carved:
    """Decide on unit grids, cut them out, and grow the cells of everything.

    Parameters
    ----------
    inputs, config
        The job.
    units
        Placed units with their zones.
    communities
        Clean coverage, sorted by code.
    cut_lines
        Lines that grown cells do not cross.
    findings
        Those of ``grow_cells``, ``unit-grid-refused`` and ``unit-grid-forced`` are added.
    shelf
        Where finished pieces are kept; nowhere where left out.

    Raises
    ------
    TopologyError
        Where cells cannot be made to tile.
    """
    job = _Job(inputs, config, units, communities, cut_lines, {}, shelf)
    decisions, stands, tiling = _decided(job)
    heard: list[Refusal] = []
    while True:
        told: list[Finding] = []
        carved = _grown(job, stands, tiling, told)
        refused = _refusals(job, carved, stands, decisions)
        for refusal in refused:
            at = [d.institution_id for d in decisions].index(refusal.institution_id)
            if not decisions[at].overridden:
                decisions[at] = refusal.apply(decisions[at])
            elif refusal not in heard:
                decisions[at] = refusal.note(decisions[at])
        heard += [r for r in refused if r not in heard]
        standing = {d.institution_id for d in decisions if d.unit_grid}
        if all(s.institution_id in standing for s in stands):
            break
        stands = [s for s in stands if s.institution_id in standing]
    findings += told + [_told(refusal, standing) for refusal in heard]
    findings += _impossible(decisions)
    table = decision_table(decisions) if "institutions" in inputs.extra else None
    return replace(carved, decisions=table)


def _decided(job: _Job) -> tuple[list[Decision], list[Stand], bool]:
    """The five tests of every institution, the ground of those that pass, and whether units tile.

    An institution that loses all of its ground to smaller ones is turned down.
    """
    layer, rules = job.inputs.extra.get("institutions"), job.config.institutions
    if layer is None or layer.empty:
        return [], [], False
    lines = [barrier.geometry.to_numpy() for barrier in job.inputs.barriers.values()]
    if "roads" in job.inputs.extra:
        lines.append(job.inputs.extra["roads"].geometry.to_numpy())
    facts = measure_institutions(layer, job.units, lines, rules)
    decisions = [decide(f, rules, rules.overrides.get(f.institution_id)) for f in facts]
    if not any(d.unit_grid for d in decisions):
        return decisions, [], False
    tiling = units_tile(with_bare(job.units, job.communities), job.communities)
    decisions, stands = find_ground(
        decisions,
        layer,
        job.units,
        job.communities,
        tiling=tiling,
        rules=rules,
        min_shared_m=job.config.graph.min_shared_m,
    )
    decisions = _nested(job, decisions, stands)
    standing = {d.institution_id for d in decisions if d.unit_grid}
    return decisions, [s for s in stands if s.institution_id in standing], tiling


def _nested(job: _Job, decisions: list[Decision], stands: Sequence[Stand]) -> list[Decision]:
    """Turn down what would bring two zones of a nested layer into one grid."""
    nests = [name for name, mode in job.config.inputs.zone_modes().items() if mode == "nest"]
    zone = job.units.set_index("unit_id")[nests]
    crossed = {
        stand.institution_id: name
        for stand in stands
        for name in nests
        if zone.loc[list(stand.units), name].nunique() > 1
    }
    return [
        d.turned_down(
            Measure("nest", "zones", "2 or more", "<= 1", False),
            f"it lies in several zones of {crossed[d.institution_id]}, which is nested; override "
            f"it to have it all the same ({d.reason})",
        )
        if d.institution_id in crossed and not d.overridden
        else d
        for d in decisions
    ]


def with_bare(units: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the whole ground of every community without units as a nameless unit."""
    bare = communities[~communities["community_code"].isin(units["community_code"])]
    rows = bare[["community_code", "geometry"]].assign(households=0)
    units = pd.concat([units, rows], ignore_index=True) if len(bare) else units
    return units.sort_values(["community_code", "unit_id"], kind="stable", ignore_index=True)


def _grown(job: _Job, stands: Sequence[Stand], tiling: bool, findings: list[Finding]) -> Carved:
    """Cells of every area on its own, and the borders between all of them."""
    areas = _areas(job, () if tiling else stands)
    units = job.units
    if areas.of_unit:
        own = units["unit_id"].map(areas.of_unit)
        units = units.assign(community_code=own.where(own.notna(), units["community_code"]))
    told: list[Finding] = []
    cells = grow_cells(
        with_bare(units, areas.frame),
        areas.frame,
        cut_lines=job.cut_lines,
        tolerance_m=job.config.topology.tolerance_m,
        findings=told,
        workers=job.config.solve.workers,
        known=job.known if stands or job.known else None,
        shelf=job.shelf,
    )
    findings += [
        replace(f, community_code=areas.home.get(f.community_code, f.community_code)) for f in told
    ]
    cells = _labelled(cells, areas, stands if tiling else ())
    return _bordered(job, cells)


def _areas(job: _Job, stands: Sequence[Stand]) -> Areas:
    if stands:
        return cut_areas(job.communities, job.units, stands)
    codes = {str(code): str(code) for code in job.communities["community_code"]}
    return Areas(job.communities, codes, {}, {})


def _labelled(cells: gpd.GeoDataFrame, areas: Areas, tiled: Sequence[Stand]) -> gpd.GeoDataFrame:
    """Give cells their community back, and the institution whose unit grid they are."""
    area = cells["community_code"]
    named = area.map(areas.institution)
    if tiled:
        named = cells["unit_id"].map({unit: s.institution_id for s in tiled for unit in s.units})
    cells = cells.assign(
        community_code=area.map(areas.home),
        institution_id=named.astype(object).where(named.notna(), None),
    )
    return cells.sort_values(
        ["community_code", "unit_id", "institution_id"], kind="stable", ignore_index=True
    )


def _bordered(job: _Job, cells: gpd.GeoDataFrame) -> Carved:
    """Borders and crossings of all cells, those of premises without units too."""
    near_m = job.config.graph.barrier_near_m
    bare = cells["unit_id"].isna().to_numpy()
    premises = cells[bare & cells["institution_id"].notna().to_numpy()]
    held = pd.concat([cells[~bare], premises]) if len(premises) else cells[~bare]
    held = held.reset_index(drop=True)
    barriers = barriers_of(job.inputs, job.config)
    own = job.units.set_index("unit_id").geometry
    standing = own.reindex(held["unit_id"]).to_numpy()
    unnamed = held["unit_id"].isna().to_numpy()
    standing[unnamed] = held.geometry.to_numpy()[unnamed]
    borders = border_table(
        held,
        barriers,
        near_m=near_m,
        discount=job.config.objective.barrier_discount,
        standing=standing,
        workers=job.config.solve.workers,
        shelf=job.shelf,
    )
    ids, home = nodes_of(held), held["community_code"].to_numpy()
    borders = borders.assign(
        community_code=home[borders["a"]], a=ids[borders["a"]], b=ids[borders["b"]]
    )
    cells, rest = cells[~bare].reset_index(drop=True), cells[bare].reset_index(drop=True)
    crossings = find_crossings(cells, barriers, job.inputs.extra.get("roads"), near_m=near_m)
    bare_cells = rest[["community_code", "institution_id", "geometry"]]
    return Carved(cells, bare_cells, borders, crossings, None)


def nodes_of(cells: pd.DataFrame) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    """Name every cell: its unit, or the premises where it has none."""
    premises = "premises of " + cells["institution_id"].astype(object).fillna("").astype(str)
    named = cells["unit_id"].where(cells["unit_id"].notna(), premises)
    return np.asarray(named, dtype=object)


def _refusals(
    job: _Job, carved: Carved, stands: Sequence[Stand], decisions: Sequence[Decision]
) -> list[Refusal]:
    """Unit grids that leave dwellings without a grid in range, community by community."""
    if not stands:
        return []
    kept = {d.institution_id for d in decisions if d.overridden}
    limits, found = job.config.grids, []
    concerned = sorted({s.community_code for s in stands})
    frames = (pd.DataFrame(f.drop(columns="geometry")) for f in (carved.cells, carved.bare))
    cells = pd.concat([frame.reindex(columns=NODE) for frame in frames])
    cells = cells[cells["community_code"].isin(concerned)]
    cells = cells[cells["unit_id"].notna() | cells["institution_id"].notna()]
    cells = cells.assign(node=nodes_of(cells), households=cells["households"].fillna(0))
    near = _neighbours(job, carved)
    for code, here in cells.groupby("community_code", sort=True):
        graph: nx.Graph[str] = nx.Graph()
        for node, households in zip(here["node"], here["households"], strict=True):
            graph.add_node(str(node), households=int(households))
        graph.add_edges_from(near.get(code, ()))
        grounds = here[here["institution_id"].notna()].groupby("institution_id")["node"]
        found += find_refusals(
            graph,
            {str(name): sorted(nodes) for name, nodes in grounds},
            kept,
            str(code),
            minimum=limits.min,
            maximum=limits.max,
            joins=job.config.graph.join_parts,
        )
    return found


def _neighbours(job: _Job, carved: Carved) -> dict[object, list[tuple[str, str]]]:
    """Pairs of all ground, unit grids too, by community: borders, declared links, bridges."""
    least = max(job.config.graph.min_shared_m, 1e-9)
    borders, ways, links = carved.borders, carved.crossings, job.inputs.links
    pairs = [
        borders.loc[borders["shared_m"] >= least, PAIR],
        ways.loc[ways["taken"].astype(bool), PAIR],
    ]
    if links is not None:
        home = pd.Series(
            carved.cells["community_code"].to_numpy(), index=carved.cells["unit_id"].to_numpy()
        )
        ends = [links[end].map(home).fillna("") for end in ("a", "b")]
        same = (ends[0] == ends[1]) & (ends[0] != "")
        pairs.append(links[same].assign(community_code=ends[0][same])[PAIR])
    table = pd.concat(pairs).astype(object)
    near: dict[object, list[tuple[str, str]]] = {}
    for code, a, b in zip(table["community_code"], table["a"], table["b"], strict=True):
        near.setdefault(code, []).append((a, b))
    return near


def _told(refusal: Refusal, standing: set[str]) -> Finding:
    """One line for each conflict, whether it was settled or overridden."""
    name = refusal.institution_id
    forced = name in standing
    end = "it stands by override" if forced else "it is refused; override it to have it"
    return Finding(
        "unit-grid-forced" if forced else "unit-grid-refused",
        Severity.WARNING,
        f"institution {name} as a unit grid: {refusal.sentence}; {end}",
        layer="institutions",
        place=name,
        community_code=refusal.community_code,
        value=float(refusal.price),
        limit=0.0,
    )


def _impossible(decisions: Sequence[Decision]) -> list[Finding]:
    """Overrides that cannot be followed: an institution without any ground."""
    return [
        Finding(
            "unit-grid-impossible",
            Severity.WARNING,
            f"institution {d.institution_id} is to be a unit grid by override, but {d.reason}",
            layer="institutions",
            place=d.institution_id,
        )
        for d in decisions
        if d.overridden
        and not d.unit_grid
        and any(m.test == "ground" and not m.passed for m in d.measures)
    ]
