"""How a grid code is put together: named profiles of the standards, and patterns of one's own."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from gridplan.codes.patterns import literal_faults, pattern_faults, show, split_pattern
from gridplan.config.sections import Codes
from gridplan.domain import GridKind
from gridplan.errors import CodeError

FALLBACK_PATTERN = "{community_code}-{seq:03}"
"""What ``auto`` uses where a community code has not 12 digits."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CLASS_OF_CJT349 = re.compile("[0-9]{6}")


class Parsed(NamedTuple):
    """What a code says: its community, its number there, and its kind where the code tells it."""

    community_code: str
    seq: int
    kind: str


@dataclass(frozen=True)
class Profile:
    """One way of writing grid codes.

    Parameters
    ----------
    name
        Name of the standard's profile, or the pattern itself.
    parts
        Fixed text and, in turn, the fields ``community_code``, ``kind`` and ``seq``.
    width
        Digits of the sequence, 1 to 4, filled with zeros.
    community_format
        Regular expression that a whole community code must match; empty where any will do.
    community_words
        The same for a reader, such as "12 digits".
    letters
        What ``{kind}`` writes for each kind of grid.
    unit_block
        First number of the block reserved to unit grids; None where all kinds count together.
    whole_is_zero
        Whether the only grid of a community has the number 0 (CJ/T 349: "not subdivided").
    object_class
        The object class that stands in ``parts``, if one does.
    """

    name: str
    parts: tuple[str, ...]
    width: int
    community_format: str = ""
    community_words: str = ""
    letters: dict[str, str] = field(default_factory=dict)
    unit_block: int | None = None
    whole_is_zero: bool = False
    object_class: str = ""

    @property
    def spelling(self) -> str:
        """The profile in one line from which ``spelled_profile`` makes it again."""
        options = {
            "class": self.object_class,
            "letters": ",".join(f"{kind}:{text}" for kind, text in sorted(self.letters.items())),
            "block": str(self.unit_block or ""),
        }
        said = "&".join(f"{key}={value}" for key, value in options.items() if value)
        return f"{self.name}?{said}" if said else self.name

    @property
    def capacity(self) -> int:
        """Highest number that a grid can have."""
        return int(10**self.width) - 1

    def numbers(self, kind: str) -> range:
        """Numbers that grids of a kind may have."""
        if self.unit_block is None:
            return range(1, self.capacity + 1)
        if kind == GridKind.UNIT:
            return range(self.unit_block, self.capacity + 1)
        return range(1, self.unit_block)

    def code(self, community_code: str, seq: int, kind: str = GridKind.RESIDENTIAL) -> str:
        """Write the code of one grid; the caller has checked community and sequence."""
        values = {
            "community_code": community_code,
            "kind": self.letters.get(kind, ""),
            "seq": f"{seq:0{self.width}d}",
        }
        return "".join(
            values[part] if position % 2 else part for position, part in enumerate(self.parts)
        )

    def parse(self, code: str, community_code: str | None = None) -> Parsed | None:
        """Read a code back.

        Parameters
        ----------
        code
            The code.
        community_code
            The community it must name; any of the right form where None.

        Returns
        -------
        Parsed or None
            None where the code does not fit. ``kind`` is empty where the code does not tell.
        """
        place = self.community_format or ".+"
        if community_code is not None:
            place = re.escape(community_code)
        letters = "|".join(re.escape(letter) for letter in sorted(set(self.letters.values())))
        fields = {
            "community_code": f"(?P<community>{place})",
            "kind": f"(?P<kind>{letters})",
            "seq": f"(?P<seq>[0-9]{{{self.width}}})",
        }
        pattern = "".join(
            fields[part] if position % 2 else re.escape(part)
            for position, part in enumerate(self.parts)
        )
        found = re.fullmatch(pattern, code)
        if found is None:
            return None
        seq = int(found["seq"])
        kind = self._kind(found.groupdict().get("kind"), seq)
        if kind is None or (seq == 0 and not self.whole_is_zero):
            return None
        return Parsed(found["community"], seq, kind)

    def _kind(self, letter: str | None, seq: int) -> str | None:
        """Kind that a letter and a number say; None where they contradict each other."""
        said = {kind for kind, text in self.letters.items() if text == letter}
        if self.unit_block is not None:
            block = GridKind.UNIT if seq >= self.unit_block else GridKind.RESIDENTIAL
            if said and block.value not in said:
                return None
            return block.value
        return said.pop() if len(said) == 1 else ""

    def misfits(self, community_codes: Iterable[str]) -> list[str]:
        """Name every community code that this profile cannot carry, one line each."""
        lines = []
        for code in sorted({str(code) for code in community_codes}):
            if not code or _CONTROL.search(code):
                lines.append(
                    f"communities: community_code {show(code)} is empty or holds control "
                    "characters; give the community a printable code"
                )
            elif self.community_format and not re.fullmatch(self.community_format, code):
                lines.append(
                    f"communities: community_code {show(code)} does not fit profile "
                    f"{self.name!r}, which needs {self.community_words}; correct the code or set "
                    "codes.profile = 'auto'"
                )
        return lines


