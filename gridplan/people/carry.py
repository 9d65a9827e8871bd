"""From a finished plan to the people who carry it: roster, duties, workload, walks, statistics."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd

from gridplan.config import Config
from gridplan.config.catalogue import Catalogue
from gridplan.domain import Finding, Plan
from gridplan.layers.inputs import Inputs
from gridplan.people.duties import Duties, Staffed, list_duties
from gridplan.people.loads import category_table, workload_table
from gridplan.people.objects import count_objects
from gridplan.people.roster import Roster, make_roster, staff_register
from gridplan.people.statistics import statistics
from gridplan.people.walks import Walks, walking
from gridplan.processes import process_count
from gridplan.workload import unit_categories


@dataclass(frozen=True)
class Carried:
    """What is known of the people, beside the plan.

    Parameters
    ----------
    plan
        The plan, with a layer ``walks`` where there are any.
    tables
        ``statistics``, and where configured ``staff_register``, ``duties``, ``duty_totals``,
        ``workload``, ``workload_categories``.
    findings
        Gaps, double loads, walks above the limit.
    """

    plan: Plan
    tables: Mapping[str, pd.DataFrame]
    findings: tuple[Finding, ...]


def carry(plan: Plan, inputs: Inputs, config: Config) -> Carried:
    """Propose people for a plan, and count what they carry.

    Parameters
    ----------
    plan
        The finished plan.
    inputs
        All layers of the job, also where the plan is of some communities only.
    config
        Its configuration: ``[people]``, ``[duties]``, ``[workload]``, ``[outputs] people``.

    Raises
    ------
    SolverError
        Where HiGHS fails.
    """
    workers = process_count(config.solve.workers)
    roles = config.people.all_roles()
    roster = None
    if inputs.staff is not None:
        roster = make_roster(plan, inputs.staff, config.people, workers)
    with _walking(plan, inputs, config, workers) as walked:  # when no other processes are at work
        per_unit = unit_categories(inputs, plan.units, config)
        who = Staffed(inputs.staff, roster, roles, config.outputs.people)
        duties = _duties(plan, inputs, config, per_unit, who)
        walks = walked()
    tables = _tables(plan, config, who, duties)
    workload = None
    if config.workload is not None and walks is not None:
        workload = workload_table(plan, per_unit, walks.table, config.workload)
        parts = category_table(plan, per_unit, config.workload)
        tables |= {"workload": workload, "workload_categories": parts}
    tables["statistics"] = statistics(plan, roles, roster, workload, inputs.categories)
    return Carried(_with_walks(plan, walks), tables, _all_findings(roster, duties, walks))


def _walking(
    plan: Plan, inputs: Inputs, config: Config, workers: int
) -> "AbstractContextManager[Callable[[], Walks | None]]":
    """Find the walks while something else is done; None where no workload is wanted."""
    if config.workload is None:
        return nullcontext(lambda: None)
    return walking(plan, inputs, config.workload, workers)


def _tables(
    plan: Plan, config: Config, who: Staffed, duties: Duties | None
) -> dict[str, pd.DataFrame]:
    """Who serves which grid, and what is to be done there."""
    tables: dict[str, pd.DataFrame] = {}
    if who.staff is not None and who.roster is not None:
        tables["staff_register"] = staff_register(
            plan, who.staff, who.roster, config.people, config.project.language, names=who.names
        )
    if duties is not None:
        tables |= {"duties": duties.table, "duty_totals": duties.totals}
    return tables


def _duties(
    plan: Plan, inputs: Inputs, config: Config, per_unit: pd.DataFrame, who: Staffed
) -> Duties | None:
    catalogue: Catalogue | None = inputs.duties
    if catalogue is None:
        return None
    things = sorted({thing for item in catalogue.items.values() for thing in item.objects})
    categories = {} if config.workload is None else config.workload.categories
    counts = count_objects(things, plan, inputs, per_unit, categories)
    return list_duties(plan, catalogue, counts, who, config.project.language)


def _with_walks(plan: Plan, walks: Walks | None) -> Plan:
    if walks is None or walks.table.empty:
        return plan
    table: gpd.GeoDataFrame = walks.table
    return replace(plan, extra={**plan.extra, "walks": table})


def _all_findings(
    roster: Roster | None, duties: Duties | None, walks: Walks | None
) -> tuple[Finding, ...]:
    parts = (part.findings for part in (roster, duties, walks) if part is not None)
    return tuple(finding for found in parts for finding in found)
