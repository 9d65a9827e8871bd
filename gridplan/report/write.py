"""From a finished output folder to its report."""

from pathlib import Path

from gridplan.domain import Plan
from gridplan.export import write_whole
from gridplan.layers import read_exceptions, read_plan, read_run, read_table
from gridplan.report.facts import facts_of
from gridplan.report.page import page_text
from gridplan.report.pdf import report_pdf

BESIDE = (
    "maps/district.png",
    "maps/district.pdf",
    "maps/before_after.png",
    "maps/index.html",
    "tables/gridplan.xlsx",
    "plan.qgz",
    "plan.gpkg",
    "report.pdf",
)
"""What a report links to where it is there."""


def write_report(folder: Path, plan: Plan | None = None) -> list[Path]:
    """Write ``report.html`` and ``report.pdf`` from what else stands in an output folder.

    Parameters
    ----------
    folder
        Output folder of a run, with ``plan.gpkg``, ``tables`` and ``run.json``.
    plan
        The plan, where it is in memory already; read from the folder where left out.

    Returns
    -------
    list of pathlib.Path
        The files written.

    Raises
    ------
    LayerError
        Where the plan or the record of its run is missing or damaged.
    OutputError
        Where the report cannot be written.
    """
    facts = facts_of(
        plan if plan is not None else read_plan(folder),
        read_run(folder),
        read_exceptions(folder),
        read_table(folder, "alignment"),
        read_table(folder, "reconciliation"),
        read_table(folder, "before_after"),
        read_table(folder, "statistics"),
    )
    files = [path for path in BESIDE if path == "report.pdf" or (folder / path).is_file()]
    page, paper = folder / "report.html", folder / "report.pdf"
    write_whole(page, page_text(facts, files).encode())
    write_whole(paper, report_pdf(facts))
    return [page, paper]
