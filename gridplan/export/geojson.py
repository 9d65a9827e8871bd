"""Layers of a plan as GeoJSON: for web maps and whoever reads nothing else."""

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pyogrio

from gridplan.errors import OutputError
from gridplan.export.plan import geometry_type


def write_geojson(layers: Mapping[str, gpd.GeoDataFrame], folder: Path) -> None:
    """Write each layer to ``folder/<name>.geojson`` after RFC 7946.

    The standard wants longitude and latitude of WGS 84; seven decimals are about a centimetre.
    Neighbours still share their vertices, as equal coordinates are rounded equally.

    Parameters
    ----------
    layers
        Layers by name, in the order and form of the contract, in any CRS.
    folder
        An existing folder.

    Raises
    ------
    OutputError
        Where a file cannot be written.
    """
    for name, layer in layers.items():
        path = folder / f"{name}.geojson"
        kind = geometry_type(layer.geometry.to_numpy())
        try:
            pyogrio.write_dataframe(
                layer,
                path,
                driver="GeoJSON",
                geometry_type=kind,
                promote_to_multi=kind.startswith("Multi"),
                layer_options={"RFC7946": "YES"},
            )
        except (OSError, RuntimeError, pyogrio.errors.DataSourceError) as error:
            raise OutputError(f"{path}: the layer cannot be written ({error})") from error
