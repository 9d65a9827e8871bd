"""Tell how fast ``maps/index.html`` is here: ``python docs/page_speed.py OUT...``.

Opens the page of every output folder five times in Chromium, without a graphics processor and
without a network, and prints the median seconds until the grids are drawn and until everything is
read.
"""

import shutil
import statistics
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

TIMES = 5


def speeds(browser: Browser, file: Path) -> tuple[float, float]:
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


def main(folders: list[Path]) -> None:
    """Write one line a folder to stdout."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        for folder in folders:
            file = folder / "maps" / "index.html"
            first, everything = speeds(browser, file)
            size = file.stat().st_size / 1e6
            sys.stdout.write(
                f"{folder}: {size:.1f} MB, grids drawn after {first:.1f} s, "
                f"everything read after {everything:.1f} s\n"
            )
        browser.close()


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
