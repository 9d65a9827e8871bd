"""Attribution: the grid of every facility, institution, building and road."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.domain import Finding, GridKind, Severity
from gridplan.layers.columns import some
from gridplan.layers.shares import largest_share, shares_of
from gridplan.roads import cut_roads
from gridplan.topology import Shapes


def attribute_all(
    extra: Mapping[str, gpd.GeoDataFrame],
    grids: gpd.GeoDataFrame,
    findings: list[Finding],
    units: gpd.GeoDataFrame | None = None,
    workers: int = 1,
) -> dict[str, gpd.GeoDataFrame]:
    """Find the grid of every object.

    Parameters
    ----------
    extra
        ``facilities``, ``institutions``, ``buildings``, ``public_spaces``, ``roads``, as read.
    grids
        ``grid_code`` and polygons that tile the communities; ``institution_id`` where there are
        unit grids ("" of others).
    findings
        One ``object-outside`` per layer with objects in no grid is added.
    units
        Cells with a column per jurisdiction layer, whose ``<layer>_main`` the grids have: by these
        an institution between two grids joins the better aligned one.
    workers
        Processes for the roads of a large city, which change nothing else.

    Returns
    -------
    dict
        The layers with ``grid_code`` ("" where an object lies in no grid). Roads are cut at grid
        borders as of ``cut_roads``. Institutions carry ``grid_kind``, and in ``grid_codes`` every
        grid of one that has several.
    """
    grids = grids.sort_values("grid_code", ignore_index=True)
    result = {}
    for name, layer in extra.items():
        if name == "roads":
            found = cut_roads(layer, grids, workers)
        elif name == "institutions":
            found = _institutions(layer, grids, units)
        else:
            row, _ = largest_share(layer.geometry.to_numpy(), grids)
            found = layer.assign(grid_code=_codes(grids, row))
        _list_outside(name, found, findings)
        result[name] = found
    return result


def _institutions(
    layer: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, units: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Give an institution its unit grids, else the grid beside it that holds most of it.

    Of two grids that hold as much, the one with the longer stretch of its outline has it, then the
    one whose main zones are the institution's.
    """
    shapes = layer.geometry.to_numpy()
    table = shares_of(shapes, grids)
    most = table["share"] == table.groupby("shape")["share"].transform("max")
    table = table[most].reset_index(drop=True)
    tied = np.flatnonzero(table["shape"].duplicated(keep=False))
    table[["border", "agree"]] = 0.0
    if len(tied):
        table.loc[tied, ["border", "agree"]] = _ties(shapes, table.iloc[tied], grids, units)
    table = table.sort_values(
        ["shape", "share", "border", "agree", "area"], ascending=[True, False, False, False, True]
    ).drop_duplicates("shape")
    row = np.full(len(layer), -1, dtype=np.int64)
    row[table["shape"]] = table["area"]
    found = layer[["institution_id", "name", "kind", "geometry"]].copy()
    found["grid_code"] = _codes(grids, row)
    found["grid_codes"] = found["grid_code"]
    kinds = grids.get("grid_kind", pd.Series(GridKind.RESIDENTIAL.value, index=grids.index))
    found["grid_kind"] = np.r_[kinds.to_numpy(dtype=object), [""]][row]
    if "institution_id" in grids and (grids["institution_id"] != "").any():
        own = grids[grids["institution_id"] != ""]
        own = own.assign(size=-shapely.area(own.geometry.to_numpy()).round(3))
        own = own.sort_values(["institution_id", "size", "grid_code"]).groupby("institution_id")
        main, every = own["grid_code"].first(), own["grid_code"].agg(lambda c: ";".join(sorted(c)))
        stands = found["institution_id"].isin(main.index)
        name = found.loc[stands, "institution_id"]
        found.loc[stands, "grid_code"], found.loc[stands, "grid_codes"] = (
            name.map(main),
            name.map(every),
        )
        found.loc[stands, "grid_kind"] = GridKind.UNIT.value
    return found


def _ties(
    shapes: Shapes, pairs: pd.DataFrame, grids: gpd.GeoDataFrame, units: gpd.GeoDataFrame | None
) -> NDArray[np.float64]:
    """Metres of outline of the institutions in the grids that hold as much, and their agreement."""
    known, at = np.unique(pairs["shape"].to_numpy(), return_inverse=True)
    own = pairs.assign(shape=at)
    outline = shapely.boundary(shapes[known][at])
    inside = shapely.intersection(outline, grids.geometry.to_numpy()[own["area"]])
    agree = _agreement(shapes[known], own, grids, units)
    return np.column_stack([shapely.length(inside).round(3), agree])


def _agreement(
    shapes: Shapes, pairs: pd.DataFrame, grids: gpd.GeoDataFrame, units: gpd.GeoDataFrame | None
) -> NDArray[np.int64]:
    """Count, per institution and grid, the layers in which the grid's main zone is its zone."""
    count = np.zeros(len(pairs), dtype=np.int64)
    if units is None:
        return count
    row, _ = largest_share(shapes, units)
    for layer in (str(c).removesuffix("_main") for c in grids if str(c).endswith("_main")):
        zone = np.r_[units[layer].to_numpy(dtype=object), [None]][row]
        main = grids[f"{layer}_main"].to_numpy(dtype=object)
        count += pd.notna(main[pairs["area"]]) & (zone[pairs["shape"]] == main[pairs["area"]])
    return count


def _codes(grids: gpd.GeoDataFrame, row: NDArray[np.int64]) -> NDArray[np.object_]:
    codes: NDArray[np.object_] = np.r_[grids["grid_code"].to_numpy(dtype=object), [""]]
    return codes[row]


def _list_outside(name: str, layer: gpd.GeoDataFrame, findings: list[Finding]) -> None:
    lost = layer[layer["grid_code"] == ""]
    if len(lost):
        ids = lost[layer.columns[0]]
        what = "stretches" if name == "roads" else "objects"
        findings.append(
            Finding(
                "object-outside",
                Severity.WARNING,
                f"{name}: {len(lost)} {what} lie outside every community and have no grid "
                f"({some(ids)})",
                layer=name,
                place=str(ids.iloc[0]),
                value=float(len(lost)),
            )
        )
