"""Next year's division: matching, least change and its proof, scope, ceiling, codes, tables."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner

from gridplan.cli import gridplan
from gridplan.config import Config
from gridplan.errors import ConfigError, InfeasibleError, LayerError, SolverError
from gridplan.optimise import Problem, evaluate, solve
from gridplan.pipeline import Options, Result, partition
from gridplan.redivide import (
    Before,
    Past,
    Policy,
    Revision,
    Wanted,
    Weighed,
    goes_on,
    hold,
    households_moved,
    match_units,
)
from gridplan.register import adopt, open_register, read_draft, read_events, read_flows
from gridplan.register import verify as verify_register
from tests.optimise.optimise_oracle import keeps_rules, neighbours, partitions
from tests.optimise.optimise_worlds import problem as lattice
from tests.redivide_worlds import EAST, PLAIN, WEST, Town, table

FIRST, SECOND = dt.date(2026, 1, 1), dt.date(2027, 1, 1)
EFFORT = {"effort": 0.2, "time_limit_s": 0.0, "seed": 0}


def cells(*rows: tuple[str, int, tuple[float, float, float, float]]) -> gpd.GeoDataFrame:
    """Units with households and the bounds of their ground."""
    return gpd.GeoDataFrame(
        {"unit_id": [r[0] for r in rows], "households": [r[1] for r in rows]},
        geometry=[shapely.box(*r[2]) for r in rows],
        crs="EPSG:4547",
    )


def before(units: gpd.GeoDataFrame, grids: list[str]) -> Before:
    """A previous plan of some units."""
    told = units.assign(
        grid=grids,
        households=units["households"].astype("Int64"),
        kind="residential",
        community_code="c1",
    )
    return Before("old", "0", told)


def test_units_are_matched_by_id_and_by_ground() -> None:
    """Same ids stay, renamed, split and merged ones are found by their ground, the rest is new."""
    old = before(
        cells(
            ("same", 10, (0, 0, 10, 10)),
            ("renamed", 20, (10, 0, 20, 10)),
            ("whole", 31, (20, 0, 30, 10)),
            ("half1", 7, (30, 0, 34, 10)),
            ("half2", 8, (34, 0, 40, 10)),
            ("gone", 9, (40, 0, 50, 10)),
        ),
        ["a", "a", "a", "a", "b", "b"],
    )
    now = cells(
        ("same", 12, (0, 0, 10, 10)),
        ("new-name", 20, (10, 0, 20, 10)),
        ("part1", 10, (20, 0, 24, 10)),
        ("part2", 30, (24, 0, 30, 10)),
        ("joined", 16, (30, 0, 40, 10)),
        ("built", 5, (60, 0, 70, 10)),
    )
    found = match_units(old, now)
    how = dict(zip(found.rows["unit_id"], found.rows["how"], strict=True))
    assert how["same"] == "id"
    assert how["new-name"] == "shape"
    assert {how["part1"], how["part2"], how["joined"]} == {"parts"}
    assert how["built"] == "appeared"
    home = dict(zip(found.main["unit_id"], found.main["grid_before"], strict=True))
    assert home["joined"] == "b"  # more of its ground lay in b
    assert set(found.unchanged["unit_id"]) == {"new-name"}
    assert set(found.rows.loc[found.rows["how"] == "vanished", "unit_before"]) == {"gone"}


def test_households_of_both_sides_are_told_apart_without_rest() -> None:
    """However units were split and merged, the rows add up to each unit then and now."""
    rng = np.random.default_rng(5)
    cuts = [np.sort(np.r_[0, rng.choice(np.arange(1, 400), 30, replace=False), 400]) for _ in "ab"]
    then, now = (
        cells(
            *(
                (f"{name}{i}", int(rng.integers(0, 90)), (c[i], 0, c[i + 1], 10))
                for i in range(len(c) - 1)
            )
        )
        for name, c in zip("ab", cuts, strict=True)
    )
    rows = match_units(before(then, [f"g{i % 4}" for i in range(len(then))]), now).rows
    sums = rows.groupby("unit_before")["households_before"].sum()
    assert sums.drop("", errors="ignore").to_dict() == dict(
        zip(then["unit_id"], then["households"], strict=True)
    )
    sums = rows.groupby("unit_id")["households_after"].sum()
    assert sums.drop("", errors="ignore").to_dict() == dict(
        zip(now["unit_id"], now["households"], strict=True)
    )


def test_same_id_far_away_is_another_building() -> None:
    """An id that stands somewhere else now is a unit that vanished and one that appeared."""
    old = before(cells(("u", 10, (0, 0, 10, 10)), ("v", 10, (10, 0, 20, 10))), ["a", "a"])
    now = cells(("u", 10, (500, 0, 510, 10)), ("v", 10, (10, 0, 20, 10)))
    rows = match_units(old, now).rows
    assert sorted(rows["how"]) == ["appeared", "id", "vanished"]


def small(seed: int) -> tuple[Problem, Past]:
    """Eight units with a previous division, some of them new or changed."""
    rng = np.random.default_rng(seed)
    p = lattice(2, 4, seed, mean=150)
    old = ["g1", "g1", "g1", "g2", "g2", "g3", "g3", None]
    p = replace(
        p, previous=tuple(rng.permutation(np.array(old, dtype=object)).tolist()),
        weights={**p.weights, "change": 1.0},
    )  # fmt: skip
    then = p.households * rng.choice([1, 1, 1, 2], 8)
    then = np.where([x is None for x in p.previous], 0, then)
    size = {
        name: (int(then[mine].sum()), int(mine.sum()))
        for name in ("g1", "g2", "g3")
        for mine in [np.array([x == name for x in p.previous])]
    }
    return p, Past(then, then == p.households, size)


def moved_by_letter(p: Problem, past: Past, labels: list[int]) -> int:
    """Households whose old grid does not go on as their new one, counted once more."""
    moved = 0
    for label in set(labels):
        units = [i for i, x in enumerate(labels) if x == label]
        now = sum(int(p.households[i]) for i in units)
        kept = 0
        for grid, (then, _) in past.size.items():
            mine = [i for i in units if p.previous and p.previous[i] == grid]
            held = sum(int(p.households[i]) for i in mine)
            if 2 * sum(int(past.then[i]) for i in mine) > then and 2 * held > now:
                kept = held
        known = sum(int(p.households[i]) for i in units if p.previous and p.previous[i])
        moved += known - kept
    return moved


@pytest.mark.parametrize("seed", range(8))
def test_fewest_moved_equals_brute_force(seed: int) -> None:
    """No plan in range moves fewer households, and of those that move as few none is cheaper."""
    p, past = small(seed)
    near = neighbours(p)
    bare = replace(p, weights={**p.weights, "change": 0.0})
    best = (10**9, 10**9, np.inf)
    for labels in partitions(len(p.node_ids)):
        if keeps_rules(p, labels, near):
            breach, cost = evaluate(bare, np.array(labels))
            best = min(best, (breach, moved_by_letter(p, past, labels), cost))
    found, change = Revision(past, Policy("all", least=True)).solve(p, **EFFORT)
    assert (found.breach, change.moved) == best[:2]
    if best[0] == 0:
        assert evaluate(bare, found.assignment)[1] == pytest.approx(best[2])
        assert found.status == "optimal"
        assert change.least == change.moved


@pytest.mark.parametrize("seed", range(8))
def test_weighed_change_equals_brute_force(seed: int) -> None:
    """With change weighed, no plan in range has a lower cost with the households that move."""
    p, past = small(seed)
    near = neighbours(p)
    bare = replace(p, weights={**p.weights, "change": 0.0})
    best = (10**9, np.inf)
    for labels in partitions(len(p.node_ids)):
        if keeps_rules(p, labels, near):
            breach, cost = evaluate(bare, np.array(labels))
            best = min(best, (breach, cost + moved_by_letter(p, past, labels) / p.target))
    found, change = Revision(past, Policy("all")).solve(p, **EFFORT)
    assert found.breach == best[0]
    if best[0] == 0:
        cost = evaluate(bare, found.assignment)[1] + change.moved / p.target
        assert cost == pytest.approx(best[1])


@pytest.mark.parametrize("seed", range(12))
def test_the_objective_never_counts_more_than_moves(seed: int) -> None:
    """The change term is a lower bound of the households that move, so its bounds hold for both."""
    p, past = small(seed)
    only = replace(p, weights={**dict.fromkeys(p.weights, 0.0), "change": 1.0})
    rng = np.random.default_rng(seed)
    for _ in range(30):
        labels = rng.integers(0, 3, len(p.node_ids))
        moved = households_moved(p, past, labels).households
        assert evaluate(only, labels)[1] * p.target <= moved + 1e-6
        assert moved == moved_by_letter(p, past, labels.tolist())
        assert len(set(goes_on(p, past, labels).values())) == len(goes_on(p, past, labels))


def test_the_search_begins_with_the_old_plan() -> None:
    """On ground too large for a proof, an old plan in range stays where change outweighs all."""
    p = lattice(11, 11, 4, mean=40)
    first = solve(p, effort=0.05)
    assert first.breach == 0
    old = tuple(f"g{x}" for x in first.assignment)
    p = replace(p, previous=old, weights={**p.weights, "change": 1000.0})
    again = solve(p, effort=0.05, seed=9)
    assert households_moved_by_term(p, again.assignment) == 0


def households_moved_by_term(p: Problem, assignment: np.ndarray) -> float:
    """Households moved as the objective counts them."""
    only = replace(p, weights={**dict.fromkeys(p.weights, 0.0), "change": 1.0})
    return evaluate(only, assignment)[1] * p.target


def row_of_towers(
    households: list[int], old: list[str | None], **more: object
) -> tuple[Problem, Past]:
    """Units in a row with their old grids, unchanged."""
    n = len(households)
    edges = list(range(n))
    p = Problem.from_dict(
        {
            "name": "row",
            "min": 250,
            "max": 500,
            "nodes": {"id": [f"u{i}" for i in range(n)], "households": households,
                      "area_m2": [100.0] * n},
            "edges": {"u": edges[:-1], "v": edges[1:], "shared_m": [10.0] * (n - 1)},
            "previous": old,
            **more,
        }
    )  # fmt: skip
    then = np.array([0 if x is None else h for x, h in zip(old, households, strict=True)])
    size = {
        name: (int(then[mine].sum()), int(mine.sum()))
        for name in sorted({x for x in old if x is not None})
        for mine in [np.array([x == name for x in old])]
    }
    return p, Past(then, np.array([x is not None for x in old]), size)


def test_only_what_must_change_is_opened() -> None:
    """A grid that bursts gives a unit to its neighbour; the grids beyond are not even opened."""
    p, past = row_of_towers(
        [200, 200, 130, 150, 150, 200, 200, 150, 150], ["a"] * 3 + ["b"] * 2 + ["c"] * 2 + ["d"] * 2
    )
    found, change = Revision(past, Policy()).solve(p, **EFFORT)
    assert found.breach == 0
    assert change.opened == ("a", "b")
    assert change.moved == change.least == 130
    assert change.fewest is True
    assert found.assignment.tolist() == [0, 0, 1, 1, 1, 2, 2, 3, 3]


def test_nothing_moves_where_nothing_must() -> None:
    """A new unit joins a grid that has room; no household moves, and no grid else is opened."""
    p, past = row_of_towers([200, 200, 90, 200, 240], ["a", "a", None, "b", "b"])
    found, change = Revision(past, Policy()).solve(p, **EFFORT)
    assert (found.breach, change.moved, change.opened) == (0, 0, ("a",))
    assert found.status == "optimal"


def test_a_frozen_grid_stays_whatever_the_scope() -> None:
    """A lock of kind frozen keeps a grid, also with every grid open and also where that costs."""
    p, past = row_of_towers(
        [200, 200, 130, 150, 150, 200, 100], ["a"] * 3 + ["b"] * 2 + ["c"] * 2,
        locks=[["frozen", "b", ""]],
    )  # fmt: skip
    for scope in ("minimal", "all"):
        found, change = Revision(past, Policy(scope)).solve(p, **EFFORT)
        assert found.assignment[3] == found.assignment[4]
        assert int((found.assignment == found.assignment[3]).sum()) == 2
        assert "b" not in change.opened


def test_named_grids_alone_change() -> None:
    """With named grids, one that is out of range elsewhere stays, and the breach is told."""
    p, past = row_of_towers(
        [200, 200, 130, 150, 150, 200, 200, 150, 150], ["a"] * 3 + ["b"] * 2 + ["c"] * 2 + ["d"] * 2
    )
    found, change = Revision(past, Policy("named", ("c", "d"))).solve(p, **EFFORT)
    assert set(change.opened) <= {"c", "d"}
    assert found.breach == 30
    assert found.breach_bound < 30  # another scope would mend it


def test_a_ceiling_takes_the_cheapest_savings() -> None:
    """Communities give up their dearer plan where that saves most households for what it costs."""

    def plan(moved: int, cost: float, least: int = 0) -> Weighed:
        return Weighed(0, cost, {"unchanged": 1000, "households": 1000, "unchanged_moved": moved,
                                 "least": least, "opened": ["g"]})  # fmt: skip

    first = {"c1": plan(80, 1.0), "c2": plan(80, 1.0), "c3": plan(0, 1.0)}
    least = {"c1": plan(10, 9.0), "c2": plan(20, 2.0)}
    assert hold(first, least, 0.04) == ["c2"]
    assert hold(first, least, 0.01) == ["c1", "c2"]
    with pytest.raises(InfeasibleError) as refused:
        hold(first, {c: plan(p.moved, p.cost, p.moved) for c, p in least.items()}, 0.005)
    text = str(refused.value)
    assert "every plan in range moves at least 30, proven" in text
    assert "community c2: 20 households of 1000" in text
    with pytest.raises(InfeasibleError, match="at least 0 is proven"):
        hold(first, least, 0.005)


def run(config: Config, out: Path, *, date: dt.date = FIRST, **more: object) -> Result:
    """A run that must end."""
    result = partition(config, out, Options(date=date, **more))  # type: ignore[arg-type]
    assert result is not None
    assert result.broken == ()
    return result


@pytest.fixture(scope="module")
def year_one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output of the town's first division: eight grids of 400 households."""
    folder = tmp_path_factory.mktemp("year-one")
    run(Town().write(folder), folder / "out")
    return folder / "out"


