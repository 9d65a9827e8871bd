"""``plan.qgz``: the plan as a QGIS project, written without QGIS."""

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import shapely

from gridplan.domain import Plan
from gridplan.export import qgis_symbols as q
from gridplan.export.qgis_styles import (
    ALARM,
    QGIS_VERSION,
    Look,
    looks,
    proof,
    put_look,
    style_text,
    zones,
)
from gridplan.export.qgis_symbols import Symbol
from gridplan.export.qgis_words import words
from gridplan.export.whole import write_whole
from gridplan.text import clean_text

EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first date that a zip archive can hold
LISTED_MAX = 5_000  # ids in one filter; beyond that the layer is left out
FAR_FROM = 60_000  # scale denominator from which communities are drawn instead of grids
DETAIL_TO = 12_000

_GEOMETRY = {0: ("Point", "Point"), 1: ("Line", "MultiLineString"), 2: ("Polygon", "MultiPolygon")}


@dataclass(frozen=True)
class Entry:
    """One layer of the project.

    Parameters
    ----------
    key
        Unique in the project; its id is made of it.
    title
        Name in the tree.
    source
        Address relative to the project.
    look
        Style; None for a table.
    others
        Further styles to choose from.
    shown
        Whether it is switched on.
    """

    key: str
    title: str
    source: str
    look: Look | None
    others: tuple[Look, ...] = ()
    shown: bool = True

    @property
    def layer_id(self) -> str:
        """Id of the layer in the project."""
        return f"gridplan_{self.key}"


Group = tuple[str, tuple[Entry, ...]]


def write_project(
    plan: Plan,
    folder: Path,
    *,
    title: str,
    language: str,
    grid_range: tuple[int, int],
    exceptions: pd.DataFrame,
) -> None:
    """Write ``plan.qgz`` beside ``plan.gpkg``: layers in groups by level, styled, paths relative.

    The same plan gives the same bytes. Parameters and errors are those of ``write_qgis``.
    """
    groups = _groups(plan, language, grid_range, exceptions)
    root = _project(plan, groups, clean_text(title), language)
    ET.indent(root)
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    text = head + ET.tostring(root, encoding="unicode") + "\n"
    write_whole(folder / "plan.qgz", _zipped("plan.qgs", clean_text(text).encode()))


def _zipped(name: str, data: bytes) -> bytes:
    """Zip one file, without the time and the machine it was made on."""
    file = io.BytesIO()
    entry = zipfile.ZipInfo(name, EARLIEST)
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(entry, data, zipfile.ZIP_DEFLATED, 9)
    return file.getvalue()


def _groups(
    plan: Plan, language: str, grid_range: tuple[int, int], exceptions: pd.DataFrame
) -> list[Group]:
    """Sort layers into groups, the topmost first; a lower level lies below a higher one."""
    w = words(language)
    styles: dict[str, list[Look]] = {}
    for look in looks(plan, language, grid_range):
        styles.setdefault(look.layer, []).append(look)
    far = Look("communities", w["proof"], proof(language), nearest=FAR_FROM)
    district = (_layer("streets", w, styles), _own("communities_far", w["proof"], far))
    street = (_layer("communities", w, styles), _layer("grids", w, styles, to=FAR_FROM))
    order = ("facilities", "institutions", "roads", "buildings", "units")
    community = [_layer(n, w, styles, to=DETAIL_TO) for n in order if n in styles]
    zone_entries = [
        _own(f"zones_{i}", layer, Look("units", layer, zones(plan, layer)), shown=False)
        for i, layer in enumerate(plan.zone_layers, start=1)
    ]
    found = (
        (w["exceptions"], tuple(_exceptions(plan, exceptions, language))),
        (w["zones"], tuple(zone_entries)),
        (w["district"], district),
        (w["street"], street),
        (w["community"], tuple(community)),
    )
    return [group for group in found if group[1]]


def _layer(name: str, w: Mapping[str, str], styles: dict[str, list[Look]], to: int = 0) -> Entry:
    """Take a layer as it opens, its other styles to choose from."""
    first, *rest = styles[name]
    look = replace(first, farthest=first.farthest or to)
    others = () if name == "units" else tuple(rest)
    return Entry(name, w.get(name, name), f"./plan.gpkg|layername={name}", look, others)


def _own(key: str, title: str, look: Look, where: str = "", *, shown: bool = True) -> Entry:
    source = f"./plan.gpkg|layername={look.layer}" + (f"|subset={where}" if where else "")
    return Entry(key, title, source, look, shown=shown)


def _exceptions(plan: Plan, exceptions: pd.DataFrame, language: str) -> Iterator[Entry]:
    """Show what the exceptions are about, where it is on the ground."""
    w = words(language)
    outline = q.single(Symbol("fill", (q.area(None, ALARM, 1.0),)))
    wide = q.single(Symbol("fill", (q.area(None, "#7A4FA3", 0.9),)))
    spot = q.single(Symbol("fill", (q.area("#F0A04B", "#9A5A10", 0.4, alpha=0.75),)))
    if plan.grids["range_status"].isin(["under", "over"]).any():
        where = "\"range_status\" IN ('under','over')"
        yield _own("out_of_range", w["out_of_range"], Look("grids", w["grids"], outline), where)
    if (plan.grids["parts"] > 1).any():
        yield _own("in_parts", w["in_parts"], Look("grids", w["grids"], wide), '"parts" > 1')
    ids = _listed_units(plan, exceptions)
    if 0 < len(ids) <= LISTED_MAX:
        quoted = ",".join("'" + unit.replace("'", "''") + "'" for unit in ids)
        where = f'"unit_id" IN ({quoted})'
        yield _own("listed", w["listed"], Look("units", w["listed"], spot), where)
    if len(exceptions):
        yield Entry("table", w["table"], "./tables/exceptions.csv", None)


