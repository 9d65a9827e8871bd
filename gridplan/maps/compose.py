"""What stands on the district, street and community sheets."""

import geopandas as gpd
import numpy as np
import shapely
from shapely import Geometry

from gridplan.maps import styles
from gridplan.maps.grids import (
    KEY_COLOURS,
    alarm_outlines,
    grid_fills,
    grid_keys,
    grid_labels,
    grid_patterns,
)
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
    veil,
    water_marks,
)
from gridplan.maps.ink import border_network
from gridplan.maps.marks import (
    Areas,
    Geometries,
    Key,
    Label,
    Lines,
    Mark,
    Sheet,
    Stroke,
    TextLine,
    Variant,
)
from gridplan.maps.page import Page, lay_out
from gridplan.maps.palette import ALARM, SOFT_INK
from gridplan.maps.subject import (
    Subject,
    bars_of,
    drawn,
    facts_of,
    geometries,
    is_out,
    within,
)
from gridplan.maps.words import counted


def district_sheet(subject: Subject, stem: str) -> Sheet:
    """Every community in colour, grid lines thin inside, street borders heavy."""
    plan, w = subject.plan, subject.words
    page = lay_out(tuple(plan.communities.total_bounds), 58.0)
    area = _outline(plan.communities)
    finest = page.metres(FINEST_MM)
    communities = geometries(plan.communities)
    colours = tuple(subject.community_colours[str(c)] for c in plan.communities["community_code"])
    marks: list[Mark] = [Areas(drawn(communities, finest), styles.AREA, colours)]
    marks += [veil(page, area)]
    marks += water_marks(subject, page)
    marks += all_road_marks(subject, page, 0.4, 2)
    marks += rail_marks(subject, page)
    marks += _borders(plan.grids, finest, styles.GRID_BORDER_DISTRICT)
    marks += _borders(plan.communities, finest, styles.COMMUNITY_BORDER_DISTRICT)
    keys = [
        Key(w["community_fill"], styles.AREA, colours=KEY_COLOURS),
        Key(w["grid_border"], styles.GRID_BORDER_DISTRICT),
        Key(w["community_border"], styles.COMMUNITY_BORDER_DISTRICT),
    ]
    facts = facts_of(subject, plan.grids, plan.communities)
    if len(plan.streets) > 1:
        marks += _borders(plan.streets, finest, styles.STREET_BORDER)
        keys += [Key(w["street_border"], styles.STREET_BORDER)]
        facts = ((w["streets"], f"{len(plan.streets):,}"), *facts)
    return Sheet(
        stem=stem,
        page=page,
        title=subject.lettering.shown(subject.project, "?"),
        subtitle=_subtitle(subject, plan.communities, plan.grids),
        kicker=w["district_map"],
        marks=tuple(marks),
        labels=tuple(_community_labels(subject, plan.communities)),
        names=tuple(named_roads(subject, page, 0.8, 1, area)),
        keys=(*keys, *ground_keys(subject, page, 0.4, 2)),
        facts=facts,
        bars=bars_of(subject, plan.grids),
        grid_range=subject.grid_range,
        notes=subject.notes(),
        borders=border_network(communities),
    )


