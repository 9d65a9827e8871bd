"""The grammar of code patterns; a pattern is taken apart here and never given to ``str.format``."""

import re
from collections import Counter
from collections.abc import Sequence

_FIELD = re.compile(r"\{([^{}]*)\}")
_SEQUENCE = re.compile(r"seq:0([1-4])")
_LITERAL = re.compile(r"[\w.\-]*")
_SHOWN = 120
_ONCE = (("community_code", "{community_code}"), ("seq", "{seq:03}"))
_AT_MOST_ONCE = ("object_class", "kind")


def split_pattern(pattern: str) -> tuple[list[str], list[str]]:
    """Split a pattern into its fields and the fixed text before, between and after them."""
    fields = [match.group(1) for match in _FIELD.finditer(pattern)]
    return fields, _FIELD.split(pattern)[::2]


def pattern_faults(fields: Sequence[str], literals: Sequence[str]) -> list[str]:
    """Say everything that is wrong with a pattern."""
    return [*_field_faults(fields), *literal_faults(literals), *_beginning_faults(literals)]


def _field_faults(fields: Sequence[str]) -> list[str]:
    """Say what is wrong with the fields of a pattern."""
    lines = []
    for name in fields:
        if name in {"seq", "seq:"} or (name.startswith("seq:") and not _SEQUENCE.fullmatch(name)):
            lines.append(f"{show('{' + name + '}')} has no fixed width; write {{seq:03}}")
        elif name not in ("community_code", *_AT_MOST_ONCE) and not _SEQUENCE.fullmatch(name):
            lines.append(
                f"{show('{' + name + '}')} is no known field; "
                "use {community_code}, {object_class}, {kind} and {seq:03}"
            )
    return lines or _order_faults(["seq" if name.startswith("seq") else name for name in fields])


def _order_faults(kinds: Sequence[str]) -> list[str]:
    """Say which fields are missing, stand there twice or in the wrong order."""
    counts = Counter(kinds)
    lines = [
        f"{example} must stand in it exactly once, not {counts[kind]} times"
        for kind, example in _ONCE
        if counts[kind] != 1
    ]
    lines += [
        f"{{{kind}}} may stand in it once, not {counts[kind]} times"
        for kind in _AT_MOST_ONCE
        if counts[kind] > 1
    ]
    if not lines and kinds.index("seq") < kinds.index("community_code"):
        lines.append("{community_code} must stand before the sequence")
    return lines


def literal_faults(literals: Sequence[str]) -> list[str]:
    """Say what is wrong with the fixed text of a pattern."""
    lines = []
    for text in literals:
        if "{" in text or "}" in text:
            lines.append(f"a brace in {show(text)} has no partner")
        elif not _LITERAL.fullmatch(text):
            lines.append(
                f"the fixed text {show(text)} may hold letters, digits, '-', '_' and '.' only"
            )
    return lines


def _beginning_faults(literals: Sequence[str]) -> list[str]:
    if literals[0].startswith("-"):
        return ["a code may not begin with '-', which spreadsheets read as a formula"]
    return []


def show(text: str) -> str:
    """Quote a value for a message, however long or hostile it is."""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
