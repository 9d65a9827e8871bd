"""Units of today and of the previous plan: by id, and by ground where the ids changed."""

from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.domain import Finding, Severity
from gridplan.redivide.before import Before

HALF = 0.5
"""Share of its ground that a unit of another id must have in common to be the same or a part."""

COLUMNS = (
    "unit_before",
    "unit_id",
    "grid_before",
    "households_before",
    "households_after",
    "how",
)


@dataclass(frozen=True)
class Matched:
    """What became of every unit.

    Parameters
    ----------
    rows
        ``unit_before`` ("" of a unit that appeared), ``unit_id`` ("" of one that vanished),
        ``grid_before`` (""), ``households_before``, ``households_after``, and ``how`` they
        belong together: ``id``, ``shape``, ``parts`` (a building split or merged), ``appeared``
        or ``vanished``. The households of both sides are told apart without rest: they add up to
        those of the previous plan and of today.
    findings
        What an office must know of it.
    """

    rows: pd.DataFrame
    findings: tuple[Finding, ...] = ()

    @property
    def main(self) -> pd.DataFrame:
        """One row per unit that existed before: that of the old grid with most of its ground."""
        known = self.rows[(self.rows["unit_id"] != "") & (self.rows["unit_before"] != "")]
        return known.drop_duplicates("unit_id")  # rows of a unit stand with the largest part first

    @property
    def unchanged(self) -> pd.DataFrame:
        """Rows of units that existed before with as many households as today."""
        rows = self.main
        one = rows["how"].isin(("id", "shape"))
        return rows[one & (rows["households_before"] == rows["households_after"])]


def match_units(before: Before, cells: gpd.GeoDataFrame) -> Matched:
    """Match the units of the previous plan with those of today.

    Units of one id are the same, unless their ground has nothing in common. Of the others, one that
    shares half of its ground with units that are gone came from them: it is the same under a new
    id, a part of one, or several in one; its old grid is the one that holds most of this ground.

    Parameters
    ----------
    before
        The previous plan.
    cells
        ``unit_id``, ``households`` and the ground of the units of today.
    """
    old, new = before.units, cells
    i, j = _same_ids(before, cells)
    pairs = _pairs(i, j, "id")
    shared = pd.DataFrame()
    if before.shapes is not None:
        gone = np.setdiff1d(np.arange(len(old)), i)
        came = np.setdiff1d(np.arange(len(new)), j)
        shared = _shared_ground(before.shapes, cells, gone, came)
        shared = _by_grid(shared, old)
    pairs = pd.concat([pairs, shared], ignore_index=True) if len(shared) else pairs
    rows = _rows(pairs, old, new)
    return Matched(rows, tuple(_findings(rows, before)))


