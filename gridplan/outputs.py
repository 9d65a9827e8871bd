"""What a run writes beside its maps: tables, workbook, styles for QGIS."""

from collections.abc import Sequence

import pandas as pd

from gridplan.codes import Standing
from gridplan.config import Config
from gridplan.domain import Finding, Plan, Severity
from gridplan.export import OutputFolder, write_qgis
from gridplan.layers import Inputs, read_exceptions
from gridplan.people import Carried
from gridplan.prepare import Ground
from gridplan.redivide import Outcome
from gridplan.runs import Options
from gridplan.solved import Solved, alignment, alternative_tables
from gridplan.tables import build_tables, reconcile, write_csvs, write_workbook

LISTED = (Severity.ERROR, Severity.EXCEPTION, Severity.REPAIRED, Severity.WARNING)
"""Severities that ``tables/exceptions`` lists."""


def write_tables(
    plan: Plan,
    inputs: Inputs,
    ground: Ground,
    solved: Sequence[Solved],
    findings: list[Finding],
    ledger: pd.DataFrame,
    config: Config,
    options: Options,
    folder: OutputFolder,
    standing: Standing | None,
    changed: Outcome | None = None,
    carried: Carried | None = None,
) -> None:
    """Write every table of a finished plan, and the workbook where it is wanted."""
    listed = [f for f in findings if f.severity in LISTED]
    home = ground.cells.set_index("unit_id")["community_code"]
    read = pd.DataFrame(inputs.units[["unit_id", "households"]])
    read["community_code"] = read["unit_id"].map(home).fillna("")
    basis = config.inputs.units.household_basis
    more = {"alignment": alignment(solved)}
    if options.alternatives:
        more |= alternative_tables(solved, plan.zone_layers)
    if changed is not None:
        more |= changed.tables()
    if carried is not None:
        more |= carried.tables
    tables = build_tables(
        plan,
        listed,
        reconcile(read, plan),
        more,
        date=options.date,
        household_basis=basis,
        ledger=ledger,
        decisions=ground.decisions,
        since=standing.since if standing else {},
    )
    write_csvs(tables, folder.path / "tables")
    if "xlsx" in config.outputs.tables:
        write_workbook(
            tables,
            folder.path / "tables" / "gridplan.xlsx",
            config.project.language,
            date=options.date,
            household_basis=basis,
            zone_layers=plan.zone_layers,
        )


def write_styles(plan: Plan, config: Config, options: Options, folder: OutputFolder) -> None:
    """Write the styles and the project for QGIS."""
    write_qgis(
        plan,
        folder.path,
        title=config.project.name,
        language=config.project.language,
        grid_range=(config.grids.min, config.grids.max),
        exceptions=read_exceptions(folder.path),
        date=options.date,
    )
