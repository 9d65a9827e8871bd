"""A look at unknown layers, and the configuration proposed from it."""

import datetime as dt
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from gridplan.config import Config
from gridplan.config.toml import bare, quoted, remark
from gridplan.errors import ConfigError, LayerError
from gridplan.export.shapefile import write_shapefiles
from gridplan.layers.peek import peek
from gridplan.propose import Proposal, propose_config
from gridplan.propose.words import COMMUNITY, HOUSEHOLDS, UNIT, match, tokens

CRS = "EPSG:4547"
HOSTILE = 'a"] = 1\n[solve]\nworkers = 9 # \\ \x07 \u2028 \x7f'


def squares(count: int, size: float = 100.0) -> list[shapely.Polygon]:
    """Lay squares in a row of ten columns."""
    at = np.arange(count)
    x, y = (at % 10) * size, (at // 10) * size
    return list(shapely.box(x, y, x + size, y + size))


def layer(path: Path, name: str, columns: dict[str, object], shapes: list[object]) -> None:
    """Add a layer to a GeoPackage."""
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)
    pyogrio.write_dataframe(frame, path, layer=name, append=path.exists())


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """Give a Chinese street office in one file, the six jurisdictions among its layers."""
    path = tmp_path / "street.gpkg"
    layer(
        path,
        "社区",
        {"社区代码": ["110101001001", "110101001002"], "社区名称": ["东里", "西里"]},
        squares(2, 1000),
    )
    layer(path, "街道", {"街道代码": ["110101001"], "街道名称": ["示范街道"]}, squares(1, 5000))
    layer(
        path,
        "楼栋",
        {
            "楼栋编号": [f"L{i:03}" for i in range(60)],
            "楼层数": [6] * 60,
            "户籍人口": list(range(60, 120)),
            "户籍户数": [20 + i % 7 for i in range(60)],
            "小学": [f"第{1 + i % 3}小学" for i in range(60)],
        },
        squares(60),
    )
    for name, count in (("居民小组", 12), ("物业小区", 20), ("环卫执法片区", 3)):
        layer(path, name, {"编号": [f"Z{i}" for i in range(count)]}, squares(count))
    for name, count in (("社区卫生服务范围", 2), ("派出所辖区", 2)):
        layer(path, name, {"编号": [f"Z{i}" for i in range(count)]}, squares(count))
    line = shapely.LineString([(0, 0), (900, 900)])
    layer(path, "道路", {"道路名称": ["中山路"], "等级": ["主干路"]}, [line])
    layer(path, "铁路", {"名称": ["京张"]}, [line])
    layer(path, "公共设施", {"名称": ["邮局"], "类型": ["邮政"]}, [shapely.Point(5, 5)])
    return path


def loaded(proposal: Proposal, folder: Path) -> Config:
    """Load a proposal that has no blanks."""
    assert proposal.missing == ()
    return Config.parse(proposal.text, folder / "gridplan.toml")


def test_street_office_is_understood(street: Path) -> None:
    """Every layer of a Chinese street office gets its role, with id, name and households."""
    config = loaded(propose_config(street), street.parent)
    assert (config.project.name, config.project.language) == ("示范街道", "zh")
    assert config.project.crs == CRS
    assert config.inputs.communities.layer == "社区"
    assert config.inputs.communities.code == "社区代码"
    assert config.inputs.communities.name == "社区名称"
    assert config.inputs.streets is not None
    assert config.inputs.streets.code == "街道代码"
    units = config.inputs.units
    assert (units.layer, units.id, units.households) == ("楼栋", "楼栋编号", "户籍户数")
    assert units.household_basis == "registered"
    zones = config.inputs.zones
    assert {name: zone.layer for name, zone in zones.items()} == {
        "residents": "居民小组",
        "property": "物业小区",
        "sanitation": "环卫执法片区",
        "health": "社区卫生服务范围",
        "police": "派出所辖区",
        "school": None,
    }
    assert zones["school"].column == "小学"
    assert {name: barrier.layer for name, barrier in config.inputs.barriers.items()} == {
        "roads": "道路",
        "rail": "铁路",
    }
    assert config.inputs.roads is not None
    assert (config.inputs.roads.name, config.inputs.roads.class_) == ("道路名称", "等级")
    assert config.inputs.facilities is not None
    assert (config.inputs.facilities.name, config.inputs.facilities.kind) == ("名称", "类型")


