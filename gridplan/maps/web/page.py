"""One self-contained HTML page out of packs, code and the map library."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from importlib import import_module, resources
from pathlib import Path

from gridplan import __version__
from gridplan.domain import Plan
from gridplan.export import write_whole
from gridplan.maps.backdrop import Backdrop
from gridplan.maps.web.contents import packs
from gridplan.maps.web.details import Details
from gridplan.maps.web.subject import Subject
from gridplan.maps.web.words import PAGE_CHINESE, PAGE_ENGLISH
from gridplan.text import clean_text

SCRIPTS = (
    "open",
    "shapes",
    "plan",
    "whatif",
    "scene",
    "paint",
    "labels",
    "card",
    "whatif_ui",
    "find",
    "legend",
    "app",
)
"""Our code, in the order in which it stands in the page."""

LICENCE = """\
{notice}
BSD 2-Clause License

Redistribution and use in source and binary forms, with or without modification, are permitted \
provided that the following conditions are met:

1. Redistributions of source code must retain the above copyright notice, this list of conditions \
and the following disclaimer.

2. Redistributions in binary form must reproduce the above copyright notice, this list of \
conditions and the following disclaimer in the documentation and/or other materials provided with \
the distribution.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR \
IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND \
FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR \
CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL \
DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, \
DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER \
IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT \
OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
"""


def draw_page(
    plan: Plan,
    path: Path,
    *,
    backdrop: Backdrop,
    project: str,
    language: str,
    date: str,
    grid_range: tuple[int, int],
    details: Details | None = None,
) -> None:
    """Write the interactive page of a plan: one HTML file that needs no network.

    The same plan gives the same bytes, whatever the order of rows.

    Parameters
    ----------
    plan
        The plan, in a projected CRS in metres.
    path
        File to write, ``index.html``.
    backdrop
        Context layers in the CRS of the plan; ``zones`` are the jurisdiction layers as given.
    project, date
        Printed as they are.
    language
        ``en`` or ``zh``: the one that the page begins with.
    grid_range
        Least and most households of a grid.
    details
        Neighbours, blocks, findings and rules; without them the what-if knows no neighbours.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    details = details or Details()
    crs = plan.grids.crs
    target = details.target if details.target is not None else sum(grid_range) / 2
    head = {
        "project": clean_text(project),
        "language": "zh" if language == "zh" else "en",
        "date": clean_text(date),
        "range": list(grid_range),
        "target": target,
        "crs": "?" if crs is None else _system(crs.name, crs.to_authority()),
    }
    text = page_text(Subject(plan, backdrop, details, head), project, str(head["language"]))
    write_whole(path, text.encode("utf-8"))


def _system(name: str, authority: tuple[str, str] | None) -> str:
    return name if authority is None else f"{name} ({authority[0]}:{authority[1]})"


def page_text(subject: Subject, title: str, language: str) -> str:
    """Put the page together; every value is escaped, and scripts run by their hashes alone."""
    leaflet_js, leaflet_css = _library()
    script = "\n".join(_asset(f"{name}.js") for name in SCRIPTS)
    styles = (leaflet_css, _asset("page.css"))
    (_, first), *others = [(kind, pack.to_text()) for kind, pack in packs(subject)]
    words = json.dumps({"en": PAGE_ENGLISH, "zh": PAGE_CHINESE}, ensure_ascii=False)
    values = {
        "language": language,
        "version": __version__,
        "title": html.escape(clean_text(title)),
        "policy": _policy((leaflet_js, script), styles),
        "leaflet_css": styles[0],
        "css": styles[1],
        "words": base64.b64encode(words.encode()).decode(),
        "first": first,
        "leaflet_js": leaflet_js,
        "script": script,
        "packs": "\n".join(
            f'<script type="text/plain" data-pack="{kind}">{text}</script>' for kind, text in others
        ),
        "licence": html.escape(LICENCE.format(notice=_notice(leaflet_js))),
    }
    return _filled(_asset("page.html"), values)


def _filled(template: str, values: Mapping[str, str]) -> str:
    """Fill ``{{name}}`` in one pass, so that what a value holds is never taken for a name."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], template)


def _policy(scripts: tuple[str, ...], styles: tuple[str, ...]) -> str:
    """Forbid everything that is not in the page: other scripts, other styles, any request."""
    return (
        f"default-src 'none'; script-src {_hashes(scripts)}; style-src {_hashes(styles)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hashes(texts: tuple[str, ...]) -> str:
    digests = (hashlib.sha256(text.encode("utf-8")).digest() for text in texts)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


def _asset(name: str) -> str:
    """Read one of our own files; line ends are alike everywhere, as the hashes need it."""
    text = resources.files("gridplan.maps.web").joinpath(name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


def _library() -> tuple[str, str]:
    """Read Leaflet as its installed package holds it, without what would ask for other files."""
    folder = Path(import_module("xstatic.pkg.leaflet").BASE_DIR)
    script = (folder / "leaflet.js").read_text(encoding="utf-8").replace("\r\n", "\n")
    style = (folder / "leaflet.css").read_text(encoding="utf-8").replace("\r\n", "\n")
    script = re.sub(r"\n//# sourceMappingURL=\S*\s*$", "", script)
    if "</script" in script.lower() or "</style" in style.lower():
        raise AssertionError("the map library cannot stand inside a page")
    return script, re.sub(r"[^{};]*url\([^)]*\)[^;}]*;?", "", style)


def _notice(script: str) -> str:
    """Give the copyright notice at the head of the library."""
    found = re.match(r"\s*/\*(.*?)\*/", script, re.DOTALL)
    lines = [line.strip(" *") for line in (found[1] if found else "").splitlines()]
    return "\n".join(line for line in lines if line not in ("", "@preserve"))
