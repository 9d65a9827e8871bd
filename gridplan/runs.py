"""What a run is asked for beside its configuration, what it leaves in memory, what it tells."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from gridplan.config import Config
from gridplan.domain import Finding, Level, Plan, Severity
from gridplan.export import OutputFolder
from gridplan.redivide import Wanted
from gridplan.solved import Solved


@dataclass(frozen=True)
class Options:
    """What the command line adds to the configuration.

    Parameters
    ----------
    only
        Codes of the communities to divide; all where empty.
    assignment
        Hand-made plan that takes the optimiser's place.
    overwrite, resume
        Whether an existing output may be replaced, or continued.
    maps
        Whether maps are drawn.
    problems
        Folder that also gets every community's problem file; none where None.
    alternatives
        Plans to find beside the best one of every community.
    date
        Date printed on everything.
    scheduler
        Address of the Dask scheduler whose workers solve the communities; none where empty.
    redivide
        The plan to be changed and how much of it may; None for a division from nothing.
    level
        What is made: grids in the communities that exist, or new communities of the streets
        (``only`` names streets then) and grids in them.
    """

    only: tuple[str, ...] = ()
    assignment: Path | None = None
    overwrite: bool = False
    resume: bool = False
    maps: bool = True
    problems: Path | None = None
    alternatives: int = 0
    date: dt.date = field(default_factory=dt.date.today)
    scheduler: str = ""
    redivide: Wanted | None = None
    level: Level = Level.GRID


@dataclass(frozen=True)
class Result:
    """What a run leaves in memory; ``redivision`` is what ``run.json`` tells of one.

    Where no maps are drawn, units have no shapes any more, and what lies in the grids is not there:
    ``plan.gpkg`` has them. ``streets`` is what the optimiser says of the streets where these were
    divided.
    """

    plan: Plan
    solved: tuple[Solved, ...]
    findings: tuple[Finding, ...]
    audit: tuple[Finding, ...]
    seconds: float
    ledger: pd.DataFrame
    redivision: Mapping[str, Any] | None = None
    streets: tuple[Solved, ...] = ()

    @property
    def broken(self) -> tuple[Finding, ...]:
        """Promises that do not hold, and communities that could not be divided."""
        bad = (Severity.BROKEN, Severity.ERROR)
        return tuple(f for f in (*self.findings, *self.audit) if f.severity in bad)


class Progress:
    """What a run tells while it works; the command line draws it, the default stays silent."""

    def stage(self, name: str) -> None:
        """Tell that a stage begins."""

    def total(self, communities: int) -> None:
        """Tell how many communities will be solved."""

    def solved(self, community: Solved) -> None:
        """Tell that a community is solved."""

    def drawn(self, name: str) -> None:
        """Tell that a map is drawn."""


@dataclass(frozen=True)
class Run:
    """A run under way: the job, what is asked beside it, where the result goes, who is told."""

    config: Config
    options: Options
    folder: OutputFolder
    progress: Progress
