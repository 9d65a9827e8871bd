"""The words of a QGIS legend, in English and Chinese."""

from collections.abc import Mapping

from gridplan.tables.fields import Field

ENGLISH: Mapping[str, str] = {
    "district": "District",
    "street": "Street",
    "community": "Community",
    "zones": "Zones",
    "exceptions": "Exceptions",
    "unit": "Unit grid",
    "hh": " hh",
    "by_range": "Range",
    "by_households": "Households",
    "main_share": "Main share",
    "border": "Borders",
    "proof": "What is proven",
    "cells": "Basic units",
    "streets": "Streets",
    "communities": "Communities",
    "grids": "Grids",
    "units": "Basic units",
    "roads": "Roads",
    "buildings": "Buildings",
    "institutions": "Institutions",
    "facilities": "Facilities",
    "out_of_range": "Grids out of range",
    "in_parts": "Grids in several parts",
    "listed": "Units in the exceptions table",
    "table": "Exceptions table",
}
CHINESE: Mapping[str, str] = {
    "district": "区级",
    "street": "街道级",
    "community": "社区级",
    "zones": "辖区",
    "exceptions": "例外",
    "unit": "单位网格(专属网格)",
    "hh": "户",
    "by_range": "规模状态",
    "by_households": "户数",
    "main_share": "主辖区占比",
    "border": "界线",
    "proof": "求解状态",
    "cells": "基本单元",
    "streets": "街道",
    "communities": "社区",
    "grids": "网格",
    "units": "基本单元",
    "roads": "道路",
    "buildings": "建筑物",
    "institutions": "单位",
    "facilities": "公共设施",
    "out_of_range": "户数未达标的网格",
    "in_parts": "由多个部分组成的网格",
    "listed": "例外清单中的基本单元",
    "table": "例外清单",
}
_VALUES: Mapping[str, str] = {
    "in": "In range",
    "under": "Below the range",
    "over": "Above the range",
    "exempt": "Exempt",
    "residential": "Residential grid",
    "unit": "Unit grid",
    "optimal": "Proven optimal",
    "feasible": "In range, not proven",
    "breach": "Range missed",
}


def words(language: str) -> Mapping[str, str]:
    """Words of a legend in ``language`` (``en`` or ``zh``), by key."""
    return CHINESE if language == "zh" else ENGLISH


def value_names(about: Field, language: str) -> dict[str, str]:
    """Names of the fixed values of a column, by value."""
    return {
        value: name if language == "zh" else _VALUES.get(value, value.capitalize())
        for value, name in about.values_zh.items()
    }
