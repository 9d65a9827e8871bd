"""How a grid code is put together: named profiles of the standards, and patterns of one's own."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from gridplan.errors import CodeError

FALLBACK_PATTERN = "{community_code}-{seq:03}"
"""What ``auto`` uses where a community code has not 12 digits."""

_FIELD = re.compile(r"\{([^{}]*)\}")
_SEQUENCE = re.compile(r"seq:0([1-4])")
_LITERAL = re.compile(r"[\w.\-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_SHOWN = 120


@dataclass(frozen=True)
class Profile:
    """One way of writing grid codes: ``prefix + community code + middle + sequence + suffix``.

    Parameters
    ----------
    name
        Name of the standard's profile, or the pattern itself.
    prefix, middle, suffix
        Fixed text around the two fields.
    width
        Digits of the sequence, 1 to 4, filled with zeros.
    community_format
        Regular expression that a whole community code must match; empty where any will do.
    community_words
        The same for a reader, such as "12 digits".
    """

    name: str
    prefix: str
    middle: str
    suffix: str
    width: int
    community_format: str = ""
    community_words: str = ""

    @property
    def capacity(self) -> int:
        """Most grids that a community can have; sequences run from 1."""
        return int(10**self.width) - 1

    def code(self, community_code: str, seq: int) -> str:
        """Write the code of one grid; the caller has checked community and sequence."""
        return f"{self.prefix}{community_code}{self.middle}{seq:0{self.width}d}{self.suffix}"

    def misfits(self, community_codes: Iterable[str]) -> list[str]:
        """Name every community code that this profile cannot carry, one line each."""
        lines = []
        for code in sorted({str(code) for code in community_codes}):
            if not code or _CONTROL.search(code):
                lines.append(
                    f"communities: community_code {_show(code)} is empty or holds control "
                    "characters; give the community a printable code"
                )
            elif self.community_format and not re.fullmatch(self.community_format, code):
                lines.append(
                    f"communities: community_code {_show(code)} does not fit profile "
                    f"{self.name!r}, which needs {self.community_words}; correct the code or set "
                    "codes.profile = 'auto'"
                )
        return lines


def _show(text: str) -> str:
    """Quote a value for a message, however long or hostile it is."""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


_TWELVE = {"community_format": "[0-9]{12}", "community_words": "12 digits"}

PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        # DB11/T 2157-2023: district 6 + street 3 + community 3 + grid 3.
        Profile("beijing-15", "", "", "", 3, **_TWELVE),
        # CJ/T 213-2005: the same parents, a grid has two digits.
        Profile("cjt213-14", "", "", "", 2, **_TWELVE),
        # GB/T 47678: 15 characters of digits and capitals.
        Profile(
            "gbt47678-15",
            "",
            "",
            "",
            3,
            community_format="[0-9A-Z]{12}",
            community_words="12 digits or capital letters",
        ),
    )
}

_NOT_YET = {
    "cjt349-20": (
        "codes.profile 'cjt349-20' begins with six digits of the object class, for which there is "
        "no key yet; write them yourself as a pattern, such as '123456{community_code}{seq:02}'"
    )
}


def choose_profile(name: str, community_codes: Iterable[str]) -> Profile:
    """Choose the profile that writes the codes of these communities.

    Parameters
    ----------
    name
        ``auto``, a named profile, or a pattern of ``{community_code}`` and ``{seq:03}``.
    community_codes
        Every community code of the division.

    Returns
    -------
    Profile
        For ``auto`` the profile ``beijing-15`` where every code has 12 digits, else the pattern
        ``{community_code}-{seq:03}``.

    Raises
    ------
    CodeError
        Where the name is unknown, the pattern is malformed or a community code does not fit; all
        misfits at once.
    """
    codes = [str(code) for code in community_codes]
    profile = _auto(codes) if name == "auto" else _named(name)
    lines = profile.misfits(codes)
    if lines:
        raise CodeError(lines)
    return profile


def _auto(codes: Sequence[str]) -> Profile:
    beijing = PROFILES["beijing-15"]
    fits = all(re.fullmatch(beijing.community_format, code) for code in codes)
    return beijing if fits else parse_pattern(FALLBACK_PATTERN)


def _named(name: str) -> Profile:
    if name in _NOT_YET:
        raise CodeError(_NOT_YET[name])
    if name in PROFILES:
        return PROFILES[name]
    if "{" in name or "}" in name:
        return parse_pattern(name)
    known = ", ".join(["auto", *sorted(PROFILES), *sorted(_NOT_YET)])
    raise CodeError(
        f"codes.profile {_show(name)} is unknown; use one of {known}, "
        f"or a pattern such as {FALLBACK_PATTERN!r}"
    )


def parse_pattern(pattern: str) -> Profile:
    """Read a pattern of one's own; it is taken apart here and never given to ``str.format``.

    Parameters
    ----------
    pattern
        Letters, digits, ``-``, ``_`` and ``.`` around exactly one ``{community_code}`` and, after
        it, exactly one ``{seq:0N}`` with N from 1 to 4.

    Raises
    ------
    CodeError
        With every fault of the pattern.
    """
    fields = [match.group(1) for match in _FIELD.finditer(pattern)]
    literals = _FIELD.split(pattern)[::2]
    lines = _field_faults(fields) + _literal_faults(literals)
    if lines:
        head = f"codes.profile {_show(pattern)}: "
        raise CodeError(head + line for line in lines)
    prefix, middle, suffix = literals
    return Profile(pattern, prefix, middle, suffix, int(fields[1][-1]))


def _field_faults(fields: Sequence[str]) -> list[str]:
    """Say what is wrong with the fields of a pattern."""
    lines = []
    for name in fields:
        if name in {"seq", "seq:"} or (name.startswith("seq:") and not _SEQUENCE.fullmatch(name)):
            lines.append(f"{_show('{' + name + '}')} has no fixed width; write {{seq:03}}")
        elif name != "community_code" and not _SEQUENCE.fullmatch(name):
            lines.append(
                f"{_show('{' + name + '}')} is no known field; "
                "use {community_code} and {seq:03}"
            )
    if lines:
        return lines
    kinds = Counter("seq" if name.startswith("seq") else name for name in fields)
    for kind, example in (("community_code", "{community_code}"), ("seq", "{seq:03}")):
        if kinds[kind] != 1:
            lines.append(f"{example} must stand in it exactly once, not {kinds[kind]} times")
    if not lines and fields[0] != "community_code":
        lines.append("{community_code} must stand before the sequence")
    return lines


def _literal_faults(literals: Sequence[str]) -> list[str]:
    """Say what is wrong with the fixed text of a pattern."""
    lines = []
    for text in literals:
        if "{" in text or "}" in text:
            lines.append(f"a brace in {_show(text)} has no partner")
        elif not _LITERAL.fullmatch(text):
            lines.append(
                f"the fixed text {_show(text)} may hold letters, digits, '-', '_' and '.' only"
            )
    if literals[0].startswith("-"):
        lines.append("a code may not begin with '-', which spreadsheets read as a formula")
    return lines


def make_codes(profile: Profile, community_code: pd.Series, seq: pd.Series) -> pd.Series:
    """Write the code of every grid, or none.

    Parameters
    ----------
    profile
        How codes are written.
    community_code
        Community of each grid, text.
    seq
        Sequence of each grid in its community, from 1; same index.

    Returns
    -------
    pandas.Series
        ``grid_code`` as text, same index.

    Raises
    ------
    CodeError
        With every community that has more grids than the sequence can count, every misfit and
        every collision.
    """
    community_code = community_code.astype(str)
    lines = profile.misfits(community_code)
    highest = seq.groupby(community_code, sort=True).agg(["min", "max"])
    for code, low, high in highest.itertuples():
        if high > profile.capacity or low < 1:
            number = high if high > profile.capacity else low
            lines.append(
                f"communities: community {_show(code)} has a grid number {number}, but profile "
                f"{profile.name!r} counts from 1 to {profile.capacity}; use a wider sequence or "
                "divide the community"
            )
    pairs = zip(community_code, seq, strict=True)
    codes = pd.Series(
        [profile.code(code, int(number)) for code, number in pairs],
        index=seq.index,
        name="grid_code",
        dtype=object if seq.empty else None,
    )
    clashes = codes[codes.duplicated(keep=False)].value_counts().sort_index()
    lines += [
        f"grids: grid_code {_show(str(code))} would be given to {count} grids; number each "
        "grid of a community once"
        for code, count in clashes.items()
    ]
    if lines:
        raise CodeError(lines)
    return codes
