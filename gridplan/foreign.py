"""Plans that others drew, in the words of our own, so that the same audit judges them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan import metrics
from gridplan.assemble import describe_grids, merge_cells, units_layer, with_all_codes
from gridplan.attribute import attribute_all
from gridplan.audit import audit_plan
from gridplan.config import Config
from gridplan.domain import Finding, GridKind, Plan, Severity
from gridplan.errors import LayerError
from gridplan.layers import (
    AnyPlan,
    Inputs,
    grids_of_units,
    read_any_plan,
    read_exceptions,
    read_inputs,
    read_table,
)
from gridplan.layers.shares import largest_share
from gridplan.prepare import Ground, community_tasks, prepare_ground, restrict
from gridplan.topology import Shapes, clean_coverage, polygons_of

Ints = NDArray[np.int64]

LISTED = (Severity.EXCEPTION, Severity.REPAIRED, Severity.WARNING)
JOINS = ("link", "link-found", "part-joined")
LEAST_M2 = 1e-6
"""Ground smaller than this is a rounding of coordinates, in m²."""


@dataclass(frozen=True)
class Foreign:
    """A plan that somebody else made, ready to be audited.

    Parameters
    ----------
    plan
        The layers of ``plan.gpkg``, with the grid names of the plan as codes.
    exceptions
        What ``tables/exceptions.csv`` would list: links and joined parts of this ground.
    findings
        What was noticed on the way.
    """

    plan: Plan
    exceptions: pd.DataFrame
    findings: tuple[Finding, ...]


def audit_any(given: Path | str, config_file: Path, only: Sequence[str] = ()) -> list[Finding]:
    """Audit a plan that anybody made, in any form.

    Parameters
    ----------
    given
        As ``read_any_plan`` takes it.
    config_file
        Configuration of the job that the plan should answer.
    only
        Codes of the communities that it divides; all where empty.

    Raises
    ------
    GridplanError
        Where the plan, the configuration or its inputs cannot be read.
    """
    config = Config.load(config_file)
    inputs = read_inputs(config)
    found = read_any_plan(given, crs=inputs.crs)
    if found.written is not None:
        path = Path(str(given))
        folder = path if path.is_dir() else path.parent
        inputs = restrict(inputs, config, only) if only else inputs
        decisions = read_table(folder, "institution_decisions")
        return audit_plan(found.written, inputs, config, read_exceptions(folder), decisions)
    ground = prepare_ground(inputs, config)
    if only:
        inputs, ground = restrict(inputs, config, only), ground.restricted(only)
    foreign = as_plan(found, inputs, ground, config)
    plan, listed = foreign.plan, foreign.exceptions
    judged = audit_plan(plan, inputs, config, listed, ground.decisions, ours=False)
    return [*judged, *foreign.findings]


def as_plan(found: AnyPlan, inputs: Inputs, ground: Ground, config: Config) -> Foreign:
    """Write a plan that others made as the layers of our own.

    A table gives its units' cells to its grids. Polygons are taken as they were drawn: a unit lies
    in the one that holds most of it, and the ground of each is shared among its units.

    Parameters
    ----------
    found
        The plan, in the CRS of ``inputs``.
    inputs, ground, config
        The job that it answers.

    Raises
    ------
    LayerError
        Where none of the units lies in the plan.
    """
    cells = ground.cells
    own = inputs.units.set_index("unit_id").geometry.reindex(cells["unit_id"])
    units = gpd.GeoDataFrame({"unit_id": cells["unit_id"]}, geometry=own.to_numpy(), crs=cells.crs)
    laid = grids_of_units(found, units)["grid"]
    if laid.isna().all():
        raise LayerError(
            f"{found.name}: none of the {len(units)} units of the job lies in it; look at its ids, "
            "its CRS, and whether it is of the same place"
        )
    findings = [*found.findings]
    drawn = found.grids if found.units is None else None
    if drawn is None:
        grids = _dissolved(cells, laid, ground.bare)
    else:
        grids = drawn.rename(columns={"grid": "grid_code"})
        cells = cells.set_geometry(_shared_out(cells, laid, grids), crs=cells.crs)
    grids = _with_parents(grids, cells, laid, ground)
    table = units_layer(
        cells, laid.where(laid.notna(), ""), list(config.inputs.zones), inputs.stairwells
    )
    street = inputs.communities.set_index("community_code")["street_code"]
    grids = describe_grids(grids, table, street, config)
    communities = _communities(inputs, ground, grids, config)
    disjoint = _disjoint(grids, config.topology.tolerance_m)
    extra = attribute_all(inputs.extra, disjoint, findings)
    extra = with_all_codes(extra, table, inputs.divided)
    plan = Plan(
        grids=grids,
        communities=communities,
        streets=_streets(inputs, communities),
        units=table,
        extra=extra,
        zone_layers=tuple(config.inputs.zones),
    )
    listed = [*ground.findings, *inputs.findings]
    listed += [f for task in community_tasks(inputs, ground, config) for f in task.findings]
    return Foreign(plan, _exceptions(listed, table), tuple(findings))


def _dissolved(
    cells: gpd.GeoDataFrame, laid: "pd.Series[str]", bare: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Grids of a table: the cells of their units; ground without units is a grid of its own."""
    shapes = cells.geometry.to_numpy()
    rows = {
        str(g): at for g, at in pd.Series(laid.to_numpy()).groupby(laid.to_numpy()).indices.items()
    }
    codes = [f"{c} without units {i}".strip() for c, i in _places(bare)]
    return gpd.GeoDataFrame(
        {"grid_code": [*rows, *codes]},
        geometry=[*(merge_cells(shapes[at]) for at in rows.values()), *bare.geometry],
        crs=cells.crs,
    )


