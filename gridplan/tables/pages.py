"""One page per grid for its workbook: who carries it, what is to be done, what is open."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from gridplan.sentences import told
from gridplan.tables.dictionary import find_field
from gridplan.tables.fields import Field

MOST_PAGES = 200
"""Pages that one workbook holds; where there are more grids, each community has a workbook."""

_LONGEST = 31  # characters of a sheet's name
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_HEADINGS = {
    "people": ("People", "人员"),
    "duties": ("Duties", "事项"),
    "open": ("To be settled", "待解决"),
    "nobody": ("nobody", "无人"),
}

Cell = str | int | float | None


@dataclass(frozen=True)
class Page:
    """The page of one grid.

    Parameters
    ----------
    sheet
        Name of the sheet, unique in a workbook whatever the case of letters.
    rows
        Cells from the top; an empty row stands between the parts.
    strong
        Positions of the rows that are headings.
    """

    sheet: str
    rows: tuple[tuple[Cell, ...], ...]
    strong: frozenset[int]


PARTS = ("staff_register", "duties", "workload", "exceptions")


@dataclass(frozen=True)
class Paged:
    """Grids that get pages, and the rows of tables that these need.

    Parameters
    ----------
    grids
        Rows of ``grid_register``, sorted by code.
    sheets
        Names of their sheets.
    parts
        Of the tables that there are, rows of these grids at least.
    """

    grids: pd.DataFrame
    sheets: tuple[str, ...]
    parts: Mapping[str, pd.DataFrame]

    def by_community(self) -> Iterator[tuple[str, "Paged"]]:
        """The same community by community, each with its code, sorted."""
        home = self.grids["community_code"].astype(str)
        home.index = pd.Index(self.grids["grid_code"])
        rows = home.groupby(home.to_numpy(), sort=True).indices
        parts = {
            name: {str(code): own for code, own in table.groupby(table["grid_code"].map(home))}
            for name, table in self.parts.items()
        }
        for code, own in rows.items():
            found = {n: by.get(str(code), self.parts[n].iloc[:0]) for n, by in parts.items()}
            sheets = tuple(self.sheets[row] for row in own)
            yield str(code), Paged(self.grids.iloc[own], sheets, found)

    def batches(self, most: int) -> Iterator["Paged"]:
        """The same with so many grids at a time."""
        for start in range(0, len(self.sheets), most):
            own = slice(start, start + most)
            yield Paged(self.grids.iloc[own], self.sheets[own], self.parts)


def paged(tables: Mapping[str, pd.DataFrame]) -> Paged:
    """Find the grids that get pages: all, or none where there are neither people nor duties.

    Parameters
    ----------
    tables
        Tables by name, as ``build_tables`` makes them.
    """
    grids = tables["grid_register"]
    if "duties" not in tables and "staff_register" not in tables:
        return Paged(grids.iloc[:0], (), {})
    columns = ["grid_code", "grid_name", "grid_kind", "community_code", "households"]
    grids = grids.sort_values("grid_code", kind="stable")[[*columns, "range_status"]]
    taken: set[str] = set()
    sheets = tuple(_sheet(str(code), taken) for code in grids["grid_code"])
    return Paged(grids, sheets, {name: tables[name] for name in PARTS if name in tables})


def grid_pages(wanted: Paged, language: str) -> list[Page]:
    """Make the page of every grid wanted, in ``en`` or ``zh``."""
    parts = {
        name: dict(list(table.groupby("grid_code", sort=True)))
        for name, table in wanted.parts.items()
    }
    pages = []
    for sheet, grid in zip(wanted.sheets, wanted.grids.to_dict("records"), strict=True):
        facts = {str(name): value for name, value in grid.items()}
        own = {name: found.get(facts["grid_code"]) for name, found in parts.items()}
        rows: list[tuple[Cell, ...]] = []
        strong: set[int] = set()
        for part in _parts(facts, own, language):
            if rows:
                rows.append(())
            strong.add(len(rows))
            rows += part
        pages.append(Page(sheet, tuple(rows), frozenset(strong)))
    return pages


def _sheet(code: str, taken: set[str]) -> str:
    """Name of a sheet: at most 31 characters, none that is forbidden, none twice."""
    plain = _FORBIDDEN.sub("-", code).strip("' ")[:_LONGEST] or "grid"
    name, turn = plain, 1
    while name.casefold() in taken:
        turn += 1
        ending = f" {turn}"
        name = plain[: _LONGEST - len(ending)] + ending
    taken.add(name.casefold())
    return name


def _parts(
    grid: Mapping[str, object], own: Mapping[str, pd.DataFrame | None], language: str
) -> Iterator[list[tuple[Cell, ...]]]:
    """Every part of a page, its heading first."""
    head: list[tuple[Cell, ...]] = [(_text(grid["grid_name"]) or _text(grid["grid_code"]),)]
    columns = ("grid_code", "grid_kind", "community_code", "households", "range_status")
    head += [_pair("grid_register", name, grid[name], language) for name in columns]
    work = own.get("workload")
    if work is not None:
        row = work.iloc[0]
        head += [
            _pair("workload", name, row[name], language)
            for name in ("workload", "stops", "walk_m", "walk_bound_m")
        ]
    yield head
    people = ("role_name", "person_id", "person_name", "phone", "load", "load_limit")
    yield from _listed("people", "staff_register", own, people, language)
    todo = ("item_name", "object", "quantity", "unit", "role_name", "person_id", "person_name")
    yield from _listed("duties", "duties", own, todo, language)
    notes = own.get("exceptions")
    if notes is not None:
        title = _HEADINGS["open"][language == "zh"]
        said = zip(notes["kind"], notes["message"], strict=True)
        yield [(title,), *((told(str(kind), str(text), language),) for kind, text in said)]


def _listed(
    heading: str,
    table: str,
    own: Mapping[str, pd.DataFrame | None],
    columns: Sequence[str],
    language: str,
) -> Iterator[list[tuple[Cell, ...]]]:
    """Make a part of some columns of a table; who has nobody says so."""
    if table not in own:
        return
    title = _HEADINGS[heading][language == "zh"]
    found = own[table]
    if found is None:
        yield [(title,), (_HEADINGS["nobody"][language == "zh"],)]
        return
    names = tuple(_heading(table, name, language) for name in columns)
    cells = [[_value(table, name, value, language) for value in found[name]] for name in columns]
    yield [(title,), names, *zip(*cells, strict=True)]


def _pair(table: str, name: str, value: object, language: str) -> tuple[Cell, ...]:
    return _heading(table, name, language), _value(table, name, value, language)


@lru_cache(maxsize=256)
def _heading(table: str, name: str, language: str) -> str:
    about = find_field(table, name)
    if about is not None and language == "zh":
        return about.name_zh
    words = name.replace("_", " ")
    return (about.heading if about else "") or words[:1].upper() + words[1:]


def _value(table: str, name: str, value: object, language: str) -> Cell:
    about: Field | None = find_field(table, name)
    if about is not None and about.type == "N":
        if pd.isna(value):  # type: ignore[call-overload]
            return None
        number = float(str(value))
        return int(number) if number == int(number) else round(number, about.decimals or 0)
    text = _text(value)
    return (about.values_zh.get(text, text) if about and language == "zh" else text) or None


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)  # noqa: PLR0124 (NaN)
