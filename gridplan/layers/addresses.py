"""Addresses as text: made alike in how they are written, never guessed in what they say.

Many addresses are worked on as one text with a line for each: a pattern then runs once over all of
them. No pattern below reaches across the end of a line.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

import pandas as pd

_TRADITIONAL = tuple(zip("號樓單層棟戶間", "号楼单层栋户间", strict=True))
_DASHES = re.compile(r"[‐‑‒–—―−－]")
_SIGNS = re.compile(r"[,，.。;；:：](?!\d)|(?<!\d)[,，.。;；:：]")
_BESIDE = r"[-()#\u3400-\u9fff]"
_BLANKS = re.compile(r"[^\S\n]+")
_EDGES = re.compile(" ?\n ?")
_BETWEEN = re.compile(rf" (?:(?<={_BESIDE} )|(?={_BESIDE}))")
_MARKS = r"(?:号楼|号|幢|栋|座|单元|层|楼|室|户|房)"
_NUMERAL = re.compile(rf"第?([〇零一二两三四五六七八九十百]+)(?={_MARKS})")
_ORDINAL = re.compile(rf"第(?=\d+{_MARKS})")
_ZEROS = re.compile(r"0(?<!\d0)0*(?=\d)")
_BUILDING = re.compile(r"(?<=[0-9a-z])(?:号楼|#楼|栋|座)")

_FLAT = re.compile(
    r"(?:(?<=[幢号元楼层)])|(?<=-))(?:\d+[层楼])?-?(?:\d+[a-z]?(?:室|户|房|号房)|(?<=[幢元])-?\d+)$"
    r"|(?<=[幢元])-?\d+[层楼]?-?\d*[a-z]?(?:室|户|房)?$",
    re.MULTILINE,
)
_STAIRWELL = re.compile(r"(?<=[幢号)楼])-?[0-9a-z]+单元$", re.MULTILINE)

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}


def chinese_number(text: str) -> int:
    """Read a Chinese number below 1000, such as 十二; digit by digit where it has no 十 or 百."""
    if "十" not in text and "百" not in text:
        return int("".join(str(_DIGITS[c]) for c in text))
    total, digit = 0, 0
    for sign in text:
        if sign in "十百":
            total += (digit or 1) * (10 if sign == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS[sign]
    return total + digit


def normal_addresses(texts: Sequence[str]) -> list[str]:
    """Write addresses in one form, so that equal addresses are equal texts.

    Made alike: full and half width, case, spaces, dashes and stops; traditional forms of the words
    for number, building, stairwell, floor and flat; Chinese numerals, 第 and leading zeros before
    them; 号楼, 栋 and 座 behind a number are 幢. What the address says is left as it is.
    """
    if not texts:
        return []
    text = "\n".join([text.replace("\n", " ") for text in texts])
    text = unicodedata.normalize("NFKC", text).casefold()
    for old, new in _TRADITIONAL:
        text = text.replace(old, new)
    text = _SIGNS.sub(" ", _DASHES.sub("-", text))
    text = _EDGES.sub("\n", _BLANKS.sub(" ", text)).strip(" ")
    text = _BETWEEN.sub("", text)
    text = _NUMERAL.sub(lambda m: str(chinese_number(m.group(1))), text)
    text = _ZEROS.sub("", _ORDINAL.sub("", text))
    return _BUILDING.sub("幢", text).split("\n")


def normal_address(text: str) -> str:
    """Write one address as ``normal_addresses`` does."""
    return normal_addresses([text])[0]


def coarser_forms(normal: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """Give normal addresses, then each without its flat, then without its stairwell."""
    without_flat = _FLAT.sub("", "\n".join(normal))
    without_stairwell = _STAIRWELL.sub("", without_flat)
    coarser = (without_flat.split("\n"), without_stairwell.split("\n")) if normal else ([], [])
    return list(normal), *coarser


def match_addresses(
    wanted: Iterable[str], units: pd.Series, ids: pd.Series
) -> dict[str, tuple[str, ...]]:
    """Find the units of addresses by equality of their normal forms.

    Parameters
    ----------
    wanted
        Distinct addresses as written.
    units
        Address of every unit as written, several separated by ``;``; missing where it has none.
    ids
        Unit ids, with the same index.

    Returns
    -------
    dict
        By address as written the units that have it, sorted: none where it matches nowhere, several
        where it is ambiguous. The fullest form that any unit has decides.
    """
    owners = _owners(units, ids)
    asked = list(wanted)
    forms = coarser_forms(normal_addresses(asked))
    return {
        address: next((owners[form] for form in found if form in owners), ())
        for address, *found in zip(asked, *forms, strict=True)
    }


def _owners(units: pd.Series, ids: pd.Series) -> dict[str, tuple[str, ...]]:
    """Units, sorted, of every normal form of an address."""
    parts: list[str] = []
    holders: list[str] = []
    for address, unit in zip(units, ids, strict=True):
        if isinstance(address, str):
            own = [part for part in _parts(address) if part.strip()]
            parts += own
            holders += [str(unit)] * len(own)
    owners: dict[str, list[str]] = {}
    for form, unit in zip(normal_addresses(parts), holders, strict=True):
        owners.setdefault(form, []).append(unit)
    return {form: tuple(sorted(set(held))) for form, held in owners.items()}


def _parts(address: str) -> list[str]:
    return address.replace("；", ";").replace("|", ";").split(";")


def in_number_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key by which 2 comes before 10, and 二 before 三."""
    text = unicodedata.normalize("NFKC", name).casefold()
    text = re.sub("[〇零一二两三四五六七八九十百]+", lambda m: str(chinese_number(m.group())), text)
    parts = re.findall(r"\d+|\D+", text)
    return tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in parts)
