"""Text in the encoding that the programs of an office expect."""

import unicodedata
from collections.abc import Iterator, Mapping

import pandas as pd

from gridplan.domain import Finding, Severity
from gridplan.errors import OutputError
from gridplan.tables.values import as_texts, is_text

ENCODINGS = ("utf-8", "gbk")
"""Encodings of CSV files and shapefiles; GBK is what Chinese Windows programs take as default."""

UNKNOWN = "?"
"""Stands for a character that the encoding has not, nor one like it."""

_ALIKE = {"−": "-", "‐": "-", "‑": "-", "⁄": "/"}
_KEYS = ("_id", "_code", "_codes")
_SHOWN = 5
_LONGEST = 40


def encode(text: str, encoding: str, *, mark: bool = False) -> bytes:
    """Encode a text; what the encoding has not is replaced as ``check_encoding`` says.

    Parameters
    ----------
    text
        Any text without lone surrogates.
    encoding
        One of ``ENCODINGS``.
    mark
        Whether UTF-8 begins with a byte order mark, by which spreadsheets know it.
    """
    if encoding == "utf-8":
        return text.encode("utf-8-sig" if mark else "utf-8")
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_substitutes(text, encoding)).encode(encoding)


def check_encoding(tables: Mapping[str, pd.DataFrame], encoding: str) -> list[Finding]:
    """Find the text of tables that an encoding cannot hold.

    Characters of the same form stand in where there are any (``²`` becomes ``2``); those that have
    none become ``?`` and are findings, one a column.

    Raises
    ------
    OutputError
        Where ids or codes hold such characters: they would mean something else.
    """
    if encoding == "utf-8":
        return []
    findings, problems = [], []
    for name, table in tables.items():
        for column, texts, letters in _strange(table, encoding):
            first = next(text for text in texts if not set(letters).isdisjoint(text))
            shown = " ".join(sorted(letters)[:_SHOWN])
            if column.endswith(_KEYS):
                problems.append(
                    f"{name}: column {column!r} holds characters that {encoding.upper()} has not "
                    f"({shown}), such as {first!r}; an id must stay as it is: take utf-8"
                )
            elif unknown := {c for c, like in letters.items() if UNKNOWN in like}:
                findings.append(_replaced(name, column, unknown, texts, encoding))
    if problems:
        raise OutputError(problems)
    return findings


def _strange(table: pd.DataFrame, encoding: str) -> Iterator[tuple[str, list[str], dict[str, str]]]:
    """Columns that hold characters an encoding has not: name, values, what stands in for each."""
    for name in table.columns:
        if name != "geometry" and is_text(table[name]):
            texts = as_texts(table[name])
            found = _substitutes("".join(texts), encoding)
            if found:
                yield str(name), texts, {chr(code): like for code, like in found.items()}


def _replaced(
    table: str, column: str, letters: set[str], texts: list[str], encoding: str
) -> Finding:
    hit = [text for text in texts if not letters.isdisjoint(text)]
    shown = " ".join(sorted(letters)[:_SHOWN])
    return Finding(
        "text-replaced",
        Severity.WARNING,
        f"{table}: values of column {column} that hold characters which {encoding.upper()} has not "
        f"({shown}): {len(hit)}, the first {hit[0][:_LONGEST]!r}; such characters become "
        f"{UNKNOWN}; take utf-8 to keep them",
        layer=table,
        place=column,
        value=float(len(hit)),
    )


def _substitutes(text: str, encoding: str) -> dict[int, str]:
    """What stands in for each character of a text that an encoding has not."""
    return {
        ord(letter): _alike(letter, encoding)
        for letter in sorted(set(text))
        if not _holds(encoding, letter)
    }


def _alike(letter: str, encoding: str) -> str:
    """A character of the same form, without its accents where need be."""
    plain = unicodedata.normalize("NFKD", letter)
    bare = "".join(part for part in plain if not unicodedata.combining(part))
    tried = (_ALIKE.get(letter, ""), unicodedata.normalize("NFKC", letter), bare)
    return next((like for like in tried if like and _holds(encoding, like)), UNKNOWN)


def _holds(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
