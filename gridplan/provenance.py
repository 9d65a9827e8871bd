"""By what a run is known again, and what it records of itself in ``run.json``."""

import hashlib
import json
import os
from pathlib import Path

from gridplan import __version__
from gridplan.codes import BANDING_RULE, Standing
from gridplan.config import Config
from gridplan.domain import Finding
from gridplan.layers import Inputs
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
        "codes": standing.digest() if standing else "",
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def run_record(
    config: Config, inputs: Inputs, options: Options, result: Result, out: Path
) -> dict[str, object]:
    """Gather what ``run.json`` holds."""
    partial = options.only or any(f.kind == "community-conflict" for f in result.findings)
    return {
        "version": __version__,
        "configuration": config.to_dict(),
        "configuration_file": _relative(config.file, out),
        "inputs": dict(inputs.hashes),
        "date": options.date,
        "only": sorted(inputs.communities["community_code"]) if partial else [],
        "seed": config.solve.seed,
        "numbering": BANDING_RULE,
        "communities": {s.code: record_of(s) for s in result.solved},
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
