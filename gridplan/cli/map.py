"""``gridplan map``: the maps of a finished plan, drawn anew."""

import datetime as dt
from pathlib import Path

import click

from gridplan.cli.options import DATE, QUIET

KINDS = ("png", "pdf", "svg", "html")


@click.command("map", short_help="Draw the maps of a finished plan again.")
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "-k",
    "--kind",
    "kinds",
    type=click.Choice(KINDS),
    multiple=True,
    help="Kind of map, repeatable.  [default: as configured]",
)
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Configuration of the job.  [default: the one named in OUT/run.json]",
)
@click.option("--workers", type=click.IntRange(min=0), help="Processes; 0 for every core.")
@DATE
@QUIET
def map_(
    out: Path,
    kinds: tuple[str, ...],
    config: Path | None,
    workers: int | None,
    date: dt.date,
    quiet: bool,
) -> None:
    r"""Draw the plan in OUT into OUT/maps; nothing else in OUT is changed.

    Where the layers that the plan was made from are no longer there, or have changed, the maps show
    what the plan itself holds.

    \b
    Example:
      gridplan map out/sample --kind html --kind pdf
    """
    from gridplan.cli import show
    from gridplan.redraw import redraw

    with show.progress(quiet) as progress:
        findings = redraw(out, kinds, config_file=config, workers=workers, date=date, on=progress)
    for finding in findings:
        click.echo(f"Warning: {finding.message}", err=True)
    show.say(str(out / "maps"), quiet)
