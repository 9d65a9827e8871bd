"""A city end to end on one worker, two, and a Dask cluster: ``python -m benchmarks.scale``.

Sample cities are divided as ``gridplan partition`` does it, each run in processes of its own.
``SCALE.md`` has the seconds and the peak memory of every stage, how they grow with the number of
units, what a second worker is worth, the quality of the plans, and what follows for a province.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

from benchmarks.cluster import Cluster

HERE = Path(__file__).resolve().parent
SIZES = (10_000, 100_000, 1_000_000)
MODES = ("1 worker", "2 workers", "Dask, 2 workers")
EFFORT = "0.1"
LOOK_S = 0.2
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
EACH = 200
"""Units of a community."""
PROVINCE = 100_000
CORES = (2, 32, 128)


@dataclass(frozen=True)
class Stage:
    """One stage of one run.

    Parameters
    ----------
    stage
        As the log names it.
    seconds, cpu_s
        Wall time, and processor time of all processes.
    main_mb, all_mb
        Largest resident memory of the run itself, and of all processes together.
    """

    stage: str
    seconds: float
    cpu_s: float
    main_mb: float
    all_mb: float


@dataclass(frozen=True)
class Run:
    """One city in one mode.

    Parameters
    ----------
    units, communities, households, grids
        Of the city and its plan.
    mode
        One of ``MODES``.
    stages
        In their order.
    in_range
        Share of the residential grids in range; a verified exception counts as out of it.
    optimal
        Share of the communities that are proven optimal.
    gap
        Proven gap of all communities together; None where one has no bound.
    broken
        Promises that do not hold.
    beside
        What else the machine did meanwhile, in words; such a run is shown, and nothing follows
        from its seconds.
    """

    units: int
    communities: int
    households: int
    grids: int
    mode: str
    stages: tuple[Stage, ...]
    in_range: float
    optimal: float
    gap: float | None
    broken: int
    beside: str = ""

    @property
    def total(self) -> Stage:
        """All stages together."""
        return Stage(
            "all",
            sum(s.seconds for s in self.stages),
            sum(s.cpu_s for s in self.stages),
            max(s.main_mb for s in self.stages),
            max(s.all_mb for s in self.stages),
        )

    def stage(self, name: str) -> Stage:
        """A stage by its name; an empty one where the run had none."""
        found = [s for s in (*self.stages, self.total) if s.stage == name]
        return found[0] if found else Stage(name, 0.0, 0.0, 0.0, 0.0)


class Watch:
    """Looks at the processes of a run while its log tells the stages.

    Parameters
    ----------
    pid
        The run.
    others
        Processes that work for it and are not its children, with theirs.
    """

    def __init__(self, pid: int, others: Sequence[int]) -> None:
        self.pid, self.others = pid, tuple(others)
        self.stages: list[Stage] = []
        self._stage, self._since = "start", time.perf_counter()
        self._peaks = [0.0, 0.0]
        self._cpu = self._last = self._look()[2]
        self._lock = threading.Lock()

    def look(self) -> None:
        """Note what the processes hold now."""
        main, total, cpu = self._look()
        with self._lock:
            self._peaks = [max(self._peaks[0], main), max(self._peaks[1], total)]
            self._last = max(self._last, cpu)

    def turn(self, stage: str) -> None:
        """End a stage and begin the next."""
        self.look()
        with self._lock:
            now = time.perf_counter()
            seconds, cpu = now - self._since, self._last - self._cpu
            peaks = [round(p, 1) for p in self._peaks]
            self.stages.append(Stage(self._stage, round(seconds, 2), round(cpu, 2), *peaks))
            sys.stderr.write(
                f"{self._stage}: {seconds:.1f} s, {cpu:.1f} s of processor, "
                f"{peaks[0]:,.0f} MB in the run itself, {peaks[1]:,.0f} MB in all\n"
            )
            sys.stderr.flush()
            self._stage, self._since, self._cpu = stage, now, self._last
            self._peaks = [0.0, 0.0]

    def _look(self) -> tuple[float, float, float]:
        """Resident MB of the run and of all, and processor seconds of all, ended ones too."""
        found = _processes()
        ours = _with_children(found, {self.pid, *self.others})
        held = {pid: found[pid] for pid in ours}
        main = held.get(self.pid, (0, 0.0, 0.0))[1]
        return main, sum(p[1] for p in held.values()), sum(p[2] for p in held.values())


def _processes() -> dict[int, tuple[int, float, float]]:
    """Parent, resident MB and processor seconds of every process that lives."""
    page_mb = os.sysconf("SC_PAGE_SIZE") / 2**20
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        cpu = sum(int(t) for t in fields[11:15]) / TICKS
        found[int(path.parent.name)] = (int(fields[1]), int(fields[21]) * page_mb, cpu)
    return found


def _with_children(found: dict[int, tuple[int, float, float]], roots: set[int]) -> set[int]:
    ours = roots & set(found)
    while True:
        more = {pid for pid, (parent, _, _) in found.items() if parent in ours} - ours
        if not more:
            return ours
        ours |= more


def run(config: Path, out: Path, workers: int, cluster: Cluster | None) -> tuple[Stage, ...]:
    """Divide a city and watch it.

    Raises
    ------
    RuntimeError
        With what the run said, where it failed.
    """
    command = [
        sys.executable, "-m", "gridplan", "partition", str(config), "-o", str(out), "-q",
        "--no-maps", "--overwrite", "--log-json", "--date", "2026-01-31", "--effort", EFFORT,
        "--workers", str(workers), *(("--scheduler", cluster.address) if cluster else ()),
    ]  # fmt: skip
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=HERE.parent)
    watch = Watch(child.pid, cluster.processes() if cluster else ())
    assert child.stderr is not None
    said: list[dict[str, Any]] = []
    reader = threading.Thread(target=_read, args=(child.stderr, watch, said))
    reader.start()
    while child.poll() is None:
        watch.look()
        time.sleep(LOOK_S)
    reader.join()
    if child.returncode not in (0, 4):
        raise RuntimeError(f"exit code {child.returncode}: {said[-3:]}")
    return tuple(watch.stages)


def _read(lines: IO[str], watch: Watch, said: list[dict[str, Any]]) -> None:
    for line in lines:
        try:
            said.append(json.loads(line))
        except ValueError:
            said.append({"event": "text", "text": line})
        if said[-1]["event"] == "stage":
            watch.turn(said[-1]["stage"])
        elif said[-1]["event"] == "done":
            watch.turn("end")


def measure(size: int, mode: str, folder: Path, *, again: bool, beside: str = "") -> Run:
    """Make a city where there is none yet, and divide it where that is not done yet."""
    out = folder / f"city{size}-{mode.replace(', ', '-').replace(' ', '-')}.json"
    if out.is_file() and not again:
        return read_run(out)
    home = folder / f"city{size}"
    if not (home / "sample.toml").is_file():
        sample = [sys.executable, "-m", "gridplan", "sample", str(home), "--overwrite"]
        wanted = ["--units", str(size), "--communities", str(max(1, size // EACH))]
        subprocess.run([*sample, *wanted], check=True, cwd=HERE.parent)
    with ExitStack() as stack:
        cluster = stack.enter_context(Cluster(2)) if mode.startswith("Dask") else None
        workers = 1 if mode == MODES[0] else 2
        stages = run(home / "sample.toml", folder / "plan", workers, cluster)
    found = Run(mode=mode, stages=stages, beside=beside, **_quality(folder / "plan"))
    out.write_text(json.dumps(asdict(found)), encoding="utf-8")
    return found


def _quality(plan: Path) -> dict[str, Any]:
    from gridplan.batch.outcome import measure as measure_plan

    record = json.loads((plan / "run.json").read_text(encoding="utf-8"))
    found = measure_plan(plan, record)
    return {
        "units": sum(answer["units"] for answer in record["communities"].values()),
        "communities": found["communities"],
        "households": found["households"],
        "grids": found["grids"],
        "in_range": found["in_range"],
        "optimal": found["optimal"] / max(1, found["communities"]),
        "gap": found["gap"],
        "broken": sum(f["severity"] in ("broken", "error") for f in record["audit"]),
    }


def read_run(path: Path) -> Run:
    """Read what ``measure`` left."""
    row = json.loads(path.read_text(encoding="utf-8"))
    return Run(**{**row, "stages": tuple(Stage(**stage) for stage in row["stages"])})


def exponent(small: Run, large: Run, stage: str = "all") -> float:
    """Exponent of growth of the processor time between two cities; 1 is linear."""
    times = [max(run.stage(stage).cpu_s, 0.01) for run in (small, large)]
    return math.log(times[1] / times[0]) / math.log(large.units / small.units)


def page(runs: Sequence[Run], note: str) -> str:
    """Write the figures as a page."""
    lines = [
        "# From files to finished plans",
        "",
        "Written by `python -m benchmarks.scale`: sample cities, each divided end to end by "
        f"`gridplan partition --effort {EFFORT} --no-maps` in processes of its own. Memory is "
        "resident; pages that processes share are counted once for each.",
        "",
        *([note, ""] if note else []),
        *_totals(runs),
        "",
        *_stages(runs),
        "",
        *_growth(runs),
        "",
        *_province(runs),
    ]
    return "\n".join(lines) + "\n"


def _totals(runs: Sequence[Run]) -> list[str]:
    lines = [
        "| units | households | communities | mode | seconds | of processor | memory of the run, "
        "MB | of all, MB | speed-up | efficiency | grids in range | proven optimal | gap "
        "| broken |",
        "|---:|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for found in runs:
        t, one = found.total, None if found.beside else _like(runs, found, MODES[0])
        worth = "" if one is None or one is found else f"{one.total.seconds / t.seconds:.2f}"
        share = "" if not worth else f"{float(worth) / 2:.0%}"
        gap = "-" if found.gap is None else f"{found.gap:.1%}"
        mark = "*" if found.beside else ""
        lines.append(
            f"| {found.units:,} | {found.households:,} | {found.communities:,} "
            f"| {found.mode}{mark} | {t.seconds:,.0f} | {t.cpu_s:,.0f} | {t.main_mb:,.0f} "
            f"| {t.all_mb:,.0f} | {worth} | {share} | {found.in_range:.2%} "
            f"| {found.optimal:.1%} | {gap} | {found.broken} |"
        )
    for run in runs:
        if run.beside:
            lines += ["", f"\\* {run.units:,} units, {run.mode}: {run.beside}."]
    return lines


def _stages(runs: Sequence[Run]) -> list[str]:
    lines = [
        "| units | mode | stage | seconds | of processor | memory of the run, MB | of all, MB |",
        "|---:|---|---|---:|---:|---:|---:|",
    ]
    for found in runs:
        lines += [
            f"| {found.units:,} | {found.mode} | {s.stage} | {s.seconds:,.1f} | {s.cpu_s:,.1f} "
            f"| {s.main_mb:,.0f} | {s.all_mb:,.0f} |"
            for s in found.stages
        ]
    return lines


def _growth(runs: Sequence[Run]) -> list[str]:
    alone = [found for found in runs if not found.beside]
    sizes = {mode: [found for found in alone if found.mode == mode] for mode in MODES}
    mode = max(MODES, key=lambda mode: len(sizes[mode]))
    ones = sizes[mode]
    if len(ones) < 2:
        return ["Growth needs two sizes."]
    names = [s.stage for s in ones[0].stages]
    lines = [
        f"Exponent of growth of the processor time of all processes ({mode}); 1 is linear:",
        "",
        "| from | to | all | " + " | ".join(names) + " |",
        "|---:|---:|" + "---:|" * (len(names) + 1),
    ]
    for small, large in pairwise(ones):
        cells = " | ".join(f"{exponent(small, large, name):.2f}" for name in ("all", *names))
        lines.append(f"| {small.units:,} | {large.units:,} | {cells} |")
    return lines


def _like(runs: Sequence[Run], found: Run, mode: str) -> Run | None:
    """The undisturbed run of the same city in a mode."""
    same = [r for r in runs if (r.units, r.mode, r.beside) == (found.units, mode, "")]
    return same[0] if same else None


def _province(runs: Sequence[Run]) -> list[str]:
    """Extrapolate from the largest city that was measured on one worker and on two."""
    ones = [r for r in runs if r.mode == MODES[0] and not r.beside and _like(runs, r, MODES[1])]
    if not ones:
        return ["A province needs a city on one worker and on two."]
    one = ones[-1]
    two = _like(runs, one, MODES[1])
    assert two is not None
    empty = one.stage("start")
    each_s = (one.total.cpu_s - empty.cpu_s) / one.communities
    each_mb = (one.total.main_mb - empty.main_mb) / one.units * 1000
    worth = one.total.cpu_s / (2 * two.total.seconds)
    hours = ", ".join(
        f"{PROVINCE * each_s / (cores * worth) / 3600:,.1f} hours on {cores} cores"
        for cores in CORES
    )
    return [
        f"**A province of {PROVINCE:,} communities** ({PROVINCE * one.units // one.communities:,} "
        f"units, {PROVINCE * one.households // one.communities / 1e6:,.0f} million households): "
        f"the city of {one.units:,} units takes {each_s:.2f} s of processor for each of its "
        f"{one.communities:,} communities, all stages but the start included, and two cores are "
        f"used to {worth:.0%}; so a province takes about {hours}. This assumes that it is run as "
        "one job for each city (`gridplan batch`), of which as many run side by side as there are "
        "cores, since reading, growing and auditing are done by the run itself and only cells, "
        "communities and maps are shared out; that a province is made of cities like this one, "
        "with its sizes of community and density, whose time a community does not depend on the "
        f"city; that the layers are on a local disk; effort {EFFORT} and no maps. Memory does not "
        "grow with the province: each job holds its own city and no other, "
        f"{empty.main_mb:,.0f} MB and {each_mb:.1f} MB for each thousand units at the size "
        "measured, so the largest city decides.",
    ]


def main(arguments: Sequence[str]) -> int:
    """Run what the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), metavar="UNITS")
    parser.add_argument("--modes", nargs="+", default=list(MODES), choices=MODES)
    parser.add_argument("--folder", type=Path, default=HERE.parent / "out" / "scale")
    parser.add_argument("--again", action="store_true", help="measure what is measured already")
    parser.add_argument("--note", default="", help="a sentence for the page, as on the machine")
    parser.add_argument(
        "--beside", default="", help="what else the machine did; kept with these runs"
    )
    parser.add_argument("--out", type=Path, default=HERE / "SCALE.md")
    chosen = parser.parse_args(arguments)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    for size in sorted(chosen.sizes):
        for mode in chosen.modes:
            measure(size, mode, chosen.folder, again=chosen.again, beside=chosen.beside)
    chosen.out.write_text(page(measured(chosen.folder), chosen.note), encoding="utf-8")
    return 0


def measured(folder: Path) -> list[Run]:
    """Every run that was measured there, small cities first."""
    runs = [read_run(path) for path in sorted(folder.glob("city*-*.json"))]
    return sorted(runs, key=lambda run: (run.units, MODES.index(run.mode)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
