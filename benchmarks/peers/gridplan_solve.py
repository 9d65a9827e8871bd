"""gridplan itself: one call a problem, whose improvements are judged and written down at once."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.keeper import Keeper
from gridplan.optimise import Problem, Progress, solve

VERSION_OF = ("gridplan", "highspy", "numba")
EFFORT = 1.5
"""As much as mostly fits a limit of 60 s; the limit ends what does not."""


def prepare() -> None:
    """Compile before the clock starts."""
    tiny = {
        "min": 1,
        "max": 2,
        "nodes": {"id": list("abcd"), "households": [1] * 4, "area_m2": [1.0] * 4},
        "edges": {"u": [0, 1, 2], "v": [1, 2, 3], "shared_m": [1.0] * 3},
    }
    solve(Problem.from_dict(tiny))


def answer(data: Mapping[str, Any], keeper: Keeper, seed: int) -> None:
    """Solve within the limit."""
    problem = Problem.from_dict(json.loads(json.dumps(data)))
    keeper.start()

    def note(progress: Progress) -> None:
        plan = np.asarray(progress.assignment, dtype=np.int64)
        value = keeper.judge.verdict(plan)
        if keeper.value is None or value < keeper.value:
            keeper.plan, keeper.value = plan, value
            keeper.note(plan, value)

    solution = solve(
        problem, effort=EFFORT, time_limit_s=keeper.seconds, seed=seed, on_improved=note
    )
    keeper.say(
        kind="answer",
        claimed=solution.status,
        proven=solution.status == "optimal",
        bound=solution.bound,
        breach_bound=solution.breach_bound,
        gap=solution.gap,
        stopped=solution.stopped,
        seconds=keeper.passed(),
        own_seconds=solution.seconds,
        reason=solution.reason,
    )
