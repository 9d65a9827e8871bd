"""Findings as points, to open beside the layers in QGIS."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from gridplan.errors import OutputError
from gridplan.export.plan import GPKG_VERSION
from gridplan.text import clean_text


def write_findings(findings: gpd.GeoDataFrame, path: Path) -> None:
    """Write findings to a GeoPackage, one layer ``findings``; an existing file is replaced.

    Parameters
    ----------
    findings
        One row per finding; points, or no geometry where it has no place.
    path
        File to write, ``.gpkg``.

    Raises
    ------
    OutputError
        Where it cannot be written, or stands there and is no GeoPackage.
    """
    if path.suffix.lower() != ".gpkg":
        raise OutputError(f"{path}: findings are written as a GeoPackage; name it .gpkg")
    texts = [c for c in findings.columns if pd.api.types.is_string_dtype(findings[c].dtype)]
    clean = findings.assign(**{c: findings[c].map(clean_text) for c in texts})
    try:
        path.unlink(missing_ok=True)
        pyogrio.write_dataframe(
            clean,
            path,
            layer="findings",
            driver="GPKG",
            geometry_type="Point",
            dataset_options={"VERSION": GPKG_VERSION},
        )
    except (OSError, pyogrio.errors.DataSourceError) as err:
        raise OutputError(f"{path}: the findings cannot be written ({err})") from err
