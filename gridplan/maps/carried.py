"""What a grid's sheet tells of its people, duties and workload; and its walk on the map."""

from collections.abc import Mapping, Sequence
from typing import Any
from unicodedata import east_asian_width

import pandas as pd
import shapely

from gridplan.maps.marks import Key, Lines, Mark, Stroke
from gridplan.maps.page import Page
from gridplan.maps.sections import Column, Section
from gridplan.maps.subject import Subject, drawn, geometries

WALK = Stroke("#1F5FA8", 0.6, (1.8, 1.0), casing="#FFFFFF", casing_mm=1.2)
FINEST_MM = 0.05
Rows = Sequence[Mapping[Any, str]]

MOST = 14  # people of a sheet; the others stand in tables/staff_register
NAME_CELLS = 12  # of a name on a sheet, as wide as so many digits

_WORDS = {
    "en": {
        "people": "People",
        "duties": "Duties",
        "work": "Workload",
        "role": "Role",
        "number": "Number",
        "name": "Name",
        "item": "Item",
        "what": "Objects",
        "answers": "Who answers",
        "nobody": "nobody",
        "load": "{0} in all, of which {1} households.",
        "walk": "{0} m past {1} buildings; no round is below {2} m.",
        "least_walk": "{0} m past {1} buildings; no round is shorter.",
        "walked": "Daily walk",
        "more": "and {0} more",
        "many": "{0}: {1}",
        "metres": "{0} m",
    },
    "zh": {
        "people": "人员",
        "duties": "事项",
        "work": "工作量",
        "role": "角色",
        "number": "编号",
        "name": "姓名",
        "item": "事项",
        "what": "对象",
        "answers": "负责",
        "nobody": "无人",
        "load": "合计{0}，其中{1}户。",
        "walk": "经过{1}栋建筑，共{0}米；任何路线不少于{2}米。",
        "least_walk": "经过{1}栋建筑，共{0}米；没有更短的路线。",
        "walked": "每日巡查",
        "more": "另有{0}人",
        "many": "{0}：{1}",
        "metres": "{0}米",
        "of_households": "户",
        "of_facilities": "设施",
        "of_institutions": "单位",
        "of_public_spaces": "公共空间",
        "of_buildings": "建筑",
        "of_roads": "道路",
    },
}


def people_sections(
    tables: Mapping[str, pd.DataFrame], language: str, *, names: bool
) -> dict[str, tuple[Section, ...]]:
    """Make the sections of every grid's sheet.

    Parameters
    ----------
    tables
        ``staff_register``, ``duties`` and ``workload`` as text, each empty where there is none.
    language
        ``en`` or ``zh``.
    names
        Whether people are named, beside their number.

    Returns
    -------
    dict
        By grid code; empty where none of the tables is there.
    """
    w = _WORDS[language]
    found: dict[str, list[Section]] = {}
    for name, make in (("workload", _work), ("staff_register", _people), ("duties", _duties)):
        table = tables.get(name)
        if table is None or table.empty:
            continue
        for code, rows in table[table["grid_code"] != ""].groupby("grid_code", sort=True):
            found.setdefault(str(code), []).append(make(rows.to_dict("records"), names, w))
    return {code: tuple(sections) for code, sections in sorted(found.items())}


def _work(rows: Rows, _: bool, w: Mapping[str, str]) -> Section:
    """Workload, and the walk where there is one."""
    row = rows[0]
    said = [("", w["load"].format(_whole(row["workload"]), row["households"]))]
    if row["walk_m"]:
        metres = (_whole(row["walk_m"]), row["stops"], _whole(row["walk_bound_m"]))
        least = metres[0] == metres[2]
        said.append((w["walked"], w["least_walk" if least else "walk"].format(*metres)))
    return Section(w["work"], tuple(said))


def _people(rows: Rows, names: bool, w: Mapping[str, str]) -> Section:
    """One row for each person; names never take a second line, so that they move nothing."""
    table, before = [], ""
    for row in rows[:MOST]:
        role = row["role_name"] if row["role_name"] != before else ""
        before = row["role_name"]
        table.append((role, row["person_id"], _short(row["person_name"]) if names else ""))
    if len(rows) > MOST:
        table.append(("", w["more"].format(len(rows) - MOST), ""))
    columns = (Column(w["role"], 1.4), Column(w["number"], 1.0), Column(w["name"], 1.2))
    return Section(w["people"], (), columns, tuple(table))


def _short(name: str) -> str:
    """The beginning of a name, as much as fits on a line; Chinese characters are twice as wide."""
    wide = 0
    for at, letter in enumerate(name):
        wide += 2 if east_asian_width(letter) in "WF" else 1
        if wide > NAME_CELLS:
            return name[:at] + "…"
    return name


def _duties(rows: Rows, _: bool, w: Mapping[str, str]) -> Section:
    """One row for each item: how much there is, and who answers."""
    items: dict[str, tuple[list[str], str]] = {}
    for row in rows:
        many = _objects(row, w)
        who = row["person_id"] or row["institution_id"]
        answers = ", ".join(part for part in (row["role_name"], who) if part) or w["nobody"]
        items.setdefault(row["item_name"], ([], answers))[0].extend(many)
    table = tuple((name, ", ".join(what) or "–", who) for name, (what, who) in items.items())
    columns = (Column(w["item"], 1.3), Column(w["what"], 1.6), Column(w["answers"], 1.4))
    return Section(w["duties"], (), columns, table)


def _objects(row: Mapping[Any, str], w: Mapping[str, str]) -> list[str]:
    """How many of what, where there are any: a kind without its layer, roads in metres."""
    head, _, kind = row["object"].partition(":")
    thing, number = kind or w.get(f"of_{head}", head), _whole(row["quantity"])
    if number == "0":
        return []
    many = w["metres"].format(number) if row["unit"] == "m" else number
    return [w["many"].format(thing.replace("_", " "), many)]


def _whole(number: str) -> str:
    return f"{round(float(number)):,}"


def walk_marks(subject: Subject, page: Page, code: str) -> list[Mark]:
    """The daily walk of a grid, from the office and back."""
    walk = _walk(subject, code)
    if walk is None:
        return []
    # there and back is one line, or the dashes of one way fill the gaps of the other
    once = shapely.get_parts(shapely.line_merge(shapely.union_all(geometries(walk))))
    return [Lines(drawn(once, page.metres(FINEST_MM)), WALK)]


def walk_keys(subject: Subject, code: str) -> list[Key]:
    """Legend entry of the walk, where the grid has one."""
    return [] if _walk(subject, code) is None else [Key(subject.words["walk"], WALK)]


def _walk(subject: Subject, code: str) -> "pd.DataFrame | None":
    walks = subject.plan.extra.get("walks")
    own = None if walks is None else walks[walks["grid_code"] == code]
    return None if own is None or own.empty else own
