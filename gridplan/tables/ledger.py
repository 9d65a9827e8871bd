"""The reconciliation ledger: every household that was read, and what became of it."""

from collections.abc import Iterator

import pandas as pd

from gridplan.domain import Finding, Severity
from gridplan.layers.inputs import Inputs

COUNTS = ["households_in", "placed", "unlocated", "duplicated", "outside", "left_out"]
COLUMNS = ["source", "file", *COUNTS, "difference"]


def household_ledger(
    inputs: Inputs, placed: pd.Series, divided: pd.Series | None = None
) -> pd.DataFrame:
    """Account for every household, by source and in total.

    Parameters
    ----------
    inputs
        The whole job, as read.
    placed
        Ids of the units that lie in a community.
    divided
        Ids of the units that the run divided into grids; all of those placed where left out.

    Returns
    -------
    pandas.DataFrame
        ``COLUMNS``, one row a source in the order they were read, then ``all``. ``difference`` is
        0 where nothing disappeared.
    """
    units = inputs.units
    inside = units["unit_id"].isin(set(placed))
    chosen = inside if divided is None else units["unit_id"].isin(set(divided))
    rows = []
    for tally in inputs.tallies:
        own = units["households_source"] == tally.source
        rows.append(
            {
                "source": tally.source,
                "file": tally.where,
                "households_in": tally.households_in,
                "placed": int(units.loc[own & chosen, "households"].sum()),
                "unlocated": tally.unlocated,
                "duplicated": tally.duplicated,
                "outside": tally.outside + int(units.loc[own & ~inside, "households"].sum()),
                "left_out": int(units.loc[own & inside & ~chosen, "households"].sum()),
            }
        )
    table = pd.DataFrame(rows, columns=[*COLUMNS[:2], *COUNTS]).astype(
        {"source": object, "file": object, **dict.fromkeys(COUNTS, "int64")}
    )
    total = {"source": "all", "file": "", **table[COUNTS].sum().to_dict()}
    table = pd.concat([table, pd.DataFrame([total])], ignore_index=True)
    table["difference"] = table["households_in"] - table[COUNTS[1:]].sum(axis=1)
    return table[COLUMNS]


def open_rows(ledger: pd.DataFrame) -> Iterator[Finding]:
    """Name the sources whose households do not add up: a household disappeared."""
    for row in ledger[ledger["difference"] != 0].to_dict("records"):
        read, known = int(row["households_in"]), int(row["households_in"] - row["difference"])
        yield Finding(
            "ledger-open",
            Severity.BROKEN,
            f"{row['file'] or 'all sources'}: {read} households were read, but {known} are "
            "accounted for; please report this with the input files",
            layer="households",
            place=str(row["source"]),
            value=float(known),
            limit=float(read),
        )
