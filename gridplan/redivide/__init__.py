"""The plan after a change: what was, what may change, what did."""

from gridplan.redivide.again import outcome_of_folder
from gridplan.redivide.before import Before, digest_of, read_before
from gridplan.redivide.ceiling import Weighed, allowed, hold
from gridplan.redivide.job import Redivision, Wanted, check_only, prepare_redivision, sharing
from gridplan.redivide.match import Matched, match_units
from gridplan.redivide.outcome import Outcome, outcome_of
from gridplan.redivide.past import Moved, Past, goes_on, households_moved
from gridplan.redivide.policy import Change, Policy
from gridplan.redivide.record import change_record
from gridplan.redivide.revise import Revision

__all__ = [
    "Before",
    "Change",
    "Matched",
    "Moved",
    "Outcome",
    "Past",
    "Policy",
    "Redivision",
    "Revision",
    "Wanted",
    "Weighed",
    "allowed",
    "change_record",
    "check_only",
    "digest_of",
    "goes_on",
    "hold",
    "households_moved",
    "match_units",
    "outcome_of",
    "outcome_of_folder",
    "prepare_redivision",
    "read_before",
    "sharing",
]