def test_modes_are_those_of_the_design_and_said_to_be_ours(street: Path) -> None:
    """Proposed modes and weights are the documented ones, and no office's rule."""
    proposal = propose_config(street)
    zones = loaded(proposal, street.parent).inputs.zones
    assert {name: (zone.mode, zone.weight) for name, zone in zones.items()} == {
        "residents": ("soft", 2.0),
        "property": ("whole", 1.0),
        "sanitation": ("soft", 1.0),
        "health": ("soft", 1.0),
        "police": ("soft", 1.5),
        "school": ("soft", 1.0),
    }
    assert "gridplan's own proposal" in proposal.text


def test_every_guess_is_said(street: Path) -> None:
    """There is one line with a reason for each section, and one for each layer left over."""
    layer(street, "绿地", {"面积": [3.5]}, squares(1))
    proposal = propose_config(street)
    places = [line.split(":")[0] for line in proposal.guesses]
    tables = tomllib.loads(proposal.text)["inputs"]
    assert "inputs.units" in places
    assert {f"inputs.zones.{name}" for name in tables["zones"]} <= set(places)
    assert any("绿地" in line and "no role" in line for line in proposal.guesses)
    assert "绿地" in proposal.text


def test_large_compounds_are_not_proposed_whole(tmp_path: Path) -> None:
    """Where a zone holds more than a grid may, `whole` helps nobody."""
    path = tmp_path / "city.gpkg"
    layer(path, "communities", {"id": ["a", "b"], "name": ["A", "B"]}, squares(2, 1000))
    layer(path, "lots", {"lot": np.arange(40), "households": [90] * 40}, squares(40))
    layer(path, "property", {"code": ["p", "q"]}, squares(2, 1000))
    config = loaded(propose_config(path), tmp_path)
    assert config.inputs.zones["property"].mode == "soft"


def test_folder_of_files(tmp_path: Path) -> None:
    """Layers in files of their own get a path each; a register of a CSV is found."""
    data = tmp_path / "data"
    data.mkdir()
    units = {"building_id": [f"b{i}" for i in range(30)], "floors": [3] * 30}
    gpd.GeoDataFrame(units, geometry=squares(30), crs=CRS).to_file(data / "buildings.geojson")
    wards = {"ward_id": ["w1", "w2"], "ward_name": ["One", "Two"]}
    gpd.GeoDataFrame(wards, geometry=squares(2, 500), crs=CRS).to_file(data / "wards.shp")
    register = pd.DataFrame({"building_id": units["building_id"], "households": [12] * 30})
    register.to_csv(data / "household_register.csv", index=False)
    proposal = propose_config(data, base=tmp_path)
    config = loaded(proposal, tmp_path)
    assert config.inputs.communities.path == data / "wards.shp"
    assert (config.inputs.communities.code, config.inputs.communities.name) == (
        "ward_id",
        "ward_name",
    )
    assert (config.inputs.units.id, config.inputs.units.households) == ("building_id", None)
    assert config.inputs.households is not None
    assert config.inputs.households.path == data / "household_register.csv"
    assert (config.inputs.households.unit, config.inputs.households.count) == (
        "building_id",
        "households",
    )
    assert 'path = "data/wards.shp"' in proposal.text


def test_register_beside_a_column_is_left_to_the_user(tmp_path: Path) -> None:
    """A register would win over the column, so it is proposed as a comment."""
    path = tmp_path / "city.gpkg"
    layer(path, "communities", {"id": ["a"], "name": ["A"]}, squares(1, 1000))
    units = {"unit_id": [f"u{i}" for i in range(20)], "households": [9] * 20}
    layer(path, "units", units, squares(20))
    pd.DataFrame({"unit_id": ["u1"], "hh": [3]}).to_csv(tmp_path / "register.csv", index=False)
    proposal = propose_config(tmp_path)
    assert loaded(proposal, tmp_path).inputs.households is None
    assert "# [inputs.households]" in proposal.text


