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
    ground_keys,
    named_roads,
    rail_marks,
    veil,
    water_marks,
)
from gridplan.maps.ink import border_network
from gridplan.maps.marks import (
    Areas,
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
    page = lay_out(tuple(plan.communities.total_bounds), 62.0, subject.paper)
    area = outline(plan.communities)
    finest = page.metres(FINEST_MM)
    communities = geometries(plan.communities)
    colours = tuple(subject.community_colours[str(c)] for c in plan.communities["community_code"])
    marks: list[Mark] = [Areas(drawn(communities, finest), styles.AREA, colours)]
    marks += [veil(page, area)]
    marks += water_marks(subject, page)
    marks += all_road_marks(subject, page, 0.4, 2)
    marks += rail_marks(subject, page)
    marks += borders(plan.grids, finest, styles.GRID_BORDER_DISTRICT)
    marks += borders(plan.communities, finest, styles.COMMUNITY_BORDER_DISTRICT)
    keys = [
        Key(w["community_fill"], styles.AREA, colours=KEY_COLOURS),
        Key(w["grid_border"], styles.GRID_BORDER_DISTRICT),
        Key(w["community_border"], styles.COMMUNITY_BORDER_DISTRICT),
    ]
    facts = facts_of(subject, plan.grids, plan.communities)
    if len(plan.streets) > 1:
        marks += borders(plan.streets, finest, styles.STREET_BORDER)
        keys += [Key(w["street_border"], styles.STREET_BORDER)]
        facts = ((w["streets"], f"{len(plan.streets):,}"), *facts)
    return Sheet(
        stem=stem,
        page=page,
        title=subject.lettering.shown(subject.project, "?"),
        subtitle=subtitle(subject, plan.communities, plan.grids),
        kicker=w["district_map"],
        marks=tuple(marks),
        labels=tuple(_community_labels(subject, plan.communities)),
        names=tuple(named_roads(subject, page, 0.8, 1, area)),
        keys=(*keys, *ground_keys(subject, page, 0.4, 2, shapely.box(*page.window))),
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
    codes = communities["community_code"].astype(str)
    grids = plan.grids.iloc[np.concatenate([subject.grids_of_community[c] for c in codes])]
    page = lay_out(tuple(communities.total_bounds), 62.0, subject.paper)
    area = outline(communities)
    finest = page.metres(FINEST_MM)
    marks = grid_fills(subject, grids, finest)
    marks += water_marks(subject, page)
    marks += all_road_marks(subject, page, 0.5, 3)
    marks += rail_marks(subject, page)
    marks += around(subject, page, communities)
    marks += grid_patterns(grids, page.metres(1.5))
    marks += borders(grids, finest, styles.GRID_BORDER_STREET)
    marks += borders(communities, finest, styles.COMMUNITY_BORDER_STREET)
    marks += alarm_outlines(grids, page, styles.ALARM_OUTLINE_STREET)
    street = plan.streets[plan.streets["street_code"].fillna("").astype(str) == street_code]
    name = str(street["street_name"].iloc[0]) if len(street) else subject.project
    labels = grid_labels(subject, grids, _sizes(grids, page), named=False) + _community_names(
        subject, communities
    )
    keys = (
        *grid_keys(subject, grids, styles.GRID_BORDER_STREET),
        Key(w["community_border"], styles.COMMUNITY_BORDER_STREET),
        *ground_keys(subject, page, 0.5, 3, area),
    )
    return Sheet(
        stem=stem,
        page=page,
        title=subject.lettering.shown(name, street_code or "?"),
        subtitle=subtitle(subject, communities, grids, street_code),
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
        locator=subject.locator if not of_street.all() else np.empty(0, dtype=object),
        focus=tuple(np.flatnonzero(of_street.to_numpy()).tolist()),
    )


def _sizes(grids: gpd.GeoDataFrame, page: Page) -> tuple[float, float]:
    """Text sizes (points) that suit the usual grid of a street sheet."""
    side_mm = float(np.sqrt(np.median(grids.area))) / page.metres(1)
    k = float(np.clip(side_mm / 18, 1.0, 1.5))
    return round(6.8 * k, 1), round(6.0 * k, 1)


def borders(layer: gpd.GeoDataFrame, finest_m: float, stroke: Stroke) -> list[Mark]:
    """Borders of a layer, shared ones once."""
    return [Lines(drawn(border_network(geometries(layer)), finest_m), stroke)]


def around(subject: Subject, page: Page, inside: gpd.GeoDataFrame) -> list[Mark]:
    """Veil over the surroundings, with the borders of the neighbours on it."""
    plan = subject.plan
    others = plan.communities[~plan.communities["community_code"].isin(inside["community_code"])]
    marks: list[Mark] = [veil(page, outline(inside))]
    near = within(others, page.window)
    if near is not None:
        borders = drawn(border_network(geometries(near)), page.metres(FINEST_MM))
        marks.append(Lines(borders, styles.NEIGHBOUR_BORDER))
    return marks


def outline(layer: gpd.GeoDataFrame) -> Geometry:
    """All of a layer as one area."""
    return shapely.union_all(shapely.buffer(geometries(layer), 0.01))


def subtitle(
    subject: Subject, communities: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, code: str = ""
) -> str:
    """Code, and how many communities, grids and households there are."""
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
