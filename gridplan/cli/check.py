"""``gridplan check``: a doctor for all layers at once."""

from pathlib import Path

import click

from gridplan.cli.options import CONFIG, JSON, QUIET

WRONG = 1


@click.command(short_help="Look at all layers: errors, repairs, warnings.")
@CONFIG
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the findings at their places, such as findings.gpkg, to open in QGIS.",
)
@click.option("--strict", is_flag=True, help="Treat repairs as errors.")
@JSON
@QUIET
def check(config: Path, out: Path | None, strict: bool, as_json: bool, quiet: bool) -> int:
    r"""Read the layers of CONFIG as partition would, and say what is wrong with them.

    Exit code 1 when something would stop partition (or was repaired, with --strict).

    \b
    Example:
      gridplan check configs/sample.toml -o findings.gpkg
    """
    from gridplan.check import check as look
    from gridplan.cli import show
    from gridplan.config import Config
    from gridplan.domain import Severity
    from gridplan.export import write_findings

    job = Config.load(config)
    found = look(job)
    found = found.strict() if strict else found
    if out is not None and found.places is not None:
        write_findings(found.places, out)
    if as_json:
        show.as_json(show.looked(found))
    elif not quiet:
        show.checked(found, job.project.language)
    return WRONG if found.count(Severity.ERROR) else 0