def test_what_is_not_found_is_a_marked_blank(tmp_path: Path) -> None:
    """Without communities and households the file says FILL IN, and loading names the places."""
    path = tmp_path / "some.gpkg"
    layer(path, "buildings", {"building": [1, 2, 3]}, squares(3))
    proposal = propose_config(path)
    assert proposal.missing == (
        "[inputs.communities] path",
        "[inputs.communities] code",
        "[inputs.units] households",
    )
    assert proposal.text.count("FILL IN") == 3
    with pytest.raises(ConfigError) as caught:
        Config.parse(proposal.text, tmp_path / "gridplan.toml")
    for place in proposal.missing:
        assert any(place in line for line in caught.value.problems), place


def test_repeated_ids_are_not_taken_for_ids(tmp_path: Path) -> None:
    """A column that repeats cannot name units."""
    path = tmp_path / "city.gpkg"
    layer(path, "communities", {"id": ["a"], "name": ["A"]}, squares(1, 1000))
    layer(path, "units", {"unit_id": ["u"] * 9, "households": [9] * 9}, squares(9))
    assert propose_config(path).missing == ("[inputs.units] id",)


def test_layer_without_crs_and_layer_elsewhere(tmp_path: Path) -> None:
    """A missing coordinate system is asked for; one that leads elsewhere is pointed out."""
    wards = gpd.GeoDataFrame({"ward_id": ["w"]}, geometry=squares(1, 1000), crs=CRS)
    wards.to_file(tmp_path / "wards.gpkg")
    units = gpd.GeoDataFrame({"unit_id": range(8), "households": 9}, geometry=squares(8))
    with pytest.warns(UserWarning, match="crs"):
        pyogrio.write_dataframe(units, tmp_path / "units.shp")
    police = gpd.GeoDataFrame({"beat": ["p"]}, geometry=squares(1), crs="EPSG:32733")
    police.to_file(tmp_path / "police.gpkg")
    proposal = propose_config(tmp_path)
    assert '# crs = "EPSG:..."' in proposal.text
    assert 'layer "police" does not meet the communities: check its crs' in proposal.guesses


def test_geographic_communities_leave_the_crs_to_be_estimated(tmp_path: Path) -> None:
    """Degrees are never proposed as the project's system."""
    path = tmp_path / "city.gpkg"
    layer(path, "communities", {"id": ["a"], "name": ["A"]}, squares(1, 1000))
    frame = gpd.read_file(path).to_crs(4490)
    frame.to_file(tmp_path / "wards.geojson")
    proposal = propose_config(tmp_path / "wards.geojson")
    assert "crs" not in tomllib.loads(proposal.text)["project"]


def test_hostile_names_stay_names(tmp_path: Path) -> None:
    """Names of columns, layers and values cannot break out of their place in the file."""
    path = tmp_path / "city.gpkg"
    layer(path, "communities", {f"id {HOSTILE}": ["a", HOSTILE]}, squares(2, 1000))
    name = 'lots"\\'
    layer(path, name, {"lot": np.arange(12), "households": [9] * 12}, squares(12))
    layer(path, "park\n[solve]\nworkers=1", {"x": [1.5]}, squares(1))
    config = loaded(propose_config(path), tmp_path)
    assert config.inputs.communities.code == f"id {HOSTILE}"
    assert config.inputs.units.layer == name
    assert config.solve.workers == 0


@pytest.mark.parametrize("text", [HOSTILE, "", "'''", '"""', "\x00\x1f\x7f", "楼栋", "\udcff"])
def test_text_survives_toml(text: str) -> None:
    """What is written as a string or key reads back; a remark stays one line."""
    document = f"{bare(text)} = {quoted(text)} # {remark(text)}\n"
    wanted = text.replace("\udcff", "\ufffd")
    assert tomllib.loads(document) == {wanted: wanted}
    document.encode()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("WardPrecinct", ("ward", "precinct")),
        ("police_CARRoutes2", ("police", "car", "route")),
        ("communities", ("community",)),
        ("户籍户数", ("户籍户数",)),
    ],
)
def test_names_are_split_into_words(name: str, expected: tuple[str, ...]) -> None:
    """Cases, digits, signs and plurals do not hide a word."""
    assert tokens(name) == expected


