"""The plan as packs, in the order in which the page opens them: grids first, buildings after."""

from collections.abc import Iterator, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan import __version__
from gridplan.domain import GridKind, RangeStatus
from gridplan.maps.ink import border_network
from gridplan.maps.marks import Geometries
from gridplan.maps.palette import MAP_COLOURS, colour_numbers, touching_pairs
from gridplan.maps.roads import road_ranks
from gridplan.maps.subject import geometries
from gridplan.maps.web.pack import Ints, Pack
from gridplan.maps.web.shapes import Lattice, label_spots, put_shapes
from gridplan.maps.web.subject import Subject, merged
from gridplan.sentences import chinese
from gridplan.topology import shared_edges

CHUNK = 4000
"""Features of a pack of units or buildings: few enough that opening one holds up no click."""

SAME_GROUND = 0.98
"""Footprints that cover this share of the cells are the cells."""

BORDER_STEP_M = 10.0
"""The what-if offers grids by the length of the common border, counted in such steps, in metres."""

LEAST_BORDER_M = 1.0
"""Grids with less of a common border are no neighbours on a card, in metres."""

STATUSES = tuple(status.value for status in RangeStatus)
PROOFS = ("optimal", "feasible", "breach", "breach_least")


def _places(values: pd.Series, known: pd.Series) -> Ints:
    """Positions of values in a column of unique ones; -1 where missing."""
    index = pd.Index(known.fillna("").astype(str))
    return np.asarray(index.get_indexer(pd.Index(values.fillna("").astype(str))), dtype=np.int64)


def first_pack(subject: Subject) -> Pack:
    """Streets, communities and grids with all that their cards and colours need."""
    pack = Pack()
    head = {
        **subject.head,
        "version": __version__,
        "per_metre": subject.lattice.per_metre,
        "origin": [subject.lattice.x0, subject.lattice.y0],
        "layers": [
            {"name": layer, "mode": subject.details.modes.get(layer, "soft"), "zones": ids}
            for layer, ids in subject.zone_ids.items()
        ],
        "units": len(subject.units),
        "lots": subject.lots,
        "colours": list(MAP_COLOURS),
        "basis": subject.details.household_basis,
    }
    pack.put("head", head)
    _put_streets(pack, subject)
    _put_communities(pack, subject)
    _put_grids(pack, subject)
    return pack


def _put_streets(pack: Pack, subject: Subject) -> None:
    streets = subject.streets
    pack.texts("street.code", streets["street_code"].fillna(""))
    pack.texts("street.name", streets["street_name"].fillna(""))
    shapes = merged(subject.community_shapes, subject.communities, "street_code", streets)
    _put_areas(pack, "street", shapes, subject.lattice)


def _put_communities(pack: Pack, subject: Subject) -> None:
    rows = subject.communities
    pack.texts("community.code", rows["community_code"])
    pack.texts("community.name", rows["community_name"].fillna(rows["community_code"]))
    pack.column("community.street", _places(rows["street_code"], subject.streets["street_code"]))
    pack.column("community.households", rows["households"])
    pack.column("community.proof", _proofs(rows))
    gap = np.rint(rows["gap"].astype("float64").clip(0, 9).fillna(-1) * 1000)
    pack.column("community.gap", gap.astype(np.int64))
    pack.column("community.colour", _colours(geometries(rows)))
    _put_areas(pack, "community", subject.community_shapes, subject.lattice)


def _proofs(communities: pd.DataFrame) -> list[int]:
    """What is proven of each community; a breach whose gap is known to be 0 is the least one."""
    found = []
    for status, gap in zip(communities["status"], communities["gap"], strict=True):
        status = "breach_least" if status == "breach" and gap == 0 else status
        found.append(PROOFS.index(status if status in PROOFS else "feasible"))
    return found


