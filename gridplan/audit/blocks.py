"""What must stay together or apart: blocks, whole and nested zones, and the zones of the units."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from gridplan import metrics
from gridplan.audit.ground import Ground
from gridplan.audit.kinds import Kind
from gridplan.audit.view import Ints, View, broken, excepted, positions, warned
from gridplan.domain import Finding, Severity

OFFSET_HOUSEHOLDS = 5
"""Incidences with fewer households are probably a digitising offset."""


def check_blocks(ground: Ground) -> Iterator[Finding]:
    """Judge blocks and zones against the grids."""
    view = ground.view
    yield from _blocks(ground)
    for layer, section in view.config.inputs.zones.items():
        yield from _wrong_zones(view, layer, column=section.column is not None)
        if section.mode == "nest":
            yield from _nested(view, layer)
        if section.mode == "whole":
            yield from _whole(ground, layer)
        yield from _offsets(view, layer)


def _groups(view: View, name: "pd.Series[str]") -> Iterator[tuple[str, str, Ints]]:
    """Units of each community with the same name that lie in several grids."""
    number, names = pd.factorize(name)
    home, homes = pd.factorize(view.units["community_code"])
    table = pd.DataFrame({"community": home, "name": number, "grid": view.grid_of})
    table = table[(table["name"] >= 0) & (table["grid"] >= 0)]
    keys = ["community", "name"]
    table = table[table.groupby(keys)["grid"].transform("nunique") > 1]
    table["community"] = np.asarray(homes, dtype=object)[table["community"]]  # texts of few rows
    table["name"] = np.asarray(names, dtype=object)[table["name"]]
    for (community, zone), rows in table.groupby(keys, sort=True):
        yield str(community), str(zone), rows.index.to_numpy(np.int64)


def _blocks(ground: Ground) -> Iterator[Finding]:
    view = ground.view
    given = view.inputs.units["block_id"].reindex(view.source_of).reset_index(drop=True)
    for community, block, members in _groups(view, given.where(view.source_of >= 0)):
        piece = ground.pieces(members)
        table = pd.DataFrame({"grid": view.grid_of[members], "h": view.households[members]})
        grouped = table.groupby(piece)
        cut = grouped["grid"].nunique() > 1
        heavy = grouped["h"].sum() > view.config.grids.max
        where = {
            "layer": "units",
            "place": block,
            "community_code": community,
            "value": float(table["grid"].nunique()),
            "limit": 1.0,
        }
        count = table["grid"].nunique()
        if (cut & ~heavy).any():
            yield broken(
                Kind.BLOCK_CUT,
                f"block {block} lies in {count} grids although one could hold it; "
                "move its units to one grid",
                **where,
            )
        elif cut.any():
            yield excepted(
                Kind.BLOCK_DIVIDED,
                f"block {block} has {table['h'].sum()} households, more than a grid may hold, and "
                f"lies in {count} grids; agree with its management on who serves which part",
                **where,
            )
        else:
            yield excepted(
                Kind.BLOCK_SPLIT,
                f"block {block} is in {len(cut)} pieces that do not touch, in {count} grids; "
                "correct its block id, or declare a link between the pieces",
                **where,
            )


def _wrong_zones(view: View, layer: str, *, column: bool) -> Iterator[Finding]:
    held = view.units[layer]
    if column:
        if layer not in view.inputs.units:
            return
        given = view.inputs.units[layer].reindex(view.source_of).reset_index(drop=True)
        same = (held == given) | (held.isna() & given.isna())
        wrong = np.flatnonzero(~same & (view.source_of >= 0))
    elif layer in view.inputs.zones:
        known = positions(view.inputs.zones[layer]["zone_id"], held.fillna("")) >= 0
        wrong = np.flatnonzero(held.notna() & ~known)
    else:
        return
    for i in wrong:
        where = view.unit_place(int(i))
        yield broken(
            Kind.ZONE_WRONG,
            f"unit {where['place']}: its {layer} zone is {held.iloc[i]}, which the inputs do not "
            "say; run partition again",
            **where,
            other=layer,
        )


def _nested(view: View, layer: str) -> Iterator[Finding]:
    zone = view.units[layer]
    known = zone.notna() & (view.grid_of >= 0)
    count = zone[known].groupby(view.grid_of[known]).nunique()
    for i in count.index[count > 1]:
        where = view.grid_place(int(i))
        yield broken(
            Kind.NEST_CROSSED,
            f"grid {where['place']} touches {count[i]} zones of {layer}, which is nested; "
            "move the units of all but one zone away",
            **where,
            other=layer,
            value=float(count[i]),
            limit=1.0,
        )


def _whole(ground: Ground, layer: str) -> Iterator[Finding]:
    view = ground.view
    for community, zone, members in _groups(view, view.units[layer]):
        held = int(view.households[members].sum())
        if len(np.unique(ground.pieces(members))) > 1 or held > view.config.grids.max:
            continue
        yield warned(
            Kind.ZONE_DIVIDED,
            f"{layer} zone {zone} lies in {len(np.unique(view.grid_of[members]))} grids although "
            "one could hold it; another layer or a lock in its way may be the reason",
            layer="units",
            place=zone,
            other=layer,
            community_code=community,
            value=float(len(np.unique(view.grid_of[members]))),
            limit=1.0,
        )


def _offsets(view: View, layer: str) -> Iterator[Finding]:
    pairs = metrics.incidences(view.homes(layer), layer)
    small = pairs[pairs["households"] < OFFSET_HOUSEHOLDS]
    if len(small):
        first = small.iloc[0]
        yield Finding(
            Kind.INCIDENCE_SMALL.value,
            Severity.INFO,
            f"{layer}: {len(small)} times a grid has fewer than {OFFSET_HOUSEHOLDS} households in "
            f"a zone (first: grid {first['grid_code']} in {first['zone_id']}); probably the zone "
            "was digitised with an offset",
            layer="units",
            place=str(first["grid_code"]),
            other=layer,
            value=float(len(small)),
            limit=0.0,
        )
