"""Tables beside the map layers: links, locks, staff."""

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan.layers.columns import as_text, find_columns, some, text_or
from gridplan.layers.notes import Notes
from gridplan.layers.source import describe, read_table
from gridplan.layers.towers import Division
from gridplan.text import unguard

if TYPE_CHECKING:
    from gridplan.config import Config

LOCK_KINDS = ("together", "apart", "in", "frozen")
"""What a lock may ask for (design section 12)."""


def read_sheet(config: "Config", name: str, notes: Notes) -> pd.DataFrame | None:
    """Read a table as it stands; None where it is not given, or a problem was noted."""
    section = getattr(config.inputs, name)
    return None if section is None else read_table(name, section, notes)


def read_links(
    config: "Config", units: gpd.GeoDataFrame | None, division: Division | None, notes: Notes
) -> pd.DataFrame | None:
    """Read the declared links.

    Parameters
    ----------
    config
        The job.
    units
        As read, to know their ids; None where they could not be.
    division
        Divided buildings; a link of one leads to its stairwell nearest to the other end.
    notes
        Problems are added: ends that no unit has, too.

    Returns
    -------
    pandas.DataFrame or None
        ``a``, ``b`` (unit ids), ``note``, sorted.
    """
    section = config.inputs.links
    if section is None:
        return None
    table = read_table("links", section, notes)
    where = describe("links", section)
    wanted = {"a": section.a, "b": section.b, "note": section.note}
    if table is None or not find_columns(table, "links", where, wanted, notes):
        return None
    note = section.note or ("note" if "note" in table.columns else None)
    links = pd.DataFrame(
        {
            "a": as_text(table[section.a]),
            "b": as_text(table[section.b]),
            "note": text_or("", table, note),
        }
    )
    blank = links[["a", "b"]].isna().any(axis=1)
    if blank.any():
        rows = [f"row {i + 1}" for i in links.index[blank]]
        notes.problems.append(f"{where}: a link needs two units, but one is missing: {some(rows)}")
    if units is not None:
        if division is not None:
            links = _to_stairwells(links, units, division)
        named = set(links[["a", "b"]].to_numpy().ravel()) - {None}
        unknown = sorted(named - set(units["unit_id"]))
        if unknown:
            notes.problems.append(
                f"{where}: links name units that do not exist: {some(unknown)}; mend or delete them"
            )
    return links.sort_values(["a", "b", "note"], kind="stable", ignore_index=True)


def _to_stairwells(
    links: pd.DataFrame, units: gpd.GeoDataFrame, division: Division
) -> pd.DataFrame:
    """Let links of a divided building end at one of its stairwells."""
    own = division.stairwells.groupby("building_id")["unit_id"].apply(list).to_dict()
    shape = dict(zip(units["unit_id"], units.geometry, strict=True))
    ends = []
    for a, b in links[["a", "b"]].itertuples(index=False):
        here, there = own.get(a, [a]), own.get(b, [b])
        pairs = [(i, j) for i in here for j in there]
        if len(pairs) > 1 and all(unit in shape for pair in pairs for unit in pair):
            metres = [round(float(shapely.distance(shape[i], shape[j])), 3) for i, j in pairs]
            pairs = [pairs[int(np.argmin(metres))]]
        ends.append(pairs[0])
    return links.assign(a=[a for a, _ in ends], b=[b for _, b in ends])


def read_locks(config: "Config", division: Division | None, notes: Notes) -> pd.DataFrame | None:
    """Read what planners have settled.

    Parameters
    ----------
    config
        The job.
    division
        Divided buildings; a lock of one holds for each of its stairwells.
    notes
        Problems are added.

    Returns
    -------
    pandas.DataFrame or None
        ``kind``, ``a``, ``b`` as text, sorted.
    """
    table = read_sheet(config, "locks", notes)
    section = config.inputs.locks
    if table is None or section is None:
        return None
    where = describe("locks", section)
    if not find_columns(table, "locks", where, {c: c for c in ("kind", "a", "b")}, notes):
        return None
    locks = pd.DataFrame({c: as_text(table[c]) for c in ("kind", "a", "b")})
    locks = locks.map(unguard, na_action="ignore")
    kinds = locks["kind"].fillna("(empty)")
    unknown = sorted(set(kinds) - set(LOCK_KINDS))
    if unknown:
        notes.problems.append(
            f"{where}: unknown kinds of lock: {some(unknown)}; choose from {', '.join(LOCK_KINDS)}"
        )
    if division is not None:
        own = division.stairwells.groupby("building_id")["unit_id"].apply(list).to_dict()
        for end in ("a", "b"):
            locks[end] = [own.get(unit, unit) for unit in locks[end]]
            locks = locks.explode(end, ignore_index=True)
    return locks.sort_values(["kind", "a", "b"], kind="stable", ignore_index=True)
