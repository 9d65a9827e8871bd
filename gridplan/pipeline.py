"""The main job: from a configuration to a finished output folder."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from gridplan.assemble import assemble
from gridplan.audit import DECIDED, LISTED_KINDS, audit_plan
from gridplan.codes import Standing, configured_profile
from gridplan.config import Config
from gridplan.division import Divided, divide, dump_problems
from gridplan.domain import Finding, Level
from gridplan.export import OutputFolder, open_output, write_plan
from gridplan.grounds import ground_of
from gridplan.layers import (
    Inputs,
    config_of_run,
    read_exceptions,
    read_inputs,
    read_plan,
    read_run,
    read_table,
)
from gridplan.levels import audit_streets, divide_streets, inputs_of_run
from gridplan.outputs import Made, write_all_tables, write_styles
from gridplan.people import carry
from gridplan.prepare import Ground, restrict
from gridplan.processes import give_back, hold_little
from gridplan.provenance import run_record, signature_of
from gridplan.redivide import Redivision, change_record, outcome_of, prepare_redivision
from gridplan.runs import Options, Progress, Result, Run
from gridplan.solved import changes_of, outcomes_of
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
    began, progress = perf_counter(), progress or Progress()
    hold_little()
    progress.stage("read")
    given = [read_inputs(config)]  # to be taken out: who keeps a city's layers keeps all of them
    standing = _standing(config, given[0])
    signature = signature_of(config, given[0], options, standing)
    with _opened(config, out, options, signature) as folder:
        if folder.done:
            return None
        run = Run(config, options, folder, progress)
        return _run(run, given, standing, out, began)


def _run(
    run: Run, given: list[Inputs], standing: Standing | None, out: Path, began: float
) -> Result:
    """Do the work of a run that was opened, level by level, and write its record."""
    config, options, above, inputs = run.config, run.options, None, given.pop()
    if options.level is Level.COMMUNITY:
        above = divide_streets(inputs, config, options, run.folder, run.progress)
        inputs, run = above.inputs, replace(run, options=replace(options, only=()))
        standing = _standing(config, inputs)
    made = _made(run, inputs, standing)
    del inputs
    run.progress.stage("tables")
    write_plan(made.plan, run.folder.path / "plan.gpkg")
    if not _drawn(run):
        made = made.plain()
        give_back()
    written = _write(run, made)
    if not _drawn(run):
        made = made.lean()  # the plan that the audit reads back must not stand beside this one
    give_back()
    run.progress.stage("audit")
    audit = _audited(run.folder.path, made.done.inputs, config)
    give_back()
    seen = [*written, *_draw(run, made, audit)]
    result = _result(made, audit, seen, perf_counter() - began)
    if above is not None:
        result = above.beside(result)
    run.folder.write_run(run_record(config, made.done.inputs, run.options, result, out))
    if config.outputs.report:
        run.progress.stage("report")
        _report(run, made)
    return result


def _opened(config: Config, out: Path, options: Options, signature: str) -> OutputFolder:
    """Open the folder of the run; nothing that the run reads may lie where it writes."""
    read = [s.path for _, s in config.inputs.sources() if isinstance(s.path, Path)]
    return open_output(
        out,
        overwrite=options.overwrite,
        resume=options.resume,
        signature=signature,
        protect=[*read, config.file, *_register_file(config)],
    )


def _made(run: Run, inputs: Inputs, standing: Standing | None) -> Made:
    """Divide the communities wanted, and put together what came of it."""
    config, options, progress = run.config, run.options, run.progress
    configured_profile(config.codes, inputs.communities["community_code"])  # before the work
    progress.stage("prepare")
    ground = ground_of(inputs, config, run.folder)
    wanted = options.redivide
    job = None if wanted is None else prepare_redivision(wanted, ground.cells)
    done = divide(inputs, ground, config, options, run.folder, progress, job)
    placed = ground.cells["unit_id"]
    del ground
    done = _solved(done, keep_tasks=_drawn(run))
    give_back()
    progress.stage("assemble")
    if job is not None:
        standing = _standing_beside(job, done.ground, config, standing)
    outcomes, findings = outcomes_of(done.solved), list(done.findings)
    plan = assemble(done.inputs, done.ground, outcomes, config, findings, standing)
    del outcomes
    give_back()
    carried = carry(plan, inputs, config)
    ledger = household_ledger(inputs, placed, carried.plan.units["unit_id"])
    findings += [*open_rows(ledger), *carried.findings]
    made = Made(done, carried, tuple(findings), ledger, standing)
    if not _drawn(run):
        made = made.counted()
    return made if job is None or standing is None else _compared(run, made, job, standing)


def _solved(done: Divided, *, keep_tasks: bool) -> Divided:
    """Let go of what only the optimiser reads: in a large city problems and borders are large."""
    ground = done.ground
    ground = replace(ground, borders=ground.borders.iloc[[]], crossings=ground.crossings.iloc[[]])
    return replace(done, ground=ground, tasks=done.tasks if keep_tasks else [])


def _compared(run: Run, made: Made, job: Redivision, standing: Standing) -> Made:
    """Compare the plan with the one it changed, and say what ``run.json`` tells of that."""
    whole, date = not (run.options.only or made.done.lost), run.options.date
    changed = outcome_of(job, made.plan, standing, run.config, date, whole=whole)
    record = change_record(job, changed, changes_of(made.done.solved))
    return replace(made, changed=changed, redivision=record)


def _write(run: Run, made: Made) -> list[Finding]:
    """Write the tables and styles of a plan that is written; list what a workbook cannot hold."""
    findings = write_all_tables(made, run)
    write_styles(made.plan, run)  # which reads tables
    return findings


def _drawn(run: Run) -> bool:
    """Whether maps are drawn."""
    return run.options.maps and bool(run.config.outputs.maps)


def _draw(run: Run, made: Made, audit: Sequence[Finding]) -> list[Finding]:
    """Draw every kind of map that is wanted."""
    config, date, folder = run.config, run.options.date, run.folder.path / "maps"
    if not _drawn(run):
        return []
    run.progress.stage("maps")
    from gridplan.drawing import backdrop_of, draw_change, draw_kinds, page_details, sections_of

    findings = draw_kinds(
        made.plan,
        folder,
        config.outputs.maps,
        config,
        backdrop_of(made.done.inputs),
        page_details(config, made.done.tasks, [*made.findings, *audit]),
        date,
        run.progress.drawn,
        sections_of(run.folder.path, config),
    )
    if made.changed is not None:
        findings += draw_change(made.plan, folder, made.changed, config, date)
    return findings


def _report(run: Run, made: Made) -> None:
    """Write the report; what draws is read only now, as it takes longer than a small run."""
    from gridplan.report import write_report

    write_report(run.folder.path, made.plan)


def _result(made: Made, audit: list[Finding], drawn: list[Finding], seconds: float) -> Result:
    """Gather what the run leaves in memory."""
    return Result(
        made.plan,
        made.done.solved,
        (*made.findings, *drawn),
        tuple(audit),
        seconds,
        made.ledger,
        made.redivision,
    )


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
    config = Config.load(config_of_run(out, run, config_file))
    given = read_inputs(config)
    inputs = inputs_of_run(out, run, given, config)
    if run.get("only"):
        inputs = restrict(inputs, config, [str(code) for code in run["only"]])
    return [*audit_streets(out, run, given, config), *_audited(out, inputs, config)]


def _audited(out: Path, inputs: Inputs, config: Config) -> list[Finding]:
    """Audit what is written in a folder; walks promise nothing."""
    return audit_plan(  # nothing is held here: it lets go of what it has judged
        read_plan(out, without=["walks"], unread=True),
        inputs,
        config,
        read_exceptions(out, LISTED_KINDS),
        read_table(out, "institution_decisions", DECIDED),
    )


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
        return job.in_new_ids(standing)
    cells = ground.cells[["unit_id", "community_code"]]
    profile = configured_profile(config.codes, sorted(set(cells["community_code"])))
    told = job.standing(profile, config.project.language, cells)
    return told if standing is None else replace(told, used={**told.used, **standing.used})
