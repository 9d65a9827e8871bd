"""The ground that every sheet shares: water, buildings, roads and railways, with their keys."""

import geopandas as gpd
import numpy as np
import shapely
from shapely import Geometry

from gridplan.maps import styles
from gridplan.maps.marks import Areas, Dots, Key, Label, LineName, Lines, Mark, TextLine
from gridplan.maps.page import Page
from gridplan.maps.palette import WATER
from gridplan.maps.roads import road_marks, road_names, road_ranks, road_stroke
from gridplan.maps.subject import Subject, drawn, geometries, within

FINEST_MM = 0.05


def water_marks(subject: Subject, page: Page) -> list[Mark]:
    """Water surfaces and watercourses."""
    water = within(subject.backdrop.water, page.window)
    if water is None:
        return []
    geometry = drawn(geometries(water), page.metres(FINEST_MM))
    surface = shapely.get_dimensions(geometry) == 2
    marks: list[Mark] = []
    if surface.any():
        marks.append(Areas(geometry[surface], styles.WATER_FILL))
    if not surface.all():
        marks.append(Lines(geometry[~surface], styles.WATER_LINE))
    return marks


def rail_marks(subject: Subject, page: Page) -> list[Mark]:
    """Railways as dark beds with light ties."""
    rail = within(subject.backdrop.rail, page.window)
    if rail is None:
        return []
    geometry = drawn(geometries(rail), page.metres(FINEST_MM))
    return [Lines(geometry, styles.RAIL_BED), Lines(geometry, styles.RAIL_TIES)]


def road_layer(subject: Subject) -> gpd.GeoDataFrame | None:
    """Roads of the backdrop, else those of the plan."""
    if subject.backdrop.roads is not None:
        return subject.backdrop.roads
    return subject.plan.extra.get("roads")


def roads_in(subject: Subject, page: Page, most_rank: int) -> gpd.GeoDataFrame | None:
    """Roads in the window, down to a class; every road where none is of that class."""
    roads = within(road_layer(subject), page.window)
    if roads is None:
        return None
    ranks = road_ranks(roads)
    chosen = roads[ranks <= most_rank] if (ranks <= most_rank).any() else roads
    return chosen.assign(rank=road_ranks(chosen))


def all_road_marks(subject: Subject, page: Page, weight: float, most_rank: int) -> list[Mark]:
    """Cased roads."""
    roads = roads_in(subject, page, most_rank)
    if roads is None:
        return []
    geometry = drawn(geometries(roads), page.metres(FINEST_MM))
    return [*road_marks(geometry, roads["rank"].to_numpy(), page, weight)]


def named_roads(
    subject: Subject, page: Page, size: float, most_rank: int, area: Geometry
) -> list[LineName]:
    """Names to write along roads: inside ``area``, then those of main roads around it."""
    roads = roads_in(subject, page, most_rank)
    if roads is None or "name" not in roads.columns:
        return []
    shapely.prepare(area)
    geometry, ranks = geometries(roads), roads["rank"].to_numpy()
    if not (ranks <= most_rank).any():  # roads without classes: all their names would be a crowd
        return []
    inside = shapely.intersection(geometry, area)
    main = ranks <= 2
    outside = shapely.difference(geometry[main], area)
    names = roads["name"].to_numpy()
    return [
        *road_names(names, inside, ranks, subject.lettering, size, styles.ROAD_TEXT),
        *road_names(
            names[main], outside, ranks[main], subject.lettering, size, styles.NEIGHBOUR_TEXT
        ),
    ]


def building_marks(subject: Subject, page: Page) -> list[Mark]:
    """Footprints in a tint that lets the grid's colour through; lots as outlines only."""
    buildings = within(subject.backdrop.buildings, page.window)
    if buildings is None:
        return []
    geometry = drawn(geometries(buildings), page.metres(FINEST_MM))
    geometry = geometry[shapely.get_dimensions(geometry) == 2]
    if subject.lots:
        return [Lines(geometry, styles.LOT)]
    return [Areas(geometry, styles.BUILDING)]


def stairwells_in(subject: Subject, area: Geometry) -> gpd.GeoDataFrame | None:
    """Stairwells of divided buildings that lie in ``area``; None where there are none."""
    stairwells = subject.backdrop.stairwells
    if stairwells is None:
        return None
    inside = shapely.intersects(shapely.point_on_surface(geometries(stairwells)), area)
    return stairwells[inside] if inside.any() else None


def stairwell_marks(stairwells: gpd.GeoDataFrame | None) -> list[Mark]:
    """Outlines of stairwells, so that the cuts of a divided building show."""
    return [] if stairwells is None else [Lines(geometries(stairwells), styles.STAIRWELL)]


