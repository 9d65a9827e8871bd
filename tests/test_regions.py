"""Regions of units: what is nearest to each, strung from a triangulation."""

import numpy as np
import pytest
import shapely

from gridplan.cells import regions as module
from gridplan.cells.regions import voronoi_regions

CORNER = np.array([500_000, 3_400_000])
AREA = shapely.box(500_000, 3_400_000, 500_400, 3_400_400)


def _points(seed: int, units: int, each: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    middle = rng.uniform(0, 400, (units, 2))
    xy = (middle[:, None] + rng.uniform(-12, 12, (units, each, 2))).reshape(-1, 2).round(3)
    return xy + CORNER, np.repeat(np.arange(units), each)


def _shared(xy: np.ndarray, unit: np.ndarray, bends_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Regions in one area."""
    areas = np.array([AREA])
    regions, who, _ = voronoi_regions(areas, xy, unit, np.zeros_like(unit), bends_m)
    return regions, who


@pytest.mark.parametrize("seed", range(4))
def test_a_region_holds_what_is_nearest_to_its_unit(seed: int) -> None:
    """Random places lie in the region of the unit with the nearest point, and in no other."""
    xy, unit = _points(seed, 25, 20)
    regions, who = _shared(xy, unit, 1e-6)
    assert who.tolist() == list(range(25))
    assert shapely.coverage_is_valid(regions)
    places = np.random.default_rng(seed + 9).uniform(0, 400, (500, 2)) + CORNER
    metres = np.hypot(*(places[:, None] - xy[None]).transpose(2, 0, 1))
    near = [metres[:, unit == u].min(axis=1) for u in who]
    best, second = np.sort(near, axis=0)[:2]
    clear = second - best > 0.01  # points are scattered by a millimetre
    inside = shapely.contains(regions[None, :], shapely.points(places)[:, None])
    assert (inside[clear].sum(axis=1) == 1).all()
    assert (np.argmax(inside, axis=1) == np.argmin(near, axis=0))[clear].all()


def test_a_unit_inside_another_leaves_a_hole() -> None:
    """A courtyard house around another one has a region with a hole, and one around a third."""
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    xy = np.r_[100 * ring, 50 * ring, [[0.0, 0.0], [1.0, 0.5]]] + [500_200, 3_400_200]
    regions, _ = _shared(xy, np.repeat([0, 1, 2], [60, 60, 2]), 0.5)
    assert shapely.is_valid(regions).all()
    assert [shapely.get_num_interior_rings(r) for r in regions] == [1, 1, 0]
    assert shapely.coverage_is_valid(regions)
    assert shapely.covers(shapely.union_all(regions), AREA)


def test_a_unit_in_several_places_has_several_parts() -> None:
    """A unit on both sides of another has two parts, and one of them may have a hole."""
    west, east = np.array([[0.0, y] for y in range(0, 100, 5)]), [[60.0, 50.0]]
    between = np.array([[x, y] for y in range(-50, 150, 5) for x in (20.0, 40.0)])
    xy = np.r_[west, east, between] + [500_100, 3_400_100]
    unit = np.repeat([0, 1], [len(west) + 1, len(between)])
    regions, _ = _shared(xy, unit, 0.5)
    assert shapely.get_num_geometries(regions[0]) == 2
    assert shapely.coverage_is_valid(regions)


def test_both_ways_give_the_same_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the triangulation is not sound, the union of all points' regions is the same."""
    xy, unit = _points(7, 12, 30)
    strung, _ = _shared(xy, unit, 1e-6)
    monkeypatch.setattr(module, "_strung", lambda *given: np.full(given[-1], None))
    dissolved, _ = _shared(xy, unit, 1e-6)
    wrong = shapely.intersection(shapely.symmetric_difference(strung, dissolved), AREA)
    assert shapely.area(wrong).max() < 1e-3


def test_no_triangulation_is_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A triangulation that fails altogether leaves the slow way."""

    def fail(_: np.ndarray) -> None:
        raise RuntimeError("qhull")

    monkeypatch.setattr(module, "_triangles", fail)
    xy, unit = _points(3, 5, 10)
    regions, _ = _shared(xy, unit, 0.5)
    assert len(regions) == 5
    assert shapely.covers(shapely.union_all(regions), AREA)


def test_areas_do_not_know_of_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several areas at once give what each gives alone, also where one has no triangulation."""
    first, second = _points(3, 5, 10), _points(4, 6, 10)
    alone = [_shared(*first, 0.5), _shared(*second, 0.5)]
    lone = (np.array([[500_100.0, 3_400_100.0]]), np.array([0]))
    places = (first, lone, second)
    xy = np.concatenate([p[0] for p in places])
    unit = np.concatenate([p[1] for p in places])
    area = np.repeat([0, 2, 3], [len(p[1]) for p in places])
    areas = np.array([AREA] * 4)
    regions, who, home = voronoi_regions(areas, xy, unit, area, 0.5)
    assert home.tolist() == [0] * 5 + [2] + [3] * 6
    assert who.tolist() == [*range(5), 0, *range(6)]
    assert regions[:5].tolist() == alone[0][0].tolist()
    assert regions[5] == AREA
    assert regions[6:].tolist() == alone[1][0].tolist()
    real = module._triangles
    failing = iter([True, False])

    def fail(spots: np.ndarray) -> np.ndarray:
        if next(failing):
            raise RuntimeError("qhull")
        return real(spots)

    monkeypatch.setattr(module, "_triangles", fail)
    mended, _, _ = voronoi_regions(areas, xy, unit, area, 0.5)
    assert mended[6:].tolist() == alone[1][0].tolist()
    assert shapely.coverage_is_valid(mended[:5])
