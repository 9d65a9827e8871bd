"""How fast ``maps/index.html`` opens, and how large it is: ``python -m benchmarks.page PLAN...``.

Draws the page of every plan (an output folder, or a ``plan.gpkg``), opens it five times in headless
Chromium, without a graphics processor and without a network, and writes the medians to
``benchmarks/PAGE.md``. Plans of any size: ``gridplan sample --units 100000``, then ``gridplan
partition --effort 0.05 --no-maps``.
"""

import argparse
import datetime as dt
import os
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from time import process_time

from playwright.sync_api import Browser, sync_playwright

from gridplan.layers import read_plan
from gridplan.maps import Backdrop, Details, draw_page, pairs_of_plan

TIMES = 5
LIMITS = {"mb": 10.0, "first_s": 2.0}
"""Of a page with 100,000 buildings."""

HEAD = """\
# The interactive page: how large, how fast

Written by `python -m benchmarks.page PLAN...`: medians of {times} openings in headless Chromium
{browser}, no graphics processor, network off, {cores} cores (load {load:.1f}), {day}. At most
{mb:g} MB and {first_s:g} s to the grids' first picture are wanted at 100,000 buildings.

| buildings | grids | page | grids drawn after | everything read after | drawing (processor) |
|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Seen:
    """One page: its size, and seconds of drawing and of opening it."""

    units: int
    grids: int
    megabytes: float
    drawn_s: float
    first_s: float
    all_s: float

    def row(self) -> str:
        """Its line of the table."""
        return (
            f"| {self.units:,} | {self.grids:,} | {self.megabytes:.2f} MB | {self.first_s:.2f} s "
            f"| {self.all_s:.2f} s | {self.drawn_s:.0f} s |"
        )


def look(browser: Browser, source: Path, place: Path) -> Seen:
    """Draw the page of a plan into ``place``, and open it."""
    plan = read_plan(source)
    began = process_time()
    pairs = pairs_of_plan(plan, (), 1.0)
    footprints = plan.extra.get("buildings")
    draw_page(
        plan,
        place,
        backdrop=Backdrop(buildings=footprints, roads=plan.extra.get("roads")),
        project="Benchmark",
        language="en",
        date="2026-01-31",
        grid_range=(250, 500),
        details=Details(pairs=pairs),
    )
    drawn_s = process_time() - began
    first, everything = open_page(browser, place)
    size = place.stat().st_size / 1e6
    return Seen(len(plan.units), len(plan.grids), size, drawn_s, first, everything)


def open_page(browser: Browser, file: Path) -> tuple[float, float]:
    """Median seconds until the first picture of the grids, and until everything is there."""
    grids, loaded = [], []
    for _ in range(TIMES):
        context = browser.new_context(offline=True, viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.goto(file.resolve().as_uri())
        page.wait_for_selector("body[data-ready=yes]", state="attached", timeout=120_000)
        grids.append(page.evaluate("GP.times.grids") / 1000)
        loaded.append(page.evaluate("GP.times.loaded") / 1000)
        context.close()
    return statistics.median(grids), statistics.median(loaded)


def main(plans: list[Path], out: Path) -> None:
    """Measure every plan and write the table."""
    program = which("chromium") or which("google-chrome")
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        browser = driver.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        version, load = browser.version, os.getloadavg()[0]
        seen = [look(browser, plan, Path(folder) / f"{i}.html") for i, plan in enumerate(plans)]
        browser.close()
    text = HEAD.format(
        times=TIMES,
        browser=version.split(".")[0],
        cores=os.cpu_count(),
        load=load,
        day=dt.date.today().isoformat(),
        **LIMITS,
    )
    rows = [one.row() for one in sorted(seen, key=lambda one: one.units)]
    out.write_text(text + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plans", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("PAGE.md"))
    given = parser.parse_args()
    main(given.plans, given.out)
