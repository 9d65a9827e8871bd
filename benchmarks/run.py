"""``python -m benchmarks.run``: gridplan and its peers on every problem, and the report of it."""

import argparse
import fnmatch
import hashlib
import json
import logging
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.judge import Judge
from benchmarks.launch import ROOT, launch
from benchmarks.peers import PEERS
from benchmarks.records import Record, Size, add_record, read_records
from benchmarks.report import read_reference, write_report

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


def run(options: argparse.Namespace) -> int:
    """Run what is not done yet, and write the report after every problem."""
    log_file = options.out.with_name("results.jsonl")
    done = read_records(log_file)
    done = {k: r for k, r in done.items() if r.peer not in options.again}
    peers = [p for p in PEERS if p != OURS and (not options.only or p in options.only)]
    peers += [OURS] if not options.only or OURS in options.only else []
    tasks = list(problems(options.problems or [f for f in FOLDERS if f.is_dir()], options.match))
    if not tasks:
        log.error("no problem file found; see benchmarks/README.md")
        return 1
    reference = read_reference([t.path for t in tasks])
    for number, task in enumerate(tasks, 1):
        log.info("%d/%d %s", number, len(tasks), task.name)
        for peer in peers:
            blank = _blank(task, peer, options)
            if blank.key not in done:
                record = launch(blank, task.path, task.judge, options.memory_mb)
                add_record(record, log_file)
                done[record.key] = record
                log.info("  %s", _line(record))
        names = {t.name: t.digest for t in tasks}
        mine = [r for r in done.values() if names.get(r.problem) == r.digest]
        mine = [r for r in mine if (r.limit_s, r.seed) == (options.seconds, options.seed)]
        write_report(mine, options.out, reference, _machine())
    return 0


def _blank(task: Task, peer: str, options: argparse.Namespace) -> Record:
    size = Size.of(task.judge)
    return Record(task.name, task.digest, peer, options.seconds, options.seed, size)


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
