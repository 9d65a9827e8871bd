"""Unit grids: exempt from the range only where the decisions say so and the tests come out again.

Every test is measured anew from the inputs. What only planners can decide, an override, is believed
where the configuration has it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan.audit.kinds import Kind
from gridplan.audit.view import Bools, Shapes, View, broken, excepted, positions, valid
from gridplan.domain import Finding, GridKind
from gridplan.layers.inputs import Inputs

TESTS = ("whole", "large", "non-residential", "permanent", "able")
HALF_SLACK = 0.01
"""How much less than half of a unit may lie in premises: borders are cleaned."""

SLACK = {"compactness": 1e-3, "clear_border": 5e-3, "nonresidential_share": 1e-3, "area_m2": 1.0}
"""How near to its threshold a measure may come out on either side of it."""

Facts = dict[str, float]


class Verdict(NamedTuple):
    """What is looked at of a row of the decisions, as text."""

    test: str
    passed: str
    test_passed: str
    unit_grid: str
    reason: str


_READ = Verdict._fields
DECIDED = ("institution_id", *_READ)
"""Columns of the decisions that are looked at."""

Verdicts = dict[str, list[Verdict]]
"""Rows of the decisions by institution."""


@dataclass(frozen=True)
class _Around:
    """What may lie around an institution; it is large and goes with this check."""

    view: View

    @property
    def inputs(self) -> Inputs:
        """The layers that institutions are measured in."""
        return self.view.inputs

    @cached_property
    def settled(self) -> shapely.Geometry:
        """Ground of all communities, prepared, with a metre around it."""
        communities = valid(self.inputs.communities.geometry.to_numpy())
        ground = shapely.buffer(shapely.union_all(communities), 1.0)
        shapely.prepare(ground)
        return ground

    @cached_property
    def units(self) -> shapely.STRtree:
        """Own shapes of the units."""
        return shapely.STRtree(self.inputs.units.geometry.to_numpy())

    @cached_property
    def planned(self) -> Bools:
        """Tell which units the plan has."""
        return positions(self.view.units["unit_id"], self.inputs.units["unit_id"]) >= 0

    @cached_property
    def lines(self) -> shapely.STRtree:
        """Roads and barriers."""
        layers = [b.geometry.to_numpy() for b in self.inputs.barriers.values()]
        if "roads" in self.inputs.extra:
            layers.append(self.inputs.extra["roads"].geometry.to_numpy())
        return shapely.STRtree(np.concatenate([np.empty(0, dtype=object), *layers]))


def check_institutions(view: View) -> Iterator[Finding]:
    """Judge every unit grid, and every row of the decisions."""
    layer = view.inputs.extra.get("institutions")
    held = _layer(view, layer)
    verdict = _verdicts(view)
    tests = {name: results for name, results in zip(held["institution_id"], _tests(view, held),
                                                    strict=True)}  # fmt: skip
    yield from _unit_grids(view, held, verdict, tests)
    if view.decisions is not None:
        yield from _misjudged(view, held, verdict, tests)


def _layer(view: View, layer: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Institutions of the inputs, without any where none were given."""
    columns = ["institution_id", "floor_area_m2", "staff", "students", "permanent", "years", "body"]
    if layer is None:
        return gpd.GeoDataFrame(columns=columns, geometry=[], crs=view.inputs.crs)
    return layer.assign(institution_id=layer["institution_id"].astype(str))


def _verdicts(view: View) -> Verdicts:
    """Rows of the decisions by institution, each with what is looked at."""
    found: Verdicts = {}
    if view.decisions is not None and len(view.decisions.columns):
        columns = (view.decisions[c].to_numpy(dtype=object) for c in DECIDED)
        for name, *row in zip(*columns, strict=True):
            found.setdefault(str(name), []).append(Verdict(*row))
    return found


