"""Communities and the streets above them."""

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from gridplan.domain import Finding, Severity
from gridplan.layers.columns import (
    as_text,
    find_columns,
    household_counts,
    some,
    text_or,
    unique_ids,
    whole_numbers,
)
from gridplan.layers.nesting import list_overlaps, list_street_misfits
from gridplan.layers.notes import Notes
from gridplan.layers.repair import (
    list_repeated_ids,
    list_repeated_shapes,
    usable_polygons,
    without_repeats,
)
from gridplan.layers.source import describe, read_features

if TYPE_CHECKING:
    from gridplan.config import Config


def read_communities(config: "Config", crs: CRS | None, notes: Notes) -> gpd.GeoDataFrame | None:
    """Read the communities.

    Parameters
    ----------
    config
        The job.
    crs
        CRS to bring them to; the UTM zone they lie in where None.
    notes
        Problems and findings are added.

    Returns
    -------
    geopandas.GeoDataFrame or None
        Columns as of ``Inputs.communities``, sorted by code; None where a problem was noted.
    """
    section = config.inputs.communities
    frame = read_features("communities", section, crs, notes)
    where = describe("communities", section)
    if frame is not None and crs is None:
        frame = _in_metres(frame, where, notes)
    if frame is None:
        return None
    count = config.grids.count
    counted = count if isinstance(count, str) else None
    wanted = {
        "code": section.code,
        "name": section.name,
        "street": section.street,
        "households": section.households,
    }
    if not find_columns(frame, "communities", where, {**wanted, "grids.count": counted}, notes):
        return None
    codes = as_text(frame[section.code])
    table = gpd.GeoDataFrame(
        {
            "community_code": codes,
            "community_name": text_or(codes, frame, section.name),
            "street_code": text_or("", frame, section.street),
            "grid_count": _grid_counts(frame, codes, count, where, notes.problems),
            **_totals(frame, codes, section.households, where, notes.problems),
        },
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    )
    table = _one_each(table, "communities", where, section.code, notes)
    if table is None:
        return None
    usable = usable_polygons(table, "communities", "community_code", notes.findings)
    list_repeated_shapes(usable, "communities", "community_code", notes.findings)
    lost = sorted(set(table["community_code"]) - set(usable["community_code"]))
    if lost or usable.empty:
        what = f"communities without a polygon: {some(lost)}" if lost else "the layer is empty"
        message = f"{where}: {what}; every community needs a polygon"
        notes.problems.append(message)
        place = str(lost[0]) if lost else ""
        notes.findings.append(
            Finding("shape-missing", Severity.ERROR, message, layer="communities", place=place)
        )
        return None
    return usable


def _in_metres(frame: gpd.GeoDataFrame, where: str, notes: Notes) -> gpd.GeoDataFrame | None:
    """Bring communities to the UTM zone that they lie in, before anything is measured."""
    if not np.isfinite(frame.total_bounds).all():
        return frame  # without shapes there is nothing to measure
    try:
        return frame.to_crs(frame.estimate_utm_crs())
    except RuntimeError:
        notes.problems.append(
            f"{where}: no UTM zone fits these coordinates; set crs in [project], or look at the "
            "crs of the layer"
        )
        return None


def _totals(
    frame: gpd.GeoDataFrame, codes: pd.Series, column: str | None, where: str, problems: list[str]
) -> dict[str, pd.Series]:
    """Households of whole communities, missing where a cell is empty; nothing where not given."""
    if column is None:
        return {}
    given = as_text(frame[column]).notna()
    totals = pd.Series(pd.NA, index=frame.index, dtype="Int64")
    numbers = household_counts(frame.loc[given, column], codes[given], where, column, problems)
    if numbers is not None:
        totals[given] = numbers
    return {"households_given": totals}


def _one_each(
    table: gpd.GeoDataFrame, role: str, where: str, column: str, notes: Notes
) -> gpd.GeoDataFrame | None:
    """Sort by id, the first column; None where an id is missing or stands on two features."""
    key = str(table.columns[0])
    table = table.sort_values(key, kind="stable", ignore_index=True)
    table = without_repeats(table, role, key, notes)
    if unique_ids(table[key], where, column, notes.problems):
        return table
    list_repeated_ids(table[key], table.geometry.to_numpy(), role, where, notes)
    return None


def _grid_counts(
    frame: gpd.GeoDataFrame,
    codes: pd.Series,
    count: str | int | None,
    where: str,
    problems: list[str],
) -> pd.Series:
    """Grids each community shall have, missing where free."""
    if not isinstance(count, str):
        return pd.Series(pd.NA if count is None else count, index=frame.index, dtype="Int64")
    given = frame[count].notna()
    numbers = whole_numbers(
        frame.loc[given, count], codes[given], where, count, problems, least=1, what="grids"
    )
    counts = pd.Series(pd.NA, index=frame.index, dtype="Int64")
    if numbers is not None:
        counts[given] = numbers
    return counts


def read_streets(
    config: "Config", crs: CRS, communities: gpd.GeoDataFrame | None, notes: Notes
) -> gpd.GeoDataFrame | None:
    """Read the streets, or dissolve them from the communities.

    Parameters
    ----------
    config
        The job.
    crs
        The project's CRS.
    communities
        As read; None where they could not be.
    notes
        Problems are added: communities whose street is not there, too.

    Returns
    -------
    geopandas.GeoDataFrame or None
        ``street_code``, ``street_name`` and polygons, sorted by code.
    """
    section = config.inputs.streets
    if section is None:
        return None if communities is None else _dissolved(communities, config.project.name)
    frame = read_features("streets", section, crs, notes)
    where = describe("streets", section)
    wanted = {"code": section.code, "name": section.name}
    if frame is None or not find_columns(frame, "streets", where, wanted, notes):
        return None
    codes = as_text(frame[section.code])
    table = gpd.GeoDataFrame(
        {"street_code": codes, "street_name": text_or(codes, frame, section.name)},
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    )
    table = _one_each(table, "streets", where, section.code, notes)
    if table is None:
        return None
    if communities is not None:
        known = communities["street_code"].isin(codes)
        orphans = communities.loc[~known, "community_code"]
        if len(orphans):
            notes.problems.append(
                f"{where}: communities whose street is not in this layer: {some(orphans)}; "
                "add the streets or mend inputs.communities.street"
            )
    usable = usable_polygons(table, "streets", "street_code", notes.findings)
    list_repeated_shapes(usable, "streets", "street_code", notes.findings)
    list_overlaps(usable, "streets", "street_code", notes.findings)
    if communities is not None and not usable.empty:
        list_street_misfits(communities, usable, notes)
    # A street without a usable shape keeps its name: its ground is that of its communities.
    shapes = usable.set_index("street_code").geometry.reindex(table["street_code"])
    return table.set_geometry(shapes.to_numpy(), crs=table.crs)


def _dissolved(communities: gpd.GeoDataFrame, project: str) -> gpd.GeoDataFrame:
    streets = communities[["street_code", "geometry"]].dissolve("street_code", as_index=False)
    code = streets["street_code"]
    columns = ["street_code", "street_name", "geometry"]
    return streets.assign(street_name=code.where(code != "", project))[columns]
