"""What came of a job, as its output folder tells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gridplan.batch.jobs import Job
from gridplan.errors import GridplanError
from gridplan.layers import read_run, read_table

DONE, BEFORE, BROKEN, FAILED = "done", "done before", "broken", "failed"
"""A job is done, was done before (``--resume``), broke a promise, or failed."""

PROMISE_BROKEN = 4
LEFT_OUT = ("community-conflict", "community-failed")


@dataclass(frozen=True)
class Outcome:
    """What came of one job.

    Parameters
    ----------
    job
        The job.
    status
        ``done``, ``done before``, ``broken`` or ``failed``.
    exit_code
        What the job alone would have left with.
    causes
        What went wrong, one line each.
    seconds
        Wall time of the job in this batch.
    run
        ``run.json`` of the result; empty where there is none.
    digest
        SHA-256 of the configuration as it took effect; empty where it cannot be read.
    measures
        Numbers by name, see ``measure``; empty where there is no result.
    """

    job: Job
    status: str
    exit_code: int = 0
    causes: tuple[str, ...] = ()
    seconds: float = 0.0
    run: Mapping[str, Any] = field(default_factory=dict, repr=False)
    digest: str = ""
    measures: Mapping[str, Any] = field(default_factory=dict)

    def row(self) -> dict[str, object]:
        """One line of the summary."""
        return {
            "job": self.job.name,
            "configuration": self.job.config.as_posix(),
            "out": self.job.out.as_posix(),
            "status": self.status,
            "exit_code": self.exit_code,
            "cause": "; ".join(self.causes),
            **self.measures,
            "seconds": round(self.seconds, 1),
            "seed": self.run.get("seed"),
            "version": self.run.get("version", ""),
            "configuration_digest": self.digest,
            "input_digests": "; ".join(f"{k} {v}" for k, v in sorted(self._inputs().items())),
        }

    def record(self) -> dict[str, object]:
        """What the manifest holds: the summary, and every community's status and bound."""
        told = ("status", "objective", "bound", "gap", "breach", "grids", "seconds", "stopped")
        communities: Mapping[str, Mapping[str, Any]] = self.run.get("communities", {})
        return {
            **self.row(),
            "causes": list(self.causes),
            "changes": dict(self.job.changes),
            "inputs": self._inputs(),
            "configuration_in_effect": self.run.get("configuration"),
            "communities": {
                code: {name: answer.get(name) for name in told}
                for code, answer in communities.items()
            },
        }

    def _inputs(self) -> dict[str, str]:
        return dict(self.run.get("inputs", {}))


def failed(job: Job, error: BaseException, seconds: float) -> Outcome:
    """Say of a job that failed why it did."""
    if isinstance(error, GridplanError):
        return Outcome(job, FAILED, error.exit_code, error.problems, seconds)
    return Outcome(job, FAILED, 1, (f"{type(error).__name__}: {error}",), seconds)


def finished(job: Job, digest: str, seconds: float, *, before: bool) -> Outcome:
    """Read what a job left.

    Parameters
    ----------
    job
        The job.
    digest
        Of its configuration.
    seconds
        Wall time.
    before
        Whether it was finished before.
    """
    run = read_run(job.out)
    causes = tuple(_causes(run))
    status = BROKEN if causes else BEFORE if before else DONE
    code = PROMISE_BROKEN if causes else 0
    return Outcome(job, status, code, causes, seconds, run, digest, measure(job.out, run))


def _causes(run: Mapping[str, Any]) -> Sequence[str]:
    listed = [*run.get("findings", ()), *run.get("audit", ())]
    return [str(f["message"]) for f in listed if f.get("severity") in ("broken", "error")]


def measure(out: Path, run: Mapping[str, Any]) -> dict[str, Any]:
    """Measure a finished plan from what stands in its folder.

    Returns
    -------
    dict
        ``communities``, ``optimal`` (proven so), ``left_out``, ``grids``, ``workers`` (residential
        grids: each needs one), ``in_range`` (share of residential grids, exempt ones included),
        ``households``, ``change`` (share of the households whose grid is another one than in the
        previous plan; None without one), ``breach`` (households), ``objective`` and ``bound``
        (sums; None where a community has none), ``gap``, ``border_m`` and per layer
        ``<layer>_aligned`` (share of households whose grid lies in one zone) and
        ``<layer>_excess``.
    """
    communities = list(run.get("communities", {}).values())
    register = read_table(out, "grid_register")
    residential = register[register["grid_kind"] == "residential"]
    inside = residential["range_status"].isin(["in", "exempt"])
    objective, bound = (_sum(answer.get(key) for answer in communities) for key in _COSTS)
    left_out = [f for f in run.get("findings", ()) if f.get("kind") in LEFT_OUT]
    found = {
        "communities": len(communities),
        "optimal": sum(answer["status"] == "optimal" for answer in communities),
        "left_out": len(left_out),
        "grids": len(register),
        "workers": len(residential),
        "in_range": round(float(inside.mean()), 6) if len(inside) else None,
        "households": int(register["households"].astype("int64").sum()),
        "change": _change(run),
        "breach": sum(int(answer["breach"]) for answer in communities),
        "objective": objective,
        "bound": bound,
        "gap": None if objective is None or bound is None else _gap(objective, bound),
        "border_m": round(sum(float(answer.get("cut_m", 0.0)) for answer in communities), 1),
    }
    return found | _alignment(communities)


def _change(run: Mapping[str, Any]) -> float | None:
    told = run.get("redivision") or {}
    return round(told["moved"] / max(told["households"], 1), 6) if told else None


_COSTS = ("objective", "bound")


def _sum(values: Any) -> float | None:
    numbers = list(values)
    return None if None in numbers else round(float(sum(numbers)), 6)


def _gap(objective: float, bound: float) -> float:
    return round(max(0.0, objective - bound) / max(abs(objective), 1e-9), 6)


def _alignment(communities: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    total: dict[str, list[int]] = {}
    for answer in communities:
        for line in answer.get("ledger", ()):
            held = total.setdefault(line["layer"], [0, 0, 0])
            for place, name in enumerate(("aligned", "households", "excess")):
                held[place] += int(line[name])
    found: dict[str, Any] = {}
    for layer, (aligned, households, excess) in total.items():
        found[f"{layer}_aligned"] = round(aligned / max(households, 1), 6)
        found[f"{layer}_excess"] = excess
    return found
