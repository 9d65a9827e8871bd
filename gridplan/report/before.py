"""The part of the report that shows a re-division: before and after."""

from collections.abc import Iterator, Mapping

from gridplan.report.change import FLAGS, Change
from gridplan.report.markup import Html, el
from gridplan.report.rows import code_cell, lead, make_row, make_table, number_cell
from gridplan.report.words import counted

Words = Mapping[str, str]

SHOWN = 200
"""Grids that are listed one by one."""


def change_part(change: Change, w: Words) -> Iterator[Html]:
    """Key figures, and every grid that is not as it was."""
    yield lead(w["change_lead"])
    rows = [
        make_row(el("th", name, scope="row"), number_cell(value))
        for name, value in key_figures(change, w)
    ]
    heads = [(w["what"], False), (w["number"], True)]
    yield el("div", make_table(w["change_figures"], heads, rows), class_="figures")
    listed = change.changed
    if not listed:
        yield el("p", w["change_none"])
        return
    body = [
        make_row(code_cell(texts[0]), texts[1], texts[2], *map(number_cell, texts[3:]))
        for texts in change_rows(change, w)
    ]
    yield make_table(w["change_table"], columns(w), body)
    if len(listed) > SHOWN:
        yield el("p", w["more_grids"].format(len(listed) - SHOWN), class_="quiet")


def key_figures(change: Change, w: Words) -> list[tuple[str, str]]:
    """Name and value of what a director asks first."""
    record = change.record
    numbers = {"moved": f"{change.moved:,}", "all": f"{change.households:,}"}
    share = f"{change.share:.1%}"
    found = [(w["moved"], w["of_households"].format(**numbers, share=share))]
    if "unchanged_moved" in record:
        count, part = int(record["unchanged_moved"]), float(record.get("unchanged_share", 0.0))
        found.append((w["moved_unchanged"], f"{count:,} ({part:.1%})"))
    if "least" in record:
        least = f"{int(record['least']):,}"
        proven = w["proven_least"] if record.get("proven") else w["least_bound"].format(least)
        found.append((w["least_moved"], proven))
    found += [
        (w["codes_kept"], w["of"].format(f"{change.kept:,}", f"{change.old_codes:,}")),
        (w["codes_new"], f"{change.new_codes:,}"),
    ]
    flags = [row.flag for row in change.rows if not row.ended]
    found += [(w[f"flag_{f}"], f"{flags.count(f):,}") for f in FLAGS if f in flags]
    ended = sum(row.ended for row in change.rows)
    return found + ([(w["ended"], f"{ended:,}")] if ended else [])


def columns(w: Words) -> list[tuple[str, bool]]:
    """Headings, and whether a column holds numbers."""
    texts = [w["grid"], w["what"], w["sources"]]
    numbers = [w["before"], w["came"], w["left"], w["own"], w["after"], w["area_moved"]]
    return [(text, False) for text in texts] + [(number, True) for number in numbers]


def change_rows(change: Change, w: Words) -> list[list[str]]:
    """Text of every cell of the grids that are not as they were."""
    return [
        [
            row.grid_code,
            w["ended"] if row.ended else w.get(f"flag_{row.flag}", row.flag),
            row.sources.replace(";", ", ") or w["dash"],
            f"{row.before:,}",
            f"{row.came:,}",
            f"{row.left:,}",
            f"{row.own:+,}" if row.own else "0",
            f"{row.after:,}",
            f"{row.moved_m2:,.0f}",
        ]
        for row in change.changed[:SHOWN]
    ]


def change_sentence(change: Change, w: Words) -> str:
    """Say on page one how little changes."""
    return w["verdict_change"].format(
        moved=counted(w, "n_households", change.moved),
        share=f"{change.share:.1%}",
        kept=f"{change.kept:,}",
        codes=counted(w, "n_old_codes", change.old_codes),
    )
