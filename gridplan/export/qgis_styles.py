"""How every layer of a plan looks and reads in QGIS: symbols, labels, aliases, value lists.

Styles are stored in the GeoPackage itself (table ``layer_styles``), where QGIS finds them when a
layer is opened; nothing of QGIS is needed to write them.
"""

import datetime as dt
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from gridplan.domain import Plan
from gridplan.errors import OutputError
from gridplan.export import qgis_symbols as q
from gridplan.export.qgis_symbols import Category, Label, Symbol
from gridplan.export.qgis_words import value_names, words
from gridplan.tables.dictionary import FIELDS, find_field, layer_columns
from gridplan.tables.fields import Field

QGIS_VERSION = "3.22"
"""Version whose styles are written; later ones read them too."""

INK, SOFT_INK, MAGENTA, ALARM = "#26282B", "#5C6066", "#B40D74", "#B3261E"
IN_RANGE, UNDER, OVER, OTHER = "#E4EEDD", "#FBE3B0", "#F6C9BC", "#DCDFE4"
STEPS = ("#2F6DA8", "#8FB8DC", "#E8EEF2", "#F2B48C", "#C25A2B")  # readable by the colour-blind
MULTIPLY = 6  # blend mode: what lies under a fill stays visible

KIND = "CASE WHEN \"grid_kind\" = 'unit' THEN 'unit' ELSE \"range_status\" END"

ZONES_MAX = 3_000
"""Zones of a layer up to which each has a colour of its own; QGIS opens no legend of more."""


@dataclass(frozen=True)
class Look:
    """One style of one layer.

    Parameters
    ----------
    layer
        Layer of ``plan.gpkg``.
    name
        Name of the style; the first of a layer is the one it opens with.
    renderer
        Element of ``qgis_symbols``.
    label
        Lettering; none where None.
    blend
        Blend mode of the layer.
    nearest, farthest
        Scale denominators between which the layer shows; 0: no end.
    """

    layer: str
    name: str
    renderer: ET.Element
    label: Label | None = None
    blend: int = 0
    nearest: int = 0
    farthest: int = 0


def looks(plan: Plan, language: str, grid_range: tuple[int, int]) -> list[Look]:
    """Every style of a plan's layers, the one that a layer opens with first."""
    found = [look for name in plan.layers() for look in _of_layer(name, plan, language)]
    found += _of_grids(plan, language, grid_range)
    return found


def grid_borders(language: str) -> ET.Element:
    """Draw grids by kind and range, with the magenta border of the Beijing standard."""
    names = value_names(FIELDS["range_status"], language) | {"unit": words(language)["unit"]}
    edge = q.stroke(MAGENTA, 0.4)
    fills = {
        "in": (q.area(IN_RANGE),),
        "under": (q.area(UNDER), q.hatch(ALARM, 45, 2)),
        "over": (q.area(OVER), q.hatch(ALARM, 135, 2)),
        "exempt": (q.area(OTHER),),
        "unit": (q.area(OTHER), q.hatch(SOFT_INK, 45, 2.5)),
    }
    return q.categorized(
        KIND,
        [Category(k, names[k], Symbol("fill", (*fill, edge))) for k, fill in fills.items()],
    )


def _of_layer(name: str, plan: Plan, language: str) -> Iterator[Look]:
    w = words(language)
    if name == "grids":
        count = f"\"households\" || '{w['hh']}'"
        text = (
            f"CASE WHEN @map_scale < 4000 THEN \"grid_code\" || '\\n' || {count} "
            f"WHEN @map_scale < 12000 THEN \"grid_name\" || '\\n' || {count} "
            "ELSE regexp_substr(\"grid_code\", '([0-9]{1,3})$') END"
        )
        label = Label(text, 8, MAGENTA, bold=True, farthest=30_000)
        yield Look(name, w["by_range"], grid_borders(language), label, MULTIPLY)
    elif name == "communities":
        dashes = q.stroke(INK, 0.55, (4.2, 1.1, 0.9, 1.1))
        fill = Symbol("fill", (q.area(None), q.stroke("#FFFFFF", 0.9), dashes))
        label = Label('"community_name"', 10, "#1C3557", bold=True, nearest=9_000)
        yield Look(name, w["border"], q.single(fill), label)
        yield Look(name, w["proof"], proof(language), label)
    elif name == "streets":
        fill = Symbol("fill", (q.area(None), q.stroke("#FFFFFF", 1.3), q.stroke(INK, 0.8)))
        yield Look(name, w["border"], q.single(fill), Label('"street_name"', 14, INK, True, 30_000))
    elif name == "units":
        yield Look(name, w["cells"], q.single(Symbol("fill", (q.area(None, "#8A8F96", 0.12),))))
        for layer in plan.zone_layers:
            yield Look(name, layer, zones(plan, layer))
    elif name == "roads":
        line = Symbol("line", (q.stroke("#A4A8AD", 0.9), q.stroke("#FFFFFF", 0.6)))
        label = Label('"name"', 7, SOFT_INK, farthest=10_000, along=True)
        yield Look(name, w["roads"], q.single(line), label if "name" in plan.extra[name] else None)
    else:
        yield Look(name, w.get(name, name), q.single(_plain(name, plan)), _name_label(name, plan))


