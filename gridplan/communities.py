"""Communities made a coverage: their overlaps, their gaps, and every square metre moved."""

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridplan.domain import Finding, Severity
from gridplan.errors import TopologyError
from gridplan.layers.mismatch import (
    LISTED_M2,
    Overlaps,
    enclosed_gaps,
    find_overlaps,
    narrow_gaps,
    spot,
)
from gridplan.layers.repair import weigh
from gridplan.topology import TILE_TOLERANCE, Shapes, clean_coverage, polygons_of, unions

GAP_WIDTH_M = 2.0
"""Gaps narrower than this are digitising slips, in metres, where nothing else is configured."""

MAX_OVERLAP_M2 = 1000.0
"""Wider overlaps than a slip are refused above this, in square metres."""

WARN_SHARE, MAX_SHARE = 0.001, 0.01
"""Share of a community that a repair may move before it is a warning, and before it is refused."""

MATCHED_M = 1e-6
"""Vertices moved by less than this were only added, in metres."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cleaned:
    """Communities before and after a clean, and how they misfitted.

    Parameters
    ----------
    codes
        (n,) community codes, ascending.
    before, after
        (n,) polygons in metres.
    moved_m2
        float64 (n,), ground that a community lost or won.
    overlaps
        Pairs that overlapped before.
    gaps, owner
        Narrow gaps that were closed, and the position of the community that each went to.
    loose
        (n,) edges that did not match a neighbour's.
    """

    codes: Shapes
    before: Shapes
    after: Shapes
    moved_m2: Floats
    overlaps: Overlaps
    gaps: Shapes
    owner: NDArray[np.int64]
    loose: Shapes


def clean_communities(
    communities: gpd.GeoDataFrame,
    *,
    tolerance_m: float,
    findings: list[Finding],
    gap_width_m: float = GAP_WIDTH_M,
    max_overlap_m2: float = MAX_OVERLAP_M2,
    warn_share: float = WARN_SHARE,
    max_share: float = MAX_SHARE,
) -> gpd.GeoDataFrame:
    """Make the communities a coverage.

    Parameters
    ----------
    communities
        ``community_code`` and polygons in metres, sorted by code.
    tolerance_m
        Vertices nearer than this are one.
    findings
        ``community-overlap``, ``gap-closed``, ``gap-left``, ``community-repaired``,
        ``edges-matched`` and ``communities-union`` are added.
    gap_width_m
        Gaps narrower than this are closed, in metres; wider overlaps are no slip.
    max_overlap_m2
        Such an overlap is a warning, and an error above this, in square metres.
    warn_share, max_share
        Share of a community's area that may move before it is a warning, and an error.

    Returns
    -------
    geopandas.GeoDataFrame
        Same rows; polygons without overlaps, matching vertex for vertex.

    Raises
    ------
    TopologyError
        Where a repair would move more than ``max_share`` of a community, or swallow one, or two
        overlap widely; it carries the findings.
    """
    shapes = communities.geometry.to_numpy()
    if shapely.coverage_is_valid(shapes, gap_width=gap_width_m):
        findings.extend(_left(communities, shapely.coverage_union_all(shapes)))
        return communities
    done = _clean(communities, tolerance_m, gap_width_m)
    area = shapely.area(done.before)
    weight = [
        weigh(moved, own, warn_share, max_share)
        for moved, own in zip(done.moved_m2, area, strict=True)
    ]
    for i, how in _wide_overlaps(done.overlaps, gap_width_m, max_overlap_m2):
        weight[i] = _heavier(weight[i], how)
    refused = [i for i, how in enumerate(weight) if how is Severity.ERROR]
    findings.extend(_overlapping(done, weight))
    findings.extend(_closed(done, weight))
    findings.extend(_repaired(done, weight, max_share))
    whole = shapely.union_all(done.after)
    findings.extend(_left(communities, whole))
    if refused:
        problems = [_refusal(done, i) for i in refused]
        raise TopologyError(problems, findings)
    findings.append(_union(done, whole))
    return communities.set_geometry(done.after, crs=communities.crs)


def list_shapes(communities: gpd.GeoDataFrame, findings: list[Finding]) -> None:
    """List the communities that lie in several parts (an enclave, an island) or have holes.

    Parameters
    ----------
    communities
        ``community_code`` and polygons, sorted by code.
    findings
        ``community-multipart`` and ``community-hole`` are added.
    """
    parts, owner = shapely.get_parts(communities.geometry.to_numpy(), return_index=True)
    holes = np.bincount(
        owner, weights=shapely.get_num_interior_rings(parts), minlength=len(communities)
    ).astype(int)
    counts = np.bincount(owner, minlength=len(communities))
    for code, several, open_rings in zip(communities["community_code"], counts, holes, strict=True):
        shapes = {
            "community-multipart": several if several > 1 else 0,
            "community-hole": open_rings,
        }
        words = {"community-multipart": "lies in {} parts", "community-hole": "has holes: {}"}
        for kind in sorted(kind for kind, number in shapes.items() if number):
            findings.append(
                Finding(
                    kind,
                    Severity.INFO,
                    f"community {code} {words[kind].format(shapes[kind])}",
                    layer="communities",
                    place=str(code),
                    community_code=str(code),
                    value=float(shapes[kind]),
                )
            )


def _clean(communities: gpd.GeoDataFrame, tolerance_m: float, gap_width_m: float) -> Cleaned:
    before = communities.geometry.to_numpy()
    loose = shapely.coverage_invalid_edges(before, gap_width=gap_width_m)
    suspect = ~shapely.is_empty(loose)
    overlaps = find_overlaps(before, suspect)
    gaps, owner = narrow_gaps(before, gap_width_m)
    whole = unions(np.r_[before, gaps], np.r_[np.arange(len(before)), owner], len(before))
    after = clean_coverage(polygons_of(whole), snap_m=tolerance_m, gap_m=gap_width_m)
    if not shapely.coverage_is_valid(after):
        after = clean_coverage(polygons_of(after), snap_m=tolerance_m, gap_m=gap_width_m)
    moved = np.zeros(len(before))
    changed = np.flatnonzero(~shapely.equals_exact(before, after, 0.0))
    # A loss on one side and a gain on the other must not cancel out.
    moved[changed] = shapely.area(shapely.symmetric_difference(before[changed], after[changed]))
    codes = communities["community_code"].astype(str).to_numpy()
    return Cleaned(codes, before, after, moved, overlaps, gaps, owner, loose)


def _wide_overlaps(
    overlaps: Overlaps, width_m: float, max_m2: float
) -> Iterator[tuple[int, Severity]]:
    """Communities whose overlap is wider than a slip of the hand; a share would hide it."""
    wide = ~shapely.is_empty(shapely.buffer(overlaps.ground, -width_m / 2))
    for k in np.flatnonzero(wide):
        how = Severity.ERROR if overlaps.area_m2[k] > max_m2 else Severity.WARNING
        yield int(overlaps.left[k]), how
        yield int(overlaps.right[k]), how


def _overlapping(done: Cleaned, weight: list[Severity]) -> Iterator[Finding]:
    for i, j, m2, ground in zip(
        done.overlaps.left,
        done.overlaps.right,
        done.overlaps.area_m2,
        done.overlaps.ground,
        strict=True,
    ):
        held = shapely.area(shapely.intersection(done.after[[i, j]], ground))
        to = done.codes[(i, j)[int(np.argmax(held))]]
        yield Finding(
            "community-overlap",
            _heavier(weight[i], weight[j]),
            f"communities {done.codes[i]} and {done.codes[j]} overlap by {m2:.2f} m²; "
            f"most of it goes to {to}: redraw their border",
            layer="communities",
            place=done.codes[i],
            other=done.codes[j],
            community_code=done.codes[i],
            value=round(float(m2), 3),
            at=spot(ground),
        )


def _heavier(one: Severity, other: Severity) -> Severity:
    order = (Severity.ERROR, Severity.WARNING, Severity.REPAIRED)
    return min(one, other, key=order.index)


def _closed(done: Cleaned, weight: list[Severity]) -> Iterator[Finding]:
    for gap, who in zip(done.gaps, done.owner, strict=True):
        metres = shapely.distance(gap, done.before)
        metres[who] = np.inf
        other = int(np.argmin(metres))
        m2 = float(shapely.area(gap))
        yield Finding(
            "gap-closed",
            weight[who],
            f"the narrow gap of {m2:.2f} m² between communities {done.codes[who]} and "
            f"{done.codes[other]} goes to {done.codes[who]}: redraw their border",
            layer="communities",
            place=done.codes[who],
            other=done.codes[other],
            community_code=done.codes[who],
            value=round(m2, 3),
            at=spot(gap),
        )


def _repaired(done: Cleaned, weight: list[Severity], max_share: float) -> Iterator[Finding]:
    before, after = shapely.area(done.before), shapely.area(done.after)
    for i in np.flatnonzero(~shapely.is_empty(done.loose) | (done.moved_m2 > 0)):
        code, metres = done.codes[i], float(shapely.length(done.loose[i]))
        if done.moved_m2[i] > TILE_TOLERANCE * before[i]:
            yield Finding(
                "community-repaired",
                weight[i],
                f"community {code}: {done.moved_m2[i]:.1f} m² along its border were lost or won as "
                f"overlaps and narrow gaps went; its area was {before[i]:.1f} m² and is "
                f"{after[i]:.1f} m² ({after[i] - before[i]:+.1f} m²)",
                layer="communities",
                place=code,
                community_code=code,
                value=round(float(done.moved_m2[i]), 3),
                limit=float(max_share * before[i]),
            )
        elif metres > 0:
            still = done.moved_m2[i] <= MATCHED_M * metres
            yield Finding(
                "edges-matched",
                Severity.INFO if still else Severity.REPAIRED,
                f"community {code}: {metres:.1f} m of its border did not match its neighbours "
                f"vertex for vertex, and do now; {done.moved_m2[i]:.4f} m² moved",
                layer="communities",
                place=code,
                community_code=code,
                value=round(float(done.moved_m2[i]), 6),
                at=spot(done.loose[i]),
            )


def _union(done: Cleaned, whole: shapely.Geometry) -> Finding:
    before = float(shapely.area(shapely.union_all(done.before)))
    after = float(shapely.area(whole))
    return Finding(
        "communities-union",
        Severity.INFO,
        f"the communities together covered {before:.1f} m² and cover {after:.1f} m² "
        f"({after - before:+.1f} m²) after {done.overlaps.area_m2.sum():.1f} m² of overlaps and "
        f"{shapely.area(done.gaps).sum():.1f} m² of narrow gaps went to one side",
        layer="communities",
        value=round(after - before, 3),
    )


def _left(communities: gpd.GeoDataFrame, whole: shapely.Geometry) -> Iterator[Finding]:
    """List the ground enclosed by communities that none of them has."""
    codes = communities["community_code"].astype(str).to_numpy()
    gaps = enclosed_gaps(whole)
    gaps = gaps[shapely.area(gaps) >= LISTED_M2]
    tree = shapely.STRtree(communities.geometry.to_numpy())
    for gap in gaps:
        beside = codes[np.sort(tree.query(gap, predicate="dwithin", distance=0.1))]
        m2 = float(shapely.area(gap))
        yield Finding(
            "gap-left",
            Severity.WARNING,
            f"{m2:.1f} m² enclosed by communities {', '.join(beside)} belong to none of them; if "
            "that is no ground of another district, draw them to one, or raise "
            "topology.gap_width_m",
            layer="communities",
            place=str(beside[0]) if len(beside) else "",
            other=str(beside[1]) if len(beside) > 1 else "",
            community_code=str(beside[0]) if len(beside) else "",
            value=round(m2, 3),
            at=spot(gap),
        )


def _refusal(done: Cleaned, i: int) -> str:
    pairs = done.overlaps
    with_i = np.flatnonzero((pairs.left == i) | (pairs.right == i))
    tail = (
        f"cleaning would change its area by {_change(done, i):+.0f} m² and move "
        f"{done.moved_m2[i]:.0f} m²; "
    )
    if not len(with_i):
        return (
            f"inputs.communities: community {done.codes[i]} does not fit its neighbours; {tail}"
            "redraw its border, lower topology.gap_width_m, or raise topology.max_moved_share"
        )
    k = with_i[int(np.argmax(pairs.area_m2[with_i]))]
    j = pairs.left[k] + pairs.right[k] - i
    return (
        f"inputs.communities: community {done.codes[i]} overlaps community {done.codes[j]} by "
        f"{pairs.area_m2[k]:.0f} m²; {tail}"
        "redraw their border (cut a hole where one lies inside the other)"
    )


def _change(done: Cleaned, i: int) -> float:
    return float(shapely.area(done.after[i]) - shapely.area(done.before[i]))
