"""RESULTS.md from the records: tables a size class, and every case where gridplan is not ahead."""

import csv
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.judge import Verdict
from benchmarks.records import Record, Size

OURS = "gridplan"
EDGES = (45, 60, 100, 200)
MIDDLE = (60, 200)  # blocks of the communities whose median gap is told
FEW = 8.0  # blocks a grid
SPEED_UP, FLOOR_S = 20, 1.0  # gridplan is to reach the best peer's plan in this share of its time
SHOWN = 40  # rows of a list


@dataclass(frozen=True)
class Case:
    """All runs of one problem."""

    name: str
    runs: Mapping[str, Record]
    known: Verdict | None
    reference: Verdict | None

    @property
    def ours(self) -> Record | None:
        """The run of gridplan."""
        return self.runs.get(OURS)

    @property
    def rival(self) -> Record | None:
        """The best peer's run; of equal plans the one found first."""
        found = []
        for name, run in self.runs.items():
            value = run.value
            if name != OURS and value is not None and not value.broken:
                found_s = run.reached(value) or 0.0
                found.append(((*value[:3], round(value.cost, 6), found_s, name), run))
        return min(found, key=lambda pair: pair[0])[1] if found else None

    @property
    def kind(self) -> tuple[int, bool]:
        """Size class, and whether its grids hold many blocks."""
        return kind_of(next(iter(self.runs.values())).size)

    @property
    def shared(self) -> bool:
        """Whether peers had the problem too."""
        return bool(set(self.runs) - {OURS})

    @property
    def settled(self) -> bool:
        """Whether gridplan's run alone tells that no peer can be better, nor gridplan late."""
        ours = self.ours
        if ours is None or ours.value is None or ours.value.broken or not ours.proven:
            return False
        reached = ours.reached(ours.value)
        return reached is not None and reached <= FLOOR_S

    def lead(self) -> tuple[float, float] | None:
        """Seconds that gridplan and the best peer took to the peer's plan; None where never."""
        if self.ours is None or self.rival is None or self.rival.value is None:
            return None
        ours, theirs = (r.reached(self.rival.value) for r in (self.ours, self.rival))
        return None if ours is None or theirs is None else (ours, theirs)


def kind_of(size: Size) -> tuple[int, bool]:
    """Size class of a problem, and whether its grids hold many blocks."""
    return sum(size.blocks > edge for edge in EDGES), size.blocks_per_grid > FEW


def read_reference(paths: Iterable[Path]) -> dict[str, Verdict]:
    """Best known breach and cost by problem, from any ``reference.csv`` above the files."""
    tables = {folder / "reference.csv" for path in paths for folder in path.parents}
    found: dict[str, Verdict] = {}
    for table in sorted(t for t in tables if t.is_file()):
        with table.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                found[row["problem"]] = Verdict(0, int(row["breach"]), 0, float(row["cost"]))
    return found


def cases_of(records: Sequence[Record], reference: Mapping[str, Verdict]) -> list[Case]:
    """Group records by problem."""
    cases = []
    for name in sorted({r.problem for r in records}):
        runs = {r.peer: r for r in records if r.problem == name}
        values = [r.value for r in runs.values() if r.value is not None and not r.value.broken]
        known = min([*values, *([reference[name]] if name in reference else [])], default=None)
        cases.append(Case(name, runs, known, reference.get(name)))
    return cases


def class_name(kind: tuple[int, bool]) -> str:
    """A size class in words."""
    low, high = (0, *(e + 1 for e in EDGES))[kind[0]], (*EDGES, 0)[kind[0]]
    blocks = f"above {EDGES[-1]}" if not high else f"up to {high}" if not low else f"{low}-{high}"
    return f"{blocks} blocks, {'more than' if kind[1] else 'at most'} {FEW:.0f} blocks a grid"


def write_report(records: Sequence[Record], path: Path, reference: Mapping[str, Verdict]) -> None:
    """Write RESULTS.md; nothing where there are no records."""
    if records:
        path.write_text(report(records, reference), encoding="utf-8")


def report(records: Sequence[Record], reference: Mapping[str, Verdict]) -> str:
    """The whole report of one machine's records as Markdown."""
    cases = cases_of(records, reference)
    kinds = sorted({case.kind for case in cases})
    peers = [p for p in _order(records) if any(p in case.runs for case in cases)]
    text = [_head(records, cases), "## gridplan\n", _ours_table(cases, kinds)]
    text += [_middle(cases)]
    text += ["## Against the best peer\n", _lead_table(cases, kinds), _others(cases)]
    for kind in kinds:
        mine = [case for case in cases if case.kind == kind and case.shared]
        if mine:
            text += [f"## {class_name(kind).capitalize()}\n", _peer_table(mine, peers)]
    text += [_lists(cases)]
    return "\n".join(text)


