"""The interactive page in a real browser with the network off."""

import base64
import csv
import io
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gridplan import metrics
from gridplan.config import Config
from gridplan.domain import Finding, Severity
from gridplan.layers import read_plan
from gridplan.maps import Details, draw_page, pairs_of_plan
from gridplan.pipeline import Options, partition
from gridplan.text import guard
from tests.conftest import chromium, need
from tests.jobs import CONFIG, chess_town
from tests.test_maps import backdrop, tiny_plan
from tests.test_web import HOSTILE

FLAGS = ("--disable-gpu", "--no-sandbox", "--disable-background-networking", "--disable-quic")
READY = "body[data-ready=yes]"
SIZE = {"width": 1280, "height": 800}
DIFFERENCE = 1.5
"""Mean difference of the drawing from the golden one, in levels of 255, that is still the same."""

EYE = 10
"""Difference of a patch of 16 x 16 pixels that an eye sees, in levels of 255."""
ALIKE = 0.06
"""Share of such patches that another machine's fonts may change."""


@dataclass
class Visit:
    """An open page and all that it said or asked for."""

    page: Any
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def js(self, code: str) -> Any:
        """What an expression is worth in the page."""
        return self.page.evaluate(code)

    def text(self, selector: str) -> str:
        """Text of an element."""
        return str(self.page.locator(selector).inner_text())

    def settle(self) -> None:
        """Wait until everything is drawn."""
        self.page.wait_for_function("!GP.app.scene.busy")

    def click_grid(self, code: str, **options: Any) -> None:
        """Click on the map where a grid is widest."""
        self.click_at(f"[g.x[g.code.indexOf('{code}')], g.y[g.code.indexOf('{code}')]]", **options)

    def click_unit(self, unit: str) -> None:
        """Click on the map in the middle of a unit."""
        box = f"p.unitBox(p.units.id.indexOf('{unit}'))"
        self.click_at(f"[({box}[0] + {box}[2]) / 2, ({box}[1] + {box}[3]) / 2]")

    def click_at(self, spot: str, **options: Any) -> None:
        """Click on the map at a place of the plan."""
        at = self.js(
            f"(() => {{ const p = GP.app.plan, g = p.grids, s = {spot};"
            "const at = GP.app.map.latLngToContainerPoint([s[1] / 10, s[0] / 10]);"
            "const box = document.getElementById('map').getBoundingClientRect();"
            "return [at.x + box.x, at.y + box.y]; })()"
        )
        self.page.mouse.click(*at, **options)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Chromium without network: in a namespace of its own where the system allows one."""
    need("chromium")
    from playwright.sync_api import sync_playwright

    program = chromium()
    assert program is not None
    if shutil.which("unshare") and not subprocess.run(["unshare", "-rn", "true"]).returncode:
        alone = tmp_path_factory.mktemp("browser") / "chromium"
        alone.write_text(f'#!/bin/sh\nexec unshare -rn -- "{program}" "$@"\n')
        alone.chmod(0o755)
        program = os.fspath(alone)
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=program, args=list(FLAGS))
        yield running
        running.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Any]:
    """Open pages; afterwards none may have complained or asked the network for anything."""
    visits: list[Visit] = []
    contexts = []

    def go(file: Path, *, before: str = "", **options: Any) -> Visit:
        context = browser.new_context(offline=True, viewport=SIZE, **options)
        contexts.append(context)
        page = context.new_page()
        if before:
            page.add_init_script(before)
        new = Visit(page)
        visits.append(new)
        page.on("console", lambda message: new.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: new.said.append(str(error)))
        page.on("request", lambda request: new.asked.append(request.url))
        page.goto(file.as_uri())
        page.wait_for_selector(READY, state="attached")
        new.settle()
        return new

    yield go
    for new in visits:
        assert new.said == []
        assert [u for u in new.asked if not u.startswith(("file:", "data:", "blob:"))] == []
        assert sum(u.startswith("file:") for u in new.asked) == 1
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A finished plan with its page: configuration and output folder."""
    folder = tmp_path_factory.mktemp("town")
    toml = chess_town(folder, config=CONFIG.replace("maps = []", 'maps = ["html"]\nreport = false'))
    out = folder / "out"
    partition(Config.load(toml), out, Options())
    return toml, out


