"""What a run leaves: one JSON object a line, so that an interrupted benchmark goes on."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from benchmarks.judge import Judge, Verdict

Key = tuple[str, str, str, float, int, str]


@dataclass(frozen=True)
class Size:
    """How large a problem is, counted in blocks (units that stay together are one)."""

    units: int
    blocks: int
    edges: int
    households: int
    blocks_per_grid: float

    @classmethod
    def of(cls, judge: Judge) -> "Size":
        """Measure a problem."""
        blocks = judge.n - sum(len(units) - 1 for units in judge.kept)
        households = int(judge.households.sum())
        ratio = blocks * judge.target / max(1, households)
        return cls(judge.n, blocks, len(judge.u), households, round(ratio, 2))


@dataclass(frozen=True)
class Record:
    """One peer on one problem.

    Parameters
    ----------
    problem, digest
        Name, and SHA-256 of the file's bytes (12 digits).
    peer, limit_s, seed
        Who ran, with how many seconds.
    size
        Of the problem.
    machine
        Where it ran: processor, system, version of Python.
    value
        The judge's verdict on the last plan, or None where there is none.
    grids
        Number of grids of that plan.
    seconds
        Wall time from the start of the clock to the end, or to the kill.
    found_s
        When the last plan was found.
    trace
        Seconds and verdict of every improvement.
    proven, bound, gap, claimed
        What the peer proves.
    peak_mb
        Largest resident memory of the process, its libraries included.
    ended
        ``done``, ``time`` (killed), ``memory`` (killed), ``error``, or ``unfit``.
    note
        What went wrong.
    """

    problem: str
    digest: str
    peer: str
    limit_s: float
    seed: int
    size: Size
    machine: str
    value: Verdict | None = None
    grids: int = 0
    seconds: float = 0.0
    found_s: float | None = None
    trace: list[tuple[float, Verdict]] = field(default_factory=list)
    proven: bool = False
    bound: float | None = None
    gap: float | None = None
    claimed: str = ""
    peak_mb: float | None = None
    ended: str = "done"
    note: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """What makes a record the answer to the same question."""
        return self.problem, self.digest, self.peer, self.limit_s, self.seed, self.machine

    def reached(self, goal: Verdict) -> float | None:
        """Seconds after which the peer had a plan no worse than a goal, or None."""
        times = [seconds for seconds, value in self.trace if not goal.beats(value)]
        return min(times, default=None)


def read_records(path: Path) -> dict[Key, Record]:
    """Read finished records, the last of each key; a torn last line is dropped."""
    found: dict[Key, Record] = {}
    if not path.is_file():
        return found
    names = {f.name for f in fields(Record)}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        row["size"] = Size(**row["size"])
        row["value"] = None if row["value"] is None else Verdict(*row["value"])
        row["trace"] = [(seconds, Verdict(*value)) for seconds, value in row["trace"]]
        record = Record(**{name: row[name] for name in row if name in names})
        found[record.key] = record
    return found


def add_record(record: Record, path: Path) -> None:
    """Append one record."""
    path.parent.mkdir(parents=True, exist_ok=True)
    row = asdict(record)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
