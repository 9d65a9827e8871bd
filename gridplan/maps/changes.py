"""One sheet that shows two divisions of the same ground, and what moved between them."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from gridplan import __version__
from gridplan.domain import Finding
from gridplan.errors import OutputError
from gridplan.maps import styles
from gridplan.maps.grids import KEY_COLOURS
from gridplan.maps.ink import border_network
from gridplan.maps.lettering import Lettering, find_lettering
from gridplan.maps.marks import (
    Areas,
    Fill,
    Geometries,
    Key,
    Label,
    Lines,
    Mark,
    Sheet,
    Stroke,
    TextLine,
)
from gridplan.maps.page import Page, lay_out
from gridplan.maps.palette import INK, map_colours
from gridplan.maps.render import render
from gridplan.maps.subject import drawn, geometries
from gridplan.maps.words import words

MOVED = Fill("#F0A030", alpha=0.75)
OLD_BORDER = Stroke(INK, 0.5, (1.8, 0.9))
SAME_BORDER = Stroke("#6B7078", 0.22)
UNCHANGED = "#ECEBE6"
SAME_M = 1.0
"""An old border within this many metres of a new one is the same border."""

FINEST_MM = 0.08
LABELLED = 250
"""More grids than this are not named on one sheet."""

_ENGLISH = {
    "kicker": "Comparison of two plans",
    "new_border": "New border",
    "old_border": "Old border, gone",
    "same_border": "Border that stays",
    "moved": "Unit that changes its grid",
    "fill": "Grid that changes",
    "still": "Grid that stays as it is",
}
_CHINESE = {
    "kicker": "方案对比图",
    "new_border": "新增界线",
    "old_border": "取消的原界线",
    "same_border": "不变界线",
    "moved": "所属网格有变的基本单元",
    "fill": "有变化的网格",
    "still": "无变化的网格",
}


def draw_changes(
    path: Path,
    old: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
    moved: gpd.GeoDataFrame | None,
    *,
    changed: Collection[str],
    title: str,
    subtitle: str,
    facts: Sequence[tuple[str, str]],
    date: str,
    language: str = "en",
) -> list[Finding]:
    """Draw two divisions on one A3 sheet: what changes in colour, borders that go and come.

    Parameters
    ----------
    path
        The file, ``*.png``, ``*.pdf`` or ``*.svg``; its folder must exist.
    old, new
        ``grid`` and polygons, in one projected CRS, metres.
    moved
        Polygons of what moved; None where there are none to draw.
    changed
        New grids that are not as some old grid was; the others stay pale.
    title, subtitle
        Head of the sheet.
    facts
        Rows of the panel: name and value.
    date
        Printed as it is.
    language
        ``en`` or ``zh``.

    Returns
    -------
    list of Finding
        A warning where no font of the machine has the characters.

    Raises
    ------
    OutputError
        Where the file cannot be written.
    """
    own = _CHINESE if language == "zh" else _ENGLISH
    said = [text for row in facts for text in row]
    names = [str(name) for name in new["grid"]] if len(new) <= LABELLED else []
    lettering, findings = find_lettering(
        [title, subtitle, date, *said, *names, *own.values(), *words(language).values()]
    )
    if not all(lettering.writes(word) for word in (*own.values(), *words(language).values())):
        language, own = "en", _ENGLISH
    page = lay_out(_bounds(old, new), 58.0)
    sheet = Sheet(
        stem=path.stem,
        page=page,
        title=lettering.shown(title, "?"),
        subtitle=lettering.shown(subtitle, "?"),
        kicker=own["kicker"],
        marks=tuple(_marks(page, old, new, moved, set(changed))),
        labels=tuple(_labels(lettering, new)) if names else (),
        names=(),
        keys=_keys(own, moved),
        facts=tuple((lettering.shown(a, "?"), lettering.shown(b, "?")) for a, b in facts),
        bars=(),
        grid_range=(0, 0),
        notes=_notes(words(language), new, lettering.shown(date, "?")),
    )
    try:
        render(sheet, path.parent, (path.suffix[1:],), lettering, language)
    except OSError as err:
        raise OutputError(f"{path}: the map cannot be written: {err.strerror}") from err
    return findings


def _bounds(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    both = np.vstack([old.total_bounds, new.total_bounds])
    west, south = both[:, :2].min(axis=0)
    east, north = both[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)


def _marks(
    page: Page,
    old: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
    moved: gpd.GeoDataFrame | None,
    changed: set[str],
) -> list[Mark]:
    finest = page.metres(FINEST_MM)
    shapes = geometries(new)
    fresh = new["grid"].isin(changed).to_numpy()
    colours = np.where(fresh, np.array(map_colours(shapes), dtype=object), UNCHANGED)
    marks: list[Mark] = [Areas(drawn(shapes, finest), styles.AREA, tuple(colours))]
    if moved is not None and len(moved):
        marks.append(Areas(drawn(geometries(moved), finest), MOVED))
    after, before = border_network(shapes), border_network(geometries(old))
    marks.append(Lines(drawn(after, finest), SAME_BORDER))
    marks.append(Lines(drawn(_beyond(before, after), finest), OLD_BORDER))
    marks.append(Lines(drawn(_beyond(after, before), finest), styles.GRID_BORDER))
    return marks


def _beyond(lines: Geometries, others: Geometries) -> Geometries:
    """What of some lines runs apart from all others."""
    others_near = shapely.buffer(others, SAME_M)
    rows, near = shapely.STRtree(others_near).query(lines, predicate="intersects")
    order = np.argsort(rows, kind="stable")
    rows, near = rows[order], near[order]
    left = lines.copy()
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    for at, group in zip(rows[starts], np.split(near, starts[1:]), strict=True):
        left[at] = shapely.difference(lines[at], shapely.union_all(others_near[group]))
    return np.asarray(left[shapely.length(left) > SAME_M], dtype=object)


def _labels(lettering: Lettering, new: gpd.GeoDataFrame) -> list[Label]:
    return [
        Label(
            shape,
            tuple((TextLine(lettering.shown(str(name), "?"), size),) for size in (7.0, 5.5)),
            must=False,
        )
        for name, shape in zip(new["grid"], new.geometry, strict=True)
    ]


def _keys(own: Mapping[str, str], moved: gpd.GeoDataFrame | None) -> tuple[Key, ...]:
    keys = [
        Key(own["new_border"], styles.GRID_BORDER),
        Key(own["old_border"], OLD_BORDER),
        Key(own["same_border"], SAME_BORDER),
    ]
    if moved is not None and len(moved):
        keys.append(Key(own["moved"], MOVED))
    keys.append(Key(own["fill"], styles.AREA, colours=KEY_COLOURS))
    keys.append(Key(own["still"], Fill(UNCHANGED)))
    return tuple(keys)


def _notes(w: Mapping[str, str], new: gpd.GeoDataFrame, date: str) -> tuple[str, ...]:
    system = new.crs.to_string() if new.crs is not None else "?"
    return (w["crs"].format(system), w["date"].format(date), w["drawn"].format(__version__))
