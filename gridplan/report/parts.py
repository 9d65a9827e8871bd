"""The parts of a report that are for an analyst."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TypeAlias

from gridplan.codes import BANDING_RULE, BANDING_RULE_ZH
from gridplan.report import kinds, sentences
from gridplan.report.before import change_part
from gridplan.report.charts import dot_rows, share_bar
from gridplan.report.facts import BAD, CommunityRow, Facts
from gridplan.report.ledger import SIZE, LayerRow, SplitRow
from gridplan.report.listing import Listed
from gridplan.report.markup import Html, el
from gridplan.report.people import people_part
from gridplan.report.rows import code_cell, lead, make_row, make_table, number_cell
from gridplan.report.words import counted
from gridplan.sentences import told

Words: TypeAlias = Mapping[str, str]
Part: TypeAlias = tuple[str, str, list[Html]]

CHART_ROWS = 36  # of one chart, so that it fits a sheet of A4
DOTS_MAX = 400  # communities shown dot by dot
LISTED = 12  # findings of one kind
SPLITS = 200
PROVEN = 400  # communities in the table of what is proven


def analyst_parts(facts: Facts, w: Words) -> list[Part]:
    """Every part after page one: key, title, content."""
    found: list[Part] = [("grids", w["per_grid"], list(_per_grid(facts, w)))]
    if facts.change is not None:
        found.insert(0, ("change", w["change"], list(change_part(facts.change, w))))
    if facts.people is not None:
        title = facts.people.words["title"]
        found.append(("people", title, list(people_part(facts.people))))
    if facts.layers:
        found.append(("ledger", w["ledger"], list(_ledger(facts, w))))
    found += [
        ("exceptions", w["exceptions"], list(_exceptions(facts, w))),
        ("proof", w["proof"], list(_proof(facts, w))),
        ("audit", w["audit"], list(_audit(facts, w))),
        ("provenance", w["provenance"], list(_provenance(facts, w))),
    ]
    return found


def percent(share: float | None, w: Words) -> str:
    """A share (0..1) in words."""
    if share is None:
        return w["dash"]
    text = f"{share:.1%}"
    return "100%" if text == "100.0%" and share == 1 else text


def mode_text(zone: Mapping[str, object], w: Words) -> str:
    """How a layer is to be respected, as configured."""
    mode = str(zone.get("mode", "soft"))
    text = w.get(mode, mode)
    weight = zone.get("weight")
    if mode == "soft" and isinstance(weight, int | float):
        text += w["weight"].format(f"{weight:g}")
    return text


def bar(share: float | None) -> Html:
    """A share as a bar."""
    return share_bar(share)


def _per_grid(facts: Facts, w: Words) -> Iterator[Html]:
    yield lead(w["per_grid_lead"])
    rows = [row for row in facts.communities if row.dots]
    if len(rows) > DOTS_MAX:
        yield el("p", w["by_street"].format(f"{len(rows):,}"))
        rows = [row for row in rows if row.inside < row.residential][:DOTS_MAX]
    ordered = sorted(rows, key=lambda row: row.street_code)
    many = len({row.street_code for row in ordered}) > 1
    for street, group in groupby(ordered, key=lambda row: row.street_code):
        if many:
            yield el("h3", facts.street_names.get(street) or street or w["dash"])
        chosen = list(group)
        for start in range(0, len(chosen), CHART_ROWS):
            part = chosen[start : start + CHART_ROWS]
            yield el("figure", dot_rows(part, facts, w, [row.label for row in part]))


def _ledger(facts: Facts, w: Words) -> Iterator[Html]:
    yield lead(w["ledger_lead"])
    heads = [
        (w["layer"], False), (w["mode"], False), (w["one_zone"], True), (w["main_share"], True),
        (w["zones"], True), (w["split"], True), (w["incidences"], True), (w["excess"], True),
        (w["least"], True),
    ]  # fmt: skip
    rows = [
        make_row(
            el("th", el("bdi", row.layer), scope="row"),
            w.get(row.mode, row.mode),
            number_cell(percent(row.one_zone, w)),
            number_cell(percent(row.main_share, w)),
            row.zones,
            row.split,
            row.incidences,
            row.excess,
            _least(row, w),
        )
        for row in facts.layers
    ]
    yield make_table(w["caption_ledger"], heads, rows)
    yield from _splits(facts, w)


def _least(row: LayerRow, w: Words) -> Html:
    if row.least is None:
        return el("td", w["not_measured"], class_="n quiet")
    if row.proven:
        tag = el("span", w["proven_word"], class_="tag good")
        return el("td", f"{row.least:,} ", tag, class_="n")
    return number_cell(w["least_bound"].format(f"{row.least:,}"))


def _splits(facts: Facts, w: Words) -> Iterator[Html]:
    yield el("h3", w["splits"])
    if not facts.splits:
        yield el("p", w["no_splits"])
        return
    beyond = [split for split in facts.splits if split.why != SIZE]
    by_size = [split for split in facts.splits if split.why == SIZE]
    if beyond:
        yield _split_table(beyond, w["caption_splits"], facts, w)
    if by_size:
        size = counted(w, "by_size", len(by_size))
        table = _split_table(by_size, size, facts, w, hidden=True)
        yield el("p", size, class_="lead") if not beyond else el("p", size)
        yield el("details", el("summary", w["list_them"]), table)


def _split_table(
    splits: Sequence[SplitRow], caption: str, facts: Facts, w: Words, *, hidden: bool = False
) -> Html:
    heads = [
        (w["layer"], False), (w["zone"], False), (w["community"], False), (w["households"], True),
        (w["in_grids"], True), (w["needed"], True), (w["why"], False),
    ]  # fmt: skip
    names = {row.code: row.label for row in facts.communities}
    rows = [
        make_row(
            split.layer,
            split.zone_id,
            names.get(split.community_code, split.community_code),
            split.households,
            len(split.grids),
            split.needed,
            w[split.why],
        )
        for split in splits[:SPLITS]
    ]
    if len(splits) > SPLITS:
        more = w["more_zones"].format(len(splits) - SPLITS)
        rows.append(el("tr", el("td", more, colspan=len(heads), class_="quiet")))
    return make_table(caption, heads, rows, hidden=hidden)


def _exceptions(facts: Facts, w: Words) -> Iterator[Html]:
    if not facts.findings:
        yield el("p", w["no_exceptions"])
        return
    yield lead(w["exceptions_lead"])
    names = {row.code: row.label for row in facts.communities}
    for (severity, kind), group in groupby(facts.findings, key=lambda f: (f.severity, f.kind)):
        yield from _kind(kind, severity, list(group), names, facts, w)


def _kind(
    kind: str,
    severity: str,
    group: Sequence[Listed],
    names: Mapping[str, str],
    facts: Facts,
    w: Words,
) -> Iterator[Html]:
    """List the findings of one kind; a cure that all share stands once, above them."""
    tone = "bad" if severity in BAD else "warn" if severity == "warning" else None
    tag = el("span", w.get(severity, severity), class_=f"tag {tone or ''}".strip())
    title = kinds.meaning(kind, w["language"])
    yield el("h3", title, f" · {len(group):,} ", tag)
    cures = {finding.cure(w["language"]) for finding in group}
    shared = next(iter(cures)) if len(cures) == 1 else None
    above = [w["cure_is"].format(shared)] if shared and len(group) > 1 else []
    if all(finding.verified for finding in group):
        above.append(w["all_verified"])
    heads = [(w["community"], False), (w["place"], False), (w["cause"], False)]
    apart = any(cures) and not (shared is not None and len(group) > 1)
    if apart:
        heads.append((w["cure"], False))
    rows = []
    for finding in group[:LISTED]:
        where = finding.grid_code or finding.place
        community = names.get(finding.community_code, finding.community_code) or w["dash"]
        cells = [code_cell(community), code_cell(where or w["dash"]), finding.cause(w["language"])]
        rows.append(make_row(*cells, *([finding.cure(w["language"])] if apart else [])))
    yield make_table(" ".join(above) or title, heads, rows, hidden=not above)
    if len(group) > LISTED:
        yield el("p", w["and_more"].format(len(group) - LISTED), class_="quiet")


def _proof(facts: Facts, w: Words) -> Iterator[Html]:
    yield lead(w["proof_lead"])
    heads = [
        (w["community"], False), (w["households"], True), (w["grids"], True),
        (w["in_range"], True), (w["status"], False), (w["gap"], True), (w["cost"], True),
        (w["bound"], True), (w["seconds"], True),
    ]  # fmt: skip
    foot = el(
        "tr",
        el("th", w["total"], scope="row"),
        number_cell(f"{facts.households:,}"),
        number_cell(f"{facts.grids:,}"),
        number_cell(f"{facts.inside:,}"),
        el("td", f"{w['proven']}: {w['of'].format(facts.proven, len(facts.communities))}",
           colspan=5),
    )  # fmt: skip
    shown = hardest(facts)
    yield make_table(w["caption_proof"], heads, [_community(r, w) for r in shown], foot)
    if len(facts.communities) > len(shown):
        yield el("p", w["easier"].format(len(facts.communities) - len(shown)), class_="quiet")


def hardest(facts: Facts) -> tuple[CommunityRow, ...]:
    """Every community; where they are too many, those of which least is reached and proven."""
    if len(facts.communities) <= PROVEN:
        return facts.communities
    ranked = sorted(facts.communities, key=_hardness)
    return tuple(sorted(ranked[:PROVEN], key=lambda row: row.code))


def _hardness(row: CommunityRow) -> tuple[int, float, str]:
    return -row.breach, -(math.inf if row.gap is None else row.gap), row.code


def _community(row: CommunityRow, w: Words) -> Html:
    tone = "good" if row.status == "optimal" else "bad" if row.status == "breach" else "warn"
    name = el("bdi", row.label)
    code = el("span", row.code, class_="code") if row.label != row.code else None
    stopped = w.get(row.stopped, row.stopped)
    note = el("div", w["stopped"].format(stopped), class_="quiet") if row.stopped else None
    return make_row(
        el("th", name, code, scope="row"),
        row.households,
        row.grids,
        number_cell(w["of"].format(row.inside, row.residential)),
        el("td", el("span", sentences.status(row, w), class_=f"tag {tone}"), note),
        number_cell(sentences.gap(row, w)),
        number_cell(_decimal(row.cost, w)),
        number_cell(_decimal(row.bound, w)),
        number_cell(_decimal(row.seconds, w, 1)),
    )


def _decimal(value: float | None, w: Words, places: int = 3) -> str:
    return w["dash"] if value is None else f"{value:,.{places}f}"


def _audit(facts: Facts, w: Words) -> Iterator[Html]:
    yield lead(w["audit_lead"])
    totals = sentences.totals(facts, w)
    if totals:
        yield el("p", totals)
    if not facts.audit_kinds:
        yield el("p", w["audit_clean"])
        return
    heads = [(w["severity"], False), (w["kind"], False), (w["number"], True), (w["example"], False)]
    rows = [
        make_row(
            code_cell(w.get(severity, severity)),
            kinds.meaning(kind, w["language"]),
            count,
            told(kind, message, w["language"]),
        )
        for severity, kind, count, message in facts.audit_kinds
    ]
    yield make_table(w["audit_kinds"], heads, rows)


def provenance_rows(facts: Facts, w: Words) -> list[tuple[str, str]]:
    """Name and value of everything by which a run can be repeated."""
    run, configuration = facts.run, facts.run["configuration"]
    objective = configuration.get("objective", {})
    weights = ", ".join(f"{key} {value:g}" for key, value in objective.items())
    effort = configuration.get("solve", {}).get("effort", "")
    rule = BANDING_RULE_ZH if facts.language == "zh" else BANDING_RULE
    rows = [
        (w["version"], f"gridplan {run.get('version', '')}"),
        (w["date"], facts.date),
        (w["configuration"], str(run.get("configuration_file", ""))),
        (w["crs"], facts.crs),
        (w["seed"], str(run.get("seed", ""))),
        (w["ask_effort"], f"{effort:g}" if isinstance(effort, int | float) else ""),
        (w["run_time"], f"{run.get('seconds', '')} {w['s']}"),
        (w["weights"], weights),
        (w["numbering"], rule if run.get("numbering") else ""),
        (w["only"], ", ".join(str(code) for code in run.get("only") or [])),
        (w["signature"], str(run.get("signature", ""))),
    ]
    return [(name, value) for name, value in rows if value.strip()]


def _provenance(facts: Facts, w: Words) -> Iterator[Html]:
    rows = [
        el("tr", el("th", name, scope="row", class_="nowrap quiet"), el("td", value))
        for name, value in provenance_rows(facts, w)
    ]
    yield el("table", el("caption", w["provenance"], class_="sr"), el("tbody", rows))
    inputs = [
        make_row(str(path), el("td", str(digest), class_="hash"))
        for path, digest in sorted(facts.run.get("inputs", {}).items())
    ]
    if inputs:
        yield el("h3", w["input"])
        yield make_table(w["caption_inputs"], [(w["input"], False), (w["hash"], False)], inputs)
