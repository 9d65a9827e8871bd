"""``gridplan redivide``: next year's division, with little change."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from gridplan.redivide import Policy

PROMISE_BROKEN = 4


def _share(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    """Read 5% or 0.05."""
    if value is None:
        return None
    text = value.strip()
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise click.BadParameter(f"{value!r} is no share; write 5% or 0.05")
    return share


@click.command(short_help="Change a plan as little as the new situation allows.")
@CONFIG
@click.option(
    "--previous",
    required=True,
    metavar="PLAN",
    help="Plan to change: output folder, plan.gpkg, polygons of grids, or a table of units and "
    "grids (also FILE|grid=COLUMN|unit=COLUMN).",
)
@OUT
@click.option(
    "--scope",
    multiple=True,
    default=("minimal",),
    show_default=True,
    metavar="WHAT",
    help="minimal: grids that cannot stay and as few neighbours as needed; all; or the code of a "
    "grid or community that alone may change, repeatable.",
)
@click.option(
    "--max-change",
    callback=_share,
    metavar="SHARE",
    help="Ceiling: share of the households of unchanged units that may get another grid, such as "
    "5%. Exit code 3 where it cannot be held.",
)
@click.option(
    "--locks",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Locks (CSV: kind, a, b, note) in place of [inputs.locks], such as the map's what-if.",
)
@ONLY
@WORKERS
@SCHEDULER
@EFFORT
@SEED
@RESUME
@OVERWRITE
@ALTERNATIVES
@NO_MAPS
@DATE
@JSON
@LOG_JSON
@QUIET
@VERBOSE
def redivide(
    config: Path,
    previous: str,
    out: Path,
    scope: tuple[str, ...],
    max_change: float | None,
    locks: Path | None,
    only: tuple[str, ...],
    workers: int | None,
    scheduler: str,
    effort: float | None,
    seed: int | None,
    resume: bool,
    overwrite: bool,
    alternatives: int,
    no_maps: bool,
    date: dt.date,
    as_json: bool,
    log_json: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    r"""Divide the communities of CONFIG anew, close to the plan PLAN.

    Writes all that partition writes, and tables/lineage, crosswalk, unit_crosswalk and
    before_after. Codes go on where old and new grid share more than half of their households.
    Exit code 3 when --max-change cannot be held, 4 when a promise is broken.

    \b
    Example:
      gridplan redivide city.toml --previous out/2026 -o out/2027 --max-change 5%
    """
    from gridplan.cli import show
    from gridplan.cli.progress import finished, watched
    from gridplan.cluster import greet
    from gridplan.config import Config
    from gridplan.pipeline import Options
    from gridplan.pipeline import partition as run
    from gridplan.redivide import Wanted

    changes: dict[str, object] = {
        key: value
        for key, value in {
            "solve.workers": workers,
            "solve.effort": effort,
            "solve.seed": seed,
            "inputs.locks": None if locks is None else {"path": str(locks.absolute())},
        }.items()
        if value is not None
    }
    job = Config.load(config).replace(changes)
    options = Options(
        only=only,
        overwrite=overwrite,
        resume=resume,
        maps=not no_maps,
        alternatives=alternatives,
        date=date,
        scheduler=scheduler,
        redivide=Wanted(previous, _policy(scope), max_change),
    )
    with watched(quiet or as_json, log_json) as progress:
        greet(scheduler)
        result = run(job, out, options, progress)
        finished(progress, result)
    if result is None:
        show.say(f"{out} is complete already; nothing to do.", quiet)
        return 0
    if as_json:
        show.as_json({**show.summary(result, job, out), "redivision": result.redivision})
    elif not quiet:
        show.result(result, job, out, verbose=verbose)
        if result.redivision is not None:
            show.changed(result.redivision)
    return PROMISE_BROKEN if result.broken else 0


def _policy(scope: tuple[str, ...]) -> "Policy":
    """Read what may change."""
    from gridplan.redivide import Policy

    words = {"minimal", "all"} & set(scope)
    if words and len(set(scope)) > 1:
        raise click.UsageError(
            f"--scope {sorted(words)[0]} stands alone; give codes of grids and communities, or it"
        )
    return Policy(scope[0]) if words else Policy("named", tuple(sorted(set(scope))))
