"""The record of a run as canonical JSON, without credentials."""

import datetime as dt
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from gridplan.export.whole import write_whole
from gridplan.text import clean_text

RUN_FORMAT = "gridplan-run-1"
"""Stands in every ``run.json`` as ``format``; a folder with it is known as ours."""

_SECRET = r"passwd|password|pwd|secret|token|api_?key|access_?key"
_SECRET_KEY = re.compile(_SECRET, re.IGNORECASE)
_SECRET_PAIR = re.compile(
    rf"(?P<key>\b\w*(?:{_SECRET})\w*\s*=\s*)(?:'[^']*'|\"[^\"]*\"|[^\s&;,'\"]+)", re.IGNORECASE
)
_LOGIN = re.compile(r"(?<=://)\S*@")
_WHOLE_LOGIN = re.compile(r"^([A-Za-z][\w+.\-]*://).*@", re.DOTALL)


def write_run(path: Path, record: Mapping[str, object]) -> None:
    """Write the record of a run as canonical JSON.

    Keys sorted, two spaces, UTF-8, newline at the end; NaN and infinite numbers become null, dates
    and paths text, sets sorted lists. Credentials never reach the file: logins in addresses,
    ``password=...`` pairs and the values of keys such as ``token`` are replaced by ``***``.

    Parameters
    ----------
    path
        File to write, whole or not at all.
    record
        Anything of mappings, sequences, texts, numbers, dates, paths and NumPy scalars;
        ``format`` is added.
    """
    plain = _plain({"format": RUN_FORMAT, **record})
    text = json.dumps(plain, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
    write_whole(path, clean_text(text).encode() + b"\n")


def mask_credentials(text: str) -> str:
    """Replace logins in addresses and the values of secret settings in a text by ``***``."""
    text = _WHOLE_LOGIN.sub(r"\1***@", text)
    return _SECRET_PAIR.sub(r"\g<key>***", _LOGIN.sub("***@", text))


def _plain(value: object) -> object:
    """Reduce a value to what JSON knows, without credentials."""
    if isinstance(value, Mapping):
        return {
            str(key): "***" if _is_secret(str(key), inner) else _plain(inner)
            for key, inner in value.items()
        }
    if isinstance(value, (set, frozenset)):
        return sorted((_plain(inner) for inner in value), key=str)
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(inner) for inner in value]
    return _plain_scalar(value)


def _is_secret(key: str, value: object) -> bool:
    return isinstance(value, str) and bool(value) and bool(_SECRET_KEY.search(key))


def _plain_scalar(value: object) -> object:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or isinstance(value, (bool, int)):
        return None if value is pd.NA else value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, (str, Path)):
        return mask_credentials(str(value))
    raise TypeError(f"a run record cannot hold a {type(value).__name__}")
