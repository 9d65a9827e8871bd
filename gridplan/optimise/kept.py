"""Whether a plan found for a changed problem keeps the hard rules of the problem itself.

Further locks may undo what a rule would have joined: a zone to be kept whole no longer fits into a
grid together with what is locked to it, and counts as one that must be split.
"""

import numpy as np

from gridplan.optimise.contract import Contracted
from gridplan.optimise.objective import excess_incidences
from gridplan.optimise.problem import Ints, Problem


def keeps_rules(problem: Problem, parts: Contracted, known: Ints, plan: Ints) -> bool:
    """Whether a plan keeps the hard rules as well as a known plan does.

    Parameters
    ----------
    problem
        The community.
    parts
        What ``contract`` makes of it.
    known
        Grid of every unit in a plan that keeps all rules, shape (n,).
    plan
        The same of a plan for the same community with more rules or other weights.
    """
    return _keeps_nodes(parts, plan) and whole_touches(problem, plan) <= whole_touches(
        problem, known
    )


def _keeps_nodes(parts: Contracted, plan: Ints) -> bool:
    """Whether units that hard rules keep together share a grid."""
    table = np.column_stack([parts.piece_of, parts.node_of, plan])
    return len(np.unique(table, axis=0)) == len(np.unique(table[:, :2], axis=0))


def whole_touches(problem: Problem, plan: Ints) -> int:
    """Incidences of all layers of mode whole; only the constant in the excess differs."""
    layers = (x for x in problem.zones if problem.modes[x] == "whole")
    return sum(excess_incidences(problem, layer, plan) for layer in layers)
