"""Unit grids: which institutions stand as grids of their own, by five tests, and on what ground.

`decide` judges numbers, `premises` measures them and finds the ground, `cut` takes it out of the
communities, `conflicts` refuses what would leave dwellings without a grid in range.
"""

from gridplan.institutions.conflicts import Refusal, find_refusals
from gridplan.institutions.cut import Areas, cut_areas
from gridplan.institutions.decide import TESTS, Decision, Facts, Measure, decide, decision_table
from gridplan.institutions.ground import Stand, find_ground
from gridplan.institutions.premises import measure_institutions

__all__ = [
    "TESTS",
    "Areas",
    "Decision",
    "Facts",
    "Measure",
    "Refusal",
    "Stand",
    "cut_areas",
    "decide",
    "decision_table",
    "find_ground",
    "find_refusals",
    "measure_institutions",
]
