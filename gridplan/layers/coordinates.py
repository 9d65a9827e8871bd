"""Coordinates of one layer: CRS, datum and axis order settled, nothing chosen in silence."""

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from gridplan.domain import Finding, Severity
from gridplan.layers.candidates import (
    Candidate,
    in_degrees,
    overlap,
    ranked,
    touches,
    usual_area,
)
from gridplan.layers.notes import Bounds, Notes, Undeclared
from gridplan.layers.webmap import Datum, to_true

_FITS = 0.9
_NARROW = 90.0  # degrees; an area as wide as the world tells nothing
_AREA_MARGIN = 5.0  # degrees around the area a CRS is made for


def with_crs(
    frame: gpd.GeoDataFrame, role: str, where: str, text: str | None, notes: Notes
) -> gpd.GeoDataFrame | None:
    """Give a layer the configured CRS, or see that its file names one.

    Parameters
    ----------
    frame
        The layer as read.
    role, where
        Its place below ``inputs``, and its description.
    text
        The configured CRS.
    notes
        A problem is added where there is none, and the layer to ``undeclared``.
    """
    if text:
        try:
            return frame.set_crs(CRS.from_user_input(text), allow_override=True)
        except CRSError:
            notes.problems.append(
                f'{where}: crs = "{text}" is no known CRS; write one such as "EPSG:4547"'
            )
            return None
    if frame.crs is not None:
        return frame
    notes.undeclared.append(Undeclared(len(notes.problems), role, where, _bounds(frame)))
    notes.problems.append(f'{where}: the layer has no CRS; say which with crs = "EPSG:..."')
    return None


def into_project(
    frame: gpd.GeoDataFrame,
    role: str,
    where: str,
    datum: Datum | None,
    crs: CRS | None,
    notes: Notes,
) -> gpd.GeoDataFrame | None:
    """Bring a layer to the project's CRS, its datum and axis order put right.

    Parameters
    ----------
    frame
        The layer in its own CRS.
    role, where
        Its place below ``inputs``, and its description.
    datum
        Shifted datum to undo, as configured.
    crs
        The project's CRS; None to keep its own.
    notes
        Problems and findings are added, and the extent of the layer.

    Returns
    -------
    geopandas.GeoDataFrame or None
        None where a problem was noted.
    """
    placed = _placed(frame, role, where, crs, notes)
    if placed is None:
        return None
    if datum:
        placed = _true_datum(placed, datum)
    bounds = _bounds(placed)
    extent = None if bounds is None else in_degrees(bounds, placed.crs)
    if extent is not None:
        notes.extents[role] = extent
    notes.systems[role] = placed.crs.to_string()
    if crs is None or placed.crs == crs:
        return placed
    return _projected(placed, crs, where, notes)


def name_undeclared(notes: Notes, project: CRS | None) -> None:
    """Put the problem of every layer without a CRS in words that propose one.

    Parameters
    ----------
    notes
        All layers have been read; their problems are rewritten.
    project
        The project's CRS, whose area helps where no other layer has a CRS.
    """
    for case in notes.undeclared:
        others = _others(notes, case.role, project)
        if case.bounds is None or not others:
            continue
        first = list(notes.systems.values())
        if project is not None:
            first.insert(0, project.to_string())
        found = ranked(case.bounds, others, first=[c for c in first if c.startswith("EPSG:")])
        notes.problems[case.line] = (
            f"{case.where}: the layer has no CRS; its coordinates {_shown(case.bounds)}"
            f"{_prefix(case.bounds)} {_proposal(found, case.role)}"
        )


def _others(notes: Notes, role: str, project: CRS | None) -> list[Bounds]:
    """Extents of the other layers, the communities first; else the area of the project's CRS."""
    names = sorted((n for n in notes.extents if n != role), key=lambda n: n != "communities")
    if names:
        return [notes.extents[name] for name in names]
    area = None if project is None else usual_area(project)
    return [] if area is None else [area]


def _proposal(found: list[Candidate], role: str) -> str:
    if not found:
        return f"fit no usual CRS; ask where it comes from and add crs = ... to [inputs.{role}]"
    best, more = found[0], ", ".join(map(str, found[1:]))
    also = f"; next {more}" if more else ""
    if best.swapped:
        return f'fit {best}{also}; exchange x and y in the file, then add crs = "{best.code}"'
    return f'fit {best}{also}; if that is right, add crs = "{best.code}" to [inputs.{role}]'


def _shown(bounds: Bounds) -> str:
    digits = 4 if max(map(abs, bounds)) <= 360 else 0
    west, south, east, north = (f"{value:.{digits}f}" for value in bounds)
    return f"x {west} to {east}, y {south} to {north}"


