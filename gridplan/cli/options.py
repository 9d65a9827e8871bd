"""Options that several commands share, each defined once."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any

import click

CONFIG = click.argument(
    "config", type=click.Path(path_type=Path, dir_okay=False), default="gridplan.toml"
)
CONFIG_OF_RUN = click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Configuration of the job.  [default: the one named in OUT/run.json]",
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


def _stack(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Make one decorator of several, as if they stood one under the other."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


HOW = _stack(WORKERS, SCHEDULER, EFFORT, SEED, RESUME, OVERWRITE)
"""How a run works."""

LEFT = _stack(NO_MAPS, DATE, JSON, LOG_JSON, QUIET)
"""What a run leaves and tells."""


@dataclass(frozen=True)
class Asked:
    """What ``ONLY``, ``HOW`` and ``LEFT`` ask of a run."""

    only: tuple[str, ...]
    workers: int | None
    scheduler: str
    effort: float | None
    seed: int | None
    resume: bool
    overwrite: bool
    no_maps: bool
    date: dt.date
    as_json: bool
    log_json: bool
    quiet: bool


def gathered(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command its shared options as one ``asked``; stands right above its function."""

    @wraps(command)
    def call(**given: Any) -> Any:
        asked = Asked(**{field.name: given.pop(field.name) for field in fields(Asked)})
        return command(asked=asked, **given)

    return call
