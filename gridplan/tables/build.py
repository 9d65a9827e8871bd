"""The tables of a plan, made from its layers."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType

import pandas as pd

from gridplan.domain import Finding, Plan
from gridplan.tables.dictionary import (
    FIELDS,
    TABLES,
    dictionary_rows,
    find_field,
    layer_columns,
)
from gridplan.tables.fields import HOUSEHOLD_BASES
from gridplan.tables.values import in_order

_CODE_TABLES = (
    ("facility_codes", "facilities"),
    ("institution_codes", "institutions"),
    ("public_space_codes", "public_spaces"),
    ("road_codes", "roads"),
)
_IDS = {
    "buildings": "building_id",
    "facilities": "facility_id",
    "institutions": "institution_id",
    "public_spaces": "public_space_id",
    "roads": "road_id",
}


def build_tables(
    plan: Plan,
    findings: Sequence[Finding],
    reconciliation: pd.DataFrame,
    solved: Mapping[str, pd.DataFrame] = MappingProxyType({}),
    *,
    date: dt.date,
    household_basis: str = "",
    ledger: pd.DataFrame | None = None,
    decisions: pd.DataFrame | None = None,
    since: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Make every table of a finished plan, one after another.

    Parameters
    ----------
    plan
        The finished plan.
    findings
        What to list in ``exceptions``; exact repetitions are listed once.
    reconciliation
        From ``reconcile``.
    solved
        What the optimiser says beside the plan: ``alignment`` and, where asked for,
        ``alternatives`` and ``alternative_units``.
    date
        First day of validity of provisional codes.
    household_basis
        ``registered``, ``resident`` or ``dwelling``: goes into the data dictionary.
    ledger
        From ``household_ledger``; no such table where left out.
    decisions
        ``institution_decisions``; no such table where left out.
    since
        First day (YYYY-MM-DD) of every code that the register holds as active.

    Yields
    ------
    tuple
        Tables with their names, in the order of the workbook's sheets, each sorted by its first
        column and then the others, made when it is asked for: those of a city are large.
        ``facility_codes``, ``institution_codes`` and ``road_codes`` only where the plan has such a
        layer, ``stairwells`` only where a building was divided.
    """
    makers: dict[str, Callable[[], pd.DataFrame]] = {
        "grid_register": lambda: _grid_register(plan, date, since),
        "building_codes": lambda: _building_codes(plan),
    }
    if "stairwell" in plan.units:
        makers["stairwells"] = lambda: _stairwells(plan)
    for name, layer in _CODE_TABLES:
        if layer in plan.extra:
            makers[name] = partial(_codes, plan, name, layer)
    if decisions is not None:
        makers["institution_decisions"] = lambda: _decisions(decisions)
    makers["zone_crosswalk"] = lambda: _zone_crosswalk(plan)
    for name, table in solved.items():
        makers[name] = partial(_columns, name, table, plan.zone_layers)
    makers["exceptions"] = lambda: exceptions_table(plan, findings)
    makers["reconciliation"] = lambda: reconciliation
    if ledger is not None:
        makers["household_ledger"] = lambda: ledger
    columns: dict[str, list[str]] = {}
    for name, make in makers.items():
        table = in_order(make())
        columns[name] = [str(column) for column in table]
        yield name, table
    yield "data_dictionary", in_order(_data_dictionary(plan, columns, household_basis))


def _texts(column: pd.Series) -> pd.Series:
    """Make a text column whose missing values are empty, so that sorting never meets two kinds."""
    return column.astype(object).where(column.notna(), "").astype(str)


def _columns(name: str, table: pd.DataFrame, zone_layers: Sequence[str]) -> pd.DataFrame:
    """Put the columns in order; a table without rows has all of them too."""
    ordered = table.reindex(columns=layer_columns(name, zone_layers))
    kinds = {}
    for column in ordered:
        about = find_field(name, str(column), zone_layers)
        if about and about.type == "N":
            kinds[column] = "float64" if about.decimals else "Int64"
    return ordered.astype(kinds)


def _grid_register(plan: Plan, date: dt.date, since: Mapping[str, str]) -> pd.DataFrame:
    """List the grids; a code that goes on stays as the register has it, others are proposed."""
    table = pd.DataFrame(plan.grids).reindex(columns=list(TABLES["grid_register"]))
    first = [since.get(code) for code in table["grid_code"]]
    return table.assign(
        code_status=["active" if day else "provisional" for day in first],
        valid_from=[day or date.isoformat() for day in first],
        valid_to="",
    )


def _building_codes(plan: Plan) -> pd.DataFrame:
    if "buildings" in plan.extra:
        own = ["unit_id", "stairwell", "households_method"]
        if "grid_codes" not in plan.extra["buildings"]:
            own.append("grid_codes")
        return _codes(plan, "building_codes", "buildings").drop(columns=own)
    wanted = ["unit_id", *(name for name in TABLES["building_codes"] if name != "unit_id")]
    return pd.DataFrame(plan.units)[[name for name in wanted if name in plan.units]]


def _stairwells(plan: Plan) -> pd.DataFrame:
    """List the stairwells of divided buildings with their grids."""
    units = pd.DataFrame(plan.units)
    return units.loc[units["stairwell"].notna(), list(TABLES["stairwells"])]


