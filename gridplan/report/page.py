"""The report as one HTML page: page one for a director, the rest for an analyst."""

from collections.abc import Mapping, Sequence

from gridplan.report import parts
from gridplan.report.charts import histogram, overview
from gridplan.report.facts import Facts
from gridplan.report.markup import Html, el
from gridplan.report.sentences import verdict
from gridplan.report.style import STYLE
from gridplan.report.words import words

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
DECISIONS = 5  # on page one


def page_text(facts: Facts, files: Sequence[str]) -> str:
    """Write the whole page.

    Parameters
    ----------
    facts
        What it says.
    files
        Paths beside the report that are there, relative to it; only these are linked.
    """
    w = words(facts.language)
    sections = parts.analyst_parts(facts, w)
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", f"{facts.project} – {w['report']}"),
        el("style", Html(STYLE)),
    )
    contents = [el("li", el("a", title, href=f"#{key}")) for key, title, _ in sections]
    body = el(
        "body",
        el(
            "main",
            _first_page(facts, w, files),
            el(
                "div",
                el("p", w["for_analysts"]),
                el("nav", el("ol", contents), aria_label=w["contents"]),
                class_="analyst",
            ),
            [_part(key, title, content) for key, title, content in sections],
            el("footer", _footer(facts, w)),
        ),
    )
    language = "zh-CN" if facts.language == "zh" else "en"
    return f"<!DOCTYPE html>\n{el('html', head, body, lang=language)}\n"


def _part(key: str, title: str, content: Sequence[Html]) -> Html:
    heading = el("h2", title, id=f"{key}-title")
    return el(
        "section", heading, list(content), id=key, class_="part", aria_labelledby=f"{key}-title"
    )


def _footer(facts: Facts, w: Mapping[str, str]) -> str:
    made = w["made_by"].format(facts.run.get("version", ""))
    return " · ".join([facts.project, facts.date, made])


def _first_page(facts: Facts, w: Mapping[str, str], files: Sequence[str]) -> list[Html]:
    return [
        el(
            "header",
            el("p", el("span", w["report"]), el("span", facts.date), class_="kicker"),
            el("h1", facts.project),
            _verdict(facts, w),
        ),
        _tiles(facts, w),
        el(
            "div",
            el(
                "div",
                el("section", el("h2", w["overview"]), overview(facts.outline, w)),
                _aligned(facts, w) if facts.layers else None,
                class_="stack",
            ),
            el(
                "div",
                el("section", el("h2", w["histogram"]), histogram(facts, w)),
                el("section", el("h2", w["asked"]), _asked(facts, w)),
                class_="stack",
            ),
            class_="two",
        ),
        _decide(facts, w),
        _files(w, files),
    ]


def _verdict(facts: Facts, w: Mapping[str, str]) -> Html:
    first, *rest = verdict(facts, w)
    bad = facts.broken > 0
    last = rest.pop()
    return el(
        "p",
        el("strong", first),
        [f"{w['blank']}{sentence}" for sentence in rest],
        w["blank"],
        el("span", last, class_="bad") if bad else last,
        class_="verdict",
    )


def _tiles(facts: Facts, w: Mapping[str, str]) -> Html:
    out = facts.residential - facts.inside
    tiles = [
        _tile(f"{len(facts.communities):,}", w["communities"]),
        _tile(f"{facts.grids:,}", w["grids"]),
        _tile(f"{facts.households:,}", f"{w['households']} ({w[facts.basis]})"),
        _tile(f"{facts.inside:,}", w["in_range"], facts.residential, bad=out > 0),
        _tile(f"{facts.proven:,}", w["proven"], len(facts.communities)),
        _tile(
            w["broken"].format(facts.broken) if facts.broken else w["hold"],
            w["promises"],
            bad=facts.broken > 0,
        ),
    ]
    return el("ul", tiles, class_="tiles")


def _tile(value: str, name: str, whole: int | None = None, *, bad: bool = False) -> Html:
    small = el("small", f" / {whole:,}") if whole is not None else None
    return el("li", el("b", value, small), el("span", name), class_="missed" if bad else None)


def _asked(facts: Facts, w: Mapping[str, str]) -> Html:
    rows: list[Html] = []
    target = f"{facts.target:g}"
    value = w["ask_range_value"].format(low=facts.low, high=facts.high, target=target)
    rows += [el("dt", w["ask_range"]), el("dd", value)]
    lines = [
        el("div", el("bdi", name), " ", el("em", parts.mode_text(zone, w)))
        for name, zone in facts.zones.items()
    ]
    rows += [el("dt", w["ask_layers"]), el("dd", lines or w["none"])]
    barriers = [
        el("div", el("bdi", name), " ", el("em", w.get(str(b.get("mode")), "")))
        for name, b in facts.barriers.items()
    ]
    rows += [el("dt", w["ask_barriers"]), el("dd", barriers or w["none"])]
    return el("dl", rows, class_="asked")


def _aligned(facts: Facts, w: Mapping[str, str]) -> Html:
    rows = [
        el(
            "tr",
            el("th", el("bdi", row.layer), scope="row"),
            el("td", parts.percent(row.one_zone, w), class_="n"),
            el("td", parts.bar(row.one_zone)),
        )
        for row in facts.layers
    ]
    table = el("table", el("caption", w["aligned_lead"]), el("tbody", rows))
    return el("section", el("h2", w["aligned"]), table)


def _decide(facts: Facts, w: Mapping[str, str]) -> Html:
    decisions = facts.decisions()
    shown = decisions[:DECISIONS]
    names = {row.code: row.label for row in facts.communities}
    items = [
        el(
            "li",
            el("b", names.get(finding.community_code, finding.place or finding.kind)),
            finding.cause(w["language"]),
            el("div", cure, class_="cure") if (cure := finding.cure(w["language"])) else None,
        )
        for finding in shown
    ]
    content: list[Html] = [el("ul", items, class_="decide")] if items else []
    if not items:
        content = [el("p", w["nothing_to_decide"])]
    if len(decisions) > len(shown):
        more = w["more_below"].format(len(decisions) - len(shown))
        content.append(el("p", el("a", more, href="#exceptions")))
    return el("section", el("h2", w["decide"]), content, class_="block")


def _files(w: Mapping[str, str], files: Sequence[str]) -> Html:
    names = {
        "maps/district.png": "file_map",
        "maps/district.pdf": "file_map",
        "maps/before_after.png": "file_change",
        "maps/index.html": "file_index",
        "tables/gridplan.xlsx": "file_book",
        "plan.qgz": "file_qgis",
        "plan.gpkg": "file_plan",
        "report.pdf": "file_pdf",
    }
    links = [
        el(
            "span",
            el("a", w[names[path]], href=path),
            el("span", f" {path}", class_="quiet"),
            class_="link",
        )
        for path in files
        if path in names
    ]
    if not links:
        return Html()
    spaced = [item for link in links for item in (link, Html(" "))][:-1]
    return el("section", el("h2", w["files"]), el("p", spaced), class_="block screen")
