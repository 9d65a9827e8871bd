"""Starts one run in a process of its own, watches it, and turns what it leaves into a record."""

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.judge import Judge, Verdict
from benchmarks.records import Record

ROOT = Path(__file__).resolve().parent.parent
GRACE_S = 2.0  # beyond a tenth of the limit, for a last plan to be written
READY_S = 180.0  # for imports and compiling, which no limit counts
LOOK_S = 0.05
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)


def launch(
    blank: Record, problem: Path, judge: Judge, memory_mb: float, goal: Verdict | None = None
) -> Record:
    """Run a peer and judge what it leaves.

    Parameters
    ----------
    blank
        Record with everything known before the run.
    problem
        The problem file.
    judge
        Its judge.
    memory_mb
        A process above this is killed.
    goal
        A proven optimum; the peer may stop there.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "lines.jsonl"
        limits = [str(blank.limit_s), str(blank.seed), str(out), json.dumps(goal)]
        arguments = [blank.peer, str(problem), *limits]
        ended, peak_mb, error = _run(arguments, out, blank.limit_s, memory_mb)
        lines = read_lines(out)
    return to_record(blank, judge, lines, ended, peak_mb, error)


def _run(
    arguments: list[str], out: Path, limit_s: float, memory_mb: float
) -> tuple[str, float | None, str]:
    environment = {**os.environ, **ONE_THREAD}
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.child", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            ended, peak_mb = _watch(child, out, limit_s, memory_mb)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
        errors.seek(0)
        last = errors.read().decode("utf-8", "replace").strip().splitlines()[-1:]
    if ended == "done" and child.returncode != 0:
        ended = "error"
    return ended, peak_mb, " ".join(last)[:300]


def _watch(
    child: "subprocess.Popen[bytes]", out: Path, limit_s: float, memory_mb: float
) -> tuple[str, float | None]:
    """Wait for the end, or kill; largest memory seen on the way."""
    allowed = 1.1 * limit_s + GRACE_S
    born, began = time.perf_counter(), None
    peak_mb: float | None = None
    while True:
        try:
            child.wait(LOOK_S)
            return "done", peak_mb
        except subprocess.TimeoutExpired:
            pass
        seen = _memory_mb(child.pid)
        peak_mb = seen if peak_mb is None or (seen or 0) > peak_mb else peak_mb
        if peak_mb is not None and peak_mb > memory_mb:
            return "memory", peak_mb
        now = _passed(child.pid, born)
        if began is None and out.is_file() and b'"start"' in out.read_bytes()[:4000]:
            began = now
        if (began is None and now > READY_S) or (began is not None and now - began > allowed):
            return "time", peak_mb


def _passed(pid: int, born: float) -> float:
    """Processor seconds of a process; since it was born, where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except (OSError, ValueError):
        return time.perf_counter() - born
    return sum(int(ticks) for ticks in fields[11:13]) / os.sysconf("SC_CLK_TCK")


def _memory_mb(pid: int) -> float | None:
    """Largest resident memory of a process so far in MB; None where the system does not tell."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return None
    rows = [row.split() for row in text.splitlines() if row.startswith("VmHWM")]
    return round(int(rows[0][1]) / 1024, 1) if rows else None


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read what a run wrote; the last line may be torn."""
    lines: list[dict[str, Any]] = []
    if path.is_file():
        for text in path.read_text(encoding="utf-8").splitlines():
            try:
                lines.append(json.loads(text))
            except ValueError:
                break
    return lines


def to_record(
    blank: Record,
    judge: Judge,
    lines: list[dict[str, Any]],
    ended: str,
    peak_mb: float | None,
    error: str,
) -> Record:
    """Judge the last plan of a run again, here, and put the record together.

    Plans found more than a tenth after the limit do not count.
    """
    late = blank.limit_s * 1.1 + 0.1
    plans = [line for line in _of(lines, "plan") if line["seconds"] <= late]
    last = {k: v for line in _of(lines, "answer", "done", "error") for k, v in line.items()}
    versions = {k: v for line in _of(lines, "ready") for k, v in line["versions"].items()}
    value = judge.verdict(np.asarray(plans[-1]["plan"])) if plans else None
    note = last.get("text") or last.get("reason") or ""
    if ended == "error" or last.get("kind") == "error":
        ended = "unfit" if note.startswith("unfit") else "error"
        note = note or error
    if _of(lines, "plan") and not plans:
        note = f"first plan after {_of(lines, 'plan')[0]['seconds']:.1f} s"
    if value is not None and not np.allclose(value, plans[-1]["value"], atol=1e-6):
        note = f"judged differently inside the run: {plans[-1]['value']}"
    finished = last.get("kind") in ("done", "answer")
    return dataclasses.replace(
        blank,
        value=value,
        grids=len(set(plans[-1]["plan"])) if plans else 0,
        seconds=last.get("seconds", blank.limit_s if ended == "time" else 0.0),
        found_s=plans[-1]["seconds"] if plans else None,
        trace=[(line["seconds"], Verdict(*line["value"])) for line in plans],
        proven=finished and bool(last.get("proven")) and value is not None,
        bound=last.get("bound"),
        gap=last.get("gap"),
        claimed=last.get("claimed", ""),
        peak_mb=last.get("peak_mb") or peak_mb,
        ended=ended,
        note=note,
        versions=versions,
    )


def _of(lines: list[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["kind"] in kinds]
