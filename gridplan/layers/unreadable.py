"""The error with which a reader of one format gives up; it never leaves the package."""


class UnreadableError(Exception):
    """A source cannot be read; the message says why, and what to do about it."""
