"""Households: every way to count them, every wrong value named, and a ledger that closes."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridplan.check import check
from gridplan.config import Config
from gridplan.domain import Severity
from gridplan.errors import ConfigError, LayerError
from gridplan.layers import Inputs, read_inputs
from gridplan.layers.addresses import (
    coarser_forms,
    match_addresses,
    normal_address,
    normal_addresses,
)
from gridplan.layers.spread import largest_remainder
from gridplan.prepare import prepare_ground
from gridplan.tables import household_ledger
from tests.worlds import CRS, box, chessboard, communities, point, town, units, write_town

HOME = communities(box(0, 0, 40, 40), box(40, 0, 40, 40))
BOARD = units(chessboard(4, 2))
TOTALS = 'code = "community_code"\nhouseholds = "total"'


def job(folder: Path, table: gpd.GeoDataFrame, register: str, keys: str, more: str = "") -> Path:
    """Write a job with a register in CSV."""
    (folder / "register.csv").write_text(register, encoding="utf-8")
    section = f'{more}\n[inputs.households]\npath = "register.csv"\n{keys}'
    return write_town(folder, HOME, table, more=section)


def with_totals(folder: Path, table: gpd.GeoDataFrame, totals: object, *, more: str = "") -> Path:
    """Write a job whose communities have totals."""
    path = write_town(folder, HOME, table, more=more)
    layer = HOME[["community_code", "geometry"]].assign(total=totals)
    layer.to_file(folder / "communities.gpkg")
    text = path.read_text(encoding="utf-8").replace('code = "community_code"', TOTALS)
    path.write_text(text, encoding="utf-8")
    return path


def ledger(path: Path) -> tuple[Inputs, pd.DataFrame]:
    """Read a job, place its units and make its ledger, which must close."""
    config = Config.load(path)
    inputs = read_inputs(config)
    table = household_ledger(inputs, prepare_ground(inputs, config).cells["unit_id"])
    assert (table["difference"] == 0).all()
    return inputs, table


def row(table: pd.DataFrame, source: str) -> dict[str, int]:
    """Row of a source without its texts."""
    found = table.set_index("source").drop(columns="file").loc[source]
    return {name: int(value) for name, value in found.items()}


def problems(path: Path) -> tuple[str, ...]:
    """Lines of a job that must fail."""
    with pytest.raises(LayerError) as caught:
        read_inputs(Config.load(path))
    return caught.value.problems


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("文化路１２号３幢", "文化路12号3幢"),
        ("文化路 12 號 三号楼", "文化路12号3栋"),
        ("阳光小区A座", "阳光小区ａ幢"),
        ("文化路012号第三单元", "文化路12号3单元"),
        ("12 Main St.", "12, MAIN  st"),
        ("建设路八号－1", "建设路8号-1"),
        ("一百零五号", "105号"),
    ],
)
def test_addresses_that_say_the_same(one: str, other: str) -> None:
    """Ways of writing are made alike."""
    assert normal_address(one) == normal_address(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("文化路12号", "文化路12号楼"),
        ("文化路12号", "文化路2号"),
        ("文化路12#", "文化路12号"),
        ("1 2 Main St", "12 Main St"),
        ("文化路12号", "文化东路12号"),
        ("12,14号", "1214号"),
    ],
)
def test_addresses_that_say_something_else(one: str, other: str) -> None:
    """What an address says is left as it is."""
    assert normal_address(one) != normal_address(other)


@given(st.lists(st.text("a路号楼三十单元0１2#-.,; \n\t\x85\u2028é́㍿ß", max_size=12), max_size=6))
def test_addresses_do_not_touch_each_other(texts: list[str]) -> None:
    """Many at once come out as each does alone, whatever ends of lines they hold."""
    alone = [normal_address(text) for text in texts]
    assert normal_addresses(texts) == alone
    every = list(zip(*coarser_forms(alone), strict=True))
    assert every == [tuple(f[0] for f in coarser_forms([text])) for text in alone]


def test_flat_and_stairwell_are_left_off() -> None:
    """Only the flat, then the stairwell: never the building."""
    forms = coarser_forms(normal_addresses(["文化路12号3幢2单元1201室", "文化路12号"]))
    assert list(zip(*forms, strict=True)) == [
        ("文化路12号3幢2单元1201室", "文化路12号3幢2单元", "文化路12号3幢"),
        ("文化路12号",) * 3,
    ]
    found = match_addresses(
        ["a路1号2幢301室", "a路1号"], pd.Series(["a路1号2幢;b路7号", None]), pd.Series(["u", "v"])
    )
    assert found == {"a路1号2幢301室": ("u",), "a路1号": ()}


def test_a_register_joined_by_address(tmp_path: Path) -> None:
    """Matched rows count, ambiguous and unmatched ones are listed with their values."""
    address = ["文化路1号", "文化路2号1幢", "文化路2号２幢;北街9号", "同名路1号", "同名路１号"]
    table = BOARD.assign(address=[*address, None, None, None])
    lines = [
        "文化路１号,3", "文化路2号一幢2单元301室,2", "北街9号,4",
        "同名路1号,5", "不存在路1号,6", "不存在路1号,1", ",7",
    ]  # fmt: skip
    text = "地址,户数\n" + "\n".join(lines) + "\n"
    path = job(tmp_path, table, text, 'address = "地址"\ncount = "户数"', 'address = "address"')
    inputs, table = ledger(path)
    assert inputs.units["households"].tolist() == [3, 2, 4, 0, 0, 0, 0, 0]
    assert set(inputs.units["households_method"]) == {"register"}
    assert row(table, "households") == {
        "households_in": 28, "placed": 9, "unlocated": 19,
        "duplicated": 0, "outside": 0, "left_out": 0, "difference": 0,
    }  # fmt: skip
    found = {(f.kind, f.place): f for f in inputs.findings}
    assert set(found) == {
        ("address-ambiguous", "同名路1号"),
        ("address-unmatched", "不存在路1号"),
        ("address-unmatched", "row 7"),
    }
    assert "u003, u004" in found["address-ambiguous", "同名路1号"].message
    assert found["address-unmatched", "不存在路1号"].value == 7


def test_many_unmatched_addresses_are_listed_together(tmp_path: Path) -> None:
    """A hundred one by one, the others in one line that has their households."""
    text = "a\n" + "".join(f"街{i:04d}号\n" for i in range(1, 131))
    table = BOARD.assign(address=["街1号", *["街"] * 7])
    inputs, table = ledger(job(tmp_path, table, text, 'address = "a"', 'address = "address"'))
    assert row(table, "households")["unlocated"] == 129
    lost = [f for f in inputs.findings if f.kind == "address-unmatched"]
    assert len(lost) == 101
    assert sum(f.value or 0 for f in lost) == 129


@pytest.mark.parametrize("order", [1, -1])
def test_a_repeated_household_counts_once(tmp_path: Path, order: int) -> None:
    """The row with a unit wins, whatever the order of rows; blanks are nobody's repetition."""
    lines = ["h1,u000,2", "h1,u999,2", "h2,u001,1", "h2,u001,1", ",u002,1", ",u002,1"]
    text = "hh,unit,n\n" + "\n".join(lines[::order]) + "\n"
    path = job(tmp_path, BOARD, text, 'unit = "unit"\ncount = "n"\nid = "hh"')
    inputs, table = ledger(path)
    assert inputs.units["households"].tolist() == [2, 1, 2, 0, 0, 0, 0, 0]
    assert row(table, "households")["duplicated"] == 3
    (finding,) = inputs.findings
    assert (finding.kind, finding.place, finding.value) == ("household-repeated", "h1", 3)