def _places(bare: gpd.GeoDataFrame) -> list[tuple[str, str]]:
    named = bare["institution_id"].astype(object).fillna("")
    return [(str(c), str(i)) for c, i in zip(bare["community_code"], named, strict=True)]


def _shared_out(cells: gpd.GeoDataFrame, laid: "pd.Series[str]", grids: gpd.GeoDataFrame) -> Shapes:
    """Cells that fill the drawn polygons: each takes what of its own lies in its grid.

    Ground of a grid that no cell of its units holds goes to the nearest of them, so that the cells
    of a grid tile it as it was drawn.
    """
    shapes, ground = cells.geometry.to_numpy(), grids.geometry.to_numpy()
    home = pd.Index(grids["grid_code"]).get_indexer(laid)
    own = shapes.copy()
    inside = np.flatnonzero(home >= 0)
    own[inside] = polygons_of(shapely.intersection(shapes[inside], ground[home[inside]]))
    lost = inside[shapely.area(own[inside]) <= LEAST_M2]
    own[lost] = shapes[lost]  # drawn outside its own grid: the audit says so
    members = pd.Series(np.arange(len(cells))).groupby(home).indices
    for grid, units in members.items():
        if int(str(grid)) >= 0:
            _fill(own, np.asarray(units, dtype=np.int64), ground[int(str(grid))])
    return np.asarray(own, dtype=object)


def _fill(own: Shapes, units: Ints, ground: shapely.Geometry) -> None:
    """Give the ground of one grid that none of its cells holds to the nearest cell."""
    rest = shapely.difference(ground, shapely.union_all(own[units]))
    pieces = shapely.get_parts(polygons_of(np.array([rest], dtype=object)))
    pieces = pieces[shapely.area(pieces) > LEAST_M2]
    if not len(pieces):
        return
    nearest = shapely.STRtree(own[units]).nearest(pieces)
    for at in np.unique(nearest):
        own[units[at]] = shapely.union_all([own[units[at]], *pieces[nearest == at]])


def _disjoint(grids: gpd.GeoDataFrame, tolerance_m: float) -> gpd.GeoDataFrame:
    """Grids without their overlaps, to attribute objects by; the audit still sees them as drawn."""
    shapes = grids.geometry.to_numpy()
    if shapely.coverage_is_valid(shapes):
        return grids
    clean = clean_coverage(shapes, snap_m=tolerance_m, gap_m=0.0)
    return grids.set_geometry(clean, crs=grids.crs)[~shapely.is_empty(clean)]


