"""gridplan itself: one call a problem, and a ladder of shorter limits for its anytime curve."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.judge import Verdict
from benchmarks.keeper import Keeper
from benchmarks.peers import Goal
from gridplan.optimise import Problem, Solution, solve

VERSION_OF = ("gridplan", "highspy", "numba")
FIRST_RUNG = 0.25  # seconds
NEARLY = 0.9  # a limit may be overrun by a tenth


def prepare() -> None:
    """Compile before the clock starts."""
    tiny = {
        "min": 1,
        "max": 2,
        "nodes": {"id": list("abcd"), "households": [1] * 4, "area_m2": [1.0] * 4},
        "edges": {"u": [0, 1, 2], "v": [1, 2, 3], "shared_m": [1.0] * 3},
    }
    solve(Problem.from_dict(tiny))


def answer(data: Mapping[str, Any], keeper: Keeper, seed: int, goal: Goal | None) -> None:
    """Solve once within the limit; then find out how short a limit would have beaten the peers.

    The ladder of limits ends at the first plan as good as the goal, or at the seconds that the
    first call took. One of the limits is just below the time by which such a plan is due.
    """
    problem = Problem.from_dict(json.loads(json.dumps(data)))
    keeper.start()
    solution = solve(problem, time_limit_s=keeper.seconds, seed=seed)
    took = keeper.passed()
    value = _note(keeper, solution, took, rung=False)
    keeper.say(
        kind="answer",
        claimed=solution.status,
        proven=solution.status == "optimal",
        bound=solution.bound,
        breach_bound=solution.breach_bound,
        gap=solution.gap,
        stopped=solution.stopped,
        seconds=took,
        own_seconds=solution.seconds,
        reason=solution.reason,
    )
    if goal is None or value is None or goal.value.beats(value):
        return
    for rung in sorted({*(FIRST_RUNG * 2**k for k in range(12)), NEARLY * goal.due_s}):
        if rung >= took:
            return
        keeper.start()
        solution = solve(problem, time_limit_s=rung, seed=seed)
        shorter = _note(keeper, solution, keeper.passed(), rung=True)
        if shorter is not None and not goal.value.beats(shorter):
            return


def _note(keeper: Keeper, solution: Solution, seconds: float, *, rung: bool) -> Verdict | None:
    if solution.status == "infeasible":
        return None
    plan = np.asarray(solution.assignment, dtype=np.int64)
    value = keeper.judge.verdict(plan)
    kind = "rung" if rung else "plan"
    keeper.say(kind=kind, seconds=seconds, value=list(value), plan=plan.tolist())
    return value
