"""Which files of a folder of maps gridplan drew, so that what is no longer drawn can go."""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

LIST = "redraw/files.json"
"""Names and SHA-256 of the files drawn into a folder."""


class Shelf:
    """The files drawn into a folder, then and now.

    A file that is not listed, or is not as it was drawn, is a stranger's and is never touched.

    Parameters
    ----------
    folder
        Of the maps; it need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._before = _read(folder / LIST)
        self._now: set[str] = set()

    def put(self, name: str) -> None:
        """Note a file that was drawn, by its name from the folder."""
        self._now.add(name)

    def clear(self, redrawn: Callable[[str], bool]) -> None:
        """Delete files drawn earlier that are not drawn any more, of those that were asked for."""
        for name in sorted(self._before.keys() - self._now):
            path = self._folder / name
            if not redrawn(name) or not path.resolve().is_relative_to(self._folder.resolve()):
                continue
            if _digest(path) == self._before.pop(name):
                with suppress(OSError):  # another program has it open: it is only out of date
                    path.unlink()

    def write(self) -> None:
        """Write down what was drawn; the list of an earlier drawing goes on."""
        now = {name: _digest(self._folder / name) for name in self._now}
        listed = {**self._before, **now}
        if any(listed.values()):
            text = json.dumps({n: d for n, d in sorted(listed.items()) if d}, indent=0)
            path = self._folder / LIST
            path.parent.mkdir(exist_ok=True)
            path.write_text(text + "\n", encoding="utf-8")


def sheet_of(name: str) -> str:
    """Kind of sheet that a file shows, such as ``district``, ``grid``, ``atlas`` or ``before``."""
    return Path(name).name.split(".")[0].split("_")[0]


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _read(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    pairs = found.items() if isinstance(found, dict) else ()
    return {name: digest for name, digest in pairs if isinstance(digest, str)}
