"""Layers in: any supported source into tables with a written column contract."""

from gridplan.layers.inputs import Inputs
from gridplan.layers.planfile import (
    read_assignment,
    read_exceptions,
    read_plan,
    read_run,
    read_table,
)
from gridplan.layers.read import read_inputs

__all__ = [
    "Inputs",
    "read_assignment",
    "read_exceptions",
    "read_inputs",
    "read_plan",
    "read_run",
    "read_table",
]
