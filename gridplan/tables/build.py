"""The tables of a plan, made from its layers."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from gridplan.domain import Finding, Plan
from gridplan.tables.dictionary import FIELDS, TABLES, dictionary_rows
from gridplan.tables.fields import HOUSEHOLD_BASES
from gridplan.tables.values import in_order

_CODE_TABLES = (
    ("facility_codes", "facilities"),
    ("institution_codes", "institutions"),
    ("road_codes", "roads"),
)
_IDS = {
    "buildings": "building_id",
    "facilities": "facility_id",
    "institutions": "institution_id",
    "roads": "road_id",
}


def build_tables(
    plan: Plan,
    findings: Sequence[Finding],
    reconciliation: pd.DataFrame,
    *,
    date: dt.date,
    household_basis: str = "",
) -> dict[str, pd.DataFrame]:
    """Make every table of a finished plan.

    Parameters
    ----------
    plan
        The finished plan.
    findings
        What to list in ``exceptions``; exact repetitions are listed once.
    reconciliation
        From ``reconcile``.
    date
        First day of validity of the codes.
    household_basis
        ``registered``, ``resident`` or ``dwelling``: goes into the data dictionary.

    Returns
    -------
    dict
        Tables by name, in the order of the workbook's sheets, each sorted by its first column and
        then the others. ``facility_codes``, ``institution_codes`` and ``road_codes`` only where
        the plan has such a layer.
    """
    tables = {
        "grid_register": _grid_register(plan, date),
        "building_codes": _building_codes(plan),
        **{
            table: _codes(plan, table, layer)
            for table, layer in _CODE_TABLES
            if layer in plan.extra
        },
        "zone_crosswalk": _zone_crosswalk(plan),
        "exceptions": _exceptions(plan, findings),
        "reconciliation": reconciliation,
    }
    tables["data_dictionary"] = _data_dictionary(plan, tables, household_basis)
    return {name: in_order(table) for name, table in tables.items()}


def _texts(column: pd.Series) -> pd.Series:
    """Make a text column whose missing values are empty, so that sorting never meets two kinds."""
    return column.astype(object).where(column.notna(), "").astype(str)


def _grid_register(plan: Plan, date: dt.date) -> pd.DataFrame:
    table = pd.DataFrame(plan.grids).reindex(columns=list(TABLES["grid_register"]))
    return table.assign(code_status="provisional", valid_from=date.isoformat(), valid_to="")


def _building_codes(plan: Plan) -> pd.DataFrame:
    if "buildings" in plan.extra:
        return _codes(plan, "building_codes", "buildings").drop(columns="unit_id")
    columns = [name for name in TABLES["building_codes"] if name != "building_id"]
    return pd.DataFrame(plan.units)[columns]


def _codes(plan: Plan, table: str, layer: str) -> pd.DataFrame:
    """List the features of an extra layer with their grid and its community."""
    features = pd.DataFrame(plan.extra[layer])
    codes = features.reindex(columns=list(TABLES[table]))
    community = plan.grids.set_index("grid_code")["community_code"]
    codes["community_code"] = _texts(codes["grid_code"].map(community))
    for column in codes.columns:
        if FIELDS[column].type == "C":
            codes[column] = _texts(codes[column])
    if "households" in codes:
        codes["households"] = codes["households"].astype("Int64")
    return codes


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
    return table.assign(share=table["households"] / table["grid_code"].map(total))


def _exceptions(plan: Plan, findings: Iterable[Finding]) -> pd.DataFrame:
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
    plan: Plan, tables: Mapping[str, pd.DataFrame], household_basis: str
) -> pd.DataFrame:
    columns: dict[str, Sequence[str]] = {
        f"plan.gpkg:{name}": [str(column) for column in layer.columns if column != "geometry"]
        for name, layer in plan.layers().items()
    }
    columns |= {name: [str(column) for column in table.columns] for name, table in tables.items()}
    columns["data_dictionary"] = TABLES["data_dictionary"]
    table = pd.DataFrame(dictionary_rows(columns, plan.zone_layers))
    if household_basis:
        english, chinese = HOUSEHOLD_BASES.get(household_basis, (household_basis, household_basis))
        rows = table["field_name"] == "households"
        table.loc[rows, "description_en"] += f" ({english})"
        table.loc[rows, "description_zh"] += f"（{chinese}）"
    return table
