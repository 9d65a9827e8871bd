"""Run many jobs, and keep a summary of them up to date while they run."""

import datetime as dt
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import pandas as pd

from gridplan import __version__
from gridplan.batch.jobs import Job
from gridplan.batch.outcome import Outcome, failed, finished
from gridplan.cluster import greet
from gridplan.config import Config
from gridplan.errors import GridplanError, SolverError
from gridplan.export import mask_credentials, write_whole
from gridplan.log import JsonLog
from gridplan.pipeline import partition
from gridplan.processes import DIED, process_count, run_pieces
from gridplan.redivide import Wanted
from gridplan.runs import Options, Progress
from gridplan.tables.files import csv_text

BATCH_FORMAT = "gridplan-batch-1"
SUMMARY, MANIFEST = "batch.csv", "batch.json"


@dataclass(frozen=True)
class Settings:
    """What all jobs of a batch have in common.

    Parameters
    ----------
    out
        Folder of the batch.
    workers
        Processes; 0 for every core. Jobs run side by side where there are as many, else their
        communities do.
    scheduler
        Dask scheduler on whose workers communities are solved; none where empty.
    overwrite, resume, maps, date
        As of one run.
    changes
        Settings that differ from every file, by dotted place.
    log_json
        Whether lines of JSON tell what happens.
    """

    out: Path
    workers: int = 0
    scheduler: str = ""
    overwrite: bool = False
    resume: bool = False
    maps: bool = True
    date: dt.date = field(default_factory=dt.date.today)
    changes: tuple[tuple[str, object], ...] = ()
    log_json: bool = False


def run_batch(
    jobs: Sequence[Job], settings: Settings, on_done: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """Run every job; one that fails does not stop the others.

    Parameters
    ----------
    jobs
        As ``read_jobs`` or ``scenarios`` leaves them.
    settings
        What they have in common.
    on_done
        Told of each job that has ended.

    Returns
    -------
    list
        What came of each, in the order of the jobs.

    Raises
    ------
    OutputError
        Where the summary cannot be written.
    SolverError
        Where the Dask cluster is not there.
    """
    greet(settings.scheduler)
    workers = process_count(settings.workers)
    abreast = max(1, min(workers, len(jobs)))
    one = _Runner(settings, max(1, workers // abreast))
    place = {job.name: i for i, job in enumerate(jobs)}
    ended: list[Outcome] = []
    for _, outcome in run_pieces(one, jobs, abreast, _lost):
        ended.append(outcome)
        ended.sort(key=lambda o: place[o.job.name])
        write_summary(ended, settings)
        on_done(outcome)
    return ended


def look_ahead(jobs: Iterable[Job], settings: Settings) -> Iterator[Outcome]:
    """Say of every job what a run would do, without doing it.

    Yields
    ------
    Outcome
        ``new``, ``resumes``, ``exists`` or ``failed``, with everything that can be known to be
        wrong before layers are read.
    """
    for job in jobs:
        try:
            config = _config_of(job, settings, 1)
        except GridplanError as error:
            yield failed(job, error, 0.0)
            continue
        missing = [
            f"{path}: input file not found"
            for path in sorted({str(s.path) for _, s in config.inputs.sources()})
            if "://" not in path and not Path(path).exists()
        ]
        if missing:
            yield Outcome(job, "failed", 1, tuple(missing), digest=config.digest())
            continue
        yield Outcome(job, _state(job, settings), digest=config.digest())


def _state(job: Job, settings: Settings) -> str:
    if job.out.exists() and not settings.overwrite and not settings.resume:
        return "exists"
    partial = job.out.with_name(f"{job.out.name}.partial")
    return "resumes" if settings.resume and (job.out.exists() or partial.exists()) else "new"


def write_summary(outcomes: Sequence[Outcome], settings: Settings) -> None:
    """Write ``batch.csv`` and ``batch.json``, each whole or not at all.

    Raises
    ------
    OutputError
        Where the folder or the disk does not allow it.
    """
    table = pd.DataFrame([outcome.row() for outcome in outcomes]).convert_dtypes()
    write_whole(settings.out / SUMMARY, csv_text("batch", table).encode("utf-8-sig"))
    record = {
        "format": BATCH_FORMAT,
        "version": __version__,
        "date": settings.date.isoformat(),
        "jobs": [outcome.record() for outcome in outcomes],
    }
    text = json.dumps(record, ensure_ascii=False, indent=2, sort_keys=True, default=str)
    write_whole(settings.out / MANIFEST, mask_credentials(text).encode() + b"\n")


@dataclass(frozen=True)
class _Runner:
    """Run one job; travels to a process of its own where jobs run side by side."""

    settings: Settings
    workers: int

    def __call__(self, job: Job) -> Outcome:
        began = perf_counter()
        log = JsonLog(sys.stderr, job.name) if self.settings.log_json else None
        try:
            config = _config_of(job, self.settings, self.workers)
            result = partition(config, job.out, self._options(job), log or Progress())
            if log is not None:
                log.finished(result)
            seconds = perf_counter() - began
            return finished(job, config.digest(), seconds, before=result is None)
        except Exception as error:  # one job must not stop the others
            if log is not None:
                log.failed(error)
            return failed(job, error, perf_counter() - began)

    def _options(self, job: Job) -> Options:
        return Options(
            only=job.only,
            assignment=job.assignment,
            overwrite=self.settings.overwrite,
            resume=self.settings.resume,
            maps=self.settings.maps,
            date=self.settings.date,
            scheduler=self.settings.scheduler,
            redivide=Wanted(job.previous) if job.previous else None,
        )


def language_of(jobs: Sequence[Job]) -> str:
    """Language of the first job whose configuration can be read; English where none can."""
    for job in jobs:
        try:
            return str(Config.load(job.config).replace(dict(job.changes)).project.language)
        except GridplanError:
            continue
    return "en"


def _config_of(job: Job, settings: Settings, workers: int) -> Config:
    changes = {"solve.workers": workers, **dict(settings.changes), **dict(job.changes)}
    return Config.load(job.config).replace(changes)


def _lost(job: Job) -> Outcome:
    return failed(job, SolverError(DIED), 0.0)
