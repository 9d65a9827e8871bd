"""The invented city: sound, seeded, and with every hard case that it promises."""

import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from gridplan.errors import ConfigError
from gridplan.sample import City, config_text, make_city, write_city
from gridplan.sample.write import duties_text

ROOT = Path(__file__).parent.parent
ZONES = ("residents_groups", "sanitation", "health", "police", "school")
COVERAGES = ("districts", "streets", "communities", *ZONES)


@pytest.fixture(scope="module", params=[(8, 0), (30, 3)], ids=["small", "larger"])
def city(request: pytest.FixtureRequest) -> City:
    """Two cities: the committed one, and a larger one of another seed."""
    communities, seed = request.param
    return make_city(communities=communities, seed=seed)


@pytest.fixture(scope="module")
def small() -> City:
    """Draw the city that ships with the project."""
    return make_city()


def case(city: City, name: str) -> "pd.Series[str]":
    """One planted case."""
    return city.planted.set_index("case").loc[name]


def households_within(city: City, land: object) -> int:
    """Households of the buildings inside some land."""
    inside = shapely.within(city.buildings.representative_point().to_numpy(), land)
    return int(city.buildings["households"][inside].sum())


@pytest.mark.parametrize("layer", COVERAGES)
def test_coverages_are_clean(city: City, layer: str) -> None:
    """Polygons of a layer share their borders vertex for vertex and none overlap."""
    shapes = getattr(city, layer).geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)


@pytest.mark.parametrize("layer", COVERAGES)
def test_coverages_have_the_same_land(city: City, layer: str) -> None:
    """Every layer that covers the district covers exactly the communities' land."""
    land = shapely.coverage_union_all(city.communities.geometry.to_numpy())
    mine = shapely.coverage_union_all(getattr(city, layer).geometry.to_numpy())
    assert shapely.symmetric_difference(land, mine).area == pytest.approx(0.0, abs=1e-3)


def test_residents_groups_nest_and_others_cross(city: City) -> None:
    """Residents' groups lie in one community each; every other layer crosses some border."""
    land = city.communities.geometry.to_numpy()
    for layer in ZONES:
        shapes = getattr(city, layer).geometry.to_numpy()
        tree = shapely.STRtree(land)
        zone, other = tree.query(shapes, predicate="intersects")
        shared = shapely.area(shapely.intersection(shapes[zone], land[other])) > 1.0
        crossing = (np.bincount(zone[shared]) > 1).sum()
        assert crossing == 0 if layer == "residents_groups" else crossing > 0, layer


def test_streets_nest(city: City) -> None:
    """Codes have 6, 9 and 12 digits, each begins with its parent's, and polygons follow them."""
    code = city.communities["community_code"]
    assert code.is_unique
    assert code.str.fullmatch(r"99\d{10}").all()
    assert (code.str[:9] == city.communities["street_code"]).all()
    assert set(code.str[:9]) == set(city.streets["street_code"])
    assert set(code.str[:6]) == set(city.districts["district_code"])
    parent = city.streets.set_index("street_code").geometry.loc[code.str[:9]].to_numpy()
    assert shapely.covers(parent, city.communities.geometry.to_numpy()).all()


def test_buildings_touch_nothing(city: City) -> None:
    """Buildings lie in their community, clear of each other, of water, rails and roads."""
    shapes = city.buildings.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    home = city.communities.set_index("community_code").geometry
    assert shapely.covered_by(shapes, home.loc[city.buildings["community_code"]].to_numpy()).all()
    tree = shapely.STRtree(shapes)
    first, second = tree.query(shapes, predicate="intersects")
    assert list(first) == list(second)
    widths = city.roads["width_m"].to_numpy() / 2
    roads = shapely.buffer(city.roads.geometry.to_numpy(), widths, cap_style="flat")
    rails = shapely.buffer(city.railway.geometry.to_numpy(), 8.0)
    for barrier in (city.water.geometry.to_numpy(), roads, rails):
        assert tree.query(barrier, predicate="intersects").size == 0


def test_roads_are_of_every_class(city: City) -> None:
    """There are lanes to arterials, bridges and underpasses, and the ways are simple lines."""
    assert set(city.roads["road_class"]) == {"lane", "local", "collector", "arterial"}
    assert {"bridge", "underpass"} <= set(city.roads["structure"])
    assert shapely.is_simple(city.roads.geometry.to_numpy()).all()
    assert city.roads["road_id"].is_unique
    assert not city.roads["name"].isna().any()