def crosswalk_holds(out: Path, result: Result, old: pd.DataFrame) -> None:
    """Crosswalk, unit crosswalk and before/after add up to both divisions."""
    flows, units = table(out, "crosswalk"), table(out, "unit_crosswalk")
    now = result.plan.grids.set_index("grid_code")["households"]
    then = old.groupby("grid_code")["households"].sum()
    for rows in (flows, units):
        after = rows[rows["new_grid_code"] != ""].groupby("new_grid_code")["households_after"].sum()
        assert after.to_dict() == now[now.index.isin(after.index)].to_dict()
        known = rows[rows["old_grid_code"] != ""]
        assert known.groupby("old_grid_code")["households_before"].sum().to_dict() == then.to_dict()
    rows = table(out, "before_after")
    assert rows["households_after"].sum() == now.sum()
    assert rows["households_before"].sum() == then.sum()
    balance = rows["households_before"] + rows["households_in"] - rows["households_out"]
    assert (balance + rows["households_change"] == rows["households_after"]).all()


def test_a_year_without_change_changes_nothing(year_one: Path, tmp_path: Path) -> None:
    """The same town keeps every grid, code, name and outline."""
    again = run(
        Town().write(tmp_path), tmp_path / "out", date=SECOND, redivide=Wanted(str(year_one))
    )
    rows = table(tmp_path / "out", "before_after")
    assert set(rows["flag"]) == {"U"}
    assert (rows["grid_code"] == rows["previous_grid_code"]).all()
    assert set(table(tmp_path / "out", "lineage")["event"]) == {"kept"}
    assert again.redivision is not None
    assert again.redivision["moved"] == 0
    register = table(tmp_path / "out", "grid_register")
    assert set(register["valid_from"]) == {"2026-01-01"}


