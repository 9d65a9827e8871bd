"""Read every layer of a job, name all that is wrong with them at once."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS

from gridplan.domain import Finding, Severity
from gridplan.errors import LayerError
from gridplan.layers.columns import as_text, has_columns, household_counts, some, unique_ids
from gridplan.layers.inputs import Inputs
from gridplan.layers.repair import merge_same_id, usable_polygons, usable_shapes
from gridplan.layers.source import describe, file_hash, parse_crs, read_features, read_table

if TYPE_CHECKING:
    from gridplan.config import Config

EXTRA_LAYERS = {
    "facilities": "facility_id",
    "institutions": "institution_id",
    "buildings": "building_id",
    "roads": "road_id",
}
LOCK_KINDS = ("together", "apart", "in", "frozen")


def read_inputs(config: "Config") -> Inputs:
    """Read all layers that the configuration names.

    Parameters
    ----------
    config
        A loaded configuration.

    Returns
    -------
    Inputs
        Layers in one projected CRS, sorted by id so that row order never matters.

    Raises
    ------
    LayerError
        With one line per problem of any layer.
    """
    reader = _Reader(config)
    inputs = reader.read()
    if reader.problems or inputs is None:
        raise LayerError(reader.problems)
    return inputs


class _Reader:
    def __init__(self, config: "Config") -> None:
        self.config = config
        self.inputs = config.inputs
        self.problems: list[str] = []
        self.findings: list[Finding] = []

    def read(self) -> Inputs | None:
        crs = self._crs()
        communities = self._communities(crs)
        if communities is not None and crs is None:
            crs = communities.estimate_utm_crs()
            communities = communities.to_crs(crs)
            self.findings.append(
                Finding("crs-estimated", Severity.INFO, f"project crs estimated: {crs.to_string()}")
            )
        if crs is None:
            # Without a common CRS the other layers can still be read for their own problems.
            crs = CRS.from_epsg(3857)
        streets = self._streets(crs, communities)
        units = self._units(crs)
        zones = {name: z for name in self.inputs.zones if (z := self._zone(name, crs)) is not None}
        barriers = {n: b for n in self.inputs.barriers if (b := self._barrier(n, crs)) is not None}
        extra = {n: e for n in EXTRA_LAYERS if (e := self._extra(n, crs)) is not None}
        links = self._links(units)
        locks, staff = self._locks(), self._plain("staff")
        if self.problems or communities is None or units is None or streets is None:
            return None
        return Inputs(
            crs=crs,
            communities=communities,
            streets=streets,
            units=units,
            zones=zones,
            barriers=barriers,
            links=links,
            extra=extra,
            locks=locks,
            staff=staff,
            findings=tuple(self.findings),
            hashes=self._hashes(),
        )

    def _crs(self) -> CRS | None:
        text = self.config.project.crs
        if not text:
            return None
        crs = parse_crs(text, "project", self.problems)
        if crs is None:
            return None
        metres = crs.is_projected and all(
            a.unit_conversion_factor == 1.0 for a in crs.axis_info[:2]
        )
        if not metres:
            self.problems.append(
                f'project: crs = "{text}" is not a projected CRS in metres; choose one that is, '
                "or leave it out to have one estimated"
            )
        return crs

    def _communities(self, crs: CRS | None) -> gpd.GeoDataFrame | None:
        section = self.inputs.communities
        frame = read_features("communities", section, crs, self.problems)
        if frame is None:
            return None
        where = describe("communities", section)
        count = self.config.grids.count
        wanted = {"code": section.code, "name": section.name, "street": section.street}
        wanted["grids.count"] = count if isinstance(count, str) else None
        if not has_columns(frame, where, wanted, self.problems):
            return None
        codes = as_text(frame[section.code])
        if not unique_ids(codes, where, section.code, self.problems):
            return None
        table = gpd.GeoDataFrame(
            {
                "community_code": codes,
                "community_name": as_text(frame[section.name]).fillna(codes)
                if section.name
                else codes,
                "street_code": as_text(frame[section.street]).fillna("") if section.street else "",
                "grid_count": _counts(frame, count),
            },
            geometry=frame.geometry.to_numpy(),
            crs=frame.crs,
        )
        usable = usable_polygons(table, "communities", "community_code", self.findings)
        lost = sorted(set(table["community_code"]) - set(usable["community_code"]))
        if lost or usable.empty:
            what = f"communities without a polygon: {some(lost)}" if lost else "the layer is empty"
            self.problems.append(f"{where}: {what}; every community needs a polygon")
            return None
        return usable.sort_values("community_code", kind="stable", ignore_index=True)

    def _streets(self, crs: CRS, communities: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
        section = self.inputs.streets
        if section is None:
            return None if communities is None else self._dissolved_streets(communities)
        frame = read_features("streets", section, crs, self.problems)
        where = describe("streets", section)
        if frame is None or not has_columns(
            frame, where, {"code": section.code, "name": section.name}, self.problems
        ):
            return None
        codes = as_text(frame[section.code])
        if not unique_ids(codes, where, section.code, self.problems):
            return None
        names = as_text(frame[section.name]).fillna(codes) if section.name else codes
        table = gpd.GeoDataFrame(
            {"street_code": codes, "street_name": names},
            geometry=frame.geometry.to_numpy(),
            crs=frame.crs,
        )
        if communities is not None:
            known = set(codes)
            orphans = communities.loc[~communities["street_code"].isin(known), "community_code"]
            if len(orphans):
                self.problems.append(
                    f"{where}: communities whose street is not in this layer: {some(orphans)}; "
                    "add the streets or mend inputs.communities.street"
                )
        return table.sort_values("street_code", kind="stable", ignore_index=True)

    def _dissolved_streets(self, communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        streets = communities[["street_code", "geometry"]].dissolve("street_code", as_index=False)
        code = streets["street_code"]
        name = self.config.project.name
        return streets.assign(street_name=code.where(code != "", name))[
            ["street_code", "street_name", "geometry"]
        ]

    def _units(self, crs: CRS) -> gpd.GeoDataFrame | None:
        section = self.inputs.units
        frame = read_features("units", section, crs, self.problems)
        if frame is None:
            return None
        where = describe("units", section)
        columns = {f"zones.{n}.column": z.column for n, z in self.inputs.zones.items() if z.column}
        counted = section.households if isinstance(section.households, str) else None
        register = self.inputs.households
        wanted = {
            "id": section.id,
            "households": None if register else counted,
            "community": section.community,
            "keep_together": section.keep_together,
            **columns,
        }
        if not has_columns(frame, where, wanted, self.problems):
            return None
        ids = as_text(frame[section.id])
        if not unique_ids(ids, where, section.id, self.problems):
            return None
        households = (
            self._register(ids, frame, crs)
            if register
            else self._counted(frame, ids, where, section.households)
        )
        if households is None:
            return None
        if len(households) == 0 or not (households > 0).any():
            self.problems.append(
                f"{where}: no unit has a household"
                + (f' (column "{counted}" is 0 everywhere)' if counted and not register else "")
                + "; name the column that holds them"
            )
            return None
        table = gpd.GeoDataFrame(
            {
                "unit_id": ids,
                "households": households,
                "community_code": _text_or_missing(frame, section.community),
                "block_id": _text_or_missing(frame, section.keep_together),
                **{n: as_text(frame[z.column]) for n, z in self.inputs.zones.items() if z.column},
            },
            geometry=frame.geometry.to_numpy(),
            crs=frame.crs,
        )
        usable = usable_polygons(table, "units", "unit_id", self.findings, points_too=True)
        lost = table[~table["unit_id"].isin(usable["unit_id"]) & (table["households"] > 0)]
        if len(lost):
            self.problems.append(
                f"{where}: {len(lost)} units with households have no usable shape "
                f"({some(lost['unit_id'])}); draw them, or their {int(lost['households'].sum())} "
                "households would be lost"
            )
        return usable.sort_values("unit_id", kind="stable", ignore_index=True)

    def _counted(
        self, frame: gpd.GeoDataFrame, ids: pd.Series, where: str, column: str | int | None
    ) -> pd.Series | None:
        if isinstance(column, str):
            return household_counts(frame[column], ids, where, column, self.problems)
        return pd.Series(1 if column is None else column, index=frame.index, dtype="int64")

    def _register(self, ids: pd.Series, units: gpd.GeoDataFrame, crs: CRS) -> pd.Series | None:
        section = self.inputs.households
        assert section is not None
        table = read_table("households", section, self.problems)
        if table is None:
            return None
        where = describe("households", section)
        counted = section.count if isinstance(section.count, str) else None
        wanted = {"unit": section.unit, "count": counted}
        if not has_columns(table, where, wanted, self.problems):
            return None
        if section.unit is None:
            return self._located(table, units, ids, crs, where)
        owner = as_text(table[section.unit])
        counts = self._register_counts(table, owner, where)
        if counts is None:
            return None
        unknown = ~owner.isin(set(ids))
        if unknown.any():
            self._unplaced("matches no unit", owner[unknown], counts[unknown], where)
        return (
            counts.groupby(owner)
            .sum()
            .reindex(ids, fill_value=0)
            .set_axis(ids.index)
            .astype("int64")
        )

    def _located(
        self, table: pd.DataFrame, units: gpd.GeoDataFrame, ids: pd.Series, crs: CRS, where: str
    ) -> pd.Series | None:
        section = self.inputs.households
        assert section is not None
        points = read_features("households", section, crs, self.problems)
        if points is None:
            return None
        rows = pd.Series([f"row {i + 1}" for i in range(len(table))], index=table.index)
        counts = self._register_counts(table, rows, where)
        if counts is None:
            return None
        hits = units.sindex.query(points.geometry.to_numpy(), predicate="intersects")
        first = pd.Series(hits[1], index=hits[0]).map(ids).groupby(level=0).min()
        owner = first.reindex(points.index)
        lost = owner.isna()
        if lost.any():
            self._unplaced("lies in no unit", rows[lost.to_numpy()], counts[lost.to_numpy()], where)
        return (
            counts.groupby(owner)
            .sum()
            .reindex(ids, fill_value=0)
            .set_axis(ids.index)
            .astype("int64")
        )

    def _register_counts(self, table: pd.DataFrame, ids: pd.Series, where: str) -> pd.Series | None:
        section = self.inputs.households
        assert section is not None
        if isinstance(section.count, int):
            return pd.Series(section.count, index=table.index, dtype="int64")
        return household_counts(table[section.count], ids, where, section.count, self.problems)

    def _unplaced(self, what: str, places: pd.Series, counts: pd.Series, where: str) -> None:
        self.findings.append(
            Finding(
                "household-unplaced",
                Severity.WARNING,
                f"{where}: {len(places)} rows with {int(counts.sum())} households: the row {what} "
                f"({some(places)}); they are not in the plan",
                layer="households",
                place=str(places.iloc[0]),
                value=float(counts.sum()),
            )
        )

    def _zone(self, name: str, crs: CRS) -> gpd.GeoDataFrame | None:
        section = self.inputs.zones[name]
        if section.column:
            return None
        frame = read_features(f"zones.{name}", section, crs, self.problems)
        where = describe(f"zones.{name}", section)
        if frame is None or not has_columns(frame, where, {"id": section.id}, self.problems):
            return None
        assert section.id is not None
        table = gpd.GeoDataFrame(
            {"zone_id": as_text(frame[section.id])},
            geometry=frame.geometry.to_numpy(),
            crs=frame.crs,
        )
        nameless = table["zone_id"].isna()
        if nameless.any():
            self.findings.append(
                Finding(
                    "zone-without-id",
                    Severity.WARNING,
                    f"{where}: {int(nameless.sum())} features without an id are left out; "
                    f'fill column "{section.id}"',
                    layer=name,
                    value=float(nameless.sum()),
                )
            )
        usable = usable_polygons(table[~nameless], name, "zone_id", self.findings)
        merged = merge_same_id(usable, "zone_id")
        return merged.sort_values("zone_id", kind="stable", ignore_index=True)

    def _barrier(self, name: str, crs: CRS) -> gpd.GeoDataFrame | None:
        section = self.inputs.barriers[name]
        frame = read_features(f"barriers.{name}", section, crs, self.problems)
        if frame is None:
            return None
        frame = usable_shapes(frame)
        if frame.empty:
            self.findings.append(
                Finding(
                    "barrier-empty",
                    Severity.WARNING,
                    f"{describe(f'barriers.{name}', section)}: no feature is left after the filter; "
                    "check where = ...",
                    layer=name,
                )
            )
        return _in_shape_order(frame[["geometry"]])

    def _extra(self, name: str, crs: CRS) -> gpd.GeoDataFrame | None:
        section = getattr(self.inputs, name)
        if section is None:
            return None
        frame = read_features(name, section, crs, self.problems)
        where = describe(name, section)
        wanted = {key: getattr(section, key) for key in ("id", "name", "kind")}
        if name == "roads":
            wanted["kind"] = section.class_ or section.kind
        if frame is None or not has_columns(frame, where, wanted, self.problems):
            return None
        id_column = EXTRA_LAYERS[name]
        table = gpd.GeoDataFrame(
            {
                id_column: _text_or_missing(frame, wanted["id"]),
                "name": _text_or_missing(frame, wanted["name"]).fillna(""),
                "kind": _text_or_missing(frame, wanted["kind"]).fillna(""),
            },
            geometry=frame.geometry.to_numpy(),
            crs=frame.crs,
        )
        table = usable_shapes(table)
        if wanted["id"]:
            unique_ids(table[id_column], where, wanted["id"], self.problems)
            return table.sort_values(id_column, kind="stable", ignore_index=True)
        return _numbered(table, id_column)

    def _links(self, units: gpd.GeoDataFrame | None) -> pd.DataFrame | None:
        section = self.inputs.links
        if section is None:
            return None
        table = read_table("links", section, self.problems)
        where = describe("links", section)
        if table is None or not has_columns(
            table, where, {"a": section.a, "b": section.b, "note": section.note}, self.problems
        ):
            return None
        note = section.note or ("note" if "note" in table.columns else None)
        links = pd.DataFrame(
            {
                "a": as_text(table[section.a]),
                "b": as_text(table[section.b]),
                "note": _text_or_missing(table, note).fillna(""),
            }
        )
        if units is not None:
            ids = set(units["unit_id"])
            unknown = sorted({str(i) for c in "ab" for i in links[c] if i not in ids})
            if unknown:
                self.problems.append(
                    f"{where}: links name units that do not exist: {some(unknown)}"
                )
        return links.sort_values(["a", "b"], kind="stable", ignore_index=True)

    def _locks(self) -> pd.DataFrame | None:
        table = self._plain("locks")
        if table is None:
            return None
        where = describe("locks", self.inputs.locks)
        if not has_columns(table, where, {c: c for c in ("kind", "a", "b")}, self.problems):
            return None
        locks = pd.DataFrame({c: as_text(table[c]) for c in ("kind", "a", "b")})
        known = locks["kind"].isin(LOCK_KINDS)
        if not known.all():
            self.problems.append(
                f"{where}: unknown kinds of lock: {some(sorted(set(locks.loc[~known, 'kind'])))}; "
                f"choose from {', '.join(LOCK_KINDS)}"
            )
        return locks.sort_values(["kind", "a", "b"], kind="stable", ignore_index=True)

    def _plain(self, name: str) -> pd.DataFrame | None:
        section = getattr(self.inputs, name)
        return None if section is None else read_table(name, section, self.problems)

    def _hashes(self) -> dict[str, str]:
        paths = {s.path for _, s in self.inputs.sources() if isinstance(s.path, Path)}
        folder = self.config.file.parent
        return {_shown(path, folder): file_hash(path) for path in sorted(paths)}


def _shown(path: Path, folder: Path) -> str:
    """Write a path as it would stand in the configuration, alike on every system."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return path.name


