"""The output folder: whole or not at all, resumable, and never anyone else's.

A run works in ``OUT.partial/``, which holds a marker with the signature of the run (configuration,
input hashes, version) and, in ``checkpoints/``, one file per finished community. When everything is
written the folder is renamed to ``OUT``. An old ``OUT`` is moved to ``OUT.replaced`` first and
deleted last; what a crash leaves of these is put right when the folder is opened again. A run whose
record lists communities that failed keeps its checkpoints, so that they alone are tried again.
"""

import contextlib
import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from gridplan.domain import Finding, Severity
from gridplan.errors import (
    CodeError,
    ConfigError,
    InfeasibleError,
    LayerError,
    OutputError,
    TopologyError,
)
from gridplan.export.lock import acquire, release
from gridplan.export.run import RUN_FORMAT, write_run
from gridplan.export.sweep import clear, is_full, read_object, remove
from gridplan.export.whole import write_whole

MARKER = ".gridplan-partial.json"
"""File that marks ``OUT.partial`` as ours and carries the signature of the run."""

LOCK = ".gridplan-lock"
RUN_RECORD = "run.json"
CHECKPOINTS = "checkpoints"

HOPELESS = (ConfigError, LayerError, TopologyError, CodeError, InfeasibleError)
"""What would happen again to the same run."""

OUTPUT_NAMES = frozenset(
    {
        MARKER,
        RUN_RECORD,
        CHECKPOINTS,
        LOCK,
        "communities",
        "maps",
        "plan.gpkg",
        "plan.gpkg-journal",
        "plan.gpkg-shm",
        "plan.gpkg-wal",
        "plan.qgz",
        "report.html",
        "report.pdf",
        "tables",
    }
)
"""What a run leaves. Anything else in an ``OUT`` that is replaced is carried over."""

_UNSAFE = re.compile(r"[^0-9A-Za-z_-]+")