def test_a_changed_town_keeps_its_codes(year_one: Path, tmp_path: Path) -> None:
    """Growth, demolition and building: in range, few moved, codes kept, every household told."""
    town = Town().grow({"u00": 190, "u01": 150}).remove("u31").add("new", "u20", 60)
    result = run(
        town.write(tmp_path), tmp_path / "out", date=SECOND, redivide=Wanted(str(year_one))
    )
    old = table(year_one, "building_codes")
    crosswalk_holds(tmp_path / "out", result, old)
    assert set(result.plan.grids["range_status"]) == {"in"}
    assert result.redivision is not None
    assert result.redivision["moved"] == result.redivision["least"] == 100
    rows = table(tmp_path / "out", "before_after")
    assert rows["flag"].value_counts().to_dict() == {"U": 6, "X": 2}
    assert set(rows["state"]) == {"now"}


def test_merged_communities_recode_their_grids(year_one: Path, tmp_path: Path) -> None:
    """A community that joins another takes its grids along; their codes are made anew."""
    config = Town().remove("u31").write(tmp_path, codes={EAST: WEST})
    result = run(config, tmp_path / "out", date=SECOND, redivide=Wanted(str(year_one)))
    crosswalk_holds(tmp_path / "out", result, table(year_one, "building_codes"))
    lineage = table(tmp_path / "out", "lineage")
    grids = lineage[lineage["level"] == "grid"]
    recoded = grids[grids["event"] == "recoded"]
    assert recoded["code"].str.startswith(EAST).all()
    assert recoded["other"].str.startswith(WEST).all()
    assert len(recoded) == 4
    assert set(grids.loc[grids["event"] == "retired", "code"]) == set(recoded["code"])
    assert set(table(tmp_path / "out", "before_after")["flag"]) == {"U"}
    assert result.redivision is not None
    assert result.redivision["moved"] == 0
    gone = lineage[(lineage["level"] == "community") & (lineage["event"] == "retired")]
    assert gone["code"].tolist() == [EAST]