def stairwell_labels(subject: Subject, stairwells: gpd.GeoDataFrame | None) -> list[Label]:
    """Name of each stairwell on its strip, in full or short."""
    if stairwells is None:
        return []
    labels = []
    for home, name in zip(geometries(stairwells), stairwells["stairwell"], strict=True):
        short = subject.lettering.shown(str(name), "?")
        full = subject.words["of_stairwell"].format(short) if short.isdigit() else short
        lines = [
            TextLine(t, s, colour=styles.STAIRWELL_TEXT) for t in (full, short) for s in (6.0, 5.0)
        ]
        labels.append(Label(home, tuple((line,) for line in lines)))
    return labels


def institutions_in(subject: Subject, page: Page, area: Geometry) -> gpd.GeoDataFrame | None:
    """Institutions with premises that lie in ``area``; None where there are none."""
    institutions = within(subject.plan.extra.get("institutions"), page.window)
    if institutions is None:
        return None
    geometry = geometries(institutions)
    inside = shapely.intersects(shapely.point_on_surface(geometry), area)
    chosen = inside & (shapely.get_dimensions(geometry) == 2)
    return institutions[chosen] if chosen.any() else None


def institution_marks(institutions: gpd.GeoDataFrame | None) -> list[Mark]:
    """Outlines of premises."""
    return [] if institutions is None else [Lines(geometries(institutions), styles.INSTITUTION)]


def institution_labels(subject: Subject, institutions: gpd.GeoDataFrame | None) -> list[Label]:
    """Names of institutions; left out where they do not fit."""
    if institutions is None or "name" not in institutions.columns:
        return []
    labels = []
    for home, name in zip(geometries(institutions), institutions["name"], strict=True):
        text = subject.lettering.shown(name, "") if isinstance(name, str) else ""
        if text:
            lines = (TextLine(text, size, colour=styles.INSTITUTION_TEXT) for size in (7.0, 5.8))
            labels.append(Label(home, tuple((line,) for line in lines), must=False))
    return labels


def facilities_in(subject: Subject, page: Page, area: Geometry) -> gpd.GeoDataFrame | None:
    """Facilities that lie in ``area``; None where there are none."""
    facilities = within(subject.plan.extra.get("facilities"), page.window)
    if facilities is None:
        return None
    inside = shapely.intersects(shapely.centroid(geometries(facilities)), area)
    return facilities[inside] if inside.any() else None


def facility_marks(facilities: gpd.GeoDataFrame | None) -> list[Mark]:
    """Facilities as discs."""
    return [] if facilities is None else [Dots(geometries(facilities), styles.FACILITY)]


def facility_labels(subject: Subject, facilities: gpd.GeoDataFrame | None) -> list[Label]:
    """Names of facilities; left out where they do not fit."""
    if facilities is None or "name" not in facilities.columns:
        return []
    named = zip(shapely.centroid(geometries(facilities)), facilities["name"], strict=True)
    labels = []
    for point, name in named:
        text = subject.lettering.shown(name, "") if isinstance(name, str) else ""
        if text:
            line = TextLine(text, 5.6, colour=styles.FACILITY.colour)
            labels.append(Label(point, ((line,),), must=False))
    return labels


def ground_keys(
    subject: Subject, page: Page, weight: float, most_rank: int, clear: Geometry
) -> tuple[Key, ...]:
    """Legend entries of the ground that the window shows; all but ``clear`` is under the veil."""
    w, keys = subject.words, []
    roads = roads_in(subject, page, most_rank)
    if roads is not None:
        main = roads["rank"] <= 2
        if main.any():
            rank = int(roads["rank"].min())
            keys.append(Key(w["major_road"], road_stroke(rank, page, weight)))
        if not main.all():
            keys.append(Key(w["road"], road_stroke(3, page, weight)))
    if within(subject.backdrop.rail, page.window) is not None:
        keys.append(Key(w["rail"], styles.RAIL_BED, ties=styles.RAIL_TIES))
    return (*keys, *_water_keys(subject, page, clear))


def _water_keys(subject: Subject, page: Page, clear: Geometry) -> list[Key]:
    """Water as the sheet shows it: as it is, under the veil, or both."""
    water = within(subject.backdrop.water, page.window)
    if water is None:
        return []
    shapes, text = geometries(water), subject.words["water"]
    surfaces = shapely.intersection(
        shapes[shapely.get_dimensions(shapes) == 2], shapely.box(*page.window)
    )
    if len(surfaces) == 0:
        return [Key(text, styles.WATER_LINE)]
    least = page.metres(2) ** 2
    all_m2 = shapely.area(surfaces).sum()
    clear_m2 = shapely.area(shapely.intersection(surfaces, clear)).sum()
    seen = ((WATER, clear_m2), (styles.VEILED_WATER, all_m2 - clear_m2))
    colours = tuple(colour for colour, m2 in seen if m2 > least)
    return [Key(text, styles.WATER_FILL, colours=colours)] if colours else []


def veil(page: Page, area: Geometry) -> Areas:
    """Pale cover over everything in the window but ``area``, so that it steps back."""
    rest = shapely.difference(shapely.box(*page.window), area)
    return Areas(np.array([rest], dtype=object), styles.VEIL)
