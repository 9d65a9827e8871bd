"""The community of every unit, and its zones."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridplan.domain import Finding, Severity
from gridplan.errors import TopologyError
from gridplan.layers.shares import largest_share
from gridplan.units import place_units
from gridplan.zones import zone_of_units
from tests.worlds import CRS, box, communities, point, units

HOMES = communities(box(0, 0, 100, 100), box(100, 0, 100, 100))


def place(*shapes: shapely.Geometry, **columns: object) -> tuple[dict[str, str], list[Finding]]:
    """Communities of the units that have one, and the findings."""
    findings: list[Finding] = []
    table = units(shapes, **columns)  # type: ignore[arg-type]
    placed = place_units(table, HOMES, nearest_m=50, findings=findings)
    return dict(zip(placed["unit_id"], placed["community_code"], strict=True)), findings


def test_the_largest_share_decides_then_the_smaller_code() -> None:
    """Most of the area wins; halves go to the smaller code; a point on the border too."""
    homes, findings = place(box(70, 0, 40), box(90, 50, 40), box(90, 80), point(100, 50))
    assert homes == {"u000": "c1", "u001": "c2", "u002": "c1", "u003": "c1"}
    assert [(f.kind, f.place, f.community_code, f.value) for f in findings] == [
        ("unit-straddles", "u000", "c1", 0.25),
        ("unit-straddles", "u001", "c2", 0.25),
        ("unit-straddles", "u002", "c1", 0.5),
    ]


def test_the_unit_column_wins_over_geometry() -> None:
    """A named community is taken; an unknown one is listed and geometry decides."""
    homes, findings = place(box(10, 10), box(50, 10), community=["c2", "c9"])
    assert homes == {"u000": "c2", "u001": "c1"}
    assert sorted((f.kind, f.place) for f in findings) == [
        ("community-unknown", "u001"),
        ("unit-straddles", "u000"),
    ]


def test_units_outside_join_the_nearest_within_reach() -> None:
    """Up to 50 m away a unit joins, listed with the metres; farther it is left out."""
    homes, findings = place(point(-30, 50), box(190, 140), box(300, 0), point(100, 130))
    assert homes == {"u000": "c1", "u001": "c2", "u003": "c1"}
    assert [(f.kind, f.place, f.value, f.severity) for f in findings] == [
        ("unit-nearest", "u000", 30.0, Severity.EXCEPTION),
        ("unit-nearest", "u001", 40.0, Severity.EXCEPTION),
        ("unit-nearest", "u003", 30.0, Severity.EXCEPTION),
        ("unit-outside", "u002", 25.0, Severity.WARNING),
    ]


def test_row_order_changes_no_community() -> None:
    """Shuffled units get the same communities."""
    rng = np.random.default_rng(7)
    shapes = [box(x, y, 15, 15) for x, y in rng.uniform(-20, 200, (40, 2))]
    table = units(shapes)
    first = place_units(table, HOMES, nearest_m=50, findings=[]).set_index("unit_id")
    mixed = place_units(table.sample(frac=1, random_state=1), HOMES, nearest_m=50, findings=[])
    other = mixed.set_index("unit_id")["community_code"]
    assert other.loc[first.index].tolist() == first["community_code"].tolist()


def test_shares_are_of_the_shape() -> None:
    """The share is that of the shape's own area; nothing met is -1."""
    areas = communities(box(0, 0, 100, 100), box(100, 0, 100, 100))
    row, share = largest_share(np.array([box(90, 0, 40), box(500, 0), point(1, 1)]), areas)
    assert row.tolist() == [1, -1, 0]
    assert share.tolist() == pytest.approx([0.75, 0.0, 1.0])


@pytest.mark.parametrize(("left", "severity"), [(1, Severity.WARNING), (30, Severity.INFO)])
def test_units_without_a_zone_are_listed(left: int, severity: Severity) -> None:
    """A few households outside every zone look like a gap and warn; many are by design."""
    zones = gpd.GeoDataFrame({"zone_id": ["p1", "p2"]}, geometry=[box(0, 0), box(20, 0)], crs=CRS)
    table = units([box(1, 1, 5, 5), box(15, 1, 9, 5), box(70, 0), box(90, 0)], [20, 20, left, 0])
    findings: list[Finding] = []
    assert zone_of_units(table, zones, "police", findings).tolist() == ["p1", "p1", None, None]
    (finding,) = (f for f in findings if f.kind != "unit-crosses-zones")
    assert (finding.kind, finding.place, finding.severity) == (
        "unit-without-zone",
        "u002",
        severity,
    )
    assert finding.value == left


def test_units_of_another_place_are_an_error() -> None:
    """Where no unit lies near any community there is nothing to divide, and both are named."""
    homes, table = communities(box(0, 0, 100, 100)), units([box(900, 0), box(990, 0)])
    with pytest.raises(TopologyError, match="none of the 2 units lies in a community"):
        place_units(table, homes, nearest_m=50, findings=[])