def _unit_grids(
    view: View,
    layer: gpd.GeoDataFrame,
    verdict: Verdicts,
    tests: dict[str, dict[str, bool | None]],
) -> Iterator[Finding]:
    """Name every unit grid that its institution does not bear out."""
    named = view.grids.get("institution_id", pd.Series("", index=view.grids.index))
    named = named.astype(object).where(named.notna(), "").astype(str)
    unit = (view.grids["grid_kind"] == GridKind.UNIT).to_numpy()
    premises = dict(zip(layer["institution_id"], _solid(layer.geometry.to_numpy()), strict=True))
    seen: set[tuple[str, str]] = set()
    for i in np.flatnonzero(unit):
        where, name = view.grid_place(int(i)), str(named.iloc[i])
        why = _unproven(view, name, verdict, tests)
        if not why and (where["community_code"], name) in seen:
            why = f"{name} has another one in this community"
        if not why:
            why = _wrong_ground(view, int(i), premises[name])
        seen.add((where["community_code"], name))
        if why:
            yield broken(
                Kind.UNIT_GRID_UNPROVEN,
                f"grid {where['place']} is a unit grid, exempt from the range, but {why}; make it "
                "residential, or correct the institution or its override",
                **where,
                other=name,
            )
        elif name in view.config.institutions.overrides:
            yield excepted(
                Kind.UNIT_GRID_OVERRIDDEN,
                f"grid {where['place']} is a unit grid by the override of institution {name}: "
                f"{view.config.institutions.overrides[name].reason}",
                **where,
                other=name,
            )
    for i in np.flatnonzero(~unit & (named != "").to_numpy()):
        where = view.grid_place(int(i))
        yield broken(
            Kind.UNIT_GRID_UNPROVEN,
            f"grid {where['place']} names institution {named.iloc[i]}, but is no unit grid; run "
            "partition again",
            **where,
            other=str(named.iloc[i]),
        )


def _unproven(
    view: View,
    name: str,
    verdict: Verdicts,
    tests: dict[str, dict[str, bool | None]],
) -> str:
    """Say why an institution is no unit grid; "" where it is."""
    if name not in tests:
        return f"no institution {name} is in the inputs" if name else "it names no institution"
    if {row.unit_grid for row in verdict.get(name, [])} != {"yes"}:
        return f"tables/institution_decisions does not say so of {name}"
    override = view.config.institutions.overrides.get(name)
    if override is not None:
        return "" if override.unit_grid else f"the configuration overrides {name} to be none"
    if not view.config.institutions.unit_grids:
        return "the configuration wants no unit grids"
    failed = [test for test, passed in tests[name].items() if passed is False]
    return f"{name} fails the test {', '.join(failed)}" if failed else ""


def _wrong_ground(view: View, grid: int, premises: shapely.Geometry) -> str:
    """Say what is wrong with the ground of a unit grid; "" where nothing is."""
    if shapely.area(shapely.intersection(premises, view.tiles[grid])) == 0:
        return "it does not lie on its premises"
    units = view.members(grid)
    units = units[view.source_of[units] >= 0]
    shapes = view.source_shapes[view.source_of[units]]
    outside = _inside(shapes, premises) < 0.5 - HALF_SLACK
    if outside.any():
        return f"unit {view.unit_ids[units[outside][0]]} does not lie half inside its premises"
    return ""


def _inside(shapes: Shapes, premises: shapely.Geometry) -> "np.ndarray[Any, Any]":
    """Share of every shape in some premises; 1 or 0 for a point."""
    part, whole = shapely.area(shapely.intersection(shapes, premises)), shapely.area(shapes)
    meets = shapely.intersects(shapes, premises).astype(float)
    return np.asarray(np.divide(part, whole, out=meets, where=whole > 0))


def _solid(shapes: Shapes) -> Shapes:
    flat = np.where(shapely.get_dimensions(shapes) == 2, shapes, shapely.Polygon())
    return np.array([shapely.union_all([shape]) for shape in flat], dtype=object)


def _misjudged(
    view: View,
    layer: gpd.GeoDataFrame,
    verdict: Verdicts,
    tests: dict[str, dict[str, bool | None]],
) -> Iterator[Finding]:
    """Compare every decision with the tests as they come out here."""
    for name in layer["institution_id"]:
        rows = verdict.get(str(name))
        why = "it has no row" if rows is None else _wrong_rows(view, str(name), rows, tests[name])
        if why:
            yield broken(
                Kind.INSTITUTION_MISJUDGED,
                f"tables/institution_decisions: institution {name}: {why}; run partition again",
                layer="institutions",
                place=str(name),
            )


def _wrong_rows(view: View, name: str, rows: list[Verdict], tests: dict[str, bool | None]) -> str:
    for test, passed in tests.items():
        said = {row.test_passed for row in rows if row.test == test}
        if passed is not None and said != {"yes" if passed else "no"}:
            return f"{test} is {'passed' if passed else 'failed'}, not as it says"
    rules = view.config.institutions
    override = rules.overrides.get(name)
    wanted = all(p is not False for p in tests.values()) and rules.unit_grids
    if override is not None:
        wanted = override.unit_grid
        recorded = override.reason in str(rows[0].reason)
        if not recorded or "override" not in {row.test for row in rows}:
            return "its override and the reason are not recorded"
    others = [row for row in rows if row.test in ("ground", "range", "nest")]
    turned_down = any(row.passed == "no" for row in others)
    stands = {row.unit_grid for row in rows} == {"yes"}
    if stands and not wanted:
        return "it cannot be a unit grid"
    if wanted and not stands and not turned_down:
        return "it passes all tests and nothing is said against it"
    return ""


