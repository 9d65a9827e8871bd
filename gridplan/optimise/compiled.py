"""Compiled code: where numba keeps what it has compiled, and the decorator that asks for it.

numba writes its cache beside the source file or below the user's cache folder. On a machine where
neither can be written (a read-only installation run by a service account) the import itself would
fail, so this module names a temporary folder before numba is loaded.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast


def _writable(folder: Path) -> bool:
    """Whether a file can be created in ``folder`` or in the nearest folder above that exists."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def choose_cache() -> str | None:
    """Folder that numba must be told to use, or None where one of its own places will do."""
    if os.environ.get("NUMBA_CACHE_DIR"):
        return None
    places = (Path(__file__).parent / "__pycache__", Path("~/.cache").expanduser())
    if any(_writable(place) for place in places):
        return None
    return str(Path(tempfile.gettempdir()) / f"gridplan-numba-{os.getuid() if _POSIX else 0}")


_POSIX = hasattr(os, "getuid")
_folder = choose_cache()
if _folder is not None:
    os.environ["NUMBA_CACHE_DIR"] = _folder

import numba  # noqa: E402  (the folder must be named first)

_F = TypeVar("_F", bound=Callable[..., object])


def kernel(function: _F) -> _F:
    """Compile ``function`` at its first call, and keep the result between runs."""
    return cast("_F", numba.njit(cache=True, nogil=True)(function))
