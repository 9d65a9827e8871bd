"""What the terminal shows: progress on stderr, tables and JSON on stdout."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gridplan import metrics
from gridplan.check import Checked
from gridplan.cli.progress import proof
from gridplan.config import Config
from gridplan.domain import Finding, GridKind, RangeStatus, Severity
from gridplan.optimise.ledger import LayerLine, in_all
from gridplan.pipeline import Result
from gridplan.sentences import told
from gridplan.solved import Solved
from gridplan.text import many

_COLOURS = {
    Severity.ERROR: "red",
    Severity.BROKEN: "red",
    Severity.WARNING: "yellow",
    Severity.REPAIRED: "cyan",
    Severity.EXCEPTION: "magenta",
    Severity.INFO: "dim",
}
_FIRST = 20
_LEDGER = {
    "households_in": "in",
    "placed": "placed",
    "unlocated": "unlocated",
    "duplicated": "duplicated",
    "outside": "outside",
    "left_out": "left out",
}


def say(text: str, quiet: bool = False) -> None:
    """Write a line to stdout."""
    if not quiet:
        click.echo(text)


def as_json(value: object) -> None:
    """Write a value as JSON to stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def result(done: Result, config: Config, out: Path, *, verbose: bool) -> None:
    """Show the summary of a run."""
    console = _console()
    console.print(_communities(done, config))
    layers = _layers(done, config)
    if layers is not None:
        console.print(layers)
    for line in splits(done):
        console.print(escape(line.sentence), highlight=False, soft_wrap=True)
    console.print(_ledger(done.ledger))
    listed = [f for f in done.findings if verbose or f.severity == Severity.WARNING]
    language = config.project.language
    _findings(console, [*done.broken, *listed], language, verbose=verbose)
    for street in done.streets:
        made = f"{street.solution.grids} new communities, {proof(street.solution)}"
        console.print(escape(f"street {street.code}: {made}"), highlight=False)
    console.print(
        f"{_grids(done.plan.grids)}; {_proven(done.solved)}; {done.seconds:.0f} s",
        highlight=False,
        soft_wrap=True,
    )
    others = sum(len(s.alternatives[1:]) for s in done.solved)
    if any(s.alternatives for s in done.solved):
        console.print(f"{many(others, 'alternative')} in tables/alternatives.csv", highlight=False)
    console.print(_verdict(done.audit), highlight=False)
    console.print(f"Look at {escape(str(out))}{_look(out)}", highlight=False, soft_wrap=True)
    if done.redivision is not None:
        _changed(console, done.redivision)


def _grids(grids: pd.DataFrame) -> str:
    """Say how many grids are in range; unit grids have none to be in."""
    units = int((grids["grid_kind"] == GridKind.UNIT.value).sum())
    inside = f"{int((grids['range_status'] == RangeStatus.IN.value).sum())} in range"
    if not units:
        return f"{many(len(grids), 'grid')}, {inside}"
    homes = many(len(grids) - units, "residential grid")
    return f"{homes}, {inside}, and {many(units, 'unit grid')}"


def _proven(solved: Sequence[Solved]) -> str:
    """Say of how many communities the plan is proven optimal."""
    proven = sum(s.solution.status == "optimal" for s in solved)
    if len(solved) == 1:
        return f"the community {'is' if proven else 'is not'} proven optimal"
    return f"{proven} of {len(solved)} communities proven optimal"


def _changed(console: Console, record: Mapping[str, Any]) -> None:
    """Say what a re-division changed, and what is proven about that."""
    flags = record["flags"]
    words = {"U": "unchanged", "S": "split", "M": "merged", "X": "redrawn", "N": "new"}
    told = ", ".join(f"{flags[flag]} {word}" for flag, word in words.items() if flags.get(flag))
    console.print(
        f"{record['moved']:,} of {record['households']:,} households ({record['share']:.2%}) have "
        f"another grid than before, {record['unchanged_moved']:,} of them in units that did not "
        f"change ({record['unchanged_share']:.2%} of those); "
        f"{'proven least' if record['proven'] else 'at least ' + format(record['least'], ',')}"
        f" for the grids that were opened. Grids: {told}.",
        highlight=False,
        soft_wrap=True,
    )


