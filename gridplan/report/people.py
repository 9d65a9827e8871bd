"""The part of the report about people: who is there, who is missing, how even the loads are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from gridplan.domain import Level
from gridplan.report.markup import Html, el
from gridplan.report.rows import lead, make_row, make_table, number_cell

SHOWN = 200
"""Places that are listed; the others stand in ``tables/statistics``."""

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "People and loads",
        "lead": "Grids, people and loads in all, by street and by community; more columns stand in "
        "tables/statistics.",
        "place": "Place",
        "all": "all",
        "households": "Households",
        "population": "Population",
        "grids": "Grids",
        "people": "Serving",
        "covered": "With full-time worker",
        "missing": "Missing",
        "load": "Mean load",
        "spread": "Spread",
        "walk": "Longest walk, m",
        "more": "and {0} more in tables/statistics.csv",
    },
    "zh": {
        "title": "人员与负荷",
        "lead": "全区、各街道和各社区的网格、人员与负荷；更多列见tables/statistics。",
        "place": "范围",
        "all": "合计",
        "households": "户数",
        "population": "人口",
        "grids": "网格数",
        "people": "在岗人员",
        "covered": "有专职网格员",
        "missing": "缺员",
        "load": "平均负荷",
        "spread": "离散",
        "walk": "最长巡查（米）",
        "more": "其余{0}个见tables/statistics.csv",
    },
}


@dataclass(frozen=True)
class People:
    """The table of the part, as texts.

    Parameters
    ----------
    heads
        Headings; the first is of the place, the others of numbers.
    rows
        As many texts a row: all first, then streets, then communities.
    left
        How many rows were left out.
    language
        ``en`` or ``zh``.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int
    language: str

    @property
    def words(self) -> Mapping[str, str]:
        """Words of the part."""
        return WORDS[self.language]


def people_of(statistics: pd.DataFrame, language: str) -> People | None:
    """Make the table from ``tables/statistics``; None where neither people nor walks are known.

    Parameters
    ----------
    statistics
        The table, all text; empty where there is none.
    language
        ``en`` or ``zh``.
    """
    known = ("coverage", "walk_most_m")
    if statistics.empty or not any((statistics[name] != "").any() for name in known):
        return None
    w = WORDS[language]
    order = {Level.DISTRICT.value: 0, Level.STREET.value: 1, Level.COMMUNITY.value: 2}
    ordered = statistics.assign(rank=statistics["level"].map(order))
    ordered = ordered.sort_values(["rank", "code"], kind="stable")
    rows = [_row(row, w) for row in ordered.to_dict("records")]
    heads = [w[key] for key in _KEYS]
    kept = [at for at in range(len(heads)) if any(row[at] for row in rows)]
    return People(
        tuple(heads[at] for at in kept),
        tuple(tuple(row[at] for at in kept) for row in rows[:SHOWN]),
        max(0, len(rows) - SHOWN),
        language,
    )


_KEYS = (
    *("place", "households", "population", "grids", "people", "covered", "missing"),
    *("load", "spread", "walk"),
)


def _row(row: Mapping[object, str], w: Mapping[str, str]) -> tuple[str, ...]:
    """Text of every cell; a number that is not known is blank."""
    grids = int(row["residential_grids"]) + int(row["unit_grids"])
    covered = row["grids_covered"]
    return (
        row["name"] or row["code"] or w["all"],
        _whole(row["households"]),
        _whole(row["population"]),
        f"{grids:,}",
        _whole(row["people"]) if covered else "",
        f"{covered} / {row['residential_grids']}" if covered else "",
        _whole(row["people_missing"]),
        _whole(row["load_mean"]),
        f"{float(row['load_spread']):.0%}" if row["load_spread"] else "",
        _whole(row["walk_most_m"]),
    )


def _whole(number: str) -> str:
    return f"{round(float(number)):,}" if number else ""


def people_part(people: People) -> Iterator[Html]:
    """Lay the part out for a screen."""
    w = people.words
    yield lead(w["lead"])
    heads = [(title, at > 0) for at, title in enumerate(people.heads)]
    rows = [
        make_row(el("th", first, scope="row"), *map(number_cell, rest))
        for first, *rest in people.rows
    ]
    yield make_table(w["title"], heads, rows, hidden=True)
    if people.left:
        yield el("p", w["more"].format(people.left), class_="quiet")


def shares(people: People) -> Sequence[float]:
    """Widths of the columns on paper."""
    return [2.6, 1.5, *(1.2 for _ in people.heads[2:])]
