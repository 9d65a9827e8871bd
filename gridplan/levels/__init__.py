"""One level up: the same engine divides a street into communities, as it divides these into grids.

What the engine calls a community is here a street, and what it calls a grid is the new community.
Nothing of the optimiser, the assembly or the audit knows the difference.
"""

from gridplan.levels.job import StreetJob, level_pattern, street_job
from gridplan.levels.renew import (
    FOLDER,
    Renewed,
    audit_streets,
    divide_streets,
    inputs_of_run,
    renewed_inputs,
)
from gridplan.levels.workable import workable

__all__ = [
    "FOLDER",
    "Renewed",
    "StreetJob",
    "audit_streets",
    "divide_streets",
    "inputs_of_run",
    "level_pattern",
    "renewed_inputs",
    "street_job",
    "workable",
]
