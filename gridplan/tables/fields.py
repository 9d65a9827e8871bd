"""What a column of a layer means: name, abbreviation, type, length, constraint, description."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gridplan.codes import BANDING_RULE, BANDING_RULE_ZH
from gridplan.tables.meanings import KINDS


@dataclass(frozen=True)
class Field:
    """One column, in the terms of GB/T 47678.7.

    Parameters
    ----------
    name
        Column in layers and CSV files.
    name_zh
        Heading in a Chinese workbook.
    abbreviation
        At most 10 bytes, for formats such as Shapefile; unique in its table.
    type
        ``C`` text, ``N`` number, ``D`` date (YYYY-MM-DD).
    length
        Width reserved in formats of fixed width, ``total,decimals`` for decimal numbers. Nothing is
        cut to it in GeoPackage, CSV and workbook.
    constraint
        ``M`` always there and filled, ``C`` filled where it applies, ``O`` may be absent.
    en, zh
        Description.
    unit
        Of a number.
    heading
        Heading in an English workbook; left out: from the name.
    values_zh
        Chinese for the fixed values of the column.
    """

    name: str
    name_zh: str
    abbreviation: str
    type: str
    length: str
    constraint: str
    en: str
    zh: str
    unit: str = ""
    heading: str = ""
    values_zh: Mapping[str, str] = field(default_factory=dict)

    @property
    def decimals(self) -> int | None:
        """Decimal places of a decimal number, None for anything else."""
        whole, _, places = self.length.partition(",")
        return int(places) if self.type == "N" and whole and places else None


_RANGES = {"in": "达标", "under": "不足", "over": "超出", "exempt": "免于考核"}
LAYER_FIELDS = (
    Field("grid_code", "网格编码", "WGBM", "C", "40", "M", "grid it belongs to", "所属网格编码"),
    Field(
        "grids.grid_code",
        "网格编码",
        "WGBM",
        "C",
        "40",
        "M",
        "code of the grid, unique; numbered as `grid_register` says",
        "网格编码，唯一；编号规则见网格登记表",
    ),
    Field(
        "grid_register.grid_code",
        "网格编码",
        "WGBM",
        "C",
        "40",
        "M",
        f"code of the grid, unique. {BANDING_RULE}",
        f"网格编码，唯一。{BANDING_RULE_ZH}",
    ),
    Field(
        "grid_name",
        "网格名称",
        "WGMC",
        "C",
        "50",
        "M",
        "name of the grid in its community, such as Grid 1",
        "网格在社区内的名称，如第一网格",
    ),
    Field(
        "grid_kind",
        "网格类型",
        "WGLX",
        "C",
        "20",
        "M",
        "`residential`: mainly dwellings; `unit`: one large institution",
        "住宅网格(residential)；单位网格，又称专属网格(unit)",
        values_zh=KINDS,
    ),
    Field(
        "community_code",
        "社区代码",
        "SQDM",
        "C",
        "32",
        "M",
        "the one community it lies in",
        "所在社区代码",
    ),
    Field(
        "communities.community_code",
        "社区代码",
        "SQDM",
        "C",
        "32",
        "M",
        "code of the community, unique",
        "社区代码，唯一",
    ),
    Field("community_name", "社区名称", "SQMC", "C", "50", "M", "name of it", "社区名称"),
    Field(
        "street_code",
        "街道代码",
        "JDDM",
        "C",
        "32",
        "C",
        "the street it lies in; empty where the project has no streets",
        "所在街道代码；项目无街道时为空",
    ),
    Field(
        "streets.street_code",
        "街道代码",
        "JDDM",
        "C",
        "32",
        "C",
        "code of the street, unique; empty where the project has no streets",
        "街道代码，唯一；项目无街道时为空",
    ),
    Field(
        "street_name",
        "街道名称",
        "JDMC",
        "C",
        "50",
        "M",
        "name of it; the project's name where it has no streets",
        "街道名称；项目无街道时为项目名称",
    ),
    Field(
        "households",
        "户数",
        "HS",
        "N",
        "9",
        "M",
        "households attributed to it",
        "户数",
        "households",
    ),
    Field(
        "range_status",
        "规模状态",
        "GMZT",
        "C",
        "10",
        "M",
        "`in` the range of households, `under`, `over`, or `exempt` from it",
        "户数达标(in)、不足(under)、超出(over)、免于考核(exempt)",
        values_zh=_RANGES,
    ),
    Field(
        "parts",
        "部分数",
        "BFS",
        "N",
        "4",
        "M",
        "separate parts of its polygon; above 1 only by a listed link or joined part",
        "多边形的部分数；大于1者均在例外清单中",
        "parts",
    ),
    Field(
        "area_m2",
        "面积(平方米)",
        "MJ",
        "N",
        "14,2",
        "M",
        "area in the plane of the project's CRS",
        "项目坐标系平面面积",
        "m²",
        "Area (m²)",
    ),
    Field(
        "perimeter_m",
        "周长(米)",
        "ZC",
        "N",
        "12,2",
        "M",
        "length of its whole border, holes included",
        "边界总长，含内环",
        "m",
        "Perimeter (m)",
    ),
    Field(
        "polsby_popper",
        "紧凑度",
        "JCD",
        "N",
        "6,4",
        "M",
        "compactness 4πA/P²; 1 is a circle",
        "紧凑度4πA/P²，圆为1",
        "0–1",
        "Compactness",
    ),
    Field(
        "<layer>_main",
        "<layer>主辖区",
        "ZQn",
        "C",
        "50",
        "C",
        "zone of `<layer>` that holds most of the grid's households; empty where none does",
        "网格内户数最多的<layer>辖区；无则为空",
    ),
    Field(
        "<layer>_main_share",
        "<layer>主辖区占比",
        "ZQnBL",
        "N",
        "6,4",
        "C",
        "share of the grid's households in that zone",
        "主辖区户数占网格户数的比例",
        "0–1",
    ),
    Field(
        "<layer>_zones",
        "<layer>辖区数",
        "ZQnSL",
        "N",
        "4",
        "M",
        "zones of `<layer>` with at least one household of the grid",
        "网格住户所属的<layer>辖区数",
        "zones",
    ),
    Field(
        "<layer>",
        "<layer>辖区",
        "ZQn",
        "C",
        "50",
        "C",
        "zone of `<layer>` that the unit belongs to; missing where it lies in none",
        "基本单元所属的<layer>辖区；无则为空",
    ),
    Field("grids", "网格数", "WGS", "N", "6", "M", "number of its grids", "网格数", "grids"),
    Field(
        "communities",
        "社区数",
        "SQS",
        "N",
        "6",
        "M",
        "number of its communities",
        "社区数",
        "communities",
    ),
    Field(
        "status",
        "求解状态",
        "QJZT",
        "C",
        "10",
        "M",
        "`optimal`: proven; `feasible`: in range, not proven; `breach`: no plan in range was found",
        "已证最优(optimal)、可行(feasible)、无达标方案(breach)",
        values_zh={"optimal": "已证最优", "feasible": "可行", "breach": "无达标方案"},
    ),
    Field(
        "gap",
        "最优性差距",
        "ZYCJ",
        "N",
        "8,6",
        "C",
        "(objective − proven bound) ÷ objective; missing where there is no bound",
        "（目标值−已证下界）÷目标值；无下界则为空",
        "0–1",
    ),
    Field(
        "stopped",
        "中止原因",
        "ZZYY",
        "C",
        "20",
        "C",
        "what stopped the search early, such as `time` or `effort`; empty where nothing did",
        "提前中止的原因，如时间(time)；未中止则为空",
    ),
    Field(
        "unit_id", "基本单元标识", "DYBS", "C", "64", "C", "id of the basic unit", "基本单元标识"
    ),
    Field("building_id", "建筑物标识", "JZWBS", "C", "64", "C", "id of the building", "建筑物标识"),
    Field(
        "institution_id", "单位标识", "DWBS", "C", "64", "M", "id of the institution", "单位标识"
    ),
    Field("facility_id", "设施标识", "SSBS", "C", "64", "M", "id of the facility", "设施标识"),
    Field("road_id", "道路标识", "DLBS", "C", "64", "M", "id of the road", "道路标识"),
    Field(
        "buildings.households", "户数", "HS", "N", "9", "O", "its households", "户数", "households"
    ),
    Field(
        "building_codes.households",
        "户数",
        "HS",
        "N",
        "9",
        "C",
        "its households; empty where buildings were given without a count",
        "户数；建筑物未给户数时为空",
        "households",
    ),
    Field("name", "名称", "MC", "C", "100", "O", "its name", "名称"),
    Field("kind", "类别", "LB", "C", "50", "O", "what it is", "类别"),
    Field(
        "length_m",
        "长度(米)",
        "CD",
        "N",
        "12,2",
        "M",
        "length of the segment inside the grid",
        "网格内路段长度",
        "m",
        "Length (m)",
    ),
)
"""Columns of the layers, many of which tables have as well."""

HOUSEHOLD_BASES = {
    "registered": ("registered", "户籍"),
    "resident": ("resident", "常住"),
    "dwelling": ("dwellings", "住宅套数"),
}
"""What a household count may mean, in English and Chinese."""
