"""Before and after: what passed from grid to grid, and what became of every grid and code."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan.codes import Standing
from gridplan.config import Config
from gridplan.domain import Plan
from gridplan.redivide.job import Redivision
from gridplan.redivide.lineage import find_events, lineage_table

LEAST_M2 = 0.5
"""Ground below this is digitising, not change."""


@dataclass(frozen=True)
class Outcome:
    """What a re-division changed.

    Parameters
    ----------
    units
        ``unit_crosswalk``: every unit then and now with its grids.
    crosswalk
        What every old grid gave to every new one; adds up to both divisions.
    before_after
        One row per grid of today, and per grid that ended.
    lineage
        Events of the codes, in their order.
    spent
        Community of every code that must never be used again.
    moved
        Units of today whose grid is another one than that their old grid goes on as.
    old
        ``grid`` and polygons of the old grids; from the ground of their units where the previous
        plan has no shapes.
    """

    units: pd.DataFrame
    crosswalk: pd.DataFrame
    before_after: pd.DataFrame
    lineage: pd.DataFrame
    spent: dict[str, str]
    moved: frozenset[str]
    old: gpd.GeoDataFrame

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by their names."""
        return {
            "before_after": self.before_after,
            "crosswalk": self.crosswalk,
            "unit_crosswalk": self.units,
            "lineage": self.lineage,
        }


def outcome_of(
    job: Redivision, plan: Plan, standing: Standing, config: Config, date: dt.date, *, whole: bool
) -> Outcome:
    """Compare a finished plan with the previous one.

    Parameters
    ----------
    job
        The re-division.
    plan
        The plan of today.
    standing
        The codes that were in force.
    config
        The job's configuration.
    date
        First day of the plan.
    whole
        Whether every community of the streets is divided.

    Raises
    ------
    CodeError
        Where codes contradict each other.
    """
    units = _units(job, plan)
    crosswalk = _crosswalk(units)
    pairs = crosswalk[(crosswalk["old_grid_code"] != "") & (crosswalk["new_grid_code"] != "")]
    heir = _heirs(crosswalk, job, plan)
    changes = find_events(job, plan, standing, config, date, whole=whole)
    table = _before_after(job, plan, crosswalk, pairs, heir)
    now = set(plan.grids["grid_code"])
    rows = job.before.units  # codes of communities that are left out too: they stay theirs
    ours = dict(zip(rows["grid"], rows["community_code"], strict=True))
    spent = {**standing.used, **ours, **job.before.spent}
    return Outcome(
        units,
        crosswalk,
        table,
        lineage_table(changes, date),
        {code: spent[code] for code in sorted(set(spent) - now)},
        _moved(job, units, heir),
        _old_grids(job, plan, units),
    )


def _moved(job: Redivision, units: pd.DataFrame, heir: dict[str, str]) -> frozenset[str]:
    home = units["unit_id"].map(job.home)
    now = units["new_grid_code"]
    away = home.notna() & (home.map(heir) != now) & (units["unit_id"] != "")
    return frozenset(units.loc[away, "unit_id"])


def _old_grids(job: Redivision, plan: Plan, units: pd.DataFrame) -> gpd.GeoDataFrame:
    """Polygons of the old grids that a plan has to do with."""
    known = sorted(set(units["old_grid_code"]) - {""})
    if job.before.grids is not None:
        return job.before.grids[job.before.grids["grid"].isin(known)]
    cells = plan.units.assign(grid=plan.units["unit_id"].map(job.home))
    cells = cells[cells["grid"].notna()]
    rows = cells.groupby("grid", sort=True).indices
    shapes = cells.geometry.to_numpy()
    return gpd.GeoDataFrame(
        {"grid": list(rows)},
        geometry=[shapely.coverage_union_all(shapes[at]) for at in rows.values()],
        crs=plan.units.crs,
    )


