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

from gridplan.config.address import is_address, masked
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
    def path(self) -> Path | str | None:
        """File, folder or database address."""
        ...

    @property
    def layer(self) -> str | None:
        """Layer, table or sheet; None for its only one."""
        ...

    @property
    def where(self) -> str | None:
        """Filter on attributes."""
        ...

    @property
    def encoding(self) -> str | None:
        """Encoding of the text."""
        ...

    @property
    def crs(self) -> str | None:
        """CRS where the file has none or a wrong one."""
        ...


def describe(role: str, source: Source) -> str:
    """Name a source in a message: role, file and layer."""
    name = masked(str(source.path)) if is_address(str(source.path)) else Path(str(source.path)).name
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
    if is_address(str(source.path)):
        problems.append(f"{where}: databases cannot be read yet; export the layer to a GeoPackage")
        return None
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
    datum = getattr(source, "datum", None)
    if datum:
        problems.append(
            f'{where}: datum = "{datum}" cannot be undone yet; bring the layer to a true '
            "CRS first, and leave datum out"
        )
    frame = _with_crs(frame, where, source, problems)
    if len(problems) > before:
        return None
    frame = gpd.GeoDataFrame(
        pd.DataFrame(frame.drop(columns=frame.geometry.name)),
        geometry=shapely.force_2d(frame.geometry.to_numpy()),
        crs=frame.crs,
    )
    return frame if crs is None or frame.crs == crs else _projected(frame, crs, where, problems)


def parse_crs(text: str, where: str, problems: list[str]) -> CRS | None:
    """Read a CRS such as ``EPSG:4547``."""
    try:
        return CRS.from_user_input(text)
    except CRSError:
        problems.append(f'{where}: crs = "{text}" is no known CRS; write one such as "EPSG:4547"')
        return None


def file_hash(path: Path) -> str:
    """SHA-256 over a file, with the companions of a shapefile, or over a folder's files."""
    parts = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
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
    frame: pd.DataFrame = pyogrio.read_dataframe(
        path, layer=layer or layers[0], encoding=source.encoding
    )
    return frame


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = gpd.read_parquet(path)
    except ImportError as err:
        raise _UnreadableError("GeoParquet needs pyarrow: pip install gridplan[parquet]") from err
    except ValueError:
        return pd.read_parquet(path)
    return frame


def _read_csv(path: Path, encoding: str | None) -> pd.DataFrame:
    try:
        frame = pd.read_csv(
            path, dtype=str, encoding=encoding or "utf-8-sig", keep_default_na=False
        )
    except UnicodeDecodeError as err:
        told = f'not in the encoding "{encoding}"' if encoding else "not in UTF-8"
        raise _UnreadableError(f'it is {told}; say which with encoding = "gbk" or alike') from err
    except LookupError as err:
        raise _UnreadableError(f'there is no encoding "{encoding}"') from err
    frame = frame.astype(object).mask(frame == "", None)
    lower = {str(c).casefold(): c for c in frame.columns}
    for name in _WKT_COLUMNS:
        if name in lower:
            return _from_wkt(frame, lower[name])
    for x, y in _XY_COLUMNS:
        if x in lower and y in lower:
            return _from_xy(frame, lower[x], lower[y])
    return frame


def _from_xy(frame: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    xs = pd.to_numeric(frame[x], errors="coerce").to_numpy(dtype=float)
    ys = pd.to_numeric(frame[y], errors="coerce").to_numpy(dtype=float)
    known = np.isfinite(xs) & np.isfinite(ys)
    shapes = np.full(len(frame), None, dtype=object)
    shapes[known] = shapely.points(xs[known], ys[known])
    table: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=shapes)
    return table


def _from_wkt(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    texts = frame[column].to_numpy(dtype=object)
    shapes = shapely.from_wkt(texts, on_invalid="ignore")
    wrong = np.flatnonzero(shapely.is_missing(shapes) & frame[column].notna().to_numpy())
    if len(wrong):
        rows = [f"row {i + 1}" for i in wrong]
        raise _UnreadableError(f'column "{column}" is no WKT in {len(wrong)} rows: {some(rows)}')
    table: pd.DataFrame = gpd.GeoDataFrame(frame.drop(columns=column), geometry=shapes)
    return table


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
            f"{where}: coordinates cannot be brought from {frame.crs.to_string()} to "
            f"{crs.to_string()}; check the crs of the layer and of the project"
        )
        return None
    return moved
