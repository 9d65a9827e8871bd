"""Promise 4: every residential grid is within the range, or the audit can see why none could be.

Two excuses are verified, and no other:

- *over*: the grid holds exactly one indivisible block above the maximum, and besides it nothing but
  units without households and units of pockets: parts that hold fewer households than the minimum
  once such blocks are taken out of the community, and so could be no grid of their own.
- *under*: the grid is a whole connected part of its community (or a whole pocket) and the part
  holds fewer households than the minimum.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from gridplan import metrics
from gridplan.audit.ground import Ground
from gridplan.audit.kinds import Kind
from gridplan.audit.view import Bools, Ints, View, broken, excepted
from gridplan.domain import Finding, GridKind


def check_ranges(ground: Ground) -> Iterator[Finding]:
    """Judge the households of every residential grid, and what unit grids are made for."""
    view = ground.view
    limits = view.config.grids
    residential = view.grids["grid_kind"].to_numpy() != GridKind.UNIT
    yield from _unit_grids(view, ~residential)
    held = view.grid_households
    over = _over_excused(ground)
    under = _under_excused(ground)
    for i in np.flatnonzero(residential & ((held < limits.min) | (held > limits.max))):
        if held[i] > limits.max and over[i]:
            yield _heavy(ground, int(i))
        elif held[i] < limits.min and under[i]:
            yield _light(ground, int(i))
        else:
            yield _out_of_range(view, int(i))


def _all_of_grid(view: View, fine: Bools) -> Bools:
    """Tell for which grids something holds for all their units (and that there are any)."""
    known = view.grid_of >= 0
    count = np.bincount(view.grid_of[known], minlength=len(view.grids))
    good = np.bincount(view.grid_of[known & fine], minlength=len(view.grids))
    return np.asarray((count == good) & (count > 0))


def _over_excused(ground: Ground) -> Bools:
    view, heavy = ground.view, ground.heavy
    idle = (view.households == 0) | ground.small(ground.pocket)
    known = heavy & (view.grid_of >= 0)
    blocks = np.unique(np.c_[view.grid_of[known], ground.block[known]], axis=0)
    one = np.bincount(blocks[:, 0], minlength=len(view.grids)) == 1
    return np.asarray(_all_of_grid(view, heavy | idle) & one & _whole(view, ground.block, heavy))


def _under_excused(ground: Ground) -> Bools:
    view = ground.view
    settled = set(view.units["community_code"])
    # A community without units, such as a port, is one grid of 0 households.
    excused: Bools = ~view.grids["community_code"].isin(settled).to_numpy()
    for label in (ground.island, ground.pocket):
        small = ground.small(label)
        excused |= _all_of_grid(view, small) & _whole(view, label, small)
    return excused


def _whole(view: View, label: Ints, which: Bools) -> Bools:
    """Tell which grids divide none of the parts that they hold units of."""
    table = pd.DataFrame({"label": label[which], "grid": view.grid_of[which]})
    divided = table.groupby("label")["grid"].nunique()
    cut = which & np.isin(label, divided.index[divided > 1].to_numpy())
    result = np.ones(len(view.grids), dtype=bool)
    result[view.grid_of[cut & (view.grid_of >= 0)]] = False
    return result


def _heavy(ground: Ground, grid: int) -> Finding:
    view, limit = ground.view, ground.view.config.grids.max
    where = view.grid_place(grid)
    unit = int(np.flatnonzero((view.grid_of == grid) & ground.heavy)[0])
    members = np.flatnonzero(ground.block == ground.block[unit])
    held = int(ground.total(ground.block)[ground.block[unit]])
    block = str(view.unit_ids[unit])
    if len(members) > 1:
        block = str(view.inputs.units["block_id"].iloc[view.source_of[unit]])
    return excepted(
        Kind.BLOCK_OVER_MAX,
        f"grid {where['place']} holds {view.grid_households[grid]} households because {block} "
        f"alone has {held} and cannot be divided; give its stairwells as units of their own",
        **{**where, "layer": "units", "place": block},
        other=where["place"],
        value=float(held),
        limit=float(limit),
    )


def _light(ground: Ground, grid: int) -> Finding:
    view, limit = ground.view, ground.view.config.grids.min
    where = view.grid_place(grid)
    community = view.community_of == view.community_of_grid[grid]
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
    place = str(view.unit_ids[view.grid_of == grid][0])
    return excepted(
        Kind.COMPONENT_UNDER_MIN,
        f"grid {where['place']} holds {held} households because no more hang together there; "
        "declare a link to a neighbouring part, or merge the community with another",
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
    if home < 0:
        return ""
    row = view.communities.iloc[home]
    gap = pd.to_numeric(row["gap"], errors="coerce")
    bound = "no bound" if pd.isna(gap) else f"gap {float(gap):.2%}"
    stopped = f", stopped by {row['stopped']}" if _text(row["stopped"]) else ""
    claims = view.listed[
        (view.listed["kind"] == "no-plan-in-range")
        & (view.listed["community_code"] == row["community_code"])
    ]
    proof = "; it claims that no plan is in range" if len(claims) else ""
    return f" (the optimiser says {row['status']}, {bound}{stopped}{proof})"


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)  # noqa: PLR0124 - NaN


def _unit_grids(view: View, unit: Bools) -> Iterator[Finding]:
    institutions = view.plan.extra.get("institutions")
    held = set() if institutions is None else set(institutions["grid_code"].dropna().astype(str))
    for i in np.flatnonzero(unit):
        where = view.grid_place(int(i))
        if where["place"] not in held:
            yield broken(
                Kind.UNIT_GRID_UNPROVEN,
                f"grid {where['place']} is a unit grid, exempt from the range, but no institution "
                "lies in it; make it residential, or add the institution to the inputs",
                **where,
            )


def breach_by_community(view: View) -> "pd.Series[int]":
    """Households by which each community's residential grids miss the range, by code."""
    limits = view.config.grids
    missed = metrics.breach(pd.Series(view.grid_households), limits.min, limits.max)
    missed = missed.where(view.grids["grid_kind"] != GridKind.UNIT, 0)
    return missed.groupby(view.grids["community_code"]).sum()
