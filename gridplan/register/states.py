"""A plan's table of grids as the register holds them: what is adopted, since when."""

import pandas as pd

from gridplan.codes import geometry_hashes
from gridplan.domain import Finding, Plan, Severity
from gridplan.layers.columns import some


def with_states(
    table: pd.DataFrame, plan: Plan, codes: pd.DataFrame
) -> tuple[pd.DataFrame, list[Finding]]:
    """Bring status and dates of ``grid_register`` up to what a register says.

    Parameters
    ----------
    table
        ``grid_register`` of the plan.
    plan
        The plan.
    codes
        From ``read_codes``.

    Returns
    -------
    tuple
        The table, in which ``code_status``, ``valid_from`` and ``valid_to`` of each grid that the
        register holds with this very outline are the register's; and one ``plan-not-adopted`` where
        others are left, which stay as they are.
    """
    registered = codes[codes["level"] == "grid"].set_index("code")
    outlines = dict(zip(plan.grids["grid_code"], geometry_hashes(plan.grids.geometry), strict=True))
    held = registered["geometry_hash"].to_dict()
    adopted = table["grid_code"].map(lambda code: code in held and held[code] == outlines.get(code))
    known = table.loc[adopted.astype(bool), "grid_code"]
    result = table.copy()
    for column in ("code_status", "valid_from", "valid_to"):
        result.loc[known.index, column] = registered.loc[known, column].fillna("").to_numpy()
    strange = table["grid_code"].drop(known.index)
    return result, [_not_adopted(strange, len(table))] if len(strange) else []


def _not_adopted(strange: pd.Series, count: int) -> Finding:
    return Finding(
        "plan-not-adopted",
        Severity.WARNING,
        f"{len(strange)} of {count} grids are not in the register as the plan draws them "
        f"({some(strange)}) and keep the status that the plan gave them; adopt it with "
        "`gridplan codes issue`, or export the plan that was adopted",
        layer="grids",
        place=str(strange.iloc[0]),
        value=float(len(strange)),
    )
