"""Layers of the land: district, streets, communities, zones, water, green, compounds."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan.sample.kinds import PREMISES, Floats, Ints, Use
from gridplan.sample.lots import (
    ISLAND_HALF_M,
    Island,
    lot_centres,
    oval_outlines,
    rect_outlines,
    uses_of,
)
from gridplan.sample.names import numbered, place_names
from gridplan.sample.plots import Plots
from gridplan.sample.shapes import Ground, dissolve
from gridplan.sample.zones import ZoneLabels, zone_table

CRS = "EPSG:4547"  # CGCS2000 / 3-degree Gauss-Kruger CM 114E, metres, six-digit eastings
SMALL_COMPOUND = 200  # households up to which the buildings of a compound are one block
OVERHANG_M = 260.0  # how far a river is drawn beyond the city


def frame(columns: dict[str, Any], geometry: Floats) -> gpd.GeoDataFrame:
    """Make a layer in the project's CRS."""
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)


def island_outline(ground: Ground, island: Island) -> Floats:
    """Outline the island's shore as an array of one polygon."""
    half_u, half_v = (np.array([half]) for half in ISLAND_HALF_M)
    at_u, at_v = np.array([island.u]), np.array([island.v])
    return oval_outlines(ground.warp, at_u, at_v, half_u, half_v, power=0.75, points=48)


