"""What a re-division changed, read back from its output folder."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd

from gridplan.domain import Plan
from gridplan.errors import LayerError
from gridplan.layers import read_table
from gridplan.redivide.before import digest_of, read_before
from gridplan.redivide.outcome import Outcome

COUNTED = ("households_", "units_", "area_")
"""Beginnings of the columns that hold numbers."""


def outcome_of_folder(
    out: Path, run: Mapping[str, Any], plan: Plan, places: Iterable[Path | str]
) -> Outcome | None:
    """Read what a finished re-division changed.

    Parameters
    ----------
    out
        Its output folder.
    run
        Its ``run.json``.
    plan
        Its plan.
    places
        Where the previous plan may be; the first that has the recorded SHA-256 is taken.

    Returns
    -------
    Outcome or None
        None where the previous plan is in none of the places.

    Raises
    ------
    LayerError
        Where a table is damaged.
    """
    wanted = run["redivision"].get("sha256")
    given = next((str(place) for place in places if _digest(str(place)) == wanted), None)
    if given is None:
        return None
    names = ("unit_crosswalk", "crosswalk", "before_after", "lineage")
    units, crosswalk, table, lineage = (read_table(out, name) for name in names)
    if units.empty or table.empty:
        raise LayerError(f"{out / 'tables'}: before_after.csv or unit_crosswalk.csv is missing")
    for column in [name for name in table if str(name).startswith(COUNTED)]:
        table[column] = table[column].astype(float)
    now = table[table["state"] == "now"]
    heir = {
        old: new
        for old, new in zip(now["previous_grid_code"], now["grid_code"], strict=True)
        if old
    }
    old = units["old_grid_code"]
    away = (old != "") & (units["unit_id"] != "") & (old.map(heir) != units["new_grid_code"])
    before = read_before(given, plan.units).grids
    shapes = _ground(plan, dict(zip(units["unit_id"], old, strict=True)))
    return Outcome(
        units,
        crosswalk,
        table,
        lineage,
        {},
        frozenset(units.loc[away, "unit_id"]),
        shapes if before is None else before[before["grid"].isin(set(old))],
    )


def _digest(given: str) -> str:
    try:
        return digest_of(given)
    except LayerError:
        return ""


def _ground(plan: Plan, home: Mapping[str, str]) -> gpd.GeoDataFrame:
    """Ground of the old grids, from that of their units today."""
    units = plan.units[["unit_id", "geometry"]].assign(grid=plan.units["unit_id"].map(home))
    units = units[units["grid"].fillna("") != ""]
    return units.dissolve("grid", method="coverage")[["geometry"]].reset_index()
