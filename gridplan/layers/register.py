"""A household register counted into the units, by unit id, by address or by place."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from gridplan.layers.addresses import match_addresses
from gridplan.layers.columns import as_text, find_columns, household_counts, some
from gridplan.layers.notes import Notes
from gridplan.layers.source import describe, read_features, read_table
from gridplan.layers.tally import Method, Tally

if TYPE_CHECKING:
    from gridplan.config.inputs import Register

LISTED_ADDRESSES = 100
"""Addresses of one kind that are listed one by one; the others together."""


@dataclass(frozen=True)
class Counted:
    """Households of every unit by one source.

    Parameters
    ----------
    households
        int64, by the index of the units.
    method
        How they are known.
    tally
        What was read, and what reached no unit.
    table, owner
        The register as it stands, and the unit of each row, missing where it counts on none.
    """

    households: pd.Series
    method: Method
    tally: Tally
    table: pd.DataFrame | None = None
    owner: pd.Series | None = None


def count_register(
    section: "Register",
    units: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame | None,
    crs: CRS,
    notes: Notes,
) -> Counted | None:
    """Count the rows of a register into the units.

    Parameters
    ----------
    section
        Where the register is, and its columns.
    units
        ``unit_id``, ``address`` (where the register is joined by it) and shapes in ``crs``.
    communities
        To tell a row outside every community; None where they could not be read.
    crs
        The project's CRS.
    notes
        Problems are added, and a finding for every kind of row that is not in the plan.

    Returns
    -------
    Counted or None
        None where a problem was noted.
    """
    by_place = section.unit is None and section.address is None
    table: pd.DataFrame | None
    if by_place:
        table = read_features("households", section, crs, notes)
    else:
        table = read_table("households", section, notes)
    where = describe("households", section)
    wanted = {
        "unit": section.unit,
        "address": section.address,
        "id": section.id,
        "count": section.count if isinstance(section.count, str) else None,
    }
    if table is None or not find_columns(table, "households", where, wanted, notes):
        return None
    number = pd.Series([f"row {i + 1}" for i in range(len(table))], index=table.index, dtype=object)
    key = section.unit or section.address
    said = number if key is None else as_text(table[key])
    counts = _counts(section, table, said.where(said.notna(), number), where, notes)
    if counts is None:
        return None
    rows = pd.DataFrame({"said": said, "number": number, "households": counts})
    _find_owners(rows, table, section, units, communities)
    _list_lost(rows, section, where, notes)
    counted = _counted(rows, units, Method.COUNTED if by_place else Method.REGISTER, where)
    return replace(counted, table=table, owner=rows["owner"].where(rows["fate"] == "", None))


def _find_owners(
    rows: pd.DataFrame,
    table: pd.DataFrame,
    section: "Register",
    units: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame | None,
) -> None:
    """Give every row its unit (``owner``) and what became of it (``fate``, "" where placed)."""
    said = rows["said"]
    if section.unit is None and section.address is None:
        rows["owner"] = _unit_at(table, units)
        rows["fate"] = np.where(rows["owner"].notna(), "", _outside(table, communities))
    elif section.unit is not None:
        rows["owner"] = said.where(said.isin(units["unit_id"]), None)
        rows["fate"] = np.where(rows["owner"].notna(), "", "unlocated")
    else:
        _by_address(rows, units)
    if section.id is not None:
        _mark_repeated(rows, as_text(table[section.id]))


def _counted(rows: pd.DataFrame, units: gpd.GeoDataFrame, method: Method, where: str) -> Counted:
    """Add up what was placed, and what was not."""
    placed = rows[rows["fate"] == ""]
    total = (
        placed.groupby("owner", sort=False)["households"]
        .sum()
        .reindex(units["unit_id"], fill_value=0)
    )
    lost = rows.groupby("fate")["households"].sum()
    tally = Tally(
        "households",
        where,
        int(rows["households"].sum()),
        unlocated=int(lost.get("unlocated", 0) + lost.get("ambiguous", 0)),
        duplicated=int(lost.get("duplicated", 0)),
        outside=int(lost.get("outside", 0)),
    )
    households = pd.Series(total.to_numpy(), index=units.index, dtype="int64")
    return Counted(households, method, tally)


def _counts(
    section: "Register", table: pd.DataFrame, name: pd.Series, where: str, notes: Notes
) -> pd.Series | None:
    if isinstance(section.count, int):
        return pd.Series(section.count, index=table.index, dtype="int64")
    return household_counts(table[section.count], name, where, section.count, notes.problems)


def _unit_at(points: pd.DataFrame, units: gpd.GeoDataFrame) -> pd.Series:
    """Unit that each row lies in, the smallest id where several do; missing where none does."""
    row, unit = units.sindex.query(points["geometry"].to_numpy(), predicate="intersects")
    hits = pd.DataFrame({"row": row, "unit": units["unit_id"].to_numpy()[unit]}).dropna()
    first = hits.sort_values("unit", kind="stable").drop_duplicates("row").set_index("row")["unit"]
    return first.reindex(points.index).astype(object)


def _outside(points: pd.DataFrame, communities: gpd.GeoDataFrame | None) -> NDArray[np.object_]:
    """Tell the rows that lie outside every community from those that are in no unit."""
    shapes = points["geometry"]
    somewhere = shapes.notna().to_numpy() & ~shapes.is_empty.to_numpy()
    if communities is None:
        return np.full(len(points), "unlocated", dtype=object)
    row, _ = communities.sindex.query(shapes.to_numpy(), predicate="intersects")
    inside = np.isin(np.arange(len(points)), row)
    return np.where(inside | ~somewhere, "unlocated", "outside")


def _by_address(rows: pd.DataFrame, units: gpd.GeoDataFrame) -> None:
    """Find the unit of every row by its address; an ambiguous one has several."""
    found = match_addresses(rows["said"].dropna().unique(), units["address"], units["unit_id"])
    held = [found.get(said, ()) if isinstance(said, str) else () for said in rows["said"]]
    rows["owner"] = pd.Series(
        [who[0] if len(who) == 1 else None for who in held], index=rows.index, dtype=object
    )
    rows["fate"] = ["" if len(who) == 1 else "ambiguous" if who else "unlocated" for who in held]
    rows["several"] = [", ".join(who[:5]) if len(who) > 1 else "" for who in held]


def _mark_repeated(rows: pd.DataFrame, names: pd.Series) -> None:
    """Keep one row of each household: one with a unit first; whatever the order of rows."""
    table = rows.assign(name=names, lost=rows["fate"] != "", text=rows["said"].fillna(""))
    table = table[table["name"].notna()]
    order = ["name", "lost", "owner", "text", "households"]
    table = table.sort_values(order, kind="stable")
    repeated = table.index[table["name"].duplicated()]
    rows["name"] = names
    rows.loc[repeated, "fate"] = "duplicated"


def _list_lost(rows: pd.DataFrame, section: "Register", where: str, notes: Notes) -> None:
    """List every row that is not in the plan, by what became of it."""
    by_address = section.address is not None
    fates = {str(fate): part for fate, part in rows.groupby("fate")}
    if by_address:
        _list_addresses(fates, where, section.address or "", notes)
    elif "unlocated" in fates:
        lost = fates["unlocated"]
        what = "lies in no unit" if section.unit is None else "matches no unit"
        notes.warn(
            "household-unplaced",
            f"{where}: {_rows(lost)}: the row {what} ({_named(lost)}); they are not in the plan",
            "households",
            place=_first(lost),
            value=float(lost["households"].sum()),
        )
    if "outside" in fates:
        lost = fates["outside"]
        notes.warn(
            "household-outside",
            f"{where}: {_rows(lost)}: outside every community ({_named(lost)}); correct their "
            "coordinates, or add the community; they are not in the plan",
            "households",
            place=_first(lost),
            value=float(lost["households"].sum()),
        )
    if "duplicated" in fates:
        lost = fates["duplicated"]
        names = sorted(set(lost["name"]))
        notes.warn(
            "household-repeated",
            f'{where}: {_rows(lost)}: a repeated value of column "{section.id}" ({some(names)}); '
            "each household is counted once; delete the rows that are wrong",
            "households",
            place=names[0],
            value=float(lost["households"].sum()),
        )


def _list_addresses(fates: dict[str, pd.DataFrame], where: str, column: str, notes: Notes) -> None:
    for fate in ("ambiguous", "unlocated"):
        lost = fates.get(fate)
        if lost is None:
            continue
        addresses = lost.groupby(lost["said"].fillna("").to_numpy(), sort=True).agg(
            rows=("households", "size"),
            households=("households", "sum"),
            several=("several", "first"),
            number=("number", "first"),
        )
        for address, about in addresses.iloc[:LISTED_ADDRESSES].iterrows():
            _list_address(fate, str(address), about, where, column, notes)
        rest = addresses.iloc[LISTED_ADDRESSES:]
        if len(rest):
            households = int(rest["households"].sum())
            notes.warn(
                "address-ambiguous" if fate == "ambiguous" else "address-unmatched",
                f"{where}: {len(rest)} more addresses with {households} households likewise "
                f"({some(rest.index)})",
                "households",
                place=str(rest.index[0]),
                value=float(households),
            )


def _list_address(
    fate: str, address: str, about: "pd.Series[Any]", where: str, column: str, notes: Notes
) -> None:
    households = int(about["households"])
    rows = "one row" if about["rows"] == 1 else f"{about['rows']} rows"
    shown = f'column "{column}" = "{address}"' if address else f'an empty column "{column}"'
    said = f"{where}: {rows} with {households} households: {shown}"
    if fate == "ambiguous":
        notes.warn(
            "address-ambiguous",
            f"{said} fits several units ({about['several']}); say which building, in the register "
            "or in the units; they are not in the plan",
            "households",
            place=address,
            value=float(households),
        )
    else:
        notes.warn(
            "address-unmatched",
            f"{said} fits no unit; write it as the units do, or add it to the unit's own address; "
            "they are not in the plan",
            "households",
            place=address or str(about["number"]),
            value=float(households),
        )


def _rows(part: pd.DataFrame) -> str:
    rows = "one row" if len(part) == 1 else f"{len(part)} rows"
    return f"{rows} with {int(part['households'].sum())} households"


def _names(part: pd.DataFrame) -> list[str]:
    return sorted(set(part["said"].where(part["said"].notna(), part["number"])))


def _named(part: pd.DataFrame) -> str:
    return some(_names(part))


def _first(part: pd.DataFrame) -> str:
    return _names(part)[0]
