"""``gridplan redivide``: next year's division, with little change."""

from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from gridplan.redivide import Policy


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
@HOW
@ALTERNATIVES
@LEFT
@VERBOSE
@gathered
def redivide(
    config: Path,
    previous: str,
    out: Path,
    scope: tuple[str, ...],
    max_change: float | None,
    locks: Path | None,
    alternatives: int,
    verbose: bool,
    asked: Asked,
) -> int:
    r"""Divide the communities of CONFIG anew, close to the plan PLAN.

    Writes all that partition writes, and tables/lineage, crosswalk, unit_crosswalk and
    before_after. Codes go on where old and new grid share more than half of their households.
    Exit code 3 when --max-change cannot be held, 4 when a promise is broken.

    \b
    Example:
      gridplan redivide city.toml --previous out/2026 -o out/2027 --max-change 5%
    """
    from gridplan.cli.job import load

    job = load(config, asked, {"inputs.locks": locks and {"path": str(locks.absolute())}})
    from gridplan.cli.run import options_of, run_and_show
    from gridplan.redivide import Wanted

    wanted = Wanted(previous, _policy(scope), max_change)
    options = options_of(asked, alternatives=alternatives, redivide=wanted)
    return run_and_show(job, out, options, asked, verbose=verbose)


def _policy(scope: tuple[str, ...]) -> "Policy":
    """Read what may change."""
    from gridplan.redivide import Policy

    words = {"minimal", "all"} & set(scope)
    if words and len(set(scope)) > 1:
        raise click.UsageError(
            f"--scope {sorted(words)[0]} stands alone; give codes of grids and communities, or it"
        )
    return Policy(scope[0]) if words else Policy("named", tuple(sorted(set(scope))))