def community_layers(
    ground: Ground, plots: Plots, island: Floats, owner: int, seed: int
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Communities in patch order, streets, districts: code, name, name_en, polygons."""
    patches = ground.layout.patches
    codes = _codes(patches.street, patches.district)
    owners = plots.community[plots.table["block"]]
    labels = np.where(plots.plot_of >= 0, owners[plots.plot_of], -1)
    land = _with_island(ground, labels, island, owner)
    names = place_names(len(codes), seed, theme=1)
    communities = frame(
        {
            "community_code": codes["community"],
            "name": names[0] + "社区",
            "name_en": names[1] + " Community",
            "street_code": codes["street"],
        },
        land,
    )
    towns = []
    for level, theme, zh, en in (
        ("street", 2, "街道", " Street"),
        ("district", 3, "区", " District"),
    ):
        index, first = np.unique(codes[level], return_inverse=True)
        parent = np.where(labels >= 0, first[labels], -1)
        shape = _with_island(ground, parent, island, int(first[owner]))
        zh_names, en_names = place_names(len(index), seed, theme=theme)
        towns.append(
            frame({f"{level}_code": index, "name": zh_names + zh, "name_en": en_names + en}, shape)
        )
    return communities, towns[0], towns[1]


def _with_island(ground: Ground, labels: Ints, island: Floats, owner: int) -> Floats:
    extra = (island, np.full(len(island), owner))
    return dissolve(ground, labels, extra)[1]


def _codes(street: Ints, district: Ints) -> pd.DataFrame:
    """Codes of six, nine and twelve digits: district, street 001…, community 001…."""
    office = pd.DataFrame({"street": street, "district": district})
    county = 990001 + 100 * (district // 99 + 1) + district % 99
    first = office.drop_duplicates("street").sort_values(["district", "street"])
    first["rank"] = first.groupby("district").cumcount() + 1
    rank = office["street"].map(first.set_index("street")["rank"])
    seat = office.groupby("street").cumcount().to_numpy() + 1
    code = pd.Series(county.astype(str))
    town = code + rank.astype(str).str.zfill(3)
    return pd.DataFrame(
        {
            "district": code,
            "street": town,
            "community": town + pd.Series(seat).astype(str).str.zfill(3),
        }
    )


def zone_layers(
    ground: Ground, plots: Plots, zones: ZoneLabels, island: Floats, at: int
) -> dict[str, gpd.GeoDataFrame]:
    """Draw the five layers that cover the district; the island goes with plot ``at``."""
    layers = {}
    for name, label in vars(zones).items():
        painted = np.where(plots.plot_of >= 0, label[plots.plot_of], -1)
        count = int(label.max()) + 1
        # The people of an island are a residents' group of their own.
        own = count if name == "residents_groups" else int(label[at])
        shape = dissolve(ground, painted, (island, np.full(len(island), own)))[1]
        layers[name] = frame(dict(zone_table(name, len(shape))), shape)
    return layers


def compound_layer(
    ground: Ground, lots: pd.DataFrame, buildings: pd.DataFrame, seed: int
) -> gpd.GeoDataFrame:
    """Walled compounds by lot: zone_id, name, name_en, company, households, lot, polygon."""
    households = np.bincount(buildings["lot"], buildings["households"], len(lots))
    held = np.flatnonzero(lots["gated"].to_numpy() & (households > 0))
    big = uses_of(lots)[held] == Use.BIG_COMPOUND
    ids = numbered("C", np.arange(1, len(held) + 1), max(4, len(str(len(held)))))
    zh, en = place_names(len(held), seed, theme=4)
    rng = np.random.default_rng([seed, 12])
    firms = max(3, len(held) // 8)
    firm_zh, firm_en = place_names(firms, seed, theme=5)
    firm = rng.integers(0, firms, len(held))
    ending = rng.integers(0, 3, len(held))
    chosen = lots.iloc[held]
    return frame(
        {
            "zone_id": np.where(big, "CX-BIG", ids),
            "name": zh + np.array(["花园", "家园", "苑"], object)[ending],
            "name_en": en + np.array([" Gardens", " Homes", " Court"], object)[ending],
            "company": firm_zh[firm] + "物业",
            "company_en": firm_en[firm] + " Property Services",
            "households": households[held].astype(np.int64),
            "lot": held,
        },
        _outline(ground, chosen),
    )


def _outline(ground: Ground, lots: pd.DataFrame) -> Floats:
    corners = (lots[c].to_numpy() for c in ("u0", "u1", "v0", "v1"))
    return rect_outlines(ground.warp, *corners)


def premises(ground: Ground, lots: pd.DataFrame, corridor: Any) -> tuple[Ints, Floats]:
    """Institutional lots and their land: main lot with playing field, less the avenue."""
    use = uses_of(lots)
    held = np.flatnonzero(np.isin(use, list(PREMISES)))
    land = lots.iloc[held].copy()
    fields = lots[use == -1].set_index("plot")["u0"].reindex(land["plot"]).to_numpy()
    land["u0"] = np.fmin(land["u0"].to_numpy(), fields)
    shape = _outline(ground, land)
    cut = shapely.intersects(shape, corridor)
    shape[cut] = _largest(shapely.difference(shape[cut], corridor))
    return held, shape


def _largest(shapes: Floats) -> Floats:
    """Largest part of every shape."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    order = np.lexsort((-shapely.area(parts), owner))
    first = order[np.unique(owner[order], return_index=True)[1]]
    return np.asarray(parts[first])


def green_layer(ground: Ground, lots: pd.DataFrame) -> gpd.GeoDataFrame:
    """Parks and playing fields: green_id, kind, polygons."""
    use = uses_of(lots)
    park, field = lots[use == Use.PARK], lots[use == -1]
    wide = (field["u1"] - field["u0"]).to_numpy() / 2 - 4
    tall = (field["v1"] - field["v0"]).to_numpy() / 2 - 6
    u, v = lot_centres(field)
    half_u, half_v = np.minimum(wide, 42.0), np.minimum(tall, 75.0)
    ovals = oval_outlines(ground.warp, u, v, half_u, half_v, power=0.55, points=32)
    shape = np.concatenate([_outline(ground, park), ovals])
    return frame(
        {
            "green_id": numbered("G", np.arange(1, len(shape) + 1), max(4, len(str(len(shape))))),
            "kind": np.repeat(["park", "playing_field"], [len(park), len(ovals)]),
        },
        shape,
    )


def water_layer(
    ground: Ground, lots: pd.DataFrame, island: Floats, corridor: Any, seed: int
) -> gpd.GeoDataFrame:
    """Rivers from bank to bank, without the island, and ponds in parks: water_id, kind, name."""
    rivers = _rivers(ground)
    if len(island):
        rivers = shapely.difference(rivers, island[0])
    park = lots[uses_of(lots) == Use.PARK]
    u, v = lot_centres(park)
    half_u = (park["u1"] - park["u0"]).to_numpy() * 0.26
    half_v = (park["v1"] - park["v0"]).to_numpy() * 0.2
    ponds = oval_outlines(
        ground.warp, u + half_u * 0.5, v + half_v * 0.7, half_u, half_v, power=1.0, points=28
    )
    ponds = ponds[~shapely.intersects(ponds, corridor)]
    zh, en = place_names(len(rivers) + len(ponds), seed, theme=6)
    river = np.arange(len(zh)) < len(rivers)
    return frame(
        {
            "water_id": numbered("W", np.arange(1, len(zh) + 1), max(3, len(str(len(zh))))),
            "kind": np.where(river, "river", "pond"),
            "name": zh + np.where(river, "河", "池").astype(object),
            "name_en": en + np.where(river, " River", " Pond").astype(object),
        },
        np.concatenate([rivers, ponds]),
    )


def _rivers(ground: Ground) -> Floats:
    """One polygon a river; its banks are the very vertices of the land."""
    layout = ground.layout
    steps = np.linspace(OVERHANG_M, 0.0, 6, endpoint=False)
    rings = []
    for wet in layout.river_rows:
        banks = []
        for row in (wet, wet + 1):
            v = np.full(len(steps), layout.v[row])
            west = ground.warp(layout.u[0] - steps, v)
            east = ground.warp(layout.u[-1] + steps[::-1], v)
            banks.append(np.concatenate([west, ground.nodes[row], east]))
        rings.append(shapely.polygons(np.concatenate([banks[0], banks[1][::-1]])))
    return np.array(rings, object)
