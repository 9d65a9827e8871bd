"""What a re-division changed, from its before/after table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

FLAGS = ("S", "M", "X", "N", "V", "U")
"""Split, merged, redrawn, all new, all gone, unchanged: what changed most to read comes first."""

_NUMBERS = (
    "households_before",
    "households_in",
    "households_out",
    "households_change",
    "households_after",
)
_NEEDED = ("grid_code", "state", "flag", "previous_grid_code", "old_grid_codes", *_NUMBERS)


@dataclass(frozen=True)
class GridChange:
    """One grid then and now: ``before + came − left + own = after`` households.

    Parameters
    ----------
    grid_code
        Code of today; of a grid that ended, its old one.
    ended
        Whether no grid of today goes on from it.
    flag
        One of ``FLAGS``.
    previous
        Old grid that goes on as this one; empty where there is none.
    sources
        Old grids that it has units of.
    came, left, own
        Households from other old grids, to other grids, and built less torn down.
    moved_m2
        Ground that changed hands, m2.
    """

    grid_code: str
    ended: bool
    flag: str
    previous: str
    sources: str
    before: int
    came: int
    left: int
    own: int
    after: int
    moved_m2: float


@dataclass(frozen=True)
class Change:
    """A re-division in figures.

    Parameters
    ----------
    rows
        Every grid of today and every one that ended, those that changed first.
    moved, households
        Households whose grid is another one now, of those that had one.
    record
        What ``run.json`` tells of the re-division; empty where it tells nothing.
    """

    rows: tuple[GridChange, ...]
    moved: int
    households: int
    record: Mapping[str, Any]

    @property
    def share(self) -> float:
        """Share (0..1) of the households that moved."""
        return self.moved / self.households if self.households else 0.0

    @property
    def old_codes(self) -> int:
        """Number of grids before."""
        return len({row.previous for row in self.rows} - {""})

    @property
    def kept(self) -> int:
        """Number of codes that go on."""
        return sum(not row.ended and row.previous == row.grid_code for row in self.rows)

    @property
    def new_codes(self) -> int:
        """Number of codes that were not there before."""
        return sum(not row.ended and row.previous != row.grid_code for row in self.rows)

    @property
    def changed(self) -> tuple[GridChange, ...]:
        """The grids that are not as they were."""
        return tuple(row for row in self.rows if row.ended or row.flag != "U")


def change_of(table: pd.DataFrame, run: Mapping[str, Any]) -> Change | None:
    """Read what a re-division changed.

    Parameters
    ----------
    table
        ``tables/before_after``, all text; empty where there was no re-division.
    run
        What ``run.json`` holds: where it counts the households moved, its count is taken.
    """
    if table.empty or not set(_NEEDED) <= set(table.columns):
        return None
    table = table.fillna("")
    for name in _NUMBERS:
        table[name] = pd.to_numeric(table[name], errors="coerce").fillna(0).astype("int64")
    areas = [name for name in ("area_in_m2", "area_out_m2") if name in table]
    metres = table[areas].apply(pd.to_numeric, errors="coerce").fillna(0.0).sum(axis=1)
    rows = [_row(record) for record in table.assign(moved_m2=metres).to_dict("records")]
    rows.sort(key=lambda row: (_rank(row), row.grid_code))
    record = run.get("redivision") or {}
    moved, households = sum(row.left for row in rows), sum(row.before for row in rows)
    return Change(
        tuple(rows),
        int(record.get("moved", moved)),
        int(record.get("households", households)),
        record,
    )


def _row(record: Mapping[Any, Any]) -> GridChange:
    return GridChange(
        grid_code=str(record["grid_code"]),
        ended=record["state"] == "ended",
        flag=str(record["flag"]),
        previous=str(record["previous_grid_code"]),
        sources=str(record["old_grid_codes"]),
        before=int(record["households_before"]),
        came=int(record["households_in"]),
        left=int(record["households_out"]),
        own=int(record["households_change"]),
        after=int(record["households_after"]),
        moved_m2=float(record["moved_m2"]),
    )


def _rank(row: GridChange) -> tuple[int, bool]:
    return FLAGS.index(row.flag) if row.flag in FLAGS else len(FLAGS), row.ended
