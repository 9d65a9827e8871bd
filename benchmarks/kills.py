"""What ``kill -9`` costs: ``python -m benchmarks.kills CONFIG --kills 20``.

A division is killed at random moments and resumed, on processes and on the workers of a Dask
cluster, so many times in each mode; the tables must come out byte for byte as those of a run that
nobody disturbed. ``KILLS.md`` says what came of it.
"""

import argparse
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.cluster import Cluster

HERE = Path(__file__).resolve().parent
LOOK_S = 0.02
MODES = ("processes", "dask")


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
    mode
        ``processes`` or ``dask``.
    where
        ``run`` (the main process), ``process`` (one of its workers) or ``worker`` (of the cluster).
    after_s
        Seconds after the start.
    stage
        What stood on the disk then.
    kept
        Communities whose work was finished then.
    resumed_s
        Seconds of the run that resumed it.
    same
        Whether the tables came out the same.
    """

    mode: str
    where: str
    after_s: float
    stage: str
    kept: int
    resumed_s: float
    same: bool

    def line(self) -> str:
        """For who watches."""
        end = "same tables" if self.same else "OTHER TABLES"
        return (
            f"{self.mode}: {self.where} killed after {self.after_s:.1f} s at {self.stage!r}, "
            f"{self.kept} communities finished; resumed in {self.resumed_s:.1f} s: {end}"
        )


def tables(out: Path) -> dict[str, bytes]:
    """Bytes of every table of a result."""
    return {path.name: path.read_bytes() for path in sorted((out / "tables").glob("*.csv"))}


def stage_of(out: Path) -> str:
    """Name the last thing that a run has left on the disk."""
    partial = out.with_name(f"{out.name}.partial")
    for name in ("run.json", "plan.qgz", "tables", "plan.gpkg"):
        if (partial / name).exists():
            return name
    if kept(out):
        return "checkpoints"
    if any((partial / "checkpoints").glob("*ground*/list.json")):
        return "ground"
    if any((partial / "checkpoints").glob("*ground*/pieces/*.part")):
        return "growing"
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
    mode: str = "processes",
    cluster: Cluster | None = None,
    seed: int = 0,
) -> list[Kill]:
    """Kill a run at a random moment for each place, resume it, and compare."""
    lot = np.random.default_rng(seed)
    found = []
    for number, where in enumerate(places):
        out = folder / f"killed-{mode}-{number}"
        moment = after(float(lot.uniform(0.0, takes_s)))
        told = strike(job, out, where, moment, cluster, int(lot.integers(1000)))
        resumed_s = round(job.run(out, "--resume"), 2)
        found.append(Kill(mode, where, *told, resumed_s, same=tables(out) == whole))
        sys.stderr.write(f"{number + 1}/{len(places)} {found[-1].line()}\n")
        shutil.rmtree(out)
    return found


def victims(mode: str, kills: int, share: float) -> list[str]:
    """Whom to kill: the run, and for a share of the kills a worker, evenly among them."""
    other = "process" if mode == "processes" else "worker"
    return [
        other if math.floor((i + 1) * share) > math.floor(i * share) else "run"
        for i in range(kills)
    ]


def page(kills: Sequence[Kill], config: str, takes_s: Mapping[str, float], note: str) -> str:
    """Write what came of the kills."""
    good = sum(kill.same for kill in kills)
    alone = "; ".join(f"{mode} {seconds:.0f} s" for mode, seconds in takes_s.items())
    lines = [
        "# Killed and resumed",
        "",
        f"Written by `python -m benchmarks.kills` on `{config}`: `kill -9` at random moments of a "
        f"run, each followed by `--resume`. Undisturbed it takes: {alone}. Killed was the "
        "run itself, one of its worker processes, or a worker of its Dask cluster. "
        f"**{good} of {len(kills)} runs left the same bytes in every table.** "
        "`growing`: some cells were grown, and only the others are; `ground`: all were grown, and "
        "none is again; `checkpoints`: communities were solved, and are not solved again.",
        "",
        *([note, ""] if note else []),
        "| mode | killed | after, s | last on the disk | communities finished then | resumed in, s "
        "| same tables |",
        "|---|---|---:|---|---:|---:|---|",
    ]
    lines += [
        f"| {k.mode} | {k.where} | {k.after_s:.1f} | {k.stage} | {k.kept} | {k.resumed_s:.1f} "
        f"| {'yes' if k.same else 'NO'} |"
        for k in kills
    ]
    return "\n".join(lines) + "\n"


def asked(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("--kills", type=int, default=20, help="in each mode")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument(
        "--share", type=float, default=0.25, help="of the kills that strike a worker, not the run"
    )
    parser.add_argument("--effort", default="0.1")
    parser.add_argument("--only", nargs="+", default=[], metavar="CODE")
    parser.add_argument("--folder", type=Path, default=HERE.parent / "out" / "kills")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--note", default="", help="a sentence for the page, as on the machine")
    parser.add_argument("--out", type=Path, default=HERE / "KILLS.md")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Run what the arguments name; 1 where a table came out different."""
    chosen = asked(arguments)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    only = [part for code in chosen.only for part in ("--only", code)]
    plain = Job(chosen.config.resolve(), ("--effort", chosen.effort, "--workers", "2", *only))
    found: list[Kill] = []
    takes_s: dict[str, float] = {}
    whole: dict[str, bytes] = {}
    for number, mode in enumerate(chosen.modes):
        with ExitStack() as stack:
            cluster = stack.enter_context(Cluster(2)) if mode == "dask" else None
            more = () if cluster is None else ("--scheduler", cluster.address)
            job = Job(plain.config, (*plain.more, *more))
            out = chosen.folder / f"whole-{mode}"
            takes_s[mode] = job.run(out, "--overwrite")
            sys.stderr.write(f"{mode}: undisturbed in {takes_s[mode]:.1f} s\n")
            whole = whole or tables(out)
            if tables(out) != whole:
                sys.stderr.write(f"{mode}: OTHER TABLES than {chosen.modes[0]}\n")
                return 1
            found += suffer(
                job, chosen.folder, victims(mode, chosen.kills, chosen.share), whole,
                takes_s[mode], mode=mode, cluster=cluster, seed=chosen.seed + number,
            )  # fmt: skip
        text = page(found, chosen.config.name, takes_s, chosen.note)
        chosen.out.write_text(text, encoding="utf-8")  # what is known so far
    for mode in chosen.modes:
        shutil.rmtree(chosen.folder / f"whole-{mode}")
    return 0 if all(kill.same for kill in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