def _prefix(bounds: Bounds) -> str:
    """Say that eastings carry the number of their zone, where they do."""
    zones = {int(bounds[0] // 1e6), int(bounds[2] // 1e6)}
    if len(zones) == 1 and 13 <= min(zones) <= 45 and 0 < bounds[1] < 6e6:
        return f" (eastings of 8 digits that begin with the zone number {min(zones)})"
    return ""


def _placed(
    frame: gpd.GeoDataFrame, role: str, where: str, crs: CRS | None, notes: Notes
) -> gpd.GeoDataFrame | None:
    """See that a layer with a CRS lies where it may; exchange its axes where only that fits."""
    bounds = _bounds(frame)
    home, name = _home(frame.crs if crs is None else crs, role, notes)
    if bounds is None or home is None:
        return frame
    here = in_degrees(bounds, frame.crs)
    if here is not None and touches(here, home):
        return frame
    turned = in_degrees((bounds[1], bounds[0], bounds[3], bounds[2]), frame.crs)
    if turned is not None and overlap(turned, home) >= _FITS:
        return _exchanged(frame, role, where, _shown(bounds), name, notes)
    said = f"{_shown(bounds)}{_prefix(bounds)} in {frame.crs.to_string()}"
    narrow = home[2] - home[0] < _NARROW
    found = [c for c in ranked(bounds, [home]) if c.overlap >= _FITS] if narrow else []
    if found:
        notes.problems.append(
            f"{where}: its coordinates {said} do not lie in {name}; they {_proposal(found, role)}"
        )
        return None
    if here is None:
        notes.problems.append(
            f"{where}: no such coordinates exist: {said}; check crs in [inputs.{role}]"
        )
        return None
    notes.warn(
        "layer-elsewhere",
        f"{where}: no part of the layer lies in {name}; its coordinates are {said}; check its crs",
        role,
        value=float(len(frame)),
    )
    return frame


def _home(crs: CRS, role: str, notes: Notes) -> tuple[Bounds | None, str]:
    """Where a layer should lie: with the communities, or in the area the project's CRS is for."""
    if "communities" in notes.extents and role != "communities":
        return notes.extents["communities"], "the communities"
    area = usual_area(crs)
    if area is None:
        return None, ""
    west, south, east, north = area
    margin = _AREA_MARGIN
    return (
        (west - margin, max(-90.0, south - margin), east + margin, min(90.0, north + margin)),
        f"the area of {crs.name}",
    )


def _exchanged(
    frame: gpd.GeoDataFrame, role: str, where: str, shown: str, name: str, notes: Notes
) -> gpd.GeoDataFrame:
    notes.findings.append(
        Finding(
            "axes-swapped",
            Severity.REPAIRED,
            f"{where}: x and y are exchanged: {shown} in {frame.crs.to_string()} do not lie in "
            f"{name}, but do with the axes turned; they were turned; mend the file",
            layer=role,
            value=float(len(frame)),
        )
    )
    shapes = shapely.transform(frame.geometry.to_numpy(), lambda places: places[:, ::-1])
    return frame.set_geometry(shapes, crs=frame.crs)


def _true_datum(frame: gpd.GeoDataFrame, datum: Datum) -> gpd.GeoDataFrame:
    """Undo the shift of a web map, in degrees."""
    geodetic = frame.crs.geodetic_crs
    degrees = frame if frame.crs.is_geographic else frame.to_crs(geodetic)

    def unshifted(places: NDArray[np.float64]) -> NDArray[np.float64]:
        lon, lat = to_true(places[:, 0], places[:, 1], datum)
        return np.column_stack([lon, lat])

    shapes = shapely.transform(degrees.geometry.to_numpy(), unshifted)
    return degrees.set_geometry(shapes, crs=degrees.crs)


def _bounds(frame: gpd.GeoDataFrame) -> Bounds | None:
    values = frame.total_bounds if len(frame) else np.full(4, np.nan)
    if not np.isfinite(values).all():
        return None
    return float(values[0]), float(values[1]), float(values[2]), float(values[3])


def _projected(
    frame: gpd.GeoDataFrame, crs: CRS, where: str, notes: Notes
) -> gpd.GeoDataFrame | None:
    moved = frame.to_crs(crs)
    shapes = moved.geometry.to_numpy()
    drawn = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if len(drawn) and not np.isfinite(shapely.total_bounds(drawn)).all():
        notes.problems.append(
            f"{where}: coordinates cannot be brought from {frame.crs.to_string()} to "
            f"{crs.to_string()}; check the crs of the layer and of the project"
        )
        return None
    return moved
