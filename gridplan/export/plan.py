"""A plan as one GeoPackage."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from gridplan.domain import Plan
from gridplan.errors import OutputError
from gridplan.tables.dictionary import find_field, layer_columns
from gridplan.tables.values import deciding
from gridplan.text import clean_text, is_clean

GPKG_VERSION = "1.3"
"""GeoPackage version; older desktop GIS warn about 1.4."""


def write_plan(plan: Plan, path: Path, *, version: str = GPKG_VERSION) -> None:
    """Write the layers of a plan into one GeoPackage.

    Columns and their order are those of the data dictionary, then any others as they stand; rows
    are sorted by their first column. Polygons are written as multipolygons and lines as multilines,
    single ones too, in two dimensions and in the plan's CRS.

    Parameters
    ----------
    plan
        The finished plan, one projected CRS in all layers.
    path
        File to write; replaced where it exists.
    version
        GeoPackage version, ``1.2`` or ``1.3``.

    Raises
    ------
    OutputError
        Where columns are missing, the layers differ in CRS, or the file cannot be written.
    """
    layers = plan.layers()
    faults = [line for name, layer in layers.items() for line in _faults(name, layer, plan)]
    if faults:
        raise OutputError(faults)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        for name, layer in layers.items():
            _write_layer(in_contract(name, layer, plan.zone_layers), path, name, version)
    except (OSError, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise OutputError(f"{path}: the plan cannot be written ({error})") from error


def _faults(name: str, layer: gpd.GeoDataFrame, plan: Plan) -> list[str]:
    """Say what a layer lacks to be written."""
    lines = [
        f"plan.gpkg: layer {name!r} has no column {column!r}"
        for column in layer_columns(name, plan.zone_layers)
        if column not in layer.columns and _mandatory(name, column)
    ]
    if layer.crs != plan.grids.crs:
        lines.append(f"plan.gpkg: layer {name!r} is in {layer.crs}, the grids in {plan.grids.crs}")
    return lines


def _mandatory(layer: str, column: str) -> bool:
    about = find_field(layer, column)
    return about is None or about.constraint != "O"


def in_contract(
    name: str, layer: gpd.GeoDataFrame, zone_layers: tuple[str, ...]
) -> gpd.GeoDataFrame:
    """Put columns, rows and values of a layer into the order and form in which they are written."""
    first = [column for column in layer_columns(name, zone_layers) if column in layer.columns]
    shape = layer.geometry.name
    others = [column for column in layer.columns if column not in {*first, shape}]
    table = pd.DataFrame(layer[[*first, *others]])
    table = table.sort_values(deciding(table, first), kind="stable")
    shapes = shapely.force_2d(layer.geometry.loc[table.index].to_numpy())
    values = {column: _written_values(table[column]) for column in table}
    table = pd.DataFrame(values, index=table.index)
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, index=table.index, crs=layer.crs))


def _written_values(column: pd.Series) -> pd.Series:
    """Keep numbers; make everything else clean text, missing values as nulls."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column
    values = column.astype(object).where(column.notna(), None).tolist()
    texts = [value if value is None or type(value) is str else str(value) for value in values]
    if not is_clean("".join(filter(None, texts))):
        texts = [None if text is None else clean_text(text) for text in texts]
    return pd.Series(texts, index=column.index, dtype=object)


def _write_layer(layer: gpd.GeoDataFrame, path: Path, name: str, version: str) -> None:
    kind = geometry_type(layer.geometry.to_numpy())
    pyogrio.write_dataframe(
        layer,
        path,
        layer=name,
        driver="GPKG",
        append=path.exists(),
        geometry_type=kind,
        promote_to_multi=kind.startswith("Multi"),
        dataset_options={"VERSION": version},
        layer_options={"GEOMETRY_NAME": "geom", "SPATIAL_INDEX": "YES"},
    )


def geometry_type(shapes: np.ndarray) -> str:
    """Name the one type that a whole layer is written as."""
    kinds = set(np.unique(shapely.get_dimensions(shapes[~shapely.is_missing(shapes)])).tolist())
    if kinds <= {2}:
        return "MultiPolygon"
    if kinds == {1}:
        return "MultiLineString"
    single = kinds == {0} and bool((shapely.get_type_id(shapes) == 0).all())
    return "Point" if single else "Unknown"