def test_words_match_whole_words() -> None:
    """A word inside another is no match; a short Chinese word counts at the end only."""
    assert match("communities", COMMUNITY) == 3
    assert match("city_communities", COMMUNITY) == 2
    assert match("ballot", UNIT) == 0
    assert match("总户数", HOUSEHOLDS) == 2
    assert match("户主", HOUSEHOLDS) == 0


def test_peek_tells_what_columns_hold(tmp_path: Path) -> None:
    """Kind, uniqueness, blanks and range of a column come from its values."""
    path = tmp_path / "a.gpkg"
    columns = {"id": ["a", "b", "b"], "n": [1.0, None, 3.0], "x": [0.5, 1.0, 2.0]}
    layer(path, "units", columns, squares(3))
    (info,) = peek(path)
    assert (info.geometry, info.crs, info.features, info.alone) == ("polygon", CRS, 3, True)
    assert [column.kind for column in info.columns] == ["text", "integer", "number"]
    ident, count, _ = info.columns
    assert (ident.unique, ident.distinct, ident.missing) == (False, 2, 0)
    assert (count.low, count.high, count.missing, count.sample) == (1.0, 3.0, 1, ("1", "3"))


def test_peek_reads_codes_of_a_table_as_text(tmp_path: Path) -> None:
    """Leading zeros and long codes make text of digits; plain counts are numbers."""
    path = tmp_path / "t.csv"
    path.write_text("code,long,n\n007,110101001001001,3\n008,1101010010010012,4\n")
    (info,) = peek(path)
    assert [column.kind for column in info.columns] == ["text", "text", "integer"]
    assert info.geometry == ""


def test_peek_tells_chinese_encodings_apart(tmp_path: Path) -> None:
    """A shapefile in GBK that does not say so is read right, and the proposal names it."""
    path = tmp_path / "社区.shp"
    frame = gpd.GeoDataFrame(
        {"代码": ["a", "b"], "名称": ["东直门社区", "西直门社区"]}, geometry=squares(2), crs=CRS
    )
    pyogrio.write_dataframe(frame, path, encoding="GBK")
    path.with_suffix(".cpg").unlink()
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[29] = 0  # the byte that would name the encoding
    path.with_suffix(".dbf").write_bytes(table)
    (info,) = peek(path)
    assert info.encoding == "gb18030"
    assert [column.name for column in info.columns] == ["代码", "名称"]
    assert 'encoding = "gb18030"' in propose_config(path).text


def test_peek_reads_dates_of_a_shapefile(tmp_path: Path) -> None:
    """Days, blank ones among them, are no obstacle to telling the encoding."""
    days = {"name": ["甲", None], "valid_from": ["2026-01-01", ""]}
    frame = gpd.GeoDataFrame(days, geometry=squares(2), crs=CRS)
    write_shapefiles({"homes": frame}, tmp_path, encoding="utf-8", date=dt.date(2026, 1, 1))
    (info,) = peek(tmp_path)
    assert (info.features, info.problem) == (2, "")


def test_peek_goes_on_after_an_unreadable_file(tmp_path: Path) -> None:
    """A broken file is one entry with its reason, and a line of the proposal."""
    (tmp_path / "broken.gpkg").write_bytes(b"SQLite format 3\x00 but nothing more")
    layer(tmp_path / "good.gpkg", "communities", {"id": ["a"]}, squares(1))
    broken, good = peek(tmp_path)
    assert broken.problem
    assert not good.problem
    assert any("broken.gpkg could not be read" in g for g in propose_config(tmp_path).guesses)


def test_peek_leaves_results_alone(tmp_path: Path) -> None:
    """The folder of an earlier run is no input."""
    layer(tmp_path / "city.gpkg", "communities", {"id": ["a"]}, squares(1))
    (tmp_path / "out").mkdir()
    layer(tmp_path / "out" / "plan.gpkg", "grids", {"id": ["a"]}, squares(1))
    (tmp_path / "out" / "run.json").write_text("{}")
    assert [info.path.name for info in peek(tmp_path)] == ["city.gpkg"]


def test_peek_names_what_is_not_there(tmp_path: Path) -> None:
    """A missing path and an empty folder are clear errors."""
    with pytest.raises(LayerError, match="no such file or folder"):
        peek(tmp_path / "none.gpkg")
    with pytest.raises(LayerError, match="no layer in this folder"):
        peek(tmp_path)


