"""``gridplan partition``: the main job."""

import datetime as dt
from pathlib import Path

import click

from gridplan.cli.options import ALTERNATIVES, CONFIG, DATE, JSON, QUIET, VERBOSE

PROMISE_BROKEN = 4


@click.command(short_help="Divide communities into grids and write everything.")
@CONFIG
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default="out",
    show_default=True,
    help="Output folder; it appears when everything in it is complete.",
)
@click.option(
    "--only", multiple=True, metavar="CODE", help="Divide this community only; repeatable."
)
@click.option(
    "--assignment",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Take a hand-made plan (CSV: unit_id, grid) instead of the optimiser's.",
)
@click.option("--workers", type=click.IntRange(min=0), help="Processes; 0 for every core.")
@click.option(
    "--effort",
    type=click.FloatRange(min=0, min_open=True),
    help="Counted work: 0.1 for a draft, 10 for the final plan.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Seed of everything drawn by lot.")
@click.option("--resume", is_flag=True, help="Go on where an interrupted run stopped.")
@click.option("--overwrite", is_flag=True, help="Replace an existing output folder.")
@click.option(
    "--dump-problems",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write every community's problem file to DIR as well.",
)
@ALTERNATIVES
@click.option("--no-maps", is_flag=True, help="Draw no maps.")
@DATE
@JSON
@QUIET
@VERBOSE
def partition(
    config: Path,
    out: Path,
    only: tuple[str, ...],
    assignment: Path | None,
    workers: int | None,
    effort: float | None,
    seed: int | None,
    resume: bool,
    overwrite: bool,
    dump_problems: Path | None,
    alternatives: int,
    no_maps: bool,
    date: dt.date,
    as_json: bool,
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
    from gridplan.config import Config
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
    )
    with show.progress(quiet or as_json) as progress:
        result = run(job, out, options, progress)
    if result is None:
        show.say(f"{out} is complete already; nothing to do.", quiet)
        return 0
    if as_json:
        show.as_json(show.summary(result, job, out))
    elif not quiet:
        show.result(result, job, out, verbose=verbose)
    return PROMISE_BROKEN if result.broken else 0