def _tests(view: View, layer: gpd.GeoDataFrame) -> list[dict[str, bool | None]]:
    """Results of the five tests, institution by institution; None where they cannot be told."""
    premises = _solid(layer.geometry.to_numpy())
    around = _Around(view)
    measured = pd.DataFrame(
        [_facts(around, shape) for shape in premises], columns=[*_KEYS], dtype=float
    )
    for column in ("floor_area_m2", "staff", "students", "permanent", "years"):
        given = layer[column].to_numpy(dtype=float) if column in layer else np.nan
        measured[column] = given
    named = [bool(body) for body in layer["body"]] if "body" in layer else [False] * len(layer)
    return [
        _results(view, {str(key): value for key, value in row.items()}, body)
        for row, body in zip(measured.to_dict("records"), named, strict=True)
    ]


_KEYS = ("parts", "compactness", "area_m2", "nonresidential_share", "households", "clear_border")


def _facts(around: _Around, premises: shapely.Polygon) -> Facts:
    """Measure one institution's premises."""
    if premises.is_empty:
        return dict.fromkeys(_KEYS, np.nan)
    facts = {
        "parts": float(shapely.get_num_geometries(premises)),
        "compactness": 4 * np.pi * premises.area / premises.length**2,
        "area_m2": premises.area,
    }
    return facts | _people(around, premises)


def _people(around: _Around, premises: shapely.Polygon) -> Facts:
    """Who lives there and next to it; infinite where only a part of the city is at hand."""
    view = around.view
    if not around.settled.covers(premises):
        return {"nonresidential_share": np.inf, "households": -np.inf, "clear_border": np.inf}
    rules = view.config.institutions
    reach = rules.dwelling_near_m
    near = np.sort(around.units.query(premises, predicate="dwithin", distance=reach))
    near = near[around.planned[near]]
    shapes = view.source_shapes[near]
    held = view.inputs.units["households"].to_numpy()[near]
    inside = _inside(shapes, premises) >= 0.5 - 1e-9
    area = shapely.area(shapes[inside])
    weight = area if area.sum() > 0 else np.ones(len(area))
    empty = held[inside] == 0
    share = weight[empty].sum() / weight.sum() if len(weight) else 1.0
    homes = shapes[~inside & (held > 0)]
    border = premises.boundary
    faced = shapely.intersection(border, shapely.union_all(shapely.buffer(homes, reach)))
    if not faced.is_empty:
        lines = around.lines
        beside = lines.geometries[lines.query(faced, "dwithin", distance=rules.road_near_m)]
        along = shapely.union_all(shapely.buffer(beside, rules.road_near_m))
        faced = shapely.difference(faced, along)
    return {
        "nonresidential_share": float(share),
        "households": float(held[inside].sum()),
        "clear_border": 1 - faced.length / border.length,
    }


def _results(view: View, facts: Facts, named: bool) -> dict[str, bool | None]:
    rules = view.config.institutions
    size = {
        "area_m2": rules.min_area_m2,
        "floor_area_m2": rules.min_floor_area_m2,
        "staff": rules.min_staff,
        "students": rules.min_students,
    }
    large = [_reaches(facts, key, limit) for key, limit in size.items()]
    permanent = facts["permanent"] > 0
    if not np.isnan(facts["years"]):
        permanent = facts["years"] >= rules.min_years
    return {
        "whole": _every(
            [
                bool(facts["parts"] <= rules.max_parts),
                _reaches(facts, "compactness", rules.min_compactness),
            ]
        ),
        "large": True if True in large else None if None in large else False,
        "non-residential": _every(
            [
                _reaches(facts, "nonresidential_share", rules.min_nonresidential_share),
                bool(facts["households"] <= rules.max_households),
                _reaches(facts, "clear_border", rules.min_clear_border),
            ]
        ),
        "permanent": bool(permanent),
        "able": named,
    }


def _reaches(facts: Facts, key: str, limit: float) -> bool | None:
    """Whether a measure reaches its threshold; None where it is too near to tell, or unknown."""
    value = facts[key]
    if np.isinf(value) or (key in SLACK and abs(value - limit) <= SLACK[key]):
        return None
    return bool(value >= limit)


def _every(results: list[bool | None]) -> bool | None:
    return False if False in results else None if None in results else True
