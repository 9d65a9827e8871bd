"""Registered grids in the unit ids of today, where buildings were renumbered, split or merged."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd

from gridplan.codes.continuity import CodedGrid

Parts = Mapping[str, tuple[tuple[str, int], ...]]
"""Per id of before: the ids of today, with the households that each had of it then."""

NOBODY = "\n"
"""Begins what stands for households whose unit of today counts for another grid, or for none."""


def parts_of_units(crosswalk: pd.DataFrame) -> dict[str, tuple[tuple[str, int], ...]]:
    """Find what became of the units whose ids are not what they were.

    A unit of today counts for the grid of before that most of its households come from; what it has
    of others counts for these as if it were gone.

    Parameters
    ----------
    crosswalk
        ``unit_before``, ``unit_id`` ("" for none), ``old_grid_code``, ``households_before``,
        ``households_after``; a row for each part of a unit, in any order.
    """
    keys = ["unit_id", "unit_before", "old_grid_code"]
    rows = crosswalk[crosswalk["unit_before"] != ""].sort_values(keys, kind="stable")
    before, now, grid = (rows[name].astype(str) for name in ("unit_before", "unit_id", keys[2]))
    after = rows["households_after"].astype("int64").groupby([now, grid]).transform("sum")
    order = pd.DataFrame({"now": now, "after": -after, "grid": grid})
    order = order.sort_values(["now", "after", "grid"])
    main = order.drop_duplicates("now").set_index("now")["grid"]
    held = (now != "") & (now.map(main) == grid)
    label = now.where(held, NOBODY + before + "\n" + now)
    today = set(crosswalk["unit_id"]) - {""}
    label = label.where((now != "") | before.isin(today), before)  # gone, and known to be
    households = rows["households_before"].astype("int64").tolist()
    found: dict[str, list[tuple[str, int]]] = {}
    for unit, part, count in zip(before, label, households, strict=True):
        found.setdefault(unit, []).append((part, count))
    return {
        unit: tuple(parts) for unit, parts in found.items() if [part for part, _ in parts] != [unit]
    }


def under_new_ids(grids: Iterable[CodedGrid], parts: Parts) -> tuple[CodedGrid, ...]:
    """Write grids in the unit ids of today; their households stay what they were.

    Parameters
    ----------
    grids
        In the ids of before.
    parts
        As ``parts_of_units`` finds them.
    """
    return tuple(
        replace(grid, units=_renamed(grid.units, parts)) if parts.keys() & grid.units else grid
        for grid in grids
    )


def _renamed(units: Mapping[str, int], parts: Parts) -> dict[str, int]:
    found: dict[str, int] = {}
    for unit, households in units.items():
        for label, part in _told_apart(parts.get(unit, ((unit, households),)), households):
            found[label] = found.get(label, 0) + part
    return found


def _told_apart(parts: tuple[tuple[str, int], ...], households: int) -> Iterable[tuple[str, int]]:
    """Parts of a unit of some households, to the last one, in the proportions that are known."""
    total = sum(count for _, count in parts)
    done = 0
    for number, (label, count) in enumerate(parts):
        last = number == len(parts) - 1
        part = households - done if last else households * count // total if total else 0
        done += part
        yield label, part
