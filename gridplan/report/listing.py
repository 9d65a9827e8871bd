"""Findings as a report lists them: cause and cure apart, marked where the audit verified them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from gridplan.domain import Severity
from gridplan.report import kinds
from gridplan.sentences import CURE_ZH, told

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
    """One finding, its message in English; ``verified`` where the audit found it true by itself."""

    kind: str
    severity: str
    community_code: str
    grid_code: str
    place: str
    message: str
    verified: bool = False

    def cause(self, language: str) -> str:
        """What was found, without its cure and without the community's code."""
        return self.said(language)[0]

    def cure(self, language: str) -> str:
        """What mends it: as the message says, else what mends its kind."""
        return self.said(language)[1] or kinds.cure(self.kind, language)

    def said(self, language: str) -> tuple[str, str]:
        """Cause and cure as the message says them; the cure is empty where it names none."""
        text = told(self.kind, self.message, language)
        for name in (f"community {self.community_code}: ", f"社区{self.community_code}："):
            text = text.removeprefix(name)
        cause, _, cure = text.partition(CURE if CURE in text else CURE_ZH)
        return cause[:1].upper() + cause[1:], cure[:1].upper() + cure[1:]


def listed_of(exceptions: pd.DataFrame, audit: Iterable[Mapping[str, Any]]) -> tuple[Listed, ...]:
    """Join the exceptions table with what the audit adds, the most severe first.

    Parameters
    ----------
    exceptions
        ``tables/exceptions``, all text.
    audit
        Findings of the audit as ``run.json`` holds them; its notes are left out.
    """
    found = {(row["kind"], row["place"]): _listed(row) for row in exceptions.to_dict("records")}
    for row in audit:
        if row.get("severity") not in SHOWN:
            continue
        key = (str(row.get("kind", "")), str(row.get("place", "")))
        verified = row.get("severity") == Severity.EXCEPTION
        found[key] = replace(found.get(key) or _listed(row), verified=verified)
    return tuple(sorted(found.values(), key=_rank))


def _listed(row: Mapping[Any, Any]) -> Listed:
    return Listed(
        kind=str(row.get("kind", "")),
        severity=str(row.get("severity", "")),
        community_code=str(row.get("community_code") or ""),
        grid_code=str(row.get("grid_code") or ""),
        place=str(row.get("place") or ""),
        message=str(row.get("message", "")),
    )


def _rank(finding: Listed) -> tuple[int, int, str, str, str]:
    severity = RANKS.index(Severity(finding.severity)) if finding.severity in RANKS else len(RANKS)
    order = KIND_ORDER.index(finding.kind) if finding.kind in KIND_ORDER else len(KIND_ORDER)
    return severity, order, finding.kind, finding.community_code, finding.place
