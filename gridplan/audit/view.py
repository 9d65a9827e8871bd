"""The plan and the inputs side by side, joined by id: what every check looks at."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.audit.kinds import Kind
from gridplan.audit.shape import EXTRA_IDS, LISTED_COLUMNS, NUMBERS
from gridplan.config import Config
from gridplan.domain import Finding, GridKind, Plan, Severity
from gridplan.layers.inputs import Inputs
from gridplan.layers.planfile import Unread

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Shapes = NDArray[np.object_]

LISTED_KINDS = {*(kind.value for kind in Kind), "no-plan-in-range", "unit-shares-cell"}
"""Kinds of listed exceptions that checks read."""

KEYS = {
    "grids": "grid_code",
    "communities": "community_code",
    "streets": "street_code",
    "units": "unit_id",
}


def broken(kind: Kind, message: str, **where: object) -> Finding:
    """Make a finding of a promise that the plan does not keep."""
    return Finding(kind.value, Severity.BROKEN, message, **where)  # type: ignore[arg-type]


def excepted(kind: Kind, message: str, **where: object) -> Finding:
    """Make a finding of an exception that this audit has verified."""
    return Finding(kind.value, Severity.EXCEPTION, message, **where)  # type: ignore[arg-type]


def warned(kind: Kind, message: str, **where: object) -> Finding:
    """Make a finding of something to look at that breaks no promise."""
    return Finding(kind.value, Severity.WARNING, message, **where)  # type: ignore[arg-type]


@dataclass(frozen=True)
class View:
    """One plan beside its inputs.

    Parameters
    ----------
    plan
        As written; only ``extra`` and ``zone_layers`` are used by checks.
    inputs, config
        The job.
    listed
        Rows of ``tables/exceptions.csv`` that checks read: ``kind``, ``community_code``,
        ``grid_code``, ``place``, ``other`` as text ("" where empty), ``value`` as float.
    decisions
        ``tables/institution_decisions.csv`` as text; None where it is not at hand.
    grids, communities, streets, units
        The plan's layers, sorted by key, codes as text, polygons valid and never missing; of a key
        that stands twice (but for units) the polygons are joined.
    ours
        Whether gridplan made the plan.
    """

    plan: Plan
    inputs: Inputs
    config: Config
    listed: pd.DataFrame
    grids: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    decisions: pd.DataFrame | None = None
    ours: bool = True

    @cached_property
    def unit_grid_of(self) -> Ints:
        """Position in ``grids`` of the unit grid that every unit is in; -1 for all others."""
        kind = np.r_[self.grids["grid_kind"].to_numpy(dtype=object), [""]]
        return np.where(kind[self.grid_of] == GridKind.UNIT, self.grid_of, -1)

    @cached_property
    def source_shapes(self) -> Shapes:
        """Own shapes of the units of the inputs, valid."""
        return valid(self.inputs.units.geometry.to_numpy())

    @cached_property
    def tiles(self) -> Shapes:
        """Polygon of every grid."""
        tiles: Shapes = self.grids.geometry.to_numpy()
        return tiles

    @cached_property
    def grid_of(self) -> Ints:
        """Position in ``grids`` of every unit; -1 where its code is no grid."""
        return positions(self.grids["grid_code"], self.units["grid_code"])

    @cached_property
    def community_of(self) -> Ints:
        """Position in ``communities`` of every unit; -1 where its code is none."""
        return positions(self.communities["community_code"], self.units["community_code"])

    @cached_property
    def community_of_grid(self) -> Ints:
        """Position in ``communities`` of every grid; -1 where its code is none."""
        return positions(self.communities["community_code"], self.grids["community_code"])

    @cached_property
    def source_of(self) -> Ints:
        """Position in ``inputs.units`` of every unit; -1 where the inputs have no such unit."""
        return positions(self.inputs.units["unit_id"], self.units["unit_id"])

    @cached_property
    def unit_at(self) -> dict[str, int]:
        """Position of the first unit with each id that is listed as a place; -1 without one."""
        return _where(self.units["unit_id"], self.listed["place"])

    @cached_property
    def source_at(self) -> dict[str, int]:
        """Position in ``inputs.units`` of each such id; -1 where it has none."""
        return _where(self.inputs.units["unit_id"], self.listed["place"])

    @property
    def unit_ids(self) -> "pd.api.extensions.ExtensionArray":
        """Id of every unit, as text, as it stands in memory."""
        ids: pd.api.extensions.ExtensionArray = self.units["unit_id"].array
        return ids

    @cached_property
    def households(self) -> Ints:
        """Households of every unit, as the plan says."""
        held: Ints = self.units["households"].to_numpy(dtype=np.int64)
        return held

    @cached_property
    def grid_households(self) -> Ints:
        """Households of every grid, summed over its units."""
        known = self.grid_of >= 0
        total = np.bincount(
            self.grid_of[known], weights=self.households[known], minlength=len(self.grids)
        )
        return total.astype(np.int64)

    @cached_property
    def _by_grid(self) -> tuple[Ints, Ints]:
        """All units grid by grid, and where those of each grid begin."""
        order = np.argsort(self.grid_of, kind="stable")
        starts = np.searchsorted(self.grid_of[order], np.arange(len(self.grids) + 1))
        return order, starts.astype(np.int64)

    def members(self, grid: int) -> Ints:
        """Positions of the units of a grid, in their order."""
        order, start = self._by_grid
        return order[start[grid] : start[grid + 1]]

    @cached_property
    def cells(self) -> Shapes:
        """Polygon of every unit."""
        cells: Shapes = self.units.geometry.to_numpy()
        return cells

    def homes(self, layer: str) -> pd.DataFrame:
        """Grid, households and zone of every unit, and nothing else to be copied."""
        return pd.DataFrame({c: self.units[c] for c in ("grid_code", "households", layer)})

    def rows(self, kind: Kind) -> pd.DataFrame:
        """Select the listed rows of one kind."""
        return self.listed[self.listed["kind"] == kind.value]

    def grid_place(self, position: int) -> dict[str, str]:
        """Where a finding about a grid is."""
        code, home = (column[position] for column in self._grid_names)
        return {"layer": "grids", "place": str(code), "community_code": str(home)}

    def unit_place(self, position: int) -> dict[str, str]:
        """Where a finding about a unit is."""
        code, home = (column[position] for column in self._unit_names)
        return {"layer": "units", "place": str(code), "community_code": str(home)}

    @cached_property
    def _grid_names(self) -> tuple[NDArray[np.object_], ...]:
        """Code and community of every grid."""
        return tuple(self.grids[c].to_numpy(object) for c in ("grid_code", "community_code"))

    @cached_property
    def _unit_names(self) -> "tuple[pd.api.extensions.ExtensionArray, ...]":
        """Id and community of every unit, as they stand in memory."""
        return tuple(self.units[c].array for c in ("unit_id", "community_code"))


def positions(keys: "pd.Series[str]", wanted: "pd.Series[str]") -> Ints:
    """Position of each wanted key among ``keys`` (the first of equals); -1 where there is none."""
    index = pd.Index(keys.to_numpy(dtype=object), dtype=object)
    first = np.flatnonzero(~index.duplicated())
    found = index[first].get_indexer(wanted.to_numpy(dtype=object))
    at: Ints = np.r_[first, -1][found].astype(np.int64)
    return at


def _where(keys: "pd.Series[str]", wanted: "pd.Series[str]") -> dict[str, int]:
    once = wanted.drop_duplicates()
    return dict(zip(once.tolist(), positions(keys, once).tolist(), strict=True))


def unmatched_m(shapes: Shapes) -> Floats:
    """Metres of border of every polygon that cross or miss a neighbour's vertices."""
    if shapely.coverage_is_valid(shapes):
        return np.zeros(len(shapes))
    return np.asarray(shapely.length(shapely.coverage_invalid_edges(shapes)))


