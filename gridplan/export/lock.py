"""One run at a time in a folder: a lock that the system releases when its process ends."""

import os
import sys
from pathlib import Path

from gridplan.errors import OutputError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


def acquire(path: Path) -> int:
    """Lock a file, made where it is missing, and return its handle.

    Raises
    ------
    OutputError
        Where another run holds the lock. A file system without locks is taken as it is.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _lock(handle)
    except (BlockingIOError, PermissionError) as error:
        os.close(handle)
        raise OutputError(
            f"{path.parent}: another run is writing there; wait for it, or choose another folder "
            "with -o"
        ) from error
    except OSError:
        pass
    return handle


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def release(handle: int) -> None:
    """Give a lock up, also for child processes that inherited it."""
    if sys.platform != "win32":
        fcntl.flock(handle, fcntl.LOCK_UN)
    os.close(handle)