def _units(job: Redivision, plan: Plan) -> pd.DataFrame:
    """Every unit then and now, as far as this plan has to do with it."""
    rows = job.matched.rows
    grid = plan.units.set_index("unit_id")["grid_code"]
    touched = job.touched(pd.DataFrame(plan.units[["unit_id", "community_code"]]))
    mine = rows["unit_id"].isin(grid.index) | rows["grid_before"].isin(touched)
    rows = rows[mine].reset_index(drop=True)
    after = rows["unit_id"].map(grid)
    return pd.DataFrame(
        {
            "unit_id": rows["unit_id"],
            "unit_before": rows["unit_before"],
            "old_grid_code": rows["grid_before"],
            "new_grid_code": after.astype(object).where(after.notna(), ""),
            "households_before": rows["households_before"],
            "households_after": rows["households_after"],
            "matched": rows["how"],
        }
    )


def _crosswalk(units: pd.DataFrame) -> pd.DataFrame:
    """Units and households by old and new grid; "" stands for units that appeared or vanished."""
    keys = ["old_grid_code", "new_grid_code"]
    table = units.groupby(keys, sort=True).agg(
        units=("matched", "size"),
        households_before=("households_before", "sum"),
        households_after=("households_after", "sum"),
    )
    table = table.reset_index()
    for side, column, key in (
        ("before", "share_of_old", "old_grid_code"),
        ("after", "share_of_new", "new_grid_code"),
    ):
        total = table.groupby(key)[f"households_{side}"].transform("sum")
        share = table[f"households_{side}"] / total.where(total > 0)
        table[column] = share.fillna(0.0).where(table[key] != "", 0.0)
    return table


def _heirs(crosswalk: pd.DataFrame, job: Redivision, plan: Plan) -> dict[str, str]:
    """New grid that every old one goes on as, whatever the codes: more than half of both."""
    kind_now = plan.grids.set_index("grid_code")["grid_kind"]
    kind_then = job.before.units.groupby("grid")["kind"].first()
    old = crosswalk[crosswalk["old_grid_code"] != ""].groupby("old_grid_code")
    new = crosswalk[crosswalk["new_grid_code"] != ""].groupby("new_grid_code")
    old_h, old_u = old["households_before"].sum(), old["units"].sum()
    new_h, new_u = new["households_after"].sum(), new["units"].sum()
    found = {}
    for a, b, units, before, after in _lines(crosswalk):
        if not a or not b or kind_then[a] != kind_now[b]:
            continue
        if old_h[a] and new_h[b]:
            main = 2 * before > old_h[a] and 2 * after > new_h[b]
        else:
            main = 2 * units > old_u[a] and 2 * units > new_u[b]
        if main:
            found[a] = b
    return found


def _lines(crosswalk: pd.DataFrame) -> Iterator[tuple[str, str, int, int, int]]:
    """Old grid, new grid, units, households before and after of every line."""
    names = ["units", "households_before", "households_after"]
    codes = (crosswalk["old_grid_code"], crosswalk["new_grid_code"])
    yield from zip(*codes, *(crosswalk[name].tolist() for name in names), strict=True)


def _before_after(
    job: Redivision,
    plan: Plan,
    crosswalk: pd.DataFrame,
    pairs: pd.DataFrame,
    heir: dict[str, str],
) -> pd.DataFrame:
    """One row per grid of today and per grid that ended, with what it gained and lost."""
    predecessor = {new: old for old, new in heir.items()}
    flags = _flags(pairs, crosswalk)
    touched = set(crosswalk["old_grid_code"]) - {""}
    m2 = _ground(job, plan, touched, heir)
    place = dict(zip(plan.grids["grid_code"], plan.grids["community_code"], strict=True))
    then = dict(zip(job.before.units["grid"], job.before.units["community_code"], strict=True))
    sums = _Sums(crosswalk, heir)
    rows = [
        {
            "grid_code": code,
            "state": "now",
            "community_code": place[code],
            "flag": flags.get(("now", code), "N"),
            **sums.row(predecessor.get(code, ""), code),
        }
        for code in sorted(place)
    ]
    rows += [
        {
            "grid_code": code,
            "state": "ended",
            "community_code": then[code],
            "flag": flags["ended", code],
            **sums.row(code, ""),
        }
        for code in sorted(touched - set(heir))
    ]
    for row in rows:
        ground = m2.get((str(row["state"]), str(row["grid_code"])), (0.0, 0.0))
        row["area_in_m2"], row["area_out_m2"] = ground
    return pd.DataFrame(rows)


