"""The sheet of one grid: its map, its border in words, its neighbours and its buildings."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan.domain import GridKind
from gridplan.maps import styles
from gridplan.maps.carried import WALK, walk_keys, walk_marks
from gridplan.maps.edges import Border, border_of
from gridplan.maps.flow import PlacedItem, flow, items_of, least_height
from gridplan.maps.grids import alarm_outlines, grid_fills, grid_patterns
from gridplan.maps.ground import (
    FINEST_MM,
    all_road_marks,
    building_marks,
    facilities_in,
    facility_labels,
    facility_marks,
    ground_keys,
    institution_labels,
    institution_marks,
    institutions_in,
    named_roads,
    rail_marks,
    stairwell_marks,
    stairwells_in,
    veil,
    water_marks,
)
from gridplan.maps.ink import border_network, clipped
from gridplan.maps.marks import Fill, Key, Label, Lines, Mark, Sheet, TextLine
from gridplan.maps.page import A4_MM, INSET_MM, Page, Rect, fitted
from gridplan.maps.palette import INK
from gridplan.maps.sections import Column, Section
from gridplan.maps.spoken import Names, border_sentences
from gridplan.maps.subject import Subject, drawn, geometries, is_out, is_unit, tail, within

HEADER_MM, STRIP_MM, FOOT_MM = 19.0, 17.5, 5.0
COLUMN_GAP_MM = 8.0
LEAST_FRAME_MM, MOST_FRAME_MM = 104.0, 176.0
AROUND = 0.07  # of the grid's size: ground shown around it, beside the usual air
FOLDED_FROM, FOLDED_CODE = 24, 14  # buildings, characters: then two stand on a row
LARGEST = 500.0  # scale denominator


def grid_sheet(
    subject: Subject, stem: str, row: int, names: Names, more: Sequence[Section] = ()
) -> Sheet:
    """Compose the sheet of one grid, A4 upright.

    Parameters
    ----------
    subject
        The plan.
    stem
        File name without its ending.
    row
        Row of the grid in the plan.
    names
        Of all grids and communities.
    more
        Further sections, which stand before the list of buildings.
    """
    grid = subject.plan.grids.iloc[[row]]
    code = str(grid["grid_code"].iloc[0])
    border = border_of(subject, grid.geometry.iloc[0], code)
    front = (
        _figures(subject, grid, names),
        _border_section(subject, grid, border, names),
        _neighbour_section(subject, grid, border, names),
        *more,
    )
    page, text = _lay_out(subject, grid, front, _building_section(subject, code))
    marks, labels = _map(subject, page, grid)
    shape = shapely.buffer(grid.geometry.iloc[0], 0.01)
    w = subject.words
    return Sheet(
        stem=stem,
        page=page,
        title=names.of_grid[code],
        subtitle=_subtitle(subject, grid, names),
        kicker=w["grid_sheet"],
        marks=tuple(clipped(mark, page) for mark in marks),
        labels=tuple(labels),
        names=tuple(named_roads(subject, page, 0.95, 4, shape)),
        keys=_keys(subject, page, grid),
        facts=(),
        bars=(),
        grid_range=subject.grid_range,
        notes=subject.notes(),
        borders=np.concatenate([m.geometry for m in marks if _keeps_names_off(m)]),
        text=text,
        bookmark=w["separator"].join([names.of_grid[code], subject.lettering.shown(code, "?")]),
    )


def _keeps_names_off(mark: Mark) -> bool:
    """Whether names of roads must not run along the lines of a mark."""
    kept = (styles.GRID_BORDER, styles.COMMUNITY_BORDER_STREET, WALK)
    return isinstance(mark, Lines) and mark.stroke in kept


def _subtitle(subject: Subject, grid: gpd.GeoDataFrame, names: Names) -> str:
    shown, row = subject.lettering.shown, grid.iloc[0]
    community = str(row["community_code"])
    parts = [
        shown(str(row["grid_code"]), "?"),
        names.of_community.get(community, shown(community, "?")),
        subject.words["hh"].format(f"{int(row['households']):,}"),
    ]
    return subject.words["separator"].join(parts)


def names_of(subject: Subject) -> Names:
    """What every grid and community is called on the maps."""
    grids, communities = subject.plan.grids, subject.plan.communities
    shown = subject.lettering.shown
    of_grid, community_of = {}, {}
    columns = (grids["grid_code"], grids["community_code"], grids["grid_name"])
    for code, parent, name in zip(*columns, strict=True):
        short = tail(str(code), str(parent))
        of_grid[str(code)] = shown(name if isinstance(name, str) else "", short)
        community_of[str(code)] = str(parent)
    called = zip(communities["community_code"], communities["community_name"], strict=True)
    return Names(
        of_grid=of_grid,
        community_of=community_of,
        of_community={str(code): shown(str(name), str(code)) for code, name in called},
    )


def _lay_out(
    subject: Subject, grid: gpd.GeoDataFrame, front: Sequence[Section], last: Section
) -> tuple[Page, tuple[tuple[PlacedItem, ...], ...]]:
    """Give the map what room the text leaves, where all of it fits on one page."""
    height, width = A4_MM
    inner = Rect(INSET_MM, INSET_MM, width - 2 * INSET_MM, height - 2 * INSET_MM)
    header = Rect(inner.x, inner.top - HEADER_MM, inner.width, HEADER_MM)
    floor = inner.y + FOOT_MM
    column = (inner.width - COLUMN_GAP_MM) / 2
    room = header.y - floor - STRIP_MM
    parts = [[s for s in (*front, last) if s.rows or s.paragraphs], list(front)]
    for sections in parts:  # everything on one page, else the list on pages of its own
        items = items_of(sections, column, subject.lettering, subject.words)
        text = least_height(items, 2, room - LEAST_FRAME_MM, column)
        if text is not None:
            break
    tall = LEAST_FRAME_MM if text is None else min(room - text, MOST_FRAME_MM)
    frame = Rect(inner.x, header.y - tall, inner.width, tall)
    panel = Rect(inner.x, frame.y - STRIP_MM, inner.width, STRIP_MM)
    first = _columns(inner.x, panel.y, panel.y - floor if text is None else text, column)
    again = _columns(inner.x, header.y - 2, header.y - 2 - floor, column)
    placed = flow(items, first, again)
    if sections is parts[1]:
        turned = 2 * (1 + max((p.column for p in placed), default=0) // 2)
        items = items_of([last], column, subject.lettering, subject.words)
        placed += [replace(p, column=p.column + turned) for p in flow(items, again, again)]
    west, south, east, north = shapely.bounds(grid.geometry.iloc[0]).tolist()
    around = AROUND * max(east - west, north - south)
    window = (west - around, south - around, east + around, north + around)
    page = Page(width, height, header, frame, panel, 1.0, window, "A4")
    count = 1 + max((p.column for p in placed), default=0) // 2
    pages = (tuple(p for p in placed if p.column // 2 == number) for number in range(count))
    return fitted(page, LARGEST), tuple(pages)


def _columns(x: float, top: float, height: float, width: float) -> list[Rect]:
    second = x + width + COLUMN_GAP_MM
    return [Rect(left, top - height, width, height) for left in (x, second)]


def _figures(subject: Subject, grid: gpd.GeoDataFrame, names: Names) -> Section:
    """What the grid is, in rows."""
    w, row = subject.words, grid.iloc[0]
    shown, code = subject.lettering.shown, str(row["grid_code"])
    listed = subject.listed.iloc[subject.listed_of_grid[code]]
    low, high = subject.grid_range
    unit = row["grid_kind"] == GridKind.UNIT.value
    rows = [
        (w["code"], shown(code, "?")),
        (w["kind"], w["unit_kind" if unit else "residential_kind"]),
        (w["households"], f"{int(row['households']):,}"),
    ]
    if not unit:
        status = w.get(f"status_{row['range_status']}", "")
        rows.append((w["wanted"], w["separator"].join(p for p in (f"{low}–{high}", status) if p)))
    rows += [
        (w["lots" if subject.lots else "buildings"], f"{len(listed):,}"),
        (w["area"], _area(float(row.geometry.area), w)),
        (w["community"], names.of_community.get(str(row["community_code"]), "?")),
    ]
    for layer in subject.plan.zone_layers:
        zone, share = row.get(f"{layer}_main"), row.get(f"{layer}_main_share")
        if isinstance(zone, str) and zone:
            part = f" ({share:.0%})" if pd.notna(share) else ""
            rows.append((shown(layer.replace("_", " "), layer), shown(zone, "?") + part))
    return Section(w["figures"], columns=(Column(), Column(share=1.5, number=True)),
                   rows=tuple(rows))  # fmt: skip


def _area(area_m2: float, words: Mapping[str, str]) -> str:
    if area_m2 >= 10_000:
        return words["hectares"].format(f"{area_m2 / 10_000:,.1f}")
    return words["square_metres"].format(f"{area_m2:,.0f}")


def _border_section(
    subject: Subject, grid: gpd.GeoDataFrame, border: Border, names: Names
) -> Section:
    w = subject.words
    community = str(grid["community_code"].iloc[0])
    lines = border_sentences(border, names, community, w, subject.language)
    return Section(w["border"], paragraphs=lines)


def _neighbour_section(
    subject: Subject, grid: gpd.GeoDataFrame, border: Border, names: Names
) -> Section:
    w, here = subject.words, str(grid["community_code"].iloc[0])
    order = [w[f"{side}_short"] for side in ("north", "east", "south", "west")]
    sides = dict(zip(("north", "east", "south", "west"), order, strict=True))
    rows = tuple(
        (
            names.shown(n.grid_code, here, w),
            subject.lettering.shown(n.grid_code, "?"),
            " ".join(sides[side] for side in n.sides),
            f"{n.shared_m:,.0f}",
        )
        for n in border.neighbours
        if n.shared_m >= 1
    )
    columns = (
        Column(w["grids"], 3.1),
        Column(w["code"], 2.3),
        Column(w["where"], 1.05),
        Column(w["shared"], 0.7, number=True),
    )
    return Section(w["neighbours"], columns=columns, rows=rows)


def _building_section(subject: Subject, grid_code: str) -> Section:
    w = subject.words
    listed = subject.listed.iloc[subject.listed_of_grid[grid_code]]
    counted = listed["households"].notna().to_numpy()
    rows: tuple[tuple[str, ...], ...] = tuple(
        (
            f"{number}",
            subject.lettering.shown(code, "?"),
            f"{int(households):,}" if known else "",
        )
        for number, (code, households, known) in enumerate(
            zip(listed["code"], listed["households"], counted, strict=True), start=1
        )
    )
    columns: tuple[Column, ...] = (
        Column(w["no"], 0.6, number=True),
        Column(w["lot_code" if subject.lots else "building_code"], 2.6),
        Column(w["hh_short"] if counted.any() else "", 0.7, number=True),
    )
    title = w["lot_list" if subject.lots else "building_list"]
    longest = max((len(code) for _, code, _ in rows), default=0)
    if len(rows) > FOLDED_FROM and longest <= FOLDED_CODE:
        filled = (*rows, ("", "", "")) if len(rows) % 2 else rows
        rows = tuple((*a, *b) for a, b in zip(filled[::2], filled[1::2], strict=True))
        columns += columns
    return Section(title, columns=columns, rows=rows)


def _map(subject: Subject, page: Page, grid: gpd.GeoDataFrame) -> tuple[list[Mark], list[Label]]:
    """Ink and texts of the map: the grid in colour, its surroundings pale."""
    plan, finest = subject.plan, page.metres(FINEST_MM)
    code, shape = str(grid["grid_code"].iloc[0]), shapely.buffer(grid.geometry.iloc[0], 0.01)
    near = within(plan.grids, page.window)
    assert near is not None
    listed = subject.listed.iloc[subject.listed_of_grid[code]]
    others = near[near["grid_code"] != code]
    marks = grid_fills(subject, near, finest)
    marks += water_marks(subject, page)
    marks += building_marks(subject, page)
    if subject.lots:
        marks.append(Lines(drawn(geometries(listed), finest), styles.LOT))
    stairwells = stairwells_in(subject, shape)
    marks += stairwell_marks(stairwells)
    marks += all_road_marks(subject, page, 1.0, 4)
    marks += rail_marks(subject, page)
    marks.append(veil(page, shape))
    marks.append(Lines(drawn(border_network(geometries(others)), finest), styles.OTHER_GRID_BORDER))
    communities = within(plan.communities, page.window)
    if communities is not None:
        borders = drawn(border_network(geometries(communities)), finest)
        marks.append(Lines(borders, styles.COMMUNITY_BORDER_STREET))
    marks += grid_patterns(grid, page.metres(2.4))
    marks.append(Lines(drawn(border_network(geometries(grid)), finest), styles.GRID_BORDER))
    marks += walk_marks(subject, page, code)
    marks += alarm_outlines(grid, page, styles.ALARM_OUTLINE)
    institutions, facilities = (
        institutions_in(subject, page, shape),
        facilities_in(subject, page, shape),
    )
    marks += institution_marks(institutions) + facility_marks(facilities)
    labels = _numbers(listed, page)
    labels += institution_labels(subject, institutions) + facility_labels(subject, facilities)
    return marks, labels + _other_names(subject, page, others)


def _numbers(listed: gpd.GeoDataFrame, page: Page) -> list[Label]:
    """Number of every building in the list, on it."""
    finest = page.metres(0.2)
    homes = drawn(geometries(listed), finest)
    return [
        Label(home, tuple((TextLine(str(number), size, True, INK),) for size in (7.0, 6.0, 5.0)))
        for number, home in enumerate(homes.tolist(), start=1)
    ]


def _other_names(subject: Subject, page: Page, others: gpd.GeoDataFrame) -> list[Label]:
    """Names of the grids around, pale."""
    window, here = shapely.box(*page.window), []
    columns = (others["grid_code"], others["community_code"], geometries(others))
    for code, parent, shape in zip(*columns, strict=True):
        home = shapely.intersection(shape, window)
        text = subject.lettering.shown(tail(str(code), str(parent)), "?")
        if shapely.area(home) > 0:
            lines = (TextLine(text, size, colour=styles.NEIGHBOUR_TEXT) for size in (8.0, 6.5))
            here.append(Label(home, tuple((line,) for line in lines), must=False))
    return here


def _meets_community_border(subject: Subject, page: Page, grid: gpd.GeoDataFrame) -> bool:
    """Whether the window shows more than the inside of the grid's community."""
    communities = subject.plan.communities
    own = communities[communities["community_code"] == grid["community_code"].iloc[0]]
    window = shapely.box(*page.window)
    return not bool(shapely.contains_properly(geometries(own), window).any())