def answer(problem: Any, found: Any) -> None:
    """Show what the optimiser answers to one problem."""
    table = Table(box=None, show_header=False, pad_edge=False)
    stopped = f", stopped by {found.stopped}" if found.stopped else ""
    rows = {
        "problem": f"{problem.name}: {len(problem.node_ids)} units",
        "status": f"{found.status}{stopped}",
        "breach": f"{found.breach} households (at least {found.breach_bound})",
        "objective": "-" if found.objective is None else f"{found.objective:.6f}",
        "bound": "-" if found.bound is None else f"{found.bound:.6f}",
        "gap": "-" if found.gap is None else f"{found.gap:.2%}",
        "grids": str(found.grids),
        "seconds": f"{found.seconds:.2f}",
    }
    for name, value in rows.items():
        table.add_row(name, escape(value))
    _console().print(table, highlight=False)


def _console() -> Console:
    width = None if sys.stdout.isatty() else 80
    return Console(width=width)


def _table(title: str) -> Table:
    return Table(
        title=title, header_style="bold", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0)
    )


def _look(out: Path) -> str:
    names = [
        n
        for n in ("report.html", "plan.gpkg", "plan.qgz", "tables", "maps", "run.json")
        if (out / n).exists()
    ]
    return f": {', '.join(names)}"


