"""A look at the layers of a file or folder: what there is, before anyone says what it means."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from pyogrio.errors import DataSourceError

from gridplan.errors import LayerError
from gridplan.layers.notes import Notes
from gridplan.layers.source import read_table

SUFFIXES = frozenset(
    {".gpkg", ".shp", ".geojson", ".json", ".topojson", ".fgb", ".parquet", ".geoparquet"}
    | {".csv", ".xlsx", ".kml", ".kmz", ".gml", ".zip", ".gdb", ".tab", ".sqlite"}
)
_TABLES = {".csv", ".xlsx", ".parquet", ".geoparquet"}
_ROWS = 20_000
_SAMPLES = 5
_MAX_FILES = 200
_ENCODINGS = ("utf-8", "gb18030", "big5")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]+")
_TWO_HIGH = re.compile(r"[\u0080-\u00ff]{2}")


@dataclass(frozen=True)
class ColumnInfo:
    """One column, judged by its first 20,000 rows.

    Parameters
    ----------
    name
        As in the file.
    kind
        ``integer``, ``number``, ``text`` or ``other``.
    rows, distinct, missing
        Number of rows looked at, of different values, and of rows without one.
    unique
        Every row has a value and no two the same.
    low, high, mean
        Least, greatest and mean value of an integer or number, else None.
    sample
        The first few different values, as text.
    """

    name: str
    kind: str
    rows: int
    distinct: int
    missing: int
    unique: bool
    low: float | None
    high: float | None
    mean: float | None
    sample: tuple[str, ...]


@dataclass(frozen=True)
class LayerInfo:
    """One layer of a file.

    Parameters
    ----------
    path, layer
        The file, and the layer, sheet or table in it.
    alone
        The file has this layer only.
    geometry
        ``polygon``, ``line``, ``point``, ``mixed``, or "" for a table.
    crs
        ``EPSG:...`` or WKT; "" where the file names none.
    features
        Number of rows.
    bounds
        Least and greatest x and y in ``crs``, or None.
    columns
        All but the geometry.
    encoding
        The encoding to be named in the configuration, or "" where it needs none.
    problem
        Why the layer could not be read; then all else is empty.
    """

    path: Path
    layer: str
    alone: bool = True
    geometry: str = ""
    crs: str = ""
    features: int = 0
    bounds: tuple[float, float, float, float] | None = None
    columns: tuple[ColumnInfo, ...] = ()
    encoding: str = ""
    problem: str = ""

    def column(self, name: str) -> ColumnInfo | None:
        """Find a column by its name."""
        return next((column for column in self.columns if column.name == name), None)


@dataclass
class _Source:
    """A source as the reader wants it, with nothing configured."""

    path: Path | str | None
    layer: str | None = None
    where: str | None = None
    encoding: str | None = None
    crs: str | None = None


def peek(path: Path) -> list[LayerInfo]:
    """Look at every layer of a file, or of all files in a folder and its direct subfolders.

    Parameters
    ----------
    path
        A file of any format that gridplan reads, or a folder.

    Returns
    -------
    list of LayerInfo
        Sorted by file; a file that cannot be read is one entry with its ``problem``.

    Raises
    ------
    LayerError
        There is no such path, no file in it may hold layers, or more than 200 files may.
    """
    if not path.exists():
        raise LayerError(f"{path}: no such file or folder")
    files = [path] if path.is_file() or path.suffix.lower() == ".gdb" else list(_files(path))
    if not files:
        kinds = ", ".join(sorted(SUFFIXES))
        raise LayerError(f"{path}: no layer in this folder; gridplan reads {kinds}")
    if len(files) > _MAX_FILES:
        raise LayerError(
            f"{path}: {len(files)} files, more than {_MAX_FILES}; name a folder that holds the "
            "layers of one job"
        )
    return [info for file in files for info in _file(file)]


def _files(folder: Path) -> Iterator[Path]:
    """Files that may hold layers, sorted; results of earlier runs and hidden files are no input."""
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith((".", "~$")):
            continue
        if entry.suffix.lower() in SUFFIXES:
            yield entry
        elif entry.is_dir() and not (entry / "run.json").exists() and entry.suffix != ".partial":
            yield from (
                inner
                for inner in sorted(entry.iterdir())
                if inner.suffix.lower() in SUFFIXES and not inner.name.startswith((".", "~$"))
            )


def _file(path: Path) -> list[LayerInfo]:
    try:
        if path.suffix.lower() in _TABLES:
            return _table_layers(path)
        names = [str(name) for name, _ in pyogrio.list_layers(path)]
        return [_ogr_layer(path, name, alone=len(names) == 1) for name in names]
    except (DataSourceError, OSError, ValueError, RuntimeError) as error:
        return [LayerInfo(path, path.stem, problem=(str(error).splitlines() or ["unreadable"])[0])]


def _table_layers(path: Path) -> list[LayerInfo]:
    if path.suffix.lower() != ".xlsx":
        return [_table_layer(path, None, alone=True)]
    with pd.ExcelFile(path) as book:
        sheets = [str(name) for name in book.sheet_names]
    return [_table_layer(path, sheet, alone=len(sheets) == 1) for sheet in sheets]


def _table_layer(path: Path, sheet: str | None, *, alone: bool) -> LayerInfo:
    frame, encoding = _read_table(path, sheet)
    features = frame if isinstance(frame, gpd.GeoDataFrame) else None
    is_csv = path.suffix.lower() == ".csv"
    return LayerInfo(
        path=path,
        layer=sheet or path.stem,
        alone=alone,
        geometry=_geometry_kind(features),
        crs=_crs_text(features),
        features=len(frame),
        bounds=_bounds(None if features is None else features.total_bounds),
        columns=_columns(_attributes(frame).head(_ROWS), numbers_as_text=is_csv),
        encoding=encoding,
    )


def _read_table(path: Path, sheet: str | None) -> tuple[pd.DataFrame, str]:
    """Read a table; of a CSV in another encoding than UTF-8 tell which."""
    notes = Notes()
    frame = read_table("peek", _Source(path, sheet), notes)
    if frame is None:
        raise ValueError(notes.problems[0].partition(": ")[2])
    guessed = [f.message for f in notes.findings if f.kind == "encoding-guessed"]
    return frame, guessed[0].split('encoding = "')[1].split('"')[0] if guessed else ""


def _attributes(frame: pd.DataFrame) -> pd.DataFrame:
    if isinstance(frame, gpd.GeoDataFrame):
        return pd.DataFrame(frame.drop(columns=frame.geometry.name))
    return frame


def _ogr_layer(path: Path, layer: str, *, alone: bool) -> LayerInfo:
    encoding = _encoding(path, layer)
    info = pyogrio.read_info(
        path,
        layer=layer,
        encoding=encoding or None,
        force_feature_count=True,
        force_total_bounds=True,
    )
    rows = pyogrio.read_dataframe(
        path, layer=layer, encoding=encoding or None, read_geometry=False, max_features=_ROWS
    )
    return LayerInfo(
        path=path,
        layer=layer,
        alone=alone,
        geometry=_ogr_geometry(path, layer, info["geometry_type"], encoding),
        crs=info["crs"] or "",
        features=int(info["features"]),
        bounds=_bounds(info["total_bounds"]),
        columns=_columns(rows, numbers_as_text=False),
        encoding=encoding,
    )


def _encoding(path: Path, layer: str) -> str:
    """Name the encoding of a shapefile that does not say it, by what its text decodes to."""
    if path.suffix.lower() != ".shp" or not _garbled(_texts(path, layer, None)):
        return ""
    for encoding in _ENCODINGS:
        found = _texts(path, layer, encoding)
        if found is not None and not _garbled(found):
            return encoding
    return ""


def _texts(path: Path, layer: str, encoding: str | None) -> str | None:
    try:
        rows = pyogrio.read_dataframe(
            path, layer=layer, encoding=encoding, read_geometry=False, max_features=200
        )
    except UnicodeDecodeError:
        return None
    cells = rows.select_dtypes(exclude=[np.number]).to_numpy(dtype=object).ravel()
    return " ".join(map(str, [*rows.columns, *cells]))


def _garbled(text: str | None) -> bool:
    """Whether text does not decode, or looks like Chinese bytes read as Western letters."""
    return text is None or (_TWO_HIGH.search(text) is not None and _HAN.search(text) is None)


def _ogr_geometry(path: Path, layer: str, declared: str | None, encoding: str) -> str:
    if declared is None:
        return ""
    kind = _kind_of(declared)
    if kind:
        return kind
    head = pyogrio.read_dataframe(
        path, layer=layer, encoding=encoding or None, columns=[], max_features=200
    )
    return _geometry_kind(head if isinstance(head, gpd.GeoDataFrame) else None)


def _geometry_kind(features: gpd.GeoDataFrame | None) -> str:
    if features is None:
        return ""
    kinds = {_kind_of(str(name)) for name in features.geometry.dropna().geom_type.unique()}
    return kinds.pop() if len(kinds) == 1 else ("mixed" if kinds else "")


def _kind_of(name: str) -> str:
    for word, kind in (("polygon", "polygon"), ("line", "line"), ("point", "point")):
        if word in name.lower():
            return kind
    return ""


def _crs_text(features: gpd.GeoDataFrame | None) -> str:
    if features is None or features.crs is None:
        return ""
    code = features.crs.to_epsg()
    return f"EPSG:{code}" if code else features.crs.to_wkt()


def _bounds(values: object) -> tuple[float, float, float, float] | None:
    if values is None:
        return None
    array = np.asarray(values, dtype=float)
    if array.shape != (4,) or not np.isfinite(array).all():
        return None
    return float(array[0]), float(array[1]), float(array[2]), float(array[3])


def _columns(rows: pd.DataFrame, *, numbers_as_text: bool) -> tuple[ColumnInfo, ...]:
    return tuple(
        _column(str(name), rows.iloc[:, at], numbers_as_text=numbers_as_text)
        for at, name in enumerate(rows.columns)
    )


def _column(name: str, values: pd.Series, *, numbers_as_text: bool) -> ColumnInfo:
    known = values.dropna()
    text = known.astype(str)
    different = text.drop_duplicates()
    if numbers_as_text:
        known = _as_numbers(known, text)
    kind = _value_kind(known)
    if kind == "integer" and pd.api.types.is_float_dtype(known.dtype):
        different = different.str.removesuffix(".0")
    is_number = kind in ("integer", "number") and len(known) > 0
    return ColumnInfo(
        name=name,
        kind=kind,
        rows=len(values),
        distinct=len(different),
        missing=len(values) - len(text),
        unique=0 < len(values) == len(different),
        low=float(known.min()) if is_number else None,
        high=float(known.max()) if is_number else None,
        mean=float(known.mean()) if is_number else None,
        sample=tuple(value[:40] for value in different.head(_SAMPLES)),
    )


def _as_numbers(known: pd.Series, text: pd.Series) -> pd.Series:
    """Take text as numbers where that loses nothing: no leading zero, at most 15 digits."""
    if len(text) and text.str.fullmatch(r"-?(0|[1-9]\d{0,14})(\.\d+)?").all():
        return pd.to_numeric(text)
    return known


def _value_kind(known: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(known.dtype):
        return "other"
    if pd.api.types.is_integer_dtype(known.dtype):
        return "integer"
    if pd.api.types.is_float_dtype(known.dtype):
        return "integer" if len(known) and bool((known == known.round()).all()) else "number"
    if pd.api.types.is_object_dtype(known.dtype) or pd.api.types.is_string_dtype(known.dtype):
        return "text" if all(isinstance(v, str) for v in known.head(100)) else _mixed_kind(known)
    return "other"


def _mixed_kind(known: pd.Series) -> str:
    """Kind of a column of Python objects, as sheets of a workbook come."""
    if all(isinstance(value, int) and not isinstance(value, bool) for value in known):
        return "integer"
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        return "number"
    return "other"
