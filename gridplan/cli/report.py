"""``gridplan report``: the report of a finished plan, made anew."""

from pathlib import Path

import click

from gridplan.cli.options import QUIET


@click.command(short_help="Write the report of a finished plan again.")
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@QUIET
def report(out: Path, quiet: bool) -> None:
    r"""Write report.html and report.pdf from what stands in the output folder OUT.

    Links to the maps and tables that are there; nothing else in OUT is changed.

    \b
    Example:
      gridplan report out/sample
    """
    from gridplan.cli import show
    from gridplan.report import write_report

    for path in write_report(out):
        show.say(str(path), quiet)