@dataclass
class OutputFolder:
    """A run's folder while it is written; a context manager that commits when all went well.

    Leaving the context normally makes the folder appear at ``out``. Leaving it by an error removes
    ``path``, or keeps it for ``--resume`` where a checkpoint exists already; where the input or the
    configuration is to blame, a prepared ground alone is none.

    Parameters
    ----------
    out
        Where the result appears.
    path
        Where it is written; ``out`` itself where ``done``.
    signature
        Digest of configuration, input hashes and version.
    done
        True where ``out`` is the finished result of this very run: there is nothing to do.
    resumed
        True where checkpoints of the same signature are there.
    findings
        What opening the folder noticed.
    prefix
        What the names of checkpoints begin with, to tell the levels of a division apart.
    """

    out: Path
    path: Path
    signature: str
    done: bool = False
    resumed: bool = False
    findings: tuple[Finding, ...] = ()
    prefix: str = ""
    _made: list[Path] = field(default_factory=list, repr=False)
    _lock: int | None = field(default=None, repr=False)

    def checkpoint_path(self, community_code: str, suffix: str = ".json") -> Path:
        """Return the file of a community's finished work; write it with ``write_whole``.

        The name is safe on every file system whatever the code holds, and differs for codes that
        differ.
        """
        name = self.prefix + community_code
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        readable = _UNSAFE.sub("_", name)[:40]
        return self.path / CHECKPOINTS / f"{readable}-{digest}{suffix}"

    def write_run(self, record: Mapping[str, object]) -> None:
        """Write ``run.json`` with the signature, by which a later ``--resume`` knows the run."""
        write_run(self.path / RUN_RECORD, {**record, "signature": self.signature})

    def commit(self) -> None:
        """Make the finished folder appear at ``out``.

        Raises
        ------
        OutputError
            Where ``run.json`` is missing or the folder cannot be renamed; ``path`` is kept.
        """
        if self.done:
            return
        if not _is_finished(self.path):
            raise OutputError(f"{self.path}: run.json is missing, so nothing is put at {self.out}")
        self._release()
        try:
            _swap(self.path, self.out)
            _tidy(self.out)
        except OSError as error:
            raise OutputError(
                f"{self.out}: the finished folder {self.path} cannot be renamed to it "
                f"({error.strerror}); close programs that use it and run again with --resume"
            ) from error
        self.done = True

    def discard(self, *, hopeless: bool = False) -> None:
        """Remove the unfinished folder, unless it holds checkpoints to resume from.

        Parameters
        ----------
        hopeless
            Whether the same run would end the same way: only finished communities count then.
        """
        self._release()
        if self.done or _has_checkpoints(self.path, communities=hopeless):
            return
        with contextlib.suppress(OSError):
            remove(self.path)
            for parent in reversed(self._made):
                parent.rmdir()

    def _release(self) -> None:
        """Let other runs in; on some systems an open file also keeps its folder from renaming."""
        if self._lock is not None:
            release(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.commit()
            return
        full = error is not None and is_full(error, self.path)
        self.discard(hopeless=isinstance(error, HOPELESS) and not full)
        if full:
            kept = "what is finished is kept, " if _has_checkpoints(self.path) else ""
            raise OutputError(
                f"{self.path}: the disk is full ({error}); {kept}make room and run again with "
                "--resume"
            ) from error


def open_output(
    out: Path,
    *,
    overwrite: bool = False,
    resume: bool = False,
    signature: str = "",
    protect: Iterable[Path] = (),
) -> OutputFolder:
    """Open the folder of a run, before any work is done.

    Parameters
    ----------
    out
        Where the result is to appear.
    overwrite
        An existing result there is replaced when the new one is finished.
    resume
        Continue unfinished work of the same signature; a finished result of the same signature is
        simply done, unless communities failed in it: it is replaced when these were tried again.
    signature
        Digest of configuration, input hashes and version.
    protect
        Files that the run reads; none may lie where something is replaced.

    Raises
    ------
    OutputError
        Where something is in the way, with what to do about it; all obstacles at once.
    """
    out = Path(out).resolve()
    partial = _partial(out)
    try:
        _recover(out)
        lines = [*_obstacles(out, partial, protect)]
        if lines:
            raise OutputError(lines)
        again = resume and _is_finished(out) and _signature(out / RUN_RECORD) == signature
        if again and not _failed(out):
            return OutputFolder(out, out, signature, done=True)
        if _occupied(out) and not overwrite and not again:
            other = ", of another configuration, input or version" if resume else ""
            raise OutputError(
                f"{out}: exists already{other}; add --overwrite to replace it when the new result "
                "is finished, or choose another folder with -o"
            )
        return _start(out, partial, resume=resume, signature=signature, again=again)
    except OSError as error:
        raise OutputError(f"{partial}: cannot be made ({error.strerror})") from error


def _start(out: Path, partial: Path, *, resume: bool, signature: str, again: bool) -> OutputFolder:
    """Make the partial folder, or clear the one that is there down to what can be resumed."""
    made = _make(partial)
    lock = acquire(partial / LOCK)
    try:
        resumed, anew = _settle(out, partial, resume=resume, signature=signature, again=again)
    except BaseException:
        release(lock)
        raise
    return OutputFolder(
        out,
        partial,
        signature,
        resumed=resumed,
        findings=(_started_anew(partial),) if anew else (),
        _made=made,
        _lock=lock,
    )


def _settle(
    out: Path, partial: Path, *, resume: bool, signature: str, again: bool
) -> tuple[bool, bool]:
    """Clear the partial folder; tell whether it holds what is resumed, or held what cannot be."""
    same = _signature(partial / MARKER) == signature
    if again and not (same and _has_checkpoints(partial)) and _has_checkpoints(out):
        same = True
        _mark(partial, "")  # until all are there
        remove(partial / CHECKPOINTS)
        shutil.copytree(out / CHECKPOINTS, partial / CHECKPOINTS)
    resumed = resume and same and _has_checkpoints(partial)
    anew = resume and not resumed and _has_checkpoints(partial)
    clear(partial, keep={LOCK, MARKER, *([CHECKPOINTS] if resumed else [])})
    _mark(partial, signature)
    return resumed, anew


def _mark(partial: Path, signature: str) -> None:
    marker = {"format": RUN_FORMAT, "signature": signature}
    write_whole(partial / MARKER, json.dumps(marker, sort_keys=True).encode())


def _started_anew(partial: Path) -> Finding:
    return Finding(
        "resume-anew",
        Severity.INFO,
        "The unfinished work was of another configuration, input or version; "
        "everything is computed anew.",
        place=partial.name,
    )


def _make(folder: Path) -> list[Path]:
    """Make a folder; return the parents that were made for it, the highest first."""
    missing = [parent for parent in folder.parents if not parent.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing[::-1]


def _obstacles(out: Path, partial: Path, protect: Iterable[Path]) -> Iterable[str]:
    """Name what is in the way, whatever was asked."""
    here = Path.cwd().resolve()
    if out == Path(out.anchor) or here.is_relative_to(out):
        yield f"{out}: is the working folder or above it; choose a folder of its own with -o"
        return
    for folder in (out, partial, _replaced(out)):
        if folder.exists() and not folder.is_dir():
            yield f"{folder}: is a file; choose another folder with -o"
        elif _occupied(folder) and not _is_ours(folder):
            yield (
                f"{folder}: holds files that no run of gridplan left; choose another folder with "
                "-o, or empty it yourself"
            )
    for path in sorted({Path(path).resolve() for path in protect}):
        if path.is_relative_to(out) or path.is_relative_to(partial):
            yield f"{path}: is an input inside the output folder {out}; move one of them"


def _swap(partial: Path, out: Path) -> None:
    """Rename the finished folder to ``out``; what is there already is put aside, or put back."""
    replaced = _replaced(out)
    if _occupied(out):
        out.replace(replaced)
    elif out.exists():
        out.rmdir()
    try:
        partial.replace(out)
    except OSError:
        if replaced.exists():
            replaced.replace(out)
        raise


def _tidy(out: Path) -> None:
    """Delete what only the run needed, and the result that ``out`` replaced."""
    if not _failed(out):
        remove(out / CHECKPOINTS)
    remove(out / LOCK)
    remove(out / MARKER)
    _retire(_replaced(out), out)


def _recover(out: Path) -> None:
    """Put right what a crash in the middle of a commit left."""
    replaced = _replaced(out)
    if _is_ours(replaced) and not out.exists():
        replaced.replace(out)
    if _is_finished(out) and (_is_ours(replaced) or (out / MARKER).exists()):
        _tidy(out)


def _retire(replaced: Path, out: Path) -> None:
    """Carry over what is not ours from a replaced result to the new one, then delete it."""
    if not replaced.exists():
        return
    for entry in sorted(replaced.iterdir()):
        if entry.name not in OUTPUT_NAMES and not (out / entry.name).exists():
            entry.replace(out / entry.name)
    remove(replaced)


def _partial(out: Path) -> Path:
    return out.parent / f"{out.name}.partial"


def _replaced(out: Path) -> Path:
    return out.parent / f"{out.name}.replaced"


def _occupied(folder: Path) -> bool:
    """Tell a folder with anything in it from one without; what locking leaves is nothing."""
    ours = (LOCK, f".{MARKER}")
    return folder.is_dir() and any(not path.name.startswith(ours) for path in folder.iterdir())


def _is_ours(folder: Path) -> bool:
    return _is_finished(folder) or read_object(folder / MARKER).get("format") == RUN_FORMAT


def _is_finished(folder: Path) -> bool:
    return read_object(folder / RUN_RECORD).get("format") == RUN_FORMAT


def _failed(folder: Path) -> bool:
    """Tell a finished result in which communities failed."""
    return bool(read_object(folder / RUN_RECORD).get("failed"))


def _signature(file: Path) -> object:
    return read_object(file).get("signature")


def _has_checkpoints(folder: Path, *, communities: bool = False) -> bool:
    """Tell whether anything finished is there, or any finished community."""
    inside = folder / CHECKPOINTS
    return any(inside.glob("*.json")) if communities else _occupied(inside)
