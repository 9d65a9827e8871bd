"""Mend the geometry of one layer as it comes in; every mend and every loss is a finding."""

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.domain import Finding, Severity
from gridplan.layers.columns import some
from gridplan.layers.mismatch import spot
from gridplan.layers.notes import Notes

if TYPE_CHECKING:
    from gridplan.config.sections import Topology

_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)

Shapes = NDArray[np.object_]

SLIVER_WIDTH_M = 0.2
"""A polygon narrower than this on average is a thread, in metres."""

MOST_LISTED = 100
"""Slivers of a layer that are listed one by one."""

NEGLIGIBLE_M2 = 1.0
"""A repair that moves less than this is never a warning, in square metres."""


def usable_polygons(
    frame: gpd.GeoDataFrame,
    role: str,
    id_column: str,
    findings: list[Finding],
    *,
    points_too: bool = False,
) -> gpd.GeoDataFrame:
    """Make rings valid and drop features without a usable shape.

    Parameters
    ----------
    frame
        Layer with ``id_column`` and geometry in metres.
    role
        Layer name for the findings.
    id_column
        Column that names a feature.
    findings
        ``ring-repaired`` and ``shape-sliver`` per polygon, ``shape-unusable`` for all that are
        dropped are added.
    points_too
        Whether points are usable as they are.

    Returns
    -------
    geopandas.GeoDataFrame
        Same columns; polygons only (or points where allowed), each valid.
    """
    shapes = _simple_points(frame.geometry.to_numpy())
    present = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    bad = present & ~shapely.is_valid(shapes)
    if bad.any():
        mended = _valid_polygons(shapes[bad])
        _list_mended(role, frame[id_column].to_numpy()[bad], shapes[bad], mended, findings)
        shapes[bad] = mended
    kinds = shapely.get_type_id(shapes)
    good = present & np.isin(kinds, _POLYGONAL) & ~shapely.is_empty(shapes)
    if points_too:
        good |= present & (kinds == shapely.GeometryType.POINT)
    _list_dropped(role, frame[id_column][~good], findings)
    _list_slivers(role, frame[id_column].to_numpy()[good], shapes[good], findings)
    return frame.set_geometry(shapes, crs=frame.crs)[good].reset_index(drop=True)


def _simple_points(shapes: Shapes) -> Shapes:
    """Copy the shapes, with every multipoint of one point as that point."""
    shapes = shapes.copy()
    alone = shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOINT
    alone &= shapely.get_num_geometries(shapes) == 1
    shapes[alone] = shapely.get_geometry(shapes[alone], 0)
    return shapes


def _list_mended(
    role: str, places: Shapes, given: Shapes, mended: Shapes, findings: list[Finding]
) -> None:
    """List what became of every wrong ring; ``limit`` is its area until ``judge_repairs``."""
    # Rings that turn the wrong way around their shell count as negative area.
    before, after = np.abs(shapely.area(given)), shapely.area(mended)
    reasons = shapely.is_valid_reason(given)
    for i in np.flatnonzero(after > 0):
        what, _, where = str(reasons[i]).partition("[")
        findings.append(
            Finding(
                "ring-repaired",
                Severity.REPAIRED,
                f"{f'{role} {places[i]}'.strip()}: rings that cross or lie wrongly were rebuilt "
                f"({what.strip().lower()}); its area was {before[i]:.1f} m² as its rings count, "
                f"and is {after[i]:.1f} m² ({after[i] - before[i]:+.1f} m²)",
                layer=role,
                place=str(places[i]),
                value=abs(float(after[i] - before[i])),
                limit=float(after[i]),
                at=_place_of(where),
            )
        )


def _place_of(text: str) -> tuple[float, float] | None:
    """The coordinates at the end of GEOS's reason, such as ``500010 3400020]``."""
    try:
        x, y = (float(number) for number in text.rstrip("]").split()[:2])
    except ValueError:
        return None
    return x, y


def judge_repairs(notes: Notes, limits: "Topology") -> None:
    """Weigh every rebuilt ring by the share of its polygon's area that moved.

    Parameters
    ----------
    notes
        Findings ``ring-repaired`` get the severity and the limit (m2) that they deserve; one
        beyond what its layer may move is a problem too.
    limits
        ``[topology]`` of the configuration. Only communities and units are ever refused: other
        layers own no ground of the plan.
    """
    keys = {"communities": "max_moved_share", "units": "max_moved_unit_share"}
    for i, found in enumerate(notes.findings):
        if found.kind != "ring-repaired" or found.limit is None or found.value is None:
            continue
        key, area, moved = keys.get(found.layer), found.limit, found.value
        most = getattr(limits, key) if key else 1.0
        severity = weigh(moved, area, limits.warn_moved_share, most if key else np.inf)
        message = found.message
        if severity is Severity.ERROR:
            message = (
                f"inputs.{message}; that is more than {most:.1%} of it, and which ground is meant "
                f"would be a guess: redraw it, or raise topology.{key}"
            )
            notes.problems.append(message)
        notes.findings[i] = replace(
            found, severity=severity, message=message, value=round(moved, 3), limit=most * area
        )


