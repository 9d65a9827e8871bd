"""Attribute filters: the grammar, missing values, and words for what is wrong."""

import pandas as pd
import pytest

from gridplan.layers.filters import FilterError, select


@pytest.fixture
def table() -> pd.DataFrame:
    """Four roads; the last knows nothing about itself."""
    return pd.DataFrame(
        {
            "major": [1, 2, 3, None],
            "name": ["Main St", "Main Av", "it's %", None],
            "road class": ["a", "b", "a", None],
            "code": ["01", "1", "10", None],
            "open": pd.array([True, False, True, None], dtype="boolean"),
        }
    )


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("major = 1", [0]),
        ("major == 1", [0]),
        ("major <> 1", [1, 2]),
        ("major != 1", [1, 2]),
        ("major < 2", [0]),
        ("major <= 2", [0, 1]),
        ("major > 2", [2]),
        ("major >= 2.0", [1, 2]),
        ("major = '1'", [0]),
        ("major IN (1, 3)", [0, 2]),
        ("major NOT IN (1, 3)", [1]),
        ("name IN ('Main St', 'it''s %')", [0, 2]),
        ("name LIKE 'Main%'", [0, 1]),
        ("name LIKE 'Main __'", [0, 1]),
        ("name NOT LIKE 'Main%'", [2]),
        ("name LIKE 'it''s %'", [2]),
        ("name IS NULL", [3]),
        ("name is not null", [0, 1, 2]),
        ("\"road class\" = 'a'", [0, 2]),
        ("code = '01'", [0]),
        ("code = 1", [0, 1]),
        ("open = 1", [0, 2]),
        ("major = 1 OR major = 2 AND name = 'nobody'", [0]),
        ("(major = 1 OR major = 2) AND name = 'Main Av'", [1]),
        ("NOT (major = 1)", [1, 2, 3]),
        ("major = -1", []),
    ],
)
def test_a_filter_selects(table: pd.DataFrame, where: str, rows: list[int]) -> None:
    """Every form of the grammar selects its rows; a missing value passes no comparison."""
    assert select(table, where).nonzero()[0].tolist() == rows


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("mayor = 1", "there is no column 'mayor'; did you mean \"major\"?"),
        ("major =", "a number or 'text' is missing"),
        ("major = 1 2", "nothing may follow here, but '2' does"),
        ("major = name", "text needs single quotes"),
        ("(major = 1", "')' missing"),
        ("major IS 1", "IS must be followed by NULL"),
        ("major NOT 1", "must be followed by IN or LIKE"),
        ("name LIKE 1", "LIKE must be followed by"),
        ("major ~ 1", "cannot read '~ 1'"),
        ("", "it ends too early"),
        ("major = 1; DROP TABLE roads", "cannot read"),
        ("major 1", "'1' is no comparison"),
    ],
)
def test_a_wrong_filter_says_why(table: pd.DataFrame, where: str, message: str) -> None:
    """What is outside the grammar is refused in words."""
    with pytest.raises(FilterError) as caught:
        select(table, where)
    assert message in str(caught.value)


def test_an_empty_table_passes_nothing(table: pd.DataFrame) -> None:
    """A filter works on a table without rows."""
    assert select(table.iloc[:0], "major = 1 AND name LIKE 'a%'").tolist() == []