def _codes(plan: Plan, table: str, layer: str) -> pd.DataFrame:
    """List the features of an extra layer with their grid and its community."""
    features = pd.DataFrame(plan.extra[layer])
    if layer == "institutions" and "grid_codes" in features:
        features["grid_code"] = _texts(features["grid_codes"]).str.split(";")
        features = features.explode("grid_code", ignore_index=True)
    codes = features.reindex(columns=list(TABLES[table]))
    community = plan.grids.set_index("grid_code")["community_code"]
    codes["community_code"] = _texts(codes["grid_code"].map(community))
    for column in codes.columns:
        about = FIELDS.get(f"{table}.{column}") or FIELDS[column]
        if about.type == "C":
            codes[column] = _texts(codes[column])
    if "households" in codes:
        codes["households"] = codes["households"].astype("Int64")
    return codes


def _decisions(decisions: pd.DataFrame) -> pd.DataFrame:
    """Why each institution is or is not a unit grid; all columns where there are none."""
    table = decisions.reindex(columns=list(TABLES["institution_decisions"]))
    return table.astype({"step": "Int64"})


def _zone_crosswalk(plan: Plan) -> pd.DataFrame:
    """List, per grid and zone layer, the zones that its households belong to."""
    units = pd.DataFrame(plan.units)
    total = units.groupby("grid_code")["households"].sum()
    parts = [_zones_of(units, layer, total) for layer in plan.zone_layers]
    empty = pd.DataFrame({"grid_code": [], "layer": [], "zone_id": []}, dtype=str).assign(
        households=pd.Series(dtype="int64"), share=pd.Series(dtype="float64")
    )
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else empty


def _zones_of(units: pd.DataFrame, layer: str, total: pd.Series) -> pd.DataFrame:
    inside = units.loc[units[layer].notna() & (units["households"] > 0)]
    counts = inside.groupby(["grid_code", layer], sort=True, observed=True)["households"].sum()
    table = counts.rename_axis(["grid_code", "zone_id"]).reset_index()
    table.insert(1, "layer", layer)
    return table.assign(share=table["households"] / total.reindex(table["grid_code"]).to_numpy())


def exceptions_table(plan: Plan, findings: Iterable[Finding]) -> pd.DataFrame:
    """Write findings as the rows of ``exceptions``, each with the grid that its place lies in."""
    rows = [
        {
            "kind": finding.kind,
            "severity": str(finding.severity),
            "community_code": finding.community_code,
            "layer": finding.layer,
            "place": finding.place,
            "other": finding.other,
            "value": finding.value,
            "limit": finding.limit,
            "message": finding.message,
        }
        for finding in findings
    ]
    table = pd.DataFrame(rows).reindex(columns=list(TABLES["exceptions"]))
    table = table.astype({"value": "float64", "limit": "float64"})
    table["grid_code"] = _grids_of(plan, table)
    return table.drop_duplicates(ignore_index=True)


def _grids_of(plan: Plan, table: pd.DataFrame) -> list[str]:
    """Find the grid that each finding's place lies in: by its layer, else a unit, else a grid."""
    units = _lookup(plan.units, "unit_id")
    grids = {code: code for code in plan.grids["grid_code"]}
    extra = {
        layer: _lookup(plan.extra[layer], _IDS[layer]) for layer in _IDS if layer in plan.extra
    }
    return [
        extra[layer].get(place, "") if layer in extra else units.get(place, grids.get(place, ""))
        for layer, place in zip(table["layer"], table["place"], strict=True)
    ]


def _lookup(layer: pd.DataFrame, key: str) -> dict[str, str]:
    return dict(zip(layer[key], _texts(layer["grid_code"]), strict=True))


def reconcile(units_in: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Compare what was read with what the plan attributes, per community.

    Parameters
    ----------
    units_in
        ``unit_id``, ``households``, ``community_code`` as read and assigned; a unit that was given
        no community counts in the row whose ``community_code`` is empty.
    plan
        The finished plan.

    Returns
    -------
    pandas.DataFrame
        One row per community, also those without units: households and units in, out, and out
        less in, which must be 0.
    """
    counts = pd.concat([_counts(units_in, "in"), _counts(pd.DataFrame(plan.units), "out")], axis=1)
    everyone = counts.index.union(pd.Index(plan.communities["community_code"], dtype=object))
    counts = counts.reindex(everyone).fillna(0).astype("int64")
    for what in ("households", "units"):
        counts[f"{what}_difference"] = counts[f"{what}_out"] - counts[f"{what}_in"]
    table = counts.rename_axis("community_code").reset_index()
    return table[list(TABLES["reconciliation"])].sort_values("community_code", ignore_index=True)


def _counts(units: pd.DataFrame, side: str) -> pd.DataFrame:
    groups = units["households"].groupby(_texts(units["community_code"]).to_numpy())
    counts = groups.agg(["sum", "size"])
    counts.index = counts.index.astype(object)
    return counts.set_axis([f"households_{side}", f"units_{side}"], axis=1)


def _data_dictionary(
    plan: Plan, tables: Mapping[str, Sequence[str]], household_basis: str
) -> pd.DataFrame:
    columns: dict[str, Sequence[str]] = {
        f"plan.gpkg:{name}": [str(column) for column in layer.columns if column != "geometry"]
        for name, layer in plan.layers().items()
    }
    columns |= tables
    columns["data_dictionary"] = TABLES["data_dictionary"]
    table = pd.DataFrame(dictionary_rows(columns, plan.zone_layers))
    if household_basis:
        english, chinese = HOUSEHOLD_BASES.get(household_basis, (household_basis, household_basis))
        rows = table["field_name"] == "households"
        table.loc[rows, "description_en"] += f" ({english})"
        table.loc[rows, "description_zh"] += f"（{chinese}）"
    return table
