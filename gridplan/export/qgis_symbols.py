"""The building blocks of a QGIS style as XML: symbols, renderers, labels.

QGIS reads a style through defaults, so only what differs from them is written. Symbol properties
stand twice, as ``Option`` and as ``prop``: versions before 3.26 read the second.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

Properties = Mapping[str, str]


@dataclass(frozen=True)
class Symbol:
    """A symbol of one or more layers, drawn in their order.

    Parameters
    ----------
    kind
        ``fill``, ``line`` or ``marker``.
    layers
        Pairs of the class of a symbol layer and its properties.
    """

    kind: str
    layers: tuple[tuple[str, Properties], ...]


@dataclass(frozen=True)
class Category:
    """One class of a renderer: a value, or a range of numbers, its label and symbol."""

    value: str | tuple[float, float]
    label: str
    symbol: Symbol


@dataclass(frozen=True)
class Label:
    """How features are lettered.

    Parameters
    ----------
    expression
        QGIS expression of the text.
    size_pt
        Height of the letters.
    colour
        ``#RRGGBB``.
    nearest, farthest
        Scale denominators between which labels show; 0: no end.
    along
        Along the line instead of inside the area.
    """

    expression: str
    size_pt: float
    colour: str
    bold: bool = False
    nearest: int = 0
    farthest: int = 0
    along: bool = False


def rgba(colour: str, alpha: float = 1.0) -> str:
    """``#RRGGBB`` and an opacity (0 to 1) as QGIS writes a colour."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},{round(255 * alpha)}"


def area(
    colour: str | None, edge: str | None = None, edge_mm: float = 0.2, *, alpha: float = 1.0
) -> tuple[str, Properties]:
    """Fill and outline of an area, either of which may be left out."""
    return (
        "SimpleFill",
        {
            "color": rgba(colour or "#FFFFFF", alpha if colour else 0.0),
            "style": "solid" if colour else "no",
            "outline_color": rgba(edge or "#000000"),
            "outline_style": "solid" if edge else "no",
            "outline_width": f"{edge_mm:g}",
            "outline_width_unit": "MM",
            "joinstyle": "round",
        },
    )


def stroke(colour: str, width_mm: float, dashes: Sequence[float] = ()) -> tuple[str, Properties]:
    """A line, or the outline of an area; dashes in mm."""
    return (
        "SimpleLine",
        {
            "line_color": rgba(colour),
            "line_style": "solid",
            "line_width": f"{width_mm:g}",
            "line_width_unit": "MM",
            "capstyle": "flat" if dashes else "round",
            "joinstyle": "round",
            "use_custom_dash": "1" if dashes else "0",
            "customdash": ";".join(f"{length:g}" for length in dashes) or "5;2",
            "customdash_unit": "MM",
        },
    )


def hatch(colour: str, angle_deg: float, distance_mm: float) -> tuple[str, Properties]:
    """Lines across an area."""
    return (
        "LinePatternFill",
        {
            "angle": f"{angle_deg:g}",
            "color": rgba(colour),
            "distance": f"{distance_mm:g}",
            "distance_unit": "MM",
            "line_width": "0.18",
            "line_width_unit": "MM",
        },
    )


def dot(shape: str, colour: str, edge: str, size_mm: float) -> tuple[str, Properties]:
    """A mark at a point; ``shape`` is one of QGIS' simple markers."""
    return (
        "SimpleMarker",
        {
            "name": shape,
            "color": rgba(colour),
            "outline_color": rgba(edge),
            "outline_width": "0.25",
            "outline_width_unit": "MM",
            "size": f"{size_mm:g}",
            "size_unit": "MM",
        },
    )


def single(symbol: Symbol) -> ET.Element:
    """Draw every feature alike."""
    renderer = ET.Element("renderer-v2", type="singleSymbol", symbollevels="0")
    _symbols(renderer, [symbol])
    return renderer


def categorized(expression: str, categories: Sequence[Category]) -> ET.Element:
    """Draw features by the value of an expression; any other value takes the first category."""
    renderer = ET.Element(
        "renderer-v2", type="categorizedSymbol", attr=expression, symbollevels="0"
    )
    rows = ET.SubElement(renderer, "categories")
    for number, entry in enumerate(categories):
        ET.SubElement(
            rows, "category", value=str(entry.value), label=entry.label,
            symbol=str(number), render="true", type="string",
        )  # fmt: skip
    _symbols(renderer, [entry.symbol for entry in categories])
    return renderer


