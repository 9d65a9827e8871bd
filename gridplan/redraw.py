"""The maps of a finished plan, drawn anew."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gridplan.config import Config
from gridplan.domain import Finding, Plan, Severity
from gridplan.drawing import (
    backdrop_of,
    draw_change,
    draw_kinds,
    key_of_graph,
    page_details,
    sections_of,
)
from gridplan.errors import LayerError
from gridplan.layers import Inputs, config_of_run, read_inputs, read_plan, read_run
from gridplan.levels import inputs_of_run
from gridplan.maps import Backdrop, Details, pairs_of_plan, with_kept_graph
from gridplan.prepare import community_tasks, prepare_ground, restrict
from gridplan.redivide import outcome_of_folder
from gridplan.runs import Progress


def redraw(
    out: Path,
    kinds: Sequence[str] = (),
    *,
    sheets: Sequence[str] = (),
    paper: str | None = None,
    atlas: bool | None = None,
    config_file: Path | None = None,
    previous: str | None = None,
    workers: int | None = None,
    date: dt.date | None = None,
    on: Progress | None = None,
) -> list[Finding]:
    """Draw the maps of the plan in ``out`` again, into ``out/maps``.

    Parameters
    ----------
    out
        Output folder of a run.
    kinds
        Any of ``png``, ``pdf``, ``svg``, ``html``; as configured where empty.
    sheets
        Any of ``district``, ``street``, ``community``, ``grid``; as configured where empty.
    paper, atlas
        Name of the paper, and whether to bind atlases; as configured where left out.
    config_file
        Configuration of the job; the one that the run recorded where left out.
    previous
        The plan that a re-division changed, for its maps of before and after; looked for beside
        ``out`` and beside the configuration where left out.
    workers
        Processes; as configured where left out.
    date
        Printed on the maps; today where left out.
    on
        Told what happens.

    Returns
    -------
    list of Finding
        Warnings: layers that are gone or have changed, a previous plan that is not found (then
        the maps of before and after stay as they are), a font that is missing.

    Raises
    ------
    GridplanError
        Where the plan or its configuration cannot be read, or a map cannot be written.
    """
    run, on = read_run(out), on or Progress()
    config = Config.load(config_of_run(out, run, config_file))
    config = _asked(config, list(sheets) or None, paper, atlas, workers)
    kinds = tuple(kinds) or tuple(config.outputs.maps)
    on.stage("read")
    plan = read_plan(out)
    findings = _findings(run)
    inputs, warnings = _inputs(config, run)
    inputs = None if inputs is None else inputs_of_run(out, run, inputs, config)
    on.stage("maps")
    backdrop = Backdrop() if inputs is None else backdrop_of(inputs)
    details = page_details(config, (), findings)
    if "html" in kinds:
        details = _with_graph(details, plan, inputs, config, run, out / "maps")
    date = date or dt.date.today()
    folder = out / "maps"
    warnings += draw_kinds(
        plan, folder, kinds, config, backdrop, details, date, on.drawn, sections_of(out, config)
    )
    if run.get("redivision") and set(kinds) - {"html"}:
        warnings += _redraw_change(out, run, plan, config, date, previous)
    return warnings


def _redraw_change(
    out: Path, run: dict[str, Any], plan: Plan, config: Config, date: dt.date, previous: str | None
) -> list[Finding]:
    """Draw before and after again, where the previous plan is found."""
    name = str(run["redivision"].get("previous", ""))
    beside = (out.parent, config.file.parent)
    places = [previous] if previous else [place / name for place in beside]
    changed = outcome_of_folder(out, run, plan, places)
    if changed is not None:
        return draw_change(plan, out / "maps", changed, config, date)
    message = (
        f"the previous plan ({name}) is not found, or has changed; the maps of before and after "
        "stay as they are: name it with --previous"
    )
    return [Finding("map-change-kept", Severity.WARNING, message)]


def _asked(
    config: Config,
    sheets: list[str] | None,
    paper: str | None,
    atlas: bool | None,
    workers: int | None,
) -> Config:
    """Put what was asked for over what is configured."""
    asked = {
        "outputs.sheets": sheets,
        "outputs.paper": paper,
        "outputs.atlas": atlas,
        "solve.workers": workers,
    }
    return config.replace({key: value for key, value in asked.items() if value is not None})


def _inputs(config: Config, run: dict[str, Any]) -> tuple[Inputs | None, list[Finding]]:
    """Read the layers that the plan was made from; None where they are not the same any more."""
    try:
        inputs = read_inputs(config)
    except LayerError as err:
        return None, [_alone(f"the layers cannot be read ({err.problems[0]})")]
    if dict(inputs.hashes) != run.get("inputs"):
        return None, [_alone("the layers have changed since the plan was made")]
    return inputs, []


def _alone(why: str) -> Finding:
    message = f"{why}; the maps show what the plan itself holds"
    return Finding("map-plan-alone", Severity.WARNING, message)


def _with_graph(
    details: Details,
    plan: Plan,
    inputs: Inputs | None,
    config: Config,
    run: dict[str, Any],
    folder: Path,
) -> Details:
    """Add who neighbours whom: as it was divided, or from the plan where the layers are gone.

    What an earlier drawing left in the folder is taken where it is of the same units and rules;
    else the cells are grown again.
    """
    if inputs is None:
        pairs = pairs_of_plan(plan, details.findings, config.graph.min_shared_m)
        return replace(details, pairs=pairs, plan_alone=True)
    kept = with_kept_graph(folder, key_of_graph(plan, config), details)
    if kept is not None:
        return kept
    ground, only = prepare_ground(inputs, config), [str(code) for code in run.get("only", ())]
    if only:
        inputs, ground = restrict(inputs, config, only), ground.restricted(only)
    return page_details(config, list(community_tasks(inputs, ground, config)), details.findings)


def _findings(run: dict[str, Any]) -> list[Finding]:
    """Findings of the run and of its audit, as the record holds them."""
    rows = [*run.get("findings", ()), *run.get("audit", ())]
    return [Finding(**{**row, "severity": Severity(row["severity"])}) for row in rows]
