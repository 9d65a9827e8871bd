"""``gridplan map``: the maps of a finished plan, drawn anew."""

import datetime as dt
from pathlib import Path

import click

from gridplan.cli.options import CONFIG_OF_RUN, DATE, QUIET

KINDS = ("png", "pdf", "svg", "html")
SHEETS = ("district", "street", "community", "grid")


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
    "-s",
    "--sheet",
    "sheets",
    type=click.Choice(SHEETS),
    multiple=True,
    help="Sheet of paper to draw, repeatable.  [default: as configured]",
)
@click.option(
    "--paper",
    type=click.Choice(("A3", "8K")),
    help="Paper of all sheets but those of grids.  [default: as configured]",
)
@click.option(
    "--atlas/--no-atlas",
    default=None,
    help="Bind the sheets of every street into one PDF.  [default: as configured]",
)
@CONFIG_OF_RUN
@click.option(
    "--previous",
    metavar="PLAN",
    help="Plan that a re-division changed, for the maps of before and after.  [default: the one "
    "of run.json, where it lies beside OUT or the configuration]",
)
@click.option("--workers", type=click.IntRange(min=0), help="Processes; 0 for every core.")
@DATE
@QUIET
def map_(
    out: Path,
    kinds: tuple[str, ...],
    sheets: tuple[str, ...],
    paper: str | None,
    atlas: bool | None,
    config: Path | None,
    previous: str | None,
    workers: int | None,
    date: dt.date,
    quiet: bool,
) -> None:
    r"""Draw the plan in OUT into OUT/maps; nothing else in OUT is changed.

    Where the layers that the plan was made from are no longer there, or have changed, the maps show
    what the plan itself holds. Of the kinds and sheets that are drawn, files of an earlier drawing
    that are no longer made are deleted; others stay, and so does every file that gridplan did not
    draw.

    \b
    Example:
      gridplan map out/sample --kind html --kind pdf
      gridplan map out/sample --kind svg --sheet grid --no-atlas
    """
    from gridplan.cli import show
    from gridplan.cli.progress import watched
    from gridplan.layers import read_run
    from gridplan.redraw import redraw
    from gridplan.sentences import told

    with watched(quiet) as progress:
        findings = redraw(
            out,
            kinds,
            sheets=sheets,
            paper=paper,
            atlas=atlas,
            config_file=config,
            previous=previous,
            workers=workers,
            date=date,
            on=progress,
        )
    language = read_run(out)["configuration"]["project"]["language"]
    for finding in findings:
        click.echo(f"Warning: {told(finding.kind, finding.message, language)}", err=True)
    show.say(str(out / "maps"), quiet)
