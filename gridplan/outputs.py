"""What a run writes beside its maps: tables, workbook, styles for QGIS."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan.codes import Standing
from gridplan.division import Divided
from gridplan.domain import Finding, Plan, Severity
from gridplan.export import write_qgis
from gridplan.layers import read_exceptions
from gridplan.layers.inputs import shapeless
from gridplan.people import Carried
from gridplan.processes import process_count
from gridplan.redivide import Outcome
from gridplan.runs import Run
from gridplan.solved import alignment, alternative_tables
from gridplan.tables import build_tables, reconcile, write_tables

LISTED = (Severity.ERROR, Severity.EXCEPTION, Severity.REPAIRED, Severity.WARNING)
"""Severities that ``tables/exceptions`` lists."""


@dataclass(frozen=True)
class Made:
    """A finished plan and all that is told of it.

    Parameters
    ----------
    done
        The communities that have a plan, and what the optimiser says of each.
    carried
        The plan itself, and who carries its grids.
    findings
        Everything noticed up to here.
    ledger
        Households from the layers to the grids (``household_ledger``).
    standing
        Which codes were in force; None where nothing says.
    changed
        What a re-division changed; None for a division from nothing.
    redivision
        What ``run.json`` tells of it.
    """

    done: Divided
    carried: Carried
    findings: tuple[Finding, ...]
    ledger: pd.DataFrame
    standing: Standing | None = None
    changed: Outcome | None = None
    redivision: Mapping[str, Any] | None = None

    @property
    def plan(self) -> Plan:
        """The plan, with everything that belongs to it."""
        return self.carried.plan

    def counted(self) -> "Made":
        """The same without what only dividing, people and maps read of the inputs and cells."""
        cells = self.done.ground.cells[["unit_id", "community_code", "geometry"]]
        ground = replace(self.done.ground, cells=cells)
        return replace(self, done=replace(self.done, inputs=self.done.inputs.lean(), ground=ground))

    def plain(self) -> "Made":
        """The same with hardly a shape of what lies in the grids: ``plan.gpkg`` has them all."""
        extra = {name: _sampled(layer) for name, layer in self.plan.extra.items()}
        plan = replace(self.plan, units=_sampled(self.plan.units), extra=extra)
        return replace(self, carried=replace(self.carried, plan=plan))

    def lean(self) -> "Made":
        """The same without what is written: of units the columns that the report counts are left.

        Cells, shapes of units, what lies in the grids and tables go.
        """
        columns = ["unit_id", "grid_code", "community_code", "households", *self.plan.zone_layers]
        units = shapeless(self.plan.units[columns], self.plan.units.crs)
        plan = replace(self.plan, units=units, extra={})
        done = replace(self.done, ground=self.done.ground.restricted(()))
        return replace(self, done=done, carried=Carried(plan, {}, self.carried.findings))


def _sampled(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The layer with the first shape of each type alone: styles draw a layer by its types."""
    shapes = layer.geometry.to_numpy()
    kept = np.full(len(shapes), None, dtype=object)
    first = np.unique(shapely.get_type_id(shapes), return_index=True)[1]
    kept[first] = shapes[first]
    found: gpd.GeoDataFrame = layer.set_geometry(gpd.GeoSeries(kept, layer.index, layer.crs))
    return found


def write_all_tables(made: Made, run: Run) -> list[Finding]:
    """Write every table of a finished plan, and the workbook where it is wanted.

    Returns
    -------
    list of Finding
        What the workbook could not hold.
    """
    plan, config, standing = made.plan, run.config, made.standing
    date, basis = run.options.date, config.inputs.units.household_basis
    tables = build_tables(
        plan,
        [f for f in made.findings if f.severity in LISTED],
        reconcile(_read(made.done), plan),
        _more_tables(made, run),
        date=date,
        household_basis=basis,
        ledger=made.ledger,
        decisions=made.done.ground.decisions,
        since=standing.since if standing else {},
    )
    return write_tables(
        tables,
        run.folder.path / "tables",
        language=config.project.language,
        date=date,
        household_basis=basis,
        zone_layers=plan.zone_layers,
        workbook="xlsx" in config.outputs.tables,
        workers=process_count(config.solve.workers),
    )


def _read(done: Divided) -> pd.DataFrame:
    """Households as they were read, with the community of every unit."""
    home = done.ground.cells.set_index("unit_id")["community_code"]
    read = pd.DataFrame(done.inputs.units[["unit_id", "households"]])
    read["community_code"] = read["unit_id"].map(home).fillna("")
    return read


def _more_tables(made: Made, run: Run) -> dict[str, pd.DataFrame]:
    """Gather the tables beside those that every plan has."""
    more = {"alignment": alignment(made.done.solved)}
    if run.options.alternatives:
        more |= alternative_tables(made.done.solved, made.plan.zone_layers)
    if made.changed is not None:
        more |= made.changed.tables()
    return more | dict(made.carried.tables)


def write_styles(plan: Plan, run: Run) -> None:
    """Write the styles and the project for QGIS."""
    config, folder = run.config, run.folder.path
    write_qgis(
        plan,
        folder,
        title=config.project.name,
        language=config.project.language,
        grid_range=(config.grids.min, config.grids.max),
        exceptions=read_exceptions(folder),
        date=run.options.date,
    )
