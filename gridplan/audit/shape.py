"""Whether the layers of a plan can be audited at all: columns, numbers, coordinate system."""

from collections.abc import Iterator
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from gridplan.domain import Plan
from gridplan.errors import LayerError
from gridplan.layers.inputs import Inputs
from gridplan.layers.planfile import Unread

_COLUMNS = {
    "grids": "grid_code grid_name grid_kind community_code street_code households range_status "
    "parts area_m2 perimeter_m polsby_popper",
    "communities": "community_code community_name street_code households grids status gap stopped",
    "streets": "street_code street_name communities grids households",
    "units": "unit_id grid_code community_code households",
}
COLUMNS = {layer: names.split() for layer, names in _COLUMNS.items()}
NUMBERS = {
    "grids": ["households", "parts", "area_m2", "perimeter_m"],
    "communities": ["households", "grids"],
    "streets": ["communities", "grids", "households"],
    "units": ["households"],
}
COUNTS = {"households", "parts", "grids", "communities"}
EXTRA_IDS = {
    "buildings": "building_id",
    "institutions": "institution_id",
    "facilities": "facility_id",
    "public_spaces": "public_space_id",
    "roads": "road_id",
}
LISTED_COLUMNS = ("kind", "community_code", "grid_code", "place", "other", "value")
SHOWN = 5


def require_layers(
    plan: Plan, inputs: Inputs, zone_layers: tuple[str, ...], exceptions: pd.DataFrame
) -> None:
    """Raise one error with every reason why the plan cannot be audited.

    Raises
    ------
    LayerError
        A layer is missing or empty, lacks a column or its coordinate system, stands in another one
        than the inputs, or holds text where numbers belong.
    """
    problems = [
        line
        for name, frame in _layers(plan)
        for line in _layer_problems(name, frame, inputs.crs, zone_layers)
    ]
    if len(exceptions) and (lacking := set(LISTED_COLUMNS) - set(exceptions.columns)):
        problems.append(f"tables/exceptions.csv: no column {_names(lacking)}; run partition again")
    if problems:
        raise LayerError(problems)


def _layers(plan: Plan) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    """Every layer of a plan; of those still in a file what tells their columns."""
    extra = plan.extra
    yield from replace(plan, extra={}).layers().items()
    for name in extra:
        yield name, extra.outline(name) if isinstance(extra, Unread) else extra[name]


def zone_columns(layers: tuple[str, ...]) -> dict[str, list[str]]:
    """Columns that the zone layers add to grids and units."""
    ends = ("_main", "_main_share", "_zones")
    return {"grids": [layer + end for layer in layers for end in ends], "units": list(layers)}


def _layer_problems(
    name: str, frame: gpd.GeoDataFrame, crs: CRS, zone_layers: tuple[str, ...]
) -> Iterator[str]:
    where = f"plan.gpkg, layer {name}"
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        yield f"{where}: no geometry; is this the layer that partition wrote?"
        return
    if name in COLUMNS and frame.empty:
        yield f"{where}: no features; a plan has at least one"
    yield from _column_problems(name, where, frame, zone_layers)
    if frame.crs is None:
        yield f"{where}: no coordinate system; the plan should be in {_crs_name(crs)}"
    elif not CRS(frame.crs).equals(crs, ignore_axis_order=True) and not _same_epsg(frame.crs, crs):
        yield (
            f"{where}: coordinate system is {_crs_name(frame.crs)}, the job's is {_crs_name(crs)}; "
            "audit the plan with the configuration it was made with"
        )


def _column_problems(
    name: str, where: str, frame: gpd.GeoDataFrame, zone_layers: tuple[str, ...]
) -> Iterator[str]:
    wanted = [*COLUMNS.get(name, []), *zone_columns(zone_layers).get(name, [])]
    if name in EXTRA_IDS:
        wanted = [EXTRA_IDS[name], "grid_code", *(["length_m"] if name == "roads" else [])]
    lacking = [column for column in wanted if column not in frame.columns]
    if lacking:
        yield f"{where}: no column {_names(lacking)}; run partition again, or put it back"
    if wanted and wanted[0] not in lacking:
        yield from _number_problems(name, where, frame, wanted[0])


def _number_problems(name: str, where: str, frame: gpd.GeoDataFrame, key: str) -> Iterator[str]:
    for column in NUMBERS.get(name, []):
        if column not in frame.columns:
            continue
        values = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float)
        wrong = ~np.isfinite(values)
        if column in COUNTS:
            wrong |= values != np.round(values)
        what = "whole number" if column in COUNTS else "number"
        if wrong.any():
            yield f"{where}: {column} is no {what} in {_rows(frame.loc[wrong, [key, column]])}"


def _rows(bad: pd.DataFrame) -> str:
    shown = [f"{place} ({value!r})" for place, value in bad.head(SHOWN).to_numpy().tolist()]
    more = f" and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
    return ", ".join(shown) + more


def _names(columns: "set[str] | list[str]") -> str:
    return ", ".join(f'"{column}"' for column in sorted(columns))


def _same_epsg(one: CRS, other: CRS) -> bool:
    code = CRS(one).to_epsg()
    return code is not None and code == CRS(other).to_epsg()


def _crs_name(crs: CRS) -> str:
    code = CRS(crs).to_epsg()
    return f"EPSG:{code}" if code else f'"{CRS(crs).name}"'