def _plain(name: str, plan: Plan) -> Symbol:
    """Mark an extra layer by its shape; a layer of mixed shapes is drawn by its first."""
    kinds = set(plan.extra[name].geom_type.dropna())
    if kinds & {"Polygon", "MultiPolygon"}:
        fills = {"buildings": q.area("#9A9FA6", "#5A5F66", 0.12)}
        return Symbol("fill", (fills.get(name, q.area(None, "#3F5E3A", 0.4)),))
    shape, colour = ("square", "#3F5E3A") if name == "institutions" else ("circle", "#1F4E79")
    return Symbol("marker", (q.dot(shape, colour, "#FFFFFF", 2.4),))


def _name_label(name: str, plan: Plan) -> Label | None:
    if name == "buildings" or "name" not in plan.extra[name]:
        return None
    return Label('"name"', 6.5, SOFT_INK, farthest=5_000)


def proof(language: str) -> ET.Element:
    """Draw communities by what is proven of them."""
    names = value_names(FIELDS["status"], language)
    colours = {"optimal": "#CFE3D0", "feasible": "#FBE3B0", "breach": "#F6C9BC"}
    edge = q.stroke(INK, 0.4)
    return q.categorized(
        '"status"',
        [Category(k, names[k], Symbol("fill", (q.area(c), edge))) for k, c in colours.items()],
    )


def zones(plan: Plan, layer: str) -> ET.Element:
    """Draw the units of each zone of a layer as one area; cell by cell where they are too many."""
    ids = sorted({str(zone) for zone in plan.units[layer].dropna().unique()})
    if len(ids) > ZONES_MAX:
        return q.single(Symbol("fill", (q.area("#E8D8A8", SOFT_INK, 0.12, alpha=0.55),)))
    colours = ("#E8D8A8", "#B8D4EA", "#F0C4B8", "#BFDDC4", "#DCC8E6", "#F0CFA4", "#B4DCDC")
    classes = [
        Category(zone, zone, Symbol("fill", (q.area(colours[i % 7], SOFT_INK, 0.5, alpha=0.55),)))
        for i, zone in enumerate(ids)
    ]
    field = layer.replace('"', '""')
    return q.merged(q.categorized(f'"{field}"', classes))


def _of_grids(plan: Plan, language: str, grid_range: tuple[int, int]) -> Iterator[Look]:
    """Yield further styles of the grids, to choose from: by households, by main share."""
    w = words(language)
    low, high = grid_range
    step = (high - low) / 3
    edges = [0.0, low - 0.5, low + step, high - step, high + 0.5, 1e9]
    first, second = round(low + step), round(high - step)
    texts = (f"< {low}", f"{low}–{first}", f"{first}–{second}", f"{second}–{high}", f"> {high}")
    yield Look("grids", w["by_households"], _steps('"households"', edges, texts), None, MULTIPLY)
    for layer in plan.zone_layers:
        shares = [0.0, 0.5, 0.7, 0.9, 0.9999, 1.0]
        percent = ("< 50 %", "50–70 %", "70–90 %", "90–100 %", "100 %")
        field = f"{layer}_main_share".replace('"', '""')
        renderer = _steps(f'"{field}"', shares, percent, STEPS[::-1])
        yield Look("grids", f"{w['main_share']}: {layer}", renderer, None, MULTIPLY)