def _order(records: Sequence[Record]) -> list[str]:
    return [OURS, *sorted({r.peer for r in records} - {OURS})]


def _head(records: Sequence[Record], cases: Sequence[Case]) -> str:
    versions: dict[str, str] = {}
    for record in records:
        versions.update(record.versions)
    used = ", ".join(f"{name} {versions[name]}" for name in sorted(versions))
    shared = sum(case.shared for case in cases)
    some = "" if shared in (0, len(cases)) else f", {shared} of them given to the peers too"
    return (
        "# gridplan beside its peers\n\n"
        f"{len(cases)} problems{some}, {records[0].limit_s:g} s a run, seed {records[0].seed}, "
        f"one thread a run. Machine: {records[0].machine}. Versions: {used}.\n\n"
        "Made by `python -m benchmarks.run`; README.md tells how, and what each column means.\n"
    )


def _middle(cases: Sequence[Case]) -> str:
    """The proven gap of communities that are too large for a proof, and not very large."""
    runs = [c.ours for c in cases if c.ours is not None]
    runs = [run for run in runs if MIDDLE[0] <= run.size.blocks <= MIDDLE[1]]
    if not runs:
        return ""
    gaps = [0.0 if r.proven else 1.0 if r.gap is None else r.gap for r in runs]
    return (
        f"{MIDDLE[0]} to {MIDDLE[1]} blocks, {len(runs)} problems: median gap "
        f"{_percent(_median(gaps))}, proven {_share(r.proven for r in runs)}.\n"
    )


def _ours_table(cases: Sequence[Case], kinds: Sequence[tuple[int, bool]]) -> str:
    head = ("class", "problems", "proven", "median s", "slowest s", "median gap", "peak MB")
    rows = []
    for kind in kinds:
        runs = [c.ours for c in cases if c.kind == kind and c.ours is not None]
        if not runs:
            continue
        gaps = [0.0 if r.proven else r.gap for r in runs]
        rows.append(
            (
                class_name(kind),
                len(runs),
                _share(r.proven for r in runs),
                _number(_median([r.seconds for r in runs])),
                _number(max(r.seconds for r in runs)),
                _percent(_median([1.0 if g is None else g for g in gaps])),
                f"{max(r.peak_mb or 0 for r in runs):.0f}",
            )
        )
    return _table(head, rows)


def _lead_table(cases: Sequence[Case], kinds: Sequence[tuple[int, bool]]) -> str:
    head = (
        "class",
        "problems",
        "at or below the best peer",
        f"in time (the larger of {FLOOR_S:g} s and 1/{SPEED_UP})",
        "median s",
        "best peer's median s",
        "median ratio of s",
    )
    rows = []
    for kind in kinds:
        mine = [c for c in cases if c.kind == kind and c.ours is not None and c.rival is not None]
        if not mine:
            continue
        leads = [case.lead() for case in mine]
        known = [lead for lead in leads if lead is not None]
        rows.append(
            (
                class_name(kind),
                len(mine),
                _share(not _behind(case) for case in mine),
                _share(in_time(lead) for lead in leads),
                _number(_median([ours for ours, _ in known])),
                _number(_median([theirs for _, theirs in known])),
                _number(_median([ours / max(theirs, 1e-3) for ours, theirs in known])),
            )
        )
    return _table(head, rows)


def _others(cases: Sequence[Case]) -> str:
    """What gridplan's own run says of the problems that no peer had."""
    others = [case for case in cases if not case.shared]
    settled = sum(case.settled for case in others)
    if not others:
        return ""
    return (
        f"Of the {len(others)} problems without peers gridplan's plan is proven optimal and "
        f"reached within {FLOOR_S:g} s on {settled}: no peer can be better there, and gridplan is "
        f"in time whatever a peer takes. {len(others) - settled} are open.\n"
    )


def in_time(lead: tuple[float, float] | None) -> bool:
    """Whether gridplan reached the best peer's plan as soon as it is to."""
    return lead is not None and lead[0] <= max(FLOOR_S, lead[1] / SPEED_UP)


