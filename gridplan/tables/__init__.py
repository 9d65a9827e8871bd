"""The tables of a plan: what they hold, as CSV files and as one workbook."""

from gridplan.tables.build import build_tables, reconcile
from gridplan.tables.dictionary import (
    FIELDS,
    LAYERS,
    TABLES,
    describe_formats,
    find_field,
    layer_columns,
    renew_page,
)
from gridplan.tables.files import write_csvs
from gridplan.tables.workbook import write_workbook
from gridplan.text import clean_text, guard, unguard

__all__ = [
    "FIELDS",
    "LAYERS",
    "TABLES",
    "build_tables",
    "clean_text",
    "describe_formats",
    "find_field",
    "guard",
    "layer_columns",
    "reconcile",
    "renew_page",
    "unguard",
    "write_csvs",
    "write_workbook",
]
