"""The kinds of value a configuration holds, each with one clear complaint."""

import re
import unicodedata
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
)
from pyproj import CRS
from pyproj.exceptions import CRSError

from gridplan.config.address import is_address, is_database, masked
from gridplan.config.toml import shown

RESERVED_NAMES = frozenset(
    {
        "unit_id",
        "block_id",
        "zone_id",
        "building_id",
        "institution_id",
        "facility_id",
        "road_id",
        "public_space_id",
        "grid_code",
        "grid_name",
        "grid_kind",
        "grid_count",
        "community_code",
        "community_name",
        "street_code",
        "street_name",
        "district_code",
        "households",
        "households_method",
        "households_source",
        "stairwell",
        "range_status",
        "parts",
        "area_m2",
        "perimeter_m",
        "polsby_popper",
        "shared_m",
        "cost_m",
        "status",
        "gap",
        "stopped",
        "name",
        "kind",
        "geometry",
        "geom",
        "fid",
        "grids",
        "communities",
        "streets",
        "units",
        "layer",
        "per_grid",
        "compactness",
        "balance",
        "barrier_discount",
        "change",
    }
)


Amount = Annotated[float, Field(ge=0)]
"""A number that is not negative."""

Share = Annotated[float, Field(ge=0, le=1)]
"""A number from 0 to 1."""


class Section(BaseModel):
    """One table of the file: frozen, typed strictly, no unknown keys, no ``nan`` or ``inf``."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
    )


def _filled(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value


def _column_or_count(value: object) -> str | int:
    if isinstance(value, str):
        return _filled(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    raise ValueError(
        f"must be the name of a column or a whole number, 1 or more; not {shown(value)}"
    )


def _column_or_one(value: object) -> str | int:
    if isinstance(value, str):
        return _filled(value)
    if isinstance(value, int) and not isinstance(value, bool) and value == 1:
        return value
    raise ValueError(
        "must be the name of a column, or 1 where each feature is one household; "
        f"not {shown(value)}"
    )


def _path(value: object) -> Path | str:
    if isinstance(value, Path):
        return value
    if not isinstance(value, str):
        raise ValueError(
            f"must be text: a file, a folder or a database address; not {shown(value)}"
        )
    if is_address(value) and not is_database(value):
        raise ValueError(
            f'"{masked(value)}" is not an address gridplan reads; give a file or postgresql://...'
        )
    return _filled(value)


def _crs(value: str) -> str:
    try:
        CRS.from_user_input(value)
    except CRSError as error:
        raise ValueError(
            f'"{value}" is no coordinate system; write one such as "EPSG:4490"'
        ) from error
    return value


def _metric_crs(value: str) -> str:
    crs = CRS.from_user_input(_crs(value))
    if not crs.is_projected:
        raise ValueError(
            f'"{value}" ({crs.name}) is not projected; give a projected system in metres, '
            "or leave the key out"
        )
    if any(abs(axis.unit_conversion_factor - 1.0) > 1e-9 for axis in crs.axis_info[:2]):
        unit = crs.axis_info[0].unit_name
        raise ValueError(f'"{value}" ({crs.name}) is in {unit}; give a projected system in metres')
    return value


def _layer_name(value: str) -> str:
    if not re.fullmatch(r"\w+", value):
        raise ValueError("a layer's name has letters, digits and _ only, as it names columns")
    if value != unicodedata.normalize("NFC", value):
        raise ValueError("write the layer's name in composed characters (Unicode NFC)")
    if value.casefold() in RESERVED_NAMES:
        raise ValueError("this name is a column of the plan; choose another for the layer")
    return value


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


_TEXT_OR_WHOLE = {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 1}]}

Text = Annotated[str, AfterValidator(_filled)]
Column = Annotated[str, AfterValidator(_filled)]
ColumnOrCount = Annotated[
    str | int, PlainValidator(_column_or_count), WithJsonSchema(_TEXT_OR_WHOLE)
]
ColumnOrOne = Annotated[
    str | int,
    PlainValidator(_column_or_one),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"const": 1}]}),
]
Location = Annotated[Path | str, PlainValidator(_path), WithJsonSchema({"type": "string"})]
Crs = Annotated[str, AfterValidator(_crs)]
MetricCrs = Annotated[str, AfterValidator(_metric_crs)]
LayerName = Annotated[str, AfterValidator(_layer_name)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_tuple)]
Maps = Annotated[tuple[Literal["png", "pdf", "svg", "html"], ...], BeforeValidator(_as_tuple)]
Sheets = Annotated[
    tuple[Literal["district", "street", "community", "grid"], ...], BeforeValidator(_as_tuple)
]
Tables = Annotated[tuple[Literal["csv", "xlsx"], ...], BeforeValidator(_as_tuple)]
