"""Totals of communities spread over their units, where nothing finer is known."""

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.domain import Finding, Severity
from gridplan.layers.notes import Notes
from gridplan.layers.source import describe
from gridplan.layers.tally import Method, Tally

if TYPE_CHECKING:
    from gridplan.config import Config


def spread_totals(
    config: "Config",
    units: gpd.GeoDataFrame,
    home: "pd.Series[str]",
    communities: gpd.GeoDataFrame,
    notes: Notes,
) -> gpd.GeoDataFrame:
    """Give the units of a community without any counted household their share of its total.

    The share is in proportion to floor area, footprint × floors, in whole households by the largest
    remainder (of equals the smaller unit id first).

    Parameters
    ----------
    config
        The job.
    units
        ``unit_id``, ``households``, ``households_method``, ``households_source``, ``floors`` and
        shapes, sorted by id.
    home
        Community code of every unit, None outside.
    communities
        ``community_code`` and ``households_given`` (Int64).
    notes
        The tally and findings are added.

    Returns
    -------
    geopandas.GeoDataFrame
        The units with households filled.
    """
    where = describe("communities", config.inputs.communities)
    column = str(config.inputs.communities.households)
    counted = units.groupby(home.to_numpy())["households"].sum()
    households = units["households"].to_numpy(dtype=np.int64).copy()
    method = units["households_method"].to_numpy(dtype=object).copy()
    source = units["households_source"].to_numpy(dtype=object).copy()
    weight = shapely.area(units.geometry.to_numpy()) * units["floors"].to_numpy(dtype=float)
    members = units.groupby(home.to_numpy()).indices
    unlocated = duplicated = 0
    given = communities[communities["households_given"].notna()]
    for code, total in zip(given["community_code"], given["households_given"], strict=True):
        if counted.get(code, 0) > 0:
            duplicated += int(total)
            _list_differing(str(code), int(total), int(counted[code]), where, column, notes)
            continue
        own = members.get(code, np.empty(0, dtype=np.int64))
        if total and not weight[own].sum() > 0:
            unlocated += int(total)
            _list_homeless(str(code), int(total), len(own), where, column, notes)
            continue
        if len(own):
            households[own] = largest_remainder(weight[own], int(total))
            method[own], source[own] = Method.ESTIMATED.value, "communities"
            _list_spread(str(code), int(total), len(own), where, column, notes)
    notes.tallies.append(
        Tally("communities", where, int(given["households_given"].sum()), unlocated, duplicated)
    )
    return units.assign(households=households, households_method=method, households_source=source)


def largest_remainder(weight: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Divide a whole number in proportion to weights; what is left goes to the largest fractions.

    Parameters
    ----------
    weight
        At least 0 each, above 0 in sum unless the total is 0.
    total
        At least 0.
    """
    if not total:
        return np.zeros(len(weight), dtype=np.int64)
    quota = weight / weight.sum() * total
    # Rounded, so that equal weights have equal fractions whatever the last digit says.
    whole: NDArray[np.int64] = np.floor(quota.round(9)).astype(np.int64)
    left = total - int(whole.sum())
    order = np.lexsort((np.arange(len(weight)), -(quota - whole).round(9)))
    whole[order[:left]] += 1
    return whole


def _list_spread(code: str, total: int, units: int, where: str, column: str, notes: Notes) -> None:
    _note(
        "households-estimated",
        Severity.WARNING,
        f'{where}: community {code}: {total} households (column "{column}") are spread over '
        f"{units} units by floor area, as nothing finer is known; an estimate: replace it by a "
        "register when there is one",
        code,
        total,
        notes,
    )


def _list_differing(
    code: str, total: int, counted: int, where: str, column: str, notes: Notes
) -> None:
    if total != counted:
        _note(
            "total-differs",
            Severity.WARNING,
            f'{where}: community {code}: column "{column}" says {total} households, its units '
            f"hold {counted}; the units' own are used; see which of the two is out of date",
            code,
            total,
            notes,
            limit=float(counted),
        )


def _list_homeless(
    code: str, total: int, units: int, where: str, column: str, notes: Notes
) -> None:
    cause = "it has no unit" if not units else "none of its units has a footprint with floors"
    _note(
        "total-unplaced",
        Severity.WARNING,
        f'{where}: community {code}: {total} households (column "{column}") have no place, as '
        f"{cause}; draw its buildings; they are not in the plan",
        code,
        total,
        notes,
    )


def _note(
    kind: str,
    severity: Severity,
    message: str,
    code: str,
    value: float,
    notes: Notes,
    limit: float | None = None,
) -> None:
    notes.findings.append(
        Finding(
            kind,
            severity,
            message,
            layer="communities",
            place=code,
            community_code=code,
            value=float(value),
            limit=limit,
        )
    )
