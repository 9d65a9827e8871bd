"""Files that appear whole or not at all."""

import os
from pathlib import Path

from gridplan.errors import OutputError


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, through a temporary one beside it.

    Raises
    ------
    OutputError
        Where the folder or the disk does not allow it; an older file then stays as it was.
    """
    draft = path.with_name(f".{path.name[:80]}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with draft.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from error
