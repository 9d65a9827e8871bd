"""Small things that the output folder does with files."""

import errno
import json
import shutil
from pathlib import Path

from gridplan.errors import GridplanError, OutputError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_LEAST_BYTES = 1 << 20  # less than this left on the disk is why a library failed to write


def read_object(file: Path) -> dict[str, object]:
    """Read a JSON object; anything else, a missing or a broken file, is an empty one."""
    try:
        record = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def clear(folder: Path, keep: set[str]) -> None:
    """Clear an unfinished folder of all but what is named."""
    for entry in sorted(folder.iterdir()):
        if entry.name not in keep:
            remove(entry)


def remove(path: Path) -> None:
    """Remove a file, a link or a folder; a missing one is removed already."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def is_full(error: BaseException, folder: Path) -> bool:
    """Tell whether the disk is why something failed; libraries say so in many ways."""
    for cause in (error, error.__cause__):
        if isinstance(cause, OSError) and cause.errno in _FULL:
            return True
    other = isinstance(error, GridplanError) and not isinstance(error, OutputError)
    if other or not isinstance(error, Exception):
        return False
    try:
        return shutil.disk_usage(folder).free < _LEAST_BYTES
    except OSError:
        return False
