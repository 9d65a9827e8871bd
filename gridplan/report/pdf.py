"""The report on sheets of A4, drawn with the fonts and the library of the maps.

A browser's own print of ``report.html`` looks much the same; this one needs no browser.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np
from matplotlib.patches import Polygon

from gridplan.maps.lettering import find_lettering
from gridplan.maps.page import Rect
from gridplan.maps.palette import ALARM, SOFT_INK
from gridplan.report import kinds, sentences
from gridplan.report.before import SHOWN, change_rows, columns, key_figures
from gridplan.report.change import Change
from gridplan.report.charts import dot_axis, dot_places
from gridplan.report.facts import CommunityRow, Facts
from gridplan.report.front import first_page
from gridplan.report.ledger import SIZE
from gridplan.report.listing import Listed
from gridplan.report.paper import BAND, BLUE, FLOOR, RULE, Column, Paper
from gridplan.report.parts import DOTS_MAX, LISTED, SPLITS, hardest, percent, provenance_rows
from gridplan.report.people import People, shares
from gridplan.report.words import counted, words
from gridplan.sentences import told

Words = Mapping[str, str]
ROW = 5.0  # of the dots, mm


def report_pdf(facts: Facts) -> bytes:
    """Write the whole report as PDF.

    Parameters
    ----------
    facts
        What it says.

    Returns
    -------
    bytes
        The file; the same facts give the same bytes on the same machine.
    """
    w = words(facts.language)
    lettering, _ = find_lettering([*_texts(facts), *w.values()])
    if not all(lettering.writes(word) for word in w.values()):
        w = words("en")
    made = w["made_by"].format(facts.run.get("version", ""))
    paper = Paper(lettering, " · ".join([facts.project, facts.date, made]))
    first_page(paper, facts, w)
    paper.turn()
    if facts.change is not None:
        _change(paper, facts.change, w)
    _per_grid(paper, facts, w)
    if facts.people is not None:
        _people(paper, facts.people)
    if facts.layers:
        _ledger(paper, facts, w)
    _exceptions(paper, facts, w)
    _proof(paper, facts, w)
    _audit(paper, facts, w)
    _provenance(paper, facts, w)
    return paper.data(f"{facts.project} – {w['report']}")


def _texts(facts: Facts) -> Iterator[str]:
    """Every text of the plan that may be written."""
    yield from (facts.project, facts.crs, *facts.street_names.values())
    yield from (text for row in facts.communities for text in (row.code, row.name))
    yield from (text for f in facts.findings for text in (f.place, *f.said(facts.language)))
    yield from (text for s in facts.splits for text in (s.layer, s.zone_id))
    yield from (row.layer for row in facts.layers)
    if facts.people is not None:
        yield from (*facts.people.words.values(), *facts.people.heads)
        yield from (text for row in facts.people.rows for text in row)
    yield from (name + value for name, value in provenance_rows(facts, words(facts.language)))


def _change(paper: Paper, change: Change, w: Words) -> None:
    paper.heading(w["change"], room=50)
    paper.paragraph(w["change_lead"], colour=SOFT_INK)
    paper.table([Column(w["what"], 3), Column(w["number"], 3, True)], key_figures(change, w))
    if not change.changed:
        paper.paragraph(w["change_none"])
        return
    shares = (3.2, 1.5, 3.2, 1.3, 1.2, 1.2, 1.5, 1.3, 1.5)
    heads = [
        Column(title, share, number)
        for (title, number), share in zip(columns(w), shares, strict=True)
    ]
    paper.table(heads, change_rows(change, w))
    if len(change.changed) > SHOWN:
        paper.paragraph(w["more_grids"].format(len(change.changed) - SHOWN), colour=SOFT_INK)


def _people(paper: Paper, people: People) -> None:
    w = people.words
    paper.heading(w["title"], room=50)
    paper.paragraph(w["lead"], colour=SOFT_INK)
    heads = [
        Column(title, share, at > 0)
        for at, (title, share) in enumerate(zip(people.heads, shares(people), strict=True))
    ]
    paper.table(heads, people.rows)
    if people.left:
        paper.paragraph(w["more"].format(people.left), colour=SOFT_INK)


def _per_grid(paper: Paper, facts: Facts, w: Words) -> None:
    paper.heading(w["per_grid"])
    paper.paragraph(w["per_grid_lead"], colour=SOFT_INK)
    rows = [row for row in facts.communities if row.dots]
    if len(rows) > DOTS_MAX:
        paper.paragraph(w["by_street"].format(f"{len(rows):,}"))
        rows = [row for row in rows if row.inside < row.residential][:DOTS_MAX]
    ordered = sorted(rows, key=lambda row: row.street_code)
    many = len({row.street_code for row in ordered}) > 1
    for street, group in groupby(ordered, key=lambda row: row.street_code):
        if many:
            paper.small_heading(facts.street_names.get(street) or street or w["dash"], room=30)
        chosen = list(group)
        while chosen:
            fits = int((paper.y - FLOOR - 8) / ROW)
            if fits < min(4, len(chosen)):
                paper.turn()
                continue
            _dot_rows(paper, chosen[:fits], facts)
            chosen = chosen[fits:]


def _dot_rows(paper: Paper, rows: Sequence[CommunityRow], facts: Facts) -> None:
    room = paper.box(ROW * len(rows) + 8)
    left, right = room.x + 46, room.right - 12
    axis = dot_axis(facts, left, right)
    top = room.top - 5
    low, high, middle = axis(facts.low), axis(facts.high), axis(facts.target)
    paper.bar(Rect(low, room.y + 2, high - low, top - room.y - 2), BAND)
    paper.pen.line([middle] * 2, [room.y + 2, top], "#8FAE85", 0.15)
    for tick in (facts.low, facts.target, facts.high):
        paper.centred(f"{tick:g}", axis(tick), top + 1.2, 7, SOFT_INK)
    for number, row in enumerate(rows):
        y = top - ROW * (number + 0.5)
        paper.pen.line([left, right], [y] * 2, RULE, 0.12)
        name = paper.pen.shortened(paper.shown(row.label), 7.5, 43)
        paper.write(name, left - 3, y - 0.9, 7.5, right=True)
        for dot, x, lift in dot_places(row.dots, axis, near=2.2):
            _mark(paper, x, y + 0.9 * lift, dot.out)
            if dot.out:
                paper.write(str(dot.households), x + 2, y - 0.9, 7, bold=True, colour=ALARM)
    paper.y -= 2


def _mark(paper: Paper, x: float, y: float, out: bool) -> None:
    angles = np.linspace(0, 2 * np.pi, 5 if out else 25)[:-1]
    size = 1.4 if out else 0.95
    xy = np.column_stack([x + size * np.cos(angles), y + size * np.sin(angles)])
    look = {"facecolor": ALARM if out else BLUE, "edgecolor": "#FFFFFF", "linewidth": 0.3}
    paper.pen.axes.add_patch(Polygon(xy, closed=True, zorder=45, **look))


def _ledger(paper: Paper, facts: Facts, w: Words) -> None:
    paper.heading(w["ledger"], room=50)
    paper.paragraph(w["ledger_lead"], colour=SOFT_INK)
    columns = [
        Column(w["layer"], 3), Column(w["mode"], 1.6), Column(w["one_zone"], 1.7, True),
        Column(w["main_share"], 1.7, True), Column(w["zones"], 1.3, True),
        Column(w["split"], 1.3, True), Column(w["incidences"], 1.7, True),
        Column(w["excess"], 1.5, True), Column(w["least"], 2.4, True),
    ]  # fmt: skip
    rows = []
    for row in facts.layers:
        least = w["not_measured"]
        if row.least is not None:
            text = f"{row.least:,}"
            least = f"{text} {w['proven_word']}" if row.proven else w["least_bound"].format(text)
        rows.append(
            [row.layer, w.get(row.mode, row.mode), percent(row.one_zone, w),
             percent(row.main_share, w), f"{row.zones:,}", f"{row.split:,}",
             f"{row.incidences:,}", f"{row.excess:,}", least]
        )  # fmt: skip
    paper.table(columns, rows)
    paper.small_heading(w["splits"])
    _splits(paper, facts, w)


def _splits(paper: Paper, facts: Facts, w: Words) -> None:
    names = {row.code: row.label for row in facts.communities}
    beyond = [split for split in facts.splits if split.why != SIZE]
    rows = [
        [s.layer, s.zone_id, names.get(s.community_code, s.community_code), f"{s.households:,}",
         f"{len(s.grids)}", f"{s.needed}", w[s.why]]
        for s in beyond[:SPLITS]
    ]  # fmt: skip
    columns = [
        Column(w["layer"], 2.4), Column(w["zone"], 2), Column(w["community"], 3.4),
        Column(w["households"], 2, True), Column(w["in_grids"], 1.3, True),
        Column(w["needed"], 1.3, True), Column(w["why"], 4),
    ]  # fmt: skip
    if rows:
        paper.table(columns, rows)
    if len(beyond) > SPLITS:
        paper.paragraph(w["more_zones"].format(len(beyond) - SPLITS), colour=SOFT_INK)
    if len(facts.splits) > len(beyond):
        paper.paragraph(counted(w, "by_size", len(facts.splits) - len(beyond)))
    if not facts.splits:
        paper.paragraph(w["no_splits"])


def _exceptions(paper: Paper, facts: Facts, w: Words) -> None:
    paper.heading(w["exceptions"])
    if not facts.findings:
        paper.paragraph(w["no_exceptions"])
    names = {row.code: row.label for row in facts.communities}
    for (severity, kind), found in groupby(facts.findings, key=lambda f: (f.severity, f.kind)):
        group = list(found)
        title = kinds.meaning(kind, w["language"])
        paper.small_heading(f"{title} · {len(group):,} ({w.get(severity, severity)})", room=45)
        _kind(paper, group, names, w)


def _kind(paper: Paper, group: Sequence[Listed], names: Mapping[str, str], w: Words) -> None:
    """List the findings of one kind; a cure that all share stands once, above them."""
    cures = {finding.cure(w["language"]) for finding in group}
    shared = next(iter(cures)) if len(cures) == 1 and len(group) > 1 else ""
    if shared:
        paper.paragraph(w["cure_is"].format(shared), colour=SOFT_INK)
    columns = [Column(w["community"], 2), Column(w["place"], 2.4), Column(w["cause"], 6)]
    apart = any(cures) and not shared
    if apart:
        columns.append(Column(w["cure"], 4))
    rows = [
        [names.get(f.community_code, f.community_code) or w["dash"],
         f.grid_code or f.place or w["dash"], f.cause(w["language"]),
         *([f.cure(w["language"])] if apart else [])]
        for f in group[:LISTED]
    ]  # fmt: skip
    paper.table(columns, rows)
    if len(group) > LISTED:
        paper.paragraph(w["and_more"].format(len(group) - LISTED), colour=SOFT_INK)


def _proof(paper: Paper, facts: Facts, w: Words) -> None:
    paper.heading(w["proof"], room=50)
    paper.paragraph(w["proof_lead"], colour=SOFT_INK)
    shown = hardest(facts)
    columns = [
        Column(w["community"], 3.6), Column(w["households"], 2, True),
        Column(w["grids"], 1.1, True), Column(w["in_range"], 1.7, True), Column(w["status"], 4),
        Column(w["gap"], 2, True), Column(w["cost"], 1.3, True), Column(w["bound"], 1.3, True),
    ]  # fmt: skip
    rows = [
        [row.label, f"{row.households:,}", f"{row.grids:,}",
         w["of"].format(row.inside, row.residential), sentences.status(row, w),
         sentences.gap(row, w), _decimal(row.cost, w), _decimal(row.bound, w)]
        for row in shown
    ]  # fmt: skip
    proven = f"{w['proven']}: {w['of'].format(facts.proven, len(facts.communities))}"
    rows.append(
        [w["total"], f"{facts.households:,}", f"{facts.grids:,}", f"{facts.inside:,}", proven,
         "", "", ""]
    )  # fmt: skip
    paper.table(columns, rows, bold_last=True)
    if len(facts.communities) > len(shown):
        paper.paragraph(w["easier"].format(len(facts.communities) - len(shown)), colour=SOFT_INK)


def _decimal(value: float | None, w: Words) -> str:
    return w["dash"] if value is None else f"{value:,.3f}"


def _audit(paper: Paper, facts: Facts, w: Words) -> None:
    paper.heading(w["audit"], room=40)
    paper.paragraph(w["audit_lead"], colour=SOFT_INK)
    paper.paragraph(sentences.totals(facts, w))
    if not facts.audit_kinds:
        paper.paragraph(w["audit_clean"])
        return
    columns = [
        Column(w["severity"], 1.4), Column(w["kind"], 3.6), Column(w["number"], 1.1, True),
        Column(w["example"], 8),
    ]  # fmt: skip
    rows = [
        [
            w.get(severity, severity),
            kinds.meaning(kind, w["language"]),
            f"{count:,}",
            told(kind, message, w["language"]),
        ]
        for severity, kind, count, message in facts.audit_kinds
    ]
    paper.table(columns, rows)


def _provenance(paper: Paper, facts: Facts, w: Words) -> None:
    paper.heading(w["provenance"], room=60)
    columns = [Column("", 2), Column("", 8)]
    paper.table(columns, provenance_rows(facts, w))
    inputs = [[str(k), str(v)] for k, v in sorted(facts.run.get("inputs", {}).items())]
    if inputs:
        paper.paragraph(w["caption_inputs"], colour=SOFT_INK)
        paper.table([Column(w["input"], 4), Column(w["hash"], 7)], inputs)
