"""How the terminal shows the plans beside the best one."""

import sys
from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gridplan.optimise import Problem, Solution
from gridplan.optimise.alternatives import Alternative, trade_off


def show_alternatives(problem: Problem, best: Solution, others: Sequence[Alternative]) -> None:
    """Show the plans beside the best one, which comes first, and what each is worth."""
    console = Console(width=None if sys.stdout.isatty() else 100)
    if best.objective is None:
        return
    table = Table(title="alternatives", header_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("", "cost", "dearer", "grids", "sizes", "border m", "moved"):
        table.add_column(name, justify="right", no_wrap=True)
    layers = list(problem.zones)
    for layer in layers:
        table.add_column(escape(layer), justify="right")
    rows = [trade_off(problem, best, best.assignment), *(a.trade_off for a in others)]
    for number, row in enumerate(rows):
        table.add_row(
            str(number),
            f"{row.objective:.3f}",
            f"{row.dearer:.1%}",
            str(row.grids),
            f"{row.fewest}-{row.most}",
            f"{row.cut_m:.0f}",
            str(row.moved),
            *(str(row.excess[layer]) for layer in layers),
        )
    table.caption = "0: the plan; moved: households in another grid; layers: needless cuts"
    console.print(table)
    for number, other in enumerate(others, start=1):
        console.print(f"{number}: {escape(other.question)}", highlight=False, soft_wrap=True)


def alternative_row(other: Alternative) -> dict[str, Any]:
    """Write an alternative as a plain record."""
    answer = other.solution.to_dict()
    kept = ("status", "bound", "gap", "stopped", "assignment")
    return {"question": other.question, **vars(other.trade_off), **{k: answer[k] for k in kept}}
