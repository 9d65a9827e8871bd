"""What the three max-p heuristics of pygeoda share: weights, attributes and restarts."""

import itertools
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pygeoda

from benchmarks.keeper import Keeper
from benchmarks.part import Part

Heuristic = Callable[..., dict[str, Any]]


def restart(part: Part, keeper: Keeper, seed: int, heuristic: Heuristic, **options: Any) -> None:
    """Max-p again and again: other seeds, lower bounds and attributes.

    Max-p knows a lower bound only; bounds above the minimum leave fewer and larger regions.
    """
    if part.n < 3 or int(part.households.sum()) < 2 * part.judge.low:
        return
    weights = _weights(part)
    spread = part.places / (part.places.std() or 1.0)
    tables = [np.column_stack([spread, part.indicators()]), spread]
    low, target = part.judge.low, part.judge.target
    floors = [low, (low + target) / 2, target * 0.9]
    for turn in itertools.count():
        if keeper.over():
            return
        table = tables[turn % 2]
        found = heuristic(
            weights,
            [column.tolist() for column in table.T],
            [float(h) for h in part.households],
            float(floors[turn // 2 % 3]),
            iterations=(1, 9, 99)[min(turn // 6, 2)],
            scale_method="raw",
            random_seed=seed + turn + 1,
            cpu_threads=1,
            **options,
        )
        keeper.offer(part, np.asarray(found["Clusters"], dtype=np.int64))


def _weights(part: Part) -> Any:
    """Write a GAL file: pygeoda reads neighbours from there or from geometry."""
    lines = [f"0 {part.n} part id"]
    for i, near in enumerate(part.neighbours()):
        lines += [f"{i} {len(near)}", " ".join(str(j) for j in near)]
    handle, path = tempfile.mkstemp(suffix=".gal")
    with os.fdopen(handle, "w") as file:
        file.write("\n".join(lines) + "\n")
    try:
        return pygeoda.weights.read_gal(path, [str(i) for i in range(part.n)])
    finally:
        Path(path).unlink()
