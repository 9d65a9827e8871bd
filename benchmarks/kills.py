"""What ``kill -9`` costs: ``python -m benchmarks.kills CONFIG --kills 20``.

A division is killed at random moments and resumed, on processes and on the workers of a Dask
cluster; the tables must come out byte for byte as those of a run that nobody disturbed.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.cluster import Cluster

HERE = Path(__file__).resolve().parent
LOOK_S = 0.02


@dataclass(frozen=True)
class Job:
    """One division.

    Parameters
    ----------
    config
        Its configuration.
    more
        Further arguments of ``gridplan partition``.
    """

    config: Path
    more: tuple[str, ...] = ()

    def start(self, out: Path, *more: str) -> "subprocess.Popen[bytes]":
        """Start it in a process of its own."""
        command = [sys.executable, "-m", "gridplan", "partition", str(self.config), "-o", str(out)]
        return subprocess.Popen(
            [*command, "-q", "--no-maps", "--date", "2026-01-31", *self.more, *more],
            stderr=subprocess.PIPE,
        )

    def run(self, out: Path, *more: str) -> float:
        """Run it to its end; seconds that it took.

        Raises
        ------
        RuntimeError
            With what it said, where it failed.
        """
        began = time.perf_counter()
        running = self.start(out, *more)
        _, said = running.communicate()
        if running.returncode not in (0, 4):
            raise RuntimeError(f"exit code {running.returncode}: {said.decode(errors='replace')}")
        return time.perf_counter() - began


@dataclass(frozen=True)
class Kill:
    """One kill and what came after it.

    Parameters
    ----------
    where
        ``run`` (the main process), ``process`` (one of its workers) or ``worker`` (of the cluster).
    after_s
        Seconds after the start.
    stage
        What stood on the disk then.
    kept
        Communities whose work was finished then.
    same
        Whether the tables came out the same.
    """

    where: str
    after_s: float
    stage: str
    kept: int
    same: bool


def tables(out: Path) -> dict[str, bytes]:
    """Bytes of every table of a result."""
    return {path.name: path.read_bytes() for path in sorted((out / "tables").glob("*.csv"))}


def stage_of(out: Path) -> str:
    """Name the last thing that a run has left on the disk."""
    partial = out.with_name(f"{out.name}.partial")
    for name in ("run.json", "plan.qgz", "tables", "plan.gpkg", "checkpoints"):
        if (partial / name).exists():
            return name
    if out.exists():
        return "finished"
    return "begun" if partial.exists() else "not begun"


def kept(out: Path) -> int:
    """Count the checkpoints that a run has left."""
    folder = out.with_name(f"{out.name}.partial") / "checkpoints"
    return len(list(folder.glob("*.json"))) if folder.is_dir() else 0


def children(pid: int) -> list[int]:
    """Worker processes of a run, where the system tells (Linux)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
            line = (path.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == pid and b"multiprocessing.spawn" in line:
            found.append(int(path.parent.name))
    return sorted(found)


def strike(
    job: Job,
    out: Path,
    where: str,
    until: Callable[[], bool],
    cluster: Cluster | None,
    lot: int,
    *more: str,
) -> tuple[float, str, int]:
    """Start a run, wait for a moment, kill; seconds, stage and checkpoints at that moment."""
    began = time.perf_counter()
    running = job.start(out, *more)
    while running.poll() is None and not until():
        time.sleep(LOOK_S)
    told = (round(time.perf_counter() - began, 2), stage_of(out), kept(out))
    if where == "worker" and cluster is not None:
        cluster.kill_worker(lot)
    elif where == "process" and (workers := children(running.pid)):
        os.kill(workers[lot % len(workers)], signal.SIGKILL)
    else:
        running.kill()
    running.communicate()  # one that lost a worker goes on to its end
    return told


def after(seconds: float) -> Callable[[], bool]:
    """Tell when a time has passed."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def suffer(
    job: Job,
    folder: Path,
    places: Sequence[str],
    whole: dict[str, bytes],
    takes_s: float,
    *,
    cluster: Cluster | None = None,
    seed: int = 0,
) -> list[Kill]:
    """Kill a run at a random moment for each place, resume it, and compare."""
    lot = np.random.default_rng(seed)
    found = []
    for number, where in enumerate(places):
        out = folder / f"killed{number}"
        moment = after(float(lot.uniform(0.0, takes_s)))
        told = strike(job, out, where, moment, cluster, int(lot.integers(1000)))
        job.run(out, "--resume")
        found.append(Kill(where, *told, same=tables(out) == whole))
        sys.stderr.write(f"{found[-1]}\n")
        shutil.rmtree(out)
    return found


def page(kills: Sequence[Kill], config: str, takes_s: float, note: str) -> str:
    """Write what came of the kills."""
    good = sum(kill.same for kill in kills)
    lines = [
        "# Killed and resumed",
        "",
        f"Written by `python -m benchmarks.kills` on `{config}`: `kill -9` at random moments of a "
        f"run that takes {takes_s:.0f} s undisturbed, each followed by `--resume`. Killed was the "
        "run itself, one of its worker processes, or a worker of its Dask cluster. "
        f"**{good} of {len(kills)} runs left the same bytes in every table.**",
        "",
        *([note, ""] if note else []),
        "| killed | after, s | last on the disk | communities finished then | same tables |",
        "|---|---:|---|---:|---|",
    ]
    lines += [
        f"| {k.where} | {k.after_s:.1f} | {k.stage} | {k.kept} | {'yes' if k.same else 'NO'} |"
        for k in kills
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Run what the arguments name; 1 where a table came out different."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--effort", default="1")
    parser.add_argument("--only", nargs="+", default=[], metavar="CODE")
    parser.add_argument("--folder", type=Path, default=HERE.parent / "out" / "kills")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--note", default="", help="a sentence for the page, as on the machine")
    parser.add_argument("--out", type=Path, default=HERE / "KILLS.md")
    chosen = parser.parse_args(arguments)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    only = [part for code in chosen.only for part in ("--only", code)]
    plain = Job(chosen.config.resolve(), ("--effort", chosen.effort, "--workers", "2", *only))
    takes_s = plain.run(chosen.folder / "whole", "--overwrite")
    whole = tables(chosen.folder / "whole")
    local = ["process" if i % 4 == 3 else "run" for i in range((chosen.kills + 1) // 2)]
    remote = ["worker" if i % 2 else "run" for i in range(chosen.kills // 2)]
    found = suffer(plain, chosen.folder, local, whole, takes_s, seed=chosen.seed)
    if remote:
        with Cluster(2) as cluster:
            lent = Job(plain.config, (*plain.more, "--scheduler", cluster.address))
            found += suffer(
                lent, chosen.folder, remote, whole, takes_s, cluster=cluster, seed=chosen.seed + 1
            )
    chosen.out.write_text(page(found, chosen.config.name, takes_s, chosen.note), encoding="utf-8")
    return 0 if all(kill.same for kill in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
