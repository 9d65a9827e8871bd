"""The daily walk: the shortest ways, short rounds, and bounds that hold."""

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations

import geopandas as gpd
import networkx as nx
import numpy as np
import pulp
import pytest
import shapely

from gridplan.config import Config
from gridplan.config.people import Workload
from gridplan.layers import Inputs, read_inputs
from gridplan.optimise.paths import make_network, ways_from
from gridplan.optimise.tour import EXACT, round_length, short_tour
from gridplan.people.network import lay_ways
from gridplan.people.walks import draw_walks
from tests.conftest import SAMPLE
from tests.people_worlds import quick_plan, row_of_grids, stars, streets
from tests.worlds import CRS

Town = Callable[[int, int], np.ndarray]
TOWNS: tuple[Town, ...] = (stars, streets)


def shortest(metres: np.ndarray) -> float:
    """Length of the shortest round by an integer programme, rounds of a part cut off one by one."""
    n = len(metres)
    model = pulp.LpProblem("round", pulp.LpMinimize)
    way = {
        (i, j): model.add_variable(f"w{i}_{j}", cat=pulp.LpBinary)
        for i in range(n) for j in range(i + 1, n)
    }  # fmt: skip
    model += pulp.lpSum(metres[i, j] * x for (i, j), x in way.items())
    for k in range(n):
        model += pulp.lpSum(x for pair, x in way.items() if k in pair) == 2
    while True:
        model.solve(pulp.HiGHS(msg=False, gapRel=0.0, threads=1))
        graph = nx.Graph([pair for pair, x in way.items() if (x.value() or 0) > 0.5])
        parts = sorted(nx.connected_components(graph), key=len)
        if len(parts) == 1:
            return float(sum(metres[pair] for pair in graph.edges))
        for part in parts[:-1]:
            inside = (x for (i, j), x in way.items() if i in part and j in part)
            model += pulp.lpSum(inside) <= len(part) - 1


@pytest.mark.parametrize("town", TOWNS)
@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, EXACT, EXACT + 1, 17, 24, 30])
def test_rounds_are_near_their_bound(town: Town, count: int) -> None:
    """Every place is passed once, and the round is within 5 % of its proven bound."""
    for seed in range(6):
        metres = town(count, seed)
        tour = short_tour(metres)
        assert tour.order[0] == 0
        assert sorted(tour.order) == list(range(count))
        assert tour.length == pytest.approx(round_length(metres, tour.order))
        assert tour.bound <= tour.length <= 1.05 * tour.bound + 1e-9


@pytest.mark.parametrize("town", TOWNS)
def test_small_rounds_are_the_shortest(town: Town) -> None:
    """Up to seven places, no order of them is shorter."""
    for count, seed in ((4, 1), (5, 2), (7, 3)):
        metres = town(count, seed)
        best = min(
            round_length(metres, np.array([0, *rest])) for rest in permutations(range(1, count))
        )
        assert short_tour(metres).length == pytest.approx(best)


@pytest.mark.parametrize("town", TOWNS)
@pytest.mark.parametrize(("count", "seed"), [(EXACT, 5), (18, 6), (30, 7)])
def test_bounds_hold_against_an_exact_solver(town: Town, count: int, seed: int) -> None:
    """No bound is above the shortest round, and no round more than 5 % longer."""
    metres = town(count, seed)
    best = shortest(metres)
    tour = short_tour(metres)
    assert tour.bound <= best + 1e-6
    assert best - 1e-6 <= tour.length <= 1.05 * best


def test_rounds_of_many_places_are_near_their_bound() -> None:
    """A hundred places take no more than 10 % above the bound."""
    tour = short_tour(stars(100, 0))
    assert tour.length <= 1.1 * tour.bound


def test_rounds_repeat_themselves() -> None:
    """The same distances give the same round."""
    metres = stars(40, 9)
    assert (short_tour(metres).order == short_tour(metres.copy()).order).all()


def test_ways_are_the_shortest() -> None:
    """Lengths are those of networkx, and the places before lead back along them."""
    random = np.random.default_rng(0)
    graph = nx.gnm_random_graph(60, 90, seed=1)
    for a, b in graph.edges:
        graph.edges[a, b]["weight"] = float(random.integers(1, 20))
    u, v = np.array(graph.edges).T
    weight = np.array([graph.edges[e]["weight"] for e in graph.edges])
    metres, before = ways_from(make_network(60, u, v, weight), np.array([0, 7]))
    for row, source in enumerate((0, 7)):
        known = nx.single_source_dijkstra_path_length(graph, source)
        for place in range(60):
            assert metres[row, place] == known.get(place, np.inf)
            if place in known and place != source:
                step = int(before[row, place])
                gain = graph.edges[step, place]["weight"]
                assert metres[row, step] + gain == metres[row, place]


def line(*points: tuple[float, float]) -> shapely.LineString:
    """Road through places, in metres."""
    return shapely.LineString(points)


def objects(*shapes: shapely.Geometry) -> np.ndarray:
    """Array of shapes."""
    return np.array(shapes, dtype=object)


def test_buildings_stop_at_the_nearest_road() -> None:
    """Ways run along roads that cross without a common vertex, between stops on them."""
    roads = objects(line((0, 0), (100, 0)), line((50, -50), (50, 50)))
    stops = objects(shapely.Point(10, 5), shapely.box(52, 38, 60, 42), shapely.Point(90, -3))
    ways = lay_ways(roads, shapely.box(0, -50, 100, 50), stops)
    assert ways is not None
    assert ways.off_road_m.tolist() == pytest.approx([5, 2, 3])
    metres, _ = ways.between(ways.stop)
    between = metres[:, ways.stop]
    assert between[0, 2] == pytest.approx(80)
    assert between[0, 1] == pytest.approx(between[2, 1])
    assert 40 + 38 <= between[0, 1] <= 40 + 42
    assert ways.bridged_m == ()


