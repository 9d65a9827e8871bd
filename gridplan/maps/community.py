"""The sheets of one community: one, or several where one would be too small."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely
from shapely import Geometry

from gridplan.maps import styles
from gridplan.maps.compose import around, borders, outline, subtitle
from gridplan.maps.grids import alarm_outlines, grid_fills, grid_keys, grid_labels, grid_patterns
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
    stairwell_labels,
    stairwell_marks,
    stairwells_in,
    water_marks,
)
from gridplan.maps.ink import border_network, clipped
from gridplan.maps.marks import Key, Label, Lines, Mark, Sheet, TextLine
from gridplan.maps.page import OVERLAP, Bounds, Page, centred, lay_out_community
from gridplan.maps.subject import Subject, bars_of, drawn, facts_of, geometries, within

FOOT_MM = 72.0


def community_sheets(subject: Subject, stem: str, row: int) -> Iterator[Sheet]:
    """Compose the sheets of a community: all of it, and where that is too small, details.

    Parameters
    ----------
    subject
        The plan.
    stem
        File name without its ending; details have their number behind it.
    row
        Row of the community in the plan.
    """
    community = subject.plan.communities.iloc[[row]]
    whole, details = lay_out_community(tuple(community.total_bounds), FOOT_MM, subject.paper)
    shape = shapely.union_all(geometries(community))
    details = _details(details, shape)
    sheet = _sheet(subject, stem, row, whole)
    if not details:
        yield sheet
        return
    w, frames = subject.words, tuple(page.window for page in details)
    scale = f"{details[0].scale:,.0f}"
    told = w["n_sheets"].format(len(details), scale)
    yield replace(
        sheet, frames=frames, locator=sheet.locator[[row]], focus=(),
        subtitle=w["separator"].join([sheet.subtitle, told]),
        marks=(*sheet.marks, _index(frames)),
    )  # fmt: skip
    for number, page in enumerate(details, start=1):
        detail = _sheet(subject, f"{stem}_{number}", row, page)
        yield replace(
            detail, frames=frames, frame=number, locator=sheet.locator[[row]], focus=(),
            kicker=w["separator"].join(
                [w["community_map"], w["sheet_of"].format(number, len(details))]
            ),
            bookmark=w["sheet"].format(number),
        )  # fmt: skip


def _details(pages: Sequence[Page], shape: Geometry) -> tuple[Page, ...]:
    """Detail sheets in the middle of what they show, without those that show nothing else.

    The cores of the pages tile; each sheet holds the community's part in its core wherever it is
    moved to, so that all of the community stays on some sheet.
    """
    parts = [(page, shapely.intersection(shape, _core(page))) for page in pages]
    there = [(page, part) for page, part in parts if shapely.area(part) > 0]
    moved = [_in_middle(page, part) for page, part in there]
    windows = np.array([shapely.box(*page.window) for page in moved], dtype=object)
    kept = np.ones(len(moved), dtype=bool)
    for i in np.argsort([shapely.area(part) for _, part in there], kind="stable").tolist():
        kept[i] = False
        kept[i] = not shapely.covers(shapely.union_all(windows[kept]), shape)
    return tuple(page for page, needed in zip(moved, kept.tolist(), strict=True) if needed)


def _core(page: Page) -> Geometry:
    """What a page shows without half of its overlap with its neighbours."""
    west, south, east, north = page.window
    x, y = (east - west) * OVERLAP / 2, (north - south) * OVERLAP / 2
    return shapely.box(west + x, south + y, east - x, north - y)


def _in_middle(page: Page, part: Geometry) -> Page:
    west, south, east, north = shapely.bounds(part).tolist()
    return centred(page, (west + east) / 2, (south + north) / 2)


def _index(frames: Sequence[Bounds]) -> Mark:
    """Frames of the detail sheets on the sheet that shows all of the community."""
    boxes = np.array([shapely.boundary(shapely.box(*frame)) for frame in frames], dtype=object)
    return Lines(boxes, styles.DETAIL_FRAME)


def _sheet(subject: Subject, stem: str, row: int, page: Page) -> Sheet:
    """Every building, unit and road of a community, its grids in colour, its surroundings pale."""
    plan = subject.plan
    chosen = np.arange(len(plan.communities)) == row
    community = plan.communities.iloc[[row]]
    community_code = str(community["community_code"].iloc[0])
    grids = plan.grids.iloc[subject.grids_of_community[community_code]]
    units = plan.units.iloc[subject.units_of_community[community_code]]
    finest = page.metres(FINEST_MM)
    area = outline(community)
    facilities = facilities_in(subject, page, area)
    marks = grid_fills(subject, grids, finest)
    marks += water_marks(subject, page)
    marks += [Lines(drawn(border_network(geometries(units)), finest), styles.CELL_LINE)]
    marks += building_marks(subject, page)
    stairwells = stairwells_in(subject, area)
    marks += stairwell_marks(stairwells)
    marks += all_road_marks(subject, page, 1.0, 4)
    marks += rail_marks(subject, page)
    marks += around(subject, page, community)
    marks += grid_patterns(grids, page.metres(2.1))
    marks += borders(grids, finest, styles.GRID_BORDER)
    marks += borders(community, finest, styles.COMMUNITY_BORDER)
    marks += alarm_outlines(grids, page, styles.ALARM_OUTLINE)
    institutions = institutions_in(subject, page, area)
    marks += institution_marks(institutions)
    marks += facility_marks(facilities)
    labels = grid_labels(subject, grids, (11.0, 8.0), named=True)
    labels += stairwell_labels(subject, stairwells)
    labels += institution_labels(subject, institutions)
    labels += facility_labels(subject, facilities)
    labels += _neighbour_names(subject, page, plan.communities[~chosen])
    return Sheet(
        stem=stem,
        page=page,
        title=subject.lettering.shown(str(community["community_name"].iloc[0]), community_code),
        subtitle=subtitle(subject, community, grids, community_code),
        kicker=subject.words["community_map"],
        marks=tuple(clipped(mark, page) for mark in marks),
        labels=tuple(labels),
        names=tuple(named_roads(subject, page, 1.0, 4, area)),
        keys=_community_keys(
            subject,
            page,
            grids,
            area,
            stairwells=stairwells is not None,
            institutions=institutions is not None,
            facilities=facilities is not None,
        ),
        facts=facts_of(subject, grids, community),
        bars=bars_of(subject, grids),
        grid_range=subject.grid_range,
        notes=subject.notes(),
        borders=border_network(np.concatenate([geometries(grids), geometries(community)])),
        locator=subject.locator,
        focus=(row,),
    )


def _community_keys(
    subject: Subject,
    page: Page,
    grids: gpd.GeoDataFrame,
    area: Geometry,
    *,
    stairwells: bool,
    institutions: bool,
    facilities: bool,
) -> tuple[Key, ...]:
    w = subject.words
    keys = [*grid_keys(subject, grids, styles.GRID_BORDER)]
    keys.append(Key(w["community_border"], styles.COMMUNITY_BORDER))
    buildings = within(subject.backdrop.buildings, page.window)
    if buildings is not None:
        key = ("lot", styles.LOT) if subject.lots else ("building", styles.BUILDING)
        keys.append(Key(w[key[0]], key[1]))
    if stairwells:
        keys.append(Key(w["stairwell"], styles.STAIRWELL))
    if not subject.lots:
        keys.append(Key(w["cell"], styles.CELL_LINE))
    keys.extend(ground_keys(subject, page, 1.0, 4, area))
    if institutions:
        keys.append(Key(w["institution"], styles.INSTITUTION))
    if facilities:
        keys.append(Key(w["facility"], styles.FACILITY, dot=True))
    return tuple(keys)


def _neighbour_names(subject: Subject, page: Page, others: gpd.GeoDataFrame) -> list[Label]:
    near = within(others, page.window)
    if near is None:
        return []
    window = shapely.box(*page.window)
    labels = []
    for row in near.itertuples(index=False):
        home = shapely.intersection(row.geometry, window)
        if shapely.area(home) > 0:
            name = subject.lettering.shown(str(row.community_name), str(row.community_code))
            line = TextLine(name, 9.0, colour=styles.NEIGHBOUR_TEXT)
            labels.append(
                Label(home, ((line,), (TextLine(name, 7.0, colour=line.colour),)), must=False)
            )
    return labels
