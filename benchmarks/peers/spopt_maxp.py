"""spopt's MaxP with restarts."""

import itertools
import warnings

import geopandas as gpd
import numpy as np
import shapely
from libpysal.weights import W
from spopt.region import MaxPHeuristic

from benchmarks.keeper import Keeper
from benchmarks.part import Part

VERSION_OF = ("spopt", "libpysal")


def improve(part: Part, keeper: Keeper, seed: int) -> None:
    """MaxP again and again: other seeds, lower bounds and attributes, more iterations."""
    warnings.simplefilter("ignore")
    low, target = part.judge.low, part.judge.target
    if part.n < 3 or int(part.households.sum()) < 2 * low:
        return
    spread = part.places / (part.places.std() or 1.0)
    table = np.column_stack([spread, part.indicators()])
    names = [f"a{k}" for k in range(table.shape[1])]
    frame = gpd.GeoDataFrame(
        {name: table[:, k] for k, name in enumerate(names)},
        geometry=shapely.points(spread[:, 0], spread[:, 1]),
    )
    frame["households"] = part.households
    weights = W(dict(enumerate(part.neighbours())), silence_warnings=True)
    for turn in itertools.count():
        if keeper.over():
            return
        np.random.seed(seed + turn)  # spopt draws from the global state
        model = MaxPHeuristic(
            frame,
            weights,
            names if turn % 2 == 0 else names[: spread.shape[1]],
            "households",
            (low, (low + target) / 2, target * 0.9)[turn // 2 % 3],
            2,
            max_iterations_construction=(2, 20, 99)[min(turn // 6, 2)],
            max_iterations_sa=(1, 3, 10)[min(turn // 6, 2)],
        )
        try:
            model.solve()
        except (ValueError, IndexError, KeyError):
            continue  # no region of this size can be grown from this seed
        keeper.offer(part, np.asarray(model.labels_, dtype=np.int64))
