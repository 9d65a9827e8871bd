"""Hard rules that leave no plan: the smallest sets of them that exclude each other."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from gridplan.optimise.contract import ConflictError, contract
from gridplan.optimise.cures import (
    Bench,
    Cause,
    Cure,
    least_set,
    ranked,
    softened,
    unblocked,
    unlocked,
)
from gridplan.optimise.problem import Problem

MOST = 5  # conflicts that are told apart


class Rule(NamedTuple):
    """A rule that can be dropped: a lock, a nested layer, a fixed number of grids or a block."""

    kind: str
    name: tuple[str, ...]

    @property
    def text(self) -> str:
        """The rule in words."""
        if self.kind == "lock":
            return " ".join(("lock", *self.name)).rstrip()
        words = {"nest": "nested layer {}", "count": "exactly {} grids", "block": "block {}"}
        return words[self.kind].format(self.name[0])

    def cure(self, breach: int | None) -> Cure:
        """Dropping it, with the breach this leaves."""
        kinds = {
            "lock": ("drop-lock", f"drop the {self.text}"),
            "nest": ("soften-layer", f"make layer {self.name[0]} soft"),
            "count": ("other-count", f"allow another number than {self.name[0]} grids"),
            "block": ("split-block", f"divide block {self.name[0]} into its units"),
        }
        return Cure(*kinds[self.kind], breach)

    def dropped(self, problem: Problem) -> Problem:
        """The problem without this rule."""
        if self.kind == "lock":
            return unlocked(problem, [(self.name[0], self.name[1], self.name[2])])
        if self.kind == "nest":
            return softened(problem, self.name)
        if self.kind == "block":
            return unblocked(problem, self.name[0])
        return replace(problem, grids=None)


def explain_conflict(problem: Problem, reason: str, bench: Bench) -> list[Cause]:
    """Sets of rules that exclude each other, until the rest of the rules leaves a plan."""
    causes: list[Cause] = []
    rest = problem
    while len(causes) < MOST and _hopeless(rest, bench):
        rules = _rules(rest)
        clash = least_set(rules, lambda kept, rest=rest: _hopeless(_only(rest, kept), bench))  # type: ignore[misc]
        if not clash or _hopeless(_only(rest, []), bench):
            break
        causes.append(_cause(problem, rest, clash, bench))
        rest = clash[0].dropped(rest)
    causes.sort(key=lambda cause: cause.message)
    return causes or [Cause("conflict", reason or "no plan keeps the hard rules")]


def _rules(problem: Problem) -> list[Rule]:
    """Every rule that may be in a conflict, blocks first: they are the last to be blamed."""
    members: dict[str, int] = {}
    for block in problem.block:
        if block is not None:
            members[block] = members.get(block, 0) + 1
    rules = [
        Rule("block", (b,)) for b in sorted(members) if members[b] > 1 and _suspect(problem, b)
    ]
    rules += [Rule("nest", (x,)) for x in problem.zones if problem.modes[x] == "nest"]
    if problem.grids is not None:
        rules.append(Rule("count", (str(problem.grids),)))
    return rules + [Rule("lock", lock) for lock in sorted(set(problem.locks))]


def _suspect(problem: Problem, block: str) -> bool:
    """Whether a block reaches over a nested line, or lies under a lock."""
    members = [i for i, b in enumerate(problem.block) if b == block]
    nests = [problem.zones[x] for x in problem.zones if problem.modes[x] == "nest"]
    if any(len({zones[i] for i in members} - {None}) > 1 for zones in nests):
        return True
    named = {name for _, a, b in problem.locks for name in (a, b)}
    old = problem.previous or (None,) * len(problem.block)
    return any(problem.node_ids[i] in named or old[i] in named for i in members)


def _only(problem: Problem, kept: Sequence[Rule]) -> Problem:
    """The problem with these of its rules and no others."""
    for rule in _rules(problem):
        if rule not in kept:
            problem = rule.dropped(problem)
    return problem


def _hopeless(problem: Problem, bench: Bench) -> bool:
    """Whether no plan keeps the rules; contradictions show without solving."""
    try:
        contract(problem)
    except ConflictError:
        return True
    return bench.tries > 0 and bench.solve(problem) is None


def _cause(problem: Problem, rest: Problem, clash: list[Rule], bench: Bench) -> Cause:
    rules = sorted(clash, key=lambda rule: (rule.kind == "block", rule.kind, rule.name))
    if len(rules) == 1:
        text = f"no plan keeps {rules[0].text}"
    else:
        text = f"these rules exclude each other: {', '.join(rule.text for rule in rules)}"
    try:
        contract(_only(rest, clash))
    except ConflictError as conflict:
        text += f" ({conflict})"
    nests = [rule.name[0] for rule in rules if rule.kind == "nest"]
    return Cause(
        "conflict",
        text,
        layer=nests[0] if nests else "",
        place=rules[0].name[-1] if rules[0].kind == "block" else "",
        cures=ranked(rule.cure(bench.breach(rule.dropped(problem))) for rule in rules),
    )
