"""The main job: from a configuration to a finished output folder."""

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import geopandas as gpd
import pandas as pd

from gridplan import __version__
from gridplan.assemble import assemble, hand_made
from gridplan.audit import audit_plan
from gridplan.codes import BANDING_RULE
from gridplan.config import Config
from gridplan.domain import Finding, Plan, Severity
from gridplan.errors import InfeasibleError, LayerError, OutputError
from gridplan.export import OutputFolder, open_output, write_plan
from gridplan.layers import (
    Inputs,
    read_assignment,
    read_exceptions,
    read_inputs,
    read_plan,
    read_run,
)
from gridplan.maps import Backdrop, draw_maps
from gridplan.optimise import Solution, write_problem
from gridplan.prepare import Ground, Task, community_tasks, prepare_ground, restrict
from gridplan.solved import (
    Solved,
    conflicts,
    judged,
    out_of_range,
    outcomes_of,
    solved_task,
)
from gridplan.tables import build_tables, reconcile, write_csvs, write_workbook
from gridplan.text import file_stems
from gridplan.work import solve_all

LISTED = (Severity.ERROR, Severity.EXCEPTION, Severity.REPAIRED, Severity.WARNING)
"""Severities that ``tables/exceptions`` lists."""


@dataclass(frozen=True)
class Options:
    """What the command line adds to the configuration.

    Parameters
    ----------
    only
        Codes of the communities to divide; all where empty.
    assignment
        Hand-made plan that takes the optimiser's place.
    overwrite, resume
        Whether an existing output may be replaced, or continued.
    maps
        Whether maps are drawn.
    problems
        Folder that also gets every community's problem file; none where None.
    date
        Date printed on everything.
    """

    only: tuple[str, ...] = ()
    assignment: Path | None = None
    overwrite: bool = False
    resume: bool = False
    maps: bool = True
    problems: Path | None = None
    date: dt.date = field(default_factory=dt.date.today)


@dataclass(frozen=True)
class Result:
    """What a run leaves in memory."""

    plan: Plan
    solved: tuple[Solved, ...]
    findings: tuple[Finding, ...]
    audit: tuple[Finding, ...]
    seconds: float

    @property
    def broken(self) -> tuple[Finding, ...]:
        """Promises that do not hold, and communities that could not be divided."""
        bad = (Severity.BROKEN, Severity.ERROR)
        return tuple(f for f in (*self.findings, *self.audit) if f.severity in bad)


class Progress:
    """What a run tells while it works; the command line draws it, the default stays silent."""

    def stage(self, name: str) -> None:
        """Tell that a stage begins."""

    def total(self, communities: int) -> None:
        """Tell how many communities will be solved."""

    def solved(self, community: Solved) -> None:
        """Tell that a community is solved."""

    def drawn(self, name: str) -> None:
        """Tell that a map is drawn."""


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
    signature = _signature(config, inputs, options)
    protect = [s.path for _, s in config.inputs.sources() if isinstance(s.path, Path)]
    with open_output(
        out,
        overwrite=options.overwrite,
        resume=options.resume,
        signature=signature,
        protect=[*protect, config.file],
    ) as folder:
        if folder.done:
            return None
        progress.stage("prepare")
        ground = prepare_ground(inputs, config)
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
        findings += [f for task in tasks for f in task.findings] + list(
            out_of_range(tasks, solved, by_hand=options.assignment is not None)
        )
        progress.stage("assemble")
        plan = assemble(inputs, ground, outcomes_of(solved), config, findings)
        progress.stage("tables")
        write_plan(plan, folder.path / "plan.gpkg")
        _write_tables(plan, inputs, ground, findings, config, options, folder)
        progress.stage("audit")
        audit = audit_plan(read_plan(folder.path), inputs, config, read_exceptions(folder.path))
        if options.maps and _formats(config):
            progress.stage("maps")
            findings += _draw(plan, inputs, config, options, folder, progress)
        result = Result(plan, solved, tuple(findings), tuple(audit), perf_counter() - began)
        folder.write_run(_record(config, inputs, options, result, out))
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
    return audit_plan(read_plan(out), inputs, config, read_exceptions(out))


