"""Promise 4: every residential grid is within the range, or the audit can see why none could be.

A *bound group* is what hard rules keep in one grid: a unit, or units that a block or a whole zone
keeps together. Ground is *shut in* when all the ways out of it lead into bound groups that have no
room for its households below the maximum; ground without a way out is shut in too. No plan can then
have all of it in grids in range, if it is too small to be a grid itself.

Two excuses are verified, and no other:

- *under*: the grid is shut in.
- *over*: the grid is one bound group, and besides it only units without households, and ground that
  is shut in and too small to be a grid.

Both only where the other choice, joining the shut-in ground to a group beside it or leaving it
alone, would miss the range by more.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from gridplan import metrics
from gridplan.audit.ground import Ground
from gridplan.audit.kinds import Kind
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
        if held[i] > limits.max and (group := _core(ground, members)) is not None:
            yield _heavy(ground, int(i), group)
        elif held[i] < limits.min and (bare[i] or alone_is_best(ground, members)):
            yield _light(ground, int(i))
        else:
            yield _out_of_range(view, int(i))


def alone_is_best(ground: Ground, members: Ints) -> bool:
    """Tell whether a grid below the minimum is shut in, and joining it would miss by more."""
    exits = _exits(ground, members)
    if exits is None or not len(members):
        return False
    held = int(ground.view.households[members].sum())
    return not len(exits) or ground.view.config.grids.min - held <= _joining(ground, held, exits)


def _exits(ground: Ground, members: Ints) -> Ints | None:
    """Households of the bound groups around some ground that is shut in; None where it is not."""
    view, bound = ground.view, ground.bound
    own = np.unique(bound[members])
    if ground.bound_size[own].sum() != len(members):
        return None  # it divides a group: the rest of that could join it
    around = np.unique(bound[ground.around(members)])
    exits = ground.bound_households[around]
    room = np.maximum(0, view.config.grids.max - exits).sum()
    shut = not len(around) or view.households[members].sum() > room
    return exits if shut else None


def _joining(ground: Ground, held: int, exits: Ints) -> int:
    """Least breach that joining some households to a group beside them would add."""
    maximum = ground.view.config.grids.max
    return int((np.maximum(0, exits + held - maximum) - np.maximum(0, exits - maximum)).min())


def _core(ground: Ground, members: Ints) -> Ints | None:
    """Find the bound group that excuses a grid above the maximum, None where nothing does."""
    for label in (ground.bound, ground.block):
        total = ground.total(label)[label[members]]
        group = np.flatnonzero(label == label[members[np.argmax(total)]])
        if np.isin(group, members).all() and _belongs(ground, members, group):
            return group
    return None


def _belongs(ground: Ground, members: Ints, group: Ints) -> bool:
    """Tell whether all else in a grid is empty, or shut in and better there than alone."""
    view, limit = ground.view, ground.view.config.grids.min
    rest = np.setdiff1d(members, group)
    piece = ground.pieces(rest, edges=True)
    # Ground without a way out came by a join, so it can only have gone to this group.
    here = np.array([view.households[group].sum()])
    for label in np.unique(piece):
        part = rest[piece == label]
        held = int(view.households[part].sum())
        exits = _exits(ground, part)
        if held and (
            exits is None or _joining(ground, held, exits if len(exits) else here) > limit - held
        ):
            return False
    return True


def _heavy(ground: Ground, grid: int, group: Ints) -> Finding:
    view, limit = ground.view, ground.view.config.grids.max
    where = view.grid_place(grid)
    held = int(view.households[group].sum())
    if held <= limit:
        return _joined(view, grid, group)
    block = str(view.unit_ids[group[0]])
    if len(group) > 1:
        block = str(view.inputs.units["block_id"].iloc[view.source_of[group[0]]])
    return excepted(
        Kind.BLOCK_OVER_MAX,
        f"grid {where['place']} holds {view.grid_households[grid]} households because {block} "
        f"alone has {held} and cannot be divided; give its stairwells in [inputs.stairwells]",
        **{**where, "layer": "units", "place": block},
        other=where["place"],
        value=float(held),
        limit=float(limit),
    )


def _joined(view: View, grid: int, group: Ints) -> Finding:
    """Excuse a grid above the maximum because a part below the minimum can only go there."""
    where = view.grid_place(grid)
    rest = np.setdiff1d(view.members(grid), group)
    held = int(view.households[rest].sum())
    return excepted(
        Kind.COMPONENT_UNDER_MIN,
        f"grid {where['place']} holds {view.grid_households[grid]} households because a part of "
        f"{held} around unit {view.unit_ids[rest[0]]} can go nowhere else; declare a link to "
        "another neighbour, or let the units it adjoins be divided",
        **{**where, "layer": "units", "place": str(view.unit_ids[rest[0]])},
        other=where["place"],
        value=float(held),
        limit=float(view.config.grids.min),
    )


def _light(ground: Ground, grid: int) -> Finding:
    view, limit = ground.view, ground.view.config.grids.min
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