def street_sheet(subject: Subject, stem: str, street_code: str) -> Sheet:
    """Every residential and unit grid of a street in colour, community borders heavy."""
    plan, w = subject.plan, subject.words
    of_street = plan.communities["street_code"].fillna("").astype(str) == street_code
    communities = plan.communities[of_street]
    grids = plan.grids[plan.grids["community_code"].isin(communities["community_code"])]
    page = lay_out(tuple(communities.total_bounds), 62.0)
    area = _outline(communities)
    finest = page.metres(FINEST_MM)
    marks = grid_fills(subject, grids, finest)
    marks += water_marks(subject, page)
    marks += all_road_marks(subject, page, 0.5, 3)
    marks += rail_marks(subject, page)
    marks += _around(subject, page, communities)
    marks += grid_patterns(grids, page.metres(1.5))
    marks += _borders(grids, finest, styles.GRID_BORDER_STREET)
    marks += _borders(communities, finest, styles.COMMUNITY_BORDER_STREET)
    marks += alarm_outlines(grids, page, styles.ALARM_OUTLINE_STREET)
    street = plan.streets[plan.streets["street_code"].fillna("").astype(str) == street_code]
    name = str(street["street_name"].iloc[0]) if len(street) else subject.project
    labels = grid_labels(subject, grids, _sizes(grids, page), named=False) + _community_names(
        subject, communities
    )
    keys = (
        *grid_keys(subject, grids, styles.GRID_BORDER_STREET),
        Key(w["community_border"], styles.COMMUNITY_BORDER_STREET),
        *ground_keys(subject, page, 0.5, 3),
    )
    return Sheet(
        stem=stem,
        page=page,
        title=subject.lettering.shown(name, street_code or "?"),
        subtitle=_subtitle(subject, communities, grids, street_code),
        kicker=w["street_map"],
        marks=tuple(marks),
        labels=tuple(labels),
        names=tuple(named_roads(subject, page, 0.85, 2, area)),
        keys=keys,
        facts=facts_of(subject, grids, communities),
        bars=bars_of(subject, grids),
        grid_range=subject.grid_range,
        notes=subject.notes(),
        borders=border_network(geometries(communities)),
        locator=_locator(subject) if not of_street.all() else np.empty(0, dtype=object),
        focus=tuple(np.flatnonzero(of_street.to_numpy()).tolist()),
    )


def community_sheet(subject: Subject, stem: str, community_code: str) -> Sheet:
    """Every building, unit and road of a community, its grids in colour, its surroundings pale."""
    plan = subject.plan
    chosen = (plan.communities["community_code"] == community_code).to_numpy()
    community = plan.communities[chosen]
    grids = plan.grids[plan.grids["community_code"] == community_code]
    units = plan.units[plan.units["community_code"] == community_code]
    page = lay_out(tuple(community.total_bounds), 72.0)
    finest = page.metres(FINEST_MM)
    area = _outline(community)
    facilities = facilities_in(subject, page, area)
    marks = grid_fills(subject, grids, finest)
    marks += water_marks(subject, page)
    marks += [Lines(drawn(border_network(geometries(units)), finest), styles.CELL_LINE)]
    marks += building_marks(subject, page)
    stairwells = stairwells_in(subject, area)
    marks += stairwell_marks(stairwells)
    marks += all_road_marks(subject, page, 1.0, 4)
    marks += rail_marks(subject, page)
    marks += _around(subject, page, community)
    marks += grid_patterns(grids, page.metres(2.1))
    marks += _borders(grids, finest, styles.GRID_BORDER)
    marks += _borders(community, finest, styles.COMMUNITY_BORDER)
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
        subtitle=_subtitle(subject, community, grids, community_code),
        kicker=subject.words["community_map"],
        marks=tuple(marks),
        labels=tuple(labels),
        names=tuple(named_roads(subject, page, 1.0, 4, area)),
        keys=_community_keys(
            subject,
            page,
            grids,
            stairwells=stairwells is not None,
            institutions=institutions is not None,
            facilities=facilities is not None,
        ),
        facts=facts_of(subject, grids, community),
        bars=bars_of(subject, grids),
        grid_range=subject.grid_range,
        notes=subject.notes(),
        borders=border_network(np.concatenate([geometries(grids), geometries(community)])),
        locator=_locator(subject),
        focus=tuple(np.flatnonzero(chosen).tolist()),
    )