def make_view(
    plan: Plan,
    inputs: Inputs,
    config: Config,
    exceptions: pd.DataFrame,
    decisions: pd.DataFrame | None = None,
    *,
    ours: bool = True,
) -> tuple[View, list[Finding]]:
    """Put the plan beside its inputs, and name its missing, invalid and doubled polygons."""
    findings: list[Finding] = []
    layers = {}
    for name in KEYS:
        frame = _as_text(getattr(plan, name), name)
        sound = np.asarray(shapely.is_valid(frame.geometry.to_numpy()))
        findings += _bad_polygons(frame, name, sound)
        layers[name] = _tidy(frame, name, sound)
    findings += _doubled(plan)
    listed = _listed(exceptions)
    # A city's layers need not stand in memory twice, nor what no check reads.
    extra = plan.extra
    if not isinstance(extra, Unread):
        extra = {name: layer[_read_of(layer)] for name, layer in extra.items()}
    plan = replace(plan, **layers, extra=extra)
    view = View(plan, inputs, config, listed, **layers, decisions=decisions, ours=ours)
    return view, findings


def _read_of(layer: gpd.GeoDataFrame) -> list[str]:
    """Columns of what lies in the grids that checks read."""
    wanted = {"grid_code", "length_m", "share", *EXTRA_IDS.values(), layer.active_geometry_name}
    return [column for column in layer.columns if column in wanted]


