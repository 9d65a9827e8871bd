"""Tables that were written once, made ready to be written again."""

from collections.abc import Mapping, Sequence

import pandas as pd

from gridplan.codes import REGISTER_TABLES
from gridplan.tables.dictionary import TABLES, dictionary_rows, find_field
from gridplan.tables.values import in_order


def typed_table(name: str, table: pd.DataFrame, zone_layers: Sequence[str]) -> pd.DataFrame:
    """Make numbers of the columns that the dictionary calls so.

    Parameters
    ----------
    name
        Name of the table.
    table
        All text, missing values empty, as ``layers.read_table`` reads it.
    zone_layers
        Names of the jurisdiction layers.
    """
    columns = {
        str(column): _typed(table[column], _kind(name, str(column), zone_layers))
        for column in table
    }
    return pd.DataFrame(columns)


def _kind(table: str, column: str, zone_layers: Sequence[str]) -> str:
    about = find_field(table, column, zone_layers)
    return about.type if about else "C"


def _typed(column: pd.Series, kind: str) -> pd.Series:
    """Make numbers of a column of numbers; one that holds anything else stays text."""
    numbers = pd.to_numeric(column.where(column != ""), errors="coerce")
    if kind != "N" or (numbers.isna() & (column != "")).any():
        return column
    written_whole = not column.str.contains(".", regex=False).any()
    return numbers.astype("Int64" if written_whole else "float64")


def describe_tables(
    tables: Mapping[str, pd.DataFrame], zone_layers: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Add to the data dictionary what it does not tell of yet: the tables of a register.

    Parameters
    ----------
    tables
        Tables by name; a ``data_dictionary`` is made where there is none.
    zone_layers
        Names of the jurisdiction layers.
    """
    columns = {name: list(map(str, tables[name])) for name in REGISTER_TABLES if name in tables}
    if "data_dictionary" not in tables:
        columns["data_dictionary"] = list(TABLES["data_dictionary"])
    more = pd.DataFrame(dictionary_rows(columns, zone_layers))
    known = [tables["data_dictionary"]] if "data_dictionary" in tables else []
    whole = pd.concat([*known, *([more] if len(more) else [])], ignore_index=True)
    others = {name: table for name, table in tables.items() if name != "data_dictionary"}
    return {**others, "data_dictionary": in_order(whole)}