@pytest.fixture(scope="module")
def town(job: tuple[Path, Path]) -> Path:
    """The page of the chess town."""
    return job[1] / "maps" / "index.html"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with roads, houses, water, two streets, unit grids and grids out of range."""
    file = tmp_path_factory.mktemp("tiny") / "tiny.html"
    plan = tiny_plan({"A": "Anfu", "B": "Beili", "C": "Chang'an"}, ("S1", "S2"))
    plan.units["police"] = ["P1" if i % 4 else "P2" for i in range(len(plan.units))]
    measures = metrics.zone_measures(plan.units, "police").reset_index()
    plan = replace(plan, grids=plan.grids.merge(measures), zone_layers=("police",))
    draw_page(
        plan,
        file,
        backdrop=backdrop(),
        project="Tiny Town",
        language="en",
        date="2025-01-31",
        grid_range=(290, 500),
        details=Details(pairs=pairs_of_plan(plan, []), blocks={"A-001u0": "b", "A-001u1": "b"}),
    )
    return file


def test_page_loads_with_grids_first(visit: Any, town: Path) -> None:
    """The grids are drawn before the rest is read, and the page says what it shows."""
    seen = visit(town)
    times = seen.js("GP.times")
    assert 0 < times["grids"] < times["loaded"]
    assert seen.text("#title") == "Chess Town"
    assert "2 communities · 8 grids · 3,200 households" in seen.text("#subtitle")
    assert seen.js("document.documentElement.lang") == "en"
    assert seen.js("Array.from(document.scripts).filter(s => s.dataset.pack).length") == 0


def test_click_shows_the_right_card(visit: Any, job: tuple[Path, Path], town: Path) -> None:
    """A click on a grid shows that grid: code, households, zones, neighbours."""
    seen, plan = visit(town), read_plan(job[1])
    for row in plan.grids.itertuples():
        seen.click_grid(row.grid_code)
        card = seen.text("#card")
        assert f"Grid {row.grid_code}" in card
        assert f"{row.households}" in card
        assert row.police_main in card
    district = seen.page.locator("#levels label", has_text="District")
    district.click()
    seen.click_grid(plan.grids["grid_code"].iloc[-1])
    assert "East" in seen.text("#card h2")
    seen.page.locator("#card button", has_text="Open the community").click()
    assert seen.js("GP.app.state.level") == "community"


def test_hover_names_the_grid(visit: Any, town: Path) -> None:
    """The pointer's grid is named beside it, and no longer when it leaves the plan."""
    seen = visit(town)
    box = seen.page.locator("#map").bounding_box()
    seen.page.mouse.move(box["x"] + box["width"] / 2 + 60, box["y"] + box["height"] / 2)
    assert "400 households" in seen.text("#tip")
    seen.page.mouse.move(box["x"] + 300, box["y"] + 5)
    assert seen.page.locator("#tip").is_hidden()


def test_search_finds_codes_names_and_buildings(visit: Any, town: Path) -> None:
    """The keyboard alone finds a unit, a grid and a community."""
    seen = visit(town)
    for typed, shown in (("u17", "u17"), ("110101001002003", "1002003"), ("east", "East")):
        seen.page.fill("#search", typed)
        assert seen.page.locator("#hits li").count() >= 1
        seen.page.press("#search", "Enter")
        assert shown in seen.text("#card")
        assert seen.page.locator("#hits").is_hidden()
    seen.page.fill("#search", "nobody")
    assert seen.text("#hits") == "Nothing found"


