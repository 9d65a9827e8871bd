"""``gridplan solve``: the optimiser alone, on a problem file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridplan.cli.options import ALTERNATIVES, JSON
from gridplan.errors import InfeasibleError

if TYPE_CHECKING:
    from gridplan.optimise import Problem, Solution
    from gridplan.optimise.alternatives import Alternative


@click.command(short_help="Run the optimiser alone on a problem file.")
@click.argument("problem", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--effort",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Counted work: 0.1 for a draft, 10 for the final plan.",
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="S",
    help="Safety stop in seconds.  [default: none]",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@ALTERNATIVES
@JSON
def solve(
    problem: Path,
    effort: float,
    time_limit: float,
    seed: int,
    alternatives: int,
    as_json: bool,
) -> None:
    r"""Divide the community in the JSON file PROBLEM and say what is proven.

    \b
    Example:
      gridplan partition city.toml -o out --dump-problems problems
      gridplan solve problems/110101001001.json --json
    """
    from gridplan import optimise
    from gridplan.cli import show
    from gridplan.cli.alternatives import alternative_row, show_alternatives

    task = optimise.read_problem(problem)
    answer = optimise.solve(task, effort=effort, time_limit_s=time_limit, seed=seed)
    others = None
    if alternatives:
        others = _others(task, answer, alternatives, effort, time_limit, seed)
    if as_json:
        more = {} if others is None else {"alternatives": [alternative_row(a) for a in others]}
        show.as_json({**answer.to_dict(), **more})
    else:
        show.answer(task, answer)
        if others is not None:
            show_alternatives(task, answer, others)
    if answer.status == "infeasible":
        raise InfeasibleError(answer.reason or f"{task.name}: the hard rules conflict")


def _others(
    task: "Problem", answer: "Solution", count: int, effort: float, time_limit: float, seed: int
) -> "list[Alternative]":
    """Look for alternatives; Ctrl-C ends the search and keeps the answer."""
    from gridplan.optimise.alternatives import EFFORT, alternatives

    if answer.stopped == "interrupt":
        return []
    try:
        return alternatives(
            task,
            answer,
            count=count,
            effort=EFFORT * min(1.0, effort),
            time_limit_s=time_limit,
            seed=seed,
        )
    except KeyboardInterrupt:
        click.echo("Interrupted: no alternatives.", err=True)
        return []
