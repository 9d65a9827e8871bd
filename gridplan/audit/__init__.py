"""The auditor: every promise recomputed from the written plan and the inputs.

It shares no code with the optimiser and believes none of its claims. What it verifies itself is an
exception, what it cannot is broken; ``docs/audit.md`` explains every kind of finding.
"""

import pandas as pd

from gridplan.audit.blocks import check_blocks
from gridplan.audit.columns import check_columns
from gridplan.audit.contiguity import check_contiguity
from gridplan.audit.features import check_features, check_road_lengths
from gridplan.audit.footprints import check_footprints
from gridplan.audit.ground import judge_joins, survey
from gridplan.audit.institutions import DECIDED, check_institutions
from gridplan.audit.kinds import Kind
from gridplan.audit.listed import check_listed
from gridplan.audit.measures import measuring
from gridplan.audit.members import check_cuts, check_members
from gridplan.audit.ranges import check_ranges
from gridplan.audit.shape import require_layers
from gridplan.audit.stairwells import check_stairwells
from gridplan.audit.tiling import check_tiling
from gridplan.audit.view import LISTED_KINDS, make_view
from gridplan.config import Config
from gridplan.domain import Finding, Plan, Severity
from gridplan.layers.inputs import Inputs
from gridplan.processes import give_back

__all__ = ["DECIDED", "LISTED_KINDS", "Kind", "audit_plan"]

_ORDER = [Severity.ERROR, Severity.BROKEN, Severity.EXCEPTION, Severity.WARNING]


def audit_plan(
    plan: Plan,
    inputs: Inputs,
    config: Config,
    exceptions: pd.DataFrame,
    decisions: pd.DataFrame | None = None,
    *,
    ours: bool = True,
) -> list[Finding]:
    """Recompute every promise of a written plan.

    Parameters
    ----------
    plan
        The layers of ``plan.gpkg``, in the CRS of ``inputs``.
    inputs, config
        The job that it answers, restricted to the communities that the run was asked for.
    exceptions
        ``tables/exceptions.csv``: ``kind``, ``community_code``, ``grid_code``, ``place``,
        ``other``, ``value``. Links and joined parts hold only where listed here and verified.
    decisions
        ``tables/institution_decisions.csv`` as text. A unit grid holds only where it stands here
        and its tests come out again.
    ours
        Whether gridplan made the plan. The codes of others are names that need fit no profile, and
        no optimiser claims anything about their grids.

    Returns
    -------
    list of Finding
        Broken promises, then verified exceptions, warnings and remarks, each sorted by kind,
        community and place. The plan keeps its promises where none is ``broken``.

    Raises
    ------
    LayerError
        The layers cannot be audited at all; every reason at once.
    """
    require_layers(plan, inputs, tuple(config.inputs.zones), exceptions)
    view, findings = make_view(plan, inputs, config, exceptions, decisions, ours=ours)
    del plan
    give_back()
    with measuring(view) as measures:
        findings += check_members(view)
        findings += check_stairwells(view)
        findings += check_features(view)
        findings += check_institutions(view)
        findings += check_columns(view)
        measured = measures()
    give_back()
    ground = survey(view, measured)
    measured = measured.surveyed()
    joins = judge_joins(ground)
    findings += check_tiling(view, measured)
    findings += check_contiguity(ground, joins)
    findings += check_cuts(view, measured)
    findings += check_footprints(view, measured)
    findings += check_road_lengths(view, measured)
    findings += check_ranges(ground)
    findings += check_blocks(ground)
    findings += check_listed(ground, joins)
    return sorted(findings, key=_rank)


def _rank(finding: Finding) -> tuple[int, str, str, str, str]:
    known = finding.severity in _ORDER
    weight = _ORDER.index(finding.severity) if known else len(_ORDER)
    return weight, finding.kind, finding.community_code, finding.place, finding.other