def test_what_if_measures_and_writes_locks(
    visit: Any, job: tuple[Path, Path], town: Path, tmp_path: Path
) -> None:
    """A move shows its consequences as ``metrics`` counts them, and partition keeps its locks."""
    toml, out = job
    seen, plan = visit(town, accept_downloads=True), read_plan(out)
    units = plan.units.set_index("unit_id")
    seen.page.click("#whatif-on")
    grids = units["grid_code"]
    moved = next(f"u0{i}" for i in range(3) if grids[f"u0{i}"] != grids[f"u0{i + 1}"])
    home = grids[moved]
    seen.click_unit(moved)
    assert "1 unit marked, 100 households" in seen.text("#whatif-body")
    target = seen.page.locator(".targets button").first
    code = str(target.get_attribute("data-grid"))
    assert code != home
    target.click()
    after = plan.units.copy()
    after.loc[after["unit_id"] == moved, "grid_code"] = code
    households = after.groupby("grid_code")["households"].sum()
    table = seen.text("#whatif-body")
    assert f"400 → {households[code]}" in table
    assert f"400 → {households[home]}" in table
    now = seen.js(
        "GP.app.state.what.alignment(GP.app.plan.grids.community[0], GP.app.state.what.grid)"
    )
    west = after[after["community_code"] == "110101001001"]
    assert now[0]["excess"] == metrics.excess_incidences(west, "police", 500).sum()
    assert now[0]["one"] == round(metrics.households_in_one_zone(west, "police") * 1600)
    with seen.page.expect_download() as saving:
        seen.page.locator("#whatif-body button", has_text="Save").click()
    assert saving.value.suggested_filename == "locks.csv"
    locks = tmp_path / "locks.csv"
    saving.value.save_as(locks)
    rows = list(csv.DictReader(io.StringIO(locks.read_text(encoding="utf-8-sig"))))
    assert [("in", moved)] == [(row["kind"], row["a"]) for row in rows]
    anchor = rows[0]["b"]
    assert units["grid_code"][anchor] == code
    locked = f'[inputs.locks]\npath = "{locks.as_posix()}"\n\n[grids]'
    again = toml.with_name("again.toml")
    again.write_text(toml.read_text(encoding="utf-8").replace("[grids]", locked), encoding="utf-8")
    result = partition(Config.load(again), tmp_path / "again", Options(maps=False))
    assert result is not None
    grid = result.plan.units.set_index("unit_id")["grid_code"]
    assert grid[moved] == grid[anchor]


def test_locks_guard_what_a_spreadsheet_would_run(visit: Any, town: Path) -> None:
    """The page guards ids exactly as ``guard`` does, so that reading takes it back."""
    begins = ["=1+1", "＝x", "-5", "-5.", "+a", "@x", "'=x", "''-x", " =x", "\t", "\u3000-", "'x"]
    texts = [*begins, "u1", "", "\ufeff=x", "\x1c=x", "\x85=x", "\n", "\v=x", "5-"]
    guarded = visit(town).page.evaluate("texts => texts.map(GP.guarded)", texts)
    assert guarded == [guard(text) for text in texts]


def test_what_if_sees_a_grid_fall_apart(visit: Any, tiny: Path) -> None:
    """Blocks move together; a move that cuts a grid says so; undo and discard take it back."""
    seen = visit(tiny)
    seen.js("GP.app.openCommunity(0)")
    seen.page.click("#whatif-on")
    seen.js("GP.app.mark(GP.app.plan.units.id.indexOf('A-001u0'))")
    assert "2 units marked, 260 households" in seen.text("#whatif-body")
    seen.page.locator('.targets button[data-grid="A-002"]').click()
    assert "dissolved" in seen.text("#whatif-body")
    assert seen.js("GP.app.state.what.after(1).parts") == 1
    seen.page.locator("#whatif-body button", has_text="Undo").click()
    assert seen.js("GP.app.state.what.moved.length") == 0
    # the four units around the middle of one grid, taken from its neighbours, leave it in pieces
    seen.js("GP.app.mark(GP.app.plan.units.id.indexOf('A-005u0'))")
    assert "of grid" not in seen.text("#whatif-body")
    seen.page.locator('.targets button[data-grid="A-002"]').click()
    seen.js("GP.app.mark(GP.app.plan.units.id.indexOf('A-002u1'))")
    seen.page.locator('.targets button[data-grid="A-003"]').click()
    seen.js("GP.app.mark(GP.app.plan.units.id.indexOf('A-002u0'))")
    seen.page.locator('.targets button[data-grid="A-001"]').click()
    assert seen.js("GP.app.state.what.after(1).parts") == 1
    seen.page.locator("#whatif-body button", has_text="Discard all").click()
    assert seen.js("GP.app.state.what.moved.length") == 0
    parts = seen.js(
        "(() => { const w = GP.app.state.what; w.grid[0] = 4; w.grid[1] = 4;"
        "return w.after(4).parts; })()"
    )
    assert parts == 2


