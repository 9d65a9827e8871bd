"""Who neighbours whom, kept beside the page, so that drawing it again needs no cells grown."""

import gzip
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from gridplan.domain import Plan
from gridplan.maps.web.details import Details

NEIGHBOURS = "redraw/neighbours.json.gz"


def graph_key(plan: Plan, rules: str) -> str:
    """By what a graph is known again: units with their ground, and the rules they were joined by.

    Parameters
    ----------
    plan
        Its units in any order.
    rules
        Text of whatever else decides who are neighbours.
    """
    units = plan.units.sort_values("unit_id", kind="stable")
    told = hashlib.sha256(rules.encode())
    told.update("\n".join(units["unit_id"].astype(str)).encode())
    told.update(np.round(shapely.bounds(units.geometry.to_numpy()), 3).tobytes())
    return told.hexdigest()


def keep_graph(folder: Path, key: str, details: Details) -> None:
    """Write neighbours and blocks into a folder of maps; equal graphs give equal bytes."""
    pairs = details.pairs
    told = {
        "key": key,
        "a": pairs["a"].astype(str).tolist(),
        "b": pairs["b"].astype(str).tolist(),
        "shared_m": pairs["shared_m"].astype(float).tolist(),
        "blocks": dict(sorted(details.blocks.items())),
    }
    data = json.dumps(told, ensure_ascii=False).encode("utf-8")
    path = folder / NEIGHBOURS
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(data, 6, mtime=0))


def with_kept_graph(folder: Path, key: str, details: Details) -> Details | None:
    """``details`` with the neighbours and blocks kept in a folder; None where it has them not."""
    try:
        told = json.loads(gzip.decompress((folder / NEIGHBOURS).read_bytes()))
        if told["key"] != key:
            return None
        pairs = pd.DataFrame({name: told[name] for name in ("a", "b", "shared_m")})
        return replace(details, pairs=pairs, blocks=dict(told["blocks"]))
    except (OSError, ValueError, KeyError, TypeError, EOFError):  # gone, or torn by a crash
        return None
