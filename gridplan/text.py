"""Text that is safe to write: no control characters, no cell that a spreadsheet would run.

A spreadsheet runs a cell that begins like a formula. In CSV files such a cell gets one apostrophe
in front; one that has apostrophes before such a beginning gets one more, so ``unguard`` brings back
exactly what was there. A text that is a plain number, such as ``-5``, is left alone.
"""

import re

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
