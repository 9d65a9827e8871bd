"""The report: what it says, that nothing in it can break it, and how it looks on a page."""

import json
import re
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from PIL import Image

from gridplan.cli import gridplan
from gridplan.domain import Plan
from gridplan.export import write_plan, write_run
from gridplan.report import write_report
from gridplan.report.charts import bins
from gridplan.report.facts import Facts, facts_of
from gridplan.report.markup import el
from gridplan.report.outline import outline_of
from gridplan.report.page import page_text
from gridplan.report.parts import hardest
from gridplan.report.pdf import report_pdf
from gridplan.report.sentences import verdict
from gridplan.report.words import CHINESE, ENGLISH
from tests.conftest import chromium, need
from tests.jobs import CONFIG, chess_town
from tests.test_export import small_plan

EVIL = "<script>alert(1)</script>\"'&><img src=x onerror=alert(2)>\u202e$x^2$\x07"
VOID = {"meta", "br", "link", "path", "rect", "circle", "line", "polygon"}
NOTHING = pd.DataFrame(dtype=object)


def record(language: str = "en", **changes: object) -> dict[str, object]:
    """Make the record of a run of the small plan."""
    return {
        "version": "1.0",
        "date": "2026-01-31",
        "seed": 0,
        "seconds": 1.5,
        "configuration": {
            "project": {"name": "Sample", "language": language},
            "grids": {"min": 250, "max": 500, "target": 375.0},
            "inputs": {
                "units": {"household_basis": "registered"},
                "zones": {"police": {"mode": "soft", "weight": 1.5}},
            },
            "objective": {"balance": 0.25},
            "solve": {"effort": 1.0},
        },
        "inputs": {"city.gpkg": "ab" * 32},
        "communities": {
            "C1": {"breach": 0, "breach_bound": 0, "objective": 1.5, "bound": 1.2, "seconds": 0.1}
        },
        "audit": [],
        **changes,
    }


def facts(
    plan: Plan | None = None,
    language: str = "en",
    *,
    exceptions: pd.DataFrame | None = None,
    alignment: pd.DataFrame = NOTHING,
    **changes: object,
) -> Facts:
    """Gather the facts of a small plan."""
    return facts_of(
        plan or small_plan(),
        record(language, **changes),
        NOTHING if exceptions is None else exceptions,
        alignment,
        NOTHING,
    )


def exception(**values: str) -> pd.DataFrame:
    """Make an exceptions table of one row."""
    row = {
        "kind": "no-plan-in-range", "severity": "exception", "community_code": "C1",
        "grid_code": "", "place": "C1", "message": "community C1: too small; cure: merge it",
    }  # fmt: skip
    return pd.DataFrame([{**row, **values}])