def graduated(expression: str, categories: Sequence[Category]) -> ET.Element:
    """Draw features by the range that a number lies in."""
    renderer = ET.Element(
        "renderer-v2", type="graduatedSymbol", attr=expression,
        graduatedMethod="GraduatedColor", symbollevels="0",
    )  # fmt: skip
    rows = ET.SubElement(renderer, "ranges")
    for number, entry in enumerate(categories):
        assert isinstance(entry.value, tuple)
        lower, upper = entry.value
        ET.SubElement(
            rows, "range", lower=f"{lower:.6f}", upper=f"{upper:.6f}", label=entry.label,
            symbol=str(number), render="true",
        )  # fmt: skip
    _symbols(renderer, [entry.symbol for entry in categories])
    return renderer


def merged(renderer: ET.Element) -> ET.Element:
    """Join the features of a category before they are drawn, so that it has one outline."""
    outer = ET.Element("renderer-v2", type="mergedFeatureRenderer", symbollevels="0")
    outer.append(renderer)
    return outer


def _symbols(renderer: ET.Element, symbols: Iterable[Symbol]) -> None:
    rows = ET.SubElement(renderer, "symbols")
    for number, symbol in enumerate(symbols):
        rows.append(_symbol(symbol, str(number)))


def _symbol(symbol: Symbol, name: str) -> ET.Element:
    element = ET.Element(
        "symbol", type=symbol.kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0"
    )
    for kind, properties in symbol.layers:
        layer = ET.SubElement(
            element, "layer", {"class": kind, "enabled": "1", "pass": "0", "locked": "0"}
        )
        options = ET.SubElement(layer, "Option", type="Map")
        for key, value in properties.items():
            ET.SubElement(options, "Option", name=key, type="QString", value=value)
        for key, value in properties.items():
            ET.SubElement(layer, "prop", k=key, v=value)
        if kind == "LinePatternFill":
            line = Symbol("line", (("SimpleLine", _hatch_line(properties)),))
            layer.append(_symbol(line, f"@{name}@{len(element) - 1}"))
    return element


def _hatch_line(properties: Properties) -> Properties:
    return {
        "line_color": properties["color"],
        "line_width": properties["line_width"],
        "line_width_unit": "MM",
        "line_style": "solid",
    }


def labelling(label: Label) -> ET.Element:
    """Letter features with a white halo."""
    labels = ET.Element("labeling", type="simple")
    settings = ET.SubElement(labels, "settings", calloutType="simple")
    style = ET.SubElement(
        settings, "text-style",
        fieldName=label.expression, isExpression="1", fontSize=f"{label.size_pt:g}",
        fontSizeUnit="Point", fontWeight="75" if label.bold else "50", textColor=rgba(label.colour),
        textOpacity="1", multilineHeight="0.9", namedStyle="Bold" if label.bold else "",
    )  # fmt: skip
    ET.SubElement(
        style, "text-buffer",
        bufferDraw="1", bufferSize="0.7", bufferSizeUnits="MM", bufferColor=rgba("#FFFFFF"),
        bufferOpacity="0.9", bufferNoFill="1", bufferJoinStyle="128",
    )  # fmt: skip
    ET.SubElement(settings, "text-format", multilineAlign="1", wrapChar="", formatNumbers="0")
    ET.SubElement(
        settings, "placement",
        placement="3" if label.along else "4", placementFlags="9", centroidInside="1",
        polygonPlacementFlags="2", priority="7", fitInPolygonOnly="0", dist="0", distUnits="MM",
        maxCurvedCharAngleIn="25", maxCurvedCharAngleOut="-25",
    )  # fmt: skip
    ET.SubElement(
        settings, "rendering",
        drawLabels="1", scaleVisibility="1" if label.nearest or label.farthest else "0",
        scaleMin=str(label.nearest), scaleMax=str(label.farthest), obstacle="0",
        mergeLines="1" if label.along else "0", displayAll="0",
    )  # fmt: skip
    return labels