def test_a_renumbered_town_keeps_its_codes(year_one: Path, tmp_path: Path) -> None:
    """Where every unit has a new id, the ground tells which grid is which."""
    town = Town().rename({f"u{i:02d}": f"x{99 - i}" for i in range(32)})
    result = run(
        town.write(tmp_path), tmp_path / "out", date=SECOND, redivide=Wanted(str(year_one))
    )
    assert result.redivision is not None
    assert result.redivision["moved"] == 0
    assert set(result.plan.grids["grid_code"]) == set(table(year_one, "grid_register")["grid_code"])


def test_a_table_of_units_is_a_plan(year_one: Path, tmp_path: Path) -> None:
    """Units and grids in a table are enough; its codes go on where they are codes of today."""
    path = tmp_path / "hand.csv"
    table(year_one, "building_codes")[["unit_id", "grid_code"]].to_csv(path, index=False)
    config = Town().grow({"u00": 190, "u01": 150}).write(tmp_path)
    result = run(config, tmp_path / "out", date=SECOND, redivide=Wanted(str(path)))
    assert result.redivision is not None
    assert result.redivision["moved"] == 100
    names = result.plan.grids.set_index("grid_code")["grid_name"]
    assert names[f"{WEST}001"] == "Grid 1"
    assert set(names.index) == set(table(year_one, "grid_register")["grid_code"])


