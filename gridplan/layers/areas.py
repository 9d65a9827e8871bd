"""Communities and the streets above them."""

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from gridplan.layers.columns import (
    as_text,
    find_columns,
    some,
    text_or,
    unique_ids,
    whole_numbers,
)
from gridplan.layers.notes import Notes
from gridplan.layers.repair import usable_polygons
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
        CRS to bring them to; their own where None.
    notes
        Problems and findings are added.

    Returns
    -------
    geopandas.GeoDataFrame or None
        Columns as of ``Inputs.communities``, sorted by code; None where a problem was noted.
    """
    section = config.inputs.communities
    frame = read_features("communities", section, crs, notes)
    if frame is None:
        return None
    where = describe("communities", section)
    count = config.grids.count
    counted = count if isinstance(count, str) else None
    wanted = {"code": section.code, "name": section.name, "street": section.street}
    if not find_columns(frame, "communities", where, {**wanted, "grids.count": counted}, notes):
        return None
    codes = as_text(frame[section.code])
    if not unique_ids(codes, where, section.code, notes.problems):
        return None
    table = gpd.GeoDataFrame(
        {
            "community_code": codes,
            "community_name": text_or(codes, frame, section.name),
            "street_code": text_or("", frame, section.street),
            "grid_count": _grid_counts(frame, codes, count, where, notes.problems),
        },
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    )
    table = table.sort_values("community_code", kind="stable", ignore_index=True)
    usable = usable_polygons(table, "communities", "community_code", notes.findings)
    lost = sorted(set(table["community_code"]) - set(usable["community_code"]))
    if lost or usable.empty:
        what = f"communities without a polygon: {some(lost)}" if lost else "the layer is empty"
        notes.problems.append(f"{where}: {what}; every community needs a polygon")
        return None
    return usable


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
    if not unique_ids(codes, where, section.code, notes.problems):
        return None
    if communities is not None:
        known = communities["street_code"].isin(codes)
        orphans = communities.loc[~known, "community_code"]
        if len(orphans):
            notes.problems.append(
                f"{where}: communities whose street is not in this layer: {some(orphans)}; "
                "add the streets or mend inputs.communities.street"
            )
    table = gpd.GeoDataFrame(
        {"street_code": codes, "street_name": text_or(codes, frame, section.name)},
        geometry=frame.geometry.to_numpy(),
        crs=frame.crs,
    )
    return table.sort_values("street_code", kind="stable", ignore_index=True)


def _dissolved(communities: gpd.GeoDataFrame, project: str) -> gpd.GeoDataFrame:
    streets = communities[["street_code", "geometry"]].dissolve("street_code", as_index=False)
    code = streets["street_code"]
    columns = ["street_code", "street_name", "geometry"]
    return streets.assign(street_name=code.where(code != "", project))[columns]
