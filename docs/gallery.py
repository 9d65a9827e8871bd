"""Make the pictures of docs/gallery.md: ``python docs/gallery.py``.

Divides the sample city, draws everything, and writes one small picture of each product to
docs/images. ``python docs/gallery.py OUT`` takes a finished folder instead, and leaves the picture
of the terminal as it is. Needs Chromium and QGIS on the machine.
"""

import io
import os
import pty
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.text import Text

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
IMAGES = DOCS / "images"
MOST_BYTES = 150_000
COLUMNS = 80
RUN = (
    "partition", "configs/sample.toml", "-o", "out/sample", "--date", "2026-01-31", "--overwrite",
)  # fmt: skip
SHEETS = {
    "district": "district.png",
    "street": "street_990101001.png",
    "community": "community_990101001002.png",
    "grid": "grids/grid_990101001002003.png",
}
"""Sheets of paper by the name of their picture."""

GRID = "990101001002003"


def main(folder: Path | None) -> None:
    """Write every picture."""
    out = folder or ROOT / "out" / "sample"
    said = "" if folder else run_in_terminal(RUN)
    for name, file in SHEETS.items():
        save(Image.open(out / "maps" / file), name)
    with sync_playwright() as driver:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name, take in screens(out, said).items():
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            save(Image.open(io.BytesIO(take(page))), name)
            page.close()
        browser.close()
    save(qgis(out), "qgis")


def run_in_terminal(words: tuple[str, ...]) -> str:
    """Run a command on a terminal, and return what it leaves there, colours and all."""
    ours, theirs = pty.openpty()
    settings = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
    settings.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "gridplan", *words]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=theirs, stderr=subprocess.DEVNULL, env=settings
    ) as running:
        os.close(theirs)
        text = b""
        try:
            while part := os.read(ours, 65536):
                text += part
        except OSError:  # Linux says so when the other end is closed
            pass
        if running.wait():
            raise SystemExit(f"gridplan failed:\n{text.decode()}")
    os.close(ours)
    return text.decode().replace("\r\n", "\n")


def screens(out: Path, said: str) -> Mapping[str, Callable[[Page], bytes]]:
    """What a browser shows, by the name of its picture."""
    found: dict[str, Callable[[Page], bytes]] = {
        "page": lambda page: interactive(page, out),
        "report": lambda page: report(page, out),
    }
    if said:
        found["terminal"] = lambda page: terminal(page, said)
    return found


def interactive(page: Page, out: Path) -> bytes:
    """The interactive page at one grid, coloured by deviation, with a jurisdiction layer."""
    page.goto(f"{(out / 'maps' / 'index.html').resolve().as_uri()}#{GRID}")
    page.wait_for_selector("body[data-ready=yes]", state="attached")
    page.evaluate("GP.app.setLevel('community')")
    page.select_option("#colour", "deviation")
    page.wait_for_function("!GP.app.scene.busy")
    return page.screenshot()


def report(page: Page, out: Path) -> bytes:
    """Page one of the report."""
    page.set_viewport_size({"width": 1000, "height": 1240})
    page.goto((out / "report.html").resolve().as_uri())
    return page.screenshot()


def terminal(page: Page, said: str) -> bytes:
    """What a run leaves on the terminal, below the command."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(f"[bold]$ gridplan {' '.join(RUN[:4])}[/]", highlight=False)
    console.print(Text.from_ansi(said), soft_wrap=True)
    frame = (
        "<body style='margin:0;background:#fff'><pre style='display:inline-block;padding:16px;"
        "font:15px/1.3 DejaVu Sans Mono,Consolas,monospace'>{code}</pre></body>"
    )
    page.set_content(console.export_html(inline_styles=True, code_format=frame))
    return page.locator("pre").screenshot()


def qgis(out: Path) -> Image.Image:
    """The project as QGIS draws it."""
    python = os.environ.get("GRIDPLAN_QGIS_PYTHON", "/usr/bin/python3")
    settings = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    with tempfile.TemporaryDirectory() as folder:
        command = [python, ROOT / "tests" / "qgis_look.py", out.resolve(), folder]
        subprocess.run(command, check=True, env=settings, capture_output=True)
        return Image.open(Path(folder) / "project.png").copy()


def save(image: Image.Image, name: str) -> None:
    """Write a picture with as many colours and pixels as its limit of bytes allows."""
    image = image.convert("RGB")
    for width in (1280, 1100, 900, 760):
        small = image
        if image.width > width:
            height = round(image.height * width / image.width)
            small = image.resize((width, height), Image.Resampling.LANCZOS)
        for colours in (192, 96, 48):
            few = small.quantize(palette=palette(small, colours), dither=Image.Dither.NONE)
            data = io.BytesIO()
            few.save(data, "PNG", optimize=True)
            if data.tell() < MOST_BYTES:
                (IMAGES / f"{name}.png").write_bytes(data.getvalue())
                return
    raise SystemExit(f"{name} cannot be made small enough")


def palette(image: Image.Image, colours: int) -> Image.Image:
    """Choose colours: those of the most pixels as they are, and some that keep thin lines apart."""
    found = sorted(image.getcolors(1 << 24) or [], reverse=True)
    chosen = [part for _, colour in found[: colours * 3 // 4] for part in colour]
    rare = image.quantize(colours // 4, Image.Quantize.MAXCOVERAGE).getpalette() or []
    chosen += rare[: 3 * (colours // 4)]
    chosen += chosen[:3] * (256 - len(chosen) // 3)
    holder = Image.new("P", (1, 1))
    holder.putpalette(chosen[: 3 * 256])
    return holder


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
