"""Layers of a plan as shapefiles: names of at most ten bytes, a mapping table, GBK or UTF-8."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from gridplan.domain import Finding, Severity
from gridplan.errors import OutputError
from gridplan.export.dbf import MAX_NUMBER, MAX_TEXT, DbfField, dbf_bytes, record_bytes
from gridplan.tables.dictionary import find_field
from gridplan.tables.encoding import encode
from gridplan.tables.fields import Field
from gridplan.tables.values import as_numbers, as_texts, is_text, number_texts

MAX_BYTES = 2**31 - 1
"""Largest .shp and .dbf that every program reads."""

MAX_FIELDS = 255
MAX_RECORD = 65_535
MAX_NAME = 10

MAPPING = "fields"
"""The mapping table, beside the shapefiles: which column each of their short names is."""

CODE_PAGES = {"gbk": "GBK", "utf-8": "UTF-8"}
"""What the ``.cpg`` says."""

_KINDS = {0: ("point", "Point"), 1: ("line", "LineString"), 2: ("polygon", "Polygon")}
_DAY = 8  # characters of a date
_DATE = re.compile("(?:[0-9]{4}-[0-9]{2}-[0-9]{2})?")
_UNKNOWN_DECIMALS = 6
_SHOWN = 40
_SHAPE_BYTES, _POINT_BYTES = 60, 17  # of a shape and a point of it, with the rings' share


@dataclass(frozen=True)
class _Sheet:
    """One shapefile: its name, its layer's, shapes, and columns under their short names."""

    name: str
    layer: str
    shapes: gpd.GeoSeries
    geometry: str
    fields: tuple[DbfField, ...]
    columns: tuple[str, ...]
    cut: tuple[list[str], ...]


def write_shapefiles(
    layers: Mapping[str, gpd.GeoDataFrame],
    folder: Path,
    *,
    encoding: str,
    date: dt.date,
    zone_layers: Sequence[str] = (),
) -> tuple[pd.DataFrame, list[Finding]]:
    """Write layers as shapefiles; one that holds points and polygons becomes two.

    Parameters
    ----------
    layers
        Layers by name, in the order and form of the contract.
    folder
        An existing folder.
    encoding
        ``gbk`` or ``utf-8``; said in the ``.cpg`` and, for GBK, in the header of the ``.dbf``.
    date
        Stands in the headers.
    zone_layers
        Names of the jurisdiction layers, in the order of the configuration.

    Returns
    -------
    tuple
        The mapping table (``file``, ``position``, ``field``, ``type``, ``length``, ``layer``,
        ``column``, ``name_zh``, ``description_en``, ``description_zh``), and a ``text-cut`` for
        each column with texts that are longer than a field may be.

    Raises
    ------
    OutputError
        Where a layer is beyond the limits of the format; all of them at once, before anything is
        written.
    """
    sheets = [
        sheet
        for name, layer in layers.items()
        for sheet in _sheets(name, layer, encoding, zone_layers)
    ]
    problems = [line for sheet in sheets for line in _beyond(sheet)]
    if problems:
        raise OutputError(problems)
    for sheet in sheets:
        _write(sheet, folder, encoding, date)
    return _mapping(sheets, zone_layers), [f for sheet in sheets for f in _cut(sheet)]


def _sheets(
    name: str, layer: gpd.GeoDataFrame, encoding: str, zone_layers: Sequence[str]
) -> Iterator[_Sheet]:
    """Split a layer by the kind of its shapes; what has none goes with the most common kind."""
    kind = shapely.get_dimensions(layer.geometry.to_numpy())
    kinds, counts = np.unique(kind[kind >= 0], return_counts=True)
    common = int(kinds[np.argmax(counts)]) if len(kinds) else 2
    kind = np.where(kind < 0, common, kind)
    columns = [str(column) for column in layer.columns if column != layer.geometry.name]
    names = short_names(name, columns, zone_layers)
    for each in sorted(set(kind.tolist())) or [common]:
        part = layer[kind == each]
        word, geometry = _KINDS[int(each)]
        if geometry == "Point" and (shapely.get_type_id(part.geometry.to_numpy()) == 4).any():
            geometry = "MultiPoint"
        made = [
            _field(short, part[column], find_field(name, column, zone_layers), encoding)
            for column, short in zip(columns, names, strict=True)
        ]
        yield _Sheet(
            name if len(kinds) < 2 else f"{name}_{word}",
            name,
            part.geometry,
            geometry,
            tuple(field for field, _ in made),
            tuple(columns),
            tuple(cut for _, cut in made),
        )


def short_names(layer: str, columns: Sequence[str], zone_layers: Sequence[str]) -> list[str]:
    """Name every column in at most ten bytes: as the dictionary does, else from its own name.

    Parameters
    ----------
    layer
        Name of the layer.
    columns
        Its columns.
    zone_layers
        Names of the jurisdiction layers.

    Returns
    -------
    list of str
        Capitals, digits and ``_``, each name once.
    """
    names: list[str] = []
    for number, column in enumerate(columns, start=1):
        about = find_field(layer, column, zone_layers)
        plain = about.abbreviation if about else _plain(column) or f"ZD{number}"
        name, turn = plain, 1
        while name in names:
            turn += 1
            name = f"{plain[: MAX_NAME - len(str(turn)) - 1]}_{turn}"
        names.append(name)
    return names


def _plain(column: str) -> str:
    """The Latin letters, digits and ``_`` of a name, in capitals, as many as a field takes."""
    kept = "".join(c for c in column.upper() if c.isascii() and (c.isalnum() or c == "_"))
    return kept.lstrip("_0123456789")[:MAX_NAME]


