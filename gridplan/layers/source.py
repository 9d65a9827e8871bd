"""One source of any supported format into one table; nothing is judged here but readability."""

import hashlib
from pathlib import Path
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from gridplan.layers.columns import nearest, some
from gridplan.layers.filters import FilterError, select

_WKT_COLUMNS = ("wkt", "geometry", "geom", "the_geom")
_XY_COLUMNS = (
    ("x", "y"),
    ("lon", "lat"),
    ("lng", "lat"),
    ("longitude", "latitude"),
    ("easting", "northing"),
    ("经度", "纬度"),
)
_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


class Source(Protocol):
    """What every input section of the configuration says about its source."""

    @property
    def path(self) -> Path | str | None: ...

    @property
    def layer(self) -> str | None: ...

    @property
    def where(self) -> str | None: ...

    @property
    def encoding(self) -> str | None: ...

    @property
    def crs(self) -> str | None: ...


def describe(role: str, source: Source) -> str:
    """Name a source in a message: role, file and layer."""
    name = Path(str(source.path)).name
    layer = f', layer "{source.layer}"' if source.layer else ""
    return f"inputs.{role} ({name}{layer})"


def read_table(role: str, source: Source, problems: list[str]) -> pd.DataFrame | None:
    """Read a source as it stands and apply its filter.

    Parameters
    ----------
    role
        Place in the configuration below ``inputs``, for messages.
    source
        Path, layer, filter and encoding.
    problems
        One line is added per problem.

    Returns
    -------
    pandas.DataFrame or None
        A GeoDataFrame where the source has geometry; None when a problem was noted.
    """
    where = describe(role, source)
    path = Path(str(source.path))
    if not path.exists():
        problems.append(f"{where}: file not found: {path}")
        return None
    try:
        frame = _read_file(path, source)
    except _UnreadableError as err:
        problems.append(f"{where}: {err}")
        return None
    if source.where:
        try:
            frame = frame[select(frame, source.where)]
        except FilterError as err:
            problems.append(f"{where}: where = {source.where!r}: {err}")
            return None
    return frame.reset_index(drop=True)


def read_features(
    role: str, source: Source, crs: CRS | None, problems: list[str]
) -> gpd.GeoDataFrame | None:
    """Read a source that must have geometry and a CRS; 2-D, in ``crs`` where one is given."""
    before = len(problems)
    frame = read_table(role, source, problems)
    if frame is None:
        return None
    where = describe(role, source)
    if not isinstance(frame, gpd.GeoDataFrame):
        problems.append(
            f"{where}: it has no geometry; give a layer with shapes, or columns x and y, or WKT"
        )
        return None
    frame = _with_crs(frame, where, source, problems)
    if len(problems) > before:
        return None
    frame = frame.set_geometry(shapely.force_2d(frame.geometry.to_numpy()), crs=frame.crs)
    return frame if crs is None or frame.crs == crs else _projected(frame, crs, where, problems)


def parse_crs(text: str, where: str, problems: list[str]) -> CRS | None:
    """Read a CRS such as ``EPSG:4547``."""
    try:
        return CRS.from_user_input(text)
    except CRSError:
        problems.append(f'{where}: crs = "{text}" is no known CRS; write one such as "EPSG:4547"')
        return None


def file_hash(path: Path) -> str:
    """SHA-256 over a file, with the companions of a shapefile."""
    parts = [path]
    if path.suffix.lower() == ".shp":
        parts = [p for s in _SHAPEFILE_PARTS if (p := path.with_suffix(s)).exists()]
    digest = hashlib.sha256()
    for part in parts:
        with part.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


class _UnreadableError(Exception):
    pass


def _read_file(path: Path, source: Source) -> pd.DataFrame:
    suffix = path.suffix.lower()
    try:
        if suffix in (".parquet", ".geoparquet"):
            return _read_parquet(path)
        if suffix in (".csv", ".txt"):
            return _read_csv(path, source.encoding)
        if suffix in (".xlsx", ".xlsm"):
            return pd.read_excel(path, sheet_name=source.layer or 0, dtype=object)
        return _read_ogr(path, source)
    except (OSError, ValueError, UnicodeError, RuntimeError) as err:
        raise _UnreadableError(f"cannot be read: {str(err).splitlines()[0]}") from err


def _read_ogr(path: Path, source: Source) -> pd.DataFrame:
    layers = [str(name) for name, _ in pyogrio.list_layers(path)]
    layer = source.layer
    if layer is None and len(layers) > 1:
        raise _UnreadableError(
            f"it has {len(layers)} layers ({some(layers, 12)}); choose one with layer = ..."
        )
    if layer is not None and layer not in layers:
        raise _UnreadableError(f'no layer "{layer}"; {nearest(layer, layers)}')
    return pyogrio.read_dataframe(path, layer=layer or layers[0], encoding=source.encoding)


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        return gpd.read_parquet(path)
    except ImportError as err:
        raise _UnreadableError("GeoParquet needs pyarrow: pip install gridplan[parquet]") from err
    except ValueError:
        return pd.read_parquet(path)


def _read_csv(path: Path, encoding: str | None) -> pd.DataFrame:
    frame = pd.read_csv(path, dtype=str, encoding=encoding or "utf-8-sig", keep_default_na=False)
    frame = frame.mask(frame == "")
    lower = {str(c).casefold(): c for c in frame.columns}
    for name in _WKT_COLUMNS:
        if name in lower:
            shapes = shapely.from_wkt(frame[lower[name]].to_numpy(dtype=object))
            rest = frame.drop(columns=lower[name])
            return gpd.GeoDataFrame(rest, geometry=shapes)
    for x, y in _XY_COLUMNS:
        if x in lower and y in lower:
            xs = pd.to_numeric(frame[lower[x]], errors="coerce").to_numpy(dtype=float)
            ys = pd.to_numeric(frame[lower[y]], errors="coerce").to_numpy(dtype=float)
            shapes = np.where(np.isnan(xs) | np.isnan(ys), None, shapely.points(np.c_[xs, ys]))
            return gpd.GeoDataFrame(frame, geometry=shapes)
    return frame


def _with_crs(
    frame: gpd.GeoDataFrame, where: str, source: Source, problems: list[str]
) -> gpd.GeoDataFrame:
    if source.crs:
        crs = parse_crs(source.crs, where, problems)
        return frame.set_crs(crs, allow_override=True) if crs else frame
    if frame.crs is None:
        problems.append(f'{where}: the layer has no CRS; say which with crs = "EPSG:..."')
    return frame


def _projected(
    frame: gpd.GeoDataFrame, crs: CRS, where: str, problems: list[str]
) -> gpd.GeoDataFrame | None:
    moved = frame.to_crs(crs)
    bounds = moved.total_bounds
    if len(moved) and moved.geometry.notna().any() and not np.isfinite(bounds).all():
        problems.append(
            f"{where}: coordinates cannot be brought from {frame.crs.to_string()} to {crs.to_string()}; "
            "check the crs of the layer and of the project"
        )
        return None
    return moved
