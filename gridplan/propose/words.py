"""What layers and columns are called, in English, Chinese and the initials of pinyin."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

Words = tuple[str, ...]

COMMUNITY: Words = (
    *("community", "neighbourhood", "neighborhood", "ward", "village", "quarter", "barangay"),
    *("csa", "社区", "居委会", "居委", "村委会", "行政村", "村居", "里界", "村里", "sq"),
)
STREET: Words = (
    *("street", "street office", "subdistrict", "township", "district"),
    *("街道", "街道办", "街镇", "乡镇", "镇街", "jd", "jddm", "jdmc"),
)
UNIT: Words = (
    *("unit", "lot", "parcel", "building", "block", "house", "dwelling", "address", "footprint"),
    *("楼栋", "建筑", "建筑物", "房屋", "楼", "栋", "宗地", "地块", "门牌", "基本单元", "统计区"),
    *("ld", "fw", "jzw", "zd"),
)
BUILDING: Words = (
    *("building", "house", "footprint", "楼栋", "建筑", "建筑物", "房屋", "楼", "栋", "jzw", "ld"),
)
REGISTER: Words = (
    *("register", "registry", "household", "resident", "population register"),
    *("户籍", "户口", "住户", "户册", "名册", "登记"),
)
STAIRWELL: Words = ("stairwell", "staircase", "楼道", "单元门", "单元号", "单元", "dym")
STAIRWELLS: Words = ("stairwell", "staircase", "楼道", "单元门", "单元户数")
ADDRESS: Words = ("address", "addr", "地址", "门牌", "坐落", "dz", "zl")
FLOORS: Words = ("floor", "storey", "level", "层数", "楼层", "cs", "lc")
HOUSEHOLDS: Words = (
    *("household", "hh", "dwelling", "dwelling unit", "hu", "num households", "家庭户"),
    *("户数", "住户", "户", "套数", "hs", "zhs", "hjhs", "czhs"),
)
ROAD: Words = (
    *("road", "street", "highway", "centreline", "centerline", "道路", "路网", "马路", "路", "街"),
    *("街道", "dl", "lw"),
)
RAIL: Words = ("rail", "railway", "railroad", "tram", "铁路", "轨道", "地铁", "tl")
RIVER: Words = (
    *("river", "water", "stream", "canal", "creek", "lake", "河流", "水系", "河", "水域", "水"),
    *("湖", "渠", "sx"),
)
WALL: Words = ("wall", "fence", "围墙", "栅栏", "wq")
INSTITUTION: Words = (
    *("institution", "campus", "enterprise", "organisation", "organization", "employer"),
    *("机构", "单位", "企事业", "企业", "厂矿", "dw"),
)
FACILITY: Words = (
    *("facility", "amenity", "poi", "public facility", "service", "设施", "公共设施", "部件"),
    *("兴趣点", "ss"),
)
STAFF: Words = (
    *("staff", "worker", "personnel", "officer", "people", "人员", "网格员", "网格长", "ry"),
)
LINK: Words = ("link", "bridge", "connection", "underpass", "连接", "桥梁", "通道")
LOCK: Words = ("lock", "锁定", "固定")
GRID: Words = ("grid", "网格", "plan")

CODE: Words = (
    *("code", "id", "gid", "uid", "geoid", "key", "no", "number", "num", "编码", "代码", "编号"),
    *("序号", "dm", "bm", "bh"),
)
NAME: Words = ("name", "label", "title", "名称", "名", "名字", "mc")
KIND: Words = ("kind", "type", "category", "use", "类别", "类型", "种类", "性质", "lx", "lb")
ROAD_CLASS: Words = (
    *("class", "fclass", "highway", "hierarchy", "rank", "majorroad", "major", "type", "grade"),
    *("等级", "级别", "类型", "dj", "dldj"),
)
BRIDGE: Words = ("bridge", "tunnel", "structure", "underpass", "桥", "桥梁", "隧道", "涵洞", "ql")
BLOCK: Words = ("block", "compound", "estate", "group", "小区", "院落", "楼群", "xq")
MACHINE: Words = ("objectid", "fid", "ogc fid", "gid", "oid", "rowid", "index", "shape", "area")
MEASURE: Words = (
    *("area", "length", "perimeter", "leng", "shape", "population", "pop", "totalpop"),
    *("person", "total", "count", "floor", "height", "year", "date", "lat", "lon", "lng", "x", "y"),
    *("面积", "长度", "周长", "人口", "人数", "楼层", "层数", "高度", "年份", "日期", "mj", "rk"),
)
PEOPLE: Words = ("population", "pop", "totalpop", "person", "people", "人口", "人数", "rk", "rks")


@dataclass(frozen=True)
class ZoneKind:
    """A kind of jurisdiction, and how a grid should respect it unless the office says otherwise."""

    name: str
    words: Words
    mode: str = "soft"
    weight: float = 1.0


ZONES = (
    ZoneKind(
        "residents",
        (
            *("residents group", "resident group", "party branch", "neighbourhood group"),
            *("居民小组", "居民组", "村民小组", "党支部", "支部", "jmxz", "dzb"),
        ),
        weight=2.0,
    ),
    ZoneKind(
        "property",
        (
            *("property", "property management", "estate", "compound"),
            *("物业", "小区", "wy", "wyxq"),
        ),
        mode="whole",
    ),
    ZoneKind(
        "sanitation",
        (
            *("sanitation", "enforcement", "refuse", "cleaning", "city management"),
            *("环卫", "执法", "城管", "清扫", "保洁", "hw", "zf"),
        ),
    ),
    ZoneKind(
        "health",
        ("health", "clinic", "health service", "卫生服务", "社康", "卫生", "医疗", "ws"),
    ),
    ZoneKind(
        "police",
        ("police", "beat", "派出所", "警务", "警区", "公安", "户籍派出所", "pcs", "jw"),
        weight=1.5,
    ),
    ZoneKind(
        "school",
        ("school", "catchment", "attendance", "小学", "学区", "学校", "xx", "xq"),
    ),
    ZoneKind("precinct", ("precinct", "voting", "polling", "选区", "投票")),
)


@cache
def tokens(name: str) -> Words:
    """Split a name into lower-case words: at cases, digits and signs; plurals are made singular.

    Runs of Chinese characters stay whole.
    """
    text = unicodedata.normalize("NFKC", name)
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text).casefold()
    return tuple(_singular(word) for word in re.findall(r"[a-z]+|[\u3400-\u9fff]+", text))


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("sses"):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


@cache
def match(name: str, words: Words) -> int:
    """How well a name fits: 3 it is one of the words, 2 it has one in it, 0 neither."""
    parts = tokens(name)
    spelled = " ".join(parts)
    if any(spelled == " ".join(tokens(word)) for word in words):
        return 3
    return 2 if any(_within(word, parts, spelled) for word in words) else 0


def _within(word: str, parts: Words, spelled: str) -> bool:
    if re.match(r"[\u3400-\u9fff]", word):
        found = str.endswith if len(word) == 1 else str.__contains__
        return any(found(part, word) for part in parts)
    return f" {' '.join(tokens(word))} " in f" {spelled} "
