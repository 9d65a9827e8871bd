"""All tables of a run on disk, several at a time where there are many pages of grids."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from gridplan.domain import Finding
from gridplan.processes import run_pieces
from gridplan.tables.files import Part, parts_of, put_together, write_csvs
from gridplan.tables.workbook import is_kept, make_books

SHARED_ROWS = 50_000
"""Rows of all that is kept from which on it is shared among processes, which take time to start."""


def write_tables(
    tables: Iterable[tuple[str, pd.DataFrame]],
    folder: Path,
    *,
    language: str,
    date: dt.date,
    household_basis: str = "",
    zone_layers: Sequence[str] = (),
    workbook: bool = True,
    workers: int = 1,
) -> list[Finding]:
    """Write every table as CSV, and a workbook of those that are not too long for one.

    Parameters
    ----------
    tables
        As ``build_tables`` makes them; a long one is let go as soon as its parts are on their way.
    folder
        Made where it is missing.
    language, date, household_basis, zone_layers
        As of ``write_workbook``.
    workbook
        Whether it is wanted.
    workers
        Processes for long tables, and for all where there are many grids; all comes out the same.

    Returns
    -------
    list of Finding
        What the workbook cannot hold.
    """
    write_csvs({}, folder)
    kept: dict[str, pd.DataFrame] = {}
    rows: dict[str, int] = {}

    def long() -> Iterator[Part]:
        for name, table in tables:
            rows[name] = len(table)
            if is_kept(name, rows):
                kept[name] = table
            else:
                yield from parts_of(name, table)

    put_together(run_pieces(Part.written, long(), workers), folder)
    jobs: list[Callable[[], object]] = []
    findings: list[Finding] = []
    if workbook:
        look = (language, household_basis, tuple(zone_layers), date)
        jobs, findings = make_books(kept, rows, folder / "gridplan.xlsx", *look)
    shared = len(jobs) > 1 or sum(map(len, kept.values())) >= SHARED_ROWS
    long_first = sorted(kept, key=lambda name: -len(kept[name]))
    jobs += [partial(write_csvs, {name: kept[name]}, folder) for name in long_first]
    for _ in run_pieces(_call, jobs, workers if shared else 1):
        pass
    return findings


def _call(job: Callable[[], object]) -> None:
    job()
