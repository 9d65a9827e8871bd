"""Everything that QGIS needs to open a plan as it was meant, written without QGIS."""

import datetime as dt
from pathlib import Path

import pandas as pd

from gridplan.domain import Plan
from gridplan.export.qgis_project import write_project
from gridplan.export.qgis_styles import write_styles


def write_qgis(
    plan: Plan,
    folder: Path,
    *,
    title: str,
    language: str,
    grid_range: tuple[int, int],
    exceptions: pd.DataFrame,
    date: dt.date,
) -> None:
    """Store styles in ``plan.gpkg`` and write ``plan.qgz`` beside it.

    Parameters
    ----------
    plan
        The plan that ``write_plan`` wrote to ``plan.gpkg``.
    folder
        Output folder.
    title
        Name of the project.
    language
        ``en`` or ``zh``: of groups, legends, aliases and value lists.
    grid_range
        Least and most households of a grid.
    exceptions
        ``tables/exceptions``; the units that it names are shown.
    date
        Stands in the GeoPackage as the date of the styles.

    Raises
    ------
    OutputError
        Where a file cannot be written.
    """
    write_styles(plan, folder / "plan.gpkg", language=language, grid_range=grid_range, date=date)
    write_project(
        plan,
        folder,
        title=title,
        language=language,
        grid_range=grid_range,
        exceptions=exceptions,
    )