def _community_keys(
    subject: Subject,
    page: Page,
    grids: gpd.GeoDataFrame,
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
    keys.extend(ground_keys(subject, page, 1.0, 4))
    if institutions:
        keys.append(Key(w["institution"], styles.INSTITUTION))
    if facilities:
        keys.append(Key(w["facility"], styles.FACILITY, dot=True))
    return tuple(keys)


def _sizes(grids: gpd.GeoDataFrame, page: Page) -> tuple[float, float]:
    """Text sizes (points) that suit the usual grid of a street sheet."""
    side_mm = float(np.sqrt(np.median(grids.area))) / page.metres(1)
    k = float(np.clip(side_mm / 18, 1.0, 1.5))
    return round(6.8 * k, 1), round(6.0 * k, 1)


def _borders(layer: gpd.GeoDataFrame, finest_m: float, stroke: Stroke) -> list[Mark]:
    return [Lines(drawn(border_network(geometries(layer)), finest_m), stroke)]


def _around(subject: Subject, page: Page, inside: gpd.GeoDataFrame) -> list[Mark]:
    """Veil over the surroundings, with the borders of the neighbours on it."""
    plan = subject.plan
    others = plan.communities[~plan.communities["community_code"].isin(inside["community_code"])]
    marks: list[Mark] = [veil(page, _outline(inside))]
    near = within(others, page.window)
    if near is not None:
        borders = drawn(border_network(geometries(near)), page.metres(FINEST_MM))
        marks.append(Lines(borders, styles.NEIGHBOUR_BORDER))
    return marks


def _outline(layer: gpd.GeoDataFrame) -> Geometry:
    return shapely.union_all(shapely.buffer(geometries(layer), 0.01))


def _locator(subject: Subject) -> Geometries:
    west, south, east, north = subject.plan.communities.total_bounds
    return drawn(geometries(subject.plan.communities), max(east - west, north - south) / 600)


def _subtitle(
    subject: Subject, communities: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, code: str = ""
) -> str:
    w, shown = subject.words, subject.lettering.shown
    parts = [shown(subject.project, ""), shown(code, "")] if code else []
    if len(communities) > 1:
        parts.append(counted(w, "community", len(communities)))
    parts.append(counted(w, "grid", len(grids)))
    parts.append(w["n_households"].format(f"{int(grids['households'].sum()):,}"))
    return w["separator"].join(part for part in parts if part)


def _community_labels(subject: Subject, communities: gpd.GeoDataFrame) -> list[Label]:
    """Name, code, grids and households of each community, and how many grids miss the range."""
    w, plan = subject.words, subject.plan
    out = plan.grids.loc[is_out(plan.grids), "community_code"].value_counts()
    labels = []
    for row in communities.itertuples(index=False):
        code = str(row.community_code)
        name = subject.lettering.shown(str(row.community_name), code)
        grids = counted(w, "grid", int(row.grids))
        households = w["hh"].format(f"{int(row.households):,}")
        missing = int(out.get(row.community_code, 0))
        alarm = w["out_of_range"].format(missing) if missing else ""
        labels.append(
            Label(row.geometry, _community_variants(name, code, grids, households, alarm))
        )
    return labels


def _community_variants(
    name: str, code: str, grids: str, households: str, alarm: str
) -> tuple[Variant, ...]:
    variants: list[Variant] = []
    for k, with_code in ((1.0, True), (0.88, True), (0.76, True), (0.88, False), (0.7, False)):
        size = max(6.2 * k, 5.0)
        head = TextLine(name, 9.0 * k, True)
        small = (TextLine(code, size - 0.4, colour=SOFT_INK),) if with_code and code != name else ()
        foot = (TextLine(alarm, size, True, ALARM),) if alarm else ()
        flat = TextLine(f"{grids} · {households}", size)
        variants.append((head, *small, flat, *foot))
        stacked = (TextLine(grids, size), TextLine(households, size))
        variants.append((head, *small, *stacked, *foot))
    return tuple(variants)


def _community_names(subject: Subject, communities: gpd.GeoDataFrame) -> list[Label]:
    labels = []
    for row in communities.itertuples(index=False):
        name = subject.lettering.shown(str(row.community_name), str(row.community_code))
        variants = tuple(
            (TextLine(name, size, True, styles.COMMUNITY_TEXT),) for size in (10.0, 8.5, 7.2, 6.2)
        )
        labels.append(Label(row.geometry, variants))
    return labels


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
