"""Text that is safe to stand in a TOML file, whatever a layer calls its columns."""

import json
import re
from collections.abc import Mapping

from gridplan.config.address import masked

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def quoted(text: str) -> str:
    """Write a text as a TOML string; what UTF-8 cannot hold becomes U+FFFD."""
    text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def bare(key: str) -> str:
    """Write a key as TOML takes it, quoted where it must be."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else quoted(key)


def remark(text: str) -> str:
    """Make a text safe to stand in a comment: one line, no control characters."""
    text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    return _CONTROL.sub(" ", text)


def value(item: object) -> str:
    """Write a text, number, truth value or list of them as TOML has it."""
    if isinstance(item, str):
        return quoted(item)
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, list | tuple):
        return f"[{', '.join(value(part) for part in item)}]"
    return str(item)


def shown(item: object) -> str:
    """Write a value into a message: shortened, without credentials."""
    if isinstance(item, str):
        text = remark(masked(item))
        return f'"{text[:60]}..."' if len(text) > 60 else f'"{text}"'
    if isinstance(item, Mapping):
        return "a table"
    return "a list" if isinstance(item, list | tuple) else value(item)
