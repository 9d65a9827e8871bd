"""From the assignment of units to the finished plan: dissolve, number, describe, attribute."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan import metrics
from gridplan.attribute import attribute_all
from gridplan.codes import choose_profile, grid_name, make_codes, number_grids
from gridplan.config import Config
from gridplan.domain import Finding, GridKind, Plan
from gridplan.layers.inputs import Inputs
from gridplan.prepare import Ground
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

    Raises
    ------
    CodeError
        Where a code does not fit its profile or a sequence overflows.
    """
    cells = ground.cells
    label = _labels(cells, outcomes)
    grids = _dissolve(cells, label, ground.bare)
    street = inputs.communities.set_index("community_code")["street_code"]
    seq = number_grids(grids)
    profile = choose_profile(config.codes.profile, inputs.communities["community_code"])
    grids["grid_code"] = make_codes(profile, grids["community_code"], seq)
    grids["grid_name"] = [grid_name(int(n), config.project.language) for n in seq]
    code_of = grids.set_index("label")["grid_code"]
    units = _units(cells, label.map(code_of), list(config.inputs.zones))
    grids = _described(grids, units, street, config)
    communities = _communities(inputs, grids, outcomes)
    return Plan(
        grids=grids,
        communities=communities,
        streets=_streets(inputs, communities),
        units=units,
        extra=attribute_all(inputs.extra, grids, findings),
        zone_layers=tuple(config.inputs.zones),
    )


def _labels(cells: gpd.GeoDataFrame, outcomes: Mapping[str, Outcome]) -> pd.Series:
    labels = [
        f"{code}\n{outcomes[code].labels[unit]}"
        for code, unit in zip(cells["community_code"], cells["unit_id"], strict=True)
    ]
    return pd.Series(labels, index=cells.index, dtype=object)


def _dissolve(
    cells: gpd.GeoDataFrame, label: pd.Series, bare: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """One polygon per label, and one per community without units; sorted by smallest unit id."""
    table = pd.DataFrame(
        {"label": label, "unit": cells["unit_id"], "home": cells["community_code"]}
    )
    first = table.groupby("label", sort=False).agg(unit=("unit", "min"), home=("home", "first"))
    order = first.sort_values(["home", "unit"], kind="stable")
    shapes = cells.geometry.to_numpy()
    rows = table.groupby("label", sort=False).indices
    merged = [merge_cells(shapes[rows[name]]) for name in order.index]
    frame = gpd.GeoDataFrame(
        {
            "label": [*order.index, *(f"{code}\n" for code in bare["community_code"])],
            "community_code": [*order["home"], *bare["community_code"]],
        },
        geometry=[*merged, *bare.geometry],
        crs=cells.crs,
    )
    return frame.sort_values("community_code", kind="stable", ignore_index=True)


def merge_cells(shapes: Shapes) -> object:
    """Union of cells of one coverage: their common border goes, every other vertex stays."""
    return shapes[0] if len(shapes) == 1 else shapely.coverage_union_all(shapes)


def _units(cells: gpd.GeoDataFrame, grid_code: pd.Series, layers: list[str]) -> gpd.GeoDataFrame:
    units = cells.assign(grid_code=grid_code)
    columns = ["unit_id", "grid_code", "community_code", "households", *layers, "geometry"]
    return units[columns].sort_values("unit_id", kind="stable", ignore_index=True)


def _described(
    grids: gpd.GeoDataFrame, units: gpd.GeoDataFrame, street: pd.Series, config: Config
) -> gpd.GeoDataFrame:
    grids = grids.set_index("grid_code", drop=False).sort_index()
    households = units.groupby("grid_code")["households"].sum()
    grids["grid_kind"] = GridKind.RESIDENTIAL.value
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
        grids[f"{layer}_main"] = metrics.main_zone(units, layer).reindex(grids.index)
        grids[f"{layer}_main_share"] = metrics.main_share(units, layer).reindex(grids.index)
        touched = metrics.zones_touched(units, layer).reindex(grids.index, fill_value=0)
        grids[f"{layer}_zones"] = touched.astype("int64")
    columns = [c for c in grids.columns if c not in ("label", "geometry")]
    return grids[[*columns, "geometry"]].reset_index(drop=True)


def _communities(
    inputs: Inputs, grids: gpd.GeoDataFrame, outcomes: Mapping[str, Outcome]
) -> gpd.GeoDataFrame:
    table = inputs.communities.drop(columns=["grid_count", "geometry"]).copy()
    codes = table["community_code"]
    grouped = grids.groupby("community_code")
    table["households"] = codes.map(grouped["households"].sum()).astype("int64")
    table["grids"] = codes.map(grouped.size()).astype("int64")
    table["status"] = [outcomes[c].status if c in outcomes else "breach" for c in codes]
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
