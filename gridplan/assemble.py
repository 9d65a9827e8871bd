"""From the assignment of units to the finished plan: dissolve, number, describe, attribute."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan import metrics
from gridplan.attribute import attribute_all
from gridplan.codes import Standing, configured_profile, number_plan
from gridplan.config import Config
from gridplan.domain import Finding, GridKind, Plan
from gridplan.layers.inputs import Inputs
from gridplan.layers.tally import Method
from gridplan.prepare import Ground
from gridplan.processes import process_count
from gridplan.topology import Shapes


@dataclass(frozen=True)
class Outcome:
    """How one community was solved.

    Parameters
    ----------
    labels
        Grid label per unit id, any text or number, unique inside the community only.
    status
        ``optimal``, ``feasible``, ``breach``.
    gap
        Proven gap, None where there is none.
    stopped
        What cut the search short, "" for nothing.
    """

    labels: Mapping[str, object]
    status: str
    gap: float | None
    stopped: str = ""


def assemble(
    inputs: Inputs,
    ground: Ground,
    outcomes: Mapping[str, Outcome],
    config: Config,
    findings: list[Finding],
    standing: Standing | None = None,
) -> Plan:
    """Make the plan's layers.

    Parameters
    ----------
    inputs, ground
        The job and its cells.
    outcomes
        Per community code its assignment; a community without units needs none.
    config
        The configuration.
    findings
        Objects that lie in no grid are added.
    standing
        What the code register holds; None where there is none.

    Raises
    ------
    CodeError
        Where a code does not fit its profile or a sequence overflows.
    """
    cells = ground.cells
    label = _labels(cells, outcomes)
    grids = _dissolve(cells, label, ground.bare)
    grids["grid_kind"] = np.where(
        grids["institution_id"] == "", GridKind.RESIDENTIAL.value, GridKind.UNIT.value
    )
    street = inputs.communities.set_index("community_code")["street_code"]
    profile = configured_profile(config.codes, inputs.communities["community_code"])
    row_of = pd.Series(grids.index, index=grids["label"])
    members = cells[["unit_id", "households"]].assign(grid=label.map(row_of))
    numbered = number_plan(grids, members, profile, config.project.language, standing)
    grids[["grid_code", "grid_name"]] = numbered[["grid_code", "grid_name"]]
    code_of = grids.set_index("label")["grid_code"]
    units = units_layer(cells, label.map(code_of), list(config.inputs.zones), inputs.stairwells)
    grids = describe_grids(grids, units, street, config)
    communities = _communities(inputs, grids, outcomes)
    workers = process_count(config.solve.workers)
    extra = attribute_all(inputs.extra, grids, findings, units, workers)
    if "institutions" not in extra:
        grids = grids.drop(columns="institution_id")
    return Plan(
        grids=grids,
        communities=communities,
        streets=_streets(inputs, communities),
        units=units,
        extra=with_all_codes(extra, units, inputs.divided),
        zone_layers=tuple(config.inputs.zones),
    )


def _labels(cells: gpd.GeoDataFrame, outcomes: Mapping[str, Outcome]) -> pd.Series:
    """Label of the grid of every cell; a unit grid needs no outcome."""
    columns = (cells[c] for c in ("community_code", "unit_id", "institution_id"))
    labels = [
        _bare_label(code, place) if place else f"{code}\n{outcomes[code].labels[unit]}"
        for code, unit, place in zip(*columns, strict=True)
    ]
    return pd.Series(labels, index=cells.index, dtype=object)


def _bare_label(code: str, institution: str | None) -> str:
    """Label of a grid that is not numbered by the optimiser: a unit grid, or bare ground."""
    return f"{code}\n\n{institution or ''}"


def _dissolve(
    cells: gpd.GeoDataFrame, label: pd.Series, bare: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """One polygon per label, and one per community without units; sorted by smallest unit id."""
    table = pd.DataFrame(
        {
            "label": label,
            "unit": cells["unit_id"],
            "home": cells["community_code"],
            "place": cells["institution_id"].astype(object).fillna(""),
        }
    )
    first = table.sort_values("unit", kind="stable").drop_duplicates("label").set_index("label")
    names = [
        _bare_label(*row)
        for row in zip(bare["community_code"], bare["institution_id"], strict=True)
    ]
    order = first.sort_values(["home", "unit"], kind="stable")
    shapes = cells.geometry.to_numpy()
    rows = table.groupby("label", sort=False).indices
    merged = [merge_cells(shapes[rows[name]]) for name in order.index]
    frame = gpd.GeoDataFrame(
        {
            "label": [*order.index, *names],
            "community_code": [*order["home"], *bare["community_code"]],
            "institution_id": [*order["place"], *bare["institution_id"].astype(object).fillna("")],
        },
        geometry=[*merged, *bare.geometry],
        crs=cells.crs,
    )
    return frame.sort_values("community_code", kind="stable", ignore_index=True)


def merge_cells(shapes: Shapes) -> object:
    """Union of cells of one coverage: their common border goes, every other vertex stays."""
    return shapes[0] if len(shapes) == 1 else shapely.coverage_union_all(shapes)


def units_layer(
    cells: gpd.GeoDataFrame,
    grid_code: pd.Series,
    layers: list[str],
    stairwells: pd.DataFrame | None,
) -> gpd.GeoDataFrame:
    """Cells with their grid; where buildings were divided, with building and stairwell."""
    units = cells.assign(grid_code=grid_code)
    if "households_method" not in units:
        units["households_method"] = Method.GIVEN.value
    columns = ["unit_id", "grid_code", "community_code", "households", "households_method"]
    if stairwells is not None:
        own = stairwells.set_index("unit_id")
        for name in ("building_id", "stairwell"):
            held = units["unit_id"].map(own[name])
            units[name] = held.astype(object).where(held.notna(), None)
        units["stairwell_order"] = units["unit_id"].map(own["position"]).astype("Int64")
        columns += ["building_id", "stairwell", "stairwell_order"]
    columns += [*layers, "geometry"]
    return units[columns].sort_values("unit_id", kind="stable", ignore_index=True)


def with_all_codes(
    extra: dict[str, gpd.GeoDataFrame], units: gpd.GeoDataFrame, divided: gpd.GeoDataFrame | None
) -> dict[str, gpd.GeoDataFrame]:
    """List every grid of a building that was divided by its stairwells, in ``grid_codes``."""
    buildings = extra.get("buildings")
    if divided is None or buildings is None:
        return extra
    codes = units.groupby("building_id")["grid_code"].apply(lambda c: ";".join(sorted(set(c))))
    held = buildings["building_id"].map(codes)
    shapes, towers = buildings.geometry.to_numpy(), divided.geometry.to_numpy()
    row, tower = shapely.STRtree(towers).query(shapes, predicate="intersects")
    common = shapely.area(shapely.intersection(shapes[row], towers[tower]))
    same = (common > 0) & (common >= shapely.area(shapes[row]) / 2)
    row, tower = row[same], tower[same]
    found = pd.Series(
        divided["building_id"].map(codes).to_numpy()[tower], index=buildings.index[row]
    )
    held = held.fillna(found[~found.index.duplicated()]).fillna(buildings["grid_code"])
    return {**extra, "buildings": buildings.assign(grid_codes=held)}


def describe_grids(
    grids: gpd.GeoDataFrame, units: gpd.GeoDataFrame, street: pd.Series, config: Config
) -> gpd.GeoDataFrame:
    """Measure every grid from its polygon and its units, sorted by code.

    Parameters
    ----------
    grids
        ``grid_code``, ``grid_kind``, ``community_code`` and polygons.
    units
        ``units_layer`` of the plan.
    street
        Street by community code.
    config
        Range and zone layers.
    """
    grids = grids.set_index("grid_code", drop=False).sort_index()
    households = units.groupby("grid_code")["households"].sum()
    grids["street_code"] = grids["community_code"].map(street)
    grids["households"] = households.reindex(grids.index, fill_value=0).astype("int64")
    grids["range_status"] = metrics.range_status(
        grids["households"], config.grids.min, config.grids.max, grids["grid_kind"]
    )
    grids["parts"] = metrics.parts(grids.geometry)
    grids["area_m2"] = metrics.area_m2(grids.geometry)
    grids["perimeter_m"] = metrics.perimeter_m(grids.geometry)
    grids["polsby_popper"] = metrics.polsby_popper(grids.geometry)
    for layer in config.inputs.zones:
        measured = metrics.zone_measures(units, layer).reindex(grids.index)
        grids[measured.columns] = measured
        grids[f"{layer}_zones"] = measured[f"{layer}_zones"].fillna(0).astype("int64")
    columns = [c for c in grids.columns if c not in ("label", "geometry")]
    return grids[[*columns, "geometry"]].reset_index(drop=True)


def _communities(
    inputs: Inputs, grids: gpd.GeoDataFrame, outcomes: Mapping[str, Outcome]
) -> gpd.GeoDataFrame:
    table = inputs.communities.drop(
        columns=["grid_count", "households_given", "geometry"], errors="ignore"
    )
    codes = table["community_code"]
    grouped = grids.groupby("community_code")
    table["households"] = codes.map(grouped["households"].sum()).astype("int64")
    table["grids"] = codes.map(grouped.size()).astype("int64")
    # Without an outcome: a community without units, or one whose ground is all unit grids.
    housed = set(grids.loc[grids["grid_kind"] == GridKind.RESIDENTIAL.value, "community_code"])
    otherwise = ["breach" if c in housed else "optimal" for c in codes]
    table["status"] = [
        outcomes[c].status if c in outcomes else status
        for c, status in zip(codes, otherwise, strict=True)
    ]
    gaps = [outcomes[c].gap if c in outcomes else 0.0 for c in codes]
    table["gap"] = pd.Series(gaps, index=table.index, dtype="float64")
    table["stopped"] = [outcomes[c].stopped if c in outcomes else "" for c in codes]
    shapes = {code: merge_cells(part.geometry.to_numpy()) for code, part in grouped}
    return gpd.GeoDataFrame(table, geometry=[shapes[c] for c in codes], crs=grids.crs)


def _streets(inputs: Inputs, communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    table = inputs.streets.drop(columns="geometry").copy()
    grouped = communities.groupby("street_code")
    used = table["street_code"].isin(communities["street_code"])
    table = table[used].reset_index(drop=True)
    codes = table["street_code"]
    table["communities"] = codes.map(grouped.size()).astype("int64")
    table["grids"] = codes.map(grouped["grids"].sum()).astype("int64")
    table["households"] = codes.map(grouped["households"].sum()).astype("int64")
    shapes = {code: merge_cells(part.geometry.to_numpy()) for code, part in grouped}
    return gpd.GeoDataFrame(table, geometry=[shapes[c] for c in codes], crs=communities.crs)


def hand_made(assignment: pd.DataFrame, cells: gpd.GeoDataFrame) -> dict[str, dict[str, object]]:
    """Turn a hand-made table into labels per community.

    Parameters
    ----------
    assignment
        ``unit_id`` and ``grid``, one row per unit.
    cells
        ``unit_id`` and ``community_code``.

    Returns
    -------
    dict
        Per community code the grid label of every unit id.
    """
    grid = assignment.set_index("unit_id")["grid"]
    return {
        str(code): {unit: str(grid[unit]) for unit in np.sort(part["unit_id"].to_numpy())}
        for code, part in cells.groupby("community_code", sort=True)
    }
