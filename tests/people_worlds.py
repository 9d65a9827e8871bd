"""Plans without a solver, for what is counted on finished plans."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely

from gridplan.domain import Plan
from gridplan.layers import Inputs


def quick_plan(inputs: Inputs, zone_layers: tuple[str, ...] = (), size: int = 400) -> Plan:
    """Put the units of each community into grids of some ``size`` households, west to east."""
    units = inputs.units.copy()
    if units["community_code"].isna().any():
        at = units.representative_point().to_numpy()
        row = inputs.communities.sindex.nearest(at, return_all=False)[1]
        units["community_code"] = inputs.communities["community_code"].to_numpy()[row]
    for layer in zone_layers:
        zones = inputs.zones[layer]
        row = zones.sindex.nearest(units.representative_point().to_numpy(), return_all=False)[1]
        units[layer] = zones["zone_id"].to_numpy()[row]
    units["x"] = shapely.get_x(shapely.centroid(units.geometry.to_numpy()))
    units = units.sort_values(["community_code", "x", "unit_id"], ignore_index=True)
    sofar = units.groupby("community_code")["households"].cumsum() - units["households"]
    units["grid_code"] = units["community_code"] + (sofar // size + 1).astype(str).str.zfill(3)
    units = units.sort_values("unit_id", ignore_index=True).drop(columns="x")
    street = inputs.communities.set_index("community_code")["street_code"]
    grids = units[["grid_code", "community_code", "households", "geometry"]].dissolve(
        "grid_code", aggfunc={"community_code": "first", "households": "sum"}, as_index=False
    )
    grids["grid_name"] = grids["grid_code"]
    grids["grid_kind"], grids["range_status"] = "residential", "in"
    grids["street_code"] = grids["community_code"].map(street)
    extra = {}
    for name, layer in inputs.extra.items():
        row = grids.sindex.nearest(layer.representative_point().to_numpy(), return_all=False)[1]
        found = layer.assign(grid_code=grids["grid_code"].to_numpy()[row])
        if name == "roads":
            found = found.assign(length_m=shapely.length(layer.geometry.to_numpy()), share=1.0)
        extra[name] = found
    return Plan(grids, inputs.communities, inputs.streets, units, extra, zone_layers)


def stars(count: int, seed: int) -> np.ndarray:
    """Distances between places in the plane, in metres."""
    at = np.random.default_rng(seed).random((count, 2)) * 1000
    return np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))


def streets(count: int, seed: int) -> np.ndarray:
    """Distances between places on a street lattice some of whose streets are missing, in metres."""
    random = np.random.default_rng(seed)
    graph = nx.grid_2d_graph(9, 9)
    for edge in sorted(graph.edges):
        if random.random() < 0.2:
            graph.remove_edge(*edge)
    graph = graph.subgraph(max(nx.connected_components(graph), key=len)).copy()
    for a, b in graph.edges:
        graph.edges[a, b]["weight"] = 50 + 50 * random.random()
    nodes = sorted(graph.nodes)
    chosen = [nodes[i] for i in random.permutation(len(nodes))[:count]]
    length = dict(nx.all_pairs_dijkstra_path_length(graph))
    return np.array([[length[a][b] for b in chosen] for a in chosen])


def staff_table(*rows: dict[str, object]) -> pd.DataFrame:
    """People as ``Inputs.staff`` holds them; what a row leaves out is blank."""
    blank = {
        "name": "Somebody", "phone": "000", "role": "grid_worker", "communities": "", "zones": "",
        "previous": "", "load_limit": np.nan, "serves": 0, "x": np.nan, "y": np.nan,
    }  # fmt: skip
    people = [{"person_id": f"P{i + 1}", **blank, **row} for i, row in enumerate(rows)]
    table = pd.DataFrame(people, columns=["person_id", *blank])
    return table.astype({"x": float, "y": float, "load_limit": float, "serves": int})


def row_of_grids(count: int, *, households: int = 300, unit: tuple[int, ...] = ()) -> Plan:
    """Grids ``c1001``, ... of 100 m side by side in community ``c1``; some are unit grids."""
    shapes = [shapely.box(100.0 * i, 0.0, 100.0 * (i + 1), 100.0) for i in range(count)]
    codes = [f"c1{i + 1:03}" for i in range(count)]
    grids = gpd.GeoDataFrame(
        {
            "grid_code": codes, "grid_name": codes, "community_code": "c1", "street_code": "s1",
            "grid_kind": ["unit" if i in unit else "residential" for i in range(count)],
            "institution_id": [f"I{i}" if i in unit else "" for i in range(count)],
            "households": households, "range_status": "in",
        },
        geometry=shapes, crs="EPSG:4547",
    )  # fmt: skip
    units = gpd.GeoDataFrame(
        {
            "unit_id": [f"u{i}" for i in range(count)], "grid_code": codes, "community_code": "c1",
            "households": households, "police": ["A" if i < 2 else "B" for i in range(count)],
        },
        geometry=shapes, crs="EPSG:4547",
    )  # fmt: skip
    ground = [shapely.union_all(shapes)]
    communities = gpd.GeoDataFrame(
        {"community_code": ["c1"], "community_name": ["One"], "street_code": ["s1"]},
        geometry=ground, crs="EPSG:4547",
    )  # fmt: skip
    street = gpd.GeoDataFrame(
        {"street_code": ["s1"], "street_name": ["First"]}, geometry=ground, crs="EPSG:4547"
    )
    return Plan(grids, communities, street, units, {}, ("police",))