def _counts(frame: pd.DataFrame, count: str | int | None) -> pd.Series:
    if isinstance(count, str):
        return pd.to_numeric(frame[count], errors="coerce").astype("Int64")
    return pd.Series(pd.NA if count is None else count, index=frame.index, dtype="Int64")


def _text_or_missing(frame: pd.DataFrame, column: str | None) -> pd.Series:
    if column is None:
        return pd.Series(None, index=frame.index, dtype=object)
    return as_text(frame[column])


def _in_shape_order(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    keys = pd.Series(
        shapely.to_wkb(frame.geometry.to_numpy(), output_dimension=2), index=frame.index
    )
    return frame.loc[keys.sort_values(kind="stable").index].reset_index(drop=True)


def _numbered(table: gpd.GeoDataFrame, id_column: str) -> gpd.GeoDataFrame:
    """Number features that have no id by name, kind and shape, so that row order does not matter."""
    keys = table[["name", "kind"]].assign(
        shape=[w.hex() for w in shapely.to_wkb(table.geometry.to_numpy(), output_dimension=2)]
    )
    order = keys.sort_values(["name", "kind", "shape"], kind="stable").index
    table = table.loc[order].reset_index(drop=True)
    width = max(4, len(str(len(table))))
    table[id_column] = [f"{i:0{width}d}" for i in range(1, len(table) + 1)]
    return table
