"""``python -m benchmarks.run``: gridplan and its peers on every problem, and the report of it."""

import argparse
import fnmatch
import hashlib
import json
import logging
import platform
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.judge import Judge, Verdict
from benchmarks.launch import ROOT, launch
from benchmarks.peers import PEERS
from benchmarks.records import Record, Size, add_record, read_records
from benchmarks.report import Case, kind_of, read_reference, write_report

HERE = Path(__file__).resolve().parent
FOLDERS = (ROOT.parent / "shared" / "problems", HERE / "problems")
OURS = "gridplan"
log = logging.getLogger("benchmarks")


@dataclass(frozen=True)
class Task:
    """One problem file."""

    name: str
    path: Path
    digest: str
    judge: Judge


def problems(folders: Sequence[Path], match: Sequence[str]) -> Iterator[Task]:
    """Every problem file below the folders, the small ones first."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*.json")):
            found.setdefault(path.relative_to(folder).with_suffix("").as_posix(), path)
    chosen = [n for n in found if not match or any(fnmatch.fnmatch(n, m) for m in match)]
    for name in sorted(chosen, key=lambda n: (found[n].stat().st_size, n)):
        text = found[name].read_bytes()
        data = json.loads(text)
        if isinstance(data, dict) and "nodes" in data:
            yield Task(name, found[name], hashlib.sha256(text).hexdigest()[:12], Judge(data))


def sample(tasks: Sequence[Task], each: int) -> list[Task]:
    """So many problems of each size class, evenly spread over its sizes; all of them for 0."""
    classes: dict[tuple[int, bool], list[Task]] = {}
    for task in tasks:
        classes.setdefault(kind_of(Size.of(task.judge)), []).append(task)
    chosen: set[str] = set()
    for mine in classes.values():
        ordered = sorted(mine, key=lambda task: (Size.of(task.judge).blocks, task.name))
        count = min(each or len(mine), len(mine))
        chosen |= {ordered[(2 * i + 1) * len(ordered) // (2 * count)].name for i in range(count)}
    return [task for task in tasks if task.name in chosen]


def run(options: argparse.Namespace) -> int:
    """Run what is not done yet, and write the report after every problem."""
    folders = options.problems or [f for f in FOLDERS if f.is_dir()]
    tasks = list(problems(folders, options.match))
    if not tasks:
        log.error("no problem file found; see benchmarks/README.md")
        return 1
    book = Book(options, tasks)
    with ThreadPoolExecutor(options.jobs) as pool:
        waiting = [pool.submit(book.fill, task) for task in tasks]
        try:
            for number, work in enumerate(as_completed(waiting), 1):
                work.result()
                log.info("%d/%d", number, len(tasks))
                book.write()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return 0


class Book:
    """The records of a benchmark: those of earlier calls, and what this one adds.

    Parameters
    ----------
    options
        The command line.
    tasks
        The problems.
    """

    def __init__(self, options: argparse.Namespace, tasks: Sequence[Task]) -> None:
        self.options, self.file = options, options.out.with_name("results.jsonl")
        kept = read_records(self.file)
        self.done = {k: r for k, r in kept.items() if r.peer not in options.again}
        self.digests = {task.name: task.digest for task in tasks}
        self.sampled = {task.name for task in sample(tasks, options.sample)}
        self.reference = read_reference([task.path for task in tasks])
        chosen = [peer for peer in PEERS if not options.only or peer in options.only]
        self.peers = sorted(chosen, key=lambda peer: peer != OURS)  # what it proves, peers may use
        self._lock = threading.Lock()

    def fill(self, task: Task) -> None:
        """Run every method that has no record of a problem yet; peers where they are asked for."""
        for peer in self.peers:
            blank = _blank(task, peer, self.options)
            if blank.key not in self.done and (peer == OURS or self.asked(task)):
                goal = None if peer == OURS else self.goal(task)
                record = launch(blank, task.path, task.judge, self.options.memory_mb, goal)
                with self._lock:
                    add_record(record, self.file)
                    self.done[record.key] = record
                log.info("%s  %s", task.name, _line(record))

    def asked(self, task: Task) -> bool:
        """Tell whether peers are to have a problem."""
        if task.name not in self.sampled:
            return False
        if not self.options.open:
            return True
        with self._lock:
            ours = self.done.get(_blank(task, OURS, self.options).key)
        return ours is None or not Case(task.name, {OURS: ours}, None, None).settled

    def goal(self, task: Task) -> Verdict | None:
        """What gridplan's proven optimum is worth, where it has one."""
        with self._lock:
            ours = [r for r in self.done.values() if r.peer == OURS and r.digest == task.digest]
        proven = [r.value for r in ours if r.proven and r.value is not None and not r.value.broken]
        return min(proven, default=None)

    def write(self) -> None:
        """Write the report of all that is done."""
        with self._lock:
            mine = [r for r in self.done.values() if self.digests.get(r.problem) == r.digest]
        asked = (self.options.seconds, self.options.seed, _machine())
        mine = [r for r in mine if (r.limit_s, r.seed, r.machine) == asked]
        write_report(mine, self.options.out, self.reference)


def _blank(task: Task, peer: str, options: argparse.Namespace) -> Record:
    size = Size.of(task.judge)
    return Record(task.name, task.digest, peer, options.seconds, options.seed, size, _machine())


def _line(record: Record) -> str:
    value = record.value
    found = "no plan" if value is None else f"broken {value.broken}  breach {value.breach}"
    cost = "" if value is None else f"  cost {value.cost:.4f}"
    proven = "  proven" if record.proven else ""
    note = f"  {record.note}" if record.note else ""
    return (
        f"{record.peer:<15} {record.ended:<6} {record.seconds:7.2f} s  "
        f"{found}{cost}{proven}  {record.peak_mb or 0:.0f} MB{note}"
    )


@cache
def _machine() -> str:
    cpu = platform.processor() or platform.machine()
    try:
        rows = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        cpu = next(r.split(":", 1)[1].strip() for r in rows if r.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{cpu}, {platform.system()}, Python {platform.python_version()}"


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument(
        "--problems",
        nargs="+",
        type=Path,
        metavar="DIR",
        help="folders of problem files (default: ../shared/problems and benchmarks/problems)",
    )
    parser.add_argument(
        "--match", action="append", default=[], help="only problems named so; * fits all"
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="limit of every run (60)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--sample",
        type=int,
        default=0,
        metavar="N",
        help="peers get only N problems of each size class",
    )
    parser.add_argument(
        "--open",
        action="store_true",
        help="peers get only what gridplan does not prove optimal and reach within a second",
    )
    parser.add_argument("--jobs", type=int, default=1, help="problems at a time (1)")
    parser.add_argument(
        "--only", action="append", default=[], choices=list(PEERS), help="only this peer"
    )
    parser.add_argument(
        "--again", action="append", default=[], choices=list(PEERS), help="run this peer again"
    )
    parser.add_argument("--memory-mb", type=float, default=6000.0, help="a run above it is killed")
    parser.add_argument("--out", type=Path, default=HERE / "RESULTS.md")
    return parser


def main(words: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    log.setLevel(logging.INFO)
    try:
        return run(arguments().parse_args(words))
    except KeyboardInterrupt:
        log.info("interrupted; the same command goes on from here")
        return 130


if __name__ == "__main__":
    sys.exit(main())
