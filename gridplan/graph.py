"""The adjacency graph: which units are neighbours, over how many metres, along what.

Neighbours share ``min_shared_m`` of border or more; a corner is none. A link makes neighbours where
geometry shows none.
"""

from collections.abc import Mapping

import geopandas as gpd
import networkx as nx
import pandas as pd
import shapely

from gridplan.domain import Finding, Severity


def community_graph(
    cells: gpd.GeoDataFrame,
    borders: pd.DataFrame,
    links: pd.DataFrame | None,
    *,
    min_shared_m: float,
    findings: list[Finding],
) -> "nx.Graph[str]":
    """Build the adjacency graph of one community.

    Parameters
    ----------
    cells
        Cells of one community: ``unit_id``, ``households``, ``community_code``, polygons.
    borders
        Rows of ``border_table``, with ``a`` and ``b`` as unit ids.
    links
        ``a``, ``b``, ``note`` of declared links, or None.
    min_shared_m
        Shortest border that makes two units neighbours, in metres.
    findings
        One ``link`` per declared link inside the community is added.

    Returns
    -------
    networkx.Graph
        Node per unit id in sorted order with ``households`` and ``area_m2``; edges carry
        ``shared_m``, ``cost_m``, ``along`` (barrier names) and ``link`` ("" for a border).
    """
    graph: nx.Graph[str] = nx.Graph()
    areas = shapely.area(cells.geometry.to_numpy())
    for unit_id, households, area in zip(cells["unit_id"], cells["households"], areas, strict=True):
        graph.add_node(unit_id, households=int(households), area_m2=float(area))
    near = borders[borders["shared_m"] >= max(min_shared_m, 1e-9)]
    columns = (near[c].tolist() for c in ("a", "b", "shared_m", "cost_m", "along"))
    for a, b, shared_m, cost_m, along in zip(*columns, strict=True):
        graph.add_edge(a, b, shared_m=shared_m, cost_m=cost_m, along=along, link="")
    _add_declared(graph, cells, links, findings)
    return graph


def _add_declared(
    graph: "nx.Graph[str]",
    cells: gpd.GeoDataFrame,
    links: pd.DataFrame | None,
    findings: list[Finding],
) -> None:
    if links is None:
        return
    inside = links[links["a"].isin(graph.nodes) & links["b"].isin(graph.nodes)]
    shapes = cells.set_index("unit_id").geometry
    for a, b, note in inside[["a", "b", "note"]].itertuples(index=False):
        if a == b or graph.has_edge(a, b):
            continue
        metres = float(shapely.distance(shapes[a], shapes[b]))
        graph.add_edge(a, b, shared_m=0.0, cost_m=0.0, along=(), link="declared")
        what = f" ({note})" if note else ""
        findings.append(
            _link("link", f"declared link between units {a} and {b}{what}", cells, (a, b), metres)
        )


def join_parts(
    graph: "nx.Graph[str]", cells: gpd.GeoDataFrame, *, below: int, findings: list[Finding]
) -> None:
    """Link every part of the community that is too small to be a grid to the nearest part.

    Parameters
    ----------
    graph
        Graph of the community; edges with ``link = "joined"`` are added.
    cells
        Its cells.
    below
        A part with fewer households than this is too small.
    findings
        One ``part-joined`` per link is added, with the metres between the two units.
    """
    if nx.number_connected_components(graph) < 2:
        return
    shapes = cells.set_index("unit_id").geometry
    while True:
        parts = sorted((sorted(p) for p in nx.connected_components(graph)), key=lambda p: p[0])
        if len(parts) < 2:
            return
        size = [sum(graph.nodes[n]["households"] for n in p) for p in parts]
        small = [i for i, households in enumerate(size) if households < below]
        if not small:
            return
        i = min(small, key=lambda i: (size[i], parts[i][0]))
        a, b, metres = nearest_pair(
            parts[i], [n for j, p in enumerate(parts) if j != i for n in p], shapes
        )
        graph.add_edge(a, b, shared_m=0.0, cost_m=0.0, along=(), link="joined")
        message = (
            f"a part of {size[i]} households around unit {a} is too small to be a grid; "
            f"it is joined to unit {b}, {metres:.1f} m away"
        )
        findings.append(_link("part-joined", message, cells, (a, b), metres))


