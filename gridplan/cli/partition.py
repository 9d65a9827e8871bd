"""``gridplan partition``: the main job."""

import datetime as dt
from pathlib import Path

import click

from gridplan.cli.options import (
    ALTERNATIVES,
    CONFIG,
    DATE,
    EFFORT,
    JSON,
    LOG_JSON,
    NO_MAPS,
    ONLY,
    OUT,
    OVERWRITE,
    QUIET,
    RESUME,
    SCHEDULER,
    SEED,
    VERBOSE,
    WORKERS,
)

PROMISE_BROKEN = 4


@click.command(short_help="Divide communities into grids and write everything.")
@CONFIG
@OUT
@ONLY
@click.option(
    "--level",
    type=click.Choice(["grid", "community"]),
    default="grid",
    show_default=True,
    help="What to make: grids, or new communities of the streets as [communities] says, and grids "
    "in them; --only names streets then.",
)
@click.option(
    "--assignment",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Take a hand-made plan (CSV: unit_id, grid) instead of the optimiser's.",
)
@WORKERS
@SCHEDULER
@EFFORT
@SEED
@RESUME
@OVERWRITE
@click.option(
    "--dump-problems",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write every community's problem file to DIR as well.",
)
@ALTERNATIVES
@NO_MAPS
@DATE
@JSON
@LOG_JSON
@QUIET
@VERBOSE
def partition(
    config: Path,
    out: Path,
    only: tuple[str, ...],
    level: str,
    assignment: Path | None,
    workers: int | None,
    scheduler: str,
    effort: float | None,
    seed: int | None,
    resume: bool,
    overwrite: bool,
    dump_problems: Path | None,
    alternatives: int,
    no_maps: bool,
    date: dt.date,
    as_json: bool,
    log_json: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    r"""Divide the communities of CONFIG into grids.

    Leaves OUT with plan.gpkg, tables/, maps/ and run.json, and audits it. Exit code 4 when a
    promise is broken.

    \b
    Example:
      gridplan partition configs/sample.toml -o out/sample
    """
    from gridplan.cli import show
    from gridplan.cli.progress import finished, watched
    from gridplan.cluster import greet
    from gridplan.config import Config
    from gridplan.domain import Level
    from gridplan.pipeline import Options
    from gridplan.pipeline import partition as run

    changes = {"solve.workers": workers, "solve.effort": effort, "solve.seed": seed}
    job = Config.load(config).replace({k: v for k, v in changes.items() if v is not None})
    options = Options(
        only=only,
        assignment=assignment,
        overwrite=overwrite,
        resume=resume,
        maps=not no_maps,
        problems=dump_problems,
        alternatives=alternatives,
        date=date,
        scheduler=scheduler,
        level=Level(level),
    )
    if assignment is not None and options.level is Level.COMMUNITY:
        raise click.UsageError("--assignment gives the grids of the communities that there are")
    with watched(quiet or as_json, log_json) as progress:
        greet(scheduler)
        result = run(job, out, options, progress)
        finished(progress, result)
    if result is None:
        show.say(f"{out} is complete already; nothing to do.", quiet)
        return 0
    if as_json:
        show.as_json(show.summary(result, job, out))
    elif not quiet:
        show.result(result, job, out, verbose=verbose)
    return PROMISE_BROKEN if result.broken else 0