def _put_grids(pack: Pack, subject: Subject) -> None:
    rows = subject.grids
    pack.texts("grid.code", rows["grid_code"])
    pack.texts("grid.name", rows["grid_name"].fillna(""))
    pack.column(
        "grid.community", _places(rows["community_code"], subject.communities["community_code"])
    )
    pack.column("grid.unit", rows["grid_kind"] == GridKind.UNIT.value)
    pack.column("grid.households", rows["households"])
    pack.column("grid.status", [STATUSES.index(status) for status in rows["range_status"]])
    pack.column("grid.area", np.rint(shapely.area(geometries(rows))).astype(np.int64))
    pack.column("grid.colour", _colours(geometries(rows)))
    for i, (layer, ids) in enumerate(subject.zone_ids.items()):
        main = pd.Index(ids).get_indexer(rows[f"{layer}_main"].astype(object)) + 1
        share = np.rint(rows[f"{layer}_main_share"].astype("float64").fillna(0) * 1000)
        pack.column(f"grid.main.{i}", main)
        pack.column(f"grid.share.{i}", share.astype(np.int64))
        pack.column(f"grid.zones.{i}", rows[f"{layer}_zones"])
    _put_areas(pack, "grid", subject.grid_shapes, subject.lattice)
    edges = shared_edges(geometries(rows))
    table = pd.DataFrame({"a": edges.left, "b": edges.right, "m": edges.length_m})
    borders = table.groupby(["a", "b"], as_index=False, sort=True)["m"].sum()
    borders = borders[borders["m"] >= LEAST_BORDER_M]
    pack.column("border.a", borders["a"], delta=True)
    pack.column("border.b", borders["b"] - borders["a"])
    pack.column("border.m", np.rint(borders["m"]).astype(np.int64))


def _put_areas(pack: Pack, name: str, shapes: Geometries, lattice: Lattice) -> None:
    put_shapes(pack, f"{name}.shape", shapes, lattice)
    spots, radius = label_spots(shapes, lattice)
    pack.column(f"{name}.spot.x", spots[:, 0], delta=True)
    pack.column(f"{name}.spot.y", spots[:, 1], delta=True)
    pack.column(f"{name}.spot.r", radius)


def _colours(shapes: Geometries) -> Ints:
    return colour_numbers(len(shapes), touching_pairs(shapes), len(MAP_COLOURS))


def ground_pack(subject: Subject) -> Pack:
    """Water, railways and roads."""
    pack, backdrop = Pack(), subject.backdrop
    for name, layer in (("water", backdrop.water), ("rail", backdrop.rail)):
        shapes = (
            np.empty(0, dtype=object) if layer is None else _plain(layer, subject.detail.coarse_m)
        )
        put_shapes(pack, name, shapes, subject.lattice)
        pack.column(f"{name}.area", shapely.get_dimensions(shapes) == 2)
    roads = backdrop.roads if backdrop.roads is not None else subject.plan.extra.get("roads")
    if roads is None:
        roads = gpd.GeoDataFrame({"name": []}, geometry=[])
    rank = road_ranks(roads)
    order = np.argsort(-rank, kind="stable")
    names = roads["name"].fillna("") if "name" in roads else pd.Series("", index=roads.index)
    listed = sorted(set(names) - {""})
    pack.texts("road.names", listed)
    pack.column("road.name", pd.Index(listed).get_indexer(names.iloc[order]) + 1)
    pack.column("road.rank", rank[order])
    put_shapes(pack, "road", _plain(roads, subject.detail.fine_m)[order], subject.lattice)
    return pack


def _plain(layer: gpd.GeoDataFrame, detail_m: float) -> Geometries:
    return np.asarray(shapely.simplify(geometries(layer), detail_m), dtype=object)


def unit_packs(subject: Subject) -> Iterator[Pack]:
    """Units with their cells, a chunk at a time."""
    units = subject.units
    grid = _places(units["grid_code"], subject.grids["grid_code"])
    block = _blocks(units, subject.details.blocks)
    zones = [
        pd.Index(ids).get_indexer(units[layer].astype(object)) + 1
        for layer, ids in subject.zone_ids.items()
    ]
    for start in range(0, len(units), CHUNK):
        part = slice(start, start + CHUNK)
        pack = Pack()
        pack.put("start", start)
        pack.texts("id", units["unit_id"].iloc[part])
        pack.column("grid", grid[part], delta=True)
        pack.column("households", units["households"].iloc[part])
        pack.column("block", block[part])
        for i, column in enumerate(zones):
            pack.column(f"zone.{i}", column[part], delta=True)
        put_shapes(pack, "cell", subject.cells[part], subject.lattice)
        yield pack


