"""What the terminal shows of a batch."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from gridplan.batch.outcome import FAILED, Outcome
from gridplan.batch.run import MANIFEST, SUMMARY
from gridplan.batch.tradeoff import CHART, TABLE
from gridplan.cli import show
from gridplan.text import many

_COLOURS = {FAILED: "red", "broken": "red", "exists": "yellow"}


@contextmanager
def counted(jobs: int, silent: bool) -> Iterator[Callable[[Outcome], None]]:
    """Count the jobs on stderr while they run, where it is a terminal."""
    if silent or not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (TextColumn("jobs"), BarColumn(bar_width=24), MofNCompleteColumn())
    with Bars(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=jobs)
        yield lambda _: bars.advance(task)


def show_plan(outcomes: Sequence[Outcome], *, as_json: bool, quiet: bool) -> None:
    """Show what a batch would do."""
    if as_json:
        show.as_json([_planned(outcome) for outcome in outcomes])
        return
    for outcome in outcomes:
        for cause in outcome.causes:
            click.echo(f"{outcome.job.name}: {cause}", err=True)
    if quiet:
        return
    table = _table("job", "configuration", "settings", "out", "what")
    for outcome in outcomes:
        settings = ", ".join(f"{key} = {value}" for key, value in outcome.job.changes)
        row = (outcome.job.name, str(outcome.job.config), settings, str(outcome.job.out))
        table.add_row(*map(escape, row), _status(outcome))
    _console().print(table)


def _planned(outcome: Outcome) -> dict[str, Any]:
    return {
        "job": outcome.job.name,
        "configuration": outcome.job.config.as_posix(),
        "out": outcome.job.out.as_posix(),
        "changes": dict(outcome.job.changes),
        "only": list(outcome.job.only),
        "what": outcome.status,
        "causes": list(outcome.causes),
    }


def show_outcomes(outcomes: Sequence[Outcome], scenarios: pd.DataFrame | None, out: Path) -> None:
    """Show what came of every job, and the trade-off where settings were varied."""
    console = _console()
    if scenarios is None:
        console.print(_jobs(outcomes))
    else:
        console.print(_scenarios(scenarios))
    for outcome in outcomes:
        for cause in outcome.causes:
            console.print(
                f"[red]{escape(outcome.job.name)}[/]: {escape(cause)}",
                highlight=False,
                soft_wrap=True,
            )
    bad = sum(bool(outcome.exit_code) for outcome in outcomes)
    seconds = sum(outcome.seconds for outcome in outcomes)
    verdict = f"[red]{bad} not as promised[/]" if bad else "[green]all done[/]"
    console.print(f"{many(len(outcomes), 'job')}: {verdict}; {seconds:.0f} s", highlight=False)
    files = [name for name in (SUMMARY, MANIFEST, TABLE, CHART) if (out / name).exists()]
    if scenarios is None:
        files = files[:2]
    console.print(f"Look at {escape(str(out))}: {', '.join(files)}", highlight=False)


def tell(outcomes: Sequence[Outcome], scenarios: pd.DataFrame | None) -> None:
    """Write what came of every job as JSON to stdout."""
    answer: dict[str, Any] = {"jobs": [outcome.row() for outcome in outcomes]}
    if scenarios is not None:
        plain = scenarios.astype(object).where(scenarios.notna(), None)
        answer["scenarios"] = plain.to_dict("records")
    show.as_json(answer)


def _jobs(outcomes: Sequence[Outcome]) -> Table:
    table = _table("job", "status", "communities", "optimal", "grids", "in range", "gap", "s")
    for outcome in outcomes:
        found = outcome.measures
        table.add_row(
            escape(outcome.job.name),
            _status(outcome),
            *(_number(found.get(name)) for name in ("communities", "optimal", "grids")),
            *(_share(found.get(name)) for name in ("in_range", "gap")),
            f"{outcome.seconds:.1f}",
        )
    return table


def _scenarios(found: pd.DataFrame) -> Table:
    """Make a table of the trade-off; layers stand for themselves."""
    keys = list(found.columns[3 : list(found.columns).index("grids")])
    layers = [c for c in found if str(c).endswith("_aligned")]
    heads = [str(layer).removesuffix("_aligned") for layer in layers]
    table = _table("", *keys, "workers", "in range", "change", "border km", *heads)
    for row in found.to_dict("records"):
        cells = [
            _number(row["workers"]),
            _share(row["in_range"]),
            _share(row["change"]),
            "-" if pd.isna(row["border_m"]) else f"{row['border_m'] / 1000:.1f}",
            *(_share(row[layer]) for layer in layers),
        ]
        table.add_row(str(row["scenario"]), *(escape(str(row[key])) for key in keys), *cells)
    table.caption = (
        "workers: residential grids; change: households in another grid than in scenario 1, or in "
        "the previous plan where there is one; "
        "layers: households whose grid lies in one zone"
    )
    return table


def _table(*heads: str) -> Table:
    table = Table(header_style="bold", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    words = ("job", "status", "configuration", "settings", "out", "what")
    for head in heads:
        justify: Any = "left" if head in words else "right"
        table.add_column(escape(head), justify=justify, overflow="fold")
    return table


def _status(outcome: Outcome) -> str:
    colour = _COLOURS.get(outcome.status, "green")
    return f"[{colour}]{outcome.status}[/]"


def _number(value: Any) -> str:
    return "-" if value is None or pd.isna(value) else f"{int(value):,}"


def _share(value: Any) -> str:
    return "-" if value is None or pd.isna(value) else f"{value:.1%}"


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 100)
