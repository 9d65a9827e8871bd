"""Code profiles, numbering and names."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridplan.codes import (
    BANDING_RULE,
    BANDING_RULE_ZH,
    CodedGrid,
    Parsed,
    Standing,
    chinese_number,
    choose_profile,
    geometry_hashes,
    grid_name,
    make_codes,
    number_grids,
    number_plan,
    spelled_profile,
)
from gridplan.errors import CodeError

COMMUNITY = "110108011004"  # Haidian 110108, Zhongguancun street 011, community 004


def codes_of(profile: str, community: str, *numbers: int) -> list[str]:
    """Codes of some grids of one community."""
    chosen = choose_profile(profile, [community])
    return make_codes(chosen, pd.Series([community] * len(numbers)), pd.Series(numbers)).tolist()


@pytest.mark.parametrize(
    ("profile", "community", "expected"),
    [
        ("beijing-15", COMMUNITY, "110108011004008"),
        ("gbt47678-15", COMMUNITY, "110108011004008"),
        ("gbt47678-15", "1101080110A4", "1101080110A4008"),
        ("cjt213-14", COMMUNITY, "11010801100408"),
        ("123456{community_code}{seq:02}", COMMUNITY, "12345611010801100408"),
        ("ZH{community_code}.{seq:04}_网", "东门", "ZH东门.0008_网"),
        ("auto", COMMUNITY, "110108011004008"),
        ("auto", "Area 2/MIT", "Area 2/MIT-008"),
    ],
)
def test_golden_codes(profile: str, community: str, expected: str) -> None:
    """Each profile writes the code worked out by hand; 11010801100408 is a published record."""
    assert codes_of(profile, community, 8) == [expected]


@pytest.mark.parametrize(
    ("seq", "expected"), [(8, "01020011010801100408"), (0, "01020011010801100400")]
)
def test_golden_code_of_cjt349(seq: int, expected: str) -> None:
    """Object class 010200 + 110108 + 011 + 004 + two digits; 00 where it is not subdivided."""
    profile = choose_profile("cjt349-20", [COMMUNITY], object_class="010200")
    codes = make_codes(profile, pd.Series([COMMUNITY]), pd.Series([seq]))
    assert codes.tolist() == [expected]
    assert len(expected) == 20
    assert profile.parse(expected) == Parsed(COMMUNITY, seq, "")


@pytest.mark.parametrize(
    ("pattern", "options", "kind", "expected"),
    [
        ("{community_code}{kind}{seq:02}", {}, "residential", "110108011004R08"),
        ("{community_code}{kind}{seq:02}", {}, "unit", "110108011004U08"),
        (
            "{kind}{community_code}{seq:03}",
            {"letters": {"residential": "", "unit": "ZH"}},
            "unit",
            "ZH110108011004008",
        ),
        (
            "G{object_class}.{community_code}-{seq:04}",
            {"object_class": "0102"},
            "unit",
            "G0102.110108011004-0008",
        ),
    ],
)
def test_patterns_with_kind_and_class(
    pattern: str, options: dict[str, object], kind: str, expected: str
) -> None:
    """A pattern writes the letter of the kind and the object class where it says so."""
    profile = choose_profile(pattern, [COMMUNITY], **options)  # type: ignore[arg-type]
    codes = make_codes(profile, pd.Series([COMMUNITY]), pd.Series([8]), pd.Series([kind]))
    assert codes.tolist() == [expected]
    read = profile.parse(expected, COMMUNITY)
    assert read == Parsed(COMMUNITY, 8, kind if "{kind}" in pattern else "")
    assert spelled_profile(profile.spelling) == profile


@pytest.mark.parametrize(
    "profile",
    [
        choose_profile("beijing-15", []),
        choose_profile("cjt349-20", [], object_class="010200"),
        choose_profile("gbt47678-15", [], unit_block=901),
        choose_profile("auto", ["A"]),
    ],
    ids=lambda profile: profile.name,
)
def test_a_profile_is_spelled_in_one_line(profile: object) -> None:
    """The line that a register keeps makes the same profile again."""
    assert spelled_profile(profile.spelling) == profile  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("code", "community"),
    [
        ("110108011004000", None),
        ("11010801100400", None),
        ("1101080110040080", None),
        ("110108011004008", "110108011005"),
        ("１10108011004008", None),
        ("", None),
    ],
)
def test_codes_that_do_not_fit_are_not_read(code: str, community: str | None) -> None:
    """Wrong length, wrong community, number zero and digits of another script do not fit."""
    assert choose_profile("beijing-15", []).parse(code, community) is None


def test_a_block_is_reserved_to_unit_grids() -> None:
    """Unit grids count from 901, residential grids below; neither may run into the other."""
    profile = choose_profile("beijing-15", [COMMUNITY], unit_block=901)
    kinds = pd.Series(["unit", "residential", "unit", "residential"])
    plan = number_plan(
        chessboard(2, 2, community=COMMUNITY).assign(grid_kind=kinds), no_members(), profile, "en"
    )
    assert plan["seq"].tolist() == [902, 2, 901, 1]
    assert plan["grid_code"].tolist()[0] == f"{COMMUNITY}902"
    assert profile.parse(f"{COMMUNITY}902") == Parsed(COMMUNITY, 902, "unit")
    with pytest.raises(CodeError, match=r"901.* 1 to 900 for residential"):
        make_codes(profile, pd.Series([COMMUNITY]), pd.Series([901]))
    with pytest.raises(CodeError, match="leaves no numbers"):
        choose_profile("cjt213-14", [COMMUNITY], unit_block=901)


def no_members() -> pd.DataFrame:
    """No units at all."""
    return pd.DataFrame({"grid": [], "unit_id": [], "households": []})


def members(*owners: int) -> pd.DataFrame:
    """Units u0, u1, ... of 100 households each, in these grids."""
    ids = [f"u{i}" for i in range(len(owners))]
    return pd.DataFrame({"grid": list(owners), "unit_id": ids, "households": 100})


def registered(code: str, *ids: str, name: str = "Old name") -> CodedGrid:
    """An active grid of the register."""
    return CodedGrid(
        code, COMMUNITY, "residential", name, 100 * len(ids), "", dict.fromkeys(ids, 100)
    )


def test_numbers_go_on_after_the_highest_ever_used() -> None:
    """A grid that goes on keeps code and name; others count on, past retired codes."""
    standing = Standing(
        (registered(f"{COMMUNITY}002", "u2", "u3", "u9"),),
        dict.fromkeys([f"{COMMUNITY}002", f"{COMMUNITY}007"], COMMUNITY),
    )
    profile = choose_profile("beijing-15", [COMMUNITY])
    board = chessboard(2, 1, community=COMMUNITY)
    plan = number_plan(board, members(0, 0, 1, 1), profile, "en", standing)
    assert plan["grid_code"].tolist() == [f"{COMMUNITY}008", f"{COMMUNITY}002"]
    assert plan["grid_name"].tolist() == ["Grid 8", "Old name"]
    free = number_plan(board, members(0, 0, 1, 1), profile, "en", Standing())
    assert free["seq"].tolist() == [1, 2]


def test_half_is_not_more_than_half() -> None:
    """A grid that is cut in two equal parts goes on in neither."""
    standing = Standing(
        (registered(f"{COMMUNITY}001", "u0", "u1"),), dict.fromkeys([f"{COMMUNITY}001"], COMMUNITY)
    )
    profile = choose_profile("beijing-15", [COMMUNITY])
    plan = number_plan(
        chessboard(2, 1, community=COMMUNITY), members(0, 1), profile, "en", standing
    )
    assert plan["seq"].tolist() == [2, 3]


def test_overflow_beside_a_register() -> None:
    """A community whose numbers are spent is an error, retired ones included."""
    standing = Standing((), dict.fromkeys([f"{COMMUNITY}999"], COMMUNITY))
    profile = choose_profile("beijing-15", [COMMUNITY])
    with pytest.raises(CodeError, match=r"1000.* 1 to 999"):
        number_plan(chessboard(1, 1, community=COMMUNITY), members(0), profile, "en", standing)


def test_a_community_that_is_not_divided_has_00() -> None:
    """CJ/T 349: 00 stands for a whole community, and ends when it is divided."""
    profile = choose_profile("cjt349-20", [COMMUNITY], object_class="010200")
    whole = number_plan(chessboard(1, 1, community=COMMUNITY), members(0, 0, 0), profile, "zh")
    assert whole["grid_code"].tolist() == [f"010200{COMMUNITY}00"]
    assert whole["grid_name"].tolist() == ["全社区网格"]
    old = registered(f"010200{COMMUNITY}00", "u0", "u1", "u2")
    standing = Standing((old,), dict.fromkeys([old.grid_code], COMMUNITY))
    two = chessboard(2, 1, community=COMMUNITY)
    divided = number_plan(two, members(0, 0, 1), profile, "zh", standing)
    assert divided["seq"].tolist() == [1, 2]
    again = number_plan(
        chessboard(1, 1, community=COMMUNITY), members(0, 0, 0), profile, "zh", standing
    )
    assert again["grid_code"].tolist() == [old.grid_code]


def test_outlines_are_told_apart_by_shape_alone() -> None:
    """First vertex, direction and the wrapping as multipolygon do not matter; 1 mm does."""
    square = shapely.box(0, 0, 10, 10)
    turned = shapely.Polygon([(10, 10), (10, 0), (0, 0), (0, 10)])
    same = gpd.GeoSeries([square, turned, turned.reverse(), shapely.MultiPolygon([square])])
    assert len(set(geometry_hashes(same))) == 1
    assert geometry_hashes(same) != geometry_hashes(same.translate(0.001, 0))
    assert geometry_hashes(same) == geometry_hashes(same.translate(0.0001, 0))


def test_auto_needs_every_code_to_have_12_digits() -> None:
    """One community code of another shape moves the whole division to the pattern."""
    assert choose_profile("auto", [COMMUNITY, COMMUNITY[:-1] + "5"]).name == "beijing-15"
    for other in (
        "11010801100",
        COMMUNITY + "1",
        "11010801100A",
        "１１０１０８０１１００４",
        COMMUNITY + "\u00b2",
    ):
        assert choose_profile("auto", [COMMUNITY, other]).name == "{community_code}-{seq:03}"


def test_named_profile_lists_every_misfit() -> None:
    """A named profile that does not fit names all communities that do not, each once."""
    with pytest.raises(CodeError) as caught:
        choose_profile("beijing-15", ["A", COMMUNITY, "B", "A", "x" * 5000])
    assert [line.split("'")[1][:3] for line in caught.value.problems] == ["A", "B", "xxx"]
    assert all("12 digits" in line and len(line) < 400 for line in caught.value.problems)


@pytest.mark.parametrize("code", ["", "a\nb", "a\x00", "a\u2028b", "\ud800"])
@pytest.mark.parametrize("profile", ["auto", "{community_code}{seq:03}"])
def test_unprintable_community_codes_are_refused(profile: str, code: str) -> None:
    """No profile accepts an empty code or one with control characters."""
    with pytest.raises(CodeError, match="control characters"):
        choose_profile(profile, [code])


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("{community_code}{seq}", "fixed width"),
        ("{community_code}{seq:3}", "fixed width"),
        ("{community_code}{seq:00}", "fixed width"),
        ("{community_code}{seq:999999999}", "fixed width"),
        ("{community_code}{seq:03\n}", "fixed width"),
        ("{community_code}{seq.__class__}", "no known field"),
        ("{seq.__init__.__globals__}{community_code}", "no known field"),
        ("{community_code[0]}{seq:03}", "no known field"),
        ("{community_code!r}{seq:03}", "no known field"),
        ("{0}{seq:03}", "no known field"),
        ("{}{seq:03}", "no known field"),
        ("{community_code}", "{seq:03} must stand in it exactly once, not 0"),
        ("{seq:03}{community}", "no known field"),
        ("{seq:03}", "{community_code} must stand in it exactly once, not 0"),
        ("{community_code}{seq:03}{seq:02}", "{seq:03} must stand in it exactly once, not 2"),
        ("{seq:03}{community_code}", "before the sequence"),
        ("{{community_code}}{seq:03}", "no partner"),
        ("{community_code}{seq:03}}", "no partner"),
        ("={community_code}{seq:03}", "letters, digits"),
        ("-{community_code}{seq:03}", "formula"),
        ("{community_code}/{seq:03}", "letters, digits"),
        ("{community_code}\n{seq:03}", "letters, digits"),
        ("beijing", "unknown"),
        ("", "unknown"),
        ("%s", "unknown"),
        ("cjt349-20", "object class"),
        ("{object_class}{community_code}{seq:03}", "{object_class} is empty"),
        ("{kind}{kind}{community_code}{seq:03}", "{kind} may stand in it once, not 2"),
    ],
)
def test_bad_profiles_are_refused(pattern: str, complaint: str) -> None:
    """Unknown names and malformed or hostile patterns are errors that say what to write."""
    with pytest.raises(CodeError) as caught:
        choose_profile(pattern, ["A"])
    assert complaint in str(caught.value)


@pytest.mark.parametrize(("profile", "capacity"), [("beijing-15", 999), ("cjt213-14", 99)])
def test_overflow_is_an_error(profile: str, capacity: int) -> None:
    """The last number fits, the next one is an error that names the community."""
    assert codes_of(profile, COMMUNITY, capacity) == [f"{COMMUNITY}{capacity}"]
    with pytest.raises(CodeError, match=f"{COMMUNITY}.* {capacity + 1}.*1 to {capacity}"):
        codes_of(profile, COMMUNITY, 1, capacity + 1)
    with pytest.raises(CodeError, match="number 0"):
        codes_of(profile, COMMUNITY, 0)


def test_collisions_and_overflows_are_reported_together() -> None:
    """Every problem of a division stands in one error."""
    profile = choose_profile("{community_code}{seq:01}", ["A", "B"])
    with pytest.raises(CodeError) as caught:
        make_codes(profile, pd.Series(["A", "A", "B"]), pd.Series([3, 3, 10]))
    assert len(caught.value.problems) == 2
    assert "'A3' would be given to 2 grids" in caught.value.problems[1]


def test_codes_keep_the_index() -> None:
    """Codes come back under the labels of the grids; no grids give no codes."""
    profile = choose_profile("auto", ["A"])
    codes = make_codes(
        profile, pd.Series(["A", "A"], index=[7, 3]), pd.Series([2, 1], index=[7, 3])
    )
    assert codes.to_dict() == {7: "A-002", 3: "A-001"}
    assert make_codes(profile, pd.Series([], dtype=str), pd.Series([], dtype="int64")).empty


def chessboard(
    columns: int, rows: int, *, side: float = 200.0, community: str = "A"
) -> gpd.GeoDataFrame:
    """Make a community of equal squares, the first row southernmost."""
    cells = [
        shapely.box(x * side, y * side, (x + 1) * side, (y + 1) * side)
        for y in range(rows)
        for x in range(columns)
    ]
    return gpd.GeoDataFrame(
        {"community_code": [community] * len(cells)}, geometry=cells, crs="EPSG:26986"
    )


def test_chessboard_is_read_like_a_page() -> None:
    """Squares are numbered from the north-west corner, row by row."""
    numbers = number_grids(chessboard(4, 3)).to_numpy().reshape(3, 4)
    assert numbers.tolist() == [[9, 10, 11, 12], [5, 6, 7, 8], [1, 2, 3, 4]]


def test_a_row_reaches_half_a_row_height_and_no_further() -> None:
    """Grids up to half the side of the mean square further south stay in the row, exactly."""
    two = chessboard(2, 1, side=100)
    for south, expected in ((50.0, [1, 2]), (50.001, [2, 1])):
        moved = two.set_geometry(
            [shapely.affinity.translate(two.geometry[0], 0, -south), two.geometry[1]]
        )
        assert number_grids(moved).tolist() == expected


def test_each_community_counts_from_one() -> None:
    """Communities are numbered on their own, wherever they lie."""
    east = chessboard(2, 1, community="B")
    east["geometry"] = east.translate(10_000, 3)
    both = pd.concat([chessboard(2, 1), east], ignore_index=True)
    assert number_grids(both).tolist() == [1, 2, 1, 2]


def test_ties_are_broken_as_stated() -> None:
    """A ring and its core share a centroid: the smaller comes first; equal ones go by label."""
    core = shapely.box(-10, -10, 10, 10)
    ring = shapely.box(-100, -100, 100, 100).difference(core)
    grids = gpd.GeoDataFrame(
        {"community_code": ["A", "A"]}, geometry=[ring, core], index=["a", "b"]
    )
    assert number_grids(grids).to_dict() == {"a": 2, "b": 1}
    twins = gpd.GeoDataFrame({"community_code": ["A"] * 3}, geometry=[core] * 3, index=[10, 9, 100])
    assert number_grids(twins).to_dict() == {9: 1, 10: 2, 100: 3}
    twins.index = ["10", "9", "100"]
    assert number_grids(twins).to_dict() == {"10": 1, "100": 2, "9": 3}


def test_no_grids_no_numbers() -> None:
    """An empty table is no error."""
    assert number_grids(chessboard(1, 1).iloc[:0]).empty


@settings(max_examples=30, deadline=None)
@given(
    corners=st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from("AB")),
        min_size=1,
        max_size=20,
        unique=True,
    ),
    seed=st.integers(0, 2**32 - 1),
)
def test_row_order_changes_nothing(corners: list[tuple[int, int, str]], seed: int) -> None:
    """Numbers run from 1 without a gap in each community, in whatever order the rows come."""
    grids = gpd.GeoDataFrame(
        {"community_code": [corner[2] for corner in corners]},
        geometry=[shapely.box(30 * x, 20 * y, 30 * x + 30, 20 * y + 20) for x, y, _ in corners],
    )
    numbers = number_grids(grids)
    shuffled = grids.iloc[np.random.default_rng(seed).permutation(len(grids))]
    assert number_grids(shuffled).sort_index().tolist() == numbers.tolist()
    for _, part in numbers.groupby(grids["community_code"]):
        assert sorted(part) == list(range(1, len(part) + 1))


@pytest.mark.parametrize(
    ("number", "numeral"),
    [
        (1, "一"),
        (2, "二"),
        (10, "十"),
        (11, "十一"),
        (20, "二十"),
        (21, "二十一"),
        (100, "一百"),
        (101, "一百零一"),
        (110, "一百一十"),
        (119, "一百一十九"),
        (123, "一百二十三"),
        (205, "二百零五"),
        (999, "九百九十九"),
        (1001, "一千零一"),
        (1010, "一千零一十"),
        (9000, "九千"),
    ],
)
def test_names(number: int, numeral: str) -> None:
    """Names are Grid 1 and 第一网格, with numerals as they are written by hand."""
    assert grid_name(number, "zh") == f"第{numeral}网格"
    assert grid_name(number, "en") == f"Grid {number}"


def test_numerals_differ() -> None:
    """No two numbers of a community share a name."""
    assert len({chinese_number(number) for number in range(1, 10_000)}) == 9_999


@pytest.mark.parametrize("number", [-1, 10_000])
def test_numbers_without_a_name(number: int) -> None:
    """Numbers outside 0 to 9999 have no name."""
    with pytest.raises(CodeError, match="no name"):
        grid_name(number, "zh")


def test_rule_is_stated_in_both_languages() -> None:
    """The written rule names what the code does: centroid, half a row, ties."""
    for word in ("north to south", "centroid", "half a row height", "smaller area"):
        assert word in BANDING_RULE
    for word in ("自北向南", "质心", "半个行高", "面积"):
        assert word in BANDING_RULE_ZH
