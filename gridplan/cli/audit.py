"""``gridplan audit``: every promise, recomputed from the written plan."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridplan.cli.exits import PROMISE_BROKEN
from gridplan.cli.options import CONFIG_OF_RUN, JSON, QUIET

if TYPE_CHECKING:
    from gridplan.domain import Finding


@click.command(short_help="Recompute every promise from a written plan.")
@click.argument("out", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option(
    "--plan",
    metavar="FILE",
    help="Audit a plan drawn by hand or by another tool instead: polygons of grids, or a table of "
    "units and grids; needs --config.",
)
@CONFIG_OF_RUN
@click.option(
    "--only",
    multiple=True,
    metavar="CODE",
    help="With --plan: it divides this community only; repeatable.",
)
@JSON
@QUIET
def audit(
    out: Path | None,
    plan: str | None,
    config: Path | None,
    only: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> int:
    r"""Check a plan against its inputs, trusting nothing of whoever made it.

    Exit code 0 when every promise holds or an exception to it is verified, 4 when one is broken.

    \b
    Examples:
      gridplan audit out/sample
      gridplan audit --plan drawn.shp --config configs/sample.toml
      gridplan audit --plan "grids.csv|unit=LD|grid=WG" --config configs/sample.toml
    """
    from gridplan.cli import show

    findings, language = _judged(out, plan, config, only)
    if as_json:
        show.as_json([show.finding_row(f) for f in findings])
    elif not quiet:
        show.audit(findings, language)
    return PROMISE_BROKEN if show.broken(findings) else 0


def _judged(
    out: Path | None, plan: str | None, config: Path | None, only: tuple[str, ...]
) -> "tuple[list[Finding], str]":
    """Audit one or the other; the findings, and the language of the job."""
    if (out is None) == (plan is None):
        raise click.UsageError("give either the output folder OUT, or --plan FILE")
    if plan is not None:
        from gridplan.config import Config
        from gridplan.foreign import audit_any

        if config is None:
            raise click.UsageError("--plan needs --config FILE, the job that the plan answers")
        return audit_any(plan, config, only), Config.load(config).project.language
    assert out is not None
    if only:
        raise click.UsageError("--only goes with --plan; a run's folder knows its communities")
    from gridplan.layers import read_run
    from gridplan.pipeline import audit_folder

    findings = audit_folder(out, config)
    return findings, read_run(out)["configuration"]["project"]["language"]
