"""``gridplan batch``: many jobs in one go, or one job with many settings."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridplan.cli.exits import SOME_FAILED
from gridplan.cli.options import HOW, LEFT, ONLY, Asked, gathered

if TYPE_CHECKING:
    from gridplan.batch.jobs import Job
    from gridplan.batch.run import Settings
    from gridplan.batch.vary import Vary


@click.command(short_help="Run many configurations, or one with many settings.")
@click.argument("jobs", nargs=-1, required=True)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default="out/batch",
    show_default=True,
    help="Folder of the batch: a folder for each job, batch.csv and batch.json.",
)
@click.option(
    "--vary",
    multiple=True,
    metavar="KEY=V1,V2,...",
    help="Run one configuration with each value of a setting; repeatable, for every combination.",
)
@click.option(
    "--previous",
    default="",
    metavar="PLAN",
    help="Divide a plan anew in every job that names none, as redivide does.",
)
@click.option("--dry-run", is_flag=True, help="List the jobs and what is wrong with them; do none.")
@ONLY
@HOW
@LEFT
@gathered
def batch(
    jobs: tuple[str, ...],
    out: Path,
    vary: tuple[str, ...],
    previous: str,
    dry_run: bool,
    asked: Asked,
) -> int:
    r"""Run every job of JOBS: configurations, patterns of them, lists of jobs (TOML or CSV).

    A job that fails does not stop the others. Leaves a folder for each job in OUT, and what came
    of each in OUT/batch.csv and OUT/batch.json. Exit code 5 when some failed.

    \b
    Example:
      gridplan batch 'cities/*.toml' -o out/cities --resume
      gridplan batch jobs.csv --dry-run
      gridplan batch city.toml --vary grids.min=200,250,300 -o out/ranges
    """
    from gridplan.batch.jobs import read_jobs
    from gridplan.batch.run import Settings, look_ahead
    from gridplan.batch.vary import read_vary, scenarios
    from gridplan.cli import batches

    varied = read_vary(vary)
    wanted = read_jobs(jobs, out)
    if varied:
        wanted = scenarios(wanted, varied, out)
    wanted = [
        replace(job, only=asked.only or job.only, previous=job.previous or previous)
        for job in wanted
    ]
    changes = {"solve.effort": asked.effort, "solve.seed": asked.seed}
    settings = Settings(
        out=out,
        workers=asked.workers or 0,
        scheduler=asked.scheduler,
        overwrite=asked.overwrite,
        resume=asked.resume,
        maps=not asked.no_maps,
        date=asked.date,
        changes=tuple((key, value) for key, value in changes.items() if value is not None),
        log_json=asked.log_json,
    )
    if dry_run:
        ended = list(look_ahead(wanted, settings))
        batches.show_plan(ended, as_json=asked.as_json, quiet=asked.quiet)
    else:
        ended = _run(wanted, settings, varied, as_json=asked.as_json, quiet=asked.quiet)
    return SOME_FAILED if any(outcome.exit_code for outcome in ended) else 0


def _run(
    wanted: "Sequence[Job]",
    settings: "Settings",
    varied: "Sequence[Vary]",
    *,
    as_json: bool,
    quiet: bool,
) -> list[Any]:
    from gridplan.batch.run import language_of, run_batch
    from gridplan.batch.tradeoff import trade_off, write_trade_off
    from gridplan.cli import batches
    from gridplan.cli.progress import watched

    silent = quiet or as_json or settings.log_json
    with watched(True, settings.log_json), batches.counted(len(wanted), silent) as on_done:
        ended = run_batch(wanted, settings, on_done)
    table = None
    if varied:
        table = trade_off(ended, varied)
        anew = any(job.previous for job in wanted)
        write_trade_off(table, varied, settings.out, language_of(wanted), previous=anew)
    if as_json:
        batches.tell(ended, table)
    elif not quiet:
        batches.show_outcomes(ended, table, settings.out)
    return ended
