"""Cells: the ground around every basic unit, so that the units of a community tile it.

Units that tile are used as they are. Others (lots with streets between them, buildings, points)
keep their own footprint and grow into the gaps: Voronoi regions of the outline points that face a
gap, only inside the gap, cut along barriers, nest lines and roads, so that borders run mid-street
or on the road's centre line. Every community is grown and cleaned on its own, so memory stays that
of one and no cell depends on who else is there; then the vertices that one side of a border has are
put into the other, so that neighbours match across communities too.
"""

from gridplan.cells.grow import grow_cells, units_tile
from gridplan.cells.place import Grown
from gridplan.cells.strips import cut_strips

__all__ = ["Grown", "cut_strips", "grow_cells", "units_tile"]
