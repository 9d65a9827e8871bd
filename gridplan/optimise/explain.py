"""Why a community misses the range, or has no plan at all, and what would cure it.

Causes that follow from numbers alone (a unit above the maximum, a part below the minimum, a number
of households that no number of grids divides) are looked for first. What they do not account for is
looked for by trial: a rule forces a breach where the community without it has less.
"""

from gridplan.optimise.arithmetic import by_numbers
from gridplan.optimise.case import Case
from gridplan.optimise.conflict import explain_conflict
from gridplan.optimise.cures import Bench, Cause, Cure, range_of
from gridplan.optimise.problem import Problem
from gridplan.optimise.solve import Solution
from gridplan.optimise.trials import by_trial

__all__ = ["Cause", "Cure", "explain"]


def explain(
    problem: Problem,
    solution: Solution,
    *,
    effort: float = 0.05,
    seed: int = 0,
    tries: int = 24,
) -> list[Cause]:
    """Name what forces a breach or an infeasibility, with the cures that were tried.

    Parameters
    ----------
    problem
        The community.
    solution
        What `solve` answers.
    effort, seed
        Of every trial; a trial that reaches a lower breach has a plan to show for it, but one that
        does not proves nothing.
    tries
        Number of trials; cures beyond are named, not tried.

    Returns
    -------
    list
        Causes, those that follow from numbers first; none where the range is kept. The last
        resort is a cause of kind ``enumeration`` (the least breach is proven, but no simple cause
        was found) or ``unproven`` (a plan of less breach may exist).
    """
    bench = Bench(effort, seed, tries)
    if solution.status == "infeasible":
        return explain_conflict(problem, solution.reason, bench)
    if not solution.breach:
        return []
    case = Case(problem, solution, bench)
    causes = list(by_numbers(case))
    causes += by_trial(case, numbers_suffice=bool(causes) and case.by_numbers == solution.breach)
    if not causes:
        causes.append(_last(case))
    elif solution.breach > solution.breach_bound:
        causes.append(_unproven(case))
    return causes


def _last(case: Case) -> Cause:
    """Nothing simple was found."""
    solution = case.solution
    if solution.breach > solution.breach_bound:
        return _unproven(case)
    low, high = range_of(case.problem, solution.assignment)
    cure = Cure("allow-range", f"allow this community a range of {low} to {high}", 0)
    return Cause(
        "enumeration",
        f"no simple cause was found: the least breach of {solution.breach} households is proven by "
        "trying every grid",
        value=solution.breach,
        limit=0,
        cures=(cure,),
    )


def _unproven(case: Case) -> Cause:
    solution = case.solution
    return Cause(
        "unproven",
        f"of the breach of {solution.breach} households only {solution.breach_bound} are proven to "
        "be needed",
        value=solution.breach,
        limit=solution.breach_bound,
        cures=(Cure("more-effort", "solve with more effort"),),
    )