def test_blocks_of_other_communities_stay(visit: Any, tiny: Path) -> None:
    """A unit is offered only grids of its own community."""
    seen = visit(tiny)
    seen.page.click("#whatif-on")
    seen.js("GP.app.mark(GP.app.plan.units.id.indexOf('A-009u1'))")
    codes = [b.get_attribute("data-grid") for b in seen.page.locator(".targets button").all()]
    assert codes
    assert {code[0] for code in codes} == {"A"}


def test_layers_colours_and_legend(visit: Any, tiny: Path) -> None:
    """Every way of colouring has its legend; a layer that is switched on is drawn and listed."""
    seen = visit(tiny)
    for mode, entry in (
        ("households", "290 to 359"),
        ("deviation", "−10 % to +10 %"),
        ("alignment", "100 %"),
        ("status", "below the range"),
    ):
        before = drawing(seen, ("fill",))
        seen.page.select_option("#colour", mode)
        seen.settle()
        assert entry in seen.text("#legend")
        assert np.abs(before - drawing(seen, ("fill",))).mean() > 1
    before = drawing(seen, ("line",))
    seen.page.check("[data-layer=zone0]")
    assert "police" in seen.text("#legend")
    assert np.abs(before - drawing(seen, ("line",))).mean() > 0.1
    seen.page.uncheck("[data-layer=grids]")
    assert "Grid border" not in seen.text("#legend")
    seen.js("GP.app.map.setZoom(GP.app.map.getZoom() - 0.4, { animate: false })")
    assert seen.js("GP.app._legend._dashed") == seen.js("GP.app.scene.view().metres < GP.NEAR")
    seen.js("GP.app.map.setZoom(0, { animate: false })")
    assert seen.js("GP.app._legend._dashed && GP.app.scene.view().metres < GP.NEAR")


def test_both_languages(visit: Any, tiny: Path) -> None:
    """One press turns every word, and back."""
    seen = visit(tiny)
    seen.click_grid("A-005")
    seen.page.click("#language")
    assert seen.js("document.documentElement.lang") == "zh"
    assert "网格 A-005" in seen.text("#card")
    assert "图例" in seen.text("#legend")
    assert "公顷" in seen.text("#card")
    seen.page.click("#language")
    assert "Unit grid" in seen.text("#card")