def test_compounds_hold_their_buildings(city: City) -> None:
    """Compounds lie apart, hold their buildings and count their households."""
    compounds = city.property.set_index("zone_id")
    shapes = compounds.geometry.to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert list(one) == list(other)
    gated = city.buildings.dropna(subset="compound_id")
    walls = compounds.geometry.loc[gated["compound_id"]].to_numpy()
    assert shapely.covered_by(gated.geometry.to_numpy(), walls).all()
    counted = gated.groupby("compound_id")["households"].sum().reindex(compounds.index)
    assert (counted == compounds["households"]).all()


def test_small_compounds_are_blocks(city: City) -> None:
    """Compounds of up to 200 households, and no others, are to be kept together."""
    small_ones = city.property.loc[city.property["households"] <= 200, "zone_id"]
    assert set(city.buildings["block_id"].dropna()) == set(small_ones)


def test_register_adds_up(city: City) -> None:
    """The register's stairwells are the buildings' and add up to their households."""
    buildings = city.buildings.set_index("building_id")
    by_building = city.register.groupby("building_id")
    lived = buildings[buildings["stairwells"] > 0]
    assert (by_building["households"].sum().reindex(lived.index) == lived["households"]).all()
    assert (by_building.size().reindex(lived.index) == lived["stairwells"]).all()
    assert set(city.register["building_id"]) == set(lived.index)
    assert (buildings.loc[buildings["stairwells"] == 0, "households"] == 0).all()
    for column in ("elderly", "rental", "low_income"):
        assert (city.register[column] <= city.register["households"]).all()


def test_community_totals(city: City) -> None:
    """Households of the communities are those of their buildings."""
    counted = city.buildings.groupby("community_code")["households"].sum()
    named = city.communities.set_index("community_code")["households"]
    assert counted.reindex(named.index).to_list() == named.to_list()


def test_ids_are_unique_text(city: City) -> None:
    """Every layer has a first column of unique texts."""
    for name, layer in city.layers().items():
        key = layer.iloc[:, 0]
        assert all(isinstance(value, str) for value in key), name
        assert key.is_unique, name


def test_facilities_lie_in_communities(city: City) -> None:
    """No facility stands in the river or beyond the district."""
    tree = shapely.STRtree(city.communities.geometry.to_numpy())
    hits = tree.query(city.facilities.geometry.to_numpy(), predicate="within")[0]
    assert len(set(hits)) == len(city.facilities)


def test_tower_above_max(city: City) -> None:
    """One building is above 500 households and has stairwells below 500 to divide it by."""
    tower = city.buildings.loc[city.buildings["households"] > 500].squeeze()
    assert tower["building_id"] == case(city, "tower-over-max")["id"] == "BX-TOWER-1"
    assert city.stairwells["households"].sum() == tower["households"]
    assert len(city.stairwells) == tower["stairwells"] > 1


def test_compound_above_max(city: City) -> None:
    """One compound is above 500 households, and it is the planted one."""
    large = city.property[city.property["households"] > 500]
    assert list(large["zone_id"]) == ["CX-BIG"]
    assert case(city, "compound-over-max")["id"] == "CX-BIG"


def test_community_below_min(city: City) -> None:
    """One community has households, but fewer than a grid needs."""
    few = city.communities[city.communities["households"].between(1, 249)]
    assert list(few["community_code"]) == [case(city, "community-under-min")["id"]]


def test_port_only_in_larger_cities(city: City) -> None:
    """From twelve communities on, one has no households at all."""
    empty = city.communities.loc[city.communities["households"] == 0, "community_code"]
    wanted = city.planted.loc[city.planted["case"] == "community-empty", "id"]
    assert list(empty) == list(wanted)
    assert len(empty) == (1 if len(city.communities) >= 12 else 0)


def test_island_needs_its_bridge(city: City) -> None:
    """The island is a part of its community with too few households, in water, and linked."""
    planted = case(city, "island")
    land = city.communities.set_index("community_code").geometry[planted["community_code"]]
    mine = city.buildings.set_index("building_id").geometry[planted["id"]]
    island = next(part for part in shapely.get_parts(land) if part.contains(mine))
    assert 0 < households_within(city, island) < 250
    river = city.water.loc[city.water["kind"] == "river"].geometry
    assert any(shapely.covers(shapely.Polygon(shape.exterior), island) for shape in river)
    link = city.links.loc[city.links["kind"] == "bridge"].squeeze()
    ends = city.buildings.set_index("building_id").loc[[link["a"], link["b"]]]
    assert list(ends["community_code"]) == [planted["community_code"]] * 2
    assert shapely.contains(island, ends.geometry.to_numpy()).tolist() == [True, False]