class _Sums:
    """What every grid had, gained, lost and has."""

    def __init__(self, crosswalk: pd.DataFrame, heir: dict[str, str]) -> None:
        self.before: Counter[str] = Counter()
        self.after: Counter[str] = Counter()
        self.gained: dict[str, list[int]] = {}
        self.lost: dict[str, list[int]] = {}
        self.origin: dict[str, list[str]] = {}
        for old, new, units, before, after in _lines(crosswalk):
            self.before[old] += before
            self.after[new] += after
            if not old or not new:
                continue
            self.origin.setdefault(new, []).append(old)
            if heir.get(old) != new:
                _add(self.gained, new, after, units)
                _add(self.lost, old, before, units)

    def row(self, old: str, new: str) -> dict[str, object]:
        """One grid: the old one that it goes on from, and the new one; "" where there is none.

        Households before, in, out and ``change`` (of units that stay, appear or vanish) add up to
        those after.
        """
        before = self.before[old] if old else 0
        after = self.after[new] if new else 0
        came, left = self.gained.get(new, [0, 0]), self.lost.get(old, [0, 0])
        return {
            "previous_grid_code": old,
            "old_grid_codes": ";".join(self.origin.get(new, [] if new else [old])),
            "households_before": before,
            "households_in": came[0],
            "households_out": left[0],
            "households_change": after - before - came[0] + left[0],
            "households_after": after,
            "units_in": came[1],
            "units_out": left[1],
        }


def _add(table: dict[str, list[int]], key: str, households: int, units: int) -> None:
    sums = table.setdefault(key, [0, 0])
    sums[0] += households
    sums[1] += units


def _flags(pairs: pd.DataFrame, crosswalk: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Flag every grid by the grids that hang together over units that both divisions have.

    One old and one new: unchanged; one old and several new: split; several old and one new:
    merged; else redrawn. ``V``: every unit of an old grid is gone.
    """
    tree: dict[tuple[str, str], tuple[str, str]] = {}

    def root(key: tuple[str, str]) -> tuple[str, str]:
        while tree.setdefault(key, key) != key:
            tree[key] = tree[tree[key]]
            key = tree[key]
        return key

    for old, new in zip(pairs["old_grid_code"], pairs["new_grid_code"], strict=True):
        a, b = sorted((root(("old", old)), root(("new", new))))
        tree[b] = a
    members: dict[tuple[str, str], list[int]] = {}
    for key in sorted(tree):
        count = members.setdefault(root(key), [0, 0])
        count[key[0] == "new"] += 1
    found = {}
    for key in sorted(tree):
        old_count, new_count = members[root(key)]
        flag = {(True, True): "U", (True, False): "S", (False, True): "M"}.get(
            (old_count == 1, new_count == 1), "X"
        )
        found["now" if key[0] == "new" else "ended", key[1]] = flag
    gone = set(crosswalk["old_grid_code"]) - {""} - set(pairs["old_grid_code"])
    return found | {("ended", code): "V" for code in gone}


def _ground(
    job: Redivision, plan: Plan, touched: set[str], heir: dict[str, str]
) -> dict[tuple[str, str], tuple[float, float]]:
    """Square metres that every grid got from, and gave to, others than the one it goes on as."""
    if job.before.grids is None:
        return {}
    old = job.before.grids[job.before.grids["grid"].isin(touched)]
    there, here = old.geometry.to_numpy(), plan.grids.geometry.to_numpy()
    new_at, old_at = shapely.STRtree(there).query(here, predicate="intersects")
    m2 = shapely.area(shapely.intersection(here[new_at], there[old_at]))
    table = pd.DataFrame(
        {
            "old": old["grid"].to_numpy()[old_at],
            "new": plan.grids["grid_code"].to_numpy()[new_at],
            "m2": np.round(m2, 2),
        }
    )
    moved = table[(table["old"].map(heir) != table["new"]) & (table["m2"] >= LEAST_M2)]
    gained, lost = moved.groupby("new")["m2"].sum(), moved.groupby("old")["m2"].sum()
    found = {
        ("now", str(code)): (float(gained.get(code, 0.0)), 0.0) for code in plan.grids["grid_code"]
    }
    for code, given in lost.items():
        key = ("now", heir[str(code)]) if code in heir else ("ended", str(code))
        found[key] = (found.get(key, (0.0, 0.0))[0], float(given))
    return found
