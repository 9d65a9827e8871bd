"""How each jurisdiction layer is respected, beside what is proven to be the least."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gridplan import metrics
from gridplan.domain import Plan

SIZE, FORCED, WEIGHED, OPEN = "why_size", "why_forced", "why_weighed", "why_open"


@dataclass(frozen=True)
class LayerRow:
    """One layer over the whole plan.

    Parameters
    ----------
    one_zone
        Share (0..1) of households whose grid touches exactly one zone; None without households.
    main_share
        Mean share (0..1) of a grid's main zone, weighted by households; None likewise.
    zones, split
        Zones with households, counted per community; those in more than one grid.
    incidences, excess
        Pairs of grid and zone; those beyond what the zones' sizes force.
    least, proven
        Proven lower bound of the excess, summed over communities, and whether a plan is known to
        reach it in each; None where it was not measured.
    """

    layer: str
    mode: str
    weight: float | None
    one_zone: float | None
    main_share: float | None
    zones: int
    split: int
    incidences: int
    excess: int
    least: int | None
    proven: bool


@dataclass(frozen=True)
class SplitRow:
    """One zone in several grids of a community, and why: a key of the words."""

    layer: str
    zone_id: str
    community_code: str
    households: int
    grids: tuple[str, ...]
    needed: int
    why: str


def layer_rows(
    plan: Plan, zones: Mapping[str, Mapping[str, Any]], alignment: pd.DataFrame, maximum: int
) -> tuple[LayerRow, ...]:
    """Measure every layer.

    Parameters
    ----------
    plan
        The finished plan.
    zones
        The layers as configured: ``mode`` and ``weight`` by name.
    alignment
        ``tables/alignment``, all text: one row per community and layer; empty where missing.
    maximum
        Upper end of the range, households.
    """
    units = pd.DataFrame(plan.units.drop(columns=plan.units.geometry.name))
    return tuple(
        _layer(plan, units, layer, zones.get(layer, {}), _of(alignment, layer), maximum)
        for layer in plan.zone_layers
    )


def _layer(
    plan: Plan,
    units: pd.DataFrame,
    layer: str,
    configured: Mapping[str, Any],
    own: pd.DataFrame,
    maximum: int,
) -> LayerRow:
    held = [len(grids) for grids in _touched(units, layer)["grids"]]
    share = plan.grids[f"{layer}_main_share"].astype(float)
    weight = plan.grids["households"].where(share.notna(), 0)
    total = float(weight.sum())
    one_zone = float(metrics.households_in_one_zone(units, layer))
    least = _numbers(own, "least_excess")
    complete = len(own) > 0 and least.notna().all()
    return LayerRow(
        layer=layer,
        mode=str(configured.get("mode", "soft")),
        weight=configured.get("weight"),
        one_zone=None if one_zone != one_zone else one_zone,  # noqa: PLR0124
        main_share=float((share.fillna(0) * weight).sum()) / total if total else None,
        zones=len(held),
        split=sum(count > 1 for count in held),
        incidences=sum(held),
        excess=int(metrics.excess_incidences(units, layer, maximum).sum()),
        least=int(least.sum()) if complete else None,
        proven=bool(complete and _truths(own, "proven").all()),
    )


def _of(alignment: pd.DataFrame, layer: str) -> pd.DataFrame:
    return alignment[alignment["layer"] == layer] if "layer" in alignment else alignment.iloc[:0]


def _numbers(table: pd.DataFrame, column: str) -> "pd.Series[float]":
    if column not in table:
        return pd.Series(float("nan"), index=table.index)
    return pd.to_numeric(table[column], errors="coerce")


def _truths(table: pd.DataFrame, column: str) -> "pd.Series[bool]":
    if column not in table:
        return pd.Series(False, index=table.index)
    return table[column].astype(str).str.casefold().isin(["true", "1", "yes"])


def _touched(units: pd.DataFrame, layer: str) -> pd.DataFrame:
    """List zones per community: households, and the grids that hold some of them."""
    keys = ["community_code", layer]
    living = units[(units["households"] > 0) & units[layer].notna()]
    held = living.groupby(keys, sort=True, observed=True)["households"].sum()
    pairs = living[[*keys, "grid_code"]].drop_duplicates().sort_values([*keys, "grid_code"])
    ends = np.flatnonzero(~pairs.duplicated(keys).to_numpy())[1:]
    grids = [tuple(codes) for codes in np.split(pairs["grid_code"].to_numpy(object), ends)]
    return pd.DataFrame({"households": held, "grids": grids[: len(held)]})


def split_rows(plan: Plan, alignment: pd.DataFrame, maximum: int) -> tuple[SplitRow, ...]:
    """List the zones that lie in several grids of one community, and why.

    A zone in as many grids as its households need is split by its size. Of the others the ledger
    says whether any plan of that community does with less for that layer.
    """
    units = pd.DataFrame(plan.units.drop(columns=plan.units.geometry.name))
    rows = []
    for layer in plan.zone_layers:
        reasons = _reasons(_of(alignment, layer))
        table = _touched(units, layer).reset_index()
        columns = [table[name] for name in ("community_code", layer, "households", "grids")]
        for community, zone, held, grids in zip(*columns, strict=True):
            households = int(held)
            needed = -(-households // maximum)
            if len(grids) > 1:
                why = SIZE if len(grids) <= needed else reasons.get(str(community), OPEN)
                rows.append(
                    SplitRow(layer, str(zone), str(community), households, grids, needed, why)
                )
    return tuple(rows)


def _reasons(own: pd.DataFrame) -> dict[str, str]:
    """Say per community why a layer's needless incidences are there."""
    if "community_code" not in own:
        return {}
    excess, least = _numbers(own, "excess_incidences"), _numbers(own, "least_excess")
    proven = _truths(own, "proven")
    return {
        str(code): FORCED if e <= low else WEIGHED if e > low and known else OPEN
        for code, e, low, known in zip(own["community_code"], excess, least, proven, strict=True)
        if e == e and low == low  # noqa: PLR0124
    }
