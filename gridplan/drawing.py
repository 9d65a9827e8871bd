"""The maps of a plan, in every kind that is asked for, and what they show beside it."""

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict

import geopandas as gpd
import numpy as np
import pandas as pd

from gridplan.config import Config
from gridplan.domain import Finding, Plan
from gridplan.layers import Inputs
from gridplan.maps import Backdrop, Details, draw_maps, draw_page
from gridplan.prepare import Task


def draw_kinds(
    plan: Plan,
    folder: Path,
    kinds: Sequence[str],
    config: Config,
    backdrop: Backdrop,
    details: Details,
    date: dt.date,
    on_done: Callable[[str], None] | None = None,
) -> list[Finding]:
    """Draw the chosen kinds of map (``png``, ``pdf``, ``svg``, ``html``) into ``folder``."""
    shared: _Shared = {
        "backdrop": backdrop,
        "project": config.project.name,
        "language": config.project.language,
        "date": date.isoformat(),
        "grid_range": (config.grids.min, config.grids.max),
    }
    if "html" in kinds:
        draw_page(plan, folder / "index.html", details=details, **shared)
        if on_done is not None:
            on_done("index.html")
    formats = tuple(kind for kind in kinds if kind != "html")
    if not formats:
        return []
    workers = config.solve.workers
    return draw_maps(plan, folder, formats=formats, workers=workers, on_done=on_done, **shared)


class _Shared(TypedDict):
    """What every kind of map takes."""

    backdrop: Backdrop
    project: str
    language: str
    date: str
    grid_range: tuple[int, int]


def page_details(config: Config, tasks: Sequence[Task], findings: Sequence[Finding]) -> Details:
    """Gather what the page knows besides the plan: the very graph that was divided."""
    pairs = [
        pd.DataFrame(
            {
                "a": np.array(task.problem.node_ids, dtype=object)[task.problem.edges[:, 0]],
                "b": np.array(task.problem.node_ids, dtype=object)[task.problem.edges[:, 1]],
                "shared_m": task.problem.shared_m,
            }
        )
        for task in tasks
        if len(task.problem.edges)
    ]
    blocks = {
        unit: block
        for task in tasks
        for unit, block in zip(task.problem.node_ids, task.problem.block, strict=True)
        if block is not None
    }
    return Details(
        pairs=pd.concat(pairs, ignore_index=True) if pairs else Details().pairs,
        blocks=blocks,
        findings=tuple(findings),
        modes={name: section.mode for name, section in config.inputs.zones.items()},
        target=float(config.grids.target),
        household_basis=config.inputs.units.household_basis,
    )


def backdrop_of(inputs: Inputs) -> Backdrop:
    """Choose what is drawn under the grids: footprints, roads, water and rail by their names."""
    units = inputs.units
    return Backdrop(
        roads=inputs.extra.get("roads"),
        buildings=inputs.extra.get("buildings", units[units.geom_type != "Point"]),
        water=_named(inputs, ("river", "water", "canal", "lake", "河", "水", "江", "湖")),
        rail=_named(inputs, ("rail", "metro", "铁", "轨")),
        zones=dict(inputs.zones),
        stairwells=None
        if inputs.stairwells is None
        else units.merge(inputs.stairwells[["unit_id", "stairwell"]], on="unit_id"),
    )


def _named(inputs: Inputs, words: tuple[str, ...]) -> "gpd.GeoDataFrame | None":
    for name in inputs.barriers:
        if any(word in name.casefold() for word in words):
            return inputs.barriers[name]
    return None
