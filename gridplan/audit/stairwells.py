"""Promise 3, its one exception: a building above the maximum is divided by its stairwells.

Measured from the footprint as it was given, without the code that cut it.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridplan.audit.kinds import Kind
from gridplan.audit.view import Floats, Shapes, View, broken, excepted, positions
from gridplan.domain import Finding

AREA_SLACK = 1e-6
"""Share of a footprint that its strips may miss, exceed or overlap."""

ORDER_SLACK_M = 0.01
"""How far one strip may reach into the next along the building, in metres."""


def check_stairwells(view: View) -> Iterator[Finding]:
    """Judge every divided building of the communities that were asked for, and what is said."""
    divided, stairwells = view.inputs.divided, view.inputs.stairwells
    if divided is None or stairwells is None:
        return
    listed = set(view.rows(Kind.BUILDING_DIVIDED)["place"])
    for building in divided.itertuples(index=False):
        own = stairwells[stairwells["building_id"] == building.building_id]
        source = positions(view.inputs.units["unit_id"], own["unit_id"])
        if (source < 0).all():
            continue  # it lies in a community that this run was not asked for
        where = {
            "layer": "units",
            "place": str(building.building_id),
            "community_code": str(building.community_code or ""),
            "value": float(building.households),
            "limit": float(view.config.grids.max),
        }
        shapes = view.inputs.units.geometry.to_numpy()[source]
        held = view.inputs.units["households"].to_numpy()[source]
        wrong = _wrong(view, building, shapes, held)
        if not wrong and where["place"] not in listed:
            wrong = "exceptions.csv does not list it"
        if wrong:
            yield broken(
                Kind.BUILDING_CUT,
                f"building {where['place']} is cut into stairwells, but {wrong}; "
                "run partition again",
                **where,
            )
        else:
            yield excepted(
                Kind.BUILDING_DIVIDED,
                f"building {where['place']} has {building.households} households and is divided "
                f"by its stairwells: {_where(view, own)}; tell its residents which grid is theirs",
                **where,
            )
    yield from _columns(view, stairwells)


def divided_buildings(view: View) -> dict[str, int]:
    """Households of every building that the inputs divide, by its id."""
    divided = view.inputs.divided
    if divided is None:
        return {}
    return {
        str(building): int(held)
        for building, held in zip(divided["building_id"], divided["households"], strict=True)
    }


def _wrong(view: View, building: Any, shapes: Shapes, held: Floats) -> str:
    """Say why a cut is not what the promise allows; empty where it is."""
    footprint, total = building.geometry, int(building.households)
    limit = view.config.grids.max
    if total <= limit:
        return f"its {total} households fit one grid"
    if int(held.sum()) != total:
        return f"its stairwells hold {int(held.sum())} of its {total} households"
    area = shapely.area(footprint)
    missed = shapely.area(shapely.symmetric_difference(footprint, shapely.union_all(shapes)))
    double = abs(shapely.area(shapes).sum() - area)
    if max(missed, double) > AREA_SLACK * area:
        return f"its strips miss or exceed its footprint by {max(missed, double):.2f} m²"
    off = np.abs(shapely.area(shapes) / area - held / total).max()
    if off > AREA_SLACK + 1 / total:  # households are whole, areas are not
        return f"a strip is {off:.1%} of its area too large or too small for its households"
    return _wrong_order(footprint, shapes)


def _wrong_order(footprint: shapely.Geometry, shapes: Shapes) -> str:
    """See that each strip follows the one before it along the building's long side."""
    corners = shapely.get_coordinates(shapely.oriented_envelope(footprint))
    sides = np.diff(corners[:3], axis=0)
    lengths = np.hypot(*sides.T)
    if abs(lengths[0] - lengths[1]) <= ORDER_SLACK_M:
        ways = sides / lengths[:, None]  # a square has two long sides
    else:
        ways = (sides / lengths[:, None])[[int(np.argmax(lengths))]]
    for way in ways:
        spans = [shapely.get_coordinates(shape) @ way for shape in shapes]
        ends = np.array([(span.min(), span.max()) for span in spans])
        for forward in (ends, -ends[:, ::-1]):
            if (forward[1:, 0] >= forward[:-1, 1] - ORDER_SLACK_M).all():
                return ""
    return "its strips do not follow each other across its long side in the order of the stairwells"


def _where(view: View, own: pd.DataFrame) -> str:
    """Which stairwells lie in which grid."""
    at = positions(view.units["unit_id"], own["unit_id"])
    codes = np.where(at >= 0, view.units["grid_code"].to_numpy(dtype=object)[at], "no grid")
    groups = pd.Series(own["stairwell"].to_numpy()).groupby(codes, sort=True)
    return "; ".join(f"{', '.join(names)} in {code}" for code, names in groups)


def _columns(view: View, stairwells: pd.DataFrame) -> Iterator[Finding]:
    """Compare the columns of the units with what the inputs say."""
    for column in ("building_id", "stairwell"):
        if column not in view.units:
            continue
        meant = view.units["unit_id"].map(stairwells.set_index("unit_id")[column])
        held = view.units[column]
        same = (held.fillna("").astype(str) == meant.fillna("").astype(str)).to_numpy()
        for i in np.flatnonzero(~same):
            yield broken(
                Kind.COLUMN_WRONG,
                f"units: {column} of {view.unit_ids[i]} is {held.iloc[i]}, it should be "
                f"{meant.iloc[i]}; run partition again, or correct the column",
                **view.unit_place(int(i)),
                other=column,
            )
