"""Which jobs there are: configurations, patterns of them, and lists as TOML or CSV."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gridplan.errors import ConfigError
from gridplan.layers.joblist import read_job_rows
from gridplan.text import file_stems

LISTED = ("config", "name", "out", "only", "previous", "assignment")
"""Keys of a job in a list; a key with a dot is a setting of the configuration."""

_WILD = set("*?[")


@dataclass(frozen=True)
class Job:
    """One division to be made.

    Parameters
    ----------
    name
        What the summary calls it; unique.
    config
        The configuration.
    out
        Output folder, relative to that of the batch; empty for a folder named as the job.
    changes
        Settings that differ from the file, by dotted place.
    only
        Communities to divide; all where empty.
    previous
        Plan that is divided anew; empty for a first division.
    assignment
        Plan made by hand.
    """

    name: str
    config: Path
    out: Path = Path()
    changes: tuple[tuple[str, object], ...] = ()
    only: tuple[str, ...] = ()
    previous: str = ""
    assignment: Path | None = None


def read_jobs(given: Sequence[str], out: Path) -> list[Job]:
    """Find all jobs.

    Parameters
    ----------
    given
        Configurations, patterns of them such as ``cities/*.toml``, and lists of jobs: a TOML file
        with ``[[jobs]]``, or a CSV file with a column ``config``.
    out
        Folder of the batch.

    Returns
    -------
    list
        In the order given, each with its name and folder.

    Raises
    ------
    ConfigError
        Everything that is wrong with patterns, lists and names, at once. What is wrong with a
        configuration is the job's own matter.
    """
    problems: list[str] = []
    jobs: list[Job] = []
    for text in given:
        try:
            jobs += _read(text)
        except ConfigError as error:
            problems += error.problems
    if not problems and not jobs:
        problems.append("no job: name configurations, a pattern of them, or a list of jobs")
    if problems:
        raise ConfigError(problems)
    return placed(_named(jobs), out)


def placed(jobs: Sequence[Job], out: Path) -> list[Job]:
    """Give every job its folder.

    Raises
    ------
    ConfigError
        Where two jobs have one folder.
    """
    stems = file_stems([job.name for job in jobs])
    found = [
        replace(job, out=out / (stem if job.out == Path() else job.out))
        for job, stem in zip(jobs, stems, strict=True)
    ]
    shared = Counter(job.out.resolve() for job in found)
    problems = [
        f"jobs {', '.join(j.name for j in found if j.out.resolve() == folder)} would all be "
        f"written to {folder}; give each an `out` of its own"
        for folder, count in shared.items()
        if count > 1
    ]
    if problems:
        raise ConfigError(problems)
    return found


def _read(text: str) -> list[Job]:
    """Read what one argument names."""
    path = Path(text)
    if _WILD & set(text) and not path.exists():
        files = _matching(path)
        if not files:
            raise ConfigError(f"{text}: no file matches; check the pattern and where you are")
        return [Job("", file) for file in files]
    if path.is_dir():
        raise ConfigError(f"{text}: a folder; write {text.rstrip('/')}/*.toml for all files in it")
    if not path.is_file():
        raise ConfigError(f"{text}: no such file")
    if path.suffix.casefold() == ".csv":
        return _listed(path, read_job_rows(path))
    records = _manifest(path)
    return [Job("", path)] if records is None else _listed(path, records)


def _matching(pattern: Path) -> list[Path]:
    """Files that match a pattern, in the order of their names."""
    plain = next(i for i, part in enumerate(pattern.parts) if _WILD & set(part))
    folder, rest = Path(*pattern.parts[:plain]), Path(*pattern.parts[plain:])
    return sorted(path for path in folder.glob(str(rest)) if path.is_file())


def _manifest(path: Path) -> list[dict[str, Any]] | None:
    """Read the jobs of a TOML list; None where it is a configuration, or no TOML at all."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return None  # a job that fails, with the reason
    if "jobs" not in data:
        return None
    jobs = data["jobs"]
    if not isinstance(jobs, list) or not all(isinstance(job, dict) for job in jobs):
        raise ConfigError(f"{path}: jobs: write one [[jobs]] table for each job")
    return jobs


def _listed(path: Path, records: Iterable[Mapping[str, Any]]) -> list[Job]:
    """Turn the rows of a list into jobs; paths in it are relative to its folder."""
    problems: list[str] = []
    jobs = []
    for number, record in enumerate(records, start=1):
        flat = dict(_flat(record))
        for key in flat:
            if key not in LISTED and "." not in key:
                problems.append(
                    f"{path}: job {number}: unknown key {key}; known are {', '.join(LISTED)}, and "
                    "settings with a dot such as grids.min"
                )
        if not flat.get("config"):
            problems.append(f"{path}: job {number}: no config; name the configuration")
        if not problems:
            jobs.append(_job(flat, path.parent))
    if problems:
        raise ConfigError(problems)
    return jobs


def _job(flat: Mapping[str, object], folder: Path) -> Job:
    only = flat.get("only", ())
    codes = only.replace(";", " ").split() if isinstance(only, str) else only
    assignment = flat.get("assignment")
    previous = str(flat.get("previous", ""))
    return Job(
        str(flat.get("name", "")),
        folder / str(flat["config"]),
        Path(str(flat.get("out", ""))),
        tuple((key, _value(value)) for key, value in flat.items() if "." in key),
        tuple(str(code) for code in codes) if isinstance(codes, list) else (),
        str(folder / previous) if previous else "",
        folder / str(assignment) if assignment else None,
    )


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _value(item: object) -> object:
    return as_value(item) if isinstance(item, str) else item


def as_value(text: str) -> object:
    """Read a setting as TOML has it; plain text needs no quotes."""
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except ValueError:
        return text


def _named(jobs: Sequence[Job]) -> list[Job]:
    """Name the jobs without a name after their file, or its folder too where that is not enough.

    Raises
    ------
    ConfigError
        Naming what two jobs are called.
    """
    stems = Counter(job.config.stem for job in jobs if not job.name)
    named = [job if job.name else replace(job, name=_name(job, stems)) for job in jobs]
    twice = [name for name, count in Counter(job.name for job in named).items() if count > 1]
    if twice:
        raise ConfigError(
            f"{name}: several jobs are called so; give each a `name` in a list of jobs"
            for name in twice
        )
    return named


def _name(job: Job, stems: Mapping[str, int]) -> str:
    stem = job.config.stem
    return stem if stems[stem] == 1 else f"{job.config.resolve().parent.name}-{stem}"
