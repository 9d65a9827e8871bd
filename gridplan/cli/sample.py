"""``gridplan sample``: an invented city."""

from pathlib import Path

import click

from gridplan.errors import OutputError


@click.command(short_help="Write an invented city with its configuration.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--communities", type=click.IntRange(min=1), help="Number of communities.  [default: 8]"
)
@click.option(
    "--units", type=click.IntRange(min=1), help="Number of buildings, about; sets the communities."
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Another seed, another city.",
)
@click.option("--overwrite", is_flag=True, help="Replace the files of an earlier city.")
def sample(
    folder: Path, communities: int | None, units: int | None, seed: int, overwrite: bool
) -> None:
    r"""Invent a city and write it to FOLDER with a configuration to run.

    \b
    Example:
      gridplan sample city --units 20000
      gridplan partition city/sample.toml -o out/city
    """
    from gridplan.export import write_whole
    from gridplan.sample import config_text, make_city, write_city

    if (folder / "city.gpkg").exists() and not overwrite:
        raise OutputError(f"{folder}: a city stands there already; replace it with --overwrite")
    city = make_city(communities=communities, units=units, seed=seed)
    write_city(city, folder)
    write_whole(folder / "sample.toml", config_text(city).encode())
    click.echo(f"{len(city.buildings):,} buildings, {len(city.communities)} communities: {folder}")
    click.echo(f"Next: gridplan partition {folder / 'sample.toml'} -o out")
