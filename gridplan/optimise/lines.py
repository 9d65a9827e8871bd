"""What sweeps over all roots prove, for all numbers of grids that they cover."""

from typing import NamedTuple

from gridplan.optimise.lp import Prices
from gridplan.optimise.number import Number
from gridplan.optimise.problem import Floats


class Line(NamedTuple):
    """What one sweep proves for every number of grids within its range.

    Parameters
    ----------
    lo, hi
        Range of the grids that it looked at.
    fixed, grid
        Prices of all nodes and triples together, and of a grid.
    least
        Least reduced cost by root, ascending.
    of
        Number of grids that it was made for.
    prices
        All prices.
    """

    lo: int
    hi: int
    fixed: float
    grid: float
    least: Floats
    of: int
    prices: Prices

    def covers(self, number: Number) -> bool:
        """Whether it looked at all grids that a plan with a number of them can hold."""
        return self.lo <= number.lo and self.hi >= number.hi

    def serves(self, number: Number) -> bool:
        """Whether it bounds that number by prices which its relaxation has, too."""
        return self.covers(number) and (self.of == number.grids or not self.prices.cut.any())

    def floor(self, grids: int) -> float:
        """Bound of the cost of a plan with a number of grids, no two of which share a root."""
        return self.fixed + grids * self.grid + float(self.least[:grids].sum())
