"""Grids on the sheet: fills, patterns, borders, labels and keys."""

import geopandas as gpd
import shapely

from gridplan.domain import RangeStatus
from gridplan.maps import styles
from gridplan.maps.ink import hatching
from gridplan.maps.marks import Areas, Fill, Key, Label, Lines, Mark, Stroke, TextLine, Variant
from gridplan.maps.page import Page
from gridplan.maps.palette import ALARM, INK, MAP_COLOURS
from gridplan.maps.subject import Subject, drawn, geometries, is_out, is_unit, tail

KEY_COLOURS = MAP_COLOURS[:5]


def grid_fills(subject: Subject, grids: gpd.GeoDataFrame, finest_m: float) -> list[Mark]:
    """Each grid in its colour."""
    colours = tuple(subject.grid_colours[str(code)] for code in grids["grid_code"])
    return [Areas(drawn(geometries(grids), finest_m), styles.AREA, colours)]


def grid_patterns(grids: gpd.GeoDataFrame, spacing_m: float) -> list[Mark]:
    """Rising hatching on unit grids, falling red hatching on grids out of range."""
    geometry = geometries(grids)
    marks: list[Mark] = []
    for chosen, stroke, rising in (
        (is_unit(grids), styles.UNIT_HATCH, True),
        (is_out(grids), styles.ALARM_HATCH, False),
    ):
        if chosen.any():
            marks.append(Lines(hatching(geometry[chosen], spacing_m, rising=rising), stroke))
    return marks


def alarm_outlines(grids: gpd.GeoDataFrame, page: Page, stroke: Stroke) -> list[Mark]:
    """Red line inside the border of each grid out of range."""
    geometry = geometries(grids)[is_out(grids)]
    if len(geometry) == 0:
        return []
    inner = shapely.buffer(geometry, -page.metres(stroke.width_mm))
    return [Lines(drawn(inner, page.metres(0.05)), stroke)]


def grid_labels(
    subject: Subject, grids: gpd.GeoDataFrame, sizes_pt: tuple[float, float], *, named: bool
) -> list[Label]:
    """Name (where ``named``), code and households of each grid, in two sizes of text."""
    outs = is_out(grids)
    labels = []
    for i, row in enumerate(grids.itertuples(index=False)):
        code, parent = str(row.grid_code), str(row.community_code)
        short = subject.lettering.shown(tail(code, parent), "?")
        name = row.grid_name if named and isinstance(row.grid_name, str) else ""
        full = subject.lettering.shown(name, short)
        households = subject.words["hh"].format(f"{int(row.households):,}")
        ink = ALARM if outs[i] else INK
        labels.append(
            Label(
                row.geometry,
                _grid_variants(full, short, households, int(row.households), ink, sizes_pt),
            )
        )
    return labels


def _grid_variants(
    name: str, short: str, households: str, number: int, ink: str, sizes_pt: tuple[float, float]
) -> tuple[Variant, ...]:
    first, second = sizes_pt
    variants: list[Variant] = []
    for k in (1.0, 0.86):
        under = TextLine(households, second * k, colour=ink, bold=ink == ALARM)
        if name != short and len(name) <= 24:
            both = TextLine(f"{short} · {households}", second * k, colour=ink, bold=ink == ALARM)
            variants.append((TextLine(name, first * k, True, ink), both))
        variants.append((TextLine(short, first * k, True, ink), under))
    small = max(second * 0.8, 4.6)
    variants.append((TextLine(short, small, True, ink), TextLine(f"{number:,}", small, colour=ink)))
    variants.append((TextLine(f"{short} · {number:,}", small, True, ink),))
    return tuple(variants)


def grid_keys(subject: Subject, grids: gpd.GeoDataFrame, border: Stroke) -> tuple[Key, ...]:
    """Legend entries of the grids that the sheet shows."""
    w, unit = subject.words, is_unit(grids)
    keys = []
    if not unit.all():
        keys.append(Key(w["residential"], styles.AREA, colours=KEY_COLOURS))
    if unit.any():
        keys.append(Key(w["unit"], Fill(MAP_COLOURS[0]), hatch=styles.UNIT_HATCH))
    keys.append(Key(w["grid_border"], border))
    low, high = subject.grid_range
    for status, key, limit in ((RangeStatus.UNDER, "under", low), (RangeStatus.OVER, "over", high)):
        if (grids["range_status"] == status.value).any():
            keys.append(
                Key(
                    w[key].format(f"{limit:,}"),
                    Fill(MAP_COLOURS[1]),
                    hatch=styles.ALARM_HATCH,
                    outline=Stroke(ALARM, 0.5),
                )
            )
    return tuple(keys)