def _blocks(units: gpd.GeoDataFrame, blocks: Mapping[str, str]) -> Ints:
    """Number the blocks of the units, each in its community, from 1; 0 for a unit without."""
    columns = zip(units["unit_id"], units["community_code"], strict=True)
    keys = [(home, blocks[unit]) if unit in blocks else None for unit, home in columns]
    number = {key: i for i, key in enumerate(dict.fromkeys(k for k in keys if k is not None), 1)}
    return np.array([0 if key is None else number[key] for key in keys], dtype=np.int64)


def edge_pack(subject: Subject) -> Pack:
    """Neighbouring units as pairs of positions, sorted."""
    index = pd.Index(subject.units["unit_id"])
    pairs = subject.details.pairs
    a, b = index.get_indexer(pairs["a"]), index.get_indexer(pairs["b"])
    there = (a >= 0) & (b >= 0) & (a != b)
    low, high = np.minimum(a, b)[there], np.maximum(a, b)[there]
    order = np.lexsort((high, low))
    pack = Pack()
    pack.column("a", low[order], delta=True)
    pack.column("b", (high - low)[order])
    metres = pairs["shared_m"].to_numpy(dtype=np.float64)[there][order]
    pack.column("m", np.rint(metres / BORDER_STEP_M).astype(np.int64))
    return pack


def building_packs(subject: Subject) -> Iterator[Pack]:
    """Footprints, a chunk at a time; none where they are the cells themselves."""
    layer = subject.backdrop.buildings
    if layer is None or not len(layer):
        return
    layer = layer[shapely.get_dimensions(geometries(layer)) == 2]
    units = subject.units
    if "unit_id" in layer:
        if float(layer.area.sum()) > SAME_GROUND * float(units.area.sum()):
            return
        owner = _places(layer["unit_id"], units["unit_id"])
        order = np.argsort(owner, kind="stable")
        order = order[owner[order] >= 0]
        yield from _footprints(subject, layer.iloc[order], owner[order], None)
        return
    placed = subject.plan.extra.get("buildings", layer)
    placed = placed[shapely.get_dimensions(geometries(placed)) == 2]
    columns = [c for c in ("grid_code", "building_id") if c in placed]
    placed = placed.sort_values(columns, kind="stable") if columns else placed
    grid = np.full(len(placed), -1, dtype=np.int64)
    if "grid_code" in placed:
        grid = _places(placed["grid_code"], subject.grids["grid_code"])
    yield from _footprints(subject, placed, None, grid)


def _footprints(
    subject: Subject, layer: gpd.GeoDataFrame, unit: Ints | None, grid: Ints | None
) -> Iterator[Pack]:
    shapes = _plain(layer, subject.detail.fine_m)
    for start in range(0, len(layer), CHUNK):
        part = slice(start, start + CHUNK)
        pack = Pack()
        if unit is not None:
            pack.column("unit", unit[part], delta=True)
        elif grid is not None:
            pack.column("grid", grid[part], delta=True)
            named = layer.iloc[part]
            pack.texts("id", named["building_id"] if "building_id" in named else [""] * len(named))
        put_shapes(pack, "shape", shapes[part], subject.lattice)
        yield pack


