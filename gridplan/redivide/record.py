"""What ``run.json`` tells of a re-division."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gridplan.redivide.job import Redivision
from gridplan.redivide.outcome import Outcome


def change_record(
    job: Redivision, outcome: Outcome, changes: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Gather the previous plan, what was allowed, and what changed.

    Parameters
    ----------
    job
        The re-division.
    outcome
        What it changed.
    changes
        Per community what is proven about its change, as ``Change.to_dict`` writes it.
    """
    units, table = outcome.units, outcome.before_after
    known = units[(units["old_grid_code"] != "") & (units["new_grid_code"] != "")]
    sums = {
        key: sum(int(change[key]) for change in changes.values())
        for key in ("households", "moved", "unchanged", "unchanged_moved", "least")
    }
    events = outcome.lineage[outcome.lineage["level"] == "grid"].drop_duplicates(["event", "code"])
    now = table[table["state"] == "now"]
    return {
        "previous": Path(job.before.name.split("|")[0]).name,
        "sha256": job.before.digest,
        "scope": job.wanted.policy.scope,
        "named": list(job.wanted.policy.named),
        "max_share": job.wanted.max_share,
        **sums,
        "share": _share(sums["moved"], sums["households"]),
        "unchanged_share": _share(sums["unchanged_moved"], sums["unchanged"]),
        "proven": all(change["proven"] for change in changes.values()),
        "units": {str(how): int(n) for how, n in units["matched"].value_counts().items()},
        "units_kept": int(known["unit_id"].nunique()),
        "flags": {str(flag): int(n) for flag, n in now["flag"].value_counts().sort_index().items()},
        "events": {str(e): int(n) for e, n in events["event"].value_counts().sort_index().items()},
        "communities": {code: dict(changes[code]) for code in sorted(changes)},
        "spent": outcome.spent,
    }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 6) if whole else 0.0
