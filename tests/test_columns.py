"""Columns as text ids and counts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridplan.layers.columns import (
    as_text,
    find_columns,
    household_counts,
    nearest,
    some,
    text_or,
    unique_ids,
)
from gridplan.layers.notes import Notes


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (pd.Series([1, 22]), ["1", "22"]),
        (pd.Series([1.0, np.nan, 3.0]), ["1", None, "3"]),
        (pd.Series([1.5, 2.0]), ["1.5", "2.0"]),
        (pd.Series(["007", " 8 ", "", None]), ["007", "8", None, None]),
        (pd.Series(["007", "　8", "  "], dtype="string"), ["007", "8", None]),
        (pd.Series([110108001001000, 110108001002000]), ["110108001001000", "110108001002000"]),
        (pd.Series([np.nan, np.nan]), [None, None]),
        (pd.Series([1, None], dtype="Int64"), ["1", None]),
        (pd.Series([7, "07", None], dtype=object), ["7", "07", None]),
    ],
)
def test_ids_are_text(values: pd.Series, text: list[str | None]) -> None:
    """Numbers lose no digit and gain no decimal point, text keeps its zeros, blanks are None."""
    assert as_text(values).tolist() == text


@given(st.lists(st.integers(0, 2**53 - 1), min_size=1))
def test_integers_read_as_floats_keep_every_digit(numbers: list[int]) -> None:
    """A missing value, which turns a column into floats, changes no id."""
    values = pd.Series([*map(float, numbers), np.nan])
    assert as_text(values).tolist() == [*map(str, numbers), None]


def test_text_or_fills_what_is_missing() -> None:
    """Missing cells, and columns that are not configured, take the other value."""
    frame = pd.DataFrame({"name": ["a", None]})
    assert text_or("", frame, "name").tolist() == ["a", ""]
    assert text_or(pd.Series(["x", "y"]), frame, "name").tolist() == ["a", "y"]
    assert text_or(None, frame, None).tolist() == [None, None]


def counts(values: list[object], dtype: str | None = None) -> tuple[list[int] | None, list[str]]:
    """Read values as households of the units a, b, c, ..."""
    problems: list[str] = []
    series = pd.Series(values, dtype=dtype)
    ids = pd.Series(list("abcdefgh")[: len(values)])
    numbers = household_counts(series, ids, "units", "hh", problems)
    return (None if numbers is None else numbers.tolist()), problems


def test_households_may_be_numbers_or_text() -> None:
    """Whole numbers are read whatever the column's type."""
    assert counts([0, 5]) == ([0, 5], [])
    assert counts([0.0, 5.0]) == ([0, 5], [])
    assert counts(["0", " 5", "5.0"]) == ([0, 5, 5], [])
    assert counts([0, 5], "Int64") == ([0, 5], [])


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([1, -2], 'column "hh" is negative in 1 features (b = -2)'),
        ([1, 2.5], 'column "hh" is no whole number in 1 features (b = 2.5)'),
        (["1", "two"], 'column "hh" is no number in 1 features (b = two)'),
        (["1", "NaN"], 'column "hh" is no number in 1 features (b = NaN)'),
        ([1, None], 'column "hh" is missing in 1 features (b = nothing)'),
        (["1", " "], 'column "hh" is missing in 1 features (b = nothing)'),
        ([1, np.inf], 'column "hh" is not finite in 1 features (b = inf)'),
    ],
)
def test_wrong_households_are_named(values: list[object], line: str) -> None:
    """Every value that is no count is named with its feature and the cure."""
    numbers, problems = counts(values)
    assert numbers is None
    assert problems == [f"units: {line}; give whole numbers of households, 0 or more"]


def test_all_kinds_of_wrong_households_at_once() -> None:
    """Two kinds of wrong values give two lines; nullable numbers too."""
    assert len(counts([-1, 2.5, None])[1]) == 3
    assert counts([1, None], "Int64")[1] == [
        'units: column "hh" is missing in 1 features (b = nothing); '
        "give whole numbers of households, 0 or more"
    ]


def test_missing_and_repeated_ids_are_problems() -> None:
    """Both are told at once, with the ids in order."""
    problems: list[str] = []
    ids = pd.Series(["b", "b", "a", "a", None, "c"], dtype=object)
    assert not unique_ids(ids, "units", "id", problems)
    assert problems == [
        'units: column "id" is empty in 1 of 6 features; give every feature an id',
        'units: column "id" repeats 2 ids: a, b; ids must be unique',
    ]
    assert unique_ids(pd.Series(["a", "b"]), "units", "id", [])


def test_missing_columns_name_the_nearest() -> None:
    """The configuration key, the column and what there is instead are named."""
    notes = Notes()
    frame = pd.DataFrame(columns=["unit_id", "Households", "geometry"])
    wanted = {"id": "unit_id", "households": "houshold", "community": "xyz", "name": None}
    assert not find_columns(frame, "units", "units", wanted, notes)
    assert notes.problems == [
        'units: no column "houshold" (households = "houshold"); did you mean "Households"?',
        'units: no column "xyz" (community = "xyz"); there is: unit_id, Households',
    ]


def test_long_lists_are_cut() -> None:
    """Messages show the first few of many values."""
    assert some(range(7)) == "0, 1, 2, 3, 4 and 2 more"
    assert some("ab") == "a, b"
    assert nearest("x", []) == "there is none"
