"""Findings as a report lists them: cause and cure apart, marked where the audit verified them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from gridplan.domain import Severity
from gridplan.report import kinds

RANKS = (
    Severity.ERROR,
    Severity.BROKEN,
    Severity.EXCEPTION,
    Severity.WARNING,
    Severity.REPAIRED,
    Severity.INFO,
)
SHOWN = (Severity.ERROR, Severity.BROKEN, Severity.EXCEPTION, Severity.WARNING)
KIND_ORDER = ("community-conflict", "no-plan-in-range", "block-over-max", "component-under-min")
CURE = "; cure: "


@dataclass(frozen=True)
class Listed:
    """One finding; ``verified`` where the audit found it true by itself."""

    kind: str
    severity: str
    community_code: str
    grid_code: str
    place: str
    cause: str
    cure: str
    verified: bool = False


def listed_of(
    exceptions: pd.DataFrame, audit: Iterable[Mapping[str, Any]], language: str
) -> tuple[Listed, ...]:
    """Join the exceptions table with what the audit adds, the most severe first.

    Parameters
    ----------
    exceptions
        ``tables/exceptions``, all text.
    audit
        Findings of the audit as ``run.json`` holds them; its notes are left out.
    language
        ``en`` or ``zh``: of cures that the message does not name.
    """
    found = {
        (row["kind"], row["place"]): _listed(row, language) for row in exceptions.to_dict("records")
    }
    for row in audit:
        if row.get("severity") not in SHOWN:
            continue
        key = (str(row.get("kind", "")), str(row.get("place", "")))
        verified = row.get("severity") == Severity.EXCEPTION
        found[key] = replace(found.get(key) or _listed(row, language), verified=verified)
    return tuple(sorted(found.values(), key=_rank))


def _listed(row: Mapping[Any, Any], language: str) -> Listed:
    kind = str(row.get("kind", ""))
    community = str(row.get("community_code") or "")
    message = str(row.get("message", "")).removeprefix(f"community {community}: ")
    cause, _, cure = message.partition(CURE)
    return Listed(
        kind=kind,
        severity=str(row.get("severity", "")),
        community_code=community,
        grid_code=str(row.get("grid_code") or ""),
        place=str(row.get("place") or ""),
        cause=cause[:1].upper() + cause[1:],
        cure=(cure[:1].upper() + cure[1:]) or kinds.cure(kind, language),
    )


def _rank(finding: Listed) -> tuple[int, int, str, str, str]:
    severity = RANKS.index(Severity(finding.severity)) if finding.severity in RANKS else len(RANKS)
    order = KIND_ORDER.index(finding.kind) if finding.kind in KIND_ORDER else len(KIND_ORDER)
    return severity, order, finding.kind, finding.community_code, finding.place
