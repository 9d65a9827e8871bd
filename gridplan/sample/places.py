"""Institutions from kiosk to campus, and the facilities of the streets."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan.sample.kinds import PREMISES, Floats, Use, Way
from gridplan.sample.land import frame, premises
from gridplan.sample.lots import uses_of
from gridplan.sample.names import numbered, place_names
from gridplan.sample.network import segment_sides
from gridplan.sample.shapes import Ground

# m2 of floor per employee and per student; responsible body; years.
_CARRIERS = {
    "primary_school": (110.0, 9.0, "教育局", "Education Bureau"),
    "park": (0.0, 0.0, "园林局", "Parks Bureau"),
    "market": (35.0, 0.0, "市场管理公司", "Market Company"),
    "office": (22.0, 0.0, "机关事务局", "Offices Administration"),
    "hospital": (45.0, 0.0, "卫生局", "Health Bureau"),
    "factory": (60.0, 0.0, "工厂管理处", "Works Management"),
    "campus": (140.0, 14.0, "学院办公室", "College Office"),
}
_SMALL = (
    ("bank", "银行", "Bank"),
    ("clinic", "诊所", "Clinic"),
    ("restaurant", "餐馆", "Restaurant"),
    ("convenience_store", "便利店", "Convenience Store"),
    ("kindergarten", "幼儿园", "Kindergarten"),
    ("post_office", "邮局", "Post Office"),
    ("kiosk", "报刊亭", "Kiosk"),
)


def institution_layer(
    ground: Ground,
    lots: pd.DataFrame,
    buildings: gpd.GeoDataFrame,
    corridor: Any,
    *,
    planted: bool,
    seed: int,
) -> gpd.GeoDataFrame:
    """Institutions as premises, from a kiosk's footprint to a campus.

    Columns: institution_id, name, name_en, kind, use, area_m2, floor_area_m2, staff, students,
    permanent (0 or 1), body (responsible body, missing where nobody can carry the duties),
    community_code, polygon.
    """
    large = _large(ground, lots, buildings, corridor)
    small = _small(buildings, seed)
    every = pd.concat([large, small], ignore_index=True)
    zh, en = place_names(len(every), seed, theme=9)
    every["name"] = zh + every["name"].to_numpy()
    every["name_en"] = en + " " + every["name_en"].to_numpy()
    every["area_m2"] = np.round(shapely.area(every.pop("shape").to_numpy()), 1)
    count = len(every)
    every.insert(
        0, "institution_id", numbered("I", np.arange(1, count + 1), max(4, len(str(count))))
    )
    shape = np.concatenate([large["shape"].to_numpy(), small["shape"].to_numpy()])
    if planted:
        _plant(every)
    return frame(dict(every), shape)


def _plant(every: pd.DataFrame) -> None:
    """Plant a market that is not permanent, and works that nobody answers for."""
    for kind, name in (("market", "IX-TEMPORARY"), ("factory", "IX-NOBODY")):
        found = every.index[every["kind"] == kind]
        if len(found):
            every.loc[found[0], "institution_id"] = name
    every.loc[every["institution_id"] == "IX-TEMPORARY", "permanent"] = 0
    every.loc[every["institution_id"] == "IX-NOBODY", "body"] = None


def _large(
    ground: Ground, lots: pd.DataFrame, buildings: gpd.GeoDataFrame, corridor: Any
) -> pd.DataFrame:
    """Institutions with premises of their own."""
    held, shape = premises(ground, lots, corridor)
    floor = np.bincount(buildings["lot"], buildings["floor_area_m2"], len(lots))[held]
    uses = uses_of(lots)[held]
    words = pd.DataFrame([(int(u), *w, *_CARRIERS[w[0]]) for u, w in PREMISES.items()]).set_index(0)
    words.columns = pd.Index(["kind", "zh", "en", "per_staff", "per_student", "body", "body_en"])
    word = words.loc[uses].reset_index(drop=True)
    per_staff, per_student = word["per_staff"].to_numpy(), word["per_student"].to_numpy()
    staff = np.where(per_staff > 0, floor / np.maximum(per_staff, 1), 3).astype(np.int64)
    students = np.where(per_student > 0, floor / np.maximum(per_student, 1), 0).astype(np.int64)
    return pd.DataFrame(
        {
            "name": word["zh"],
            "name_en": word["en"],
            "kind": word["kind"],
            "use": word["kind"].replace({"primary_school": "school", "campus": "school"}),
            "floor_area_m2": np.round(floor, 1),
            "staff": np.maximum(staff, 1),
            "students": students,
            "permanent": 1,
            "body": word["body"],
            "body_en": word["body_en"],
            "community_code": lots["community_code"].to_numpy()[held],
            "shape": shape,
        }
    )


def _small(buildings: gpd.GeoDataFrame, seed: int) -> pd.DataFrame:
    """Institutions in shops and kiosks; their keepers carry the duties."""
    rng = np.random.default_rng([seed, 13])
    shops = (buildings["use_code"] == Use.SHOPS).to_numpy()
    kiosk = buildings["kiosk"].to_numpy()
    held = buildings[shops & (kiosk | (rng.random(len(buildings)) < 0.3))]
    kind = rng.integers(0, len(_SMALL) - 1, len(held))
    kind = np.where(held["kiosk"], len(_SMALL) - 1, kind)
    words = np.array(_SMALL, object)[kind]
    young = words[:, 0] == "kindergarten"
    floor = held["floor_area_m2"].to_numpy()
    return pd.DataFrame(
        {
            "name": words[:, 1],
            "name_en": words[:, 2],
            "kind": words[:, 0],
            "use": np.where(young, "school", "commercial"),
            "floor_area_m2": floor,
            "staff": np.maximum(1, floor // 40).astype(np.int64),
            "students": np.where(young, floor // 8, 0).astype(np.int64),
            "permanent": 1,
            "body": "经营者",
            "body_en": "Shopkeeper",
            "community_code": held["community_code"].to_numpy(),
            "shape": held.geometry.to_numpy(),
        }
    )


def facility_layer(
    ground: Ground, lots: pd.DataFrame, lines: pd.DataFrame, buildings: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Facilities: facility_id, name, name_en, kind, points."""
    points = [
        *_at_roads(ground, lines),
        *_at_lots(ground, lots),
        *_at_buildings(buildings),
    ]
    kind = np.repeat([k for k, _ in points], [len(p) for _, p in points])
    words = pd.DataFrame(_FACILITY_WORDS, columns=["kind", "zh", "en"]).set_index("kind").loc[kind]
    place = np.concatenate([p for _, p in points])
    number = np.arange(1, len(place) + 1)
    nth = pd.Series(kind).groupby(kind).cumcount().add(1).astype(str)
    return frame(
        {
            "facility_id": numbered("F", number, max(5, len(str(len(place))))),
            "name": nth.to_numpy() + "号" + words["zh"].to_numpy(),
            "name_en": words["en"].to_numpy() + " " + nth.to_numpy(),
            "kind": kind,
        },
        shapely.points(place),
    )