def test_runs_are_repeatable(year_one: Path, tmp_path: Path) -> None:
    """Two workers and a resumed run write the same bytes; another previous plan is another run."""
    config = Town().grow({"u00": 190, "u13": 150}).write(tmp_path)
    wanted = Wanted(str(year_one))
    run(config, tmp_path / "one", date=SECOND, redivide=wanted)
    run(config.replace({"solve.workers": 2}), tmp_path / "two", date=SECOND, redivide=wanted)
    for path in sorted((tmp_path / "one" / "tables").glob("*.csv")):
        assert path.read_bytes() == (tmp_path / "two" / "tables" / path.name).read_bytes()
    done = partition(config, tmp_path / "one", Options(date=SECOND, redivide=wanted, resume=True))
    assert done is None


def test_mistakes_are_named(year_one: Path, tmp_path: Path) -> None:
    """Unknown codes, missing plans and communities that belong together are refused at once."""
    config = Town().write(tmp_path)
    named = Wanted(str(year_one), Policy("named", ("nowhere",)))
    with pytest.raises(ConfigError, match="--scope nowhere: no grid of the previous plan"):
        partition(config, tmp_path / "out", Options(redivide=named))
    with pytest.raises(LayerError, match="previous plan"):
        partition(config, tmp_path / "out", Options(redivide=Wanted(str(tmp_path / "missing"))))
    moved = pd.DataFrame({"unit_id": [f"u{i:02d}" for i in range(32)], "grid": "one"})
    moved.to_csv(tmp_path / "one.csv", index=False)
    both = Options(redivide=Wanted(str(tmp_path / "one.csv")), only=(WEST,))
    with pytest.raises(ConfigError, match=f"add --only {EAST}"):
        partition(config, tmp_path / "out", both)


def test_the_command_refuses_what_cannot_be_held(year_one: Path, tmp_path: Path) -> None:
    """--max-change below the proven least ends with exit code 3 and names the community."""
    Town().grow({"u00": 190, "u01": 150}).write(tmp_path)
    arguments = ["redivide", str(tmp_path / "town.toml"), "--previous", str(year_one), "-o",
                 str(tmp_path / "out"), "-q", "--date", "2027-01-01"]  # fmt: skip
    refused = CliRunner().invoke(gridplan, [*arguments, "--max-change", "1%"])
    assert refused.exit_code == 3
    assert f"community {WEST}: 100 households of 1400 move" in refused.stderr
    assert not (tmp_path / "out").exists()
    held = CliRunner().invoke(gridplan, [*arguments, "--max-change", "6%", "--scope", "all"])
    assert held.exit_code == 0, held.output
    wrong = CliRunner().invoke(gridplan, [*arguments, "--max-change", "many"])
    assert wrong.exit_code == 2