def test_input_is_not_written_to(street: Path) -> None:
    """A look leaves the file as it was."""
    before = street.read_bytes(), list(street.parent.iterdir())
    propose_config(street)
    assert (street.read_bytes(), list(street.parent.iterdir())) == before


@pytest.mark.parametrize(
    ("name", "units", "communities", "zones"),
    [
        ("cambridge/cambridge_ma.gpkg", "unit_id", "communities", {"police", "property"}),
        ("taipei_daan/taipei_daan.gpkg", "unit_id", "communities", set()),
        ("messy/baltimore_mixed_crs", "geoid20", "csas", {"police", "school"}),
    ],
)
def test_real_layers_are_understood(
    shared: Path, name: str, units: str, communities: str, zones: set[str]
) -> None:
    """On real data the required roles are found and the proposal loads as it is."""
    path = shared / "data" / name
    proposal = propose_config(path)
    config = loaded(proposal, path.parent if path.is_file() else path)
    assert config.inputs.units.id == units
    assert config.inputs.units.households == "households"
    assert communities in (config.inputs.communities.layer or str(config.inputs.communities.path))
    assert zones <= set(config.inputs.zones)


@pytest.mark.parametrize(
    ("columns", "bridges"),
    [
        ({"bridge": ["T", "F", "F"]}, "bridge = 'T'"),
        ({"bridge": ["yes", None, "viaduct"], "tunnel": [None, "culvert", None]},
         "bridge IN ('viaduct', 'yes') OR tunnel = 'culvert'"),
        ({"structure": ["ground", "bridge", "underpass"]},
         "structure IN ('bridge', 'underpass')"),
        ({"桥梁": [0, 1, 0]}, "桥梁 = 1"),
        ({"is-bridge": ["Y", "N", "N"]}, "\"is-bridge\" = 'Y'"),
        ({"bridge": ["no", "no", "no"]}, None),
        ({"bridge": [31, 77, 5]}, None),
        ({"lanes": [1, 2, 1]}, None),
    ],
)  # fmt: skip
def test_bridges_are_proposed_from_a_column_of_the_roads(
    street: Path, columns: dict[str, object], bridges: str | None
) -> None:
    """A column that marks bridges or tunnels becomes a filter that selects them."""
    lines = [shapely.LineString([(0, y), (900, y)]) for y in (1, 2, 3)]
    layer(street, "roads", {"name": ["a", "b", "c"], **columns}, lines)
    config = loaded(propose_config(street), street.parent)
    roads = config.inputs.roads
    assert roads is not None
    assert (roads.layer, roads.bridges) == ("roads", bridges)


@pytest.mark.parametrize(
    ("columns", "traits"),
    [
        (
            {"staff": [9, 900], "students": [0, 800], "floor_area_m2": [90.5, 2e4],
             "permanent": [0, 1], "body": [None, "the school"], "body_en": ["a", "b"],
             "area_m2": [100.0, 1e4], "year_built": [1990, 2001]},
            {"staff": "staff", "students": "students", "floor_area": "floor_area_m2",
             "permanent": "permanent", "body": "body"},
        ),
        (
            {"职工数": [9, 900], "在校学生": [0, 800], "总建筑面积": [90.5, 2e4],
             "使用年限": [2, 30], "责任单位": ["甲", "乙"]},
            {"staff": "职工数", "students": "在校学生", "floor_area": "总建筑面积",
             "years": "使用年限", "body": "责任单位"},
        ),
        ({"staff": ["few", "many"], "years": [1990, 2001], "permanent": ["x", "y1"]}, {}),
    ],
)  # fmt: skip
def test_traits_of_institutions_are_proposed(
    street: Path, columns: dict[str, list[object]], traits: dict[str, str]
) -> None:
    """What the five tests of a unit grid need is named where the layer has it, and only there."""
    layer(street, "institutions", {"institution_id": ["a", "b"], **columns}, squares(2))
    config = loaded(propose_config(street), street.parent)
    found = config.inputs.institutions
    assert found is not None
    keys = ("floor_area", "staff", "students", "permanent", "years", "body")
    assert {key: getattr(found, key) for key in keys if getattr(found, key)} == traits
