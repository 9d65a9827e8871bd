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

OUT = click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default="out",
    show_default=True,
    help="Output folder; it appears when everything in it is complete.",
)
ONLY = click.option(
    "--only", multiple=True, metavar="CODE", help="Divide this community only; repeatable."
)
EFFORT = click.option(
    "--effort",
    type=click.FloatRange(min=0, min_open=True),
    help="Counted work: 0.1 for a draft, 10 for the final plan.",
)
SEED = click.option("--seed", type=click.IntRange(min=0), help="Seed of everything drawn by lot.")
OVERWRITE = click.option("--overwrite", is_flag=True, help="Replace an existing output folder.")
NO_MAPS = click.option("--no-maps", is_flag=True, help="Draw no maps.")
WORKERS = click.option("--workers", type=click.IntRange(min=0), help="Processes; 0 for every core.")
SCHEDULER = click.option(
    "--scheduler",
    default="",
    metavar="ADDRESS",
    help="Solve communities on the workers of a Dask scheduler, such as tcp://HOST:8786.",
)
RESUME = click.option("--resume", is_flag=True, help="Go on where an interrupted run stopped.")
LOG_JSON = click.option(
    "--log-json", is_flag=True, help="Tell what happens as lines of JSON on standard error."
)

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
