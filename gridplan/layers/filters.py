"""Attribute filters such as ``MAJORROAD = 1 AND name LIKE 'Main%'``, evaluated on a table.

The text is parsed here and never handed to a database, so a filter from a shared configuration can
select rows and do nothing else. Grammar::

    filter     = term { OR term }
    term       = factor { AND factor }
    factor     = NOT factor | "(" filter ")" | comparison
    comparison = column ( = | == | <> | != | < | <= | > | >= ) value
               | column [NOT] IN "(" value { "," value } ")"
               | column [NOT] LIKE text          % any characters, _ one character
               | column IS [NOT] NULL
    column     = bare word or "quoted name";  value = number or 'text'
"""

import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridplan.layers.columns import as_text, nearest

Mask = NDArray[np.bool_]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])
    | '(?P<text>(?:[^']|'')*)'
    | "(?P<quoted>(?:[^"]|"")+)"
    | (?P<op><>|!=|<=|>=|==|=|<|>|\(|\)|,)
    | (?P<word>[^\W\d]\w*)
    )""",
    re.VERBOSE,
)
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "==": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class FilterError(ValueError):
    """The filter cannot be understood; the message says where and why."""


def select(frame: pd.DataFrame, where: str) -> Mask:
    """Tell for every row of ``frame`` whether it passes the filter.

    Parameters
    ----------
    frame
        Any table.
    where
        Filter text in the grammar of this module.

    Returns
    -------
    numpy.ndarray
        Boolean, one entry per row. A comparison with a missing value is false.

    Raises
    ------
    FilterError
        For text outside the grammar or a column that the table does not have.
    """
    parser = _Parser(where, frame)
    mask = parser.filter()
    parser.expect_end()
    return mask


class _Parser:
    def __init__(self, text: str, frame: pd.DataFrame) -> None:
        self.text = text
        self.frame = frame
        self.tokens = self._split(text)
        self.position = 0

    @staticmethod
    def _split(text: str) -> list[tuple[str, str]]:
        tokens: list[tuple[str, str]] = []
        at = 0
        end = len(text.rstrip())
        while at < end:
            match = _TOKEN.match(text, at)
            if match is None:
                raise FilterError(f"cannot read {text[at:].strip()[:20]!r}")
            kind = str(match.lastgroup)
            tokens.append((kind, match.group(kind)))
            at = match.end()
        return tokens

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.position] if self.position < len(self.tokens) else ("end", "")

    def _take(self) -> tuple[str, str]:
        token = self._peek()
        self.position += 1
        return token

    def _keyword(self, *words: str) -> bool:
        kind, text = self._peek()
        if kind == "word" and text.upper() in words:
            self.position += 1
            return True
        return False

    def _need(self, symbol: str) -> None:
        kind, text = self._take()
        if (kind, text) != ("op", symbol):
            raise FilterError(
                f"expected {symbol!r} before {text!r}" if text else f"{symbol!r} missing"
            )

    def expect_end(self) -> None:
        kind, text = self._peek()
        if kind != "end":
            raise FilterError(f"nothing may follow here, but {text!r} does")

    def filter(self) -> Mask:
        mask = self.term()
        while self._keyword("OR"):
            mask = mask | self.term()
        return mask

    def term(self) -> Mask:
        mask = self.factor()
        while self._keyword("AND"):
            mask = mask & self.factor()
        return mask

    def factor(self) -> Mask:
        if self._keyword("NOT"):
            return ~self.factor()
        if self._peek() == ("op", "("):
            self._take()
            mask = self.filter()
            self._need(")")
            return mask
        return self.comparison()

    def comparison(self) -> Mask:
        column = self._column()
        if self._keyword("IS"):
            negated = self._keyword("NOT")
            if not self._keyword("NULL"):
                raise FilterError("IS must be followed by NULL or NOT NULL")
            return np.asarray(column.notna() if negated else column.isna(), dtype=bool)
        negated = self._keyword("NOT")
        if self._keyword("IN"):
            mask = self._in(column)
        elif self._keyword("LIKE"):
            mask = self._like(column)
        elif negated:
            raise FilterError("NOT here must be followed by IN or LIKE")
        else:
            return self._compare(column)
        return ~mask & np.asarray(column.notna(), dtype=bool) if negated else mask

    def _column(self) -> pd.Series:
        kind, text = self._take()
        if kind not in ("word", "quoted"):
            raise FilterError(
                f"a column name is missing before {text!r}" if text else "it ends too early"
            )
        name = text.replace('""', '"') if kind == "quoted" else text
        if name not in self.frame.columns:
            raise FilterError(f"there is no column {name!r}; {nearest(name, self.frame.columns)}")
        return self.frame[name]

    def _value(self) -> float | str:
        kind, text = self._take()
        if kind == "number":
            return float(text)
        if kind == "text":
            return text.replace("''", "'")
        raise FilterError(f"a number or 'text' is missing at {text!r}; text needs single quotes")

    def _compare(self, column: pd.Series) -> Mask:
        kind, symbol = self._take()
        if kind != "op" or symbol not in _COMPARE:
            raise FilterError(f"{symbol!r} is no comparison")
        value = self._value()
        left = _like_value(column, value)
        return np.asarray(_COMPARE[symbol](left, value).fillna(False) & left.notna(), dtype=bool)

    def _in(self, column: pd.Series) -> Mask:
        self._need("(")
        mask = np.zeros(len(column), dtype=bool)
        while True:
            value = self._value()
            left = _like_value(column, value)
            mask |= np.asarray((left == value).fillna(False), dtype=bool)
            if self._peek() != ("op", ","):
                break
            self._take()
        self._need(")")
        return mask

    def _like(self, column: pd.Series) -> Mask:
        kind, pattern = self._take()
        if kind != "text":
            raise FilterError("LIKE must be followed by 'text'")
        parts = re.split(r"([%_])", pattern.replace("''", "'"))
        wild = {"%": ".*", "_": "."}
        regex = "".join(wild.get(part, re.escape(part)) for part in parts)
        found = _text(column).str.fullmatch(regex, flags=re.DOTALL)
        return np.asarray(found.fillna(False), dtype=bool)


def _like_value(column: pd.Series, value: float | str) -> pd.Series:
    """Read the column as numbers or as text, whichever the value is."""
    return _text(column) if isinstance(value, str) else pd.to_numeric(column, errors="coerce")


def _text(column: pd.Series) -> pd.Series:
    """Read a column as text; whole numbers without a decimal point."""
    if pd.api.types.is_float_dtype(column.dtype):
        column = as_text(column)
    return column.astype("string")