def test_places_in_no_unit_and_outside(tmp_path: Path) -> None:
    """A point between the units is unlocated, one beyond every community outside."""
    spots = [point(5, 5), point(30, 30), point(900, 900)]
    text = "x,y\n" + "".join(f"{p.x},{p.y}\n" for p in spots)
    table = units([box(0, 0), box(40, 0), box(60, 20)])
    path = job(tmp_path, table, text, f'crs = "{CRS}"')
    inputs, table = ledger(path)
    assert set(inputs.units["households_method"]) == {"counted"}
    found = row(table, "households")
    assert (found["placed"], found["unlocated"], found["outside"]) == (1, 1, 1)
    assert {f.kind for f in inputs.findings} == {"household-unplaced", "household-outside"}


def test_units_outside_every_community_are_in_the_ledger(tmp_path: Path) -> None:
    """Their households are read and out of every community."""
    table = units([*chessboard(4, 2), box(900, 900)], 25)
    inputs, table = ledger(write_town(tmp_path, HOME, table))
    found = row(table, "units")
    assert (found["households_in"], found["placed"], found["outside"]) == (225, 200, 25)
    assert row(table, "all") == found
    assert set(inputs.units["households_method"]) == {"given"}


def test_totals_are_spread_by_floor_area(tmp_path: Path) -> None:
    """In proportion to footprint × floors, to the last household, and called an estimate."""
    table = BOARD.assign(floors=[1, 2, 3, 0, 1, 2, 3, 0])
    path = with_totals(tmp_path, table, [10, 7], more='floors = "floors"')
    text = path.read_text(encoding="utf-8").replace('households = "households"\n', "")
    path.write_text(text, encoding="utf-8")
    inputs, table = ledger(path)
    # c1 holds u000, u001, u004, u005; c2 the others
    assert inputs.units["households"].tolist() == [2, 3, 4, 0, 2, 3, 3, 0]
    assert set(inputs.units["households_method"]) == {"estimated"}
    assert {f.kind for f in inputs.findings} == {"households-estimated"}
    assert row(table, "communities")["placed"] == 17