def test_a_year_of_months_never_reuses_a_code(tmp_path: Path) -> None:
    """Twelve random monthly changes, each adopted: every code means one grid for ever."""
    rng = np.random.default_rng(12)
    config = PLAIN + f'\n[codes]\nregister = "{tmp_path / "codes.sqlite"}"\n'
    job = Town().write(tmp_path / "town", config)
    previous = tmp_path / "m00"
    run(job, previous)
    register_file = tmp_path / "codes.sqlite"
    town = Town()
    with open_register(register_file, create=True) as register:
        adopt(register, read_draft(previous, FIRST)[0])
        for month in range(1, 13):
            date = dt.date(2026, 1, 1) + dt.timedelta(days=30 * month)
            units = rng.choice(town.units.index, 6, replace=False)
            town.grow({u: int(rng.integers(40, 200)) for u in units[:4]}).remove(units[4])
            town.add(f"n{month:02d}", str(units[5]), int(rng.integers(40, 160)))
            job = town.write(tmp_path / "town", config)
            out = tmp_path / f"m{month:02d}"
            result = run(job, out, date=date, redivide=Wanted(str(previous)))
            crosswalk_holds(out, result, table(previous, "building_codes"))
            adopt(register, read_draft(out, date)[0])
            previous = out
        events = read_events(register)
        created = events[(events["kind"] == "created") & (events["level"] == "grid")]["code"]
        assert created.is_unique
        assert len(created) > 8
    assert [f for f in verify_register(register_file) if f.severity == "broken"] == []


def test_spent_numbers_stay_spent_without_a_register(year_one: Path, tmp_path: Path) -> None:
    """A code that ended in one year is not given again in the next, though no register keeps it."""
    shrunk = Town().grow({u: 20 for u in ("u00", "u01", "u08", "u09")})
    second = run(
        shrunk.write(tmp_path / "b"), tmp_path / "two", date=SECOND, redivide=Wanted(str(year_one))
    )
    ended = table(tmp_path / "two", "before_after").query("state == 'ended'")["grid_code"].tolist()
    assert len(ended) == 1
    assert second.redivision is not None
    assert ended[0] in second.redivision["spent"]
    grown = Town().grow({u: 240 for u in ("u00", "u01", "u08", "u09")})
    third = run(
        grown.write(tmp_path / "c"), tmp_path / "three", date=dt.date(2028, 1, 1),
        redivide=Wanted(str(tmp_path / "two")),
    )  # fmt: skip
    codes = set(third.plan.grids["grid_code"])
    assert codes - set(second.plan.grids["grid_code"])
    assert ended[0] not in codes


def break_in(monkeypatch: pytest.MonkeyPatch, *codes: str) -> None:
    """Let dividing anew break down in some communities."""
    real = Revision.solve

    def broken(self: Revision, problem: Problem, **asked: float) -> object:
        if problem.name in codes:
            raise MemoryError("no room")
        return real(self, problem, **asked)  # type: ignore[arg-type]

    monkeypatch.setattr(Revision, "solve", broken)


