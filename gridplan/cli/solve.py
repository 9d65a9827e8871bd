"""``gridplan solve``: the optimiser alone, on a problem file."""

from pathlib import Path

import click

from gridplan.cli.options import JSON
from gridplan.errors import InfeasibleError


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
@JSON
def solve(problem: Path, effort: float, time_limit: float, seed: int, as_json: bool) -> None:
    r"""Divide the community in the JSON file PROBLEM and say what is proven.

    \b
    Example:
      gridplan partition city.toml -o out --dump-problems problems
      gridplan solve problems/110101001001.json --json
    """
    from gridplan import optimise
    from gridplan.cli import show

    task = optimise.read_problem(problem)
    answer = optimise.solve(task, effort=effort, time_limit_s=time_limit, seed=seed)
    if as_json:
        show.as_json(answer.to_dict())
    else:
        show.answer(task, answer)
    if answer.status == "infeasible":
        raise InfeasibleError(answer.reason or f"{task.name}: the hard rules conflict")
