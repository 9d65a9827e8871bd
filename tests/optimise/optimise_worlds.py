"""Small invented communities for the optimiser's tests, seeded."""

from typing import Any

import numpy as np

from gridplan.optimise import Problem


def lattice(nx: int, ny: int, seed: int, **changes: Any) -> dict[str, Any]:
    """A rectangle of lots with random households, borders and two jurisdiction layers."""
    rng = np.random.default_rng(seed)
    n = nx * ny
    place = np.arange(n).reshape(ny, nx)
    u = np.concatenate([place[:, :-1].ravel(), place[:-1].ravel()])
    v = np.concatenate([place[:, 1:].ravel(), place[1:].ravel()])
    mean = changes.pop("mean", 110)
    data: dict[str, Any] = {
        "name": f"lattice-{nx}x{ny}-{seed}",
        "min": 250,
        "max": 500,
        "target": 375,
        "nodes": {
            "id": [f"u{i:05d}" for i in rng.permutation(n)],
            "households": rng.integers(mean // 3, 2 * mean, n).tolist(),
            "area_m2": rng.uniform(200, 900, n).tolist(),
        },
        "edges": {
            "u": u.tolist(),
            "v": v.tolist(),
            "shared_m": rng.uniform(5, 60, len(u)).tolist(),
        },
        "zones": {
            "police": [f"P{i}" for i in rng.integers(0, 3, n)],
            "school": [None if i == 0 else f"S{i}" for i in rng.integers(0, 4, n)],
        },
    }
    return data | changes


def problem(nx: int, ny: int, seed: int, **changes: Any) -> Problem:
    """The lattice as a problem."""
    return Problem.from_dict(lattice(nx, ny, seed, **changes))