def test_a_failed_community_keeps_its_grids(
    year_one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing changed in it, old grids and codes stay; it is told and tried again."""
    config = Town().grow({"u00": 190, "u01": 150}).write(tmp_path)
    wanted = Wanted(str(year_one))
    run(config, tmp_path / "whole", date=SECOND, redivide=wanted)
    with monkeypatch.context() as context:
        break_in(context, EAST)
        result = partition(config, tmp_path / "out", Options(date=SECOND, redivide=wanted))
    assert result is not None
    (finding,) = result.broken
    assert (finding.kind, finding.community_code) == ("community-kept", EAST)
    assert "MemoryError: no room" in finding.message
    crosswalk_holds(tmp_path / "out", result, table(year_one, "building_codes"))
    for name in ("building_codes", "grid_register", "lineage", "before_after"):
        whole = table(tmp_path / "whole", name)
        pd.testing.assert_frame_equal(table(tmp_path / "out", name), whole)
    again = partition(config, tmp_path / "out", Options(date=SECOND, redivide=wanted, resume=True))
    assert again is not None
    assert again.broken == ()


def test_a_lost_community_loses_no_code(
    year_one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where units changed in it: left out, its codes neither retired nor given to other grids."""
    config = Town().grow({"u00": 190, "u01": 150, "u04": 110}).write(tmp_path)
    register_file = tmp_path / "codes.sqlite"
    theirs = {c for c in table(year_one, "grid_register")["grid_code"] if c.startswith(EAST)}
    with monkeypatch.context() as context:
        break_in(context, EAST)
        second = partition(
            config, tmp_path / "two", Options(date=SECOND, redivide=Wanted(str(year_one)))
        )
    assert second is not None
    assert [f.kind for f in second.broken] == ["community-failed"]
    assert set(second.plan.grids["community_code"]) == {WEST}
    lineage = table(tmp_path / "two", "lineage")
    assert not theirs & {*lineage["code"], *lineage["other"]}
    assert set(lineage["event"]) <= {"kept", "reshaped"}
    with open_register(register_file, create=True) as register:
        adopt(register, read_draft(year_one, FIRST)[0])
        adopt(register, read_draft(tmp_path / "two", SECOND, despite_audit=True)[0])
        events = read_events(register)
        assert not theirs & set(events.loc[events["date"] == SECOND.isoformat(), "code"])
    third = run(
        config, tmp_path / "three", date=dt.date(2028, 1, 1),
        redivide=Wanted(str(tmp_path / "two")),
    )  # fmt: skip
    assert not theirs & set(third.plan.grids["grid_code"])


def test_communities_that_share_old_grids_are_lost_together(
    year_one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No code ends because a part of its grid lies in a community that failed."""
    old = table(year_one, "building_codes")[["unit_id", "grid_code"]]
    old.loc[old["unit_id"].isin(["u03", "u04"]), "grid_code"] = f"{WEST}099"
    old.to_csv(tmp_path / "hand.csv", index=False)
    break_in(monkeypatch, EAST)
    with pytest.raises(SolverError) as caught:
        partition(
            Town().write(tmp_path), tmp_path / "out",
            Options(date=SECOND, redivide=Wanted(str(tmp_path / "hand.csv"))),
        )  # fmt: skip
    assert f"lie in it and in community {EAST}" in "".join(caught.value.problems)


def renumbered() -> Town:
    """The town with other ids; one building cut in two, two made one, one torn down, one built."""
    town = Town().grow({"u00": 190, "u01": 150}).remove("u31").add("u90", "u20", 60)
    town.add("u05b", "u05", 40).grow({"u05": 61})
    east, west = (town.units.loc[unit, "geometry"] for unit in ("u02", "u03"))
    town.units.loc["u02", "geometry"] = shapely.union(east, west)
    town.grow({"u02": 205}).remove("u03")
    return town.rename({unit: f"x{99 - i}" for i, unit in enumerate(town.units.index)})


@pytest.mark.parametrize("registered", [False, True])
def test_renumbered_units_reconcile(year_one: Path, tmp_path: Path, registered: bool) -> None:
    """Other ids, a building cut, two joined: codes go on, crosswalk and register add up."""
    codes = tmp_path / "codes.sqlite"
    more = f'\n[codes]\nregister = "{codes}"\n' if registered else ""
    if registered:
        with open_register(codes, create=True) as register:
            adopt(register, read_draft(year_one, FIRST)[0])
    config = renumbered().write(tmp_path, PLAIN + more)
    result = run(config, tmp_path / "out", date=SECOND, redivide=Wanted(str(year_one)))
    old = table(year_one, "grid_register").set_index("grid_code")
    crosswalk_holds(tmp_path / "out", result, table(year_one, "building_codes"))
    assert set(result.plan.grids["grid_code"]) == set(old.index)
    lineage = table(tmp_path / "out", "lineage").query("level == 'grid'")
    assert set(lineage["event"]) == {"reshaped"}  # no grid has the ids that it had
    with open_register(codes, create=True) as register:
        if not registered:
            adopt(register, read_draft(year_one, FIRST)[0])
        adopt(register, read_draft(tmp_path / "out", SECOND)[0])
        events, flows = read_events(register), read_flows(register)
    told = events[(events["date"] == SECOND.isoformat()) & (events["level"] == "grid")]
    pd.testing.assert_frame_equal(
        told[["kind", "code", "other"]].reset_index(drop=True),
        lineage[["event", "code", "other"]]
        .rename(columns={"event": "kind"})
        .reset_index(drop=True),
        check_dtype=False,
    )
    rows = table(tmp_path / "out", "crosswalk")
    rows = rows[(rows["old_grid_code"] != "") & (rows["new_grid_code"] != "")]
    later = flows[flows["date"] == SECOND.isoformat()].groupby("new_code")["households_new"].sum()
    then = flows[flows["date"] == SECOND.isoformat()].groupby("old_code")["households_old"].sum()
    assert then.to_dict() == rows.groupby("old_grid_code")["households_before"].sum().to_dict()
    assert later.to_dict() == rows.groupby("new_grid_code")["households_after"].sum().to_dict()
    assert [f for f in verify_register(codes) if f.severity == "broken"] == []


def test_a_year_of_daan(shared: Path, tmp_path: Path) -> None:
    """30 units half fuller, 10 gone, 20 new: in range, at most 5 % of the others move, all told."""
    source = shared / "data" / "taipei_daan" / "taipei_daan.gpkg"
    layers = {name: gpd.read_file(source, layer=name) for name in ("communities", "streets")}
    units = gpd.read_file(source, layer="units").sort_values("unit_id", ignore_index=True)
    text = (shared / "configs" / "daan.toml").read_text(encoding="utf-8")
    text = text.replace("../data/taipei_daan/taipei_daan.gpkg", "daan.gpkg")
    text += '\n[outputs]\nmaps = []\nreport = false\ntables = ["csv"]\n[solve]\neffort = 0.1\n'

    def write(folder: Path, units: gpd.GeoDataFrame) -> Config:
        folder.mkdir()
        for name, layer in {**layers, "units": units}.items():
            layer.to_file(folder / "daan.gpkg", layer=name, driver="GPKG")
        (folder / "daan.toml").write_text(text, encoding="utf-8")
        return Config.load(folder / "daan.toml")

    first = run(write(tmp_path / "a", units), tmp_path / "one")
    now, touched = changed_daan(units)
    second = run(write(tmp_path / "b", now), tmp_path / "two", date=SECOND,
                 redivide=Wanted(str(tmp_path / "one")))  # fmt: skip
    over = now[now["households"] > 500]["unit_id"]
    beyond = second.plan.grids[second.plan.grids["range_status"] != "in"]
    held = second.plan.units[second.plan.units["unit_id"].isin(over)]
    assert set(beyond["grid_code"]) <= set(held["grid_code"])
    both = first.plan.units.merge(second.plan.units, on="unit_id", suffixes=("_old", "_new"))
    others = both[~both["unit_id"].isin(touched)]
    moved = others["grid_code_old"] != others["grid_code_new"]
    share = others.loc[moved, "households_new"].sum() / others["households_new"].sum()
    assert share <= 0.05
    for (old, new), part in both.groupby(["grid_code_old", "grid_code_new"]):
        then = first.plan.grids.set_index("grid_code").loc[old, "households"]
        later = second.plan.grids.set_index("grid_code").loc[new, "households"]
        if 2 * part["households_old"].sum() > then and 2 * part["households_new"].sum() > later:
            assert old == new
    crosswalk_holds(tmp_path / "two", second, table(tmp_path / "one", "building_codes"))
    lineage = table(tmp_path / "two", "lineage").query("level == 'grid'")
    created = set(lineage.query("event == 'created'")["code"])
    retired = set(lineage.query("event == 'retired'")["code"])
    codes = set(first.plan.grids["grid_code"])
    assert (codes - retired) | created == set(second.plan.grids["grid_code"])


def changed_daan(units: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, set[str]]:
    """Raise 30 units by half, remove 10, cut 20 new ones out of others; and the ids touched."""
    rng = np.random.default_rng(7)
    small = units[(units["households"] > 0) & (units["households"] <= 330)].index
    pick = rng.permutation(small)
    now = units.copy()
    now.loc[pick[:30], "households"] = (now.loc[pick[:30], "households"] * 1.5).astype(int)
    parents = pick[40:60]
    new = now.loc[parents].copy()
    new["unit_id"] = [f"new{i:02d}" for i in range(20)]
    new["households"] = rng.integers(10, 60, 20)
    west, south, east, north = shapely.bounds(now.geometry[parents].to_numpy()).T
    halves = shapely.box(west, south, (west + east) / 2, north)
    shapes = now.geometry[parents].to_numpy()
    new.geometry = shapely.intersection(shapes, halves)
    now.loc[parents, "geometry"] = shapely.difference(shapes, halves)
    now = pd.concat([now.drop(index=pick[30:40]), new], ignore_index=True)
    return gpd.GeoDataFrame(now, crs=units.crs), {*units["unit_id"][pick[:40]]}