def test_totals_yield_to_anything_finer(tmp_path: Path) -> None:
    """Only a community without any count is spread; a total that differs is named."""
    table = units(chessboard(4, 2), [0, 0, 5, 0, 0, 0, 0, 0])
    inputs, table = ledger(with_totals(tmp_path, table, [8, 9]))
    assert inputs.units["households"].tolist() == [2, 2, 5, 0, 2, 2, 0, 0]
    assert inputs.units["households_method"].tolist() == [
        "estimated", "estimated", "given", "given", "estimated", "estimated", "given", "given",
    ]  # fmt: skip
    found = {f.kind: f for f in inputs.findings}
    assert (found["total-differs"].value, found["total-differs"].limit) == (9, 5)
    assert row(table, "communities") == {
        "households_in": 17, "placed": 8, "unlocated": 0,
        "duplicated": 9, "outside": 0, "left_out": 0, "difference": 0,
    }  # fmt: skip
    assert row(table, "all")["placed"] == 13


def test_a_total_without_buildings_is_unlocated(tmp_path: Path) -> None:
    """Nobody can be put where there is no unit; a blank total is none."""
    west = units([box(0, 0), box(20, 0)], [3, 4])
    inputs, table = ledger(with_totals(tmp_path, west, [None, 9]))
    assert [f.kind for f in inputs.findings] == ["total-unplaced"]
    assert row(table, "communities")["unlocated"] == 9


@given(
    weights=st.lists(st.floats(0, 1e5), min_size=1, max_size=40),
    total=st.integers(0, 100_000),
)
def test_largest_remainder_keeps_the_total(weights: list[float], total: int) -> None:
    """The sum is exact, nobody misses their quota by one or more, and nothing goes to nothing."""
    weight = np.array(weights)
    if not weight.sum() > 1e-3:
        return
    shares = largest_remainder(weight, total)
    assert shares.sum() == total
    assert (np.abs(shares - weight / weight.sum() * total) < 1 + 1e-6).all()
    assert (shares[weight == 0] == 0).all()


WRONG = {
    "is negative": "-3",
    "is no whole number": "2.5",
    "is no number": "many",
    "is missing": "",
    "is not finite": "inf",
}


@pytest.mark.parametrize(("fault", "value"), WRONG.items())
def test_every_wrong_count_of_a_unit_is_named(tmp_path: Path, fault: str, value: str) -> None:
    """Layer, feature, column, value, cure."""
    table = BOARD.assign(n=["1", value, *["2"] * 6])
    path = write_town(tmp_path, HOME, table)
    path.write_text(path.read_text().replace('"households"', '"n"'), encoding="utf-8")
    (line,) = problems(path)
    shown = value or "nothing"
    assert line == (
        f'inputs.units (units.gpkg): column "n" {fault} in 1 features (u001 = {shown}); '
        "give whole numbers of households, 0 or more"
    )


