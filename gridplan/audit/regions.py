"""The plan in pieces, so that what is measured on polygons takes the memory of one piece.

A region is some communities with all that may touch them. It holds what is measured there and
nothing else, so that another process can do it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from gridplan.audit.view import Bools, Ints, Shapes, View
from gridplan.processes import Parcel

REGION = 12_500
"""Units of communities that are looked at together."""

BESIDE_M = 1.0
"""Barriers this much beyond their reach are taken along, in metres."""


@dataclass(frozen=True, eq=False)
class Region:
    """Some communities of a plan.

    Parameters
    ----------
    units
        Positions of their units and of all that may touch them, sorted.
    own
        Which of these are theirs.
    cells, sources
        Polygons of these units, and the shapes that the inputs give them (None where none).
    grid
        Position in ``grids`` of the grid of each of these units; -1 where it is none of them.
    grids
        Positions of the grids of the communities, of all that may touch them and of those that the
        units name, sorted.
    own_grids
        Which of these are theirs.
    tiles
        Polygons of these grids.
    home
        Position in ``communities`` of the community of each of these grids; -1 for all others.
    communities
        Positions of the communities, sorted; -1 stands for those that the plan does not have.
    areas
        Their polygons; an empty one for -1.
    barriers
        Hard barriers that may be near, layer by layer.
    barrier_near_m
        How far the border on a barrier may be from it, in metres.
    """

    units: Ints
    own: Bools
    cells: Parcel
    sources: Parcel
    grid: Ints
    grids: Ints
    own_grids: Bools
    tiles: Parcel
    home: Ints
    communities: Ints
    areas: Parcel
    barriers: tuple[Parcel, ...]
    barrier_near_m: float

    @property
    def hard(self) -> Shapes:
        """All hard barriers."""
        layers = [layer.shapes for layer in self.barriers]
        return np.concatenate([np.empty(0, dtype=object), *layers])


def hard_layers(view: View, *, crossed_by: str = "") -> list[Shapes]:
    """Lines and polygons of the hard barriers, layer by layer; all or those that roads may cross.

    Parameters
    ----------
    view
        The plan and its inputs.
    crossed_by
        ``roads``: only barriers that any road joins; ``bridges``: those that only bridges join.
    """
    return [
        view.inputs.barriers[name].geometry.to_numpy()
        for name, section in view.config.inputs.barriers.items()
        if section.mode == "hard" and name in view.inputs.barriers
        if crossed_by in ("", section.crossings)
    ]


def regions_of(view: View) -> Iterator[Region]:
    """Take a plan apart, one region after another."""
    group = _groups(view)
    unit_group, grid_group = group[view.community_of + 1], group[view.community_of_grid + 1]
    tiles = view.tiles
    layers = [(shapes, shapely.STRtree(shapes)) for shapes in hard_layers(view)]
    whole = bool((group == 0).all())
    cell_tree, tile_tree = shapely.STRtree([] if whole else view.cells), shapely.STRtree(tiles)
    for number in np.unique(group):
        own, own_tiles = np.flatnonzero(unit_group == number), np.flatnonzero(grid_group == number)
        units, grids = own, own_tiles
        if not whole:
            units = np.union1d(own, cell_tree.query(view.cells[own])[1])
            grids = np.union1d(own_tiles, tile_tree.query(tiles[own_tiles])[1])
            named = view.grid_of[own]
            grids = np.union1d(grids, named[named >= 0])
        yield _region(
            view, units, own, grids, own_tiles, np.flatnonzero(group == number) - 1, layers
        )


def _groups(view: View) -> Ints:
    """Region of every community, after that of the units whose community the plan lacks."""
    count = np.bincount(view.community_of + 1, minlength=len(view.communities) + 1)
    if count.sum() <= REGION:
        return np.zeros(len(count), dtype=np.int64)
    return ((np.cumsum(count) - count) // REGION).astype(np.int64)


def _region(
    view: View,
    units: Ints,
    own: Ints,
    grids: Ints,
    own_tiles: Ints,
    communities: Ints,
    layers: list[tuple[Shapes, shapely.STRtree]],
) -> Region:
    areas = np.r_[view.communities.geometry.to_numpy(), [shapely.Polygon()]]
    home = np.searchsorted(communities, view.community_of_grid[grids])
    own_grids = np.isin(grids, own_tiles)
    cells, near_m = view.cells[units], view.config.graph.barrier_near_m
    return Region(
        units,
        np.isin(units, own),
        Parcel(cells),
        Parcel(np.r_[view.source_shapes, [None]][view.source_of[units]]),
        _among(grids, view.grid_of[units]),
        grids,
        own_grids,
        Parcel(view.tiles[grids]),
        np.where(own_grids, home, -1),
        communities,
        Parcel(areas[communities]),
        tuple(Parcel(_around(cells, near_m, shapes, tree)) for shapes, tree in layers),
        near_m,
    )


def _among(sorted_keys: Ints, wanted: Ints) -> Ints:
    """Position of each wanted key; -1 where there is none."""
    if not len(sorted_keys):
        return np.full(len(wanted), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(sorted_keys, wanted), len(sorted_keys) - 1)
    return np.where(sorted_keys[at] == wanted, at, -1)


def _around(cells: Shapes, near_m: float, shapes: Shapes, tree: shapely.STRtree) -> Shapes:
    """Shapes that may be near some cells, in their order."""
    bounds = shapely.total_bounds(cells)
    if np.isnan(bounds).any():
        return shapes[:0]
    reach = shapely.box(*bounds + np.array([-1, -1, 1, 1]) * (near_m + BESIDE_M))
    near: Shapes = shapes[np.sort(tree.query(reach))]
    return near
