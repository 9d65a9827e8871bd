"""What the optimiser answered, community by community, in the words of the rest of the program."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from gridplan.assemble import Outcome
from gridplan.domain import Finding, Severity
from gridplan.optimise import Solution, evaluate
from gridplan.optimise.explain import explain
from gridplan.prepare import Task


@dataclass(frozen=True)
class Solved:
    """One community after the optimiser: what it answers, and the labels by unit id."""

    code: str
    solution: Solution
    labels: Mapping[str, object]
    units: int


def solved_task(task: Task, solution: Solution) -> Solved:
    """Join a task and its solution; an infeasible one has no labels."""
    ids = task.problem.node_ids
    labels = solution.assignment.tolist()
    own = dict(zip(ids, labels, strict=True)) if labels else {}
    return Solved(task.community_code, solution, own, len(ids))


def judged(task: Task, labels: Mapping[str, object]) -> Solution:
    """Measure a hand-made assignment; nothing is proven about it."""
    problem = task.problem
    numbers, names = pd.factorize(pd.Series([labels[u] for u in problem.node_ids], dtype=object))
    breach, cost = evaluate(problem, numbers)
    return Solution(
        status="feasible",
        breach=breach,
        breach_bound=0,
        objective=cost,
        bound=None,
        gap=None,
        grids=len(names),
        assignment=numbers.astype("int64"),
        effort=0,
        seconds=0.0,
        stopped="",
        reason="assignment made by hand",
    )


def conflicts(tasks: Iterable[Task], solved: Iterable[Solved]) -> list[Finding]:
    """List the communities whose hard rules conflict, with the rules and the cheapest cure."""
    answers = {s.code: s.solution for s in solved if s.solution.status == "infeasible"}
    return [
        Finding(
            "community-conflict",
            Severity.ERROR,
            f"community {task.community_code}: {cause.sentence}",
            layer="communities",
            place=task.community_code,
            community_code=task.community_code,
        )
        for task in tasks
        if task.community_code in answers
        for cause in explain(task.problem, answers[task.community_code])
    ]


def outcomes_of(solved: Iterable[Solved]) -> dict[str, Outcome]:
    """Say per community what assembling needs to know."""
    return {
        s.code: Outcome(
            labels=s.labels,
            status="breach" if s.solution.breach else s.solution.status,
            gap=s.solution.gap,
            stopped=s.solution.stopped,
        )
        for s in solved
    }


def out_of_range(
    tasks: Iterable[Task], solved: Iterable[Solved], *, by_hand: bool
) -> Iterator[Finding]:
    """List the communities without a plan in range: what is proven, what forces it, the cure."""
    problems = {task.community_code: task.problem for task in tasks}
    for s in solved:
        answer = s.solution
        if not answer.breach:
            continue
        proven = answer.breach == answer.breach_bound
        claim = (
            "no plan misses it by less" if proven else f"at least {answer.breach_bound} is proven"
        )
        causes = [] if by_hand else explain(problems[s.code], answer)
        told = [cause.sentence for cause in causes if cause.kind != "unproven"]
        why = "; ".join(told) or answer.reason
        yield Finding(
            "no-plan-in-range",
            Severity.EXCEPTION if proven else Severity.WARNING,
            f"community {s.code}: its grids miss the range by {answer.breach} households in all; "
            f"{claim}{': ' if why else ''}{why}",
            layer="communities",
            place=s.code,
            community_code=s.code,
            value=float(answer.breach),
            limit=0.0,
        )
