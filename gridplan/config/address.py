"""Database addresses: told apart from files, and shown without their credentials."""

import re

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_DATABASE = re.compile(r"postgres(ql)?(\+[a-z0-9_]+)?://", re.IGNORECASE)
_USERINFO = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#:@]*):[^\s/?#]*@")
_QUERY = re.compile(r"(?P<key>[?&](?:password|passwd|pwd|sslpassword)=)[^&#\s]*", re.IGNORECASE)


def is_address(text: str) -> bool:
    """Whether a text is an address (``scheme://...``) rather than a file."""
    return _ADDRESS.match(text) is not None


def is_database(text: str) -> bool:
    """Whether a text is the address of a PostgreSQL database."""
    return _DATABASE.match(text) is not None


def masked(text: str) -> str:
    """Return an address with its password replaced by ``***``; other text as it is.

    Parameters
    ----------
    text
        Any text, such as ``postgresql://user:secret@host/db``.
    """
    return _QUERY.sub(r"\g<key>***", _USERINFO.sub(r"\g<scheme>:***@", text))