_PLAIN = ("", "community_code", "", "seq", "")
_TWELVE = ("[0-9]{12}", "12 digits")

PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        # DB11/T 2157-2023: district 6 + street 3 + community 3 + grid 3.
        Profile("beijing-15", _PLAIN, 3, *_TWELVE),
        # CJ/T 213-2005: the same parents, a grid has two digits.
        Profile("cjt213-14", _PLAIN, 2, *_TWELVE),
        # GB/T 47678: 15 characters of digits and capitals.
        Profile(
            "gbt47678-15",
            _PLAIN,
            3,
            community_format="[0-9A-Z]{12}",
            community_words="12 digits or capital letters",
        ),
        # CJ/T 349-2010: object class 6 + the same parents + grid 2; 00 where not subdivided.
        Profile("cjt349-20", _PLAIN, 2, *_TWELVE, whole_is_zero=True),
    )
}
_LETTERS = {GridKind.RESIDENTIAL.value: "R", GridKind.UNIT.value: "U"}


def configured_profile(codes: Codes, community_codes: Iterable[str]) -> Profile:
    """Choose the profile that the ``[codes]`` section of a configuration asks for.

    Raises
    ------
    CodeError
        As ``choose_profile``.
    """
    return choose_profile(
        codes.profile,
        community_codes,
        object_class=codes.object_class,
        letters={
            GridKind.RESIDENTIAL.value: codes.residential_letter,
            GridKind.UNIT.value: codes.unit_letter,
        },
        unit_block=codes.unit_block,
    )


def spelled_profile(spelling: str) -> Profile:
    """Make the profile that ``Profile.spelling`` wrote, or one named plainly.

    Raises
    ------
    CodeError
        Where it is none.
    """
    name, _, said = spelling.partition("?")
    options = dict(pair.split("=", 1) for pair in said.split("&") if "=" in pair)
    letters = dict(pair.split(":", 1) for pair in options.get("letters", "").split(",") if pair)
    block = options.get("block", "")
    return choose_profile(
        name,
        [],
        object_class=options.get("class", ""),
        letters=letters or None,
        unit_block=int(block) if block.isdigit() else None,
    )