def test_enclave_is_a_hole(city: City) -> None:
    """The enclave lies in a hole of another community and holds one grid's households."""
    code = case(city, "enclave")["id"]
    shapes = city.communities.set_index("community_code").geometry
    parts = shapely.get_parts(shapes[code])
    holes = [shapely.Polygon(r) for s in shapes for p in shapely.get_parts(s) for r in p.interiors]
    inside = [part for part in parts for hole in holes if hole.equals(part)]
    assert len(parts) == 2
    assert len(inside) == 1
    assert 250 <= households_within(city, inside[0]) <= 500


def test_rail_pocket_needs_its_underpass(city: City) -> None:
    """The railway cuts fewer than 250 households off a community; a link joins them."""
    code = case(city, "rail-pocket")["id"]
    land = city.communities.set_index("community_code").geometry[code]
    rails = shapely.union_all(city.railway.geometry.to_numpy())
    pieces = shapely.get_parts(shapely.polygonize([shapely.union(shapely.boundary(land), rails)]))
    mine = sorted(households_within(city, piece) for piece in pieces if land.covers(piece.centroid))
    assert len(mine) == 2
    assert 0 < mine[0] < 250 < mine[1]
    link = city.links.loc[city.links["kind"] == "underpass"].squeeze()
    ends = city.buildings.set_index("building_id").geometry[[link["a"], link["b"]]]
    assert shapely.crosses(shapely.LineString([p.centroid for p in ends]), rails)


def test_institutions_from_kiosk_to_campus(city: City) -> None:
    """Premises range from a kiosk to hectares; one is temporary, one has no responsible body."""
    found = city.institutions.set_index("institution_id")
    assert {"kiosk", "market", "primary_school", "campus"} <= set(found["kind"])
    assert found["area_m2"].min() < 30
    assert found["area_m2"].max() > 10_000
    assert list(found.index[found["permanent"] == 0]) == ["IX-TEMPORARY"]
    assert list(found.index[found["body"].isna()]) == ["IX-NOBODY"]


def test_staff_has_its_gaps(city: City) -> None:
    """One community lacks workers and cleaners; in another one person is down for three grids."""
    staff = city.staff.groupby(["communities", "role"]).size().unstack(fill_value=0)
    households = city.communities.set_index("community_code")["households"].reindex(staff.index)
    fewest, usual = np.ceil(households / 500), np.maximum(1, np.round(households / 375))
    short, shared = case(city, "staff-short")["id"], case(city, "staff-shared")["id"]
    workers = staff["grid_worker"]
    assert workers[short] == fewest[short] - 1
    assert staff.loc[short, "cleaner"] == 0
    assert workers[shared] == max(1, fewest[shared] - 2)
    assert (workers >= usual).drop([short, shared]).all()
    triple = city.staff[city.staff["grids"] == 3]
    assert list(triple["communities"]) == [shared]


def test_one_duty_has_no_role(city: City) -> None:
    """The catalogue has one item that nobody answers for, in the community that is planted."""
    items = tomllib.loads(duties_text(city))["items"]
    bare = [key for key, item in items.items() if not item["roles"]]
    planted = case(city, "duty-without-role")
    assert bare == [planted["id"]]
    assert items[planted["id"]]["communities"] == [planted["community_code"]]


def test_staff_zones_exist(city: City) -> None:
    """Every zone that staff are tied to is a zone of its layer."""
    named = city.staff["zones"].dropna().str.split(":", expand=True)
    for layer, ids in named.groupby(0)[1]:
        assert set(ids) <= set(getattr(city, layer)["zone_id"])
    assert set(named[0]) == {"police", "residents_groups", "sanitation"}


def test_same_seed_same_bytes(small: City, tmp_path: Path) -> None:
    """The same seed writes the same bytes, and another seed another city."""
    write_city(small, tmp_path / "a")
    write_city(make_city(), tmp_path / "b")
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == [
        "city.gpkg", "duties.toml", "planted.csv", "register.csv", "staff.csv", "stairwells.csv"
    ]  # fmt: skip
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    assert not make_city(seed=1).buildings.geometry.equals(small.buildings.geometry)