class Page(HTMLParser):
    """Reads a page: its elements, their attributes, its text; complains where tags do not match."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.seen.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element without content."""
        assert tag in VOID
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Check that it closes what was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of every element of a name."""
        return [attributes for name, attributes in self.seen if name == tag]


def test_words_are_the_same_in_both_languages() -> None:
    """Each word is there in English and Chinese, with the same blanks to fill."""
    assert {key for key in ENGLISH if not key.endswith("_one")} == set(CHINESE)
    for key, text in ENGLISH.items():
        other = CHINESE[key.removesuffix("_one")]
        assert set(re.findall(r"{\w*}", text)) == set(re.findall(r"{\w*}", other)), key


@pytest.mark.parametrize(
    ("counts", "sentences"),
    [
        (
            {"grids": 1, "households": 1, "residential": 1, "inside": 0, "proven": 1, "broken": 1},
            [
                "1 grid for 1 household in 1 community.",
                "The only residential grid does not lie within 250–500 households; below is why "
                "and what would cure it.",
                "Every community's plan is proven optimal.",
                "1 promise is broken: do not adopt this plan before it is mended.",
            ],
        ),
        (
            {"grids": 1200, "residential": 2, "inside": 1, "proven": 0, "broken": 2},
            [
                "1,200 grids for 600 households in 1 community.",
                "1 of 2 residential grids lies within 250–500 households; 1 does not, and below is "
                "why and what would cure it.",
                "No community is proven optimal.",
                "2 promises are broken: do not adopt this plan before they are mended.",
            ],
        ),
    ],
)
def test_one_is_said_as_one(counts: dict[str, int], sentences: list[str]) -> None:
    """The verdict minds the number of whatever it counts."""
    known = {
        "change": None,
        "low": 250,
        "high": 500,
        "households": 600,
        "communities": [0],
        **counts,
    }
    assert verdict(SimpleNamespace(**known), ENGLISH) == sentences
    three = SimpleNamespace(
        **{**known, "communities": [0] * 3, "proven": 1, "residential": 5, "inside": 2}
    )
    _, inside, proof, _ = verdict(three, ENGLISH)
    assert inside.startswith("2 of 5 residential grids lie within 250–500 households; 3 do not,")
    assert proof == "1 of 3 communities is proven optimal."
    assert verdict(three, CHINESE)[2] == "3个社区中有1个的方案已证明最优。"


def test_markup_escapes_whatever_it_is_given() -> None:
    """Text and attributes are escaped, finished markup is not escaped twice."""
    assert (
        el("p", "<b>", el("i", "&"), title='"<')
        == '<p title="&quot;&lt;">&lt;b&gt;<i>&amp;</i></p>'
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_hostile_names_stay_text(language: str) -> None:
    """Names, zones, messages, inputs and settings full of markup add no element and no script."""
    plan = small_plan()
    plan.communities["community_name"] = EVIL
    plan.streets["street_name"] = EVIL
    plan.grids["grid_code"] = [EVIL, "C1-001"]
    plan.grids["range_status"] = ["over", "under"]
    plan.units["grid_code"] = [EVIL, "C1-001"]
    plan.units["police"] = EVIL
    run = record(
        language, audit=[{"kind": EVIL, "severity": "broken", "message": EVIL, "place": EVIL}]
    )
    run["inputs"] = {EVIL: EVIL}
    run["version"] = run["signature"] = run["date"] = EVIL
    run["configuration"]["project"]["name"] = EVIL  # type: ignore[index]
    run["configuration"]["inputs"]["barriers"] = {EVIL: {"mode": EVIL}}  # type: ignore[index]
    listed = exception(kind=EVIL, place=EVIL, message=f"{EVIL}; cure: {EVIL}", severity="warning")
    found = facts_of(plan, run, listed, NOTHING, NOTHING)
    page = Page(page_text(found, []))
    names = {tag for tag, _ in page.seen}
    assert not names & {"script", "img", "iframe", "object"}
    for _, attributes in page.seen:
        assert not any(name.startswith("on") for name in attributes)
    assert "".join(page.text).count("<script>alert(1)</script>") > 8
    assert "\x07" not in "".join(page.text)
    assert report_pdf(found).startswith(b"%PDF")


def test_nothing_is_fetched() -> None:
    """No address but those beside the report, and a policy that forbids any other."""
    page = Page(page_text(facts(), ["maps/district.png", "plan.qgz"]))
    links = [a.get("href") or "" for a in page.all("a")]
    assert {"maps/district.png", "plan.qgz"} <= set(links)
    assert all(link.startswith("#") or "//" not in link for link in links)
    assert not [a for _, a in page.seen if "src" in a]
    assert any("default-src 'none'" in (m.get("content") or "") for m in page.all("meta"))
    assert "url(" not in page_text(facts(), []).replace("url(#hatch)", "")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_page_is_accessible(language: str) -> None:
    """Language, titles in order, captions, scopes, texts of charts, no dead links."""
    page = Page(page_text(facts(language=language, exceptions=exception()), []))
    assert page.all("html")[0]["lang"] == {"en": "en", "zh": "zh-CN"}[language]
    levels = [int(tag[1]) for tag, _ in page.seen if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(th.get("scope") for th in page.all("th"))
    for svg in page.all("svg"):
        assert svg.get("aria-hidden") == "true" or svg.get("aria-label")
    ids = [a["id"] for _, a in page.seen if "id" in a]
    assert len(ids) == len(set(ids))
    assert {(a.get("href") or "")[1:] for a in page.all("a")} <= set(ids)


def test_ends_of_the_range_belong_to_it() -> None:
    """A grid of exactly the least or most households is counted inside."""
    plan = small_plan()
    plan.grids["households"] = [250, 500]
    assert sum(b.count for b in bins(facts(plan)) if b.inside) == 2
    plan.grids["households"] = [249, 501]
    counted = bins(facts(plan))
    assert [b.count for b in counted if not b.inside and b.count] == [1, 1]
    plan.grids["households"] = [1, 99_999]
    assert sum(b.count for b in bins(facts(plan))) == 2


def test_holes_are_left_out_of_hatches() -> None:
    """A grid around another one is hatched, the one inside is not: its ring turns the other way."""
    plan = small_plan()
    x, y, *_ = plan.grids.total_bounds
    hole = shapely.box(x + 20, y + 20, x + 60, y + 60)
    shell = shapely.box(x, y, x + 100, y + 100).exterior
    around = shapely.Polygon(shell, [hole.exterior])  # both turn alike, as files may have them
    grids = plan.grids.set_geometry([around, hole])
    grids["range_status"] = ["under", "in"]
    ((_, rings),) = outline_of(replace(plan, grids=grids)).out
    turns = [shapely.LinearRing(ring).is_ccw for ring in rings]
    assert sorted(turns) == [False, True]


def test_decisions_name_cause_and_cure() -> None:
    """A breach stands on page one, once a community, with its cure apart."""
    plan = small_plan()
    plan.grids["range_status"] = ["under", "in"]
    listed = pd.concat([exception(kind="block-over-max", place="u1"), exception()])
    found = facts(plan, exceptions=listed)
    (decision,) = found.decisions()
    assert (decision.cause("en"), decision.cure("en")) == ("Too small", "Merge it")
    text = page_text(found, [])
    assert text.index("Merge it") < text.index('class="analyst"')


def test_broken_promise_is_said_first() -> None:
    """A promise that does not hold is in the verdict, whatever else is well."""
    broken = {"kind": "community-gap", "severity": "broken", "message": "a gap", "place": "C1"}
    assert "1 promise is broken" in page_text(facts(audit=[broken]), [])
    assert "broken: do not adopt" not in page_text(facts(), [])


def test_ledger_stands_beside_what_is_proven() -> None:
    """With tables/alignment the least is shown with its proof; without, nothing is claimed."""
    plan = small_plan()
    plan.units["police"] = "P1"
    assert facts(plan).layers[0].least is None
    assert [s.why for s in facts(plan).splits] == ["why_size"]
    plan.units["households"] = [100, 100]
    row = {"community_code": "C1", "layer": "police", "excess_incidences": "1"}
    whys = {
        ("1", "yes"): "why_forced",
        ("0", "yes"): "why_weighed",
        ("0", "no"): "why_open",
    }
    for (least, proven), why in whys.items():
        table = pd.DataFrame([{**row, "least_excess": least, "proven": proven}])
        found = facts(plan, alignment=table)
        assert (found.layers[0].excess, found.layers[0].least) == (1, int(least))
        assert found.layers[0].proven == (proven == "yes")
        assert [s.why for s in found.splits] == [why]


def before_after(**columns: list[str]) -> pd.DataFrame:
    """Make the table of a re-division: kept, redrawn, new, and one that ended."""
    table = {
        "grid_code": ["C1-001", "C1-002", "C1-004", "C1-003"],
        "state": ["now", "now", "now", "ended"],
        "flag": ["U", "X", "N", "X"],
        "previous_grid_code": ["C1-001", "C1-002", "", "C1-003"],
        "old_grid_codes": ["C1-001", "C1-002;C1-003", "", "C1-003"],
        "households_before": ["300", "400", "0", "100"],
        "households_in": ["0", "90", "0", "0"],
        "households_out": ["0", "20", "0", "100"],
        "households_change": ["0", "-10", "110", "0"],
        "households_after": ["300", "460", "110", "0"],
        "area_in_m2": ["0", "1250.4", "0", "0"],
        "area_out_m2": ["0", "0", "0", "1250.4"],
        **columns,
    }
    return pd.DataFrame(table, dtype=object)


def changed(table: pd.DataFrame, language: str = "en", **more: object) -> Facts:
    """Gather the facts of a re-division."""
    run = record(language, **more)
    return facts_of(small_plan(), run, NOTHING, NOTHING, NOTHING, table)


def test_very_many_communities_are_told_by_the_hardest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many communities the table of proofs has those of which least is proven."""
    found = facts()
    easy, open_ = (replace(found.communities[0], breach=0, gap=gap) for gap in (0.0, None))
    rows = (*(replace(easy, code=f"c{i}") for i in range(4)), replace(open_, code="c9"))
    many = replace(found, communities=rows)
    monkeypatch.setattr("gridplan.report.parts.PROVEN", 2)
    assert [row.code for row in hardest(many)] == ["c0", "c9"]
    assert "and 3 more with less out of range" in page_text(many, [])
    assert report_pdf(many).startswith(b"%PDF")


