"""Before and after: one sheet for the whole plan, one for each community that changed."""

from collections.abc import Callable, Collection
from pathlib import Path

import geopandas as gpd
import pandas as pd

from gridplan.domain import Finding, Plan
from gridplan.errors import OutputError
from gridplan.maps.changes import draw_changes
from gridplan.text import file_stems

_ENGLISH = {
    "title": "Before and after",
    "households": "Households",
    "moved": "In another grid than before",
    "units": "Units in another grid",
    "grids": "Grids",
    "changed": "Grids that changed",
    "ended": "Grids that ended",
    "comma": ", ",
}
_CHINESE = {
    "title": "调整前后对照图",
    "households": "户数",
    "moved": "所属网格变动户数",
    "units": "所属网格变动单元",
    "grids": "网格数",
    "changed": "有变动的网格",
    "ended": "终止的网格",
    "comma": "，",
}


def draw_before_after(
    plan: Plan,
    folder: Path,
    *,
    old: gpd.GeoDataFrame,
    changes: pd.DataFrame,
    moved: Collection[str],
    project: str,
    language: str,
    date: str,
    on_file: Callable[[str], None] | None = None,
) -> list[Finding]:
    """Draw ``before_after.png``, and ``before_after_<community_code>.png`` where grids changed.

    Parameters
    ----------
    plan
        The plan of today.
    folder
        Where to write; made if missing.
    old
        ``grid`` and polygons of the old grids that the plan has to do with, in its CRS.
    changes
        The table ``before_after``.
    moved
        Units of today whose grid is another one than before.
    project, language, date
        As for the other maps.
    on_file
        Called with the name of every file that is written.

    Returns
    -------
    list of Finding
        A warning where no font of the machine has the characters.

    Raises
    ------
    OutputError
        Where the folder or a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the map folder {folder}: {error.strerror}") from error
    words = _CHINESE if language == "zh" else _ENGLISH
    units = plan.units[plan.units["unit_id"].isin(moved)]
    table = changes[(changes["flag"] != "U") | (changes["units_in"] > 0)]
    names = dict(
        zip(plan.communities["community_code"], plan.communities["community_name"], strict=True)
    )
    codes = sorted(set(table["community_code"]) & set(names))
    stems = file_stems(codes, "before_after_")
    sheets = [("before_after", project, plan.grids, changes, units)]
    sheets += [
        (
            stem,
            f"{names[code]} {code}",
            plan.grids[plan.grids["community_code"] == code],
            changes[changes["community_code"] == code],
            units[units["community_code"] == code],
        )
        for code, stem in zip(codes, stems, strict=True)
    ]
    findings: list[Finding] = []
    for stem, title, grids, rows, inside in sheets:
        known = {code for cell in rows["old_grid_codes"] for code in str(cell).split(";")}
        before = old[old["grid"].isin(known | set(rows["previous_grid_code"]))]
        if len(before):
            findings += draw_changes(
                folder / f"{stem}.png",
                before,
                grids.rename(columns={"grid_code": "grid"})[["grid", "geometry"]],
                inside,
                changed=set(rows.loc[rows["flag"] != "U", "grid_code"]),
                title=title,
                subtitle=words["comma"].join([project, words["title"]]),
                facts=_facts(words, grids, rows, inside),
                date=date,
                language=language,
            )
            if on_file is not None:
                on_file(f"{stem}.png")
    return list(dict.fromkeys(findings))


def _facts(
    words: dict[str, str], grids: gpd.GeoDataFrame, rows: pd.DataFrame, units: gpd.GeoDataFrame
) -> list[tuple[str, str]]:
    """Figures beside the map."""
    now = rows[rows["state"] == "now"]
    return [
        (words["households"], f"{int(grids['households'].sum()):,}"),
        (words["moved"], f"{int(units['households'].sum()):,}"),
        (words["units"], f"{len(units):,}"),
        (words["grids"], f"{len(grids):,}"),
        (words["changed"], f"{int((now['flag'] != 'U').sum()):,}"),
        (words["ended"], f"{int((rows['state'] == 'ended').sum()):,}"),
    ]