def _communities(done: Result, config: Config) -> Table:
    table = _table(escape(config.project.name))
    table.add_column("community", no_wrap=True, overflow="ellipsis", max_width=25)
    for name in ("households", "grids", "in range"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("status", no_wrap=True, max_width=16)
    table.add_column("s", justify="right", no_wrap=True)
    communities = done.plan.communities.set_index("community_code")
    grids = done.plan.grids[done.plan.grids["grid_kind"] != GridKind.UNIT.value]
    inside = (grids["range_status"] == RangeStatus.IN.value).groupby(grids["community_code"])
    in_range = {code: f"{found.sum()} of {len(found)}" for code, found in inside}
    for s in done.solved:
        row = communities.loc[s.code]
        name = str(row["community_name"])
        label = s.code if name == s.code else f"{s.code} {name}"
        table.add_row(
            escape(label),
            f"{row['households']:,}",
            str(row["grids"]),
            in_range.get(s.code, "-"),
            proof(s.solution),
            f"{s.solution.seconds:.1f}",
        )
    return table


def _layers(done: Result, config: Config) -> Table | None:
    if not done.plan.zone_layers:
        return None
    table = _table("alignment")
    table.add_column("layer", overflow="fold")
    table.add_column("mode")
    for name in ("one zone", "main share", "needless cuts"):
        table.add_column(name, justify="right")
    for row in alignment(done, config):
        table.add_row(
            escape(row["layer"]),
            row["mode"],
            f"{row['households_in_one_zone']:.1%}",
            f"{row['main_share']:.1%}",
            str(row["excess_incidences"]),
        )
    table.caption = "one zone: households whose grid lies in one zone of the layer"
    return table


def splits(done: Result) -> list[LayerLine]:
    """Add up what is split and what must be, one line a layer, in the order of the project."""
    total = {line.layer: line for line in in_all(x for s in done.solved for x in s.ledger)}
    return [total[layer] for layer in done.plan.zone_layers if layer in total]


def alignment(done: Result, config: Config) -> list[dict[str, Any]]:
    """Measure how each jurisdiction layer is respected, one record a layer."""
    total = {line.layer: line for line in splits(done)}
    units = pd.DataFrame(done.plan.units.drop(columns="geometry"))
    grids = done.plan.grids
    rows = []
    for layer in done.plan.zone_layers:
        weight = grids["households"] * grids[f"{layer}_main_share"].notna()
        share = (grids[f"{layer}_main_share"].fillna(0) * weight).sum() / max(weight.sum(), 1)
        rows.append(
            {
                "layer": layer,
                "mode": config.inputs.zones[layer].mode,
                "households_in_one_zone": float(metrics.households_in_one_zone(units, layer)),
                "main_share": float(share),
                "excess_incidences": int(
                    metrics.excess_incidences(units, layer, config.grids.max).sum()
                ),
                "splits": int(metrics.splits(units, layer).sum()),
            }
        )
        if layer in total:
            line = total[layer]
            rows[-1] |= {
                "split_zones": len(line.split),
                "least_splits": line.least_splits,
                "least_excess": line.least,
                "proven": line.proven,
            }
    return rows


def summary(done: Result, config: Config, out: Path) -> dict[str, Any]:
    """Summarise a run for a script."""
    statuses = done.plan.grids["range_status"].value_counts()
    return {
        "out": str(out),
        "grids": len(done.plan.grids),
        "range_status": {str(k): int(v) for k, v in sorted(statuses.items())},
        "communities": {
            s.code: {
                "status": s.solution.status,
                "breach": s.solution.breach,
                "objective": s.solution.objective,
                "bound": s.solution.bound,
                "gap": s.solution.gap,
                "grids": s.solution.grids,
                "seconds": s.solution.seconds,
                "stopped": s.solution.stopped,
                **_others(s),
            }
            for s in done.solved
        },
        "alignment": alignment(done, config),
        "audit": [finding_row(f) for f in done.audit],
        "households": done.ledger.to_dict("records"),
        "seconds": round(done.seconds, 1),
        **({} if done.redivision is None else {"redivision": done.redivision}),
    }


def _others(solved: Solved) -> dict[str, Any]:
    if not solved.alternatives:
        return {}
    rows = [{"question": a.question, **vars(a.trade_off)} for a in solved.alternatives[1:]]
    return {"alternatives": rows}


def finding_row(finding: Finding) -> dict[str, Any]:
    """Write a finding as a plain record."""
    return {k: v for k, v in vars(finding).items() if v not in ("", None)}


def broken(findings: Iterable[Finding]) -> bool:
    """Tell whether a promise is broken."""
    return any(f.severity in (Severity.BROKEN, Severity.ERROR) for f in findings)


def audit(findings: Sequence[Finding], language: str = "en") -> None:
    """Show what the audit found, its sentences in ``language`` (``en`` or ``zh``)."""
    console = _console()
    _findings(console, list(findings), language, verbose=True)
    console.print(_verdict(findings), highlight=False)


def checked(found: Checked, language: str = "en") -> None:
    """Show what a look at the layers found, its sentences in ``language`` (``en`` or ``zh``)."""
    console = _console()
    _findings(console, found.findings, language, verbose=True)
    words = {
        Severity.ERROR: "error",
        Severity.WARNING: "warning",
        Severity.REPAIRED: "repair",
        Severity.EXCEPTION: "exception",
    }
    counts = ", ".join(many(found.count(severity), word) for severity, word in words.items())
    if found.ledger is not None:
        console.print(_ledger(found.ledger))
    console.print(f"check: {counts}", highlight=False)


def looked(found: Checked) -> dict[str, Any]:
    """Write what a look at the layers found for a script; no households where none were read."""
    return {
        "findings": [finding_row(f) for f in found.findings],
        "households": [] if found.ledger is None else found.ledger.to_dict("records"),
    }


def _ledger(ledger: pd.DataFrame) -> Table:
    """Show every household that was read and what became of it; one source needs no sum."""
    table = _table("households")
    table.add_column("source")
    shown = [name for name in _LEDGER if name != "left_out" or ledger[name].any()]
    for name in shown:
        table.add_column(_LEDGER[name], justify="right", no_wrap=True)
    for row in ledger.iloc[: 1 if len(ledger) == 2 else None].to_dict("records"):
        table.add_row(escape(str(row["source"])), *(f"{row[name]:,}" for name in shown))
    return table


def _findings(
    console: Console, findings: Sequence[Finding], language: str, *, verbose: bool
) -> None:
    if not findings:
        return
    shown = findings if verbose else findings[:_FIRST]
    for f in shown:
        colour = _COLOURS[f.severity]
        head = f"[{colour}]{f.severity.value:>9}[/] {escape(f.kind)}:"
        message = told(f.kind, f.message, language)
        if message.isascii() or language != "zh":
            console.print(f"{head} {escape(message)}", highlight=False)
            continue
        console.print(head, highlight=False)  # Chinese has no blanks to break a line at
        console.print(Padding(Text(message, overflow="fold"), (0, 0, 0, 10)), highlight=False)
    if len(shown) < len(findings):
        console.print(f"... and {len(findings) - len(shown)} more (-v lists them)", highlight=False)


def _verdict(findings: Sequence[Finding]) -> str:
    count = {s: sum(f.severity == s for f in findings) for s in Severity}
    bad = count[Severity.BROKEN] + count[Severity.ERROR]
    exceptions = many(count[Severity.EXCEPTION], "verified exception")
    if bad:
        return f"[red]audit: {many(bad, 'promise')} broken[/]; {exceptions}"
    return f"[green]audit: every promise holds[/]; {exceptions}"
