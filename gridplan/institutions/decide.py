"""The five tests of a unit grid, on numbers alone: every measure with its threshold."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from gridplan.config.institutions import InstitutionRules, Override

TESTS = ("whole", "large", "non-residential", "permanent", "able")
"""The five tests, in the order of the table."""

UNKNOWN = float("nan")


@dataclass(frozen=True)
class Facts:
    """What is known about one institution; NaN where it is not.

    Parameters
    ----------
    institution_id, name
        As read.
    parts, compactness, area_m2
        Of its premises; NaN for a point.
    floor_area_m2, staff, students
        As given.
    nonresidential_share, clear_border
        Shares, 0 to 1.
    households
        On the premises.
    permanent
        1 or 0; ``years`` is the number of years instead.
    body
        Who answers for it; "" where nobody is named.
    """

    institution_id: str
    name: str = ""
    parts: float = UNKNOWN
    compactness: float = UNKNOWN
    area_m2: float = UNKNOWN
    floor_area_m2: float = UNKNOWN
    staff: float = UNKNOWN
    students: float = UNKNOWN
    nonresidential_share: float = UNKNOWN
    households: float = UNKNOWN
    clear_border: float = UNKNOWN
    permanent: float = UNKNOWN
    years: float = UNKNOWN
    body: str = ""


@dataclass(frozen=True)
class Measure:
    """One reading of one test."""

    test: str
    measure: str
    value: str
    threshold: str
    passed: bool


@dataclass(frozen=True)
class Decision:
    """What is decided about one institution.

    Parameters
    ----------
    institution_id, name
        As read.
    measures
        Every reading, in the order of the tests; then what else was asked.
    tests_passed
        Whether all five tests are passed.
    unit_grid
        The decision.
    reason
        Why, in one sentence.
    overridden
        Whether planners have decided it.
    """

    institution_id: str
    name: str
    measures: tuple[Measure, ...]
    tests_passed: bool
    unit_grid: bool
    reason: str
    overridden: bool = False

    def turned_down(self, measure: Measure, reason: str) -> "Decision":
        """Decide against it after all, for a reason that is no test of its own."""
        measures = (*self.measures, measure)
        return replace(self, measures=measures, unit_grid=False, reason=reason)


def decide(facts: Facts, rules: InstitutionRules, override: Override | None = None) -> Decision:
    """Judge one institution.

    Parameters
    ----------
    facts
        What is known about it.
    rules
        The thresholds.
    override
        What planners have decided about it; None where nothing.
    """
    measures = tuple(_measures(facts, rules))
    failed = failed_tests(measures)
    passed, reason = not failed, "passes all five tests"
    if failed:
        told = (_failure(test, [m for m in measures if m.test == test]) for test in failed)
        reason = "fails " + "; ".join(told)
    elif not rules.unit_grids:
        reason = "passes all five tests, but institutions.unit_grids is false"
    unit_grid = passed and rules.unit_grids
    if override is not None:
        said = _yes(override.unit_grid)
        row = Measure("override", "unit_grid", said, said, override.unit_grid)
        measures, unit_grid = (*measures, row), override.unit_grid
        reason = f"decided by override: {override.reason} (by the tests: {reason})"
    return Decision(
        facts.institution_id, facts.name, measures, passed, unit_grid, reason, override is not None
    )


def failed_tests(measures: Iterable[Measure]) -> list[str]:
    """Name the tests that are not passed: *large* needs one of its measures, the others all."""
    rows = list(measures)
    failed = []
    for test in TESTS:
        results = [m.passed for m in rows if m.test == test]
        if not (any(results) if test == "large" else all(results)):
            failed.append(test)
    return failed


def _measures(facts: Facts, rules: InstitutionRules) -> Iterator[Measure]:
    yield _most("whole", "parts", facts.parts, rules.max_parts)
    yield _least("whole", "compactness", facts.compactness, rules.min_compactness)
    yield _least("large", "area_m2", facts.area_m2, rules.min_area_m2)
    yield _least("large", "floor_area_m2", facts.floor_area_m2, rules.min_floor_area_m2)
    yield _least("large", "staff", facts.staff, rules.min_staff)
    yield _least("large", "students", facts.students, rules.min_students)
    domination = rules.min_nonresidential_share
    yield _least("non-residential", "nonresidential_share", facts.nonresidential_share, domination)
    yield _most("non-residential", "households", facts.households, rules.max_households)
    clear = rules.min_clear_border
    yield _least("non-residential", "clear_border", facts.clear_border, clear)
    if math.isnan(facts.years):
        told = "" if math.isnan(facts.permanent) else _yes(facts.permanent > 0)
        yield Measure("permanent", "permanent", told, "yes", facts.permanent > 0)
    else:
        yield _least("permanent", "years", facts.years, rules.min_years)
    yield Measure("able", "body", facts.body, "named", bool(facts.body))


def _least(test: str, measure: str, value: float, limit: float) -> Measure:
    return Measure(test, measure, _number(value), f">= {_number(limit)}", value >= limit)


def _most(test: str, measure: str, value: float, limit: float) -> Measure:
    return Measure(test, measure, _number(value), f"<= {_number(limit)}", value <= limit)


def _number(value: float) -> str:
    """Spell a number as tables show it; "" where it is unknown."""
    if math.isnan(value):
        return ""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _failure(test: str, rows: Sequence[Measure]) -> str:
    wrong = [m for m in rows if not m.passed]
    told = ", ".join(f"{m.measure} {m.value or 'unknown'}, not {m.threshold}" for m in wrong)
    return f"{test} ({told})"


def decision_table(decisions: Sequence[Decision]) -> pd.DataFrame:
    """Write decisions as ``tables/institution_decisions``: one row a measure."""
    rows = [
        {
            "institution_id": decision.institution_id,
            "step": step,
            "name": decision.name,
            "test": row.test,
            "measure": row.measure,
            "value": row.value,
            "threshold": row.threshold,
            "passed": _yes(row.passed),
            "test_passed": _yes(row.test not in failed_tests(decision.measures) and _other(row)),
            "unit_grid": _yes(decision.unit_grid),
            "reason": decision.reason,
        }
        for decision in decisions
        for step, row in enumerate(decision.measures, start=1)
    ]
    return pd.DataFrame(rows)


def _other(row: Measure) -> bool:
    """Tell whether a row that belongs to no test, such as an override, says yes."""
    return row.test in TESTS or row.passed
