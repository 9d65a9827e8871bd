"""How long a city takes from its files to its problems: ``python -m benchmarks.cities``.

Sample cities of several sizes are read, checked and turned into one problem per community, each in
a process of its own. ``CITIES.md`` has the seconds and the peak memory of every stage and how they
grow with the number of units.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

T = TypeVar("T")
HERE = Path(__file__).resolve().parent
SIZES = (10_000, 100_000, 1_000_000)
LOOK_S = 0.2
STAGES = ("read", "check", "problems")
UNITS_PER_COMMUNITY = 200
TARGET = "1,000,000 units and 5,000 communities in 15 minutes and 8 GB on 2 cores, growing linearly"


@dataclass(frozen=True)
class Stage:
    """One stage of one city.

    Parameters
    ----------
    stage
        One of ``STAGES``.
    seconds, cpu_s
        Wall time, and processor time with that of the processes it started.
    peak_mb
        Largest resident memory up to its end, of the process and those that it started together.
    """

    stage: str
    seconds: float
    cpu_s: float
    peak_mb: float | None


@dataclass(frozen=True)
class City:
    """What came of one city."""

    units: int
    communities: int
    findings: int
    stages: tuple[Stage, ...]

    @property
    def total(self) -> Stage:
        """All stages together."""
        return Stage(
            "all",
            sum(s.seconds for s in self.stages),
            sum(s.cpu_s for s in self.stages),
            max((s.peak_mb or 0 for s in self.stages), default=None),
        )


def exponent(small: tuple[int, float], large: tuple[int, float]) -> float:
    """Exponent of growth between two sizes (units, seconds); 1 is linear."""
    return math.log(large[1] / small[1]) / math.log(large[0] / small[0])


def run_stages(config: Path, out: Path) -> None:
    """Run every stage of one city in this process, and leave what they took in ``out``."""
    from gridplan.config import Config
    from gridplan.layers import read_inputs
    from gridplan.prepare import community_tasks, prepare_ground

    job = Config.load(config)
    stages: list[Stage] = []
    memory = Memory()

    def timed(name: str, work: Callable[[], T]) -> T:
        wall, cpu = time.perf_counter(), _cpu_s()
        answer = work()
        wall, cpu = time.perf_counter() - wall, _cpu_s() - cpu
        stages.append(Stage(name, round(wall, 2), round(cpu, 2), memory.peak_mb))
        last = stages[-1]
        sys.stderr.write(
            f"{name}: {last.seconds:.1f} s, {last.cpu_s:.1f} s of processor, "
            f"{last.peak_mb or 0:,.0f} MB at most\n"
        )
        sys.stderr.flush()
        return answer

    with _telling(memory):
        inputs = timed("read", lambda: read_inputs(job))
        ground = timed("check", lambda: prepare_ground(inputs, job))
    tasks = timed("problems", lambda: list(community_tasks(inputs, ground, job)))
    findings = len(inputs.findings) + len(ground.findings)
    findings += sum(len(task.findings) for task in tasks)
    city = City(len(inputs.units), len(inputs.communities), findings, tuple(stages))
    out.write_text(json.dumps(asdict(city)), encoding="utf-8")


STEPS = (
    ("gridplan.prepare", "clean_communities"),
    ("gridplan.prepare", "place_units"),
    ("gridplan.prepare", "with_zones"),
    ("gridplan.carve", "measure_institutions"),
    ("gridplan.carve", "find_ground"),
    ("gridplan.carve", "grow_cells"),
    ("gridplan.carve", "border_table"),
    ("gridplan.carve", "find_crossings"),
    ("gridplan.carve", "_refusals"),
    ("gridplan.prepare", "list_crossed_units"),
)
"""The long steps of the check, which are told as they end."""


@contextmanager
def _telling(memory: "Memory") -> Iterator[None]:
    """Tell on stderr what every step of the check took, so that a run cut short has told."""

    def told(name: str, work: Callable[..., T]) -> Callable[..., T]:
        def wrapper(*given: Any, **named: Any) -> T:
            wall, cpu = time.perf_counter(), _cpu_s()
            answer = work(*given, **named)
            wall, cpu = time.perf_counter() - wall, _cpu_s() - cpu
            peak = memory.peak_mb or 0
            sys.stderr.write(f"  {name}: {wall:.1f} s, {cpu:.1f} s of processor, {peak:,.0f} MB\n")
            sys.stderr.flush()
            return answer

        return wrapper

    with ExitStack() as stack:
        for module, name in STEPS:
            step = told(name.strip("_"), getattr(import_module(module), name))
            stack.enter_context(patch(f"{module}.{name}", step))
        yield


class Memory:
    """Largest resident memory of this process and its children together, looked up as it runs."""

    def __init__(self) -> None:
        self.peak_mb: float | None = None
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while (now := resident_mb()) is not None:
            self.peak_mb = max(self.peak_mb or 0.0, now)
            time.sleep(LOOK_S)


def resident_mb() -> float | None:
    """Resident memory of this process and its children in MB, where the system tells."""
    own = os.getpid()
    try:
        children = Path(f"/proc/self/task/{own}/children").read_text(encoding="ascii").split()
        own_pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    pages = own_pages + sum(_pages(child) for child in children)
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def _pages(process: str) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0  # it has ended


def _cpu_s() -> float:
    """Processor seconds of this process and of those that it waited for."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def measure(size: int, folder: Path, *, again: bool = False) -> City:
    """Make and measure the city of a size in child processes, where that is not done yet."""
    out = folder / f"city{size}.json"
    if out.is_file() and not again:
        return read_city(out)
    home = folder / f"city{size}"
    if not (home / "sample.toml").is_file():
        sample = [sys.executable, "-m", "gridplan", "sample", str(home), "--overwrite"]
        count = ["--communities", str(max(1, size // UNITS_PER_COMMUNITY))]
        subprocess.run([*sample, "--units", str(size), *count], check=True, cwd=HERE.parent)
    child = [sys.executable, "-m", "benchmarks.cities", "--child", str(home / "sample.toml")]
    subprocess.run([*child, "--out", str(out)], check=True, cwd=HERE.parent)
    return read_city(out)


def read_city(path: Path) -> City:
    """Read what the child left."""
    row = json.loads(path.read_text(encoding="utf-8"))
    return City(**{**row, "stages": tuple(Stage(**stage) for stage in row["stages"])})


def page(cities: Sequence[City], note: str = "") -> str:
    """Write the figures as a page."""
    lines = [
        "# From files to problems",
        "",
        "Written by `python -m benchmarks.cities`: sample cities, each read, checked (communities "
        "cleaned, units placed, cells grown, borders measured) and turned into one problem per "
        f"community, cells being grown in a process per core. The target is {TARGET}.",
        "",
        *([note, ""] if note else []),
        "| units | communities | stage | seconds | of processor | peak memory, MB | growth |",
        "|---:|---:|---|---:|---:|---:|---:|",
    ]
    before: City | None = None
    for city in cities:
        for i, stage in enumerate((*city.stages, city.total)):
            growth = "" if before is None else f"{_growth(before, city, i):.2f}"
            lines.append(
                f"| {city.units:,} | {city.communities:,} | {stage.stage} | {stage.seconds:.1f} "
                f"| {stage.cpu_s:.1f} | {stage.peak_mb or 0:,.0f} | {growth} |"
            )
        before = city
    lines += ["", "Growth is the exponent of the processor time against the units of the city "]
    lines[-1] += "above; 1 is linear."
    return "\n".join(lines) + "\n"


def _growth(small: City, large: City, i: int) -> float:
    a, b = (*small.stages, small.total)[i], (*large.stages, large.total)[i]
    return exponent((small.units, max(a.cpu_s, 0.01)), (large.units, max(b.cpu_s, 0.01)))


def main(arguments: Sequence[str]) -> int:
    """Run what the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cities", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), metavar="UNITS")
    parser.add_argument("--folder", type=Path, default=HERE.parent / "out" / "cities")
    parser.add_argument("--again", action="store_true", help="measure what is measured already")
    parser.add_argument("--note", default="", help="a sentence for the page, as on the machine")
    parser.add_argument("--out", type=Path, default=HERE / "CITIES.md")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.child:
        run_stages(chosen.child, chosen.out)
        return 0
    chosen.folder.mkdir(parents=True, exist_ok=True)
    cities = [measure(size, chosen.folder, again=chosen.again) for size in sorted(chosen.sizes)]
    chosen.out.write_text(page(cities, chosen.note), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
