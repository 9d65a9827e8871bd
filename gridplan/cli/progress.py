"""What the terminal shows of a run while it works: bars, or lines of JSON, on stderr."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars

from gridplan.cli.exits import INTERRUPTED
from gridplan.errors import GridplanError
from gridplan.log import JsonLog
from gridplan.pipeline import Progress, Result
from gridplan.solved import Solved
from gridplan.text import many

USEFUL_GAP = 0.5
"""A proven gap above this says nothing to its reader."""

_STAGES = {
    "read": "reading layers",
    "prepare": "growing cells, measuring borders",
    "solve": "dividing communities",
    "assignment": "taking the hand-made plan",
    "assemble": "assembling grids",
    "tables": "writing tables",
    "audit": "auditing",
    "maps": "drawing maps",
    "report": "writing the report",
}


class _Bars(Progress):
    """Progress of a run as bars on a terminal."""

    def __init__(self, bars: Bars) -> None:
        self.bars = bars
        self.task = bars.add_task("", total=None)

    def stage(self, name: str) -> None:
        self.bars.update(self.task, description=_STAGES.get(name, name), total=None, completed=0)

    def total(self, communities: int) -> None:
        self.communities = communities

    def solved(self, community: Solved) -> None:
        self.bars.update(self.task, total=self.communities, advance=1)
        answer = community.solution
        self.bars.console.print(
            f"  {escape(community.code)}: {many(answer.grids, 'grid')}, {proof(answer)}",
            highlight=False,
        )

    def drawn(self, name: str) -> None:
        self.bars.update(self.task, description=f"drawing maps: {escape(name)}")


@contextmanager
def watched(quiet: bool, log_json: bool = False) -> Iterator[Progress]:
    """Draw bars on stderr where it is a terminal, or write lines of JSON; else stay silent."""
    if log_json:
        with _logged() as log:
            yield log
        return
    if quiet or not sys.stderr.isatty():
        yield Progress()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Bars(bars)


@contextmanager
def _logged() -> Iterator[JsonLog]:
    """Write errors as lines of JSON too, and leave with their exit code."""
    log = JsonLog(sys.stderr)
    try:
        yield log
    except GridplanError as error:
        log.failed(error)
        raise click.exceptions.Exit(error.exit_code) from error
    except KeyboardInterrupt as error:
        log.tell("interrupted", "error")
        raise click.exceptions.Exit(INTERRUPTED) from error


def finished(told: Progress, done: Result | None) -> None:
    """Tell a log what a run leaves."""
    if isinstance(told, JsonLog):
        told.finished(done)


def proof(answer: Any) -> str:
    """Say in a few words how good the plan is known to be."""
    if answer.status == "optimal":
        return "optimal" if not answer.breach else f"least breach {answer.breach}"
    if answer.gap is not None and answer.gap < 1:
        return f"gap {answer.gap:.1%}" if answer.gap <= USEFUL_GAP else "no useful bound"
    return "no bound" if not answer.breach else f"breach {answer.breach}"
