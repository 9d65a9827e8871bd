"""The main job on real layers: Da'an (units that tile) and Cambridge (lots that do not)."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import shapely

from gridplan.codes import choose_profile
from gridplan.config import Config
from gridplan.domain import Severity
from gridplan.layers import read_inputs, read_plan
from gridplan.pipeline import Options, Result, partition
from gridplan.register import adopt, draft_of, open_register, verify

OPTIONS = Options(maps=False, date=dt.date(2026, 1, 31))


def divided(shared: Path, name: str, out: Path, **changes: object) -> Result:
    """Run one of the shared configurations; its plan is the one that was written."""
    config = Config.load(shared / "configs" / f"{name}.toml").replace(changes)
    result = partition(config, out, OPTIONS)
    assert result is not None
    return replace(result, plan=read_plan(out))


@pytest.fixture(scope="module")
def daan(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Da'an, divided."""
    return divided(shared, "daan", tmp_path_factory.mktemp("daan") / "out")


@pytest.fixture(scope="module")
def cambridge(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Cambridge, divided with little effort."""
    out = tmp_path_factory.mktemp("cambridge") / "out"
    return divided(shared, "cambridge", out, **{"solve.effort": 0.1})


def test_daan_is_proven_everywhere(daan: Result) -> None:
    """All 53 villages are proven; the two units above 500 are the only grids out of range."""
    assert len(daan.solved) == 53
    assert {s.solution.status for s in daan.solved} == {"optimal"}
    out = daan.plan.grids[daan.plan.grids["range_status"] != "in"]
    assert sorted(out["households"]) == [549, 1484]


def test_daan_reaches_the_reference(daan: Result, shared: Path) -> None:
    """Every community costs what the reference says is its optimum."""
    table = pd.read_csv(shared / "problems" / "reference.csv")
    table = table[table["problem"].str.startswith("daan/")]
    best = dict(zip(table["problem"].str.removeprefix("daan/"), table["cost"], strict=True))
    cost = {s.code: s.solution.objective for s in daan.solved}
    assert {c: round(cost[c], 4) for c in best} == {c: round(v, 4) for c, v in best.items()}


def test_cambridge_is_in_range_everywhere(cambridge: Result) -> None:
    """No lot holds more than 500 households, and every grid is in range."""
    assert len(cambridge.solved) == 13
    assert set(cambridge.plan.grids["range_status"]) == {"in"}


@pytest.mark.parametrize("place", ["daan", "cambridge"])
def test_audit_agrees_and_nothing_is_lost(place: str, request: pytest.FixtureRequest) -> None:
    """The audit finds no broken promise; households in are households out."""
    result: Result = request.getfixturevalue(place)
    assert [f.message for f in result.audit if f.severity == Severity.BROKEN] == []
    total = {"daan": 120_675, "cambridge": 43_404}[place]
    assert result.plan.units["households"].sum() == total
    assert result.plan.grids["households"].sum() == total
    codes = set(result.plan.grids["grid_code"])
    assert set(result.plan.units["grid_code"]) == codes
    unlisted = result.plan.grids["parts"] > 1
    assert int(unlisted.sum()) <= sum(f.kind == "unit-multipart" for f in result.findings)


def test_every_object_of_cambridge_has_its_grid(cambridge: Result, shared: Path) -> None:
    """Facilities and roads inside the city each name a grid; metres and shares reconcile."""
    inputs = read_inputs(Config.load(shared / "configs" / "cambridge.toml"))
    plan, codes = cambridge.plan, set(cambridge.plan.grids["grid_code"])
    ground = shapely.union_all(plan.grids.geometry.to_numpy())
    held = plan.extra["facilities"]
    assert sorted(held["facility_id"]) == sorted(inputs.extra["facilities"]["facility_id"])
    outside = held[~held["grid_code"].isin(codes)]
    assert not shapely.intersects(ground, outside.geometry.to_numpy()).any()
    given = inputs.extra["roads"].set_index("road_id").geometry
    roads = plan.extra["roads"]
    assert set(roads["road_id"]) == set(given.index)
    metres = (roads["length_m"] * roads["share"]).groupby(roads["road_id"]).sum()
    assert metres.to_numpy() == pytest.approx(given[metres.index].length.to_numpy(), abs=0.05)
    along = roads[roads["share"] < 1]
    assert len(along) > 100
    lost = roads[~roads["grid_code"].isin(codes)].geometry.to_numpy()
    assert shapely.length(shapely.intersection(lost, ground)).sum() < 1.0


@pytest.mark.parametrize("place", ["daan", "cambridge"])
def test_codes_of_real_cities_are_issued_once(
    place: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The plan of a real city goes into the register, which verifies, and stays as it is."""
    plan = request.getfixturevalue(place).plan
    profile = choose_profile("auto", plan.communities["community_code"])
    draft = draft_of(plan, profile, place, OPTIONS.date)
    with open_register(tmp_path / "grids.gpkg", create=True) as register:
        assert adopt(register, draft).counts == {"created": len(plan.grids)}
        assert adopt(register, draft).already == str(OPTIONS.date)
    assert verify(tmp_path / "grids.gpkg") == []