def _behind(case: Case) -> bool:
    """Whether the best peer's plan is better than gridplan's."""
    theirs = None if case.rival is None else case.rival.value
    ours = None if case.ours is None else case.ours.value
    return theirs is not None and (ours is None or theirs.beats(ours))


def _peer_table(cases: Sequence[Case], peers: Sequence[str]) -> str:
    head = (
        "method",
        "problems",
        "in range",
        "least breach",
        "proven",
        "median cost / best known",
        "best known reached",
        "median s",
        "peak MB",
    )
    rows = []
    for peer in peers:
        pairs = [(c, c.runs[peer]) for c in cases if peer in c.runs]
        if pairs:
            rows.append((peer, len(pairs), *_peer_figures(pairs)))
    return _table(head, rows)


def _peer_figures(pairs: Sequence[tuple[Case, Record]]) -> tuple[str, ...]:
    least = [(c, r) for c, r in pairs if _least_breach(c, r)]
    return (
        _share(r.value is not None and not any(r.value[:2]) for _, r in pairs),
        _share(_least_breach(c, r) for c, r in pairs),
        _share(r.proven for _, r in pairs),
        _number(_median([_ratio(c, r) for c, r in least]), 3),
        _share(_least_breach(c, r) and _ratio(c, r) < 1 + 1e-5 for c, r in pairs),
        _number(_median([r.seconds if r.proven else r.found_s or r.seconds for _, r in pairs])),
        f"{max(r.peak_mb or 0 for _, r in pairs):.0f}",
    )


def _least_breach(case: Case, record: Record) -> bool:
    known, value = case.known, record.value
    return known is not None and value is not None and value[:3] <= known[:3]


def _ratio(case: Case, record: Record) -> float:
    assert case.known is not None
    assert record.value is not None
    known, cost = case.known.cost, record.value.cost
    if cost - known < 1e-6:
        return 1.0
    return cost / known if known > 0 else float("inf")


def _lists(cases: Sequence[Case]) -> str:
    text = []
    wrong = [c for c in cases if _refuted(c)]
    text += _list("Proofs refuted by a better plan (an error)", wrong)
    text += _list("A peer's plan is better than gridplan's", [c for c in cases if _behind(c)])
    late = [c for c in cases if c.ours and c.rival and not _behind(c) and not in_time(c.lead())]
    text += _list("The best peer's plan was reached too late", late)
    worse = [c for c in cases if c.reference and c.ours and _above(c)]
    text += _list("Above the reference", worse)
    better = [c for c in cases if c.reference and c.known and c.known.beats(c.reference, 1e-5)]
    text += _list("Better than the reference", better)
    failed = [c for c in cases if c.ours and (c.ours.ended != "done" or c.ours.value is None)]
    text += _list("gridplan failed or was stopped", failed)
    return "\n".join(text)


def _refuted(case: Case) -> bool:
    claims = [r for r in case.runs.values() if r.proven and r.peer == OURS and r.value is not None]
    return any(case.known.beats(r.value, 1e-5) for r in claims if case.known and r.value)


def _above(case: Case) -> bool:
    value = None if case.ours is None else case.ours.value
    return value is None or (case.reference is not None and case.reference.beats(value, 1e-5))


def _list(title: str, cases: Sequence[Case]) -> list[str]:
    if not cases:
        return [f"## {title}: none\n"]
    head = ("problem", "blocks", "gridplan", "s", "best peer", "its plan", "s", "reference")
    rows = []
    for case in cases[:SHOWN]:
        ours, rival = case.ours, case.rival
        lead = case.lead()
        rows.append(
            (
                case.name,
                next(iter(case.runs.values())).size.blocks,
                _plan(ours.value if ours else None),
                _number(lead[0] if lead else None),
                rival.peer if rival else "",
                _plan(rival.value if rival else None),
                _number(lead[1] if lead else None),
                _plan(case.reference),
            )
        )
    more = f"\nand {len(cases) - SHOWN} more\n" if len(cases) > SHOWN else ""
    return [f"## {title}: {len(cases)}\n", _table(head, rows) + more]


def _plan(value: Verdict | None) -> str:
    if value is None:
        return ""
    words = [f"{value.broken} rules broken"] if value.broken else []
    words += [f"breach {value.breach}"] if value.breach else []
    return ", ".join([*words, f"{value.cost:.4f}"])


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def _share(flags: Iterable[bool]) -> str:
    found = [bool(flag) for flag in flags]
    return f"{100 * sum(found) / len(found):.1f} %" if found else ""


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.2f} %"


def _number(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"
