"""What borders what: the metres that two cells share, along which barriers, and what they cost.

A border along a hard barrier does not count, one along a soft barrier is welcome.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.barriers import (
    Barrier,
    Near,
    Searched,
    divided_ground,
    open_metres,
    runs_along,
)
from gridplan.processes import Parcel, process_count, run_pieces
from gridplan.shelf import Columns, Shelf
from gridplan.topology import Shapes, SharedEdges, runs_of, shared_edges

AT_ONCE = 20_000
"""Cells whose borders are measured at once."""

BORDER = ["a", "b", "shared_m", "cost_m", "hard_m", "along"]


def border_table(
    cells: gpd.GeoDataFrame,
    barriers: Sequence[Barrier],
    *,
    near_m: float,
    discount: float,
    standing: Shapes | None = None,
    workers: int = 1,
    shelf: Shelf | None = None,
) -> pd.DataFrame:
    """Measure the border of every pair of neighbouring cells of one community.

    Parameters
    ----------
    cells
        ``unit_id``, ``community_code`` and a coverage of polygons in metres.
    barriers
        Barrier layers in the same CRS.
    near_m
        How near to a barrier a border must run to count as along it, in metres.
    discount
        What a metre along a barrier costs.
    standing
        The units' own shapes; the cells themselves where left out. They tell on which side of a
        hard barrier a cell lies that it divides.
    workers
        Processes for a large city, which change nothing else; 0 is every core.
    shelf
        Where finished runs of cells are kept, of a job with the same barriers; nowhere where left
        out.

    Returns
    -------
    pandas.DataFrame
        One row per pair, sorted: ``a``, ``b`` (positions in ``cells``), ``shared_m`` (metres, hard
        barriers left out), ``cost_m`` (metres, along barriers times ``discount``), ``hard_m``
        (metres along hard barriers, or cut off by one), ``along`` (names of the barriers that more
        than half of the border follows).
    """
    shapes = cells.geometry.to_numpy()
    own = shapes if standing is None else standing
    home = pd.factorize(cells["community_code"])[0].astype(np.int64)
    order = np.argsort(home, kind="stable")
    lines = [Searched(b) for b in barriers]
    runs = (
        _Run(order[run], Parcel(shapes[order[run]]), Parcel(own[order[run]]), home[order[run]])
        for run in (runs_of(home[order], AT_ONCE) if len(order) else [slice(0)])
    )
    workers = process_count(workers) if len(cells) > AT_ONCE else 1
    measure = partial(_measured, near_m=near_m, discount=discount, shelf=shelf)
    tables = [
        table.assign(a=run.rows[table["a"]], b=run.rows[table["b"]])
        for run, table in run_pieces(measure, (run.along(lines, near_m) for run in runs), workers)
    ]
    return pd.concat(tables).sort_values(["a", "b"], ignore_index=True)


@dataclass(frozen=True)
class _Run:
    """Some communities whose borders are measured at once: their cells by position, and barriers.

    ``lines`` are the layers, each with what is near.
    """

    rows: NDArray[np.int64]
    cells: Parcel
    standing: Parcel
    home: NDArray[np.int64]
    lines: tuple[Near, ...] = ()

    @property
    def key(self) -> bytes:
        """Tells runs apart whose barriers are the same."""
        words = (*shapely.to_wkb(self.cells.shapes), *shapely.to_wkb(self.standing.shapes))
        return hashlib.blake2b(b"".join(words) + self.home.tobytes(), digest_size=16).digest()

    def along(self, lines: Sequence[Searched], near_m: float) -> "_Run":
        """Add the barriers."""
        low_x, low_y, high_x, high_y = shapely.total_bounds(self.cells.shapes)
        by = near_m
        ground = shapely.box(low_x - by, low_y - by, high_x + by, high_y + by)
        return replace(self, lines=tuple(line.near(ground) for line in lines))


def _measured(run: _Run, *, near_m: float, discount: float, shelf: Shelf | None) -> pd.DataFrame:
    """Measure the borders of some communities, or take them from the shelf."""
    measure = partial(_borders, run, near_m=near_m, discount=discount)
    if shelf is None:
        return measure()
    return shelf.take(b"borders" + run.key, measure, _columns, _table)


def _columns(table: pd.DataFrame) -> Columns:
    return {name: table[name] for name in BORDER}


def _table(columns: Columns) -> pd.DataFrame:
    return pd.DataFrame({name: columns[name] for name in BORDER})


def _borders(run: _Run, *, near_m: float, discount: float) -> pd.DataFrame:
    """Measure the borders of some communities: ``border_table``."""
    cells = run.cells.shapes
    edges = shared_edges(cells)
    inside = run.home[edges.left] == run.home[edges.right]
    edges = SharedEdges(
        edges.left[inside], edges.right[inside], edges.start[inside], edges.end[inside]
    )
    metres = edges.length_m
    barriers = [Barrier(line.name, line.whole.shapes, line.hard) for line in run.lines]
    follows = {
        line.name: runs_along(edges, line.pieces.shapes, near_m, cells) for line in run.lines
    }
    hard = _any([follows[b.name] for b in barriers if b.hard], len(metres))
    soft = _any([follows[b.name] for b in barriers if not b.hard], len(metres)) & ~hard
    divided = divided_ground(cells, barriers, run.standing.shapes)
    free = np.where(hard, 0.0, open_metres(edges, divided))
    table = pd.DataFrame(
        {
            "a": edges.left,
            "b": edges.right,
            "shared_m": free,
            "cost_m": np.where(soft, discount, 1.0) * free,
            "hard_m": metres - free,
            "all_m": metres,
            **{f"along:{name}": np.where(on, metres, 0.0) for name, on in follows.items()},
        }
    )
    summed = table.groupby(["a", "b"], as_index=False, sort=True).sum()
    summed["along"] = _names_along(summed, list(follows))
    return summed[BORDER]


def _names_along(summed: pd.DataFrame, names: list[str]) -> pd.Series:
    on = np.zeros((len(summed), len(names)), dtype=bool)
    for i, name in enumerate(names):
        on[:, i] = summed[f"along:{name}"] * 2 > summed["all_m"]
    rows, of = np.unique(on, axis=0, return_inverse=True)
    along = np.empty(len(rows), dtype=object)
    for k, row in enumerate(rows):
        along[k] = tuple(n for n, here in zip(names, row, strict=True) if here)
    return pd.Series(along[of.reshape(-1)], index=summed.index, dtype=object)


def _any(masks: list[NDArray[np.bool_]], size: int) -> NDArray[np.bool_]:
    return np.logical_or.reduce(masks) if masks else np.zeros(size, dtype=bool)
