"""Cells: the ground around every basic unit, so that the units of a community tile it.

Units that tile are used as they are. Others (lots with streets between them, buildings, points)
keep their own footprint and grow into the gaps: Voronoi regions of the outline points that face a
gap, only inside the gap, cut along barriers, nest lines and roads, so that borders run mid-street
or on the road's centre line. One clean of the whole city then makes neighbours match vertex for
vertex, across communities too.
"""

from gridplan.cells.grow import grow_cells, units_tile
from gridplan.cells.strips import cut_strips

__all__ = ["cut_strips", "grow_cells", "units_tile"]
