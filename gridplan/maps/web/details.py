"""What the page needs to know besides the polygons of a plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from gridplan.domain import Finding, Plan, Severity
from gridplan.topology import shared_edges

LINK_KINDS = ("link", "part-joined")
"""Findings that make neighbours of two units (``place``, ``other``) where geometry shows none."""

SHOWN = (
    Severity.ERROR,
    Severity.BROKEN,
    Severity.WARNING,
    Severity.EXCEPTION,
    Severity.REPAIRED,
)
"""Severities that the page shows."""


def _no_pairs() -> pd.DataFrame:
    return pd.DataFrame({"a": [], "b": [], "shared_m": []})


@dataclass(frozen=True, eq=False)
class Details:
    """Neighbours, blocks, findings and rules, for the page and its what-if.

    Parameters
    ----------
    pairs
        ``a``, ``b`` (unit ids), ``shared_m`` (metres of border, 0 for a link): neighbouring units.
    blocks
        Block id by unit id, for the units that have one; ids of two communities may be alike.
    findings
        Of the run and of its audit.
    modes
        ``soft``, ``nest`` or ``whole`` by jurisdiction layer.
    target
        Households that a grid should have; the middle of the range where left out.
    household_basis
        ``registered``, ``resident`` or ``dwelling``.
    plan_alone
        Whether the neighbours are those that the polygons of the plan show, and no better.
    """

    pairs: pd.DataFrame = field(default_factory=_no_pairs)
    blocks: Mapping[str, str] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    modes: Mapping[str, str] = field(default_factory=dict)
    target: float | None = None
    household_basis: str = "registered"
    plan_alone: bool = False

    def shown(self) -> list[Finding]:
        """Findings that the page shows, each once."""
        once: dict[tuple[object, ...], Finding] = {}
        for f in self.findings:
            if f.severity in SHOWN:
                once.setdefault((f.kind, f.layer, f.place, f.other, f.community_code, f.message), f)
        return list(once.values())


def pairs_of_plan(
    plan: Plan, findings: Sequence[Finding], min_shared_m: float = 1.0
) -> pd.DataFrame:
    """Neighbouring units as a finished plan alone shows them.

    Parameters
    ----------
    plan
        The plan; a border of two units of one community makes them neighbours, along a hard
        barrier too, as a plan does not tell where those run.
    findings
        Those of ``LINK_KINDS`` make neighbours of ``place`` and ``other``.
    min_shared_m
        Shortest border that counts, in metres.

    Returns
    -------
    pandas.DataFrame
        ``a``, ``b``, ``shared_m``.
    """
    units = plan.units
    edges = shared_edges(np.asarray(units.geometry.array, dtype=object))
    table = pd.DataFrame({"a": edges.left, "b": edges.right, "shared_m": edges.length_m})
    table = table.groupby(["a", "b"], sort=True)[["shared_m"]].sum().reset_index()
    home = units["community_code"].to_numpy()
    alike = home[table["a"]] == home[table["b"]]
    table = table[alike & (table["shared_m"] >= max(min_shared_m, 1e-9))]
    ids = units["unit_id"].to_numpy(dtype=object)
    links = [(f.place, f.other) for f in findings if f.kind in LINK_KINDS]
    return pd.DataFrame(
        {
            "a": [*ids[table["a"]], *(a for a, _ in links)],
            "b": [*ids[table["b"]], *(b for _, b in links)],
            "shared_m": [*table["shared_m"], *(0.0 for _ in links)],
        }
    )
