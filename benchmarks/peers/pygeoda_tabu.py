"""pygeoda's max-p, tabu."""

import pygeoda

from benchmarks.keeper import Keeper
from benchmarks.part import Part
from benchmarks.peers.pygeoda_maxp import restart

VERSION_OF = ("pygeoda",)


def improve(part: Part, keeper: Keeper, seed: int) -> None:
    """Restart until the time is up."""
    restart(part, keeper, seed, pygeoda.maxp_tabu)
