"""The tables of a plan: what they hold, as CSV files and as one workbook."""

from gridplan.tables.again import describe_tables, typed_table
from gridplan.tables.build import build_tables, exceptions_table, reconcile
from gridplan.tables.dictionary import (
    FIELDS,
    LAYERS,
    TABLES,
    find_field,
    layer_columns,
)
from gridplan.tables.files import write_csvs
from gridplan.tables.formats_page import describe_formats, renew_page
from gridplan.tables.ledger import household_ledger, open_rows
from gridplan.tables.shared import write_tables
from gridplan.tables.workbook import write_workbook
from gridplan.text import clean_text, guard, unguard

__all__ = [
    "FIELDS",
    "LAYERS",
    "TABLES",
    "build_tables",
    "clean_text",
    "describe_formats",
    "describe_tables",
    "exceptions_table",
    "find_field",
    "guard",
    "household_ledger",
    "layer_columns",
    "open_rows",
    "reconcile",
    "renew_page",
    "typed_table",
    "unguard",
    "write_csvs",
    "write_tables",
    "write_workbook",
]