def test_redivision_is_shown_before_and_after() -> None:
    """Households moved, codes kept and every grid that changed; nothing without the table."""
    found = changed(before_after())
    assert found.change is not None
    assert (found.change.moved, found.change.households) == (120, 800)
    assert (found.change.kept, found.change.old_codes, found.change.new_codes) == (2, 3, 1)
    assert [row.grid_code for row in found.change.changed] == ["C1-002", "C1-003", "C1-004"]
    page = page_text(found, [])
    text = "".join(Page(page).text)
    assert "120 households (15.0%) get another grid; 2 of 3 codes stay." in text
    assert "1,250" in text
    assert "C1-002, C1-003" in text
    assert report_pdf(found).startswith(b"%PDF")
    assert 'id="change"' not in page_text(facts(), [])
    assert facts_of(small_plan(), record(), NOTHING, NOTHING, NOTHING).change is None


def test_redivision_takes_the_count_of_the_run() -> None:
    """Where the run counted the households that moved, the report says the same number."""
    told = {
        "moved": 90, "households": 1000, "unchanged_moved": 80, "unchanged_share": 0.1,
        "least": 70, "proven": False,
    }  # fmt: skip
    found = changed(before_after(), "zh", redivision=told)
    assert found.change is not None
    assert (found.change.moved, found.change.share) == (90, 0.09)
    page = page_text(found, [])
    assert "90户（9.0%）改变所属网格；原3个编码中2个沿用。" in page
    assert "80 (10.0%)" in page
    assert "至少70" in page
    told["proven"] = True
    assert "已证明" in page_text(changed(before_after(), "zh", redivision=told), [])


