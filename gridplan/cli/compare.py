"""``gridplan compare``: two plans side by side, ours or not."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridplan.cli.options import DATE, JSON, QUIET

if TYPE_CHECKING:
    from gridplan.compare import Comparison


@click.command(short_help="Compare two plans, ours or not.")
@click.argument("old")
@click.argument("new")
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Compare on the units, households, zones and range of this configuration.",
)
@click.option(
    "--units",
    metavar="FILE",
    help="Compare on these units, where neither plan has any: FILE or FILE|unit=ID|households=N.",
)
@click.option(
    "--range",
    "limits",
    type=(click.IntRange(min=1), click.IntRange(min=1)),
    metavar="MIN MAX",
    help="Households of a grid.  [default: of the configuration, of the run that made NEW, or "
    "250 500]",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for tables/, maps/changes.png and run.json.  [default: write nothing]",
)
@click.option("--overwrite", is_flag=True, help="Replace an existing output folder.")
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@DATE
@JSON
@QUIET
def compare(
    old: str,
    new: str,
    config: Path | None,
    units: str | None,
    limits: tuple[int, int] | None,
    out: Path | None,
    overwrite: bool,
    language: str,
    date: dt.date,
    as_json: bool,
    quiet: bool,
) -> None:
    r"""Compare the division NEW with OLD: agreement, moved units, grids, measures.

    Each is an output folder, a plan.gpkg, polygons of grids in any readable format, or a table of
    units and grids. What cannot be told from the names of layers and columns follows behind bars.

    \b
    Examples:
      gridplan compare out/2025 out/2026 -o out/compared
      gridplan compare "drawn.shp|grid=NAME" out/sample --config configs/sample.toml
    """
    from gridplan.cli import compared
    from gridplan.compare import Range, compare_files, write_comparison

    if limits is not None and limits[0] >= limits[1]:
        raise click.UsageError(f"--range {limits[0]} {limits[1]}: MIN must be below MAX")
    wanted = None if limits is None else Range(*limits, target=sum(limits) / 2)
    found: Comparison = compare_files(old, new, config=config, units=units, limits=wanted)
    findings = list(found.findings)
    if out is not None:
        findings += write_comparison(
            found, out, old, new, date=date, overwrite=overwrite, language=language
        )
    if as_json:
        compared.as_json(found, findings)
    elif not quiet:
        compared.show(found, findings, out)
