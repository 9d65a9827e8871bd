"""What is odd about jurisdiction layers is named, each planted case at its feature."""

from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from gridplan.domain import Finding, Severity
from gridplan.prepare import prepare_ground
from gridplan.wholes import list_whole_conflicts
from gridplan.zones import MOST_LISTED, list_same_layers, with_zones, zone_of_units
from tests.worlds import CRS, box, chessboard, communities, point, town, units


def layer(**shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    """A zone layer with the given ids."""
    return gpd.GeoDataFrame({"zone_id": list(shapes)}, geometry=list(shapes.values()), crs=CRS)


def found(
    zones: gpd.GeoDataFrame, table: gpd.GeoDataFrame, mode: str = "soft"
) -> tuple[list[str | None], dict[str, list[Finding]]]:
    """Zone of every unit, and the findings by kind."""
    findings: list[Finding] = []
    ids = zone_of_units(table, zones, "police", findings, mode=mode)
    kinds = sorted({f.kind for f in findings})
    return ids.tolist(), {kind: [f for f in findings if f.kind == kind] for kind in kinds}


@pytest.mark.parametrize(
    ("mode", "severity"),
    [("soft", Severity.INFO), ("whole", Severity.INFO), ("nest", Severity.WARNING)],
)
def test_units_across_a_zone_line_are_listed_with_their_shares(
    mode: str, severity: Severity
) -> None:
    """The shares of all zones and of none are told; a nested line is a warning."""
    zones = layer(A=box(0, 0, 30, 20), B=box(30, 0, 20, 20))
    table = units([box(20, 0), box(0, 0), box(45, 0, 20, 20), point(30, 5)], [30, 5, 7, 9])
    ids, kinds = found(zones, table, mode)
    assert ids == ["A", "A", "B", "A"]
    first, second = kinds["unit-crosses-zones"]
    assert (first.place, first.other, first.value, first.severity) == ("u000", "B", 0.5, severity)
    assert "A 50%, B 50%; it counts for A" in first.message
    assert (second.place, second.other, second.value) == ("u002", "", 0.25)
    assert "B 25%, no zone 75%" in second.message


def test_empty_units_across_a_line_matter_where_it_is_nested() -> None:
    """A unit without households is listed only where no grid may touch two zones."""
    zones = layer(A=box(0, 0, 10, 20), B=box(10, 0, 10, 20))
    assert "unit-crosses-zones" not in found(zones, units([box(0, 0)], 0))[1]
    (finding,) = found(zones, units([box(0, 0)], 0), "nest")[1]["unit-crosses-zones"]
    assert finding.place == "u000"


def test_many_crossing_units_are_summed_up() -> None:
    """The heaviest are listed one by one, the rest counted: none is lost."""
    count = MOST_LISTED + 7
    shapes = [box(0, 30 * i, 20, 20) for i in range(count)]
    zones = layer(A=box(0, 0, 10, 30 * count), B=box(10, 0, 10, 30 * count))
    listed = found(zones, units(shapes, [1] * 7 + [2] * MOST_LISTED))[1]["unit-crosses-zones"]
    assert len(listed) == MOST_LISTED + 1
    assert listed[0].place == "u007"
    assert listed[-1].value == 7
    assert "7 more units with 7 households" in listed[-1].message


def test_overlapping_zones_go_by_the_larger_share() -> None:
    """The pair is named with its area, and the households in it; without any it is no warning."""
    zones = layer(A=box(0, 0, 60, 20), B=box(40, 0, 60, 20), C=box(200, 0), D=box(215, 0))
    ids, kinds = found(zones, units([box(36, 0), box(50, 0), box(0, 0)], [10, 20, 30]))
    assert ids == ["A", "B", "A"]
    first, second = kinds["zones-overlap"]
    assert (first.place, first.other, first.value) == ("A", "B", 400.0)
    assert first.severity is Severity.WARNING
    assert "2 units and 30 households" in first.message
    assert (second.place, second.other, second.value) == ("C", "D", 100.0)
    assert second.severity is Severity.INFO


def test_touching_zones_do_not_overlap() -> None:
    """A common border, or a sliver below a square metre, is no overlap."""
    zones = layer(A=box(0, 0, 20, 20), B=box(19.99, 0, 20, 20))
    assert found(zones, units([box(0, 0)]))[1] == {}


def test_zones_in_parts_and_with_holes() -> None:
    """Parts are counted; of a hole is told how much lies in no zone."""
    ring = shapely.difference(box(0, 0, 90, 90), box(30, 30, 30, 30))
    zones = layer(A=ring, B=box(30, 30, 15, 30), C=shapely.union_all([box(100, 0), box(150, 0)]))
    kinds = found(zones, units([box(1, 1)]), "whole")[1]
    (hole,), (parts,) = kinds["zone-hole"], kinds["zone-multipart"]
    assert (hole.place, hole.value) == ("A", 450.0)
    assert (parts.place, parts.value) == ("C", 2.0)
    assert "kept whole only where" in parts.message
    filled = layer(A=ring, B=box(30, 30, 30, 30))
    assert "other zones" in found(filled, units([box(1, 1)]))[1]["zone-hole"][0].message


def test_a_zone_column_on_the_units(tmp_path: Path) -> None:
    """A column decides as it stands; its blanks are counted like units in no zone."""
    table = units(chessboard(4, 1)).assign(beat=["p1", "p1", "p2", None])
    inputs, config = town(
        tmp_path,
        communities(box(0, 0, 80, 20)),
        table,
        more='[inputs.zones.police]\ncolumn = "beat"',
    )
    ground = prepare_ground(inputs, config)
    assert ground.cells["police"].isna().tolist() == [False, False, False, True]
    (finding,) = ground.findings
    assert (finding.kind, finding.layer, finding.place, finding.value) == (
        "unit-without-zone",
        "police",
        "u003",
        25.0,
    )


def same(**columns: list[str | None]) -> list[tuple[str, str, str]]:
    """Kind, layer and twin of the layers that are the same as another."""
    table = units(chessboard(4, 1), community=["c1", "c1", "c2", "c2"]).assign(**columns)
    findings: list[Finding] = []
    list_same_layers(table, list(columns), findings)
    return [(f.kind, f.layer, f.other) for f in findings]


def test_a_layer_that_is_the_same_as_another_is_noticed() -> None:
    """By how it divides the households, whatever the ids are; not where one is coarser."""
    police = ["p", "q", "q", "q"]
    assert same(police=police, school=["1", "2", "2", "2"]) == [("zones-same", "school", "police")]
    assert same(police=police, school=["1", "2", "2", "3"]) == []
    assert same(police=police, school=["1", "1", "1", "1"]) == []
    assert same(police=["p", "p", "q", "q"]) == [("zones-like-communities", "police", "")]


def test_shapes_given_twice_are_noticed() -> None:
    """The remedy names the section; the first of the two is the other."""
    zones = layer(A=box(0, 0, 20, 20), B=box(20, 0, 60, 20))
    findings: list[Finding] = []
    both = {"police": zones, "school": zones}
    table = units(chessboard(4, 1), community="c1")
    with_zones(table, both, dict.fromkeys(both, "soft"), findings)
    (finding,) = findings
    assert (finding.kind, finding.severity) == ("zones-same", Severity.WARNING)
    assert "[inputs.zones.school]" in finding.message


def conflicts(
    modes: dict[str, str],
    households: int = 100,
    block: dict[str, str] | None = None,
    **columns: list[str | None],
) -> list[Finding]:
    """Findings on five units in a row."""
    cells = units(chessboard(5, 1), households, community="c1").assign(**columns)
    findings: list[Finding] = []
    graph = nx.path_graph(cells["unit_id"])
    list_whole_conflicts(cells, graph, block or {}, modes, maximum=500, findings=findings)
    return findings


CHAIN = {"property": ["A", "A", "B", "B", None], "groups": [None, "X", "X", None, None]}
BOTH = {"property": "whole", "groups": "whole"}


def test_a_chain_of_whole_zones_is_named() -> None:
    """Zones that share units are kept together as one, with the households."""
    (finding,) = conflicts(BOTH, **CHAIN)
    assert (finding.kind, finding.severity, finding.value) == ("whole-chain", Severity.INFO, 400.0)
    assert "A (property) – B (property) – X (groups)" in finding.message


def test_a_chain_above_the_maximum_warns() -> None:
    """The layer that stands later in the configuration yields."""
    (finding,) = conflicts(BOTH, 150, **CHAIN)
    assert (finding.severity, finding.value, finding.limit) == (Severity.WARNING, 600.0, 500.0)
    assert "X (groups) yields" in finding.message
    (finding,) = conflicts(dict(reversed(BOTH.items())), 150, **CHAIN)
    assert "B (property) yields" in finding.message


def test_a_block_can_make_a_chain() -> None:
    """Two zones of one layer hang together by a block across them."""
    zones = {"property": ["A", "A", "B", "B", None]}
    assert conflicts({"property": "whole"}, **zones) == []
    (finding,) = conflicts({"property": "whole"}, block={"u001": "k", "u002": "k"}, **zones)
    assert "A (property) – B (property)" in finding.message


def test_a_zone_in_another_is_no_chain() -> None:
    """A compound inside a group asks for nothing that the group does not."""
    zones = {"property": ["A", "A", None, None, None], "groups": ["X", "X", "X", None, None]}
    assert conflicts(BOTH, **zones) == []


def test_a_whole_zone_across_a_nested_line_is_named() -> None:
    """Before solving: the zone, the layers, the households on each side."""
    zones = {"property": ["A", "A", "A", None, None], "police": ["P", "P", "Q", "Q", "Q"]}
    (finding,) = conflicts({"property": "whole", "police": "nest"}, **zones)
    assert (finding.kind, finding.place, finding.other, finding.value) == (
        "whole-against-nest",
        "A",
        "police",
        2.0,
    )
    assert "(P 200, Q 100 households)" in finding.message


def test_row_order_changes_no_finding() -> None:
    """Shuffled units give the same zones and the same findings."""
    rng = np.random.default_rng(3)
    zones = layer(A=box(0, 0, 60, 100), B=box(55, 0, 60, 100))
    table = units([box(x, y, 15, 15) for x, y in rng.uniform(0, 100, (30, 2))])
    first, second = [], []  # type: ignore[var-annotated]
    one = zone_of_units(table, zones, "police", first)
    mixed = table.sample(frac=1, random_state=2)
    other = zone_of_units(mixed, zones, "police", second)
    pd.testing.assert_series_equal(one, other.sort_index())
    assert sorted(f.message for f in first if "no zone (" not in f.message) == sorted(
        f.message for f in second if "no zone (" not in f.message
    )
