"""A linear or integer programme written block by block and handed to HiGHS at once."""

import highspy
import numpy as np
from numpy.typing import ArrayLike

from gridplan.optimise.problem import Floats, Ints

INF = highspy.kHighsInf


class Program:
    """Columns of 0 and more, rows, and what stands in them; all count from 0.

    PuLP would take three times as long to hand models of this size over as HiGHS to solve the
    easy ones.
    """

    def __init__(self) -> None:
        self._columns: list[tuple[Floats, Floats]] = []
        self._rows: list[tuple[Floats, Floats]] = []
        self._entries: list[tuple[Ints, Ints, Floats]] = []
        self.width = self.height = 0

    def columns(self, price: ArrayLike, most: ArrayLike) -> Ints:
        """Add columns of these prices and upper bounds; their numbers, in the shape of both."""
        prices, bounds = _alike(price, most)
        self._columns.append((prices.ravel(), bounds.ravel()))
        self.width += prices.size
        return (self.width - prices.size + np.arange(prices.size)).reshape(prices.shape)

    def rows(self, low: ArrayLike, high: ArrayLike) -> Ints:
        """Add empty rows between these bounds; their numbers, in the shape of both."""
        lows, highs = _alike(low, high)
        self._rows.append((lows.ravel(), highs.ravel()))
        self.height += lows.size
        return (self.height - lows.size + np.arange(lows.size)).reshape(lows.shape)

    def put(self, row: Ints, column: Ints, value: ArrayLike = 1.0) -> None:
        """Write values where rows and columns meet, each pair once, in the shape of all three."""
        row, column, values = np.broadcast_arrays(row, column, np.asarray(value, dtype=np.float64))
        self._entries.append((row.ravel(), column.ravel(), values.ravel()))

    def hand_over(self, highs: highspy.Highs, whole: int) -> None:
        """Give it to HiGHS, the first columns whole."""
        price, most = map(np.concatenate, zip(*self._columns, strict=True))
        low, high = map(np.concatenate, zip(*self._rows, strict=True))
        row, column, value = map(np.concatenate, zip(*self._entries, strict=True))
        empty = np.array([], dtype=np.int32)
        zero = np.zeros(self.width)
        highs.addCols(self.width, price, zero, most, 0, empty, empty, np.array([]))
        if whole:
            kind = np.full(whole, highspy.HighsVarType.kInteger)
            highs.changeColsIntegrality(whole, np.arange(whole, dtype=np.int32), kind)
        order = np.lexsort((column, row))
        starts = np.searchsorted(row[order], np.arange(self.height)).astype(np.int32)
        column, value = column[order].astype(np.int32), value[order]
        highs.addRows(self.height, low, high, len(order), starts, column, value)


def _alike(one: ArrayLike, other: ArrayLike) -> tuple[Floats, Floats]:
    """Two arrays of numbers in their common shape."""
    first, second = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    first, second = np.broadcast_arrays(first, second)
    return first, second