def _same_ids(
    before: Before, cells: gpd.GeoDataFrame
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of the units that stand in both under one id, at one place."""
    row = pd.Index(before.units["unit_id"]).get_indexer(cells["unit_id"])
    j = np.flatnonzero(row >= 0)
    i = row[j]
    if before.shapes is not None:
        there = before.shapes.geometry.to_numpy()[i]
        near = ~(shapely.distance(there, cells.geometry.to_numpy()[j]) > 0)
        i, j = i[near], j[near]
    return i.astype(np.int64), j.astype(np.int64)


def _pairs(i: NDArray[np.int64], j: NDArray[np.int64], how: str) -> pd.DataFrame:
    return pd.DataFrame({"old": i, "new": j, "m2": 1.0, "how": how})


def _shared_ground(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, gone: NDArray[np.int64], came: NDArray[np.int64]
) -> pd.DataFrame:
    """Pairs of units without a common id that share half of the ground of one of them."""
    there, here = old.geometry.to_numpy()[gone], new.geometry.to_numpy()[came]
    at, tree = shapely.STRtree(there).query(here, predicate="intersects")
    both = shapely.area(shapely.intersection(here[at], there[tree]))
    share = np.maximum(both / _area(here[at]), both / _area(there[tree]))
    points = shapely.get_dimensions(there[tree]) + shapely.get_dimensions(here[at]) < 4
    keep = (share >= HALF) | points
    table = _pairs(gone[tree[keep]], came[at[keep]], "parts")
    table["m2"] = np.where(points, 1.0, both)[keep].round(3)
    alone = ~(table["old"].duplicated(keep=False) | table["new"].duplicated(keep=False))
    table.loc[alone, "how"] = "shape"
    return table


def _area(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    return np.maximum(np.asarray(shapely.area(shapes), dtype=np.float64), 1e-9)


def _by_grid(pairs: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    """Order the pairs of a unit: first those of the grid that holds most of its ground."""
    grid = old["grid"].to_numpy(dtype=object)[pairs["old"]]
    pairs = pairs.assign(grid=grid)
    held = pairs.groupby(["new", "grid"])["m2"].transform("sum")
    order = pairs.assign(held=held).sort_values(
        ["new", "held", "grid", "m2", "old"], ascending=[True, False, True, False, True]
    )
    return order[["old", "new", "m2", "how"]]


def _rows(pairs: pd.DataFrame, old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Write the pairs, and what has none, with the households that each stands for."""
    i, j = pairs["old"].to_numpy(), pairs["new"].to_numpy()
    after = new["households"].to_numpy(dtype=np.int64)
    told = old["households"].to_numpy(dtype="float64", na_value=-1).astype(np.int64)
    now = _shared_out(after, j, pairs["m2"].to_numpy())
    then = _shared_out(np.maximum(told, 0), i, pairs["m2"].to_numpy())
    then = np.where(told[i] < 0, now, then)  # a table without households: as today
    ids, units = old["unit_id"].to_numpy(dtype=object), new["unit_id"].to_numpy(dtype=object)
    grid = old["grid"].to_numpy(dtype=object)
    gone = np.setdiff1d(np.arange(len(old)), i)
    came = np.setdiff1d(np.arange(len(new)), j)
    table = [
        (ids[i], units[j], grid[i], then, now, pairs["how"].to_numpy(dtype=object)),
        (ids[gone], "", grid[gone], np.maximum(told[gone], 0), 0, "vanished"),
        ("", units[came], "", 0, after[came], "appeared"),
    ]
    sizes = (len(pairs), len(gone), len(came))
    frames = [
        pd.DataFrame(dict(zip(COLUMNS, part, strict=True)), index=range(size))
        for part, size in zip(table, sizes, strict=True)
        if size
    ]
    rows = pd.concat(frames, ignore_index=True)
    rows["place"] = np.arange(len(rows))  # the first row of a unit is that of its main old grid
    rows = rows.sort_values(["unit_id", "place", "unit_before"], kind="stable", ignore_index=True)
    return rows[list(COLUMNS)].astype({"households_before": "int64", "households_after": "int64"})


def _shared_out(
    households: NDArray[np.int64], owner: NDArray[np.int64], m2: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Tell the households of every owner apart over its rows by ground, in whole ones."""
    total = np.bincount(owner, m2, len(households))[owner]
    ideal = households[owner] * m2 / np.where(total > 0, total, 1.0)
    part = np.floor(ideal + 1e-9).astype(np.int64)
    missing = households - np.bincount(owner, part, len(households)).astype(np.int64)
    order = np.lexsort((np.arange(len(owner)), -(ideal - part).round(9), owner))
    turn = np.arange(len(owner)) - np.searchsorted(owner[order], owner[order])
    part[order[turn < missing[owner[order]]]] += 1
    return part


def _findings(rows: pd.DataFrame, before: Before) -> Iterable[Finding]:
    """Tell in one line each what became of the units."""
    yield from before.findings
    known = rows[(rows["unit_id"] != "") & (rows["unit_before"] != "")]
    if known.empty:
        yield Finding(
            "previous-unknown",
            Severity.WARNING,
            f"previous plan {before.name}: no unit of today is found in it, by id or by ground; "
            "every grid is new. Look whether it is of the same place and has the same unit ids",
            layer="previous plan",
        )
        return
    for how, kind, column, count in (
        ("appeared", "units-appeared", "unit_id", "households_after"),
        ("vanished", "units-vanished", "unit_before", "households_before"),
        ("shape", "units-renamed", "unit_id", "households_after"),
        ("parts", "units-recut", "unit_id", "households_after"),
    ):
        found = rows[rows["how"] == how]
        if len(found):
            yield _count(kind, found[column].nunique(), int(found[count].sum()))
    same = known[known["how"] == "id"]
    more = same["households_after"] - same["households_before"]
    if more.any():
        yield _count("units-changed", int((more != 0).sum()), int(more.sum()))


def _count(kind: str, units: int, households: int) -> Finding:
    """One line on units of a kind."""
    message = f"{units} units, {households} households: {_WORDS[kind]}"
    return Finding(kind, Severity.INFO, message, layer="units", value=float(units))


_WORDS = {
    "units-appeared": "new since the previous plan",
    "units-vanished": "gone since the previous plan",
    "units-renamed": "the same ground under another id",
    "units-recut": "split or merged, matched by their ground",
    "units-changed": "more or fewer than in the previous plan, in all",
}
