"""How polygons fit each other, and communities their streets: listed, nothing is moved."""

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from gridplan.domain import Finding, Severity
from gridplan.layers.columns import some
from gridplan.layers.mismatch import find_overlaps, spot
from gridplan.layers.notes import Notes
from gridplan.layers.repair import weigh

if TYPE_CHECKING:
    from gridplan.config.sections import Topology

OVERLAP_M2 = 1.0
"""Smaller overlaps and gaps are not listed, in square metres."""

WIDE_SHARE = 0.01
"""An overlap, or ground in a wrong street, above this share of the polygon is a warning."""


def list_overlaps(
    frame: gpd.GeoDataFrame, role: str, id_column: str, findings: list[Finding]
) -> None:
    """List the pairs of polygons that cover the same ground; nothing is moved.

    Parameters
    ----------
    frame
        Layer with ``id_column`` and valid polygons in metres, sorted by id.
    role
        Layer name for the findings.
    id_column
        Column that names a feature.
    findings
        One ``layer-overlap`` per pair is added: a warning above 1 % of the smaller polygon.
    """
    shapes, ids = frame.geometry.to_numpy(), frame[id_column].astype(str).to_numpy()
    found = find_overlaps(shapes, least_m2=OVERLAP_M2)
    smaller = np.minimum(shapely.area(shapes[found.left]), shapely.area(shapes[found.right]))
    for k, (i, j, m2) in enumerate(zip(found.left, found.right, found.area_m2, strict=True)):
        limit = WIDE_SHARE * float(smaller[k])
        findings.append(
            Finding(
                "layer-overlap",
                Severity.WARNING if m2 > limit else Severity.INFO,
                f"{role}: {ids[i]} and {ids[j]} overlap by {m2:.1f} m²; both keep it, and a unit "
                "there goes by the larger share: redraw their border",
                layer=role,
                place=ids[i],
                other=ids[j],
                value=round(float(m2), 3),
                limit=limit,
                at=spot(found.ground[k]),
            )
        )


def weigh_unit_overlaps(
    units: gpd.GeoDataFrame, findings: list[Finding], limits: "Topology"
) -> None:
    """Say of every unit that lost ground to whom, what is left, and how much that weighs.

    Parameters
    ----------
    units
        ``unit_id`` and polygons in metres, as given.
    findings
        ``unit-overlaps``, as the cells list them, are completed.
    limits
        ``[topology]`` of the configuration. An overlap is never an error: no household is lost.
    """
    found = [i for i, f in enumerate(findings) if f.kind == "unit-overlaps" and f.value]
    if not found:
        return
    shapes, ids = units.geometry.to_numpy(), units["unit_id"].astype(str).to_numpy()
    position = {unit: i for i, unit in enumerate(ids)}
    tree = shapely.STRtree(shapes)
    for i in found:
        finding = findings[i]
        at, lost = position[finding.place], finding.value or 0.0
        near = [int(j) for j in np.sort(tree.query(shapes[at], "intersects")) if j != at]
        near = [j for j in near if shapely.area(shapely.intersection(shapes[at], shapes[j])) > 0]
        if not near:
            continue
        ground = shapely.intersection(shapes[at], shapes[near])
        area = float(shapely.area(shapes[at]))
        most = int(np.argmax(shapely.area(ground)))
        message = (
            f"unit {finding.place} overlaps {some(ids[near])}; {lost:.1f} m² of its {area:.1f} m² "
            f"went to them, most to {ids[near[most]]}: redraw the units"
        )
        findings[i] = replace(
            finding,
            severity=weigh(lost, area, limits.warn_moved_share, np.inf),
            message=message,
            other=str(ids[near[most]]),
            at=spot(ground[most]),
        )


def list_street_misfits(
    communities: gpd.GeoDataFrame, streets: gpd.GeoDataFrame, notes: Notes
) -> None:
    """List the communities that do not lie in the street they name.

    Parameters
    ----------
    communities
        ``community_code``, ``street_code`` and valid polygons in metres.
    streets
        ``street_code`` and valid polygons in metres, sorted by code.
    notes
        ``community-beyond-street`` is added: a warning where more than 1 % of a community lies
        outside its street; an error, and a problem, where more than half of it lies in another.
    """
    grounds, codes = streets.geometry.to_numpy(), streets["street_code"].astype(str).to_numpy()
    position = {code: i for i, code in enumerate(codes)}
    tree = shapely.STRtree(grounds)
    for code, street, shape in zip(
        communities["community_code"], communities["street_code"], communities.geometry, strict=True
    ):
        own = position.get(str(street))
        if own is None:
            continue  # named by the reader as a street that is not there, or without a shape
        beyond = shapely.difference(shape, grounds[own])
        if shapely.area(beyond) > max(WIDE_SHARE * shape.area, OVERLAP_M2):
            near = [int(i) for i in np.sort(tree.query(beyond, "intersects")) if i != own]
            held = shapely.area(shapely.intersection(beyond, grounds[near]))
            best = int(np.argmax(held)) if len(near) and held.max() > 0 else None
            _list_beyond(
                (str(code), shape, beyond),
                str(street),
                None if best is None else (str(codes[near[best]]), float(held[best])),
                notes,
            )


def _list_beyond(
    community: tuple[str, shapely.Geometry, shapely.Geometry],
    street: str,
    other: tuple[str, float] | None,
    notes: Notes,
) -> None:
    code, shape, beyond = community
    wrong = other is not None and other[1] > 0.5 * shape.area
    lies = f"{other[1]:.1f} m² of that in street {other[0]}" if other else "in no street"
    message = (
        f"inputs.communities: community {code} names street {street}, but {beyond.area:.1f} m² "
        f"({beyond.area / shape.area:.1%}) of it lie outside it, {lies}; "
        + ("correct its street" if wrong else "the name counts: redraw the border of either")
    )
    if wrong:
        notes.problems.append(message)
    notes.findings.append(
        Finding(
            "community-beyond-street",
            Severity.ERROR if wrong else Severity.WARNING,
            message,
            layer="communities",
            place=code,
            other=other[0] if other else "",
            community_code=code,
            value=round(float(beyond.area), 3),
            limit=WIDE_SHARE * float(shape.area),
            at=spot(beyond),
        )
    )
