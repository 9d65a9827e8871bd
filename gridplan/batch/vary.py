"""A grid of settings: one job for each combination of values."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

from gridplan.batch.jobs import Job, as_value, placed
from gridplan.errors import ConfigError

MOST = 500
"""Combinations that are run at most; more is a slip of the pen."""

Vary = tuple[str, tuple[object, ...]]
"""A setting by its dotted place, and the values that it takes."""


def read_vary(texts: Sequence[str]) -> list[Vary]:
    """Read ``grids.min=200,250,300`` and the like.

    Raises
    ------
    ConfigError
        What is wrong with each of them, at once.
    """
    problems: list[str] = []
    found: list[Vary] = []
    for text in texts:
        key, _, rest = text.partition("=")
        values = tuple(as_value(v.strip()) for v in rest.split(",") if v.strip())
        if "." not in key or not values:
            problems.append(f"--vary {text}: write SECTION.KEY=VALUE,VALUE,...")
        elif len(set(map(str, values))) < len(values):
            problems.append(f"--vary {text}: a value stands there twice")
        elif key.strip() in [k for k, _ in found]:
            problems.append(
                f"--vary {text}: {key.strip()} is varied twice; name all values at once"
            )
        found.append((key.strip(), values))
    if problems:
        raise ConfigError(problems)
    return found


def scenarios(jobs: Sequence[Job], varied: Sequence[Vary], out: Path) -> list[Job]:
    """Make one job for each combination of values.

    Parameters
    ----------
    jobs
        The one job to be varied.
    varied
        As ``read_vary`` leaves them; the last one changes fastest.
    out
        Folder of the batch.

    Raises
    ------
    ConfigError
        Where there is not exactly one job, or more combinations than ``MOST``.
    """
    if len(jobs) != 1:
        raise ConfigError(f"--vary takes one configuration, and there are {len(jobs)}")
    keys = [key for key, _ in varied]
    combinations = list(product(*(values for _, values in varied)))
    if len(combinations) > MOST:
        raise ConfigError(f"--vary makes {len(combinations)} scenarios; {MOST} are the most")
    made = []
    for values in combinations:
        changes = tuple(zip(keys, values, strict=True))
        label = "_".join(f"{key.rpartition('.')[2]}-{value}" for key, value in changes)
        made.append(replace(jobs[0], name=label, out=Path(), changes=(*jobs[0].changes, *changes)))
    return placed(made, out)
