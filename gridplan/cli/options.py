"""Options that several commands share, each defined once."""

import datetime as dt
from pathlib import Path

import click

CONFIG = click.argument(
    "config", type=click.Path(path_type=Path, dir_okay=False), default="gridplan.toml"
)
QUIET = click.option("-q", "--quiet", is_flag=True, help="No progress and no tables, errors only.")
VERBOSE = click.option("-v", "--verbose", is_flag=True, help="List every finding.")
JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON on standard output.")

ALTERNATIVES = click.option(
    "--alternatives",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Find up to N other plans that are nearly as good, and what each gives up.",
)


def _date(_: click.Context, __: click.Parameter, value: dt.datetime | None) -> dt.date:
    return value.date() if value else dt.date.today()


DATE = click.option(
    "--date",
    type=click.DateTime(["%Y-%m-%d"]),
    callback=_date,
    help="Date printed on tables and maps, YYYY-MM-DD.  [default: today]",
)
