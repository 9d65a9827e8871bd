"""Text that is safe to write: no control characters, no formulas, no strange file names.

A spreadsheet runs a cell that begins like a formula. In CSV files such a cell gets one apostrophe
in front; one that has apostrophes before such a beginning gets one more, so ``unguard`` brings back
exactly what was there. A text that is a plain number, such as ``-5``, is left alone.
"""

import re
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from itertools import count
from unicodedata import normalize

LONGEST_CODE = 60  # characters; three bytes each in many scripts, and file names end at 255

_FORMULA = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@＝＋－＠])")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_GUARDED = re.compile(r"'+(?:[\t\r\n]|\s*[=+\-@＝＋－＠])")


def clean_text(text: str) -> str:
    """Replace what neither a workbook nor a GeoPackage can hold (control characters) by U+FFFD."""
    return _UNPRINTABLE.sub("\ufffd", text)


def is_clean(text: str) -> bool:
    """Tell whether ``clean_text`` would change nothing; quicker on one long text than on many."""
    return not _UNPRINTABLE.search(text)


def guard(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run."""
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def unguard(text: str) -> str:
    """Take back what ``guard`` did."""
    return text[1:] if _GUARDED.match(text) else text


def many(number: int, thing: str) -> str:
    """Say how many there are of a thing whose plural ends in s: ``1 grid``, ``2 grids``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def file_stems(codes: Sequence[str], prefix: str = "") -> list[str]:
    """File names without ending: safe on every system, and different even where case is lost.

    A code with characters that file names cannot hold, a very long one, and one that would share
    its file with another get a short hash of the code at the end.
    """
    plain = [_plain(code) for code in codes]
    shared = Counter(_folded(name) for name in plain)
    stems: list[str] = []
    taken: set[str] = set()
    for code, name in zip(codes, plain, strict=True):
        doubtful = name != code or shared[_folded(name)] > 1
        stem = prefix + name
        for turn in count() if doubtful else ():
            stem = f"{prefix}{name}_{sha256(f'{turn}{code}'.encode()).hexdigest()[:8]}"
            if _folded(stem) not in taken:
                break
        taken.add(_folded(stem))
        stems.append(stem)
    return stems


def _plain(code: str) -> str:
    kept = "".join(c if c.isalnum() or c in "-_." else "_" for c in code)
    return kept[:LONGEST_CODE]


def _folded(name: str) -> str:
    return normalize("NFKC", name).casefold()