def nearest_pair(
    part: list[str], others: list[str], shapes: gpd.GeoSeries
) -> tuple[str, str, float]:
    """Find the pair of units with the smallest distance; then the longest border, then ids.

    Parameters
    ----------
    part, others
        Unit ids.
    shapes
        Cells in metres, by unit id.

    Returns
    -------
    tuple
        A unit of the part, one of the others, and the metres between them.
    """
    here, there = shapes[part].to_numpy(), shapes[others].to_numpy()
    (i, j), metres = shapely.STRtree(there).query_nearest(here, return_distance=True)
    touching = shapely.length(shapely.intersection(here[i], there[j]))
    best = min(
        range(len(i)),
        key=lambda k: (round(metres[k], 3), -round(touching[k], 3), part[i[k]], others[j[k]]),
    )
    return part[i[best]], others[j[best]], float(metres[best])


def _link(
    kind: str, message: str, cells: gpd.GeoDataFrame, pair: tuple[str, str], metres: float
) -> Finding:
    return Finding(
        kind,
        Severity.EXCEPTION,
        message,
        layer="units",
        place=pair[0],
        other=pair[1],
        community_code=str(cells["community_code"].iloc[0]),
        value=round(metres, 2),
    )


def settle_blocks(
    graph: "nx.Graph[str]",
    block: Mapping[str, str],
    community_code: str,
    *,
    maximum: int,
    findings: list[Finding],
) -> dict[str, str]:
    """Decide which units stay together.

    A block whose units do not touch is one block per connected piece; a piece above the maximum is
    no block, as no grid could hold it.

    Parameters
    ----------
    graph
        Graph of one community.
    block
        Block id by unit id, for the units that have one.
    community_code
        For the findings.
    maximum
        Most households of a grid.
    findings
        ``block-split`` (a block in pieces), ``block-divided`` (a piece above the maximum) and
        ``block-over-max`` (a single unit above it) are added.

    Returns
    -------
    dict
        Final block id by unit id; pieces of a block are numbered ``id/1``, ``id/2``, ...
    """
    final: dict[str, str] = {}
    members: dict[str, list[str]] = {}
    for unit in sorted(set(block) & set(graph.nodes)):
        members.setdefault(block[unit], []).append(unit)
    for name, units in sorted(members.items()):
        pieces = sorted(sorted(p) for p in nx.connected_components(graph.subgraph(units)))
        if len(pieces) > 1:
            message = (
                f"block {name} lies in {len(pieces)} pieces that do not touch; each is a block"
            )
            findings.append(_block("block-split", name, community_code, len(pieces), 1, message))
        for i, piece in enumerate(pieces, start=1):
            if _fits(graph, piece, name, community_code, maximum, findings):
                final.update(dict.fromkeys(piece, name if len(pieces) == 1 else f"{name}/{i}"))
    _list_large_units(graph, community_code, maximum, findings)
    return final


def _fits(
    graph: "nx.Graph[str]",
    piece: list[str],
    name: str,
    community_code: str,
    maximum: int,
    findings: list[Finding],
) -> bool:
    """Tell whether a piece is a block: several units that one grid can hold."""
    if len(piece) < 2:
        return False
    households = sum(graph.nodes[u]["households"] for u in piece)
    if households <= maximum:
        return True
    message = (
        f"block {name} has {households} households, more than a grid may hold; "
        "its units may go to several grids"
    )
    findings.append(_block("block-divided", name, community_code, households, maximum, message))
    return False


def _list_large_units(
    graph: "nx.Graph[str]", community_code: str, maximum: int, findings: list[Finding]
) -> None:
    for unit in sorted(graph.nodes):
        households = graph.nodes[unit]["households"]
        if households > maximum:
            message = (
                f"unit {unit} alone has {households} households, more than a grid may hold; "
                "give its stairwells in [inputs.stairwells] to divide it"
            )
            findings.append(
                _block("block-over-max", unit, community_code, households, maximum, message)
            )


def _block(
    kind: str, place: str, community_code: str, value: float, limit: float, message: str
) -> Finding:
    return Finding(
        kind,
        Severity.EXCEPTION,
        message,
        layer="units",
        place=place,
        community_code=community_code,
        value=float(value),
        limit=float(limit),
    )
