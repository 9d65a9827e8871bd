"""Promise 4: every residential grid is within the range, or the audit can see why none could be.

A *bound group* is what hard rules keep in one grid: a unit, or units that a block or a whole zone
keeps together. Two excuses are verified, and no other:

- *block*: the grid is one group above the maximum, and besides it only units without households;
- *pocket*: the grid holds some of a pocket (`gridplan.audit.pockets`), which no plan could share
  out so that it misses the range by less.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from gridplan import metrics
from gridplan.audit.ground import Ground
from gridplan.audit.kinds import Kind
from gridplan.audit.pockets import Pocket, tight_pocket
from gridplan.audit.view import Ints, View, broken, excepted
from gridplan.domain import Finding, GridKind


def check_ranges(ground: Ground) -> Iterator[Finding]:
    """Judge the households of every residential grid."""
    view = ground.view
    limits = view.config.grids
    residential = view.grids["grid_kind"].to_numpy() != GridKind.UNIT
    held = view.grid_households
    # A community without units (outside unit grids), such as a port, is one grid of 0 households.
    settled = view.units.loc[view.unit_grid_of < 0, "community_code"]
    bare = ~view.grids["community_code"].isin(settled).to_numpy()
    for i in np.flatnonzero(residential & ((held < limits.min) | (held > limits.max))):
        members = view.members(int(i))
        pocket = tight_pocket(ground, members)
        block = _heavy_block(ground, members)
        if block is not None and (pocket or view.households[block].sum() == held[i]):
            yield _heavy(view, int(i), block)
        elif bare[i] or (pocket and not len(pocket.exits)):
            yield _light(view, int(i))
        elif pocket:
            yield _pocketed(pocket, int(i))
        else:
            yield _out_of_range(view, int(i))


def _heavy_block(ground: Ground, members: Ints) -> Ints | None:
    """Find the group or block above the maximum that lies in a grid, all of it."""
    for label in (ground.bound, ground.block):
        total = ground.total(label)[label[members]]
        if total.max(initial=0) > ground.view.config.grids.max:
            group = np.flatnonzero(label == label[members[np.argmax(total)]])
            if np.isin(group, members).all():
                return group
    return None


def _heavy(view: View, grid: int, group: Ints) -> Finding:
    where = view.grid_place(grid)
    held, limit = int(view.households[group].sum()), view.config.grids.max
    block = _name(view, group)
    return excepted(
        Kind.BLOCK_OVER_MAX,
        f"grid {where['place']} holds {view.grid_households[grid]} households because {block} "
        f"alone has {held} and cannot be divided; give its stairwells in [inputs.stairwells]",
        **{**where, "layer": "units", "place": block},
        other=where["place"],
        value=float(held),
        limit=float(limit),
    )


def _name(view: View, group: Ints) -> str:
    """Name units that are kept together: their block, their whole zone or else the first."""
    names = [view.inputs.units["block_id"].iloc[view.source_of[group]]]
    zones = view.config.inputs.zones.items()
    names += [view.units[layer].iloc[group] for layer, zone in zones if zone.mode == "whole"]
    shared = [str(name.iloc[0]) for name in names if name.notna().all() and name.nunique() == 1]
    return shared[0] if shared and len(group) > 1 else str(view.unit_ids[group[0]])


def _pocketed(pocket: Pocket, grid: int) -> Finding:
    """Excuse a grid that misses the range because of ground between groups without room for it."""
    ground, view = pocket.ground, pocket.ground.view
    where, limits = view.grid_place(grid), view.config.grids
    names = ", ".join(_name(view, np.flatnonzero(ground.bound == group)) for group in pocket.exits)
    rooms = ", ".join(str(max(0, limits.max - held)) for held in pocket.exit_households)
    place = str(view.unit_ids[np.flatnonzero(np.isin(ground.bound, pocket.inside))[0]])
    return excepted(
        Kind.COMPONENT_UNDER_MIN,
        f"grid {where['place']} holds {view.grid_households[grid]} households because a part of "
        f"{pocket.households} around unit {place} can only join {names} (room for "
        f"{rooms}), and no way to share it out misses the range by less; declare a link "
        "to another neighbour, or let what surrounds it be divided",
        **{**where, "layer": "units", "place": place},
        other=where["place"],
        value=float(pocket.households),
        limit=float(limits.min),
    )


def _light(view: View, grid: int) -> Finding:
    limit = view.config.grids.min
    where = view.grid_place(grid)
    community = (view.community_of == view.community_of_grid[grid]) & (view.unit_grid_of < 0)
    held = int(view.grid_households[grid])
    if not view.households[community].any():
        return excepted(
            Kind.COMMUNITY_EMPTY,
            f"community {where['community_code']} has no households: grid {where['place']} is all "
            "of it; nothing to cure, or check the household register",
            **{**where, "layer": "communities", "place": where["community_code"]},
            other=where["place"],
            value=0.0,
            limit=float(limit),
        )
    place = str(view.unit_ids[view.members(grid)][0])
    return excepted(
        Kind.COMPONENT_UNDER_MIN,
        f"grid {where['place']} holds {held} households because no more can join it; "
        "declare a link to a neighbour with room, or merge the community with another",
        **{**where, "layer": "units", "place": place},
        other=where["place"],
        value=float(held),
        limit=float(limit),
    )


def _out_of_range(view: View, grid: int) -> Finding:
    where = view.grid_place(grid)
    held, limits = int(view.grid_households[grid]), view.config.grids
    limit = limits.min if held < limits.min else limits.max
    side = "below the minimum" if held < limits.min else "above the maximum"
    return broken(
        Kind.GRID_OUT_OF_RANGE,
        f"grid {where['place']} holds {held} households, {abs(held - limit)} {side} of {limit}"
        f"{_claim(view, grid)}; move units to or from a neighbour, or solve with more effort",
        **where,
        value=float(held),
        limit=float(limit),
    )


def _claim(view: View, grid: int) -> str:
    """Quote what the optimiser says about it."""
    home = view.community_of_grid[grid]
    if home < 0 or not view.ours:
        return ""
    row = view.communities.iloc[home]
    gap = pd.to_numeric(row["gap"], errors="coerce")
    bound = "no bound" if pd.isna(gap) else f"gap {float(gap):.2%}"
    stopped = f", stopped by {row['stopped']}" if _text(row["stopped"]) else ""
    claims = view.listed[
        (view.listed["kind"] == "no-plan-in-range")
        & (view.listed["community_code"] == row["community_code"])
    ]
    proof = "; listed as having no plan in range" if len(claims) else ""
    return f" (the optimiser says {row['status']}, {bound}{stopped}{proof})"


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)  # noqa: PLR0124 - NaN


def breach_by_community(view: View) -> "pd.Series[int]":
    """Households by which each community's residential grids miss the range, by code."""
    limits = view.config.grids
    missed = metrics.breach(pd.Series(view.grid_households), limits.min, limits.max)
    missed = missed.where(view.grids["grid_kind"] != GridKind.UNIT, 0)
    return missed.groupby(view.grids["community_code"]).sum()
