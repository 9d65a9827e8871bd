"""The maps of a plan, in every kind that is asked for, and what they show beside it."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import geopandas as gpd
import numpy as np
import pandas as pd

from gridplan import __version__
from gridplan.config import Config
from gridplan.domain import Finding, Plan
from gridplan.layers import Inputs, read_table
from gridplan.maps import (
    Backdrop,
    Details,
    Section,
    Shelf,
    draw_before_after,
    draw_maps,
    draw_page,
    graph_key,
    keep_graph,
    people_sections,
    sheet_of,
)
from gridplan.prepare import Task
from gridplan.redivide import Outcome


def draw_kinds(
    plan: Plan,
    folder: Path,
    kinds: Sequence[str],
    config: Config,
    backdrop: Backdrop,
    details: Details,
    date: dt.date,
    on_done: Callable[[str], None] | None = None,
    sections: Mapping[str, Sequence[Section]] | None = None,
) -> list[Finding]:
    """Draw the chosen kinds of map (``png``, ``pdf``, ``svg``, ``html``) into ``folder``.

    ``sections`` are by grid code what its sheet tells besides, before the list of buildings. Files
    of an earlier drawing that this one would make but does not, such as the sheet of a grid that is
    no more, are deleted; whatever was not drawn here stays.
    """
    shared: _Shared = {
        "backdrop": backdrop,
        "project": config.project.name,
        "language": config.project.language,
        "date": date.isoformat(),
        "grid_range": (config.grids.min, config.grids.max),
    }
    formats = tuple(kind for kind in kinds if kind != "html")
    shelf, findings = Shelf(folder), []
    try:
        if "html" in kinds:
            draw_page(plan, folder / "index.html", details=details, **shared)
            if not details.plan_alone:
                keep_graph(folder, key_of_graph(plan, config), details)
            shelf.put("index.html")
            if on_done is not None:
                on_done("index.html")
        if formats:
            findings = draw_maps(
                plan,
                folder,
                formats=formats,
                sheets=config.outputs.sheets,
                paper=config.outputs.paper,
                atlas=config.outputs.atlas,
                sections=sections,
                workers=config.solve.workers,
                on_done=on_done,
                on_file=shelf.put,
                **shared,
            )
            shelf.clear(lambda name: _drawn_anew(name, formats, config))
    finally:
        shelf.write()
    return findings


def key_of_graph(plan: Plan, config: Config) -> str:
    """By what the graph of a plan is known again, see ``graph_key``."""
    parts = (config.inputs, config.topology, config.graph, config.institutions, config.grids)
    return graph_key(plan, "\n".join([__version__, *(part.model_dump_json() for part in parts)]))


def _drawn_anew(name: str, formats: Sequence[str], config: Config) -> bool:
    """Whether a file is of those that a drawing makes, if it makes any of their kind."""
    sheet, ending = sheet_of(name), Path(name).suffix[1:]
    if sheet == "atlas":
        return config.outputs.atlas
    return sheet in config.outputs.sheets and ending in formats


def sections_of(out: Path, config: Config) -> dict[str, tuple[Section, ...]]:
    """Read from the tables of an output what the sheet of a grid tells of its people and duties."""
    names = ("workload", "staff_register", "duties")
    tables = {name: read_table(out, name) for name in names}
    return people_sections(tables, config.project.language, names=config.outputs.people)


def draw_change(
    plan: Plan, folder: Path, changed: Outcome, config: Config, date: dt.date
) -> list[Finding]:
    """Draw a plan beside the previous one, where maps are drawn on paper."""
    shelf = Shelf(folder)
    try:
        findings = draw_before_after(
            plan,
            folder,
            old=changed.old,
            changes=changed.before_after,
            moved=changed.moved,
            project=config.project.name,
            language=config.project.language,
            date=date.isoformat(),
            on_file=shelf.put,
        )
        shelf.clear(lambda name: sheet_of(name) == "before")
    finally:
        shelf.write()
    return findings


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
