"""Page one of the report on paper: for a director."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

from gridplan.maps.page import Rect
from gridplan.maps.palette import ALARM, INK, MAGENTA, SOFT_INK
from gridplan.report import sentences
from gridplan.report.charts import bins
from gridplan.report.facts import Facts
from gridplan.report.outline import Ring
from gridplan.report.paper import BAND, BLUE, GREEN, GROUND, INNER, MARGIN, RULE, WIDTH, Paper
from gridplan.report.parts import mode_text, percent

Words = Mapping[str, str]
HALF = (INNER - 10) / 2


def first_page(paper: Paper, facts: Facts, w: Words) -> None:
    """Write page one: what was asked, what came out, what somebody must decide."""
    pen = paper.pen
    pen.line([MARGIN, WIDTH - MARGIN], [paper.y + 3] * 2, MAGENTA, 1.1)
    paper.write(w["report"], MARGIN, paper.y - 3, 9, bold=True, colour=MAGENTA)
    paper.write(
        paper.shown(facts.date), WIDTH - MARGIN, paper.y - 3, 9, colour=SOFT_INK, right=True
    )
    paper.y -= 15
    title = pen.shortened(paper.shown(facts.project), 24, INNER, bold=True)
    paper.write(title, MARGIN, paper.y, 24, bold=True)
    paper.y -= 4
    paper.paragraph(w["blank"].join(sentences.verdict(facts, w)), size_pt=11, after=4)
    _tiles(paper, facts, w)
    top = paper.y
    left = _overview(paper, facts, w, Rect(MARGIN, top - 82, HALF, 80))
    right = _histogram(paper, facts, w, Rect(MARGIN + HALF + 10, top - 58, HALF, 56))
    right = _asked(paper, facts, w, MARGIN + HALF + 10, right)
    left = _aligned(paper, facts, w, left)
    paper.y = min(left, right) - 2
    _decide(paper, facts, w)


def _tiles(paper: Paper, facts: Facts, w: Words) -> None:
    pen, step = paper.pen, INNER / 6
    entries = [
        (f"{len(facts.communities):,}", "", w["communities"]),
        (f"{facts.grids:,}", "", w["grids"]),
        (f"{facts.households:,}", "", f"{w['households']} ({w[facts.basis]})"),
        (f"{facts.inside:,}", f"/ {facts.residential:,}", w["in_range"]),
        (f"{facts.proven:,}", f"/ {len(facts.communities):,}", w["proven"]),
        (w["broken"].format(facts.broken) if facts.broken else w["hold"], "", w["promises"]),
    ]
    for number, (value, whole, name) in enumerate(entries):
        x = MARGIN + number * step + (3 if number else 0)
        if number:
            pen.line([x - 3] * 2, [paper.y, paper.y - 15], RULE, 0.2)
        size = pen.fitted(value, 16, step - 6, bold=True)
        bad = number == 5 and facts.broken > 0
        paper.write(value, x, paper.y - 6.5, size, bold=True, colour=ALARM if bad else INK)
        missed = number == 3 and facts.inside < facts.residential
        at = x + paper.lettering.width_mm(value, size, bold=True) + 1.5
        paper.write(whole, at, paper.y - 6.5, 9, colour=ALARM if missed else SOFT_INK)
        paper.write(name, x, paper.y - 12, pen.fitted(name, 7.5, step - 4), colour=SOFT_INK)
    pen.line([MARGIN, WIDTH - MARGIN], [paper.y] * 2, RULE, 0.25)
    pen.line([MARGIN, WIDTH - MARGIN], [paper.y - 15] * 2, RULE, 0.25)
    paper.y -= 19


def _title(paper: Paper, text: str, x: float, y: float, width: float) -> None:
    paper.write(text, x, y - 3.5, 9, bold=True)
    paper.pen.line([x, x + width], [y - 5.2] * 2, INK, 0.2)


def _overview(paper: Paper, facts: Facts, w: Words, room: Rect) -> float:
    _title(paper, w["overview"], room.x, room.top, room.width)
    outline = facts.outline
    inner = Rect(room.x, room.y, room.width, room.height - 8)
    scale = min(inner.width / max(outline.width, 1), inner.height / max(outline.height, 1))
    at = np.array([inner.x + (inner.width - outline.width * scale) / 2, inner.top])
    style = {"linewidth": 0.5, "joinstyle": "round"}

    def draw(rings: Sequence[Ring], **look: object) -> None:
        if rings:
            patch = PathPatch(_path(rings, at, scale), **{**style, **look})
            paper.pen.axes.add_patch(patch)

    for colour, rings in outline.communities:
        draw(rings, facecolor=colour, edgecolor="none")
    draw(outline.grids, facecolor="none", edgecolor=MAGENTA, linewidth=0.35)
    for _, rings in outline.out:
        draw(rings, facecolor="none", edgecolor=ALARM, hatch="//////", linewidth=0.6)
    for _, rings in outline.communities:
        draw(rings, facecolor="none", edgecolor=INK, linewidth=0.6)
    return inner.top - outline.height * scale - 5


def _path(rings: Sequence[Ring], at: np.ndarray, scale: float) -> Outline:
    paths = [
        Outline(np.vstack([ring, ring[:1]]) * (scale, -scale) + at, closed=True)
        for ring in rings
        if len(ring)
    ]
    return Outline.make_compound_path(*paths)


def _histogram(paper: Paper, facts: Facts, w: Words, room: Rect) -> float:
    _title(paper, w["histogram"], room.x, room.top, room.width)
    bars = bins(facts)
    base, tallest = room.y + 8, room.height - 22
    step = room.width / len(bars)
    inside = [number for number, bar in enumerate(bars) if bar.inside]
    x0, x1 = room.x + inside[0] * step, room.x + (inside[-1] + 1) * step
    paper.bar(Rect(x0, base, x1 - x0, tallest + 4), BAND)
    label = w["range_band"].format(low=facts.low, high=facts.high)
    paper.centred(label, (x0 + x1) / 2, base + tallest + 5, 7, GREEN)
    most = max([1, *(bar.count for bar in bars)])
    for number, bar in enumerate(bars):
        colour = BLUE if bar.inside else ALARM
        x, tall = room.x + number * step, (tallest - 2) * bar.count / most
        if bar.count:
            paper.bar(Rect(x + 0.5, base, step - 1, tall), colour)
            paper.centred(str(bar.count), x + step / 2, base + tall + 0.8, 7, colour)
        if not bar.inside and number in (0, len(bars) - 1):
            paper.centred(bar.label, x + step / 2, base - 3.6, 6.5, ALARM)
    paper.pen.line([room.x, room.right], [base] * 2, INK, 0.2)
    for tick, x in (
        (facts.low, x0),
        ((facts.low + facts.high) / 2, (x0 + x1) / 2),
        (facts.high, x1),
    ):
        paper.pen.line([x, x], [base, base - 0.9], INK, 0.2)
        paper.centred(f"{tick:g}", x, base - 3.8, 7, SOFT_INK)
    return room.y


def _asked(paper: Paper, facts: Facts, w: Words, x: float, y: float) -> float:
    _title(paper, w["asked"], x, y, HALF)
    paper.y = y - 6.5
    target = f"{facts.target:g}"
    value = w["ask_range_value"].format(low=facts.low, high=facts.high, target=target)
    entries: list[tuple[str, str]] = [(w["ask_range"], value)]
    layers = [f"{name} · {mode_text(zone, w)}" for name, zone in facts.zones.items()]
    entries += _listed(w["ask_layers"], layers or [w["none"]])
    barriers = [f"{n} · {w.get(str(b.get('mode')), '')}" for n, b in facts.barriers.items()]
    entries += _listed(w["ask_barriers"], barriers or [w["none"]])
    for name, text in entries[:14]:
        paper.write(name, x, paper.y - 3, 7.5, colour=SOFT_INK)
        paper.write(
            paper.pen.shortened(paper.shown(text), 7.5, HALF - 34), x + 34, paper.y - 3, 7.5
        )
        paper.y -= 4.2
    return paper.y - 2


def _listed(name: str, values: Sequence[str]) -> list[tuple[str, str]]:
    return [(name if number == 0 else "", value) for number, value in enumerate(values)]


def _aligned(paper: Paper, facts: Facts, w: Words, y: float) -> float:
    if not facts.layers:
        return y
    _title(paper, w["aligned"], MARGIN, y, HALF)
    paper.y = y - 6.5
    paper.paragraph(w["aligned_lead"], size_pt=7, colour=SOFT_INK, width=HALF, after=1)
    for row in facts.layers[:10]:
        name = paper.pen.shortened(paper.shown(row.layer), 7.5, 32)
        paper.write(name, MARGIN, paper.y - 3, 7.5)
        paper.write(percent(row.one_zone, w), MARGIN + 47, paper.y - 3, 7.5, right=True)
        paper.bar(Rect(MARGIN + 50, paper.y - 3, HALF - 50, 2), GROUND)
        paper.bar(Rect(MARGIN + 50, paper.y - 3, (HALF - 50) * (row.one_zone or 0), 2), BLUE)
        paper.y -= 4.4
    return paper.y - 2


def _decide(paper: Paper, facts: Facts, w: Words) -> None:
    paper.need(22)
    _title(paper, w["decide"], MARGIN, paper.y, INNER)
    paper.y -= 8
    decisions = facts.decisions()
    if not decisions:
        paper.paragraph(w["nothing_to_decide"])
        return
    names = {row.code: row.label for row in facts.communities}
    shown = decisions[:4]
    for finding in shown:
        sheet, top = len(paper.sheets), paper.y
        name = names.get(finding.community_code, finding.place or finding.kind)
        paper.paragraph(name, bold=True, x=MARGIN + 4, width=INNER - 4, after=0)
        cause = finding.cause(w["language"])
        paper.paragraph(cause, x=MARGIN + 4, width=INNER - 4, size_pt=8, after=0)
        if said := finding.cure(w["language"]):
            cure = w["cure_is"].format(said)
            paper.paragraph(cure, x=MARGIN + 4, width=INNER - 4, size_pt=8, after=0)
        if sheet == len(paper.sheets):
            paper.pen.line([MARGIN + 0.6] * 2, [top - 0.5, paper.y], ALARM, 0.8)
        paper.y -= 3
    if len(decisions) > len(shown):
        paper.paragraph(w["more_below"].format(len(decisions) - len(shown)), colour=SOFT_INK)
