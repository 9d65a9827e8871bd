"""The main job: from a configuration to a finished output folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import pandas as pd

from gridplan.assemble import assemble, hand_made
from gridplan.audit import audit_plan
from gridplan.codes import Standing
from gridplan.config import Config
from gridplan.domain import Finding, Plan, Severity
from gridplan.drawing import backdrop_of, draw_kinds, page_details
from gridplan.errors import InfeasibleError, LayerError, OutputError
from gridplan.export import OutputFolder, open_output, write_plan, write_qgis
from gridplan.layers import (
    Inputs,
    read_assignment,
    read_exceptions,
    read_inputs,
    read_plan,
    read_run,
    read_table,
)
from gridplan.optimise import Solution, write_problem
from gridplan.prepare import Ground, Task, community_tasks, prepare_ground, restrict
from gridplan.provenance import run_record, signature_of
from gridplan.report import write_report
from gridplan.runs import Options, Progress, Result
from gridplan.solved import (
    Solved,
    alignment,
    alternative_tables,
    conflicts,
    judged,
    out_of_range,
    outcomes_of,
    solved_task,
)
from gridplan.tables import (
    build_tables,
    household_ledger,
    open_rows,
    reconcile,
    write_csvs,
    write_workbook,
)
from gridplan.text import file_stems
from gridplan.work import solve_all

__all__ = ["Options", "Progress", "Result", "audit_folder", "dump_problems", "partition"]

LISTED = (Severity.ERROR, Severity.EXCEPTION, Severity.REPAIRED, Severity.WARNING)
"""Severities that ``tables/exceptions`` lists."""


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
        progress.stage("prepare")
        ground = prepare_ground(inputs, config)
        whole, placed = inputs, ground.cells["unit_id"]
        done = _divide(inputs, ground, config, options, folder, progress)
        inputs, ground, solved, findings = done.inputs, done.ground, done.solved, done.findings
        progress.stage("assemble")
        plan = assemble(inputs, ground, outcomes_of(solved), config, findings, standing)
        progress.stage("tables")
        ledger = household_ledger(whole, placed, plan.units["unit_id"])
        findings += open_rows(ledger)
        write_plan(plan, folder.path / "plan.gpkg")
        _write_tables(
            plan, inputs, ground, solved, findings, ledger, config, options, folder, standing
        )
        _write_qgis(plan, config, options, folder)
        progress.stage("audit")
        audit = _audited(folder.path, inputs, config)
        if options.maps and config.outputs.maps:
            progress.stage("maps")
            findings += draw_kinds(
                plan,
                folder.path / "maps",
                config.outputs.maps,
                config,
                backdrop_of(inputs),
                page_details(config, done.tasks, [*findings, *audit]),
                options.date,
                progress.drawn,
            )
        result = Result(plan, solved, tuple(findings), tuple(audit), perf_counter() - began, ledger)
        folder.write_run(run_record(config, inputs, options, result, out))
        if config.outputs.report:
            progress.stage("report")
            write_report(folder.path, plan)
    return result


def dump_problems(tasks: Sequence[Task], folder: Path) -> None:
    """Write every community's problem file (design section 11), named by its code.

    Raises
    ------
    OutputError
        Where the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stems = file_stems([task.community_code for task in tasks])
        for task, stem in zip(tasks, stems, strict=True):
            write_problem(task.problem, folder / f"{stem}.json")
    except OSError as err:
        raise OutputError(f"{folder}: problem files cannot be written: {err.strerror}") from err


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
    inputs = read_inputs(config)
    if run.get("only"):
        inputs = restrict(inputs, config, [str(code) for code in run["only"]])
    return _audited(out, inputs, config)


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


@dataclass(frozen=True)
class _Divided:
    """What solving leaves: the communities that have a plan, and everything found so far."""

    inputs: Inputs
    ground: Ground
    tasks: list[Task]
    solved: tuple[Solved, ...]
    findings: list[Finding]


def _divide(
    inputs: Inputs,
    ground: Ground,
    config: Config,
    options: Options,
    folder: OutputFolder,
    progress: Progress,
) -> _Divided:
    """Solve the communities wanted; those whose hard rules conflict are left out and named."""
    if options.only:
        inputs = restrict(inputs, config, options.only)
        ground = ground.restricted(options.only)
    tasks = list(community_tasks(inputs, ground, config))
    if options.problems:
        dump_problems(tasks, options.problems)
    solved = _solve(tasks, ground, config, options, folder, progress)
    failed = conflicts(tasks, solved)
    if failed:
        inputs, ground = _without(inputs, ground, config, failed)
        solved = tuple(s for s in solved if s.solution.status != "infeasible")
    findings = [*failed, *inputs.findings, *folder.findings, *ground.findings]
    findings += [f for task in tasks for f in task.findings]
    findings += out_of_range(tasks, solved, by_hand=options.assignment is not None)
    return _Divided(inputs, ground, tasks, solved, findings)


def _solve(
    tasks: list[Task],
    ground: Ground,
    config: Config,
    options: Options,
    folder: OutputFolder,
    progress: Progress,
) -> tuple[Solved, ...]:
    progress.total(len(tasks))
    made: dict[str, Solution] = {}
    if options.assignment:
        progress.stage("assignment")
        table = read_assignment(options.assignment, ground.cells["unit_id"])
        labels = hand_made(table, ground.cells)
        made = {t.community_code: judged(t, labels[t.community_code]) for t in tasks}
    else:
        progress.stage("solve")
    solved = []
    for task, answer in solve_all(
        tasks, config.solve, folder.checkpoint_path, count=options.alternatives, made=made
    ):
        done = solved_task(task, answer)
        progress.solved(done)
        solved.append(done)
    return tuple(sorted(solved, key=lambda s: s.code))


def _without(
    inputs: Inputs, ground: Ground, config: Config, failed: Sequence[Finding]
) -> tuple[Inputs, Ground]:
    """Go on without the communities that failed; where all did, there is nothing to go on with.

    Raises
    ------
    InfeasibleError
        Where the hard rules conflict in every community.
    """
    lost = {f.community_code for f in failed}
    left = [code for code in inputs.communities["community_code"] if code not in lost]
    if not left:
        raise InfeasibleError(f.message for f in failed)
    return restrict(inputs, config, left), ground.restricted(left)


def _write_tables(
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
) -> None:
    listed = [f for f in findings if f.severity in LISTED]
    home = ground.cells.set_index("unit_id")["community_code"]
    read = pd.DataFrame(inputs.units[["unit_id", "households"]])
    read["community_code"] = read["unit_id"].map(home).fillna("")
    basis = config.inputs.units.household_basis
    more = {"alignment": alignment(solved)}
    if options.alternatives:
        more |= alternative_tables(solved, plan.zone_layers)
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


def _write_qgis(plan: Plan, config: Config, options: Options, folder: OutputFolder) -> None:
    write_qgis(
        plan,
        folder.path,
        title=config.project.name,
        language=config.project.language,
        grid_range=(config.grids.min, config.grids.max),
        exceptions=read_exceptions(folder.path),
        date=options.date,
    )