def _as_text(frame: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    """Codes as text without missing values, counts as integers."""
    frame = frame.copy(deep=False)
    for column in frame.columns:
        if column.endswith(("_code", "_id")):
            frame[column] = (
                frame[column].astype("object").where(frame[column].notna(), "").astype(str)
            )
    for column in NUMBERS[name]:
        frame[column] = pd.to_numeric(frame[column])
    return frame


def _bad_polygons(frame: gpd.GeoDataFrame, name: str, sound: Bools) -> Iterator[Finding]:
    shapes = frame.geometry.to_numpy()
    missing = ~_polygonal(shapes)
    for i in np.flatnonzero(missing):
        yield broken(
            Kind.POLYGON_MISSING,
            f"{name}: {frame[KEYS[name]].iloc[i]} has no polygon; run partition again",
            layer=name,
            place=frame[KEYS[name]].iloc[i],
        )
    for i in np.flatnonzero(~missing & ~sound):
        yield broken(
            Kind.POLYGON_INVALID,
            f"{name}: the polygon of {frame[KEYS[name]].iloc[i]} is invalid "
            f"({shapely.is_valid_reason(shapes[i])}); repair it in QGIS with Fix geometries",
            layer=name,
            place=frame[KEYS[name]].iloc[i],
        )


def _polygonal(shapes: Shapes) -> Bools:
    """Tell polygons and multipolygons with something inside from everything else."""
    return np.asarray(np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes))


def _tidy(frame: gpd.GeoDataFrame, name: str, sound: Bools) -> gpd.GeoDataFrame:
    shapes = frame.geometry.to_numpy().copy()
    polygonal = _polygonal(shapes)
    shapes[~polygonal] = shapely.Polygon()
    shapes[polygonal & ~sound] = valid(shapes[polygonal & ~sound])
    order = ["unit_id", "grid_code"] if name == "units" else [KEYS[name]]
    frame = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    frame = frame.sort_values(order, kind="stable").reset_index(drop=True)
    double = frame[KEYS[name]].duplicated(keep=False)
    if name == "units" or not double.any():
        return frame
    first = ~frame[KEYS[name]].duplicated()
    for key, members in frame[double].groupby(KEYS[name]).groups.items():
        at = frame.index[first & (frame[KEYS[name]] == key)][0]
        frame.loc[at, frame.active_geometry_name] = shapely.union_all(
            frame.geometry.loc[members].to_numpy()
        )
    return frame[first].reset_index(drop=True)


def valid(shapes: Shapes) -> Shapes:
    """Repair invalid polygons and leave the others as they are."""
    bad = ~shapely.is_valid(shapes)
    if bad.any():
        shapes = shapes.copy()
        shapes[bad] = shapely.make_valid(shapes[bad], method="structure", keep_collapsed=False)
    return shapes


def _doubled(plan: Plan) -> Iterator[Finding]:
    for name, key in KEYS.items():
        kind = Kind.UNIT_TWICE if name == "units" else Kind.CODE_DUPLICATE
        keys = getattr(plan, name)[key].dropna().astype(str)
        counts = keys[keys.duplicated(keep=False)].value_counts().sort_index()
        for place, count in counts.items():
            yield broken(
                kind,
                f"{name}: {key} {place} stands {count} times; each belongs to one feature",
                layer=name,
                place=str(place),
                value=float(count),
                limit=1.0,
            )


def _listed(exceptions: pd.DataFrame) -> pd.DataFrame:
    frame = exceptions.reindex(columns=list(LISTED_COLUMNS))
    frame = frame[frame["kind"].isin(LISTED_KINDS)]
    text = frame.drop(columns="value").astype("object")
    text = text.where(text.notna(), "").astype(str)
    value = pd.to_numeric(frame["value"], errors="coerce").astype(float)
    return text.assign(value=value).reset_index(drop=True)
