"""The plan as the maps see it: arrays by level, colours chosen once, texts that can be drawn."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan import __version__
from gridplan.domain import GridKind, Plan, RangeStatus
from gridplan.maps.backdrop import Backdrop
from gridplan.maps.lettering import Lettering, tidy
from gridplan.maps.marks import Bar, Geometries
from gridplan.maps.page import Bounds
from gridplan.maps.palette import map_colours
from gridplan.maps.words import words

TEXT_COLUMNS = (
    "name",
    "grid_name",
    "grid_code",
    "community_name",
    "community_code",
    "street_name",
    "street_code",
    "stairwell",
)
LOT_COVER = 0.45
NUMBER = re.compile("([0-9]+)")

AROUND_WINDOW = 0.01
"""Of the window's size: as far outside it a wide line may still be seen in it."""

USEFUL_GAP = 0.5
"""A map does not print a proven gap above this: it says nothing to its reader."""


@dataclass(frozen=True, eq=False)
class Subject:
    """All that the sheets of one run share.

    Parameters
    ----------
    plan, backdrop
        What is drawn; grids, communities and streets sorted by code.
    grid_colours, community_colours
        Colour by code.
    lots
        Whether the backdrop's footprints cover so much ground that they must be lots.
    language
        ``en`` or ``zh``.
    paper
        Of district, street and community sheets.
    """

    plan: Plan
    backdrop: Backdrop
    lettering: Lettering
    words: Mapping[str, str]
    project: str
    date: str
    grid_range: tuple[int, int]
    grid_colours: Mapping[str, str]
    community_colours: Mapping[str, str]
    lots: bool
    language: str = "en"
    paper: str = "A3"

    @cached_property
    def grids_of_community(self) -> "Rows":
        """Rows of the grids of each community."""
        return _rows(self.plan.grids, "community_code")

    @cached_property
    def units_of_community(self) -> "Rows":
        """Rows of the units of each community."""
        return _rows(self.plan.units, "community_code")

    @cached_property
    def listed(self) -> gpd.GeoDataFrame:
        """What a grid's sheet lists: ``code``, ``households`` (NaN where unknown), footprint.

        Buildings where the plan has them, else units, with the footprints of the backdrop.
        """
        return _listed(self.plan, self.backdrop)

    @cached_property
    def listed_of_grid(self) -> "Rows":
        """Rows of what is listed, by grid."""
        return _rows(self.listed, "grid_code")

    @cached_property
    def locator(self) -> Geometries:
        """Communities without detail, for small overviews."""
        west, south, east, north = self.plan.communities.total_bounds
        return drawn(geometries(self.plan.communities), max(east - west, north - south) / 600)

    def notes(self) -> tuple[str, ...]:
        """Small print of every sheet."""
        crs = self.plan.grids.crs
        authority = crs.to_authority() if crs is not None else None
        system = crs.name if crs is not None else "?"
        if authority is not None:
            system = f"{system} ({authority[0]}:{authority[1]})"
        shown = self.lettering.shown
        return (
            self.words["crs"].format(shown(system, "?")),
            self.words["source"].format(shown(self.project, "?")),
            self.words["date"].format(shown(self.date, "?")),
            self.words["drawn"].format(__version__),
        )


def gather(
    plan: Plan,
    backdrop: Backdrop,
    lettering: Lettering,
    *,
    project: str,
    language: str,
    date: str,
    grid_range: tuple[int, int],
    paper: str = "A3",
) -> Subject:
    """Sort the plan and choose its colours; row order of the input changes nothing."""
    plan = Plan(
        grids=_sorted(plan.grids, "grid_code"),
        communities=_sorted(plan.communities, "community_code"),
        streets=_sorted(plan.streets, "street_code"),
        units=_sorted(plan.units, "unit_id"),
        extra=plan.extra,
        zone_layers=plan.zone_layers,
    )
    return Subject(
        plan=plan,
        backdrop=backdrop,
        lettering=lettering,
        words=words(language),
        project=project,
        date=date,
        grid_range=grid_range,
        grid_colours=_colours(plan.grids, "grid_code"),
        community_colours=_colours(plan.communities, "community_code"),
        lots=_are_lots(backdrop, plan),
        language=language,
        paper=paper,
    )


class Rows:
    """Row numbers of a layer by the value of a column, so that no sheet looks through it all."""

    def __init__(self, rows: Mapping[str, NDArray[np.int64]]) -> None:
        self._rows = rows

    def __getitem__(self, value: str) -> NDArray[np.int64]:
        return self._rows.get(value, np.empty(0, dtype=np.int64))


def _rows(layer: pd.DataFrame, column: str) -> Rows:
    found = layer.groupby(layer[column].astype(str), sort=False).indices
    return Rows({str(value): np.sort(rows) for value, rows in found.items()})


def _listed(plan: Plan, backdrop: Backdrop) -> gpd.GeoDataFrame:
    layer, column = plan.extra.get("buildings"), "building_id"
    if layer is None:
        layer, column = plan.units, "unit_id"
    found = layer[[column, "grid_code", "geometry"]].rename(columns={column: "code"})
    known = layer["households"] if "households" in layer.columns else np.nan
    found = found.assign(households=known, code=found["code"].astype(str))
    prints = backdrop.buildings
    if column == "unit_id" and prints is not None and column in prints.columns:
        once = prints.drop_duplicates(column)
        shapes = once.set_index(once[column].astype(str)).geometry
        own = shapes.reindex(found["code"]).array
        there = np.asarray(shapely.get_dimensions(np.asarray(own, dtype=object)) == 2)
        found.loc[there, "geometry"] = own[there]
    order = sorted(range(len(found)), key=[_counting(code) for code in found["code"]].__getitem__)
    return found.iloc[order].reset_index(drop=True)