def test_parts_without_a_road_between_are_bridged() -> None:
    """A lane that meets no other road is joined by a straight way, and its metres are told."""
    roads = objects(line((0, 0), (100, 0)), line((130, 0), (200, 0)))
    stops = objects(*map(shapely.Point, [(10, 0), (20, 0), (150, 0)]))
    ways = lay_ways(roads, shapely.box(0, -10, 200, 10), stops)
    assert ways is not None
    assert ways.bridged_m == pytest.approx((30.0,))
    metres, _ = ways.between(ways.stop[:1])
    assert metres[0, ways.stop[2]] == pytest.approx(140)


def walked(**more: object) -> tuple[Inputs, Workload]:
    """Three grids in a row along one road, an office at its western end."""
    plan = row_of_grids(3)
    roads = gpd.GeoDataFrame(
        {"road_id": ["r"], "name": "", "kind": ""}, geometry=[line((0, -5), (300, -5))], crs=CRS
    )
    office = gpd.GeoDataFrame(
        {"facility_id": ["f"], "name": "", "kind": "office", "grid_code": "c1001"},
        geometry=[shapely.Point(0, 0)], crs=CRS,
    )  # fmt: skip
    inputs = Inputs(
        plan.grids.crs, plan.communities, plan.streets,
        plan.units.set_geometry(shapely.box(*shapely.bounds(plan.units.geometry).T)),
        extra={"roads": roads, "facilities": office},
    )  # fmt: skip
    return inputs, Workload(office="office", **more)


def test_walk_goes_from_the_office_and_back() -> None:
    """A walk is twice the way to the farthest building; one above the limit is named."""
    inputs, section = walked(walk_limit_m=300.0)
    plan = replace(row_of_grids(3), extra={"facilities": inputs.extra["facilities"]})
    walks = draw_walks(plan, inputs, section)
    assert walks.table["walk_m"].tolist() == pytest.approx([100, 300, 500], abs=1)
    assert walks.table["off_road_m"].tolist() == pytest.approx([10, 10, 10])
    found = [(f.kind, f.place) for f in walks.findings]
    assert found == [("walk-over-limit", "c1003")]
    assert "no round is in the limit" in walks.findings[0].message


def test_walk_without_an_office_begins_at_a_building() -> None:
    """A community without its office is named, and walks are rounds of the buildings alone."""
    inputs, section = walked()
    walks = draw_walks(row_of_grids(3), inputs, section)
    assert walks.table["walk_m"].max() < 1
    assert [f.kind for f in walks.findings] == ["office-missing"]


def test_no_roads_no_walks() -> None:
    """Without roads there is no walk, and that is said."""
    inputs, section = walked()
    walks = draw_walks(row_of_grids(3), replace(inputs, extra={}), section)
    assert walks.table.empty
    assert [f.kind for f in walks.findings] == ["walk-without-roads"]


@pytest.fixture(scope="module")
def sample() -> Inputs:
    """Layers of the sample city."""
    return read_inputs(Config.load(SAMPLE))


def test_walks_of_the_sample(sample: Inputs) -> None:
    """Walks of all grids take seconds, keep within 25 % of their bound, and are as long as drawn.

    Each begins and ends where the community's office stops at a road.
    """
    plan = quick_plan(sample)
    section = Workload(office="community_office")
    draw_walks(plan, sample, section)  # compiled by now
    began = time.perf_counter()
    table = draw_walks(plan, sample, section).table
    assert time.perf_counter() - began < 20
    assert set(table["grid_code"]) == set(plan.grids["grid_code"])
    assert (table["walk_m"] <= 1.25 * table["walk_bound_m"] + 0.1).all()
    assert (table["walk_bound_m"] <= table["walk_m"] + 0.1).all()
    assert table["stops"].sum() == len(sample.units)
    drawn = shapely.length(table.geometry.to_numpy())
    assert drawn == pytest.approx(table["walk_m"].to_numpy(), abs=0.5)
    assert shapely.is_closed(table.geometry.to_numpy()).all()
    homes = table["grid_code"].map(plan.grids.set_index("grid_code")["community_code"])
    ends = shapely.get_point(table.geometry.to_numpy(), 0)
    for own in homes.groupby(homes).indices.values():
        assert (shapely.distance(ends[own], ends[own[0]]) < 0.01).all()


def test_processes_change_no_walk(sample: Inputs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Walks that two processes find are those of one, and findings stand in the same order."""
    plan, section = quick_plan(sample), Workload(office="community_office")
    alone = draw_walks(plan, sample, section)
    monkeypatch.setattr("gridplan.people.walks.SHARED", 1)
    shared = draw_walks(plan, sample, section, workers=2)
    assert shared.table.equals(alone.table)
    assert shared.findings == alone.findings


def test_order_of_roads_changes_no_walk(sample: Inputs) -> None:
    """Shuffled roads give walks of the same length."""
    plan = quick_plan(sample)
    section = Workload(office="community_office")
    shuffled = sample.extra["roads"].sample(frac=1, random_state=3).reset_index(drop=True)
    again = replace(sample, extra={**sample.extra, "roads": shuffled})
    first, second = (draw_walks(plan, i, section).table for i in (sample, again))
    assert (first["walk_m"] - second["walk_m"]).abs().max() <= 0.1
