"""Stairwells of buildings above the maximum: what the inputs say about them."""

import re
from typing import TYPE_CHECKING

import pandas as pd

from gridplan.layers.addresses import in_number_order
from gridplan.layers.columns import as_text, find_columns, household_counts, some
from gridplan.layers.notes import Notes
from gridplan.layers.source import describe, read_table

if TYPE_CHECKING:
    from gridplan.config import Config

COLUMNS = ["building_id", "stairwell", "households"]

_PAIRS = re.compile(r"[;；,，、|\n]")
_PAIR = re.compile(r"^\s*(.+?)\s*[:：=]\s*(\S+)\s*$")


def read_stairwells(
    config: "Config", ids: "pd.Series[str]", written: pd.Series | None, notes: Notes
) -> pd.DataFrame | None:
    """Read the stairwells of all buildings, in their order.

    Parameters
    ----------
    config
        The job.
    ids
        Unit ids.
    written
        What ``[inputs.units] stairwells`` holds for each, such as ``1:120;2:118``; None where it
        is not configured.
    notes
        Problems are added, and a finding where a row names no unit.

    Returns
    -------
    pandas.DataFrame or None
        ``building_id``, ``stairwell`` (text), ``households`` (int64), one row per stairwell, sorted
        by building and then as they stand; None where nothing is given, or a problem was noted.
    """
    if config.inputs.stairwells is not None:
        return _from_table(config, set(ids), notes)
    if written is not None:
        return _from_column(config, ids, written, notes)
    return None


def _from_table(config: "Config", known: set[str], notes: Notes) -> pd.DataFrame | None:
    section = config.inputs.stairwells
    if section is None:
        return None
    table = read_table("stairwells", section, notes)
    where = describe("stairwells", section)
    counted = section.households if isinstance(section.households, str) else None
    wanted = {
        "unit": section.unit,
        "stairwell": section.stairwell,
        "households": counted,
        "order": section.order,
    }
    if table is None or not find_columns(table, "stairwells", where, wanted, notes):
        return None
    building, name = as_text(table[section.unit]), as_text(table[section.stairwell])
    number = pd.Series([f"row {i + 1}" for i in range(len(table))], index=table.index)
    label = building.fillna("?") + " " + name.fillna("?")
    label = label.where(building.notna() & name.notna(), number)
    before = len(notes.problems)
    _refuse_blank(building, section.unit, number, where, notes)
    _refuse_blank(name, section.stairwell, number, where, notes)
    households: pd.Series | None = pd.Series(1, index=table.index, dtype="int64")
    if counted is not None:
        households = household_counts(table[counted], label, where, counted, notes.problems)
    rank = _ranks(table, section.order, label, where, notes)
    if households is None or len(notes.problems) > before:
        return None
    rows = pd.DataFrame(
        {"building_id": building, "stairwell": name, "households": households, "rank": rank}
    )
    unknown = sorted(set(building) - known)
    if unknown:
        notes.warn(
            "stairwell-unknown",
            f'{where}: column "{section.unit}" names {len(unknown)} buildings that are no units '
            f"({some(unknown)}); mend the ids; their stairwells divide nothing",
            "stairwells",
            place=unknown[0],
            value=float(len(unknown)),
        )
    return _ordered(rows[rows["building_id"].isin(known)])


def _refuse_blank(
    values: pd.Series, column: str, number: pd.Series, where: str, notes: Notes
) -> None:
    blank = number[values.isna()]
    if len(blank):
        notes.problems.append(
            f'{where}: column "{column}" is empty in {len(blank)} rows ({some(blank)}); '
            "every stairwell needs its building and a name"
        )


def _ranks(
    table: pd.DataFrame, order: str | None, label: pd.Series, where: str, notes: Notes
) -> pd.Series:
    if order is None:
        return pd.Series(0.0, index=table.index)
    rank = pd.to_numeric(table[order], errors="coerce")
    wrong = label[rank.isna()]
    if len(wrong):
        cases = [
            f"{name} = {v}" for name, v in zip(wrong, table.loc[wrong.index, order], strict=True)
        ]
        notes.problems.append(
            f'{where}: column "{order}" is no number in {len(wrong)} rows ({some(sorted(cases))}); '
            "number the stairwells of each building along its length"
        )
    return rank


def _ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """Add up the rows of each stairwell, and sort the stairwells of each building."""
    groups = rows.groupby(["building_id", "stairwell"], sort=True)
    table = groups.agg(households=("households", "sum"), rank=("rank", "min")).reset_index()
    if len(table):
        table["natural"] = table["stairwell"].map(in_number_order)
    else:
        table["natural"] = table["stairwell"]
    table = table.sort_values(["building_id", "rank", "natural", "stairwell"], kind="stable")
    return table[COLUMNS].astype({"households": "int64"}).reset_index(drop=True)


def _from_column(
    config: "Config", ids: "pd.Series[str]", written: pd.Series, notes: Notes
) -> pd.DataFrame | None:
    """Read cells such as ``1:120;2:118``; the stairwells stand in the order of the cell."""
    where, column = describe("units", config.inputs.units), config.inputs.units.stairwells
    rows: list[tuple[str, str, int]] = []
    wrong: list[str] = []
    for unit, cell in zip(ids, as_text(written), strict=True):
        if cell is None or cell.isdigit():
            continue  # a bare number says how many there are, not who lives there
        pairs = [_PAIR.match(part) for part in _PAIRS.split(cell) if part.strip()]
        counts = [(p.group(1), p.group(2)) if p else ("", "") for p in pairs]
        names = [name for name, _ in counts]
        if not all(c.isascii() and c.isdigit() for _, c in counts) or len(set(names)) < len(names):
            wrong.append(f"{unit} = {cell}")
            continue
        rows += [(str(unit), name, int(count)) for name, count in counts]
    if wrong:
        notes.problems.append(
            f'{where}: column "{column}" cannot be read in {len(wrong)} features '
            f"({some(sorted(wrong))}); write each stairwell once, with its households, as in "
            '"1:120;2:118"'
        )
        return None
    return pd.DataFrame(rows, columns=COLUMNS).astype({"households": "int64"})
