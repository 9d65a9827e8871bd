"""What the optimiser answered, community by community, in the words of the rest of the program."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from gridplan.answers import FAILED, Answer
from gridplan.assemble import Outcome
from gridplan.domain import Finding, Severity
from gridplan.optimise import Solution, evaluate
from gridplan.optimise.alternatives import Alternative
from gridplan.optimise.ledger import LayerLine
from gridplan.prepare import Task


@dataclass(frozen=True)
class Solved:
    """One community after the optimiser: what it answers, and the labels by unit id."""

    code: str
    answer: Answer
    ids: tuple[str, ...]

    @property
    def solution(self) -> Solution:
        """The plan and its proof."""
        return self.answer.solution

    @property
    def ledger(self) -> tuple[LayerLine, ...]:
        """What the plan reaches for each layer, beside the least possible."""
        return self.answer.ledger

    @property
    def alternatives(self) -> tuple[Alternative, ...]:
        """The plan itself and the plans beside it; empty where none were asked for."""
        return self.answer.alternatives

    @property
    def labels(self) -> Mapping[str, object]:
        """Grid number by unit id; an infeasible community has none."""
        labels = self.solution.assignment.tolist()
        return dict(zip(self.ids, labels, strict=True)) if labels else {}

    @property
    def units(self) -> int:
        """Number of basic units."""
        return len(self.ids)


def solved_task(task: Task, answer: Answer) -> Solved:
    """Join a task and what the optimiser says about it."""
    return Solved(task.community_code, answer, task.problem.node_ids)


def judged(
    task: Task, labels: Mapping[str, object], reason: str = "assignment made by hand"
) -> Solution:
    """Measure an assignment that was not sought; nothing is proven about it."""
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
        reason=reason,
    )


def conflicts(tasks: Iterable[Task], solved: Iterable[Solved]) -> list[Finding]:
    """List the communities whose hard rules conflict, with the rules and the cheapest cure."""
    answers = {s.code: s.answer for s in solved if s.solution.status == "infeasible"}
    return [
        Finding(
            "community-conflict",
            Severity.ERROR,
            f"community {task.community_code}: {cause}",
            layer="communities",
            place=task.community_code,
            community_code=task.community_code,
        )
        for task in tasks
        if task.community_code in answers
        for cause in answers[task.community_code].causes
    ]


def causes_of(solved: Iterable[Solved]) -> dict[str, str]:
    """Why the solver broke down, by the code of each community where it did."""
    return {s.code: s.solution.reason for s in solved if s.solution.status == FAILED}


def breakdowns(causes: Mapping[str, str], kept: Collection[str] = ()) -> list[Finding]:
    """List the communities that could not be divided, with the cause.

    Parameters
    ----------
    causes
        Why, by community code.
    kept
        Those of them whose grids stay as they were.
    """
    left = "it could not be solved and is left out: {}; the others are divided. "
    held = "it could not be divided anew and keeps its old grids: {}; the others are divided. "
    return [
        Finding(
            "community-kept" if code in kept else "community-failed",
            Severity.ERROR,
            f"community {code}: {(held if code in kept else left).format(causes[code])}"
            "Run again with --resume to try it once more",
            layer="communities",
            place=code,
            community_code=code,
        )
        for code in sorted(causes)
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


def out_of_range(solved: Iterable[Solved]) -> Iterator[Finding]:
    """List the communities without a plan in range: what is proven, what forces it, the cure."""
    for s in solved:
        answer = s.solution
        if not answer.breach:
            continue
        proven = answer.breach == answer.breach_bound
        claim = (
            "no plan misses it by less" if proven else f"at least {answer.breach_bound} is proven"
        )
        why = "; ".join(s.answer.causes) or answer.reason
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


def changes_of(solved: Iterable[Solved]) -> dict[str, dict[str, Any]]:
    """Per community what a re-division says of its change."""
    return {s.code: s.answer.change for s in solved if s.answer.change is not None}


def record_of(solved: Solved) -> dict[str, object]:
    """Gather what ``run.json`` holds of a community."""
    answer = solved.solution.to_dict()
    del answer["assignment"]
    ledger = [vars(x) for x in solved.ledger]
    return {**answer, "units": solved.units, "cut_m": solved.answer.cut_m, "ledger": ledger}


def alignment(solved: Iterable[Solved]) -> pd.DataFrame:
    """Table of the ledger: per community and layer, what is split and what any plan must split."""
    rows = [
        {
            "community_code": s.code,
            "layer": line.layer,
            "mode": line.mode,
            "households": line.households,
            "households_aligned": line.aligned,
            "zones": line.zones,
            "split_zones": len(line.split),
            "splits": line.splits,
            "least_splits": line.least_splits,
            "incidences": line.incidences,
            "excess_incidences": line.excess,
            "least_excess": line.least,
            "proven": "yes" if line.proven else "no",
            "stopped": line.stopped,
            "split_list": "; ".join(f"{zone} ({grids})" for zone, grids in line.split),
        }
        for s in solved
        for line in s.ledger
    ]
    return pd.DataFrame(rows)


def alternative_tables(solved: Iterable[Solved], layers: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Tables of the alternatives; number 0 is the plan itself."""
    numbered = [(s, n, a) for s in solved for n, a in enumerate(s.alternatives)]
    rows = [
        {
            "community_code": s.code,
            "alternative": number,
            "question": a.question,
            "households_moved": a.trade_off.moved,
            "breach": a.trade_off.breach,
            "objective": a.trade_off.objective,
            "dearer": a.trade_off.dearer,
            "grids": a.trade_off.grids,
            "fewest_households": a.trade_off.fewest,
            "most_households": a.trade_off.most,
            "cut_m": a.trade_off.cut_m,
            **{f"{layer}_excess": a.trade_off.excess.get(layer) for layer in layers},
            "stopped": a.solution.stopped,
        }
        for s, number, a in numbered
    ]
    units = [
        {"community_code": s.code, "alternative": number, "unit_id": unit, "grid": grid + 1}
        for s, number, a in numbered
        for unit, grid in zip(s.ids, a.solution.assignment.tolist(), strict=True)
    ]
    return {"alternatives": pd.DataFrame(rows), "alternative_units": pd.DataFrame(units)}