def zone_pack(subject: Subject) -> Pack:
    """Borders of every jurisdiction layer, each once: as given, else dissolved from the units."""
    pack = Pack()
    for i, (layer, ids) in enumerate(subject.zone_ids.items()):
        given = subject.backdrop.zones.get(layer)
        if given is not None and "zone_id" in given:
            given = given[given["zone_id"].notna()].sort_values("zone_id", kind="stable")
            names, shapes = given["zone_id"].astype(str).tolist(), geometries(given)
        else:
            names, shapes = ids, _dissolved(subject.cells, subject.units, layer, ids)
        pack.texts(f"names.{i}", names)
        lines = shapely.simplify(border_network(shapes), subject.detail.zones_m)
        put_shapes(pack, f"shape.{i}", np.asarray(lines, dtype=object), subject.lattice)
        spots, radius = label_spots(shapes, subject.lattice)
        pack.column(f"spot.x.{i}", spots[:, 0], delta=True)
        pack.column(f"spot.y.{i}", spots[:, 1], delta=True)
        pack.column(f"spot.r.{i}", radius)
    return pack


def _dissolved(
    cells: Geometries, units: gpd.GeoDataFrame, layer: str, ids: list[str]
) -> Geometries:
    members = units.groupby(layer, sort=True).indices
    merged = [shapely.coverage_union_all(cells[members[zone]]) for zone in ids]
    shapes = np.empty(len(ids), dtype=object)
    shapes[:] = merged
    return shapes


def place_pack(subject: Subject) -> Pack:
    """Findings at their places, facilities and institutions."""
    pack = Pack()
    findings = subject.details.shown()
    unit = _places(pd.Series([f.place for f in findings], dtype=object), subject.units["unit_id"])
    grid = _places(pd.Series([f.place for f in findings], dtype=object), subject.grids["grid_code"])
    home = _places(
        pd.Series([f.community_code or f.place for f in findings], dtype=object),
        subject.communities["community_code"],
    )
    pack.texts("finding.severity", [f.severity.value for f in findings])
    pack.texts("finding.message", [f.message for f in findings])
    pack.texts("finding.message_zh", [chinese(f.kind, f.message) or "" for f in findings])
    pack.column("finding.unit", unit)
    pack.column("finding.grid", grid)
    pack.column("finding.community", home)
    for name, key in (("facility", "facilities"), ("institution", "institutions")):
        _put_objects(pack, name, subject.plan.extra.get(key), subject)
    return pack


def _put_objects(pack: Pack, name: str, layer: gpd.GeoDataFrame | None, subject: Subject) -> None:
    if layer is None:
        columns = [f"{name}_id", "name", "kind", "grid_code"]
        layer = gpd.GeoDataFrame({c: [] for c in columns}, geometry=[])
    layer = layer.sort_values(["grid_code", f"{name}_id"], kind="stable")
    names = layer["name"].fillna("") if "name" in layer else pd.Series("", index=layer.index)
    pack.texts(f"{name}.name", names.where(names != "", layer[f"{name}_id"]).tolist())
    pack.column(f"{name}.grid", _places(layer["grid_code"], subject.grids["grid_code"]), delta=True)
    spots = shapely.point_on_surface(geometries(layer))
    xy = np.array([shapely.get_x(spots), shapely.get_y(spots)], dtype=np.float64).T
    xy = np.where(np.isfinite(xy), xy, (subject.lattice.x0, subject.lattice.y0))
    places = subject.lattice.places(xy.reshape(-1, 2))
    pack.column(f"{name}.x", places[:, 0], delta=True)
    pack.column(f"{name}.y", places[:, 1], delta=True)
    shapes = geometries(layer)
    outlines = shapes.copy()
    outlines[shapely.get_dimensions(shapes) != 2] = None
    outlines = shapely.simplify(outlines, subject.detail.coarse_m)
    put_shapes(pack, f"{name}.shape", np.asarray(outlines, dtype=object), subject.lattice)


def packs(subject: Subject) -> Iterator[tuple[str, Pack]]:
    """Every pack of the page by its kind, in the order in which they are opened."""
    yield "first", first_pack(subject)
    yield "ground", ground_pack(subject)
    for pack in unit_packs(subject):
        yield "units", pack
    yield "edges", edge_pack(subject)
    for pack in building_packs(subject):
        yield "buildings", pack
    yield "zones", zone_pack(subject)
    yield "places", place_pack(subject)