def weigh(moved_m2: float, area_m2: float, warn_share: float, max_share: float) -> Severity:
    """Severity of a repair by the share of an area that it moved; below 1 m2 always a repair."""
    if moved_m2 < NEGLIGIBLE_M2 or moved_m2 <= warn_share * area_m2:
        return Severity.REPAIRED
    return Severity.ERROR if moved_m2 > max_share * area_m2 else Severity.WARNING


def list_repeated_shapes(
    frame: gpd.GeoDataFrame | None, role: str, id_column: str, findings: list[Finding]
) -> None:
    """List polygons that stand a second time under another id.

    Parameters
    ----------
    frame
        Layer with ``id_column`` and polygons in metres, sorted by id; None is nothing to look at.
    role
        Layer name for the findings.
    id_column
        Column that names a feature.
    findings
        One ``shape-repeated`` per feature that repeats an earlier one is added.
    """
    if frame is None:
        return
    shapes, ids = frame.geometry.to_numpy(), frame[id_column].to_numpy()
    first = _first_alike(shapes)
    for i in np.flatnonzero(first != np.arange(len(shapes))):
        if ids[i] == ids[first[i]]:
            continue
        area = float(shapely.area(shapes[i]))
        findings.append(
            Finding(
                "shape-repeated",
                Severity.WARNING,
                f"{role} {ids[i]} has exactly the shape of {ids[first[i]]} ({area:.1f} m²); "
                "delete one, or give it a shape of its own",
                layer=role,
                place=str(ids[i]),
                other=str(ids[first[i]]),
                value=round(area, 3),
            )
        )


def _first_alike(shapes: Shapes) -> NDArray[np.int64]:
    """Position of the first polygon with the same shape as each, whatever its ring's start."""
    first = np.arange(len(shapes))
    boxes = pd.DataFrame(shapely.bounds(shapes)).assign(area=shapely.area(shapes).round(6))
    twin = boxes.duplicated(keep=False).to_numpy() & (shapely.get_dimensions(shapes) == 2)
    at = np.flatnonzero(twin)
    keys, _ = pd.factorize(pd.Series(shapely.to_wkb(shapely.normalize(shapes[at])), dtype=object))
    _, earliest = np.unique(keys, return_index=True)
    first[at] = at[earliest[keys]]
    return first


def without_repeats(
    frame: gpd.GeoDataFrame, role: str, id_column: str, notes: Notes
) -> gpd.GeoDataFrame:
    """Drop features that stand twice, with the same values and shape, which loses nothing.

    Parameters
    ----------
    frame
        Layer with ``id_column``.
    role
        Layer name for the findings.
    id_column
        Column that names a feature.
    notes
        One ``feature-repeated`` per feature left out is added.
    """
    alike = frame[id_column].duplicated(keep=False) & frame[id_column].notna()
    at = np.flatnonzero(alike.to_numpy())
    shapes = frame.geometry.to_numpy()[at]
    keys = pd.DataFrame(frame.drop(columns="geometry")).iloc[at].astype("string")
    keys["shape"] = pd.array(shapely.to_wkb(shapely.normalize(shapes), hex=True), dtype="string")
    again = at[keys.duplicated().to_numpy() & (shapely.get_dimensions(shapes) == 2)]
    for i in again:
        place = str(frame[id_column].iloc[i])
        notes.findings.append(
            Finding(
                "feature-repeated",
                Severity.REPAIRED,
                f"{role} {place} stands twice in the layer with the same shape; "
                "the second is left out",
                layer=role,
                place=place,
                value=0.0,
                at=spot(frame.geometry.iloc[i]),
            )
        )
    return frame.drop(frame.index[again]).reset_index(drop=True) if len(again) else frame


def list_repeated_ids(ids: pd.Series, shapes: Shapes, role: str, where: str, notes: Notes) -> None:
    """List every feature whose id an earlier one has, at its place."""
    again = ids.duplicated().to_numpy() & ids.notna().to_numpy()
    for i in np.flatnonzero(again):
        here = not (shapely.is_missing(shapes[i]) or shapely.is_empty(shapes[i]))
        notes.findings.append(
            Finding(
                "id-repeated",
                Severity.ERROR,
                f"{where}: the id {ids.iloc[i]} stands on another feature too; give each its own, "
                "or join their shapes to one",
                layer=role,
                place=str(ids.iloc[i]),
                at=spot(shapes[i]) if here else None,
            )
        )


