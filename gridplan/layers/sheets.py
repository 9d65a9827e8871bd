"""Tables beside the map layers: links, locks, staff."""

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from gridplan.layers.columns import as_text, find_columns, some, text_or
from gridplan.layers.notes import Notes
from gridplan.layers.source import describe, read_table

if TYPE_CHECKING:
    from gridplan.config import Config

LOCK_KINDS = ("together", "apart", "in", "frozen")
"""What a lock may ask for (design section 12)."""


def read_sheet(config: "Config", name: str, notes: Notes) -> pd.DataFrame | None:
    """Read a table as it stands; None where it is not given, or a problem was noted."""
    section = getattr(config.inputs, name)
    return None if section is None else read_table(name, section, notes)


def read_links(
    config: "Config", units: gpd.GeoDataFrame | None, notes: Notes
) -> pd.DataFrame | None:
    """Read the declared links.

    Parameters
    ----------
    config
        The job.
    units
        As read, to know their ids; None where they could not be.
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
        named = set(links[["a", "b"]].to_numpy().ravel()) - {None}
        unknown = sorted(named - set(units["unit_id"]))
        if unknown:
            notes.problems.append(
                f"{where}: links name units that do not exist: {some(unknown)}; mend or delete them"
            )
    return links.sort_values(["a", "b", "note"], kind="stable", ignore_index=True)


def read_locks(config: "Config", notes: Notes) -> pd.DataFrame | None:
    """Read what planners have settled.

    Parameters
    ----------
    config
        The job.
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
    kinds = locks["kind"].fillna("(empty)")
    unknown = sorted(set(kinds) - set(LOCK_KINDS))
    if unknown:
        notes.problems.append(
            f"{where}: unknown kinds of lock: {some(unknown)}; choose from {', '.join(LOCK_KINDS)}"
        )
    return locks.sort_values(["kind", "a", "b"], kind="stable", ignore_index=True)