def test_findings_are_told_in_both_languages(visit: Any, tmp_path: Path) -> None:
    """The card says a finding in the language of the page, whatever the project's is."""
    plan, file = tiny_plan({"A": "Anfu"}), tmp_path / "index.html"
    message = "unit A-001u0 belongs to community A; 12% of it lies outside"
    finding = Finding("unit-straddles", Severity.EXCEPTION, message, "units", "A-001u0")
    draw_page(
        plan,
        file,
        backdrop=backdrop(),
        project="Tiny",
        language="zh",
        date="2025-01-31",
        grid_range=(290, 500),
        details=Details(pairs=pairs_of_plan(plan, []), findings=[finding]),
    )
    seen = visit(file)
    seen.js("GP.app.pickGrid(GP.app.plan.grids.code.indexOf('A-001'), -1, true)")
    assert "单元A-001u0属于社区A，其12%位于界外" in seen.text("#card")
    seen.page.click("#language")
    assert message in seen.text("#card")


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with a finding in the middle of each community, and a unit grid in no zone."""
    file = tmp_path_factory.mktemp("troubled") / "index.html"
    plan = tiny_plan({"A": "Anfu", "B": "Beili"})
    plan.communities["status"] = ["breach", "optimal"]
    plan.units["police"] = "P1"
    plan.units.loc[plan.units["grid_code"] == "A-005", "police"] = None
    measures = metrics.zone_measures(plan.units, "police").reset_index()
    plan = replace(plan, grids=plan.grids.merge(measures, how="left"), zone_layers=("police",))
    findings = [
        Finding("a", Severity.EXCEPTION, "one", community_code="A"),
        Finding("b", Severity.WARNING, "two", community_code="B"),
    ]
    draw_page(
        plan,
        file,
        backdrop=backdrop(),
        project="Tiny",
        language="en",
        date="2025-01-31",
        grid_range=(290, 500),
        details=Details(pairs=pairs_of_plan(plan, []), findings=findings),
    )
    return file


def test_texts_step_aside_for_findings(visit: Any, troubled: Path) -> None:
    """A finding in the middle of a community hides no name, and the legend tells its kind."""
    seen = visit(troubled)
    seen.js("GP.app.setLevel('district')")
    seen.settle()
    written, spots = seen.js(
        "(() => { const all = [], own = GP.Labels.prototype._write;"
        "GP.Labels.prototype._write = function (line, x, y) {"
        "  all.push([line.text, x, y]); own.call(this, line, x, y); };"
        "GP.app.scene.redraw(); GP.Labels.prototype._write = own;"
        "return [all, GP.app.painter.findingsIn(GP.app.scene.view())]; })()"
    )
    names = {text: (x, y) for text, x, y in written}
    assert {"Anfu", "Beili"} <= names.keys()
    assert len(spots) == 2
    for x, y in (names["Anfu"], names["Beili"]):
        assert min(np.hypot(x - left, y - top) for _, left, top in spots) > 14
    legend = seen.text("#legend")
    assert "Exception" in legend
    assert "Warning or repair" in legend
    assert "Error" not in legend


def test_cards_tell_what_there_is_to_tell(visit: Any, troubled: Path) -> None:
    """A unit grid in no zone has no table of zones, a least breach is called one."""
    seen = visit(troubled)
    for code, told in (("A-001", True), ("A-005", False)):
        seen.js(f"GP.app.pickGrid(GP.app.plan.grids.code.indexOf('{code}'), -1, false)")
        assert ("Jurisdictions" in seen.text("#card")) == told
    seen.js("GP.app.pickCommunity(0, false)")
    assert "range missed, least possible" in seen.text("#card")


def test_keyboard_and_screen_reader(visit: Any, tiny: Path) -> None:
    """Everything is reached without a mouse, named, and announced."""
    seen = visit(tiny)
    unnamed = seen.js(
        "Array.from(document.querySelectorAll('button, input, select, [role]:not([role=status])'))"
        ".filter(n => !n.textContent.trim() && !n.getAttribute('aria-label')"
        " && !n.getAttribute('aria-labelledby') && !n.closest('label') && !n.title)"
        ".map(n => n.outerHTML)"
    )
    assert unnamed == []
    assert seen.js("document.querySelector('#card').getAttribute('aria-live')") == "polite"
    tree = seen.page.locator("body").aria_snapshot()
    for line in (
        '- heading "Tiny Town" [level=1]',
        '- application "Map. Arrow keys move it, plus and minus zoom',
        '- region "Legend"',
        '- complementary "Tools and cards"',
        '- group "Level"',
        '- radio "Street" [checked]',
        '- combobox "Colour by"',
        '- checkbox "Grids" [checked]',
        '- region "Card"',
    ):
        assert line in tree
    seen.page.keyboard.press("Tab")
    assert seen.js("document.activeElement.className") == "skip"
    seen.page.focus("#map")
    seen.page.keyboard.press("Enter")
    assert "Grid " in seen.text("#card")
    seen.page.click("#list-open")
    assert seen.page.locator("#table tbody tr").count() == 27
    assert seen.js("document.activeElement.id") == "filter"
    seen.page.keyboard.type("b-00")
    assert seen.page.locator("#table tbody tr").count() == 9
    seen.page.locator("#table th button", has_text="Households").click()
    assert seen.js("document.querySelectorAll('#table th')[3].getAttribute('aria-sort')") == (
        "ascending"
    )
    seen.page.keyboard.press("Escape")
    assert seen.page.locator("#list").is_hidden()
    assert seen.js("document.activeElement.id") == "list-open"
    seen.page.click("#list-open")
    seen.page.locator("#table td button", has_text="B-004").click()
    assert "Grid B-004" in seen.text("#card")


def test_hostile_names_stay_text(visit: Any, tmp_path: Path) -> None:
    """Markup in any name is shown as it is written and runs nowhere."""
    plan = tiny_plan({"A": HOSTILE})
    plan.units["unit_id"] = [f"{i:02}{HOSTILE}" for i in range(len(plan.units))]
    plan.grids["grid_name"] = HOSTILE
    file = tmp_path / "index.html"
    draw_page(
        plan,
        file,
        backdrop=backdrop(),
        project=HOSTILE,
        language="en",
        date=HOSTILE,
        grid_range=(290, 500),
        details=Details(pairs=pairs_of_plan(plan, [])),
    )
    seen = visit(file)
    seen.click_grid("A-005")
    seen.page.locator("#card summary").click()
    seen.page.fill("#search", "img")
    seen.page.click("#whatif-on")
    seen.js("GP.app.mark(3)")
    seen.page.click("#list-open")
    assert seen.text("#title") == HOSTILE
    assert HOSTILE in seen.text("#card")
    assert HOSTILE in seen.text("#hits")
    assert HOSTILE in seen.text("#table")
    assert seen.js("typeof hacked") == "undefined"
    assert seen.page.locator("img").count() == 0


def test_old_browsers_inflate_alone(visit: Any, tiny: Path) -> None:
    """Without DecompressionStream the page reads the very same data."""
    units = "Array.from(GP.app.plan.units.households).concat(GP.app.plan.units.id)"
    new = visit(tiny).js(units)
    old = visit(tiny, before="delete window.DecompressionStream").js(units)
    assert new == old
    assert len(new) == 108


def test_print_view(visit: Any, tiny: Path) -> None:
    """On paper stand the title, the map with its legend and the small print, without the tools."""
    seen = visit(tiny)
    seen.js("window.dispatchEvent(new Event('beforeprint'))")
    seen.page.emulate_media(media="print")
    assert seen.page.locator("#panel").is_hidden()
    assert seen.page.locator("#legend").is_visible()
    assert "Drawn by gridplan" in seen.text("#small-print")
    assert seen.js("GP.app.scene._canvas.fill.width") > 2000
    assert drawing(seen, ("fill",)).std() > 5
    paper = seen.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type /Page\b", paper)) == 1
    width, height = re.search(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", paper).groups()
    assert (round(float(width)), round(float(height))) == (842, 595)  # A4 across, in points
    seen.page.emulate_media(media="screen")
    seen.js("window.dispatchEvent(new Event('afterprint'))")
    assert seen.page.locator("#panel").is_visible()


def drawing(seen: Visit, names: tuple[str, ...]) -> np.ndarray:
    """What the named canvases show, one over another, small: text is too fine to matter."""
    seen.settle()
    data = seen.js(
        "(() => { const all = GP.app.scene._canvas, c = document.createElement('canvas');"
        f"const names = {list(names)}, one = all[names[0]]; c.width = 320; c.height = 200;"
        "const x = c.getContext('2d'); x.fillStyle = 'white'; x.fillRect(0, 0, 320, 200);"
        "for (const n of names) x.drawImage(all[n], 0, 0, 320, 200);"
        "return c.toDataURL('image/png').split(',')[1]; })()"
    )
    picture = Image.open(io.BytesIO(base64.b64decode(data)))
    return np.asarray(picture.convert("RGB"), dtype=np.float64)


@pytest.mark.parametrize("level", ["district", "street", "community"])
def test_drawing_is_the_golden_one(
    visit: Any, tiny: Path, golden: Path, level: str, request: pytest.FixtureRequest
) -> None:
    """Each level looks as it did when its picture was approved."""
    seen = visit(tiny)
    seen.js(f"GP.app.setLevel('{level}')")
    found = drawing(seen, ("fill", "ground", "line", "mark"))
    file = golden / f"page_{level}.png"
    if request.config.getoption("--update-golden"):
        Image.fromarray(found.astype(np.uint8)).save(file)
    wanted = np.asarray(Image.open(file).convert("RGB"), dtype=np.float64)
    assert np.abs(found - wanted).mean() < DIFFERENCE


def coarse(png: bytes) -> np.ndarray:
    """A screenshot as the eye takes it in from afar: 16 x 16 pixels are one, letters a grey."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    small = image.resize((image.width // 16, image.height // 16), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float64)


