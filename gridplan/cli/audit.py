"""``gridplan audit``: every promise, recomputed from the written plan."""

from pathlib import Path

import click

from gridplan.cli.options import JSON, QUIET

PROMISE_BROKEN = 4


@click.command(short_help="Recompute every promise from a written plan.")
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Configuration of the job.  [default: the one named in OUT/run.json]",
)
@JSON
@QUIET
def audit(out: Path, config: Path | None, as_json: bool, quiet: bool) -> int:
    r"""Check the plan in OUT against its inputs, trusting nothing of the optimiser.

    Exit code 0 when every promise holds or an exception to it is verified, 4 when one is broken.

    \b
    Example:
      gridplan audit out/sample
    """
    from gridplan.cli import show
    from gridplan.pipeline import audit_folder

    findings = audit_folder(out, config)
    if as_json:
        show.as_json([show.finding_row(f) for f in findings])
    elif not quiet:
        show.audit(findings)
    return PROMISE_BROKEN if show.broken(findings) else 0
