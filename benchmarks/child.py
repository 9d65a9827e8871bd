"""One run of one peer on one problem, in a process of its own.

``python -m benchmarks.child PEER PROBLEM SECONDS SEED OUT GOAL`` writes JSON lines to OUT:
``ready`` with versions, ``start`` when the clock starts, ``plan`` for every improvement, and
``done`` or ``error``. GOAL is what a proven optimum is worth, or ``null``.
"""

import importlib
import importlib.metadata
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.judge import Judge, Verdict
from benchmarks.keeper import Keeper
from benchmarks.part import parts_of
from benchmarks.peers import PEERS, Proof, UnfitError


def peak_mb() -> float | None:
    """Largest resident memory of this process in MB, where the system tells."""
    try:
        text = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    line = next(row for row in text.splitlines() if row.startswith("VmHWM"))
    return round(int(line.split()[1]) / 1024, 1)


def run(peer: str, data: dict[str, Any], keeper: Keeper, seed: int) -> None:
    """Run one peer until it ends or its time is up."""
    module = importlib.import_module(f"benchmarks.peers.{PEERS[peer]}")
    versions = {name: importlib.metadata.version(name) for name in module.VERSION_OF}
    keeper.say(kind="ready", versions=versions)
    if hasattr(module, "answer"):
        module.prepare()
        module.answer(data, keeper, seed)
        keeper.say(kind="done", peak_mb=peak_mb())
    else:
        done = _parts(module, data, keeper, seed)
        keeper.say(kind="done", peak_mb=peak_mb(), **done)


def _parts(module: Any, data: dict[str, Any], keeper: Keeper, seed: int) -> dict[str, Any]:
    nodes = data["nodes"]
    xy = np.column_stack([nodes["x"], nodes["y"]]) if "x" in nodes and "y" in nodes else None
    parts = parts_of(keeper.judge, xy)
    keeper.start()
    keeper.begin(parts)
    proofs: list[Proof | None] = []
    for index, part in enumerate(parts):
        keeper.share(parts, index)
        proofs.append(module.improve(part, keeper, seed))
    done = {"seconds": keeper.passed(), "offered": keeper.offered}
    known = [proof for proof in proofs if proof is not None]
    if len(known) < len(parts) or keeper.value is None:
        return {**done, "proven": False}
    shortfall = sum(p.shortfall for p in known if p.shortfall is not None)
    cost = keeper.value.cost
    return {
        **done,
        "proven": all(p.proven for p in known),
        "bound": cost - shortfall,
        "gap": shortfall / max(abs(cost), 1e-9),
    }


def main(arguments: list[str]) -> int:
    """Run what the arguments name."""
    peer, problem, seconds, seed, out, goal = arguments
    known = json.loads(goal)
    data = json.loads(Path(problem).read_text(encoding="utf-8"))
    with Path(out).open("w", encoding="utf-8") as lines:
        keeper = Keeper(Judge(data), float(seconds), lines, known and Verdict(*known))
        try:
            run(peer, data, keeper, int(seed))
        except UnfitError as unfit:
            keeper.say(kind="error", text=f"unfit: {unfit}", peak_mb=peak_mb())
        except Exception as error:  # a peer may fail in any way; the record tells
            text = f"{type(error).__name__}: {error}".strip()
            keeper.say(kind="error", text=text[:300], peak_mb=peak_mb())
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
