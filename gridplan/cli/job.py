"""The job that a command line asks for, known before the code that does it is read."""

from collections.abc import Mapping
from pathlib import Path

from gridplan.cli.options import Asked
from gridplan.config import Config
from gridplan.processes import get_ready


def load(config: Path, asked: Asked, more: Mapping[str, object] | None = None) -> Config:
    """Read a configuration, and put over it what was asked for and ``more``, by dotted place.

    Processes for the job get ready from here on.
    """
    changes = {
        "solve.workers": asked.workers,
        "solve.effort": asked.effort,
        "solve.seed": asked.seed,
        **(more or {}),
    }
    job = Config.load(config).replace({k: v for k, v in changes.items() if v is not None})
    get_ready(job.solve.workers)
    return job
