"""What the terminal shows of a comparison."""

import sys
from collections.abc import Sequence
from math import isnan
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gridplan.cli import show as terminal
from gridplan.compare import Comparison
from gridplan.domain import Finding

_UNIT = {"households": "households", "units": "units", "m2": "m²"}
_CHANGES = {
    "U": "unchanged",
    "S": "split",
    "M": "merged",
    "X": "redrawn",
    "C": "created",
    "R": "retired",
}
_HOUSEHOLDS = ("households_shared", "households_left", "households_joined")
_FIRST = 12


def as_json(found: Comparison, findings: Sequence[Finding]) -> None:
    """Write the whole comparison as JSON."""
    terminal.as_json(
        {
            "agreement": found.agreement,
            "metrics": [
                {k: None if isinstance(v, float) and isnan(v) else v for k, v in row.items()}
                for row in found.metrics.to_dict("records")
            ],
            "grids": found.grids.to_dict("records"),
            "crosswalk": found.crosswalk.to_dict("records"),
            "moved_units": found.moved.to_dict("records"),
            "findings": [terminal.finding_row(f) for f in findings],
        }
    )


def show(found: Comparison, findings: Sequence[Finding], out: Path | None) -> None:
    """Show agreement, measures side by side and the grids that changed most."""
    console = _console()
    console.print(_sentence(found), highlight=False)
    console.print(_measures(found))
    console.print(_counts(found), highlight=False)
    changed = found.grids[found.grids["change"] != "U"]
    if len(changed):
        console.print(_grids(found))
    for finding in findings:
        console.print(escape(finding.message), highlight=False)
    if out is not None:
        console.print(f"Written to {escape(str(out))}", highlight=False)


def _sentence(found: Comparison) -> str:
    numbers, unit = found.agreement, _UNIT[found.common.basis]
    lines = [
        f"{float(numbers['matched_share']):.1%} of {int(numbers['in_both']):,} {unit} are in "
        f"matching grids; adjusted Rand index {float(numbers['adjusted_rand']):.3f}, "
        f"variation of information {float(numbers['variation_bits']):.3f} bit."
    ]
    if found.common.basis != "m2":
        lines.append(
            f"{int(numbers['moved_units']):,} units with {int(numbers['moved']):,} {unit} changed "
            "their grid."
        )
    return "\n".join(lines)


def _measures(found: Comparison) -> Table:
    table = Table(header_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("measure")
    for name in ("old", "new", "change"):
        table.add_column(name, justify="right")
    numbers = found.metrics[["old", "new", "change"]].to_numpy(dtype=float).tolist()
    for measure, values in zip(found.metrics["measure"], numbers, strict=True):
        whole = all(isnan(v) or v == round(v) or abs(v) >= 1000 for v in values)
        table.add_row(escape(str(measure)), *(_number(v, whole=whole) for v in values))
    return table


def _number(value: float, *, whole: bool) -> str:
    return "–" if isnan(value) else f"{value:,.0f}" if whole else f"{value:,.3f}"


def _counts(found: Comparison) -> str:
    counts = found.grids["change"].value_counts()
    return ", ".join(f"{counts[k]} {word}" for k, word in _CHANGES.items() if k in counts)


def _grids(found: Comparison) -> Table:
    table = Table(
        title="Grids that changed most", header_style="bold", box=SIMPLE_HEAD, pad_edge=False
    )
    for name in ("old", "new", ""):
        table.add_column(name, overflow="fold")
    for name in ("shared", "left", "joined"):
        table.add_column(name, justify="right")
    moved = found.grids["households_left"] + found.grids["households_joined"]
    order = found.grids.assign(moved=moved).sort_values("moved", ascending=False, kind="stable")
    changed = order[order["change"] != "U"]
    columns = ["old_grid", "new_grid", "change", *_HOUSEHOLDS]
    for old, new, change, *counts in changed.head(_FIRST)[columns].to_numpy().tolist():
        names = (escape(str(old)), escape(str(new)), _CHANGES[str(change)])
        table.add_row(*names, *(f"{int(n):,}" for n in counts))
    if len(changed) > _FIRST:
        table.caption = f"and {len(changed) - _FIRST} more; see tables/grids.csv (-o OUT)"
    return table


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 80)