def usable_shapes(
    frame: gpd.GeoDataFrame, role: str, findings: list[Finding], id_column: str | None = None
) -> gpd.GeoDataFrame:
    """Drop features without geometry from a layer that is only drawn or measured along.

    Parameters
    ----------
    frame
        Layer with geometry in metres.
    role
        Layer name for the findings.
    findings
        ``ring-repaired`` per polygon with wrong rings, which are rebuilt so that nothing later
        stumbles over them, and one ``shape-unusable`` are added.
    id_column
        Column that names a feature; None where features have no names.
    """
    shapes = frame.geometry.to_numpy().copy()
    names = None if id_column is None else frame[id_column]
    ids = np.full(len(frame), "", dtype=object) if names is None else names.fillna("").to_numpy()
    bad = ~shapely.is_missing(shapes) & ~shapely.is_valid(shapes)
    bad &= shapely.get_dimensions(shapes) == 2
    if bad.any():
        mended = _valid_polygons(shapes[bad])
        _list_mended(role, ids[bad], shapes[bad], mended, findings)
        shapes[bad] = mended
    keep = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    _list_dropped(role, pd.Series(ids[~keep], dtype=object), findings)
    return frame.set_geometry(shapes, crs=frame.crs)[keep].reset_index(drop=True)


def _list_dropped(role: str, dropped: pd.Series, findings: list[Finding]) -> None:
    if dropped.empty:
        return
    named = sorted(str(i) for i in dropped if i)
    findings.append(
        Finding(
            "shape-unusable",
            Severity.WARNING,
            f"{role}: {len(dropped)} features without a usable shape are left out"
            f"{f' ({some(named)})' if named else ''}; draw them or delete them",
            layer=role,
            place=named[0] if named else "",
            value=float(len(dropped)),
        )
    )


def _list_slivers(role: str, ids: Shapes, shapes: Shapes, findings: list[Finding]) -> None:
    """List polygons that are mere threads, the longest where they are many."""
    metres = shapely.length(shapes) / 2
    width = np.divide(shapely.area(shapes), metres, out=np.ones_like(metres), where=metres > 0)
    thin = np.flatnonzero((shapely.get_dimensions(shapes) == 2) & (width < SLIVER_WIDTH_M))
    thin = thin[np.lexsort((thin, -metres[thin].round(3)))]
    more = len(thin) - MOST_LISTED
    for i in thin[:MOST_LISTED]:
        tail = f"; {more} more of {role} are as thin" if more > 0 and i == thin[0] else ""
        findings.append(
            Finding(
                "shape-sliver",
                Severity.WARNING,
                f"{role} {ids[i]} is a sliver: {metres[i]:.1f} m long and {width[i]:.2f} m wide on "
                f"average; draw it, or join it to its neighbour{tail}",
                layer=role,
                place=str(ids[i]),
                value=round(float(width[i]), 3),
                limit=SLIVER_WIDTH_M,
                at=spot(shapes[i]),
            )
        )


def in_shape_order(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Sort features by their coordinates, an order that does not depend on that of the rows."""
    keys = pd.Series(shapely.to_wkb(frame.geometry.to_numpy(), output_dimension=2), dtype=object)
    order = keys.map(lambda key: key or b"").sort_values(kind="stable").index
    return frame.iloc[order.to_numpy()].reset_index(drop=True)


def merge_same_id(frame: gpd.GeoDataFrame, id_column: str) -> gpd.GeoDataFrame:
    """Join the polygons of a zone that come as several features into one multipart zone."""
    if not frame[id_column].duplicated().any():
        return frame
    merged = frame.dissolve(id_column, as_index=False, sort=True)
    return merged[[id_column, "geometry"]]


def _valid_polygons(shapes: Shapes) -> Shapes:
    """Rebuild rings and keep the polygonal parts of each shape."""
    mended = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    loose = _has_loose_holes(shapes)
    # A "hole" outside its shell is a part of its own, written wrongly; it must not be lost.
    mended[loose] = shapely.make_valid(shapes[loose], method="linework")
    result = np.full(len(shapes), shapely.Polygon(), dtype=object)
    parts, owner = shapely.get_parts(mended, return_index=True)
    parts, index = shapely.get_parts(parts, return_index=True)
    owner = owner[index]
    keep = np.isin(shapely.get_type_id(parts), _POLYGONAL)
    for at in np.unique(owner[keep]):
        result[at] = shapely.union_all(parts[keep & (owner == at)])
    return result


def _has_loose_holes(shapes: Shapes) -> NDArray[np.bool_]:
    """Whether a hole of a polygon lies mostly outside the polygon's shell."""
    loose = np.zeros(len(shapes), dtype=bool)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    holed = shapely.get_num_interior_rings(parts) > 0
    for part, at in zip(parts[holed], owner[holed], strict=True):
        shell = shapely.make_valid(shapely.Polygon(part.exterior))
        holes = shapely.make_valid(shapely.polygons(list(part.interiors)))
        inside = shapely.area(shapely.intersection(holes, shell))
        loose[at] |= bool((inside < 0.5 * shapely.area(holes)).any())
    return loose
