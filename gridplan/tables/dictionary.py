"""The data dictionary: every layer, table and column of a plan, once, for writing and for reading.

Column order, number format, workbook headings, the ``data_dictionary`` table and the page
``docs/file-formats.md`` all come from here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gridplan.tables.change_fields import CHANGE_FIELDS, CHANGE_TABLES, CHANGE_TEXTS
from gridplan.tables.fields import LAYER_FIELDS, Field
from gridplan.tables.household_fields import HOUSEHOLD_FIELDS
from gridplan.tables.institution_fields import INSTITUTION_FIELDS
from gridplan.tables.load_fields import LOAD_FIELDS
from gridplan.tables.people_fields import PEOPLE_FIELDS
from gridplan.tables.people_tables import PEOPLE_TABLES, PEOPLE_TEXTS, WALK_COLUMNS
from gridplan.tables.register_fields import REGISTER_FIELDS, REGISTER_TEXTS
from gridplan.tables.table_fields import TABLE_FIELDS

FIELDS: dict[str, Field] = {
    entry.name: entry
    for entry in (
        *LAYER_FIELDS, *HOUSEHOLD_FIELDS, *INSTITUTION_FIELDS, *TABLE_FIELDS, *CHANGE_FIELDS,
        *REGISTER_FIELDS, *PEOPLE_FIELDS, *LOAD_FIELDS,
    )
}  # fmt: skip
"""Every column by its name, or by ``table.column`` where it means something else there."""

LAYERS: dict[str, tuple[str, ...]] = {
    "grids": (
        "grid_code",
        "grid_name",
        "grid_kind",
        "community_code",
        "street_code",
        "households",
        "range_status",
        "institution_id",
        "parts",
        "area_m2",
        "perimeter_m",
        "polsby_popper",
        "<layer>_main",
        "<layer>_main_share",
        "<layer>_zones",
    ),
    "communities": (
        "community_code",
        "community_name",
        "street_code",
        "households",
        "grids",
        "status",
        "gap",
        "stopped",
    ),
    "streets": ("street_code", "street_name", "communities", "grids", "households"),
    "units": (
        "unit_id",
        "grid_code",
        "community_code",
        "households",
        "households_method",
        "building_id",
        "stairwell",
        "stairwell_order",
        "<layer>",
    ),
    "buildings": ("building_id", "grid_code", "grid_codes", "households", "name", "kind"),
    "institutions": ("institution_id", "grid_code", "grid_codes", "grid_kind", "name", "kind"),
    "facilities": ("facility_id", "grid_code", "name", "kind"),
    "public_spaces": ("public_space_id", "grid_code", "name", "kind"),
    "roads": ("road_id", "grid_code", "name", "length_m", "share"),
    "walks": WALK_COLUMNS,
}
"""Columns of the layers of ``plan.gpkg``, in the order they are written."""

SHAPES: dict[str, str] = {
    "grids": "multipolygon",
    "communities": "multipolygon",
    "streets": "multipolygon",
    "units": "multipolygon",
    "buildings": "as given",
    "institutions": "as given",
    "facilities": "as given",
    "public_spaces": "as given",
    "roads": "multilinestring",
    "walks": "multilinestring",
}

TABLES: dict[str, tuple[str, ...]] = {
    "grid_register": (
        "grid_code",
        "grid_name",
        "grid_kind",
        "community_code",
        "street_code",
        "households",
        "range_status",
        "area_m2",
        "code_status",
        "valid_from",
        "valid_to",
    ),
    "building_codes": (
        "building_id",
        "unit_id",
        "stairwell",
        "grid_code",
        "grid_codes",
        "households",
        "households_method",
        "community_code",
    ),
    "stairwells": (
        "building_id",
        "stairwell_order",
        "stairwell",
        "unit_id",
        "grid_code",
        "households",
        "households_method",
        "community_code",
    ),
    "facility_codes": ("facility_id", "grid_code", "community_code", "name", "kind"),
    "institution_codes": (
        "institution_id",
        "grid_code",
        "grid_kind",
        "community_code",
        "name",
        "kind",
    ),
    "institution_decisions": (
        "institution_id",
        "step",
        "name",
        "test",
        "measure",
        "value",
        "threshold",
        "passed",
        "test_passed",
        "unit_grid",
        "reason",
    ),
    "public_space_codes": ("public_space_id", "grid_code", "community_code", "name", "kind"),
    "road_codes": ("road_id", "grid_code", "community_code", "name", "length_m", "share"),
    "zone_crosswalk": ("grid_code", "layer", "zone_id", "households", "share"),
    "alignment": (
        "community_code",
        "layer",
        "mode",
        "households",
        "households_aligned",
        "zones",
        "split_zones",
        "splits",
        "least_splits",
        "incidences",
        "excess_incidences",
        "least_excess",
        "proven",
        "stopped",
        "split_list",
    ),
    "alternatives": (
        "community_code",
        "alternative",
        "question",
        "households_moved",
        "breach",
        "objective",
        "dearer",
        "grids",
        "fewest_households",
        "most_households",
        "cut_m",
        "stopped",
        "<layer>_excess",
    ),
    "alternative_units": ("community_code", "alternative", "unit_id", "grid"),
    **CHANGE_TABLES,
    **PEOPLE_TABLES,
    "exceptions": (
        "kind",
        "severity",
        "community_code",
        "grid_code",
        "layer",
        "place",
        "other",
        "value",
        "limit",
        "message",
    ),
    "reconciliation": (
        "community_code",
        "households_in",
        "households_out",
        "households_difference",
        "units_in",
        "units_out",
        "units_difference",
    ),
    "household_ledger": (
        "source",
        "file",
        "households_in",
        "placed",
        "unlocated",
        "duplicated",
        "outside",
        "left_out",
        "difference",
    ),
    "data_dictionary": (
        "table",
        "position",
        "field_name",
        "name_zh",
        "abbreviation",
        "type",
        "length",
        "constraint",
        "description_en",
        "description_zh",
    ),
}
"""Columns of the files in ``tables/``, in the order they are written."""


@dataclass(frozen=True)
class TableText:
    """What a layer or table is for, and what its sheet is called."""

    title_en: str
    title_zh: str
    purpose: str = field(default="")


TEXTS: dict[str, TableText] = {
    "grids": TableText("Grids", "网格", "the grids; those of a community tile it"),
    "communities": TableText(
        "Communities", "社区", "one row a community, with the solver's status"
    ),
    "streets": TableText("Streets", "街道", "one row a street; one in all where none were given"),
    "units": TableText(
        "Units", "基本单元", "the cells of the basic units; they tile the community"
    ),
    "buildings": TableText("Buildings", "建筑物", "where buildings were given"),
    "institutions": TableText("Institutions", "单位", "where institutions were given"),
    "facilities": TableText("Facilities", "设施", "where facilities were given"),
    "public_spaces": TableText("Public spaces", "公共空间", "where public spaces were given"),
    "roads": TableText(
        "Roads",
        "道路",
        "where roads were given; lines cut at grid borders, a stretch on a border once for each of "
        "its grids",
    ),
    "grid_register": TableText("Grid register", "网格登记表", "every grid with its code and dates"),
    "building_codes": TableText(
        "Building codes",
        "建筑物所属网格表",
        "the grid of every building; of every basic unit where no buildings were given",
    ),
    "stairwells": TableText(
        "Stairwells",
        "楼道所属网格表",
        "the grid of every stairwell of a divided building; only where buildings were divided",
    ),
    "facility_codes": TableText("Facility codes", "设施所属网格表", "the grid of every facility"),
    "institution_codes": TableText(
        "Institution codes",
        "单位所属网格表",
        "the grid of every institution; one row for each where its premises cross communities",
    ),
    "institution_decisions": TableText(
        "Institution decisions",
        "单位网格(专属网格)认定表",
        "test by test why every institution is or is not a unit grid, one row a measure; "
        "`institutions.md` explains the tests",
    ),
    "public_space_codes": TableText(
        "Public space codes", "公共空间所属网格表", "the grid of every public space"
    ),
    "road_codes": TableText("Road codes", "道路所属网格表", "the grid of every road segment"),
    "zone_crosswalk": TableText(
        "Zone crosswalk",
        "网格与辖区对照表",
        "which zones of each jurisdiction layer a grid's households belong to",
    ),
    "alignment": TableText(
        "Alignment",
        "辖区对齐表",
        "how often a community's plan splits the zones of each jurisdiction layer, beside the "
        "least that any plan could do for that layer alone",
    ),
    "alternatives": TableText(
        "Alternatives",
        "备选方案",
        "with `--alternatives`: other plans nearly as good, and what each gives up; number 0 is "
        "the plan itself",
    ),
    "alternative_units": TableText(
        "Alternative units",
        "备选方案归属表",
        "with `--alternatives`: the grid of every basic unit in each of them",
    ),
    **{name: TableText(*text) for name, text in CHANGE_TEXTS.items()},
    **{name: TableText(*text) for name, text in PEOPLE_TEXTS.items()},
    "exceptions": TableText(
        "Exceptions", "例外清单", "what a reader of the plan must know, one row a finding"
    ),
    "reconciliation": TableText(
        "Reconciliation", "核对表", "households and units read against those attributed"
    ),
    "household_ledger": TableText(
        "Household ledger",
        "户数台账",
        "every household that was read and what became of it, by source and in total",
    ),
    "data_dictionary": TableText(
        "Data dictionary", "数据字典", "the columns of this run, after GB/T 47678.7"
    ),
    **{name: TableText(*text) for name, text in REGISTER_TEXTS.items()},
}


def find_field(table: str, column: str, zone_layers: Sequence[str] = ()) -> Field | None:
    """Find what is written about a column, also one that is named after a jurisdiction layer."""
    known = FIELDS.get(f"{table}.{column}") or FIELDS.get(column)
    if known is not None:
        return known
    for number, layer in enumerate(zone_layers, start=1):
        for pattern in (name for name in FIELDS if "<layer>" in name):
            if column == pattern.replace("<layer>", layer):
                return _named(FIELDS[pattern], layer, number)
    return None


def _named(pattern: Field, layer: str, number: int) -> Field:
    """Fill a pattern in for the layer that stands at ``number`` in the configuration."""
    return replace(
        pattern,
        name=pattern.name.replace("<layer>", layer),
        name_zh=pattern.name_zh.replace("<layer>", layer),
        abbreviation=pattern.abbreviation.replace("n", str(number)),
        en=pattern.en.replace("<layer>", layer),
        zh=pattern.zh.replace("<layer>", layer),
    )


def layer_columns(layer: str, zone_layers: Iterable[str]) -> list[str]:
    """List the columns of a layer or table, the patterns filled in zone layer by zone layer."""
    names = LAYERS[layer] if layer in LAYERS else TABLES[layer]
    plain = [name for name in names if "<layer>" not in name]
    patterns = [name for name in names if "<layer>" in name]
    return plain + [name.replace("<layer>", zone) for zone in zone_layers for name in patterns]


def dictionary_rows(
    columns: Mapping[str, Sequence[str]], zone_layers: Sequence[str]
) -> list[dict[str, object]]:
    """Describe columns as rows of ``data_dictionary``.

    Parameters
    ----------
    columns
        The columns of each layer or table, by its name; layers begin with ``plan.gpkg:``.
    zone_layers
        Names of the jurisdiction layers, in the order of the configuration.
    """
    rows: list[dict[str, object]] = []
    for table, names in columns.items():
        for position, name in enumerate(names, start=1):
            found = find_field(table.removeprefix("plan.gpkg:"), name, zone_layers)
            rows.append({"table": table, "position": position, **_described(name, found)})
    return rows


def _described(name: str, found: Field | None) -> dict[str, object]:
    about = found or Field(name, "", "", "C", "", "O", "as in the input", "与输入一致")
    return {
        "field_name": name,
        "name_zh": about.name_zh,
        "abbreviation": about.abbreviation,
        "type": about.type,
        "length": about.length,
        "constraint": about.constraint,
        "description_en": about.en,
        "description_zh": about.zh,
    }
