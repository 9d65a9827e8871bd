"""Layers that a web map has shifted, suspected from how badly they fit the communities."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from gridplan.layers.notes import Notes
from gridplan.layers.webmap import DATUMS, Datum, in_china, to_shifted, to_true

_SAMPLE = 1_000
_GOOD = 0.98
_GAIN = 0.02

Shapes = NDArray[np.object_]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class _Trial:
    """What would be if one side came in a shifted datum."""

    role: str
    datum: Datum
    before: float
    after: float
    shift_m: float


def suspect_datums(
    communities: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    declared: Mapping[str, str | None],
    names: Mapping[str, str],
    notes: Notes,
) -> None:
    """Warn of layers that fit the communities clearly better with a web map's shift undone.

    Parameters
    ----------
    communities
        In the project's CRS.
    layers
        The other layers in the same CRS, by their place below ``inputs``.
    declared
        The configured datum of every layer, ``communities`` too.
    names
        Description of every layer for messages.
    notes
        ``datum-suspected`` warnings are added, with the shift in metres.
    """
    turn = Transformer.from_crs(communities.crs, CRS.from_epsg(4326), always_xy=True)
    west, south, east, north = communities.total_bounds
    middle = np.array(turn.transform([(west + east) / 2], [(south + north) / 2]), dtype=float)
    if not in_china(middle[0], middle[1]).all():
        return
    homes = communities.geometry.to_numpy()
    blamed = set()
    for role in layers:
        shapes = layers[role].geometry.to_numpy()
        found = _best(homes, shapes[~shapely.is_missing(shapes)], role, turn)
        if found is None or declared.get(found.role) or found.role in blamed:
            continue
        blamed.add(found.role)
        other = "the communities" if found.role == role else role
        notes.warn(
            "datum-suspected",
            f"{names[found.role]}: {found.before:.1%} of it fits {other}, but {found.after:.1%} "
            f"would with the shift of {found.datum} undone, which moves it by "
            f"{found.shift_m:.0f} m; if it comes from a web map, add "
            f'datum = "{found.datum}" to [inputs.{found.role}]',
            found.role,
            value=found.shift_m,
        )


def _best(homes: Shapes, shapes: Shapes, role: str, turn: Transformer) -> _Trial | None:
    """The datum that explains the misfit of a layer best, or None where nothing is to explain."""
    if len(shapes) == 0:
        return None
    finer = len(shapes) >= len(homes)
    if finer:
        shapes = shapes[:: max(1, len(shapes) // _SAMPLE)]
    elif shapely.get_dimensions(shapes).max() == 2:
        homes = homes[:: max(1, len(homes) // _SAMPLE)]
    now = _fit(shapes, homes, finer)
    trials = []
    for datum in DATUMS if _mean(now) < _GOOD else ():
        for blamed, shift in ((role, to_true), ("communities", to_shifted)):
            moved, metres = _moved(shapes, turn, datum, shift)
            then = _fit(moved, homes, finer)
            # What lies outside the communities either way tells nothing.
            near = (now > 0) | (then > 0)
            before, after = _mean(now[near]), _mean(then[near])
            if after - before >= _GAIN and 1 - after <= (1 - before) / 2:
                trials.append(_Trial(blamed, datum, before, after, metres))
    return max(trials, key=lambda trial: trial.after - trial.before, default=None)


def _mean(shares: Numbers) -> float:
    return float(shares.mean()) if len(shares) else 1.0


def _moved(
    shapes: Shapes, turn: Transformer, datum: Datum, shift: Callable[..., tuple[Numbers, Numbers]]
) -> tuple[Shapes, float]:
    """Shift shapes as a web map does, or back; with the metres by which they move."""
    lengths: list[float] = []

    def through(places: Numbers) -> Numbers:
        lon, lat = turn.transform(places[:, 0], places[:, 1])
        there = np.column_stack(turn.transform(*shift(lon, lat, datum), direction="INVERSE"))
        lengths.append(float(np.median(np.hypot(*(there - places).T))))
        return there

    return shapely.transform(shapes, through), lengths[0]


def _fit(shapes: Shapes, homes: Shapes, finer: bool) -> Numbers:
    """Share of every feature in the community that holds most of it.

    Of every community in its zone where the features are not ``finer`` than the communities; 0 or
    1 for points and lines.
    """
    if shapely.get_dimensions(shapes).max() < 2:
        inside = shapely.STRtree(homes).query(shapely.centroid(shapes), predicate="within")[0]
        return np.bincount(inside, minlength=len(shapes)).clip(max=1).astype(float)
    fine, coarse = (shapes, homes) if finer else (homes, shapes)
    one, other = shapely.STRtree(coarse).query(fine, predicate="intersects")
    area = shapely.area(shapely.intersection(fine[one], coarse[other]))
    most = np.zeros(len(fine))
    np.maximum.at(most, one, area)
    whole = shapely.area(fine)
    shares: Numbers = np.divide(most, whole, out=np.zeros(len(fine)), where=whole > 0)
    return shares
