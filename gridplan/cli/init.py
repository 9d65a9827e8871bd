"""``gridplan init``: a configuration from a look at the layers."""

from pathlib import Path

import click

from gridplan.errors import ConfigError


@click.command(short_help="Write a configuration from a look at the layers.")
@click.argument("data", type=click.Path(path_type=Path, exists=True), required=False)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default="gridplan.toml",
    show_default=True,
    help="Configuration to write.",
)
@click.option("--overwrite", is_flag=True, help="Replace an existing configuration.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of the configuration instead.")
def init(data: Path | None, out: Path, overwrite: bool, schema: bool) -> None:
    r"""Look at DATA (a file or a folder of layers) and write a commented configuration.

    Says what it guessed; read it before you run it.

    \b
    Examples:
      gridplan init city.gpkg -o city.toml
      gridplan init --schema > gridplan.schema.json
    """
    from gridplan.cli import show

    if schema:
        from gridplan.config import json_schema

        show.as_json(json_schema())
        return
    if data is None:
        raise click.UsageError("name a file or folder of layers, or ask for --schema")
    from gridplan.export import write_whole
    from gridplan.propose import propose_config

    if out.exists() and not overwrite:
        raise ConfigError(f"{out} exists; choose another with -o, or replace it with --overwrite")
    proposal = propose_config(data, base=out.absolute().parent)
    write_whole(out, proposal.text.encode())
    for guess in proposal.guesses:
        click.echo(guess)
    for place in proposal.missing:
        click.echo(f"Fill in {place}: nothing in the layers looked like it.")
    click.echo(f"Written: {out}. Read it, then: gridplan partition {out}")
