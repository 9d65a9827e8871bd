"""What a report says in whole sentences, the same on screen and on paper."""

from collections.abc import Mapping

from gridplan.report.before import change_sentence
from gridplan.report.facts import CommunityRow, Facts
from gridplan.report.words import counted

USEFUL_GAP = 0.5
"""A proven gap above this says nothing to its reader."""


def verdict(facts: Facts, w: Mapping[str, str]) -> list[str]:
    """Say in a few sentences what came out; the last one is about the promises."""
    found = [
        w["verdict_grids"].format(
            grids=counted(w, "n_grids", facts.grids),
            households=counted(w, "n_households", facts.households),
            communities=counted(w, "n_communities", len(facts.communities)),
        ),
        _range(facts, w),
        _proof(facts, w),
    ]
    if facts.change is not None:
        found.append(change_sentence(facts.change, w))
    broken = counted(w, "verdict_broken", facts.broken) if facts.broken else w["verdict_holds"]
    return [*found, broken]


def _range(facts: Facts, w: Mapping[str, str]) -> str:
    out = facts.residential - facts.inside
    key = "verdict_only" if out == facts.residential == 1 else "verdict_some"
    return w[key if out else "verdict_all"].format(
        inside=counted(w, "n_inside", facts.inside, facts.residential),
        out=counted(w, "n_out", out),
        low=facts.low,
        high=facts.high,
    )


def _proof(facts: Facts, w: Mapping[str, str]) -> str:
    count = len(facts.communities)
    if facts.proven == count:
        return w["verdict_proof_all"]
    if not facts.proven:
        return w["verdict_proof_none"]
    return counted(w, "verdict_proof", facts.proven, count)


def status(row: CommunityRow, w: Mapping[str, str]) -> str:
    """Say what is proven of a community's plan."""
    if row.status != "breach":
        return w.get(row.status, row.status)
    key = "breach_least" if row.breach == row.breach_bound else "breach_open"
    return w[key].format(row.breach)


def gap(row: CommunityRow, w: Mapping[str, str]) -> str:
    """Say how far from the optimum a plan may be at most; nothing where it is no use."""
    if row.gap is None or row.gap > USEFUL_GAP:
        return w["no_bound"]
    return "0" if row.gap == 0 else f"{row.gap:.1%}"


def totals(facts: Facts, w: Mapping[str, str]) -> str:
    """Say whether totals in equal totals out; empty where it was not compared."""
    if facts.differences is None:
        return ""
    if facts.differences:
        return counted(w, "totals_off", facts.differences)
    return w["totals"].format(households=f"{facts.households:,}", units=f"{facts.units:,}")
