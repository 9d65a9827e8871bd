"""New communities: made, written, put in the place of the old ones, and audited."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from gridplan.assemble import assemble
from gridplan.audit import audit_plan
from gridplan.codes import chinese_number
from gridplan.config import Config
from gridplan.division import divide
from gridplan.domain import Finding, Level, Plan
from gridplan.errors import ConfigError
from gridplan.export import OutputFolder, write_plan
from gridplan.grounds import ground_of
from gridplan.layers import Inputs, read_exceptions, read_plan
from gridplan.levels.job import StreetJob, street_job
from gridplan.levels.workable import workable
from gridplan.outputs import LISTED
from gridplan.prepare import restrict
from gridplan.runs import Options, Progress, Result
from gridplan.solved import Solved, outcomes_of
from gridplan.tables import exceptions_table, write_csvs

FOLDER = "communities"
"""Where in the output folder the division of the streets stands."""


@dataclass(frozen=True)
class Renewed:
    """What dividing the streets leaves.

    Parameters
    ----------
    inputs
        The job's inputs with the new communities in place of the old ones.
    plan
        The division of the streets: its communities are streets, its grids the new communities.
    solved
        What the optimiser says of every street.
    findings, audit
        What was noticed on the way, and what the audit found.
    """

    inputs: Inputs
    plan: Plan
    solved: tuple[Solved, ...]
    findings: tuple[Finding, ...]
    audit: tuple[Finding, ...]

    def beside(self, grids: Result) -> Result:
        """Join it to what dividing the new communities into grids leaves."""
        again = set(grids.findings)
        above = (f for f in self.findings if f not in again)
        return replace(
            grids,
            streets=self.solved,
            findings=(*above, *grids.findings),
            audit=(*self.audit, *grids.audit),
        )


def divide_streets(
    inputs: Inputs, config: Config, options: Options, folder: OutputFolder, progress: Progress
) -> Renewed:
    """Divide every street into new communities, and write them to ``communities/`` of the folder.

    Parameters
    ----------
    inputs, config
        The job, with the communities that exist.
    options
        ``only`` names streets here.
    folder
        The run's folder; every street has its checkpoint there.
    progress
        Told what happens.

    Raises
    ------
    ConfigError
        Where communities have no street, or ``only`` names one that does not exist.
    InfeasibleError
        Where the hard rules conflict in every street.
    """
    job = street_job(inputs, config)
    unknown = sorted(set(options.only) - set(job.inputs.communities["community_code"]))
    if unknown:
        raise ConfigError(
            f"--only {code}: no street has this code; --level community divides streets"
            for code in unknown
        )
    progress.stage("prepare")
    below = replace(folder, prefix="street ")
    ground = workable(ground_of(job.inputs, job.config, below), job)
    wanted = replace(options, problems=None, alternatives=0)
    done = divide(
        job.inputs,
        ground,
        job.config,
        wanted,
        below,
        progress,
        previous=job.home,
    )
    read = set(inputs.findings)
    findings = [f for f in done.findings if f not in read]
    made = assemble(
        done.inputs, done.ground, outcomes_of(done.solved), job.config, findings, job.standing
    )
    plan = _named(made, inputs, config.project.language)
    out = folder.path / FOLDER
    listed = exceptions_table(plan, [f for f in findings if f.severity in LISTED])
    _write(plan, level_tables(plan, job, inputs) | {"exceptions": listed}, out)
    audit = audit_plan(read_plan(out), done.inputs, job.config, read_exceptions(out))
    renewed = renewed_inputs(inputs, plan, config)
    return Renewed(renewed, plan, done.solved, tuple(findings), tuple(audit))


def _named(plan: Plan, inputs: Inputs, language: str) -> Plan:
    """Call new communities communities; those that go on keep their names."""
    old = inputs.communities.set_index("community_code")["community_name"]
    taken = set(old)
    names = []
    for code, street in zip(plan.grids["grid_code"], plan.grids["community_code"], strict=True):
        name = str(old[code]) if code in old.index else _name(str(code), str(street), language)
        while code not in old.index and name in taken:
            name += "*"
        taken.add(name)
        names.append(name)
    return replace(plan, grids=plan.grids.assign(grid_name=names))


def _name(code: str, street: str, language: str) -> str:
    digits = re.search("[0-9]+$", code.removeprefix(street))
    number = int(digits[0]) if digits else 0
    return f"第{chinese_number(number)}社区" if language == "zh" else f"Community {number}"


def renewed_inputs(inputs: Inputs, plan: Plan, config: Config) -> Inputs:
    """Put the new communities in the place of the old ones.

    Parameters
    ----------
    inputs
        As read.
    plan
        Division of the streets.
    config
        The job; a fixed ``grids.count`` stays, a column of the old communities cannot.
    """
    grids = plan.grids.sort_values("grid_code", kind="stable", ignore_index=True)
    count = config.grids.count if isinstance(config.grids.count, int) else None
    communities = gpd.GeoDataFrame(
        {
            "community_code": grids["grid_code"].astype(object),
            "community_name": grids["grid_name"].astype(object),
            "street_code": grids["community_code"].astype(object),
            "grid_count": pd.array([count] * len(grids), dtype="Int64"),
        },
        geometry=grids.geometry.to_numpy(),
        crs=grids.crs,
    )
    home = plan.units.set_index("unit_id")["grid_code"]
    units = inputs.units[inputs.units["unit_id"].isin(home.index)].reset_index(drop=True)
    units = units.assign(community_code=units["unit_id"].map(home).astype(object))
    return replace(inputs, communities=communities, units=units)


def inputs_of_run(out: Path, run: Mapping[str, object], inputs: Inputs, config: Config) -> Inputs:
    """Inputs of a finished run: with the new communities where it made some.

    Parameters
    ----------
    out
        Output folder.
    run
        Its ``run.json``.
    inputs, config
        The job as configured.
    """
    if run.get("level") != Level.COMMUNITY.value:
        return inputs
    return renewed_inputs(inputs, read_plan(out / FOLDER), config)


def audit_streets(
    out: Path, run: Mapping[str, object], inputs: Inputs, config: Config
) -> list[Finding]:
    """Audit the division of the streets where a run made one; nothing otherwise.

    Parameters
    ----------
    out, run, inputs, config
        As for ``inputs_of_run``.
    """
    if run.get("level") != Level.COMMUNITY.value:
        return []
    job, plan = street_job(inputs, config), read_plan(out / FOLDER)
    streets = [str(code) for code in plan.communities["community_code"]]
    level = restrict(job.inputs, job.config, streets)
    return audit_plan(plan, level, job.config, read_exceptions(out / FOLDER))


def level_tables(plan: Plan, job: StreetJob, inputs: Inputs) -> dict[str, pd.DataFrame]:
    """List the new communities, and what each has of the old ones.

    Returns
    -------
    dict
        ``community_register`` (a row per new community, ``event`` ``kept`` or ``new``) and
        ``community_crosswalk`` (``old_community``, ``community_code``, ``units``, ``households``,
        ``share_of_old``, ``share_of_new``).
    """
    old = set(inputs.communities["community_code"])
    grids = plan.grids
    register = pd.DataFrame(
        {
            "community_code": grids["grid_code"],
            "community_name": grids["grid_name"],
            "street_code": grids["community_code"],
            "households": grids["households"],
            "range_status": grids["range_status"],
            "area_m2": grids["area_m2"].round(2),
            "polsby_popper": grids["polsby_popper"].round(3),
            "event": np.where(grids["grid_code"].isin(old), "kept", "new"),
        }
    )
    table = pd.DataFrame(plan.units[["unit_id", "grid_code", "households"]])
    table["old_community"] = table["unit_id"].map(job.home).fillna("")
    pairs = table.groupby(["old_community", "grid_code"], sort=True)["households"]
    crosswalk = pairs.agg(units="size", households="sum").reset_index()
    crosswalk = crosswalk.rename(columns={"grid_code": "community_code"})
    for side, key in (("old", "old_community"), ("new", "community_code")):
        total = crosswalk.groupby(key)["households"].transform("sum")
        share = crosswalk["households"] / total.where(total > 0)
        crosswalk[f"share_of_{side}"] = share.fillna(0.0).round(4)
    return {"community_register": register, "community_crosswalk": crosswalk}


def _write(plan: Plan, tables: Mapping[str, pd.DataFrame], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "plan.gpkg").unlink(missing_ok=True)
    write_plan(plan, out / "plan.gpkg")
    write_csvs(tables, out / "tables")