def _signature(config: Config, inputs: Inputs, options: Options) -> str:
    hand = options.assignment
    parts = {
        "version": __version__,
        "config": config.digest(),
        "inputs": dict(inputs.hashes),
        "only": sorted(options.only),
        "assignment": hashlib.sha256(hand.read_bytes()).hexdigest()
        if hand and hand.is_file()
        else "",
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _solve(
    tasks: list[Task],
    ground: Ground,
    config: Config,
    options: Options,
    folder: OutputFolder,
    progress: Progress,
) -> tuple[Solved, ...]:
    progress.total(len(tasks))
    if options.assignment:
        progress.stage("assignment")
        table = read_assignment(options.assignment, ground.cells["unit_id"])
        labels = hand_made(table, ground.cells)
        solutions: Iterable[tuple[Task, Solution]] = (
            (task, judged(task, labels[task.community_code])) for task in tasks
        )
    else:
        progress.stage("solve")
        solutions = solve_all(tasks, config.solve, folder.checkpoint_path)
    solved = []
    for task, solution in solutions:
        done = solved_task(task, solution)
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
    findings: list[Finding],
    config: Config,
    options: Options,
    folder: OutputFolder,
) -> None:
    listed = [f for f in findings if f.severity in LISTED]
    home = ground.cells.set_index("unit_id")["community_code"]
    read = pd.DataFrame(inputs.units[["unit_id", "households"]])
    read["community_code"] = read["unit_id"].map(home).fillna("")
    basis = config.inputs.units.household_basis
    tables = build_tables(
        plan, listed, reconcile(read, plan), date=options.date, household_basis=basis
    )
    write_csvs(tables, folder.path / "tables")
    if "xlsx" in config.outputs.tables:
        write_workbook(
            tables,
            folder.path / "tables" / "gridplan.xlsx",
            config.project.language,
            date=options.date,
            household_basis=basis,
        )


def _draw(
    plan: Plan,
    inputs: Inputs,
    config: Config,
    options: Options,
    folder: OutputFolder,
    progress: Progress,
) -> list[Finding]:
    return draw_maps(
        plan,
        folder.path / "maps",
        backdrop=backdrop_of(inputs),
        project=config.project.name,
        language=config.project.language,
        date=options.date.isoformat(),
        grid_range=(config.grids.min, config.grids.max),
        formats=_formats(config),
        workers=config.solve.workers,
        on_done=progress.drawn,
    )


def _formats(config: Config) -> tuple[str, ...]:
    return tuple(name for name in config.outputs.maps if name != "html")


def backdrop_of(inputs: Inputs) -> Backdrop:
    """Choose what is drawn under the grids: footprints, roads, water and rail by their names."""
    units = inputs.units
    return Backdrop(
        roads=inputs.extra.get("roads"),
        buildings=inputs.extra.get("buildings", units[units.geom_type != "Point"]),
        water=_named(inputs, ("river", "water", "canal", "lake", "河", "水", "江", "湖")),
        rail=_named(inputs, ("rail", "metro", "铁", "轨")),
    )


def _named(inputs: Inputs, words: tuple[str, ...]) -> "gpd.GeoDataFrame | None":
    for name in inputs.barriers:
        if any(word in name.casefold() for word in words):
            return inputs.barriers[name]
    return None


def _record(
    config: Config, inputs: Inputs, options: Options, result: Result, out: Path
) -> dict[str, object]:
    """Gather what ``run.json`` holds."""
    partial = options.only or any(f.kind == "community-conflict" for f in result.findings)
    return {
        "version": __version__,
        "configuration": config.to_dict(),
        "configuration_file": _relative(config.file, out),
        "inputs": dict(inputs.hashes),
        "date": options.date,
        "only": sorted(inputs.communities["community_code"]) if partial else [],
        "seed": config.solve.seed,
        "numbering": BANDING_RULE,
        "communities": {s.code: _community_record(s) for s in result.solved},
        "findings": [_finding_record(f) for f in result.findings],
        "audit": [_finding_record(f) for f in result.audit],
        "seconds": round(result.seconds, 1),
    }


def _relative(file: Path, out: Path) -> str:
    try:
        return Path(os.path.relpath(file, out.absolute())).as_posix()
    except ValueError:  # another drive
        return file.as_posix()


def _community_record(solved: Solved) -> dict[str, object]:
    answer = solved.solution.to_dict()
    del answer["assignment"]
    return {**answer, "units": solved.units}


def _finding_record(finding: Finding) -> dict[str, object]:
    return {k: v for k, v in vars(finding).items() if v not in ("", None)}
