"""Fonts: find one that has the characters a plan needs, and write text literally."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from matplotlib import font_manager
from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.textpath import text_to_path

from gridplan.domain import Finding, Severity

MM_PER_POINT = 25.4 / 72
LATIN = "DejaVu Sans"  # comes with matplotlib, so it is on every machine
PREFERRED = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Noto Sans SC",
    "Noto Sans CJK TC",
    "Noto Sans CJK JP",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Microsoft JhengHei",
    "Heiti SC",
    "Arial Unicode MS",
)
CURE = (
    "install one (Debian: fonts-noto-cjk or fonts-wqy-microhei; Windows: the optional feature "
    "Chinese Supplemental Fonts; anywhere: gridplan[cjk]) and draw the maps again"
)


@dataclass(frozen=True)
class Lettering:
    """The fonts of one run of maps; small enough to travel to a worker process.

    Parameters
    ----------
    families
        Font families, first choice first.
    files
        Font files that must be known to matplotlib before drawing.
    glyphs
        Code points that the families can draw.
    bold
        Whether the first family has a bold face; where not, text is thickened.
    """

    families: tuple[str, ...]
    files: tuple[str, ...]
    glyphs: frozenset[int]
    bold: bool

    def load(self) -> None:
        """Make the font files known to matplotlib in this process."""
        known = {entry.fname for entry in fontManager.ttflist}
        for file in self.files:
            if file not in known:
                fontManager.addfont(file)

    def writes(self, text: str) -> bool:
        """Whether every character of ``text`` can be drawn."""
        return all(ord(character) in self.glyphs for character in text)

    def shown(self, name: str, code: str) -> str:
        """``name`` if it can be drawn whole, else ``code``; unknown characters become ``?``."""
        text = tidy(name)
        if text and self.writes(text):
            return text
        return "".join(c if ord(c) in self.glyphs else "?" for c in tidy(code))

    def font(self, size_pt: float, *, bold: bool = False) -> FontProperties:
        """Font of a text; a face that is not there is not asked for, as matplotlib would log it."""
        return font_of(self.families, size_pt, bold=bold and self.bold)

    def width_mm(self, text: str, size_pt: float, *, bold: bool = False) -> float:
        """Width of ``text`` on paper, in mm."""
        share = _width(self.families, text, bold and self.bold)
        return share * size_pt * MM_PER_POINT

    def fitted(self, text: str, size_pt: float, width: float, *, bold: bool = False) -> float:
        """Largest size up to ``size_pt`` at which ``text`` is at most ``width`` mm wide."""
        needed = self.width_mm(text, size_pt, bold=bold)
        return size_pt if needed <= width else max(size_pt * width / needed, 3.0)

    def shortened(self, text: str, size_pt: float, width: float, *, bold: bool = False) -> str:
        """``text``, cut with an ellipsis where it is wider than ``width`` mm."""
        if self.width_mm(text, size_pt, bold=bold) <= width:
            return text
        dots = "…" if self.writes("…") else "..."
        kept = text
        while kept and self.width_mm(kept + dots, size_pt, bold=bold) > width:
            kept = kept[:-1]
        return kept.rstrip() + dots

    def wrapped(self, text: str, size_pt: float, width: float) -> list[str]:
        """``text`` in lines of at most ``width`` mm, broken at spaces, else between characters."""
        lines, line = [], ""
        for word in _breakable(text):
            if line and self.width_mm((line + word).rstrip(), size_pt) > width:
                lines.append(line.rstrip())
                line = word.lstrip()
            else:
                line += word
        return [*lines, line.rstrip()] if line.strip() else lines


def _breakable(text: str) -> list[str]:
    """Pieces between which a line may end; no line begins with a closing mark."""
    pieces: list[str] = []
    for character in text:
        closing = character in "，。、；：)）”》〉"
        open_ended = bool(pieces) and not pieces[-1].endswith(" ")
        if open_ended and (closing or _joins(pieces[-1][-1], character)):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _joins(before: str, after: str) -> bool:
    """Whether no line may end between two characters."""
    return before in "（(“《〈" or (ord(after) < 0x2E80 and ord(before) < 0x2E80)


def font_of(families: tuple[str, ...], size_pt: float, *, bold: bool) -> FontProperties:
    """Font of the first family, with the others for what it lacks."""
    return FontProperties(family=list(families), size=size_pt, weight="bold" if bold else "normal")


@lru_cache(maxsize=50_000)
def _width(families: tuple[str, ...], text: str, bold: bool) -> float:
    """Width of a text in parts of its size: letters are not hinted, so it grows with the size."""
    size = text_to_path.FONT_SCALE
    font = font_of(families, size, bold=bold)
    return float(text_to_path.get_text_width_height_descent(text, font, False)[0]) / size


def tidy(text: str) -> str:
    """``text`` on one line, without control characters."""
    kept = (" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    return " ".join("".join(kept).split())


def find_lettering(texts: Iterable[str]) -> tuple[Lettering, list[Finding]]:
    """Choose fonts that can draw ``texts``.

    Parameters
    ----------
    texts
        Everything that may be written on the maps.

    Returns
    -------
    lettering
        Fonts for every sheet of the run.
    findings
        One warning where characters cannot be drawn by any font of this machine, else nothing.
    """
    needed = frozenset(ord(c) for text in texts for c in tidy(text))
    latin_file = str(font_manager.findfont(LATIN, rebuild_if_missing=False))
    latin = _glyphs(latin_file)
    missing = needed - latin
    if not missing:
        return Lettering((LATIN,), (latin_file,), latin, True), []
    found = _best_font(missing)
    if found is None:
        return Lettering((LATIN,), (latin_file,), latin, True), [_warning(missing)]
    family, file, glyphs = found
    bold = any(e.name == family and _weight(e.weight) >= 600 for e in fontManager.ttflist)
    lettering = Lettering((family, LATIN), (file, latin_file), latin | glyphs, bold)
    left = missing - glyphs
    return lettering, [_warning(left)] if left else []


def _warning(missing: frozenset[int]) -> Finding:
    sample = "".join(chr(c) for c in sorted(missing)[:5])
    return Finding(
        kind="map-font",
        severity=Severity.WARNING,
        message=(
            f"no font on this machine can draw {len(missing)} of the characters on the maps "
            f"(such as {sample}), so codes stand in place of names: {CURE}"
        ),
        layer="maps",
        value=float(len(missing)),
        limit=0.0,
    )


def _best_font(missing: frozenset[int]) -> tuple[str, str, frozenset[int]] | None:
    """Family, file and glyphs of the font that covers most, then by preference, then by name."""
    best = _best_of(_known_fonts(), missing)
    if best is None:  # fonts installed after matplotlib made its list are looked for only now
        for file in sorted({*font_manager.findSystemFonts(), *packaged()} - _known_files()):
            if _glyphs(file) & missing:
                fontManager.addfont(file)
        best = _best_of(_known_fonts(), missing)
    return best


def packaged() -> list[str]:
    """Font files that the extra ``cjk`` brought along."""
    spec = find_spec("mplfonts")  # not imported: that would change matplotlib's settings
    folders = [] if spec is None else spec.submodule_search_locations or []
    files = (file for folder in folders for file in Path(folder, "fonts").glob("NotoSansCJK*.otf"))
    return sorted(str(file) for file in files)


def _best_of(
    fonts: Iterable[tuple[str, str]], missing: frozenset[int]
) -> tuple[str, str, frozenset[int]] | None:
    ranked = []
    for family, file in fonts:
        glyphs = _glyphs(file)
        covered = len(missing & glyphs)
        if covered:
            rank = PREFERRED.index(family) if family in PREFERRED else len(PREFERRED)
            ranked.append((-covered, rank, "Mono" in family, family, file, glyphs))
    if not ranked:
        return None
    chosen = min(ranked, key=lambda entry: entry[:5])
    return chosen[3], chosen[4], chosen[5]


def _known_fonts() -> list[tuple[str, str]]:
    upright = (e for e in fontManager.ttflist if e.style == "normal" and _weight(e.weight) <= 500)
    return sorted({(e.name, e.fname) for e in upright if Path(e.fname).exists()})


def _known_files() -> set[str]:
    return {entry.fname for entry in fontManager.ttflist}


def _weight(weight: str | int) -> int:
    return weight if isinstance(weight, int) else font_manager.weight_dict.get(weight, 400)


@lru_cache(maxsize=512)
def _glyphs(file: str) -> frozenset[int]:
    try:
        return frozenset(FT2Font(file).get_charmap())
    except (OSError, RuntimeError):  # a damaged font of the machine is not our user's problem
        return frozenset()
