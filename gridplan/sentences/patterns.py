"""Templates that take an English sentence apart and put a Chinese one together from its values.

A template is English text with named values: ``unit {unit} has {n:n} households``. What stands
after the colon says what the value may be and what becomes of it:

====== =====================================================================
none   any text, kept as it is
``n``  a number, a percentage included
``l``  a list such as ``a, b and 3 more``
other  a phrase: the table of that name says what it may be and how it reads
====== =====================================================================
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

Pairs = Sequence[tuple[str, str]]
"""English and Chinese templates with the same values."""

LONGEST = 4000
"""Characters of a sentence that is still looked at: hostile names may be of any length."""

_VALUE = re.compile(r"\{(\w+)(?::(\w+))?\}")
_NUMBER = r"[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?%?"
_MORE = re.compile(r"(.*) and (\d+) (?:more|others)", re.DOTALL)


class Reader:
    """Reads sentences by tables of templates.

    Parameters
    ----------
    phrases
        Tables of phrases that templates may name.
    """

    def __init__(self, phrases: Mapping[str, Pairs]) -> None:
        self.phrases = phrases

    def read(self, pairs: Pairs, text: str) -> str | None:
        """Say a sentence in Chinese by the first template that fits; None where none does."""
        if len(text) > LONGEST:
            return None
        for english, chinese in pairs:
            pattern, kinds = _compiled(english)
            match = pattern.fullmatch(text)
            if match is None:
                continue
            values = {name: self._value(kinds[name], match[name]) for name in kinds}
            if None not in values.values():
                return _VALUE.sub(lambda found, v=values: str(v[found[1]]), chinese)  # type: ignore[misc]
        return None

    def _value(self, kind: str, text: str) -> str | None:
        if kind == "l":
            return _list(text)
        return self.read(self.phrases[kind], text) if kind in self.phrases else text


def values_of(template: str) -> set[str]:
    """Names of the values of a template."""
    return {found[1] for found in _VALUE.finditer(template)}


def kinds_of(templates: Iterable[str]) -> set[str]:
    """What the values of templates are said to be."""
    return {found[2] or "" for text in templates for found in _VALUE.finditer(text)}


@cache
def _compiled(template: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """Pattern of a template, and what each of its values is."""
    kinds: dict[str, str] = {}
    parts, end = [], 0
    for found in _VALUE.finditer(template):
        name, kind = found[1], found[2] or ""
        parts.append(re.escape(template[end : found.start()]))
        if name in kinds:
            parts.append(f"(?P={name})")
        else:
            parts.append(f"(?P<{name}>{_NUMBER if kind == 'n' else '.*?'})")
        kinds.setdefault(name, kind)
        end = found.end()
    parts.append(re.escape(template[end:]))
    return re.compile("".join(parts), re.DOTALL), kinds


def _list(text: str) -> str:
    """Read ``a, b and 3 more`` as Chinese lists are written."""
    match = _MORE.fullmatch(text)
    named, more = (match[1], f"等，另有{match[2]}个") if match else (text, "")
    return named.replace(", ", "、").replace(" and ", "、") + more
