"""By what a run is known again, and what it records of itself in ``run.json``."""

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path

from gridplan import __version__
from gridplan.codes import BANDING_RULE, Standing
from gridplan.config import Config
from gridplan.domain import Finding
from gridplan.layers import Inputs
from gridplan.redivide import digest_of
from gridplan.runs import Options, Result
from gridplan.solved import record_of


def signature_of(
    config: Config, inputs: Inputs, options: Options, standing: Standing | None
) -> str:
    """SHA-256 (hex) of all that decides what a run writes; a resumed run must have the same."""
    hand = options.assignment
    parts = {
        "version": __version__,
        "config": config.digest(),
        "inputs": dict(inputs.hashes),
        "only": sorted(options.only),
        "assignment": hashlib.sha256(hand.read_bytes()).hexdigest()
        if hand and hand.is_file()
        else "",
        "alternatives": options.alternatives,
        "level": options.level.value,
        "codes": standing.digest() if standing else "",
        **_asked_of(options),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _asked_of(options: Options) -> dict[str, object]:
    """What is asked of a re-division, the previous plan by its content; nothing where none is."""
    if options.redivide is None:
        return {}
    asked = asdict(options.redivide)
    return {"redivide": {**asked, "previous": digest_of(options.redivide.previous)}}


def run_record(
    config: Config, inputs: Inputs, options: Options, result: Result, out: Path
) -> dict[str, object]:
    """Gather what ``run.json`` holds."""
    left_out = ("community-conflict", "community-failed")
    partial = options.only or any(f.kind in left_out for f in result.findings)
    return {
        "version": __version__,
        "configuration": config.to_dict(),
        "configuration_file": _relative(config.file, out),
        "inputs": dict(inputs.hashes),
        "date": options.date,
        "only": sorted(inputs.communities["community_code"]) if partial else [],
        "failed": [
            f.place for f in result.findings if f.kind in ("community-failed", "community-kept")
        ],
        "seed": config.solve.seed,
        "numbering": BANDING_RULE,
        "level": options.level.value,
        "streets": {s.code: record_of(s) for s in result.streets},
        "communities": {s.code: record_of(s) for s in result.solved},
        **({} if result.redivision is None else {"redivision": dict(result.redivision)}),
        "households": result.ledger.to_dict("records"),
        "findings": [_finding_record(f) for f in result.findings],
        "audit": [_finding_record(f) for f in result.audit],
        "seconds": round(result.seconds, 1),
    }


def _relative(file: Path, out: Path) -> str:
    try:
        return Path(os.path.relpath(file, out.absolute())).as_posix()
    except ValueError:  # another drive
        return file.as_posix()


def _finding_record(finding: Finding) -> dict[str, object]:
    return {k: v for k, v in vars(finding).items() if v not in ("", None)}
