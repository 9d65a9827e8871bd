"""Tables: CSV and workbooks, with points or WKT where their columns say so."""

import codecs
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan.layers.columns import nearest, some
from gridplan.layers.encodings import Guess, guess
from gridplan.layers.unreadable import UnreadableError

_WKT_COLUMNS = ("wkt", "geometry", "geom", "the_geom")
_XY_COLUMNS = (
    ("x", "y"),
    ("lon", "lat"),
    ("lng", "lat"),
    ("longitude", "latitude"),
    ("easting", "northing"),
    ("经度", "纬度"),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_csv(path: Path, encoding: str | None, tell: Callable[[Guess], None]) -> pd.DataFrame:
    """Read a CSV, every cell as text.

    Parameters
    ----------
    path
        The file.
    encoding
        As configured; None to tell it by a byte order mark or by evidence.
    tell
        Is told what was guessed.

    Returns
    -------
    pandas.DataFrame
        A GeoDataFrame where columns hold coordinates or WKT; empty cells are missing.

    Raises
    ------
    UnreadableError
        The text is in another encoding, or in none that fits.
    """
    codec = encoding or _told(path, tell)
    try:
        frame = pd.read_csv(path, dtype=str, encoding=codec, keep_default_na=False)
    except UnicodeDecodeError as err:
        raise UnreadableError(
            f'it is not in the encoding "{codec}"; leave encoding out to have it told by evidence'
        ) from err
    except LookupError as err:
        raise UnreadableError(f'there is no encoding "{encoding}"') from err
    if encoding and len(frame.columns):
        frame = frame.rename(columns={frame.columns[0]: str(frame.columns[0]).lstrip("\ufeff")})
    return with_places(frame.astype(object).mask(frame == "", None))


def read_workbook(path: Path, sheet: str | None) -> pd.DataFrame:
    """Read a sheet of a workbook, the first where none is named; blank rows are left out."""
    with pd.ExcelFile(path) as book:
        names = [str(name) for name in book.sheet_names]
        if sheet is not None and sheet not in names:
            raise UnreadableError(f'no sheet "{sheet}"; {nearest(sheet, names)}')
        frame = pd.read_excel(book, sheet_name=sheet or names[0], dtype=object)
    frame.columns = [str(name) for name in frame.columns]
    return with_places(frame.dropna(how="all").reset_index(drop=True))


def with_places(frame: pd.DataFrame) -> pd.DataFrame:
    """Make points of columns x and y (or alike), or shapes of a column of WKT."""
    lower = {str(c).casefold(): c for c in frame.columns}
    for name in _WKT_COLUMNS:
        if name in lower:
            return _from_wkt(frame, lower[name])
    for x, y in _XY_COLUMNS:
        if x in lower and y in lower:
            return _from_xy(frame, lower[x], lower[y])
    return frame


def _told(path: Path, tell: Callable[[Guess], None]) -> str:
    data = path.read_bytes()
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return codec
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        found = guess(data.split(b"\n"))
    else:
        return "utf-8"
    if found is None or not found.codec:
        why = f" ({found.evidence})" if found else ""
        raise UnreadableError(
            f'its text fits no encoding{why}; say which with encoding = "gb18030" or alike'
        )
    tell(found)
    return found.codec


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
        raise UnreadableError(f'column "{column}" is no WKT in {len(wrong)} rows: {some(rows)}')
    table: pd.DataFrame = gpd.GeoDataFrame(frame.drop(columns=column), geometry=shapes)
    return table
