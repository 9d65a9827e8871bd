"""Every community solved: those that fail are left out and named, a ceiling on change is held."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from gridplan.answers import Answer
from gridplan.assemble import hand_made
from gridplan.config import Config
from gridplan.domain import Finding
from gridplan.errors import InfeasibleError, OutputError, SolverError
from gridplan.export import OutputFolder
from gridplan.layers import Inputs, read_assignment
from gridplan.optimise import Solution, write_problem
from gridplan.optimise.objective import cut_metres
from gridplan.prepare import Ground, Task, community_tasks, restrict
from gridplan.redivide import Redivision, Revision, Weighed, allowed, check_only, hold, sharing
from gridplan.runs import Options, Progress
from gridplan.solved import (
    Solved,
    breakdowns,
    causes_of,
    conflicts,
    judged,
    out_of_range,
    solved_task,
)
from gridplan.text import file_stems
from gridplan.work import solve_all


def dump_problems(tasks: Sequence[Task], folder: Path) -> None:
    """Write every community's problem file (design section 11), named by its code.

    Raises
    ------
    OutputError
        Where the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tasks = sorted(tasks, key=lambda task: task.community_code)
        stems = file_stems([task.community_code for task in tasks])
        for task, stem in zip(tasks, stems, strict=True):
            write_problem(task.problem, folder / f"{stem}.json")
    except OSError as err:
        raise OutputError(f"{folder}: problem files cannot be written: {err.strerror}") from err


@dataclass(frozen=True)
class Divided:
    """What solving leaves: the communities that have a plan, and everything found so far.

    ``lost`` are the communities that are left out, for they failed.
    """

    inputs: Inputs
    ground: Ground
    tasks: list[Task]
    solved: tuple[Solved, ...]
    findings: list[Finding]
    lost: frozenset[str] = frozenset()


def divide(
    inputs: Inputs,
    ground: Ground,
    config: Config,
    options: Options,
    folder: OutputFolder,
    progress: Progress,
    job: Redivision | None = None,
    previous: Mapping[str, str] | None = None,
) -> Divided:
    """Solve the communities wanted; those whose hard rules conflict are left out and named.

    Parameters
    ----------
    inputs, ground, config, options, folder, progress
        The run.
    job
        The plan to be changed; None for a division from nothing.
    previous
        Where there is none: what every unit belonged to, for ``objective.change`` to count.

    Raises
    ------
    ConfigError
        Where communities are left out that must be re-divided with the others.
    InfeasibleError
        Where the hard rules conflict in every community, or the ceiling on change cannot be held.
    """
    if job is not None and options.only:
        check_only(job, ground.cells, options.only)
    if options.only:
        inputs = restrict(inputs, config, options.only)
        ground = ground.restricted(options.only)
    unmade: dict[str, str] = {}
    old = previous if job is None else job.home
    coming: Iterable[Task] = community_tasks(
        inputs, ground, config, old, unmade, largest_first=True
    )
    if options.problems:
        coming = list(coming)
        dump_problems(coming, options.problems)
    tasks, solved = _solve(coming, ground, config, options, folder, progress, job)
    solved, failed, lost = _sorted_out(solved, tasks, unmade, ground, job)
    if lost:
        inputs, ground = _without(inputs, ground, config, failed, lost)
        solved = tuple(s for s in solved if s.code not in lost)
    findings = [*failed, *inputs.findings, *folder.findings, *ground.findings]
    findings += [] if job is None else job.matched.findings
    findings += [f for task in tasks for f in task.findings]
    findings += out_of_range(solved)
    return Divided(inputs, ground, tasks, solved, findings, frozenset(lost))


def _solve(
    coming: Iterable[Task],
    ground: Ground,
    config: Config,
    options: Options,
    folder: OutputFolder,
    progress: Progress,
    job: Redivision | None,
) -> tuple[list[Task], tuple[Solved, ...]]:
    """Solve the communities as they come; both lists are in the order of their codes."""
    progress.stage("assignment" if options.assignment else "solve")
    progress.total(ground.residential["community_code"].nunique())
    made: dict[str, Solution | Revision] = {}
    if options.assignment or job is not None:
        coming = list(coming)
    if options.assignment:
        table = read_assignment(options.assignment, ground.cells["unit_id"])
        labels = hand_made(table, ground.cells)
        made.update({t.community_code: judged(t, labels[t.community_code]) for t in coming})
    if job is not None:
        made.update({t.community_code: job.revision(t.problem) for t in coming})
    run = partial(
        solve_all,
        settings=config.solve,
        count=options.alternatives,
        scheduler=options.scheduler,
    )
    tasks, solved = [], []
    for task, answer in run(coming, checkpoint=folder.checkpoint_path, made=made):
        done = solved_task(task, answer)
        progress.solved(done)
        tasks.append(task)
        solved.append(done)
    tasks.sort(key=lambda task: task.community_code)
    if job is not None and job.wanted.max_share is not None:
        solved = _held(solved, tasks, job, job.wanted.max_share, folder, run)
    return tasks, tuple(sorted(solved, key=lambda s: s.code))


