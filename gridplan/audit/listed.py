"""Whether the exceptions that a run listed are true: a false one is a broken promise itself."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridplan.audit.ground import Ground, Join
from gridplan.audit.kinds import Kind
from gridplan.audit.pockets import tight_pocket
from gridplan.audit.stairwells import divided_buildings
from gridplan.audit.view import View, broken, positions, valid
from gridplan.domain import Finding

Claim = Callable[[Ground, "pd.Series[Any]"], str]
"""Says why a listed row is false; empty where it is true."""


def check_listed(ground: Ground, joins: Sequence[Join]) -> Iterator[Finding]:
    """Judge every listed exception whose kind the audit can verify."""
    view = ground.view
    wrong = {join.row: join.wrong for join in joins}
    for number, row in view.listed.iterrows():
        claim = CLAIMS.get(row["kind"])
        reason = claim(ground, row) if claim else wrong.get(int(str(number)), "")
        if reason:
            names = " and ".join(name for name in (row["place"], row["other"]) if name)
            yield broken(
                Kind.LISTING_FALSE,
                f"exceptions.csv lists {row['kind']} of {names or row['community_code']}, but "
                f"{reason}; strike it, and run partition again",
                layer="exceptions",
                place=row["place"],
                other=row["kind"],
                community_code=row["community_code"],
                value=None if np.isnan(row["value"]) else float(row["value"]),
            )


def _block_over_max(ground: Ground, row: "pd.Series[Any]") -> str:
    view = ground.view
    named = view.inputs.units["block_id"].reindex(view.source_of) == row["place"]
    members = np.flatnonzero(
        (named & (view.units["community_code"] == row["community_code"]).to_numpy()).to_numpy()
    )
    unit = view.unit_at.get(row["place"], -1)
    if unit >= 0:
        held = [int(view.households[unit])]
    else:
        held = np.unique(ground.total(ground.block)[ground.block[members]]).tolist()
    if not held:
        return "the plan has no such unit or block"
    if max(held) <= view.config.grids.max:
        return f"it holds {max(held)} households"
    return _other_value(row, held)


def _component_under_min(ground: Ground, row: "pd.Series[Any]") -> str:
    unit = ground.view.unit_at.get(row["place"], -1)
    if unit < 0:
        return "the plan has no such unit"
    held = [int(ground.total(label)[label[unit]]) for label in (ground.part, ground.island)]
    grid = int(ground.view.grid_of[unit])
    members = ground.view.members(grid) if grid >= 0 else np.array([unit])
    if tight_pocket(ground, members):
        held.append(int(ground.view.households[members].sum()))
    if min(held) >= ground.view.config.grids.min:
        return f"its part of the community holds {min(held)} households"
    return _other_value(row, held)


def _other_value(row: "pd.Series[Any]", held: list[int]) -> str:
    value = float(str(row["value"]))
    if np.isnan(value) or value in held:
        return ""
    return f"it holds {held[-1]} households, not {value:g}"


def _community_empty(ground: Ground, row: "pd.Series[Any]") -> str:
    view = ground.view
    code = row["community_code"] or row["place"]
    ours = (view.units["community_code"] == code).to_numpy() & (view.unit_grid_of < 0)
    held = int(view.households[ours].sum())
    return f"it has {held} households" if held else ""


def _unit_multipart(ground: Ground, row: "pd.Series[Any]") -> str:
    view = ground.view
    unit, source = view.unit_at.get(row["place"], -1), view.source_at.get(row["place"], -1)
    if source < 0:
        return "the inputs have no such unit"
    shapes = [view.inputs.units.geometry.iloc[source], *view.cells[[unit] if unit >= 0 else []]]
    return "" if (shapely.get_num_geometries(shapes) > 1).any() else "it is in one part"


def _distance(view: View, row: "pd.Series[Any]") -> float:
    """Metres from the shape of a unit to the nearest community; NaN where there is no such unit."""
    source = view.source_at.get(row["place"], -1)
    if source < 0:
        return float("nan")
    shape = view.inputs.units.geometry.iloc[source]
    return float(shapely.distance(shape, view.inputs.communities.geometry.to_numpy()).min())


def _unit_nearest(ground: Ground, row: "pd.Series[Any]") -> str:
    metres = _distance(ground.view, row)
    if np.isnan(metres):
        return "the inputs have no such unit"
    if metres == 0:
        return "it lies in a community"
    value = float(str(row["value"]))
    return "" if np.isnan(value) or abs(value - metres) <= 1 else f"it is {metres:.1f} m away"


def _unit_outside(ground: Ground, row: "pd.Series[Any]") -> str:
    metres = _distance(ground.view, row)
    if np.isnan(metres):
        return "the inputs have no such unit"
    if ground.view.unit_at.get(row["place"], -1) >= 0:
        return "it is in the plan"
    limit = ground.view.config.topology.snap_community_m
    return "" if metres > limit else f"it lies {metres:.1f} m from a community"


def _unit_straddles(ground: Ground, row: "pd.Series[Any]") -> str:
    view, source = ground.view, ground.view.source_at.get(row["place"], -1)
    home = positions(
        view.inputs.communities["community_code"], pd.Series([row["community_code"]], dtype="str")
    )[0]
    if source < 0 or home < 0:
        return "the inputs have no such unit or community"
    shape, area = (
        valid(frame.geometry.iloc[[at]].to_numpy())[0]
        for frame, at in ((view.inputs.units, source), (view.inputs.communities, int(home)))
    )
    return "it lies in its community" if shapely.covers(area, shape) else ""


def _building_divided(ground: Ground, row: "pd.Series[Any]") -> str:
    held = divided_buildings(ground.view).get(row["place"])
    if held is None:
        return "the inputs do not divide it"
    return _other_value(row, [held])


CLAIMS: dict[str, Claim] = {
    Kind.BUILDING_DIVIDED.value: _building_divided,
    Kind.BLOCK_OVER_MAX.value: _block_over_max,
    Kind.COMPONENT_UNDER_MIN.value: _component_under_min,
    Kind.COMMUNITY_EMPTY.value: _community_empty,
    Kind.UNIT_MULTIPART.value: _unit_multipart,
    Kind.UNIT_NEAREST.value: _unit_nearest,
    Kind.UNIT_OUTSIDE.value: _unit_outside,
    Kind.UNIT_STRADDLES.value: _unit_straddles,
}