@pytest.mark.parametrize(("fault", "value"), WRONG.items())
def test_every_wrong_count_of_a_register_is_named(tmp_path: Path, fault: str, value: str) -> None:
    """The same in a register, by whatever it is joined."""
    for key, name in (("unit", "u001"), ("address", "x路1号")):
        text = f"{key},n\nu000,1\n{name},{value}\n"
        path = job(tmp_path, BOARD.assign(a="q"), text, f'{key} = "{key}"\ncount = "n"',
                   'address = "a"')  # fmt: skip
        (line,) = problems(path)
        assert line.startswith(f'inputs.households (register.csv): column "n" {fault} in 1 ')
        assert f"({name} = {value or 'nothing'})" in line


@pytest.mark.parametrize("value", [v for f, v in WRONG.items() if f != "is missing"])
def test_every_wrong_total_is_named(tmp_path: Path, value: str) -> None:
    """A total that is no count names its community; a blank one is no total."""
    (line,) = problems(with_totals(tmp_path, BOARD, ["5", value]))
    assert line.startswith('inputs.communities (communities.gpkg): column "total" is ')
    assert f"(c2 = {value})" in line


def test_wrong_floors_are_named(tmp_path: Path) -> None:
    """Floors are whole numbers."""
    table = BOARD.assign(floors=[1.5, *[2] * 7])
    path = with_totals(tmp_path, table, [5, 5], more='floors = "floors"')
    (line,) = problems(path)
    assert 'column "floors" is no whole number in 1 features (u000 = 1.5)' in line


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ('unit = "u"\naddress = "a"', "give either unit (ids) or address"),
        ('address = "a"', "[inputs.units] address: missing"),
    ],
)
def test_a_register_is_joined_one_way(tmp_path: Path, keys: str, says: str) -> None:
    """Contradicting keys are configuration errors."""
    with pytest.raises(ConfigError, match="address") as caught:
        Config.load(job(tmp_path, BOARD, "u,a\n", keys))
    assert any(says in line for line in caught.value.problems)


rows = st.lists(
    st.tuples(
        st.sampled_from([f"u{i:03}" for i in range(9)] + ["u999", ""]),
        st.integers(0, 40),
        st.sampled_from(["", "h1", "h2", "h3"]),
    ),
    min_size=1,
    max_size=25,
)


@given(rows=rows, totals=st.tuples(*[st.one_of(st.none(), st.integers(0, 90))] * 2))
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_a_register_holds_the_ledger_closes(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, int, str]],
    totals: tuple[int | None, int | None],
) -> None:
    """In = placed + unlocated + duplicated + outside, per source and in total."""
    folder = tmp_path_factory.mktemp("ledger")
    text = "unit,n,hh\n" + "".join(f"{u},{n},{h}\n" for u, n, h in rows)
    (folder / "register.csv").write_text(text, encoding="utf-8")
    table = units([*chessboard(4, 2), box(900, 900)])
    keys = '[inputs.households]\npath = "register.csv"\nunit = "unit"\ncount = "n"\nid = "hh"'
    path = with_totals(folder, table, pd.array(totals, dtype="Int64"), more=keys)
    try:
        _, table = ledger(path)
    except LayerError as err:
        assert "no unit has a household" in str(err)  # noqa: PT017 - the other way to end
        return
    assert row(table, "households")["households_in"] == sum(n for _, n, _ in rows)
    assert row(table, "communities")["households_in"] == sum(t or 0 for t in totals)


def test_check_has_the_ledger(tmp_path: Path) -> None:
    """``check`` accounts for every household, too."""
    path = job(tmp_path, BOARD, "unit,n\nu000,5\nu999,2\n", 'unit = "unit"\ncount = "n"')
    found = check(Config.load(path))
    assert found.ledger is not None
    assert row(found.ledger, "all")["unlocated"] == 2
    assert found.count(Severity.BROKEN) == 0


def test_one_household_a_point_is_counted(tmp_path: Path) -> None:
    """Address points that are one household each."""
    spots = units([point(5, 5), point(15, 5), point(45, 5)], 1)
    path = write_town(tmp_path, HOME, spots)
    path.write_text(path.read_text().replace('"households"', "1"), encoding="utf-8")
    inputs, table = ledger(path)
    assert set(inputs.units["households_method"]) == {"counted"}
    assert row(table, "units")["placed"] == 3


def test_plain_town_reads_as_before(tmp_path: Path) -> None:
    """Without any of this nothing is said."""
    inputs, _ = town(tmp_path, HOME, BOARD)
    assert inputs.findings == ()
    assert inputs.divided is None