_FACILITY_WORDS = (
    ("fire_hydrant", "消火栓", "Fire Hydrant"),
    ("bus_stop", "公交站", "Bus Stop"),
    ("waste_station", "垃圾分类站", "Waste Station"),
    ("public_toilet", "公共厕所", "Public Toilet"),
    ("community_office", "社区居委会", "Community Office"),
    ("health_station", "卫生服务站", "Health Station"),
    ("police_post", "警务室", "Police Post"),
    ("parcel_lockers", "快递柜", "Parcel Lockers"),
)


def _at_roads(ground: Ground, lines: pd.DataFrame) -> list[tuple[str, Floats]]:
    wet = lines["upright"] & lines["start"].isin(ground.layout.river_rows)
    long = lines["stop"] - lines["start"] >= 2
    quiet = lines[(lines["way"] == Way.LOCAL) & long]["geometry"].to_numpy()[::3]
    busy_way = lines["way"].isin([Way.COLLECTOR, Way.ARTERIAL]) & long & ~wet
    busy = lines[busy_way]["geometry"].to_numpy()[1::4]
    return [
        ("fire_hydrant", _inside(ground, quiet, 8.0)),
        ("bus_stop", _inside(ground, busy, 14.0)),
    ]


def _inside(ground: Ground, lines: Floats, metres: float) -> Floats:
    """Points beside roads, on the other side where the first one leads out of the city."""
    right, left = segment_sides(lines, metres), segment_sides(lines, -metres)
    outside = ground.block_at(right) < 0
    return np.where(outside[:, None], left, right)


def _at_lots(ground: Ground, lots: pd.DataFrame) -> list[tuple[str, Floats]]:
    def corner(chosen: pd.DataFrame) -> Floats:
        return ground.warp(chosen["u0"].to_numpy() + 3.0, chosen["v0"].to_numpy() + 3.0)

    use = uses_of(lots)
    return [
        ("waste_station", corner(lots[lots["gated"].to_numpy() | (use == Use.OPEN_SLAB)])),
        ("public_toilet", corner(lots[np.isin(use, [Use.PARK, Use.MARKET])])),
    ]


def _at_buildings(buildings: gpd.GeoDataFrame) -> list[tuple[str, Floats]]:
    """Offices on the ground floor of one building a community, lockers at every ninth."""
    low = buildings[~buildings["kiosk"]].sort_values(
        ["community_code", "households", "building_id"], kind="stable"
    )

    def middle(chosen: gpd.GeoDataFrame) -> Floats:
        inside = shapely.point_on_surface(chosen.geometry.to_numpy())
        return np.asarray(np.round(shapely.get_coordinates(inside), 2))

    first = low.groupby("community_code")
    return [
        ("community_office", middle(first.nth(0))),
        ("health_station", middle(first.nth(1))),
        ("police_post", middle(first.nth(2))),
        ("parcel_lockers", middle(buildings[(buildings["households"] > 0)].iloc[::9])),
    ]