def _listed_units(plan: Plan, exceptions: pd.DataFrame) -> list[str]:
    named = {str(value) for column in ("place", "other") for value in exceptions[column].dropna()}
    return sorted(named.intersection(plan.units["unit_id"].dropna().astype(str).tolist()))


def _project(plan: Plan, groups: Sequence[Group], title: str, language: str) -> ET.Element:
    root = ET.Element("qgis", version=QGIS_VERSION, projectname=title)
    ET.SubElement(root, "title").text = title
    system = _system(plan)
    ET.SubElement(root, "projectCrs").append(system)
    root.append(_tree(groups))
    _canvas(root, plan, system)
    layers = ET.SubElement(root, "projectlayers")
    for entry in _entries(groups):
        layers.append(_map_layer(entry, plan, language, system))
    order = ET.SubElement(root, "layerorder")
    for entry in _entries(groups):
        ET.SubElement(order, "layer", id=entry.layer_id)
    properties = ET.SubElement(root, "properties")
    paths = ET.SubElement(properties, "Paths")
    ET.SubElement(paths, "Absolute", type="bool").text = "false"
    projections = ET.SubElement(properties, "SpatialRefSys")
    ET.SubElement(projections, "ProjectionsEnabled", type="int").text = "1"
    return root


def _entries(groups: Iterable[Group]) -> Iterator[Entry]:
    for _, entries in groups:
        yield from entries


def _tree(groups: Sequence[Group]) -> ET.Element:
    tree = ET.Element("layer-tree-group")
    for name, entries in groups:
        on = any(entry.shown for entry in entries)
        group = ET.SubElement(
            tree, "layer-tree-group", name=name, checked="Qt::Checked", expanded=str(int(on))
        )
        for entry in entries:
            ET.SubElement(
                group,
                "layer-tree-layer",
                id=entry.layer_id,
                name=entry.title,
                providerKey="ogr",
                source=entry.source,
                checked="Qt::Checked" if entry.shown else "Qt::Unchecked",
                expanded="0",
            )
    return tree


def _map_layer(entry: Entry, plan: Plan, language: str, system: ET.Element) -> ET.Element:
    layer = ET.Element("maplayer", type="vector", styleCategories="AllStyleCategories")
    ET.SubElement(layer, "id").text = entry.layer_id
    ET.SubElement(layer, "datasource").text = entry.source
    ET.SubElement(layer, "layername").text = entry.title
    ET.SubElement(layer, "provider", encoding="UTF-8").text = "ogr"
    if entry.look is None:
        layer.set("geometry", "No geometry")
        layer.set("wkbType", "NoGeometry")
        return layer
    shapes = plan.layers()[entry.look.layer].geometry.to_numpy()
    geometry, wkb = _GEOMETRY[int(shapely.get_dimensions(shapes).max(initial=0))]
    layer.set("geometry", geometry)
    layer.set("wkbType", wkb)
    ET.SubElement(layer, "srs").append(system)
    manager = ET.SubElement(layer, "map-layer-style-manager", current=entry.look.name)
    ET.SubElement(manager, "map-layer-style", name=entry.look.name)
    for other in entry.others:
        style = ET.SubElement(manager, "map-layer-style", name=other.name)
        text = style_text(other, plan, language)
        style.append(ET.fromstring(text.partition("\n")[2]))
    put_look(layer, entry.look, plan, language)
    return layer


def _system(plan: Plan) -> ET.Element:
    """Describe the project's CRS; QGIS goes by the authority's code where there is one."""
    crs = plan.grids.crs
    element = ET.Element("spatialrefsys")
    ET.SubElement(element, "wkt").text = crs.to_wkt("WKT2_2019")
    authority = crs.to_authority()
    if authority is not None:
        if authority[1].isdecimal():
            ET.SubElement(element, "srid").text = authority[1]
        ET.SubElement(element, "authid").text = ":".join(authority)
    ET.SubElement(element, "description").text = crs.name
    ET.SubElement(element, "geographicflag").text = "false"
    return element


def _canvas(root: ET.Element, plan: Plan, system: ET.Element) -> None:
    """Open on the whole plan."""
    west, south, east, north = np.asarray(plan.communities.total_bounds, dtype=float).tolist()
    margin = 0.04 * max(east - west, north - south)
    bounds = {
        "xmin": west - margin,
        "ymin": south - margin,
        "xmax": east + margin,
        "ymax": north + margin,
    }
    canvas = ET.SubElement(root, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
    ET.SubElement(canvas, "units").text = "meters"
    extent = ET.SubElement(canvas, "extent")
    for name, value in bounds.items():
        ET.SubElement(extent, name).text = f"{value:.3f}"
    ET.SubElement(canvas, "rotation").text = "0"
    ET.SubElement(canvas, "destinationsrs").append(system)
    settings = ET.SubElement(root, "ProjectViewSettings", UseProjectScales="0", rotation="0")
    view = ET.SubElement(
        settings, "DefaultViewExtent", {name: f"{value:.3f}" for name, value in bounds.items()}
    )
    view.append(system)