def _keys(subject: Subject, page: Page, grid: gpd.GeoDataFrame) -> tuple[Key, ...]:
    w, colour = subject.words, subject.grid_colours[str(grid["grid_code"].iloc[0])]
    hatch = styles.ALARM_HATCH if is_out(grid).any() else None
    if is_unit(grid).any():
        hatch = styles.UNIT_HATCH
    keys = [
        Key(w["this_grid"], Fill(colour), hatch=hatch, outline=styles.GRID_BORDER),
        Key(w["other_grid"], styles.OTHER_GRID_BORDER),
    ]
    if _meets_community_border(subject, page, grid):
        keys.append(Key(w["community_border"], styles.COMMUNITY_BORDER_STREET))
    if subject.lots:
        keys.append(Key(w["lot"], styles.LOT))
    elif within(subject.backdrop.buildings, page.window) is not None:
        keys.append(Key(w["building"], styles.BUILDING))
    keys += ground_keys(subject, page, 1.0, 4, grid.geometry.iloc[0])
    keys += walk_keys(subject, str(grid["grid_code"].iloc[0]))
    shape = grid.geometry.iloc[0]
    if institutions_in(subject, page, shape) is not None:
        keys.append(Key(w["institution"], styles.INSTITUTION))
    if facilities_in(subject, page, shape) is not None:
        keys.append(Key(w["facility"], styles.FACILITY, dot=True))
    return tuple(keys)