def test_redivision_that_changed_nothing() -> None:
    """The part says so, on screen and on paper."""
    same = before_after().iloc[:1]
    assert "No grid has changed." in page_text(changed(same), [])
    assert report_pdf(changed(same)).startswith(b"%PDF")


def test_plan_without_zones_or_households() -> None:
    """Nothing to align and nobody at home is a report all the same."""
    plan = small_plan()
    bare = Plan(
        plan.grids.assign(households=0), plan.communities, plan.streets,
        plan.units.assign(households=0).drop(columns="police"),
    )  # fmt: skip
    found = facts(bare)
    Page(page_text(found, []))
    assert report_pdf(found).startswith(b"%PDF")
    empty = facts(Plan(bare.grids, bare.communities, bare.streets, plan.units.assign(households=0),
                       zone_layers=("police",)))  # fmt: skip
    Page(page_text(empty, []))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output folder of a small job."""
    folder = tmp_path_factory.mktemp("report")
    job = chess_town(folder, config=CONFIG)
    answer = CliRunner().invoke(
        gridplan, ["partition", str(job), "-o", str(folder / "out"), "--date", "2026-01-31", "-q"]
    )
    assert answer.exit_code == 0, answer.output
    return folder / "out"


def test_partition_writes_report_and_project(finished: Path) -> None:
    """The main job leaves the report in both forms and the QGIS project, and they are not empty."""
    for name in ("report.html", "report.pdf", "plan.qgz"):
        assert (finished / name).stat().st_size > 3_000
    text = (finished / "report.html").read_text(encoding="utf-8")
    assert "8 grids for 3,200 households in 2 communities." in text
    assert json.loads((finished / "run.json").read_bytes())["signature"] in text


def test_command_writes_the_same_again(finished: Path) -> None:
    """``gridplan report OUT`` makes the very same files from the finished folder."""
    names = ("report.html", "report.pdf")
    before = [(finished / name).read_bytes() for name in names]
    for name in names:
        (finished / name).unlink()
    answer = CliRunner().invoke(gridplan, ["report", str(finished)])
    assert answer.exit_code == 0, answer.output
    assert [(finished / name).read_bytes() for name in names] == before


def test_report_can_be_left_out(tmp_path: Path) -> None:
    """``report = false`` writes none."""
    job = chess_town(tmp_path, config=CONFIG + "report = false\n")
    answer = CliRunner().invoke(gridplan, ["partition", str(job), "-o", str(tmp_path / "o"), "-q"])
    assert answer.exit_code == 0, answer.output
    assert not list((tmp_path / "o").glob("report.*"))


def test_folder_that_is_no_output_is_named(tmp_path: Path) -> None:
    """A folder without a plan is an error in words."""
    answer = CliRunner().invoke(gridplan, ["report", str(tmp_path)])
    assert answer.exit_code == 1
    assert "plan.gpkg" in str(answer.output) + str(answer.exception)


def test_many_findings_run_over_sheets(tmp_path: Path) -> None:
    """Long tables go on overleaf; long names and words are broken; twice written is the same."""
    rows = [exception(kind=f"kind-{i}", place=f"P{i}", message="x" * 400) for i in range(40)]
    write_plan(small_plan(), tmp_path / "plan.gpkg")
    pd.concat(rows).to_csv(_tables(tmp_path) / "exceptions.csv", index=False, encoding="utf-8-sig")
    write_run(tmp_path / "run.json", record())
    page, pdf = write_report(tmp_path)
    pages = re.findall(rb"/Type /Page\b", pdf.read_bytes())
    assert len(pages) > 5
    found = [page.read_bytes(), pdf.read_bytes()]
    assert [path.read_bytes() for path in write_report(tmp_path)] == found


def _tables(folder: Path) -> Path:
    (folder / "tables").mkdir()
    return folder / "tables"


def test_chromium_shows_page_one(finished: Path, tmp_path: Path) -> None:
    """A real browser draws the report in colour, and its script-free page says what it should."""
    need("chromium")
    program = chromium()
    assert program is not None
    picture = tmp_path / "report.png"
    options = [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1000,1400",
        f"--screenshot={picture}", (finished / "report.html").as_uri(),
    ]  # fmt: skip
    subprocess.run([program, *options], capture_output=True, timeout=120, check=True)
    with Image.open(picture) as image:
        found = image.convert("RGB").getcolors(1 << 24) or []
    colours = {colour for _, colour in found}
    assert {(180, 13, 116), (47, 95, 143)} <= colours
    assert len(colours) > 50