def _steps(
    expression: str, edges: Sequence[float], texts: Sequence[str], colours: Sequence[str] = STEPS
) -> ET.Element:
    edge = q.stroke(MAGENTA, 0.4)
    pairs = zip(edges, edges[1:], texts, colours, strict=False)
    return q.graduated(
        expression,
        [Category((a, b), t, Symbol("fill", (q.area(c), edge))) for a, b, t, c in pairs],
    )


def put_look(element: ET.Element, look: Look, plan: Plan, language: str) -> None:
    """Write a style into a ``qgis`` or ``maplayer`` element."""
    if look.nearest or look.farthest:
        element.set("hasScaleBasedVisibilityFlag", "1")
        element.set("maxScale", str(look.nearest))
        element.set("minScale", str(look.farthest or 100_000_000))
    element.set("labelsEnabled", "1" if look.label else "0")
    element.append(look.renderer)
    if look.label is not None:
        element.append(q.labelling(look.label))
    ET.SubElement(element, "blendMode").text = str(look.blend)
    _put_fields(element, look.layer, plan, language)
    first = layer_columns(look.layer, plan.zone_layers)[0]
    ET.SubElement(element, "previewExpression").text = f'"{first}"'


def _put_fields(element: ET.Element, layer: str, plan: Plan, language: str) -> None:
    configuration = ET.Element("fieldConfiguration")
    aliases = ET.Element("aliases")
    shape = plan.layers()[layer].geometry.name
    columns = [str(c) for c in plan.layers()[layer].columns if c != shape]
    ordered = [c for c in layer_columns(layer, plan.zone_layers) if c in columns]
    ordered += [c for c in columns if c not in ordered]
    for index, column in enumerate(ordered, start=1):  # 0 is the GeoPackage's own fid
        about = find_field(layer, column, plan.zone_layers)
        field = ET.SubElement(configuration, "field", name=column)
        _put_widget(field, about, language)
        ET.SubElement(
            aliases, "alias", field=column, index=str(index), name=_alias(column, about, language)
        )
    element.extend([configuration, aliases])


def _alias(column: str, about: Field | None, language: str) -> str:
    if about is None:
        return ""
    if language == "zh":
        return about.name_zh
    return about.heading or column.replace("_", " ").capitalize().replace(" m2", " (m²)")


def _put_widget(field: ET.Element, about: Field | None, language: str) -> None:
    """Offer the fixed values of a column by their names."""
    if about is None or not about.values_zh:
        return
    config = ET.SubElement(ET.SubElement(field, "editWidget", type="ValueMap"), "config")
    outer = ET.SubElement(config, "Option", type="Map")
    rows = ET.SubElement(outer, "Option", name="map", type="List")
    for value, name in value_names(about, language).items():
        row = ET.SubElement(rows, "Option", type="Map")
        ET.SubElement(row, "Option", name=name, type="QString", value=value)


def style_text(look: Look, plan: Plan, language: str) -> str:
    """One style as a QML document."""
    root = ET.Element("qgis", version=QGIS_VERSION, styleCategories="AllStyleCategories")
    put_look(root, look, plan, language)
    ET.indent(root)
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return head + ET.tostring(root, encoding="unicode") + "\n"


_TABLE = """
CREATE TABLE IF NOT EXISTS layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
    f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME
)
"""
_CONTENTS = """
INSERT OR REPLACE INTO gpkg_contents (table_name, data_type, identifier, description, last_change)
VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)
"""
_ROW = """
INSERT INTO layer_styles VALUES (NULL, '', '', ?, 'geom', ?, ?, '', ?, '', '', NULL, ?)
"""


def write_styles(
    plan: Plan, path: Path, *, language: str, grid_range: tuple[int, int], date: dt.date
) -> None:
    """Store the styles of every layer in the GeoPackage of a plan; older ones are replaced.

    ``path`` is the file that ``write_plan`` wrote; the rest, and errors, are those of
    ``write_qgis``.
    """
    time = f"{date.isoformat()}T00:00:00.000Z"
    seen: set[str] = set()
    try:
        connection = sqlite3.connect(path)
        try:
            with connection:
                connection.execute(_TABLE)
                connection.execute("DELETE FROM layer_styles")
                connection.execute(_CONTENTS, (time,))
                for look in looks(plan, language, grid_range):
                    text = style_text(look, plan, language)
                    default = look.layer not in seen
                    seen.add(look.layer)
                    connection.execute(_ROW, (look.layer, look.name, text, default, time))
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise OutputError(f"{path}: the styles cannot be written ({error})") from error