def _held(
    solved: list[Solved],
    tasks: list[Task],
    job: Redivision,
    max_share: float,
    folder: OutputFolder,
    run: Callable[..., Iterator[tuple[Task, Answer]]],
) -> list[Solved]:
    """Hold the ceiling on change: where it is broken, some communities take their least change.

    Raises
    ------
    InfeasibleError
        Where that does not suffice.
    """
    first = {s.code: seen for s in solved if (seen := _weighed(s)) is not None}
    if sum(plan.moved for plan in first.values()) <= allowed(first, max_share):
        return solved
    named = job.wanted.policy.scope == "named"
    tight = replace(job.wanted.policy, scope="named" if named else "all", least=True)
    again = [t for t in tasks if t.community_code in first and first[t.community_code].moved]
    made = {t.community_code: job.revision(t.problem, tight) for t in again}
    checkpoint = partial(folder.checkpoint_path, suffix=".least.json")
    least = {
        task.community_code: solved_task(task, answer)
        for task, answer in run(again, checkpoint=checkpoint, made=made)
    }
    better = {code: seen for code, s in least.items() if (seen := _weighed(s)) is not None}
    chosen = set(hold(first, better, max_share))
    return [least[s.code] if s.code in chosen else s for s in solved]


def _weighed(solved: Solved) -> Weighed | None:
    """A plan as the ceiling sees it; None where there is no plan."""
    answer = solved.answer
    if answer.change is None or answer.solution.objective is None:
        return None
    return Weighed(answer.solution.breach, answer.solution.objective, answer.change)


def _sorted_out(
    solved: tuple[Solved, ...],
    tasks: Sequence[Task],
    unmade: Mapping[str, str],
    ground: Ground,
    job: Redivision | None,
) -> tuple[tuple[Solved, ...], list[Finding], set[str]]:
    """Say what failed and is left out; a re-division keeps old grids instead where they can stay.

    Where old grids lie partly in a community that is left out, the others that they lie in are left
    out too, so that no code ends by a failure.
    """
    refused = conflicts(tasks, solved)
    causes = {**unmade, **causes_of(solved)}
    lost = set(causes).union(f.community_code for f in refused)
    kept: set[str] = set()
    if job is not None and lost:
        solved, kept = _as_before(solved, tasks, job)
        causes |= sharing(job, ground.cells, lost - kept)
        lost = lost.union(causes) - kept
    return solved, [*refused, *breakdowns(causes, kept)], lost


def _as_before(
    solved: tuple[Solved, ...], tasks: Sequence[Task], job: Redivision
) -> tuple[tuple[Solved, ...], set[str]]:
    """Let communities that failed keep their old grids; which did. None where all failed."""
    causes = causes_of(solved)
    asked = [] if len(causes) == len(solved) else [t for t in tasks if t.community_code in causes]
    kept = {}
    for task in asked:
        code, problem = task.community_code, task.problem
        change = job.no_change(problem)
        if change is not None:
            labels = dict(zip(problem.node_ids, problem.previous or (), strict=True))
            made = judged(task, labels, f"kept as it was: {causes[code]}")
            cut_m = round(cut_metres(problem, made.assignment), 3)
            kept[code] = solved_task(task, Answer(made, cut_m=cut_m, change=change.to_dict()))
    return tuple(kept.get(s.code, s) for s in solved), set(kept)


def _without(
    inputs: Inputs,
    ground: Ground,
    config: Config,
    failed: Sequence[Finding],
    lost: Collection[str],
) -> tuple[Inputs, Ground]:
    """Go on without the communities that failed; where all did, there is nothing to go on with.

    Raises
    ------
    InfeasibleError
        Where the hard rules conflict in every community.
    SolverError
        Where all failed, and some for another reason.
    """
    left = [code for code in inputs.communities["community_code"] if code not in lost]
    if not left:
        broken = any(f.kind == "community-failed" for f in failed)
        raise (SolverError if broken else InfeasibleError)(f.message for f in failed)
    return restrict(inputs, config, left), ground.restricted(left)
