"""Files that GDAL reads, zipped ones in place, and the text of shapefiles in its true encoding."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd
import pyogrio

from gridplan.layers.columns import CUT_NAMES, nearest, some
from gridplan.layers.dbf import Dbf, read_dbf
from gridplan.layers.encodings import Guess, codec_named, decoded, guess
from gridplan.layers.unreadable import UnreadableError

_MEMBERS = (".shp", ".gpkg", ".geojson", ".json", ".topojson", ".fgb", ".kml", ".gml", ".tab")
_BYTES = "ISO-8859-1"  # every byte is one character, so that nothing is lost on the way
_SINGLE_BYTE = ("cp1252", "iso8859-1", "latin-1", "ascii")
_STRONG = 0.7


@dataclass(frozen=True)
class _Place:
    """A file as GDAL opens it: itself, or a member of a zip."""

    path: Path
    member: str = ""

    @property
    def address(self) -> str:
        return f"/vsizip/{self.path.as_posix()}/{self.member}" if self.member else str(self.path)

    @property
    def is_shapefile(self) -> bool:
        name = self.member or self.path.name
        return name.casefold().endswith((".shp", ".dbf"))


def read_ogr(
    path: Path, layer: str | None, encoding: str | None, tell: Callable[[Guess], None]
) -> pd.DataFrame:
    """Read a layer of a file, or of a file in a zip.

    Parameters
    ----------
    path
        File, folder or zip.
    layer
        Layer, or the member of a zip; None for the only one.
    encoding
        As configured; None to go by what the file says and what its text decodes to.
    tell
        Is told what was guessed.

    Returns
    -------
    pandas.DataFrame
        A GeoDataFrame where the layer has geometry.

    Raises
    ------
    UnreadableError
        The layer is not there or not the only one, or its text is in another encoding.
    """
    place, layer = _in_zip(path, layer)
    layers = [str(name) for name, _ in pyogrio.list_layers(place.address)]
    if layer is None and len(layers) != 1:
        raise UnreadableError(
            f"it has {len(layers)} layers ({some(layers, 12)}); choose one with layer = ..."
        )
    if layer is not None and layer not in layers:
        raise UnreadableError(f'no layer "{layer}"; {nearest(layer, layers)}')
    chosen = layer if layer is not None else layers[0]
    dbf = read_dbf(place.path, place.member) if place.is_shapefile else None
    frame: pd.DataFrame
    if dbf is None or not (dbf.texts or any(not n.isascii() for n in dbf.names)):
        frame = pyogrio.read_dataframe(
            place.address, layer=chosen, encoding=encoding if dbf is None else None
        )
    else:
        codec = _codec(dbf, encoding, tell)
        frame = pyogrio.read_dataframe(place.address, layer=chosen, encoding=_BYTES)
        frame = _with_text(frame, codec, dbf.width)
    frame.attrs[CUT_NAMES] = place.is_shapefile
    return frame


def _in_zip(path: Path, layer: str | None) -> tuple[_Place, str | None]:
    """Choose the member of a zip; the layer left to choose inside it."""
    if path.suffix.casefold() != ".zip":
        return _Place(path), layer
    with zipfile.ZipFile(path) as archive:
        members = sorted(
            name
            for name in archive.namelist()
            if name.casefold().endswith(_MEMBERS) and not name.startswith("__MACOSX/")
        )
    if not members:
        return _Place(path), layer
    if len(members) == 1:
        stem = PurePosixPath(members[0]).stem
        return _Place(path, members[0]), None if layer in (stem, members[0]) else layer
    for member in members:
        if layer in (member, PurePosixPath(member).stem, PurePosixPath(member).name):
            return _Place(path, member), None
    names = [PurePosixPath(member).stem for member in members]
    if layer is None:
        raise UnreadableError(
            f"the zip holds {len(members)} files ({some(members, 12)}); "
            f'choose one with layer = "{names[0]}" or alike'
        )
    raise UnreadableError(f'the zip has no file "{layer}"; {nearest(layer, names)}')


def _codec(dbf: Dbf, encoding: str | None, tell: Callable[[Guess], None]) -> str:
    """Decide the encoding of a DBF: configured, declared and true, or told by evidence."""
    values, width = dbf.evidence
    if encoding:
        return _configured(values, width, encoding)
    fits = dbf.declared is not None and decoded(values, dbf.declared, width) is not None
    if fits and dbf.declared not in _SINGLE_BYTE and dbf.declared is not None:
        return dbf.declared
    found = guess(values, width)
    # A single byte encoding decodes anything; strong evidence of another one overrules it.
    strong = found is not None and found.codec not in ("", "cp1252") and found.score >= _STRONG
    if fits and dbf.declared is not None and not strong:
        return dbf.declared
    if found is None or not found.codec:
        shown = next(v for v in values if not v.isascii())
        why = found.evidence if found else "nothing decodes"
        raise UnreadableError(
            f"its text fits no encoding ({why}), such as {shown[:24]!r}; "
            'say which with encoding = "gb18030" or alike'
        )
    said = f"its {dbf.told_by} says {dbf.declared}; " if dbf.declared else ""
    tell(Guess(found.codec, said + found.evidence, found.sure and not said, found.score))
    return found.codec


def _configured(values: list[bytes], width: int, encoding: str) -> str:
    codec = codec_named(encoding)
    if codec is None:
        raise UnreadableError(f'there is no encoding "{encoding}"')
    if decoded(values, codec, width) is None:
        wrong = next(v for v in values if decoded([v], codec, width) is None)
        found = guess(values, width)
        hint = f'; its text looks like "{found.codec}"' if found and found.codec else ""
        raise UnreadableError(
            f'its text is not in the encoding "{encoding}", such as {wrong[:24]!r}{hint}'
        )
    return codec


def _with_text(frame: pd.DataFrame, codec: str, width: int) -> pd.DataFrame:
    """Decode names and text columns that were read byte by byte."""
    for column in frame.columns:
        values = frame[column]
        if not (pd.api.types.is_string_dtype(values.dtype) or values.dtype == object):
            continue
        places, different = pd.factorize(values)
        if len(different) == 0 or not all(isinstance(v, str) for v in different):
            continue
        stored = [str(v).encode(_BYTES) for v in different]
        texts = decoded(stored, codec, width)
        if texts is None:
            raise UnreadableError(f'column {column!r} is not all in the encoding "{codec}"')
        frame[column] = pd.Series([*texts, None], dtype=object).to_numpy()[places]
    frame.columns = [_name(str(name), codec) for name in frame.columns]
    return frame


def _name(name: str, codec: str) -> str:
    try:
        stored = name.encode(_BYTES)
    except UnicodeEncodeError:
        return name
    # A name of ten bytes may end in half a character.
    return stored.decode(codec, "ignore")
