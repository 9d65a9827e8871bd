"""Chinese and Western text told apart by evidence: what decodes, and which characters come out."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

CANDIDATES = ("utf-8", "gb18030", "cp950", "big5hkscs", "cp1252")
"""Encodings that are tried, the more telling ones first; ``cp950`` is Big5 as Windows writes it."""

_COMMON = frozenset(
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可"
    "里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已"
    "老从动两长区县市镇乡村街道路社居委民组东西南北城新园院楼号栋幢巷弄里山河江湖海桥门口站港州省"
    "小学幼儿派出所警务医卫生物业商住宅苑庄坊营井石金龙水安平和兴华光明福永乐建设中心广场"
    "這個們來國說為時會後過學對開無頭經從動兩長區縣鎮鄉東門號樓棟園灣廣場衛醫業莊龍興華樂設車橋線"
    "台北大安信義內湖士林松山萬文福德里鄰公所高雄臺"
)
_EVIDENCE_VALUES = 5_000
_CLEAR = 0.15
_PLAUSIBLE = 0.5
_NAMES = {
    "936": "gb18030",
    "cp936": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "950": "cp950",
    "big5": "cp950",
    "88591": "cp1252",
    "iso88591": "cp1252",
    "latin1": "cp1252",
}


@dataclass(frozen=True)
class Guess:
    """The encoding that fits the text of a file best.

    Parameters
    ----------
    codec
        Python's name of the encoding; "" where nothing fits.
    evidence
        What speaks for it, for a message.
    sure
        Whether the next best is clearly worse.
    score
        Share of plausible characters, 0..1.
    """

    codec: str
    evidence: str
    sure: bool
    score: float = 0.0


def codec_named(name: str) -> str | None:
    """Python's codec for a name as .cpg files write it (``GBK``, ``936``, ``UTF-8``), or None."""
    plain = name.strip().casefold().removeprefix("ansi").strip(" -_")
    short = plain.replace("-", "").replace("_", "").replace(" ", "")
    for tried in (_NAMES.get(short), plain, short, f"cp{short}"):
        if tried:
            try:
                return _NAMES.get(codecs.lookup(tried).name, codecs.lookup(tried).name)
            except LookupError:
                continue
    return None


def decoded(values: Sequence[bytes], codec: str, width: int = 0) -> list[str] | None:
    """Decode texts strictly; a last character cut in half is dropped where a field is full.

    Parameters
    ----------
    values
        The texts as stored.
    codec
        Encoding.
    width
        Texts of this many bytes or more fill their field, so that their end may be cut.

    Returns
    -------
    list of str or None
        None where any of them is not in this encoding.
    """
    try:
        return b"\n".join(values).decode(codec).split("\n") if _lines(values) else []
    except UnicodeDecodeError:
        pass
    texts: list[str] = []
    for value in values:
        try:
            texts.append(value.decode(codec))
        except UnicodeDecodeError as error:
            if not width or len(value) < width or error.start < len(value) - 3:
                return None
            texts.append(value[: error.start].decode(codec))
    return texts


def _lines(values: Sequence[bytes]) -> bool:
    """Whether texts may be decoded together: raises as a decoding would where one has a break."""
    if any(b"\n" in value for value in values):
        raise UnicodeDecodeError("utf-8", b"\n", 0, 1, "line break inside")
    return bool(values)


def guess(values: Sequence[bytes], width: int = 0) -> Guess | None:
    """Tell the encoding of texts that nobody declared.

    Every text must decode strictly. Among what decodes, the share of characters that are in daily
    use decides: GB2312 and Big5 each hold the frequent characters in a block of their own, and
    bytes read in the wrong encoding land outside it.

    Parameters
    ----------
    values
        The texts as stored, field names too.
    width
        As of ``decoded``.

    Returns
    -------
    Guess or None
        None where all of it is ASCII, so that there is nothing to tell.
    """
    high = sorted({value for value in values if not value.isascii()})
    if not high:
        return None
    scores: dict[str, float] = {}
    for codec in CANDIDATES:
        texts = decoded(high, codec, width)
        if texts is not None and not (codec == "big5hkscs" and "cp950" in scores):
            sample = high[:: max(1, len(high) // _EVIDENCE_VALUES)]
            scores[codec] = _score(codec, "".join(texts), sample)
    return _verdict(scores, len(high))


def _verdict(scores: dict[str, float], texts: int) -> Guess:
    ranked = sorted(scores, key=lambda codec: -scores[codec])
    if not ranked or scores[ranked[0]] < _PLAUSIBLE:
        tried = ", ".join(f"{c} {scores[c]:.0%}" for c in ranked) or "none of " + ", ".join(
            CANDIDATES
        )
        return Guess("", f"plausible characters: {tried}", sure=False)
    best = ranked[0]
    others = [f"{c} {scores[c]:.0%}" for c in ranked[1:]]
    failed = [c for c in CANDIDATES if c not in scores and c != "big5hkscs"]
    evidence = f"{texts} texts beyond ASCII; plausible characters: {best} {scores[best]:.0%}"
    evidence += f", against {', '.join(others)}" if others else ""
    evidence += f"; {', '.join(failed)} cannot decode them" if failed else ""
    margin = scores[best] - (scores[ranked[1]] if others else 0.0)
    return Guess(best, evidence, sure=margin >= _CLEAR, score=scores[best])


def _score(codec: str, text: str, stored: Sequence[bytes]) -> float:
    """Share of characters beyond ASCII that a writer of this encoding would have meant."""
    if codec == "cp1252":
        return _western(stored)
    letters = [c for c in text if ord(c) > 0x7F and not _is_mark(c)]
    if not letters:
        return 1.0
    frequent = _frequent("gb2312") | _frequent("big5") if codec == "utf-8" else None
    usual = frequent or _frequent("gb2312" if codec == "gb18030" else "big5")
    good = sum(1.0 if c in _COMMON else 0.8 for c in letters if c in usual)
    if codec == "utf-8":
        # Text of another encoding is next to never valid UTF-8, whatever its script.
        good = max(good, 0.97 * len(letters))
    return good / len(letters)


def _is_mark(char: str) -> bool:
    """Whether a character is punctuation or a full-width form, which say nothing."""
    return "\u2000" <= char <= "\u206f" or "\u3000" <= char <= "\u303f" or char >= "\uff00"


def _western(stored: Sequence[bytes]) -> float:
    """Share of high bytes that stand alone beside a letter, as accents in Western words do."""
    total = alone = 0
    for value in stored:
        padded = b" " + value + b" "
        for at in range(1, len(padded) - 1):
            if padded[at] > 0x7F:
                total += 1
                near = padded[at - 1], padded[at + 1]
                lonely = max(near) < 0x80 and any(chr(b).isalpha() for b in near)
                alone += lonely and padded[at] >= 0xC0
    return 0.9 * alone / total if total else 0.0


@cache
def _frequent(standard: str) -> frozenset[str]:
    """Characters of the first level of a standard, those in daily use."""
    rows, first, last = (
        (range(0xB0, 0xD8), 0xA1, 0xFE) if standard == "gb2312" else (range(0xA4, 0xC7), 0x40, 0xFE)
    )
    pairs = (bytes((row, cell)) for row in rows for cell in range(first, last + 1))
    return frozenset(c for pair in pairs for c in pair.decode(standard, "ignore") if ord(c) > 0x7F)
