"""Checkpoints: what the optimiser said of a community, on disk."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from gridplan.answers import Answer
from gridplan.export import write_whole
from gridplan.optimise import Problem, Solution
from gridplan.optimise.alternatives import Alternative, TradeOff
from gridplan.optimise.ledger import LayerLine


def keep(answer: Answer, problem: Problem, path: Path) -> None:
    """Write a checkpoint, whole or not at all.

    Its first line is the digest of the rest, by which a torn file is told; the rest names the
    problem that is answered.

    Raises
    ------
    OutputError
        Where the folder or the disk does not allow it.
    """
    record = {
        **answer.solution.to_dict(),
        "problem": _digest_of(problem),
        "cut_m": answer.cut_m,
        "change": answer.change,
        "causes": list(answer.causes),
        "ledger": [asdict(line) for line in answer.ledger],
        "alternatives": [
            {
                "solution": a.solution.to_dict(),
                "trade_off": asdict(a.trade_off),
                "question": a.question,
            }
            for a in answer.alternatives
        ],
    }
    text = json.dumps(record).encode()
    write_whole(path, _sha(text) + b"\n" + text)


def restore(path: Path, problem: Problem) -> Answer | None:
    """Read a checkpoint; None where there is none, it is torn, or it answers another problem."""
    try:
        digest, _, text = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    if _sha(text) != digest:
        return None
    try:
        record = json.loads(text)
        if record.pop("problem") != _digest_of(problem):
            return None
        lines, others = record.pop("ledger"), record.pop("alternatives")
        cut_m, change = record.pop("cut_m"), record.pop("change")
        causes = tuple(str(cause) for cause in record.pop("causes"))
        return Answer(
            _solution(record),
            tuple(_line(x) for x in lines),
            tuple(_alternative(x) for x in others),
            cut_m,
            change,
            causes,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None  # whole, but not of this version


def _sha(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()


def _digest_of(problem: Problem) -> str:
    return _sha(json.dumps(problem.to_dict(), sort_keys=True).encode()).decode()


def _solution(record: dict[str, Any]) -> Solution:
    labels = np.array(record.pop("assignment"), dtype=np.int64)
    return Solution(assignment=labels, **record)


def _line(record: dict[str, Any]) -> LayerLine:
    split = tuple((str(zone), int(grids)) for zone, grids in record.pop("split"))
    return LayerLine(split=split, **record)


def _alternative(record: dict[str, Any]) -> Alternative:
    worth = TradeOff(**record["trade_off"])
    return Alternative(_solution(record["solution"]), worth, record["question"])