def choose_profile(
    name: str,
    community_codes: Iterable[str],
    *,
    object_class: str = "",
    letters: dict[str, str] | None = None,
    unit_block: int | None = None,
) -> Profile:
    """Choose the profile that writes the codes of these communities.

    Parameters
    ----------
    name
        ``auto``, a named profile, or a pattern such as ``{community_code}-{kind}{seq:03}``.
    community_codes
        Every community code of the division.
    object_class
        What ``cjt349-20`` begins with, and ``{object_class}`` writes.
    letters
        What ``{kind}`` writes for each kind of grid; R and U where left out.
    unit_block
        First number of the block reserved to unit grids; None where all kinds count together.

    Returns
    -------
    Profile
        For ``auto`` the profile ``beijing-15`` where every code has 12 digits, else the pattern
        ``{community_code}-{seq:03}``.

    Raises
    ------
    CodeError
        Where the name is unknown, the pattern is malformed, the object class is missing, the block
        does not fit or a community code does not; all misfits at once.
    """
    codes = [str(code) for code in community_codes]
    profile = _auto(codes) if name == "auto" else _named(name, object_class, letters or _LETTERS)
    lines = profile.misfits(codes)
    if unit_block is not None:
        if not 2 <= unit_block <= profile.capacity:
            lines.append(
                f"codes.unit_block = {unit_block} leaves no numbers: profile {profile.name!r} "
                f"counts from 1 to {profile.capacity}; choose a block between 2 and that"
            )
        profile = replace(profile, unit_block=unit_block)
    if lines:
        raise CodeError(lines)
    return profile


def _auto(codes: Sequence[str]) -> Profile:
    beijing = PROFILES["beijing-15"]
    fits = all(re.fullmatch(beijing.community_format, code) for code in codes)
    return beijing if fits else parse_pattern(FALLBACK_PATTERN)


def _named(name: str, object_class: str, letters: dict[str, str]) -> Profile:
    if name == "cjt349-20":
        if not _CLASS_OF_CJT349.fullmatch(object_class):
            raise CodeError(
                "codes.profile 'cjt349-20' begins with the six digits of the object class "
                f"(CJ/T 348); codes.object_class is {show(object_class)}: set it, such as "
                "object_class = '010200', the last two digits 00 for a major class"
            )
        return replace(PROFILES[name], parts=(object_class, *_PLAIN[1:]), object_class=object_class)
    if name in PROFILES:
        return PROFILES[name]
    if "{" in name or "}" in name:
        return parse_pattern(name, object_class=object_class, letters=letters)
    known = ", ".join(["auto", *sorted(PROFILES)])
    raise CodeError(
        f"codes.profile {show(name)} is unknown; use one of {known}, "
        f"or a pattern such as {FALLBACK_PATTERN!r}"
    )


def parse_pattern(
    pattern: str, *, object_class: str = "", letters: dict[str, str] | None = None
) -> Profile:
    """Read a pattern of one's own; it is taken apart here and never given to ``str.format``.

    Parameters
    ----------
    pattern
        Letters, digits, ``-``, ``_`` and ``.`` around exactly one ``{community_code}`` and, after
        it, exactly one ``{seq:0N}`` with N from 1 to 4; at most one ``{object_class}`` and one
        ``{kind}`` besides.
    object_class
        What ``{object_class}`` writes.
    letters
        What ``{kind}`` writes for each kind of grid; R and U where left out.

    Raises
    ------
    CodeError
        With every fault of the pattern.
    """
    letters = dict(letters or _LETTERS)
    fields, literals = split_pattern(pattern)
    lines = pattern_faults(fields, literals)
    if "object_class" in fields and not object_class:
        lines.append("{object_class} is empty; set codes.object_class")
    lines += literal_faults([object_class])
    if "kind" in fields:
        lines += literal_faults(list(letters.values()))
        if len(set(letters.values())) < len(letters):
            lines.append(
                "{kind} writes the same for both kinds of grid; set codes.residential_letter and "
                "codes.unit_letter apart"
            )
    if lines:
        head = f"codes.profile {show(pattern)}: "
        raise CodeError(head + line for line in lines)
    parts = [literals[0]]
    width = 0
    for name, literal in zip(fields, literals[1:], strict=True):
        if name == "object_class":
            parts[-1] += object_class + literal
        elif name.startswith("seq"):
            width = int(name[-1])
            parts += ["seq", literal]
        else:
            parts += [name, literal]
    return Profile(
        pattern,
        tuple(parts),
        width,
        letters=letters if "kind" in fields else {},
        object_class=object_class if "object_class" in fields else "",
    )