def test_committed_sample_is_current(small: City) -> None:
    """``data/samples`` and ``configs/sample.toml`` are what the generator draws today."""
    folder = ROOT / "data" / "samples"
    for name, table in small.tables().items():
        kept = (folder / f"{name}.csv").read_bytes().decode("utf-8-sig")
        assert kept == table.to_csv(index=False, lineterminator="\n"), name
    for name, layer in small.layers().items():
        kept = pyogrio.read_dataframe(folder / "city.gpkg", layer=name)
        assert list(kept.columns) == list(layer.columns), name
        assert list(kept.iloc[:, 0]) == list(layer.iloc[:, 0]), name
        apart = shapely.hausdorff_distance(kept.geometry.values, layer.geometry.values)
        assert (apart < 0.01).all(), name
    config = (ROOT / "configs" / "sample.toml").read_text(encoding="utf-8")
    assert config == config_text(small, "../data/samples")
    assert (folder / "duties.toml").read_text(encoding="utf-8") == duties_text(small)


def test_committed_sample_is_small(small: City) -> None:
    """The committed city keeps to its size: 3 MB, 6-10 communities, about 20,000 households."""
    size = sum(path.stat().st_size for path in (ROOT / "data" / "samples").iterdir())
    assert size <= 3_000_000
    assert 6 <= len(small.communities) <= 10
    assert 18_000 <= small.buildings["households"].sum() <= 22_000


def test_files_read_back(small: City, tmp_path: Path) -> None:
    """Every layer keeps its CRS and its Chinese names; tables begin with a BOM."""
    write_city(small, tmp_path)
    assert {name for name, _ in pyogrio.list_layers(tmp_path / "city.gpkg")} == set(small.layers())
    back = gpd.read_file(tmp_path / "city.gpkg", layer="communities")
    assert back.crs.to_epsg() == 4547
    assert list(back["name"]) == list(small.communities["name"])
    for name in small.tables():
        assert (tmp_path / f"{name}.csv").read_bytes().startswith(b"\xef\xbb\xbf"), name


@pytest.mark.parametrize(
    ("sizes", "units", "communities"),
    [({"units": 5_000}, 5_000, 87), ({"units": 4_000, "communities": 20}, 4_000, 20)],
)
def test_sizes_are_met(sizes: dict[str, int], units: int, communities: int) -> None:
    """A city has the communities asked for, and the buildings to within 15 %."""
    made = make_city(**sizes)
    assert len(made.communities) == communities
    assert len(made.buildings) == pytest.approx(units, rel=0.15)


def test_households_are_met() -> None:
    """A city has about the households asked for."""
    made = make_city(households=100_000)
    assert made.buildings["households"].sum() == pytest.approx(100_000, rel=0.15)


def test_large_city_is_sound() -> None:
    """Twenty thousand buildings take seconds; codes stay unique and coverages clean."""
    made = make_city(units=20_000, seed=5)
    assert made.communities["community_code"].is_unique
    assert made.buildings["building_id"].is_unique
    assert shapely.coverage_is_valid(made.communities.geometry.to_numpy())
    shapes = made.buildings.geometry.to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert list(one) == list(other)


@pytest.mark.parametrize("communities", [1, 2, 5])
def test_tiny_city_has_no_planted_cases(communities: int, tmp_path: Path) -> None:
    """A city below eight communities is written all the same, without the hard cases."""
    made = make_city(communities=communities)
    write_city(made, tmp_path)
    assert len(made.communities) == communities
    assert made.buildings["households"].between(0, 500).all()
    assert made.planted.empty
    assert made.links.empty


@pytest.mark.parametrize(
    ("sizes", "word"),
    [
        ({"communities": 0}, "communities: 0"),
        ({"units": -5}, "units: -5"),
        ({"units": 10, "households": 10}, "one of them"),
        ({"communities": 5, "planted": True}, "at least 8"),
        ({"communities": 9, "port": True}, "at least 12"),
    ],
)
def test_bad_sizes_are_named(sizes: dict[str, int], word: str) -> None:
    """A size that cannot be made is an error that names it."""
    with pytest.raises(ConfigError, match=word):
        make_city(**sizes)