def unlike(found: np.ndarray, wanted: np.ndarray) -> float:
    """Share of two pictures that differs to the eye: fonts of another machine move little."""
    if found.shape != wanted.shape:
        return 1.0
    return float((np.abs(found - wanted).mean(axis=2) > EYE).mean())


LOOKS = {
    "start": "",
    "card": "click",
    "list": "list",
    "chinese": "language",
    "whatif": "whatif",
    "print": "print",
}
"""Whole pages that are compared, and what is done before."""


def staged(seen: Visit, what: str) -> bytes:
    """Bring the page to one of its faces, and take a picture of it."""
    page = seen.page
    if what in ("click", "language"):
        seen.click_grid("A-005")
    if what == "language":
        page.click("#language")
    if what == "list":
        page.click("#list-open")
    if what == "whatif":
        page.click("#whatif-on")
        seen.js("GP.app.mark(GP.app.plan.units.id.indexOf('A-001u0'))")
    if what == "print":
        seen.js("window.dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
    page.mouse.move(3, 3)
    page.evaluate("document.activeElement && document.activeElement.blur()")
    seen.settle()
    return bytes(page.screenshot(animations="disabled"))


@pytest.mark.parametrize("name", list(LOOKS))
def test_page_looks_as_approved(
    visit: Any, tiny: Path, golden: Path, name: str, request: pytest.FixtureRequest
) -> None:
    """The whole page, panels and all, looks as it did when its picture was approved."""
    if name == "chinese":
        need("cjk-font")
    found = coarse(staged(visit(tiny), LOOKS[name]))
    file = golden / f"look_{name}.png"
    if request.config.getoption("--update-golden"):
        Image.fromarray(found.round().astype(np.uint8)).save(file, optimize=True)
    wanted = np.asarray(Image.open(file).convert("RGB"), dtype=np.float64)
    assert unlike(found, wanted) < ALIKE


@pytest.mark.parametrize(
    ("style", "same"),
    [
        ("* { font-family: 'DejaVu Serif', serif !important }", True),
        ("#panel { visibility: hidden }", False),
        ("#map canvas { opacity: 0.5 }", False),
    ],
)
def test_comparison_sees_what_an_eye_sees(
    visit: Any, tiny: Path, golden: Path, style: str, same: bool
) -> None:
    """Another font is the same page; one without its panel, or with a pale map, is not."""
    wanted = np.asarray(Image.open(golden / "look_card.png").convert("RGB"), dtype=np.float64)
    seen = visit(tiny)
    seen.page.evaluate(
        "text => { const sheet = new CSSStyleSheet(); sheet.replaceSync(text);"
        " document.adoptedStyleSheets = [sheet]; }",
        style,
    )
    assert (unlike(coarse(staged(seen, "click")), wanted) < ALIKE) == same


def test_no_step_freezes_the_page(visit: Any, town: Path) -> None:
    """The ground is drawn in slices, and a new view gives up the old one."""
    seen = visit(town)
    assert seen.js(
        "(() => { const s = GP.app.scene; s.redraw(); const a = s._turn; s.redraw();"
        "return s._turn === a + 1; })()"
    )
    seen.settle()
