"""What a report says, as plain values, before it is laid out for a screen or for paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gridplan.domain import GridKind, Plan, Severity
from gridplan.report.change import Change, change_of
from gridplan.report.ledger import LayerRow, SplitRow, layer_rows, split_rows
from gridplan.report.listing import Listed, listed_of
from gridplan.report.outline import OUT_OF_RANGE, Outline, outline_of
from gridplan.report.people import People, people_of

Record = Mapping[str, Any]

NOTHING = pd.DataFrame(dtype=object)
BAD = (Severity.BROKEN.value, Severity.ERROR.value)


@dataclass(frozen=True)
class Dot:
    """One residential grid in a chart."""

    grid_code: str
    households: int
    out: bool


@dataclass(frozen=True)
class CommunityRow:
    """One community: its size, its grids, and what is proven of its plan.

    ``gap`` is None where there is no bound; ``breach_bound`` is the least breach that is proven.
    """

    code: str
    name: str
    street_code: str
    households: int
    grids: int
    residential: int
    inside: int
    status: str
    breach: int
    breach_bound: int
    cost: float | None
    bound: float | None
    gap: float | None
    seconds: float | None
    stopped: str
    dots: tuple[Dot, ...]

    @property
    def label(self) -> str:
        """Name, and the code where it says more."""
        return self.name if self.name and self.name != self.code else self.code

    @property
    def proven(self) -> bool:
        """Whether no better plan exists, also where the range is missed by the least possible."""
        return self.gap == 0 and self.breach == self.breach_bound


@dataclass(frozen=True)
class Facts:
    """All that a report says.

    Parameters
    ----------
    low, high, target
        Range and ideal of a residential grid, households.
    zones, barriers
        Mode, and weight of a soft layer, by name, as configured.
    layers, splits
        The ledger; zones split inside a community.
    findings
        What is listed, grouped by nothing yet, most severe first.
    broken
        Promises that do not hold.
    audit_kinds
        Severity, kind, number and one message of what the audit found.
    differences
        Communities whose households or units read and attributed differ; None where not compared.
    change
        What changed against the division before; None where there was none.
    """

    project: str
    language: str
    basis: str
    date: str
    low: int
    high: int
    target: float
    zones: Mapping[str, Record]
    barriers: Mapping[str, Record]
    streets: int
    units: int
    households: int
    communities: tuple[CommunityRow, ...]
    unit_grids: int
    layers: tuple[LayerRow, ...]
    splits: tuple[SplitRow, ...]
    findings: tuple[Listed, ...]
    broken: int
    audit_kinds: tuple[tuple[str, str, int, str], ...]
    differences: int | None
    street_names: Mapping[str, str]
    crs: str
    outline: Outline
    run: Record
    change: Change | None = None
    people: People | None = None

    @property
    def dots(self) -> tuple[Dot, ...]:
        """Every residential grid, community by community."""
        return tuple(dot for row in self.communities for dot in row.dots)

    @property
    def grids(self) -> int:
        """Number of grids of every kind."""
        return sum(row.grids for row in self.communities)

    @property
    def residential(self) -> int:
        """Number of residential grids."""
        return len(self.dots)

    @property
    def inside(self) -> int:
        """Number of residential grids in range."""
        return sum(not dot.out for dot in self.dots)

    @property
    def proven(self) -> int:
        """Number of communities whose plan is proven optimal."""
        return sum(row.proven for row in self.communities)

    @property
    def mean(self) -> float:
        """Mean households of a residential grid; 0 where there is none."""
        counts = [dot.households for dot in self.dots]
        return sum(counts) / len(counts) if counts else 0.0

    def decisions(self) -> list[Listed]:
        """List what somebody must decide: what is broken, out of range, or in conflict."""
        kinds = ("no-plan-in-range", "community-conflict", "component-under-min", "block-over-max")
        bad = [f for f in self.findings if f.severity in BAD]
        worst = set(bad)
        chosen = bad + [f for k in kinds for f in self.findings if f.kind == k and f not in worst]
        seen: set[str] = set()
        found = []
        for finding in chosen:  # one line a community: the first kind says most
            key = finding.community_code or finding.place
            if finding in worst or key not in seen:
                found.append(finding)
            seen.add(key)
        return found


def facts_of(
    plan: Plan,
    run: Record,
    exceptions: pd.DataFrame,
    alignment: pd.DataFrame,
    reconciliation: pd.DataFrame,
    before_after: pd.DataFrame = NOTHING,
    statistics: pd.DataFrame = NOTHING,
) -> Facts:
    """Gather what a report says.

    Parameters
    ----------
    plan
        The finished plan.
    run
        What ``run.json`` holds.
    exceptions, alignment, reconciliation, before_after, statistics
        The tables of these names, all text; empty where missing.
    """
    configuration = run["configuration"]
    grid, inputs = configuration["grids"], configuration["inputs"]
    audit = run.get("audit", [])
    found = listed_of(exceptions, audit)
    crs = plan.grids.crs
    authority = crs.to_authority() if crs is not None else None
    name = crs.name if crs is not None else "?"
    return Facts(
        project=str(configuration["project"]["name"]),
        language=str(configuration["project"]["language"]),
        basis=str(inputs["units"].get("household_basis") or "registered"),
        date=str(run.get("date", "")),
        low=int(grid["min"]),
        high=int(grid["max"]),
        target=float(grid["target"]),
        zones=inputs.get("zones", {}),
        barriers=inputs.get("barriers", {}),
        streets=len(plan.streets),
        units=len(plan.units),
        households=int(plan.grids["households"].sum()),
        communities=_communities(plan, run.get("communities", {})),
        unit_grids=int((plan.grids["grid_kind"] == GridKind.UNIT.value).sum()),
        layers=layer_rows(plan, inputs.get("zones", {}), alignment, int(grid["max"])),
        splits=split_rows(plan, alignment, int(grid["max"])),
        findings=found,
        broken=sum(f.severity in BAD for f in found),
        audit_kinds=_audit_kinds(audit),
        differences=_differences(reconciliation),
        street_names={
            str(code): str(text)
            for code, text in zip(
                plan.streets["street_code"], plan.streets["street_name"], strict=True
            )
        },
        crs=f"{name} ({authority[0]}:{authority[1]})" if authority else name,
        outline=outline_of(plan),
        run=run,
        change=change_of(before_after, run),
        people=people_of(statistics, str(configuration["project"]["language"])),
    )


def _communities(plan: Plan, solved: Mapping[str, Record]) -> tuple[CommunityRow, ...]:
    grids = pd.DataFrame(plan.grids.drop(columns=plan.grids.geometry.name))
    groups = dict(tuple(grids.sort_values("grid_code", kind="stable").groupby("community_code")))
    table = pd.DataFrame(plan.communities.drop(columns=plan.communities.geometry.name))
    rows = table.sort_values("community_code", kind="stable").to_dict("records")
    return tuple(
        _community(row, groups.get(row["community_code"]), solved.get(row["community_code"], {}))
        for row in rows
    )


def _community(row: Mapping[Any, Any], grids: pd.DataFrame | None, solved: Record) -> CommunityRow:
    dots: tuple[Dot, ...] = ()
    if grids is not None:
        own = grids[grids["grid_kind"] != GridKind.UNIT.value]
        columns = (own["grid_code"], own["households"], own["range_status"])
        dots = tuple(
            Dot(str(code), int(count), str(status) in OUT_OF_RANGE)
            for code, count, status in zip(*columns, strict=True)
        )
    gap = row.get("gap")
    return CommunityRow(
        code=str(row["community_code"]),
        name=_text(row.get("community_name")),
        street_code=_text(row.get("street_code")),
        households=int(row["households"]),
        grids=int(row["grids"]),
        residential=len(dots),
        inside=sum(not dot.out for dot in dots),
        status=str(row["status"]),
        breach=int(solved.get("breach") or 0),
        breach_bound=int(solved.get("breach_bound") or 0),
        cost=solved.get("objective"),
        bound=solved.get("bound"),
        gap=None if gap is None or pd.isna(gap) else float(gap),
        seconds=solved.get("seconds"),
        stopped=_text(row.get("stopped")),
        dots=dots,
    )


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)


def _audit_kinds(audit: Sequence[Record]) -> tuple[tuple[str, str, int, str], ...]:
    order = [severity.value for severity in (Severity.BROKEN, *Severity)]
    first: dict[tuple[str, str], str] = {}
    counts: dict[tuple[str, str], int] = {}
    for finding in audit:
        key = (str(finding.get("severity", "")), str(finding.get("kind", "")))
        counts[key] = counts.get(key, 0) + 1
        first.setdefault(key, str(finding.get("message", "")))
    ranked = sorted(counts, key=lambda key: (order.index(key[0]) if key[0] in order else 99, key))
    return tuple((*key, counts[key], first[key]) for key in ranked)


def _differences(table: pd.DataFrame) -> int | None:
    columns = ["households_difference", "units_difference"]
    if not len(table) or not set(columns) <= set(table.columns):
        return None
    numbers = table[columns].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    return int(np.count_nonzero((numbers != 0).any(axis=1)))