def _with_parents(
    grids: gpd.GeoDataFrame, cells: gpd.GeoDataFrame, laid: "pd.Series[str]", ground: Ground
) -> gpd.GeoDataFrame:
    """Give every grid its community, by most of its area, and its kind, by its units."""
    whole = _grounds(ground)
    row, _ = largest_share(grids.geometry.to_numpy(), whole)
    codes = whole["community_code"].to_numpy(dtype=object)
    table = pd.DataFrame({"grid": laid, "place": cells["institution_id"].astype(object)})
    table["place"] = table["place"].where(table["place"].notna(), "")
    held = table.groupby("grid")["place"].agg(["nunique", "first"])
    place = {f"{c} without units {i}": i for c, i in _places(ground.bare)}
    place |= dict(held.loc[held["nunique"] == 1, "first"])
    named = [str(place.get(grid, "")) for grid in grids["grid_code"]]
    unit = [name != "" for name in named]
    return grids.assign(
        grid_name=grids["grid_code"],
        community_code=np.where(row >= 0, codes[row], ""),
        institution_id=named,
        grid_kind=np.where(unit, GridKind.UNIT.value, GridKind.RESIDENTIAL.value),
    )


def _grounds(ground: Ground) -> gpd.GeoDataFrame:
    """Ground of every community, sorted by code."""
    both = pd.concat([ground.cells[["community_code", "geometry"]],
                      ground.bare[["community_code", "geometry"]]], ignore_index=True)  # fmt: skip
    shapes = both["geometry"].to_numpy()
    rows = both.groupby("community_code", sort=True).indices
    merged = [merge_cells(shapes[at]) for at in rows.values()]
    codes = [str(code) for code in rows]
    return gpd.GeoDataFrame({"community_code": codes}, geometry=merged, crs=ground.cells.crs)


def _communities(
    inputs: Inputs, ground: Ground, grids: gpd.GeoDataFrame, config: Config
) -> gpd.GeoDataFrame:
    table = inputs.communities[["community_code", "community_name", "street_code"]].copy()
    homes = grids[grids["grid_kind"] == GridKind.RESIDENTIAL.value]
    missed = metrics.breach(homes["households"], config.grids.min, config.grids.max)
    codes, grouped = table["community_code"], grids.groupby("community_code")
    breach = codes.map(missed.groupby(homes["community_code"]).sum()).fillna(0)
    table["households"] = codes.map(
        ground.cells.groupby("community_code")["households"].sum()
    ).fillna(0).astype("int64")  # fmt: skip
    table["grids"] = codes.map(grouped.size()).fillna(0).astype("int64")
    table["status"] = np.where(breach > 0, "breach", "feasible")
    table["gap"] = np.nan
    table["stopped"] = ""
    shapes = _grounds(ground).set_index("community_code").geometry
    return gpd.GeoDataFrame(table, geometry=shapes.reindex(codes).to_numpy(), crs=grids.crs)


def _streets(inputs: Inputs, communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    table = inputs.streets.drop(columns="geometry")
    table = table[table["street_code"].isin(communities["street_code"])].reset_index(drop=True)
    codes, grouped = table["street_code"], communities.groupby("street_code")
    for name, sums in (
        ("communities", grouped.size()),
        ("grids", grouped["grids"].sum()),
        ("households", grouped["households"].sum()),
    ):
        table[name] = codes.map(sums).fillna(0).astype("int64")
    shapes = {code: shapely.union_all(part.geometry.to_numpy()) for code, part in grouped}
    return gpd.GeoDataFrame(table, geometry=[shapes[c] for c in codes], crs=communities.crs)


def _exceptions(findings: Collection[Finding], units: gpd.GeoDataFrame) -> pd.DataFrame:
    """List what holds on this ground; the metres of a link are those between its cells."""
    rows = [
        (f.kind, f.community_code, "", f.place, f.other, np.nan if f.value is None else f.value)
        for f in findings
        if f.severity in LISTED or f.kind in JOINS
    ]
    columns = ["kind", "community_code", "grid_code", "place", "other", "value"]
    table = pd.DataFrame(rows, columns=columns).drop_duplicates(ignore_index=True)
    shape = units.set_index("unit_id").geometry
    ends = table["kind"].isin(JOINS) & table[["place", "other"]].isin(shape.index).all(axis=1)
    one, other = (shape.reindex(table.loc[ends, c]).to_numpy() for c in ("place", "other"))
    table.loc[ends, "value"] = shapely.distance(one, other)
    parted = shape.index[shapely.get_num_geometries(shape.to_numpy()) > 1]
    whole = (table["kind"] == "unit-multipart") & ~table["place"].isin(parted)
    return table[~whole].reset_index(drop=True)