def _field(
    name: str, column: pd.Series, about: Field | None, encoding: str
) -> tuple[DbfField, list[str]]:
    """Write values as a field holds them, as wide as they need; and the texts that were cut."""
    if is_text(column):
        texts = as_texts(column)
        if about and about.type == "D" and all(map(_DATE.fullmatch, texts)):
            days = [text.replace("-", "").encode() for text in texts]
            return DbfField(name, "D", _DAY, 0, days), []
        whole = [encode(text, encoding) for text in texts]
        cut = [text for text, value in zip(texts, whole, strict=True) if len(value) > MAX_TEXT]
        values = [_within(value, encoding) for value in whole]
        width = min(_width(about, values), MAX_TEXT)
        return DbfField(name, "C", width, 0, values), cut
    decimals = 0 if pd.api.types.is_integer_dtype(column.dtype) else _decimals(about)
    numbers = number_texts(as_numbers(column, decimals), decimals, trim=False)
    values = [_number(text) for text in numbers]
    return DbfField(name, "N", min(_width(about, values), MAX_NUMBER), decimals, values), []


def _decimals(about: Field | None) -> int:
    return _UNKNOWN_DECIMALS if about is None else about.decimals or 0


def _width(about: Field | None, values: Sequence[bytes]) -> int:
    """Width that the dictionary declares, more where values need it."""
    declared = about.length.partition(",")[0] if about else ""
    return max(int(declared or 1), max(map(len, values), default=1))


def _number(text: str) -> bytes:
    """A number in the width of a field; one that is longer in its leading digits."""
    short = text if len(text) <= MAX_NUMBER else f"{float(text):.12g}"
    return short.encode("ascii")


def _within(value: bytes, encoding: str) -> bytes:
    """Cut a text to the longest field, never inside a character."""
    if len(value) <= MAX_TEXT:
        return value
    return value[:MAX_TEXT].decode(encoding, "ignore").encode(encoding)


def _beyond(sheet: _Sheet) -> Iterator[str]:
    """Name each limit of the format that a layer is beyond."""
    other = "leave out jurisdiction layers or columns, or take GeoPackage or GeoJSON"
    if len(sheet.fields) > MAX_FIELDS:
        yield f"{sheet.name}.shp: {len(sheet.fields)} columns, more than {MAX_FIELDS}; {other}"
    record = record_bytes(sheet.fields)
    if record > MAX_RECORD:
        yield f"{sheet.name}.shp: a row of {record:,} bytes, more than {MAX_RECORD:,}; {other}"
    points = int(shapely.get_num_coordinates(sheet.shapes.to_numpy()).sum())
    rows = len(sheet.shapes)
    sizes = {".dbf": rows * record, ".shp": rows * _SHAPE_BYTES + points * _POINT_BYTES}
    for ending, size in sizes.items():
        if size > MAX_BYTES:
            yield (
                f"{sheet.name}{ending}: about {size / 2**30:.1f} GB, more than the 2 GB that "
                "shapefiles may have; export single streets, or take GeoPackage"
            )


def _write(sheet: _Sheet, folder: Path, encoding: str, date: dt.date) -> None:
    """Write shapes and index by the library, attributes and code page ourselves."""
    path = folder / f"{sheet.name}.shp"
    shapes = gpd.GeoDataFrame(geometry=sheet.shapes.reset_index(drop=True), crs=sheet.shapes.crs)
    try:
        pyogrio.write_dataframe(
            shapes, path, driver="ESRI Shapefile", geometry_type=sheet.geometry,
            promote_to_multi=False,
        )  # fmt: skip
        table = dbf_bytes(sheet.fields, len(shapes), encoding, date)
        path.with_suffix(".dbf").write_bytes(table)
        path.with_suffix(".cpg").write_text(CODE_PAGES[encoding], encoding="ascii")
    except (OSError, pyogrio.errors.DataSourceError, pyogrio.errors.GeometryError) as error:
        raise OutputError(f"{path}: the shapefile cannot be written ({error})") from error


def _mapping(sheets: Sequence[_Sheet], zone_layers: Sequence[str]) -> pd.DataFrame:
    rows = []
    for sheet in sheets:
        for number, (field, column) in enumerate(
            zip(sheet.fields, sheet.columns, strict=True), start=1
        ):
            about = find_field(sheet.layer, column, zone_layers)
            rows.append(
                {
                    "file": sheet.name,
                    "position": number,
                    "field": field.name,
                    "type": field.type,
                    "length": field.length,
                    "layer": sheet.layer,
                    "column": column,
                    "name_zh": about.name_zh if about else "",
                    "description_en": about.en if about else "as in the input",
                    "description_zh": about.zh if about else "与输入一致",
                }
            )
    return pd.DataFrame(rows)


def _cut(sheet: _Sheet) -> Iterator[Finding]:
    """Name the columns whose texts were cut."""
    for column, cut in zip(sheet.columns, sheet.cut, strict=True):
        if cut:
            yield Finding(
                "text-cut",
                Severity.WARNING,
                f"{sheet.name}.shp: texts of column {column} longer than the {MAX_TEXT} bytes of a "
                f"field are cut: {len(cut)}, the first {cut[0][:_SHOWN]!r}...; CSV files, workbook "
                "and GeoJSON have them whole",
                layer=sheet.layer,
                place=column,
                value=float(len(cut)),
                limit=float(MAX_TEXT),
            )
