"""What a grid of settings trades: one line a scenario, and a chart of it."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from gridplan.batch.outcome import Outcome
from gridplan.batch.vary import Vary
from gridplan.export import write_whole
from gridplan.layers import read_table
from gridplan.report.tradeoff import draw_trade_off
from gridplan.tables.files import csv_text

TABLE, CHART = "scenarios.csv", "scenarios.png"

MEASURES = ("grids", "workers", "in_range", "change", "border_m", "breach", "objective", "optimal")


def trade_off(outcomes: Sequence[Outcome], varied: Sequence[Vary]) -> pd.DataFrame:
    """Tabulate the scenarios.

    Parameters
    ----------
    outcomes
        What came of the scenarios, in their order.
    varied
        The settings that were varied.

    Returns
    -------
    pandas.DataFrame
        ``scenario`` (its number), ``job``, ``status``, one column for each varied setting; then,
        missing where a scenario failed, ``grids``, ``workers`` (residential grids), ``in_range``
        (share of them), ``change`` (share of the households whose grid is another one than in the
        previous plan, or, without one, in the first scenario that was done), ``border_m``,
        ``breach`` (households), ``objective``, ``optimal`` (communities proven) and per layer
        ``<layer>_aligned`` (share of households) and ``<layer>_excess``.
    """
    first = next((_homes(o) for o in outcomes if o.measures), None)
    layers = sorted({name for o in outcomes for name in o.measures if _is_layer(name)})
    rows = []
    for number, outcome in enumerate(outcomes, start=1):
        changes = dict(outcome.job.changes)
        found = dict(outcome.measures)
        if first is not None and found.get("change", 0) is None:
            found["change"] = moved_share(first, _homes(outcome))
        rows.append(
            {
                "scenario": number,
                "job": outcome.job.name,
                "status": outcome.status,
                **{key: changes[key] for key, _ in varied},
                **{name: found.get(name) for name in (*MEASURES, *layers)},
            }
        )
    return pd.DataFrame(rows).convert_dtypes()


def moved_share(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """Share of the households whose grid is another one in the other plan.

    Two grids are the same where the households that they share exceed half of both; codes say
    nothing here, since two plans number their grids anew.

    Parameters
    ----------
    one, other
        ``unit_id``, ``grid_code``, ``households`` of two plans of the same units.
    """
    both = one.merge(other[["unit_id", "grid_code"]], on="unit_id", suffixes=("", "_other"))
    total = int(one["households"].sum())
    shared = both.groupby(["grid_code", "grid_code_other"])["households"].sum().reset_index()
    old = one.groupby("grid_code")["households"].sum()
    new = other.groupby("grid_code")["households"].sum()
    same = (2 * shared["households"] > shared["grid_code"].map(old)) & (
        2 * shared["households"] > shared["grid_code_other"].map(new)
    )
    kept = int(shared.loc[same, "households"].sum())
    return round((total - kept) / max(total, 1), 6)


def write_trade_off(
    table: pd.DataFrame,
    varied: Sequence[Vary],
    out: Path,
    language: str,
    *,
    previous: bool = False,
) -> None:
    """Write ``scenarios.csv`` and, where any scenario has a result, ``scenarios.png``.

    ``previous`` tells that the scenarios are re-divisions, whose change is against that plan.

    Raises
    ------
    OutputError
        Where the folder or the disk does not allow it.
    """
    write_whole(out / TABLE, csv_text("scenarios", table).encode("utf-8-sig"))
    if table["grids"].notna().any():
        keys = [key for key, _ in varied]
        picture = draw_trade_off(table, keys, language, previous=previous)
        write_whole(out / CHART, picture)


def _homes(outcome: Outcome) -> pd.DataFrame:
    table = read_table(outcome.job.out, "building_codes")
    key = "unit_id" if "unit_id" in table else str(table.columns[0])
    table = table.rename(columns={key: "unit_id"}).drop_duplicates("unit_id")
    households = pd.to_numeric(table["households"]).fillna(0).astype("int64")
    return table[["unit_id", "grid_code"]].assign(households=households)


def _is_layer(name: str) -> bool:
    return name.endswith(("_aligned", "_excess"))
