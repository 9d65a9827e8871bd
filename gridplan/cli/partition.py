"""``gridplan partition``: the main job."""

from pathlib import Path

import click

from gridplan.cli.options import (
    ALTERNATIVES,
    CONFIG,
    HOW,
    LEFT,
    ONLY,
    OUT,
    VERBOSE,
    Asked,
    gathered,
)


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
@HOW
@click.option(
    "--dump-problems",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write every community's problem file to DIR as well.",
)
@ALTERNATIVES
@LEFT
@VERBOSE
@gathered
def partition(
    config: Path,
    out: Path,
    level: str,
    assignment: Path | None,
    dump_problems: Path | None,
    alternatives: int,
    verbose: bool,
    asked: Asked,
) -> int:
    r"""Divide the communities of CONFIG into grids.

    Leaves OUT with plan.gpkg, tables/, maps/ and run.json, and audits it. Exit code 4 when a
    promise is broken.

    \b
    Example:
      gridplan partition configs/sample.toml -o out/sample
    """
    from gridplan.cli.job import load

    job = load(config, asked)
    from gridplan.cli.run import options_of, run_and_show
    from gridplan.domain import Level

    if assignment is not None and level == Level.COMMUNITY.value:
        raise click.UsageError("--assignment gives the grids of the communities that there are")
    options = options_of(
        asked,
        assignment=assignment,
        problems=dump_problems,
        alternatives=alternatives,
        level=Level(level),
    )
    return run_and_show(job, out, options, asked, verbose=verbose)
