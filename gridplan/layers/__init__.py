"""Layers in: any supported source into tables with a written column contract."""

from gridplan.layers.anyplan import AnyPlan, grids_of_units, read_any_plan, read_places
from gridplan.layers.inputs import Inputs
from gridplan.layers.planfile import (
    config_of_run,
    read_assignment,
    read_exceptions,
    read_plan,
    read_run,
    read_table,
)
from gridplan.layers.read import read_inputs

__all__ = [
    "AnyPlan",
    "Inputs",
    "config_of_run",
    "grids_of_units",
    "read_any_plan",
    "read_assignment",
    "read_exceptions",
    "read_inputs",
    "read_places",
    "read_plan",
    "read_run",
    "read_table",
]
