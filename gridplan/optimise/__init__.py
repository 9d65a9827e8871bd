"""The optimiser: a problem of ids, integers and edges in, the best grids and their proof out."""

from gridplan.optimise.objective import evaluate
from gridplan.optimise.problem import Problem, read_problem, write_problem
from gridplan.optimise.progress import Progress
from gridplan.optimise.solve import Solution, solve

__all__ = [
    "Problem",
    "Progress",
    "Solution",
    "evaluate",
    "read_problem",
    "solve",
    "write_problem",
]
