"""What is measured on polygons, region by region, and in several processes where a city is large.

Nothing is judged here: the checks read what was measured of the whole plan.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
import shapely

from gridplan.audit.adjacency import borders_in
from gridplan.audit.regions import Region, regions_of
from gridplan.audit.view import Bools, Floats, Ints, Shapes, View, unmatched_m
from gridplan.processes import Parcel, beside, process_count

ALONE = 50_000
"""Up to this many units one process is done before others have started."""


@dataclass(frozen=True, eq=False)
class Measured:
    """Measures of all cells, grids and communities of a plan.

    Parameters
    ----------
    borders
        ``borders_in`` of all regions.
    unmatched_m
        Metres of border of every unit's cell that do not match its neighbours.
    off_cell
        Whether the footprint of a unit reaches beyond its cell.
    cut, cut_share
        Units whose cell reaches beyond their grid, sorted, and the share of it that does.
    tile_unmatched_m, beyond_m2
        Metres of border of every grid that do not match its neighbours, and its ground outside of
        its community.
    gap_m2
        Ground of every community in none of its grids; 0 where it has none.
    grounds
        Ground of the grids of every community that has any, and of those in none.
    """

    borders: pd.DataFrame
    unmatched_m: Floats
    off_cell: Bools
    cut: Ints
    cut_share: Floats
    tile_unmatched_m: Floats
    beyond_m2: Floats
    gap_m2: Floats
    grounds: Shapes

    def surveyed(self) -> "Measured":
        """The same without borders, which stand in the ground from then on."""
        return replace(self, borders=self.borders.iloc[[]])


@dataclass(frozen=True, eq=False)
class _Found:
    """The same of one region: of its own units, grids and communities, at their positions."""

    borders: pd.DataFrame
    units: Ints
    unmatched_m: Floats
    off_cell: Bools
    cut: Ints
    cut_share: Floats
    grids: Ints
    tile_unmatched_m: Floats
    beyond_m2: Floats
    communities: Ints
    gap_m2: Floats
    grounds: Parcel


@contextmanager
def measuring(view: View) -> Iterator[Callable[[], Measured]]:
    """Measure a plan, in several processes where it is large, while this one does something else.

    Yields
    ------
    callable
        Waits for all measures; it must be called before the block ends.
    """
    crew = process_count(view.config.solve.workers) if len(view.units) > ALONE else 1
    with beside(_measure, regions_of(view), crew) as answers:
        yield lambda: _joined(view, answers())


def _joined(view: View, found: list[_Found]) -> Measured:
    found = sorted(found, key=lambda done: int(done.communities[0]))
    whole = Measured(
        borders=pd.concat([done.borders for done in found], ignore_index=True),
        unmatched_m=np.zeros(len(view.units)),
        off_cell=np.zeros(len(view.units), dtype=bool),
        cut=np.concatenate([done.cut for done in found]),
        cut_share=np.concatenate([done.cut_share for done in found]),
        tile_unmatched_m=np.zeros(len(view.grids)),
        beyond_m2=np.zeros(len(view.grids)),
        gap_m2=np.zeros(len(view.communities)),
        grounds=np.concatenate([done.grounds.shapes for done in found]),
    )
    for done in found:
        whole.unmatched_m[done.units] = done.unmatched_m
        whole.off_cell[done.units] = done.off_cell
        whole.tile_unmatched_m[done.grids] = done.tile_unmatched_m
        whole.beyond_m2[done.grids] = done.beyond_m2
        known = done.communities >= 0
        whole.gap_m2[done.communities[known]] = done.gap_m2[known]
    order = np.argsort(whole.cut, kind="stable")
    return replace(whole, cut=whole.cut[order], cut_share=whole.cut_share[order])


def _measure(region: Region) -> _Found:
    """Measure one region."""
    own, tiles = region.own, region.own_grids
    cut, share = _cut(region)
    gaps, grounds = _gaps(region)
    return _Found(
        borders_in(region),
        region.units[own],
        unmatched_m(region.cells.shapes)[own],
        _off_cell(region)[own],
        cut,
        share,
        region.grids[tiles],
        unmatched_m(region.tiles.shapes)[tiles],
        _beyond(region)[tiles],
        region.communities,
        gaps,
        Parcel(grounds),
    )


def _cut(region: Region) -> tuple[Ints, Floats]:
    """Units whose cell reaches beyond their grid, and the share of it that does."""
    grids, cells, grid = region.tiles.shapes, region.cells.shapes, region.grid
    known = np.flatnonzero(region.own & (grid >= 0) & ~shapely.is_empty(cells))
    loose = known[~_covers(grids, grid[known], cells[known])]
    beyond = shapely.area(shapely.difference(cells[loose], grids[grid[loose]]))
    return region.units[loose], beyond / shapely.area(cells[loose])


def _off_cell(region: Region) -> Bools:
    """Tell which footprints reach beyond the cell of their unit."""
    sources = region.sources.shapes
    at = np.flatnonzero(region.own & (shapely.get_dimensions(sources) == 2))
    off = np.zeros(len(sources), dtype=bool)
    off[at] = ~_covers(region.cells.shapes, at, sources[at])
    return off


def _beyond(region: Region) -> Floats:
    """Ground of every grid outside of its community."""
    grids, areas, home = region.tiles.shapes, region.areas.shapes, region.home
    known = np.flatnonzero(home >= 0)
    known = known[region.communities[home[known]] >= 0]
    beyond = np.zeros(len(grids))
    at = known[~_covers(areas, home[known], grids[known])]
    beyond[at] = shapely.area(shapely.difference(grids[at], areas[home[at]]))
    return beyond


def _covers(areas: Shapes, at: Ints, shapes: Shapes) -> Bools:
    """Whether each shape lies in the area at the position given with it."""
    shapely.prepare(areas)
    inside = np.asarray(shapely.covers(areas[at], shapes))
    shapely.destroy_prepared(areas)  # what is prepared takes more memory than the shape
    return inside


def _gaps(region: Region) -> tuple[Floats, Shapes]:
    """Ground of every community in none of its grids, and the ground of these."""
    gaps, grounds = np.zeros(len(region.communities)), []
    order = np.argsort(region.home, kind="stable")
    starts = np.searchsorted(region.home[order], np.arange(len(gaps) + 1))
    for k, (first, last) in enumerate(pairwise(starts)):
        if first == last:
            continue  # it has no grid, which another check says
        grounds.append(_ground(region.tiles.shapes[order[first:last]]))
        if region.communities[k] >= 0:
            gaps[k] = shapely.area(shapely.difference(region.areas.shapes[k], grounds[-1]))
    return gaps, np.array(grounds, dtype=object)


def _ground(grids: Shapes) -> shapely.Geometry:
    ground = shapely.coverage_union_all(grids) if shapely.coverage_is_valid(grids) else None
    return shapely.union_all(grids) if ground is None or not shapely.is_valid(ground) else ground
