"""A run from the command line: configured, watched while it works, shown when it is done."""

from pathlib import Path
from typing import Any

from gridplan.cli import show
from gridplan.cli.exits import PROMISE_BROKEN
from gridplan.cli.options import Asked
from gridplan.cli.progress import finished, watched
from gridplan.cluster import greet
from gridplan.config import Config
from gridplan.pipeline import Options, partition


def options_of(asked: Asked, **more: Any) -> Options:
    """Say what the command line adds; ``more`` is what one command knows alone."""
    return Options(
        only=asked.only,
        overwrite=asked.overwrite,
        resume=asked.resume,
        maps=not asked.no_maps,
        date=asked.date,
        scheduler=asked.scheduler,
        **more,
    )


def run_and_show(job: Config, out: Path, options: Options, asked: Asked, *, verbose: bool) -> int:
    """Do the job, show what came of it, and return the exit code."""
    with watched(asked.quiet or asked.as_json, asked.log_json) as progress:
        greet(options.scheduler)
        result = partition(job, out, options, progress)
        finished(progress, result)
    if result is None:
        show.say(f"{out} is complete already; nothing to do.", asked.quiet)
        return 0
    if asked.as_json:
        show.as_json(show.summary(result, job, out))
    elif not asked.quiet:
        show.result(result, job, out, verbose=verbose)
    return PROMISE_BROKEN if result.broken else 0
