"""Promise 2: every grid hangs together over edges, but for listed and verified connections."""

from collections.abc import Iterator, Sequence

import numpy as np
import shapely

from gridplan import metrics
from gridplan.audit.adjacency import components
from gridplan.audit.ground import Ground, Join
from gridplan.audit.kinds import Kind
from gridplan.audit.view import Bools, Ints, View, broken, excepted, valid
from gridplan.domain import Finding

LINKS = {
    Kind.LINK: "a declared link",
    Kind.LINK_FOUND: "a bridge or an underpass",
    Kind.PART_JOINED: "an automatic link",
}


def check_contiguity(ground: Ground, joins: Sequence[Join]) -> Iterator[Finding]:
    """Judge every grid, first by its units' borders, then by its polygon."""
    view = ground.view
    grid = view.grid_of
    borders = ground.all_borders
    inside = (grid[borders.a] == grid[borders.b]) & (grid[borders.a] >= 0)
    a, b = borders.a[inside], borders.b[inside]
    bare = components(len(grid), a, b)
    held = [j for j in joins if not j.wrong and grid[j.a] == grid[j.b] and grid[j.a] >= 0]
    ends = np.array([(j.a, j.b) for j in held], dtype=np.int64).reshape(-1, 2)
    joined = components(len(grid), np.r_[a, ends[:, 0]], np.r_[b, ends[:, 1]])
    whole = _pieces(view, joined)
    yield from _joined(view, held, bare)
    parts = metrics.parts(view.grids.geometry).to_numpy()
    for i in np.flatnonzero((whole > 1) | (parts > 1)):
        if whole[i] > 1:
            yield _loose(view, int(i), joined, max(int(parts[i]), int(whole[i])))
        elif _pieces_of(view, int(i), bare) < parts[i]:
            yield from _bridged(view, int(i), int(parts[i]))


def _pieces(view: View, label: Ints) -> Ints:
    """Count the connected pieces that the units of every grid form."""
    known = (view.grid_of >= 0) & ~shapely.is_empty(view.cells)
    pairs = np.unique(np.c_[view.grid_of[known], label[known]], axis=0)
    return np.bincount(pairs[:, 0], minlength=len(view.grids)).astype(np.int64)


def _pieces_of(view: View, grid: int, label: Ints) -> int:
    return len(np.unique(label[view.members(grid)]))


def _joined(view: View, held: Sequence[Join], bare: Ints) -> Iterator[Finding]:
    for join in held:
        if bare[join.a] == bare[join.b]:
            continue  # the grid hangs together without it
        one, other = view.unit_ids[join.a], view.unit_ids[join.b]
        grid = view.units["grid_code"].iloc[join.a]
        what = LINKS[join.kind]
        yield excepted(
            join.kind,
            f"grid {grid}: {what} of {join.metres:.1f} m joins units {one} and {other}; "
            "walk it, and declare a better one in the layer links if there is one",
            layer="units",
            place=str(one),
            other=str(other),
            community_code=str(view.units["community_code"].iloc[join.a]),
            value=round(join.metres, 2),
        )


def _loose(view: View, grid: int, label: Ints, parts: int) -> Finding:
    where = view.grid_place(grid)
    members = view.members(grid)
    labels, count = np.unique(label[members], return_counts=True)
    small = members[label[members] == labels[np.argmin(count)]]
    return broken(
        Kind.GRID_NOT_CONTIGUOUS,
        f"grid {where['place']} is in {parts} parts that share no border of "
        f"{view.config.graph.min_shared_m:g} m; the smallest holds {len(small)} units, among them "
        f"{view.unit_ids[small[0]]}; move it to a grid it touches, or list the link that joins it",
        **where,
        other=str(view.unit_ids[small[0]]),
        value=float(parts),
        limit=1.0,
    )


def _bridged(view: View, grid: int, parts: int) -> Iterator[Finding]:
    """Judge a grid whose polygon is in parts that only cells of several parts hold together."""
    where = view.grid_place(grid)
    bridges = _bridges(view, grid)
    listed = set(view.rows(Kind.UNIT_MULTIPART)["place"])
    unproven = [i for i in bridges if view.unit_ids[i] not in listed or not in_parts(view, i)]
    if unproven or not bridges:
        names = ", ".join(str(view.unit_ids[i]) for i in unproven[:3]) or "none"
        yield broken(
            Kind.GRID_NOT_CONTIGUOUS,
            f"grid {where['place']} is in {parts} parts; cells in several parts that are not "
            f"listed as such: {names}; dissolve the grids from the units again",
            **where,
            value=float(parts),
            limit=1.0,
        )
        return
    for i in bridges:
        yield excepted(
            Kind.UNIT_MULTIPART,
            f"grid {where['place']} is in {parts} parts because unit {view.unit_ids[i]} is; "
            "give its parts as units of their own to divide it",
            **view.unit_place(i),
            other=where["place"],
            value=float(shapely.get_num_geometries(view.cells[i])),
            limit=1.0,
        )


def _bridges(view: View, grid: int) -> list[int]:
    """Units of a grid whose cell lies in more than one part of its polygon."""
    members = view.members(grid)
    members = members[shapely.get_num_geometries(view.cells[members]) > 1]
    pieces, owner = shapely.get_parts(view.cells[members], return_index=True)
    parts = shapely.get_parts(view.grids.geometry.iloc[grid])
    piece, part = shapely.STRtree(parts).query(
        shapely.point_on_surface(pieces), predicate="intersects"
    )
    spread: Bools = np.array(
        [len(set(part[owner[piece] == k].tolist())) > 1 for k in range(len(members))], dtype=bool
    )
    return members[spread].tolist() if len(members) else []


def in_parts(view: View, unit: int) -> bool:
    """Whether the inputs force the cell of a unit into several parts.

    They do where its own shape is in parts inside its community, or the community is itself.
    """
    home, source = view.community_of[unit], view.source_of[unit]
    if home < 0 or source < 0:
        return False
    area = view.communities.geometry.iloc[home]
    shape = valid(view.inputs.units.geometry.iloc[[source]].to_numpy())[0]
    own = shapely.get_parts(shapely.intersection(shape, area))
    if int((shapely.get_dimensions(own) == 2).sum()) > 1:
        return True
    pieces = shapely.get_parts(view.cells[unit])
    touched = shapely.STRtree(shapely.get_parts(area)).query(
        shapely.point_on_surface(pieces), predicate="intersects"
    )[1]
    return len(set(touched.tolist())) > 1
