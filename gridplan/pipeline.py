"""The main job: from a configuration to a finished output folder."""

from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from gridplan.assemble import assemble
from gridplan.audit import audit_plan
from gridplan.codes import Standing, configured_profile
from gridplan.config import Config
from gridplan.division import divide, dump_problems
from gridplan.domain import Finding, Level, Plan
from gridplan.drawing import backdrop_of, draw_change, draw_kinds, page_details, sections_of
from gridplan.errors import LayerError
from gridplan.export import open_output, write_plan
from gridplan.layers import (
    Inputs,
    read_exceptions,
    read_inputs,
    read_plan,
    read_run,
    read_table,
)
from gridplan.levels import audit_streets, divide_streets, inputs_of_run
from gridplan.maps import Details
from gridplan.outputs import write_styles, write_tables
from gridplan.people import carry
from gridplan.prepare import Ground, prepare_ground, restrict
from gridplan.provenance import run_record, signature_of
from gridplan.redivide import (
    Outcome,
    Redivision,
    change_record,
    outcome_of,
    prepare_redivision,
)
from gridplan.report import write_report
from gridplan.runs import Options, Progress, Result
from gridplan.solved import Solved, changes_of, outcomes_of
from gridplan.tables import household_ledger, open_rows

__all__ = ["Options", "Progress", "Result", "audit_folder", "dump_problems", "partition"]


def partition(
    config: Config, out: Path, options: Options, progress: Progress | None = None
) -> Result | None:
    """Divide the communities and write everything a run leaves (design section 8).

    Parameters
    ----------
    config
        The job.
    out
        Output folder; it appears when everything in it is complete.
    options
        What the command line adds.
    progress
        Told what happens.

    Returns
    -------
    Result or None
        None where ``resume`` finds the very same run finished already.

    Raises
    ------
    GridplanError
        Of any kind; nothing is then left at ``out``.
    """
    began = perf_counter()
    progress = progress or Progress()
    progress.stage("read")
    inputs = read_inputs(config)
    standing = _standing(config, inputs)
    signature = signature_of(config, inputs, options, standing)
    protect = [s.path for _, s in config.inputs.sources() if isinstance(s.path, Path)]
    with open_output(
        out,
        overwrite=options.overwrite,
        resume=options.resume,
        signature=signature,
        protect=[*protect, config.file, *_register_file(config)],
    ) as folder:
        if folder.done:
            return None
        above = None
        if options.level is Level.COMMUNITY:
            above = divide_streets(inputs, config, options, folder, progress)
            inputs, options = above.inputs, replace(options, only=())
            standing = _standing(config, inputs)
        configured_profile(config.codes, inputs.communities["community_code"])  # before the work
        progress.stage("prepare")
        ground = prepare_ground(inputs, config)
        whole, placed = inputs, ground.cells["unit_id"]
        wanted = options.redivide
        job = None if wanted is None else prepare_redivision(wanted, ground.cells)
        done = divide(inputs, ground, config, options, folder, progress, job)
        inputs, ground, solved, findings = done.inputs, done.ground, done.solved, done.findings
        progress.stage("assemble")
        if job is not None:
            standing = _standing_beside(job, ground, config, standing)
        carried = carry(
            assemble(inputs, ground, outcomes_of(solved), config, findings, standing),
            whole,
            config,
        )
        plan = carried.plan
        progress.stage("tables")
        ledger = household_ledger(whole, placed, plan.units["unit_id"])
        findings += [*open_rows(ledger), *carried.findings]
        write_plan(plan, folder.path / "plan.gpkg")
        changed, record = _changed(job, plan, standing, config, options, solved)
        write_tables(
            plan,
            inputs,
            ground,
            solved,
            findings,
            ledger,
            config,
            options,
            folder,
            standing,
            changed,
            carried,
        )
        write_styles(plan, config, options, folder)
        progress.stage("audit")
        audit = _audited(folder.path, inputs, config)
        if options.maps and config.outputs.maps:
            progress.stage("maps")
            details = page_details(config, done.tasks, [*findings, *audit])
            findings += _draw(
                plan, inputs, config, options, folder.path, details, changed, progress
            )
        seconds = perf_counter() - began
        result = Result(plan, solved, tuple(findings), tuple(audit), seconds, ledger, record)
        if above is not None:
            result = above.beside(result)
        folder.write_run(run_record(config, inputs, options, result, out))
        if config.outputs.report:
            progress.stage("report")
            write_report(folder.path, plan)
    return result


def _changed(
    job: Redivision | None,
    plan: Plan,
    standing: Standing | None,
    config: Config,
    options: Options,
    solved: tuple[Solved, ...],
) -> tuple[Outcome | None, dict[str, Any] | None]:
    """Compare the plan with the one it changed, and say what ``run.json`` tells of that."""
    if job is None or standing is None:
        return None, None
    changed = outcome_of(job, plan, standing, config, options.date, whole=not options.only)
    return changed, change_record(job, changed, changes_of(solved))


def _draw(
    plan: Plan,
    inputs: Inputs,
    config: Config,
    options: Options,
    folder: Path,
    details: Details,
    changed: Outcome | None,
    progress: Progress,
) -> list[Finding]:
    """Draw every kind of map that is wanted."""
    findings = draw_kinds(
        plan,
        folder / "maps",
        config.outputs.maps,
        config,
        backdrop_of(inputs),
        details,
        options.date,
        progress.drawn,
        sections_of(folder, config),
    )
    if changed is not None:
        findings += draw_change(plan, folder / "maps", changed, config, options.date)
    return findings


def audit_folder(out: Path, config_file: Path | None = None) -> list[Finding]:
    """Audit a written plan against the inputs it was made from.

    Parameters
    ----------
    out
        Output folder of a run.
    config_file
        Configuration of the job; the one that the run recorded where left out.

    Raises
    ------
    GridplanError
        Where the plan, its configuration or its inputs cannot be read.
    """
    run = read_run(out)
    if config_file is None:
        config_file = out / str(run.get("configuration_file", "gridplan.toml"))
        if not config_file.is_file():
            raise LayerError(f"{config_file}: the configuration has moved; name it with --config")
    config = Config.load(config_file)
    given = read_inputs(config)
    inputs = inputs_of_run(out, run, given, config)
    if run.get("only"):
        inputs = restrict(inputs, config, [str(code) for code in run["only"]])
    return [*audit_streets(out, run, given, config), *_audited(out, inputs, config)]


def _audited(out: Path, inputs: Inputs, config: Config) -> list[Finding]:
    """Audit what is written in a folder."""
    decisions = read_table(out, "institution_decisions")
    return audit_plan(read_plan(out), inputs, config, read_exceptions(out), decisions)


def _register_file(config: Config) -> list[Path]:
    return [config.codes.register] if isinstance(config.codes.register, Path) else []


def _standing(config: Config, inputs: Inputs) -> Standing | None:
    """Read which codes are taken, where a register is configured."""
    if config.codes.register is None:
        return None
    from gridplan.register import configured_standing

    units, communities = inputs.units["unit_id"], inputs.communities["community_code"]
    return configured_standing(config, communities, units)


def _standing_beside(
    job: Redivision, ground: Ground, config: Config, standing: Standing | None
) -> Standing:
    """Say which codes go on: those of the register where it has any, else of the previous plan."""
    if standing is not None and standing.grids:
        return standing
    cells = ground.cells[["unit_id", "community_code"]]
    profile = configured_profile(config.codes, sorted(set(cells["community_code"])))
    told = job.standing(profile, config.project.language, cells)
    return told if standing is None else replace(told, used={**told.used, **standing.used})
