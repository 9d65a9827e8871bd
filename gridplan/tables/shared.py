"""All tables of a run on disk, several at a time where they are long."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pandas as pd

from gridplan.domain import Finding
from gridplan.processes import beside
from gridplan.tables.files import write_csvs
from gridplan.tables.workbook import make_books

SHARED_ROWS = 50_000
"""Rows of all tables from which on they are shared among processes, which take time to start."""


@contextmanager
def writing(
    tables: Mapping[str, pd.DataFrame],
    folder: Path,
    *,
    language: str,
    date: dt.date,
    household_basis: str = "",
    zone_layers: Sequence[str] = (),
    workbook: bool = True,
    workers: int = 1,
) -> Iterator[Callable[[], list[Finding]]]:
    """Write every table as CSV, and all of them as a workbook, while something else is done.

    Parameters
    ----------
    tables
        Tables by name, as ``build_tables`` makes them.
    folder
        Made where it is missing.
    language, date, household_basis, zone_layers
        As of ``write_workbook``.
    workbook
        Whether it is wanted.
    workers
        Processes for long tables, or pages of many grids; all comes out the same.

    Yields
    ------
    callable
        Waits until all is written, and gives what the workbook could not hold; it must be called
        before the block ends.
    """
    books: list[Callable[[], None]] = []
    findings: list[Finding] = []
    shared = sum(map(len, tables.values())) >= SHARED_ROWS
    if workbook:
        look = (language, household_basis, tuple(zone_layers), date)
        books, findings, many = make_books(tables, folder / "gridplan.xlsx", *look)
        shared |= many
    write_csvs({}, folder)
    long_first = sorted(tables, key=lambda name: -len(tables[name]))
    jobs: list[Callable[[], object]] = [*books]
    jobs += [partial(write_csvs, {name: tables[name]}, folder) for name in long_first]
    with beside(_call, jobs, workers if shared else 1) as written:

        def wait() -> list[Finding]:
            written()
            return findings

        yield wait


def _call(job: Callable[[], object]) -> None:
    job()
