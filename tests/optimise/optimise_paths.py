"""Communities of a handful of units, drawn by hand, whose answers are known by heart."""

from collections.abc import Sequence
from typing import Any

from gridplan.optimise import Problem


def community(
    households: Sequence[int], edges: Sequence[tuple[int, int]] | None = None, **more: Any
) -> Problem:
    """Units a, b, c, ... in a row, or joined as given; every border is 10 m long.

    Other keys are those of a problem file; ``block`` goes to the nodes.
    """
    if edges is None:
        edges = [(i, i + 1) for i in range(len(households) - 1)]
    nodes: dict[str, Any] = {
        "id": [chr(ord("a") + i) for i in range(len(households))],
        "households": list(households),
        "area_m2": [1000.0] * len(households),
    }
    if "block" in more:
        nodes["block"] = more.pop("block")
    data = {
        "name": "by hand",
        "min": 250,
        "max": 500,
        "target": 375,
        "nodes": nodes,
        "edges": {
            "u": [u for u, _ in edges],
            "v": [v for _, v in edges],
            "shared_m": [10.0] * len(edges),
        },
    }
    return Problem.from_dict(data | more)