def _counting(code: str) -> tuple[tuple[int, str], ...]:
    """Key that sorts ``12`` after ``9``."""
    return tuple((int(part) if part.isdecimal() else -1, part) for part in NUMBER.split(code))


def _sorted(layer: gpd.GeoDataFrame, column: str) -> gpd.GeoDataFrame:
    return layer.sort_values(column, kind="stable").reset_index(drop=True)


def _colours(layer: gpd.GeoDataFrame, column: str) -> dict[str, str]:
    chosen = map_colours(geometries(layer))
    return dict(zip(layer[column].astype(str), chosen, strict=True))


def texts_of(plan: Plan, backdrop: Backdrop) -> Iterable[str]:
    """Every text of the plan and its backdrop that a map may show."""
    layers = [plan.grids, plan.communities, plan.streets, *plan.extra.values()]
    layers += [layer for layer in (backdrop.roads, backdrop.stairwells) if layer is not None]
    for layer in layers:
        for column in TEXT_COLUMNS:
            if column in layer.columns:
                values = layer[column].dropna().unique()
                yield from (tidy(value) for value in values if isinstance(value, str))


def _are_lots(backdrop: Backdrop, plan: Plan) -> bool:
    if backdrop.buildings is None:
        return False
    return float(backdrop.buildings.area.sum()) > LOT_COVER * float(plan.communities.area.sum())


def geometries(layer: gpd.GeoDataFrame) -> Geometries:
    """Geometries of a layer as an array."""
    return np.asarray(layer.geometry.array, dtype=object)


def within(layer: gpd.GeoDataFrame | None, window: Bounds) -> gpd.GeoDataFrame | None:
    """Features that meet the window, in the order of the layer; None if there are none.

    Those just outside count too: their ink may reach in.
    """
    if layer is None or len(layer) == 0:
        return None
    west, south, east, north = window
    ink = AROUND_WINDOW * max(east - west, north - south)
    box = shapely.box(west - ink, south - ink, east + ink, north + ink)
    found = np.sort(layer.sindex.query(box, predicate="intersects"))
    return layer.iloc[found] if len(found) else None


def drawn(geometry: Geometries, metres: float) -> Geometries:
    """Geometry without detail finer than the ink."""
    return np.asarray(shapely.simplify(geometry, metres), dtype=object)


def tail(code: str, parent: str) -> str:
    """Give the part of a grid's code that its community's code does not say already."""
    rest = code[len(parent) :].lstrip("-_./ ") if parent and code.startswith(parent) else ""
    return rest or code


def is_unit(grids: pd.DataFrame) -> NDArray[np.bool_]:
    """Which rows are unit grids."""
    return np.asarray(grids["grid_kind"] == GridKind.UNIT.value, dtype=bool)


def is_out(grids: pd.DataFrame) -> NDArray[np.bool_]:
    """Which rows are out of range."""
    return np.asarray(
        grids["range_status"].isin([RangeStatus.UNDER.value, RangeStatus.OVER.value]), dtype=bool
    )


def bars_of(subject: Subject, grids: gpd.GeoDataFrame) -> tuple[Bar, ...]:
    """Chart entries of residential grids."""
    chosen = grids[~is_unit(grids)]
    columns = (chosen["grid_code"], chosen["community_code"], chosen["households"], is_out(chosen))
    return tuple(
        Bar(
            subject.lettering.shown(tail(str(code), str(parent)), "?"),
            int(households),
            subject.grid_colours[str(code)],
            bool(out),
        )
        for code, parent, households, out in zip(*columns, strict=True)
    )


def facts_of(
    subject: Subject, grids: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> tuple[tuple[str, str], ...]:
    """Key figures of any set of grids and their communities."""
    w, unit = subject.words, is_unit(grids)
    residential = grids[~unit]
    facts = [(w["communities"], f"{len(communities):,}")] if len(communities) > 1 else []
    facts.append((w["grids"], f"{len(grids):,}"))
    if unit.any():
        facts.append((w["unit_grids"], f"{int(unit.sum()):,}"))
    facts.append((w["households"], f"{int(grids['households'].sum()):,}"))
    if len(residential):
        inside = int((~is_out(residential)).sum())
        facts.append((w["mean"], f"{residential['households'].mean():,.0f}"))
        facts.append((w["in_range"], w["of"].format(f"{inside:,}", f"{len(residential):,}")))
    facts.extend(_proof(subject, communities))
    return tuple(facts)


def _proof(subject: Subject, communities: gpd.GeoDataFrame) -> list[tuple[str, str]]:
    """How many communities are proven optimal, or how far a single one is.

    One that misses the range counts where no plan misses it by less and none of those costs less:
    only then is its gap known, and 0.
    """
    w = subject.words
    best = (communities["status"] == "optimal") | (communities["gap"] == 0)
    if len(communities) > 1:
        return [(w["proven"], w["of"].format(f"{int(best.sum()):,}", f"{len(communities):,}"))]
    status, gap = str(communities["status"].iloc[0]), communities["gap"].iloc[0]
    if status == "breach" and best.all():
        return [(w["result"], w["breach_least"])]
    if status == "feasible":
        known = pd.notna(gap) and gap < USEFUL_GAP
        return [(w["result"], w["feasible"].format(f"{gap:.1%}") if known else w["no_bound"])]
    return [(w["result"], w[status])] if status in ("optimal", "breach") else []
