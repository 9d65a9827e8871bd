"""One source of any supported format into one table; nothing is judged here but readability."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from zipfile import BadZipFile

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS

from gridplan.config.address import is_address, masked
from gridplan.domain import Finding, Severity
from gridplan.layers.coordinates import into_project, with_crs
from gridplan.layers.database import read_database
from gridplan.layers.encodings import Guess
from gridplan.layers.filters import FilterError, select
from gridplan.layers.notes import Notes
from gridplan.layers.ogr import read_ogr
from gridplan.layers.tabular import read_csv, read_workbook, with_places
from gridplan.layers.unreadable import UnreadableError

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


def read_table(role: str, source: Source, notes: Notes) -> pd.DataFrame | None:
    """Read a source as it stands and apply its filter.

    Parameters
    ----------
    role
        Place in the configuration below ``inputs``, for messages.
    source
        Path, layer, filter and encoding.
    notes
        One line is added per problem, and what was guessed about the encoding.

    Returns
    -------
    pandas.DataFrame or None
        A GeoDataFrame where the source has geometry; None when a problem was noted.
    """
    where = describe(role, source)
    path = Path(str(source.path))
    if not is_address(str(source.path)) and not path.exists():
        notes.problems.append(f"{where}: file not found: {path}")
        return None

    def tell(found: Guess) -> None:
        severity = Severity.INFO if found.sure else Severity.WARNING
        message = (
            f"{where}: text read as {found.codec} ({found.evidence}); "
            f'to settle it, add encoding = "{found.codec}" to [inputs.{role}]'
        )
        notes.findings.append(
            Finding("encoding-guessed", severity, message, layer=role, value=found.score)
        )

    try:
        if is_address(str(source.path)):
            frame = read_database(str(source.path), source.layer)
        else:
            frame = _read_file(path, source, tell)
    except UnreadableError as err:
        notes.problems.append(f"{where}: {err}")
        return None
    if source.where:
        try:
            kept = select(frame, source.where)
        except FilterError as err:
            notes.problems.append(f"{where}: where = {source.where!r}: {err}")
            return None
        frame = frame[kept]
    return frame.reset_index(drop=True)


def read_features(
    role: str, source: Source, crs: CRS | None, notes: Notes
) -> gpd.GeoDataFrame | None:
    """Read a source that must have geometry and a CRS; 2-D, in ``crs`` where one is given.

    Parameters
    ----------
    role
        Place in the configuration below ``inputs``, for messages.
    source
        Path, layer, filter, encoding, CRS and datum.
    crs
        CRS to bring the layer to; its own where None.
    notes
        Problems and findings are added.

    Returns
    -------
    geopandas.GeoDataFrame or None
        Geometry column ``geometry``; None when a problem was noted.
    """
    frame = read_table(role, source, notes)
    if frame is None:
        return None
    where = describe(role, source)
    if not isinstance(frame, gpd.GeoDataFrame):
        notes.problems.append(
            f"{where}: it has no geometry; give a layer with shapes, or columns x and y, or WKT"
        )
        return None
    marks = frame.attrs
    frame = gpd.GeoDataFrame(
        pd.DataFrame(frame.drop(columns=frame.geometry.name)),
        geometry=shapely.force_2d(frame.geometry.to_numpy()),
        crs=frame.crs,
    )
    frame.attrs = marks
    placed = with_crs(frame, role, where, source.crs, notes)
    if placed is None:
        return None
    return into_project(placed, role, where, getattr(source, "datum", None), crs, notes)


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


def _read_file(path: Path, source: Source, tell: Callable[[Guess], None]) -> pd.DataFrame:
    suffix = path.suffix.lower()
    try:
        if suffix in (".parquet", ".geoparquet"):
            return _read_parquet(path)
        if suffix in (".csv", ".txt"):
            return read_csv(path, source.encoding, tell)
        if suffix in (".xlsx", ".xlsm"):
            return read_workbook(path, source.layer)
        return read_ogr(path, source.layer, source.encoding, tell)
    except (OSError, ValueError, UnicodeError, RuntimeError, BadZipFile) as err:
        reason = (str(err).splitlines() or [type(err).__name__])[0]
        raise UnreadableError(f"cannot be read: {reason}") from err


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = gpd.read_parquet(path)
    except ImportError as err:
        raise UnreadableError("GeoParquet needs pyarrow: pip install gridplan[parquet]") from err
    except ValueError:
        return with_places(pd.read_parquet(path))
    return frame
